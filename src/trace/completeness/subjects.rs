//! What rules look at, read from the store: each subject with the values of its fields.

mod batch;
mod container;
mod pack;

pub use batch::OneBatch;
pub use container::{OneContainer, containers};
pub use pack::for_each_pack;

use super::fields::Subject;
use super::language::{RuleSet, Value};
use crate::gs1::{Gtin, Lot};
use crate::record::{Actor, ComponentKind, Fact, LotStatus, SignIn, Step, Tenths};
use crate::store::{ComponentUse, StoreError};
use crate::trace::find::Archive;
use crate::trace::scope::Parts;
use std::collections::BTreeMap;

/// Something that rules look at.
pub trait Facts {
    /// Its number, where it has one, and its name for people.
    fn named(&self) -> (Option<u64>, String);
    /// The value of a field of its subject, if it has one.
    fn value(&self, field: &str) -> Option<Value<'_>>;
}

fn text(text: &str) -> Option<Value<'_>> {
    Some(Value::Text(text.into()))
}

fn owned(text: String) -> Option<Value<'static>> {
    Some(Value::Text(text.into()))
}

fn number(number: u64) -> Option<Value<'static>> {
    Some(Value::Number(number as f64))
}

fn flag(flag: bool) -> Option<Value<'static>> {
    Some(Value::Flag(flag))
}

fn grade(grade: Tenths) -> Option<Value<'static>> {
    Some(Value::Number(grade.number()))
}

/// The store.
pub struct Ledger {
    chain: Option<bool>,
    sign_in: Option<SignIn>,
    records: u64,
}

impl Ledger {
    /// What the rules ask of it; the chain is followed only where one asks for it.
    pub fn read(archive: &Archive, rules: &RuleSet) -> Result<Ledger, StoreError> {
        let asks = |field| rules.asks(Subject::Ledger, &[field]);
        let chain = match asks("chain") {
            false => None,
            true => match archive.reader.chain_check() {
                Ok(_) => Some(true),
                Err(StoreError::Damaged { .. }) => Some(false),
                Err(error) => return Err(error),
            },
        };
        let sign_in = match asks("sign_in") {
            true => Some(archive.reader.restore()?.people.sign_in()),
            false => None,
        };
        Ok(Ledger {
            chain,
            sign_in,
            records: archive.reader.head()?.0,
        })
    }
}

impl Facts for Ledger {
    fn named(&self) -> (Option<u64>, String) {
        (None, "the store".to_owned())
    }

    fn value(&self, field: &str) -> Option<Value<'_>> {
        match field {
            "chain" => flag(self.chain?),
            "sign_in" => text(match self.sign_in? {
                SignIn::Required => "required",
                SignIn::NamesOnly => "names-only",
            }),
            "records" => number(self.records),
            other => no_such_field(other),
        }
    }
}

fn no_such_field(field: &str) -> ! {
    unreachable!("{field} is in the table of fields and nobody answers it")
}

/// A kind of component by the name of its field.
fn kind_of(field: &str) -> Option<ComponentKind> {
    match field {
        "primary" => Some(ComponentKind::Container),
        other => other.parse().ok(),
    }
}

fn person(actor: &Actor) -> (Option<&str>, bool) {
    match actor {
        Actor::Person(name) => (Some(name), true),
        Actor::Named(name) => (Some(name), false),
        Actor::Station | Actor::Machine => (None, false),
    }
}

/// The lot, of one product.
pub struct OneLot {
    pub gtin: Gtin,
    pub lot: Lot,
    pub batches: u64,
    pub expiry_dates: u64,
    pub good: u64,
    pub shipments: Option<u64>,
    pub status: LotStatus,
}

impl Facts for OneLot {
    fn named(&self) -> (Option<u64>, String) {
        (
            None,
            format!("lot {} of GTIN {}", self.lot, self.gtin.as_str()),
        )
    }

    fn value(&self, field: &str) -> Option<Value<'_>> {
        match field {
            "gtin" => text(self.gtin.as_str()),
            "lot" => text(self.lot.as_str()),
            "batches" => number(self.batches),
            "expiry_dates" => number(self.expiry_dates),
            "good" => number(self.good),
            "shipments" => number(self.shipments?),
            "held" => flag(self.status.held),
            "recalled" => flag(self.status.recalled),
            other => no_such_field(other),
        }
    }
}

impl Facts for ComponentUse {
    fn named(&self) -> (Option<u64>, String) {
        let (kind, lot) = (self.component.kind, &self.component.lot);
        (
            Some(self.linked),
            format!("{kind} {lot} in batch {}", self.batch.0),
        )
    }

    fn value(&self, field: &str) -> Option<Value<'_>> {
        let component = &self.component;
        match field {
            "kind" => text(component.kind.as_str()),
            "lot" => text(component.lot.as_str()),
            "name" => text(component.name.as_ref()?.as_str()),
            "supplier" => text(component.supplier.as_ref()?.as_str()),
            "expiry" => text(component.expiry.as_ref()?.as_str()),
            other => no_such_field(other),
        }
    }
}

/// A shipment.
pub struct OneShipment {
    seq: u64,
    actor: Actor,
    partner: Option<String>,
    documents: u64,
}

impl OneShipment {
    /// The shipments that packs of these parts were in.
    pub fn all(archive: &Archive, parts: &Parts) -> Result<Vec<OneShipment>, StoreError> {
        let mut found: BTreeMap<u64, OneShipment> = BTreeMap::new();
        for (_, packs) in parts {
            let records = archive
                .reader
                .whereabouts(|ask| ask.records_of_step(packs, Step::Shipped))?;
            for seq in records {
                let Some(stored) = archive.reader.record(seq)? else {
                    continue;
                };
                if let Fact::Journey(journey) = stored.record.fact {
                    let shipment = OneShipment {
                        seq,
                        actor: stored.record.actor,
                        partner: journey.partner.map(|gln| gln.to_string()),
                        documents: journey.documents.len() as u64,
                    };
                    found.insert(seq, shipment);
                }
            }
        }
        Ok(found.into_values().collect())
    }
}

impl Facts for OneShipment {
    fn named(&self) -> (Option<u64>, String) {
        (Some(self.seq), format!("shipment of record {}", self.seq))
    }

    fn value(&self, field: &str) -> Option<Value<'_>> {
        match field {
            "partner" => text(self.partner.as_ref()?),
            "documents" => number(self.documents),
            "by" => text(person(&self.actor).0?),
            "by_proved" => flag(person(&self.actor).1),
            other => no_such_field(other),
        }
    }
}
