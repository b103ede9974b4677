//! Line time of a serial line: 10 bits a byte. A pseudo-terminal has none of its own. PURE.

use crate::Tick;

/// Bits on the line for one byte: start, eight data, stop.
const BITS_PER_BYTE: u64 = 10;
/// A line that was quiet may catch up at most this much, in ns: the depth of a UART's buffer.
const CATCH_UP_NS: u64 = 2_000_000;

/// How many bytes a line may have carried by now.
#[derive(Debug, Clone)]
pub struct Pacing {
    byte_ns: u64,
    free_at: Tick,
}

impl Pacing {
    /// A quiet line at this rate; a rate of 0 counts as 1.
    #[must_use]
    pub fn new(baud: u32) -> Pacing {
        let byte_ns = BITS_PER_BYTE * 1_000_000_000 / u64::from(baud.max(1));
        Pacing {
            byte_ns: byte_ns.max(1),
            free_at: Tick::default(),
        }
    }

    /// How many bytes may pass now.
    #[must_use]
    pub fn room(&self, now: Tick) -> usize {
        let since = now
            .since_ns(self.free_at)
            .min(CATCH_UP_NS.max(self.byte_ns));
        usize::try_from(since / self.byte_ns).unwrap_or(usize::MAX)
    }

    /// These bytes pass now.
    pub fn pass(&mut self, now: Tick, bytes: usize) {
        let earliest = Tick(now.0.saturating_sub(CATCH_UP_NS.max(self.byte_ns)));
        let ns = self.byte_ns.saturating_mul(bytes as u64);
        self.free_at = self.free_at.max(earliest).plus_ns(ns);
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_line_carries_its_rate_and_no_more() {
        for baud in [1200, 9600, 115_200] {
            let mut pacing = Pacing::new(baud);
            let start = Tick::from_ms(5000);
            let mut carried = 0;
            for ms in 0..10_000 {
                let now = start.plus_ms(ms);
                let room = pacing.room(now);
                pacing.pass(now, room);
                carried += room;
            }
            let expected = usize::try_from(baud).expect("small");
            let off = carried.abs_diff(expected);
            assert!(
                off <= 2 + expected / 2000,
                "{baud}: {carried} bytes in 10 s"
            );
        }
    }

    #[test]
    fn a_quiet_line_does_not_save_up() {
        let pacing = Pacing::new(9600);
        assert_eq!(pacing.room(Tick::from_ms(1_000_000)), 1);
        assert_eq!(Pacing::new(115_200).room(Tick::from_ms(1_000_000)), 23);
    }
}
