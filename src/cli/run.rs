//! `vidimus run`: a station from its station file, until it is told to end.

use super::exit::{Ended, Exit, Failure};
use super::service::{Manager, Service};
use super::{print_line, station_file};
use crate::config::Config;
use crate::record::SignIn;
use crate::station::log::{Log, Severity};
use crate::station::{StartOptions, Station, StationError};
use crate::wire::Secret;
use sha2::{Digest, Sha256};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Arguments of `run`.
#[derive(Debug, Clone, clap::Args)]
pub struct RunArgs {
    /// The station file
    #[arg(short, long, value_name = "FILE")]
    pub config: PathBuf,
    /// This station is new and shares its serial key with others: begin with an empty store beside the key
    #[arg(long)]
    pub new_store: bool,
    /// The administrator's secret was lost: give "administrator" a new one-time secret and show it
    #[arg(long)]
    pub reset_administrator: bool,
}

/// How often the end is looked for.
const LOOK_PAUSE: Duration = Duration::from_millis(50);
/// Longest time a station that was asked to end may take: what waits for a disk is written by then, or that disk does
/// not answer. Less than a service manager waits before it kills (systemd: 90 s).
const ENDING_MAX: Duration = Duration::from_secs(60);

/// Runs the station. SIGINT and SIGTERM end it in order: the gate stays on reject. A service manager is told when it is
/// ready, that it lives, and when it ends (`service.rs`).
///
/// # Errors
/// The station file has mistakes, or the station cannot start, or its store failed.
pub fn run(args: &RunArgs) -> Ended {
    let text = station_file::text_of(&args.config)?;
    let config = station_file::parse(&args.config, &text)?;
    let asked = end_signals()?;
    let service = Service::new(&Manager::of_this_process())
        .map_err(|why| Failure::new(Exit::Configuration, why))?;
    let log = Log::start(&config.log, &config.station.name, super::message)
        .map_err(|why| Failure::new(Exit::Device, format!("The log cannot start: {why}.")))?;
    log.say(Severity::Info, &starts(&config, &text));
    let ended = run_to_its_end(args, &config, &asked, service, &log);
    match &ended {
        Ok(_) => log.say(Severity::Info, "the program ends in order"),
        Err(failure) => log.say(Severity::Error, &format!("the program ends: {failure}")),
    }
    log.close();
    ended
}

/// What starts, and with what: the hash is that of the station file's bytes.
fn starts(config: &Config, text: &str) -> String {
    let hash = Sha256::digest(text)
        .iter()
        .fold(String::new(), |mut hash, byte| {
            let _ = write!(hash, "{byte:02x}"); // a String takes everything
            hash
        });
    let (name, version) = (&config.station.name, env!("CARGO_PKG_VERSION"));
    format!("station {name} starts, version {version}, station file with SHA-256 {hash}")
}

fn run_to_its_end(
    args: &RunArgs,
    config: &Config,
    asked: &AtomicBool,
    mut service: Service,
    log: &Log,
) -> Ended {
    let options = StartOptions {
        new_store: args.new_store,
        reset_administrator: args.reset_administrator,
        log: log.clone(),
    };
    let kept = station_file::kept_label(config);
    let mut station = Station::start(config, options).map_err(failure)?;
    if let Some(secret) = station.take_administrator_secret() {
        show_once(&secret, station.socket_path())?;
    }
    super::message(&format!(
        "Station {} runs. Its screen: vidimus tui --socket {}",
        config.station.name,
        station.socket_path().display()
    ));
    if let Some(kept) = kept {
        super::message(&kept);
        log.say(Severity::Warning, &kept);
    }
    if config.people.sign_in == SignIn::NamesOnly {
        super::message(
            "Names are believed here (sign_in = \"names-only\"): nobody signs in, and nothing can be signed.",
        );
    }
    let end = || station.end("the process was asked to end");
    let mut look = |ending| match ending {
        true => service.stopping(),
        false => service.look(&station),
    };
    let has_ended = || station.has_ended();
    if !await_end(asked, &has_ended, &end, &mut look, ENDING_MAX) {
        return Err(Failure::new(Exit::Store, not_ended(ENDING_MAX)));
    }
    service.stopping();
    station.join().map_err(failure)?;
    Ok(Exit::Ok)
}

/// The one place that ever shows it: standard output of this start.
fn show_once(secret: &Secret, socket: &Path) -> Result<(), Failure> {
    print_line(&format!(
        "One-time secret of \"administrator\", shown now and never again:\n{}",
        secret.text()
    ))?;
    super::message(&format!(
        "Choose an own secret with it: vidimus people secret --as administrator --socket {}",
        socket.display()
    ));
    Ok(())
}

fn not_ended(most: Duration) -> String {
    format!(
        "The station was asked to end and has not within {} s: a disk or a device does not answer. It is left as by a \
         crash: the gate rejects, and what was acknowledged is on the disk. Check the disk, then start it again.",
        most.as_secs()
    )
}

/// Waits until the station has ended; asks it to when `asked` says so, until it takes that. `false` when it has not
/// ended so long after it was asked first. `look` is called all the while, and told whether the end was asked for.
fn await_end(
    asked: &AtomicBool,
    has_ended: &dyn Fn() -> bool,
    end: &dyn Fn() -> bool,
    look: &mut dyn FnMut(bool),
    most: Duration,
) -> bool {
    let mut since: Option<Instant> = None;
    while !has_ended() {
        std::thread::sleep(LOOK_PAUSE.min(most));
        if asked.swap(false, Ordering::SeqCst) {
            since.get_or_insert_with(Instant::now);
            if !end() {
                asked.store(true, Ordering::SeqCst); // its inbox is full: once more
            }
        }
        if since.is_some_and(|since| since.elapsed() >= most) {
            return false;
        }
        look(since.is_some());
    }
    true
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
        StationError::Device(_) | StationError::Owner(_) => Exit::Configuration,
        StationError::People(_) => Exit::Configuration,
        StationError::Io { .. } => Exit::Device,
    };
    Failure::new(exit, error)
}

#[cfg(test)]
mod test {
    use super::*;
    use std::cell::Cell;

    const SHORT: Duration = Duration::from_millis(5);

    #[test]
    fn a_station_that_does_not_end_is_left_after_the_limit() {
        let asked = AtomicBool::new(true);
        let times = Cell::new(0);
        let end = || {
            times.set(times.get() + 1);
            times.get() > 1 // its inbox is full at first
        };
        let mut looks = Vec::new();
        let mut look = |ending| looks.push(ending);
        let ended = await_end(&asked, &|| false, &end, &mut look, 10 * SHORT);
        assert!(!ended && looks.iter().all(|ending| *ending));
        assert_eq!(times.get(), 2, "asked until it is taken, and no more");
        assert!(not_ended(ENDING_MAX).contains("within 60 s"));
    }

    #[test]
    fn a_station_that_was_not_asked_runs_as_long_as_it_likes() {
        let looks = Cell::new(0);
        let has_ended = || {
            looks.set(looks.get() + 1);
            looks.get() > 5
        };
        let end = || panic!("nobody asked");
        let not_asked = AtomicBool::new(false);
        let mut look = |ending: bool| assert!(!ending);
        assert!(await_end(&not_asked, &has_ended, &end, &mut look, SHORT));
    }
}
