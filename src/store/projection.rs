//! What follows from a record: the rows of `packs`, `batches`, `gtins`, `plc_boots` and `people`, written in the
//! record's own transaction.
//!
//! They depend on nothing but the records before, so the same records always give the same rows. A
//! record that does not fit (a number taken twice, a pack that leaves twice, a closing tally that
//! does not add up) is refused as a contradiction.
//!
//! Rows of packs are changed in memory and written once a transaction ([`Projection::flush`]); packs in
//! line stay in memory, so that a station's own packs are never read back.

use super::containment::Containment;
use super::pack_row::{KeptSerial, PackNow};
use super::rows::number;
use super::{
    StoreError, codes, lots, pack_row, partners, people, pools, restore, shelves, stops, templates,
};
use crate::gs1::Gtin;
use crate::record::{
    Actor, Batch, BatchNo, ContainerNo, Fact, Fate, LabelFact, LaneNo, NumberSource, Origin,
    POOL_INDEX_FIRST, PackNo, PackagingFact, PlcPack, PoolFact, Record, SeenNumber, SerialNumber,
    Tally, Verdict,
};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
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

/// Rows of packs that are written together, in one transaction of many.
const FLUSH_PACKS: usize = 20_000;

type Applied = Result<(), Refusal>;

fn contradicts(refusal: String) -> Applied {
    Err(Refusal::Contradicts(refusal))
}

/// The open batch, as far as packs need it.
#[derive(Debug, Clone, Copy)]
struct OpenBatch {
    no: BatchNo,
    gtin: i64,
    /// The counter value of the next own serial of its GTIN, and of the next one of a pool; whether they are written.
    taken: i64,
    pool_taken: i64,
    changed: bool,
}

impl OpenBatch {
    /// The counter values of a source that are gone.
    fn taken_of(&mut self, source: NumberSource) -> &mut i64 {
        match source {
            NumberSource::Own => &mut self.taken,
            NumberSource::Pool => &mut self.pool_taken,
        }
    }
}

/// Where the number of a counter value comes from.
fn source_of(index: u64) -> NumberSource {
    match index < POOL_INDEX_FIRST {
        true => NumberSource::Own,
        false => NumberSource::Pool,
    }
}

/// What is now, after every record that was applied.
#[derive(Debug, Default)]
pub struct Projection {
    /// Packs in line, and those that were asked for since the last flush.
    packs: BTreeMap<i64, PackNow>,
    /// Those of them that are not written.
    changed: BTreeSet<i64>,
    last_pack: i64,
    last_batch: BatchNo,
    open: Option<OpenBatch>,
    containment: Containment,
    /// There are pools.
    has_pools: bool,
}

impl Projection {
    /// What is now by the rows of the database.
    ///
    /// # Errors
    /// SQLite says so.
    pub fn load(connection: &Connection) -> rusqlite::Result<Projection> {
        let number = |sql| connection.query_row(sql, [], |row| row.get(0));
        let open = connection
            .query_row(
                "SELECT batch, gtin, taken, pool_taken FROM batches JOIN gtins USING (gtin)
                 WHERE closed IS NULL",
                [],
                |row| {
                    Ok(OpenBatch {
                        no: BatchNo(row.get(0)?),
                        gtin: row.get(1)?,
                        taken: row.get(2)?,
                        pool_taken: row.get(3)?,
                        changed: false,
                    })
                },
            )
            .optional()?;
        let last_batch: i64 = number("SELECT coalesce(max(batch), 0) FROM batches")?;
        Ok(Projection {
            last_pack: number("SELECT coalesce(max(pack), 0) FROM packs")?,
            last_batch: BatchNo(u32::try_from(last_batch).unwrap_or(u32::MAX)),
            open,
            has_pools: number("SELECT EXISTS (SELECT 1 FROM pool_facts)")? != 0,
            ..Projection::default()
        })
    }

    /// Takes what follows from `record`.
    ///
    /// # Errors
    /// The record does not fit, or SQLite says so.
    pub fn apply(&mut self, connection: &Connection, record: &Record) -> Applied {
        self.take(connection, record)?;
        lots::take(connection, record)?;
        match self.changed.len() >= FLUSH_PACKS {
            true => self.flush(connection),
            false => Ok(()),
        }
    }

    fn take(&mut self, connection: &Connection, record: &Record) -> Applied {
        match &record.fact {
            Fact::BatchOpened(batch) => self.open_batch(connection, record.seq, batch),
            Fact::BatchClosed { batch, tally } => {
                self.close_batch(connection, record.seq, *batch, tally)
            }
            Fact::PlcBooted {
                lane, new, from, ..
            } => boot(connection, record.seq, *lane, (*new, *from)),
            Fact::PackEntered {
                pack,
                batch,
                plc,
                origin,
            } => self.enter(*pack, *batch, *plc, *origin),
            Fact::SerialReserved { pack, serial } => self.reserve(connection, *pack, serial),
            Fact::SerialVoided { pack, .. } => self.void(connection, *pack),
            Fact::Verified { pack, verdict } => self.verify(connection, *pack, verdict),
            Fact::Gated { pack, fate, into } => {
                self.gate(connection, *pack, *fate)?;
                match into {
                    Some(into) => self.fall(connection, record.seq, *pack, *into),
                    None => Ok(()),
                }
            }
            Fact::Packaging(fact) => self.packaging(connection, record.seq, fact),
            Fact::Journey(fact) => self.containment.travel(connection, record.seq, fact),
            // The row already says it: a pass that is not in the good bin.
            Fact::Decommissioned { pack, .. } => self.known(connection, *pack, "be decommissioned"),
            Fact::PictureKept { pack, .. } | Fact::PictureNotKept { pack, .. } => {
                self.known(connection, *pack, "have a picture")
            }
            Fact::People(fact) if fact.changes_register() => {
                Ok(people::note(connection, number(record.seq)?)?)
            }
            Fact::Configured { .. } => Ok(people::note(connection, number(record.seq)?)?),
            Fact::AlarmShelved { alarm, .. } => {
                Ok(shelves::shelve(connection, number(record.seq)?, alarm)?)
            }
            Fact::AlarmUnshelved { alarm } => Ok(shelves::unshelve(connection, alarm)?),
            Fact::Stopped { latched, .. } => match latched {
                Some(stop) => Ok(stops::latch(connection, number(record.seq)?, *stop)?),
                None => Ok(()),
            },
            Fact::StopWithdrawn => match record.actor {
                Actor::Person(_) | Actor::Named(_) => Ok(stops::withdraw(connection)?),
                Actor::Station | Actor::Machine => Ok(()),
            },
            Fact::Lot(fact) => match fact.pack() {
                Some(pack) => self.known(connection, pack, "have a label or be sampled"),
                None => Ok(()),
            },
            Fact::Label(fact) => self.label_fact(connection, number(record.seq)?, fact),
            Fact::Pool(fact) => self.pool_fact(connection, number(record.seq)?, fact),
            Fact::Partner(fact) => partners::note(connection, number(record.seq)?, fact),
            Fact::People(_)
            | Fact::Signed { .. }
            | Fact::StationStarted { .. }
            | Fact::StationEnded
            | Fact::Resynchronised { .. }
            | Fact::Recovered(_)
            | Fact::Challenged { .. }
            | Fact::AlarmRaised { .. }
            | Fact::AlarmCleared { .. }
            | Fact::AlarmAcknowledged { .. }
            | Fact::RejectNextOrdered
            | Fact::DeviceOrdered { .. }
            | Fact::TextCompared { .. }
            | Fact::PicturesRemoved { .. } => Ok(()),
        }
    }

    /// Writes the rows that were changed, and forgets the packs that left.
    ///
    /// # Errors
    /// SQLite says so.
    pub fn flush(&mut self, connection: &Connection) -> Applied {
        for no in std::mem::take(&mut self.changed) {
            let pack = self.packs.get_mut(&no).expect("what was changed is there");
            pack_row::write(connection, no, pack)?;
        }
        self.packs.retain(|_, pack| pack.fate.is_none());
        self.containment.flush(connection)?;
        if let Some(open) = self.open.as_mut().filter(|open| open.changed) {
            open.changed = false;
            let values = params![open.gtin, open.taken, open.pool_taken];
            connection
                .prepare_cached("UPDATE gtins SET taken = ?2, pool_taken = ?3 WHERE gtin = ?1")?
                .execute(values)?;
        }
        Ok(())
    }

    fn open_batch(&mut self, connection: &Connection, seq: u64, batch: &Batch) -> Applied {
        let no = batch.no;
        if self.open.is_some() || no <= self.last_batch {
            return contradicts(format!(
                "Batch {} cannot open: another is open, or its number is not a new one.",
                no.0
            ));
        }
        let gtin = known_gtin(connection, batch.gtin)?;
        let (taken, pool_taken) = connection.query_row(
            "SELECT taken, pool_taken FROM gtins WHERE gtin = ?1",
            [gtin],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        connection.execute(
            "INSERT INTO batches (batch, gtin, lot, expiry, opened, first_pack)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                no.0,
                gtin,
                batch.lot.as_str(),
                batch.expiry.as_str(),
                number(seq)?,
                self.last_pack + 1
            ],
        )?;
        self.last_batch = no;
        self.open = Some(OpenBatch {
            no,
            gtin,
            taken,
            pool_taken,
            changed: false,
        });
        Ok(())
    }

    /// Pools and blocks themselves are worked out from the records; what is kept here is which records those are, and
    /// that a block which was handed out is taken.
    fn pool_fact(&mut self, connection: &Connection, seq: i64, fact: &PoolFact) -> Applied {
        self.has_pools = true;
        pools::note(connection, seq)?;
        match fact {
            PoolFact::Imported { gtin, .. } => known_gtin(connection, *gtin).map(drop),
            PoolFact::Exported {
                gtin, first, count, ..
            } => self.hand_out(connection, *gtin, number(*first)?, number(*count)?),
            PoolFact::ExportRepeated { .. }
            | PoolFact::Returned { .. }
            | PoolFact::PoolReturned { .. } => Ok(()),
        }
    }

    /// Where templates stand is worked out from the records; what is kept here is which records those are.
    fn label_fact(&mut self, connection: &Connection, seq: i64, fact: &LabelFact) -> Applied {
        templates::note(connection, seq)?;
        match fact.pack() {
            Some(pack) => self.known(connection, pack, "be a test print"),
            None => Ok(()),
        }
    }

    /// A block of own numbers is taken at once.
    fn hand_out(&mut self, connection: &Connection, gtin: Gtin, first: i64, count: i64) -> Applied {
        self.flush(connection)?;
        let gtin = known_gtin(connection, gtin)?;
        let next = first.saturating_add(count);
        let changed = connection.execute(
            "UPDATE gtins SET taken = ?2 WHERE gtin = ?1 AND taken <= ?3",
            params![gtin, next, first],
        )?;
        if changed != 1 {
            return contradicts(format!("Counter value {first} was taken before."));
        }
        if let Some(open) = self.open.as_mut().filter(|open| open.gtin == gtin) {
            open.taken = next;
        }
        Ok(())
    }

    /// The row of the open batch's GTIN, where a reserved number must be held against the pools.
    pub fn gtin_with_pools(&self) -> Option<i64> {
        self.open.filter(|_| self.has_pools).map(|open| open.gtin)
    }

    fn close_batch(
        &mut self,
        connection: &Connection,
        seq: u64,
        batch: BatchNo,
        tally: &Tally,
    ) -> Applied {
        let no = batch.0;
        if self.open.is_none_or(|open| open.no != batch) {
            return contradicts(format!("Batch {no} is not open and cannot close."));
        }
        self.flush(connection)?;
        let counted = restore::tally_of(connection, batch)?;
        if counted != *tally {
            return contradicts(format!(
                "The closing tally of batch {no} is not what its packs add up to: \
                 told {tally:?}, counted {counted:?}."
            ));
        }
        connection.execute(
            "UPDATE batches SET closed = ?2, last_pack = ?3 WHERE batch = ?1",
            params![no, number(seq)?, self.last_pack],
        )?;
        self.open = None;
        Ok(())
    }

    fn enter(
        &mut self,
        pack: PackNo,
        batch: Option<BatchNo>,
        plc: PlcPack,
        origin: Origin,
    ) -> Applied {
        let no = number(pack.0)?;
        let open = self.open.map(|open| open.no);
        if no <= self.last_pack || batch.is_some() && batch != open {
            return contradicts(format!(
                "Pack {no} cannot enter: its number is not a new one, or its batch is not open."
            ));
        }
        self.last_pack = no;
        self.packs.insert(no, PackNow::entered(batch, plc, origin));
        self.changed.insert(no);
        Ok(())
    }

    /// The pack, to be changed; `None` when there is none of that number.
    fn pack(
        &mut self,
        connection: &Connection,
        pack: PackNo,
    ) -> Result<Option<&mut PackNow>, Refusal> {
        let no = number(pack.0)?;
        let row = match self.packs.entry(no) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => match pack_row::read(connection, no)? {
                Some(row) => unknown.insert(row),
                None => return Ok(None),
            },
        };
        self.changed.insert(no);
        Ok(Some(row))
    }

    fn reserve(&mut self, connection: &Connection, pack: PackNo, serial: &SerialNumber) -> Applied {
        let index = number(serial.index)?;
        let next = number(serial.index.saturating_add(1))?;
        let open = self.open;
        let row = self.pack(connection, pack)?;
        let free = row.filter(|row| {
            row.batch.is_some() && row.batch == open.map(|open| open.no) && row.may_take_number()
        });
        let (Some(row), Some(mut open)) = (free, open) else {
            return contradicts(format!(
                "Pack {} cannot take a number: it has one, has left, has no open batch or is not known.",
                pack.0
            ));
        };
        let taken = open.taken_of(source_of(serial.index));
        if next <= *taken {
            return contradicts(format!("Counter value {index} was taken before."));
        }
        *taken = next;
        open.changed = true;
        row.gtin = Some(open.gtin);
        row.serial = Some((index, KeptSerial::of(&serial.text)));
        self.open = Some(open);
        Ok(())
    }

    fn void(&mut self, connection: &Connection, pack: PackNo) -> Applied {
        let row = self.pack(connection, pack)?;
        let Some(row) = row.filter(|row| row.serial.is_some() && row.voided == 0) else {
            return contradicts(format!(
                "The number of pack {} cannot be voided: it is void, or was never taken.",
                pack.0
            ));
        };
        row.voided = if row.fate.is_none() { 1 } else { 2 };
        Ok(())
    }

    /// The verdict as the books see it: what stood when the pack left. One that comes later is noted
    /// where none was, unless that would change under which cause the pack is booked already.
    fn verify(&mut self, connection: &Connection, pack: PackNo, verdict: &Verdict) -> Applied {
        let Some(row) = self.pack(connection, pack)? else {
            return contradicts(format!(
                "Pack {} is not known and cannot have a verdict.",
                pack.0
            ));
        };
        let books = match row.fate {
            None => true,
            Some(fate) => row.outcome.is_none() && fate != codes::REJECTED_BY_VERDICT,
        };
        if books {
            row.outcome = Some(i64::from(verdict.outcome.code()));
        }
        let Some(seen) = &verdict.seen else {
            return Ok(());
        };
        // A read without its text is a read of what was printed on this very pack.
        row.ink |= seen.scan.is_none() && row.serial.is_some();
        match &seen.number {
            Some(number) => self.see_number(connection, number),
            None => Ok(()),
        }
    }

    /// A number was seen in ink, on whatever pack.
    fn see_number(&mut self, connection: &Connection, seen: &SeenNumber) -> Applied {
        self.flush(connection)?;
        let found: Option<i64> = connection
            .prepare_cached(
                "SELECT pack FROM packs
                 WHERE gtin = (SELECT gtin FROM gtins WHERE digits = ?1) AND serial_index = ?2",
            )?
            .query_row(params![seen.gtin.as_str(), number(seen.index)?], |row| {
                row.get(0)
            })
            .optional()?;
        if let Some(no) = found
            && let Some(row) = self.pack(connection, PackNo(no as u64))?
        {
            row.ink = true;
        }
        Ok(())
    }

    fn gate(&mut self, connection: &Connection, pack: PackNo, fate: Fate) -> Applied {
        let row = self.pack(connection, pack)?;
        let Some(row) = row.filter(|row| row.fate.is_none()) else {
            return contradicts(format!(
                "Pack {} is not in line and cannot leave it.",
                pack.0
            ));
        };
        row.fate = Some(codes::of_fate(fate));
        Ok(())
    }

    fn fall(
        &mut self,
        connection: &Connection,
        seq: u64,
        pack: PackNo,
        into: ContainerNo,
    ) -> Applied {
        match self.is_good(connection, pack)? {
            true => self.containment.fall(connection, seq, pack, into),
            false => contradicts(format!(
                "Pack {} is not good and cannot fall into container {}.",
                pack.0, into.0
            )),
        }
    }

    fn packaging(&mut self, connection: &Connection, seq: u64, fact: &PackagingFact) -> Applied {
        let mut containment = std::mem::take(&mut self.containment);
        let applied = containment.apply(connection, seq, fact, &mut |pack| {
            self.is_good(connection, pack)
        });
        self.containment = containment;
        applied
    }

    /// The pack is in the good bin, and its number, where it has one, is not void.
    fn is_good(&self, connection: &Connection, pack: PackNo) -> Result<bool, Refusal> {
        let no = number(pack.0)?;
        let good = |row: &PackNow| row.fate == Some(codes::GOOD) && row.voided == 0;
        Ok(match self.packs.get(&no) {
            Some(row) => good(row),
            None => pack_row::read(connection, no)?.is_some_and(|row| good(&row)),
        })
    }

    /// The pack exists; otherwise it cannot do what it `can`.
    fn known(&mut self, connection: &Connection, pack: PackNo, can: &str) -> Applied {
        match self.pack(connection, pack)? {
            Some(_) => Ok(()),
            None => contradicts(format!("Pack {} is not known and cannot {can}.", pack.0)),
        }
    }
}

/// The row of a GTIN, made if it is new.
fn known_gtin(connection: &Connection, gtin: Gtin) -> Result<i64, Refusal> {
    connection.execute(
        "INSERT INTO gtins (digits) VALUES (?1) ON CONFLICT DO NOTHING",
        [gtin.as_str()],
    )?;
    let sql = "SELECT gtin FROM gtins WHERE digits = ?1";
    Ok(connection.query_row(sql, [gtin.as_str()], |row| row.get(0))?)
}

fn boot(
    connection: &Connection,
    seq: u64,
    lane: LaneNo,
    (boot, from): (u16, Option<u32>),
) -> Applied {
    connection.execute(
        "INSERT INTO plc_boots (seq, boot, from_id, lane) VALUES (?1, ?2, ?3, ?4)",
        params![number(seq)?, boot, from, lane.0],
    )?;
    Ok(())
}
