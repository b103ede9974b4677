//! Good needs proof, and ink is the truth: a pack in the good bin has a durable pass for exactly the ink on it. What a
//! stuck gate let through is known to the books as not confirmed, and an alarm was raised that has a person look for
//! it. PURE.

use super::Evidence;

/// The alarm of a pack in a bin where it must not be.
const WRONG_BIN: &str = "wrong-bin";

pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let differs = evidence.differences.texts.iter();
    let unproven = differs.filter(|text| text.contains("good bin")).cloned();
    let mut found: Vec<String> = unproven.collect();
    let (escaped, stuck) = (evidence.judged.escaped, evidence.judged.not_confirmed);
    if escaped > stuck && found.is_empty() {
        found.push(format!(
            "{} packs are in the good bin unproven",
            escaped - stuck
        ));
    }
    if stuck > 0 && !evidence.floor.witness.raised.contains_key(WRONG_BIN) {
        found.push(format!(
            "the gate did not reject {stuck} packs, and no alarm said so"
        ));
    }
    found
}
