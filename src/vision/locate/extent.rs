//! Which rectangle of a lattice's cells is the symbol: the fixed pattern as a score, not as a condition. PURE.
//!
//! For every size, place and turn the cells where finder, clock track and quiet zone should be are summed; the sum over its
//! own expected scatter is the score. A missing L costs its share of the score and no more: clock tracks and quiet zones
//! carry it. The best few go on to the decoder.

use super::cells::Cells;
use crate::vision::geometry::Homography;
use crate::vision::size::{SIZES, Size};

/// A rectangle of cells that may be a symbol.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rectangle {
    /// Size in the symbol's own orientation.
    pub size: &'static Size,
    /// First row of cells.
    pub row: usize,
    /// First column of cells.
    pub column: usize,
    /// Where the corner of the solid L lies: 0 bottom left, 1 top left, 2 top right, 3 bottom right.
    pub turn: u8,
    /// Light on dark.
    pub inverted: bool,
    /// Seen in a mirror: only rectangular sizes show it by their shape; for squares the decoder finds out.
    pub mirrored: bool,
    /// How well the fixed pattern fits, in standard deviations of cells that know nothing.
    pub score: f32,
}

/// Weight of the quiet zone beside the fixed pattern's one: it may hold clutter.
const QUIET: f32 = 0.5;

/// Sums of cells from the left and from the top, plain and with alternating sign.
#[derive(Default)]
pub struct Extents {
    across: Vec<f32>,
    across_alternating: Vec<f32>,
    down: Vec<f32>,
    down_alternating: Vec<f32>,
    columns: usize,
    rows: usize,
    /// The best rectangles, best first.
    pub best: Vec<Rectangle>,
}

/// What to look for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Only this size.
    pub size: Option<&'static Size>,
    /// Rectangular sizes, too.
    pub rectangles: bool,
    /// Most rectangles kept.
    pub keep: usize,
    /// Least score.
    pub score_min: f32,
}

impl Extents {
    /// Finds the best rectangles.
    pub fn find(&mut self, cells: &Cells, wanted: Wanted) {
        self.prepare(cells);
        self.best.clear();
        for size in &SIZES {
            let fits = match wanted.size {
                Some(only) => std::ptr::eq(only, size),
                None => size.is_square() || wanted.rectangles,
            };
            if !fits {
                continue;
            }
            self.search(size, (size.rows, size.columns), wanted);
            if !size.is_square() {
                self.search(size, (size.columns, size.rows), wanted);
            }
        }
        for at in 0..self.best.len() {
            self.best[at].score = with_inner_bars(cells, &self.best[at]);
        }
        self.best
            .sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
    }

    fn prepare(&mut self, cells: &Cells) {
        (self.columns, self.rows) = (cells.columns, cells.rows);
        let (columns, rows) = (self.columns, self.rows);
        for sums in [&mut self.across, &mut self.across_alternating] {
            sums.clear();
            sums.resize((columns + 1) * rows, 0.0);
        }
        for sums in [&mut self.down, &mut self.down_alternating] {
            sums.clear();
            sums.resize(columns * (rows + 1), 0.0);
        }
        let sign = |at: usize| if at.is_multiple_of(2) { 1.0 } else { -1.0 };
        for row in 0..rows {
            for column in 0..columns {
                let soft = cells.soft[row * columns + column].clamp(-1.0, 1.0);
                let at = row * (columns + 1) + column;
                self.across[at + 1] = self.across[at] + soft;
                self.across_alternating[at + 1] = self.across_alternating[at] + soft * sign(column);
                let at = row * columns + column;
                self.down[at + columns] = self.down[at] + soft;
                self.down_alternating[at + columns] = self.down_alternating[at] + soft * sign(row);
            }
        }
    }

    /// All places of one shape, `height × width` cells as they lie in the lattice.
    fn search(&mut self, size: &'static Size, (height, width): (usize, usize), wanted: Wanted) {
        if self.rows < height + 2 || self.columns < width + 2 {
            return;
        }
        let scatter = {
            let sides = (2 * (width + height)) as f32;
            (sides * (1.0 + QUIET * QUIET)).sqrt()
        };
        for row in 1..self.rows - height {
            for column in 1..self.columns - width {
                let edge = self.edge(row, column, height, width);
                let quiet = -QUIET * edge.quiet;
                for turn in 0..4u8 {
                    let (level, upright) = edge.turned(turn, row, column, height, width);
                    let fixed = level + upright;
                    for (inverted, sum) in [(false, fixed + quiet), (true, -fixed - quiet)] {
                        let score = sum / scatter;
                        if score > wanted.score_min {
                            let mirrored =
                                !size.is_square() && (turn % 2 == 0) != (height == size.rows);
                            let one = Rectangle {
                                size,
                                row,
                                column,
                                turn,
                                inverted,
                                mirrored,
                                score,
                            };
                            self.offer(one, wanted.keep);
                        }
                    }
                }
            }
        }
    }

    fn offer(&mut self, one: Rectangle, keep: usize) {
        if self.best.len() == keep && self.best[keep - 1].score >= one.score {
            return;
        }
        let place = self.best.partition_point(|other| other.score >= one.score);
        if self.best.len() == keep {
            self.best.pop();
        }
        self.best.insert(place, one);
    }

    fn edge(&self, row: usize, column: usize, height: usize, width: usize) -> Edge {
        let line = |sums: &[f32], row: usize| {
            let from = row * (self.columns + 1) + column;
            sums[from + width] - sums[from]
        };
        let column_of = |sums: &[f32], column: usize| {
            let from = row * self.columns + column;
            sums[from + height * self.columns] - sums[from]
        };
        let (last_row, last_column) = (row + height - 1, column + width - 1);
        let quiet = line(&self.across, row - 1)
            + line(&self.across, last_row + 1)
            + column_of(&self.down, column - 1)
            + column_of(&self.down, last_column + 1);
        Edge {
            top: (line(&self.across, row), line(&self.across_alternating, row)),
            bottom: (
                line(&self.across, last_row),
                line(&self.across_alternating, last_row),
            ),
            left: (
                column_of(&self.down, column),
                column_of(&self.down_alternating, column),
            ),
            right: (
                column_of(&self.down, last_column),
                column_of(&self.down_alternating, last_column),
            ),
            quiet,
        }
    }
}

/// Plain and alternating sums of the four sides, plain sum of the ring around them.
struct Edge {
    top: (f32, f32),
    bottom: (f32, f32),
    left: (f32, f32),
    right: (f32, f32),
    quiet: f32,
}

impl Edge {
    /// Sum over the horizontal and over the vertical sides for one corner of the L.
    fn turned(
        &self,
        turn: u8,
        row: usize,
        column: usize,
        height: usize,
        width: usize,
    ) -> (f32, f32) {
        let sign = |at: usize| if at.is_multiple_of(2) { 1.0 } else { -1.0 };
        // A clock track is dark at the end where it meets the L.
        let (left_end, right_end) = (sign(column), sign(column + width - 1));
        let (top_end, bottom_end) = (sign(row), sign(row + height - 1));
        match turn {
            0 => (
                self.bottom.0 + self.top.1 * left_end,
                self.left.0 + self.right.1 * bottom_end,
            ),
            1 => (
                self.top.0 + self.bottom.1 * left_end,
                self.left.0 + self.right.1 * top_end,
            ),
            2 => (
                self.top.0 + self.bottom.1 * right_end,
                self.right.0 + self.left.1 * top_end,
            ),
            _ => (
                self.bottom.0 + self.top.1 * right_end,
                self.right.0 + self.left.1 * bottom_end,
            ),
        }
    }
}

impl Rectangle {
    /// The score as a share of the best possible for the size: 1 is a perfect fixed pattern and quiet zone.
    pub fn fit(&self) -> f32 {
        let size = self.size;
        let sides = (2 * (size.rows + size.columns)) as f32;
        let lines = (size.regions_down - 1) * size.columns + (size.regions_across - 1) * size.rows;
        let inner = (2 * lines) as f32;
        let most = (sides * (1.0 + QUIET) + inner) / (sides * (1.0 + QUIET * QUIET) + inner).sqrt();
        self.score / most
    }

    /// Where it lies in lattice coordinates, with a module around: least a, least b, greatest a, greatest b.
    pub fn part(&self, cells: &Cells) -> [f32; 4] {
        let upright = (self.turn % 2 == 0) != self.mirrored;
        let (width, height) = match upright {
            true => (self.size.columns, self.size.rows),
            false => (self.size.rows, self.size.columns),
        };
        let a = cells.first_a as f32 + self.column as f32;
        let b = cells.first_b as f32 + self.row as f32;
        [
            a - 1.0,
            b - 1.0,
            a + width as f32 + 1.0,
            b + height as f32 + 1.0,
        ]
    }

    /// The cell of a module of the symbol's own orientation, mirrored or not.
    pub fn cell(&self, row: usize, column: usize, mirrored: bool) -> (usize, usize) {
        let (rows, columns) = (self.size.rows, self.size.columns);
        // As seen with the L at the bottom left; a mirrored symbol is flipped on the diagonal through that corner.
        let (height, width, r, c) = match mirrored {
            true => (columns, rows, columns - 1 - column, rows - 1 - row),
            false => (rows, columns, row, column),
        };
        // Turned so that the corner comes to where it lies.
        let (r, c) = match self.turn {
            0 => (r, c),
            1 => (c, height - 1 - r),
            2 => (height - 1 - r, width - 1 - c),
            _ => (width - 1 - c, r),
        };
        (self.row + r, self.column + c)
    }

    /// From module coordinates of the symbol's own orientation to cells: the continuous counterpart of [`Self::cell`].
    pub fn to_cells(&self, mirrored: bool) -> Homography {
        let (rows, columns) = (self.size.rows as f64, self.size.columns as f64);
        let affine = |xx, xy, x0, yx, yy, y0| Homography([xx, xy, x0, yx, yy, y0, 0.0, 0.0, 1.0]);
        let (height, width, flip) = match mirrored {
            true => (columns, rows, affine(0.0, -1.0, rows, -1.0, 0.0, columns)),
            false => (rows, columns, Homography::IDENTITY),
        };
        let turn = match self.turn {
            0 => Homography::IDENTITY,
            1 => affine(0.0, -1.0, height, 1.0, 0.0, 0.0),
            2 => affine(-1.0, 0.0, width, 0.0, -1.0, height),
            _ => affine(0.0, 1.0, 0.0, -1.0, 0.0, width),
        };
        flip.then(&turn)
            .then(&Homography::shift(self.column as f64, self.row as f64))
    }
}

/// The score with the bars between regions counted as well.
fn with_inner_bars(cells: &Cells, one: &Rectangle) -> f32 {
    let size = one.size;
    if size.regions_across == 1 && size.regions_down == 1 {
        return one.score;
    }
    let sign = if one.inverted { -1.0 } else { 1.0 };
    let (mut sum, mut count) = (0.0, 0.0);
    for row in 0..size.rows {
        for column in 0..size.columns {
            let on_rim =
                row == 0 || column == 0 || row + 1 == size.rows || column + 1 == size.columns;
            let Some(dark) = size.fixed(row, column).filter(|_| !on_rim) else {
                continue;
            };
            let (r, c) = one.cell(row, column, one.mirrored);
            let soft = cells.soft[r * cells.columns + c].clamp(-1.0, 1.0) * sign;
            sum += if dark { soft } else { -soft };
            count += 1.0;
        }
    }
    let sides = (2 * (size.rows + size.columns)) as f32 * (1.0 + QUIET * QUIET);
    (one.score * sides.sqrt() + sum) / (sides + count).sqrt()
}
