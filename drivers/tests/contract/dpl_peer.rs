//! A Datamax printer in memory, written from the programmer's manual.

use super::device::{Device, State};

const SOH: u8 = 0x01;

#[derive(Default)]
pub struct Printer {
    state: State,
    heard: Vec<u8>,
    is_paused: bool,
    /// The text of the label that is being made; `None` outside `<STX>L` … `E`.
    making: Option<String>,
}

impl Printer {
    fn status(&self) -> Vec<u8> {
        let flag = |is_set: bool| if is_set { 'Y' } else { 'N' };
        let (out, prints) = (flag(self.state.media_out), flag(self.state.queue > 0));
        let paused = flag(self.is_paused);
        format!("N{out}N{prints}{prints}{paused}NN:N{out}NNNNNN:NNNNNNNN\r").into_bytes()
    }

    /// A command at once, by its letter; its answer.
    fn immediate(&mut self, letter: u8) -> Option<Vec<u8>> {
        match letter {
            b'a' => Some(self.status()),
            b'C' => {
                self.state.clear();
                self.is_paused = true;
                None
            }
            b'B' => {
                self.is_paused ^= true;
                None
            }
            other => panic!("SOH {other} is not asked"),
        }
    }

    fn line(&mut self, line: &str) {
        match (line, &mut self.making) {
            ("\x02L", _) => self.making = Some(String::new()),
            ("m" | "D11" | "Q0001", Some(_)) | ("", None) => {}
            ("E", Some(_)) => {
                let text = self.making.take().filter(|text| !text.is_empty());
                self.state.take(text.as_deref().unwrap_or("BLANK"));
            }
            ("X", making) => *making = None,
            (record, Some(text)) => {
                let scalable = record.strip_prefix("1911S01").expect("a text");
                let (places, data) = scalable.split_at(16);
                assert!(places.bytes().all(|byte| byte.is_ascii_digit()), "{record}");
                data.clone_into(text);
            }
            (other, None) => panic!("{other:?} is no command of this printer"),
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
            self.heard.push(*byte);
            match self.heard[..] {
                [.., SOH, letter] => {
                    self.heard.truncate(self.heard.len() - 2);
                    answers.extend(self.immediate(letter));
                }
                [.., b'\r'] => {
                    let line = String::from_utf8(std::mem::take(&mut self.heard)).unwrap();
                    self.line(line.trim_end());
                }
                _ => {}
            }
        }
        answers
    }
}
