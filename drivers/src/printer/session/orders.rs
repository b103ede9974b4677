//! Orders: formats, jobs and clearing. A language that acknowledges them gets one after the other. PURE.

use super::super::PrinterEvent;
use super::super::language::Reply;
use super::{ORDERS_WAITING_MAX, Phase, PrinterSession, Queue, Waiting};
use crate::{Fault, Tick};
use std::collections::VecDeque;
use std::time::Duration;

/// What an order is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Clear,
    OnceClear,
    Store,
    /// The label of this ticket.
    Job(u64),
    /// A job that was given up while the question before it was open.
    Void,
}

impl Kind {
    /// What it is called in faults.
    fn named(self) -> &'static str {
        match self {
            Kind::Clear => "the order to clear its queue",
            Kind::OnceClear => "its settings",
            Kind::Store => "the label format",
            Kind::Job(_) | Kind::Void => "a label",
        }
    }
}

#[derive(Debug)]
struct Order {
    kind: Kind,
    bytes: Vec<u8>,
    /// Its bytes were handed to the link at least once: a job is told to be sent then.
    sent: bool,
    /// Since when it is offered in vain.
    offered_since: Option<Tick>,
}

/// The orders of a language that acknowledges them.
#[derive(Debug, Default)]
pub(super) struct Orders {
    waiting: VecDeque<Order>,
    /// The one that is to be answered, or whose question is.
    under_way: Option<Order>,
    /// The question before the job was asked, not the job itself.
    only_asked: bool,
    /// The first of those that wait is not offered before.
    offer_at: Tick,
}

impl Orders {
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.under_way.is_none()
    }

    pub fn is_full(&self) -> bool {
        self.waiting.len() >= ORDERS_WAITING_MAX
    }

    /// Jobs whose bytes were never handed to the link.
    pub fn jobs_unsent(&self) -> u32 {
        let unsent = |order: &&Order| matches!(order.kind, Kind::Job(_)) && !order.sent;
        self.waiting
            .iter()
            .chain(&self.under_way)
            .filter(unsent)
            .count() as u32
    }

    /// What stays unanswered, for a fault.
    pub fn asked(&self) -> String {
        let kind = self
            .under_way
            .as_ref()
            .map_or(Kind::Void, |order| order.kind);
        match self.only_asked {
            true => "the question before a label".to_owned(),
            false => kind.named().to_owned(),
        }
    }
}

impl PrinterSession {
    /// Gives an order: at once, or when its turn has come.
    pub(super) fn order(&mut self, now: Tick, kind: Kind, bytes: Vec<u8>) {
        if bytes.is_empty() && !matches!(kind, Kind::Job(_)) {
            return; // This language needs no such order.
        }
        let mut order = Order {
            kind,
            bytes,
            sent: false,
            offered_since: None,
        };
        if self.acknowledged.is_none() {
            self.hand_over(&mut order);
        } else if self.orders.is_full() {
            // Formats without end: whoever gives them must wait for the printer.
            self.give_up(Fault::Busy);
        } else {
            self.orders.waiting.push_back(order);
            self.proceed(now);
        }
    }

    /// Its bytes go to the link.
    fn hand_over(&mut self, order: &mut Order) {
        self.transmit(order.bytes.clone());
        let told = std::mem::replace(&mut order.sent, true);
        if let (Kind::Job(ticket), false) = (order.kind, told) {
            self.sent_since_poll += 1;
            let bytes = order.bytes.len();
            self.tell(PrinterEvent::Sent { ticket, bytes });
        }
    }

    /// When the first order that waits may be offered.
    pub(super) fn offer_at(&self) -> Option<Tick> {
        let first = self.orders.waiting.front()?;
        let is_job = matches!(first.kind, Kind::Job(_));
        (!is_job || self.queue_known).then_some(self.orders.offer_at)
    }

    /// Offers the first order that waits, when it may be.
    pub(super) fn next_order(&mut self, now: Tick) {
        if self.offer_at().is_none_or(|at| now < at) {
            return;
        }
        let Some(mut order) = self.orders.waiting.pop_front() else {
            return;
        };
        let question = self.acknowledged.clone().flatten();
        let question = question.filter(|_| matches!(order.kind, Kind::Job(_)));
        self.orders.only_asked = question.is_some();
        match question {
            Some(question) => self.transmit(question.bytes),
            None => self.hand_over(&mut order),
        }
        if let (Kind::Clear, Phase::Clearing { stale, .. }) = (order.kind, &mut self.phase) {
            *stale = self.owed;
        }
        self.orders.under_way = Some(order);
        self.wait(now, Waiting::Order, self.order_ms());
    }

    /// The order under way was answered, or the question before it.
    pub(super) fn order_answered(&mut self, now: Tick, reply: Reply) {
        let only_asked = std::mem::take(&mut self.orders.only_asked);
        let Some(mut order) = self.orders.under_way.take() else {
            return;
        };
        self.resume();
        match reply {
            Reply::Accepted if only_asked && order.kind != Kind::Void => {
                self.hand_over(&mut order);
                self.orders.under_way = Some(order);
                self.wait(now, Waiting::Order, self.order_ms());
            }
            Reply::Accepted => self.accepted(now, order.kind),
            Reply::Rejected(_)
                if order.kind == Kind::Clear && !self.language.acknowledges_status() =>
            {
                // A printer that stands in a fault may say no to everything. Its status proves whether the queue is
                // empty, and says what the fault is.
                self.clear_answered(now, false);
            }
            Reply::Rejected(why) if !only_asked => {
                let what = order.kind.named();
                self.give_up(Fault::Device(format!("it refused {what}: {why}")));
            }
            Reply::NotNow if !only_asked && self.is_asked_for(order.kind) => {
                // It had said that it was ready. On a link that says things twice, that was the answer to another
                // question and this is the one to ours: the label may have been taken, and must not come again.
                let what = "it refused a label for which it had said that it was ready";
                self.give_up(Fault::Device(what.into()));
            }
            _ if order.kind == Kind::Void => {}
            _ => self.offer_again(now, order),
        }
    }

    /// A question goes before such an order.
    fn is_asked_for(&self, kind: Kind) -> bool {
        matches!(kind, Kind::Job(_)) && matches!(self.acknowledged, Some(Some(_)))
    }

    fn accepted(&mut self, now: Tick, kind: Kind) {
        match kind {
            Kind::Clear => self.clear_answered(now, true),
            Kind::Job(_) if self.queue == Queue::Untold => {
                // It will never say that the label is gone: taken is all there is.
                self.outstanding = self.outstanding.saturating_sub(1);
            }
            _ => {}
        }
        self.prepared_perhaps();
    }

    /// From here on its reports count; the next is asked for at once.
    fn clear_answered(&mut self, now: Tick, is_accepted: bool) {
        if let Phase::Clearing {
            ordered, accepted, ..
        } = &mut self.phase
        {
            (*ordered, *accepted) = (true, is_accepted);
            self.due = now;
        }
    }

    /// It was not taken: later again, up to the limit.
    fn offer_again(&mut self, now: Tick, mut order: Order) {
        let is_clearing = matches!(self.phase, Phase::Clearing { .. });
        if is_clearing && order.kind != Kind::Clear {
            return; // It belongs to what is thrown away.
        }
        let since = *order.offered_since.get_or_insert(now);
        let most = Duration::from_millis(self.config.offers_ms);
        if now.since(since) >= most {
            let what = format!("the printer taking {}", order.kind.named());
            let after = most;
            self.orders.waiting.push_front(order);
            self.give_up(Fault::Timeout { what, after });
            return;
        }
        self.orders.offer_at = now + Duration::from_millis(self.config.offer_ms);
        self.orders.waiting.push_front(order);
    }

    /// Forgets every order that waits, and answers the tickets among them.
    pub(super) fn refuse_waiting(&mut self, why: &Fault) {
        let mut waiting = std::mem::take(&mut self.orders.waiting);
        if let Some(order) = &mut self.orders.under_way
            && self.orders.only_asked
        {
            let (kind, bytes) = (std::mem::replace(&mut order.kind, Kind::Void), Vec::new());
            let sent = order.sent;
            let offered_since = None;
            waiting.push_front(Order {
                kind,
                bytes,
                sent,
                offered_since,
            });
        }
        for order in waiting {
            if let (Kind::Job(ticket), false) = (order.kind, order.sent) {
                let why = why.clone();
                self.outstanding = self.outstanding.saturating_sub(1);
                self.tell(PrinterEvent::Refused { ticket, why });
            }
        }
        self.orders.offer_at = Tick::default();
    }
}
