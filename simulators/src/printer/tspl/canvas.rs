//! TSPL's image buffer: what stands on the label until `CLS`. PURE.
//!
//! `SIZE GAP CLS REFERENCE DMATRIX BARCODE TEXT BAR BOX BITMAP`. In a bitmap 0 is a dot and 1 is none. Everything is
//! drawn upright. Of bar codes Code 128 is drawn: types 128, 128M (codes behind `!`) and EAN128, whose brackets are not
//! printed and whose FNC1 comes first by itself.

use std::sync::Arc;

use crate::{
    bars::Bars,
    printer::{
        Media,
        escape::tokens,
        label::{Field, Label, Mark, PICTURE_BYTES_MAX, Picture, Turn},
        press::LABEL_DOTS_MAX,
    },
    symbol::{self, Token},
};

/// Most things on one label; the rest is not drawn.
pub const FIELDS_MAX: usize = 256;

/// Letter cells of the built-in fonts 1 to 8, in dots across and along.
const FONTS: [(u32, u32); 8] = [
    (8, 12),
    (12, 20),
    (16, 24),
    (24, 32),
    (32, 48),
    (14, 19),
    (21, 27),
    (14, 25),
];
/// Millimetres of a typographic point.
const MM_PER_POINT: f64 = 0.3528;
const MM_PER_INCH: f64 = 25.4;

/// The image buffer.
#[derive(Debug)]
pub struct Canvas {
    media: Media,
    size: (u32, u32),
    reference: (i32, i32),
    fields: Vec<Field>,
    picture_bytes: usize,
}

impl Canvas {
    /// An empty buffer for this media.
    #[must_use]
    pub fn new(media: Media) -> Canvas {
        Canvas {
            media,
            size: media.dots(),
            reference: (0, 0),
            fields: Vec::new(),
            picture_bytes: 0,
        }
    }

    /// Label length in dots.
    #[must_use]
    pub fn length_dots(&self) -> u32 {
        self.size.1
    }

    /// What is on it now.
    #[must_use]
    pub fn label(&self) -> Label {
        Label {
            width_dots: self.size.0,
            length_dots: self.size.1,
            dpmm: self.media.dpmm,
            fields: self.fields.clone(),
        }
    }

    /// One command; anything else than those named above is ignored.
    pub fn draw(&mut self, name: &[u8], rest: &[u8], bitmap: &[u8]) {
        let n = numbers(rest);
        let at = |place: usize| n.get(place).copied().flatten();
        let dots = |place| at(place).map_or(0, |n| u32::try_from(n.clamp(0, 32_000)).unwrap_or(0));
        let mark = match name {
            b"CLS" => {
                self.fields.clear();
                self.picture_bytes = 0;
                return;
            }
            b"SIZE" => return self.resize(rest),
            b"REFERENCE" => {
                self.reference = (signed(at(0)), signed(at(1)));
                return;
            }
            b"DMATRIX" => matrix(rest),
            b"BARCODE" => bars(rest),
            b"TEXT" => self.text(rest),
            b"BAR" => Some(Mark::Frame {
                width: dots(2).clamp(1, LABEL_DOTS_MAX),
                height: dots(3).clamp(1, LABEL_DOTS_MAX),
                line: dots(2).min(dots(3)).clamp(1, LABEL_DOTS_MAX),
            }),
            b"BOX" => Some(Mark::Frame {
                width: dots(2).saturating_sub(dots(0)).clamp(1, LABEL_DOTS_MAX),
                height: dots(3).saturating_sub(dots(1)).clamp(1, LABEL_DOTS_MAX),
                line: dots(4).clamp(1, LABEL_DOTS_MAX),
            }),
            b"BITMAP" => {
                let per_row = usize::try_from(dots(2)).unwrap_or(0);
                let bytes = bitmap.iter().map(|byte| !byte).collect();
                Picture::new(per_row, bytes).map(|picture| {
                    self.picture_bytes += picture.bytes().len();
                    Mark::Picture {
                        picture: Arc::new(picture),
                        magnify: (1, 1),
                    }
                })
            }
            _ => return,
        };
        let room = self.fields.len() < FIELDS_MAX && self.picture_bytes <= PICTURE_BYTES_MAX;
        if let Some(mark) = mark.filter(|_| room) {
            self.fields.push(Field {
                x: signed(at(0)) + self.reference.0,
                y: signed(at(1)) + self.reference.1,
                from_bottom: false,
                mark,
            });
        }
    }

    /// `SIZE w,h`, each in inches, or with `mm` or `dot` behind it.
    fn resize(&mut self, rest: &[u8]) {
        let mut sides = [self.size.0, self.size.1];
        for (side, part) in sides.iter_mut().zip(rest.split(|&b| b == b',')) {
            let text = String::from_utf8_lossy(part).to_ascii_lowercase();
            let text = text.trim();
            let dots_per = match text {
                _ if text.ends_with("mm") => f64::from(self.media.dpmm),
                _ if text.ends_with("dot") => 1.0,
                _ => f64::from(self.media.dpmm) * MM_PER_INCH,
            };
            let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
            let length = number.parse::<f64>().ok().filter(|n| *n > 0.0);
            if let Some(length) = length {
                *side = rounded(length * dots_per);
            }
        }
        self.size = (sides[0], sides[1]);
    }

    /// `TEXT x,y,"font",rotation,x-times,y-times,[alignment,]"text"`.
    fn text(&self, rest: &[u8]) -> Option<Mark> {
        let parts = parts(rest);
        let font = quoted(parts.get(2)?).unwrap_or_default();
        let times = |n: usize| number(parts.get(n)).unwrap_or(1).clamp(1, 999);
        let (across, along) = (u32::try_from(times(4)).ok()?, u32::try_from(times(5)).ok()?);
        let text = quoted(parts.last()?).filter(|_| parts.len() > 6)?;
        let built_in = match font.as_slice() {
            [digit @ b'1'..=b'8'] => FONTS.get(usize::from(digit - b'1')),
            _ => None,
        };
        let (cell, height) = match built_in {
            Some((wide, high)) => (wide * across, high * along),
            // A scalable font: the two numbers are points.
            None => {
                let dots = |points: u32| {
                    rounded(f64::from(points) * MM_PER_POINT * f64::from(self.media.dpmm))
                };
                (dots(across) * 5 / 8, dots(along))
            }
        };
        Some(Mark::Text {
            height: height.clamp(1, LABEL_DOTS_MAX),
            width: (cell * 8).div_ceil(5).clamp(1, LABEL_DOTS_MAX),
            text: String::from_utf8_lossy(&text).into_owned(),
        })
    }
}

/// `DMATRIX x,y,width,height,[c#,x#,r#,a#,row,col,]"data"`.
fn matrix(rest: &[u8]) -> Option<Mark> {
    let parts = parts(rest);
    let data = quoted(parts.last()?)?;
    let (mut escape, mut module, mut sides, mut turn) = (None, None, Vec::new(), Turn::Upright);
    for part in &parts[4.min(parts.len() - 1)..parts.len() - 1] {
        let value = number(part.get(1..).map(<[u8]>::to_vec).as_ref());
        match part.first() {
            Some(b'c' | b'C') => escape = value.and_then(|n| u8::try_from(n).ok()),
            Some(b'x' | b'X') => module = value.and_then(|n| u32::try_from(n).ok()),
            Some(b'r' | b'R') => {
                turn = match value {
                    Some(90) => Turn::Right,
                    Some(180) => Turn::UpsideDown,
                    Some(270) => Turn::Left,
                    _ => Turn::Upright,
                }
            }
            Some(b'0'..=b'9') => sides.extend(number(Some(part))),
            _ => {}
        }
    }
    let content = match escape {
        Some(escape) => tokens(&data, escape),
        None => data.into_iter().map(Token::Byte).collect(),
    };
    let forced = sides.first().and_then(|&side| usize::try_from(side).ok());
    let forced = forced.filter(|&side| side > 0);
    let expected = number(parts.get(2))?.min(number(parts.get(3))?).max(0);
    let module_dots = module.unwrap_or_else(|| {
        // No module size: as large as the expected width and height allow.
        let side = symbol::size_for(&content, forced).map_or(10, |size| size.rows);
        let fits = usize::try_from(expected).unwrap_or(0) / side;
        u32::try_from(fits.max(1)).unwrap_or(1)
    });
    Some(Mark::Symbol {
        module_dots: module_dots.min(LABEL_DOTS_MAX),
        forced,
        turn,
        content,
    })
}

/// `BARCODE x,y,"type",height,readable,rotation,narrow,wide,[alignment,]"data"`.
fn bars(rest: &[u8]) -> Option<Mark> {
    let parts = parts(rest);
    let kind = quoted(parts.get(2)?)?.to_ascii_uppercase();
    let data = quoted(parts.last()?).filter(|_| parts.len() > 8)?;
    let upright = number(parts.get(5)).unwrap_or(0) == 0;
    let plain = data.iter().copied().map(Token::Byte);
    let bars = match kind.as_slice() {
        b"128" => Bars::of_content(&plain.collect::<Vec<_>>()),
        b"EAN128" => {
            let printed = plain.filter(|t| !matches!(t, Token::Byte(b'(' | b')')));
            let content: Vec<Token> = std::iter::once(Token::Fnc1).chain(printed).collect();
            Bars::of_content(&content)
        }
        b"128M" => Bars::of_characters(characters(&data)),
        _ => None,
    }?;
    let dots = |n: usize, most: u32| {
        let number = number(parts.get(n)).unwrap_or(1).max(1);
        u32::try_from(number).unwrap_or(most).min(most)
    };
    Some(Mark::Bars {
        module_dots: if upright { dots(6, 10) } else { 0 },
        height: dots(3, LABEL_DOTS_MAX),
        bars,
    })
}

/// Symbol characters of type 128M: `!NNN` is one by its number, anything else by the subset at hand; B by default.
fn characters(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut pairs = false;
    let mut rest = data;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        let coded = behind
            .get(..3)
            .filter(|digits| byte == b'!' && digits.iter().all(u8::is_ascii_digit));
        if let Some(digits) = coded {
            let digits = String::from_utf8_lossy(digits).parse::<u8>();
            let Ok(character) = digits else { continue };
            rest = &behind[3..];
            match character {
                99 | 105 => pairs = true,
                100 | 101 | 103 | 104 => pairs = false,
                _ => {}
            }
            if out.is_empty() && !(103..=105).contains(&character) {
                out.push(104);
            }
            out.push(character);
            continue;
        }
        if out.is_empty() {
            out.push(104);
        }
        match (pairs, byte, behind.first()) {
            (true, b'0'..=b'9', Some(ones @ b'0'..=b'9')) => {
                out.push((byte - b'0') * 10 + ones - b'0');
                rest = &behind[1..];
            }
            (false, b' '..=b'~', _) => out.push(byte - b' '),
            _ => {}
        }
    }
    out
}

/// The name of a command in capitals, and what follows it.
pub fn split(line: &[u8]) -> (Vec<u8>, &[u8]) {
    let line = line.trim_ascii_start();
    let end = line.iter().position(|b| matches!(b, b' ' | b',' | b'='));
    let (name, rest) = line.split_at(end.unwrap_or(line.len()));
    (name.trim_ascii_end().to_ascii_uppercase(), rest)
}

/// Parts between commas, those inside quotes not counted.
fn parts(rest: &[u8]) -> Vec<Vec<u8>> {
    let mut inside = false;
    let comma = |&b: &u8| {
        inside ^= b == b'"';
        b == b',' && !inside
    };
    rest.split(comma)
        .map(|part| part.trim_ascii().to_vec())
        .collect()
}

/// The numbers between commas; `None` for what is none.
pub fn numbers(rest: &[u8]) -> Vec<Option<i64>> {
    rest.split(|&b| b == b',')
        .take(16)
        .map(|part| number(Some(&part.to_vec())))
        .collect()
}

fn number(part: Option<&Vec<u8>>) -> Option<i64> {
    let text = std::str::from_utf8(part?).ok()?.trim();
    text.parse().ok()
}

/// The text between the first quote and the last, `\["]` being a quote in it.
pub fn quoted(part: &[u8]) -> Option<Vec<u8>> {
    let first = part.iter().position(|&b| b == b'"')?;
    let last = part
        .iter()
        .rposition(|&b| b == b'"')
        .filter(|&last| last > first)?;
    let mut out = Vec::with_capacity(last - first);
    let mut rest = &part[first + 1..last];
    while let Some((&byte, behind)) = rest.split_first() {
        let quote = rest.starts_with(b"\\[\"]");
        out.push(if quote { b'"' } else { byte });
        rest = if quote { &rest[4..] } else { behind };
    }
    Some(out)
}

fn signed(n: Option<i64>) -> i32 {
    i32::try_from(n.unwrap_or(0).clamp(-32_000, 32_000)).unwrap_or(0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the longest label"
)]
fn rounded(dots: f64) -> u32 {
    dots.round().clamp(1.0, f64::from(LABEL_DOTS_MAX)) as u32
}
