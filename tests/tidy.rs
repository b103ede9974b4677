//! The house rules as tests: who may name whom, what pure rooms never touch, how files open, how long they are.
//!
//! Each table below is the rule itself. Whoever wants to break one changes the table, with a
//! reason, in sight of everybody.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Longest file, its own tests not counted.
const FILE_LINES_MAX: usize = 600;
/// Longest file that is nothing but a test.
const TEST_FILE_LINES_MAX: usize = 800;
/// Longest line of Rust.
const LINE_COLUMNS_MAX: usize = 120;

/// Rooms of `src/` and what each may name of the others: the arrows of ARCHITECTURE.md.
const ARROWS: &[(&str, &[&str])] = &[
    ("gs1", &[]),
    // Events of partners and of our own, and what they say; making them of records comes from outside.
    // What is on record becomes events.
    ("epcis", &["gs1", "record", "store"]),
    // What is read from a list of numbers goes on record: the parts of a number and the hash of the list.
    ("serial", &["gs1", "record"]),
    // Of the drivers only `Tick`, so that there is one kind of time.
    ("record", &["gs1", "drivers"]),
    ("vision", &["gs1", "record"]),
    // A template says what the camera must read: it gives an `Expectation`; and what a printer shall print: a `Format`,
    // which a printer language writes or says that it cannot.
    ("label", &["drivers", "gs1", "record", "vision"]),
    // Views are made of the books and modules that `record` defines.
    ("wire", &["gs1", "record"]),
    // Orders of people judged against where everything stands.
    ("packaging", &["gs1", "record", "wire"]),
    ("line", &["gs1", "packaging", "record", "serial", "wire"]),
    // The drivers judge device addresses, in one place.
    // A lowest grade and a text policy are one type from the station file to the record.
    // What was measured of a camera is one value from the station file to the reader.
    ("config", &["gs1", "record", "vision", "drivers"]),
    // Documents about what is on record for a partner's repository, as the station file says.
    ("capture", &["config", "epcis", "gs1", "store"]),
    // A serial of our own letters is kept as their value.
    ("store", &["gs1", "record", "serial"]),
    // What was scanned is read by the same words as at the line. A built-in label has its name from `label`.
    (
        "trace",
        &["gs1", "label", "packaging", "record", "serial", "store"],
    ),
    // `record` only for the types that stand in a view; of the drivers the value that tells a scanner that types from a
    // person, and its clock.
    ("tui", &["wire", "record", "drivers"]),
    (
        "station",
        &[
            "capture",
            "config",
            "drivers",
            "gs1",
            "label",
            "line",
            "packaging",
            "record",
            "serial",
            "store",
            // What is scanned at a screen is told in the words that a person at a shell gets.
            "trace",
            "vision",
            "wire",
        ],
    ),
    (
        "cli",
        &[
            "config",
            // A label is shown in a printer's language, and printed where no station runs.
            "drivers",
            "epcis",
            "gs1",
            "label",
            "record",
            // Serials are proven and listed without a station.
            "serial",
            "simulators",
            "station",
            "store",
            "trace",
            "tui",
            "vision",
            "wire",
            "world",
        ],
    ),
    // The station's desk with simulated devices; `store` for its disk.
    (
        "world",
        &[
            "config",
            "drivers",
            "gs1",
            "label",
            "line",
            "record",
            "serial",
            "simulators",
            "station",
            "store",
            "vision",
            "wire",
        ],
    ),
];

/// Rooms in which every file is PURE. Elsewhere a file is pure if its head says so.
const PURE_ROOMS: &[&str] = &[
    "config",
    "gs1",
    "label",
    "line",
    "packaging",
    "record",
    "serial",
    "vision",
    "wire",
];

/// What a pure file never names: files, sockets, threads, clocks, SQL, ports, global chance.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "Instant::now",
    "SystemTime",
    "getrandom",
    "rusqlite",
    "rustix",
    "serialport",
    "tokio",
    "tokio_modbus",
];

/// Pure files that name something of [`IMPURE`] all the same: file, name, why.
const IMPURE_EXCEPTIONS: &[(&str, &str, &str)] = &[(
    "drivers/src/address.rs",
    "std::net",
    "Ipv6Addr as a value: it tells whether a text is an address",
)];

/// Outside libraries that only these folders may name.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("rusqlite", &["src/store"]),
    ("rxing", &["src/vision"]),
    ("datamatrix", &["src/label", "src/vision"]),
    ("ratatui", &["src/tui"]),
    ("quick_xml", &["src/epcis"]),
    ("ureq", &["src/capture"]),
    ("rust_xlsxwriter", &["src/cli"]),
    ("serialport", &["drivers/src/link"]),
    ("tokio_modbus", &["drivers/src/plc", "simulators/src/serve"]),
    ("tokio", &["drivers/src", "simulators/src"]),
    (
        "vidimus_drivers",
        &[
            "src/cli",
            "src/config",
            "src/label",
            "src/record",
            "src/station",
            "src/tui",
            "src/world",
            "drivers/benches",
            "drivers/examples",
        ],
    ),
    (
        "vidimus_simulators",
        &[
            "src/cli",
            "src/world",
            "simulators/src/bin",
            "simulators/examples",
        ],
    ),
    ("vidimus", &["src/main.rs"]),
];

/// Names that say nothing.
const BANNED_NAMES: &[&str] = &[
    "common", "helper", "helpers", "manager", "misc", "util", "utils",
];

/// A Rust file of ours.
struct Source {
    /// From the root of the project, with `/`.
    path: String,
    text: String,
    /// Without comments and without the tests at its end.
    code: String,
}

impl Source {
    fn is_test(&self) -> bool {
        let in_tests = |part: &str| part == "tests" || part == "test" || part == "test.rs";
        self.path.split('/').any(in_tests)
    }

    /// The room of `src/` it belongs to.
    fn room(&self) -> Option<&str> {
        let (room, _) = self.path.strip_prefix("src/")?.split_once('/')?;
        Some(room)
    }

    /// The `//!` lines it opens with.
    fn head(&self) -> String {
        self.text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .map(|line| line.trim_start_matches("//!"))
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn is_pure(&self) -> bool {
        let head = self.head();
        let by_head =
            head.contains("PURE") && !head.contains("IO") && !head.contains("PURE, except");
        // A head that names which of its files are pure speaks of them, not of itself alone.
        by_head && !head.contains("are PURE")
            || self.room().is_some_and(|room| PURE_ROOMS.contains(&room))
    }

    /// What its `use` lines import, each as a full path, and its code for names in place.
    fn names(&self, wanted: &str) -> bool {
        let named = |text: &str| {
            text.match_indices(wanted).any(|(at, _)| {
                let word = |c: char| c.is_alphanumeric() || c == '_';
                let before = text[..at].chars().next_back().is_some_and(word);
                let after = text[at + wanted.len()..].chars().next().is_some_and(word);
                !before && !after
            })
        };
        named(&self.code) || imports(&self.code).iter().any(|path| named(path))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder of the project, build results and hidden folders left out.
fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder entry").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            if name != "target" && (!name.starts_with('.') || name == ".ci") {
                files_below(&path, found);
            }
        } else if name != ".git" {
            found.push(path); // in a worktree .git is a file
        }
    }
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("below the root");
    path.to_string_lossy().replace('\\', "/")
}

fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    for folder in ["src", "drivers", "simulators", "tests"] {
        files_below(&root().join(folder), &mut files);
    }
    files.sort();
    let rust = files
        .into_iter()
        .filter(|path| path.extension().is_some_and(|kind| kind == "rs"));
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a source file is text");
        let code = code_of(&text);
        Source {
            path: relative(&path),
            text,
            code,
        }
    };
    let sources: Vec<Source> = rust.map(read).collect();
    assert!(
        sources.len() > 100,
        "the rules look at the whole house: {} files",
        sources.len()
    );
    sources
}

/// The code without comments, and without the tests, which stand at the end of a file in `mod test`.
fn code_of(text: &str) -> String {
    let own = text.lines().take_while(|line| *line != "mod test {");
    let code = own.map(|line| match line.trim_start().starts_with("//") {
        true => "",
        false => line.split_once(" // ").map_or(line, |(code, _)| code),
    });
    code.collect::<Vec<_>>().join("\n")
}

/// Every path that the `use` declarations of `code` import, groups written out.
fn imports(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let starts = code.match_indices("use ").filter(|(at, _)| {
        let line = code[..*at].rsplit('\n').next().unwrap_or("");
        matches!(line.trim(), "" | "pub" | "pub(super)" | "pub(crate)")
    });
    for (at, word) in starts {
        if let Some(end) = code[at..].find(';') {
            let tree: String = code[at + word.len()..at + end]
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            write_out("", &tree, &mut paths);
        }
    }
    paths
}

/// Writes one `use` tree out: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn write_out(before: &str, tree: &str, paths: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((head, group)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or(tree);
        if !path.is_empty() {
            paths.push(format!("{before}{path}"));
        }
        return;
    };
    let group = group
        .trim_end()
        .strip_suffix('}')
        .expect("a group of imports is closed");
    let before = format!("{before}{}", head.trim());
    let (mut depth, mut from) = (0, 0);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                write_out(&before, &group[from..at], paths);
                from = at + 1;
            }
            _ => {}
        }
    }
    write_out(&before, &group[from..], paths);
}

/// The files that are kept under version control; without it, all there are.
fn kept_files() -> Vec<PathBuf> {
    let listed = std::process::Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output();
    if let Ok(listed) = listed
        && listed.status.success()
        && !listed.stdout.is_empty()
    {
        let names = String::from_utf8_lossy(&listed.stdout).into_owned();
        let names = names.split('\0').filter(|name| !name.is_empty());
        return names.map(|name| root().join(name)).collect();
    }
    let mut files = Vec::new();
    files_below(root(), &mut files);
    files
}

/// Fails with everything that is wrong, not with the first of it.
fn none_of(wrong: &[String]) {
    assert!(
        wrong.is_empty(),
        "{} breach(es) of the house rules:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn use_trees_are_written_out() {
    let code = "use std::{fs::File, io::{self, Read as _}};\npub use crate::line;\nlet reuse = 1;";
    let found = imports(code);
    assert_eq!(
        found,
        [
            "std::fs::File",
            "std::io::self",
            "std::io::Read",
            "crate::line"
        ]
    );
}

#[test]
fn every_file_says_what_it_is_for_and_stays_short() {
    let mut wrong = Vec::new();
    for source in sources() {
        let path = &source.path;
        if source.head().trim().len() < 20 {
            wrong.push(format!("{path} does not open with //! and what it is for"));
        }
        let (lines, most) = match source.is_test() {
            true => (source.text.lines().count(), TEST_FILE_LINES_MAX),
            false => (source.code.lines().count(), FILE_LINES_MAX),
        };
        if lines > most {
            wrong.push(format!("{path} has {lines} lines, at most {most}"));
        }
        for (number, line) in source.text.lines().enumerate() {
            let columns = line.chars().count();
            if columns > LINE_COLUMNS_MAX {
                wrong.push(format!(
                    "{path}:{} has {columns} columns, at most {LINE_COLUMNS_MAX}",
                    number + 1
                ));
            }
        }
    }
    none_of(&wrong);
}

#[test]
fn pure_files_name_no_clock_thread_socket_or_file() {
    let mut wrong = Vec::new();
    let mut pure = BTreeSet::new();
    for source in sources()
        .iter()
        .filter(|source| source.is_pure() && !source.is_test())
    {
        let path = source.path.as_str();
        pure.insert(path.to_owned());
        for name in IMPURE.iter().filter(|name| source.names(name)) {
            let excepted = |e: &&(&str, &str, &str)| e.0 == path && e.1 == *name;
            if IMPURE_EXCEPTIONS.iter().find(excepted).is_none() {
                wrong.push(format!("{path} is pure and names {name}"));
            }
        }
    }
    for must in [
        "src/line/mod.rs",
        "src/station/turn.rs",
        "src/station/translate.rs",
        "drivers/src/plc/session.rs",
        "drivers/src/plc/map.rs",
        "drivers/src/printer/zpl.rs",
        "simulators/src/plc/gate.rs",
        "simulators/src/printer/zpl.rs",
        "simulators/src/factory/line.rs",
    ] {
        if !pure.contains(must) {
            wrong.push(format!("{must} must be pure and does not say so"));
        }
    }
    none_of(&wrong);
}

#[test]
fn rooms_name_only_the_rooms_their_arrows_lead_to() {
    let rooms: BTreeSet<&str> = ARROWS.iter().map(|(room, _)| *room).collect();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for source in sources() {
        let Some(room) = source.room() else { continue };
        seen.insert(room.to_owned());
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == room) else {
            wrong.push(format!("{}: the room {room} has no arrows", source.path));
            continue;
        };
        let names = |other: &str| match other {
            "drivers" => source.names("vidimus_drivers"),
            "simulators" => source.names("vidimus_simulators"),
            other => source.names(&format!("crate::{other}")),
        };
        for other in rooms.iter().copied().chain(["drivers", "simulators"]) {
            if other != room && names(other) && !allowed.contains(&other) {
                wrong.push(format!("{}: {room} must not name {other}", source.path));
            }
        }
        // `super` from a room's own mod.rs is the crate: a way around the arrows.
        if source.path == format!("src/{room}/mod.rs") && source.code.contains("super::") {
            wrong.push(format!(
                "{}: name other rooms by crate::, not by super::",
                source.path
            ));
        }
    }
    let missing: Vec<_> = rooms.iter().filter(|room| !seen.contains(**room)).collect();
    assert!(
        missing.is_empty(),
        "arrows of rooms that are not there: {missing:?}"
    );
    none_of(&wrong);
}

#[test]
fn outside_libraries_are_named_only_where_they_belong() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !source.is_test()) {
        for (library, homes) in ONLY_IN {
            let path = format!("{library}::");
            let named = source.code.contains(&path) && source.names(library);
            if named && !homes.iter().any(|home| source.path.starts_with(home)) {
                wrong.push(format!(
                    "{} names {library}; only {homes:?} may",
                    source.path
                ));
            }
        }
    }
    none_of(&wrong);
}

#[test]
fn drivers_and_simulators_know_nothing_of_ours() {
    let mut wrong = Vec::new();
    for (package, strangers) in [
        (
            "drivers",
            [
                "vidimus-simulators",
                "path = \"..\"",
                "path = \"../simulators\"",
            ],
        ),
        (
            "simulators",
            ["vidimus-drivers", "path = \"..\"", "path = \"../drivers\""],
        ),
    ] {
        let manifest =
            std::fs::read_to_string(root().join(package).join("Cargo.toml")).expect("a manifest");
        let own = strangers
            .iter()
            .filter(|stranger| manifest.contains(**stranger));
        wrong.extend(own.map(|stranger| format!("{package}/Cargo.toml holds {stranger}")));
    }
    none_of(&wrong);
}

/// SQLite's file layer is a table of C functions, so whoever stands in front of it must say `unsafe`. Nobody else may:
/// the compiler holds every package that takes the workspace's lints to it.
#[test]
fn only_the_power_tests_say_unsafe() {
    const MAY: &str = "tests/power/";
    let manifest = |path: &str| std::fs::read_to_string(root().join(path)).expect("a manifest");
    let workspace = manifest("Cargo.toml");
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    let members = workspace
        .split_once("members = [")
        .and_then(|(_, rest)| rest.split_once(']'));
    let members = members.expect("the workspace names its members").0;
    let mut wrong = Vec::new();
    for member in members
        .split(',')
        .map(|name| name.trim().trim_matches('"'))
        .chain(["."])
    {
        let held = manifest(&format!("{member}/Cargo.toml")).contains("[lints]\nworkspace = true");
        if !held && format!("{member}/") != MAY {
            wrong.push(format!("{member} does not take the workspace's lints"));
        }
    }
    let says = sources()
        .into_iter()
        .filter(|source| source.names("unsafe"));
    let says =
        says.filter(|source| !source.path.starts_with(MAY) && source.path != "tests/tidy.rs");
    wrong.extend(says.map(|source| format!("{} says unsafe", source.path)));
    none_of(&wrong);
}

#[test]
fn nothing_is_silenced_skipped_or_left_for_later() {
    // Put together, so that this list does not find itself.
    let banned = [
        concat!("#[", "allow"),
        concat!("#![", "allow"),
        concat!("#[", "ignore"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("dbg", "!("),
    ];
    let mut wrong = Vec::new();
    for source in sources() {
        for word in banned.iter().filter(|word| source.text.contains(**word)) {
            wrong.push(format!("{} holds {word}", source.path));
        }
        let stems = source.path.split(['/', '.']).map(str::to_owned);
        let mods = source
            .code
            .lines()
            .filter_map(|line| line.trim().strip_prefix("pub ").or(Some(line.trim())));
        let mods = mods.filter_map(|line| line.strip_prefix("mod "));
        let mods = mods.map(|name| name.trim_end_matches([';', '{', ' ']).to_owned());
        for name in stems
            .chain(mods)
            .filter(|name| BANNED_NAMES.contains(&name.as_str()))
        {
            wrong.push(format!("{}: the name \"{name}\" says nothing", source.path));
        }
    }
    none_of(&wrong);
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    let places = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
    ];
    let mut wrong = Vec::new();
    for path in kept_files() {
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        for place in places.iter().filter(|place| text.contains(**place)) {
            wrong.push(format!("{} holds {place}", relative(&path)));
        }
    }
    none_of(&wrong);
}

#[test]
fn what_every_project_has_is_there() {
    for name in [
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "Cargo.lock",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
    ] {
        let text = std::fs::read_to_string(root().join(name)).unwrap_or_default();
        assert!(text.len() > 200, "{name} is missing or all but empty");
    }
    let ignored = std::fs::read_to_string(root().join(".gitignore")).expect(".gitignore");
    assert!(
        ignored.lines().any(|line| line == "/target"),
        "build results are not kept"
    );
    assert!(
        !ignored.contains("Cargo.lock"),
        "a program's Cargo.lock is kept"
    );
}
