//! Every cell of a lattice sampled once: grey, and how surely dark or light against its neighbourhood. PURE.

use super::lattice::Lattice;
use crate::vision::frame::Frame;
use crate::vision::geometry::Homography;

/// Most cells a side: the largest symbol and its surroundings.
pub const SIDE_MAX: usize = 176;

/// Cells beside the part in step on every side: a finder torn away, and the quiet zone.
const MARGIN: i32 = 4;

/// Neighbours to each side whose lightest and darkest set a cell's threshold.
const NEAR: usize = 3;

/// Sampled cells of a lattice, row by row; cell `(row, column)` covers lattice coordinates
/// `[first_a + column, + 1) × [first_b + row, + 1)`.
#[derive(Default)]
pub struct Cells {
    /// Lattice coordinate of the first column.
    pub first_a: i32,
    /// Lattice coordinate of the first row.
    pub first_b: i32,
    /// Cells across.
    pub columns: usize,
    /// Cells down.
    pub rows: usize,
    /// Mean grey of the middle of each cell.
    pub grey: Vec<f32>,
    /// Dark positive, light negative, about one where it is sure, never beyond two; outside the frame 0.
    pub soft: Vec<f32>,
    low: Vec<f32>,
    high: Vec<f32>,
    spare: Vec<f32>,
}

impl Cells {
    /// Samples a lattice in a frame; `to_picture` is the lattice's map from lattice coordinates to the frame's pixels.
    pub fn sample(&mut self, frame: &Frame<'_>, lattice: &Lattice, to_picture: &Homography) {
        let [a0, b0, a1, b1] = lattice.bounds;
        let span = |low: f32, high: f32| {
            let (first, last) = (low.floor() as i32 - MARGIN, high.ceil() as i32 + MARGIN);
            let count = (last - first).clamp(1, SIDE_MAX as i32);
            (first, count as usize)
        };
        (self.first_a, self.columns) = span(a0, a1);
        (self.first_b, self.rows) = span(b0, b1);
        self.grey.clear();
        for row in 0..self.rows {
            let b = f64::from(self.first_b) + row as f64 + 0.5;
            self.sample_row(frame, to_picture, b);
        }
        self.judge();
    }

    fn sample_row(&mut self, frame: &Frame<'_>, to_picture: &Homography, b: f64) {
        let (width, height) = (frame.width() as f32, frame.height() as f32);
        for column in 0..self.columns {
            let a = f64::from(self.first_a) + column as f64 + 0.5;
            let centre = to_picture.apply(a, b);
            let (x, y) = (centre.0 as f32, centre.1 as f32);
            if !(x > 0.0 && y > 0.0 && x < width && y < height) {
                self.grey.push(f32::NAN);
                continue;
            }
            let right = to_picture.apply(a + 0.25, b);
            let below = to_picture.apply(a, b + 0.25);
            let u = (right.0 as f32 - x, right.1 as f32 - y);
            let v = (below.0 as f32 - x, below.1 as f32 - y);
            self.grey.push(middle(frame, (x, y), u, v));
        }
    }

    /// Thresholds half way between the lightest and the darkest cell around, each cell for itself.
    fn judge(&mut self) {
        let (columns, rows) = (self.columns, self.rows);
        spread(
            &self.grey,
            (columns, rows),
            f32::min,
            &mut self.spare,
            &mut self.low,
        );
        spread(
            &self.grey,
            (columns, rows),
            f32::max,
            &mut self.spare,
            &mut self.high,
        );
        let swing = |low: f32, high: f32| if low < high { high - low } else { 0.0 };
        let greatest = self
            .low
            .iter()
            .zip(&self.high)
            .map(|(l, h)| swing(*l, *h))
            .fold(0.0, f32::max);
        let least = greatest * 0.22 + 1.0;
        self.soft.clear();
        for (grey, (low, high)) in self.grey.iter().zip(self.low.iter().zip(&self.high)) {
            let soft = ((low + high) / 2.0 - grey) / (swing(*low, *high).max(least) / 2.0);
            self.soft.push(if soft.is_nan() {
                0.0
            } else {
                soft.clamp(-2.0, 2.0)
            });
        }
    }
}

/// Mean of nine places over the middle half of a cell.
fn middle(frame: &Frame<'_>, (x, y): (f32, f32), u: (f32, f32), v: (f32, f32)) -> f32 {
    let mut sum = 0.0;
    for i in [-1.0, 0.0, 1.0] {
        for j in [-1.0, 0.0, 1.0] {
            sum += frame.grey(x + i * u.0 + j * v.0, y + i * u.1 + j * v.1);
        }
    }
    sum / 9.0
}

/// The extreme over `2 NEAR + 1` cells in both directions; `extreme` leaves NaN out as `f32::min` does.
fn spread(
    grey: &[f32],
    (columns, rows): (usize, usize),
    extreme: fn(f32, f32) -> f32,
    spare: &mut Vec<f32>,
    out: &mut Vec<f32>,
) {
    spare.clear();
    for row in grey.chunks_exact(columns) {
        for column in 0..columns {
            let near = &row[column.saturating_sub(NEAR)..(column + NEAR + 1).min(columns)];
            spare.push(near.iter().copied().fold(f32::NAN, extreme));
        }
    }
    out.clear();
    for row in 0..rows {
        for column in 0..columns {
            let near = row.saturating_sub(NEAR)..(row + NEAR + 1).min(rows);
            out.push(
                near.map(|row| spare[row * columns + column])
                    .fold(f32::NAN, extreme),
            );
        }
    }
}
