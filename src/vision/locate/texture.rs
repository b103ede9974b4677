//! Where a frame has the texture of a symbol: edges in two directions at right angles, both often. PURE.
//!
//! In blocks of pixels the gradients are summed with four times their angle, so that edges at right angles add up and
//! edges in other directions cancel; the sum's own angle is the grid's. With twice the angle, edges at right angles
//! cancel: what is left tells that one direction rules (bars of a linear code, a line of print).

use super::pyramid::Window;
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
    sums: Vec<Sums>,
    smooth: Vec<i16>,
    slope: Vec<i16>,
    gx: Vec<i16>,
    gy: Vec<i16>,
}

/// Smallest share of edge energy in two directions at right angles; noise and curved strokes stay below.
const RIGHT_ANGLES_MIN: f32 = 0.18;

/// Smallest mean squared Sobel gradient of a place: (8 × one and a half grey levels)², less is noise of a good sensor.
const ENERGY_MIN: f32 = 150.0;

/// Lines of blocks with less than a third of that are left out.
const BLANK: i32 = (ENERGY_MIN / 3.0) as i32 * BLOCK as i32;

/// Places below this share of the best are left out.
const SHARE_OF_BEST_MIN: f32 = 0.04;

impl Texture {
    /// Looks for places in a part of a frame; at most `places_max`, best first, into `places`; only those that are
    /// `free`.
    pub fn find(
        &mut self,
        frame: &Frame<'_>,
        window: Window,
        places_max: usize,
        places: &mut Vec<Place>,
        free: &dyn Fn(&Place) -> bool,
    ) {
        self.sum(frame, window);
        places.clear();
        for row in 0..self.down {
            places.extend((0..self.across).filter_map(|column| self.place(row, column)));
        }
        places.retain(free);
        places.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
        let best = places.first().map_or(0.0, |place| place.score);
        places.retain(|place| place.score >= best * SHARE_OF_BEST_MIN);
        thin_out(places, places_max);
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
        let wide = self.across * BLOCK;
        for line in [&mut self.gx, &mut self.gy] {
            line.resize(wide, 0);
        }
        for line in [&mut self.smooth, &mut self.slope] {
            line.resize(wide + 2, 0);
        }
        for row in 0..self.down {
            self.sums.clear();
            self.sums.resize(self.across, Sums::default());
            for line in 0..BLOCK {
                let part = |step: usize| {
                    let row = window.top + row * BLOCK + line + step;
                    &frame.row(row)[window.left..][..wide + 2]
                };
                self.gradients([part(0), part(1), part(2)]);
                let gx = self.gx.as_chunks().0.iter();
                for ((sums, gx), gy) in self.sums.iter_mut().zip(gx).zip(self.gy.as_chunks().0) {
                    sums.add(gx, gy);
                }
            }
            let blocks = &mut self.blocks[row * self.across..][..self.across];
            for (block, sums) in blocks.iter_mut().zip(&self.sums) {
                *block = sums.block();
            }
        }
    }

    /// Gradients of one line by the 3 × 3 Sobel operator.
    fn gradients(&mut self, [above, here, below]: [&[u8]; 3]) {
        let grey = |grey: &u8| i16::from(*grey);
        let lines = above.iter().zip(here).zip(below);
        let sums = self.smooth.iter_mut().zip(&mut self.slope);
        for ((smooth, slope), ((a, b), c)) in sums.zip(lines) {
            *smooth = grey(a)
                .wrapping_add(grey(b).wrapping_mul(2))
                .wrapping_add(grey(c));
            *slope = grey(c).wrapping_sub(grey(a));
        }
        let pairs = self.smooth[2..].iter().zip(&self.smooth);
        for (gx, (right, left)) in self.gx.iter_mut().zip(pairs) {
            *gx = right.wrapping_sub(*left);
        }
        let triples = self
            .slope
            .iter()
            .zip(&self.slope[1..])
            .zip(&self.slope[2..]);
        for (gy, ((left, middle), right)) in self.gy.iter_mut().zip(triples) {
            *gy = left
                .wrapping_add(middle.wrapping_mul(2))
                .wrapping_add(*right);
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
}

/// Keeps the best of places close to each other.
fn thin_out(places: &mut Vec<Place>, places_max: usize) {
    const APART: f32 = 1.9 * BLOCK as f32;
    let mut kept = 0;
    for at in 0..places.len() {
        let place = places[at];
        let near = |other: &Place| (other.x - place.x).abs().max((other.y - place.y).abs()) < APART;
        if !places[..kept].iter().any(near) {
            places[kept] = place;
            kept += 1;
            if kept == places_max {
                break;
            }
        }
    }
    places.truncate(kept);
}

/// Sums over one block by column: gx², gy², gx gy, and of the doubled angle's cosine its square and its product with
/// the sine, both by the squared gradient.
#[derive(Clone, Copy, Default)]
struct Sums([[f32; BLOCK]; 5]);

impl Sums {
    #[inline]
    fn add(&mut self, gx: &[i16; BLOCK], gy: &[i16; BLOCK]) {
        let squares = gx.iter().zip(gy).map(|(x, y)| {
            let (x, y) = (i32::from(*x), i32::from(*y));
            x.wrapping_mul(x).wrapping_add(y.wrapping_mul(y))
        });
        // Most of most frames is blank.
        if squares.fold(0i32, i32::wrapping_add) < BLANK {
            return;
        }
        let [xx, yy, xy, cos_cos, cos_sin] = &mut self.0;
        for at in 0..BLOCK {
            let (x, y) = (f32::from(gx[at]), f32::from(gy[at]));
            let (x2, y2, product) = (x * x, y * y, x * y);
            let cos2 = x2 - y2;
            let share = cos2 / (x2 + y2 + 1.0);
            xx[at] += x2;
            yy[at] += y2;
            xy[at] += product;
            cos_cos[at] += cos2 * share;
            cos_sin[at] += product * share;
        }
    }

    fn block(&self) -> Block {
        let [xx, yy, xy, cos_cos, cos_sin] = self.0.map(|lanes| lanes.iter().sum::<f32>());
        // cos 4φ = 2 cos² 2φ − 1, sin 4φ = 2 cos 2φ sin 2φ.
        Block {
            energy: xx + yy,
            cos2: xx - yy,
            sin2: 2.0 * xy,
            cos4: 2.0 * cos_cos - (xx + yy),
            sin4: 4.0 * cos_sin,
        }
    }
}
