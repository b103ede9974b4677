//! Millimetres into printer dots: where everything of a label stands. PURE.

use super::{AtMm, LabelError, PackData, Template};
use crate::gs1::{Element, scan_data};
use datamatrix::{DataMatrix, SymbolList};

/// Resolutions that are laid out, in dots per millimetre.
pub const DPMM_RANGE: std::ops::RangeInclusive<u16> = 4..=48;

/// Where a symbol stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymbolPlace {
    /// Left edge of the first module, in dots.
    pub x: u32,
    /// Upper edge of the first module, in dots.
    pub y: u32,
    /// Edge of a module in dots.
    pub module_dots: u32,
    /// Modules a side.
    pub modules: u32,
    /// Width of the quiet zone in dots.
    pub quiet_dots: u32,
}

impl SymbolPlace {
    /// Edge of the symbol in dots.
    pub fn side(&self) -> u32 {
        self.modules * self.module_dots
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
    /// It changes from pack to pack.
    pub per_pack: bool,
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

/// A label in dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Width in dots.
    pub width: u32,
    /// Height in dots.
    pub height: u32,
    /// The symbol.
    pub symbol: SymbolPlace,
    /// The lines of text.
    pub texts: Vec<TextPlace>,
}

/// Millimetres in whole dots.
pub(super) fn dots(mm: f64, dpmm: u16) -> u32 {
    (mm * f64::from(dpmm)).round() as u32
}

/// A position in dots.
pub(super) fn place(at: AtMm, dpmm: u16) -> (u32, u32) {
    (dots(at.x, dpmm), dots(at.y, dpmm))
}

/// The resolution is one that is laid out.
///
/// # Errors
/// It is outside [`DPMM_RANGE`].
pub(super) fn check_dpmm(dpmm: u16) -> Result<(), LabelError> {
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

impl Template {
    /// The symbol for this pack: the smallest square Data Matrix that holds its elements.
    ///
    /// # Errors
    /// When the content fits no symbol.
    pub(super) fn symbol_for(&self, pack: &PackData) -> Result<DataMatrix, LabelError> {
        data_matrix(&self.elements(pack))
    }

    /// Where everything stands at this resolution.
    ///
    /// # Errors
    /// A resolution outside `DPMM_RANGE`, or a content that fits no symbol.
    pub fn layout(&self, pack: &PackData, dpmm: u16) -> Result<Layout, LabelError> {
        check_dpmm(dpmm)?;
        let modules = self.symbol_for(pack)?.bitmap().width() as u32;
        let module_dots = dots(self.symbol.module_mm, dpmm).max(1);
        let (x, y) = place(self.symbol.at, dpmm);
        let symbol = SymbolPlace {
            x,
            y,
            module_dots,
            modules,
            quiet_dots: u32::from(self.symbol.quiet_modules) * module_dots,
        };
        let texts = self.texts.iter().map(|text| {
            let (x, y) = place(text.at, dpmm);
            TextPlace {
                x,
                y,
                height: dots(text.height_mm, dpmm).max(1),
                value: text.value(pack),
                per_pack: text.has_serial(),
            }
        });
        Ok(Layout {
            width: dots(self.width_mm, dpmm).max(1),
            height: dots(self.height_mm, dpmm).max(1),
            symbol,
            texts: texts.collect(),
        })
    }
}
