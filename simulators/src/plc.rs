//! The PLC: contract 1.0 from the device's side. PURE.
//!
//! It gives packs their ids, keeps the rings, follows the station's heartbeat and applies the gate
//! rule by itself. Points the contract leaves open, as settled here:
//! - DECIDED and the gate ring move when the bin sensor has confirmed where the pack went. DECIDED
//!   is the highest id below which every id is decided, so that it never runs backwards when a pack
//!   without an id overtakes in number.
//! - The station block outlives a PLC restart (retentive memory); CMD_SEQ found there is not
//!   executed.
//! - A purge also takes the START PRINT from the packs it covers, so that they draw no label from
//!   the queue.
//! - FAULTS bit 12 follows the station heartbeat; bits 6 and 15 stay until CMD_CODE 1.

mod contract;
mod gate;
mod map;
mod registers;
mod ring;
pub mod rtu;
#[cfg(test)]
mod test;
pub mod trouble;

use std::{collections::BTreeSet, sync::Arc};

use contract::{Bit, split};
pub use contract::{CONTRACT, Contract};
pub use gate::{Decision, GateInputs, decide, valid_verdict};
pub use map::PlcMap;
use ring::Ring;

use crate::{Tick, tick::NS_PER_MS};

/// PackML state numbers, ISA-TR88 numbering.
pub mod state {
    /// Stopped: waits for a start at the machine.
    pub const STOPPED: u16 = 2;
    /// Execute.
    pub const EXECUTE: u16 = 6;
    /// Held: the station's STOP_REASON is not 0, or its stop was not yet followed by a start at the
    /// machine.
    pub const HELD: u16 = 11;
}

/// The belt stops after this many default rejects with a stale station heartbeat.
pub const STALE_REJECTS_MAX: u32 = 3;
/// PackML mode: production.
const PRODUCTION: u16 = 1;

/// Ring depths and what fits on the belt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlcOptions {
    /// Depth of the verdict ring: 8, 16, 32, 64, 128 or 256.
    pub verdict_depth: u16,
    /// Depth of the event ring.
    pub event_depth: u16,
    /// Depth of the gate ring.
    pub gate_depth: u16,
    /// Most packs between detect and gate.
    pub max_in_flight: u16,
}

impl Default for PlcOptions {
    fn default() -> PlcOptions {
        PlcOptions {
            verdict_depth: 64,
            event_depth: 64,
            gate_depth: 64,
            max_in_flight: 18,
        }
    }
}

/// What survives without power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Retained {
    /// PLC_BOOT; 0 before the very first start.
    pub boot: u16,
    /// CMD_SEQ as last seen.
    pub cmd_seq: u16,
}

/// A pack as the PLC knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackKey {
    /// PLC_BOOT it was given under.
    pub boot: u16,
    /// Its id, from 1.
    pub id: u32,
}

/// A Modbus exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exception {
    /// Code 1: no such function.
    IllegalFunction,
    /// Code 2: no such register, or not to be written.
    IllegalAddress,
    /// Code 3: too many registers.
    IllegalValue,
}

/// What the belt reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Detected,
    PrintDone,
    CameraFired,
    Removed,
    Appeared,
}

const KIND_NAMES: [&str; 5] = [
    "detected",
    "print_done",
    "camera_fired",
    "removed",
    "appeared",
];

/// Where a pack went, for the gate ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Good bin.
    Passed,
    /// Reject bin, by verdict.
    RejectedByVerdict,
    /// Reject bin, by default, with the contract's cause.
    RejectedByDefault(u16),
    /// Should have been rejected, the bin sensor says it was not.
    RejectNotConfirmed,
    /// Taken from the belt before the gate.
    Removed,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::RejectedByVerdict => "rejected_by_verdict",
            Outcome::RejectedByDefault(_) => "rejected_by_default",
            Outcome::RejectNotConfirmed => "reject_not_confirmed",
            Outcome::Removed => "removed",
        }
    }

    /// The contract's outcome code.
    #[must_use]
    pub fn code(self) -> u16 {
        CONTRACT.code("outcome", self.name())
    }

    /// The codes of outcome and cause in this map.
    fn codes(self, map: &PlcMap) -> (u16, u16) {
        let causes = ["no_verdict", "heartbeat_stale", "boot_echo_wrong", "purge"];
        let named = |name: &&str| CONTRACT.code("default_cause", name) == self.cause();
        let cause = causes.into_iter().find(named);
        let cause = cause.map_or(self.cause(), |name| map.code("default_cause", name));
        (map.code("outcome", self.name()), cause)
    }

    /// The contract's default cause; 0 for anything but a default reject.
    #[must_use]
    pub fn cause(self) -> u16 {
        if let Outcome::RejectedByDefault(cause) = self {
            cause
        } else {
            0
        }
    }
}

/// Counts since this boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Packs passed.
    pub passed: u32,
    /// Packs rejected, by default or by verdict.
    pub rejected: u32,
    /// Packs rejected by default.
    pub defaulted: u32,
    /// Rejects that did not reach the reject bin.
    pub unconfirmed: u32,
    /// Packs removed.
    pub removed: u32,
}

/// The PLC.
#[derive(Debug)]
pub struct Plc {
    options: PlcOptions,
    map: Arc<PlcMap>,
    boot: u16,
    heartbeat: u16,
    state: u16,
    faults: u32,
    /// Packs per minute, as the belt sets it.
    pub rate: u16,
    /// The encoder, as the belt sets it.
    pub encoder: u32,
    entered: u32,
    events: u32,
    kinds: [u16; 5],
    decided: u32,
    decided_ahead: BTreeSet<u32>,
    counts: Counts,
    ack: (u16, u16),
    cmd_seq: u16,
    purge_below: u32,
    stale_rejects: u32,
    challenge: bool,
    station: Vec<u16>,
    station_trusted: bool,
    beat_at: Option<Tick>,
    heard_at: Option<Tick>,
    next_beat: Tick,
    now: Tick,
    event_ring: Ring,
    gate_ring: Ring,
    verdict_ring: Ring,
    fresh_verdicts: Vec<(PackKey, Tick)>,
}

impl Plc {
    /// Switches the PLC on: its boot number is one more than the last, its belt stands.
    #[must_use]
    pub fn new(options: PlcOptions, retained: Retained) -> Plc {
        Plc::with_map(options, Arc::default(), retained)
    }

    /// The same with its registers at other places.
    #[must_use]
    pub fn with_map(options: PlcOptions, map: Arc<PlcMap>, retained: Retained) -> Plc {
        for depth in [
            options.verdict_depth,
            options.event_depth,
            options.gate_depth,
        ] {
            assert!(
                CONTRACT.depths.contains(&depth),
                "ring depth {depth} is in the contract"
            );
        }
        Plc {
            boot: next_boot(retained.boot),
            heartbeat: 0,
            state: state::STOPPED,
            faults: 0,
            rate: 0,
            encoder: 0,
            entered: 0,
            events: 0,
            kinds: [0; 5],
            decided: 0,
            decided_ahead: BTreeSet::new(),
            counts: Counts::default(),
            ack: (retained.cmd_seq, 0),
            cmd_seq: retained.cmd_seq,
            purge_below: 0,
            stale_rejects: 0,
            challenge: false,
            station: vec![0; map.station_block.len()],
            station_trusted: false,
            beat_at: None,
            heard_at: None,
            next_beat: Tick::default(),
            now: Tick::default(),
            event_ring: Ring::new(&map, "event", options.event_depth),
            gate_ring: Ring::new(&map, "gate", options.gate_depth),
            verdict_ring: Ring::new(&map, "verdict", options.verdict_depth),
            fresh_verdicts: Vec::new(),
            map,
            options,
        }
    }

    /// What has to be kept over a power loss.
    #[must_use]
    pub fn retained(&self) -> Retained {
        Retained {
            boot: self.boot,
            cmd_seq: self.cmd_seq,
        }
    }

    /// A restart: a new boot number, everything forgotten but the retentive station block and
    /// command number.
    pub fn restart(&mut self) {
        let station = std::mem::take(&mut self.station);
        let (beat_at, heard_at, now) = (self.beat_at, self.heard_at, self.now);
        let (rate, encoder) = (self.rate, self.encoder);
        *self = Plc {
            station,
            rate,
            encoder,
            ..Plc::with_map(self.options, Arc::clone(&self.map), self.retained())
        };
        (self.beat_at, self.heard_at, self.now) = (beat_at, heard_at, now);
        self.next_beat = now;
        self.station_trusted = self.station_says_ready();
    }

    /// PLC_BOOT.
    #[must_use]
    pub fn boot(&self) -> u16 {
        self.boot
    }

    /// One scan of the program: heartbeat, stop, faults that follow a condition.
    pub fn scan(&mut self, now: Tick) {
        self.now = now;
        while self.next_beat <= now {
            self.heartbeat = self.heartbeat.wrapping_add(1);
            self.next_beat = self.next_beat.plus_ms(CONTRACT.heartbeat_ms);
        }
        let stale = !self.heartbeat_fresh();
        self.set_fault(CONTRACT.bit.faults.station_heartbeat_lost, stale);
        if !stale {
            self.stale_rejects = 0;
        }
        if self.stop_reason() != 0 && self.state == state::EXECUTE {
            self.state = state::HELD;
        }
    }

    /// Raises or clears a fault bit of the contract.
    pub fn set_fault(&mut self, bit: Bit, on: bool) {
        if on {
            self.faults |= bit.0;
        } else {
            self.faults &= !bit.0;
        }
    }

    /// FAULTS.
    #[must_use]
    pub fn faults(&self) -> u32 {
        self.faults
    }

    /// `true` while the belt may move.
    #[must_use]
    pub fn running(&self) -> bool {
        self.state == state::EXECUTE
    }

    /// STATE.
    #[must_use]
    pub fn state(&self) -> u16 {
        self.state
    }

    /// The start button: the belt moves if no stop, no fault and a live station allow it.
    pub fn press_start(&mut self) -> Result<(), &'static str> {
        if self.stop_reason() != 0 {
            return Err("The station holds the belt (STOP_REASON is not 0).");
        }
        if !self.heartbeat_fresh() {
            return Err("No station is alive (its heartbeat does not move).");
        }
        if self.faults != 0 {
            return Err("A fault stands in the PLC; clear its cause first.");
        }
        self.state = state::EXECUTE;
        self.stale_rejects = 0;
        Ok(())
    }

    /// The stop button, or a stop of the PLC's own.
    pub fn stop(&mut self) {
        self.state = state::STOPPED;
    }

    /// What the station wrote into this register of its block.
    fn station_register(&self, register: u16) -> u16 {
        self.station[usize::from(register - self.map.station_block.start())]
    }

    fn station_word(&self, name: &str) -> u16 {
        let long = self
            .map
            .station(name, |register| self.station_register(register));
        (long & 0xFFFF) as u16
    }

    fn station_says_ready(&self) -> bool {
        self.map.ready(|register| self.station_register(register))
    }

    /// STOP_REASON.
    #[must_use]
    pub fn stop_reason(&self) -> u16 {
        self.station_word("STOP_REASON")
    }

    fn heartbeat_fresh(&self) -> bool {
        let stale_ns = CONTRACT.heartbeat_stale_ms * NS_PER_MS;
        self.beat_at
            .is_some_and(|at| self.now.since_ns(at) <= stale_ns)
    }

    /// When any request of a station last came.
    #[must_use]
    pub fn heard_at(&self) -> Option<Tick> {
        self.heard_at
    }

    /// When the station's heartbeat last changed.
    #[must_use]
    pub fn beat_at(&self) -> Option<Tick> {
        self.beat_at
    }

    /// `true` while the station's heartbeat is fresh.
    #[must_use]
    pub fn station_alive(&self) -> bool {
        self.heartbeat_fresh()
    }

    /// `true` when the station is alive, ready, works with this boot and asks for no stop.
    #[must_use]
    pub fn station_ready(&self) -> bool {
        self.heartbeat_fresh()
            && self.station_trusted
            && self.station_says_ready()
            && self.station_word("ECHO_PLC_BOOT") == self.boot
            && self.stop_reason() == 0
    }

    /// Product detect: the pack gets its id.
    pub fn detect(&mut self) -> PackKey {
        self.entered += 1;
        let key = PackKey {
            boot: self.boot,
            id: self.entered,
        };
        self.event(Kind::Detected, key);
        key
    }

    /// A sensor sees a pack nothing is expected of: it gets a new id and is always rejected.
    pub fn appeared(&mut self) -> PackKey {
        self.entered += 1;
        let key = PackKey {
            boot: self.boot,
            id: self.entered,
        };
        self.event(Kind::Appeared, key);
        key
    }

    /// END PRINT seen for this pack.
    pub fn print_done(&mut self, key: PackKey) {
        self.event(Kind::PrintDone, key);
    }

    /// The camera was fired for this pack.
    pub fn camera_fired(&mut self, key: PackKey) {
        self.event(Kind::CameraFired, key);
    }

    /// A sensor expected this pack and does not see it.
    pub fn missed(&mut self, key: PackKey) {
        self.event(Kind::Removed, key);
    }

    fn event(&mut self, kind: Kind, key: PackKey) {
        if key.boot != self.boot {
            return;
        }
        let number = kind as usize;
        self.kinds[number] = self.kinds[number].wrapping_add(1);
        self.events += 1;
        let code = self.map.code("kind", KIND_NAMES[number]);
        let ([id_high, id_low], [high, low]) =
            (split(key.id), split(self.map.encoder_raw(self.encoder)));
        let entry = [
            key.boot,
            id_high,
            id_low,
            code,
            self.kinds[number],
            high,
            low,
        ];
        self.event_ring.put(self.events, &entry);
    }

    /// `true` when a purge covers this pack: it gets no START PRINT and no pass.
    #[must_use]
    pub fn purged(&self, key: PackKey) -> bool {
        key.boot == self.boot && key.id < self.purge_below
    }

    /// The verdict that stands for this pack, if its slot is valid.
    #[must_use]
    pub fn verdict(&self, key: PackKey) -> Option<u16> {
        let slot = self.verdict_slot(key.id);
        if key.boot == self.boot {
            valid_verdict(&slot, self.boot, key.id)
        } else {
            None
        }
    }

    fn verdict_slot(&self, id: u32) -> [u16; 5] {
        let slot = self.verdict_ring.slot(id);
        std::array::from_fn(|word| slot[word])
    }

    /// The gate rule for this pack.
    #[must_use]
    pub fn decide(&self, key: PackKey, appeared: bool) -> Decision {
        gate::decide(&GateInputs {
            slot: self.verdict_slot(key.id),
            boot: self.boot,
            id: key.id,
            heartbeat_fresh: self.heartbeat_fresh(),
            echo_plc_boot: self.station_word("ECHO_PLC_BOOT"),
            purged: self.purged(key),
            station_trusted: self.station_trusted,
            appeared,
        })
    }

    /// The bin sensor confirmed: the pack is decided.
    pub fn settle(&mut self, key: PackKey, outcome: Outcome) {
        if key.boot != self.boot {
            return;
        }
        let [high, low] = split(key.id);
        let (code, cause) = outcome.codes(&self.map);
        let entry = [key.boot, high, low, code, cause];
        self.gate_ring.put(key.id, &entry);
        match outcome {
            Outcome::Passed => self.counts.passed += 1,
            Outcome::RejectedByVerdict => self.counts.rejected += 1,
            Outcome::RejectedByDefault(cause) => {
                self.counts.rejected += 1;
                self.counts.defaulted += 1;
                self.count_stale(cause);
            }
            Outcome::RejectNotConfirmed => {
                self.counts.unconfirmed += 1;
                self.set_fault(CONTRACT.bit.faults.reject_not_confirmed, true);
                self.set_fault(CONTRACT.bit.faults.wrong_bin, true);
                self.stop();
            }
            Outcome::Removed => self.counts.removed += 1,
        }
        self.decided_ahead.insert(key.id);
        while self.decided_ahead.remove(&(self.decided + 1)) {
            self.decided += 1;
        }
    }

    /// The bin sensors saw a passed pack in the reject bin.
    pub fn shut_in(&mut self) {
        self.set_fault(CONTRACT.bit.faults.wrong_bin, true);
        self.stop();
    }

    fn count_stale(&mut self, cause: u16) {
        if cause == CONTRACT.code("default_cause", "heartbeat_stale") {
            self.stale_rejects += 1;
            if self.stale_rejects >= STALE_REJECTS_MAX {
                self.stop();
            }
        }
    }

    /// Counts since this boot.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// ENTERED: the last pack id given.
    #[must_use]
    pub fn entered(&self) -> u32 {
        self.entered
    }

    /// Takes a challenge the station asked for: the next pack is to be known bad.
    pub fn take_challenge(&mut self) -> bool {
        std::mem::take(&mut self.challenge)
    }

    /// Verdicts that became valid since the last call, with the moment of the write.
    pub fn take_fresh_verdicts(&mut self) -> Vec<(PackKey, Tick)> {
        std::mem::take(&mut self.fresh_verdicts)
    }
}

fn next_boot(boot: u16) -> u16 {
    boot.checked_add(1).unwrap_or(1)
}
