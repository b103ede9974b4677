//! The forms elements are written in, and how a text says which form it has. PURE.

use super::dictionary::Dictionary;
use super::elements::{Elements, Part, Sequence};
use super::error::{Gs1Code, Gs1Error};
use super::parse::Parser;
use serde::Serialize;

/// The separator of elements in scan data.
pub const SEPARATOR: char = '\x1d';

/// The form of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// `(01)…(21)…`
    Bracketed,
    /// `^01…^21…`
    Raw,
    /// `]d2…`
    Scan,
    /// `https://…/01/…`
    DigitalLink,
    /// `urn:epc:…`
    EpcUrn,
    /// Scan data of a symbol that by its symbology identifier carries no elements.
    Plain,
}

impl Form {
    /// The form that a text seems to have by its beginning; never [`Form::Plain`].
    pub fn of(text: &str) -> Option<Form> {
        let begins = |with: &str| {
            let start = text.as_bytes().get(..with.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()))
        };
        match text.as_bytes().first()? {
            b'(' => Some(Form::Bracketed),
            b'^' => Some(Form::Raw),
            b']' => Some(Form::Scan),
            _ if begins("http:") || begins("https:") => Some(Form::DigitalLink),
            _ if begins("urn:epc:") => Some(Form::EpcUrn),
            _ => None,
        }
    }
}

impl Parser<'_> {
    /// Parses a text of whatever form, and says which one it has. A plain symbol has no elements.
    ///
    /// # Errors
    /// The first mistake, with its place; [`Gs1Code::UnknownForm`] for a text that begins like none of them.
    pub fn any<'t>(&self, text: &'t str) -> Result<(Form, Elements<'t>), Gs1Error> {
        let Some(form) = Form::of(text) else {
            return Err(unknown_form(text));
        };
        let elements = match form {
            Form::Bracketed => self.bracketed(text),
            Form::Raw => self.raw(text),
            Form::DigitalLink => self.digital_link(text),
            Form::EpcUrn => self.epc_urn(text),
            Form::Scan | Form::Plain => match self.scan(text) {
                Err(error) if error.code == Gs1Code::NotGs1 => {
                    return Ok((Form::Plain, Elements::of(text)));
                }
                scanned => scanned,
            },
        };
        Ok((form, elements?))
    }
}

fn unknown_form(text: &str) -> Gs1Error {
    let (code, text) = match text.chars().next() {
        None => (Gs1Code::Empty, "There is no content."),
        Some('\u{feff}') => (
            Gs1Code::UnknownForm,
            "The content begins with a byte order mark: save the file as UTF-8 without it.",
        ),
        Some(_) => (
            Gs1Code::UnknownForm,
            "Content begins with \"(\" (bracketed), \"]d2\" (scan data), \"^\" (raw), \"https://\" (Digital Link) or \
             \"urn:epc:\".",
        ),
    };
    Gs1Error::new(code, 0, text)
}

/// AIs whose length is defined in advance need no separator behind them; one that stood there all the same is kept. An
/// AI the dictionary does not know gets one: that is always right.
fn write_payload<'e>(
    text: &mut String,
    parts: impl Iterator<Item = Part<'e>>,
    separator: char,
    dictionary: &Dictionary,
) {
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        text.push_str(part.ai);
        text.push_str(part.value);
        let open = || {
            dictionary
                .get(part.ai)
                .is_none_or(|entry| !entry.predefined)
        };
        if part.separated || (parts.peek().is_some() && open()) {
            text.push(separator);
        }
    }
}

/// What a scanner sends for a GS1 Data Matrix: `]d2`, then the elements with a separator (0x1D)
/// only where one is needed or one was found.
pub fn scan_data(elements: &(impl Sequence + ?Sized)) -> String {
    scan_data_by(elements, Dictionary::built_in())
}

/// [`scan_data`] by another dictionary.
pub fn scan_data_by(elements: &(impl Sequence + ?Sized), dictionary: &Dictionary) -> String {
    scan_data_of(Symbology::DataMatrix, elements, dictionary)
        .expect("a Data Matrix carries any element")
}

/// A symbol that carries elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbology {
    /// GS1 Data Matrix, `]d2`.
    DataMatrix,
    /// GS1-128, `]C1`; `]e0` with a composite component.
    Gs1128,
    /// GS1 DataBar, `]e0`.
    DataBar,
    /// GS1 QR Code, `]Q3`.
    Qr,
    /// GS1 DotCode, `]J1`.
    DotCode,
    /// EAN-13, UPC-A and UPC-E, `]E0`.
    Ean13,
    /// EAN-8, `]E4`.
    Ean8,
}

/// What a scanner sends for a symbol with these elements; `None` if it cannot carry them: EAN symbols carry a GTIN of
/// their length, alone or with a composite component.
pub fn scan_data_of(
    symbology: Symbology,
    elements: &(impl Sequence + ?Sized),
    dictionary: &Dictionary,
) -> Option<String> {
    let composite = elements.parts().any(|part| part.composite);
    let identifier = match symbology {
        Symbology::DataMatrix => "]d2",
        Symbology::Gs1128 if composite => "]e0",
        Symbology::Gs1128 => "]C1",
        Symbology::DataBar => "]e0",
        Symbology::Qr => "]Q3",
        Symbology::DotCode => "]J1",
        Symbology::Ean13 => return item_number_scan("]E0", "0", elements, dictionary),
        Symbology::Ean8 => return item_number_scan("]E4", "000000", elements, dictionary),
    };
    let mut text = identifier.to_owned();
    write_payload(&mut text, elements.parts(), SEPARATOR, dictionary);
    Some(text)
}

fn item_number_scan(
    identifier: &str,
    padding: &str,
    elements: &(impl Sequence + ?Sized),
    dictionary: &Dictionary,
) -> Option<String> {
    let mut linear = elements.parts().filter(|part| !part.composite);
    let only = linear.next().filter(|part| part.ai == "01")?;
    let mut text = format!("{identifier}{}", only.value.strip_prefix(padding)?);
    if linear.next().is_some() {
        return None;
    }
    let mut composite = elements.parts().filter(|part| part.composite).peekable();
    if composite.peek().is_some() {
        text.push_str("|]e0");
        write_payload(&mut text, composite, SEPARATOR, dictionary);
    }
    Some(text)
}

/// The raw form: `^` for FNC1 at the beginning and where a separator is needed or was found.
pub fn raw(elements: &(impl Sequence + ?Sized)) -> String {
    raw_by(elements, Dictionary::built_in())
}

/// [`raw`] by another dictionary.
pub fn raw_by(elements: &(impl Sequence + ?Sized), dictionary: &Dictionary) -> String {
    let mut text = "^".to_owned();
    let linear = elements.parts().filter(|part| !part.composite);
    write_payload(&mut text, linear, '^', dictionary);
    let mut composite = elements.parts().filter(|part| part.composite).peekable();
    if composite.peek().is_some() {
        text.push_str("|^");
        write_payload(&mut text, composite, '^', dictionary);
    }
    text
}

/// The bracketed form `(01)…(21)…`; an opening bracket in a value is written `\(`, a bar stands before a composite
/// component.
pub fn bracketed(elements: &(impl Sequence + ?Sized)) -> String {
    let mut text = String::new();
    let mut linear = true;
    for part in elements.parts() {
        if linear && part.composite {
            text.push('|');
        }
        linear = !part.composite;
        text.extend(["(", part.ai, ")"]);
        for piece in part.value.split_inclusive('(') {
            match piece.strip_suffix('(') {
                Some(before) => text.extend([before, "\\("]),
                None => text.push_str(piece),
            }
        }
    }
    text
}

/// The text printed under a symbol, one element a line: `(01) 09521234543213`.
pub fn human_readable(elements: &(impl Sequence + ?Sized)) -> Vec<String> {
    let line = |part: Part| format!("({}) {}", part.ai, part.value);
    elements.parts().map(line).collect()
}

/// [`human_readable`] with the data titles in front: `GTIN (01) 09521234543213`.
pub fn human_readable_with_titles(
    elements: &(impl Sequence + ?Sized),
    dictionary: &Dictionary,
) -> Vec<String> {
    let line = |part: Part| match dictionary.get(part.ai) {
        Some(entry) if !entry.title.is_empty() => {
            format!("{} ({}) {}", entry.title, part.ai, part.value)
        }
        _ => format!("({}) {}", part.ai, part.value),
    };
    elements.parts().map(line).collect()
}
