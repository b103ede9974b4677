//! A template's text into a design: every mistake at once, with its line and column. PURE.

mod barcodes;
mod files;
mod native;
mod texts;

pub use files::{FileWanted, files_apart, files_wanted, with_files};

use super::design::{
    AtMm, BarcodeKind, BoxMark, ContainerTemplate, Design, Longest, PictureMark, Template,
};
use super::field::{ContainerField, Field, LabelField};
use super::market::{Market, market, market_names};
use super::reader::{Reader, Table, read};
use super::{LabelError, hash_of};
use crate::gs1::{self, Element};
use files::Files;
use std::ops::Range;
use texts::Words;
use toml::Spanned;

/// Most marks of a kind on a label.
const MARKS_MAX: usize = 64;

/// Serials and lots have at most so many characters (GS1 General Specifications 3.4.3, 3.5.2).
const VALUE_MAX: u16 = 20;

const KEYS: [&str; 13] = [
    "name", "for", "language", "market", "label", "longest", "barcode", "text", "line", "box",
    "picture", "words", "native",
];

/// A template for packs.
pub(super) fn pack(text: &str, language: Option<&str>) -> Result<Template, LabelError> {
    read(text, |reader, root| {
        let template: Template = design(reader, root, language)?;
        let symbols = |kind| template.barcodes.iter().filter(move |one| one.kind == kind);
        let span = root.span();
        let mut matrices = symbols(BarcodeKind::DataMatrix);
        match (matrices.next(), matrices.next()) {
            (Some(symbol), None) if symbol.fields.contains(&Field::Gtin) => {}
            (Some(_), None) => reader.wrong(span, "The symbol needs the element \"01\", the GTIN."),
            _ => {
                let text = "A pack's label has one [[barcode]] with kind = \"gs1-datamatrix\": the camera reads it.";
                reader.wrong(span, text);
            }
        }
        Some(template)
    })
}

/// A template for containers.
pub(super) fn container(
    text: &str,
    language: Option<&str>,
) -> Result<ContainerTemplate, LabelError> {
    read(text, |reader, root| {
        let template = design(reader, root, language)?;
        belongs_together(reader, &template, root.span());
        Some(template)
    })
}

/// What a template says it is for; `None` when it does not say, or is no right TOML.
pub fn is_for(text: &str) -> Option<String> {
    let (root, _) = toml::de::DeTable::parse_recoverable(text);
    let value = root.get_ref().get("for")?;
    value.get_ref().as_str().map(str::to_owned)
}

fn design<F: LabelField>(
    reader: &mut Reader,
    root: &Spanned<Table>,
    language: Option<&str>,
) -> Option<Design<F>> {
    let (table, span) = (root.get_ref(), root.span());
    reader.known_keys(table, &[&KEYS[..], &["files"]].concat());
    is_for_us::<F>(reader, table, span.clone());
    let name = reader.string(table, "name", span.clone());
    let size = label_size(reader, table, span.clone());
    let files = Files::read(reader, table);
    let words = Words::read(reader, table, language);
    let of_market = chosen_market(reader, table);
    let longest = longest(reader, table);
    let is_native = table.contains_key("native");
    let barcodes = barcodes::barcodes(reader, table, span.clone(), is_native);
    let texts = texts::texts(reader, table, &words);
    let boxes = boxes(reader, table);
    let pictures = pictures(reader, table, &files);
    let native = match (is_native, &barcodes) {
        (true, Some(barcodes)) => Some(native::native(reader, table, (&files, &words), barcodes)?),
        _ => None,
    };
    words.all_used(reader);
    let (width_mm, height_mm) = size?;
    Some(Design {
        name: name?,
        width_mm,
        height_mm,
        barcodes: barcodes?,
        texts,
        boxes,
        pictures,
        longest: longest?,
        market: of_market,
        native,
        hash: hash_of(reader.text),
    })
}

fn is_for_us<F: LabelField>(reader: &mut Reader, table: &Table, span: Range<usize>) {
    let said = reader.string(table, "for", span.clone());
    if said.is_some_and(|said| said != F::FOR) {
        let at = table.get("for").map_or(span, Spanned::span);
        let text = format!(
            "This template is wanted for a {0}: for = \"{0}\". (There are \"pack\" and \"container\".)",
            F::FOR
        );
        reader.wrong(at, text);
    }
}

/// `[label]`: width and height.
fn label_size(reader: &mut Reader, root: &Table, span: Range<usize>) -> Option<(f64, f64)> {
    let (label, span) = reader.sub_table(root, "label", span)?;
    reader.known_keys(label, &["width_mm", "height_mm"]);
    let width = reader.length(label, "width_mm", span.clone());
    let height = reader.length(label, "height_mm", span);
    Some((width?, height?))
}

/// `[longest]`: what there is room for.
fn longest(reader: &mut Reader, root: &Table) -> Option<Longest> {
    let most = Longest {
        serial: VALUE_MAX as u8,
        lot: VALUE_MAX as u8,
    };
    let Some((table, span)) = reader.optional_table(root, "longest") else {
        return (!root.contains_key("longest")).then_some(most);
    };
    reader.known_keys(table, &["serial", "lot"]);
    let mut one = |key| match table.contains_key(key) {
        true => reader.whole(table, key, 1..=VALUE_MAX, span.clone()),
        false => Some(VALUE_MAX),
    };
    let (serial, lot) = (one("serial"), one("lot"));
    Some(Longest {
        serial: serial? as u8,
        lot: lot? as u8,
    })
}

fn chosen_market(reader: &mut Reader, root: &Table) -> Option<&'static Market> {
    let name = reader.optional_string(root, "market")?;
    let found = market(&name);
    if found.is_none() {
        let at = root.get("market").map_or(0..0, Spanned::span);
        let known: Vec<&str> = market_names().collect();
        let text = format!(
            "There is no rule pack \"{name}\"; there are: {}.",
            known.join(", ")
        );
        reader.wrong(at, text);
    }
    found
}

/// The tables of a kind of marks, not too many.
fn marks<'t, 'i>(
    reader: &mut Reader,
    root: &'t Table<'i>,
    key: &str,
) -> Vec<(&'t Table<'i>, Range<usize>)> {
    let mut tables = reader.tables(root, key);
    if let Some((_, span)) = tables.get(MARKS_MAX) {
        let text = format!("A label has at most {MARKS_MAX} [[{key}]].");
        reader.wrong(span.clone(), text);
        tables.truncate(MARKS_MAX);
    }
    tables
}

/// `[[box]]` and `[[line]]`.
fn boxes(reader: &mut Reader, root: &Table) -> Vec<BoxMark> {
    let mut found = Vec::new();
    for (table, span) in marks(reader, root, "box") {
        reader.known_keys(table, &["at_mm", "size_mm", "thickness_mm"]);
        let at = reader.position(table, span.clone());
        let size = reader.size_mm(table, span.clone());
        let thickness = reader.length(table, "thickness_mm", span);
        found.extend(box_mark(at, size, thickness));
    }
    for (table, span) in marks(reader, root, "line") {
        reader.known_keys(table, &["at_mm", "length_mm", "thickness_mm", "direction"]);
        let at = reader.position(table, span.clone());
        let length = reader.length(table, "length_mm", span.clone());
        let thickness = reader.length(table, "thickness_mm", span.clone());
        let direction = reader.optional_string(table, "direction");
        let (Some(length), Some(thick)) = (length, thickness) else {
            continue;
        };
        let size = match direction.as_deref() {
            None | Some("across") => (length, thick),
            Some("down") => (thick, length),
            Some(_) => {
                let at = table.get("direction").map_or(span, Spanned::span);
                reader.wrong(at, "A line goes \"across\" or \"down\".");
                continue;
            }
        };
        found.extend(box_mark(at, Some(size), thickness));
    }
    found
}

fn box_mark(at: Option<AtMm>, size: Option<(f64, f64)>, thickness: Option<f64>) -> Option<BoxMark> {
    let (width_mm, height_mm) = size?;
    Some(BoxMark {
        at: at?,
        width_mm,
        height_mm,
        thickness_mm: thickness?,
    })
}

/// `[[picture]]`.
fn pictures(reader: &mut Reader, root: &Table, files: &Files) -> Vec<PictureMark> {
    let mut found = Vec::new();
    for (table, span) in marks(reader, root, "picture") {
        reader.known_keys(table, &["file", "at_mm", "size_mm"]);
        let at = reader.position(table, span.clone());
        let size = reader.size_mm(table, span.clone());
        let file = reader.string(table, "file", span.clone());
        let at_file = table.get("file").map_or(span, Spanned::span);
        let picture = file
            .as_ref()
            .and_then(|file| files.picture(reader, file, at_file));
        if let (Some(at), Some((width_mm, height_mm)), Some(file), Some(picture)) =
            (at, size, file, picture)
        {
            found.push(PictureMark {
                file,
                at,
                width_mm,
                height_mm,
                picture,
            });
        }
    }
    found
}

/// The elements of all bar codes say what one label may say, and one bar code says by itself which container it is.
fn belongs_together(reader: &mut Reader, template: &ContainerTemplate, span: Range<usize>) {
    let any = |wanted: &[ContainerField]| {
        template
            .barcodes
            .iter()
            .any(|one| wanted.iter().all(|field| one.fields.contains(field)))
    };
    let sscc = any(&[ContainerField::Sscc]);
    let own = any(&[ContainerField::Gtin]) || any(&[ContainerField::Serial]);
    let whole = any(&[ContainerField::Gtin, ContainerField::Serial]);
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

#[cfg(test)]
mod test;
