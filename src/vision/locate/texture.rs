//! Where a frame has the texture of a symbol: edges in two directions at right angles, both often. PURE.
//!
//! In blocks of pixels the gradients are summed with four times their angle, so that edges at right angles add up and
//! edges in other directions cancel; the sum's own angle is the grid's. With twice the angle, edges at right angles cancel:
//! what is left tells that one direction rules (bars of a linear code, a line of print).

use super::pyramid::{Window, sobel};
use crate::vision::frame::Frame;

/// Side of a block in pixels of the level looked at.
pub const BLOCK: usize = 8;

/// Sums over one block.
#[derive(Clone, Copy, Default)]
struct Block {
    energy: f32,
    cos2: f32,
    sin2: f32,
    cos4: f32,
    sin4: f32,
}

/// A place that looks like part of a symbol, in pixels of the level looked at.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Across.
    pub x: f32,
    /// Down.
    pub y: f32,
    /// Angle of the grid in radians, −π/4 … π/4.
    pub angle: f32,
    /// How much it looks like one; only the order means something.
    pub score: f32,
}

/// Finds such places; keeps its sums between frames.
#[derive(Default)]
pub struct Texture {
    across: usize,
    down: usize,
    blocks: Vec<Block>,
    /// The places found, best first.
    pub places: Vec<Place>,
}

/// Smallest share of edge energy in two directions at right angles; noise and curved strokes stay below.
const RIGHT_ANGLES_MIN: f32 = 0.18;

/// Smallest mean squared Sobel gradient of a place: (8 × one and a half grey levels)², less is noise of a good sensor.
const ENERGY_MIN: f32 = 150.0;

/// Places below this share of the best are left out.
const SHARE_OF_BEST_MIN: f32 = 0.04;

impl Texture {
    /// Looks for places in a part of a frame; at most `places_max`.
    pub fn find(&mut self, frame: &Frame<'_>, window: Window, places_max: usize) {
        self.sum(frame, window);
        self.places.clear();
        for row in 0..self.down {
            for column in 0..self.across {
                if let Some(place) = self.place(row, column) {
                    self.places.push(place);
                }
            }
        }
        self.places
            .sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
        let best = self.places.first().map_or(0.0, |place| place.score);
        self.places
            .retain(|place| place.score >= best * SHARE_OF_BEST_MIN);
        self.thin_out(places_max);
    }

    /// Moves all places.
    pub fn move_by(&mut self, x: f32, y: f32) {
        for place in &mut self.places {
            place.x += x;
            place.y += y;
        }
    }

    fn sum(&mut self, frame: &Frame<'_>, window: Window) {
        // Gradients begin one pixel in.
        let count = |end: usize| end.saturating_sub(2) / BLOCK;
        (self.across, self.down) = (count(window.width), count(window.height));
        self.blocks.clear();
        self.blocks
            .resize(self.across * self.down, Block::default());
        if self.blocks.is_empty() {
            return;
        }
        for (row, blocks) in self.blocks.chunks_exact_mut(self.across).enumerate() {
            let lines: [&[u8]; BLOCK + 2] = std::array::from_fn(|line| {
                &frame.row(window.top + row * BLOCK + line)[window.left..][..window.width]
            });
            for (column, block) in blocks.iter_mut().enumerate() {
                let from = column * BLOCK;
                *block = Block::of(&lines.map(|line| {
                    line[from..from + BLOCK + 2]
                        .try_into()
                        .expect("a line of a block")
                }));
            }
        }
    }

    /// The place in the middle of 3 × 3 blocks.
    fn place(&self, row: usize, column: usize) -> Option<Place> {
        let mut sum = Block::default();
        let mut weight = (0.0, 0.0);
        let mut blocks = 0.0;
        for r in row.saturating_sub(1)..(row + 2).min(self.down) {
            for c in column.saturating_sub(1)..(column + 2).min(self.across) {
                let block = &self.blocks[r * self.across + c];
                sum.energy += block.energy;
                sum.cos2 += block.cos2;
                sum.sin2 += block.sin2;
                sum.cos4 += block.cos4;
                sum.sin4 += block.sin4;
                weight.0 += block.energy * (c as f32 + 0.5);
                weight.1 += block.energy * (r as f32 + 0.5);
                blocks += 1.0;
            }
        }
        if sum.energy < ENERGY_MIN * blocks * (BLOCK * BLOCK) as f32 {
            return None;
        }
        let right_angles = sum.cos4.hypot(sum.sin4) / sum.energy;
        if right_angles < RIGHT_ANGLES_MIN {
            return None;
        }
        let one_way = sum.cos2.hypot(sum.sin2) / sum.energy;
        let side = BLOCK as f32 / sum.energy;
        Some(Place {
            x: weight.0 * side + 1.0,
            y: weight.1 * side + 1.0,
            angle: sum.sin4.atan2(sum.cos4) / 4.0,
            score: sum.energy * right_angles * (1.0 - one_way),
        })
    }

    /// Keeps the best of places close to each other.
    fn thin_out(&mut self, places_max: usize) {
        const APART: f32 = 1.9 * BLOCK as f32;
        let mut kept = 0;
        for at in 0..self.places.len() {
            let place = self.places[at];
            let near =
                |other: &Place| (other.x - place.x).abs().max((other.y - place.y).abs()) < APART;
            if !self.places[..kept].iter().any(near) {
                self.places[kept] = place;
                kept += 1;
                if kept == places_max {
                    break;
                }
            }
        }
        self.places.truncate(kept);
    }
}

impl Block {
    /// Sums over a block, given with a pixel more on every side.
    fn of(lines: &[&[u8; BLOCK + 2]; BLOCK + 2]) -> Block {
        let mut sums = [[0.0f32; BLOCK]; 5];
        for lines in lines.windows(3) {
            let (mut gx, mut gy) = ([0; BLOCK], [0; BLOCK]);
            sobel([lines[0], lines[1], lines[2]], &mut gx, &mut gy);
            for at in 0..BLOCK {
                let (x, y) = (f32::from(gx[at]), f32::from(gy[at]));
                let (xx, yy) = (x * x, y * y);
                let energy = xx + yy;
                let (cos2, sin2) = (xx - yy, 2.0 * x * y);
                let per_energy = 1.0 / (energy + 1.0);
                sums[0][at] += energy;
                sums[1][at] += cos2;
                sums[2][at] += sin2;
                sums[3][at] += (cos2 * cos2 - sin2 * sin2) * per_energy;
                sums[4][at] += 2.0 * cos2 * sin2 * per_energy;
            }
        }
        let [energy, cos2, sin2, cos4, sin4] = sums.map(|lanes| lanes.iter().sum());
        Block {
            energy,
            cos2,
            sin2,
            cos4,
            sin4,
        }
    }
}
