//! What keys demand of each other: names, references, what this version drives, the PLC's ring
//! sizes. PURE.

use super::camera;
use super::eyes;
use super::keys::{DEPTHS, GTIN_TEMPLATES, Kind, SSCC_TEMPLATES};
use super::lanes;
use super::measured;
use super::mistake::Mistake;
use super::reader::{Document, Section, mistake};
use super::scanner;
use super::suggest;
use std::collections::BTreeMap;
use vidimus_drivers::address::DESCRIBED;

/// Longest path a Unix socket may have on Linux, in bytes (`sun_path` without its closing NUL).
pub const SOCKET_PATH_MAX: usize = 107;

/// Every mistake between values that are each allowed.
pub(super) fn check(document: &Document) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    unique_names(document, &mut mistakes);
    unique_addresses(document, &mut mistakes);
    points(document, &mut mistakes);
    station(document, &mut mistakes);
    scanner::check(document, &mut mistakes);
    line_rate(document, &mut mistakes);
    for printer in document.all("printer") {
        printer_language(printer, &mut mistakes);
    }
    packaging(document, &mut mistakes);
    for plc in document.all("plc") {
        plc_rings(document, plc, &mut mistakes);
    }
    for reader in document.all("reader") {
        eyes::check(document, reader, &mut mistakes);
    }
    for camera in document.all("camera") {
        camera::check(document, camera, &mut mistakes);
        mistakes.extend(measured::check(camera));
    }
    mistakes
}

pub(super) fn at(section: &Section, key: &str, code: &'static str, text: String) -> Mistake {
    mistake(
        code,
        format!("{}.{key}", section.path),
        section.span(key),
        text,
    )
}

pub(super) fn meant(mistake: Mistake, suggestion: impl Into<String>) -> Mistake {
    Mistake {
        suggestion: Some(suggestion.into()),
        ..mistake
    }
}

fn devices(document: &Document) -> impl Iterator<Item = (Kind, &Section)> {
    [Kind::Printer, Kind::Plc, Kind::Camera, Kind::Reader]
        .into_iter()
        .flat_map(|kind| {
            document
                .all(kind.section())
                .iter()
                .map(move |device| (kind, device))
        })
}

fn unique<'d>(
    sections: impl Iterator<Item = &'d Section>,
    key: &str,
    what: &str,
    mistakes: &mut Vec<Mistake>,
) {
    let mut first: BTreeMap<&str, &Section> = BTreeMap::new();
    for section in sections {
        let Some(value) = section.text(key) else {
            continue;
        };
        match first.get(value) {
            None => drop(first.insert(value, section)),
            Some(earlier) => {
                let text = format!("{what} \"{value}\" is taken by {} already.", earlier.path);
                mistakes.push(at(section, key, "duplicate", text));
            }
        }
    }
}

fn unique_names(document: &Document, mistakes: &mut Vec<Mistake>) {
    let all_devices = devices(document).map(|(_, device)| device);
    unique(all_devices, "name", "The device name", mistakes);
    unique(
        document.all("point").iter(),
        "name",
        "The point name",
        mistakes,
    );
    unique(
        document.all("product").iter(),
        "name",
        "The product name",
        mistakes,
    );
    unique(document.all("product").iter(), "gtin", "The GTIN", mistakes);
}

fn unique_addresses(document: &Document, mistakes: &mut Vec<Mistake>) {
    let all_devices = devices(document).map(|(_, device)| device);
    unique(all_devices, "address", "The address", mistakes);
}

/// Which devices serve a kind of point; `None` for unknown kinds.
fn device_for(point_kind: &str) -> Option<&'static [Kind]> {
    match point_kind {
        "print" => Some(&[Kind::Printer]),
        "inspect" => Some(&[Kind::Camera, Kind::Reader]),
        "gate" => Some(&[Kind::Plc]),
        "scan" => Some(&[Kind::Reader]),
        _ => None,
    }
}

fn points(document: &Document, mistakes: &mut Vec<Mistake>) {
    let points = document.all("point");
    for point in points {
        one_point(document, point, mistakes);
    }
    lanes::check(document, mistakes);
    shared_devices(document, mistakes);
    if points.iter().all(|point| points_to_device(document, point)) {
        unused_devices(document, mistakes);
    }
}

/// The point's device exists and is of the right kind (a kind without device is not asked).
fn points_to_device(document: &Document, point: &Section) -> bool {
    let wanted = point.text("kind").and_then(device_for);
    let named = devices(document).find(|(_, device)| device.text("name") == point.text("device"));
    named.is_some_and(|(kind, _)| wanted.is_none_or(|wanted| wanted.contains(&kind)))
}

fn unused_devices(document: &Document, mistakes: &mut Vec<Mistake>) {
    let points = document.all("point");
    for (_, device) in devices(document) {
        let name = device.text("name");
        let used = points.iter().any(|point| point.text("device") == name);
        if let Some(name) = name.filter(|_| !used && !points.is_empty()) {
            let text = format!("No point uses \"{name}\".");
            let how = "Remove the device, or name it in a [[point]].";
            mistakes.push(meant(at(device, "name", "reference", text), how));
        }
    }
}

/// A device that two points share would speak for both.
fn shared_devices(document: &Document, mistakes: &mut Vec<Mistake>) {
    unique(
        document.all("point").iter(),
        "device",
        "The device",
        mistakes,
    );
}

fn one_point(document: &Document, point: &Section, mistakes: &mut Vec<Mistake>) {
    let kind = point.text("kind");
    point_level(document, point, mistakes);
    let Some(name) = point.text("device") else {
        return;
    };
    let found = devices(document).find(|(_, device)| device.text("name") == Some(name));
    let wanted = kind.and_then(device_for);
    match (found, wanted) {
        (Some((found, _)), Some(wanted)) if !wanted.contains(&found) => {
            let fitting: Vec<&str> = wanted.iter().map(|kind| kind.section()).collect();
            let text = format!(
                "\"{name}\" is a {}; a point of this kind needs a {}.",
                found.section(),
                fitting.join(" or a ")
            );
            mistakes.push(at(point, "device", "reference", text));
        }
        (None, wanted) => {
            let names: Vec<&str> = devices(document)
                .filter(|(kind, _)| wanted.is_none_or(|wanted| wanted.contains(kind)))
                .filter_map(|(_, device)| device.text("name"))
                .collect();
            let mut found = at(
                point,
                "device",
                "reference",
                format!("There is no device named \"{name}\"."),
            );
            let only = (names.len() == 1).then(|| names[0]);
            found.suggestion = suggest::nearest(name, names.iter().copied())
                .or(only)
                .map(|near| format!("Did you mean \"{near}\"?"));
            mistakes.push(found);
        }
        _ => {}
    }
}

/// Packs are printed, inspected and sorted; labels of containers are scanned, of a level that there is.
fn point_level(document: &Document, point: &Section, mistakes: &mut Vec<Mistake>) {
    let (Some(kind), Some(level)) = (point.text("kind"), point.text("level")) else {
        return;
    };
    match (kind == "scan", level == "pack") {
        (false, true) => {}
        (false, false) => {
            let text = format!("A {kind} point stands at pack level, not at {level} level.");
            mistakes.push(meant(at(point, "level", "points", text), "Write \"pack\"."));
        }
        (true, true) => pack_scans(document, point, mistakes),
        (true, false) => {
            let mut levels = document.all("level").iter();
            if !levels.any(|one| one.text("name") == Some(level)) {
                let text = format!("There is no [[level]] with the name \"{level}\".");
                let how = "Add the [[level]], or name one that there is.";
                mistakes.push(meant(at(point, "level", "reference", text), how));
            }
        }
    }
}

/// Packs that are scanned go into the open container of the first level: there is one, the station numbers it, and
/// nothing else fills it.
fn pack_scans(document: &Document, point: &Section, mistakes: &mut Vec<Mistake>) {
    let first = document.all("level").first();
    let numbered = first.is_some_and(|level| level.text("number") == Some("sscc"));
    let packaging = document.only("packaging");
    let of = |key: &str| packaging.and_then(|packaging| packaging.text(key));
    if !numbered || of("sscc_prefix") == Some("none") {
        let text = "Packs that are scanned go into containers of the first [[level]], which begin by themselves: it \
                    has number = \"sscc\", and sscc_prefix is given.";
        let how = "Give a [[level]] and sscc_prefix, or write level = \"case\" or \"pallet\" here.";
        mistakes.push(meant(at(point, "level", "points", text.to_owned()), how));
    }
    if of("fill") == Some("automatic") {
        let text = "The gate would put each pack into a container, and this point once more.";
        let how = "Write fill = \"by-hand\" in [packaging].";
        mistakes.push(meant(at(point, "level", "points", text.to_owned()), how));
    }
    let points = document.all("point").iter();
    let such = |point: &&Section| {
        point.text("kind") == Some("scan") && point.text("level") == Some("pack")
    };
    let mut others = points.filter(such).skip_while(|one| one.path != point.path);
    if others.nth(1).is_some() {
        let text = "Packs are scanned at one point only: behind all lanes, in the order in which they are packed.";
        mistakes.push(at(point, "level", "points", text.to_owned()));
    }
}

fn station(document: &Document, mistakes: &mut Vec<Mistake>) {
    if let Some(station) = document.only("station")
        && let (Some(folder), Some(socket)) = (station.text("data_dir"), station.text("socket"))
    {
        let path = std::path::Path::new(folder).join(socket);
        let bytes = path.as_os_str().len();
        if bytes > SOCKET_PATH_MAX {
            let text = format!(
                "The socket's path \"{}\" has {bytes} bytes; the system allows {SOCKET_PATH_MAX}.",
                path.display()
            );
            let how = "Give socket an absolute, shorter path, e.g. \"/run/vidimus/station.sock\".";
            mistakes.push(meant(at(station, "socket", "range", text), how));
        }
    }
    if let Some(serial) = document.only("serial")
        && let (Some(first), Some(last)) = (serial.whole("range_first"), serial.whole("range_last"))
        && first > last
    {
        let text = format!("range_first {first} is above range_last {last}: no number is left.");
        mistakes.push(at(serial, "range_first", "range", text));
    }
}

/// Digits of a serial reference behind an extension digit and a company prefix.
pub(super) fn sscc_reference_digits(prefix: &str) -> u32 {
    17u32.saturating_sub(prefix.len() as u32)
}

fn packaging(document: &Document, mistakes: &mut Vec<Mistake>) {
    let Some(packaging) = document.only("packaging") else {
        return;
    };
    let prefix = packaging.text("sscc_prefix").unwrap_or("none");
    let numbers = (packaging.whole("sscc_first"), packaging.whole("sscc_last"));
    if let (Some(first), Some(last)) = numbers {
        let digits = sscc_reference_digits(prefix);
        if first > last {
            let text = format!("sscc_first {first} is above sscc_last {last}: no number is left.");
            mistakes.push(at(packaging, "sscc_first", "range", text));
        } else if prefix != "none" && last >= 10u64.pow(digits) {
            let text = format!(
                "Behind the prefix {prefix} a serial reference has {digits} digits; {last} has more."
            );
            let how = format!("Write sscc_last = {} or less.", 10u64.pow(digits) - 1);
            mistakes.push(meant(at(packaging, "sscc_last", "range", text), how));
        }
    }
    let automatic = packaging.text("fill") == Some("automatic");
    let first = document.all("level").first();
    let own_number = first.is_some_and(|level| level.text("number") == Some("sscc"));
    let given = packaging
        .text("sscc_prefix")
        .is_some_and(|prefix| prefix != "none");
    if automatic && (!own_number || !given) {
        let text = "The station can fill containers by itself only where the first [[level]] has number = \"sscc\" and \
                    sscc_prefix is given."
            .to_owned();
        let how = "Write fill = \"by-hand\", or give a [[level]] and sscc_prefix.";
        mistakes.push(meant(at(packaging, "fill", "packaging", text), how));
    }
    let levels = document.all("level").iter();
    unique(levels, "name", "The level name", mistakes);
    for level in document.all("level") {
        if level.text("name") == Some("pack") {
            let text = "\"pack\" is the level below all others.".to_owned();
            mistakes.push(at(level, "name", "name", text));
        }
    }
    container_labels(document, packaging, mistakes);
}

/// A language is described by a file where the address says so, and nowhere else.
fn printer_language(printer: &Section, mistakes: &mut Vec<Mistake>) {
    let (Some(address), Some(description)) = (printer.text("address"), printer.text("description"))
    else {
        return;
    };
    let described = address.starts_with(&format!("{DESCRIBED}+"));
    match (described, description != "none") {
        (true, false) => {
            let text =
                "The address says that a file describes the printer's language, and none is named.";
            let how = "Write description = \"coder.toml\" with your file; \
                templates/printers/coder.toml shows each key.";
            mistakes.push(meant(
                at(printer, "description", "reference", text.to_owned()),
                how,
            ));
        }
        (false, true) => {
            let text = "The printer's language is built in, so no file describes it.";
            let how = "Write description = \"none\", or an address that begins with file+.";
            mistakes.push(meant(
                at(printer, "description", "reference", text.to_owned()),
                how,
            ));
        }
        _ => {}
    }
}

/// Most levels of packaging above the pack.
const LEVELS_MAX: usize = 8;

/// Labels of containers: a level that prints has a template of its kind, and there is a printer for it.
fn container_labels(document: &Document, packaging: &Section, mistakes: &mut Vec<Mistake>) {
    let address = packaging.text("label_printer");
    let mut prints = false;
    if let Some(level) = document.all("level").get(LEVELS_MAX) {
        let text = format!("There are more than {LEVELS_MAX} levels.");
        mistakes.push(at(level, "name", "packaging", text));
    }
    for level in document.all("level") {
        let (label, template) = (level.text("label"), level.text("template"));
        prints |= label == Some("print");
        let fitting = match level.text("number") {
            Some("sscc") => SSCC_TEMPLATES,
            _ => GTIN_TEMPLATES,
        };
        let quoted: Vec<String> = fitting.iter().map(|name| format!("\"{name}\"")).collect();
        let how = format!("Write template = {}.", quoted.join(" or "));
        match (label, template) {
            (Some("print"), Some("none")) => {
                let text = "A label that is printed needs a template.".to_owned();
                mistakes.push(meant(at(level, "label", "reference", text), how));
            }
            (Some("print"), Some(template)) if !fitting.contains(&template) => {
                let text =
                    format!("The template \"{template}\" does not carry the number of this level.");
                mistakes.push(meant(at(level, "template", "reference", text), how));
            }
            (Some("scan" | "none"), Some(template)) if template != "none" => {
                let text =
                    format!("Nothing is printed at this level, so \"{template}\" is never used.");
                let how = "Write label = \"print\", or template = \"none\".";
                mistakes.push(meant(at(level, "template", "reference", text), how));
            }
            _ => {}
        }
        if label == Some("print") && address == Some("none") {
            let text = "There is no printer for this label.".to_owned();
            let how = "Give [packaging] the label_printer's address.";
            mistakes.push(meant(at(level, "label", "reference", text), how));
        }
        let (layer, holds) = (level.whole("layer"), level.whole("holds"));
        if let (Some(layer), Some(holds)) = (layer, holds)
            && layer > holds
        {
            let text = format!("A layer of {layer} is more than the {holds} that it holds.");
            mistakes.push(at(level, "layer", "range", text));
        }
    }
    let Some(address) = address.filter(|address| *address != "none") else {
        return;
    };
    if !prints
        && document
            .all("level")
            .iter()
            .all(|level| level.text("label").is_some())
    {
        let text = "No [[level]] prints a label.".to_owned();
        let how = "Write label = \"print\" at a [[level]], or label_printer = \"none\".";
        mistakes.push(meant(
            at(packaging, "label_printer", "reference", text),
            how,
        ));
    }
    let mut printers = document.all("printer").iter();
    if printers.any(|printer| printer.text("address") == Some(address)) {
        let text = "The printer of the packs cannot print the labels of their containers as well."
            .to_owned();
        mistakes.push(at(packaging, "label_printer", "duplicate", text));
    }
}

fn line_rate(document: &Document, mistakes: &mut Vec<Mistake>) {
    let Some(line) = document.only("line") else {
        return;
    };
    let rate = line.whole("rate_packs_per_min");
    let interval = line.whole("shortest_pack_interval_ms");
    if let (Some(rate), Some(interval)) = (rate, interval)
        && rate * interval > 60_000
    {
        let average = 60_000 / rate;
        let text = format!(
            "{rate} packs a minute come every {average} ms on average; the shortest interval \
             cannot be {interval} ms."
        );
        let how = format!(
            "Write shortest_pack_interval_ms = {} or less.",
            average.max(3)
        );
        mistakes.push(meant(
            at(line, "shortest_pack_interval_ms", "range", text),
            how,
        ));
    }
}

/// Entries the gate ring must hold: packs of the longest tolerated outage, and two.
pub(super) fn gate_entries(outage_ms: u64, interval_ms: u64) -> u64 {
    outage_ms.div_ceil(interval_ms) + 2
}

/// Packs that may lie between arming the camera and the verdict.
pub(super) fn packs_before_verdict(deadline_ms: u64, interval_ms: u64) -> u64 {
    deadline_ms.div_ceil(interval_ms)
}

fn plc_rings(document: &Document, plc: &Section, mistakes: &mut Vec<Mistake>) {
    let in_flight = plc.whole("max_in_flight");
    if let (Some(in_flight), Some(depth)) = (in_flight, plc.whole("verdict_depth"))
        && depth < in_flight + 2
    {
        let need = in_flight + 2;
        let text = format!(
            "The verdict ring is too small: max_in_flight {in_flight} + 2 = {need} entries, it \
             holds {depth}."
        );
        mistakes.push(meant(
            at(plc, "verdict_depth", "sizing", text),
            deeper("verdict_depth", need),
        ));
    }
    if let (Some(in_flight), Some(queue)) = (
        in_flight,
        document
            .only("limits")
            .and_then(|limits| limits.whole("print_queue_max")),
    ) && queue > in_flight
        && let Some(limits) = document.only("limits")
    {
        let text = format!(
            "The print queue may hold {queue} labels but only {in_flight} packs fit between \
             detect and gate (max_in_flight)."
        );
        let how = format!("Write print_queue_max = {in_flight} or less.");
        mistakes.push(meant(at(limits, "print_queue_max", "sizing", text), how));
    }
    let line = document.only("line");
    let interval = line.and_then(|line| line.whole("shortest_pack_interval_ms"));
    let (Some(outage), Some(interval)) = (plc.whole("outage_tolerated_ms"), interval) else {
        return;
    };
    let gate = gate_entries(outage, interval);
    let sum = format!(
        "outage_tolerated_ms {outage} ÷ shortest_pack_interval_ms {interval} = {} packs, \
         + 2 = {gate}",
        gate - 2
    );
    if let Some(depth) = plc.whole("gate_depth")
        && depth < gate
    {
        let text = format!("The gate ring is too small: {sum} entries, it holds {depth}.");
        let how = deeper("gate_depth", gate);
        mistakes.push(meant(at(plc, "gate_depth", "sizing", text), how));
    }
    if let Some(depth) = plc.whole("event_depth")
        && depth < 3 * gate
    {
        let need = 3 * gate;
        let text =
            format!("The event ring is too small: {sum}, × 3 = {need} entries, it holds {depth}.");
        let how = deeper("event_depth", need);
        mistakes.push(meant(at(plc, "event_depth", "sizing", text), how));
    }
}

fn deeper(key: &str, need: u64) -> String {
    match DEPTHS.iter().find(|depth| **depth >= need) {
        Some(depth) => format!("Make the ring in the PLC deeper and write {key} = {depth}."),
        None => "No ring is that deep: tolerate a shorter outage or a longer pack interval.".into(),
    }
}
