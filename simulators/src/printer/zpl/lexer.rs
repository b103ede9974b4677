//! The printer's byte stream cut into commands, however the bytes arrive. PURE.

/// Longest command with its parameters; the rest is dropped.
pub const COMMAND_MAX: usize = 4096;
/// Longest graphic; a label of 50 by 30 mm at 24 dots/mm has 216 000 digits.
const GRAPHIC_MAX: usize = 256 * 1024;
/// Commands without parameters that somebody waits for: complete with their last letter.
const WHOLE: [&[u8]; 8] = [
    b"^XA", b"^XZ", b"~HS", b"~HI", b"~JA", b"~PS", b"~PP", b"~HQES",
];

/// One command, prefix included in `name` (`^FD`, `~HS`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// `^` or `~`.
    pub prefix: u8,
    /// Two letters; for `^A` the second is the font.
    pub name: [u8; 2],
    /// Everything up to the next prefix.
    pub parameters: Vec<u8>,
}

/// What the byte stream held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spoken {
    /// A ZPL command.
    Command(Command),
    /// A line starting with `!` outside a command: set-get-do.
    Sgd(String),
}

/// Splits the byte stream into commands, however the bytes are cut.
#[derive(Debug, Default)]
pub struct Lexer {
    pending: Vec<u8>,
}

impl Lexer {
    /// Takes one byte; gives a command when it is complete.
    pub fn push(&mut self, byte: u8) -> Option<Spoken> {
        let in_sgd = self.pending.first() == Some(&b'!');
        let prefix = matches!(byte, b'^' | b'~') && !in_sgd;
        if prefix || (in_sgd && byte == b'\n') {
            let before = std::mem::take(&mut self.pending);
            if prefix {
                self.pending.push(byte);
            }
            return spoken(before);
        }
        let control = byte < 0x20 || byte == 0x7f;
        if self.pending.is_empty() {
            if byte == b'!' {
                self.pending.push(byte);
            }
            return None;
        }
        if control && !in_sgd {
            // Line ends mean nothing inside ZPL, except that they end an immediate command.
            let graphic = self.pending.starts_with(b"~DG");
            let immediate = self.pending.first() == Some(&b'~') && !graphic;
            return if immediate {
                spoken(std::mem::take(&mut self.pending))
            } else {
                None
            };
        }
        let graphic = self.pending.starts_with(b"~DG") || self.pending.starts_with(b"^GF");
        if self.pending.len() < if graphic { GRAPHIC_MAX } else { COMMAND_MAX } {
            self.pending.push(byte);
        }
        if WHOLE
            .iter()
            .any(|whole| self.pending.eq_ignore_ascii_case(whole))
        {
            return spoken(std::mem::take(&mut self.pending));
        }
        None
    }

    /// Forgets a command cut short.
    pub fn reset(&mut self) {
        self.pending.clear();
    }
}

fn spoken(bytes: Vec<u8>) -> Option<Spoken> {
    if bytes.first() == Some(&b'!') {
        return Some(Spoken::Sgd(
            String::from_utf8_lossy(&bytes).trim().to_owned(),
        ));
    }
    let (head, parameters) = bytes.split_at_checked(3)?;
    Some(Spoken::Command(Command {
        prefix: head[0],
        name: [head[1].to_ascii_uppercase(), head[2].to_ascii_uppercase()],
        parameters: parameters.to_vec(),
    }))
}
