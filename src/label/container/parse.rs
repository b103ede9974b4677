//! The text of a template for containers into the template: every mistake at once, with its line. PURE.

use super::reading::{Reader, Table, field_names};
use super::{Barcode, BarcodeKind, ContainerField, ContainerTemplate, LabelField, hash_of};
use crate::gs1::{self, Element};
use std::ops::Range;
use toml::Spanned;
use toml::de::DeValue;

/// Most bar codes of a label.
const BARCODES_MAX: usize = 8;

/// Width of the quiet zone of a GS1-128, in modules (General Specifications 5.4.4.1).
const GS1_128_QUIET_MODULES: u16 = 10;

pub(super) fn template(reader: &mut Reader, root: &Spanned<Table>) -> Option<ContainerTemplate> {
    let table = root.get_ref();
    reader.known_keys(table, &["name", "label", "barcode", "text"]);
    let name = reader.string(table, "name", root.span());
    let size = reader.size(table, root.span());
    let barcodes = barcodes(reader, table, root.span());
    let texts = reader.texts(table);
    let (width_mm, height_mm) = size?;
    let template = ContainerTemplate {
        name: name?,
        width_mm,
        height_mm,
        barcodes: barcodes?,
        texts,
        hash: hash_of(reader.text),
    };
    belongs_together(reader, &template, root.span());
    Some(template)
}

fn barcodes(reader: &mut Reader, root: &Table, span: Range<usize>) -> Option<Vec<Barcode>> {
    let tables = reader.tables(root, "barcode");
    if tables.is_empty() {
        reader.wrong(span, "A container's label needs at least one [[barcode]].");
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
        read.extend(barcode(reader, table, span));
    }
    (read.len() == wanted).then_some(read)
}

fn barcode(reader: &mut Reader, table: &Table, span: Range<usize>) -> Option<Barcode> {
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
    reader.known_keys(
        table,
        if linear == Some(false) {
            &common
        } else {
            &with_bars
        },
    );
    let at = reader.position(table, span.clone());
    let module_mm = reader.length(table, "module_mm", span.clone());
    let usual = if linear == Some(true) {
        GS1_128_QUIET_MODULES
    } else {
        1
    };
    let quiet_modules = reader.quiet_modules(table, usual);
    let kind = match linear? {
        false => Some(BarcodeKind::DataMatrix),
        true => {
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
fn elements(reader: &mut Reader, table: &Table, span: Range<usize>) -> Option<Vec<ContainerField>> {
    let value = reader.needed(table, "elements", span)?;
    let DeValue::Array(array) = value.get_ref() else {
        let text = "\"elements\" is a list of AIs in quotes, such as [\"02\", \"37\"].";
        reader.wrong(value.span(), text);
        return None;
    };
    let mut fields = Vec::new();
    let mut right = true;
    for one in array.iter() {
        let ai = one.get_ref().as_str().unwrap_or_default();
        let field = ContainerField::ALL
            .iter()
            .find(|field| field.ai() == Some(ai));
        match field {
            Some(field) if !fields.contains(field) => fields.push(*field),
            Some(_) => {
                reader.wrong(
                    one.span(),
                    format!("AI \"{ai}\" stands in this bar code twice."),
                );
                right = false;
            }
            None => {
                let known: Vec<&str> = ContainerField::ALL
                    .iter()
                    .filter_map(|field| field.ai())
                    .collect();
                let text = format!(
                    "\"{ai}\" is no AI of a container's label: {} are ({}).",
                    known.join(", "),
                    field_names::<ContainerField>()
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

/// The elements of all bar codes say what one label may say, and one bar code says by itself which container it is.
fn belongs_together(reader: &mut Reader, template: &ContainerTemplate, span: Range<usize>) {
    let has = |barcode: &Barcode, field| barcode.fields.contains(&field);
    let sscc = template
        .barcodes
        .iter()
        .any(|one| has(one, ContainerField::Sscc));
    let own = template
        .barcodes
        .iter()
        .any(|one| has(one, ContainerField::Gtin) || has(one, ContainerField::Serial));
    let whole = template
        .barcodes
        .iter()
        .any(|one| has(one, ContainerField::Gtin) && has(one, ContainerField::Serial));
    match (sscc, own, whole) {
        (true, true, _) => {
            let text = "A container is known by its SSCC (00) or by a GTIN and serial (01)(21), not by both.";
            reader.wrong(span.clone(), text);
        }
        (false, _, false) => {
            let text = "One bar code must say which container it is: (00) alone, or (01) and (21) together.";
            reader.wrong(span.clone(), text);
        }
        _ => {}
    }
    let sample: Vec<Element> = template.sample().elements;
    if let Err(error) = gs1::parse_bracketed(&gs1::bracketed(&sample)) {
        let text = format!("These elements cannot stand on one label: {}", error.text);
        reader.wrong(span, text);
    }
}
