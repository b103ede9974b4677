//! Label templates: what stands where on a pack, for the printer, for the camera and for the eye.
//! PURE.
//!
//! A template is a text (`templates/labels/<name>/label.toml`). From one layout in printer dots
//! come the text in the printer's language ([`Template::zpl_format`], [`Template::zpl_fields`]),
//! the picture we draw ourselves ([`Template::raster`]) and what the camera must find
//! ([`Template::expectation`], [`Template::text_reference`]).

pub mod code128;
pub mod container;
mod drawing;
mod glyphs;
mod layout;
mod lint;
mod parse;
mod zpl;

pub use drawing::half_blocks;
pub use glyphs::drawn_glyphs;
pub use layout::{Layout, SymbolPlace, TextPlace};
pub use lint::{LintFinding, Severity, is_sound};
pub use zpl::{StoredFormatText, ZPL_PACK_MAX_BYTES, zpl_pack};

use crate::gs1::{Element, Expiry, FieldError, Gtin, Lot, scan_data};
use crate::record::{CryptoTail, TemplateHash};
use crate::vision::Expectation;
use sha2::{Digest, Sha256};
use std::fmt;

/// What is printed on one pack.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PackData {
    /// The product.
    pub gtin: Gtin,
    /// The lot.
    pub lot: Lot,
    /// The expiry date.
    pub expiry: Expiry,
    /// The serial; `None` for products that carry a lot only.
    pub serial: Option<String>,
    /// What an authority computed over the serial, where it did.
    pub tail: CryptoTail,
}

impl PackData {
    /// A plausible pack with a serial of 12 and a lot of 8 characters: what templates are judged
    /// with.
    pub fn sample() -> PackData {
        PackData {
            gtin: "09521234543213".parse().expect("a right GTIN"),
            lot: "LOT2026A".parse().expect("a right lot"),
            expiry: "271231".parse().expect("a right date"),
            serial: Some("W3KTQAJMQTX4".to_owned()),
            tail: CryptoTail::default(),
        }
    }

    /// The pack that carries a symbol with these elements.
    ///
    /// # Errors
    /// (01), (17) or (10) is missing, or its value is none that a label may carry; as a sentence.
    pub fn of_elements(elements: &[Element]) -> Result<PackData, String> {
        let found = |field: Field| {
            let element = elements.iter().find(|element| element.ai == field.ai());
            element.map(|element| element.value.as_str())
        };
        let value = |field: Field| {
            found(field).ok_or_else(|| {
                let (ai, name) = (field.ai(), field.name());
                format!("The symbol has no ({ai}), {name}.")
            })
        };
        let wrong = |error: FieldError| error.to_string();
        Ok(PackData {
            gtin: value(Field::Gtin)?.parse().map_err(wrong)?,
            lot: value(Field::Lot)?.parse().map_err(wrong)?,
            expiry: value(Field::Expiry)?.parse().map_err(wrong)?,
            serial: found(Field::Serial).map(str::to_owned),
            tail: CryptoTail(Field::TAIL.map(|field| found(field).map(str::to_owned))),
        })
    }

    fn value(&self, field: Field) -> Option<&str> {
        match field {
            Field::Gtin => Some(self.gtin.as_str()),
            Field::Serial => self.serial.as_deref(),
            Field::Expiry => Some(self.expiry.as_str()),
            Field::Lot => Some(self.lot.as_str()),
            Field::Ai91 | Field::Ai92 | Field::Ai93 => self.tail.part(field.ai()),
        }
    }
}

/// A field of a pack that a template may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// GTIN, AI (01).
    Gtin,
    /// Serial, AI (21).
    Serial,
    /// Expiry date, AI (17).
    Expiry,
    /// Lot, AI (10).
    Lot,
    /// What belongs to the serial, AI (91).
    Ai91,
    /// The same, AI (92).
    Ai92,
    /// The same, AI (93).
    Ai93,
}

impl Field {
    /// All fields.
    pub const ALL: [Field; 7] = [
        Field::Gtin,
        Field::Serial,
        Field::Expiry,
        Field::Lot,
        Field::Ai91,
        Field::Ai92,
        Field::Ai93,
    ];

    /// The fields of a [`CryptoTail`], in its order.
    pub const TAIL: [Field; 3] = [Field::Ai91, Field::Ai92, Field::Ai93];

    /// The name in a template.
    pub fn name(&self) -> &'static str {
        match self {
            Field::Gtin => "gtin",
            Field::Serial => "serial",
            Field::Expiry => "expiry",
            Field::Lot => "lot",
            Field::Ai91 => "ai91",
            Field::Ai92 => "ai92",
            Field::Ai93 => "ai93",
        }
    }

    /// A plausible part of a [`CryptoTail`]: a key's name of 4, a signature of 44 and a code of 4 characters.
    fn sample_part(&self) -> &'static str {
        match self {
            Field::Ai91 => "EE06",
            Field::Ai92 => "k2Rz7QmXv0Tn/pW9uLs4BfYcE1aHdGgJ6iKoMtNqPrU=",
            _ => "dGVz",
        }
    }

    /// The application identifier that carries it.
    pub fn ai(&self) -> &'static str {
        match self {
            Field::Gtin => "01",
            Field::Serial => "21",
            Field::Expiry => "17",
            Field::Lot => "10",
            Field::Ai91 => "91",
            Field::Ai92 => "92",
            Field::Ai93 => "93",
        }
    }
}

/// What a kind of label may name in its texts.
pub trait LabelField: Copy + PartialEq + fmt::Debug + 'static {
    /// All of them.
    const ALL: &'static [Self];
    /// The name in a template.
    fn name(&self) -> &'static str;
    /// It may stand in a text, not only in a symbol.
    fn stands_in_texts(&self) -> bool;
}

impl LabelField for Field {
    const ALL: &'static [Field] = &Field::ALL;

    fn name(&self) -> &'static str {
        Field::name(self)
    }

    fn stands_in_texts(&self) -> bool {
        !Field::TAIL.contains(self)
    }
}

/// Position from the label's top left corner, in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AtMm {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

/// The symbol of a label: a square GS1 Data Matrix, as small as its content allows.
#[derive(Debug, Clone, PartialEq)]
pub struct Symbol {
    /// Top left module; the quiet zone lies outside.
    pub at: AtMm,
    /// Edge of a module in millimetres.
    pub module_mm: f64,
    /// Width of the quiet zone in modules.
    pub quiet_modules: u16,
    /// Which elements, in the order they are encoded.
    pub elements: Vec<Field>,
}

/// A line of text.
#[derive(Debug, Clone, PartialEq)]
pub struct Text<F = Field> {
    /// Top left corner.
    pub at: AtMm,
    /// Height of the characters' cell in millimetres.
    pub height_mm: f64,
    /// Constant text and fields.
    pub parts: Vec<TextPart<F>>,
}

/// A piece of a line of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextPart<F = Field> {
    /// As it stands.
    Constant(String),
    /// A field of what the label is on.
    Field(F),
}

impl<F: LabelField> Text<F> {
    /// The text with these values; a missing one leaves nothing.
    fn filled<'v>(&self, value: impl Fn(F) -> Option<&'v str>) -> String {
        let part = |part: &TextPart<F>| match part {
            TextPart::Constant(text) => text.clone(),
            TextPart::Field(field) => value(*field).unwrap_or_default().to_owned(),
        };
        self.parts.iter().map(part).collect()
    }

    /// The constant texts in it.
    fn constants(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            TextPart::Constant(text) => Some(text.as_str()),
            TextPart::Field(_) => None,
        })
    }
}

impl Text {
    /// The text for this pack; a missing serial leaves nothing.
    pub fn value(&self, pack: &PackData) -> String {
        self.filled(|field| pack.value(field))
    }

    /// Whether it changes from pack to pack.
    pub fn has_serial(&self) -> bool {
        self.parts.contains(&TextPart::Field(Field::Serial))
    }
}

/// A mistake in a template or in what shall be printed with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Line of the template, from 1, where it is the template's.
    pub line: Option<usize>,
    /// What is wrong and what is wanted, as a sentence.
    pub text: String,
}

/// Everything that is wrong, at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelError {
    /// The mistakes in the order of their lines; never empty.
    pub mistakes: Vec<Mistake>,
}

impl LabelError {
    fn one(text: impl Into<String>) -> LabelError {
        let text = text.into();
        LabelError {
            mistakes: vec![Mistake { line: None, text }],
        }
    }
}

impl fmt::Display for LabelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, mistake) in self.mistakes.iter().enumerate() {
            let end = if place == 0 { "" } else { "\n" };
            match mistake.line {
                Some(line) => write!(f, "{end}Line {line}: {}", mistake.text)?,
                None => write!(f, "{end}{}", mistake.text)?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for LabelError {}

impl From<FieldError> for LabelError {
    fn from(error: FieldError) -> LabelError {
        LabelError::one(error.to_string())
    }
}

/// A label template.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Name for people.
    pub name: String,
    /// Width of the label in millimetres.
    pub width_mm: f64,
    /// Height of the label in millimetres.
    pub height_mm: f64,
    /// The symbol.
    pub symbol: Symbol,
    /// The lines of text.
    pub texts: Vec<Text>,
    hash: TemplateHash,
}

impl Template {
    /// A template from its text.
    ///
    /// # Errors
    /// Every mistake in the text, with its line.
    pub fn parse(text: &str) -> Result<Template, LabelError> {
        parse::parse(text)
    }

    /// SHA-256 of the template's text: what records name it by.
    pub fn hash(&self) -> TemplateHash {
        self.hash
    }

    /// A plausible pack for this label: [`PackData::sample`] with whatever of a [`CryptoTail`] the symbol carries.
    pub fn sample(&self) -> PackData {
        let part = |field: Field| {
            let wanted = self.symbol.elements.contains(&field);
            wanted.then(|| field.sample_part().to_owned())
        };
        PackData {
            tail: CryptoTail(Field::TAIL.map(part)),
            ..PackData::sample()
        }
    }

    /// Symbol or text have a place for a serial.
    pub fn has_serial(&self) -> bool {
        self.symbol.elements.contains(&Field::Serial) || self.texts.iter().any(Text::has_serial)
    }

    /// The elements of the symbol on this pack; a pack without serial has no (21).
    pub fn elements(&self, pack: &PackData) -> Vec<Element> {
        let element = |field: &Field| {
            let value = pack.value(*field)?;
            Some(Element::new(field.ai(), value))
        };
        self.symbol.elements.iter().filter_map(element).collect()
    }

    /// What the camera must find on this pack.
    pub fn expectation(&self, pack: &PackData) -> Expectation {
        let elements = self.elements(pack);
        let scan = scan_data(&elements);
        let elements = elements
            .into_iter()
            .map(|one| (one.ai, one.value))
            .collect();
        Expectation { elements, scan }
    }
}

fn hash_of(text: &str) -> TemplateHash {
    TemplateHash(Sha256::digest(text.as_bytes()).into())
}

/// Names and texts of the templates this program carries.
const BUILT_IN: &[(&str, &str)] = &[
    (
        "pharma-pack",
        include_str!("../../templates/labels/pharma-pack/label.toml"),
    ),
    (
        "lot-pack",
        include_str!("../../templates/labels/lot-pack/label.toml"),
    ),
    (
        "crypto-pack",
        include_str!("../../templates/labels/crypto-pack/label.toml"),
    ),
];

/// The names of the templates this program carries.
pub fn built_in_names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// The text of a template this program carries.
pub fn built_in_text(name: &str) -> Option<&'static str> {
    BUILT_IN
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

/// A template this program carries.
pub fn built_in(name: &str) -> Option<Template> {
    built_in_text(name).map(|text| Template::parse(text).expect("built-in templates are right"))
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn the_expectation_is_what_a_scanner_sends() {
        let template = built_in("pharma-pack").unwrap();
        let expected = template.expectation(&PackData::sample());
        assert_eq!(
            expected.scan,
            "]d2010952123454321321W3KTQAJMQTX4\x1d1727123110LOT2026A"
        );
        assert_eq!(expected.elements.len(), 4);
        let lot_only = PackData {
            serial: None,
            ..PackData::sample()
        };
        let expected = template.expectation(&lot_only);
        assert_eq!(expected.scan, "]d201095212345432131727123110LOT2026A");
    }

    #[test]
    fn a_pack_is_known_by_its_elements() {
        let template = built_in("pharma-pack").unwrap();
        let pack = PackData::sample();
        let elements = template.elements(&pack);
        assert_eq!(PackData::of_elements(&elements), Ok(pack));
        for missing in [0, 2, 3] {
            let mut rest = elements.clone();
            let ai = rest.remove(missing).ai;
            let said = PackData::of_elements(&rest).unwrap_err();
            assert!(said.contains(&format!("no ({ai})")), "{said}");
        }
    }

    #[test]
    fn built_in_templates_hash_their_text() {
        for name in built_in_names() {
            let template = built_in(name).unwrap();
            assert_eq!(template.hash(), hash_of(built_in_text(name).unwrap()));
        }
        assert!(built_in("no such").is_none());
    }
}
