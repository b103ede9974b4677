//! Troubles that people order: their names and words, and which of them stand. Each device has a table of its own, made
//! by [`troubles!`](crate::troubles); the comment of a kind is what lists of troubles say. Those that chance may draw
//! stand in [`crate::fault`]. PURE.

use std::collections::BTreeMap;

/// A trouble in the words of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words<K: 'static> {
    /// Which.
    pub trouble: K,
    /// The name people use.
    pub name: &'static str,
    /// The comment of its kind.
    pub comment: &'static str,
    /// What its number means; empty when it takes none.
    pub value: &'static str,
    /// The number when none is given.
    pub usual: u64,
    /// `false` for what is over as soon as it happened.
    pub lasts: bool,
}

impl<K> Words<K> {
    /// What happens.
    #[must_use]
    pub fn what(&self) -> &'static str {
        self.comment.trim_start()
    }

    /// Its line in a list.
    #[must_use]
    pub fn line(&self) -> String {
        let value = match self.value {
            "" => String::new(),
            value => format!(" VALUE: {value}, else {}.", self.usual),
        };
        format!("{:<18} {}{value}\n", self.name, self.what())
    }
}

/// The troubles of a device.
pub trait Named: Copy + Ord + 'static {
    /// Every kind with its words, in the order of the kinds.
    const TABLE: &'static [Words<Self>];

    /// Its words.
    fn words(self) -> &'static Words<Self>;
}

/// The names of all troubles of a device, as a sentence lists them.
#[must_use]
pub fn names<K: Named>() -> String {
    let names: Vec<&str> = K::TABLE.iter().map(|words| words.name).collect();
    names.join(", ")
}

/// Makes a device's `Trouble`, and the table `TROUBLES` of their [`Words`] in the order of the kinds. `= once "name"` is
/// over as soon as it happened; `value "what it means" = USUAL` takes a number.
#[macro_export]
macro_rules! troubles {
    (
        $(#[$about:meta])*
        Trouble {
            $(
                $(#[doc = $what:literal])+
                $kind:ident = $($once:ident)? $name:literal $(, value $value:literal = $usual:literal)?;
            )+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Trouble {
            $(
                $(#[doc = $what])+
                $kind,
            )+
        }

        /// Every trouble with its words, in the order of the kinds.
        pub const TROUBLES: &[$crate::trouble::Words<Trouble>] = &[
            $(
                $crate::trouble::Words {
                    trouble: Trouble::$kind,
                    name: $name,
                    comment: concat!($($what),+),
                    value: concat!($($value)?),
                    usual: 0 $(+ $usual)?,
                    lasts: concat!($(stringify!($once))?).is_empty(),
                },
            )+
        ];

        impl $crate::trouble::Named for Trouble {
            const TABLE: &'static [$crate::trouble::Words<Self>] = TROUBLES;

            fn words(self) -> &'static $crate::trouble::Words<Self> {
                &TROUBLES[self as usize]
            }
        }

        impl Trouble {
            /// The name people use.
            #[must_use]
            pub fn name(self) -> &'static str {
                TROUBLES[self as usize].name
            }

            /// The trouble of this name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Trouble> {
                let words = TROUBLES.iter().find(|words| words.name == name);
                words.map(|words| words.trouble)
            }

            /// Whether it takes a number.
            #[must_use]
            pub fn takes_number(self) -> bool {
                !TROUBLES[self as usize].value.is_empty()
            }
        }
    };
}

/// The troubles of a device that stand, each with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing<K> {
    standing: BTreeMap<K, u64>,
    /// How often each happened that is over at once.
    happened: BTreeMap<K, u64>,
}

impl<K> Default for Standing<K> {
    fn default() -> Standing<K> {
        Standing {
            standing: BTreeMap::new(),
            happened: BTreeMap::new(),
        }
    }
}

impl<K: Named> Standing<K> {
    /// One begins, with its number or the usual one, or ends.
    pub fn set(&mut self, trouble: K, on: bool, value: Option<u64>) {
        let words = trouble.words();
        match (on, words.lasts) {
            (true, true) => {
                let value = value.unwrap_or(words.usual);
                self.standing.insert(trouble, value);
            }
            (true, false) => *self.happened.entry(trouble).or_default() += 1,
            (false, _) => {
                self.standing.remove(&trouble);
            }
        }
    }

    /// `true` while it stands.
    #[must_use]
    pub fn has(&self, trouble: K) -> bool {
        self.standing.contains_key(&trouble)
    }

    /// Its number while it stands.
    #[must_use]
    pub fn value(&self, trouble: K) -> Option<u64> {
        self.standing.get(&trouble).copied()
    }

    /// How often it happened so far, when it is one that is over at once.
    #[must_use]
    pub fn happened(&self, trouble: K) -> u64 {
        self.happened.get(&trouble).copied().unwrap_or(0)
    }

    /// Those that stand.
    pub fn standing(&self) -> impl Iterator<Item = K> + '_ {
        self.standing.keys().copied()
    }

    /// Everything is put right. What happened has happened.
    pub fn heal(&mut self) {
        self.standing.clear();
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::fault::{FaultKind, Mishap};
    use crate::{gige, plc, printer, reader};
    use std::{collections::BTreeSet, fmt::Debug};

    /// A table in order; gives its names.
    fn sound<K: Named + Debug>(parse: fn(&str) -> Option<K>) -> Vec<&'static str> {
        for (words, next) in K::TABLE.iter().zip(&K::TABLE[1..]) {
            assert!(words.trouble < next.trouble, "{words:?}");
        }
        for words in K::TABLE {
            let name = words.name;
            assert_eq!(words.trouble.words().name, name);
            assert!(parse(name) == Some(words.trouble), "{name}");
            assert!(words.what().ends_with('.'), "{name}");
            assert!(words.lasts || words.what().ends_with("Over at once."));
            assert!(words.line().starts_with(name) && words.line().ends_with(".\n"));
        }
        assert!(parse("no-such-trouble").is_none());
        K::TABLE.iter().map(|words| words.name).collect()
    }

    #[test]
    fn every_trouble_of_a_line_has_a_name_of_its_own_that_no_fault_has() {
        let mut all = sound(printer::Trouble::parse);
        all.extend(sound(gige::Trouble::parse));
        all.extend(sound(plc::trouble::Trouble::parse));
        let different: BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(different.len(), all.len());
        for name in all {
            assert!(FaultKind::parse(name).is_err() && Mishap::parse(name).is_err());
        }
        // A reader is ordered by its own name, and may share the others' words.
        sound(reader::Trouble::parse);
    }

    #[test]
    fn what_lasts_stands_until_it_ends_and_what_does_not_is_counted() {
        use crate::printer::Trouble::{BufferFull, LateReply, LinkCut};
        let mut troubles = Standing::default();
        troubles.set(LateReply, true, None);
        troubles.set(BufferFull, true, Some(3));
        for times in 1..3 {
            troubles.set(LinkCut, true, None);
            assert_eq!(troubles.happened(LinkCut), times);
        }
        assert!(troubles.standing().eq([LateReply, BufferFull]));
        let values = [LateReply, BufferFull, LinkCut].map(|trouble| troubles.value(trouble));
        assert_eq!(values, [Some(300), Some(3), None]);
        troubles.set(LateReply, false, None);
        assert!(!troubles.has(LateReply) && troubles.has(BufferFull));
        troubles.heal();
        assert_eq!(troubles.standing().next(), None);
        assert_eq!(troubles.happened(LinkCut), 2);
    }
}
