//! Percent-encoding of values in web addresses. PURE.

use std::fmt::Write;

/// Where in an address a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UriPart {
    /// Between slashes.
    Path,
    /// Behind the question mark: a blank is written `+`.
    Query,
}

/// A text as it stands in an address: everything but letters, digits and `-._~` as `%XX`.
pub fn escape_uri(text: &str, part: UriPart) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' if part == UriPart::Query => escaped.push('+'),
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                escaped.push(char::from(byte))
            }
            byte => write!(escaped, "%{byte:02X}").expect("a string takes any text"),
        }
    }
    escaped
}

/// The bytes that a text in an address stands for. A percent sign without two hexadecimal digits behind it stands for
/// itself.
pub fn unescape_uri(text: &str, part: UriPart) -> Vec<u8> {
    bytes(text, part).map(|(_, byte)| byte).collect()
}

/// Whether an unescaped text differs from what is written.
pub(super) fn is_escaped(text: &str, part: UriPart) -> bool {
    text.contains('%') || (part == UriPart::Query && text.contains('+'))
}

/// The bytes a text stands for, each with its place.
pub(super) fn bytes(text: &str, part: UriPart) -> impl Iterator<Item = (usize, u8)> {
    let written = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let (place, byte) = (at, *written.get(at)?);
        let pair = || {
            let digit = |at: usize| char::from(*written.get(at)?).to_digit(16);
            Some((digit(at + 1)? * 16 + digit(at + 2)?) as u8)
        };
        let (len, byte) = match byte {
            b'%' => pair().map_or((1, byte), |byte| (3, byte)),
            b'+' if part == UriPart::Query => (1, b' '),
            byte => (1, byte),
        };
        at += len;
        Some((place, byte))
    })
}
