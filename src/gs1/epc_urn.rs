//! EPC URNs of packs, logistic units, lots and places (EPC Tag Data Standard, 6 and 12). PURE.
//!
//! A URN parts a key behind the company prefix, which a key does not show: whoever writes one says how long the prefix
//! is. The check digit is left out, the digit before the prefix moves behind it.

use super::elements::{Elements, Sequence};
use super::error::{Gs1Code, Gs1Error};
use super::fields::check_digit;
use super::parse::{Parser, check_len};
use super::uri::{UriPart, bytes};
use std::ops::RangeInclusive;

/// Digits of a company prefix.
pub const COMPANY_PREFIX_LEN: RangeInclusive<usize> = 6..=12;

/// Stands in the place of a GLN's extension where there is none.
const NO_EXTENSION: &str = "0";

/// A kind of URN.
struct Scheme {
    start: &'static str,
    key: &'static str,
    /// Digits of the key without its check digit.
    digits: usize,
    /// The key's first digit stands before the prefix.
    leading: bool,
    /// The AI of what follows the key.
    tail: Option<&'static str>,
}

const SCHEMES: [Scheme; 4] = [
    Scheme {
        start: "urn:epc:id:sgtin:",
        key: "01",
        digits: 13,
        leading: true,
        tail: Some("21"),
    },
    Scheme {
        start: "urn:epc:class:lgtin:",
        key: "01",
        digits: 13,
        leading: true,
        tail: Some("10"),
    },
    Scheme {
        start: "urn:epc:id:sscc:",
        key: "00",
        digits: 17,
        leading: true,
        tail: None,
    },
    Scheme {
        start: "urn:epc:id:sgln:",
        key: "414",
        digits: 12,
        leading: false,
        tail: Some("254"),
    },
];

fn wrong<T>(position: usize, text: impl Into<String>) -> Result<T, Gs1Error> {
    Err(Gs1Error::new(Gs1Code::BadUrn, position, text))
}

impl Parser<'_> {
    /// Parses a URN of the schemes `sgtin`, `lgtin`, `sscc` and `sgln`.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn epc_urn<'t>(&self, input: &'t str) -> Result<Elements<'t>, Gs1Error> {
        check_len(input)?;
        let mut elements = Elements::of(input);
        let Some(scheme) = SCHEMES
            .iter()
            .find(|scheme| input.starts_with(scheme.start))
        else {
            return wrong(
                0,
                "An EPC URN begins with urn:epc:id:sgtin:, urn:epc:class:lgtin:, urn:epc:id:sscc: or \
                             urn:epc:id:sgln:.",
            );
        };
        let start = scheme.start.len();
        let prefix_len = input[start..].find('.').unwrap_or(input.len() - start);
        let reference = (start + prefix_len + 1).min(input.len());
        let end = match scheme.tail {
            Some(_) => input[reference..]
                .find('.')
                .map_or(input.len(), |len| reference + len),
            None => input.len(),
        };
        let (prefix, rest) = (&input[start..start + prefix_len], &input[reference..end]);
        if let Some(at) = input[start..end].find(|c: char| !c.is_ascii_digit() && c != '.') {
            return wrong(start + at, "Company prefix and reference are digits.");
        }
        if !COMPANY_PREFIX_LEN.contains(&prefix.len()) {
            return wrong(start, "A company prefix has 6 to 12 digits.");
        }
        if let Some(dot) = rest.find('.') {
            return wrong(reference + dot, "Nothing follows the reference of an SSCC.");
        }
        if prefix.len() + rest.len() != scheme.digits {
            let text = format!(
                "Company prefix and reference have {} digits together.",
                scheme.digits
            );
            return wrong(end, text);
        }
        let (first, rest) = rest.split_at(usize::from(scheme.leading));
        let mut key = format!("{first}{prefix}{rest}");
        key.push(char::from(check_digit(key.as_bytes())));
        self.unwritten(&mut elements, scheme.key, start, key.as_bytes(), |_| start)?;
        if let Some(tail) = scheme.tail {
            self.urn_tail(&mut elements, input, end, tail)?;
        }
        self.finish(&elements, input)?;
        Ok(elements)
    }

    fn urn_tail(
        &self,
        elements: &mut Elements,
        input: &str,
        dot: usize,
        ai: &str,
    ) -> Result<(), Gs1Error> {
        let start = dot + 1;
        let Some(written) = input.get(start..).filter(|written| !written.is_empty()) else {
            return wrong(
                input.len(),
                format!("The value of ({ai}) is missing at the end."),
            );
        };
        if ai == "254" && written == NO_EXTENSION {
            return Ok(());
        }
        let bare = |byte: u8| byte.is_ascii_alphanumeric() || b"!'()*+,-.:;=_".contains(&byte);
        let mut value = Vec::new();
        for (at, byte) in bytes(written, UriPart::Path) {
            let found = written.as_bytes()[at];
            if !bare(found) && (found != b'%' || byte == b'%' && !written[at..].starts_with("%25"))
            {
                return wrong(start + at, "This character is escaped in a URN, as in %2F.");
            }
            value.push(byte);
        }
        let place = |offset: usize| {
            let found = bytes(written, UriPart::Path).nth(offset);
            start + found.map_or(written.len(), |(at, _)| at)
        };
        self.unwritten(elements, ai, start, &value, place)
    }
}

/// The EPC URN of elements, whose company prefix has so many digits: `sgtin` for (01) with (21), `lgtin` for (01) with
/// (10) alone, `sscc` for (00), `sgln` for (414).
///
/// # Errors
/// The prefix is not 6 to 12 digits long, or the elements are none of these. The position means nothing.
pub fn epc_urn(elements: &(impl Sequence + ?Sized), prefix_len: usize) -> Result<String, Gs1Error> {
    if !COMPANY_PREFIX_LEN.contains(&prefix_len) {
        return wrong(0, "A company prefix has 6 to 12 digits.");
    }
    let complete = |scheme: &&Scheme| {
        let tail = scheme
            .tail
            .is_none_or(|tail| tail == "254" || elements.value(tail).is_some());
        elements
            .value(scheme.key)
            .is_some_and(|key| key.len() == scheme.digits + 1)
            && tail
    };
    let Some(scheme) = SCHEMES.iter().find(complete) else {
        return wrong(
            0,
            "An EPC URN needs (01) with (21) or (10), or (00), or (414).",
        );
    };
    let key = &elements.value(scheme.key).unwrap_or_default()[..scheme.digits];
    let (first, rest) = key.split_at(usize::from(scheme.leading));
    let (prefix, rest) = rest.split_at(prefix_len);
    let mut urn = format!("{}{prefix}.{first}{rest}", scheme.start);
    if let Some(tail) = scheme.tail {
        urn.push('.');
        match elements.value(tail) {
            None => urn.push_str(NO_EXTENSION),
            Some(NO_EXTENSION) if tail == "254" => {
                return wrong(
                    0,
                    "The extension 0 cannot be written in a URN, where it stands for none.",
                );
            }
            Some(value) => urn.extend(value.chars().map(escaped)),
        }
    }
    Ok(urn)
}

/// A character as it stands in a URN.
fn escaped(c: char) -> std::borrow::Cow<'static, str> {
    match c {
        '"' => "%22".into(),
        '%' => "%25".into(),
        '&' => "%26".into(),
        '/' => "%2F".into(),
        '<' => "%3C".into(),
        '>' => "%3E".into(),
        '?' => "%3F".into(),
        other => other.to_string().into(),
    }
}
