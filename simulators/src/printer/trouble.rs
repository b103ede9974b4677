//! What can be made to go wrong with a printer and its answers, by name. PURE.
//!
//! These strike only when somebody orders them; those that chance may draw stand in [`crate::fault`].

use std::collections::BTreeMap;

macro_rules! troubles {
    ($($(#[doc = $what:literal])+ $kind:ident = $name:literal $(, value $value:literal = $usual:literal)?;)+) => {
        /// What can be made to go wrong with a printer.
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
    /// The head is open: nothing is printed until it is closed.
    HeadOpen = "head-open";
    /// Somebody pressed pause.
    PrinterPaused = "printer-paused";
    /// Only the first half of every answer comes.
    HalfReply = "half-reply";
    /// Every answer comes twice.
    ReplyTwice = "reply-twice";
    /// Answers come late.
    LateReply = "late-reply", value "milliseconds" = 300;
    /// Answers are noise of the same length.
    GarbageReply = "garbage-reply";
    /// Whatever is asked, the status of a printer of another make answers.
    WrongReply = "wrong-reply";
    /// Acknowledgements are lost on their way; the jobs are taken. For languages that acknowledge.
    AckLost = "ack-lost";
    /// Every job is refused. For languages that acknowledge; others drop the job without a word.
    NakAlways = "nak-always";
    /// START PRINT with no new label prints the label before once more.
    PreviousOnLate = "previous-on-late";
    /// After media or ribbon out the last label is printed again, whatever the printer was told.
    ReprintAfterOut = "reprint-after-out";
    /// The printer is full with fewer labels.
    BufferFull = "buffer-full", value "labels" = 1;
    /// The link is refused until further notice; one that stands is cut.
    LinkRefused = "link-refused";
    /// The link is cut once; a new one is taken. Over at once.
    LinkCut = "link-cut";
    /// Power off and on: link, waiting labels and volatile forms are gone. Over at once.
    PowerCycle = "power-cycle";
    /// Power off and on, and the labels that waited wait again. Over at once.
    PowerCycleKept = "power-cycle-kept";
    /// Somebody presses FEED: an empty label comes out at no START PRINT and without END PRINT. Over at once.
    FeedKey = "feed-key";
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
        self < Trouble::LinkCut
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

    /// Those that stand.
    pub fn standing(&self) -> impl Iterator<Item = Trouble> + '_ {
        self.standing.keys().copied()
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::fault::FaultKind;

    #[test]
    fn every_trouble_is_found_by_its_name_and_no_fault_has_it_too() {
        for (n, words) in TROUBLES.iter().enumerate() {
            assert_eq!(words.trouble as usize, n);
            assert_eq!(Trouble::parse(words.name), Some(words.trouble));
            assert!(FaultKind::parse(words.name).is_err(), "{}", words.name);
            assert!(words.what().ends_with('.'));
        }
        assert_eq!(Trouble::parse("bad-print"), None);
    }
}
