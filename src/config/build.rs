//! Builds the typed configuration from a text without mistakes. PURE.

use super::keys::USUAL;
use super::measured;
use super::reader::{Document, Section};
use super::{
    Batch, Camera, Config, Counter, DrawnBy, Epcis, Evidence, Inspection, LabelPrinter, Level,
    LevelLabel, Limits, Line, LogSettings, Packaging, PackagingLevel, People, Plc, Point,
    PointKind, Printer, Product, Reader, Scanner, Serial, Station,
};
use crate::record::{CourseRules, SigningRules};
use crate::vision::Setup;
use std::path::{Path, PathBuf};
use std::time::Duration;

const CHECKED: &str = "a text without mistakes holds every key";

fn text(section: &Section, key: &str) -> String {
    section.text(key).expect(CHECKED).to_owned()
}

fn whole(section: &Section, key: &str) -> u64 {
    section.whole(key).expect(CHECKED)
}

/// The configuration; call only when reader and rules found no mistake.
pub(super) fn config(file: &str, document: &Document) -> Config {
    let only = |name: &str| document.only(name).expect(CHECKED);
    let station = station(only("station"));
    Config {
        line: Line {
            rate_packs_per_min: whole(only("line"), "rate_packs_per_min"),
            shortest_pack_interval_ms: whole(only("line"), "shortest_pack_interval_ms"),
            detect_to_head_counts: whole(only("line"), "detect_to_head_counts"),
            head_margin_counts: whole(only("line"), "head_margin_counts"),
        },
        limits: limits(only("limits")),
        inspection: inspection(only("inspection"), &station.data_dir),
        batch: batch(only("batch")),
        evidence: evidence(only("evidence")),
        log: log(only("log"), &station.data_dir),
        people: people(only("people")),
        scanner: scanner(only("scanner")),
        serial: serial(only("serial"), &station.data_dir),
        packaging: packaging(only("packaging")),
        epcis: epcis(only("epcis"), &station.data_dir),
        levels: document.all("level").iter().map(level).collect(),
        products: document.all("product").iter().map(product).collect(),
        printers: document.all("printer").iter().map(printer).collect(),
        plcs: document
            .all("plc")
            .iter()
            .map(|section| plc(file, section))
            .collect(),
        cameras: document.all("camera").iter().map(camera).collect(),
        readers: document.all("reader").iter().map(reader).collect(),
        points: document.all("point").iter().map(point).collect(),
        settings: super::on_record::settings(document),
        station,
    }
}

fn station(section: &Section) -> Station {
    let data_dir = PathBuf::from(text(section, "data_dir"));
    Station {
        name: text(section, "name"),
        line: text(section, "line"),
        socket: data_dir.join(text(section, "socket")),
        label_template: text(section, "label_template"),
        data_dir,
    }
}

fn limits(section: &Section) -> Limits {
    Limits {
        commit_wait_ms: whole(section, "commit_wait_ms"),
        verdict_deadline_ms: whole(section, "verdict_deadline_ms"),
        print_queue_max: whole(section, "print_queue_max"),
        consecutive_rejects_stop: whole(section, "consecutive_rejects_stop"),
        no_symbol_resync: whole(section, "no_symbol_resync"),
        workers: whole(section, "workers"),
        disk_min_free_mb: whole(section, "disk_min_free_mb"),
    }
}

fn inspection(section: &Section, data_dir: &Path) -> Inspection {
    Inspection {
        glyph_file: data_dir.join(text(section, "glyph_file")),
        grade_min: text(section, "grade_min").parse().expect(CHECKED),
        text: text(section, "text").parse().expect(CHECKED),
    }
}

fn batch(section: &Section) -> Batch {
    let bounded = |key| u32::try_from(whole(section, key)).expect(CHECKED);
    Batch {
        line_clearance: text(section, "line_clearance").parse().expect(CHECKED),
        course: CourseRules {
            first_article: bounded("first_article"),
            sample_every: bounded("sample_every"),
            unexplained_max: whole(section, "unexplained_max"),
        },
    }
}

fn evidence(section: &Section) -> Evidence {
    Evidence {
        keep: section.flag("keep").expect(CHECKED),
        max_mb: whole(section, "max_mb"),
        max_pictures: whole(section, "max_pictures"),
    }
}

fn log(section: &Section, data_dir: &Path) -> LogSettings {
    let folder = Some(text(section, "folder")).filter(|folder| folder != "none");
    LogSettings {
        folder: folder.map(|folder| data_dir.join(folder)),
        file_bytes_max: whole(section, "max_mb") * 1_000_000,
        older_max: whole(section, "keep"),
    }
}

fn people(section: &Section) -> People {
    People {
        sign_in: text(section, "sign_in").parse().expect(CHECKED),
        session_idle: Duration::from_secs(whole(section, "session_idle_s")),
        signing: SigningRules {
            signed: text(section, "signed").parse().expect(CHECKED),
            second_person: text(section, "second_person").parse().expect(CHECKED),
        },
    }
}

fn scanner(section: &Section) -> Scanner {
    Scanner {
        prefix: text(section, "prefix"),
        suffix: text(section, "suffix"),
        gs: text(section, "gs"),
        aim: section.flag("aim").expect(CHECKED),
        gap_ms: whole(section, "gap_ms"),
    }
}

fn serial(section: &Section, data_dir: &Path) -> Serial {
    Serial {
        key_file: data_dir.join(text(section, "key_file")),
        range_first: whole(section, "range_first"),
        range_last: whole(section, "range_last"),
        low_water: whole(section, "low_water"),
    }
}

fn packaging(section: &Section) -> Packaging {
    let prefix = text(section, "sscc_prefix");
    let (first, last) = (whole(section, "sscc_first"), whole(section, "sscc_last"));
    let reference = 10u64.pow(super::rules::sscc_reference_digits(&prefix));
    let body = prefix.parse::<u64>().ok().map(|prefix| prefix * reference);
    Packaging {
        automatic: text(section, "fill") == "automatic",
        prefix_digits: body.map(|_| prefix.len() as u8 - 1),
        sscc: body.map(|body| (body + first, body + last)),
        label_printer: Some(text(section, "label_printer"))
            .filter(|address| address != "none")
            .map(|address| LabelPrinter {
                address,
                dpmm: whole(section, "label_dpmm") as u16,
            }),
    }
}

fn epcis(section: &Section, data_dir: &Path) -> Epcis {
    let given = |key| Some(text(section, key)).filter(|text| text != "none");
    Epcis {
        capture_url: given("capture_url"),
        header_file: given("header_file").map(|file| data_dir.join(file)),
        ca_file: given("ca_file").map(|file| data_dir.join(file)),
        interval: Duration::from_secs(whole(section, "interval_s")),
        document_numbers: whole(section, "document_numbers"),
        gln: given("gln").map(|gln| gln.parse().expect(CHECKED)),
    }
}

fn level(section: &Section) -> PackagingLevel {
    PackagingLevel {
        name: text(section, "name"),
        holds: whole(section, "holds"),
        gtin: text(section, "number").parse().ok(),
        mixed_lots: section.flag("mixed_lots").expect(CHECKED),
        label: match section.text("label") {
            Some("none") => LevelLabel::None,
            Some("print") => LevelLabel::Print(text(section, "template")),
            _ => LevelLabel::Scan,
        },
        layer: Some(whole(section, "layer") as u32).filter(|layer| *layer > 0),
    }
}

fn product(section: &Section) -> Product {
    Product {
        name: text(section, "name"),
        gtin: text(section, "gtin").parse().expect(CHECKED),
    }
}

fn printer(section: &Section) -> Printer {
    Printer {
        name: text(section, "name"),
        address: text(section, "address"),
        dpmm: whole(section, "dpmm"),
        model: Some(text(section, "model")).filter(|model| model != "any"),
        status_poll_ms: whole(section, "status_poll_ms"),
        drawn_by: DrawnBy::of(&text(section, "drawn_by")),
        description: Some(text(section, "description")).filter(|file| file != "none"),
        speed_mm_s: Some(whole(section, "speed_mm_s")).filter(|speed| *speed > 0),
    }
}

/// The register map of this name for the station file `file`: a relative path starts beside that. `None` for "none".
pub(super) fn map_beside(file: &str, map: &str) -> Option<String> {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    (map != "none").then(|| folder.join(map).display().to_string())
}

fn plc(file: &str, section: &Section) -> Plc {
    Plc {
        name: text(section, "name"),
        address: text(section, "address"),
        map: map_beside(file, &text(section, "map")),
        cycle_ms: whole(section, "cycle_ms"),
        outage_tolerated_ms: whole(section, "outage_tolerated_ms"),
        max_in_flight: whole(section, "max_in_flight"),
        verdict_depth: whole(section, "verdict_depth"),
        event_depth: whole(section, "event_depth"),
        gate_depth: whole(section, "gate_depth"),
    }
}

fn camera(section: &Section) -> Camera {
    Camera {
        name: text(section, "name"),
        address: text(section, "address"),
        counter: match section.text("counter") {
            Some("none") => Counter::None,
            _ => Counter::Header(text(section, "counter_header")),
        },
        latency_ms: whole(section, "latency_ms"),
        lossless: section.flag("lossless").expect(CHECKED),
        setup: setup(section),
    }
}

/// What was measured of a camera; the rules have seen that it makes sense.
fn setup(section: &Section) -> Setup {
    let calibrated = measured::points(section).map(|points| points.reflectance().expect(CHECKED));
    Setup {
        reflectance: calibrated.unwrap_or_default(),
        taught: measured::taught(section).map(|taught| taught.expect(CHECKED)),
    }
}

fn reader(section: &Section) -> Reader {
    let sent = |key, word| Some(text(section, key)).filter(|text| text != word);
    Reader {
        name: text(section, "name"),
        address: text(section, "address"),
        prefix: sent("prefix", USUAL),
        suffix: sent("suffix", USUAL),
        no_read: sent("no_read", USUAL),
        counter: sent("counter", "none"),
        aim: section.flag("aim").expect(CHECKED),
        gs: sent("gs", USUAL),
        fired_by_station: section.text("trigger") == Some("software"),
        latency_ms: whole(section, "latency_ms"),
    }
}

fn point(section: &Section) -> Point {
    Point {
        name: text(section, "name"),
        kind: match section.text("kind") {
            Some("print") => PointKind::Print,
            Some("inspect") => PointKind::Inspect,
            Some("gate") => PointKind::Gate,
            Some("scan") => PointKind::Scan,
            other => panic!("the rules let no point of the kind {other:?} through"),
        },
        level: Level::of(&text(section, "level")),
        lane: (section.text("kind") != Some("scan")).then(|| whole(section, "lane") as u8),
        device: text(section, "device"),
        behind_gate_max: whole(section, "behind_gate_max"),
        behind_gate_ms: whole(section, "behind_gate_ms"),
        in_order: section.text("order") != Some("free"),
    }
}
