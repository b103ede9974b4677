//! What a station honestly knows before it looks at a pack: the truth, made wrong by as much as templates, belts and
//! mounts are.
//!
//! A station knows the symbol's size in modules from its template, and from the last packs the module pitch, where the
//! symbol lies and how it is turned; none of that exactly for the pack in front of the camera. So every amount here is
//! the true one plus an error, uniform within a tolerance that is handed out with it. Nothing of the content is in it.

use crate::material::Truth;

/// Largest error of the pitch, as a share of it.
pub const PITCH_TOLERANCE: f64 = 0.10;
/// Largest error of the place along each axis of the picture, in modules.
pub const PLACE_TOLERANCE_MODULES: f64 = 1.5;
/// Largest error of the turn.
pub const TURN_TOLERANCE_DEG: f64 = 5.0;

/// What is known beforehand.
#[derive(Debug, Clone, PartialEq)]
pub struct Hint {
    /// Modules down, finder and clock track included.
    pub rows: usize,
    /// Modules across.
    pub columns: usize,
    /// Module pitch in pixels, within [`PITCH_TOLERANCE`].
    pub pitch_px: f64,
    /// The symbol's centre in pixel-edge coordinates, within [`PLACE_TOLERANCE_MODULES`] along each axis.
    pub centre: (f64, f64),
    /// How far the symbol's upper edge is turned clockwise from the picture's, within [`TURN_TOLERANCE_DEG`].
    pub turn_deg: f64,
    /// Light modules on a dark ground.
    pub inverted: bool,
    /// Seen in a mirror.
    pub mirrored: bool,
}

/// Numbers by chance from a seed (Steele, Lea, Flood 2014: SplitMix64).
struct Chance(u64);

impl Chance {
    /// Uniform within −1 … 1.
    fn either_way(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

impl Hint {
    /// What would be known of this symbol.
    pub fn of(truth: &Truth, seed: u64) -> Hint {
        let mut chance = Chance(seed);
        let [tl, tr, br, bl] = truth.corners;
        let mean = |pick: fn((f64, f64)) -> f64| truth.corners.map(pick).iter().sum::<f64>() / 4.0;
        let length = |a: (f64, f64), b: (f64, f64)| (b.0 - a.0).hypot(b.1 - a.1);
        let around = length(tl, tr) + length(tr, br) + length(br, bl) + length(bl, tl);
        let pitch_px = around / (2 * (truth.rows + truth.columns)) as f64;
        let (x, y) = (tr.0 - tl.0 + br.0 - bl.0, tr.1 - tl.1 + br.1 - bl.1);
        let place = PLACE_TOLERANCE_MODULES * pitch_px;
        Hint {
            rows: truth.rows,
            columns: truth.columns,
            pitch_px: pitch_px * (1.0 + PITCH_TOLERANCE * chance.either_way()),
            centre: (
                mean(|p| p.0) + place * chance.either_way(),
                mean(|p| p.1) + place * chance.either_way(),
            ),
            turn_deg: y.atan2(x).to_degrees() + TURN_TOLERANCE_DEG * chance.either_way(),
            inverted: truth.inverted,
            mirrored: truth.mirrored,
        }
    }

    /// What a station expects where the frame has no symbol at all: one of a usual size in the middle.
    pub fn of_nothing(width: usize, height: usize, seed: u64) -> Hint {
        let mut chance = Chance(seed);
        Hint {
            rows: 26,
            columns: 26,
            pitch_px: 6.0 + 2.0 * chance.either_way(),
            centre: (
                width as f64 * (0.5 + 0.15 * chance.either_way()),
                height as f64 * (0.5 + 0.15 * chance.either_way()),
            ),
            turn_deg: 180.0 * chance.either_way(),
            inverted: false,
            mirrored: false,
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_hint_is_wrong_within_its_tolerances_and_not_right() {
        // A square of 24 modules at 5 px, turned by 30°, its centre at (300, 200).
        let (sin, cos) = 30f64.to_radians().sin_cos();
        let corner = |x: f64, y: f64| (300.0 + x * cos - y * sin, 200.0 + x * sin + y * cos);
        let truth = Truth {
            corners: [
                corner(-60.0, -60.0),
                corner(60.0, -60.0),
                corner(60.0, 60.0),
                corner(-60.0, 60.0),
            ],
            rows: 24,
            columns: 24,
            inverted: false,
            mirrored: false,
        };
        let hints: Vec<Hint> = (0..200).map(|seed| Hint::of(&truth, seed)).collect();
        let errors = |of: fn(&Hint) -> f64| -> Vec<f64> { hints.iter().map(of).collect() };
        for (errors, tolerance) in [
            (errors(|h| h.pitch_px / 5.0 - 1.0), PITCH_TOLERANCE),
            (
                errors(|h| (h.centre.0 - 300.0) / 5.0),
                PLACE_TOLERANCE_MODULES,
            ),
            (
                errors(|h| (h.centre.1 - 200.0) / 5.0),
                PLACE_TOLERANCE_MODULES,
            ),
            (errors(|h| h.turn_deg - 30.0), TURN_TOLERANCE_DEG),
        ] {
            let most = errors.iter().copied().fold(f64::MIN, f64::max);
            let least = errors.iter().copied().fold(f64::MAX, f64::min);
            assert!(
                most <= tolerance && most > 0.9 * tolerance,
                "{most} of {tolerance}"
            );
            assert!(
                least >= -tolerance && least < -0.9 * tolerance,
                "{least} of {tolerance}"
            );
        }
    }
}
