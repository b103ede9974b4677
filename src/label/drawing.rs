//! A label drawn by ourselves: for the eye, and to compare printers with. PURE.

use super::layout::TextPlace;
use super::{LabelError, PackData, Template};
use crate::record::Modules;
use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};
use image::{GrayImage, Luma};

const WHITE: u8 = 255;
const BLACK: u8 = 0;

/// Coverage from which a dot is printed: a thermal head prints dots, no greys.
const DOT_COVERAGE: f32 = 0.5;

/// Largest drawing in dots.
const DRAWING_MAX_DOTS: u64 = 12_000_000;

impl Template {
    /// The modules of the symbol on this pack, without quiet zone.
    ///
    /// # Errors
    /// When the content fits no symbol.
    pub fn modules(&self, pack: &PackData) -> Result<Modules, LabelError> {
        let bitmap = self.symbol_for(pack)?.bitmap();
        let side = |modules: usize| u16::try_from(modules).expect("a symbol has few modules");
        Ok(Modules {
            columns: side(bitmap.width()),
            rows: side(bitmap.height()),
            dark: bitmap.bits().to_vec(),
        })
    }

    /// The label as a picture, one pixel a dot, black on white.
    ///
    /// # Errors
    /// As [`Template::layout`], and a drawing of more than twelve million dots.
    pub fn raster(&self, pack: &PackData, dpmm: u16) -> Result<GrayImage, LabelError> {
        let layout = self.layout(pack, dpmm)?;
        let mut picture = blank(layout.width, layout.height)?;
        let modules = self.modules(pack)?;
        let dark = modules.dark.iter().enumerate().filter(|(_, dark)| **dark);
        for (place, _) in dark {
            let place = place as u32;
            let edge = layout.symbol.module_dots;
            let left = layout.symbol.x + place % u32::from(modules.columns) * edge;
            let top = layout.symbol.y + place / u32::from(modules.columns) * edge;
            fill(&mut picture, (left, top), (edge, edge));
        }
        let font = font();
        for text in &layout.texts {
            draw_text(&mut picture, &font, text);
        }
        Ok(picture)
    }
}

/// Paper of this size.
///
/// # Errors
/// More than [`DRAWING_MAX_DOTS`].
pub(super) fn blank(width: u32, height: u32) -> Result<GrayImage, LabelError> {
    match u64::from(width) * u64::from(height) > DRAWING_MAX_DOTS {
        true => Err(LabelError::one(format!(
            "A label of {width} × {height} dots is too large to draw."
        ))),
        false => Ok(GrayImage::from_pixel(width, height, Luma([WHITE]))),
    }
}

/// Inks a rectangle of this corner and size; what lies outside is cut off.
pub(super) fn fill(picture: &mut GrayImage, (left, top): (u32, u32), (width, height): (u32, u32)) {
    for y in top..(top + height).min(picture.height()) {
        for x in left..(left + width).min(picture.width()) {
            picture.put_pixel(x, y, Luma([BLACK]));
        }
    }
}

/// The font our own drawings use.
pub(super) fn font() -> FontRef<'static> {
    FontRef::try_from_slice(dejavu::sans_mono::bold()).expect("the embedded font is sound")
}

/// Draws a line of text.
pub(super) fn draw_text(picture: &mut GrayImage, font: &FontRef, text: &TextPlace) {
    let mut pen = 0.0f32;
    for c in text.value.chars() {
        // On whole dots, so that a character is the same dots wherever it stands, as in a printer.
        let (left, top) = (i64::from(text.x) + pen.round() as i64, i64::from(text.y));
        pen += character_dots(font, text.height, c, |right, down| {
            let place = (u32::try_from(left + right), u32::try_from(top + down));
            if let (Ok(x), Ok(y)) = place
                && x < picture.width()
                && y < picture.height()
            {
                picture.put_pixel(x, y, Luma([BLACK]));
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
