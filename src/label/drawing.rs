//! A label drawn by ourselves: for the eye, to compare printers with, and for printers that cannot draw it. PURE.

use super::LabelError;
use super::design::{BarcodeKind, Design};
use super::field::{LabelData, LabelField};
use super::layout::{BarcodePlace, BoxPlace, Layout, PicturePlace, TextPlace, bars, data_matrix};
use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};
use image::{GrayImage, Luma};
use vidimus_drivers::printer::format::Dots;

const WHITE: u8 = 255;
const BLACK: u8 = 0;

/// Coverage from which a dot is printed: a thermal head prints dots, no greys.
const DOT_COVERAGE: f32 = 0.5;

/// Largest drawing in dots.
const DRAWING_MAX_DOTS: u64 = 12_000_000;

impl<F: LabelField> Design<F> {
    /// The label in dots.
    ///
    /// # Errors
    /// As [`Design::layout`], a drawing of more than twelve million dots, and a label that a printer's own file draws.
    pub fn drawn<D: LabelData<Field = F>>(&self, data: &D, dpmm: u16) -> Result<Dots, LabelError> {
        let layout = self.layout(data, dpmm)?;
        let mut dots = self.paper(&layout)?;
        for place in &layout.barcodes {
            let barcode = &self.barcodes[place.number];
            draw_barcode(&mut dots, place, barcode.kind, &barcode.elements(data))?;
        }
        draw_rest(&mut dots, &layout);
        Ok(dots)
    }

    /// The label as a picture, one pixel a dot, black on white.
    ///
    /// # Errors
    /// As [`Design::drawn`].
    pub fn raster<D: LabelData<Field = F>>(
        &self,
        data: &D,
        dpmm: u16,
    ) -> Result<GrayImage, LabelError> {
        self.drawn(data, dpmm).map(|dots| picture(&dots))
    }

    /// Paper of the label's size.
    pub(super) fn paper(&self, layout: &Layout) -> Result<Dots, LabelError> {
        let (width, height) = (layout.width, layout.height);
        if let Some(native) = &self.native {
            return Err(LabelError::one(format!(
                "The label is drawn by the printer's own file {}: only that printer can show it.",
                native.file
            )));
        }
        match u64::from(width) * u64::from(height) > DRAWING_MAX_DOTS {
            true => Err(LabelError::one(format!(
                "A label of {width} × {height} dots is too large to draw."
            ))),
            false => Ok(Dots::blank(width, height)),
        }
    }
}

/// Everything but bar codes, with the texts below them.
pub(super) fn draw_rest(dots: &mut Dots, layout: &Layout) {
    for one in &layout.boxes {
        draw_box(dots, one);
    }
    for one in &layout.pictures {
        draw_picture(dots, one);
    }
    let font = font();
    for text in layout.all_texts() {
        draw_text(dots, &font, text);
    }
}

fn draw_barcode(
    dots: &mut Dots,
    place: &BarcodePlace,
    kind: BarcodeKind,
    elements: &[crate::gs1::Element],
) -> Result<(), LabelError> {
    let edge = place.module_dots;
    match kind {
        BarcodeKind::DataMatrix => {
            let bitmap = data_matrix(elements)?.bitmap();
            for (x, y) in bitmap.pixels() {
                let corner = (place.x + x as u32 * edge, place.y + y as u32 * edge);
                fill(dots, corner, (edge, edge));
            }
        }
        BarcodeKind::Gs1128 { .. } => {
            let bars = bars(elements)?.bars();
            for (at, _) in (0u32..).zip(bars).filter(|(_, dark)| *dark) {
                fill(dots, (place.x + at * edge, place.y), (edge, place.height));
            }
        }
    }
    Ok(())
}

fn draw_box(dots: &mut Dots, one: &BoxPlace) {
    let thick = one.thickness.min(one.width).min(one.height);
    let (right, lower) = (one.x + one.width - thick, one.y + one.height - thick);
    fill(dots, (one.x, one.y), (one.width, thick));
    fill(dots, (one.x, lower), (one.width, thick));
    fill(dots, (one.x, one.y), (thick, one.height));
    fill(dots, (right, one.y), (thick, one.height));
}

fn draw_picture(dots: &mut Dots, one: &PicturePlace) {
    for y in 0..one.dots.height() {
        for x in (0..one.dots.width()).filter(|x| one.dots.is_black(*x, y)) {
            dots.blacken(one.x + x, one.y + y);
        }
    }
}

/// Inks a rectangle of this corner and size; what lies outside is cut off.
fn fill(dots: &mut Dots, (left, top): (u32, u32), (width, height): (u32, u32)) {
    for y in top..top.saturating_add(height).min(dots.height()) {
        for x in left..left.saturating_add(width).min(dots.width()) {
            dots.blacken(x, y);
        }
    }
}

/// Black dots on white.
pub fn picture(dots: &Dots) -> GrayImage {
    GrayImage::from_fn(dots.width(), dots.height(), |x, y| {
        Luma([if dots.is_black(x, y) { BLACK } else { WHITE }])
    })
}

/// What the font of our own drawings is called.
pub(super) const FONT: &str = "DejaVu Sans Mono Bold";

/// The font our own drawings use.
pub(super) fn font() -> FontRef<'static> {
    FontRef::try_from_slice(dejavu::sans_mono::bold()).expect("the embedded font is sound")
}

/// Our font has a picture of this character.
pub(super) fn can_draw(font: &FontRef, c: char) -> bool {
    c == ' ' || font.glyph_id(c).0 != 0
}

/// Draws a line of text.
pub(super) fn draw_text(dots: &mut Dots, font: &FontRef, text: &TextPlace) {
    // What is higher than the label cannot stand on it, and lint says so: its letters would be drawn for minutes.
    if text.height > dots.height() {
        return;
    }
    let mut pen = 0.0f32;
    let right_edge = f64::from(dots.width()) - f64::from(text.x);
    for c in text.value.chars() {
        if f64::from(pen) >= right_edge {
            break; // nothing of the rest is on the label
        }
        // On whole dots, so that a character is the same dots wherever it stands, as in a printer.
        let (left, top) = (i64::from(text.x) + pen.round() as i64, i64::from(text.y));
        pen += character_dots(font, text.height, c, |right, down| {
            if let (Ok(x), Ok(y)) = (u32::try_from(left + right), u32::try_from(top + down)) {
                dots.blacken(x, y);
            }
        });
    }
}

/// Tells `print` the dots of a character, right of and below the upper left corner of its cell of `height` dots.
/// Returns its advance in dots.
pub(super) fn character_dots(
    font: &FontRef,
    height: u32,
    c: char,
    mut print: impl FnMut(i64, i64),
) -> f32 {
    let scaled = font.as_scaled(PxScale::from(height as f32));
    let mut glyph = scaled.scaled_glyph(c);
    let advance = scaled.h_advance(glyph.id);
    glyph.position = point(0.0, scaled.ascent());
    if let Some(outline) = font.outline_glyph(glyph) {
        let bounds = outline.px_bounds();
        let (left, top) = (bounds.min.x.floor() as i64, bounds.min.y.floor() as i64);
        outline.draw(|right, down, coverage| {
            if coverage >= DOT_COVERAGE {
                print(left + i64::from(right), top + i64::from(down));
            }
        });
    }
    advance
}

/// A picture in half-block characters, two rows of pixels a line; dark pixels are drawn.
pub fn half_blocks(picture: &GrayImage) -> String {
    let dark = |x: u32, y: u32| {
        picture
            .get_pixel_checked(x, y)
            .is_some_and(|pixel| pixel.0[0] < 128)
    };
    let mut text = String::new();
    for y in (0..picture.height()).step_by(2) {
        let line: String = (0..picture.width())
            .map(|x| match (dark(x, y), dark(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            })
            .collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
