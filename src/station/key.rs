//! The site's serial key: a file outside the database, 32 hexadecimal digits, readable by its owner only.

use super::StationError;
use crate::config::Config;
use crate::record::PackNo;
use crate::serial::{INDEX_COUNT, SerialKey};
use crate::store::{PackFilter, Reader};
use std::fmt;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Why the key cannot be used.
#[derive(Debug)]
pub enum KeyError {
    /// There are numbers already, but their key is gone.
    Missing(PathBuf),
    /// There is a key, but the store that knows its numbers is gone.
    StoreMissing(PathBuf, PathBuf),
    /// The file does not hold a key.
    Malformed(PathBuf),
    /// It is not the key that made this store's numbers.
    Other(PathBuf),
    /// The file cannot be read or written.
    Io(PathBuf, std::io::Error),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyError::Missing(path) => write!(
                f,
                "The serial key {} is missing although this store has given out numbers: put it back from the backup. \
                 A new key could give out numbers a second time.",
                path.display()
            ),
            KeyError::StoreMissing(path, dir) => write!(
                f,
                "The serial key {} is there, but {} holds no store: numbers made with this key would be given out a \
                 second time. Put the store back from the backup. If this station is new and shares the key with \
                 others, start it once with --new-store; its [serial] range must be its own.",
                path.display(),
                dir.display()
            ),
            KeyError::Malformed(path) => write!(
                f,
                "{} does not hold a serial key: 32 hexadecimal digits are wanted. Put it back from the backup.",
                path.display()
            ),
            KeyError::Other(path) => write!(
                f,
                "{} is not the key that made the numbers in this store: put the right one back from the backup. \
                 Two keys could give out the same number.",
                path.display()
            ),
            KeyError::Io(path, error) => {
                write!(
                    f,
                    "The serial key {} cannot be used: {error}.",
                    path.display()
                )
            }
        }
    }
}

impl std::error::Error for KeyError {}

/// What is known of the store before the key is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreBefore {
    /// There was a database before this start.
    pub existed: bool,
    /// A person said that this station begins with an empty store and a key it shares.
    pub may_be_new: bool,
}

/// A key without its store would give out the same numbers again: refused, before a new store is made.
pub fn check_store(config: &Config, before: StoreBefore) -> Result<(), KeyError> {
    let path = &config.serial.key_file;
    match path.exists() && !before.existed && !before.may_be_new {
        true => Err(KeyError::StoreMissing(
            path.clone(),
            config.station.data_dir.clone(),
        )),
        false => Ok(()),
    }
}

/// The key that lies in a store's folder under its usual name, if there is a sound one.
pub fn beside(folder: &std::path::Path) -> Option<SerialKey> {
    let text = std::fs::read_to_string(folder.join("serial.key")).ok()?;
    parse(text.trim())
}

/// Reads the key; `None` when there is no file.
pub fn load(config: &Config) -> Result<Option<SerialKey>, KeyError> {
    let path = &config.serial.key_file;
    match std::fs::read_to_string(path) {
        Ok(text) => match parse(text.trim()) {
            Some(key) => Ok(Some(key)),
            None => Err(KeyError::Malformed(path.clone())),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(KeyError::Io(path.clone(), error)),
    }
}

/// Reads the key; makes a new one only where no number was ever given out.
pub fn load_or_create(config: &Config, numbers_given: bool) -> Result<SerialKey, KeyError> {
    let path = &config.serial.key_file;
    match (load(config)?, numbers_given) {
        (Some(key), _) => Ok(key),
        (None, true) => Err(KeyError::Missing(path.clone())),
        (None, false) => create(path).map_err(|error| KeyError::Io(path.clone(), error)),
    }
}

/// A key that is kept nowhere.
pub fn random() -> std::io::Result<SerialKey> {
    Ok(SerialKey::new(random_bytes()?))
}

fn random_bytes() -> std::io::Result<[u8; 16]> {
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(|error| std::io::Error::other(error.to_string()))?;
    Ok(key)
}

/// How many of the last packs are held against the key.
const PACKS_COMPARED: u64 = 200;

/// The last numbers in the store must be those that this key makes.
pub fn check(
    config: &Config,
    key: &SerialKey,
    reader: &Reader,
    last: PackNo,
) -> Result<(), StationError> {
    let batches = reader.batches().map_err(StationError::Store)?;
    let after = PackNo(last.0.saturating_sub(PACKS_COMPARED));
    let rows = reader.packs(PackFilter {
        after,
        ..PackFilter::default()
    });
    for row in rows.map_err(StationError::Store)? {
        let batch = batches
            .iter()
            .find(|(batch, _)| Some(batch.no) == row.batch);
        let (Some((batch, _)), Some(serial)) = (batch, row.serial) else {
            continue;
        };
        // Numbers of pools are not made with the key.
        let own = serial.index < INDEX_COUNT;
        if own && key.text(&batch.gtin, serial.index) != serial.text {
            return Err(StationError::Key(KeyError::Other(
                config.serial.key_file.clone(),
            )));
        }
    }
    Ok(())
}

/// Written aside and renamed: there is a whole key or none.
fn create(path: &Path) -> std::io::Result<SerialKey> {
    let key = random_bytes()?;
    let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let aside = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    std::fs::rename(&aside, path)?;
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(SerialKey::new(key))
}

fn parse(text: &str) -> Option<SerialKey> {
    if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = [0; 16];
    for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(SerialKey::new(key))
}
