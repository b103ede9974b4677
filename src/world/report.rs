//! What came of worlds: figures for people and programs, and the trace of one. PURE.

use super::check::packs::is_false_reject;
use super::check::{Account, Violation};
use super::floor::Floor;
use super::life::Wish;
use super::plant::Plant;
use crate::record::Tick;
use crate::station::desk::Heard;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use vidimus_simulators::fault::FAULTS;
use vidimus_simulators::truth::PackTruth;

/// What came of one world.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Its seed.
    pub seed: u64,
    /// What went wrong, by name and rate.
    pub faults: String,
    /// Pictures were photographs.
    pub pixels: bool,
    /// Packs a minute.
    pub packs_per_min: u32,
    /// Packs that left the belt.
    pub packs: u64,
    /// Packs in the good bin.
    pub good: u64,
    /// Sound packs rejected outside every fault window.
    pub false_rejects: u64,
    /// How often the station lost its power.
    pub power_cuts: u64,
    /// How often each fault struck.
    pub injected: BTreeMap<String, u64>,
    /// How often each alarm was raised.
    pub alarms: BTreeMap<String, u64>,
    /// Virtual seconds.
    pub seconds: f64,
    /// SHA-256 over the head of the store's chain and the truth about every pack, in hexadecimal.
    pub event_log_hash: String,
    /// What must not be.
    pub violations: Vec<Violation>,
}

impl Report {
    /// The beginning of a world's report.
    pub fn of(wish: &Wish, packs_per_min: u32) -> Report {
        Report {
            seed: wish.seed,
            faults: wish.troubles.to_string(),
            pixels: wish.pixels,
            packs_per_min,
            packs: 0,
            good: 0,
            false_rejects: 0,
            power_cuts: 0,
            injected: BTreeMap::new(),
            alarms: BTreeMap::new(),
            seconds: 0.0,
            event_log_hash: String::new(),
            violations: Vec::new(),
        }
    }

    /// A report of a world that could not be made.
    pub fn failed(wish: &Wish, why: String) -> Report {
        let mut report = Report::of(wish, 0);
        report.violations.push(Violation {
            checker: super::check::STORE,
            text: why,
            at: Tick(0),
        });
        report
    }

    /// The figures at the end.
    pub fn conclude(&mut self, account: &Account, floor: &Floor, plant: &Plant, now: Tick) {
        let truths = &account.truths;
        self.packs = truths.len() as u64;
        self.good = account.good;
        self.false_rejects = truths.iter().filter(|truth| is_false_reject(truth)).count() as u64;
        self.alarms.clone_from(&floor.witness.raised);
        self.seconds = (now.as_ms() as f64) / 1000.0;
        for (name, count) in &plant.injected {
            *self.injected.entry((*name).to_owned()).or_default() += count;
        }
        for (kind, count) in plant.factory.begun() {
            *self.injected.entry(kind.name().to_owned()).or_default() += count;
        }
        // What strikes a single pack is told by the pack.
        for (_, name) in FAULTS {
            if self.injected.contains_key(name) {
                continue;
            }
            let met = |truth: &&PackTruth| truth.faults.iter().any(|fault| *fault == name);
            let count = truths.iter().filter(met).count() as u64;
            if count > 0 {
                *self.injected.entry((*name).to_owned()).or_default() += count;
            }
        }
        self.event_log_hash = hash(truths, floor);
    }
}

fn hash(truths: &[PackTruth], floor: &Floor) -> String {
    let mut sum = Sha256::new();
    if let Ok(chain) = floor.disk.reader().chain_check() {
        sum.update(format!("{chain:?}"));
    }
    for truth in truths {
        sum.update(format!("{truth:?}"));
    }
    digits(sum)
}

/// The hash in hexadecimal.
pub fn digits(sum: Sha256) -> String {
    let digest = sum.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where the lines of a trace go.
pub struct Trace(Box<dyn FnMut(&str)>);

/// Columns of a trace, a device each.
const COLUMNS: [&str; 6] = ["plc", "printer", "camera", "eye", "shelf", "disk"];

/// Longest text of an event in a trace.
const TEXT_MAX: usize = 150;

impl Trace {
    /// A trace whose lines go there.
    pub fn new(write: impl FnMut(&str) + 'static) -> Trace {
        Trace(Box::new(write))
    }

    fn line(&mut self, now: Tick, who: &str, indent: usize, text: &str) {
        let end = text
            .char_indices()
            .nth(TEXT_MAX)
            .map_or(text.len(), |(at, _)| at);
        let ms = now.0 as f64 / 1e6;
        let line = format!(
            "{ms:12.3} {:indent$}{who:8} {}",
            "",
            &text[..end],
            indent = 2 * indent
        );
        (self.0)(&line);
    }

    /// Something was heard by the station. The PLC's header, once a cycle, is left out.
    pub fn heard(&mut self, now: Tick, heard: &Heard) {
        let text = match heard {
            Heard::Plc(vidimus_drivers::plc::PlcEvent::Header { .. }) => return,
            Heard::Plc(event) => format!("{event:?}"),
            Heard::Printer(event) => format!("{event:?}"),
            Heard::Camera(vidimus_drivers::camera::CameraEvent::Frame(frame)) => {
                format!("frame {:?}, {} bytes", frame.counter, frame.body.len())
            }
            Heard::Camera(event) => format!("{event:?}"),
            Heard::Looked(looked) => format!("pack {} {:?}", looked.pack.0, looked.verdict.outcome),
            Heard::Evidence(event) => format!("{event:?}"),
            Heard::Store(event) => format!("{event:?}"),
        };
        let at = column(heard);
        self.line(now, COLUMNS[at], at, &text);
    }

    /// A pack left the belt.
    pub fn left(&mut self, now: Tick, truth: &PackTruth) {
        let (boot, id, bin) = (truth.boot, truth.id, truth.bin);
        let text = format!(
            "pack {boot}/{id} {bin:?} verdict {} {:?}",
            truth.verdict, truth.faults
        );
        self.line(now, "bin", COLUMNS.len(), &text);
    }

    /// Something else happened.
    pub fn note(&mut self, now: Tick, who: &str, text: &str) {
        self.line(now, who, COLUMNS.len() + 1, text);
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
        Heard::Plc(_) => 0,
        Heard::Printer(_) => 1,
        Heard::Camera(_) => 2,
        Heard::Looked(_) => 3,
        Heard::Evidence(_) => 4,
        Heard::Store(_) => 5,
    }
}
