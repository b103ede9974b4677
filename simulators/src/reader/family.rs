//! How readers of each family answer commands and what stands around their reads. PURE.
//!
//! Manuals: Cognex, DataMan Communications and Programming Guide (chapter DMCC); Keyence, SR-750 Series User's Manual
//! (chapter 8); SICK, telegram listings in CoLa A (`sRN`, `sMN`, `sFA`); Datalogic, Matrix N Family Host Mode
//! Programming; Omron, MicroHAWK User Manual (appendices H and M). The device's side of what `docs/readers.md` tells,
//! with the same doubts.

use super::Setup;
use std::fmt;

/// What a command did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// What it says to that; empty when it says nothing.
    pub answer: Vec<u8>,
    /// Its gate is opened or shut.
    pub gate: Option<bool>,
    /// From now on reads go out in an envelope.
    pub envelopes: bool,
}

/// A family of readers.
pub struct Family {
    /// The name that an address begins with.
    pub name: &'static str,
    /// Before each text, out of the box.
    pub prefix: &'static [u8],
    /// After each text, out of the box.
    pub suffix: &'static [u8],
    /// What it says when it read nothing, out of the box.
    pub no_read: &'static str,
    /// What ends a command.
    pub command_end: &'static [u8],
    /// Takes one command with its end.
    pub obey: fn(&Setup, &[u8], bool) -> Told,
    /// Puts a read into the envelope.
    pub envelop: fn(&[u8]) -> Vec<u8>,
}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Family {
    fn eq(&self, other: &Family) -> bool {
        self.name == other.name
    }
}

impl Eq for Family {}

/// Every family.
pub static FAMILIES: &[Family] = &[
    Family {
        name: "dmcc",
        prefix: b"",
        suffix: b"\r\n",
        no_read: "NOREAD",
        command_end: b"\r\n",
        obey: dmcc,
        envelop: dmcc_read,
    },
    Family {
        name: "keyence",
        prefix: b"",
        suffix: b"\r",
        no_read: "ERROR",
        command_end: b"\r",
        obey: keyence,
        envelop: <[u8]>::to_vec,
    },
    Family {
        name: "sick",
        prefix: b"\x02",
        suffix: b"\x03",
        no_read: "NoRead",
        command_end: b"\x03",
        obey: sick,
        envelop: <[u8]>::to_vec,
    },
    Family {
        name: "datalogic",
        prefix: b"\x02",
        suffix: b"\r\n",
        no_read: "\x18",
        command_end: b"T",
        obey: trigger_word,
        envelop: <[u8]>::to_vec,
    },
    Family {
        name: "text",
        prefix: b"",
        suffix: b"\r\n",
        no_read: "NOREAD",
        command_end: b">",
        obey: microscan,
        envelop: <[u8]>::to_vec,
    },
];

impl Family {
    /// The family of this name.
    ///
    /// # Errors
    /// Says which there are.
    pub fn parse(name: &str) -> Result<&'static Family, String> {
        FAMILIES
            .iter()
            .find(|family| family.name == name)
            .ok_or_else(|| {
                let names: Vec<&str> = FAMILIES.iter().map(|family| family.name).collect();
                format!(
                    "'{name}' is no family of readers. Use one of {}.",
                    names.join(", ")
                )
            })
    }
}

/// DataMan: `||CHECKSUM:ID>WORDS` CR LF. Silent unless told otherwise: then answers have no header.
fn dmcc(_: &Setup, command: &[u8], extended: bool) -> Told {
    let text = String::from_utf8_lossy(command);
    let Some((header, words)) = text
        .trim_end()
        .strip_prefix("||")
        .and_then(|text| text.split_once('>'))
    else {
        return Told::default();
    };
    let words = words.to_ascii_uppercase();
    let (status, data, gate) = match words.split_whitespace().collect::<Vec<_>>()[..] {
        ["SET", "COM.DMCC-RESPONSE", "1"] => (0, "", None),
        ["GET", "DEVICE.TYPE"] => (0, "DM262", None),
        ["GET", "DEVICE.FIRMWARE-VER"] => (0, "5.7.0", None),
        ["TRIGGER", "ON"] => (0, "", Some(true)),
        ["TRIGGER", "OFF"] => (0, "", Some(false)),
        ["GET" | "SET", ..] => (102, "", None),
        _ => (101, "", None),
    };
    let envelopes = words == "SET COM.DMCC-RESPONSE 1";
    let answer = match extended || envelopes {
        true => format!("||{header}[{status}]{data}\r\n"),
        false if data.is_empty() => String::new(),
        false => format!("{data}\r\n"),
    };
    Told {
        answer: answer.into_bytes(),
        gate,
        envelopes,
    }
}

/// A read of a DataMan in extended mode: status 1, the text in base64.
fn dmcc_read(sent: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut read = b"||0:0[1]".to_vec();
    for group in sent.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (n, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let six = usize::try_from(bits >> shift & 0x3F).unwrap_or(0);
            read.push(if n > group.len() { b'=' } else { LETTERS[six] });
        }
    }
    read.extend(b"\r\n");
    read
}

/// Keyence: `COMMAND` CR; answered `OK,COMMAND…` or `ER,COMMAND,NN`.
fn keyence(_: &Setup, command: &[u8], _: bool) -> Told {
    let text = String::from_utf8_lossy(command);
    // ESC clears what came before; LF may follow a command.
    let command = text.trim().rsplit('\x1b').next().unwrap_or_default();
    let (answer, gate) = match command {
        "KEYENCE" => ("OK,KEYENCE,SR-2000W,1.12\r".to_owned(), None),
        "LON" => ("OK,LON\r".to_owned(), Some(true)),
        "LOFF" => ("OK,LOFF\r".to_owned(), Some(false)),
        other => (format!("ER,{other},00\r"), None),
    };
    Told {
        answer: answer.into_bytes(),
        gate,
        envelopes: false,
    }
}

/// SICK: telegrams between STX and ETX.
fn sick(_: &Setup, command: &[u8], _: bool) -> Told {
    let text = String::from_utf8_lossy(command);
    let Some((_, telegram)) = text.trim_end_matches('\x03').split_once('\x02') else {
        return Told::default();
    };
    let (answer, gate) = match telegram {
        "sRN DeviceIdent" => ("sRA DeviceIdent A Lector64x  6 V2.4.0", None),
        "sMN mTCgateon" => ("sAN mTCgateon 1", Some(true)),
        "sMN mTCgateoff" => ("sAN mTCgateoff 1", Some(false)),
        // Unknown method or variable.
        _ => ("sFA 3", None),
    };
    Told {
        answer: format!("\x02{answer}\x03").into_bytes(),
        gate,
        envelopes: false,
    }
}

/// Datalogic: the word that somebody set opens the gate; nothing is answered.
fn trigger_word(_: &Setup, _: &[u8], _: bool) -> Told {
    Told {
        gate: Some(true),
        ..Told::default()
    }
}

/// Microscan and Omron: `<?>` asks for the status byte, `< >` is the trigger that somebody set.
fn microscan(_: &Setup, command: &[u8], _: bool) -> Told {
    Told {
        answer: if command.ends_with(b"<?>") {
            b"<?/02>".to_vec()
        } else {
            Vec::new()
        },
        gate: command.ends_with(b"< >").then_some(true),
        envelopes: false,
    }
}
