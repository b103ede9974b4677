//! Keyence SR: commands and results as text. PURE.
//!
//! Manual: Keyence, SR-750 Series User's Manual (E SR-750 UM), chapter 8; the command `KEYENCE` as it is seen in public
//! programs for SR-700, SR-1000, SR-2000 and SR-X. A command ends with CR, or stands between STX and ETX; its answer
//! stands in the same. `OK,COMMAND…` says yes, `ER,COMMAND,NN` says no. `KEYENCE` is answered by
//! `OK,KEYENCE,MODEL,VERSION`. `LON` opens the reading gate, `LOFF` closes it; then comes the result, or `ERROR`.
//!
//! In doubt: whether `LON` is answered at all (a setting, and off in the SR-600 compatible mode), so its answer is not
//! waited for; the TCP port (9004 by default, from hearsay). While the maker's set-up program is connected every
//! command is answered with error 23. Counter: an appended field of the output format, such as the trigger count, put
//! first.

use super::config::Framing;
use super::family::{Asked, Heard, Open, Order, Words, words};
use std::borrow::Cow;

/// The words of this family.
#[derive(Debug)]
pub(super) struct Keyence;

const STX: u8 = 0x02;
const ETX: u8 = 0x03;

impl Words for Keyence {
    fn framing(&self) -> Framing {
        Framing::new("", "\r")
    }

    fn no_read(&self) -> &'static [u8] {
        b"ERROR"
    }

    fn question(&self, framing: &Framing) -> Option<Order> {
        Some(command("KEYENCE", framing))
    }

    fn asks(&self) -> bool {
        true
    }

    fn trigger(&self, on: bool, framing: &Framing) -> Option<Order> {
        Some(command(if on { "LON" } else { "LOFF" }, framing))
    }

    fn hear(&self, held: &[u8], framing: &Framing, open: Open) -> Option<Heard> {
        let said = match between(framing) {
            true => held.strip_prefix(&[STX])?.strip_suffix(&[ETX])?,
            false => held.strip_suffix(b"\r")?,
        };
        let mut fields = said.splitn(3, |byte| *byte == b',');
        let (yes, command, rest) = (fields.next()?, fields.next()?, fields.next());
        let asked = match command {
            b"KEYENCE" if open.asked => Asked::Identity,
            b"LON" if open.trigger_on => Asked::TriggerOn,
            b"LOFF" if open.trigger_off => Asked::TriggerOff,
            _ => return None,
        };
        match (yes, asked, rest) {
            (b"OK", Asked::Identity, Some(rest)) => {
                let mut fields = rest.splitn(2, |byte| *byte == b',');
                Some(Heard::Identity {
                    model: words(fields.next()?),
                    firmware: words(fields.next().unwrap_or_default()),
                })
            }
            (b"OK", Asked::TriggerOn | Asked::TriggerOff, None) => Some(Heard::Accepted(asked)),
            (b"ER", _, Some(code)) => Some(Heard::Refused(asked, reason(code))),
            _ => None,
        }
    }
}

/// Commands and answers stand between STX and ETX when results do.
fn between(framing: &Framing) -> bool {
    framing.prefix == [STX] && framing.suffix == [ETX]
}

fn command(word: &str, framing: &Framing) -> Order {
    Cow::Owned(match between(framing) {
        true => [&[STX], word.as_bytes(), &[ETX]].concat(),
        false => [word.as_bytes(), b"\r"].concat(),
    })
}

fn reason(code: &[u8]) -> String {
    match code {
        b"23" => {
            "error 23: another program, such as its set-up tool, holds it; close that".to_owned()
        }
        code => format!("error {}", words(code)),
    }
}
