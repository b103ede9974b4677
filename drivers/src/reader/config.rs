//! How one reader is set: framing, counter, symbology identifiers, and how long things take. PURE.

use super::family::Order;
use super::{Family, Liveness};
use std::borrow::Cow;

/// Longest prefix, suffix, separator or order, in bytes.
pub const WORD_BYTES_MAX: usize = 32;
/// Longest text that stands for "nothing read", in bytes.
pub const NO_READ_BYTES_MAX: usize = 128;

/// What stands around each text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framing {
    /// Before it; may be empty.
    pub prefix: Vec<u8>,
    /// After it; never empty.
    pub suffix: Vec<u8>,
}

impl Framing {
    /// Around each text.
    pub fn new(prefix: impl Into<Vec<u8>>, suffix: impl Into<Vec<u8>>) -> Framing {
        Framing {
            prefix: prefix.into(),
            suffix: suffix.into(),
        }
    }

    /// The prefix is made of control characters: inside a text it can only be the beginning of the next one.
    pub(super) fn restarts(&self) -> bool {
        let starts = |byte: &u8| byte.is_ascii_control() && *byte != super::session::GS;
        !self.prefix.is_empty() && self.prefix.iter().all(starts)
    }
}

/// How one reader is set, and how it is talked to.
#[derive(Debug, Clone)]
pub struct ReaderConfig {
    /// The family it belongs to.
    pub family: &'static Family,
    /// What stands around each text.
    pub framing: Framing,
    /// What it says when it read nothing; empty: only an empty text says so.
    pub no_read: Vec<u8>,
    /// What stands between its counter (decimal digits at the beginning of each text) and the rest; `None`: it sends no
    /// counter.
    pub counter: Option<Vec<u8>>,
    /// Each read begins with a symbology identifier.
    pub aim: bool,
    /// What it sends for GS; `None`: GS itself.
    pub gs: Option<Vec<u8>>,
    /// It is asked who it is, and whether it is still there.
    pub asks: bool,
    /// Part of the model name that must be there.
    pub model: Option<String>,
    /// What opens and closes its reading gate, where its family does not know; empty otherwise.
    pub trigger: [Vec<u8>; 2],
    /// After so many milliseconds of silence it is asked.
    pub poll_ms: u64,
    /// So many milliseconds an answer may take.
    pub answer_ms: u64,
    /// So many milliseconds may pass from the first byte of a text to its last.
    pub frame_ms: u64,
}

impl ReaderConfig {
    /// As readers of this family are when nobody changed them.
    pub fn new(family: &'static Family) -> ReaderConfig {
        ReaderConfig {
            family,
            framing: family.words.framing(),
            no_read: family.words.no_read().to_vec(),
            counter: None,
            aim: false,
            gs: None,
            asks: family.words.asks(),
            model: None,
            trigger: [Vec::new(), Vec::new()],
            poll_ms: 2_000,
            answer_ms: 1_000,
            frame_ms: 2_000,
        }
    }

    /// What its silence means.
    pub fn liveness(&self) -> Liveness {
        match self.asks {
            true => Liveness::Asked,
            false => Liveness::Unknown,
        }
    }

    /// Whether reads can be told apart with this.
    ///
    /// # Errors
    /// They cannot; what to set instead, as a sentence.
    pub fn check(&self) -> Result<(), String> {
        if self.framing.suffix.is_empty() {
            return Err(
                "the suffix is empty, so no text has an end; set the one that the reader sends."
                    .into(),
            );
        }
        let separator = self.counter.as_deref().unwrap_or(b";");
        let gs = self.gs.as_deref().unwrap_or(b"\x1d");
        if separator.is_empty() || separator.iter().any(u8::is_ascii_digit) {
            return Err(
                "the counter needs a separator behind it that holds no digit, such as \";\"."
                    .into(),
            );
        }
        if gs.is_empty() {
            return Err(
                "what the reader sends for GS is empty; leave it out when it sends GS itself."
                    .into(),
            );
        }
        if contains(gs, &self.framing.suffix) {
            return Err(
                "what the reader sends for GS holds the suffix, so each text would end there; send another word."
                    .into(),
            );
        }
        let stands_in_codes = |word: &[u8]| word.iter().all(u8::is_ascii_alphanumeric);
        if stands_in_codes(gs) || stands_in_codes(&self.framing.suffix) {
            return Err(
                "what the reader sends for GS, or as the suffix, is letters and digits alone, which codes hold too; \
                 set another word at the reader."
                    .into(),
            );
        }
        let [on, off] = &self.trigger;
        let words = [
            &self.framing.prefix[..],
            &self.framing.suffix,
            separator,
            gs,
            on,
            off,
        ];
        if words.iter().any(|word| word.len() > WORD_BYTES_MAX) {
            return Err(format!(
                "prefix, suffix, separators and trigger words have at most {WORD_BYTES_MAX} bytes."
            ));
        }
        if self.no_read.len() > NO_READ_BYTES_MAX {
            return Err(format!(
                "the text for nothing read has at most {NO_READ_BYTES_MAX} bytes."
            ));
        }
        if contains(&self.no_read, &self.framing.suffix) {
            return Err(
                "the text for nothing read holds the suffix, so it would never be heard whole."
                    .into(),
            );
        }
        if self.asks && self.family.words.question(&self.framing).is_none() {
            return Err(format!(
                "a {} reader cannot be asked; leave that out.",
                self.family.name
            ));
        }
        Ok(())
    }

    /// What opens or closes the reading gate.
    pub(super) fn gate(&self, on: bool) -> Option<Order> {
        let own = &self.trigger[usize::from(!on)];
        match own.is_empty() {
            true => self.family.words.trigger(on, &self.framing),
            false => Some(Cow::Owned(own.clone())),
        }
    }
}

/// Whether `word` stands somewhere in `text`.
pub(super) fn contains(text: &[u8], word: &[u8]) -> bool {
    !word.is_empty() && text.windows(word.len()).any(|window| window == word)
}
