//! Label printers: what the station may ask of one, what one may say, and the table of languages.
//! PURE.
//!
//! One file a language. A new language is one session file, one line in [`LANGUAGES`], one
//! simulator, one transcript.

pub mod format;
pub mod language;
pub mod zpl;

use crate::{Fault, Known};

/// The printer languages this crate speaks: the scheme prefix of a device address (`zpl+tcp://…`)
/// and its name.
pub const LANGUAGES: &[(&str, &str)] = &[("zpl", "ZPL II")];

/// A label format to be stored in the printer once; packs then send only its numbered fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFormat {
    /// Name in the printer's memory, 1–8 letters or digits.
    pub name: String,
    /// The language text that stores it (for ZPL `^XA^DFR:NAME.ZPL^FS…^XZ`), sent as it is.
    pub text: String,
}

/// One label: the values of the stored format's numbered fields. Prints exactly one copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintJob {
    /// The station's own number for this job; comes back in every event about it.
    pub ticket: u64,
    /// `(field number, value)`; values are language-ready field data (symbol escapes already in
    /// place).
    pub fields: Vec<(u16, String)>,
}

/// What the station may ask of a printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrinterCommand {
    /// From now on use this format; it is sent again after every reconnect.
    UseFormat(StoredFormat),
    /// Print one label.
    Print(PrintJob),
    /// Throw away everything queued, then read the position back until the device says its queue is
    /// empty.
    Clear,
}

/// What a printer said, or what its silence means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrinterEvent {
    /// The link came up (`true`) or went down. After `true` the queue is unknown until `Cleared`.
    Link(bool),
    /// Who answered.
    Identified {
        /// Model name as the device gives it.
        model: String,
        /// Firmware version.
        firmware: String,
        /// Dots per millimetre of the head.
        dpmm: u16,
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
    /// The queue was cleared and the device itself reported it empty; the format is stored again.
    Cleared,
    /// The device's own status, or that it is unknown.
    Status(Known<PrinterStatus>),
    /// Something went wrong on the link or in an answer.
    Fault(Fault),
}

/// A status the device reported itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrinterStatus {
    /// Formats waiting in the printer's buffer, as it reports them.
    pub queued: u16,
    /// Jobs that were sent and have not surely left its queue; 0 does not say that their labels came out whole.
    pub outstanding: u32,
    /// What hinders it; empty means it said it can print.
    pub faults: Vec<Fault>,
}
