//! That a key's serials never repeat, lead back to their index, and show nothing of it: counted, not argued. PURE.
//!
//! A Feistel network is a permutation whatever its round function does (Luby and Rackoff, 1988); what is counted here
//! is that this program is that network.

use super::letters::{ALPHABET, SERIAL_LEN, SerialText, as_str, place_of};
use super::{INDEX_COUNT, IndexRange, SerialKey};
use crate::gs1::Gtin;

/// Bits of the domain that [`small_domain`] walks through.
pub const SMALL_DOMAIN_BITS: u32 = 20;

/// Fewest indices of a [`sample`]: below, a letter is expected too seldom for chi-square.
pub const SAMPLE_MIN: u64 = 1_000;

/// Most indices of a [`sample`]: 8 bytes of memory each.
pub const SAMPLE_MAX: u64 = 100_000_000;

/// What a walk found. Nothing is astray and nothing came twice: it is one-to-one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OneToOne {
    /// Indices tried.
    pub tried: u64,
    /// Those whose text another index has, too.
    pub duplicates: u64,
    /// Those whose text does not lead back to them.
    pub astray: u64,
}

impl OneToOne {
    /// Whether it is one-to-one.
    pub fn holds(&self) -> bool {
        self.duplicates == 0 && self.astray == 0
    }
}

/// Every value of a domain of [`SMALL_DOMAIN_BITS`] bits, forward and back, with the same key and construction.
pub fn small_domain(key: &SerialKey, gtin: &Gtin) -> OneToOne {
    let small = key.permutation.with_bits(SMALL_DOMAIN_BITS);
    let tweak = gtin.value();
    walk(
        1 << SMALL_DOMAIN_BITS,
        |value| small.forward(tweak, value),
        |image| small.backward(tweak, image),
    )
}

fn walk(size: u64, forward: impl Fn(u64) -> u64, backward: impl Fn(u64) -> u64) -> OneToOne {
    let mut hit = vec![false; size as usize];
    let (mut duplicates, mut astray) = (0, 0);
    for value in 0..size {
        let image = forward(value);
        match hit.get_mut(image as usize) {
            Some(hit) => duplicates += u64::from(std::mem::replace(hit, true)),
            None => astray += 1,
        }
        astray += u64::from(image < size && backward(image) != value);
    }
    OneToOne {
        tried: size,
        duplicates,
        astray,
    }
}

/// What a sample found.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Repeats, and texts that lead elsewhere.
    pub one_to_one: OneToOne,
    /// How evenly the letters come.
    pub letters: Letters,
}

/// `count` indices of a key, the first half in a row from `first` on as a line takes them (as far as the space goes),
/// the others spread over all indices: each to its text and back.
pub fn sample(key: &SerialKey, gtin: &Gtin, first: u64, count: u64) -> Sample {
    examine(
        sampled(first, count),
        |index| key.serial(gtin, index),
        |text| key.index_of(gtin, as_str(text)),
    )
}

/// Different indices, `count` of them.
fn sampled(first: u64, count: u64) -> impl Iterator<Item = u64> {
    // 2^60 divided by the golden ratio, made odd: its multiples modulo 2^60 are all different and lie evenly.
    const STEP: u64 = 0x09E3_779B_97F4_A7C1;
    let row = IndexRange::starting(first, (count / 2).clamp(1, INDEX_COUNT - first));
    let row = row.expect("it ends with the space at the latest");
    let spread = (0..)
        .map(|turn: u64| turn.wrapping_mul(STEP) % INDEX_COUNT)
        .filter(move |index| !row.has(*index));
    (row.first()..=row.last())
        .chain(spread)
        .take(count as usize)
}

fn examine(
    indices: impl Iterator<Item = u64>,
    text_of: impl Fn(u64) -> SerialText,
    index_of: impl Fn(&SerialText) -> Option<u64>,
) -> Sample {
    let mut counts = [[0; ALPHABET.len()]; SERIAL_LEN];
    let (mut values, mut astray) = (Vec::new(), 0);
    for index in indices {
        let text = text_of(index);
        astray += u64::from(index_of(&text) != Some(index));
        let mut value = 0;
        for (counts, byte) in counts.iter_mut().zip(text) {
            let place = place_of(byte).expect("a serial has letters of the alphabet only");
            counts[place] += 1;
            value = value << 5 | place as u64;
        }
        values.push(value);
    }
    values.sort_unstable();
    let tried = values.len() as u64;
    values.dedup();
    Sample {
        one_to_one: OneToOne {
            tried,
            duplicates: tried - values.len() as u64,
            astray,
        },
        letters: Letters::of(&counts),
    }
}

/// Pearson's chi-square of the 32 letters at each of the twelve places of a serial, against all being equally frequent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Letters {
    /// The statistic of each place, the first letter first.
    pub chi_square: [f64; SERIAL_LEN],
}

impl Letters {
    /// Degrees of freedom of the statistic.
    pub const DEGREES: usize = ALPHABET.len() - 1;

    /// Chance lets a place end below [`Letters::LOWEST`], and above [`Letters::HIGHEST`], once in so many times each.
    pub const FALSE_ALARM_ONE_IN: u64 = 1_000_000_000;

    /// Below this the letters come more evenly than chance would have it, as those of a counter do: quantile 10⁻⁹ of
    /// the chi-square distribution with 31 degrees of freedom.
    pub const LOWEST: f64 = 3.908;

    /// Above this some letters come too often: quantile 1 − 10⁻⁹ of the same.
    pub const HIGHEST: f64 = 103.441;

    fn of(counts: &[[u64; ALPHABET.len()]; SERIAL_LEN]) -> Letters {
        let statistic = |counts: &[u64; ALPHABET.len()]| {
            let expected = counts.iter().sum::<u64>() as f64 / ALPHABET.len() as f64;
            let square = |count: &u64| (*count as f64 - expected).powi(2) / expected;
            counts.iter().map(square).sum()
        };
        Letters {
            chi_square: std::array::from_fn(|place| statistic(&counts[place])),
        }
    }

    /// The smallest and the largest statistic.
    pub fn extremes(&self) -> (f64, f64) {
        let all = self.chi_square.iter().copied();
        (
            all.clone().fold(f64::INFINITY, f64::min),
            all.fold(0.0, f64::max),
        )
    }

    /// Whether every place is within the limits.
    pub fn hold(&self) -> bool {
        let (lowest, highest) = self.extremes();
        lowest >= Self::LOWEST && highest <= Self::HIGHEST
    }
}

#[cfg(test)]
mod test {
    use super::super::letters::{decode, encode};
    use super::*;
    use std::collections::BTreeSet;

    const SIZE: u64 = 1 << 10;

    #[test]
    fn keys_hold() {
        let gtin: Gtin = "09521234543213".parse().unwrap();
        for first in [0, 1 << 40, INDEX_COUNT - 10] {
            let key = SerialKey::new(*b"0123456789abcdef");
            let sample = sample(&key, &gtin, first, 50_001);
            assert_eq!(sample.one_to_one.tried, 50_001);
            assert!(
                sample.one_to_one.holds() && sample.letters.hold(),
                "{sample:?}"
            );
            let (small, all) = (small_domain(&key, &gtin), 1 << SMALL_DOMAIN_BITS);
            assert!(small.holds() && small.tried == all, "{small:?}");
        }
    }

    #[test]
    fn sampled_indices_are_different_and_in_the_space() {
        for first in [0, 77, INDEX_COUNT - 1] {
            let indices: Vec<u64> = sampled(first, 10_000).collect();
            let different: BTreeSet<u64> = indices.iter().copied().collect();
            assert_eq!((indices.len(), different.len()), (10_000, 10_000));
            assert!(different.last() < Some(&INDEX_COUNT));
            assert_eq!(indices[0], first);
        }
    }

    /// Each kind of failure is seen: maps that are none.
    #[test]
    fn what_is_not_one_to_one_is_counted() {
        assert!(walk(SIZE, |value| value ^ 5, |image| image ^ 5).holds());
        let half = walk(SIZE, |value| value / 2, |image| 2 * image);
        assert_eq!((half.duplicates, half.astray), (SIZE / 2, SIZE / 2));
        let away = walk(SIZE, |value| value + 1, |image| image - 1);
        assert_eq!((away.duplicates, away.astray), (0, 1));
        let lost = walk(SIZE, |value| value, |_| 0);
        assert_eq!((lost.duplicates, lost.astray), (0, SIZE - 1));
    }

    /// A counter shows, in a row and spread; so do texts that repeat and texts that mislead.
    #[test]
    fn what_is_no_serial_is_seen_in_a_sample() {
        let counter = |indices: &mut dyn Iterator<Item = u64>| {
            let back = |text: &SerialText| decode(as_str(text));
            examine(indices, encode, back)
        };
        let row = counter(&mut (0..40_000));
        assert!(row.one_to_one.holds() && !row.letters.hold());
        let spread = counter(&mut sampled(0, 40_000).skip(20_000));
        assert!(spread.one_to_one.holds() && !spread.letters.hold());
        assert!(spread.letters.extremes().0 < Letters::LOWEST, "{spread:?}");
        let repeated = examine(
            0..100,
            |index| encode(index / 2),
            |text| decode(as_str(text)),
        );
        assert_eq!(repeated.one_to_one.duplicates, 50);
        assert_eq!(repeated.one_to_one.astray, 99);
    }
}
