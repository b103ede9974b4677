//! `vidimus sim` as a person runs it: what it refuses, and that nothing makes it lose what it found.

use crate::e2e_bench::{Finished, Program, await_that, vidimus};
use rustix::process::Signal;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::Stdio;

fn sim(args: &[&str]) -> Finished {
    Program::run(&[&["sim"], args].concat())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is UTF-8")
}

#[test]
fn what_makes_no_sense_is_refused_in_plain_words() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let long = folder.path().join("long.toml");
    std::fs::write(&long, "#".repeat(70_000)).expect("it can be written");
    for (args, said) in [
        (&["--seed", "a"][..], "\"a\" is no seed"),
        (&["--seed", "-1"], "\"-1\" is no seed"),
        (&["--seeds", "5..1"], "write 1..5"),
        (&["--packs", "0"], "from 1 to 1000000"),
        (&["--packs", "-1"], "from 1 to 1000000"),
        (&["--faults", ""], "no fault is named"),
        (&["--faults", ","], "no fault is named"),
        (&["--faults", "power-cuts=1"], "Did you mean power-cut?"),
        (&["--faults", "keys=1,keys=0"], "twice"),
        (&["--trace"], "follows one world"),
        (&["--trace", "--seed", "1", "--json"], "cannot be used with"),
        (
            &["--trace", "--seed", "1", "--shrink", "x"],
            "cannot be used with",
        ),
        (&["--scenario", text(&long)], "at most 65536 bytes"),
        (&["--scenario", "/dev/zero"], "at most 65536 bytes"),
        (
            &["--scenario", "missing.toml"],
            "missing.toml cannot be read",
        ),
    ] {
        let ended = sim(args);
        assert_eq!(ended.code, Some(2), "{args:?}: {ended:?}");
        assert!(ended.err.contains(said), "{args:?}: {ended:?}");
        assert_eq!(ended.out, "", "{args:?}");
    }
}

#[test]
fn where_results_go_is_tried_before_the_first_world() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let in_the_way = folder.path().join("file");
    std::fs::write(&in_the_way, "somebody's").expect("it can be written");
    let below = in_the_way.join("report.json");
    // Worlds that nobody could wait for.
    let endless = ["--seeds", "0..18446744073709551615", "--packs", "1000000"];
    for place in [
        ["--report", text(folder.path())],
        ["--report", text(&below)],
        ["--shrink", text(&in_the_way)],
    ] {
        let ended = sim(&[&endless[..], &place[..]].concat());
        assert_eq!(ended.code, Some(12), "{place:?}: {ended:?}");
        assert!(ended.err.contains("written"), "{ended:?}");
    }
    assert_eq!(
        std::fs::read_to_string(&in_the_way).expect("it is there"),
        "somebody's"
    );
}

#[test]
fn one_world_and_many_are_summed_up_alike_and_what_was_not_tried_is_said() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (report, scenario) = (folder.path().join("a.json"), folder.path().join("a.toml"));
    let faults = "power-cut=0.05,lost-frame=0.1";
    // A scenario that names no printer has one that speaks ZPL.
    let world = ["--seed", "9", "--packs", "30", "--faults", faults];
    let world = [&world[..], &["--printer-language", "zpl"]].concat();
    let json = sim(&[&world[..], &["--json", "--report", text(&report)]].concat());
    assert_eq!(json.code, Some(0), "{json:?}");
    let written = std::fs::read_to_string(&report).expect("a report");
    assert_eq!(written, json.out);

    let wish = "seed = 9\npacks = 30\n[faults]\npower-cut = 0.05\nlost-frame = 0.1\n";
    std::fs::write(&scenario, wish).expect("it can be written");
    let again = sim(&["--scenario", text(&scenario), "--json"]);
    let traced = [&world[..], &["--trace", "--report", text(&report)]].concat();
    let traced = sim(&traced);
    assert_eq!(traced.code, Some(0), "{traced:?}");
    let written = std::fs::read_to_string(&report).expect("a report");
    let written: serde_json::Value = serde_json::from_str(&written).expect("JSON");
    for field in [
        "worlds",
        "packs",
        "good",
        "power_cuts",
        "injected",
        "event_log_hash",
    ] {
        assert_eq!(json.json()[field], again.json()[field], "{field}");
        assert_eq!(json.json()[field], written[field], "{field}");
    }
    for line in traced.out.lines() {
        assert!(line.chars().count() <= 120, "{line}");
    }
    for said in [
        "fault    lost-frame at pack",
        "fault    power-cut",
        "escaped, 0 violations",
    ] {
        assert!(traced.out.contains(said), "{said}");
    }

    let untried = sim(&[
        "--seed",
        "1",
        "--packs",
        "5",
        "--faults",
        "power-cut-in-start=1",
    ]);
    assert_eq!(untried.code, Some(14), "{untried:?}");
    for said in [
        "Nothing was violated",
        "power-cut-in-start never struck",
        "add power-cut",
    ] {
        assert!(untried.err.contains(said), "{untried:?}");
    }
    assert!(untried.out.contains("violations: 0"), "{untried:?}");
}

#[test]
fn asked_to_end_it_sums_up_what_was_lived() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let report = folder.path().join("report.json");
    let endless = [
        "sim",
        "--seeds",
        "1..18446744073709551615",
        "--packs",
        "3",
        "--json",
    ];
    let running = Program::start(&[&endless[..], &["--report", text(&report)]].concat());
    // Signals are heard before the place is tried.
    let _ = await_that("a tried place", || {
        let mut entries = std::fs::read_dir(folder.path()).expect("a folder");
        entries.next().and_then(Result::ok)
    });
    running.signal(Signal::INT);
    let ended = running.finish();
    assert_eq!(ended.code, Some(20), "{ended:?}");
    assert!(ended.err.contains("Stopped after"), "{ended:?}");
    assert_eq!(ended.json()["stopped_early"], true);
    let written = std::fs::read_to_string(&report).expect("a report");
    assert_eq!(written, ended.out);
}

#[test]
fn a_trace_ends_with_its_reader_and_says_when_it_cannot_be_written() {
    let args = ["sim", "--seed", "1", "--packs", "1000000", "--trace"];
    let mut child = vidimus(&args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it can be started");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut first = String::new();
    lines.read_line(&mut first).expect("a line");
    assert!(first.starts_with("# seed 1: 1000000 packs"), "{first}");
    drop(lines);
    let status = child.wait().expect("it ends");
    assert_eq!(
        status.code(),
        Some(20),
        "the world was not lived to its end"
    );

    let full = std::fs::File::options().write(true).open("/dev/full");
    let mut child = vidimus(&args)
        .stdout(full.expect("there is one"))
        .stderr(Stdio::piped())
        .spawn()
        .expect("it can be started");
    let mut said = String::new();
    let mut err = child.stderr.take().expect("a pipe");
    err.read_to_string(&mut said).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(12), "{said}");
    assert!(said.contains("cannot be written"), "{said}");
}
