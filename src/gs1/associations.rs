//! What elements say about each other: which need which, which exclude which, which may not differ. PURE.

use super::ai::{Ai, AiPattern};
use super::dictionary::{AiEntry, Dictionary, Requirement};
use super::elements::{Elements, Slot};
use super::error::{Gs1Code, Gs1Error};

type Rule = fn(&Dictionary, &Elements) -> Result<(), Gs1Error>;

/// Every rule, first to last; those that ask for what is missing can be left out.
pub(super) fn check(
    dictionary: &Dictionary,
    elements: &Elements,
    requisites: bool,
) -> Result<(), Gs1Error> {
    const RULES: [(Rule, bool); 4] = [
        (no_excluded_elements, false),
        (no_missing_elements, true),
        (no_repeated_elements, false),
        (signature_has_its_key, true),
    ];
    RULES
        .iter()
        .filter(|(_, asks)| requisites || !asks)
        .try_for_each(|(rule, _)| rule(dictionary, elements))
}

fn wrong(code: Gs1Code, slot: &Slot, text: String) -> Result<(), Gs1Error> {
    let mut error = Gs1Error::new(code, usize::from(slot.position), text);
    error.length = slot.ai.len();
    Err(error)
}

fn no_excluded_elements(dictionary: &Dictionary, elements: &Elements) -> Result<(), Gs1Error> {
    let slots = elements.slots();
    for one in slots {
        let excluded = dictionary
            .find(one.ai)
            .map_or(&[][..], |entry| &entry.excluded);
        for pattern in excluded {
            let rival = slots
                .iter()
                .find(|other| other.ai != one.ai && pattern.names(other.ai));
            if let Some(rival) = rival {
                let text = format!("{:?} and {:?} exclude each other.", one.ai, rival.ai);
                let later = if one.position > rival.position {
                    one
                } else {
                    rival
                };
                return wrong(Gs1Code::ExcludedElement, later, text);
            }
        }
    }
    Ok(())
}

fn no_missing_elements(dictionary: &Dictionary, elements: &Elements) -> Result<(), Gs1Error> {
    let slots = elements.slots();
    let there = |pattern: &AiPattern| slots.iter().any(|one| pattern.names(one.ai));
    for one in slots {
        let required = dictionary
            .find(one.ai)
            .map_or(&[][..], |entry| &entry.required);
        let missing = required
            .iter()
            .find(|rule| !rule.iter().any(|all| all.iter().all(there)));
        if let Some(rule) = missing {
            let text = format!("{:?} needs {}.", one.ai, in_words(rule));
            return wrong(Gs1Code::MissingElement, one, text);
        }
    }
    Ok(())
}

fn in_words(rule: &Requirement) -> String {
    let all = |all: &Vec<AiPattern>| {
        let all: Vec<String> = all.iter().map(|pattern| format!("{pattern:?}")).collect();
        all.join(" and ")
    };
    let alternatives: Vec<String> = rule.iter().map(all).collect();
    alternatives.join(" or ")
}

fn no_repeated_elements(_: &Dictionary, elements: &Elements) -> Result<(), Gs1Error> {
    let slots = elements.slots();
    for (index, one) in slots.iter().enumerate() {
        let before = slots[..index].iter().find(|other| other.ai == one.ai);
        if before.is_some_and(|other| elements.text_of(other) != elements.text_of(one)) {
            let text = format!("{:?} stands here twice, with different values.", one.ai);
            return wrong(Gs1Code::RepeatedElement, one, text);
        }
    }
    Ok(())
}

/// A digital signature (8030) needs the serial component of the key it signs.
fn signature_has_its_key(dictionary: &Dictionary, elements: &Elements) -> Result<(), Gs1Error> {
    let find = |ai: &str| elements.slots().iter().find(|one| one.ai.as_str() == ai);
    let signature = Ai::new(b"8030").expect("four digits");
    let Some(signature) = elements.slots().iter().find(|one| one.ai == signature) else {
        return Ok(());
    };
    for key in ["253", "255", "8003"] {
        let Some(one) = find(key) else { continue };
        let needed = dictionary.find(one.ai).map_or(0, AiEntry::min_len);
        if usize::from(one.len) <= needed {
            let text = format!("(8030) needs the serial part of ({key}).");
            return wrong(Gs1Code::MissingElement, signature, text);
        }
    }
    Ok(())
}
