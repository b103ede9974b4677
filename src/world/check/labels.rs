//! No pack passes with a label that was not proven, and the record names the template that its picture showed. Told
//! from the records themselves, and from the ink on the packs of the good bin. PURE.

use super::Evidence;
use super::packs::DIFFERENCES_MAX;
use crate::gs1::parse_payload;
use crate::label::Template;
use crate::record::{
    Fact, Fate, LabelFact, LaneNo, LotFact, PackNo, PlcPack, Record, TemplateHash,
};
use std::collections::{BTreeMap, HashMap};
use vidimus_simulators::truth::Bin;

/// Follows the records.
#[derive(Default)]
struct Follower {
    in_force: Option<TemplateHash>,
    on_trial: Option<TemplateHash>,
    /// Elements of each template in the order they are encoded.
    says: BTreeMap<TemplateHash, Vec<String>>,
    of_pack: HashMap<PackNo, TemplateHash>,
    found: Vec<String>,
}

impl Follower {
    fn follow(&mut self, record: &Record) {
        match &record.fact {
            Fact::BatchOpened(batch) if self.in_force.is_none() => {
                self.in_force = Some(batch.template);
            }
            Fact::SerialReserved { pack, .. } | Fact::Lot(LotFact::Labelled { pack, .. }) => {
                match record.template {
                    Some(template) => drop(self.of_pack.insert(*pack, template)),
                    None => self
                        .found
                        .push(format!("the label of pack {} names no template", pack.0)),
                }
            }
            Fact::Verified { pack, verdict } if verdict.outcome.is_pass() => {
                let own = self.of_pack.get(pack).copied();
                if own != self.in_force || record.template != own {
                    let text = format!("pack {} passed with a label that is not proven", pack.0);
                    self.found.push(text);
                }
            }
            Fact::Label(fact) => self.label(fact),
            _ => {}
        }
    }

    fn label(&mut self, fact: &LabelFact) {
        if let LabelFact::Installed { label, .. } | LabelFact::Ordered { label, .. } = fact
            && let Ok(template) = Template::parse(&label.text)
        {
            let elements = template.elements(&template.sample());
            let ais = elements.into_iter().map(|element| element.ai).collect();
            self.says.insert(label.template, ais);
        }
        match fact {
            LabelFact::Installed { label, .. } => {
                (self.in_force, self.on_trial) = (Some(label.template), None);
            }
            LabelFact::Ordered { label, .. } => self.on_trial = Some(label.template),
            LabelFact::Proven { template, pack } => {
                let own = self.of_pack.get(pack);
                if self.on_trial != Some(*template) || own != Some(template) {
                    let text = format!("a label was proven by pack {}, which has another", pack.0);
                    self.found.push(text);
                }
                (self.in_force, self.on_trial) = (Some(*template), None);
            }
            LabelFact::GivenUp { .. } => self.on_trial = None,
            LabelFact::Refused { .. } | LabelFact::Failed { .. } => {}
        }
    }
}

pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let mut follower = Follower::default();
    let reader = evidence.floor.disk.reader();
    let read = reader.for_each_record(0, |stored| follower.follow(&stored.record));
    if let Err(error) = read {
        return vec![error.to_string()];
    }
    let good = evidence.rows.iter();
    let good = good.filter(|row| row.fate == Some(Fate::Good) && row.verdict == Some(1));
    let packs: HashMap<PlcPack, PackNo> = good.map(|row| (row.plc, row.pack)).collect();
    let mut found = follower.found;
    for truth in &evidence.account.truths {
        let (boot, id) = (truth.boot, truth.id);
        let pack = packs.get(&PlcPack {
            lane: LaneNo(truth.lane),
            boot,
            id,
        });
        let template = pack.and_then(|pack| follower.of_pack.get(pack));
        let says = template.and_then(|template| follower.says.get(template));
        let (Some(says), Bin::Good) = (says, &truth.bin) else {
            continue;
        };
        let shown = |ink: &String| {
            let elements = parse_payload(ink).unwrap_or_default();
            elements.iter().map(|element| &element.ai).eq(says)
        };
        if !truth.ink.iter().all(shown) {
            found.push(format!(
                "pack {boot}/{id} does not show the label that its record names"
            ));
        }
    }
    found.truncate(DIFFERENCES_MAX);
    found
}
