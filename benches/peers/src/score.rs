//! Outcomes of many frames as figures: read %, wrong reads, median and 99th percentile.

use crate::measure::{Outcome, Verdict};
use serde::Serialize;

/// The figures of one reader over some frames.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// Frames it was given.
    pub frames: usize,
    /// Read, and right as far as anybody knows.
    pub read: usize,
    /// Read and wrong.
    pub wrong: usize,
    /// Ended in a panic.
    pub panics: usize,
    /// Share of frames read, in percent.
    pub read_percent: f64,
    /// Median time in milliseconds.
    pub median_ms: f64,
    /// 99th percentile by nearest rank.
    pub p99_ms: f64,
    /// Longest.
    pub max_ms: f64,
    /// Median over the frames that were read.
    pub median_read_ms: Option<f64>,
    /// Median over those that were not.
    pub median_unread_ms: Option<f64>,
}

impl Score {
    /// The figures; `None` when the reader had no frame at all.
    pub fn of(outcomes: &[Outcome]) -> Option<Score> {
        let count = |of: Verdict| outcomes.iter().filter(|o| o.verdict == of).count();
        let times = |keep: fn(&Outcome) -> bool| {
            let mut times: Vec<u64> = outcomes.iter().filter(|o| keep(o)).map(|o| o.ns).collect();
            times.sort_unstable();
            times
        };
        let all = times(|_| true);
        let read = count(Verdict::Read);
        Some(Score {
            frames: all.len(),
            read,
            wrong: count(Verdict::Wrong),
            panics: count(Verdict::Panicked),
            read_percent: 100.0 * read as f64 / all.len() as f64,
            median_ms: percentile(&all, 50)?,
            p99_ms: percentile(&all, 99)?,
            max_ms: percentile(&all, 100)?,
            median_read_ms: percentile(&times(|o| o.verdict == Verdict::Read), 50),
            median_unread_ms: percentile(&times(|o| o.verdict != Verdict::Read), 50),
        })
    }
}

/// The smallest time that this percentage of all times does not exceed, in milliseconds.
fn percentile(sorted: &[u64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).map(|ns| *ns as f64 / 1e6)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn figures_of_a_hundred_frames() {
        let outcome = |n: u64| Outcome {
            verdict: match n {
                1..=50 => Verdict::Read,
                51 => Verdict::Wrong,
                52 => Verdict::Panicked,
                _ => Verdict::Nothing,
            },
            ns: n * 1_000_000,
        };
        let score = Score::of(&(1..=100).rev().map(outcome).collect::<Vec<_>>()).unwrap();
        assert_eq!(
            (score.frames, score.read, score.wrong, score.panics),
            (100, 50, 1, 1)
        );
        assert_eq!(
            (score.read_percent, score.median_ms, score.p99_ms),
            (50.0, 50.0, 99.0)
        );
        assert_eq!(
            (score.median_read_ms, score.median_unread_ms),
            (Some(25.0), Some(75.0))
        );
        assert_eq!(Score::of(&[]), None);
    }
}
