//! The fields every pack carries: GTIN, lot, expiry date. Parsed once, right ever after. PURE.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What is wrong with a field, with the offending position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Byte position in the text, from 0; the length of the text when something is missing at its
    /// end.
    pub position: usize,
    /// What is wrong and what is wanted, as a sentence.
    pub text: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at position {})", self.text, self.position + 1)
    }
}

impl std::error::Error for FieldError {}

pub(super) fn wrong(position: usize, text: impl Into<String>) -> FieldError {
    FieldError {
        position,
        text: text.into(),
    }
}

/// GS1 check digit (mod 10, weights 3 and 1 from the right) over the digits before it.
pub fn check_digit(digits: &[u8]) -> u8 {
    let (mut sum, mut weight) = (0, 3);
    for digit in digits.iter().rev() {
        assert!(
            digit.is_ascii_digit(),
            "check digits are computed over digits"
        );
        sum += u32::from(digit - b'0') * weight;
        weight = 4 - weight;
    }
    b'0' + ((10 - sum % 10) % 10) as u8
}

/// A GTIN as 14 digits with a right check digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Gtin([u8; 14]);

impl Gtin {
    /// The 14 digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a GTIN holds digits only")
    }

    /// The 14 digits as a number.
    pub fn value(&self) -> u64 {
        self.0
            .iter()
            .fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'))
    }
}

impl FromStr for Gtin {
    type Err = FieldError;
    fn from_str(text: &str) -> Result<Gtin, FieldError> {
        if let Some(position) = text.bytes().position(|byte| !byte.is_ascii_digit()) {
            return Err(wrong(position, "A GTIN has digits only."));
        }
        let digits: [u8; 14] = text.as_bytes().try_into().map_err(|_| {
            wrong(
                text.len().min(14),
                "A GTIN has 14 digits; pad a shorter one with zeros.",
            )
        })?;
        let right = check_digit(&digits[..13]);
        if digits[13] != right {
            let text = format!(
                "The check digit of the GTIN is {}, it should be {}.",
                char::from(digits[13]),
                char::from(right)
            );
            return Err(wrong(13, text));
        }
        Ok(Gtin(digits))
    }
}

/// A lot: 1–20 characters of GS1's character set 82.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lot(String);

impl Lot {
    /// The lot's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The characters of GS1's set 82 other than letters and digits (General Specifications, figure 7.11-1).
const CSET82_SIGNS: &[u8] = b"!\"%&'()*+,-./:;<=>?_";

/// For every byte whether it belongs to set 82.
const CSET82: [bool; 256] = {
    let mut set = [false; 256];
    let mut byte = 0;
    while byte < set.len() {
        set[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut sign = 0;
    while sign < CSET82_SIGNS.len() {
        set[CSET82_SIGNS[sign] as usize] = true;
        sign += 1;
    }
    set
};

/// Whether a byte belongs to GS1's character set 82 (General Specifications, figure 7.11-1).
pub fn in_cset82(byte: u8) -> bool {
    CSET82[usize::from(byte)]
}

impl FromStr for Lot {
    type Err = FieldError;
    fn from_str(text: &str) -> Result<Lot, FieldError> {
        if text.is_empty() {
            return Err(wrong(0, "A lot has at least one character."));
        }
        if let Some(position) = text.bytes().position(|byte| !in_cset82(byte)) {
            return Err(wrong(
                position,
                "This character is not allowed in a lot (GS1 character set 82).",
            ));
        }
        if text.len() > 20 {
            return Err(wrong(20, "A lot has at most 20 characters."));
        }
        Ok(Lot(text.to_owned()))
    }
}

/// An expiry date as AI (17) carries it: YYMMDD, day 00 meaning the whole month.
///
/// The century follows GS1's rule of the sliding window in `parse`; here only the six digits are
/// kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Expiry([u8; 6]);

impl Expiry {
    /// The six digits YYMMDD.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("an expiry date holds digits only")
    }

    /// The last day of use as year, month and day, seen from a day of this year: the two digits mean the year of that
    /// name from 49 before to 50 after it (GS1 General Specifications 7.12); day 00 is the last of the month.
    pub fn last_day(&self, this_year: i16) -> Day {
        let two = |at: usize| (self.0[at] - b'0') * 10 + (self.0[at + 1] - b'0');
        let (digits, month, day) = (i16::from(two(0)), two(2), two(4));
        let century = this_year - this_year.rem_euclid(100);
        let year = century
            + digits
            + match digits - this_year.rem_euclid(100) {
                51.. => -100,
                ..=-50 => 100,
                _ => 0,
            };
        match day {
            0 => (year, month, days_of(month, digits)),
            _ => (year, month, day),
        }
    }

    /// The last day of use lies before this day.
    pub fn is_over(&self, today: Day) -> bool {
        self.last_day(today.0) < today
    }
}

/// Year, month and day of the Gregorian calendar.
pub type Day = (i16, u8, u8);

/// How many days a month has; two digits of a year tell enough of leap years within 50 years of today.
fn days_of(month: u8, year: i16) -> u8 {
    match month {
        2 if year % 4 == 0 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl FromStr for Expiry {
    type Err = FieldError;
    fn from_str(text: &str) -> Result<Expiry, FieldError> {
        if let Some(position) = text.bytes().position(|byte| !byte.is_ascii_digit()) {
            return Err(wrong(position, "A date has six digits, YYMMDD."));
        }
        let digits: [u8; 6] = text
            .as_bytes()
            .try_into()
            .map_err(|_| wrong(text.len().min(6), "A date has six digits, YYMMDD."))?;
        let two = |at: usize| (digits[at] - b'0') * 10 + (digits[at + 1] - b'0');
        let (year, month, day) = (two(0), two(2), two(4));
        if !(1..=12).contains(&month) {
            return Err(wrong(2, "The month of a date is 01 to 12."));
        }
        let last = days_of(month, i16::from(year));
        if day > last {
            return Err(wrong(
                4,
                format!("This month has {last} days (00 means the whole month)."),
            ));
        }
        Ok(Expiry(digits))
    }
}

macro_rules! text_field {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl TryFrom<String> for $name {
            type Error = FieldError;
            fn try_from(text: String) -> Result<Self, FieldError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(field: $name) -> String {
                field.as_str().to_owned()
            }
        }
    };
}
text_field!(Gtin);
text_field!(Lot);
text_field!(Expiry);
