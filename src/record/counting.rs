//! Orders that count: which of them a station wants signed, and which by two persons. PURE.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A kind of order that a station may want signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CountingOrder {
    /// A batch is closed.
    CloseBatch,
    /// A label template comes into force, or goes.
    Template,
    /// A batch demands another print quality than the station file says.
    Threshold,
    /// A unit's life ends: damaged, destroyed, lost, decommissioned …
    EndOfLife,
    /// An alarm is shelved.
    Shelve,
}

impl CountingOrder {
    /// All of them.
    pub const ALL: [CountingOrder; 5] = [
        CountingOrder::CloseBatch,
        CountingOrder::Template,
        CountingOrder::Threshold,
        CountingOrder::EndOfLife,
        CountingOrder::Shelve,
    ];

    /// Their words in the station file, in the same order.
    pub const WORDS: &[&str] = &[
        "close-batch",
        "template",
        "threshold",
        "end-of-life",
        "shelve",
    ];

    /// Its word in the station file.
    pub fn word(self) -> &'static str {
        CountingOrder::WORDS[self as usize]
    }

    /// What it is, to be read before "is signed at this station".
    pub fn what(self) -> &'static str {
        match self {
            CountingOrder::CloseBatch => "Closing a batch",
            CountingOrder::Template => "A change of the label template",
            CountingOrder::Threshold => "Another print quality than the station file's",
            CountingOrder::EndOfLife => "The end of a unit's life",
            CountingOrder::Shelve => "Shelving an alarm",
        }
    }
}

/// Some of these kinds. In a station file: their words with blanks between, `all`, or `none`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CountingOrders(BTreeSet<CountingOrder>);

impl CountingOrders {
    /// The word for none of them.
    pub const NONE: &str = "none";
    /// The word for all of them.
    pub const ALL: &str = "all";

    /// This kind is among them.
    pub fn include(&self, order: CountingOrder) -> bool {
        self.0.contains(&order)
    }
}

impl FromStr for CountingOrders {
    type Err = String;
    fn from_str(text: &str) -> Result<CountingOrders, String> {
        match text {
            CountingOrders::NONE => return Ok(CountingOrders::default()),
            CountingOrders::ALL => return Ok(CountingOrders(CountingOrder::ALL.into())),
            _ => {}
        }
        let find = |word: &str| {
            let found = CountingOrder::ALL
                .into_iter()
                .find(|one| one.word() == word);
            found.ok_or_else(|| {
                let words = CountingOrder::WORDS.join(", ");
                format!("\"{word}\" is no order that can be signed: {words}; or all, or none.")
            })
        };
        let some: BTreeSet<CountingOrder> = text
            .split_whitespace()
            .map(find)
            .collect::<Result<_, _>>()?;
        match some.is_empty() {
            true => Err("Name at least one order, or say none.".to_owned()),
            false => Ok(CountingOrders(some)),
        }
    }
}

impl fmt::Display for CountingOrders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.0.iter().map(|one| one.word()).collect();
        match words.is_empty() {
            true => f.write_str(CountingOrders::NONE),
            false if words.len() == CountingOrder::ALL.len() => f.write_str(CountingOrders::ALL),
            false => f.write_str(&words.join(" ")),
        }
    }
}

/// What a station wants signed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SigningRules {
    /// These orders are signed by whoever gives them.
    pub signed: CountingOrders,
    /// These besides by a second person.
    pub second_person: CountingOrders,
}

/// How many persons sign an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signers {
    /// Whoever gives it may sign it.
    Nobody,
    /// Whoever gives it.
    One,
    /// Whoever gives it, and another person.
    Two,
}

impl SigningRules {
    /// Who must sign what counts as this.
    pub fn signers(&self, order: CountingOrder) -> Signers {
        if self.second_person.include(order) {
            Signers::Two
        } else if self.signed.include(order) {
            Signers::One
        } else {
            Signers::Nobody
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn words_of_a_station_file_are_read_and_written_the_same() {
        assert_eq!(
            CountingOrder::ALL.map(CountingOrder::word),
            *CountingOrder::WORDS
        );
        for text in ["none", "all", "template", "close-batch shelve"] {
            let read: CountingOrders = text.parse().expect("known words");
            assert_eq!(read.to_string(), text);
            for one in CountingOrder::ALL {
                let named = text.split(' ').any(|word| word == one.word());
                assert_eq!(read.include(one), named || text == "all", "{text}");
            }
        }
        let every = CountingOrder::WORDS.join(" ").parse::<CountingOrders>();
        assert_eq!(every.expect("all words").to_string(), "all");
        for wrong in ["", "  ", "close", "none template"] {
            assert!(wrong.parse::<CountingOrders>().is_err(), "{wrong}");
        }
    }
}
