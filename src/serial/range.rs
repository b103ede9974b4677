//! A station's own part of the indices, and how much of it is left. PURE.

use super::{INDEX_COUNT, Odds};

/// Indices of a station, both ends included. Stations that share key and GTIN have ranges that do not overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IndexRange {
    first: u64,
    last: u64,
}

impl IndexRange {
    /// Everything there is.
    pub const ALL: IndexRange = IndexRange {
        first: 0,
        last: INDEX_COUNT - 1,
    };

    /// The indices from `first` to `last`; `None` when there is none among them, or one that is not below
    /// [`INDEX_COUNT`].
    pub fn new(first: u64, last: u64) -> Option<IndexRange> {
        (first <= last && last < INDEX_COUNT).then_some(IndexRange { first, last })
    }

    /// `count` indices from `first` on; `None` as for [`IndexRange::new`].
    pub fn starting(first: u64, count: u64) -> Option<IndexRange> {
        IndexRange::new(first, first.checked_add(count.checked_sub(1)?)?)
    }

    /// The first index.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// The last index.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// How many indices there are; at least 1.
    pub fn count(&self) -> u64 {
        self.last - self.first + 1
    }

    /// Whether the index is one of these.
    pub fn has(&self, index: u64) -> bool {
        (self.first..=self.last).contains(&index)
    }

    /// Whether all indices of `other` are among these.
    pub fn holds(&self, other: &IndexRange) -> bool {
        self.has(other.first) && self.has(other.last)
    }

    /// The index that is taken next where all below `next_free` are gone; `None` when the range is used up.
    pub fn next(&self, next_free: u64) -> Option<u64> {
        let next = self.first.max(next_free);
        self.has(next).then_some(next)
    }
}

/// How much of a station's range is taken for one GTIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stock {
    range: IndexRange,
    next_free: u64,
}

impl Stock {
    /// A range of which less than this share is left is low, in percent.
    pub const LOW_WATER_PERCENT: u8 = 10;

    /// `next_free`: the index after the last one taken, 0 when none was.
    pub fn new(range: IndexRange, next_free: u64) -> Stock {
        Stock { range, next_free }
    }

    /// The index that is taken next; `None` when the range is used up.
    pub fn next(&self) -> Option<u64> {
        self.range.next(self.next_free)
    }

    /// Indices of the range that are not taken.
    pub fn left(&self) -> u64 {
        self.next().map_or(0, |next| self.range.last - next + 1)
    }

    /// Indices of the range that are taken. What was taken before the station got this range is not among them.
    pub fn taken(&self) -> u64 {
        self.range.count() - self.left()
    }

    /// The share that is taken, from 0 to 1.
    pub fn share_used(&self) -> f64 {
        self.taken() as f64 / self.range.count() as f64
    }

    /// Whether less than `percent` of the range is left.
    pub fn is_low(&self, percent: u8) -> bool {
        u128::from(self.left()) * 100 < u128::from(self.range.count()) * u128::from(percent)
    }

    /// The odds of guessing one of the numbers taken.
    pub fn odds(&self) -> Odds {
        Odds::new(self.taken()).expect("a range is no larger than the space")
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_end_where_they_say() {
        assert_eq!(IndexRange::new(0, INDEX_COUNT), None);
        assert_eq!(IndexRange::new(8, 7), None);
        assert_eq!(IndexRange::starting(8, 0), None);
        assert_eq!(IndexRange::starting(u64::MAX, 2), None);
        assert_eq!(IndexRange::starting(0, INDEX_COUNT), Some(IndexRange::ALL));
        let range = IndexRange::starting(100, 50).expect("a range");
        assert_eq!((range.first(), range.last(), range.count()), (100, 149, 50));
        assert!(range.holds(&range) && !range.holds(&IndexRange::ALL));
        assert!(IndexRange::ALL.holds(&range));
        assert_eq!(range.next(0), Some(100));
        assert_eq!(range.next(149), Some(149));
        assert_eq!(range.next(150), None);
    }

    #[test]
    fn a_stock_is_low_when_less_than_the_share_is_left() {
        let range = IndexRange::starting(1000, 100).expect("a range");
        let low = |next| Stock::new(range, next).is_low(Stock::LOW_WATER_PERCENT);
        assert_eq!([0, 1090, 1091, 1100].map(low), [false, false, true, true]);
        assert_eq!(Stock::new(range, 1100).next(), None);
    }

    proptest! {
        #[test]
        fn taken_and_left_are_the_range(first in 0..INDEX_COUNT, count in 1..INDEX_COUNT, taken: u64) {
            let count = count.min(INDEX_COUNT - first);
            let range = IndexRange::starting(first, count).expect("a range");
            let taken = taken % (count + 1);
            let stock = Stock::new(range, first + taken);
            prop_assert_eq!((stock.taken(), stock.left()), (taken, count - taken));
            prop_assert_eq!(stock.next(), (taken < count).then_some(first + taken));
        }
    }
}
