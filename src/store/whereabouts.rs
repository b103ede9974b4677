//! Where units stand and stood: what is inside what, and what happened to them on their way.
//!
//! What happened to a container is looked for in the time in which the unit was inside it, and so on upward.

use super::pack_row::KeptSerial;
use super::run::{self, Run, key_of, unit_of};
use super::{StoreError, codes, container_row, pack_row, pools, restore};
use crate::gs1::{Expiry, Gln, Gtin, Lot};
use crate::record::{
    BatchNo, ContainerCode, ContainerIdentity, ContainerNo, Fact, Happening, Identity, LotStatus,
    PackIdentity, PackNo, PackagingFact, Stage, Standing, Step, Unit,
};
use crate::serial::SerialKey;
use rusqlite::{Connection, OptionalExtension, params};
use std::ops::Range;
use std::path::Path;

/// Levels of packaging that a walk goes up or down; more is damage.
pub(super) const DEPTH_MAX: usize = 16;

/// The end of time, in records.
const FOR_EVER: i64 = i64::MAX;

/// Neighbouring units that are inside a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    /// The first of them.
    pub first: Unit,
    /// How many, with the numbers that follow.
    pub count: u64,
}

impl Inside {
    /// Each of them.
    pub fn units(&self) -> impl Iterator<Item = Unit> + '_ {
        let (kind, first) = key_of(self.first);
        (first..first + self.count as i64).map(move |no| unit_of(kind, no))
    }
}

/// A stay of a unit in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// Where.
    pub container: ContainerNo,
    /// The record that put it in.
    pub from_seq: u64,
    /// The record that took it out; `None`: it is inside.
    pub to_seq: Option<u64>,
}

/// One state of the store, asked about units.
pub struct Whereabouts<'a> {
    pub(super) connection: &'a Connection,
    pub(super) path: &'a Path,
}

impl Whereabouts<'_> {
    pub(super) fn sql(&self, error: rusqlite::Error) -> StoreError {
        StoreError::sql(self.path, error)
    }

    fn odd(&self, what: &str, code: i64) -> StoreError {
        StoreError::damaged(
            self.path,
            format!("It holds the {what} {code}, which does not exist."),
        )
    }

    /// Where a unit stood after the record `at`, or stands now; `None`: there is, or was by then, none of that number.
    pub fn standing(&self, unit: Unit, at: Option<u64>) -> Result<Option<Standing>, StoreError> {
        let identity = match at {
            None => self.identity(unit)?,
            Some(at) => self.identity_at(unit, at)?,
        };
        let Some(identity) = identity else {
            return Ok(None);
        };
        let until = at.map_or(FOR_EVER, |at| (at as i64).saturating_add(1));
        let inside = self.chain(unit, until - 1)?;
        let mut happened = Vec::new();
        self.happened(unit, 0..until, &mut happened, 0)?;
        if let Identity::Pack(pack) = &identity
            && let Some((gtin, lot, _)) = &pack.lot
        {
            self.happened_to_lot(gtin, lot, until, &mut happened)?;
        }
        happened.sort_by_key(|stage| stage.seq);
        let mut standing = Standing::of(identity, inside);
        happened.into_iter().for_each(|stage| standing.take(stage));
        Ok(Some(standing))
    }

    /// What a unit is, now.
    pub fn identity(&self, unit: Unit) -> Result<Option<Identity>, StoreError> {
        match unit {
            Unit::Pack(pack) => Ok(self.pack(pack)?.map(Identity::Pack)),
            Unit::Container(container) => Ok(self.container(container)?.map(Identity::Container)),
        }
    }

    fn pack(&self, pack: PackNo) -> Result<Option<PackIdentity>, StoreError> {
        let Ok(no) = i64::try_from(pack.0) else {
            return Ok(None);
        };
        let row = pack_row::read(self.connection, no).map_err(|error| self.sql(error))?;
        let Some(row) = row else {
            return Ok(None);
        };
        let lot = row.batch.map(|batch| self.lot(batch)).transpose()?;
        let fate = row
            .fate
            .map(|code| codes::fate(code).ok_or_else(|| self.odd("fate", code)))
            .transpose()?;
        Ok(Some(PackIdentity {
            pack,
            batch: row.batch,
            lot,
            serial: row.number().map(|number| number.text),
            voided: row.voided != 0,
            verdict: row.outcome.map(|code| code as u16),
            fate,
        }))
    }

    /// Product, lot and expiry date of a batch.
    pub fn lot(&self, batch: BatchNo) -> Result<(Gtin, Lot, Expiry), StoreError> {
        let texts: (String, String, String) = self
            .connection
            .prepare_cached(
                "SELECT digits, lot, expiry FROM batches JOIN gtins USING (gtin) WHERE batch = ?1",
            )
            .and_then(|mut found| {
                found.query_row([batch.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            })
            .map_err(|error| self.sql(error))?;
        let read = || -> Result<_, crate::gs1::FieldError> {
            Ok((texts.0.parse()?, texts.1.parse()?, texts.2.parse()?))
        };
        read().map_err(|wrong| {
            StoreError::damaged(self.path, format!("Batch {} is odd. {wrong}.", batch.0))
        })
    }

    fn container(&self, container: ContainerNo) -> Result<Option<ContainerIdentity>, StoreError> {
        let Ok(no) = i64::try_from(container.0) else {
            return Ok(None);
        };
        let row = container_row::read(self.connection, no).map_err(|error| self.sql(error))?;
        Ok(row.map(|row| ContainerIdentity {
            container,
            level: row.level,
            name: row.name,
            code: row.code,
            batch: row.batch,
            capacity: row.capacity,
            state: row.state,
            inside: row.inside,
            mixed: row.mixed,
        }))
    }

    /// The container with this code.
    pub fn container_of(&self, code: &ContainerCode) -> Result<Option<ContainerNo>, StoreError> {
        let no = container_row::of_code(self.connection, code).map_err(|error| self.sql(error))?;
        Ok(no.map(|no| ContainerNo(no as u64)))
    }

    /// What a unit was inside of after record `at`, the nearest first.
    fn chain(&self, unit: Unit, at: i64) -> Result<Vec<ContainerNo>, StoreError> {
        let (mut chain, mut unit) = (Vec::new(), unit);
        while let Some(run) = self.run_at(unit, at)? {
            let container = ContainerNo(run.container as u64);
            chain.push(container);
            unit = Unit::Container(container);
            self.check_depth(chain.len())?;
        }
        Ok(chain)
    }

    fn check_depth(&self, depth: usize) -> Result<(), StoreError> {
        match depth > DEPTH_MAX {
            true => Err(StoreError::damaged(
                self.path,
                format!("Containers are inside each other more than {DEPTH_MAX} deep."),
            )),
            false => Ok(()),
        }
    }

    fn run_at(&self, unit: Unit, at: i64) -> Result<Option<Run>, StoreError> {
        let (kind, no) = key_of(unit);
        let runs = run::all_of(self.connection, kind, no).map_err(|error| self.sql(error))?;
        for run in runs {
            let left = run.to_seq.is_some_and(|to| to <= at);
            if run.from_seq <= at && !left && self.is_in(&run, unit, at)? {
                return Ok(Some(run));
            }
        }
        Ok(None)
    }

    /// The unit had been put into the run's container by record `at`, which is not before the first of the run.
    fn is_in(&self, run: &Run, unit: Unit, at: i64) -> Result<bool, StoreError> {
        match run.filled_seq <= at {
            true => Ok(true),
            false => Ok(self.put_at(run, unit)? <= at),
        }
    }

    /// The record that put a unit of a run in.
    fn put_at(&self, run: &Run, unit: Unit) -> Result<i64, StoreError> {
        let exact = run.from_seq == run.filled_seq;
        let Unit::Pack(pack) = unit else {
            return Ok(run.from_seq);
        };
        if exact {
            return Ok(run.from_seq);
        }
        let container = ContainerNo(run.container as u64);
        let within = run.from_seq..=run.filled_seq;
        let found = restore::records_of(self.connection, self.path, pack)?
            .into_iter()
            .map(|stored| stored.record)
            .filter(|record| within.contains(&(record.seq as i64)))
            .find(|record| match &record.fact {
                Fact::Gated { into, .. } => *into == Some(container),
                Fact::Packaging(PackagingFact::Put { container: put, .. }) => *put == container,
                _ => false,
            });
        found.map(|record| record.seq as i64).ok_or_else(|| {
            let text = format!(
                "No record put pack {} into container {}.",
                pack.0, container.0
            );
            StoreError::damaged(self.path, text)
        })
    }

    /// Every stay of a unit, oldest first.
    pub fn stays(&self, unit: Unit) -> Result<Vec<Stay>, StoreError> {
        let (kind, no) = key_of(unit);
        let runs = run::all_of(self.connection, kind, no).map_err(|error| self.sql(error))?;
        runs.iter()
            .map(|run| {
                Ok(Stay {
                    container: ContainerNo(run.container as u64),
                    from_seq: self.put_at(run, unit)? as u64,
                    to_seq: run.to_seq.map(|to| to as u64),
                })
            })
            .collect()
    }

    /// Steps and ends of a unit and of what it was inside of, while it was.
    pub(super) fn happened(
        &self,
        unit: Unit,
        during: Range<i64>,
        happened: &mut Vec<Stage<Happening>>,
        depth: usize,
    ) -> Result<(), StoreError> {
        self.check_depth(depth)?;
        let (kind, no) = key_of(unit);
        let sql = "SELECT seq, step, partner FROM steps
             WHERE kind = ?1 AND unit = ?2 AND seq >= ?3 AND seq < ?4 ORDER BY seq";
        let values = params![kind, no, during.start, during.end];
        self.stages(sql, values, Some(unit), during.end, happened)?;
        let runs = run::all_of(self.connection, kind, no).map_err(|error| self.sql(error))?;
        for run in runs {
            let container = Unit::Container(ContainerNo(run.container as u64));
            let end = run.to_seq.unwrap_or(FOR_EVER).min(during.end);
            let begin = run.from_seq.max(during.start);
            if begin >= end {
                continue;
            }
            let before = happened.len();
            self.happened(container, begin..end, happened, depth + 1)?;
            // What happened while the run was filled may have happened before this unit was there.
            let early = |stage: &Stage<Happening>| (stage.seq as i64) < run.filled_seq;
            if happened[before..].iter().any(early) {
                let put = self.put_at(&run, unit)? as u64;
                let mut inherited = happened.split_off(before);
                inherited.retain(|stage| stage.seq >= put);
                happened.append(&mut inherited);
            }
        }
        Ok(())
    }

    fn happened_to_lot(
        &self,
        gtin: &Gtin,
        lot: &Lot,
        until: i64,
        happened: &mut Vec<Stage<Happening>>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT seq, step, partner FROM lot_steps
             WHERE gtin = ?1 AND lot = ?2 AND seq < ?3 ORDER BY seq";
        let values = params![gtin.as_str(), lot.as_str(), until];
        self.stages(sql, values, None, FOR_EVER, happened)
    }

    fn stages(
        &self,
        sql: &str,
        values: &[&dyn rusqlite::ToSql],
        to: Option<Unit>,
        until: i64,
        happened: &mut Vec<Stage<Happening>>,
    ) -> Result<(), StoreError> {
        let failed = |error| self.sql(error);
        let mut rows = self.connection.prepare_cached(sql).map_err(failed)?;
        let mut rows = rows.query(values).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let code: i64 = row.get(1).map_err(failed)?;
            let partner: Option<String> = row.get(2).map_err(failed)?;
            let what = codes::step(code).map(Happening::Step);
            let what = what.or_else(|| codes::end(code).map(Happening::End));
            happened.push(Stage {
                what: what.ok_or_else(|| self.odd("step", code))?,
                seq: row.get::<_, i64>(0).map_err(failed)? as u64,
                to,
                partner: partner.and_then(|gln| gln.parse::<Gln>().ok()),
                until: until as u64,
            });
        }
        Ok(())
    }

    /// What was directly inside a container after record `at`, or is now.
    pub fn inside(
        &self,
        container: ContainerNo,
        at: Option<u64>,
    ) -> Result<Vec<Inside>, StoreError> {
        let at = at.map_or(FOR_EVER - 1, |at| at as i64);
        let no = i64::try_from(container.0).unwrap_or(i64::MAX);
        let runs = run::inside(self.connection, no).map_err(|error| self.sql(error))?;
        let mut inside: Vec<(i64, i64, i64)> = Vec::new();
        for run in runs {
            if run.from_seq > at || run.to_seq.is_some_and(|to| to <= at) {
                continue;
            }
            let mut last = run.last;
            // Units of a run went in one after the other: the last that was in by then.
            while last >= run.first && !self.is_in(&run, unit_of(run.kind, last), at)? {
                last -= 1;
            }
            if last >= run.first {
                inside.push((run.kind, run.first, last));
            }
        }
        inside.sort_unstable();
        Ok(inside
            .into_iter()
            .map(|(kind, first, last)| Inside {
                first: unit_of(kind, first),
                count: (last - first + 1) as u64,
            })
            .collect())
    }

    /// The batches of all packs that are inside a container now, at any depth.
    pub fn batches_inside(&self, container: ContainerNo) -> Result<Vec<BatchNo>, StoreError> {
        let mut batches = std::collections::BTreeSet::new();
        self.collect_batches(container, &mut batches, 0)?;
        Ok(batches.into_iter().collect())
    }

    fn collect_batches(
        &self,
        container: ContainerNo,
        batches: &mut std::collections::BTreeSet<BatchNo>,
        depth: usize,
    ) -> Result<(), StoreError> {
        self.check_depth(depth)?;
        for inside in self.inside(container, None)? {
            match inside.first {
                Unit::Pack(first) => {
                    let found: rusqlite::Result<Vec<Option<u32>>> = self
                        .connection
                        .prepare_cached(
                            "SELECT DISTINCT batch FROM packs WHERE pack BETWEEN ?1 AND ?1 + ?2 - 1",
                        )
                        .and_then(|mut found| {
                            found
                                .query_map([first.0 as i64, inside.count as i64], |row| row.get(0))?
                                .collect()
                        });
                    let found = found.map_err(|error| self.sql(error))?;
                    batches.extend(found.into_iter().flatten().map(BatchNo));
                }
                Unit::Container(_) => {
                    for unit in inside.units() {
                        if let Unit::Container(container) = unit {
                            self.collect_batches(container, batches, depth + 1)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The pack that took this serial, by its number's place in the counter.
    pub fn pack_of_serial(
        &self,
        key: &SerialKey,
        gtin: &Gtin,
        serial: &str,
    ) -> Result<Option<PackNo>, StoreError> {
        for index in self.indices_of(key, gtin, serial)? {
            if let Some(pack) = self.pack_of_index(gtin, index, serial)? {
                return Ok(Some(pack));
            }
        }
        Ok(None)
    }

    /// The counter values that a text may have: that of our own letters, and that of a pool.
    fn indices_of(
        &self,
        key: &SerialKey,
        gtin: &Gtin,
        serial: &str,
    ) -> Result<Vec<u64>, StoreError> {
        let of_pool = pools::number_of_text(self.connection, *gtin, serial);
        let of_pool = of_pool.map_err(|error| self.sql(error))?;
        Ok(key
            .index_of(gtin, serial)
            .into_iter()
            .chain(of_pool)
            .collect())
    }

    fn pack_of_index(
        &self,
        gtin: &Gtin,
        index: u64,
        serial: &str,
    ) -> Result<Option<PackNo>, StoreError> {
        let found: Option<(i64, KeptSerial)> = self
            .connection
            .prepare_cached(
                "SELECT pack, serial FROM packs
                 WHERE gtin = (SELECT gtin FROM gtins WHERE digits = ?1) AND serial_index = ?2",
            )
            .and_then(|mut found| {
                found
                    .query_row(params![gtin.as_str(), index as i64], |row| {
                        Ok((row.get(0)?, row.get(1)?))
                    })
                    .optional()
            })
            .map_err(|error| self.sql(error))?;
        let same = found.filter(|(_, kept)| kept.text() == serial);
        Ok(same.map(|(pack, _)| PackNo(pack as u64)))
    }

    /// The number of the last container; 0 if there is none.
    pub fn last_container(&self) -> Result<ContainerNo, StoreError> {
        self.connection
            .prepare_cached("SELECT coalesce(max(container), 0) FROM containers")
            .and_then(|mut found| found.query_row([], |row| row.get::<_, i64>(0)))
            .map(|no| ContainerNo(no as u64))
            .map_err(|error| self.sql(error))
    }

    /// Whether there is a batch of this lot, and the hold and the recall it is under.
    pub fn lot_standing(&self, gtin: &Gtin, lot: &Lot) -> Result<LotStatus, StoreError> {
        let mut happened = Vec::new();
        self.happened_to_lot(gtin, lot, FOR_EVER, &mut happened)?;
        let mut standing = LotStatus {
            known: self
                .connection
                .prepare_cached(
                    "SELECT 1 FROM batches JOIN gtins USING (gtin) WHERE lot = ?1 AND digits = ?2",
                )
                .and_then(|mut found| found.exists([lot.as_str(), gtin.as_str()]))
                .map_err(|error| self.sql(error))?,
            ..LotStatus::default()
        };
        for stage in happened {
            match stage.what {
                Happening::Step(Step::Held) => standing.held = true,
                Happening::Step(Step::Released) => standing.held = false,
                Happening::Step(Step::Recalled) => standing.recalled = true,
                Happening::Step(Step::RecallLifted) => standing.recalled = false,
                Happening::Step(_) | Happening::End(_) => {}
            }
        }
        Ok(standing)
    }

    /// The records that speak of a container, oldest first; packs that fell into it one by one are not among them.
    pub fn records_of_container(&self, container: ContainerNo) -> Result<Vec<u64>, StoreError> {
        let no = i64::try_from(container.0).unwrap_or(i64::MAX);
        self.connection
            .prepare_cached("SELECT seq FROM container_records WHERE container = ?1 ORDER BY seq")
            .and_then(|mut found| {
                found
                    .query_map([no], |row| row.get::<_, i64>(0).map(|seq| seq as u64))?
                    .collect()
            })
            .map_err(|error| self.sql(error))
    }

    /// The greatest SSCC from `first` to `last` that a container has.
    pub fn last_sscc(&self, first: u64, last: u64) -> Result<Option<u64>, StoreError> {
        self.connection
            .prepare_cached("SELECT max(code) FROM containers WHERE code BETWEEN ?1 AND ?2")
            .and_then(|mut found| {
                found
                    .query_row([first as i64, last as i64], |row| {
                        row.get::<_, Option<i64>>(0)
                    })
                    .optional()
            })
            .map(|code| code.flatten().map(|code| code as u64))
            .map_err(|error| self.sql(error))
    }
}
