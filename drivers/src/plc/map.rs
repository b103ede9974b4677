//! The register map of contract 1.0, loaded from its table file, and the words it turns into. PURE.
//!
//! Addresses, codes and bits stand in `templates/plc/contract-1.0.toml` alone; the simulated PLC is
//! written from the same table, on its own. A table that does not say everything this file needs is
//! an error with a name.

mod codes;
mod entries;
mod sizing;
mod table;

pub use codes::{CommandCode, CommandStatus, FAULT_BITS, VerdictCode};
pub use entries::{Absent, VerdictEntry};
pub use sizing::{SizingError, sizing};
pub use table::MapError;

use crate::Fault;
use crate::plc::{DefaultCause, PlcEventKind, PlcHeader, StationLevels};
use std::sync::OnceLock;

/// The table file of contract 1.0, as it is built in.
pub const CONTRACT_TABLE: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../templates/plc/contract-1.0.toml"
));

/// The contract as addresses and codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map {
    /// MAP_VERSION.
    pub version: u16,
    /// MAGIC.
    pub magic: [u16; 2],
    /// What the XOR of an entry's other words is XORed with to give its check word.
    pub check_xor: u16,
    /// Most registers one request may read.
    pub read_max: u16,
    /// Most registers one request may write.
    pub write_max: u16,
    /// The PLC's heartbeat advances this often, in milliseconds.
    pub heartbeat_ms: u64,
    /// A heartbeat is stale after this long without a change, in milliseconds.
    pub heartbeat_stale_ms: u64,
    /// Allowed ring depths.
    pub depths: Vec<u16>,
    /// First register and length of the PLC's header.
    pub header: Span,
    /// First register and length of what the station writes every cycle.
    pub station: Span,
    pub(crate) plc_at: PlcRegisters,
    pub(crate) station_at: StationRegisters,
    pub(crate) event: EventRing,
    pub(crate) gate: GateRing,
    pub(crate) verdict: VerdictRing,
    pub(crate) outcomes: [u16; 6],
    pub(crate) causes: [(u16, DefaultCause); 4],
    pub(crate) kinds: [(u16, PlcEventKind); 5],
}

/// A run of registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First register.
    pub first: u16,
    /// How many.
    pub count: u16,
}

/// Registers of the PLC's header; a u32 is named by its high word, which stands first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlcRegisters {
    pub magic: u16,
    pub version: u16,
    pub boot: u16,
    pub heartbeat: u16,
    pub state: u16,
    pub mode: u16,
    pub faults: u16,
    pub rate: u16,
    pub encoder: u16,
    pub entered: u16,
    pub events: u16,
    pub decided: u16,
    pub passed: u16,
    pub rejected: u16,
    pub defaulted: u16,
    pub unconfirmed: u16,
    pub removed: u16,
    pub ack_seq: u16,
    pub ack_status: u16,
    pub echo_heartbeat: u16,
    pub echo_station_boot: u16,
    pub verdict_depth: u16,
    pub event_depth: u16,
    pub gate_depth: u16,
    pub max_in_flight: u16,
}

/// Registers of the station's block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StationRegisters {
    pub boot: u16,
    pub heartbeat: u16,
    pub state: u16,
    pub stop_reason: u16,
    pub lamps: u16,
    pub cmd_seq: u16,
    pub cmd_code: u16,
    pub cmd_arg: u16,
    pub echo_plc_boot: u16,
    pub verdicts: u16,
}

/// Base, entry length and word positions of the event ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventRing {
    pub base: u16,
    pub words: u16,
    pub boot: usize,
    pub id: [usize; 2],
    pub kind: usize,
    pub count: usize,
    pub encoder: [usize; 2],
    pub check: usize,
}

/// Base, entry length and word positions of the gate ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GateRing {
    pub base: u16,
    pub words: u16,
    pub boot: usize,
    pub id: [usize; 2],
    pub outcome: usize,
    pub cause: usize,
    pub check: usize,
}

/// Base, entry length and word positions of the verdict ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VerdictRing {
    pub base: u16,
    pub words: u16,
    pub boot: usize,
    pub id: [usize; 2],
    pub verdict: usize,
    pub check: usize,
}

/// The command registers CMD_SEQ, CMD_CODE and CMD_ARG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CommandRegisters {
    /// CMD_SEQ.
    pub seq: u16,
    /// CMD_CODE; 0 when no command is under way.
    pub code: u16,
    /// CMD_ARG.
    pub arg: u32,
}

impl Map {
    /// The contract that is built in.
    ///
    /// # Errors
    /// Names what the table file lacks or says twice.
    pub fn contract() -> Result<&'static Map, MapError> {
        static CONTRACT: OnceLock<Result<Map, MapError>> = OnceLock::new();
        match CONTRACT.get_or_init(|| Map::parse(CONTRACT_TABLE)) {
            Ok(map) => Ok(map),
            Err(error) => Err(error.clone()),
        }
    }

    /// A map from the text of a table file.
    ///
    /// # Errors
    /// Names what the table lacks or says twice.
    pub fn parse(text: &str) -> Result<Map, MapError> {
        table::parse(text)
    }

    /// Decodes the header read from [`Map::header`].
    ///
    /// # Errors
    /// [`Fault::Garbled`] for a wrong length; [`Fault::WrongDevice`] when magic, version, boot or a
    /// ring depth is not the contract's.
    pub fn decode_header(&self, words: &[u16]) -> Result<PlcHeader, Fault> {
        if words.len() != usize::from(self.header.count) {
            let found = words.len();
            return Err(Fault::Garbled(format!("a header of {found} registers")));
        }
        let at = &self.plc_at;
        let word = |register: u16| words[usize::from(register - self.header.first)];
        let long = |register: u16| u32_of(word(register), word(register + 1));
        let wrong = |what: &str, expected: String, found: String| Fault::WrongDevice {
            expected: format!("a PLC with {what} {expected}"),
            found,
        };
        let magic = [word(at.magic), word(at.magic + 1)];
        if magic != self.magic {
            return Err(wrong("the magic", hex(&self.magic), hex(&magic)));
        }
        if word(at.version) != self.version {
            let found = hex(&[word(at.version)]);
            return Err(wrong("map version", hex(&[self.version]), found));
        }
        if word(at.boot) == 0 {
            return Err(wrong("a boot number", "that is not 0".into(), "0".into()));
        }
        for (name, register) in [
            ("VERDICT_DEPTH", at.verdict_depth),
            ("EVENT_DEPTH", at.event_depth),
            ("GATE_DEPTH", at.gate_depth),
        ] {
            if !self.depths.contains(&word(register)) {
                let expected = format!("one of {:?}", self.depths);
                return Err(wrong(name, expected, word(register).to_string()));
            }
        }
        Ok(PlcHeader {
            boot: word(at.boot),
            heartbeat: word(at.heartbeat),
            state: word(at.state),
            mode: word(at.mode),
            faults: long(at.faults),
            rate: word(at.rate),
            encoder: long(at.encoder),
            entered: long(at.entered),
            events: long(at.events),
            decided: long(at.decided),
            passed: long(at.passed),
            rejected: long(at.rejected),
            defaulted: long(at.defaulted),
            unconfirmed: long(at.unconfirmed),
            removed: long(at.removed),
            ack_seq: word(at.ack_seq),
            ack_status: word(at.ack_status),
            echo_heartbeat: word(at.echo_heartbeat),
            echo_station_boot: word(at.echo_station_boot),
            verdict_depth: word(at.verdict_depth),
            event_depth: word(at.event_depth),
            gate_depth: word(at.gate_depth),
            max_in_flight: word(at.max_in_flight),
        })
    }

    /// The registers a PLC with this header shows from [`Map::header`] on.
    pub fn encode_header(&self, header: &PlcHeader) -> Vec<u16> {
        let mut words = vec![0; usize::from(self.header.count)];
        let mut put = |register: u16, word: u16| {
            words[usize::from(register - self.header.first)] = word;
        };
        let at = &self.plc_at;
        put(at.magic, self.magic[0]);
        put(at.magic + 1, self.magic[1]);
        for (register, word) in [
            (at.version, self.version),
            (at.boot, header.boot),
            (at.heartbeat, header.heartbeat),
            (at.state, header.state),
            (at.mode, header.mode),
            (at.rate, header.rate),
            (at.ack_seq, header.ack_seq),
            (at.ack_status, header.ack_status),
            (at.echo_heartbeat, header.echo_heartbeat),
            (at.echo_station_boot, header.echo_station_boot),
            (at.verdict_depth, header.verdict_depth),
            (at.event_depth, header.event_depth),
            (at.gate_depth, header.gate_depth),
            (at.max_in_flight, header.max_in_flight),
        ] {
            put(register, word);
        }
        for (register, long) in [
            (at.faults, header.faults),
            (at.encoder, header.encoder),
            (at.entered, header.entered),
            (at.events, header.events),
            (at.decided, header.decided),
            (at.passed, header.passed),
            (at.rejected, header.rejected),
            (at.defaulted, header.defaulted),
            (at.unconfirmed, header.unconfirmed),
            (at.removed, header.removed),
        ] {
            let [high, low] = words_of(long);
            put(register, high);
            put(register + 1, low);
        }
        words
    }

    /// What the station writes from [`Map::station`] on, in one request.
    pub fn encode_station(
        &self,
        levels: &StationLevels,
        command: CommandRegisters,
        verdicts: u32,
    ) -> Vec<u16> {
        let mut words = vec![0; usize::from(self.station.count)];
        let mut put = |register: u16, word: u16| {
            words[usize::from(register - self.station.first)] = word;
        };
        let at = &self.station_at;
        for (register, word) in [
            (at.boot, levels.station_boot),
            (at.heartbeat, levels.heartbeat),
            (at.state, levels.state),
            (at.stop_reason, levels.stop_reason),
            (at.lamps, levels.lamps),
            (at.echo_plc_boot, levels.echo_plc_boot),
            (at.cmd_seq, command.seq),
            (at.cmd_code, command.code),
        ] {
            put(register, word);
        }
        for (register, long) in [(at.cmd_arg, command.arg), (at.verdicts, verdicts)] {
            let [high, low] = words_of(long);
            put(register, high);
            put(register + 1, low);
        }
        words
    }

    /// The reverse of [`Map::encode_station`]; `None` for a wrong length.
    pub fn decode_station(&self, words: &[u16]) -> Option<(StationLevels, CommandRegisters, u32)> {
        if words.len() != usize::from(self.station.count) {
            return None;
        }
        let at = &self.station_at;
        let word = |register: u16| words[usize::from(register - self.station.first)];
        let long = |register: u16| u32_of(word(register), word(register + 1));
        let levels = StationLevels {
            station_boot: word(at.boot),
            heartbeat: word(at.heartbeat),
            state: word(at.state),
            stop_reason: word(at.stop_reason),
            lamps: word(at.lamps),
            echo_plc_boot: word(at.echo_plc_boot),
        };
        let command = CommandRegisters {
            seq: word(at.cmd_seq),
            code: word(at.cmd_code),
            arg: long(at.cmd_arg),
        };
        Some((levels, command, long(at.verdicts)))
    }
}

/// A u32 from its registers, high word first.
pub(crate) fn u32_of(high: u16, low: u16) -> u32 {
    (u32::from(high) << 16) | u32::from(low)
}

/// The registers of a u32, high word first.
pub(crate) fn words_of(long: u32) -> [u16; 2] {
    [(long >> 16) as u16, (long & 0xFFFF) as u16]
}

fn hex(words: &[u16]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("0x{word:04X}")).collect();
    words.join(" ")
}

#[cfg(test)]
mod test;
