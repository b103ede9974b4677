//! What the line is told. Past tense; translated from the devices' own words by `station`. PURE.

use super::batch::LastOfLot;
use super::labelling::LabelPrinterSays;
use super::swap::LabelOrder;
use crate::gs1::{Gtin, Lot};
use crate::record::{
    Actor, BatchNo, ContainerCode, ContainerNo, Fact, Fate, GlyphsHash, KeptPicture, LaneNo, Level,
    PackNo, PeopleFact, PlcPack, PointId, PoolNumber, SecretHash, Signature, Tick, Unit, Verdict,
    Words,
};
use crate::wire::OperatorCommand;

/// A picture that the station holds for the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameNo(pub u64);

/// Where an answer to a person goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplyTo(pub u64);

/// The part of the PLC's header that the line works with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlcStatus {
    /// PLC_BOOT.
    pub boot: u16,
    /// PackML state (6 = Execute).
    pub state: u16,
    /// FAULTS bits of the contract.
    pub faults: u32,
    /// Encoder, wraps.
    pub encoder: u32,
    /// Last pack id given.
    pub entered: u32,
    /// Last pack id decided.
    pub decided: u32,
    /// When it was asked for: whatever it does not tell of happened later.
    pub asked_at: Tick,
}

/// One entry of the PLC's event ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// Which pack.
    pub plc: PlcPack,
    /// How many of that kind since boot, mod 65536.
    pub count: u16,
    /// Encoder at the event.
    pub encoder: u32,
}

/// How many labels a printer has printed in its life, as it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelCount {
    /// So many.
    pub labels: u64,
    /// When it was asked: it counted so many at some moment since.
    pub asked_at: Tick,
}

/// What the printer is known to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrinterHealth {
    /// It said itself that it can print.
    Ready,
    /// It said what hinders it.
    Hindered(String),
    /// Silence.
    Unknown,
}

/// A device of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// The label printer.
    Printer,
    /// The PLC.
    Plc,
    /// The camera.
    Camera,
}

/// Room on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DiskRoom {
    /// Enough.
    #[default]
    Enough,
    /// Getting little: an alarm.
    Low(String),
    /// Below what the station file wants: the line stands.
    TooLittle(String),
}

/// Numbers of pools as they were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumbersRead {
    /// Whose pools.
    pub gtin: Gtin,
    /// From this counter value on.
    pub from: u64,
    /// In order, or why there are none.
    pub numbers: Result<Vec<PoolNumber>, String>,
}

/// What a device of a lane said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaneEvent {
    /// The PLC's link came up or went down.
    PlcLink(bool),
    /// The PLC's header was read.
    PlcStatus(PlcStatus),
    /// A pack was detected at the print position.
    Detected(Sighting),
    /// END PRINT was seen for a pack.
    PrintDone(Sighting),
    /// The camera was fired for a pack.
    CameraFired(Sighting),
    /// A pack that had no id appeared and got one.
    Appeared(Sighting),
    /// A sensor expected a pack and does not see it. Its fate is told by the gate.
    Missed(Sighting),
    /// Event-ring entries were lost.
    EventsLost,
    /// The gate reported where a pack went.
    Gated {
        /// Which pack.
        plc: PlcPack,
        /// Where.
        fate: Fate,
    },
    /// The fate of these ids of this boot is lost.
    GateLost {
        /// First id.
        from: u32,
        /// Last id.
        to: u32,
    },
    /// The PLC acknowledged a command.
    PlcDone {
        /// The ticket given.
        ticket: u64,
        /// It was carried out.
        ok: bool,
    },
    /// Another station writes to the PLC; the text says which.
    PlcTaken(String),
    /// The PLC is not what it should be; the text says how.
    PlcFault(String),
    /// The printer's link came up or went down.
    PrinterLink(bool),
    /// The printer itself reported its queue empty; the format in force is stored in it.
    PrinterCleared,
    /// The printer said how many labels it has printed.
    PrinterCounted(LabelCount),
    /// What the printer is.
    PrinterStatus(PrinterHealth),
    /// This printer, by its name in the station file, prints the labels of the open batch.
    PrinterInUse(Words),
    /// The camera's stream came up or went down.
    CameraLink(bool),
    /// A device cannot be used, or not as it is; its link keeps trying.
    Trouble {
        /// Which device.
        device: Device,
        /// Why.
        why: String,
    },
    /// Something about the camera is not as it should be, although pictures come.
    CameraWarning(String),
    /// A picture arrived.
    Pictured {
        /// The camera's counter, if it has one.
        counter: Option<u64>,
        /// Where the station holds it.
        frame: FrameNo,
    },
}

impl LaneEvent {
    /// It was said on this lane.
    pub fn on(self, lane: LaneNo) -> Event {
        Event::At(lane, self)
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A device of this lane spoke.
    At(LaneNo, LaneEvent),
    /// The job of this pack was handed to the link.
    JobSent {
        /// Which pack.
        pack: PackNo,
        /// Bytes on the wire.
        bytes: usize,
    },
    /// The job of this pack will never be printed.
    JobRefused {
        /// Which pack.
        pack: PackNo,
        /// Why.
        why: String,
    },
    /// The printer of containers' labels said something.
    LabelPrinter(LabelPrinterSays),
    /// What came of the label that was wanted with [`super::Effect::WantLabel`].
    LabelJudged(Result<(), String>),
    /// The verdict on a pack's picture.
    Verified {
        /// Which pack.
        pack: PackNo,
        /// What came of it.
        verdict: Verdict,
        /// How long it took, in µs.
        took_us: u64,
    },
    /// Everything up to this sequence number is on disk.
    Committed {
        /// Sequence number.
        through: u64,
        /// How long it took, in µs.
        took_us: u64,
    },
    /// The store failed; it will not work again in this run.
    StoreFailed(String),
    /// How much room the disk has left, when that changed for better or worse.
    Disk(DiskRoom),
    /// The wall clock was set.
    ClockStepped {
        /// By how many ms; forward is positive.
        by_ms: i64,
    },
    /// The picture of a rejected pack is on the disk.
    PictureKept {
        /// Which pack.
        pack: PackNo,
        /// The file and its hash.
        picture: KeptPicture,
    },
    /// The picture of a rejected pack could not be kept.
    PictureNotKept {
        /// Which pack.
        pack: PackNo,
        /// Why.
        why: String,
    },
    /// The kept pictures come near their bound: those of packs up to this one should go.
    PicturesCrowded {
        /// The last of these packs.
        through: PackNo,
        /// How many pictures.
        pictures: u64,
        /// How many bytes.
        bytes: u64,
        /// Batches whose pictures stay.
        except: Vec<BatchNo>,
    },
    /// Numbers of pools were read, as they were asked for, or could not be.
    NumbersRead(NumbersRead),
    /// What hinders the capture of events by a partner's repository; `None`: nothing does any more.
    CaptureHindered(Option<String>),
    /// What hinders readers at scan points; `None`: nothing does any more.
    ReadersHindered(Option<String>),
    /// The reader that sees good packs into their containers answers, or it does not.
    PackReader(bool),
    /// What that reader read is no good pack, or one that lies in a container already.
    StrangeRead(String),
    /// A reader on a belt read this one while others before it were not read: see [`crate::line::Line::turn`].
    Overtook {
        /// Where.
        point: PointId,
        /// Which.
        unit: Unit,
    },
    /// A reader on a belt read the label of a container that had come by before, on another one.
    LabelDoubled(String),
    /// A reader on a belt read what goes into a container there, and it could not be put on record.
    NotPacked {
        /// Which.
        unit: Unit,
        /// What people know it by.
        name: String,
        /// Where and why.
        why: String,
    },
    /// What was scanned at a scan point was refused: where and why.
    ScanRefused(String),
    /// The text of the open batch is compared with these taught glyphs; `None`: with our own drawing alone.
    TextCompared(Option<GlyphsHash>),
    /// The store was asked for a lot: the order to open a batch of it follows.
    LotKnown {
        /// Of which GTIN.
        gtin: Gtin,
        /// Which lot.
        lot: Lot,
        /// Its last batch.
        last: LastOfLot,
    },
    /// A person did something.
    Operator {
        /// Who, as far as the station knows.
        by: Actor,
        /// The signature under it, if it was signed.
        signature: Option<Signature>,
        /// Why.
        reason: Option<String>,
        /// What.
        command: OperatorCommand,
        /// Where the answer goes.
        reply: ReplyTo,
    },
    /// What a person did with containers, judged against everything on record.
    Packaged {
        /// Who, as far as the station knows.
        by: Actor,
        /// The signature under it, if it was signed.
        signature: Option<Signature>,
        /// Why.
        reason: Option<String>,
        /// The scan point at which it was done; `None`: somebody did it elsewhere, or the line itself.
        point: Option<PointId>,
        /// What follows.
        facts: Vec<Fact>,
        /// The container that is full by it.
        full: Option<(Level, ContainerNo, ContainerCode)>,
        /// Where the answer goes.
        reply: ReplyTo,
    },
    /// Somebody wants another label template, which was judged.
    LabelOrdered {
        /// Who, as far as the station knows.
        by: Actor,
        /// The signature under it, if it was signed.
        signature: Option<Signature>,
        /// Why.
        reason: Option<String>,
        /// What.
        order: LabelOrder,
        /// Where the answer goes.
        reply: ReplyTo,
    },
    /// Something happened with the people of the station, or shall.
    People {
        /// Who did it.
        by: Actor,
        /// The signature under it, if it was signed.
        signature: Option<Signature>,
        /// Why.
        reason: Option<String>,
        /// What; and the secret that must still be in force then, where one is replaced by its own person.
        change: (PeopleFact, Option<SecretHash>),
        /// Where the answer goes; `None` for what is told and not asked for.
        reply: Option<ReplyTo>,
    },
    /// Time has passed.
    Woken,
}
