//! Which corrections are believed: the protection against wrong reads. PURE.
//!
//! A Reed–Solomon decoder given chance instead of a symbol now and then finds a block close enough. ISO/IEC 16022
//! keeps error-correction codewords back for that (e + 2t ≤ d − p). Here the same is said in odds: **a random field
//! of modules is accepted with a probability below 10⁻⁹ a symbol**, all attempts with erasures taken together.
//!
//! *The model.* Modules of a random field are dark or light with even odds, whatever their distance to the
//! threshold. The order in which modules or codewords are doubted depends on the distances only. So the received
//! block is one of 2^(8n), all alike, and independent of that order. A rule that accepts a correction by *what it
//! changes* accepts as many fields as there are (block of the code, change allowed) pairs: 2^(8(n − d)) × A with A
//! changes allowed. Its odds are **A / 2^(8d)**, d the error-correction codewords of the block.
//!
//! *The rules.* A correction is accepted if one of these allows it; their odds add up.
//!
//! 1. **By modules changed.** After e erasures it may change t other codewords and f modules in all, erased codewords
//!    included, f ≤ F(e, t). There are C(n − e, t) · \[x^f] ((1 + x)⁸ − 1)^t (1 + x)^(8e) such changes. Large
//!    symbols need no limit F until nearly all codewords are spent on erasures; small ones do: a 10×10 corrects one
//!    codeword, and at most two modules of it.
//! 2. **By doubt.** Modules are ranked 1 … 8n from the most doubtful to the surest. The ranks of the changed modules
//!    may add up to W. There are as many such changes as there are sets of different numbers up to 8n with a sum of
//!    W or less. (K. R. Duffy, "Ordered reliability bits guessing random additive noise decoding", calls this sum
//!    the logistic weight.) It accepts what blur and low contrast do, many modules wrong that were all in doubt,
//!    however many codewords they lie in.
//!
//! Of the odds of a block rule 1 without erasures gets 3/10, with erasures 2/10, rule 2 gets 5/10. Every block of a
//! symbol gets its share of the 10⁻⁹ on its own: one ruined block among good ones is as bad as a whole ruined
//! symbol. That the content must be well formed comes on top and is not counted.

use super::placement::size_index;
use crate::vision::size::Size;

/// Odds that a random field of modules is accepted, at most.
pub const ODDS_MAX: f64 = 1e-9;
/// Attempts with erasures for each block, at most.
const ERASURE_TRIES_MAX: usize = 16;
/// Shares of the odds: errors only, with erasures, by doubt.
const SHARES: (f64, f64, f64) = (0.3, 0.2, 0.5);

/// W of rule 2, in the order of [`SIZES`](crate::vision::size::SIZES): the largest within its share of the odds. The
/// test below counts the sets.
const DOUBT_MAX: [u32; 48] = [
    22, 123, 418, 710, 1077, 2039, 2631, 4044, 5758, 10_085, 14_112, 18_815, 26_136, 39_369,
    14_017, 26_013, 9923, 18_605, 25_889, 39_066, 25_819, 38_977, 32_002, 31_823, 123, 554, 1077,
    2039, 4047, 5756, 1289, 2038, 3300, 5763, 7774, 10_084, 5301, 10_084, 10_085, 5758, 8892,
    14_113, 11_351, 13_395, 17_171, 11_352, 14_111, 20_533,
];

/// One attempt at a block.
#[derive(Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Codewords erased, the most doubtful first.
    pub erasures: usize,
    /// F by the number of other codewords changed.
    changed_max: Vec<u16>,
}

impl Attempt {
    /// Whether rule 1 accepts a correction of `errors` codewords not erased that changes `changed` modules in all.
    pub fn accepts(&self, errors: usize, changed: u32) -> bool {
        self.changed_max
            .get(errors)
            .is_some_and(|most| changed <= u32::from(*most))
    }
}

/// The rules for the blocks of one size.
#[derive(Debug)]
pub struct Guard {
    /// The first without erasures, then with more and more.
    pub attempts: Vec<Attempt>,
    /// W of rule 2.
    pub doubt_max: u32,
}

impl Guard {
    /// The rules for a size.
    pub fn new(size: &Size) -> Guard {
        let (n, d) = block_shape(size);
        let odds = block_odds(size);
        let plain = Attempt {
            erasures: 0,
            changed_max: limits(n, d, 0, odds * SHARES.0),
        };
        // As many as leave an even number of codewords for the errors.
        let steps = d.div_ceil(2);
        let stride = 2 * steps.div_ceil(ERASURE_TRIES_MAX);
        let counts: Vec<usize> = (2 - d % 2..=d).step_by(stride).collect();
        let share = odds * SHARES.1 / counts.len() as f64;
        let erased = counts.into_iter().map(|erasures| Attempt {
            erasures,
            changed_max: limits(n, d, erasures, share),
        });
        Guard {
            attempts: std::iter::once(plain).chain(erased).collect(),
            doubt_max: DOUBT_MAX[size_index(size)],
        }
    }
}

/// Codewords of the longest block and how many of them are for error correction.
fn block_shape(size: &Size) -> (usize, usize) {
    let ecc = size.ecc / size.blocks;
    (size.data.div_ceil(size.blocks) + ecc, ecc)
}

/// Orders of the error-correction codewords that are tried.
pub(super) fn orders(size: &Size) -> usize {
    // 144×144: see `super::Order`.
    if size.rows == 144 { 2 } else { 1 }
}

/// The share of [`ODDS_MAX`] of one block in one order.
fn block_odds(size: &Size) -> f64 {
    ODDS_MAX / (size.blocks * orders(size)) as f64
}

/// F(e, t) for t = 0, 1, … such that rule 1 stays within `odds` for this number of erasures.
fn limits(n: usize, d: usize, erasures: usize, odds: f64) -> Vec<u16> {
    let by_errors = odds_by_changes(n, d, erasures);
    let mut left = odds;
    // Numbers of modules allowed so far: none, none changed, one …
    let mut allowed = vec![0; by_errors.len()];
    let mut widen = |errors: usize, left: &mut f64, share: f64| {
        let mut sum = 0.0;
        while let Some(next) = by_errors[errors]
            .get(allowed[errors])
            .filter(|next| sum + **next <= share)
        {
            sum += next;
            allowed[errors] += 1;
        }
        *left -= sum;
    };
    // Equal shares, what one number of errors does not need being left to the others; then the rest from the fewest
    // on.
    for errors in 0..by_errors.len() {
        let share = left / (by_errors.len() - errors) as f64;
        widen(errors, &mut left, share);
    }
    for errors in 0..by_errors.len() {
        let share = left;
        widen(errors, &mut left, share);
    }
    let some = allowed.iter().take_while(|allowed| **allowed > 0);
    some.map(|allowed| (allowed - 1) as u16).collect()
}

/// For each number t of codewords changed outside the erased ones, and for each number of modules changed in all, the
/// odds that a random block is corrected so.
fn odds_by_changes(n: usize, d: usize, erasures: usize) -> Vec<Vec<f64>> {
    // Shares of the 2^(8e) fillings of the erased codewords by modules changed …
    let byte = [1.0, 8.0, 28.0, 56.0, 70.0, 56.0, 28.0, 8.0, 1.0].map(|ways: f64| ways / 256.0);
    let mut distribution = vec![1.0];
    for _ in 0..erasures {
        distribution = product(&distribution, &byte);
    }
    // … times those of the changes of t codewords, none of which may stay as it is.
    let mut changed = byte;
    changed[0] = 0.0;
    let mut choices = 1.0;
    let by_errors = (0..=(d - erasures) / 2).map(|errors| {
        if errors > 0 {
            distribution = product(&distribution, &changed);
            choices *= (n - erasures - errors + 1) as f64 / errors as f64;
        }
        // 2^(8e) · 256^t / 2^(8d)
        let scale = choices * (-8.0 * (d - erasures - errors) as f64).exp2();
        distribution.iter().map(|share| share * scale).collect()
    });
    by_errors.collect()
}

fn product(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut product = vec![0.0; a.len() + b.len() - 1];
    for (i, a) in a.iter().enumerate() {
        for (j, b) in b.iter().enumerate() {
            product[i + j] += a * b;
        }
    }
    product
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::vision::decode::reed_solomon::{Code, Corrector};
    use crate::vision::size::SIZES;
    use std::collections::HashMap;

    /// For each sum up to `most` the sets of different numbers 1 … `numbers` with that sum.
    fn sets_by_sum(numbers: usize, most: usize) -> Vec<f64> {
        let mut sets = vec![0.0; most + 1];
        sets[0] = 1.0;
        for number in 1..=numbers.min(most) {
            for sum in (number..=most).rev() {
                sets[sum] += sets[sum - number];
            }
        }
        sets
    }

    #[test]
    fn a_random_field_of_any_size_is_accepted_with_odds_below_the_limit() {
        let mut known = HashMap::new();
        println!("size      d  p*  errors only  with erasures  by doubt    a symbol");
        for size in &SIZES {
            let guard = Guard::new(size);
            let (n, d) = block_shape(size);
            let of = |attempt: &Attempt| -> f64 {
                let by_changes = odds_by_changes(n, d, attempt.erasures);
                let accepted = attempt.changed_max.iter().zip(&by_changes);
                accepted
                    .map(|(most, odds)| odds[..=usize::from(*most)].iter().sum::<f64>())
                    .sum()
            };
            let plain = of(&guard.attempts[0]);
            let erased: f64 = guard.attempts[1..].iter().map(of).sum();
            let w = guard.doubt_max as usize;
            let sums = known.entry((n, d, w)).or_insert_with(|| {
                let sets = sets_by_sum(8 * n, w + 1);
                (sets[..=w].iter().sum::<f64>(), sets[w + 1])
            });
            let fields = (8.0 * d as f64).exp2();
            let doubt = sums.0 / fields;
            // The largest that fits.
            assert!(
                doubt + sums.1 / fields > SHARES.2 * block_odds(size),
                "{size:?}: W can be larger"
            );
            let symbol = (plain + erased + doubt) * (size.blocks * orders(size)) as f64;
            let name = format!("{}×{}", size.rows, size.columns);
            // Codewords kept back where errors only are corrected without a look at the modules changed.
            let unlimited = |t: &usize| usize::from(guard.attempts[0].changed_max[*t]) == 8 * t;
            let most = (0..guard.attempts[0].changed_max.len()).rfind(unlimited);
            let kept = d - 2 * most.unwrap_or(0);
            println!(
                "{name:8} {d:2}  {kept:2}  {plain:11.1e}  {erased:13.1e}  {doubt:8.1e}  {symbol:10.1e}"
            );
            assert!(symbol < ODDS_MAX, "{name}: {symbol:e}");
        }
        // What the head of this file says of the smallest.
        let smallest = &Guard::new(&SIZES[0]).attempts[0];
        assert!(smallest.accepts(1, 2) && !smallest.accepts(1, 3) && !smallest.accepts(2, 2));
    }

    #[test]
    fn the_odds_are_what_the_decoder_shows_on_random_blocks() {
        let (n, d) = (8, 5);
        let code = Code::new(d);
        let mut corrector = Corrector::new();
        let mut seed = 99_u64;
        let mut random = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 40) as u8
        };
        let trials = 400_000;
        // As many changes of each kind as the formula says, up to four deviations.
        for erasures in [3, 5] {
            let mut seen = vec![vec![0_u32; 8 * n]; d + 1];
            for _ in 0..trials {
                let block: [u8; 8] = std::array::from_fn(|_| random());
                corrector.load(&code, block.iter().copied());
                (0..erasures).for_each(|place| corrector.erase(place + 1));
                if let Some(errors) = corrector.solve(&code) {
                    let pairs = block.iter().zip(corrector.corrected());
                    let changed: u32 = pairs.map(|(a, b)| (a ^ b).count_ones()).sum();
                    seen[errors][changed as usize] += 1;
                }
            }
            let mut compared = 0;
            for (errors, odds) in odds_by_changes(n, d, erasures).iter().enumerate() {
                for (changed, odds) in odds.iter().enumerate() {
                    let expected = odds * f64::from(trials);
                    let found = f64::from(seen[errors][changed]);
                    let off = (found - expected).abs();
                    assert!(
                        off < 4.5 * expected.sqrt() + 3.0,
                        "{erasures} {errors} {changed}: {found} for {expected}"
                    );
                    compared += usize::from(expected > 100.0);
                }
            }
            assert!(compared >= 10, "{compared} kinds common enough to compare");
        }
    }
}
