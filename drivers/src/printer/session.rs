//! The conversation with a printer, the same in every language. PURE.
//!
//! After the link opened, and after [`PrinterCommand::Clear`]: who is it, throw everything queued away, read back until
//! nothing is queued (twice, since nobody promises that the order overtakes what stands in the receive buffer), store
//! the format again, and only then accept jobs. Then the status is asked for ever. Silence is *unknown*, never "ok":
//! nothing is sent while the queue is unknown, and the link is dropped when the silence lasts.
//!
//! A ticket gets exactly one answer: `Sent` when its bytes were handed to the link, or `Refused`.

mod config;
mod hearing;
mod orders;

pub use config::*;

use super::format::Format;
use super::language::{Language, Manners, Question, Queue};
use super::strangers::STRANGE_BYTES;
use super::{PrintJob, PrinterCommand, PrinterEvent, PrinterStatus, checks};
use crate::session::{Output, Session, Wake};
use crate::{Fault, Known, Tick};
use orders::{Kind, Orders};
use std::collections::VecDeque;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No link, or given up by us.
    Down,
    /// It was asked who it is, or how it is where it cannot say who.
    Identifying,
    /// The order to clear was given; waiting for reports of an empty queue.
    Clearing {
        /// When the order is repeated.
        again_at: Tick,
        /// Reports of an empty queue so far.
        empty: u8,
        /// Replies still to come that were asked for before the order.
        stale: u32,
        /// The order went out, and was answered where orders are: reports count from here on.
        ordered: bool,
        /// It was accepted: proof enough from a printer that says nothing of its queue.
        accepted: bool,
        /// The fault of a clear that takes too long was told.
        told: bool,
    },
    /// Waiting for what follows a clear to be acknowledged.
    Preparing,
    /// Jobs are accepted while the status is known.
    Ready,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// Until it is time to ask again, or an order comes.
    Pause,
    Identity,
    Status,
    Explanation,
    Odometer,
    /// The acknowledgement of the order under way, or the answer to the question before a job.
    Order,
}

/// The session with one printer. See the module text.
#[derive(Debug)]
pub struct PrinterSession {
    config: PrinterConfig,
    language: Box<dyn Language>,
    /// Asked before each job, where orders are acknowledged.
    acknowledged: Option<Option<Question>>,
    out: VecDeque<Output<Vec<u8>, PrinterEvent>>,
    phase: Phase,
    announced: bool,
    waiting: Waiting,
    /// When the wait is over; during a pause, when the status is asked.
    due: Tick,
    /// When the status is asked next, kept while something else is waited for.
    poll_at: Tick,
    format: Option<Format>,
    orders: Orders,
    /// Status requests not answered yet.
    owed: u32,
    silent_polls: u32,
    heard_at: Tick,
    /// The last status told was not "unknown".
    status_known: bool,
    /// The status was answered since it was last silent.
    queue_known: bool,
    /// What the printer told of its queue last.
    queue: Queue,
    outstanding: u32,
    sent_since_poll: u32,
    odometer: Option<u64>,
    /// When the first question for the odometer went out that was not answered yet.
    odometer_asked: Option<Tick>,
    /// The same of the status; kept when it was answered.
    status_asked: Tick,
    odometer_polls: u32,
    odometer_misses: u32,
    garbled_told: bool,
    /// The first bytes since the last understood answer.
    strange: Vec<u8>,
    last_trouble: Option<Fault>,
}

impl PrinterSession {
    /// A session without a link.
    pub fn new(language: Box<dyn Language>, config: PrinterConfig) -> PrinterSession {
        let acknowledged = match language.manners() {
            Manners::Silent => None,
            Manners::Acknowledged { before_job } => Some(before_job),
        };
        PrinterSession {
            config,
            language,
            acknowledged,
            out: VecDeque::new(),
            phase: Phase::Down,
            announced: false,
            waiting: Waiting::Pause,
            due: Tick::default(),
            poll_at: Tick::default(),
            format: None,
            orders: Orders::default(),
            owed: 0,
            silent_polls: 0,
            heard_at: Tick::default(),
            status_known: false,
            queue_known: false,
            queue: Queue::Untold,
            outstanding: 0,
            sent_since_poll: 0,
            odometer: None,
            odometer_asked: None,
            status_asked: Tick::default(),
            odometer_polls: 0,
            odometer_misses: 0,
            garbled_told: false,
            strange: Vec::new(),
            last_trouble: None,
        }
    }

    /// The language it speaks.
    pub fn language(&self) -> &dyn Language {
        self.language.as_ref()
    }

    fn tell(&mut self, event: PrinterEvent) {
        self.out.push_back(Output::Event(event));
    }

    fn transmit(&mut self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.out.push_back(Output::Transmit(bytes));
        }
    }

    /// Tells a fault once per episode: the same one again is silent until the printer was ready in
    /// between.
    fn trouble(&mut self, fault: Fault) {
        if self.last_trouble.as_ref() != Some(&fault) {
            self.last_trouble = Some(fault.clone());
            self.tell(PrinterEvent::Fault(fault));
        }
    }

    fn give_up(&mut self, fault: Fault) {
        self.trouble(fault.clone());
        self.phase = Phase::Down;
        self.refuse_waiting(&Fault::LinkDown("the printer is not connected".into()));
        self.out.push_back(Output::DropLink(fault));
    }

    fn status_unknown(&mut self) {
        self.queue_known = false;
        if self.status_known {
            self.status_known = false;
            let since = self.heard_at;
            self.tell(PrinterEvent::Status(Known::Unknown { since }));
        }
    }

    fn status(&mut self, now: Tick, faults: Vec<Fault>) {
        self.status_known = true;
        let queued = match self.queue {
            Queue::Count(count) => Some(count),
            Queue::Idle => Some(0),
            Queue::Busy | Queue::Untold => None,
        };
        let value = PrinterStatus {
            queued,
            outstanding: self.outstanding,
            faults,
            odometer: self.odometer,
        };
        self.tell(PrinterEvent::Status(Known::Yes { value, at: now }));
    }

    fn answer_ms(&self) -> u64 {
        let own = self.language.waits().answer_ms;
        own.unwrap_or(self.config.answer_ms)
    }

    fn order_ms(&self) -> u64 {
        let own = self.language.waits().order_ms;
        own.unwrap_or(self.config.order_ms)
    }

    fn wait(&mut self, now: Tick, waiting: Waiting, ms: u64) {
        self.waiting = waiting;
        self.due = now + Duration::from_millis(ms);
    }

    fn ask(&mut self, now: Tick, question: Question, waiting: Waiting) {
        self.transmit(question.bytes);
        self.wait(now, waiting, self.answer_ms());
    }

    fn ask_status(&mut self, now: Tick) {
        self.garbled_told = false;
        if self.owed == 0 {
            self.status_asked = now;
        }
        self.owed = (self.owed + 1).min(OWED_MAX);
        self.sent_since_poll = 0;
        self.transmit(self.language.status().bytes);
        // A question that is still open keeps its time: whoever asks again and again must hear of the silence as well.
        let open = matches!(self.waiting, Waiting::Status | Waiting::Explanation);
        if !open || self.due <= now {
            self.wait(now, Waiting::Status, self.answer_ms());
        }
    }

    /// The next status request is due a pause from now.
    fn pause(&mut self, now: Tick) {
        let ms = match self.phase {
            Phase::Clearing { .. } => self.config.clear_poll_ms,
            _ => self.config.poll_ms,
        };
        self.poll_at = now + Duration::from_millis(ms);
        self.resume();
    }

    /// Back to the pause that something else has interrupted.
    fn resume(&mut self) {
        self.waiting = Waiting::Pause;
        self.due = self.poll_at;
    }

    /// Does what the pause is for: the next question when it is due, else the next order.
    fn proceed(&mut self, now: Tick) {
        if self.waiting != Waiting::Pause || self.phase == Phase::Down {
            return;
        }
        match self.phase {
            Phase::Clearing { again_at, told, .. } if now >= again_at => {
                self.clear_took_too_long(now, told);
            }
            _ if now >= self.due => self.ask_status(now),
            _ => self.next_order(now),
        }
    }

    fn clear(&mut self, now: Tick, told: bool) {
        self.refuse_waiting(&Fault::Refused("the printer's queue is cleared".into()));
        self.phase = Phase::Clearing {
            again_at: now + Duration::from_millis(self.config.clear_ms),
            empty: 0,
            stale: self.owed,
            ordered: self.acknowledged.is_none(),
            accepted: false,
            told,
        };
        match self.acknowledged {
            None => {
                self.transmit(self.language.clear());
                self.ask_status(now);
            }
            Some(_) => {
                self.order(now, Kind::Clear, self.language.clear());
            }
        }
    }

    fn clear_took_too_long(&mut self, now: Tick, told: bool) {
        if !told {
            self.tell(PrinterEvent::Fault(Fault::Timeout {
                what: "the printer reporting an empty queue after the order to clear it".into(),
                after: Duration::from_millis(self.config.clear_ms),
            }));
        }
        self.clear(now, true);
    }

    /// The queue is empty: what makes the printer behave, and the format.
    fn cleared(&mut self, now: Tick) {
        self.phase = Phase::Preparing;
        self.outstanding = 0;
        self.sent_since_poll = 0;
        self.order(now, Kind::OnceClear, self.language.once_clear());
        if self.config.alerts {
            self.order(now, Kind::OnceClear, self.language.alerts());
        }
        self.store_format(now);
        self.prepared_perhaps();
    }

    fn prepared_perhaps(&mut self) {
        if self.phase == Phase::Preparing && self.orders.is_empty() {
            self.phase = Phase::Ready;
            self.last_trouble = None;
            self.odometer_polls = 0;
            self.tell(PrinterEvent::Cleared);
        }
    }

    fn store_format(&mut self, now: Tick) {
        let Some(format) = &self.format else { return };
        // It was found sound when it came.
        let bytes = self.language.store(format).unwrap_or_default();
        self.order(now, Kind::Store, bytes);
    }

    fn use_format(&mut self, now: Tick, format: Format) {
        let sound = checks::format(&format).and_then(|()| self.language.store(&format));
        if let Err(why) = sound {
            self.tell(PrinterEvent::Fault(Fault::Refused(why)));
            return;
        }
        let changed = self.format.as_ref() != Some(&format);
        self.format = Some(format);
        if changed && matches!(self.phase, Phase::Preparing | Phase::Ready) {
            self.store_format(now);
        }
    }

    fn print(&mut self, now: Tick, job: &PrintJob) {
        let ticket = job.ticket;
        match self.job_bytes(job) {
            Ok(bytes) => {
                self.outstanding += 1;
                self.order(now, Kind::Job(ticket), bytes);
            }
            Err(why) => self.tell(PrinterEvent::Refused { ticket, why }),
        }
    }

    fn job_bytes(&self, job: &PrintJob) -> Result<Vec<u8>, Fault> {
        match self.phase {
            Phase::Ready if self.queue_known => {}
            Phase::Down | Phase::Identifying => {
                return Err(Fault::LinkDown("the printer is not connected".into()));
            }
            _ => return Err(Fault::Refused("the printer's queue is not known".into())),
        }
        let Some(format) = &self.format else {
            return Err(Fault::Refused(
                "no label format is stored in the printer".into(),
            ));
        };
        // One that says only that it is busy would hold all labels for outstanding until it is idle, which on a running
        // line may be never: of those, only what was taken since it was asked last counts.
        let taken = match self.queue {
            Queue::Busy => self.sent_since_poll + self.orders.jobs_unsent(),
            _ => self.outstanding,
        };
        let is_deep = self
            .language
            .depth()
            .is_some_and(|depth| self.outstanding >= depth);
        if taken >= self.config.jobs_outstanding_max || is_deep || self.orders.is_full() {
            return Err(Fault::Busy);
        }
        checks::label(&job.label)?;
        self.language.job(format, &job.label)
    }

    fn silent(&mut self, now: Tick) {
        self.silent_polls += 1;
        self.status_unknown();
        if self.silent_polls < self.config.silent_polls_max {
            self.pause(now);
            return;
        }
        let mut what = self.language.status().what.into_owned();
        let mut waits = 1;
        if let Some(explain) = self.language.explain() {
            what = format!("{what} and {}", explain.what);
            waits = 2;
        }
        let ms = waits * self.answer_ms() * u64::from(self.config.silent_polls_max);
        self.unanswered(what, ms);
    }

    /// Gives up for want of an answer, or because what answers is something else.
    fn unanswered(&mut self, what: String, ms: u64) {
        let after = Duration::from_millis(ms);
        let fault = self.wrong_device();
        self.give_up(fault.unwrap_or(Fault::Timeout { what, after }));
    }

    fn identify(&mut self, now: Tick) {
        match self.language.identify() {
            Some(question) => self.ask(now, question, Waiting::Identity),
            None => {
                self.ask_status(now);
                self.waiting = Waiting::Identity;
            }
        }
    }

    /// What was waited for did not come.
    fn over_due(&mut self, now: Tick) {
        match self.waiting {
            Waiting::Pause => self.proceed(now),
            Waiting::Identity => {
                let asked = self.language.identify();
                let what = asked.unwrap_or_else(|| self.language.status()).what;
                self.unanswered(what.into_owned(), self.answer_ms());
            }
            Waiting::Status => match self.language.explain() {
                Some(question) => self.ask(now, question, Waiting::Explanation),
                None => self.silent(now),
            },
            Waiting::Explanation => self.silent(now),
            Waiting::Odometer => {
                self.odometer = None;
                self.odometer_misses = (self.odometer_misses + 1).min(ODOMETER_DOUBLINGS);
                self.resume();
                self.proceed(now);
            }
            Waiting::Order => {
                let what = self.orders.asked();
                self.unanswered(what, self.order_ms());
            }
        }
    }
}

impl Session for PrinterSession {
    type Command = PrinterCommand;
    type Event = PrinterEvent;
    type Received = [u8];
    type Transmit = Vec<u8>;

    fn opened(&mut self, now: Tick) {
        self.phase = Phase::Identifying;
        self.language.forget();
        self.orders = Orders::default();
        self.owed = 0;
        self.silent_polls = 0;
        self.queue_known = false;
        self.queue = Queue::Untold;
        self.odometer = None;
        self.odometer_asked = None;
        self.odometer_misses = 0;
        self.garbled_told = false;
        self.strange.clear();
        self.heard_at = now;
        self.identify(now);
    }

    fn closed(&mut self, _now: Tick, why: Fault) {
        self.phase = Phase::Down;
        self.refuse_waiting(&Fault::LinkDown("the printer is not connected".into()));
        if self.announced {
            self.announced = false;
            self.tell(PrinterEvent::Link(false));
        }
        self.status_unknown();
        self.trouble(why);
    }

    fn received(&mut self, now: Tick, input: &[u8]) {
        if self.phase == Phase::Down {
            return;
        }
        let room = STRANGE_BYTES.saturating_sub(self.strange.len());
        self.strange.extend(input.iter().take(room));
        let mut replies = Vec::new();
        self.language.hear(input, &mut replies);
        for reply in replies {
            if self.phase != Phase::Down {
                self.reply(now, reply);
            }
        }
        self.proceed(now);
    }

    fn command(&mut self, now: Tick, command: PrinterCommand) {
        match command {
            PrinterCommand::UseFormat(format) => self.use_format(now, format),
            PrinterCommand::Print(job) => self.print(now, &job),
            PrinterCommand::Clear => match self.phase {
                // The same is done by itself once the link is up.
                Phase::Down | Phase::Identifying => {}
                Phase::Clearing { told, .. } => self.clear(now, told),
                Phase::Preparing | Phase::Ready => self.clear(now, false),
            },
        }
    }

    fn woken(&mut self, now: Tick) {
        if self.phase == Phase::Down {
            return;
        }
        match now >= self.due {
            true => self.over_due(now),
            false => self.proceed(now),
        }
    }

    fn wake(&self) -> Option<Wake> {
        let (at, reason) = match (self.phase, self.waiting) {
            (Phase::Down, _) => return None,
            (_, Waiting::Pause) => match self.offer_at() {
                Some(at) if at < self.due => (at, "the printer taking an order"),
                _ => (self.due, "the printer's next status request"),
            },
            (_, Waiting::Identity) => (self.due, "the printer's name"),
            (_, Waiting::Status) => (self.due, "the printer's status"),
            (_, Waiting::Explanation) => (self.due, "the printer's error report"),
            (_, Waiting::Odometer) => (self.due, "the printer's count of labels"),
            (_, Waiting::Order) => (self.due, "the printer's acknowledgement"),
        };
        Some(Wake { at, reason })
    }

    fn next_output(&mut self) -> Option<Output<Vec<u8>, PrinterEvent>> {
        self.out.pop_front()
    }
}
