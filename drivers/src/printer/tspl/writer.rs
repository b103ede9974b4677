//! Labels in TSPL: every job draws the whole label and prints it once. PURE.
//!
//! Sources: TSC's programming manual for `SIZE`, `REFERENCE`, `CLS`, `TEXT` (font 0 is scalable, its size in points),
//! `BAR`, `BARCODE`, `BITMAP` (a bit that is 0 is black), `PRINT`, and `\["]` for a quotation mark; Brother's FBPL
//! reference for `DMATRIX` (`c126` makes `~` the escape character: `~1` is FNC1, `~dNNN` a byte). `128M` takes the
//! symbol characters of a Code 128 as they are given: `!105` start C, `!104` start B, `!102` FNC1, `!100` code B,
//! `!099` code C.

use super::super::code128::{self, Character, SEPARATOR, Set};
use super::super::filling::{self, Numbered, Said, said};
use super::super::format::{At, Dots, Format, Mark};

const NAME: &str = "TSPL";

/// Adds a command line.
fn line(bytes: &mut Vec<u8>, command: std::fmt::Arguments) {
    bytes.extend(format!("{command}\r\n").into_bytes());
}

/// The size of the label, in millimetres, and that places count from its corner.
pub(super) fn size(format: &Format) -> Vec<u8> {
    let mm = |dots: u32| f64::from(dots) / f64::from(format.dpmm.max(1));
    let mut bytes = Vec::new();
    line(
        &mut bytes,
        format_args!(
            "SIZE {:.2} mm,{:.2} mm",
            mm(format.width),
            mm(format.length)
        ),
    );
    line(&mut bytes, format_args!("REFERENCE 0,0"));
    line(&mut bytes, format_args!("CLS"));
    bytes
}

/// A label with these values.
///
/// # Errors
/// A mark or a value that TSPL cannot write; a sentence without its full stop.
pub(super) fn label(format: &Format, numbered: &Numbered) -> Result<Vec<u8>, String> {
    let marks = filling::marks(NAME, format)?;
    filling::check_fields(format, marks, numbered)?;
    let mut bytes = b"CLS\r\n".to_vec();
    for mark in marks {
        match mark {
            Mark::DataMatrix {
                at,
                module_dots,
                content,
            } => {
                let (width, height) = room(format, *at)?;
                if let Some(said) = said(content, numbered) {
                    let (x, y, data) = (at.x, at.y, symbol(&said)?);
                    line(
                        &mut bytes,
                        format_args!(
                            "DMATRIX {x},{y},{width},{height},c126,x{module_dots},\"{data}\""
                        ),
                    );
                }
            }
            Mark::Gs1128 {
                at,
                module_dots,
                height,
                content,
            } => {
                if let Some(said) = said(content, numbered) {
                    let (x, y, data) = (at.x, at.y, bars(&said)?);
                    line(
                        &mut bytes,
                        format_args!(
                            "BARCODE {x},{y},\"128M\",{height},0,0,{module_dots},{module_dots},\"{data}\""
                        ),
                    );
                }
            }
            Mark::Text {
                at,
                height,
                content,
            } => {
                let points = points(*height, format.dpmm)?;
                if let Some(said) = said(content, numbered) {
                    let (x, y, data) = (at.x, at.y, text(&said)?);
                    line(
                        &mut bytes,
                        format_args!("TEXT {x},{y},\"0\",0,{points},{points},\"{data}\""),
                    );
                }
            }
            Mark::Box {
                at,
                width,
                height,
                thickness,
            } => frame(*at, *width, *height, *thickness, &mut bytes),
            Mark::Picture { at, dots } => bitmap(*at, dots, &mut bytes),
        }
    }
    bytes.extend_from_slice(b"PRINT 1,1\r\n");
    Ok(bytes)
}

/// A label that is all one picture.
pub(super) fn picture(dots: &Dots) -> Vec<u8> {
    let mut bytes = b"CLS\r\n".to_vec();
    bitmap(At::default(), dots, &mut bytes);
    bytes.extend_from_slice(b"PRINT 1,1\r\n");
    bytes
}

/// What is left of the label to the right of there and below.
fn room(format: &Format, at: At) -> Result<(u32, u32), String> {
    if at.x >= format.width || at.y >= format.length {
        return Err(format!(
            "a symbol at {},{} stands outside of the label",
            at.x, at.y
        ));
    }
    Ok((format.width - at.x, format.length - at.y))
}

/// The size of a text in points of 1/72 inch, rounded down.
fn points(height: u32, dpmm: u16) -> Result<u64, String> {
    let points = u64::from(height) * 720 / (u64::from(dpmm.max(1)) * 254);
    match points {
        0 => Err(format!(
            "a text of {height} dots is smaller than the smallest of TSPL's font 0"
        )),
        points => Ok(points),
    }
}

/// Whether a character may stand between quotation marks. A backslash before the closing one would hide it, and `~`
/// begins a question to the printer.
fn is_plain(c: char) -> bool {
    matches!(c, ' '..='}') && c != '\\'
}

fn text(said: &Said) -> Result<String, String> {
    said.check(NAME, is_plain)?;
    Ok(said.text.replace('"', "\\[\"]"))
}

/// The data of a GS1 Data Matrix.
fn symbol(said: &Said) -> Result<String, String> {
    let separator = char::from(SEPARATOR);
    said.check(NAME, |c| is_plain(c) || c == separator)?;
    let mut data = "~1".to_owned();
    for c in said.text.chars() {
        match c {
            '"' => data.push_str("~d034"),
            c if c == separator => data.push_str("~1"),
            c => data.push(c),
        }
    }
    Ok(data)
}

/// The data of a bar code of type `128M`.
fn bars(said: &Said) -> Result<String, String> {
    let separator = char::from(SEPARATOR);
    said.check(NAME, |c| is_plain(c) && c != '!' || c == separator)?;
    let (start, characters) = code128::shortest(said.text)
        .map_err(|why| said.refused(format_args!("has it that {why}")))?;
    let mut data = match start {
        Set::B => "!104".to_owned(),
        Set::C => "!105".to_owned(),
    };
    for character in characters {
        match character {
            Character::Fnc1 => data.push_str("!102"),
            Character::Into(Set::B) => data.push_str("!100"),
            Character::Into(Set::C) => data.push_str("!099"),
            Character::Single(b'"') => data.push_str("\\[\"]"),
            Character::Single(byte) => data.push(char::from(byte)),
            Character::Pair(tens, ones) => data.extend([char::from(tens), char::from(ones)]),
        }
    }
    Ok(data)
}

/// A box of four bars, or one bar where nothing is left inside.
fn frame(at: At, width: u32, height: u32, thickness: u32, bytes: &mut Vec<u8>) {
    let thickness = thickness.max(1);
    let At { x, y } = at;
    if 2 * u64::from(thickness) >= u64::from(width.min(height)) {
        line(bytes, format_args!("BAR {x},{y},{width},{height}"));
        return;
    }
    let inside = height - 2 * thickness;
    line(bytes, format_args!("BAR {x},{y},{width},{thickness}"));
    line(
        bytes,
        format_args!("BAR {x},{},{width},{thickness}", y + height - thickness),
    );
    line(
        bytes,
        format_args!("BAR {x},{},{thickness},{inside}", y + thickness),
    );
    line(
        bytes,
        format_args!(
            "BAR {},{},{thickness},{inside}",
            x + width - thickness,
            y + thickness
        ),
    );
}

/// A part of a picture: whole bytes across, dots along.
#[derive(Debug, Clone, Copy)]
struct Part {
    column: usize,
    columns: usize,
    row: usize,
    rows: usize,
}

impl Part {
    /// Its bytes, 0 for black; what lies right of the picture is white.
    fn bytes(&self, dots: &Dots) -> Vec<u8> {
        let row_bytes = dots.row_bytes();
        let rows = self.row..self.row + self.rows;
        let columns = self.column..self.column + self.columns;
        rows.flat_map(|row| {
            dots.rows()[row * row_bytes..][columns.clone()]
                .iter()
                .map(|byte| !byte)
        })
        .collect()
    }
}

/// `BITMAP` commands that draw the picture there. No two bytes of one may look like a question to the printer, which it
/// would answer, or worse obey, in the middle of a picture: it is cut in two between them.
fn bitmap(at: At, dots: &Dots, bytes: &mut Vec<u8>) {
    let mut parts = vec![Part {
        column: 0,
        columns: dots.row_bytes(),
        row: 0,
        rows: dots.height() as usize,
    }];
    while let Some(part) = parts.pop() {
        if part.columns == 0 || part.rows == 0 {
            continue;
        }
        let data = part.bytes(dots);
        let question = data.windows(2).position(|pair| pair == b"\x1b!");
        let Some(question) = question else {
            let (x, y) = (at.x as usize + 8 * part.column, at.y as usize + part.row);
            let (columns, rows) = (part.columns, part.rows);
            bytes.extend_from_slice(format!("BITMAP {x},{y},{columns},{rows},0,").as_bytes());
            bytes.extend(data);
            bytes.extend_from_slice(b"\r\n");
            continue;
        };
        let (row, column) = (question / part.columns, question % part.columns);
        let (first, second) = match column + 1 < part.columns {
            true => (
                Part {
                    columns: column + 1,
                    ..part
                },
                Part {
                    column: part.column + column + 1,
                    columns: part.columns - column - 1,
                    ..part
                },
            ),
            false => (
                Part {
                    rows: row + 1,
                    ..part
                },
                Part {
                    row: part.row + row + 1,
                    rows: part.rows - row - 1,
                    ..part
                },
            ),
        };
        parts.extend([second, first]);
    }
}

#[cfg(test)]
#[path = "writer/test.rs"]
mod test;
