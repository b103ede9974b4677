//! What the line wants done. Imperative. PURE.
//!
//! Law 1 is in the types: what permits is a [`Permissive`] and can leave the line only through
//! [`super::hold`], after its record is on disk. What restricts goes out at once.

use super::event::{FrameNo, ReplyTo};
use crate::gs1::Gtin;
use crate::record::{
    Batch, BatchNo, ContainerCode, ContainerNo, CryptoTail, DeviceOrder, LabelText, LaneNo, Level,
    PackNo, PeopleFact, PlcPack, SerialNumber, TemplateHash,
};
use std::sync::Arc;

/// What waits for the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permissive {
    /// Print this pack's label.
    Print {
        /// Which pack.
        plc: PlcPack,
    },
    /// Let this pack pass.
    Pass {
        /// Which pack.
        plc: PlcPack,
    },
    /// Withdraw the latched stop that had this number.
    WithdrawStop {
        /// Of which lane.
        lane: LaneNo,
        /// Number of the stop.
        stop: u64,
    },
    /// Tell a person that it is done.
    Confirm {
        /// Where the answer goes.
        reply: ReplyTo,
    },
    /// Remove the kept pictures of packs up to this one.
    RemovePictures {
        /// The last of these packs.
        through: PackNo,
    },
    /// Have the people of the station be as this says.
    People(PeopleFact),
    /// Print a container's label.
    PrintContainer(ContainerLabel),
    /// Give the printer of packs the template that this record wants, between two packs.
    LoadLabel {
        /// The record.
        order: u64,
    },
    /// Use this template for containers of this level from the next label on.
    UseLabel {
        /// Which level.
        level: Level,
        /// The template.
        label: Arc<LabelText>,
    },
    /// Do with a device what a person ordered.
    Device {
        /// The lane at which it stands, if it stands at one.
        lane: Option<LaneNo>,
        /// Its name in a view.
        device: String,
        /// What.
        order: DeviceOrder,
    },
    /// End the station.
    End,
}

/// A container's label, as it is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerLabel {
    /// The record; the job's ticket.
    pub record: u64,
    /// The container's level.
    pub level: Level,
    /// The template.
    pub template: TemplateHash,
    /// Everything it says, as a bracketed element string.
    pub says: String,
}

/// The levels asserted to the PLC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Levels {
    /// Advances only after a completed turn with a healthy store.
    pub heartbeat: u16,
    /// STATE bits of the contract.
    pub state: u16,
    /// STOP_REASON.
    pub stop_reason: u16,
    /// LAMPS bits.
    pub lamps: u16,
    /// ECHO_PLC_BOOT.
    pub echo_plc_boot: u16,
}

/// What a pack's label says besides what all labels of its batch say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelContent {
    /// This serial, and what a pool gives with it.
    Numbered(SerialNumber, CryptoTail),
    /// Nothing: the batch is lot-only.
    LotOnly,
}

/// What is to be done with a device of a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaneEffect {
    /// Print this pack's label.
    Print {
        /// Which pack; the job's ticket.
        pack: PackNo,
        /// What to print.
        label: LabelContent,
    },
    /// Print a label without symbol: this pack must not carry a number, and the queue must not slip.
    PrintVoid {
        /// Which pack; the job's ticket.
        pack: PackNo,
    },
    /// Put this verdict code into the pack's slot.
    Verdict {
        /// Which pack.
        plc: PlcPack,
        /// Contract code.
        code: u16,
    },
    /// Assert these levels.
    Levels(Levels),
    /// Have the PLC carry out a command.
    PlcExecute {
        /// Comes back in [`super::LaneEvent::PlcDone`].
        ticket: u64,
        /// CMD_CODE.
        code: u16,
        /// CMD_ARG.
        arg: u32,
    },
    /// Use this batch's label from now on (store its format in the printer).
    UseBatch(Box<Batch>),
    /// Clear the printer's queue and read back that it is empty.
    ClearPrinter,
    /// Verify this picture as this pack's.
    Verify {
        /// Which pack.
        pack: PackNo,
        /// Which picture.
        frame: FrameNo,
        /// What was printed on it; `None` for a pack that got no label.
        label: Option<LabelContent>,
    },
    /// Use this template for packs from now on; it goes to the printer with the format of the open batch.
    UseLabel(Arc<LabelText>),
}

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Something with a device of this lane.
    At(LaneNo, LaneEffect),
    /// Use this template for containers of this level from the next label on.
    UseLabel {
        /// Which level.
        level: Level,
        /// The template.
        label: Arc<LabelText>,
    },
    /// This picture is of no use.
    DropFrame(FrameNo),
    /// The pack is rejected: keep the picture that was looked at, if there is one.
    KeepPicture {
        /// Whose picture.
        pack: PackNo,
        /// The batch of the pack.
        batch: Option<BatchNo>,
    },
    /// The picture that was looked at for this pack is not needed any more.
    ForgetPicture(PackNo),
    /// Remove the kept pictures of packs up to this one: the record that says so is on disk.
    RemovePictures {
        /// The last of these packs.
        through: PackNo,
    },
    /// Read numbers of this GTIN's pools ahead.
    ReadNumbers {
        /// Whose pools.
        gtin: Gtin,
        /// From this counter value on.
        from: u64,
        /// So many at most.
        count: u32,
    },
    /// Have it judged what this container's label says, and that it is printed.
    WantLabel {
        /// Which.
        container: ContainerNo,
        /// What it is known by.
        code: ContainerCode,
    },
    /// Print a container's label: its record is on disk.
    PrintContainer(ContainerLabel),
    /// Answer a person.
    Reply {
        /// Where the answer goes.
        reply: ReplyTo,
        /// Done, or what happened and what to do next.
        answer: Result<(), String>,
    },
    /// From here on the people of the station are as this says: its record is on disk.
    People(PeopleFact),
    /// Do with a device what a person ordered: its record is on disk.
    Device {
        /// The lane at which it stands, if it stands at one.
        lane: Option<LaneNo>,
        /// Its name in a view.
        device: String,
        /// What.
        order: DeviceOrder,
    },
    /// End the station.
    End,
}
