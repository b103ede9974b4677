//! The outbox: which documents about our events were made for a partner's repository, and what became of each.
//!
//! A row stands before its document is sent for the first time, so that it is made again of the same records and holds
//! the same events, however often it is sent. Documents follow each other without gaps; one at a time is on its way.

use super::projection::Refusal;
use super::reader::Reader;
use super::rows::number;
use super::whereabouts::Whereabouts;
use super::{StoreError, restore};
use crate::record::{ContainerNo, Fact, PartnerFact};
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// The table.
pub const TABLES: &str = "
-- Documents for the repository of a partner: they tell the events of the records after after_seq up to through_seq.
-- unheard: containers that were begun by then and that nobody outside has heard of, as JSON.
-- state: 1 on its way, 2 taken, 3 refused, 4 left out, 5 made anew (its records are told by later ones).
-- attempts: how often it was handed over; unsure: once nobody heard whether it was taken; job: where the repository
-- says how far it is; answer: its last word.
CREATE TABLE outbox (
    document INTEGER PRIMARY KEY,
    after_seq INTEGER NOT NULL,
    through_seq INTEGER NOT NULL,
    events INTEGER NOT NULL,
    epcs INTEGER NOT NULL,
    unheard TEXT NOT NULL,
    state INTEGER NOT NULL DEFAULT 1,
    attempts INTEGER NOT NULL DEFAULT 0,
    unsure INTEGER NOT NULL DEFAULT 0,
    job TEXT,
    answer TEXT,
    utc_ms INTEGER NOT NULL
) STRICT;
-- One at a time is on its way or refused.
CREATE UNIQUE INDEX outbox_open ON outbox (state IN (1, 3)) WHERE state IN (1, 3);
";

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    /// It is on its way.
    Sending,
    /// The repository has it.
    Taken,
    /// The repository refused it: a person must decide.
    Refused,
    /// A person left it out.
    LeftOut,
    /// A person had its records told anew, by later documents.
    MadeAnew,
}

impl OutboxState {
    const ALL: [OutboxState; 5] = [
        OutboxState::Sending,
        OutboxState::Taken,
        OutboxState::Refused,
        OutboxState::LeftOut,
        OutboxState::MadeAnew,
    ];

    fn code(self) -> i64 {
        OutboxState::ALL
            .iter()
            .position(|one| *one == self)
            .map_or(0, |at| at as i64 + 1)
    }
}

/// A document for a partner's repository.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OutboxDocument {
    /// Its number, from 1.
    pub document: u64,
    /// It tells the events of the records after this one
    pub after: u64,
    /// up to this one.
    pub through: u64,
    /// How many events.
    pub events: u64,
    /// About how many numbers.
    pub epcs: u64,
    /// Containers that nobody outside had heard of after `through`.
    #[serde(skip)]
    pub unheard: Vec<ContainerNo>,
    /// What became of it.
    pub state: OutboxState,
    /// How often it was handed over.
    pub attempts: u64,
    /// It was handed over and nobody heard whether it was taken.
    pub unsure: bool,
    /// Where the repository says how far it is.
    pub job: Option<String>,
    /// The repository's last word.
    pub answer: Option<String>,
    /// When that was, ms since 1970.
    pub utc_ms: i64,
}

/// A change of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboxChange {
    /// The next document.
    Made(OutboxDocument),
    /// It is handed over once more: on disk before it is.
    HandedOver(u64),
    /// The repository works on it and says how far it is there; whether it may have been taken at another time.
    Job(u64, Option<String>, bool),
    /// The repository's last word, or why there is none, and whether it may have been taken all the same.
    Answered(u64, String, bool),
    /// This became of it; whether it may have been taken at another time.
    Became(u64, OutboxState, Option<String>, bool),
}

pub(super) fn change(
    transaction: &Transaction<'_>,
    utc_ms: i64,
    what: &OutboxChange,
) -> Result<(), Refusal> {
    let changed = match what {
        OutboxChange::Made(made) => transaction.execute(
            "INSERT INTO outbox (document, after_seq, through_seq, events, epcs, unheard, utc_ms, unsure)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                number(made.document)?,
                number(made.after)?,
                number(made.through)?,
                number(made.events)?,
                number(made.epcs)?,
                serde_json::to_string(&made.unheard).unwrap_or_default(),
                utc_ms,
                made.unsure
            ],
        )?,
        // Until its answer is heard.
        OutboxChange::HandedOver(document) => transaction.execute(
            "UPDATE outbox SET attempts = attempts + 1, unsure = 1, utc_ms = ?2 WHERE document = ?1",
            params![number(*document)?, utc_ms],
        )?,
        OutboxChange::Job(document, job, unsure) => transaction.execute(
            "UPDATE outbox SET job = ?2, utc_ms = ?3, unsure = ?4 WHERE document = ?1",
            params![number(*document)?, job, utc_ms, unsure],
        )?,
        OutboxChange::Answered(document, answer, unsure) => transaction.execute(
            "UPDATE outbox SET answer = ?2, utc_ms = ?3, unsure = ?4 WHERE document = ?1",
            params![number(*document)?, answer, utc_ms, unsure],
        )?,
        OutboxChange::Became(document, state, answer, unsure) => transaction.execute(
            "UPDATE outbox SET state = ?2, answer = ?3, utc_ms = ?4, unsure = ?5, job = NULL
             WHERE document = ?1",
            params![
                number(*document)?,
                state.code(),
                answer,
                utc_ms,
                unsure
            ],
        )?,
    };
    match changed {
        1 => Ok(()),
        _ => Err(Refusal::Contradicts(
            "There is no such document in the outbox.".to_owned(),
        )),
    }
}

fn document(row: &Row<'_>) -> rusqlite::Result<OutboxDocument> {
    let count = |column| row.get::<_, i64>(column).map(|count| count as u64);
    let state = count(6)? as usize;
    let unheard: String = row.get(5)?;
    Ok(OutboxDocument {
        document: count(0)?,
        after: count(1)?,
        through: count(2)?,
        events: count(3)?,
        epcs: count(4)?,
        unheard: serde_json::from_str(&unheard).unwrap_or_default(),
        state: OutboxState::ALL[state.clamp(1, OutboxState::ALL.len()) - 1],
        attempts: count(7)?,
        job: row.get(8)?,
        answer: row.get(9)?,
        utc_ms: row.get(10)?,
        unsure: row.get(11)?,
    })
}

const COLUMNS: &str =
    "document, after_seq, through_seq, events, epcs, unheard, state, attempts, job, answer,
    utc_ms, unsure";

impl Whereabouts<'_> {
    /// The document that was refused and about which nothing was decided since.
    pub fn refused_document(&self) -> Result<Option<u64>, StoreError> {
        let refused: Option<i64> = self
            .connection
            .prepare_cached("SELECT document FROM outbox WHERE state = 3")
            .and_then(|mut found| found.query_row([], |row| row.get(0)).optional())
            .map_err(|error| self.sql(error))?;
        let Some(refused) = refused.map(|document| document as u64) else {
            return Ok(None);
        };
        let decided = self.decided_about(refused)?;
        Ok(decided.is_none().then_some(refused))
    }

    /// The number of the last document of the outbox; 0 if none was made.
    pub fn last_outbox_document(&self) -> Result<u64, StoreError> {
        self.connection
            .prepare_cached("SELECT coalesce(max(document), 0) FROM outbox")
            .and_then(|mut found| found.query_row([], |row| row.get::<_, i64>(0)))
            .map(|last| last as u64)
            .map_err(|error| self.sql(error))
    }

    /// What a person decided last about a document that was refused; whether it is left out.
    pub fn decided_about(&self, of: u64) -> Result<Option<bool>, StoreError> {
        let last: Option<i64> = self
            .connection
            .prepare_cached("SELECT max(seq) FROM partner_records WHERE document IS NULL")
            .and_then(|mut found| found.query_row([], |row| row.get(0)))
            .map_err(|error| self.sql(error))?;
        let Some(seq) = last else { return Ok(None) };
        let record = restore::record(self.connection, self.path, seq)?;
        Ok(match record.map(|stored| stored.record.fact) {
            Some(Fact::Partner(PartnerFact::CaptureDecided { document, skipped }))
                if document == of =>
            {
                Some(skipped)
            }
            _ => None,
        })
    }
}

impl Reader {
    /// The last documents of the outbox, newest first, so many at most.
    ///
    /// # Errors
    /// When reading fails.
    pub fn outbox(&self, most: u32) -> Result<Vec<OutboxDocument>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM outbox ORDER BY document DESC LIMIT ?1"
            ))
            .and_then(|mut found| found.query_map([most], document)?.collect())
            .map_err(|error| self.sql(error))
    }

    /// The last document whose records need not be told again; where the next one begins.
    ///
    /// # Errors
    /// When reading fails.
    pub fn outbox_settled(&self) -> Result<Option<OutboxDocument>, StoreError> {
        self.connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM outbox WHERE state IN (2, 4) ORDER BY document DESC LIMIT 1"
            ))
            .and_then(|mut found| found.query_row([], document).optional())
            .map_err(|error| self.sql(error))
    }

    /// The last document that was given up to be made anew and whose records are not settled: how far it went, and
    /// whether it may have been taken.
    ///
    /// # Errors
    /// When reading fails.
    pub fn outbox_given_up(&self, settled: u64) -> Result<Option<(u64, bool)>, StoreError> {
        let settled = i64::try_from(settled).unwrap_or(i64::MAX);
        let both = |row: &Row<'_>| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?));
        self.connection
            .prepare_cached(
                "SELECT through_seq, unsure FROM outbox WHERE state = 5 AND through_seq > ?1
                 ORDER BY document DESC LIMIT 1",
            )
            .and_then(|mut found| found.query_row([settled], both).optional())
            .map_err(|error| self.sql(error))
    }
}
