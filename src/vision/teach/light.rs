//! The light on a symbol: levels, fall-off from one side to the other, clipping, noise. PURE.
//!
//! Paper is the only thing in a picture whose reflectance is the same everywhere, so light is measured on light modules
//! and the quiet zone, not on the background.

use super::super::frame::Frame;
use super::super::grid::Grid;

/// Taps a side inside a module, over its middle half.
const TAPS: usize = 3;
/// Parts a side into which the symbol is cut to compare the light on them.
const ZONES: usize = 3;
/// From this grey on a pixel counts as clipped: noise and coding keep some of them off 255.
const CLIPPED_FROM: u8 = 254;
/// Up to this grey a pixel counts as black.
const BLACK_UP_TO: u8 = 1;
/// Pixels at which noise is measured, at most.
const NOISE_PIXELS_MAX: usize = 200_000;
/// Pixels at which noise is measured, at least; fewer tell nothing.
const NOISE_PIXELS_MIN: usize = 500;

/// The light on a symbol.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Light {
    /// Grey of printed modules: a tenth of them differ more from paper. Blur spares those that have printed neighbours.
    pub ink: f32,
    /// Grey of modules without print and of the quiet zone: a tenth of them differ more from ink.
    pub paper: f32,
    /// How much darker the darkest ninth of the symbol is than its brightest, as a share of that: 0 is even light.
    pub falloff: f32,
    /// Where the light falls off to, in degrees clockwise from the picture's right; means nothing where there is none.
    pub falloff_deg: f32,
    /// Share of the taps on the brighter modules that are clipped (255).
    pub clipped: f32,
    /// Share of the taps on the darker modules that are black (0).
    pub black: f32,
    /// Standard deviation of the sensor's noise in grey levels; `None` where too little of the picture is unclipped.
    pub noise: Option<f32>,
}

/// A module's mean grey, and where it lies in the symbol.
struct Cell {
    grey: f32,
    zone: usize,
}

impl Light {
    /// Grey levels between paper and ink.
    pub fn contrast(&self) -> f32 {
        (self.paper - self.ink).abs()
    }

    /// The lighter of paper and ink.
    pub fn brightest(&self) -> f32 {
        self.paper.max(self.ink)
    }

    pub(super) fn of(frame: &Frame<'_>, grid: &Grid, modules: &[bool]) -> Light {
        let (rows, columns) = (grid.size.rows, grid.size.columns);
        let (mut light, mut dark) = (Vec::new(), Vec::new());
        let (mut clipped, mut bright_taps) = (0u32, 0u32);
        let (mut black, mut dark_taps) = (0u32, 0u32);
        // The symbol and the ring of quiet modules around it.
        for row in 0..rows + 2 {
            for column in 0..columns + 2 {
                let inner = (1..=rows).contains(&row) && (1..=columns).contains(&column);
                let ink = inner && modules[(row - 1) * columns + column - 1];
                let Some(tapped) = tap(frame, grid, (column as f32 - 1.0, row as f32 - 1.0)) else {
                    continue;
                };
                let zone = |at: usize, all: usize| at * ZONES / all;
                let cell = Cell {
                    grey: tapped.grey,
                    zone: zone(row, rows + 2) * ZONES + zone(column, columns + 2),
                };
                let taps = (TAPS * TAPS) as u32;
                // What reflects much: paper, or the print of a light symbol on dark.
                match ink == grid.inverted {
                    true => (clipped, bright_taps) = (clipped + tapped.clipped, bright_taps + taps),
                    false => (black, dark_taps) = (black + tapped.black, dark_taps + taps),
                }
                match ink {
                    true => dark.push(cell),
                    false => light.push(cell),
                }
            }
        }
        let lighter = |cells: &[Cell]| quantile(cells.iter().map(|cell| cell.grey), 0.9);
        let darker = |cells: &[Cell]| quantile(cells.iter().map(|cell| cell.grey), 0.1);
        let (paper, ink) = match grid.inverted {
            false => (lighter(&light), darker(&dark)),
            true => (darker(&light), lighter(&dark)),
        };
        let bright = if grid.inverted { &dark } else { &light };
        let (falloff, falloff_deg) = falloff(grid, bright);
        let share = |part: u32, all: u32| part as f32 / all.max(1) as f32;
        Light {
            ink,
            paper,
            falloff,
            falloff_deg,
            clipped: share(clipped, bright_taps),
            black: share(black, dark_taps),
            noise: noise(frame),
        }
    }
}

struct Tapped {
    grey: f32,
    clipped: u32,
    black: u32,
}

/// Taps the middle half of a module whose upper left corner lies here in modules; `None` when a tap is outside.
fn tap(frame: &Frame<'_>, grid: &Grid, (left, top): (f32, f32)) -> Option<Tapped> {
    let mut tapped = Tapped {
        grey: 0.0,
        clipped: 0,
        black: 0,
    };
    for place in 0..TAPS * TAPS {
        let share = |at: usize| 0.25 + 0.5 * at as f32 / (TAPS - 1) as f32;
        let at = grid.at(left + share(place % TAPS), top + share(place / TAPS));
        let within = |value: f32, end: usize| value >= 0.0 && value < end as f32;
        if !(within(at.x, frame.width()) && within(at.y, frame.height())) {
            return None;
        }
        let pixel = frame.row(at.y as usize)[at.x as usize];
        tapped.clipped += u32::from(pixel >= CLIPPED_FROM);
        tapped.black += u32::from(pixel <= BLACK_UP_TO);
        tapped.grey += frame.grey(at.x, at.y) / (TAPS * TAPS) as f32;
    }
    Some(tapped)
}

/// The value below which this share of the values lies; 0 of none.
fn quantile(values: impl Iterator<Item = f32>, share: f32) -> f32 {
    let mut sorted: Vec<f32> = values.collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let at = (sorted.len().saturating_sub(1) as f32 * share).round() as usize;
    sorted.get(at).copied().unwrap_or(0.0)
}

/// How much darker the darkest ninth is, and the direction in the picture in which light falls off.
fn falloff(grid: &Grid, bright: &[Cell]) -> (f32, f32) {
    let mut levels = Vec::new();
    for zone in 0..ZONES * ZONES {
        let of_zone = || bright.iter().filter(|cell| cell.zone == zone);
        // A few modules between dark neighbours say more of the blur than of the light.
        if of_zone().count() < ZONES {
            continue;
        }
        let level = quantile(of_zone().map(|cell| cell.grey), 0.75);
        let middle = |at: usize, all: usize| (at as f32 + 0.5) / ZONES as f32 * all as f32;
        let place = grid.at(
            middle(zone % ZONES, grid.size.columns),
            middle(zone / ZONES, grid.size.rows),
        );
        levels.push((level, place));
    }
    let most = levels.iter().map(|(level, _)| *level).fold(0.0, f32::max);
    let least = levels.iter().map(|(level, _)| *level).fold(most, f32::min);
    if most <= 0.0 {
        return (0.0, 0.0);
    }
    let count = levels.len() as f32;
    let mean = |pick: &dyn Fn(&(f32, super::super::geometry::Point)) -> f32| {
        levels.iter().map(pick).sum::<f32>() / count
    };
    let (level, x, y) = (mean(&|z| z.0), mean(&|z| z.1.x), mean(&|z| z.1.y));
    // Covariance of level and place: points to where it is brighter.
    let (towards_x, towards_y) = (
        mean(&|z| (z.0 - level) * (z.1.x - x)),
        mean(&|z| (z.0 - level) * (z.1.y - y)),
    );
    (
        (most - least) / most,
        (-towards_y).atan2(-towards_x).to_degrees(),
    )
}

/// Noise by the response to a mask that planes and straight edges along the axes leave at 0, as J. Immerkær proposed
/// (Computer Vision and Image Understanding 64, 1996): the mask has a norm of 6. The median in place of the mean, so
/// that texture in less than half of the picture says nothing.
fn noise(frame: &Frame<'_>) -> Option<f32> {
    let (width, height) = (frame.width(), frame.height());
    if width < 3 || height < 3 {
        return None;
    }
    let inner = (width - 2) * (height - 2);
    let step = inner.div_ceil(NOISE_PIXELS_MAX).max(1);
    let mut counts = [0u32; 8 * 255 + 1];
    let mut all = 0usize;
    for place in (0..inner).step_by(step) {
        let (row, column) = (place / (width - 2), place % (width - 2));
        let lines = [0, 1, 2].map(|line| &frame.row(row + line)[column..column + 3]);
        let clipped = |pixel: &u8| *pixel >= CLIPPED_FROM || *pixel <= BLACK_UP_TO;
        if lines.iter().any(|line| line.iter().any(clipped)) {
            continue;
        }
        let g = |line: usize, at: usize| i32::from(lines[line][at]);
        let response = g(0, 0) - 2 * g(0, 1) + g(0, 2) - 2 * g(1, 0) + 4 * g(1, 1) - 2 * g(1, 2)
            + g(2, 0)
            - 2 * g(2, 1)
            + g(2, 2);
        counts[response.unsigned_abs() as usize] += 1;
        all += 1;
    }
    if all < NOISE_PIXELS_MIN {
        return None;
    }
    let mut below = 0;
    let median = counts.iter().position(|count| {
        below += *count as usize;
        2 * below >= all
    });
    // The median of |x| of a normal distribution is 0.6745 of its standard deviation.
    median.map(|median| median as f32 / (6.0 * 0.6745))
}
