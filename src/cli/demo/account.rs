//! The account: what the station says it did, held against what the factory knows really happened, pack by pack.

use super::batch::RunFigures;
use crate::cli::exit::{Exit, Failure};
use crate::record::Tally;
use crate::store::{PackFilter, Reader};
use crate::world::check::packs::{Differences, judge};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vidimus_simulators::truth::{self, PackTruth};

/// Version of the account's JSON.
pub const ACCOUNT_VERSION: u16 = 1;

/// The account of a demo run. Counts are those of the batch; what safety hangs on is judged over the whole folder.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    /// [`ACCOUNT_VERSION`].
    pub version: u16,
    /// Packs that entered.
    pub entered: u64,
    /// Packs in the good bin with a durable pass.
    pub good: u64,
    /// Packs in the reject bin.
    pub rejected: u64,
    /// The same by cause.
    pub rejected_by: BTreeMap<String, u64>,
    /// Packs the gate rejected by itself; part of `rejected`.
    pub default_rejects: u64,
    /// Good packs diverted as samples.
    pub sampled: u64,
    /// Packs taken off the belt.
    pub removed: u64,
    /// Packs whose fate nobody can say.
    pub unknown: u64,
    /// Packs still between detect and gate.
    pub in_line: u64,
    /// Packs in the good bin without a durable good verdict for their own ink (factory's truth).
    pub escaped: u64,
    /// Serials in the ink of more than one pack of the good bin (factory's truth).
    pub duplicate_serials: u64,
    /// Packs whose ink, picture and link were sound, outside any fault window, yet rejected (factory's truth).
    pub false_rejects: u64,
    /// Packs that no station ever heard of: cleared away with the factory's end, or rejected by a PLC that restarted
    /// before a station came back.
    pub never_seen: u64,
    /// Store and truth agree, pack by pack, both equations hold and the chain is whole.
    pub reconciled: bool,
    /// What does not agree, in words; at most [`crate::world::check::packs::DIFFERENCES_MAX`].
    pub differences: Vec<String>,
    /// Packs per minute from the first detection to the last.
    pub packs_per_min: f64,
    /// From the camera's firing to the verdict standing in the PLC's ring.
    pub trigger_to_verdict_ms: Percentiles,
    /// Bytes on the printer's wire per pack.
    pub bytes_per_pack_printed: f64,
    /// Bytes on disk per pack, records, chain and tables included.
    pub bytes_per_pack_stored: f64,
    /// Keys the demo's technician had to press.
    pub key_presses: u32,
    /// The database.
    pub db: PathBuf,
}

/// Median and 99th percentile.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Percentiles {
    /// Median.
    pub p50: f64,
    /// 99th percentile.
    pub p99: f64,
}

/// Where the things lie.
pub struct Folders<'a> {
    /// The station's data folder.
    pub data: &'a Path,
    /// The factory's.
    pub factory: &'a Path,
}

/// Draws up the account from the store and the truth as they lie on disk.
///
/// # Errors
/// One of them cannot be read.
pub fn draw_up(folders: &Folders<'_>, run: &RunFigures) -> Result<Account, Failure> {
    let store = |error: crate::store::StoreError| Failure::new(Exit::Store, error);
    let reader = Reader::open(folders.data, &Default::default()).map_err(store)?;
    let rows = reader.packs(PackFilter::default()).map_err(store)?;
    let batches = reader.batches().map_err(store)?;
    let path = folders.factory.join(truth::FILE_NAME);
    let told = truth::read_file(&path).map_err(|why| {
        let text = format!(
            "The factory's truth {} cannot be read: {why}.",
            path.display()
        );
        Failure::new(Exit::Device, text)
    })?;
    let truth = told.packs;
    let last = batches.last().map(|(batch, _)| batch.no);
    let tally = last
        .map_or(Ok(Tally::default()), |no| reader.tally(no))
        .map_err(store)?;
    let mut differences = Differences {
        ended_early: run.ended_early,
        ..Differences::default()
    };
    let judged = judge(&rows, &batches, &truth, &mut differences);
    if told.torn > 0 {
        differences.note(format!(
            "{} lines of the factory's truth are torn",
            told.torn
        ));
    }
    if !tally.balanced() {
        differences.note("the books of the batch do not balance".to_owned());
    }
    if let Err(error) = reader.chain_check() {
        differences.note(error.to_string());
    }
    let sizes = reader.sizes().map_err(store)?;
    let packs = rows.len().max(1) as f64;
    Ok(Account {
        version: ACCOUNT_VERSION,
        entered: tally.entered,
        good: tally.good,
        rejected: tally.rejected(),
        rejected_by: tally.rejected_by.clone(),
        default_rejects: tally.default_rejects,
        sampled: tally.sampled,
        removed: tally.removed,
        unknown: tally.unknown,
        in_line: tally.in_line,
        escaped: judged.escaped,
        duplicate_serials: judged.duplicate_serials,
        false_rejects: judged.false_rejects,
        never_seen: judged.never_seen,
        reconciled: differences.count == 0,
        differences: [differences.unproven, differences.texts].concat(),
        packs_per_min: round(packs_per_min(&truth)),
        trigger_to_verdict_ms: trigger_to_verdict(&truth),
        bytes_per_pack_printed: round(
            run.figures.job_bytes as f64 / run.figures.jobs_sent.max(1) as f64,
        ),
        bytes_per_pack_stored: round((sizes.database + sizes.log) as f64 / packs),
        key_presses: run.key_presses,
        db: crate::store::database(folders.data),
    })
}

fn packs_per_min(truth: &[PackTruth]) -> f64 {
    // The factory's clock starts again with every run of it: only its last run counts.
    let last_boot = truth.iter().map(|pack| pack.boot).max().unwrap_or(0);
    let times = truth
        .iter()
        .filter(|pack| pack.boot == last_boot)
        .map(|pack| pack.detected_ms);
    let (mut first, mut last, mut count) = (f64::MAX, f64::MIN, 0u32);
    for time in times {
        (first, last, count) = (first.min(time), last.max(time), count + 1);
    }
    match count {
        0 | 1 => 0.0,
        _ => f64::from(count - 1) * 60_000.0 / (last - first).max(1.0),
    }
}

fn trigger_to_verdict(truth: &[PackTruth]) -> Percentiles {
    let took = |pack: &PackTruth| Some(pack.verdict_ms? - pack.fired_ms?).filter(|ms| *ms >= 0.0);
    let mut sorted: Vec<f64> = truth.iter().filter_map(took).collect();
    sorted.sort_by(f64::total_cmp);
    let rank = |percent: usize| {
        let place = (sorted.len() * percent).div_ceil(100).max(1) - 1;
        round(sorted.get(place).copied().unwrap_or(0.0))
    };
    Percentiles {
        p50: rank(50),
        p99: rank(99),
    }
}

/// Two decimals.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

impl Account {
    /// Nothing that must not happen has happened.
    pub fn is_clean(&self) -> bool {
        self.reconciled && self.escaped == 0 && self.duplicate_serials == 0
    }

    /// For people.
    pub fn lines(&self) -> Vec<String> {
        let causes: Vec<String> = self
            .rejected_by
            .iter()
            .map(|(cause, count)| format!("{cause} {count}"))
            .collect();
        let mut lines = vec![
            format!(
                "entered {} = good {} + rejected {} + sampled {} + removed {} + unknown {} + in line {}",
                self.entered,
                self.good,
                self.rejected,
                self.sampled,
                self.removed,
                self.unknown,
                self.in_line
            ),
            format!(
                "rejected by: {}",
                if causes.is_empty() {
                    "nothing".into()
                } else {
                    causes.join(", ")
                }
            ),
            format!(
                "against the factory's truth: escaped {}, duplicate serials {}, false rejects {}",
                self.escaped, self.duplicate_serials, self.false_rejects
            ),
            format!(
                "{:.0} packs/min; trigger to verdict median {:.1} ms, 99 % {:.1} ms",
                self.packs_per_min, self.trigger_to_verdict_ms.p50, self.trigger_to_verdict_ms.p99
            ),
            format!(
                "{:.0} bytes to the printer and {:.0} bytes on disk per pack; {}",
                self.bytes_per_pack_printed,
                self.bytes_per_pack_stored,
                self.db.display()
            ),
        ];
        lines.extend(
            self.differences
                .iter()
                .map(|text| format!("differs: {text}")),
        );
        let verdict = match self.is_clean() {
            true => "Store and truth agree, pack by pack.",
            false => "Store and truth do NOT agree.",
        };
        lines.push(verdict.to_owned());
        lines
    }
}
