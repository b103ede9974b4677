//! What goes wrong while a symbol is printed, in ink at [`FINE`] pixels a module. PURE.
//!
//! In this order: finder modules missing, dot gain, dead lines, voids, smear, jitter, then print in
//! the quiet zone.

use super::{Damage, FINE, sheet::Sheet};
use crate::{random::Random, symbol::Matrix};
use std::f64::consts::TAU;

/// Paper around the symbol on its own sheet, in modules: room for gain, smear, stretch and clutter.
pub const MARGIN: usize = 4;

/// A printed symbol with its surroundings.
#[derive(Debug, Clone)]
pub struct Print {
    /// Ink; the symbol starts [`MARGIN`] modules from the left and from the top.
    pub ink: Sheet,
    /// Modules of the symbol down, as it lies on the sheet.
    pub rows: usize,
    /// Modules across, as it lies on the sheet.
    pub columns: usize,
}

/// The symbol's ink with the damage of the print; transposed when mirrored.
pub fn damaged(matrix: &Matrix, damage: &Damage, random: &mut Random) -> Print {
    let mut print = Print::sound(matrix);
    print.erase_modules(damage.finder_modules, random);
    print.erase_runs(damage.finder_share, random);
    print.gain(damage.gain_modules);
    print.dead_lines(damage.dead_lines, random);
    print.voids(damage.voids_share, random);
    let across = random.chance(0.5);
    if damage.smear_modules > 0.0 {
        let (length, drag) = (damage.smear_modules * FINE as f64, damage.smear_drag);
        print.along(across, |ink| smear(ink, length, drag));
    }
    let across = random.chance(0.5);
    if damage.jitter_modules > 0.0 || damage.stretch != 0.0 {
        let amplitude = damage.jitter_modules * FINE as f64;
        print.along(across, |ink| jitter(ink, amplitude, damage.stretch, random));
    }
    if let Some(distance) = damage.quiet_modules {
        print.clutter(distance, random);
    }
    if damage.mirrored {
        print.transpose();
    }
    print
}

impl Print {
    /// Every dark module full of ink to its edge.
    pub fn sound(matrix: &Matrix) -> Print {
        let side = |modules: usize| (modules + 2 * MARGIN) * FINE;
        let mut print = Print {
            ink: Sheet::blank(side(matrix.columns), side(matrix.rows)),
            rows: matrix.rows,
            columns: matrix.columns,
        };
        for (at, _) in matrix.dark.iter().enumerate().filter(|(_, dark)| **dark) {
            print.module((at / matrix.columns, at % matrix.columns), 255);
        }
        print
    }

    /// Where a length in modules from the symbol's edge lies on the sheet.
    fn place(modules: f64) -> f64 {
        (modules + MARGIN as f64) * FINE as f64
    }

    fn module(&mut self, (row, column): (usize, usize), value: u8) {
        let place = |at: usize| Print::place(at as f64);
        let from = (place(column), place(row));
        self.ink
            .fill(from, (place(column + 1), place(row + 1)), value);
    }

    /// The modules of the L: down the left side, then along the bottom.
    fn finder(&self) -> Vec<(usize, usize)> {
        let down = (0..self.rows).map(|row| (row, 0));
        let along = (1..self.columns).map(|column| (self.rows - 1, column));
        down.chain(along).collect()
    }

    fn transpose(&mut self) {
        self.ink = self.ink.transposed();
        (self.rows, self.columns) = (self.columns, self.rows);
    }

    /// Does something that runs along the rows, or along the columns.
    fn along(&mut self, rows: bool, act: impl FnOnce(&mut Sheet)) {
        if !rows {
            self.transpose();
        }
        act(&mut self.ink);
        if !rows {
            self.transpose();
        }
    }

    /// Exactly `count` separate modules of the L without ink, never one of its ends or its corner;
    /// fewer only when the L is too short for so many.
    fn erase_modules(&mut self, count: usize, random: &mut Random) {
        let finder = self.finder();
        let corner = self.rows - 1;
        let inner = |&at: &usize| at != 0 && at != corner && at + 1 != finder.len();
        let mut free: Vec<usize> = (0..finder.len()).filter(inner).collect();
        for _ in 0..count {
            if free.is_empty() {
                break;
            }
            let chosen = free[random.below(free.len() as u64) as usize];
            self.module(finder[chosen], 0);
            free.retain(|&at| at.abs_diff(chosen) > 1);
        }
    }

    /// Runs of 1–4 modules of the L all but gone, until the share of it is reached.
    fn erase_runs(&mut self, share: f64, random: &mut Random) {
        let finder = self.finder();
        let wanted = (share.clamp(0.0, 1.0) * finder.len() as f64).round() as usize;
        let mut gone = vec![false; finder.len()];
        let mut count = 0;
        while count < wanted {
            let start = random.below(finder.len() as u64) as usize;
            let length = random.between(1, 4) as usize;
            let left = (random.unit() * 0.25 * 255.0) as u8;
            for at in start..(start + length).min(finder.len()) {
                if count < wanted && !gone[at] {
                    gone[at] = true;
                    count += 1;
                    self.fade(finder[at], left, random);
                }
            }
        }
    }

    /// One module with only `left` of its ink, its edges ragged by a tenth of a module.
    fn fade(&mut self, (row, column): (usize, usize), left: u8, random: &mut Random) {
        let ragged = 0.1 * FINE as f64;
        let (x, y) = (Print::place(column as f64), Print::place(row as f64));
        let (top, bottom) = (random.swing(ragged), random.swing(ragged));
        let side = FINE as f64;
        let lines = ((y + top).round() as usize)..((y + side + bottom).round() as usize);
        for line in lines.start..lines.end.min(self.ink.height) {
            let from = (x + random.swing(ragged)).round().max(0.0) as usize;
            let to = (x + side + random.swing(ragged)).round() as usize;
            let row = self.ink.row(line);
            let end = to.min(row.len());
            for cover in &mut row[from.min(end)..end] {
                *cover = (*cover).min(left);
            }
        }
    }

    /// Ink edges outward by half of `amount` modules each, inward when it is negative.
    fn gain(&mut self, amount: f64) {
        let reach = amount.abs() / 2.0 * FINE as f64;
        if reach <= 0.0 {
            return;
        }
        let grows = amount > 0.0;
        let inked: Vec<bool> = self
            .ink
            .cover
            .iter()
            .map(|&c| (c >= 128) == grows)
            .collect();
        let distance = distances(&inked, self.ink.width, reach.ceil() as usize + 1);
        for (cover, distance) in self.ink.cover.iter_mut().zip(distance) {
            let spread = (255.0 * (reach - (f64::from(distance) - 1.0)).clamp(0.0, 1.0)) as u8;
            if grows {
                *cover = (*cover).max(spread);
            } else if *cover >= 128 {
                *cover = (*cover).min(255 - spread);
            }
        }
    }

    /// Lines of 0.2–0.5 module without ink, through the whole print along one axis.
    fn dead_lines(&mut self, count: usize, random: &mut Random) {
        if count == 0 {
            return;
        }
        let mut lines = Vec::new();
        let rows = random.chance(0.5);
        let extent = if rows { self.rows } else { self.columns } as f64;
        for _ in 0..count {
            let width = 0.2 + 0.3 * random.unit();
            lines.push((random.unit() * (extent - width), width));
        }
        self.along(rows, |ink| {
            let right = ink.width as f64;
            for (at, width) in lines {
                let (top, bottom) = (Print::place(at), Print::place(at + width));
                ink.fill((0.0, top), (right, bottom.max(top + 1.0)), 0);
            }
        });
    }

    /// Ellipses in any direction until they cover `share` of the symbol: two thirds without ink, one
    /// third with too much, also in the quiet zone.
    fn voids(&mut self, share: f64, random: &mut Random) {
        let area = (self.rows * self.columns * FINE * FINE) as f64;
        let wanted = (share.clamp(0.0, 0.9) * area) as usize;
        let mut spotted = vec![false; self.ink.cover.len()];
        let mut covered = 0;
        let border = 2.0;
        while covered < wanted {
            let x = random.unit() * (self.columns as f64 + 2.0 * border) - border;
            let y = random.unit() * (self.rows as f64 + 2.0 * border) - border;
            let mut radius = || (0.15 + 0.60 * random.unit()) * FINE as f64;
            let radii = (radius(), radius());
            let angle = random.unit() * TAU;
            let value = if random.chance(2.0 / 3.0) { 0 } else { 255 };
            covered += self.spot((x, y), radii, angle, value, &mut spotted);
        }
    }

    /// One ellipse around a place in modules; gives the pixels of the symbol it is the first to
    /// touch.
    fn spot(
        &mut self,
        (x, y): (f64, f64),
        (a, b): (f64, f64),
        angle: f64,
        value: u8,
        spotted: &mut [bool],
    ) -> usize {
        let (x, y) = (Print::place(x), Print::place(y));
        let (sin, cos) = angle.sin_cos();
        let reach = a.max(b);
        let span = |at: f64, end: usize| {
            let clip = |edge: f64| edge.clamp(0.0, end as f64) as usize;
            clip(at - reach)..clip(at + reach + 1.0)
        };
        let inside =
            |at: usize, modules: usize| (MARGIN * FINE..(MARGIN + modules) * FINE).contains(&at);
        let mut first = 0;
        for row in span(y, self.ink.height) {
            for column in span(x, self.ink.width) {
                let (dx, dy) = (column as f64 + 0.5 - x, row as f64 + 0.5 - y);
                let along = (dx * cos + dy * sin) / a;
                let across = (dy * cos - dx * sin) / b;
                if along * along + across * across > 1.0 {
                    continue;
                }
                let at = row * self.ink.width + column;
                self.ink.cover[at] = value;
                if !spotted[at] && inside(row, self.rows) && inside(column, self.columns) {
                    first += 1;
                }
                spotted[at] = true;
            }
        }
        first
    }

    /// A solid bar or ragged strokes on 1–4 sides, up to `distance` modules from the symbol.
    fn clutter(&mut self, distance: f64, random: &mut Random) {
        let mut sides = random.between(1, 15);
        for _ in 0..4 {
            if sides & 1 == 1 {
                self.clutter_above(distance, random);
            }
            sides >>= 1;
            // The next side comes to the top.
            self.ink = self.ink.transposed();
            for row in self.ink.cover.chunks_exact_mut(self.ink.width) {
                row.reverse();
            }
            (self.rows, self.columns) = (self.columns, self.rows);
        }
    }

    fn clutter_above(&mut self, distance: f64, random: &mut Random) {
        let length = self.columns as f64;
        let room = MARGIN as f64 - distance;
        let thick = (0.4 + 1.6 * random.unit()).min(room);
        let (from, to) = (random.swing(2.0), length + random.swing(2.0));
        let mut ink = |left: f64, right: f64, top: f64, bottom: f64| {
            let corner = |x: f64, y: f64| (Print::place(x), Print::place(-y));
            self.ink.fill(corner(left, top), corner(right, bottom), 255);
        };
        if random.chance(0.5) {
            ink(from, to, distance + thick, distance);
            return;
        }
        let mut at = from;
        let mut first = true;
        while at < to {
            let width = 0.25 + 0.35 * random.unit();
            let high = (0.8 + 1.4 * random.unit()).min(room);
            let lift = if first { 0.0 } else { 0.3 * random.unit() };
            ink(at, at + width, distance + high, distance + lift.min(room));
            if random.chance(0.4) {
                // A cross stroke joins it to the next.
                let y = distance + lift.min(room) + 0.6 * random.unit() * high;
                ink(at, at + 1.1, (y + 0.3).min(MARGIN as f64), y);
            }
            first = false;
            at += width + 0.25 + 0.5 * random.unit();
        }
    }
}

/// Distance of each pixel to the nearest marked one, centre to centre, as far as `reach`; beyond, a
/// large number.
fn distances(marked: &[bool], width: usize, reach: usize) -> Vec<f32> {
    let far = f32::MAX;
    let mut across = vec![far; marked.len()];
    for (row, out) in marked
        .chunks_exact(width)
        .zip(across.chunks_exact_mut(width))
    {
        let mut walk = |order: &mut dyn Iterator<Item = usize>| {
            let mut last = far;
            for at in order {
                last = if row[at] { 0.0 } else { last + 1.0 };
                out[at] = out[at].min(last);
            }
        };
        walk(&mut (0..width));
        walk(&mut (0..width).rev());
    }
    let square = |d: f32| if d <= reach as f32 { d * d } else { far };
    let mut out = vec![far; marked.len()];
    let height = marked.len() / width;
    for y in 0..height {
        let rows = y.saturating_sub(reach)..(y + reach + 1).min(height);
        let to = &mut out[y * width..(y + 1) * width];
        for other in rows {
            let dy = (other.abs_diff(y) * other.abs_diff(y)) as f32;
            let from = &across[other * width..(other + 1) * width];
            for (to, &d) in to.iter_mut().zip(from) {
                *to = to.min(square(d) + dy);
            }
        }
    }
    out.iter_mut().for_each(|d| *d = d.sqrt());
    out
}

/// Along the rows: the mean of `length` pixels (motion while printing), or a tail of ink to the
/// right that starts at 80 % and fades over `length` (wet ink dragged).
fn smear(ink: &mut Sheet, length: f64, drag: bool) {
    let length = length.max(1.0);
    let whole = length.floor() as usize;
    for row in ink.cover.chunks_exact_mut(ink.width) {
        if drag {
            let mut tail = 0.0f64;
            for cover in row {
                let here = f64::from(*cover);
                *cover = here.max(tail) as u8;
                tail = (tail - 0.8 * 255.0 / length).max(0.8 * here);
            }
            continue;
        }
        // The box is centred; at its two ends it takes parts of a pixel.
        let before: Vec<f64> = row.iter().map(|&cover| f64::from(cover)).collect();
        let value = |at: usize| before.get(at).copied().unwrap_or(0.0);
        for (x, out) in row.iter_mut().enumerate() {
            let start = x as f64 + 0.5 - length / 2.0;
            let (first, end) = (start.floor(), start + length);
            let mut sum = 0.0;
            for n in 0..=whole + 1 {
                let left = first + n as f64;
                let share = (left + 1.0).min(end) - left.max(start);
                let at = usize::try_from(left as i64);
                sum += at.map_or(0.0, value) * share.max(0.0);
            }
            *out = (sum / length).round().min(255.0) as u8;
        }
    }
}

/// Rows shifted at random, a new value every half module, a ripple across them, and the sheet
/// stretched across the rows about its middle.
fn jitter(ink: &mut Sheet, amplitude: f64, stretch: f64, random: &mut Random) {
    let line = FINE / 2;
    let lines = ink.height / line + 1;
    let shifts: Vec<f64> = (0..lines)
        .map(|_| 0.35 * amplitude * random.normal())
        .collect();
    let period = (6.0 + 8.0 * random.unit()) * FINE as f64;
    let phase = random.unit() * TAU;
    let before = ink.clone();
    let middle = ink.height as f64 / 2.0;
    for y in 0..ink.height {
        let from = y as f64 + 0.5;
        let straight = middle + (from - middle) / (1.0 + stretch);
        let source = straight + 0.7 * amplitude * (TAU * straight / period + phase).sin();
        let number = (source.max(0.0) as usize / line).min(lines - 1);
        let shift = shifts[number];
        for (x, cover) in ink.row(y).iter_mut().enumerate() {
            *cover = before.at(x as f64 + 0.5 + shift, source).round() as u8;
        }
    }
}
