//! The made-up coder in memory, written from its protocol in docs/printers.md.

use super::device::{Device, State};

#[derive(Default)]
pub struct Coder {
    state: State,
    heard: Vec<u8>,
}

fn framed(body: &str) -> Vec<u8> {
    let sum: u32 = body.bytes().map(u32::from).sum();
    format!("\x02{body}\x03{:02X}", sum % 256).into_bytes()
}

impl Coder {
    /// The body of the first whole frame; `Err` when its sum is wrong.
    fn body(&mut self) -> Option<Result<String, ()>> {
        let begin = self.heard.iter().position(|byte| *byte == 2)?;
        let end = self.heard.iter().position(|byte| *byte == 3)?;
        let frame: Vec<u8> = self.heard.get(..end + 3)?.to_vec();
        self.heard.drain(..end + 3);
        let body = String::from_utf8(frame[begin + 1..end].to_vec()).unwrap();
        Some(match framed(&body) == frame[begin..] {
            true => Ok(body),
            false => Err(()),
        })
    }

    fn answer(&mut self, body: &str) -> Vec<u8> {
        let state = &mut self.state;
        match body.split('\x1f').collect::<Vec<_>>()[..] {
            ["I"] => framed("IVC-1,1.04"),
            ["S"] => {
                let ink = if state.media_out { 2 } else { 0 };
                framed(&format!(
                    "S1{ink}{:03}{:06}",
                    state.queue,
                    state.labels.len()
                ))
            }
            ["C"] => {
                state.clear();
                b"\x06".to_vec()
            }
            ["P", ..] if state.refuses => b"\x154".to_vec(),
            ["P", ..] if state.media_out => b"\x153".to_vec(),
            ["P", ..] if state.full => b"\x151".to_vec(),
            ["P", _, serial, _, _] => {
                state.take(serial);
                b"\x06".to_vec()
            }
            _ => b"\x152".to_vec(),
        }
    }
}

impl Device for Coder {
    fn state(&mut self) -> &mut State {
        &mut self.state
    }

    fn hear(&mut self, heard: &[u8]) -> Vec<Vec<u8>> {
        self.heard.extend_from_slice(heard);
        let mut answers = Vec::new();
        while let Some(body) = self.body() {
            answers.push(match body {
                Ok(body) => self.answer(&body),
                Err(()) => b"\x152".to_vec(),
            });
        }
        answers
    }
}
