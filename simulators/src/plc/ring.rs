//! A ring of keyed entries in holding registers: entry `i` sits in slot `i mod depth`. PURE.

use super::contract::CONTRACT;
use super::map::{PlcMap, RingPlace, Table};

/// One ring.
#[derive(Debug, Clone)]
pub struct Ring {
    place: RingPlace,
    /// The registers.
    pub words: Vec<u16>,
}

impl Ring {
    /// An empty ring of this name in the map.
    #[must_use]
    pub fn new(map: &PlcMap, name: &str, depth: u16) -> Ring {
        let place = map.ring(name).clone();
        Ring {
            words: vec![0; place.entry_words * usize::from(depth)],
            place,
        }
    }

    /// The table its registers are of.
    #[must_use]
    pub fn table(&self) -> Table {
        self.place.table
    }

    /// Words of one entry, its check word included.
    #[must_use]
    pub fn entry_words(&self) -> usize {
        self.place.entry_words
    }

    /// Which slot a number has.
    fn slot_of(&self, number: u32) -> usize {
        let depth = self.words.len() / self.place.entry_words;
        usize::try_from(number).expect("32 bits fit") % depth
    }

    /// Puts an entry, given in the contract's order and without its check word.
    pub fn put(&mut self, number: u32, entry: &[u16]) {
        let order = &self.place.order;
        assert_eq!(entry.len() + 1, order.len(), "an entry has its words");
        let at = self.slot_of(number) * self.place.entry_words;
        let slot = &mut self.words[at..at + self.place.entry_words];
        for (word, place) in entry.iter().chain([&CONTRACT.check(entry)]).zip(order) {
            slot[*place] = *word;
        }
    }

    /// The words of slot `number mod depth`, in the contract's order.
    #[must_use]
    pub fn slot(&self, number: u32) -> Vec<u16> {
        self.nth(self.slot_of(number))
    }

    /// The words of the nth slot, in the contract's order.
    #[must_use]
    pub fn nth(&self, slot: usize) -> Vec<u16> {
        let at = slot * self.place.entry_words;
        let order = self.place.order.iter();
        order.map(|place| self.words[at + place]).collect()
    }

    /// The part of the words that registers `address..address + count` name, if they all lie
    /// inside.
    #[must_use]
    pub fn range(&self, address: u16, count: usize) -> Option<std::ops::Range<usize>> {
        let from = usize::from(address.checked_sub(self.place.base)?);
        (from + count <= self.words.len()).then_some(from..from + count)
    }
}
