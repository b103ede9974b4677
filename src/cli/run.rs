//! `vidimus run`: a station from its station file, until it is told to end.

use super::exit::{Ended, Exit, Failure};
use super::station_file;
use crate::station::{StartOptions, Station, StationError};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Arguments of `run`.
#[derive(Debug, Clone, clap::Args)]
pub struct RunArgs {
    /// The station file
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// This station is new and shares its serial key with others: begin with an empty store beside the key
    #[arg(long)]
    pub new_store: bool,
}

/// How often the end is looked for.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// Runs the station. SIGINT and SIGTERM end it in order: the gate stays on reject.
///
/// # Errors
/// The station file has mistakes, or the station cannot start, or its store failed.
pub fn run(args: &RunArgs) -> Ended {
    let config = station_file::load(&args.config)?;
    let asked = end_signals()?;
    let station = Station::start(
        &config,
        StartOptions {
            new_store: args.new_store,
        },
    )
    .map_err(failure)?;
    super::message(&format!(
        "Station {} runs. Its screen: vidimus tui --socket {}",
        config.station.name,
        station.socket_path().display()
    ));
    while !station.has_ended() {
        std::thread::sleep(LOOK_PAUSE);
        if asked.swap(false, Ordering::SeqCst) {
            station.end("system", "the process was asked to end");
        }
    }
    station.join().map_err(failure)?;
    Ok(Exit::Ok)
}

/// A flag that SIGINT and SIGTERM set.
///
/// # Errors
/// The system refuses the signal handlers.
pub fn end_signals() -> Result<Arc<AtomicBool>, Failure> {
    let asked = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&asked)).map_err(|why| {
            Failure::new(
                Exit::Device,
                format!("The signal handlers cannot be set: {why}."),
            )
        })?;
    }
    Ok(asked)
}

/// The exit code that belongs to a station's error.
pub fn failure(error: StationError) -> Failure {
    let exit = match &error {
        StationError::Store(_) | StationError::StoreFailed(_) => Exit::Store,
        StationError::Key(_) | StationError::Label(_) => Exit::Configuration,
        StationError::Device(_) => Exit::Configuration,
        StationError::Io { .. } => Exit::Device,
    };
    Failure::new(exit, error)
}
