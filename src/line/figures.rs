//! Figures of this run for screens and the account. PURE.

use super::pack::Pack;
use crate::record::{Fate, Tick, Verdict};
use crate::wire::{Figures, LastPack};
use std::collections::VecDeque;
use std::time::Duration;

/// How many times are kept for a percentile.
const TIMES_MAX: usize = 1024;
/// Over how long packs per minute are counted.
const RATE_WINDOW: Duration = Duration::from_secs(10);
/// Most packs counted in that window: 24,000 a minute, more than any line makes.
const RATE_PACKS_MAX: usize = 4_000;
/// How many gate results "of the last 100" looks back.
const LAST_MAX: usize = 100;

#[derive(Debug, Default)]
struct Times(VecDeque<u64>);

impl Times {
    fn add(&mut self, micros: u64) {
        if self.0.len() == TIMES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(micros);
    }

    /// `(p50, p99)` by nearest rank; zeros while there are none.
    fn percentiles(&self) -> (u64, u64) {
        let mut sorted: Vec<u64> = self.0.iter().copied().collect();
        sorted.sort_unstable();
        let rank = |percent: usize| {
            let place = (sorted.len() * percent).div_ceil(100).max(1) - 1;
            sorted.get(place).copied().unwrap_or(0)
        };
        (rank(50), rank(99))
    }
}

/// Collects the figures.
#[derive(Debug, Default)]
pub struct FigureKeeper {
    jobs_sent: u64,
    job_bytes: u64,
    commits: u64,
    commit_us: Times,
    decode_us: Times,
    gated_at: VecDeque<Tick>,
    last_gated: VecDeque<bool>,
    last_pack: Option<LastPack>,
    /// Serial that was last printed, pictured, gated, in the good bin.
    tails: [Option<String>; 2],
}

impl FigureKeeper {
    pub(super) fn job_sent(&mut self, bytes: usize) {
        self.jobs_sent += 1;
        self.job_bytes += bytes as u64;
    }

    pub(super) fn committed(&mut self, micros: u64) {
        self.commits += 1;
        self.commit_us.add(micros);
    }

    pub(super) fn decoded(&mut self, micros: u64) {
        self.decode_us.add(micros);
    }

    pub(super) fn verdict(&mut self, pack: &Pack, verdict: &Verdict) {
        self.last_pack = Some(LastPack {
            pack: pack.no,
            serial: pack.serial.as_ref().map(|serial| serial.text.clone()),
            outcome: verdict.outcome.name().to_owned(),
            passed: verdict.outcome.is_pass(),
            read: verdict.seen.as_ref().and_then(|seen| seen.scan.clone()),
            modules: None,
            grades: verdict.grades,
            looks_like: verdict.looks_like.map(|cause| cause.to_string()),
            text: verdict.text.finding().map(ToString::to_string),
        });
    }

    /// A pack went through the gate. A sample is neither good nor rejected, as in the books.
    pub(super) fn gated(&mut self, now: Tick, fate: Fate, is_sample: bool) {
        self.gated_at.push_back(now);
        while self.gated_at.len() > RATE_PACKS_MAX
            || self
                .gated_at
                .front()
                .is_some_and(|at| now.since(*at) > RATE_WINDOW)
        {
            self.gated_at.pop_front();
        }
        if is_sample {
            return;
        }
        if self.last_gated.len() == LAST_MAX {
            self.last_gated.pop_front();
        }
        self.last_gated.push_back(fate == Fate::Good);
    }

    /// The serials that went through the gate last: any pack, and a good one.
    pub(super) fn tail(&mut self, serial: Option<&str>, good: bool) {
        let Some(text) = serial else { return };
        self.tails[0] = Some(text.to_owned());
        if good {
            self.tails[1] = Some(text.to_owned());
        }
    }

    pub(super) fn tails(&self) -> &[Option<String>; 2] {
        &self.tails
    }

    pub(super) fn last_pack(&self) -> Option<LastPack> {
        self.last_pack.clone()
    }

    pub(super) fn rejects_of_last(&self) -> u32 {
        self.last_gated.iter().filter(|good| !**good).count() as u32
    }

    pub(super) fn packs_per_min(&self, now: Tick) -> u32 {
        let inside = self
            .gated_at
            .iter()
            .filter(|at| now.since(**at) <= RATE_WINDOW)
            .count() as u64;
        let span = now.since(Tick(0)).min(RATE_WINDOW).as_millis().max(1) as u64;
        (inside * 60_000 / span) as u32
    }

    pub(super) fn view(&self) -> Figures {
        let (commit_p50_us, commit_p99_us) = self.commit_us.percentiles();
        let (decode_p50_us, decode_p99_us) = self.decode_us.percentiles();
        Figures {
            jobs_sent: self.jobs_sent,
            job_bytes: self.job_bytes,
            commits: self.commits,
            commit_p50_us,
            commit_p99_us,
            decode_p50_us,
            decode_p99_us,
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn a_flood_of_packs_and_times_keeps_to_its_windows() {
        let mut figures = FigureKeeper::default();
        let now = Tick(0) + RATE_WINDOW;
        for micros in 0..3 * RATE_PACKS_MAX as u64 {
            figures.gated(now, Fate::RejectedByVerdict, false);
            figures.committed(micros);
        }
        assert_eq!(figures.gated_at.len(), RATE_PACKS_MAX);
        assert_eq!(figures.packs_per_min(now), 6 * RATE_PACKS_MAX as u32);
        assert_eq!(figures.rejects_of_last(), LAST_MAX as u32);
        let after = now + RATE_WINDOW + RATE_WINDOW;
        for sample in 0..2 * LAST_MAX as u32 {
            figures.gated(after, Fate::RejectedByVerdict, sample > 0);
            figures.gated(after, Fate::Good, true);
        }
        figures.gated(after, Fate::Good, false);
        let rejected = figures.rejects_of_last();
        assert_eq!(rejected, LAST_MAX as u32 - 1, "samples are not of them");
        assert_eq!(figures.commit_us.0.len(), TIMES_MAX);
        let newest = 3 * RATE_PACKS_MAX as u64 - 1;
        assert_eq!(figures.commit_us.0.back(), Some(&newest), "the oldest go");
    }
}
