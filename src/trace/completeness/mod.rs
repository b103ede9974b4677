//! Is everything on record that a set of rules wants of a lot: every missing item by name, and what is not kept here.
//!
//! Rules are data (`templates/rules`, or a file of one's own); [`language`] reads and judges them, [`fields`] says what
//! they can ask for, [`subjects`] reads that from the store. Nothing is passed in silence: a rule that looked at
//! nothing says so, and so does one that the store cannot answer.

mod fields;
mod language;
mod rule_file;
mod subjects;

pub use fields::{Field, Kind, Subject};
use language::{Condition, Rule};
pub use language::{RULES_MAX, RuleSet, TEXT_MAX};

use super::find::{Archive, TraceError};
use super::scope::{Parts, Scope};
use super::words::counted;
use crate::gs1::{Gtin, Lot};
use crate::record::BatchNo;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use subjects::{
    Facts, Ledger, OneBatch, OneContainer, OneLot, OneShipment, containers, for_each_pack,
};

/// The rule sets that come with the program: name and text.
pub const BUILT_IN: [(&str, &str); 5] = [
    ("fmd", include_str!("../../../templates/rules/fmd.toml")),
    ("dscsa", include_str!("../../../templates/rules/dscsa.toml")),
    (
        "fsma204",
        include_str!("../../../templates/rules/fsma204.toml"),
    ),
    (
        "tobacco",
        include_str!("../../../templates/rules/tobacco.toml"),
    ),
    (
        "import",
        include_str!("../../../templates/rules/import.toml"),
    ),
];

/// Something that does not fulfil a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Its number, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no: Option<u64>,
    /// Which, for people.
    pub what: String,
    /// The conditions that it does not fulfil, each with what was found instead.
    pub lacks: Vec<Lack>,
}

/// A condition that is not fulfilled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lack {
    /// The condition, as it stands in the rules.
    pub wanted: String,
    /// What is on record; `None`: nothing.
    pub found: Option<String>,
}

/// What became of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All that it is about fulfil it.
    Fulfilled,
    /// Something is missing.
    Missing,
    /// There was nothing that it is about.
    NothingToLookAt,
    /// The store cannot know it.
    NotKeptHere,
}

/// A rule and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule.
    pub id: String,
    /// The regulation and its article.
    pub source: String,
    /// What it wants.
    pub words: String,
    /// What it is about.
    pub of: &'static str,
    /// What became of it.
    pub verdict: Verdict,
    /// How many it looked at.
    pub looked_at: u64,
    /// How many of these do not fulfil it; all are counted.
    pub missing: u64,
    /// The first of them.
    pub items: Vec<Missing>,
    /// What to do about them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub todo: Option<String>,
    /// Where it is kept instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Completeness {
    /// Version of this form.
    pub v: u32,
    /// What the rules are.
    pub rules: String,
    /// What they cover, and what not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The lot.
    pub lot: String,
    /// The products it was made of.
    pub gtins: Vec<String>,
    /// Its batches.
    pub batches: Vec<u32>,
    /// Nothing is missing of what can be known here.
    pub complete: bool,
    /// Rules by what became of them.
    pub counts: BTreeMap<&'static str, u64>,
    /// Every rule.
    pub findings: Vec<Finding>,
}

/// Whether everything is on record that `rules` want of a lot; of each rule the first `items` missing ones are named.
///
/// # Errors
/// There is no such lot, or the store cannot be read.
pub fn completeness(
    archive: &Archive,
    rules: &RuleSet,
    lot: &Lot,
    gtin: Option<Gtin>,
    items: usize,
) -> Result<Completeness, TraceError> {
    archive.at_one_state(|| {
        let meant = Scope::of_lot(lot.clone(), gtin).meant(archive)?;
        let mut looking = Looking::at(rules, items);
        let lots = look(archive, lot, &meant.parts, &mut looking)?;
        Ok(looking.told(lot, lots, &meant.parts))
    })
}

/// Looks at every subject that a rule is about; gives the products of the lot.
fn look(
    archive: &Archive,
    lot: &Lot,
    parts: &Parts,
    looking: &mut Looking<'_>,
) -> Result<Vec<Gtin>, TraceError> {
    let rules = looking.rules;
    let reader = &archive.reader;
    if rules.speaks_of(Subject::Ledger) {
        looking.at_one(Subject::Ledger, &Ledger::read(archive, rules)?);
    }
    let mut by_gtin: BTreeMap<Gtin, Parts> = BTreeMap::new();
    for part in parts {
        let (gtin, ..) = reader.whereabouts(|ask| ask.lot(part.0))?;
        by_gtin.entry(gtin).or_default().push(part.clone());
    }
    for (gtin, parts) in &by_gtin {
        looking.at_one(Subject::Lot, &one_lot(archive, rules, *gtin, lot, parts)?);
    }
    for (no, packs) in parts {
        let batch = OneBatch::read(archive, rules, *no)?;
        looking.at_one(Subject::Batch, &batch);
        for used in batch.components() {
            looking.at_one(Subject::Component, used);
        }
        if rules.speaks_of(Subject::Pack) {
            for_each_pack(archive, rules, &batch, packs, |pack| {
                looking.at_one(Subject::Pack, pack);
            })?;
        }
    }
    if rules.speaks_of(Subject::Container) {
        for no in reader.whereabouts(|ask| containers(ask, parts))? {
            if let Some(container) = OneContainer::read(archive, rules, no)? {
                looking.at_one(Subject::Container, &container);
            }
        }
    }
    if rules.speaks_of(Subject::Shipment) {
        for shipment in OneShipment::all(archive, parts)? {
            looking.at_one(Subject::Shipment, &shipment);
        }
    }
    Ok(by_gtin.into_keys().collect())
}

fn one_lot(
    archive: &Archive,
    rules: &RuleSet,
    gtin: Gtin,
    lot: &Lot,
    parts: &Parts,
) -> Result<OneLot, TraceError> {
    let reader = &archive.reader;
    let mut expiry_dates = BTreeSet::new();
    let mut good = 0;
    for (batch, _) in parts {
        expiry_dates.insert(reader.whereabouts(|ask| ask.lot(*batch))?.2);
        good += reader.tally(*batch)?.good;
    }
    Ok(OneLot {
        batches: parts.len() as u64,
        expiry_dates: expiry_dates.len() as u64,
        good,
        shipments: match rules.asks(Subject::Lot, &["shipments"]) {
            true => Some(OneShipment::all(archive, parts)?.len() as u64),
            false => None,
        },
        status: reader.whereabouts(|ask| ask.lot_standing(&gtin, lot))?,
        gtin,
        lot: lot.clone(),
    })
}

/// What each rule came to so far.
struct Looking<'a> {
    rules: &'a RuleSet,
    items: usize,
    findings: Vec<Finding>,
}

impl<'a> Looking<'a> {
    fn at(rules: &'a RuleSet, items: usize) -> Looking<'a> {
        let finding = |rule: &Rule| Finding {
            id: rule.id.clone(),
            source: rule.source.clone(),
            words: rule.words.clone(),
            of: rule.of.name(),
            verdict: Verdict::NothingToLookAt,
            looked_at: 0,
            missing: 0,
            items: Vec::new(),
            todo: None,
            kept: None,
        };
        Looking {
            rules,
            items,
            findings: rules.rules.iter().map(finding).collect(),
        }
    }

    fn at_one(&mut self, of: Subject, facts: &dyn Facts) {
        for (rule, finding) in self.rules.rules.iter().zip(&mut self.findings) {
            let fits =
                |condition: &Condition| condition.holds(facts.value(condition.field()).as_ref());
            if rule.of != of || !rule.which.iter().all(fits) {
                continue;
            }
            finding.looked_at += 1;
            if rule.must.iter().all(fits) {
                continue;
            }
            finding.missing += 1;
            if finding.items.len() < self.items {
                let (no, what) = facts.named();
                let lack = |condition: &Condition| Lack {
                    wanted: condition.text().to_owned(),
                    found: facts
                        .value(condition.field())
                        .map(|value| value.to_string()),
                };
                let lacks = rule
                    .must
                    .iter()
                    .filter(|condition| !fits(condition))
                    .map(lack);
                finding.items.push(Missing {
                    no,
                    what,
                    lacks: lacks.collect(),
                });
            }
        }
    }

    fn told(mut self, lot: &Lot, gtins: Vec<Gtin>, parts: &Parts) -> Completeness {
        for (rule, finding) in self.rules.rules.iter().zip(&mut self.findings) {
            if finding.looked_at < rule.at_least {
                finding.missing += rule.at_least - finding.looked_at;
                finding.items.insert(
                    0,
                    Missing {
                        no: None,
                        what: format!("lot {lot}"),
                        lacks: vec![Lack {
                            wanted: format!("at least {}", counted(rule.at_least, rule.of.name())),
                            found: Some(finding.looked_at.to_string()),
                        }],
                    },
                );
                finding.items.truncate(self.items);
            }
            finding.verdict = match (&rule.not_kept, finding.missing, finding.looked_at) {
                (_, _, 0) if finding.missing == 0 => Verdict::NothingToLookAt,
                (Some(_), ..) => Verdict::NotKeptHere,
                (None, 0, _) => Verdict::Fulfilled,
                (None, ..) => Verdict::Missing,
            };
            match finding.verdict {
                Verdict::Missing => finding.todo = rule.todo.clone(),
                Verdict::NotKeptHere => finding.kept = rule.not_kept.clone(),
                Verdict::Fulfilled | Verdict::NothingToLookAt => {}
            }
        }
        let of = |verdict| {
            self.findings
                .iter()
                .filter(|one| one.verdict == verdict)
                .count() as u64
        };
        let counts = BTreeMap::from([
            ("fulfilled", of(Verdict::Fulfilled)),
            ("missing", of(Verdict::Missing)),
            ("nothing-to-look-at", of(Verdict::NothingToLookAt)),
            ("not-kept-here", of(Verdict::NotKeptHere)),
        ]);
        let mut batches: Vec<u32> = parts.iter().map(|(BatchNo(no), _)| *no).collect();
        batches.dedup();
        Completeness {
            v: 1,
            rules: self.rules.title.clone(),
            about: self.rules.about.clone(),
            lot: lot.to_string(),
            gtins: gtins.iter().map(|gtin| gtin.as_str().to_owned()).collect(),
            batches,
            complete: counts["missing"] == 0,
            counts,
            findings: self.findings,
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn every_set_that_comes_with_the_program_can_be_read() {
        for (name, text) in BUILT_IN {
            let rules = RuleSet::parse(name, text).unwrap_or_else(|why| panic!("{why}"));
            assert!(
                rules.rules.iter().any(|rule| rule.not_kept.is_some()),
                "{name}"
            );
            assert!(rules.rules.len() >= 8, "{name}");
        }
    }
}
