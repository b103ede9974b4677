//! Hitachi's serial protocol for continuous ink-jet printers (RX, RX2, UX): its questions and orders. PURE.
//!
//! Manuals: Hitachi IJ printer RX2 user manual, chapter 5 ("External communications"), UX2 communication user's
//! manual (serial) 1.3 to 1.6. The code of ESC2, 1Fh, and the status frame are taken from public programs that speak
//! to such printers. Doubts: how a separator (FNC1) stands in the content of a GS1 Data Matrix, for which no manual
//! names a code: it goes as 1Dh, which the printer either knows or refuses, and the camera reads what became of it;
//! whether the printer prints an old content when it is started with nothing in its buffer.
//!
//! The message is designed in the printer, and no mark is drawn by us: print items 1, 2, … are our fields by number.
//! A field that a label leaves out is sent empty: an item that is not sent would keep what the pack before had.
//!
//! What must be set there (`docs/printers.md`): overwrite-protected mode, communication buffer, ENQ, no BCC. In
//! overwrite-*enabled* mode it prints the content before while it takes the next one, and stays one behind. ENQ is
//! asked before each content, and NAK to it is back-pressure: the buffer is full or the printer off line. NAK to the
//! content itself, for which it had said ACK, is a lost link, as silence is: answers that came twice may have slipped,
//! the content may wait in the buffer, and sent again it would put one number on two packs. After the order to clear
//! (76h) a restart (77h) is needed, and the printer wants as many contents in its buffer first as it was told ("data
//! number at fault"): set to 0, none, since the station does not know a content before its pack comes.

use super::filling::field;
use super::format::{Artwork, Format, JobContent};
use super::frames::{ENQ, ETX, Frames, Heard, STX, snippet};
use super::language::{Language, Manners, Question, Reply};
use crate::Fault;
use std::collections::BTreeSet;

const DLE: u8 = 0x10;
const ESC2: u8 = 0x1f;

/// Items one content may have.
const ITEMS: usize = 8;
/// Characters one content may have, of all items together.
const CHARACTERS: usize = 80;
/// Highest number of an item.
const LAST_ITEM: u16 = 100;

/// The language of a Hitachi ink-jet printer.
#[derive(Debug)]
pub struct Hitachi {
    frames: Frames,
}

impl Hitachi {
    /// One that has heard nothing yet.
    pub fn new() -> Hitachi {
        Hitachi {
            frames: Frames::acknowledging(&[]),
        }
    }
}

impl Default for Hitachi {
    fn default() -> Hitachi {
        Hitachi::new()
    }
}

/// Is it ready for a content?
fn enquiry(what: &'static str) -> Question {
    Question {
        bytes: vec![ENQ],
        what: what.into(),
    }
}

/// The items that the fields of this format are.
///
/// # Errors
/// It has none, or more than a content takes; a sentence without its full stop.
fn items(format: &Format) -> Result<BTreeSet<u16>, String> {
    let name = &format.name;
    let Artwork::Marks(marks) = &format.artwork else {
        return Err(format!(
            "the format {name} is a file, and a Hitachi printer takes none: design the message there"
        ));
    };
    let items: BTreeSet<u16> = marks.iter().filter_map(field).collect();
    if let Some(number) = items
        .iter()
        .find(|number| !(1..=LAST_ITEM).contains(*number))
    {
        return Err(format!(
            "the format {name} has field {number}, and print items are 1 to {LAST_ITEM}"
        ));
    }
    match items.len() {
        1..=ITEMS => Ok(items),
        count => Err(format!(
            "the format {name} has {count} fields, and one content takes 1 to {ITEMS}"
        )),
    }
}

/// The content of one print.
fn content(format: &Format, numbered: &[(u16, String)]) -> Result<Vec<u8>, String> {
    let items = items(format)?;
    if let Some((number, _)) = numbered.iter().find(|(number, _)| !items.contains(number)) {
        return Err(format!("the format {} has no field {number}", format.name));
    }
    let plain = |c: &char| matches!(c, ' '..='~' | '\x1d');
    let mut frame = vec![STX];
    for item in items {
        let given = numbered.iter().find(|(number, _)| *number == item);
        let text = given.map_or("", |(_, text)| text);
        if let Some(bad) = text.chars().find(|c| !plain(c)) {
            return Err(format!(
                "field {item} holds {bad:?}, which a Hitachi printer cannot take"
            ));
        }
        frame.extend([DLE, b'0' + item as u8]);
        frame.extend(text.as_bytes());
    }
    let characters: usize = numbered.iter().map(|(_, text)| text.len()).sum();
    if characters > CHARACTERS {
        return Err(format!(
            "the fields have {characters} characters together, and one content takes {CHARACTERS}"
        ));
    }
    frame.push(ETX);
    Ok(frame)
}

/// What a frame says that nobody asked for: a print begun or ended says nothing here, since no pack is named.
fn notice(frame: &[u8]) -> Option<Reply> {
    match frame {
        [0x07] | [DLE, 0x19] => None,
        // Connection, reception, operation (2 is ready) and warning.
        [b'1', b'1', _, b'2', b'0'] => None,
        [
            b'1',
            connection @ (b'0' | b'1'),
            reception @ (b'0' | b'1'),
            operation,
            warning,
        ] => {
            let codes = [*connection, *reception, *operation, *warning];
            Some(Reply::Alert(format!("status {}", codes.escape_ascii())))
        }
        other => Some(Reply::Garbled(snippet(other))),
    }
}

impl Language for Hitachi {
    fn name(&self) -> &'static str {
        "Hitachi"
    }

    fn manners(&self) -> Manners {
        Manners::Acknowledged {
            before_job: Some(enquiry("ENQ (ready for a content?)")),
        }
    }

    fn status(&self) -> Question {
        enquiry("ENQ")
    }

    fn acknowledges_status(&self) -> bool {
        true
    }

    /// Clears the communication buffer.
    fn clear(&self) -> Vec<u8> {
        vec![STX, ESC2, 0x76, ETX]
    }

    /// Restarts printing.
    fn once_clear(&self) -> Vec<u8> {
        vec![STX, ESC2, 0x77, ETX]
    }

    fn keeps_design(&self) -> bool {
        true
    }

    /// Never: nothing is drawn by us.
    fn hindrance(&self, _format: &Format) -> Option<String> {
        None
    }

    /// Nothing: the message is designed in the printer.
    fn store(&self, format: &Format) -> Result<Vec<u8>, String> {
        items(format).map(|_| Vec::new())
    }

    fn job(&self, format: &Format, label: &JobContent) -> Result<Vec<u8>, Fault> {
        match label {
            JobContent::Fields { numbered, .. } => {
                content(format, numbered).map_err(Fault::Refused)
            }
            JobContent::Picture(_) => Err(Fault::Refused(
                "a Hitachi printer takes no picture: its message is designed in it".into(),
            )),
        }
    }

    fn hear(&mut self, bytes: &[u8], replies: &mut Vec<Reply>) {
        let mut heard = Vec::new();
        self.frames.push(bytes, &mut heard);
        replies.extend(heard.into_iter().filter_map(|heard| match heard {
            Heard::Ack => Some(Reply::Accepted),
            Heard::Nak => Some(Reply::NotNow),
            Heard::Frame(frame) => notice(&frame),
            Heard::Stray(stray) => Some(Reply::Garbled(snippet(&stray))),
        }));
    }

    fn forget(&mut self) {
        self.frames.forget();
    }
}

#[cfg(test)]
#[path = "hitachi/test.rs"]
mod test;
