//! The PLC: the contract 1.0 as types, its register map, and the session that keeps both sides in
//! step.
//!
//! `address`, `look`, `map`, `rtu` (but for its line) and `session` are PURE; `modbus` carries requests, over TCP with
//! tokio-modbus.

pub mod address;
pub mod look;
pub mod map;
pub mod modbus;
pub mod rtu;
pub mod session;

use crate::{Fault, Tick};

/// One of Modbus's two tables of registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum RegisterTable {
    /// Holding registers: function 3 reads them, function 16 writes them.
    #[default]
    Holding,
    /// Input registers: function 4 reads them, nobody but the PLC writes them.
    Input,
}

/// One register request. Never more than 125 registers read or 123 written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlcRequest {
    /// Read `count` registers from `address`.
    Read {
        /// Of which table.
        table: RegisterTable,
        /// First register.
        address: u16,
        /// How many.
        count: u16,
    },
    /// Write these words into holding registers from `address` on.
    Write {
        /// First register.
        address: u16,
        /// The words.
        words: Vec<u16>,
    },
}

/// The answer to the one outstanding request. Anything else (exception, wrong length, time-out)
/// drops the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlcAnswer {
    /// The words read.
    Words(Vec<u16>),
    /// The write was confirmed.
    Written,
}

/// The PLC's header, registers 0–39, decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlcHeader {
    /// PLC_BOOT: +1 at every start and every tracking reset, never 0.
    pub boot: u16,
    /// HEARTBEAT, +1 every 100 ms.
    pub heartbeat: u16,
    /// PackML state, ISA-TR88 numbering (6 = Execute).
    pub state: u16,
    /// PackML mode (1 = Production).
    pub mode: u16,
    /// FAULTS bits; see [`map::FAULT_BITS`].
    pub faults: u32,
    /// Packs per minute.
    pub rate: u16,
    /// Encoder, wraps.
    pub encoder: u32,
    /// Last pack id given.
    pub entered: u32,
    /// Running number of the last event-ring entry.
    pub events: u32,
    /// Last pack id decided at the gate.
    pub decided: u32,
    /// Packs passed since this boot.
    pub passed: u32,
    /// Packs rejected since this boot, defaulted ones included.
    pub rejected: u32,
    /// Packs rejected by default since this boot.
    pub defaulted: u32,
    /// Rejects not confirmed since this boot.
    pub unconfirmed: u32,
    /// Packs removed since this boot.
    pub removed: u32,
    /// CMD_ACK_SEQ.
    pub ack_seq: u16,
    /// CMD_STATUS: 0 ok, 1 refused, 2 unknown code, 3 busy.
    pub ack_status: u16,
    /// The station heartbeat the PLC last saw.
    pub echo_heartbeat: u16,
    /// The station boot the PLC last saw.
    pub echo_station_boot: u16,
    /// Depth of the verdict ring.
    pub verdict_depth: u16,
    /// Depth of the event ring.
    pub event_depth: u16,
    /// Depth of the gate ring.
    pub gate_depth: u16,
    /// Most packs that fit between detect and gate.
    pub max_in_flight: u16,
}

/// What an event-ring entry tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlcEventKind {
    /// 1: a pack was detected at the print position.
    Detected,
    /// 2: END PRINT seen for this pack.
    PrintDone,
    /// 3: the camera was fired for this pack.
    CameraFired,
    /// 4: expected at a sensor, not there.
    Removed,
    /// 5: appeared without an id; got a new one; is always rejected.
    Appeared,
}

/// One entry of the event ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlcRingEvent {
    /// PLC_BOOT of the entry.
    pub boot: u16,
    /// Pack id.
    pub id: u32,
    /// What happened.
    pub kind: PlcEventKind,
    /// How many of that kind since boot, mod 65536.
    pub count: u16,
    /// Encoder at the event.
    pub encoder: u32,
}

/// Where a pack went at the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GateOutcome {
    /// 1: passed.
    Passed,
    /// 2: rejected by verdict.
    RejectedByVerdict,
    /// 3: rejected by default, with the PLC's cause.
    RejectedByDefault(DefaultCause),
    /// 4: the reject was not confirmed.
    RejectNotConfirmed,
    /// 5: removed before the gate.
    Removed,
    /// 6: passed while the bypass key was on.
    PassedInBypass,
}

/// Why the PLC rejected by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DefaultCause {
    /// 1: no verdict in the slot.
    NoVerdict,
    /// 2: station heartbeat stale.
    HeartbeatStale,
    /// 3: ECHO_PLC_BOOT wrong.
    BootEchoWrong,
    /// 4: a purge covered the id.
    Purge,
}

/// One entry of the gate ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlcGateEntry {
    /// PLC_BOOT of the entry.
    pub boot: u16,
    /// Pack id.
    pub id: u32,
    /// Where it went.
    pub outcome: GateOutcome,
}

/// What the station asserts to the PLC every cycle (registers 100–104 and 109; the session adds
/// commands and VERDICTS).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StationLevels {
    /// STATION_BOOT: random, never 0, new at each start.
    pub station_boot: u16,
    /// HEARTBEAT: advanced by the line only after a completed turn with a healthy store.
    pub heartbeat: u16,
    /// STATE bits: 0 ready, 1 printer, 2 camera, 3 store, 4 numbers low, 5 maintenance.
    pub state: u16,
    /// STOP_REASON: the PLC stops while this is not 0.
    pub stop_reason: u16,
    /// LAMPS bits: 0 red, 1 yellow, 2 blue, 3 green, 4 white, 5 horn.
    pub lamps: u16,
    /// ECHO_PLC_BOOT: the boot the station works with.
    pub echo_plc_boot: u16,
}

/// What the station may ask of the PLC session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlcCommand {
    /// The levels to assert from now on (rewritten every cycle).
    Levels(StationLevels),
    /// Put a verdict (contract code 1–15) into this pack's slot, at once. Ignored if `boot` is not
    /// the present one.
    Verdict {
        /// PLC_BOOT the pack belongs to.
        boot: u16,
        /// Pack id.
        id: u32,
        /// Verdict code.
        code: u16,
    },
    /// Execute a command (CMD_CODE 1–6) once; acknowledged by [`PlcEvent::Acknowledged`] with the
    /// same ticket.
    Execute {
        /// The station's number for it.
        ticket: u64,
        /// CMD_CODE.
        code: u16,
        /// CMD_ARG.
        arg: u32,
    },
}

/// What the PLC told, as the station understands it. Within one cycle: header first, then events,
/// then gate entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlcEvent {
    /// The link came up (state was read again and is trusted) or went down.
    Link(bool),
    /// The header, once a cycle, before any write of this cycle.
    Header {
        /// What it says.
        header: PlcHeader,
        /// When it was asked for: whatever it does not tell of happened later.
        asked_at: Tick,
    },
    /// A new PLC_BOOT was seen: every verdict is void. `old` is `None` at the first contact.
    Booted {
        /// The boot known before.
        old: Option<u16>,
        /// The boot now.
        new: u16,
    },
    /// A new event-ring entry, in running order.
    Ring(PlcRingEvent),
    /// Event entries `from..=to` (running numbers) were overwritten before they were read.
    EventsLost {
        /// First lost.
        from: u32,
        /// Last lost.
        to: u32,
    },
    /// A new gate-ring entry, in order of pack ids.
    Gate(PlcGateEntry),
    /// Gate entries of pack ids `from..=to` of this boot were overwritten or never written: their
    /// fate is unknown.
    GateLost {
        /// First lost id.
        from: u32,
        /// Last lost id.
        to: u32,
    },
    /// The verdict of this pack stands in the ring (the write was confirmed).
    VerdictWritten {
        /// PLC_BOOT.
        boot: u16,
        /// Pack id.
        id: u32,
    },
    /// A command was acknowledged; `status` is CMD_STATUS.
    Acknowledged {
        /// The ticket given.
        ticket: u64,
        /// 0 ok, 1 refused, 2 unknown code, 3 busy.
        status: u16,
    },
    /// Something is wrong with the PLC or its link.
    Fault(Fault),
}
