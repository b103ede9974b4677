//! Optics: ink becomes a grey picture, with position, turn, blur, noise and light. PURE and fast.
//!
//! Fixed point and tables throughout: a 640×480 picture of a 24×24 symbol takes well under 2.5 ms
//! on one core.

use crate::{
    ink::{Dots, Print},
    random::Random,
};

/// Smallest picture the camera makes.
pub const WIDTH_MIN: usize = 640;
/// Smallest picture the camera makes.
pub const HEIGHT_MIN: usize = 480;
/// Largest side of a picture.
pub const SIDE_MAX: usize = 4096;
const NOISE_LENGTH: usize = 1 << 16;
/// Fixed-point unit of dot positions.
const ONE: i64 = 1 << 16;

/// How the camera and its light are set up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Optics {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Pixels per millimetre on the pack.
    pub px_per_mm: f64,
    /// How far to the right of the symbol's middle the camera looks, in mm: text stands there.
    pub aside_mm: f64,
    /// The camera's own turn, in degrees.
    pub turn_deg: f64,
    /// Largest turn of a pack to either side, in degrees.
    pub turn_swing_deg: f64,
    /// Largest shift of a pack to either side, in mm.
    pub shift_swing_mm: f64,
    /// Passes of a 1-2-1 blur over the ink; each is about 0.7 dot wide.
    pub blur_passes: u32,
    /// Standard deviation of the noise in grey levels.
    pub noise: f64,
    /// Share of light lost from one side to the other, 0–1.
    pub light_fall: f64,
    /// Grey of the pack's board.
    pub paper: u8,
    /// Grey of full ink.
    pub ink: u8,
}

impl Default for Optics {
    fn default() -> Optics {
        Optics {
            width: WIDTH_MIN,
            height: HEIGHT_MIN,
            px_per_mm: 12.0,
            aside_mm: 4.0,
            turn_deg: 0.0,
            turn_swing_deg: 3.0,
            shift_swing_mm: 1.5,
            blur_passes: 1,
            noise: 2.5,
            light_fall: 0.15,
            paper: 205,
            ink: 40,
        }
    }
}

/// An 8-bit grey picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Grey, row by row.
    pub luma: Vec<u8>,
}

impl Picture {
    /// Every pixel becomes the mean of the square of `2 × reach + 1` pixels around it, as far as there are any.
    pub fn blur(&mut self, reach: usize) {
        let across = |luma: &[u8], lines: usize, length: usize, step: (usize, usize)| {
            let mut out = vec![0; luma.len()];
            for line in 0..lines {
                let at = |place: usize| line * step.0 + place * step.1;
                for place in 0..length {
                    let near = place.saturating_sub(reach)..(place + reach + 1).min(length);
                    let count = near.len();
                    let sum: usize = near.map(|near| usize::from(luma[at(near)])).sum();
                    out[at(place)] = u8::try_from(sum / count).unwrap_or(u8::MAX);
                }
            }
            out
        };
        let (width, height) = (self.width, self.height);
        let rows = across(&self.luma, height, width, (width, 1));
        self.luma = across(&rows, width, height, (1, width));
    }
}

/// Noise drawn beforehand, used from a random place in every row.
#[derive(Debug, Clone)]
pub struct Noise {
    table: Vec<i16>,
}

impl Noise {
    /// Draws a table of noise with this standard deviation, in grey levels.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "a few grey levels")]
    pub fn new(deviation: f64, seed: u64) -> Noise {
        let mut random = Random::stream(seed, 0x0715);
        // The sum of four even swings of ±1 has a deviation of √(4/3).
        let scale = deviation / (4.0f64 / 3.0).sqrt();
        let mut one = || (0..4).map(|_| random.swing(scale)).sum::<f64>().round() as i16;
        Noise {
            table: (0..NOISE_LENGTH + SIDE_MAX).map(|_| one()).collect(),
        }
    }

    fn row(&self, random: &mut Random, width: usize) -> &[i16] {
        let from = usize::try_from(random.below(NOISE_LENGTH as u64)).expect("inside the table");
        &self.table[from..from + width]
    }
}

/// Takes a picture of a pack with all the prints on it. The same seed gives the same picture.
#[must_use]
pub fn photograph(prints: &[Print], optics: &Optics, noise: &Noise, seed: u64) -> Picture {
    let mut random = Random::stream(seed, 0xCA3E);
    let optics = Optics {
        width: optics.width.clamp(WIDTH_MIN, SIDE_MAX),
        height: optics.height.clamp(HEIGHT_MIN, SIDE_MAX),
        ..*optics
    };
    let view = View::of(prints, &optics, &mut random);
    let ink = prints
        .first()
        .and_then(|_| Coverage::of(prints, optics.blur_passes));
    let (width, height) = (optics.width, optics.height);
    let mut luma = vec![0u8; width * height];
    let light = Light::new(&optics, &mut random);
    for (v, row) in luma.chunks_exact_mut(width).enumerate() {
        let (from, fall) = light.row(v);
        let grain = noise.row(&mut random, width);
        paint_board(row, i32::from(optics.paper), from, fall, grain);
        if let Some(ink) = &ink {
            let depth = i32::from(optics.paper) - i32::from(optics.ink);
            view.paint_ink(
                row,
                v,
                ink,
                (from, fall),
                (i32::from(optics.paper), depth),
                grain,
            );
        }
    }
    Picture {
        width,
        height,
        luma,
    }
}

/// Light across the picture, 16-bit fixed point.
struct Light {
    start: i32,
    across: i32,
    down: i32,
}

impl Light {
    #[expect(clippy::cast_possible_truncation, reason = "light is about one")]
    #[expect(clippy::cast_precision_loss, reason = "picture sides are small")]
    fn new(optics: &Optics, random: &mut Random) -> Light {
        let unit = f64::from(1 << 16);
        let (across, down) = (
            random.swing(optics.light_fall),
            random.swing(optics.light_fall),
        );
        let fixed = |share: f64, side: usize| (share * unit / side as f64) as i32;
        let start = (unit * (1.0 - (across + down) / 2.0)) as i32;
        let (across, down) = (fixed(across, optics.width), fixed(down, optics.height));
        Light {
            start,
            across,
            down,
        }
    }

    fn row(&self, v: usize) -> (i32, i32) {
        (
            self.start + self.down * i32::try_from(v).expect("a row is small"),
            self.across,
        )
    }
}

fn paint_board(row: &mut [u8], paper: i32, from: i32, fall: i32, grain: &[i16]) {
    let mut light = from;
    for (pixel, &grain) in row.iter_mut().zip(grain) {
        *pixel = grey(((paper * light) >> 16) + i32::from(grain));
        light += fall;
    }
}

fn grey(level: i32) -> u8 {
    level.clamp(0, 255).to_le_bytes()[0]
}

/// Blurred ink with an empty border of two dots, so that neighbours always exist.
struct Coverage {
    dots: Dots,
    /// Dots of the label that lie left of and above this part.
    left: i64,
    top: i64,
}

impl Coverage {
    fn of(prints: &[Print], blur_passes: u32) -> Option<Coverage> {
        let mut prints = prints.iter();
        let first = prints.next()?;
        let mut dots = first.dots();
        for over in prints {
            dots.overprint(&over.dots(), over.dx - first.dx, over.dy - first.dy);
        }
        let border = usize::try_from(blur_passes).expect("few passes") + 2;
        let mut part = cut_to_ink(&dots, border)?;
        let mut spare = part.dots.cover.clone();
        for _ in 0..blur_passes {
            blur(&mut part.dots, &mut spare);
        }
        Some(part)
    }

    /// Coverage 0–255 at a dot position in 16-bit fixed point, measured from this part's corner.
    #[inline]
    fn at(&self, x: i64, y: i64) -> i32 {
        let (width, cover) = (self.dots.width, &self.dots.cover);
        let (Ok(col), Ok(row)) = (usize::try_from(x >> 16), usize::try_from(y >> 16)) else {
            return 0;
        };
        let here = row * width + col;
        let (Some(top), Some(bottom)) = (
            cover.get(here..here + 2),
            cover.get(here + width..here + width + 2),
        ) else {
            return 0;
        };
        let part = |fixed: i64| i32::try_from((fixed >> 8) & 0xff).expect("eight bits");
        let (fx, fy) = (part(x), part(y));
        let mix = |a: u8, b: u8| i32::from(a) * (256 - fx) + i32::from(b) * fx;
        (mix(top[0], top[1]) * (256 - fy) + mix(bottom[0], bottom[1]) * fy) >> 16
    }
}

/// The part of a raster that holds ink, with `border` blank dots around it; `None` without ink.
fn cut_to_ink(dots: &Dots, border: usize) -> Option<Coverage> {
    let inked = |row: &[u8]| row.iter().any(|&c| c > 0);
    let rows: Vec<&[u8]> = dots.cover.chunks_exact(dots.width).collect();
    let first_row = rows.iter().position(|row| inked(row))?;
    let last_row = rows.iter().rposition(|row| inked(row))?;
    let (mut first, mut last) = (dots.width, 0);
    for row in &rows[first_row..=last_row] {
        if let Some(at) = row.iter().position(|&c| c > 0) {
            first = first.min(at);
            last = last.max(row.iter().rposition(|&c| c > 0).unwrap_or(at));
        }
    }
    let (width, height) = (last - first + 1, last_row - first_row + 1);
    let wide = width + 2 * border;
    let mut cover = vec![0; wide * (height + 2 * border)];
    for (n, row) in rows[first_row..=last_row].iter().enumerate() {
        let to = (n + border) * wide + border;
        cover[to..to + width].copy_from_slice(&row[first..=last]);
    }
    let corner = |at: usize| i64::try_from(at).unwrap_or(0) - i64::try_from(border).unwrap_or(0);
    let dots = Dots {
        width: wide,
        height: height + 2 * border,
        cover,
    };
    Some(Coverage {
        dots,
        left: corner(first),
        top: corner(first_row),
    })
}

/// One pass of 1-2-1 down and across. The outermost dots stay blank.
fn blur(dots: &mut Dots, spare: &mut [u8]) {
    let (w, length) = (dots.width, dots.cover.len());
    let third = |a: u8, b: u8, c: u8| {
        ((u16::from(a) + 2 * u16::from(b) + u16::from(c) + 2) >> 2).to_le_bytes()[0]
    };
    let cover = &mut dots.cover;
    let down = cover[..length - 2 * w]
        .iter()
        .zip(&cover[w..])
        .zip(&cover[2 * w..]);
    for (out, ((&a, &b), &c)) in spare[w..length - w].iter_mut().zip(down) {
        *out = third(a, b, c);
    }
    let across = spare.iter().zip(&spare[1..]).zip(&spare[2..]);
    for (out, ((&a, &b), &c)) in cover[1..].iter_mut().zip(across) {
        *out = third(a, b, c);
    }
}

/// From pixels to dots: a turn, a scale and a shift in 16-bit fixed point.
struct View {
    x0: i64,
    y0: i64,
    per_u: (i64, i64),
    per_v: (i64, i64),
}

impl View {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "positions on a label are small"
    )]
    #[expect(clippy::cast_precision_loss, reason = "picture sides are small")]
    fn of(prints: &[Print], optics: &Optics, random: &mut Random) -> View {
        let turn = (optics.turn_deg + random.swing(optics.turn_swing_deg)).to_radians();
        let dpmm = prints
            .first()
            .map_or(12.0, |print| f64::from(print.label.dpmm));
        let mut shift = || random.swing(optics.shift_swing_mm) * dpmm;
        let (shift_x, shift_y) = (shift(), shift());
        let scale = dpmm / optics.px_per_mm.clamp(1.0, 100.0);
        let (sin, cos) = (turn.sin() * scale, turn.cos() * scale);
        let (aim_x, aim_y) = prints.first().map_or((0.0, 0.0), |print| {
            let aim = print.label.aim();
            let aside = optics.aside_mm * dpmm;
            (
                aim.x + aside - f64::from(print.dx),
                aim.y - f64::from(print.dy),
            )
        });
        let (u, v) = (optics.width as f64 / 2.0, optics.height as f64 / 2.0);
        let fixed = |dots: f64| (dots * ONE as f64) as i64;
        View {
            x0: fixed(aim_x + shift_x - u * cos - v * sin - 0.5),
            y0: fixed(aim_y + shift_y + u * sin - v * cos - 0.5),
            per_u: (fixed(cos), fixed(-sin)),
            per_v: (fixed(sin), fixed(cos)),
        }
    }

    /// Paints the part of a row that shows ink.
    fn paint_ink(
        &self,
        row: &mut [u8],
        v: usize,
        ink: &Coverage,
        (light_from, light_fall): (i32, i32),
        (paper, depth): (i32, i32),
        grain: &[i16],
    ) {
        let v = i64::try_from(v).expect("a row is small");
        let x = self.x0 + v * self.per_v.0 - ink.left * ONE;
        let y = self.y0 + v * self.per_v.1 - ink.top * ONE;
        let end = |dots: usize| (i64::try_from(dots).unwrap_or(0) - 2) * ONE;
        let (across, down) = (end(ink.dots.width), end(ink.dots.height));
        let columns = inside(x, self.per_u.0, across, row.len());
        let rows = inside(y, self.per_u.1, down, row.len());
        let (from, to) = (columns.0.max(rows.0), columns.1.min(rows.1));
        if from >= to {
            return;
        }
        let start = i64::try_from(from).expect("a column is small");
        let (mut x, mut y) = (x + start * self.per_u.0, y + start * self.per_u.1);
        let mut light = light_from + light_fall * i32::try_from(from).expect("a column is small");
        for (pixel, &grain) in row[from..to].iter_mut().zip(&grain[from..to]) {
            let cover = ink.at(x, y);
            if cover > 0 {
                let level = paper - depth * cover / 255;
                *pixel = grey(((level * light) >> 16) + i32::from(grain));
            }
            x += self.per_u.0;
            y += self.per_u.1;
            light += light_fall;
        }
    }
}

/// The columns `u` for which `0 <= start + u × step < end`.
fn inside(start: i64, step: i64, end: i64, columns: usize) -> (usize, usize) {
    let columns_end = i64::try_from(columns).unwrap_or(0);
    if step == 0 {
        return if (0..end).contains(&start) {
            (0, columns)
        } else {
            (0, 0)
        };
    }
    let (near, far) = if step > 0 {
        (-start, end - start)
    } else {
        (end - start, -start)
    };
    let (from, to) = (near.div_euclid(step), far.div_euclid(step));
    let column = |u: i64| usize::try_from(u.clamp(0, columns_end)).unwrap_or(0);
    // One column of slack to either side: `at` knows its own edges.
    (column(from.min(to) - 1), column(from.max(to) + 2))
}
