//! The table of all configuration keys: one row a key. Reader, suggestions, template test and
//! `check` all read it. PURE.

pub use super::wanted::{Kind, Number, Wanted};
use super::{DrawnBy, LANES_MAX};
use crate::record::lot::FIRST_ARTICLES_MAX;
use crate::record::{LineClearance, SignIn, TextPolicy};
use vidimus_drivers::reader::config::{NO_READ_BYTES_MAX, WORD_BYTES_MAX};
use vidimus_drivers::reader::wedge::TypedGs;

const fn number(name: &'static str, least: f64, most: f64) -> Number {
    Number { name, least, most }
}

/// `reflectance` of a camera, as `vidimus calibrate` prints it.
pub const REFLECTANCE: &[Number] = &[
    number("dark_grey", 0.0, 255.0),
    number("dark_percent", 0.0, 100.0),
    number("bright_grey", 0.0, 255.0),
    number("bright_percent", 0.0, 100.0),
];

/// `taught` of a camera, as `vidimus verify --teach` prints it.
pub const TAUGHT: &[Number] = &[
    number("width_px", 10.0, 65_535.0),
    number("height_px", 10.0, 65_535.0),
    number("columns", 8.0, 144.0),
    number("rows", 8.0, 144.0),
    number("x_px", 0.0, 65_535.0),
    number("y_px", 0.0, 65_535.0),
    number("pitch_px", 1.0, 400.0),
    number("reach_px", 1.0, 65_535.0),
];

/// Keys of earlier versions: section, name, and what to do instead.
pub const GONE: &[(&str, &str, &str)] = &[(
    "camera",
    "calibrated",
    "Remove it: a camera is calibrated when `reflectance` holds what `vidimus calibrate` prints for a picture of its \
     conformance card.",
)];

/// The word for what readers of a family send when nobody changed it.
pub const USUAL: &str = "usual";
/// Longest name, in characters.
pub const NAME_MAX: usize = 32;
/// Longest text for people, in characters.
pub const WORDS_MAX: usize = 60;
/// Longest path, in bytes.
pub const PATH_MAX: usize = 1024;
/// The last counter value of the serial number space (2^60 numbers).
pub const SERIAL_LAST: u64 = (1 << 60) - 1;
/// The last serial reference of an SSCC whose prefix is as short as can be.
pub const SSCC_REFERENCE_LAST: u64 = 999_999_999_999;
/// The highest count of numbers at which somebody is told that they run out.
pub const LOW_WATER_MAX: u64 = 1_000_000_000;
/// Dots per millimetre of the heads that print packs.
pub const PRINTER_DPMM: &[u64] = &[6, 8, 12, 24];

/// Dots per millimetre of the heads that print labels of containers: at 24 the narrowest bars that GS1 allows on
/// logistic units (0.495 mm) are wider than the ten dots that ZPL draws.
pub const LABEL_DPMM: &[u64] = &[8, 12];

/// Ring depths of the PLC contract.
pub const DEPTHS: &[u64] = &[8, 16, 32, 64, 128, 256];
/// Label templates this version brings along.
pub const LABEL_TEMPLATES: &[&str] = &[
    "pharma-pack",
    "lot-pack",
    "crypto-pack",
    "eu-pack",
    "us-pack",
];
/// Label templates for containers with an SSCC.
pub const SSCC_TEMPLATES: &[&str] = &["case", "pallet"];
/// Label templates for containers with a GTIN and a serial of their own.
pub const GTIN_TEMPLATES: &[&str] = &["case-gtin"];
/// Label templates for containers, or none.
const CONTAINER_TEMPLATES: &[&str] = &["none", "case", "case-gtin", "pallet"];
/// Kinds of points the format knows.
pub const POINT_KINDS: &[&str] = &["print", "inspect", "gate", "scan"];
/// Packaging levels the format knows.
pub const LEVELS: &[&str] = &["pack", "bundle", "case", "pallet"];

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The section it stands in.
    pub section: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What its value must be.
    pub wanted: Wanted,
    /// Its value when it is left out, as TOML text; `None` when it must be given.
    pub default: Option<&'static str>,
}

/// One section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SectionRow {
    /// Its name.
    pub name: &'static str,
    /// It stands in double brackets, once for each.
    pub many: bool,
    /// Of those in double brackets there may be none.
    pub may_lack: bool,
}

const fn one(name: &'static str) -> SectionRow {
    SectionRow {
        name,
        many: false,
        may_lack: false,
    }
}

const fn many(name: &'static str) -> SectionRow {
    SectionRow {
        name,
        many: true,
        may_lack: false,
    }
}

const fn any(name: &'static str) -> SectionRow {
    SectionRow {
        may_lack: true,
        ..many(name)
    }
}

/// All sections, in the order of the template.
pub const SECTIONS: &[SectionRow] = &[
    one("station"),
    one("line"),
    one("limits"),
    one("inspection"),
    one("batch"),
    one("evidence"),
    one("log"),
    one("people"),
    one("scanner"),
    one("serial"),
    one("packaging"),
    one("epcis"),
    any("level"),
    many("product"),
    many("printer"),
    many("plc"),
    any("camera"),
    any("reader"),
    many("point"),
];

const fn must(section: &'static str, name: &'static str, wanted: Wanted) -> Key {
    Key {
        section,
        name,
        wanted,
        default: None,
    }
}

const fn may(
    section: &'static str,
    name: &'static str,
    wanted: Wanted,
    default: &'static str,
) -> Key {
    Key {
        section,
        name,
        wanted,
        default: Some(default),
    }
}

/// All keys, in the order of the template.
pub const KEYS: &[Key] = &[
    must("station", "name", Wanted::Name),
    must("station", "line", Wanted::Words),
    must("station", "data_dir", Wanted::Path),
    may("station", "socket", Wanted::Path, "\"station.sock\""),
    may(
        "station",
        "label_template",
        Wanted::Choice(LABEL_TEMPLATES),
        "\"pharma-pack\"",
    ),
    must("line", "rate_packs_per_min", Wanted::Whole(1, 20_000)),
    must(
        "line",
        "shortest_pack_interval_ms",
        Wanted::Whole(3, 60_000),
    ),
    may(
        "line",
        "detect_to_head_counts",
        Wanted::Whole(0, 1_000_000),
        "0",
    ),
    may(
        "line",
        "head_margin_counts",
        Wanted::Whole(0, 1_000_000),
        "0",
    ),
    may("limits", "commit_wait_ms", Wanted::Whole(50, 450), "400"),
    may(
        "limits",
        "verdict_deadline_ms",
        Wanted::Whole(10, 60_000),
        "400",
    ),
    may("limits", "print_queue_max", Wanted::Whole(1, 64), "8"),
    may(
        "limits",
        "consecutive_rejects_stop",
        Wanted::Whole(1, 1_000),
        "10",
    ),
    may("limits", "no_symbol_resync", Wanted::Whole(1, 100), "3"),
    may("limits", "workers", Wanted::Whole(1, 64), "2"),
    may(
        "limits",
        "disk_min_free_mb",
        Wanted::Whole(16, 1_000_000),
        "256",
    ),
    may("inspection", "grade_min", Wanted::Grade, "\"1.5\""),
    may(
        "inspection",
        "text",
        Wanted::Choice(TextPolicy::WORDS),
        "\"warn\"",
    ),
    may("inspection", "glyph_file", Wanted::Path, "\"glyphs.json\""),
    may(
        "batch",
        "line_clearance",
        Wanted::Choice(LineClearance::WORDS),
        "\"off\"",
    ),
    may(
        "batch",
        "first_article",
        Wanted::Whole(0, FIRST_ARTICLES_MAX as u64),
        "0",
    ),
    may("batch", "sample_every", Wanted::Whole(0, 1_000_000), "0"),
    may("batch", "unexplained_max", Wanted::Whole(0, 1_000_000), "0"),
    may("evidence", "keep", Wanted::Flag, "true"),
    may("evidence", "max_mb", Wanted::Whole(16, 1_000_000), "2000"),
    may(
        "evidence",
        "max_pictures",
        Wanted::Whole(16, 1_000_000),
        "50000",
    ),
    may("log", "folder", Wanted::Path, "\"none\""),
    may("log", "max_mb", Wanted::Whole(1, 1_000), "10"),
    may("log", "keep", Wanted::Whole(1, 100), "5"),
    may(
        "people",
        "sign_in",
        Wanted::Choice(SignIn::WORDS),
        "\"required\"",
    ),
    may("people", "session_idle_s", Wanted::Whole(5, 86_400), "900"),
    may("people", "signed", Wanted::CountingOrders, "\"all\""),
    may(
        "people",
        "second_person",
        Wanted::CountingOrders,
        "\"none\"",
    ),
    may("scanner", "prefix", Wanted::TypedKey, "\"none\""),
    may(
        "scanner",
        "suffix",
        Wanted::Choice(&["enter", "tab"]),
        "\"enter\"",
    ),
    may(
        "scanner",
        "gs",
        Wanted::Choice(TypedGs::WORDS),
        "\"character\"",
    ),
    may("scanner", "aim", Wanted::Flag, "false"),
    may("scanner", "gap_ms", Wanted::Whole(5, 200), "25"),
    may("serial", "key_file", Wanted::Path, "\"serial.key\""),
    may("serial", "range_first", Wanted::Whole(0, SERIAL_LAST), "0"),
    may(
        "serial",
        "range_last",
        Wanted::Whole(0, SERIAL_LAST),
        "1152921504606846975",
    ),
    may(
        "serial",
        "low_water",
        Wanted::Whole(0, LOW_WATER_MAX),
        "10000",
    ),
    may(
        "packaging",
        "fill",
        Wanted::Choice(&["by-hand", "automatic"]),
        "\"by-hand\"",
    ),
    may("packaging", "sscc_prefix", Wanted::SsccPrefix, "\"none\""),
    may(
        "packaging",
        "sscc_first",
        Wanted::Whole(0, SSCC_REFERENCE_LAST),
        "0",
    ),
    may(
        "packaging",
        "sscc_last",
        Wanted::Whole(0, SSCC_REFERENCE_LAST),
        "999999999",
    ),
    may(
        "packaging",
        "label_printer",
        Wanted::AddressOrNone(Kind::Printer),
        "\"none\"",
    ),
    may("packaging", "label_dpmm", Wanted::OneOf(LABEL_DPMM), "8"),
    may("epcis", "capture_url", Wanted::CaptureUrl, "\"none\""),
    may("epcis", "header_file", Wanted::Path, "\"none\""),
    may("epcis", "ca_file", Wanted::Path, "\"none\""),
    may("epcis", "interval_s", Wanted::Whole(1, 86_400), "60"),
    may(
        "epcis",
        "document_numbers",
        Wanted::Whole(1, 100_000),
        "10000",
    ),
    may("epcis", "gln", Wanted::Gln, "\"none\""),
    must("level", "name", Wanted::Name),
    must("level", "holds", Wanted::Whole(1, 10_000)),
    may("level", "number", Wanted::LevelNumber, "\"sscc\""),
    may("level", "mixed_lots", Wanted::Flag, "false"),
    may(
        "level",
        "label",
        Wanted::Choice(&["none", "scan", "print"]),
        "\"scan\"",
    ),
    may(
        "level",
        "template",
        Wanted::Choice(CONTAINER_TEMPLATES),
        "\"none\"",
    ),
    may("level", "layer", Wanted::Whole(0, 500), "0"),
    must("product", "name", Wanted::Words),
    must("product", "gtin", Wanted::Gtin),
    must("printer", "name", Wanted::Name),
    must("printer", "address", Wanted::Address(Kind::Printer)),
    may("printer", "dpmm", Wanted::OneOf(PRINTER_DPMM), "8"),
    may("printer", "model", Wanted::Words, "\"any\""),
    may(
        "printer",
        "status_poll_ms",
        Wanted::Whole(50, 10_000),
        "500",
    ),
    may(
        "printer",
        "drawn_by",
        Wanted::Choice(DrawnBy::WORDS),
        "\"auto\"",
    ),
    may("printer", "description", Wanted::Path, "\"none\""),
    may("printer", "speed_mm_s", Wanted::Whole(0, 2_000), "0"),
    must("plc", "name", Wanted::Name),
    must("plc", "address", Wanted::Address(Kind::Plc)),
    may("plc", "map", Wanted::Path, "\"none\""),
    may("plc", "cycle_ms", Wanted::Whole(2, 100), "10"),
    must("plc", "outage_tolerated_ms", Wanted::Whole(1, 60_000)),
    must("plc", "max_in_flight", Wanted::Whole(1, 254)),
    must("plc", "verdict_depth", Wanted::OneOf(DEPTHS)),
    must("plc", "event_depth", Wanted::OneOf(DEPTHS)),
    must("plc", "gate_depth", Wanted::OneOf(DEPTHS)),
    must("camera", "name", Wanted::Name),
    must("camera", "address", Wanted::Address(Kind::Camera)),
    may(
        "camera",
        "counter",
        Wanted::Choice(&["header", "none"]),
        "\"header\"",
    ),
    may(
        "camera",
        "counter_header",
        Wanted::Header,
        "\"X-Frame-Counter\"",
    ),
    may("camera", "latency_ms", Wanted::Whole(0, 1_000), "0"),
    may("camera", "lossless", Wanted::Flag, "false"),
    may(
        "camera",
        "reflectance",
        Wanted::Numbers(REFLECTANCE),
        "\"none\"",
    ),
    may("camera", "taught", Wanted::Numbers(TAUGHT), "\"none\""),
    must("reader", "name", Wanted::Name),
    must("reader", "address", Wanted::Address(Kind::Reader)),
    may(
        "reader",
        "prefix",
        Wanted::Sent(WORD_BYTES_MAX, USUAL),
        "\"usual\"",
    ),
    may(
        "reader",
        "suffix",
        Wanted::Sent(WORD_BYTES_MAX, USUAL),
        "\"usual\"",
    ),
    may(
        "reader",
        "no_read",
        Wanted::Sent(NO_READ_BYTES_MAX, USUAL),
        "\"usual\"",
    ),
    may(
        "reader",
        "counter",
        Wanted::Sent(WORD_BYTES_MAX, "none"),
        "\"none\"",
    ),
    may("reader", "aim", Wanted::Flag, "false"),
    may(
        "reader",
        "gs",
        Wanted::Sent(WORD_BYTES_MAX, USUAL),
        "\"usual\"",
    ),
    may(
        "reader",
        "trigger",
        Wanted::Choice(&["hardware", "software"]),
        "\"hardware\"",
    ),
    may("reader", "latency_ms", Wanted::Whole(0, 1_000), "0"),
    must("point", "name", Wanted::Name),
    must("point", "kind", Wanted::Choice(POINT_KINDS)),
    may("point", "level", Wanted::Choice(LEVELS), "\"pack\""),
    may("point", "lane", Wanted::Whole(1, LANES_MAX), "1"),
    must("point", "device", Wanted::Name),
    may("point", "behind_gate_max", Wanted::Whole(1, 1_000), "64"),
    may(
        "point",
        "behind_gate_ms",
        Wanted::Whole(100, 600_000),
        "5000",
    ),
    may(
        "point",
        "order",
        Wanted::Choice(&["belt", "free"]),
        "\"belt\"",
    ),
];

/// The keys of one section.
pub fn of(section: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.section == section)
}
