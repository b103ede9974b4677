//! Running a station for years: what its log says, an end in the middle of a batch, a backup made while it runs and the
//! drill that tries it out.

use crate::e2e_bench::{Bench, Program, await_that, opening};
use rustix::process::Signal;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use vidimus::record::Fact;
use vidimus::store::StoredRecord;
use vidimus::wire::{Answer, OperatorCommand};

fn text_of(path: &Path) -> &str {
    path.to_str().expect("the path is UTF-8")
}

/// Puts a value into the station file.
fn set(file: &Path, section: &str, key: &str, value: impl Into<toml::Value>) {
    let text = std::fs::read_to_string(file).expect("it is there");
    let text = vidimus::config::with_value(&text, section, key, &value.into());
    std::fs::write(file, text.expect("the key is there")).expect("it can be written");
}

/// Lines of the log without their times, each of which is one.
fn logged(log: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let line = |line: &str| {
        let (time, rest) = line.split_once(' ').expect("a time and the rest");
        let at: jiff::Timestamp = time.parse().expect("RFC 3339");
        assert!(time.ends_with('Z') && at.as_second() > 0, "{line}");
        rest.to_owned()
    };
    text.lines().map(line).collect()
}

/// SIGTERM comes while packs are on the belt: none of them gets a pass any more, what was seen is on record, the
/// store is closed, and the next start goes on with the books. The log tells the story, one line an event.
#[test]
fn an_end_in_the_middle_of_a_batch_rejects_writes_and_closes_and_the_log_tells_it() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&["--rate", "600", "--faults", "none"]);
    set(&file, "log", "folder", "logs");
    let log = bench.path().join("logs/station-1.log");
    let station = Program::start(&["run", "-c", text_of(&file)]);
    bench.await_view("a station that wants a batch", |view| {
        view.state_text.contains("No batch is open")
    });
    assert_eq!(bench.order(opening("LOT-1", "281231", None)), Answer::Done);
    let again = opening("LOT-2", "281231", None);
    assert!(matches!(bench.order(again), Answer::Refused { .. }));
    bench
        .factory(&json!({"do": "feed", "packs": 30}))
        .expect("it feeds");
    await_that("good packs, and packs on the belt", || {
        let view = bench.view()?;
        bench.do_what_the_screen_asks(&view);
        let all_fed = bench.figure("fed")? == 30 && bench.figure("good_bin")? > 0;
        (all_fed && bench.figure("on_belt")? >= 3).then_some(())
    });
    station.signal(Signal::TERM);
    let ended = station.finish();
    assert_eq!(ended.code, Some(0), "{ended:?}");

    // Closed in order: nothing is left in the log of the database, and the last record says so.
    let reader = bench.reader();
    reader.chain_check().expect("the chain is whole");
    assert_eq!(reader.sizes().expect("it is there").log, 0);
    let last = reader.last_station_records(10).expect("they can be read");
    let ended = |stored: &StoredRecord| matches!(stored.record.fact, Fact::StationEnded);
    assert!(last.iter().any(ended), "{last:?}");
    drop(reader);
    let passed = bench
        .packs()
        .into_iter()
        .filter(|row| row.verdict == Some(1))
        .map(|row| (row.plc.boot, row.plc.id));
    let passed: Vec<_> = passed.collect();
    let rejected = bench.figure("reject_bin");
    assert!(bench.figure("on_belt") > Some(0), "packs were on the belt");

    let station = Program::start(&["run", "-c", text_of(&file)]);
    let view = bench.await_view("an empty belt and books that know every pack", |view| {
        bench.do_what_the_screen_asks(view);
        bench.figure("on_belt") == Some(0) && view.tally.entered == 30 && view.tally.in_line == 0
    });
    assert!(view.tally.balanced());
    assert!(bench.figure("reject_bin") > rejected, "they were rejected");
    // Only what had its pass on the disk before the end may lie in the good bin.
    for pack in bench.truth() {
        let in_good = pack.bin == vidimus_simulators::truth::Bin::Good;
        assert!(
            !in_good || passed.contains(&(pack.boot, pack.id)),
            "{pack:?}"
        );
    }
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));

    let lines = logged(&log);
    let hash: String = Sha256::digest(std::fs::read(&file).expect("it is there"))
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let begins = format!(
        "info station station-1 starts, version {}, station file with SHA-256 {hash}",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(
        lines.iter().filter(|line| **line == begins).count(),
        2,
        "{lines:#?}"
    );
    for wanted in [
        "info [",
        "batch 1 of lot LOT-1, GTIN 09506000134352",
        ", by M.Kowal (name only): test",
        "warning refused to \"M.Kowal\": ",
        "info PLC works",
        "info camera works",
        "station ended",
        "info the program ends in order",
    ] {
        assert!(
            lines.iter().any(|line| line.contains(wanted)),
            "{wanted}: {lines:#?}"
        );
    }
    assert_eq!(
        lines.last().map(String::as_str),
        Some("info the program ends in order")
    );
    let told: Vec<_> = lines.iter().filter(|line| line.contains("pack ")).collect();
    assert!(told.len() < 10, "packs one by one are not told: {told:#?}");
    let mode = |path: &Path| {
        std::fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(
        (mode(&log), mode(&bench.path().join("logs"))),
        (0o600, 0o700)
    );

    // The bundle takes it along.
    let bundle = bench.path().join("bundle.zip");
    let made = Program::run(&[
        "support",
        "--no-doctor",
        "-c",
        text_of(&file),
        "-o",
        text_of(&bundle),
    ]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let bytes = std::fs::read(&bundle).expect("it is there");
    assert!(String::from_utf8_lossy(&bytes).contains(&begins));
}

fn drill(file: &Path, from: &Path) -> (Option<i32>, Value, String) {
    let room = file.parent().expect("a folder");
    let args = [
        "restore",
        "--drill",
        "--json",
        "-c",
        text_of(file),
        "--from",
        text_of(from),
    ];
    let ended = Program::run(&[&args[..], &["--room", text_of(room)]].concat());
    let said = match ended.code {
        Some(0) => ended.json(),
        _ => Value::Null,
    };
    (ended.code, said, ended.err)
}

fn backup(file: &Path, to: &Path) -> (PathBuf, Value) {
    let made = Program::run(&["backup", "--json", "-c", text_of(file), "--to", text_of(to)]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let said = made.json();
    (
        PathBuf::from(said["backup"].as_str().expect("its place")),
        said,
    )
}

fn feed(bench: &Bench, packs: u64) {
    let before = bench.view().map_or(0, |view| view.tally.entered);
    bench
        .factory(&json!({"do": "feed", "packs": packs}))
        .expect("it feeds");
    bench.await_view("all packs through the gate", |view| {
        bench.do_what_the_screen_asks(view);
        view.tally.entered >= before + packs && view.tally.in_line == 0
    });
}

/// A file of a backup with one bit turned.
fn flipped(file: &Path, put_back: bool, check: impl Fn()) {
    let sound = std::fs::read(file).expect("it can be read");
    let mut bytes = sound.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file, &bytes).expect("it can be written");
    check();
    if put_back {
        std::fs::write(file, sound).expect("it can be written");
    }
}

#[test]
fn a_backup_of_a_running_station_is_tried_out_beside_it_and_restored_where_it_is_lost() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&["--rate", "600", "--faults", "none"]);
    let station = Program::start(&["run", "-c", text_of(&file)]);
    bench.await_view("a station that wants a batch", |view| {
        view.state_text.contains("No batch is open")
    });
    assert_eq!(bench.order(opening("LOT-1", "281231", None)), Answer::Done);
    feed(&bench, 20);
    let backups = bench.path().join("backups");
    let (code, _, err) = drill(&file, &bench.path().join("nowhere"));
    assert_eq!(code, Some(12), "{err}");
    std::fs::create_dir(&backups).expect("a folder");
    let (code, _, err) = drill(&file, &backups);
    assert!(code == Some(1) && err.contains("vidimus backup"), "{err}");

    // Packs come while it is made.
    bench
        .factory(&json!({"do": "feed", "packs": 20}))
        .expect("it feeds");
    let (place, made) = backup(&file, &backups);
    bench.await_view("all packs through the gate", |view| {
        bench.do_what_the_screen_asks(view);
        view.tally.entered >= 40 && view.tally.in_line == 0
    });
    feed(&bench, 10);
    assert_eq!(bench.order(OperatorCommand::CloseBatch), Answer::Done);
    let mode = std::fs::metadata(&place)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o077, 0, "the key is in it");

    let (code, said, err) = drill(&file, &backups);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(
        (&said["records"], &said["head"]),
        (&made["records"], &made["head"])
    );
    assert_eq!(said["backup"], json!(place));
    let now = bench.reader().counts().expect("it can be read");
    assert_eq!(
        said["lost"]["records"].as_u64(),
        Some(now.records - made["records"].as_u64().expect("a count"))
    );
    assert!(
        said["lost"]["records"].as_u64() > Some(0),
        "the batch was closed since"
    );
    let left = std::fs::read_dir(bench.path()).expect("it can be read");
    let left = left.filter(|one| {
        let name = one.as_ref().expect("an entry").file_name();
        name.to_string_lossy().starts_with("vidimus-restore-")
    });
    assert_eq!(left.count(), 0, "the drill leaves nothing behind");
    let told = Program::run(&[
        "restore",
        "--drill",
        "-c",
        text_of(&file),
        "--from",
        text_of(&place),
    ]);
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(told.out.contains("can be restored") && told.out.contains("range_first"));

    // What is not as it was is named, and so is a backup of another store.
    for name in ["vidimus.db", "serial.key"] {
        flipped(&place.join(name), true, || {
            let (code, _, err) = drill(&file, &backups);
            assert!(code == Some(13) && err.contains(name), "{name}: {err}");
        });
    }
    let sound = std::fs::read_to_string(place.join("backup.json")).expect("it is there");
    let head = made["head"].as_str().expect("a head");
    let other = sound.replace(head, &"0".repeat(64));
    std::fs::write(place.join("backup.json"), other).expect("it can be written");
    assert_eq!(drill(&file, &backups).0, Some(13));
    std::fs::write(place.join("backup.json"), sound).expect("it can be written");

    // Nothing is restored over a store, nor beside a running station.
    let restore = ["restore", "-c", text_of(&file), "--from", text_of(&backups)];
    let refused = Program::run(&restore);
    assert!(
        refused.code == Some(12) && refused.err.contains("end it first"),
        "{refused:?}"
    );
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    let refused = Program::run(&restore);
    assert!(
        refused.code == Some(1) && refused.err.contains("over it"),
        "{refused:?}"
    );

    let packs = made["packs"].as_u64().expect("a count");
    is_restored_without_a_number_twice(&bench, &file, &restore, packs);
}

/// The store is gone: the backup takes its place, once the station file begins its range behind what is lost.
fn is_restored_without_a_number_twice(bench: &Bench, file: &Path, restore: &[&str], packs: u64) {
    let numbers = |after: u64| -> Vec<String> {
        let rows = bench.packs().into_iter().filter(|row| row.pack.0 > after);
        rows.filter_map(|row| row.serial)
            .map(|serial| serial.text)
            .collect()
    };
    let given = numbers(0);
    assert!(
        !numbers(packs).is_empty(),
        "numbers were given out after the backup"
    );
    let elsewhere = bench.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).expect("a folder");
    for name in ["vidimus.db", "serial.key", "vidimus.station"] {
        std::fs::rename(bench.path().join(name), elsewhere.join(name)).expect("it can be moved");
    }
    let refused = Program::run(restore);
    assert_eq!(refused.code, Some(10), "{refused:?}");
    assert!(
        !bench.path().join("vidimus.db").exists(),
        "nothing was restored"
    );
    let first = refused
        .err
        .split("range_first = ")
        .nth(1)
        .expect("the first number");
    let first = first
        .split(' ')
        .next()
        .and_then(|first| first.parse::<i64>().ok());
    // Time goes on meanwhile.
    set(
        file,
        "serial",
        "range_first",
        first.expect("a number") + 1_000_000,
    );
    let done = Program::run(restore);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.out.contains("on no record"), "{done:?}");
    let station = Program::start(&["run", "-c", text_of(file)]);
    bench.await_view("the batch of the backup", |view| view.batch.is_some());
    bench
        .factory(&json!({"do": "feed", "packs": 20}))
        .expect("it feeds");
    bench.await_view("new packs with numbers", |view| {
        bench.do_what_the_screen_asks(view);
        view.tally.in_line == 0 && bench.figure("to_feed") == Some(0) && !numbers(packs).is_empty()
    });
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    for number in numbers(packs) {
        assert!(
            !given.contains(&number),
            "{number} was given out a second time"
        );
    }
    bench
        .reader()
        .audit()
        .expect("every table is what the records say");
}
