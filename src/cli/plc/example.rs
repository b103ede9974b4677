//! The contract's rules as an example in structured text (IEC 61131-3), with the numbers of a map in front. PURE.
//!
//! The program text is the same for every map: what differs between maps are the constants.

use std::fmt::Write as _;
use vidimus_drivers::plc::RegisterTable;
use vidimus_drivers::plc::map::{Map, Signal};

/// The program behind the constants.
const PROGRAM: &str = include_str!("example.st");

/// Words of the contract's names that are shorter in the program.
const GROUPS: [(&str, &str); 6] = [
    ("kind", "KIND"),
    ("outcome", "OUTCOME"),
    ("default_cause", "CAUSE"),
    ("verdict", "VERDICT"),
    ("command", "COMMAND"),
    ("command_status", "STATUS"),
];

/// VERDICT_DEPTH, EVENT_DEPTH, GATE_DEPTH and MAX_IN_FLIGHT.
pub type Sizes = [u64; 4];
const SIZES: [&str; 4] = [
    "VERDICT_DEPTH",
    "EVENT_DEPTH",
    "GATE_DEPTH",
    "MAX_IN_FLIGHT",
];
/// Sizes of the example where no station file says them.
const USUAL: Sizes = [64, 64, 64, 24];

/// The section with the example.
pub fn written(map: &Map, sizes: Option<Sizes>) -> String {
    let Some(constants) = constants(map, sizes.unwrap_or(USUAL)) else {
        return "\n## Example in structured text\n\nNone: the registers of this map do not fit one array.\n"
            .to_owned();
    };
    let input = match map.has_input_registers() {
        true => " Input register n is the word INPUT_FROM + n of HR.",
        false => "",
    };
    format!(
        "\n## Example in structured text\n\nIt shows the rules, not a machine: tracking of packs, sensors and motion \
         are yours. It was run on no PLC. Call `Station` once a turn before you look at the belt; `Tell` at each \
         sensor, `MayPass` when a pack comes to the gate, `Decided` when the sensors have seen where it went. Change \
         the sizes to those of your station file. METHODs stand inside their FUNCTION_BLOCK here; CODESYS and \
         TwinCAT keep each as an object of its own.{input}\n\n```\n{constants}\n{PROGRAM}```\n"
    )
}

/// Name, type, value.
type Constant = (String, &'static str, Value);

/// The value of a constant.
enum Value {
    Said(String),
    /// Where a register stands.
    At(RegisterTable, u16),
}

/// The constants; `None` when the registers do not fit one array.
fn constants(map: &Map, sizes: Sizes) -> Option<String> {
    let mut all = figures(map, sizes);
    places(map, &mut all);
    let mut ends = rings(map, &mut all);
    for (group, codes) in map.code_groups() {
        let known = GROUPS.iter().find(|(known, _)| *known == group);
        let prefix = known.map_or(group, |(_, prefix)| prefix);
        if group == "kind" {
            let most = codes.iter().map(|(_, code)| *code).max();
            all.push(unsigned("KIND_LAST", most.unwrap_or(0)));
        }
        for (name, code) in codes {
            let name = format!("{prefix}_{}", name.to_uppercase());
            all.push(unsigned(&name, code));
        }
    }
    ends.extend(all.iter().filter_map(|(.., value)| match value {
        Value::At(table, register) => Some((*table, *register)),
        Value::Said(_) => None,
    }));
    let last = |of: RegisterTable| {
        let of_table = ends.iter().filter(|(table, _)| *table == of);
        of_table.map(|(_, register)| u32::from(*register)).max()
    };
    // Input registers stand behind the holding registers.
    let input_from = last(RegisterTable::Holding).map_or(0, |last| last + 1);
    let input_last = last(RegisterTable::Input).map(|last| input_from + last);
    if input_last.is_some() {
        let value = Value::Said(input_from.to_string());
        all.push(("INPUT_FROM".to_owned(), "UINT", value));
    }
    let end = input_last.unwrap_or(input_from.saturating_sub(1));
    let end = u16::try_from(end).ok()?;
    all.push(unsigned("LAST_REGISTER", end));
    let mut text = "VAR_GLOBAL CONSTANT\n".to_owned();
    for (name, kind, value) in all {
        let value = match value {
            Value::Said(text) => text,
            Value::At(RegisterTable::Holding, at) => at.to_string(),
            Value::At(RegisterTable::Input, at) => (input_from + u32::from(at)).to_string(),
        };
        let _ = writeln!(text, "    {name} : {kind} := {value};");
    }
    text.push_str("END_VAR\n");
    Some(text)
}

fn unsigned(name: &str, value: u16) -> Constant {
    (name.to_owned(), "UINT", Value::Said(value.to_string()))
}

fn figures(map: &Map, sizes: Sizes) -> Vec<Constant> {
    let said = |name: &str, kind, value| (name.to_owned(), kind, Value::Said(value));
    let word = |name: &str, word: u16| said(name, "WORD", format!("16#{word:04X}"));
    let time = |name: &str, ms: u64| said(name, "TIME", format!("T#{ms}ms"));
    let mut all = vec![
        word("MAGIC_HI", map.magic[0]),
        word("MAGIC_LO", map.magic[1]),
        word("MAP_VERSION", map.version),
        word("CHECK_XOR", map.check_xor),
        time("HEARTBEAT_EVERY", map.heartbeat_ms),
        time("HEARTBEAT_STALE", map.heartbeat_stale_ms),
    ];
    let sizes = SIZES.into_iter().zip(sizes);
    all.extend(sizes.map(|(name, size)| said(name, "UINT", size.to_string())));
    all
}

/// Signals and the bit `ready`.
fn places(map: &Map, all: &mut Vec<Constant>) {
    for (block, signals) in [("P", map.plc_signals()), ("S", map.station_signals())] {
        for one in signals {
            for (end, register) in registers(&one) {
                let name = format!("{block}_{}{end}", one.name);
                all.push((name, "UINT", Value::At(one.table, register)));
            }
        }
    }
    let groups = map.bit_groups();
    let mut bits = groups.iter().flat_map(|(_, bits)| bits);
    if let Some((_, _, Some((table, register, bit)))) = bits.find(|(name, ..)| *name == "ready") {
        let value = Value::At(*table, *register);
        all.push(("S_READY".to_owned(), "UINT", value));
        all.push(unsigned("READY_BIT", (*bit).into()));
    }
}

/// The rings; the last registers of the deepest ones, and of bits elsewhere, come back.
fn rings(map: &Map, all: &mut Vec<Constant>) -> Vec<(RegisterTable, u16)> {
    let deepest = map.depths.iter().copied().max().unwrap_or(1);
    let groups = map.bit_groups();
    let bits = groups.iter().flat_map(|(_, bits)| bits);
    let places = bits.filter_map(|(.., place)| *place);
    let mut ends: Vec<_> = places.map(|(table, at, _)| (table, at)).collect();
    for ring in map.rings() {
        let name = ring.name.to_uppercase();
        let words = u16::try_from(ring.words.len()).unwrap_or(u16::MAX);
        ends.push((ring.table, ring.base + (words * deepest - 1)));
        let base = Value::At(ring.table, ring.base);
        all.push((format!("{name}_BASE"), "UINT", base));
        all.push(unsigned(&format!("{name}_WORDS"), words));
        let named = ring.words.iter().zip(0..);
        for (word, at) in named.filter(|(word, _)| **word != "reserved") {
            let name = format!("{}_{}", &name[..1], word.to_uppercase());
            all.push(unsigned(&name, at));
        }
    }
    ends
}

/// The registers of a signal, with the end of each name.
fn registers(one: &Signal) -> Vec<(&'static str, u16)> {
    let next = one.register + (one.words - 1);
    match (one.words, one.low_first) {
        (1, _) => vec![("", one.register)],
        (_, false) => vec![("_HI", one.register), ("_LO", next)],
        (_, true) => vec![("_HI", next), ("_LO", one.register)],
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn every_constant_of_the_program_is_there_once_whatever_the_map() {
        let other = include_str!("../../../templates/plc/low-word-first.toml");
        let other = Map::parse(other).expect("it is sound");
        let input = include_str!("../../../templates/plc/input-registers.toml");
        let input = Map::parse(input).expect("it is sound");
        for map in [&*Map::contract().expect("it is sound"), &other, &input] {
            let constants = constants(map, USUAL).expect("they fit");
            let names: Vec<&str> = constants
                .lines()
                .filter_map(|line| Some(line.trim().split_once(" : ")?.0))
                .collect();
            for (at, name) in names.iter().enumerate() {
                assert!(!names[..at].contains(name), "{name} twice");
            }
            let bare = without_comments(PROGRAM);
            let words = bare.split(|c: char| !c.is_alphanumeric() && c != '_');
            let used = words.filter(|word| word.contains('_') || *word == "READY_BIT");
            let used = used.filter(|word| {
                !word.contains("_TO_")
                    && !["END_", "VAR_", "FUNCTION_"]
                        .iter()
                        .any(|w| word.starts_with(w))
            });
            let mut count = 0;
            for word in used {
                count += 1;
                assert!(names.contains(&word), "{word} is no constant");
            }
            assert!(count > 60, "{count}");
        }
    }

    fn without_comments(text: &str) -> String {
        let parts = text.split("(*");
        parts
            .map(|part| part.split_once("*)").map_or(part, |(_, code)| code))
            .collect()
    }
}
