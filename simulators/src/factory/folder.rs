//! The folder of a factory: its lock, its truth, what its PLCs keep without power. IO.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, flock};

use super::{FactoryAddresses, FactoryError};
use crate::{
    packing::{self, PackingOptions, Row},
    plc::Retained,
    serve::replace,
    truth::{self, Lines, RunStart, TruthWriter},
};

/// The file that tells where everything listens.
pub const ADDRESS_FILE: &str = "factory.json";
const LOCK_FILE: &str = "factory.lock";

/// The factory's folder, locked.
pub(super) struct Folder {
    pub path: PathBuf,
    _lock: fs::File,
}

impl Folder {
    pub fn enter(path: &Path) -> Result<Folder, FactoryError> {
        let bad = |why| FactoryError::Folder {
            path: path.to_owned(),
            why,
        };
        fs::create_dir_all(path).map_err(bad)?;
        let lock = fs::File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK_FILE))
            .map_err(bad)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Folder {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(FactoryError::Taken {
                path: path.to_owned(),
            }),
            Err(why) => Err(bad(why.into())),
        }
    }

    /// Where the PLC of a lane keeps what it keeps.
    pub fn memory_file(&self, lane: u8) -> PathBuf {
        match lane {
            1 => self.path.join("plc.json"),
            lane => self.path.join(format!("plc-{lane}.json")),
        }
    }

    /// What the PLC of a lane kept from the last run.
    pub fn memory(&self, lane: u8) -> Result<Retained, FactoryError> {
        let path = self.memory_file(lane);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|why| FactoryError::Damaged {
                path,
                why: why.to_string(),
            }),
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(Retained::default()),
            Err(why) => Err(FactoryError::Folder { path, why }),
        }
    }

    /// Writes a lane's new boot number down.
    pub fn remember(&self, lane: u8, retained: Retained) -> Result<(), FactoryError> {
        let path = self.memory_file(lane);
        let bytes = serde_json::to_vec(&retained).unwrap_or_default();
        replace(&path, &bytes).map_err(|why| FactoryError::Folder { path, why })
    }

    /// Opens the truth.
    pub fn truth(&self, start: &RunStart) -> Result<TruthWriter, FactoryError> {
        let path = self.path.join(truth::FILE_NAME);
        TruthWriter::open(&path, start).map_err(|why| FactoryError::Folder { path, why })
    }

    /// Opens the truth of the packing hall; gives the number of its next container as well.
    pub fn packing(&self, options: &PackingOptions) -> Result<(Lines, u64), FactoryError> {
        let path = self.path.join(packing::FILE_NAME);
        let bad = |why| FactoryError::Folder {
            path: path.clone(),
            why,
        };
        let before = match packing::read_file(&path) {
            Ok(before) => before,
            Err(why) if why.kind() == io::ErrorKind::NotFound => packing::PackingFile::default(),
            Err(why) => return Err(bad(why)),
        };
        let last = before
            .containers
            .last_key_value()
            .map_or(0, |(number, _)| *number);
        let mut lines = Lines::open(&path).map_err(bad)?;
        let levels = options.levels.iter().map(|level| level.name.clone());
        let start = Row::Start {
            levels: levels.collect(),
        };
        lines.line(&start).map_err(bad)?;
        Ok((lines, last + 1))
    }

    pub fn publish(&self, addresses: &FactoryAddresses) -> Result<(), FactoryError> {
        let path = self.path.join(ADDRESS_FILE);
        let bytes = serde_json::to_vec(addresses).unwrap_or_default();
        replace(&path, &bytes).map_err(|why| FactoryError::Folder { path, why })
    }

    pub fn withdraw(&self) {
        // A file left behind is harmless: its process id is dead and the lock is free.
        let _ = fs::remove_file(self.path.join(ADDRESS_FILE));
    }
}
