//! Pools as their records say, and their numbers.
//!
//! A record of an import holds how many numbers came, and the hash of their list; the numbers stand in a table of their
//! own, written with the record. A reserved number is held against that table before its record is taken: one of a pool
//! must be the one that stands there, an own one must not stand there.

use super::pack_row::KeptSerial;
use super::projection::{Projection, Refusal};
use super::rows::number;
use super::{StoreError, codes, restore};
use crate::gs1::Gtin;
use crate::record::pool::{ListHasher, Pool};
use crate::record::{
    BatchNo, CryptoTail, Fact, NumberRegister, NumberState, POOL_INDEX_FIRST, PoolFact, PoolNo,
    PoolNumber, SerialNumber,
};
use crate::serial::{Listed, NumberList};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use std::collections::BTreeMap;
use std::path::Path;

/// The first counter value of a pool's number, as SQLite has it.
const FIRST: i64 = POOL_INDEX_FIRST as i64;

/// Notes that this record speaks of pools or of numbers given outside.
pub fn note(connection: &Connection, seq: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO pool_facts (seq) VALUES (?1)")?
        .execute([seq])
        .map(drop)
}

/// What the records about pools and about numbers given outside add up to.
pub fn register(connection: &Connection, path: &Path) -> Result<NumberRegister, StoreError> {
    let mut register = NumberRegister::default();
    for_each_fact(connection, path, &mut |_, fact| register.apply(fact))?;
    Ok(register)
}

/// The wall clock of the import of a pool, ms since 1970; 0 when there is no such pool.
pub fn imported_at(connection: &Connection, path: &Path, no: PoolNo) -> Result<i64, StoreError> {
    let mut at = 0;
    for_each_fact(connection, path, &mut |utc_ms, fact| {
        if matches!(fact, PoolFact::Imported { pool, .. } if *pool == no) {
            at = utc_ms;
        }
        Ok(())
    })?;
    Ok(at)
}

/// Calls `each` with every record about pools and about numbers given outside, and its wall clock, in order.
fn for_each_fact(
    connection: &Connection,
    path: &Path,
    each: &mut dyn FnMut(i64, &PoolFact) -> Result<(), String>,
) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let mut seqs = connection
        .prepare_cached("SELECT seq FROM pool_facts ORDER BY seq")
        .map_err(failed)?;
    let seqs: rusqlite::Result<Vec<i64>> = seqs
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect);
    for seq in seqs.map_err(failed)? {
        let stored = restore::record(connection, path, seq)?;
        let taken = match stored.map(|stored| (stored.utc_ms, stored.record.fact)) {
            Some((utc_ms, Fact::Pool(fact))) => each(utc_ms, &fact),
            _ => Err("It does not speak of numbers.".to_owned()),
        };
        taken.map_err(|why| {
            let text = format!("Record {seq} about numbers makes no sense. {why}");
            StoreError::damaged(path, text)
        })?;
    }
    Ok(())
}

/// Writes the numbers that a record takes in, in the record's own transaction.
pub fn keep_list(
    transaction: &Transaction<'_>,
    fact: &Fact,
    lists: &[NumberList],
) -> Result<(), Refusal> {
    let Fact::Pool(PoolFact::Imported {
        gtin,
        first,
        count,
        content,
        ..
    }) = fact
    else {
        return Ok(());
    };
    let found = lists.iter().find(|list| {
        list.gtin() == *gtin && list.len() as u64 == *count && list.content() == *content
    });
    let Some(list) = found else {
        let text = format!("The list of {count} numbers of {gtin} did not come with it.");
        return Err(Refusal::Contradicts(text));
    };
    let row = row_of(transaction, *gtin)?;
    let next: i64 = transaction.query_row(
        "SELECT coalesce(max(number) + 1, ?2) FROM pool_numbers WHERE gtin = ?1",
        [row, Some(FIRST)],
        |row| row.get(0),
    )?;
    if number(*first)? != next {
        let text =
            format!("The numbers of pool and pool do not follow each other: {next} is next.");
        return Err(Refusal::Contradicts(text));
    }
    // Texts come in no order: with room for their whole index no page of it is written twice.
    cache(transaction, LIST_CACHE_KIB)?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO pool_numbers (gtin, number, text, ai91, ai92, ai93)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (at, Listed { text, tail, .. }) in (next..).zip(list.iter()) {
        let [ai91, ai92, ai93] = tail;
        insert.execute(params![row, at, text, ai91, ai92, ai93])?;
    }
    cache(transaction, CACHE_KIB)?;
    Ok(())
}

/// How much of the database is kept in memory while a list is written, in KiB.
const LIST_CACHE_KIB: i64 = 128 << 10;
/// How much at any other time: what SQLite does by itself.
const CACHE_KIB: i64 = 2_000;

fn cache(connection: &Connection, kib: i64) -> rusqlite::Result<()> {
    connection.pragma_update(None, "cache_size", -kib)
}

/// The row of a GTIN, if there is one.
fn row_of(connection: &Connection, gtin: Gtin) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT gtin FROM gtins WHERE digits = ?1")?
        .query_row([gtin.as_str()], |row| row.get(0))
        .optional()
}

/// A number that a record reserves is one of the pool that its counter value says, or of none.
pub fn check_reserved(
    transaction: &Transaction<'_>,
    fact: &Fact,
    now: &Projection,
) -> Result<(), Refusal> {
    let (Fact::SerialReserved { serial, .. }, Some(gtin)) = (fact, now.gtin_with_pools()) else {
        return Ok(());
    };
    let index = number(serial.index)?;
    let contradiction = match index < FIRST {
        true => {
            let known = "SELECT 1 FROM pool_numbers WHERE gtin = ?1 AND text = ?2";
            let mut known = transaction.prepare_cached(known)?;
            known
                .exists(params![gtin, serial.text])?
                .then(|| "is in a pool, too".to_owned())
        }
        false => {
            let kept: Option<String> = transaction
                .prepare_cached("SELECT text FROM pool_numbers WHERE gtin = ?1 AND number = ?2")?
                .query_row([gtin, index], |row| row.get(0))
                .optional()?;
            (kept.as_ref() != Some(&serial.text))
                .then(|| format!("is not number {index} of its pool"))
        }
    };
    match contradiction {
        Some(what) => Err(Refusal::Contradicts(format!(
            "The number {} {what}: it must not be given out.",
            serial.text
        ))),
        None => Ok(()),
    }
}

/// Numbers of pools that the packs of a batch have taken.
pub fn taken_of_batch(
    connection: &Connection,
    batch: BatchNo,
) -> rusqlite::Result<Vec<SerialNumber>> {
    connection
        .prepare_cached(
            "SELECT serial_index, serial FROM packs
             WHERE batch = ?1 AND pack >= (SELECT first_pack FROM batches WHERE batch = ?1)
                 AND serial_index >= ?2
             ORDER BY pack",
        )?
        .query_map(params![batch.0, FIRST], |row| {
            Ok(SerialNumber {
                index: row.get::<_, i64>(0)? as u64,
                text: row.get::<_, KeptSerial>(1)?.text(),
            })
        })?
        .collect()
}

/// Up to `count` numbers of the pools of a GTIN from this counter value on, in order.
pub fn numbers_from(
    connection: &Connection,
    gtin: Gtin,
    from: u64,
    count: u32,
) -> rusqlite::Result<Vec<PoolNumber>> {
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "SELECT number, text, ai91, ai92, ai93 FROM pool_numbers
             WHERE gtin = (SELECT gtin FROM gtins WHERE digits = ?1) AND number >= ?2
             ORDER BY number LIMIT ?3",
        )?
        .query_map(params![gtin.as_str(), from, count], pool_number)?
        .collect()
}

fn pool_number(row: &Row<'_>) -> rusqlite::Result<PoolNumber> {
    Ok(PoolNumber {
        serial: SerialNumber {
            index: row.get::<_, i64>(0)? as u64,
            text: row.get(1)?,
        },
        tail: CryptoTail([row.get(2)?, row.get(3)?, row.get(4)?]),
    })
}

/// The counter value of a text in the pools of a GTIN, if it is in one.
pub fn number_of_text(
    connection: &Connection,
    gtin: Gtin,
    text: &str,
) -> rusqlite::Result<Option<u64>> {
    connection
        .prepare_cached(
            "SELECT number FROM pool_numbers
             WHERE gtin = (SELECT gtin FROM gtins WHERE digits = ?1) AND text = ?2",
        )?
        .query_row(params![gtin.as_str(), text], |row| row.get::<_, i64>(0))
        .optional()
        .map(|found| found.map(|number| number as u64))
}

/// How many numbers of a GTIN that packs took stand where, among these counter values, both ends included.
pub fn states_between(
    connection: &Connection,
    gtin: Gtin,
    (first, last): (u64, u64),
) -> rusqlite::Result<BTreeMap<NumberState, u64>> {
    let bound = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let mut groups = connection.prepare_cached(
        "SELECT voided = 1, ink, fate, count(*) FROM packs
         WHERE gtin = (SELECT gtin FROM gtins WHERE digits = ?1) AND serial_index BETWEEN ?2 AND ?3
         GROUP BY 1, 2, 3",
    )?;
    let mut groups = groups.query(params![gtin.as_str(), bound(first), bound(last)])?;
    let mut states = BTreeMap::new();
    while let Some(group) = groups.next()? {
        let fate: Option<i64> = group.get(2)?;
        let odd = |code| rusqlite::Error::IntegralValueOutOfRange(2, code);
        let fate = fate.map(|code| codes::fate(code).ok_or_else(|| odd(code)));
        let state = NumberState::on_pack(group.get(0)?, group.get(1)?, fate.transpose()?);
        *states.entry(state).or_default() += group.get::<_, i64>(3)? as u64;
    }
    Ok(states)
}

/// The numbers of all pools are those that the records name, and those on packs are of their pools.
pub fn check_lists(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::sql(path, error);
    let register = register(connection, path)?;
    let mut named = 0;
    for pool in register.pools() {
        let (found, content) = list_of(connection, pool).map_err(failed)?;
        if found != pool.count || content != pool.content {
            let text = format!(
                "The {found} numbers kept for pool {} are not the {} whose list its record names.",
                pool.no, pool.count
            );
            return Err(StoreError::damaged(path, text));
        }
        named += pool.count;
    }
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let kept = count("SELECT count(*) FROM pool_numbers").map_err(failed)?;
    if kept as u64 != named {
        let text = format!("It holds {kept} numbers of pools, the records name {named}.");
        return Err(StoreError::damaged(path, text));
    }
    let mut taken = connection
        .prepare(
            "SELECT p.pack, p.serial, n.text FROM packs p
             LEFT JOIN pool_numbers n ON n.gtin = p.gtin AND n.number = p.serial_index
             WHERE p.serial_index >= ?1",
        )
        .map_err(failed)?;
    let mut taken = taken.query([FIRST]).map_err(failed)?;
    while let Some(row) = taken.next().map_err(failed)? {
        let (pack, serial): (i64, KeptSerial) =
            (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
        let kept: Option<String> = row.get(2).map_err(failed)?;
        if kept != Some(serial.text()) {
            let text = format!("The number of pack {pack} is not the one of its pool.");
            return Err(StoreError::damaged(path, text));
        }
    }
    Ok(())
}

/// How many numbers are kept for a pool, and the hash of their list.
fn list_of(
    connection: &Connection,
    pool: &Pool,
) -> rusqlite::Result<(u64, crate::record::ListHash)> {
    let mut rows = connection.prepare_cached(
        "SELECT text, ai91, ai92, ai93 FROM pool_numbers
         WHERE gtin = (SELECT gtin FROM gtins WHERE digits = ?1) AND number >= ?2 AND number < ?3
         ORDER BY text",
    )?;
    let end = (pool.first + pool.count) as i64;
    let mut rows = rows.query(params![pool.gtin.as_str(), pool.first as i64, end])?;
    let (mut count, mut hasher) = (0, ListHasher::new(pool.gtin));
    while let Some(row) = rows.next()? {
        let part = |column: usize| -> rusqlite::Result<Option<&str>> {
            Ok(row.get_ref(column)?.as_str_or_null()?)
        };
        hasher.add(part(0)?.unwrap_or_default(), [part(1)?, part(2)?, part(3)?]);
        count += 1;
    }
    Ok((count, hasher.finish()))
}
