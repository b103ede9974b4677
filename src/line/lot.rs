//! The course of a batch: line clearance, first articles, samples, lots of components. PURE.
//!
//! Samples and first articles are good packs that are diverted: at the moment a pack would pass, it gets the fail
//! verdict *sample* instead. That only restricts, so it waits for no disk. Until the first articles are accepted no
//! pack passes at all: no more packs get a number than first articles are missing, and once all of them have left the
//! belt an interlock holds the line until a person has decided.

use super::Line;
use super::pack::{Job, Pack};
use super::people::Who;
use crate::record::lot::{COMPONENTS_MAX, SAMPLES_MAX, Words};
use crate::record::{
    Batch, BatchNo, Component, ComponentKind, Fact, LineClearance, LotFact, Outcome, PackNo,
    SampleCause, Tally, Tick,
};
use crate::wire::{FirstArticlesView, LotCommand, LotView};

/// Packs of the open batch that were good enough to pass, as far as books and belt can tell: the plan of samples goes
/// on from there after a restart.
pub(super) fn good_seen<'p>(
    tally: &Tally,
    belt: impl Iterator<Item = &'p Pack>,
    batch: Option<&Batch>,
) -> u64 {
    let good = |pack: &&Pack| {
        let enough = matches!(pack.outcome(), Some(Outcome::Pass | Outcome::Sample));
        enough && pack.batch == batch.map(|batch| batch.no)
    };
    tally.good + tally.sampled + belt.filter(good).count() as u64
}

impl Line {
    /// Carries out an order about lots; closing is not among them.
    pub(super) fn lot_order(
        &mut self,
        now: Tick,
        who: Who,
        command: LotCommand,
    ) -> Result<(), String> {
        let fact = match command {
            LotCommand::ClearLine => self.clear_line()?,
            LotCommand::AcceptFirstArticles => {
                let (batch, count) = self.first_articles_wait("accepted")?;
                LotFact::FirstArticlesAccepted { batch, count }
            }
            LotCommand::RefuseFirstArticles => {
                let (batch, count) = self.first_articles_wait("refused")?;
                let reason = who.reason.as_deref().unwrap_or_default();
                if reason.trim().is_empty() {
                    return Err(
                        "First articles are refused with a reason only: give one.".to_owned()
                    );
                }
                LotFact::FirstArticlesRefused { batch, count }
            }
            LotCommand::TakeSamples { count } => self.take_samples(count)?,
            LotCommand::LinkComponent(component) => self.link(component)?,
            LotCommand::EndComponent { kind, lot } => self.end(kind, lot)?,
            LotCommand::CloseExplained(_) => unreachable!("closing is an order of its own"),
        };
        self.lots.apply(&fact);
        self.record_who(now, who, Fact::Lot(fact));
        Ok(())
    }

    fn clear_line(&self) -> Result<LotFact, String> {
        if let Some(open) = &self.batch {
            return Err(format!(
                "Batch {} is open: close it first, then clear the line.",
                open.lot
            ));
        }
        // A pack that was taken off a belt which stands since is in the books until another one overtakes it.
        Ok(LotFact::LineCleared {
            after: Some(self.last_batch).filter(|no| no.0 > 0),
            packs: self.packs().count() as u64,
            last_pack: self.last_pack,
        })
    }

    fn open_no(&self, to_do: &str) -> Result<BatchNo, String> {
        let open = self.batch.as_ref().map(|batch| batch.no);
        open.ok_or_else(|| format!("No batch is open: there is nothing to {to_do}."))
    }

    fn take_samples(&self, count: u32) -> Result<LotFact, String> {
        let batch = self.open_no("sample")?;
        let due = self.lots.samples_due;
        if count == 0 {
            return Err("Say how many samples: at least 1.".to_owned());
        }
        if count.saturating_add(due) > SAMPLES_MAX {
            return Err(format!(
                "At most {SAMPLES_MAX} samples are ordered at a time, and {due} are still to be taken: order fewer."
            ));
        }
        Ok(LotFact::SamplesOrdered { batch, count })
    }

    /// The first articles that a person may decide about: their batch and how many.
    fn first_articles_wait(&self, what: &str) -> Result<(BatchNo, u32), String> {
        let batch = self.open_no("decide about")?;
        let Some(view) = self.first_articles() else {
            return Err(format!(
                "There are no first articles to be {what}: the batch wants none, or they were accepted."
            ));
        };
        match view.waiting {
            true => Ok((batch, view.taken)),
            false => Err(format!(
                "The first articles cannot be {what} yet: {} of {} are taken, and all must have left the belt.",
                view.taken, view.wanted
            )),
        }
    }

    /// First articles as long as they are not accepted; `None` where none are wanted.
    pub(super) fn first_articles(&self) -> Option<FirstArticlesView> {
        let wanted = self.batch.as_ref()?.terms.rules.first_article;
        let taken = self.lots.first_articles;
        let is_sample = |pack: &Pack| pack.outcome() == Some(&Outcome::Sample);
        (wanted > 0 && !self.lots.first_accepted).then(|| FirstArticlesView {
            wanted,
            taken,
            waiting: taken >= wanted && !self.packs().any(is_sample),
        })
    }

    /// A person must decide before the line may go on.
    pub(super) fn waits_for_first_articles(&self) -> bool {
        self.first_articles().is_some_and(|view| view.waiting)
    }

    /// Whether the pack that was just detected may become a first article: no more get a label than are missing.
    pub(super) fn admits_first_article(&self) -> bool {
        let Some(view) = self.first_articles() else {
            return true;
        };
        let comes =
            |pack: &&Pack| pack.verdict.is_none() && (pack.has_label() || pack.job == Job::Wanted);
        let coming = self.packs().filter(comes).count();
        coming <= view.wanted.saturating_sub(view.taken) as usize
    }

    /// A pack is about to get this outcome; a good one may be wanted as a sample.
    pub(super) fn pass_or_sample(&mut self, now: Tick, pack: PackNo, outcome: Outcome) -> Outcome {
        let Some(batch) = self.batch.as_ref().filter(|_| outcome.is_pass()) else {
            return outcome;
        };
        let (no, every) = (batch.no, u64::from(batch.terms.rules.sample_every));
        self.good_seen += 1;
        if !self.has_proven_label(pack) {
            return self.prove_label(now, pack);
        }
        let cause = if self.first_articles().is_some() {
            SampleCause::FirstArticle
        } else if self.lots.samples_due > 0 {
            SampleCause::Ordered
        } else if every > 0 && self.good_seen.is_multiple_of(every) {
            SampleCause::Plan
        } else {
            return outcome;
        };
        let fact = LotFact::Sampled {
            pack,
            batch: no,
            cause,
        };
        self.lots.apply(&fact);
        self.record(now, self.lane.plan.inspect, Fact::Lot(fact));
        Outcome::Sample
    }

    fn link(&self, component: Component) -> Result<LotFact, String> {
        let batch = self.open_no("link it to")?;
        let Component { kind, lot, .. } = &component;
        if self.uses(*kind, lot) {
            return Err(format!("{kind} lot {lot} is in use already."));
        }
        if self.lots.components.len() >= COMPONENTS_MAX {
            return Err(format!(
                "{COMPONENTS_MAX} lots of components are in use: end one of them first."
            ));
        }
        Ok(LotFact::ComponentLinked {
            batch,
            component,
            from: self.oldest_or_next(),
        })
    }

    /// The oldest pack on the belt, or the next one to come.
    fn oldest_or_next(&self) -> PackNo {
        let oldest = self.packs().map(|pack| pack.no).min();
        oldest.unwrap_or(PackNo(self.last_pack.0 + 1))
    }

    /// The printer has the format of the open batch.
    pub(super) fn printer_in_use(&mut self, now: Tick, printer: Words) {
        if let Some(batch) = self.batch.as_ref().map(|batch| batch.no) {
            let fact = LotFact::PrinterInUse {
                batch,
                printer,
                from: self.oldest_or_next(),
                before: self.last_pack,
            };
            self.record(now, self.lane.plan.print, Fact::Lot(fact));
        }
    }

    fn end(&self, kind: ComponentKind, lot: Words) -> Result<LotFact, String> {
        let batch = self.open_no("end it for")?;
        match self.uses(kind, &lot) {
            true => Ok(LotFact::ComponentEnded {
                batch,
                kind,
                lot,
                through: self.last_pack,
            }),
            false => Err(format!(
                "{kind} lot {lot} is not in use for this batch: see vidimus status."
            )),
        }
    }

    fn uses(&self, kind: ComponentKind, lot: &Words) -> bool {
        let mut used = self.lots.components.iter();
        used.any(|(k, l)| (*k, l) == (kind, lot))
    }

    pub(super) fn lot_view(&self) -> LotView {
        LotView {
            clearance_wanted: self.plan.clearance == LineClearance::Required
                && self.batch.is_none()
                && !self.lots.cleared,
            terms: self
                .batch
                .as_ref()
                .map(|batch| batch.terms.clone())
                .unwrap_or_default(),
            first_articles: self.first_articles(),
            samples_due: self.lots.samples_due,
            components: self.lots.components.clone(),
        }
    }
}
