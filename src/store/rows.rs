//! Records as rows, there and back.

use super::StoreError;
use super::projection::Refusal;
use crate::record::{Actor, PointId, Record, Tick};
use rusqlite::Row;
use std::path::Path;

/// A stored record with the wall clock of its commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Wall clock of the commit, ms since 1970.
    pub utc_ms: i64,
    /// The record.
    pub record: Record,
}

/// The values of a row of `records` that are not simply fields of the record.
#[derive(Debug)]
pub struct NewRow {
    /// Sequence number.
    pub seq: i64,
    /// Monotonic time in ns.
    pub at_ns: i64,
    /// Point of the line.
    pub point: i64,
    /// The pack it is about.
    pub pack: Option<i64>,
    /// Actor's text.
    pub actor: String,
    /// The fact as JSON.
    pub body: String,
}

impl NewRow {
    /// The row of a record.
    pub fn of(record: &Record) -> Result<NewRow, Refusal> {
        let pack = record.fact.pack().map(|pack| number(pack.0)).transpose()?;
        let body = serde_json::to_string(&record.fact)
            .map_err(|error| Refusal::Contradicts(format!("It cannot be written: {error}.")))?;
        Ok(NewRow {
            seq: number(record.seq)?,
            at_ns: number(record.at.0)?,
            point: i64::from(record.point.0),
            pack,
            actor: actor_text(&record.actor),
            body,
        })
    }
}

/// SQLite's integers have 63 bits for what is never negative.
pub fn number(value: u64) -> Result<i64, Refusal> {
    i64::try_from(value)
        .map_err(|_| Refusal::Contradicts(format!("The number {value} is too great to be kept.")))
}

/// The text of an actor: `station`, `machine`, `person:NAME` who proved it, or `named:NAME` who only said so.
pub fn actor_text(actor: &Actor) -> String {
    match actor {
        Actor::Station => "station".to_owned(),
        Actor::Machine => "machine".to_owned(),
        Actor::Person(name) => format!("person:{name}"),
        Actor::Named(name) => format!("named:{name}"),
    }
}

fn actor(text: &str) -> Option<Actor> {
    match text {
        "station" => Some(Actor::Station),
        "machine" => Some(Actor::Machine),
        _ => match text.split_once(':')? {
            ("person", name) => Some(Actor::Person(name.to_owned())),
            ("named", name) => Some(Actor::Named(name.to_owned())),
            _ => None,
        },
    }
}

/// Columns of `trail` that [`stored`] reads, in its order.
pub const TRAIL_COLUMNS: &str = "t.seq, t.at_ns, t.point, t.actor, t.reason, t.template, t.body,
    (SELECT c.utc_ms FROM commits c WHERE c.last_seq >= t.seq ORDER BY c.last_seq LIMIT 1)";

/// The record in a row of [`TRAIL_COLUMNS`].
pub fn stored(path: &Path, row: &Row<'_>) -> Result<StoredRecord, StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let seq: i64 = row.get(0).map_err(failed)?;
    let odd = |what: &str| StoreError::damaged(path, format!("Record {seq} has an odd {what}."));
    let at_ns: i64 = row.get(1).map_err(failed)?;
    let point: i64 = row.get(2).map_err(failed)?;
    let name: String = row.get(3).map_err(failed)?;
    let template: Option<String> = row.get(5).map_err(failed)?;
    let body: String = row.get(6).map_err(failed)?;
    let utc_ms: Option<i64> = row.get(7).map_err(failed)?;
    let record = Record {
        seq: u64::try_from(seq).map_err(|_| odd("number"))?,
        at: Tick(u64::try_from(at_ns).map_err(|_| odd("time"))?),
        point: PointId(u16::try_from(point).map_err(|_| odd("point"))?),
        actor: actor(&name).ok_or_else(|| odd("actor"))?,
        reason: row.get(4).map_err(failed)?,
        template: template
            .map(|text| text.parse().map_err(|_| odd("template")))
            .transpose()?,
        fact: serde_json::from_str(&body).map_err(|_| odd("body"))?,
    };
    let utc_ms = utc_ms.ok_or_else(|| odd("place: it belongs to no commit"))?;
    Ok(StoredRecord { utc_ms, record })
}
