//! Worlds at work: sound ones, wild ones, the same one twice; and every deliberate mistake is caught.

mod pools;
mod restarts;
mod slips;
mod tongues;

use super::check;
use super::life::{HEALED_PACKS, Wish, World};
use super::report::Report;
use super::runs::{PIXELS_EVERY, Runs, live, run};
use super::sabotage::{MISTAKES, Mistake};
use super::scenario;
use super::trouble::{Asked, Troubles};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use vidimus_simulators::printer::Language;

fn sound(seed: u64, pixels: bool) -> Wish {
    Wish {
        seed,
        packs: 60,
        troubles: Troubles::none(),
        pixels,
        printer: Language::default(),
    }
}

#[test]
fn a_sound_world_makes_good_packs_and_nothing_else() {
    for (seed, pixels) in [(1, false), (2, false), (3, false), (4, true)] {
        let report = live(sound(seed, pixels));
        assert_eq!(report.violations, [], "seed {seed}");
        // The first pack after each start and resynchronisation is the challenge.
        let most = 60 + HEALED_PACKS;
        assert!(report.good + 4 >= most, "seed {seed}: {report:?}");
        assert_eq!(report.false_rejects, 0, "seed {seed}");
        assert_eq!(report.power_cuts, 0);
    }
}

/// Seeds of the gate of every run of the tests; `VIDIMUS_WORLDS=N` asks for more.
const WORLDS: u64 = 500;

fn swarm(seeds: RangeInclusive<u64>, packs: u64) -> Runs {
    let faults = Asked::parse("swarm").expect("it is known");
    Runs::Seeds {
        seeds,
        packs,
        faults,
        printer: None,
    }
}

#[test]
fn whatever_goes_wrong_in_a_swarm_of_worlds_nothing_happens_that_must_not() {
    let more = std::env::var("VIDIMUS_WORLDS")
        .ok()
        .and_then(|count| count.parse().ok());
    let runs = swarm(1..=more.unwrap_or(WORLDS), 400);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let summary = run(&runs, cores, &|| true, &|_| {});
    assert_eq!(summary.violations, 0, "{:#?}", summary.failed);
    assert_eq!(summary.escaped, 0);
    assert_eq!(runs.expected().len(), Troubles::names().count());
    assert_eq!(summary.never_injected, [""; 0]);
    assert!(
        summary.power_cuts >= 2000,
        "{} power cuts",
        summary.power_cuts
    );
    assert!(
        summary.good > summary.packs / 3,
        "the line must run, not merely reject: {summary:?}"
    );
    println!("{summary:?}");
}

#[test]
fn the_same_seeds_give_the_same_worlds() {
    let runs = swarm(1..=50, 80);
    let hashes = |cores| {
        let told = std::sync::Mutex::new(BTreeMap::new());
        let keep = |report: &Report| {
            let hash = report.event_log_hash.clone();
            told.lock()
                .expect("nobody panics")
                .insert(report.seed, hash);
        };
        run(&runs, cores, &|| true, &keep);
        told.into_inner().expect("nobody panics")
    };
    let (once, again) = (hashes(2), hashes(1));
    assert_eq!(once.len(), 50);
    assert_eq!(once, again);
    let mut different: Vec<&String> = once.values().collect();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), 50, "other seeds are other worlds");
}

#[test]
fn in_every_scenario_that_is_kept_all_its_faults_strike_and_it_comes_to_a_good_end() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios");
    let (mut count, mut with_all) = (0, 0);
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        let name = path.display().to_string();
        let text = std::fs::read(&path).expect("it can be read");
        let runs = Runs::Scenario(Box::new(
            scenario::parse(&name, &text).expect("it is sound"),
        ));
        let summary = run(&runs, 1, &|| true, &|_| {});
        assert_eq!(summary.violations, 0, "{name}: {:#?}", summary.failed);
        assert_eq!(
            summary.never_injected, [""; 0],
            "{name} shows less than it says"
        );
        count += 1;
        with_all += usize::from(runs.expected().len() == Troubles::names().count());
    }
    assert!(count >= 6, "{count} scenarios");
    assert_eq!(with_all, 1, "everything.toml lists every fault there is");
}

/// Seeds in which a mistake must be caught at the latest.
const CAUGHT_WITHIN: u64 = 60;

/// The checkers that are there for a mistake.
fn meant(mistake: Mistake) -> &'static [&'static str] {
    match mistake {
        Mistake::VerdictBeforeCommit => &["effects"],
        // The store itself refuses a number that it knows.
        Mistake::SerialReused => &["serials", check::STORE],
        // The challenge pack keeps such a line from ever passing anything.
        Mistake::MatchByArrival => &["proof", check::LIVENESS],
        Mistake::QueueNotPurged => &["serials", check::LIVENESS],
        Mistake::SilenceIsOk => &["alarms"],
        Mistake::BlindPass | Mistake::BlindToText => &["proof"],
        Mistake::GateForgotten => &["books", check::LIVENESS],
        Mistake::HeartbeatOfTheDead => &["gate"],
        Mistake::MuteAlarms => &["alarms"],
        Mistake::NeverAgain => &[check::LIVENESS],
        Mistake::ContainerForgotten => &["containers"],
        Mistake::LabelBelieved => &["labels"],
    }
}

/// What the checkers find in a world whose station makes this mistake.
fn found(mistake: Mistake, seed: u64) -> Vec<&'static str> {
    let mut troubles = Troubles::swarm(seed);
    // A dead station can do no wrong where none dies, nor a deaf one where all speak.
    for (name, rate) in [("power-cut", 0.02), ("printer-silent", 0.01)] {
        troubles.set(name, rate).expect("it is known");
    }
    if mistake == Mistake::LabelBelieved {
        troubles.set("label-change", 0.05).expect("it is known");
    }
    // Only photographs have text.
    let pixels = mistake == Mistake::BlindToText;
    if pixels {
        troubles = Troubles::none();
        troubles.set("wrong-text", 0.2).expect("it is known");
    }
    let wish = Wish {
        seed,
        packs: if pixels { 40 } else { 120 },
        troubles,
        pixels,
        printer: Language::default(),
    };
    let mut world = World::new(wish).expect("a world");
    world.sabotage(mistake);
    let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.live()));
    // An assertion of the line or the store is a checker as well.
    lived.map_or_else(
        |_| vec![check::STORE],
        |report| report.violations.iter().map(|one| one.checker).collect(),
    )
}

#[test]
fn every_deliberate_mistake_is_caught_by_the_checker_that_is_there_for_it() {
    let mut missed = Vec::new();
    for mistake in MISTAKES {
        let seeds = (1..=CAUGHT_WITHIN).filter(|seed| !seed.is_multiple_of(PIXELS_EVERY));
        let caught = seeds.clone().find_map(|seed| {
            let checkers = found(mistake, seed);
            let by = meant(mistake)
                .iter()
                .find(|meant| checkers.contains(meant))?;
            Some((seed, *by))
        });
        match caught {
            Some((seed, by)) => println!("{mistake:?}: seed {seed}, by {by}"),
            None => missed.push(mistake),
        }
    }
    assert_eq!(
        missed,
        [],
        "never caught by the checkers that are there for them"
    );
}
