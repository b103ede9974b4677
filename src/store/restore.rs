//! Where everything stood at the last commit, from the projections; history is read only for the
//! few open packs.

use super::rows::{self, StoredRecord};
use super::stretch::{self, Which};
use super::{
    StoreError, chain, codes, container_row, lots, pack_row, people, pools, sealed, shelves, stops,
    templates,
};
use crate::record::tally::Booking;
use crate::record::{
    Batch, BatchNo, ContainerNo, Fact, Fate, LaneNo, LotFact, OpenPack, PackNo, PlcPack, Restored,
    RestoredFilling, RestoredPacking, Tally, Verdict,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use std::path::Path;

/// Everything the line must know to go on. The caller holds one read transaction around it.
pub fn restore(connection: &Connection, path: &Path) -> Result<Restored, StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let number = |sql: &str| -> Result<i64, StoreError> {
        connection
            .query_row(sql, [], |row| row.get(0))
            .map_err(failed)
    };
    let last_batch = number("SELECT coalesce(max(batch), 0) FROM batches")?;
    let open_batch = connection
        .query_row(
            "SELECT batch FROM batches WHERE closed IS NULL",
            [],
            |row| row.get(0).map(BatchNo),
        )
        .optional()
        .map_err(failed)?;
    let batch = match open_batch {
        None => None,
        Some(no) => {
            let books = tally_of(connection, no).map_err(failed)?;
            Some((batch(connection, path, no)?, books))
        }
    };
    let last_pack = number("SELECT coalesce(max(pack), 0) FROM packs")?;
    let (people, settings) = people::said(connection, path)?;
    let last_boot = last_boots(connection).map_err(failed)?;
    Ok(Restored {
        last_seq: chain::head(connection, path)?.0 as u64,
        last_pack: PackNo(last_pack as u64),
        last_batch: BatchNo(u32::try_from(last_batch).map_err(|_| {
            StoreError::damaged(path, format!("Batch {last_batch} has an odd number."))
        })?),
        seen: match open_batch {
            Some(no) => seen(connection, no).map_err(failed)?,
            None => Vec::new(),
        },
        batch,
        taken: taken(connection, path, "taken")?,
        pool_taken: taken(connection, path, "pool_taken")?,
        numbers: pools::register(connection, path)?,
        pool_texts: match open_batch {
            Some(no) => pools::taken_of_batch(connection, no).map_err(failed)?,
            None => Vec::new(),
        },
        open: open_packs(connection, path)?,
        last_entered: last_entered(connection, &last_boot).map_err(failed)?,
        last_boot: accounted(last_boot),
        lot: lots::standing(connection, path, open_batch)?,
        labels: templates::standing(connection, path)?,
        people,
        settings,
        packing: packing(connection, open_batch).map_err(failed)?,
        shelved: shelves::standing(connection, path)?,
        stops: stops::standing(connection, path)?,
        utc_ms: 0,
    })
}

/// Containers, and the one of the open batch that packs fall into: a container that people began has no batch.
fn packing(
    connection: &Connection,
    open_batch: Option<BatchNo>,
) -> rusqlite::Result<RestoredPacking> {
    let last: i64 = connection.query_row(
        "SELECT coalesce(max(container), 0) FROM containers",
        [],
        |row| row.get(0),
    )?;
    let open = connection
        .query_row(
            "SELECT container FROM containers
             WHERE state = 1 AND batch = ?1 AND level = 1 AND inside < capacity
             ORDER BY container DESC LIMIT 1",
            [open_batch.map(|no| no.0)],
            |row| row.get::<_, i64>(0),
        )
        .optional()?;
    let filling = match open {
        None => None,
        Some(no) => container_row::read(connection, no)?.map(|row| RestoredFilling {
            container: ContainerNo(no as u64),
            code: row.code,
            holds: row.capacity.unwrap_or(0),
            inside: row.inside,
        }),
    };
    Ok(RestoredPacking {
        last: ContainerNo(last as u64),
        last_sscc: None,
        filling,
        full: Vec::new(),
        onward: Vec::new(),
        stacking: Vec::new(),
    })
}

/// The PLC boot seen last on each lane that ever had one; records of old versions do not say from which id on.
fn last_boots(connection: &Connection) -> rusqlite::Result<Vec<(LaneNo, u16, Option<u32>)>> {
    // Of max() SQLite takes the other columns from the same row.
    let sql = "SELECT lane, boot, from_id, max(seq) FROM plc_boots GROUP BY lane ORDER BY lane";
    let mut query = connection.prepare_cached(sql)?;
    let rows = query.query_map([], |row| {
        Ok((LaneNo(row.get(0)?), row.get(1)?, row.get(2)?))
    })?;
    rows.collect()
}

fn accounted(boots: Vec<(LaneNo, u16, Option<u32>)>) -> Vec<(LaneNo, u16, u32)> {
    let boots = boots.into_iter();
    let known = boots.filter_map(|(lane, boot, from)| Some((lane, boot, from?)));
    known.collect()
}

/// The pack that entered last on the first lane and on each of these.
fn last_entered(
    connection: &Connection,
    boots: &[(LaneNo, u16, Option<u32>)],
) -> rusqlite::Result<Vec<PlcPack>> {
    let others = boots.iter().map(|(lane, ..)| *lane);
    let others = others.filter(|lane| !lane.is_first());
    let mut last = Vec::new();
    for lane in std::iter::once(LaneNo::FIRST).chain(others) {
        let sql = match lane.is_first() {
            true => "SELECT plc_boot, plc_id FROM packs WHERE lane = ?1 ORDER BY pack DESC LIMIT 1",
            false => {
                "SELECT plc_boot, plc_id FROM packs WHERE lane = ?1 AND lane > 1
                 ORDER BY pack DESC LIMIT 1"
            }
        };
        let name = |row: &Row<'_>| {
            let (boot, id) = (row.get(0)?, row.get(1)?);
            Ok(PlcPack { lane, boot, id })
        };
        let found = connection.query_row(sql, [lane.0], name).optional()?;
        last.extend(found);
    }
    Ok(last)
}

/// The batch as its opening record tells it.
pub fn batch(connection: &Connection, path: &Path, no: BatchNo) -> Result<Batch, StoreError> {
    let opened: i64 = connection
        .query_row(
            "SELECT opened FROM batches WHERE batch = ?1",
            [no.0],
            |row| row.get(0),
        )
        .map_err(|error| StoreError::sql(path, error))?;
    match record(connection, path, opened)?.map(|stored| stored.record.fact) {
        Some(Fact::BatchOpened(batch)) if batch.no == no => Ok(batch),
        _ => {
            let text = format!("The record that opened batch {} is another one.", no.0);
            Err(StoreError::damaged(path, text))
        }
    }
}

/// The record with this number, if there is one.
pub fn record(
    connection: &Connection,
    path: &Path,
    seq: i64,
) -> Result<Option<StoredRecord>, StoreError> {
    let mut found = None;
    stretch::for_each(connection, path, Which::With(seq), &mut |stretch| {
        let wanted = |link: &sealed::Link<'_>| link.seq == seq;
        rows::for_each_record(path, stretch, wanted, &mut |stored| found = Some(stored))?;
        Ok(found.is_none())
    })?;
    Ok(found)
}

/// The books of a batch: its packs grouped by SQL, counted by [`Tally`]'s own methods.
pub fn tally_of(connection: &Connection, batch: BatchNo) -> rusqlite::Result<Tally> {
    tally_within(connection, batch, 0, i64::MAX)
}

/// The same, of packs with numbers from `first` to `last` only.
pub fn tally_within(
    connection: &Connection,
    batch: BatchNo,
    first: i64,
    last: i64,
) -> rusqlite::Result<Tally> {
    let mut groups = connection.prepare_cached(
        "SELECT fate, outcome, serial IS NOT NULL, voided, count(*) FROM packs
         WHERE batch = :batch
             AND pack >= (SELECT max(first_pack, :first) FROM batches WHERE batch = :batch)
             AND pack <= (SELECT min(coalesce(last_pack, :last), :last)
                          FROM batches WHERE batch = :batch)
         GROUP BY 1, 2, 3, 4",
    )?;
    let values = named_params! { ":batch": batch.0, ":first": first, ":last": last };
    let mut groups = groups.query(values)?;
    let mut tally = Tally::default();
    while let Some(group) = groups.next()? {
        let (fate, outcome): (Option<i64>, Option<i64>) = (group.get(0)?, group.get(1)?);
        let (numbered, voided): (bool, i64) = (group.get(2)?, group.get(3)?);
        let packs: i64 = group.get(4)?;
        let outcome = outcome.and_then(codes::outcome);
        let booking = Booking {
            outcome: outcome.as_ref(),
            numbered,
            // A number voided after its pack left stays booked where the pack went.
            voided: numbered && voided == 1,
        };
        let fate = match fate {
            Some(code) => {
                let odd = || rusqlite::Error::IntegralValueOutOfRange(0, code);
                Some(codes::fate(code).ok_or_else(odd)?)
            }
            None => None,
        };
        for _ in 0..packs {
            book(&mut tally, fate, booking);
        }
    }
    assert!(tally.balanced(), "books made by their own rules balance");
    Ok(tally)
}

fn book(tally: &mut Tally, fate: Option<Fate>, pack: Booking<'_>) {
    tally.enter();
    if pack.numbered {
        tally.take_number();
    }
    if pack.voided {
        tally.void_number();
    }
    if let Some(fate) = fate {
        tally.leave(fate, pack);
    }
}

fn seen(connection: &Connection, batch: BatchNo) -> rusqlite::Result<Vec<u64>> {
    connection
        .prepare_cached(
            "SELECT serial_index FROM packs
             WHERE batch = ?1 AND ink AND pack >= (SELECT first_pack FROM batches WHERE batch = ?1)
             ORDER BY pack",
        )?
        .query_map([batch.0], |row| {
            row.get::<_, i64>(0).map(|index| index as u64)
        })?
        .collect()
}

/// Which counter values are gone, by GTIN: of own numbers (`taken`) or of pools (`pool_taken`).
fn taken(
    connection: &Connection,
    path: &Path,
    column: &str,
) -> Result<Vec<(crate::gs1::Gtin, u64)>, StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let sql = format!("SELECT digits, {column} FROM gtins WHERE {column} > 0 ORDER BY digits");
    let mut gtins = connection.prepare_cached(&sql).map_err(failed)?;
    let mut gtins = gtins.query([]).map_err(failed)?;
    let mut taken = Vec::new();
    while let Some(row) = gtins.next().map_err(failed)? {
        let count: i64 = row.get(1).map_err(failed)?;
        taken.push((field(path, row, 0)?, count as u64));
    }
    Ok(taken)
}

/// A GS1 field from a text column.
fn field<T: std::str::FromStr<Err = crate::gs1::FieldError>>(
    path: &Path,
    row: &Row<'_>,
    column: usize,
) -> Result<T, StoreError> {
    let text: String = row
        .get(column)
        .map_err(|error| StoreError::sql(path, error))?;
    text.parse().map_err(|wrong| {
        StoreError::damaged(path, format!("It holds the text \"{text}\". {wrong}."))
    })
}

fn open_packs(connection: &Connection, path: &Path) -> Result<Vec<OpenPack>, StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let columns = pack_row::COLUMNS;
    let sql = format!("SELECT pack, {columns} FROM packs WHERE fate IS NULL ORDER BY pack");
    let mut rows = connection.prepare_cached(&sql).map_err(failed)?;
    let mut rows = rows.query([]).map_err(failed)?;
    let mut open = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let pack = PackNo(row.get::<_, i64>(0).map_err(failed)? as u64);
        let now = pack_row::of_row(row, 1).map_err(failed)?;
        let origin = codes::origin(now.origin).ok_or_else(|| {
            let text = format!("It holds the origin {}, which does not exist.", now.origin);
            StoreError::damaged(path, text)
        })?;
        let told = records_of(connection, path, pack)?;
        let template = told.iter().find(|stored| gives_label(&stored.record.fact));
        let template = template.and_then(|stored| stored.record.template);
        let verdict = match now.outcome {
            Some(_) => Some(last_verdict(told, path, pack)?),
            None => None,
        };
        open.push(OpenPack {
            pack,
            batch: now.batch,
            plc: now.plc,
            origin,
            serial: now.number(),
            template,
            voided: now.voided != 0,
            verdict,
        });
    }
    Ok(open)
}

/// The pack gets its label: that record names the template.
fn gives_label(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::SerialReserved { .. } | Fact::Lot(LotFact::Labelled { .. })
    )
}

fn last_verdict(told: Vec<StoredRecord>, path: &Path, pack: PackNo) -> Result<Verdict, StoreError> {
    told.into_iter()
        .rev()
        .find_map(|stored| match stored.record.fact {
            Fact::Verified { verdict, .. } => Some(verdict),
            _ => None,
        })
        .ok_or_else(|| {
            let text = format!("Pack {} has a verdict but no record of it.", pack.0);
            StoreError::damaged(path, text)
        })
}

/// All records of one pack, oldest first.
pub fn records_of(
    connection: &Connection,
    path: &Path,
    pack: PackNo,
) -> Result<Vec<StoredRecord>, StoreError> {
    let mark = rows::mark_of(pack);
    let mut records = Vec::new();
    let number = i64::try_from(pack.0).unwrap_or(i64::MAX);
    stretch::for_each(connection, path, Which::OfPack(number), &mut |stretch| {
        let may = |link: &sealed::Link<'_>| link.body.contains(&mark);
        rows::for_each_record(path, stretch, may, &mut |stored| {
            let mut about = false;
            stored
                .record
                .fact
                .for_each_pack(|named| about |= named == pack);
            if about {
                records.push(stored);
            }
        })?;
        Ok(true)
    })?;
    Ok(records)
}
