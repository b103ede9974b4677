//! Orders about containers and journeys, with units named as they were scanned or typed. PURE.

use super::PartnerOrder;
use crate::gs1::{Gln, Gtin, Lot};
use crate::record::{End, PictureHash, Step};
use serde::{Deserialize, Serialize};

/// Most units of one order.
pub const ORDER_UNITS_MAX: usize = 500;

/// A picture in which the scans of an order were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// SHA-256 of the picture's file.
    pub picture: PictureHash,
    /// How many bar codes were read in it.
    pub read: u32,
    /// How many units it was expected to show; left out: as many as a layer has by the station file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u32>,
}

/// What is done with containers and what is inside. Every text that names a unit is a scan or what a person typed:
/// whatever `vidimus gs1 parse` reads, or the 18 digits of an SSCC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PackagingOrder {
    /// Begin a container of this level.
    Begin {
        /// The level's name in the station file.
        level: String,
        /// What stands on its label already; left out: the station gives the next number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    /// Put units into an open container.
    Put {
        /// Where.
        into: String,
        /// What.
        units: Vec<String>,
        /// The picture that shows them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Seen>,
    },
    /// Take units out of whatever they are directly inside of.
    Take {
        /// What.
        units: Vec<String>,
    },
    /// Take units out of where they are and put them somewhere else.
    Move {
        /// Where to.
        into: String,
        /// What.
        units: Vec<String>,
    },
    /// Take one unit out and put another in its place.
    Replace {
        /// What comes out.
        out: String,
        /// What goes in.
        with: String,
    },
    /// Close a container.
    Close {
        /// Which.
        container: String,
        /// What was read on its label, one scan a bar code.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        labels: Vec<String>,
        /// The picture that shows the label.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Seen>,
        /// It is closed although it is not full.
        #[serde(default)]
        partial: bool,
    },
    /// Print a container's label, or print it again.
    Label {
        /// Which.
        container: String,
    },
    /// Open a closed container again.
    Reopen {
        /// Which.
        container: String,
    },
    /// Take everything out of a container and give it up.
    Disaggregate {
        /// Which.
        container: String,
    },
    /// A unit's life ends.
    End {
        /// Which.
        unit: String,
        /// How.
        end: End,
    },
    /// Something with what partners say of units and lots, or are told.
    Partner(PartnerOrder),
    /// Units or lots go a step of their journey.
    Travel {
        /// What happened.
        step: Step,
        /// Which units.
        #[serde(default)]
        units: Vec<String>,
        /// Which lots.
        #[serde(default)]
        lots: Vec<(Gtin, Lot)>,
        /// Where to, where from, at whose place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partner: Option<Gln>,
        /// Delivery notes, orders and such.
        #[serde(default)]
        documents: Vec<String>,
        /// When it happened, in ms since 1970; `None`: now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        told_utc_ms: Option<i64>,
    },
}
