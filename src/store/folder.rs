//! The folder of the store: its lock, its free space, and a look at the file's header before SQLite
//! touches anything.

use super::StoreError;
use super::schema::{self, Purpose};
use std::fs::{File, OpenOptions as FileOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The database's name in its folder.
const DATABASE: &str = "vidimus.db";
/// The file whose lock says that a station works in the folder.
const LOCK: &str = "vidimus.lock";
/// A database that is being made; it gets its name when it is whole.
const UNFINISHED: &str = "vidimus.db.new";
/// How long a start waits for another station to be gone.
const LOCK_WAIT_MAX: Duration = Duration::from_millis(500);
/// Pause between two tries for the lock.
const LOCK_WAIT_STEP: Duration = Duration::from_millis(20);
/// Bytes of SQLite's header (<https://www.sqlite.org/fileformat2.html>, 1.3).
const HEADER_BYTES: usize = 100;

/// Where the database of a folder lies.
pub fn database(dir: &Path) -> PathBuf {
    dir.join(DATABASE)
}

/// What tells a file from any other, whatever its path: its device and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileIdentity {
    device: u64,
    number: u64,
}

/// Which file stands at `path` now; `None`: there is none.
fn identity(path: &Path) -> Option<FileIdentity> {
    let seen = std::fs::metadata(path).ok()?;
    Some(FileIdentity {
        device: seen.dev(),
        number: seen.ino(),
    })
}

/// Which files a database consists of: itself, its log, and that log's index, by which its readers find their way. A
/// commit that is written to a log that was removed or replaced is lost with the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Files([Option<FileIdentity>; 3]);

impl Files {
    /// The database itself is the same file, whatever became of the others.
    pub fn same_database(self, other: Files) -> bool {
        self.0[0].is_some() && self.0[0] == other.0[0]
    }
}

/// Which files stand now where those of the database at `path` do.
pub fn files(path: &Path) -> Files {
    Files(["", "-wal", "-shm"].map(|ending| identity(&beside(path, ending))))
}

/// Where a database lies while it is being made.
pub fn unfinished(dir: &Path) -> PathBuf {
    dir.join(UNFINISHED)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The write-ahead log of a database.
pub fn log_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// Makes durable what can be read of a database's log, before anybody reads it: writes its bytes over
/// themselves and syncs.
///
/// A station that was killed leaves commits in the kernel's memory that were never synced, and one
/// whose sync failed leaves pages that the kernel counts as written although the disk never got them
/// (<https://lwn.net/Articles/752063/>): a later sync says nothing of those. Either can be read until the
/// power goes. Written again they are the disk's, and where the power goes in the middle every sector
/// holds what it held or what was read. After an orderly end there is no log.
pub fn write_log_again(path: &Path) -> Result<(), StoreError> {
    const CHUNK_BYTES: usize = 1 << 16;
    let log = log_of(path);
    let failed = |error: std::io::Error| StoreError::Io {
        path: log.clone(),
        text: error.to_string(),
    };
    let file = match FileOptions::new().read(true).write(true).open(&log) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        opened => opened.map_err(failed)?,
    };
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut at = 0;
    loop {
        let count = file.read_at(&mut chunk, at).map_err(failed)?;
        if count == 0 {
            return file.sync_all().map_err(failed);
        }
        file.write_all_at(&chunk[..count], at).map_err(failed)?;
        at += count as u64;
    }
}

fn folder_error(dir: &Path, error: impl std::fmt::Display) -> StoreError {
    StoreError::Folder {
        dir: dir.to_owned(),
        text: error.to_string(),
    }
}

/// Makes the folder if it is missing and returns its absolute path.
pub fn prepare(dir: &Path) -> Result<PathBuf, StoreError> {
    let failed = |error| folder_error(dir, error);
    let missing = dir
        .ancestors()
        .take_while(|one| !one.as_os_str().is_empty() && !one.exists())
        .count();
    std::fs::create_dir_all(dir).map_err(failed)?;
    let dir = dir.canonicalize().map_err(failed)?;
    // What is synced inside a new folder is lost all the same when the folder's own name is not on the disk.
    let parents = dir.ancestors().skip(1).take(missing);
    parents.into_iter().try_for_each(sync)?;
    Ok(dir)
}

/// The folder, taken for this process. A kill gives it free as well.
#[derive(Debug)]
pub struct FolderLock(File);

impl Drop for FolderLock {
    fn drop(&mut self) {
        // A child process that is just being started still holds a copy of the descriptor, so
        // closing is not enough. When unlocking fails, the end of this process does it.
        let _ = self.0.unlock();
    }
}

/// Takes the folder for this process.
pub fn lock(dir: &Path) -> Result<FolderLock, StoreError> {
    let mut file = FileOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(dir.join(LOCK))
        .map_err(|error| folder_error(dir, error))?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => break,
            // A killed station may need a moment to be gone.
            Err(TryLockError::WouldBlock) if begun.elapsed() < LOCK_WAIT_MAX => {
                std::thread::sleep(LOCK_WAIT_STEP);
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let read = (&file).take(16).read_to_string(&mut holder);
                return Err(StoreError::InUse {
                    dir: dir.to_owned(),
                    process: read.ok().and_then(|_| holder.trim().parse().ok()),
                });
            }
            Err(TryLockError::Error(error)) => return Err(folder_error(dir, error)),
        }
    }
    // The number only serves the message above, so losing it in a power cut is harmless.
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(|error| folder_error(dir, error))?;
    Ok(FolderLock(file))
}

/// Whether a station works in the folder, and its process number where it left one. Nothing is made there; the folder
/// is taken for no longer than the question, which a start waits for.
pub fn in_use(dir: &Path) -> Option<Option<u32>> {
    let mut file = File::open(dir.join(LOCK)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {}
        // Closing the file gives it free.
        _ => return None,
    }
    let mut holder = String::new();
    let read = (&mut file).take(16).read_to_string(&mut holder);
    Some(read.ok().and_then(|_| holder.trim().parse().ok()))
}

/// Bytes this user may still write on the folder's disk.
pub fn free_bytes(dir: &Path) -> Result<u64, StoreError> {
    let disk = rustix::fs::statvfs(dir).map_err(|error| folder_error(dir, error))?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Makes the folder's entries durable (a new name is not before this).
pub fn sync(dir: &Path) -> Result<(), StoreError> {
    File::open(dir)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| folder_error(dir, error))
}

/// Removes what an interrupted making left behind.
pub fn clear_unfinished(dir: &Path) -> Result<(), StoreError> {
    let path = unfinished(dir);
    for ending in ["", "-wal", "-shm", "-journal"] {
        match std::fs::remove_file(beside(&path, ending)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(folder_error(dir, error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Looks at the database without touching it: `false` when there is none, an error when it is not
/// ours to open.
///
/// A database gets its name only when it is whole, so one that is empty or cut short was damaged
/// later.
pub fn inspect(path: &Path, purpose: Purpose) -> Result<bool, StoreError> {
    let io = |error: std::io::Error| StoreError::Io {
        path: path.to_owned(),
        text: error.to_string(),
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return inspect_absent(path),
        Err(error) => return Err(io(error)),
    };
    if !file.metadata().map_err(io)?.is_file() {
        let path = path.to_owned();
        return Err(StoreError::NotADatabase { path });
    }
    let mut header = Vec::with_capacity(HEADER_BYTES);
    (&file)
        .take(HEADER_BYTES as u64)
        .read_to_end(&mut header)
        .map_err(io)?;
    inspect_header(path, &header, purpose)?;
    let log_left = std::fs::metadata(log_of(path)).is_ok_and(|found| found.len() > 0);
    // While there is a log, what is missing may stand there.
    match log_left {
        true => Ok(true),
        false => inspect_length(path, &header, file.metadata().map_err(io)?.len()).map(|()| true),
    }
}

/// A file without a log has all the pages that its header counts (offset 28), each of the size at offset 16.
fn inspect_length(path: &Path, header: &[u8], length: u64) -> Result<(), StoreError> {
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => u64::from(size),
    };
    let pages = u32::from_be_bytes([0, 1, 2, 3].map(|byte| header[28 + byte]));
    let whole = page * u64::from(pages);
    match length < whole {
        true => {
            let text = format!("The file is cut short, {length} of its {whole} bytes are left.");
            Err(StoreError::damaged(path, text))
        }
        false => Ok(()),
    }
}

fn inspect_absent(path: &Path) -> Result<bool, StoreError> {
    let log = log_of(path);
    let left = std::fs::metadata(&log).is_ok_and(|found| found.len() > 0);
    if left {
        let text = format!(
            "The file is missing, but its log {} is there.",
            log.display()
        );
        return Err(StoreError::damaged(path, text));
    }
    Ok(false)
}

fn inspect_header(path: &Path, header: &[u8], purpose: Purpose) -> Result<(), StoreError> {
    const MAGIC: &[u8] = b"SQLite format 3\0";
    let magic = &header[..header.len().min(MAGIC.len())];
    if !MAGIC.starts_with(magic) {
        let path = path.to_owned();
        return Err(StoreError::NotADatabase { path });
    }
    if header.len() < HEADER_BYTES {
        let text = format!(
            "The file is cut short, {} bytes are left of its header.",
            header.len()
        );
        return Err(StoreError::damaged(path, text));
    }
    let word = |at: usize| u32::from_be_bytes([0, 1, 2, 3].map(|byte| header[at + byte]));
    // Offsets 68 and 60: application_id and user_version.
    let (application_id, version) = (word(68), i64::from(word(60)));
    purpose.admit(path, application_id)?;
    schema::admit_released(path, version)?;
    if version > schema::VERSION {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found: version,
            known: schema::VERSION,
        });
    }
    Ok(())
}
