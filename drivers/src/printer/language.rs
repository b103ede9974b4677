//! What a printer language is to the session: its questions, its orders, and what its answers mean. PURE.
//!
//! One folder or file a language; a new one is an `impl Language`, one line in [`super::LANGUAGES`], a simulator, a
//! transcript, a template and its documentation (`drivers/tests/contract` holds that all of them are there). What every
//! printer needs the same way (identify, clear, read back, poll, give up) is the session's, not the language's.

use super::format::{Format, JobContent};
use crate::Fault;
use std::borrow::Cow;

/// Bytes for the printer, and what is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What goes over the link.
    pub bytes: Vec<u8>,
    /// What was asked, for faults: "~HS".
    pub what: Cow<'static, str>,
}

/// How a language takes orders (formats, jobs, clearing).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manners {
    /// Orders are followed by nothing: they may be sent at any time, also while an answer is awaited.
    Silent,
    /// Every order is answered ([`Reply::Accepted`], [`Reply::NotNow`], [`Reply::Rejected`]), and one exchange ends
    /// before the next begins.
    Acknowledged {
        /// Asked before each job; the job goes when it was accepted, and the question is repeated after
        /// [`Reply::NotNow`] or [`Reply::Rejected`]. After a job that was asked for, either of them is a lost link:
        /// nobody knows whether the label was taken. `None`: the job goes at once.
        before_job: Option<Question>,
    },
}

/// What the printer said, in the session's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Who it is.
    Identity {
        /// Model.
        model: String,
        /// Firmware; empty when it does not say.
        firmware: String,
        /// Dots per millimetre, where it says.
        dpmm: Option<u16>,
    },
    /// Its state.
    Status(Told),
    /// Why it was silent: the answer to [`Language::explain`]. The queue stays unknown.
    Explained(Vec<Fault>),
    /// Labels printed in its life.
    Odometer(u64),
    /// It says of its own accord that something happened: its status is asked at once.
    Alert(String),
    /// It took the order.
    Accepted,
    /// It takes none now, and has thrown away what was sent; the same is sent again after a pause.
    NotNow,
    /// It refused the order.
    Rejected(String),
    /// No answer of this language; the first bytes of it.
    Garbled(String),
    /// Another device or another language, by name: "an SSH server (SSH-2.0…)", "a TSPL printer".
    Stranger(String),
}

/// What a status says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What waits in the printer.
    pub queue: Queue,
    /// What hinders it; empty when it said that it can print.
    pub faults: Vec<Fault>,
}

/// What a printer says about labels that wait in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// So many labels or formats wait or are being printed.
    Count(u32),
    /// Nothing waits and nothing is printed.
    Idle,
    /// Something is printed or waits; how much it does not say.
    Busy,
    /// It says nothing about it.
    Untold,
}

/// How long a language's answers may take, in milliseconds; `None` is the session's own limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waits {
    /// An answer to a question.
    pub answer_ms: Option<u64>,
    /// The acknowledgement of an order.
    pub order_ms: Option<u64>,
}

/// A printer language. PURE: no clock, no link; what it remembers are halves of answers.
pub trait Language: std::fmt::Debug + Send + Sync {
    /// What it is called in "a … printer": "ZPL".
    fn name(&self) -> &str;
    /// How it takes orders.
    fn manners(&self) -> Manners;
    /// Who are you? `None`: the first status proves that a printer of this language is there.
    fn identify(&self) -> Option<Question> {
        None
    }
    /// How are you?
    fn status(&self) -> Question;
    /// The answer to [`Language::status`] is a bare acknowledgement, the same that orders get: then
    /// [`Reply::Accepted`] says that it can print, [`Reply::NotNow`] that it is busy, and [`Reply::Rejected`] what
    /// hinders it; its queue stays untold.
    fn acknowledges_status(&self) -> bool {
        false
    }
    /// Asked when [`Language::status`] stays unanswered: why?
    fn explain(&self) -> Option<Question> {
        None
    }
    /// How many labels in your life? Asked now and then; `None` where it cannot say.
    fn odometer(&self) -> Option<Question> {
        None
    }
    /// Throws away everything queued.
    fn clear(&self) -> Vec<u8>;
    /// The order to clear leaves the printer paused until [`Language::once_clear`]: meanwhile that hinders nothing, and
    /// nobody need go there.
    fn clear_pauses(&self) -> bool {
        false
    }
    /// Sent once the queue was seen empty, before the format: what makes the printer behave (no reprint by itself).
    fn once_clear(&self) -> Vec<u8>;
    /// Sent behind [`Language::once_clear`] over a serial line: what makes it say of its own accord, on the line that
    /// asks, that something happened. Empty where it cannot.
    fn alerts(&self) -> Vec<u8> {
        Vec::new()
    }
    /// How long its answers may take, where it knows better than the session.
    fn waits(&self) -> Waits {
        Waits::default()
    }
    /// Most jobs it takes before one of them is printed; `None` where it has no such number.
    fn depth(&self) -> Option<u32> {
        None
    }
    /// Why this format cannot be written in this language as it stands (a mark, a font, a character, a symbol); the
    /// station then draws the label itself. `None` when it can.
    fn hindrance(&self, format: &Format) -> Option<String>;
    /// What stores the format, or sets the printer up for it; empty where each job carries all.
    ///
    /// # Errors
    /// It is not a sound format of this language, as a sentence.
    fn store(&self, format: &Format) -> Result<Vec<u8>, String>;
    /// What prints one label of this format, exactly once.
    ///
    /// # Errors
    /// A value cannot be carried: [`Fault::Refused`].
    fn job(&self, format: &Format, label: &JobContent) -> Result<Vec<u8>, Fault>;
    /// Takes bytes as they come, in any pieces, and appends what they say. What is kept of unfinished answers is
    /// bounded.
    fn hear(&mut self, bytes: &[u8], replies: &mut Vec<Reply>);
    /// The link is new: halves of answers are forgotten.
    fn forget(&mut self);
}
