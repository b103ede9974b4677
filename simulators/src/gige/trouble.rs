//! What can be made to go wrong with a GigE Vision camera, by name. PURE.
//!
//! These strike only when somebody orders them.

use std::collections::BTreeMap;

/// What can be made to go wrong with a GigE Vision camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// Packets are lost on the network.
    PacketsLost,
    /// Pictures come without their leader.
    LeaderLost,
    /// Pictures come without their trailer.
    TrailerLost,
    /// Every packet comes twice.
    PacketsTwice,
    /// Packets overtake each other.
    PacketsMixed,
    /// Pictures are announced with another width than was set.
    OtherSize,
    /// Of every picture only the trailer comes.
    TrailerAlone,
    /// Picture numbers are left out.
    NumberSkipped,
    /// Packets asked for again are not there any more.
    ResendRefused,
    /// Larger packets do not pass the network.
    PacketsTooLarge,
    /// The control port answers nothing.
    ControlSilent,
    /// Control is given to nobody.
    ControlRefused,
    /// Power off and on. Over at once.
    CameraPowerCycle,
}

/// A trouble in the words of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// Which.
    pub trouble: Trouble,
    /// The name people use.
    pub name: &'static str,
    /// What happens.
    pub what: &'static str,
    /// What its number means; empty when it takes none.
    pub value: &'static str,
    /// The number when none is given.
    pub usual: u64,
}

const fn words(trouble: Trouble, name: &'static str, what: &'static str) -> Words {
    Words {
        trouble,
        name,
        what,
        value: "",
        usual: 0,
    }
}

const fn numbered(words: Words, value: &'static str, usual: u64) -> Words {
    Words {
        value,
        usual,
        ..words
    }
}

/// Every trouble with its words, in the order of the kinds.
pub const TROUBLES: &[Words] = &[
    numbered(
        words(
            Trouble::PacketsLost,
            "packets-lost",
            "Packets of pictures are lost on the network.",
        ),
        "packets per thousand",
        10,
    ),
    words(
        Trouble::LeaderLost,
        "leader-lost",
        "Pictures come without their leader; asked for again, it comes.",
    ),
    words(
        Trouble::TrailerLost,
        "trailer-lost",
        "Pictures come without their trailer; asked for again, it comes.",
    ),
    words(
        Trouble::PacketsTwice,
        "packets-twice",
        "Every packet of a picture comes twice.",
    ),
    words(
        Trouble::PacketsMixed,
        "packets-mixed",
        "Packets of a picture overtake each other.",
    ),
    words(
        Trouble::OtherSize,
        "other-size",
        "Pictures are announced one pixel wider than was set.",
    ),
    words(
        Trouble::TrailerAlone,
        "trailer-alone",
        "Of every picture only the trailer comes.",
    ),
    words(
        Trouble::NumberSkipped,
        "number-skipped",
        "A picture number is left out before every picture.",
    ),
    words(
        Trouble::ResendRefused,
        "resend-refused",
        "Packets asked for again are not there any more.",
    ),
    numbered(
        words(
            Trouble::PacketsTooLarge,
            "packets-too-large",
            "Packets over a size do not pass the network.",
        ),
        "bytes",
        1500,
    ),
    words(
        Trouble::ControlSilent,
        "control-silent",
        "The camera's control port answers nothing.",
    ),
    words(
        Trouble::ControlRefused,
        "control-refused",
        "The camera gives control to nobody.",
    ),
    words(
        Trouble::CameraPowerCycle,
        "camera-power-cycle",
        "Power off and on: control, settings and picture numbers begin anew. Over at once.",
    ),
];

impl Trouble {
    /// The name people use.
    #[must_use]
    pub fn name(self) -> &'static str {
        TROUBLES[self as usize].name
    }

    /// The trouble of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Trouble> {
        let words = TROUBLES.iter().find(|words| words.name == name);
        words.map(|words| words.trouble)
    }
}

/// The troubles that stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Troubles {
    standing: BTreeMap<Trouble, u64>,
    power_cycles: u64,
}

impl Troubles {
    /// One begins, with its number or the usual one, or ends.
    pub fn set(&mut self, trouble: Trouble, on: bool, value: Option<u64>) {
        match (trouble, on) {
            (Trouble::CameraPowerCycle, true) => self.power_cycles += 1,
            (_, true) => {
                let value = value.unwrap_or(TROUBLES[trouble as usize].usual);
                self.standing.insert(trouble, value);
            }
            (_, false) => {
                self.standing.remove(&trouble);
            }
        }
    }

    /// `true` while it stands.
    #[must_use]
    pub fn has(&self, trouble: Trouble) -> bool {
        self.standing.contains_key(&trouble)
    }

    /// Its number while it stands.
    #[must_use]
    pub fn value(&self, trouble: Trouble) -> Option<u64> {
        self.standing.get(&trouble).copied()
    }

    /// Those that stand.
    pub fn standing(&self) -> impl Iterator<Item = Trouble> + '_ {
        self.standing.keys().copied()
    }

    /// How often power went off and on so far.
    #[must_use]
    pub fn power_cycles(&self) -> u64 {
        self.power_cycles
    }

    /// Everything is put right.
    pub fn heal(&mut self) {
        self.standing.clear();
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::{fault::FaultKind, printer};

    #[test]
    fn every_trouble_is_found_by_its_name_and_nothing_else_has_it() {
        for (n, words) in TROUBLES.iter().enumerate() {
            assert_eq!(words.trouble as usize, n);
            assert_eq!(Trouble::parse(words.name), Some(words.trouble));
            assert!(FaultKind::parse(words.name).is_err(), "{}", words.name);
            assert_eq!(printer::Trouble::parse(words.name), None);
            assert!(words.what.ends_with('.'));
        }
    }
}
