//! What partners said of a unit or lot, as far as it counts, and which documents and events came before.

use super::partners::{self, CLAIM_COLUMNS, claim_of, print_of};
use super::reader::Reader;
use super::whereabouts::{Stay, Whereabouts};
use super::{StoreError, restore, run};
use crate::gs1::{Gtin, Lot};
use crate::record::partner::{Claim, Claimed, DocumentHash, DocumentNo, Flags, PartnerFact};
use crate::record::{ContainerNo, PackNo, Unit};
use rusqlite::{OptionalExtension, Row, ToSql, params};
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

    fn heard(&self, sql: &str, values: &[&dyn ToSql]) -> Result<Vec<Heard>, StoreError> {
        let read = |row: &Row<'_>| -> rusqlite::Result<Heard> {
            Ok(Heard {
                claim: claim_of(self.connection, row)?,
                flags: Flags(row.get(10)?),
                document: DocumentNo(row.get::<_, i64>(11)? as u64),
                record: row.get::<_, i64>(12)? as u64,
                taken_back: row.get(13)?,
            })
        };
        let found: rusqlite::Result<Vec<Heard>> = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut found| found.query_map(values, read)?.collect());
        let mut found = found.map_err(|error| self.sql(error))?;
        found.sort_by_key(|heard| (heard.claim.utc_ms, heard.document, heard.claim.event));
        Ok(found)
    }

    /// Whether an event of this id was heard in a document that counts; `takes_back`: one that takes it back.
    pub fn is_heard(&self, id: &str, takes_back: bool) -> Result<bool, StoreError> {
        self.connection
            .prepare_cached(
                "SELECT 1 FROM partner_claims c JOIN partner_records r USING (document)
                 WHERE c.print = ?1 AND c.id = ?2 AND c.takes_back = ?3 LIMIT 1",
            )
            .and_then(|mut found| found.exists(params![print_of(id), id, takes_back]))
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

    /// The packs of a range of which partners said something by themselves.
    pub fn packs_heard_of(
        &self,
        packs: &RangeInclusive<PackNo>,
    ) -> Result<Vec<PackNo>, StoreError> {
        let end = |pack: &PackNo| i64::try_from(pack.0).unwrap_or(i64::MAX);
        self.connection
            .prepare_cached(
                "SELECT DISTINCT unit FROM partner_subjects
                 JOIN partner_records USING (document)
                 WHERE kind = 0 AND unit BETWEEN ?1 AND ?2 ORDER BY unit",
            )
            .and_then(|mut found| {
                found
                    .query_map([end(packs.start()), end(packs.end())], |row| {
                        row.get::<_, i64>(0).map(|no| PackNo(no as u64))
                    })?
                    .collect()
            })
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
