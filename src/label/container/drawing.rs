//! A container's label drawn by ourselves: for the eye, and to compare printers with. PURE.

use super::super::code128::Gs1128;
use super::super::drawing::{blank, draw_text, fill, font};
use super::super::layout::data_matrix;
use super::{BarcodeKind, ContainerData, ContainerTemplate, LabelError};
use image::GrayImage;

impl ContainerTemplate {
    /// The label as a picture, one pixel a dot, black on white.
    ///
    /// # Errors
    /// As [`ContainerTemplate::layout`], and a drawing of more than twelve million dots.
    pub fn raster(&self, data: &ContainerData, dpmm: u16) -> Result<GrayImage, LabelError> {
        let layout = self.layout(data, dpmm)?;
        let mut picture = blank(layout.width, layout.height)?;
        for place in &layout.barcodes {
            let barcode = &self.barcodes[place.number];
            let elements = barcode.elements(data);
            let edge = place.module_dots;
            match barcode.kind {
                BarcodeKind::DataMatrix => {
                    let bitmap = data_matrix(&elements)?.bitmap();
                    for (x, y) in bitmap.pixels() {
                        let (left, top) = (place.x + x as u32 * edge, place.y + y as u32 * edge);
                        fill(&mut picture, (left, top), (edge, edge));
                    }
                }
                BarcodeKind::Gs1128 { .. } => {
                    let bars = Gs1128::of(&elements)?.bars();
                    for (at, _) in (0u32..).zip(bars).filter(|(_, dark)| *dark) {
                        let left = place.x + at * edge;
                        fill(&mut picture, (left, place.y), (edge, place.height));
                    }
                }
            }
        }
        let font = font();
        let below = layout
            .barcodes
            .iter()
            .filter_map(|place| place.text.as_ref());
        for text in below.chain(&layout.texts) {
            draw_text(&mut picture, &font, text);
        }
        Ok(picture)
    }
}
