//! Questions put to the store, through a connection that cannot write. Other processes may open
//! one, too.

use super::chain::{self, ChainStatus};
use super::opening::{Access, connect};
use super::rows::{self, StoredRecord};
use super::stretch::{self, Which};
use super::{
    Medium, OpenOptions, StoreError, StoredSecret, codes, folder, pack_row, people, pools, replay,
    restore, schema, sealed, whereabouts::Whereabouts,
};
use crate::gs1::Gtin;
use crate::record::{
    Batch, BatchNo, Fate, NumberRegister, NumberState, Origin, PackNo, PlcPack, PoolNo, PoolNumber,
    Restored, SerialNumber, Tally,
};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A connection that only reads.
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    medium: Medium,
}

/// What a pack is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackRow {
    /// The station's number.
    pub pack: PackNo,
    /// Its batch.
    pub batch: Option<BatchNo>,
    /// The PLC's name for it.
    pub plc: PlcPack,
    /// How it came to be known.
    pub origin: Origin,
    /// The number it took, if any.
    pub serial: Option<SerialNumber>,
    /// Whether that number is void.
    pub voided: bool,
    /// Whether that number was seen in ink, on this or another pack.
    pub in_ink: bool,
    /// Its verdict's code after the PLC contract (1 pass, 2–15 fail), if it has one.
    pub verdict: Option<u16>,
    /// Where it went, if that is known.
    pub fate: Option<Fate>,
}

/// Which packs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PackFilter {
    /// Only those of this batch.
    pub batch: Option<BatchNo>,
    /// Only those after this one.
    pub after: PackNo,
    /// Only those up to this one.
    pub through: Option<PackNo>,
    /// Only those whose fate is open.
    pub open: bool,
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Commits.
    pub commits: u64,
    /// Blocks that hold most of them.
    pub blocks: u64,
    /// Records.
    pub records: u64,
    /// Packs.
    pub packs: u64,
    /// Batches.
    pub batches: u64,
}

/// How large the files are, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sizes {
    /// The database.
    pub database: u64,
    /// Its write-ahead log; 0 after an orderly end.
    pub log: u64,
}

impl Reader {
    /// Opens the database in `dir` for reading. A station may be running there, or none.
    ///
    /// # Errors
    /// When there is none, or it is not one this program reads.
    pub fn open(dir: &Path, options: &OpenOptions) -> Result<Reader, StoreError> {
        let path = folder::database(dir);
        let memory = matches!(options.medium, Medium::Memory(_));
        if !memory && !folder::inspect(&path, options.purpose)? {
            return Err(StoreError::Missing { path });
        }
        let connection = connect(&path, options, Access::Read)?;
        let found =
            schema::version_of(&connection).map_err(|error| StoreError::sql(&path, error))?;
        let known = schema::VERSION;
        match found.cmp(&known) {
            std::cmp::Ordering::Equal => Ok(Reader {
                connection,
                path,
                medium: options.medium.clone(),
            }),
            std::cmp::Ordering::Less => Err(StoreError::Older { path, found, known }),
            std::cmp::Ordering::Greater => Err(StoreError::Newer { path, found, known }),
        }
    }

    pub(super) fn sql(&self, error: rusqlite::Error) -> StoreError {
        StoreError::sql(&self.path, error)
    }

    /// Asks several questions of one and the same state of the store, though a station may be writing meanwhile.
    ///
    /// # Errors
    /// Those of `questions`, and when reading fails.
    pub fn at_one_state<T, E: From<StoreError>>(
        &self,
        questions: impl FnOnce(&Reader) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut answer = None;
        self.at_one_instant(|_| {
            answer = Some(questions(self));
            Ok(())
        })?;
        answer.expect("the questions were asked")
    }

    /// Runs `questions` on one and the same state of the store; within others, on theirs.
    pub(super) fn at_one_instant<T>(
        &self,
        questions: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if !self.connection.is_autocommit() {
            return questions(&self.connection);
        }
        let instant = self
            .connection
            .unchecked_transaction()
            .map_err(|error| self.sql(error))?;
        let answer = questions(&instant)?;
        instant.finish().map_err(|error| self.sql(error))?;
        Ok(answer)
    }

    /// Where everything stood at the last commit. Reads one row a pack of the open batch, and
    /// history only for open packs.
    ///
    /// # Errors
    /// When reading fails or what is read makes no sense.
    pub fn restore(&self) -> Result<Restored, StoreError> {
        self.at_one_instant(|connection| restore::restore(connection, &self.path))
    }

    /// The secrets in force, each as its record names it.
    ///
    /// # Errors
    /// When reading fails, or a secret was swapped.
    pub fn secrets(&self) -> Result<Vec<StoredSecret>, StoreError> {
        self.at_one_instant(|connection| people::secrets(connection, &self.path))
    }

    /// The books of a batch, open or closed.
    ///
    /// # Errors
    /// When reading fails.
    pub fn tally(&self, batch: BatchNo) -> Result<Tally, StoreError> {
        restore::tally_of(&self.connection, batch).map_err(|error| self.sql(error))
    }

    /// All batches, oldest first, each with whether it is still open.
    ///
    /// # Errors
    /// When reading fails.
    pub fn batches(&self) -> Result<Vec<(Batch, bool)>, StoreError> {
        let mut numbers = self
            .connection
            .prepare_cached("SELECT batch, closed IS NULL FROM batches ORDER BY batch")
            .map_err(|error| self.sql(error))?;
        let numbers: rusqlite::Result<Vec<(u32, bool)>> = numbers
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .and_then(Iterator::collect);
        numbers
            .map_err(|error| self.sql(error))?
            .into_iter()
            .map(|(no, open)| {
                let batch = restore::batch(&self.connection, &self.path, BatchNo(no))?;
                Ok((batch, open))
            })
            .collect()
    }

    /// Calls `each` with every pack of `filter`, by number. Holds one state of the store until the
    /// end; memory stays flat.
    ///
    /// # Errors
    /// When reading fails.
    pub fn for_each_pack(
        &self,
        filter: PackFilter,
        mut each: impl FnMut(PackRow),
    ) -> Result<(), StoreError> {
        let failed = |error| self.sql(error);
        let columns = pack_row::COLUMNS;
        let mut sql = format!("SELECT pack, {columns} FROM packs WHERE pack > :after");
        let after = i64::try_from(filter.after.0).unwrap_or(i64::MAX);
        let batch = filter.batch.map(|batch| batch.0);
        let mut values: Vec<(&str, &dyn ToSql)> = vec![(":after", &after)];
        if batch.is_some() {
            sql += " AND batch = :batch
                 AND pack >= (SELECT first_pack FROM batches WHERE batch = :batch)";
            values.push((":batch", &batch));
        }
        let through = filter.through.map(|through| through.0);
        let through = through.map(|no| i64::try_from(no).unwrap_or(i64::MAX));
        if through.is_some() {
            sql += " AND pack <= :through";
            values.push((":through", &through));
        }
        if filter.open {
            // Word for word as in the index of open packs, so that SQLite uses it.
            sql += " AND fate IS NULL";
        }
        sql += " ORDER BY pack";
        let mut packs = self.connection.prepare_cached(&sql).map_err(failed)?;
        let mut packs = packs.query(values.as_slice()).map_err(failed)?;
        while let Some(row) = packs.next().map_err(failed)? {
            each(self.pack_row(row)?);
        }
        Ok(())
    }

    /// The packs of `filter` in one list; for batches that fit in memory.
    ///
    /// # Errors
    /// When reading fails.
    pub fn packs(&self, filter: PackFilter) -> Result<Vec<PackRow>, StoreError> {
        let mut packs = Vec::new();
        self.for_each_pack(filter, |pack| packs.push(pack))?;
        Ok(packs)
    }

    pub(super) fn pack_row(&self, row: &Row<'_>) -> Result<PackRow, StoreError> {
        let failed = |error| self.sql(error);
        let pack: i64 = row.get(0).map_err(failed)?;
        let odd =
            |what: &str| StoreError::damaged(&self.path, format!("Pack {pack} has an odd {what}."));
        let now = pack_row::of_row(row, 1).map_err(failed)?;
        let verdict = now.outcome.map(u16::try_from).transpose();
        let fate = now
            .fate
            .map(|code| codes::fate(code).ok_or_else(|| odd("fate")));
        Ok(PackRow {
            pack: PackNo(pack as u64),
            batch: now.batch,
            plc: now.plc,
            origin: codes::origin(now.origin).ok_or_else(|| odd("origin"))?,
            serial: now.number(),
            voided: now.voided != 0,
            in_ink: now.ink,
            verdict: verdict.map_err(|_| odd("verdict"))?,
            fate: fate.transpose()?,
        })
    }

    /// The pack that took a number of this GTIN, found by its counter value.
    ///
    /// # Errors
    /// When reading fails.
    pub fn pack_of_number(&self, gtin: Gtin, index: u64) -> Result<Option<PackNo>, StoreError> {
        let Ok(index) = i64::try_from(index) else {
            return Ok(None);
        };
        self.connection
            .prepare_cached(
                "SELECT pack FROM packs
                 WHERE gtin = (SELECT gtin FROM gtins WHERE digits = ?1) AND serial_index = ?2",
            )
            .and_then(|mut found| {
                found
                    .query_row(params![gtin.as_str(), index], |row| row.get::<_, i64>(0))
                    .optional()
            })
            .map(|pack| pack.map(|pack| PackNo(pack as u64)))
            .map_err(|error| self.sql(error))
    }

    /// Asks about units at one state of the store.
    ///
    /// # Errors
    /// Those of `questions`.
    pub fn whereabouts<T>(
        &self,
        questions: impl FnOnce(&Whereabouts<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.at_one_instant(|connection| {
            questions(&Whereabouts {
                connection,
                path: &self.path,
            })
        })
    }

    /// The record with this number, if there is one.
    ///
    /// # Errors
    /// When reading fails.
    pub fn record(&self, seq: u64) -> Result<Option<StoredRecord>, StoreError> {
        let seq = i64::try_from(seq).unwrap_or(i64::MAX);
        self.at_one_instant(|connection| restore::record(connection, &self.path, seq))
    }

    /// Pools, and blocks of own numbers that were handed out.
    ///
    /// # Errors
    /// When reading fails, or the records make no sense.
    pub fn numbers(&self) -> Result<NumberRegister, StoreError> {
        self.at_one_instant(|connection| pools::register(connection, &self.path))
    }

    /// The wall clock of the import of a pool, ms since 1970; 0 when there is no such pool.
    ///
    /// # Errors
    /// When reading fails.
    pub fn pool_imported_at(&self, no: PoolNo) -> Result<i64, StoreError> {
        self.at_one_instant(|connection| pools::imported_at(connection, &self.path, no))
    }

    /// Up to `count` numbers of the pools of a GTIN from this counter value on, in order.
    ///
    /// # Errors
    /// When reading fails.
    pub fn pool_numbers_from(
        &self,
        gtin: Gtin,
        from: u64,
        count: u32,
    ) -> Result<Vec<PoolNumber>, StoreError> {
        pools::numbers_from(&self.connection, gtin, from, count).map_err(|error| self.sql(error))
    }

    /// The counter value of a text in the pools of a GTIN, if it is in one.
    ///
    /// # Errors
    /// When reading fails.
    pub fn pool_number_of(&self, gtin: Gtin, text: &str) -> Result<Option<u64>, StoreError> {
        pools::number_of_text(&self.connection, gtin, text).map_err(|error| self.sql(error))
    }

    /// How many numbers of a GTIN that packs took stand where, among these counter values, both ends included. Looks at
    /// each of them.
    ///
    /// # Errors
    /// When reading fails.
    pub fn number_states(
        &self,
        gtin: Gtin,
        first: u64,
        last: u64,
    ) -> Result<BTreeMap<NumberState, u64>, StoreError> {
        pools::states_between(&self.connection, gtin, (first, last))
            .map_err(|error| self.sql(error))
    }

    /// Everything that happened to one pack, oldest first.
    ///
    /// # Errors
    /// When reading fails.
    pub fn records_of(&self, pack: PackNo) -> Result<Vec<StoredRecord>, StoreError> {
        self.at_one_instant(|connection| restore::records_of(connection, &self.path, pack))
    }

    /// Calls `each` with every record after `after_seq`, in order; memory stays flat.
    ///
    /// # Errors
    /// When reading fails.
    pub fn for_each_record(
        &self,
        after_seq: u64,
        mut each: impl FnMut(StoredRecord),
    ) -> Result<(), StoreError> {
        let after = i64::try_from(after_seq).unwrap_or(i64::MAX);
        self.at_one_instant(|connection| {
            stretch::for_each(
                connection,
                &self.path,
                Which::After(after),
                &mut |stretch| {
                    let wanted = |link: &sealed::Link<'_>| link.seq > after;
                    rows::for_each_record(&self.path, stretch, wanted, &mut each)?;
                    Ok(true)
                },
            )
        })
    }

    /// The last records about the station rather than a pack (starts, batches, alarms, stops),
    /// oldest first.
    ///
    /// # Errors
    /// When reading fails.
    pub fn last_station_records(&self, max: u32) -> Result<Vec<StoredRecord>, StoreError> {
        let (max, mut records) = (max as usize, Vec::new());
        self.at_one_instant(|connection| {
            stretch::for_each(connection, &self.path, Which::Backwards, &mut |stretch| {
                let mut of_stretch = Vec::new();
                rows::for_each_record(&self.path, stretch, |_| true, &mut |stored| {
                    if stored.record.fact.pack().is_none() {
                        of_stretch.push(stored);
                    }
                })?;
                records.extend(of_stretch.into_iter().rev());
                Ok(records.len() < max)
            })
        })?;
        records.truncate(max);
        records.reverse();
        Ok(records)
    }

    /// The head of the hash chain: the last record's sequence number, and the hash of its commit.
    ///
    /// # Errors
    /// When reading fails.
    pub fn head(&self) -> Result<(u64, [u8; 32]), StoreError> {
        let (seq, hash) = chain::head(&self.connection, &self.path)?;
        Ok((seq as u64, hash))
    }

    /// Follows the whole hash chain.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] naming the records where it breaks.
    pub fn chain_check(&self) -> Result<ChainStatus, StoreError> {
        self.at_one_instant(|connection| chain::check_all(connection, &self.path))
    }

    /// Everything there is to check: SQLite's own integrity, the whole hash chain, and `packs`,
    /// `batches` and `gtins` worked out again from the records and compared. Slow: for audits, not
    /// for every start.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] naming the records or the row that differ.
    pub fn audit(&self) -> Result<ChainStatus, StoreError> {
        self.at_one_instant(|connection| replay::check(connection, &self.path))
    }

    /// How much there is.
    ///
    /// # Errors
    /// When reading fails.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let read = |row: &Row<'_>| {
            let count = |column| row.get::<_, i64>(column).map(|count| count as u64);
            Ok(Counts {
                commits: count(0)?,
                records: count(1)?,
                packs: count(2)?,
                batches: count(3)?,
                blocks: count(4)?,
            })
        };
        self.connection
            .query_row(
                "SELECT (SELECT count(*) FROM commits) + (SELECT coalesce(sum(commits), 0) FROM blocks),
                     max((SELECT coalesce(max(last_seq), 0) FROM commits),
                         (SELECT coalesce(max(last_seq), 0) FROM blocks)),
                     (SELECT count(*) FROM packs), (SELECT count(*) FROM batches),
                     (SELECT count(*) FROM blocks)",
                [],
                read,
            )
            .map_err(|error| self.sql(error))
    }

    /// How large the database and its log are.
    ///
    /// # Errors
    /// When the files cannot be looked at.
    pub fn sizes(&self) -> Result<Sizes, StoreError> {
        if matches!(self.medium, Medium::Memory(_)) {
            let pages = self.connection.query_row(
                "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
                [],
                |row| row.get::<_, i64>(0),
            );
            let database = pages.map_err(|error| self.sql(error))? as u64;
            return Ok(Sizes { database, log: 0 });
        }
        let length = |path: &Path| match std::fs::metadata(path) {
            Ok(found) => Ok(found.len()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(StoreError::Io {
                path: path.to_owned(),
                text: error.to_string(),
            }),
        };
        Ok(Sizes {
            database: length(&self.path)?,
            log: length(&folder::log_of(&self.path))?,
        })
    }
}
