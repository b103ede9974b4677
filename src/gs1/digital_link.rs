//! GS1 Digital Link URIs: a primary key and its qualifiers in the path, other elements in the query. PURE.

use super::ai::Ai;
use super::dictionary::{AiEntry, Dictionary};
use super::elements::{Elements, Sequence};
use super::error::{Gs1Code, Gs1Error};
use super::parse::{Parser, check_len};
use super::uri::{UriPart, bytes, escape_uri, is_escaped};

/// Where GS1's own resolver is: the beginning of an address unless the caller has one of their own.
pub const RESOLVER: &str = "https://id.gs1.org";

/// Names that may stand for AIs in a path (GS1 Digital Link 1.1; later versions do without).
const NAMES: &[(&str, &str)] = &[
    ("sscc", "00"),
    ("gtin", "01"),
    ("lot", "10"),
    ("ser", "21"),
    ("cpv", "22"),
    ("gdti", "253"),
    ("glnx", "254"),
    ("gcn", "255"),
    ("ginc", "401"),
    ("gsin", "402"),
    ("gln", "414"),
    ("payTo", "415"),
    ("party", "417"),
    ("grai", "8003"),
    ("giai", "8004"),
    ("itip", "8006"),
    ("cpid", "8010"),
    ("cpsn", "8011"),
    ("gmn", "8013"),
    ("gsrnp", "8017"),
    ("gsrn", "8018"),
    ("srin", "8019"),
    ("refno", "8020"),
];

const GTIN_LEN: usize = 14;

const SCHEMES: [&str; 4] = ["https://", "http://", "HTTPS://", "HTTP://"];

/// Whether a text begins like an address that a Digital Link can be.
pub(super) fn is_address(text: &str) -> bool {
    SCHEMES.iter().any(|scheme| text.starts_with(scheme))
}

fn wrong<T>(code: Gs1Code, position: usize, text: &str) -> Result<T, Gs1Error> {
    Err(Gs1Error::new(code, position, text))
}

/// A stretch of the address with its position.
#[derive(Clone, Copy)]
struct Piece<'t> {
    text: &'t str,
    position: usize,
}

impl<'t> Piece<'t> {
    /// What stands before and behind the first `sign`.
    fn cut(self, sign: char) -> (Piece<'t>, Option<Piece<'t>>) {
        match self.text.split_once(sign) {
            None => (self, None),
            Some((before, behind)) => {
                let position = self.position + before.len() + sign.len_utf8();
                let behind = Piece {
                    text: behind,
                    position,
                };
                (
                    Piece {
                        text: before,
                        ..self
                    },
                    Some(behind),
                )
            }
        }
    }

    /// What stands before and behind the last slash.
    fn cut_last(self) -> Option<(Piece<'t>, Piece<'t>)> {
        let (before, behind) = self.text.rsplit_once('/')?;
        let position = self.position + before.len() + 1;
        let behind = Piece {
            text: behind,
            position,
        };
        Some((
            Piece {
                text: before,
                ..self
            },
            behind,
        ))
    }
}

impl Parser<'_> {
    /// Parses a web address with a primary key and its qualifiers in the path and other elements in the query.
    ///
    /// What stands in the path before the primary key, and parts of the query that are not called by a number, say
    /// nothing about GS1 and are passed over.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn digital_link<'t>(&self, input: &'t str) -> Result<Elements<'t>, Gs1Error> {
        check_len(input)?;
        let mut elements = Elements::of(input);
        self.link(&mut elements, input, 0)?;
        self.finish(&elements, input)?;
        Ok(elements)
    }

    /// The address that begins at `start` of the input.
    pub(super) fn link(
        &self,
        elements: &mut Elements,
        input: &str,
        start: usize,
    ) -> Result<(), Gs1Error> {
        let (path, query) = take_apart(input, start)?;
        let mut rest = path;
        // From the right, up to the last primary key.
        let (key, entry) = loop {
            let pair = rest.cut_last().and_then(|(before, _)| before.cut_last());
            let found =
                pair.and_then(|(before, name)| Some((before, name, self.named(name.text)?)));
            let Some((before, name, entry)) = found else {
                let text =
                    "The path of this address has no primary key of GS1, such as /01/ with a GTIN.";
                return wrong(Gs1Code::NoLinkKey, path.position, text);
            };
            if entry.link_key.is_some() {
                break (name.position, entry);
            }
            rest = before;
        };
        let shift = key - path.position;
        let pairs = Piece {
            text: &path.text[shift..],
            position: key,
        };
        self.link_path(elements, pairs, entry)?;
        elements.end_path();
        self.link_query(elements, query, entry)
    }

    /// The entry of an AI in the path, by its digits or, where allowed, its name.
    fn named(&self, name: &str) -> Option<&AiEntry> {
        let by_name = NAMES
            .iter()
            .find(|(known, _)| self.options.names && *known == name);
        self.dictionary.get(by_name.map_or(name, |(_, ai)| ai))
    }

    /// The primary key and its qualifiers.
    fn link_path(
        &self,
        elements: &mut Elements,
        path: Piece,
        key: &AiEntry,
    ) -> Result<(), Gs1Error> {
        let mut next = Some(path);
        while let Some(piece) = next {
            let (name, behind) = piece.cut('/');
            let (Some(entry), Some(behind)) = (self.named(name.text), behind) else {
                unreachable!("the path was walked from the right in pairs of known AIs and values")
            };
            let (value, rest) = behind.cut('/');
            if value.text.is_empty() {
                return wrong(
                    Gs1Code::NoValue,
                    value.position,
                    "This element of the path has no value.",
                );
            }
            let place = elements.len();
            self.link_value(
                elements,
                (entry.ai, entry),
                name.position,
                value,
                UriPart::Path,
            )?;
            let qualifiers = || elements.slots().iter().skip(1).map(|slot| slot.ai);
            let sequences = key.link_key.iter().flatten();
            if place > 0
                && !sequences
                    .clone()
                    .any(|allowed| is_part(qualifiers(), allowed))
            {
                let text = format!("{:?} may not stand here behind {:?}.", entry.ai, key.ai);
                return wrong(Gs1Code::LinkPlace, name.position, &text);
            }
            next = rest;
        }
        Ok(())
    }

    fn link_query(
        &self,
        elements: &mut Elements,
        query: Option<Piece>,
        key: &AiEntry,
    ) -> Result<(), Gs1Error> {
        let in_path = elements.len();
        let mut next = query;
        while let Some(piece) = next {
            let (attribute, rest) = piece.cut('&');
            next = rest;
            let (name, Some(value)) = attribute.cut('=') else {
                continue;
            };
            if name.text.is_empty() || !name.text.bytes().all(|byte| byte.is_ascii_digit()) {
                continue;
            }
            let Some((ai, entry)) = Ai::new(name.text.as_bytes()).and_then(|ai| self.known(ai))
            else {
                let text = "This application identifier is not known.";
                return wrong(Gs1Code::UnknownAi, name.position, text);
            };
            let known = self.dictionary.find(ai).is_some();
            if value.text.is_empty() {
                return wrong(
                    Gs1Code::NoValue,
                    value.position,
                    "This element of the query has no value.",
                );
            }
            if elements.slots().iter().any(|slot| slot.ai == ai) {
                return wrong(
                    Gs1Code::RepeatedElement,
                    name.position,
                    &format!("{ai:?} stands here twice."),
                );
            }
            let qualifiers = || elements.slots()[1..in_path].iter().map(|slot| slot.ai);
            let sequences = key.link_key.iter().flatten();
            let belongs =
                |allowed: &Vec<Ai>| qualifiers().chain([ai]).all(|one| allowed.contains(&one));
            if sequences.clone().any(belongs) {
                let text = format!("{ai:?} belongs into the path, behind {:?}.", key.ai);
                return wrong(Gs1Code::LinkPlace, name.position, &text);
            }
            if !(entry.link_attribute || !known && self.options.unknown_attributes) {
                let text = format!("{ai:?} may not stand in the query.");
                return wrong(Gs1Code::LinkPlace, name.position, &text);
            }
            self.link_value(elements, (ai, entry), name.position, value, UriPart::Query)?;
        }
        Ok(())
    }

    fn link_value(
        &self,
        elements: &mut Elements,
        (ai, entry): (Ai, &AiEntry),
        position: usize,
        value: Piece,
        part: UriPart,
    ) -> Result<(), Gs1Error> {
        let short = self.options.zero_suppressed_gtins
            && ai.as_str() == "01"
            && [8, 12, 13].contains(&value.text.len())
            && value.text.bytes().all(|byte| byte.is_ascii_digit());
        if !short && !is_escaped(value.text, part) {
            return self.push_written(
                elements,
                (ai, entry),
                position,
                value.position,
                value.text.as_bytes(),
            );
        }
        let decoded: Vec<u8> = bytes(value.text, part).map(|(_, byte)| byte).collect();
        let padding = if short { GTIN_LEN - decoded.len() } else { 0 };
        let place = |offset: usize| {
            let found = bytes(value.text, part).nth(offset.saturating_sub(padding));
            value.position + found.map_or(value.text.len(), |(place, _)| place)
        };
        let decoded = [vec![b'0'; padding], decoded].concat();
        self.push_unwritten(elements, (ai, entry), position, &decoded, place)
    }
}

/// Path and query of an address. The path begins with its first slash, the fragment is dropped.
fn take_apart(input: &str, start: usize) -> Result<(Piece<'_>, Option<Piece<'_>>), Gs1Error> {
    let text = &input[start..];
    let Some(scheme) = SCHEMES.iter().find(|scheme| text.starts_with(**scheme)) else {
        let text = "A Digital Link begins with \"https://\" or \"http://\".";
        return wrong(Gs1Code::BadAddress, start, text);
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
    if let Some((at, _)) = text.char_indices().find(|(_, c)| !allowed(*c)) {
        let text = "This character may not stand in a web address as it is.";
        return wrong(Gs1Code::BadAddress, start + at, text);
    }
    let address = Piece {
        text: &text[scheme.len()..],
        position: start + scheme.len(),
    };
    let (address, _) = address.cut('#');
    let slash = address.text.find('/').filter(|slash| *slash > 0);
    let Some(slash) = slash else {
        let text = "A Digital Link has a host and a path.";
        return wrong(Gs1Code::BadAddress, address.position, text);
    };
    let (host, path) = address.text.split_at(slash);
    let in_host = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    if let Some(at) = host.find(|c| !in_host(c)) {
        let text = "This character may not stand in the name of a host.";
        return wrong(Gs1Code::BadAddress, address.position + at, text);
    }
    let path = Piece {
        text: path,
        position: address.position + slash,
    };
    Ok(path.cut('?'))
}

/// Whether `all` stand in `allowed` in this order.
fn is_part(all: impl Iterator<Item = Ai>, allowed: &[Ai]) -> bool {
    let mut left = allowed.iter();
    let mut all = all;
    all.all(|ai| left.any(|one| *one == ai))
}

/// How an address is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkStyle<'s> {
    /// What stands before the first slash of the path, or before a path of one's own.
    pub stem: &'s str,
    /// AIs the dictionary does not have may stand in the query.
    pub unknown_attributes: bool,
}

impl Default for LinkStyle<'_> {
    fn default() -> Self {
        LinkStyle {
            stem: RESOLVER,
            unknown_attributes: false,
        }
    }
}

/// The Digital Link URI of elements: the first primary key with as many of its qualifiers as fit one sequence, then the
/// rest in the query, those of predefined length first.
///
/// # Errors
/// There is no primary key, or an element that may stand neither in the path nor in the query. The position is that
/// of the element in the list, counted from 0.
pub fn digital_link(
    elements: &(impl Sequence + ?Sized),
    dictionary: &Dictionary,
    style: &LinkStyle,
) -> Result<String, Gs1Error> {
    let with_sequences = elements.parts().find_map(|part| {
        let sequences = dictionary.get(part.ai)?.link_key.as_ref()?;
        Some((part, sequences))
    });
    let Some((key, sequences)) = with_sequences else {
        let text = "A Digital Link needs a primary key, such as (01), (00) or (414).";
        return wrong(Gs1Code::NoLinkKey, 0, text);
    };
    let present = |ai: &&Ai| elements.value(ai.as_str()).is_some();
    let from_path = |ai: &Ai| {
        elements
            .parts()
            .any(|part| part.in_path && part.ai == ai.as_str())
    };
    let fits = |sequence: &&Vec<Ai>| {
        let came_so = sequence.iter().any(from_path);
        (came_so, sequence.iter().filter(present).count())
    };
    // The first of those that take most; what came from an address goes back to its place.
    let best = sequences.iter().rev().max_by_key(fits);
    let qualifiers: Vec<Ai> = best
        .into_iter()
        .flatten()
        .filter(present)
        .copied()
        .collect();
    let mut address = format!(
        "{}/{}/{}",
        style.stem.trim_end_matches('/'),
        key.ai,
        escape_uri(key.value, UriPart::Path)
    );
    for ai in &qualifiers {
        let value = elements.value(ai.as_str()).unwrap_or_default();
        address.extend(["/", ai.as_str(), "/", &escape_uri(value, UriPart::Path)]);
    }
    let in_path = |ai: &str| ai == key.ai || qualifiers.iter().any(|one| one.as_str() == ai);
    let mut sign = "?";
    for predefined in [true, false] {
        for (index, part) in elements.parts().enumerate() {
            let entry = dictionary.get(part.ai);
            let repeated = || {
                elements
                    .parts()
                    .take(index)
                    .any(|before| before.ai == part.ai)
            };
            if in_path(part.ai)
                || entry.is_some_and(|entry| entry.predefined) != predefined
                || repeated()
            {
                continue;
            }
            if !entry.map_or(style.unknown_attributes, |entry| entry.link_attribute) {
                let text = format!(
                    "({}) may stand neither in the path nor in the query of a Digital Link.",
                    part.ai
                );
                return wrong(Gs1Code::LinkPlace, index, &text);
            }
            address.extend([sign, part.ai, "=", &escape_uri(part.value, UriPart::Query)]);
            sign = "&";
        }
    }
    Ok(address)
}
