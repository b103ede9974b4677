//! A list of numbers from outside, as it was read: a million of them side by side in one piece of memory. PURE.

use crate::gs1::Gtin;
use crate::record::pool::ListHasher;
use crate::record::{CryptoTail, ListHash, Longest, POOL_INDEX_FIRST, PoolNumber, SerialNumber};

// Counter values of pools begin where those of the permutation end.
const _: () = assert!(POOL_INDEX_FIRST == super::INDEX_COUNT);

/// A number of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed<'a> {
    /// Its text, for AI (21).
    pub text: &'a str,
    /// What belongs to it, for AI (91), (92) and (93).
    pub tail: [Option<&'a str>; 3],
    /// The line of the file it stands in, from 1.
    pub line: u32,
}

/// Where a number stands in the list's memory: its text and the three parts behind each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    at: u64,
    lengths: [u8; 4],
    line: u32,
}

/// Numbers of one product, in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberList {
    gtin: Gtin,
    texts: String,
    places: Vec<Place>,
    /// Their order by the bytes of their texts; complete once [`NumberList::sort`] was called.
    by_text: Vec<u32>,
}

impl NumberList {
    /// An empty list.
    pub fn new(gtin: Gtin) -> NumberList {
        NumberList {
            gtin,
            texts: String::new(),
            places: Vec::new(),
            by_text: Vec::new(),
        }
    }

    /// The product.
    pub fn gtin(&self) -> Gtin {
        self.gtin
    }

    /// How many numbers.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Adds a number; no text in it is longer than 255 bytes.
    pub fn push(&mut self, number: Listed<'_>) {
        let at = self.texts.len() as u64;
        let [first, second, third] = number.tail.map(Option::unwrap_or_default);
        let lengths = [number.text, first, second, third].map(|text| {
            self.texts.push_str(text);
            u8::try_from(text.len()).expect("what was checked is short")
        });
        let line = number.line;
        self.places.push(Place { at, lengths, line });
    }

    fn listed(&self, place: &Place) -> Listed<'_> {
        let mut rest = &self.texts[place.at as usize..];
        let [text, parts @ ..] = place.lengths.map(|length| {
            let (text, behind) = rest.split_at(usize::from(length));
            rest = behind;
            text
        });
        Listed {
            text,
            tail: parts.map(|part| (!part.is_empty()).then_some(part)),
            line: place.line,
        }
    }

    /// The numbers in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = Listed<'_>> {
        self.places.iter().map(|place| self.listed(place))
    }

    /// The numbers by the bytes of their texts; of equal ones the first that came comes first.
    ///
    /// # Panics
    /// When the list was not sorted since the last number came.
    pub fn sorted(&self) -> impl Iterator<Item = Listed<'_>> {
        assert_eq!(self.by_text.len(), self.places.len(), "sorted before");
        let places = self.by_text.iter().map(|no| &self.places[*no as usize]);
        places.map(|place| self.listed(place))
    }

    /// Works out the order by text.
    pub fn sort(&mut self) {
        let mut order: Vec<u32> = (0..self.places.len() as u32).collect();
        let text = |no: &u32| self.listed(&self.places[*no as usize]).text;
        order.sort_unstable_by(|one, other| text(one).cmp(text(other)).then(one.cmp(other)));
        self.by_text = order;
    }

    /// What the numbers are, in whatever order they came: [`ListHasher`].
    ///
    /// # Panics
    /// As [`NumberList::sorted`].
    pub fn content(&self) -> ListHash {
        let mut hasher = ListHasher::new(self.gtin);
        for number in self.sorted() {
            hasher.add(number.text, number.tail);
        }
        hasher.finish()
    }

    /// What a label must have room for.
    pub fn longest(&self) -> Longest {
        let mut longest = [0; 4];
        for place in &self.places {
            for (most, length) in longest.iter_mut().zip(place.lengths) {
                *most = length.max(*most);
            }
        }
        let [serial, tail @ ..] = longest;
        Longest { serial, tail }
    }

    /// The numbers with their counter values, from `first` on.
    pub fn numbers(&self, first: u64) -> impl Iterator<Item = PoolNumber> {
        (first..)
            .zip(self.iter())
            .map(|(index, number)| PoolNumber {
                serial: SerialNumber {
                    index,
                    text: number.text.to_owned(),
                },
                tail: CryptoTail(number.tail.map(|part| part.map(str::to_owned))),
            })
    }
}
