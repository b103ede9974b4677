//! What happens in a world, one line an event, in words for people. PURE.
//!
//! What devices say stands in a column of its own for each; what people, records and faults do stands behind them.

use super::plant::Plant;
use super::report::Report;
use crate::record::Tick;
use crate::station::desk::Heard;
use std::collections::{BTreeMap, BTreeSet};
use vidimus_drivers::Known;
use vidimus_drivers::camera::CameraEvent;
use vidimus_drivers::plc::PlcEvent;
use vidimus_drivers::plc::map::VerdictCode;
use vidimus_drivers::printer::PrinterEvent;
use vidimus_simulators::fault::FaultKind;
use vidimus_simulators::truth::{Bin, PackTruth};

/// Where the lines of a trace go, and what need not be said again.
pub struct Trace {
    write: Box<dyn FnMut(&str)>,
    /// What the printer last said of itself, without the moment.
    printer: String,
    /// Faults told so far: of links, disk, station and people, and of the factory as a whole.
    counts: BTreeMap<&'static str, u64>,
    /// Faults of single packs told so far: boot, id and fault.
    packs: BTreeSet<(u16, u32, &'static str)>,
}

/// Columns of devices.
const COLUMNS: [&str; 7] = [
    "plc", "printer", "camera", "eye", "shelf", "disk", "numbers",
];

/// What the columns mean.
const HEAD: [&str; 6] = [
    "# First column: virtual time in ms. Then who: each device speaks in a column of its own.",
    "#   plc, printer, camera: what the station hears of them; eye: what a picture came to; shelf: kept pictures;",
    "#   disk: records that are written; numbers: those of pools; bin: where packs went; then station, people, record,",
    "#   fault, VIOLATION.",
    "# Packs are boot/id as the PLC counts them. PLC headers and printer states that say nothing new are left out.",
    "#",
];

/// Name of the line that tells of a fault.
const FAULT: &str = "fault";

impl Trace {
    /// A trace whose lines go there.
    pub fn new(write: impl FnMut(&str) + 'static) -> Trace {
        Trace {
            write: Box::new(write),
            printer: String::new(),
            counts: BTreeMap::new(),
            packs: BTreeSet::new(),
        }
    }

    /// The first lines: which world this is, and what the columns mean.
    pub fn head(&mut self, report: &Report) {
        let Report {
            seed,
            fed,
            fed_healed,
            packs_per_min,
            pixels,
            printer,
            faults,
            ..
        } = report;
        let pictures = match pixels {
            true => "photographs",
            false => "one pixel a module",
        };
        (self.write)(&format!(
            "# seed {seed}: {fed} packs with faults, then {fed_healed} without; {packs_per_min} packs a minute; \
             printer: {printer}; pictures: {pictures}"
        ));
        (self.write)(&format!("# faults {faults}"));
        HEAD.iter().for_each(|line| (self.write)(line));
    }

    fn line(&mut self, now: Tick, who: &str, indent: usize, text: &str) {
        let ms = now.0 as f64 / 1e6;
        let indent = 2 * indent;
        (self.write)(&format!("{ms:12.3} {:indent$}{who:8} {text}", ""));
    }

    /// Something was heard by the station.
    pub fn heard(&mut self, now: Tick, heard: &Heard) {
        let text = match heard {
            // Once a cycle.
            Heard::Plc(_, PlcEvent::Header { .. }) => return,
            Heard::Plc(_, event) => readable(&format!("{event:?}")),
            Heard::Printer(_, PrinterEvent::Status(status)) => {
                let says = match status {
                    Known::Yes { value, .. } => format!("{value:?}"),
                    Known::Unknown { since } => {
                        readable(&format!("PrinterStatus unknown since {since:?}"))
                    }
                };
                if says == self.printer {
                    return;
                }
                self.printer.clone_from(&says);
                says
            }
            // Its status says it as well.
            Heard::Printer(_, PrinterEvent::Counted { .. }) => return,
            Heard::Printer(_, event) | Heard::LabelPrinter(event) => {
                readable(&format!("{event:?}"))
            }
            Heard::Camera(_, CameraEvent::Frame(frame)) => {
                let counter = frame.counter;
                let counter = counter.map_or("without count".to_owned(), |n| n.to_string());
                format!("picture {counter}, {} bytes", frame.body.len())
            }
            Heard::Camera(_, event) => readable(&format!("{event:?}")),
            Heard::Reader(_, event) => readable(&format!("{event:?}")),
            Heard::Capture(why) => readable(&format!("{why:?}")),
            Heard::Numbers(supplied) => match &supplied.numbers {
                Ok(numbers) => format!("{} numbers of pools", numbers.len()),
                Err(why) => why.clone(),
            },
            Heard::Looked(looked) => {
                let outcome = &looked.verdict.outcome;
                readable(&format!("pack no. {} {outcome:?}", looked.pack.0))
            }
            Heard::Evidence(event) => readable(&format!("{event:?}")),
            Heard::Store(event) => readable(&format!("{event:?}")),
        };
        let at = column(heard);
        self.line(now, COLUMNS[at], at, &text);
    }

    /// A pack left the belt.
    pub fn left(&mut self, now: Tick, truth: &PackTruth) {
        let (boot, id) = (truth.boot, truth.id);
        let bin = match truth.bin {
            Bin::Good => "good bin",
            Bin::Reject => "reject bin",
            Bin::Removed => "taken away",
        };
        let verdict = VerdictCode::from_code(truth.verdict).map_or("unknown", VerdictCode::name);
        let met = match truth.faults.is_empty() {
            true => String::new(),
            false => format!("; met {}", truth.faults.join(", ")),
        };
        let text = format!(
            "pack {boot}/{id}: {bin}, verdict {} ({verdict}){met}",
            truth.verdict
        );
        self.line(now, "bin", COLUMNS.len(), &text);
    }

    /// Faults that struck since the last look: at links, disk, station and people, at the whole line, at single packs.
    pub fn faults(&mut self, now: Tick, plant: &Plant) {
        let own = plant.injected.iter().map(|(name, count)| (*name, *count));
        let begun = plant.factory.begun();
        let begun = begun.map(|(kind, count)| (kind.name(), count));
        let counts: BTreeMap<&'static str, u64> = own.chain(begun).collect();
        for (name, count) in &counts {
            if self.counts.get(name) != Some(count) {
                self.line(now, FAULT, COLUMNS.len() + 1, name);
            }
        }
        self.counts = counts;
        let single = |name: &str| FaultKind::parse(name).is_ok_and(|kind| !kind.lasts());
        let met = plant.factory.met();
        let met = met.filter(|(_, name)| single(name) && !self.counts.contains_key(name));
        let met: BTreeSet<_> = met.map(|(pack, name)| (pack.boot, pack.id, name)).collect();
        for (boot, id, name) in met.difference(&self.packs.clone()) {
            let text = match id {
                0 => format!("{name} at a pack that the PLC does not know"),
                _ => format!("{name} at pack {boot}/{id}"),
            };
            self.line(now, FAULT, COLUMNS.len() + 1, &text);
        }
        self.packs = met;
    }

    /// Something else happened.
    pub fn note(&mut self, now: Tick, who: &str, text: &str) {
        self.line(now, who, COLUMNS.len() + 1, &readable(text));
    }

    /// The last lines: what came of the world.
    pub fn end(&mut self, now: Tick, report: &Report) {
        let Report {
            packs,
            good,
            escaped,
            violations,
            event_log_hash,
            ..
        } = report;
        let text = format!(
            "{packs} packs, {good} in the good bin, {escaped} escaped, {} violations",
            violations.len()
        );
        self.line(now, "end", COLUMNS.len() + 1, &text);
        let text = format!("event log {event_log_hash}");
        self.line(now, "end", COLUMNS.len() + 1, &text);
    }
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("trace")
    }
}

/// The column of what was heard.
fn column(heard: &Heard) -> usize {
    match heard {
        Heard::Plc(..) => 0,
        Heard::Printer(..) | Heard::LabelPrinter(_) => 1,
        Heard::Camera(..) | Heard::Reader(..) => 2,
        Heard::Looked(_) => 3,
        Heard::Evidence(_) => 4,
        Heard::Store(_) => 5,
        Heard::Numbers(_) | Heard::Capture(_) => 6,
    }
}

/// How a value of ours shows bytes, and how people read them.
type Shown = (&'static str, fn(&[u8]) -> String);

/// Values whose bytes are text or a hash.
const BYTES: [Shown; 5] = [
    ("Gtin([", letters),
    ("PictureHash([", hexadecimal),
    ("TemplateHash([", hexadecimal),
    ("GlyphsHash([", hexadecimal),
    ("ChainHash([", hexadecimal),
];

fn letters(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn hexadecimal(bytes: &[u8]) -> String {
    let first = bytes.iter().take(4);
    let first: String = first.map(|byte| format!("{byte:02x}")).collect();
    first + "…"
}

/// The program's own notation with moments in ms, numbers of articles as text and hashes in hexadecimal.
fn readable(text: &str) -> String {
    let mut text = text.to_owned();
    for (head, shown) in BYTES {
        text = replaced(&text, head, "])", |inner| {
            let bytes = inner.split(", ").map(|byte| byte.parse().ok());
            let bytes: Option<Vec<u8>> = bytes.collect();
            bytes.map(|bytes| shown(&bytes))
        });
    }
    for head in ["PackNo(", "BatchNo("] {
        text = replaced(&text, head, ")", |inner| Some(format!("no. {inner}")));
    }
    replaced(&text, "Tick(", ")", |inner| {
        let ns: u64 = inner.parse().ok()?;
        Some(format!("{:.3} ms", ns as f64 / 1e6))
    })
}

/// Every `head…tail` replaced by what its inner text comes to; left as it is where that is nothing.
fn replaced(text: &str, head: &str, tail: &str, by: impl Fn(&str) -> Option<String>) -> String {
    let mut parts = text.split(head);
    let mut done = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let new = part
            .split_once(tail)
            .and_then(|(inner, rest)| Some(by(inner)? + rest));
        match new {
            Some(new) => done += &new,
            None => done = done + head + part,
        }
    }
    done
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn bytes_and_moments_are_shown_as_people_read_them() {
        let before = "OpenBatch { gtin: Gtin([48, 57]), at: Tick(2850000), sha256: PictureHash([171, 0, 1, 2, 3]), \
                      pack: PackNo(7) } Gtin([x])";
        let after =
            "OpenBatch { gtin: 09, at: 2.850 ms, sha256: ab000102…, pack: no. 7 } Gtin([x])";
        assert_eq!(readable(before), after);
    }
}
