//! A perfect locator with a plain sampler: told the true corners, it shows what the picture still holds.
//!
//! Every module is the mean of 5 × 5 bilinear taps over its middle half. One threshold for all (Otsu), and when that
//! does not decode a local one, the midpoint of darkest and lightest module in the 7 × 7 around each. Finder and clock
//! track are not looked at; Reed–Solomon and content are rxing's symbol decoder, which knows FNC1 in every encodation.
//! A better sampler can beat it; it knows nothing of jitter, dot gain or blur.

use super::{Answer, Content, Job, Reader, Side};
use crate::material::{Picture, Truth};
use ::rxing::common::BitMatrix;
use ::rxing::datamatrix::decoder::Decoder;

/// Its name.
pub const NAME: &str = "true-corners";

/// Taps along one side of a module.
const TAPS: usize = 5;
/// Modules to each side whose greys make the local threshold.
const REACH: usize = 3;

/// The reader with its buffers.
pub struct TrueCorners {
    decoder: Decoder,
    greys: Vec<f32>,
}

impl Default for TrueCorners {
    fn default() -> TrueCorners {
        TrueCorners {
            decoder: Decoder::new(),
            greys: Vec::new(),
        }
    }
}

/// Grey at a place in pixel-edge coordinates, bilinear, the edge repeated outside.
fn grey(picture: &Picture, x: f64, y: f64) -> f32 {
    let within = |at: f64, size: usize| (at - 0.5).clamp(0.0, (size - 1) as f64);
    let (x, y) = (within(x, picture.width), within(y, picture.height));
    let (column, row) = (x as usize, y as usize);
    let (right, below) = (
        (column + 1).min(picture.width - 1),
        (row + 1).min(picture.height - 1),
    );
    let (fx, fy) = ((x - column as f64) as f32, (y - row as f64) as f32);
    let at = |row: usize, column: usize| f32::from(picture.luma[row * picture.width + column]);
    let above = at(row, column) * (1.0 - fx) + at(row, right) * fx;
    let under = at(below, column) * (1.0 - fx) + at(below, right) * fx;
    above * (1.0 - fy) + under * fy
}

/// The projective map from the unit square to a quadrilateral (Heckbert 1989, section 2.2.3): a place in the square
/// goes to a place in the picture.
fn from_unit_square([a, b, c, d]: [(f64, f64); 4]) -> impl Fn(f64, f64) -> (f64, f64) {
    let (dx1, dx2, sx) = (b.0 - c.0, d.0 - c.0, a.0 - b.0 + c.0 - d.0);
    let (dy1, dy2, sy) = (b.1 - c.1, d.1 - c.1, a.1 - b.1 + c.1 - d.1);
    let area = dx1 * dy2 - dx2 * dy1;
    let (g, h) = ((sx * dy2 - dx2 * sy) / area, (dx1 * sy - sx * dy1) / area);
    move |u, v| {
        let w = g * u + h * v + 1.0;
        let x = (b.0 - a.0 + g * b.0) * u + (d.0 - a.0 + h * d.0) * v + a.0;
        let y = (b.1 - a.1 + g * b.1) * u + (d.1 - a.1 + h * d.1) * v + a.1;
        (x / w, y / w)
    }
}

/// Mean grey of each module, row by row.
fn sample(picture: &Picture, truth: &Truth, greys: &mut Vec<f32>) {
    let place = from_unit_square(truth.corners);
    let (rows, columns) = (truth.rows as f64, truth.columns as f64);
    let within = |tap: usize| 0.25 + 0.5 * tap as f64 / (TAPS - 1) as f64;
    greys.clear();
    for row in 0..truth.rows {
        for column in 0..truth.columns {
            let mut sum = 0.0;
            for (down, across) in (0..TAPS * TAPS).map(|tap| (tap / TAPS, tap % TAPS)) {
                let u = (column as f64 + within(across)) / columns;
                let v = (row as f64 + within(down)) / rows;
                let (x, y) = place(u, v);
                sum += grey(picture, x, y);
            }
            greys.push(sum / (TAPS * TAPS) as f32);
        }
    }
}

/// The threshold that parts the greys with the largest variance between both parts (Otsu 1979).
fn one_threshold(greys: &[f32]) -> f32 {
    let mut sorted = greys.to_vec();
    sorted.sort_by(f32::total_cmp);
    let all: f32 = sorted.iter().sum();
    let (mut below, mut best, mut threshold) = (0.0, -1.0, 0.0);
    for at in 1..sorted.len() {
        below += sorted[at - 1];
        let (n, m) = (at as f32, (sorted.len() - at) as f32);
        let between = n * m * (below / n - (all - below) / m).powi(2);
        if between > best {
            best = between;
            threshold = (sorted[at - 1] + sorted[at]) / 2.0;
        }
    }
    threshold
}

/// The midpoint of darkest and lightest module around this one.
fn local_threshold(greys: &[f32], truth: &Truth, row: usize, column: usize) -> f32 {
    let rows = row.saturating_sub(REACH)..(row + REACH + 1).min(truth.rows);
    let (mut least, mut most) = (f32::MAX, f32::MIN);
    for row in rows {
        let columns = column.saturating_sub(REACH)..(column + REACH + 1).min(truth.columns);
        for grey in &greys[row * truth.columns..][columns] {
            least = least.min(*grey);
            most = most.max(*grey);
        }
    }
    (least + most) / 2.0
}

impl TrueCorners {
    fn decode(&self, truth: &Truth, threshold: impl Fn(usize, usize) -> f32) -> Option<Content> {
        let mut bits = BitMatrix::new(truth.columns as u32, truth.rows as u32).ok()?;
        for row in 0..truth.rows {
            for column in 0..truth.columns {
                let below = self.greys[row * truth.columns + column] < threshold(row, column);
                if below != truth.inverted {
                    bits.set(column as u32, row as u32);
                }
            }
        }
        let decoded = self.decoder.decode(&bits).ok()?;
        Some(Content::of_text(decoded.getText()))
    }
}

impl Reader for TrueCorners {
    fn name(&self) -> &'static str {
        NAME
    }

    fn side(&self) -> Side {
        Side::Reference
    }

    fn read(&mut self, job: &Job) -> Answer {
        let Some(truth) = job.truth else {
            return Answer::NotApplicable;
        };
        sample(job.picture, truth, &mut self.greys);
        let one = one_threshold(&self.greys);
        let found = self.decode(truth, |_, _| one).or_else(|| {
            self.decode(truth, |row, column| {
                local_threshold(&self.greys, truth, row, column)
            })
        });
        found.map_or(Answer::Nothing, Answer::Read)
    }
}
