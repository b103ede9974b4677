//! Lines of a filter: read whole whatever they hold, bounded, and freed of their escapes.

use crate::gs1::{Gs1Code, Gs1Error, INPUT_MAX_LEN};
use std::borrow::Cow;
use std::io::{self, BufRead};

/// Longest line that is read: every byte of the longest input may be written as `\x1d`.
pub(super) const LINE_MAX_LEN: usize = 4 * INPUT_MAX_LEN;

/// Reads a line without its end; keeps no more than one byte above [`LINE_MAX_LEN`] of it. `false`
/// at the end of the input.
pub(super) fn next_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let there = match input.fill_buf() {
            Ok(there) => there,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if there.is_empty() {
            break;
        }
        any = true;
        let end = there.iter().position(|byte| *byte == b'\n');
        let piece = &there[..end.unwrap_or(there.len())];
        let room = (LINE_MAX_LEN + 1).saturating_sub(line.len());
        line.extend_from_slice(&piece[..piece.len().min(room)]);
        let used = end.map_or(there.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            break;
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(any)
}

/// One content as it was given, and as it was meant.
pub(super) struct Line<'l> {
    pub(super) written: &'l [u8],
    meant: Cow<'l, [u8]>,
}

impl<'l> Line<'l> {
    pub(super) fn of(written: &'l [u8]) -> Line<'l> {
        let meant = match written.contains(&b'\\') {
            false => Cow::Borrowed(written),
            true => meant(written).map(|(_, byte)| byte).collect(),
        };
        Line { written, meant }
    }

    /// The content, if it can be one.
    pub(super) fn text(&self) -> Result<&str, Gs1Error> {
        if self.written.len() > LINE_MAX_LEN {
            let text = format!("The line is longer than {LINE_MAX_LEN} bytes.");
            return Err(Gs1Error::new(Gs1Code::InputTooLong, LINE_MAX_LEN, text));
        }
        std::str::from_utf8(&self.meant).map_err(|error| {
            let text = "The line is not UTF-8 text.";
            Gs1Error::new(Gs1Code::NotUtf8, error.valid_up_to(), text)
        })
    }

    /// An error with its place in the line as it was given.
    pub(super) fn placed(&self, error: Gs1Error) -> Gs1Error {
        let place = |offset: usize| match &self.meant {
            Cow::Borrowed(_) => offset,
            Cow::Owned(_) => meant(self.written)
                .nth(offset)
                .map_or(self.written.len(), |(at, _)| at),
        };
        let position = place(error.position);
        Gs1Error {
            position,
            length: place(error.position + error.length) - position,
            ..error
        }
    }
}

/// What is meant by a line with the escapes `\\`, `\t` and `\xNN`, each byte with its place. Any other backslash stands
/// for itself.
fn meant(written: &[u8]) -> impl Iterator<Item = (usize, u8)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let place = at;
        let rest = written.get(at..)?;
        let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
        let (len, byte) = match rest {
            [] => return None,
            [b'\\', b'\\', ..] => (2, b'\\'),
            [b'\\', b't', ..] => (2, b'\t'),
            [b'\\', b'x', high, low, ..] => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (4, 16 * high + low),
                _ => (1, b'\\'),
            },
            [byte, ..] => (1, *byte),
        };
        at += len;
        Some((place, byte))
    })
}

/// Control characters as they are written in this command, so that they do not disturb a terminal.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\x1d' => shown.push_str("\\x1d"),
            c if c.is_control() => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown
}
