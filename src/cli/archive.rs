//! Which store is asked: a station's by its station file, or any copy by its folder.

use super::exit::{Exit, Failure};
use super::station_file;
use crate::station::key;
use crate::store::{OpenOptions, Reader};
use crate::trace::{Archive, TraceError};
use std::path::PathBuf;

/// Which store.
#[derive(Debug, Clone, clap::Args)]
pub struct WhichArchive {
    /// Station file: its store is asked, with its serial key; the station may be running
    #[arg(short, long, value_name = "FILE", conflicts_with = "data")]
    pub config: Option<PathBuf>,
    /// Folder of a store or of a copy of one; without the key a pack is found by looking through all of them
    #[arg(long, value_name = "DIR", default_value = "vidimus-data")]
    pub data: PathBuf,
}

impl WhichArchive {
    /// Opens the store for reading.
    ///
    /// # Errors
    /// There is none, it is not one this program reads, or the station file has mistakes.
    pub fn open(&self) -> Result<Archive, Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::new(Exit::Store, error);
        let (folder, key) = match &self.config {
            Some(file) => {
                let config = station_file::load(file)?;
                let key = key::load(&config).map_err(|error| failed(&error))?;
                (config.station.data_dir, key)
            }
            None => (self.data.clone(), key::beside(&self.data)),
        };
        let reader = Reader::open(&folder, &OpenOptions::default());
        let reader = reader.map_err(|error| failed(&error))?;
        Ok(Archive { reader, key })
    }
}

/// How a question without an answer ends.
pub fn unanswered(error: TraceError) -> Failure {
    let exit = match &error {
        TraceError::Unreadable(_) => Exit::Usage,
        TraceError::Unknown(_) | TraceError::NotOnRecord(_) => Exit::SomeRefused,
        TraceError::Store(_) => Exit::Store,
    };
    Failure::new(exit, error)
}
