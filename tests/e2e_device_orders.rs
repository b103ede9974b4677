//! What people order of devices, of a real station beside a factory: links dropped in the middle of a batch, test
//! prints, test pictures. Nothing unseen passes, whatever is ordered.

use crate::e2e_bench::{Bench, Finished, Program, await_that};
use crate::e2e_cameras::{ends_well, feed, open, pass};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use vidimus::record::{DeviceOrder, Fact};
use vidimus::tui::client::Client;
use vidimus::wire::look::ShotsSight;
use vidimus::wire::{Answer, Ask, LineState, OperatorCommand, Question, Sight, View};
use vidimus_simulators::factory::{
    CameraLink, Devices, FactoryAddresses, FactoryOptions, run_announced,
};

/// A command about a device of the station with this file.
fn device(file: &Path, args: &[&str]) -> Finished {
    let file = file.to_str().expect("the path is UTF-8");
    let all = [&["device"][..], args, &["-c", file]].concat();
    Program::run(&all)
}

/// What went over a device's link last, and what it came to.
fn shown(file: &Path, name: &str) -> Value {
    let shown = device(file, &["show", name, "--json"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    shown.json()
}

fn rows(shown: &Value) -> Vec<String> {
    let rows = shown["exchanges"]["rows"].as_array().expect("a list");
    let what = |row: &Value| row["what"].as_str().expect("text").to_owned();
    rows.iter().map(what).collect()
}

fn ordered(bench: &Bench, order: DeviceOrder) -> usize {
    let mut count = 0;
    let read = bench.reader().for_each_record(0, |stored| {
        let fact = &stored.record.fact;
        let is = matches!(fact, Fact::DeviceOrdered { order: what, .. } if *what == order);
        count += usize::from(is);
    });
    read.expect("they can be read");
    count
}

fn all_well(view: &View) -> bool {
    view.state == LineState::Running
        && view
            .devices
            .iter()
            .all(|one| one.state == vidimus::wire::DeviceState::Ok)
}

#[test]
fn links_that_are_dropped_by_order_in_the_middle_of_a_batch_let_nothing_pass_unseen() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&["--rate", "600", "--faults", "none"]);
    let station = open(&bench, &file);
    let mut fed = pass(&bench, 20);
    for name in ["printer", "camera", "PLC"] {
        let shown = shown(&file, name);
        assert_eq!(shown["device"]["name"], name);
        assert!(!rows(&shown).is_empty(), "{shown}");
        feed(&bench, 15);
        fed += 15;
        let done = device(&file, &["reconnect", name, "--reason", "cable replaced"]);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert!(
            done.err.contains("as if its cable had been pulled"),
            "{done:?}"
        );
        await_that("the link that was dropped", || {
            let rows = rows(&self::shown(&file, name));
            let dropped = rows.iter().any(|what| what.contains("link is down"));
            (dropped && rows.iter().any(|what| what.contains("link is up"))).then_some(())
        });
        bench.await_view("what was fed through the gate", |view| {
            bench.do_what_the_screen_asks(view);
            view.tally.entered == fed && view.tally.in_line == 0
        });
        fed += pass(&bench, 10);
    }
    bench.await_view("a line that is well", |view| {
        bench.do_what_the_screen_asks(view);
        all_well(view)
    });
    let none = device(&file, &["reconnect", "coffee machine"]);
    assert!(
        none.code != Some(0) && none.err.contains("there are PLC, camera, printer"),
        "{none:?}"
    );
    assert_eq!(ordered(&bench, DeviceOrder::Reconnect), 3);
    ends_well(&bench, station, fed);
}

#[test]
fn a_test_print_reaches_no_pack() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&["--rate", "600", "--faults", "none"]);
    let station = open(&bench, &file);
    let fed = pass(&bench, 10);
    let refused = device(&file, &["test-print", "printer"]);
    assert!(
        refused.code != Some(0) && refused.err.contains("F2"),
        "{refused:?}"
    );
    assert_eq!(bench.order(OperatorCommand::Stop), Answer::Done);
    let printed = await_that("a belt that stands", || {
        let printed = device(&file, &["test-print", "printer"]);
        (printed.code == Some(0)).then_some(printed)
    });
    assert!(
        printed.err.contains("as after a resync"),
        "whoever orders it knows what it costs: {printed:?}"
    );
    let told = await_that("the test label", || {
        let rows = rows(&shown(&file, "printer"));
        let sent = |rows: &Vec<String>| rows.iter().any(|what| what == "the test label was sent");
        Some(rows).filter(sent)
    });
    let void = |what: &String| what.contains("^FDVOID^FS") && !what.contains("^BX");
    assert!(told.iter().any(void), "{told:?}");
    // Its time passes, the printer is cleared, and packs pass as before.
    assert_eq!(ordered(&bench, DeviceOrder::TestPrint), 1);
    let fed = fed + pass(&bench, 10);
    ends_well(&bench, station, fed);
}

/// A camera on the bench, in a thread of its own: it takes a picture when the program fires it.
fn bench_camera() -> FactoryAddresses {
    let options = FactoryOptions {
        dir: None,
        camera: CameraLink::Gige {
            serial: "BENCH1".to_owned(),
            pixels: None,
        },
        devices: Devices {
            camera: true,
            printer: false,
            plc: false,
        },
        ..FactoryOptions::new(PathBuf::new())
    };
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let announce = |at: &FactoryAddresses| tell.send(at.clone()).expect("somebody waits");
        // It ends by itself when nobody speaks to it any more.
        run_announced(options, announce).expect("a clean end");
    });
    told.recv().expect("it starts")
}

/// Ink before that camera.
fn lay_ink(at: &FactoryAddresses, zpl: &str) {
    let mut stream = TcpStream::connect(&at.control).expect("the control port");
    let order = json!({"do": "ink", "zpl": zpl});
    writeln!(stream, "{order}").expect("sent");
    let mut answer = String::new();
    let mut lines = BufReader::new(stream);
    lines.read_line(&mut answer).expect("an answer");
    assert!(answer.contains("\"ok\":true"), "{answer}");
}

fn shots(bench: &Bench) -> ShotsSight {
    let device = "camera".to_owned();
    let mut client = Client::connect(&bench.socket()).expect("it listens");
    let asked = client.ask(Ask::Look(Question::Shots { device }));
    match asked.expect("it answers") {
        Answer::Seen(sight) => match *sight {
            Sight::Shots(shots) => *shots,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_camera_is_tried_out_and_set_up_for_whoever_stands_there() {
    let bench = Bench::new();
    let (_factory, at) = bench.start_factory(&["--rate", "60", "--faults", "none"]);
    let camera = bench_camera();
    let of = |address: &Option<String>| address.clone().expect("it is served");
    let software = format!("{}?trigger=software", of(&camera.camera));
    let file = bench.station_file(&of(&at.printer), &of(&at.plc), &software);
    let text = std::fs::read_to_string(&file).expect("the station file");
    let slow = text
        .replace("rate_packs_per_min = 1200", "rate_packs_per_min = 60")
        .replace(
            "\nshortest_pack_interval_ms = 50",
            "\nshortest_pack_interval_ms = 900",
        );
    std::fs::write(&file, slow).expect("it can be written");
    let station = Program::start(&["run", "-c", file.to_str().expect("the path is UTF-8")]);
    let shoots = || {
        let shot = device(&file, &["test-shot", "camera", "--json"]);
        (shot.code == Some(0)).then(|| shot.json())
    };
    let shot = await_that("a camera that is there, and a belt that stands", shoots);
    let seen = &shot["shot"];
    assert!(!seen["read"].as_bool().expect("a flag"), "{shot}");
    assert!(
        seen["said"]
            .as_str()
            .is_some_and(|said| said.contains("no symbol")),
        "{shot}"
    );
    assert!(
        seen["brightness_percent"].is_u64() && seen["size_px"].is_array(),
        "{shot}"
    );

    lay_ink(
        &camera,
        "^XA^FO120,60^BXN,6,200,,,,_,1^FD_1010950600013435221TEST1^FS^XZ",
    );
    let said = device(&file, &["test-shot", "camera"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("(01)09506000134352(21)TEST1"), "{said:?}");
    assert!(
        said.out.contains("grade") && said.out.contains("sc ") && said.out.contains("taught = {"),
        "{said:?}"
    );
    let told = rows(&shown(&file, "camera"));
    assert!(told.iter().any(|what| what == "fired"), "{told:?}");
    let told_of = |what: &String| what.starts_with("test picture: ") && what.contains("TEST1");
    assert!(told.iter().any(told_of), "{told:?}");

    let set_up = |seconds| OperatorCommand::Device {
        device: "camera".to_owned(),
        order: DeviceOrder::SetUp { seconds },
    };
    let taken = bench.order(set_up(60));
    assert!(matches!(taken, Answer::Told(_)), "{taken:?}");
    let live = await_that("picture after picture", || {
        let shots = shots(&bench);
        (shots.read.len() >= 4).then_some(shots)
    });
    assert!(
        live.until_utc_ms.is_some() && live.fired_by_station,
        "{live:?}"
    );
    assert!(live.read.iter().all(|read| *read), "{live:?}");
    assert!(live.last.is_some_and(|last| last.grades.is_some()
        && last.modules.is_some()
        && last.place.is_some()));
    assert_eq!(bench.order(set_up(0)), Answer::Done);
    await_that("the end of it", || {
        shots(&bench).until_utc_ms.is_none().then_some(())
    });
    let view = bench.view().expect("a station");
    assert_eq!(view.tally.entered, 0, "none of it was a pack");
    station.signal(rustix::process::Signal::TERM);
    let ended = station.finish();
    assert_eq!(ended.code, Some(0), "{ended:?}");
}
