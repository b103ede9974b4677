//! What the text of a label must look like, for the camera's text check. PURE.

use super::drawing::{character_dots, font};
use super::field::LabelField as _;
use super::layout::{Layout, TextPlace};
use super::{Field, LabelError, PackData, Template, Text, TextPart};
use crate::vision::text::{
    CANVAS_COLUMNS, CANVAS_ROWS, CELL_ROWS, Canvas, Glyph, GlyphBook, SerialLine, TextChecker,
    TextField, TextReference, TextStandard,
};
use ab_glyph::FontRef;

/// Every printable ASCII character as [`Template::raster`] draws it in cells of `height_dots`, for the text check of
/// labels whose letters we draw ourselves, and for letters of a printer's font that are not taught yet.
pub fn drawn_glyphs(height_dots: u32) -> GlyphBook {
    let font = font();
    let height_dots = height_dots.clamp(4, 1000);
    let mut book = GlyphBook::new();
    for character in '!'..='~' {
        book.insert(character, glyph(&font, height_dots, character));
    }
    book
}

fn glyph(font: &FontRef, height_dots: u32, character: char) -> Glyph {
    let mut dots = Vec::new();
    let advance = character_dots(font, height_dots, character, |x, y| {
        dots.push((x as f32, y as f32))
    });
    let samples = CELL_ROWS as f32 / height_dots as f32;
    let left = (CANVAS_COLUMNS as f32 - advance * samples) / 2.0;
    let top = (CANVAS_ROWS - CELL_ROWS) as f32 / 2.0;
    let mut canvas = Canvas::blank();
    for (x, y) in dots {
        ink_box(&mut canvas, left + x * samples, top + y * samples, samples);
    }
    let half = advance * samples / 2.0 / CELL_ROWS as f32;
    Glyph {
        canvas,
        lead: half,
        tail: half,
        count: 0,
    }
}

/// Inks a square of a canvas, each sample by the share of it that is covered.
fn ink_box(canvas: &mut Canvas, left: f32, top: f32, side: f32) {
    let reach = |from: f32, end: usize| {
        let place = |at: f32| (at.max(0.0) as usize).min(end);
        place(from)..place((from + side).ceil())
    };
    let covered = |from: f32, sample: usize| {
        ((from + side).min(sample as f32 + 1.0) - from.max(sample as f32)).max(0.0)
    };
    for row in reach(top, CANVAS_ROWS) {
        for column in reach(left, CANVAS_COLUMNS) {
            let ink = &mut canvas.0[row * CANVAS_COLUMNS + column];
            *ink = (*ink + covered(top, row) * covered(left, column)).min(1.0);
        }
    }
}

impl Template {
    /// The glyphs of this template's smallest text, as a printer of this resolution places dots: [`drawn_glyphs`].
    ///
    /// # Errors
    /// As [`Template::layout`].
    pub fn drawn_glyphs(&self, dpmm: u16) -> Result<GlyphBook, LabelError> {
        let layout = self.layout(&self.sample(), dpmm)?;
        let height = layout.texts.iter().map(|text| text.height).min();
        Ok(drawn_glyphs(height.unwrap_or(CELL_ROWS as u32)))
    }

    /// The text that must stand beside this pack's symbol, and where, as a printer of this resolution places it.
    ///
    /// # Errors
    /// As [`Template::layout`].
    pub fn text_reference(&self, pack: &PackData, dpmm: u16) -> Result<TextReference, LabelError> {
        // With nothing to compare, every text would be sound.
        if let Some(native) = &self.native {
            return Err(LabelError::one(format!(
                "The label's text stands in the printer's own file {}, so nobody can check it: open the batch \
                 with --text off.",
                native.file
            )));
        }
        let layout = self.layout(pack, dpmm)?;
        let fields = self.texts.iter().zip(&layout.texts).filter(has_text);
        let fields = fields.map(|(text, place)| text_field(&layout, place, name(text, pack)));
        let module_mm = f64::from(layout.symbol().module_dots) / f64::from(dpmm);
        Ok(TextReference {
            fields: fields.collect(),
            module_mm: module_mm as f32,
        })
    }

    /// What the text of every pack of a batch must be, with glyphs as `taught` and, where nothing is taught, as we draw
    /// them. `pack` is any pack of the batch: its serial stands for the others'.
    ///
    /// # Errors
    /// As [`Template::layout`].
    pub fn text_standard(
        &self,
        pack: &PackData,
        dpmm: u16,
        taught: Option<&GlyphBook>,
    ) -> Result<TextStandard, LabelError> {
        let checker = TextChecker::new(&self.drawn_glyphs(dpmm)?, taught);
        let reference = self.text_reference(pack, dpmm)?;
        let layout = self.layout(pack, dpmm)?;
        let lines = self.texts.iter().zip(&layout.texts).filter(has_text);
        let serials = lines.enumerate().filter(|(_, (text, _))| text.has_serial());
        let serials = serials.map(|(field, (text, _))| SerialLine {
            field,
            around: around_serial(text, pack),
        });
        Ok(TextStandard::new(checker, reference, serials.collect()))
    }
}

fn has_text((_, place): &(&Text, &TextPlace)) -> bool {
    !place.value.trim().is_empty()
}

/// A line is called after the first field in it; one without any is its own name.
fn name(text: &Text, pack: &PackData) -> String {
    let field = text.fields().next().map(|field| field.name().to_owned());
    field.unwrap_or_else(|| text.value(pack).trim().to_owned())
}

/// The rest of a line, cut where the serial stands.
fn around_serial(text: &Text, pack: &PackData) -> Vec<String> {
    let is_serial = |part: &TextPart| *part == TextPart::Field(Field::Serial);
    let between = text.parts.split(is_serial).map(|parts| {
        let rest = Text {
            parts: parts.to_vec(),
            ..*text
        };
        rest.value(pack)
    });
    between.collect()
}

fn text_field(layout: &Layout, place: &TextPlace, name: String) -> TextField {
    let symbol = layout.symbol();
    let (left, top, right, bottom) = (
        place.x,
        place.y,
        place.x + place.width(),
        place.y + place.height,
    );
    // What else the label carries beside this line.
    let symbol_box = (
        symbol.x,
        symbol.y,
        symbol.x + symbol.width,
        symbol.y + symbol.height,
    );
    let others = layout.all_texts().filter(|other| *other != place);
    let others = others.map(|other| {
        (
            other.x,
            other.y,
            other.x + other.width(),
            other.y + other.height,
        )
    });
    let pictures = layout.pictures.iter().map(|other| {
        let (x, y) = (other.x, other.y);
        (x, y, x + other.dots.width(), y + other.dots.height())
    });
    let boxes = layout
        .boxes
        .iter()
        .map(|other| {
            (
                other.x,
                other.y,
                other.x + other.width,
                other.y + other.height,
            )
        })
        // What stands around the line is not beside it.
        .filter(|around| !(around.0 < left && right < around.2));
    let (mut free_from, mut free_to) = (0, layout.width);
    let beside = others
        .chain([symbol_box])
        .chain(pictures)
        .chain(boxes)
        .filter(|other| other.1 < bottom && top < other.3);
    for (x0, _, x1, _) in beside {
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
