//! What the text of a label must look like, for the camera's text check. PURE.

use super::layout::{Layout, TextPlace};
use super::{LabelError, PackData, Template, TextPart};
use crate::vision::text::{
    CANVAS_COLUMNS, CANVAS_ROWS, CELL_ROWS, Canvas, Glyph, GlyphBook, TextField, TextReference,
};
use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

/// Every printable ASCII character as [`Template::raster`] draws it, for the text check of labels whose letters we draw
/// ourselves, and for letters of a printer's font that are not taught yet.
pub fn drawn_glyphs() -> GlyphBook {
    let font = super::drawing::font();
    let mut book = GlyphBook::new();
    for character in ('!'..='~').filter(char::is_ascii_graphic) {
        book.insert(character, glyph(&font, character));
    }
    book
}

fn glyph(font: &FontRef, character: char) -> Glyph {
    let scaled = font.as_scaled(PxScale::from(CELL_ROWS as f32));
    let mut placed = scaled.scaled_glyph(character);
    let advance = scaled.h_advance(placed.id);
    let above = (CANVAS_ROWS - CELL_ROWS) as f32 / 2.0;
    placed.position = point((CANVAS_COLUMNS as f32 - advance) / 2.0, above + scaled.ascent());
    let mut canvas = Canvas::blank();
    if let Some(outline) = font.outline_glyph(placed) {
        let bounds = outline.px_bounds();
        outline.draw(|right, down, coverage| {
            let (x, y) = (bounds.min.x + right as f32, bounds.min.y + down as f32);
            let inside = x >= 0.0 && y >= 0.0 && x < CANVAS_COLUMNS as f32 && y < CANVAS_ROWS as f32;
            if inside {
                canvas.0[y as usize * CANVAS_COLUMNS + x as usize] = coverage.clamp(0.0, 1.0);
            }
        });
    }
    let half = advance / 2.0 / CELL_ROWS as f32;
    Glyph { canvas, lead: half, tail: half, count: 0 }
}

impl Template {
    /// The text that must stand beside this pack's symbol, and where, as a printer of this resolution places it.
    ///
    /// # Errors
    /// As [`Template::layout`].
    pub fn text_reference(&self, pack: &PackData, dpmm: u16) -> Result<TextReference, LabelError> {
        let layout = self.layout(pack, dpmm)?;
        let names = self.texts.iter().map(|text| {
            let field = text.parts.iter().find_map(|part| match part {
                TextPart::Field(field) => Some(field.name().to_owned()),
                TextPart::Constant(_) => None,
            });
            field.unwrap_or_else(|| text.value(pack).trim().to_owned())
        });
        let fields = names.zip(&layout.texts).filter(|(_, place)| !place.value.trim().is_empty());
        let fields = fields.map(|(name, place)| text_field(&layout, place, name)).collect();
        let module_mm = f64::from(layout.symbol.module_dots) / f64::from(dpmm);
        Ok(TextReference { module_mm: module_mm as f32, fields })
    }
}

fn text_field(layout: &Layout, place: &TextPlace, name: String) -> TextField {
    let symbol = &layout.symbol;
    let (left, top, right, bottom) = (place.x, place.y, place.x + place.width(), place.y + place.height);
    // What else the label carries beside this line.
    let symbol_box = (symbol.x, symbol.y, symbol.x + symbol.side(), symbol.y + symbol.side());
    let others = layout.texts.iter().filter(|other| *other != place);
    let others = others.map(|other| (other.x, other.y, other.x + other.width(), other.y + other.height));
    let (mut free_from, mut free_to) = (0, layout.width);
    for (x0, y0, x1, y1) in others.chain([symbol_box]).filter(|other| other.1 < bottom && top < other.3) {
        if x0 > left {
            free_to = free_to.min(x0);
        } else if x1 < right {
            free_from = free_from.max(x1.min(left));
        }
    }
    let module = f64::from(symbol.module_dots);
    let across = |dots: u32| ((f64::from(dots) - f64::from(symbol.x)) / module) as f32;
    let down = |dots: u32| ((f64::from(dots) - f64::from(symbol.y)) / module) as f32;
    TextField {
        name,
        text: place.value.clone(),
        x: across(left),
        y: down(top),
        height: (f64::from(place.height) / module) as f32,
        free_from: across(free_from),
        free_to: across(free_to),
    }
}
