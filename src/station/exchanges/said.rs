//! An exchange in words that no terminal obeys. PURE.

use super::kept::{Exchange, Way, What};
use crate::wire::look::{ExchangeSeen, ExchangeWay};
use std::fmt::Write as _;
use vidimus_drivers::camera::PictureCoding;

/// Control characters by their ASCII names.
const CONTROLS: [&str; 32] = [
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR",
    "SO", "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC",
    "FS", "GS", "RS", "US",
];

/// An exchange that was at this wall clock, ms since 1970.
pub fn row(exchange: &Exchange, utc_ms: i64) -> ExchangeSeen {
    ExchangeSeen {
        utc_ms,
        way: match exchange.way {
            Way::Sent => ExchangeWay::Sent,
            Way::Heard => ExchangeWay::Heard,
            Way::Happened => ExchangeWay::Happened,
        },
        what: what(exchange),
        times: exchange.times,
    }
}

fn what(exchange: &Exchange) -> String {
    match &exchange.what {
        What::Bytes { kept, all } => {
            let text = escaped(kept);
            match *all > kept.len() {
                true => format!("{text}… {all} bytes"),
                false => text,
            }
        }
        What::Registers { address, kept, all } => {
            let did = match exchange.way {
                Way::Sent => "wrote",
                Way::Heard | Way::Happened => "read",
            };
            let mut text = format!("{did} {all} from {address}:");
            for word in kept {
                let _ = write!(text, " {word}");
            }
            if *all > kept.len() {
                text.push('…');
            }
            text
        }
        What::Picture {
            counter,
            coding,
            bytes,
        } => {
            let coding = match coding {
                PictureCoding::Jpeg => "JPEG",
                PictureCoding::Png => "PNG",
                PictureCoding::Pgm => "PGM",
            };
            let counter = counter.map_or(String::new(), |counter| format!(" {counter}"));
            format!("picture{counter}, {coding}, {bytes} bytes")
        }
        What::Fired => "fired".to_owned(),
        What::Words(words) => seen(words),
    }
}

/// Bytes as text: what can be seen as it is, controls by their names, everything else in hexadecimal.
pub fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b' '..=b'~' => text.push(char::from(*byte)),
            control @ 0..0x20 => {
                let _ = write!(text, "<{}>", CONTROLS[usize::from(*control)]);
            }
            other => {
                let _ = write!(text, "<{other:02X}>");
            }
        }
    }
    text
}

/// Words of a device as they may be shown.
fn seen(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for letter in words.chars() {
        match u8::try_from(letter) {
            Ok(byte) if letter.is_control() => text += &escaped(&[byte]),
            _ if letter.is_control() => text.push('\u{fffd}'),
            _ => text.push(letter),
        }
    }
    text
}
