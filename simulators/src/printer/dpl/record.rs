//! One field of a DPL format: `abcdeeeffffgggg` and its data. PURE.
//!
//! a direction, b what it is, c and d how many times as wide and high, eee font size or height, ffff row, gggg column:
//! hundredths of an inch, or tenths of a millimetre. Row and column name the lower left corner, counted from the lower
//! left of the label. Texts in fonts 0 to 8 and 9, Code 128 (`E`, `e`), Data Matrix (`W1c`, and `W1C` with its count),
//! images (`Y`), lines and boxes (`X`). Everything but a Data Matrix is drawn upright.
//! Doubt: how high a Code 128 is whose height is given as 000; here 40 units.

use super::image::Images;
use crate::{
    bars::Bars,
    printer::{
        label::{Field, Mark, Turn},
        press::LABEL_DOTS_MAX,
    },
    symbol::Token,
};

/// Letter heights and widths of fonts 0 to 8 in dots.
const FONTS: [(u32, u32); 9] = [
    (7, 5),
    (13, 7),
    (18, 10),
    (27, 14),
    (36, 18),
    (52, 18),
    (64, 32),
    (32, 15),
    (28, 15),
];
/// Points of font 9 by its size number.
const POINTS: [u32; 10] = [5, 6, 8, 10, 12, 14, 18, 24, 30, 36];
/// Bytes up to the data of a plain field.
const PLAIN: usize = 15;
/// The same with two more letters in the place of one, as `W1c` has.
const EXTENDED: usize = PLAIN + 2;
/// Millimetres of a typographic point.
const MM_PER_POINT: f64 = 0.3528;

/// What lengths mean on this printer.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Dots of one unit.
    pub per_unit: f64,
    /// Dots per millimetre.
    pub dpmm: u32,
}

/// Where the data of this field begin: what `STX U` replaces. `None` for what is no field.
#[must_use]
pub fn data_at(line: &[u8]) -> Option<usize> {
    let at = match line.get(1..4)? {
        // Quality, a fixed 0, rows and columns of cells come before the data.
        b"W1c" => EXTENDED + 10,
        b"W1C" => EXTENDED + 14,
        [b'9', ..] if line.get(4).is_some_and(|b| matches!(b, b'S' | b'U')) => PLAIN + 8,
        _ => PLAIN,
    };
    (line.len() >= at).then_some(at)
}

/// The field with its place on a label of this length. `None` where nothing is drawn.
#[must_use]
pub fn field(line: &[u8], scale: Scale, length_dots: u32, images: &Images) -> Option<Field> {
    let at = data_at(line)?;
    let (head, data) = line.split_at(at);
    let extended = head[1] == b'W';
    let shift = if extended { 2 } else { 0 };
    let units = |from: usize| head.get(from + shift..from + shift + 4).and_then(number);
    let long = |units: u32| dots(units, scale.per_unit);
    let times = |n: usize| multiplier(head[n + shift]);
    let mark = match (head[1], extended) {
        (b'0'..=b'8', _) => {
            let (high, wide) = FONTS[usize::from(head[1] - b'0')];
            Some(text((wide * times(2), high * times(3)), data))
        }
        (b'9', _) => Some(scalable(head, times(2), times(3), scale, data)),
        (b'E' | b'e', _) => Some(Mark::Bars {
            module_dots: times(3).min(12),
            height: long(number(&head[4..7]).filter(|&units| units > 0).unwrap_or(40)),
            bars: Bars::of_characters(characters(data))?,
        }),
        (b'X', _) => frame(data, &long),
        (b'Y', _) => images
            .find(data.trim_ascii_end())
            .map(|picture| Mark::Picture {
                picture,
                magnify: (times(2).min(10), times(3).min(10)),
            }),
        (_, true) => matrix(head, data, times(2), times(3)),
        _ => None,
    }?;
    let place = |units: u32| i32::try_from(scale_zero(units, scale.per_unit)).unwrap_or(0);
    Some(Field {
        x: place(units(11)?),
        y: i32::try_from(length_dots).unwrap_or(0) - place(units(7)?),
        from_bottom: true,
        mark,
    })
}

/// `aW1ccdeeeffffgggg2000jjjkkk`: only quality 200 is drawn.
fn matrix(head: &[u8], data: &[u8], wide: u32, high: u32) -> Option<Mark> {
    let parameters = &head[head.len() - 10..];
    let (rows, columns) = (number(&parameters[4..7])?, number(&parameters[7..])?);
    let side = usize::try_from(rows.max(columns)).ok()?;
    let turn = match head[0] {
        b'2' => Turn::Right,
        b'3' => Turn::UpsideDown,
        b'4' => Turn::Left,
        _ => Turn::Upright,
    };
    let known = matches!(&head[1..4], b"W1c" | b"W1C");
    let drawn = known && parameters.starts_with(b"200") && wide == high;
    drawn.then(|| Mark::Symbol {
        module_dots: wide,
        forced: Some(side).filter(|&side| side > 0),
        turn,
        content: data.iter().copied().map(Token::Byte).collect(),
    })
}

/// Font 9: `eee` is a number, `Ann` points, or `Snn` with height and width behind the column, as points (`P010`) or
/// dots.
fn scalable(head: &[u8], wide: u32, high: u32, scale: Scale, data: &[u8]) -> Mark {
    let points = |points: u32| dots(points, f64::from(scale.dpmm) * MM_PER_POINT);
    let size = |from: usize| {
        let part = head.get(from..from + 4)?;
        match part.strip_prefix(b"P") {
            Some(digits) => number(digits).map(points),
            None => number(part).map(|dots| dots.clamp(1, LABEL_DOTS_MAX)),
        }
    };
    let (width, height) = match &head[4..7] {
        [b'S' | b'U', ..] => {
            let height = size(PLAIN).unwrap_or(1);
            (size(PLAIN + 4).unwrap_or(height), height)
        }
        [b'A', digits @ ..] => {
            let size = points(number(digits).unwrap_or(8));
            (size, size)
        }
        digits => {
            let place = number(digits)
                .and_then(|n| usize::try_from(n).ok())
                .unwrap_or(0);
            let size = points(POINTS[place.min(POINTS.len() - 1)]);
            (size, size)
        }
    };
    text((width * wide * 5 / 8, height * high), data)
}

/// Lines `L` and `l`; boxes `B` and `b`, then the thickness of top and sides. Three digits each behind a capital, four
/// behind a small letter (Class Series 2, table 8-12).
fn frame(data: &[u8], long: &impl Fn(u32) -> u32) -> Option<Mark> {
    let (&kind, digits) = data.split_first()?;
    let each = if kind.is_ascii_lowercase() { 4 } else { 3 };
    let mut sides = digits.chunks(each).map(|part| number(part).map(long));
    let (width, height) = (sides.next()??, sides.next()??);
    let line = match kind {
        b'L' | b'l' => width.min(height),
        b'B' | b'b' => sides.next()??,
        _ => return None,
    };
    Some(Mark::Frame {
        width,
        height,
        line,
    })
}

fn text((cell, height): (u32, u32), data: &[u8]) -> Mark {
    Mark::Text {
        height: height.clamp(1, LABEL_DOTS_MAX),
        width: (cell * 8).div_ceil(5).clamp(1, LABEL_DOTS_MAX),
        text: String::from_utf8_lossy(data).into_owned(),
    }
}

/// Code 128 (appendix G): a leading `A`, `B` or `C` chooses the subset, B else; `&A` to `&G` are symbol characters 96
/// to 102, so that `&D &E &F` change the subset and `&G` is FNC1. A digit left over in subset C goes to B.
fn characters(data: &[u8]) -> Vec<u8> {
    let (begin, mut rest) = match data.split_first() {
        Some((letter @ b'A'..=b'C', rest)) => (103 + letter - b'A', rest),
        _ => (104, data),
    };
    let mut pairs = begin == 105;
    let mut out = vec![begin];
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        let next = behind.first().copied();
        match (byte, next) {
            (b'&', Some(code @ b'A'..=b'G')) => {
                rest = &behind[1..];
                match code {
                    b'D' => pairs = true,
                    b'E' | b'F' => pairs = false,
                    _ => {}
                }
                out.push(96 + code - b'A');
            }
            (b'0'..=b'9', Some(ones @ b'0'..=b'9')) if pairs => {
                rest = &behind[1..];
                out.push((byte - b'0') * 10 + ones - b'0');
            }
            (b' '..=b'~', _) => {
                if std::mem::take(&mut pairs) {
                    out.push(100);
                }
                out.push(byte - b' ');
            }
            _ => {}
        }
    }
    out
}

/// How many times: 1 to 9, then A to Z (10 to 35), then a to z.
fn multiplier(letter: u8) -> u32 {
    match letter {
        b'1'..=b'9' => u32::from(letter - b'0'),
        b'A'..=b'Z' => u32::from(letter - b'A') + 10,
        b'a'..=b'z' => u32::from(letter - b'a') + 36,
        _ => 1,
    }
}

/// A number of at most nine digits and nothing else.
pub fn number(digits: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(digits.trim_ascii()).ok()?;
    text.parse().ok().filter(|_| text.len() <= 9)
}

fn dots(units: u32, per_unit: f64) -> u32 {
    scale_zero(units, per_unit).max(1)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the longest label"
)]
fn scale_zero(units: u32, per_unit: f64) -> u32 {
    (f64::from(units) * per_unit)
        .round()
        .clamp(0.0, f64::from(LABEL_DOTS_MAX)) as u32
}
