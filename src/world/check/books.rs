//! Reconciliation: both equations at every turn, the bins of the books at the end, no pack in line, and nobody's fate
//! unknown unless something made it so. PURE.

use super::Evidence;
use crate::record::Fate;
use vidimus_simulators::fault::FaultKind;

/// What may leave the fate of a pack unknown: a PLC that forgets, a gate that does not move, packs that hands moved.
const UNKNOWABLE: [&str; 4] = [
    FaultKind::PlcRestart.name(),
    FaultKind::GateStuck.name(),
    FaultKind::Appeared.name(),
    FaultKind::Removed.name(),
];

pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    if let Some(tally) = &evidence.account.unbalanced {
        found.push(format!("the books did not balance: {tally:?}"));
    }
    found.extend_from_slice(&evidence.differences.texts);
    let open = evidence
        .rows
        .iter()
        .filter(|row| row.fate.is_none())
        .count();
    if open > 0 {
        found.push(format!(
            "{open} packs are in line by the books, the belt is empty"
        ));
    }
    let mut happened = evidence
        .account
        .truths
        .iter()
        .flat_map(|truth| &truth.faults);
    let excused = happened.any(|fault| UNKNOWABLE.contains(&fault.as_str()));
    let unknown = |row: &&crate::store::PackRow| row.fate == Some(Fate::Unknown);
    let unknown = evidence.rows.iter().filter(unknown).count();
    if unknown > 0 && !excused {
        found.push(format!(
            "the fate of {unknown} packs is unknown, and nothing made it so"
        ));
    }
    found
}
