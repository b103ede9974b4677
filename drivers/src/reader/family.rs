//! What a family of readers is to the session: its framing, its question, its trigger, and what its answers mean. PURE.

use super::config::Framing;
use std::borrow::Cow;

/// Something that was asked of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Who it is, or how it is where it cannot say who.
    Identity,
    /// Its reading gate was opened.
    TriggerOn,
    /// Its reading gate was closed.
    TriggerOff,
}

/// What of that was asked and not answered yet. A line that looks like the answer to an order is one only while the
/// order stands here; otherwise it is what a symbol says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Open {
    /// It is asked who it is, now or before: what says so in full is its answer, early or late, and never a read.
    pub asked: bool,
    /// An answer to [`Asked::Identity`] is waited for now.
    pub identity: bool,
    /// Orders [`Asked::TriggerOn`].
    pub trigger_on: bool,
    /// Orders [`Asked::TriggerOff`].
    pub trigger_off: bool,
}

/// What was heard, in the session's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Who it is; empty texts where it only said that it is there.
    Identity {
        /// Model as it gives it.
        model: String,
        /// Firmware; empty when it does not say.
        firmware: String,
    },
    /// It took the order.
    Accepted(Asked),
    /// It refused, with its own words.
    Refused(Asked, String),
    /// A read in an envelope of the family's own, as the reader's output format made it.
    Read(Vec<u8>),
    /// An answer to something that it was not asked for now: of no meaning.
    Stale,
    /// Shaped like an answer of this family and none.
    Garbled,
}

/// Bytes for the reader; empty where the family has no such order.
pub type Order = Cow<'static, [u8]>;

/// What a family says and hears.
pub trait Words: std::fmt::Debug + Send + Sync {
    /// How its text is framed when nobody changed it at the reader.
    fn framing(&self) -> Framing;
    /// What it says when it read nothing, when nobody changed it at the reader.
    fn no_read(&self) -> &'static [u8];
    /// Sent once the link is open, before the question: what makes answers tellable from reads. Nothing that outlives
    /// the reader's power.
    fn greeting(&self) -> Order {
        Cow::Borrowed(b"")
    }
    /// Who are you? Does no harm at any time. `None` where there is no such question.
    fn question(&self, framing: &Framing) -> Option<Order>;
    /// Whether [`Words::question`] is asked unless the configuration says otherwise.
    fn asks(&self) -> bool;
    /// What opens or closes the reading gate; `None` where it must be configured.
    fn trigger(&self, on: bool, framing: &Framing) -> Option<Order>;
    /// Whether these bytes, as long as they last, can only be the beginning of an answer: no end of a read is looked
    /// for in them.
    fn reserves(&self, _held: &[u8]) -> bool {
        false
    }
    /// What these bytes are when they are a whole answer; `None` while they are not.
    fn hear(&self, held: &[u8], framing: &Framing, open: Open) -> Option<Heard>;
}

/// A text for people of bytes that should be ASCII.
pub(super) fn words(bytes: &[u8]) -> String {
    const SHOWN: usize = 64;
    bytes[..bytes.len().min(SHOWN)].escape_ascii().to_string()
}
