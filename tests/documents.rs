//! The documents say what the program does: pictures, commands, fields, alarms and places in the
//! code are held against the code.

use std::path::Path;
use std::process::Command;
use vidimus::line::alarm::AlarmKind;
use vidimus::wire::rights::RIGHTS;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{name}: {why}"))
}

fn help(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_vidimus"))
        .args(args)
        .arg("--help")
        .output();
    String::from_utf8(output.expect("the program starts").stdout).expect("help is UTF-8")
}

/// The text between a line with `mark` and the fence that closes the block behind it.
fn block_after<'a>(text: &'a str, mark: &str) -> &'a str {
    let from = text
        .find(mark)
        .unwrap_or_else(|| panic!("there is no {mark}"));
    let block = text[from..]
        .split_once("```text\n")
        .expect("a block follows")
        .1;
    block.split_once("\n```").expect("the block is closed").0
}

#[test]
fn the_readmes_picture_is_the_screen() {
    let readme = read("README.md");
    let screen = read("tests/snapshots/main_80x24.txt");
    assert_eq!(
        block_after(&readme, "<!-- main screen -->"),
        screen.trim_end_matches('\n')
    );
}

#[test]
fn the_readme_names_every_command_option_field_and_exit_code() {
    let readme = read("README.md");
    let mut missing = Vec::new();
    let mut must = |word: String| {
        if !readme.contains(&word) {
            missing.push(word);
        }
    };
    for word in help(&["demo"])
        .split_whitespace()
        .filter(|word| word.starts_with("--") && *word != "--help")
    {
        must(format!("`{word}"));
    }
    let top = help(&[]);
    let commands = top.split_once("Commands:").expect("commands").1;
    let commands = commands.split_once("Options:").expect("options").0;
    let names = commands
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next());
    for name in names.filter(|name| *name != "help") {
        must(format!("vidimus {name}"));
    }
    let account = read("src/cli/demo/account.rs");
    let account = account
        .split_once("pub struct Account {")
        .expect("the account")
        .1;
    let fields = account.split_once("\n}").expect("its end").0.lines();
    let fields: Vec<_> = fields
        .filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(':'))
        .collect();
    assert!(fields.len() >= 19, "the account has its fields: {fields:?}");
    for (field, _) in fields {
        must(format!("`{field}`"));
    }
    for exit in vidimus::cli::Exit::ALL {
        must(format!("| {} | {}", exit.code(), exit.meaning()));
    }
    assert!(missing.is_empty(), "README.md does not name: {missing:#?}");
}

/// The demo there runs the program that the tests were built with: a release takes as long to build as all of them.
#[test]
fn the_two_commands_of_the_readme_are_what_ci_runs() {
    let (readme, ci) = (read("README.md"), read(".ci/run"));
    for (command, there) in [
        (
            "cargo run --release -- demo",
            "\"$program\" demo --headless",
        ),
        ("cargo test --workspace", "\ncargo test --workspace\n"),
    ] {
        assert!(
            readme.contains(&format!("```sh\n{command}\n```")),
            "README.md: {command}"
        );
        assert!(ci.contains(there), ".ci/run: {command}");
    }
}

#[cfg(feature = "demo")]
#[test]
fn the_page_of_faults_is_the_programs_list() {
    let output = Command::new(env!("CARGO_BIN_EXE_vidimus"))
        .args(["sim", "--faults", "list"])
        .output();
    let list = String::from_utf8(output.expect("the program starts").stdout);
    let list = list.expect("the list is UTF-8");
    assert!(list.lines().count() > 55, "{list}");
    assert_eq!(
        block_after(&read("docs/faults.md"), "<!-- faults -->"),
        list.trim_end_matches('\n'),
        "put the output of vidimus sim --faults list there"
    );
}

#[cfg(feature = "demo")]
#[test]
fn the_readme_names_every_option_and_field_of_sim() {
    let readme = read("README.md");
    let help = help(&["sim"]);
    let words = help.split_whitespace();
    let options = words.filter(|word| word.starts_with("--") && *word != "--help");
    let options: Vec<&str> = options.map(|word| word.trim_matches(',')).collect();
    assert!(options.len() >= 9, "{help}");
    for option in options {
        assert!(readme.contains(&format!("`{option}")), "{option}");
    }
    let runs = read("src/world/runs.rs");
    let summary = runs
        .split_once("pub struct Summary {")
        .expect("the summary");
    let fields = summary.1.split_once("\n}").expect("its end").0.lines();
    let fields = fields.filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(':'));
    let fields: Vec<&str> = fields.map(|(field, _)| field).collect();
    assert!(fields.len() >= 20, "{fields:?}");
    for field in fields {
        assert!(readme.contains(&format!("`{field}`")), "{field}");
    }
}

#[test]
fn every_alarm_has_its_section_and_no_other_has() {
    let page = read("docs/alarms.md");
    let sections: Vec<(&str, &str)> = page
        .split("\n## ")
        .skip(1)
        .filter_map(|s| s.split_once('\n'))
        .collect();
    assert_eq!(
        sections.len(),
        AlarmKind::ALL.len(),
        "as many sections as alarms"
    );
    for (kind, (title, text)) in AlarmKind::ALL.iter().zip(sections) {
        let sheet = kind.sheet();
        assert_eq!(
            title,
            format!(
                "`{}` [{}], {}",
                sheet.code,
                sheet.letter,
                sheet.priority.name()
            ),
            "alarms stand highest first"
        );
        for (name, said) in [
            ("Cause", format!("{}.", sheet.cause)),
            ("Consequence", sheet.consequence.to_owned()),
            ("Action", sheet.action.to_owned()),
        ] {
            let line = format!("- **{name}:** {said}");
            assert!(text.contains(&line), "{title} does not say: {line}");
        }
        assert!(
            text.contains("- **Over when:** "),
            "{title} does not say when it is over"
        );
    }
}

#[test]
fn the_readme_shows_the_table_of_rights_as_it_is() {
    let readme = read("README.md");
    let table = "| may | who |\n|---|---|\n".to_owned();
    let wanted = RIGHTS.iter().fold(table, |text, row| {
        text + &format!("| {} | {} |\n", row.allows, row.holders.words())
    });
    assert!(
        readme.contains(&format!("\n{wanted}\n")),
        "README.md lacks:\n{wanted}"
    );
}

/// Places are written `src/room/file.rs::name`; the file must be there and define the name.
#[test]
fn places_in_the_code_that_documents_name_are_there() {
    let kinds = [
        "fn", "struct", "enum", "const", "trait", "type", "mod", "static",
    ];
    let mut wrong = Vec::new();
    let mut places = 0;
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "docs/alarms.md",
        "CHANGELOG.md",
    ] {
        let text = read(document);
        let quoted = text.split('`').skip(1).step_by(2);
        for place in
            quoted.filter(|quoted| quoted.contains(".rs") && !quoted.contains(char::is_whitespace))
        {
            places += 1;
            let (file, name) = place.split_once("::").unwrap_or((place, ""));
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            let Ok(code) = std::fs::read_to_string(path) else {
                wrong.push(format!("{document}: {file} is not there"));
                continue;
            };
            let defines = |kind: &&str| {
                let start = format!("{kind} {name}");
                let ends = |at: usize| {
                    !code[at + start.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
                };
                code.match_indices(&start).any(|(at, _)| ends(at))
            };
            if !name.is_empty() && !kinds.iter().any(defines) {
                wrong.push(format!("{document}: {file} defines no {name}"));
            }
        }
    }
    assert!(places > 40, "the documents name their places: {places}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
