//! What partners said of a unit or lot, as far as it counts, and which documents and events came before.

use super::partners::{self, CLAIM_COLUMN_COUNT, CLAIM_COLUMNS, claim_of, print_of};
use super::reader::Reader;
use super::whereabouts::{Stay, Whereabouts};
use super::{StoreError, restore, run};
use crate::gs1::{Gtin, Lot};
use crate::record::partner::{
    Claim, Claimed, DocumentHash, DocumentNo, EventHash, Flags, PartnerFact,
};
use crate::record::{ContainerNo, PackNo, Unit};
use rusqlite::{OptionalExtension, Row, ToSql, params};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// One thing that a partner said of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The document.
    pub document: DocumentNo,
    /// The record from which on it counts.
    pub record: u64,
    /// What was said.
    pub claim: Claim,
    /// What of our records it contradicts.
    pub flags: Flags,
    /// It was taken back by a later event.
    pub taken_back: bool,
}

impl Heard {
    /// It counts: it contradicts nothing, was not taken back and takes nothing back.
    pub fn holds(&self) -> bool {
        self.flags.none() && self.stands()
    }

    /// It was not taken back and takes nothing back.
    pub fn stands(&self) -> bool {
        !self.taken_back && !self.claim.takes_back
    }
}

/// An event that was heard before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// In this document.
    pub document: DocumentNo,
    /// Its running number in it.
    pub event: u64,
    /// It takes back what the event of the same id said.
    pub takes_back: bool,
    /// What it said; `None`: it was heard by a release that did not keep this.
    pub content: Option<EventHash>,
}

/// Puts claims in the order of what happened; those of one moment in the order in which they came.
fn by_time(said: &mut [Heard]) {
    said.sort_by_key(|heard| (heard.claim.utc_ms, heard.document, heard.claim.event));
}

/// The column behind those of a claim and of [`COUNTED`].
const SUBJECT_COLUMN: usize = CLAIM_COLUMN_COUNT + 4;

/// What follows a claim of table `c`: its document's record, and whether it was taken back.
const COUNTED: &str = "c.document, r.seq,
    c.takes_back = 0 AND EXISTS (SELECT 1 FROM partner_claims b
        JOIN partner_records q ON q.document = b.document
        WHERE b.print = c.print AND b.id = c.id AND b.takes_back = 1)";

impl Whereabouts<'_> {
    /// Partners said something.
    pub fn has_heard(&self) -> Result<bool, StoreError> {
        self.connection
            .prepare_cached("SELECT 1 FROM partner_records WHERE document IS NOT NULL LIMIT 1")
            .and_then(|mut found| found.exists([]))
            .map_err(|error| self.sql(error))
    }

    /// What partners said of a pack or container itself, until record `at`, by the time they say it happened.
    pub fn heard_of(&self, thing: &Claimed, at: Option<u64>) -> Result<Vec<Heard>, StoreError> {
        let (kind, unit) = match thing {
            Claimed::Pack(pack) => (0, Some(pack.0 as i64)),
            Claimed::Container(container) => (1, Some(container.0 as i64)),
            Claimed::Foreign(code) => (
                2,
                partners::foreign(self.connection, code).map_err(|error| self.sql(error))?,
            ),
        };
        let at = at.map_or(i64::MAX, |at| i64::try_from(at).unwrap_or(i64::MAX));
        let sql = format!(
            "SELECT {CLAIM_COLUMNS}, s.flags, {COUNTED} FROM partner_subjects s
             JOIN partner_claims c ON c.document = s.document AND c.event = s.event
             JOIN partner_records r ON r.document = s.document
             WHERE s.kind = ?1 AND s.unit = ?2 AND r.seq <= ?3"
        );
        match unit {
            Some(unit) => self.heard(&sql, params![kind, unit, at]),
            None => Ok(Vec::new()),
        }
    }

    /// What partners said of a whole lot, or of so many of it.
    pub fn heard_of_lot(
        &self,
        gtin: &Gtin,
        lot: &Lot,
        at: Option<u64>,
    ) -> Result<Vec<Heard>, StoreError> {
        let at = at.map_or(i64::MAX, |at| i64::try_from(at).unwrap_or(i64::MAX));
        let sql = format!(
            "SELECT {CLAIM_COLUMNS}, 0, {COUNTED} FROM partner_lots s
             JOIN partner_claims c ON c.document = s.document AND c.event = s.event
             JOIN partner_records r ON r.document = s.document
             WHERE s.gtin = ?1 AND s.lot = ?2 AND r.seq <= ?3"
        );
        self.heard(&sql, params![gtin.as_str(), lot.as_str(), at])
    }

    /// What partners said of packs of a range by themselves, now: of each by the time they say it happened.
    pub fn heard_of_packs(
        &self,
        packs: &RangeInclusive<PackNo>,
    ) -> Result<BTreeMap<PackNo, Vec<Heard>>, StoreError> {
        let sql = format!(
            "SELECT {CLAIM_COLUMNS}, s.flags, {COUNTED}, s.unit FROM partner_subjects s
             JOIN partner_claims c ON c.document = s.document AND c.event = s.event
             JOIN partner_records r ON r.document = s.document
             WHERE s.kind = 0 AND s.unit BETWEEN ?1 AND ?2"
        );
        let end = |pack: &PackNo| i64::try_from(pack.0).unwrap_or(i64::MAX);
        let mut all: BTreeMap<PackNo, Vec<Heard>> = BTreeMap::new();
        let read = self.connection.prepare_cached(&sql).and_then(|mut rows| {
            let mut rows = rows.query([end(packs.start()), end(packs.end())])?;
            while let Some(row) = rows.next()? {
                let pack = PackNo(row.get::<_, i64>(SUBJECT_COLUMN)? as u64);
                all.entry(pack).or_default().push(self.read(row)?);
            }
            Ok(())
        });
        read.map_err(|error| self.sql(error))?;
        all.values_mut().for_each(|said| by_time(said));
        Ok(all)
    }

    fn heard(&self, sql: &str, values: &[&dyn ToSql]) -> Result<Vec<Heard>, StoreError> {
        let found: rusqlite::Result<Vec<Heard>> = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut found| found.query_map(values, |row| self.read(row))?.collect());
        let mut found = found.map_err(|error| self.sql(error))?;
        by_time(&mut found);
        Ok(found)
    }

    fn read(&self, row: &Row<'_>) -> rusqlite::Result<Heard> {
        Ok(Heard {
            claim: claim_of(self.connection, row)?,
            flags: Flags(row.get(CLAIM_COLUMN_COUNT)?),
            document: DocumentNo(row.get::<_, i64>(CLAIM_COLUMN_COUNT + 1)? as u64),
            record: row.get::<_, i64>(CLAIM_COLUMN_COUNT + 2)? as u64,
            taken_back: row.get(CLAIM_COLUMN_COUNT + 3)?,
        })
    }

    /// What was heard under an event's id, in documents that count.
    pub fn heard_as(&self, id: &str) -> Result<Vec<Known>, StoreError> {
        let known = |row: &Row<'_>| -> rusqlite::Result<Known> {
            let content: Option<[u8; 32]> = row.get(3)?;
            Ok(Known {
                document: DocumentNo(row.get::<_, i64>(0)? as u64),
                event: row.get::<_, i64>(1)? as u64,
                takes_back: row.get(2)?,
                content: content.map(EventHash),
            })
        };
        self.connection
            .prepare_cached(
                "SELECT document, c.event, takes_back, content FROM partner_claims c
                 JOIN partner_records r USING (document) WHERE c.print = ?1 AND c.id = ?2",
            )
            .and_then(|mut found| found.query_map(params![print_of(id), id], known)?.collect())
            .map_err(|error| self.sql(error))
    }

    /// Somebody else's container that is said to hold something of ours.
    pub fn is_known_foreign(&self, code: &str) -> Result<bool, StoreError> {
        self.connection
            .prepare_cached(
                "SELECT 1 FROM partner_containers p
                 JOIN partner_claims c ON c.holder_kind = 2 AND c.holder = p.container
                 JOIN partner_records r USING (document) WHERE p.code = ?1 LIMIT 1",
            )
            .and_then(|mut found| found.exists([code]))
            .map_err(|error| self.sql(error))
    }

    /// The stays of a unit, each from the first record by which neighbours of it went in: at most a container's filling
    /// too early, and no history is read.
    pub fn rough_stays(&self, unit: Unit) -> Result<Vec<Stay>, StoreError> {
        let (kind, no) = run::key_of(unit);
        let runs = run::all_of(self.connection, kind, no).map_err(|error| self.sql(error))?;
        let stay = |run: &run::Run| Stay {
            container: ContainerNo(run.container as u64),
            from_seq: run.from_seq as u64,
            to_seq: run.to_seq.map(|to| to as u64),
        };
        Ok(runs.iter().map(stay).collect())
    }

    /// When a batch was opened and closed, by the wall clock; `None`: it is open.
    pub fn times_of(
        &self,
        batch: crate::record::BatchNo,
    ) -> Result<(i64, Option<i64>), StoreError> {
        let seqs: (i64, Option<i64>) = self
            .connection
            .prepare_cached("SELECT opened, closed FROM batches WHERE batch = ?1")
            .and_then(|mut found| found.query_row([batch.0], |row| Ok((row.get(0)?, row.get(1)?))))
            .map_err(|error| self.sql(error))?;
        let opened = self.utc_of(seqs.0 as u64)?;
        Ok((
            opened,
            seqs.1.map(|seq| self.utc_of(seq as u64)).transpose()?,
        ))
    }

    /// The wall clock of a record; 0 of one that is not there.
    pub fn utc_of(&self, seq: u64) -> Result<i64, StoreError> {
        let stored = restore::record(self.connection, self.path, seq as i64)?;
        Ok(stored.map_or(0, |stored| stored.utc_ms))
    }

    /// What is staged and sealed of a document that does not count yet: what its record must say.
    pub fn sealed_document(&self, document: DocumentNo) -> Result<Option<PartnerFact>, StoreError> {
        partners::sealed(self.connection, document).map_err(|error| self.sql(error))
    }
}

impl Reader {
    /// The document with this content that counts, and the wall clock of its record.
    ///
    /// # Errors
    /// When reading fails.
    pub fn document_heard(
        &self,
        content: DocumentHash,
    ) -> Result<Option<(DocumentNo, i64)>, StoreError> {
        self.whereabouts(|ask| {
            let found: Option<(i64, i64)> = ask
                .connection
                .prepare_cached(
                    "SELECT document, seq FROM partner_documents
                     JOIN partner_records USING (document) WHERE content = ?1",
                )
                .and_then(|mut found| {
                    let both = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
                    found.query_row([content.0], both).optional()
                })
                .map_err(|error| ask.sql(error))?;
            found
                .map(|(document, seq)| Ok((DocumentNo(document as u64), ask.utc_of(seq as u64)?)))
                .transpose()
        })
    }
}
