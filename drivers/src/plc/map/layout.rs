//! Where every signal of a table file stands, that nothing stands twice, and that what must be seen at once lies in one
//! request. PURE.

use super::codes::{CAUSES, KINDS};
use super::places::{BitPlace, Number};
use super::plan::{self, Extent, Limits};
use super::said::{Block, Found, entry, place, table_said};
use super::table::{Reading, integer};
use super::{EventRing, GateRing, Map, PlcPlaces, Span, StationPlaces, VerdictRing};
use crate::plc::RegisterTable;
use crate::printer::described::table::Table;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::de::DeValue;

/// Names of the station's STATE bits, bit 0 of the contract first.
pub(super) const STATION_STATE: [&str; 6] = [
    "ready",
    "printer",
    "camera",
    "store",
    "numbers_low",
    "maintenance",
];
/// Names of the LAMPS bits, bit 0 of the contract first.
pub(super) const LAMPS: [&str; 6] = ["red", "yellow", "blue", "green", "white", "horn"];
/// Bits that no PLC may do without.
const NEEDED: [&str; 7] = [
    "ready",
    "reject_not_confirmed",
    "tracking_lost",
    "bypass_key_on",
    "station_heartbeat_lost",
    "gate_stuck",
    "wrong_bin",
];

/// How many registers a signal may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    One,
    Two,
    Either,
}

/// What a signal is to the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Must be there, and in one request with all others of this kind.
    Together,
    /// Must be there.
    Must,
    /// May be missing.
    May,
}

type Spec = (&'static str, Width, Need);

const PLC: [Spec; 25] = [
    ("MAGIC", Width::Two, Need::Together),
    ("MAP_VERSION", Width::One, Need::Together),
    ("PLC_BOOT", Width::One, Need::Together),
    ("HEARTBEAT", Width::One, Need::Together),
    ("STATE", Width::Either, Need::Must),
    ("MODE", Width::Either, Need::May),
    ("FAULTS", Width::Either, Need::May),
    ("RATE", Width::Either, Need::May),
    ("ENCODER", Width::Two, Need::Together),
    ("ENTERED", Width::Two, Need::Together),
    ("EVENTS", Width::Two, Need::Together),
    ("DECIDED", Width::Two, Need::Together),
    ("PASSED", Width::Either, Need::May),
    ("REJECTED", Width::Either, Need::May),
    ("DEFAULTED", Width::Either, Need::May),
    ("UNCONFIRMED", Width::Either, Need::May),
    ("REMOVED", Width::Either, Need::May),
    ("CMD_ACK_SEQ", Width::One, Need::Together),
    ("CMD_STATUS", Width::One, Need::Together),
    ("ECHO_HEARTBEAT", Width::One, Need::Must),
    ("ECHO_STATION_BOOT", Width::One, Need::Must),
    ("VERDICT_DEPTH", Width::One, Need::Together),
    ("EVENT_DEPTH", Width::One, Need::Together),
    ("GATE_DEPTH", Width::One, Need::Together),
    ("MAX_IN_FLIGHT", Width::One, Need::Together),
];

const STATION: [Spec; 10] = [
    ("STATION_BOOT", Width::One, Need::Together),
    ("HEARTBEAT", Width::One, Need::Together),
    ("STATE", Width::One, Need::May),
    ("STOP_REASON", Width::One, Need::Together),
    ("LAMPS", Width::One, Need::May),
    ("CMD_SEQ", Width::One, Need::Together),
    ("CMD_CODE", Width::One, Need::Together),
    ("CMD_ARG", Width::Two, Need::Together),
    ("ECHO_PLC_BOOT", Width::One, Need::Together),
    ("VERDICTS", Width::Two, Need::May),
];

type Signals = BTreeMap<&'static str, Found>;

/// The map as it grows, and what of the registers is taken.
pub(super) struct Layout {
    pub map: Map,
    taken: BTreeMap<(RegisterTable, u16), Vec<(u16, String)>>,
    /// The table of the PLC's signals that say no other.
    plc_table: RegisterTable,
    core: Vec<(RegisterTable, Extent)>,
    others: Vec<(RegisterTable, Extent)>,
    written: Vec<u16>,
    together: Vec<u16>,
    reserved: Vec<Extent>,
}

/// A map that says what contract 1.0 says of everything but places.
pub(super) fn empty() -> Map {
    let mut code = 0;
    let mut next = || {
        code += 1;
        code
    };
    let kinds = KINDS.map(|(_, kind)| (next(), kind));
    code = 0;
    let mut next = || {
        code += 1;
        code
    };
    let causes = CAUSES.map(|(_, cause)| (next(), cause));
    Map {
        version: 0x0100,
        magic: [0x5056, 0x4D31],
        check_xor: 0xA5A5,
        read_max: 125,
        write_max: 123,
        gap_max: 125,
        heartbeat_ms: 100,
        heartbeat_stale_ms: 500,
        depths: vec![8, 16, 32, 64, 128, 256],
        first_register: 0,
        reads: Vec::new(),
        writes: Vec::new(),
        reserved: Vec::new(),
        plc_at: PlcPlaces::default(),
        station_at: StationPlaces::default(),
        fault_bits: [None; 16],
        state_bits: [None; 6],
        lamp_bits: [None; 6],
        rate_scale: 1_000,
        encoder_scale: 1,
        event: EventRing::default(),
        gate: GateRing::default(),
        verdict: VerdictRing::default(),
        outcomes: [1, 2, 3, 4, 5, 6],
        causes,
        kinds,
    }
}

impl Layout {
    pub fn new(map: Map) -> Layout {
        Layout {
            map,
            taken: BTreeMap::new(),
            plc_table: RegisterTable::Holding,
            core: Vec::new(),
            others: Vec::new(),
            written: Vec::new(),
            together: Vec::new(),
            reserved: Vec::new(),
        }
    }

    pub fn deepest(&self) -> u16 {
        self.map.depths.iter().copied().max().unwrap_or(256)
    }

    /// Takes these bits of a run of registers; what is taken already is a mistake.
    pub fn claim(
        &mut self,
        reading: &mut Reading<'_>,
        (of, first, count): (RegisterTable, u16, u32),
        mask: u16,
        name: &str,
        span: &Range<usize>,
    ) {
        let last = u32::from(first) + count - 1;
        let registers = first..=u16::try_from(last).unwrap_or(u16::MAX);
        for register in registers.clone() {
            let owners = self.taken.get(&(of, register)).into_iter().flatten();
            if let Some((_, owner)) = owners.clone().find(|(taken, _)| taken & mask != 0) {
                let kind = match of {
                    RegisterTable::Holding => "register",
                    RegisterTable::Input => "input register",
                };
                let at = match reading.counted(of, register) {
                    at if at == u32::from(register) => format!("{kind} {at}"),
                    at => format!("{kind} {at}, Modbus {register}"),
                };
                let text = format!("{name} stands where {owner} stands ({at}).");
                reading.wrong.add(span, text);
                return;
            }
        }
        for register in registers {
            let owners = self.taken.entry((of, register)).or_default();
            owners.push((mask, name.to_owned()));
        }
    }

    /// The PLC's signals; FAULTS comes back.
    pub fn plc(&mut self, reading: &mut Reading<'_>, table: &Table<'_, '_>) -> Option<Number> {
        self.plc_table = table_said(reading, table);
        let found = self.signals(reading, table, &PLC, Block::Read(self.plc_table));
        let at = |name: &str| found.get(name).map(|found| found.number);
        let must = |name: &str| at(name).unwrap_or_default();
        self.map.plc_at = PlcPlaces {
            magic: must("MAGIC"),
            version: must("MAP_VERSION"),
            boot: must("PLC_BOOT"),
            heartbeat: must("HEARTBEAT"),
            state: must("STATE"),
            mode: at("MODE"),
            faults: at("FAULTS"),
            rate: at("RATE"),
            encoder: must("ENCODER"),
            entered: must("ENTERED"),
            events: must("EVENTS"),
            decided: must("DECIDED"),
            passed: at("PASSED"),
            rejected: at("REJECTED"),
            defaulted: at("DEFAULTED"),
            unconfirmed: at("UNCONFIRMED"),
            removed: at("REMOVED"),
            ack_seq: must("CMD_ACK_SEQ"),
            ack_status: must("CMD_STATUS"),
            echo_heartbeat: must("ECHO_HEARTBEAT"),
            echo_station_boot: must("ECHO_STATION_BOOT"),
            verdict_depth: must("VERDICT_DEPTH"),
            event_depth: must("EVENT_DEPTH"),
            gate_depth: must("GATE_DEPTH"),
            max_in_flight: must("MAX_IN_FLIGHT"),
        };
        let scale = |name: &str| found.get(name).map_or(1_000, |found| found.scale);
        self.map.rate_scale = scale("RATE");
        self.map.encoder_scale = scale("ENCODER") / 1_000;
        at("FAULTS")
    }

    /// The station's signals; STATE and LAMPS come back.
    pub fn station(
        &mut self,
        reading: &mut Reading<'_>,
        table: &Table<'_, '_>,
    ) -> (Option<Number>, Option<Number>) {
        let found = self.signals(reading, table, &STATION, Block::Written);
        let at = |name: &str| found.get(name).map(|found| found.number);
        let must = |name: &str| at(name).unwrap_or_default();
        self.map.station_at = StationPlaces {
            boot: must("STATION_BOOT"),
            heartbeat: must("HEARTBEAT"),
            state: at("STATE"),
            lamps: at("LAMPS"),
            stop_reason: must("STOP_REASON"),
            cmd_seq: must("CMD_SEQ"),
            cmd_code: must("CMD_CODE"),
            cmd_arg: must("CMD_ARG"),
            echo_plc_boot: must("ECHO_PLC_BOOT"),
            verdicts: at("VERDICTS"),
        };
        (at("STATE"), at("LAMPS"))
    }

    fn signals(
        &mut self,
        reading: &mut Reading<'_>,
        table: &Table<'_, '_>,
        specs: &[Spec],
        block: Block,
    ) -> Signals {
        let mut signals = Signals::new();
        let is_read = block != Block::Written;
        for ((name, key), value, span) in table.entries() {
            if name == "table" {
                if !is_read {
                    let text = "there is no table here: the station writes holding registers.";
                    reading.wrong.add(&key, text);
                }
                continue;
            }
            let spec = specs.iter().find(|(known, ..)| *known == name);
            if spec.is_none() && !name.starts_with("RESERVED") {
                let known: Vec<&str> = specs.iter().map(|(name, ..)| *name).collect();
                let text = format!("there is no signal {name}; there are {}.", known.join(", "));
                reading.wrong.add(&key, text);
                continue;
            }
            let table = table.table_quietly(&name);
            let said = entry(reading, &name, value, table, (block, &span));
            let Some((register, count, found)) = said else {
                continue;
            };
            let of = found.number.table;
            self.claim(reading, (of, register, count), u16::MAX, &name, &span);
            let extent = (u32::from(register), u32::from(register) + count);
            let Some((name, width, need)) = spec else {
                match is_read {
                    true => self.set_aside(reading, (of, extent), &span),
                    false => {
                        self.reserved.push(extent);
                        let count = u16::try_from(count).unwrap_or(u16::MAX);
                        let first = register;
                        let table = RegisterTable::Holding;
                        self.map.reserved.push(Span {
                            table,
                            first,
                            count,
                        });
                    }
                }
                continue;
            };
            let fits = match width {
                Width::One => count == 1,
                Width::Two => count == 2,
                Width::Either => count <= 2,
            };
            if !fits {
                let wanted = ["1 word (u16)", "2 words (u32)", "1 or 2 words"][*width as usize];
                reading.wrong.add(&span, format!("{name} has {wanted}."));
            }
            let registers = register..=register + u16::from(count == 2);
            match (is_read, *need == Need::Together) {
                (true, true) => self.core.push((of, extent)),
                (true, false) => self.others.push((of, extent)),
                (false, together) => {
                    self.written.extend(registers.clone());
                    if together {
                        self.together.extend(registers);
                    }
                }
            }
            signals.insert(name, found);
        }
        lacking(reading, table, specs);
        signals
    }

    /// Registers that are read along and mean nothing.
    fn set_aside(
        &mut self,
        reading: &mut Reading<'_>,
        (of, extent): (RegisterTable, Extent),
        span: &Range<usize>,
    ) {
        let most = self.map.read_max;
        if extent.1 - extent.0 > u32::from(most) {
            let text = format!("one request reads at most {most} registers: name them in parts.");
            reading.wrong.add(span, text);
        }
        self.others.push((of, extent));
    }

    /// Where the bits of a number stand, and those that have places of their own.
    pub fn bits<const N: usize>(
        &mut self,
        reading: &mut Reading<'_>,
        table: Option<&Table<'_, '_>>,
        block: &Range<usize>,
        number: Option<Number>,
        names: &[&'static str; N],
    ) -> [Option<BitPlace>; N] {
        let mut places = [None; N];
        if let Some(table) = table {
            table.only(names, &mut reading.wrong);
        }
        for (n, name) in names.iter().enumerate() {
            let given = table.and_then(|table| table.value(name));
            let span = given.as_ref().map_or(block, |(_, span)| span).clone();
            let place = match (given, table) {
                (Some((DeValue::Table(_), _)), Some(table)) => {
                    let block = match N == self.map.fault_bits.len() {
                        true => Block::Read(self.plc_table),
                        false => Block::Written,
                    };
                    self.bit_elsewhere(reading, table, name, block)
                }
                (Some((DeValue::Boolean(false), _)), _) => {
                    if NEEDED.contains(name) {
                        reading
                            .wrong
                            .add(&span, format!("no PLC may do without {name}."));
                    }
                    None
                }
                (Some((value, _)), _) => {
                    let bit = integer(value).and_then(|bit| u8::try_from(bit).ok());
                    let place = bit.and_then(|bit| number?.bit(bit));
                    if place.is_none() {
                        let text = format!(
                            "{name} is the number of a bit of its word, {{ register = R, bit = B }}, or false."
                        );
                        reading.wrong.add(&span, text);
                    }
                    place
                }
                (None, Some(table)) => {
                    let text = format!(
                        "[{}] lacks {name}; false says that there is none.",
                        table.name
                    );
                    reading.wrong.add(&table.span, text);
                    None
                }
                (None, None) => {
                    let place = u8::try_from(n).ok().and_then(|n| number?.bit(n));
                    // LAMPS may be missing as a whole.
                    if place.is_none() && names[..] != LAMPS {
                        let text = format!("the bit {name} has no place; give it one in [bit].");
                        reading.wrong.add(&span, text);
                    }
                    place
                }
            };
            if place.is_some() && places.contains(&place) {
                reading
                    .wrong
                    .add(&span, format!("{name} is the same bit as another."));
            }
            if *name == "ready" {
                self.together.extend(place.map(|place| place.register));
            }
            places[n] = place;
        }
        places
    }

    /// A bit with a place of its own.
    fn bit_elsewhere(
        &mut self,
        reading: &mut Reading<'_>,
        bits: &Table<'_, '_>,
        name: &str,
        block: Block,
    ) -> Option<BitPlace> {
        let table = bits.table_quietly(name)?;
        let place = place(reading, &table, block)?;
        let (of, register) = (place.table, place.register);
        self.claim(
            reading,
            (of, register, 1),
            1 << place.bit,
            name,
            &table.span,
        );
        let extent = (u32::from(register), u32::from(register) + 1);
        match block {
            Block::Read(_) => self.others.push((of, extent)),
            Block::Written => self.written.push(register),
        }
        Some(place)
    }

    /// The requests; the map is done.
    pub fn plan(
        mut self,
        reading: &mut Reading<'_>,
        plc: &Range<usize>,
        station: &Range<usize>,
    ) -> Option<Map> {
        if !reading.wrong.is_empty() {
            return None;
        }
        match self.reads() {
            Ok(reads) => self.map.reads = reads,
            Err(why) => reading.wrong.add(plc, why),
        }
        let write_max = self.map.write_max;
        let reserved = self.reserved;
        let is_reserved = |at: u16| {
            let at = u32::from(at);
            reserved.iter().any(|(from, to)| (*from..*to).contains(&at))
        };
        let boot = self.map.station_at.boot.register;
        let writes = plan::writes(&self.written, is_reserved, boot, write_max);
        let core = writes.as_ref().and_then(|writes| writes.first());
        let whole = core.is_some_and(|core| {
            let holds = |at: &u16| at.checked_sub(core.first).is_some_and(|at| at < core.count);
            self.together.iter().all(holds)
        });
        match writes.filter(|_| whole) {
            Some(writes) => self.map.writes = writes,
            None => {
                let names = together(&STATION);
                let text = format!(
                    "{names} and the bit ready must follow each other without a hole, within {write_max} registers: \
                     the PLC must never see half of them. What lies between and is nothing is called RESERVED."
                );
                reading.wrong.add(station, text);
            }
        }
        Some(self.map)
    }

    /// The reads of both tables, what must be seen at once first; or why it cannot be.
    fn reads(&self) -> Result<Vec<Span>, String> {
        let names = together(&PLC);
        let limits = Limits {
            most: self.map.read_max,
            gap: self.map.gap_max,
        };
        let (first, _) = *self.core.first().ok_or("[plc] is empty.")?;
        if self.core.iter().any(|(of, _)| *of != first) {
            return Err(format!(
                "{names} must stand in one table, all of them: one request has to see them at once."
            ));
        }
        let in_table = |all: &[(RegisterTable, Extent)], table| -> Vec<Extent> {
            let of = all.iter().filter(|(of, _)| *of == table);
            of.map(|(_, extent)| *extent).collect()
        };
        let mut reads = Vec::new();
        let other = match first {
            RegisterTable::Holding => RegisterTable::Input,
            RegisterTable::Input => RegisterTable::Holding,
        };
        for table in [first, other] {
            let (core, others) = (in_table(&self.core, table), in_table(&self.others, table));
            let planned = plan::reads(&core, &others, limits).map_err(|refused| match refused {
                plan::Refused::TooLong => format!(
                    "{names} must lie within {} registers: one request has to see them at once.",
                    limits.most
                ),
                plan::Refused::Nameless(count) => format!(
                    "{names} have {count} registers without a name between them, and gap_max is {}: one request has \
                     to see them at once. Put them closer, or call what lies between RESERVED if the PLC answers it.",
                    limits.gap
                ),
            })?;
            reads.extend(
                planned
                    .into_iter()
                    .filter_map(|extent| plan::span(table, extent)),
            );
        }
        Ok(reads)
    }
}

/// Tells what a block must have and has not.
fn lacking(reading: &mut Reading<'_>, table: &Table<'_, '_>, specs: &[Spec]) {
    for (name, _, need) in specs {
        if *need != Need::May && table.value(name).is_none() {
            reading
                .wrong
                .add(&table.span, format!("[{}] lacks {name}.", table.name));
        }
    }
}

fn together(specs: &[Spec]) -> String {
    let names = specs.iter().filter(|(.., need)| *need == Need::Together);
    let names: Vec<&str> = names.map(|(name, ..)| *name).collect();
    names.join(", ")
}
