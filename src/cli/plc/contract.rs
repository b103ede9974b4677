//! `vidimus plc contract`: the contract between station and PLC as Markdown, for whoever programs the PLC.
//!
//! Every address, code, bit and time comes from the map that the station itself works with.

use super::example;
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::{print_line, station_file};
use crate::config::{Config, Plc};
use crate::station::plc_map::{map_in, map_of};
use crate::station::translate::stop_reasons;
use std::path::PathBuf;
use std::sync::Arc;
use vidimus_drivers::plc::RegisterTable;
use vidimus_drivers::plc::map::{Map, NamedBit, RingShape, Signal, Span};
use vidimus_drivers::plc::session::ANSWER_MS;

/// Above this register the old five-digit numbers end.
const FIVE_DIGITS_MAX: u32 = 9_998;

/// Arguments of `plc contract`.
#[derive(Debug, Clone, clap::Args)]
pub struct ContractArgs {
    /// Register map of the PLC; without one, contract 1.0
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    map: Option<String>,
    /// Station file: the maps, ring depths and sizes of its PLCs
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// The map or the station file cannot be read, or has mistakes.
pub fn run(args: &ContractArgs) -> Ended {
    let wrong = |why: String| Failure::new(Exit::Configuration, why);
    let mut text = String::new();
    match (&args.config, &args.map) {
        (Some(file), _) => {
            let config = station_file::load(file)?;
            for (map, name, plcs) in maps_of(&config).map_err(wrong)? {
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(&written(&map, &name, Some((&config, &plcs))));
            }
        }
        (None, Some(file)) => {
            text = written(&map_in(file).map_err(wrong)?, file, None);
        }
        (None, None) => {
            let map = Map::contract().map_err(|error| wrong(error.to_string()))?;
            text = written(&map, BUILT_IN, None);
        }
    }
    text.lines().try_for_each(print_line)?;
    Ok(Exit::Ok)
}

/// What the map is called that no file says.
const BUILT_IN: &str = "contract 1.0";

/// A map, what it is called, and the PLCs that have it.
type Mapped<'a> = (Arc<Map>, String, Vec<&'a Plc>);

/// The maps of a station file, each once.
fn maps_of(config: &Config) -> Result<Vec<Mapped<'_>>, String> {
    let mut maps: Vec<Mapped<'_>> = Vec::new();
    for plc in &config.plcs {
        let map = map_of(plc)?;
        let name = plc.map.as_deref().unwrap_or(BUILT_IN);
        match maps.iter_mut().find(|(_, known, _)| known == name) {
            Some((.., plcs)) => plcs.push(plc),
            None => maps.push((map, name.to_owned(), vec![plc])),
        }
    }
    Ok(maps)
}

/// What a station file sets for these PLCs.
fn sizes(config: &Config, plcs: &[&Plc]) -> String {
    let mut text =
        "## Set in this station\n\n| PLC | address | VERDICT_DEPTH | EVENT_DEPTH | GATE_DEPTH \
                    | MAX_IN_FLIGHT at most | cycle at most |\n|---|---|---|---|---|---|---|\n"
            .to_owned();
    for plc in plcs {
        text.push_str(&format!(
            "| {} | `{}` | {} | {} | {} | {} | {} ms |\n",
            plc.name,
            plc.address,
            plc.verdict_depth,
            plc.event_depth,
            plc.gate_depth,
            plc.max_in_flight,
            plc.cycle_ms
        ));
    }
    text.push_str("\nWhy they are deep enough:\n\n");
    for line in config.arithmetic() {
        let about = line.split_whitespace().next().unwrap_or_default();
        if about == "line" || plcs.iter().any(|plc| plc.name == about) {
            text.push_str(&format!("- {line}\n"));
        }
    }
    text.push('\n');
    text
}

/// The whole page.
fn written(map: &Map, name: &str, station: Option<(&Config, &[&Plc])>) -> String {
    let mut page = format!(
        "# What the station expects of the PLC ({name})\n\nMade by `vidimus plc contract` of Vidimus {} from the map \
         that the station itself works with.\n\n",
        env!("CARGO_PKG_VERSION")
    );
    if let Some((config, plcs)) = station {
        page.push_str(&sizes(config, plcs));
    }
    page.push_str(&link(map));
    page.push_str("## Registers PLC -> station\n\n");
    page.push_str(&signals(&map.plc_signals(), Some(map)));
    page.push_str("\n## Registers station -> PLC\n\n");
    page.push_str(&signals(&map.station_signals(), None));
    let spare: Vec<String> = map.spare().iter().map(span).collect();
    if !spare.is_empty() {
        page.push_str(&format!(
            "\nKept free: {}. Of these the PLC answers 0 where they are read, and takes 0 where they are written.\n",
            spare.join("; ")
        ));
    }
    for (word, bits) in map.bit_groups() {
        page.push_str(&bit_table(word, &bits));
    }
    for ring in map.rings() {
        page.push_str(&ring_table(map, &ring));
    }
    page.push_str(&entries(map));
    for (group, codes) in map.code_groups() {
        let title = group_title(group);
        page.push_str(&format!(
            "\n## {title}\n\n| code | name | meaning |\n|---|---|---|\n"
        ));
        for (name, code) in codes {
            page.push_str(&format!("| {code} | {name} | {} |\n", meaning(group, name)));
        }
    }
    page.push_str(&reasons());
    page.push_str(&rules(map));
    let first = station.and_then(|(_, plcs)| plcs.first());
    let sizes = first.map(|plc| {
        let (verdict, event, gate) = (plc.verdict_depth, plc.event_depth, plc.gate_depth);
        [verdict, event, gate, plc.max_in_flight]
    });
    page.push_str(&example::written(map, sizes));
    page
}

fn hex(words: &[u16]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("0x{word:04X}")).collect();
    words.join(" ")
}

/// What is said of a map with both tables.
const INPUT_TABLES: &str = "Holding registers: function 3 to read, function 16 to write. Registers counted from 30001 \
     on are input registers: function 4 to read.";

/// How requests go; what stands in braces comes from the map.
const LINK: &str = include_str!("link.md");

fn link(map: &Map) -> String {
    let tables = match map.has_input_registers() {
        true => INPUT_TABLES,
        false => "Holding registers alone: function 3 to read, function 16 to write.",
    };
    LINK.replace("{tables}", tables)
        .replace("{read_max}", &map.read_max.to_string())
        .replace("{write_max}", &map.write_max.to_string())
        .replace("{reads}", &requests("reading", &map.reads))
        .replace("{writes}", &requests("writing", &map.writes))
}

fn requests(doing: &str, spans: &[Span]) -> String {
    let spans: Vec<String> = spans.iter().map(span).collect();
    format!("{doing} {}", spans.join(", then "))
}

fn span(span: &Span) -> String {
    let table = match span.table {
        RegisterTable::Holding => "",
        RegisterTable::Input => "input ",
    };
    match span.count {
        1 => format!("{table}{}", span.first),
        count => format!("{table}{}-{}", span.first, span.first + (count - 1)),
    }
}

/// A register as many PLCs count it.
fn counted(table: RegisterTable, register: u16) -> u32 {
    let (five, six) = match table {
        RegisterTable::Holding => (40_001, 400_001),
        RegisterTable::Input => (30_001, 300_001),
    };
    let register = u32::from(register);
    match register <= FIVE_DIGITS_MAX {
        true => five + register,
        false => six + register,
    }
}

/// What a number must be, where the map says it: MAGIC, MAP_VERSION, depths.
fn fixed(map: &Map, name: &str) -> String {
    match name {
        "MAGIC" => format!("; {} (high word, low word)", hex(&map.magic)),
        "MAP_VERSION" => format!("; {}", hex(&[map.version])),
        "HEARTBEAT" => format!("; one more every {} ms", map.heartbeat_ms),
        "VERDICT_DEPTH" | "EVENT_DEPTH" | "GATE_DEPTH" => {
            let depths: Vec<String> = map.depths.iter().map(ToString::to_string).collect();
            format!(": {}", depths.join(", "))
        }
        _ => String::new(),
    }
}

fn signals(signals: &[Signal], map: Option<&Map>) -> String {
    let mut text = "| name | Modbus | 4x | words | order of words | scale | meaning |\n|---|---|---|---|---|---|---|\n"
        .to_owned();
    for one in signals {
        let order = match (one.words, one.low_first) {
            (1, _) => "",
            (_, false) => "high first",
            (_, true) => "low first",
        };
        let more = map.map_or_else(String::new, |map| fixed(map, one.name));
        text.push_str(&format!(
            "| {} | {} | {} | {} | {order} | {} | {}{more} |\n",
            one.name,
            one.register,
            counted(one.table, one.register),
            one.words,
            f64::from(one.scale) / 1_000.0,
            one.meaning
        ));
    }
    text
}

fn bit_table(word: &str, bits: &[NamedBit]) -> String {
    let title = match word {
        "faults" => "Bits of FAULTS (PLC -> station)",
        "station_state" => "Bits of STATE (station -> PLC)",
        _ => "Bits of LAMPS (station -> PLC)",
    };
    let mut text = format!(
        "\n## {title}\n\nBit 0 is the lowest of its register.\n\n| name | Modbus | 4x | bit | when it is 1 \
         |\n|---|---|---|---|---|\n"
    );
    for (name, meaning, place) in bits {
        text.push_str(&match place {
            Some((table, register, bit)) => {
                format!(
                    "| {name} | {register} | {} | {bit} | {meaning} |\n",
                    counted(*table, *register)
                )
            }
            None => format!("| {name} | none | | | this machine has no such thing |\n"),
        });
    }
    text
}

fn ring_table(map: &Map, ring: &RingShape) -> String {
    let (writer, depth, number) = match ring.name {
        "event" => ("PLC", "EVENT_DEPTH", "running number of the event"),
        "gate" => ("PLC", "GATE_DEPTH", "pack id"),
        _ => ("station", "VERDICT_DEPTH", "pack id"),
    };
    let words = ring.words.len();
    let deepest = usize::from(map.depths.iter().copied().max().unwrap_or(0));
    let last = usize::from(ring.base) + words * deepest - 1;
    let mut text = format!(
        "\n## Ring {}: written by the {writer}\n\n- Base {} ({}), {depth} slots of {words} words; room for {deepest} \
         slots ends at {last}.\n- The entry with the {number} `i` is in slot `i mod {depth}`; it begins at \
         `{} + {words} x (i mod {depth})`.\n\n| word | name | meaning |\n|---|---|---|\n",
        ring.name,
        ring.base,
        counted(ring.table, ring.base),
        ring.base,
    );
    for (at, word) in ring.words.iter().enumerate() {
        text.push_str(&format!("| {at} | {word} | {} |\n", ring_word(word)));
    }
    text
}

fn ring_word(word: &str) -> &'static str {
    match word {
        "boot" => "PLC_BOOT of the pack",
        "id_hi" => "pack id, high word",
        "id_lo" => "pack id, low word",
        "kind" => "what happened, see the codes",
        "count" => "how many of this kind there were in this boot, modulo 65536",
        "encoder_hi" => "ENCODER at that moment, high word, in the PLC's counts",
        "encoder_lo" => "ENCODER at that moment, low word",
        "outcome" => "where the pack went, see the codes",
        "cause" => "why by default; 0 for every other outcome",
        "verdict" => "what the station says of the pack, see the codes",
        "check" => "check word, see below",
        _ => "0",
    }
}

/// What makes an entry one; what stands in braces comes from the map.
const ENTRIES: &str = include_str!("entries.md");

fn entries(map: &Map) -> String {
    ENTRIES.replace("{check_xor}", &hex(&[map.check_xor]))
}

fn group_title(group: &str) -> &'static str {
    match group {
        "kind" => "Codes of kind (event ring)",
        "outcome" => "Codes of outcome (gate ring)",
        "default_cause" => "Codes of cause (gate ring)",
        "verdict" => "Codes of verdict (verdict ring)",
        "command" => "CMD_CODE",
        _ => "CMD_STATUS",
    }
}

/// Why the station stops the machine: the codes that it writes, and what its screen says then.
fn reasons() -> String {
    let mut text = "\n## STOP_REASON\n\nEvery code but 0 stops the machine alike. A later version may have more of \
                    them: one that is not known here stops it, too.\n\n| code | name | what the station's screen says \
                    |\n|---|---|---|\n| 0 | none | the station holds nothing back |\n"
        .to_owned();
    for (code, name, screen) in stop_reasons() {
        text.push_str(&format!("| {code} | {name} | {screen} |\n"));
    }
    text
}

/// What a code means, in a line.
fn meaning(group: &str, name: &str) -> &'static str {
    match (group, name) {
        ("kind", "detected") => "a pack is at the print position and has its id",
        ("kind", "print_done") => "the printer said END PRINT for this pack",
        ("kind", "camera_fired") => "the camera was triggered for this pack",
        ("kind", "removed") => "a sensor expected this pack and did not see it",
        ("kind", "appeared") => {
            "a sensor saw a pack that nobody expected: it gets a new id and is always rejected"
        }
        ("outcome", "passed") => "it passed",
        ("outcome", "rejected_by_verdict") => "out: its verdict is not pass",
        ("outcome", "rejected_by_default") => {
            "out: nothing valid let it pass; the cause says what was missing"
        }
        ("outcome", "reject_not_confirmed") => {
            "it was to go out, and the sensor did not see it go: FAULTS, and stop"
        }
        ("outcome", "removed") => "it was taken away before the gate",
        ("outcome", "passed_in_bypass") => "it passed because the bypass key was on",
        ("default_cause", "no_verdict") => "no valid entry with verdict pass stands in its slot",
        ("default_cause", "heartbeat_stale") => "the station's HEARTBEAT stood still",
        ("default_cause", "boot_echo_wrong") => "ECHO_PLC_BOOT is not PLC_BOOT",
        ("default_cause", "purge") => "a purge covers its id",
        ("verdict", "none") => "nothing yet: as if there were no entry",
        ("verdict", "pass") => "it may pass",
        ("verdict", "no_picture") => "no picture of it came",
        ("verdict", "no_symbol") => "its picture shows no symbol",
        ("verdict", "not_decodable") => "its symbol cannot be decoded",
        ("verdict", "not_gs1") => "its symbol is not GS1",
        ("verdict", "wrong_content") => "its symbol says other things than were printed",
        ("verdict", "unexpected_serial") => "it bears the serial of another pack",
        ("verdict", "seen_before") => "its serial was seen before",
        ("verdict", "low_grade") => "its print is not good enough",
        ("verdict", "text_mismatch") => "the text beside its symbol is not what was printed",
        ("verdict", "late") => "its verdict came too late",
        ("verdict", "operator") => "a person had it rejected",
        ("verdict", "sample") => "it is taken out as a sample",
        ("verdict", "station_not_ready") => "the station was not ready for it",
        ("verdict", "lost_track") => "the station does not know which pack it is",
        ("command", "clear_faults") => "take back the faults whose cause is gone; start nothing",
        ("command", "purge") => {
            "reject by default every pack of this boot with an id below CMD_ARG, and give it no START PRINT"
        }
        ("command", "challenge") => "a known bad pack comes next: it must be rejected",
        ("command", "lamp_test") => "light every lamp for a while",
        ("command", "horn_off") => "silence the horn",
        ("command", "tracking_reset") => "forget every pack on the belt: a new PLC_BOOT",
        ("command_status", "ok") => "done",
        ("command_status", "refused") => "not allowed now",
        ("command_status", "unknown_code") => "the PLC does not know this code",
        ("command_status", "busy") => "another one is under way; it may be sent again",
        _ => "",
    }
}

/// Gate, times, starts and sizes; what stands in braces comes from the map.
const RULES: &str = include_str!("rules.md");

fn rules(map: &Map) -> String {
    let stale = map.heartbeat_stale_ms;
    let depths: Vec<String> = map.depths.iter().map(ToString::to_string).collect();
    RULES
        .replace("{stale}", &stale.to_string())
        .replace("{beat}", &map.heartbeat_ms.to_string())
        .replace("{cycle}", &(stale / 2).to_string())
        .replace("{answer}", &ANSWER_MS.to_string())
        .replace("{depths}", &depths.join(", "))
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn every_code_and_word_has_a_meaning() {
        let map = Map::contract().expect("it is sound");
        for (group, codes) in map.code_groups() {
            for (name, _) in codes {
                assert!(!meaning(group, name).is_empty(), "{group} {name}");
            }
        }
        let rings = map.rings();
        for word in rings.iter().flat_map(|ring| &ring.words) {
            assert_ne!(ring_word(word), "0", "{word}");
        }
    }

    #[test]
    fn registers_are_counted_as_plcs_count_them() {
        let four = |register| counted(RegisterTable::Holding, register);
        let three = |register| counted(RegisterTable::Input, register);
        assert_eq!(
            (four(0), four(9_998), four(9_999)),
            (40_001, 49_999, 410_000)
        );
        assert_eq!((three(0), three(9_999)), (30_001, 310_000));
    }
}
