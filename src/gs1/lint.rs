//! Rules for the text of one component: check digits, dates, times, forms. PURE.
//!
//! Names are those of GS1's syntax dictionary. Rules that need tables of other bodies (countries,
//! currencies, packages, bank accounts, coupons, check pairs) are known by name and judge nothing:
//! [`Linter::is_left_out`].

use super::dictionary::CharacterSet;
use super::error::Gs1Code;
use super::fields::{check_digit, in_cset82};

/// What a rule found: the kind of mistake, the place in the component, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Kind of mistake.
    pub code: Gs1Code,
    /// First offending byte of the component, from 0.
    pub at: usize,
    /// What is wrong, as a sentence.
    pub text: String,
}

fn found<T>(code: Gs1Code, at: usize, text: impl Into<String>) -> Result<T, Finding> {
    let text = text.into();
    Err(Finding { code, at, text })
}

macro_rules! linters {
    ($($name:ident = $text:literal,)+) => {
        /// A rule for a component's text, by its name in GS1's syntax dictionary.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are the standard's own")]
        pub enum Linter { $($name,)+
            /// A rule this program has never heard of.
            Unknown }

        impl Linter {
            /// The rule of this name.
            pub fn named(name: &str) -> Linter {
                match name { $($text => Linter::$name,)+ _ => Linter::Unknown }
            }
        }
    };
}

linters! {
    CouponCode = "couponcode",
    CouponPosOffer = "couponposoffer",
    Csum = "csum",
    CsumAlpha = "csumalpha",
    GcpPos1 = "gcppos1",
    GcpPos2 = "gcppos2",
    HasNonDigit = "hasnondigit",
    Hh = "hh",
    HhMi = "hhmi",
    Hyphen = "hyphen",
    Iban = "iban",
    ImporterIdx = "importeridx",
    Iso3166 = "iso3166",
    Iso3166Or999 = "iso3166999",
    Iso3166Alpha2 = "iso3166alpha2",
    Iso4217 = "iso4217",
    Iso5218 = "iso5218",
    Latitude = "latitude",
    Longitude = "longitude",
    MediaType = "mediatype",
    Mi = "mi",
    NonZero = "nonzero",
    NoZeroPrefix = "nozeroprefix",
    PackageType = "packagetype",
    PcEnc = "pcenc",
    PieceOfTotal = "pieceoftotal",
    PosInSeqSlash = "posinseqslash",
    Ss = "ss",
    Winding = "winding",
    YesNo = "yesno",
    YyMmD0 = "yymmd0",
    YyMmDd = "yymmdd",
    YyyyMmD0 = "yyyymmd0",
    YyyyMmDd = "yyyymmdd",
    Zero = "zero",
}

impl Linter {
    /// Whether this program lets every text pass this rule.
    pub fn is_left_out(&self) -> bool {
        use Linter::*;
        matches!(
            self,
            CouponCode
                | CouponPosOffer
                | CsumAlpha
                | Iban
                | Iso3166
                | Iso3166Or999
                | Iso3166Alpha2
                | Iso4217
                | PackageType
                | Unknown
        )
    }

    /// Judges a component's text.
    pub fn check(&self, text: &[u8]) -> Result<(), Finding> {
        use Gs1Code::{BadForm, OutOfRange};
        match self {
            Linter::Csum => check_digit_is_right(text),
            Linter::GcpPos1 => company_prefix(text, 0),
            Linter::GcpPos2 => company_prefix(text, 1),
            Linter::HasNonDigit => one_of(
                text.iter().any(|byte| !byte.is_ascii_digit()),
                BadForm,
                "One character other than a digit is needed.",
            ),
            Linter::Hh => time(text, &[("hour", 23)]),
            Linter::HhMi => time(text, &[("hour", 23), ("minute", 59)]),
            Linter::Mi => time(text, &[("minute", 59)]),
            Linter::Ss => time(text, &[("second", 59)]),
            Linter::YyMmD0 => date(text, 2, true),
            Linter::YyMmDd => date(text, 2, false),
            Linter::YyyyMmD0 => date(text, 4, true),
            Linter::YyyyMmDd => date(text, 4, false),
            Linter::Hyphen => one_of(
                !text.is_empty() && text.iter().all(|byte| *byte == b'-'),
                BadForm,
                "Only hyphens may stand here.",
            ),
            Linter::ImporterIdx => one_of(
                matches!(text, [byte] if byte.is_ascii_alphanumeric() || b"-_".contains(byte)),
                BadForm,
                "The importer index is one letter, digit, hyphen or underscore.",
            ),
            Linter::Iso5218 => one_of(
                matches!(text, b"0" | b"1" | b"2" | b"9"),
                OutOfRange,
                "The code for the sex is 0, 1, 2 or 9.",
            ),
            Linter::Latitude => angle(text, 1_800_000_000),
            Linter::Longitude => angle(text, 3_600_000_000),
            Linter::MediaType => media_type(text),
            Linter::NonZero => non_zero(text),
            Linter::NoZeroPrefix => no_zero_prefix(text),
            Linter::PcEnc => percent_encoding(text),
            Linter::PieceOfTotal => piece_of_total(text),
            Linter::PosInSeqSlash => position_in_sequence(text),
            Linter::Winding => one_of(
                matches!(text, b"0" | b"1" | b"9"),
                OutOfRange,
                "The winding direction is 0, 1 or 9.",
            ),
            Linter::YesNo => one_of(
                matches!(text, b"0" | b"1"),
                OutOfRange,
                "Only 0 (no) or 1 (yes) may stand here.",
            ),
            Linter::Zero => one_of(
                !text.is_empty() && text.iter().all(|digit| *digit == b'0'),
                OutOfRange,
                "Only zero may stand here.",
            ),
            other => {
                assert!(other.is_left_out(), "every linter judges or is left out");
                Ok(())
            }
        }
    }
}

fn non_zero(text: &[u8]) -> Result<(), Finding> {
    digits(text)?;
    let zero = text.iter().all(|digit| *digit == b'0');
    one_of(!zero, Gs1Code::OutOfRange, "Zero is not allowed here.")
}

fn no_zero_prefix(text: &[u8]) -> Result<(), Finding> {
    digits(text)?;
    let zero_first = text.first() == Some(&b'0');
    one_of(
        !zero_first,
        Gs1Code::BadForm,
        "A leading zero is not allowed here.",
    )
}

/// Judges a component's characters.
pub fn check_set(set: CharacterSet, text: &[u8]) -> Result<(), Finding> {
    let (inside, name): (fn(u8) -> bool, _) = match set {
        CharacterSet::Digits => return digits(text),
        CharacterSet::Set82 => (in_cset82, "82"),
        CharacterSet::Set39 => (in_cset39, "39"),
        CharacterSet::Base64Url => return base64url(text),
    };
    match text.iter().position(|byte| !inside(*byte)) {
        None => Ok(()),
        Some(at) => found(
            Gs1Code::BadCharacter,
            at,
            format!(
                "{} is not in GS1's character set {name}.",
                shown(text[at..].first())
            ),
        ),
    }
}

/// Whether a byte belongs to GS1's character set 39 (General Specifications, figure 7.11-2).
pub fn in_cset39(byte: u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase() || b"#-/".contains(&byte)
}

fn base64url(text: &[u8]) -> Result<(), Finding> {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = &text[..text.len() - padding];
    if let Some(at) = body.iter().position(|byte| !inside(byte)) {
        let text = format!(
            "{} is not in GS1's character set 64.",
            shown(body[at..].first())
        );
        return found(Gs1Code::BadCharacter, at, text);
    }
    match padding {
        0 => Ok(()),
        1 | 2 if text.len().is_multiple_of(3) => Ok(()),
        _ => found(
            Gs1Code::BadForm,
            body.len(),
            "The padding with \"=\" does not fit.",
        ),
    }
}

/// A character as people see it in a message.
fn shown(byte: Option<&u8>) -> String {
    match byte {
        Some(0x1d) => "The separator".to_owned(),
        Some(byte) if byte.is_ascii_graphic() => format!("\"{}\"", char::from(*byte)),
        Some(b' ') => "A space".to_owned(),
        Some(byte) if byte.is_ascii() => format!("Character {byte}"),
        _ => "This character".to_owned(),
    }
}

fn one_of(right: bool, code: Gs1Code, text: &str) -> Result<(), Finding> {
    match right {
        true => Ok(()),
        false => found(code, 0, text),
    }
}

fn digits(text: &[u8]) -> Result<(), Finding> {
    match text.iter().position(|byte| !byte.is_ascii_digit()) {
        None => Ok(()),
        Some(at) => found(
            Gs1Code::NotADigit,
            at,
            format!(
                "{} stands where only digits may stand.",
                shown(text[at..].first())
            ),
        ),
    }
}

fn number(digits: &[u8]) -> u64 {
    let add = |sum: u64, digit: &u8| {
        sum.saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    };
    digits.iter().fold(0, add)
}

fn check_digit_is_right(text: &[u8]) -> Result<(), Finding> {
    digits(text)?;
    let Some((last, before)) = text.split_last() else {
        return found(Gs1Code::TooShort, 0, "There is no check digit.");
    };
    let right = check_digit(before);
    match *last == right {
        true => Ok(()),
        false => found(
            Gs1Code::CheckDigit,
            before.len(),
            format!(
                "The check digit is {}, it should be {}.",
                char::from(*last),
                char::from(right)
            ),
        ),
    }
}

/// Only the form is judged: there is no table of company prefixes here.
fn company_prefix(text: &[u8], start: usize) -> Result<(), Finding> {
    const PREFIX_LEN: usize = 4;
    let prefix = text.get(start..).unwrap_or_default();
    if prefix.len() < PREFIX_LEN {
        let at = if prefix.is_empty() { 0 } else { start };
        return found(
            Gs1Code::CompanyPrefix,
            at,
            "This is too short for a company prefix.",
        );
    }
    match prefix[..PREFIX_LEN]
        .iter()
        .position(|byte| !byte.is_ascii_digit())
    {
        None => Ok(()),
        Some(at) => found(
            Gs1Code::CompanyPrefix,
            start + at,
            "A company prefix begins with four digits.",
        ),
    }
}

fn time(text: &[u8], parts: &[(&str, u64)]) -> Result<(), Finding> {
    if text.len() != 2 * parts.len() {
        return found(
            Gs1Code::Time,
            0,
            format!("A time has {} digits here.", 2 * parts.len()),
        );
    }
    digits(text)?;
    for (place, (name, most)) in parts.iter().enumerate() {
        if number(&text[2 * place..][..2]) > *most {
            return found(
                Gs1Code::Time,
                2 * place,
                format!("The {name} is 00 to {most}."),
            );
        }
    }
    Ok(())
}

/// Days of a month; the year counts for February only.
pub(super) fn days_in(year: u64, month: u64) -> u64 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn date(text: &[u8], year_len: usize, whole_month: bool) -> Result<(), Finding> {
    if text.len() != year_len + 4 {
        return found(
            Gs1Code::Date,
            0,
            format!("A date has {} digits here.", year_len + 4),
        );
    }
    digits(text)?;
    let (year, rest) = text.split_at(year_len);
    let (month, day) = (number(&rest[..2]), number(&rest[2..]));
    if !(1..=12).contains(&month) {
        return found(Gs1Code::Date, year_len, "The month of a date is 01 to 12.");
    }
    // A year of two digits is never 1900 or 2100 (the window of years is a century around today).
    let year = number(year) + if year_len == 2 { 2000 } else { 0 };
    let last = days_in(year, month);
    if day > last || (day == 0 && !whole_month) {
        let hint = if whole_month {
            " (00 means the whole month)"
        } else {
            ""
        };
        return found(
            Gs1Code::Date,
            year_len + 2,
            format!("This month has the days 01 to {last}{hint}."),
        );
    }
    Ok(())
}

fn angle(text: &[u8], most: u64) -> Result<(), Finding> {
    if text.len() != 10 {
        return found(Gs1Code::OutOfRange, 0, "An angle has ten digits.");
    }
    digits(text)?;
    one_of(
        number(text) <= most,
        Gs1Code::OutOfRange,
        "This angle does not exist.",
    )
}

fn media_type(text: &[u8]) -> Result<(), Finding> {
    let right = text.len() == 2
        && text.iter().all(u8::is_ascii_digit)
        && matches!(number(text), 1..=10 | 80..=99);
    one_of(
        right,
        Gs1Code::OutOfRange,
        "The media type is 01 to 10 or 80 to 99.",
    )
}

fn percent_encoding(text: &[u8]) -> Result<(), Finding> {
    for (at, _) in text.iter().enumerate().filter(|(_, byte)| **byte == b'%') {
        let right = text
            .get(at + 1..at + 3)
            .is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit));
        if !right {
            return found(
                Gs1Code::BadForm,
                at,
                "Two hexadecimal digits follow a percent sign.",
            );
        }
    }
    Ok(())
}

fn piece_of_total(text: &[u8]) -> Result<(), Finding> {
    if text.is_empty() || !text.len().is_multiple_of(2) {
        return found(
            Gs1Code::PieceOfTotal,
            0,
            "Piece and total have the same number of digits.",
        );
    }
    digits(text)?;
    let (piece, total) = text.split_at(text.len() / 2);
    let zero = |part: &[u8]| part.iter().all(|digit| *digit == b'0');
    if zero(piece) {
        return found(Gs1Code::PieceOfTotal, 0, "Pieces are counted from 1.");
    }
    if zero(total) {
        return found(
            Gs1Code::PieceOfTotal,
            piece.len(),
            "There is at least one piece.",
        );
    }
    one_of(
        piece <= total,
        Gs1Code::PieceOfTotal,
        "The piece is above the total.",
    )
}

fn position_in_sequence(text: &[u8]) -> Result<(), Finding> {
    let slash = text.iter().position(|byte| *byte == b'/');
    let parts = slash.map(|slash| (&text[..slash], &text[slash + 1..]));
    let numeric = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let Some((position, end)) = parts.filter(|(a, b)| numeric(a) && numeric(b)) else {
        return found(
            Gs1Code::BadForm,
            0,
            "A position in a sequence reads like 2/3.",
        );
    };
    if position[0] == b'0' {
        return found(
            Gs1Code::BadForm,
            0,
            "A leading zero is not allowed in a position.",
        );
    }
    if end[0] == b'0' {
        return found(
            Gs1Code::BadForm,
            position.len() + 1,
            "A leading zero is not allowed in a position.",
        );
    }
    // Without leading zeros the longer number is the larger one.
    one_of(
        (position.len(), position) <= (end.len(), end),
        Gs1Code::OutOfRange,
        "The position is behind the end of the sequence.",
    )
}
