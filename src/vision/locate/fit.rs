//! A lattice while it is being fitted: tiles, their phases, and least squares. PURE.

use super::align::{ALIGN_STEP, RING_TILES, Ring};
use super::lattice::{Lattice, Start};
use super::tiles::{Field, Local, TILE, Wave, tile_centre};
use crate::vision::geometry::Homography;
use crate::vision::solve::Normal;
use std::f32::consts::{PI, TAU};

/// A tile and what was measured in it. The waves are those of the lattice as it was then (`value`, `slope`): a
/// lattice that moved a little since turns them, and nothing need be measured again.
#[derive(Debug, Clone, Copy)]
pub struct Tile {
    /// Middle in pixels of the field, across.
    pub x: f64,
    /// Down.
    pub y: f64,
    /// The lattice there when the waves were measured.
    pub then: Local,
    /// Rising and falling edges along both axes.
    pub waves: [Wave; 2],
    readings: [Reading; 2],
}

impl Tile {
    /// Measures a tile, given by column and row.
    pub fn new((column, row): (usize, usize), field: &mut Field<'_>, local: Local) -> Tile {
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
    pub fn place(&self) -> (usize, usize) {
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

/// Least share of a tile's edge energy in step with the lattice.
const IN_STEP_MIN: f32 = 0.15;

/// Least tiles that make a lattice.
const TILES_MIN: usize = 3;

/// Reach of the first ring in pixels.
pub const FIRST_RING: f32 = 2.0 * TILE as f32;

/// The tiles in step with a lattice.
#[derive(Debug, Clone, Copy)]
pub struct InStep {
    /// How many.
    pub count: usize,
    /// How far their edges lie from whole numbers, root mean square, in modules.
    pub rms: f32,
    /// Share of their edge energy in step, 0–1.
    pub clarity: f32,
}

/// A lattice while it is being fitted. Its map works on pixels about its centre, divided by `UNIT`, so that the
/// numbers stay near one.
#[derive(Clone)]
pub struct Fit {
    /// Where it is fitted about, in pixels of the field.
    pub centre: (f64, f64),
    /// `a = (h0 x + h1 y + h2) / d`, `b = (h3 x + h4 y + h5) / d`, `d = 1 + h6 x + h7 y`.
    h: [f64; 8],
    /// How much wider dark is than it should be, in modules, along both axes.
    pub growth: [f32; 2],
    /// Largest distance from a whole number that still counts, in modules.
    tolerance: f32,
    /// The axis that is not measured: it lies at right angles to the other one and has its pitch.
    smeared: Option<usize>,
}

const UNIT: f64 = 64.0;

impl Fit {
    /// A lattice as a place of texture and a period promise it.
    pub fn new(start: Start) -> Fit {
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
            smeared: start.smeared,
        }
    }

    /// A known lattice, seen from the middle of a part of it.
    pub fn again(lattice: &Lattice, part: [f32; 4]) -> Option<Fit> {
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
            smeared: None,
        })
    }

    fn scaled(&self, x: f64, y: f64) -> (f64, f64) {
        ((x - self.centre.0) / UNIT, (y - self.centre.1) / UNIT)
    }

    /// The lattice near a pixel; `None` where the map folds or modules are smaller than two pixels or larger than a
    /// tile.
    pub fn local(&self, x: f64, y: f64) -> Option<Local> {
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
    pub fn read(&self, tiles: &mut [Tile]) {
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
    pub fn value(&self, x: f64, y: f64, axis: usize) -> f64 {
        let (x, y) = self.scaled(x, y);
        let h = &self.h;
        (h[axis * 3] * x + h[axis * 3 + 1] * y + h[axis * 3 + 2]) / (1.0 + h[6] * x + h[7] * y)
    }

    /// Whether a tile takes part: both axes in step.
    pub fn takes_part(&self, tile: &Tile) -> bool {
        self.axes().all(|axis| {
            let (off, share) = self.reading(tile, axis);
            share > IN_STEP_MIN && off.abs() < self.tolerance
        })
    }

    /// The axes that are measured.
    fn axes(&self) -> impl Iterator<Item = usize> + use<> {
        let smeared = self.smeared;
        (0..2).filter(move |axis| smeared != Some(*axis))
    }

    /// Lays the smeared axis at right angles to the other one.
    fn follow(&mut self) {
        let h = &mut self.h;
        match self.smeared {
            Some(0) => (h[0], h[1]) = (h[4], -h[3]),
            Some(_) => (h[3], h[4]) = (-h[1], h[0]),
            None => (),
        }
    }

    /// What the tiles that take part come to.
    pub fn in_step(&self, tiles: &[Tile]) -> InStep {
        let (mut count, mut squares, mut shares, mut energy) = (0, 0.0, 0.0, 1.0);
        for tile in tiles.iter().filter(|tile| self.takes_part(tile)) {
            count += 1;
            for axis in self.axes() {
                let (off, share) = self.reading(tile, axis);
                let weight = tile.waves[axis].energy;
                squares += off * off * weight;
                shares += share * weight;
                energy += weight;
            }
        }
        InStep {
            count,
            rms: (squares / energy).sqrt(),
            clarity: shares / energy,
        }
    }

    /// Turns and stretches each axis so that all tiles of the first ring add up best. A start that is a few degrees
    /// or a few per cent off would otherwise lock in with one period too many or too few.
    pub fn align(&mut self, tiles: &[Tile]) {
        for axis in self.axes() {
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
        self.follow();
    }

    /// Measures how far rising and falling edges lie apart.
    pub fn measure_growth(&mut self, tiles: &[Tile]) {
        for axis in self.axes() {
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
    pub fn improve(&mut self, tiles: &mut [Tile], bend: bool) -> bool {
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
            if self.axes().all(|axis| readings[axis].1 > IN_STEP_MIN) {
                count += 1;
            }
            for axis in self.axes() {
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
        self.follow();
        self.tolerance = if bend { 0.25 } else { 0.4 };
        true
    }

    /// The lattice with the tiles that take part; `None` when they are too few.
    pub fn lattice(&self, tiles: &[Tile]) -> Option<Lattice> {
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
            for axis in self.axes() {
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
