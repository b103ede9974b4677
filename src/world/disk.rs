//! The disk under virtual time: the store's own code on a database in memory. What is under way takes its time, and is
//! lost or not when the power goes; what was acknowledged is there for ever.

use super::witness::Witness;
use crate::record::{Record, Restored, Tick};
use crate::store::{self, Commit, Medium, OpenOptions, Reader, Store, StoreError, StoreEvent};
use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;
use vidimus_simulators::random::Random;

/// A commit on its way to the disk.
struct Writing {
    done_at: Tick,
    took: Duration,
    commit: Commit,
}

/// The store and what is on its way to it.
pub struct Disk {
    options: OpenOptions,
    /// Keeps the database alive while no station has it open, and answers questions.
    reader: Reader,
    store: Option<Store>,
    writing: VecDeque<Writing>,
    /// The next write fails.
    pub fails_next: bool,
    failed: bool,
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
            writing: VecDeque::new(),
            fails_next: false,
            failed: false,
            slow_until: Tick(0),
            acknowledged: 0,
            random: Random::stream(seed, 0xD15C),
        })
    }

    /// Questions about what is there.
    pub fn reader(&self) -> &Reader {
        &self.reader
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

    /// Takes the records of a turn.
    pub fn write(&mut self, now: Tick, utc_ms: i64, records: Vec<Record>) {
        let ms = match now < self.slow_until {
            true => self.random.between(1, 2000),
            false => self.random.between(1, 5),
        };
        let took = Duration::from_millis(ms);
        let begins = self.writing.back().map_or(now, |last| last.done_at);
        self.writing.push_back(Writing {
            done_at: begins.max(now) + took,
            took,
            commit: Commit { utc_ms, records },
        });
    }

    /// When the next commit is done.
    pub fn next_due(&self) -> Option<Tick> {
        self.writing.front().map(|writing| writing.done_at)
    }

    /// Commits that wait.
    pub fn waiting(&self) -> usize {
        self.writing.len()
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
        let Some(writing) = self.writing.pop_front_if(|writing| writing.done_at <= now) else {
            return Ok(None);
        };
        if self.failed {
            return Ok(None);
        }
        if std::mem::take(&mut self.fails_next) {
            // It may have reached the platter all the same; nobody is told so.
            if self.random.chance(0.5) {
                self.apply(writing.commit, witness)?;
            }
            self.failed = true;
            self.writing.clear();
            let text = "The disk says: input/output error. Check it, then start the station again.";
            return Ok(Some(StoreEvent::Failed { text: text.into() }));
        }
        let through = self.apply(writing.commit, witness)?;
        self.acknowledged = through;
        let took = writing.took;
        Ok(Some(StoreEvent::Committed { through, took }))
    }

    fn apply(&mut self, commit: Commit, witness: &mut Witness) -> Result<u64, StoreError> {
        let store = self
            .store
            .as_mut()
            .expect("a station that writes has it open");
        let through = store.commit(std::slice::from_ref(&commit))?;
        witness.committed(&commit.records);
        Ok(through)
    }

    /// The power goes: of what was under way the first few may be on the disk, acknowledged to nobody.
    ///
    /// # Errors
    /// As [`Disk::settle`].
    pub fn power_cut(&mut self, witness: &mut Witness) -> Result<(), StoreError> {
        let under_way = std::mem::take(&mut self.writing);
        for writing in under_way {
            if self.failed || self.random.chance(0.5) {
                break;
            }
            self.apply(writing.commit, witness)?;
        }
        self.store = None;
        Ok(())
    }
}
