//! A station with two lanes beside the factory that fits its file: one batch over both, a printer that goes while the
//! other lane runs on, a kill, and every pack of both lanes against the truth.

use crate::e2e_bench::{Bench, Program, await_that, opening};
use crate::e2e_demo::ink_is_single_and_every_pack_is_on_record;
use rustix::process::Signal;
use serde_json::json;
use std::path::PathBuf;
use vidimus::record::LaneNo;
use vidimus::wire::{Answer, DeviceState, LineState, OperatorCommand, View};

const TEMPLATE: &str = include_str!("../templates/stations/two-lanes.toml");

/// The factory that fits the template, and the station file with its addresses.
fn furnish(bench: &Bench) -> (Program, PathBuf) {
    let names_only = "\n[people]\nsign_in = \"names-only\"\n";
    let data = format!("data_dir = {:?}", bench.text());
    let text = TEMPLATE.replace("data_dir = \"vidimus-data\"", &data) + names_only;
    let wanted = bench.path().join("wanted.toml");
    let file = bench.path().join("station.toml");
    std::fs::write(&wanted, text).expect("it can be written");
    let path = |path: &PathBuf| path.to_str().expect("the path is UTF-8").to_owned();
    let (station, copy) = (path(&wanted), path(&file));
    let args = ["--station", &station, "--write-station", &copy];
    let (factory, _) = bench.start_factory(&[&args[..], &["--rate", "300"]].concat());
    await_that("the station file with its addresses", || {
        file.exists().then_some(())
    });
    (factory, file)
}

fn feed(bench: &Bench, packs: u64) {
    let fed = bench.factory(&json!({"do": "feed", "packs": packs}));
    fed.expect("it feeds");
}

fn is_through(view: &View, entered: u64) -> bool {
    view.tally.entered >= entered && view.tally.in_line == 0
}

#[test]
fn two_lanes_run_one_batch_and_neither_stops_the_other() {
    let bench = Bench::alone();
    let (_factory, file) = furnish(&bench);
    let file = file.to_str().expect("the path is UTF-8");
    let checked = Program::run(&["check", file]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let run = ["run", "-c", file];
    let station = Program::start(&run);
    bench.await_view("a station that wants a batch", |view| {
        view.state_text.contains("No batch is open")
    });
    assert_eq!(bench.order(opening("TWO-1", "281231", None)), Answer::Done);
    feed(&bench, 30);
    let both = bench.await_view("30 packs on each lane", |view| {
        bench.do_what_the_screen_asks(view);
        is_through(view, 60)
    });
    assert!(both.tally.good >= 40 && both.tally.balanced(), "{both:?}");
    let names: Vec<&str> = both.devices.iter().map(|device| &*device.name).collect();
    let expected = "printer 1,camera 1,PLC 1,printer 2,camera 2,PLC 2,disk";
    assert_eq!(names.join(","), expected);

    // The printer of lane 2 is cut off: lane 1 goes on.
    let off = json!({"do": "fault", "name": "link-refused", "on": true, "lane": 2});
    let answer = bench.factory(&off).expect("it answers");
    assert_eq!(answer["ok"], true, "{answer}");
    let away = bench.await_view("a printer that is away", |view| {
        let printer = view.devices.iter().find(|one| one.name == "printer 2");
        printer.is_some_and(|printer| printer.state == DeviceState::Failure)
    });
    assert!(away.state_text.starts_with("Lane 2: "), "{away:?}");
    let other = away.devices.iter().find(|one| one.name == "printer 1");
    assert_eq!(other.map(|one| one.state), Some(DeviceState::Ok));
    bench
        .factory(&json!({"do": "feed", "packs": 20, "lane": 1}))
        .expect("it feeds");
    bench.await_view("20 packs on lane 1", |view| view.tally.entered >= 78);
    let on = json!({"do": "fault", "name": "link-refused", "on": false, "lane": 2});
    bench.factory(&on).expect("its link is taken again");
    bench.await_view("both lanes", |view| {
        bench.do_what_the_screen_asks(view);
        matches!(view.state, LineState::Ready | LineState::Running)
    });

    // Killed with packs on both belts, and started again.
    feed(&bench, 20);
    let before = bench.view().expect("it answers").tally.entered;
    bench.await_view("packs on both belts", |view| {
        view.tally.entered >= before + 8
    });
    station.kill();
    let again = Program::start(&run);
    bench.await_view("an empty belt", |view| {
        bench.do_what_the_screen_asks(view);
        is_through(view, 118)
    });
    assert_eq!(bench.order(OperatorCommand::CloseBatch), Answer::Done);
    again.signal(Signal::TERM);
    assert_eq!(again.finish().code, Some(0));

    let seen = ink_is_single_and_every_pack_is_on_record(bench.path());
    assert!(seen >= 118, "{seen} packs");
    let packs = bench.packs();
    for lane in [LaneNo(1), LaneNo(2)] {
        let of_lane = packs.iter().filter(|pack| pack.plc.lane == lane);
        assert!(of_lane.count() >= 40, "lane {lane}");
    }
    bench.reader().audit().expect("rows and records agree");
}
