//! What people order of devices, of a real station beside a factory: links dropped in the middle of a batch, test
//! prints, test pictures. Nothing unseen passes, whatever is ordered.

use crate::e2e_bench::{Bench, Finished, Program, await_that};
use crate::e2e_cameras::{ends_well, feed, open, pass};
use serde_json::Value;
use std::path::Path;
use vidimus::record::{DeviceOrder, Fact};
use vidimus::wire::{Answer, LineState, OperatorCommand, View};

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
    let records = bench.reader().records(1..=u64::MAX).expect("they can be read");
    let is = |fact: &Fact| matches!(fact, Fact::DeviceOrdered { order: what, .. } if *what == order);
    records.iter().filter(|stored| is(&stored.record.fact)).count()
}

fn all_well(view: &View) -> bool {
    view.state == LineState::Running && view.devices.iter().all(|one| one.state == vidimus::wire::DeviceState::Ok)
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
        assert!(done.err.contains("as if its cable had been pulled"), "{done:?}");
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
    assert!(none.code != Some(0) && none.err.contains("there are PLC, camera, printer"), "{none:?}");
    assert_eq!(ordered(&bench, DeviceOrder::Reconnect), 3);
    ends_well(&bench, station, fed);
}

#[test]
fn a_test_print_and_a_test_picture_reach_no_pack() {
    let bench = Bench::new();
    let (_factory, file) = bench.furnish(&["--rate", "60", "--faults", "none", "--gige"]);
    let text = std::fs::read_to_string(&file).expect("the station file");
    let slow = text
        .replace("trigger=Line1", "trigger=software")
        .replace("rate_packs_per_min = 1200", "rate_packs_per_min = 60")
        .replace("\nshortest_pack_interval_ms = 50", "\nshortest_pack_interval_ms = 900");
    std::fs::write(&file, slow).expect("it can be written");
    let station = open(&bench, &file);
    let fed = pass(&bench, 3);
    let refused = device(&file, &["test-print", "printer"]);
    assert!(refused.code != Some(0) && refused.err.contains("F2"), "{refused:?}");
    assert_eq!(bench.order(OperatorCommand::Stop), Answer::Done);

    let shot = await_that("a belt that stands", || {
        let shot = device(&file, &["test-shot", "camera", "--json"]);
        (shot.code == Some(0)).then(|| shot.json())
    });
    let seen = &shot["shot"];
    assert!(seen["bytes"].as_u64().is_some_and(|bytes| bytes > 10_000), "{shot}");
    assert!(seen["size_px"].is_array() && seen["brightness_percent"].is_u64(), "{shot}");
    let told = rows(&shown(&file, "camera"));
    assert!(told.iter().any(|what| what.starts_with("test picture: ")), "{told:?}");
    assert!(told.iter().any(|what| what == "fired"), "{told:?}");

    let printed = device(&file, &["test-print", "printer"]);
    assert_eq!(printed.code, Some(0), "{printed:?}");
    let told = await_that("the test label", || {
        let rows = rows(&shown(&file, "printer"));
        rows.iter().any(|what| what == "the test label was sent").then_some(rows)
    });
    assert!(told.iter().any(|what| what.contains("^FDVOID^FS")), "{told:?}");

    // What was tried out is over by itself, the printer is cleared, and packs pass as before.
    assert_eq!(ordered(&bench, DeviceOrder::TestShot), 1);
    assert_eq!(ordered(&bench, DeviceOrder::TestPrint), 1);
    let fed = fed + pass(&bench, 3);
    ends_well(&bench, station, fed);
}
