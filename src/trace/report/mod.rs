//! The record of a batch for people who answer for it: everything that was recorded, with sums, charts and proof. The
//! same store gives the same report, byte by byte.

mod chart;
mod course;
mod markup;
mod page;

pub use course::Course;
pub use page::page;

use super::find::{Archive, TraceError};
use super::reconcile::{Reconciliation, reconcile};
use super::versions::{LabelPacks, label_packs};
use super::words;
use crate::record::{Actor, Batch, BatchNo, Component, Fact, LotFact, Meaning, Signed, Tally};
use crate::store::{LotRecord, StoredRecord};
use serde::Serialize;
use std::collections::BTreeMap;

/// Most outermost containers that are named; all are counted.
pub const GROUPS_MAX: usize = 500;

/// Something that was done and stands on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Act {
    /// The record.
    pub record: u64,
    /// Wall clock of its commit, ms since 1970.
    pub utc_ms: i64,
    /// Who.
    pub by: String,
    /// Who proved it with a secret; the station and the machine need not.
    pub proved: bool,
    /// What.
    pub what: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// Who, when and of what.
    #[serde(flatten)]
    pub act: Act,
    /// What it means.
    pub meaning: Meaning,
    /// The records that were signed, the first and the last.
    pub signed: (u64, u64),
}

/// A difference with what was said about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// What differs.
    pub of: &'static str,
    /// How much, in the books.
    pub count: u64,
    /// How much the batch permits without an explanation.
    pub permitted: u64,
    /// The explanations, with who gave them.
    pub explanations: Vec<Act>,
}

/// A component's use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Used {
    /// What.
    pub component: Component,
    /// The first pack that may have it.
    pub first_pack: u64,
    /// The last one; `None` while it is in use.
    pub last_pack: Option<u64>,
    /// The record that linked it.
    pub record: u64,
}

/// A printer's use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Printed {
    /// Its name in the station file.
    pub printer: String,
    /// The first pack that may have a label of it.
    pub first_pack: u64,
    /// The last one; `None` while it is in use.
    pub last_pack: Option<u64>,
}

/// What the report follows from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The last record of the store at that moment.
    pub through_record: u64,
    /// The hash of the commit that ends with it: the head of the chain.
    pub sha256: String,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Version of this form.
    pub v: u32,
    /// When it was made, where that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made: Option<String>,
    /// The batch as it was opened.
    pub batch: Batch,
    /// It is still open.
    pub open: bool,
    /// Its books.
    pub tally: Tally,
    /// Sums, differences, and where good packs are.
    pub reconciliation: Reconciliation,
    /// Outermost containers that are not named in it for want of room.
    pub groups_left_out: u64,
    /// What was left over and what was said about it.
    pub differences: Vec<Explained>,
    /// Its opening.
    pub opened: Option<Act>,
    /// Its closing.
    pub closed: Option<Act>,
    /// The clearance of the line before it.
    pub line_clearance: Option<Act>,
    /// The acceptance of its first articles.
    pub first_articles: Option<Act>,
    /// What people and station did with the batch, in order.
    pub acts: Vec<Act>,
    /// Signatures on its records.
    pub signatures: Vec<Signature>,
    /// Components.
    pub components: Vec<Used>,
    /// Printers; none in records of versions that did not write it.
    pub printers: Vec<Printed>,
    /// Its packs by the version of their label, in their order; those without a label last.
    pub labels: Vec<LabelPacks>,
    /// What happened while it ran.
    pub course: Course,
    /// What it follows from.
    pub proof: Proof,
}

/// The report of a batch; `made` is when, if that shall stand in it.
///
/// # Errors
/// There is no such batch, or the store cannot be read.
pub fn report(archive: &Archive, no: BatchNo, made: Option<String>) -> Result<Report, TraceError> {
    archive.at_one_state(|| {
        let mut reconciliation = reconcile(archive, no)?;
        let record = archive.reader.lot_record(no)?;
        let record = record.expect("a batch that was reconciled is there");
        let (through_record, head) = archive.reader.head()?;
        let groups = &mut reconciliation.recall.groups;
        let groups_left_out = groups.len().saturating_sub(GROUPS_MAX) as u64;
        groups.truncate(GROUPS_MAX);
        let course = course(archive, &record, through_record)?;
        let printers = archive.reader.printer_uses(None)?.into_iter();
        let printers = printers
            .filter(|used| used.batch == no)
            .map(|used| Printed {
                printer: used.printer,
                first_pack: used.from.0,
                last_pack: used.through.map(|last| last.0),
            });
        Ok(Report {
            v: 1,
            made,
            open: !record.closed,
            tally: record.tally.clone(),
            differences: explained(&record),
            opened: find(&record, |fact| matches!(fact, Fact::BatchOpened(_))),
            closed: find(&record, |fact| matches!(fact, Fact::BatchClosed { .. })),
            line_clearance: find(&record, |fact| {
                matches!(fact, Fact::Lot(LotFact::LineCleared { .. }))
            }),
            first_articles: find(&record, |fact| {
                matches!(fact, Fact::Lot(LotFact::FirstArticlesAccepted { .. }))
            }),
            acts: record.records.iter().filter_map(act_of_batch).collect(),
            signatures: record.records.iter().filter_map(signature).collect(),
            components: components(&record),
            printers: printers.collect(),
            labels: label_packs(&archive.reader, &record)?,
            course,
            reconciliation,
            groups_left_out,
            proof: Proof {
                through_record,
                sha256: head.iter().map(|byte| format!("{byte:02x}")).collect(),
            },
            batch: record.batch,
        })
    })
}

fn course(archive: &Archive, record: &LotRecord, last: u64) -> Result<Course, TraceError> {
    let mut opened = (0, 0);
    let mut end = last;
    for stored in &record.records {
        match &stored.record.fact {
            Fact::BatchOpened(_) => opened = (stored.record.seq, stored.utc_ms),
            Fact::BatchClosed { tally, .. } if tally.in_line == 0 => end = stored.record.seq,
            _ => {}
        }
    }
    let (no, first) = (record.batch.no, record.packs.0);
    let course = archive
        .reader
        .whereabouts(|ask| Course::read(ask, no, first, (opened.0, opened.1, end)))?;
    Ok(course)
}

fn act(stored: &StoredRecord) -> Act {
    let record = &stored.record;
    Act {
        record: record.seq,
        utc_ms: stored.utc_ms,
        by: words::actor(&record.actor),
        proved: !matches!(record.actor, Actor::Named(_)),
        what: words::fact(&record.fact),
        reason: record.reason.clone(),
    }
}

/// The last act of a kind.
fn find(record: &LotRecord, wanted: impl Fn(&Fact) -> bool) -> Option<Act> {
    let mut records = record.records.iter();
    records.rfind(|stored| wanted(&stored.record.fact)).map(act)
}

/// Alarms are told of elsewhere, and signatures in their own list.
fn act_of_batch(stored: &StoredRecord) -> Option<Act> {
    match stored.record.fact {
        Fact::AlarmRaised { .. } | Fact::Signed { .. } => None,
        _ => Some(act(stored)),
    }
}

fn signature(stored: &StoredRecord) -> Option<Signature> {
    match stored.record.fact {
        Fact::Signed { meaning, of } => Some(Signature {
            act: act(stored),
            meaning,
            signed: match of {
                Signed::Act { first, last, .. } => (first, last),
                Signed::Record { seq } => (seq, seq),
            },
        }),
        _ => None,
    }
}

fn explained(record: &LotRecord) -> Vec<Explained> {
    let mut said: BTreeMap<&'static str, Vec<Act>> = BTreeMap::new();
    for stored in &record.records {
        if let Fact::Lot(LotFact::DifferenceExplained { of, .. }) = &stored.record.fact {
            said.entry(of.as_str()).or_default().push(act(stored));
        }
    }
    let permitted = record.batch.terms.rules.unexplained_max;
    let of = |(of, count): (crate::record::Difference, u64)| Explained {
        of: of.as_str(),
        count,
        permitted,
        explanations: said.get(of.as_str()).cloned().unwrap_or_default(),
    };
    record.tally.differences().map(of).collect()
}

fn components(record: &LotRecord) -> Vec<Used> {
    let used = record.components.iter();
    used.map(|used| Used {
        component: used.component.clone(),
        first_pack: used.from.0,
        last_pack: used.through.map(|last| last.0),
        record: used.linked,
    })
    .collect()
}
