//! The audit chain verifies from its beginning, the projections are what the records say, and the head is not behind
//! what was acknowledged. PURE.

use super::Evidence;

pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let acknowledged = evidence.floor.disk.acknowledged;
    match evidence.floor.disk.reader().audit() {
        Err(error) => vec![error.to_string()],
        Ok(status) if status.last_seq < acknowledged => vec![format!(
            "{acknowledged} was acknowledged, the chain ends at {}",
            status.last_seq
        )],
        Ok(_) => Vec::new(),
    }
}
