//! What is wrong with GS1 content: a code for programs, a place and a sentence for people. PURE.

use serde::{Serialize, Serializer};
use std::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// The kind of a mistake. New kinds may be added.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Gs1Code { $($(#[doc = $doc])+ $name,)+ }

        impl Gs1Code {
            /// The machine name, in snake case; it does not change between versions.
            pub fn as_str(&self) -> &'static str {
                match self { $(Gs1Code::$name => $text,)+ }
            }

            /// Every kind there is.
            pub const ALL: &'static [Gs1Code] = &[$(Gs1Code::$name,)+];
        }
    };
}

codes! {
    /// There is no content.
    Empty = "empty",
    /// The input is longer than this program accepts.
    InputTooLong = "input_too_long",
    /// The input is not UTF-8 text.
    NotUtf8 = "not_utf8",
    /// Scan data without a symbology identifier such as `]d2`.
    NoSymbologyIdentifier = "no_symbology_identifier",
    /// A symbology identifier nobody here knows what to do with.
    UnknownSymbology = "unknown_symbology",
    /// A symbol that carries no GS1 element strings, by its symbology identifier.
    NotGs1 = "not_gs1",
    /// Neither bracketed nor scan data.
    UnknownForm = "unknown_form",
    /// A bracket is missing where an application identifier begins or ends.
    BracketExpected = "bracket_expected",
    /// The raw form does not begin with FNC1 (`^`).
    Fnc1Expected = "fnc1_expected",
    /// No application identifier begins like this.
    UnknownAi = "unknown_ai",
    /// An application identifier without a value.
    NoValue = "no_value",
    /// A value that is too short.
    TooShort = "too_short",
    /// A value that is too long, or a lost separator.
    TooLong = "too_long",
    /// More elements than fit any symbol.
    TooManyElements = "too_many_elements",
    /// A character other than a digit where only digits may stand.
    NotADigit = "not_a_digit",
    /// A character outside the element's character set.
    BadCharacter = "bad_character",
    /// The check digit is wrong.
    CheckDigit = "check_digit",
    /// A company prefix that does not begin with four digits.
    CompanyPrefix = "company_prefix",
    /// A date that does not exist.
    Date = "date",
    /// A time of day that does not exist.
    Time = "time",
    /// Piece and total do not agree.
    PieceOfTotal = "piece_of_total",
    /// A number out of its range.
    OutOfRange = "out_of_range",
    /// A code that its list does not have: country, currency, package type.
    UnknownCode = "unknown_code",
    /// A coupon code that does not follow its grammar.
    Coupon = "coupon",
    /// A text that does not follow the rules of its element.
    BadForm = "bad_form",
    /// An element that needs another one which is not there.
    MissingElement = "missing_element",
    /// Two elements that exclude each other.
    ExcludedElement = "excluded_element",
    /// One application identifier twice, with different values; in a Digital Link twice at all.
    RepeatedElement = "repeated_element",
    /// A web address that cannot be one.
    BadAddress = "bad_address",
    /// A web address without a primary key of GS1 in its path, or elements without one.
    NoLinkKey = "no_link_key",
    /// An element that may not stand at this place of a Digital Link.
    LinkPlace = "link_place",
    /// An EPC URN that cannot be one, or elements that have none.
    BadUrn = "bad_urn",
}

impl fmt::Display for Gs1Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Gs1Code {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

/// A mistake in GS1 content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gs1Error {
    /// What kind.
    pub code: Gs1Code,
    /// Byte index into the input as given, from 0; its length where something is missing at the
    /// end.
    pub position: usize,
    /// How many bytes of the input are wrong; 0 where something is missing.
    pub length: usize,
    /// What is wrong and what is wanted, as a sentence.
    pub text: String,
    /// Where a value is wrong: the AI and what was read of the value, the wrong part between bars, as in
    /// `(8001)12341|X|345`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marked: Option<String>,
}

impl Gs1Error {
    /// An error at a byte position of the input.
    pub fn new(code: Gs1Code, position: usize, text: impl Into<String>) -> Gs1Error {
        Gs1Error {
            code,
            position,
            length: 0,
            text: text.into(),
            marked: None,
        }
    }
}

impl fmt::Display for Gs1Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at position {})", self.text, self.position + 1)
    }
}

impl std::error::Error for Gs1Error {}
