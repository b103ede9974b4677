//! Watches the wall clock against the one that only goes forward: a step of it is told. PURE; both clocks are read by
//! whoever asks.
//!
//! A clock that is kept in step is slewed by at most half a millisecond a second; a step is a clock that was set, or a
//! machine that slept.

use crate::record::Tick;
use std::time::Duration;

/// How often it is looked.
const WALL_PAUSE: Duration = Duration::from_secs(1);
/// Farthest that the wall clock may go another way than the other one between two looks.
const WALL_STEP_MAX: Duration = Duration::from_secs(1);

/// Both clocks at the last look.
#[derive(Debug, Clone, Copy)]
pub struct WallWatch {
    at: Tick,
    utc_ms: i64,
}

impl WallWatch {
    /// Begins here.
    pub fn new(now: Tick, utc_ms: i64) -> WallWatch {
        WallWatch { at: now, utc_ms }
    }

    /// By how many ms the wall clock was set since the last look, where that is a step: forward is positive.
    pub fn look(&mut self, now: Tick, utc_ms: i64) -> Option<i64> {
        let passed = now.since(self.at);
        if passed < WALL_PAUSE {
            return None;
        }
        let shown = i128::from(utc_ms) - i128::from(self.utc_ms);
        *self = WallWatch::new(now, utc_ms);
        let by = shown - passed.as_millis() as i128;
        let step = by.unsigned_abs() > WALL_STEP_MAX.as_millis();
        let far = if by < 0 { i64::MIN } else { i64::MAX };
        step.then(|| i64::try_from(by).unwrap_or(far))
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn a_step_is_told_once_with_its_size_and_any_clock_is_understood() {
        let limit = WALL_STEP_MAX.as_millis() as i64;
        for by in [limit + 1, 3_600_000, -limit - 1, -86_400_000] {
            let mut watch = WallWatch::new(Tick(0), 5_000);
            assert_eq!(watch.look(Tick(1_000 * MS), 6_000), None);
            // Before it is looked again nothing is said.
            assert_eq!(watch.look(Tick(1_999 * MS), 6_999 + by), None);
            assert_eq!(watch.look(Tick(2_000 * MS), 7_000 + by), Some(by));
            assert_eq!(watch.look(Tick(3_000 * MS), 8_000 + by), None);
        }
        let mut watch = WallWatch::new(Tick(0), i64::MIN);
        assert_eq!(watch.look(Tick(1_000 * MS), i64::MAX), Some(i64::MAX));
        assert_eq!(watch.look(Tick(2_000 * MS), i64::MIN), Some(i64::MIN));
    }

    proptest! {
        /// A clock that goes wrong by a thousandth, looked at whenever, is never a step, however long it goes so; and a
        /// loop that was held up for minutes is none either.
        #[test]
        fn a_clock_that_is_slewed_is_never_a_step(
            ppm in -1_000i64..=1_000,
            pauses in prop::collection::vec(1u64..600_000, 1..200),
        ) {
            let mut watch = WallWatch::new(Tick(0), 0);
            let mut at_ms = 0;
            for pause in pauses {
                at_ms += pause;
                let utc_ms = at_ms as i64 + at_ms as i64 * ppm / 1_000_000;
                prop_assert_eq!(watch.look(Tick(at_ms * MS), utc_ms), None);
            }
        }
    }
}
