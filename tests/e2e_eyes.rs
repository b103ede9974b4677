//! A station whose packs a smart reader reads, beside the factory that fits its file: unreadable packs, a reader that
//! goes and comes back, texts that come twice or late; every pack against the truth.

use crate::e2e_bench::{Bench, Program, await_that, opening};
use crate::e2e_demo::ink_is_single_and_every_pack_is_on_record;
use rustix::process::Signal;
use serde_json::json;
use std::path::PathBuf;
use vidimus::record::{Fact, GradeMin, ReadBy, Tenths, TextSeen};
use vidimus::wire::{Answer, DeviceState, LineState, OperatorCommand, View};
use vidimus_simulators::truth::Bin;

const TEMPLATE: &str = include_str!("../templates/stations/smart-reader.toml");

/// The factory that fits the template with these changes, and the station file with its addresses.
fn furnish(bench: &Bench, changes: &[(&str, &str)]) -> (Program, PathBuf) {
    let data = format!("data_dir = {:?}", bench.text());
    let text = TEMPLATE.replace("data_dir = \"vidimus-data-3\"", &data);
    let text = changes.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    let wanted = bench.path().join("wanted.toml");
    let file = bench.path().join("station.toml");
    std::fs::write(&wanted, text).expect("it can be written");
    let path = |path: &PathBuf| path.to_str().expect("the path is UTF-8").to_owned();
    let (station, copy) = (path(&wanted), path(&file));
    let args = ["--station", &station, "--write-station", &copy];
    let (factory, _) = bench.start_factory(&args);
    await_that("the station file with its addresses", || {
        file.exists().then_some(())
    });
    (factory, file)
}

fn feed(bench: &Bench, packs: u64) {
    let fed = bench.factory(&json!({"do": "feed", "packs": packs}));
    fed.expect("it feeds");
}

/// The reader's trouble begins or ends.
fn reader(bench: &Bench, name: &str, on: bool) {
    let order = json!({"do": "fault", "name": name, "on": on, "lane": "reader-1"});
    let answer = bench.factory(&order).expect("it answers");
    assert_eq!(answer["ok"], true, "{name}: {answer}");
}

/// So many packs in all went through, whatever a person has to press meanwhile.
fn await_through(bench: &Bench, entered: u64) -> View {
    bench.await_view(&format!("{entered} packs"), |view| {
        bench.do_what_the_screen_asks(view);
        view.tally.entered >= entered && view.tally.in_line == 0
    })
}

fn open(bench: &Bench, lot: &str) {
    bench.await_view("a station that wants a batch", |view| {
        view.state_text.contains("No batch is open")
    });
    assert_eq!(bench.order(opening(lot, "281231", None)), Answer::Done);
}

/// Nothing is in the good bin but packs whose ink is sound and was read; of no pack is there a grade or a picture.
fn nothing_passed_that_was_not_read(bench: &Bench) {
    let truth = bench.truth();
    let struck = |fault: &str| {
        let of = truth
            .iter()
            .filter(|pack| pack.faults.iter().any(|one| one == fault));
        of.collect::<Vec<_>>()
    };
    let bad = struck("bad-print");
    assert!(!bad.is_empty(), "some prints were bad");
    assert!(bad.iter().all(|pack| pack.bin != Bin::Good), "{bad:?}");
    let (mut passes, mut fails) = (0, 0);
    let read = bench.reader().for_each_record(0, |stored| {
        let Fact::Verified { verdict, .. } = &stored.record.fact else {
            return;
        };
        let seen = verdict.seen.as_ref().map(|seen| seen.by);
        match verdict.outcome.is_pass() {
            true => passes += 1,
            false => fails += 1,
        }
        assert!(!verdict.outcome.is_pass() || seen == Some(ReadBy::Device));
        let nothing = (verdict.grades, verdict.picture, verdict.text.clone());
        assert_eq!(nothing, (None, None, TextSeen::NotChecked), "{verdict:?}");
    });
    read.expect("the records can be read");
    assert!(passes > 0 && fails > 0, "{passes} passes, {fails} fails");
    bench.reader().audit().expect("rows and records agree");
}

#[test]
fn packs_read_by_a_smart_reader_pass_and_what_it_did_not_read_never_does() {
    let bench = Bench::judged();
    let (_factory, file) = furnish(&bench, &[]);
    let file = file.to_str().expect("the path is UTF-8");
    let checked = Program::run(&["check", file]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(checked.out.contains("does not grade"), "{checked:?}");
    let asked = Program::run(&["doctor", file, "--json", "--only", "reader-1"]);
    let findings = &asked.json()["findings"];
    let found = |one: &serde_json::Value| {
        one["found"]
            .as_str()
            .is_some_and(|said| said.contains("DM262"))
    };
    assert!(
        findings.as_array().is_some_and(|all| all.iter().any(found)),
        "{findings}"
    );

    let station = Program::start(&["run", "-c", file]);
    bench.await_view("a station that wants a batch", |view| {
        view.state_text.contains("No batch is open")
    });
    let mut graded = opening("EYES-1", "281231", None);
    if let OperatorCommand::OpenBatch { grade_min, .. } = &mut graded {
        *grade_min = Some(GradeMin(Some(Tenths(15))));
    }
    let refused = bench.order(graded);
    assert!(
        format!("{refused:?}").contains("nobody grades"),
        "{refused:?}"
    );
    open(&bench, "EYES-1");

    // Sound packs and unreadable ones.
    let faults = json!({"do": "faults", "set": "bad-print=0.2"});
    bench.factory(&faults).expect("it takes them");
    feed(&bench, 30);
    let first = await_through(&bench, 30);
    assert!(
        first.tally.good >= 12 && first.tally.balanced(),
        "{first:?}"
    );
    let devices: Vec<_> = first
        .devices
        .iter()
        .map(|one| (&*one.name, &*one.model))
        .collect();
    assert_eq!(
        (devices[1].0, devices[1].1),
        ("reader", "DM262"),
        "{devices:?}"
    );
    let quality = &first.quality;
    assert!(quality.ungraded > 0 && quality.graded + quality.indicative == 0);
    assert_eq!(quality.overall_mean_tenths, None);

    // The reader goes while packs are on the belt, and comes back.
    feed(&bench, 16);
    bench.await_view("packs on the belt", |view| view.tally.entered >= 34);
    reader(&bench, "link-refused", true);
    let away = bench.await_view("a reader that is away", |view| {
        let reader = view.devices.iter().find(|one| one.name == "reader");
        reader.is_some_and(|reader| reader.state == DeviceState::Failure)
            && view.state != LineState::Running
    });
    reader(&bench, "link-refused", false);
    let back = await_through(&bench, 46);
    assert!(back.tally.good >= away.tally.good, "{back:?}");

    // Every text twice: the second one is nobody's.
    reader(&bench, "read-twice", true);
    feed(&bench, 10);
    let twice = await_through(&bench, 56);
    reader(&bench, "read-twice", false);
    assert!(twice.tally.good > back.tally.good, "{twice:?}");

    // Texts come behind the next packs: those that come in time by the counts and not by the clock pass nothing.
    reader(&bench, "late-read", true);
    feed(&bench, 6);
    let late = await_through(&bench, 62);
    reader(&bench, "late-read", false);
    feed(&bench, 12);
    let end = await_through(&bench, 74);
    assert!(end.tally.good > late.tally.good, "{end:?}");
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));

    let seen = ink_is_single_and_every_pack_is_on_record(bench.path());
    assert!(seen >= 74, "{seen} packs");
    nothing_passed_that_was_not_read(&bench);
}

/// A reader without counter, fired by the station: one pack at a time.
#[test]
fn a_reader_that_the_station_fires_and_that_counts_nothing_reads_one_pack_at_a_time() {
    let bench = Bench::judged();
    let changes = [
        ("rate_packs_per_min = 300", "rate_packs_per_min = 120"),
        (
            "shortest_pack_interval_ms = 180",
            "shortest_pack_interval_ms = 450",
        ),
        ("dmcc+", "keyence+"),
        ("counter = \";\"", "trigger = \"software\""),
    ];
    let (_factory, file) = furnish(&bench, &changes);
    let file = file.to_str().expect("the path is UTF-8");
    let station = Program::start(&["run", "-c", file]);
    open(&bench, "EYES-2");
    feed(&bench, 6);
    let sound = await_through(&bench, 6);
    assert!(sound.tally.good >= 4, "{sound:?}");
    let faults = json!({"do": "faults", "set": "bad-print=0.6"});
    bench.factory(&faults).expect("it takes them");
    feed(&bench, 6);
    await_through(&bench, 12);
    // Without counter nobody can say whose the second text is: everything is put in step again, and nothing passes.
    reader(&bench, "read-twice", true);
    feed(&bench, 3);
    await_through(&bench, 15);
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    ink_is_single_and_every_pack_is_on_record(bench.path());
    nothing_passed_that_was_not_read(&bench);
}
