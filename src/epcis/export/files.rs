//! Documents of bounded size, each whole or not there: written under another name, synced, renamed.

use super::ExportError;
use crate::epcis::{
    DocumentWriter, Event, EventTime, Format, Identifier, IdentifierStyle, WriteError,
};
use std::fs::File;
use std::path::{Path, PathBuf};

/// A new document begins behind so many numbers; an event is never divided.
pub const DOCUMENT_EPCS_MAX: u64 = 10_000;

/// Takes events.
pub trait Sink {
    /// Takes an event with these things in place of its own.
    ///
    /// # Errors
    /// It cannot be written.
    fn event(&mut self, event: &Event, epcs: Vec<Identifier>) -> Result<(), ExportError>;

    /// How many events it holds now, and about how many numbers.
    fn size(&self) -> (usize, u64);
}

/// Documents in a folder: `NAME-000001.json`, and so on.
pub struct Files {
    folder: PathBuf,
    name: String,
    format: Format,
    style: IdentifierStyle,
    created: EventTime,
    /// Events of the present document, and its numbers.
    waiting: Vec<(Event, Vec<Identifier>)>,
    epcs: u64,
    written: Vec<PathBuf>,
    events: u64,
    without_prefix: u64,
}

impl Files {
    /// Documents in this folder.
    pub fn new(
        folder: &Path,
        name: &str,
        format: Format,
        style: IdentifierStyle,
        created: EventTime,
    ) -> Files {
        Files {
            folder: folder.to_owned(),
            name: name.to_owned(),
            format,
            style,
            created,
            waiting: Vec::new(),
            epcs: 0,
            written: Vec::new(),
            events: 0,
            without_prefix: 0,
        }
    }

    /// Writes what waits; the documents, and how many identifiers had to be written as Digital Links.
    ///
    /// # Errors
    /// The last document cannot be written.
    pub fn finish(mut self) -> Result<(Vec<PathBuf>, u64), ExportError> {
        self.write()?;
        Ok((self.written, self.without_prefix))
    }

    fn write(&mut self) -> Result<(), ExportError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let ending = match self.format {
            Format::Json => "json",
            Format::Xml12 | Format::Xml20 => "xml",
        };
        let number = self.written.len() + 1;
        let path = self
            .folder
            .join(format!("{}-{number:06}.{ending}", self.name));
        let part = path.with_extension("part");
        let failed = |error| ExportError::File(path.clone(), error);
        let mut file = File::create(&part).map_err(failed)?;
        let mut document = DocumentWriter::new(&mut file, self.format, self.style, self.created);
        let written = self
            .waiting
            .drain(..)
            .try_for_each(|(event, epcs)| document.event_of(&event, epcs));
        self.without_prefix += document.without_prefix();
        let written = written
            .and_then(|()| document.finish())
            .and_then(|_| file.sync_all().map_err(WriteError::Output))
            .and_then(|()| std::fs::rename(&part, &path).map_err(WriteError::Output));
        if let Err(why) = written {
            let _ = std::fs::remove_file(&part); // half of a document is of use to nobody
            return Err(match why {
                WriteError::Output(why) => failed(why),
                other => other.into(),
            });
        }
        self.written.push(path);
        self.epcs = 0;
        Ok(())
    }
}

impl Sink for Files {
    fn size(&self) -> (usize, u64) {
        (self.waiting.len(), self.epcs)
    }

    fn event(&mut self, event: &Event, epcs: Vec<Identifier>) -> Result<(), ExportError> {
        self.epcs += epcs.len() as u64;
        self.events += 1;
        self.waiting.push((event.clone(), epcs));
        match self.epcs >= DOCUMENT_EPCS_MAX {
            true => self.write(),
            false => Ok(()),
        }
    }
}
