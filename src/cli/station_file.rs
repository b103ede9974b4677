//! Station files on the command line: reading one, and finding a station's socket.

use super::exit::{Exit, Failure};
use crate::config::{self, Config};
use crate::record::{LabelSlot, LabelStanding};
use crate::station::file_label;
use crate::store::{OpenOptions, Reader, StoreError};
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

/// Where a station's socket lies when nothing else is said: the one of
/// `templates/stations/demo.toml`.
pub const DEFAULT_SOCKET: &str = "vidimus-data/station.sock";

/// Which station is meant.
#[derive(Debug, Clone, clap::Args)]
pub struct WhichStation {
    /// Unix socket of the running station
    #[arg(long, value_name = "PATH", conflicts_with = "config")]
    pub socket: Option<PathBuf>,
    /// Station file of the running station: its socket is looked up there
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl WhichStation {
    /// The socket.
    ///
    /// # Errors
    /// The station file cannot be read or has mistakes.
    pub fn socket_path(&self) -> Result<PathBuf, Failure> {
        match (&self.socket, &self.config) {
            (Some(socket), _) => Ok(socket.clone()),
            (None, Some(file)) => Ok(load(file)?.station.socket),
            (None, None) => Ok(PathBuf::from(DEFAULT_SOCKET)),
        }
    }
}

/// Where the label templates of a station stand, and whether a batch is open: as its records say, or untouched where
/// there is no store yet.
///
/// # Errors
/// The store is there and cannot be read.
pub fn standing(config: &Config) -> Result<(LabelStanding, bool), StoreError> {
    let reader = Reader::open(&config.station.data_dir, &OpenOptions::default());
    let read = reader.and_then(|reader| {
        let open = reader.batches()?.iter().any(|(_, open)| *open);
        Ok((reader.labels()?, open))
    });
    match read {
        Err(StoreError::Missing { .. }) => Ok(Default::default()),
        read => read,
    }
}

/// That a start with this file keeps the label of the open batch, where the file names another one: a sentence.
pub fn kept_label(config: &Config) -> Option<String> {
    let file = file_label(config).ok()?;
    let (standing, open) = standing(config).ok()?;
    let kept = standing.of(LabelSlot::Packs).filter(|_| open)?;
    (kept.file != file.template).then(|| {
        format!(
            "label_template names {file} now. The open batch keeps {}: the other one is used from the first start \
             without an open batch, or after a test print, by vidimus label activate.",
            kept.in_force
        )
    })
}

/// Reads a text file of at most [`config::TEXT_MAX`] bytes.
///
/// # Errors
/// It cannot be read, is no UTF-8, or is too long.
pub fn text_of(path: &Path) -> Result<String, Failure> {
    let failure = |text: String| Failure::new(Exit::Configuration, text);
    let name = path.display();
    let file = std::fs::File::open(path).map_err(|why| {
        failure(format!(
            "The station file {name} cannot be opened ({why}). Check the path; a complete, \
             commented one is templates/stations/demo.toml."
        ))
    })?;
    let mut bytes = Vec::new();
    let most = config::TEXT_MAX as u64 + 1;
    file.take(most)
        .read_to_end(&mut bytes)
        .map_err(|why| failure(format!("The station file {name} cannot be read ({why}).")))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        failure(format!(
            "The station file {name} is not UTF-8 text (line {line}). Save it as UTF-8."
        ))
    })
}

/// Reads and checks a station file.
///
/// # Errors
/// All its mistakes, rendered.
pub fn load(path: &Path) -> Result<Config, Failure> {
    parse(path, &text_of(path)?)
}

/// Checks the text of a station file that lies here.
///
/// # Errors
/// All its mistakes, rendered.
pub fn parse(path: &Path, text: &str) -> Result<Config, Failure> {
    config::parse(&path.display().to_string(), text)
        .map_err(|errors| Failure::new(Exit::Configuration, errors.render(stderr_coloured())))
}

/// Whether messages may carry colours.
pub fn stderr_coloured() -> bool {
    let forbidden = std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty());
    !forbidden && std::io::stderr().is_terminal()
}
