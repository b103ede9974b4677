//! Texts of a certain form: zeros, hyphens, percent signs, pieces and positions, angles. PURE.

use super::characters::{digits, number};
use super::{Judged, found, whole};
use crate::gs1::error::Gs1Code;

pub(super) fn has_non_digit(text: &[u8]) -> Judged {
    let right = text.iter().any(|byte| !byte.is_ascii_digit());
    let why = "One character other than a digit is needed.";
    whole(text, right, Gs1Code::BadForm, why)
}

pub(super) fn hyphens(text: &[u8]) -> Judged {
    let right = !text.is_empty() && text.iter().all(|byte| *byte == b'-');
    whole(
        text,
        right,
        Gs1Code::BadForm,
        "Only hyphens may stand here.",
    )
}

pub(super) fn importer_index(text: &[u8]) -> Judged {
    let right = matches!(text, [byte] if byte.is_ascii_alphanumeric() || b"-_".contains(byte));
    let why = "The importer index is one letter, digit, hyphen or underscore.";
    whole(text, right, Gs1Code::BadForm, why)
}

pub(super) fn zero(text: &[u8]) -> Judged {
    let right = !text.is_empty() && text.iter().all(|digit| *digit == b'0');
    whole(
        text,
        right,
        Gs1Code::OutOfRange,
        "Only zero may stand here.",
    )
}

pub(super) fn non_zero(text: &[u8]) -> Judged {
    digits(text)?;
    let right = text.iter().any(|digit| *digit != b'0');
    whole(
        text,
        right,
        Gs1Code::OutOfRange,
        "Zero is not allowed here.",
    )
}

pub(super) fn no_zero_prefix(text: &[u8]) -> Judged {
    digits(text)?;
    match text.first() {
        Some(b'0') => found(
            Gs1Code::BadForm,
            0..1,
            "A leading zero is not allowed here.",
        ),
        _ => Ok(()),
    }
}

/// Ten digits that say an angle in millionths of a tenth of a degree, from the south pole or the date line on.
pub(super) fn angle(text: &[u8], most: u64) -> Judged {
    let ten = text.len() == 10;
    whole(text, ten, Gs1Code::OutOfRange, "An angle has ten digits.")?;
    digits(text)?;
    let right = number(text) <= most;
    whole(
        text,
        right,
        Gs1Code::OutOfRange,
        "This angle does not exist.",
    )
}

pub(super) fn percent_encoding(text: &[u8]) -> Judged {
    for (at, _) in text.iter().enumerate().filter(|(_, byte)| **byte == b'%') {
        let end = (at + 3).min(text.len());
        let pair = &text[at + 1..end];
        if pair.len() < 2 || !pair.iter().all(u8::is_ascii_hexdigit) {
            let why = "Two hexadecimal digits follow a percent sign.";
            return found(Gs1Code::BadForm, at..end, why);
        }
    }
    Ok(())
}

pub(super) fn piece_of_total(text: &[u8]) -> Judged {
    const CODE: Gs1Code = Gs1Code::PieceOfTotal;
    let halves = !text.is_empty() && text.len().is_multiple_of(2);
    whole(
        text,
        halves,
        CODE,
        "Piece and total have the same number of digits.",
    )?;
    digits(text)?;
    let (piece, total) = text.split_at(text.len() / 2);
    let zero = |part: &[u8]| part.iter().all(|digit| *digit == b'0');
    if zero(piece) {
        return found(CODE, 0..piece.len(), "Pieces are counted from 1.");
    }
    if zero(total) {
        return found(
            CODE,
            piece.len()..text.len(),
            "There is at least one piece.",
        );
    }
    whole(text, piece <= total, CODE, "The piece is above the total.")
}

pub(super) fn position_in_sequence(text: &[u8]) -> Judged {
    let slash = text.iter().position(|byte| *byte == b'/');
    let parts = slash.map(|slash| (&text[..slash], &text[slash + 1..]));
    let numeric = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let Some((position, end)) = parts.filter(|(a, b)| numeric(a) && numeric(b)) else {
        let why = "A position in a sequence reads like 2/3.";
        return found(Gs1Code::BadForm, 0..text.len(), why);
    };
    let zero = "A leading zero is not allowed in a position.";
    if position[0] == b'0' {
        return found(Gs1Code::BadForm, 0..position.len(), zero);
    }
    if end[0] == b'0' {
        return found(Gs1Code::BadForm, position.len() + 1..text.len(), zero);
    }
    // Without leading zeros the longer number is the larger one.
    let right = (position.len(), position) <= (end.len(), end);
    let why = "The position is behind the end of the sequence.";
    whole(text, right, Gs1Code::OutOfRange, why)
}
