//! The ledger: commits in, durable records out. One plain function writes; whoever owns the ledger
//! decides in which thread.

use super::block::{self, Blocks, Sealed};
use super::chain::{self, Hash};
use super::outbox::{self, OutboxChange};
use super::partners;
use super::projection::{Projection, Refusal};
use super::{OpenOptions, StoreError, StoredSecret, opening, people, pools, sealing};
use crate::record::Record;
use crate::record::partner::{Staged, Staging};
use crate::serial::NumberList;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};

/// Commits of one transaction that make more blocks than this go into them at once, without rows of their own;
/// commits that could make more must not wait any longer.
const BULK_BLOCKS: u64 = 16;

/// The records of one turn with the wall clock of that turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Wall clock, ms since 1970. Data, never logic.
    pub utc_ms: i64,
    /// The turn's records, in order; a commit without records writes nothing.
    pub records: Vec<Record>,
    /// The stored secrets that these records bring into force, each named by its hash in one of them.
    pub secrets: Vec<StoredSecret>,
    /// The lists of numbers that these records take in, each named by its hash in one of them; sorted.
    pub lists: Vec<NumberList>,
}

impl Commit {
    /// Records that stand for themselves.
    pub fn of(utc_ms: i64, records: Vec<Record>) -> Commit {
        Commit {
            utc_ms,
            records,
            secrets: Vec::new(),
            lists: Vec::new(),
        }
    }
}

/// What is written between commits, in small transactions of its own: nothing of it is a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// A piece of a partner's document.
    Stage(Staging),
    /// A change of the outbox.
    Outbox(OutboxChange),
}

/// The one connection that writes.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
    path: PathBuf,
    last_seq: u64,
    head: Hash,
    /// What follows from all records so far.
    now: Projection,
    /// Commits not yet in a block.
    recent_bytes: u64,
    /// Texts of a block, in bytes.
    block_bytes: u64,
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
        options: &OpenOptions,
    ) -> Result<Ledger, StoreError> {
        let failed = |error| StoreError::sql(&path, error);
        let (last_seq, head) = chain::head(&connection, &path)?;
        let now = Projection::load(&connection).map_err(failed)?;
        let recent_bytes = block::recent_bytes(&connection).map_err(failed)?;
        Ok(Ledger {
            connection,
            path,
            last_seq: last_seq as u64,
            head,
            now,
            recent_bytes,
            block_bytes: options.block_bytes.max(1),
            checkpoint_pages: options.checkpoint_pages,
            failed: None,
        })
    }

    /// The last durable record; 0 for an empty store.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Whether the database can be read and nothing has failed.
    pub fn answers(&self) -> bool {
        let read = self.connection.prepare_cached("SELECT count(*) FROM head");
        let read = read.and_then(|mut read| read.query_row([], |_| Ok(())));
        self.failed.is_none() && read.is_ok()
    }

    /// Writes all of `commits` in one transaction and returns the last durable record's number once
    /// they are on disk.
    ///
    /// # Errors
    /// Nothing of `commits` is acknowledged then, and the ledger never writes again: a failed write
    /// or sync, of the commit or of carrying the log over after it, is the end of this file for this
    /// process. Later calls say [`StoreError::Stopped`].
    pub fn commit(&mut self, commits: &[Commit]) -> Result<u64, StoreError> {
        self.once(|ledger| ledger.write(commits))?;
        Ok(self.last_seq)
    }

    /// Puts commits that are past into blocks, once there are enough of them: the same history in a
    /// fraction of the room. Nothing that was acknowledged waits for it.
    ///
    /// # Errors
    /// As [`Ledger::commit`].
    pub fn settle(&mut self) -> Result<(), StoreError> {
        match self.failed.is_none() && self.recent_bytes >= 2 * self.block_bytes {
            true => self.once(Ledger::write_blocks),
            false => Ok(()),
        }
    }

    /// Does an errand in a transaction of its own. What is refused changes nothing and is no failure of the store: the
    /// inner error is a sentence.
    ///
    /// # Errors
    /// As [`Ledger::commit`].
    pub fn errand(
        &mut self,
        utc_ms: i64,
        errand: Errand,
    ) -> Result<Result<Staged, String>, StoreError> {
        let mut said = Err(String::new());
        self.once(|ledger| {
            said = ledger.run_errand(utc_ms, errand)?;
            Ok(())
        })?;
        Ok(said)
    }

    fn run_errand(
        &mut self,
        utc_ms: i64,
        errand: Errand,
    ) -> Result<Result<Staged, String>, StoreError> {
        let path = &self.path;
        let failed = |error| StoreError::sql(path, error);
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let done = match errand {
            Errand::Stage(what) => partners::stage(&transaction, utc_ms, what),
            Errand::Outbox(what) => {
                let done = outbox::change(&transaction, utc_ms, &what);
                done.map(|()| Staged::default())
            }
        };
        match done {
            Ok(staged) => {
                transaction.commit().map_err(failed)?;
                opening::carry_over(&self.connection, path, self.checkpoint_pages)?;
                Ok(Ok(staged))
            }
            // Dropped, the transaction takes everything back.
            Err(Refusal::Contradicts(text)) => Ok(Err(text)),
            Err(Refusal::Sql(error)) => Err(failed(error)),
        }
    }

    /// So much waits to be put into blocks that it must not wait any longer.
    pub(super) fn is_crowded(&self) -> bool {
        self.recent_bytes >= BULK_BLOCKS * self.block_bytes
    }

    /// Does one piece of writing, if none failed before.
    fn once(
        &mut self,
        write: impl FnOnce(&mut Ledger) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if let Some(text) = &self.failed {
            return Err(StoreError::Stopped { text: text.clone() });
        }
        let done = write(self);
        if let Err(error) = &done {
            self.failed = Some(error.to_string());
        }
        done
    }

    fn write(&mut self, commits: &[Commit]) -> Result<(), StoreError> {
        if commits.iter().all(|commit| commit.records.is_empty()) {
            return Ok(());
        }
        let path = &self.path;
        let failed = |error| StoreError::sql(path, error);
        let new = sealing::seal(path, (self.last_seq, self.head), commits)?;
        let last = new.last().expect("there are records");
        let (last_seq, head) = (last.last_seq as u64, last.hash);
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let new_bytes = block::bytes_of(&new);
        let recent_bytes = match new_bytes < BULK_BLOCKS * self.block_bytes {
            true => {
                follow(&transaction, path, &mut self.now, commits)?;
                keep_rows(&transaction, &new).map_err(failed)?;
                self.recent_bytes + new_bytes
            }
            false => {
                let mut all = block::recent(&transaction, path)?;
                let rows = all.len();
                all.extend(new);
                // Two hands: one compresses what the other works out the consequences of.
                let (followed, blocks) = std::thread::scope(|scope| {
                    let blocks = scope.spawn(|| Blocks::of(&all, self.block_bytes));
                    let followed = follow(&transaction, path, &mut self.now, commits);
                    (followed, blocks.join().expect("zlib does not panic"))
                });
                followed?;
                blocks.write(&transaction).map_err(failed)?;
                let taken = blocks.commits();
                keep_rows(&transaction, &all[taken.max(rows)..]).map_err(failed)?;
                block::bytes_of(&all[taken..])
            }
        };
        chain::set_head(&transaction, last_seq as i64, &head).map_err(failed)?;
        chain::check_head(&transaction, path)?;
        transaction.commit().map_err(failed)?;
        assert!(last_seq > self.last_seq, "the ledger only grows");
        (self.last_seq, self.head, self.recent_bytes) = (last_seq, head, recent_bytes);
        opening::carry_over(&self.connection, path, self.checkpoint_pages)
    }

    fn write_blocks(&mut self) -> Result<(), StoreError> {
        let path = &self.path;
        let failed = |error| StoreError::sql(path, error);
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let recent = block::recent(&transaction, path)?;
        let blocks = Blocks::of(&recent, self.block_bytes);
        blocks.write(&transaction).map_err(failed)?;
        let recent_bytes = block::bytes_of(&recent[blocks.commits()..]);
        transaction.commit().map_err(failed)?;
        self.recent_bytes = recent_bytes;
        opening::carry_over(&self.connection, path, self.checkpoint_pages)
    }

    /// Carries all of the log over, as far as readers let it.
    ///
    /// # Errors
    /// As [`Ledger::commit`].
    pub(super) fn carry_over(&mut self) -> Result<(), StoreError> {
        self.once(|ledger| opening::carry_over(&ledger.connection, &ledger.path, 1))
    }

    /// Carries the log over and closes; after a failure it only closes, without a write.
    pub(super) fn close(self) -> Result<(), StoreError> {
        match self.failed {
            Some(text) => Err(StoreError::Stopped { text }),
            None => opening::close(self.connection, &self.path),
        }
    }
}

/// Takes everything that follows from these commits.
fn follow(
    transaction: &Transaction<'_>,
    path: &Path,
    now: &mut Projection,
    commits: &[Commit],
) -> Result<(), StoreError> {
    let mut last_seq = 0;
    for commit in commits {
        for record in &commit.records {
            last_seq = record.seq;
            now.apply(transaction, record)
                .and_then(|()| people::keep_secret(transaction, &record.fact, &commit.secrets))
                .and_then(|()| pools::keep_list(transaction, &record.fact, &commit.lists))
                .and_then(|()| partners::check_heard(transaction, &record.fact))
                .and_then(|()| pools::check_reserved(transaction, &record.fact, now))
                .map_err(|refusal| refusal.into_error(path, record.seq))?;
        }
    }
    let flushed = now.flush(transaction);
    flushed.map_err(|refusal| refusal.into_error(path, last_seq))
}

/// Keeps these commits as rows of their own.
fn keep_rows(transaction: &Transaction<'_>, commits: &[Sealed]) -> rusqlite::Result<()> {
    commits
        .iter()
        .try_for_each(|commit| block::keep(transaction, commit))
}

#[cfg(test)]
mod test {
    use super::super::sealing::RECORD_BYTES_MAX;
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
