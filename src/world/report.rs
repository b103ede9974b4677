//! What came of one world, in figures for people and programs. PURE.

use super::check::packs::{Judged, is_false_reject};
use super::check::{Account, Violation};
use super::floor::Floor;
use super::life::{HEALED_PACKS, Wish};
use super::plant::Plant;
use crate::record::Tick;
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
    /// What went wrong, by name and rate, to the last digit: as `--faults` reads it.
    pub faults: String,
    /// Pictures were photographs.
    pub pixels: bool,
    /// What the printer spoke.
    pub printer: &'static str,
    /// Packs a minute.
    pub packs_per_min: u32,
    /// Packs fed while things went wrong.
    pub fed: u64,
    /// Packs fed after everything was put right.
    pub fed_healed: u64,
    /// Packs that left the belt: those fed, and those that nobody fed.
    pub packs: u64,
    /// Packs in the good bin.
    pub good: u64,
    /// Packs in the good bin that no record proves, and of which the books do not know that they are there.
    pub escaped: u64,
    /// Packs in the good bin because the gate did not move when it was told to reject; the books know them.
    pub not_confirmed: u64,
    /// Sound packs rejected outside every fault window.
    pub false_rejects: u64,
    /// How often the station lost its power.
    pub power_cuts: u64,
    /// How often somebody started the station anew, after its store had failed.
    pub restarts: u64,
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
            printer: wish.printer.name(),
            packs_per_min,
            fed: wish.packs,
            fed_healed: HEALED_PACKS,
            packs: 0,
            good: 0,
            escaped: 0,
            not_confirmed: 0,
            false_rejects: 0,
            power_cuts: 0,
            restarts: 0,
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
    pub fn conclude(
        &mut self,
        account: &Account,
        judged: &Judged,
        floor: &Floor,
        plant: &Plant,
        now: Tick,
    ) {
        let truths = &account.truths;
        self.escaped = judged.escaped - judged.not_confirmed;
        self.not_confirmed = judged.not_confirmed;
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
        for name in FAULTS.iter().map(|(_, words)| words.name) {
            if self.injected.contains_key(name) {
                continue;
            }
            let met = |truth: &&PackTruth| truth.faults.iter().any(|fault| fault == name);
            let count = truths.iter().filter(met).count() as u64;
            if count > 0 {
                *self.injected.entry(name.to_owned()).or_default() += count;
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
