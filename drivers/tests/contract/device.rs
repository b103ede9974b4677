//! A printer in memory that one language's peer speaks for, and how its link and its answers go wrong.
//!
//! A peer is written from the manual, not from the driver. It takes bytes in any pieces, so that the same one stands
//! behind a link in memory, a socket and a pseudo-terminal.

use std::time::Duration;
use vidimus_drivers::Tick;
use vidimus_drivers::link::memory::{Act, Peer};

/// What every printer has, whatever it speaks.
#[derive(Default)]
pub struct State {
    /// The labels that it took, by the text of their second field; `BLANK` for one without a format.
    pub labels: Vec<String>,
    /// Labels that wait in it.
    pub queue: u32,
    /// Labels that an order to clear fails to remove at first.
    pub stubborn: u32,
    pub media_out: bool,
    /// Its queue is full: where orders are acknowledged, it takes no label now.
    pub full: bool,
    /// It refuses labels for good: where orders are acknowledged, it says so.
    pub refuses: bool,
}

impl State {
    pub fn clear(&mut self) {
        self.queue = std::mem::take(&mut self.stubborn).min(self.queue);
    }

    pub fn take(&mut self, label: &str) {
        self.labels.push(label.to_owned());
        self.queue += 1;
    }
}

/// The device's side of a language.
pub trait Device: Send {
    fn state(&mut self) -> &mut State;

    /// Takes bytes, whole orders or pieces of them, and says its answers, in order.
    fn hear(&mut self, heard: &[u8]) -> Vec<Vec<u8>>;
}

/// A device whose answers can be spoilt.
pub struct Faulty {
    pub device: Box<dyn Device>,
    pub silent: bool,
    pub half: bool,
    pub twice: bool,
    pub late_ms: u64,
    /// Answers whatever is asked with this.
    pub stranger: Option<&'static [u8]>,
}

impl Faulty {
    pub fn new(device: Box<dyn Device>) -> Faulty {
        Faulty {
            device,
            silent: false,
            half: false,
            twice: false,
            late_ms: 0,
            stranger: None,
        }
    }

    pub fn state(&mut self) -> &mut State {
        self.device.state()
    }
}

impl Peer for Faulty {
    type Hears = Vec<u8>;
    type Says = Vec<u8>;

    fn hear(&mut self, _now: Tick, heard: &Vec<u8>) -> Vec<Act<Vec<u8>>> {
        let mut answers = match self.stranger {
            Some(says) => vec![says.to_vec()],
            None => self.device.hear(heard),
        };
        if self.silent {
            answers.clear();
        }
        if self.half {
            answers
                .iter_mut()
                .for_each(|answer| answer.truncate(answer.len() / 2));
        }
        let after = Duration::from_millis(2 + self.late_ms);
        let times = if self.twice { 2 } else { 1 };
        let said = answers.iter().flat_map(|answer| vec![answer; times]);
        said.map(|answer| Act::Say(after, answer.clone())).collect()
    }
}
