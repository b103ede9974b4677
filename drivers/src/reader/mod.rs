//! Smart readers: what the station may ask of one, what one may say, and the table of families. PURE.
//!
//! A smart reader decodes by itself and sends text. The conversation is the same for all of them ([`session`]); a
//! family ([`family::Words`]) says how it is asked who it is, how its text is framed and what counts as an answer. A
//! new one is its file here, one line in [`FAMILIES`], a simulator, transcripts and a section in `docs/readers.md`.
//!
//! A read carries the reader's own counter, or only the time of its arrival. It is never the answer to anything: what
//! belongs to a command is told apart by its shape and by what was asked, never by being the next line.

pub mod config;
mod datalogic;
mod dmcc;
pub mod family;
mod keyence;
pub mod session;
mod sick;
mod strangers;
mod symbology;
mod text;
pub mod wedge;

pub use symbology::SymbologyId;

use crate::{Fault, Known, Tick};
use family::Words;

/// A family of readers this crate talks to.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// The scheme prefix of a device address (`dmcc` in `dmcc+tcp://…`), and the folder of its transcripts.
    pub scheme: &'static str,
    /// What it is called in "a … reader".
    pub name: &'static str,
    /// What it says and hears.
    pub words: &'static dyn Words,
}

/// The families this crate talks to.
pub const FAMILIES: &[Family] = &[
    Family {
        scheme: "dmcc",
        name: "Cognex DataMan",
        words: &dmcc::Dmcc,
    },
    Family {
        scheme: "keyence",
        name: "Keyence SR",
        words: &keyence::Keyence,
    },
    Family {
        scheme: "sick",
        name: "SICK Lector or CLV",
        words: &sick::Sick,
    },
    Family {
        scheme: "datalogic",
        name: "Datalogic Matrix",
        words: &datalogic::Datalogic,
    },
    Family {
        scheme: "text",
        name: "text",
        words: &text::Text,
    },
];

/// The family of this scheme, as in `dmcc+tcp://…`.
pub fn family(scheme: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.scheme == scheme)
}

/// What silence of a reader means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Liveness {
    /// It is asked when it is silent: silence is unknown, and then a lost link.
    Asked,
    /// It has no question that does no harm, as a hand scanner: its silence is normal, and says nothing. Only the link
    /// tells that it is gone, and a pulled scanner behind a serial port not even that.
    Unknown,
}

/// What the station may ask of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReaderCommand {
    /// Open (`true`) or close the reading gate, where the reader is triggered by software.
    Trigger(bool),
}

/// One read: what stood in a symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// The reader's own counter, where it is set to send one.
    pub counter: Option<u64>,
    /// When its last byte arrived.
    pub at: Tick,
    /// Which kind of symbol it was, where the reader says so.
    pub symbology: Option<SymbologyId>,
    /// What stood in it, without symbology identifier; elements are separated by GS (1Dh).
    pub text: Vec<u8>,
}

/// What a reader said, or what its silence means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReaderEvent {
    /// Reads are taken from now on (`true`): the link is up and, where it can be asked, the reader has said who it is.
    /// `false`: the link went down.
    Link(bool),
    /// Who answered; firmware is empty where it says none.
    Identified {
        /// Model as the reader gives it.
        model: String,
        /// Firmware version.
        firmware: String,
    },
    /// It answered, or it did not; told only of readers that are asked ([`Liveness::Asked`]).
    Alive(Known<()>),
    /// A symbol was read.
    Read(Scan),
    /// The reader was triggered and read nothing.
    NoRead {
        /// The reader's own counter, where it is set to send one.
        counter: Option<u64>,
        /// When its last byte arrived.
        at: Tick,
    },
    /// Something is not set as it should be; reads are taken nevertheless.
    Warning(String),
    /// Something went wrong on the link or in what was sent.
    Fault(Fault),
}
