//! GS1: application identifiers, element strings, Digital Links, EPC URNs, check digits, dates. PURE.
//!
//! One table of application identifiers ([`Dictionary`]), one small interpreter ([`Parser`]), a
//! list of rules, and errors that point at a byte. Data flows one way: a text of any [`Form`] is parsed into
//! [`Elements`], which borrow from it, and every form can be written from any [`Sequence`] of elements.

mod ai;
mod associations;
mod dictionary;
mod digital_link;
mod elements;
mod epc_urn;
mod error;
pub mod fields;
mod forms;
mod keys;
mod lint;
mod parse;
mod syntax;
mod table;
mod uri;

pub use ai::{Ai, AiPattern};
pub use dictionary::{AiEntry, CharacterSet, Component, Dictionary, Requirement};
pub use digital_link::{LinkStyle, RESOLVER, digital_link};
pub use elements::{ELEMENTS_MAX, Element, Elements, Part, Sequence, VALUE_MAX_LEN};
pub use epc_urn::{COMPANY_PREFIX_LEN, epc_urn};
pub use error::{Gs1Code, Gs1Error};
pub use fields::{Day, Expiry, FieldError, Gtin, Lot};
pub use forms::{
    Form, SEPARATOR, Symbology, bracketed, human_readable, human_readable_with_titles, raw, raw_by,
    scan_data, scan_data_by, scan_data_of,
};
pub use keys::{Gln, Sscc};
pub use lint::{Finding, Judged, Linter, check_set};
pub use parse::{INPUT_MAX_LEN, Options, Parser};
pub use syntax::{DICTIONARY_MAX_LEN, DictionaryError};
pub use uri::{UriPart, escape_uri, unescape_uri};

/// Elements to keep, or the first mistake.
type Kept = Result<Vec<Element>, Gs1Error>;

fn parser() -> Parser<'static> {
    Parser::new(Dictionary::built_in())
}

/// Parses `(01)…(21)…` by the built-in table; an opening bracket inside a value is escaped as `\(`.
pub fn parse_bracketed(input: &str) -> Kept {
    parser().bracketed(input).map(|elements| elements.to_vec())
}

/// Parses scan data with its symbology identifier, e.g. `]d2…`, by the built-in table.
pub fn parse_scan(input: &str) -> Kept {
    parser().scan(input).map(|elements| elements.to_vec())
}

/// Parses the raw form `^01…^21…`, in which `^` is FNC1, by the built-in table.
pub fn parse_raw(input: &str) -> Kept {
    parser().raw(input).map(|elements| elements.to_vec())
}

/// Parses scan data without its symbology identifier, by the built-in table.
pub fn parse_payload(input: &str) -> Kept {
    parser().payload(input).map(|elements| elements.to_vec())
}
