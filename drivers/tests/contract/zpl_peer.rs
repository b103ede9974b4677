//! A ZPL printer in memory, written from the manual's examples.

use super::device::{Device, State};

#[derive(Default)]
pub struct Printer {
    state: State,
    heard: String,
    format: Option<String>,
}

const GETVAR: &str = "! U1 getvar \"odometer.total_label_count\"\r\n";

impl Printer {
    fn label(&mut self, text: &str) {
        if let Some((_, rest)) = text.split_once("^DFR:") {
            self.format = rest.split('.').next().map(String::from);
        } else if let Some((_, rest)) = text.split_once("^XFR:") {
            let is_stored = self.format.as_deref() == rest.split('^').next();
            let second = rest
                .split_once("^FN2^FD")
                .map(|(_, rest)| rest.split('^').next());
            match (is_stored, second.flatten()) {
                (true, Some(second)) => self.state.take(second),
                (true, None) => self.state.take(""),
                (false, _) => self.state.take("BLANK"),
            }
        }
    }

    /// The first whole command of what was heard.
    fn command(&mut self) -> Option<String> {
        let begins = ["~HI", "~HS", "~JA", "~HQES", GETVAR];
        if let Some(command) = begins
            .into_iter()
            .find(|begin| self.heard.starts_with(begin))
        {
            return Some(self.heard.drain(..command.len()).collect());
        }
        let end = self.heard.find("^XZ")? + 3;
        assert!(
            self.heard.starts_with("^XA") || self.heard.starts_with("~DG"),
            "{}",
            self.heard
        );
        Some(self.heard.drain(..end).collect())
    }

    fn answer(&mut self, command: &str) -> Option<String> {
        let (queue, out) = (self.state.queue, u32::from(self.state.media_out));
        match command {
            "~HI" => Some("\x02ZT411-300dpi,V92.21.16Z,12,8176KB\x03\r\n".into()),
            "~HS" if out == 1 => None,
            "~HS" => Some(format!(
                "\x02030,0,0,1245,{queue:03},0,0,0,000,0,0,0\x03\r\n\
                 \x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"
            )),
            "~HQES" => Some(format!(
                "\x02\r\n\r\n  PRINTER STATUS\r\n   ERRORS: {out} 00000000 {out:08X}\r\n   \
                 WARNINGS: 0 00000000 00000000\r\n\x03\r\n"
            )),
            GETVAR => Some(format!("\"{}\"", self.state.labels.len())),
            "~JA" => {
                self.state.clear();
                None
            }
            text => {
                self.label(text);
                None
            }
        }
    }
}

impl Device for Printer {
    fn state(&mut self) -> &mut State {
        &mut self.state
    }

    fn hear(&mut self, heard: &[u8]) -> Vec<Vec<u8>> {
        self.heard.push_str(std::str::from_utf8(heard).unwrap());
        let mut answers = Vec::new();
        while let Some(command) = self.command() {
            answers.extend(self.answer(&command).map(String::into_bytes));
        }
        answers
    }
}
