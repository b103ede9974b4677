//! Good needs proof, and ink is the truth: a pack in the good bin has a durable pass for exactly the ink on it. PURE.

use super::Evidence;

pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let differs = evidence.differences.texts.iter();
    let unproven = differs.filter(|text| text.contains("good bin")).cloned();
    let mut found: Vec<String> = unproven.collect();
    if evidence.judged.escaped > 0 && found.is_empty() {
        found.push(format!(
            "{} packs are in the good bin unproven",
            evidence.judged.escaped
        ));
    }
    found
}
