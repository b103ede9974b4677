//! TSPL's bytes cut into lines, however they arrive: `<ESC>!` at once, `BITMAP` with its binary data. PURE.

use super::super::label::PICTURE_BYTES_MAX;

/// Longest line; the rest is dropped.
pub const LINE_MAX: usize = 4096;

const ESC: u8 = 0x1b;

/// What the byte stream held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spoken {
    /// `<ESC>!` and this letter.
    Immediate(u8),
    /// A line without its end; behind `BITMAP` the data.
    Line {
        /// The text.
        line: Vec<u8>,
        /// The data.
        bitmap: Vec<u8>,
    },
}

/// Splits the byte stream.
#[derive(Debug, Default)]
pub struct Lexer {
    line: Vec<u8>,
    bitmap: Vec<u8>,
    /// Bytes of the bitmap still to come.
    awaited: usize,
    /// 1 behind ESC, 2 behind `ESC !`.
    escape: u8,
}

impl Lexer {
    /// Takes one byte; gives what it completes.
    pub fn push(&mut self, byte: u8) -> Option<Spoken> {
        if self.awaited > 0 {
            self.awaited -= 1;
            if self.bitmap.len() < PICTURE_BYTES_MAX {
                self.bitmap.push(byte);
            }
            return None;
        }
        match (self.escape, byte) {
            (_, ESC) => {
                self.escape = 1;
                return None;
            }
            (1, b'!') => {
                self.escape = 2;
                return None;
            }
            (2, letter) => {
                self.escape = 0;
                return Some(Spoken::Immediate(letter));
            }
            _ => self.escape = 0,
        }
        if byte == b'\r' || byte == b'\n' {
            let bitmap = std::mem::take(&mut self.bitmap);
            let line = std::mem::take(&mut self.line);
            return (!line.is_empty()).then_some(Spoken::Line { line, bitmap });
        }
        if self.line.len() < LINE_MAX {
            self.line.push(byte);
        }
        if byte == b',' && self.bitmap.is_empty() {
            self.awaited = bitmap_bytes(&self.line);
        }
        None
    }

    /// Forgets a line cut short.
    pub fn reset(&mut self) {
        *self = Lexer::default();
    }
}

/// How many bytes follow `BITMAP x,y,width,height,mode,`; 0 for any other line.
fn bitmap_bytes(line: &[u8]) -> usize {
    let (name, rest) = super::canvas::split(line);
    if name != b"BITMAP" || rest.iter().filter(|&&b| b == b',').count() != 5 {
        return 0;
    }
    let numbers = super::canvas::numbers(rest);
    let side = |n: usize| {
        numbers
            .get(n)
            .copied()
            .flatten()
            .and_then(|n| usize::try_from(n).ok())
    };
    side(2)
        .unwrap_or(0)
        .saturating_mul(side(3).unwrap_or(0))
        .min(4 * PICTURE_BYTES_MAX)
}
