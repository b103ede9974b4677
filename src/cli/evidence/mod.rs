//! `vidimus evidence`: the kept pictures of rejected packs, checked against the records and looked at.

mod check;
mod show;

use super::exit::{Ended, Exit, Failure};
use super::station_file;
use crate::store::{OpenOptions, Reader};
use std::path::PathBuf;

/// The data folder of `templates/stations/demo.toml`.
const DEFAULT_DATA: &str = "vidimus-data";

/// Arguments of `evidence`.
#[derive(Debug, Clone, clap::Args)]
pub struct EvidenceArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Action {
    /// Compare every kept picture with its record; missing and changed ones are named (exit code 13)
    Check(check::CheckArgs),
    /// Show what is on record about a pack's picture; with --overlay draw what was seen
    Show(show::ShowArgs),
}

/// Whose pictures. A station may be running there, or none.
#[derive(Debug, Clone, clap::Args)]
struct WhichData {
    /// Data folder of the station
    #[arg(long, value_name = "FOLDER", conflicts_with = "config")]
    data: Option<PathBuf>,
    /// Station file: the data folder is looked up there
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl WhichData {
    fn open(&self) -> Result<(PathBuf, Reader), Failure> {
        let data = match (&self.data, &self.config) {
            (Some(data), _) => data.clone(),
            (None, Some(file)) => station_file::load(file)?.station.data_dir,
            (None, None) => PathBuf::from(DEFAULT_DATA),
        };
        let reader = Reader::open(&data, &OpenOptions::default());
        let reader = reader.map_err(|error| Failure::new(Exit::Store, error))?;
        Ok((data, reader))
    }
}

/// Runs the command.
///
/// # Errors
/// The store or the folder of pictures cannot be read, or what was asked for is not there.
pub fn run(args: &EvidenceArgs) -> Ended {
    match &args.action {
        Action::Check(args) => check::run(args),
        Action::Show(args) => show::run(args),
    }
}
