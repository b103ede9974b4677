//! A SATO printer in memory, written from the programming reference.

use super::device::{Device, State};

const ENQ: u8 = 0x05;
const CAN: u8 = 0x18;
const ACK: &[u8] = b"\x06";
const NAK: &[u8] = b"\x15";

#[derive(Default)]
pub struct Printer {
    state: State,
    /// The job that comes in.
    heard: Vec<u8>,
}

impl Printer {
    fn status(&self) -> Vec<u8> {
        let queue = self.state.queue;
        let letter = match (self.state.media_out, queue) {
            (true, _) => 'c',
            (false, 0) => 'A',
            (false, _) => 'G',
        };
        format!("\x02  {letter}{queue:06}{:16}\x03", "").into_bytes()
    }

    /// It says NAK to everything while it has an error.
    fn acknowledgement(&self) -> Vec<u8> {
        let is_fit = !self.state.media_out && !self.state.refuses;
        if is_fit { ACK } else { NAK }.to_vec()
    }

    /// A whole job, ESC A to ESC Z.
    fn job(&mut self, job: &str) -> Vec<u8> {
        let commands: Vec<&str> = job.split('\x1b').skip(1).collect();
        assert_eq!(commands.first(), Some(&"A"), "{job:?}");
        assert!(commands.contains(&"Q1"), "one label: {job:?}");
        let text = commands
            .iter()
            .find_map(|command| command.strip_prefix("RDB00,"));
        let text = text.and_then(|text| text.splitn(3, ',').nth(2));
        let acknowledgement = self.acknowledgement();
        if acknowledgement == ACK {
            self.state.take(text.unwrap_or("BLANK"));
        }
        acknowledgement
    }
}

impl Device for Printer {
    fn state(&mut self) -> &mut State {
        &mut self.state
    }

    fn hear(&mut self, heard: &[u8]) -> Vec<Vec<u8>> {
        let mut answers = Vec::new();
        for byte in heard {
            match *byte {
                ENQ => answers.push(self.status()),
                CAN => {
                    self.heard.clear();
                    self.state.clear();
                    answers.push(self.acknowledgement());
                }
                byte => self.heard.push(byte),
            }
            if self.heard.ends_with(b"\x1bZ") {
                let job = String::from_utf8(std::mem::take(&mut self.heard)).unwrap();
                answers.push(self.job(&job));
            }
        }
        answers
    }
}
