//! The ledger: commits in, durable records out. One plain function writes; whoever owns the ledger
//! decides in which thread.

use super::chain::{self, Hash, Link, Seal};
use super::{StoreError, StoredSecret, opening, people, projection, rows};
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
    /// The stored secrets that these records bring into force, each named by its hash in one of them.
    pub secrets: Vec<StoredSecret>,
}

impl Commit {
    /// Records that bring no secret into force.
    pub fn of(utc_ms: i64, records: Vec<Record>) -> Commit {
        let secrets = Vec::new();
        Commit {
            utc_ms,
            records,
            secrets,
        }
    }
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
                    .and_then(|()| people::keep_secret(&transaction, &record.fact, &commit.secrets))
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

#[cfg(test)]
mod test {
    use super::super::{OpenOptions, Store, open};
    use super::*;
    use crate::record::{Actor, Fact, PointId, Tick};
    use std::time::{Duration, Instant};

    fn record(seq: u64, reason: usize) -> Commit {
        let record = Record {
            seq,
            at: Tick(seq),
            point: PointId::STATION,
            actor: Actor::Station,
            reason: Some("x".repeat(reason)),
            template: None,
            fact: Fact::StopWithdrawn,
        };
        Commit::of(0, vec![record])
    }

    fn opened(dir: &std::path::Path, checkpoint_pages: u32) -> Store {
        let options = OpenOptions {
            min_free_bytes: 0,
            checkpoint_pages,
            ..OpenOptions::default()
        };
        open(dir, options).expect("a new store")
    }

    #[test]
    fn a_record_that_is_too_big_is_refused_with_all_of_its_transaction_and_ends_the_writing() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut store = opened(dir.path(), opening::CHECKPOINT_PAGES);
        let fits = RECORD_BYTES_MAX - 1_000;
        assert_eq!(store.commit(&[record(1, fits)]).expect("it fits"), 1);
        let refused = store.commit(&[record(2, 0), record(3, RECORD_BYTES_MAX)]);
        let said = refused.expect_err("it is too big").to_string();
        assert!(said.contains(&RECORD_BYTES_MAX.to_string()), "{said}");
        let after = store.commit(&[record(2, 0)]);
        assert!(
            matches!(after, Err(StoreError::Stopped { .. })),
            "{after:?}"
        );
        assert_eq!(store.last_seq(), 1);
    }

    /// Somebody else holds the database: the commit waits for its limit, and then it is over for good.
    #[test]
    fn a_lock_that_is_not_given_free_ends_the_writing_at_its_limit() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut store = opened(dir.path(), opening::CHECKPOINT_PAGES);
        let path = super::super::database(store.dir());
        let limit = "SELECT timeout FROM pragma_busy_timeout";
        let waits: u128 = store
            .ledger()
            .connection
            .query_row(limit, [], |row| row.get::<_, u32>(0))
            .expect("it says")
            .into();
        assert_eq!(waits, opening::BUSY_MAX.as_millis());
        let short = Duration::from_millis(30);
        let connection = &store.ledger().connection;
        connection.busy_timeout(short).expect("it is set");
        let other = Connection::open(&path).expect("it opens");
        other.execute_batch("BEGIN IMMEDIATE").expect("it is free");
        let begun = Instant::now();
        let held = store.commit(&[record(1, 0)]);
        assert!(held.is_err() && begun.elapsed() >= short, "{held:?}");
        other.execute_batch("ROLLBACK").expect("given free");
        let after = store.commit(&[record(1, 0)]);
        assert!(
            matches!(after, Err(StoreError::Stopped { .. })),
            "{after:?}"
        );
    }

    #[test]
    fn the_log_is_carried_over_at_its_limit() {
        let dir = tempfile::tempdir().expect("a folder");
        let pages = 20;
        let mut store = opened(dir.path(), pages);
        let log = super::super::folder::log_of(&super::super::database(store.dir()));
        let mut longest = 0;
        for seq in 1..=60 {
            store
                .commit(&[record(seq, 8 * 4096)])
                .expect("it is written");
            longest = longest.max(std::fs::metadata(&log).expect("it is there").len());
        }
        // Sixty commits of some ten pages each; the log begins anew once it holds twenty.
        assert!(
            longest < 60 * 4096 * u64::from(pages) / 10,
            "{longest} bytes"
        );
    }
}
