//! Labels in TSPL: every job draws the whole label and prints it once. PURE.
//!
//! Sources: TSC's programming manual for `SIZE`, `REFERENCE`, `CLS`, `TEXT` (font 0 is scalable, its size in points),
//! `BAR`, `BARCODE`, `BITMAP` (a bit that is 0 is black), `PRINT`, and `\["]` for a quotation mark; Brother's FBPL
//! reference for `DMATRIX` (`c126` makes `~` the escape character: `~1` is FNC1, `~dNNN` a byte). `128M` takes the
//! symbol characters of a Code 128 as they are given: `!105` start C, `!104` start B, `!102` FNC1, `!100` code B,
//! `!099` code C.

use super::super::code128::Spelling;
use super::super::filling::{Numbered, Said};
use super::super::format::{At, Dots, Format};
use super::super::words::{self, Around, Carries, Words};

const BARS: Spelling = Spelling {
    start_b: "!104",
    start_c: "!105",
    into_b: "!100",
    into_c: "!099",
    fnc1: "!102",
    others: &[(b'"', "\\[\"]")],
};

/// What comes before the marks: the picture in the printer's memory is wiped.
const BEGIN: &[u8] = b"CLS\r\n";
/// What comes behind them.
const PRINT: &[u8] = b"PRINT 1,1\r\n";

/// The size of the label, in millimetres, and that places count from its corner.
pub(super) fn size(format: &Format) -> Vec<u8> {
    let mm = |dots: u32| f64::from(dots) / f64::from(format.dpmm.max(1));
    let (width, length) = (mm(format.width), mm(format.length));
    let size = format!("SIZE {width:.2} mm,{length:.2} mm\r\nREFERENCE 0,0\r\n");
    [size.as_bytes(), BEGIN].concat()
}

struct Tspl<'f>(&'f Format);

impl Words for Tspl<'_> {
    const NAME: &'static str = "TSPL";

    fn data_matrix(&self, at: At, module_dots: u32) -> Result<Around, String> {
        let (width, height) = room(self.0, at)?;
        let At { x, y } = at;
        Ok(quoted(format!(
            "DMATRIX {x},{y},{width},{height},c126,x{module_dots}"
        )))
    }

    fn gs1128(&self, at: At, module_dots: u32, height: u32) -> Result<Around, String> {
        let At { x, y } = at;
        Ok(quoted(format!(
            "BARCODE {x},{y},\"128M\",{height},0,0,{module_dots},{module_dots}"
        )))
    }

    fn text(&self, at: At, height: u32) -> Result<Around, String> {
        let points = points(height, self.0.dpmm)?;
        let At { x, y } = at;
        Ok(quoted(format!("TEXT {x},{y},\"0\",0,{points},{points}")))
    }

    fn frame(&self, at: At, size: (u32, u32), thickness: u32) -> Result<String, String> {
        Ok(frame(at, size.0, size.1, thickness))
    }

    fn picture(&self, at: At, _number: usize, dots: &Dots) -> Result<Vec<u8>, String> {
        Ok(bitmap(at, dots))
    }

    fn data(&self, carries: Carries, said: &Said) -> Result<String, String> {
        match carries {
            Carries::DataMatrix => said.matrix(Self::NAME, is_plain, "~1", &[('"', "~d034")]),
            Carries::Gs1128 => said.bars(Self::NAME, |c| is_plain(c) && c != '!', &BARS),
            Carries::Text => {
                said.check(Self::NAME, is_plain)?;
                Ok(said.text.replace('"', "\\[\"]"))
            }
        }
    }
}

/// A command whose last word is data between quotation marks.
fn quoted(command: String) -> Around {
    let (before, behind) = (command + ",\"", "\"\r\n");
    Around { before, behind }
}

/// A label with these values.
///
/// # Errors
/// A mark or a value that TSPL cannot write; a sentence without its full stop.
pub(super) fn label(format: &Format, numbered: &Numbered) -> Result<Vec<u8>, String> {
    let marks = words::label(&Tspl(format), format, numbered)?;
    Ok([BEGIN, &marks, PRINT].concat())
}

/// A label that is all one picture.
pub(super) fn picture(dots: &Dots) -> Vec<u8> {
    [BEGIN, &bitmap(At::default(), dots), PRINT].concat()
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

/// A box of four bars, or one bar where nothing is left inside.
fn frame(at: At, width: u32, height: u32, thickness: u32) -> String {
    let thickness = thickness.max(1);
    let bar = |x, y, width, height| format!("BAR {x},{y},{width},{height}\r\n");
    let At { x, y } = at;
    if 2 * u64::from(thickness) >= u64::from(width.min(height)) {
        return bar(x, y, width, height);
    }
    let (inside, below) = (height - 2 * thickness, y + thickness);
    [
        bar(x, y, width, thickness),
        bar(x, y + height - thickness, width, thickness),
        bar(x, below, thickness, inside),
        bar(x + width - thickness, below, thickness, inside),
    ]
    .concat()
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
fn bitmap(at: At, dots: &Dots) -> Vec<u8> {
    let mut bytes = Vec::new();
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
    bytes
}

#[cfg(test)]
#[path = "writer/test.rs"]
mod test;
