//! Alarms that are shelved, as their records say. A row an alarm, gone with the record that ends it: a restart reads a
//! handful of records, however many were ever shelved.

use super::{StoreError, restore};
use crate::record::{Actor, Fact, RestoredShelf};
use rusqlite::{Connection, params};
use std::path::Path;

/// The table.
pub const TABLES: &str = "
-- The alarms that are shelved, and the record that says so. Whether the time is over only a clock can say.
CREATE TABLE shelved (
    alarm TEXT PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// This alarm is shelved by this record from here on.
pub fn shelve(connection: &Connection, seq: i64, alarm: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO shelved (alarm, seq) VALUES (?1, ?2)")?
        .execute(params![alarm, seq])
        .map(drop)
}

/// This alarm is no longer shelved.
pub fn unshelve(connection: &Connection, alarm: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM shelved WHERE alarm = ?1")?
        .execute([alarm])
        .map(drop)
}

/// What is shelved, by code.
pub fn standing(connection: &Connection, path: &Path) -> Result<Vec<RestoredShelf>, StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let mut rows = connection
        .prepare_cached("SELECT alarm, seq FROM shelved ORDER BY alarm")
        .map_err(failed)?;
    let rows: rusqlite::Result<Vec<(String, i64)>> = rows
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect);
    let mut shelved = Vec::new();
    for (row, seq) in rows.map_err(failed)? {
        let stored = restore::record(connection, path, seq)?;
        let said = stored.map(|stored| (stored.utc_ms, stored.record));
        let Some((since_utc_ms, record)) = said else {
            return Err(missing(path, &row, seq));
        };
        let by = match record.actor {
            Actor::Person(name) | Actor::Named(name) => name,
            Actor::Station | Actor::Machine => "the station".to_owned(),
        };
        match record.fact {
            Fact::AlarmShelved { alarm, minutes } if alarm == row => shelved.push(RestoredShelf {
                alarm,
                by,
                reason: record.reason.unwrap_or_default(),
                minutes,
                since_utc_ms,
            }),
            _ => return Err(missing(path, &row, seq)),
        }
    }
    Ok(shelved)
}

fn missing(path: &Path, alarm: &str, seq: i64) -> StoreError {
    let text = format!("Record {seq} does not shelve the alarm {alarm:?}, as a row says.");
    StoreError::damaged(path, text)
}
