//! Serials of the open batch that were seen in ink, one bit each. PURE.

use std::collections::BTreeMap;

/// A growing set of counter values, mostly dense. Where in its range a station counts costs nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenSerials {
    base: u64,
    /// 64 values each, by their value over 64.
    words: BTreeMap<u64, u64>,
}

impl SeenSerials {
    /// An empty set for counter values from `base` on.
    pub fn from_base(base: u64) -> SeenSerials {
        SeenSerials {
            base,
            words: BTreeMap::new(),
        }
    }

    /// Adds a counter value; values below the base belong to earlier batches and are known by their lot.
    pub fn insert(&mut self, index: u64) {
        if index >= self.base {
            *self.words.entry(index / 64).or_default() |= 1 << (index % 64);
        }
    }

    /// Whether the counter value was added.
    pub fn contains(&self, index: u64) -> bool {
        let word = self.words.get(&(index / 64)).copied().unwrap_or(0);
        word >> (index % 64) & 1 == 1
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn holds_exactly_what_was_added() {
        let mut seen = SeenSerials::from_base(100);
        for index in [100, 163, 164, 1000, 7, u64::MAX] {
            seen.insert(index);
        }
        let held: Vec<u64> = (0..2000).filter(|index| seen.contains(*index)).collect();
        assert_eq!(held, [100, 163, 164, 1000]);
        assert!(seen.contains(u64::MAX));
    }
}
