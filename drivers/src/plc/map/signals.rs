//! The map as lists of what stands where, for whoever writes it down or shows it by name. PURE.

use super::codes::{CAUSES, KINDS, OUTCOMES};
use super::layout::{LAMPS, STATION_STATE};
use super::places::{BitPlace, Number};
use super::{CommandCode, CommandStatus, FAULT_BITS, Map, Span, VerdictCode};
use crate::plc::RegisterTable;

/// A number of the map, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    /// The contract's name for it.
    pub name: &'static str,
    /// The table it stands in.
    pub table: RegisterTable,
    /// First register, as Modbus counts: from 0.
    pub register: u16,
    /// Registers it takes: 1 or 2.
    pub words: u16,
    /// Of two registers the first holds the low word.
    pub low_first: bool,
    /// What each 1 in it stands for, in thousandths.
    pub scale: u32,
    /// What it is, in a line.
    pub meaning: &'static str,
}

/// A bit of the map: its name, what it says, and where it stands if this map has it.
pub type NamedBit = (&'static str, &'static str, Option<BitAt>);

/// Where a bit stands: table, register, and bit, 0 the lowest.
pub type BitAt = (RegisterTable, u16, u8);

/// A ring of the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingShape {
    /// `event`, `gate` or `verdict`.
    pub name: &'static str,
    /// The table it stands in.
    pub table: RegisterTable,
    /// First register of slot 0.
    pub base: u16,
    /// The words of an entry in their order; `reserved` for one that is 0.
    pub words: Vec<&'static str>,
}

/// A group of codes: its name, then each name with its number.
pub type CodeGroup = (&'static str, Vec<(&'static str, u16)>);

/// What each bit of the station's STATE says, bit 0 of the contract first.
const STATE_TEXTS: [&str; 6] = [
    "The station works: verdicts come.",
    "The printer is in order.",
    "The camera is in order.",
    "Records reach the disk.",
    "Few serial numbers are left.",
    "Somebody works at the station; no packs.",
];
/// What each bit of LAMPS asks for, bit 0 of the contract first.
const LAMP_TEXTS: [&str; 6] = [
    "A fault, see to it at once.",
    "Something is not as usual.",
    "A person has to act.",
    "The line runs.",
    "Free for the machine's own use.",
    "The horn sounds.",
];

/// What the PLC shows, and what it is, in a line.
const PLC: [(&str, &str); 25] = [
    (
        "MAGIC",
        "says that this is a PLC of the contract, and how words stand",
    ),
    ("MAP_VERSION", "which version of the contract it follows"),
    (
        "PLC_BOOT",
        "kept over a power loss; one more at every start and tracking reset, never 0",
    ),
    (
        "HEARTBEAT",
        "counts up for as long as the PLC's program runs",
    ),
    (
        "STATE",
        "PackML state in the numbers of ISA-TR88 (6 is Execute)",
    ),
    ("MODE", "PackML mode (1 is Production)"),
    (
        "FAULTS",
        "a bit each, see below; a set bit without a name is told as a fault, too",
    ),
    ("RATE", "packs a minute"),
    ("ENCODER", "counts of the belt; wraps"),
    ("ENTERED", "the pack id given last; from 1 in each boot"),
    (
        "EVENTS",
        "running number of the newest entry of the event ring",
    ),
    ("DECIDED", "the pack id decided last at the gate"),
    ("PASSED", "packs passed in this boot"),
    (
        "REJECTED",
        "packs rejected in this boot, those by default among them",
    ),
    (
        "DEFAULTED",
        "packs rejected in this boot because nothing valid let them pass",
    ),
    (
        "UNCONFIRMED",
        "rejects of this boot that the sensor behind the gate did not see",
    ),
    (
        "REMOVED",
        "packs of this boot taken from the belt before the gate",
    ),
    ("CMD_ACK_SEQ", "the CMD_SEQ answered last"),
    ("CMD_STATUS", "how that command ended"),
    (
        "ECHO_HEARTBEAT",
        "the station's HEARTBEAT as the PLC saw it last",
    ),
    (
        "ECHO_STATION_BOOT",
        "the STATION_BOOT that the PLC saw last",
    ),
    ("VERDICT_DEPTH", "slots of the verdict ring"),
    ("EVENT_DEPTH", "slots of the event ring"),
    ("GATE_DEPTH", "slots of the gate ring"),
    (
        "MAX_IN_FLIGHT",
        "most packs that fit between detection and gate",
    ),
];
/// What the station writes, and what it is, in a line.
const STATION: [(&str, &str); 10] = [
    (
        "STATION_BOOT",
        "drawn by chance at each start of the station, never 0",
    ),
    (
        "HEARTBEAT",
        "moves only while the station works and its records reach the disk",
    ),
    ("STATE", "a bit each, see below"),
    (
        "STOP_REASON",
        "not 0: stop the machine; 0 takes the stop back and starts nothing",
    ),
    ("LAMPS", "a bit each, see below"),
    ("CMD_SEQ", "a new number is a new command"),
    ("CMD_CODE", "which command; 0 when none is under way"),
    ("CMD_ARG", "what the command needs"),
    ("ECHO_PLC_BOOT", "the PLC_BOOT that the station works with"),
    ("VERDICTS", "the highest pack id that has a verdict"),
];

fn signals(
    texts: &[(&'static str, &'static str)],
    places: &[Option<Number>],
    scale: impl Fn(&str) -> u32,
) -> Vec<Signal> {
    let both = texts.iter().zip(places);
    let there = both.filter_map(|(text, place)| place.map(|at| (text, at)));
    let signal = |((name, meaning), at): (&(&'static str, &'static str), Number)| Signal {
        name,
        table: at.table,
        register: at.register,
        words: 1 + u16::from(at.wide),
        low_first: at.low_first,
        scale: scale(name),
        meaning,
    };
    there.map(signal).collect()
}

fn bits<const N: usize>(
    names: [(&'static str, &'static str); N],
    places: &[Option<BitPlace>; N],
) -> Vec<NamedBit> {
    let at = |place: &Option<BitPlace>| place.map(|place| (place.table, place.register, place.bit));
    let both = names.into_iter().zip(places);
    both.map(|((name, text), place)| (name, text, at(place)))
        .collect()
}

impl Map {
    /// What the PLC shows of itself, those signals that this map has.
    pub fn plc_signals(&self) -> Vec<Signal> {
        let at = &self.plc_at;
        let places = [
            Some(at.magic),
            Some(at.version),
            Some(at.boot),
            Some(at.heartbeat),
            Some(at.state),
            at.mode,
            at.faults,
            at.rate,
            Some(at.encoder),
            Some(at.entered),
            Some(at.events),
            Some(at.decided),
            at.passed,
            at.rejected,
            at.defaulted,
            at.unconfirmed,
            at.removed,
            Some(at.ack_seq),
            Some(at.ack_status),
            Some(at.echo_heartbeat),
            Some(at.echo_station_boot),
            Some(at.verdict_depth),
            Some(at.event_depth),
            Some(at.gate_depth),
            Some(at.max_in_flight),
        ];
        signals(&PLC, &places, |name| match name {
            "RATE" => self.rate_scale,
            "ENCODER" => self.encoder_scale * 1_000,
            _ => 1_000,
        })
    }

    /// What the station writes, those signals that this map has.
    pub fn station_signals(&self) -> Vec<Signal> {
        let at = &self.station_at;
        let places = [
            Some(at.boot),
            Some(at.heartbeat),
            at.state,
            Some(at.stop_reason),
            at.lamps,
            Some(at.cmd_seq),
            Some(at.cmd_code),
            Some(at.cmd_arg),
            Some(at.echo_plc_boot),
            at.verdicts,
        ];
        signals(&STATION, &places, |_| 1_000)
    }

    /// FAULTS of the PLC, then STATE and LAMPS of the station: each bit of the contract, and where it stands.
    pub fn bit_groups(&self) -> [(&'static str, Vec<NamedBit>); 3] {
        let named = |names: [&'static str; 6], texts: [&'static str; 6]| {
            let mut both = [("", ""); 6];
            for (slot, pair) in both.iter_mut().zip(names.into_iter().zip(texts)) {
                *slot = pair;
            }
            both
        };
        let state = named(STATION_STATE, STATE_TEXTS);
        let lamps = named(LAMPS, LAMP_TEXTS);
        [
            ("faults", bits(FAULT_BITS, &self.fault_bits)),
            ("station_state", bits(state, &self.state_bits)),
            ("lamps", bits(lamps, &self.lamp_bits)),
        ]
    }

    /// The three rings.
    pub fn rings(&self) -> [RingShape; 3] {
        let shape = |name, (table, base): (_, u16), words: u16, at: &[(&'static str, usize)]| {
            let mut named = vec!["reserved"; usize::from(words)];
            for (word, place) in at {
                named[*place] = word;
            }
            let words = named;
            RingShape {
                name,
                table,
                base,
                words,
            }
        };
        let (event, gate, verdict) = (&self.event, &self.gate, &self.verdict);
        [
            shape(
                "event",
                (event.table, event.base),
                event.words,
                &[
                    ("boot", event.boot),
                    ("id_hi", event.id[0]),
                    ("id_lo", event.id[1]),
                    ("kind", event.kind),
                    ("count", event.count),
                    ("encoder_hi", event.encoder[0]),
                    ("encoder_lo", event.encoder[1]),
                    ("check", event.check),
                ],
            ),
            shape(
                "gate",
                (gate.table, gate.base),
                gate.words,
                &[
                    ("boot", gate.boot),
                    ("id_hi", gate.id[0]),
                    ("id_lo", gate.id[1]),
                    ("outcome", gate.outcome),
                    ("cause", gate.cause),
                    ("check", gate.check),
                ],
            ),
            shape(
                "verdict",
                (RegisterTable::Holding, verdict.base),
                verdict.words,
                &[
                    ("boot", verdict.boot),
                    ("id_hi", verdict.id[0]),
                    ("id_lo", verdict.id[1]),
                    ("verdict", verdict.verdict),
                    ("check", verdict.check),
                ],
            ),
        ]
    }

    /// Whether the station reads input registers, too.
    pub fn has_input_registers(&self) -> bool {
        let tables = self.reads.iter().map(|span| span.table);
        let mut tables = tables.chain([self.event.table, self.gate.table]);
        tables.any(|table| table == RegisterTable::Input)
    }

    /// Every code of the map.
    pub fn code_groups(&self) -> [CodeGroup; 6] {
        let kind = |(name, kind)| {
            let known = self.kinds.iter().find(|(_, known)| *known == kind);
            (name, known.map_or(0, |(code, _)| *code))
        };
        let cause = |(name, cause)| {
            let known = self.causes.iter().find(|(_, known)| *known == cause);
            (name, known.map_or(0, |(code, _)| *code))
        };
        let verdicts = VerdictCode::ALL.iter().map(|one| (one.name(), one.code()));
        let commands = CommandCode::ALL.iter().map(|one| (one.name(), one.code()));
        let statuses = CommandStatus::ALL
            .iter()
            .map(|one| (one.name(), one.code()));
        [
            ("kind", KINDS.into_iter().map(kind).collect()),
            ("outcome", OUTCOMES.into_iter().zip(self.outcomes).collect()),
            ("default_cause", CAUSES.into_iter().map(cause).collect()),
            ("verdict", verdicts.collect()),
            ("command", commands.collect()),
            ("command_status", statuses.collect()),
        ]
    }

    /// Runs of registers that are read along or written as 0, and mean nothing.
    pub fn spare(&self) -> Vec<Span> {
        let signals = self.plc_signals().into_iter().chain(self.station_signals());
        let mut taken: Vec<(RegisterTable, u16)> = Vec::new();
        for one in signals {
            let registers = one.register..=one.register + (one.words - 1);
            taken.extend(registers.map(|register| (one.table, register)));
        }
        let groups = self.bit_groups();
        let places = groups.iter().flat_map(|(_, bits)| bits.iter());
        taken.extend(places.filter_map(|(.., place)| place.map(|(table, at, _)| (table, at))));
        let spans = self.reads.iter().chain(&self.writes).chain(&self.reserved);
        let mut spare: Vec<(RegisterTable, u16)> = spans
            .flat_map(|span| span.registers().map(|register| (span.table, register)))
            .filter(|place| !taken.contains(place))
            .collect();
        spare.sort_unstable();
        spare.dedup();
        let mut runs: Vec<Span> = Vec::new();
        for (table, first) in spare {
            match runs.last_mut() {
                Some(run) if run.table == table && run.first + run.count == first => run.count += 1,
                _ => runs.push(Span {
                    table,
                    first,
                    count: 1,
                }),
            }
        }
        runs
    }
}
