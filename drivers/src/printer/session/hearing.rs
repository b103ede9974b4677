//! What the session makes of each answer. PURE.

use super::super::language::{Queue, Reply, Told};
use super::super::{PrinterEvent, strangers};
use super::{EMPTY_REPORTS, ODOMETER_POLLS, Phase, PrinterSession, Waiting};
use crate::{Fault, Tick};
use std::time::Duration;

impl PrinterSession {
    pub(super) fn reply(&mut self, now: Tick, reply: Reply) {
        if !matches!(reply, Reply::Garbled(_) | Reply::Stranger(_)) {
            self.silent_polls = 0;
            self.heard_at = now;
            self.strange.clear();
        }
        match reply {
            Reply::Status(told) => self.told(now, told),
            Reply::Explained(faults) => self.explained(now, faults),
            Reply::Identity {
                model,
                firmware,
                dpmm,
            } => self.identified(now, model, firmware, dpmm),
            Reply::Odometer(labels) => {
                self.odometer = Some(labels);
                self.odometer_misses = 0;
                self.counted(labels);
                if self.waiting == Waiting::Odometer {
                    self.resume();
                }
            }
            Reply::Alert(_) => {
                let answers = matches!(self.phase, Phase::Preparing | Phase::Ready);
                if answers && self.waiting == Waiting::Pause {
                    self.ask_status(now);
                }
            }
            Reply::Accepted | Reply::NotNow | Reply::Rejected(_) => {
                self.acknowledgement(now, reply)
            }
            Reply::Garbled(text) => self.garbled(text),
            Reply::Stranger(found) => {
                let fault = self.expected_another(found);
                self.give_up(fault);
            }
        }
    }

    /// Its count, and since when it may be so. An answer that nobody waits for any more, or that came twice, says
    /// nothing of a moment.
    fn counted(&mut self, labels: u64) {
        let asked_at = match self.language.odometer() {
            Some(_) => self.odometer_asked.take(),
            None => Some(self.status_asked),
        };
        if let Some(asked_at) = asked_at {
            self.tell(PrinterEvent::Counted { labels, asked_at });
        }
    }

    fn garbled(&mut self, text: String) {
        if let Some(fault) = self.wrong_device() {
            self.give_up(fault);
            return;
        }
        // One a request: a device that floods us with garbage must not flood the log.
        if !self.garbled_told {
            self.garbled_told = true;
            self.tell(PrinterEvent::Fault(Fault::Garbled(text)));
        }
    }

    /// The fault of another device, when what was said last has the shape of one's answer.
    pub(super) fn wrong_device(&self) -> Option<Fault> {
        let found = strangers::named(&self.strange)?;
        let ours = format!("a {} printer", self.language.name());
        (found != ours).then(|| self.expected_another(found))
    }

    fn expected_another(&self, found: String) -> Fault {
        Fault::WrongDevice {
            expected: format!("a {} printer", self.language.name()),
            found,
        }
    }

    fn identified(&mut self, now: Tick, model: String, firmware: String, dpmm: Option<u16>) {
        if self.phase != Phase::Identifying {
            return; // Said twice.
        }
        match (self.config.dpmm, dpmm) {
            (Some(expected), Some(found)) if expected != found => {
                self.give_up(Fault::WrongDevice {
                    expected: format!("a printer with {expected} dots/mm"),
                    found: format!("{model} with {found} dots/mm"),
                });
            }
            _ => {
                self.announced = true;
                self.tell(PrinterEvent::Link(true));
                self.tell(PrinterEvent::Identified {
                    model,
                    firmware,
                    dpmm,
                });
                self.pause(now);
                self.clear(now, false);
            }
        }
    }

    fn told(&mut self, now: Tick, told: Told) {
        if self.phase == Phase::Identifying {
            if self.language.identify().is_some() {
                return; // Asked on an earlier link; this one does not know the printer yet.
            }
            self.owed = self.owed.saturating_sub(1);
            let model = self.language.name().to_owned();
            self.identified(now, model, String::new(), None);
            return;
        }
        self.owed = self.owed.saturating_sub(1);
        self.queue_known = true;
        self.queue = told.queue;
        let waits_here = self.orders.jobs_unsent();
        let reported = match told.queue {
            Queue::Count(count) => count,
            Queue::Idle => 0,
            Queue::Busy | Queue::Untold => u32::MAX,
        };
        let reported = reported.saturating_add(self.sent_since_poll);
        self.outstanding = self.outstanding.min(reported.saturating_add(waits_here));
        let Told { queue, mut faults } = told;
        if self.language.clear_pauses() && matches!(self.phase, Phase::Clearing { .. }) {
            faults.retain(|fault| *fault != Fault::Paused);
        }
        self.status(now, faults);
        if self.reported_while_clearing(queue) {
            self.cleared(now);
        }
        match self.waiting {
            Waiting::Order | Waiting::Odometer => {}
            _ => {
                self.pause(now);
                self.ask_odometer(now);
            }
        }
    }

    /// Counts reports of an empty queue; `true` when it is proven to be empty.
    fn reported_while_clearing(&mut self, queue: Queue) -> bool {
        let Phase::Clearing {
            empty,
            stale,
            ordered,
            accepted,
            ..
        } = &mut self.phase
        else {
            return false;
        };
        if *stale > 0 {
            *stale -= 1;
            return false;
        }
        if !*ordered {
            return false;
        }
        match queue {
            Queue::Count(0) | Queue::Idle => *empty += 1,
            Queue::Count(_) | Queue::Busy => *empty = 0,
            // What tells nothing is believed when it accepted the order.
            Queue::Untold if *accepted => *empty = EMPTY_REPORTS,
            Queue::Untold => {}
        }
        *empty >= EMPTY_REPORTS
    }

    /// Now and then, when nothing else is asked.
    fn ask_odometer(&mut self, now: Tick) {
        if self.phase != Phase::Ready || !self.orders.is_empty() {
            return;
        }
        self.odometer_polls += 1;
        if self.odometer_polls < ODOMETER_POLLS << self.odometer_misses {
            return;
        }
        self.odometer_polls = 0;
        if let Some(question) = self.language.odometer() {
            self.odometer_asked = self.odometer_asked.or(Some(now));
            self.ask(now, question, Waiting::Odometer);
        }
    }

    /// It says why its status was silent: the queue is not known, the reason may be.
    fn explained(&mut self, now: Tick, mut faults: Vec<Fault>) {
        // Replies come in order: a status asked before this will not be answered any more.
        self.owed = 0;
        if self.phase == Phase::Identifying || self.waiting != Waiting::Explanation {
            return;
        }
        if faults.is_empty() {
            let status = self.language.status().what;
            let explain = self.language.explain();
            let explain = explain.map_or_else(|| "it".into(), |explain| explain.what);
            faults.push(Fault::Timeout {
                what: format!("{status}, though {explain} reports no error"),
                after: Duration::from_millis(self.answer_ms()),
            });
        }
        self.queue_known = false;
        self.queue = Queue::Untold;
        self.status(now, faults);
        self.pause(now);
    }

    /// An acknowledgement: of the status, where it is all that the language says, or of the order under way.
    fn acknowledgement(&mut self, now: Tick, reply: Reply) {
        let asks_status = match self.phase {
            Phase::Identifying => self.language.identify().is_none(),
            _ => self.waiting == Waiting::Status,
        };
        if asks_status && self.language.acknowledges_status() {
            let faults = match reply {
                Reply::Rejected(why) => vec![Fault::Device(why)],
                Reply::NotNow => vec![Fault::Busy],
                _ => vec![],
            };
            let queue = Queue::Untold;
            self.told(now, Told { queue, faults });
        } else if self.waiting == Waiting::Order {
            self.order_answered(now, reply);
        } else if self.phase != Phase::Identifying {
            // Whose it is nobody knows: an order may have been refused, and the next label must not slip onto its pack.
            let what = match reply {
                Reply::Rejected(why) => format!("it refused something ({why})"),
                _ => "it acknowledged what was not asked".to_owned(),
            };
            self.give_up(Fault::Garbled(what));
        }
    }
}
