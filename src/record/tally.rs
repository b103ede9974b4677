//! The books of one batch: packs and numbers counted so that both equations hold at every instant. PURE.

use super::{Difference, Fate, Outcome};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counts of one batch. States are disjoint.
///
/// By pack: `entered = good + rejected() + sampled + removed + unknown + in_line`.
/// By number: `taken = numbers_good + numbers_rejected + numbers_sampled + numbers_void + numbers_unknown +
/// numbers_in_line`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Packs that entered.
    pub entered: u64,
    /// Packs in the good bin with a committed pass.
    pub good: u64,
    /// Packs in the reject bin by cause: outcome names, or `default_…` where the gate rejected by itself.
    pub rejected_by: BTreeMap<String, u64>,
    /// Packs rejected by default; part of `rejected()`.
    pub default_rejects: u64,
    /// Good packs that were diverted as samples; none of `rejected()`.
    #[serde(default)]
    pub sampled: u64,
    /// Packs taken off the belt.
    pub removed: u64,
    /// Packs whose fate nobody can say.
    pub unknown: u64,
    /// Packs between detect and gate.
    pub in_line: u64,
    /// Serial numbers taken.
    pub taken: u64,
    /// Numbers on good packs.
    pub numbers_good: u64,
    /// Numbers of rejected or removed packs.
    pub numbers_rejected: u64,
    /// Numbers of samples.
    #[serde(default)]
    pub numbers_sampled: u64,
    /// Numbers void.
    pub numbers_void: u64,
    /// Numbers of packs whose fate is unknown.
    pub numbers_unknown: u64,
    /// Numbers of packs in line.
    pub numbers_in_line: u64,
}

/// What the books need to know about one pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booking<'a> {
    /// The committed verdict, if there is one.
    pub outcome: Option<&'a Outcome>,
    /// The pack took a number.
    pub numbered: bool,
    /// Its number was voided.
    pub voided: bool,
}

impl Tally {
    /// A pack enters.
    pub fn enter(&mut self) {
        self.entered += 1;
        self.in_line += 1;
    }

    /// A pack in line takes a number.
    pub fn take_number(&mut self) {
        self.taken += 1;
        self.numbers_in_line += 1;
    }

    /// The number of a pack in line becomes void.
    pub fn void_number(&mut self) {
        assert!(
            self.numbers_in_line > 0,
            "a number must be in line to become void"
        );
        self.numbers_in_line -= 1;
        self.numbers_void += 1;
    }

    /// A pack leaves the line.
    pub fn leave(&mut self, fate: Fate, pack: Booking<'_>) {
        assert!(self.in_line > 0, "a pack must be in line to leave it");
        self.in_line -= 1;
        let open_number = pack.numbered && !pack.voided;
        if open_number {
            assert!(
                self.numbers_in_line > 0,
                "an open number of a pack in line is in line"
            );
            self.numbers_in_line -= 1;
        }
        let numbers = u64::from(open_number);
        match fate {
            Fate::Good => {
                self.good += 1;
                self.numbers_good += numbers;
            }
            Fate::Removed => {
                self.removed += 1;
                self.numbers_rejected += numbers;
            }
            Fate::Unknown | Fate::RejectNotConfirmed | Fate::PassedInBypass => {
                self.unknown += 1;
                self.numbers_unknown += numbers;
            }
            Fate::RejectedByVerdict if pack.outcome == Some(&Outcome::Sample) => {
                self.sampled += 1;
                self.numbers_sampled += numbers;
            }
            Fate::RejectedByVerdict
            | Fate::RejectedNoVerdict
            | Fate::RejectedHeartbeat
            | Fate::RejectedBootEcho
            | Fate::RejectedPurge => {
                *self
                    .rejected_by
                    .entry(reject_cause(fate, pack.outcome))
                    .or_default() += 1;
                self.default_rejects += u64::from(fate != Fate::RejectedByVerdict);
                self.numbers_rejected += numbers;
            }
        }
    }

    /// All packs in the reject bin but samples.
    pub fn rejected(&self) -> u64 {
        self.rejected_by.values().sum()
    }

    /// What is left over, kind by kind, where there is any.
    pub fn differences(&self) -> impl Iterator<Item = (Difference, u64)> + '_ {
        let counted = Difference::ALL.iter().map(|of| (*of, of.count(self)));
        counted.filter(|(_, count)| *count > 0)
    }

    /// Both equations hold.
    pub fn balanced(&self) -> bool {
        let by_pack =
            self.good + self.rejected() + self.sampled + self.removed + self.unknown + self.in_line;
        let by_number = self.numbers_good
            + self.numbers_rejected
            + self.numbers_sampled
            + self.numbers_void
            + self.numbers_unknown
            + self.numbers_in_line;
        self.entered == by_pack && self.taken == by_number
    }
}

/// The name under which a rejected pack is booked: the station's own verdict where it gave one,
/// otherwise the PLC's cause.
pub fn reject_cause(fate: Fate, outcome: Option<&Outcome>) -> String {
    let by_default = match fate {
        Fate::RejectedNoVerdict => "default_no_verdict",
        Fate::RejectedHeartbeat => "default_heartbeat",
        Fate::RejectedBootEcho => "default_boot_echo",
        Fate::RejectedPurge => "default_purge",
        _ => "default_other",
    };
    match outcome {
        Some(outcome) if fate == Fate::RejectedByVerdict => outcome.name().to_owned(),
        _ => by_default.to_owned(),
    }
}
