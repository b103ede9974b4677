//! No sound pack is rejected while nothing was wrong: one label, one picture, and no fault window on its way. PURE.

use super::Evidence;
use super::packs::{DIFFERENCES_MAX, is_false_reject};

pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let truths = evidence.account.truths.iter();
    let rejected = truths.filter(|pack| is_false_reject(pack));
    let text = |pack: &vidimus_simulators::truth::PackTruth| {
        let (boot, id, verdict, gate) = (pack.boot, pack.id, pack.verdict, pack.gate);
        format!(
            "sound pack {boot}/{id} was rejected while nothing was wrong: verdict {verdict}, gate {gate}"
        )
    };
    rejected.map(text).take(DIFFERENCES_MAX).collect()
}
