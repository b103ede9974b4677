//! Bounded: queues stay within their limits. PURE.

use super::Evidence;
use crate::station::frames::FRAMES_HELD_MAX;
use crate::store::QUEUE_COMMITS_MAX;

pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let (frames, commits) = (evidence.account.frames_max, evidence.account.commits_max);
    let mut found = Vec::new();
    if frames > 2 * FRAMES_HELD_MAX {
        found.push(format!(
            "{frames} pictures were held, at most {} may be",
            2 * FRAMES_HELD_MAX
        ));
    }
    if commits > QUEUE_COMMITS_MAX {
        found.push(format!(
            "{commits} commits waited, at most {QUEUE_COMMITS_MAX} may"
        ));
    }
    found
}
