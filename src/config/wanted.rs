//! What a value of the station file may be, and how that is said. PURE.

use super::keys::{NAME_MAX, WORDS_MAX};
use crate::record::CountingOrder;

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wanted {
    /// A short name others refer to: letters, digits, `-`, `_`, `.`; 1 to [`NAME_MAX`] characters.
    Name,
    /// Words for people: 1 to [`WORDS_MAX`] printable characters.
    Words,
    /// A path in the file system, 1 to [`super::keys::PATH_MAX`] bytes.
    Path,
    /// A whole number in this range, both ends allowed.
    Whole(u64, u64),
    /// One of these whole numbers.
    OneOf(&'static [u64]),
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The URL of a device of this kind.
    Address(Kind),
    /// The URL of a device of this kind, or `"none"`.
    AddressOrNone(Kind),
    /// Fourteen digits with a right check digit.
    Gtin,
    /// An SSCC's extension digit and company prefix, or `"none"`.
    SsccPrefix,
    /// `"sscc"`, or the GTIN of a container.
    LevelNumber,
    /// The address of an EPCIS repository's capture resource, or `"none"`.
    CaptureUrl,
    /// A GLN, or `"none"`.
    Gln,
    /// The name of an HTTP header.
    Header,
    /// A lowest grade, as [`crate::record::GradeMin`] reads it.
    Grade,
    /// An inline table of these numbers, all of them; or `"none"`.
    Numbers(&'static [Number]),
    /// Some of the orders that count, `"all"` or `"none"`.
    CountingOrders,
    /// A key that a scanner may type before each scan, or `"none"`.
    TypedKey,
    /// Text that a reader sends, of so many bytes at most, or this word.
    Sent(usize, &'static str),
}

/// One number of an inline table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number {
    /// Its name.
    pub name: &'static str,
    /// The least that is allowed.
    pub least: f64,
    /// The most that is allowed.
    pub most: f64,
}

/// Kinds of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A label printer.
    Printer,
    /// A PLC.
    Plc,
    /// A camera.
    Camera,
    /// A smart reader or a hand scanner.
    Reader,
}

impl Kind {
    /// The section in which such a device is listed.
    pub fn section(self) -> &'static str {
        match self {
            Kind::Printer => "printer",
            Kind::Plc => "plc",
            Kind::Camera => "camera",
            Kind::Reader => "reader",
        }
    }
}

impl Wanted {
    /// What is allowed, in words: for messages and for the template.
    pub fn allowed(self) -> String {
        let quoted = |words: &[&str]| words.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>();
        match self {
            Wanted::Name => {
                format!("1 to {NAME_MAX} letters, digits, \"-\", \"_\" or \".\"")
            }
            Wanted::Words => format!("text of 1 to {WORDS_MAX} characters"),
            Wanted::Path => "a path".to_owned(),
            Wanted::Whole(least, most) => format!("whole number, {least} to {most}"),
            Wanted::OneOf(numbers) => {
                listed(&numbers.iter().map(u64::to_string).collect::<Vec<_>>())
            }
            Wanted::Flag => "true or false".to_owned(),
            Wanted::Choice(words) => listed(&quoted(words)),
            Wanted::CountingOrders => format!(
                "\"none\", \"all\", or some of {}",
                CountingOrder::WORDS.join(" ")
            ),
            Wanted::Address(kind) => super::address::forms(kind).join(" or "),
            Wanted::AddressOrNone(kind) => {
                format!("{} or \"none\"", super::address::forms(kind).join(" or "))
            }
            Wanted::SsccPrefix => {
                "an extension digit and a company prefix of 4 to 12 digits, in quotes; or \"none\""
                    .to_owned()
            }
            Wanted::LevelNumber => {
                "\"sscc\", or 14 digits in quotes, the last one a GS1 check digit".to_owned()
            }
            Wanted::Gtin => "14 digits in quotes, the last one a GS1 check digit".to_owned(),
            Wanted::CaptureUrl => {
                "\"https://HOST/PATH\", \"http://HOST:PORT/PATH\" or \"none\"".to_owned()
            }
            Wanted::Gln => {
                "13 digits in quotes, the last one a GS1 check digit; or \"none\"".to_owned()
            }
            Wanted::Header => "the name of an HTTP header".to_owned(),
            Wanted::Grade => "\"A\" to \"D\", \"0.0\" to \"4.0\" or \"none\"".to_owned(),
            Wanted::TypedKey => "\"F1\" to \"F12\", one character or \"none\"".to_owned(),
            Wanted::Sent(bytes, word) => format!("text of at most {bytes} bytes, or \"{word}\""),
            Wanted::Numbers(numbers) => {
                let each = |one: &Number| format!("{} = {} to {}", one.name, one.least, one.most);
                let all: Vec<String> = numbers.iter().map(each).collect();
                format!("{{ {} }} or \"none\"", all.join(", "))
            }
        }
    }
}

/// `a`, `a or b`, `a, b or c`.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
