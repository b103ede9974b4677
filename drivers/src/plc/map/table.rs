//! Reads the table file into a [`Map`] and refuses a table that is incomplete or contradicts
//! itself. PURE.

use super::codes::{CAUSES, KINDS, OUTCOMES};
use super::{
    CommandCode, CommandStatus, EventRing, FAULT_BITS, GateRing, Map, PlcRegisters, Span,
    StationRegisters, VerdictCode, VerdictRing,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// What is wrong with a table file, naming the entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapError(pub String);

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The PLC contract's table cannot be used: {}", self.0)
    }
}

impl std::error::Error for MapError {}

type Numbers = BTreeMap<String, u16>;
type Registers = BTreeMap<String, [u16; 2]>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    version: u16,
    magic: [u16; 2],
    check_xor: u16,
    read_max: u16,
    write_max: u16,
    heartbeat_ms: u64,
    heartbeat_stale_ms: u64,
    depths: Vec<u16>,
    plc: Registers,
    station: Registers,
    ring: BTreeMap<String, RingTable>,
    code: BTreeMap<String, Numbers>,
    bit: BTreeMap<String, Numbers>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RingTable {
    base: u16,
    words: Vec<String>,
}

fn error<T>(text: String) -> Result<T, MapError> {
    Err(MapError(text))
}

pub(super) fn parse(text: &str) -> Result<Map, MapError> {
    let table: Table = toml::from_str(text).map_err(|e| MapError(e.message().to_owned()))?;
    if table.depths.is_empty() || table.depths.contains(&0) {
        return error("`depths` is empty or holds 0.".into());
    }
    agree(
        &table,
        "verdict",
        VerdictCode::ALL.iter().map(|c| (c.name(), c.code())),
    )?;
    agree(
        &table,
        "command",
        CommandCode::ALL.iter().map(|c| (c.name(), c.code())),
    )?;
    let statuses = CommandStatus::ALL.iter().map(|c| (c.name(), c.code()));
    agree(&table, "command_status", statuses)?;
    fault_bits(&table)?;
    let mut kinds = [(0, KINDS[0].1); KINDS.len()];
    for (slot, (name, kind)) in kinds.iter_mut().zip(KINDS) {
        *slot = (code(&table, "kind", name, KINDS.len())?, kind);
    }
    let mut causes = [(0, CAUSES[0].1); CAUSES.len()];
    for (slot, (name, cause)) in causes.iter_mut().zip(CAUSES) {
        *slot = (code(&table, "default_cause", name, CAUSES.len())?, cause);
    }
    let mut outcomes = [0; OUTCOMES.len()];
    for (slot, name) in outcomes.iter_mut().zip(OUTCOMES) {
        *slot = code(&table, "outcome", name, OUTCOMES.len())?;
    }
    let map = Map {
        version: table.version,
        magic: table.magic,
        check_xor: table.check_xor,
        read_max: table.read_max,
        write_max: table.write_max,
        heartbeat_ms: table.heartbeat_ms,
        heartbeat_stale_ms: table.heartbeat_stale_ms,
        plc_at: plc_registers(&table.plc)?,
        station_at: station_registers(&table.station)?,
        header: span("plc", &table.plc, &[])?,
        // The reserved words behind VERDICTS are not written every cycle.
        station: span("station", &table.station, &["RESERVED"])?,
        event: event_ring(&table)?,
        gate: gate_ring(&table)?,
        verdict: verdict_ring(&table)?,
        depths: table.depths,
        outcomes,
        causes,
        kinds,
    };
    if map.header.count > map.read_max || map.station.count > map.write_max {
        return error("a block is longer than one request may carry.".into());
    }
    rings_apart(&map)?;
    Ok(map)
}

/// The smallest run of registers that holds the block; overlapping fields are an error.
fn span(block: &str, fields: &Registers, without: &[&str]) -> Result<Span, MapError> {
    let mut taken: Vec<(u16, u16, &str)> = Vec::new();
    for (name, [register, words]) in fields {
        if !without.contains(&name.as_str()) {
            taken.push((*register, *words, name));
        }
    }
    taken.sort_unstable();
    for pair in taken.windows(2) {
        let ((first, words, a), (second, _, b)) = (pair[0], pair[1]);
        if u32::from(first) + u32::from(words) > u32::from(second) {
            return error(format!("[{block}] {a} and {b} overlap."));
        }
    }
    let (Some(first), Some(last)) = (taken.first(), taken.last()) else {
        return error(format!("[{block}] is empty."));
    };
    let Some(end) = last.0.checked_add(last.1) else {
        return error(format!("[{block}] {} lies beyond register 65535.", last.2));
    };
    Ok(Span {
        first: first.0,
        count: end - first.0,
    })
}

/// Every ring, at its deepest, must end before the next begins.
fn rings_apart(map: &Map) -> Result<(), MapError> {
    let deepest = u32::from(map.depths.iter().copied().max().unwrap_or(0));
    let mut rings = [
        (
            u32::from(map.event.base),
            u32::from(map.event.words),
            "event",
        ),
        (u32::from(map.gate.base), u32::from(map.gate.words), "gate"),
        (
            u32::from(map.verdict.base),
            u32::from(map.verdict.words),
            "verdict",
        ),
    ];
    rings.sort_unstable();
    for (index, (base, words, name)) in rings.iter().enumerate() {
        let end = base + words * deepest;
        let limit = rings.get(index + 1).map_or(65_536, |next| next.0);
        if end > limit {
            return error(format!("[ring.{name}] runs into what lies behind it."));
        }
    }
    Ok(())
}

fn register(block: &str, fields: &Registers, name: &str, words: u16) -> Result<u16, MapError> {
    match fields.get(name) {
        None => error(format!("[{block}] lacks {name}.")),
        Some([register, found]) if *found == words => Ok(*register),
        Some([_, found]) => error(format!("[{block}] {name} has {found} words, not {words}.")),
    }
}

fn plc_registers(fields: &Registers) -> Result<PlcRegisters, MapError> {
    let one = |name: &str| register("plc", fields, name, 1);
    let two = |name: &str| register("plc", fields, name, 2);
    Ok(PlcRegisters {
        magic: two("MAGIC")?,
        version: one("MAP_VERSION")?,
        boot: one("PLC_BOOT")?,
        heartbeat: one("HEARTBEAT")?,
        state: one("STATE")?,
        mode: one("MODE")?,
        faults: two("FAULTS")?,
        rate: one("RATE")?,
        encoder: two("ENCODER")?,
        entered: two("ENTERED")?,
        events: two("EVENTS")?,
        decided: two("DECIDED")?,
        passed: two("PASSED")?,
        rejected: two("REJECTED")?,
        defaulted: two("DEFAULTED")?,
        unconfirmed: two("UNCONFIRMED")?,
        removed: two("REMOVED")?,
        ack_seq: one("CMD_ACK_SEQ")?,
        ack_status: one("CMD_STATUS")?,
        echo_heartbeat: one("ECHO_HEARTBEAT")?,
        echo_station_boot: one("ECHO_STATION_BOOT")?,
        verdict_depth: one("VERDICT_DEPTH")?,
        event_depth: one("EVENT_DEPTH")?,
        gate_depth: one("GATE_DEPTH")?,
        max_in_flight: one("MAX_IN_FLIGHT")?,
    })
}

fn station_registers(fields: &Registers) -> Result<StationRegisters, MapError> {
    let one = |name: &str| register("station", fields, name, 1);
    let two = |name: &str| register("station", fields, name, 2);
    Ok(StationRegisters {
        boot: one("STATION_BOOT")?,
        heartbeat: one("HEARTBEAT")?,
        state: one("STATE")?,
        stop_reason: one("STOP_REASON")?,
        lamps: one("LAMPS")?,
        cmd_seq: one("CMD_SEQ")?,
        cmd_code: one("CMD_CODE")?,
        cmd_arg: two("CMD_ARG")?,
        echo_plc_boot: one("ECHO_PLC_BOOT")?,
        verdicts: two("VERDICTS")?,
    })
}

fn ring<'a>(table: &'a Table, name: &str, words: usize) -> Result<&'a RingTable, MapError> {
    match table.ring.get(name) {
        None => error(format!("[ring.{name}] is missing.")),
        Some(ring) if ring.words.len() == words => Ok(ring),
        Some(ring) => {
            let found = ring.words.len();
            error(format!("[ring.{name}] has {found} words, not {words}."))
        }
    }
}

fn word(ring: &RingTable, ring_name: &str, name: &str) -> Result<usize, MapError> {
    match ring.words.iter().position(|word| word == name) {
        Some(at) => Ok(at),
        None => error(format!("[ring.{ring_name}] lacks the word {name}.")),
    }
}

fn event_ring(table: &Table) -> Result<EventRing, MapError> {
    let ring = ring(table, "event", 8)?;
    let at = |name: &str| word(ring, "event", name);
    Ok(EventRing {
        base: ring.base,
        words: 8,
        boot: at("boot")?,
        id: [at("id_hi")?, at("id_lo")?],
        kind: at("kind")?,
        count: at("count")?,
        encoder: [at("encoder_hi")?, at("encoder_lo")?],
        check: at("check")?,
    })
}

fn gate_ring(table: &Table) -> Result<GateRing, MapError> {
    let ring = ring(table, "gate", 6)?;
    let at = |name: &str| word(ring, "gate", name);
    Ok(GateRing {
        base: ring.base,
        words: 6,
        boot: at("boot")?,
        id: [at("id_hi")?, at("id_lo")?],
        outcome: at("outcome")?,
        cause: at("cause")?,
        check: at("check")?,
    })
}

fn verdict_ring(table: &Table) -> Result<VerdictRing, MapError> {
    let ring = ring(table, "verdict", 5)?;
    let at = |name: &str| word(ring, "verdict", name);
    Ok(VerdictRing {
        base: ring.base,
        words: 5,
        boot: at("boot")?,
        id: [at("id_hi")?, at("id_lo")?],
        verdict: at("verdict")?,
        check: at("check")?,
    })
}

fn numbers<'a>(table: &'a Table, group: &str, count: usize) -> Result<&'a Numbers, MapError> {
    match table.code.get(group) {
        None => error(format!("[code.{group}] is missing.")),
        Some(numbers) if numbers.len() == count => Ok(numbers),
        Some(numbers) => {
            let found = numbers.len();
            error(format!("[code.{group}] has {found} codes, not {count}."))
        }
    }
}

fn code(table: &Table, group: &str, name: &str, count: usize) -> Result<u16, MapError> {
    match numbers(table, group, count)?.get(name) {
        Some(code) => Ok(*code),
        None => error(format!("[code.{group}] lacks {name}.")),
    }
}

/// Codes the program knows by number must be the table's.
fn agree<'a>(
    table: &Table,
    group: &str,
    known: impl ExactSizeIterator<Item = (&'a str, u16)>,
) -> Result<(), MapError> {
    let count = known.len();
    for (name, number) in known {
        let found = code(table, group, name, count)?;
        if found != number {
            return error(format!("[code.{group}] {name} is {found}, not {number}."));
        }
    }
    Ok(())
}

fn fault_bits(table: &Table) -> Result<(), MapError> {
    let Some(bits) = table.bit.get("faults") else {
        return error("[bit.faults] is missing.".into());
    };
    for (bit, (name, _)) in FAULT_BITS.iter().enumerate() {
        match bits.get(*name) {
            Some(found) if usize::from(*found) == bit => {}
            _ => return error(format!("[bit.faults] {name} is not bit {bit}.")),
        }
    }
    match bits.len() {
        count if count == FAULT_BITS.len() => Ok(()),
        _ => error("[bit.faults] names a bit the program does not know.".into()),
    }
}
