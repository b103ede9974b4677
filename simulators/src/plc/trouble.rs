//! What can be made to go wrong with the PLC's answers, by name. PURE.
//!
//! These strike only when somebody orders them; the numbers say how many answers of a thousand they meet.

use std::collections::BTreeMap;

/// What can be made to go wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// It comes [`LATE_MS`] later.
    Late,
    /// Its checksum is wrong.
    WrongSum,
    /// Its end is missing.
    Cut,
    /// It is an exception: the PLC failed.
    Exception,
    /// It does not come.
    Silent,
}

/// How late a late answer is, in ms.
pub const LATE_MS: u64 = 400;

/// A trouble in the words of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// Which.
    pub trouble: Trouble,
    /// The name people use.
    pub name: &'static str,
    /// What happens.
    pub what: &'static str,
}

/// What the number of every trouble means.
pub const VALUE: &str = "answers per thousand";
/// The number when none is given.
pub const USUAL: u64 = 20;

const fn words(trouble: Trouble, name: &'static str, what: &'static str) -> Words {
    Words {
        trouble,
        name,
        what,
    }
}

/// Every trouble with its words, in the order of the kinds.
pub const TROUBLES: &[Words] = &[
    words(
        Trouble::Late,
        "plc-late",
        "Answers come 400 ms late, and everything behind them. On serial lines.",
    ),
    words(
        Trouble::WrongSum,
        "plc-wrong-sum",
        "Answers have a wrong checksum. On serial lines.",
    ),
    words(
        Trouble::Cut,
        "plc-cut",
        "The end of answers is missing. On serial lines.",
    ),
    words(
        Trouble::Exception,
        "plc-exception",
        "Answers are Modbus exceptions of code 4.",
    ),
    words(Trouble::Silent, "plc-silent", "Answers do not come."),
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

/// The troubles that stand, each with its number and its count of thousandths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Troubles {
    standing: BTreeMap<Trouble, (u64, u64)>,
}

impl Troubles {
    /// One begins, with its number or the usual one, or ends.
    pub fn set(&mut self, trouble: Trouble, on: bool, value: Option<u64>) {
        if on {
            let value = value.unwrap_or(USUAL).min(1000);
            self.standing.insert(trouble, (value, 0));
        } else {
            self.standing.remove(&trouble);
        }
    }

    /// What the next answer meets; the first of those that are due.
    pub fn strike(&mut self) -> Option<Trouble> {
        let mut struck = None;
        for (trouble, (each, sum)) in &mut self.standing {
            *sum += *each;
            if *sum >= 1000 && struck.is_none() {
                *sum -= 1000;
                struck = Some(*trouble);
            }
        }
        struck
    }

    /// Those that stand.
    pub fn standing(&self) -> impl Iterator<Item = Trouble> + '_ {
        self.standing.keys().copied()
    }

    /// Everything is put right.
    pub fn heal(&mut self) {
        self.standing.clear();
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::{fault::FaultKind, gige, printer};

    #[test]
    fn every_trouble_has_a_name_of_its_own_and_strikes_as_often_as_its_number_says() {
        for (n, words) in TROUBLES.iter().enumerate() {
            assert_eq!(words.trouble as usize, n);
            assert_eq!(Trouble::parse(words.name), Some(words.trouble));
            assert!(FaultKind::parse(words.name).is_err(), "{}", words.name);
            assert_eq!(printer::Trouble::parse(words.name), None);
            assert_eq!(gige::Trouble::parse(words.name), None);
            assert!(words.what.ends_with('.'));
        }
        let mut troubles = Troubles::default();
        troubles.set(Trouble::Cut, true, Some(250));
        let struck = (0..1000).filter(|_| troubles.strike() == Some(Trouble::Cut));
        assert_eq!(struck.count(), 250);
        troubles.heal();
        assert_eq!(troubles.strike(), None);
    }
}
