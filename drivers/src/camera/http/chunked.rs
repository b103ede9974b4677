//! Takes the chunks off a chunked HTTP body (RFC 9112, 7.1), from any split of the bytes. PURE.

use crate::Fault;

/// Longest chunk-size line, extensions included, in bytes.
pub(super) const SIZE_LINE_MAX: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Chunked {
    line: Vec<u8>,
    state: State,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Size,
    /// Bytes left of this chunk.
    Data(u64),
    /// The line end behind a chunk's data.
    DataEnd,
}

impl Chunked {
    /// Hands the body's own bytes to `sink`, piece by piece.
    pub fn push(
        &mut self,
        mut input: &[u8],
        mut sink: impl FnMut(&[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        while !input.is_empty() {
            if let State::Data(left) = &mut self.state {
                let count = usize::try_from(*left)
                    .unwrap_or(usize::MAX)
                    .min(input.len());
                sink(&input[..count])?;
                *left -= count as u64;
                if *left == 0 {
                    self.state = State::DataEnd;
                }
                input = &input[count..];
                continue;
            }
            let byte = input[0];
            input = &input[1..];
            if byte != b'\n' {
                if self.line.len() >= SIZE_LINE_MAX {
                    return Err(Fault::Garbled("an endless chunk-size line".into()));
                }
                self.line.push(byte);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = line.strip_suffix(b"\r").unwrap_or(&line);
            self.state = match self.state {
                State::DataEnd if line.is_empty() => State::Size,
                State::DataEnd => return Err(Fault::Garbled("a chunk without its end".into())),
                _ => match chunk_size(line) {
                    Some(0) => {
                        return Err(Fault::LinkDown("the camera ended its stream".into()));
                    }
                    Some(size) => State::Data(size),
                    None => {
                        let line = line.escape_ascii();
                        return Err(Fault::Garbled(format!("the chunk size {line}")));
                    }
                },
            };
        }
        Ok(())
    }
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|b| *b == b';').next()?;
    let digits = std::str::from_utf8(digits).ok()?.trim();
    match digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        true => u64::from_str_radix(digits, 16).ok(),
        false => None,
    }
}
