//! Readers in memory, one a family, and how their links and their words go wrong. Written from the manuals that the
//! families' files name, not from the driver.

use std::time::Duration;
use vidimus_drivers::Tick;
use vidimus_drivers::link::memory::{Act, Peer};
use vidimus_drivers::reader::config::ReaderConfig;
use vidimus_drivers::reader::{FAMILIES, family};

/// A family with the device that speaks it.
pub struct Make {
    /// As in `FAMILIES`; the folder of its transcripts.
    pub scheme: &'static str,
    /// Takes one command without what ends it, and says its answer.
    answer: fn(&mut Device, &str) -> Vec<u8>,
    /// What ends a command.
    end: &'static [u8],
    /// What stands around its reads out of the box.
    around: (&'static [u8], &'static [u8]),
    /// Out of the box, when it read nothing.
    pub no_read: &'static str,
    /// What another family's session calls it; empty where its words tell nobody.
    pub called: &'static str,
    /// It answers when its gate is opened.
    pub answers_trigger: bool,
}

pub const MAKES: &[Make] = &[
    Make {
        scheme: "dmcc",
        answer: dataman,
        end: b"\r\n",
        around: (b"", b"\r\n"),
        no_read: "NOREAD",
        called: "a Cognex DataMan reader",
        answers_trigger: true,
    },
    Make {
        scheme: "keyence",
        answer: keyence,
        end: b"\r",
        around: (b"", b"\r"),
        no_read: "ERROR",
        called: "a Keyence SR reader",
        answers_trigger: true,
    },
    Make {
        scheme: "sick",
        answer: sick,
        end: b"\x03",
        around: (b"\x02", b"\x03"),
        no_read: "NoRead",
        called: "a SICK reader",
        answers_trigger: true,
    },
    Make {
        scheme: "datalogic",
        answer: |_, _| Vec::new(),
        end: b"\n",
        around: (b"\x02", b"\r\n"),
        no_read: "\x18",
        called: "",
        answers_trigger: false,
    },
    Make {
        scheme: "text",
        answer: microscan,
        end: b">",
        around: (b"", b"\r\n"),
        no_read: "NOREAD",
        called: "a Microscan or Omron reader",
        answers_trigger: false,
    },
];

/// One reader.
pub struct Device {
    make: &'static Make,
    heard: Vec<u8>,
    /// DataMan: answers and reads have headers.
    extended: bool,
    /// Its gate, as it was moved.
    pub gate: Vec<bool>,
    /// Refuses to move its gate.
    pub refuses: bool,
    pub silent: bool,
    pub half: bool,
    pub twice: bool,
    pub late_ms: u64,
    /// Answers whatever is asked with this.
    pub stranger: Option<Vec<u8>>,
}

impl Device {
    pub fn new(scheme: &str) -> Device {
        let make = MAKES.iter().find(|make| make.scheme == scheme);
        Device {
            make: make.unwrap(),
            heard: Vec::new(),
            extended: false,
            gate: Vec::new(),
            refuses: false,
            silent: false,
            half: false,
            twice: false,
            late_ms: 0,
            stranger: None,
        }
    }

    /// The bytes of a read, in the form that it sends now.
    pub fn reads(&self, text: &str) -> Vec<u8> {
        if self.extended {
            let plain = [text.as_bytes(), b"\r\n"].concat();
            return format!("||0:0[1]{}\r\n", base64(&plain)).into_bytes();
        }
        let (before, after) = self.make.around;
        [before, text.as_bytes(), after].concat()
    }

    /// Takes bytes in any pieces and says its answers.
    pub fn listen(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.heard.extend(bytes);
        let mut answers = Vec::new();
        let end = self.make.end;
        while let Some(at) = self
            .heard
            .windows(end.len())
            .position(|window| window == end)
        {
            let rest = self.heard.split_off(at + end.len());
            let command = std::mem::replace(&mut self.heard, rest);
            let command = String::from_utf8_lossy(&command[..at]).into_owned();
            answers.push((self.make.answer)(self, &command));
        }
        answers.retain(|answer| !answer.is_empty());
        answers
    }
}

fn dataman(device: &mut Device, command: &str) -> Vec<u8> {
    let Some((header, words)) = command
        .strip_prefix("||")
        .and_then(|rest| rest.split_once('>'))
    else {
        return Vec::new();
    };
    let (status, data) = match words {
        "SET COM.DMCC-RESPONSE 1" => {
            device.extended = true;
            (0, "")
        }
        "GET DEVICE.TYPE" => (0, "DM262"),
        "TRIGGER ON" | "TRIGGER OFF" if device.refuses => (105, ""),
        "TRIGGER ON" | "TRIGGER OFF" => {
            device.gate.push(words.ends_with("ON"));
            (0, "")
        }
        _ => (101, ""),
    };
    match device.extended {
        true => format!("||{header}[{status}]{data}\r\n").into_bytes(),
        false if data.is_empty() => Vec::new(),
        false => format!("{data}\r\n").into_bytes(),
    }
}

fn keyence(device: &mut Device, command: &str) -> Vec<u8> {
    let answer = match command.trim_start_matches('\n') {
        "KEYENCE" => "OK,KEYENCE,SR-2000W,1.12".to_owned(),
        command @ ("LON" | "LOFF") if device.refuses => format!("ER,{command},23"),
        command @ ("LON" | "LOFF") => {
            device.gate.push(command == "LON");
            format!("OK,{command}")
        }
        command => format!("ER,{command},00"),
    };
    format!("{answer}\r").into_bytes()
}

fn sick(device: &mut Device, command: &str) -> Vec<u8> {
    let Some((_, command)) = command.split_once('\x02') else {
        return Vec::new();
    };
    let answer = match command {
        "sRN DeviceIdent" => "sRA DeviceIdent A Lector64x  6 V2.4.0",
        "sMN mTCgateon" | "sMN mTCgateoff" if device.refuses => "sFA 4",
        "sMN mTCgateon" => {
            device.gate.push(true);
            "sAN mTCgateon 1"
        }
        "sMN mTCgateoff" => {
            device.gate.push(false);
            "sAN mTCgateoff 1"
        }
        _ => "sFA 3",
    };
    format!("\x02{answer}\x03").into_bytes()
}

fn microscan(_device: &mut Device, command: &str) -> Vec<u8> {
    match command.ends_with("<?") {
        true => b"<?/22>".to_vec(),
        false => Vec::new(),
    }
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let word = (0..3).fold(0u32, |word, at| {
            word << 8 | u32::from(*three.get(at).unwrap_or(&0))
        });
        for at in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * at)) as usize & 63];
            text.push(if at <= three.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    text
}

impl Peer for Device {
    type Hears = Vec<u8>;
    type Says = Vec<u8>;

    fn connected(&mut self, _now: Tick) -> Vec<Act<Vec<u8>>> {
        self.heard.clear();
        self.extended = false;
        Vec::new()
    }

    fn hear(&mut self, _now: Tick, heard: &Vec<u8>) -> Vec<Act<Vec<u8>>> {
        let mut answers = match &self.stranger {
            Some(says) => vec![says.clone()],
            None => self.listen(heard),
        };
        if self.silent {
            answers.clear();
        }
        if self.half {
            answers
                .iter_mut()
                .for_each(|answer| answer.truncate(answer.len() / 2));
        }
        let after = Duration::from_millis(2 + self.late_ms);
        let times = if self.twice { 2 } else { 1 };
        let said = answers.iter().flat_map(|answer| vec![answer; times]);
        said.map(|answer| Act::Say(after, answer.clone())).collect()
    }
}

/// As a reader of this family is out of the box.
pub fn config(scheme: &str) -> ReaderConfig {
    ReaderConfig::new(family(scheme).unwrap())
}

/// Every scheme of the driver's table.
pub fn schemes() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().map(|family| family.scheme)
}
