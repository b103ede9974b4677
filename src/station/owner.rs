//! Whose store a data folder holds. A store belongs to the station whose name stands in a file beside it, or, where
//! that file is missing, in the record of its last start: two station files that name one folder by mistake would go
//! on with each other's numbers, batch and books.

use super::StationError;
use crate::config::Config;
use crate::record::Fact;
use crate::store::{self, Reader};
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// The file with the station's name. A person who renames a station writes the new name into it.
const FILE: &str = "vidimus.station";
/// What is read of it; a name is far shorter.
const READ_BYTES: u64 = 1024;

fn file_in(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> StationError {
    let what = format!(
        "The file {} with the station's name cannot be used",
        path.display()
    );
    move |error| StationError::Io { what, error }
}

/// The name in the file; `None` where none was ever written.
fn named_in(dir: &Path) -> Result<Option<String>, StationError> {
    let path = file_in(dir);
    let mut text = String::new();
    match File::open(&path).and_then(|file| file.take(READ_BYTES).read_to_string(&mut text)) {
        Ok(_) => Ok(Some(text.trim().to_owned()).filter(|name| !name.is_empty())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&path)(error)),
    }
}

/// The name in the record of the last start. Records of versions that did not write it have none.
fn named_on_record(reader: &Reader) -> Result<Option<String>, StationError> {
    let mark = "{\"StationStarted\":";
    let start = reader.whereabouts(|ask| ask.last_record_until(u64::MAX, mark));
    let start = start.map_err(StationError::Store)?;
    Ok(start.and_then(|stored| match stored.record.fact {
        Fact::StationStarted { station, .. } => station,
        _ => None,
    }))
}

/// A sentence that refuses this folder to a station of another name.
fn other(config: &Config, owner: &str) -> StationError {
    let (dir, name) = (&config.station.data_dir, &config.station.name);
    StationError::Owner(format!(
        "{} holds the store of station \"{owner}\", and this station file is of \"{name}\": give it a data_dir of its \
         own. If the station was renamed, write its new name into {}.",
        dir.display(),
        file_in(dir).display()
    ))
}

fn compared(config: &Config, owner: Option<&str>) -> Result<(), StationError> {
    match owner {
        Some(owner) if owner != config.station.name => Err(other(config, owner)),
        _ => Ok(()),
    }
}

/// Whether the store that lies in the station file's folder, if there is one, is this station's, as the file beside it
/// says. Nothing is written.
///
/// # Errors
/// It belongs to a station of another name, or that file cannot be read.
pub fn check(config: &Config) -> Result<(), StationError> {
    let dir = &config.station.data_dir;
    match store::database(dir).exists() {
        true => compared(config, named_in(dir)?.as_deref()),
        false => Ok(()),
    }
}

/// Takes the folder's store for this station: one that was there before must be its own. From then on the file says so.
/// The folder is locked by whoever asks.
///
/// # Errors
/// It belongs to a station of another name; the file or the store cannot be used.
pub fn claim(config: &Config, reader: &Reader, existed: bool) -> Result<(), StationError> {
    let dir = &config.station.data_dir;
    if existed {
        let named = named_in(dir)?;
        let owner = match &named {
            Some(_) => named.clone(),
            None => named_on_record(reader)?,
        };
        compared(config, owner.as_deref())?;
        if named.is_some() {
            return Ok(());
        }
    }
    let path = file_in(dir);
    write(dir, &path, &config.station.name).map_err(failed(&path))
}

/// Written aside and renamed: there is a whole name or none.
fn write(dir: &Path, path: &Path, name: &str) -> std::io::Result<()> {
    let aside = path.with_extension("station.new");
    let mut file = File::create(&aside)?;
    writeln!(file, "{name}")?;
    file.sync_all()?;
    std::fs::rename(&aside, path)?;
    File::open(dir)?.sync_all()
}
