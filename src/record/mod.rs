//! The facts we keep, one type: what `line` emits, `store` persists, `trace` and `epcis` read. PURE.
//!
//! A [`Record`] is appended, never changed. Order is the ledger's own sequence; time is data, never logic.

pub mod counting;
pub mod device;
pub mod evidence;
pub mod given;
pub mod grades;
pub mod identity;
pub mod label;
pub mod lifecycle;
pub mod lot;
pub mod packaging;
pub mod partner;
pub mod people;
pub mod pool;
pub mod quality;
pub mod recovery;
pub mod restored;
pub mod settings;
pub mod standing;
pub mod tally;
pub mod verdict;

pub use counting::{CountingOrder, CountingOrders, Signers, SigningRules};
pub use device::DeviceOrder;
pub use evidence::{KeptPicture, PictureCoding};
pub use given::Given;
pub use grades::{Grades, Parameter, Tenths};
pub use identity::{
    BatchNo, ClaimsHash, DocumentHash, GlyphsHash, LaneNo, ListHash, OrderHash, PackNo,
    PictureHash, PlcPack, PointId, SecretHash, SerialNumber, TemplateHash,
};
pub use label::{LabelFact, LabelSlot, LabelStanding, LabelText, LabelTrial, SlotStanding};
pub use lifecycle::NumberState;
pub use lot::{
    BatchTerms, Component, ComponentKind, CourseRules, Difference, Explanation, LineClearance,
    LotFact, LotStanding, ProductionDate, SampleCause, Words,
};
pub use packaging::{
    ContainerCode, ContainerNo, End, JourneyFact, Level, PackagingFact, Step, Subject, Unit,
};
pub use partner::{
    Claim, Claimed, ClaimedLot, DocumentNo, Flags, HeardCounts, HeardPart, PartnerFact, Said,
};
pub use people::{
    CoSigner, Meaning, PeopleFact, Person, PersonName, Register, Role, Roles, SignIn, Signature,
    Signed, replaced_meanwhile,
};
pub use pool::{
    CryptoTail, Longest, NumberRegister, NumberSource, POOL_INDEX_FIRST, PoolFact, PoolNo,
    PoolNumber, Token,
};
pub use quality::{
    Cause, GradeMin, ModuleLine, QualityRules, TextFault, TextFinding, TextPolicy, TextSeen,
};
pub use recovery::{Fates, Recovery, RecoveryCause};
pub use restored::{
    LatchedStop, OpenPack, Restored, RestoredFilling, RestoredFull, RestoredOnward,
    RestoredPacking, RestoredShelf, RestoredStacking,
};
pub use settings::{SettingChange, Settings};
pub use standing::{
    ContainerIdentity, ContainerState, Happening, Identity, LotStatus, PackIdentity, Stage,
    Standing,
};
pub use tally::{Tally, reject_cause};
pub use verdict::{
    Modules, Outcome, PictureOrigin, ReadBy, Seen, SeenNumber, SymbolPlace, Verdict,
};
pub use vidimus_drivers::Tick;

use crate::gs1::{Expiry, Gtin, Lot};
use serde::{Deserialize, Serialize};

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Actor {
    /// The station by its own rules.
    Station,
    /// The machine (PLC) by its own rules.
    Machine,
    /// A person who proved to be the one of this name. Records of versions that believed names say this of names that
    /// nobody checked.
    Person(String),
    /// Somebody who said this name; nobody checked it.
    Named(String),
}

/// One fact, with everything that explains it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The ledger's own number, from 1, without gaps.
    pub seq: u64,
    /// The station's monotonic time; the commit adds the wall clock.
    pub at: Tick,
    /// The point of the line it happened at; [`PointId::STATION`] for the station as a whole.
    pub point: PointId,
    /// Who did it.
    pub actor: Actor,
    /// Why, where a person gave a reason.
    pub reason: Option<String>,
    /// The label template in force, for facts about printing and inspection.
    pub template: Option<TemplateHash>,
    /// What happened.
    pub fact: Fact,
}

/// A batch: one product, one lot, one expiry date, one label template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// The station's own number for it.
    pub no: BatchNo,
    /// Product name for people.
    pub product: String,
    /// The GTIN on every pack.
    pub gtin: Gtin,
    /// The lot on every pack.
    pub lot: Lot,
    /// The expiry date on every pack.
    pub expiry: Expiry,
    /// Label template in force.
    pub template: TemplateHash,
    /// How many good packs are wanted, if a number was given.
    pub target: Option<u64>,
    /// What is demanded of print quality and text; records of versions that demanded nothing do not have it.
    #[serde(default)]
    pub quality: QualityRules,
    /// What its opening says of its lot; records of versions that did not write it do not have it.
    #[serde(default)]
    pub terms: BatchTerms,
    /// Where its numbers come from; records of versions that knew no pools do not have it.
    #[serde(default, skip_serializing_if = "NumberSource::is_own")]
    pub numbers: NumberSource,
}

/// How a pack came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Origin {
    /// The PLC reported its detection while the station was there.
    Detected,
    /// It stood on the belt without an id and got one; it is always rejected.
    Appeared,
    /// The PLC gave its id while the station was away or the entry was lost; it never got a serial.
    Unseen,
}

/// Where a pack went, as the gate reported it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Fate {
    /// Good bin, by a pass verdict.
    Good,
    /// Reject bin, by the station's fail verdict.
    RejectedByVerdict,
    /// Reject bin, because no pass stood in the slot.
    RejectedNoVerdict,
    /// Reject bin, because the station's heartbeat was stale.
    RejectedHeartbeat,
    /// Reject bin, because the boot echo was wrong.
    RejectedBootEcho,
    /// Reject bin, because a purge covered it.
    RejectedPurge,
    /// The reject was ordered and not confirmed: it may be anywhere.
    RejectNotConfirmed,
    /// Taken off the belt before the gate.
    Removed,
    /// Passed while the bypass key was on.
    PassedInBypass,
    /// Nobody can say: the entry was lost or the PLC restarted.
    Unknown,
}

/// Why a serial can never be used again although no pack carries it for certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum VoidCause {
    /// The printer refused the job.
    PrintRefused,
    /// The printer's queue was cleared while the job may have been in it.
    QueueCleared,
    /// The station restarted while the job was on its way.
    StationRestarted,
    /// The PLC restarted: the pack lost its identity.
    PlcRestarted,
}

/// Why a stop stands or was withdrawn is in the record's reason; this is the kind of thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// The station started.
    StationStarted {
        /// STATION_BOOT of this run.
        station_boot: u16,
        /// Program version.
        version: String,
        /// The station's name. Records of versions that did not write it do not have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        station: Option<String>,
    },
    /// The station ended in order.
    StationEnded,
    /// A batch was opened.
    BatchOpened(Batch),
    /// A batch was closed; the tally at that moment is the reconciliation.
    BatchClosed {
        /// Which.
        batch: BatchNo,
        /// Its tally.
        tally: Tally,
    },
    /// A new PLC boot was seen.
    PlcBooted {
        /// The lane whose PLC it is.
        #[serde(default, skip_serializing_if = "LaneNo::is_first")]
        lane: LaneNo,
        /// The boot known before.
        old: Option<u16>,
        /// The boot now.
        new: u16,
        /// Ids of this boot up to this one are none of this station's packs or are on record already; every later one
        /// is accounted for. Records of versions that did not write it do not have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<u32>,
    },
    /// A pack entered.
    PackEntered {
        /// The station's own number for it.
        pack: PackNo,
        /// The batch open at that moment.
        batch: Option<BatchNo>,
        /// The PLC's id.
        plc: PlcPack,
        /// How it came to be known.
        origin: Origin,
    },
    /// A serial was taken for this pack; it is used up from here on, whatever happens.
    SerialReserved {
        /// Which pack.
        pack: PackNo,
        /// The number and its text.
        serial: SerialNumber,
    },
    /// The serial of this pack is void for ever.
    SerialVoided {
        /// Which pack.
        pack: PackNo,
        /// Why.
        cause: VoidCause,
    },
    /// A verdict was given.
    Verified {
        /// Which pack.
        pack: PackNo,
        /// The verdict with what it stands on.
        verdict: Verdict,
    },
    /// The unlabelled pack that proves the counts of PLC and camera was looked at.
    Challenged {
        /// Which pack.
        pack: PackNo,
        /// It was seen as unlabelled.
        proven: bool,
    },
    /// The gate reported where the pack went (or that nobody can say).
    Gated {
        /// Which pack.
        pack: PackNo,
        /// Where.
        fate: Fate,
        /// The container it is in from here on: the one that stands open behind the good bin.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        into: Option<ContainerNo>,
    },
    /// A pack that had a committed pass did not reach the good bin: its serial is dead.
    Decommissioned {
        /// Which pack.
        pack: PackNo,
        /// Where it went instead.
        fate: Fate,
    },
    /// Printer and packs were put in step again.
    Resynchronised {
        /// What made it necessary.
        cause: String,
        /// How many serials were voided by it.
        voided: u32,
    },
    /// The fate of every pack that was on the belt when the line fell out of step is on record, or that nobody can
    /// know it.
    Recovered(Recovery),
    /// An alarm was raised.
    AlarmRaised {
        /// Its code, e.g. `printer-link`.
        alarm: String,
        /// What exactly.
        detail: String,
    },
    /// An alarm's cause is gone.
    AlarmCleared {
        /// Its code.
        alarm: String,
    },
    /// A person acknowledged an alarm.
    AlarmAcknowledged {
        /// Its code.
        alarm: String,
    },
    /// A person put an alarm aside for a time: its place on the screens changes, and nothing else.
    AlarmShelved {
        /// Its code.
        alarm: String,
        /// For how long, from this record's commit.
        minutes: u16,
    },
    /// An alarm is in its place again: its time was over, or a person said so.
    AlarmUnshelved {
        /// Its code.
        alarm: String,
    },
    /// The station stopped the line.
    Stopped {
        /// Why.
        cause: String,
        /// It stands until a person withdraws it, over a restart too. Without it, it goes with its cause or is found
        /// anew; records of versions that did not write it do not have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        latched: Option<LatchedStop>,
    },
    /// The station's own stop was withdrawn; all that a person withdraws, where a person did it.
    StopWithdrawn,
    /// A person ordered that the next pack be rejected.
    RejectNextOrdered,
    /// A person ordered something of a device.
    DeviceOrdered {
        /// Its name on the screens.
        device: String,
        /// What.
        order: DeviceOrder,
    },
    /// The picture of a rejected pack is on the disk, whole.
    PictureKept {
        /// Which pack.
        pack: PackNo,
        /// The file and its hash.
        picture: KeptPicture,
    },
    /// The picture of a rejected pack could not be kept: there is none.
    PictureNotKept {
        /// Which pack.
        pack: PackNo,
        /// Why.
        why: String,
    },
    /// To make room, the pictures of all packs up to this one are removed from here on.
    PicturesRemoved {
        /// The last of these packs.
        through: PackNo,
        /// How many pictures.
        pictures: u64,
        /// How many bytes.
        bytes: u64,
        /// Batches whose pictures stay all the same: the open one, and what is held or recalled.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        except: Vec<BatchNo>,
    },
    /// From here on the text of the batch's packs is compared with these glyphs.
    TextCompared {
        /// Which batch.
        batch: BatchNo,
        /// The file of taught glyphs; `None`: our own drawing alone.
        taught: Option<GlyphsHash>,
    },
    /// Something happened with a lot or its batch.
    Lot(LotFact),
    /// Something happened with the template of a label.
    Label(LabelFact),
    /// Something happened with the people of the station.
    People(PeopleFact),
    /// The station was started with a station file that says otherwise than before; the actor is the user of the
    /// system who started it.
    Configured {
        /// What is another value from here on. The first record of a store says all of them.
        changes: Vec<SettingChange>,
    },
    /// Something happened with containers and what is inside.
    Packaging(PackagingFact),
    /// Packs, containers or lots went a step of their journey.
    Journey(JourneyFact),
    /// Something happened with numbers from outside, or given outside.
    Pool(PoolFact),
    /// Something a partner said counts from here on, or was decided about what partners are told.
    Partner(PartnerFact),
    /// A person signed, with name and secret; the wall clock of the commit is the time of the signature.
    Signed {
        /// What the signature means.
        meaning: Meaning,
        /// What was signed.
        of: Signed,
    },
}

impl Fact {
    /// The pack this fact is about, if it is about one alone.
    pub fn pack(&self) -> Option<PackNo> {
        match self {
            Fact::PackEntered { pack, .. }
            | Fact::SerialReserved { pack, .. }
            | Fact::SerialVoided { pack, .. }
            | Fact::Verified { pack, .. }
            | Fact::Challenged { pack, .. }
            | Fact::Gated { pack, .. }
            | Fact::Decommissioned { pack, .. }
            | Fact::PictureKept { pack, .. }
            | Fact::PictureNotKept { pack, .. } => Some(*pack),
            Fact::Lot(fact) => fact.pack(),
            Fact::Label(fact) => fact.pack(),
            _ => None,
        }
    }

    /// Calls `each` with every pack this fact names.
    pub fn for_each_pack(&self, mut each: impl FnMut(PackNo)) {
        let mut unit = |unit: Unit| {
            if let Unit::Pack(pack) = unit {
                each(pack);
            }
        };
        match self {
            Fact::Packaging(fact) => fact.units().iter().copied().for_each(unit),
            Fact::Journey(fact) => fact.units().for_each(unit),
            fact => fact.pack().map(Unit::Pack).into_iter().for_each(&mut unit),
        }
    }
}
