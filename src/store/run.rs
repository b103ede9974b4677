//! Runs: neighbouring units that went into one container one after the other, as one row. Packs fill cases in the order
//! of the belt, so a row holds some thirty packs and a lot of a million is read as thirty thousand rows.

use crate::record::Unit;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Most units of a run: whoever looks for a unit looks at so many places at most.
pub const RUN_UNITS_MAX: i64 = 64;

/// A unit's kind and number as they stand in the tables.
pub fn key_of(unit: Unit) -> (i64, i64) {
    match unit {
        Unit::Pack(pack) => (0, pack.0 as i64),
        Unit::Container(container) => (1, container.0 as i64),
    }
}

/// The unit of a kind and a number.
pub fn unit_of(kind: i64, no: i64) -> Unit {
    match kind {
        0 => Unit::Pack(crate::record::PackNo(no as u64)),
        _ => Unit::Container(crate::record::ContainerNo(no as u64)),
    }
}

/// A row of `contained`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// 0 packs, 1 containers.
    pub kind: i64,
    /// The first unit.
    pub first: i64,
    /// The last unit.
    pub last: i64,
    /// The record that put the first one in.
    pub from_seq: i64,
    /// The record that put the last one in.
    pub filled_seq: i64,
    /// The record that took them out.
    pub to_seq: Option<i64>,
    /// Where.
    pub container: i64,
}

const COLUMNS: &str = "kind, first, last, from_seq, filled_seq, to_seq, container";

fn of_row(row: &Row<'_>) -> rusqlite::Result<Run> {
    Ok(Run {
        kind: row.get(0)?,
        first: row.get(1)?,
        last: row.get(2)?,
        from_seq: row.get(3)?,
        filled_seq: row.get(4)?,
        to_seq: row.get(5)?,
        container: row.get(6)?,
    })
}

impl Run {
    /// How many units.
    pub fn len(&self) -> i64 {
        self.last - self.first + 1
    }

    /// The unit with the next number, put in by record `seq`, belongs to it.
    pub fn extends_to(&self, unit: i64) -> bool {
        self.to_seq.is_none() && self.last + 1 == unit && self.len() < RUN_UNITS_MAX
    }

    /// Writes it; a row of the same beginning is replaced.
    pub fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO contained
                     (kind, first, last, from_seq, filled_seq, to_seq, container)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                self.kind,
                self.first,
                self.last,
                self.from_seq,
                self.filled_seq,
                self.to_seq,
                self.container
            ])
            .map(drop)
    }

    fn delete(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached(
                "DELETE FROM contained WHERE kind = ?1 AND first = ?2 AND from_seq = ?3",
            )?
            .execute([self.kind, self.first, self.from_seq])
            .map(drop)
    }

    /// Ends it for one of its units at record `seq`; the others stay as they are, in rows of their own.
    pub fn take_out(&self, connection: &Connection, unit: i64, seq: i64) -> rusqlite::Result<()> {
        assert!((self.first..=self.last).contains(&unit) && self.to_seq.is_none());
        self.delete(connection)?;
        let part = |first, last, to_seq| Run {
            first,
            last,
            to_seq,
            ..self.clone()
        };
        let parts = [
            part(self.first, unit - 1, None),
            part(unit, unit, Some(seq)),
            part(unit + 1, self.last, None),
        ];
        parts
            .iter()
            .filter(|part| part.len() > 0)
            .try_for_each(|part| part.write(connection))
    }
}

/// The run in which a unit is now.
pub fn now(connection: &Connection, kind: i64, unit: i64) -> rusqlite::Result<Option<Run>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM contained
             WHERE kind = ?1 AND first BETWEEN ?2 - {RUN_UNITS_MAX} + 1 AND ?2
                 AND last >= ?2 AND to_seq IS NULL"
        ))?
        .query_row([kind, unit], of_row)
        .optional()
}

/// Every run in which a unit is or was, oldest first.
pub fn all_of(connection: &Connection, kind: i64, unit: i64) -> rusqlite::Result<Vec<Run>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM contained
             WHERE kind = ?1 AND first BETWEEN ?2 - {RUN_UNITS_MAX} + 1 AND ?2 AND last >= ?2
             ORDER BY from_seq"
        ))?
        .query_map([kind, unit], of_row)?
        .collect()
}

/// The run of this container that the next unit goes on with.
pub fn open_end(
    connection: &Connection,
    container: i64,
    unit: i64,
) -> rusqlite::Result<Option<Run>> {
    // Told which index: by itself SQLite would go through the runs of all packs.
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM contained INDEXED BY inside
             WHERE container = ?1 AND kind = 0 AND last = ?2 - 1 AND to_seq IS NULL"
        ))?
        .query_row([container, unit], of_row)
        .optional()
}

/// Every run that is or was inside a container, oldest first.
pub fn inside(connection: &Connection, container: i64) -> rusqlite::Result<Vec<Run>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM contained WHERE container = ?1 ORDER BY from_seq, kind, first"
        ))?
        .query_map([container], of_row)?
        .collect()
}

/// Ends all runs inside a container at record `seq`.
pub fn empty(connection: &Connection, container: i64, seq: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE contained SET to_seq = ?2 WHERE container = ?1 AND to_seq IS NULL")?
        .execute([container, seq])
        .map(drop)
}

/// Every run of packs of the range that ever was, by number.
pub fn ever_of_packs(connection: &Connection, first: i64, last: i64) -> rusqlite::Result<Vec<Run>> {
    let mut runs = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM contained
         WHERE kind = 0 AND first BETWEEN ?1 - {RUN_UNITS_MAX} + 1 AND ?2 AND last >= ?1
         ORDER BY first"
    ))?;
    let runs = runs.query_map([first, last], of_row)?;
    runs.collect()
}

/// Calls `each` with every run of packs with numbers from `first` to `last` that is inside something now, by number.
pub fn for_each_of_packs(
    connection: &Connection,
    first: i64,
    last: i64,
    mut each: impl FnMut(&Run),
) -> rusqlite::Result<()> {
    let mut runs = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM contained
         WHERE kind = 0 AND first BETWEEN ?1 - {RUN_UNITS_MAX} + 1 AND ?2 AND last >= ?1
             AND to_seq IS NULL
         ORDER BY first"
    ))?;
    let mut runs = runs.query([first, last])?;
    while let Some(row) = runs.next()? {
        each(&of_row(row)?);
    }
    Ok(())
}
