//! The table of limits in ARCHITECTURE.md is true and complete: every name has the value that its row says, every row
//! has a test that is there, and whatever can wait, or be waited for, has a row.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rooms in which every constant that ends like a limit has a row.
const ROOMS: &[&str] = &[
    "drivers/src",
    "src/capture",
    "src/epcis",
    "src/line",
    "src/station",
    "src/store",
    "src/world",
];

/// How the name of a limit ends.
const ENDINGS: &[&str] = &["_MAX", "_WAIT", "_TIMEOUT"];

/// Constants that end like a limit and are none of a queue, a retry or a wait: file, name, what it is.
const NO_LIMITS: &[(&str, &str, &str)] = &[
    (
        "src/epcis/time.rs",
        "MINUTES_MAX",
        "the farthest zone from UTC",
    ),
    (
        "src/capture/answer.rs",
        "TOLD_LEN_MAX",
        "how much of an answer a message shows",
    ),
    (
        "src/epcis/finding.rs",
        "SHOWN_MAX",
        "how much of a text a message shows",
    ),
    (
        "src/line/alignment.rs",
        "STAND_COUNTS_MAX",
        "from where on a belt counts as moving",
    ),
    (
        "src/store/opening.rs",
        "STATEMENTS_MAX",
        "a cache: what does not fit is prepared anew",
    ),
    (
        "drivers/src/printer/zpl/replies.rs",
        "SNIPPET_MAX",
        "how much of garbage a message shows",
    ),
    (
        "src/world/eye.rs",
        "SKETCH_SIDE_MAX",
        "from where on a picture is a photograph",
    ),
    (
        "drivers/src/link/memory.rs",
        "STEPS_MAX",
        "a test that does not come to an end",
    ),
];

/// Places that may wait for a time without a name, and why.
const NAMELESS: &[(&str, &str)] = &[
    (
        "src/world/",
        "time is virtual there, and its waits are the factory's",
    ),
    (
        "src/tui/client.rs",
        "the shortest time a socket takes: none would be without end",
    ),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
}

/// One row of the table.
struct Row {
    names: Vec<String>,
    value: String,
    tests: Vec<String>,
}

fn quoted(cell: &str) -> Vec<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn rows() -> Vec<Row> {
    let text = read("ARCHITECTURE.md");
    let chapter = text.split_once("\n## Limits").expect("the chapter").1;
    let chapter = chapter.split("\n## ").next().expect("its end");
    let lines = chapter
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| what"));
    let rows = lines.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, names, value, _, tests] = cells[..] else {
            panic!("five columns: {line}");
        };
        Row {
            names: quoted(names),
            value: value.to_owned(),
            tests: quoted(tests),
        }
    });
    rows.collect()
}

/// What a constant of this name is made of in this text, without blanks.
fn expression(code: &str, name: &str) -> Option<String> {
    let (_, after) = code.split_once(&format!("const {name}: "))?;
    let (_, expression) = after.split_once('=')?;
    let (expression, _) = expression.split_once(';')?;
    Some(expression.split_whitespace().collect())
}

/// The value of such an expression: a number, or nanoseconds.
fn worked_out(expression: &str) -> Option<u128> {
    let number = |text: &str| text.replace('_', "").parse::<u128>().ok();
    for (unit, ns) in [
        ("from_nanos(", 1),
        ("from_micros(", 1_000),
        ("from_millis(", 1_000_000),
        ("from_secs(", 1_000_000_000),
    ] {
        if let Some(inner) = expression.strip_prefix(&format!("Duration::{unit}")) {
            return Some(ns * number(inner.strip_suffix(')')?)?);
        }
    }
    if let Some((base, places)) = expression.split_once("<<") {
        return Some(number(base)? << number(places)?);
    }
    expression.split('*').map(number).product()
}

/// The value that a cell says, in the same units; `ms` alone for constants that end in `_MS`.
fn said(cell: &str, name: &str) -> Option<u128> {
    let mut words = cell.split(' ');
    let number: u128 = words.next()?.replace(',', "").parse().ok()?;
    let in_ms = name.ends_with("_MS") || name.ends_with("_ms");
    let unit = match words.next() {
        None => 1,
        Some("ms") if in_ms => 1,
        Some("ms") => 1_000_000,
        Some("s") if in_ms => 1_000,
        Some("s") => 1_000_000_000,
        Some("KiB") => 1 << 10,
        Some("MiB") => 1 << 20,
        Some("MB") => 1, // a key that counts them
        Some(_) => return None,
    };
    words.next().is_none().then_some(number * unit)
}

/// The default of a key of the station file, given as `section.key`.
fn default_of(key: &str) -> Option<u128> {
    let (section, name) = key.split_once('.')?;
    let row = vidimus::config::keys::KEYS
        .iter()
        .find(|row| row.section == section && row.name == name)?;
    row.default?.parse().ok()
}

#[test]
fn every_row_says_the_value_that_its_name_has() {
    let mut wrong = Vec::new();
    let rows = rows();
    assert!(rows.len() > 60, "the table has its rows: {}", rows.len());
    for row in &rows {
        if row.names.is_empty() || row.tests.is_empty() {
            wrong.push(format!("a row without name or test: {}", row.value));
        }
        for name in &row.names {
            let found = match name.split_once("::") {
                Some((file, name)) => {
                    let made_of = expression(&read(file), name);
                    let is_another = made_of.as_deref() == Some(row.value.trim_matches('`'));
                    if is_another {
                        continue;
                    }
                    made_of.and_then(|expression| worked_out(&expression))
                }
                None => default_of(name),
            };
            if found.is_none() || found != said(&row.value, name) {
                wrong.push(format!("{name} is {found:?}, its row says {}", row.value));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_row_names_tests_that_are_there() {
    let mut wrong = Vec::new();
    for row in rows() {
        for place in &row.tests {
            let (file, name) = place.split_once("::").expect("a file and a test");
            let code = read(file);
            let start = code.find(&format!("fn {name}("));
            let is_test = start.is_some_and(|at| code[..at].trim_end().ends_with("#[test]"));
            if !is_test {
                wrong.push(format!("{:?}: there is no test {place}", row.names));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Rust files below a folder and what of each is not its own tests.
fn code_below(folder: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).expect("a folder") {
            let entry = entry.expect("an entry");
            let path = folder.join(entry.file_name());
            let name = path.to_string_lossy().into_owned();
            if entry.path().is_dir() {
                if !name.ends_with("/test") {
                    folders.push(path);
                }
            } else if name.ends_with(".rs") && !name.ends_with("/test.rs") {
                let text = read(&name);
                let own = text.split("\n#[cfg(test)]\nmod test {").next();
                found.insert(name, own.expect("a beginning").to_owned());
            }
        }
    }
    found
}

#[test]
fn whatever_ends_like_a_limit_has_its_row() {
    let listed: Vec<String> = rows().into_iter().flat_map(|row| row.names).collect();
    let mut missing = Vec::new();
    let mut constants = 0;
    for (file, code) in ROOMS.iter().flat_map(|room| code_below(room)) {
        let declared = code
            .lines()
            .filter_map(|line| line.trim().split_once("const "));
        for (_, rest) in declared {
            let Some((name, _)) = rest.split_once(": ") else {
                continue;
            };
            let is_limit = ENDINGS.iter().any(|ending| name.ends_with(ending));
            let excepted = NO_LIMITS
                .iter()
                .any(|(path, other, _)| *path == file && *other == name);
            constants += usize::from(is_limit);
            if is_limit && !excepted && !listed.contains(&format!("{file}::{name}")) {
                missing.push(format!("{file}::{name}"));
            }
        }
    }
    assert!(constants > 50, "the rule looks at the rooms: {constants}");
    assert!(
        missing.is_empty(),
        "ARCHITECTURE.md, Limits, has no row for: {missing:#?}"
    );
}

#[test]
fn every_queue_between_threads_and_every_wait_is_bounded_by_a_name() {
    let mut wrong = Vec::new();
    for (file, code) in ["drivers/src", "src"]
        .iter()
        .flat_map(|room| code_below(room))
    {
        for (number, line) in code.lines().enumerate() {
            let place = format!("{file}:{}: {}", number + 1, line.trim());
            let comment = line.trim_start().starts_with("//");
            for (at, call) in line.match_indices("channel(").filter(|_| !comment) {
                let given = line[at + call.len()..].split(')').next().unwrap_or("");
                // 0 and 1: a hand-over and a place for one answer. `watch` keeps the latest value only, `oneshot` one.
                let named = given.ends_with("_MAX") || matches!(given, "0" | "1");
                if !named && !line.contains("watch::") && !line.contains("oneshot::") {
                    wrong.push(place.clone());
                }
            }
            let literal = |from: &str| {
                let digit = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
                line.split(from).skip(1).any(|rest| {
                    rest.split_once(')')
                        .is_some_and(|(inner, _)| digit(inner) && !inner.contains('*'))
                })
            };
            let unnamed = ["Duration::from_millis(", "Duration::from_secs("]
                .iter()
                .any(|from| literal(from));
            let excepted = NAMELESS.iter().any(|(path, _)| file.starts_with(path));
            if unnamed && !excepted && !line.contains("const ") && !comment {
                wrong.push(place);
            }
        }
    }
    assert!(wrong.is_empty(), "without a name: {wrong:#?}");
}
