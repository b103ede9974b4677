//! Station files become factories, and get their addresses.

use std::path::PathBuf;

use super::*;
use crate::{
    belt::{Geometry, Rate},
    camera::Coding,
    factory::{CameraLink, PlcLink, PrinterLink, ReaderLink},
    packing::Labelling,
    plc::PlcOptions,
    printer::Language,
};

const DEMO: &str = include_str!("../../../templates/stations/demo.toml");

/// Two lanes, a label printer, two readers.
const TWO_LANES: &str = r#"
[line]
rate_packs_per_min = 300
shortest_pack_interval_ms = 150
detect_to_head_counts = 3000
[limits]
verdict_deadline_ms = 500
[packaging]
label_printer = "tspl+serial:///dev/label?baud=9600" # by the table
label_dpmm = 12
[[level]]
name = "case"
holds = 12
label = "print"
[[level]]
name = "pallet"
holds = 4
number = "09506000134352"
[[printer]]
name = "p1"
address = "zpl+tcp://127.0.0.1:9101"
dpmm = 8
[[printer]]
name = "p2"
address = "file+serial:///tmp/p2?baud=115200&flow=software"
description = "coder"
speed_mm_s = 150
[[plc]]
name = "c1"
address = "modbus+tcp://127.0.0.1:5021?unit=3"
max_in_flight = 20
verdict_depth = 32
event_depth = 128
gate_depth = 64
[[plc]]
name = "c2"
address = "modbus+rtu:///tmp/c2?baud=115200&unit=4"
max_in_flight = 30
verdict_depth = 64
event_depth = 64
gate_depth = 64
[[camera]]
name = "k1"
address = "gige://127.0.0.1?trigger=Line1&packet=8000"
[[camera]]
name = "k2"
address = "dir:///tmp/pictures"
lossless = true
[[reader]]
name = "r1"
address = "dmcc+tcp://127.0.0.1:9201"
prefix = "<"
suffix = "\r"
no_read = "GONE"
counter = ";"
[[reader]]
name = "r2"
address = "text+serial:///dev/r2?baud=9600"
[[point]]
name = "print-1"
kind = "print"
device = "p1"
[[point]]
name = "look-1"
kind = "inspect"
device = "k1"
[[point]]
name = "gate-1"
kind = "gate"
device = "c1"
[[point]]
name = "print-2"
kind = "print"
lane = 2
device = "p2"
[[point]]
name = "look-2"
kind = "inspect"
lane = 2
device = "k2"
[[point]]
name = "gate-2"
kind = "gate"
lane = 2
device = "c2"
[[point]]
name = "case-point"
kind = "scan"
level = "case"
device = "r1"
[[point]]
name = "pallet-point"
kind = "scan"
level = "pallet"
device = "r2"
"#;

fn read(text: &str) -> StationPlan {
    StationPlan::read(text, &Places::AsWritten).unwrap_or_else(|why| panic!("{why:?}"))
}

#[test]
fn the_shipped_station_file_gives_a_lane_as_it_says() {
    let plant = read(DEMO).plant;
    let [lane] = &plant.lanes[..] else {
        panic!("one lane: {plant:?}")
    };
    assert_eq!((lane.line.lane, lane.line.media.dpmm), (1, 12));
    assert_eq!(lane.line.rate, Rate::PacksPerMin(1200));
    let geometry = Geometry {
        camera_to_gate_mm: 640,
        ..Geometry::default()
    };
    assert_eq!(lane.line.geometry, geometry, "400 ms at 1600 mm/s");
    assert_eq!(
        (lane.line.in_flight, lane.line.nearest_um),
        (Some(24), None)
    );
    assert_eq!(lane.listen.printer.to_string(), "127.0.0.1:9100");
    assert_eq!(lane.listen.plc.to_string(), "127.0.0.1:502");
    assert_eq!(lane.listen.camera.to_string(), "127.0.0.1:8080");
    let hall = plant.hall.expect("levels");
    let levels = hall.packing.levels.iter();
    let levels: Vec<_> = levels
        .map(|l| (l.name.as_str(), l.holds, &l.labelling))
        .collect();
    let by_hand = Labelling::ByHand;
    assert_eq!(levels, [("case", 40, &by_hand), ("pallet", 50, &by_hand)]);
    assert_eq!((hall.readers.len(), plant.labeller), (0, None));
}

#[test]
fn every_device_of_two_lanes_is_as_its_section_says() {
    let plant = read(TWO_LANES).plant;
    let [one, two] = &plant.lanes[..] else {
        panic!("two lanes: {plant:?}")
    };
    assert_eq!((one.line.media.dpmm, one.unit, two.unit), (8, 3, 4));
    let depths = PlcOptions {
        verdict_depth: 32,
        event_depth: 128,
        gate_depth: 64,
        ..PlcOptions::default()
    };
    assert_eq!(one.line.plc, depths);
    assert_eq!(two.line.printer.language, Language::Coder);
    assert!((two.line.print_mm_s - 150.0).abs() < 1e-9);
    assert_eq!(two.printer, PrinterLink::Serial { baud: 115_200 });
    assert_eq!(two.printer_device, Some(PathBuf::from("/tmp/p2")));
    assert_eq!(one.line.nearest_um, Some(60_000), "150 of 200 ms");
    assert_eq!(one.line.geometry.detect_to_head_mm, 300);
    assert_eq!(two.plc, PlcLink::RtuPty { baud: 115_200 });
    assert_eq!(two.plc_device, Some(PathBuf::from("/tmp/c2")));
    let gige = CameraLink::Gige {
        serial: "SIM01".to_owned(),
        pixels: None,
    };
    assert_eq!((&one.camera, one.listen.camera.port()), (&gige, 3956));
    assert_eq!(two.camera, CameraLink::Folder("/tmp/pictures".into()));
    assert_eq!(two.coding, Coding::Pgm);
    let labeller = plant.labeller.expect("a label printer");
    assert_eq!(labeller.line.printer.language, Language::Tspl);
    assert_eq!(
        (labeller.line.media.dpmm, labeller.line.media.width_mm),
        (12, 105)
    );
    let hall = plant.hall.expect("levels");
    assert_eq!(hall.packing.levels[0].points, ["case-point"]);
    assert_eq!(
        hall.packing.levels[1].labelling,
        Labelling::Roll("09506000134352".to_owned())
    );
    let [first, second] = [0, 1].map(|at| &hall.readers[at].setup);
    assert_eq!(
        (first.family.name, &first.prefix[..], &first.suffix[..]),
        ("dmcc", &b"<"[..], &b"\r"[..])
    );
    assert_eq!(
        (first.no_read.as_str(), first.counter.as_deref()),
        ("GONE", Some(";"))
    );
    assert_eq!(
        (&second.suffix[..], second.counter.as_deref(), second.aim),
        (&b"\r\n"[..], None, true)
    );
}

#[test]
fn a_reader_in_the_cameras_place_is_as_its_section_says() {
    const SMART_READER: &str = include_str!("../../../templates/stations/smart-reader.toml");
    let plan = read(SMART_READER);
    let CameraLink::Reader(reader) = &plan.plant.lanes[0].camera else {
        panic!("a reader: {plan:?}")
    };
    let setup = &reader.setup;
    assert_eq!((&*reader.name, &*reader.point), ("reader-1", "read"));
    assert_eq!(
        (setup.family.name, setup.counter.as_deref()),
        ("dmcc", Some(";"))
    );
    assert_eq!(
        (setup.aim, setup.gated, &*setup.gs),
        (true, false, "\u{1d}")
    );
    let told = r#"{"pid":1,"control":"127.0.0.1:1","camera":"dmcc+tcp://127.0.0.1:13"}"#;
    let text = plan.with_addresses(&serde_json::from_str(told).expect("addresses"));
    assert!(text.contains("\"dmcc+tcp://127.0.0.1:13\""), "{text}");
    let other = SMART_READER.replace("aim = true", "gs = \"<GS>\"\ntrigger = \"software\"");
    let plan = read(&other.replace(
        "dmcc+tcp://127.0.0.1:2301",
        "sick+serial:///dev/r?baud=9600",
    ));
    let CameraLink::Reader(reader) = &plan.plant.lanes[0].camera else {
        panic!("a reader: {plan:?}")
    };
    let setup = &reader.setup;
    assert_eq!((setup.aim, setup.gated, &*setup.gs), (false, true, "<GS>"));
    assert!(matches!(reader.link, ReaderLink::Serial { baud: 9600, .. }));
}

#[test]
fn at_free_places_only_addresses_change_in_the_file() {
    let places = Places::Free(PathBuf::from("/tmp/factory"));
    // Whom the addresses mean does not matter then.
    let meant = TWO_LANES.replace("//127.0.0.1", "//the-device.plant");
    StationPlan::read(&meant, &Places::AsWritten).expect_err("not this computer");
    StationPlan::read(&meant, &places).expect("a factory fits");
    let plan = StationPlan::read(TWO_LANES, &places).expect("a factory fits");
    for lane in &plan.plant.lanes {
        let listen = lane.listen;
        assert_eq!(
            [listen.printer, listen.plc, listen.camera].map(|at| at.port()),
            [0; 3]
        );
        assert_eq!(lane.printer_device, None);
    }
    assert_eq!(
        plan.plant.lanes[1].camera,
        CameraLink::Folder("/tmp/factory/camera-2".into())
    );
    let readers = plan.plant.hall.as_ref().expect("levels").readers.iter();
    let links: Vec<_> = readers.map(|reader| &reader.link).collect();
    assert!(
        matches!(links[..], [ReaderLink::Tcp(at), ReaderLink::Serial { device: None, .. }] if at.port() == 0)
    );
    let told = r#"{"pid":1,"control":"127.0.0.1:1","printer":"zpl+tcp://127.0.0.1:11","lanes":[
        {"lane":1,"printer":"zpl+tcp://127.0.0.1:11","plc":"modbus+tcp://127.0.0.1:12?unit=3",
        "camera":"gige://127.0.0.1:13"},
        {"lane":2,"printer":"file+serial:///dev/pts/4?baud=115200","camera":"dir:///tmp/factory/camera-2"}],
        "label_printer":"tspl+serial:///dev/pts/5?baud=9600","readers":{"r1":"dmcc+tcp://127.0.0.1:14"}}"#;
    let at = serde_json::from_str(told).expect("addresses");
    let text = plan.with_addresses(&at);
    let changed: Vec<&str> = text
        .lines()
        .zip(TWO_LANES.lines())
        .filter_map(|(new, old)| (new != old).then_some(new))
        .collect();
    assert_eq!(
        changed,
        [
            r#"label_printer = "tspl+serial:///dev/pts/5?baud=9600" # by the table"#,
            r#"address = "zpl+tcp://127.0.0.1:11""#,
            r#"address = "file+serial:///dev/pts/4?baud=115200""#,
            r#"address = "modbus+tcp://127.0.0.1:12?unit=3""#,
            r#"address = "gige://127.0.0.1:13?trigger=Line1&packet=8000""#,
            r#"address = "dir:///tmp/factory/camera-2""#,
            r#"address = "dmcc+tcp://127.0.0.1:14""#,
        ]
    );
    assert_eq!(text.lines().count(), TWO_LANES.lines().count());
    read(&text);
}

#[test]
fn what_no_factory_fits_is_told_with_its_line_and_a_way_out() {
    let wrong = [
        (
            "zpl+tcp://127.0.0.1:9101",
            "zpl+tcp://printer:9101",
            "--addresses",
        ),
        ("zpl+tcp://127.0.0.1:9101", "zpl+tcp://[::1]:70000", "port"),
        ("zpl+tcp://127.0.0.1:9101", "zpl+tcp://[::1]", "port"),
        (
            "zpl+tcp://127.0.0.1:9101",
            "latex+tcp://127.0.0.1:9101",
            "zpl, tspl",
        ),
        (
            "description = \"coder\"",
            "description = \"mine.toml\"",
            "\"coder\"",
        ),
        ("verdict_depth = 32", "verdict_depth = 33", "one of"),
        (
            "rate_packs_per_min = 300",
            "rate_packs_per_min = 20000",
            "6000",
        ),
        (
            "rate_packs_per_min = 300",
            "rate_packs_per_min = \"many\"",
            "6000",
        ),
        ("max_in_flight = 20", "max_in_flight = 5", "at least"),
        ("gige://127.0.0.1", "v4l2:///dev/video0", "vivid"),
        (
            "modbus+tcp://127.0.0.1:5021",
            "modbus+rtu:///dev/x",
            "?baud=",
        ),
        ("dmcc+tcp", "barcodes+tcp", "dmcc, keyence"),
        ("gate_depth = 64", "", "lacks gate_depth"),
        ("device = \"r1\"", "device = \"r9\"", "[[reader]]"),
        ("level = \"case\"", "level = \"bundle\"", "[[level]]"),
        (
            "kind = \"gate\"\nlane = 2",
            "kind = \"gate\"\nlane = 3",
            "Lane 2",
        ),
        ("kind = \"gate\"\nlane = 2", "kind = \"gate\"", "write one"),
        ("kind = \"scan\"", "kind = \"scan", "not TOML"),
        ("[[camera]]", "[camera]", "not TOML"),
        (
            "label = \"print\"",
            "label = \"stamp\"",
            "none, scan or print",
        ),
    ];
    for (good, bad, says) in wrong {
        assert!(TWO_LANES.contains(good), "{good}");
        let text = TWO_LANES.replacen(good, bad, 1);
        let why = StationPlan::read(&text, &Places::AsWritten).expect_err(bad);
        let told: Vec<String> = why.iter().map(Mistake::to_string).collect();
        assert!(
            told.iter().any(|told| told.contains(says)),
            "{bad}: {told:?}"
        );
        let lines = text.lines().count();
        assert!(
            why.iter()
                .all(|m| (1..=lines).contains(&m.line) && m.text.ends_with('.')),
            "{told:?}"
        );
    }
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_text() {
    let several = TWO_LANES
        .replace("verdict_depth = 32", "verdict_depth = 5")
        .replace("&packet=8000", "&packet=8000\"\nlossless = \"yes");
    let why = StationPlan::read(&several, &Places::AsWritten).expect_err("wrong");
    let lines: Vec<usize> = why.iter().map(|mistake| mistake.line).collect();
    assert!(lines.len() == 2 && lines.is_sorted(), "{why:?}");
}
