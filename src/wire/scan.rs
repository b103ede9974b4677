//! What a scan at a screen names and where it stands, as data; and how the scanner types. PURE.

use crate::record::{BatchNo, Tenths};
use serde::{Deserialize, Serialize};

/// How the hand scanner in front of a screen is set, in the words of the station file's `[scanner]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScannerSettings {
    /// The key before each scan, or `none`.
    pub prefix: String,
    /// The key after each scan.
    pub suffix: String,
    /// How GS is typed.
    pub gs: String,
    /// Each scan begins with a symbology identifier.
    pub aim: bool,
    /// Longest time between two keys of a scan, in ms.
    pub gap_ms: u64,
}

impl Default for ScannerSettings {
    /// Those of a station file that says nothing of it.
    fn default() -> ScannerSettings {
        ScannerSettings {
            prefix: "none".to_owned(),
            suffix: "enter".to_owned(),
            gs: "character".to_owned(),
            aim: false,
            gap_ms: 25,
        }
    }
}

/// What a scan is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// A pack of this station.
    Pack(FoundPack),
    /// A bundle, case or pallet of this station.
    Container(FoundContainer),
    /// In no record of this station.
    Stranger {
        /// What was read, bracketed.
        code: String,
        /// What is known of the number all the same, as sentences: it may be handed out, or in a pool.
        reasons: Vec<String>,
    },
    /// It cannot be read.
    Unreadable {
        /// Why, as a sentence.
        why: String,
    },
}

/// A pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundPack {
    /// Which.
    pub unit: UnitName,
    /// What it is, one word: `active` (good), `in-line`, `rejected`, `removed`, `unknown`, `void`, or how its life
    /// ended.
    pub state: String,
    /// Product.
    pub gtin: Option<String>,
    /// Lot.
    pub lot: Option<String>,
    /// Expiry as YYMMDD (day 00 = whole month).
    pub expiry: Option<String>,
    /// Its number.
    pub serial: Option<String>,
    /// Its batch.
    pub batch: Option<BatchNo>,
    /// What the gate did with it, in words; `None`: nothing yet.
    pub fate: Option<String>,
    /// Outcome name of its verdict (`pass`, `no_symbol` …), if it has one.
    pub verdict: Option<String>,
    /// Its overall grade, if it was graded.
    pub grade_tenths: Option<Tenths>,
    /// That grade is only indicative.
    pub grade_indicative: bool,
    /// Where it is and what it is under.
    pub stands: Stands,
}

/// A bundle, case or pallet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundContainer {
    /// Which.
    pub unit: UnitName,
    /// What it is, one word: `open`, `closed`, `changed`, `disaggregated`, or how its life ended.
    pub state: String,
    /// Units directly inside.
    pub inside: u32,
    /// How many it holds when it is full, if that is known.
    pub holds: Option<u32>,
    /// Several lots were inside when it was closed.
    pub mixed: bool,
    /// The batch it is filled from.
    pub batch: Option<BatchNo>,
    /// Where it is and what it is under.
    pub stands: Stands,
}

/// A pack or container by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitName {
    /// `pack`, or the level's name.
    pub kind: String,
    /// The station's number for it.
    pub no: u64,
    /// What its label says, bracketed; empty for a pack without a number.
    pub code: String,
}

/// Where a unit is and what it is under.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stands {
    /// What it is inside of, the nearest first.
    pub inside: Vec<UnitName>,
    /// With us: it never left or came back.
    pub here: bool,
    /// The last step between places.
    pub place: Option<Happened>,
    /// The hold it is under.
    pub hold: Option<Happened>,
    /// The recall it is under.
    pub recall: Option<Happened>,
    /// How its life ended.
    pub end: Option<Happened>,
    /// What a person must know besides, as sentences: the scan says something else than was printed, it has expired, a
    /// partner says that it is no more.
    pub warnings: Vec<String>,
}

/// What happened to a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// What: `shipped`, `held`, `destroyed` …
    pub what: String,
    /// The record that says so.
    pub record: u64,
    /// The partner's GLN.
    pub partner: Option<String>,
    /// What it was inside of then.
    pub with: Option<UnitName>,
}
