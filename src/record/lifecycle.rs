//! The state of a number: it follows from the records. The life cycle and its names are those of the Open-SCS profile
//! (OPC 30260, Annex A): unassigned → unallocated → allocated → encoded → commissioned; void, scrapped, unknown and
//! returned are its ends. PURE.

use super::Fate;
use serde::{Deserialize, Serialize};

/// Where a number stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberState {
    /// Neither in this station's range nor in one of its pools.
    Unassigned,
    /// This station's to give, and not taken.
    Unallocated,
    /// Reserved for a pack, or handed out for a token.
    Allocated,
    /// Seen in ink on some pack; the pack is not in the good bin yet.
    Encoded,
    /// On a pack in the good bin.
    Commissioned,
    /// On a pack that was rejected or taken off the belt.
    Scrapped,
    /// Taken, and never on a pack that counts: its job was refused or cleared, or it slipped.
    Void,
    /// On a pack of which nobody can say where it went.
    Unknown,
    /// Given back unused; never used again.
    Returned,
}

impl NumberState {
    /// All states, in the order of a number's life.
    pub const ALL: [NumberState; 9] = [
        NumberState::Unassigned,
        NumberState::Unallocated,
        NumberState::Allocated,
        NumberState::Encoded,
        NumberState::Commissioned,
        NumberState::Scrapped,
        NumberState::Void,
        NumberState::Unknown,
        NumberState::Returned,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            NumberState::Unassigned => "unassigned",
            NumberState::Unallocated => "unallocated",
            NumberState::Allocated => "allocated",
            NumberState::Encoded => "encoded",
            NumberState::Commissioned => "commissioned",
            NumberState::Scrapped => "scrapped",
            NumberState::Void => "void",
            NumberState::Unknown => "unknown",
            NumberState::Returned => "returned",
        }
    }

    /// The state of a number that a pack took. What was voided after its pack left is booked where the pack went, as in
    /// the books ([`super::Tally`]).
    pub fn on_pack(voided_in_line: bool, in_ink: bool, fate: Option<Fate>) -> NumberState {
        match fate {
            _ if voided_in_line => NumberState::Void,
            None if in_ink => NumberState::Encoded,
            None => NumberState::Allocated,
            Some(Fate::Good) => NumberState::Commissioned,
            Some(Fate::Unknown | Fate::RejectNotConfirmed | Fate::PassedInBypass) => {
                NumberState::Unknown
            }
            Some(
                Fate::RejectedByVerdict
                | Fate::RejectedNoVerdict
                | Fate::RejectedHeartbeat
                | Fate::RejectedBootEcho
                | Fate::RejectedPurge
                | Fate::Removed,
            ) => NumberState::Scrapped,
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::Tally;
    use crate::record::tally::Booking;

    /// A number stands where the books count it.
    #[test]
    fn states_agree_with_the_books() {
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
            for voided in [false, true] {
                let mut books = Tally::default();
                books.enter();
                books.take_number();
                if voided {
                    books.void_number();
                }
                let pack = Booking {
                    outcome: None,
                    numbered: true,
                    voided,
                };
                books.leave(fate, pack);
                let counted = match NumberState::on_pack(voided, true, Some(fate)) {
                    NumberState::Commissioned => books.numbers_good,
                    NumberState::Scrapped => books.numbers_rejected,
                    NumberState::Void => books.numbers_void,
                    NumberState::Unknown => books.numbers_unknown,
                    other => panic!("{other:?} of a pack that left"),
                };
                assert_eq!(counted, 1, "{fate:?}, voided {voided}");
            }
        }
    }
}
