//! How another label template comes into force while the line runs. PURE.
//!
//! ```text
//! ordered and judged ──▶ Ordered ─▶ disk ──▶ alignment: packs in flight void, printer gets the new format
//!   ──▶ a pack without symbol ──▶ the test print: one pack with the new label ──▶ its picture
//!        ├─ as it must be ──▶ Proven, the pack is diverted ──▶ the next pack has the new label and may pass
//!        └─ speaks against it ──▶ Failed; the third one ──▶ GivenUp ─▶ disk ──▶ alignment: the former label
//! ```
//!
//! Nobody stops the line for it. While a template is on trial no pack passes: of all packs one at a time gets a label,
//! and that one is diverted, whatever its picture shows. A start in the middle goes on with the trial.

use super::alarm::AlarmKind;
use super::effect::{Effect, LaneEffect, Permissive};
use super::event::ReplyTo;
use super::pack::{Job, Pack};
use super::people::Who;
use super::{Line, Plan};
use crate::record::{
    BatchNo, Fact, LabelFact, LabelSlot, LabelStanding, LabelText, LabelTrial, LotFact, Outcome,
    PackNo, PointId, RecoveryCause, SampleCause, Signature, TemplateHash, TextSeen, Tick, Verdict,
};
use crate::wire::{LabelView, TrialView};
use std::sync::Arc;

/// After so many packs whose picture speaks against the label on trial it is given up.
pub const TRIALS_MAX: u32 = 3;

/// What a person wants of a slot's template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelOrder {
    /// That this one comes into force.
    Activate {
        /// Where.
        slot: LabelSlot,
        /// The template.
        label: LabelText,
        /// It was in force before.
        rollback: bool,
        /// The batch that a template of packs was judged with.
        batch: Option<BatchNo>,
        /// It is sound and fits that batch; or why not.
        judged: Result<(), String>,
    },
    /// That the template on trial is given up.
    GiveUp,
}

/// Templates of the line.
#[derive(Debug)]
pub struct Swap {
    standing: LabelStanding,
    /// The last record that changed what is to be printed on packs, in this run.
    order: u64,
}

impl Swap {
    /// As the records say; what they do not know is the station file's.
    pub fn restored(standing: LabelStanding) -> Swap {
        Swap { standing, order: 0 }
    }

    /// Where templates stand; a slot that nobody ever changed is not in it.
    pub fn standing(&self) -> &LabelStanding {
        &self.standing
    }

    fn trial(&self) -> Option<&LabelTrial> {
        self.standing.of(LabelSlot::Packs)?.trial.as_ref()
    }

    /// The template that packs are to have once it is loaded.
    fn wanted<'s>(&'s self, plan: &'s Plan) -> &'s Arc<LabelText> {
        match (self.trial(), self.standing.of(LabelSlot::Packs)) {
            (Some(trial), _) => &trial.label,
            (None, Some(standing)) => &standing.in_force,
            (None, None) => &plan.label,
        }
    }

    /// The template that was proven, or needed no proof.
    fn in_force<'s>(&'s self, plan: &'s Plan) -> &'s Arc<LabelText> {
        let standing = self.standing.of(LabelSlot::Packs);
        standing.map_or(&plan.label, |standing| &standing.in_force)
    }
}

impl Line {
    /// Templates of packs and containers.
    pub fn labels(&self) -> &LabelStanding {
        &self.swap.standing
    }

    /// The template that is printed on packs now, proven or on trial.
    pub fn label_in_use(&self) -> &LabelText {
        &self.lane.loaded.label
    }

    /// What the printer of the lane at hand has is on trial.
    fn tries(&self) -> Option<&LabelTrial> {
        let loaded = self.lane.loaded.label.template;
        let trial = self.swap.trial();
        trial.filter(|trial| trial.label.template == loaded)
    }

    /// The hash in a record about printing or inspecting this pack: that of its label, also of one that was printed
    /// before a restart.
    pub(super) fn template_of(&self, fact: &Fact) -> Option<TemplateHash> {
        let loaded = Some(self.lane.loaded.label.template);
        match fact {
            Fact::SerialReserved { .. } | Fact::Lot(LotFact::Labelled { .. }) => loaded,
            Fact::Verified { pack, .. } => match self.pack(*pack) {
                Some(pack) if pack.has_label() || pack.template_before.is_some() => {
                    pack.template.or(pack.template_before)
                }
                _ => loaded,
            },
            _ => None,
        }
    }

    /// The template of a label that is reserved now.
    pub(super) fn label_for(&self) -> Option<TemplateHash> {
        Some(self.lane.loaded.label.template)
    }

    /// At a start: what the records say is printed, or what the station file names (see [`LabelStanding::at_start`]);
    /// the first one is on record like all that come behind it.
    pub(super) fn begin_labels(&mut self, now: Tick) {
        let packs = (LabelSlot::Packs, Arc::clone(&self.plan.label));
        let levels = self.plan.level_labels.iter();
        let levels = levels.map(|(level, label)| (LabelSlot::Level(*level), Arc::clone(label)));
        let file: Vec<(LabelSlot, Arc<LabelText>)> = std::iter::once(packs).chain(levels).collect();
        for (slot, label) in file {
            let standing = &self.swap.standing;
            match standing.at_start(slot, &label, self.batch.is_some()) {
                Some(standing) => {
                    let wanted = match slot {
                        LabelSlot::Packs => self.swap.wanted(&self.plan),
                        LabelSlot::Level(_) => &standing.in_force,
                    };
                    let wanted = Arc::clone(wanted);
                    self.use_label(slot, &wanted);
                }
                None => self.install(now, slot, &label),
            }
        }
    }

    fn install(&mut self, now: Tick, slot: LabelSlot, label: &LabelText) {
        let label = label.clone();
        let fact = LabelFact::Installed { slot, label };
        self.label_fact(now, fact);
    }

    /// The station says something of a label.
    fn label_fact(&mut self, now: Tick, fact: LabelFact) {
        let taken = self.swap.standing.apply(&fact);
        assert_eq!(taken, Ok(()), "the line says what follows");
        self.record(now, PointId::STATION, Fact::Label(fact));
    }

    fn use_label(&mut self, slot: LabelSlot, label: &Arc<LabelText>) {
        let label = Arc::clone(label);
        match slot {
            LabelSlot::Packs => self.on_each_lane(|line| line.load(&label)),
            LabelSlot::Level(level) => self.effect(Effect::UseLabel { level, label }),
        }
    }

    /// The printer of the lane at hand has this template, or is about to get it with the next format.
    fn load(&mut self, label: &Arc<LabelText>) {
        self.lane.loaded.label = Arc::clone(label);
        self.lane_effect(LaneEffect::UseLabel(Arc::clone(label)));
    }

    /// Somebody wants another template.
    pub(super) fn label_ordered(
        &mut self,
        now: Tick,
        who: Who,
        signature: Option<Signature>,
        order: LabelOrder,
        reply: ReplyTo,
    ) {
        let done = self
            .may_record(&who)
            .and_then(|()| may_change(&who))
            .and_then(|()| {
                let before = self.last_seq;
                match order {
                    LabelOrder::GiveUp => self.roll_trial_back(now, who.clone())?,
                    LabelOrder::Activate {
                        slot,
                        label,
                        rollback,
                        batch,
                        judged,
                    } => {
                        let open = self.batch.as_ref().map(|batch| batch.no);
                        if slot == LabelSlot::Packs && batch != open {
                            return Err("The batch was changed while the template was judged: give the order again."
                                .to_owned());
                        }
                        match judged {
                            Ok(()) => self.activate(now, who.clone(), slot, label, rollback)?,
                            Err(why) => return Err(self.refuse_label(now, who, slot, label, why)),
                        }
                    }
                }
                self.record_signature(now, who, signature, before);
                Ok(())
            });
        match done {
            Ok(()) => self.permit(Permissive::Confirm { reply }),
            Err(text) => self.effect(Effect::Reply {
                reply,
                answer: Err(text),
            }),
        }
    }

    /// What was refused stays on record; the answer, as it was judged.
    fn refuse_label(
        &mut self,
        now: Tick,
        who: Who,
        slot: LabelSlot,
        label: LabelText,
        why: String,
    ) -> String {
        let fact = LabelFact::Refused {
            slot,
            name: label.name,
            template: label.template,
            why: why.chars().take(WHY_LETTERS).collect(),
        };
        self.record_who(now, who, Fact::Label(fact));
        why
    }

    fn activate(
        &mut self,
        now: Tick,
        who: Who,
        slot: LabelSlot,
        label: LabelText,
        rollback: bool,
    ) -> Result<(), String> {
        label.check()?;
        let Some(standing) = self.swap.standing.of(slot) else {
            let text = "This station prints no labels of that level: set label = \"print\" at its [[level]].";
            return Err(text.to_owned());
        };
        if let Some(trial) = &standing.trial {
            return Err(format!(
                "The label {} is on trial: wait until it is proven, or give it up with vidimus label rollback.",
                trial.label
            ));
        }
        let in_force = &standing.in_force;
        if in_force.template == label.template {
            return Err(format!("The label {in_force} is in force already."));
        }
        let replaces = in_force.template;
        let wanted = Arc::new(label.clone());
        let fact = LabelFact::Ordered {
            slot,
            label,
            replaces,
            rollback,
        };
        let taken = self.swap.standing.apply(&fact);
        assert_eq!(taken, Ok(()), "what an order needs was looked at");
        self.record_who(now, who, Fact::Label(fact));
        match slot {
            LabelSlot::Packs => self.permit_load(),
            LabelSlot::Level(level) => self.permit(Permissive::UseLabel {
                level,
                label: wanted,
            }),
        }
        Ok(())
    }

    fn roll_trial_back(&mut self, now: Tick, who: Who) -> Result<(), String> {
        let Some(fact) = self.given_up() else {
            return Err("No label is on trial any more: look at vidimus label history.".to_owned());
        };
        let taken = self.swap.standing.apply(&fact);
        assert_eq!(taken, Ok(()), "it is on trial");
        self.record_who(now, who, Fact::Label(fact));
        self.permit_load();
        Ok(())
    }

    /// The trial is over without a proof.
    fn given_up(&self) -> Option<LabelFact> {
        let trial = self.swap.trial()?;
        Some(LabelFact::GivenUp {
            template: trial.label.template,
            keeps: self.swap.in_force(&self.plan).template,
            tries: trial.failed,
        })
    }

    /// The last record says what packs are to have; whatever was due before is not any more.
    fn permit_load(&mut self) {
        self.swap.order = self.last_seq;
        self.on_each_lane(|line| line.lane.loaded.due = false);
        self.permit(Permissive::LoadLabel {
            order: self.last_seq,
        });
    }

    /// The record is on disk: the printer may get what it wants, when the belt stands and nothing is in flight.
    pub(super) fn release_label(&mut self, now: Tick, order: u64) {
        let wanted = self.swap.wanted(&self.plan).template;
        // Another order may have come behind it.
        if order != self.swap.order {
            return;
        }
        self.on_each_lane(|line| {
            // A template that was never loaded needs no way back.
            if line.lane.loaded.label.template == wanted {
                return;
            }
            line.lane.loaded.due = true;
            if line.batch.is_some() {
                line.want_alignment(now, RecoveryCause::LabelChanged);
            }
        });
    }

    /// Nothing is in flight: the template that is due goes to the printer. The pack behind it is the challenge.
    pub(super) fn load_label(&mut self) {
        if !std::mem::take(&mut self.lane.loaded.due) {
            return;
        }
        let wanted = Arc::clone(self.swap.wanted(&self.plan));
        self.load(&wanted);
        self.distrust_counts();
    }

    /// Without a batch no pack has a label: what is due need not wait for the belt.
    pub(super) fn load_label_without_batch(&mut self) {
        if self.batch.is_none() {
            self.load_label();
        }
    }

    /// The printer has a template that labels may be printed with: the one in force or the one on trial.
    pub(super) fn label_settled(&self) -> bool {
        let loaded = self.lane.loaded.label.template;
        loaded == self.swap.in_force(&self.plan).template || self.tries().is_some()
    }

    /// Whether the pack that was just detected may have a label: while one is on trial, only one at a time.
    pub(super) fn admits_test_print(&self) -> bool {
        if self.tries().is_none() {
            return true;
        }
        let comes =
            |pack: &&Pack| pack.verdict.is_none() && (pack.has_label() || pack.job == Job::Wanted);
        self.packs().filter(comes).count() <= 1
    }

    /// The pack has the label on trial.
    fn carries(&self, pack: PackNo, trial: &LabelTrial) -> bool {
        let template = self.pack(pack).and_then(|pack| pack.template);
        template == Some(trial.label.template)
    }

    /// The pack has the label in force.
    pub(super) fn has_proven_label(&self, pack: PackNo) -> bool {
        let template = self.pack(pack).and_then(|pack| pack.template);
        template == Some(self.swap.in_force(&self.plan).template)
    }

    /// A good pack has a label that is not proven: it is the proof, and is diverted. Where the trial was given up
    /// meanwhile it proves nothing.
    pub(super) fn prove_label(&mut self, now: Tick, pack: PackNo) -> Outcome {
        let batch = self.batch.as_ref().map(|batch| batch.no);
        let trial = self.tries().filter(|trial| self.carries(pack, trial));
        let (Some(trial), Some(batch)) = (trial, batch) else {
            return Outcome::StationNotReady;
        };
        let template = trial.label.template;
        let fact = LotFact::Sampled {
            pack,
            batch,
            cause: SampleCause::TestPrint,
        };
        self.lots.apply(&fact);
        self.record(now, self.lane.plan.inspect, Fact::Lot(fact));
        self.label_fact(now, LabelFact::Proven { template, pack });
        Outcome::Sample
    }

    /// A pack with a label was looked at and does not pass. Does its picture speak against the label on trial?
    pub(super) fn doubt_label(&mut self, now: Tick, pack: PackNo, verdict: &Verdict) {
        let trial = self.tries().filter(|_| speaks_against(verdict));
        if trial.is_some_and(|trial| self.carries(pack, trial)) {
            let mut how = format!("as {}", verdict.outcome.name());
            if let TextSeen::Wrong(finding) = &verdict.text {
                how = format!("{how}, {finding}");
            }
            self.test_print_failed(now, pack, &how);
        }
    }

    /// The pack that was to have no symbol shows one. While a label is on trial that counts against it as well: its
    /// artwork may have a symbol that is on every label, and the line would be put in step for ever.
    pub(super) fn doubt_void_label(&mut self, now: Tick, pack: PackNo, outcome: &Outcome) {
        if self.tries().is_some() {
            let how = format!(
                "since the label that was to have no symbol shows one ({})",
                outcome.name()
            );
            self.test_print_failed(now, pack, &how);
        }
    }

    /// Something speaks against the label on trial; the last time it may, it is given up.
    fn test_print_failed(&mut self, now: Tick, pack: PackNo, how: &str) {
        let Some(trial) = self.tries() else {
            return;
        };
        let (template, tries) = (trial.label.template, trial.failed + 1);
        let name = trial.label.to_string();
        self.label_fact(
            now,
            LabelFact::Failed {
                template,
                pack,
                tries,
            },
        );
        if tries < TRIALS_MAX {
            return;
        }
        if let Some(fact) = self.given_up() {
            self.label_fact(now, fact);
        }
        let detail = format!(
            "{name}: {tries} test prints failed, the last one, pack {}, {how}",
            pack.0
        );
        self.permit_load();
        self.raise(now, AlarmKind::LabelTrial, detail);
    }

    pub(super) fn label_view(&self) -> LabelView {
        let in_force = self.swap.in_force(&self.plan);
        LabelView {
            name: in_force.name.clone(),
            template: in_force.template,
            trial: self.swap.trial().map(|trial| TrialView {
                name: trial.label.name.clone(),
                template: trial.label.template,
                failed: trial.failed,
                most: TRIALS_MAX,
            }),
        }
    }
}

/// So much of the reason of a refusal is kept.
const WHY_LETTERS: usize = 1_000;

/// A template is changed with a reason only.
fn may_change(who: &Who) -> Result<(), String> {
    let reason = who.reason.as_deref().unwrap_or_default();
    match reason.trim().is_empty() {
        true => Err("A label template is changed with a reason only: give one.".to_owned()),
        false => Ok(()),
    }
}

/// The picture was this pack's and shows that the label is not as it must be. A pack that was not looked at, or that
/// carries another pack's label, says nothing of the template.
fn speaks_against(verdict: &Verdict) -> bool {
    matches!(
        verdict.outcome,
        Outcome::NoSymbol
            | Outcome::NotDecodable
            | Outcome::NotGs1
            | Outcome::WrongContent { .. }
            | Outcome::LowGrade { .. }
            | Outcome::TextMismatch
    )
}
