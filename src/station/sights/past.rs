//! What happened: the life of a pack, a container or a lot, and what people and configuration did.

use super::packs::whole;
use super::{Page, bounded};
use crate::record::{BatchNo, PackNo, SettingChange, Unit};
use crate::station::lookup::identified;
use crate::trace::{
    Archive, AuditEntry, Entry, PastAlarm, ToldEntry, TraceError, audit_back, counted, history,
    last_alarms,
};
use crate::wire::ShelvedView;
use crate::wire::look::{AuditSight, ChainSeen, Deed, LifeSight};
use crate::wire::past::{PastAlarmSeen, PastAlarmsSight};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Bytes of records that are looked through for one page of the audit trail, and for past alarms.
const AUDIT_BYTES: u64 = 32 << 20;
/// Changes of one record that a page tells; the others are counted.
const CHANGES_TOLD: usize = 20;
/// Longest serial or lot, in bytes.
const NAME_BYTES: usize = 20;

/// What a life is of.
enum Of {
    Unit(Unit),
    Lot(Vec<BatchNo>),
}

/// What is meant by what somebody scanned or typed: a code, `pack 4711`, a lot, a serial.
fn meant(archive: &Archive, text: &str) -> Result<Of, TraceError> {
    let text = text.trim();
    let number = text.strip_prefix("pack ").and_then(|no| no.parse().ok());
    if let Some(no) = number {
        let unit = Unit::Pack(PackNo(no));
        let known = archive.reader.whereabouts(|ask| ask.identity(unit))?;
        return match known {
            Some(_) => Ok(Of::Unit(unit)),
            None => Err(TraceError::NotOnRecord(format!(
                "There is no pack {no} on record."
            ))),
        };
    }
    let refusal = match archive.find(&identified(text)) {
        Ok((unit, _)) => return Ok(Of::Unit(unit)),
        Err(TraceError::Unreadable(refusal)) => refusal,
        Err(error) => return Err(error),
    };
    if text.is_empty() || text.len() > NAME_BYTES {
        return Err(TraceError::Unreadable(refusal));
    }
    let batches = archive.reader.batches_of_lot(text)?;
    if !batches.is_empty() {
        return Ok(Of::Lot(batches));
    }
    match whole(archive, text)?.first() {
        Some(pack) => Ok(Of::Unit(Unit::Pack(*pack))),
        None => Err(TraceError::NotOnRecord(format!(
            "No lot and no serial on record is \"{text}\". As a code: {refusal}"
        ))),
    }
}

/// Everything that happened to it, without the first `seen` of it.
pub(super) fn life(archive: &Archive, of: &str, seen: u64) -> Result<LifeSight, TraceError> {
    let (of, stands, deeds) = match meant(archive, of)? {
        Of::Unit(unit) => {
            let history = history(archive, unit, None)?;
            let mut stands: Vec<(String, String)> = Vec::new();
            for (name, text) in history.track.words() {
                stands.push((name.to_owned(), bounded(&text)));
            }
            let entries = history.entries.into_iter().map(happened);
            let told = history.told.iter().map(told);
            let deeds = entries.chain(told).collect();
            (history.track.unit.words(), stands, deeds)
        }
        Of::Lot(batches) => of_lot(archive, &batches)?,
    };
    let all = deeds.len() as u64;
    let mut page = Page::new();
    let skipped = usize::try_from(seen).unwrap_or(usize::MAX);
    for deed in deeds.into_iter().skip(skipped) {
        if !page.take(deed) {
            break;
        }
    }
    Ok(LifeSight {
        of: bounded(&of),
        stands,
        deeds: page.rows,
        seen,
        all,
    })
}

type Life = (String, Vec<(String, String)>, Vec<Deed>);

/// The life of a lot: what is on record of its batches, and of the lot as a whole.
fn of_lot(archive: &Archive, batches: &[BatchNo]) -> Result<Life, TraceError> {
    let reader = &archive.reader;
    let (mut name, mut stands, mut records) = (String::new(), Vec::new(), BTreeMap::new());
    for no in batches {
        let Some(record) = reader.lot_record(*no)? else {
            continue;
        };
        let (batch, tally) = (&record.batch, &record.tally);
        name = format!("lot {}", batch.lot);
        let open = if record.closed { "closed" } else { "open" };
        let mut text = format!("{open}, GTIN {}, {}: ", batch.gtin, batch.product);
        let _ = write!(
            text,
            "{} good, {} rejected, {} in line of {}",
            tally.good,
            tally.rejected(),
            tally.in_line,
            counted(tally.entered, "pack")
        );
        stands.push((format!("batch {}", no.0), bounded(&text)));
        let of_lot = reader
            .whereabouts(|ask| ask.records_of_lot(batch.gtin.as_str(), batch.lot.as_str()))?;
        for seq in of_lot {
            if let Some(stored) = reader.record(seq)? {
                records.insert(seq, stored);
            }
        }
        let told = record.records.into_iter();
        records.extend(told.map(|stored| (stored.record.seq, stored)));
    }
    let deeds = records.into_values().map(AuditEntry::of).map(done);
    Ok((name, stands, deeds.collect()))
}

fn happened(entry: Entry) -> Deed {
    let with = entry.with_words();
    Deed {
        record: entry.record,
        utc_ms: entry.utc_ms,
        who: bounded(&entry.actor),
        what: bounded(&entry.text),
        why: entry.reason.as_deref().map(bounded),
        with,
        changes: Vec::new(),
        changes_more: 0,
    }
}

fn told(told: &ToldEntry) -> Deed {
    Deed {
        record: told.record,
        utc_ms: told.utc_ms,
        who: format!("partner {}", told.who()),
        what: bounded(&told.words()),
        why: None,
        with: None,
        changes: Vec::new(),
        changes_more: 0,
    }
}

fn done(entry: AuditEntry) -> Deed {
    let name_only = match entry.proved {
        Some(false) => " (name only)",
        _ => "",
    };
    let all = entry.changes.len();
    let changes = entry.changes.into_iter().take(CHANGES_TOLD);
    let changes = changes.map(|change| SettingChange {
        key: bounded(&change.key),
        old: change.old.as_deref().map(bounded),
        new: change.new.as_deref().map(bounded),
    });
    Deed {
        record: entry.record,
        utc_ms: entry.utc_ms,
        who: bounded(&format!("{}{name_only}", entry.who)),
        what: bounded(&entry.what),
        why: entry.reason.as_deref().map(bounded),
        with: None,
        changes: changes.collect(),
        changes_more: all.saturating_sub(CHANGES_TOLD) as u64,
    }
}

/// What people and configuration did before a record, or lately; with the end of the chain.
pub(super) fn audit(
    archive: &Archive,
    before: Option<u64>,
    words: &[String],
) -> Result<AuditSight, TraceError> {
    let (mut page, mut full) = (Page::new(), None);
    let from = before.unwrap_or(u64::MAX);
    let reached = audit_back(archive, words, (from, AUDIT_BYTES), &mut |entry| {
        let record = entry.record;
        let takes = page.take(done(entry));
        if !takes {
            full = Some(record + 1);
        }
        takes
    })?;
    let chain = match before {
        Some(_) => None,
        None => {
            let tail = archive.reader.chain_tail()?;
            let mut head = String::new();
            for byte in tail.head {
                let _ = write!(head, "{byte:02x}");
            }
            Some(ChainSeen {
                record: tail.last_seq,
                head,
                broken: tail.broken.as_deref().map(bounded),
            })
        }
    };
    Ok(AuditSight {
        deeds: page.rows,
        older: full.or(reached),
        chain,
    })
}

/// The alarms that came and went, the newest first, without the first `seen` of them.
pub(super) fn alarms(archive: &Archive, seen: u64) -> Result<PastAlarmsSight, TraceError> {
    let told = last_alarms(&archive.reader, AUDIT_BYTES)?;
    let all = told.len() as u64;
    let mut page = Page::new();
    let skipped = usize::try_from(seen).unwrap_or(usize::MAX);
    for one in told.into_iter().rev().skip(skipped) {
        if !page.take(episode(one)) {
            break;
        }
    }
    Ok(PastAlarmsSight {
        rows: page.rows,
        seen,
        all,
    })
}

fn episode(one: PastAlarm) -> PastAlarmSeen {
    let shelved = one.shelved.map(|shelved| ShelvedView {
        by: bounded(&shelved.by),
        reason: bounded(&shelved.reason),
        until_utc_ms: shelved.until_utc_ms,
    });
    PastAlarmSeen {
        alarm: one.alarm,
        point: one.point,
        detail: bounded(&one.detail),
        raised_utc_ms: one.raised_utc_ms,
        over_utc_ms: one.over_utc_ms,
        acknowledged_by: one.acknowledged_by.as_deref().map(bounded),
        shelved,
    }
}
