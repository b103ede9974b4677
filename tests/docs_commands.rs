//! Every command in the documents works. What stands in a block marked `sh` is typed into a shell, in an order in which
//! it makes sense, beside stations and simulated devices, and ends as the document says; what cannot be run stands in
//! [`NOT_RUN`] with the reason. Every command, also one within a sentence, has options that the program knows. Every
//! screen is a picture of a test.

mod stories;
mod world;

use crate::snapshot::same_as_file;
use crate::tui::{drawn, running, screen, stopped, text};
use clap::{CommandFactory, Parser};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use vidimus::cli::Cli;
use vidimus::tui::Colours;
use vidimus::wire::{DeviceState, LineState};

/// What no test types, by document and beginning of the line: it must parse all the same.
const NOT_RUN: &[(&str, &str, &str)] = &[
    (
        "README.md",
        "cargo run --release -- demo",
        "tests/documents.rs holds it against .ci/run, which runs it",
    ),
    (
        "README.md",
        "vidimus pack label CASE1",
        "tests/e2e_labels.rs orders labels of a simulated label printer",
    ),
    (
        "README.md",
        "vidimus pack close CASE1 --picture",
        "tests/e2e_labels.rs has photographs of labels",
    ),
    (
        "README.md",
        "vidimus pack put CASE3 --picture",
        "tests/e2e_labels.rs has photographs of layers",
    ),
    (
        "README.md",
        "vidimus label print my-label --to file+tcp",
        "tests/e2e_printers.rs prints on a printer that a file describes",
    ),
    (
        "docs/maintenance.md",
        "vidimus device test-",
        "tests/e2e_device_orders.rs tries devices out on a belt that stands",
    ),
    (
        "docs/service.md",
        "sudo -u vidimus",
        "needs root and the package; tests/e2e_service.rs and tests/support_bundle.rs run the commands",
    ),
];

/// Blocks that another test types line by line: document, heading, test.
const ELSEWHERE: &[(&str, &str, &str)] = &[(
    "README.md",
    "Change a label while the line runs",
    "tests/e2e_swap.rs::the_readmes_walk_changes_the_label_of_a_running_demo_and_goes_back",
)];

/// A line of a block marked `sh`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    document: String,
    heading: String,
    /// As it stands there, with its comment.
    text: String,
}

impl Line {
    /// The words of each command in it, as a shell takes them apart; the comment is gone.
    fn commands(&self) -> Vec<Vec<String>> {
        let mut commands = vec![Vec::new()];
        for word in shell_words(&self.text) {
            match word.as_str() {
                "|" | "&&" | ";" | "(" | ")" => commands.push(Vec::new()),
                _ => commands.last_mut().expect("there is one").push(word),
            }
        }
        commands
    }

    /// The words behind `vidimus` and `vidimus-sim`, for each of them that is called, with its name.
    fn ours(&self) -> Vec<(String, Vec<String>)> {
        let named = |words: Vec<String>| {
            let sudo = ["sudo", "-u", "vidimus"];
            let words = match words.len() > 3 && words[..3] == sudo {
                true => words[3..].to_vec(),
                false => words,
            };
            let (name, rest) = words.split_first()?;
            if name == "vidimus" || name == "vidimus-sim" {
                return Some((name.clone(), rest.to_vec()));
            }
            let at = words.iter().position(|word| word == "--")?;
            let cargo = words.starts_with(&["cargo".to_owned(), "run".to_owned()]);
            let other = words[..at].iter().any(|word| word == "--example");
            let sim = words[..at].iter().any(|word| word == "vidimus-sim");
            let name = if sim { "vidimus-sim" } else { "vidimus" };
            (cargo && !other).then(|| (name.to_owned(), words[at + 1..].to_vec()))
        };
        self.commands().into_iter().filter_map(named).collect()
    }

    /// The exit codes with which it may end: 0, unless its comment says otherwise.
    fn codes(&self) -> Vec<i32> {
        let Some((_, said)) = self.text.split_once("ends with ") else {
            return vec![0];
        };
        let digits = said.find(|c: char| !c.is_ascii_digit());
        let (code, rest) = said.split_at(digits.unwrap_or(said.len()));
        let code = code.parse().expect("a code follows \"ends with\"");
        match rest.starts_with(" when ") || rest.starts_with(" if ") {
            true => vec![0, code],
            false => vec![code],
        }
    }

    fn not_run(&self) -> bool {
        let here = |(document, beginning, _): &&(&str, &str, &str)| {
            *document == self.document && self.text.starts_with(beginning)
        };
        let there = |(document, heading, _): &&(&str, &str, &str)| {
            *document == self.document && *heading == self.heading
        };
        NOT_RUN.iter().any(|row| here(&row)) || ELSEWHERE.iter().any(|row| there(&row))
    }
}

/// Words of a line, without its comment and without redirections; marks that join commands are words of their own.
fn shell_words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut word, mut quote) = (None::<String>, None);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(mark), _) if letter == mark => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(letter),
            (None, '\'' | '"') => {
                word.get_or_insert_default();
                quote = Some(letter);
            }
            (None, ' ') => words.extend(word.take()),
            (None, '#') if word.is_none() => break,
            (None, '|' | ';' | '(' | ')' | '&') => {
                words.extend(word.take());
                letters.next_if_eq(&'&');
                let mark = if letter == '&' {
                    "&&".to_owned()
                } else {
                    letter.to_string()
                };
                words.push(mark);
            }
            (None, '>') => {
                word = None;
                while letters.next_if_eq(&' ').is_some() {}
                while letters.next_if(|next| !" ;|)".contains(*next)).is_some() {}
            }
            (None, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The documents for people, by their path.
fn documents() -> Vec<String> {
    let folder = std::fs::read_dir(root().join("docs")).expect("docs is there");
    let names = folder.map(|one| one.expect("an entry").file_name());
    let pages = names.map(|name| format!("docs/{}", name.to_str().expect("UTF-8")));
    let mut all: Vec<String> = pages.filter(|name| name.ends_with(".md")).collect();
    all.push("README.md".to_owned());
    all.sort();
    all
}

fn read(document: &str) -> String {
    std::fs::read_to_string(root().join(document)).expect("the document is there")
}

/// A block between fences: its language, the heading above it, the line before it that is not empty, its lines.
struct Block {
    language: String,
    heading: String,
    before: String,
    lines: Vec<String>,
}

fn blocks(document: &str) -> Vec<Block> {
    let (mut blocks, mut heading, mut before) = (Vec::new(), String::new(), String::new());
    let mut open: Option<Block> = None;
    for line in read(document).lines() {
        let bare = line.trim_start();
        match (&mut open, bare.strip_prefix("```")) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                let indented = if block.language == "sh" { bare } else { line };
                block.lines.push(indented.to_owned());
            }
            (None, Some(language)) => {
                open = Some(Block {
                    language: language.to_owned(),
                    heading: heading.clone(),
                    before: before.clone(),
                    lines: Vec::new(),
                });
            }
            (None, None) => {
                if bare.starts_with('#') {
                    heading = bare.trim_start_matches(['#', ' ']).to_owned();
                }
                if !bare.is_empty() {
                    before = bare.to_owned();
                }
            }
        }
    }
    assert!(open.is_none(), "{document}: a block is not closed");
    blocks
}

/// All lines of blocks marked `sh`.
fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for document in documents() {
        for block in blocks(&document) {
            let shell = block.language == "sh";
            for text in block.lines.into_iter().filter(|line| !line.is_empty()) {
                let command = text.starts_with("vidimus ") || text.starts_with("vidimus-sim ");
                assert!(shell || !command, "{document}: mark the block sh: {text}");
                let (document, heading) = (document.clone(), block.heading.clone());
                lines.extend(shell.then_some(Line {
                    document,
                    heading,
                    text,
                }));
            }
        }
    }
    lines
}

/// Commands within sentences, `vidimus WORD …`, as far as they go.
fn spans() -> Vec<(String, Vec<String>)> {
    let mut spans = Vec::new();
    for document in documents() {
        let text = read(&document);
        let quoted = text.split('`').skip(1).step_by(2);
        for quoted in quoted.filter(|quoted| quoted.starts_with("vidimus ")) {
            let joined = quoted.split_whitespace().collect::<Vec<_>>().join(" ");
            let words = shell_words(&joined).into_iter().skip(1).collect();
            spans.push((format!("{document}: {joined}"), words));
        }
    }
    spans
}

/// What is wrong with the names of commands and options among these words: values are not looked at.
fn unknown_names(words: &[String]) -> Option<String> {
    let mut command = Cli::command();
    command.build();
    let mut at = &command;
    let mut names = words.iter().take_while(|word| *word != "|").peekable();
    while let Some(next) = names.peek().and_then(|word| at.find_subcommand(word)) {
        at = next;
        names.next();
    }
    if at.get_name() == "vidimus" && !words.is_empty() {
        return Some(format!("there is no command {}", words[0]));
    }
    let known = |option: &str| {
        let mut arguments = at.get_arguments();
        arguments.any(|arg| {
            let long = arg.get_long_and_visible_aliases();
            long.is_some_and(|names| names.contains(&option))
        })
    };
    let options = words.iter().filter_map(|word| word.strip_prefix("--"));
    let mut options = options.map(|word| word.split('=').next().expect("a first part"));
    let wrong = options.find(|option| !option.is_empty() && !known(option));
    wrong.map(|option| format!("{} has no --{option}", at.get_name()))
}

#[test]
fn every_command_in_the_documents_is_one_of_the_program() {
    let mut wrong = Vec::new();
    let lines = lines();
    assert!(lines.len() > 150, "{}", lines.len());
    for line in &lines {
        for (name, words) in line.ours() {
            if name == "vidimus-sim" {
                continue; // it is run
            }
            // A hash that goes on on paper.
            let whole = |word: &String| word.replace("9f3c…", &"9f".repeat(32));
            let words = words.iter().map(whole);
            let tried = Cli::try_parse_from([name].into_iter().chain(words));
            if let Err(why) = tried.map(drop) {
                wrong.push(format!("{}: {}\n{why}", line.document, line.text));
            }
        }
    }
    let spans = spans();
    assert!(spans.len() > 150, "{}", spans.len());
    for (place, words) in spans {
        // "vidimus check|…" and the like name several.
        let first = words.first().is_none_or(|word| word.contains('|'));
        let found = if first { None } else { unknown_names(&words) };
        wrong.extend(found.map(|why| format!("{place}: {why}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (document, beginning, _) in NOT_RUN {
        let there = |line: &Line| line.document == *document && line.text.starts_with(beginning);
        assert!(lines.iter().any(there), "nobody says it: {beginning}");
    }
}

#[test]
fn every_command_in_the_documents_is_run_and_ends_as_they_say() {
    let all: BTreeSet<Line> = lines().into_iter().collect();
    let typed = stories::tell();
    let ours = all.iter().filter(|line| !line.ours().is_empty());
    let left: Vec<&Line> = ours
        .filter(|line| !line.not_run() && !typed.contains(line))
        .collect();
    assert!(
        left.is_empty(),
        "type them in a story, or say in NOT_RUN why not: {left:#?}"
    );
}

/// The picture of a printer that cannot print, for the page of the first day.
#[test]
fn a_printer_that_cannot_print_looks_as_in_its_picture() {
    let mut view = stopped();
    view.state = LineState::NotReady;
    view.state_text = "The printer is not ready; see its line below.".to_owned();
    (view.tally, view.last_pack) = (running().tally, running().last_pack);
    let trouble = "out of ribbon or ink: change it";
    view.alarms.truncate(2);
    let words = [
        (
            "machine",
            "The machine reports a fault: The printer asks for service.",
            "Clear it at the machine and start there.",
        ),
        (
            "printer",
            "The printer cannot print: out of ribbon or ink: change it",
            "Do what the printer names; printing goes on by itself.",
        ),
    ];
    for (alarm, (code, text, action)) in view.alarms.iter_mut().zip(words) {
        (alarm.code, alarm.text, alarm.action) = (code.into(), text.into(), action.into());
        (alarm.letter, alarm.acknowledged) = ('F', false);
    }
    for device in &mut view.devices {
        (device.state, device.detail) = match device.name.as_str() {
            "printer" => (DeviceState::Failure, trouble.to_owned()),
            "camera" => (DeviceState::Ok, device.detail.clone()),
            _ => (device.state, device.detail.clone()),
        };
    }
    let shown = text(&drawn(80, 24, Some(&view), &screen(Colours::None)));
    same_as_file("printer_out_80x24.txt", &shown);
}

/// Where `<!-- screen: NAME -->` stands before a block, the block is that picture; no other block shows a screen.
#[test]
fn every_screen_in_the_documents_is_a_picture_of_a_test() {
    let mut shown = 0;
    for document in documents() {
        // Made by tests/tui_places.rs and held by tests/documents.rs.
        let screens = document == "docs/screens.md";
        for block in blocks(&document) {
            let mark = block.before.strip_prefix("<!-- screen: ");
            let name = mark.and_then(|rest| rest.strip_suffix(" -->"));
            let bar = |line: &String| line.contains("F1 Help") && line.contains("F8 More");
            let main = block.before == "<!-- main screen -->";
            let is_screen = block.lines.iter().any(bar) && !screens && !main;
            assert!(
                !is_screen || name.is_some(),
                "{document}: whose picture is it?"
            );
            let Some(name) = name else { continue };
            shown += 1;
            let picture = read(&format!("tests/snapshots/{name}"));
            let wanted: Vec<&str> = picture.trim_end().lines().collect();
            if block.lines == wanted {
                continue;
            }
            assert!(
                std::env::var_os("VIDIMUS_BLESS").is_some(),
                "{document}: not as in {name}; VIDIMUS_BLESS=1 puts it in"
            );
            put_picture(&document, name, picture.trim_end());
        }
    }
    assert!(shown >= 2, "the first day shows screens: {shown}");
}

fn put_picture(document: &str, name: &str, picture: &str) {
    let page = read(document);
    let mark = format!("<!-- screen: {name} -->\n\n```text\n");
    let (before, behind) = page
        .split_once(&mark)
        .expect("the mark stands before a block");
    let (_, rest) = behind.split_once("```").expect("the block is closed");
    let page = format!("{before}{mark}{picture}\n```{rest}");
    std::fs::write(root().join(document), page).expect("it can be written");
}

/// The keys that the page of the first day shows are those of the page of screens, which is made from the table.
#[test]
fn the_keys_of_the_first_day_are_those_of_the_screens() {
    let (page, screens) = (read("docs/first-day.md"), read("docs/screens.md"));
    let table = page.split_once("| key | what it does |\n|---|---|\n");
    let table = table.expect("its table of keys").1;
    let rows: Vec<&str> = table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert!(rows.len() >= 8, "{rows:?}");
    for row in rows {
        assert!(screens.contains(&format!("\n{row}\n")), "{row}");
    }
}

/// Where a document links to a file of the repository, the file is there, and so is the heading.
#[test]
fn links_between_documents_lead_somewhere() {
    let anchor = |heading: &str| -> String {
        let kept = heading
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    };
    let mut wrong = Vec::new();
    let mut links = 0;
    for document in documents() {
        let text = read(&document);
        let here = Path::new(&document).parent().expect("a folder").to_owned();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            if link.contains("://") || link.is_empty() {
                continue;
            }
            links += 1;
            let (file, part) = link.split_once('#').unwrap_or((link, ""));
            let path: PathBuf = match file {
                "" => root().join(&document),
                _ => root().join(&here).join(file),
            };
            if !path.exists() {
                wrong.push(format!("{document}: {link}"));
                continue;
            }
            let there = || std::fs::read_to_string(&path).expect("a document");
            let heads = |text: String| {
                let heads = text.lines().filter(|line| line.starts_with('#'));
                let mut heads = heads.map(|line| anchor(line.trim_start_matches(['#', ' '])));
                heads.any(|head| head == part)
            };
            if !part.is_empty() && !heads(there()) {
                wrong.push(format!("{document}: {link}: no such heading"));
            }
        }
    }
    assert!(links > 30, "{links}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
