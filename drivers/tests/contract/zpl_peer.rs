//! A ZPL printer in memory, written from the manual's examples, that misbehaves on demand.

use std::time::Duration;
use vidimus_drivers::Tick;
use vidimus_drivers::link::memory::{Act, Peer};

/// The device's side, with its faults; written from the manual's example, not from the driver.
#[derive(Default)]
pub struct Printer {
    pub heard: Vec<u8>,
    pub queue: u32,
    pub printed: Vec<String>,
    pub format: Option<String>,
    pub silent: bool,
    pub media_out: bool,
    /// Labels that `~JA` fails to remove at first.
    pub stubborn: u32,
    pub twice: bool,
    pub half: bool,
    pub late_ms: u64,
}

impl Printer {
    fn answer(&mut self, text: String) -> Vec<Act<Vec<u8>>> {
        if self.silent {
            return vec![];
        }
        let mut bytes = text.into_bytes();
        if self.half {
            bytes.truncate(bytes.len() / 2);
        }
        let after = Duration::from_millis(2 + self.late_ms);
        let times = if self.twice { 2 } else { 1 };
        (0..times).map(|_| Act::Say(after, bytes.clone())).collect()
    }

    fn label(&mut self, text: &str) {
        if let Some(rest) = text.strip_prefix("^XA^DFR:") {
            self.format = rest.split('.').next().map(String::from);
        } else if text.starts_with("^XA^XFR:") {
            match &self.format {
                Some(_) => self.printed.push(text.to_owned()),
                None => self.printed.push("BLANK".into()),
            }
            self.queue += 1;
        }
    }
}

impl Peer for Printer {
    type Hears = Vec<u8>;
    type Says = Vec<u8>;

    fn hear(&mut self, _now: Tick, heard: &Vec<u8>) -> Vec<Act<Vec<u8>>> {
        self.heard.extend_from_slice(heard);
        let text = String::from_utf8(std::mem::take(&mut self.heard)).unwrap();
        match text.as_str() {
            "~HI" => self.answer("\x02ZT411-300dpi,V92.21.16Z,12,8176KB\x03\r\n".into()),
            "~JA" => {
                self.queue = std::mem::take(&mut self.stubborn).min(self.queue);
                vec![]
            }
            "~HS" if self.media_out => vec![],
            "~HS" => {
                let queue = self.queue;
                self.answer(format!(
                    "\x02030,0,0,1245,{queue:03},0,0,0,000,0,0,0\x03\r\n\
                     \x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"
                ))
            }
            "~HQES" => {
                let bits = u32::from(self.media_out);
                self.answer(format!(
                    "\x02\r\n\r\n  PRINTER STATUS\r\n   ERRORS: {bits} 00000000 {bits:08X}\r\n   \
                     WARNINGS: 0 00000000 00000000\r\n\x03\r\n"
                ))
            }
            text => {
                for label in text.split_inclusive("^XZ") {
                    self.label(label);
                }
                vec![]
            }
        }
    }
}
