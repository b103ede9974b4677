//! Where the packs of a range are: runs in containers, containers above them, and the few packs with a story of their
//! own. A lot of a million packs is some thirty thousand rows here.

use super::run;
use super::whereabouts::{Inside, Whereabouts};
use super::{StoreError, codes, restore, rows, stretch};
use crate::gs1::{Gtin, Lot};
use crate::record::{
    BatchNo, ContainerCode, ContainerNo, Identity, PackNo, Stage, Standing, Step, Tally, Unit,
};
use rusqlite::{ToSql, params};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Packs with neighbouring numbers that are in one container now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackRun {
    /// The first pack of the range that was asked for.
    pub first: PackNo,
    /// The last one.
    pub last: PackNo,
    /// Where.
    pub container: ContainerNo,
    /// The record that put the first pack of the whole run in.
    pub from_seq: u64,
    /// The record that put its last pack in.
    pub filled_seq: u64,
}

impl PackRun {
    /// How many packs.
    pub fn count(&self) -> u64 {
        self.last.0 - self.first.0 + 1
    }
}

fn ends(packs: &RangeInclusive<PackNo>) -> (i64, i64) {
    let number = |pack: &PackNo| i64::try_from(pack.0).unwrap_or(i64::MAX);
    (number(packs.start()), number(packs.end()))
}

/// Adds a span of records, if it is one, to those of a container.
fn widen(layer: &mut BTreeMap<i64, (i64, i64)>, container: i64, (from, to): (i64, i64)) {
    if from < to {
        let span = layer.entry(container).or_insert((from, to));
        *span = (span.0.min(from), span.1.max(to));
    }
}

impl Whereabouts<'_> {
    /// The batches of a lot, of one product or of all, each with the range its packs lie in.
    pub fn batches_of_lot(
        &self,
        lot: &Lot,
        gtin: Option<&Gtin>,
    ) -> Result<Vec<(BatchNo, RangeInclusive<PackNo>)>, StoreError> {
        let (lot, gtin) = (lot.as_str(), gtin.map(Gtin::as_str));
        self.ranges(
            "WHERE lot = ?1 AND (?2 IS NULL OR digits = ?2)",
            &[&lot, &gtin],
        )
    }

    /// The range in which the packs of a batch lie, if there is such a batch.
    pub fn packs_of_batch(
        &self,
        batch: BatchNo,
    ) -> Result<Option<RangeInclusive<PackNo>>, StoreError> {
        let mut found = self.ranges("WHERE batch = ?1", &[&batch.0])?;
        Ok(found.pop().map(|(_, range)| range))
    }

    /// Every batch with the range in which its packs lie, oldest first.
    pub fn batches(&self) -> Result<Vec<(BatchNo, RangeInclusive<PackNo>)>, StoreError> {
        self.ranges("", &[])
    }

    fn ranges(
        &self,
        which: &str,
        values: &[&dyn ToSql],
    ) -> Result<Vec<(BatchNo, RangeInclusive<PackNo>)>, StoreError> {
        let pack = |no: i64| PackNo(no as u64);
        self.connection
            .prepare_cached(&format!(
                "SELECT batch, first_pack, coalesce(last_pack, 9223372036854775807)
                 FROM batches JOIN gtins USING (gtin) {which} ORDER BY batch"
            ))
            .and_then(|mut found| {
                found
                    .query_map(values, |row| {
                        let range = pack(row.get(1)?)..=pack(row.get(2)?);
                        Ok((BatchNo(row.get(0)?), range))
                    })?
                    .collect()
            })
            .map_err(|error| self.sql(error))
    }

    /// The last pack of a range that there is.
    pub fn last_pack_within(
        &self,
        packs: &RangeInclusive<PackNo>,
    ) -> Result<Option<PackNo>, StoreError> {
        let (first, last) = ends(packs);
        self.connection
            .prepare_cached("SELECT max(pack) FROM packs WHERE pack BETWEEN ?1 AND ?2")
            .and_then(|mut found| {
                found.query_row([first, last], |row| row.get::<_, Option<i64>>(0))
            })
            .map(|no| no.map(|no| PackNo(no as u64)))
            .map_err(|error| self.sql(error))
    }

    /// The books of the packs of a batch that lie in a range.
    pub fn tally_within(
        &self,
        batch: BatchNo,
        packs: &RangeInclusive<PackNo>,
    ) -> Result<Tally, StoreError> {
        let (first, last) = ends(packs);
        restore::tally_within(self.connection, batch, first, last).map_err(|error| self.sql(error))
    }

    /// Calls `each` with every run of packs of the range that is inside something now, by number.
    pub fn for_each_run(
        &self,
        packs: &RangeInclusive<PackNo>,
        mut each: impl FnMut(PackRun),
    ) -> Result<(), StoreError> {
        let (first, last) = ends(packs);
        run::for_each_of_packs(self.connection, first, last, |run| {
            each(PackRun {
                first: PackNo(run.first.max(first) as u64),
                last: PackNo(run.last.min(last) as u64),
                container: ContainerNo(run.container as u64),
                from_seq: run.from_seq as u64,
                filled_seq: run.filled_seq as u64,
            });
        })
        .map_err(|error| self.sql(error))
    }

    /// What a container is directly inside of now.
    pub fn above(&self, container: ContainerNo) -> Result<Option<ContainerNo>, StoreError> {
        let no = i64::try_from(container.0).unwrap_or(i64::MAX);
        let run = run::now(self.connection, 1, no).map_err(|error| self.sql(error))?;
        Ok(run.map(|run| ContainerNo(run.container as u64)))
    }

    /// Packs of the range that have a story of their own: something happened to them alone, or they were taken out of a
    /// container.
    pub fn with_a_story(&self, packs: &RangeInclusive<PackNo>) -> Result<Vec<PackNo>, StoreError> {
        let (first, last) = ends(packs);
        let sql = "SELECT unit AS pack FROM steps WHERE kind = 0 AND unit BETWEEN ?1 AND ?2
             UNION
             SELECT first AS pack FROM contained
             WHERE kind = 0 AND first BETWEEN ?1 AND ?2 AND to_seq IS NOT NULL AND first = last
             ORDER BY pack";
        let mut alone: Vec<PackNo> = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut found| {
                found
                    .query_map([first, last], |row| {
                        row.get::<_, i64>(0).map(|no| PackNo(no as u64))
                    })?
                    .collect()
            })
            .map_err(|error| self.sql(error))?;
        alone.extend(self.emptied(first, last)?);
        alone.sort_unstable();
        alone.dedup();
        Ok(alone)
    }

    /// The first `max` good packs of the range that are in no container now, by number.
    pub fn never_put(
        &self,
        packs: &RangeInclusive<PackNo>,
        max: usize,
    ) -> Result<Vec<PackNo>, StoreError> {
        let mut gaps: Vec<(u64, u64)> = Vec::new();
        let mut next = packs.start().0;
        self.for_each_run(packs, |run| {
            if next < run.first.0 {
                gaps.push((next, run.first.0 - 1));
            }
            next = next.max(run.last.0 + 1);
        })?;
        if next <= packs.end().0 {
            gaps.push((next, packs.end().0));
        }
        let mut found = Vec::new();
        for (first, last) in gaps {
            let (first, last) = ends(&(PackNo(first)..=PackNo(last)));
            let left = i64::try_from(max - found.len()).unwrap_or(i64::MAX);
            let of_gap: rusqlite::Result<Vec<i64>> = self
                .connection
                .prepare_cached(
                    "SELECT pack FROM packs
                     WHERE pack BETWEEN ?1 AND ?2 AND fate = ?3 ORDER BY pack LIMIT ?4",
                )
                .and_then(|mut rows| {
                    let good = codes::of_fate(crate::record::Fate::Good);
                    rows.query_map([first, last, good, left], |row| row.get(0))?
                        .collect()
                });
            let of_gap = of_gap.map_err(|error| self.sql(error))?;
            found.extend(of_gap.into_iter().map(|no| PackNo(no as u64)));
            if found.len() >= max {
                break;
            }
        }
        Ok(found)
    }

    /// Packs of the range that were in a container when it was disaggregated.
    fn emptied(&self, first: i64, last: i64) -> Result<Vec<PackNo>, StoreError> {
        let sql = format!(
            "SELECT first, last FROM contained
             WHERE kind = 0 AND first BETWEEN ?1 - {} + 1 AND ?2 AND last >= ?1
                 AND to_seq IS NOT NULL AND first < last",
            run::RUN_UNITS_MAX
        );
        let runs: Vec<(i64, i64)> = self
            .connection
            .prepare_cached(&sql)
            .and_then(|mut found| {
                found
                    .query_map([first, last], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect()
            })
            .map_err(|error| self.sql(error))?;
        let packs = runs
            .into_iter()
            .flat_map(|(from, to)| from.max(first)..=to.min(last));
        Ok(packs.map(|no| PackNo(no as u64)).collect())
    }

    /// A unit inside a container, at any depth, that is held or recalled by itself.
    pub fn stopped_inside(&self, container: ContainerNo) -> Result<Option<Unit>, StoreError> {
        for inside in self.inside(container, None)? {
            for unit in self.once_stopped(&inside)? {
                let standing = self.standing(unit, None)?;
                let own = |stage: &Stage<Step>| stage.to == Some(unit);
                let stopped =
                    |standing: Standing| standing.holds.iter().chain(&standing.recalls).any(own);
                if standing.is_some_and(stopped) {
                    return Ok(Some(unit));
                }
            }
            for unit in inside.units() {
                if let Unit::Container(inner) = unit
                    && let Some(stopped) = self.stopped_inside(inner)?
                {
                    return Ok(Some(stopped));
                }
            }
        }
        Ok(None)
    }

    /// Those of neighbouring units that were ever held or recalled by themselves.
    fn once_stopped(&self, inside: &Inside) -> Result<Vec<Unit>, StoreError> {
        let (kind, first) = run::key_of(inside.first);
        let last = first + inside.count as i64 - 1;
        let [held, recalled] = [Step::Held, Step::Recalled].map(codes::of_step);
        self.connection
            .prepare_cached(
                "SELECT DISTINCT unit FROM steps
                 WHERE kind = ?1 AND unit BETWEEN ?2 AND ?3 AND step IN (?4, ?5)",
            )
            .and_then(|mut found| {
                found
                    .query_map([kind, first, last, held, recalled], |row| {
                        row.get(0).map(|no| run::unit_of(kind, no))
                    })?
                    .collect()
            })
            .map_err(|error| self.sql(error))
    }

    /// The records of this step that packs of the range were in, by themselves or with what they were inside of then.
    pub fn records_of_step(
        &self,
        packs: &RangeInclusive<PackNo>,
        step: Step,
    ) -> Result<BTreeSet<u64>, StoreError> {
        let (first, last) = ends(packs);
        let mut found = BTreeSet::new();
        self.steps_between(
            "kind = 0 AND unit BETWEEN ?1 AND ?2",
            step,
            [first, last],
            &mut found,
        )?;
        // Each container with the records between which it held some.
        let mut layer = self.stays_of_packs(first, last)?;
        for _ in 0..super::whereabouts::DEPTH_MAX {
            let mut above: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
            for (container, (from, to)) in layer {
                let mut own = BTreeSet::new();
                let of_it = "kind = 1 AND unit = ?1 AND ?2 = ?2";
                self.steps_between(of_it, step, [container, 0], &mut own)?;
                found.extend(
                    own.into_iter()
                        .filter(|seq| (from..to).contains(&(*seq as i64))),
                );
                let runs = run::all_of(self.connection, 1, container);
                for run in runs.map_err(|error| self.sql(error))? {
                    let end = run.to_seq.unwrap_or(i64::MAX).min(to);
                    widen(&mut above, run.container, (run.from_seq.max(from), end));
                }
            }
            layer = above;
            if layer.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    /// Every container that ever held packs of the range directly, with the records between which it did.
    fn stays_of_packs(
        &self,
        first: i64,
        last: i64,
    ) -> Result<BTreeMap<i64, (i64, i64)>, StoreError> {
        let runs = run::ever_of_packs(self.connection, first, last);
        let mut layer = BTreeMap::new();
        for run in runs.map_err(|error| self.sql(error))? {
            let end = run.to_seq.unwrap_or(i64::MAX);
            widen(&mut layer, run.container, (run.from_seq, end));
        }
        Ok(layer)
    }

    fn steps_between(
        &self,
        which: &str,
        step: Step,
        values: [i64; 2],
        found: &mut BTreeSet<u64>,
    ) -> Result<(), StoreError> {
        let sql = format!("SELECT seq FROM steps WHERE {which} AND step = ?3");
        let read = self.connection.prepare_cached(&sql).and_then(|mut rows| {
            let mut rows = rows.query(params![values[0], values[1], codes::of_step(step)])?;
            while let Some(row) = rows.next()? {
                found.insert(row.get::<_, i64>(0)? as u64);
            }
            Ok(())
        });
        read.map_err(|error| self.sql(error))
    }

    /// What a container's label says it is.
    pub fn code_of(&self, container: ContainerNo) -> Result<ContainerCode, StoreError> {
        match self.identity(Unit::Container(container))? {
            Some(Identity::Container(row)) => Ok(row.code),
            _ => {
                let text = format!("Container {} is named and is not there.", container.0);
                Err(StoreError::damaged(self.path, text))
            }
        }
    }

    /// The records that hold, release or recall a whole lot.
    pub fn records_of_lot(&self, gtin: &str, lot: &str) -> Result<Vec<u64>, StoreError> {
        self.connection
            .prepare_cached("SELECT seq FROM lot_steps WHERE gtin = ?1 AND lot = ?2 ORDER BY seq")
            .and_then(|mut found| {
                found
                    .query_map([gtin, lot], |row| {
                        row.get::<_, i64>(0).map(|seq| seq as u64)
                    })?
                    .collect()
            })
            .map_err(|error| self.sql(error))
    }

    /// The last record of a commit that was written by this time, in the order of records; 0 before the first one.
    /// Where the clock was put back, one of several answers.
    pub fn record_at(&self, utc_ms: i64) -> Result<u64, StoreError> {
        let head = super::chain::head(self.connection, self.path)?.0;
        // The last record known to be in time, and the first known to be too late.
        let (mut in_time, mut late) = (0, head + 1);
        while in_time + 1 < late {
            let middle = in_time + (late - in_time) / 2;
            let which = stretch::Which::With(middle);
            let mut commit = None;
            stretch::for_each(self.connection, self.path, which, &mut |stretch| {
                rows::for_each_commit(self.path, stretch, &mut |utc, first, last| {
                    if (first..=last).contains(&middle) {
                        commit = Some((utc, first, last));
                    }
                })?;
                Ok(commit.is_none())
            })?;
            let Some((utc, first, last)) = commit else {
                let text = format!("Record {middle} is in no commit.");
                return Err(StoreError::damaged(self.path, text));
            };
            match utc <= utc_ms {
                true => in_time = last,
                false => late = first,
            }
        }
        Ok(in_time as u64)
    }

    /// The first pack that entered after record `seq`, if there is one.
    pub fn first_pack_after(&self, seq: u64) -> Result<Option<PackNo>, StoreError> {
        let after = i64::try_from(seq).unwrap_or(i64::MAX);
        let mut found = None;
        let which = stretch::Which::After(after);
        stretch::for_each(self.connection, self.path, which, &mut |stretch| {
            let wanted = |link: &super::sealed::Link<'_>| link.seq > after;
            rows::for_each_record(self.path, stretch, wanted, &mut |stored| {
                if let crate::record::Fact::PackEntered { pack, .. } = stored.record.fact {
                    found.get_or_insert(pack);
                }
            })?;
            Ok(found.is_none())
        })?;
        Ok(found)
    }
}
