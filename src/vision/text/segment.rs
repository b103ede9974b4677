//! Cuts a line of known text into its characters without knowing the font. PURE.
//!
//! The best row of cuts is found by dynamic programming: cuts run through as little ink as may be, cells are as even as
//! may be, a character's cell holds ink and a blank's none.

use super::deck::dot;

/// Widths a cell may have, as shares of the mean.
const NARROWEST: f32 = 0.45;
const WIDEST: f32 = 1.6;

/// What uneven cells cost against ink that is cut through, in a font of fixed pitch and in another.
const UNEVEN_COST_FIXED: f32 = 40.0;
const UNEVEN_COST: f32 = 0.6;

/// How much more ink, on the mean, fixed cuts may run through before the font is taken for one without fixed pitch.
const FIXED_WORSE_MAX: f32 = 0.08;

/// What ink in a blank, or none in a character, costs.
const WRONG_INK_COST: f32 = 4.0;

/// Mean advances that are tried between the least and the most that the ink allows.
const ADVANCES: usize = 8;

/// Where the cells of a line begin, and where the last ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cuts {
    /// Columns, one more than there are characters.
    pub at: Vec<usize>,
    /// Ink that the worst cut runs through, as a share of the usual ink of a column.
    pub worst: f32,
    /// The same of all cuts, on the mean.
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
    let tried = (0..=ADVANCES).map(|step| least + (most - least) * step as f32 / ADVANCES as f32);
    let best = |uneven_cost: f32| {
        let line = Line { ink, blanks, first, last, inked_from, uneven_cost };
        let all = tried.clone().filter_map(|advance| line.best(advance));
        all.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, cuts)| cuts)
    };
    let (fixed, free) = (best(UNEVEN_COST_FIXED)?, best(UNEVEN_COST)?);
    let is_fixed = fixed.mean <= free.mean + FIXED_WORSE_MAX && fixed.worst <= free.worst.max(0.5);
    Some(if is_fixed { fixed } else { free })
}

struct Line<'a> {
    ink: &'a [f32],
    blanks: &'a [bool],
    first: usize,
    last: usize,
    inked_from: f32,
    uneven_cost: f32,
}

impl Line<'_> {
    /// Cost and cuts for a mean advance.
    fn best(&self, advance: f32) -> Option<(f32, Cuts)> {
        let widths = (advance * NARROWEST).max(2.0) as usize..=(advance * WIDEST).ceil() as usize;
        let columns = self.ink.len() + 1;
        let cells = self.blanks.len();
        let mut costs = vec![f32::INFINITY; (cells + 1) * columns];
        let mut from = vec![0u32; (cells + 1) * columns];
        let earliest = self.first.saturating_sub((advance * 0.6) as usize);
        for start in earliest..=self.first {
            costs[start] = 0.0;
        }
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
                        + self.uneven_cost * uneven * uneven
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
        let end = ends.min_by(|a, b| costs[cells * columns + a].total_cmp(&costs[cells * columns + b]))?;
        let cost = costs[cells * columns + end];
        if !cost.is_finite() {
            return None;
        }
        let mut at = vec![end];
        for cell in (1..=cells).rev() {
            at.push(from[cell * columns + at[at.len() - 1]] as usize);
        }
        at.reverse();
        let worst = at[1..cells].iter().map(|cut| self.ink_at(*cut)).fold(0.0, f32::max);
        let mean = at[1..cells].iter().map(|cut| self.ink_at(*cut)).sum::<f32>() / cells as f32;
        Some((cost, Cuts { at, worst, mean }))
    }

    /// Ink at the edge between a column and the one before it.
    fn ink_at(&self, edge: usize) -> f32 {
        let column = |at: Option<usize>| at.and_then(|at| self.ink.get(at)).copied().unwrap_or(0.0).max(0.0);
        (column(edge.checked_sub(1)) + column(Some(edge))) / 2.0
    }

    fn cell_cost(&self, cell: usize, start: usize, end: usize) -> f32 {
        let inside = &self.ink[start..end];
        let most = inside.iter().fold(0.0f32, |most, ink| most.max(*ink));
        let wrong = if self.blanks[cell] { most > self.inked_from } else { most < self.inked_from };
        // The squares prefer one blank column among inked ones to the reverse.
        let share = dot(inside, inside).max(0.0).sqrt().min(1.0);
        if wrong { WRONG_INK_COST * if self.blanks[cell] { share.max(0.1) } else { 1.0 } } else { 0.0 }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    /// A letter `#` has ink, `.` has none; columns of a line.
    fn ink(line: &str) -> Vec<f32> {
        line.chars().map(|c| if c == '#' { 0.9 } else { 0.02 }).collect()
    }

    #[test]
    fn even_and_narrow_letters_and_blanks_are_cut_apart() {
        let line = ink("....########..########..........##.....########....");
        let cuts = cut(&line, &[false, false, false, false], 0.3).unwrap();
        assert!(cuts.worst < 0.1);
        let inside = |cell: usize| line[cuts.at[cell]..cuts.at[cell + 1]].iter().filter(|ink| **ink > 0.5).count();
        assert_eq!((0..4).map(inside).collect::<Vec<_>>(), [8, 8, 2, 8]);
        let with_blank = ink("..########..########............########....");
        let cuts = cut(&with_blank, &[false, false, true, false], 0.3).unwrap();
        let inside = |cell: usize| with_blank[cuts.at[cell]..cuts.at[cell + 1]].iter().filter(|ink| **ink > 0.5).count();
        assert_eq!((0..4).map(inside).collect::<Vec<_>>(), [8, 8, 0, 8]);
    }

    #[test]
    fn too_few_letters_show_in_the_worst_cut_or_in_no_cut_at_all() {
        assert_eq!(cut(&ink("......"), &[false], 0.3), None);
        let one_block = ink("..##############################..");
        assert!(cut(&one_block, &[false, false, false], 0.3).unwrap().worst > 0.5);
    }
}
