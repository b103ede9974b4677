//! Reads a table file into a [`Map`]; all its mistakes at once, each with line and column. PURE.

use super::codes::{CAUSES, KINDS, OUTCOMES};
use super::layout::{LAMPS, Layout, STATION_STATE};
use super::places::Number;
use super::said::table_said;
use super::{
    CommandCode, CommandStatus, EventRing, FAULT_BITS, GateRing, Map, VerdictCode, VerdictRing,
    layout,
};
use crate::plc::RegisterTable;
pub use crate::printer::described::Mistake;
use crate::printer::described::table::{Mistakes, Placed, Table};
use std::fmt;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// Longest table file, in bytes.
pub const TABLE_MAX: usize = 64 * 1024;
/// Most words of a ring's entry.
const ENTRY_WORDS: usize = 16;
/// What a file may call the register that Modbus calls 0.
const FIRST_REGISTERS: [u32; 4] = [0, 1, 40_001, 400_001];

/// What a file that calls the first holding register so calls the first one of this table. Input registers are counted
/// as the file counts holding registers: 30001 with 40001.
pub(super) fn first_in(of: RegisterTable, first_register: u32) -> u32 {
    match (of, first_register) {
        (RegisterTable::Input, 40_001) => 30_001,
        (RegisterTable::Input, 400_001) => 300_001,
        (_, first) => first,
    }
}

/// What is wrong with a table file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapError {
    /// Every mistake, in the order of the text; at least one.
    pub mistakes: Vec<Mistake>,
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The PLC's register map cannot be used.")?;
        for mistake in &self.mistakes {
            write!(f, "\n{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for MapError {}

/// A ring: base, words of an entry, and where each word it must have stands in an entry.
struct Ring<const N: usize> {
    table: RegisterTable,
    base: u16,
    words: u16,
    at: [usize; N],
}

/// What stands in the file beside its registers.
pub(super) struct Reading<'t> {
    pub wrong: Mistakes<'t>,
    /// What the file calls register 0.
    first_register: u32,
    /// The low word of two stands first, unless a signal says otherwise.
    low_first: bool,
}

pub(super) fn parse(text: &str) -> Result<Map, MapError> {
    let mut wrong = Mistakes::of(text);
    let refused = |wrong: Mistakes<'_>| {
        let mistakes = wrong.into_list();
        MapError { mistakes }
    };
    if text.len() > TABLE_MAX {
        wrong.add(
            &(0..0),
            format!("The file is longer than {} KiB.", TABLE_MAX / 1024),
        );
        return Err(refused(wrong));
    }
    let (table, syntax) = DeTable::parse_recoverable(text);
    for error in syntax {
        let why = error.message().trim_end_matches('.').replace('\n', ", ");
        let span = error.span().unwrap_or_default();
        wrong.add(&span, format!("This is not TOML: {why}."));
    }
    if !wrong.is_empty() {
        return Err(refused(wrong));
    }
    let mut reading = Reading {
        wrong,
        first_register: 0,
        low_first: false,
    };
    match reading.file(&Table::of_file(table.get_ref())) {
        Some(map) if reading.wrong.is_empty() => Ok(map),
        _ => Err(refused(reading.wrong)),
    }
}

impl Reading<'_> {
    fn file(&mut self, file: &Table<'_, '_>) -> Option<Map> {
        let keys = [
            "version",
            "magic",
            "check_xor",
            "read_max",
            "write_max",
            "gap_max",
            "heartbeat_ms",
            "heartbeat_stale_ms",
            "depths",
            "words",
            "first_register",
            "plc",
            "station",
            "ring",
            "code",
            "bit",
        ];
        file.only(&keys, &mut self.wrong);
        let orders = [("high-first", false), ("low-first", true)];
        self.low_first = file.choice("words", &orders, &mut self.wrong);
        if let Some(first) = file.number("first_register", 0..=400_001, &mut self.wrong) {
            self.first_register = u32::try_from(first).unwrap_or_default();
            if !FIRST_REGISTERS.contains(&self.first_register) {
                let (_, span) = file.value("first_register")?;
                self.wrong
                    .add(&span, "first_register is 0, 1, 40001 or 400001.");
            }
        }
        let mut map = self.figures(file);
        self.codes(file, &mut map);
        let mut layout = Layout::new(map);
        let plc = file.must_table("plc", &mut self.wrong);
        let station = file.must_table("station", &mut self.wrong);
        let rings = file.must_table("ring", &mut self.wrong);
        let bits = file.table("bit", &mut self.wrong);
        if let Some(rings) = rings {
            self.rings(&rings, &mut layout);
        }
        let (plc, station) = (plc?, station?);
        let faults = layout.plc(self, &plc);
        let (state, lamps) = layout.station(self, &station);
        self.bits(
            bits.as_ref(),
            &mut layout,
            (&plc.span, faults),
            (&station.span, state, lamps),
        );
        layout.plan(self, &plc.span, &station.span)
    }

    /// Where every bit stands; `plc` and `station` are the blocks with their words of bits.
    fn bits(
        &mut self,
        bits: Option<&Table<'_, '_>>,
        layout: &mut Layout,
        plc: (&Range<usize>, Option<Number>),
        station: (&Range<usize>, Option<Number>, Option<Number>),
    ) {
        if let Some(bits) = bits {
            bits.only(&["faults", "station_state", "lamps"], &mut self.wrong);
        }
        let at =
            |name: &str, wrong: &mut Mistakes<'_>| bits.and_then(|bits| bits.table(name, wrong));
        let names = FAULT_BITS.map(|(name, _)| name);
        let table = at("faults", &mut self.wrong);
        layout.map.fault_bits = layout.bits(self, table.as_ref(), plc.0, plc.1, &names);
        let table = at("station_state", &mut self.wrong);
        layout.map.state_bits =
            layout.bits(self, table.as_ref(), station.0, station.1, &STATION_STATE);
        let table = at("lamps", &mut self.wrong);
        layout.map.lamp_bits = layout.bits(self, table.as_ref(), station.0, station.2, &LAMPS);
    }

    /// What the file says beside codes and places.
    fn figures(&mut self, file: &Table<'_, '_>) -> Map {
        let number = |key: &str, limits, usual, wrong: &mut Mistakes<'_>| {
            file.number(key, limits, wrong).unwrap_or(usual)
        };
        let word = |key: &str, limits, usual, wrong: &mut Mistakes<'_>| {
            u16::try_from(number(key, limits, usual, wrong)).unwrap_or(u16::MAX)
        };
        let wrong = &mut self.wrong;
        let mut map = Map {
            version: word("version", 1..=0xFFFF, 0x0100, wrong),
            check_xor: word("check_xor", 0..=0xFFFF, 0xA5A5, wrong),
            read_max: word("read_max", 16..=125, 125, wrong),
            write_max: word("write_max", 16..=123, 123, wrong),
            gap_max: word("gap_max", 0..=125, 125, wrong),
            heartbeat_ms: number("heartbeat_ms", 10..=250, 100, wrong),
            heartbeat_stale_ms: number("heartbeat_stale_ms", 100..=500, 500, wrong),
            first_register: self.first_register,
            ..layout::empty()
        };
        if let Some(magic) = self.integers(file, "magic") {
            match magic[..] {
                [(high @ 0..=0xFFFF, _), (low @ 0..=0xFFFF, _)] if high != low => {
                    map.magic = [high as u16, low as u16];
                }
                _ => {
                    let text =
                        "magic is two different words, high word first, as in [0x5056, 0x4D31].";
                    let span = magic.first().map_or(0..0, |(_, span)| span.clone());
                    self.wrong.add(&span, text);
                }
            }
        }
        if let Some(depths) = self.integers(file, "depths") {
            map.depths.clear();
            for (depth, span) in &depths {
                if !depth.is_power_of_two() || !(8..=256).contains(depth) {
                    self.wrong
                        .add(span, "a ring has 8, 16, 32, 64, 128 or 256 slots.");
                }
                map.depths.push(u16::try_from(*depth).unwrap_or(256));
            }
            if depths.is_empty() {
                self.wrong.add(&(0..0), "depths names no depth.");
            }
        }
        map
    }

    /// A list of whole numbers; `None` when the key is missing or is none.
    fn integers(&mut self, table: &Table<'_, '_>, key: &str) -> Option<Vec<Placed<u64>>> {
        let (value, span) = table.value(key)?;
        let DeValue::Array(list) = value else {
            self.wrong
                .add(&span, format!("{key} is a list of whole numbers."));
            return None;
        };
        let numbers = list
            .iter()
            .map(|entry| Some((integer(entry.get_ref())?, entry.span())));
        let numbers: Option<Vec<_>> = numbers.collect();
        if numbers.is_none() {
            self.wrong
                .add(&span, format!("{key} is a list of whole numbers."));
        }
        numbers
    }

    /// A register as the file counts it.
    pub fn counted(&self, of: RegisterTable, register: u16) -> u32 {
        first_in(of, self.first_register) + u32::from(register)
    }

    /// A register as Modbus counts, from one as the file counts, with `count` registers from it on, for what has this
    /// name.
    pub fn register(
        &mut self,
        name: &str,
        (said, count): (u64, u32),
        (of, span): (RegisterTable, &Range<usize>),
    ) -> Option<u16> {
        let first = u64::from(first_in(of, self.first_register));
        let register = said
            .checked_sub(first)
            .filter(|at| at + u64::from(count) <= 65_536);
        if register.is_none() {
            let last = first + 65_536 - u64::from(count);
            let kind = match of {
                RegisterTable::Holding => "a register",
                RegisterTable::Input => "an input register",
            };
            let counts = self.first_register;
            let text = format!(
                "{name} stands at {said}: {kind} here is a number from {first} to {last} (first_register is {counts})."
            );
            self.wrong.add(span, text);
        }
        register.and_then(|at| u16::try_from(at).ok())
    }

    pub fn low_first(&self) -> bool {
        self.low_first
    }

    fn rings(&mut self, rings: &Table<'_, '_>, layout: &mut Layout) {
        rings.only(&["event", "gate", "verdict"], &mut self.wrong);
        let event = [
            "boot",
            "id_hi",
            "id_lo",
            "kind",
            "count",
            "encoder_hi",
            "encoder_lo",
            "check",
        ];
        let gate = ["boot", "id_hi", "id_lo", "outcome", "cause", "check"];
        let verdict = ["boot", "id_hi", "id_lo", "verdict", "check"];
        let Ring {
            table,
            base,
            words,
            at,
        } = self.ring(rings, "event", event, layout);
        layout.map.event = EventRing {
            table,
            base,
            words,
            boot: at[0],
            id: [at[1], at[2]],
            kind: at[3],
            count: at[4],
            encoder: [at[5], at[6]],
            check: at[7],
        };
        let Ring {
            table,
            base,
            words,
            at,
        } = self.ring(rings, "gate", gate, layout);
        layout.map.gate = GateRing {
            table,
            base,
            words,
            boot: at[0],
            id: [at[1], at[2]],
            outcome: at[3],
            cause: at[4],
            check: at[5],
        };
        let Ring {
            base, words, at, ..
        } = self.ring(rings, "verdict", verdict, layout);
        layout.map.verdict = VerdictRing {
            base,
            words,
            boot: at[0],
            id: [at[1], at[2]],
            verdict: at[3],
            check: at[4],
        };
    }

    /// A ring and where each of these words stands in an entry.
    fn ring<const N: usize>(
        &mut self,
        rings: &Table<'_, '_>,
        name: &str,
        wanted: [&str; N],
        layout: &mut Layout,
    ) -> Ring<N> {
        let nothing = Ring {
            table: RegisterTable::Holding,
            base: 0,
            words: 1,
            at: [0; N],
        };
        let Some(ring) = rings.must_table(name, &mut self.wrong) else {
            return nothing;
        };
        let table = self.ring_table(name, &ring);
        let words = ring.texts("words", &mut self.wrong);
        let mut seen: Vec<&str> = Vec::new();
        for (word, span) in &words {
            let known = word == "reserved" || wanted.contains(&word.as_str());
            if !known || (word != "reserved" && seen.contains(&word.as_str())) {
                let wanted = wanted.join(", ");
                let text = format!(
                    "[ring.{name}] has once each of {wanted}, and \"reserved\" for what is 0."
                );
                self.wrong.add(span, text);
            }
            seen.push(word);
        }
        let at = wanted.map(
            |wanted| match seen.iter().position(|word| *word == wanted) {
                Some(at) => at,
                None => {
                    self.wrong.add(
                        &ring.span,
                        format!("[ring.{name}] lacks the word {wanted}."),
                    );
                    0
                }
            },
        );
        if words.len() > ENTRY_WORDS {
            self.wrong.add(
                &ring.span,
                format!("an entry has at most {ENTRY_WORDS} words."),
            );
            return nothing;
        }
        let length = u16::try_from(words.len().max(1)).unwrap_or(1);
        let count = u32::from(length) * u32::from(layout.deepest());
        let base = ring.number("base", 0..=466_000, &mut self.wrong);
        let Some((base, (_, span))) = base.zip(ring.value("base")) else {
            self.wrong
                .add(&ring.span, format!("[ring.{name}] needs its base."));
            return nothing;
        };
        let place = (table, &span);
        let Some(base) = self.register(&format!("[ring.{name}]"), (base, count), place) else {
            return nothing;
        };
        layout.claim(
            self,
            (table, base, count),
            u16::MAX,
            &format!("[ring.{name}]"),
            &span,
        );
        Ring {
            table,
            base,
            words: length,
            at,
        }
    }

    /// The table a ring stands in; the station writes the verdict ring, so that one has holding registers.
    fn ring_table(&mut self, name: &str, ring: &Table<'_, '_>) -> RegisterTable {
        let keys = ["base", "words", "table"];
        match name {
            "verdict" => {
                ring.only(&keys[..2], &mut self.wrong);
                RegisterTable::Holding
            }
            _ => {
                ring.only(&keys, &mut self.wrong);
                table_said(self, ring)
            }
        }
    }

    fn codes(&mut self, file: &Table<'_, '_>, map: &mut Map) {
        let Some(codes) = file.table("code", &mut self.wrong) else {
            return;
        };
        let groups = [
            "kind",
            "outcome",
            "default_cause",
            "verdict",
            "command",
            "command_status",
        ];
        codes.only(&groups, &mut self.wrong);
        for (slot, code) in
            map.kinds
                .iter_mut()
                .zip(self.group(&codes, "kind", &KINDS.map(|kind| kind.0)))
        {
            slot.0 = code;
        }
        for (slot, code) in map
            .outcomes
            .iter_mut()
            .zip(self.group(&codes, "outcome", &OUTCOMES))
        {
            *slot = code;
        }
        let causes = self.group(&codes, "default_cause", &CAUSES.map(|cause| cause.0));
        for (slot, code) in map.causes.iter_mut().zip(causes) {
            slot.0 = code;
        }
        let verdicts = VerdictCode::ALL.iter().map(|c| (c.name(), c.code()));
        self.agree(&codes, "verdict", verdicts);
        let commands = CommandCode::ALL.iter().map(|c| (c.name(), c.code()));
        self.agree(&codes, "command", commands);
        let statuses = CommandStatus::ALL.iter().map(|c| (c.name(), c.code()));
        self.agree(&codes, "command_status", statuses);
    }

    /// The codes of a group, one a name; none when the file leaves the group out.
    fn group(&mut self, codes: &Table<'_, '_>, group: &str, names: &[&str]) -> Vec<u16> {
        let Some(table) = codes.table(group, &mut self.wrong) else {
            return Vec::new();
        };
        table.only(names, &mut self.wrong);
        let mut found: Vec<u16> = Vec::new();
        for name in names {
            let code = table.number(name, 0..=0xFFFF, &mut self.wrong);
            let code = code.and_then(|code| u16::try_from(code).ok());
            let Some((code, (_, span))) = code.zip(table.value(name)) else {
                if table.value(name).is_none() {
                    self.wrong
                        .add(&table.span, format!("[code.{group}] lacks {name}."));
                }
                continue;
            };
            if found.contains(&code) {
                self.wrong
                    .add(&span, format!("[code.{group}] gives {code} to two names."));
            }
            found.push(code);
        }
        found
    }

    /// Codes the program knows by number must be the file's.
    fn agree<'a>(
        &mut self,
        codes: &Table<'_, '_>,
        group: &str,
        known: impl Iterator<Item = (&'a str, u16)>,
    ) {
        let known: Vec<(&str, u16)> = known.collect();
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let found = self.group(codes, group, &names);
        for ((name, code), found) in known.iter().zip(found) {
            if *code != found
                && let Some((_, span)) = codes.table(group, &mut self.wrong).and_then(|table| {
                    let (_, span) = table.value(name)?;
                    Some(((), span))
                })
            {
                self.wrong.add(
                    &span,
                    format!("{name} is {code} in every map, not {found}."),
                );
            }
        }
    }
}

/// A whole number, in any notation of TOML.
pub(super) fn integer(value: &DeValue<'_>) -> Option<u64> {
    match value {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    }
}
