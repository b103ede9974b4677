//! A label that a printer's own file draws: a file of a label designer with numbered fields, and what goes into them.
//! PURE.

use super::design::{Design, TextPart};
use super::field::{LabelData, LabelField};
use crate::gs1::scan_data;

/// A printer's own file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Native<F> {
    /// The language it is written in, as in a printer's address.
    pub language: String,
    /// Its name among the template's files.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Its fields by number, in the order of their numbers.
    pub fields: Vec<(u16, NativeValue<F>)>,
}

/// What goes into a field of a printer's own file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NativeValue<F> {
    /// The content of this bar code of the template, counted from 0.
    Barcode(usize),
    /// A line of text.
    Text(Vec<TextPart<F>>),
}

impl<F: LabelField> Native<F> {
    /// The values of the fields on this one.
    pub(super) fn values<D: LabelData<Field = F>>(
        &self,
        design: &Design<F>,
        data: &D,
    ) -> Vec<(u16, String)> {
        let value = |value: &NativeValue<F>| match value {
            NativeValue::Barcode(place) => element_string(&design.barcodes[*place].elements(data)),
            NativeValue::Text(parts) => {
                let text = super::Text {
                    at: super::AtMm { x: 0.0, y: 0.0 },
                    height_mm: 1.0,
                    parts: parts.clone(),
                };
                text.value(data)
            }
        };
        let fields = self
            .fields
            .iter()
            .map(|(number, one)| (*number, value(one)));
        fields.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The numbers of fields with a value that changes from label to label.
    pub(super) fn changing_texts(&self) -> Vec<u16> {
        let changes = |value: &NativeValue<F>| match value {
            NativeValue::Barcode(_) => false,
            NativeValue::Text(parts) => parts
                .iter()
                .filter_map(TextPart::field)
                .any(LabelField::changes),
        };
        let fields = self.fields.iter().filter(|(_, value)| changes(value));
        fields.map(|(number, _)| *number).collect()
    }
}

/// An element string: AIs and values, separators where needed, no FNC1 in front; empty without elements.
pub(super) fn element_string(elements: &[crate::gs1::Element]) -> String {
    if elements.is_empty() {
        return String::new();
    }
    let scan = scan_data(elements);
    scan.strip_prefix("]d2")
        .expect("scan data of a Data Matrix")
        .to_owned()
}
