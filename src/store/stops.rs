//! Stops that stand until a person withdraws them, as their records say. A row each, gone with the withdrawal: a line
//! that a person must look at is not forgotten by a restart.

use super::{StoreError, restore};
use crate::record::{Fact, LaneNo, LatchedStop};
use rusqlite::{Connection, params};
use std::path::Path;

/// The table.
pub const TABLES: &str = "
-- The stops that a person has to withdraw, and the record that says so. lane 0: all lanes.
CREATE TABLE latched (
    lane INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (lane, reason)
) STRICT, WITHOUT ROWID;
";

/// This stop stands by this record from here on.
pub fn latch(connection: &Connection, seq: i64, stop: LatchedStop) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO latched (lane, reason, seq) VALUES (?1, ?2, ?3)")?
        .execute(params![lane(stop), stop.reason, seq])
        .map(drop)
}

/// A person withdrew them all.
pub fn withdraw(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM latched")?
        .execute([])
        .map(drop)
}

/// What stands, by lane and reason.
pub fn standing(connection: &Connection, path: &Path) -> Result<Vec<LatchedStop>, StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let mut rows = connection
        .prepare_cached("SELECT lane, reason, seq FROM latched ORDER BY lane, reason")
        .map_err(failed)?;
    let rows: rusqlite::Result<Vec<(u8, u16, i64)>> = rows
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .and_then(Iterator::collect);
    let mut stops = Vec::new();
    for (lane, reason, seq) in rows.map_err(failed)? {
        let lane = (lane > 0).then_some(LaneNo(lane));
        let stop = LatchedStop { lane, reason };
        let stored = restore::record(connection, path, seq)?;
        match stored.map(|stored| stored.record.fact) {
            Some(Fact::Stopped {
                latched: Some(said),
                ..
            }) if said == stop => stops.push(stop),
            _ => {
                let text = format!("Record {seq} does not stop the line, as a row says.");
                return Err(StoreError::damaged(path, text));
            }
        }
    }
    Ok(stops)
}

fn lane(stop: LatchedStop) -> u8 {
    stop.lane.map_or(0, |lane| lane.0)
}
