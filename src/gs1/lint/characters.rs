//! Which characters may stand in a component. PURE.

use super::{Judged, found};
use crate::gs1::dictionary::CharacterSet;
use crate::gs1::error::Gs1Code;
use crate::gs1::fields::in_cset82;

/// Judges a component's characters.
pub fn check_set(set: CharacterSet, text: &[u8]) -> Judged {
    match set {
        CharacterSet::Digits => digits(text),
        CharacterSet::Set82 => all(text, "82", in_cset82),
        CharacterSet::Set39 => all(text, "39", in_cset39),
        CharacterSet::Base64Url => base64url(text),
    }
}

/// Whether a byte belongs to GS1's character set 39 (General Specifications, figure 7.11-2).
fn in_cset39(byte: u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase() || b"#-/".contains(&byte)
}

#[inline]
fn all(text: &[u8], name: &str, inside: impl Fn(u8) -> bool) -> Judged {
    match text.iter().position(|byte| !inside(*byte)) {
        None => Ok(()),
        Some(at) => found(
            Gs1Code::BadCharacter,
            at..at + 1,
            format!("{} is not in GS1's character set {name}.", shown(text[at])),
        ),
    }
}

fn base64url(text: &[u8]) -> Judged {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = &text[..text.len() - padding];
    all(body, "64", |byte| {
        byte.is_ascii_alphanumeric() || b"-_".contains(&byte)
    })?;
    match padding {
        0 => Ok(()),
        1 | 2 if text.len().is_multiple_of(3) => Ok(()),
        _ => found(
            Gs1Code::BadForm,
            body.len()..text.len(),
            "The padding with \"=\" does not fit.",
        ),
    }
}

pub(super) fn digits(text: &[u8]) -> Judged {
    match text.iter().position(|byte| !byte.is_ascii_digit()) {
        None => Ok(()),
        Some(at) => found(
            Gs1Code::NotADigit,
            at..at + 1,
            format!("{} stands where only digits may stand.", shown(text[at])),
        ),
    }
}

/// A character as people see it in a message.
pub(super) fn shown(byte: u8) -> String {
    match byte {
        0x1d => "The separator".to_owned(),
        byte if byte.is_ascii_graphic() => format!("\"{}\"", char::from(byte)),
        b' ' => "A space".to_owned(),
        byte if byte.is_ascii() => format!("Character {byte}"),
        _ => "This character".to_owned(),
    }
}

/// The number that digits say.
pub(super) fn number(digits: &[u8]) -> u64 {
    let add = |sum: u64, digit: &u8| {
        sum.saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    };
    digits.iter().fold(0, add)
}
