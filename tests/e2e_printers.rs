//! `vidimus run` with a printer of each language, end to end: packs pass, the printer loses its power with labels
//! waiting in it, packs pass again, and the books agree with what really happened on the belt.

use crate::e2e_bench::{Bench, Program, await_that, opening};
use crate::e2e_demo::ink_is_single_and_every_pack_is_on_record;
use rustix::process::Signal;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use vidimus::wire::{Answer, DeviceState, View};

/// Packs that must pass before the printer's power is cut, and again after it.
const PACKS: u64 = 12;
/// How often is fed what did not pass. A pack that comes too late on a machine that others hold up is rightly rejected;
/// labels that are one pack late are rejected for ever.
const FEEDS_MAX: u32 = 4;

fn path(path: &Path) -> &str {
    path.to_str().expect("the path is UTF-8")
}

fn feed(bench: &Bench, packs: u64) {
    bench
        .factory(&json!({"do": "feed", "packs": packs}))
        .expect("it feeds");
}

/// Orders a fault, or ends it.
fn power(bench: &Bench, cut: bool) {
    let order = json!({"do": "fault", "name": "printer-restart", "on": cut});
    let answer = bench.factory(&order).expect("it answers");
    assert!(answer["error"].is_null(), "{answer}");
}

/// A whole line with such a printer, and the station file for it.
fn furnish(bench: &Bench, language: &str) -> (Program, PathBuf) {
    let line = ["--rate", "300", "--faults", "none", "--printer-language"];
    let (factory, file) = bench.furnish(&[&line[..], &[language]].concat());
    let address = bench.addresses().and_then(|at| at.printer);
    let scheme = if language == "coder" {
        "file"
    } else {
        language
    };
    let begin = format!("{scheme}+tcp://");
    assert!(address.is_some_and(|address| address.starts_with(&begin)));
    (factory, file)
}

/// Feeds until so many packs have passed; gives how many were fed.
fn pass(bench: &Bench, language: &str, packs: u64) -> u64 {
    let before = bench.view().expect("a station").tally;
    let mut fed = 0;
    for _ in 0..FEEDS_MAX {
        let good = bench.view().expect("a station").tally.good - before.good;
        if good >= packs {
            return fed;
        }
        feed(bench, packs - good);
        fed += packs - good;
        bench.await_view("what was fed through the gate", |view| {
            bench.do_what_the_screen_asks(view);
            view.tally.entered == before.entered + fed && view.tally.in_line == 0
        });
    }
    panic!(
        "{language}: too few packs pass: {:#?}",
        bench.view().map(|view| view.tally)
    );
}

/// How long it took from the printer's return.
struct Return {
    /// Until its session was ready for labels again, by itself.
    ready: Duration,
    /// Until the next pack passed; that includes whoever presses the key the screen asks for.
    passed: Duration,
}

fn printer_is(view: &View, state: DeviceState) -> bool {
    let mut printers = view.devices.iter();
    printers.any(|device| device.name == "printer" && device.state == state)
}

/// Cuts the printer's power while labels wait in it; gives how many packs were fed meanwhile, and how long it took from
/// its return on.
fn lose_power(bench: &Bench) -> (u64, Return) {
    let before = bench.view().expect("a station").tally.entered;
    feed(bench, 3 * PACKS);
    bench.await_view("packs in the line", |view| {
        bench.do_what_the_screen_asks(view);
        view.tally.entered >= before + 3
    });
    power(bench, true);
    bench.await_view("a printer that is away", |view| {
        !printer_is(view, DeviceState::Ok)
    });
    // What was verified before may still pass; then nothing moves.
    let good = bench.figure("good_bin").expect("the factory answers");
    power(bench, false);
    let back = Instant::now();
    let mut ready = None;
    await_that("a pack that passes again", || {
        let view = bench.view()?;
        if printer_is(&view, DeviceState::Ok) {
            ready.get_or_insert(back.elapsed());
        }
        bench.do_what_the_screen_asks(&view);
        (bench.figure("good_bin")? > good).then_some(())
    });
    let passed = back.elapsed();
    let took = Return {
        ready: ready.unwrap_or(passed),
        passed,
    };
    bench.await_view("the rest through the gate", |view| {
        bench.do_what_the_screen_asks(view);
        view.tally.entered == before + 3 * PACKS && view.tally.in_line == 0
    });
    (3 * PACKS, took)
}

fn a_line_with(language: &str) {
    let bench = Bench::new();
    let (_factory, file) = furnish(&bench, language);
    let station = Program::start(&["run", "-c", path(&file)]);
    bench.await_view("a station that wants a batch", |view| {
        view.state_text.contains("No batch is open")
    });
    let batch = opening("LOT-1", "281231", None);
    assert_eq!(bench.order(batch), Answer::Done, "{language}");

    let first = pass(&bench, language, PACKS);
    let (meanwhile, took) = lose_power(&bench);
    let last = pass(&bench, language, PACKS);
    let fed = first + meanwhile + last;
    let Return { ready, passed } = took;
    println!(
        "{language}: after its return ready in {ready:.1?}, a pack passed in {passed:.1?}; {fed} were fed"
    );

    let tally = bench.view().expect("a station").tally;
    assert!(
        tally.balanced() && tally.entered == fed,
        "{language}: {tally:#?}"
    );
    let passed = bench.figure("good_bin");
    assert_eq!(passed, Some(tally.good), "{language}: {tally:#?}");
    station.signal(Signal::TERM);
    let ended = station.finish();
    assert_eq!(ended.code, Some(0), "{language}: {ended:?}");
    assert_eq!(
        ink_is_single_and_every_pack_is_on_record(bench.path()) as u64,
        fed,
        "{language}"
    );
    bench.reader().chain_check().expect("the chain is whole");
}

#[test]
fn a_line_runs_with_a_printer_of_every_language_through_its_loss_of_power() {
    std::thread::scope(|scope| {
        let lines = ["tspl", "sbpl", "dpl", "hitachi", "coder"];
        let all = lines.map(|language| scope.spawn(move || a_line_with(language)));
        let failed = all.into_iter().filter_map(|one| one.join().err()).count();
        assert_eq!(failed, 0, "each failure is printed above");
    });
}
