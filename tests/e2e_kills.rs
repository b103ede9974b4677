//! `kill -9` of the real station at random moments, while it starts, waits or runs, with packs on the belt; started
//! again on the same folder each time. In the end the books are held against the factory's truth.
//!
//! `VIDIMUS_KILLS=500` kills more often than the usual 50 times.

use crate::e2e_bench::{Bench, PATIENCE, Program, await_that, opening};
use crate::e2e_demo::{ink_is_single_and_every_pack_is_on_record, is_zero, next_random, number};
use rustix::process::Signal;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use vidimus::record::Fate;
use vidimus::wire::{Answer, LineState};

/// Kills at every `cargo test`.
const KILLS: u64 = 50;
/// Packs that wait to be fed, so that the belt is never empty for want of them.
const WAITING_PACKS: u64 = 60;
/// Packs a minute.
const RATE: &str = "1800";
/// Of so many lives one ends while the station starts.
const STARTING_OF: u64 = 3;
/// Square root of the longest such life, in ms.
const STARTING_ROOT_MS: u64 = 18;
/// Longest time that a line runs before it is killed, in ms: time for the challenge, and for passes behind it.
const RUNNING_MS_MAX: u64 = 600;

fn kills() -> u64 {
    match std::env::var("VIDIMUS_KILLS") {
        Ok(text) => text.parse().expect("VIDIMUS_KILLS is a number of kills"),
        Err(_) => KILLS,
    }
}

/// Sees to it that the belt has work.
fn feed(bench: &Bench) {
    let waiting = bench.figure("to_feed").expect("the factory answers");
    if waiting < WAITING_PACKS {
        let packs = WAITING_PACKS * 2 - waiting;
        bench
            .factory(&json!({"do": "feed", "packs": packs}))
            .expect("it feeds");
    }
}

/// Waits until the line runs with a verdict on its way, and does what the screen asks for until then.
fn await_run(bench: &Bench, station: &mut Program) {
    let until = Instant::now() + PATIENCE;
    let mut last = None;
    while Instant::now() < until {
        assert!(
            station.ended().is_none(),
            "a station that was not killed: {}",
            station.err()
        );
        if let Some(view) = bench.view() {
            if view.state == LineState::Running && view.tally.in_line >= 2 {
                return;
            }
            bench.do_what_the_screen_asks(&view);
            // Refused until the station is ready; the simulated person there would first take a second.
            let _ = bench.factory(&json!({"do": "start"}));
            last = Some(view);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("the line does not run again: {last:#?}");
}

#[test]
fn a_station_killed_at_any_moment_loses_nothing_and_repeats_nothing() {
    let bench = Bench::new();
    let begun = Instant::now();
    let demo = [
        "demo",
        "--headless",
        "--json",
        "--data",
        bench.text(),
        "--rate",
        RATE,
        "--printer",
        "tcp",
    ];
    // The demo teaches the letters, opens the batch, and is the first to die.
    let first = Program::start(&[&demo[..], &["--packs", &WAITING_PACKS.to_string()]].concat());
    await_that("good packs", || {
        (bench.figure("good_bin")? >= 3).then_some(())
    });
    first.kill();

    let file = bench.path().join("station.toml");
    let run = ["run", "-c", file.to_str().expect("the path is UTF-8")];
    let seed = u64::from(getrandom::u32().expect("a random number"));
    println!("moments of the kills from seed {seed}");
    let mut random = seed;
    let mut met: BTreeMap<String, u64> = BTreeMap::new();
    for _ in 0..kills() {
        feed(&bench);
        let mut station = Program::start(&run);
        let wait_ms = match next_random(&mut random) % STARTING_OF {
            // From the first instruction to about the first packs, the early moments more often.
            0 => (next_random(&mut random) % STARTING_ROOT_MS).pow(2),
            _ => {
                await_run(&bench, &mut station);
                next_random(&mut random) % RUNNING_MS_MAX
            }
        };
        std::thread::sleep(Duration::from_millis(wait_ms));
        let state = bench
            .view()
            .map_or("starting".to_owned(), |view| format!("{:?}", view.state));
        *met.entry(state).or_default() += 1;
        station.kill();
    }
    let passed = bench.figure("good_bin").expect("the factory answers");
    println!(
        "killed in {met:?}, {passed} good packs between the kills, {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    let met_in = |state: &str| met.get(state).copied().unwrap_or(0);
    // How many of each there are hangs on how busy the machine is.
    assert!(met_in("Running") * 10 >= kills(), "{met:?}");
    assert!(passed > 0, "{met:?}");

    // The line goes on to the end of the batch; the demo draws up the account over everything in the folder.
    let entered =
        bench.packs().len() as u64 + bench.figure("to_feed").expect("the factory answers");
    let ended = Program::run(&[&demo[..], &["--packs", &(entered + 20).to_string()]].concat());
    assert_eq!(ended.code, Some(0), "seed {seed}: {ended:?}");
    let account = ended.json();
    assert_eq!(account["reconciled"], true, "seed {seed}: {account}");
    is_zero(
        &account,
        &["escaped", "duplicate_serials", "in_line", "never_seen"],
    );
    let packs = ink_is_single_and_every_pack_is_on_record(bench.path());
    assert!(packs as u64 >= kills(), "{packs}");
    assert!(number(&account, "good") > passed, "seed {seed}: {account}");
    let reader = bench.reader();
    let audited = reader.audit().expect("the store is whole");
    println!(
        "{packs} packs, {} good, {} records, false rejects {}, {:.1} s",
        account["good"],
        audited.records,
        account["false_rejects"],
        begun.elapsed().as_secs_f64()
    );
}

/// What goes into a file that nobody finds any more is not on record: nothing passes on its word, and the station ends
/// when it is told to, whatever else was taken away.
#[test]
fn nothing_passes_once_the_database_was_taken_away_under_a_running_station() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&["--rate", "600", "--faults", "none"]);
    let station = Program::start(&["run", "-c", file.to_str().expect("the path is UTF-8")]);
    bench.await_view("a station that wants a batch", |view| {
        view.state_text.contains("No batch is open")
    });
    assert_eq!(bench.order(opening("GONE-1", "281231", None)), Answer::Done);
    feed(&bench);
    bench.await_view("good packs", |view| {
        bench.do_what_the_screen_asks(view);
        view.tally.good >= 5
    });

    let database = vidimus::store::database(bench.path());
    let elsewhere = database.with_extension("elsewhere");
    std::fs::rename(&database, &elsewhere).expect("it is there");
    feed(&bench);
    let failed = bench.await_view("a store that failed", |view| view.has_alarm("store"));
    let later = |ms: i64| {
        bench.await_view("time to pass", |view| view.utc_ms > failed.utc_ms + ms);
        bench.figure("good_bin").expect("the factory answers")
    };
    // What was released before is through by then.
    let passed = later(1_000);
    feed(&bench);
    let _ = bench.factory(&json!({"do": "start"}));
    later(3_000);
    assert_eq!(
        bench.figure("good_bin"),
        Some(passed),
        "nothing passes any more"
    );

    std::fs::remove_file(bench.socket()).expect("it is there");
    station.signal(Signal::TERM);
    let ended = station.finish();
    assert_eq!(ended.code, Some(12), "{ended:?}");
    assert!(ended.err.contains("no longer the file"), "{ended:?}");
    std::fs::rename(&elsewhere, &database).expect("it is put back");
    let packs = bench.packs();
    let good = packs
        .iter()
        .filter(|pack| pack.fate == Some(Fate::Good))
        .count() as u64;
    // The last may have come while the record of it was on its way.
    assert!(good <= passed, "{good} of {passed}");
    bench.reader().audit().expect("rows and records agree");
}
