//! Batches of which evidence must stay: the open one, and those with anything that is held or recalled.

use super::{Reader, StoreError, codes};
use crate::record::{BatchNo, Step};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of units in `steps` and `contained`.
const PACK: i64 = 0;

/// Every hold and recall of units, and what lifted them, oldest first.
const OF_UNITS: &str =
    "SELECT kind, unit, seq, step FROM steps WHERE step BETWEEN ?1 AND ?2 ORDER BY seq";

/// The same of lots, with their batches.
const OF_LOTS: &str = "SELECT batch, 0, seq, step FROM lot_steps
    JOIN gtins ON digits = lot_steps.gtin
    JOIN batches ON batches.lot = lot_steps.lot AND batches.gtin = gtins.gtin
    WHERE step BETWEEN ?1 AND ?2 ORDER BY seq";

/// Batches of packs that are in a container, at any depth, or were when record ?2 was written or later.
const INSIDE: &str = "WITH RECURSIVE inside(no) AS (
        SELECT ?1
        UNION
        SELECT containers.container FROM inside JOIN contained AS run ON run.container = inside.no
            JOIN containers ON containers.container BETWEEN run.first AND run.last
            WHERE run.kind = 1 AND (run.to_seq IS NULL OR run.to_seq > ?2))
    SELECT DISTINCT packs.batch FROM inside JOIN contained AS run ON run.container = inside.no
        JOIN packs ON packs.pack BETWEEN run.first AND run.last
        WHERE run.kind = 0 AND (run.to_seq IS NULL OR run.to_seq > ?2) AND packs.batch IS NOT NULL";

impl Reader {
    /// The open batch, and every batch whose lot or of which a pack is held or recalled, by itself or with what it is
    /// in. Rather one too many than one too few: what left a container while that was held counts as held with it.
    ///
    /// # Errors
    /// When reading fails.
    pub fn batches_in_question(&self) -> Result<BTreeSet<BatchNo>, StoreError> {
        self.at_one_instant(|connection| in_question(connection).map_err(|error| self.sql(error)))
    }
}

fn in_question(connection: &Connection) -> rusqlite::Result<BTreeSet<BatchNo>> {
    let mut batches: BTreeSet<BatchNo> = connection
        .prepare_cached("SELECT batch FROM batches WHERE closed IS NULL")?
        .query_map([], |row| row.get(0).map(BatchNo))?
        .collect::<rusqlite::Result<_>>()?;
    let of_lots = standing(connection, OF_LOTS)?;
    batches.extend(
        of_lots
            .into_keys()
            .filter_map(|(batch, _)| u32::try_from(batch).ok())
            .map(BatchNo),
    );
    let mut of_pack = connection
        .prepare_cached("SELECT batch FROM packs WHERE pack = ?1 AND batch IS NOT NULL")?;
    let mut of_container = connection.prepare_cached(INSIDE)?;
    for ((kind, unit), since) in standing(connection, OF_UNITS)? {
        let found: rusqlite::Result<Vec<u32>> = match kind {
            PACK => of_pack.query_map([unit], |row| row.get(0))?.collect(),
            _ => of_container
                .query_map([unit, since], |row| row.get(0))?
                .collect(),
        };
        batches.extend(found?.into_iter().map(BatchNo));
    }
    Ok(batches)
}

/// What is held or recalled, with the first record from which on it is.
fn standing(connection: &Connection, sql: &str) -> rusqlite::Result<BTreeMap<(i64, i64), i64>> {
    let (first, last) = (
        codes::of_step(Step::Held),
        codes::of_step(Step::RecallLifted),
    );
    let mut query = connection.prepare_cached(sql)?;
    let mut rows = query.query(params![first, last])?;
    // Of each: since when it is held, and since when it is recalled.
    let mut all: BTreeMap<(i64, i64), [Option<i64>; 2]> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (seq, step): (i64, i64) = (row.get(2)?, row.get(3)?);
        let [held, recalled] = all.entry((row.get(0)?, row.get(1)?)).or_default();
        match codes::step(step) {
            Some(Step::Held) => drop(held.get_or_insert(seq)),
            Some(Step::Released) => *held = None,
            Some(Step::Recalled) => drop(recalled.get_or_insert(seq)),
            Some(Step::RecallLifted) => *recalled = None,
            _ => {}
        }
    }
    let since = |[held, recalled]: [Option<i64>; 2]| held.into_iter().chain(recalled).min();
    Ok(all
        .into_iter()
        .filter_map(|(of, times)| Some((of, since(times)?)))
        .collect())
}
