//! How long is waited before a repository that did not take a document is tried again. PURE.

use std::time::Duration;

/// Shortest pause before another try.
const RETRY_PAUSE_MIN: Duration = Duration::from_millis(250);
/// Longest pause before another try.
pub const RETRY_PAUSE_MAX: Duration = Duration::from_secs(300);

/// The pause after so many failed tries: doubled at every try up to the limit, less up to a half by `chance`, so that
/// stations that failed together do not come back together; never shorter than what the repository asked for, which
/// counts up to the limit.
pub fn pause(failed: u32, asked: Option<Duration>, chance: u64) -> Duration {
    let doubled = 1u32 << failed.saturating_sub(1).min(16);
    let most = (RETRY_PAUSE_MIN * doubled).min(RETRY_PAUSE_MAX);
    let half = most / 2;
    let share = u32::try_from(chance % 1_001).unwrap_or(0);
    let jittered = half + half * share / 1_000;
    jittered.max(asked.unwrap_or_default().min(RETRY_PAUSE_MAX))
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn pauses_grow_to_their_limit_and_never_meet_by_chance() {
        let of = |failed, chance| pause(failed, None, chance);
        assert!(of(1, 0) >= RETRY_PAUSE_MIN / 2 && of(1, 1_000) <= RETRY_PAUSE_MIN);
        for failed in 1..40 {
            assert!(of(failed, 0) < of(failed, 1_000), "{failed}");
            assert!(of(failed + 1, 7) >= of(failed, 7), "{failed}");
            assert!(of(failed, 1_000) <= RETRY_PAUSE_MAX, "{failed}");
        }
        assert_eq!(of(u32::MAX, 1_000), RETRY_PAUSE_MAX);
        let asked = Some(Duration::from_secs(90));
        assert_eq!(pause(1, asked, 0), Duration::from_secs(90));
        assert_eq!(pause(1, Some(Duration::MAX), 0), RETRY_PAUSE_MAX);
    }
}
