//! What the doctor found, one thing each: in order, wrong or unknown, and what mends it. PURE.

use crate::cli::COLUMNS;
use crate::cli::exit::Exit;
use crate::tui::words::hanging;
use serde_json::{Value, json};

/// Longest name that the column of names makes room for.
const NAME_COLUMNS: usize = 16;
/// Where what mends it begins.
const MEND_INDENT: usize = 4;

/// What a finding is about. The worst topic, in this order, gives the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// The station file.
    File,
    /// The store, its folder and its disk.
    Store,
    /// A device.
    Device,
    /// The machine: rights, clock, sizes.
    Machine,
}

impl Topic {
    fn name(self) -> &'static str {
        match self {
            Topic::File => "file",
            Topic::Store => "store",
            Topic::Device => "device",
            Topic::Machine => "machine",
        }
    }

    fn exit(self) -> Exit {
        match self {
            Topic::File | Topic::Machine => Exit::Configuration,
            Topic::Store => Exit::Store,
            Topic::Device => Exit::Device,
        }
    }
}

/// How it is. Silence and "could not look" are never in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// In order.
    Ok,
    /// Wrong.
    Wrong,
    /// Nobody can say yet.
    Unknown,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Wrong => "wrong",
            State::Unknown => "unknown",
        }
    }

    /// As it stands in the first column.
    fn shown(self) -> &'static str {
        match self {
            State::Wrong => "WRONG",
            other => other.name(),
        }
    }
}

/// What mends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// What a person does.
    Act(String),
    /// A line for the shell, as it stands.
    Run(String),
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing.
    pub topic: Topic,
    /// Its name: a device's, or a word such as `clock`.
    pub about: String,
    /// How it is.
    pub state: State,
    /// What was found, without a full stop.
    pub found: String,
    /// What mends it, in this order.
    pub mend: Vec<Mend>,
}

impl Finding {
    /// One in this state.
    pub fn new(
        topic: Topic,
        about: impl Into<String>,
        state: State,
        found: impl Into<String>,
    ) -> Finding {
        Finding {
            topic,
            about: about.into(),
            state,
            found: found.into(),
            mend: Vec::new(),
        }
    }

    /// The same with what a person does about it.
    pub fn act(mut self, act: impl Into<String>) -> Finding {
        self.mend.push(Mend::Act(act.into()));
        self
    }

    /// The same with a line for the shell.
    pub fn run(mut self, line: impl Into<String>) -> Finding {
        self.mend.push(Mend::Run(line.into()));
        self
    }
}

/// A word of the shell, in quotes where it needs them.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// How the command ends: well, or by the worst of what is wrong; 1 where something could not be found out.
pub fn exit(findings: &[Finding]) -> Exit {
    let of = |state| findings.iter().filter(move |one| one.state == state);
    match of(State::Wrong).map(|one| one.topic).min() {
        Some(topic) => topic.exit(),
        None if of(State::Unknown).next().is_some() => Exit::SomeRefused,
        None => Exit::Ok,
    }
}

/// How many there are of each state, in words.
pub fn summary(findings: &[Finding]) -> String {
    let count = |state| findings.iter().filter(|one| one.state == state).count();
    match (count(State::Wrong), count(State::Unknown)) {
        (0, 0) => format!("All {} things are in order.", count(State::Ok)),
        (0, unknown) => format!(
            "0 wrong, {unknown} unknown, {} in order. What is unknown could not be asked: it says why.",
            count(State::Ok)
        ),
        (wrong, unknown) => format!(
            "{wrong} wrong, {unknown} unknown, {} in order. Mend the first one first, and ask again.",
            count(State::Ok)
        ),
    }
}

/// The findings as lines of at most [`COLUMNS`] columns.
pub fn lines(findings: &[Finding]) -> Vec<String> {
    let widest = findings.iter().map(|one| one.about.chars().count()).max();
    let width = widest.unwrap_or(0).min(NAME_COLUMNS);
    let mut lines = Vec::new();
    for one in findings {
        let head = format!("{:<7}  {:<width$}  ", one.state.shown(), one.about);
        let text = format!("{head}{}", one.found.trim());
        lines.extend(hanging(&text, 7 + 2 + width + 2, COLUMNS));
        for mend in &one.mend {
            let margin = " ".repeat(MEND_INDENT);
            match mend {
                Mend::Act(act) => {
                    lines.extend(hanging(&format!("{margin}{act}"), MEND_INDENT, COLUMNS));
                }
                Mend::Run(line) => lines.extend(shell(&format!("{margin}$ {line}"))),
            }
        }
    }
    lines
}

/// A line of the shell that can be copied: it goes on behind a backslash, between two words.
fn shell(line: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split_inclusive(' ') {
        let last = lines.last_mut().expect("there is one");
        let full = last.chars().count() + word.trim_end().chars().count() + 2 > COLUMNS;
        if full && !last.trim().is_empty() {
            last.push('\\');
            lines.push(format!("{}{word}", " ".repeat(MEND_INDENT + 4)));
        } else {
            last.push_str(word);
        }
    }
    lines
}

/// The findings as one JSON object.
pub fn json(file: &str, findings: &[Finding]) -> Value {
    let list: Vec<Value> = findings.iter().map(one_json).collect();
    let wrong = |one: &Finding| one.state == State::Wrong;
    json!({
        "v": 1,
        "file": file,
        "ok": findings.iter().all(|one| one.state == State::Ok),
        "wrong": findings.iter().filter(|one| wrong(one)).count(),
        "findings": list,
    })
}

fn one_json(one: &Finding) -> Value {
    let mend: Vec<Value> = one
        .mend
        .iter()
        .map(|mend| match mend {
            Mend::Act(act) => json!({ "do": act }),
            Mend::Run(line) => json!({ "run": line }),
        })
        .collect();
    json!({
        "topic": one.topic.name(),
        "about": one.about,
        "state": one.state.name(),
        "found": one.found,
        "mend": mend,
    })
}

#[cfg(test)]
mod test {
    use super::*;

    fn all() -> Vec<Finding> {
        let printer = "a-printer-with-a-name-of-32-chars";
        vec![
            Finding::new(Topic::File, "station file", State::Ok, "station.toml"),
            Finding::new(Topic::Device, printer, State::Wrong, "no ".repeat(60))
                .act("Look whether it is on. ".repeat(8))
                .run(format!("nc -vz 10.0.0.5 9100 {}", "and more ".repeat(20))),
            Finding::new(Topic::Machine, "clock", State::Unknown, "nobody says"),
        ]
    }

    #[test]
    fn every_line_fits_and_a_command_can_be_copied() {
        let lines = lines(&all());
        assert!(
            lines.iter().all(|line| line.chars().count() <= COLUMNS),
            "{lines:#?}"
        );
        assert_eq!(lines[0], "ok       station file      station.toml");
        let begin = lines.iter().position(|line| line.starts_with("    $ "));
        let command: Vec<&str> = lines[begin.expect("a command")..]
            .iter()
            .take_while(|line| line.starts_with("    "))
            .map(String::as_str)
            .collect();
        let (last, first) = command.split_last().expect("several lines");
        assert!(!first.is_empty() && first.iter().all(|line| line.ends_with(" \\")));
        assert!(!last.ends_with('\\'));
        let joined: String = command.iter().map(|l| l.trim_end_matches('\\')).collect();
        let words: Vec<&str> = joined.split_whitespace().skip(1).collect();
        assert_eq!(words.len(), 4 + 40);
        assert_eq!(quoted("/a b/it's"), r"'/a b/it'\''s'");
    }

    #[test]
    fn the_worst_topic_gives_the_exit_code() {
        let mut findings = all();
        assert_eq!(exit(&findings), Exit::Device);
        findings[0].state = State::Wrong;
        assert_eq!(exit(&findings), Exit::Configuration);
        findings[0].state = State::Ok;
        findings[1].state = State::Ok;
        assert_eq!(exit(&findings), Exit::SomeRefused);
        findings[2].state = State::Ok;
        assert_eq!(exit(&findings), Exit::Ok);
        findings[2].state = State::Wrong;
        assert_eq!(exit(&findings), Exit::Configuration);
        findings[1] = Finding::new(Topic::Store, "store", State::Wrong, "gone");
        assert_eq!(exit(&findings), Exit::Store);
        let json = json("station.toml", &all());
        assert_eq!(json["wrong"], 1);
        assert!(json["findings"][1]["mend"][1]["run"].is_string());
    }
}
