//! How the waves of a first ring of tiles must be turned to add up best. PURE.

use std::f32::consts::TAU;

/// Most tiles in a ring.
pub const RING_TILES: usize = 24;

/// One step of turning or stretching, in turns at the ring.
pub const ALIGN_STEP: f32 = 0.1;

/// Steps to both sides.
const STEPS: i32 = 6;

/// Turns tried along one direction.
const TRIED: usize = 2 * STEPS as usize + 1;

/// Cosine and sine parts of all tiles.
type Parts = ([f32; RING_TILES], [f32; RING_TILES]);

/// The waves of a ring, turned by each number of steps to the right, and how each number of steps downward turns them.
pub struct Ring {
    right: [Parts; TRIED],
    down: [Parts; TRIED],
}

impl Default for Ring {
    fn default() -> Ring {
        let none = ([0.0; RING_TILES], [0.0; RING_TILES]);
        Ring {
            right: [none; TRIED],
            down: [none; TRIED],
        }
    }
}

impl Ring {
    /// A tile's wave and by how many turns one step to the right and one step downward turn it.
    pub fn add(&mut self, at: usize, (re, im): (f32, f32), (x, y): (f32, f32)) {
        let turn = |parts: &mut [Parts; TRIED], first: (f32, f32), turns: f32| {
            let (sin, cos) = (TAU * turns).sin_cos();
            let (mut re, mut im) = first;
            for part in parts {
                (part.0[at], part.1[at]) = (re, im);
                (re, im) = (re * cos - im * sin, re * sin + im * cos);
            }
        };
        let back = |turns: f32| (-TAU * turns * STEPS as f32).sin_cos();
        let (sin, cos) = back(x);
        turn(
            &mut self.right,
            (re * cos - im * sin, re * sin + im * cos),
            x,
        );
        let (sin, cos) = back(y);
        turn(&mut self.down, (cos, sin), y);
    }

    /// The steps to the right and downward that make the sum greatest, and its angle then in turns.
    pub fn best(&self) -> ((i32, i32), f32) {
        let mut best = (0.0, (0, 0), (0.0, 0.0));
        for (i, right) in (-STEPS..).zip(&self.right) {
            for (j, down) in (-STEPS..).zip(&self.down) {
                let (mut re, mut im) = ([0.0f32; 8], [0.0f32; 8]);
                for from in (0..RING_TILES).step_by(8) {
                    for lane in 0..8 {
                        let at = from + lane;
                        re[lane] += right.0[at] * down.0[at] - right.1[at] * down.1[at];
                        im[lane] += right.0[at] * down.1[at] + right.1[at] * down.0[at];
                    }
                }
                let (re, im) = (re.iter().sum::<f32>(), im.iter().sum::<f32>());
                let strength = re * re + im * im;
                if strength > best.0 {
                    best = (strength, (i, j), (re, im));
                }
            }
        }
        let (_, steps, (re, im)) = best;
        (steps, im.atan2(re) / TAU)
    }
}
