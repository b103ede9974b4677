//! A station with two lanes beside the factory that fits its file: one batch over both, a printer that goes while the
//! other lane runs on, a kill, and every pack of both lanes against the truth.

use crate::e2e_bench::{Bench, Program, await_that, opening};
use crate::e2e_demo::ink_is_single_and_every_pack_is_on_record;
use rustix::process::Signal;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use vidimus::packaging::UnitCode;
use vidimus::record::{ContainerNo, ContainerState, Identity, LaneNo, PackNo, PlcPack, Unit};
use vidimus::store::Whereabouts;
use vidimus::wire::{Answer, DeviceState, LineState, View};
use vidimus_simulators::packing::{self, Carton};

const TEMPLATE: &str = include_str!("../templates/stations/two-lanes.toml");

/// The factory that fits the template, and the station file with its addresses.
pub fn furnish(bench: &Bench) -> (Program, PathBuf) {
    let data = format!("data_dir = {:?}", bench.text());
    let text = TEMPLATE
        .replace("data_dir = \"vidimus-data-2\"", &data)
        .replace("holds = 40", "holds = 10")
        .replace("holds = 50", "holds = 3");
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

pub fn feed(bench: &Bench, packs: u64) {
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

/// The containers of the packing hall that got a label, as they really are.
fn cartons(bench: &Bench) -> Vec<Carton> {
    let path = bench.path().join("factory").join(packing::FILE_NAME);
    let Ok(file) = packing::read_file(&path) else {
        return Vec::new();
    };
    let containers = file.containers.into_values();
    containers
        .filter(|carton| !carton.label.is_empty())
        .collect()
}

/// A container by what its label says.
fn container(ask: &Whereabouts<'_>, label: &[String]) -> Option<ContainerNo> {
    let codes = label.iter().filter_map(|text| UnitCode::of(text).ok());
    let mut found =
        codes.filter_map(|code| ask.container_of(&code.container()).expect("it answers"));
    found.next()
}

/// By the records: closed, and what is inside.
fn on_record(bench: &Bench, carton: &Carton) -> Option<(ContainerState, BTreeSet<Unit>)> {
    let found = bench.reader().whereabouts(|ask| {
        let Some(no) = container(ask, &carton.label) else {
            return Ok(None);
        };
        let standing = ask.standing(Unit::Container(no), None)?;
        let inside = ask.inside(no, None)?;
        let units = inside.iter().flat_map(|run| run.units()).collect();
        Ok(standing.map(|standing| (standing, units)))
    });
    let (standing, units) = found.expect("it answers")?;
    match standing.identity {
        Identity::Container(container) => Some((container.state, units)),
        Identity::Pack(_) => None,
    }
}

/// Two lanes, one packing hall: each case and each pallet holds by the records what really lies in it.
#[test]
fn packs_of_two_lanes_go_into_cases_and_cases_on_pallets_in_the_order_of_the_reader_behind_both() {
    let bench = Bench::alone();
    let (_factory, file) = furnish(&bench);
    let file = file.to_str().expect("the path is UTF-8");
    let station = Program::start(&["run", "-c", file]);
    bench.await_view("a station that wants a batch", |view| {
        view.state_text.contains("No batch is open")
    });
    assert_eq!(bench.order(opening("TWO-2", "281231", None)), Answer::Done);
    feed(&bench, 40);
    bench.await_view("40 packs on each lane", |view| {
        bench.do_what_the_screen_asks(view);
        is_through(view, 80)
    });
    let closed = |carton: &Carton| {
        on_record(&bench, carton).is_some_and(|(state, _)| state == ContainerState::Closed)
    };
    let labelled = await_that("cases and a pallet, labelled and closed", || {
        let cartons = cartons(&bench);
        let of = |level: &str| cartons.iter().filter(|one| one.level == level).count();
        let enough = of("case") >= 3 && of("pallet") >= 1;
        (enough && cartons.iter().all(closed)).then_some(cartons)
    });
    let numbers: HashMap<PlcPack, PackNo> = bench
        .packs()
        .iter()
        .map(|row| (row.plc, row.pack))
        .collect();
    let file = packing::read_file(&bench.path().join("factory").join(packing::FILE_NAME));
    let all = file.expect("the hall keeps its truth").containers;
    for carton in &labelled {
        let really: BTreeSet<Unit> = bench
            .reader()
            .whereabouts(|ask| {
                let unit = |unit: &packing::Unit| match unit {
                    packing::Unit::Pack { lane, boot, id } => {
                        let (lane, boot, id) = (LaneNo(*lane), *boot, *id);
                        Unit::Pack(numbers[&PlcPack { lane, boot, id }])
                    }
                    packing::Unit::Container { container: no } => {
                        Unit::Container(container(ask, &all[no].label).expect("it is on record"))
                    }
                };
                Ok(carton.units.iter().map(unit).collect())
            })
            .expect("it answers");
        let (_, by_record) = on_record(&bench, carton).expect("it is on record");
        assert_eq!(by_record, really, "{carton:?}");
    }
    assert!(!bench.alarms_on_record().contains("scan-refused"));
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    bench.reader().audit().expect("rows and records agree");
}
