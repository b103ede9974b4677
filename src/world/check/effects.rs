//! Record before effect: what the witness saw leave the station before the record that explains it was on disk. PURE.

use super::Evidence;

pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    evidence.floor.witness.breaches.clone()
}
