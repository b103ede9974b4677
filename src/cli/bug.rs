//! What a person sees of a bug: one message that says where the report lies, the terminal as it
//! was, exit code 70.
//!
//! A panic stops the whole program at once: without heartbeat the gate rejects, so stopping is safe
//! and going on is not. Only where a panic is caught on purpose does it not: on the main thread
//! (caught in [`watched`]) and on threads whose name begins with one of [`CATCHING`].

use super::exit::Exit;
use std::backtrace::Backtrace;
use std::io::Write;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use vidimus_drivers::camera::v4l2::FRAMES_THREAD;

/// Names of threads whose owner catches their panics and says so: the verify workers, which hand pictures to a reader
/// we did not write, the store's writer, the courier to a partner's repository, for which no line stops, the threads of
/// simulated worlds, and those that wait for a V4L2 camera's buffers through a library that panics on odd answers.
pub const CATCHING: &[&str] = &["verify", "store", "capture", "world", FRAMES_THREAD];

static LAST: Mutex<Option<String>> = Mutex::new(None);

/// Installs the hook. Call once, first thing in `main`.
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        let report = report(info);
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("");
        if name == "main" || CATCHING.iter().any(|catching| name.starts_with(catching)) {
            *LAST.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(report);
            return;
        }
        say(&report);
        std::process::exit(i32::from(Exit::Bug.code()));
    }));
}

/// Runs the command; a panic that comes through becomes the message and [`Exit::Bug`].
pub fn watched(command: impl FnOnce() -> Exit) -> Exit {
    catch_unwind(AssertUnwindSafe(command)).unwrap_or_else(|_| {
        let mut last = LAST.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        say(&last.take().unwrap_or_default());
        Exit::Bug
    })
}

fn report(info: &PanicHookInfo<'_>) -> String {
    let thread = std::thread::current();
    format!(
        "vidimus {} on {} {}\nthread {}\n{info}\n\n{}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        thread.name().unwrap_or("without name"),
        Backtrace::force_capture()
    )
}

fn say(report: &str) {
    crate::tui::restore_terminal();
    let what: String = report
        .lines()
        .skip(1)
        .take(3)
        .collect::<Vec<_>>()
        .join("\n  ");
    let lies = match write_report(report) {
        Ok(path) => format!("The report lies in {}.", path.display()),
        Err(why) => format!("The report could not be written ({why}); it follows.\n{report}"),
    };
    // Where standard error is gone too, the exit code is all that can be said.
    let _ = writeln!(
        std::io::stderr(),
        "This is a bug in vidimus, not your mistake.\n  {what}\n{lies}\nThe gate rejects every \
         pack while the station is away. Start the station again; send the report to its makers."
    );
}

/// A new file in the folder for temporary files; never one that is there already.
fn write_report(report: &str) -> std::io::Result<PathBuf> {
    let folder = std::env::temp_dir();
    let pid = std::process::id();
    let path = folder.join(format!("vidimus-bug-{pid}.txt"));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)?;
    file.write_all(report.as_bytes())?;
    Ok(path)
}
