//! A lattice of module edges grown over a frame from one place. PURE.
//!
//! The lattice is a projective map from pixels to lattice coordinates `(a, b)` whose whole numbers are edges between
//! modules. In each tile of pixels the squared gradients across each axis are summed as waves of the lattice's own
//! period; the phase of the sum tells how far the real edges lie from whole numbers. The map is fitted to those
//! phases, from the middle outward, tiles out of step left out. No edge of the symbol as a whole is needed: a torn
//! finder, a dirty quiet zone or a shadow take single tiles away, not the lattice.

use super::fit::{FIRST_RING, Fit, Tile};
use super::lattice::{Lattice, Start};
use super::promise::{promise, smeared_promise};
use super::tiles::{Field, TILE, tile_centre};

/// Grows lattices; keeps its scratch between frames.
#[derive(Default)]
pub struct Grower {
    tiles: Vec<Tile>,
    /// Which tiles of the field are in step or beside some that are, and which have been measured.
    near: Vec<bool>,
    measured: Vec<bool>,
    /// Tiles with less edge energy are empty.
    energy_min: f32,
}

/// How many tiles beside one in step may be in step, too: a gap of one tile is bridged.
const NEAR: usize = 2;

/// Edge energy of an empty tile, as a share of the first ring's tiles' mean.
const EMPTY: f32 = 0.02;

/// Most rings of growth; each reaches a third farther than the one before.
const RINGS_MAX: usize = 30;

/// From this ring on a lattice is known so well that one step of fitting a ring is enough.
const STEADY_FROM: usize = 5;

impl Grower {
    /// Grows a lattice; `None` when nothing around the place is in step.
    pub fn grow(&mut self, field: &mut Field<'_>, start: Start, reach_max: f32) -> Option<Lattice> {
        let mut fit = Fit::new(start);
        self.tiles.clear();
        let (across, down) = field.tiles();
        self.near.clear();
        self.near.resize(across * down, true);
        self.measured.clear();
        self.measured.resize(across * down, false);
        self.energy_min = 0.0;
        let mut reach = FIRST_RING;
        let mut before = 0;
        let mut idle = 0;
        for ring in 0..RINGS_MAX {
            let measured = self.measure(field, &fit, reach);
            if ring == 0 {
                fit.measure_growth(&self.tiles);
                fit.align(&self.tiles);
                let energy = |tile: &Tile| tile.waves[0].energy + tile.waves[1].energy;
                let sum: f32 = self.tiles.iter().map(energy).sum();
                self.energy_min = sum / self.tiles.len().max(1) as f32 * EMPTY;
            }
            if measured == 0 {
                idle += 1;
            } else {
                for step in 0..if ring < STEADY_FROM { 2 } else { 1 } {
                    if step > 0 || ring > 0 {
                        self.renew(field, &fit);
                    }
                    if !fit.improve(&mut self.tiles, ring >= 2) {
                        return None;
                    }
                }
                let in_step = fit.in_step(&self.tiles);
                let share = in_step.count as f32 / self.tiles.len() as f32;
                let promise = match start.smeared {
                    None => promise(&start, &in_step, share, fit.growth),
                    Some(_) => smeared_promise(&in_step),
                };
                if (1..4).contains(&ring) && promise < 0.0 {
                    return None;
                }
                idle = match in_step.count <= before + before / 12 {
                    true => idle + 1,
                    false => 0,
                };
                before = in_step.count;
            }
            if idle == 2 || (reach >= reach_max && measured == 0) {
                break;
            }
            if ring >= 1 {
                self.mark_near(&fit, (across, down));
            }
            reach = (reach * 1.33 + 2.0).min(reach_max);
        }
        fit.improve(&mut self.tiles, true);
        fit.lattice(&self.tiles)
    }

    /// Fits a lattice again by the tiles of one part of it alone: what lies beside a symbol has edges of its own and
    /// may have bent the lattice. The part is given in lattice coordinates: least a, least b, greatest a, greatest b.
    pub fn refit(
        &mut self,
        field: &mut Field<'_>,
        lattice: &Lattice,
        part: [f32; 4],
    ) -> Option<Lattice> {
        let mut fit = Fit::again(lattice, part)?;
        let part = part.map(f64::from);
        let inside = |tile: &(f64, f64)| {
            let (a, b) = lattice.to_lattice.apply(tile.0, tile.1);
            a > part[0] && a < part[2] && b > part[1] && b < part[3]
        };
        self.tiles.clear();
        let (across, down) = field.tiles();
        for row in 0..down {
            for column in 0..across {
                let (x, y) = tile_centre(column, row);
                let Some(local) = fit.local(x, y).filter(|_| inside(&(x, y))) else {
                    continue;
                };
                self.tiles.push(Tile::new((column, row), field, local));
            }
        }
        for _ in 0..4 {
            if !fit.improve(&mut self.tiles, true) {
                return None;
            }
            self.renew(field, &fit);
        }
        fit.read(&mut self.tiles);
        fit.lattice(&self.tiles)
    }

    /// Marks the tiles in step and those beside them.
    fn mark_near(&mut self, fit: &Fit, (across, down): (usize, usize)) {
        self.near.fill(false);
        for tile in self.tiles.iter().filter(|tile| fit.takes_part(tile)) {
            let (column, row) = tile.place();
            let columns = column.saturating_sub(NEAR)..(column + NEAR + 1).min(across);
            for row in row.saturating_sub(NEAR)..(row + NEAR + 1).min(down) {
                self.near[row * across..][columns.clone()].fill(true);
            }
        }
    }

    /// Measures the tiles within a distance from the centre that may be in step and have not been measured; says how
    /// many.
    fn measure(&mut self, field: &mut Field<'_>, fit: &Fit, reach: f32) -> usize {
        let before = self.tiles.len();
        let (across, down) = field.tiles();
        let range = |centre: f64, end: usize| {
            let tile = |at: f32| (at / TILE as f32 - 0.5).round().clamp(0.0, end as f32) as usize;
            tile(centre as f32 - reach)..tile(centre as f32 + reach)
        };
        for row in range(fit.centre.1, down) {
            for column in range(fit.centre.0, across) {
                let (x, y) = tile_centre(column, row);
                let (dx, dy) = ((x - fit.centre.0) as f32, (y - fit.centre.1) as f32);
                let at = row * across + column;
                if dx * dx + dy * dy > reach * reach || !self.near[at] || self.measured[at] {
                    continue;
                }
                self.measured[at] = true;
                if let Some(local) = fit.local(x, y)
                    && field.slopes(column, row).energy() > self.energy_min
                {
                    self.tiles.push(Tile::new((column, row), field, local));
                }
            }
        }
        self.tiles.len() - before
    }

    /// Measures those tiles again where the lattice has turned or stretched since.
    fn renew(&mut self, field: &mut Field<'_>, fit: &Fit) {
        // Over half a tile the waves may run apart by this much of a period.
        const APART_MAX: f32 = 0.12;
        for tile in &mut self.tiles {
            let Some(now) = fit.local(tile.x, tile.y) else {
                continue;
            };
            let apart = |axis: usize| {
                let (a, b) = (now.slope[axis], tile.then.slope[axis]);
                ((a.0 - b.0).abs() + (a.1 - b.1).abs()) * TILE as f32 / 2.0
            };
            if apart(0).max(apart(1)) > APART_MAX {
                let place = tile.place();
                tile.waves = field.slopes(place.0, place.1).waves(&now);
                tile.then = now;
            }
        }
    }
}
