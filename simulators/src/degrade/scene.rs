//! The scene before the lens: background, label, and how the camera sees them. PURE.

use super::{Damage, FINE, clutter, label::Label, map::Map, print::Print, sheet::Sheet};
use crate::random::Random;
use std::f64::consts::TAU;

/// Canvas pixels per frame pixel, each way.
pub const OVER: usize = 2;
/// Paper around the symbol that stays in the frame, in modules.
const BORDER: f64 = 2.2;
/// Most of the frame's height that the symbol's diagonal takes.
const DIAGONAL_SHARE: f64 = 0.78;

/// Grey levels at [`OVER`] times the frame's resolution, not rounded.
#[derive(Debug, Clone, PartialEq)]
pub struct Canvas {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Grey levels, `width × height`.
    pub grey: Vec<f32>,
}

/// How the camera sees a symbol.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// The symbol's corners in the frame as it lies on the label: top left, top right, bottom right,
    /// bottom left.
    pub corners: [(f64, f64); 4],
    /// From modules, counted from the symbol's top left corner, to pixels.
    map: Map,
    /// Mean length of a module's sides in the frame.
    pub px_per_module: f64,
}

impl View {
    /// Any size of those allowed, any turn, any place at which the symbol and its border are seen.
    pub fn of(print: &Print, damage: &Damage, random: &mut Random) -> View {
        let (width, height) = (print.columns as f64, print.rows as f64);
        let frame = (damage.width as f64, damage.height as f64);
        let (least, most) = damage.px_per_module;
        let limit = DIAGONAL_SHARE * frame.1 / width.hypot(height);
        let (least, most) = (least.min(limit), most.min(limit));
        let mut scale = least + (most - least).max(0.0) * random.unit();
        let mut reach = damage.corner_shift;
        let stretch = 1.0 + damage.stretch;
        let (stretch_x, stretch_y) = if random.chance(0.5) {
            (stretch, 1.0)
        } else {
            (1.0, stretch)
        };
        for round in 1u32.. {
            let angle = random.unit() * TAU;
            let side = reach * (width * height).sqrt() * scale;
            let corners =
                [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)].map(|corner| {
                    let (to, _) = Map::placed(angle, scale, (0.0, 0.0))
                        .apply(corner.0 * stretch_x, corner.1 * stretch_y);
                    (to.0 + random.swing(side), to.1 + random.swing(side))
                });
            if let Some(view) = View::inside(corners, (width, height), frame, random) {
                return view;
            }
            if round.is_multiple_of(40) {
                // Too much tilt or too large for this frame: a little less of both.
                (reach, scale) = (reach * 0.95, scale * 0.97);
            }
        }
        unreachable!("a symbol that shrinks fits at last")
    }

    /// These corners moved to a random place in the frame; `None` when they fold, or when the symbol
    /// with its border does not fit.
    fn inside(
        corners: [(f64, f64); 4],
        (width, height): (f64, f64),
        frame: (f64, f64),
        random: &mut Random,
    ) -> Option<View> {
        let turn = |n: usize| {
            let [a, b, c] = [n, n + 1, n + 2].map(|at| corners[at % 4]);
            let cross = (b.0 - a.0) * (c.1 - b.1) - (b.1 - a.1) * (c.0 - b.0);
            let lengths = (b.0 - a.0).hypot(b.1 - a.1) * (c.0 - b.0).hypot(c.1 - b.1);
            cross / lengths
        };
        if (0..4).any(|n| turn(n).is_nan() || turn(n) < 0.25) {
            return None;
        }
        let map = Map::of_rectangle(width, height, corners);
        let (right, bottom) = (width + BORDER, height + BORDER);
        let border = [
            (-BORDER, -BORDER),
            (right, -BORDER),
            (right, bottom),
            (-BORDER, bottom),
        ];
        let mut seen = [(0.0, 0.0); 4];
        for (seen, (x, y)) in seen.iter_mut().zip(border) {
            let (to, w) = map.apply(x, y);
            if w < 0.2 {
                return None;
            }
            *seen = to;
        }
        let span = |pick: fn(&(f64, f64)) -> f64, end: f64| {
            let low = seen.iter().map(pick).fold(f64::MAX, f64::min);
            let high = seen.iter().map(pick).fold(f64::MIN, f64::max);
            (high - low <= end).then_some((-low, end - (high - low)))
        };
        let ((x, slack_x), (y, slack_y)) = (span(|p| p.0, frame.0)?, span(|p| p.1, frame.1)?);
        let shift = (x + slack_x * random.unit(), y + slack_y * random.unit());
        let corners = corners.map(|(x, y)| (x + shift.0, y + shift.1));
        let side = |a: usize, b: usize| {
            let (a, b) = (corners[a], corners[b]);
            (a.0 - b.0).hypot(a.1 - b.1)
        };
        let across = (side(0, 1) + side(3, 2)) / (2.0 * width);
        let down = (side(0, 3) + side(1, 2)) / (2.0 * height);
        Some(View {
            corners,
            map: Map::of_rectangle(width, height, corners),
            px_per_module: across.midpoint(down),
        })
    }
}

/// Grey of label and of ink.
pub fn greys(damage: &Damage) -> (f32, f32) {
    let contrast = damage.contrast;
    let paper = if contrast <= 100.0 {
        128.0 + contrast / 2.0
    } else {
        40.0 + contrast
    };
    let paper = paper.min(235.0);
    let (paper, ink) = (paper as f32, (paper - contrast).max(0.0) as f32);
    if damage.inverted {
        (ink, paper)
    } else {
        (paper, ink)
    }
}

/// Background, clutter and, if there is one, the label with its symbol.
pub fn canvas(shown: Option<(&Label, &View)>, damage: &Damage, random: &mut Random) -> Canvas {
    let (paper, ink) = greys(damage);
    let (width, height) = (damage.width * OVER, damage.height * OVER);
    let mut canvas = Canvas {
        width,
        height,
        grey: vec![paper; width * height],
    };
    let carton = random.chance(0.5);
    if carton {
        canvas.carton(random);
    }
    let Some((label, view)) = shown else {
        clutter::crowd(&mut canvas, (paper, ink), random);
        return canvas;
    };
    if carton {
        for _ in 0..random.between(1, 4) {
            clutter::print_on_carton(&mut canvas, random);
        }
    }
    let fine = FINE as f64;
    let over = OVER as f64;
    let ink_sheet = label.ink.smoothed(fine / (view.px_per_module * over));
    let to_modules = Map::scaled(1.0 / fine, (-label.origin.0, -label.origin.1));
    let to_canvas = to_modules
        .then(&view.map)
        .then(&Map::scaled(over, (0.0, 0.0)));
    canvas.stamp(&ink_sheet, &to_canvas, Some(paper), ink);
    canvas
}

impl Canvas {
    /// Corrugated board or folding box: an uneven grey between 90 and 150, σ about 6.
    fn carton(&mut self, random: &mut Random) {
        let base = 90.0 + 60.0 * random.unit() as f32;
        self.grey.fill(base);
        for cell in [24 * OVER, 7 * OVER] {
            let columns = self.width / cell + 2;
            let rows = self.height / cell + 2;
            let knots: Vec<f32> = (0..columns * rows)
                .map(|_| 5.7 * random.normal() as f32)
                .collect();
            let ease = |t: usize| {
                let t = t as f32 / cell as f32;
                t * t * (3.0 - 2.0 * t)
            };
            let weights: Vec<f32> = (0..cell).map(ease).collect();
            for (y, row) in self.grey.chunks_exact_mut(self.width).enumerate() {
                let (top, weight) = (y / cell * columns, weights[y % cell]);
                let knot = |at: usize| {
                    let (above, below) = (knots[top + at], knots[top + columns + at]);
                    above + (below - above) * weight
                };
                let line: Vec<f32> = (0..columns).map(knot).collect();
                for (pixels, ends) in row.chunks_mut(cell).zip(line.windows(2)) {
                    for (grey, weight) in pixels.iter_mut().zip(&weights) {
                        *grey += ends[0] + (ends[1] - ends[0]) * weight;
                    }
                }
            }
        }
    }

    /// Lays a sheet on the canvas: `paper` under all of it (`None`: the canvas shows through), `ink`
    /// where it is covered. `map` leads from sheet pixels to canvas pixels.
    pub fn stamp(&mut self, sheet: &Sheet, map: &Map, paper: Option<f32>, ink: f32) {
        let (right, bottom) = (sheet.width as f64, sheet.height as f64);
        let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
        for (x, y) in [(0.0, 0.0), (right, 0.0), (right, bottom), (0.0, bottom)] {
            let (to, w) = map.apply(x, y);
            if w < 0.05 {
                // It reaches the horizon: all of the canvas is looked at.
                (low, high) = ((f64::MIN, f64::MIN), (f64::MAX, f64::MAX));
            }
            low = (low.0.min(to.0), low.1.min(to.1));
            high = (high.0.max(to.0), high.1.max(to.1));
        }
        let clip = |at: f64, end: usize| at.clamp(0.0, end as f64) as usize;
        let columns = clip(low.0.floor(), self.width)..clip(high.0.ceil(), self.width);
        let m = map.inverse().0;
        for v in clip(low.1.floor(), self.height)..clip(high.1.ceil(), self.height) {
            let y = v as f64 + 0.5;
            let line = [m[1] * y + m[2], m[4] * y + m[5], m[7] * y + m[8]];
            let row = &mut self.grey[v * self.width..(v + 1) * self.width];
            for (u, grey) in row[columns.clone()].iter_mut().enumerate() {
                let x = (columns.start + u) as f64 + 0.5;
                let w = m[6] * x + line[2];
                // Beyond 20 times the distance of the symbol nothing can be seen anyway.
                if !(0.0..20.0).contains(&w) {
                    continue;
                }
                let (from_x, from_y) = ((m[0] * x + line[0]) / w, (m[3] * x + line[1]) / w);
                if !((0.0..right).contains(&from_x) && (0.0..bottom).contains(&from_y)) {
                    continue;
                }
                let under = paper.unwrap_or(*grey);
                *grey = under + (ink - under) * sheet.at(from_x, from_y) / 255.0;
            }
        }
    }
}
