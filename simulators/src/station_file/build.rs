//! The lanes that fit a station file.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{
    Device, Place, Places,
    address::{self, Camera, Link, PlcPlace},
    packing,
    table::{Document, Mistake, Section},
};
use crate::{
    belt::{ENCODER_PER_MM, Geometry, RATE_MAX, Rate},
    camera::Coding,
    factory::{CameraLink, FactoryOptions, PlantOptions, PlcLink, PrinterLink},
    plc::{CONTRACT, PlcMap, PlcOptions},
    printer::{Language, Media, Model},
};

/// Numbers that lanes may have.
const LANES: RangeInclusive<u64> = 1..=8;
/// Nearer than this no two packs come, in µm: a pack with its label is that long.
const PACK_UM: u64 = 40_000;

/// What is found while a file is read.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub mistakes: Vec<Mistake>,
    pub places: Vec<Place>,
}

impl Found {
    /// The value, or the mistake goes on the list.
    pub fn keep<T>(&mut self, result: Result<T, Mistake>) -> Option<T> {
        result.map_err(|mistake| self.mistakes.push(mistake)).ok()
    }
}

/// Builds the factory.
pub(super) fn build(
    document: &Document,
    places: &Places,
) -> Result<(PlantOptions, Vec<Place>), Vec<Mistake>> {
    let mut found = Found::default();
    let mut lanes = Vec::new();
    for number in numbers(document, &mut found) {
        if let Some(lane) = lane(document, number, places, &mut found) {
            lanes.push(lane);
        }
    }
    let (hall, labeller) = packing::build(document, places, &mut found);
    let Found {
        mut mistakes,
        places,
    } = found;
    if !mistakes.is_empty() {
        mistakes.sort();
        mistakes.dedup();
        return Err(mistakes);
    }
    let plant = PlantOptions {
        dir: None,
        lanes,
        labeller,
        hall,
        control: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        idle_end_ms: None,
    };
    Ok((plant, places))
}

/// The numbers of the lanes, from 1 without a gap.
fn numbers(document: &Document, found: &mut Found) -> Vec<u8> {
    let mut numbers = Vec::new();
    for point in document.all("point") {
        let kind = point.text("kind", Some(""));
        if found.keep(kind).is_some_and(|kind| kind == "scan") {
            continue;
        }
        let allowed = (*LANES.start(), *LANES.end());
        let number = point.whole("lane", allowed, Some(1));
        if let Some(number) = found.keep(number) {
            numbers.extend(u8::try_from(number));
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    let heading = document.only("point");
    if numbers.is_empty() {
        let text = "No [[point]] makes a lane: write a print, an inspect and a gate point.";
        found.mistakes.push(heading.mistake("", text));
    }
    if let Some((missing, _)) = (1u8..).zip(&numbers).find(|(n, number)| n != *number) {
        let text = format!("Lane {missing} is missing: number lanes from 1 without a gap.");
        found.mistakes.push(heading.mistake("", text));
    }
    numbers
}

/// One lane.
fn lane(
    document: &Document,
    number: u8,
    places: &Places,
    found: &mut Found,
) -> Option<FactoryOptions> {
    let mut options = FactoryOptions::new(std::path::PathBuf::new());
    (options.dir, options.idle_end_ms) = (None, None);
    options.line.lane = number;
    let printer = device(document, number, "print", "printer", found);
    let plc = device(document, number, "gate", "plc", found);
    let camera = device(document, number, "inspect", "camera", found);
    let reader = inspecting_reader(document, number);
    if let Some(printer) = &printer {
        let result = set_printer(&mut options, printer, places, "dpmm");
        note(found, printer, Device::Printer(number));
        found.keep(result);
    }
    if let Some(camera) = &camera {
        let result = match &reader {
            Some(point) => set_reader(&mut options, camera, point, places),
            None => set_camera(&mut options, camera, places),
        };
        note(found, camera, Device::Camera(number));
        found.keep(result);
    }
    if let Some(plc) = &plc {
        note(found, plc, Device::Plc(number));
        let map = map_beside(&document.folder, plc);
        if let Some(Some(map)) = found.keep(map) {
            let result = set_map(&mut options, plc, &map);
            found.keep(result);
            // The copy may lie in another folder.
            if let Ok(whole) = std::path::absolute(&map) {
                note_key(found, plc, "map", Device::Map(whole));
            }
        }
        let result = set_plc(&mut options, plc, places);
        found.keep(result);
        let result = set_belt(&mut options, document, plc);
        found.keep(result);
    }
    (printer.is_some() && plc.is_some() && camera.is_some()).then_some(options)
}

/// The device of the one point of this kind in a lane.
fn device(
    document: &Document,
    number: u8,
    kind: &str,
    section: &str,
    found: &mut Found,
) -> Option<Section> {
    let lane = u64::from(number);
    let of_lane = |point: &&Section| {
        let is = point.text("kind", Some("")).is_ok_and(|text| text == kind);
        let there = point.whole("lane", (1, 8), Some(1));
        is && there.is_ok_and(|there| there == lane)
    };
    let points: Vec<&Section> = document.all("point").filter(of_lane).collect();
    let [point] = points[..] else {
        let text = format!(
            "Lane {number} has {} {kind} points; write one.",
            points.len()
        );
        let at = points
            .last()
            .map_or(document.only("point"), |p| (*p).clone());
        found.mistakes.push(at.mistake("kind", text));
        return None;
    };
    let name = found.keep(point.text("device", None))?;
    let mut device = document.named(section, &name).cloned();
    if device.is_none() && kind == "inspect" {
        device = document.named("reader", &name).cloned();
    }
    if device.is_none() {
        let text = format!("No [[{section}]] has the name '{name}'.");
        found.mistakes.push(point.mistake("device", text));
    }
    device
}

/// Remembers where a device's address stands.
pub(super) fn note(found: &mut Found, section: &Section, device: Device) {
    note_key(found, section, "address", device);
}

pub(super) fn note_key(found: &mut Found, section: &Section, key: &str, device: Device) {
    if let Ok(written) = section.text(key, None) {
        found.places.push(Place {
            span: section.span(key),
            written,
            device,
        });
    }
}

fn set_printer(
    options: &mut FactoryOptions,
    printer: &Section,
    places: &Places,
    dpmm: &str,
) -> Result<(), Mistake> {
    let address = printer.text("address", None)?;
    let bad = |why: String| printer.mistake("address", why);
    let (word, link) = address::link(&address, places).map_err(bad)?;
    let language = match word.as_str() {
        "file" => {
            let described = printer.text("description", Some("none"))?;
            if described != "coder" {
                let text = "Of printers that a file describes only \"coder\" is simulated.";
                return Err(printer.mistake("description", text));
            }
            Language::Coder
        }
        word => Language::parse(word).map_err(bad)?,
    };
    let dpmm = printer.whole(dpmm, (6, 24), Some(8))?;
    let speed = printer.whole("speed_mm_s", (0, 2000), Some(0))?;
    if let (Ok(speed @ 1..), false) = (u32::try_from(speed), speed == 0) {
        options.line.print_mm_s = f64::from(speed);
    }
    options.line.printer = Model::speaking(language);
    options.line.media = Media {
        dpmm: u32::try_from(dpmm).unwrap_or(12),
        ..Media::default()
    };
    reach_printer(options, link, places);
    Ok(())
}

/// Where the printer listens.
pub(super) fn reach_printer(options: &mut FactoryOptions, link: Link, places: &Places) {
    match link {
        Link::Tcp(at) => {
            options.printer = PrinterLink::Tcp;
            options.listen.printer = at;
        }
        Link::Serial { device, baud } => {
            options.printer = PrinterLink::Serial { baud };
            options.printer_device = (*places == Places::AsWritten).then_some(device);
        }
    }
}

fn set_camera(
    options: &mut FactoryOptions,
    camera: &Section,
    places: &Places,
) -> Result<(), Mistake> {
    let written = camera.text("address", None)?;
    let parsed = address::camera(&written, places).map_err(|why| camera.mistake("address", why))?;
    options.coding = match camera.flag("lossless", false)? {
        true => Coding::Pgm,
        false => Coding::Jpeg(95),
    };
    match parsed {
        Camera::Http { at, path } => {
            options.stream.path = path;
            options.stream.counter_header =
                camera.text("counter_header", Some("X-Frame-Counter"))?;
            options.listen.camera = at;
        }
        Camera::Gige { at, serial } => {
            let serial = serial.unwrap_or_else(|| format!("SIM{:02}", options.line.lane));
            let pixels = None;
            options.camera = CameraLink::Gige { serial, pixels };
            options.coding = Coding::Pgm;
            options.listen.camera = at;
        }
        Camera::Folder(folder) => {
            let folder = match places {
                Places::AsWritten => folder,
                Places::Free(within) => within.join(format!("camera-{}", options.line.lane)),
            };
            options.camera = CameraLink::Folder(folder);
        }
    }
    Ok(())
}

/// The inspect point of a lane, where a reader stands at it.
fn inspecting_reader(document: &Document, number: u8) -> Option<String> {
    let lane = u64::from(number);
    let mut points = document.all("point").filter(|point| {
        let inspects = point.text("kind", Some("")).as_deref() == Ok("inspect");
        inspects && point.whole("lane", (1, 8), Some(1)).as_ref() == Ok(&lane)
    });
    let point = points.next()?;
    let device = point.text("device", None).ok()?;
    document.named("reader", &device)?;
    point.text("name", None).ok()
}

/// A reader in the camera's place.
fn set_reader(
    options: &mut FactoryOptions,
    section: &Section,
    point: &str,
    places: &Places,
) -> Result<(), Mistake> {
    let mut reader = packing::reader_as_written(section, point.to_owned(), places)?;
    reader.setup.aim = section.flag("aim", false)?;
    reader.setup.gated = section.text("trigger", Some("hardware"))? == "software";
    options.camera = CameraLink::Reader(Box::new(reader));
    Ok(())
}

/// The file of the PLC's register map: a relative path starts in the station file's folder.
fn map_beside(folder: &Path, plc: &Section) -> Result<Option<PathBuf>, Mistake> {
    let map = plc.text("map", Some("none"))?;
    Ok((map != "none").then(|| folder.join(map)))
}

fn set_map(options: &mut FactoryOptions, plc: &Section, map: &Path) -> Result<(), Mistake> {
    let text = std::fs::read_to_string(map)
        .map_err(|why| format!("{} cannot be read: {why}.", map.display()));
    let read = text.and_then(|text| PlcMap::parse(&text));
    options.line.plc_map = Arc::new(read.map_err(|why| plc.mistake("map", why))?);
    Ok(())
}

fn set_plc(options: &mut FactoryOptions, plc: &Section, places: &Places) -> Result<(), Mistake> {
    let written = plc.text("address", None)?;
    let parsed = address::plc(&written, places);
    let (place, unit) = parsed.map_err(|why| plc.mistake("address", why))?;
    let depth = |key: &str| -> Result<u16, Mistake> {
        let depth = plc.whole(key, (1, 256), None)?;
        let depth = u16::try_from(depth).unwrap_or(u16::MAX);
        match CONTRACT.depths.contains(&depth) {
            true => Ok(depth),
            false => {
                let text = format!(
                    "No PLC has a ring of {depth}: write one of {:?}.",
                    CONTRACT.depths
                );
                Err(plc.mistake(key, text))
            }
        }
    };
    let in_flight = plc.whole("max_in_flight", (1, 254), None)?;
    options.line.in_flight = u16::try_from(in_flight).ok();
    options.line.plc = PlcOptions {
        verdict_depth: depth("verdict_depth")?,
        event_depth: depth("event_depth")?,
        gate_depth: depth("gate_depth")?,
        ..PlcOptions::default()
    };
    options.unit = unit;
    match place {
        PlcPlace::Tcp(at) => options.listen.plc = at,
        PlcPlace::RtuTcp(at) => {
            options.plc = PlcLink::RtuTcp;
            options.listen.plc = at;
        }
        PlcPlace::Rtu { device, baud } => {
            options.plc = PlcLink::RtuPty { baud };
            options.plc_device = (*places == Places::AsWritten).then_some(device);
        }
    }
    Ok(())
}

/// Rate and distances. What the file does not say is as far as usual; the way from camera to gate takes as long as a
/// verdict may, where so many packs fit.
fn set_belt(
    options: &mut FactoryOptions,
    document: &Document,
    plc: &Section,
) -> Result<(), Mistake> {
    let line = document.only("line");
    let rate = line.whole("rate_packs_per_min", (1, u64::from(RATE_MAX)), None)?;
    let shortest_ms = line.whole("shortest_pack_interval_ms", (3, 60_000), None)?;
    let counts = line.whole("detect_to_head_counts", (0, 1_000_000), Some(0))?;
    let deadline_ms = document.only("limits");
    let deadline_ms = deadline_ms.whole("verdict_deadline_ms", (10, 60_000), Some(400))?;
    let mut geometry = Geometry::default();
    let millimetres = |mm: u64| u32::try_from(mm).unwrap_or(u32::MAX);
    if counts > 0 {
        geometry.detect_to_head_mm = millimetres((counts / ENCODER_PER_MM).max(1));
    }
    let pitch_um = u64::from(geometry.pitch_mm) * 1000;
    let nearest_um = (pitch_um * shortest_ms * rate / 60_000).clamp(PACK_UM, pitch_um);
    options.line.nearest_um = (nearest_um < pitch_um).then_some(nearest_um);
    let way_mm = (u64::from(geometry.pitch_mm) * rate * deadline_ms).div_ceil(60_000);
    geometry.camera_to_gate_mm = geometry.camera_to_gate_mm.max(millimetres(way_mm));
    let most = options.line.in_flight.map_or(u64::MAX, u64::from);
    // As many packs lie between detect and bins as there are shortest ways in it, and one more.
    let room_mm = most.saturating_sub(1).saturating_mul(nearest_um) / 1000;
    let others = geometry.detect_to_head_mm + geometry.head_to_camera_mm + geometry.gate_to_bin_mm;
    let left = millimetres(room_mm.saturating_sub(u64::from(others)));
    let least = geometry.pitch_mm;
    if left < least {
        let need = u64::from(others + least)
            .saturating_mul(1000)
            .div_ceil(nearest_um)
            + 1;
        let text = format!(
            "Between detect and gate of this lane {need} packs fit, {} mm apart: write at least {need}.",
            nearest_um / 1000
        );
        return Err(plc.mistake("max_in_flight", text));
    }
    geometry.camera_to_gate_mm = geometry.camera_to_gate_mm.min(left);
    options.line.geometry = geometry;
    options.line.rate = u32::try_from(rate).map_or(Rate::Max, Rate::PacksPerMin);
    Ok(())
}
