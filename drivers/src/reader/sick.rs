//! SICK Lector and CLV: CoLa A telegrams, and results in the same frames. PURE.
//!
//! Manuals: SICK, telegram listings of devices of the same command language (LMS4000, TiM781; 8027168 and 8024232 of
//! 2024), and four public programs for Lector, CLV and RFU readers for `mTCgateon`. A telegram stands between STX and
//! ETX. `sRN DeviceIdent` reads who it is; the answer is `sRA DeviceIdent N MODEL N VERSION`, where N is the length of
//! the text behind it in hexadecimal digits. `sMN mTCgateon` and `sMN mTCgateoff` open and close the reading gate;
//! `sAN mTCgateon 1` says yes. `sFA N` is an error. A result is what its output format makes it, between STX and ETX
//! unless changed; `NoRead` is the usual text for nothing read.
//!
//! In doubt: whether the answers come on the port of the results (2112) or only on the one for commands (2111); the
//! numbers of the errors for readers. Counter: a field of the output format, such as the number of the reading gate.

use super::config::Framing;
use super::family::{Asked, Heard, Open, Order, Words, words};
use std::borrow::Cow;

/// The words of this family.
#[derive(Debug)]
pub(super) struct Sick;

const STX: u8 = 0x02;
const ETX: u8 = 0x03;

impl Words for Sick {
    fn framing(&self) -> Framing {
        Framing::new([STX], [ETX])
    }

    fn no_read(&self) -> &'static [u8] {
        b"NoRead"
    }

    fn question(&self, _framing: &Framing) -> Option<Order> {
        Some(Cow::Borrowed(b"\x02sRN DeviceIdent\x03"))
    }

    fn asks(&self) -> bool {
        true
    }

    fn trigger(&self, on: bool, _framing: &Framing) -> Option<Order> {
        Some(Cow::Borrowed(match on {
            true => b"\x02sMN mTCgateon\x03",
            false => b"\x02sMN mTCgateoff\x03",
        }))
    }

    fn hear(&self, held: &[u8], _framing: &Framing, open: Open) -> Option<Heard> {
        let said = held.strip_prefix(&[STX])?.strip_suffix(&[ETX])?;
        if let Some(rest) = said.strip_prefix(b"sRA DeviceIdent ") {
            return open.asked.then(|| identity(rest));
        }
        if let Some(code) = said.strip_prefix(b"sFA ") {
            // It does not say which order it speaks of.
            let asked = match open {
                _ if open.trigger_on => Asked::TriggerOn,
                _ if open.trigger_off => Asked::TriggerOff,
                _ if open.identity => Asked::Identity,
                _ => return None,
            };
            return Some(Heard::Refused(asked, format!("sFA {}", words(code))));
        }
        let (word, stands, asked) = match said {
            [
                b's',
                b'A',
                b'N',
                b' ',
                b'm',
                b'T',
                b'C',
                b'g',
                b'a',
                b't',
                b'e',
                b'o',
                rest @ ..,
            ] => match rest {
                [b'n', rest @ ..] => (rest, open.trigger_on, Asked::TriggerOn),
                [b'f', b'f', rest @ ..] => (rest, open.trigger_off, Asked::TriggerOff),
                _ => return None,
            },
            _ => return None,
        };
        match (word, stands) {
            (b" 1" | b"", true) => Some(Heard::Accepted(asked)),
            (b" 0", true) => Some(Heard::Refused(asked, "sAN 0".to_owned())),
            _ => None,
        }
    }
}

/// `N MODEL N VERSION`; where the lengths do not fit, all of it is the model.
fn identity(said: &[u8]) -> Heard {
    let parts = counted(said).and_then(|(model, rest)| {
        let (firmware, rest) = counted(rest.strip_prefix(b" ")?)?;
        rest.is_empty().then_some((model, firmware))
    });
    let (model, firmware) = parts.unwrap_or((said, b""));
    Heard::Identity {
        model: words(model.trim_ascii()),
        firmware: words(firmware.trim_ascii()),
    }
}

/// A length in hexadecimal digits, a blank, so many bytes; and what follows.
fn counted(said: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = said.iter().take(5).position(|byte| *byte == b' ')?;
    let digits = std::str::from_utf8(&said[..blank]).ok()?;
    let length = usize::from_str_radix(digits, 16).ok()?;
    said[blank + 1..].split_at_checked(length)
}
