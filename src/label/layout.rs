//! Millimetres into printer dots: where everything of a label stands. PURE.

use super::design::{AtMm, Barcode, BarcodeKind, Design};
use super::field::{LabelData, LabelField};
use super::native::element_string;
use super::{LabelError, Template};
use crate::gs1::{self, Element, scan_data};
use crate::record::Modules;
use datamatrix::{DataMatrix, SymbolList};
use vidimus_drivers::printer::code128::Gs1128;
use vidimus_drivers::printer::format::Dots;

/// Resolutions that are laid out, in dots per millimetre.
pub const DPMM_RANGE: std::ops::RangeInclusive<u16> = 4..=48;

/// Room between the bars and the text below, in millimetres.
const TEXT_GAP_MM: f64 = 1.0;

/// Below this a pixel of a picture is printed.
const INK_BELOW: u8 = 128;

/// Where a bar code stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BarcodePlace {
    /// Its place in the template.
    pub number: usize,
    /// Left edge of the first module, in dots.
    pub x: u32,
    /// Upper edge, in dots.
    pub y: u32,
    /// Width of a module in dots.
    pub module_dots: u32,
    /// Width in dots, quiet zones not counted.
    pub width: u32,
    /// Height in dots, the text below not counted.
    pub height: u32,
    /// Width of the quiet zone in dots.
    pub quiet_dots: u32,
    /// Bars go over the whole height: the quiet zone is left and right only.
    pub linear: bool,
    /// The text below the bars.
    pub text: Option<TextPlace>,
    /// Its content, bracketed.
    pub content: String,
}

impl BarcodePlace {
    /// Modules across.
    pub fn modules(&self) -> u32 {
        self.width / self.module_dots
    }
}

/// Where a line of text stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextPlace {
    /// Left edge in dots.
    pub x: u32,
    /// Upper edge in dots.
    pub y: u32,
    /// Height in dots.
    pub height: u32,
    /// The text.
    pub value: String,
}

impl TextPlace {
    /// Width in dots, reckoned with `CELL_RATIO`.
    pub fn width(&self) -> u32 {
        let cells = self.value.chars().count() as f64;
        (cells * f64::from(self.height) * CELL_RATIO).ceil() as u32
    }
}

/// Width of a character over the height of its line: that of our own fixed-pitch font, and more
/// than the printers' proportional fonts need for capitals and digits.
pub const CELL_RATIO: f64 = 0.6;

/// Where a box stands, in dots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoxPlace {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Outer width.
    pub width: u32,
    /// Outer height.
    pub height: u32,
    /// Thickness of its lines.
    pub thickness: u32,
}

/// Where a picture stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PicturePlace {
    /// Its name.
    pub file: String,
    /// Left edge in dots.
    pub x: u32,
    /// Upper edge in dots.
    pub y: u32,
    /// Its dots.
    pub dots: Dots,
}

/// A label in dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Width in dots.
    pub width: u32,
    /// Height in dots.
    pub height: u32,
    /// The bar codes that have something to say.
    pub barcodes: Vec<BarcodePlace>,
    /// The lines of text, in the order of the template.
    pub texts: Vec<TextPlace>,
    /// Boxes and lines.
    pub boxes: Vec<BoxPlace>,
    /// Pictures.
    pub pictures: Vec<PicturePlace>,
}

impl Layout {
    /// The first Data Matrix: on a pack, the symbol that the camera reads.
    ///
    /// # Panics
    /// On a label without one; a pack's template has one.
    pub fn symbol(&self) -> &BarcodePlace {
        let mut matrices = self.barcodes.iter().filter(|one| !one.linear);
        matrices.next().expect("a pack's label has a Data Matrix")
    }

    /// All lines of text: those below bar codes first.
    pub fn all_texts(&self) -> impl Iterator<Item = &TextPlace> {
        let below = self.barcodes.iter().filter_map(|place| place.text.as_ref());
        below.chain(&self.texts)
    }
}

/// Millimetres in whole dots.
pub(super) fn dots(mm: f64, dpmm: u16) -> u32 {
    (mm * f64::from(dpmm)).round() as u32
}

/// A position in dots.
fn place(at: AtMm, dpmm: u16) -> (u32, u32) {
    (dots(at.x, dpmm), dots(at.y, dpmm))
}

/// The resolution is one that is laid out.
///
/// # Errors
/// It is outside [`DPMM_RANGE`].
fn check_dpmm(dpmm: u16) -> Result<(), LabelError> {
    match DPMM_RANGE.contains(&dpmm) {
        true => Ok(()),
        false => Err(LabelError::one(format!(
            "A resolution of {dpmm} dots per mm is outside {} to {}.",
            DPMM_RANGE.start(),
            DPMM_RANGE.end()
        ))),
    }
}

/// The smallest square Data Matrix that holds these elements.
///
/// # Errors
/// When they fit none.
pub(super) fn data_matrix(elements: &[Element]) -> Result<DataMatrix, LabelError> {
    let scan = scan_data(elements);
    let content = scan
        .strip_prefix("]d2")
        .expect("scan data of a Data Matrix");
    let sizes = SymbolList::default().enforce_square();
    DataMatrix::encode_gs1(content.as_bytes(), sizes)
        .map_err(|_| LabelError::one("The content is too long for any symbol."))
}

/// The bars of these elements.
///
/// # Errors
/// When they fit none.
pub(super) fn bars(elements: &[Element]) -> Result<Gs1128, LabelError> {
    Gs1128::of(&element_string(elements)).map_err(LabelError::one)
}

impl<F: LabelField> Design<F> {
    /// Where everything stands at this resolution. Where a printer's own file draws the label, its bar codes stand at
    /// the corner: only their sizes tell something.
    ///
    /// # Errors
    /// A resolution outside `DPMM_RANGE`, or a content that fits no symbol of its kind.
    pub fn layout<D: LabelData<Field = F>>(
        &self,
        data: &D,
        dpmm: u16,
    ) -> Result<Layout, LabelError> {
        check_dpmm(dpmm)?;
        let mut barcodes = Vec::new();
        for (number, barcode) in self.barcodes.iter().enumerate() {
            barcodes.extend(barcode_place(number, barcode, data, dpmm)?);
        }
        let texts = self.texts.iter().map(|text| {
            let (x, y) = place(text.at, dpmm);
            TextPlace {
                x,
                y,
                height: dots(text.height_mm, dpmm).max(1),
                value: text.value(data),
            }
        });
        let boxes = self.boxes.iter().map(|one| {
            let (x, y) = place(one.at, dpmm);
            let [width, height, thickness] =
                [one.width_mm, one.height_mm, one.thickness_mm].map(|mm| dots(mm, dpmm).max(1));
            BoxPlace {
                x,
                y,
                width,
                height,
                thickness,
            }
        });
        let pictures = self.pictures.iter().map(|one| {
            let (x, y) = place(one.at, dpmm);
            let size = [one.width_mm, one.height_mm].map(|mm| dots(mm, dpmm).max(1));
            PicturePlace {
                file: one.file.clone(),
                x,
                y,
                dots: picture_dots(&one.picture, size),
            }
        });
        Ok(Layout {
            width: dots(self.width_mm, dpmm).max(1),
            height: dots(self.height_mm, dpmm).max(1),
            barcodes,
            texts: texts.collect(),
            boxes: boxes.collect(),
            pictures: pictures.collect(),
        })
    }
}

impl Template {
    /// The modules of the symbol on this pack, without quiet zone.
    ///
    /// # Errors
    /// When the content fits no symbol.
    pub fn modules(&self, pack: &super::PackData) -> Result<Modules, LabelError> {
        let bitmap = data_matrix(&self.elements(pack))?.bitmap();
        let side = |modules: usize| u16::try_from(modules).expect("a symbol has few modules");
        Ok(Modules {
            columns: side(bitmap.width()),
            rows: side(bitmap.height()),
            dark: bitmap.bits().to_vec(),
        })
    }
}

fn barcode_place<F: LabelField, D: LabelData<Field = F>>(
    number: usize,
    barcode: &Barcode<F>,
    data: &D,
    dpmm: u16,
) -> Result<Option<BarcodePlace>, LabelError> {
    let elements = barcode.elements(data);
    if elements.is_empty() {
        return Ok(None);
    }
    let (x, y) = place(barcode.at, dpmm);
    let module_dots = dots(barcode.module_mm, dpmm).max(1);
    let (width, height, text) = match barcode.kind {
        BarcodeKind::DataMatrix => {
            let side = data_matrix(&elements)?.bitmap().width() as u32 * module_dots;
            (side, side, None)
        }
        BarcodeKind::Gs1128 { height_mm, text_mm } => {
            let height = dots(height_mm, dpmm).max(1);
            let text = TextPlace {
                x,
                y: y + height + dots(TEXT_GAP_MM, dpmm),
                height: dots(text_mm, dpmm).max(1),
                value: human_readable(&elements),
            };
            let width = bars(&elements)?.modules() * module_dots;
            (width, height, Some(text))
        }
    };
    Ok(Some(BarcodePlace {
        number,
        x,
        y,
        module_dots,
        width,
        height,
        quiet_dots: u32::from(barcode.quiet_modules) * module_dots,
        linear: text.is_some(),
        text,
        content: gs1::bracketed(&elements),
    }))
}

/// AIs in brackets and values, as people read them under the bars.
pub(super) fn human_readable(elements: &[Element]) -> String {
    let each = elements
        .iter()
        .map(|one| format!("({}){}", one.ai, one.value));
    each.collect()
}

/// A picture in so many dots: each is what the picture shows at its middle.
fn picture_dots(picture: &image::GrayImage, [width, height]: [u32; 2]) -> Dots {
    let mut dots = Dots::blank(width, height);
    let from = |at: u32, of: u32, pixels: u32| {
        let middle = (2 * u64::from(at) + 1) * u64::from(pixels) / (2 * u64::from(of));
        (middle as u32).min(pixels.saturating_sub(1))
    };
    for y in 0..height {
        for x in 0..width {
            let pixel = picture.get_pixel_checked(
                from(x, width, picture.width()),
                from(y, height, picture.height()),
            );
            if pixel.is_some_and(|pixel| pixel.0[0] < INK_BELOW) {
                dots.blacken(x, y);
            }
        }
    }
    dots
}
