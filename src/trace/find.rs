//! From what was scanned to the unit it names.

use crate::packaging::{Refusal, UnitCode};
use crate::record::Unit;
use crate::serial::SerialKey;
use crate::store::{PackFilter, Reader, StoreError};
use std::fmt;

/// A store that is asked, with what makes its numbers findable.
pub struct Archive {
    /// The store.
    pub reader: Reader,
    /// The key of its serials. Without it a pack is found by looking through all of them.
    pub key: Option<SerialKey>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum TraceError {
    /// The scan cannot be read.
    Unreadable(Refusal),
    /// No record knows what it names.
    Unknown(String),
    /// What is asked for is on no record; a sentence.
    NotOnRecord(String),
    /// The store says so.
    Store(StoreError),
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TraceError::Unreadable(refusal) => refusal.fmt(f),
            TraceError::Unknown(code) => write!(
                f,
                "{code} is in no record of this store: it was not made here, or it is not genuine."
            ),
            TraceError::NotOnRecord(text) => f.write_str(text),
            TraceError::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TraceError {}

impl From<StoreError> for TraceError {
    fn from(error: StoreError) -> TraceError {
        TraceError::Store(error)
    }
}

impl Archive {
    /// Asks several questions of one and the same state of the store.
    ///
    /// # Errors
    /// Those of `questions`, and when the store cannot be read.
    pub fn at_one_state<T>(
        &self,
        questions: impl FnOnce() -> Result<T, TraceError>,
    ) -> Result<T, TraceError> {
        self.reader.at_one_state(|_| questions())
    }

    /// The unit that a scan names, and its code.
    ///
    /// # Errors
    /// The scan cannot be read, or no record knows what it names.
    pub fn find(&self, scan: &str) -> Result<(Unit, UnitCode), TraceError> {
        let code = UnitCode::of(scan).map_err(TraceError::Unreadable)?;
        match self.unit(&code)? {
            Some(unit) => Ok((unit, code)),
            None => Err(TraceError::Unknown(code.to_string())),
        }
    }

    /// The unit with this code, if there is one.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn unit(&self, code: &UnitCode) -> Result<Option<Unit>, TraceError> {
        if let UnitCode::Sgtin { gtin, serial, .. } = code {
            let pack = match &self.key {
                Some(key) => self
                    .reader
                    .whereabouts(|ask| ask.pack_of_serial(key, gtin, serial))?,
                None => self.look_through(gtin.as_str(), serial)?,
            };
            if let Some(pack) = pack {
                return Ok(Some(Unit::Pack(pack)));
            }
        }
        let container = code.container();
        let found = self
            .reader
            .whereabouts(|ask| ask.container_of(&container))?;
        Ok(found.map(Unit::Container))
    }

    /// Every pack is looked at: for whoever has a copy of the store and not the key.
    fn look_through(
        &self,
        gtin: &str,
        serial: &str,
    ) -> Result<Option<crate::record::PackNo>, TraceError> {
        let mut found = Vec::new();
        self.reader.for_each_pack(PackFilter::default(), |row| {
            if row
                .serial
                .as_ref()
                .is_some_and(|number| number.text == serial)
            {
                found.push((row.pack, row.batch));
            }
        })?;
        for (pack, batch) in found {
            let Some(batch) = batch else { continue };
            let (of, ..) = self.reader.whereabouts(|ask| ask.lot(batch))?;
            if of.as_str() == gtin {
                return Ok(Some(pack));
            }
        }
        Ok(None)
    }
}
