//! A container as rules look at it: its number, its label, where it is.

use super::{Facts, flag, no_such_field, number, owned, text};
use crate::record::{
    ContainerCode, ContainerIdentity, ContainerNo, Fact, Identity, PackagingFact, Standing, Unit,
};
use crate::store::{StoreError, Whereabouts};
use crate::trace::completeness::fields::Subject;
use crate::trace::completeness::language::{RuleSet, Value};
use crate::trace::find::Archive;
use crate::trace::scope::Parts;
use crate::trace::track::name_of;
use crate::trace::words;
use std::collections::BTreeSet;

/// A container.
pub struct OneContainer {
    identity: ContainerIdentity,
    standing: Standing,
    closing: Option<(bool, bool)>,
}

/// The containers that packs of these parts are in, at any level.
pub fn containers(
    ask: &Whereabouts<'_>,
    parts: &Parts,
) -> Result<BTreeSet<ContainerNo>, StoreError> {
    let mut found = BTreeSet::new();
    for (_, packs) in parts {
        ask.for_each_run(packs, |run| {
            found.insert(run.container);
        })?;
    }
    let mut layer: Vec<ContainerNo> = found.iter().copied().collect();
    while let Some(container) = layer.pop() {
        if let Some(above) = ask.above(container)?
            && found.insert(above)
        {
            layer.push(above);
        }
    }
    Ok(found)
}

impl OneContainer {
    /// A container; how it was closed is looked for only where a rule asks.
    pub fn read(
        archive: &Archive,
        rules: &RuleSet,
        no: ContainerNo,
    ) -> Result<Option<OneContainer>, StoreError> {
        let reader = &archive.reader;
        let standing = reader.whereabouts(|ask| ask.standing(Unit::Container(no), None))?;
        let Some(standing) = standing else {
            return Ok(None);
        };
        let Identity::Container(identity) = standing.identity.clone() else {
            return Ok(None);
        };
        let mut closing = None;
        if rules.asks(Subject::Container, &["label_read", "partial"]) {
            let records = reader.whereabouts(|ask| ask.records_of_container(no))?;
            for seq in records.into_iter().rev() {
                let record = reader.record(seq)?.map(|stored| stored.record.fact);
                if let Some(Fact::Packaging(PackagingFact::Closed {
                    container,
                    label,
                    partial,
                    ..
                })) = record
                    && container == no
                {
                    closing = Some((label.is_some(), partial));
                    break;
                }
            }
        }
        Ok(Some(OneContainer {
            identity,
            standing,
            closing,
        }))
    }
}

impl Facts for OneContainer {
    fn named(&self) -> (Option<u64>, String) {
        let named = name_of(&self.standing);
        (Some(named.no), format!("{} {}", named.kind, named.code))
    }

    fn value(&self, field: &str) -> Option<Value<'_>> {
        let identity = &self.identity;
        match field {
            "name" => text(&identity.name),
            "level" => number(u64::from(identity.level.0)),
            "code" => owned(identity.code.to_string()),
            "code_length" => number(match &identity.code {
                ContainerCode::Sscc(sscc) => sscc.to_string().len() as u64,
                ContainerCode::Sgtin { gtin, serial } => {
                    (gtin.as_str().len() + serial.chars().count()) as u64
                }
            }),
            "number" => text(match identity.code {
                ContainerCode::Sscc(_) => "sscc",
                ContainerCode::Sgtin { .. } => "sgtin",
            }),
            "state" => text(words::state(&self.standing)),
            "label_read" => flag(self.closing?.0),
            "partial" => flag(self.closing?.1),
            "mixed" => flag(identity.mixed),
            "units" => number(u64::from(identity.inside)),
            "away" => flag(!self.standing.is_here()),
            "partner" => owned(self.standing.place.as_ref()?.partner?.to_string()),
            other => no_such_field(other),
        }
    }
}
