//! Where the modules really lie: edges between dark and light, measured to parts of a pixel. PURE.
//!
//! From the edges come the real column and row lines (axial and grid non-uniformity), print growth, the sharpness of
//! edges and the regularity of the clock tracks. The locator's grid is only the place to start from: it is fitted to
//! the outline, these lines are fitted to every edge inside.
//!
//! A line may be shifted, and every row or column of modules may be shifted along it: what a jerking transport or a
//! wandering web does. A single dot out of place is no matter of the grid; it shows in modulation.

use crate::vision::frame::Frame;
use crate::vision::geometry::Point;
use crate::vision::grid::Grid;

/// Least share of the symbol's contrast that an edge must have to be measured.
const EDGE_CONTRAST: f32 = 0.25;
/// Samples along an edge's profile, from one module's centre to the next: at least, at most.
const SAMPLES: (usize, usize) = (5, 24);
/// Share of the samples at either end of a profile that say what dark and light are there.
const PLATEAU: usize = 5;
/// Rounds of the fit, and how far an edge may lie off the fit, in modules, to be heard in each.
const ROUNDS: [f32; 3] = [f32::INFINITY, 0.3, 0.2];

/// One axis of the symbol: across the columns (x) or down the rows (y).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Along x: from column to column.
    Across,
    /// Along y: from row to row.
    Down,
}

/// One edge between two neighbouring modules along an axis.
#[derive(Debug, Clone, Copy)]
struct Edge {
    /// The line between the modules: 0 is the symbol's outer edge.
    line: u16,
    /// The row of a vertical edge, the column of a horizontal one.
    lane: u16,
    /// How far the edge lies behind the grid's line, in modules.
    offset: f32,
    /// Dark before light.
    dark_first: bool,
}

/// What the edges along one axis say.
#[derive(Debug, Default)]
pub(super) struct Lines {
    edges: Vec<Edge>,
    /// Shift of each line, in modules: columns + 1 (or rows + 1) of them.
    shift: Vec<f32>,
    /// Shift of each lane in the same direction, on top of that: one a row (or column).
    lane: Vec<f32>,
    /// The shifts that the module centres were last placed by.
    placed: (Vec<f32>, Vec<f32>),
    /// Gain of dark against light in modules.
    pub(super) growth: f32,
    /// Width of the ramp between dark and light in modules: dark to light, light to dark.
    pub(super) width: [f32; 2],
    /// Root mean square of the clock track's edges off an even spacing, in modules.
    pub(super) irregularity: f32,
    sums: Vec<(f32, u32)>,
}

/// What a frame's modules look like to the edge finder: centres and greys of the modules and of the ring of quiet
/// modules around them, row by row.
pub(super) struct Seen<'a> {
    pub(super) frame: &'a Frame<'a>,
    pub(super) grid: &'a Grid,
    pub(super) centres: &'a [Point],
    /// Mean grey under the aperture; not a number where the module lies outside the frame.
    pub(super) greys: &'a [f32],
    pub(super) modules: &'a [bool],
    /// Darkest and lightest grey.
    pub(super) range: (f32, f32),
}

impl Lines {
    /// Forgets what was measured: the lines lie where the grid has them.
    pub(super) fn reset(&mut self, grid: &Grid, axis: Axis) {
        let (lines, lanes) = match axis {
            Axis::Across => (grid.size.columns, grid.size.rows),
            Axis::Down => (grid.size.rows, grid.size.columns),
        };
        for (values, count) in [
            (&mut self.shift, lines + 1),
            (&mut self.lane, lanes),
            (&mut self.placed.0, lines + 1),
            (&mut self.placed.1, lanes),
        ] {
            values.clear();
            values.resize(count, 0.0);
        }
    }

    /// How far the fit has moved since centres were placed by it, in modules.
    pub(super) fn moved(&self) -> f32 {
        let most = |now: &[f32], then: &[f32]| {
            let changes = now.iter().zip(then).map(|(now, then)| (now - then).abs());
            changes.fold(0.0, f32::max)
        };
        most(&self.shift, &self.placed.0) + most(&self.lane, &self.placed.1)
    }

    /// Takes the fit for the module centres.
    pub(super) fn adopt(&mut self) {
        self.placed.0.copy_from_slice(&self.shift);
        self.placed.1.copy_from_slice(&self.lane);
    }

    /// Measures all edges along one axis and fits the lines to them.
    pub(super) fn measure(&mut self, seen: &Seen<'_>, axis: Axis) {
        let size = seen.grid.size;
        let (lines, lanes) = match axis {
            Axis::Across => (size.columns, size.rows),
            Axis::Down => (size.rows, size.columns),
        };
        self.find(seen, axis, lines, lanes);
        self.fit(lines + 1, lanes);
        // The clock track across is the top row, the one down is the rightmost column.
        let track = match axis {
            Axis::Across => 0,
            Axis::Down => lanes - 1,
        };
        self.irregularity = self.irregular(track, lines);
    }

    fn find(&mut self, seen: &Seen<'_>, axis: Axis, lines: usize, lanes: usize) {
        let size = seen.grid.size;
        let ring = size.columns + 2;
        let pitch = match axis {
            Axis::Across => seen.grid.pitch_px().0,
            Axis::Down => seen.grid.pitch_px().1,
        };
        let samples = (pitch.ceil() as usize).clamp(SAMPLES.0, SAMPLES.1);
        let least = EDGE_CONTRAST * (seen.range.1 - seen.range.0);
        let dark = |line: usize, lane: usize| {
            // Before the first line and behind the last there is only quiet zone.
            if line == 0 || line > lines {
                return false;
            }
            match axis {
                Axis::Across => seen.modules[lane * size.columns + line - 1],
                Axis::Down => seen.modules[(line - 1) * size.columns + lane],
            }
        };
        let (mut widths, mut counts) = ([0.0f32; 2], [0u32; 2]);
        self.edges.clear();
        for lane in 0..lanes {
            let mut before = false;
            for line in 0..=lines {
                let after = dark(line + 1, lane);
                let dark_first = std::mem::replace(&mut before, after);
                if dark_first == after {
                    continue;
                }
                let (one, next) = match axis {
                    Axis::Across => ((lane + 1) * ring + line, (lane + 1) * ring + line + 1),
                    Axis::Down => (line * ring + lane + 1, (line + 1) * ring + lane + 1),
                };
                let step = match dark_first != seen.grid.inverted {
                    true => seen.greys[next] - seen.greys[one],
                    false => seen.greys[one] - seen.greys[next],
                };
                // Written so that what is not a number is left out too.
                if !(step > 0.0 && step >= least) {
                    continue;
                }
                let Some((offset, width)) = profile(seen, one, next, samples) else {
                    continue;
                };
                // The profile runs between centres as placed; the offset counts from the grid's own line.
                let placed =
                    self.centre(line.max(1) - 1, lane) + self.centre(line.min(lines - 1), lane);
                let offset = offset + placed / 2.0;
                let kind = usize::from(!dark_first);
                widths[kind] += width;
                counts[kind] += 1;
                self.edges.push(Edge {
                    line: line as u16,
                    lane: lane as u16,
                    offset,
                    dark_first,
                });
            }
        }
        self.width = [0, 1].map(|kind| widths[kind] / counts[kind].max(1) as f32);
    }

    /// Fits `offset = shift[line] + lane[lane] ± growth / 2` to the edges, by turns, dropping what lies far off: a void
    /// moves an edge as much as a whole module, and says nothing of where the line is.
    fn fit(&mut self, lines: usize, lanes: usize) {
        self.shift.clear();
        self.shift.resize(lines, 0.0);
        self.lane.clear();
        self.lane.resize(lanes, 0.0);
        self.growth = 0.0;
        for most in ROUNDS {
            self.refit_growth(lines, most);
            let (shift, lane, growth) = (&self.shift, &self.lane, self.growth);
            let heard = |edge: &&Edge| residual(edge, shift, lane, growth).abs() <= most;
            self.sums.clear();
            self.sums.resize(lines, (0.0, 0));
            for edge in self.edges.iter().filter(heard) {
                let sum = &mut self.sums[usize::from(edge.line)];
                sum.0 += residual(edge, shift, lane, growth);
                sum.1 += 1;
            }
            add_means(&mut self.shift, &self.sums);
            let (shift, lane, growth) = (&self.shift, &self.lane, self.growth);
            let heard = |edge: &&Edge| residual(edge, shift, lane, growth).abs() <= most;
            self.sums.clear();
            self.sums.resize(lanes, (0.0, 0));
            for edge in self.edges.iter().filter(heard) {
                let sum = &mut self.sums[usize::from(edge.lane)];
                sum.0 += residual(edge, shift, lane, growth);
                sum.1 += 1;
            }
            add_means(&mut self.lane, &self.sums);
        }
    }

    /// Growth from the edges inside the symbol: its outer edges all have one polarity, which growth and a shift of the
    /// line explain alike.
    fn refit_growth(&mut self, lines: usize, most: f32) {
        let mut means = [(0.0f32, 0u32); 2];
        let inside = |edge: &&Edge| edge.line > 0 && usize::from(edge.line) + 1 < lines;
        for edge in self.edges.iter().filter(inside) {
            let off = residual(edge, &self.shift, &self.lane, self.growth);
            if off.abs() <= most {
                let mean = &mut means[usize::from(!edge.dark_first)];
                *mean = (mean.0 + off, mean.1 + 1);
            }
        }
        if means.iter().all(|mean| mean.1 > 0) {
            let [dark_first, light_first] = means.map(|(sum, count)| sum / count as f32);
            self.growth += dark_first - light_first;
        }
    }

    /// How unevenly the edges of one lane lie: root mean square off a straight line of their own, growth taken out.
    fn irregular(&self, track: usize, lines: usize) -> f32 {
        let inside = |edge: &&Edge| {
            usize::from(edge.lane) == track && edge.line > 0 && usize::from(edge.line) < lines
        };
        let edges = || self.edges.iter().filter(inside);
        let off = |edge: &Edge| edge.offset - signed(edge.dark_first, self.growth / 2.0);
        let count = edges().count() as f32;
        if count < 3.0 {
            return 0.0;
        }
        let mean_x = edges().map(|edge| f32::from(edge.line)).sum::<f32>() / count;
        let mean_y = edges().map(off).sum::<f32>() / count;
        let (mut xx, mut xy) = (0.0, 0.0);
        for edge in edges() {
            let x = f32::from(edge.line) - mean_x;
            xx += x * x;
            xy += x * (off(edge) - mean_y);
        }
        let slope = if xx > 0.0 { xy / xx } else { 0.0 };
        let square = |edge: &Edge| {
            let left = off(edge) - mean_y - slope * (f32::from(edge.line) - mean_x);
            left * left
        };
        (edges().map(square).sum::<f32>() / count).sqrt()
    }

    /// Where a line's crossing with the far axis' line lies, in modules behind the grid's own: `across_lane` is that
    /// far line (0 is the outer edge).
    pub(super) fn at(&self, line: usize, across_lane: usize) -> f32 {
        let last = self.lane.len().saturating_sub(1);
        let before = self.lane[across_lane.saturating_sub(1).min(last)];
        let behind = self.lane[across_lane.min(last)];
        self.shift[line] + (before + behind) / 2.0
    }

    /// The shift by which a module's centre is placed; `line` is the one before it.
    pub(super) fn centre(&self, line: usize, lane: usize) -> f32 {
        let (shift, lanes) = &self.placed;
        (shift[line] + shift[line + 1]) / 2.0 + lanes[lane]
    }
}

fn signed(dark_first: bool, value: f32) -> f32 {
    if dark_first { value } else { -value }
}

fn residual(edge: &Edge, shift: &[f32], lane: &[f32], growth: f32) -> f32 {
    let fitted = shift[usize::from(edge.line)] + lane[usize::from(edge.lane)];
    edge.offset - fitted - signed(edge.dark_first, growth / 2.0)
}

/// Adds to every value the mean of its residuals; values without any follow their nearest neighbours on both sides.
fn add_means(values: &mut [f32], sums: &[(f32, u32)]) {
    for (value, (sum, count)) in values.iter_mut().zip(sums) {
        if *count > 0 {
            *value += sum / *count as f32;
        }
    }
    let known = |at: &usize| sums[*at].1 > 0;
    for at in (0..values.len()).filter(|at| sums[*at].1 == 0) {
        let before = (0..at).rev().find(known);
        let behind = (at + 1..values.len()).find(known);
        values[at] = match (before, behind) {
            (Some(before), Some(behind)) => {
                let share = (at - before) as f32 / (behind - before) as f32;
                values[before] + (values[behind] - values[before]) * share
            }
            (Some(near), None) | (None, Some(near)) => values[near],
            (None, None) => 0.0,
        };
    }
}

/// One edge: its offset from the middle between two module centres, in modules, and the width of its ramp.
///
/// The place comes from the area under the profile: where a step between the two levels would have to stand to leave
/// the same mean. The width w is that of a straight ramp with the same ∫v(1 − v), which is w/6.
fn profile(seen: &Seen<'_>, one: usize, next: usize, samples: usize) -> Option<(f32, f32)> {
    let (from, to) = (seen.centres[one], seen.centres[next]);
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let mut greys = [0.0f32; SAMPLES.1];
    let greys = &mut greys[..samples];
    for (sample, grey) in greys.iter_mut().enumerate() {
        let t = (sample as f32 + 0.5) / samples as f32;
        *grey = seen.frame.grey(from.x + t * dx, from.y + t * dy);
    }
    // Dark and light as they are on this very line: the aperture sees the other axis' growth as well.
    let plateau = samples / PLATEAU;
    let mean = |greys: &[f32]| greys.iter().sum::<f32>() / plateau as f32;
    let (start, end) = (mean(&greys[..plateau]), mean(&greys[samples - plateau..]));
    let contrast = start - end;
    let by_aperture = seen.greys[one] - seen.greys[next];
    // Half of what the aperture saw at least: otherwise there is a void or a speck on the line.
    if !(contrast * by_aperture > 0.0 && contrast.abs() >= by_aperture.abs() / 2.0) {
        return None;
    }
    let (mut sum, mut ramp) = (0.0, 0.0);
    let per_grey = 1.0 / contrast;
    for grey in greys {
        let share = (*grey - end) * per_grey;
        sum += share;
        let inside = share.clamp(0.0, 1.0);
        ramp += inside * (1.0 - inside);
    }
    let samples = samples as f32;
    Some(((sum / samples - 0.5).clamp(-0.5, 0.5), 6.0 * ramp / samples))
}

/// Spacing and straightness of the whole grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spacing {
    /// Mean module spacing in pixels, across and down.
    pub(super) pitch: [f32; 2],
    /// |X − Y| / ((X + Y) / 2).
    pub(super) axial: f32,
    /// Largest distance of a crossing of the real lines from the even grid between the four real corners, in modules.
    pub(super) grid: f32,
}

/// Where the crossing of a column line and a row line really lies in the picture.
fn crossing(grid: &Grid, across: &Lines, down: &Lines, column: usize, row: usize) -> Point {
    let x = column as f32 + across.at(column, row);
    let y = row as f32 + down.at(row, column);
    grid.at(x, y)
}

/// Axial and grid non-uniformity (ISO/IEC 15415:2011). The ideal grid divides the sides between the four corners
/// evenly: a tilted pack shows as non-uniformity, as it would to a verifier.
pub(super) fn spacing(grid: &Grid, across: &Lines, down: &Lines) -> Spacing {
    let (columns, rows) = (grid.size.columns, grid.size.rows);
    let real = |column, row| crossing(grid, across, down, column, row);
    let corners = [
        real(0, 0),
        real(columns, 0),
        real(columns, rows),
        real(0, rows),
    ];
    let [tl, tr, br, bl] = corners;
    let x = (tl.distance(tr) + bl.distance(br)) / 2.0 / columns as f32;
    let y = (tl.distance(bl) + tr.distance(br)) / 2.0 / rows as f32;
    let mean = (x + y) / 2.0;
    let mix = |a: Point, b: Point, t: f32| Point::new(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t);
    let mut farthest = 0.0f32;
    for row in 0..=rows {
        let v = row as f32 / rows as f32;
        let (left, right) = (mix(tl, bl, v), mix(tr, br, v));
        for column in 0..=columns {
            let ideal = mix(left, right, column as f32 / columns as f32);
            let real = real(column, row);
            let (dx, dy) = (real.x - ideal.x, real.y - ideal.y);
            let off = dx * dx + dy * dy;
            // A plain maximum would hide what is not a number.
            farthest = if off <= farthest { farthest } else { off };
        }
    }
    Spacing {
        pitch: [x, y],
        axial: (x - y).abs() / mean,
        grid: farthest.sqrt() / mean,
    }
}
