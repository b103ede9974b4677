//! Chance from a seed: the same seed gives the same factory.
//!
//! xoshiro256++ (Blackman and Vigna, public domain), its state filled by SplitMix64.

/// A seeded source of chance.
#[derive(Debug, Clone)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// A source that gives the same numbers for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Random {
        let mut z = seed;
        let state = std::array::from_fn(|_| split_mix(&mut z));
        Random { state }
    }

    /// A source of its own for one purpose (`stream`) of a seed, so that purposes do not disturb
    /// each other.
    #[must_use]
    pub fn stream(seed: u64, stream: u64) -> Random {
        let mut z = stream;
        Random::new(seed ^ split_mix(&mut z))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        let s = &mut self.state;
        let out = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// A number from `0` to `end - 1`. `end` must not be 0.
    pub fn below(&mut self, end: u64) -> u64 {
        assert!(end > 0, "a range must not be empty");
        let wide = u128::from(self.bits()) * u128::from(end);
        u64::try_from(wide >> 64).expect("the high half of a product fits 64 bits")
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "a range must not be empty");
        low + self.below(high - low + 1)
    }

    /// A number from 0 (included) to 1 (excluded).
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit an f64 exactly")]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number from `-reach` to `+reach`.
    pub fn swing(&mut self, reach: f64) -> f64 {
        (self.unit() * 2.0 - 1.0) * reach
    }

    /// A number of the normal distribution with mean 0 and standard deviation 1.
    pub fn normal(&mut self) -> f64 {
        self.normal_pair().0
    }

    /// Two independent numbers of that distribution (Marsaglia's polar method, 1964).
    pub fn normal_pair(&mut self) -> (f64, f64) {
        loop {
            let (x, y) = (self.swing(1.0), self.swing(1.0));
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                let stretch = (-2.0 * square.ln() / square).sqrt();
                return (x * stretch, y * stretch);
            }
        }
    }

    /// `true` once in `1 / rate` calls on average.
    pub fn chance(&mut self, rate: f64) -> bool {
        self.unit() < rate
    }
}

fn split_mix(z: &mut u64) -> u64 {
    *z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut x = *z;
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn same_seed_same_numbers_and_streams_differ() {
        let (mut a, mut b) = (Random::new(7), Random::new(7));
        let mut c = Random::stream(7, 1);
        let first: Vec<u64> = (0..64).map(|_| a.bits()).collect();
        assert!(first.iter().all(|&x| x == b.bits()));
        assert!(first.iter().any(|&x| x != c.bits()));
    }

    #[test]
    fn chance_keeps_its_rate_and_bounds_hold() {
        let mut random = Random::new(1);
        let hits = (0..100_000).filter(|_| random.chance(0.01)).count();
        assert!((800..1200).contains(&hits), "{hits}");
        assert!((0..10_000).all(|_| (3..=5).contains(&random.between(3, 5))));
        assert!((0..10_000).all(|_| random.swing(2.0).abs() <= 2.0));
    }
}
