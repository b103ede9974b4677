//! A batch as rules look at it: its opening, its records, what was linked, what was signed.

use super::{Facts, flag, grade, kind_of, no_such_field, number, owned, person, text};
use crate::gs1::Gtin;
use crate::record::{Batch, BatchNo, ComponentKind, Fact, LotFact, Meaning, NumberSource, Signed};
use crate::serial::Odds;
use crate::store::{ComponentUse, LotRecord, PrinterUse, StoreError, StoredRecord};
use crate::trace::completeness::fields::Subject;
use crate::trace::completeness::language::{RuleSet, Value};
use crate::trace::find::{Archive, TraceError};
use std::collections::BTreeSet;

/// A batch with everything recorded of it.
pub struct OneBatch {
    record: LotRecord,
    printers: Vec<PrinterUse>,
    guess_one_in: Option<u64>,
}

impl OneBatch {
    /// A batch that there is.
    pub fn read(archive: &Archive, rules: &RuleSet, no: BatchNo) -> Result<OneBatch, TraceError> {
        let record = archive.reader.lot_record(no)?.ok_or_else(|| {
            TraceError::NotOnRecord(format!("There is no batch {} in this store.", no.0))
        })?;
        let mut printers = archive.reader.printer_uses(None)?;
        printers.retain(|used| used.batch == no);
        let own = record.batch.numbers == NumberSource::Own && !record.batch.terms.lot_only;
        let guess_one_in = match own && rules.asks(Subject::Batch, &["guess_one_in"]) {
            true => guess_one_in(archive, record.batch.gtin)?,
            false => None,
        };
        Ok(OneBatch {
            record,
            printers,
            guess_one_in,
        })
    }

    /// The batch.
    pub fn batch(&self) -> &Batch {
        &self.record.batch
    }

    /// Its components.
    pub fn components(&self) -> &[ComponentUse] {
        &self.record.components
    }

    /// The records between which its packs were verified.
    pub fn span(&self) -> (u64, u64) {
        let seq = |wanted: fn(&Fact) -> bool| {
            let mut found = self.record.records.iter();
            found
                .find(|stored| wanted(&stored.record.fact))
                .map(|stored| stored.record.seq)
        };
        let opened = seq(|fact| matches!(fact, Fact::BatchOpened(_)));
        let closed =
            seq(|fact| matches!(fact, Fact::BatchClosed { tally, .. } if tally.in_line == 0));
        (opened.unwrap_or(0), closed.unwrap_or(u64::MAX >> 1))
    }

    fn opening(&self) -> Option<&StoredRecord> {
        let mut records = self.record.records.iter();
        records.find(|stored| matches!(stored.record.fact, Fact::BatchOpened(_)))
    }

    fn lot_facts(&self) -> impl Iterator<Item = &LotFact> {
        self.record
            .records
            .iter()
            .filter_map(|stored| match &stored.record.fact {
                Fact::Lot(fact) => Some(fact),
                _ => None,
            })
    }

    /// Its closing is signed with one of these meanings.
    fn closing_signed(&self, meanings: &[Meaning]) -> bool {
        let records = &self.record.records;
        let closing =
            |stored: &&StoredRecord| matches!(stored.record.fact, Fact::BatchClosed { .. });
        let Some(closing) = records.iter().find(closing).map(|stored| stored.record.seq) else {
            return false;
        };
        records.iter().any(|stored| match stored.record.fact {
            Fact::Signed { meaning, of } => {
                let covers = match of {
                    Signed::Act { first, last, .. } => (first..=last).contains(&closing),
                    Signed::Record { seq } => seq == closing,
                };
                covers && meanings.contains(&meaning)
            }
            _ => false,
        })
    }

    /// What is left over beyond what it permits and nobody explained.
    fn unexplained(&self) -> u64 {
        let permitted = self.record.batch.terms.rules.unexplained_max;
        let explained: BTreeSet<_> = self
            .lot_facts()
            .filter_map(|fact| match fact {
                LotFact::DifferenceExplained { of, .. } => Some(*of),
                _ => None,
            })
            .collect();
        let differences = self.record.tally.differences();
        let open = differences.filter(|(of, count)| *count > permitted && !explained.contains(of));
        open.map(|(_, count)| count).sum()
    }

    fn linked(&self, kind: ComponentKind) -> u64 {
        let of_kind = |used: &&ComponentUse| used.component.kind == kind;
        self.record.components.iter().filter(of_kind).count() as u64
    }
}

/// One guess in so many hits an issued number of the product.
fn guess_one_in(archive: &Archive, gtin: Gtin) -> Result<Option<u64>, StoreError> {
    let taken = archive.reader.restore()?.taken;
    let of_gtin = taken.into_iter().find(|(of, _)| *of == gtin);
    Ok(of_gtin.and_then(|(_, issued)| Odds::new(issued)?.one_in()))
}

impl Facts for OneBatch {
    fn named(&self) -> (Option<u64>, String) {
        let no = self.record.batch.no.0;
        (Some(u64::from(no)), format!("batch {no}"))
    }

    fn value(&self, field: &str) -> Option<Value<'_>> {
        let batch = &self.record.batch;
        let (terms, tally) = (&batch.terms, &self.record.tally);
        let opened = || self.opening().map(|stored| person(&stored.record.actor));
        match field {
            "product" => text(&batch.product),
            "gtin" => text(batch.gtin.as_str()),
            "lot" => text(batch.lot.as_str()),
            "expiry" => text(batch.expiry.as_str()),
            "produced" => text(terms.produced.as_ref()?.as_str()),
            "template" => owned(batch.template.to_string()),
            "hierarchy" => text(terms.hierarchy.as_ref()?.as_str()),
            "target" => number(batch.target?),
            "closed" => flag(self.record.closed),
            "lot_only" => flag(terms.lot_only),
            "numbers" => text(match (terms.lot_only, batch.numbers) {
                (true, _) => "none",
                (false, NumberSource::Own) => "own",
                (false, NumberSource::Pool) => "pool",
            }),
            "guess_one_in" => number(self.guess_one_in?),
            "grade_min" => grade(batch.quality.grade_min.0?),
            "text" => text(batch.quality.text.name()),
            "printer" => text(&self.printers.first()?.printer),
            "opened_by" => text(opened()?.0?),
            "opened_by_proved" => flag(opened()?.1),
            "line_cleared" => flag(
                self.lot_facts()
                    .any(|fact| matches!(fact, LotFact::LineCleared { .. })),
            ),
            "first_articles_wanted" => number(u64::from(terms.rules.first_article)),
            "first_articles_accepted" => flag(
                self.lot_facts()
                    .any(|fact| matches!(fact, LotFact::FirstArticlesAccepted { .. })),
            ),
            "samples" => number(tally.sampled),
            "signatures" => {
                let signed =
                    |stored: &&StoredRecord| matches!(stored.record.fact, Fact::Signed { .. });
                number(self.record.records.iter().filter(signed).count() as u64)
            }
            "closing_reviewed" => {
                flag(self.closing_signed(&[Meaning::Reviewed, Meaning::Approved]))
            }
            "closing_approved" => flag(self.closing_signed(&[Meaning::Approved])),
            "good" => number(tally.good),
            "unknown" => number(tally.unknown),
            "in_line" => number(tally.in_line),
            "unexplained" => number(self.unexplained()),
            other => match kind_of(other) {
                Some(kind) => number(self.linked(kind)),
                None => no_such_field(other),
            },
        }
    }
}
