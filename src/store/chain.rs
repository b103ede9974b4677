//! The hash chain: one SHA-256 a commit over all its records. The recipe stands at the head of this
//! room.

use super::StoreError;
use rusqlite::{Connection, Row, Rows};
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

/// The columns of one record as the recipe wants them.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// Sequence number.
    pub seq: i64,
    /// Monotonic time in ns.
    pub at_ns: i64,
    /// Point of the line.
    pub point: i64,
    /// Actor's text.
    pub actor: &'a str,
    /// Reason, if given.
    pub reason: Option<&'a str>,
    /// Template hash in hexadecimal, if one was in force.
    pub template: Option<&'a str>,
    /// The fact as JSON.
    pub body: &'a str,
}

/// The hash of one commit in the making.
#[derive(Debug, Clone)]
pub struct Seal(Sha256);

impl Seal {
    /// Begins the commit after the one with hash `previous`.
    pub fn after(previous: &Hash, utc_ms: i64) -> Seal {
        let mut seal = Seal(Sha256::new_with_prefix(previous));
        seal.net(&utc_ms.to_string());
        seal
    }

    fn net(&mut self, text: &str) {
        self.0.update(text.len().to_string());
        self.0.update(":");
        self.0.update(text);
        self.0.update(",");
    }

    fn net_or_absent(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.net(text),
            None => self.0.update("-"),
        }
    }

    /// Adds the next record.
    pub fn add(&mut self, link: Link<'_>) {
        for number in [link.seq, link.at_ns, link.point] {
            self.net(&number.to_string());
        }
        self.net(link.actor);
        self.net_or_absent(link.reason);
        self.net_or_absent(link.template);
        self.net(link.body);
    }

    /// The commit's hash.
    pub fn close(self) -> Hash {
        self.0.finalize().into()
    }
}

/// The last commit's sequence number and hash.
pub fn head(connection: &Connection, path: &Path) -> Result<(i64, Hash), StoreError> {
    nth_from_end(connection, path, 0)
}

/// The commit that has `after` commits behind it; the origin when there are not so many.
fn nth_from_end(
    connection: &Connection,
    path: &Path,
    after: u64,
) -> Result<(i64, Hash), StoreError> {
    let found = connection.query_row(
        "SELECT last_seq, hash FROM commits ORDER BY last_seq DESC LIMIT 1 OFFSET ?1",
        [i64::try_from(after).unwrap_or(i64::MAX)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    );
    match found {
        Ok(found) => Ok(found),
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok((0, ORIGIN)),
        Err(error) => Err(StoreError::sql(path, error)),
    }
}

/// Follows the last `commits` commits.
pub fn check_tail(
    connection: &Connection,
    path: &Path,
    commits: u64,
) -> Result<ChainStatus, StoreError> {
    let from = nth_from_end(connection, path, commits)?;
    check_from(connection, path, from)
}

/// Follows the whole chain.
pub fn check_all(connection: &Connection, path: &Path) -> Result<ChainStatus, StoreError> {
    check_from(connection, path, (0, ORIGIN))
}

fn check_from(
    connection: &Connection,
    path: &Path,
    (after, hash): (i64, Hash),
) -> Result<ChainStatus, StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let mut commits = connection
        .prepare("SELECT last_seq, utc_ms, hash FROM commits WHERE last_seq > ?1 ORDER BY last_seq")
        .map_err(failed)?;
    let mut records = connection
        .prepare(
            "SELECT seq, at_ns, point, actor, reason, template, body FROM trail
             WHERE seq > ?1 ORDER BY seq",
        )
        .map_err(failed)?;
    let mut commits = commits.query([after]).map_err(failed)?;
    let mut records = records.query([after]).map_err(failed)?;
    let mut status = ChainStatus {
        commits: 0,
        records: 0,
        last_seq: after as u64,
        head: hash,
    };
    while let Some(commit) = commits.next().map_err(failed)? {
        follow(commit, &mut records, &mut status)
            .map_err(failed)?
            .map_err(|text| StoreError::damaged(path, text))?;
    }
    if let Some(record) = records.next().map_err(failed)? {
        let seq: i64 = record.get(0).map_err(failed)?;
        let text = format!("Record {seq} and what follows belong to no commit.");
        return Err(StoreError::damaged(path, text));
    }
    Ok(status)
}

/// Follows one commit; the inner error says how the chain breaks there.
fn follow(
    commit: &Row<'_>,
    records: &mut Rows<'_>,
    status: &mut ChainStatus,
) -> rusqlite::Result<Result<(), String>> {
    let (last, utc_ms, wanted): (i64, i64, Hash) = (commit.get(0)?, commit.get(1)?, commit.get(2)?);
    let first = status.last_seq as i64 + 1;
    let mut seal = Seal::after(&status.head, utc_ms);
    for seq in first..=last {
        let Some(record) = records.next()? else {
            return Ok(Err(format!("Record {seq} is missing.")));
        };
        let found: i64 = record.get(0)?;
        if found != seq {
            return Ok(Err(format!(
                "Record {seq} is missing, the next one is {found}."
            )));
        }
        seal.add(Link {
            seq,
            at_ns: record.get(1)?,
            point: record.get(2)?,
            actor: record.get_ref(3)?.as_str()?,
            reason: record.get_ref(4)?.as_str_or_null()?,
            template: record.get_ref(5)?.as_str_or_null()?,
            body: record.get_ref(6)?.as_str()?,
        });
        status.records += 1;
    }
    if seal.close() != wanted {
        return Ok(Err(format!(
            "The hash chain breaks at records {first} to {last}: they are not what was committed."
        )));
    }
    status.commits += 1;
    status.last_seq = last as u64;
    status.head = wanted;
    Ok(Ok(()))
}
