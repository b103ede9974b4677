//! Fail-safe: the gate passes nothing without a pass in its slot, and nothing once the station's heart stood still.
//! PURE.

use super::Evidence;
use vidimus_simulators::truth::Bin;

/// The contract's outcome code for the good bin.
pub const PASSED: u16 = 1;

pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let dead = evidence.account.passed_dead.iter();
    let mut found: Vec<String> = dead
        .map(|pack| format!("pack {pack} passed the gate of a dead station"))
        .collect();
    for truth in evidence
        .account
        .truths
        .iter()
        .filter(|truth| truth.bin == Bin::Good)
    {
        if truth.gate == PASSED && truth.verdict != 1 {
            let (boot, id, verdict) = (truth.boot, truth.id, truth.verdict);
            found.push(format!(
                "pack {boot}/{id} passed the gate with verdict {verdict}"
            ));
        }
    }
    found.truncate(super::packs::DIFFERENCES_MAX);
    found
}
