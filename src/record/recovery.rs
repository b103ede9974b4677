//! What became of the packs that were on the belt when the line fell out of step: one account a disturbance. PURE.

use super::{Fate, PackNo};
use serde::{Deserialize, Serialize};

/// What made it necessary to put everything in step again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryCause {
    /// The station started.
    StationStart,
    /// The PLC restarted: the packs lost their identity.
    PlcRestart,
    /// The printer's link was lost, as by its restart.
    PrinterLink,
    /// The printer was not ready.
    PrinterFault,
    /// The camera's link was lost.
    CameraLink,
    /// Packs passed the head without a label.
    LabelsMissed,
    /// A person ordered it.
    Ordered,
    /// A batch was opened.
    BatchOpened,
    /// Another label template comes into force or on trial.
    LabelChanged,
}

impl RecoveryCause {
    /// As it stands in the record of the resynchronisation.
    pub fn text(self) -> &'static str {
        match self {
            RecoveryCause::StationStart => "station start",
            RecoveryCause::PlcRestart => "PLC restart",
            RecoveryCause::PrinterLink => "printer link lost",
            RecoveryCause::PrinterFault => "printer fault",
            RecoveryCause::CameraLink => "camera link lost",
            RecoveryCause::LabelsMissed => "packs passed the head without a label",
            RecoveryCause::Ordered => "a person asked for it",
            RecoveryCause::BatchOpened => "batch opened",
            RecoveryCause::LabelChanged => "another label template",
        }
    }
}

/// Packs by where they went; the states are disjoint and the same as in the books ([`super::Tally`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fates {
    /// In the good bin, by a pass that was on disk.
    pub good: u64,
    /// In the reject bin.
    pub rejected: u64,
    /// Taken off the belt.
    pub removed: u64,
    /// Nobody can know: a person must look at them.
    pub unknown: u64,
}

impl Fates {
    /// One more pack.
    pub fn add(&mut self, fate: Fate) {
        let count = match fate {
            Fate::Good => &mut self.good,
            Fate::RejectedByVerdict
            | Fate::RejectedNoVerdict
            | Fate::RejectedHeartbeat
            | Fate::RejectedBootEcho
            | Fate::RejectedPurge => &mut self.rejected,
            Fate::Removed => &mut self.removed,
            Fate::Unknown | Fate::RejectNotConfirmed | Fate::PassedInBypass => &mut self.unknown,
        };
        *count += 1;
    }

    /// All these packs, and those of `others`.
    pub fn add_all(&mut self, others: Fates) {
        self.good += others.good;
        self.rejected += others.rejected;
        self.removed += others.removed;
        self.unknown += others.unknown;
    }

    /// How many packs.
    pub fn sum(&self) -> u64 {
        self.good + self.rejected + self.removed + self.unknown
    }
}

/// The account of one recovery, complete: `packs = good + rejected + removed + unknown`.
///
/// Its packs are those up to `through` whose fate was not on record at record `since`. So it can be worked out again
/// from the records alone: the fates recorded between `since` and this record, of packs up to `through`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// What happened, in this order, each once.
    pub causes: Vec<RecoveryCause>,
    /// The last record before it.
    pub since: u64,
    /// The last pack that had entered when everything was in step again.
    pub through: PackNo,
    /// Packs that were on the belt when it happened, and that came until everything was in step again.
    pub packs: u64,
    /// What became of them.
    #[serde(flatten)]
    pub fates: Fates,
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::Tally;
    use crate::record::tally::Booking;

    #[test]
    fn a_pack_is_counted_where_the_books_count_it() {
        for fate in [
            Fate::Good,
            Fate::RejectedByVerdict,
            Fate::RejectedNoVerdict,
            Fate::RejectedHeartbeat,
            Fate::RejectedBootEcho,
            Fate::RejectedPurge,
            Fate::RejectNotConfirmed,
            Fate::Removed,
            Fate::PassedInBypass,
            Fate::Unknown,
        ] {
            let (mut books, mut fates) = (Tally::default(), Fates::default());
            let pack = Booking {
                outcome: None,
                numbered: false,
                voided: false,
            };
            books.enter();
            books.leave(fate, pack);
            fates.add(fate);
            let booked = Fates {
                good: books.good,
                rejected: books.rejected(),
                removed: books.removed,
                unknown: books.unknown,
            };
            assert_eq!((fates, fates.sum()), (booked, 1), "{fate:?}");
        }
    }
}
