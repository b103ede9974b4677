//! The ledger: commits in, durable records out. One plain function writes; whoever owns the ledger
//! decides in which thread.

use super::chain::{self, Hash, Link, Seal};
use super::{StoreError, opening, projection, rows};
use crate::record::Record;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::path::PathBuf;

/// Greatest size of one record's reason and body together, in bytes.
const RECORD_BYTES_MAX: usize = 256 << 10;

/// The records of one turn with the wall clock of that turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Wall clock, ms since 1970. Data, never logic.
    pub utc_ms: i64,
    /// The turn's records, in order; a commit without records writes nothing.
    pub records: Vec<Record>,
}

/// The one connection that writes.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
    path: PathBuf,
    last_seq: u64,
    head: Hash,
    /// Pages of the log after which it is carried over.
    checkpoint_pages: u32,
    /// The failure after which nothing is written any more.
    failed: Option<String>,
}

impl Ledger {
    /// Goes on after the last commit of an open, checked database.
    pub(super) fn resume(
        connection: Connection,
        path: PathBuf,
        checkpoint_pages: u32,
    ) -> Result<Ledger, StoreError> {
        let (last_seq, head) = chain::head(&connection, &path)?;
        Ok(Ledger {
            connection,
            path,
            last_seq: last_seq as u64,
            head,
            checkpoint_pages,
            failed: None,
        })
    }

    /// The last durable record; 0 for an empty store.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Writes all of `commits` in one transaction and returns the last durable record's number once
    /// they are on disk.
    ///
    /// # Errors
    /// Nothing of `commits` is acknowledged then, and the ledger never writes again: a failed write
    /// or sync, of the commit or of carrying the log over after it, is the end of this file for this
    /// process. Later calls say [`StoreError::Stopped`].
    pub fn commit(&mut self, commits: &[Commit]) -> Result<u64, StoreError> {
        if let Some(text) = &self.failed {
            return Err(StoreError::Stopped { text: text.clone() });
        }
        match self.write(commits) {
            Ok((last_seq, head)) => {
                assert!(last_seq >= self.last_seq, "the ledger only grows");
                (self.last_seq, self.head) = (last_seq, head);
                Ok(last_seq)
            }
            Err(error) => {
                self.failed = Some(error.to_string());
                Err(error)
            }
        }
    }

    fn write(&mut self, commits: &[Commit]) -> Result<(u64, Hash), StoreError> {
        let (mut last_seq, mut head) = (self.last_seq, self.head);
        if commits.iter().all(|commit| commit.records.is_empty()) {
            return Ok((last_seq, head));
        }
        let path = &self.path;
        let failed = |error| StoreError::sql(path, error);
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        for commit in commits.iter().filter(|commit| !commit.records.is_empty()) {
            check_sequence(last_seq, &commit.records)?;
            let mut seal = Seal::after(&head, commit.utc_ms);
            for record in &commit.records {
                append(&transaction, record, &mut seal)
                    .map_err(|refusal| refusal.into_error(path, record.seq))?;
            }
            last_seq += commit.records.len() as u64;
            head = seal.close();
            transaction
                .prepare_cached("INSERT INTO commits (last_seq, utc_ms, hash) VALUES (?1, ?2, ?3)")
                .and_then(|mut row| row.execute(params![last_seq as i64, commit.utc_ms, head]))
                .map_err(failed)?;
        }
        let wanted = last_seq - self.last_seq;
        let (rows, last) = read_back(&transaction, self.last_seq).map_err(failed)?;
        if (rows, last) != (wanted, last_seq) {
            let text = format!(
                "Of {wanted} records written {rows} can be read back, the last one is {last}."
            );
            return Err(StoreError::damaged(path, text));
        }
        transaction.commit().map_err(failed)?;
        opening::carry_over(&self.connection, path, self.checkpoint_pages)?;
        Ok((last_seq, head))
    }

    /// Carries the log over and closes; after a failure it only closes, without a write.
    pub(super) fn close(self) -> Result<(), StoreError> {
        match self.failed {
            Some(text) => Err(StoreError::Stopped { text }),
            None => opening::close(self.connection, &self.path),
        }
    }
}

/// The other half of the pair: rows and last number as the database sees them before it commits.
fn read_back(transaction: &Transaction<'_>, after: u64) -> rusqlite::Result<(u64, u64)> {
    transaction
        .prepare_cached("SELECT count(*), coalesce(max(seq), 0) FROM records WHERE seq > ?1")?
        .query_row([after as i64], |row| {
            Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64))
        })
}

fn check_sequence(last_seq: u64, records: &[Record]) -> Result<(), StoreError> {
    for (record, wanted) in records.iter().zip(last_seq + 1..) {
        if record.seq != wanted {
            let seq = record.seq;
            let text = format!("Record {wanted} must come next.");
            return Err(StoreError::Contradiction { seq, text });
        }
    }
    Ok(())
}

/// Writes one record and everything that follows from it.
fn append(
    transaction: &Transaction<'_>,
    record: &Record,
    seal: &mut Seal,
) -> Result<(), projection::Refusal> {
    let row = rows::NewRow::of(record)?;
    let size = row.body.len() + record.reason.as_ref().map_or(0, String::len);
    if size > RECORD_BYTES_MAX {
        return Err(projection::Refusal::Contradicts(format!(
            "It has {size} bytes, at most {RECORD_BYTES_MAX} are kept."
        )));
    }
    let actor = actor_of(transaction, &row.actor)?;
    let template = match &record.template {
        Some(hash) => Some(template_of(transaction, hash.0)?),
        None => None,
    };
    transaction
        .prepare_cached(
            "INSERT INTO records (seq, at_ns, point, actor, reason, template, pack, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            row.seq,
            row.at_ns,
            row.point,
            actor,
            record.reason,
            template,
            row.pack,
            row.body
        ])?;
    let hexadecimal = record.template.map(|hash| hash.to_string());
    seal.add(Link {
        seq: row.seq,
        at_ns: row.at_ns,
        point: row.point,
        actor: &row.actor,
        reason: record.reason.as_deref(),
        template: hexadecimal.as_deref(),
        body: &row.body,
    });
    projection::apply(transaction, record)
}

fn actor_of(transaction: &Transaction<'_>, name: &str) -> rusqlite::Result<i64> {
    let known = transaction
        .prepare_cached("SELECT actor FROM actors WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    match known {
        Some(actor) => Ok(actor),
        None => {
            transaction.execute("INSERT INTO actors (name) VALUES (?1)", [name])?;
            Ok(transaction.last_insert_rowid())
        }
    }
}

fn template_of(transaction: &Transaction<'_>, hash: [u8; 32]) -> rusqlite::Result<i64> {
    let known = transaction
        .prepare_cached("SELECT template FROM templates WHERE hash = ?1")?
        .query_row([hash], |row| row.get(0))
        .optional()?;
    match known {
        Some(template) => Ok(template),
        None => {
            transaction.execute("INSERT INTO templates (hash) VALUES (?1)", [hash])?;
            Ok(transaction.last_insert_rowid())
        }
    }
}
