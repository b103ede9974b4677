//! The period of edges along two directions at right angles around one place. PURE.
//!
//! Squared gradients along a direction are gathered by their position along it, rising and falling edges apart (a print
//! that grew moves them in opposite ways), and their share at each frequency is taken. Squared, not absolute: a picture
//! blurred by half a module still shows a third of the period in squares.

use super::tiles::{Field, Slopes, TILE};
use std::f32::consts::TAU;
use std::ops::Range;

/// Half side of the round window in pixels of the level looked at.
pub const RADIUS: usize = 30;

/// Positions along a direction, two a pixel.
const BINS: usize = 4 * RADIUS + 8;

/// Frequencies looked at, the ones beside the range included.
const FREQUENCIES: usize = 52;

/// How far beside a frequency its ground is taken, in steps of frequency: just outside the peak of a sharp period.
const BESIDE: usize = 5;

/// Longest period looked at, in pixels.
pub const PERIOD_MAX: f32 = 10.0;

/// Shortest period looked at, in pixels.
pub const PERIOD_MIN: f32 = 2.4;

/// Least clarity of the axis that motion left sharp.
const SHARP_MIN: f32 = 0.2;

/// Greatest clarity of the smeared axis, as a share of the sharp one's.
const SMEARED_MAX: f32 = 0.4;

/// Edge energy along the smeared axis, as a share of the sharp one's.
const SMEARED_ENERGY: Range<f32> = 0.1..0.9;

/// What was found: the period along both axes and how clear it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Period {
    /// Pixels a module along the first axis (at the angle asked for).
    pub along: f32,
    /// Pixels a module along the second axis (a right angle on).
    pub across: f32,
    /// Share of edge energy in step with the period, 0–1, of both axes together.
    pub clarity: f32,
}

impl Period {
    /// Whether another one is the same within the resolution of the window.
    pub fn is_near(&self, other: &Period) -> bool {
        let near = |a: f32, b: f32| (a / b - 1.0).abs() < 0.08;
        near(self.along, other.along) && near(self.across, other.across)
    }
}

/// A period along one axis alone.
#[derive(Debug, Clone, Copy)]
pub struct OneWay {
    /// Which axis.
    pub axis: usize,
    /// Pixels a module.
    pub pitch: f32,
    /// How clear it is, 0–1.
    pub clarity: f32,
}

/// Rising and falling edge energy by position along one axis.
#[derive(Clone)]
struct Profile {
    rising: [f32; BINS],
    falling: [f32; BINS],
    energy: f32,
}

/// Finds periods; owns its tables and sums.
pub struct Periods {
    cos: Vec<[f32; BINS]>,
    sin: Vec<[f32; BINS]>,
    profiles: Box<[Profile; 2]>,
    strength: [[f32; FREQUENCIES]; 2],
}

fn frequency(at: usize) -> f32 {
    let (low, high) = (1.0 / PERIOD_MAX, 1.0 / PERIOD_MIN);
    let step = (high - low) / (FREQUENCIES - 1 - 2 * BESIDE) as f32;
    low + step * (at as f32 - BESIDE as f32)
}

impl Default for Periods {
    fn default() -> Periods {
        let wave = |at: usize, of: fn(f32) -> f32| {
            let mut table = [0.0; BINS];
            for (bin, cell) in table.iter_mut().enumerate() {
                *cell = of(TAU * frequency(at) * bin as f32 / 2.0);
            }
            table
        };
        let profile = Profile {
            rising: [0.0; BINS],
            falling: [0.0; BINS],
            energy: 0.0,
        };
        Periods {
            cos: (0..FREQUENCIES).map(|at| wave(at, f32::cos)).collect(),
            sin: (0..FREQUENCIES).map(|at| wave(at, f32::sin)).collect(),
            profiles: Box::new([profile.clone(), profile]),
            strength: [[0.0; FREQUENCIES]; 2],
        }
    }
}

impl Periods {
    /// Looks around a place, given in pixels of the field; `angle` of the first axis in radians.
    pub fn look(&mut self, field: &mut Field<'_>, place: (f32, f32), angle: f32) {
        self.gather(field, place, angle);
        for axis in 0..2 {
            self.transform(axis);
        }
    }

    /// The period, within `range`, of the place looked at, where only one axis has one and the other has edges, too:
    /// such as motion left there.
    /// Bars and lines of print have next to no edges along the other axis, codes in their place a period along both.
    pub fn one_way(&self, range: (f32, f32)) -> Option<OneWay> {
        let clearest = |axis: usize| {
            let all = &self.strength[axis];
            let inside = |at: &usize| (range.0..range.1).contains(&(1.0 / frequency(*at)));
            (BESIDE..FREQUENCIES - BESIDE)
                .filter(inside)
                .max_by(|a, b| all[*a].total_cmp(&all[*b]))
        };
        let at = [clearest(0)?, clearest(1)?];
        let clarity = [0, 1].map(|axis: usize| self.strength[axis][at[axis]]);
        let axis = usize::from(clarity[1] > clarity[0]);
        let (sharp, smeared) = (&self.profiles[axis], &self.profiles[1 - axis]);
        let is_smeared = clarity[axis] > SHARP_MIN
            && clarity[1 - axis] < SMEARED_MAX * clarity[axis]
            && SMEARED_ENERGY.contains(&(smeared.energy / (sharp.energy + 1.0)));
        is_smeared.then(|| OneWay {
            axis,
            pitch: 1.0 / self.fine(axis, at[axis]),
            clarity: clarity[axis],
        })
    }

    fn gather(&mut self, field: &mut Field<'_>, (x, y): (f32, f32), angle: f32) {
        for profile in self.profiles.iter_mut() {
            profile.rising.fill(0.0);
            profile.falling.fill(0.0);
            profile.energy = 0.0;
        }
        let (width, height) = field.size();
        // Gradients begin one pixel in.
        let range = |centre: f32, end: usize| {
            let tiles = end.saturating_sub(2).div_ceil(TILE) as isize;
            let tile = |at: isize| (at - 1).div_euclid(TILE as isize);
            let from = tile(centre as isize - RADIUS as isize).clamp(0, tiles);
            let to = (tile(centre as isize + RADIUS as isize) + 1).clamp(0, tiles);
            from as usize..to as usize
        };
        for row in range(y, height) {
            for column in range(x, width) {
                let first = |tile: usize| (tile * TILE + 1) as f32 + 0.5;
                let place = (first(column) - x, first(row) - y);
                self.gather_tile(field.slopes(column, row), place, angle.sin_cos());
            }
        }
    }

    /// `left` and `top` are where the tile's first pixel lies as seen from the middle of the round window.
    fn gather_tile(&mut self, slopes: &Slopes, (left, top): (f32, f32), (sin, cos): (f32, f32)) {
        const REACH: f32 = (RADIUS * RADIUS) as f32;
        const MIDDLE: f32 = (BINS / 2) as f32;
        let [first, second] = &mut *self.profiles;
        for line in 0..TILE {
            let dy = top + line as f32;
            let half = REACH - dy * dy;
            if half <= 0.0 {
                continue;
            }
            let half = half.sqrt();
            let from = (-half - left).ceil().clamp(0.0, TILE as f32) as usize;
            let to = (half - left + 1.0).clamp(0.0, TILE as f32) as usize;
            for at in from..to {
                let (gx, gy) = (slopes.gx[line][at], slopes.gy[line][at]);
                let dx = left + at as f32;
                let weight = 1.0 - (dx * dx + dy * dy) * (1.0 / REACH);
                let (along, across) = (gx * cos + gy * sin, gy * cos - gx * sin);
                let bin = ((dx * cos + dy * sin) * 2.0 + MIDDLE) as usize;
                first.add(bin, along, weight);
                let bin = ((dy * cos - dx * sin) * 2.0 + MIDDLE) as usize;
                second.add(bin, across, weight);
            }
        }
    }

    fn transform(&mut self, axis: usize) {
        let profile = &self.profiles[axis];
        let mut share = [0.0; FREQUENCIES];
        for (at, share) in share.iter_mut().enumerate() {
            let sum = |bins: &[f32; BINS]| {
                let part = |wave: &[f32; BINS]| dot(bins, wave);
                part(&self.cos[at]).hypot(part(&self.sin[at]))
            };
            let strength = sum(&profile.rising) + sum(&profile.falling);
            *share = strength / (profile.energy + 1.0);
        }
        // Edges of one kind keep their distance from each other; that gives a broad hill at twice the period. A
        // lattice gives a sharp peak: what stands above the ground beside it counts.
        for at in BESIDE..FREQUENCIES - BESIDE {
            let ground = (share[at - BESIDE] + share[at + BESIDE]) / 2.0;
            self.strength[axis][at] = (share[at] - ground).max(0.0);
        }
    }

    /// The clearest periods of the place looked at within `range` (pixels), at most as many as `found` holds, best
    /// first; returns how many: peaks of one axis paired with the best frequency of the other that lies close by.
    pub fn peaks(&self, range: (f32, f32), found: &mut [Period]) -> usize {
        let mut count = 0;
        for at in 0..FREQUENCIES {
            let period = 1.0 / frequency(at);
            if at < BESIDE || at + BESIDE >= FREQUENCIES || period < range.0 || period > range.1 {
                continue;
            }
            let Some(one) = self.pair(at) else { continue };
            let better = found[..count]
                .iter()
                .position(|other| other.clarity < one.clarity);
            let place = better.unwrap_or(count);
            if place < found.len() {
                count = (count + 1).min(found.len());
                found[place..count].rotate_right(1);
                found[place] = one;
            }
        }
        count
    }

    fn pair(&self, at: usize) -> Option<Period> {
        // The two pitches of a symbol differ by perspective and stretch, a quarter at most.
        const RATIO: f32 = 1.27;
        let peak = |axis: usize, at: usize| {
            let all = &self.strength[axis];
            let neighbours = [at.checked_sub(1), Some(at + 1)];
            let higher = |next: Option<usize>| {
                next.and_then(|next| all.get(next))
                    .is_some_and(|n| *n > all[at])
            };
            !neighbours.into_iter().any(higher)
        };
        // Only true for the first axis or for the second: each pair counts once, from its clearer side.
        let mut best: Option<Period> = None;
        for axis in 0..2 {
            if !peak(axis, at) {
                continue;
            }
            let here = frequency(at);
            let other = 1 - axis;
            let partners = (0..FREQUENCIES).filter(|next| {
                let ratio = frequency(*next) / here;
                ratio < RATIO && ratio > 1.0 / RATIO
            });
            let partner = partners
                .max_by(|a, b| self.strength[other][*a].total_cmp(&self.strength[other][*b]))?;
            let clarity = (self.strength[axis][at] * self.strength[other][partner]).sqrt();
            if best.is_none_or(|best| best.clarity < clarity) {
                let (mine, theirs) = (1.0 / self.fine(axis, at), 1.0 / self.fine(other, partner));
                let (along, across) = if axis == 0 {
                    (mine, theirs)
                } else {
                    (theirs, mine)
                };
                best = Some(Period {
                    along,
                    across,
                    clarity,
                });
            }
        }
        best
    }

    /// The top of the parabola through a peak and its neighbours.
    fn fine(&self, axis: usize, at: usize) -> f32 {
        let all = &self.strength[axis];
        if at == 0 || at + 1 == FREQUENCIES {
            return frequency(at);
        }
        let (low, top, high) = (all[at - 1], all[at], all[at + 1]);
        let bend = low - 2.0 * top + high;
        let shift = if bend < -1e-9 {
            (low - high) / (2.0 * bend)
        } else {
            0.0
        };
        frequency(at) + shift.clamp(-0.5, 0.5) * (frequency(1) - frequency(0))
    }
}

impl Profile {
    #[inline]
    fn add(&mut self, at: usize, slope: f32, weight: f32) {
        let energy = slope * slope * weight;
        let at = at.min(BINS - 1);
        if slope > 0.0 {
            self.rising[at] += energy;
        } else {
            self.falling[at] += energy;
        }
        self.energy += energy;
    }
}

fn dot(a: &[f32; BINS], b: &[f32; BINS]) -> f32 {
    let mut lanes = [0.0f32; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for lane in 0..8 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().sum()
}
