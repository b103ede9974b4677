//! ZPL II: its questions, orders and labels. PURE.
//!
//! Manual: Zebra ZPL II programming guide (45541L and the X.10 guide): `~HS`, `~HQES`, `~HI`, `~JA`, `^JZ`, `^DF`,
//! `^XF`, `~DG`, `^XG`, `^GF`, `^MC`, `^SX`; SGD reference for the odometer. Doubts: the payload of `~HQES` beyond the
//! named bits; the text of `^SX` alerts, which no manual gives (so an alert only asks for the status); the letters
//! of `^SX` differ by firmware from J on (so only A, B and E are set: paper, ribbon, head); whether `~JA` is executed
//! before all that stands in the receive buffer (hence the queue is read back twice, empty both times).
//!
//! `~HS` is silent while media or ribbon is out or the head is open, so `~HQES` is asked when it stays silent. Jobs and
//! formats are not acknowledged, and a recalled format that is missing prints a blank label without an error: the
//! format is stored again after every clear.
//!
//! A pack costs only its fields: one with a 12-character serial and an 8-character lot stays under 100 bytes.

mod graphics;
pub mod native;
pub mod replies;
mod writer;

use super::format::{Format, JobContent};
use super::language::{Language, Manners, Question, Reply};
use crate::Fault;
use replies::Replies;

/// A ZPL II printer's language.
#[derive(Debug, Default)]
pub struct Zpl {
    replies: Replies,
}

impl Zpl {
    /// One that has heard nothing yet.
    pub fn new() -> Zpl {
        Zpl::default()
    }
}

fn question(bytes: &str, what: &'static str) -> Question {
    Question {
        bytes: bytes.as_bytes().to_vec(),
        what: what.into(),
    }
}

impl Language for Zpl {
    fn name(&self) -> &'static str {
        "ZPL"
    }

    fn manners(&self) -> Manners {
        Manners::Silent
    }

    fn identify(&self) -> Option<Question> {
        Some(question("~HI", "~HI (who are you?)"))
    }

    fn status(&self) -> Question {
        question("~HS", "~HS")
    }

    fn explain(&self) -> Option<Question> {
        Some(question("~HQES", "~HQES"))
    }

    fn odometer(&self) -> Option<Question> {
        let bytes = "! U1 getvar \"odometer.total_label_count\"\r\n";
        Some(question(bytes, "the odometer"))
    }

    fn clear(&self) -> Vec<u8> {
        b"~JA".to_vec()
    }

    /// A label spoilt by media or ribbon out must never be printed again by itself: its number would be on two packs.
    /// So it would be where somebody before us had the printer keep each label's picture under the next (`^MCN`).
    fn once_clear(&self) -> Vec<u8> {
        b"^XA^MCY^JZN^XZ".to_vec()
    }

    /// To the serial port, when it begins and when it ends.
    fn alerts(&self) -> Vec<u8> {
        b"^XA^SXA,A,Y,Y^SXB,A,Y,Y^SXE,A,Y,Y^XZ".to_vec()
    }

    fn hindrance(&self, format: &Format) -> Option<String> {
        writer::store(format).err()
    }

    fn store(&self, format: &Format) -> Result<Vec<u8>, String> {
        writer::store(format)
    }

    fn job(&self, format: &Format, label: &JobContent) -> Result<Vec<u8>, Fault> {
        writer::job(format, label).map_err(Fault::Refused)
    }

    fn hear(&mut self, bytes: &[u8], replies: &mut Vec<Reply>) {
        self.replies.push(bytes, replies);
    }

    fn forget(&mut self) {
        self.replies = Replies::default();
    }
}
