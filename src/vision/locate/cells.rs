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
        let m = &to_picture.0;
        let [x0, y0, w0] = [0, 3, 6].map(|at| m[at + 1] * b + m[at + 2]);
        for column in 0..self.columns {
            let a = f64::from(self.first_a) + column as f64 + 0.5;
            let per_w = 1.0 / (m[6] * a + w0);
            let (x, y) = ((m[0] * a + x0) * per_w, (m[3] * a + y0) * per_w);
            // A quarter of a module along each axis: the map's derivatives there.
            let quarter = |m: f64, at: f64, w: f64| (0.25 * (m - at * w) * per_w) as f32;
            let u = (quarter(m[0], x, m[6]), quarter(m[3], y, m[6]));
            let v = (quarter(m[1], x, m[7]), quarter(m[4], y, m[7]));
            let (x, y) = (x as f32, y as f32);
            self.grey
                .push(if x > 0.0 && y > 0.0 && x < width && y < height {
                    middle(frame, (x, y), u, v)
                } else {
                    f32::NAN
                });
        }
    }

    /// Thresholds half way between the lightest and the darkest cell around, each cell for itself.
    fn judge(&mut self) {
        let Cells {
            columns,
            rows,
            grey,
            soft,
            low,
            high,
            spare,
            ..
        } = self;
        let shape = (*columns, *rows);
        let less = |a: f32, b: f32| if a < b { a } else { b };
        spread(grey, shape, less, f32::MAX, spare, low);
        let more = |a: f32, b: f32| if a > b { a } else { b };
        spread(grey, shape, more, f32::MIN, spare, high);
        let mut greatest = 0.0f32;
        for (low, high) in low.iter().zip(&*high) {
            greatest = more(high - low, greatest);
        }
        let least = greatest * 0.22 + 1.0;
        soft.clear();
        soft.extend(
            grey.iter()
                .zip(low.iter().zip(&*high))
                .map(|(grey, (low, high))| {
                    let soft = (low + high - 2.0 * grey) / more(high - low, least);
                    let known = if soft.is_nan() { 0.0 } else { soft };
                    less(more(known, -2.0), 2.0)
                }),
        );
    }
}

/// Places of a cell in quarters of a module along its axes.
const PLACES: [(i32, i32); 9] = [
    (0, 0),
    (-1, -1),
    (-1, 1),
    (1, -1),
    (1, 1),
    (-1, 0),
    (0, -1),
    (0, 1),
    (1, 0),
];

/// Mean of nine places over the middle half of a cell; `u` and `v` are a quarter of a module along its axes.
fn middle(frame: &Frame<'_>, (x, y): (f32, f32), u: (f32, f32), v: (f32, f32)) -> f32 {
    let reach = ((u.0.abs() + v.0.abs()), (u.1.abs() + v.1.abs()));
    let inside =
        |at: f32, reach: f32, end: usize| at - reach > 1.0 && at + reach < end as f32 - 1.0;
    if inside(x, reach.0, frame.width()) && inside(y, reach.1, frame.height()) {
        return middle_inside(frame, (x, y), u, v);
    }
    let mut sum = 0.0;
    for i in [-1.0, 0.0, 1.0] {
        for j in [-1.0, 0.0, 1.0] {
            sum += frame.grey(x + i * u.0 + j * v.0, y + i * u.1 + j * v.1);
        }
    }
    sum / 9.0
}

/// [`middle`] where all nine places lie between pixel centres of the frame: in 1/256 of a pixel, bilinear, without
/// looking at edges.
fn middle_inside(frame: &Frame<'_>, (x, y): (f32, f32), u: (f32, f32), v: (f32, f32)) -> f32 {
    const ONE: f32 = 256.0;
    let place = |x: f32, y: f32| ((x * ONE) as i32, (y * ONE) as i32);
    let ((x, y), u, v) = (place(x - 0.5, y - 0.5), place(u.0, u.1), place(v.0, v.1));
    let (luma, width) = (frame.luma(), frame.width());
    let mut sum = 0u32;
    for (i, j) in PLACES {
        let (x, y) = (x + i * u.0 + j * v.0, y + i * u.1 + j * v.1);
        let (fx, fy) = ((x & 255) as u32, (y & 255) as u32);
        let at = (y >> 8) as usize * width + (x >> 8) as usize;
        let four = &luma[at..at + width + 2];
        let [a, b, c, d] = [four[0], four[1], four[width], four[width + 1]].map(u32::from);
        // At most 255 · 2¹⁶ each.
        let top = a * (256 - fx) + b * fx;
        let bottom = c * (256 - fx) + d * fx;
        sum += top * (256 - fy) + bottom * fy;
    }
    sum as f32 / (PLACES.len() as f32 * ONE * ONE)
}

/// The extreme over `2 NEAR + 1` cells in both directions, NaN left out; `none` where all are NaN.
fn spread(
    grey: &[f32],
    (columns, rows): (usize, usize),
    extreme: impl Fn(f32, f32) -> f32,
    none: f32,
    spare: &mut Vec<f32>,
    out: &mut Vec<f32>,
) {
    const WIDE: usize = SIDE_MAX + 2 * NEAR;
    spare.clear();
    for row in grey.chunks_exact(columns) {
        let mut line = [none; WIDE];
        for (to, from) in line[NEAR..].iter_mut().zip(row) {
            *to = if from.is_nan() { none } else { *from };
        }
        // Extremes of two neighbours, of four, of seven.
        for step in [1, 2, 3] {
            for at in 0..columns + 2 * NEAR - step {
                line[at] = extreme(line[at], line[at + step]);
            }
        }
        spare.extend_from_slice(&line[..columns]);
    }
    out.clear();
    for row in 0..rows {
        let near = row.saturating_sub(NEAR)..(row + NEAR + 1).min(rows);
        let from = out.len();
        out.extend_from_slice(&spare[near.start * columns..][..columns]);
        for row in near.skip(1) {
            let lines = out[from..]
                .iter_mut()
                .zip(&spare[row * columns..][..columns]);
            for (to, other) in lines {
                *to = extreme(*to, *other);
            }
        }
    }
}
