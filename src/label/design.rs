//! A label's design: its size and the marks on it, in millimetres, with names of fields where values will stand. PURE.

use super::date::DateForm;
use super::field::{ContainerField, Field, LabelData, LabelField};
use super::market::Market;
use super::native::Native;
use super::{LabelError, parse};
use crate::gs1::Element;
use crate::record::TemplateHash;

/// Position from the label's top left corner, in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AtMm {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
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

/// A bar code of a label.
#[derive(Debug, Clone, PartialEq)]
pub struct Barcode<F = Field> {
    /// How it looks.
    pub kind: BarcodeKind,
    /// Top left module; the quiet zone lies outside.
    pub at: AtMm,
    /// Width of a module in millimetres.
    pub module_mm: f64,
    /// Width of the quiet zone in modules.
    pub quiet_modules: u16,
    /// Which elements, in the order they are encoded.
    pub fields: Vec<F>,
}

impl<F: LabelField> Barcode<F> {
    /// The elements it has on this one; none: it is not printed.
    pub fn elements<D: LabelData<Field = F>>(&self, data: &D) -> Vec<Element> {
        let element = |field: &F| {
            let (ai, value) = (field.ai()?, data.value(*field)?);
            Some(Element::new(ai, value))
        };
        self.fields.iter().filter_map(element).collect()
    }
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
    /// A field of what the label is on, as in a bar code.
    Field(F),
    /// A date, in a form for people.
    Date(F, DateForm),
}

impl<F: LabelField> TextPart<F> {
    /// The field in it.
    pub fn field(&self) -> Option<F> {
        match self {
            TextPart::Constant(_) => None,
            TextPart::Field(field) | TextPart::Date(field, _) => Some(*field),
        }
    }

    /// What stands there; a missing value, or a date that has no day where one is wanted, leaves nothing.
    fn written<D: LabelData<Field = F>>(&self, data: &D) -> String {
        match self {
            TextPart::Constant(text) => text.clone(),
            TextPart::Field(field) => data.value(*field).unwrap_or_default().to_owned(),
            TextPart::Date(field, form) => {
                let written = data.value(*field).and_then(|date| form.written(date));
                written.unwrap_or_default()
            }
        }
    }
}

impl<F: LabelField> Text<F> {
    /// The text on this one; a missing value leaves nothing.
    pub fn value<D: LabelData<Field = F>>(&self, data: &D) -> String {
        self.parts.iter().map(|part| part.written(data)).collect()
    }

    /// The constant texts in it.
    pub fn constants(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            TextPart::Constant(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// The fields in it.
    pub fn fields(&self) -> impl Iterator<Item = F> {
        self.parts.iter().filter_map(TextPart::field)
    }

    /// Whether it changes from label to label of a batch.
    pub fn changes(&self) -> bool {
        self.fields().any(LabelField::changes)
    }
}

impl Text {
    /// Whether a serial stands in it.
    pub fn has_serial(&self) -> bool {
        self.fields().any(|field| field == Field::Serial)
    }
}

/// A box; a line is one that is as thick as it is high or wide.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoxMark {
    /// Top left corner.
    pub at: AtMm,
    /// Outer width in millimetres.
    pub width_mm: f64,
    /// Outer height in millimetres.
    pub height_mm: f64,
    /// Thickness of its lines in millimetres, inward.
    pub thickness_mm: f64,
}

/// A picture, the same on every label.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureMark {
    /// Its name among the template's files.
    pub file: String,
    /// Top left corner.
    pub at: AtMm,
    /// Width in millimetres.
    pub width_mm: f64,
    /// Height in millimetres.
    pub height_mm: f64,
    /// The picture.
    pub picture: image::GrayImage,
}

/// The longest values that a template promises room for, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Longest {
    /// A serial, 1 to 20.
    pub serial: u8,
    /// A lot, 1 to 20.
    pub lot: u8,
}

/// A label's design; for packs a [`Template`], for containers a [`ContainerTemplate`].
#[derive(Debug, Clone, PartialEq)]
pub struct Design<F> {
    /// Name for people.
    pub name: String,
    /// Width of the label in millimetres.
    pub width_mm: f64,
    /// Height of the label in millimetres.
    pub height_mm: f64,
    /// The bar codes, in the order of the template.
    pub barcodes: Vec<Barcode<F>>,
    /// The lines of text.
    pub texts: Vec<Text<F>>,
    /// Boxes and lines.
    pub boxes: Vec<BoxMark>,
    /// Pictures.
    pub pictures: Vec<PictureMark>,
    /// What it promises room for.
    pub longest: Longest,
    /// What a market asks of it.
    pub market: Option<&'static Market>,
    /// The printer's own file, where that draws the label.
    pub native: Option<Native<F>>,
    pub(super) hash: TemplateHash,
}

/// A design of packs' labels.
pub type Template = Design<Field>;

/// A design of containers' labels.
pub type ContainerTemplate = Design<ContainerField>;

impl<F: LabelField> Design<F> {
    /// SHA-256 of the template's text: what records name it by.
    pub fn hash(&self) -> TemplateHash {
        self.hash
    }

    /// The values are such that every text can be written.
    ///
    /// # Errors
    /// A date has no day (00) where a text wants one.
    pub(super) fn check_dates<D: LabelData<Field = F>>(&self, data: &D) -> Result<(), LabelError> {
        for part in self.texts.iter().flat_map(|text| &text.parts) {
            if let TextPart::Date(field, form) = part
                && let Some(date) = data.value(*field)
                && form.written(date).is_none()
            {
                return Err(LabelError::one(format!(
                    "The date {date} has no day, and a text wants one: write {{{}}} in a form without DD.",
                    field.name()
                )));
            }
        }
        Ok(())
    }
}

impl Template {
    /// A template from its text.
    ///
    /// # Errors
    /// Every mistake in the text, with its line.
    pub fn parse(text: &str) -> Result<Template, LabelError> {
        parse::pack(text, None)
    }

    /// The same with its words in this language, whatever the template says.
    ///
    /// # Errors
    /// Every mistake in the text; it has no words in that language.
    pub fn parse_in(text: &str, language: &str) -> Result<Template, LabelError> {
        parse::pack(text, Some(language))
    }

    /// The symbol that the camera reads.
    pub fn symbol(&self) -> &Barcode {
        let symbol = |barcode: &&Barcode| barcode.kind == BarcodeKind::DataMatrix;
        self.barcodes
            .iter()
            .find(symbol)
            .expect("a pack's template has a Data Matrix")
    }
}

impl ContainerTemplate {
    /// A template from its text.
    ///
    /// # Errors
    /// Every mistake in the text, with its line; elements that cannot stand on one label together.
    pub fn parse(text: &str) -> Result<ContainerTemplate, LabelError> {
        parse::container(text, None)
    }

    /// The same with its words in this language, whatever the template says.
    ///
    /// # Errors
    /// Every mistake in the text; it has no words in that language.
    pub fn parse_in(text: &str, language: &str) -> Result<ContainerTemplate, LabelError> {
        parse::container(text, Some(language))
    }
}
