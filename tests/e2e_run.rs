//! `vidimus run` beside a factory: a batch over the socket, an orderly end, and everything it
//! refuses to start on.

use crate::e2e_bench::{Bench, Finished, Program, await_that, opening};
use rustix::process::Signal;
use serde_json::json;
use std::path::Path;
use vidimus::record::TextPolicy;
use vidimus::wire::{Answer, LineState, OperatorCommand};

fn run(file: &Path) -> Vec<&str> {
    vec!["run", "-c", file.to_str().expect("the path is UTF-8")]
}

fn refused_with(ended: &Finished, code: i32, said: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    assert!(ended.out.is_empty(), "{ended:?}");
    for word in said {
        assert!(ended.err.contains(word), "{word}: {ended:?}");
    }
}

#[test]
fn a_station_runs_a_batch_and_ends_in_order() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&["--rate", "600", "--faults", "none"]);
    let station = Program::start(&run(&file));
    bench.await_view("a station that wants a batch", |view| {
        view.state_text.contains("No batch is open")
    });

    assert_eq!(bench.order(opening("LOT-1", "281231", None)), Answer::Done);
    bench
        .factory(&json!({"do": "feed", "packs": 20}))
        .expect("it feeds");
    let done = bench.await_view("20 packs through the gate", |view| {
        bench.do_what_the_screen_asks(view);
        view.tally.entered == 20 && view.tally.in_line == 0
    });
    assert!(done.tally.good > 0 && done.tally.balanced(), "{done:?}");

    // A second station on the same folder, while this one runs.
    let second = Program::run(&run(&file));
    let first = bench.view().expect("the first one still answers");
    assert!(first.tally.balanced());
    refused_with(
        &second,
        12,
        &["Another station", bench.text(), "End it first"],
    );

    // The books of a lot keep their date for ever.
    assert_eq!(bench.order(OperatorCommand::CloseBatch), Answer::Done);
    let other_date = bench.order(opening("LOT-1", "291231", None));
    let Answer::Refused { text } = other_date else {
        panic!("the same lot with another date: {other_date:?}")
    };
    assert!(
        text.contains("LOT-1") && text.contains("already used"),
        "{text}"
    );
    // With the same date it is continued, and another grade may be demanded than by the station file.
    let mut opening: Vec<&str> =
        "batch open --gtin 09506000134352 --lot LOT-1 --expiry 281231 --grade-min D \
        --text off --continue --reason more -c"
            .split_whitespace()
            .collect();
    opening.push(file.to_str().expect("the path is UTF-8"));
    let opened = Program::run(&opening);
    assert_eq!(opened.code, Some(0), "{opened:?}");
    let demands = "grade 0.5 D or better; text is not checked";
    assert!(opened.err.contains(demands), "{opened:?}");

    station.signal(Signal::TERM);
    let ended = station.finish();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!bench.socket().exists());
    // The PLC saw it go: nothing is ready, so nothing passes.
    await_that("a PLC without a station", || {
        let status = bench.factory(&json!({"do": "status"}))?;
        (status["station_ready"] == false).then_some(())
    });
    let good = bench.figure("good_bin").expect("the factory answers");
    bench
        .factory(&json!({"do": "feed", "packs": 3}))
        .expect("it feeds");
    bench.reader().chain_check().expect("the chain is whole");

    // Started again on the same folder it is the same station, with the same batch.
    let again = Program::start(&run(&file));
    let view = bench.await_view("the batch of before", |view| view.batch.is_some());
    let batch = view.batch.expect("it is open");
    assert_eq!(
        (batch.lot.as_str(), batch.quality.text),
        ("LOT-1", TextPolicy::Off)
    );
    assert_eq!(batch.quality.grade_min.to_string(), "0.5");
    bench.await_view("three packs more", |view| {
        bench.do_what_the_screen_asks(view);
        view.state == LineState::Running && view.tally.entered >= 3 && view.tally.in_line == 0
    });
    assert!(bench.figure("good_bin").expect("the factory answers") <= good + 3);
    again.signal(Signal::INT);
    assert_eq!(again.finish().code, Some(0));

    another_stations_store_is_left_alone(&bench, &file);
    a_missing_key_is_never_made_anew(&bench, &file);
    a_damaged_database_is_refused(&bench, &file);
}

/// As two station files made from one template, with its folder left in both.
fn another_stations_store_is_left_alone(bench: &Bench, file: &Path) {
    let content = std::fs::read_to_string(file).expect("it is there");
    let renamed = content.replace("name = \"station-1\"", "name = \"station-7\"");
    assert_ne!(content, renamed);
    let other = bench.path().join("other.toml");
    std::fs::write(&other, renamed).expect("it can be written");
    let name = bench.path().join("vidimus.station");
    let records = || bench.reader().head().expect("it can be read");
    let before = records();
    let words = [
        "store of station \"station-1\"",
        "\"station-7\"",
        "data_dir",
        "vidimus.station",
    ];
    let check = ["check", other.to_str().expect("the path is UTF-8")];
    // The folder was put back from a backup of the database alone: then its records say whose it is.
    for from_records in [false, true] {
        if from_records {
            std::fs::remove_file(&name).expect("it is there");
        } else {
            refused_with(&Program::run(&check), 10, &words);
        }
        refused_with(&Program::run(&run(&other)), 10, &words);
        assert_eq!(records(), before);
    }
    // Renamed on purpose: the station goes on with its books.
    std::fs::write(&name, "station-7\n").expect("it can be written");
    let station = Program::start(&run(&other));
    bench.await_view("the batch of before", |view| {
        view.station == "station-7" && view.batch.is_some()
    });
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    std::fs::write(&name, "station-1\n").expect("it can be written");
}

fn a_missing_key_is_never_made_anew(bench: &Bench, file: &Path) {
    let key = bench.path().join("serial.key");
    let kept = std::fs::read(&key).expect("there is a key");
    std::fs::remove_file(&key).expect("it can be removed");
    let ended = Program::run(&run(file));
    refused_with(&ended, 10, &["serial.key", "missing", "backup"]);
    assert!(!key.exists(), "a new key could repeat numbers");
    for wrong in ["", "0123", "not a key at all, but of 32 char"] {
        std::fs::write(&key, wrong).expect("it can be written");
        refused_with(
            &Program::run(&run(file)),
            10,
            &["does not hold a serial key"],
        );
        assert_eq!(std::fs::read_to_string(&key).expect("it is there"), wrong);
    }
    std::fs::write(&key, kept).expect("it can be put back");
}

fn a_damaged_database_is_refused(bench: &Bench, file: &Path) {
    let path = vidimus::store::database(bench.path());
    let mut bytes = std::fs::read(&path).expect("there is a database");
    let sound = bytes.clone();
    let from = bytes.len() / 3;
    for byte in bytes.iter_mut().skip(from).take(20_000) {
        *byte ^= 0xa5;
    }
    for (content, said) in [
        (bytes, "damaged"),
        (sound[..sound.len() / 2].to_vec(), "damaged"),
        (
            b"this is my shopping list, not a database".repeat(20),
            "not an SQLite database",
        ),
    ] {
        std::fs::write(&path, &content).expect("it can be written");
        refused_with(
            &Program::run(&run(file)),
            12,
            &["vidimus.db", said, "backup"],
        );
        assert_eq!(
            std::fs::read(&path).expect("it is there"),
            content,
            "it was not touched"
        );
    }
}

#[test]
fn every_mistake_of_a_station_file_is_named_before_anything_is_made() {
    let bench = Bench::new();
    let (printer, plc, camera) = (
        "zpl+tcp://127.0.0.1:9",
        "modbus+tcp://127.0.0.1:9?unit=1",
        "http://127.0.0.1:9/stream",
    );
    let file = bench.station_file(printer, plc, camera);
    let sound = std::fs::read_to_string(&file).expect("it is there");
    let wrong = sound
        .replace("workers = 2", "wrokers = 2")
        .replace("dpmm = 12", "dpmm = 13")
        .replace("commit_wait_ms = 400", "commit_wait_ms = \"400 ms\"")
        .replace("gtin = \"09506000134352\"", "gtin = \"09506000134353\"");
    assert_ne!(sound, wrong);
    std::fs::write(&file, wrong).expect("it can be written");
    let ended = Program::run(&run(&file));
    refused_with(
        &ended,
        10,
        &[
            "wrokers",
            "workers",
            "dpmm",
            "commit_wait_ms",
            "check digit",
        ],
    );
    assert!(!vidimus::store::database(bench.path()).exists());
    assert!(!bench.path().join("serial.key").exists());
    let nowhere = bench.path().join("nowhere.toml");
    refused_with(
        &Program::run(&run(&nowhere)),
        10,
        &["nowhere.toml", "cannot be opened"],
    );
}
