//! Which rectangle of a lattice's cells is the symbol: the fixed pattern as a score, not as a condition. PURE.
//!
//! For every size, place and turn the cells where finder, clock track and quiet zone should be are summed; the sum
//! over its own expected scatter is the score. A missing L costs its share of the score and no more: clock tracks and
//! quiet zones carry it. The best few go on to the decoder.

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

/// Units of one cell in the sums. A symbol's whole rim and half its quiet zone stay below 2¹⁵ units, so that sums are
/// `i16` and eight places are looked at in one step.
const UNIT: f32 = 32.0;

/// Sums of cells from the left and from the top, plain and with alternating sign.
#[derive(Default)]
pub struct Extents {
    across: [Vec<i16>; 2],
    down: [Vec<i16>; 2],
    columns: usize,
    rows: usize,
    /// Sums over the sides of the shape at work, by the cell where the side begins; alternating ones begin positive.
    level: [Vec<i16>; 2],
    upright: [Vec<i16>; 2],
    /// The best sum of each place of one row.
    sums: Vec<i16>,
    signs: Vec<i16>,
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
        for sums in self.across.iter_mut().chain(&mut self.down) {
            sums.clear();
            sums.resize((columns + 1) * (rows + 1), 0);
        }
        for sums in self.level.iter_mut().chain(&mut self.upright) {
            sums.resize(columns * rows, 0);
        }
        self.sums.resize(columns, 0);
        self.signs.clear();
        let sign = |at: usize| if at.is_multiple_of(2) { 1 } else { -1 };
        self.signs.extend((0..columns).map(sign));
        let stride = columns + 1;
        let ([across, across_signed], [down, down_signed]) = (&mut self.across, &mut self.down);
        for row in 0..rows {
            let (mut plain, mut signed) = (0i16, 0i16);
            let down_sign = sign(row);
            for column in 0..columns {
                let soft = cells.soft[row * columns + column].clamp(-1.0, 1.0);
                let soft = (soft * UNIT + UNIT + 0.5) as i16 - UNIT as i16;
                let at = row * stride + column;
                plain += soft;
                signed += soft * self.signs[column];
                across[at + 1] = plain;
                across_signed[at + 1] = signed;
                down[at + stride] = down[at] + soft;
                down_signed[at + stride] = down_signed[at] + soft * down_sign;
            }
        }
    }

    /// All places of one shape, `height × width` cells as they lie in the lattice.
    fn search(&mut self, size: &'static Size, (height, width): (usize, usize), wanted: Wanted) {
        if self.rows < height + 2 || self.columns < width + 2 {
            return;
        }
        // A clock track is dark at the end where it meets the L: with an even number of modules the other end has the
        // other sign.
        assert!(height % 2 == 0 && width % 2 == 0, "all sizes are even");
        self.sum_sides(height, width);
        let scatter = {
            let sides = (2 * (width + height)) as f32;
            (sides * (1.0 + QUIET * QUIET)).sqrt() * UNIT
        };
        for row in 1..self.rows - height {
            let most = self.sum_row(row, (height, width));
            let places = self.columns - width - 1;
            for at in 0..places {
                let worst = self.best.get(wanted.keep - 1).map_or(0.0, |one| one.score);
                let least = worst.max(wanted.score_min);
                if f32::from(most) <= least * scatter {
                    break;
                }
                if f32::from(self.sums[at]) <= least * scatter {
                    continue;
                }
                let column = at + 1;
                for (turn, sum) in (0..4).zip(self.turns(row, column, (height, width))) {
                    let score = f32::from(sum.abs()) / scatter;
                    if score > wanted.score_min {
                        let mirrored =
                            !size.is_square() && (turn % 2 == 0) != (height == size.rows);
                        let one = Rectangle {
                            size,
                            row,
                            column,
                            turn,
                            inverted: sum < 0,
                            mirrored,
                            score,
                        };
                        self.offer(one, wanted.keep);
                    }
                }
            }
        }
    }

    /// Sums over all horizontal runs of `width` cells and all vertical ones of `height` cells.
    fn sum_sides(&mut self, height: usize, width: usize) {
        let (columns, stride) = (self.columns, self.columns + 1);
        let count = columns + 1 - width;
        for row in 0..self.rows {
            let (from, to) = (row * stride, row * stride + width);
            let plain = &mut self.level[0][row * columns..][..count];
            difference(plain, &self.across[0][from..], &self.across[0][to..]);
            let signed = &mut self.level[1][row * columns..][..count];
            difference(signed, &self.across[1][from..], &self.across[1][to..]);
            for (sum, sign) in signed.iter_mut().zip(&self.signs) {
                *sum = sum.wrapping_mul(*sign);
            }
        }
        for row in 0..self.rows + 1 - height {
            let (from, to) = (row * stride, (row + height) * stride);
            let plain = &mut self.upright[0][row * columns..][..columns];
            difference(plain, &self.down[0][from..], &self.down[0][to..]);
            let signed = &mut self.upright[1][row * columns..][..columns];
            match row % 2 {
                0 => difference(signed, &self.down[1][from..], &self.down[1][to..]),
                _ => difference(signed, &self.down[1][to..], &self.down[1][from..]),
            }
        }
    }

    /// The sums of one place for the four turns: fixed pattern and half the quiet zone, dark on light positive.
    fn turns(&self, row: usize, column: usize, (height, width): (usize, usize)) -> [i16; 4] {
        let at = |row: usize, column: usize| row * self.columns + column;
        let ([plain, signed], [upright, upright_signed]) = (&self.level, &self.upright);
        let (top, bottom) = (at(row, column), at(row + height - 1, column));
        let (left, right) = (top, at(row, column + width - 1));
        let quiet = plain[at(row - 1, column)]
            + plain[at(row + height, column)]
            + upright[at(row, column - 1)]
            + upright[at(row, column + width)];
        let sides = [
            (
                plain[bottom],
                signed[top],
                upright[left],
                -upright_signed[right],
            ),
            (
                plain[top],
                signed[bottom],
                upright[left],
                upright_signed[right],
            ),
            (
                plain[top],
                -signed[bottom],
                upright[right],
                upright_signed[left],
            ),
            (
                plain[bottom],
                -signed[top],
                upright[right],
                -upright_signed[left],
            ),
        ];
        sides.map(|(level, track, upright, upright_track)| {
            level + track + upright + upright_track - (quiet >> 1)
        })
    }

    /// The greatest sum, whatever its sign, of every place of one row into `sums`; returns the greatest of all. The
    /// same as [`turns`](Self::turns), many places at a time: nothing here can leave the range, see [`UNIT`].
    fn sum_row(&mut self, row: usize, (height, width): (usize, usize)) -> i16 {
        let count = self.columns - width - 1;
        let columns = self.columns;
        let of = |sums: &'_ [i16], row: usize, column: usize| row * columns + column..sums.len();
        let ([plain, signed], [upright, upright_signed]) = (&self.level, &self.upright);
        let level = |row: usize| &plain[of(plain, row, 1)][..count];
        let (top, bottom) = (level(row), level(row + height - 1));
        let (above, below) = (level(row - 1), level(row + height));
        let track = |row: usize| &signed[of(signed, row, 1)][..count];
        let (top_track, bottom_track) = (track(row), track(row + height - 1));
        let side = |column: usize| &upright[of(upright, row, column)][..count];
        let (before, left, right, behind) = (side(0), side(1), side(width), side(width + 1));
        let side = |column: usize| &upright_signed[of(upright_signed, row, column)][..count];
        let (left_track, right_track) = (side(1), side(width));
        let sums = &mut self.sums[..count];
        for at in 0..count {
            let quiet = above[at]
                .wrapping_add(below[at])
                .wrapping_add(before[at].wrapping_add(behind[at]));
            let quiet = quiet >> 1;
            let sum = |level: i16, upright: i16| level.wrapping_add(upright).wrapping_sub(quiet);
            let turns = [
                sum(
                    bottom[at].wrapping_add(top_track[at]),
                    left[at].wrapping_sub(right_track[at]),
                ),
                sum(
                    top[at].wrapping_add(bottom_track[at]),
                    left[at].wrapping_add(right_track[at]),
                ),
                sum(
                    top[at].wrapping_sub(bottom_track[at]),
                    right[at].wrapping_add(left_track[at]),
                ),
                sum(
                    bottom[at].wrapping_sub(top_track[at]),
                    right[at].wrapping_sub(left_track[at]),
                ),
            ];
            let high = turns[0].max(turns[1]).max(turns[2].max(turns[3]));
            let low = turns[0].min(turns[1]).min(turns[2].min(turns[3]));
            sums[at] = high.max(low.wrapping_neg());
        }
        sums.iter().copied().max().unwrap_or(0)
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
}

/// Where sums begin and where they end give the sum between.
fn difference(out: &mut [i16], from: &[i16], to: &[i16]) {
    for (out, (from, to)) in out.iter_mut().zip(from.iter().zip(to)) {
        *out = to.wrapping_sub(*from);
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
        let upright = self.turn.is_multiple_of(2) != self.mirrored;
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
