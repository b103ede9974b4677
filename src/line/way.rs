//! Units on their way past a reader, in an order in which nobody overtakes. PURE.

use crate::record::{Tick, Unit};
use std::collections::VecDeque;
use std::time::Duration;

/// A unit on its way, or one that went by unread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loose {
    /// Which.
    pub unit: Unit,
    /// What people know it by: what it is, and what a scan of it says.
    pub name: String,
    /// So long the machine has run since it set out.
    ran: Duration,
}

impl Loose {
    /// It sets out.
    pub fn new(unit: Unit, name: String) -> Loose {
        Loose {
            unit,
            name,
            ran: Duration::ZERO,
        }
    }
}

/// A way, with those on it, the first one first.
#[derive(Debug, Default)]
pub struct Way {
    waiting: VecDeque<Loose>,
    /// Since when the machine was last seen to run.
    runs: Option<Tick>,
}

impl Way {
    /// One more sets out.
    pub fn push(&mut self, one: Loose) {
        self.waiting.push_back(one);
    }

    /// Those on it, the first one first.
    pub fn iter(&self) -> impl Iterator<Item = &Loose> {
        self.waiting.iter()
    }

    /// Takes this one off the way.
    pub fn take(&mut self, unit: Unit) -> Option<Loose> {
        let place = self.waiting.iter().position(|one| one.unit == unit)?;
        self.waiting.remove(place)
    }

    /// Others that set out before this one are on it still.
    pub fn is_behind(&self, unit: Unit) -> bool {
        let place = self.waiting.iter().position(|one| one.unit == unit);
        place.is_some_and(|place| place > 0)
    }

    /// The reader saw this one: those before it, which were not read. It stays until it is on record.
    pub fn overtaken_by(&mut self, unit: Unit) -> Vec<Loose> {
        let place = self.waiting.iter().position(|one| one.unit == unit);
        self.waiting.drain(..place.unwrap_or(0)).collect()
    }

    /// One more, in the order in which they came to be.
    pub fn insert(&mut self, one: Loose) {
        let place = self.waiting.iter().position(|other| other.unit > one.unit);
        self.waiting
            .insert(place.unwrap_or(self.waiting.len()), one);
    }

    /// The reader saw this one: it, and those before it, which were not read. Nothing where it was not on this way.
    pub fn read(&mut self, unit: Unit) -> (Option<Loose>, Vec<Loose>) {
        let Some(place) = self.waiting.iter().position(|one| one.unit == unit) else {
            return (None, Vec::new());
        };
        let before = self.waiting.drain(..place).collect();
        (self.waiting.pop_front(), before)
    }

    /// The machine runs at this moment, or it does not: those that should long have been read.
    pub fn too_long(&mut self, now: Tick, runs: bool, most: Duration) -> Vec<Loose> {
        let before = std::mem::replace(&mut self.runs, runs.then_some(now));
        let ran = before
            .filter(|_| runs)
            .map_or(Duration::ZERO, |at| now.since(at));
        self.waiting.iter_mut().for_each(|one| one.ran += ran);
        let over = self.waiting.iter().take_while(|one| one.ran > most).count();
        self.waiting.drain(..over).collect()
    }

    /// Those that are too many to lie on it.
    pub fn too_many(&mut self, most: usize) -> Vec<Loose> {
        let over = self.waiting.len().saturating_sub(most);
        self.waiting.drain(..over).collect()
    }
}
