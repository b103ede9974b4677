//! SBPL's bytes cut into commands, however they arrive. PURE.
//!
//! A command runs from its ESC to the next; `ESC 1` inside the data of a symbol is FNC1 and no command. The binary
//! graphic `GB` and symbol data `DN` run over their own count of bytes.

/// Longest command; the rest is dropped.
pub const COMMAND_MAX: usize = 4096;
/// Longest graphic.
const GRAPHIC_MAX: usize = 1024 * 1024;

/// Status, please.
pub const ENQ: u8 = 0x05;
/// Print stop.
pub const DLE: u8 = 0x10;
/// Print start.
pub const DC1: u8 = 0x11;
/// Cancel.
pub const CAN: u8 = 0x18;
const ESC: u8 = 0x1b;

/// What the byte stream held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spoken {
    /// A command without its ESC.
    Command(Vec<u8>),
    /// ENQ, DLE, DC1 or CAN.
    Immediate(u8),
}

/// Splits the byte stream.
#[derive(Debug, Default)]
pub struct Lexer {
    /// Behind an ESC; `None` outside.
    command: Option<Vec<u8>>,
    /// An ESC came inside a symbol's data: it ends the command, unless `1` follows.
    escaped: bool,
    /// Bytes of a binary graphic still to come.
    awaited: usize,
}

impl Lexer {
    /// Takes one byte; gives what it completes, at most a command and what came at once behind it.
    pub fn push(&mut self, byte: u8) -> Vec<Spoken> {
        if self.awaited > 0 {
            self.awaited -= 1;
            self.keep(byte);
            return Vec::new();
        }
        if matches!(byte, ENQ | DLE | DC1 | CAN) {
            return vec![Spoken::Immediate(byte)];
        }
        if std::mem::take(&mut self.escaped) {
            if byte == b'1' {
                self.keep(ESC);
                self.keep(byte);
                return Vec::new();
            }
            let before = self.command.replace(Vec::new());
            let mut spoken: Vec<Spoken> = before.map(Spoken::Command).into_iter().collect();
            spoken.extend(self.inside(byte));
            return spoken;
        }
        if byte == ESC {
            let in_symbol = self.command.as_ref().is_some_and(|c| c.starts_with(b"DC"));
            if in_symbol {
                self.escaped = true;
                return Vec::new();
            }
            let before = self.command.replace(Vec::new());
            return before.map(Spoken::Command).into_iter().collect();
        }
        self.inside(byte).into_iter().collect()
    }

    /// One byte behind an ESC; control characters between commands mean nothing.
    fn inside(&mut self, byte: u8) -> Option<Spoken> {
        let command = self.command.as_ref()?;
        let in_symbol = command.starts_with(b"DC");
        if !in_symbol && byte < b' ' {
            return None;
        }
        self.keep(byte);
        let command = self.command.as_ref()?;
        match command.as_slice() {
            [b'D', b'N', digits @ .., b','] if !digits.contains(&b',') => {
                self.awaited = count(digits);
                None
            }
            b"Z" => self.command.take().map(Spoken::Command),
            [b'G', b'B', blocks @ ..] if blocks.len() == 6 => {
                self.awaited = count(&blocks[..3]) * count(&blocks[3..]) * 8;
                None
            }
            _ => None,
        }
    }

    fn keep(&mut self, byte: u8) {
        let Some(command) = &mut self.command else {
            return;
        };
        let most = match command.starts_with(b"G") {
            true => GRAPHIC_MAX,
            false => COMMAND_MAX,
        };
        if command.len() < most {
            command.push(byte);
        }
    }
}

/// A count of at most four digits; 0 for anything else.
fn count(digits: &[u8]) -> usize {
    let text = std::str::from_utf8(digits)
        .ok()
        .filter(|text| text.len() <= 4);
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}
