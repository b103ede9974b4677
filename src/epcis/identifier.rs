//! Identifiers of things, classes, parties and places, as URN or as Digital Link, and the key behind both. PURE.

use crate::gs1::{
    Dictionary, Element, Elements, Gln, Gs1Code, Gtin, LinkStyle, Lot, Options, Parser, Part,
    Sequence, Sscc, digital_link, epc_urn,
};

/// What an identifier means, whatever it was written as.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// One trade item: (01) with (21).
    Sgtin {
        /// Of which product.
        gtin: Gtin,
        /// Its serial number.
        serial: String,
    },
    /// All of a lot: (01) with (10).
    Lgtin {
        /// Of which product.
        gtin: Gtin,
        /// The lot.
        lot: Lot,
    },
    /// All of a product.
    Gtin(Gtin),
    /// One logistic unit.
    Sscc(Sscc),
    /// A place: (414), with (254) where it is a part of one.
    Sgln {
        /// The place.
        gln: Gln,
        /// The part of it.
        extension: Option<String>,
    },
    /// A party: (417).
    Pgln(Gln),
    /// Any other URI, as it was written.
    Other(String),
}

impl Sequence for Key {
    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let (first, second) = match self {
            Key::Sgtin { gtin, serial } => {
                (Some(("01", gtin.as_str())), Some(("21", serial.as_str())))
            }
            Key::Lgtin { gtin, lot } => (Some(("01", gtin.as_str())), Some(("10", lot.as_str()))),
            Key::Gtin(gtin) => (Some(("01", gtin.as_str())), None),
            Key::Sscc(sscc) => (Some(("00", sscc.as_str())), None),
            Key::Sgln { gln, extension } => {
                let extension = extension.as_deref().map(|text| ("254", text));
                (Some(("414", gln.as_str())), extension)
            }
            Key::Pgln(gln) => (Some(("417", gln.as_str())), None),
            Key::Other(_) => (None, None),
        };
        [first, second]
            .into_iter()
            .flatten()
            .map(|(ai, value)| Part {
                ai,
                value,
                separated: false,
                composite: false,
                in_path: false,
            })
    }
}

/// An identifier: its key, and the length of the company prefix where it is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identifier {
    /// What it means.
    pub key: Key,
    /// Digits of the company prefix: a URN shows them, a Digital Link does not.
    pub prefix_len: Option<u8>,
}

/// How identifiers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IdentifierStyle {
    /// As Digital Links; else as EPC URNs wherever the length of the company prefix is known.
    pub links: bool,
    /// Digits of the company prefix, 6 to 12, where an identifier does not say.
    pub prefix_len: Option<u8>,
}

const WRITTEN_LEN_MAX: usize = 2_048;

impl Identifier {
    /// One trade item.
    pub fn sgtin(gtin: Gtin, serial: impl Into<String>, prefix_len: Option<u8>) -> Identifier {
        let serial = serial.into();
        let key = Key::Sgtin { gtin, serial };
        Identifier { key, prefix_len }
    }

    /// One logistic unit.
    pub fn sscc(sscc: Sscc, prefix_len: Option<u8>) -> Identifier {
        let key = Key::Sscc(sscc);
        Identifier { key, prefix_len }
    }

    /// All of a lot.
    pub fn lgtin(gtin: Gtin, lot: Lot, prefix_len: Option<u8>) -> Identifier {
        let key = Key::Lgtin { gtin, lot };
        Identifier { key, prefix_len }
    }

    /// A place, or a part of one.
    pub fn sgln(gln: Gln, extension: Option<String>, prefix_len: Option<u8>) -> Identifier {
        let key = Key::Sgln { gln, extension };
        Identifier { key, prefix_len }
    }

    /// Takes a URN, a Digital Link or any other URI.
    ///
    /// # Errors
    /// It is none, or one of GS1 with wrong digits; the sentence says what is wanted.
    pub fn parse(text: &str) -> Result<Identifier, String> {
        if text.len() > WRITTEN_LEN_MAX {
            return Err(format!("is longer than {WRITTEN_LEN_MAX} bytes"));
        }
        if let Some(rest) = text.strip_prefix("urn:epc:") {
            return urn(text, rest);
        }
        check_uri(text)?;
        if text.starts_with("https://") || text.starts_with("http://") {
            return link(text);
        }
        Ok(other(text))
    }

    /// Writes it as a URI. Where a URN is wanted and the length of the company prefix is not known, or the standard has
    /// no URN for it, a Digital Link stands in its place.
    pub fn uri(&self, style: IdentifierStyle) -> String {
        if let Key::Other(uri) = &self.key {
            return uri.clone();
        }
        let prefix_len = self
            .prefix_len
            .or(style.prefix_len)
            .filter(|_| !style.links);
        prefix_len
            .and_then(|len| self.urn(usize::from(len)))
            .unwrap_or_else(|| self.link())
    }

    /// Whether it is written as a Digital Link for want of the length of its company prefix.
    pub fn lacks_prefix(&self, style: IdentifierStyle) -> bool {
        !style.links
            && self.prefix_len.or(style.prefix_len).is_none()
            && !matches!(self.key, Key::Other(_))
    }

    fn urn(&self, prefix_len: usize) -> Option<String> {
        match &self.key {
            Key::Gtin(gtin) => {
                let serial = [Element::new("01", gtin.as_str()), Element::new("21", "0")];
                let urn = epc_urn(&serial[..], prefix_len).ok()?;
                let urn = urn.replacen("urn:epc:id:", "urn:epc:idpat:", 1);
                Some(urn.strip_suffix('0')?.to_owned() + "*")
            }
            Key::Pgln(gln) => {
                let place = epc_urn(&[Element::new("414", gln.as_str())][..], prefix_len).ok()?;
                let place = place.replacen(":sgln:", ":pgln:", 1);
                place.strip_suffix(".0").map(str::to_owned)
            }
            key => epc_urn(key, prefix_len).ok(),
        }
    }

    fn link(&self) -> String {
        digital_link(&self.key, Dictionary::built_in(), &LinkStyle::default())
            .expect("every key of GS1 has a link")
    }
}

fn other(text: &str) -> Identifier {
    Identifier {
        key: Key::Other(text.to_owned()),
        prefix_len: None,
    }
}

/// The key that elements begin with, if it is one of ours.
fn key_of(elements: &Elements) -> Option<Key> {
    let value = |ai| elements.value(ai);
    let first = elements
        .parts()
        .find(|part| ["00", "01", "414", "417"].contains(&part.ai))?;
    Some(match first.ai {
        "00" => Key::Sscc(first.value.parse().ok()?),
        "414" => Key::Sgln {
            gln: first.value.parse().ok()?,
            extension: value("254").map(str::to_owned),
        },
        "417" => Key::Pgln(first.value.parse().ok()?),
        // A consumer product variant or a serial given by somebody else makes it another thing.
        _ if value("22").is_some() || value("235").is_some() => return None,
        _ => {
            let gtin = first.value.parse().ok()?;
            match (value("21"), value("10")) {
                (Some(serial), _) => Key::Sgtin {
                    gtin,
                    serial: serial.to_owned(),
                },
                (None, Some(lot)) => Key::Lgtin {
                    gtin,
                    lot: lot.parse().ok()?,
                },
                (None, None) => Key::Gtin(gtin),
            }
        }
    })
}

/// Reads identifiers; Digital Links of version 1.1 may say `gtin` for `01`.
pub(super) fn parser() -> Parser<'static> {
    let options = Options {
        names: true,
        ..Options::default()
    };
    Parser::new(Dictionary::built_in()).with(options)
}

fn link(text: &str) -> Result<Identifier, String> {
    match parser().digital_link(text) {
        Ok(elements) => Ok(key_of(&elements).map_or_else(
            || other(text),
            |key| Identifier {
                key,
                prefix_len: None,
            },
        )),
        Err(error) if error.code == Gs1Code::NoLinkKey || error.code == Gs1Code::BadAddress => {
            Ok(other(text))
        }
        Err(error) => Err(format!(
            "is no right Digital Link: {} (at position {})",
            error.text.trim_end_matches('.'),
            error.position + 1
        )),
    }
}

/// Schemes of URNs that begin with a company prefix and a reference, and the digits both have together.
const DIGITS: &[(&str, usize)] = &[
    ("id:grai:", 12),
    ("id:gdti:", 12),
    ("id:gsrn:", 17),
    ("id:gsrnp:", 17),
    ("id:gsin:", 16),
    ("id:sgcn:", 12),
    ("id:itip:", 13),
    ("id:upui:", 13),
    ("class:upui:", 13),
    ("idpat:grai:", 12),
    ("idpat:gdti:", 12),
    ("idpat:itip:", 13),
    ("idpat:sgln:", 12),
    ("idpat:sscc:", 17),
    ("idpat:upui:", 13),
];

/// `rest` is what follows `urn:epc:`.
fn urn(text: &str, rest: &str) -> Result<Identifier, String> {
    let keyed = ["id:sgtin:", "class:lgtin:", "id:sscc:", "id:sgln:"];
    if let Some(scheme) = keyed.iter().find(|scheme| rest.starts_with(**scheme)) {
        return keyed_urn(text, &rest[scheme.len()..]);
    }
    if let Some(place) = rest.strip_prefix("id:pgln:") {
        let found = keyed_urn(&format!("urn:epc:id:sgln:{place}.0"), place)?;
        if let Key::Sgln {
            gln,
            extension: None,
        } = found.key
        {
            let key = Key::Pgln(gln);
            return Ok(Identifier { key, ..found });
        }
        return Err("is no right pgln: nothing follows the reference".to_owned());
    }
    if let Some(item) = rest
        .strip_prefix("idpat:sgtin:")
        .and_then(|item| item.strip_suffix(".*"))
        && !item.contains('*')
    {
        let found = keyed_urn(&format!("urn:epc:id:sgtin:{item}.0"), item)?;
        if let Key::Sgtin { gtin, .. } = found.key {
            let key = Key::Gtin(gtin);
            return Ok(Identifier { key, ..found });
        }
    }
    check_uri(text)?;
    for (scheme, digits) in DIGITS {
        if let Some(body) = rest.strip_prefix(scheme).filter(|body| !body.contains('*')) {
            let mut parts = body.split('.');
            let (prefix, reference) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
            let all = prefix.len() + reference.len();
            let right = all == *digits && (6..=12).contains(&prefix.len());
            if !right
                || !prefix
                    .bytes()
                    .chain(reference.bytes())
                    .all(|byte| byte.is_ascii_digit())
            {
                let scheme = scheme
                    .trim_end_matches(':')
                    .rsplit(':')
                    .next()
                    .unwrap_or("");
                return Err(format!(
                    "is no right {scheme}: company prefix and reference have {digits} digits together, not {all}"
                ));
            }
        }
    }
    Ok(other(text))
}

/// `body` is what follows the scheme, its company prefix first.
fn keyed_urn(text: &str, body: &str) -> Result<Identifier, String> {
    let elements = parser()
        .epc_urn(text)
        .map_err(|error| format!("is no right EPC URN: {}", error.text.trim_end_matches('.')))?;
    let prefix_len = body.find('.').and_then(|len| u8::try_from(len).ok());
    match key_of(&elements) {
        Some(key) => Ok(Identifier { key, prefix_len }),
        None => Ok(other(text)),
    }
}

/// Whether a text has the form of a URI (RFC 3986): a scheme, a colon, and characters that may stand there.
pub(super) fn check_uri(text: &str) -> Result<(), String> {
    let Some((scheme, rest)) = text.split_once(':') else {
        return Err("is no URI: a scheme such as \"urn:\" or \"https:\" is missing".to_owned());
    };
    let mut letters = scheme.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic());
    if !first || !letters.all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) || rest.is_empty()
    {
        return Err("is no URI: a scheme such as \"urn:\" or \"https:\" is missing".to_owned());
    }
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
        let allowed = byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(byte);
        let escape = *byte == b'%' && hex(at + 1) && hex(at + 2);
        if !allowed && !escape {
            return Err(format!(
                "is no URI: the character at position {} may not stand there as it is",
                at + 1
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod test {
    use super::*;

    const URN: IdentifierStyle = IdentifierStyle {
        links: false,
        prefix_len: None,
    };
    const LINK: IdentifierStyle = IdentifierStyle {
        links: true,
        prefix_len: None,
    };

    #[test]
    fn both_forms_mean_the_same_key_and_are_written_back() {
        for (urn, link) in [
            (
                "urn:epc:id:sgtin:9521234.054321.K7M2",
                "https://id.gs1.org/01/09521234543213/21/K7M2",
            ),
            (
                "urn:epc:id:sgtin:9521234.054321.A%2FB",
                "https://id.gs1.org/01/09521234543213/21/A%2FB",
            ),
            (
                "urn:epc:class:lgtin:9521234.054321.L1",
                "https://id.gs1.org/01/09521234543213/10/L1",
            ),
            (
                "urn:epc:idpat:sgtin:9521234.054321.*",
                "https://id.gs1.org/01/09521234543213",
            ),
            (
                "urn:epc:id:sscc:9521234.0000000017",
                "https://id.gs1.org/00/095212340000000174",
            ),
            (
                "urn:epc:id:sgln:9521234.00001.0",
                "https://id.gs1.org/414/9521234000013",
            ),
            (
                "urn:epc:id:sgln:9521234.00001.LINE1",
                "https://id.gs1.org/414/9521234000013/254/LINE1",
            ),
            (
                "urn:epc:id:pgln:9521234.00001",
                "https://id.gs1.org/417/9521234000013",
            ),
        ] {
            let (one, other) = (
                Identifier::parse(urn).expect(urn),
                Identifier::parse(link).expect(link),
            );
            assert_eq!(one.key, other.key, "{urn}");
            assert_eq!((one.prefix_len, other.prefix_len), (Some(7), None), "{urn}");
            assert_eq!(
                (one.uri(URN), one.uri(LINK)),
                (urn.to_owned(), link.to_owned())
            );
            assert_eq!(
                other.uri(URN),
                link,
                "without the length of the prefix there is no URN"
            );
            assert!(other.lacks_prefix(URN) && !one.lacks_prefix(URN));
            let given = IdentifierStyle {
                prefix_len: Some(7),
                ..URN
            };
            assert_eq!(other.uri(given), urn);
        }
    }

    #[test]
    fn other_uris_stay_as_they_are_and_what_is_wrong_is_named() {
        for text in [
            "urn:epc:id:gdti:9521234.00007.WO-4711",
            "urn:epcglobal:cbv:bt:5200001000008:4711",
            "http://transaction.acme.com/po/12345678",
            "urn:epc:id:giai:4000001.111",
            "https://id.gs1.org/8004/4000001111",
            "urn:epc:idpat:sgtin:4012345.*.*",
        ] {
            let found = Identifier::parse(text).expect(text);
            assert_eq!(
                (found.uri(URN), found.uri(LINK)),
                (text.to_owned(), text.to_owned())
            );
        }
        for (text, wanted) in [
            ("urn:epc:id:sgtin:9521234.54321.K7M2", "13 digits together"),
            ("urn:epc:id:sscc:9521234.000000017", "17 digits together"),
            ("urn:epc:id:sgln:9521234.000011.0", "12 digits together"),
            ("urn:epc:id:pgln:9521234.000011", "12 digits together"),
            ("urn:epc:idpat:sgtin:9521234.54321.*", "13 digits together"),
            (
                "urn:epc:id:gdti:9521234.0007.WO",
                "12 digits together, not 11",
            ),
            ("https://id.gs1.org/01/09521234543214/21/A", "check digit"),
            ("https://id.gs1.org/00/095212340000000175", "check digit"),
            ("no uri", "no URI"),
            ("K7M2Q9", "no URI"),
            ("urn:x:a b", "position 8"),
            ("urn:x:a%2", "position 8"),
            ("", "no URI"),
            (&format!("urn:x:{}", "y".repeat(3_000)), "longer than 2048"),
        ] {
            let why = Identifier::parse(text).expect_err(text);
            assert!(why.contains(wanted), "{text}: {why}");
        }
    }
}
