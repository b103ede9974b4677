//! What a screen looks at: the newest packs and the newest records, page by page from the end. Each question reads a
//! bounded part of the store, whatever its size.

use super::rows::{self, StoredRecord};
use super::sealed::Link;
use super::stretch::{self, Which};
use super::{PackRow, Reader, StoreError, chain, pack_row, restore};
use crate::gs1::{FieldError, Gtin};
use crate::record::{Batch, BatchNo, PackNo};
use rusqlite::{OptionalExtension, params};
use std::cell::Cell;
use std::ops::RangeInclusive;

/// Records of a pack's way along the line.
const OF_THE_LINE: [&str; 3] = ["{\"PackEntered\":", "{\"Verified\":", "{\"Gated\":"];

/// The end of the hash chain, and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainTail {
    /// The last record.
    pub last_seq: u64,
    /// The hash of its commit.
    pub head: [u8; 32],
    /// What is wrong with the last stretch, if anything is; a sentence.
    pub broken: Option<String>,
}

impl Reader {
    /// The batch that was opened last, and whether it is open.
    ///
    /// # Errors
    /// When reading fails.
    pub fn last_batch(&self) -> Result<Option<(Batch, bool)>, StoreError> {
        self.at_one_instant(|connection| {
            let last: Option<(u32, bool)> = connection
                .prepare_cached(
                    "SELECT batch, closed IS NULL FROM batches ORDER BY batch DESC LIMIT 1",
                )
                .and_then(|mut last| {
                    last.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
                        .optional()
                })
                .map_err(|error| self.sql(error))?;
            let read = |(no, open)| {
                let batch = restore::batch(connection, &self.path, BatchNo(no))?;
                Ok((batch, open))
            };
            last.map(read).transpose()
        })
    }

    /// Calls `each` with the packs before `before`, of one batch or of all, the newest first, until it says `false`.
    ///
    /// # Errors
    /// When reading fails.
    pub fn for_each_pack_back(
        &self,
        batch: Option<BatchNo>,
        before: PackNo,
        each: &mut dyn FnMut(PackRow) -> bool,
    ) -> Result<(), StoreError> {
        let failed = |error| self.sql(error);
        let columns = pack_row::COLUMNS;
        let before = i64::try_from(before.0).unwrap_or(i64::MAX);
        let of_batch = match batch {
            Some(_) => {
                "AND batch = ?2 AND pack >= (SELECT first_pack FROM batches WHERE batch = ?2)
                 AND pack <= coalesce((SELECT last_pack FROM batches WHERE batch = ?2), ?1)"
            }
            None => "AND ?2 IS NULL",
        };
        let sql = format!(
            "SELECT pack, {columns} FROM packs WHERE pack < ?1 {of_batch} ORDER BY pack DESC"
        );
        let mut packs = self.connection.prepare_cached(&sql).map_err(failed)?;
        let values = params![before, batch.map(|no| no.0)];
        let mut packs = packs.query(values).map_err(failed)?;
        while let Some(row) = packs.next().map_err(failed)? {
            if !each(self.pack_row(row)?) {
                break;
            }
        }
        Ok(())
    }

    /// The products that numbers were ever taken for.
    ///
    /// # Errors
    /// When reading fails.
    pub fn gtins(&self) -> Result<Vec<Gtin>, StoreError> {
        let digits: rusqlite::Result<Vec<String>> = self
            .connection
            .prepare_cached("SELECT digits FROM gtins ORDER BY gtin DESC")
            .and_then(|mut all| all.query_map([], |row| row.get(0))?.collect());
        let digits = digits.map_err(|error| self.sql(error))?;
        let read = |digits: &String| {
            let odd = |wrong: FieldError| {
                StoreError::damaged(&self.path, format!("A GTIN is odd. {wrong}."))
            };
            digits.parse::<Gtin>().map_err(odd)
        };
        digits.iter().map(read).collect()
    }

    /// Calls `each` with the records of these packs' way along the line: entry, verdict, gate.
    ///
    /// # Errors
    /// When reading fails.
    pub fn for_each_on_line(
        &self,
        packs: &RangeInclusive<PackNo>,
        each: &mut dyn FnMut(StoredRecord),
    ) -> Result<(), StoreError> {
        let number = |pack: &PackNo| i64::try_from(pack.0).unwrap_or(i64::MAX);
        let which = Which::OfPacks(number(packs.start()), number(packs.end()));
        let wanted = |link: &Link<'_>| OF_THE_LINE.iter().any(|mark| link.body.starts_with(mark));
        self.at_one_instant(|connection| {
            stretch::for_each(connection, &self.path, which, &mut |stretch| {
                rows::for_each_record(&self.path, stretch, wanted, &mut |stored| {
                    let pack = stored.record.fact.pack();
                    if pack.is_some_and(|pack| packs.contains(&pack)) {
                        each(stored);
                    }
                })?;
                Ok(true)
            })
        })
    }

    /// Calls `each` with the records before `before` that `wanted` lets through, the newest first, until it says
    /// `false` or records of so many bytes were looked at. Returns the record from which on everything was looked at;
    /// `None`: there is nothing before it.
    ///
    /// # Errors
    /// When reading fails, or what is read makes no sense.
    pub fn for_each_wanted_back(
        &self,
        before: u64,
        bytes: u64,
        wanted: &dyn Fn(&Link<'_>) -> bool,
        each: &mut dyn FnMut(StoredRecord) -> bool,
    ) -> Result<Option<u64>, StoreError> {
        let before = i64::try_from(before).unwrap_or(i64::MAX);
        let (mut looked_at, mut reached) = (0, None);
        self.at_one_instant(|connection| {
            let which = Which::Until(before);
            stretch::for_each(connection, &self.path, which, &mut |stretch| {
                if looked_at >= bytes {
                    return Ok(false);
                }
                let (mut found, first) = (Vec::new(), Cell::new(None));
                let meant = |link: &Link<'_>| {
                    first.set(first.get().or(Some(link.seq)));
                    link.seq < before && wanted(link)
                };
                rows::for_each_record(&self.path, stretch, meant, &mut |stored| {
                    found.push(stored);
                })?;
                looked_at += stretch.bytes();
                for stored in found.into_iter().rev() {
                    let seq = stored.record.seq;
                    if !each(stored) {
                        reached = Some(seq);
                        return Ok(false);
                    }
                }
                reached = first.get().map(i64::unsigned_abs).or(reached);
                Ok(true)
            })
        })?;
        Ok(reached.filter(|reached| *reached > 1))
    }

    /// The head of the hash chain, and whether its last stretch holds: what every start checks. The whole chain is
    /// followed by [`Reader::follow_chain`].
    ///
    /// # Errors
    /// When reading fails.
    pub fn chain_tail(&self) -> Result<ChainTail, StoreError> {
        self.at_one_instant(|connection| {
            let (last_seq, head) = chain::head(connection, &self.path)?;
            let broken = match chain::check_tail(connection, &self.path) {
                Ok(_) => None,
                Err(error @ (StoreError::Damaged { .. } | StoreError::Contradiction { .. })) => {
                    Some(error.to_string())
                }
                Err(error) => return Err(error),
            };
            Ok(ChainTail {
                last_seq: last_seq.unsigned_abs(),
                head,
                broken,
            })
        })
    }
}
