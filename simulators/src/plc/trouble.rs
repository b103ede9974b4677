//! What can be made to go wrong with the PLC's answers, by name. PURE.
//!
//! The number of each says how many answers of a thousand it meets.

use std::collections::BTreeMap;

use crate::{trouble::Standing, troubles};

/// How late a late answer is, in ms.
pub const LATE_MS: u64 = 400;

troubles! {
    /// What can be made to go wrong with an answer.
    Trouble {
        /// Answers come 400 ms late, and everything behind them. On serial lines.
        Late = "plc-late", value "answers per thousand" = 20;
        /// Answers have a wrong checksum. On serial lines.
        WrongSum = "plc-wrong-sum", value "answers per thousand" = 20;
        /// The end of answers is missing. On serial lines.
        Cut = "plc-cut", value "answers per thousand" = 20;
        /// Answers are Modbus exceptions of code 4.
        Exception = "plc-exception", value "answers per thousand" = 20;
        /// Answers do not come.
        Silent = "plc-silent", value "answers per thousand" = 20;
    }
}

/// The troubles that stand, each with its count of thousandths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Troubles {
    standing: Standing<Trouble>,
    sums: BTreeMap<Trouble, u64>,
}

impl Troubles {
    /// One begins, with its number or the usual one, or ends.
    pub fn set(&mut self, trouble: Trouble, on: bool, value: Option<u64>) {
        let value = value.map(|each| each.min(1000));
        self.standing.set(trouble, on, value);
        self.sums.remove(&trouble);
    }

    /// What the next answer meets; the first of those that are due.
    pub fn strike(&mut self) -> Option<Trouble> {
        let mut struck = None;
        for trouble in self.standing.standing() {
            let sum = self.sums.entry(trouble).or_default();
            *sum += self.standing.value(trouble).unwrap_or(0);
            if *sum >= 1000 && struck.is_none() {
                *sum -= 1000;
                struck = Some(trouble);
            }
        }
        struck
    }

    /// Those that stand.
    pub fn standing(&self) -> impl Iterator<Item = Trouble> + '_ {
        self.standing.standing()
    }

    /// Everything is put right.
    pub fn heal(&mut self) {
        self.standing.heal();
        self.sums.clear();
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_trouble_strikes_as_often_as_its_number_says() {
        let mut troubles = Troubles::default();
        troubles.set(Trouble::Cut, true, Some(250));
        let struck = (0..1000).filter(|_| troubles.strike() == Some(Trouble::Cut));
        assert_eq!(struck.count(), 250);
        troubles.set(Trouble::Cut, true, Some(u64::MAX));
        assert_eq!(troubles.strike(), Some(Trouble::Cut));
        troubles.heal();
        assert_eq!(troubles.strike(), None);
    }
}
