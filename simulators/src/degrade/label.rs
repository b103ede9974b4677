//! The label: the printed symbol with its content in human-readable lines beside or below. PURE.

use super::{
    Content, FINE,
    lettering::{Face, line},
    print::{MARGIN, Print},
    sheet::Sheet,
};
use crate::random::Random;

/// Paper between symbol and text at least, in modules.
const GAP: f64 = 2.5;

/// Ink on a label.
#[derive(Debug, Clone)]
pub struct Label {
    /// Ink at [`FINE`] pixels a module.
    pub ink: Sheet,
    /// Where the symbol's top left corner lies on it, in modules.
    pub origin: (f64, f64),
}

impl Label {
    /// The print with four lines (fewer for short contents) to its right (60 %) or below, and paper
    /// around both.
    pub fn around(print: &Print, content: &Content, random: &mut Random) -> Label {
        let modules = FINE as f64;
        let text = lines(content, random);
        let gap = GAP + 0.5 + 2.0 * random.unit();
        let border = 2.5 + 3.5 * random.unit();
        let right = random.chance(0.6);
        let (rows, columns) = (print.rows as f64, print.columns as f64);
        let (text_width, text_height) = (text.width as f64 / modules, text.height as f64 / modules);
        let (width, height) = if right {
            (columns + gap + text_width, rows.max(text_height))
        } else {
            (columns.max(text_width), rows + gap + text_height)
        };
        let size = |length: f64| ((length + 2.0 * border) * modules).ceil() as usize;
        let mut ink = Sheet::blank(size(width), size(height));
        let at = |x: f64, y: f64| {
            let place = |modules_from_origin: f64| {
                ((modules_from_origin + border) * modules).round() as i64
            };
            (place(x), place(y))
        };
        let margin = (MARGIN * FINE) as i64;
        let corner = at(0.0, 0.0);
        ink.overprint(&print.ink, (corner.0 - margin, corner.1 - margin));
        let text_at = if right {
            at(columns + gap, 0.0)
        } else {
            at(0.0, rows + gap)
        };
        ink.overprint(&text, text_at);
        Label {
            ink,
            origin: (corner.0 as f64 / modules, corner.1 as f64 / modules),
        }
    }
}

/// The elements one under the other, as `(01) …` or as `GTIN …`.
fn lines(content: &Content, random: &mut Random) -> Sheet {
    let face = Face::any(random);
    let height = (2.2 + 1.2 * random.unit()) * FINE as f64;
    let pitch = height * (1.35 + 0.4 * random.unit());
    let bracketed = random.chance(0.5);
    let written = |(identifier, value): &(&'static str, String)| {
        let name = match *identifier {
            "01" => "GTIN",
            "21" => "SN",
            "17" => "EXP",
            _ => "LOT",
        };
        match bracketed {
            true => format!("({identifier}) {value}"),
            false => format!("{name}: {value}"),
        }
    };
    let rows: Vec<Sheet> = content
        .elements
        .iter()
        .map(|element| line(face, &written(element), height))
        .collect();
    let width = rows.iter().map(|row| row.width).max().unwrap_or(1);
    let mut block = Sheet::blank(width, (pitch * rows.len() as f64).ceil() as usize + FINE);
    for (n, row) in rows.iter().enumerate() {
        block.overprint(row, (0, (pitch * n as f64).round() as i64));
    }
    block
}
