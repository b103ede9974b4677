//! Why an order is not carried out: one name and one sentence. PURE.

use std::fmt;

macro_rules! wrongs {
    ($($(#[doc = $doc:literal])+ $name:ident $text:literal,)+) => {
        /// What is wrong with an order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Wrong { $($(#[doc = $doc])+ $name,)+ }

        impl Wrong {
            /// Everything that can be wrong.
            pub const ALL: &[Wrong] = &[$(Wrong::$name,)+];

            /// Its name, for scripts and records.
            pub fn name(self) -> &'static str {
                match self { $(Wrong::$name => $text,)+ }
            }
        }
    };
}

wrongs! {
    /// The scan cannot be read.
    Unreadable "unreadable",
    /// No record knows the number.
    Unknown "unknown",
    /// The pack was never proven good.
    NotCommissioned "not-commissioned",
    /// The scan says something else of the unit than the records.
    Contradicts "contradicts",
    /// The unit is of another product than what is inside.
    OtherProduct "other-product",
    /// The unit is of another lot than what is inside.
    OtherLot "other-lot",
    /// The unit is inside something already.
    AlreadyPacked "already-packed",
    /// The container is closed.
    ParentClosed "parent-closed",
    /// The container would be inside itself.
    Cycle "cycle",
    /// The unit is not of a level below the container.
    WrongLevel "wrong-level",
    /// The container holds no more.
    Full "full",
    /// The container is not full, and nobody said that this is meant.
    NotFull "not-full",
    /// There is nothing inside.
    Empty "empty",
    /// The unit is not inside anything.
    NotInside "not-inside",
    /// The container is not closed, or changed since.
    NotClosed "not-closed",
    /// What stands on the label is not what must stand there, or nobody read it.
    WrongLabel "wrong-label",
    /// No label was printed for what is inside now: none at all, or the content changed since.
    Relabel "relabel",
    /// The number is another container's.
    NumberTaken "number-taken",
    /// The unit or its lot is recalled.
    Recalled "recalled",
    /// The unit or its lot is held.
    Held "held",
    /// There is no hold or recall that could be lifted.
    NotHeld "not-held",
    /// The unit's life ended.
    Decommissioned "decommissioned",
    /// The unit is not here, or not where it would have to be.
    Elsewhere "elsewhere",
    /// One unit is named twice.
    Doubled "doubled",
    /// Too many units, or none.
    Count "count",
    /// Something that must be said was not said: a reason, a partner.
    Missing "missing",
    /// The station file does not provide for it.
    NotProvided "not-provided",
    /// The records cannot be read.
    Unanswered "unanswered",
}

impl Wrong {
    /// The refusal with this sentence: what is wrong and what to do next.
    pub fn because(self, text: impl Into<String>) -> Refusal {
        Refusal {
            wrong: self,
            text: text.into(),
        }
    }
}

/// Why not. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub wrong: Wrong,
    /// A sentence: what is wrong with which unit, and what to do next.
    pub text: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.text, self.wrong.name())
    }
}

/// The records could not be asked.
pub(super) fn unanswered(text: String) -> Refusal {
    Wrong::Unanswered.because(text)
}
