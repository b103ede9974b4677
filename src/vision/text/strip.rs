//! A line of text flattened: samples of ink in the text's own coordinates. PURE.

use super::super::frame::Frame;
use super::super::geometry::Point;
use super::super::grid::Grid;
use super::{CANVAS_COLUMNS, CANVAS_ROWS, CELL_ROWS, TextField};

/// Columns between two places that are carried into the picture exactly; between them a straight line is near enough.
const SPAN: usize = 16;

/// Columns whose paper is judged together.
const BLOCK: usize = 8;

/// Most samples in a strip.
const SAMPLES_MAX: usize = 1 << 17;

/// Share of a block's samples that are darker than what counts as its paper.
const PAPER_RANK: f32 = 0.75;

/// Samples of ink: grey levels darker than the paper around, row by row.
#[derive(Debug, Default)]
pub(super) struct Strip {
    pub columns: usize,
    pub rows: usize,
    pub ink: Vec<f32>,
    paper: Vec<f32>,
    /// The text's place of the strip's first sample, in samples right of and below the field's corner.
    pub left: i32,
    pub top: i32,
}

/// Which part of a field's surroundings a strip shows, in samples from the field's corner.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub left: i32,
    pub top: i32,
    pub columns: usize,
    pub rows: usize,
}

impl Strip {
    /// Flattens a window of the picture. `false` when it is too large to be one.
    pub fn fill(&mut self, frame: &Frame, grid: &Grid, field: &TextField, window: Window) -> bool {
        let samples = window.columns * window.rows;
        if samples == 0 || samples > SAMPLES_MAX || frame.luma().is_empty() {
            return false;
        }
        (self.columns, self.rows) = (window.columns, window.rows);
        (self.left, self.top) = (window.left, window.top);
        self.ink.clear();
        self.ink.resize(samples, 0.0);
        let taps = taps(grid, field);
        for row in 0..self.rows {
            for tap in 0..taps {
                let down = row as f32 + (tap as f32 + 0.5) / taps as f32;
                self.add_row(frame, grid, field, row, down, taps);
            }
        }
        let share = 1.0 / (taps * taps) as f32;
        if taps > 1 {
            self.ink.iter_mut().for_each(|grey| *grey *= share);
        }
        self.subtract_paper(grid.inverted);
        true
    }

    /// Adds the greys along one line through a row, `taps` of them to every sample.
    fn add_row(
        &mut self,
        frame: &Frame,
        grid: &Grid,
        field: &TextField,
        row: usize,
        down: f32,
        taps: usize,
    ) {
        let y = down + self.top as f32;
        let place = |column: usize| at(grid, field, column as f32 + self.left as f32, y);
        let mut start = place(0);
        let line = &mut self.ink[row * self.columns..][..self.columns];
        let mut from = 0;
        while from < line.len() {
            let to = (from + SPAN).min(line.len());
            let end = place(to);
            add_span(frame, &mut line[from..to], taps, (start, end));
            start = end;
            from = to;
        }
    }

    /// Greys into ink: the paper is what three quarters of a few columns do not outshine, straight lines between.
    fn subtract_paper(&mut self, inverted: bool) {
        let blocks = self.columns.div_ceil(BLOCK);
        if inverted {
            self.ink.iter_mut().for_each(|grey| *grey = 255.0 - *grey);
        }
        self.paper.clear();
        for block in 0..blocks {
            let columns = block * BLOCK..((block + 1) * BLOCK).min(self.columns);
            let mut counts = [0u16; 256];
            for row in self.ink.chunks_exact(self.columns) {
                row[columns.clone()]
                    .iter()
                    .for_each(|grey| counts[*grey as usize & 255] += 1);
            }
            let wanted = (PAPER_RANK * (columns.len() * self.rows) as f32) as usize;
            let mut below = 0;
            let rank = counts.iter().position(|count| {
                below += usize::from(*count);
                below > wanted
            });
            self.paper.push(rank.unwrap_or(255) as f32);
        }
        let last = blocks - 1;
        for column in 0..self.columns {
            let place = ((column as f32 + 0.5) / BLOCK as f32 - 0.5).clamp(0.0, last as f32);
            let (block, part) = (place as usize, place.fract());
            let next = (block + 1).min(last);
            let paper = self.paper[block] + (self.paper[next] - self.paper[block]) * part;
            for row in 0..self.rows {
                let ink = &mut self.ink[row * self.columns + column];
                *ink = paper - *ink;
            }
        }
    }

    /// Adds a glyph's ink, `gain` grey levels deep, its canvas beginning at this column and row; what lies outside
    /// is cut off.
    pub fn add(
        &mut self,
        ink: &[f32; CANVAS_ROWS * CANVAS_COLUMNS],
        left: i32,
        top: i32,
        gain: f32,
    ) {
        let from = (-left).clamp(0, CANVAS_COLUMNS as i32) as usize;
        let to = (self.columns as i32 - left).clamp(from as i32, CANVAS_COLUMNS as i32) as usize;
        for (row, cells) in (top..).zip(ink.chunks_exact(CANVAS_COLUMNS)) {
            let Some(row) = usize::try_from(row).ok().filter(|row| *row < self.rows) else {
                continue;
            };
            let start = row * self.columns + (left + from as i32).max(0) as usize;
            let line = &mut self.ink[start..start + to - from];
            line.iter_mut()
                .zip(&cells[from..to])
                .for_each(|(sum, cell)| *sum += gain * cell);
        }
    }

    /// The box of `side` samples with the most ink, one looked at in every `step`: its first column, and how much more
    /// ink a sample it has than what this share of all boxes stays below. `None` when none fits.
    pub fn inkiest(&mut self, side: usize, step: usize, share: f32) -> Option<(usize, f32)> {
        let (columns, rows) = (self.columns, self.rows);
        let mut best = (0, f32::MIN);
        self.paper.clear();
        for top in (0..(rows + 1).saturating_sub(side)).step_by(step) {
            for left in (0..(columns + 1).saturating_sub(side)).step_by(step) {
                let lines = (top..top + side).map(|row| &self.ink[row * columns + left..][..side]);
                let sum: f32 = lines.map(|line| line.iter().sum::<f32>()).sum();
                if sum > best.1 {
                    best = (left, sum);
                }
                self.paper.push(sum);
            }
        }
        let at = (self.paper.len() as f32 * share) as usize;
        if self.paper.is_empty() {
            return None;
        }
        let (_, around, _) = self.paper.select_nth_unstable_by(at, f32::total_cmp);
        Some((best.0, (best.1 - *around) / (side * side) as f32))
    }

    /// One row of ink.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.ink[row * self.columns..][..self.columns]
    }
}

/// Adds the greys along a straight line through the picture, `taps` of them to every sample.
fn add_span(frame: &Frame, samples: &mut [f32], taps: usize, (start, end): (Point, Point)) {
    let steps = (samples.len() * taps) as f32;
    let (dx, dy) = ((end.x - start.x) / steps, (end.y - start.y) / steps);
    let (x, y) = (start.x + dx / 2.0, start.y + dy / 2.0);
    if inside(frame, start) && inside(frame, end) {
        return add_span_inside(frame, samples, taps, ((x, y), (dx, dy)));
    }
    let (mut x, mut y) = (x, y);
    for sample in samples {
        for _ in 0..taps {
            *sample += frame.grey(x, y);
            x += dx;
            y += dy;
        }
    }
}

/// Whether all four pixels around a place are in the frame, and the frame small enough for places in fixed point.
fn inside(frame: &Frame, place: Point) -> bool {
    const SIDE_MAX: usize = 1 << 14;
    let (width, height) = (frame.width(), frame.height());
    let within = |at: f32, side: usize| (1.0..=side as f32 - 2.0).contains(&at);
    width.max(height) <= SIDE_MAX && within(place.x, width) && within(place.y, height)
}

/// As [`Frame::grey`] has it, without its edges and in fixed point: 16 bits below the pixel.
fn add_span_inside(
    frame: &Frame,
    samples: &mut [f32],
    taps: usize,
    ((x, y), (dx, dy)): ((f32, f32), (f32, f32)),
) {
    const ONE: f32 = 65_536.0;
    let (width, luma) = (frame.width(), frame.luma());
    let fixed = |at: f32| (at * ONE) as i32;
    let (mut x, mut y, dx, dy) = (fixed(x - 0.5), fixed(y - 0.5), fixed(dx), fixed(dy));
    for sample in samples {
        for _ in 0..taps {
            let (column, row) = ((x >> 16) as usize, (y >> 16) as usize);
            let (fx, fy) = ((x >> 8) & 0xff, (y >> 8) & 0xff);
            let mix = |at: usize| {
                let pair = &luma[at..at + 2];
                i32::from(pair[0]) * (256 - fx) + i32::from(pair[1]) * fx
            };
            let (top, bottom) = (mix(row * width + column), mix((row + 1) * width + column));
            *sample += (top * (256 - fy) + bottom * fy) as f32 / ONE;
            x += dx;
            y += dy;
        }
    }
}

/// Where a place of the text lies in the picture; `x` and `y` in samples from the field's corner.
pub(super) fn at(grid: &Grid, field: &TextField, x: f32, y: f32) -> Point {
    let sample = field.height / CELL_ROWS as f32;
    grid.at(field.x + x * sample, field.y + y * sample)
}

/// Height of the field's cell in the picture, in pixels: at its middle, the smaller of both directions.
pub(super) fn height_px(grid: &Grid, field: &TextField, middle: f32) -> f32 {
    let half = CELL_ROWS as f32 / 2.0;
    let down = at(grid, field, middle, 0.0).distance(at(grid, field, middle, 2.0 * half));
    let across =
        at(grid, field, middle - half, half).distance(at(grid, field, middle + half, half));
    down.min(across)
}

/// Greys that are averaged for a sample in each direction, so that none is skipped where the picture is finer.
fn taps(grid: &Grid, field: &TextField) -> usize {
    let px = height_px(grid, field, CELL_ROWS as f32) / CELL_ROWS as f32;
    if px.is_finite() {
        (px.round() as usize).clamp(1, 4)
    } else {
        1
    }
}

/// How much darker the symbol's finder and clock modules are than the light ones of its clock track, in grey levels;
/// turned round for light symbols on a dark ground.
pub(super) fn symbol_contrast(frame: &Frame, grid: &Grid) -> f32 {
    let (mut dark, mut light) = ((0.0f32, 0.0f32), (0.0f32, 0.0f32));
    let size = grid.size;
    for row in 0..size.rows {
        for column in 0..size.columns {
            let border =
                row == 0 || column == 0 || row == size.rows - 1 || column == size.columns - 1;
            if let (true, Some(is_dark)) = (border, size.fixed(row, column)) {
                let centre = grid.centre(row, column);
                let sum = if is_dark { &mut dark } else { &mut light };
                sum.0 += frame.grey(centre.x, centre.y);
                sum.1 += 1.0;
            }
        }
    }
    let contrast = light.0 / light.1.max(1.0) - dark.0 / dark.1.max(1.0);
    if grid.inverted { -contrast } else { contrast }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn spans_are_the_same_in_fixed_point_and_at_the_edges() {
        let (width, height) = (61, 47);
        let luma: Vec<u8> = (0..width * height)
            .map(|at| ((at * 7919 + at / 13 * 31) % 256) as u8)
            .collect();
        let frame = Frame::new(width, height, &luma).expect("a frame");
        let point = |x, y| Point { x, y };
        for (start, end) in [
            (point(3.2, 4.1), point(50.7, 41.3)),
            (point(59.0, 45.0), point(1.0, 1.0)),
            (point(30.0, 44.9), point(30.4, 1.2)),
            (point(-9.0, 20.0), point(70.0, 22.0)),
        ] {
            for taps in [1, 3] {
                let mut found = [0.0; SPAN];
                add_span(&frame, &mut found, taps, (start, end));
                for (at, found) in found.iter().enumerate() {
                    let wanted: f32 = (0..taps)
                        .map(|tap| {
                            let part = ((at * taps + tap) as f32 + 0.5) / (SPAN * taps) as f32;
                            let along = |from: f32, to: f32| from + (to - from) * part;
                            frame.grey(along(start.x, end.x), along(start.y, end.y))
                        })
                        .sum();
                    assert!(
                        (found - wanted).abs() < 4.0 * taps as f32,
                        "{found} {wanted}"
                    );
                }
            }
        }
    }
}
