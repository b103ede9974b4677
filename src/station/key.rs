//! The site's serial key: a file outside the database, 32 hexadecimal digits, readable by its owner only.

use crate::config::Config;
use crate::serial::SerialKey;
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
    /// The file does not hold a key.
    Malformed(PathBuf),
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
            KeyError::Malformed(path) => write!(
                f,
                "{} does not hold a serial key: 32 hexadecimal digits are wanted. Put it back from the backup.",
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

/// Reads the key; makes a new one only where no number was ever given out (there is no database yet).
pub fn load_or_create(config: &Config) -> Result<SerialKey, KeyError> {
    let path = &config.serial.key_file;
    match std::fs::read_to_string(path) {
        Ok(text) => parse(text.trim()).ok_or_else(|| KeyError::Malformed(path.clone())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if crate::store::database(&config.station.data_dir).exists() {
                return Err(KeyError::Missing(path.clone()));
            }
            create(path).map_err(|error| KeyError::Io(path.clone(), error))
        }
        Err(error) => Err(KeyError::Io(path.clone(), error)),
    }
}

fn create(path: &Path) -> std::io::Result<SerialKey> {
    let mut key = [0; 16];
    getrandom::fill(&mut key).map_err(|error| std::io::Error::other(error.to_string()))?;
    let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    Ok(SerialKey::new(key))
}

fn parse(text: &str) -> Option<SerialKey> {
    if text.len() != 32 || !text.is_ascii() {
        return None;
    }
    let mut key = [0; 16];
    for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(SerialKey::new(key))
}
