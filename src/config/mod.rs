//! Text in, checked configuration out: every mistake at once, with line, range and suggestion.
//! PURE.
//!
//! [`parse`] reads a station file. [`keys`] is the table of all keys;
//! `templates/stations/demo.toml` shows each of them with its allowed values and its default, and
//! is the file the demo itself starts from.

pub mod address;
mod build;
mod camera;
mod check;
mod eyes;
pub mod keys;
mod lanes;
mod measured;
pub mod mistake;
mod on_record;
mod reader;
mod rules;
mod scanner;
mod suggest;
mod template;
mod wanted;

pub use eyes::{Eyes, TIME_TELLS_MS};
pub use lanes::{LANES_MAX, LaneDevices};
pub use mistake::{ConfigErrors, Mistake};
pub use rules::SOCKET_PATH_MAX;
pub use scanner::{SCREEN_KEYS, Scanner};
pub use suggest::nearest;
pub use template::{DEMO, demo_text, with_value};

use crate::gs1::{Gln, Gtin};
use crate::record::{
    CourseRules, GradeMin, LineClearance, Settings, SignIn, SigningRules, TextPolicy,
};
use crate::vision::Setup;
use std::path::PathBuf;
use std::time::Duration;

/// Longest station file that is read, in bytes.
pub const TEXT_MAX: usize = 256 * 1024;

/// A checked station file.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The station itself.
    pub station: Station,
    /// The lane it stands at.
    pub line: Line,
    /// Limits of waiting, queues and failures.
    pub limits: Limits,
    /// What batches demand of print quality and text.
    pub inspection: Inspection,
    /// How batches open, run and close.
    pub batch: Batch,
    /// Pictures of rejected packs.
    pub evidence: Evidence,
    /// Log files.
    pub log: LogSettings,
    /// Who may give orders.
    pub people: People,
    /// How a hand scanner is set that types at a screen.
    pub scanner: Scanner,
    /// Where serial numbers come from.
    pub serial: Serial,
    /// How containers are filled and numbered.
    pub packaging: Packaging,
    /// Where what happened is told.
    pub epcis: Epcis,
    /// Levels of packaging above the pack, the lowest first.
    pub levels: Vec<PackagingLevel>,
    /// Products that may be run.
    pub products: Vec<Product>,
    /// Label printers.
    pub printers: Vec<Printer>,
    /// PLCs.
    pub plcs: Vec<Plc>,
    /// Cameras.
    pub cameras: Vec<Camera>,
    /// Smart readers and hand scanners.
    pub readers: Vec<Reader>,
    /// Points along the lane, in the order of the file: the first is [`crate::record::PointId`] 1.
    pub points: Vec<Point>,
    /// Every key with its value, for the record. Passwords in addresses still stand in it.
    pub settings: Settings,
}

/// `[station]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// Its name in records and on screens.
    pub name: String,
    /// The line it stands at, for people.
    pub line: String,
    /// Folder of store, key and socket; relative paths start where the program was started.
    pub data_dir: PathBuf,
    /// The Unix socket for screens, joined to `data_dir` unless absolute.
    pub socket: PathBuf,
    /// Name of the label template.
    pub label_template: String,
}

/// `[line]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The rate the lane is built for.
    pub rate_packs_per_min: u64,
    /// The shortest time between two packs, in ms.
    pub shortest_pack_interval_ms: u64,
    /// Encoder counts from detection to the print head; 0 when the encoder cannot tell.
    pub detect_to_head_counts: u64,
    /// While the belt moves, a pack nearer to the head than this gets no job any more, in encoder counts.
    pub head_margin_counts: u64,
}

/// `[limits]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A commit that takes longer than this stops the heartbeat, in ms.
    pub commit_wait_ms: u64,
    /// From the camera's firing to the verdict; later ones are `late`. In ms.
    pub verdict_deadline_ms: u64,
    /// Labels sent to the printer and not yet printed, at most.
    pub print_queue_max: u64,
    /// Rejects in a row after which the station stops the line.
    pub consecutive_rejects_stop: u64,
    /// Pictures without symbol in a row after which printer and packs are put in step again.
    pub no_symbol_resync: u64,
    /// Threads that verify pictures.
    pub workers: u64,
    /// Free disk space below which the station stops, in MB (10^6 bytes).
    pub disk_min_free_mb: u64,
}

/// `[inspection]`: what holds for a batch whose opening says nothing else, and what text is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The lowest grade that passes.
    pub grade_min: GradeMin,
    /// What text that is not as printed leads to.
    pub text: TextPolicy,
    /// File of the taught glyphs, joined to `data_dir` unless absolute.
    pub glyph_file: PathBuf,
}

/// `[batch]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// Whether a batch opens only after line clearance.
    pub line_clearance: LineClearance,
    /// First articles, samples, and what may stay unexplained.
    pub course: CourseRules,
}

/// `[evidence]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// The pictures of rejected packs are kept.
    pub keep: bool,
    /// Most MB (10^6 bytes) of them.
    pub max_mb: u64,
    /// Most of them.
    pub max_pictures: u64,
}

/// `[log]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogSettings {
    /// Where log files lie, joined to `data_dir` unless absolute; `None`: there are none.
    pub folder: Option<PathBuf>,
    /// Most bytes of one file.
    pub file_bytes_max: u64,
    /// How many files that were turned over stay beside the last one.
    pub older_max: u64,
}

/// `[people]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People {
    /// Whether names are believed.
    pub sign_in: SignIn,
    /// A session that was not used for so long has ended.
    pub session_idle: Duration,
    /// Which orders are signed.
    pub signing: SigningRules,
}

/// `[serial]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serial {
    /// File of the secret key, joined to `data_dir` unless absolute.
    pub key_file: PathBuf,
    /// First counter value of this station's range.
    pub range_first: u64,
    /// Last counter value of this station's range.
    pub range_last: u64,
    /// With fewer numbers left for the open batch somebody is told.
    pub low_water: u64,
}

/// `[packaging]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packaging {
    /// Good packs fill containers of the first level by themselves.
    pub automatic: bool,
    /// First and last SSCC this station may give, as numbers before the check digit.
    pub sscc: Option<(u64, u64)>,
    /// Digits of the company prefix in them.
    pub prefix_digits: Option<u8>,
    /// The printer of containers' labels.
    pub label_printer: Option<LabelPrinter>,
}

/// The printer of containers' labels: `label_printer` and `label_dpmm`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelPrinter {
    /// Its address, a checked URL.
    pub address: String,
    /// Dots per mm of its head.
    pub dpmm: u16,
}

/// What label the containers of a level have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LevelLabel {
    /// None that is read.
    None,
    /// One that stands on it already, read before it is closed.
    Scan,
    /// One that is printed by this template.
    Print(String),
}

/// `[epcis]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epcis {
    /// The capture resource of a repository; `None`: nothing is sent.
    pub capture_url: Option<String>,
    /// File of the headers that go along, joined to `data_dir` unless absolute.
    pub header_file: Option<PathBuf>,
    /// File of trusted certificates, joined to `data_dir` unless absolute.
    pub ca_file: Option<PathBuf>,
    /// How often it is looked whether something new is finished.
    pub interval: Duration,
    /// About how many numbers a document has at most.
    pub document_numbers: u64,
    /// The place of the line.
    pub gln: Option<Gln>,
}

/// `[[level]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackagingLevel {
    /// Its name, such as `case`.
    pub name: String,
    /// How many units it holds.
    pub holds: u64,
    /// Its own GTIN; `None`: it has an SSCC.
    pub gtin: Option<Gtin>,
    /// Packs of several lots may be in one container.
    pub mixed_lots: bool,
    /// Its own label.
    pub label: LevelLabel,
    /// How many units a layer of it has, if that is known.
    pub layer: Option<u32>,
}

/// `[[product]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its name for people.
    pub name: String,
    /// Its GTIN.
    pub gtin: Gtin,
}

/// `[[printer]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printer {
    /// Its name.
    pub name: String,
    /// Its address, a checked URL.
    pub address: String,
    /// Dots per mm of its head.
    pub dpmm: u64,
    /// The model it must report; `None` accepts any.
    pub model: Option<String>,
    /// Time between two status questions, in ms.
    pub status_poll_ms: u64,
    /// Who draws its labels.
    pub drawn_by: DrawnBy,
    /// What describes its language, where its address says so: a file, or the name of one that the program carries.
    pub description: Option<String>,
    /// How fast it prints, in mm a second; `None`: nobody said.
    pub speed_mm_s: Option<u64>,
}

/// Who draws the labels of a printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DrawnBy {
    /// The printer, and the station what the printer's language cannot write.
    Auto,
    /// The printer, in its own fonts and with its own symbols.
    Printer,
    /// The station: each label goes out as a picture.
    Station,
}

impl DrawnBy {
    /// The words of a station file.
    pub const WORDS: &'static [&'static str] = &["auto", "printer", "station"];

    fn of(word: &str) -> DrawnBy {
        match word {
            "printer" => DrawnBy::Printer,
            "station" => DrawnBy::Station,
            _ => DrawnBy::Auto,
        }
    }
}

/// `[[plc]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plc {
    /// Its name.
    pub name: String,
    /// Its address, a checked URL.
    pub address: String,
    /// The file that says where its registers lie; `None` for contract 1.0.
    pub map: Option<String>,
    /// Longest pause between two exchanges, in ms.
    pub cycle_ms: u64,
    /// Longest outage of the link after which nothing is lost, in ms.
    pub outage_tolerated_ms: u64,
    /// Most packs that fit between detect and gate.
    pub max_in_flight: u64,
    /// VERDICT_DEPTH.
    pub verdict_depth: u64,
    /// EVENT_DEPTH.
    pub event_depth: u64,
    /// GATE_DEPTH.
    pub gate_depth: u64,
}

/// Where a camera's frame counter comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counter {
    /// This HTTP header of each frame.
    Header(String),
    /// There is none.
    None,
}

/// `[[camera]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Camera {
    /// Its name.
    pub name: String,
    /// Its address, a checked URL.
    pub address: String,
    /// Its frame counter.
    pub counter: Counter,
    /// From its trigger to the arrival of its picture, usually, in ms.
    pub latency_ms: u64,
    /// Its pictures must come lossless (PNG, PGM).
    pub lossless: bool,
    /// What was measured of it: grey and reflectance, and where a good pack's symbol lies.
    pub setup: Setup,
}

/// `[[reader]]`: as it was set up; `None` is what its family does when nobody changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// Its name.
    pub name: String,
    /// Its address, a checked URL.
    pub address: String,
    /// What it sends before each text.
    pub prefix: Option<String>,
    /// What it sends behind each text.
    pub suffix: Option<String>,
    /// What it says when it read nothing.
    pub no_read: Option<String>,
    /// What stands between its counter and the rest of each text; `None`: it sends none.
    pub counter: Option<String>,
    /// Each read begins with a symbology identifier.
    pub aim: bool,
    /// What it sends for GS.
    pub gs: Option<String>,
    /// At an inspect point the station fires it, not the PLC.
    pub fired_by_station: bool,
    /// At an inspect point: from its trigger to the arrival of its text, usually, in ms.
    pub latency_ms: u64,
}

/// What happens at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PointKind {
    /// A label is printed.
    Print,
    /// A picture is taken and verified, or a smart reader reads.
    Inspect,
    /// A pack goes to the good bin or to the reject bin.
    Gate,
    /// A reader scans labels of containers.
    Scan,
}

/// Packaging level of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// Single packs.
    Pack,
    /// Bundles.
    Bundle,
    /// Cases.
    Case,
    /// Pallets.
    Pallet,
}

impl Level {
    /// Its word in a station file; above the pack it is the name of a `[[level]]`.
    pub fn word(self) -> &'static str {
        match self {
            Level::Pack => "pack",
            Level::Bundle => "bundle",
            Level::Case => "case",
            Level::Pallet => "pallet",
        }
    }

    fn of(word: &str) -> Level {
        let all = [Level::Bundle, Level::Case, Level::Pallet];
        let found = all.into_iter().find(|level| level.word() == word);
        found.unwrap_or(Level::Pack)
    }
}

/// `[[point]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Its name.
    pub name: String,
    /// What happens there.
    pub kind: PointKind,
    /// To what.
    pub level: Level,
    /// On which lane; `None` where all lanes have come together.
    pub lane: Option<u8>,
    /// The device that does it, by name.
    pub device: String,
    /// Where packs are scanned: most packs of a lane between its gate and this point.
    pub behind_gate_max: u64,
    /// There too: the longest way from a gate to this point, in ms in which the lane's machine runs.
    pub behind_gate_ms: u64,
    /// Of a scan point: everything passes it in the order in which it came to be.
    pub in_order: bool,
}

/// Reads a station file. `file` is its name for messages only.
///
/// # Errors
/// Every mistake in the text.
pub fn parse(file: &str, text: &str) -> Result<Config, ConfigErrors> {
    if text.len() > TEXT_MAX {
        let said = format!(
            "This file has {} bytes; a station file has at most {TEXT_MAX}.",
            text.len()
        );
        let found = reader::mistake("range", "", 0..0, said);
        return Err(ConfigErrors::new(file, "", vec![found]));
    }
    let (document, mut mistakes) = reader::read(text);
    mistakes.extend(rules::check(&document));
    if mistakes.is_empty() {
        Ok(build::config(file, &document))
    } else {
        Err(ConfigErrors::new(file, text, mistakes))
    }
}

/// The register maps that a station file names, each once, although it may have mistakes.
pub fn maps_named(file: &str, text: &str) -> Vec<String> {
    let (document, _) = reader::read(text);
    let plcs = document.all("plc");
    let mut maps: Vec<String> = plcs
        .iter()
        .filter_map(|plc| build::map_beside(file, plc.text("map")?))
        .collect();
    maps.dedup();
    maps
}

impl Config {
    /// The sums `check` made of the sizes, one line each.
    pub fn arithmetic(&self) -> Vec<String> {
        let interval = self.line.shortest_pack_interval_ms;
        let mut lines = vec![format!(
            "line     {} packs/min, one every {} ms on average, never closer than {interval} ms",
            self.line.rate_packs_per_min,
            60_000 / self.line.rate_packs_per_min,
        )];
        for plc in &self.plcs {
            let outage = plc.outage_tolerated_ms;
            let gate = rules::gate_entries(outage, interval);
            lines.push(format!(
                "{}  verdict ring {} >= max_in_flight {} + 2 = {}",
                plc.name,
                plc.verdict_depth,
                plc.max_in_flight,
                plc.max_in_flight + 2
            ));
            lines.push(format!(
                "{}  gate ring {} >= outage {outage} ms / {interval} ms = {} + 2 = {gate}",
                plc.name,
                plc.gate_depth,
                gate - 2
            ));
            lines.push(format!(
                "{}  event ring {} >= 3 x {gate} = {}",
                plc.name,
                plc.event_depth,
                3 * gate
            ));
        }
        for camera in &self.cameras {
            let deadline = self.limits.verdict_deadline_ms;
            let packs = rules::packs_before_verdict(deadline, interval);
            let counter = match &camera.counter {
                Counter::Header(name) => format!("counted by the header {name}"),
                Counter::None => "without counter, so at most 1 is allowed".to_owned(),
            };
            lines.push(format!(
                "{}  verdict within {deadline} ms / {interval} ms = {packs} packs, {counter}",
                camera.name
            ));
        }
        lines.extend(self.lanes().iter().filter_map(|lane| {
            let Eyes::Reader(reader) = lane.eyes else {
                return None;
            };
            let deadline = self.limits.verdict_deadline_ms;
            let packs = rules::packs_before_verdict(deadline, interval);
            let counter = match &reader.counter {
                Some(_) => "counted by the reader",
                None => "without counter, so at most 1 is allowed",
            };
            Some(format!(
                "{}  verdict within {deadline} ms / {interval} ms = {packs} packs, {counter}; it reads and does not \
                 grade",
                reader.name
            ))
        }));
        lines
    }
}
