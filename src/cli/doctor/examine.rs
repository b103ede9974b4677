//! `vidimus doctor FILE`: everything that a station needs, one after the other, and what mends it. It reads and asks;
//! it prints no label, writes no register, clears no queue.

use super::finding::{self, Finding, Mend, State, Topic, quoted};
use super::{clock, devices, disk, machine, pictures, rights};
use crate::cli::check::weighed;
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::station_file::{stderr_coloured, text_of};
use crate::cli::{print_json, print_line};
use crate::config::{self, Config};
use crate::store::{self, OpenOptions, Reader, StoreError};
use crate::trace::plural;
use crate::tui::client::{Client, ClientError};
use crate::wire::View;
use std::io::ErrorKind;
use std::path::Path;

/// What can be asked for alone besides devices.
const PARTS: &[&str] = &["file", "store", "disk", "clock", "rights", "machine"];

/// A station that may be at work with this file.
enum Beside {
    Nobody,
    Running(Box<View>),
    /// It is there and does not say how it is.
    Silent(String),
}

/// Examines; `only`: the devices and parts that are asked for, all when there are none.
///
/// # Errors
/// The file has mistakes, or `only` names something that is not there.
pub fn run(file: &Path, json: bool, only: &[String]) -> Ended {
    let name = file.display().to_string();
    let config = match text_of(file).map(|text| config::parse(&name, &text)) {
        Ok(Ok(config)) => config,
        Ok(Err(errors)) if json => {
            print_json(&errors.to_json())?;
            return Ok(Exit::Configuration);
        }
        Ok(Err(errors)) => {
            let text = errors.render(stderr_coloured());
            return Err(Failure::new(Exit::Configuration, text));
        }
        Err(failure) if json => {
            let error = serde_json::json!({ "code": "file", "text": failure.text });
            print_json(
                &serde_json::json!({ "v": 1, "file": name, "ok": false, "errors": [error] }),
            )?;
            return Ok(Exit::Configuration);
        }
        Err(failure) => return Err(failure),
    };
    known(&config, only)?;
    let mut findings = examine(&name, &config, only);
    for one in &mut findings {
        name_the_file(one, &name);
    }
    match json {
        true => print_json(&finding::json(&name, &findings))?,
        false => {
            finding::lines(&findings)
                .iter()
                .try_for_each(|line| print_line(line))?;
            print_line("")?;
            print_line(&finding::summary(&findings))?;
        }
    }
    Ok(finding::exit(&findings))
}

/// All of it as a text, whatever it is like.
pub fn said(name: &str, config: &Config) -> String {
    let findings = examine(name, config, &[]);
    let mut lines = finding::lines(&findings);
    lines.extend([String::new(), finding::summary(&findings), String::new()]);
    lines.join("\n")
}

/// Whatever is asked for alone is there.
fn known(config: &Config, only: &[String]) -> Result<(), Failure> {
    let devices = devices::names(config);
    let is_known = |one: &&String| PARTS.contains(&one.as_str()) || devices.contains(one);
    match only.iter().find(|one| !is_known(one)) {
        None => Ok(()),
        Some(one) => {
            let text = format!(
                "The station file has no device \"{one}\". There are {}; and the parts {}.",
                devices.join(", "),
                PARTS.join(", ")
            );
            Err(Failure::new(Exit::Usage, text))
        }
    }
}

/// Lines for the shell that call the doctor again name the file.
fn name_the_file(finding: &mut Finding, file: &str) {
    for mend in &mut finding.mend {
        if let Mend::Run(line) = mend {
            *line = line.replace("doctor FILE", &format!("doctor {}", quoted(file)));
        }
    }
}

fn examine(name: &str, config: &Config, only: &[String]) -> Vec<Finding> {
    let wanted = |one: &str| only.is_empty() || only.iter().any(|asked| asked == one);
    let beside = beside(config);
    let running = !matches!(beside, Beside::Nobody);
    let mut findings = Vec::new();
    if wanted("file") {
        findings.extend(file(name, config));
    }
    if wanted("store") {
        findings.push(station(config, &beside));
    }
    let (store, last_ms) = store(config);
    if wanted("store") {
        findings.push(store);
    }
    if wanted("rights") {
        findings.extend(rights::examine(config));
    }
    // The disk first: a device that floods this machine would be taken for a slow one.
    if wanted("disk") {
        findings.extend(disk::examine(config, running));
        findings.extend(pictures::examine(config));
        if let Beside::Running(view) = &beside {
            let figures = &view.figures;
            findings.push(disk::of_running(
                figures.commit_p50_us,
                figures.commit_p99_us,
                figures.commits,
                config.limits.commit_wait_ms,
            ));
        }
    }
    if wanted("clock") {
        findings.extend(clock::examine(last_ms));
    }
    if wanted("machine") {
        findings.extend(machine::examine(config, running));
    }
    findings.extend(match &beside {
        Beside::Nobody => devices::examine(config, wanted),
        Beside::Running(view) => devices::of_running(config, view, wanted),
        Beside::Silent(_) => devices::held(config, wanted),
    });
    findings
}

/// The file itself, and whether its sums come out.
fn file(name: &str, config: &Config) -> Vec<Finding> {
    let about = "station file";
    match weighed(config) {
        Ok(_) => {
            let count = |count: usize, word| {
                let word = plural(count as u64, word);
                format!("{count} {word}")
            };
            let devices = [
                (config.printers.len(), "printer"),
                (config.plcs.len(), "PLC"),
                (config.cameras.len(), "camera"),
                (config.readers.len(), "reader"),
            ];
            let there = devices.into_iter().filter(|(number, _)| *number > 0);
            let counted: Vec<String> = there.map(|(number, word)| count(number, word)).collect();
            let text = format!("{name}: {}", counted.join(", "));
            vec![Finding::new(Topic::File, about, State::Ok, text)]
        }
        Err(wrong) => wrong
            .into_iter()
            .map(|text| {
                Finding::new(Topic::File, about, State::Wrong, text)
                    .run(format!("vidimus check {}", quoted(name)))
            })
            .collect(),
    }
}

/// Whether a station is at work with this file.
fn beside(config: &Config) -> Beside {
    let asked = Client::connect(&config.station.socket).and_then(|mut client| client.view());
    match asked {
        Ok(view) => Beside::Running(Box::new(view)),
        Err(ClientError::NoStation { why, .. }) if why.kind() != ErrorKind::PermissionDenied => {
            match store::in_use(&config.station.data_dir) {
                None => Beside::Nobody,
                Some(process) => {
                    let process = process.map_or(String::new(), |no| format!(" (process {no})"));
                    Beside::Silent(format!(
                        "a station{process} works in {}, and nobody answers on its socket",
                        config.station.data_dir.display()
                    ))
                }
            }
        }
        Err(why) => Beside::Silent(why.to_string()),
    }
}

fn station(config: &Config, beside: &Beside) -> Finding {
    let finding = |state, text: String| Finding::new(Topic::Store, "station", state, text);
    match beside {
        Beside::Nobody => finding(State::Ok, "none runs with this file".to_owned()),
        Beside::Running(view) => finding(
            State::Ok,
            format!("{} runs with this file; its devices were left to it", view.station),
        ),
        Beside::Silent(why) => finding(State::Unknown, why.clone())
            .act(
                "If it is just starting, wait. If it hangs, the gate rejects every pack: look at its log, end it, \
                 start it again.",
            )
            .run(format!(
                "ps -o pid,etime,cmd -p \"$(cat {}/vidimus.lock)\"",
                quoted(&config.station.data_dir.display().to_string())
            )),
    }
}

/// The store, and when its last record was written.
fn store(config: &Config) -> (Finding, Option<i64>) {
    let finding = |state, text: String| Finding::new(Topic::Store, "store", state, text);
    let dir = &config.station.data_dir;
    let read = Reader::open(dir, &OpenOptions::default()).and_then(|reader| {
        let (seq, _) = reader.head()?;
        let last = match seq {
            0 => None,
            seq => reader.record(seq)?,
        };
        Ok((seq, last.map(|stored| stored.utc_ms), reader.sizes()?))
    });
    let ok = |text| (finding(State::Ok, text), None);
    match read {
        Ok((seq, last, sizes)) => {
            let mb = (sizes.database + sizes.log).div_ceil(1_000_000);
            let text = format!("schema {}, {seq} records, {mb} MB", store::VERSION);
            (finding(State::Ok, text), last)
        }
        Err(StoreError::Missing { .. }) => ok(format!(
            "there is none yet; the first start makes one of schema {}",
            store::VERSION
        )),
        Err(StoreError::Older { found, known, .. }) => ok(format!(
            "schema {found}; the next start brings it to {known}. Keep a copy: an older program cannot read it then"
        )),
        Err(why) => {
            let mend = format!("ls -la {}", quoted(&dir.display().to_string()));
            (finding(State::Wrong, why.to_string()).run(mend), None)
        }
    }
}
