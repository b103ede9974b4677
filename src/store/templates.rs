//! Label templates as the records say: which is in force, which on trial, and everything that ever happened with them.
//!
//! What stands now is worked out from the records themselves, like who is enrolled; the table only says which records
//! speak of templates.

use super::reader::Reader;
use super::{StoreError, StoredRecord, Whereabouts, restore};
use crate::record::{
    BatchNo, Fact, LabelFact, LabelStanding, LabelText, LotFact, PackNo, TemplateHash,
};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;

/// The table.
pub const TABLES: &str = "
-- Which records speak of label templates. What they add up to is worked out at every start.
CREATE TABLE label_facts (
    seq INTEGER PRIMARY KEY
) STRICT;
";

/// Notes that this record speaks of templates.
pub fn note(connection: &Connection, seq: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO label_facts (seq) VALUES (?1)")?
        .execute([seq])
        .map(drop)
}

/// Calls `each` with every record about templates, oldest first.
fn for_each(
    connection: &Connection,
    path: &Path,
    each: &mut dyn FnMut(StoredRecord) -> Result<(), String>,
) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let mut seqs = connection
        .prepare_cached("SELECT seq FROM label_facts ORDER BY seq")
        .map_err(failed)?;
    let seqs: rusqlite::Result<Vec<i64>> = seqs
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect);
    for seq in seqs.map_err(failed)? {
        let told = match restore::record(connection, path, seq)? {
            Some(stored) => each(stored),
            None => Err("It is not there.".to_owned()),
        };
        told.map_err(|why| {
            let text = format!("Record {seq} about label templates makes no sense. {why}");
            StoreError::damaged(path, text)
        })?;
    }
    Ok(())
}

/// Where templates stand.
pub fn standing(connection: &Connection, path: &Path) -> Result<LabelStanding, StoreError> {
    let mut standing = LabelStanding::default();
    for_each(connection, path, &mut |stored| match &stored.record.fact {
        Fact::Label(fact) => standing.apply(fact),
        _ => Err("It does not speak of them.".to_owned()),
    })?;
    Ok(standing)
}

/// Records by which packs get a label.
const LABELLED: [&str; 2] = ["{\"SerialReserved\":", "{\"Lot\":{\"Labelled\":"];

/// Packs that follow each other and whose labels were ordered from the same template; those between them that got no
/// label lie in the range, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelRun {
    /// The template.
    pub template: Option<TemplateHash>,
    /// The packs.
    pub packs: RangeInclusive<PackNo>,
}

fn take(runs: &mut Vec<LabelRun>, pack: PackNo, template: Option<TemplateHash>) {
    match runs.last_mut().filter(|run| run.template == template) {
        Some(run) => run.packs = *run.packs.start()..=pack,
        None => runs.push(LabelRun {
            template,
            packs: pack..=pack,
        }),
    }
}

/// The template that a record orders a pack's label from.
fn ordered(stored: &StoredRecord) -> Option<(PackNo, Option<TemplateHash>)> {
    let pack = match &stored.record.fact {
        Fact::SerialReserved { pack, .. } => *pack,
        Fact::Lot(LotFact::Labelled { pack, .. }) => *pack,
        _ => return None,
    };
    Some((pack, stored.record.template))
}

impl Whereabouts<'_> {
    /// The template that a pack's label was ordered from, by record `at` or by now; `None` for one without a label.
    ///
    /// # Errors
    /// When reading fails.
    pub fn label_of(
        &self,
        pack: PackNo,
        at: Option<u64>,
    ) -> Result<Option<TemplateHash>, StoreError> {
        let records = restore::records_of(self.connection, self.path, pack)?;
        let until = at.unwrap_or(u64::MAX);
        let records = records.iter().filter(|stored| stored.record.seq <= until);
        match records.filter_map(ordered).next_back() {
            None => Ok(None),
            Some((_, Some(template))) => Ok(Some(template)),
            // Before a number named its template, that of a batch was the one of its opening.
            Some((_, None)) => {
                let batch = self.batch_of(pack)?;
                let read = |no| restore::batch(self.connection, self.path, no);
                Ok(batch.map(read).transpose()?.map(|batch| batch.template))
            }
        }
    }

    /// Everything that ever happened with label templates, oldest first.
    ///
    /// # Errors
    /// When reading fails.
    pub fn label_records(&self) -> Result<Vec<StoredRecord>, StoreError> {
        let mut all = Vec::new();
        for_each(self.connection, self.path, &mut |stored| {
            all.push(stored);
            Ok(())
        })?;
        Ok(all)
    }
}

impl Reader {
    /// Batches during which something happened with a label template, all of them or this one, each with its packs by
    /// the template of their labels, in ranges that hold no pack with another one's. In every other batch all packs
    /// have the label of its opening.
    ///
    /// # Errors
    /// When reading fails.
    pub fn label_runs(
        &self,
        only: Option<BatchNo>,
    ) -> Result<BTreeMap<BatchNo, Vec<LabelRun>>, StoreError> {
        let failed = |error| StoreError::sql(&self.path, error);
        let changed: rusqlite::Result<Vec<(u32, i64, i64)>> = self
            .connection
            .prepare_cached(
                "SELECT batch, opened, coalesce(closed, 9223372036854775807) AS ended FROM batches
                 WHERE EXISTS (SELECT 1 FROM label_facts WHERE seq > opened AND seq < ended)
                     AND (?1 IS NULL OR batch = ?1)
                 ORDER BY batch",
            )
            .and_then(|mut found| {
                found
                    .query_map([only.map(|no| no.0)], |row| {
                        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                    })?
                    .collect()
            });
        let mut all = BTreeMap::new();
        for (batch, opened, ended) in changed.map_err(failed)? {
            let mut runs = Vec::new();
            self.whereabouts(|ask| {
                let (after, through) = (opened as u64, ended as u64);
                ask.for_each_record(after, through, &LABELLED, &mut |stored| {
                    if let Some((pack, template)) = ordered(&stored) {
                        take(&mut runs, pack, template);
                    }
                    Ok(true)
                })
            })?;
            all.insert(BatchNo(batch), runs);
        }
        Ok(all)
    }

    /// Batches during which something happened with a label template, each with the packs that were labelled from this
    /// one, as ranges that hold no pack of another. In every other batch all packs have the label of its opening.
    ///
    /// # Errors
    /// When reading fails.
    pub fn labelled_from(
        &self,
        template: TemplateHash,
    ) -> Result<BTreeMap<BatchNo, Vec<RangeInclusive<PackNo>>>, StoreError> {
        let all = self.label_runs(None)?.into_iter();
        let from = |runs: Vec<LabelRun>| {
            let runs = runs.into_iter();
            let runs = runs.filter(|run| run.template == Some(template));
            runs.map(|run| run.packs).collect()
        };
        Ok(all.map(|(batch, runs)| (batch, from(runs))).collect())
    }

    /// The batches that were opened before this record, oldest first, with the template of their opening.
    ///
    /// # Errors
    /// When reading fails.
    pub fn opened_with(&self, before: u64) -> Result<Vec<(BatchNo, TemplateHash)>, StoreError> {
        let before = i64::try_from(before).unwrap_or(i64::MAX);
        self.at_one_instant(|connection| {
            let numbers: rusqlite::Result<Vec<u32>> = connection
                .prepare_cached("SELECT batch FROM batches WHERE opened < ?1 ORDER BY batch")
                .and_then(|mut found| found.query_map([before], |row| row.get(0))?.collect());
            let read = |no| {
                let batch = restore::batch(connection, &self.path, BatchNo(no))?;
                Ok((batch.no, batch.template))
            };
            let numbers = numbers.map_err(|error| self.sql(error))?;
            numbers.into_iter().map(read).collect()
        })
    }

    /// Where label templates stand.
    ///
    /// # Errors
    /// When reading fails, or the records contradict each other.
    pub fn labels(&self) -> Result<LabelStanding, StoreError> {
        self.at_one_instant(|connection| standing(connection, &self.path))
    }

    /// The template of this hash, if a record about templates holds its text: every one that was ever ordered or named
    /// by the station file at a start; of stores that began before the first was recorded, only from a change on.
    ///
    /// # Errors
    /// When reading fails.
    pub fn label_text(&self, template: TemplateHash) -> Result<Option<LabelText>, StoreError> {
        let mut found = None;
        for_each(&self.connection, &self.path, &mut |stored| {
            if let Fact::Label(
                LabelFact::Installed { label, .. } | LabelFact::Ordered { label, .. },
            ) = stored.record.fact
                && label.template == template
            {
                found = Some(label);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Everything that ever happened with label templates, oldest first.
    ///
    /// # Errors
    /// When reading fails.
    pub fn label_records(&self) -> Result<Vec<StoredRecord>, StoreError> {
        self.whereabouts(|ask| ask.label_records())
    }
}
