//! A ring of keyed entries in holding registers: entry `i` sits in slot `i mod depth`. PURE.

use super::contract::CONTRACT;

/// One ring.
#[derive(Debug, Clone)]
pub struct Ring {
    /// First register.
    pub base: u16,
    /// Words of one entry, its check word included.
    pub entry_words: usize,
    /// The registers.
    pub words: Vec<u16>,
}

impl Ring {
    /// An empty ring of this name in the contract.
    #[must_use]
    pub fn new(name: &str, depth: u16) -> Ring {
        let (base, entry_words) = CONTRACT.ring(name);
        Ring {
            base,
            entry_words,
            words: vec![0; entry_words * usize::from(depth)],
        }
    }

    /// Where slot `number mod depth` begins in the words.
    fn slot_at(&self, number: u32) -> usize {
        let depth = self.words.len() / self.entry_words;
        let slot = usize::try_from(number).expect("32 bits fit") % depth;
        slot * self.entry_words
    }

    /// Puts an entry, given without its check word.
    pub fn put(&mut self, number: u32, entry: &[u16]) {
        assert_eq!(entry.len() + 1, self.entry_words, "an entry has its words");
        let at = self.slot_at(number);
        let slot = &mut self.words[at..at + self.entry_words];
        slot[..entry.len()].copy_from_slice(entry);
        slot[entry.len()] = CONTRACT.check(entry);
    }

    /// The words of slot `number mod depth`.
    #[must_use]
    pub fn slot(&self, number: u32) -> &[u16] {
        let at = self.slot_at(number);
        &self.words[at..at + self.entry_words]
    }

    /// The part of the words that registers `address..address + count` name, if they all lie inside.
    #[must_use]
    pub fn range(&self, address: u16, count: usize) -> Option<std::ops::Range<usize>> {
        let from = usize::from(address.checked_sub(self.base)?);
        (from + count <= self.words.len()).then_some(from..from + count)
    }
}
