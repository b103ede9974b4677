//! The register map, read from its table file, and the words it turns into. PURE.
//!
//! Addresses and codes of contract 1.0 stand in `templates/plc/contract-1.0.toml` alone; the simulated PLC is written
//! from the same table, on its own. An integrator may place every signal elsewhere by another file; what the signals
//! mean, and the rules, are those of the contract. Every mistake of a file is told with its line and column.

mod codes;
mod entries;
mod layout;
mod places;
mod plan;
mod said;
mod signals;
mod sizing;
mod table;

pub use codes::{CommandCode, CommandStatus, FAULT_BITS, VerdictCode};
pub use entries::{Absent, VerdictEntry};
pub(crate) use places::{BitPlace, Number};
pub use signals::{CodeGroup, NamedBit, RingShape, Signal};
pub use sizing::{SizingError, sizing};
pub use table::{MapError, Mistake, TABLE_MAX};

use crate::Fault;
use crate::plc::{DefaultCause, PlcEventKind, PlcHeader, RegisterTable, StationLevels};
use places::word_of;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

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
    /// Most registers without a name that one request may read along.
    pub gap_max: u16,
    /// The PLC's heartbeat advances this often, in milliseconds.
    pub heartbeat_ms: u64,
    /// A heartbeat is stale after this long without a change, in milliseconds.
    pub heartbeat_stale_ms: u64,
    /// Allowed ring depths.
    pub depths: Vec<u16>,
    /// What the file calls the holding register that Modbus calls 0.
    pub first_register: u32,
    /// The reads that bring the PLC's header. The first holds everything that must be seen at once.
    pub reads: Vec<Span>,
    /// The writes of the station's block, in their order. The first holds everything that must be seen
    /// at once, a stop among it.
    pub writes: Vec<Span>,
    /// Runs of the station's block that are kept free.
    pub(crate) reserved: Vec<Span>,
    pub(crate) plc_at: PlcPlaces,
    pub(crate) station_at: StationPlaces,
    /// FAULTS, STATE of the station and LAMPS: where each bit of the contract stands, if it stands anywhere.
    pub(crate) fault_bits: [Option<BitPlace>; 16],
    pub(crate) state_bits: [Option<BitPlace>; 6],
    pub(crate) lamp_bits: [Option<BitPlace>; 6],
    /// Packs per minute for each 1 in RATE, in thousandths.
    pub(crate) rate_scale: u32,
    /// Encoder counts for each 1 in ENCODER and in events.
    pub(crate) encoder_scale: u32,
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
    /// Of which table.
    pub table: RegisterTable,
    /// First register.
    pub first: u16,
    /// How many.
    pub count: u16,
}

impl Span {
    /// Its registers.
    pub fn registers(self) -> impl Iterator<Item = u16> {
        self.first..=self.first + (self.count - 1)
    }
}

/// Where the PLC's numbers stand; those that may be missing are options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PlcPlaces {
    pub magic: Number,
    pub version: Number,
    pub boot: Number,
    pub heartbeat: Number,
    pub state: Number,
    pub mode: Option<Number>,
    pub faults: Option<Number>,
    pub rate: Option<Number>,
    pub encoder: Number,
    pub entered: Number,
    pub events: Number,
    pub decided: Number,
    pub passed: Option<Number>,
    pub rejected: Option<Number>,
    pub defaulted: Option<Number>,
    pub unconfirmed: Option<Number>,
    pub removed: Option<Number>,
    pub ack_seq: Number,
    pub ack_status: Number,
    pub echo_heartbeat: Number,
    pub echo_station_boot: Number,
    pub verdict_depth: Number,
    pub event_depth: Number,
    pub gate_depth: Number,
    pub max_in_flight: Number,
}

/// Where the station's numbers stand; STATE and LAMPS are written by their bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct StationPlaces {
    pub boot: Number,
    pub heartbeat: Number,
    pub state: Option<Number>,
    pub lamps: Option<Number>,
    pub stop_reason: Number,
    pub cmd_seq: Number,
    pub cmd_code: Number,
    pub cmd_arg: Number,
    pub echo_plc_boot: Number,
    pub verdicts: Option<Number>,
}

/// Base, entry length and word positions of the event ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct EventRing {
    pub table: RegisterTable,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct GateRing {
    pub table: RegisterTable,
    pub base: u16,
    pub words: u16,
    pub boot: usize,
    pub id: [usize; 2],
    pub outcome: usize,
    pub cause: usize,
    pub check: usize,
}

/// Base, entry length and word positions of the verdict ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
    pub fn contract() -> Result<Arc<Map>, MapError> {
        static CONTRACT: OnceLock<Result<Arc<Map>, MapError>> = OnceLock::new();
        let read = || Map::parse(CONTRACT_TABLE).map(Arc::new);
        CONTRACT.get_or_init(read).clone()
    }

    /// A map from the text of a table file.
    ///
    /// # Errors
    /// Every mistake in it, with line and column.
    pub fn parse(text: &str) -> Result<Map, MapError> {
        table::parse(text)
    }

    /// How many words the reads of the header bring together.
    pub fn header_words(&self) -> usize {
        self.reads.iter().map(|span| usize::from(span.count)).sum()
    }

    /// Decodes the header: the words of [`Map::reads`], one behind the other.
    ///
    /// # Errors
    /// [`Fault::Garbled`] for a wrong length; [`Fault::WrongDevice`] when magic, version, boot or a
    /// ring depth is not the map's.
    pub fn decode_header(&self, words: &[u16]) -> Result<PlcHeader, Fault> {
        if words.len() != self.header_words() {
            let found = words.len();
            return Err(Fault::Garbled(format!("a header of {found} registers")));
        }
        let at = &self.plc_at;
        let word = |table, register| word_of(&self.reads, words, table, register);
        self.recognise(word)?;
        let short = |number: Number| number.get_short(word);
        let long = |number: Number| number.get(word);
        let count = |number: Option<Number>| number.map_or(0, long);
        Ok(PlcHeader {
            boot: short(at.boot),
            heartbeat: short(at.heartbeat),
            state: short(at.state),
            mode: at.mode.map_or(0, short),
            faults: self.faults(word),
            rate: self.rate(count(at.rate)),
            encoder: long(at.encoder).wrapping_mul(self.encoder_scale),
            entered: long(at.entered),
            events: long(at.events),
            decided: long(at.decided),
            passed: count(at.passed),
            rejected: count(at.rejected),
            defaulted: count(at.defaulted),
            unconfirmed: count(at.unconfirmed),
            removed: count(at.removed),
            ack_seq: short(at.ack_seq),
            ack_status: short(at.ack_status),
            echo_heartbeat: short(at.echo_heartbeat),
            echo_station_boot: short(at.echo_station_boot),
            verdict_depth: short(at.verdict_depth),
            event_depth: short(at.event_depth),
            gate_depth: short(at.gate_depth),
            max_in_flight: short(at.max_in_flight),
        })
    }

    /// A register as the file counts it.
    pub fn counted(&self, table: RegisterTable, register: u16) -> u32 {
        table::first_in(table, self.first_register) + u32::from(register)
    }

    /// Whether this is a PLC with this map.
    fn recognise(&self, word: impl Fn(RegisterTable, u16) -> u16 + Copy) -> Result<(), Fault> {
        let at = &self.plc_at;
        let wrong = |what: &str, expected: String, found: String| Fault::WrongDevice {
            expected: format!("a PLC with {what} {expected}"),
            found,
        };
        let magic = words_of(at.magic.get(word));
        if magic != self.magic {
            let [high, low] = magic;
            let hint = match [low, high] == self.magic {
                true => " (its words stand the other way round: see `words` in the map)",
                false => "",
            };
            let found = format!("{}{hint}", hex(&magic));
            return Err(wrong("the magic", hex(&self.magic), found));
        }
        let version = at.version.get_short(word);
        if version != self.version {
            return Err(wrong("map version", hex(&[self.version]), hex(&[version])));
        }
        if at.boot.get(word) == 0 {
            return Err(wrong("a boot number", "that is not 0".into(), "0".into()));
        }
        for (name, number) in [
            ("VERDICT_DEPTH", at.verdict_depth),
            ("EVENT_DEPTH", at.event_depth),
            ("GATE_DEPTH", at.gate_depth),
        ] {
            let depth = number.get_short(word);
            if !self.depths.contains(&depth) {
                let expected = format!("one of {:?}", self.depths);
                return Err(wrong(name, expected, depth.to_string()));
            }
        }
        Ok(())
    }

    /// The contract's FAULTS bits, wherever they stand. A bit of FAULTS that has no name is told as bit 31, or as
    /// itself from 16 on: an unknown fault is a fault.
    fn faults(&self, word: impl Fn(RegisterTable, u16) -> u16 + Copy) -> u32 {
        let mut faults = 0;
        for (bit, place) in self.fault_bits.iter().enumerate() {
            faults |= u32::from(place.is_some_and(|place| place.is_set(word))) << bit;
        }
        let nameless = (0..32).filter_map(|n| Some((n, self.plc_at.faults?.bit(n)?)));
        for (n, place) in nameless {
            if place.is_set(word) && !self.fault_bits.contains(&Some(place)) {
                faults |= 1 << if n < 16 { 31 } else { n };
            }
        }
        faults
    }

    fn rate(&self, raw: u32) -> u16 {
        let rate = (u64::from(raw) * u64::from(self.rate_scale) + 500) / 1_000;
        u16::try_from(rate).unwrap_or(u16::MAX)
    }

    /// The registers a PLC with this header shows, one behind the other as they are read.
    pub fn encode_header(&self, header: &PlcHeader) -> Vec<(u16, u16)> {
        let mut shown = Shown::new();
        let at = &self.plc_at;
        let [high, low] = self.magic;
        let raw_rate = u64::from(header.rate) * 1_000 / u64::from(self.rate_scale);
        for (number, value) in [
            (Some(at.magic), u32_of(high, low)),
            (Some(at.version), self.version.into()),
            (Some(at.boot), header.boot.into()),
            (Some(at.heartbeat), header.heartbeat.into()),
            (Some(at.state), header.state.into()),
            (at.mode, header.mode.into()),
            (at.rate, u32::try_from(raw_rate).unwrap_or(u32::MAX)),
            (Some(at.encoder), header.encoder / self.encoder_scale),
            (Some(at.entered), header.entered),
            (Some(at.events), header.events),
            (Some(at.decided), header.decided),
            (at.passed, header.passed),
            (at.rejected, header.rejected),
            (at.defaulted, header.defaulted),
            (at.unconfirmed, header.unconfirmed),
            (at.removed, header.removed),
            (Some(at.ack_seq), header.ack_seq.into()),
            (Some(at.ack_status), header.ack_status.into()),
            (Some(at.echo_heartbeat), header.echo_heartbeat.into()),
            (Some(at.echo_station_boot), header.echo_station_boot.into()),
            (Some(at.verdict_depth), header.verdict_depth.into()),
            (Some(at.event_depth), header.event_depth.into()),
            (Some(at.gate_depth), header.gate_depth.into()),
            (Some(at.max_in_flight), header.max_in_flight.into()),
        ] {
            if let Some(number) = number {
                number.put(value, |register, word| {
                    shown.insert((number.table, register), word);
                });
            }
        }
        set_bits(&mut shown, &self.fault_bits, header.faults);
        let spans = self.reads.iter();
        let registers = spans.flat_map(|span| span.registers().map(|at| (span.table, at)));
        let word = |at: (RegisterTable, u16)| (at.1, shown.get(&at).copied().unwrap_or(0));
        registers.map(word).collect()
    }

    /// What the station writes: first register and words of each request of [`Map::writes`].
    pub fn encode_station(
        &self,
        levels: &StationLevels,
        command: CommandRegisters,
        verdicts: u32,
    ) -> Vec<(u16, Vec<u16>)> {
        let mut shown = Shown::new();
        let at = &self.station_at;
        for (number, value) in [
            (Some(at.boot), levels.station_boot.into()),
            (Some(at.heartbeat), levels.heartbeat.into()),
            (Some(at.stop_reason), levels.stop_reason.into()),
            (Some(at.echo_plc_boot), levels.echo_plc_boot.into()),
            (Some(at.cmd_seq), command.seq.into()),
            (Some(at.cmd_code), command.code.into()),
            (Some(at.cmd_arg), command.arg),
            (at.verdicts, verdicts),
        ] {
            if let Some(number) = number {
                number.put(value, |register, word| {
                    shown.insert((number.table, register), word);
                });
            }
        }
        set_bits(&mut shown, &self.state_bits, levels.state.into());
        set_bits(&mut shown, &self.lamp_bits, levels.lamps.into());
        let words = |span: &Span| {
            let at = span.registers().map(|at| (RegisterTable::Holding, at));
            let words = at.map(|at| shown.get(&at).copied().unwrap_or(0));
            (span.first, words.collect())
        };
        self.writes.iter().map(words).collect()
    }

    /// The reverse of [`Map::encode_station`], from what stands in the registers.
    pub fn decode_station(
        &self,
        word: impl Fn(u16) -> u16 + Copy,
    ) -> (StationLevels, CommandRegisters, u32) {
        let at = &self.station_at;
        let word = move |_: RegisterTable, register: u16| word(register);
        let short = |number: Number| number.get_short(word);
        let bits = |places: &[Option<BitPlace>; 6]| {
            let set = |place: &Option<BitPlace>| place.is_some_and(|place| place.is_set(word));
            let bits = places.iter().enumerate();
            bits.fold(0, |sum, (n, place)| sum | u16::from(set(place)) << n)
        };
        let levels = StationLevels {
            station_boot: short(at.boot),
            heartbeat: short(at.heartbeat),
            state: bits(&self.state_bits),
            stop_reason: short(at.stop_reason),
            lamps: bits(&self.lamp_bits),
            echo_plc_boot: short(at.echo_plc_boot),
        };
        let command = CommandRegisters {
            seq: short(at.cmd_seq),
            code: short(at.cmd_code),
            arg: at.cmd_arg.get(word),
        };
        let verdicts = at.verdicts.map_or(0, |verdicts| verdicts.get(word));
        (levels, command, verdicts)
    }
}

/// Words by where they stand.
type Shown = BTreeMap<(RegisterTable, u16), u16>;

fn set_bits(shown: &mut Shown, places: &[Option<BitPlace>], bits: u32) {
    for (n, place) in places.iter().enumerate() {
        if let Some(place) = place {
            let word = shown.entry((place.table, place.register)).or_default();
            *word |= ((bits >> n & 1) as u16) << place.bit;
        }
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
