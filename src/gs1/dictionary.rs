//! The application identifiers that are known, each with the rules for its value and its companions, and an index that
//! finds one in constant time. PURE.
//!
//! Where they come from: the table this program carries (`table.rs`), or a text in GS1's format (`syntax.rs`).

use super::ai::{Ai, AiPattern};
use super::lint::Linter;
use std::sync::LazyLock;

/// The character set of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CharacterSet {
    /// Digits.
    Digits,
    /// GS1's character set 82.
    Set82,
    /// GS1's character set 39.
    Set39,
    /// Base64 for file names and addresses (character set 64).
    Base64Url,
}

/// A part of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Which characters.
    pub set: CharacterSet,
    /// Fewest characters.
    pub min: usize,
    /// Most characters.
    pub max: usize,
    /// May be left out together with all that follow.
    pub optional: bool,
    /// Rules for its text, in order.
    pub linters: Vec<Linter>,
}

/// AIs one of which must be there; each alternative needs all its AIs.
pub type Requirement = Vec<Vec<AiPattern>>;

/// An application identifier with the rules for its value and its companions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AiEntry {
    /// The AI.
    pub ai: Ai,
    /// Its length is defined in advance: no separator follows it.
    pub predefined: bool,
    /// May be a query attribute of a Digital Link URI.
    pub link_attribute: bool,
    /// The parts of its value.
    pub components: Vec<Component>,
    /// Each must hold.
    pub required: Vec<Requirement>,
    /// None of these may be there.
    pub excluded: Vec<AiPattern>,
    /// For a primary key of Digital Link URIs the sequences of qualifiers that may follow it; one, perhaps empty, at
    /// least.
    pub link_key: Option<Vec<Vec<Ai>>>,
    /// Title for people, e.g. `BATCH/LOT`.
    pub title: String,
}

impl AiEntry {
    /// Fewest characters of a value.
    pub fn min_len(&self) -> usize {
        let needed = self.components.iter().filter(|part| !part.optional);
        needed.map(|part| part.min).sum()
    }

    /// Most characters of a value.
    pub fn max_len(&self) -> usize {
        self.components.iter().map(|part| part.max).sum()
    }
}

/// Where the AIs with the same first two digits stand in the index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Family {
    /// Digits of each of them; 0 for a family without members.
    len: u8,
    /// Place of the first in [`Dictionary::places`].
    base: u16,
}

/// The application identifiers that are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dictionary {
    /// By AI.
    entries: Vec<AiEntry>,
    /// By the number of the first two digits.
    families: [Family; 100],
    /// For every AI a family could have, the place of its entry, from 1; 0 where there is none.
    places: Vec<u16>,
}

impl Dictionary {
    /// The table this program carries: every AI of GS1's current dictionary.
    pub fn built_in() -> &'static Dictionary {
        static BUILT_IN: LazyLock<Dictionary> = LazyLock::new(|| {
            Dictionary::of(super::table::entries()).expect("the built-in table is right")
        });
        &BUILT_IN
    }

    /// A dictionary of these entries.
    ///
    /// # Errors
    /// The AI that stands there twice, or that has not as many digits as another with the same first two: nobody could
    /// tell the two apart in scan data.
    pub(super) fn of(mut entries: Vec<AiEntry>) -> Result<Dictionary, (Ai, String)> {
        entries.sort_by_key(|entry| entry.ai);
        let mut families = [Family::default(); 100];
        let mut places = Vec::new();
        for (place, entry) in (1..).zip(&entries) {
            let ai = entry.ai;
            let family = &mut families[ai.prefix()];
            if family.len == 0 {
                let base = places.len();
                places.resize(base + 10_usize.pow(ai.len() as u32 - 2), 0);
                (family.len, family.base) = (ai.len() as u8, base as u16);
            }
            if usize::from(family.len) != ai.len() {
                let text = format!("AI {ai} is not as long as others that begin like it.");
                return Err((ai, text));
            }
            let slot = &mut places[usize::from(family.base) + ai.rest()];
            if *slot != 0 {
                return Err((ai, format!("AI {ai} stands here twice.")));
            }
            *slot = place;
        }
        Ok(Dictionary {
            entries,
            families,
            places,
        })
    }

    /// The entry of an AI, by its digits.
    pub fn get(&self, ai: &str) -> Option<&AiEntry> {
        self.find(Ai::new(ai.as_bytes())?)
    }

    /// The entry of an AI.
    pub fn find(&self, ai: Ai) -> Option<&AiEntry> {
        let family = self.families[ai.prefix()];
        if usize::from(family.len) != ai.len() {
            return None;
        }
        let place = self.places[usize::from(family.base) + ai.rest()];
        self.entries.get(usize::from(place).checked_sub(1)?)
    }

    /// The AI that `text` begins with, by the length that all AIs with its first two digits have; it may be one that
    /// is not known.
    pub fn starting(&self, text: &[u8]) -> Option<Ai> {
        let family = Ai::new(text.get(..2)?)?.prefix();
        match usize::from(self.families[family].len) {
            0 => None,
            len => Ai::new(text.get(..len)?),
        }
    }

    /// All entries, by AI.
    pub fn entries(&self) -> impl Iterator<Item = &AiEntry> {
        self.entries.iter()
    }
}

/// What is not right about the components of an AI, if anything is.
pub(super) fn check_components(components: &[Component]) -> Result<(), String> {
    let most = super::elements::VALUE_MAX_LEN;
    let total = components.iter().map(|part| part.max).sum::<usize>();
    if components.is_empty() {
        return Err("An AI needs at least one component.".to_owned());
    }
    if total > most {
        return Err(format!("A value has at most {most} characters."));
    }
    for pair in components.windows(2) {
        if pair[0].min != pair[0].max {
            return Err("Only the last component may vary in length.".to_owned());
        }
        if pair[0].optional && !pair[1].optional {
            return Err("No needed component may follow an optional one.".to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn every_entry_of_the_built_in_table_is_found() {
        let table = Dictionary::built_in();
        assert_eq!(table.entries().count(), 541);
        for entry in table.entries() {
            assert_eq!(table.get(entry.ai.as_str()), Some(entry));
            assert_eq!(
                check_components(&entry.components),
                Ok(()),
                "{:?}",
                entry.ai
            );
            let scan = format!("{}1234567890", entry.ai);
            assert_eq!(table.starting(scan.as_bytes()), Some(entry.ai));
        }
        assert!(table.get("01").unwrap().predefined);
        assert_eq!(table.starting(b"8299A").unwrap().as_str(), "8299");
        for nothing in ["", "7", "70", "700", "89123", "A123"] {
            assert_eq!(table.starting(nothing.as_bytes()), None, "{nothing}");
        }
        for unknown in ["", "04", "013", "8299", "310", "01a"] {
            assert!(table.get(unknown).is_none(), "{unknown}");
        }
    }
}
