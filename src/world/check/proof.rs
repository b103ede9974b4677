//! Good needs proof, and ink is the truth: a pack in the good bin has a durable pass for exactly the ink on it. What a
//! stuck gate let through is known to the books as not confirmed, and an alarm was raised that has a person look for
//! it. PURE.

use super::Evidence;

/// The alarms that have a person look for a pack in a bin where it must not be.
const LOOK_FOR_IT: [&str; 2] = ["wrong-bin", "unknown-fate"];

pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let mut found = evidence.differences.unproven.clone();
    let (escaped, stuck) = (evidence.judged.escaped, evidence.judged.not_confirmed);
    if escaped > stuck && found.is_empty() {
        found.push(format!(
            "{} packs are in the good bin unproven",
            escaped - stuck
        ));
    }
    let told = |alarm: &&str| evidence.floor.witness.raised.contains_key(*alarm);
    if stuck > 0 && !LOOK_FOR_IT.iter().any(told) {
        found.push(format!(
            "the gate did not reject {stuck} packs, and no alarm said so"
        ));
    }
    found
}
