//! A camera for labels that we draw ourselves: turned, tilted, blurred, unevenly lit, noisy, with a grid as a
//! locator would find it, nearly right.

use vidimus::label::{PackData, Template};
use vidimus::vision::frame::Frame;
use vidimus::vision::geometry::{Homography, Point};
use vidimus::vision::grid::Grid;
use vidimus::vision::size::Size;

pub const LETTERS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
pub const DPMM: u16 = 12;
const PAPER: f64 = 200.0;
const INK: f64 = 40.0;

/// A small generator with a seed: the pictures are the same in every run.
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn pick(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn word(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| char::from(LETTERS[self.pick(LETTERS.len())]))
            .collect()
    }
}

pub fn pack(chance: &mut Chance) -> PackData {
    PackData {
        lot: chance.word(8).parse().expect("a right lot"),
        serial: Some(chance.word(12)),
        ..PackData::sample()
    }
}

/// Ink of a label, 0 to 1 a dot.
#[derive(Clone)]
pub struct Print {
    pub width: usize,
    pub height: usize,
    pub ink: Vec<f64>,
}

impl Print {
    pub fn of(template: &Template, pack: &PackData) -> Print {
        let picture = template.raster(pack, DPMM).expect("drawn");
        let ink = picture
            .as_raw()
            .iter()
            .map(|grey| f64::from(u8::from(*grey < 128)))
            .collect();
        Print {
            width: picture.width() as usize,
            height: picture.height() as usize,
            ink,
        }
    }

    /// Changes the ink of a box, in millimetres.
    pub fn change(&mut self, [x0, y0, x1, y1]: [f64; 4], to: impl Fn(f64) -> f64) {
        let dots = |mm: f64| (mm * f64::from(DPMM)).round() as usize;
        for y in dots(y0)..dots(y1).min(self.height) {
            for x in dots(x0)..dots(x1).min(self.width) {
                let ink = &mut self.ink[y * self.width + x];
                *ink = to(*ink);
            }
        }
    }

    /// Moves what stands in a box, in millimetres.
    pub fn shift(&mut self, [x0, y0, x1, y1]: [f64; 4], (right, down): (f64, f64)) {
        let before = self.clone();
        self.change([x0, y0, x1, y1], |_| 0.0);
        let dots = |mm: f64| (mm * f64::from(DPMM)).round() as usize;
        for y in dots(y0)..dots(y1) {
            for x in dots(x0)..dots(x1) {
                let (to_x, to_y) = (x + dots(right), y + dots(down));
                if to_x < self.width && to_y < self.height && before.ink[y * self.width + x] > 0.0 {
                    self.ink[to_y * self.width + to_x] = 1.0;
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
pub struct Optics {
    pub px_per_mm: f64,
    pub turn_deg: f64,
    /// Standard deviation of the blur.
    pub blur_px: f64,
    pub noise: f64,
    /// How far each corner of the label is off, as a share of the symbol's side.
    pub tilt: f64,
    pub light_fall: f64,
    /// How far the corners of the grid are off, in modules.
    pub grid_off: f64,
}

pub const MILD: Optics = Optics {
    px_per_mm: 12.0,
    turn_deg: 4.0,
    blur_px: 0.7,
    noise: 3.0,
    tilt: 0.012,
    light_fall: 0.2,
    grid_off: 0.1,
};

pub struct Photograph {
    pub width: usize,
    pub height: usize,
    pub luma: Vec<u8>,
    pub grid: Grid,
}

impl Photograph {
    pub fn frame(&self) -> Frame<'_> {
        Frame::new(self.width, self.height, &self.luma).expect("a frame")
    }
}

/// A blur with a Gaussian of this deviation along rows, then along columns.
pub fn blur(picture: &mut [f64], width: usize, deviation: f64) {
    let reach = (3.0 * deviation).ceil() as i64;
    let weights: Vec<f64> = (-reach..=reach)
        .map(|at| (-(at as f64 / deviation).powi(2) / 2.0).exp())
        .collect();
    let whole: f64 = weights.iter().sum();
    let height = picture.len() / width;
    for (step, count, lines, line_step) in [(1, width, height, width), (width, height, width, 1)] {
        for line in 0..lines {
            let before: Vec<f64> = (0..count)
                .map(|at| picture[line * line_step + at * step])
                .collect();
            for at in 0..count {
                let near = |offset: usize| {
                    (at as i64 + offset as i64 - reach).clamp(0, count as i64 - 1) as usize
                };
                let sum: f64 = weights
                    .iter()
                    .enumerate()
                    .map(|(offset, weight)| weight * before[near(offset)])
                    .sum();
                picture[line * line_step + at * step] = sum / whole;
            }
        }
    }
}

pub fn photograph(
    print: &Print,
    template: &Template,
    pack: &PackData,
    optics: &Optics,
    chance: &mut Chance,
) -> Photograph {
    let scale = optics.px_per_mm / f64::from(DPMM);
    let (across, down) = (print.width as f64, print.height as f64);
    let (wide, high) = (across * scale, down * scale);
    let (wide, high) = if optics.turn_deg > 20.0 {
        (wide.hypot(high), wide.hypot(high))
    } else {
        (wide, high)
    };
    let (width, height) = (wide as usize + 90, high as usize + 90);
    let layout = template.layout(pack, DPMM).expect("laid out");
    let symbol = layout.symbol();
    let turn = chance
        .between(-optics.turn_deg, optics.turn_deg)
        .to_radians();
    let slack = optics.tilt * f64::from(symbol.width) * scale;
    let mut corner = |x: f64, y: f64| {
        let (u, v) = ((x - across / 2.0) * scale, (y - down / 2.0) * scale);
        let (mx, my) = (width as f64 / 2.0, height as f64 / 2.0);
        Point::new(
            (mx + u * turn.cos() - v * turn.sin() + chance.between(-slack, slack)) as f32,
            (my + u * turn.sin() + v * turn.cos() + chance.between(-slack, slack)) as f32,
        )
    };
    let corners = [
        corner(0.0, 0.0),
        corner(across, 0.0),
        corner(across, down),
        corner(0.0, down),
    ];
    let square = Homography::from_unit_square(corners).expect("no three on a line");
    let to_picture = Homography::scale(1.0 / across, 1.0 / down).then(&square);
    let to_label = to_picture.inverse().expect("there is a way back");
    let mut ink = vec![0.0; width * height];
    for (place, cell) in ink.iter_mut().enumerate() {
        for tap in 0..9 {
            let x = (place % width) as f64 + (f64::from(tap % 3) + 0.5) / 3.0;
            let y = (place / width) as f64 + (f64::from(tap / 3) + 0.5) / 3.0;
            let (x, y) = to_label.apply(x, y);
            let inside = x >= 0.0 && y >= 0.0 && x < across && y < down;
            // A grey table around the label.
            *cell += if inside {
                print.ink[y as usize * print.width + x as usize]
            } else {
                0.4
            } / 9.0;
        }
    }
    blur(&mut ink, width, optics.blur_px);
    let fall = (
        chance.between(-1.0, 1.0) * optics.light_fall,
        chance.between(-1.0, 1.0) * optics.light_fall,
    );
    let mut grey = |(place, ink): (usize, &f64)| {
        let (x, y) = (
            (place % width) as f64 / width as f64,
            (place / width) as f64 / height as f64,
        );
        let light = 1.0 + fall.0 * (x - 0.5) + fall.1 * (y - 0.5);
        // The sum of four even swings of ±1 has a deviation of √(4/3).
        let noise: f64 =
            (0..4).map(|_| chance.between(-1.0, 1.0)).sum::<f64>() / (4.0f64 / 3.0).sqrt();
        ((PAPER - (PAPER - INK) * ink) * light + noise * optics.noise)
            .round()
            .clamp(0.0, 255.0) as u8
    };
    let luma = ink.iter().enumerate().map(&mut grey).collect();
    let modules = f64::from(symbol.modules());
    let mut place = |x: f64, y: f64| {
        let off = |chance: &mut Chance| chance.between(-optics.grid_off, optics.grid_off);
        let (x, y) = (x * modules + off(chance), y * modules + off(chance));
        let dots = f64::from(symbol.module_dots);
        let (x, y) = to_picture.apply(
            f64::from(symbol.x) + x * dots,
            f64::from(symbol.y) + y * dots,
        );
        Point::new(x as f32, y as f32)
    };
    let corners = [
        place(0.0, 0.0),
        place(1.0, 0.0),
        place(1.0, 1.0),
        place(0.0, 1.0),
    ];
    let square = Homography::from_unit_square(corners).expect("no three on a line");
    let side = symbol.modules() as usize;
    let to_picture = Homography::scale(1.0 / modules, 1.0 / modules).then(&square);
    Photograph {
        width,
        height,
        luma,
        grid: Grid {
            size: Size::of(side, side).expect("a size"),
            to_picture,
            inverted: false,
        },
    }
}
