//! Batches and lots beyond opening and closing: what an opening says of its lot, line clearance, first articles,
//! samples, lots of components, differences that are explained, and where all that stands now. PURE.

use super::{BatchNo, PackNo, Tally};
use crate::gs1::{Expiry, FieldError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Longest short text of an order, in characters.
pub const WORDS_MAX: usize = 60;
/// Most lots of components that are in use at one time.
pub const COMPONENTS_MAX: usize = 64;
/// Most samples of one order.
pub const SAMPLES_MAX: u32 = 1_000;
/// Most first articles of a batch.
pub const FIRST_ARTICLES_MAX: u32 = 100;

/// A short text for people: 1 to [`WORDS_MAX`] printable characters, no blank at either end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Words(String);

impl Words {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Words {
    type Err = String;
    fn from_str(text: &str) -> Result<Words, String> {
        let letters = text.chars().count();
        if text.trim().is_empty() {
            Err("It is empty: write something.".to_owned())
        } else if letters > WORDS_MAX {
            Err(format!("It has {letters} characters: {WORDS_MAX} at most."))
        } else if text.trim() != text || text.chars().any(char::is_control) {
            Err("It has printable characters only, and no blank at either end.".to_owned())
        } else {
            Ok(Words(text.to_owned()))
        }
    }
}

/// A production date as AI (11) carries it: YYMMDD, day 00 meaning the whole month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProductionDate(Expiry);

impl ProductionDate {
    /// The six digits YYMMDD.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// It lies in a later month than the expiry date, both in the years 20YY.
    pub fn is_after(&self, expiry: &Expiry) -> bool {
        self.as_str()[..4] > expiry.as_str()[..4]
    }
}

impl FromStr for ProductionDate {
    type Err = FieldError;
    fn from_str(text: &str) -> Result<ProductionDate, FieldError> {
        text.parse().map(ProductionDate)
    }
}

/// Gives a type the text of its `as_str`.
macro_rules! shown_as_text {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}
shown_as_text!(Words, ProductionDate);

impl TryFrom<String> for Words {
    type Error = String;
    fn try_from(text: String) -> Result<Words, String> {
        text.parse()
    }
}

impl From<Words> for String {
    fn from(words: Words) -> String {
        words.0
    }
}

/// An enum whose values are words.
macro_rules! words {
    (
        $(#[$doc:meta])* $name:ident, $what:literal {
            $($(#[$variant_doc:meta])* $variant:ident = $word:literal),* $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$variant_doc])* $variant),*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[$name] = &[$($name::$variant),*];

            /// Its word.
            pub fn as_str(&self) -> &'static str {
                match self {
                    $($name::$variant => $word),*
                }
            }
        }

        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<$name, String> {
                let found = $name::ALL.iter().find(|one| one.as_str() == text);
                found.copied().ok_or_else(|| {
                    let words: Vec<&str> = $name::ALL.iter().map($name::as_str).collect();
                    format!(concat!("\"{}\" is no ", $what, ": {}."), text, words.join(", "))
                })
            }
        }

        shown_as_text!($name);
    };
}

words! {
    /// Whether a person must confirm that the line is clear before a batch may be opened.
    LineClearance, "rule of line clearance" {
        /// A batch opens only after a confirmation.
        Required = "required",
        /// A confirmation goes on record; none is asked for.
        Off = "off",
    }
}

impl LineClearance {
    /// The words of the station file.
    pub const WORDS: &[&str] = &["required", "off"];
}

words! {
    /// What is linked to a batch beside the product itself.
    ComponentKind, "kind of component" {
        /// What is in the packs.
        Bulk = "bulk",
        /// Blank labels.
        Labels = "labels",
        /// Thermal transfer ribbon.
        Ribbon = "ribbon",
        /// Ink.
        Ink = "ink",
        /// Folding boxes.
        Carton = "carton",
        /// Package leaflets.
        Leaflet = "leaflet",
        /// Foil.
        Foil = "foil",
        /// Bottles, blisters, tubes.
        Container = "container",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// What can be left over when a batch is closed although its books balance.
    Difference, "kind of difference" {
        /// Packs whose fate nobody can say.
        Unknown = "unknown",
        /// Packs taken off the belt before the gate.
        Removed = "removed",
        /// Numbers that are void: taken, and on no pack for certain.
        Void = "void",
    }
}

impl Difference {
    /// What it is, in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Difference::Unknown => "packs whose fate nobody can say",
            Difference::Removed => "packs taken off the belt",
            Difference::Void => "void numbers (given to a pack, and on none for certain)",
        }
    }

    /// How much of it there is.
    pub fn count(self, tally: &Tally) -> u64 {
        match self {
            Difference::Unknown => tally.unknown,
            Difference::Removed => tally.removed,
            Difference::Void => tally.numbers_void,
        }
    }
}

words! {
    /// Why a good pack was diverted as a sample.
    SampleCause, "cause of a sample" {
        /// It is one of the first good packs of a batch that wants them looked at.
        FirstArticle = "first_article",
        /// A person ordered it.
        Ordered = "ordered",
        /// The batch's plan: every so many good packs one.
        Plan = "plan",
        /// It carries a label on trial, and proved it.
        TestPrint = "test_print",
    }
}

/// What a batch demands of its course. It stands in the record of the opening, so that a restart goes on with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct CourseRules {
    /// So many first good packs are diverted and looked at by a person before any other may pass; 0: none.
    #[serde(default)]
    pub first_article: u32,
    /// Of so many good packs one is diverted as a sample; 0: none.
    #[serde(default)]
    pub sample_every: u32,
    /// More than so many of one [`Difference`] must be explained when the batch is closed.
    #[serde(default)]
    pub unexplained_max: u64,
}

/// What an opening says of its lot. Records of versions that did not write it do not have it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BatchTerms {
    /// The batch of the same lot that this one continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<BatchNo>,
    /// When the product was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub produced: Option<ProductionDate>,
    /// Name of the packaging hierarchy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hierarchy: Option<Words>,
    /// Its packs carry no serial number.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lot_only: bool,
    /// What it demands of its course.
    #[serde(default)]
    pub rules: CourseRules,
}

/// A lot of something that goes into the packs or onto them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// What it is.
    pub kind: ComponentKind,
    /// Its supplier's lot.
    pub lot: Words,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Words>,
    /// Who supplied it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<Words>,
    /// Its expiry date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Expiry>,
}

/// Why there is a difference, in a person's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// Of what.
    pub of: Difference,
    /// The explanation.
    pub text: String,
}

/// `unknown: two packs were found on the floor and destroyed`
impl FromStr for Explanation {
    type Err = String;
    fn from_str(text: &str) -> Result<Explanation, String> {
        let (of, why) = text.split_once(':').ok_or_else(|| {
            "Write it as KIND: TEXT, for example \"unknown: 2 packs found on the floor, destroyed\"."
                .to_owned()
        })?;
        let (of, text) = (of.trim().parse()?, why.trim().to_owned());
        match text.is_empty() {
            true => Err("The explanation is empty.".to_owned()),
            false => Ok(Explanation { of, text }),
        }
    }
}

/// Something happened with a lot or its batch. Who did it and why are the record's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LotFact {
    /// A person confirmed that nothing of what was run before is left on the line.
    LineCleared {
        /// The batch closed last.
        after: Option<BatchNo>,
        /// Packs of no batch that the books still had on the belt: the person says that they are not there. What is
        /// there all the same is purged when a batch opens.
        packs: u64,
        /// The last pack that had come.
        last_pack: PackNo,
    },
    /// A pack of a lot-only batch gets its label, which carries no number.
    Labelled {
        /// Which pack.
        pack: PackNo,
        /// Of which batch.
        batch: BatchNo,
    },
    /// A person accepted the first articles: from here on packs may pass.
    FirstArticlesAccepted {
        /// Of which batch.
        batch: BatchNo,
        /// How many were looked at.
        count: u32,
    },
    /// A person refused the first articles: as many new ones are taken.
    FirstArticlesRefused {
        /// Of which batch.
        batch: BatchNo,
        /// How many were looked at.
        count: u32,
    },
    /// A person ordered samples.
    SamplesOrdered {
        /// Of which batch.
        batch: BatchNo,
        /// The next so many good packs.
        count: u32,
    },
    /// A good pack was diverted; its verdict follows.
    Sampled {
        /// Which pack.
        pack: PackNo,
        /// Of which batch.
        batch: BatchNo,
        /// Why.
        cause: SampleCause,
    },
    /// A difference was explained at closing; the closing follows.
    DifferenceExplained {
        /// Of which batch.
        batch: BatchNo,
        /// What differs.
        of: Difference,
        /// How much.
        count: u64,
        /// Why.
        text: String,
    },
    /// A lot of a component is in use.
    ComponentLinked {
        /// For which batch.
        batch: BatchNo,
        /// What.
        component: Component,
        /// The first pack that may have it: the oldest one on the belt, or the next one to come.
        from: PackNo,
    },
    /// From here on this printer prints the labels of the batch. Records of versions that did not write it have none.
    PrinterInUse {
        /// Of which batch.
        batch: BatchNo,
        /// Its name in the station file.
        printer: Words,
        /// The first pack that may have a label of it: the oldest one on the belt, or the next one to come.
        from: PackNo,
        /// The last pack that may have a label of the printer before it.
        before: PackNo,
    },
    /// A lot of a component is used no more. The closing of its batch ends the others.
    ComponentEnded {
        /// For which batch.
        batch: BatchNo,
        /// What it is.
        kind: ComponentKind,
        /// Its lot.
        lot: Words,
        /// The last pack that may have it.
        through: PackNo,
    },
}

impl LotFact {
    /// The pack it is about, if it is about one.
    pub fn pack(&self) -> Option<PackNo> {
        match self {
            LotFact::Labelled { pack, .. } | LotFact::Sampled { pack, .. } => Some(*pack),
            _ => None,
        }
    }

    /// The batch it is about; a line clearance comes before its batch.
    pub fn batch(&self) -> Option<BatchNo> {
        match self {
            LotFact::LineCleared { .. } => None,
            LotFact::Labelled { batch, .. }
            | LotFact::FirstArticlesAccepted { batch, .. }
            | LotFact::FirstArticlesRefused { batch, .. }
            | LotFact::SamplesOrdered { batch, .. }
            | LotFact::Sampled { batch, .. }
            | LotFact::DifferenceExplained { batch, .. }
            | LotFact::ComponentLinked { batch, .. }
            | LotFact::PrinterInUse { batch, .. }
            | LotFact::ComponentEnded { batch, .. } => Some(*batch),
        }
    }
}

/// Where everything about lots stands now: what all facts since the last closing add up to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LotStanding {
    /// The line was confirmed to be clear, no batch was opened since and no pack has come.
    pub cleared: bool,
    /// First articles taken since the opening, or since the last refusal.
    pub first_articles: u32,
    /// They were accepted.
    pub first_accepted: bool,
    /// Samples ordered and not taken yet.
    pub samples_due: u32,
    /// Component lots in use, in the order of their linking.
    pub components: Vec<(ComponentKind, Words)>,
}

impl LotStanding {
    /// A batch is opened or closed: what stood before is over.
    pub fn begin_anew(&mut self) {
        *self = LotStanding::default();
    }

    /// A pack has come while no batch is open: the line is not clear any more.
    pub fn enter_without_batch(&mut self) {
        self.cleared = false;
    }

    /// Takes a fact in.
    pub fn apply(&mut self, fact: &LotFact) {
        match fact {
            LotFact::LineCleared { .. } => self.cleared = true,
            LotFact::FirstArticlesAccepted { .. } => self.first_accepted = true,
            LotFact::FirstArticlesRefused { .. } => self.first_articles = 0,
            LotFact::SamplesOrdered { count, .. } => {
                self.samples_due = self.samples_due.saturating_add(*count);
            }
            LotFact::Sampled { cause, .. } => match cause {
                SampleCause::FirstArticle => self.first_articles += 1,
                SampleCause::Ordered => self.samples_due = self.samples_due.saturating_sub(1),
                SampleCause::Plan | SampleCause::TestPrint => {}
            },
            LotFact::ComponentLinked { component, .. } => {
                let linked = (component.kind, component.lot.clone());
                self.components.push(linked);
            }
            LotFact::ComponentEnded { kind, lot, .. } => {
                self.components.retain(|(k, l)| (k, l) != (kind, lot));
            }
            LotFact::Labelled { .. }
            | LotFact::PrinterInUse { .. }
            | LotFact::DifferenceExplained { .. } => {}
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn explanations_and_words_are_read_or_refused_with_a_sentence() {
        let read: Explanation = "unknown: 2 packs: destroyed ".parse().expect("a right one");
        assert_eq!(read.of, Difference::Unknown);
        assert_eq!(read.text, "2 packs: destroyed");
        for bad in ["", "unknown", "lost: one", "void:", "void:  "] {
            let why = bad.parse::<Explanation>().expect_err(bad);
            assert!(why.ends_with('.'), "{why}");
        }
        for bad in ["", " x", "x ", "a\nb", &"x".repeat(WORDS_MAX + 1)] {
            assert!(bad.parse::<Words>().is_err(), "{bad:?}");
        }
        let words: Vec<&str> = LineClearance::ALL
            .iter()
            .map(LineClearance::as_str)
            .collect();
        assert_eq!(words, LineClearance::WORDS);
    }
}
