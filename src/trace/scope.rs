//! Which packs are meant: everything that is said narrows it, and what is named must be on record.

use super::find::{Archive, TraceError};
use crate::gs1::{Gtin, Lot};
use crate::record::{BatchNo, PackNo, TemplateHash};
use crate::store::{StoreError, Whereabouts};
use serde::Serialize;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// Packs of batches, each batch with a range of numbers; a batch may come several times, its ranges never overlap.
pub type Parts = Vec<(BatchNo, RangeInclusive<PackNo>)>;

/// What is meant. Nothing said: everything that ever ran.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Scope {
    /// Packs of this lot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot: Option<Lot>,
    /// Packs of this product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gtin: Option<Gtin>,
    /// Packs of this batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchNo>,
    /// Packs that entered from one time to another, both included, in ms since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_utc_ms: Option<(i64, i64)>,
    /// Packs whose label was printed from this template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateHash>,
    /// Packs that may have something of this lot of a component or consumable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<String>,
    /// Packs that may have a label of this printer, by its name in the station file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub printer: Option<String>,
}

/// What a scope comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// The packs; none where everything named is on record and no pack fits.
    pub parts: Parts,
    /// Where a printer is named: batches that may be meant too, as no record says which printer printed them.
    pub printer_unsaid: Vec<BatchNo>,
}

impl Scope {
    /// All packs of a batch.
    pub fn of_batch(no: BatchNo) -> Scope {
        Scope {
            batch: Some(no),
            ..Scope::default()
        }
    }

    /// All packs of a lot, of one product or of all.
    pub fn of_lot(lot: Lot, gtin: Option<Gtin>) -> Scope {
        Scope {
            lot: Some(lot),
            gtin,
            ..Scope::default()
        }
    }

    /// The packs that are meant.
    ///
    /// # Errors
    /// What is named is on no record, or the store cannot be read.
    pub fn meant(&self, archive: &Archive) -> Result<Meant, TraceError> {
        archive.at_one_state(|| self.narrowed(archive))
    }

    fn narrowed(&self, archive: &Archive) -> Result<Meant, TraceError> {
        let reader = &archive.reader;
        let mut parts = reader.whereabouts(|ask| self.batches(ask))?;
        known(!parts.is_empty(), || {
            let lot = self.lot.as_ref().map(|lot| format!(" of lot {lot}"));
            let gtin = self.gtin.map(|gtin| format!(" of GTIN {}", gtin.as_str()));
            let no = self.batch.map(|no| format!(" {}", no.0));
            let said: String = [no, lot, gtin].into_iter().flatten().collect();
            format!("There is no batch{said} in this store: vidimus batch list shows all.")
        })?;
        if let Some(template) = &self.template {
            let labelled = labelled_from(archive, *template)?;
            known(!labelled.is_empty(), || {
                format!("No pack was labelled from the template {template}.")
            })?;
            parts = common(&parts, &labelled);
        }
        if let Some(component) = &self.component {
            let uses = reader.component_uses(component)?;
            known(!uses.is_empty(), || {
                format!("No batch used a component of lot {component}.")
            })?;
            let uses = uses
                .into_iter()
                .map(|used| (used.batch, range(used.from, used.through)));
            parts = common(&parts, &uses.collect());
        }
        let mut printer_unsaid = Vec::new();
        if let Some(printer) = &self.printer {
            let uses = reader.printer_uses(None)?;
            let said: BTreeSet<BatchNo> = uses.iter().map(|used| used.batch).collect();
            let mut unsaid: Vec<BatchNo> = parts.iter().map(|(batch, _)| *batch).collect();
            unsaid.dedup();
            unsaid.retain(|batch| !said.contains(batch));
            printer_unsaid = unsaid;
            let uses: Parts = uses
                .into_iter()
                .filter(|used| used.printer == *printer)
                .map(|used| (used.batch, range(used.from, used.through)))
                .collect();
            known(!uses.is_empty() || !printer_unsaid.is_empty(), || {
                format!("No record says that a printer called \"{printer}\" printed anything.")
            })?;
            parts = common(&parts, &uses);
        }
        if let Some(window) = self.window_utc_ms {
            parts = reader.whereabouts(|ask| entered_within(ask, &parts, window))?;
        }
        Ok(Meant {
            parts,
            printer_unsaid,
        })
    }

    fn batches(&self, ask: &Whereabouts<'_>) -> Result<Parts, StoreError> {
        let mut parts = match (&self.lot, self.batch) {
            (Some(lot), _) => ask.batches_of_lot(lot, self.gtin.as_ref())?,
            (None, Some(batch)) => {
                let range = ask.packs_of_batch(batch)?;
                range.map(|range| (batch, range)).into_iter().collect()
            }
            (None, None) => ask.batches()?,
        };
        if let Some(batch) = self.batch {
            parts.retain(|(no, _)| *no == batch);
        }
        if let (Some(gtin), None) = (&self.gtin, &self.lot) {
            let mut of_gtin = Vec::new();
            for part in parts {
                if ask.lot(part.0)?.0 == *gtin {
                    of_gtin.push(part);
                }
            }
            parts = of_gtin;
        }
        Ok(parts)
    }
}

/// Packs labelled from a template: those of batches that were opened with it and never had another one, and of the
/// others pack by pack.
fn labelled_from(archive: &Archive, template: TemplateHash) -> Result<Parts, StoreError> {
    let changed = archive.reader.labelled_from(template)?;
    let mut parts: Parts = Vec::new();
    for (batch, _) in archive.reader.batches()? {
        match changed.get(&batch.no) {
            Some(runs) => parts.extend(runs.iter().map(|run| (batch.no, run.clone()))),
            None if batch.template == template => parts.push((batch.no, PackNo(0)..=LAST_PACK)),
            None => {}
        }
    }
    Ok(parts)
}

fn known(on_record: bool, or_else: impl FnOnce() -> String) -> Result<(), TraceError> {
    match on_record {
        true => Ok(()),
        false => Err(TraceError::NotOnRecord(or_else())),
    }
}

/// The greatest number a pack can have.
const LAST_PACK: PackNo = PackNo(u64::MAX >> 1);

fn range(from: PackNo, through: Option<PackNo>) -> RangeInclusive<PackNo> {
    from..=through.unwrap_or(LAST_PACK)
}

/// What lies in both, each pack once however often it is among `uses`.
fn common(parts: &Parts, uses: &Parts) -> Parts {
    let mut found: Parts = Vec::new();
    for (batch, own) in parts {
        let mut within: Vec<&RangeInclusive<PackNo>> = uses
            .iter()
            .filter(|(of, _)| of == batch)
            .map(|(_, used)| used)
            .collect();
        within.sort_by_key(|used| *used.start());
        let mut first = *own.start();
        for used in within {
            let from = first.max(*used.start());
            let last = *used.end().min(own.end());
            if from <= last {
                found.push((*batch, from..=last));
                first = PackNo(last.0 + 1);
            }
        }
    }
    found
}

fn entered_within(
    ask: &Whereabouts<'_>,
    parts: &Parts,
    (from_utc_ms, to_utc_ms): (i64, i64),
) -> Result<Parts, StoreError> {
    let before = ask.record_at(from_utc_ms.saturating_sub(1))?;
    let Some(first) = ask.first_pack_after(before)? else {
        return Ok(Vec::new());
    };
    let behind = ask.first_pack_after(ask.record_at(to_utc_ms)?)?;
    let last = behind.map_or(LAST_PACK, |pack| PackNo(pack.0 - 1));
    let meant: Parts = parts.iter().map(|(no, _)| (*no, first..=last)).collect();
    Ok(match first <= last {
        true => common(parts, &meant),
        false => Vec::new(),
    })
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn what_is_common_holds_every_pack_once() {
        let part = |no, from, to| (BatchNo(no), PackNo(from)..=PackNo(to));
        let own = vec![part(1, 10, 20), part(2, 21, 40)];
        let uses = vec![
            part(1, 18, 30),
            part(1, 1, 12),
            part(1, 11, 15),
            part(3, 1, 99),
            part(2, 25, 25),
        ];
        let found = common(&own, &uses);
        let wanted = vec![
            part(1, 10, 12),
            part(1, 13, 15),
            part(1, 18, 20),
            part(2, 25, 25),
        ];
        assert_eq!(found, wanted);
        assert!(common(&own, &Vec::new()).is_empty());
    }
}
