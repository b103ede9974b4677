//! Does everything add up: packs, numbers and what was packed, of one batch.

use super::find::{Archive, TraceError};
use super::recall::{Recall, recall};
use super::scope::Scope;
use crate::record::{Batch, BatchNo, Tally};
use serde::Serialize;
use std::collections::BTreeMap;

/// A sum that must come out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Equation {
    /// What is added up.
    pub name: &'static str,
    /// The whole.
    pub whole: u64,
    /// Its parts.
    pub parts: BTreeMap<String, u64>,
    /// The parts make the whole.
    pub holds: bool,
}

/// Something that a person must be able to explain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What, such as `packs-unknown`.
    pub name: &'static str,
    /// How many.
    pub count: u64,
    /// In words.
    pub text: String,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reconciliation {
    /// Batch.
    pub batch: u32,
    /// Product.
    pub product: String,
    /// GTIN.
    pub gtin: String,
    /// Lot.
    pub lot: String,
    /// Expiry date.
    pub expiry: String,
    /// It is still open.
    pub open: bool,
    /// The sums.
    pub equations: Vec<Equation>,
    /// What must be explained.
    pub differences: Vec<Difference>,
    /// All sums come out.
    pub balanced: bool,
    /// Where its good packs are.
    pub recall: Recall,
}

/// The sums of a batch.
///
/// # Errors
/// There is no such batch, or the store cannot be read.
pub fn reconcile(archive: &Archive, no: BatchNo) -> Result<Reconciliation, TraceError> {
    archive.at_one_state(|| reconciled(archive, no))
}

fn reconciled(archive: &Archive, no: BatchNo) -> Result<Reconciliation, TraceError> {
    let batches = archive.reader.batches()?;
    let found = batches.into_iter().find(|(batch, _)| batch.no == no);
    let (batch, open) = found.ok_or_else(|| {
        TraceError::NotOnRecord(format!("There is no batch {} in this store.", no.0))
    })?;
    let tally = archive.reader.tally(no)?;
    let recall = recall(archive, &Scope::of_batch(no))?;
    Ok(told(&batch, open, &tally, recall))
}

fn told(batch: &Batch, open: bool, tally: &Tally, recall: Recall) -> Reconciliation {
    let equations = vec![
        packs(tally),
        numbers(tally),
        equation("good packs", tally.good, recall.whereabouts.clone()),
    ];
    Reconciliation {
        batch: batch.no.0,
        product: batch.product.clone(),
        gtin: batch.gtin.to_string(),
        lot: batch.lot.to_string(),
        expiry: batch.expiry.to_string(),
        open,
        balanced: equations.iter().all(|equation| equation.holds),
        differences: differences(tally, &recall),
        equations,
        recall,
    }
}

fn equation(name: &'static str, whole: u64, parts: BTreeMap<String, u64>) -> Equation {
    Equation {
        name,
        whole,
        holds: parts.values().sum::<u64>() == whole,
        parts,
    }
}

fn named<const N: usize>(parts: [(&str, u64); N]) -> BTreeMap<String, u64> {
    parts
        .into_iter()
        .map(|(name, count)| (name.to_owned(), count))
        .collect()
}

fn packs(tally: &Tally) -> Equation {
    let parts = named([
        ("good", tally.good),
        ("rejected", tally.rejected()),
        ("sampled", tally.sampled),
        ("removed", tally.removed),
        ("unknown", tally.unknown),
        ("in-line", tally.in_line),
    ]);
    equation("packs entered", tally.entered, parts)
}

fn numbers(tally: &Tally) -> Equation {
    let parts = named([
        ("on good packs", tally.numbers_good),
        ("on rejected packs", tally.numbers_rejected),
        ("on samples", tally.numbers_sampled),
        ("void", tally.numbers_void),
        ("unknown", tally.numbers_unknown),
        ("in line", tally.numbers_in_line),
    ]);
    equation("numbers taken", tally.taken, parts)
}

fn differences(tally: &Tally, recall: &Recall) -> Vec<Difference> {
    let of = |name| recall.whereabouts.get(name).copied().unwrap_or(0);
    let all = [
        (
            "packs-unknown",
            tally.unknown,
            "packs whose fate nobody can say",
        ),
        (
            "packs-removed",
            tally.removed,
            "packs that were taken off the belt",
        ),
        (
            "packs-in-line",
            tally.in_line,
            "packs between detection and gate",
        ),
        ("numbers-void", tally.numbers_void, "numbers that are void"),
        (
            "packs-loose",
            of("loose-here"),
            "good packs that are in no container",
        ),
        ("packs-lost", of("lost"), "good packs that nobody can find"),
    ];
    let told = all.into_iter().filter(|(_, count, _)| *count > 0);
    told.map(|(name, count, text)| Difference {
        name,
        count,
        text: format!("{count} {text}"),
    })
    .collect()
}
