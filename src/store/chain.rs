//! The hash chain: one SHA-256 a commit over all its records. The recipe stands in ARCHITECTURE.md.

use super::StoreError;
use super::sealed::{Link, Reading};
use super::stretch::{self, Stretch, Which};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use std::path::Path;

/// A link of the chain.
pub type Hash = [u8; 32];

/// What comes before the first commit.
pub const ORIGIN: Hash = [0; 32];

/// A chain that was followed to its end and held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainStatus {
    /// Commits followed.
    pub commits: u64,
    /// Records under them.
    pub records: u64,
    /// The last record's sequence number.
    pub last_seq: u64,
    /// The head: the last commit's hash, to be compared with the one on a batch report.
    pub head: [u8; 32],
}

/// A commit as the chain seals it.
#[derive(Debug, Clone, Copy)]
pub struct SealedCommit<'a> {
    /// Wall clock of the commit, ms since 1970.
    pub utc_ms: i64,
    /// The hash of the commit before it and of this one.
    pub hash: Hash,
    /// The wall clock is read already.
    reading: Reading<'a>,
}

impl<'a> SealedCommit<'a> {
    /// Its records, in order, each as it is sealed.
    pub fn records(&self) -> impl Iterator<Item = Link<'a>> {
        let mut reading = self.reading;
        std::iter::from_fn(move || match reading.done() {
            true => None,
            false => reading.link().ok(),
        })
    }
}

/// What is called with every commit that is followed; `false`: no more are wanted.
pub type EachCommit<'e> = &'e mut dyn FnMut(&SealedCommit<'_>) -> bool;

/// The hash of the commit with this text, which follows the one with hash `previous`.
pub fn hash_of(previous: &Hash, text: &str) -> Hash {
    let mut hash = Sha256::new_with_prefix(previous);
    hash.update(text);
    hash.finalize().into()
}

/// The last commit's sequence number and hash, by the rows that hold history.
fn last_kept(connection: &Connection, path: &Path) -> Result<(i64, Hash), StoreError> {
    match last_of(connection, path, "commits", 0)? {
        Some(head) => Ok(head),
        None => Ok(last_of(connection, path, "blocks", 0)?.unwrap_or((0, ORIGIN))),
    }
}

/// The last commit's sequence number and hash.
pub fn head(connection: &Connection, path: &Path) -> Result<(i64, Hash), StoreError> {
    connection
        .prepare_cached("SELECT last_seq, hash FROM head")
        .and_then(|mut head| head.query_row([], |row| Ok((row.get(0)?, row.get(1)?))))
        .optional()
        .map(|head| head.unwrap_or((0, ORIGIN)))
        .map_err(|error| StoreError::sql(path, error))
}

/// Writes what [`head`] says.
pub fn set_head(connection: &Connection, last_seq: i64, hash: &Hash) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO head VALUES (1, ?1, ?2)
             ON CONFLICT (one) DO UPDATE SET last_seq = excluded.last_seq, hash = excluded.hash",
        )?
        .execute(params![last_seq, hash])
        .map(|_| ())
}

/// The head is the last commit that is kept: nothing was cut off.
pub fn check_head(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let (head, kept) = (head(connection, path)?, last_kept(connection, path)?);
    if head == kept {
        return Ok(());
    }
    let text = match head.0 == kept.0 {
        true => format!(
            "The hash chain breaks at its head: record {} is not what was committed.",
            kept.0
        ),
        false => format!(
            "The history is cut: {} records were committed, {} are kept.",
            head.0, kept.0
        ),
    };
    Err(StoreError::damaged(path, text))
}

/// Sequence number and hash of the row of this table with `after` rows behind it.
pub fn last_of(
    connection: &Connection,
    path: &Path,
    table: &str,
    after: u32,
) -> Result<Option<(i64, Hash)>, StoreError> {
    let sql =
        format!("SELECT last_seq, hash FROM {table} ORDER BY last_seq DESC LIMIT 1 OFFSET ?1");
    connection
        .prepare_cached(&sql)
        .and_then(|mut last| last.query_row([after], |row| Ok((row.get(0)?, row.get(1)?))))
        .optional()
        .map_err(|error| StoreError::sql(path, error))
}

/// Follows the chain through the last block and everything after it.
pub fn check_tail(connection: &Connection, path: &Path) -> Result<ChainStatus, StoreError> {
    check_head(connection, path)?;
    let from = last_of(connection, path, "blocks", 1)?.unwrap_or((0, ORIGIN));
    check_from(connection, path, from, &mut |_| true)
}

/// Follows the whole chain.
pub fn check_all(connection: &Connection, path: &Path) -> Result<ChainStatus, StoreError> {
    follow_all(connection, path, &mut |_| true)
}

/// Follows the whole chain and calls `each` with every commit, until no more are wanted. What `each` was called with is
/// proven once this returns.
pub fn follow_all(
    connection: &Connection,
    path: &Path,
    each: EachCommit<'_>,
) -> Result<ChainStatus, StoreError> {
    check_head(connection, path)?;
    check_from(connection, path, (0, ORIGIN), each)
}

fn check_from(
    connection: &Connection,
    path: &Path,
    (after, hash): (i64, Hash),
    each: EachCommit<'_>,
) -> Result<ChainStatus, StoreError> {
    let mut status = ChainStatus {
        commits: 0,
        records: 0,
        last_seq: after as u64,
        head: hash,
    };
    stretch::for_each(connection, path, Which::After(after), &mut |stretch| {
        follow(stretch, path, &mut status, each)
    })?;
    Ok(status)
}

fn follow(
    stretch: &Stretch,
    path: &Path,
    status: &mut ChainStatus,
    each: EachCommit<'_>,
) -> Result<bool, StoreError> {
    let (first, last) = (status.last_seq + 1, stretch.last_seq);
    let mut head = status.head;
    let mut commits = 0;
    let mut next = first as i64;
    let mut go_on = true;
    stretch.for_each_commit(path, |text| {
        head = hash_of(&head, text);
        commits += 1;
        let mut reading = Reading::new(text);
        let utc_ms = reading.number().map_err(|_| stretch.damaged(path))?;
        let commit = SealedCommit {
            utc_ms,
            hash: head,
            reading,
        };
        while !reading.done() {
            let seq = reading.link().map_err(|_| stretch.damaged(path))?.seq;
            if seq != next {
                let text = format!("Record {next} is missing, the next one is {seq}.");
                return Err(StoreError::damaged(path, text));
            }
            next += 1;
        }
        go_on = go_on && each(&commit);
        Ok(())
    })?;
    if next != last + 1 {
        let text = format!("Record {next} is missing: it should stand before record {last} ends.");
        return Err(StoreError::damaged(path, text));
    }
    if head != stretch.hash || commits != stretch.commits {
        let text = format!(
            "The hash chain breaks at records {first} to {last}: they are not what was committed."
        );
        return Err(StoreError::damaged(path, text));
    }
    status.commits += commits;
    status.records += last as u64 + 1 - first;
    status.last_seq = last as u64;
    status.head = head;
    Ok(go_on)
}
