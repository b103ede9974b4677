//! A lattice of module edges grown over a frame from one place. PURE.
//!
//! The lattice is a projective map from pixels to lattice coordinates `(a, b)` whose whole numbers are edges between
//! modules. In each tile of pixels the squared gradients across each axis are summed as waves of the lattice's own
//! period; the phase of the sum tells how far the real edges lie from whole numbers. The map is fitted to those
//! phases, from the middle outward, tiles out of step left out. No edge of the symbol as a whole is needed: a torn
//! finder, a dirty quiet zone or a shadow take single tiles away, not the lattice.

use super::align::{ALIGN_STEP, RING_TILES, Ring};
use super::tiles::{Field, Local, TILE, Wave, tile_centre};
use crate::vision::geometry::Homography;
use crate::vision::solve::Normal;
use std::f32::consts::{PI, TAU};

/// A tile and what was measured in it. The waves are those of the lattice as it was then (`value`, `slope`): a
/// lattice that moved a little since turns them, and nothing need be measured again.
#[derive(Debug, Clone, Copy)]
struct Tile {
    x: f64,
    y: f64,
    then: Local,
    waves: [Wave; 2],
    readings: [Reading; 2],
}

impl Tile {
    fn new((column, row): (usize, usize), field: &mut Field<'_>, local: Local) -> Tile {
        let (x, y) = tile_centre(column, row);
        Tile {
            x,
            y,
            then: local,
            waves: field.slopes(column, row).waves(&local),
            readings: [Reading::default(); 2],
        }
    }

    /// Column and row among the tiles.
    fn place(&self) -> (usize, usize) {
        let place = |at: f64| (at - 1.0) as usize / TILE;
        (place(self.x), place(self.y))
    }
}

/// What the wave of one axis says, growth taken out.
#[derive(Debug, Clone, Copy, Default)]
struct Reading {
    /// How far edges lie from whole numbers of the lattice as it was when measured, in modules.
    off: f32,
    /// Share of edge energy in step.
    share: f32,
}

/// Where a lattice starts: place in pixels of the field, angle in radians, pixels a module.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// Across.
    pub x: f32,
    /// Down.
    pub y: f32,
    /// Angle of the first axis.
    pub angle: f32,
    /// Pixels a module along the first axis.
    pub along: f32,
    /// Pixels a module along the second axis.
    pub across: f32,
}

/// A grown lattice.
#[derive(Debug, Clone, Copy)]
pub struct Lattice {
    /// From pixels of the field to lattice coordinates.
    pub to_lattice: Homography,
    /// How much wider dark is than it should be, in modules, along both axes.
    pub growth: [f32; 2],
    /// Share of edge energy in step, 0–1.
    pub clarity: f32,
    /// How far edges lie from whole numbers, root mean square over the tiles in step, in modules.
    pub rms: f32,
    /// Bounds of the tiles in step in lattice coordinates: least a, least b, greatest a, greatest b.
    pub bounds: [f32; 4],
    /// Tiles in step.
    pub tiles: usize,
    /// Lattice cells in a tile, at the start.
    cells_a_tile: f32,
}

impl Lattice {
    /// Share of the bounds that tiles in step fill.
    pub fn filled(&self) -> f32 {
        let [a0, b0, a1, b1] = self.bounds;
        self.tiles as f32 * self.cells_a_tile / ((a1 - a0) * (b1 - b0))
    }

    /// Whether a start lies in this lattice and has its period: growing from it would give the same once more.
    pub fn explains(&self, start: &Start) -> bool {
        let at = |x: f32, y: f32| self.to_lattice.apply(f64::from(x), f64::from(y));
        let (a, b) = at(start.x, start.y);
        let [a0, b0, a1, b1] = self.bounds.map(f64::from);
        if a < a0 || a > a1 || b < b0 || b > b1 {
            return false;
        }
        let (sin, cos) = start.angle.sin_cos();
        let reach = 8.0;
        let pitch = |x: f32, y: f32| {
            let to = at(start.x + reach * x, start.y + reach * y);
            f64::from(reach) / (to.0 - a).hypot(to.1 - b)
        };
        let near = |pitch: f64, other: f32| (pitch / f64::from(other) - 1.0).abs() < 0.07;
        near(pitch(cos, sin), start.along) && near(pitch(-sin, cos), start.across)
    }
}

/// Grows lattices; keeps its scratch between frames.
#[derive(Default)]
pub struct Grower {
    tiles: Vec<Tile>,
    /// Which tiles of the field are in step or beside some that are.
    near: Vec<bool>,
    /// Tiles with less edge energy are empty.
    energy_min: f32,
}

/// How many tiles beside one in step may be in step, too: a gap of one tile is bridged.
const NEAR: usize = 2;

/// Edge energy of an empty tile, as a share of the first ring's tiles' mean.
const EMPTY: f32 = 0.02;

/// Least share of a tile's edge energy in step with the lattice.
const IN_STEP_MIN: f32 = 0.22;

/// Least tiles that make a lattice.
const TILES_MIN: usize = 3;

/// Reach of the first ring in pixels.
const FIRST_RING: f32 = 2.0 * TILE as f32;

/// Most rings of growth; each reaches a third farther than the one before.
const RINGS_MAX: usize = 12;

/// A lattice whose edges scatter so much after its third ring is given up: what comes farther out does not mend it.
const RMS_HOPELESS: f32 = 0.115;

impl Grower {
    /// Grows a lattice; `None` when nothing around the place is in step.
    pub fn grow(&mut self, field: &mut Field<'_>, start: Start, reach_max: f32) -> Option<Lattice> {
        let mut fit = Fit::new(start);
        self.tiles.clear();
        let (across, down) = field.tiles();
        self.near.clear();
        self.near.resize(across * down, true);
        self.energy_min = 0.0;
        let (mut inner, mut reach) = (0.0, FIRST_RING);
        let mut before = 0;
        let mut idle = 0;
        for ring in 0..RINGS_MAX {
            let measured = self.measure(field, &fit, (inner, reach));
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
                for step in 0..2 {
                    if step > 0 || ring > 0 {
                        self.renew(field, &fit);
                    }
                    if !fit.improve(&mut self.tiles, ring >= 2) {
                        return None;
                    }
                }
                let (in_step, rms) = fit.in_step(&self.tiles);
                if ring >= 2 && rms > RMS_HOPELESS {
                    return None;
                }
                idle = match in_step <= before + before / 12 {
                    true => idle + 1,
                    false => 0,
                };
                before = in_step;
            }
            if idle == 2 || reach >= reach_max {
                break;
            }
            if ring >= 1 {
                self.mark_near(&fit, (across, down));
            }
            inner = reach;
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

    /// Measures the tiles whose distance from the centre lies between two bounds and that may be in step; says how
    /// many.
    fn measure(&mut self, field: &mut Field<'_>, fit: &Fit, (inner, outer): (f32, f32)) -> usize {
        let before = self.tiles.len();
        let (across, down) = field.tiles();
        let range = |centre: f64, end: usize| {
            let tile = |at: f32| (at / TILE as f32 - 0.5).round().clamp(0.0, end as f32) as usize;
            tile(centre as f32 - outer)..tile(centre as f32 + outer)
        };
        for row in range(fit.centre.1, down) {
            for column in range(fit.centre.0, across) {
                let (x, y) = tile_centre(column, row);
                let (dx, dy) = ((x - fit.centre.0) as f32, (y - fit.centre.1) as f32);
                let far = dx * dx + dy * dy;
                let outside = far > outer * outer || (far <= inner * inner && inner > 0.0);
                if outside || !self.near[row * across + column] {
                    continue;
                }
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

/// A lattice while it is being fitted. Its map works on pixels about its centre, divided by `UNIT`, so that the
/// numbers stay near one.
struct Fit {
    centre: (f64, f64),
    /// `a = (h0 x + h1 y + h2) / d`, `b = (h3 x + h4 y + h5) / d`, `d = 1 + h6 x + h7 y`.
    h: [f64; 8],
    growth: [f32; 2],
    /// Largest distance from a whole number that still counts, in modules.
    tolerance: f32,
}

const UNIT: f64 = 64.0;

impl Fit {
    fn new(start: Start) -> Fit {
        let (sin, cos) = f64::from(start.angle).sin_cos();
        let (along, across) = (
            UNIT / f64::from(start.along),
            UNIT / f64::from(start.across),
        );
        Fit {
            centre: (f64::from(start.x), f64::from(start.y)),
            h: [
                cos * along,
                sin * along,
                0.0,
                -sin * across,
                cos * across,
                0.0,
                0.0,
                0.0,
            ],
            growth: [0.0; 2],
            tolerance: 0.5,
        }
    }

    /// A known lattice, seen from the middle of a part of it.
    fn again(lattice: &Lattice, part: [f32; 4]) -> Option<Fit> {
        let back = lattice.to_lattice.inverse()?;
        let middle = (
            f64::from(part[0] + part[2]) / 2.0,
            f64::from(part[1] + part[3]) / 2.0,
        );
        let centre = back.apply(middle.0, middle.1);
        let from_unit = Homography::scale(UNIT, UNIT).then(&Homography::shift(centre.0, centre.1));
        let map = from_unit.then(&lattice.to_lattice).0;
        let h: [f64; 8] = std::array::from_fn(|at| map[at] / map[8]);
        h.iter().all(|one| one.is_finite()).then_some(Fit {
            centre,
            h,
            growth: lattice.growth,
            tolerance: 0.4,
        })
    }

    fn scaled(&self, x: f64, y: f64) -> (f64, f64) {
        ((x - self.centre.0) / UNIT, (y - self.centre.1) / UNIT)
    }

    /// The lattice near a pixel; `None` where the map folds or modules are smaller than two pixels or larger than a
    /// tile.
    fn local(&self, x: f64, y: f64) -> Option<Local> {
        let (x, y) = self.scaled(x, y);
        let h = &self.h;
        let d = 1.0 + h[6] * x + h[7] * y;
        if d < 0.2 {
            return None;
        }
        let (a, b) = (
            (h[0] * x + h[1] * y + h[2]) / d,
            (h[3] * x + h[4] * y + h[5]) / d,
        );
        let slope = |value: f64, hx: f64, hy: f64| {
            let per_pixel = |h: f64, g: f64| ((h - value * g) / d / UNIT) as f32;
            (per_pixel(hx, h[6]), per_pixel(hy, h[7]))
        };
        let slopes = [slope(a, h[0], h[1]), slope(b, h[3], h[4])];
        let fine = |slope: &(f32, f32)| {
            let squared = slope.0 * slope.0 + slope.1 * slope.1;
            let least = 0.5 / TILE as f32;
            squared < 0.25 && squared > least * least
        };
        slopes.iter().all(fine).then_some(Local {
            value: [a as f32, b as f32],
            slope: slopes,
        })
    }

    /// Reads all waves with the growth as it is.
    fn read(&self, tiles: &mut [Tile]) {
        let turns = self.growth.map(|growth| (PI * growth).sin_cos());
        for tile in tiles {
            for (axis, turn) in turns.iter().enumerate() {
                let wave = &tile.waves[axis];
                let (re, im) = sum(wave, *turn);
                let share = (re * re + im * im).sqrt() / (wave.energy + 1.0);
                let off = match share > IN_STEP_MIN {
                    true => turns_of(re, im),
                    false => 0.5,
                };
                tile.readings[axis] = Reading { off, share };
            }
        }
    }

    /// Distance of the edges of a tile from whole numbers of the lattice as it is along one axis, and the share in
    /// step.
    fn reading(&self, tile: &Tile, axis: usize) -> (f32, f32) {
        let Reading { off, share } = tile.readings[axis];
        let moved = self.value(tile.x, tile.y, axis) - f64::from(tile.then.value[axis]);
        (to_nearest(off + moved as f32), share)
    }

    /// The lattice coordinate of a pixel along one axis.
    fn value(&self, x: f64, y: f64, axis: usize) -> f64 {
        let (x, y) = self.scaled(x, y);
        let h = &self.h;
        (h[axis * 3] * x + h[axis * 3 + 1] * y + h[axis * 3 + 2]) / (1.0 + h[6] * x + h[7] * y)
    }

    /// Whether a tile takes part: both axes in step.
    fn takes_part(&self, tile: &Tile) -> bool {
        (0..2).all(|axis| {
            let (off, share) = self.reading(tile, axis);
            share > IN_STEP_MIN && off.abs() < self.tolerance
        })
    }

    /// Tiles that take part, and how far their edges lie from whole numbers, root mean square.
    fn in_step(&self, tiles: &[Tile]) -> (usize, f32) {
        let (mut count, mut squares, mut energy) = (0, 0.0, 1.0);
        for tile in tiles.iter().filter(|tile| self.takes_part(tile)) {
            count += 1;
            for axis in 0..2 {
                let off = self.reading(tile, axis).0;
                squares += off * off * tile.waves[axis].energy;
                energy += tile.waves[axis].energy;
            }
        }
        (count, (squares / energy).sqrt())
    }

    /// Turns and stretches each axis so that all tiles of the first ring add up best. A start that is a few degrees
    /// or a few per cent off would otherwise lock in with one period too many or too few.
    fn align(&mut self, tiles: &[Tile]) {
        for axis in 0..2 {
            let turn = (PI * self.growth[axis]).sin_cos();
            let mut ring = Ring::default();
            for (at, tile) in tiles.iter().take(RING_TILES).enumerate() {
                let per_ring = |far: f64| far as f32 / FIRST_RING * ALIGN_STEP;
                let far = (tile.x - self.centre.0, tile.y - self.centre.1);
                let (re, im) = sum(&tile.waves[axis], turn);
                ring.add(at, (re, im), (per_ring(far.0), per_ring(far.1)));
            }
            let ((i, j), off) = ring.best();
            // A wave that must be turned on by so much has edges that lie so much before whole numbers.
            let step = f64::from(ALIGN_STEP) / f64::from(FIRST_RING) * UNIT;
            self.h[axis * 3] += f64::from(i) * step;
            self.h[axis * 3 + 1] += f64::from(j) * step;
            self.h[axis * 3 + 2] -= f64::from(off);
        }
    }

    fn measure_growth(&mut self, tiles: &[Tile]) {
        for axis in 0..2 {
            let mut sum = (0.0, 0.0);
            for tile in tiles {
                let (r, f) = (tile.waves[axis].rising, tile.waves[axis].falling);
                sum.0 += r.0 * f.0 + r.1 * f.1;
                sum.1 += r.1 * f.0 - r.0 * f.1;
            }
            self.growth[axis] = f32::atan2(sum.1, sum.0) / TAU;
        }
    }

    /// One step of least squares on the phases; with `bend` the perspective, too.
    fn improve(&mut self, tiles: &mut [Tile], bend: bool) -> bool {
        self.measure_growth(tiles);
        self.read(tiles);
        let mut normal = Normal::<8>::default();
        let mut count = 0;
        for tile in tiles.iter() {
            let (x, y) = self.scaled(tile.x, tile.y);
            let h = &self.h;
            let per_d = 1.0 / (1.0 + h[6] * x + h[7] * y);
            let values = [
                (h[0] * x + h[1] * y + h[2]) * per_d,
                (h[3] * x + h[4] * y + h[5]) * per_d,
            ];
            let readings = [0, 1].map(|axis| {
                let Reading { off, share } = tile.readings[axis];
                let moved = values[axis] - f64::from(tile.then.value[axis]);
                (to_nearest(off + moved as f32), share)
            });
            if readings.iter().all(|(_, share)| *share > IN_STEP_MIN) {
                count += 1;
            }
            for axis in 0..2 {
                let (off, share) = readings[axis];
                // An axis alone may count, too: beside the finder there are edges in one direction only.
                if share < IN_STEP_MIN || off.abs() > self.tolerance {
                    continue;
                }
                let part = off / self.tolerance;
                let weight =
                    f64::from((1.0 - part * part).powi(2) * share * tile.waves[axis].energy.sqrt());
                let (x, y) = (x * per_d, y * per_d);
                let row = [x, y, per_d, -values[axis] * x, -values[axis] * y];
                let unknowns = [axis * 3, axis * 3 + 1, axis * 3 + 2, 6, 7];
                normal.add_some(&unknowns, &row, -f64::from(off), weight);
            }
        }
        if count < TILES_MIN.min(tiles.len().max(1)) {
            return false;
        }
        normal.hold(0..6, 1e-6);
        // Without bending the perspective stays; with it, small perspectives are likelier than large ones.
        normal.hold(6..8, if bend { 2e-3 } else { 1e9 });
        let Some(step) = normal.solve() else {
            return false;
        };
        for (h, step) in self.h.iter_mut().zip(step) {
            *h += step;
        }
        self.tolerance = if bend { 0.25 } else { 0.4 };
        true
    }

    fn lattice(&self, tiles: &[Tile]) -> Option<Lattice> {
        let mut bounds = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
        let (mut share_sum, mut energy, mut squares, mut count) = (0.0, 0.0, 0.0, 0);
        for tile in tiles {
            if !self.takes_part(tile) {
                continue;
            }
            count += 1;
            let (x, y) = (tile.x, tile.y);
            let half = TILE as f64 / 2.0;
            for (dx, dy) in [(-half, -half), (half, -half), (half, half), (-half, half)] {
                let Some(local) = self.local(x + dx, y + dy) else {
                    continue;
                };
                for axis in 0..2 {
                    bounds[axis] = bounds[axis].min(local.value[axis]);
                    bounds[axis + 2] = bounds[axis + 2].max(local.value[axis]);
                }
            }
            for axis in 0..2 {
                let (off, share) = self.reading(tile, axis);
                squares += off * off * tile.waves[axis].energy;
                share_sum += share * tile.waves[axis].energy;
                energy += tile.waves[axis].energy;
            }
        }
        if count < TILES_MIN || bounds[0] > bounds[2] {
            return None;
        }
        let h = &self.h;
        let about_centre = Homography::shift(-self.centre.0, -self.centre.1)
            .then(&Homography::scale(1.0 / UNIT, 1.0 / UNIT));
        let map = Homography([h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1.0]);
        Some(Lattice {
            to_lattice: about_centre.then(&map),
            growth: self.growth,
            clarity: share_sum / (energy + 1.0),
            rms: (squares / (energy + 1.0)).sqrt(),
            bounds,
            tiles: count,
            cells_a_tile: (self.h[0] * self.h[4] - self.h[1] * self.h[3]).abs() as f32
                * (TILE * TILE) as f32
                / (UNIT * UNIT) as f32,
        })
    }
}

/// What is beyond the nearest whole number.
fn to_nearest(turns: f32) -> f32 {
    // Adding 1.5 · 2²³ leaves no bits below one: the sum is rounded to a whole number.
    const WHOLE: f32 = 12_582_912.0;
    turns - ((turns + WHOLE) - WHOLE)
}

/// The angle of a vector in turns, −½ … ½, right to 2 · 10⁻⁵: an odd polynomial fitted to the arctangent on 0 … 1 so
/// that its largest error is least.
fn turns_of(re: f32, im: f32) -> f32 {
    let (a, b) = (re.abs(), im.abs());
    let (less, more) = if a < b { (a, b) } else { (b, a) };
    let t = less / (more + f32::MIN_POSITIVE);
    let s = t * t;
    let near = t * (0.159_029_81 + s * (-0.051_116_556 + s * (0.023_278_64 - s * 0.006_204_847)));
    let quarter = if a < b { 0.25 - near } else { near };
    let half = if re < 0.0 { 0.5 - quarter } else { quarter };
    half.copysign(im)
}

/// The sum of a wave with growth taken out, whose half turns it by this sine and cosine: rising edges (dark to light)
/// lie half the growth late, falling ones half the growth early.
fn sum(wave: &Wave, (sin, cos): (f32, f32)) -> (f32, f32) {
    let (r, f) = (wave.rising, wave.falling);
    (
        (r.0 * cos + r.1 * sin) + (f.0 * cos - f.1 * sin),
        (r.1 * cos - r.0 * sin) + (f.1 * cos + f.0 * sin),
    )
}
