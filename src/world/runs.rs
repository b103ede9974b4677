//! Many worlds on all cores, and what they come to together.

use super::life::{Wish, World};
use super::report::{Report, digits};
use super::settings;
use super::trace::Trace;
use super::trouble::{Asked, Troubles};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::Instant;
use vidimus_simulators::printer::Language;

/// Of so many worlds one has photographs instead of sketches.
pub const PIXELS_EVERY: u64 = 20;

/// Most packs fed with faults in a world with photographs: they take fifty times as long.
pub const PIXEL_PACKS_MAX: u64 = 60;

/// In so many worlds a swarm strikes with every fault.
pub const SWARM_WORLDS: u64 = 100;

/// What to run.
#[derive(Debug, Clone)]
pub enum Runs {
    /// A world for each seed.
    Seeds {
        /// The seeds.
        seeds: RangeInclusive<u64>,
        /// Packs fed in each while things go wrong.
        packs: u64,
        /// What goes wrong.
        faults: Asked,
        /// What the printers speak; `None`: the seed chooses.
        printer: Option<Language>,
    },
    /// One world.
    Scenario(Box<Wish>),
}

impl Runs {
    /// The wish of one seed.
    pub fn wish(&self, seed: u64) -> Wish {
        match self {
            Runs::Scenario(wish) => Wish::clone(wish),
            Runs::Seeds {
                packs,
                faults,
                printer,
                ..
            } => {
                let pixels = seed.is_multiple_of(PIXELS_EVERY);
                let packs = match pixels {
                    true => (*packs).min(PIXEL_PACKS_MAX),
                    false => *packs,
                };
                let troubles = faults.troubles(seed);
                let printer = printer.unwrap_or_else(|| settings::language(seed));
                Wish {
                    seed,
                    packs,
                    troubles,
                    pixels,
                    printer,
                }
            }
        }
    }

    fn seeds(&self) -> RangeInclusive<u64> {
        match self {
            Runs::Seeds { seeds, .. } => seeds.clone(),
            Runs::Scenario(wish) => wish.seed..=wish.seed,
        }
    }

    /// How many worlds.
    pub fn count(&self) -> u64 {
        let seeds = self.seeds();
        (seeds.end() - seeds.start()).saturating_add(1)
    }

    /// Faults that must strike at least once: those that were named, and in many worlds of a swarm all.
    pub fn expected(&self) -> Vec<&'static str> {
        match self {
            Runs::Scenario(wish) => wish.troubles.by_name().into_keys().collect(),
            Runs::Seeds { faults, .. } if faults.is_swarm() && self.count() >= SWARM_WORLDS => {
                let mut every = Troubles::names().collect::<Vec<_>>();
                every.retain(|name| !faults.is_off(name));
                every
            }
            Runs::Seeds { faults, .. } => faults.named().collect(),
        }
    }
}

/// What worlds came to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    /// Things that must not be.
    pub violations: u64,
    /// Worlds that were lived to their end.
    pub worlds: u64,
    /// Worlds among them with photographs, of at most [`PIXEL_PACKS_MAX`] packs with faults.
    pub photograph_worlds: u64,
    /// Worlds by the language of their printer.
    pub printers: BTreeMap<&'static str, u64>,
    /// Not all worlds were lived: a person ended the run.
    pub stopped_early: bool,
    /// Packs fed while things went wrong.
    pub fed: u64,
    /// Packs fed after everything was put right.
    pub fed_healed: u64,
    /// Packs that left a belt.
    pub packs: u64,
    /// Packs in good bins.
    pub good: u64,
    /// Packs in good bins that no record proves and the books do not know of.
    pub escaped: u64,
    /// Packs in good bins that the gate did not reject though it was told to; the books know each.
    pub not_confirmed: u64,
    /// Sound packs rejected outside fault windows.
    pub false_rejects: u64,
    /// Power cuts.
    pub power_cuts: u64,
    /// Stations started anew without a power cut.
    pub restarts: u64,
    /// Virtual seconds.
    pub seconds: f64,
    /// How often each fault struck.
    pub injected: BTreeMap<String, u64>,
    /// Faults that had to strike and did not: of them nothing is proven.
    pub never_injected: Vec<&'static str>,
    /// How often each alarm was raised.
    pub alarms: BTreeMap<String, u64>,
    /// Packs in a second of real time, on all cores together.
    pub packs_per_second: f64,
    /// Cores used.
    pub cores: usize,
    /// SHA-256 over the hashes of all worlds, by seed.
    pub event_log_hash: String,
    /// The worlds with violations; at most `FAILED_MAX`.
    pub failed: Vec<Report>,
}

/// Most failed worlds that are kept whole.
const FAILED_MAX: usize = 50;

/// Lives one world; a panic is a violation like any other.
pub fn live(wish: Wish) -> Report {
    live_while(wish, None, &|| true).expect("nobody ends it")
}

/// The same as long as it `goes_on`, with a trace; nothing comes of a world that does not.
pub fn live_while(wish: Wish, trace: Option<Trace>, goes_on: &dyn Fn() -> bool) -> Option<Report> {
    let again = wish.clone();
    let life = || -> Result<Option<Report>, String> {
        let mut world = World::new(wish)?;
        if let Some(trace) = trace {
            world.trace(trace);
        }
        Ok(world.live_while(goes_on))
    };
    match catch_unwind(AssertUnwindSafe(life)) {
        Ok(Ok(report)) => report,
        Ok(Err(why)) => Some(Report::failed(&again, why)),
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let text = text.unwrap_or_else(|| "no words".to_owned());
            Some(Report::failed(
                &again,
                format!("the program panicked: {text}"),
            ))
        }
    }
}

/// Runs all of them as long as it `goes_on`; `told` hears of each as it ends, from whatever thread. Worlds that are
/// under way when it does not go on are left out.
pub fn run(
    runs: &Runs,
    cores: usize,
    goes_on: &(dyn Fn() -> bool + Sync),
    told: &(dyn Fn(&Report) + Sync),
) -> Summary {
    let begun = Instant::now();
    let next = Mutex::new(runs.seeds());
    let sum = Mutex::new(Sum::from(*runs.seeds().start()));
    std::thread::scope(|scope| {
        for core in 0..cores.max(1) {
            // The name says that a panic is caught here and becomes a violation.
            let thread = std::thread::Builder::new().name(format!("world-{core}"));
            let work = || {
                while goes_on() {
                    let Some(seed) = next.lock().expect("nobody panics with it").next() else {
                        return;
                    };
                    let Some(report) = live_while(runs.wish(seed), None, goes_on) else {
                        return;
                    };
                    told(&report);
                    sum.lock().expect("nobody panics with it").add(seed, report);
                }
            };
            // Without this thread the others do its work, and without any the sum says so.
            let _ = thread.spawn_scoped(scope, work);
        }
    });
    let sum = sum.into_inner().expect("nobody panics with it");
    sum.conclude(runs, cores, begun.elapsed().as_secs_f64())
}

/// Reports become a summary in the order of their seeds, so that nothing depends on who was faster.
#[derive(Default)]
struct Sum {
    summary: Summary,
    hash: Sha256,
    /// The seed that comes next; `None` after the last there is.
    due: Option<u64>,
    /// Worlds that were lived before others of lower seeds.
    early: BTreeMap<u64, Report>,
}

impl Sum {
    fn from(first: u64) -> Sum {
        Sum {
            due: Some(first),
            ..Sum::default()
        }
    }

    fn add(&mut self, seed: u64, report: Report) {
        self.early.insert(seed, report);
        while let Some((seed, report)) = self.due.and_then(|due| self.early.remove_entry(&due)) {
            self.due = seed.checked_add(1);
            self.take(report);
        }
    }

    fn take(&mut self, report: Report) {
        let summary = &mut self.summary;
        summary.worlds += 1;
        summary.photograph_worlds += u64::from(report.pixels);
        *summary.printers.entry(report.printer).or_default() += 1;
        summary.violations += report.violations.len() as u64;
        summary.fed += report.fed;
        summary.fed_healed += report.fed_healed;
        summary.packs += report.packs;
        summary.good += report.good;
        summary.escaped += report.escaped;
        summary.not_confirmed += report.not_confirmed;
        summary.false_rejects += report.false_rejects;
        summary.power_cuts += report.power_cuts;
        summary.restarts += report.restarts;
        summary.seconds += report.seconds;
        for (name, count) in &report.injected {
            *summary.injected.entry(name.clone()).or_default() += count;
        }
        for (name, count) in &report.alarms {
            *summary.alarms.entry(name.clone()).or_default() += count;
        }
        self.hash.update(&report.event_log_hash);
        if !report.violations.is_empty() && summary.failed.len() < FAILED_MAX {
            summary.failed.push(report);
        }
    }

    fn conclude(mut self, runs: &Runs, cores: usize, took_s: f64) -> Summary {
        for report in std::mem::take(&mut self.early).into_values() {
            self.take(report);
        }
        let mut summary = self.summary;
        summary.stopped_early = summary.worlds < runs.count();
        summary.never_injected = runs.expected();
        let injected = &summary.injected;
        summary
            .never_injected
            .retain(|name| !injected.contains_key(*name));
        summary.event_log_hash = digits(self.hash);
        summary.packs_per_second = (summary.packs as f64 / took_s.max(1e-9)).round();
        summary.seconds = summary.seconds.round();
        summary.cores = cores;
        summary
    }
}

/// One world with a trace, as the summary of a run of it alone.
pub fn run_traced(runs: &Runs, trace: Trace, goes_on: &dyn Fn() -> bool) -> Summary {
    let begun = Instant::now();
    let seed = *runs.seeds().start();
    let mut sum = Sum::from(seed);
    if let Some(report) = live_while(runs.wish(seed), Some(trace), goes_on) {
        sum.add(seed, report);
    }
    sum.conclude(runs, 1, begun.elapsed().as_secs_f64())
}

#[cfg(test)]
mod test {
    use super::*;

    fn runs(seeds: RangeInclusive<u64>) -> Runs {
        Runs::Seeds {
            seeds,
            packs: 1,
            faults: Asked::parse("none").expect("it is known"),
            printer: None,
        }
    }

    #[test]
    fn the_last_seed_there_is_comes_and_is_the_last() {
        let summary = run(&runs(u64::MAX - 1..=u64::MAX), 2, &|| true, &|_| {});
        assert_eq!((summary.worlds, summary.stopped_early), (2, false));
        assert_eq!(runs(0..=u64::MAX).count(), u64::MAX);
    }

    #[test]
    fn what_fails_is_kept_up_to_the_limit_and_counted_beyond() {
        let mut sum = Sum::from(1);
        let runs = runs(1..=60);
        for seed in (1..=60).rev() {
            sum.add(
                seed,
                Report::failed(&runs.wish(seed), "on purpose".to_owned()),
            );
        }
        let summary = sum.conclude(&runs, 1, 1.0);
        assert_eq!((summary.worlds, summary.violations), (60, 60));
        let seeds: Vec<u64> = summary.failed.iter().map(|report| report.seed).collect();
        assert_eq!(
            seeds,
            (1..=FAILED_MAX as u64).collect::<Vec<_>>(),
            "by seed"
        );
    }

    #[test]
    fn a_run_that_does_not_go_on_says_so_and_sums_up_what_ran() {
        use std::sync::atomic::{AtomicU64, Ordering};
        let lived = AtomicU64::new(0);
        let goes_on = || lived.load(Ordering::SeqCst) < 3;
        let told = |_: &Report| {
            lived.fetch_add(1, Ordering::SeqCst);
        };
        let summary = run(&runs(0..=u64::MAX), 1, &goes_on, &told);
        assert_eq!((summary.worlds, summary.stopped_early), (3, true));
        assert_eq!(summary.violations, 0);
    }

    #[test]
    fn photographs_are_looked_at_in_worlds_of_bounded_length() {
        let runs = Runs::Seeds {
            seeds: 1..=40,
            packs: 1000,
            faults: Asked::default(),
            printer: None,
        };
        let (photographs, sketches) = (runs.wish(PIXELS_EVERY), runs.wish(PIXELS_EVERY + 1));
        assert_eq!(
            (photographs.pixels, photographs.packs),
            (true, PIXEL_PACKS_MAX)
        );
        assert_eq!((sketches.pixels, sketches.packs), (false, 1000));
    }

    #[test]
    fn what_was_named_must_strike_and_a_great_swarm_strikes_with_all() {
        let expected = |count, faults: &str| {
            let runs = Runs::Seeds {
                seeds: 1..=count,
                packs: 1,
                faults: Asked::parse(faults).expect("it is known"),
                printer: None,
            };
            runs.expected()
        };
        assert_eq!(expected(1, "swarm"), [""; 0]);
        assert_eq!(expected(500, "none,keys=0"), [""; 0]);
        assert_eq!(expected(1, "swarm,keys=0.1"), ["keys"]);
        let all = Troubles::names().count();
        assert_eq!(expected(SWARM_WORLDS, "swarm").len(), all);
        assert_eq!(expected(SWARM_WORLDS, "swarm,keys=0").len(), all - 1);
    }
}
