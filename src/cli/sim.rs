//! `vidimus sim`: many simulated factories, each from one seed, all that can go wrong, and what must hold of them.

use super::exit::{Ended, Exit, Failure};
use super::progress::Progress;
use super::{message, print_line};
use crate::world::report::{Report, Trace};
use crate::world::runs::{Runs, Summary, live, run};
use crate::world::scenario;
use crate::world::trouble::Troubles;
use crate::world::{Wish, World, check};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Arguments of `sim`.
#[derive(Debug, Clone, clap::Args)]
pub struct SimArgs {
    /// Seeds, from the first to the last: a world for each
    #[arg(long, value_name = "A..B", value_parser = parse_seeds, default_value = "1..100")]
    pub seeds: RangeInclusive<u64>,
    /// One seed; with --trace a line for everything that happens in its world
    #[arg(long, value_name = "SEED", conflicts_with = "seeds")]
    pub seed: Option<u64>,
    /// Packs fed in each world while things go wrong
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub packs: u64,
    /// What goes wrong: none, swarm (each class on with one half, from the seed), or NAME=RATE,… (0 to 1)
    #[arg(long, value_name = "FAULTS", default_value = "swarm")]
    pub faults: String,
    /// Lives the world of a scenario file, as --shrink writes them
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "seed", "packs", "faults", "nightly"])]
    pub scenario: Option<PathBuf>,
    /// Prints one line an event, a column a device; needs --seed or --scenario
    #[arg(long)]
    pub trace: bool,
    /// Makes each world that failed as short as it still fails, and writes it here as a scenario file
    #[arg(long, value_name = "DIR")]
    pub shrink: Option<PathBuf>,
    /// 5,000 worlds of 1,000 packs
    #[arg(long, conflicts_with_all = ["seeds", "seed", "packs"])]
    pub nightly: bool,
    /// Prints one JSON object
    #[arg(long)]
    pub json: bool,
    /// Writes the report here as well, as JSON
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// Reads `A..B`, both included, or one number.
fn parse_seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let wrong =
        || format!("\"{text}\" is no range of seeds: write for example 1..500, or one number.");
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let number = |part: &str| part.trim().parse::<u64>().map_err(|_| wrong());
    let (first, last) = (number(first)?, number(last.trim_start_matches('='))?);
    match first <= last {
        true => Ok(first..=last),
        false => Err(format!(
            "\"{text}\" holds no seed: the first must not be greater than the last, write {last}..{first}."
        )),
    }
}

/// Runs the worlds.
///
/// # Errors
/// The faults make no sense, or something that must not be has been.
pub fn run_worlds(args: &SimArgs) -> Ended {
    let (seeds, packs) = match (args.seed, args.nightly) {
        (Some(seed), _) => (seed..=seed, args.packs),
        (None, true) => (1..=5000, 1000),
        (None, false) => (args.seeds.clone(), args.packs),
    };
    let runs = Runs {
        seeds,
        packs,
        faults: args.faults.clone(),
    };
    let usage = |text| Failure::new(Exit::Usage, text);
    Troubles::parse(&runs.faults, 0).map_err(usage)?;
    let one = match (&args.scenario, args.seed) {
        (Some(path), _) => Some(read_scenario(path)?),
        (None, Some(seed)) if args.trace => Some(runs.wish(seed).map_err(usage)?),
        (None, None) if args.trace => {
            let text = "--trace follows one world: add --seed N or --scenario FILE.".to_owned();
            return Err(usage(text));
        }
        _ => None,
    };
    if let Some(wish) = one {
        return live_one(wish, args);
    }
    let count = runs.seeds.end() - runs.seeds.start() + 1;
    let bar = Progress::new(count);
    let (done, bad) = (AtomicU64::new(0), AtomicU64::new(0));
    let told = |report: &Report| {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        let bad = bad.fetch_add(report.violations.len() as u64, Ordering::Relaxed)
            + report.violations.len() as u64;
        bar.at(done, &format!("worlds, {bad} violations"));
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let summary = run(&runs, cores, &told).map_err(usage)?;
    drop(bar);
    conclude(args, &runs, &summary)
}

/// The wish of a scenario file.
fn read_scenario(path: &Path) -> Result<Wish, Failure> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|why| {
        Failure::new(
            Exit::Usage,
            format!("The scenario {name} cannot be read: {why}."),
        )
    })?;
    scenario::parse(&name, &text).map_err(|why| Failure::new(Exit::Usage, why))
}

/// Lives one world, told line by line or in one sentence.
fn live_one(wish: Wish, args: &SimArgs) -> Ended {
    let mut world = World::new(wish).map_err(|text| Failure::new(Exit::Store, text))?;
    if args.trace {
        world.trace(Trace::new(|line| {
            // Whoever reads had enough: the world ends unread.
            let _ = print_line(line);
        }));
    }
    let report = world.live();
    let bug = |why: serde_json::Error| Failure::new(Exit::Bug, why);
    let json = serde_json::to_string(&report).map_err(bug)?;
    if let Some(path) = &args.report {
        write_report(path, &json)?;
    }
    if args.json {
        print_line(&json)?;
    } else if !args.trace {
        let (packs, good, hash) = (report.packs, report.good, &report.event_log_hash);
        let violations = report.violations.len();
        print_line(&format!(
            "{packs} packs, {good} good, {violations} violations, event log {hash}"
        ))?;
    }
    for violation in &report.violations {
        message(&told(report.seed, violation));
    }
    verdict(report.violations.is_empty())
}

fn told(seed: u64, violation: &check::Violation) -> String {
    let s = violation.at.as_ms() as f64 / 1000.0;
    format!(
        "seed {seed} at {s:.3} s, {}: {}",
        violation.checker, violation.text
    )
}

fn verdict(sound: bool) -> Ended {
    match sound {
        true => Ok(Exit::Ok),
        false => Err(Failure::new(
            Exit::DoesNotReconcile,
            "Something happened that must never happen; each seed shows it again with --seed N --trace.",
        )),
    }
}

fn conclude(args: &SimArgs, runs: &Runs, summary: &Summary) -> Ended {
    let bug = |why: serde_json::Error| Failure::new(Exit::Bug, why);
    let json = serde_json::to_string(summary).map_err(bug)?;
    if let Some(path) = &args.report {
        write_report(path, &json)?;
    }
    if args.json {
        print_line(&json)?;
    } else {
        for line in lines(runs, summary) {
            print_line(&line)?;
        }
    }
    if let Some(dir) = &args.shrink {
        shrink(dir, runs, summary)?;
    }
    let silent = never_struck(runs, summary);
    if !silent.is_empty() {
        message(&format!("Never injected: {}.", silent.join(", ")));
    }
    verdict(summary.violations == 0 && silent.is_empty())
}

/// Faults that were asked for and never struck: such a run has proven nothing about them. Few worlds cannot strike all.
fn never_struck(runs: &Runs, summary: &Summary) -> Vec<&'static str> {
    const WORLDS_MIN: u64 = 100;
    if summary.worlds < WORLDS_MIN || runs.faults != "swarm" {
        return Vec::new();
    }
    Troubles::names()
        .filter(|name| !summary.injected.contains_key(*name))
        .collect()
}

/// Writes the shortest world of each that failed.
fn shrink(dir: &Path, runs: &Runs, summary: &Summary) -> Result<(), Failure> {
    if !summary.failed.is_empty() {
        std::fs::create_dir_all(dir).map_err(|why| {
            let text = format!("The folder {} cannot be made: {why}.", dir.display());
            Failure::new(Exit::Store, text)
        })?;
    }
    for report in &summary.failed {
        let usage = |text| Failure::new(Exit::Usage, text);
        let wish = runs.wish(report.seed).map_err(usage)?;
        let fails = |wish: &Wish| !live(wish.clone()).violations.is_empty();
        let short = scenario::shrink(&wish, &fails);
        let violations = live(short.clone()).violations;
        let what: Vec<String> = violations
            .iter()
            .take(3)
            .map(|one| format!("{}: {}", one.checker, one.text))
            .collect();
        let path = dir.join(format!("seed-{}.toml", report.seed));
        let text = scenario::write(&short, &what);
        std::fs::write(&path, text).map_err(|why| {
            let text = format!("The scenario {} cannot be written: {why}.", path.display());
            Failure::new(Exit::Store, text)
        })?;
        message(&format!(
            "seed {} in {} packs: {}",
            report.seed,
            short.packs,
            path.display()
        ));
    }
    Ok(())
}

fn write_report(path: &Path, json: &str) -> Result<(), Failure> {
    std::fs::write(path, format!("{json}\n")).map_err(|why| {
        let text = format!("The report {} cannot be written: {why}.", path.display());
        Failure::new(Exit::Store, text)
    })
}

fn lines(runs: &Runs, summary: &Summary) -> Vec<String> {
    let counted = |counts: &BTreeMap<String, u64>| {
        let parts: Vec<String> = counts
            .iter()
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        parts.join(", ")
    };
    let mut lines = vec![
        format!(
            "{} worlds of {} packs, faults {}: {} packs, {} good, {} power cuts, {:.1} hours of a line",
            summary.worlds,
            runs.packs,
            runs.faults,
            summary.packs,
            summary.good,
            summary.power_cuts,
            summary.seconds / 3600.0
        ),
        format!("injected: {}", counted(&summary.injected)),
        format!("alarms: {}", counted(&summary.alarms)),
        format!(
            "{:.0} packs a second on {} cores; event log {}",
            summary.packs_per_second, summary.cores, summary.event_log_hash
        ),
        format!(
            "sound packs rejected outside fault windows: {}",
            summary.false_rejects
        ),
    ];
    for report in &summary.failed {
        let violations = report.violations.iter();
        lines.extend(violations.map(|violation| told(report.seed, violation)));
    }
    lines.push(format!("violations: {}", summary.violations));
    lines
}
