//! The projections against the records: everything is worked out once more from history and
//! compared row by row.
//!
//! The hash chain covers the records; this covers what a restart trusts. Reads the whole store, so
//! it is asked for, not done at every start.

use super::chain::{self, ChainStatus};
use super::projection::Projection;
use super::stretch::{self, Which};
use super::{StoreError, partners, people, pools, rows, schema, structure};
use crate::record::Record;
use rusqlite::Connection;
use rusqlite::types::Value;
use std::path::Path;

/// The projections, each read in its key's order.
const PROJECTIONS: [(&str, &str); 17] = [
    ("gtins", "SELECT * FROM gtins ORDER BY gtin"),
    ("batches", "SELECT * FROM batches ORDER BY batch"),
    ("packs", "SELECT * FROM packs ORDER BY pack"),
    ("plc_boots", "SELECT * FROM plc_boots ORDER BY seq"),
    ("people", "SELECT * FROM people ORDER BY seq"),
    ("containers", "SELECT * FROM containers ORDER BY container"),
    (
        "contained",
        "SELECT * FROM contained ORDER BY kind, first, from_seq",
    ),
    (
        "container_records",
        "SELECT * FROM container_records ORDER BY container, seq",
    ),
    ("steps", "SELECT * FROM steps ORDER BY kind, unit, seq"),
    (
        "lot_steps",
        "SELECT * FROM lot_steps ORDER BY gtin, lot, seq",
    ),
    ("components", "SELECT * FROM components ORDER BY batch, seq"),
    (
        "batch_records",
        "SELECT * FROM batch_records ORDER BY batch, seq",
    ),
    ("pool_facts", "SELECT * FROM pool_facts ORDER BY seq"),
    ("label_facts", "SELECT * FROM label_facts ORDER BY seq"),
    (
        "partner_records",
        "SELECT * FROM partner_records ORDER BY seq",
    ),
    ("shelved", "SELECT * FROM shelved ORDER BY alarm"),
    ("latched", "SELECT * FROM latched ORDER BY lane, reason"),
];

/// SQLite's own full check, the chain, the secrets, the numbers of pools, the claims of partners, and the projections
/// worked out again and compared.
pub fn check(connection: &Connection, path: &Path) -> Result<ChainStatus, StoreError> {
    structure::check(connection, path, "integrity_check")?;
    let status = chain::check_all(connection, path)?;
    people::secrets(connection, path)?;
    pools::check_lists(connection, path)?;
    partners::check_claims(connection, path)?;
    // An unnamed database: SQLite keeps it in memory and spills to a file of its own when it grows.
    let mut again = Connection::open("").map_err(|error| StoreError::sql(path, error))?;
    schema::migrate(&mut again, path)?;
    replay(connection, &again, path)?;
    for (table, sql) in PROJECTIONS {
        compare(connection, &again, path, table, sql)?;
    }
    Ok(status)
}

fn replay(history: &Connection, again: &Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql(path, error);
    again
        .execute_batch("PRAGMA foreign_keys = OFF; BEGIN")
        .map_err(failed)?;
    let mut now = Projection::load(again).map_err(failed)?;
    let mut last_seq = 0;
    let mut apply = |record: &Record| {
        last_seq = record.seq;
        now.apply(again, record)
    };
    stretch::for_each(history, path, Which::After(0), &mut |stretch| {
        let mut applied = Ok(());
        rows::for_each_record(path, stretch, |_| true, &mut |stored| {
            if applied.is_ok() {
                let seq = stored.record.seq;
                applied = apply(&stored.record).map_err(|refusal| refusal.into_error(path, seq));
            }
        })?;
        applied.map(|()| true)
    })?;
    now.flush(again)
        .map_err(|refusal| refusal.into_error(path, last_seq))?;
    again.execute_batch("COMMIT").map_err(failed)
}

fn compare(
    kept: &Connection,
    again: &Connection,
    path: &Path,
    table: &str,
    sql: &str,
) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let (mut kept, mut again) = (
        kept.prepare(sql).map_err(failed)?,
        again.prepare(sql).map_err(failed)?,
    );
    let columns = kept.column_count();
    let (mut kept, mut again) = (
        kept.query([]).map_err(failed)?,
        again.query([]).map_err(failed)?,
    );
    loop {
        let values = |row: &rusqlite::Row<'_>| -> rusqlite::Result<Vec<Value>> {
            (0..columns).map(|column| row.get(column)).collect()
        };
        let found = kept
            .next()
            .map_err(failed)?
            .map(values)
            .transpose()
            .map_err(failed)?;
        let wanted = again
            .next()
            .map_err(failed)?
            .map(values)
            .transpose()
            .map_err(failed)?;
        if found != wanted {
            let text = format!(
                "Table {table} is not what the records say: found {}, the records give {}.",
                told(found),
                told(wanted)
            );
            return Err(StoreError::damaged(path, text));
        }
        if found.is_none() {
            return Ok(());
        }
    }
}

fn told(row: Option<Vec<Value>>) -> String {
    let value = |value: Value| match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text,
        Value::Blob(bytes) => format!("{} bytes", bytes.len()),
    };
    match row {
        Some(row) => row.into_iter().map(value).collect::<Vec<_>>().join("|"),
        None => "no further row".to_owned(),
    }
}
