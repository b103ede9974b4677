//! `[[barcode]]`: the bar codes of a label. PURE.

use crate::label::design::{AtMm, Barcode, BarcodeKind};
use crate::label::field::LabelField;
use crate::label::reader::{Reader, Table};
use std::ops::Range;
use toml::Spanned;

/// Most bar codes of a label.
const BARCODES_MAX: usize = 8;

/// Width of the quiet zone of a GS1-128, in modules (General Specifications 5.4.4.1).
const GS1_128_QUIET_MODULES: u16 = 10;

/// Width of the quiet zone of a Data Matrix, in modules (ISO/IEC 16022).
const DATA_MATRIX_QUIET_MODULES: u16 = 1;

pub(super) fn barcodes<F: LabelField>(
    reader: &mut Reader,
    root: &Table,
    span: Range<usize>,
    is_native: bool,
) -> Option<Vec<Barcode<F>>> {
    let tables = reader.tables(root, "barcode");
    if tables.is_empty() {
        if !root.contains_key("barcode") {
            reader.wrong(span, "A label needs at least one [[barcode]].");
        }
        return None;
    }
    if let Some((_, span)) = tables.get(BARCODES_MAX) {
        let text = format!("A label has at most {BARCODES_MAX} bar codes.");
        reader.wrong(span.clone(), text);
        return None;
    }
    let mut read = Vec::new();
    let wanted = tables.len();
    for (table, span) in tables {
        read.extend(barcode(reader, table, span, is_native));
    }
    (read.len() == wanted).then_some(read)
}

fn barcode<F: LabelField>(
    reader: &mut Reader,
    table: &Table,
    span: Range<usize>,
    is_native: bool,
) -> Option<Barcode<F>> {
    let kind = reader.string(table, "kind", span.clone());
    let linear = match kind.as_deref() {
        Some("gs1-128") => Some(true),
        Some("gs1-datamatrix") => Some(false),
        Some(_) => {
            let at = table.get("kind").map_or(span.clone(), Spanned::span);
            let text = "The kinds of bar codes are \"gs1-128\" and \"gs1-datamatrix\".";
            reader.wrong(at, text);
            None
        }
        None => None,
    };
    let common = ["kind", "at_mm", "module_mm", "quiet_modules", "elements"];
    let with_bars = [&common[..], &["height_mm", "text_mm"]].concat();
    let known = if linear == Some(false) {
        &common[..]
    } else {
        &with_bars
    };
    reader.known_keys(table, known);
    // Where a printer's own file draws the label, it knows where.
    let at = match is_native && !table.contains_key("at_mm") {
        true => Some(AtMm { x: 0.0, y: 0.0 }),
        false => reader.position(table, span.clone()),
    };
    let module_mm = reader.length(table, "module_mm", span.clone());
    let quiet_modules = match table.contains_key("quiet_modules") {
        true => reader.whole(table, "quiet_modules", 1..=20, span.clone()),
        false if linear == Some(true) => Some(GS1_128_QUIET_MODULES),
        false => Some(DATA_MATRIX_QUIET_MODULES),
    };
    let kind = match linear {
        None => None,
        Some(false) => Some(BarcodeKind::DataMatrix),
        Some(true) => {
            let height = reader.length(table, "height_mm", span.clone());
            let text = reader.length(table, "text_mm", span.clone());
            height
                .zip(text)
                .map(|(height_mm, text_mm)| BarcodeKind::Gs1128 { height_mm, text_mm })
        }
    };
    let fields = elements(reader, table, span);
    Some(Barcode {
        kind: kind?,
        at: at?,
        module_mm: module_mm?,
        quiet_modules: quiet_modules?,
        fields: fields?,
    })
}

/// `elements = ["02", "37"]`: the AIs of a bar code.
fn elements<F: LabelField>(
    reader: &mut Reader,
    table: &Table,
    span: Range<usize>,
) -> Option<Vec<F>> {
    let value = reader.needed(table, "elements", span)?;
    let Some(array) = value.get_ref().as_array() else {
        let text = "\"elements\" is a list of AIs in quotes, such as [\"01\", \"21\"].";
        reader.wrong(value.span(), text);
        return None;
    };
    let mut fields = Vec::new();
    let mut right = true;
    for one in array.iter() {
        let ai = one.get_ref().as_str().unwrap_or_default();
        let field = F::ALL.iter().find(|field| field.ai() == Some(ai));
        match field {
            Some(field) if !fields.contains(field) => fields.push(*field),
            Some(_) => {
                let text = format!("AI \"{ai}\" stands in this bar code twice.");
                reader.wrong(one.span(), text);
                right = false;
            }
            None => {
                let known: Vec<String> = F::ALL
                    .iter()
                    .filter_map(|field| Some(format!("\"{}\" {}", field.ai()?, field.name())))
                    .collect();
                let text = format!(
                    "\"{ai}\" is no AI of a {}'s label: there are {}.",
                    F::FOR,
                    known.join(", ")
                );
                reader.wrong(one.span(), text);
                right = false;
            }
        }
    }
    if right && fields.is_empty() {
        reader.wrong(value.span(), "A bar code needs at least one element.");
    }
    (right && !fields.is_empty()).then_some(fields)
}
