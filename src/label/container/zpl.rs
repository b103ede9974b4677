//! A container's label in ZPL II: a stored format, and fields for what changes from one to the next. PURE.
//!
//! Sources: Zebra, "ZPL II Programming Guide": `^BY` (module width), `^BC` (Code 128; its own text is switched off,
//! mode N takes the start character and FNC1 as they are given), `^BX`, `^DF` `^XF` `^FN`, `^PQ1,0,1,Y`.

use super::super::code128::Gs1128;
use super::super::zpl::{StoredFormatText, is_plain, symbol_field};
use super::{BarcodeKind, ContainerData, ContainerTemplate, LabelError};
use std::fmt::Write as _;

/// Name of the format in the printer.
const FORMAT_NAME: &str = "C";

impl ContainerTemplate {
    /// The format to store in the printer.
    ///
    /// # Errors
    /// As [`ContainerTemplate::layout`].
    pub fn zpl_format(&self, dpmm: u16) -> Result<StoredFormatText, LabelError> {
        let layout = self.layout(&self.sample(), dpmm)?;
        let mut text = format!(
            "^XA^DFR:{FORMAT_NAME}.ZPL^FS^PW{}^LL{}^LH0,0^PQ1,0,1,Y",
            layout.width, layout.height
        );
        let mut add = |part: std::fmt::Arguments| text.write_fmt(part).expect("texts take all");
        for place in &layout.barcodes {
            let (symbol, below) = fields_of(place.number);
            let (x, y, module, height) = (place.x, place.y, place.module_dots, place.height);
            match &place.text {
                None => add(format_args!(
                    "^FO{x},{y}^BXN,{module},200,,,,_,1^FN{symbol}^FS"
                )),
                Some(text) => {
                    add(format_args!(
                        "^FO{x},{y}^BY{module},3,{height}^BCN,{height},N,N,N,N^FN{symbol}^FS"
                    ));
                    let (x, y, height) = (text.x, text.y, text.height);
                    add(format_args!(
                        "^FO{x},{y}^A0N,{height},{height}^FN{below}^FS"
                    ));
                }
            }
        }
        for (number, line) in (self.first_text()..).zip(&layout.texts) {
            let (x, y, height) = (line.x, line.y, line.height);
            add(format_args!(
                "^FO{x},{y}^A0N,{height},{height}^FN{number}^FS"
            ));
        }
        text.push_str("^XZ");
        let name = FORMAT_NAME.to_owned();
        Ok(StoredFormatText { name, text })
    }

    /// What stands on this container's label, by field number of the stored format. A bar code that has nothing to say
    /// gets no field, and is not printed.
    ///
    /// # Errors
    /// A content that fits no symbol of its kind, or a text that ZPL cannot carry.
    pub fn zpl_fields(
        &self,
        data: &ContainerData,
        dpmm: u16,
    ) -> Result<Vec<(u16, String)>, LabelError> {
        let layout = self.layout(data, dpmm)?;
        let mut fields = Vec::new();
        for place in layout.barcodes {
            let barcode = &self.barcodes[place.number];
            let elements = barcode.elements(data);
            let (symbol, below) = fields_of(place.number);
            let content = match barcode.kind {
                BarcodeKind::DataMatrix => symbol_field(&elements),
                BarcodeKind::Gs1128 { .. } => Gs1128::of(&elements)?.zpl(),
            };
            fields.push((symbol, content));
            fields.extend(place.text.map(|text| (below, text.value)));
        }
        let texts = (self.first_text()..).zip(layout.texts);
        fields.extend(
            texts
                .map(|(number, text)| (number, text.value))
                .filter(|(_, text)| !text.is_empty()),
        );
        match fields.iter().find(|(_, text)| !is_plain(text)) {
            Some((_, text)) => Err(LabelError::one(format!(
                "The text \"{text}\" has a character that ZPL cannot print as it stands."
            ))),
            None => Ok(fields),
        }
    }

    /// Number of the first text's field.
    fn first_text(&self) -> u16 {
        2 * self.barcodes.len() as u16 + 1
    }
}

/// The fields of a bar code: its content and the text below.
fn fields_of(number: usize) -> (u16, u16) {
    let symbol = 2 * number as u16 + 1;
    (symbol, symbol + 1)
}
