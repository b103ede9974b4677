//! Which label template was in force when, who ordered it and why: what the records about templates add up to. PURE.

use super::versions::LabelVersion;
use crate::record::{Actor, BatchNo, Fact, LabelFact, LabelSlot, PackNo, TemplateHash};
use crate::store::StoredRecord;
use serde::Serialize;

/// What became of a template that somebody wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelState {
    /// It is printed.
    InForce,
    /// It must be proven by a test print.
    OnTrial,
    /// It was in force.
    Replaced,
    /// It was on trial and never came into force.
    GivenUp,
    /// It was judged not to be sound.
    Refused,
}

/// Since when a template was in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelSince {
    /// Since this time, ms since 1970.
    UtcMs(i64),
    /// Every batch was opened with it.
    TheBeginning,
    /// Since this batch at the latest; the one before was opened with another one, of the station file.
    BatchAtTheLatest(u32),
    /// Since before its first change.
    BeforeItsFirstChange,
}

/// One template, from its order on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelEntry {
    /// The record of the order.
    pub record: u64,
    /// Wall clock of its commit, ms since 1970.
    pub utc_ms: i64,
    /// What is labelled, in words.
    pub slot: String,
    /// What it was called.
    pub name: String,
    /// Its hash.
    pub template: TemplateHash,
    /// Who ordered it, or [`LABEL_OF_FILE`].
    pub by: String,
    /// Why, where somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// It was in force before.
    pub rollback: bool,
    /// What became of it.
    pub state: LabelState,
    /// Test prints that failed.
    pub failed: u32,
    /// The pack that proved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proven_by: Option<u64>,
    /// Since when it was in force; left out where it never was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<LabelSince>,
    /// Until when, ms since 1970; left out while it is, and where it never was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_utc_ms: Option<i64>,
    /// What replaced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<LabelVersion>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Who gave it up, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_up_by: Option<String>,
    /// What is labelled.
    #[serde(skip)]
    pub of: LabelSlot,
}

/// Who names the label that nobody ordered.
pub const LABEL_OF_FILE: &str = "the station file";

fn who(actor: &Actor) -> String {
    match actor {
        Actor::Station | Actor::Machine => LABEL_OF_FILE.to_owned(),
        Actor::Person(name) => name.clone(),
        Actor::Named(name) => format!("{name} (name only)"),
    }
}

/// Since when the first label of a slot was in force, as far as the batches tell that were opened before it is named.
fn since_first(
    slot: LabelSlot,
    label: TemplateHash,
    opened: &[(BatchNo, TemplateHash)],
) -> LabelSince {
    if slot != LabelSlot::Packs {
        return LabelSince::BeforeItsFirstChange;
    }
    let with_it = opened
        .iter()
        .rev()
        .take_while(|(_, template)| *template == label);
    match (with_it.clone().count(), with_it.last()) {
        (all, _) if all == opened.len() => LabelSince::TheBeginning,
        (_, Some((no, _))) => LabelSince::BatchAtTheLatest(no.0),
        (_, None) => LabelSince::BeforeItsFirstChange,
    }
}

/// What became of each template that somebody wanted, the oldest order first; `slot_name` says what a slot is called.
pub fn label_history(
    records: &[StoredRecord],
    slot_name: &dyn Fn(LabelSlot) -> String,
    opened: &[(BatchNo, TemplateHash)],
) -> Vec<LabelEntry> {
    let mut entries: Vec<LabelEntry> = Vec::new();
    for stored in records {
        let Fact::Label(fact) = &stored.record.fact else {
            continue;
        };
        let slot = fact.slot();
        let begin = |name: &str, state: LabelState| LabelEntry {
            record: stored.record.seq,
            utc_ms: stored.utc_ms,
            slot: slot_name(slot),
            name: name.to_owned(),
            template: fact.template(),
            by: who(&stored.record.actor),
            reason: stored.record.reason.clone(),
            rollback: matches!(fact, LabelFact::Ordered { rollback: true, .. }),
            state,
            failed: 0,
            proven_by: None,
            since: None,
            until_utc_ms: None,
            replaced_by: None,
            why: None,
            given_up_by: None,
            of: slot,
        };
        let in_force = |name: &str, since: LabelSince| LabelEntry {
            since: Some(since),
            ..begin(name, LabelState::InForce)
        };
        let entry = match fact {
            LabelFact::Installed { label, .. } => {
                let is_first = !entries.iter().any(|entry| entry.of == slot);
                end_trial(&mut entries, slot);
                replace(&mut entries, slot, stored.utc_ms, &label.name, fact);
                let since = match is_first {
                    true => since_first(slot, label.template, opened),
                    false => LabelSince::UtcMs(stored.utc_ms),
                };
                Some(in_force(&label.name, since))
            }
            LabelFact::Ordered { label, .. } => Some(match slot {
                LabelSlot::Packs => begin(&label.name, LabelState::OnTrial),
                LabelSlot::Level(_) => {
                    replace(&mut entries, slot, stored.utc_ms, &label.name, fact);
                    in_force(&label.name, LabelSince::UtcMs(stored.utc_ms))
                }
            }),
            LabelFact::Refused { name, why, .. } => Some(LabelEntry {
                why: Some(why.clone()),
                ..begin(name, LabelState::Refused)
            }),
            LabelFact::Failed { tries, .. } => {
                on_trial(&mut entries, |entry| entry.failed = *tries);
                None
            }
            LabelFact::Proven { pack, .. } => {
                proven(&mut entries, stored.utc_ms, *pack, fact);
                None
            }
            LabelFact::GivenUp { .. } => {
                given_up(&mut entries, stored);
                None
            }
        };
        entries.extend(entry);
    }
    entries
}

/// What is on trial comes into force in the place of what was.
fn proven(entries: &mut [LabelEntry], utc_ms: i64, pack: PackNo, fact: &LabelFact) {
    let mut tried = entries.iter().rev();
    let tried = tried.find(|entry| entry.state == LabelState::OnTrial);
    let name = tried.map_or(String::new(), |entry| entry.name.clone());
    replace(entries, fact.slot(), utc_ms, &name, fact);
    on_trial(entries, |entry| {
        entry.state = LabelState::InForce;
        entry.since = Some(LabelSince::UtcMs(utc_ms));
        entry.proven_by = Some(pack.0);
    });
}

/// Somebody, or the station, gave up what is on trial.
fn given_up(entries: &mut [LabelEntry], stored: &StoredRecord) {
    let by = match &stored.record.actor {
        Actor::Station | Actor::Machine => "the station".to_owned(),
        actor => who(actor),
    };
    let why = stored.record.reason.as_deref().unwrap_or_default();
    on_trial(entries, |entry| {
        entry.state = LabelState::GivenUp;
        entry.given_up_by = Some(match why.is_empty() {
            true => by.clone(),
            false => format!("{by}: {why}"),
        });
    });
}

/// The station file names another one: what was on trial is not any more.
fn end_trial(entries: &mut [LabelEntry], slot: LabelSlot) {
    let of_slot = entries.iter_mut().filter(|entry| entry.of == slot);
    for entry in of_slot.filter(|entry| entry.state == LabelState::OnTrial) {
        entry.state = LabelState::GivenUp;
    }
}

/// What was in force in this slot is replaced.
fn replace(entries: &mut [LabelEntry], slot: LabelSlot, utc_ms: i64, name: &str, by: &LabelFact) {
    let of_slot = entries.iter_mut().filter(|entry| entry.of == slot);
    for entry in of_slot.filter(|entry| entry.state == LabelState::InForce) {
        entry.state = LabelState::Replaced;
        entry.until_utc_ms = Some(utc_ms);
        entry.replaced_by = Some(LabelVersion {
            name: Some(name.to_owned()),
            template: by.template(),
        });
    }
}

fn on_trial(entries: &mut [LabelEntry], change: impl Fn(&mut LabelEntry)) {
    let mut tried = entries.iter_mut().rev();
    if let Some(entry) = tried.find(|entry| entry.state == LabelState::OnTrial) {
        change(entry);
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::LabelText;

    #[test]
    fn what_the_first_label_was_since_is_said_as_far_as_batches_tell() {
        let (a, b) = (
            LabelText::new("", "a").template,
            LabelText::new("", "b").template,
        );
        let since = |opened: &[TemplateHash]| {
            let opened: Vec<_> = (1..).map(BatchNo).zip(opened.iter().copied()).collect();
            since_first(LabelSlot::Packs, a, &opened)
        };
        assert_eq!(since(&[]), LabelSince::TheBeginning);
        assert_eq!(since(&[a, a]), LabelSince::TheBeginning);
        assert_eq!(since(&[a, b, a, a]), LabelSince::BatchAtTheLatest(3));
        assert_eq!(since(&[a, b]), LabelSince::BeforeItsFirstChange);
        let of_cases = since_first(LabelSlot::Level(crate::record::Level(1)), a, &[]);
        assert_eq!(of_cases, LabelSince::BeforeItsFirstChange);
    }
}
