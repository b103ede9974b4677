//! Checks one value against what its key wants. PURE.

use super::keys::{NAME_MAX, Number, PATH_MAX, WORDS_MAX, Wanted};
use super::{address, suggest};
use crate::gs1::{Gln, Gtin};
use crate::record::{CountingOrders, GradeMin};
use toml::de::DeValue;
use vidimus_drivers::reader::wedge::Key as TypedKey;

/// A value that is what its key wants.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Checked {
    /// A whole number.
    Whole(u64),
    /// A text.
    Text(String),
    /// A flag.
    Flag(bool),
    /// The numbers of an inline table, in the order of the key's own list; `None` for `"none"`.
    Numbers(Option<Vec<f64>>),
}

impl Checked {
    /// As people write it, without quotes; the numbers of a table in the order of its key's list.
    pub(super) fn written(&self) -> String {
        match self {
            Checked::Whole(number) => number.to_string(),
            Checked::Text(text) => text.clone(),
            Checked::Flag(flag) => flag.to_string(),
            Checked::Numbers(None) => "none".to_owned(),
            Checked::Numbers(Some(numbers)) => {
                let numbers: Vec<String> = numbers.iter().map(f64::to_string).collect();
                numbers.join(" ")
            }
        }
    }
}

/// Why a value is not what its key wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Machine name of the mistake.
    pub code: &'static str,
    /// What is wrong.
    pub text: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

fn wrong(code: &'static str, text: impl Into<String>) -> Wrong {
    Wrong {
        code,
        text: text.into(),
        suggestion: None,
    }
}

fn wrong_but(code: &'static str, text: impl Into<String>, meant: impl Into<String>) -> Wrong {
    Wrong {
        suggestion: Some(meant.into()),
        ..wrong(code, text)
    }
}

/// Checks one value.
pub(super) fn check(wanted: Wanted, value: &DeValue<'_>) -> Result<Checked, Wrong> {
    match wanted {
        Wanted::Whole(least, most) => {
            let number = whole(value)?;
            let text = format!("{number} is outside the allowed range.");
            let near = || number.clamp(i128::from(least), i128::from(most));
            u64::try_from(number)
                .ok()
                .filter(|number| (least..=most).contains(number))
                .map(Checked::Whole)
                .ok_or_else(|| wrong_but("range", text, format!("The nearest is {}.", near())))
        }
        Wanted::OneOf(numbers) => {
            let number = whole(value)?;
            let found = numbers.iter().find(|n| i128::from(**n) == number);
            let near = numbers
                .iter()
                .min_by_key(|n| (i128::from(**n) - number).unsigned_abs());
            found.map(|number| Checked::Whole(*number)).ok_or_else(|| {
                let near = near.expect("every choice has a number");
                let text = format!("{number} is not one of the allowed numbers.");
                let close = (number - i128::from(*near)).abs() < i128::from(*near);
                Wrong {
                    suggestion: close.then(|| format!("The nearest is {near}.")),
                    ..wrong("range", text)
                }
            })
        }
        Wanted::Flag => flag(value),
        Wanted::Numbers(wanted) => numbers(wanted, value).map(Checked::Numbers),
        _ => {
            let text = text(value)?;
            checked_text(wanted, text)?;
            Ok(Checked::Text(text.to_owned()))
        }
    }
}

fn checked_text(wanted: Wanted, text: &str) -> Result<(), Wrong> {
    let length = text.chars().count();
    match wanted {
        Wanted::Name => {
            let odd = |c: &char| !(c.is_ascii_alphanumeric() || "-_.".contains(*c));
            if let Some(odd) = text.chars().find(odd) {
                return Err(wrong("text", format!("A name holds no {odd:?}.")));
            }
            within(length, NAME_MAX, "A name")
        }
        Wanted::Words => {
            if let Some(odd) = text.chars().find(|c| c.is_control()) {
                return Err(wrong("text", format!("This text holds no {odd:?}.")));
            }
            within(length, WORDS_MAX, "This text")
        }
        Wanted::Path => {
            if text.contains('\0') {
                return Err(wrong("text", "A path holds no NUL character."));
            }
            within(text.len(), PATH_MAX, "A path")
        }
        Wanted::Header => {
            let odd = |c: &char| !(c.is_ascii_alphanumeric() || "-_".contains(*c));
            if let Some(odd) = text.chars().find(odd) {
                return Err(wrong("text", format!("A header name holds no {odd:?}.")));
            }
            within(length, WORDS_MAX, "A header name")
        }
        Wanted::Choice(words) if !words.contains(&text) => {
            let meant = suggest::nearest(text, words.iter().copied());
            Err(Wrong {
                suggestion: meant.map(|word| format!("Did you mean \"{word}\"?")),
                ..wrong("choice", format!("\"{text}\" is not known here."))
            })
        }
        Wanted::CountingOrders => text
            .parse::<CountingOrders>()
            .map(drop)
            .map_err(|said| wrong("orders", said)),
        Wanted::AddressOrNone(_) if text == "none" => Ok(()),
        Wanted::Address(kind) | Wanted::AddressOrNone(kind) => {
            address::check(text, kind).map_err(|said| wrong("address", said))
        }
        Wanted::LevelNumber if text == "sscc" => Ok(()),
        Wanted::Gtin | Wanted::LevelNumber => text
            .parse::<Gtin>()
            .map(drop)
            .map_err(|error| wrong("gtin", error.text)),
        Wanted::Sent(most, _) if text.len() > most => {
            let text = format!(
                "This text has {} bytes, at most {most} are allowed.",
                text.len()
            );
            Err(wrong("range", text))
        }
        Wanted::TypedKey => typed_key(text),
        Wanted::SsccPrefix => sscc_prefix(text),
        Wanted::CaptureUrl => capture_url(text),
        Wanted::Gln if text == "none" => Ok(()),
        Wanted::Gln => text
            .parse::<Gln>()
            .map(drop)
            .map_err(|error| wrong("gln", error.text)),
        Wanted::Grade => text
            .parse::<GradeMin>()
            .map(drop)
            .map_err(|said| wrong("grade", said)),
        _ => Ok(()),
    }
}

/// A key that can stand before a scan, or none: Enter and Tab stand behind it.
fn typed_key(text: &str) -> Result<(), Wrong> {
    let key = TypedKey::named(text);
    let right = matches!(key, Some(TypedKey::Character(_) | TypedKey::Function(_)));
    match text == "none" || right {
        true => Ok(()),
        false => Err(wrong(
            "choice",
            format!("{text:?} is no key before a scan."),
        )),
    }
}

/// Where a repository takes documents: scheme, host and path, and nothing that proves who we are.
fn capture_url(text: &str) -> Result<(), Wrong> {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let host = rest.map(|rest| rest.split('/').next().unwrap_or(""));
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    let right = host.is_some_and(|host| !host.is_empty()) && printable && !text.contains('#');
    match (
        text == "none" || right,
        host.is_some_and(|host| host.contains('@')),
    ) {
        (_, true) => Err(wrong(
            "address",
            "An address holds no name and password: put an Authorization header into header_file.",
        )),
        (true, false) => within(text.len(), PATH_MAX, "An address"),
        (false, false) => Err(wrong(
            "address",
            "https:// or http://, a host and the path of its capture resource are wanted, or \"none\".",
        )),
    }
}

/// An extension digit and a company prefix of 4 to 12 digits (General Specifications, 2.2.1), or none.
fn sscc_prefix(text: &str) -> Result<(), Wrong> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text == "none" || digits && (5..=13).contains(&text.len()) {
        true => Ok(()),
        false => Err(wrong(
            "sscc",
            "One extension digit and a company prefix of 4 to 12 digits are wanted, or \"none\".",
        )),
    }
}

fn within(length: usize, most: usize, what: &str) -> Result<(), Wrong> {
    match length {
        0 => Err(wrong("range", format!("{what} cannot be empty."))),
        n if n > most => Err(wrong(
            "range",
            format!("{what} has at most {most} characters, this one has {n}."),
        )),
        _ => Ok(()),
    }
}

fn whole(value: &DeValue<'_>) -> Result<i128, Wrong> {
    match value {
        DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix())
            .map_err(|_| wrong("range", "This number is too large.")),
        DeValue::Float(number) => Err(wrong_but(
            "type",
            format!("A whole number is wanted here, not {}.", number.as_str()),
            "Leave out the point; the key's name says the unit.",
        )),
        DeValue::String(text) => {
            let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
            let meant = match digits.parse::<u64>() {
                Ok(number) => format!("Write the number alone, without quotes and unit: {number}."),
                Err(_) => "Write a number without quotes.".to_owned(),
            };
            Err(wrong_but(
                "type",
                "A whole number is wanted here, not text.",
                meant,
            ))
        }
        other => Err(wrong(
            "type",
            format!("A whole number is wanted here, not {}.", said(other)),
        )),
    }
}

fn flag(value: &DeValue<'_>) -> Result<Checked, Wrong> {
    match value {
        DeValue::Boolean(flag) => Ok(Checked::Flag(*flag)),
        other => Err(wrong_but(
            "type",
            format!("true or false is wanted here, not {}.", said(other)),
            "Write true or false, without quotes.",
        )),
    }
}

/// All numbers of an inline table, in the order of `wanted`.
fn numbers(wanted: &[Number], value: &DeValue<'_>) -> Result<Option<Vec<f64>>, Wrong> {
    let table = match value {
        DeValue::String(text) if text.as_ref() == "none" => return Ok(None),
        DeValue::Table(table) => table,
        other => {
            let said = said(other);
            let text = format!("A table in braces is wanted here, or \"none\", not {said}.");
            return Err(wrong("type", text));
        }
    };
    for name in table.keys() {
        let known = wanted.iter().map(|one| one.name);
        if !known.clone().any(|known| known == name.get_ref().as_ref()) {
            let near = suggest::nearest(name.get_ref(), known);
            return Err(Wrong {
                suggestion: near.map(|near| format!("Did you mean `{near}`?")),
                ..wrong(
                    "unknown_key",
                    format!("There is no `{}` in this table.", name.get_ref()),
                )
            });
        }
    }
    let one = |one: &Number| {
        let given = table
            .iter()
            .find(|(name, _)| name.get_ref().as_ref() == one.name);
        let Some((_, given)) = given else {
            let text = format!("`{}` is missing in this table.", one.name);
            return Err(wrong("missing", text));
        };
        let number: Option<f64> = match given.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        };
        let Some(number) = number else {
            return Err(wrong("type", format!("`{}` must be a number.", one.name)));
        };
        match (one.least..=one.most).contains(&number) {
            true => Ok(number),
            // What is not a number comes here too.
            false => {
                let text = format!("`{}` cannot be {number}.", one.name);
                Err(wrong("range", text))
            }
        }
    };
    wanted.iter().map(one).collect::<Result<_, _>>().map(Some)
}

fn text<'v>(value: &'v DeValue<'_>) -> Result<&'v str, Wrong> {
    match value {
        DeValue::String(text) => Ok(text),
        DeValue::Integer(number) => Err(wrong_but(
            "type",
            "Text is wanted here, not a number.",
            format!("Put it in quotes: \"{}\".", number.as_str()),
        )),
        DeValue::Float(number) => Err(wrong_but(
            "type",
            "Text is wanted here, not a number.",
            format!("Put it in quotes: \"{}\".", number.as_str()),
        )),
        other => Err(wrong(
            "type",
            format!("Text in quotes is wanted here, not {}.", said(other)),
        )),
    }
}

fn said(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}
