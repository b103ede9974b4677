//! A station with two lanes beside the factory that fits its file: one batch over both, a printer that goes while the
//! other lane runs on, a kill, and every pack of both lanes against the truth.

use crate::e2e_bench::{Bench, Program, await_that, opening};
use crate::e2e_demo::ink_is_single_and_every_pack_is_on_record;
use rustix::process::Signal;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use vidimus::packaging::UnitCode;
use vidimus::record::{ContainerNo, ContainerState, Identity, LaneNo, PackNo, PlcPack, Unit};
use vidimus::store::Whereabouts;
use vidimus::wire::{Answer, DeviceState, LineState, View};
use vidimus_simulators::packing::{self, Carton};

/// How often packs are fed until enough of them have passed.
const FEEDS_MAX: usize = 6;

const TEMPLATE: &str = include_str!("../templates/stations/two-lanes.toml");

/// The factory that fits the template, with cases of ten packs and pallets of three cases, and the station file with
/// its addresses.
pub fn furnish(bench: &Bench) -> (Program, PathBuf) {
    furnish_small(bench, 10, &[])
}

/// The same with cases of so many packs, and a factory that is told more.
pub fn furnish_small(bench: &Bench, case: u32, more: &[&str]) -> (Program, PathBuf) {
    let data = format!("data_dir = {:?}", bench.text());
    let text = TEMPLATE
        .replace("data_dir = \"vidimus-data-2\"", &data)
        .replace("holds = 40", &format!("holds = {case}"))
        .replace("holds = 50", "holds = 3");
    let wanted = bench.path().join("wanted.toml");
    let file = bench.path().join("station.toml");
    std::fs::write(&wanted, text).expect("it can be written");
    let path = |path: &PathBuf| path.to_str().expect("the path is UTF-8").to_owned();
    let (station, copy) = (path(&wanted), path(&file));
    let args = [
        "--station",
        &station,
        "--write-station",
        &copy,
        "--rate",
        "300",
    ];
    let (factory, _) = bench.start_factory(&[&args[..], more].concat());
    await_that("the station file with its addresses", || {
        file.exists().then_some(())
    });
    (factory, file)
}

pub fn feed(bench: &Bench, packs: u64) {
    let fed = bench.factory(&json!({"do": "feed", "packs": packs}));
    fed.expect("it feeds");
}

/// Feeds both lanes until so many packs have passed: a machine that others hold up has some rejected.
pub fn pass(bench: &Bench, good: u64) -> View {
    let mut view = bench.view().expect("it answers");
    let wanted = view.tally.good + good;
    for _ in 0..FEEDS_MAX {
        if view.tally.good >= wanted {
            return view;
        }
        let each = (wanted - view.tally.good).div_ceil(2);
        let entered = view.tally.entered + 2 * each;
        feed(bench, each);
        view = bench.await_view("what was fed through both gates", |view| {
            bench.do_what_the_screen_asks(view);
            is_through(view, entered)
        });
    }
    panic!("too few packs pass: {view:?}");
}

pub fn is_through(view: &View, entered: u64) -> bool {
    view.tally.entered >= entered && view.tally.in_line == 0
}

#[test]
fn two_lanes_run_one_batch_and_neither_stops_the_other() {
    let bench = Bench::judged();
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
    let both = pass(&bench, 40);
    assert!(both.tally.balanced(), "{both:?}");
    let names: Vec<&str> = both.devices.iter().map(|device| &*device.name).collect();
    let expected = "printer 1,camera 1,PLC 1,printer 2,camera 2,PLC 2,disk,reader packing,reader cases,\
                    reader pallets,label printer";
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
    bench.await_view("20 packs on lane 1", |view| {
        view.tally.entered >= both.tally.entered + 18
    });
    let on = json!({"do": "fault", "name": "link-refused", "on": false, "lane": 2});
    bench.factory(&on).expect("its link is taken again");
    let before = bench.await_view("both lanes", |view| {
        bench.do_what_the_screen_asks(view);
        matches!(view.state, LineState::Ready | LineState::Running)
    });

    // Killed with packs on both belts, and started again.
    let before = before.tally.entered;
    feed(&bench, 20);
    bench.await_view("packs on both belts", |view| {
        view.tally.entered >= before + 8
    });
    station.kill();
    let again = Program::start(&run);
    bench.await_view("an empty belt", |view| {
        bench.do_what_the_screen_asks(view);
        is_through(view, before + 38)
    });
    again.signal(Signal::TERM);
    assert_eq!(again.finish().code, Some(0));

    let seen = ink_is_single_and_every_pack_is_on_record(bench.path());
    assert!(seen as u64 >= before + 38, "{seen} packs");
    let packs = bench.packs();
    for lane in [LaneNo(1), LaneNo(2)] {
        let of_lane = packs.iter().filter(|pack| pack.plc.lane == lane);
        assert!(of_lane.count() >= 40, "lane {lane}");
    }
    bench.reader().audit().expect("rows and records agree");
}

/// The containers of the packing hall, as they really are.
pub fn hall(bench: &Bench) -> BTreeMap<u64, Carton> {
    let path = bench.path().join("factory").join(packing::FILE_NAME);
    packing::read_file(&path)
        .map(|file| file.containers)
        .unwrap_or_default()
}

/// Those that got a label.
pub fn cartons(bench: &Bench) -> Vec<Carton> {
    let containers = hall(bench).into_values();
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
pub fn on_record(bench: &Bench, carton: &Carton) -> Option<(ContainerState, BTreeSet<Unit>)> {
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

/// Waits until there are so many cases and pallets with a label, and all that have one are closed on record.
pub fn all_closed(bench: &Bench, cases: usize, pallets: usize) -> Vec<Carton> {
    let closed = |carton: &Carton| {
        on_record(bench, carton).is_some_and(|(state, _)| state == ContainerState::Closed)
    };
    await_that("cases and pallets, labelled and closed", || {
        let cartons = cartons(bench);
        let of = |level: &str| cartons.iter().filter(|one| one.level == level).count();
        let enough = of("case") >= cases && of("pallet") >= pallets;
        (enough && cartons.iter().all(closed)).then_some(cartons)
    })
}

/// Each of these holds by the records what really lies in it.
pub fn holds_what_really_lies_in_it(bench: &Bench, labelled: &[Carton]) {
    let packs = bench.packs();
    let numbers: HashMap<PlcPack, PackNo> = packs.iter().map(|row| (row.plc, row.pack)).collect();
    let all = hall(bench);
    for carton in labelled {
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
        let (_, by_record) = on_record(bench, carton).expect("it is on record");
        assert_eq!(by_record, really, "{carton:?}");
    }
}

/// Two lanes, one packing hall: each case and each pallet holds by the records what really lies in it.
#[test]
fn packs_of_two_lanes_go_into_cases_and_cases_on_pallets_in_the_order_of_the_reader_behind_both() {
    let bench = Bench::judged();
    let (_factory, file) = furnish(&bench);
    let file = file.to_str().expect("the path is UTF-8");
    let station = Program::start(&["run", "-c", file]);
    bench.await_view("a station that wants a batch", |view| {
        view.state_text.contains("No batch is open")
    });
    assert_eq!(bench.order(opening("TWO-2", "281231", None)), Answer::Done);
    pass(&bench, 50);
    let labelled = all_closed(&bench, 3, 1);
    holds_what_really_lies_in_it(&bench, &labelled);
    assert!(!bench.alarms_on_record().contains("scan-refused"));
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    bench.reader().audit().expect("rows and records agree");
}
