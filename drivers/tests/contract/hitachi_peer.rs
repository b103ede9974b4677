//! A Hitachi ink-jet printer in memory, written from its user manual's chapter on communications.

use super::device::{Device, State};

const STX: u8 = 0x02;
const ETX: u8 = 0x03;
const ENQ: u8 = 0x05;
const DLE: u8 = 0x10;
const ESC2: u8 = 0x1f;
const ACK: &[u8] = b"\x06";
const NAK: &[u8] = b"\x15";

#[derive(Default)]
pub struct Printer {
    state: State,
    heard: Vec<u8>,
    /// Printing was restarted since its buffer was cleared.
    is_started: bool,
}

impl Printer {
    /// Whether it takes a content now.
    fn is_ready(&self) -> bool {
        !self.state.media_out && !self.state.full
    }

    /// A whole frame: whether it takes it.
    fn takes(&mut self, frame: &[u8]) -> bool {
        match frame {
            [ESC2, 0x76] => {
                self.state.clear();
                self.is_started = false;
                true
            }
            [ESC2, 0x77] => {
                self.is_started = true;
                true
            }
            [DLE, items @ ..] if self.is_ready() => {
                let items: Vec<&[u8]> = items.split(|byte| *byte == DLE).collect();
                let second = items.iter().find_map(|item| item.strip_prefix(b"2"));
                match (second, self.is_started) {
                    (Some(text), true) => self.state.take(&String::from_utf8_lossy(text)),
                    _ => self.state.take("BLANK"),
                }
                true
            }
            _ => false,
        }
    }
}

impl Device for Printer {
    fn state(&mut self) -> &mut State {
        &mut self.state
    }

    fn hear(&mut self, heard: &[u8]) -> Vec<Vec<u8>> {
        let mut answers = Vec::new();
        for byte in heard {
            let is_taken = match (*byte, &self.heard[..]) {
                (ENQ, []) => self.is_ready(),
                (ETX, [STX, ..]) => {
                    let frame = std::mem::take(&mut self.heard);
                    self.takes(&frame[1..])
                }
                (byte, _) => {
                    self.heard.push(byte);
                    continue;
                }
            };
            answers.push(if is_taken { ACK } else { NAK }.to_vec());
        }
        answers
    }
}
