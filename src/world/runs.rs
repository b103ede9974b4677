//! Many worlds on all cores, and what they come to together.

use super::life::{Wish, World};
use super::report::{Report, digits};
use super::trouble::Troubles;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Of so many worlds one has photographs instead of sketches.
pub const PIXELS_EVERY: u64 = 20;

/// Packs of a world with photographs: they take fifty times as long.
const PIXEL_PACKS_MAX: u64 = 60;

/// What to run.
#[derive(Debug, Clone)]
pub struct Runs {
    /// A world for each.
    pub seeds: RangeInclusive<u64>,
    /// Packs fed in each while things go wrong.
    pub packs: u64,
    /// Faults as they were asked for; `swarm` draws others for each seed.
    pub faults: String,
}

impl Runs {
    /// The wish of one seed.
    ///
    /// # Errors
    /// The faults cannot be understood.
    pub fn wish(&self, seed: u64) -> Result<Wish, String> {
        let pixels = seed.is_multiple_of(PIXELS_EVERY);
        Ok(Wish {
            seed,
            packs: if pixels {
                self.packs.min(PIXEL_PACKS_MAX)
            } else {
                self.packs
            },
            troubles: Troubles::parse(&self.faults, seed)?,
            pixels,
        })
    }
}

/// What many worlds came to.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Things that must not be.
    pub violations: u64,
    /// Worlds.
    pub worlds: u64,
    /// Packs that left a belt.
    pub packs: u64,
    /// Packs in good bins.
    pub good: u64,
    /// Sound packs rejected outside fault windows.
    pub false_rejects: u64,
    /// Power cuts.
    pub power_cuts: u64,
    /// Virtual seconds.
    pub seconds: f64,
    /// How often each fault struck.
    pub injected: BTreeMap<String, u64>,
    /// How often each alarm was raised.
    pub alarms: BTreeMap<String, u64>,
    /// Packs a second of all cores together.
    pub packs_per_second: f64,
    /// Cores used.
    pub cores: usize,
    /// SHA-256 over the hashes of all worlds, by seed.
    pub event_log_hash: String,
    /// The worlds with violations.
    pub failed: Vec<Report>,
}

/// Most failed worlds that are kept whole.
const FAILED_MAX: usize = 50;

/// Lives one world; a panic is a violation like any other.
pub fn live(wish: Wish) -> Report {
    let again = wish.clone();
    let lived = catch_unwind(AssertUnwindSafe(|| World::new(wish).map(World::live)));
    match lived {
        Ok(Ok(report)) => report,
        Ok(Err(why)) => Report::failed(&again, why),
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let text = text.unwrap_or_else(|| "no words".to_owned());
            Report::failed(&again, format!("the program panicked: {text}"))
        }
    }
}

/// Runs all of them; `told` hears of each as it ends, from whatever thread.
///
/// # Errors
/// The faults cannot be understood.
pub fn run(runs: &Runs, cores: usize, told: &(dyn Fn(&Report) + Sync)) -> Result<Summary, String> {
    runs.wish(*runs.seeds.start())?;
    let begun = Instant::now();
    let next = AtomicU64::new(*runs.seeds.start());
    let reports: Mutex<BTreeMap<u64, Report>> = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for core in 0..cores.max(1) {
            // The name says that a panic is caught here and becomes a violation.
            let thread = std::thread::Builder::new().name(format!("world-{core}"));
            let work = || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > *runs.seeds.end() {
                        return;
                    }
                    let Ok(wish) = runs.wish(seed) else { return };
                    let report = live(wish);
                    told(&report);
                    let kept = reports.lock();
                    kept.unwrap_or_else(|poisoned| poisoned.into_inner())
                        .insert(seed, report);
                }
            };
            // Without this thread the others do its work, and without any the sum says so.
            let _ = thread.spawn_scoped(scope, work);
        }
    });
    let reports = reports
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    Ok(sum(
        reports.into_values(),
        cores,
        begun.elapsed().as_secs_f64(),
    ))
}

fn sum(reports: impl Iterator<Item = Report>, cores: usize, took_s: f64) -> Summary {
    let mut hash = Sha256::new();
    let mut summary = Summary {
        violations: 0,
        worlds: 0,
        packs: 0,
        good: 0,
        false_rejects: 0,
        power_cuts: 0,
        seconds: 0.0,
        injected: BTreeMap::new(),
        alarms: BTreeMap::new(),
        packs_per_second: 0.0,
        cores,
        event_log_hash: String::new(),
        failed: Vec::new(),
    };
    for report in reports {
        summary.worlds += 1;
        summary.violations += report.violations.len() as u64;
        summary.packs += report.packs;
        summary.good += report.good;
        summary.false_rejects += report.false_rejects;
        summary.power_cuts += report.power_cuts;
        summary.seconds += report.seconds;
        for (name, count) in &report.injected {
            *summary.injected.entry(name.clone()).or_default() += count;
        }
        for (name, count) in &report.alarms {
            *summary.alarms.entry(name.clone()).or_default() += count;
        }
        hash.update(&report.event_log_hash);
        if !report.violations.is_empty() && summary.failed.len() < FAILED_MAX {
            summary.failed.push(report);
        }
    }
    summary.event_log_hash = digits(hash);
    summary.packs_per_second = (summary.packs as f64 / took_s.max(1e-9)).round();
    summary.seconds = summary.seconds.round();
    summary
}
