//! Opening: take the folder, look before touching, set and assert every pragma, check, and only
//! then hand out a store.

use super::ledger::{Commit, Errand, Ledger};
use super::structure::Examination;
use super::{
    Purpose, Reader, StoreError, StoreEvent, Writer, block, chain, folder, people, schema,
    structure, writer,
};
use crate::record::partner::Staged;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a connection waits for another one's lock before it fails.
pub const BUSY_MAX: Duration = Duration::from_secs(5);
/// Prepared statements kept per connection; more than this room has.
const STATEMENTS_MAX: usize = 64;
/// Size the log is cut back to after a checkpoint, in bytes.
const LOG_BYTES_MAX: i64 = 16 << 20;
/// Pages of 4 KiB in the log after which it is carried over into the database; a reader that is in the way only puts
/// that off until the next commit.
pub const CHECKPOINT_PAGES: u32 = 1_000;
/// Least room on the disk with which a store is opened, in bytes, unless the station file says otherwise.
pub const FREE_MIN_BYTES: u64 = 64 << 20;

/// Where the bytes go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Medium {
    /// Files of the folder, through SQLite's own file layer.
    #[default]
    Disk,
    /// Files of the folder, through a registered VFS of this name.
    Vfs(String),
    /// Memory of this process under this name; it lives as long as one connection to it. No folder,
    /// no lock, no log.
    Memory(String),
}

/// How to open a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOptions {
    /// Where the bytes go.
    pub medium: Medium,
    /// Refuse to start with less room on the disk than this, in bytes.
    pub min_free_bytes: u64,
    /// Carry the log over into the database once it holds this many pages of 4 KiB.
    pub checkpoint_pages: u32,
    /// Put commits that are past into blocks of this many bytes before compression.
    pub block_bytes: u64,
    /// Check the whole database before the start only up to this size, in bytes; a larger one beside the running
    /// station, once [`Store::start`] has handed it to its thread.
    pub check_first_bytes: u64,
    /// Greatest size of the database in pages of 4 KiB, if it is limited.
    pub pages_max: Option<u32>,
    /// What the store is for; a store that is for something else is refused.
    pub purpose: Purpose,
}

impl Default for OpenOptions {
    fn default() -> OpenOptions {
        OpenOptions {
            medium: Medium::Disk,
            min_free_bytes: FREE_MIN_BYTES,
            checkpoint_pages: CHECKPOINT_PAGES,
            block_bytes: block::BLOCK_BYTES,
            check_first_bytes: structure::CHECK_FIRST_BYTES_MAX,
            pages_max: None,
            purpose: Purpose::Station,
        }
    }
}

/// An open store: the ledger and the folder's lock.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    options: OpenOptions,
    ledger: Ledger,
    /// The whole database was checked before the start.
    checked: bool,
    /// Which files are written; `None` where they stand in no folder of this machine.
    files: Option<folder::Files>,
    /// Held, never read: dropping it gives the folder free.
    _lock: Option<folder::FolderLock>,
}

/// Opens the store in `dir`, making folder and database if they are missing. What it then holds is on
/// disk, whatever happened to the station before it.
///
/// # Errors
/// Everything in [`StoreError`] but the queue's: another station there, no room, a foreign, newer
/// or damaged database.
pub fn open(dir: &Path, options: OpenOptions) -> Result<Store, StoreError> {
    let (dir, lock) = match &options.medium {
        Medium::Memory(_) => (dir.to_owned(), None),
        Medium::Disk | Medium::Vfs(_) => {
            let dir = folder::prepare(dir)?;
            let lock = folder::lock(&dir)?;
            let free_bytes = folder::free_bytes(&dir)?;
            let min_bytes = options.min_free_bytes;
            if free_bytes < min_bytes {
                return Err(StoreError::LowSpace {
                    dir,
                    free_bytes,
                    min_bytes,
                });
            }
            if !folder::inspect(&folder::database(&dir), options.purpose)? {
                create(&dir, &options)?;
            }
            folder::write_log_again(&folder::database(&dir))?;
            folder::sync(&dir)?;
            (dir, Some(lock))
        }
    };
    let path = folder::database(&dir);
    let mut connection = connect(&path, &options, Access::Write)?;
    set_pragmas(&connection, &path, &options)?;
    schema::migrate(&mut connection, &path)?;
    check(&connection, &path, options.purpose)?;
    let checked = structure::is_checked_first(&connection, &path, &options)?;
    if checked {
        structure::check(&connection, &path, "quick_check")?;
    }
    let on_disk = options.medium == Medium::Disk;
    let ledger = Ledger::resume(connection, path.clone(), &options)?;
    // By now the log is there: the ledger has read through it.
    let files = on_disk.then(|| folder::files(&path));
    Ok(Store {
        dir,
        files,
        options,
        ledger,
        checked,
        _lock: lock,
    })
}

impl Store {
    /// Writes commits now, in this thread. See [`Ledger::commit`]. What went into a file that nobody finds any more is
    /// not on disk.
    ///
    /// # Errors
    /// As [`Ledger::commit`]; [`StoreError::Moved`].
    pub fn commit(&mut self, commits: &[Commit]) -> Result<u64, StoreError> {
        let through = self.ledger.commit(commits)?;
        self.where_it_was(through)
    }

    /// The files that are written are those at their paths: neither they nor their folder was moved, replaced or
    /// removed.
    fn stands(&self) -> Result<(), StoreError> {
        let path = folder::database(&self.dir);
        match self.files.is_none_or(|files| folder::files(&path) == files) {
            true => Ok(()),
            false => Err(StoreError::Moved { path }),
        }
    }

    /// What was done, where it can be found again. Where the log was taken away and the database was not, all of it is
    /// carried over first: it would be lost with this process, and the numbers in it given a second time.
    fn where_it_was<T>(&mut self, done: T) -> Result<T, StoreError> {
        let moved = match self.stands() {
            Ok(()) => return Ok(done),
            Err(moved) => moved,
        };
        let found = folder::files(&folder::database(&self.dir));
        match self.files.is_some_and(|files| files.same_database(found)) {
            true => self.ledger.carry_over().and(Err(moved)),
            false => Err(moved),
        }
    }

    /// Does an errand now, in this thread. See [`Ledger::errand`].
    ///
    /// # Errors
    /// As [`Ledger::errand`]; [`StoreError::Moved`].
    pub fn errand(
        &mut self,
        utc_ms: i64,
        errand: Errand,
    ) -> Result<Result<Staged, String>, StoreError> {
        let done = self.ledger.errand(utc_ms, errand)?;
        self.where_it_was(done)
    }

    /// Puts what is past into blocks, if there is enough of it. See [`Ledger::settle`].
    ///
    /// # Errors
    /// As [`Ledger::settle`]; [`StoreError::Moved`].
    pub fn settle(&mut self) -> Result<(), StoreError> {
        self.ledger.settle()?;
        self.where_it_was(())
    }

    /// So much waits to be put into blocks that it must not wait any longer.
    pub(super) fn is_crowded(&self) -> bool {
        self.ledger.is_crowded()
    }

    /// A check of what was too large to be checked before the start, if it was; `tell` hears what is wrong.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn examine(
        &self,
        tell: impl FnOnce(StoreError) + Send + 'static,
    ) -> Result<Option<Examination>, StoreError> {
        if self.checked {
            return Ok(None);
        }
        Examination::begin(&self.dir, self.options.clone(), tell).map(Some)
    }

    /// The ledger, for this room's own tests.
    #[cfg(test)]
    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Whether it can be read, nothing has failed, and its file is where it was.
    pub(super) fn answers(&self) -> bool {
        self.ledger.answers() && self.stands().is_ok()
    }

    /// The last durable record; 0 for an empty store.
    pub fn last_seq(&self) -> u64 {
        self.ledger.last_seq()
    }

    /// A reader with a connection of its own.
    ///
    /// # Errors
    /// When the connection cannot be opened.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Reader::open(&self.dir, &self.options)
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Bytes still free on the folder's disk.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn free_bytes(&self) -> Result<u64, StoreError> {
        folder::free_bytes(&self.dir)
    }

    /// Hands the ledger to a thread of its own; `emit` is called from that thread.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        self,
        emit: impl FnMut(StoreEvent) + Send + 'static,
    ) -> Result<Writer, StoreError> {
        writer::start(self, emit)
    }

    /// Carries the log over and closes.
    ///
    /// # Errors
    /// When that fails; everything acknowledged is in the log all the same.
    pub fn close(self) -> Result<(), StoreError> {
        self.ledger.close()
    }
}

/// What a connection may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read only.
    Read,
    /// Read and write.
    Write,
}

/// Opens a connection to the database at `path` on the medium of `options`.
pub fn connect(
    path: &Path,
    options: &OpenOptions,
    access: Access,
) -> Result<Connection, StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let memory = matches!(options.medium, Medium::Memory(_));
    let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    flags |= match access {
        Access::Read if !memory => OpenFlags::SQLITE_OPEN_READ_ONLY,
        _ => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    let connection = match &options.medium {
        Medium::Disk => Connection::open_with_flags(path, flags),
        Medium::Vfs(name) => Connection::open_with_flags_and_vfs(path, flags, name.as_str()),
        Medium::Memory(name) => {
            Connection::open_with_flags(format!("file:/{name}?vfs=memdb"), flags)
        }
    }
    .map_err(failed)?;
    connection.busy_timeout(BUSY_MAX).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Without it a statement whose plan could depend on a bound value is prepared anew at every use.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(failed)?;
    if access == Access::Read {
        connection
            .pragma_update(None, "query_only", true)
            .map_err(failed)?;
    }
    Ok(connection)
}

/// Makes a whole, empty database under another name and only then gives it its own: a power cut
/// leaves all of it or nothing.
fn create(dir: &Path, options: &OpenOptions) -> Result<(), StoreError> {
    folder::clear_unfinished(dir)?;
    let path = folder::unfinished(dir);
    let failed = |error| StoreError::sql(&path, error);
    let mut connection = connect(&path, options, Access::Write)?;
    connection
        .pragma_update(None, "application_id", options.purpose.application_id())
        .map_err(failed)?;
    set_pragmas(&connection, &path, options)?;
    schema::migrate(&mut connection, &path)?;
    close(connection, &path)?;
    let renamed = File::open(&path)
        .and_then(|file| file.sync_all())
        .and_then(|()| std::fs::rename(&path, folder::database(dir)));
    renamed.map_err(|error| StoreError::Folder {
        dir: dir.to_owned(),
        text: error.to_string(),
    })?;
    folder::sync(dir)
}

/// Sets what durability stands on and reads every value back.
fn set_pragmas(
    connection: &Connection,
    path: &Path,
    options: &OpenOptions,
) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let memory = matches!(options.medium, Medium::Memory(_));
    if memory {
        let id = options.purpose.application_id();
        connection
            .pragma_update(None, "application_id", id)
            .map_err(failed)?;
    }
    // A connection that is merely dropped must not write: after a failure nothing touches the file
    // again.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .map_err(failed)?;
    let journal = if memory { "memory" } else { "wal" };
    let log = LOG_BYTES_MAX.to_string();
    let mut settings = vec![
        ("journal_mode", journal, journal),
        ("synchronous", "FULL", "2"),
        ("foreign_keys", "ON", "1"),
        // SQLite's own checkpoints swallow their errors, a failed sync among them, and try again: the
        // ledger makes them itself (`carry_over`).
        ("wal_autocheckpoint", "0", "0"),
        ("journal_size_limit", &log, &log),
        ("trusted_schema", "OFF", "0"),
        ("mmap_size", "0", "0"),
        // A secret that was replaced is wiped from its page; whole pages of past commits need not be.
        ("secure_delete", "FAST", "2"),
    ];
    let pages = options.pages_max.map(|pages| pages.to_string());
    if let Some(pages) = &pages {
        settings.push(("max_page_count", pages, pages));
    }
    for (pragma, value, wanted) in settings {
        set_pragma(connection, pragma, value).map_err(failed)?;
        assert_pragma(connection, path, pragma, wanted)?;
    }
    Ok(())
}

/// Sets one pragma and runs its statement to the end: `journal_mode` answers before it commits, and
/// whoever only reads the answer never hears that the commit failed.
fn set_pragma(connection: &Connection, pragma: &str, value: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&format!("PRAGMA {pragma} = {value}"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

fn assert_pragma(
    connection: &Connection,
    path: &Path,
    pragma: &'static str,
    wanted: &str,
) -> Result<(), StoreError> {
    let found = connection.pragma_query_value(None, pragma, |row| {
        Ok(match row.get_ref(0)? {
            rusqlite::types::ValueRef::Integer(number) => number.to_string(),
            other => other.as_str().unwrap_or_default().to_owned(),
        })
    });
    let found = match found {
        Ok(found) => found,
        // A file layer without memory maps has nothing to say about their size.
        Err(rusqlite::Error::QueryReturnedNoRows) if pragma == "mmap_size" => return Ok(()),
        Err(error) => return Err(StoreError::sql(path, error)),
    };
    if found == wanted {
        return Ok(());
    }
    Err(StoreError::Setting {
        path: path.to_owned(),
        pragma,
        wanted: wanted.to_owned(),
        found,
    })
}

/// The checks of every start: whose file it is, the chain's tail, and the secrets.
fn check(connection: &Connection, path: &Path, purpose: Purpose) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let application_id = schema::application_of(connection).map_err(failed)?;
    purpose.admit(path, application_id)?;
    chain::check_tail(connection, path)?;
    people::secrets(connection, path).map(|_| ())
}

/// Carries the log over into the database once it holds `pages`, as far as readers let it. Does
/// nothing in memory, where there is no log.
///
/// # Errors
/// When a write or a sync fails, which is the end of the file for this process as it is for a commit.
pub fn carry_over(connection: &Connection, path: &Path, pages: u32) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let log_pages: i64 = connection
        .prepare_cached("PRAGMA wal_checkpoint(NOOP)")
        .and_then(|mut look| look.query_row([], |row| row.get(1)))
        .map_err(failed)?;
    if log_pages <= 0 || log_pages < i64::from(pages) {
        return Ok(());
    }
    connection
        .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")
        .and_then(|mut carry| carry.query_row([], |_| Ok(())))
        .map_err(failed)
}

/// Carries the log over into the database and closes the connection.
pub fn close(connection: Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql(path, error);
    // A reader may hold the log; then it stays, whole, and the next start carries it over.
    connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .map_err(failed)?;
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)
        .map_err(failed)?;
    connection.close().map_err(|(_, error)| failed(error))
}
