//! Fixed pattern damage: finder legs, their quiet zones, clock tracks and what lies beside them. PURE.
//!
//! After ISO/IEC 16022 annex M with its corrigendum of 2008. What the public sources leave open is settled here:
//! - a leg reaches from its clock-track end to the corner, and the corner belongs to both legs;
//! - a quiet zone is one module wide; the corner module outside the finder's corner belongs to both quiet zones;
//! - in symbols of several regions the outer legs and their quiet zones are graded region by region; the solid lines
//!   inside stand beside a clock track and are graded with it; of all repeats the worst counts;
//! - a module in the wrong state has no modulation: it is damaged at every level.

use super::scale::{AVERAGE, DAMAGE, Score, TRACK, TRANSITIONS, falling, falling_strictly, rising};
use crate::vision::size::Size;

/// Trend levels in tenths, the best.
const LEVEL_BEST: u8 = 40;
/// In a window of this many modules of a clock track …
const WINDOW: usize = 5;
/// … at most so many may be wrong.
const WINDOW_WRONG_MAX: usize = 2;

/// The five segments of the fixed pattern and what comes of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixedPattern {
    /// L1, the left leg of the finder.
    pub left_leg: Score,
    /// L2, the lower leg of the finder.
    pub lower_leg: Score,
    /// QZL1, the quiet zone along the left leg.
    pub left_quiet: Score,
    /// QZL2, the quiet zone along the lower leg.
    pub lower_quiet: Score,
    /// The clock tracks with the quiet or solid lines beside them.
    pub clock: Score,
    /// AG, the grade of the mean of these five.
    pub average: Score,
    /// The lowest of all.
    pub score: Score,
}

/// The levels (tenths of a grade, 0–40) of the symbol's modules and of the ring of quiet modules around it, row by row.
pub(super) struct Levels<'a> {
    pub(super) levels: &'a [u8],
    pub(super) size: &'a Size,
}

/// A straight row of modules in the ring's own coordinates: where it begins, which way it runs, how long it is.
#[derive(Clone, Copy)]
struct Run {
    first: usize,
    stride: usize,
    length: usize,
}

impl Run {
    fn places(self) -> impl Iterator<Item = usize> {
        (0..self.length).map(move |at| self.first + at * self.stride)
    }
}

impl Levels<'_> {
    fn width(&self) -> usize {
        self.size.columns + 2
    }

    /// A run from a module (counted with the ring) to the right.
    fn across(&self, row: usize, column: usize, length: usize) -> Run {
        Run {
            first: row * self.width() + column,
            stride: 1,
            length,
        }
    }

    /// A run from a module (counted with the ring) downwards.
    fn down(&self, row: usize, column: usize, length: usize) -> Run {
        Run {
            stride: self.width(),
            ..self.across(row, column, length)
        }
    }

    fn whole(&self, run: Run) -> bool {
        run.places().all(|at| self.levels[at] >= LEVEL_BEST)
    }

    /// The overlay over one segment: the largest of min(L, grade of what is damaged at L).
    fn overlaid(&self, runs: &[Run], damage: impl Fn(u8) -> Score) -> Score {
        if runs.iter().all(|run| self.whole(*run)) {
            return Score::BEST;
        }
        let (mut whole, mut trend) = (0, 0.0f32);
        for level in 1..=LEVEL_BEST {
            let left = damage(level);
            trend = trend.max(left.trend.min(f32::from(level) / 10.0));
            if level % 10 == 0 {
                whole = whole.max(left.whole.min(level / 10));
            }
        }
        Score::new(whole, trend)
    }

    /// A leg of the finder or its quiet zone.
    fn line(&self, run: Run) -> Score {
        self.overlaid(&[run], |level| falling(self.damaged(run, level), DAMAGE))
    }

    /// A clock track and the line beside it.
    fn clock(&self, track: Run, beside: Run) -> Score {
        self.overlaid(&[track, beside], |level| {
            let on_track = self.transitions(track, level, true);
            let on_line = self.transitions(beside, level, false).saturating_sub(1);
            let ratio = match on_track {
                0 => f32::INFINITY,
                on_track => on_line as f32 / on_track as f32,
            };
            let regular = match self.regular(track, level) {
                true => Score::BEST,
                false => Score::WORST,
            };
            falling_strictly(ratio, TRANSITIONS)
                .lower(falling_strictly(self.damaged(track, level), TRACK))
                .lower(falling_strictly(self.damaged(beside, level), TRACK))
                .lower(regular)
        })
    }

    /// The share of a run's modules below a level.
    fn damaged(&self, run: Run, level: u8) -> f32 {
        let damaged = run.places().filter(|at| self.levels[*at] < level).count();
        damaged as f32 / run.length as f32
    }

    /// Changes of colour along a run in which every module below the level has the wrong colour.
    fn transitions(&self, run: Run, level: u8, alternating: bool) -> usize {
        let wrong = |at: usize| self.levels[at] < level;
        let pairs = run.places().zip(run.places().skip(1));
        let changes = pairs.filter(|(one, next)| (wrong(*one) != wrong(*next)) != alternating);
        changes.count()
    }

    fn regular(&self, track: Run, level: u8) -> bool {
        let wrong = |at: &usize| self.levels[*at] < level;
        let windows = track.length.saturating_sub(WINDOW - 1);
        (0..windows.max(1)).all(|from| {
            let window = track.places().skip(from).take(WINDOW);
            window.filter(wrong).count() <= WINDOW_WRONG_MAX
        })
    }

    /// Grades the whole fixed pattern.
    pub(super) fn grade(&self) -> FixedPattern {
        let size = self.size;
        let (height, width) = (size.region_rows(), size.region_columns());
        let worst =
            |scores: &mut dyn Iterator<Item = Score>| scores.fold(Score::BEST, Score::lower);
        let tops = || (0..size.regions_down).map(|region| 1 + region * height);
        let lefts = || (0..size.regions_across).map(|region| 1 + region * width);
        let bottom = size.rows;
        let left_leg = worst(&mut tops().map(|top| self.line(self.down(top, 1, height))));
        let lower_leg = worst(&mut lefts().map(|left| self.line(self.across(bottom, left, width))));
        let left_quiet = worst(&mut tops().map(|top| {
            let with_corner = usize::from(top + height > bottom);
            self.line(self.down(top, 0, height + with_corner))
        }));
        let lower_quiet = worst(&mut lefts().map(|left| {
            let with_corner = usize::from(left == 1);
            self.line(self.across(bottom + 1, left - with_corner, width + with_corner))
        }));
        let regions = tops().flat_map(|top| lefts().map(move |left| (top, left)));
        let clock = worst(&mut regions.map(|(top, left)| {
            let above = self.clock(
                self.across(top, left, width),
                self.across(top - 1, left, width),
            );
            let right = left + width - 1;
            let beside = self.clock(
                self.down(top, right, height),
                self.down(top, right + 1, height),
            );
            above.lower(beside)
        }));
        let segments = [left_leg, lower_leg, left_quiet, lower_quiet, clock];
        let mean = |value: &dyn Fn(&Score) -> f32| segments.iter().map(value).sum::<f32>() / 5.0;
        let average = Score::new(
            rising(mean(&|score| f32::from(score.whole)), AVERAGE).whole,
            rising(mean(&|score| score.trend), AVERAGE).trend,
        );
        FixedPattern {
            left_leg,
            lower_leg,
            left_quiet,
            lower_quiet,
            clock,
            average,
            score: segments.into_iter().fold(average, Score::lower),
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    /// A symbol with every module at its best, then some at a level; places are (row, column), the ring at −1.
    fn graded((rows, columns): (usize, usize), damaged: &[(i32, i32)], level: u8) -> FixedPattern {
        let size = Size::of(rows, columns).unwrap();
        let mut levels = vec![LEVEL_BEST; (rows + 2) * (columns + 2)];
        for (row, column) in damaged {
            levels[(row + 1) as usize * (columns + 2) + (column + 1) as usize] = level;
        }
        Levels {
            levels: &levels,
            size,
        }
        .grade()
    }

    fn whole(pattern: FixedPattern) -> [u8; 7] {
        [
            pattern.left_leg,
            pattern.lower_leg,
            pattern.left_quiet,
            pattern.lower_quiet,
            pattern.clock,
            pattern.average,
            pattern.score,
        ]
        .map(|score| score.whole)
    }

    #[test]
    fn legs_and_quiet_zones_lose_by_the_share_of_damage() {
        assert_eq!(whole(graded((26, 26), &[], 0)), [4; 7]);
        // 1 and 2 of 26 are up to 9 %, 3 are 11.5 %, 4 are 15.4 %, 5 are 19.2 %.
        for (damaged, grade) in [(1, 3), (2, 3), (3, 2), (4, 1), (5, 0)] {
            let places: Vec<_> = (0..damaged).map(|at| (4 + 3 * at, 0)).collect();
            let found = whole(graded((26, 26), &places, 0));
            assert_eq!(found[..5], [grade, 4, 4, 4, 4], "{damaged} of 26");
            assert_eq!(found[6], grade);
        }
        let quiet: Vec<_> = (0..3).map(|at| (26, 5 + at)).collect();
        assert_eq!(whole(graded((26, 26), &quiet, 0))[..5], [4, 4, 4, 2, 4]);
        // The corner is of both legs, and the corner outside it of both quiet zones.
        assert_eq!(whole(graded((26, 26), &[(25, 0)], 0))[..5], [3, 3, 4, 4, 4]);
        assert_eq!(
            whole(graded((26, 26), &[(26, -1)], 0))[..5],
            [4, 4, 3, 3, 4]
        );
    }

    #[test]
    fn weak_modules_damage_only_the_levels_above_theirs() {
        // Ten modules of the left leg at grade 2: at level 3 and 4 they are damage, at level 2 they are sound.
        let places: Vec<_> = (0..10).map(|at| (at, 0)).collect();
        assert_eq!(whole(graded((26, 26), &places, 20))[0], 2);
        assert_eq!(whole(graded((26, 26), &places, 0))[0], 0);
    }

    #[test]
    fn several_segments_at_three_bring_the_average_down() {
        // Three segments at 3: mean 3.4, which is a 2 by the average rule.
        let found = whole(graded((26, 26), &[(9, 0), (25, 12), (9, -1)], 0));
        assert_eq!(found, [3, 3, 3, 4, 4, 2, 2]);
    }

    #[test]
    fn clock_tracks_lose_by_transitions_damage_and_gaps() {
        // One wrong module in the quiet line: two changes less one, 1/25 = 4 %.
        assert_eq!(whole(graded((26, 26), &[(-1, 7)], 0))[4], 4);
        // Two apart: four changes less one, 3/25 = 12 %, which is no longer below the last limit.
        assert_eq!(whole(graded((26, 26), &[(-1, 7), (-1, 12)], 0))[4], 0);
        // Two together: one hole.
        assert_eq!(whole(graded((26, 26), &[(-1, 7), (-1, 8)], 0))[4], 4);
        // 3 of 26 clock modules: 11.5 %.
        assert_eq!(whole(graded((26, 26), &[(0, 3), (0, 9), (0, 15)], 0))[4], 3);
        // Three within five.
        assert_eq!(whole(graded((26, 26), &[(0, 3), (0, 5), (0, 7)], 0))[4], 0);
        assert_eq!(
            whole(graded((26, 26), &[(3, 25), (9, 25), (15, 25)], 0))[4],
            3
        );
    }

    #[test]
    fn regions_are_graded_one_by_one() {
        // 32×32 has legs of 16 modules a region: 2 of 16 are 12.5 %, though 6 % of the whole side.
        assert_eq!(whole(graded((32, 32), &[(18, 0), (20, 0)], 0))[0], 2);
        // The solid line inside stands beside a clock track: two holes are 3/15 of the transitions.
        assert_eq!(
            whole(graded((32, 32), &[(15, 3), (15, 9)], 0))[..5],
            [4, 4, 4, 4, 0]
        );
        assert_eq!(whole(graded((8, 32), &[(3, 15), (4, 15)], 0))[4], 0);
    }
}
