//! The synthetic aperture: the mean grey of a round spot, as a reader's light spot would see it. PURE.

use crate::vision::frame::Frame;

/// Places between two pixels that have a table of weights of their own, along each axis.
const PHASES: usize = 8;
/// Radii are kept to this fraction of a pixel, so that frames of about the same scale share their tables.
const RADIUS_STEPS: f32 = 16.0;
/// Largest radius of the tables in samples; wider spots are sampled at every second, third, … pixel.
const RADIUS_SAMPLES: f32 = 16.0;
/// Sum of all weights of one table, so that a sum of weighted greys is exact in `f32` (255 · 2¹⁶ < 2²⁴).
const WEIGHT_SUM: f32 = 65_535.0;

/// Weights of the pixels under a round spot. The tables are made anew only when the radius changes.
#[derive(Debug, Default)]
pub(super) struct Aperture {
    /// Radius in pixels.
    radius: f32,
    /// Pixels from one sample to the next.
    step: usize,
    /// Samples to the left of and above the one that holds the centre.
    before: usize,
    /// Samples along one side of a table.
    side: usize,
    /// `PHASES × PHASES` tables of `side × side` weights, and the sum of each.
    weights: Vec<u16>,
    sums: Vec<u32>,
    shares: Vec<f32>,
}

impl Aperture {
    /// Takes a spot of this diameter in pixels; what is no sensible diameter becomes a small one.
    pub(super) fn set(&mut self, diameter: f32) {
        let diameter = if diameter.is_nan() { 0.0 } else { diameter };
        let radius = (diameter.clamp(0.8, 4096.0) / 2.0 * RADIUS_STEPS).round() / RADIUS_STEPS;
        if radius == self.radius {
            return;
        }
        self.radius = radius;
        self.step = (radius / RADIUS_SAMPLES).ceil().max(1.0) as usize;
        let in_samples = radius / self.step as f32;
        self.before = (in_samples + 0.5).ceil() as usize;
        self.side = 2 * self.before + 2;
        self.weights.clear();
        self.sums.clear();
        for phase in 0..PHASES * PHASES {
            let at = |phase: usize| self.before as f32 + phase as f32 / PHASES as f32;
            self.table(in_samples, at(phase % PHASES), at(phase / PHASES));
        }
    }

    /// One table: the share of each sample that the spot covers, to within the curve of its rim.
    fn table(&mut self, radius: f32, x: f32, y: f32) {
        let side = self.side;
        let covered = |at: usize| {
            let (dx, dy) = ((at % side) as f32 - x, (at / side) as f32 - y);
            (radius + 0.5 - (dx * dx + dy * dy).sqrt()).clamp(0.0, 1.0)
        };
        self.shares.clear();
        self.shares.extend((0..side * side).map(covered));
        let scale = WEIGHT_SUM / self.shares.iter().sum::<f32>();
        let first = self.weights.len();
        let scaled = self.shares.iter().map(|share| (share * scale) as u16);
        self.weights.extend(scaled);
        let weights = &self.weights[first..];
        self.sums
            .push(weights.iter().map(|one| u32::from(*one)).sum());
    }

    /// The spot's diameter in pixels.
    pub(super) fn diameter(&self) -> f32 {
        2.0 * self.radius
    }

    /// The mean grey under the spot at a place; `None` when part of the spot lies outside the frame.
    #[inline]
    pub(super) fn grey(&self, frame: &Frame<'_>, x: f32, y: f32) -> Option<f32> {
        let (width, height) = (frame.width() as f32, frame.height() as f32);
        // Half a pixel may lie outside: a symbol that fills the frame to its edge is seen.
        let inside =
            |at: f32, size: f32| at - self.radius >= -0.5 && at + self.radius <= size + 0.5;
        if !(inside(x, width) && inside(y, height)) || frame.luma().is_empty() {
            return None;
        }
        let (column, phase_x) = split(x);
        let (row, phase_y) = split(y);
        let table = phase_y * PHASES + phase_x;
        let cells = self.side * self.side;
        let weights = &self.weights[table * cells..][..cells];
        let reach = (self.before * self.step) as i64;
        let (left, top) = (column - reach, row - reach);
        let last = ((self.side - 1) * self.step) as i64;
        let whole = left >= 0
            && top >= 0
            && left + last < frame.width() as i64
            && top + last < frame.height() as i64;
        let sum = match whole {
            true => self.sum_inside(frame, weights, left as usize, top as usize),
            false => self.sum_clamped(frame, weights, left, top),
        };
        Some(sum as f32 / self.sums[table] as f32)
    }

    fn sum_inside(&self, frame: &Frame<'_>, weights: &[u16], left: usize, top: usize) -> u32 {
        let mut sum = 0;
        for (line, weights) in weights.chunks_exact(self.side).enumerate() {
            let pixels = &frame.row(top + line * self.step)[left..];
            let product = |(pixel, weight): (&u8, &u16)| u32::from(*pixel) * u32::from(*weight);
            sum += match self.step {
                1 => pixels.iter().zip(weights).map(product).sum::<u32>(),
                step => pixels.iter().step_by(step).zip(weights).map(product).sum(),
            };
        }
        sum
    }

    fn sum_clamped(&self, frame: &Frame<'_>, weights: &[u16], left: i64, top: i64) -> u32 {
        let within = |at: i64, size: usize| at.clamp(0, size as i64 - 1) as usize;
        let one = |(at, weight): (usize, &u16)| {
            let (line, sample) = (at / self.side, at % self.side);
            let row = within(top + (line * self.step) as i64, frame.height());
            let column = within(left + (sample * self.step) as i64, frame.width());
            u32::from(frame.row(row)[column]) * u32::from(*weight)
        };
        weights.iter().enumerate().map(one).sum()
    }
}

/// The pixel whose centre lies at or before a place, and the phase from there.
#[inline]
fn split(at: f32) -> (i64, usize) {
    let steps = ((at - 0.5) * PHASES as f32).round() as i64;
    let phases = PHASES as i64;
    (steps.div_euclid(phases), steps.rem_euclid(phases) as usize)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_spot_sees_the_share_it_covers() {
        // Left half black, right half white.
        let luma: Vec<u8> = (0..64 * 64)
            .map(|at| if at % 64 < 32 { 0 } else { 255 })
            .collect();
        let frame = Frame::new(64, 64, &luma).unwrap();
        let mut aperture = Aperture::default();
        for diameter in [2.0, 4.8, 8.0, 20.0, 40.0] {
            aperture.set(diameter);
            let on_edge = aperture.grey(&frame, 32.0, 32.0).unwrap();
            assert!((on_edge - 127.5).abs() < 2.5, "{diameter}: {on_edge}");
            // A quarter of the diameter off the edge the spot covers 80.4 % (segment of a circle at half its radius).
            let beside = aperture.grey(&frame, 32.0 + diameter / 4.0, 32.0).unwrap();
            assert!(
                (beside / 255.0 - 0.804).abs() < 0.06,
                "{diameter}: {beside}"
            );
        }
        aperture.set(8.0);
        assert_eq!(aperture.grey(&frame, 40.0, 20.0), Some(255.0));
        assert_eq!(aperture.grey(&frame, 20.0, 20.0), Some(0.0));
    }

    #[test]
    fn a_spot_that_leaves_the_frame_sees_nothing() {
        let frame = Frame::new(20, 20, &[7; 400]).unwrap();
        let mut aperture = Aperture::default();
        aperture.set(6.0);
        assert_eq!(aperture.grey(&frame, 3.0, 17.0), Some(7.0));
        assert_eq!(aperture.grey(&frame, 2.0, 10.0), None);
        assert_eq!(aperture.grey(&frame, 10.0, 18.2), None);
        assert_eq!(aperture.grey(&frame, f32::NAN, 10.0), None);
        assert_eq!(
            aperture.grey(&Frame::new(0, 0, &[]).unwrap(), 0.0, 0.0),
            None
        );
        aperture.set(f32::NAN);
        assert_eq!(aperture.grey(&frame, 1e30, -1e30), None);
    }
}
