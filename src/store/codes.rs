//! Small integers for the words in the projections. A number, once given, is never given another
//! meaning. PURE.

use crate::record::{End, Fate, Origin, Outcome, Step};

/// The number of an origin.
pub fn of_origin(origin: Origin) -> i64 {
    match origin {
        Origin::Detected => 1,
        Origin::Appeared => 2,
        Origin::Unseen => 3,
    }
}

/// The origin of a number.
pub fn origin(code: i64) -> Option<Origin> {
    Some(match code {
        1 => Origin::Detected,
        2 => Origin::Appeared,
        3 => Origin::Unseen,
        _ => return None,
    })
}

/// The number of [`Fate::Good`].
pub const GOOD: i64 = 1;

/// The number of [`Fate::RejectedByVerdict`], the one fate whose books look at the verdict.
pub const REJECTED_BY_VERDICT: i64 = 2;

/// The number of a fate.
pub fn of_fate(fate: Fate) -> i64 {
    match fate {
        Fate::Good => GOOD,
        Fate::RejectedByVerdict => REJECTED_BY_VERDICT,
        Fate::RejectedNoVerdict => 3,
        Fate::RejectedHeartbeat => 4,
        Fate::RejectedBootEcho => 5,
        Fate::RejectedPurge => 6,
        Fate::RejectNotConfirmed => 7,
        Fate::Removed => 8,
        Fate::PassedInBypass => 9,
        Fate::Unknown => 10,
    }
}

/// The fate of a number.
pub fn fate(code: i64) -> Option<Fate> {
    Some(match code {
        GOOD => Fate::Good,
        REJECTED_BY_VERDICT => Fate::RejectedByVerdict,
        3 => Fate::RejectedNoVerdict,
        4 => Fate::RejectedHeartbeat,
        5 => Fate::RejectedBootEcho,
        6 => Fate::RejectedPurge,
        7 => Fate::RejectNotConfirmed,
        8 => Fate::Removed,
        9 => Fate::PassedInBypass,
        10 => Fate::Unknown,
        _ => return None,
    })
}

/// The number of a journey's step.
pub fn of_step(step: Step) -> i64 {
    match step {
        Step::Shipped => 1,
        Step::Received => 2,
        Step::Returned => 3,
        Step::Held => 4,
        Step::Released => 5,
        Step::Recalled => 6,
        Step::RecallLifted => 7,
    }
}

/// The journey's step of a number.
pub fn step(code: i64) -> Option<Step> {
    Some(match code {
        1 => Step::Shipped,
        2 => Step::Received,
        3 => Step::Returned,
        4 => Step::Held,
        5 => Step::Released,
        6 => Step::Recalled,
        7 => Step::RecallLifted,
        _ => return None,
    })
}

/// Steps from this number on are ends.
pub const FIRST_END: i64 = 11;

/// The number of an end.
pub fn of_end(end: End) -> i64 {
    match end {
        End::Sampled => FIRST_END,
        End::Damaged => 12,
        End::Destroyed => 13,
        End::Decommissioned => 14,
        End::Reworked => 15,
        End::Dispensed => 16,
        End::Lost => 17,
    }
}

/// The end of a number.
pub fn end(code: i64) -> Option<End> {
    Some(match code {
        FIRST_END => End::Sampled,
        12 => End::Damaged,
        13 => End::Destroyed,
        14 => End::Decommissioned,
        15 => End::Reworked,
        16 => End::Dispensed,
        17 => End::Lost,
        _ => return None,
    })
}

/// The outcome of a verdict code, without the details that only the record holds. The books look at
/// nothing but its name.
pub fn outcome(code: i64) -> Option<Outcome> {
    let outcome = match code {
        1 => Outcome::Pass,
        2 => Outcome::NoPicture,
        3 => Outcome::NoSymbol,
        4 => Outcome::NotDecodable,
        5 => Outcome::NotGs1,
        6 => Outcome::WrongContent { ai: String::new() },
        7 => Outcome::UnexpectedSerial,
        8 => Outcome::SeenBefore,
        9 => Outcome::LowGrade {
            parameter: String::new(),
        },
        10 => Outcome::TextMismatch,
        11 => Outcome::Late,
        12 => Outcome::Operator,
        13 => Outcome::Sample,
        14 => Outcome::StationNotReady,
        15 => Outcome::LostTrack,
        _ => return None,
    };
    assert_eq!(i64::from(outcome.code()), code, "verdict codes agree");
    Some(outcome)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn numbers_lead_back_to_their_words() {
        assert!((1..=3).all(|code| origin(code).map(of_origin) == Some(code)));
        assert!((1..=10).all(|code| fate(code).map(of_fate) == Some(code)));
        assert!((1..=15).all(|code| outcome(code).is_some()));
        assert!((1..=7).all(|code| step(code).map(of_step) == Some(code)));
        assert!((FIRST_END..=17).all(|code| end(code).map(of_end) == Some(code)));
        assert!([0, 4].iter().all(|code| origin(*code).is_none()));
        assert!([0, 11].iter().all(|code| fate(*code).is_none()));
        assert!([0, 16].iter().all(|code| outcome(*code).is_none()));
    }
}
