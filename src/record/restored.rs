//! What the store tells the line at start: where everything stood at the last commit. PURE.

use super::{
    Batch, BatchNo, ContainerCode, ContainerNo, LabelStanding, LaneNo, Level, LotStanding,
    NumberRegister, Origin, PackNo, PlcPack, Register, SerialNumber, Settings, Tally, TemplateHash,
    Verdict,
};
use crate::gs1::{Gtin, Sscc};
use serde::{Deserialize, Serialize};

/// A pack whose fate was open at the last commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPack {
    /// The station's number.
    pub pack: PackNo,
    /// Its batch.
    pub batch: Option<BatchNo>,
    /// The PLC's name for it.
    pub plc: PlcPack,
    /// How it came to be known.
    pub origin: Origin,
    /// The number it took, if any.
    pub serial: Option<SerialNumber>,
    /// The template of its label, as the record of its number says, or that of its label without one.
    pub template: Option<TemplateHash>,
    /// Whether that number is void already.
    pub voided: bool,
    /// Its committed verdict, if any.
    pub verdict: Option<Verdict>,
}

/// The container of the open batch that good packs fall into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoredFilling {
    /// Which.
    pub container: ContainerNo,
    /// What its label says it is.
    pub code: ContainerCode,
    /// How many it holds when it is full.
    pub holds: u32,
    /// How many are inside.
    pub inside: u32,
}

/// A container that is full and open: what closes it is its label, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoredFull {
    /// Which.
    pub container: ContainerNo,
    /// What it is called.
    pub code: ContainerCode,
    /// The record that ordered its last label; `None`: there was none.
    pub labelled: Option<u64>,
}

/// A good pack of the open batch that no container holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoredOnward {
    /// Its lane.
    pub lane: LaneNo,
    /// Which.
    pub pack: PackNo,
    /// The serial it bears.
    pub serial: Option<String>,
}

/// A container on its way past the readers of its points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoredStacking {
    /// Its level.
    pub level: Level,
    /// Which.
    pub container: ContainerNo,
    /// What it is called.
    pub code: ContainerCode,
    /// Its label was read; else it is full, and that is still to come.
    pub closed: bool,
}

/// What is known of containers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RestoredPacking {
    /// The last container; 0 if there was none.
    pub last: ContainerNo,
    /// The greatest SSCC of this station's range that a container has.
    pub last_sscc: Option<Sscc>,
    /// The container behind the gate.
    pub filling: Option<RestoredFilling>,
    /// Those that packs filled and whose label this station prints, oldest first; the store does not know which levels
    /// print and leaves it empty.
    pub full: Vec<RestoredFull>,
    /// Good packs that a reader behind the gates is to see into containers, oldest first; the store does not know
    /// whether there is one and leaves it empty.
    pub onward: Vec<RestoredOnward>,
    /// Containers between the scan points, the oldest first; the store does not know where these stand and leaves it
    /// empty.
    pub stacking: Vec<RestoredStacking>,
}

/// A stop of the line that only a person withdraws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatchedStop {
    /// The lane that stands; without it, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<LaneNo>,
    /// STOP_REASON, as the PLC contract lists them.
    pub reason: u16,
}

/// An alarm that was put aside; the record that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoredShelf {
    /// Its code.
    pub alarm: String,
    /// Who shelved it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// For how long.
    pub minutes: u16,
    /// From when on, by the wall clock of the commit, ms since 1970.
    pub since_utc_ms: i64,
}

/// Everything the line must know to go on after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restored {
    /// The last record's sequence number; 0 for an empty store.
    pub last_seq: u64,
    /// The last pack's number; 0 if there was none.
    pub last_pack: PackNo,
    /// The last batch's number; 0 if there was none.
    pub last_batch: BatchNo,
    /// The batch still open, with its books.
    pub batch: Option<(Batch, Tally)>,
    /// Own numbers taken per GTIN: the next serial's counter value.
    pub taken: Vec<(Gtin, u64)>,
    /// Numbers of pools taken per GTIN: the counter value from which on none is taken.
    pub pool_taken: Vec<(Gtin, u64)>,
    /// Pools, and blocks of own numbers that were handed out.
    pub numbers: NumberRegister,
    /// Numbers of pools that the open batch has taken.
    pub pool_texts: Vec<SerialNumber>,
    /// Counter values of the open batch that were seen in ink on some pack.
    pub seen: Vec<u64>,
    /// Packs whose fate is open, oldest first.
    pub open: Vec<OpenPack>,
    /// The PLC's name of the pack that entered last, for each lane that had one.
    pub last_entered: Vec<PlcPack>,
    /// The PLC boot seen last on each lane, and the id from which on this station accounts for its packs.
    pub last_boot: Vec<(LaneNo, u16, u32)>,
    /// Where line clearance, first articles, samples and components stand.
    pub lot: LotStanding,
    /// Where label templates stand.
    pub labels: LabelStanding,
    /// Who is enrolled.
    pub people: Register,
    /// What the station was set to when it started last, as the records say.
    pub settings: Settings,
    /// Containers; the store does not know what the station file says and leaves `last_sscc` and `full` open.
    pub packing: RestoredPacking,
    /// Alarms that are shelved, by code; whether their time is over only a clock can say.
    pub shelved: Vec<RestoredShelf>,
    /// Stops that no person has withdrawn yet.
    pub stops: Vec<LatchedStop>,
    /// The wall clock at this start, ms since 1970; the store knows no clock and leaves it 0.
    pub utc_ms: i64,
}
