//! Serials of the open batch that were seen in ink, one bit each. PURE.

/// A growing set of counter values, dense from its first one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenSerials {
    base: u64,
    words: Vec<u64>,
}

impl SeenSerials {
    /// An empty set for counter values from `base` on.
    pub fn from_base(base: u64) -> SeenSerials {
        SeenSerials {
            base,
            words: Vec::new(),
        }
    }

    /// Adds a counter value; values below the base belong to earlier batches and are known by their lot.
    pub fn insert(&mut self, index: u64) {
        let Some(place) = index.checked_sub(self.base) else {
            return;
        };
        let (word, bit) = ((place / 64) as usize, place % 64);
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << bit;
    }

    /// Whether the counter value was added.
    pub fn contains(&self, index: u64) -> bool {
        let Some(place) = index.checked_sub(self.base) else {
            return false;
        };
        let word = self.words.get((place / 64) as usize).copied().unwrap_or(0);
        word >> (place % 64) & 1 == 1
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn holds_exactly_what_was_added() {
        let mut seen = SeenSerials::from_base(100);
        for index in [100, 163, 164, 1000, 7] {
            seen.insert(index);
        }
        let held: Vec<u64> = (0..2000).filter(|index| seen.contains(*index)).collect();
        assert_eq!(held, [100, 163, 164, 1000]);
    }
}
