//! Labels of containers (bundle, case, pallet): bar codes one above the other, and lines of text. PURE.
//!
//! From one template come the ZPL ([`ContainerTemplate::zpl_format`], [`ContainerTemplate::zpl_fields`]), the drawing
//! ([`ContainerTemplate::raster`]) and the list of elements that each bar code wants. What stands in them is decided by
//! `packaging`, and is on record before a byte goes to a printer. An element that there is no value for is left out,
//! and a bar code without any element is not printed: the content of a mixed pallet cannot be told by (02) and (37).

mod drawing;
mod layout;
mod lint;
mod parse;
mod zpl;

pub use layout::{BarcodePlace, ContainerLayout};

use super::{AtMm, LabelError, LabelField, Text, hash_of, parse as reading};
use crate::gs1::{Element, Sscc};
use crate::record::TemplateHash;

/// A field of a container that a template may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContainerField {
    /// The SSCC, AI (00).
    Sscc,
    /// The container's own GTIN, AI (01).
    Gtin,
    /// Its serial, AI (21).
    Serial,
    /// GTIN of the trade items inside, AI (02).
    Content,
    /// How many of them, AI (37).
    Count,
    /// The lot of all that is inside, AI (10).
    Lot,
    /// Its expiry date, AI (17).
    Expiry,
    /// The level's name; in texts only.
    Level,
}

impl ContainerField {
    /// The application identifier that carries it.
    pub fn ai(self) -> Option<&'static str> {
        match self {
            ContainerField::Sscc => Some("00"),
            ContainerField::Gtin => Some("01"),
            ContainerField::Serial => Some("21"),
            ContainerField::Content => Some("02"),
            ContainerField::Count => Some("37"),
            ContainerField::Lot => Some("10"),
            ContainerField::Expiry => Some("17"),
            ContainerField::Level => None,
        }
    }
}

impl LabelField for ContainerField {
    const ALL: &'static [ContainerField] = &[
        ContainerField::Sscc,
        ContainerField::Gtin,
        ContainerField::Serial,
        ContainerField::Content,
        ContainerField::Count,
        ContainerField::Lot,
        ContainerField::Expiry,
        ContainerField::Level,
    ];

    fn name(&self) -> &'static str {
        match self {
            ContainerField::Sscc => "sscc",
            ContainerField::Gtin => "gtin",
            ContainerField::Serial => "serial",
            ContainerField::Content => "content",
            ContainerField::Count => "count",
            ContainerField::Lot => "lot",
            ContainerField::Expiry => "expiry",
            ContainerField::Level => "level",
        }
    }

    fn stands_in_texts(&self) -> bool {
        true
    }
}

/// What is printed on one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerData {
    /// The level's name, such as `case`.
    pub level: String,
    /// Everything the label says, each AI once.
    pub elements: Vec<Element>,
}

impl ContainerData {
    fn value(&self, field: ContainerField) -> Option<&str> {
        let Some(ai) = field.ai() else {
            return Some(&self.level);
        };
        let element = self.elements.iter().find(|element| element.ai == ai);
        element.map(|element| element.value.as_str())
    }
}

/// How a bar code looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BarcodeKind {
    /// A square GS1 Data Matrix, as small as its content allows.
    DataMatrix,
    /// A GS1-128 with its human-readable text below.
    Gs1128 {
        /// Height of the bars in millimetres.
        height_mm: f64,
        /// Height of the text below in millimetres.
        text_mm: f64,
    },
}

/// A bar code of a container's label.
#[derive(Debug, Clone, PartialEq)]
pub struct Barcode {
    /// How it looks.
    pub kind: BarcodeKind,
    /// Top left module; the quiet zone lies outside.
    pub at: AtMm,
    /// Width of a module in millimetres.
    pub module_mm: f64,
    /// Width of the quiet zone in modules.
    pub quiet_modules: u16,
    /// Which elements, in the order they are encoded.
    pub fields: Vec<ContainerField>,
}

impl Barcode {
    /// The elements it has on this container; none: it is not printed.
    pub fn elements(&self, data: &ContainerData) -> Vec<Element> {
        let element = |field: &ContainerField| {
            let (ai, value) = (field.ai()?, data.value(*field)?);
            Some(Element::new(ai, value))
        };
        self.fields.iter().filter_map(element).collect()
    }
}

/// What identifies the containers that a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentifiedBy {
    /// An SSCC, (00).
    Sscc,
    /// A GTIN of their own and a serial, (01) and (21).
    Gtin,
}

/// A template for labels of containers.
#[derive(Debug, Clone, PartialEq)]
pub struct ContainerTemplate {
    /// Name for people.
    pub name: String,
    /// Width of the label in millimetres.
    pub width_mm: f64,
    /// Height of the label in millimetres.
    pub height_mm: f64,
    /// The bar codes, in the order of the template.
    pub barcodes: Vec<Barcode>,
    /// The lines of text.
    pub texts: Vec<Text<ContainerField>>,
    hash: TemplateHash,
}

impl ContainerTemplate {
    /// A template from its text.
    ///
    /// # Errors
    /// Every mistake in the text, with its line; elements that cannot stand on one label together.
    pub fn parse(text: &str) -> Result<ContainerTemplate, LabelError> {
        reading::read(text, parse::template)
    }

    /// SHA-256 of the template's text: what records name it by.
    pub fn hash(&self) -> TemplateHash {
        self.hash
    }

    /// What identifies its containers.
    pub fn identified_by(&self) -> IdentifiedBy {
        let sscc = |barcode: &Barcode| barcode.fields.contains(&ContainerField::Sscc);
        match self.barcodes.iter().any(sscc) {
            true => IdentifiedBy::Sscc,
            false => IdentifiedBy::Gtin,
        }
    }

    /// The application identifiers of its bar codes, each once, in the order of the template.
    pub fn ais(&self) -> Vec<&'static str> {
        let mut ais = Vec::new();
        for field in self.barcodes.iter().flat_map(|barcode| &barcode.fields) {
            ais.extend(field.ai().filter(|ai| !ais.contains(ai)));
        }
        ais
    }

    /// A plausible container: what templates are judged with.
    pub fn sample(&self) -> ContainerData {
        let value = |field: ContainerField| match field {
            ContainerField::Sscc => {
                let sscc = Sscc::of_body(39_521_234_000_000_017).expect("it has 17 digits");
                sscc.to_string()
            }
            ContainerField::Gtin => "19521234543210".to_owned(),
            ContainerField::Serial => "W3KTQAJMQTX4".to_owned(),
            ContainerField::Content => "09521234543213".to_owned(),
            ContainerField::Count => "40".to_owned(),
            ContainerField::Lot => "LOT2026A".to_owned(),
            ContainerField::Expiry => "271231".to_owned(),
            ContainerField::Level => unreachable!("it has no AI"),
        };
        let fields = ContainerField::ALL.iter().copied();
        let wanted = fields.filter(|field| {
            let has = |barcode: &Barcode| barcode.fields.contains(field);
            self.barcodes.iter().any(has)
        });
        ContainerData {
            level: "case".to_owned(),
            elements: wanted
                .map(|field| {
                    Element::new(field.ai().expect("it stands in a bar code"), value(field))
                })
                .collect(),
        }
    }
}

/// Names and texts of the templates for containers that this program carries.
const BUILT_IN: &[(&str, &str)] = &[
    (
        "case",
        include_str!("../../../templates/labels/case/label.toml"),
    ),
    (
        "case-gtin",
        include_str!("../../../templates/labels/case-gtin/label.toml"),
    ),
    (
        "pallet",
        include_str!("../../../templates/labels/pallet/label.toml"),
    ),
];

/// The names of the templates for containers that this program carries.
pub fn container_names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// The text of a template for containers that this program carries.
pub fn container_text(name: &str) -> Option<&'static str> {
    let found = BUILT_IN.iter().find(|(known, _)| *known == name);
    found.map(|(_, text)| *text)
}

/// A template for containers that this program carries.
pub fn container_template(name: &str) -> Option<ContainerTemplate> {
    let text = container_text(name)?;
    Some(ContainerTemplate::parse(text).expect("built-in templates are right"))
}

#[cfg(test)]
mod test;
