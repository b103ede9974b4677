//! DPL's bytes cut into commands and lines, however they arrive. PURE.
//!
//! SOH and a letter work at once, wherever they stand but inside data with a count of its own (`W1C`). A line ends with
//! CR; LF means nothing. `STX L`, `G`, `a`, `m`, `n` and `v` are complete with their letter.

/// Longest line; the rest is dropped.
pub const LINE_MAX: usize = 4096;

const SOH: u8 = 1;
const STX: u8 = 2;
/// Bytes before the count of `aW1Ccdeeeffffgggg`, and with its four digits.
const COUNT_AT: usize = 17;
const COUNTED_FROM: usize = COUNT_AT + 4;

/// What the byte stream held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spoken {
    /// SOH and this letter.
    Immediate(u8),
    /// A line behind STX.
    System(Vec<u8>),
    /// A line of a format.
    Line(Vec<u8>),
    /// A line of an image.
    Image(Vec<u8>),
}

/// Splits the byte stream.
#[derive(Debug, Default)]
pub struct Lexer {
    /// Between `STX L` and the end of the format.
    pub in_format: bool,
    /// Behind `STX I`, until the image is whole.
    pub in_image: bool,
    line: Vec<u8>,
    behind_soh: bool,
    system: bool,
}

impl Lexer {
    /// Takes one byte; gives what it completes.
    pub fn push(&mut self, byte: u8) -> Option<Spoken> {
        let counted = self.counted();
        if let Some(left) = counted.filter(|left| *left > 0) {
            self.line.push(byte);
            return (left == 1).then(|| Spoken::Line(std::mem::take(&mut self.line)));
        }
        if std::mem::take(&mut self.behind_soh) {
            return Some(Spoken::Immediate(byte));
        }
        match byte {
            SOH => self.behind_soh = true,
            STX => {
                self.system = true;
                self.line.clear();
                // A new command ends a format or image that was left half.
                (self.in_format, self.in_image) = (false, false);
            }
            b'\r' => return self.end(),
            b'\n' => {}
            _ => {
                let whole = self.system && self.line.is_empty();
                if self.line.len() < LINE_MAX {
                    self.line.push(byte);
                }
                if whole && matches!(byte, b'L' | b'G' | b'a' | b'm' | b'n' | b'v') {
                    return self.end();
                }
            }
        }
        None
    }

    fn end(&mut self) -> Option<Spoken> {
        let line = std::mem::take(&mut self.line);
        let system = std::mem::take(&mut self.system);
        match () {
            () if line.is_empty() => None,
            () if system => Some(Spoken::System(line)),
            () if self.in_image => Some(Spoken::Image(line)),
            () if self.in_format => Some(Spoken::Line(line)),
            () => None,
        }
    }

    /// Bytes still to come of a field with a count; `None` for any other line.
    fn counted(&self) -> Option<usize> {
        if !self.in_format || self.line.get(1..4) != Some(b"W1C") {
            return None;
        }
        let digits = self.line.get(COUNT_AT..COUNTED_FROM)?;
        let count: usize = std::str::from_utf8(digits).ok()?.parse().ok()?;
        let count = count.min(LINE_MAX - COUNTED_FROM);
        Some((COUNTED_FROM + count).saturating_sub(self.line.len()))
    }
}
