//! A label printer that speaks ZPL II. PURE.
//!
//! Manual: Zebra ZPL II programming guide (45541L and the X.10 guide), `~HS`, `~HQES`, `~HI`,
//! `~JA`, `^JZ`, `^DF`, `^XF`. Doubts: the payload of `~HQES` beyond the named bits; whether `~JA`
//! is executed before all that stands in the receive buffer (hence the queue is read back twice,
//! empty both times, before it counts as clear).
//!
//! After the link opened, and after [`PrinterCommand::Clear`]: `~JA`, read back until nothing is
//! queued, store the format again, and only then accept jobs. `~HS` is silent while media or ribbon
//! is out or the head is open, so `~HQES` is asked when it stays silent; silence of both is
//! *unknown*, never "ok".

pub mod replies;

use super::{PrintJob, PrinterCommand, PrinterEvent, PrinterStatus, StoredFormat};
use crate::session::{Output, Session, Wake};
use crate::{Fault, Known, Tick};
use replies::{HostStatus, Replies, Reply};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

/// Longest value of one field, in bytes (the limit of `^BX` field data).
pub const FIELD_VALUE_MAX: usize = 3_072;
/// Most fields of one job.
pub const FIELDS_MAX: usize = 32;
/// Highest field number of `^FN`.
pub const FIELD_NUMBER_MAX: u16 = 9_999;
/// Longest stored format, in bytes.
pub const FORMAT_MAX: usize = 64 * 1024;
/// Reports of an empty queue that are needed after `~JA`.
pub const EMPTY_REPORTS: u8 = 2;
/// Unanswered status requests that are remembered.
pub const OWED_MAX: u32 = 4;

/// Pause between two status requests, in ms, unless the station file says otherwise.
pub const POLL_MS: u64 = 250;
/// Pause between two status requests while the queue is being cleared, in ms.
pub const CLEAR_POLL_MS: u64 = 50;
/// Longest wait for an answer, in ms.
pub const ANSWER_MS: u64 = 400;
/// Longest wait for the cleared queue to be reported empty, in ms; then `~JA` is sent again. That is repeated for ever:
/// until the printer says so nothing is printed, and the line says why.
pub const CLEAR_MS: u64 = 3_000;
/// Status requests in a row to which nothing is heard before the link is dropped.
pub const SILENT_POLLS_MAX: u32 = 3;
/// Most jobs that may be sent and not yet gone from the queue the printer reports, unless the owner says otherwise.
pub const JOBS_OUTSTANDING_MAX: u32 = 64;

/// How the session behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZplConfig {
    /// Dots per millimetre the label was made for; another head is the wrong device. `None` accepts
    /// any.
    pub dpmm: Option<u16>,
    /// Pause between two status requests, in milliseconds.
    pub poll_ms: u64,
    /// Pause between two status requests while the queue is being cleared, in milliseconds.
    pub clear_poll_ms: u64,
    /// Longest wait for an answer, in milliseconds.
    pub answer_ms: u64,
    /// Longest wait for the cleared queue to be reported empty, in milliseconds; then `~JA` is sent
    /// again.
    pub clear_ms: u64,
    /// The link is dropped after this many status requests in a row to which nothing was heard.
    pub silent_polls_max: u32,
    /// Most jobs that may be sent and not yet gone from the queue the printer reports.
    pub jobs_outstanding_max: u32,
}

impl Default for ZplConfig {
    fn default() -> ZplConfig {
        ZplConfig {
            dpmm: None,
            poll_ms: POLL_MS,
            clear_poll_ms: CLEAR_POLL_MS,
            answer_ms: ANSWER_MS,
            clear_ms: CLEAR_MS,
            silent_polls_max: SILENT_POLLS_MAX,
            jobs_outstanding_max: JOBS_OUTSTANDING_MAX,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No link, or given up by us.
    Down,
    /// `~HI` was asked.
    Identifying,
    /// `~JA` was sent; waiting for reports of an empty queue.
    Clearing {
        /// When `~JA` is repeated.
        again_at: Tick,
        /// Reports of an empty queue so far.
        empty: u8,
        /// Replies still to come that were asked for before `~JA`.
        stale: u32,
        /// The fault of a clear that takes too long was told.
        told: bool,
    },
    /// Jobs are accepted while the status is known.
    Ready,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// Until it is time to ask again.
    Pause,
    Identity,
    HostStatus,
    Errors,
}

/// The ZPL session. See the module text.
#[derive(Debug)]
pub struct ZplSession {
    config: ZplConfig,
    out: VecDeque<Output<Vec<u8>, PrinterEvent>>,
    phase: Phase,
    announced: bool,
    waiting: Waiting,
    due: Tick,
    replies: Replies,
    format: Option<StoredFormat>,
    /// `~HS` requests not answered yet.
    owed: u32,
    silent_polls: u32,
    heard_at: Tick,
    /// The last status told was not "unknown".
    status_known: bool,
    /// `~HS` answered since it was last silent.
    queue_known: bool,
    /// Formats queued when the printer last told.
    queued: u16,
    outstanding: u32,
    sent_since_poll: u32,
    garbled_told: bool,
    last_trouble: Option<Fault>,
}

impl ZplSession {
    /// A session without a link.
    pub fn new(config: ZplConfig) -> ZplSession {
        ZplSession {
            config,
            out: VecDeque::new(),
            phase: Phase::Down,
            announced: false,
            waiting: Waiting::Pause,
            due: Tick::default(),
            replies: Replies::default(),
            format: None,
            owed: 0,
            silent_polls: 0,
            heard_at: Tick::default(),
            status_known: false,
            queue_known: false,
            queued: 0,
            outstanding: 0,
            sent_since_poll: 0,
            garbled_told: false,
            last_trouble: None,
        }
    }

    fn tell(&mut self, event: PrinterEvent) {
        self.out.push_back(Output::Event(event));
    }

    fn transmit(&mut self, text: &str) {
        self.out
            .push_back(Output::Transmit(text.as_bytes().to_vec()));
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
        let value = PrinterStatus {
            queued: self.queued,
            outstanding: self.outstanding,
            faults,
        };
        self.tell(PrinterEvent::Status(Known::Yes { value, at: now }));
    }

    fn wait(&mut self, now: Tick, waiting: Waiting, ms: u64) {
        self.waiting = waiting;
        self.due = now + Duration::from_millis(ms);
    }

    fn ask_status(&mut self, now: Tick) {
        self.garbled_told = false;
        self.owed = (self.owed + 1).min(OWED_MAX);
        self.sent_since_poll = 0;
        self.transmit("~HS");
        // A question that is still open keeps its time: whoever asks again and again must hear of the silence as well.
        let open = matches!(self.waiting, Waiting::HostStatus | Waiting::Errors);
        if !open || self.due <= now {
            self.wait(now, Waiting::HostStatus, self.config.answer_ms);
        }
    }

    fn pause(&mut self, now: Tick) {
        let ms = match self.phase {
            Phase::Clearing { .. } => self.config.clear_poll_ms,
            _ => self.config.poll_ms,
        };
        self.wait(now, Waiting::Pause, ms);
    }

    fn clear(&mut self, now: Tick, told: bool) {
        self.transmit("~JA");
        self.phase = Phase::Clearing {
            again_at: now + Duration::from_millis(self.config.clear_ms),
            empty: 0,
            stale: self.owed,
            told,
        };
        self.ask_status(now);
    }

    fn clear_took_too_long(&mut self, now: Tick, told: bool) {
        if !told {
            self.tell(PrinterEvent::Fault(Fault::Timeout {
                what: "the printer reporting an empty queue after ~JA".into(),
                after: Duration::from_millis(self.config.clear_ms),
            }));
        }
        self.clear(now, true);
    }

    fn cleared(&mut self) {
        // A label spoilt by media or ribbon out must never be printed again by itself: its number
        // would be on two packs.
        self.transmit("^XA^JZN^XZ");
        self.store_format();
        self.phase = Phase::Ready;
        self.outstanding = 0;
        self.sent_since_poll = 0;
        self.last_trouble = None;
        self.tell(PrinterEvent::Cleared);
    }

    fn store_format(&mut self) {
        if let Some(format) = &self.format {
            let text = format.text.clone();
            self.transmit(&text);
        }
    }

    fn identified(&mut self, now: Tick, model: String, firmware: String, dpmm: u16) {
        if self.phase != Phase::Identifying {
            return; // Said twice.
        }
        match self.config.dpmm {
            Some(expected) if expected != dpmm => self.give_up(Fault::WrongDevice {
                expected: format!("a printer with {expected} dots/mm"),
                found: format!("{model} with {dpmm} dots/mm"),
            }),
            _ => {
                self.announced = true;
                self.tell(PrinterEvent::Link(true));
                self.tell(PrinterEvent::Identified {
                    model,
                    firmware,
                    dpmm,
                });
                self.clear(now, false);
            }
        }
    }

    fn host_status(&mut self, now: Tick, status: HostStatus) {
        if self.phase == Phase::Identifying {
            return; // Asked on an earlier link; this one does not know the printer yet.
        }
        self.owed = self.owed.saturating_sub(1);
        self.queue_known = true;
        self.queued = status.formats;
        let reported = u32::from(status.formats).saturating_add(status.labels);
        self.outstanding = self
            .outstanding
            .min(reported.saturating_add(self.sent_since_poll));
        let is_empty = status.is_empty();
        self.status(now, status.faults);
        if let Phase::Clearing { empty, stale, .. } = &mut self.phase {
            if *stale > 0 {
                *stale -= 1;
            } else if is_empty {
                *empty += 1;
            } else {
                *empty = 0;
            }
            if *empty >= EMPTY_REPORTS {
                self.cleared();
            }
        }
        self.pause(now);
    }

    /// `~HQES` answered while `~HS` was silent: the queue is not known, the reason may be.
    fn errors(&mut self, now: Tick, mut faults: Vec<Fault>) {
        // Replies come in order: a `~HS` asked before this will not be answered any more.
        self.owed = 0;
        if self.phase == Phase::Identifying || self.waiting != Waiting::Errors {
            return;
        }
        if faults.is_empty() {
            faults.push(Fault::Timeout {
                what: "~HS, though ~HQES reports no error".into(),
                after: Duration::from_millis(self.config.answer_ms),
            });
        }
        self.queue_known = false;
        self.status(now, faults);
        self.pause(now);
    }

    fn reply(&mut self, now: Tick, reply: Reply) {
        if !matches!(reply, Reply::Garbled(_) | Reply::Stranger(_)) {
            self.silent_polls = 0;
            self.heard_at = now;
        }
        match reply {
            Reply::HostStatus(status) => self.host_status(now, status),
            Reply::Errors(faults) => self.errors(now, faults),
            Reply::Identity {
                model,
                firmware,
                dpmm,
            } => self.identified(now, model, firmware, dpmm),
            Reply::Garbled(text) => {
                // One a request: a device that floods us with garbage must not flood the log.
                if !self.garbled_told {
                    self.garbled_told = true;
                    self.tell(PrinterEvent::Fault(Fault::Garbled(text)));
                }
            }
            Reply::Stranger(greeting) => self.give_up(Fault::WrongDevice {
                expected: "a ZPL printer".into(),
                found: format!("a server that says {greeting:?}"),
            }),
        }
    }

    fn print(&mut self, job: &PrintJob) {
        let ticket = job.ticket;
        match self.job_text(job) {
            Ok(text) => {
                let bytes = text.len();
                self.outstanding += 1;
                self.sent_since_poll += 1;
                self.transmit(&text);
                self.tell(PrinterEvent::Sent { ticket, bytes });
            }
            Err(why) => self.tell(PrinterEvent::Refused { ticket, why }),
        }
    }

    /// The bytes of a job. The quantity stands in the stored format (`^PQ1,0,1,Y`; one label is
    /// ZPL's default as well), so that a pack costs only its fields.
    fn job_text(&self, job: &PrintJob) -> Result<String, Fault> {
        match self.phase {
            Phase::Ready if self.queue_known => {}
            Phase::Down | Phase::Identifying => {
                return Err(Fault::LinkDown("the printer is not connected".into()));
            }
            _ => return Err(Fault::Refused("the printer's queue is not known".into())),
        }
        let refused = |why: String| Err(Fault::Refused(why));
        let Some(format) = &self.format else {
            return refused("no label format is stored in the printer".into());
        };
        if self.outstanding >= self.config.jobs_outstanding_max {
            return Err(Fault::Busy);
        }
        if job.fields.is_empty() || job.fields.len() > FIELDS_MAX {
            return refused(format!(
                "a label has 1 to {FIELDS_MAX} fields, not {}",
                job.fields.len()
            ));
        }
        let mut text = format!("^XA^XFR:{}^FS", format.name);
        for (index, (number, value)) in job.fields.iter().enumerate() {
            if job.fields[..index]
                .iter()
                .any(|(earlier, _)| earlier == number)
            {
                return refused(format!("field {number} is given twice"));
            }
            if !(1..=FIELD_NUMBER_MAX).contains(number) {
                return refused(format!(
                    "field {number} is not from 1 to {FIELD_NUMBER_MAX}"
                ));
            }
            if value.len() > FIELD_VALUE_MAX {
                return refused(format!(
                    "field {number} is longer than {FIELD_VALUE_MAX} bytes"
                ));
            }
            let plain = |c: char| matches!(c, ' '..='}') && c != '^';
            if let Some(bad) = value.chars().find(|c| !plain(*c)) {
                return refused(format!(
                    "field {number} holds {bad:?}, which ZPL cannot carry"
                ));
            }
            // Writing to a String cannot fail.
            let _written = write!(text, "^FN{number}^FD{value}^FS");
        }
        text.push_str("^XZ");
        Ok(text)
    }

    fn use_format(&mut self, format: StoredFormat) {
        if let Err(why) = check_format(&format) {
            self.tell(PrinterEvent::Fault(Fault::Refused(why)));
            return;
        }
        let changed = self.format.as_ref() != Some(&format);
        self.format = Some(format);
        if changed && self.phase == Phase::Ready {
            self.store_format();
        }
    }

    fn silent(&mut self, now: Tick) {
        self.silent_polls += 1;
        self.status_unknown();
        if self.silent_polls >= self.config.silent_polls_max {
            self.give_up(Fault::Timeout {
                what: "~HS and ~HQES".into(),
                after: Duration::from_millis(
                    2 * self.config.answer_ms * u64::from(self.config.silent_polls_max),
                ),
            });
        } else {
            self.pause(now);
        }
    }
}

fn check_format(format: &StoredFormat) -> Result<(), String> {
    let name = &format.name;
    if !(1..=8).contains(&name.len()) || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(format!(
            "{name:?} is not a format name of 1 to 8 letters or digits"
        ));
    }
    if format.text.len() > FORMAT_MAX {
        return Err(format!(
            "the format {name} is longer than {FORMAT_MAX} bytes"
        ));
    }
    let stored = format!("^DFR:{name}");
    let text = format.text.trim();
    if !text.starts_with("^XA") || !text.ends_with("^XZ") || !text.contains(&stored) {
        return Err(format!(
            "the format {name} is not of the form ^XA{stored}.ZPL^FS…^XZ"
        ));
    }
    Ok(())
}

impl Session for ZplSession {
    type Command = PrinterCommand;
    type Event = PrinterEvent;
    type Received = [u8];
    type Transmit = Vec<u8>;

    fn opened(&mut self, now: Tick) {
        self.phase = Phase::Identifying;
        self.replies = Replies::default();
        self.owed = 0;
        self.silent_polls = 0;
        self.queue_known = false;
        self.garbled_told = false;
        self.heard_at = now;
        self.transmit("~HI");
        self.wait(now, Waiting::Identity, self.config.answer_ms);
    }

    fn closed(&mut self, _now: Tick, why: Fault) {
        self.phase = Phase::Down;
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
        let mut replies = Vec::new();
        self.replies.push(input, &mut replies);
        for reply in replies {
            if self.phase != Phase::Down {
                self.reply(now, reply);
            }
        }
    }

    fn command(&mut self, now: Tick, command: PrinterCommand) {
        match command {
            PrinterCommand::UseFormat(format) => self.use_format(format),
            PrinterCommand::Print(job) => self.print(&job),
            PrinterCommand::Clear => match self.phase {
                // The same is done by itself once the link is up.
                Phase::Down | Phase::Identifying => {}
                Phase::Clearing { told, .. } => self.clear(now, told),
                Phase::Ready => self.clear(now, false),
            },
        }
    }

    fn woken(&mut self, now: Tick) {
        if self.phase == Phase::Down || now < self.due {
            return;
        }
        match self.waiting {
            Waiting::Pause => match self.phase {
                Phase::Clearing { again_at, told, .. } if now >= again_at => {
                    self.clear_took_too_long(now, told);
                }
                _ => self.ask_status(now),
            },
            Waiting::Identity => self.give_up(Fault::Timeout {
                what: "~HI (who are you?)".into(),
                after: Duration::from_millis(self.config.answer_ms),
            }),
            Waiting::HostStatus => {
                self.transmit("~HQES");
                self.wait(now, Waiting::Errors, self.config.answer_ms);
            }
            Waiting::Errors => self.silent(now),
        }
    }

    fn wake(&self) -> Option<Wake> {
        let reason = match (self.phase, self.waiting) {
            (Phase::Down, _) => return None,
            (_, Waiting::Pause) => "the printer's next status request",
            (_, Waiting::Identity) => "the printer's name",
            (_, Waiting::HostStatus) => "the printer's status",
            (_, Waiting::Errors) => "the printer's error report",
        };
        let at = self.due;
        Some(Wake { at, reason })
    }

    fn next_output(&mut self) -> Option<Output<Vec<u8>, PrinterEvent>> {
        self.out.pop_front()
    }
}
