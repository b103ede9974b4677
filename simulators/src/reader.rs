//! A simulated smart reader or hand scanner: what it is shown, it says as text. PURE.
//!
//! One kind of reader serves all families; a family ([`family`]) says how it answers commands and what stands around
//! its reads. Written from the manuals that [`family`] names, and shared with no driver.

pub mod family;
pub mod orders;
mod trouble;

pub use family::{FAMILIES, Family};
pub use trouble::{TROUBLES, Trouble, Troubles};

use crate::{Tick, random::Random};
use std::collections::VecDeque;

/// Longest command that is kept while its end is waited for; what is longer is thrown away.
const COMMAND_MAX: usize = 4_096;
/// Most messages that wait for their time; the oldest goes first when there are more.
const WAITING_MAX: usize = 1_024;
/// Most bytes that a reader that never stops talking says in one go.
const BABBLE_BYTES: usize = 4_096;

/// How a reader was set up by somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// Which family it belongs to.
    pub family: &'static Family,
    /// Before each text.
    pub prefix: Vec<u8>,
    /// After each text.
    pub suffix: Vec<u8>,
    /// What it says when it read nothing.
    pub no_read: String,
    /// Behind its counter, which then stands first; `None`: it sends none.
    pub counter: Option<String>,
    /// It sends symbology identifiers.
    pub aim: bool,
    /// What it sends for GS.
    pub gs: String,
    /// It reads only while its gate is open.
    pub gated: bool,
}

impl Setup {
    /// As it leaves the maker.
    #[must_use]
    pub fn new(family: &'static Family) -> Setup {
        Setup {
            family,
            prefix: family.prefix.to_vec(),
            suffix: family.suffix.to_vec(),
            no_read: family.no_read.to_owned(),
            counter: None,
            aim: false,
            gs: "\x1d".to_owned(),
            gated: false,
        }
    }
}

/// What is shown to a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Symbology identifier of the symbol: `]d2`.
    pub symbology: String,
    /// What stands in it; elements are separated by GS (1Dh).
    pub text: String,
}

impl Shown {
    /// A symbol by what stands in it; an identifier may stand before it, else it is a GS1 Data Matrix.
    #[must_use]
    pub fn of(text: &str) -> Shown {
        let has_id = text.starts_with(']') && text.is_char_boundary(3) && text.len() >= 3;
        let (symbology, text) = if has_id {
            text.split_at(3)
        } else {
            ("]d2", text)
        };
        Shown {
            symbology: symbology.to_owned(),
            text: text.to_owned(),
        }
    }
}

/// A reader as one value.
#[derive(Debug)]
pub struct SmartReader {
    setup: Setup,
    troubles: Troubles,
    random: Random,
    heard: Vec<u8>,
    /// Reads go out in an envelope of the family's own, since somebody asked for it on this link.
    enveloped: bool,
    gate_open: bool,
    counter: u64,
    /// What passed since its gate was shut, and how late it would tell.
    passed: Option<(Option<Shown>, u64)>,
    /// Somebody listens.
    linked: bool,
    waiting: VecDeque<(Tick, Vec<u8>)>,
    /// How often the link was cut.
    cuts: u64,
}

impl SmartReader {
    /// A reader that was just switched on.
    #[must_use]
    pub fn new(setup: Setup, seed: u64) -> SmartReader {
        SmartReader {
            setup,
            troubles: Troubles::default(),
            random: Random::stream(seed, 0x5CA9),
            heard: Vec::new(),
            enveloped: false,
            gate_open: false,
            counter: 0,
            passed: None,
            linked: false,
            waiting: VecDeque::new(),
            cuts: 0,
        }
    }

    /// How it was set up.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Triggers so far.
    #[must_use]
    pub fn counter(&self) -> u64 {
        self.counter
    }

    /// Whether its gate is open.
    #[must_use]
    pub fn gate_open(&self) -> bool {
        self.gate_open
    }

    /// The troubles that stand.
    #[must_use]
    pub fn troubles(&self) -> &Troubles {
        &self.troubles
    }

    /// How often its link was cut.
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.cuts
    }

    /// One trouble begins, with its number or the usual one, or ends.
    pub fn order(&mut self, trouble: Trouble, on: bool, value: Option<u64>) {
        self.troubles.set(trouble, on, value);
        if on && trouble == Trouble::LinkCut {
            self.cuts += 1;
        }
    }

    /// Everything is put right.
    pub fn heal(&mut self) {
        self.troubles = Troubles::default();
    }

    /// Somebody listens from now on.
    pub fn link_made(&mut self) {
        self.linked = true;
    }

    /// Whether somebody listens.
    #[must_use]
    pub fn linked(&self) -> bool {
        self.linked
    }

    /// The link is gone: what was on its way is lost, and what was asked on it forgotten.
    pub fn link_lost(&mut self) {
        self.linked = false;
        self.heard.clear();
        self.waiting.clear();
        self.enveloped = false;
        self.gate_open = false;
    }

    /// Bytes came from the station.
    pub fn receive(&mut self, now: Tick, bytes: &[u8]) {
        for byte in bytes {
            self.heard.push(*byte);
            if self.heard.ends_with(self.setup.family.command_end) {
                let command = std::mem::take(&mut self.heard);
                self.obey(now, &command);
            } else if self.heard.len() > COMMAND_MAX {
                self.heard.clear();
            }
        }
    }

    fn obey(&mut self, now: Tick, command: &[u8]) {
        let told = (self.setup.family.obey)(&self.setup, command, self.enveloped);
        self.enveloped |= told.envelopes;
        if let Some(open) = told.gate {
            self.gate_open = open;
        }
        if !told.answer.is_empty() {
            self.say(now, told.answer);
        }
        // What stands at the belt before it when its gate opens is read; one trigger is one read.
        if self.gate_open
            && self.setup.gated
            && let Some((shown, late_ms)) = self.passed.take()
        {
            self.passes(now, shown, late_ms);
        }
    }

    /// Something passes it at the belt, whose photo-eye triggers it; `None`: nothing that it can read. A gated one
    /// looks when its gate opens next. It tells so many milliseconds late.
    pub fn passes(&mut self, now: Tick, shown: Option<Shown>, late_ms: u64) {
        if self.setup.gated && !self.gate_open {
            self.passed = Some((shown, late_ms));
            return;
        }
        let at = now.plus_ms(late_ms);
        match &shown {
            Some(shown) => self.scan(at, shown),
            None => self.no_read(at),
        };
        if self.setup.gated {
            self.gate_open = false;
        }
    }

    /// It is triggered and counts, and what it would say is lost on the way.
    pub fn loses(&mut self) {
        self.counter += 1;
    }

    /// A symbol lies before it and it is triggered. `false` when it does not look, because its gate is shut.
    pub fn scan(&mut self, now: Tick, shown: &Shown) -> bool {
        let text = shown.text.replace('\x1d', &self.setup.gs);
        let id = if self.setup.aim {
            &shown.symbology[..]
        } else {
            ""
        };
        self.result(now, &format!("{id}{text}"))
    }

    /// It is triggered with nothing to read before it. `false` when it does not look.
    pub fn no_read(&mut self, now: Tick) -> bool {
        let text = self.setup.no_read.clone();
        self.result(now, &text)
    }

    fn result(&mut self, now: Tick, text: &str) -> bool {
        if self.setup.gated && !self.gate_open {
            return false;
        }
        self.counter += 1;
        let text = match &self.setup.counter {
            Some(behind) => format!("{}{behind}{text}", self.counter),
            None => text.to_owned(),
        };
        let mut sent = self.setup.prefix.clone();
        sent.extend(text.as_bytes());
        if !self.troubles.has(Trouble::NoTerminator) {
            sent.extend(&self.setup.suffix);
        }
        if self.troubles.has(Trouble::OtherFraming) {
            sent = [b"<".as_slice(), text.as_bytes(), b">"].concat();
        }
        if self.enveloped && !self.troubles.has(Trouble::NoTerminator) {
            sent = (self.setup.family.envelop)(&sent);
        }
        let times = if self.troubles.has(Trouble::ReadTwice) {
            2
        } else {
            1
        };
        let late = self.troubles.value(Trouble::LateRead).unwrap_or(0);
        for _ in 0..times {
            self.say(now.plus_ms(late), sent.clone());
        }
        true
    }

    fn say(&mut self, at: Tick, mut bytes: Vec<u8>) {
        if self.troubles.has(Trouble::Silent) {
            return;
        }
        if self.troubles.has(Trouble::Garbage) {
            for byte in &mut bytes {
                *byte = self.random.bits().to_le_bytes()[0];
            }
        }
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.pop_front();
        }
        let place = self.waiting.partition_point(|(due, _)| *due <= at);
        self.waiting.insert(place, (at, bytes));
    }

    /// Whether a link is taken now.
    #[must_use]
    pub fn takes_links(&self) -> bool {
        !self.troubles.has(Trouble::LinkRefused)
    }

    /// What it says by now.
    pub fn says(&mut self, now: Tick) -> Vec<u8> {
        let mut said = Vec::new();
        while self.waiting.front().is_some_and(|(at, _)| *at <= now) {
            said.extend(
                self.waiting
                    .pop_front()
                    .map(|(_, bytes)| bytes)
                    .unwrap_or_default(),
            );
        }
        if self.troubles.has(Trouble::NeverStops) {
            let letters =
                (0..BABBLE_BYTES).map(|_| b'A' + self.random.bits().to_le_bytes()[0] % 26);
            said.extend(letters);
        }
        if self.troubles.has(Trouble::ReadsWithoutEnd) {
            let read = [&self.setup.prefix[..], b"0", &self.setup.suffix].concat();
            said.extend(read.repeat(BABBLE_BYTES / read.len().max(1)));
        }
        said
    }
}

#[cfg(test)]
mod test;
