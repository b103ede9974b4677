//! `[native]`: a printer's own file and what goes into its fields. PURE.

use super::files::Files;
use super::texts::{Words, value_parts};
use crate::label::design::Barcode;
use crate::label::field::LabelField;
use crate::label::native::{Native, NativeValue};
use crate::label::reader::{Reader, Table};
use std::ops::Range;
use toml::Spanned;
use vidimus_drivers::printer::LANGUAGES;

/// Highest number of a field.
const FIELD_MAX: u16 = 9_999;

pub(super) fn native<F: LabelField>(
    reader: &mut Reader,
    root: &Table,
    (files, words): (&Files, &Words),
    barcodes: &[Barcode<F>],
) -> Option<Native<F>> {
    for key in ["text", "line", "box", "picture"] {
        if let Some(drawn) = root.get(key) {
            let text =
                "A printer's own file draws the whole label: what it shows stands in that file.";
            reader.wrong(drawn.span(), text);
        }
    }
    let (table, span) = reader.optional_table(root, "native")?;
    reader.known_keys(table, &["language", "file", "field"]);
    let language = reader.string(table, "language", span.clone());
    let language = language.filter(|name| is_spoken(reader, name, table, span.clone()));
    let file = reader.string(table, "file", span.clone());
    let at_file = table.get("file").map_or(span.clone(), Spanned::span);
    let text = file.as_ref().and_then(|file| {
        let bytes = files.bytes(reader, file, at_file.clone())?.to_vec();
        let text = String::from_utf8(bytes).ok();
        if text.is_none() {
            reader.wrong(at_file, "A printer's own file is text here, in UTF-8.");
        }
        text
    });
    let mut fields: Vec<(u16, NativeValue<F>)> = Vec::new();
    for (table, span) in reader.tables(table, "field") {
        let Some((number, value)) = field(reader, table, span.clone(), words, barcodes) else {
            continue;
        };
        match fields.iter().any(|(known, _)| *known == number) {
            true => reader.wrong(span, format!("Field {number} is given twice.")),
            false => fields.push((number, value)),
        }
    }
    if fields.is_empty() {
        let text = "Nothing goes into the printer's own file: [[native.field]] is missing.";
        reader.wrong(span, text);
    }
    fields.sort_by_key(|(number, _)| *number);
    Some(Native {
        language: language?,
        file: file?,
        text: text?,
        fields,
    })
}

fn is_spoken(reader: &mut Reader, name: &str, table: &Table, span: Range<usize>) -> bool {
    let schemes: Vec<&str> = LANGUAGES.iter().map(|spoken| spoken.scheme).collect();
    let is_known = schemes.contains(&name);
    if !is_known {
        let at = table.get("language").map_or(span, Spanned::span);
        let known = schemes.join(", ");
        reader.wrong(
            at,
            format!("There is no language \"{name}\"; there are: {known}."),
        );
    }
    is_known
}

fn field<F: LabelField>(
    reader: &mut Reader,
    table: &Table,
    span: Range<usize>,
    words: &Words,
    barcodes: &[Barcode<F>],
) -> Option<(u16, NativeValue<F>)> {
    reader.known_keys(table, &["number", "barcode", "value"]);
    let number = reader.whole(table, "number", 1..=FIELD_MAX, span.clone());
    let value = match (table.contains_key("barcode"), table.contains_key("value")) {
        (true, false) => {
            let most = barcodes.len() as u16;
            let place = reader.whole(table, "barcode", 1..=most, span)?;
            NativeValue::Barcode(usize::from(place) - 1)
        }
        (false, true) => NativeValue::Text(value_parts(reader, table, span, words)?),
        _ => {
            let text = "A field gets barcode = 1, the content of the first [[barcode]], or value = \"{serial}\".";
            reader.wrong(span, text);
            return None;
        }
    };
    Some((number?, value))
}
