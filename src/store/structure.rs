//! SQLite's own check of its file: whole before a start while the file is small, beside the running station when it is
//! not, because reading tens of gigabytes takes minutes in which a line would stand.
//!
//! What a start and the line read is checked by SQLite at every reading all the same; this looks at the pages that
//! nobody reads. A station whose file turns out to be damaged stops as for any other failure of its store.

use super::opening::{Access, connect};
use super::{OpenOptions, StoreError, folder};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Greatest database that is checked before a start, in bytes: a few seconds of reading.
pub const CHECK_FIRST_BYTES_MAX: u64 = 256 << 20;
/// Steps of SQLite (about one a page) after which a check beside the station rests for as long as they took.
const STEPS_BETWEEN_RESTS: i32 = 500;
/// Longest of these rests.
const REST_MAX: Duration = Duration::from_millis(200);

/// Whether a check of the whole database is small enough to be waited for.
///
/// # Errors
/// When the database cannot be read.
pub fn is_checked_first(
    connection: &Connection,
    path: &Path,
    options: &OpenOptions,
) -> Result<bool, StoreError> {
    let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    let bytes: i64 = connection
        .query_row(sql, [], |row| row.get(0))
        .map_err(|error| StoreError::sql(path, error))?;
    Ok(u64::try_from(bytes).is_ok_and(|bytes| bytes <= options.check_first_bytes))
}

/// SQLite's own check: `quick_check`, or `integrity_check`, which holds the indexes against the
/// tables as well.
///
/// # Errors
/// When the database is damaged or cannot be read.
pub fn check(connection: &Connection, path: &Path, check: &str) -> Result<(), StoreError> {
    let said: String = connection
        .query_row(&format!("PRAGMA {check}(1)"), [], |row| row.get(0))
        .map_err(|error| StoreError::sql(path, error))?;
    match said.as_str() {
        "ok" => Ok(()),
        _ => {
            let said = said.replace('\n', " ");
            Err(StoreError::damaged(path, format!("SQLite says: {said}.")))
        }
    }
}

/// A check that runs beside the station, in a thread and with a connection of its own.
#[derive(Debug)]
pub struct Examination {
    thread: JoinHandle<()>,
    given_up: Arc<AtomicBool>,
}

impl Examination {
    /// Begins; `tell` is called if something is wrong, from the thread.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn begin(
        dir: &Path,
        options: OpenOptions,
        tell: impl FnOnce(StoreError) + Send + 'static,
    ) -> Result<Examination, StoreError> {
        let path = folder::database(dir);
        let given_up = Arc::new(AtomicBool::new(false));
        let (file, give_up) = (path.clone(), Arc::clone(&given_up));
        let thread = std::thread::Builder::new()
            .name("store check".to_owned())
            .spawn(move || {
                let found = examine(&file, &options, &give_up);
                if let Err(error) = found
                    && !give_up.load(Ordering::Relaxed)
                {
                    tell(error);
                }
            })
            .map_err(|error| no_thread(path, &error))?;
        Ok(Examination { thread, given_up })
    }

    /// Gives up what is not checked yet and waits for the thread.
    pub fn end(self) {
        self.given_up.store(true, Ordering::Relaxed);
        let _ = self.thread.join(); // a panic there has been told
    }
}

fn no_thread(path: PathBuf, error: &std::io::Error) -> StoreError {
    let text = format!("no thread can be started: {error}");
    StoreError::Io { path, text }
}

/// The check, at half the speed: the line's own writing goes first.
fn examine(
    path: &Path,
    options: &OpenOptions,
    given_up: &Arc<AtomicBool>,
) -> Result<(), StoreError> {
    // A connection that opened the file for reading alone passes over the CHECK constraints of its tables.
    let mut connection = connect(path, options, Access::Write)?;
    connection
        .pragma_update(None, "query_only", true)
        .map_err(|error| StoreError::sql(path, error))?;
    let give_up = Arc::clone(given_up);
    let mut begun = Instant::now();
    let rest = move || {
        std::thread::sleep(begun.elapsed().min(REST_MAX));
        begun = Instant::now();
        give_up.load(Ordering::Relaxed)
    };
    connection
        .progress_handler(STEPS_BETWEEN_RESTS, Some(rest))
        .map_err(|error| StoreError::sql(path, error))?;
    check(&connection, path, "quick_check")
}
