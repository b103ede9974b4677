//! The words of the Core Business Vocabulary (CBV 2.0, 7): steps, dispositions, kinds of transactions, roles. PURE.
//!
//! A word has three written forms: bare in JSON (`commissioning`), a URN in XML
//! (`urn:epcglobal:cbv:bizstep:commissioning`), and a web address (`https://ref.gs1.org/cbv/BizStep-commissioning`).
//! Here it is one value, whatever it was written as.

use std::fmt;

/// A list of words that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Vocabulary {
    /// What was done.
    BizStep,
    /// What state things are in afterwards.
    Disposition,
    /// What a business transaction is.
    TransactionType,
    /// In which role somebody sends or gets.
    SourceDestType,
    /// Why an event was wrong.
    ErrorReason,
}

const BIZ_STEPS: &[&str] = &[
    "accepting",
    "arriving",
    "assembling",
    "collecting",
    "commissioning",
    "consigning",
    "creating_class_instance",
    "cycle_counting",
    "decommissioning",
    "departing",
    "destroying",
    "disassembling",
    "dispensing",
    "encoding",
    "entering_exiting",
    "holding",
    "inspecting",
    "installing",
    "killing",
    "loading",
    "other",
    "packing",
    "picking",
    "receiving",
    "removing",
    "repackaging",
    "repairing",
    "replacing",
    "reserving",
    "retail_selling",
    "sampling",
    "sensor_reporting",
    "shipping",
    "staging_outbound",
    "stock_taking",
    "stocking",
    "storing",
    "transporting",
    "unloading",
    "unpacking",
    "void_shipping",
];

const DISPOSITIONS: &[&str] = &[
    "active",
    "available",
    "completeness_inferred",
    "completeness_verified",
    "conformant",
    "container_closed",
    "container_open",
    "damaged",
    "destroyed",
    "dispensed",
    "disposed",
    "encoded",
    "expired",
    "in_progress",
    "in_transit",
    "inactive",
    "mismatch_class",
    "mismatch_instance",
    "mismatch_quantity",
    "needs_replacement",
    "no_pedigree_match",
    "non_conformant",
    "non_sellable_other",
    "partially_dispensed",
    "recalled",
    "reserved",
    "retail_sold",
    "returned",
    "sellable_accessible",
    "sellable_not_accessible",
    "stolen",
    "unavailable",
    "unknown",
];

const TRANSACTION_TYPES: &[&str] = &[
    "bol",
    "cert",
    "desadv",
    "inv",
    "pedigree",
    "po",
    "poc",
    "prodorder",
    "recadv",
    "rma",
    "testprd",
    "testres",
    "upevt",
];

const SOURCE_DEST_TYPES: &[&str] = &["location", "owning_party", "possessing_party"];

const ERROR_REASONS: &[&str] = &["did_not_occur", "incorrect_data"];

impl Vocabulary {
    /// All its words, in their order.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Vocabulary::BizStep => BIZ_STEPS,
            Vocabulary::Disposition => DISPOSITIONS,
            Vocabulary::TransactionType => TRANSACTION_TYPES,
            Vocabulary::SourceDestType => SOURCE_DEST_TYPES,
            Vocabulary::ErrorReason => ERROR_REASONS,
        }
    }

    /// What stands before a word in a URN, and in a web address.
    fn stems(self) -> [&'static str; 2] {
        match self {
            Vocabulary::BizStep => [
                "urn:epcglobal:cbv:bizstep:",
                "https://ref.gs1.org/cbv/BizStep-",
            ],
            Vocabulary::Disposition => ["urn:epcglobal:cbv:disp:", "https://ref.gs1.org/cbv/Disp-"],
            Vocabulary::TransactionType => {
                ["urn:epcglobal:cbv:btt:", "https://ref.gs1.org/cbv/BTT-"]
            }
            Vocabulary::SourceDestType => {
                ["urn:epcglobal:cbv:sdt:", "https://ref.gs1.org/cbv/SDT-"]
            }
            Vocabulary::ErrorReason => ["urn:epcglobal:cbv:er:", "https://ref.gs1.org/cbv/ER-"],
        }
    }

    /// What a field of this vocabulary is called.
    pub(super) fn called(self) -> &'static str {
        match self {
            Vocabulary::BizStep => "bizStep",
            Vocabulary::Disposition => "disposition",
            Vocabulary::TransactionType => "business transaction type",
            Vocabulary::SourceDestType => "source or destination type",
            Vocabulary::ErrorReason => "error reason",
        }
    }
}

/// A word of a [`Vocabulary`], or somebody's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Word {
    /// A word of the CBV.
    Known(&'static str),
    /// Somebody's own, as a URI.
    Own(String),
}

/// Why a text is no word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unknown {
    pub(super) word: String,
    /// The known word it is most like.
    pub(super) meant: Option<&'static str>,
}

/// The form a word was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    Bare,
    Urn,
    Web,
    Own,
}

impl Word {
    /// A word of the CBV by its bare name.
    pub fn known(vocabulary: Vocabulary, word: &str) -> Option<Word> {
        let words = vocabulary.words();
        words
            .binary_search(&word)
            .ok()
            .map(|at| Word::Known(words[at]))
    }

    /// Takes a word in any of its forms.
    pub(super) fn parse(vocabulary: Vocabulary, text: &str) -> Result<(Word, Written), Unknown> {
        let [urn, web] = vocabulary.stems();
        let curie = web.replacen("https://ref.gs1.org/cbv/", "cbv:", 1);
        let stripped = [
            (urn, Written::Urn),
            (web, Written::Web),
            (&curie, Written::Web),
        ]
        .into_iter()
        .find_map(|(stem, written)| Some((text.strip_prefix(stem)?, written)));
        let (word, written) = match stripped {
            Some(found) => found,
            None if is_foreign(text) => return Ok((Word::Own(text.to_owned()), Written::Own)),
            None => (text, Written::Bare),
        };
        match Word::known(vocabulary, word) {
            Some(known) => Ok((known, written)),
            None => Err(Unknown {
                word: word.to_owned(),
                meant: likeliest(vocabulary, word),
            }),
        }
    }

    /// As it stands in JSON: bare, or as the URI it is.
    pub fn bare(&self) -> &str {
        match self {
            Word::Known(word) => word,
            Word::Own(uri) => uri,
        }
    }

    /// What it begins with in XML, and the rest.
    pub(super) fn urn(&self, vocabulary: Vocabulary) -> (&str, &str) {
        match self {
            Word::Known(word) => (vocabulary.stems()[0], word),
            Word::Own(uri) => ("", uri),
        }
    }

    /// What it begins with as a web address, and the rest.
    pub(super) fn web(&self, vocabulary: Vocabulary) -> (&str, &str) {
        match self {
            Word::Known(word) => (vocabulary.stems()[1], word),
            Word::Own(uri) => ("", uri),
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.bare())
    }
}

/// Whether a text is a URI outside the CBV's own names.
fn is_foreign(text: &str) -> bool {
    text.contains(':')
        && !text.starts_with("urn:epcglobal:cbv:")
        && !text.starts_with("https://ref.gs1.org/cbv/")
}

fn likeliest(vocabulary: Vocabulary, word: &str) -> Option<&'static str> {
    // Of a URI, what stands behind its stem, which may be the mistake.
    let word = word.rsplit([':', '-', '/']).next().unwrap_or(word);
    // Longer than any word with a few mistakes: nobody meant one.
    if word.len() > 40 {
        return None;
    }
    let all = vocabulary.words().iter();
    let likeness = all.map(|known| (strsim::jaro_winkler(word, known), *known));
    let best = likeness.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 > 0.85).then_some(best.1)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn words_stand_in_their_order_and_are_as_many_as_the_standard_has() {
        let counts = [
            (Vocabulary::BizStep, 41),
            (Vocabulary::Disposition, 33),
            (Vocabulary::TransactionType, 13),
            (Vocabulary::SourceDestType, 3),
            (Vocabulary::ErrorReason, 2),
        ];
        for (vocabulary, count) in counts {
            let words = vocabulary.words();
            assert_eq!(words.len(), count, "{vocabulary:?}");
            assert!(words.is_sorted(), "{vocabulary:?}");
        }
    }

    #[test]
    fn a_word_is_one_value_in_all_its_forms_and_a_slip_is_named() {
        let of = |text: &str| Word::parse(Vocabulary::BizStep, text);
        let packing = Word::Known("packing");
        for (text, written) in [
            ("packing", Written::Bare),
            ("urn:epcglobal:cbv:bizstep:packing", Written::Urn),
            ("https://ref.gs1.org/cbv/BizStep-packing", Written::Web),
            ("cbv:BizStep-packing", Written::Web),
        ] {
            assert_eq!(of(text), Ok((packing.clone(), written)), "{text}");
        }
        let own = "http://example.com/steps/frobbing";
        assert_eq!(of(own), Ok((Word::Own(own.to_owned()), Written::Own)));
        let slip = of("urn:epcglobal:cbv:bizstep:comissioning").expect_err("a slip");
        assert_eq!(
            (slip.word.as_str(), slip.meant),
            ("comissioning", Some("commissioning"))
        );
        assert!(of("urn:epcglobal:cbv:disp:active").is_err());
    }
}
