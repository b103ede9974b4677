//! A factory whose batches take numbers from pools: what its store holds, and how the line gets at it.

use super::super::{open_batch, plan, restore::restore};
use super::{Faults, GTIN, World};
use crate::line::{Event, Line, NumbersRead};
use crate::record::pool::ListHasher;
use crate::record::{
    Actor, CryptoTail, Fact, Longest, NumberSource, POOL_INDEX_FIRST, PointId, PoolFact, PoolNo,
    PoolNumber, Record, SerialNumber, Tick,
};
use crate::wire::OperatorCommand;

/// Texts that an own number never is, of every length and with every kind of character.
fn text(no: usize) -> String {
    let signs: Vec<char> = "!\"%&'()*+,-./:;<=>?_az".chars().collect();
    let padding = "0".repeat(no % 14);
    format!("{}{padding}{no}", signs[no % signs.len()])
}

impl World {
    /// One whose store holds pools of so many numbers, and whose batches take theirs from them.
    pub fn with_pools(seed: u64, faults: Faults, lists: &[usize]) -> World {
        let mut world = World::new(seed, faults);
        let gtin = GTIN.parse().expect("a GTIN");
        let mut first = POOL_INDEX_FIRST;
        for (place, count) in lists.iter().enumerate() {
            let pool = (world.pools.len()..world.pools.len() + count).map(|no| PoolNumber {
                serial: SerialNumber {
                    index: POOL_INDEX_FIRST + no as u64,
                    text: text(no),
                },
                tail: CryptoTail([None, Some(format!("tail{no}")), None]),
            });
            world.pools.extend(pool.collect::<Vec<_>>());
            let imported = PoolFact::Imported {
                pool: PoolNo(place as u32 + 1),
                gtin,
                first,
                count: *count as u64,
                content: ListHasher::new(gtin).finish(),
                longest: Longest::default(),
                source: "list.csv".to_owned(),
            };
            world.disk.push(Record {
                seq: place as u64 + 1,
                at: Tick(0),
                point: PointId::STATION,
                actor: Actor::Station,
                reason: None,
                template: None,
                fact: Fact::Pool(imported),
            });
            first += *count as u64;
        }
        world.source = NumberSource::Pool;
        world.line = Line::new(Tick(0), plan(1), restore(&world.disk));
        world
    }

    /// Opens a batch with the numbers of this world.
    pub fn open_batch(&self) -> OperatorCommand {
        let mut command = open_batch();
        if let OperatorCommand::OpenBatch { numbers, .. } = &mut command {
            *numbers = self.source;
        }
        command
    }

    /// The store reads numbers of its pools, a moment later; now and then it cannot.
    pub(super) fn read_numbers(&mut self, gtin: crate::gs1::Gtin, from: u64, count: u32) {
        let numbers = self.pools.iter().filter(|one| one.serial.index >= from);
        let numbers = numbers.take(count as usize).cloned().collect();
        let fails = self
            .dice
            .once_in_thousand(self.faults.mischief.unread_numbers);
        let read = Event::NumbersRead(NumbersRead {
            gtin,
            from,
            numbers: match fails {
                true => Err("the disk said no".to_owned()),
                false => Ok(numbers),
            },
        });
        let at = self.now_ms + 1 + self.dice.below(30);
        self.late.push((at, read));
    }

    /// How many numbers were taken. All of them are on record, in the order of the pools, none twice and none left out.
    pub fn check_pools(&self) -> usize {
        let taken = self.disk.iter().filter_map(|record| match &record.fact {
            Fact::SerialReserved { serial, .. } => Some(serial),
            _ => None,
        });
        let taken: Vec<_> = taken.collect();
        let given = self.pools.iter().map(|number| &number.serial);
        assert!(taken.iter().copied().eq(given.take(taken.len())));
        taken.len()
    }
}
