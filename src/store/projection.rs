//! What follows from a record: the rows of `packs`, `batches`, `gtins` and `people`, written in the
//! record's own transaction.
//!
//! They depend on nothing but the records before, so the same records always give the same rows. A
//! record that does not fit (a number taken twice, a pack that leaves twice, a closing tally that
//! does not add up) is refused as a contradiction.

use super::rows::number;
use super::{StoreError, codes, people, restore};
use crate::record::{
    Batch, BatchNo, Fact, Fate, Origin, PackNo, PlcPack, Record, SerialNumber, Tally, Verdict,
};
use rusqlite::{Connection, ErrorCode, Params, params};
use std::path::Path;

/// Why a record is not taken.
#[derive(Debug)]
pub enum Refusal {
    /// SQLite says so.
    Sql(rusqlite::Error),
    /// It does not fit what is stored; a sentence.
    Contradicts(String),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Refusal {
        Refusal::Sql(error)
    }
}

impl Refusal {
    /// The refusal of record `seq` by the database at `path`, for its reader.
    pub fn into_error(self, path: &Path, seq: u64) -> StoreError {
        match self {
            Refusal::Contradicts(text) => StoreError::Contradiction { seq, text },
            Refusal::Sql(error)
                if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) =>
            {
                let text = format!("The database refuses it ({error}).");
                StoreError::Contradiction { seq, text }
            }
            Refusal::Sql(error) => StoreError::sql(path, error),
        }
    }
}

type Applied = Result<(), Refusal>;

/// Writes what follows from `record`.
pub fn apply(connection: &Connection, record: &Record) -> Applied {
    match &record.fact {
        Fact::BatchOpened(batch) => open_batch(connection, record.seq, batch),
        Fact::BatchClosed { batch, tally } => close_batch(connection, record.seq, *batch, tally),
        Fact::PackEntered {
            pack,
            batch,
            plc,
            origin,
        } => enter(connection, *pack, *batch, *plc, *origin),
        Fact::SerialReserved { pack, serial } => reserve(connection, *pack, serial),
        Fact::SerialVoided { pack, .. } => void(connection, *pack),
        Fact::Verified { pack, verdict } => verify(connection, *pack, verdict),
        Fact::Gated { pack, fate } => gate(connection, *pack, *fate),
        Fact::Decommissioned { pack, .. } => decommission(connection, *pack),
        Fact::PictureKept { pack, .. } | Fact::PictureNotKept { pack, .. } => {
            known(connection, *pack, "have a picture")
        }
        Fact::People(fact) if fact.changes_register() => {
            Ok(people::note(connection, number(record.seq)?)?)
        }
        Fact::People(_)
        | Fact::Signed { .. }
        | Fact::StationStarted { .. }
        | Fact::StationEnded
        | Fact::PlcBooted { .. }
        | Fact::Resynchronised { .. }
        | Fact::Recovered(_)
        | Fact::Challenged { .. }
        | Fact::AlarmRaised { .. }
        | Fact::AlarmCleared { .. }
        | Fact::AlarmAcknowledged { .. }
        | Fact::Stopped { .. }
        | Fact::StopWithdrawn
        | Fact::RejectNextOrdered
        | Fact::TextCompared { .. }
        | Fact::PicturesRemoved { .. } => Ok(()),
    }
}

/// Runs `sql`, which must change exactly one row; otherwise the record contradicts what is stored,
/// as `refusal` says.
fn one(
    connection: &Connection,
    sql: &str,
    values: impl Params,
    refusal: impl FnOnce() -> String,
) -> Applied {
    match connection.prepare_cached(sql)?.execute(values)? {
        1 => Ok(()),
        _ => Err(Refusal::Contradicts(refusal())),
    }
}

fn open_batch(connection: &Connection, seq: u64, batch: &Batch) -> Applied {
    let no = batch.no.0;
    connection.execute(
        "INSERT INTO gtins (digits) VALUES (?1) ON CONFLICT DO NOTHING",
        [batch.gtin.as_str()],
    )?;
    one(
        connection,
        "INSERT INTO batches (batch, gtin, lot, expiry, opened, first_pack)
         SELECT ?1, gtin, ?3, ?4, ?5, (SELECT coalesce(max(pack), 0) + 1 FROM packs)
         FROM gtins WHERE digits = ?2
             AND NOT EXISTS (SELECT 1 FROM batches WHERE batch >= ?1 OR closed IS NULL)",
        params![
            no,
            batch.gtin.as_str(),
            batch.lot.as_str(),
            batch.expiry.as_str(),
            number(seq)?
        ],
        || format!("Batch {no} cannot open: another is open, or its number is not a new one."),
    )
}

fn close_batch(connection: &Connection, seq: u64, batch: BatchNo, tally: &Tally) -> Applied {
    let no = batch.0;
    let counted = restore::tally_of(connection, batch)?;
    if counted != *tally {
        return Err(Refusal::Contradicts(format!(
            "The closing tally of batch {no} is not what its packs add up to: \
             told {tally:?}, counted {counted:?}."
        )));
    }
    one(
        connection,
        "UPDATE batches SET closed = ?2, last_pack = (SELECT coalesce(max(pack), 0) FROM packs)
         WHERE batch = ?1 AND closed IS NULL",
        params![no, number(seq)?],
        || format!("Batch {no} is not open and cannot close."),
    )
}

fn enter(
    connection: &Connection,
    pack: PackNo,
    batch: Option<BatchNo>,
    plc: PlcPack,
    origin: Origin,
) -> Applied {
    one(
        connection,
        "INSERT INTO packs (pack, batch, plc_boot, plc_id, origin)
         SELECT ?1, ?2, ?3, ?4, ?5
         WHERE ?1 > (SELECT coalesce(max(pack), 0) FROM packs)
             AND (?2 IS NULL OR EXISTS
                 (SELECT 1 FROM batches WHERE batch = ?2 AND closed IS NULL))",
        params![
            number(pack.0)?,
            batch.map(|batch| batch.0),
            plc.boot,
            plc.id,
            codes::of_origin(origin)
        ],
        || {
            format!(
                "Pack {} cannot enter: its number is not a new one, or its batch is not open.",
                pack.0
            )
        },
    )
}

fn reserve(connection: &Connection, pack: PackNo, serial: &SerialNumber) -> Applied {
    let (no, index) = (number(pack.0)?, number(serial.index)?);
    let next = number(serial.index.saturating_add(1))?;
    one(
        connection,
        "UPDATE packs SET serial_index = ?2, serial = ?3,
             gtin = (SELECT b.gtin FROM batches b WHERE b.batch = packs.batch)
         WHERE pack = ?1 AND batch IS NOT NULL AND serial IS NULL AND fate IS NULL",
        params![no, index, serial.text],
        || {
            format!(
                "Pack {no} cannot take a number: \
                 it has one, has left, has no batch or is not known."
            )
        },
    )?;
    one(
        connection,
        "UPDATE gtins SET taken = ?2
         WHERE gtin = (SELECT gtin FROM packs WHERE pack = ?1) AND taken < ?2",
        params![no, next],
        || format!("Counter value {index} was taken before."),
    )
}

fn void(connection: &Connection, pack: PackNo) -> Applied {
    one(
        connection,
        "UPDATE packs SET voided = CASE WHEN fate IS NULL THEN 1 ELSE 2 END
         WHERE pack = ?1 AND serial IS NOT NULL AND voided = 0",
        [number(pack.0)?],
        || {
            format!(
                "The number of pack {} cannot be voided: it is void, or was never taken.",
                pack.0
            )
        },
    )
}

/// The verdict as the books see it: what stood when the pack left. One that comes later is noted
/// where none was, unless that would change under which cause the pack is booked already.
fn verify(connection: &Connection, pack: PackNo, verdict: &Verdict) -> Applied {
    let no = number(pack.0)?;
    // A read without its text is a read of what was printed on this very pack.
    let own = verdict
        .seen
        .as_ref()
        .is_some_and(|seen| seen.scan.is_none());
    one(
        connection,
        "UPDATE packs SET ink = ink OR (?3 AND serial IS NOT NULL),
             outcome = CASE WHEN fate IS NULL OR (outcome IS NULL AND fate <> ?4)
                 THEN ?2 ELSE outcome END
         WHERE pack = ?1",
        params![no, verdict.outcome.code(), own, codes::REJECTED_BY_VERDICT],
        || format!("Pack {no} is not known and cannot have a verdict."),
    )?;
    let scan = verdict.seen.as_ref().and_then(|seen| seen.scan.as_deref());
    // The very parser of the line: what it counts as seen, a restart must find again.
    let elements = scan
        .and_then(|scan| crate::gs1::parse_scan(scan).ok())
        .unwrap_or_default();
    let value = |ai: &str| {
        elements
            .iter()
            .find(|one| one.ai == ai)
            .map(|one| one.value.as_str())
    };
    if let (Some(gtin), Some(serial)) = (value("01"), value("21")) {
        connection
            .prepare_cached(
                "UPDATE packs SET ink = 1
                 WHERE gtin = (SELECT gtin FROM gtins WHERE digits = ?1) AND serial = ?2",
            )?
            .execute([gtin, serial])?;
    }
    Ok(())
}

fn gate(connection: &Connection, pack: PackNo, fate: Fate) -> Applied {
    one(
        connection,
        "UPDATE packs SET fate = ?2 WHERE pack = ?1 AND fate IS NULL",
        params![number(pack.0)?, codes::of_fate(fate)],
        || format!("Pack {} is not in line and cannot leave it.", pack.0),
    )
}

/// The row already says it (a pass that is not in the good bin); here only that the pack exists.
fn decommission(connection: &Connection, pack: PackNo) -> Applied {
    known(connection, pack, "be decommissioned")
}

/// The pack exists; otherwise it cannot do what it `can`.
fn known(connection: &Connection, pack: PackNo, can: &str) -> Applied {
    let known = connection
        .prepare_cached("SELECT 1 FROM packs WHERE pack = ?1")?
        .exists([number(pack.0)?])?;
    match known {
        true => Ok(()),
        false => Err(Refusal::Contradicts(format!(
            "Pack {} is not known and cannot {can}.",
            pack.0
        ))),
    }
}
