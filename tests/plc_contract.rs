//! What `vidimus plc contract` prints has every register, ring, code and bit of a map file at its right number, read
//! from the file here and not by the driver.

use std::path::Path;
use std::process::Command;
use toml::{Table, Value};

fn printed(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_vidimus"))
        .args(["plc", "contract"])
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program can be started");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("standard output is UTF-8")
}

fn number(value: &Value) -> i64 {
    value.as_integer().expect("a whole number")
}

/// The part of the page under this heading.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let from = page.find(&format!("\n## {heading}"));
    let text = &page[from.unwrap_or_else(|| panic!("no {heading}")) + 4..];
    text.split("\n## ").next().expect("there is a first part")
}

/// The page has this map's numbers; how many were compared comes back.
fn agrees(file: &str, page: &str) -> usize {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
    let map: Table = text.expect("the map").parse().expect("it is TOML");
    let first = map.get("first_register").map_or(0, number);
    // What the file calls the register that Modbus calls 0, and what the page counts it as.
    let counted = |table: &Value| match table.get("table").and_then(Value::as_str) {
        Some("input") => (first / 4 * 3 + first % 4, 30_001),
        _ => (first, 40_001),
    };
    let low_first = map
        .get("words")
        .is_some_and(|words| words.as_str() == Some("low-first"));
    let mut compared = 0;
    let mut has = |part: &str, row: String| {
        compared += 1;
        assert!(part.contains(&row), "{file} lacks {row} in {part}");
    };
    for (block, heading) in [
        ("plc", "Registers PLC -> station"),
        ("station", "Registers station -> PLC"),
    ] {
        let part = section(page, heading);
        let of_block = counted(&map[block]);
        for (name, value) in map[block].as_table().expect("a block") {
            if name == "table" {
                continue;
            }
            let (register, words, low, scale) = match value {
                Value::Array(pair) => (number(&pair[0]), number(&pair[1]), low_first, 1.0),
                Value::Table(entry) => (
                    number(&entry["register"]),
                    1 + i64::from(entry.get("type").and_then(Value::as_str) == Some("u32")),
                    entry
                        .get("words")
                        .map_or(low_first, |words| words.as_str() == Some("low-first")),
                    entry.get("scale").map_or(1.0, |scale| match scale {
                        Value::Float(scale) => *scale,
                        scale => number(scale) as f64,
                    }),
                ),
                other => panic!("{name} is {other}"),
            };
            let (first, four) = match value.get("table") {
                Some(_) => counted(value),
                None => of_block,
            };
            let at = register - first;
            if name == "RESERVED" {
                let kept = page.lines().find(|line| line.starts_with("Kept free: "));
                has(kept.expect("a line"), format!("{at}-{}", at + words - 1));
                continue;
            }
            let order = match (words, low) {
                (1, _) => "",
                (_, true) => "low first",
                (_, false) => "high first",
            };
            let four = four + at;
            has(
                part,
                format!("| {name} | {at} | {four} | {words} | {order} | {scale} | "),
            );
        }
    }
    for (name, ring) in map["ring"].as_table().expect("rings") {
        let part = section(page, &format!("Ring {name}"));
        let (first, four) = counted(ring);
        let base = number(&ring["base"]) - first;
        has(part, format!("- Base {base} ({}), ", four + base));
        for (at, word) in ring["words"].as_array().expect("words").iter().enumerate() {
            has(
                part,
                format!("| {at} | {} | ", word.as_str().expect("a name")),
            );
        }
    }
    for (group, heading) in [
        ("kind", "Codes of kind"),
        ("outcome", "Codes of outcome"),
        ("default_cause", "Codes of cause"),
        ("verdict", "Codes of verdict"),
        ("command", "CMD_CODE"),
        ("command_status", "CMD_STATUS"),
    ] {
        let codes = map.get("code").and_then(|code| code.get(group));
        for (name, code) in codes.and_then(Value::as_table).into_iter().flatten() {
            has(
                section(page, heading),
                format!("| {} | {name} | ", number(code)),
            );
        }
    }
    for (group, word, heading) in [
        ("faults", ("plc", "FAULTS"), "Bits of FAULTS"),
        ("station_state", ("station", "STATE"), "Bits of STATE"),
        ("lamps", ("station", "LAMPS"), "Bits of LAMPS"),
    ] {
        let part = section(page, heading);
        let bits = map.get("bit").and_then(|bit| bit.get(group));
        for (name, bit) in bits.and_then(Value::as_table).into_iter().flatten() {
            let (register, bit) = match bit {
                Value::Boolean(false) => {
                    has(part, format!("| {name} | none | "));
                    continue;
                }
                Value::Table(place) => (number(&place["register"]), number(&place["bit"])),
                bit => {
                    let pair = &map[word.0][word.1];
                    // The low word of a number with its high word first is its second one.
                    let second = number(&pair[1]) == 2 && !low_first;
                    (number(&pair[0]) + i64::from(second), number(bit))
                }
            };
            let at = register - first;
            has(
                part,
                format!("| {name} | {at} | {} | {bit} | ", 40_001 + at),
            );
        }
    }
    compared
}

#[test]
fn the_printed_contract_has_every_number_of_its_map() {
    let contract = printed(&[]);
    let other_file = "templates/plc/low-word-first.toml";
    let other = printed(&["--map", other_file]);
    assert!(agrees("templates/plc/contract-1.0.toml", &contract) > 120);
    assert!(agrees(other_file, &other) > 70);
    let input_file = "templates/plc/input-registers.toml";
    let input = printed(&["--map", input_file]);
    assert!(agrees(input_file, &input) > 40);
    for page in [&contract, &other, &input] {
        let reasons = section(page, "STOP_REASON");
        for row in [
            "| 0 | none | ",
            "| 6 | no_batch | No batch is open",
            "| 17 | container_unread | ",
            "| 18 | label_doubled | ",
        ] {
            assert!(reasons.contains(row), "{row}: {reasons}");
        }
        assert_eq!(reasons.matches("\n| ").count(), 20, "{reasons}");
        for rule in [
            "ECHO_PLC_BOOT is PLC_BOOT",
            "500 ms",
            "VERDICT_DEPTH >= MAX_IN_FLIGHT + 2",
            "0xA5A5",
        ] {
            assert!(page.contains(rule), "{rule}");
        }
        // Nothing of the templates is left over.
        assert!(!page.contains('{') && !page.contains('}'), "{page}");
    }
    // The example has the numbers of its map, word order and all.
    assert!(
        contract.contains("P_ENTERED_HI : UINT := 12;"),
        "{contract}"
    );
    assert!(other.contains("P_ENTERED_HI : UINT := 206;"), "{other}");
    // Input registers stand behind the last of 256 verdicts at 1000 there.
    for constant in [
        "INPUT_FROM : UINT := 2280;",
        "P_ENTERED_HI : UINT := 2287;",
        "S_HEARTBEAT : UINT := 1;",
    ] {
        assert!(input.contains(constant), "{constant}: {input}");
    }
}

#[test]
fn a_station_file_brings_its_own_sizes() {
    let page = printed(&["-c", "templates/stations/demo.toml"]);
    assert!(
        page.contains(
            "| plc-1 | `modbus+tcp://127.0.0.1:502?unit=1` | 64 | 64 | 64 | 24 | 10 ms |"
        ),
        "{page}"
    );
    assert!(
        page.contains("- plc-1  gate ring 64 >= outage 900 ms / 50 ms = 18 + 2 = 20"),
        "{page}"
    );
    assert!(page.contains("MAX_IN_FLIGHT : UINT := 24;"), "{page}");
}

/// The example of a page, with the METHODs behind their FUNCTION_BLOCK, as TwinCAT keeps them.
fn example(page: &str) -> String {
    let (_, code) = page.split_once("\n```\n").expect("an example");
    let (code, _) = code.split_once("```").expect("its end");
    let (mut program, mut methods, mut in_method) = (String::new(), String::new(), false);
    for line in code.lines() {
        in_method |= line.starts_with("METHOD ");
        let part = if in_method {
            &mut methods
        } else {
            &mut program
        };
        part.push_str(line);
        part.push('\n');
        in_method &= line != "END_METHOD";
    }
    program + &methods
}

/// Held against a parser of other people: PyPI's `blark` (`tests/outside/install`), for TwinCAT's structured text. It
/// knows the grammar and the keywords; types and names it does not check.
#[test]
fn the_example_is_structured_text_to_a_parser_of_other_people() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), Into::into);
    let python = target.join("outside/python");
    if !python.join("blark").exists() {
        eprintln!(
            "SKIPPED: blark is not here (tests/outside/install); the PLC's example was read by nobody else."
        );
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let parses = |text: &str| {
        let file = folder.path().join("example.st");
        std::fs::write(&file, text).expect("it can be written");
        let mut parser = Command::new("python3");
        parser
            .env("PYTHONPATH", &python)
            .args(["-m", "blark", "parse"]);
        let output = parser.arg(&file).output().expect("it can be started");
        (output.status.success(), output)
    };
    for file in [
        "contract-1.0.toml",
        "low-word-first.toml",
        "input-registers.toml",
    ] {
        let page = printed(&["--map", &format!("templates/plc/{file}")]);
        let code = example(&page);
        assert_eq!(code.matches("END_METHOD").count(), 5, "{code}");
        let (parsed, output) = parses(&code);
        assert!(parsed, "{file}: {output:?}");
        // A word that is a keyword, and a missing end, are seen.
        for (from, to) in [("slot", "at"), ("END_FOR", "")] {
            assert!(!parses(&code.replace(from, to)).0, "{from}");
        }
    }
}
