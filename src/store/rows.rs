//! Records as they stand in sealed texts, there and back.

use super::StoreError;
use super::projection::Refusal;
use super::sealed::{Link, Reading};
use super::stretch::Stretch;
use crate::record::{Actor, PackNo, PointId, Record, TemplateHash, Tick};
use std::path::Path;

/// A stored record with the wall clock of its commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Wall clock of the commit, ms since 1970.
    pub utc_ms: i64,
    /// The record.
    pub record: Record,
}

/// Writes what of a record is not a text already, again and again into the same memory.
#[derive(Debug, Default)]
pub struct Writer {
    body: Vec<u8>,
    actor: String,
    /// The last template hash, and its text: one record after the other has the same.
    template: Option<(TemplateHash, String)>,
}

impl Writer {
    /// The record as it stands in the text.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn link<'a>(&'a mut self, record: &'a Record) -> Result<Link<'a>, Refusal> {
        self.body.clear();
        serde_json::to_writer(&mut self.body, &record.fact)
            .map_err(|error| Refusal::Contradicts(format!("It cannot be written: {error}.")))?;
        self.actor.clear();
        add_actor(&mut self.actor, &record.actor);
        if let Some(hash) = record.template
            && self.template.as_ref().is_none_or(|(last, _)| *last != hash)
        {
            self.template = Some((hash, hash.to_string()));
        }
        let template = self.template.as_ref().map(|(_, text)| text.as_str());
        Ok(Link {
            seq: number(record.seq)?,
            at_ns: number(record.at.0)?,
            point: i64::from(record.point.0),
            actor: &self.actor,
            reason: record.reason.as_deref(),
            template: template.filter(|_| record.template.is_some()),
            body: std::str::from_utf8(&self.body).expect("JSON is text"),
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
    let mut text = String::new();
    add_actor(&mut text, actor);
    text
}

fn add_actor(text: &mut String, actor: &Actor) {
    let (kind, name) = match actor {
        Actor::Station => ("station", ""),
        Actor::Machine => ("machine", ""),
        Actor::Person(name) => ("person:", name.as_str()),
        Actor::Named(name) => ("named:", name.as_str()),
    };
    text.push_str(kind);
    text.push_str(name);
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

/// Calls `each` with every commit of a stretch that has records: its wall clock, its first and its last record.
///
/// # Errors
/// The stretch is not what a station writes.
pub fn for_each_commit(
    path: &Path,
    stretch: &Stretch,
    each: &mut dyn FnMut(i64, i64, i64),
) -> Result<(), StoreError> {
    let damaged = || stretch.damaged(path);
    stretch.for_each_commit(path, |text| {
        let mut reading = Reading::new(text);
        let utc_ms = reading.number().map_err(|_| damaged())?;
        let mut ends: Option<(i64, i64)> = None;
        while !reading.done() {
            let seq = reading.link().map_err(|_| damaged())?.seq;
            ends = Some((ends.map_or(seq, |(first, _)| first), seq));
        }
        if let Some((first, last)) = ends {
            each(utc_ms, first, last);
        }
        Ok(())
    })
}

/// The records of a stretch that `wanted` lets through, in order.
///
/// # Errors
/// The stretch is not what a station writes.
pub fn for_each_record(
    path: &Path,
    stretch: &Stretch,
    wanted: impl Fn(&Link<'_>) -> bool,
    each: &mut dyn FnMut(StoredRecord),
) -> Result<(), StoreError> {
    let damaged = || stretch.damaged(path);
    stretch.for_each_commit(path, |text| {
        let mut reading = Reading::new(text);
        let utc_ms = reading.number().map_err(|_| damaged())?;
        while !reading.done() {
            let link = reading.link().map_err(|_| damaged())?;
            if wanted(&link) {
                each(stored(path, utc_ms, &link)?);
            }
        }
        Ok(())
    })
}

/// The body of a record about this pack names it like this, and maybe with further digits behind.
pub fn mark_of(pack: PackNo) -> String {
    format!("\"pack\":{}", pack.0)
}

fn stored(path: &Path, utc_ms: i64, link: &Link<'_>) -> Result<StoredRecord, StoreError> {
    let seq = link.seq;
    let odd = |what: &str| StoreError::damaged(path, format!("Record {seq} has an odd {what}."));
    let template = link.template.map(str::parse).transpose();
    let record = Record {
        seq: u64::try_from(seq).map_err(|_| odd("number"))?,
        at: Tick(u64::try_from(link.at_ns).map_err(|_| odd("time"))?),
        point: PointId(u16::try_from(link.point).map_err(|_| odd("point"))?),
        actor: actor(link.actor).ok_or_else(|| odd("actor"))?,
        reason: link.reason.map(str::to_owned),
        template: template.map_err(|_| odd("template"))?,
        fact: serde_json::from_str(link.body).map_err(|_| odd("body"))?,
    };
    Ok(StoredRecord { utc_ms, record })
}
