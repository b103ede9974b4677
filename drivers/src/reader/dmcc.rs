//! Cognex DataMan: DataMan Control Commands (DMCC) over Telnet or a serial line. PURE.
//!
//! Manual: Cognex, DataMan Communications and Programming Guide, chapter DMCC (editions 5.7 of 2017 and 24.1 of 2024),
//! and its on-line reference for DataMan Setup Tool 23.10. A command is `||CHECKSUM:ID>WORDS` CR LF, an answer
//! `||CHECKSUM:ID[STATUS]DATA` CR LF. Out of the box a reader is *silent*: what it answers has no header and looks like
//! a read. So `SET COM.DMCC-RESPONSE 1` (extended) is sent first; it is not saved. Then reads come as status 1 with
//! their text in base64; a text without header is a read as the reader's output format makes it (data and CR LF unless
//! changed).
//!
//! In doubt: whether the extended form holds for this connection alone or for all; whether every model sends reads in
//! base64 over Telnet (what is not base64 there is told as garbled, never guessed). The text for nothing read is what
//! somebody set; `NOREAD` is only our default. Counter: `%counter%`-like fields of Setup Tool's data formatting, with a
//! separator behind it.

use super::config::Framing;
use super::family::{Asked, Heard, Open, Order, Words, words};
use std::borrow::Cow;

/// The words of this family.
#[derive(Debug)]
pub(super) struct Dmcc;

const EXTENDED: &[u8] = b"||0:1>SET COM.DMCC-RESPONSE 1\r\n";
const WHO: &[u8] = b"||0:2>GET DEVICE.TYPE\r\n";
const ON: &[u8] = b"||0:3>TRIGGER ON\r\n";
const OFF: &[u8] = b"||0:4>TRIGGER OFF\r\n";
/// The status of a read.
const READ: u16 = 1;

impl Words for Dmcc {
    fn framing(&self) -> Framing {
        Framing::new("", "\r\n")
    }

    fn no_read(&self) -> &'static [u8] {
        b"NOREAD"
    }

    fn greeting(&self) -> Order {
        Cow::Borrowed(EXTENDED)
    }

    fn question(&self, _framing: &Framing) -> Option<Order> {
        Some(Cow::Borrowed(WHO))
    }

    fn asks(&self) -> bool {
        true
    }

    fn trigger(&self, on: bool, _framing: &Framing) -> Option<Order> {
        Some(Cow::Borrowed(if on { ON } else { OFF }))
    }

    fn reserves(&self, held: &[u8]) -> bool {
        held.starts_with(b"||") || held == b"|"
    }

    fn hear(&self, held: &[u8], _framing: &Framing, open: Open) -> Option<Heard> {
        let said = held.strip_suffix(b"\r\n")?.strip_prefix(b"||")?;
        Some(answer(said, open).unwrap_or(Heard::Garbled))
    }
}

/// `CHECKSUM:ID[STATUS]DATA`; checksum and id may be missing.
fn answer(said: &[u8], open: Open) -> Option<Heard> {
    let (header, rest) = split(said, b'[')?;
    let (status, data) = split(rest, b']')?;
    let status: u16 = number(status)?;
    let id: u16 = match split(header, b':') {
        Some((b"0", id)) => number(id)?,
        // A checksum was not asked for.
        Some(_) => return None,
        None => 0,
    };
    if status == READ {
        return base64(data).map(Heard::Read);
    }
    let asked = match id {
        2 if open.asked => Asked::Identity,
        3 if open.trigger_on => Asked::TriggerOn,
        4 if open.trigger_off => Asked::TriggerOff,
        _ => return Some(Heard::Stale),
    };
    Some(match (status, asked) {
        (0, Asked::Identity) => Heard::Identity {
            model: words(data.trim_ascii()),
            firmware: String::new(),
        },
        (0, asked) => Heard::Accepted(asked),
        (status, asked) => {
            Heard::Refused(asked, format!("DMCC status {status}, {}", reason(status)))
        }
    })
}

fn reason(status: u16) -> &'static str {
    match status {
        101 => "command invalid",
        102 => "parameter invalid",
        103 => "checksum incorrect",
        104 => "rejected in this state of the reader",
        105 => "reader unavailable",
        _ => "no reason given",
    }
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|byte| *byte == at)?;
    Some((&text[..place], &text[place + 1..]))
}

fn number(text: &[u8]) -> Option<u16> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(text).ok()?.parse().ok())?
}

/// Base64 (RFC 2045, with line breaks taken out); `None` when it is none.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !b"\r\n".contains(byte))
        .collect();
    let data = text
        .strip_suffix(b"==")
        .or(text.strip_suffix(b"="))
        .unwrap_or(&text);
    if !text.len().is_multiple_of(4) || data.len() % 4 == 1 {
        return None;
    }
    let (mut bits, mut count, mut bytes) = (0u32, 0, Vec::with_capacity(data.len()));
    for byte in data {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count).to_be_bytes()[3]);
            bits &= (1 << count) - 1;
        }
    }
    // Bits that are left over say nothing: they are zero.
    (bits == 0).then_some(bytes)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn base64_is_read_and_what_is_none_is_refused() {
        // RFC 4648, chapter 10.
        for (text, plain) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"),
            ("Zm9v\r\nYmFy", "foobar"),
        ] {
            assert_eq!(
                base64(text.as_bytes()).as_deref(),
                Some(plain.as_bytes()),
                "{text}"
            );
        }
        let all: Vec<u8> = (0..=255).collect();
        let coded = "AAECAwQFBgcICQoLDA0ODw==";
        assert_eq!(base64(coded.as_bytes()).unwrap(), all[..16]);
        assert_eq!(base64(b"/+79/A==").unwrap(), [0xff, 0xee, 0xfd, 0xfc]);
        for text in [
            "Z", "Zg", "Zg=", "Zh==", "Z=g=", "Zm9v=", "Zm9\x1d", "====", "]d2",
        ] {
            assert_eq!(base64(text.as_bytes()), None, "{text}");
        }
    }
}
