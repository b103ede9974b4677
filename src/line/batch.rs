//! How a batch is opened and closed. PURE.
//!
//! What earlier batches were is in the store, and a line that runs for years does not keep it in memory. So whoever
//! hands an opening in asks the store for that one lot and tells it just before the order ([`super::Event::LotKnown`]).
//! What was opened and is not yet on disk the line knows by itself, so an answer of the store is never too old.

use super::Line;
use super::effect::LaneEffect;
use super::people::Who;
use super::seen::SeenSerials;
use crate::gs1::{Expiry, Gtin, Lot};
use crate::record::{
    Batch, BatchNo, BatchTerms, Difference, Explanation, Fact, GradeMin, LineClearance, LotFact,
    Meaning, QualityRules, RecoveryCause, SignIn, Signature, Tally, TextPolicy, Tick,
};
use crate::wire::OpeningTerms;

/// What opens a batch.
pub(super) struct BatchWish {
    pub(super) product: String,
    pub(super) gtin: Gtin,
    pub(super) lot: Lot,
    pub(super) expiry: Expiry,
    pub(super) target: Option<u64>,
    pub(super) grade_min: Option<GradeMin>,
    pub(super) text: Option<TextPolicy>,
    pub(super) numbers: crate::record::NumberSource,
    pub(super) terms: OpeningTerms,
}

/// What the store knows of a lot: its last batch, if there was one, or why it could not say.
pub type LastOfLot = Result<Option<Box<Batch>>, String>;

/// What is known of lots that were used.
#[derive(Debug, Default)]
pub struct UsedLots {
    /// What the store said last.
    told: Option<(Gtin, Lot, LastOfLot)>,
    /// Batches whose opening may not be on disk yet, each with its record.
    opened: Vec<(u64, Batch)>,
}

impl UsedLots {
    /// The store was asked for a lot.
    pub fn tell(&mut self, gtin: Gtin, lot: Lot, last: LastOfLot) {
        self.told = Some((gtin, lot, last));
    }

    /// Everything up to `seq` is on disk: from here on the store knows it.
    pub fn committed(&mut self, seq: u64) {
        self.opened.retain(|(opened, _)| *opened > seq);
    }

    fn open(&mut self, seq: u64, batch: Batch) {
        self.opened.push((seq, batch));
    }

    /// The last batch of a lot. What the store said is good for one order.
    fn last(&mut self, gtin: Gtin, lot: &Lot) -> Result<Option<Box<Batch>>, String> {
        let told = self.told.take();
        let mut opened = self.opened.iter().rev().map(|(_, batch)| batch);
        if let Some(batch) = opened.find(|batch| batch.gtin == gtin && batch.lot == *lot) {
            return Ok(Some(Box::new(batch.clone())));
        }
        match told {
            Some((asked, of, last)) if (asked, &of) == (gtin, lot) => last.map_err(|why| {
                format!(
                    "Whether lot {lot} was used before cannot be told: {why} Start the station again."
                )
            }),
            _ => Err(format!(
                "Whether lot {lot} was used before is not known: give the order again."
            )),
        }
    }
}

impl Line {
    pub(super) fn open_batch(
        &mut self,
        now: Tick,
        who: Who,
        wish: BatchWish,
    ) -> Result<(), String> {
        let last = self.used.last(wish.gtin, &wish.lot);
        if let Some(open) = &self.batch {
            return Err(format!("Batch {} is still open: close it first.", open.lot));
        }
        let terms = self.terms(&wish, last?.as_deref(), &who)?;
        if self.plan.clearance == LineClearance::Required && !self.lots.cleared {
            return Err(
                "The line was not confirmed to be clear since the last batch: look at it, then order \
                 vidimus batch clear-line."
                    .to_owned(),
            );
        }
        if let Some(why) = self.no_numbers(wish.gtin, wish.numbers) {
            return Err(why);
        }
        let quality = QualityRules {
            grade_min: wish.grade_min.unwrap_or(self.plan.quality.grade_min),
            text: wish.text.unwrap_or(self.plan.quality.text),
        };
        if let Some(why) = self.unfit_for_readers(quality, terms.lot_only) {
            return Err(why);
        }
        self.last_batch = BatchNo(self.last_batch.0 + 1);
        let batch = Batch {
            no: self.last_batch,
            product: wish.product,
            gtin: wish.gtin,
            lot: wish.lot,
            expiry: wish.expiry,
            template: self.label_in_use().template,
            target: wish.target,
            quality,
            terms,
            numbers: wish.numbers,
        };
        self.tally = Tally::default();
        self.lots.begin_anew();
        self.good_seen = 0;
        self.forget_supply();
        self.seen = SeenSerials::from_base(self.first_number(batch.gtin, batch.numbers));
        self.batch = Some(batch.clone());
        self.record_who(now, who, Fact::BatchOpened(batch.clone()));
        self.batch_changed_behind_gate();
        self.used.open(self.last_seq, batch.clone());
        self.forget_quality(now);
        self.count_alarms_anew(now);
        self.use_open_batch();
        // The new label is stored and whatever is still queued is cleared before the first pack of the batch.
        self.on_each_lane(|line| line.want_alignment(now, RecoveryCause::BatchOpened));
        Ok(())
    }

    /// Every lane gets the label of the open batch, if there is one.
    pub(super) fn use_open_batch(&mut self) {
        if let Some(batch) = self.batch.clone() {
            self.on_each_lane(|line| {
                line.lane_effect(LaneEffect::UseBatch(Box::new(batch.clone())));
            });
        }
    }

    /// What the record of the opening says of the lot, if it may be opened like this after its last batch.
    fn terms(
        &self,
        wish: &BatchWish,
        last: Option<&Batch>,
        who: &Who,
    ) -> Result<BatchTerms, String> {
        let (lot, asked) = (&wish.lot, &wish.terms);
        if let Some(produced) = asked.produced.filter(|date| date.is_after(&wish.expiry)) {
            let expiry = wish.expiry;
            return Err(format!(
                "The production date {produced} is after the expiry date {expiry}: check both on the order."
            ));
        }
        match last {
            Some(last) => may_follow(wish, last, who)?,
            None if asked.continues => {
                return Err(format!(
                    "Lot {lot} was never used for this GTIN, so there is nothing to continue: check the lot, or open \
                     it as a new one."
                ));
            }
            None => {}
        }
        Ok(BatchTerms {
            continues: last.map(|last| last.no),
            produced: asked.produced.or(last.and_then(|last| last.terms.produced)),
            hierarchy: asked.hierarchy.clone(),
            lot_only: asked.lot_only,
            rules: self.plan.course,
        })
    }

    pub(super) fn close_batch(
        &mut self,
        now: Tick,
        who: Who,
        signature: Option<Signature>,
        explanations: Vec<Explanation>,
    ) -> Result<(), String> {
        let Some(batch) = &self.batch else {
            return Err("No batch is open: there is nothing to close.".to_owned());
        };
        if self.tally.in_line > 0 {
            let count = self.tally.in_line;
            return Err(format!(
                "{count} packs of this batch are still on the belt: run it empty first."
            ));
        }
        if let Some(why) = self.loose_behind_gate() {
            return Err(why);
        }
        let no = batch.no;
        self.explained(batch, &explanations)?;
        self.may_close(batch, signature)?;
        assert!(
            self.tally.balanced(),
            "a batch is closed with books that balance"
        );
        for Explanation { of, text } in explanations {
            let count = of.count(&self.tally);
            let fact = LotFact::DifferenceExplained {
                batch: no,
                of,
                count,
                text,
            };
            self.record_who(now, who.clone(), Fact::Lot(fact));
        }
        let closed = Fact::BatchClosed {
            batch: no,
            tally: self.tally.clone(),
        };
        self.record_who(now, who, closed);
        self.batch = None;
        self.forget_supply();
        self.batch_changed_behind_gate();
        self.lots.begin_anew();
        self.on_each_lane(|line| line.lane.recovery.forget_complete());
        self.forget_quality(now);
        Ok(())
    }

    /// What is left over, kind by kind, where there is more of it than may stay unexplained.
    fn to_explain(&self, batch: &Batch) -> Vec<(Difference, u64)> {
        let most = batch.terms.rules.unexplained_max;
        let differences = self.tally.differences();
        differences.filter(|(_, count)| *count > most).collect()
    }

    /// Every explanation explains something, once; everything that must be is explained.
    fn explained(&self, batch: &Batch, explanations: &[Explanation]) -> Result<(), String> {
        for (place, Explanation { of, text }) in explanations.iter().enumerate() {
            let twice = explanations[..place].iter().any(|other| other.of == *of);
            if twice {
                return Err(format!(
                    "\"{of}\" is explained twice: give one explanation a kind."
                ));
            }
            if of.count(&self.tally) == 0 {
                let meaning = of.meaning();
                return Err(format!(
                    "There are no {meaning}, so \"{of}\" has nothing to explain: leave it out."
                ));
            }
            if text.trim().is_empty() {
                return Err(format!("The explanation of \"{of}\" is empty."));
            }
        }
        let given = |of: &Difference| explanations.iter().any(|one| one.of == *of);
        let wanted: Vec<(Difference, u64)> = self.to_explain(batch);
        if wanted.iter().all(|(of, _)| given(of)) {
            return Ok(());
        }
        let missing = wanted.iter().filter(|(of, _)| !given(of));
        let listed: Vec<String> = missing
            .map(|(of, count)| format!("{count} {}", of.meaning()))
            .collect();
        let words = wanted
            .iter()
            .map(|(of, _)| format!(" --explain \"{of}: WHY\""));
        let words: String = words.collect();
        let signed = match self.plan.sign_in {
            SignIn::Required => " --sign reviewed",
            SignIn::NamesOnly => "", // nothing can be signed there
        };
        Err(format!(
            "This is left over and not explained: {}. Look into it, then order vidimus batch close{words}{signed}, \
             with what you found in place of WHY.",
            listed.join("; ")
        ))
    }

    /// Where something had to be explained, somebody must have reviewed it. Where names are believed, nothing can be
    /// signed.
    fn may_close(&self, batch: &Batch, signature: Option<Signature>) -> Result<(), String> {
        let reviewed = signature.is_some_and(|signature| {
            let second = signature.second.map(|second| second.meaning);
            let mut meanings = [Some(signature.meaning), second].into_iter().flatten();
            meanings.any(|meaning| meaning != Meaning::Performed)
        });
        let needed = !self.to_explain(batch).is_empty() && self.plan.sign_in == SignIn::Required;
        match needed && !reviewed {
            true => Err(
                "Explained differences need the signature of a supervisor or of quality: close with --sign reviewed or \
                 --sign approved, or with the review of a second person."
                    .to_owned(),
            ),
            false => Ok(()),
        }
    }
}

/// Whether a batch may follow the last one of its lot.
fn may_follow(wish: &BatchWish, last: &Batch, who: &Who) -> Result<(), String> {
    let (lot, asked, no) = (&wish.lot, &wish.terms, last.no.0);
    if last.expiry != wish.expiry {
        let expiry = last.expiry;
        return Err(format!(
            "Lot {lot} was already used for this GTIN with expiry {expiry}: check lot and date on the order."
        ));
    }
    let produced = (asked.produced, last.terms.produced);
    if let (Some(asked), Some(before)) = produced
        && asked != before
    {
        return Err(format!(
            "Lot {lot} was already used for this GTIN with production date {before}: check lot and date on the order."
        ));
    }
    if let (Some(asked), None) = produced {
        return Err(format!(
            "Batch {no} of lot {lot} was opened without a production date, and this one says {asked}: one lot has one \
             date, or none. Leave --produced out, and note the date in the reason."
        ));
    }
    if !asked.continues {
        return Err(format!(
            "Lot {lot} was already used for this GTIN, in batch {no}: check the lot on the order. Another batch of it \
             is opened with --continue and a reason."
        ));
    }
    if who
        .reason
        .as_deref()
        .is_none_or(|why| why.trim().is_empty())
    {
        return Err(format!(
            "Batch {no} of lot {lot} is continued with a reason only: give one."
        ));
    }
    if asked.lot_only != last.terms.lot_only {
        let (before, now) = match last.terms.lot_only {
            true => ("without serials", "with them"),
            false => ("with serials", "without them"),
        };
        return Err(format!(
            "Batch {no} of lot {lot} was run {before}; it is not continued {now}."
        ));
    }
    Ok(())
}
