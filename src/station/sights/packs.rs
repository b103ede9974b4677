//! The newest packs, and those whose serial ends in a certain way.

use super::Page;
use crate::record::{BatchNo, ContainerNo, Fact, Identity, Outcome, PackNo, Tenths, Unit};
use crate::store::{PackRow, StoreError, Whereabouts};
use crate::trace::{Archive, TraceError, fate_in_words, fate_state};
use crate::wire::look::{BatchSeen, PackSeen, PacksSight};
use crate::wire::scan::UnitName;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// So many packs are looked through for a serial before the next page must be asked for.
const LOOKED_THROUGH: usize = 100_000;
/// Packs of a page that lie farther apart than this are read one by one.
const NEIGHBOURS: u64 = 500;

/// A page of packs.
pub(super) fn page(
    archive: &Archive,
    before: Option<PackNo>,
    find: Option<&str>,
) -> Result<PacksSight, TraceError> {
    let reader = &archive.reader;
    let (batch, found) = match find {
        Some(text) => (None, looked_for(archive, before, text)?),
        None => {
            let Some((batch, open)) = reader.last_batch()? else {
                return Ok(PacksSight::default());
            };
            let seen = BatchSeen {
                no: batch.no,
                lot: batch.lot.to_string(),
                open,
            };
            (Some(seen), newest(archive, before, batch.no)?)
        }
    };
    let told = on_line(archive, &found.rows)?;
    let rows = reader.whereabouts(|ask| {
        let mut names = Names::default();
        let rows = found.rows.iter();
        rows.map(|row| seen(ask, &mut names, row, told.get(&row.pack)))
            .collect()
    });
    Ok(PacksSight {
        batch,
        rows: rows?,
        older: found.older,
    })
}

/// Packs of a page, the newest first, and where the next one begins.
struct Found {
    rows: Vec<PackRow>,
    older: Option<PackNo>,
}

fn newest(archive: &Archive, before: Option<PackNo>, no: BatchNo) -> Result<Found, StoreError> {
    let (mut rows, mut more) = (Page::new(), false);
    let mut kept = Vec::new();
    let before = before.unwrap_or(PackNo(u64::MAX));
    archive
        .reader
        .for_each_pack_back(Some(no), before, &mut |row| {
            more = !rows.take(row.pack);
            if !more {
                kept.push(row);
            }
            !more
        })?;
    let last = kept.last().map(|row: &PackRow| row.pack);
    Ok(Found {
        older: last.filter(|_| more),
        rows: kept,
    })
}

/// Packs whose serial ends like this or whose number this is: a whole serial is found by its place, however old.
fn looked_for(archive: &Archive, before: Option<PackNo>, text: &str) -> Result<Found, StoreError> {
    let reader = &archive.reader;
    let before = before.unwrap_or(PackNo(u64::MAX));
    let wanted = text.trim().to_ascii_uppercase();
    let fits = |row: &PackRow| {
        let serial = row.serial.as_ref().map(|number| number.text.as_str());
        let serial = serial.map(str::to_ascii_uppercase);
        !wanted.is_empty()
            && (serial.is_some_and(|serial| serial.ends_with(&wanted))
                || row.pack.0.to_string() == wanted)
    };
    let (mut rows, mut kept) = (Page::new(), Vec::new());
    let (mut looked_at, mut reached, mut more) = (0, before, false);
    reader.for_each_pack_back(None, before, &mut |row| {
        looked_at += 1;
        let takes = fits(&row);
        more = looked_at > LOOKED_THROUGH || (takes && !rows.take(row.pack));
        if !more {
            reached = row.pack;
            kept.extend(takes.then_some(row));
        }
        !more
    })?;
    for pack in whole(archive, text.trim())? {
        if more && pack < reached && before.0 == u64::MAX {
            reader.for_each_pack_back(None, PackNo(pack.0 + 1), &mut |row| {
                kept.push(row);
                false
            })?;
        }
    }
    kept.sort_by_key(|row| Reverse(row.pack));
    kept.dedup_by_key(|row| row.pack);
    Ok(Found {
        rows: kept,
        older: Some(reached).filter(|_| more),
    })
}

/// The packs with exactly this serial, of all products.
pub(super) fn whole(archive: &Archive, serial: &str) -> Result<Vec<PackNo>, StoreError> {
    let Some(key) = &archive.key else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    let upper = serial.to_ascii_uppercase();
    let spelled = [
        Some(serial),
        Some(upper.as_str()).filter(|upper| *upper != serial),
    ];
    for gtin in archive.reader.gtins()? {
        for serial in spelled.into_iter().flatten() {
            let pack = archive
                .reader
                .whereabouts(|ask| ask.pack_of_serial(key, &gtin, serial))?;
            found.extend(pack);
        }
    }
    Ok(found)
}

/// What the records of the line say of a pack.
#[derive(Default)]
struct OnLine {
    utc_ms: i64,
    grade: Option<(Tenths, bool)>,
}

/// Times and grades, read for neighbours together.
fn on_line(archive: &Archive, rows: &[PackRow]) -> Result<BTreeMap<PackNo, OnLine>, StoreError> {
    let mut told: BTreeMap<PackNo, OnLine> = BTreeMap::new();
    let near = |newer: &PackRow, older: &PackRow| newer.pack.0.abs_diff(older.pack.0) <= NEIGHBOURS;
    for neighbours in rows.chunk_by(near) {
        let [newest, .., oldest] = neighbours else {
            let packs = neighbours[0].pack..=neighbours[0].pack;
            read(archive, &packs, &mut told)?;
            continue;
        };
        read(archive, &(oldest.pack..=newest.pack), &mut told)?;
    }
    Ok(told)
}

fn read(
    archive: &Archive,
    packs: &std::ops::RangeInclusive<PackNo>,
    told: &mut BTreeMap<PackNo, OnLine>,
) -> Result<(), StoreError> {
    archive.reader.for_each_on_line(packs, &mut |stored| {
        let Some(pack) = stored.record.fact.pack() else {
            return;
        };
        let of_pack = told.entry(pack).or_default();
        of_pack.utc_ms = stored.utc_ms;
        if let Fact::Verified { verdict, .. } = &stored.record.fact {
            let grades = verdict.grades.as_ref();
            of_pack.grade = grades.map(|grades| (grades.overall(), grades.indicative));
        }
    })
}

/// What many packs have in common.
#[derive(Default)]
struct Names {
    gtins: BTreeMap<BatchNo, String>,
    containers: BTreeMap<ContainerNo, Option<UnitName>>,
}

fn seen(
    ask: &Whereabouts<'_>,
    names: &mut Names,
    row: &PackRow,
    told: Option<&OnLine>,
) -> Result<PackSeen, StoreError> {
    let serial = row.serial.as_ref().map(|number| number.text.clone());
    let code = match (&serial, row.batch) {
        (Some(serial), Some(batch)) => {
            let gtin = match names.gtins.entry(batch) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(ask.lot(batch)?.0.to_string()),
            };
            format!("(01){gtin}(21){serial}")
        }
        _ => String::new(),
    };
    Ok(PackSeen {
        pack: row.pack,
        serial,
        code,
        state: fate_state(row.fate, row.voided).to_owned(),
        verdict: row.verdict.and_then(Outcome::name_of).map(str::to_owned),
        grade_tenths: told.and_then(|told| told.grade).map(|(grade, _)| grade),
        grade_indicative: told
            .and_then(|told| told.grade)
            .is_some_and(|(_, about)| about),
        fate: row.fate.map(|fate| fate_in_words(fate).to_owned()),
        utc_ms: told.map(|told| told.utc_ms),
        inside: inside(ask, names, row.pack)?,
    })
}

/// What a pack is inside of, now.
fn inside(
    ask: &Whereabouts<'_>,
    names: &mut Names,
    pack: PackNo,
) -> Result<Option<UnitName>, StoreError> {
    let stays = ask.stays(Unit::Pack(pack))?;
    let Some(stay) = stays.into_iter().find(|stay| stay.to_seq.is_none()) else {
        return Ok(None);
    };
    if let Some(name) = names.containers.get(&stay.container) {
        return Ok(name.clone());
    }
    let name = match ask.identity(Unit::Container(stay.container))? {
        Some(Identity::Container(container)) => Some(UnitName {
            kind: container.name,
            no: container.container.0,
            code: container.code.to_string(),
        }),
        _ => None,
    };
    names.containers.insert(stay.container, name.clone());
    Ok(name)
}
