//! The records in their order, with everything the store knows at hand, at one state of the store.

use super::StoreError;
use super::rows::{self, StoredRecord};
use super::stretch::{self, Which};
use super::whereabouts::Whereabouts;
use super::{pack_row::KeptSerial, sealed};
use crate::record::PackNo;
use std::ops::RangeInclusive;

/// Which kind a record is of, as its body begins: `{"Gated":`.
pub type Mark = &'static str;

/// A pack of a run, with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// Which.
    pub pack: PackNo,
    /// The text of its number; `None` for one without.
    pub serial: Option<String>,
    /// It reached the good bin, and its number is not void.
    pub good: bool,
}

impl Whereabouts<'_> {
    /// Calls `each` with the records after `after` and up to `through` that are of one of these kinds, in order, until
    /// it says that it has enough (`false`). The others are not even parsed.
    pub fn for_each_record(
        &self,
        after: u64,
        through: u64,
        marks: &[Mark],
        each: &mut dyn FnMut(StoredRecord) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let number = |seq: u64| i64::try_from(seq).unwrap_or(i64::MAX);
        let (after, through) = (number(after), number(through));
        let wanted = |link: &sealed::Link<'_>| {
            link.seq > after
                && link.seq <= through
                && marks.iter().any(|mark| link.body.starts_with(mark))
        };
        let which = Which::After(after);
        stretch::for_each(self.connection, self.path, which, &mut |stretch| {
            let mut found = Vec::new();
            rows::for_each_record(self.path, stretch, wanted, &mut |stored| found.push(stored))?;
            for stored in found {
                if !each(stored)? {
                    return Ok(false);
                }
            }
            Ok(stretch.last_seq < through)
        })
    }

    /// The last record of this kind up to record `seq`, looked for backwards.
    pub fn last_record_until(
        &self,
        seq: u64,
        mark: Mark,
    ) -> Result<Option<StoredRecord>, StoreError> {
        let seq = i64::try_from(seq).unwrap_or(i64::MAX);
        let wanted = |link: &sealed::Link<'_>| link.seq <= seq && link.body.starts_with(mark);
        let mut last = None;
        for which in [Which::With(seq), Which::Before(seq)] {
            stretch::for_each(self.connection, self.path, which, &mut |stretch| {
                rows::for_each_record(self.path, stretch, wanted, &mut |stored| {
                    last = Some(stored);
                })?;
                Ok(last.is_none())
            })?;
            if last.is_some() {
                break;
            }
        }
        Ok(last)
    }

    /// The packs of a range with their numbers, by number.
    pub fn numbered(&self, packs: &RangeInclusive<PackNo>) -> Result<Vec<Numbered>, StoreError> {
        let number = |pack: &PackNo| i64::try_from(pack.0).unwrap_or(i64::MAX);
        let ends = [number(packs.start()), number(packs.end())];
        self.connection
            .prepare_cached(
                "SELECT pack, serial, fate = 1 AND voided = 0 FROM packs
                 WHERE pack BETWEEN ?1 AND ?2 ORDER BY pack",
            )
            .and_then(|mut found| {
                found
                    .query_map(ends, |row| {
                        let kept: Option<KeptSerial> = row.get(1)?;
                        Ok(Numbered {
                            pack: PackNo(row.get::<_, i64>(0)? as u64),
                            serial: kept.map(|kept| kept.text()),
                            good: row.get::<_, Option<bool>>(2)?.unwrap_or(false),
                        })
                    })?
                    .collect()
            })
            .map_err(|error| self.sql(error))
    }

    /// The batch open when a pack entered.
    pub fn batch_of(&self, pack: PackNo) -> Result<Option<crate::record::BatchNo>, StoreError> {
        let no = i64::try_from(pack.0).unwrap_or(i64::MAX);
        let row = super::pack_row::read(self.connection, no).map_err(|error| self.sql(error))?;
        Ok(row.and_then(|row| row.batch))
    }

    /// The last record.
    pub fn last_seq(&self) -> Result<u64, StoreError> {
        Ok(super::chain::head(self.connection, self.path)?.0 as u64)
    }
}
