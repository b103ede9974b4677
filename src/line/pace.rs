//! How far the belt may have gone since the PLC was read last. PURE.
//!
//! What the encoder said is always a little old when it is used: the PLC is read once a cycle, the disk and a busy
//! machine take their time. On a fast belt that is more than the way a job needs.

use crate::record::Tick;
use std::collections::VecDeque;

/// Over so many looks the belt's speed is taken, so that looks that were held up and come together do not count for much.
const LOOKS: usize = 8;

/// The last looks at the encoder.
#[derive(Debug, Default)]
pub struct Pace(VecDeque<(Tick, u32)>);

impl Pace {
    /// The encoder (it wraps) was read.
    pub fn look(&mut self, now: Tick, encoder: u32) {
        if self.0.len() == LOOKS {
            self.0.pop_front();
        }
        self.0.push_back((now, encoder));
    }

    /// Another PLC, or the same one after a restart: its encoder begins anew.
    pub fn forget(&mut self) {
        self.0.clear();
    }

    /// Encoder counts since the last look, at the speed of the last looks; 0 while that is not known.
    pub fn gone(&self, now: Tick) -> u32 {
        let (Some((first_at, first)), Some((last_at, last))) = (self.0.front(), self.0.back())
        else {
            return 0;
        };
        let span = last_at.since(*first_at).as_nanos();
        let counts = last.wrapping_sub(*first);
        // More than half the range is a belt that ran backwards a little.
        if span == 0 || counts > u32::MAX / 2 {
            return 0;
        }
        let gone = u128::from(counts) * now.since(*last_at).as_nanos() / span;
        u32::try_from(gone).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod test {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn the_belt_goes_on_at_the_speed_of_the_last_looks() {
        let mut pace = Pace::default();
        assert_eq!(pace.gone(Tick(50 * MS)), 0, "nothing is known");
        // 80 counts a ms; the encoder wraps, and two looks come late together.
        let start = u32::MAX - 1000;
        for (at_ms, read_ms) in [(0, 0), (10, 10), (20, 20), (41, 30), (41, 40), (50, 50)] {
            pace.look(Tick(at_ms * MS), start.wrapping_add(80 * read_ms));
        }
        assert_eq!(pace.gone(Tick(50 * MS)), 0);
        assert_eq!(pace.gone(Tick(57 * MS)), 7 * 80);
        for at_ms in 51..60 {
            pace.look(Tick(at_ms * MS), start.wrapping_add(80 * 50));
        }
        assert_eq!(pace.gone(Tick(100 * MS)), 0, "it stands");
        pace.forget();
        pace.look(Tick(200 * MS), 7);
        assert_eq!(pace.gone(Tick(300 * MS)), 0, "one look has no speed");
    }
}
