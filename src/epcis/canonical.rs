//! The one web address that stands for an identifier of GS1, whatever it was written as (CBV 2.0, 8.9.2). PURE.

use super::identifier::{Identifier, IdentifierStyle, Key, parser};
use crate::gs1::{Dictionary, Element, LinkStyle, digital_link, fields};

/// How a URN becomes a key: scheme behind `urn:epc:`, AI, digits of prefix and reference together with whether a check
/// digit follows them, what stands before them, and the AI of what follows.
struct Scheme {
    start: &'static str,
    ai: &'static str,
    checked: bool,
    before: &'static str,
    /// The AI of the serial; none where it belongs to the key itself.
    serial: Option<&'static str>,
}

const fn scheme(
    start: &'static str,
    ai: &'static str,
    checked: bool,
    before: &'static str,
    serial: Option<&'static str>,
) -> Scheme {
    Scheme {
        start,
        ai,
        checked,
        before,
        serial,
    }
}

const SCHEMES: &[Scheme] = &[
    scheme("id:grai:", "8003", true, "0", None),
    scheme("idpat:grai:", "8003", true, "0", None),
    scheme("id:gdti:", "253", true, "", None),
    scheme("idpat:gdti:", "253", true, "", None),
    scheme("id:sgcn:", "255", true, "", None),
    scheme("idpat:sgcn:", "255", true, "", None),
    scheme("id:gsrn:", "8018", true, "", None),
    scheme("id:gsrnp:", "8017", true, "", None),
    scheme("id:gsin:", "402", true, "", None),
    scheme("id:giai:", "8004", false, "", None),
    scheme("id:ginc:", "401", false, "", None),
    scheme("id:cpi:", "8010", false, "", Some("8011")),
    scheme("idpat:cpi:", "8010", false, "", Some("8011")),
];

/// The address; a URI that is no identifier of GS1 stays as it is.
pub(super) fn address(id: &Identifier) -> String {
    let links = IdentifierStyle {
        links: true,
        prefix_len: None,
    };
    let uri = match &id.key {
        Key::Other(uri) => other(uri).unwrap_or_else(|| uri.clone()),
        _ => id.uri(links),
    };
    // The standard's own tool leaves these three as they are.
    match uri.starts_with("https://id.gs1.org/") {
        true => uri
            .replace("%27", "'")
            .replace("%3B", ";")
            .replace("%3D", "="),
        false => uri,
    }
}

/// The address of any text that may be an identifier.
pub(super) fn address_of(text: &str) -> String {
    match Identifier::parse(text) {
        Ok(id) => address(&id),
        Err(_) => text.to_owned(),
    }
}

fn other(uri: &str) -> Option<String> {
    match uri.strip_prefix("urn:epc:") {
        Some(rest) => urn(rest),
        None => {
            let elements = parser().digital_link(uri).ok()?;
            digital_link(&elements, Dictionary::built_in(), &LinkStyle::default()).ok()
        }
    }
}

fn urn(rest: &str) -> Option<String> {
    let itip = rest
        .strip_prefix("id:itip:")
        .or_else(|| rest.strip_prefix("idpat:itip:"));
    if let Some(body) = itip {
        let parts: Vec<&str> = body.split('.').collect();
        let [prefix, item, piece, total, serial] = parts[..] else {
            return None;
        };
        let key = format!("{}{piece}{total}", trade_item(prefix, item)?);
        return link(&[("8006", key), ("21", serial.to_owned())]);
    }
    if let Some(body) = rest.strip_prefix("id:upui:") {
        let parts: Vec<&str> = body.splitn(3, '.').collect();
        let [prefix, item, serial] = parts[..] else {
            return None;
        };
        return link(&[
            ("01", trade_item(prefix, item)?),
            ("235", serial.to_owned()),
        ]);
    }
    let scheme = SCHEMES
        .iter()
        .find(|scheme| rest.starts_with(scheme.start))?;
    let mut parts = rest[scheme.start.len()..].splitn(3, '.');
    let (prefix, reference) = (parts.next()?, parts.next()?);
    let serial = parts.next().filter(|serial| *serial != "*");
    let mut key = format!("{prefix}{reference}");
    if scheme.checked {
        if !key.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        key.push(char::from(fields::check_digit(key.as_bytes())));
    }
    let mut elements = vec![(scheme.ai, format!("{}{key}", scheme.before))];
    match (scheme.serial, serial) {
        (Some(ai), Some(serial)) => elements.push((ai, serial.to_owned())),
        (None, Some(serial)) => elements[0].1.push_str(serial),
        (_, None) => {}
    }
    link(&elements)
}

/// The GTIN behind prefix and item reference of a URN.
fn trade_item(prefix: &str, item: &str) -> Option<String> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(prefix) || !digits(item) {
        return None;
    }
    let (indicator, rest) = item.split_at(1);
    let mut gtin = format!("{indicator}{prefix}{rest}");
    gtin.push(char::from(fields::check_digit(gtin.as_bytes())));
    Some(gtin)
}

/// Escapes of a URN are undone before the address has its own.
fn link(elements: &[(&str, String)]) -> Option<String> {
    let plain = |text: &str| {
        String::from_utf8(crate::gs1::unescape_uri(text, crate::gs1::UriPart::Path)).ok()
    };
    let elements = elements.iter().filter(|(_, value)| value != "*");
    let elements = elements.map(|(ai, value)| Some(Element::new(*ai, plain(value)?)));
    let elements: Option<Vec<Element>> = elements.collect();
    digital_link(&elements?, Dictionary::built_in(), &LinkStyle::default()).ok()
}
