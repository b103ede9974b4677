//! Worlds on all cores, with a bar and two ways to end them early: once in order, twice at once.

use crate::cli::exit::{Exit, Failure};
use crate::cli::progress::Progress;
use crate::world::report::Report;
use crate::world::runs::{Runs, Summary, run};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_shutdown};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A flag that the first SIGINT or SIGTERM sets; the second ends the program where it stands.
///
/// # Errors
/// The system refuses the signal handlers.
pub fn stop_signals() -> Result<Arc<AtomicBool>, Failure> {
    let asked = Arc::new(AtomicBool::new(false));
    let code = i32::from(Exit::StoppedByOperator.code());
    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal finds the flag down and puts it up.
        register_conditional_shutdown(signal, code, Arc::clone(&asked))
            .and_then(|_| register(signal, Arc::clone(&asked)))
            .map_err(|why| {
                let text = format!("The signal handlers cannot be set: {why}.");
                Failure::new(Exit::Device, text)
            })?;
    }
    Ok(asked)
}

/// Lives all of them until somebody asks for the end.
pub fn live_all(runs: &Runs, asked: &AtomicBool) -> Summary {
    let bar = Progress::new(runs.count());
    let (done, bad) = (AtomicU64::new(0), AtomicU64::new(0));
    let told = |report: &Report| {
        let found = report.violations.len() as u64;
        let bad = bad.fetch_add(found, Ordering::Relaxed) + found;
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        bar.at(done, bad);
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let goes_on = || !asked.load(Ordering::SeqCst);
    run(runs, cores, &goes_on, &told)
}
