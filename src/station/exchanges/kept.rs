//! What is kept of a device's exchanges: so many, of each so much. What comes again, as the answers to the same
//! question do, is kept once and counted, so that it does not push out what came once. PURE.

use std::collections::VecDeque;
use std::time::Duration;
use vidimus_drivers::Tick;
use vidimus_drivers::camera::{Frame, PictureCoding};

/// Exchanges kept of a device.
pub const EXCHANGES_MAX: usize = 20;
/// Bytes kept of an exchange.
pub const EXCHANGE_BYTES_MAX: usize = 160;
/// Bytes that come so soon after others belong to them: a serial port delivers an answer in pieces.
const TOGETHER: Duration = Duration::from_millis(20);

/// What is to be noted.
#[derive(Debug, Clone, Copy)]
pub enum Note<'n> {
    /// Bytes went to the device, or came from it.
    Bytes {
        /// They went to it.
        sent: bool,
        /// These.
        bytes: &'n [u8],
    },
    /// Registers from this one on were asked for.
    Read(u16),
    /// Registers from this one on were written.
    Write(u16, &'n [u16]),
    /// The PLC answered; a write with nothing.
    Answer(&'n [u16]),
    /// A picture came.
    Picture(&'n Frame),
    /// A picture or a read was ordered.
    Fired,
    /// Something else happened.
    Happened(&'n str),
}

/// Which way it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Sent,
    Heard,
    Happened,
}

/// What it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The first of so many bytes.
    Bytes { kept: Vec<u8>, all: usize },
    /// Registers from this one on: the first of so many words.
    Registers {
        address: u16,
        kept: Vec<u16>,
        all: usize,
    },
    /// A picture of so many bytes.
    Picture {
        counter: Option<u64>,
        coding: PictureCoding,
        bytes: usize,
    },
    /// A picture or a read was ordered.
    Fired,
    /// In words.
    Words(String),
}

/// One exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// When it was, the last time.
    pub at: Tick,
    pub way: Way,
    pub what: What,
    /// So often lately.
    pub times: u64,
}

impl Exchange {
    /// The same once more: registers are the same whatever stands in them.
    fn repeats(&self, older: &Exchange) -> bool {
        let same = match (&self.what, &older.what) {
            (What::Picture { .. }, _) => false,
            (
                What::Registers { address, all, .. },
                What::Registers {
                    address: before,
                    all: wide,
                    ..
                },
            ) => (address, all) == (before, wide),
            (now, before) => now == before,
        };
        same && self.way == older.way
    }
}

/// The exchanges of one device.
#[derive(Debug, Default)]
pub struct Kept {
    /// The oldest first.
    exchanges: VecDeque<Exchange>,
    /// Memory of what was given up, for what comes.
    bytes: Vec<u8>,
    words: Vec<u16>,
    /// The registers that were asked for.
    read: u16,
    asked_at: Option<Tick>,
    answer: Option<Duration>,
    heard_at: Option<Tick>,
}

impl Kept {
    /// The oldest first.
    pub fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.exchanges.iter()
    }

    /// How long the last answer took to begin.
    pub fn answer(&self) -> Option<Duration> {
        self.answer
    }

    /// When the device was heard last.
    pub fn heard_at(&self) -> Option<Tick> {
        self.heard_at
    }

    /// Takes a note.
    pub fn note(&mut self, at: Tick, note: Note<'_>) {
        match note {
            Note::Bytes { sent: true, bytes } => {
                self.asked(at);
                self.take_bytes(at, Way::Sent, bytes);
            }
            Note::Bytes { sent: false, bytes } => {
                self.heard(at);
                self.take_bytes(at, Way::Heard, bytes);
            }
            Note::Read(address) => {
                self.read = address;
                self.asked(at);
            }
            Note::Write(address, words) => {
                self.asked(at);
                self.take_words(at, Way::Sent, address, words);
            }
            Note::Answer(words) => {
                self.heard(at);
                if !words.is_empty() {
                    self.take_words(at, Way::Heard, self.read, words);
                }
            }
            Note::Picture(frame) => {
                self.heard(at);
                let picture = What::Picture {
                    counter: frame.counter,
                    coding: frame.coding,
                    bytes: frame.body.len(),
                };
                self.take(at, Way::Heard, picture);
            }
            Note::Fired => {
                self.asked(at);
                self.take(at, Way::Sent, What::Fired);
            }
            Note::Happened(what) => {
                self.asked_at = None;
                self.take(at, Way::Happened, What::Words(bounded(what)));
            }
        }
    }

    fn asked(&mut self, at: Tick) {
        self.asked_at = Some(at);
    }

    fn heard(&mut self, at: Tick) {
        self.heard_at = Some(at);
        if let Some(asked_at) = self.asked_at.take() {
            self.answer = Some(at.since(asked_at));
        }
    }

    fn take_bytes(&mut self, at: Tick, way: Way, bytes: &[u8]) {
        if let Some(newest) = self.exchanges.back_mut()
            && newest.way == way
            && newest.times == 1
            && at.since(newest.at) <= TOGETHER
            && way == Way::Heard
            && let What::Bytes { kept, all } = &mut newest.what
        {
            let room = EXCHANGE_BYTES_MAX - kept.len();
            kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
            *all += bytes.len();
            newest.at = at;
            return;
        }
        self.fold_newest();
        let mut kept = std::mem::take(&mut self.bytes);
        kept.clear();
        kept.extend_from_slice(&bytes[..bytes.len().min(EXCHANGE_BYTES_MAX)]);
        let all = bytes.len();
        self.push(at, way, What::Bytes { kept, all });
    }

    fn take_words(&mut self, at: Tick, way: Way, address: u16, words: &[u16]) {
        let mut kept = std::mem::take(&mut self.words);
        kept.clear();
        kept.extend_from_slice(&words[..words.len().min(EXCHANGE_BYTES_MAX / 2)]);
        let all = words.len();
        self.take(at, way, What::Registers { address, kept, all });
    }

    fn take(&mut self, at: Tick, way: Way, what: What) {
        self.fold_newest();
        self.push(at, way, what);
        self.fold_newest();
    }

    fn push(&mut self, at: Tick, way: Way, what: What) {
        let times = 1;
        self.exchanges.push_back(Exchange {
            at,
            way,
            what,
            times,
        });
        if self.exchanges.len() > EXCHANGES_MAX
            && let Some(oldest) = self.exchanges.pop_front()
        {
            self.give_up(oldest);
        }
    }

    /// Where the newest was there before, it takes that one's place and is counted with it.
    pub fn fold_newest(&mut self) {
        let Some(newest) = self.exchanges.back() else {
            return;
        };
        let before = self.exchanges.len() - 1;
        let mut older = self.exchanges.iter().take(before);
        let Some(place) = older.position(|older| newest.repeats(older)) else {
            return;
        };
        let older = self.exchanges.remove(place);
        let newest = self.exchanges.back_mut();
        if let (Some(older), Some(newest)) = (older, newest) {
            newest.times = newest.times.saturating_add(older.times);
            self.give_up(older);
        }
    }

    fn give_up(&mut self, exchange: Exchange) {
        match exchange.what {
            What::Bytes { kept, .. } => self.bytes = kept,
            What::Registers { kept, .. } => self.words = kept,
            _ => {}
        }
    }
}

/// As much of a text as is kept.
fn bounded(text: &str) -> String {
    text.chars().take(EXCHANGE_BYTES_MAX).collect()
}
