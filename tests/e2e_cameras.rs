//! `vidimus run` with a GigE Vision camera, end to end: packs pass, the camera loses its power or sends what is no
//! picture, packs pass again by themselves, and nothing passes that was not seen.

use crate::e2e_bench::{Bench, Program};
use crate::e2e_demo::ink_is_single_and_every_pack_is_on_record;
use rustix::process::Signal;
use serde_json::json;
use std::path::Path;
use vidimus::wire::{Answer, DeviceState, OpeningTerms, OperatorCommand, View};

/// How often is fed what did not pass: a pack that comes too late on a machine that others hold up is rightly rejected.
const FEEDS_MAX: u32 = 4;

pub fn feed(bench: &Bench, packs: u64) {
    bench
        .factory(&json!({"do": "feed", "packs": packs}))
        .expect("it feeds");
}

pub fn trouble(bench: &Bench, name: &str, on: bool) {
    let order = json!({"do": "fault", "name": name, "on": on});
    let answer = bench.factory(&order).expect("it answers");
    assert!(answer["error"].is_null(), "{answer}");
}

/// State and detail of the camera.
fn camera(view: &View) -> (DeviceState, String) {
    let camera = view.devices.iter().find(|device| device.name == "camera");
    let camera = camera.expect("there is one");
    (camera.state, camera.detail.clone())
}

/// A station on this file with an open batch.
pub fn open(bench: &Bench, file: &Path) -> Program {
    let station = Program::start(&["run", "-c", file.to_str().expect("the path is UTF-8")]);
    bench.await_view("a station that wants a batch", |view| {
        view.state_text.contains("No batch is open")
    });
    let batch = OperatorCommand::OpenBatch {
        product: "Amoxicillin 500 mg x20".to_owned(),
        gtin: "09506000134352".parse().expect("a GTIN"),
        lot: "LOT-1".parse().expect("a lot"),
        expiry: "281231".parse().expect("a date"),
        target: None,
        grade_min: None,
        text: None,
        terms: OpeningTerms::default(),
        numbers: Default::default(),
    };
    assert_eq!(bench.order(batch), Answer::Done);
    station
}

/// What was fed is through the gate.
fn through(bench: &Bench, fed: u64) -> View {
    bench.await_view("what was fed through the gate", |view| {
        bench.do_what_the_screen_asks(view);
        view.tally.entered == fed && view.tally.in_line == 0
    })
}

/// Feeds until so many more packs have passed; gives how many were fed.
pub fn pass(bench: &Bench, packs: u64) -> u64 {
    let before = bench.view().expect("a station").tally;
    let mut fed = 0;
    for _ in 0..FEEDS_MAX {
        let good = bench.view().expect("a station").tally.good - before.good;
        if good >= packs {
            return fed;
        }
        feed(bench, packs - good);
        fed += packs - good;
        through(bench, before.entered + fed);
    }
    panic!("too few packs pass: {:#?}", bench.view());
}

/// The station ends; books, store and truth agree, and only what was seen lies among the good.
pub fn ends_well(bench: &Bench, station: Program, fed: u64) {
    let tally = bench.view().expect("a station").tally;
    assert!(tally.balanced() && tally.entered == fed, "{tally:#?}");
    assert_eq!(bench.figure("good_bin"), Some(tally.good), "{tally:#?}");
    station.signal(Signal::TERM);
    let ended = station.finish();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let packs = ink_is_single_and_every_pack_is_on_record(bench.path());
    assert_eq!(packs as u64, fed);
    bench.reader().chain_check().expect("the chain is whole");
}

const LINE: [&str; 5] = ["--rate", "600", "--faults", "none", "--gige"];

#[test]
fn a_gige_vision_camera_that_lost_its_power_comes_back_by_itself_and_nothing_unseen_passes() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&LINE);
    let station = open(&bench, &file);
    let mut fed = pass(&bench, 30);
    feed(&bench, 30);
    fed += 30;
    bench.await_view("packs in the line", |view| {
        bench.do_what_the_screen_asks(view);
        view.tally.entered >= fed - 25
    });
    trouble(&bench, "camera-power-cycle", true);
    // It knows its owner no more; its own word says so at the next heartbeat.
    bench.await_view("an alarm of the camera", |view| {
        bench.do_what_the_screen_asks(view);
        view.alarms.iter().any(|alarm| alarm.code == "camera-link")
    });
    bench.await_view("a camera that is back", |view| {
        bench.do_what_the_screen_asks(view);
        camera(view).0 != DeviceState::Failure
    });
    through(&bench, fed);
    fed += pass(&bench, 20);
    ends_well(&bench, station, fed);
}

/// Pictures that are none: each is lost by name, its pack is rejected, and the line stops for a person.
fn nothing_passes(names: &[&str], said_of_it: &str) {
    let name = names[0];
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&LINE);
    let station = open(&bench, &file);
    let mut fed = pass(&bench, 5);
    names.iter().for_each(|name| trouble(&bench, name, true));
    let good = bench.view().expect("a station").tally.good;
    feed(&bench, 12);
    fed += 12;
    bench.await_view(name, |view| camera(view).1.contains(said_of_it));
    let stopped = bench.await_view("a stop that a person must look at", |view| {
        view.alarms
            .iter()
            .any(|alarm| alarm.active && !alarm.action.is_empty())
    });
    assert_eq!(stopped.tally.good, good, "{name}: {stopped:#?}");
    assert_eq!(bench.figure("good_bin"), Some(good), "{name}");
    names.iter().for_each(|name| trouble(&bench, name, false));
    through(&bench, fed);
    fed += pass(&bench, 5);
    ends_well(&bench, station, fed);
}

#[test]
fn pictures_of_another_size_or_without_a_leader_let_no_pack_pass_and_say_why() {
    std::thread::scope(|scope| {
        let all = [
            scope.spawn(|| nothing_passes(&["other-size"], "pixels, not")),
            // What is asked for again would mend it.
            scope.spawn(|| {
                nothing_passes(&["trailer-alone", "resend-refused"], "packet unavailable")
            }),
        ];
        let failed = all.into_iter().filter_map(|one| one.join().err()).count();
        assert_eq!(failed, 0, "each failure is printed above");
    });
}

#[test]
fn a_camera_that_the_station_fires_takes_every_packs_picture_on_a_slow_line() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&["--rate", "60", "--faults", "none", "--gige"]);
    let text = std::fs::read_to_string(&file).expect("the station file");
    let slow = text
        .replace("trigger=Line1", "trigger=software")
        .replace("rate_packs_per_min = 1200", "rate_packs_per_min = 60")
        .replace(
            "\nshortest_pack_interval_ms = 50",
            "\nshortest_pack_interval_ms = 900",
        );
    std::fs::write(&file, slow).expect("it can be written");
    let station = open(&bench, &file);
    let fed = pass(&bench, 6);
    ends_well(&bench, station, fed);
}
