//! How long commits take: a histogram of bounded size and error. PURE.

/// Steps within one doubling: a figure is wrong by at most a sixteenth.
const STEPS: usize = 16;
/// Doublings from 1 µs on; what takes longer than their end (over an hour) counts as that.
const DOUBLINGS: usize = 32;

/// Durations in µs, counted in steps that grow with them.
#[derive(Debug, Clone)]
pub struct Latency {
    counts: Vec<u64>,
    total: u64,
}

impl Default for Latency {
    fn default() -> Latency {
        Latency {
            counts: vec![0; STEPS * DOUBLINGS],
            total: 0,
        }
    }
}

impl Latency {
    /// Counts one.
    pub fn add(&mut self, us: u64) {
        self.counts[place(us)] += 1;
        self.total += 1;
    }

    /// How many there were.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The duration in ms that `percent` of all do not exceed; 0 for none.
    pub fn percentile_ms(&self, percent: u64) -> f64 {
        let rank = (self.total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        found.map_or(0.0, |place| ceiling_us(place) as f64 / 1000.0)
    }
}

/// Where a duration is counted: below 16 µs by itself, then 16 steps a doubling.
fn place(us: u64) -> usize {
    let octave = (us.max(1).ilog2() as usize).saturating_sub(STEPS.ilog2() as usize);
    let step = (us >> octave) as usize; // 0..16 below 16 µs, 16..32 above
    (octave * STEPS + step).min(STEPS * DOUBLINGS - 1)
}

/// The longest duration of a place, in µs.
fn ceiling_us(place: usize) -> u64 {
    let octave = (place / STEPS).saturating_sub(1);
    let step = place - octave * STEPS;
    ((step as u64 + 1) << octave) - 1
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn every_duration_lies_in_its_place_within_a_sixteenth() {
        for us in (0..5000).chain([65_535, 65_536, 1_000_000, 3_599_000_000]) {
            let ceiling = ceiling_us(place(us));
            assert!(ceiling >= us && ceiling - us <= us / 16, "{us} {ceiling}");
        }
        let mut latency = Latency::default();
        assert_eq!(latency.percentile_ms(99), 0.0);
        (0..98).for_each(|_| latency.add(4));
        latency.add(9_000);
        latency.add(u64::MAX);
        assert_eq!(latency.percentile_ms(50), 0.004);
        let p99 = latency.percentile_ms(99);
        assert!((9.0..9.6).contains(&p99), "{p99}");
        assert_eq!(latency.total(), 100);
    }
}
