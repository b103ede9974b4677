//! GS1: application identifiers, element strings, check digits, dates. PURE.
//!
//! One table of application identifiers ([`Dictionary`]), one small interpreter ([`Parser`]), a
//! list of rules, and errors that point at a byte. Digital Link and EPC URNs are not here yet.

mod dictionary;
mod element;
mod error;
pub mod fields;
mod lint;
mod parse;
mod table;

pub use dictionary::{
    AiEntry, CharacterSet, Component, DICTIONARY_MAX_LEN, Dictionary, DictionaryError,
};
pub use element::{
    ELEMENTS_MAX, Element, SEPARATOR, VALUE_MAX_LEN, bracketed, human_readable, raw, scan_data,
    scan_data_by,
};
pub use error::{Gs1Code, Gs1Error};
pub use fields::{Expiry, FieldError, Gtin, Lot};
pub use lint::{Finding, Linter, check_set};
pub use parse::{INPUT_MAX_LEN, Parser};

/// Parses `(01)…(21)…` by the built-in table; an opening bracket inside a value is escaped as `\(`.
pub fn parse_bracketed(input: &str) -> Result<Vec<Element>, Gs1Error> {
    Parser::new(Dictionary::built_in()).bracketed(input)
}

/// Parses scan data with its symbology identifier, e.g. `]d2…`, by the built-in table.
pub fn parse_scan(input: &str) -> Result<Vec<Element>, Gs1Error> {
    Parser::new(Dictionary::built_in()).scan(input)
}

/// Parses the raw form `^01…^21…`, in which `^` is FNC1, by the built-in table.
pub fn parse_raw(input: &str) -> Result<Vec<Element>, Gs1Error> {
    Parser::new(Dictionary::built_in()).raw(input)
}

/// Parses scan data without its symbology identifier, by the built-in table.
pub fn parse_payload(input: &str) -> Result<Vec<Element>, Gs1Error> {
    Parser::new(Dictionary::built_in()).payload(input)
}
