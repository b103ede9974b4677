//! Where this PLC keeps its registers: read from a map file, on its own. PURE.
//!
//! Names, meaning and rules are the contract's ([`super::CONTRACT`]); a map file says where each signal stands, in
//! which order the words of a `u32` come, and which bit of which register a fault, a lamp or the station's `ready` is.
//! The station's driver reads the same file by itself and is much stricter with it.

use super::contract::{CONTRACT, TABLE};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    sync::{Arc, LazyLock},
};

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Order {
    #[default]
    HighFirst,
    LowFirst,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Width {
    #[default]
    U16,
    U32,
}

/// The two tables of registers that Modbus has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Table {
    /// Function 3 reads them, functions 6 and 16 write them.
    #[default]
    Holding,
    /// Function 4 reads them.
    Input,
}

/// A register of one of the tables.
type At = (Table, u16);

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Entry {
    Short([u32; 2]),
    Long {
        register: u32,
        #[serde(default, rename = "type")]
        width: Width,
        words: Option<Order>,
        scale: Option<f64>,
        table: Option<Table>,
    },
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
enum BitEntry {
    Number(u16),
    Elsewhere {
        register: u32,
        bit: u16,
        table: Option<Table>,
    },
    None(#[expect(dead_code, reason = "only false is written")] bool),
}

#[derive(Debug, Clone, Deserialize)]
struct RingEntry {
    #[serde(default)]
    table: Table,
    base: u32,
    words: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct OwnBlock {
    #[serde(default)]
    table: Table,
    #[serde(flatten)]
    signals: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, Deserialize)]
struct File {
    gap_max: Option<usize>,
    version: Option<u16>,
    magic: Option<[u16; 2]>,
    #[serde(default)]
    words: Order,
    #[serde(default)]
    first_register: u32,
    plc: OwnBlock,
    station: BTreeMap<String, Entry>,
    ring: BTreeMap<String, RingEntry>,
    #[serde(default)]
    code: BTreeMap<String, BTreeMap<String, u16>>,
    #[serde(default)]
    bit: BTreeMap<String, BTreeMap<String, BitEntry>>,
}

/// A number: the registers of its high and its low word, the same for a number of one word.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    table: Table,
    high: u16,
    low: u16,
    /// What one count in the register stands for.
    scale: f64,
}

/// A ring: its base, the words of an entry, and where each word of the contract's entry stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RingPlace {
    pub table: Table,
    pub base: u16,
    pub entry_words: usize,
    pub order: Vec<usize>,
}

/// Where everything stands.
#[derive(Debug, Clone, PartialEq)]
pub struct PlcMap {
    /// MAP_VERSION.
    pub version: u16,
    /// MAGIC, high word first.
    pub magic: [u16; 2],
    plc: BTreeMap<String, Place>,
    station: BTreeMap<String, Place>,
    /// Registers of the PLC's own signals and what the map calls reserved.
    named: BTreeSet<At>,
    /// Most other registers that one read may take along; any when the map does not say.
    gap_max: Option<usize>,
    /// Registers that the station writes, and what lies between them.
    pub(super) station_block: RangeInclusive<u16>,
    rings: BTreeMap<String, RingPlace>,
    codes: BTreeMap<String, BTreeMap<String, u16>>,
    /// Register and bit of each bit of FAULTS, by the contract's number.
    faults: Vec<Option<(At, u16)>>,
    ready: (At, u16),
}

impl Default for PlcMap {
    fn default() -> PlcMap {
        static PLAIN: LazyLock<Arc<PlcMap>> = LazyLock::new(|| {
            Arc::new(PlcMap::parse(TABLE).expect("the contract table in the repository is sound"))
        });
        (**PLAIN).clone()
    }
}

/// The contract's names of the FAULTS bits, in its order.
const FAULTS: [&str; 16] = [
    "emergency_stop",
    "guard_open",
    "air_low",
    "reject_bin_full",
    "reject_bin_missing",
    "backed_up",
    "reject_not_confirmed",
    "tracking_lost",
    "printer_service",
    "media_low",
    "bypass_key_on",
    "double_feed",
    "station_heartbeat_lost",
    "encoder_fault",
    "gate_stuck",
    "wrong_bin",
];

/// The words of the contract's entries, in its order.
const RINGS: [(&str, &[&str]); 3] = [
    (
        "event",
        &[
            "boot",
            "id_hi",
            "id_lo",
            "kind",
            "count",
            "encoder_hi",
            "encoder_lo",
            "check",
        ],
    ),
    (
        "gate",
        &["boot", "id_hi", "id_lo", "outcome", "cause", "check"],
    ),
    ("verdict", &["boot", "id_hi", "id_lo", "verdict", "check"]),
];

/// Signals by name, with every register they have.
type Block = (BTreeMap<String, Place>, BTreeSet<At>);

impl File {
    fn register(&self, table: Table, said: u32) -> Result<u16, String> {
        // Manuals count holding registers from 40001 on and input registers from 30001 on.
        let first = match (table, self.first_register) {
            (Table::Input, first @ (40_001 | 400_001)) => first / 4 * 3 + 1,
            (_, first) => first,
        };
        let register = said.checked_sub(first);
        let register = register.and_then(|register| u16::try_from(register).ok());
        register.ok_or_else(|| format!("The map names register {said}, which is none."))
    }

    /// The registers of an entry, first and last, and the number in them.
    fn place(&self, entry: &Entry, usual: Table) -> Result<(u16, u16, Place), String> {
        let (said, count, order, scale, table) = match *entry {
            Entry::Short([said, count]) => (said, count, self.words, 1.0, usual),
            Entry::Long {
                register,
                width,
                words,
                scale,
                table,
            } => {
                let count = if matches!(width, Width::U32) { 2 } else { 1 };
                let order = words.unwrap_or(self.words);
                let table = table.unwrap_or(usual);
                (register, count, order, scale.unwrap_or(1.0), table)
            }
        };
        let first = self.register(table, said)?;
        let last = self.register(table, said.saturating_add(count.max(1) - 1))?;
        let (high, low) = match (count, order) {
            (2, Order::HighFirst) => (first, last),
            (2, Order::LowFirst) => (last, first),
            _ => (first, first),
        };
        let place = Place {
            table,
            high,
            low,
            scale,
        };
        Ok((first, last, place))
    }

    fn block(&self, entries: &BTreeMap<String, Entry>, usual: Table) -> Result<Block, String> {
        let (mut places, mut registers) = (BTreeMap::new(), BTreeSet::new());
        for (name, entry) in entries {
            let (first, last, place) = self.place(entry, usual)?;
            registers.extend((first..=last).map(|register| (place.table, register)));
            places.insert(name.clone(), place);
        }
        Ok((places, registers))
    }

    /// Where a bit stands: elsewhere, or in its number, by the file's or the contract's place.
    fn bit(
        &self,
        group: &str,
        name: &str,
        number: Option<&Place>,
        usual: u16,
    ) -> Result<Option<(At, u16)>, String> {
        let entry = self.bit.get(group).and_then(|bits| bits.get(name));
        Ok(match entry {
            Some(BitEntry::None(_)) => None,
            Some(BitEntry::Elsewhere {
                register,
                bit,
                table,
            }) => {
                let block = match group {
                    "faults" => self.plc.table,
                    _ => Table::Holding,
                };
                let table = table.unwrap_or(block);
                Some(((table, self.register(table, *register)?), *bit))
            }
            Some(BitEntry::Number(n)) => number.map(|number| number.bit(*n)),
            None => number.map(|number| number.bit(usual)),
        })
    }

    fn rings(&self) -> Result<BTreeMap<String, RingPlace>, String> {
        let mut rings = BTreeMap::new();
        for (name, words) in RINGS {
            let ring = self.ring.get(name);
            let ring = ring.ok_or_else(|| format!("The map lacks [ring.{name}]."))?;
            let at = |word: &&str| ring.words.iter().position(|said| said == word);
            let order: Option<Vec<usize>> = words.iter().map(at).collect();
            let place = RingPlace {
                table: ring.table,
                base: self.register(ring.table, ring.base)?,
                entry_words: ring.words.len(),
                order: order.ok_or_else(|| format!("[ring.{name}] of the map lacks a word."))?,
            };
            rings.insert(name.to_owned(), place);
        }
        Ok(rings)
    }
}

impl PlcMap {
    /// Reads a map file.
    ///
    /// # Errors
    /// What cannot be read, as a sentence.
    pub fn parse(text: &str) -> Result<PlcMap, String> {
        let file: File =
            toml::from_str(text).map_err(|why| format!("The map cannot be read: {why}"))?;
        let (plc, mut named) = file.block(&file.plc.signals, file.plc.table)?;
        let (station, mut written) = file.block(&file.station, Table::Holding)?;
        let number = plc.get("FAULTS");
        let faults = (0..)
            .zip(FAULTS)
            .map(|(n, name)| file.bit("faults", name, number, n));
        let faults = faults.collect::<Result<Vec<_>, String>>()?;
        named.extend(faults.iter().flatten().map(|(at, _)| *at));
        for (group, names) in file.bit.iter().filter(|(group, _)| *group != "faults") {
            for name in names.keys() {
                written.extend(file.bit(group, name, None, 0)?.map(|(at, _)| at));
            }
        }
        let ready = file.bit("station_state", "ready", station.get("STATE"), 0)?;
        let registers = || written.iter().map(|(_, register)| *register);
        let ends = registers().min().zip(registers().max());
        let (from, to) = ends.ok_or("The map has no [station].")?;
        Ok(PlcMap {
            version: file.version.unwrap_or(CONTRACT.version),
            magic: file.magic.unwrap_or(CONTRACT.magic),
            plc,
            station,
            named,
            gap_max: file.gap_max,
            station_block: from..=to,
            rings: file.rings()?,
            codes: file.code,
            faults,
            ready: ready.ok_or("The map has no bit `ready`.")?,
        })
    }

    /// Whether one read may bring these registers of the PLC's own: it begins and ends with its signals, and takes no
    /// more others along than the map allows.
    pub(super) fn may_read(&self, table: Table, first: u16, last: u16) -> bool {
        let known = |at: &&At| at.0 == table;
        let mut own = self
            .named
            .iter()
            .filter(known)
            .map(|(_, register)| *register);
        let from = own.next();
        let to = own.next_back().or(from);
        let inside = from.is_some_and(|from| from <= first) && to.is_some_and(|to| last <= to);
        let others = (first..=last).filter(|at| !self.named.contains(&(table, *at)));
        inside && self.gap_max.is_none_or(|most| others.count() <= most)
    }

    pub(super) fn ring(&self, name: &str) -> &RingPlace {
        &self.rings[name]
    }

    /// A code by table and name: the file's, else the contract's.
    pub(super) fn code(&self, table: &str, name: &str) -> u16 {
        let own = self.codes.get(table).and_then(|codes| codes.get(name));
        own.copied().unwrap_or_else(|| CONTRACT.code(table, name))
    }

    /// Puts a signal of the PLC, if the map has it.
    pub(super) fn put(&self, name: &str, value: u32, mut put: impl FnMut(At, u16)) {
        if let Some(place) = self.plc.get(name) {
            let value = (f64::from(value) / place.scale) as u32;
            if place.high != place.low {
                put((place.table, place.high), (value >> 16) as u16);
            }
            put((place.table, place.low), (value & 0xFFFF) as u16);
        }
    }

    /// What one encoder count in a register stands for.
    pub(super) fn encoder_raw(&self, encoder: u32) -> u32 {
        let scale = self.plc.get("ENCODER").map_or(1.0, |place| place.scale);
        (f64::from(encoder) / scale) as u32
    }

    /// The registers in which these FAULTS show bits.
    pub(super) fn fault_bits(&self, faults: u32) -> impl Iterator<Item = (At, u16)> + '_ {
        let set = move |n: usize| faults >> n & 1 == 1;
        let places = self.faults.iter().enumerate();
        places.filter_map(move |(n, place)| (*place).filter(|_| set(n)))
    }

    /// A signal of the station, from what it wrote.
    pub(super) fn station(&self, name: &str, word: impl Fn(u16) -> u16) -> u32 {
        match self.station.get(name) {
            Some(place) if place.high != place.low => {
                super::contract::join(word(place.high), word(place.low))
            }
            Some(place) => word(place.low).into(),
            None => 0,
        }
    }

    /// Whether the station says `ready`.
    pub(super) fn ready(&self, word: impl Fn(u16) -> u16) -> bool {
        let ((_, register), bit) = self.ready;
        word(register) >> bit & 1 == 1
    }
}

impl Place {
    /// Register and bit of its bit `n`.
    fn bit(&self, n: u16) -> (At, u16) {
        match n {
            0..=15 => ((self.table, self.low), n),
            _ => ((self.table, self.high), n - 16),
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::{
        Tick,
        plc::{Decision, Plc, PlcOptions, Retained},
    };

    const OTHER: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../templates/plc/low-word-first.toml"
    ));

    /// By hand from the text of the other map: a pack that passes, and where everything about it stands.
    #[test]
    fn a_plc_with_another_map_keeps_everything_where_the_map_says() {
        let map = PlcMap::parse(OTHER).expect("the other map");
        let kept = Retained {
            boot: 6,
            cmd_seq: 0,
        };
        let mut plc = Plc::with_map(PlcOptions::default(), Arc::new(map), kept);
        (plc.rate, plc.encoder) = (600, 400);
        let at = |manual: u16| manual - 40_001;
        let key = plc.detect();
        let head = plc.read(Tick(0), at(40_201), 21).expect("the head");
        assert_eq!(head[..4], [0x4D31, 0x5056, 0x0100, 7]);
        assert_eq!(
            (head[5..7].to_vec(), head[11..13].to_vec()),
            (vec![1, 0], vec![100, 0])
        );
        let more = plc.read(Tick(0), at(40_501), 10).expect("the rest");
        assert_eq!(more[..3], [2, 6000, 0], "STATE, and RATE in tenths");
        let event = plc.read(Tick(0), at(41_001) + 8, 8).expect("event 1");
        assert_eq!(event[..7], [1, 1, 7, 1, 0, 100, 0]);
        // ECHO_PLC_BOOT … HEARTBEAT, with `ready` in bit 15.
        let block = [7, 1 << 15, 0, 0, 0, 0, 0, 0, 0, 9, 1];
        plc.write(Tick(0), at(40_301), &block).expect("the block");
        let check = CONTRACT.check(&[7, 0, 1, 1]);
        let slot = at(43_001) + 5;
        plc.write(Tick(0), slot, &[check, 7, 1, 0, 1])
            .expect("a verdict");
        plc.scan(Tick(0));
        assert!(plc.station_ready());
        assert_eq!(plc.decide(key, false), Decision::Pass);
        // A purge below 2: CMD_ARG, CMD_CODE, CMD_SEQ.
        plc.write(Tick(0), at(40_304), &[2, 0, 2, 5])
            .expect("a command");
        assert!(plc.purged(key));
        assert_eq!(
            plc.read(Tick(0), at(40_214), 2).expect("the answer"),
            [5, 0]
        );
        plc.set_fault(CONTRACT.bit.faults.station_heartbeat_lost, true);
        plc.set_fault(CONTRACT.bit.faults.printer_service, true);
        let faults = plc.read(Tick(0), at(40_504), 7).expect("FAULTS");
        assert_eq!((faults[0], faults[6]), (1, 1 << 5));
    }

    const INPUT: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../templates/plc/input-registers.toml"
    ));

    /// By hand from the text of the map with both tables: the same numbers, other registers.
    #[test]
    fn a_plc_with_input_registers_keeps_both_tables_apart_and_answers_no_register_it_has_not() {
        let map = PlcMap::parse(INPUT).expect("the map");
        let kept = Retained {
            boot: 6,
            cmd_seq: 0,
        };
        let mut plc = Plc::with_map(PlcOptions::default(), Arc::new(map), kept);
        let key = plc.detect();
        plc.write(Tick(0), 0, &[9, 1, 1]).expect("the station");
        assert_eq!(
            plc.read(Tick(0), 0, 3),
            Ok(vec![9, 1, 1]),
            "what the station wrote"
        );
        let head = plc.read_input(Tick(0), 0, 19).expect("the head");
        assert_eq!(head[..4], [0x5056, 0x4D31, 0x0100, 7]);
        let event = plc.read_input(Tick(0), 1008, 8).expect("event 1");
        assert_eq!(event[..4], [7, 0, 1, 1]);
        let echo = plc.read(Tick(0), 20, 2).expect("the echo");
        assert_eq!(echo, [1, 9]);
        let none = Err(super::super::Exception::IllegalAddress);
        assert_eq!(plc.read(Tick(0), 4000, 6), none, "no holding registers");
        assert_eq!(plc.read_input(Tick(0), 0, 20), none, "one without a name");
        assert_eq!(plc.read_input(Tick(0), 18, 20), none, "across the gap");
        assert_eq!(
            plc.read_input(Tick(0), 40, 10).map(|words| words.len()),
            Ok(10)
        );
        assert!(!plc.purged(key));
    }
}
