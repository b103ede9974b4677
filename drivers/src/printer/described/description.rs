//! What a description file says, once it was read and found whole. PURE.

use super::super::language::Waits;
use super::pattern::{Out, Pattern};
use crate::Fault;
use std::collections::BTreeMap;

/// How a printer speaks, as a text file described it; [`super::Description::parse`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    pub(super) name: String,
    pub(super) frame: Frame,
    pub(super) identify: Option<Ask>,
    pub(super) status: Status,
    pub(super) odometer: Option<Ask>,
    pub(super) answers: Option<Answers>,
    pub(super) orders: Orders,
    pub(super) values: Values,
    pub(super) waits: Waits,
    pub(super) depth: Option<u32>,
    /// What fits no pattern is passed over in silence.
    pub(super) ignores_extra: bool,
}

impl Description {
    /// What the printer is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// What stands around a body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Frame {
    pub begin: Vec<u8>,
    pub end: Vec<u8>,
    pub begin_in: Vec<u8>,
    pub end_in: Vec<u8>,
    pub check: Check,
    pub covers: Covers,
}

/// What proves that a frame is whole, behind its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Check {
    #[default]
    None,
    /// Two hexadecimal digits: the sum of the bytes modulo 256.
    Sum256,
    /// One byte: all bytes XORed.
    Xor,
}

/// What the check is reckoned over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Covers {
    #[default]
    Body,
    BodyAndEnd,
    All,
}

impl Frame {
    /// Bytes of the check.
    pub fn check_length(&self) -> usize {
        match self.check {
            Check::None => 0,
            Check::Sum256 => 2,
            Check::Xor => 1,
        }
    }

    /// The check of a body in a frame that begins and ends so.
    pub fn check_of(&self, begin: &[u8], body: &[u8], end: &[u8]) -> Vec<u8> {
        let nothing: &[u8] = &[];
        let (begin, end) = match self.covers {
            Covers::Body => (nothing, nothing),
            Covers::BodyAndEnd => (nothing, end),
            Covers::All => (begin, end),
        };
        let bytes = begin.iter().chain(body).chain(end);
        match self.check {
            Check::None => Vec::new(),
            Check::Sum256 => {
                let sum = bytes.fold(0u8, |sum, byte| sum.wrapping_add(*byte));
                format!("{sum:02X}").into_bytes()
            }
            Check::Xor => vec![bytes.fold(0, |all, byte| all ^ byte)],
        }
    }

    /// A body with everything around it.
    pub fn around(&self, body: &[u8]) -> Vec<u8> {
        let check = self.check_of(&self.begin, body, &self.end);
        [&self.begin, body, &self.end, &check].concat()
    }
}

/// What goes out, as it is, or as a body to be framed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outgoing {
    pub pieces: Vec<Out>,
    pub is_bare: bool,
}

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ask {
    pub out: Outgoing,
    pub answer: Pattern,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Status {
    pub out: Outgoing,
    /// `None`: it is acknowledged as orders are.
    pub answer: Option<Pattern>,
    /// The part that counts what waits.
    pub queue: Option<String>,
    /// The part that counts labels.
    pub odometer: Option<String>,
    pub meanings: BTreeMap<String, Meanings>,
}

/// What a part of the status means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meanings {
    /// By its text.
    Values(BTreeMap<String, Meaning>),
    /// By each bit that is set.
    Bits(BTreeMap<u32, Meaning>),
}

impl Meanings {
    pub fn all(&self) -> Vec<&Meaning> {
        match self {
            Meanings::Values(values) => values.values().collect(),
            Meanings::Bits(bits) => bits.values().collect(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    Fine,
    /// Something waits or is being printed.
    Queued,
    Hinders(Fault),
}

/// Acknowledgements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answers {
    pub is_framed: bool,
    pub accepted: Vec<Pattern>,
    pub not_now: Vec<Pattern>,
    pub rejected: Vec<Pattern>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Orders {
    pub before_job: Option<Outgoing>,
    pub clear: Outgoing,
    pub once_clear: Option<Outgoing>,
    pub job: Outgoing,
    pub void: Option<Outgoing>,
}

/// How values are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Values {
    pub fnc1: String,
    pub refused: String,
    pub escapes: BTreeMap<char, String>,
    /// Longest value in bytes, escapes counted.
    pub longest: Option<usize>,
}
