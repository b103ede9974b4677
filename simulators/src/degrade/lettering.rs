//! Letters on a sheet: three kinds of vector faces and one of dots. PURE.

use super::sheet::Sheet;
use crate::random::Random;
use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _, point};
use font8x8::UnicodeFonts as _;

/// A face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// Proportional without serifs.
    Sans,
    /// The same, bold.
    SansBold,
    /// Narrow.
    Condensed,
    /// Every letter as wide as the next, as label printers write.
    Mono,
    /// The same, bold.
    MonoBold,
    /// With serifs.
    Serif,
    /// Squares of an 8 × 8 raster.
    Dots,
}

impl Face {
    /// Every face.
    pub const ALL: [Face; 7] = [
        Face::Sans,
        Face::SansBold,
        Face::Condensed,
        Face::Mono,
        Face::MonoBold,
        Face::Serif,
        Face::Dots,
    ];

    /// One of them.
    pub fn any(random: &mut Random) -> Face {
        Face::ALL[random.below(Face::ALL.len() as u64) as usize]
    }

    fn font(self) -> Option<FontRef<'static>> {
        let bytes = match self {
            Face::Sans => dejavu::sans::regular(),
            Face::SansBold => dejavu::sans::bold(),
            Face::Condensed => dejavu::sans_condensed::regular(),
            Face::Mono => dejavu::sans_mono::regular(),
            Face::MonoBold => dejavu::sans_mono::bold(),
            Face::Serif => dejavu::serif::regular(),
            Face::Dots => return None,
        };
        Some(FontRef::try_from_slice(bytes).expect("the embedded font is sound"))
    }
}

/// A line of text on a sheet of its own, just as large as it needs; capitals `height` pixels high,
/// room below for what hangs under the line.
pub fn line(face: Face, text: &str, height: f64) -> Sheet {
    let height = height.max(4.0);
    match face.font() {
        Some(font) => vector(&font, text, height as f32),
        None => dots(text, height),
    }
}

/// Capitals of the faces are this share of the em: the DejaVu faces all have it.
const CAPITAL_SHARE: f32 = 0.729;

fn vector(font: &FontRef<'_>, text: &str, height: f32) -> Sheet {
    let units = font.units_per_em().unwrap_or(1000.0);
    // The scale is that of ascent and descent together, not of the em.
    let scale = PxScale::from(height / CAPITAL_SHARE * font.height_unscaled() / units);
    let scaled = font.as_scaled(scale);
    let mut pen = 1.0f32;
    let mut glyphs = Vec::new();
    for letter in text.chars() {
        let id = font.glyph_id(letter);
        glyphs.push(id.with_scale_and_position(scale, point(pen, height + 1.0)));
        pen += scaled.h_advance(id);
    }
    let mut sheet = Sheet::blank(pen.ceil() as usize + 2, (height * 1.4).ceil() as usize + 2);
    for outline in glyphs.into_iter().filter_map(|g| font.outline_glyph(g)) {
        let corner = outline.px_bounds().min;
        let (left, top) = (corner.x as i64, corner.y as i64);
        outline.draw(|x, y, cover| {
            let place = |at: i64, end: usize| usize::try_from(at).ok().filter(|&at| at < end);
            let (width, height) = (sheet.width, sheet.height);
            let (column, row) = (left + i64::from(x), top + i64::from(y));
            if let (Some(column), Some(row)) = (place(column, width), place(row, height)) {
                let here = &mut sheet.cover[row * width + column];
                *here = (*here).max((cover.clamp(0.0, 1.0) * 255.0) as u8);
            }
        });
    }
    sheet
}

fn dots(text: &str, height: f64) -> Sheet {
    // Capitals take seven of the eight rows.
    let dot = height / 7.0;
    let cell = 8.0 * dot * 0.85;
    let wide = (cell * text.chars().count() as f64).ceil() as usize + 2;
    let mut sheet = Sheet::blank(wide, (height * 1.4).ceil() as usize + 2);
    for (n, letter) in text.chars().enumerate() {
        let left = 1.0 + n as f64 * cell;
        let glyph = font8x8::BASIC_FONTS.get(letter).unwrap_or([0x7e; 8]);
        for (y, bits) in glyph.into_iter().enumerate() {
            for x in (0..8).filter(|x| bits & (1 << x) != 0) {
                let from = (left + f64::from(x) * dot * 0.85, 1.0 + y as f64 * dot);
                sheet.fill(from, (from.0 + dot * 0.85, from.1 + dot), 255);
            }
        }
    }
    sheet
}
