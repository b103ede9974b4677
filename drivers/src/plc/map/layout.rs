//! Where every signal of a table file stands, that nothing stands twice, and that what must be seen at once lies in one
//! request. PURE.

use super::codes::{CAUSES, KINDS};
use super::places::{BitPlace, Number};
use super::plan::{self, Extent};
use super::table::{Reading, integer};
use super::{EventRing, GateRing, Map, PlcPlaces, Span, StationPlaces, VerdictRing};
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

/// A signal that was found.
#[derive(Debug, Clone, Copy)]
struct Found {
    number: Number,
    /// In thousandths.
    scale: u32,
}

type Signals = BTreeMap<&'static str, Found>;

/// The map as it grows, and what of the registers is taken.
pub(super) struct Layout {
    pub map: Map,
    taken: BTreeMap<u16, Vec<(u16, String)>>,
    core: Vec<Extent>,
    others: Vec<Extent>,
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
        heartbeat_ms: 100,
        heartbeat_stale_ms: 500,
        depths: vec![8, 16, 32, 64, 128, 256],
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
        (first, count): (u16, u32),
        mask: u16,
        name: &str,
        span: &Range<usize>,
    ) {
        let last = u32::from(first) + count - 1;
        let registers = first..=u16::try_from(last).unwrap_or(u16::MAX);
        for register in registers.clone() {
            let owners = self.taken.get(&register).into_iter().flatten();
            if let Some((_, owner)) = owners.clone().find(|(taken, _)| taken & mask != 0) {
                let text =
                    format!("{name} stands where {owner} stands (Modbus register {register}).");
                reading.wrong.add(span, text);
                return;
            }
        }
        for register in registers {
            let owners = self.taken.entry(register).or_default();
            owners.push((mask, name.to_owned()));
        }
    }

    /// The PLC's signals; FAULTS comes back.
    pub fn plc(&mut self, reading: &mut Reading<'_>, table: &Table<'_, '_>) -> Option<Number> {
        let found = self.signals(reading, table, &PLC, true);
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
        let found = self.signals(reading, table, &STATION, false);
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
        is_read: bool,
    ) -> Signals {
        let mut signals = Signals::new();
        for ((name, key), value, span) in table.entries() {
            let spec = specs.iter().find(|(known, ..)| *known == name);
            if spec.is_none() && !name.starts_with("RESERVED") {
                let known: Vec<&str> = specs.iter().map(|(name, ..)| *name).collect();
                let text = format!("there is no signal {name}; there are {}.", known.join(", "));
                reading.wrong.add(&key, text);
                continue;
            }
            let table = table.table_quietly(&name);
            let Some((register, count, found)) = entry(reading, &name, value, table, &span) else {
                continue;
            };
            self.claim(reading, (register, count), u16::MAX, &name, &span);
            let extent = (u32::from(register), u32::from(register) + count);
            let Some((name, width, need)) = spec else {
                match is_read {
                    true => self.others.push(extent),
                    false => {
                        self.reserved.push(extent);
                        let count = u16::try_from(count).unwrap_or(u16::MAX);
                        let first = register;
                        self.map.reserved.push(Span { first, count });
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
                (true, true) => self.core.push(extent),
                (true, false) => self.others.push(extent),
                (false, together) => {
                    self.written.extend(registers.clone());
                    if together {
                        self.together.extend(registers);
                    }
                }
            }
            signals.insert(name, found);
        }
        for (name, _, need) in specs {
            if *need != Need::May && table.value(name).is_none() {
                reading
                    .wrong
                    .add(&table.span, format!("[{}] lacks {name}.", table.name));
            }
        }
        signals
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
                    let is_read = N == self.map.fault_bits.len();
                    self.bit_elsewhere(reading, table, name, is_read)
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
        is_read: bool,
    ) -> Option<BitPlace> {
        let table = bits.table_quietly(name)?;
        let place = place(reading, &table)?;
        let register = place.register;
        self.claim(reading, (register, 1), 1 << place.bit, name, &table.span);
        match is_read {
            true => self.others.push((register.into(), u32::from(register) + 1)),
            false => self.written.push(register),
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
        let from = self.core.iter().map(|(from, _)| *from).min()?;
        let to = self.core.iter().map(|(_, to)| *to).max()?;
        let (read_max, write_max) = (self.map.read_max, self.map.write_max);
        match plan::reads((from, to), &self.others, read_max) {
            Some(reads) => self.map.reads = reads,
            None => {
                let names = together(&PLC);
                let text = format!(
                    "{names} must lie within {read_max} registers: one request has to see them at once."
                );
                reading.wrong.add(plc, text);
            }
        }
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
}

fn together(specs: &[Spec]) -> String {
    let names = specs.iter().filter(|(.., need)| *need == Need::Together);
    let names: Vec<&str> = names.map(|(name, ..)| *name).collect();
    names.join(", ")
}

/// `[register, words]`, or a table that says more: first register, how many, and the signal.
fn entry(
    reading: &mut Reading<'_>,
    name: &str,
    value: &DeValue<'_>,
    table: Option<Table<'_, '_>>,
    span: &Range<usize>,
) -> Option<(u16, u32, Found)> {
    let (mut low_first, mut scale) = (reading.low_first(), 1_000);
    let (said, count) = match (value, table) {
        (DeValue::Array(pair), _) if pair.len() == 2 => {
            let pair: Option<Vec<u64>> = pair.iter().map(|n| integer(n.get_ref())).collect();
            pair.map(|pair| (pair[0], pair[1])).unzip()
        }
        (_, Some(table)) => {
            table.only(&["register", "type", "words", "scale"], &mut reading.wrong);
            if table.value("words").is_some() {
                let orders = [("high-first", false), ("low-first", true)];
                low_first = table.choice("words", &orders, &mut reading.wrong);
            }
            if let Some((value, span)) = table.value("scale") {
                scale = thousandths(reading, name, value, &span);
            }
            let wide = table.choice("type", &[("u16", 1), ("u32", 2)], &mut reading.wrong);
            (
                table.number("register", 0..=u64::MAX, &mut reading.wrong),
                Some(wide),
            )
        }
        _ => (None, None),
    };
    let most = if name.starts_with("RESERVED") {
        1_000
    } else {
        2
    };
    let Some((said, count)) = said.zip(count.filter(|count| (1..=most).contains(count))) else {
        let text = format!(
            "{name} is [register, words], or {{ register = R, type = \"u16\" or \"u32\" }}."
        );
        reading.wrong.add(span, text);
        return None;
    };
    let count = u32::try_from(count).unwrap_or(1);
    let register = reading.register(said, count, span)?;
    let wide = count == 2;
    let number = Number {
        register,
        wide,
        low_first,
    };
    Some((register, count, Found { number, scale }))
}

/// A scale in thousandths; one when it is wrong.
fn thousandths(
    reading: &mut Reading<'_>,
    name: &str,
    value: &DeValue<'_>,
    span: &Range<usize>,
) -> u32 {
    let scale: Option<f64> = match value {
        DeValue::Float(scale) => scale.as_str().parse().ok(),
        value => integer(value).map(|scale| scale as f64),
    };
    let scale = scale.filter(|scale| (0.001..=1_000.0).contains(scale));
    let exact = scale.map(|scale| (scale * 1_000.0).round() as u32);
    match (name, exact) {
        ("RATE", Some(scale)) => scale,
        // A counter that wraps stays one only when it is multiplied by a whole number.
        ("ENCODER", Some(scale)) if scale % 1_000 == 0 => scale,
        ("RATE", None) => {
            reading
                .wrong
                .add(span, "the scale of RATE is a number from 0.001 to 1000.");
            1_000
        }
        ("ENCODER", _) => {
            reading.wrong.add(
                span,
                "the scale of ENCODER is a whole number from 1 to 1000.",
            );
            1_000
        }
        _ => {
            reading.wrong.add(
                span,
                format!("{name} has no scale; RATE and ENCODER may have one."),
            );
            1_000
        }
    }
}

/// A bit with a place of its own.
fn place(reading: &mut Reading<'_>, table: &Table<'_, '_>) -> Option<BitPlace> {
    table.only(&["register", "bit"], &mut reading.wrong);
    let said = table.number("register", 0..=u64::MAX, &mut reading.wrong);
    let bit = table.number("bit", 0..=15, &mut reading.wrong);
    let Some((said, bit)) = said.zip(bit) else {
        reading.wrong.add(
            &table.span,
            "a bit elsewhere is { register = R, bit = B }, bit 0 the lowest.",
        );
        return None;
    };
    let register = reading.register(said, 1, &table.span)?;
    let bit = u8::try_from(bit).ok()?;
    Some(BitPlace { register, bit })
}
