//! GS1: application identifiers, element strings, check digits, dates. PURE.

pub mod fields;

pub use fields::{Expiry, FieldError, Gtin, Lot};
