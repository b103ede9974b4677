//! What can be made to go wrong with a reader, by name. PURE.

use std::collections::BTreeMap;

macro_rules! troubles {
    ($($(#[doc = $what:literal])+ $kind:ident = $name:literal $(, value $value:literal = $usual:literal)?;)+) => {
        /// What can be made to go wrong with a reader.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Trouble {
            $($(#[doc = $what])+ $kind,)+
        }

        /// Every trouble with its words, in the order of the kinds.
        pub const TROUBLES: &[Words] = &[
            $(Words {
                trouble: Trouble::$kind,
                name: $name,
                comment: concat!($($what),+),
                value: concat!($($value)?),
                usual: 0 $(+ $usual)?,
            },)+
        ];
    };
}

/// A trouble in the words of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// Which.
    pub trouble: Trouble,
    /// The name people use.
    pub name: &'static str,
    comment: &'static str,
    /// What its number means; empty when it takes none.
    pub value: &'static str,
    /// The number when none is given.
    pub usual: u64,
}

impl Words {
    /// What happens.
    #[must_use]
    pub fn what(&self) -> &'static str {
        self.comment.trim_start()
    }
}

troubles! {
    /// It never stops talking: letters without the end of a text.
    NeverStops = "never-stops";
    /// It never stops talking: one text after the other.
    ReadsWithoutEnd = "reads-without-end";
    /// Every read comes twice, with the same counter.
    ReadTwice = "read-twice";
    /// Reads come late.
    LateRead = "late-read", value "milliseconds" = 300;
    /// What stands behind each text is left out.
    NoTerminator = "no-terminator";
    /// Reads and answers are noise of the same length.
    Garbage = "garbage-read";
    /// It says nothing at all.
    Silent = "silent";
    /// Somebody set other characters around each text.
    OtherFraming = "other-framing";
    /// The link is refused until further notice; one that stands is cut.
    LinkRefused = "link-refused";
    /// The link is cut once; a new one is taken. Over at once.
    LinkCut = "link-cut";
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

    /// `false` for what is over as soon as it happened.
    #[must_use]
    pub fn lasts(self) -> bool {
        self != Trouble::LinkCut
    }
}

/// The troubles that stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Troubles {
    standing: BTreeMap<Trouble, u64>,
}

impl Troubles {
    /// One begins, with its number or the usual one, or ends.
    pub fn set(&mut self, trouble: Trouble, on: bool, value: Option<u64>) {
        if on && trouble.lasts() {
            let value = value.unwrap_or(TROUBLES[trouble as usize].usual);
            self.standing.insert(trouble, value);
        } else {
            self.standing.remove(&trouble);
        }
    }

    /// `true` while it stands.
    #[must_use]
    pub fn has(&self, trouble: Trouble) -> bool {
        self.standing.contains_key(&trouble)
    }

    /// Its number while it stands.
    #[must_use]
    pub fn value(&self, trouble: Trouble) -> Option<u64> {
        self.standing.get(&trouble).copied()
    }

    /// Those that stand, by name.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.standing.keys().map(|trouble| trouble.name())
    }
}
