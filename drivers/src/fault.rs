//! What can go wrong with a device, and what is known about it. PURE.

use crate::Tick;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// How bad a fault is. Derived from the fault; what to do about it is the station's policy, never a
/// driver's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// The driver retries by itself; meanwhile nothing passes.
    Transient,
    /// A person must do something at the machine.
    NeedsOperator,
    /// Not to be retried in this run; an engineer is needed.
    Fatal,
}

/// What a device or its link reported. An unknown fault bit becomes [`Fault::Device`], never "ok".
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Fault {
    /// No answer to `what` within `after`.
    Timeout {
        /// The question that stayed unanswered.
        what: String,
        /// How long was waited.
        after: Duration,
    },
    /// The link is down; the text is the system's reason.
    LinkDown(String),
    /// An answer that does not follow the protocol; holds the first bytes of it, printable.
    Garbled(String),
    /// The device is busy.
    Busy,
    /// Label stock is out.
    MediaOut,
    /// Ribbon or ink is out.
    RibbonOrInkOut,
    /// The print head is open.
    HeadOpen,
    /// The device was paused.
    Paused,
    /// Some other error the device names itself.
    Device(String),
    /// The device is not the one that is expected (model, map version, dots per millimetre).
    WrongDevice {
        /// What was configured.
        expected: String,
        /// What answered.
        found: String,
    },
    /// Another program has the port open, and it can be open once.
    Held {
        /// The port.
        path: String,
    },
    /// Another station writes to the same device: what each of them calls itself there.
    OtherStation {
        /// Its STATION_BOOT.
        theirs: u16,
        /// Our STATION_BOOT.
        ours: u16,
    },
    /// The request itself cannot be carried out (a character the language cannot carry, a value too
    /// long).
    Refused(String),
}

impl Fault {
    /// The severity of this fault.
    pub fn severity(&self) -> Severity {
        match self {
            Fault::Timeout { .. }
            | Fault::LinkDown(_)
            | Fault::Held { .. }
            | Fault::Garbled(_)
            | Fault::Busy => Severity::Transient,
            Fault::WrongDevice { .. } | Fault::Refused(_) => Severity::Fatal,
            _ => Severity::NeedsOperator,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Timeout { what, after } => {
                write!(f, "no answer to {what} within {} ms", after.as_millis())
            }
            Fault::LinkDown(why) => write!(f, "link down: {why}"),
            Fault::Garbled(bytes) => write!(f, "garbled answer: {bytes}"),
            Fault::Busy => f.write_str("busy"),
            Fault::MediaOut => f.write_str("out of labels: load a new roll"),
            Fault::RibbonOrInkOut => f.write_str("out of ribbon or ink: change it"),
            Fault::HeadOpen => f.write_str("print head open: close it"),
            Fault::Paused => f.write_str("paused at the device: press its pause key"),
            Fault::Device(text) => write!(f, "device error: {text}"),
            Fault::WrongDevice { expected, found } => {
                write!(f, "wrong device: expected {expected}, found {found}")
            }
            Fault::Held { path } => write!(f, "link down: another program holds {path}"),
            Fault::OtherStation { theirs, ours } => write!(
                f,
                "another station writes to this PLC (boot {theirs}, ours {ours}): stop one of them"
            ),
            Fault::Refused(why) => write!(f, "refused: {why}"),
        }
    }
}

impl std::error::Error for Fault {}

/// A knowledge value: silence is `Unknown`, never "ok".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Known<T> {
    /// Told by the device itself at that time.
    Yes {
        /// What it said.
        value: T,
        /// When.
        at: Tick,
    },
    /// Nothing was heard since that time.
    Unknown {
        /// Since when.
        since: Tick,
    },
}
