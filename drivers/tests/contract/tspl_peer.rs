//! A TSPL printer in memory, written from the programming manual.

use super::device::{Device, State};

/// What is read out of the stream at once, wherever it stands.
const STATUS: &[u8] = b"\x1b!S";
const CANCEL: &[u8] = b"\x1b!.";

#[derive(Default)]
pub struct Printer {
    state: State,
    heard: Vec<u8>,
    /// `SIZE` was given since power came.
    has_size: bool,
    /// `SET REPRINT OFF` was given since power came: else a spoilt label would come twice.
    reprints_not: bool,
    /// The last text in the image buffer.
    text: Option<String>,
}

impl Printer {
    fn status(&self) -> Vec<u8> {
        let (message, media) = match (self.state.media_out, self.state.queue) {
            (true, _) => ('E', 'A'),
            (false, 0) => ('@', '@'),
            (false, _) => ('P', '@'),
        };
        format!("\x02{message}@@{media}\x03\r\n").into_bytes()
    }

    fn line(&mut self, line: &str) {
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        match command {
            "" | "REFERENCE" | "DMATRIX" => {}
            "SIZE" => self.has_size = true,
            "SET" => self.reprints_not |= rest == "REPRINT OFF",
            "CLS" => self.text = None,
            "TEXT" => {
                let quoted = rest
                    .split_once("\"0\"")
                    .and_then(|(_, rest)| rest.split_once('"'));
                let text = quoted.and_then(|(_, rest)| rest.strip_suffix('"'));
                self.text = Some(text.expect("a text in quotes").to_owned());
            }
            "PRINT" => {
                assert_eq!(rest, "1,1", "one set of one copy");
                match (&self.text, self.has_size && self.reprints_not) {
                    (Some(text), true) => self.state.take(&text.clone()),
                    _ => self.state.take("BLANK"),
                }
            }
            other => panic!("{other:?} is no command of this printer"),
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
            if self.heard.ends_with(STATUS) {
                self.heard.truncate(self.heard.len() - STATUS.len());
                answers.push(self.status());
            } else if self.heard.ends_with(CANCEL) {
                self.heard.truncate(self.heard.len() - CANCEL.len());
                self.state.clear();
            } else if self.heard.ends_with(b"\r\n") {
                let line = String::from_utf8(std::mem::take(&mut self.heard)).unwrap();
                self.line(line.trim_end());
            }
        }
        answers
    }
}
