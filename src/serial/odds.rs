//! With what chance a made-up serial is one that was issued, and what the law asks of it. PURE.

use super::INDEX_COUNT;

/// The chance that one guess hits an issued serial of a GTIN: `issued / 2^60`.
///
/// That is so for whoever has not got the key: to them every text is as likely as any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Odds {
    issued: u64,
}

impl Odds {
    /// The law asks for a chance below 1 in so many: Commission Delegated Regulation (EU) 2016/161 Article 4(c) for
    /// medicines, Commission Implementing Regulation (EU) 2018/574 Article 8 for tobacco.
    pub const LAW_ONE_IN: u64 = 10_000;

    /// With so many serials of one GTIN issued the law's demand holds no more: the least N with N / 2^60 ≥ 1 / 10,000.
    pub const LAW_STOPS_AT: u64 = INDEX_COUNT.div_ceil(Self::LAW_ONE_IN);

    /// The odds with `issued` serials of a GTIN out; `None` when there are not so many.
    pub fn new(issued: u64) -> Option<Odds> {
        (issued <= INDEX_COUNT).then_some(Odds { issued })
    }

    /// Serials out.
    pub fn issued(&self) -> u64 {
        self.issued
    }

    /// One guess in so many hits, rounded down; `None` when there is nothing to hit.
    pub fn one_in(&self) -> Option<u64> {
        INDEX_COUNT.checked_div(self.issued)
    }

    /// Whether the chance is below 1 in [`Odds::LAW_ONE_IN`].
    pub fn hold(&self) -> bool {
        self.issued < Self::LAW_STOPS_AT
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn the_law_holds_below_one_in_ten_thousand_and_not_at_it() {
        // 2^60 = 1,152,921,504,606,846,976
        assert_eq!(Odds::LAW_STOPS_AT, 115_292_150_460_685);
        let odds = |issued| Odds::new(issued).expect("so many there are");
        assert_eq!(odds(1_000_000_000).one_in(), Some(1_152_921_504));
        assert_eq!(odds(0).one_in(), None);
        assert!(odds(0).hold() && odds(Odds::LAW_STOPS_AT - 1).hold());
        assert!(!odds(Odds::LAW_STOPS_AT).hold());
        for issued in [Odds::LAW_STOPS_AT - 1, Odds::LAW_STOPS_AT] {
            let below = u128::from(issued) * u128::from(Odds::LAW_ONE_IN) < u128::from(INDEX_COUNT);
            assert_eq!(odds(issued).hold(), below);
        }
        assert_eq!(odds(INDEX_COUNT).one_in(), Some(1));
        assert_eq!(Odds::new(INDEX_COUNT + 1), None);
    }
}
