//! SBPL, SATO's language: its questions, orders and labels. PURE.
//!
//! Manuals: SATO S84-ex/S86-ex and CL4NX/CL6NX programming references (return status "Status 4"; `<ESC>2D51` GS1 Data
//! Matrix), SG112-ex and WS4 programming references (`<ESC>RD`, `<ESC>P`), E series programming reference 9001096
//! (status letters), M-10e service manual (CAN). How wide a text is, and what is doubtful of it, stands in `writer`.
//! The small fixed fonts (`<ESC>XU`, `<ESC>X20`: 5 × 9 dots) are not used: how wide their characters are in
//! proportional spacing no manual says, and `<ESC>RD` goes down to 4 dots. Doubts: how a local network wraps a single
//! ACK or NAK (a status gets four bytes of length and the echo of ENQ in front, which are ignored); whether the label
//! in hand is printed again by itself after paper or ribbon ran out, which no command forbids. WS4 printers want
//! application identifiers in brackets in a GS1 Data Matrix, and printers older than the S84-ex have none: there the
//! label must come as a picture. Printers that answer SOH ENQ only (GL4xx) are not spoken to.
//!
//! **Each job carries the whole label.** Stored formats (`<ESC>YS`, `<ESC>YR`) need a memory card that few printers
//! have, and nothing is said of a Data Matrix in them, whose length goes before its data. A pack with a 12-character
//! serial and an 8-character lot costs 137 bytes.
//!
//! A job is answered by ACK, or by NAK when the printer has an error: whether it then keeps the job no manual says, so
//! everything is put in step anew. CAN is carried out in any case, and its NAK only says that there is an error: what
//! counts is the status behind it. ENQ must not come among the bytes of a job, and pictures go as hexadecimal digits,
//! since their bytes would be taken for ENQ, CAN or DLE.

mod status;
mod writer;

use super::format::{Format, JobContent};
use super::frames::{ENQ, Frames, Heard, snippet};
use super::language::{Language, Manners, Question, Reply, Waits};
use crate::Fault;

/// Throws away everything received and printed.
const CAN: u8 = 0x18;

/// What a local network puts before an answer: its length in four bytes, and the echo of ENQ or CAN.
const WRAPPING: &[u8] = &[0x00, 0x01, 0x05, 0x0b, CAN, 0x1b, 0x1c, b' '];

/// The language of a SATO printer.
#[derive(Debug)]
pub struct Sbpl {
    frames: Frames,
}

impl Sbpl {
    /// One that has heard nothing yet.
    pub fn new() -> Sbpl {
        Sbpl {
            frames: Frames::acknowledging(WRAPPING),
        }
    }
}

impl Default for Sbpl {
    fn default() -> Sbpl {
        Sbpl::new()
    }
}

impl Language for Sbpl {
    fn name(&self) -> &'static str {
        "SBPL"
    }

    fn manners(&self) -> Manners {
        Manners::Acknowledged { before_job: None }
    }

    fn status(&self) -> Question {
        Question {
            bytes: vec![ENQ],
            what: "ENQ".into(),
        }
    }

    fn clear(&self) -> Vec<u8> {
        vec![CAN]
    }

    fn once_clear(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Some printers finish the label in hand before they answer.
    fn waits(&self) -> Waits {
        Waits {
            answer_ms: Some(2_000),
            order_ms: None,
        }
    }

    fn hindrance(&self, format: &Format) -> Option<String> {
        writer::label(format, &[]).err()
    }

    /// Nothing: each job carries all.
    fn store(&self, format: &Format) -> Result<Vec<u8>, String> {
        writer::label(format, &[]).map(|_| Vec::new())
    }

    fn job(&self, format: &Format, label: &JobContent) -> Result<Vec<u8>, Fault> {
        let job = match label {
            JobContent::Fields { numbered, .. } => writer::label(format, numbered),
            JobContent::Picture(dots) => writer::picture(dots),
        };
        job.map_err(Fault::Refused)
    }

    fn hear(&mut self, bytes: &[u8], replies: &mut Vec<Reply>) {
        let mut heard = Vec::new();
        self.frames.push(bytes, &mut heard);
        replies.extend(heard.into_iter().map(|heard| match heard {
            Heard::Frame(frame) => status::told(&frame),
            Heard::Ack => Reply::Accepted,
            Heard::Nak => Reply::Rejected("NAK, which says that it has an error".into()),
            Heard::Stray(stray) => Reply::Garbled(snippet(&stray)),
        }));
    }

    fn forget(&mut self) {
        self.frames.forget();
    }
}
