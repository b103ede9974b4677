//! Rules for the text of one component: character sets, check digits, dates, times, codes, forms. PURE.
//!
//! Names are those of GS1's syntax dictionary. A rule sees one component and says where in it the mistake lies.

mod bank;
mod characters;
mod checks;
mod codes;
mod coupon;
mod forms;
mod time;

use super::dictionary::CharacterSet;
use super::error::Gs1Code;
pub use characters::check_set;
use std::ops::Range;

/// What a rule found: the kind of mistake, the place in the component, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Kind of mistake.
    pub code: Gs1Code,
    /// Offending bytes of the component, from 0; empty where something is missing.
    pub place: Range<usize>,
    /// What is wrong, as a sentence.
    pub text: String,
}

/// What a rule says of a text.
pub type Judged = Result<(), Finding>;

fn found<T>(code: Gs1Code, place: Range<usize>, text: impl Into<String>) -> Result<T, Finding> {
    let text = text.into();
    Err(Finding { code, place, text })
}

/// `right`, or the whole text is wrong.
fn whole(text: &[u8], right: bool, code: Gs1Code, why: &str) -> Judged {
    match right {
        true => Ok(()),
        false => found(code, 0..text.len(), why),
    }
}

macro_rules! linters {
    ($($name:ident = $text:literal,)+) => {
        /// A rule for a component's text, by its name in GS1's syntax dictionary.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are the standard's own")]
        pub enum Linter { $($name,)+ }

        impl Linter {
            /// The rule of this name.
            pub fn named(name: &str) -> Option<Linter> {
                match name { $($text => Some(Linter::$name),)+ _ => None }
            }

            /// The rule's name.
            pub fn name(&self) -> &'static str {
                match self { $(Linter::$name => $text,)+ }
            }
        }
    };
}

linters! {
    CouponCode = "couponcode",
    CouponPosOffer = "couponposoffer",
    Cset39 = "cset39",
    Cset64 = "cset64",
    Cset82 = "cset82",
    CsetNumeric = "csetnumeric",
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
    /// Judges a component's text.
    pub fn check(&self, text: &[u8]) -> Judged {
        match self {
            Linter::CouponCode => coupon::code(text),
            Linter::CouponPosOffer => coupon::positive_offer(text),
            Linter::Cset39 => check_set(CharacterSet::Set39, text),
            Linter::Cset64 => check_set(CharacterSet::Base64Url, text),
            Linter::Cset82 => check_set(CharacterSet::Set82, text),
            Linter::CsetNumeric => check_set(CharacterSet::Digits, text),
            Linter::Csum => checks::check_digit_is_right(text),
            Linter::CsumAlpha => checks::check_pair_is_right(text),
            Linter::GcpPos1 => checks::company_prefix(text, 0),
            Linter::GcpPos2 => checks::company_prefix(text, 1),
            Linter::HasNonDigit => forms::has_non_digit(text),
            Linter::Hh => time::time(text, &[("hour", 23)]),
            Linter::HhMi => time::time(text, &[("hour", 23), ("minute", 59)]),
            Linter::Hyphen => forms::hyphens(text),
            Linter::Iban => bank::iban(text),
            Linter::ImporterIdx => forms::importer_index(text),
            Linter::Iso3166 => codes::country(text),
            Linter::Iso3166Or999 => codes::country_or_999(text),
            Linter::Iso3166Alpha2 => codes::country_letters(text),
            Linter::Iso4217 => codes::currency(text),
            Linter::Iso5218 => codes::sex(text),
            Linter::Latitude => forms::angle(text, 1_800_000_000),
            Linter::Longitude => forms::angle(text, 3_600_000_000),
            Linter::MediaType => codes::media_type(text),
            Linter::Mi => time::time(text, &[("minute", 59)]),
            Linter::NonZero => forms::non_zero(text),
            Linter::NoZeroPrefix => forms::no_zero_prefix(text),
            Linter::PackageType => codes::package_type(text),
            Linter::PcEnc => forms::percent_encoding(text),
            Linter::PieceOfTotal => forms::piece_of_total(text),
            Linter::PosInSeqSlash => forms::position_in_sequence(text),
            Linter::Ss => time::time(text, &[("second", 59)]),
            Linter::Winding => codes::winding(text),
            Linter::YesNo => codes::yes_or_no(text),
            Linter::YyMmD0 => time::date(text, 2, true),
            Linter::YyMmDd => time::date(text, 2, false),
            Linter::YyyyMmD0 => time::date(text, 4, true),
            Linter::YyyyMmDd => time::date(text, 4, false),
            Linter::Zero => forms::zero(text),
        }
    }
}
