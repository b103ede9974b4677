//! The disk under virtual time: the store's own code on a database in memory. What is under way takes its time, and is
//! lost or not when the power goes; what was acknowledged is there for ever.

use super::witness::Witness;
use crate::record::{Actor, Fact, PointId, PoolFact, Record, Restored, Tick};
use crate::serial::NumberList;
use crate::store::{
    self, Commit, GROUP_COMMITS_MAX, Medium, OpenOptions, Reader, Store, StoreError, StoreEvent,
};
use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;
use vidimus_simulators::random::Random;

/// Commits on their way to the disk in one transaction.
struct Writing {
    done_at: Tick,
    took: Duration,
    group: Vec<Commit>,
}

/// The store and what is on its way to it.
pub struct Disk {
    options: OpenOptions,
    /// Keeps the database alive while no station has it open, and answers questions.
    reader: Reader,
    store: Option<Store>,
    waiting: VecDeque<Commit>,
    writing: Option<Writing>,
    /// The next write fails.
    pub fails_next: bool,
    failed: bool,
    /// No write and no start until then, and what the system says.
    unusable: Option<(Tick, &'static str)>,
    /// Commits take up to this long until then.
    slow_until: Tick,
    /// The last record acknowledged to anyone.
    pub acknowledged: u64,
    random: Random,
}

fn name_of(seed: u64) -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static WORLDS: AtomicU64 = AtomicU64::new(0);
    let world = WORLDS.fetch_add(1, Ordering::Relaxed);
    format!("world-{seed}-{world}")
}

impl Disk {
    /// An empty one.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub fn new(seed: u64) -> Result<Disk, StoreError> {
        let options = OpenOptions {
            medium: Medium::Memory(name_of(seed)),
            ..OpenOptions::default()
        };
        let store = store::open(Path::new("world"), options.clone())?;
        let reader = store.reader()?;
        Ok(Disk {
            options,
            reader,
            store: Some(store),
            waiting: VecDeque::new(),
            writing: None,
            fails_next: false,
            failed: false,
            unusable: None,
            slow_until: Tick(0),
            acknowledged: 0,
            random: Random::stream(seed, 0xD15C),
        })
    }

    /// Questions about what is there.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Writes fail and no station starts until then; this is what the system says.
    pub fn be_unusable_until(&mut self, until: Tick, why: &'static str) {
        self.unusable = Some((until, why));
    }

    /// It is right again; what failed stays failed until a new start.
    pub fn heal(&mut self) {
        self.unusable = None;
        self.slow_until = Tick(0);
    }

    /// Why no station can start now.
    pub fn refuses(&self, now: Tick) -> Option<&'static str> {
        self.unusable
            .filter(|(until, _)| now < *until)
            .map(|(_, why)| why)
    }

    /// Opens the store as a starting station does, every check included, and gives where everything stood.
    ///
    /// # Errors
    /// The store refuses: it is damaged.
    pub fn open(&mut self) -> Result<Restored, StoreError> {
        let store = store::open(Path::new("world"), self.options.clone())?;
        let restored = store.reader()?.restore()?;
        self.store = Some(store);
        self.failed = false;
        self.fails_next = false;
        Ok(restored)
    }

    /// Questions by somebody who outlives the world.
    ///
    /// # Errors
    /// There is no connection to be had.
    pub fn another_reader(&self) -> Result<Reader, StoreError> {
        Reader::open(Path::new("world"), &self.options)
    }

    /// Takes a list in as a pool, as at the counter of a station that is not running.
    ///
    /// # Errors
    /// The store refuses it.
    pub fn import(&mut self, list: NumberList) -> Result<(), StoreError> {
        let register = self.reader.numbers()?;
        let fact = PoolFact::Imported {
            pool: register.next_pool(),
            gtin: list.gtin(),
            first: register.next_first(list.gtin()),
            count: list.len() as u64,
            content: list.content(),
            longest: list.longest(),
            source: "a world's list".to_owned(),
        };
        let store = self.store.as_mut().expect("no station runs yet");
        let record = Record {
            seq: store.last_seq() + 1,
            at: Tick(0),
            point: PointId::STATION,
            actor: Actor::Station,
            reason: None,
            template: None,
            fact: Fact::Pool(fact),
        };
        let commit = Commit {
            lists: vec![list],
            ..Commit::of(0, vec![record])
        };
        store.commit(&[commit]).map(drop)
    }

    /// Takes the records of a turn.
    pub fn write(&mut self, now: Tick, utc_ms: i64, records: Vec<Record>) {
        self.waiting.push_back(Commit::of(utc_ms, records));
        self.begin(now);
    }

    /// A disk that is free takes whatever waits, as the store's writer does.
    fn begin(&mut self, now: Tick) {
        if self.writing.is_some() || self.waiting.is_empty() {
            return;
        }
        let ms = match now < self.slow_until {
            true => self.random.between(1, 2000),
            false => self.random.between(1, 5),
        };
        let took = Duration::from_millis(ms);
        let count = self.waiting.len().min(GROUP_COMMITS_MAX);
        self.writing = Some(Writing {
            done_at: now + took,
            took,
            group: self.waiting.drain(..count).collect(),
        });
    }

    /// When the next commits are done.
    pub fn next_due(&self) -> Option<Tick> {
        self.writing.as_ref().map(|writing| writing.done_at)
    }

    /// Commits that are not on the disk.
    pub fn waiting(&self) -> usize {
        let writing = self.writing.as_ref();
        self.waiting.len() + writing.map_or(0, |writing| writing.group.len())
    }

    /// Slow until then.
    pub fn be_slow_until(&mut self, until: Tick) {
        self.slow_until = until;
    }

    /// Carries out what is done by now.
    ///
    /// # Errors
    /// The store refuses its own records: a contradiction.
    pub fn settle(
        &mut self,
        now: Tick,
        witness: &mut Witness,
    ) -> Result<Option<StoreEvent>, StoreError> {
        if self.next_due().is_none_or(|due| due > now) {
            return Ok(None);
        }
        let writing = self.writing.take().expect("one is due");
        if self.failed {
            return Ok(None);
        }
        if std::mem::take(&mut self.fails_next) {
            // It may have reached the platter all the same; nobody is told so.
            if self.random.chance(0.5) {
                self.apply(&writing.group, witness)?;
            }
            self.failed = true;
            self.waiting.clear();
            let text = "The disk says: input/output error. Check it, then start the station again.";
            return Ok(Some(StoreEvent::Failed { text: text.into() }));
        }
        if let Some(why) = self.refuses(now) {
            self.failed = true;
            self.waiting.clear();
            let text =
                format!("The disk says: {why}. Make it right, then start the station again.");
            return Ok(Some(StoreEvent::Failed { text }));
        }
        let through = self.apply(&writing.group, witness)?;
        self.acknowledged = through;
        self.begin(now);
        let took = writing.took;
        Ok(Some(StoreEvent::Committed { through, took }))
    }

    fn apply(&mut self, group: &[Commit], witness: &mut Witness) -> Result<u64, StoreError> {
        let store = self
            .store
            .as_mut()
            .expect("a station that writes has it open");
        let through = store.commit(group)?;
        store.settle()?;
        for commit in group {
            witness.committed(&commit.records);
        }
        Ok(through)
    }

    /// The power goes: the transaction under way may be on the disk, acknowledged to nobody.
    ///
    /// # Errors
    /// As [`Disk::settle`].
    pub fn power_cut(&mut self, witness: &mut Witness) -> Result<(), StoreError> {
        let under_way = self.writing.take().filter(|_| !self.failed);
        if let Some(writing) = under_way
            && self.random.chance(0.5)
        {
            self.apply(&writing.group, witness)?;
        }
        self.waiting.clear();
        self.store = None;
        Ok(())
    }
}
