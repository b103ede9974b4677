//! Lanes: which points, and with them which devices, belong together; what the lanes of one station demand of each
//! other. PURE.

use super::mistake::Mistake;
use super::reader::{Document, Section, mistake};
use super::rules::{at, meant};
use super::{Config, Eyes, Plc, PointKind, Printer};
use crate::record::{LaneNo, PointId};
use std::collections::BTreeSet;

/// Most lanes of one station.
pub const LANES_MAX: u64 = 8;

/// A lane of a checked station file.
#[derive(Debug, Clone, Copy)]
pub struct LaneDevices<'c> {
    /// Its number.
    pub no: LaneNo,
    /// Where it prints.
    pub print: PointId,
    /// Where it looks.
    pub inspect: PointId,
    /// Its gate.
    pub gate: PointId,
    /// Its printer.
    pub printer: &'c Printer,
    /// Its camera, or the reader in its place.
    pub eyes: Eyes<'c>,
    /// Its PLC.
    pub plc: &'c Plc,
}

impl Config {
    /// The lanes, the first one first.
    pub fn lanes(&self) -> Vec<LaneDevices<'_>> {
        let numbers: BTreeSet<u8> = self.points.iter().filter_map(|point| point.lane).collect();
        numbers.into_iter().map(|no| self.lane(no)).collect()
    }

    fn lane(&self, no: u8) -> LaneDevices<'_> {
        const CHECKED: &str = "a checked lane has each kind of point once, with its device";
        let point = |kind: PointKind| {
            let mut points = self.points.iter().enumerate();
            let found = points.find(|(_, point)| point.lane == Some(no) && point.kind == kind);
            let (place, point) = found.expect(CHECKED);
            (PointId(place as u16 + 1), point.device.as_str())
        };
        let (print, printer) = point(PointKind::Print);
        let (inspect, eyes) = point(PointKind::Inspect);
        let (gate, plc) = point(PointKind::Gate);
        LaneDevices {
            no: LaneNo(no),
            print,
            inspect,
            gate,
            printer: self
                .printers
                .iter()
                .find(|one| one.name == printer)
                .expect(CHECKED),
            eyes: Eyes::of(self, eyes).expect(CHECKED),
            plc: self.plcs.iter().find(|one| one.name == plc).expect(CHECKED),
        }
    }
}

/// Every lane is whole, lanes are numbered from 1 without a gap, and what they share they have alike.
pub(super) fn check(document: &Document, mistakes: &mut Vec<Mistake>) {
    let points = document.all("point");
    let on_lane = |point: &&Section| point.text("kind") != Some("scan");
    let numbers = points
        .iter()
        .filter(on_lane)
        .map(|point| point.whole("lane"));
    let numbers: Option<BTreeSet<u64>> = numbers.collect();
    // A lane that could not be read may be the one that seems to be missing.
    let Some(numbers) = numbers else { return };
    for no in &numbers {
        whole(points, *no, mistakes);
    }
    without_gap(points, &numbers, mistakes);
    if numbers.len() > 1 {
        in_one_order(document, mistakes);
    }
    alike(document, mistakes);
}

/// Each kind of point stands once on the lane.
fn whole(points: &[Section], lane: u64, mistakes: &mut Vec<Mistake>) {
    let here: Vec<&Section> = points
        .iter()
        .filter(|point| point.whole("lane") == Some(lane))
        .collect();
    for kind in ["print", "inspect", "gate"] {
        let these: Vec<&&Section> = here
            .iter()
            .filter(|point| point.text("kind") == Some(kind))
            .collect();
        let unread = here.iter().any(|point| point.text("kind").is_none());
        match these.as_slice() {
            [_] => {}
            [] if unread => {}
            [] => {
                let last = here[here.len() - 1];
                let text = match lane {
                    1 => format!("No point is of the kind \"{kind}\"; a lane needs exactly one."),
                    lane => {
                        format!("Lane {lane} has no \"{kind}\" point; a lane needs exactly one.")
                    }
                };
                mistakes.push(mistake("points", "point", last.head.clone(), text));
            }
            [_, more @ ..] => {
                let text =
                    format!("Lane {lane} has one \"{kind}\" point already; this is one more.");
                let how = "Write lane = 2 at the points of a second lane.";
                let found = |p: &&&Section| meant(at(p, "kind", "points", text.clone()), how);
                mistakes.extend(more.iter().map(found));
            }
        }
    }
}

fn without_gap(points: &[Section], numbers: &BTreeSet<u64>, mistakes: &mut Vec<Mistake>) {
    let expected = 1..=numbers.len() as u64;
    let Some((odd, free)) = numbers
        .iter()
        .zip(expected)
        .find(|(no, wanted)| *no != wanted)
    else {
        return;
    };
    let first = points
        .iter()
        .find(|point| point.whole("lane") == Some(*odd));
    if let Some(point) = first {
        let text = format!("Lanes are numbered from 1 without a gap; there is no lane {free}.");
        let how = format!("Write lane = {free}.");
        mistakes.push(meant(at(point, "lane", "points", text), how));
    }
}

/// Two PLCs are never heard at the same moment: in which order packs of two lanes fell into one container nobody can
/// say.
fn in_one_order(document: &Document, mistakes: &mut Vec<Mistake>) {
    if let Some(packaging) = document.only("packaging")
        && packaging.text("fill") == Some("automatic")
    {
        let text = "The gates of several lanes do not tell in which order their packs come together, so containers \
                    cannot be filled by that order."
            .to_owned();
        let how = "Write fill = \"by-hand\", and let a reader behind the lanes scan each pack (kind = \"scan\", \
                   level = \"pack\").";
        mistakes.push(meant(at(packaging, "fill", "packaging", text), how));
    }
}

/// One batch runs on all lanes and has one label: their printers must print it alike.
fn alike(document: &Document, mistakes: &mut Vec<Mistake>) {
    let language = |printer: &Section| {
        let address = printer.text("address")?;
        address
            .split_once('+')
            .map(|(language, _)| language.to_owned())
    };
    let Some((first, others)) = document.all("printer").split_first() else {
        return;
    };
    let named = first.text("name").unwrap_or("the first one");
    for printer in others {
        if let (Some(here), Some(there)) = (language(printer), language(first))
            && here != there
        {
            let text =
                format!("Printers of one station speak one language; {named} speaks {there}.");
            mistakes.push(at(printer, "address", "points", text));
        }
        for key in ["drawn_by", "description"] {
            if printer.text(key) != first.text(key) {
                let text = format!(
                    "Printers of one station have the same {key}; {named} has another one."
                );
                mistakes.push(at(printer, key, "points", text));
            }
        }
        if printer.whole("dpmm") != first.whole("dpmm") {
            let text =
                format!("Printers of one station have the same dpmm; {named} has another one.");
            mistakes.push(at(printer, "dpmm", "points", text));
        }
    }
}
