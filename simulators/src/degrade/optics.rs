//! Lens, light and sensor: from grey levels of the scene to the picture's bytes. PURE.

use super::{
    Damage, Truth,
    scene::{Canvas, OVER},
};
use crate::random::Random;
use std::f64::consts::TAU;

/// The least blur of any lens and sensor, in pixels of the frame.
const BLUR_MIN_PX: f64 = 0.35;
/// From this blur on, in pixels of the canvas, it is done after the reduction: the same to the eye
/// of a grader, and a multiple faster.
const REDUCE_FIRST_PX: f64 = 3.2;

/// The scene blurred by `sigma_px` (frame pixels) and reduced to the frame's resolution, each pixel
/// the mean of its area.
pub fn defocused(canvas: Canvas, sigma_px: f64) -> Canvas {
    let sigma = sigma_px.max(BLUR_MIN_PX);
    let over = OVER as f64;
    if sigma * over < REDUCE_FIRST_PX {
        reduced(&gaussian(canvas, sigma * over))
    } else {
        gaussian(reduced(&canvas), sigma)
    }
}

fn reduced(canvas: &Canvas) -> Canvas {
    let (width, height) = (canvas.width / OVER, canvas.height / OVER);
    let mut grey = vec![0.0; width * height];
    for (to, from) in grey
        .chunks_exact_mut(width)
        .zip(canvas.grey.chunks_exact(OVER * canvas.width))
    {
        for line in from.chunks_exact(canvas.width) {
            for (to, from) in to.iter_mut().zip(line.chunks_exact(OVER)) {
                *to += from.iter().sum::<f32>() / (OVER * OVER) as f32;
            }
        }
    }
    Canvas {
        width,
        height,
        grey,
    }
}

/// Gaussian blur, cut off at 3.5 σ; the outermost pixels go on beyond the edge.
fn gaussian(canvas: Canvas, sigma: f64) -> Canvas {
    let reach = (3.5 * sigma).ceil() as usize;
    let weight = |at: usize| {
        let distance = at as f64 - reach as f64;
        (-distance * distance / (2.0 * sigma * sigma)).exp()
    };
    let sum: f64 = (0..=2 * reach).map(weight).sum();
    let kernel: Vec<f32> = (0..=2 * reach)
        .map(|at| (weight(at) / sum) as f32)
        .collect();
    let (width, height) = (canvas.width, canvas.height);
    let mut across = vec![0.0f32; canvas.grey.len()];
    let mut padded = vec![0.0f32; width + 2 * reach];
    for (to, from) in across
        .chunks_exact_mut(width)
        .zip(canvas.grey.chunks_exact(width))
    {
        padded[..reach].fill(from[0]);
        padded[reach..reach + width].copy_from_slice(from);
        padded[reach + width..].fill(from[width - 1]);
        for (at, &weight) in kernel.iter().enumerate() {
            for (to, from) in to.iter_mut().zip(&padded[at..at + width]) {
                *to += weight * from;
            }
        }
    }
    let mut grey = canvas.grey;
    for (y, to) in grey.chunks_exact_mut(width).enumerate() {
        to.fill(0.0);
        for (at, &weight) in kernel.iter().enumerate() {
            let row = (y + at).saturating_sub(reach).min(height - 1);
            for (to, from) in to.iter_mut().zip(&across[row * width..(row + 1) * width]) {
                *to += weight * from;
            }
        }
    }
    Canvas {
        width,
        height,
        grey,
    }
}

/// One-sided light over a frame: a fall-off, a shadow with an edge, a highlight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lit {
    share: f64,
    /// Where the fall-off is at its middle, its unit direction and its length.
    middle: (f64, f64),
    direction: (f64, f64),
    length: f64,
    /// A point on the shadow's edge and the unit vector into the shadow.
    shadow: Option<((f64, f64), (f64, f64))>,
    spot: (f64, f64),
    spot_radius: f64,
}

impl Lit {
    /// The light on a symbol, or on the middle of the frame without one.
    pub fn of(truth: Option<&Truth>, damage: &Damage, random: &mut Random) -> Lit {
        let (width, height) = (damage.width as f64, damage.height as f64);
        let (u, v) = (width / 2.0, height / 2.0);
        let whole = [(0.5, 0.5), (1.5, 0.5), (1.5, 1.5), (0.5, 1.5)].map(|(x, y)| (u * x, v * y));
        let corners = truth.map_or(whole, |truth| truth.corners);
        let mean = |pick: fn(&(f64, f64)) -> f64| corners.iter().map(pick).sum::<f64>() / 4.0;
        let middle = (mean(|c| c.0), mean(|c| c.1));
        let mut unit = || {
            let angle = random.unit() * TAU;
            (angle.cos(), angle.sin())
        };
        let (direction, inward) = (unit(), unit());
        // The symbol's extent along the fall-off.
        let along =
            |c: &(f64, f64)| (c.0 - middle.0) * direction.0 + (c.1 - middle.1) * direction.1;
        let low = corners.iter().map(along).fold(f64::MAX, f64::min);
        let high = corners.iter().map(along).fold(f64::MIN, f64::max);
        let side = (corners[1].0 - corners[0].0).hypot(corners[1].1 - corners[0].1);
        let mut near = |share: f64| {
            (
                middle.0 + random.swing(share * side),
                middle.1 + random.swing(share * side),
            )
        };
        let edge = near(0.3);
        Lit {
            share: damage.light_share,
            middle,
            direction,
            length: high - low,
            shadow: damage.shadow.then_some((edge, inward)),
            spot: near(0.5),
            spot_radius: side / 4.0,
        }
    }

    /// Light over a canvas in the frame's resolution.
    pub fn shine(&self, canvas: &mut Canvas) {
        if self.share <= 0.0 {
            return;
        }
        for (y, row) in canvas.grey.chunks_exact_mut(canvas.width).enumerate() {
            for (x, grey) in row.iter_mut().enumerate() {
                let (factor, extra) = self.at(x as f64 + 0.5, y as f64 + 0.5);
                *grey = *grey * factor as f32 + extra as f32;
            }
        }
    }

    /// Share of the light that is left at a place, and the grey levels that the highlight adds.
    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let from = |p: (f64, f64), d: (f64, f64)| (x - p.0) * d.0 + (y - p.1) * d.1;
        let across = from(self.middle, self.direction) / self.length + 0.5;
        let mut left = 1.0 - self.share * across.clamp(-0.2, 1.1);
        if let Some((edge, inward)) = self.shadow {
            // Half-shadow of three pixels.
            let depth = (from(edge, inward) / 3.0 + 0.5).clamp(0.0, 1.0);
            left *= 1.0 - 0.85 * self.share * depth;
        }
        let distance = (x - self.spot.0).hypot(y - self.spot.1) / self.spot_radius;
        let spot = if distance < 4.0 {
            140.0 * self.share * (-distance * distance / 2.0).exp()
        } else {
            0.0
        };
        (left.max(0.0), spot)
    }
}

/// The sensor's noise on top, rounded to bytes.
pub fn exposed(canvas: &Canvas, noise: f64, random: &mut Random) -> Vec<u8> {
    let (mut spare, noise) = (None, noise as f32);
    let mut normal = || {
        spare.take().unwrap_or_else(|| {
            let pair = random.normal_pair();
            spare = Some(pair.1 as f32);
            pair.0 as f32
        })
    };
    let byte = |grey: &f32| (grey + noise * normal()).round().clamp(0.0, 255.0) as u8;
    canvas.grey.iter().map(byte).collect()
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn an_edge_is_blurred_by_sigma_and_the_pixel_s_area() {
        for sigma in [0.35, 1.0, 1.5, 1.7, 4.0] {
            let (width, height) = (240, 8);
            let row: Vec<f32> = (0..width)
                .map(|x| if x < 120 { 0.0 } else { 200.0 })
                .collect();
            let canvas = Canvas {
                width,
                height,
                grey: row.repeat(height),
            };
            let seen = defocused(canvas, sigma);
            assert_eq!((seen.width, seen.height), (width / OVER, height / OVER));
            // The derivative of an edge is the blur itself: its variance is that of the Gaussian
            // and of the two boxes of a pixel, reduction and difference, the first on half pixels.
            let steps: Vec<f64> = seen.grey[..seen.width]
                .windows(2)
                .map(|pair| f64::from(pair[1] - pair[0]) / 200.0)
                .collect();
            let mean: f64 = steps.iter().enumerate().map(|(x, s)| x as f64 * s).sum();
            let square = |(x, s): (usize, &f64)| (x as f64 - mean).powi(2) * s;
            let variance: f64 = steps.iter().enumerate().map(square).sum();
            let excess = variance - sigma * sigma;
            // What is cut off at 3.5 σ is half a percent.
            let least = -0.05 - 0.01 * sigma * sigma;
            assert!((least..0.15).contains(&excess), "{sigma}: {variance}");
        }
    }

    #[test]
    fn noise_has_its_sigma_on_flat_paper() {
        for sigma in [2.0, 20.0] {
            let flat = Canvas {
                width: 400,
                height: 300,
                grey: vec![128.0; 400 * 300],
            };
            let luma = exposed(&flat, sigma, &mut Random::new(1));
            let off = |grey: &u8| f64::from(*grey) - 128.0;
            let mean = luma.iter().map(off).sum::<f64>() / luma.len() as f64;
            let variance = luma.iter().map(|g| off(g).powi(2)).sum::<f64>() / luma.len() as f64;
            // Rounding adds a twelfth.
            let measured = (variance - 1.0 / 12.0).sqrt();
            assert!(
                (measured / sigma - 1.0).abs() < 0.02,
                "{measured} for {sigma}"
            );
            assert!(mean.abs() < 0.02 * sigma, "{mean}");
        }
    }

    #[test]
    fn light_falls_by_its_share_across_the_symbol_and_the_shadow_takes_more() {
        for seed in 0..20 {
            let damage = Damage {
                light_share: 0.6,
                shadow: seed % 2 == 1,
                ..Damage::default()
            };
            let lit = Lit::of(None, &damage, &mut Random::new(seed));
            let end = |share: f64| {
                let reach = lit.length * share;
                let (x, y) = (
                    lit.middle.0 + lit.direction.0 * reach,
                    lit.middle.1 + lit.direction.1 * reach,
                );
                lit.at(x, y).0
            };
            let (bright, dark) = (end(-0.5), end(0.5));
            if lit.shadow.is_none() {
                assert!(
                    (bright - 1.0).abs() < 1e-9 && (dark - 0.4).abs() < 1e-9,
                    "{bright} {dark}"
                );
            }
            if let Some((edge, inward)) = lit.shadow {
                let beside = |d: f64| lit.at(edge.0 + inward.0 * d, edge.1 + inward.1 * d).0;
                let fall = lit.at(edge.0, edge.1).0 / (1.0 - 0.85 * 0.6 / 2.0);
                let taken = (beside(2.0) - beside(-2.0)) / fall;
                assert!((taken + 0.85 * 0.6).abs() < 0.05, "{taken}");
            }
            let (_, highlight) = lit.at(lit.spot.0, lit.spot.1);
            assert!((highlight - 84.0).abs() < 1e-9, "{highlight}");
        }
    }
}
