//! What is on record as EPCIS events: the records in their order, and where everything was when they were written.
//!
//! ```text
//! store::Whereabouts::for_each_record ──record──▶ Exporter ──Event, numbers──▶ Sink (documents of bounded size)
//! ```
//!
//! Only a pack in the good bin is commissioned, and before anything that speaks of it; a container when it is closed
//! for the first time, with everything inside in one aggregation event. What goes in and out later are events of their
//! own. Ids come from the records, so whoever exports again sends the same events.

mod events;
mod exporter;
mod files;

pub use events::Site;
pub use exporter::{Cut, Exported, Kept, export, finished};
pub use files::{DOCUMENT_EPCS_MAX, Files, Sink};

use super::WriteError;
use crate::store::StoreError;
use std::fmt;

/// Why an export ends.
#[derive(Debug)]
pub enum ExportError {
    /// The store cannot be read.
    Store(StoreError),
    /// The documents cannot be written.
    Write(WriteError),
    /// A file cannot be made or put in its place.
    File(std::path::PathBuf, std::io::Error),
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExportError::Store(error) => error.fmt(f),
            ExportError::Write(error) => error.fmt(f),
            ExportError::File(path, why) => {
                write!(
                    f,
                    "{} cannot be written ({why}). Is the disk full?",
                    path.display()
                )
            }
        }
    }
}

impl std::error::Error for ExportError {}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> ExportError {
        ExportError::Store(error)
    }
}

impl From<WriteError> for ExportError {
    fn from(error: WriteError) -> ExportError {
        ExportError::Write(error)
    }
}
