//! What goes wrong while a symbol is printed, in ink at [`FINE`] pixels a module. PURE.
//!
//! In this order: finder modules missing, dot gain, dead lines, voids, smear, jitter, then print in
//! the quiet zone.

use super::{Damage, FINE, sheet::Sheet};
use crate::{random::Random, symbol::Matrix};
use std::f64::consts::TAU;

/// Paper around the symbol on its own sheet, in modules: room for gain, smear and clutter.
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
    if damage.jitter_modules > 0.0 {
        let amplitude = damage.jitter_modules * FINE as f64;
        print.along(across, |ink| jitter(ink, amplitude, random));
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
        let mut best = Vec::new();
        // A short L may be used up before `count`: then another order is tried.
        for _ in 0..50 {
            let mut free: Vec<usize> = (0..finder.len()).filter(inner).collect();
            let mut chosen = Vec::new();
            while chosen.len() < count && !free.is_empty() {
                let at = free[random.below(free.len() as u64) as usize];
                chosen.push(at);
                free.retain(|&other| other.abs_diff(at) > 1);
            }
            if chosen.len() > best.len() {
                best = chosen;
            }
            if best.len() >= count {
                break;
            }
        }
        for at in best {
            self.module(finder[at], 0);
        }
    }

    /// Runs of 1–4 modules of the L all but gone, until the share of it is reached.
    fn erase_runs(&mut self, share: f64, random: &mut Random) {
        let finder = self.finder();
        let wanted = (share * finder.len() as f64).round() as usize;
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
        let wanted = (share * area) as usize;
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

/// Full swing of the ripple, from crest to trough, as a share of the jitter's amplitude.
const RIPPLE: f64 = 0.7;

/// Rows shifted at random, a new value every half module, and a ripple across them.
fn jitter(ink: &mut Sheet, amplitude: f64, random: &mut Random) {
    let line = FINE / 2;
    let lines = ink.height / line + 1;
    let shifts: Vec<f64> = (0..lines)
        .map(|_| 0.35 * amplitude * random.normal())
        .collect();
    let period = (6.0 + 8.0 * random.unit()) * FINE as f64;
    let phase = random.unit() * TAU;
    let before = ink.clone();
    for y in 0..ink.height {
        let from = y as f64 + 0.5;
        let source = from + RIPPLE / 2.0 * amplitude * (TAU * from / period + phase).sin();
        let number = (source.max(0.0) as usize / line).min(lines - 1);
        let shift = shifts[number];
        for (x, cover) in ink.row(y).iter_mut().enumerate() {
            *cover = before.at(x as f64 + 0.5 + shift, source).round() as u8;
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::{degrade::Subject, degrade::content};

    const SEEDS: std::ops::Range<u64> = 0..24;

    fn matrix(seed: u64) -> Matrix {
        let subject = match seed % 3 {
            0 => Subject::Rectangle,
            _ => Subject::Square,
        };
        let printed = content::printed(subject, &mut Random::new(seed));
        printed.expect("a symbol").2
    }

    /// A sound print and the same one damaged.
    fn pair(seed: u64, damage: &Damage) -> (Print, Print) {
        let matrix = matrix(seed);
        let damaged = damaged(&matrix, damage, &mut Random::new(seed));
        (Print::sound(&matrix), damaged)
    }

    /// Mean ink of a module, 0 to 1.
    fn ink(print: &Print, (row, column): (usize, usize)) -> f64 {
        let (top, left) = ((row + MARGIN) * FINE, (column + MARGIN) * FINE);
        let line = |y: usize| &print.ink.cover[y * print.ink.width + left..][..FINE];
        let sum: u64 = (top..top + FINE)
            .flat_map(line)
            .map(|&c| u64::from(c))
            .sum();
        sum as f64 / (255 * FINE * FINE) as f64
    }

    fn total(sheet: &Sheet) -> u64 {
        sheet.cover.iter().map(|&c| u64::from(c)).sum()
    }

    #[test]
    fn exactly_n_separate_modules_of_the_l_lose_all_their_ink() {
        for seed in SEEDS {
            let finder_modules = usize::try_from(seed % 10).expect("a digit");
            let damage = Damage {
                finder_modules,
                ..Damage::default()
            };
            let (sound, damaged) = pair(seed, &damage);
            let wanted = finder_modules.min(sound.rows / 2 + sound.columns / 2 - 3);
            let lost = total(&sound.ink) - total(&damaged.ink);
            assert_eq!(lost, (wanted * FINE * FINE * 255) as u64, "seed {seed}");
            let finder = sound.finder();
            let gone: Vec<usize> = (0..finder.len())
                .filter(|&at| ink(&damaged, finder[at]) == 0.0)
                .collect();
            assert_eq!(gone.len(), wanted, "seed {seed}");
            assert!(
                gone.windows(2).all(|pair| pair[1] - pair[0] > 1),
                "{gone:?}"
            );
            for whole in [0, sound.rows - 1, finder.len() - 1] {
                assert!(!gone.contains(&whole), "seed {seed}: {gone:?}");
            }
        }
    }

    #[test]
    fn the_share_of_the_l_is_all_but_gone() {
        for seed in SEEDS {
            let damage = Damage {
                finder_share: 0.08 * (seed % 10) as f64,
                ..Damage::default()
            };
            let (_, damaged) = pair(seed, &damage);
            let finder = damaged.finder();
            // Ragged edges leave a module up to a quarter of ink and a strip of its neighbour's.
            let gone = finder.iter().filter(|&&at| ink(&damaged, at) < 0.5).count();
            let wanted = (damage.finder_share * finder.len() as f64).round() as usize;
            assert_eq!(gone, wanted, "seed {seed}");
        }
    }

    #[test]
    fn gain_moves_every_edge_by_half_of_its_amount() {
        for (seed, gain) in [
            (1, 0.09),
            (2, 0.45),
            (4, 0.81),
            (1, -0.09),
            (2, -0.45),
            (4, -0.81),
        ] {
            let damage = Damage {
                gain_modules: gain,
                ..Damage::default()
            };
            let (sound, damaged) = pair(seed, &damage);
            // Across the left leg from the quiet zone to its middle: an edge of known place.
            let row = (MARGIN + sound.rows / 2) * FINE;
            let edge = |print: &Print| {
                let line = &print.ink.cover[row * print.ink.width..];
                let sum: u64 = line[..MARGIN * FINE + FINE / 2]
                    .iter()
                    .map(|&c| u64::from(c))
                    .sum();
                sum as f64 / 255.0 / FINE as f64
            };
            let moved = edge(&damaged) - edge(&sound);
            assert!((moved - gain / 2.0).abs() < 0.005, "{gain}: {moved}");
        }
    }

    #[test]
    fn a_dead_line_crosses_the_whole_print_and_is_a_fifth_to_a_half_module_wide() {
        for seed in SEEDS {
            let damage = Damage {
                dead_lines: 1,
                ..Damage::default()
            };
            let (sound, damaged) = pair(seed, &damage);
            let blank = |sheet: &Sheet| {
                let lines = sheet.cover.chunks_exact(sheet.width);
                lines.filter(|line| line.iter().all(|&c| c == 0)).count()
            };
            let across = blank(&damaged.ink) - blank(&sound.ink);
            let along = blank(&damaged.ink.transposed()) - blank(&sound.ink.transposed());
            assert!(across == 0 || along == 0, "seed {seed}: one axis");
            let width = (across + along) as f64 / FINE as f64;
            assert!((0.18..=0.54).contains(&width), "seed {seed}: {width}");
        }
    }

    #[test]
    fn voids_change_their_share_of_the_symbol() {
        for share in [0.04, 0.22] {
            let (mut missing, mut extra, mut area) = (0, 0, 0);
            for seed in SEEDS {
                let damage = Damage {
                    voids_share: share,
                    ..Damage::default()
                };
                let (sound, damaged) = pair(seed, &damage);
                let inside = |at: &usize| {
                    let (row, column) = (at / sound.ink.width, at % sound.ink.width);
                    let within =
                        |at: usize, n: usize| (MARGIN * FINE..(MARGIN + n) * FINE).contains(&at);
                    within(row, sound.rows) && within(column, sound.columns)
                };
                for at in (0..sound.ink.cover.len()).filter(inside) {
                    let (before, after) = (sound.ink.cover[at], damaged.ink.cover[at]);
                    missing += u32::from(after < before);
                    extra += u32::from(after > before);
                    area += 1;
                }
            }
            // Half of the area is dark: of the spots without ink half are seen, and of the others.
            let seen = f64::from(missing + extra) / f64::from(area) / share;
            assert!((0.42..0.58).contains(&seen), "{share}: {seen}");
            let ratio = f64::from(missing) / f64::from(extra);
            assert!((1.5..2.7).contains(&ratio), "{share}: {ratio}");
        }
    }

    #[test]
    fn motion_keeps_the_ink_and_dragging_leaves_a_fading_tail() {
        let mut bar = Sheet::blank(100, 1);
        bar.fill((40.0, 0.0), (60.0, 1.0), 255);
        let (mut moved, mut dragged) = (bar.clone(), bar.clone());
        smear(&mut moved, 12.0, false);
        let kept = total(&moved) as f64 / total(&bar) as f64;
        assert!((kept - 1.0).abs() < 0.01, "{kept}");
        let ramp = |sheet: &Sheet| sheet.cover.iter().filter(|&&c| c > 0 && c < 255).count();
        assert!((22..=24).contains(&ramp(&moved)), "{:?}", moved.cover);
        smear(&mut dragged, 12.0, true);
        assert_eq!(dragged.cover[..60], bar.cover[..60]);
        assert!((200..=205).contains(&dragged.cover[60]));
        assert!((11..=12).contains(&ramp(&dragged)), "{:?}", dragged.cover);
    }

    #[test]
    fn jitter_shifts_lines_by_its_sigma_and_ripples_across_them() {
        // A bar down a tall sheet: its middle in each line is the shift of that line.
        let (height, amplitude) = (FINE * 400, 0.5 * FINE as f64);
        let mut bar = Sheet::blank(100, height);
        bar.fill((30.0, 0.0), (70.0, height as f64), 255);
        jitter(&mut bar, amplitude, &mut Random::new(3));
        let middle = |line: &[u8]| {
            let moment = |(x, &c): (usize, &u8)| (x as f64 + 0.5) * f64::from(c);
            let sum: f64 = line.iter().map(|&c| f64::from(c)).sum();
            line.iter().enumerate().map(moment).sum::<f64>() / sum - 50.0
        };
        let rows = bar
            .cover
            .chunks_exact(100)
            .skip(FINE)
            .take(height - 2 * FINE);
        let squares: Vec<f64> = rows.map(|line| middle(line).powi(2)).collect();
        let sigma = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt() / amplitude;
        assert!((0.32..0.38).contains(&sigma), "{sigma}");

        // Bars across: each of their edges is off by the ripple, at most half of its swing.
        let wide = 100;
        let mut ladder = Sheet::blank(wide, 40 * FINE);
        for rung in 0..20 {
            let top = (2 * rung * FINE) as f64;
            ladder.fill((0.0, top), (wide as f64, top + FINE as f64), 255);
        }
        let before = ladder.clone();
        jitter(&mut ladder, amplitude, &mut Random::new(3));
        let off = |rung: usize, sheet: &Sheet| {
            let first = (2 * rung * FINE - FINE / 2)..(2 * rung * FINE + FINE / 2);
            let sum: f64 = first
                .map(|y| f64::from(sheet.cover[wide * y + wide / 2]))
                .sum();
            sum / 255.0
        };
        let moved = (2..18).map(|rung| (off(rung, &ladder) - off(rung, &before)).abs());
        let most = moved.fold(0.0, f64::max) / amplitude;
        assert!((0.28..0.40).contains(&most), "{most}");
    }

    #[test]
    fn print_in_the_quiet_zone_comes_up_to_its_distance_and_no_nearer() {
        for seed in SEEDS {
            let distance = [2.0, 1.0, 0.6, 0.0][(seed % 4) as usize];
            let damage = Damage {
                quiet_modules: Some(distance),
                ..Damage::default()
            };
            let (sound, damaged) = pair(seed, &damage);
            let outside = |at: usize, modules: usize| {
                let (start, end) = (MARGIN * FINE, (MARGIN + modules) * FINE);
                start.saturating_sub(at).max((at + 1).saturating_sub(end))
            };
            let mut nearest = usize::MAX;
            for (at, (&before, &after)) in
                sound.ink.cover.iter().zip(&damaged.ink.cover).enumerate()
            {
                if before != after {
                    let row = outside(at / sound.ink.width, sound.rows);
                    let column = outside(at % sound.ink.width, sound.columns);
                    nearest = nearest.min(row.max(column));
                }
            }
            let gap = nearest.saturating_sub(1) as f64 / FINE as f64;
            assert!(
                (gap - distance).abs() < 0.07,
                "seed {seed}: {gap} for {distance}"
            );
        }
    }

    #[test]
    fn mirrored_is_transposed() {
        let damage = Damage {
            mirrored: true,
            ..Damage::default()
        };
        let (sound, mirrored) = pair(3, &damage);
        assert_eq!(mirrored.ink, sound.ink.transposed());
        assert_eq!(
            (mirrored.rows, mirrored.columns),
            (sound.columns, sound.rows)
        );
    }
}
