//! International bank account numbers (ISO 13616). PURE.

use super::codes::is_country;
use super::{Judged, found, whole};
use crate::gs1::error::Gs1Code;

/// No country's numbers are as short.
const TOO_SHORT: usize = 10;
const LONGEST: usize = 34;

/// A country, two check digits by modulo 97, the account.
pub(super) fn iban(text: &[u8]) -> Judged {
    let long_enough = text.len() > TOO_SHORT;
    whole(
        text,
        long_enough,
        Gs1Code::TooShort,
        "This is too short for an IBAN.",
    )?;
    let why = "An IBAN has at most 34 characters.";
    whole(text, text.len() <= LONGEST, Gs1Code::TooLong, why)?;
    let allowed = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    if let Some(at) = text.iter().position(|byte| !allowed(byte)) {
        let why = "An IBAN has digits and capital letters only.";
        return found(Gs1Code::BadCharacter, at..at + 1, why);
    }
    if !is_country(&text[..2]) {
        return found(
            Gs1Code::UnknownCode,
            0..2,
            "An IBAN begins with the letters of a country.",
        );
    }
    let add = |sum: u32, byte: &u8| match byte {
        b'0'..=b'9' => (sum * 10 + u32::from(byte - b'0')) % 97,
        letter => (sum * 100 + u32::from(letter - b'A') + 10) % 97,
    };
    let (head, account) = text.split_at(4);
    match account.iter().chain(head).fold(0, add) {
        1 => Ok(()),
        _ => found(
            Gs1Code::CheckDigit,
            2..4,
            "The check digits of the IBAN are wrong.",
        ),
    }
}
