//! Modulation, reflectance margin and unused error correction: grades of codewords, block by block. PURE.
//!
//! The overlay of ISO/IEC 15415:2011 for modulation and reflectance margin: for each grade level L every codeword whose
//! grade is below L counts as an error; the unused error correction that would be left is graded; the result is the
//! largest of min(L, that grade). A few bad codewords, which error correction bears, do not sink the grade; a general
//! weakness does.

use super::Truth;
use super::scale::{MODULATION, Score, rising, unused};
use crate::vision::size::Size;

/// Trend levels in tenths: 0–40.
const LEVELS: usize = 41;
/// Most blocks of any symbol (144 × 144 has 10).
const BLOCKS_MAX: usize = 16;

/// What the overlay of one parameter found in the block that decides the grade.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlay {
    /// The grade.
    pub score: Score,
    /// The block that decides.
    pub block: usize,
    /// Codewords of that block with a grade below 1, 2, 3 and 4.
    pub below: [u16; 4],
    /// Unused error correction of that block, 0.0–1.0, if those were errors: at the levels 1, 2, 3 and 4.
    pub notional: [f32; 4],
    /// The least value of any codeword of the symbol, 0.0–1.0.
    pub least: f32,
}

impl Overlay {
    /// What stands for a symbol that nothing is known of.
    pub(super) const NOTHING: Overlay = Overlay {
        score: Score::WORST,
        block: 0,
        below: [0; 4],
        notional: [0.0; 4],
        least: 0.0,
    };
}

/// Unused error correction: 1 − (e + 2t)/(d − p), of the worst block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unused {
    /// The grade.
    pub score: Score,
    /// The share left in the worst block, 0.0–1.0.
    pub share: f32,
    /// Codewords that were wrong, in all blocks.
    pub wrong: u16,
    /// The worst block.
    pub block: usize,
}

/// Error-correction codewords of one block that can be spent: d − p. The sources do not settle p; an odd codeword
/// cannot correct an error on its own, so p is 1 where d is odd (10×10, 12×12, 8×18, 8×32, some DMRE) and 0 elsewhere.
pub(super) fn capacity(size: &Size) -> u32 {
    let ecc = (size.ecc / size.blocks.max(1)) as u32;
    ecc - ecc % 2
}

/// The overlay over the values of all codewords (each the worst of its modules, 0.0–1.0).
pub(super) fn overlay(values: &[f32], block_of: &[u8], size: &Size) -> Overlay {
    let mut counts = [[0u16; LEVELS]; BLOCKS_MAX];
    let mut least = f32::INFINITY;
    for (value, block) in values.iter().zip(block_of) {
        let level = rising(*value, MODULATION).level();
        counts[usize::from(*block).min(BLOCKS_MAX - 1)][usize::from(level)] += 1;
        least = least.min(*value);
    }
    if values.is_empty() {
        return Overlay::NOTHING;
    }
    let capacity = capacity(size);
    let blocks = size.blocks.clamp(1, BLOCKS_MAX);
    let mut worst: Option<Overlay> = None;
    for (block, counts) in counts[..blocks].iter().enumerate() {
        let found = of_block(block, counts, capacity, least);
        let lower = |known: &Overlay| {
            known.score.lower(found.score) == found.score && known.score != found.score
        };
        if worst.as_ref().is_none_or(lower) {
            worst = Some(found);
        }
    }
    worst.unwrap_or(Overlay::NOTHING)
}

fn of_block(block: usize, counts: &[u16; LEVELS], capacity: u32, least: f32) -> Overlay {
    let (mut whole, mut trend) = (0, 0.0f32);
    let (mut below, mut notional) = ([0; 4], [0.0; 4]);
    let mut errors = 0u16;
    for level in 1..LEVELS {
        errors += counts[level - 1];
        let left = unused(2 * u32::from(errors), capacity);
        trend = trend.max(left.trend.min(level as f32 / 10.0));
        if level % 10 == 0 {
            let grade = level / 10;
            whole = whole.max(left.whole.min(grade as u8));
            below[grade - 1] = errors;
            let spent = 2.0 * f32::from(errors) / capacity.max(1) as f32;
            notional[grade - 1] = (1.0 - spent).max(0.0);
        }
    }
    Overlay {
        score: Score::new(whole, trend),
        block,
        below,
        notional,
        least,
    }
}

/// Unused error correction of the worst block.
///
/// Spent is what the decoder says, e + 2t, but at least two for every codeword that was seen wrong: a decoder that is
/// told where errors are gets by with one, other readers do not, and the grade speaks for them.
pub(super) fn unused_correction(truth: &Truth<'_>, wrong: &[bool], size: &Size) -> Unused {
    let mut seen_wrong = [0u32; BLOCKS_MAX];
    for (_, block) in wrong
        .iter()
        .zip(truth.block_of)
        .filter(|(wrong, _)| **wrong)
    {
        seen_wrong[usize::from(*block).min(BLOCKS_MAX - 1)] += 1;
    }
    let mut worst = Unused {
        score: Score::WORST,
        share: 0.0,
        wrong: seen_wrong.iter().sum::<u32>() as u16,
        block: 0,
    };
    if !truth.decoded {
        return worst;
    }
    let capacity = capacity(size);
    let mut most = 0;
    for (block, said) in truth.blocks.iter().enumerate().take(BLOCKS_MAX) {
        let spent = u32::from(said.erasures) + 2 * u32::from(said.errors);
        let spent = spent.max(2 * seen_wrong[block]);
        if block == 0 || spent > most {
            most = spent;
            worst.score = unused(spent, capacity);
            worst.share = capacity.saturating_sub(spent) as f32 / capacity.max(1) as f32;
            worst.block = block;
        }
    }
    worst
}

#[cfg(test)]
mod test {
    use super::*;

    fn of_26(weak: usize, value: f32) -> Overlay {
        let values: Vec<f32> = (0..72)
            .map(|at| if at < weak { value } else { 0.9 })
            .collect();
        overlay(&values, &[0; 72], Size::of(26, 26).unwrap())
    }

    #[test]
    fn few_weak_codewords_are_borne_and_many_are_not() {
        // The two worked examples: 28 error-correction codewords.
        let three = of_26(3, 0.15);
        assert_eq!((three.score, three.below), (Score::BEST, [3; 4]));
        assert!((three.notional[3] - 0.786).abs() < 0.001, "{three:?}");
        let seven = of_26(7, 0.45);
        assert_eq!((seven.score.whole, seven.below), (3, [0, 0, 0, 7]));
        // All of them a little weak: nothing is borne, the level is theirs.
        assert_eq!(of_26(72, 0.35).score.whole, 2);
        assert_eq!(of_26(72, 0.19).score.whole, 0);
        assert_eq!(of_26(12, 0.0).score.whole, 0);
        assert_eq!(of_26(10, 0.0).score.whole, 1);
        assert_eq!(
            overlay(&[], &[], Size::of(26, 26).unwrap()),
            Overlay::NOTHING
        );
    }

    #[test]
    fn the_worst_block_decides() {
        let size = Size::of(52, 52).unwrap(); // two blocks with 42 error-correction codewords
        let block_of: Vec<u8> = (0..288).map(|at| (at % 2) as u8).collect();
        let values: Vec<f32> = (0..288)
            .map(|at| if at % 2 == 1 && at < 18 { 0.1 } else { 0.8 })
            .collect();
        let found = overlay(&values, &block_of, size);
        // 9 errors of 42: 1 − 18/42 = 57 %; over both blocks together it would be 79 %.
        assert_eq!((found.score.whole, found.block), (3, 1));
    }

    #[test]
    fn an_odd_codeword_corrects_nothing() {
        assert_eq!(capacity(Size::of(10, 10).unwrap()), 4);
        assert_eq!(capacity(Size::of(26, 26).unwrap()), 28);
        assert_eq!(capacity(Size::of(144, 144).unwrap()), 62);
    }
}
