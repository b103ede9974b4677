//! Cuts a line of known text into its characters without knowing the font. PURE.
//!
//! Cuts run through as little ink as may be, a character's cell holds ink and a blank's none. Even cuts are tried
//! first, as fonts of fixed pitch need them; where uneven ones are clearly better, the best row of them is found by
//! dynamic programming.

use super::deck::dot;

/// Widths a cell may have, as shares of the mean.
const NARROWEST: f32 = 0.45;
const WIDEST: f32 = 1.6;

/// What uneven cells cost against ink that is cut through.
const UNEVEN_COST: f32 = 0.6;

/// How much more ink, on the mean, even cuts may run through before the font is taken for one without fixed pitch.
const EVEN_WORSE_MAX: f32 = 0.08;

/// Finest steps of an even row of cuts, in columns: its beginning, and its length.
const BEGIN_STEP: f32 = 0.25;
const LENGTH_STEP: f32 = 0.5;

/// What ink in a blank, or none in a character, costs.
const WRONG_INK_COST: f32 = 4.0;

/// Mean advances that are tried between the least and the most that the ink allows.
const ADVANCES: usize = 8;

/// Where the cells of a line begin, and where the last ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cuts {
    /// Columns, one more than there are characters.
    pub at: Vec<f32>,
    /// Ink that the cuts run through on the mean, as a share of the usual ink of a column.
    pub mean: f32,
}

/// Cuts a line of `blanks.len()` characters (`true` is a blank) out of the ink by column, 0 to about 1.
///
/// `None` when there is no ink, or not enough columns.
pub(super) fn cut(ink: &[f32], blanks: &[bool], inked_from: f32) -> Option<Cuts> {
    let first = ink.iter().position(|ink| *ink >= inked_from)?;
    let last = ink.iter().rposition(|ink| *ink >= inked_from)?;
    let extent = (last + 1 - first) as f32;
    let count = blanks.len() as f32;
    // The ink lacks the free edges of the first and the last cell, at most about half of one.
    let (least, most) = (extent / count, extent / (count - 0.5));
    let line = Line {
        ink,
        blanks,
        first,
        last,
        inked_from,
    };
    let tried = (0..=ADVANCES).map(|step| least + (most - least) * step as f32 / ADVANCES as f32);
    let free = tried
        .filter_map(|advance| line.uneven(advance))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let even = line.even(least, most);
    match (even, free) {
        (Some((even_cost, even)), Some((free_cost, free))) => {
            let is_even = even.mean <= free.mean + EVEN_WORSE_MAX
                && even_cost < free_cost + WRONG_INK_COST / 2.0;
            Some(if is_even { even } else { free })
        }
        (even, free) => even.or(free).map(|(_, cuts)| cuts),
    }
}

struct Line<'a> {
    ink: &'a [f32],
    blanks: &'a [bool],
    first: usize,
    last: usize,
    inked_from: f32,
}

impl Line<'_> {
    /// Cost and cuts of the best even row.
    fn even(&self, least: f32, most: f32) -> Option<(f32, Cuts)> {
        let cells = self.blanks.len();
        let (mut best, mut best_cost) = (None, f32::INFINITY);
        let lengths = ((most - least) * cells as f32 / LENGTH_STEP).ceil() as usize;
        for step in 0..=lengths {
            let advance = least + step as f32 * LENGTH_STEP / cells as f32;
            let begins = (advance * 0.6 / BEGIN_STEP) as usize;
            for begin in 0..=begins {
                let start = self.first as f32 - begin as f32 * BEGIN_STEP;
                let end = start + advance * cells as f32;
                if end + BEGIN_STEP < self.last as f32 + 1.0
                    || end > (self.ink.len() as f32).min(self.last as f32 + 2.0 + advance * 0.6)
                {
                    continue;
                }
                let at = |cell: usize| (start + advance * cell as f32).max(0.0);
                let column = |cell: usize| (at(cell).round() as usize).min(self.ink.len());
                let cut = (1..cells)
                    .map(|cell| self.ink_between(at(cell)))
                    .sum::<f32>();
                let wrong: f32 = (0..cells)
                    .map(|cell| self.cell_cost(cell, column(cell), column(cell + 1)))
                    .sum();
                if cut + wrong < best_cost {
                    (best, best_cost) = (Some((start, advance, cut)), cut + wrong);
                }
            }
        }
        let (start, advance, cut) = best?;
        let at = (0..=cells)
            .map(|cell| (start + advance * cell as f32).max(0.0))
            .collect();
        Some((
            best_cost,
            Cuts {
                at,
                mean: cut / cells as f32,
            },
        ))
    }

    /// Cost and cuts of the best uneven row with a mean advance.
    fn uneven(&self, advance: f32) -> Option<(f32, Cuts)> {
        let widths = (advance * NARROWEST).max(2.0) as usize..=(advance * WIDEST).ceil() as usize;
        let columns = self.ink.len() + 1;
        let cells = self.blanks.len();
        let mut costs = vec![f32::INFINITY; (cells + 1) * columns];
        let mut from = vec![0u32; (cells + 1) * columns];
        let earliest = self.first.saturating_sub((advance * 0.6) as usize);
        costs[earliest..=self.first].fill(0.0);
        for cell in 0..cells {
            for start in 0..columns {
                let before = costs[cell * columns + start];
                if !before.is_finite() {
                    continue;
                }
                for width in widths.clone().take_while(|width| start + width < columns) {
                    let end = start + width;
                    let uneven = (width as f32 - advance) / advance;
                    let cost = before
                        + UNEVEN_COST * uneven * uneven
                        + self.ink_at(end)
                        + self.cell_cost(cell, start, end);
                    let place = (cell + 1) * columns + end;
                    if cost < costs[place] {
                        costs[place] = cost;
                        from[place] = start as u32;
                    }
                }
            }
        }
        let ends = self.last + 1..columns.min(self.last + 2 + (advance * 0.6) as usize);
        let end =
            ends.min_by(|a, b| costs[cells * columns + a].total_cmp(&costs[cells * columns + b]))?;
        let cost = costs[cells * columns + end];
        if !cost.is_finite() {
            return None;
        }
        let mut at = vec![end];
        for cell in (1..=cells).rev() {
            at.push(from[cell * columns + at[at.len() - 1]] as usize);
        }
        at.reverse();
        let mean = at[1..cells]
            .iter()
            .map(|cut| self.ink_at(*cut))
            .sum::<f32>()
            / cells as f32;
        let at = at.into_iter().map(|column| column as f32).collect();
        Some((cost, Cuts { at, mean }))
    }

    /// Ink at the edge between a column and the one before it.
    fn ink_at(&self, edge: usize) -> f32 {
        let column = |at: Option<usize>| {
            at.and_then(|at| self.ink.get(at))
                .copied()
                .unwrap_or(0.0)
                .max(0.0)
        };
        (column(edge.checked_sub(1)) + column(Some(edge))) / 2.0
    }

    /// Ink at an edge anywhere between columns.
    fn ink_between(&self, edge: f32) -> f32 {
        let (whole, part) = (edge.floor(), edge - edge.floor());
        let at = whole.max(0.0) as usize;
        self.ink_at(at) * (1.0 - part) + self.ink_at(at + 1) * part
    }

    fn cell_cost(&self, cell: usize, start: usize, end: usize) -> f32 {
        let inside = &self.ink[start..end];
        let most = inside.iter().fold(0.0f32, |most, ink| most.max(*ink));
        let wrong = if self.blanks[cell] {
            most > self.inked_from
        } else {
            most < self.inked_from
        };
        // The squares prefer one blank column among inked ones to the reverse.
        let share = dot(inside, inside).max(0.0).sqrt().min(1.0);
        if wrong {
            WRONG_INK_COST
                * if self.blanks[cell] {
                    share.max(0.1)
                } else {
                    1.0
                }
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    /// A letter `#` has ink, `.` has none; columns of a line.
    fn ink(line: &str) -> Vec<f32> {
        line.chars()
            .map(|c| if c == '#' { 0.9 } else { 0.02 })
            .collect()
    }

    fn inked(line: &[f32], cuts: &Cuts) -> Vec<usize> {
        let cell = |pair: &[f32]| &line[pair[0].round() as usize..pair[1].round() as usize];
        cuts.at
            .windows(2)
            .map(|pair| cell(pair).iter().filter(|ink| **ink > 0.5).count())
            .collect()
    }

    #[test]
    fn even_letters_narrow_letters_and_blanks_are_cut_apart() {
        for (line, blanks, wanted) in [
            (
                "....########..########......##......########....",
                [false; 4],
                [8, 8, 2, 8],
            ),
            (
                "....####..##########..##..##########....",
                [false; 4],
                [4, 10, 2, 10],
            ),
            (
                "..########..########............########....",
                [false, false, true, false],
                [8, 8, 0, 8],
            ),
        ] {
            let line = ink(line);
            let cuts = cut(&line, &blanks, 0.3).unwrap();
            assert_eq!(inked(&line, &cuts), wanted);
            assert!(cuts.mean < 0.1);
        }
    }

    #[test]
    fn letters_that_touch_show_in_the_cuts_and_no_ink_gives_none() {
        assert_eq!(cut(&ink("......"), &[false], 0.3), None);
        assert!(
            cut(&ink("..##############################.."), &[false; 3], 0.3)
                .unwrap()
                .mean
                > 0.5
        );
    }
}
