//! What markets ask of a label: rule packs, one readable text each (`templates/markets/<name>.toml`). PURE.

use super::LabelError;
use super::date::DateForm;
use super::field::{Field, LabelField as _};
use super::reader::{Reader, Table, read};
use std::ops::Range;
use std::sync::OnceLock;
use toml::Spanned;

/// What one market asks of the label of a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct Market {
    /// Name for people.
    pub name: String,
    /// Where it is written.
    pub source: String,
    /// The elements that the symbol must carry.
    pub elements: Vec<Field>,
    /// Smallest and largest module in millimetres.
    pub module_mm: (f64, f64),
    /// What people must be able to read.
    pub readable: Vec<Readable>,
}

/// A field that people must be able to read beside the symbol.
#[derive(Debug, Clone, PartialEq)]
pub struct Readable {
    /// The field.
    pub field: Field,
    /// One of these words stands in front of it; any when empty.
    pub words: Vec<String>,
    /// A date is in one of these forms; any when empty.
    pub forms: Vec<DateForm>,
}

/// Names and texts of the rule packs this program carries.
const BUILT_IN: &[(&str, &str)] = &[
    (
        "gs1-healthcare",
        include_str!("../../templates/markets/gs1-healthcare.toml"),
    ),
    (
        "eu-fmd",
        include_str!("../../templates/markets/eu-fmd.toml"),
    ),
    (
        "us-dscsa",
        include_str!("../../templates/markets/us-dscsa.toml"),
    ),
    (
        "tr-its",
        include_str!("../../templates/markets/tr-its.toml"),
    ),
    (
        "ru-crpt",
        include_str!("../../templates/markets/ru-crpt.toml"),
    ),
];

/// The names of the rule packs this program carries.
pub fn market_names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// A rule pack this program carries.
pub fn market(name: &str) -> Option<&'static Market> {
    static MARKETS: OnceLock<Vec<Market>> = OnceLock::new();
    let all = MARKETS.get_or_init(|| {
        let parsed = BUILT_IN.iter().map(|(_, text)| Market::parse(text));
        parsed
            .map(|market| market.expect("built-in rule packs are right"))
            .collect()
    });
    let place = BUILT_IN.iter().position(|(known, _)| *known == name)?;
    Some(&all[place])
}

impl Market {
    /// A rule pack from its text.
    ///
    /// # Errors
    /// Every mistake in the text, with its line.
    pub fn parse(text: &str) -> Result<Market, LabelError> {
        read(text, understand)
    }
}

fn understand(reader: &mut Reader, root: &Spanned<Table>) -> Option<Market> {
    let table = root.get_ref();
    reader.known_keys(table, &["name", "source", "symbol", "readable"]);
    let name = reader.string(table, "name", root.span());
    let source = reader.string(table, "source", root.span());
    let (symbol, span) = reader.sub_table(table, "symbol", root.span())?;
    reader.known_keys(symbol, &["elements", "module_mm"]);
    let elements = reader.strings(symbol, "elements", span.clone());
    let elements = elements.map(|ais| fields(reader, &ais, span.clone()));
    let module_mm = reader.pair(symbol, "module_mm", span);
    let mut readable = Vec::new();
    for (table, span) in reader.tables(table, "readable") {
        readable.extend(one_readable(reader, table, span));
    }
    Some(Market {
        name: name?,
        source: source?,
        elements: elements?,
        module_mm: module_mm?,
        readable,
    })
}

fn fields(reader: &mut Reader, ais: &[String], span: Range<usize>) -> Vec<Field> {
    let mut fields = Vec::new();
    for ai in ais {
        match Field::ALL.iter().find(|field| Field::ai(**field) == ai) {
            Some(field) => fields.push(*field),
            None => reader.wrong(
                span.clone(),
                format!("AI \"{ai}\" is none of a pack's label."),
            ),
        }
    }
    fields
}

fn one_readable(reader: &mut Reader, table: &Table, span: Range<usize>) -> Option<Readable> {
    reader.known_keys(table, &["field", "words", "forms"]);
    let name = reader.string(table, "field", span.clone())?;
    let field = reader.field::<Field>(&name, span.clone())?;
    let words = optional(reader, table, "words", span.clone());
    let mut forms = Vec::new();
    for form in optional(reader, table, "forms", span.clone()) {
        match DateForm::parse(&form) {
            Ok(form) => forms.push(form),
            Err(text) => reader.wrong(span.clone(), text),
        }
    }
    Some(Readable {
        field,
        words,
        forms,
    })
}

fn optional(reader: &mut Reader, table: &Table, key: &str, span: Range<usize>) -> Vec<String> {
    match table.get(key) {
        None => Vec::new(),
        Some(_) => reader.strings(table, key, span).unwrap_or_default(),
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn rule_packs_are_read_and_their_mistakes_named() {
        for name in market_names() {
            let rules = market(name).expect("built in");
            assert!(
                !rules.elements.is_empty() && !rules.readable.is_empty(),
                "{name}"
            );
            assert!(rules.source.len() > 10 && rules.module_mm.0 < rules.module_mm.1);
        }
        let text = "name = \"x\"\nsource = \"y\"\n[symbol]\nelements = [\"99\"]\nmodule_mm = [1]\n\
            [[readable]]\nfield = \"batch\"\n[[readable]]\nfield = \"expiry\"\nforms = [\"DD\"]\n";
        let wrong = Market::parse(text).expect_err("it has four mistakes");
        assert_eq!(wrong.mistakes.len(), 4, "{wrong}");
    }
}
