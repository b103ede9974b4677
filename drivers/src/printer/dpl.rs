//! DPL, the language of Datamax and Honeywell printers: its questions, orders and labels. PURE.
//!
//! Manuals: Datamax-O'Neil Class Series 2 programmer's manual (88-2341-01), E-Class Mark III DPL programmer's manual,
//! Honeywell DPL command reference (2018). Doubts:
//!
//! - **FNC1 in a Data Matrix (`W1c`).** No manual says how it is written, so a GS1 Data Matrix always comes as a
//!   picture.
//! - The order of rows in a picture of the 7-bit format (taken from the top), and its memory module: D, which the
//!   E-Class of the first generation has not.
//! - `SOH C` clears "the current label format"; what waits unread in the receive buffer shows as busy, and the order
//!   is repeated until nothing does. It also pauses the printer, and `SOH B` toggles: it is sent only when the
//!   printer said that it is paused.
//! - Lower case in a Code 128; a bar in the middle of a flag that newer firmware adds.
//! - Nothing in a job forbids that a spoilt label is printed again: it is set at the printer (fault handling).
//!
//! **Each job carries the whole label.** The printer can keep a format and replace fields in it (`<STX>U`, `<STX>G`),
//! but a field that a job leaves out would be printed as the pack before had it, and a void label must not carry a
//! number. What costs most is the picture anyway.
//!
//! `SOH` commands must not come among the bytes of a picture, and switching them off (`SOH D`) switches the questions
//! off: so pictures go as hexadecimal digits.

mod status;
mod writer;

use super::format::{Format, JobContent};
use super::frames::snippet;
use super::language::{Language, Manners, Question, Reply};
use super::zpl::replies::FRAME_MAX;
use crate::Fault;

/// The language of a Datamax or Honeywell printer.
#[derive(Debug, Default)]
pub struct Dpl {
    line: Vec<u8>,
    /// It said so last: the order to clear pauses it.
    paused: bool,
    /// How long its first answer on this link was: half an answer with a whole one behind it is longer, and would be
    /// read at the wrong places.
    length: Option<usize>,
}

impl Dpl {
    /// One that has heard nothing yet.
    pub fn new() -> Dpl {
        Dpl::default()
    }

    /// A whole line.
    fn line(&mut self) -> Option<Reply> {
        let line = std::mem::take(&mut self.line);
        if line.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let told = status::told(&line)
            .filter(|told| told.length == *self.length.get_or_insert(told.length));
        let Some(told) = told else {
            return Some(Reply::Garbled(snippet(&line)));
        };
        self.paused = told.is_paused;
        Some(Reply::Status(told.told))
    }
}

impl Language for Dpl {
    fn name(&self) -> &'static str {
        "DPL"
    }

    fn manners(&self) -> Manners {
        Manners::Silent
    }

    fn status(&self) -> Question {
        Question {
            bytes: b"\x01a".to_vec(),
            what: "SOH a".into(),
        }
    }

    fn clear(&self) -> Vec<u8> {
        b"\x01C".to_vec()
    }

    fn clear_pauses(&self) -> bool {
        true
    }

    /// Out of the pause, and out of a label that was cut short (`X` ends it without printing).
    fn once_clear(&self) -> Vec<u8> {
        match self.paused {
            true => b"\x01B\rX\r".to_vec(),
            false => b"\rX\r".to_vec(),
        }
    }

    fn hindrance(&self, format: &Format) -> Option<String> {
        writer::label(format, &[]).err()
    }

    /// The pictures of the format; all else comes with each job.
    fn store(&self, format: &Format) -> Result<Vec<u8>, String> {
        writer::label(format, &[])?;
        writer::pictures(format)
    }

    fn job(&self, format: &Format, label: &JobContent) -> Result<Vec<u8>, Fault> {
        let job = match label {
            JobContent::Fields { numbered, .. } => writer::label(format, numbered),
            JobContent::Picture(dots) => writer::picture(format, dots),
        };
        job.map_err(Fault::Refused)
    }

    fn hear(&mut self, bytes: &[u8], replies: &mut Vec<Reply>) {
        for byte in bytes {
            if *byte != b'\r' {
                self.line.push(*byte);
            }
            if *byte == b'\r' || self.line.len() >= FRAME_MAX {
                replies.extend(self.line());
            }
        }
    }

    fn forget(&mut self) {
        *self = Dpl::new();
    }
}
