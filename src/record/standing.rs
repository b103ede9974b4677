//! Where a unit stands: what it is, what it is inside of, and what became of it, now or at an earlier record. PURE.
//!
//! What happens to a container happens to everything that is inside it at that moment and to nothing else.

use super::{BatchNo, ContainerCode, ContainerNo, End, Fate, Level, PackNo, Step, Unit};
use crate::gs1::{Expiry, Gln, Gtin, Lot};

/// What may be done with a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerState {
    /// It is being filled.
    Open,
    /// Complete and labelled.
    Closed,
    /// Its content changed after it was closed: what its label says may be wrong.
    Changed,
    /// Everything was taken out, and it is no more.
    Disaggregated,
}

impl ContainerState {
    /// All states.
    pub const ALL: [ContainerState; 4] = [
        ContainerState::Open,
        ContainerState::Closed,
        ContainerState::Changed,
        ContainerState::Disaggregated,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            ContainerState::Open => "open",
            ContainerState::Closed => "closed",
            ContainerState::Changed => "changed",
            ContainerState::Disaggregated => "disaggregated",
        }
    }
}

/// What a pack is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackIdentity {
    /// The station's number.
    pub pack: PackNo,
    /// The batch open when it entered.
    pub batch: Option<BatchNo>,
    /// Product, lot and expiry date of that batch.
    pub lot: Option<(Gtin, Lot, Expiry)>,
    /// The text of its number, if it took one.
    pub serial: Option<String>,
    /// That number is void.
    pub voided: bool,
    /// Its verdict's code after the PLC contract, if it has one.
    pub verdict: Option<u16>,
    /// Where the gate sent it.
    pub fate: Option<Fate>,
}

impl PackIdentity {
    /// It was proven good, reached the good bin, and its number, if it has one, is in use.
    pub fn is_good(&self) -> bool {
        self.fate == Some(Fate::Good) && !self.voided
    }
}

/// What a container is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerIdentity {
    /// The station's number.
    pub container: ContainerNo,
    /// Its level.
    pub level: Level,
    /// The level's name.
    pub name: String,
    /// What its label says it is.
    pub code: ContainerCode,
    /// The batch it is filled from.
    pub batch: Option<BatchNo>,
    /// How many it holds when it is full.
    pub capacity: Option<u32>,
    /// What may be done with it.
    pub state: ContainerState,
    /// Units directly inside, now.
    pub inside: u32,
    /// It held packs of several lots when it was closed.
    pub mixed: bool,
}

/// What a unit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// A pack.
    Pack(PackIdentity),
    /// A bundle, case or pallet.
    Container(ContainerIdentity),
}

/// A thing that happened to a unit, or to what it was inside of then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage<T> {
    /// What.
    pub what: T,
    /// The record that says so.
    pub seq: u64,
    /// To what it happened: the unit itself, or what it was inside of; `None`: to its whole lot.
    pub to: Option<Unit>,
    /// The partner it names.
    pub partner: Option<Gln>,
    /// Up to this record the unit shares what becomes of `to`: then it left it.
    pub until: u64,
}

impl<T> Stage<T> {
    /// The same of something else.
    fn saying<U>(&self, what: U) -> Stage<U> {
        Stage {
            what,
            seq: self.seq,
            to: self.to,
            partner: self.partner,
            until: self.until,
        }
    }
}

/// Where a unit stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What it is.
    pub identity: Identity,
    /// What it is inside of, the nearest first.
    pub inside: Vec<ContainerNo>,
    /// How its life ended.
    pub end: Option<Stage<End>>,
    /// The last step between places: shipped, received or returned; `None`: it never left.
    pub place: Option<Stage<Step>>,
    /// The holds it is under: each stands until it is itself lifted.
    pub holds: Vec<Stage<Step>>,
    /// The recalls it is under.
    pub recalls: Vec<Stage<Step>>,
}

/// A step or an end, as it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// A step of a journey.
    Step(Step),
    /// The end of a life.
    End(End),
}

impl Standing {
    /// A unit to which nothing happened.
    pub fn of(identity: Identity, inside: Vec<ContainerNo>) -> Standing {
        Standing {
            identity,
            inside,
            end: None,
            place: None,
            holds: Vec::new(),
            recalls: Vec::new(),
        }
    }

    /// Takes what happened, in the order of records.
    pub fn take(&mut self, stage: Stage<Happening>) {
        let (seq, to, own) = (stage.seq, stage.to, Some(self.unit()));
        // What a unit brought along out of a container is lifted with what is its own.
        let lifted = |other: &Stage<Step>| other.to == to || to == own && other.until <= seq;
        match stage.what {
            Happening::End(what) => drop(self.end.get_or_insert(stage.saying(what))),
            Happening::Step(step) => match step {
                Step::Shipped | Step::Received | Step::Returned => {
                    self.place = Some(stage.saying(step));
                }
                Step::Held => self.holds.push(stage.saying(step)),
                Step::Released => self.holds.retain(|hold| !lifted(hold)),
                Step::Recalled => self.recalls.push(stage.saying(step)),
                Step::RecallLifted => self.recalls.retain(|recall| !lifted(recall)),
            },
        }
    }

    /// The newest hold it is under.
    pub fn hold(&self) -> Option<&Stage<Step>> {
        self.holds.last()
    }

    /// The newest recall it is under.
    pub fn recall(&self) -> Option<&Stage<Step>> {
        self.recalls.last()
    }

    /// The unit.
    pub fn unit(&self) -> Unit {
        match &self.identity {
            Identity::Pack(pack) => Unit::Pack(pack.pack),
            Identity::Container(container) => Unit::Container(container.container),
        }
    }

    /// It is a good pack.
    pub fn is_good(&self) -> bool {
        matches!(&self.identity, Identity::Pack(pack) if pack.is_good())
    }

    /// It is with us: it never left, or it came back.
    pub fn is_here(&self) -> bool {
        self.place
            .as_ref()
            .is_none_or(|place| place.what == Step::Returned)
    }
}

/// How a whole lot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LotStatus {
    /// There is a batch with it.
    pub known: bool,
    /// It is held.
    pub held: bool,
    /// It is recalled.
    pub recalled: bool,
}
