//! What is inside what, and where it is: containers (bundle, case, pallet), what goes into them and out, and the
//! journey of packs, containers and lots. PURE.
//!
//! Order is the ledger's sequence: a thing is inside a container from the record that put it there to the record that
//! took it out. Whoever wants to know what *was* inside reads the same records.

use super::{BatchNo, PackNo, PictureHash, TemplateHash};
use crate::gs1::{Gln, Gtin, Lot, Sscc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The station's own running number for a container (bundle, case, pallet), from 1.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct ContainerNo(pub u64);

/// A level of packaging: packs are level 0, what holds packs is 1 or more, and what holds is always above what it
/// holds, so that nothing can be inside itself.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Level(pub u8);

/// A thing that can be inside another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A pack.
    Pack(PackNo),
    /// A bundle, case or pallet.
    Container(ContainerNo),
}

/// What a container's label says it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerCode {
    /// AI (00).
    Sscc(Sscc),
    /// AI (01) and (21).
    Sgtin {
        /// The container's own GTIN.
        gtin: Gtin,
        /// Its serial.
        serial: String,
    },
}

impl fmt::Display for ContainerCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ContainerCode::Sscc(sscc) => write!(f, "(00){sscc}"),
            ContainerCode::Sgtin { gtin, serial } => {
                write!(f, "(01){}(21){serial}", gtin.as_str())
            }
        }
    }
}

/// How a unit's life ends: it is never packed or shipped again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Taken as a sample, retained or for a laboratory.
    Sampled,
    /// Damaged and taken out.
    Damaged,
    /// Destroyed.
    Destroyed,
    /// Its number was taken out of use.
    Decommissioned,
    /// Stripped of its number to be run again; it gets another one.
    Reworked,
    /// Given to a patient or customer.
    Dispensed,
    /// Nobody can find it.
    Lost,
}

impl End {
    /// Its name, as it follows "is" or "was".
    pub fn name(self) -> &'static str {
        match self {
            End::Sampled => "sampled",
            End::Damaged => "damaged",
            End::Destroyed => "destroyed",
            End::Decommissioned => "decommissioned",
            End::Reworked => "reworked",
            End::Dispensed => "dispensed",
            End::Lost => "lost",
        }
    }
}

/// What happened with containers and what is inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackagingFact {
    /// A container was begun; its number is used up from here on, whatever happens.
    Begun {
        /// Which.
        container: ContainerNo,
        /// Its level.
        level: Level,
        /// The level's name, such as `case`.
        name: String,
        /// What its label says it is.
        code: ContainerCode,
        /// The batch it is filled from; `None` for one that came from elsewhere or may hold several.
        batch: Option<BatchNo>,
        /// How many it holds when it is full.
        capacity: Option<u32>,
    },
    /// Units were put in.
    Put {
        /// Where.
        container: ContainerNo,
        /// What.
        units: Vec<Unit>,
    },
    /// Units were taken out.
    Taken {
        /// From where.
        container: ContainerNo,
        /// What.
        units: Vec<Unit>,
    },
    /// It is complete, its label was read and found right: from here on it may travel.
    Closed {
        /// Which.
        container: ContainerNo,
        /// What was read on its label, its bar codes one after the other with a blank between (no scan has one); `None`
        /// where it has no label of its own.
        label: Option<String>,
        /// How many units are directly inside.
        units: u32,
        /// Fewer than it holds when it is full; the record says why.
        partial: bool,
        /// It holds packs of several lots.
        mixed: bool,
    },
    /// A label was sent to the printer of containers' labels, or is about to be: from here on it may be on the
    /// container, and that it is there is proven only by reading it.
    Labelled {
        /// Which.
        container: ContainerNo,
        /// Its level, whose template it is.
        level: Level,
        /// The template.
        template: TemplateHash,
        /// Everything the label says, as a bracketed element string.
        says: String,
        /// How many labels were printed for this container, this one counted.
        copy: u32,
    },
    /// What the records before, of the same order, say of it was read in this picture.
    Pictured {
        /// Which.
        container: ContainerNo,
        /// SHA-256 of the picture's file.
        picture: PictureHash,
        /// How many bar codes were read in it.
        read: u32,
    },
    /// It was opened again, or its content changed: it must be closed, with its label read anew, before it travels.
    Reopened {
        /// Which.
        container: ContainerNo,
    },
    /// Everything was taken out and the container is no more.
    Disaggregated {
        /// Which.
        container: ContainerNo,
    },
    /// A unit's life ended; what was inside it shares its fate.
    Ended {
        /// Which.
        unit: Unit,
        /// How.
        end: End,
    },
}

impl PackagingFact {
    /// The container it is about.
    pub fn container(&self) -> Option<ContainerNo> {
        match self {
            PackagingFact::Begun { container, .. }
            | PackagingFact::Put { container, .. }
            | PackagingFact::Taken { container, .. }
            | PackagingFact::Closed { container, .. }
            | PackagingFact::Labelled { container, .. }
            | PackagingFact::Pictured { container, .. }
            | PackagingFact::Reopened { container }
            | PackagingFact::Disaggregated { container } => Some(*container),
            PackagingFact::Ended { unit, .. } => match unit {
                Unit::Container(container) => Some(*container),
                Unit::Pack(_) => None,
            },
        }
    }

    /// The units it speaks of, other than [`PackagingFact::container`].
    pub fn units(&self) -> &[Unit] {
        match self {
            PackagingFact::Put { units, .. } | PackagingFact::Taken { units, .. } => units,
            PackagingFact::Ended { unit, .. } => std::slice::from_ref(unit),
            _ => &[],
        }
    }
}

/// A step of a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// It left for a partner.
    Shipped,
    /// It arrived at a partner, or here.
    Received,
    /// It came back.
    Returned,
    /// It must not go on until it is released.
    Held,
    /// The hold is lifted.
    Released,
    /// It is recalled.
    Recalled,
    /// The recall is lifted: it was a mistake or is over.
    RecallLifted,
}

impl Step {
    /// Its name, as it follows "is" or "was".
    pub fn name(self) -> &'static str {
        match self {
            Step::Shipped => "shipped",
            Step::Received => "received",
            Step::Returned => "returned",
            Step::Held => "held",
            Step::Released => "released",
            Step::Recalled => "recalled",
            Step::RecallLifted => "no longer recalled",
        }
    }
}

/// What a journey's step is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// One pack or container, with all that is inside.
    Unit(Unit),
    /// All packs of a lot, wherever they are.
    Lot {
        /// Product.
        gtin: Gtin,
        /// Lot.
        lot: Lot,
    },
}

/// One step of a journey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyFact {
    /// What happened.
    pub step: Step,
    /// With what.
    pub subjects: Vec<Subject>,
    /// The partner: where it went to, came from, or is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<Gln>,
    /// Delivery notes, orders and such, as they are written on the papers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<String>,
    /// When it happened, where that is not the time of the record: ms since 1970. Told by a document of a partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_utc_ms: Option<i64>,
}

impl JourneyFact {
    /// The units among its subjects.
    pub fn units(&self) -> impl Iterator<Item = Unit> {
        self.subjects.iter().filter_map(|subject| match subject {
            Subject::Unit(unit) => Some(*unit),
            Subject::Lot { .. } => None,
        })
    }
}
