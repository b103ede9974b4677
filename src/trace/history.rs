//! What happened to it: every record of a unit, and of what it was inside of while it was; the chain up and down.

use super::find::{Archive, TraceError};
use super::told::{self, ToldEntry};
use super::track::{Named, Track, name, track_in};
use super::words;
use crate::record::{Fact, JourneyFact, PackagingFact, Subject, Unit};
use crate::store::{Inside, Reader, Stay, StoreError, StoredRecord};
use serde::Serialize;
use std::collections::BTreeMap;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// The record.
    pub record: u64,
    /// Wall clock of its commit, ms since 1970.
    pub utc_ms: i64,
    /// The point of the line.
    pub point: u16,
    /// Who did it: `station`, `machine`, or a person's name.
    pub actor: String,
    /// Why, where somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What, in words.
    pub text: String,
    /// What it was inside of, where it happened to that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<Named>,
    /// The record's fact itself.
    pub fact: serde_json::Value,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct History {
    /// Where it stood at that moment.
    pub track: Track,
    /// The record after which it is asked; `None`: now.
    pub at_record: Option<u64>,
    /// Everything that happened until then, oldest first.
    pub entries: Vec<Entry>,
    /// Everything that partners had said of it by then, by the times they name; it changes nothing of the above.
    pub told: Vec<ToldEntry>,
    /// What was directly inside at that moment.
    pub contents: Vec<Named>,
}

/// The history of a unit until record `at`, or until now.
///
/// # Errors
/// The store cannot be read.
pub fn history(archive: &Archive, unit: Unit, at: Option<u64>) -> Result<History, TraceError> {
    let reader = &archive.reader;
    let found = reader.whereabouts(|ask| {
        let track = track_in(ask, unit, at)?;
        let contents = match unit {
            Unit::Container(container) => ask.inside(container, at)?,
            Unit::Pack(_) => Vec::new(),
        };
        let mut names = Vec::new();
        for unit in contents.iter().flat_map(Inside::units) {
            names.extend(name(ask, unit)?);
        }
        let told = match ask.standing(unit, at)? {
            Some(standing) => told::entries(ask, &standing, at)?,
            None => Vec::new(),
        };
        Ok(track.map(|track| (track, names, told)))
    })?;
    let (track, contents, told) = found.ok_or_else(|| {
        TraceError::NotOnRecord("It was not there yet: ask for a later time or record.".to_owned())
    })?;
    let mut entries = Collected::default();
    collect(
        reader,
        unit,
        None,
        (0, at.unwrap_or(u64::MAX)),
        &mut entries,
    )?;
    if let (Some(gtin), Some(lot), Unit::Pack(_)) = (&track.gtin, &track.lot, unit) {
        entries.of_lot(reader, gtin, lot, at)?;
    }
    Ok(History {
        track,
        at_record: at,
        entries: entries.0.into_values().collect(),
        told,
        contents,
    })
}

/// Entries by record.
#[derive(Default)]
struct Collected(BTreeMap<u64, Entry>);

impl Collected {
    fn take(&mut self, stored: StoredRecord, with: Option<&Named>) {
        let record = stored.record;
        let fact = serde_json::to_value(&record.fact).unwrap_or_default();
        self.0.entry(record.seq).or_insert_with(|| Entry {
            record: record.seq,
            utc_ms: stored.utc_ms,
            point: record.point.0,
            actor: words::actor(&record.actor),
            reason: record.reason,
            text: words::fact(&record.fact),
            with: with.cloned(),
            fact,
        });
    }

    /// Holds and recalls of the whole lot.
    fn of_lot(
        &mut self,
        reader: &Reader,
        gtin: &str,
        lot: &str,
        at: Option<u64>,
    ) -> Result<(), StoreError> {
        let records = reader.whereabouts(|ask| ask.records_of_lot(gtin, lot))?;
        for seq in records
            .into_iter()
            .filter(|seq| at.is_none_or(|at| *seq <= at))
        {
            if let Some(stored) = reader.record(seq)? {
                self.take(stored, None);
            }
        }
        Ok(())
    }
}

/// Records of a unit within records `during` (both ends included), and of what it was inside of meanwhile.
fn collect(
    reader: &Reader,
    unit: Unit,
    with: Option<&Named>,
    during: (u64, u64),
    entries: &mut Collected,
) -> Result<(), StoreError> {
    let within = |seq: u64| (during.0..=during.1).contains(&seq);
    match unit {
        Unit::Pack(pack) => {
            for stored in reader.records_of(pack)? {
                if within(stored.record.seq) {
                    entries.take(stored, with);
                }
            }
        }
        Unit::Container(container) => {
            for seq in reader.whereabouts(|ask| ask.records_of_container(container))? {
                if !within(seq) {
                    continue;
                }
                if let Some(stored) = reader.record(seq)?
                    && (with.is_none() || concerns_content(&stored.record.fact, unit))
                {
                    entries.take(stored, with);
                }
            }
        }
    }
    let stays: Vec<Stay> = reader.whereabouts(|ask| ask.stays(unit))?;
    for stay in stays {
        let end = stay.to_seq.map_or(u64::MAX, |to| to - 1).min(during.1);
        let begin = stay.from_seq.max(during.0);
        let above = Unit::Container(stay.container);
        if begin <= end
            && let Some(named) = reader.whereabouts(|ask| name(ask, above))?
        {
            collect(reader, above, Some(&named), (begin, end), entries)?;
        }
    }
    Ok(())
}

/// What happens to a container concerns what is inside: all but other units that go in and out.
fn concerns_content(fact: &Fact, container: Unit) -> bool {
    match fact {
        Fact::Packaging(PackagingFact::Put { units, .. } | PackagingFact::Taken { units, .. }) => {
            units.contains(&container)
        }
        Fact::Journey(JourneyFact { subjects, .. }) => subjects.contains(&Subject::Unit(container)),
        _ => true,
    }
}
