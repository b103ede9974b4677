//! One alarm that tells of several things: the first by name, and how many more; or the newest, and how many there
//! were. PURE.

use std::collections::BTreeSet;

/// Most things that an alarm names one by one.
const NAMED_MAX: usize = 3;

/// What an alarm tells of since it began.
#[derive(Debug, Default)]
pub struct Several {
    named: Vec<String>,
    more: u64,
}

impl Several {
    /// One more.
    pub fn add(&mut self, what: String) {
        match self.named.len() < NAMED_MAX {
            true => self.named.push(what),
            false => self.more += 1,
        }
    }

    /// All of them, on one line.
    pub fn text(&self) -> String {
        let named = self.named.join("; ");
        match self.more {
            0 => named,
            more => format!("{named}; and {more} more"),
        }
    }
}

/// Most different texts of one episode that go on record.
pub const TOLD_MAX: usize = 64;

/// What happened and was over, one thing after the other, since an alarm began.
#[derive(Debug, Default)]
pub struct Told {
    on_record: BTreeSet<String>,
    newest: String,
    count: u64,
}

impl Told {
    /// One more: what of it goes on record. The same words go there once.
    pub fn add(&mut self, what: &str) -> Option<String> {
        what.clone_into(&mut self.newest);
        self.count += 1;
        if self.on_record.contains(what) || self.on_record.len() > TOLD_MAX {
            return None;
        }
        let is_last = self.on_record.len() == TOLD_MAX;
        self.on_record.insert(what.to_owned());
        Some(match is_last {
            false => what.to_owned(),
            true => format!(
                "more than {TOLD_MAX} different ones; the further ones are only counted until this is acknowledged"
            ),
        })
    }

    /// The newest, and how many there were.
    pub fn text(&self) -> String {
        match self.count {
            0 | 1 => self.newest.clone(),
            count => format!("{} (the newest of {count})", self.newest),
        }
    }
}
