//! Which number a pack gets: the next of the site's own, or the next of the GTIN's pools. PURE.
//!
//! Own numbers are made on the spot. Those of pools stand in the store, which the line does not know: it asks for a
//! stretch ahead of what it needs and keeps at most [`NUMBERS_AHEAD_MAX`]. Only a reservation takes a number, so what
//! was read ahead is not lost by a restart: it is read again.

use super::alarm::AlarmKind;
use super::pack::Pack;
use super::people::Who;
use super::stops::StopReason;
use super::{Effect, Line, NumbersRead};
use crate::gs1::Gtin;
use crate::record::{
    CryptoTail, Fact, NumberRegister, NumberSource, PointId, PoolFact, PoolNo, PoolNumber,
    Restored, SerialNumber, Tick, Token,
};
use crate::serial::Stock;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

/// Numbers of a pool that are read ahead at most.
pub const NUMBERS_AHEAD_MAX: usize = 512;

/// Pause after which numbers are asked for again that did not come.
const ASK_PAUSE: Duration = Duration::from_secs(1);

/// What the line knows of numbers.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// Pools, and blocks that were handed out.
    register: NumberRegister,
    /// Per GTIN the counter value after the last own one that is gone.
    own_taken: BTreeMap<Gtin, u64>,
    /// Per GTIN the counter value after the last one of a pool that is gone.
    pool_taken: BTreeMap<Gtin, u64>,
    supply: Supply,
    /// The line was stopped because the open batch has no number left; once is enough to be noticed, and the belt must
    /// be run empty afterwards.
    stopped: bool,
}

/// Numbers of the open batch's pools.
#[derive(Debug, Default)]
struct Supply {
    /// Read ahead, in order.
    ahead: VecDeque<PoolNumber>,
    /// Asked for, from this counter value on.
    asked: Option<(Gtin, u64)>,
    /// Not asked for again before.
    not_before: Tick,
    /// Why none came the last time.
    fault: Option<String>,
    /// Counter values of numbers that the batch took, by [`key_of`] their text.
    taken: HashMap<u64, u64>,
}

/// Stands for a text: 64 bits of its SHA-256, a fraction of the memory. Two texts that share it can make a foreign text
/// look like one of ours on a pack that is rejected all the same; never the other way round.
fn key_of(text: &str) -> u64 {
    let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    hash.iter()
        .take(8)
        .fold(0, |key, byte| key << 8 | u64::from(*byte))
}

/// The next number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// It can be taken.
    Ready,
    /// It is being read.
    Coming,
    /// There is none.
    UsedUp,
}

impl Numbers {
    /// As it stood at the last commit.
    pub(super) fn restored(restored: &Restored) -> Numbers {
        let taken = restored.pool_texts.iter();
        let taken = taken.map(|serial| (key_of(&serial.text), serial.index));
        Numbers {
            register: restored.numbers.clone(),
            own_taken: restored.taken.iter().copied().collect(),
            pool_taken: restored.pool_taken.iter().copied().collect(),
            supply: Supply {
                taken: taken.collect(),
                ..Supply::default()
            },
            stopped: false,
        }
    }

    /// The own counter values of this GTIN below this one are gone.
    pub(super) fn own_taken(&self, gtin: Gtin) -> u64 {
        self.own_taken.get(&gtin).copied().unwrap_or(0)
    }

    fn pool_taken(&self, gtin: Gtin) -> u64 {
        self.pool_taken.get(&gtin).copied().unwrap_or(0)
    }

    /// How many are read ahead.
    #[cfg(test)]
    pub(super) fn ahead(&self) -> usize {
        self.supply.ahead.len()
    }

    /// The counter value from which on numbers of this source are read next.
    fn read_from(&self, gtin: Gtin) -> Option<u64> {
        let last = self.supply.ahead.back();
        let next = last.map_or(self.pool_taken(gtin), |number| number.serial.index + 1);
        self.register.next_of_pools(gtin, next)
    }
}

impl Line {
    /// Pools, and blocks of own numbers that were handed out.
    pub fn numbers(&self) -> &NumberRegister {
        &self.numbers.register
    }

    /// The product of the open batch and where its numbers come from; `None`: there is no batch, or it needs none.
    fn source(&self) -> Option<(Gtin, NumberSource)> {
        let batch = self.batch.as_ref().filter(|batch| !batch.terms.lot_only)?;
        Some((batch.gtin, batch.numbers))
    }

    /// How many numbers a batch of this product and source can still take.
    fn numbers_left(&self, gtin: Gtin, source: NumberSource) -> u64 {
        let numbers = &self.numbers;
        match source {
            NumberSource::Own => Stock::new(self.plan.range, numbers.own_taken(gtin)).left(),
            NumberSource::Pool => {
                let taken = numbers.pool_taken(gtin);
                numbers.register.left_in_pools(gtin, taken)
            }
        }
    }

    /// A batch is open and no number is left for it.
    pub(super) fn numbers_used_up(&self) -> bool {
        let none = |(gtin, source)| self.numbers_left(gtin, source) == 0;
        self.source().is_some_and(none)
    }

    /// Whether the open batch's next number can be taken.
    pub(super) fn next_number(&self) -> Next {
        match self.source() {
            _ if self.numbers_used_up() => Next::UsedUp,
            None => Next::UsedUp,
            Some((_, NumberSource::Pool)) if self.numbers.supply.ahead.is_empty() => Next::Coming,
            Some(_) => Next::Ready,
        }
    }

    /// Whether the open batch's next label can be made.
    pub(super) fn next_label(&self) -> Next {
        match self.is_lot_only() {
            true => Next::Ready,
            false => self.next_number(),
        }
    }

    /// Takes the next number; it is gone from here on.
    ///
    /// # Panics
    /// When [`Line::next_number`] is not [`Next::Ready`].
    pub(super) fn take_number(&mut self) -> (SerialNumber, CryptoTail) {
        let (gtin, source) = self.source().expect("numbers are taken in a batch only");
        let numbers = &mut self.numbers;
        match source {
            NumberSource::Own => {
                let next = self.plan.range.next(numbers.own_taken(gtin));
                let index = next.expect("asked before a number is taken");
                numbers.own_taken.insert(gtin, index + 1);
                let text = self.plan.key.text(&gtin, index);
                (SerialNumber { index, text }, CryptoTail::default())
            }
            NumberSource::Pool => {
                let next = numbers
                    .register
                    .next_of_pools(gtin, numbers.pool_taken(gtin));
                let number = numbers.supply.ahead.pop_front();
                let PoolNumber { serial, tail } = number.expect("asked before a number is taken");
                assert_eq!(Some(serial.index), next, "pools are used in order");
                numbers.pool_taken.insert(gtin, serial.index + 1);
                numbers
                    .supply
                    .taken
                    .insert(key_of(&serial.text), serial.index);
                (serial, tail)
            }
        }
    }

    /// The counter value of a text that was read, if the open batch or, of own numbers, an earlier one took it.
    pub(super) fn number_read(&self, gtin: Gtin, text: &str) -> Option<u64> {
        if let Some(index) = self.numbers.supply.taken.get(&key_of(text)) {
            return Some(*index);
        }
        let index = self.plan.key.index_of(&gtin, text)?;
        (index < self.numbers.own_taken(gtin)).then_some(index)
    }

    /// A batch opens or closes: what was read ahead was not taken.
    pub(super) fn forget_supply(&mut self) {
        self.numbers.supply = Supply::default();
        self.numbers.stopped = false;
    }

    /// From which counter value on a batch of this source takes its numbers.
    pub(super) fn first_number(&self, gtin: Gtin, source: NumberSource) -> u64 {
        match source {
            NumberSource::Own => self.plan.range.first().max(self.numbers.own_taken(gtin)),
            NumberSource::Pool => {
                let next = self.numbers.pool_taken(gtin);
                self.numbers
                    .register
                    .next_of_pools(gtin, next)
                    .unwrap_or(next)
            }
        }
    }

    /// Why no batch of this source can open; `None` when one can.
    pub(super) fn no_numbers(&self, gtin: Gtin, source: NumberSource) -> Option<String> {
        let none = source == NumberSource::Pool && self.numbers_left(gtin, source) == 0;
        none.then(|| {
            format!(
                "No number is left in the pools of GTIN {gtin}: end the station and import a list with vidimus \
                 serials import, or open the batch with the site's own numbers."
            )
        })
    }

    /// Asks for numbers of the open batch's pools before they are needed.
    pub(super) fn read_ahead(&mut self, now: Tick) {
        let Some((gtin, NumberSource::Pool)) = self.source() else {
            return;
        };
        let ahead = self.numbers.supply.ahead.len();
        let supply = &self.numbers.supply;
        if supply.asked.is_some() || ahead > NUMBERS_AHEAD_MAX / 2 || now < supply.not_before {
            return;
        }
        if let Some(from) = self.numbers.read_from(gtin) {
            self.numbers.supply.asked = Some((gtin, from));
            let count = (NUMBERS_AHEAD_MAX - ahead) as u32;
            self.effect(Effect::ReadNumbers { gtin, from, count });
        }
    }

    /// Numbers were read, or could not be. An answer that nobody waits for any more is of another batch.
    pub(super) fn numbers_read(&mut self, now: Tick, read: NumbersRead) {
        let NumbersRead {
            gtin,
            from,
            numbers,
        } = read;
        if self.numbers.supply.asked != Some((gtin, from)) {
            return;
        }
        self.numbers.supply.asked = None;
        let taken = numbers.and_then(|numbers| self.put_ahead(gtin, numbers));
        self.numbers.supply.fault = taken.err();
        if self.numbers.supply.fault.is_some() {
            self.numbers.supply.not_before = now + ASK_PAUSE;
        }
        self.on_each_lane(|line| line.give_jobs(now));
    }

    /// Puts behind what was read ahead what follows it; numbers between that were given back are passed over.
    fn put_ahead(&mut self, gtin: Gtin, numbers: Vec<PoolNumber>) -> Result<(), String> {
        let before = self.numbers.supply.ahead.len();
        for number in numbers.into_iter().take(NUMBERS_AHEAD_MAX - before) {
            match self.numbers.read_from(gtin) {
                Some(next) if number.serial.index == next => {
                    self.numbers.supply.ahead.push_back(number);
                }
                Some(next) if number.serial.index < next => {}
                _ => break,
            }
        }
        match self.numbers.supply.ahead.len() > before {
            true => Ok(()),
            false => Err("the store does not hold the next number of the pool".to_owned()),
        }
    }

    /// Says in time, and at the end, that numbers run out.
    pub(super) fn watch_numbers(&mut self, now: Tick) {
        let source = self.source();
        let left = source.map(|(gtin, source)| self.numbers_left(gtin, source));
        let words = |left| {
            let (gtin, source) = source.expect("numbers are left of a source");
            let whose = match source {
                NumberSource::Own => "of this station's range",
                NumberSource::Pool => "in the pools",
            };
            format!("GTIN {gtin}, {left} left {whose}")
        };
        let unread = match self.next_number() {
            Next::Coming => self.numbers.supply.fault.clone(),
            Next::Ready | Next::UsedUp => None,
        };
        match (left, unread) {
            (Some(0), _) if self.alarm_stands(AlarmKind::NumbersOut) => {}
            (Some(0), _) => self.raise(now, AlarmKind::NumbersOut, words(0)),
            (Some(_), Some(why)) => self.raise(now, AlarmKind::NumbersOut, why),
            _ => self.clear_alarm(now, AlarmKind::NumbersOut),
        }
        match left.filter(|left| *left < self.plan.low_water) {
            Some(_) if self.alarm_stands(AlarmKind::NumbersLow) => {}
            Some(left) => self.raise(now, AlarmKind::NumbersLow, words(left)),
            None => self.clear_alarm(now, AlarmKind::NumbersLow),
        }
        // Whatever has a number gets its verdict first: a stop would void it.
        let numbered = self.packs().any(Pack::has_open_label);
        if self.numbers_used_up() && !numbered && !self.numbers.stopped {
            self.numbers.stopped = true;
            self.on_each_lane(|line| line.latch(now, StopReason::Numbers));
        }
    }

    /// Takes in what happens with numbers by somebody's order, and puts it on record.
    fn record_numbers(&mut self, now: Tick, who: &Who, fact: PoolFact) -> Result<(), String> {
        self.numbers.register.apply(&fact)?;
        if let PoolFact::Exported {
            gtin, first, count, ..
        } = &fact
        {
            self.numbers.own_taken.insert(*gtin, first + count);
        }
        let Who { actor, reason } = who.clone();
        self.record_by(now, PointId::STATION, actor, reason, Fact::Pool(fact));
        Ok(())
    }

    /// Hands out a block of own numbers; the same request gets the same ones again.
    pub(super) fn export_numbers(
        &mut self,
        now: Tick,
        who: &Who,
        (token, gtin, count): (Token, Gtin, u64),
    ) -> Result<(), String> {
        let stock = Stock::new(self.plan.range, self.numbers.own_taken(gtin));
        let fact = self
            .numbers
            .register
            .request(token, gtin, count, stock.next(), stock.left())?;
        self.record_numbers(now, who, fact)
    }

    /// What is outside of a block that was handed out comes back.
    pub(super) fn return_numbers(
        &mut self,
        now: Tick,
        who: &Who,
        token: &Token,
    ) -> Result<(), String> {
        let outside = self.numbers.register.outside(token)?;
        for fact in PoolFact::returned(token, &outside) {
            self.record_numbers(now, who, fact)?;
        }
        Ok(())
    }

    /// What is left of a pool goes back to whoever supplied it.
    pub(super) fn return_pool(&mut self, now: Tick, who: &Who, no: PoolNo) -> Result<(), String> {
        let register = &self.numbers.register;
        let gtin = register.pool(no).map(|pool| pool.gtin);
        if self
            .source()
            .is_some_and(|(open, source)| source == NumberSource::Pool && gtin == Some(open))
        {
            return Err(
                "The open batch takes numbers from the pools of this GTIN: close it first."
                    .to_owned(),
            );
        }
        let next_free = gtin.map_or(0, |gtin| self.numbers.pool_taken(gtin));
        let fact = register.rest_of_pool(no, next_free)?;
        self.record_numbers(now, who, fact)
    }
}
