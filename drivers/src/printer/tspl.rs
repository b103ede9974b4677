//! TSPL and TSPL2: its questions, orders and labels. PURE.
//!
//! Manuals: TSC "TSPL/TSPL2 Programming Language" (2013 edition, `<ESC>!S` on page 85), Brother's FBPL command
//! reference (a dialect) for `DMATRIX`, Gprinter's for `<ESC>!?`. Doubts: the letters of the fourth status byte beyond
//! paper and ribbon, which are taken for one bit each (ribbon jam 08h, head 20h), so that a bit without a name is a
//! device error; whether a warning that the manual calls reserved means anything, which is reported likewise; the
//! control codes of bar code type `128M`, known from several public programs and not from the manual itself (a test
//! says them in ZPL and has another renderer draw them); the end of the answer to `~!T` (the model), which is therefore
//! not asked: the first status proves that a printer of this language is there. Spool position and labels printed
//! cannot be asked.
//!
//! **Each job carries the whole label.** TSPL2 can keep a BASIC program that reads values (`DOWNLOAD`, `INPUT`), but
//! how `INPUT` takes them from the line that brought the program is not described well enough to trust a serial to
//! it, and TSPL knows no such thing. A pack with a 12-character serial and an 8-character lot costs 140 bytes. The
//! only parameter among them that may be left out is the second of `PRINT 1,1`, and it is not: a dialect that kept the
//! number of copies of somebody else's job would put one serial on two packs. `CLS` stays for the same reason.
//!
//! What belongs to the roll and the machine stays as it is set there: gap or black mark, direction, speed, darkness.

mod status;
mod writer;

use super::format::{Format, JobContent};
use super::frames::{Frames, Heard, snippet};
use super::language::{Language, Manners, Question, Reply};
use crate::Fault;

/// The language of a TSPL printer.
#[derive(Debug)]
pub struct Tspl {
    frames: Frames,
}

impl Tspl {
    /// One that has heard nothing yet.
    pub fn new() -> Tspl {
        Tspl {
            frames: Frames::new(),
        }
    }
}

impl Default for Tspl {
    fn default() -> Tspl {
        Tspl::new()
    }
}

impl Language for Tspl {
    fn name(&self) -> &'static str {
        "TSPL"
    }

    fn manners(&self) -> Manners {
        Manners::Silent
    }

    fn status(&self) -> Question {
        Question {
            bytes: b"\x1b!S".to_vec(),
            what: "<ESC>!S".into(),
        }
    }

    /// Cancels all that is printed or waits.
    fn clear(&self) -> Vec<u8> {
        b"\x1b!.".to_vec()
    }

    /// A label spoilt by media or ribbon out must never be printed again by itself. The end of a line comes first: a
    /// command that was cut short must not swallow what follows.
    fn once_clear(&self) -> Vec<u8> {
        b"\r\nSET REPRINT OFF\r\n".to_vec()
    }

    fn hindrance(&self, format: &Format) -> Option<String> {
        writer::label(format, &[]).err()
    }

    /// The size of the label; all else comes with each job.
    fn store(&self, format: &Format) -> Result<Vec<u8>, String> {
        writer::label(format, &[])?;
        Ok(writer::size(format))
    }

    fn job(&self, format: &Format, label: &JobContent) -> Result<Vec<u8>, Fault> {
        match label {
            JobContent::Fields { numbered, .. } => {
                writer::label(format, numbered).map_err(Fault::Refused)
            }
            JobContent::Picture(dots) => Ok(writer::picture(dots)),
        }
    }

    fn hear(&mut self, bytes: &[u8], replies: &mut Vec<Reply>) {
        let mut heard = Vec::new();
        self.frames.push(bytes, &mut heard);
        replies.extend(heard.into_iter().map(|heard| match heard {
            Heard::Frame(frame) => status::told(&frame),
            Heard::Stray(stray) => Reply::Garbled(snippet(&stray)),
            Heard::Ack | Heard::Nak => Reply::Garbled("an acknowledgement".into()),
        }));
    }

    fn forget(&mut self) {
        self.frames.forget();
    }
}
