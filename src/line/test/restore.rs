//! A plain model of the store: what a restart finds, told from the records alone.

use crate::gs1::Gtin;
use crate::line::Event;
use crate::record::{
    Actor, Fact, Fate, LaneNo, LotFact, LotStanding, NumberSource, OpenPack, PackNo, PoolFact,
    Record, Restored, RestoredShelf, SerialNumber, Tally, Verdict,
};
use crate::wire::OperatorCommand;
use std::collections::BTreeMap;

/// What a station would find after these records.
pub fn restore(records: &[Record]) -> Restored {
    let mut found = Restored::default();
    let mut open: BTreeMap<PackNo, OpenPack> = BTreeMap::new();
    for record in records {
        found.last_seq = record.seq;
        found.utc_ms = record.at.as_ms() as i64;
        stand(&mut found.lot, &record.fact);
        holds(&mut found, record);
        match &record.fact {
            Fact::PlcBooted {
                lane, new, from, ..
            } => booted(&mut found, *lane, from.map(|from| (*new, from))),
            Fact::BatchOpened(batch) => {
                found.last_batch = batch.no;
                found.batch = Some((batch.clone(), Tally::default()));
                found.seen.clear();
                found.pool_texts.clear();
            }
            Fact::BatchClosed { .. } => found.batch = None,
            Fact::Pool(fact) => pool_fact(&mut found, fact),
            Fact::Label(fact) => found.labels.apply(fact).expect("it follows"),
            Fact::PackEntered {
                pack,
                batch,
                plc,
                origin,
            } => {
                found.last_pack = *pack;
                found.last_entered.retain(|last| last.lane != plc.lane);
                found.last_entered.push(*plc);
                let entered = OpenPack {
                    pack: *pack,
                    batch: *batch,
                    plc: *plc,
                    origin: *origin,
                    serial: None,
                    template: None,
                    voided: false,
                    verdict: None,
                };
                open.insert(*pack, entered);
                book(&mut found, Booked::Entered);
            }
            Fact::SerialReserved { pack, serial } => {
                number(&mut found, open.get_mut(pack).expect("open"), serial);
                open.get_mut(pack).expect("open").template = record.template;
            }
            Fact::Lot(LotFact::Labelled { pack, .. }) => {
                open.get_mut(pack).expect("open").template = record.template;
            }
            Fact::SerialVoided { pack, .. } => {
                open.get_mut(pack).expect("open").voided = true;
                book(&mut found, Booked::Voided);
            }
            Fact::Verified { pack, verdict } => {
                let pack = open.get_mut(pack).expect("open");
                found.seen.extend(own_number(pack, verdict));
                pack.verdict = Some(verdict.clone());
            }
            Fact::Gated { pack, fate, .. } => {
                let pack = open.remove(pack).expect("open");
                book(&mut found, Booked::Left(*fate, &pack));
            }
            _ => {}
        }
    }
    found.open = open.into_values().collect();
    found
}

fn holds(found: &mut Restored, record: &Record) {
    match &record.fact {
        Fact::AlarmShelved { alarm, .. } | Fact::AlarmUnshelved { alarm } => {
            found.shelved.retain(|shelf| shelf.alarm != *alarm);
            found.shelved.extend(shelf(record));
        }
        Fact::Stopped { latched, .. } => {
            found.stops.retain(|stop| Some(*stop) != *latched);
            found.stops.extend(*latched);
        }
        Fact::StopWithdrawn if record.actor != Actor::Station => found.stops.clear(),
        _ => {}
    }
}

/// The wall clock of these tests is the line's own.
fn shelf(record: &Record) -> Option<RestoredShelf> {
    let Fact::AlarmShelved { alarm, minutes } = &record.fact else {
        return None;
    };
    let Actor::Named(by) = &record.actor else {
        panic!("a person shelves");
    };
    Some(RestoredShelf {
        alarm: alarm.clone(),
        by: by.clone(),
        reason: record.reason.clone().expect("with a reason"),
        minutes: *minutes,
        since_utc_ms: record.at.as_ms() as i64,
    })
}

fn booted(found: &mut Restored, lane: LaneNo, known: Option<(u16, u32)>) {
    found.last_boot.retain(|(other, ..)| *other != lane);
    let known = known.map(|(boot, from)| (lane, boot, from));
    found.last_boot.extend(known);
}

/// The counter value of the pack's own number, where this verdict saw it: a read without its text is a read of what was
/// printed on this very pack.
fn own_number(pack: &OpenPack, verdict: &Verdict) -> Option<u64> {
    let own = verdict
        .seen
        .as_ref()
        .is_some_and(|seen| seen.scan.is_none());
    let serial = pack.serial.as_ref().filter(|_| own);
    serial.map(|serial| serial.index)
}

fn number(found: &mut Restored, pack: &mut OpenPack, serial: &SerialNumber) {
    pack.serial = Some(serial.clone());
    let (batch, _) = found.batch.as_ref().expect("numbers are taken in a batch");
    let (gtin, source) = (batch.gtin, batch.numbers);
    take(found, gtin, source, serial);
    book(found, Booked::Numbered);
}

fn stand(lot: &mut LotStanding, fact: &Fact) {
    match fact {
        Fact::BatchOpened(_) | Fact::BatchClosed { .. } => lot.begin_anew(),
        Fact::PackEntered { batch: None, .. } => lot.enter_without_batch(),
        Fact::Lot(fact) => lot.apply(fact),
        _ => {}
    }
}

/// What the station tells the line before this event: of an order that opens a batch, what the records know of its lot.
pub fn known_before(event: &Event, records: &[Record]) -> Option<Event> {
    let Event::Operator { command, .. } = event else {
        return None;
    };
    let OperatorCommand::OpenBatch { gtin, lot, .. } = command else {
        return None;
    };
    let (gtin, lot) = (*gtin, lot.clone());
    let mut opened = records
        .iter()
        .rev()
        .filter_map(|record| match &record.fact {
            Fact::BatchOpened(batch) => Some(batch),
            _ => None,
        });
    let last = opened.find(|batch| batch.gtin == gtin && batch.lot == lot);
    let last = Ok(last.cloned().map(Box::new));
    Some(Event::LotKnown { gtin, lot, last })
}

fn take(found: &mut Restored, gtin: Gtin, source: NumberSource, serial: &SerialNumber) {
    let taken = vec![(gtin, serial.index + 1)];
    match source {
        NumberSource::Own => found.taken = taken,
        NumberSource::Pool => {
            found.pool_taken = taken;
            found.pool_texts.push(serial.clone());
        }
    }
}

fn pool_fact(found: &mut Restored, fact: &PoolFact) {
    found.numbers.apply(fact).expect("it fits");
    if let PoolFact::Exported {
        gtin, first, count, ..
    } = fact
    {
        found.taken = vec![(*gtin, first + count)];
    }
}

fn book(found: &mut Restored, what: Booked<'_>) {
    let Some((_, tally)) = &mut found.batch else {
        return;
    };
    match what {
        Booked::Entered => tally.enter(),
        Booked::Numbered => tally.take_number(),
        Booked::Voided => tally.void_number(),
        Booked::Left(fate, pack) => leave(tally, fate, pack),
    }
}

fn leave(tally: &mut Tally, fate: Fate, pack: &OpenPack) {
    tally.leave(
        fate,
        crate::record::tally::Booking {
            outcome: pack.verdict.as_ref().map(|verdict| &verdict.outcome),
            numbered: pack.serial.is_some(),
            voided: pack.voided,
        },
    );
}

/// One entry in the books.
enum Booked<'a> {
    Entered,
    Numbered,
    Voided,
    Left(Fate, &'a OpenPack),
}
