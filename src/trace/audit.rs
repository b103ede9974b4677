//! What people and configuration did: who, what, from what to what, why. It reads records and proves nothing: the chain
//! is followed first.

use super::acts::{changes, in_full};
use super::find::{Archive, TraceError};
use super::words;
use crate::gs1::Lot;
use crate::record::{Actor, Fact, SettingChange, Subject};
use crate::store::{SealedRecord, StoredRecord};
use serde::Serialize;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// Kinds of facts that are told whoever did them: they say how the station is set, or who may do what.
const CONFIGURATION: [&str; 4] = [
    "{\"Configured\":",
    "{\"People\":",
    "{\"Label\":",
    "{\"TextCompared\":",
];

/// What is asked for; everything that is said narrows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditQuery {
    /// Done by this person, `station` or `machine`; the case of letters does not matter.
    pub who: Option<String>,
    /// All these words stand in what is told of it; the case of letters does not matter.
    pub what: Vec<String>,
    /// Committed at this time or later, in ms since 1970.
    pub since: Option<i64>,
    /// Committed at this time or earlier, in ms since 1970.
    pub until: Option<i64>,
    /// While a batch of this lot was open, or on record of it at another time.
    pub lot: Option<Lot>,
    /// This record.
    pub record: Option<u64>,
    /// Also what the station and the machine did by themselves.
    pub all: bool,
}

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditEntry {
    /// Version of this form.
    pub v: u32,
    /// The record.
    pub record: u64,
    /// Wall clock of its commit, ms since 1970.
    pub utc_ms: i64,
    /// The same for people.
    pub time: String,
    /// The point of the line.
    pub point: u16,
    /// `station`, `machine`, or a person's name.
    pub who: String,
    /// Whether a person's name was proved by a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proved: Option<bool>,
    /// What, in words.
    pub what: String,
    /// What it changed, from what, to what.
    pub changes: Vec<SettingChange>,
    /// Why, where somebody said so.
    pub reason: Option<String>,
    /// The record's fact itself.
    pub fact: serde_json::Value,
}

impl AuditEntry {
    /// What is told of a record.
    pub fn of(stored: StoredRecord) -> AuditEntry {
        let record = stored.record;
        let (who, proved) = match &record.actor {
            Actor::Person(name) => (name.clone(), Some(true)),
            Actor::Named(name) => (name.clone(), Some(false)),
            other => (words::actor(other), None),
        };
        AuditEntry {
            v: 1,
            record: record.seq,
            utc_ms: stored.utc_ms,
            time: words::clock(stored.utc_ms),
            point: record.point.0,
            who,
            proved,
            what: in_full(&record.fact),
            changes: changes(&record.fact),
            reason: record.reason,
            fact: serde_json::to_value(&record.fact).unwrap_or_default(),
        }
    }

    /// It as lines for people, the changes below it.
    pub fn lines(&self) -> Vec<String> {
        let name_only = match self.proved {
            Some(false) => " (name only)",
            _ => "",
        };
        let reason = self.reason.as_deref();
        let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
        let (time, no, what, who) = (&self.time, self.record, &self.what, &self.who);
        let mut lines = vec![format!(
            "{time}  [{no}] {what}, by {who}{name_only}{reason}"
        )];
        lines.extend(self.changes.iter().map(|change| {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
            format!(
                "    {}: {} -> {}",
                change.key,
                value(&change.old),
                value(&change.new)
            )
        }));
        lines
    }

    fn says(&self, words: &[String]) -> bool {
        let told = self.lines().join("\n").to_lowercase();
        words.iter().all(|word| told.contains(&word.to_lowercase()))
    }
}

/// Where a lot stands in the records.
struct OfLot {
    lot: Lot,
    /// Records from the opening to the closing of its batches.
    during: Vec<RangeInclusive<u64>>,
    /// Records that speak of its batches.
    records: BTreeSet<u64>,
}

impl OfLot {
    fn of(archive: &Archive, lot: &Lot) -> Result<OfLot, TraceError> {
        let reader = &archive.reader;
        let batches = reader.batches_of_lot(lot.as_str())?;
        if batches.is_empty() {
            let text =
                format!("There is no lot {lot} in this store: vidimus batch list shows all.");
            return Err(TraceError::NotOnRecord(text));
        }
        let mut of_lot = OfLot {
            lot: lot.clone(),
            during: Vec::new(),
            records: BTreeSet::new(),
        };
        for no in batches {
            let record = reader.lot_record(no)?;
            let record = record.expect("a batch that was found is there");
            let (mut opened, mut closed) = (u64::MAX, u64::MAX);
            for stored in &record.records {
                let seq = stored.record.seq;
                of_lot.records.insert(seq);
                match stored.record.fact {
                    Fact::BatchOpened(_) => opened = seq,
                    Fact::BatchClosed { .. } => closed = seq,
                    _ => {}
                }
            }
            of_lot.during.push(opened..=closed);
        }
        Ok(of_lot)
    }

    fn has(&self, seq: u64, fact: &Fact) -> bool {
        let names_it = match fact {
            Fact::Journey(journey) => journey
                .subjects
                .iter()
                .any(|subject| matches!(subject, Subject::Lot { lot, .. } if *lot == self.lot)),
            _ => false,
        };
        names_it
            || self.records.contains(&seq)
            || self.during.iter().any(|during| during.contains(&seq))
    }
}

impl AuditQuery {
    /// The record may be meant, by what stands around its body.
    fn may_mean(&self, link: &SealedRecord<'_>) -> bool {
        if let Some(record) = self.record {
            return u64::try_from(link.seq) == Ok(record);
        }
        let name = link.actor.split_once(':').map(|(_, name)| name);
        match &self.who {
            Some(who) => name.unwrap_or(link.actor).to_lowercase() == who.to_lowercase(),
            None => {
                let set = || CONFIGURATION.iter().any(|mark| link.body.starts_with(mark));
                self.all || name.is_some() || set()
            }
        }
    }

    fn means_time(&self, utc_ms: i64) -> bool {
        self.since.is_none_or(|since| utc_ms >= since)
            && self.until.is_none_or(|until| utc_ms <= until)
    }
}

/// Calls `each` with everything that is meant, oldest first, until it says `false`. A station may be running meanwhile.
///
/// # Errors
/// There is no such lot or record, or the store cannot be read.
pub fn audit_search(
    archive: &Archive,
    query: &AuditQuery,
    each: &mut dyn FnMut(AuditEntry) -> bool,
) -> Result<(), TraceError> {
    let reader = &archive.reader;
    if let Some(record) = query.record
        && reader.record(record)?.is_none()
    {
        let text = format!("There is no record {record} in this store.");
        return Err(TraceError::NotOnRecord(text));
    }
    let of_lot = query.lot.as_ref().map(|lot| OfLot::of(archive, lot));
    let of_lot = of_lot.transpose()?;
    let wanted = |link: &SealedRecord<'_>| query.may_mean(link);
    reader.for_each_wanted(&wanted, &mut |stored| {
        let (seq, fact) = (stored.record.seq, &stored.record.fact);
        if !query.means_time(stored.utc_ms)
            || of_lot.as_ref().is_some_and(|lot| !lot.has(seq, fact))
        {
            return true;
        }
        let entry = AuditEntry::of(stored);
        !entry.says(&query.what) || each(entry)
    })?;
    Ok(())
}

/// Calls `each` with what people and configuration did before this record, as far as all these words stand in it, the
/// newest first, until it says `false` or records of so many bytes were looked at. Returns the record from which on
/// everything was looked at; `None`: there is nothing before it.
///
/// # Errors
/// The store cannot be read.
pub fn audit_back(
    archive: &Archive,
    words: &[String],
    (before, bytes): (u64, u64),
    each: &mut dyn FnMut(AuditEntry) -> bool,
) -> Result<Option<u64>, TraceError> {
    let query = AuditQuery::default();
    let wanted = |link: &SealedRecord<'_>| query.may_mean(link);
    let reader = &archive.reader;
    let reached = reader.for_each_wanted_back(before, bytes, &wanted, &mut |stored| {
        let entry = AuditEntry::of(stored);
        !entry.says(words) || each(entry)
    })?;
    Ok(reached)
}
