//! No sound pack is rejected while nothing was wrong: one label, one picture, and no fault window on its way. PURE.

use super::Evidence;

pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let count = evidence.judged.false_rejects;
    let text = || format!("{count} sound packs were rejected while nothing was wrong");
    if count > 0 { vec![text()] } else { Vec::new() }
}
