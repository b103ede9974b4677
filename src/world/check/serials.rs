//! No serial twice: not in the store, not in the good bin, and not in the ink of any two packs unless the simulated
//! printer was told to print one again. PURE.

use super::Evidence;
use super::packs::has_serial;
use std::collections::{HashMap, HashSet};
use vidimus_simulators::fault::FaultKind;

/// Faults that lay ink on a pack which is not its own, or lay its own twice.
const INK_AGAIN: [&str; 5] = [
    FaultKind::Reprint.name(),
    FaultKind::PreviousLabel.name(),
    FaultKind::Appeared.name(),
    // With the roll, some printers print the last label once more.
    FaultKind::MediaOut.name(),
    FaultKind::RibbonOut.name(),
];

pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut given = HashSet::new();
    for serial in evidence.rows.iter().filter_map(|row| row.serial.as_ref()) {
        if !given.insert(&serial.text) {
            found.push(format!("serial {} is in the store twice", serial.text));
        }
    }
    if evidence.judged.duplicate_serials > 0 {
        let count = evidence.judged.duplicate_serials;
        found.push(format!(
            "{count} serials are on more than one pack of the good bin"
        ));
    }
    let mut inked: HashMap<&str, usize> = HashMap::new();
    for (at, truth) in evidence.account.truths.iter().enumerate() {
        let again = truth
            .faults
            .iter()
            .any(|fault| INK_AGAIN.contains(&fault.as_str()));
        if again {
            continue;
        }
        let numbered = truth.ink.iter().filter(|ink| has_serial(ink));
        for ink in numbered {
            if let Some(other) = inked.insert(ink, at)
                && other != at
            {
                let first = &evidence.account.truths[other];
                found.push(format!(
                    "packs {}/{} and {}/{} carry the same ink {ink:?}",
                    first.boot, first.id, truth.boot, truth.id
                ));
            }
        }
    }
    found.truncate(super::packs::DIFFERENCES_MAX);
    found
}
