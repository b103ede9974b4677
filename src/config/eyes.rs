//! The eyes of a lane: a camera, or a smart reader that stands in its place and sends text; what is demanded of
//! readers. PURE.

use super::camera::one_pack_at_a_time;
use super::keys::USUAL;
use super::mistake::Mistake;
use super::reader::{Document, Section};
use super::rules::{at, meant};
use super::{Camera, Config, Counter, Reader};
use crate::vision::Setup;
use vidimus_drivers::address::Address;
use vidimus_drivers::reader::{self, config::ReaderConfig};

/// Below this pack interval in ms time does not tell whose text came.
pub const TIME_TELLS_MS: u64 = 30;

/// What looks at the packs of a lane.
#[derive(Debug, Clone, Copy)]
pub enum Eyes<'c> {
    /// A camera: the station reads and grades its pictures.
    Camera(&'c Camera),
    /// A smart reader: it reads, and nobody grades.
    Reader(&'c Reader),
}

impl<'c> Eyes<'c> {
    /// The camera or reader of this name.
    pub(super) fn of(config: &'c Config, name: &str) -> Option<Eyes<'c>> {
        let camera = config.cameras.iter().find(|one| one.name == name);
        let reader = || config.readers.iter().find(|one| one.name == name);
        camera
            .map(Eyes::Camera)
            .or_else(|| reader().map(Eyes::Reader))
    }

    /// Its name in the station file.
    pub fn name(self) -> &'c str {
        match self {
            Eyes::Camera(camera) => &camera.name,
            Eyes::Reader(reader) => &reader.name,
        }
    }

    /// Its address.
    pub fn address(self) -> &'c str {
        match self {
            Eyes::Camera(camera) => &camera.address,
            Eyes::Reader(reader) => &reader.address,
        }
    }

    /// What it is called on screens.
    pub fn kind(self) -> &'static str {
        match self {
            Eyes::Camera(_) => "camera",
            Eyes::Reader(_) => "reader",
        }
    }

    /// It reads by itself and sends no pictures.
    pub fn reads_only(self) -> bool {
        matches!(self, Eyes::Reader(_))
    }

    /// What it sends carries its own count.
    pub fn counts(self) -> bool {
        match self {
            Eyes::Camera(camera) => camera.counter != Counter::None,
            Eyes::Reader(reader) => reader.counter.is_some(),
        }
    }

    /// From its trigger to the arrival of what it saw, usually, in ms.
    pub fn latency_ms(self) -> u64 {
        match self {
            Eyes::Camera(camera) => camera.latency_ms,
            Eyes::Reader(reader) => reader.latency_ms,
        }
    }

    /// Its pictures must come lossless.
    pub fn lossless(self) -> bool {
        matches!(self, Eyes::Camera(camera) if camera.lossless)
    }

    /// What was measured of a camera.
    pub fn setup(self) -> Setup {
        match self {
            Eyes::Camera(camera) => camera.setup,
            Eyes::Reader(_) => Setup::default(),
        }
    }
}

/// What of a reader's texts is not as its family has it.
struct Sent<'t> {
    prefix: Option<&'t str>,
    suffix: Option<&'t str>,
    no_read: Option<&'t str>,
    counter: Option<&'t str>,
    gs: Option<&'t str>,
    aim: bool,
}

/// How a reader at this address is talked to; `None`: it is no reader's address.
fn settings(address: &str, sent: &Sent<'_>) -> Option<ReaderConfig> {
    let Ok(Address::Reader { family, .. }) = address.parse() else {
        return None;
    };
    let mut config = ReaderConfig::new(reader::family(family)?);
    let bytes = |text: &str| text.as_bytes().to_vec();
    let or = |text: Option<&str>, usual: Vec<u8>| text.map_or(usual, bytes);
    config.framing.prefix = or(sent.prefix, config.framing.prefix);
    config.framing.suffix = or(sent.suffix, config.framing.suffix);
    config.no_read = or(sent.no_read, config.no_read);
    config.counter = sent.counter.map(bytes);
    config.gs = sent.gs.map(bytes);
    config.aim = sent.aim;
    Some(config)
}

impl Reader {
    /// How it is talked to; `None`: its address is no reader's.
    pub fn settings(&self) -> Option<ReaderConfig> {
        let sent = Sent {
            prefix: self.prefix.as_deref(),
            suffix: self.suffix.as_deref(),
            no_read: self.no_read.as_deref(),
            counter: self.counter.as_deref(),
            gs: self.gs.as_deref(),
            aim: self.aim,
        };
        settings(&self.address, &sent)
    }
}

/// Checks one `[[reader]]`.
pub(super) fn check(document: &Document, reader: &Section, mistakes: &mut Vec<Mistake>) {
    let usual = |key: &str| reader.text(key).filter(|text| *text != USUAL);
    let sent = Sent {
        prefix: usual("prefix"),
        suffix: usual("suffix"),
        no_read: usual("no_read"),
        counter: reader.text("counter").filter(|text| *text != "none"),
        gs: usual("gs"),
        aim: reader.flag("aim") == Some(true),
    };
    let settings = reader
        .text("address")
        .and_then(|address| settings(address, &sent));
    if let Some(Err(text)) = settings.as_ref().map(ReaderConfig::check) {
        let text = text.replacen("the ", "The ", usize::from(text.starts_with("the ")));
        let text = text.replacen("what ", "What ", usize::from(text.starts_with("what ")));
        mistakes.push(at(reader, "address", "reader", text));
    }
    let name = reader.text("name");
    let inspects = |point: &&Section| {
        point.text("kind") == Some("inspect") && name.is_some() && point.text("device") == name
    };
    let eyes = document.all("point").iter().find(inspects);
    if let Some(point) = eyes {
        grades_nothing(document, point, mistakes);
        says_what_it_read(reader, mistakes);
        counted(document, reader, mistakes);
    }
    fired(
        document,
        (reader, settings.as_ref()),
        eyes.is_some(),
        mistakes,
    );
}

/// There is no picture that could be graded, or beside whose symbol text could be read: nothing may demand that.
fn grades_nothing(document: &Document, point: &Section, mistakes: &mut Vec<Mistake>) {
    let demanded = |key: &str| document.only("inspection").and_then(|one| one.text(key));
    if let Some(least) = demanded("grade_min").filter(|least| *least != "none") {
        let text = format!(
            "A reader sends no picture, so its packs have no grade, and grade_min \"{least}\" would reject them all."
        );
        let how = "Write grade_min = \"none\" in [inspection], or let a camera look at this point.";
        mistakes.push(meant(at(point, "device", "eyes", text), how));
    }
    if let Some(policy) = demanded("text").filter(|policy| *policy != "off") {
        let text = format!(
            "A reader sends no picture, so nobody looks at the text beside the symbol, and text = \"{policy}\" \
             demands that."
        );
        let how = "Write text = \"off\" in [inspection], or let a camera look at this point.";
        mistakes.push(meant(at(point, "device", "eyes", text), how));
    }
}

/// What stands in a symbol does not tell whether it is a GS1 Data Matrix.
fn says_what_it_read(reader: &Section, mistakes: &mut Vec<Mistake>) {
    if reader.flag("aim") == Some(false) {
        let text =
            "Without symbology identifiers nobody can say whether a GS1 Data Matrix was read.";
        let how = "Switch them on at the reader, and write aim = true.";
        mistakes.push(meant(at(reader, "aim", "eyes", text.to_owned()), how));
    }
}

/// Without a counter time alone tells whose text came: one pack at a time, and far enough from the next.
fn counted(document: &Document, reader: &Section, mistakes: &mut Vec<Mistake>) {
    if reader.text("counter") != Some("none") {
        return;
    }
    let what = (
        "A reader without counter",
        "Set a counter at the reader and here",
    );
    one_pack_at_a_time(document, reader, "counter", what, mistakes);
    let line = document.only("line");
    let interval = line.and_then(|line| line.whole("shortest_pack_interval_ms"));
    let cycles = document.all("plc").iter();
    let cycle = cycles.filter_map(|plc| plc.whole("cycle_ms")).max();
    if let (Some(interval), Some(cycle)) = (interval, cycle)
        && (interval < TIME_TELLS_MS || 20 * cycle >= 7 * interval)
    {
        let text = format!(
            "Without counter only time tells whose text came, and packs every {interval} ms are too near for that \
             (cycle_ms {cycle})."
        );
        let how = "Set a counter at the reader and here, or slow the line down.";
        mistakes.push(meant(at(reader, "counter", "eyes", text), how));
    }
}

/// What fires a reader: the PLC, or the station where it stands at an inspect point and has a word for that.
fn fired(
    document: &Document,
    (reader, settings): (&Section, Option<&ReaderConfig>),
    inspects: bool,
    mistakes: &mut Vec<Mistake>,
) {
    if reader.text("trigger") != Some("software") {
        return;
    }
    let how = "Let the PLC fire it, and write trigger = \"hardware\".";
    if !inspects {
        let text = "The station fires a reader at an inspect point only.".to_owned();
        mistakes.push(meant(at(reader, "trigger", "eyes", text), how));
        return;
    }
    if let Some(settings) = settings
        && settings
            .family
            .words
            .trigger(true, &settings.framing)
            .is_none()
    {
        let name = settings.family.name;
        let text = format!("A {name} reader has no trigger word of its own.");
        mistakes.push(meant(at(reader, "trigger", "eyes", text), how));
    }
    let what = (
        "A reader that the station fires (trigger = \"software\")",
        "Let the PLC fire it",
    );
    one_pack_at_a_time(document, reader, "trigger", what, mistakes);
}
