//! Millimetres into printer dots: where everything of a container's label stands. PURE.

use super::super::code128::Gs1128;
use super::super::layout::{TextPlace, check_dpmm, data_matrix, dots, place};
use super::{Barcode, BarcodeKind, ContainerData, ContainerTemplate, LabelError};
use crate::gs1;

/// Room between the bars and the text below, in millimetres.
const TEXT_GAP_MM: f64 = 1.0;

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

/// A container's label in dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerLayout {
    /// Width in dots.
    pub width: u32,
    /// Height in dots.
    pub height: u32,
    /// The bar codes that have something to say.
    pub barcodes: Vec<BarcodePlace>,
    /// The lines of text.
    pub texts: Vec<TextPlace>,
}

impl ContainerTemplate {
    /// Where everything stands at this resolution.
    ///
    /// # Errors
    /// A resolution out of range, or a content that fits no symbol of its kind.
    pub fn layout(&self, data: &ContainerData, dpmm: u16) -> Result<ContainerLayout, LabelError> {
        check_dpmm(dpmm)?;
        let mut barcodes = Vec::new();
        for (number, barcode) in self.barcodes.iter().enumerate() {
            barcodes.extend(placed(number, barcode, data, dpmm)?);
        }
        let texts = self.texts.iter().map(|text| {
            let (x, y) = place(text.at, dpmm);
            TextPlace {
                x,
                y,
                height: dots(text.height_mm, dpmm).max(1),
                value: text.filled(|field| data.value(field)),
                per_pack: true,
            }
        });
        Ok(ContainerLayout {
            width: dots(self.width_mm, dpmm).max(1),
            height: dots(self.height_mm, dpmm).max(1),
            barcodes,
            texts: texts.collect(),
        })
    }
}

fn placed(
    number: usize,
    barcode: &Barcode,
    data: &ContainerData,
    dpmm: u16,
) -> Result<Option<BarcodePlace>, LabelError> {
    let elements = barcode.elements(data);
    if elements.is_empty() {
        return Ok(None);
    }
    let (x, y) = place(barcode.at, dpmm);
    let module_dots = dots(barcode.module_mm, dpmm).max(1);
    let content = gs1::bracketed(&elements);
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
                per_pack: true,
            };
            let width = Gs1128::of(&elements)?.modules() * module_dots;
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
        content,
    }))
}

/// AIs in brackets and values, as people read them under the bars.
fn human_readable(elements: &[gs1::Element]) -> String {
    let each = elements
        .iter()
        .map(|one| format!("({}){}", one.ai, one.value));
    each.collect()
}
