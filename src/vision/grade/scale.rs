//! From a measured value to a grade: the published thresholds, and the tenths between them. PURE.
//!
//! The whole grades 0–4 are those of ISO/IEC 15415:2011. No public text gives an interpolation for Data Matrix, so the
//! fractions here are our own: a straight line between neighbouring thresholds, which never reaches the next grade.

use crate::record::Tenths;

/// SC, in percent, from which the grades 1–4 are given.
pub(super) const CONTRAST_PERCENT: [f32; 4] = [20.0, 40.0, 55.0, 70.0];
/// Modulation and reflectance margin of one module, from which the grades 1–4 are given.
pub(super) const MODULATION: [f32; 4] = [0.2, 0.3, 0.4, 0.5];
/// Axial non-uniformity up to which the grades 4–1 are given.
pub(super) const AXIAL: [f32; 4] = [0.06, 0.08, 0.10, 0.12];
/// Grid non-uniformity in modules up to which the grades 4–1 are given.
pub(super) const GRID: [f32; 4] = [0.38, 0.50, 0.63, 0.75];
/// Share of damaged modules of a finder leg or its quiet zone up to which the grades 4–1 are given.
pub(super) const DAMAGE: [f32; 4] = [0.0, 0.09, 0.13, 0.17];
/// Transitions along the solid line per transition of the clock track, below which the grades 4–1 are given.
pub(super) const TRANSITIONS: [f32; 4] = [0.06, 0.08, 0.10, 0.12];
/// Share of wrong modules in a clock track or its solid neighbour below which the grades 4–1 are given.
pub(super) const TRACK: [f32; 4] = [0.10, 0.15, 0.20, 0.25];
/// Mean of the five fixed-pattern grades from which the grades 1–4 are given.
pub(super) const AVERAGE: [f32; 4] = [2.5, 3.0, 3.5, 4.0];
/// Unused error correction in percent from which the grades 1–4 are given.
const UNUSED_PERCENT: [u32; 4] = [25, 37, 50, 62];
/// The largest fraction: what lies below the next grade stays below it.
const BELOW_NEXT: f32 = 0.999;

/// A grade and where between the thresholds the value lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// The published grade, 0–4.
    pub whole: u8,
    /// 0.0–4.0, continuous; its integer part is `whole`. Ours, of no edition: for trends only.
    pub trend: f32,
}

impl Score {
    /// Nothing can be better.
    pub const BEST: Score = Score {
        whole: 4,
        trend: 4.0,
    };
    /// Nothing can be worse.
    pub const WORST: Score = Score {
        whole: 0,
        trend: 0.0,
    };

    /// A grade with a continuous value, which is brought inside the grade's own span.
    pub(super) fn new(whole: u8, trend: f32) -> Score {
        let floor = f32::from(whole);
        let ceiling = if whole >= 4 { 4.0 } else { floor + BELOW_NEXT };
        Score {
            whole,
            trend: trend.max(floor).min(ceiling),
        }
    }

    /// The grade in tenths. The tenths run from .0 to .4 only: a grade of 3 that all but is a 4 reads 3.4, which is
    /// still a B where letters change at halves, and stays below any threshold (3.5, 2.5, 1.5, 0.5) that the whole
    /// grade stays below.
    pub fn tenths(self) -> Tenths {
        let fraction = (self.trend - f32::from(self.whole)).clamp(0.0, BELOW_NEXT);
        Tenths(self.whole * 10 + (fraction * 5.0) as u8)
    }

    /// The lower of two, in either respect.
    pub(super) fn lower(self, other: Score) -> Score {
        match (self.whole, self.trend) <= (other.whole, other.trend) {
            true => self,
            false => other,
        }
    }

    /// The trend in whole tenths, 0–40.
    pub(super) fn level(self) -> u8 {
        let fraction = (self.trend - f32::from(self.whole)).clamp(0.0, BELOW_NEXT);
        self.whole * 10 + (fraction * 10.0) as u8
    }
}

/// The score of a value that is better the larger it is; `from` holds the least values of the grades 1–4. What is not
/// a number scores worst.
pub(super) fn rising(value: f32, from: [f32; 4]) -> Score {
    let whole = from.iter().take_while(|least| value >= **least).count();
    if whole == 4 {
        return Score::BEST;
    }
    let below = if whole == 0 { 0.0 } else { from[whole - 1] };
    let fraction = ((value - below) / (from[whole] - below)).max(0.0);
    Score::new(whole as u8, whole as f32 + fraction)
}

/// The score of a value that is better the smaller it is; `to` holds the largest values of the grades 4–1, each of
/// which still has the grade. What is not a number scores worst.
pub(super) fn falling(value: f32, to: [f32; 4]) -> Score {
    descending(value, to, |value, most| value <= most)
}

/// As [`falling`], but a value that equals a limit no longer has its grade.
pub(super) fn falling_strictly(value: f32, to: [f32; 4]) -> Score {
    descending(value, to, |value, most| value < most)
}

fn descending(value: f32, to: [f32; 4], within: impl Fn(f32, f32) -> bool) -> Score {
    let missed = to.iter().take_while(|most| !within(value, **most)).count();
    if missed == 0 {
        return Score::BEST;
    }
    let whole = 4 - missed;
    let better = to[missed - 1];
    // Below grade 1 the line runs on with the slope it had.
    let worse = if missed < 4 {
        to[missed]
    } else {
        2.0 * to[3] - to[2]
    };
    let fraction = ((worse - value) / (worse - better)).max(0.0);
    Score::new(whole as u8, whole as f32 + fraction)
}

/// The score of the error correction that is left when `used` of `capacity` codewords are spent. Compared in integers:
/// real symbols fall exactly on thresholds.
pub(super) fn unused(used: u32, capacity: u32) -> Score {
    let left = capacity.saturating_sub(used);
    if capacity == 0 {
        return Score::WORST;
    }
    let reached = |percent: &&u32| 100 * left >= **percent * capacity;
    let whole = UNUSED_PERCENT.iter().take_while(reached).count();
    let share = left as f32 / capacity as f32;
    Score::new(
        whole as u8,
        rising(share, UNUSED_PERCENT.map(|percent| percent as f32 / 100.0)).trend,
    )
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn thresholds_are_where_the_method_has_them() {
        for (percent, grade) in [
            (70.0, 4),
            (69.9, 3),
            (55.0, 3),
            (40.0, 2),
            (20.0, 1),
            (19.9, 0),
        ] {
            assert_eq!(
                rising(percent, CONTRAST_PERCENT).whole,
                grade,
                "{percent} %"
            );
        }
        for (axial, grade) in [(0.06, 4), (0.07, 3), (0.09, 2), (0.11, 1), (0.121, 0)] {
            assert_eq!(falling(axial, AXIAL).whole, grade, "{axial}");
        }
        // Damage shares as in the table: none, up to 9, 13 and 17 %.
        for (wrong, of, grade) in [
            (0, 26, 4),
            (9, 100, 3),
            (10, 100, 2),
            (13, 100, 2),
            (17, 100, 1),
            (18, 100, 0),
        ] {
            assert_eq!(
                falling(wrong as f32 / of as f32, DAMAGE).whole,
                grade,
                "{wrong}/{of}"
            );
        }
        assert_eq!(falling_strictly(3.0 / 25.0, TRANSITIONS).whole, 0);
        assert_eq!(falling(3.0 / 25.0, TRANSITIONS).whole, 1);
        assert_eq!(rising(f32::NAN, CONTRAST_PERCENT), Score::WORST);
        assert_eq!(falling(f32::NAN, GRID).whole, 0);
    }

    #[test]
    fn errors_per_grade_are_those_of_the_table() {
        // Error-correction codewords; errors up to which A, B, C and D are given.
        for (ecc, up_to) in [
            (20, [3, 5, 6, 7]),
            (24, [4, 6, 7, 9]),
            (28, [5, 7, 8, 10]),
            (36, [6, 9, 11, 13]),
        ] {
            for errors in 0..=ecc / 2 {
                let grade = 4 - up_to.iter().filter(|most| errors > **most).count();
                assert_eq!(
                    usize::from(unused(2 * errors, ecc).whole),
                    grade,
                    "{errors} of {ecc}"
                );
            }
        }
        assert_eq!(unused(9, 0), Score::WORST);
    }

    #[test]
    fn tenths_never_reach_the_next_grade() {
        let near = rising(69.999, CONTRAST_PERCENT);
        assert_eq!((near.tenths(), near.tenths().letter()), (Tenths(34), 'B'));
        assert_eq!(rising(55.0, CONTRAST_PERCENT).tenths(), Tenths(30));
        assert_eq!(rising(62.5, CONTRAST_PERCENT).tenths(), Tenths(32));
        assert_eq!(Score::BEST.tenths(), Tenths(40));
    }

    proptest! {
        #[test]
        fn better_values_never_score_lower(a in 0.0f32..1.2, b in 0.0f32..1.2) {
            let (low, high) = (a.min(b), a.max(b));
            let (worse, better) = (rising(low, MODULATION), rising(high, MODULATION));
            prop_assert!(worse.whole <= better.whole && worse.trend <= better.trend);
            prop_assert!(worse.tenths() <= better.tenths());
            for to in [AXIAL, GRID, DAMAGE, TRACK] {
                let (better, worse) = (falling(low, to), falling(high, to));
                prop_assert!(worse.whole <= better.whole && worse.trend <= better.trend);
                prop_assert_eq!(worse.trend as u8, worse.whole);
            }
        }
    }
}
