//! `vidimus sim`: many simulated factories, each from one seed, all that can go wrong, and what must hold of them.
//!
//! Here stand the arguments, what they ask for, and how a run ends. `running` lives the worlds, `tracing` follows one,
//! `summary` says what came of them, `places` keeps reports and scenarios, `faults` lists what can go wrong.

mod faults;
mod places;
mod running;
mod summary;
mod tracing;

use super::exit::{Ended, Exit, Failure};
use super::{message, print_line};
use crate::cli::input;
use crate::cli::output::{Before, Output};
use crate::world::runs::{Runs, Summary};
use crate::world::trouble::{Asked, Troubles};
use crate::world::{Wish, scenario};
use places::ScenarioFolder;
use std::io::Read;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use vidimus_simulators::printer::Language;

/// Arguments of `sim`.
#[derive(Debug, Clone, clap::Args)]
pub struct SimArgs {
    /// Seeds, from the first to the last: a world for each. One world in twenty (seeds that 20 divides) looks at
    /// photographs with the whole reader; it is fed at most 60 packs with faults
    #[arg(long, value_name = "A..B", value_parser = parse_seeds, default_value = "1..100", allow_hyphen_values = true)]
    pub seeds: RangeInclusive<u64>,
    /// One seed
    #[arg(long, value_name = "SEED", value_parser = parse_seed, conflicts_with = "seeds", allow_hyphen_values = true)]
    pub seed: Option<u64>,
    /// Packs fed in each world while things go wrong; 30 more are fed after everything was put right
    #[arg(long, value_name = "N", value_parser = parse_packs, default_value = "400", allow_hyphen_values = true)]
    pub packs: u64,
    /// What goes wrong: none, swarm (each class on with one half, from the seed), NAME=RATE,… (0 to 1), or
    /// swarm,NAME=RATE,…; list prints every name, what happens and for each of what a rate is drawn
    #[arg(
        long,
        value_name = "FAULTS",
        default_value = "swarm",
        allow_hyphen_values = true
    )]
    pub faults: String,
    /// What the printers speak; without it each seed chooses one of the languages
    #[arg(long, value_name = "LANGUAGE", value_parser = Language::parse)]
    pub printer_language: Option<Language>,
    /// Lives the world of a scenario file, as --shrink writes them; templates/scenarios/template.toml explains the keys
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["seeds", "seed", "packs", "faults", "printer_language", "nightly"]
    )]
    pub scenario: Option<PathBuf>,
    /// Prints one line an event, a column a device; of one world: --seed N, --seeds N..N or --scenario FILE
    #[arg(long, conflicts_with_all = ["json", "shrink"])]
    pub trace: bool,
    /// Makes each world that failed as short as it still fails, and writes it here as a scenario file
    #[arg(long, value_name = "DIR")]
    pub shrink: Option<PathBuf>,
    /// 5,000 worlds of 1,000 packs
    #[arg(long, conflicts_with_all = ["seeds", "seed", "packs"])]
    pub nightly: bool,
    /// Prints one JSON object: `seconds` are virtual, `packs_per_second` real, `at_ms` virtual milliseconds
    #[arg(long)]
    pub json: bool,
    /// Writes that JSON object here as well; a report that is there already is replaced when the new one is whole
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// Reads one seed.
fn parse_seed(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| {
        let most = u64::MAX;
        format!("{text:?} is no seed: write a whole number from 0 to {most}.")
    })
}

/// Reads a number of packs.
fn parse_packs(text: &str) -> Result<u64, String> {
    let packs = text.trim().parse().ok();
    let packs = packs.filter(|packs| (1..=scenario::PACKS_MAX).contains(packs));
    packs.ok_or_else(|| {
        let most = scenario::PACKS_MAX;
        format!("{text:?} is no number of packs: write a whole number from 1 to {most}.")
    })
}

/// Reads `A..B`, both included, or one number.
fn parse_seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let wrong =
        |_| format!("{text:?} is no range of seeds: write for example 1..500, or one number.");
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let first = parse_seed(first).map_err(wrong)?;
    let last = parse_seed(last.trim_start_matches('=')).map_err(wrong)?;
    match first <= last {
        true => Ok(first..=last),
        false => Err(format!(
            "{text:?} holds no seed: the first must not be greater than the last, write {last}..{first}."
        )),
    }
}

impl SimArgs {
    /// What is to be lived.
    fn runs(&self) -> Result<Runs, Failure> {
        if let Some(path) = &self.scenario {
            let wish = read_scenario(path)?;
            return Ok(Runs::Scenario(Box::new(wish)));
        }
        let (seeds, packs) = match (self.seed, self.nightly) {
            (Some(seed), _) => (seed..=seed, self.packs),
            (None, true) => (1..=5000, 1000),
            (None, false) => (self.seeds.clone(), self.packs),
        };
        let faults = Asked::parse(&self.faults).map_err(|why| Failure::new(Exit::Usage, why))?;
        Ok(Runs::Seeds {
            seeds,
            packs,
            faults,
            printer: self.printer_language,
        })
    }

    /// The command that shows one of these worlds again, line by line.
    fn again(&self, runs: &Runs, seed: u64) -> String {
        match (runs, &self.scenario) {
            (
                Runs::Seeds {
                    packs,
                    faults,
                    printer,
                    ..
                },
                _,
            ) => {
                let printer = printer.map(|printer| format!(" --printer-language {printer}"));
                let printer = printer.unwrap_or_default();
                format!(
                    "vidimus sim --seed {seed} --packs {packs} --faults {faults}{printer} --trace"
                )
            }
            (Runs::Scenario(_), path) => {
                let path = path.as_deref().unwrap_or(Path::new("FILE"));
                format!("vidimus sim --scenario {} --trace", quoted(path))
            }
        }
    }
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+,=".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// The wish of a scenario file.
fn read_scenario(path: &Path) -> Result<Wish, Failure> {
    let name = path.display().to_string();
    let usage = |why: String| Failure::new(Exit::Usage, why);
    let unread = |why| usage(format!("The scenario {name} cannot be read: {why}."));
    let file = input::open(path).map_err(unread)?;
    let mut bytes = Vec::new();
    // One byte more than is allowed tells that there is more; files without end are not read to it.
    file.take(scenario::TEXT_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(unread)?;
    scenario::parse(&name, &bytes).map_err(usage)
}

/// Runs the worlds.
///
/// # Errors
/// The arguments make no sense, a report cannot be written, or something that must not be has been.
pub fn run_worlds(args: &SimArgs) -> Ended {
    if args.faults == "list" {
        return faults::list()
            .try_for_each(|line| print_line(&line))
            .map(|()| Exit::Ok);
    }
    let runs = args.runs()?;
    if args.trace && runs.count() > 1 {
        let text = "--trace follows one world: add --seed N or --scenario FILE.";
        return Err(Failure::new(Exit::Usage, text));
    }
    let asked = running::stop_signals()?;
    // Where results go is tried before the first world is lived.
    let report = args.report.as_deref();
    let report = report.map(|file| Output::open("The report", file, Before::Replaced));
    let report = report.transpose()?;
    let folder = args
        .shrink
        .as_deref()
        .map(ScenarioFolder::open)
        .transpose()?;
    let mut problems = Vec::new();
    let summary = match args.trace {
        true => {
            let (summary, problem) = tracing::follow(&runs, &asked);
            problems.extend(problem);
            summary
        }
        false => running::live_all(&runs, &asked),
    };
    let json = serde_json::to_string(&summary).map_err(|why| Failure::new(Exit::Bug, why))?;
    problems.extend(report.and_then(|report| report.write(|out| writeln!(out, "{json}")).err()));
    let again = |seed| args.again(&runs, seed);
    let printed = match (args.json, args.trace) {
        (true, _) => print_line(&json),
        (false, true) => Ok(()),
        (false, false) => summary::lines(&runs, &summary, &again)
            .iter()
            .try_for_each(|line| print_line(line)),
    };
    problems.extend(printed.err());
    problems.extend(folder.and_then(|folder| folder.fill(&runs, &summary, &asked).err()));
    // A reader that has gone had enough: that ends the printing and nothing else.
    problems.retain(|problem| problem.exit != Exit::Ok);
    ended(&runs, &summary, problems)
}

/// How a run ends: what must not be goes before what could not be written, that before what was left out.
fn ended(runs: &Runs, summary: &Summary, problems: Vec<Failure>) -> Ended {
    if summary.violations > 0 {
        problems.iter().for_each(|problem| message(&problem.text));
        let text = format!(
            "Something happened that must never happen: {}.",
            summary::counted(summary.violations, "violation", "violations")
        );
        return Err(Failure::new(Exit::DoesNotReconcile, text));
    }
    if let Some(problem) = problems.into_iter().next() {
        return Err(problem);
    }
    if summary.stopped_early {
        let text = format!(
            "Stopped after {} of {}: nothing was violated in what was lived to its end.",
            summary.worlds,
            summary::counted(runs.count(), "world", "worlds")
        );
        return Err(Failure::new(Exit::StoppedByOperator, text));
    }
    if !summary.never_injected.is_empty() {
        let text = never_tried(&summary.never_injected);
        return Err(Failure::new(Exit::DoesNotReconcile, text));
    }
    Ok(Exit::Ok)
}

/// Faults that were to strike and did not, and what each needs.
fn never_tried(names: &[&'static str]) -> String {
    let mut text =
        "Nothing was violated, but what was asked for was not tried: nothing is proven of it."
            .to_owned();
    let never = Troubles::catalogue().filter(|words| names.contains(&words.name));
    for words in never {
        text += &format!("\n  {} never struck", words.name);
        if !words.needs.is_empty() {
            text += &format!("; it needs {}", words.needs);
        }
    }
    text + "\nGive a higher rate, more packs or more seeds, or leave it out."
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn seeds_are_ranges_or_one_number_and_nothing_else() {
        assert_eq!(parse_seeds("1..500"), Ok(1..=500));
        assert_eq!(parse_seeds("7"), Ok(7..=7));
        assert_eq!(parse_seeds("1..=1"), Ok(1..=1));
        let greatest = format!("0..{}", u64::MAX);
        assert_eq!(parse_seeds(&greatest), Ok(0..=u64::MAX));
        for wrong in [
            "",
            "a",
            "-1",
            "1..",
            "5..1",
            "1..b",
            "1.5",
            "18446744073709551616",
        ] {
            let why = parse_seeds(wrong).expect_err(wrong);
            assert!(why.contains("write") && !why.contains("digit"), "{why}");
        }
        assert_eq!(parse_packs("1000000"), Ok(1_000_000));
        for wrong in ["0", "-1", "1000001", "many"] {
            let why = parse_packs(wrong).expect_err(wrong);
            assert!(why.contains("from 1 to 1000000"), "{why}");
        }
    }

    #[test]
    fn the_outcome_decides_how_a_run_ends_and_problems_come_before_omissions() {
        let faults = Asked::parse("gate-stuck=0.1").expect("known");
        let runs = Runs::Seeds {
            seeds: 1..=2,
            packs: 5,
            faults,
            printer: None,
        };
        let full = || vec![Failure::new(Exit::Store, "full")];
        let exit = |summary: &Summary, problems| match ended(&runs, summary, problems) {
            Ok(exit) => exit,
            Err(failure) => failure.exit,
        };
        let mut summary = Summary::default();
        assert_eq!(exit(&summary, vec![]), Exit::Ok);
        assert_eq!(exit(&summary, full()), Exit::Store);
        summary.never_injected = vec!["gate-stuck"];
        assert_eq!(exit(&summary, vec![]), Exit::DoesNotReconcile);
        let why = ended(&runs, &summary, vec![]).expect_err("it was not tried");
        assert!(why.text.contains("Nothing was violated"), "{why}");
        assert!(why.text.contains("needs a pack that is rejected"), "{why}");
        summary.stopped_early = true;
        assert_eq!(exit(&summary, vec![]), Exit::StoppedByOperator);
        assert_eq!(exit(&summary, full()), Exit::Store);
        summary.violations = 1;
        assert_eq!(exit(&summary, full()), Exit::DoesNotReconcile);
    }

    #[test]
    fn paths_are_quoted_where_a_shell_would_take_them_apart() {
        assert_eq!(quoted(Path::new("tests/a-1.toml")), "tests/a-1.toml");
        assert_eq!(quoted(Path::new("my worlds/a")), "'my worlds/a'");
        assert_eq!(quoted(Path::new("it's")), r"'it'\''s'");
    }
}
