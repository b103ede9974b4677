//! What can go wrong with the store: what happened, where, and what to do next.

use super::Purpose;
use rusqlite::ErrorCode;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why the store cannot be opened, read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// Another station holds the folder.
    InUse {
        /// The folder.
        dir: PathBuf,
        /// The other station's process number, where it left one.
        process: Option<u32>,
    },
    /// The folder cannot be used.
    Folder {
        /// The folder.
        dir: PathBuf,
        /// What the system said.
        text: String,
    },
    /// Too little room to start.
    LowSpace {
        /// The folder.
        dir: PathBuf,
        /// Bytes free.
        free_bytes: u64,
        /// Bytes wanted at least.
        min_bytes: u64,
    },
    /// The database is one of ours and for something else.
    Purpose {
        /// The file.
        path: PathBuf,
        /// What it is for.
        found: Purpose,
    },
    /// The file that is written is no longer the one at its path.
    Moved {
        /// Where it was.
        path: PathBuf,
    },
    /// There is no database to read.
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The file is no SQLite database.
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The database belongs to another program.
    Foreign {
        /// The file.
        path: PathBuf,
        /// Its application id; 0 when it has none.
        application_id: u32,
    },
    /// The database was written by a newer version of this program.
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The database was written before the first release, in a form that no release reads.
    Unreleased {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
    /// The database was written by an older version and not migrated yet; only readers say this.
    Older {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The version this program reads.
        known: i64,
    },
    /// The database contradicts itself.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found, as a sentence.
        text: String,
    },
    /// A setting that durability stands on did not take.
    Setting {
        /// The file.
        path: PathBuf,
        /// Which pragma.
        pragma: &'static str,
        /// What was asked for.
        wanted: String,
        /// What the database answered.
        found: String,
    },
    /// The disk, or the size allowed to the database, is full.
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Reading or writing failed.
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        text: String,
    },
    /// A record cannot follow what is stored.
    Contradiction {
        /// The record's sequence number.
        seq: u64,
        /// What does not fit, as a sentence.
        text: String,
    },
    /// More commits wait than the queue holds.
    QueueFull {
        /// How many it holds.
        max: usize,
    },
    /// An earlier failure stopped all writing.
    Stopped {
        /// That failure, as sentences.
        text: String,
    },
}

impl StoreError {
    /// Exit code of a command that ends with a store error.
    pub const EXIT_CODE: u8 = 12;

    /// What SQLite said about the database at `path`, in our terms.
    pub(super) fn sql(path: &Path, error: rusqlite::Error) -> StoreError {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full { path },
            Some(ErrorCode::NotADatabase) => StoreError::NotADatabase { path },
            Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged {
                path,
                text: format!("SQLite says: {error}."),
            },
            _ => StoreError::Io {
                path,
                text: error.to_string(),
            },
        }
    }

    /// A value in the database at `path` that this program never writes.
    pub(super) fn damaged(path: &Path, text: impl Into<String>) -> StoreError {
        StoreError::Damaged {
            path: path.to_owned(),
            text: text.into(),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::QueueFull { max } => write!(
                f,
                "The store cannot keep up: {max} commits wait for the disk. \
                 Check the disk, then start the station again."
            ),
            StoreError::Stopped { text } => write!(f, "The store stopped writing earlier: {text}"),
            StoreError::Contradiction { seq, text } => write!(
                f,
                "Record {seq} does not fit what is stored: {text} Nothing of it was written. \
                 Start the station again; if this comes back, it is a bug to report."
            ),
            StoreError::InUse { .. }
            | StoreError::Folder { .. }
            | StoreError::LowSpace { .. }
            | StoreError::Missing { .. }
            | StoreError::Moved { .. }
            | StoreError::Purpose { .. } => self.about_folder(f),
            _ => self.about_file(f),
        }
    }
}

impl StoreError {
    fn about_folder(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::InUse { dir, process } => {
                write!(f, "Another station ")?;
                if let Some(process) = process {
                    write!(f, "(process {process}) ")?;
                }
                let dir = dir.display();
                write!(
                    f,
                    "works in {dir}. End it first, or give this one a folder of its own."
                )
            }
            StoreError::Moved { path } => write!(
                f,
                "{} is no longer the file that this station writes: it, its log or its folder was moved, replaced or \
                 removed. Nothing more passes. End every other station, put the folder back as it was, and start this \
                 one again.",
                path.display()
            ),
            StoreError::Folder { dir, text } => {
                let dir = dir.display();
                write!(
                    f,
                    "The folder {dir} cannot be used: {text}. \
                     Make it writable for this user, or give another folder."
                )
            }
            StoreError::LowSpace {
                dir,
                free_bytes,
                min_bytes,
            } => {
                let (free, min, dir) = (free_bytes >> 20, min_bytes >> 20, dir.display());
                write!(
                    f,
                    "Only {free} MiB are free in {dir}, at least {min} MiB are needed to start. \
                     Free some space, or give another folder."
                )
            }
            StoreError::Missing { path } => write!(
                f,
                "There is no database {}. Check the folder's name, or start a station there first.",
                path.display()
            ),
            StoreError::Purpose { path, found } => {
                let what = match found {
                    Purpose::Station => "a station's store: a power test never writes there",
                    Purpose::PowerTest => "the store of a power test: no station runs on it",
                };
                let path = path.display();
                write!(
                    f,
                    "{path} is {what}. It was not touched. Give another folder."
                )
            }
            _ => unreachable!("only faults of the folder are told here"),
        }
    }

    fn about_file(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::NotADatabase { path } => write!(
                f,
                "{} is not an SQLite database. It was not touched. \
                 Restore it from a backup, or give another folder.",
                path.display()
            ),
            StoreError::Foreign {
                path,
                application_id,
            } => write!(
                f,
                "{} is the database of another program (application id {application_id:#010x}). \
                 It was not touched. Give another folder.",
                path.display()
            ),
            StoreError::Newer { path, found, known } => write!(
                f,
                "{} has version {found}, this program knows versions up to {known}. \
                 It was not touched. Use the newer program.",
                path.display()
            ),
            StoreError::Unreleased { path, found } => write!(
                f,
                "{} has version {found}, which no released program wrote and none reads. \
                 It was not touched. Give another folder.",
                path.display()
            ),
            StoreError::Older { path, found, known } => write!(
                f,
                "{} has version {found}, this program reads version {known}. \
                 Start the station once: it brings the database up to date.",
                path.display()
            ),
            StoreError::Damaged { path, text } => write!(
                f,
                "The database {} is damaged: {text} The station does not run on it. \
                 Keep the file for examination and restore the newest backup.",
                path.display()
            ),
            StoreError::Setting {
                path,
                pragma,
                wanted,
                found,
            } => write!(
                f,
                "The database {} answers {pragma} = {found} where {wanted} was set, \
                 so a power cut could lose records. Move it to a local disk.",
                path.display()
            ),
            StoreError::Full { path } => write!(
                f,
                "No room is left for {}. \
                 Free some space on that disk, then start the station again.",
                path.display()
            ),
            StoreError::Io { path, text } => write!(
                f,
                "The database {} cannot be read or written: {text}. \
                 Check the disk and the rights on the folder, then start the station again.",
                path.display()
            ),
            _ => unreachable!("only faults of the file are told here"),
        }
    }
}

impl std::error::Error for StoreError {}
