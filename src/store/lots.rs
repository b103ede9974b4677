//! Batches beyond their opening and closing: the rows that say how a batch runs and which records speak of it, and
//! what is asked of them. They follow from the records alone, like all projections.

use super::projection::Refusal;
use super::reader::Reader;
use super::rows::{self, StoredRecord, number};
use super::stretch::{self, Which};
use super::{StoreError, restore};
use crate::gs1::{Gtin, Lot};
use crate::record::lot::Words;
use crate::record::{
    Batch, BatchNo, Component, ComponentKind, Fact, LotFact, LotStanding, PackNo, Record,
    SampleCause, Signed, Tally,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::path::Path;

/// The tables.
pub const TABLES: &str = "
-- How a batch runs: first articles taken since its opening or their last refusal, whether they were accepted,
-- samples ordered and not taken yet.
ALTER TABLE batches ADD COLUMN first_articles INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN first_accepted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN samples_due INTEGER NOT NULL DEFAULT 0;
CREATE INDEX batch_of_lot ON batches (gtin, lot);

-- Lots of components: the record that linked one, and the packs that may have it. ended: the record that
-- ended it, or closed its batch; NULL while it is in use.
CREATE TABLE components (
    batch INTEGER NOT NULL REFERENCES batches,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    lot TEXT NOT NULL,
    first_pack INTEGER NOT NULL,
    last_pack INTEGER,
    ended INTEGER,
    PRIMARY KEY (batch, seq),
    CHECK ((last_pack IS NULL) = (ended IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX component_lot ON components (lot);

-- Which records speak of a batch, besides those about its packs; a line clearance of the batch that comes next.
CREATE TABLE batch_records (
    batch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (batch, seq)
) STRICT, WITHOUT ROWID;
";

/// The kind of a row of `components` that is a printer, with its name as the lot: it is in use for packs as they are.
const PRINTER: &str = "printer";

/// The last batch that was opened before record ?1.
const BEFORE: &str = "SELECT batch FROM batches WHERE opened < ?1 ORDER BY batch DESC LIMIT 1";

/// Works the tables out from what a database of the version before holds.
pub fn fill(transaction: &Transaction<'_>, path: &Path) -> Result<(), StoreError> {
    let mut said = Ok(());
    stretch::for_each(transaction, path, Which::After(0), &mut |stretch| {
        rows::for_each_record(path, stretch, |_| true, &mut |stored| {
            if said.is_ok() {
                let seq = stored.record.seq;
                let taken = take(transaction, &stored.record);
                said = taken.map_err(|refusal| refusal.into_error(path, seq));
            }
        })?;
        Ok(true)
    })?;
    said
}

/// Takes what follows from `record`. The row of its batch is there, and maybe rows of later ones: what happened before
/// the record is told by their numbers.
pub fn take(connection: &Connection, record: &Record) -> Result<(), Refusal> {
    let seq = number(record.seq)?;
    match &record.fact {
        Fact::BatchOpened(batch) => Ok(note(connection, batch.no, seq)?),
        Fact::BatchClosed { batch, .. } => Ok(closed(connection, seq, *batch)?),
        Fact::Lot(fact) => taken(connection, seq, fact),
        Fact::AlarmRaised { .. }
        | Fact::AlarmShelved { .. }
        | Fact::AlarmUnshelved { .. }
        | Fact::Label(_)
        | Fact::Configured { .. } => Ok(note_in_open(connection, seq)?),
        Fact::Signed { of, .. } => Ok(signed(connection, seq, *of)?),
        _ => Ok(()),
    }
}

fn note(connection: &Connection, batch: BatchNo, seq: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO batch_records (batch, seq) VALUES (?1, ?2)")?
        .execute(params![batch.0, seq])
        .map(drop)
}

/// The record is one of the batch that was open then, if one was.
fn note_in_open(connection: &Connection, seq: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO batch_records (batch, seq) SELECT batch, ?1 FROM
                   (SELECT batch, closed FROM batches WHERE opened < ?1 ORDER BY batch DESC LIMIT 1)
               WHERE closed IS NULL OR closed > ?1";
    connection.prepare_cached(sql)?.execute([seq]).map(drop)
}

/// A signature belongs to whatever batch the record belongs to that it signs. That of an act comes with the act, so
/// only the last batch and the one that comes next are looked at.
fn signed(connection: &Connection, seq: i64, of: Signed) -> rusqlite::Result<()> {
    let kept = |seq| i64::try_from(seq).unwrap_or(i64::MAX);
    let (first, last, batches) = match of {
        Signed::Act { first, last, .. } => (first, last, BEFORE),
        Signed::Record { seq } => (seq, seq, "SELECT 0"),
    };
    let sql = format!(
        "INSERT OR IGNORE INTO batch_records (batch, seq)
         SELECT DISTINCT batch, ?1 FROM batch_records
         WHERE seq BETWEEN ?2 AND ?3 AND batch >= coalesce(({batches}), 0)"
    );
    connection
        .prepare_cached(&sql)?
        .execute(params![seq, kept(first), kept(last)])
        .map(drop)
}

fn closed(connection: &Connection, seq: i64, batch: BatchNo) -> rusqlite::Result<()> {
    note(connection, batch, seq)?;
    let sql = "UPDATE components SET ended = ?2,
                   last_pack = (SELECT last_pack FROM batches WHERE batch = ?1)
               WHERE batch = ?1 AND ended IS NULL";
    connection.execute(sql, params![batch.0, seq]).map(drop)
}

/// Changes the course of the open batch by this assignment.
fn change(
    connection: &Connection,
    seq: i64,
    batch: BatchNo,
    assignment: &str,
) -> Result<(), Refusal> {
    let sql = format!(
        "UPDATE batches SET {assignment}
         WHERE batch = ?1 AND opened < ?2 AND (closed IS NULL OR closed > ?2)"
    );
    let changed = connection
        .prepare_cached(&sql)?
        .execute(params![batch.0, seq])?;
    match changed {
        0 => Err(Refusal::Contradicts(format!(
            "Batch {} is not open, so nothing can happen to it.",
            batch.0
        ))),
        _ => Ok(()),
    }
}

fn taken(connection: &Connection, seq: i64, fact: &LotFact) -> Result<(), Refusal> {
    let counted = match fact {
        LotFact::LineCleared { .. } => {
            let sql = format!(
                "INSERT INTO batch_records (batch, seq) SELECT 1 + coalesce(({BEFORE}), 0), ?1"
            );
            connection.execute(&sql, [seq])?;
            return Ok(());
        }
        LotFact::Labelled { .. } => return Ok(()),
        LotFact::FirstArticlesAccepted { .. } => "first_accepted = 1".to_owned(),
        LotFact::FirstArticlesRefused { .. } => "first_articles = 0".to_owned(),
        LotFact::SamplesOrdered { count, .. } => format!("samples_due = samples_due + {count}"),
        LotFact::Sampled { cause, .. } => match cause {
            SampleCause::FirstArticle => "first_articles = first_articles + 1".to_owned(),
            SampleCause::Ordered => "samples_due = max(samples_due - 1, 0)".to_owned(),
            SampleCause::Plan | SampleCause::TestPrint => return Ok(()),
        },
        LotFact::DifferenceExplained { .. } => "batch = batch".to_owned(),
        LotFact::ComponentLinked {
            batch,
            component,
            from,
        } => {
            let sql = "INSERT INTO components (seq, batch, kind, lot, first_pack)
                       VALUES (?1, ?2, ?3, ?4, ?5)";
            let (kind, lot) = (component.kind.as_str(), component.lot.as_str());
            let values = params![seq, batch.0, kind, lot, number(from.0)?];
            connection.execute(sql, values)?;
            "batch = batch".to_owned()
        }
        LotFact::PrinterInUse {
            batch,
            printer,
            from,
            before,
        } => {
            let packs = (number(from.0)?, number(before.0)?);
            printer_in_use(connection, seq, *batch, printer, packs)?;
            "batch = batch".to_owned()
        }
        LotFact::ComponentEnded {
            batch,
            kind,
            lot,
            through,
        } => {
            let sql = "UPDATE components SET last_pack = ?4, ended = ?5
                       WHERE batch = ?1 AND kind = ?2 AND lot = ?3 AND ended IS NULL";
            let values = params![
                batch.0,
                kind.as_str(),
                lot.as_str(),
                number(through.0)?,
                seq
            ];
            if connection.execute(sql, values)? == 0 {
                return Err(Refusal::Contradicts(format!(
                    "{kind} lot {lot} is not in use and cannot end."
                )));
            }
            "batch = batch".to_owned()
        }
    };
    let batch = fact.batch().expect("only a clearance has no batch");
    change(connection, seq, batch, &counted)?;
    // Samples may be many; they stand with their packs.
    match fact.pack() {
        Some(_) => Ok(()),
        None => Ok(note(connection, batch, seq)?),
    }
}

/// A printer prints for packs from the first number of `packs` on, the one before it up to the second.
fn printer_in_use(
    connection: &Connection,
    seq: i64,
    batch: BatchNo,
    printer: &Words,
    (from, before): (i64, i64),
) -> rusqlite::Result<()> {
    let sql = "UPDATE components SET last_pack = ?3, ended = ?4
               WHERE batch = ?1 AND kind = ?2 AND ended IS NULL";
    connection.execute(sql, params![batch.0, PRINTER, before, seq])?;
    let sql = "INSERT INTO components (seq, batch, kind, lot, first_pack)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![seq, batch.0, PRINTER, printer.as_str(), from];
    connection.execute(sql, values).map(drop)
}

/// Where clearance, first articles, samples and components stand.
pub fn standing(
    connection: &Connection,
    path: &Path,
    open: Option<BatchNo>,
) -> Result<LotStanding, StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let Some(batch) = open else {
        return Ok(LotStanding {
            cleared: cleared(connection, path)?,
            ..LotStanding::default()
        });
    };
    let sql = "SELECT first_articles, first_accepted, samples_due FROM batches WHERE batch = ?1";
    let course = connection.query_row(sql, [batch.0], |row| {
        Ok(LotStanding {
            cleared: false,
            first_articles: row.get(0)?,
            first_accepted: row.get(1)?,
            samples_due: row.get(2)?,
            components: Vec::new(),
        })
    });
    let course = course.map_err(failed)?;
    let sql = "SELECT kind, lot FROM components
               WHERE batch = ?1 AND ended IS NULL AND kind <> 'printer' ORDER BY seq";
    let mut used = connection.prepare_cached(sql).map_err(failed)?;
    let used = used
        .query_map([batch.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect::<rusqlite::Result<Vec<(String, String)>>>);
    let read = |(kind, lot): (String, String)| -> Result<(ComponentKind, Words), String> {
        Ok((kind.parse()?, lot.parse()?))
    };
    let used = used.map_err(failed)?.into_iter().map(read);
    let used: Result<Vec<_>, String> = used.collect();
    Ok(LotStanding {
        components: used.map_err(|why| StoreError::damaged(path, why))?,
        ..course
    })
}

/// The line was cleared after the last batch, and no pack has come since.
fn cleared(connection: &Connection, path: &Path) -> Result<bool, StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let sql = "SELECT seq FROM batch_records
               WHERE batch = (SELECT coalesce(max(batch), 0) + 1 FROM batches) ORDER BY seq DESC";
    let mut found = connection.prepare_cached(sql).map_err(failed)?;
    let found = found
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect::<rusqlite::Result<Vec<i64>>>);
    let last: i64 = connection
        .query_row("SELECT coalesce(max(pack), 0) FROM packs", [], |row| {
            row.get(0)
        })
        .map_err(failed)?;
    for seq in found.map_err(failed)? {
        let stored = restore::record(connection, path, seq)?;
        if let Some(Fact::Lot(LotFact::LineCleared { last_pack, .. })) =
            stored.map(|stored| stored.record.fact)
        {
            return Ok(last_pack == PackNo(last as u64));
        }
    }
    Ok(false)
}

/// A lot of a component and the packs that may have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentUse {
    /// The batch it was linked to.
    pub batch: BatchNo,
    /// What it is.
    pub component: Component,
    /// The first pack that may have it.
    pub from: PackNo,
    /// The last one; `None` while it is in use.
    pub through: Option<PackNo>,
    /// The record that linked it.
    pub linked: u64,
}

/// A printer and the packs that may have a label of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrinterUse {
    /// The batch.
    pub batch: BatchNo,
    /// The printer's name in the station file.
    pub printer: String,
    /// The first pack.
    pub from: PackNo,
    /// The last one; `None` while it is in use.
    pub through: Option<PackNo>,
}

/// Everything recorded of a batch but its packs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotRecord {
    /// The batch as it was opened.
    pub batch: Batch,
    /// Its books.
    pub tally: Tally,
    /// It is closed.
    pub closed: bool,
    /// Packs that entered while it was open lie in this range; the last is `None` while it is open.
    pub packs: (PackNo, Option<PackNo>),
    /// Lots of components, in the order of their linking.
    pub components: Vec<ComponentUse>,
    /// Clearance before it, opening, alarms, decisions, components, explanations, closing, and what was signed of
    /// these, in order.
    pub records: Vec<StoredRecord>,
}

impl Reader {
    /// The last batch of a lot, as it was opened.
    ///
    /// # Errors
    /// When reading fails.
    pub fn last_of_lot(&self, gtin: Gtin, lot: &Lot) -> Result<Option<Batch>, StoreError> {
        self.at_one_instant(|connection| {
            let found = connection
                .prepare_cached(
                    "SELECT batch FROM batches
                     WHERE gtin = (SELECT gtin FROM gtins WHERE digits = ?1) AND lot = ?2
                     ORDER BY batch DESC LIMIT 1",
                )
                .and_then(|mut found| {
                    let values = params![gtin.as_str(), lot.as_str()];
                    found.query_row(values, |row| row.get(0)).optional()
                })
                .map_err(|error| self.sql(error))?;
            let read = |no| restore::batch(connection, &self.path, BatchNo(no));
            found.map(read).transpose()
        })
    }

    /// The batches of a lot, whatever their GTIN, oldest first.
    ///
    /// # Errors
    /// When reading fails.
    pub fn batches_of_lot(&self, lot: &str) -> Result<Vec<BatchNo>, StoreError> {
        self.column(
            "SELECT batch FROM batches WHERE lot = ?1 ORDER BY batch",
            lot,
        )
        .map(|numbers| numbers.into_iter().map(|no| BatchNo(no as u32)).collect())
    }

    /// Every use of a component's lot, oldest first.
    ///
    /// # Errors
    /// When reading fails.
    pub fn component_uses(&self, lot: &str) -> Result<Vec<ComponentUse>, StoreError> {
        self.at_one_instant(|connection| {
            let seqs = self.column(
                "SELECT seq FROM components WHERE lot = ?1 AND kind <> 'printer' ORDER BY seq",
                lot,
            )?;
            let read = |seq| component_use(connection, &self.path, seq);
            seqs.into_iter().map(read).collect()
        })
    }

    /// Every use of a printer, or of all printers, oldest first.
    ///
    /// # Errors
    /// When reading fails.
    pub fn printer_uses(&self, printer: Option<&str>) -> Result<Vec<PrinterUse>, StoreError> {
        self.connection
            .prepare_cached(
                "SELECT batch, lot, first_pack, last_pack FROM components
                 WHERE kind = ?1 AND (?2 IS NULL OR lot = ?2) ORDER BY seq",
            )
            .and_then(|mut found| {
                let pack = |no: i64| PackNo(no as u64);
                let uses = found.query_map(params![PRINTER, printer], |row| {
                    Ok(PrinterUse {
                        batch: BatchNo(row.get(0)?),
                        printer: row.get(1)?,
                        from: pack(row.get(2)?),
                        through: row.get::<_, Option<i64>>(3)?.map(pack),
                    })
                })?;
                uses.collect()
            })
            .map_err(|error| self.sql(error))
    }

    /// Everything recorded of a batch; `None` where there is no such batch.
    ///
    /// # Errors
    /// When reading fails.
    pub fn lot_record(&self, no: BatchNo) -> Result<Option<LotRecord>, StoreError> {
        let key = no.0.to_string();
        self.at_one_instant(|connection| {
            let sql = "SELECT first_pack, last_pack FROM batches WHERE batch = ?1";
            let found: Option<(i64, Option<i64>)> = connection
                .query_row(sql, [no.0], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
                .map_err(|error| self.sql(error))?;
            let Some((first, last)) = found else {
                return Ok(None);
            };
            let records =
                "SELECT seq FROM batch_records WHERE batch = CAST(?1 AS INTEGER) ORDER BY seq";
            let mut told = Vec::new();
            for seq in self.column(records, &key)? {
                told.extend(restore::record(connection, &self.path, seq)?);
            }
            let components = "SELECT seq FROM components
                 WHERE batch = CAST(?1 AS INTEGER) AND kind <> 'printer' ORDER BY seq";
            let used = self.column(components, &key)?.into_iter();
            let used = used.map(|seq| component_use(connection, &self.path, seq));
            let tally = restore::tally_of(connection, no).map_err(|error| self.sql(error))?;
            let pack = |no: i64| PackNo(no as u64);
            Ok(Some(LotRecord {
                batch: restore::batch(connection, &self.path, no)?,
                tally,
                closed: last.is_some(),
                packs: (pack(first), last.map(pack)),
                components: used.collect::<Result<_, _>>()?,
                records: told,
            }))
        })
    }

    /// The numbers that a query of one text gives.
    fn column(&self, sql: &str, key: &str) -> Result<Vec<i64>, StoreError> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut found| {
                let rows = found.query_map([key], |row| row.get(0))?;
                rows.collect()
            })
            .map_err(|error| self.sql(error))
    }
}

/// The use of a component's lot that this record began.
fn component_use(
    connection: &Connection,
    path: &Path,
    seq: i64,
) -> Result<ComponentUse, StoreError> {
    let linked = restore::record(connection, path, seq)?.map(|stored| stored.record.fact);
    let Some(Fact::Lot(LotFact::ComponentLinked {
        batch,
        component,
        from,
    })) = linked
    else {
        let text = format!("Record {seq} links no lot of a component.");
        return Err(StoreError::damaged(path, text));
    };
    let sql = "SELECT last_pack FROM components WHERE batch = ?1 AND seq = ?2";
    let last: Option<i64> = connection
        .query_row(sql, params![batch.0, seq], |row| row.get(0))
        .map_err(|error| StoreError::sql(path, error))?;
    Ok(ComponentUse {
        batch,
        component,
        from,
        through: last.map(|no| PackNo(no as u64)),
        linked: seq as u64,
    })
}
