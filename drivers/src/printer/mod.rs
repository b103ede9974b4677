//! Label printers: what the station may ask of one, what one may say, and the table of languages.
//! PURE.
//!
//! The conversation is the same for all of them ([`session`]); a language ([`language::Language`]) says what its
//! questions and orders are and what answers mean. A new one is its file here, one line in [`LANGUAGES`], a simulator,
//! transcripts and a section in `docs/printers.md`.

pub mod checks;
pub mod code128;
pub mod described;
pub mod dpl;
mod filling;
pub mod format;
mod frames;
pub mod hitachi;
pub mod interview;
pub mod language;
#[cfg(test)]
mod samples;
pub mod sbpl;
pub mod session;
pub mod strangers;
pub mod tspl;
mod words;
pub mod zpl;

use crate::{Fault, Known, Tick};
use format::{Format, JobContent};
use language::Language;

/// A printer language this crate speaks.
#[derive(Debug, Clone, Copy)]
pub struct Spoken {
    /// The scheme prefix of a device address (`zpl` in `zpl+tcp://…`), and the folder of its transcripts.
    pub scheme: &'static str,
    /// Its name in full.
    pub name: &'static str,
    /// Its printers keep a format, so that a label costs only what changes.
    pub stores_formats: bool,
    /// Makes one that has heard nothing yet.
    pub speak: fn() -> Box<dyn Language>,
}

/// The printer languages this crate speaks.
pub const LANGUAGES: &[Spoken] = &[
    Spoken {
        scheme: "zpl",
        name: "ZPL II",
        stores_formats: true,
        speak: || Box::new(zpl::Zpl::new()),
    },
    Spoken {
        scheme: "tspl",
        name: "TSPL",
        stores_formats: false,
        speak: || Box::new(tspl::Tspl::new()),
    },
    Spoken {
        scheme: "sbpl",
        name: "SBPL",
        stores_formats: false,
        speak: || Box::new(sbpl::Sbpl::new()),
    },
    Spoken {
        scheme: "dpl",
        name: "DPL",
        stores_formats: false,
        speak: || Box::new(dpl::Dpl::new()),
    },
    Spoken {
        scheme: "hitachi",
        name: "Hitachi ink-jet",
        stores_formats: true,
        speak: || Box::new(hitachi::Hitachi::new()),
    },
];

/// A language that is spoken with one printer.
#[derive(Debug)]
pub struct Speech {
    /// The scheme prefix of its addresses.
    pub scheme: String,
    /// Its name in full.
    pub name: String,
    /// Its printers keep a format, so that a label costs only what changes.
    pub stores_formats: bool,
    /// The language itself.
    pub language: Box<dyn Language>,
}

impl Spoken {
    /// This language, for one printer.
    pub fn speech(&self) -> Speech {
        Speech {
            scheme: self.scheme.to_owned(),
            name: self.name.to_owned(),
            stores_formats: self.stores_formats,
            language: (self.speak)(),
        }
    }
}

/// The language of this scheme, as in `zpl+tcp://…`.
pub fn language(scheme: &str) -> Option<&'static Spoken> {
    LANGUAGES.iter().find(|spoken| spoken.scheme == scheme)
}

/// One label of the format in use. Prints exactly one copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintJob {
    /// The station's own number for this job; comes back in every event about it.
    pub ticket: u64,
    /// What stands on it.
    pub label: JobContent,
}

/// What the station may ask of a printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrinterCommand {
    /// From now on use this format; it is sent again after every reconnect.
    UseFormat(Format),
    /// Print one label.
    Print(PrintJob),
    /// Throw away everything queued, then read the position back until the device says its queue is
    /// empty. Jobs that were not sent yet are refused.
    Clear,
}

/// What a printer said, or what its silence means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrinterEvent {
    /// The link came up (`true`) or went down. After `true` the queue is unknown until `Cleared`.
    Link(bool),
    /// Who answered.
    Identified {
        /// Model name as the device gives it; the name of its language where it gives none.
        model: String,
        /// Firmware version; empty where it gives none.
        firmware: String,
        /// Dots per millimetre of the head; `None` where it does not say.
        dpmm: Option<u16>,
    },
    /// The job's bytes were handed to the link. Not proof of anything more.
    Sent {
        /// The job's ticket.
        ticket: u64,
        /// Bytes put on the wire for it.
        bytes: usize,
    },
    /// The job was not sent, and never will be.
    Refused {
        /// The job's ticket.
        ticket: u64,
        /// Why.
        why: Fault,
    },
    /// The queue was cleared and the device itself reported it empty (or, where it says nothing of its queue,
    /// acknowledged the order); the format is stored again.
    Cleared,
    /// The device said how many labels it has printed in its life.
    Counted {
        /// So many.
        labels: u64,
        /// When it was asked: it counted so many at some moment since.
        asked_at: Tick,
    },
    /// The device's own status, or that it is unknown.
    Status(Known<PrinterStatus>),
    /// Something went wrong on the link or in an answer.
    Fault(Fault),
}

/// A status the device reported itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrinterStatus {
    /// Labels and formats that wait in the printer, as it reports them; `None` where it does not say.
    pub queued: Option<u32>,
    /// Jobs that were taken and have not surely left its queue; 0 does not say that their labels came out whole.
    pub outstanding: u32,
    /// What hinders it; empty means it said it can print.
    pub faults: Vec<Fault>,
    /// Labels printed in its life, as it said last on this link; `None` where it does not say.
    pub odometer: Option<u64>,
}
