//! Arguments → one command → exit code. One file a command.
//!
//! Standard output is data, standard error is messages. To add a command: its file with `…Args` and
//! `run`, one variant of [`Command`], one arm of `Command::run`.

pub mod alarm;
pub mod archive;
pub mod audit;
mod backup;
pub mod batch;
pub mod bug;
pub mod calibrate;
pub mod check;
pub mod completeness;
#[cfg(feature = "demo")]
pub mod demo;
pub mod device;
pub mod doctor;
pub mod epcis;
pub mod evidence;
pub mod exit;
pub mod export;
#[cfg(feature = "demo")]
pub mod factory;
pub mod gs1;
pub mod input;
mod journey;
pub mod label;
mod language;
mod layer;
mod look;
pub mod metrics;
mod output;
mod overlay;
pub mod pack;
pub mod pages;
pub mod people;
mod pictures;
pub mod plc;
pub mod progress;
pub mod recall;
pub mod report;
mod restore;
pub mod run;
pub mod serials;
pub mod service;
mod sheets;
#[cfg(feature = "demo")]
pub mod sim;
pub mod station_file;
pub mod status;
pub mod support;
mod teach;
pub mod trace;
pub mod tui;
pub mod verify;
pub mod who;

pub use exit::{Ended, Exit, Failure};

use clap::{CommandFactory, Parser, Subcommand};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write as _};

/// A packaging-line print-and-verify station.
///
/// Vidimus prints a code on every pack, photographs it, verifies it, records it and sorts it. The
/// gate rejects by default; it opens only for a pack whose verified code stands in the store.
#[derive(Debug, Parser)]
#[command(name = "vidimus", version, after_help = exit_codes(), max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a whole line with a simulated factory, with a screen or headless; nothing to configure
    #[cfg(feature = "demo")]
    #[command(after_help = exit_codes())]
    Demo(demo::DemoArgs),
    /// Run many simulated factories from seeds, with everything that can go wrong, and check what must hold
    #[cfg(feature = "demo")]
    #[command(after_help = exit_codes())]
    Sim(sim::SimArgs),
    /// The simulated factory of `demo`, as its own process
    #[cfg(feature = "demo")]
    #[command(hide = true, after_help = exit_codes())]
    Factory(factory::FactoryArgs),
    /// Run a station from its station file until it is told to end
    #[command(after_help = exit_codes())]
    Run(run::RunArgs),
    /// Open, run and close batches at a running station; show what is recorded of them
    #[command(after_help = exit_codes())]
    Batch(batch::BatchArgs),
    /// Begin, fill, close and open containers at a running station; take packs out, sample and destroy them
    #[command(after_help = exit_codes())]
    Pack(pack::PackArgs),
    /// Ship, receive, return, hold, release and recall at a running station
    #[command(after_help = exit_codes())]
    Journey(journey::JourneyArgs),
    /// Where is it, what state is it in, what is it inside of
    #[command(after_help = exit_codes())]
    Track(trace::TrackArgs),
    /// What happened to it: its whole history, the chain up and down, now or at any earlier time
    #[command(after_help = exit_codes())]
    Trace(trace::TraceArgs),
    /// Is this number ours, in use, with this lot and expiry; with reasons
    #[command(after_help = exit_codes())]
    Authenticate(trace::AuthenticateArgs),
    /// Where are all packs of a lot, batch, time, template or component, in counts that add up; recalls nothing
    #[command(after_help = exit_codes())]
    Recall(recall::RecallArgs),
    /// Do packs, numbers and containers of a batch add up, and what must be explained
    #[command(after_help = exit_codes())]
    Reconcile(recall::ReconcileArgs),
    /// The record of a batch as a page to print, with charts and proof, or as JSON
    #[command(after_help = exit_codes())]
    Report(report::ReportArgs),
    /// Is the record whole, who did what and why, and everything to check it without this program
    Audit(audit::AuditArgs),
    /// Is everything on record that a set of rules wants of a lot; every missing item by name
    #[command(after_help = exit_codes())]
    Completeness(completeness::CompletenessArgs),
    /// Everything that happened as EPCIS documents, or every pack as a row of CSV
    #[command(after_help = exit_codes())]
    Export(export::ExportArgs),
    /// Enrol people at a running station: names, roles, secrets; sign records
    #[command(after_help = people_codes())]
    People(people::PeopleArgs),
    /// Check a station file: every mistake at once, with line, column and suggestion
    #[command(after_help = exit_codes())]
    Check(check::CheckArgs),
    /// Look at everything a station needs, and say what mends it; find out whether a disk keeps what it acknowledges
    #[command(after_help = doctor::CODES, arg_required_else_help = true)]
    Doctor(doctor::DoctorArgs),
    /// The contract for whoever programs the PLC, and what a PLC shows now
    Plc(plc::PlcArgs),
    /// Ask a running station how it is
    #[command(after_help = exit_codes())]
    Status(status::StatusArgs),
    /// Acknowledge an alarm at a running station, or put it aside for a time
    #[command(after_help = exit_codes())]
    Alarm(alarm::AlarmArgs),
    /// The devices of a running station: what went over their links; links built again, test prints, test pictures
    #[command(after_help = exit_codes())]
    Device(device::DeviceArgs),
    /// The figures of a running station for Prometheus, on a port of this machine until Ctrl-C, or --once
    #[command(after_help = exit_codes())]
    Metrics(metrics::MetricsArgs),
    /// One archive for whoever helps from afar: how the station is, without keys and secrets
    #[command(after_help = exit_codes())]
    Support(support::SupportArgs),
    /// A folder with everything a station needs to go on elsewhere, made while it runs
    #[command(after_help = exit_codes())]
    Backup(backup::BackupArgs),
    /// Put a backup back where the store is lost; --drill tries it out while the station runs
    #[command(after_help = exit_codes())]
    Restore(restore::RestoreArgs),
    /// Show the screen of a running station, and what is scanned in front of it; leaving it does not stop the station
    #[command(after_help = exit_codes())]
    Tui(tui::TuiArgs),
    /// Read the Data Matrix symbols in pictures and judge their GS1 content
    #[command(after_help = exit_codes())]
    Verify(verify::VerifyArgs),
    /// Calibrate a camera's reflectance by its picture of a conformance test card
    #[command(after_help = exit_codes())]
    Calibrate(calibrate::CalibrateArgs),
    /// Check and show the kept pictures of rejected packs
    #[command(after_help = exit_codes())]
    Evidence(evidence::EvidenceArgs),
    /// Parse and build GS1 element strings
    #[command(after_help = exit_codes())]
    Gs1(gs1::Gs1Args),
    /// Check EPCIS documents beyond their schemas, and convert them between JSON-LD and XML
    #[command(after_help = exit_codes())]
    Epcis(epcis::EpcisArgs),
    /// Prove how serial numbers are made, list them without taking any, and see how many are left
    #[command(after_help = exit_codes())]
    Serials(serials::SerialsArgs),
    /// Look at label templates, change the one in force, print one, and teach the printer's letters
    Label(label::LabelArgs),
    /// The manual as man pages
    #[command(hide = true)]
    Man(pages::ManArgs),
    /// What a shell needs to complete the commands
    #[command(hide = true)]
    Completions(pages::CompletionsArgs),
}

impl Command {
    fn run(&self) -> Ended {
        match self {
            Command::Check(args) => check::run(args),
            Command::Status(args) => status::run(args),
            Command::Alarm(args) => alarm::run(args),
            Command::Device(args) => device::run(args),
            Command::Metrics(args) => metrics::run(args),
            Command::Support(args) => support::run(args),
            Command::Backup(args) => backup::run(args),
            Command::Restore(args) => restore::run(args),
            Command::Tui(args) => tui::run(args),
            #[cfg(feature = "demo")]
            Command::Demo(args) => demo::run(args),
            #[cfg(feature = "demo")]
            Command::Sim(args) => sim::run_worlds(args),
            #[cfg(feature = "demo")]
            Command::Factory(args) => factory::run(args),
            Command::Run(args) => run::run(args),
            Command::Batch(args) => batch::run(args),
            Command::Pack(args) => pack::run(args),
            Command::Journey(args) => journey::run(args),
            Command::Track(args) => trace::run_track(args),
            Command::Trace(args) => trace::run_trace(args),
            Command::Authenticate(args) => trace::run_authenticate(args),
            Command::Recall(args) => recall::run_recall(args),
            Command::Reconcile(args) => recall::run_reconcile(args),
            Command::Report(args) => report::run(args),
            Command::Audit(args) => audit::run(args),
            Command::Completeness(args) => completeness::run(args),
            Command::Export(args) => export::run(args),
            Command::People(args) => people::run(args),
            Command::Doctor(args) => doctor::run(args),
            Command::Plc(args) => plc::run(args),
            Command::Calibrate(args) => calibrate::run(args),
            Command::Evidence(args) => evidence::run(args),
            Command::Epcis(args) => epcis::run(args),
            Command::Serials(args) => serials::run(args),
            Command::Verify(args) => Ok(verify::run(args, &mut io::stdout(), &mut io::stderr())),
            Command::Gs1(args) => Ok(gs1::run(args, &mut io::stdout(), &mut io::stderr())),
            Command::Label(args) => label::run(args),
            Command::Man(args) => pages::run_man(args),
            Command::Completions(args) => pages::run_completions(args),
        }
    }
}

/// The whole program: reads the arguments, runs the command, says what went wrong.
pub fn main() -> Exit {
    bug::install();
    bug::watched(|| match Cli::try_parse() {
        Ok(cli) => ended(cli.command.map_or_else(five_lines, |command| command.run())),
        Err(error) => {
            // Help and version are data and end well; clap sends them to standard output by itself.
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Ok
            };
            let _ = error.print();
            exit
        }
    })
}

fn ended(ended: Ended) -> Exit {
    match ended {
        Ok(exit) => exit,
        Err(failure) => {
            if !failure.text.is_empty() {
                // Where standard error is gone, the exit code is all that can be said.
                let _ = writeln!(std::io::stderr(), "{}", visible(&failure.to_string()));
            }
            failure.exit
        }
    }
}

/// `vidimus` alone: five lines and the next step.
fn five_lines() -> Ended {
    let next = match Cli::command().find_subcommand("demo") {
        Some(_) => "vidimus demo",
        None => "vidimus check templates/stations/demo.toml",
    };
    for line in [
        concat!(
            "Vidimus ",
            env!("CARGO_PKG_VERSION"),
            ", a packaging-line print-and-verify station."
        ),
        "It prints a code on every pack, photographs it, verifies it, records it and sorts it.",
        "The gate rejects by default; it opens only for a verified, stored serial.",
        "All commands and exit codes: vidimus --help",
        "A station file with every key explained: templates/stations/demo.toml",
        "",
    ] {
        print_line(line)?;
    }
    print_line(&format!("Next step: {next}"))?;
    Ok(Exit::Ok)
}

/// The exit codes, as every help text ends with them.
fn exit_codes() -> String {
    Exit::ALL
        .iter()
        .fold("Exit codes:".to_owned(), |mut text, exit| {
            let _ = write!(text, "\n  {:>2}  {}", exit.code(), exit.meaning());
            text
        })
}

/// The rights, and the exit codes.
fn people_codes() -> String {
    format!("{}\n\n{}", crate::wire::rights::help(), exit_codes())
}

/// One line for the person at the terminal. Where standard error is gone, nobody reads it.
pub fn message(line: &str) {
    let _ = writeln!(io::stderr(), "{}", visible(line));
}

/// Nothing in it is obeyed by a terminal: control characters other than ends of lines are written as `\u{…}`. What is
/// on record may come from anywhere: a scanner, a partner's document, an older version.
fn visible(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| c.is_control() && c != '\n' && c != '\t';
    match text.contains(obeyed) {
        false => Cow::Borrowed(text),
        true => {
            let mut shown = String::with_capacity(text.len() + 8);
            for c in text.chars() {
                match obeyed(c) {
                    true => shown.extend(c.escape_unicode()),
                    false => shown.push(c),
                }
            }
            Cow::Owned(shown)
        }
    }
}

/// Prints one line of data. A closed pipe ends the command quietly: whoever read had enough.
///
/// # Errors
/// Standard output cannot be written, e.g. because the disk is full.
pub fn print_line(line: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{}", visible(line)).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(why) => Err(output::stdout_failed(&why)),
    }
}

/// Columns of a page of text for people.
pub const COLUMNS: usize = 80;

/// Prints lines of text for people, each of at most [`COLUMNS`] columns: what is longer goes on in the next line,
/// `indent` columns in.
///
/// # Errors
/// As [`print_line`].
pub fn print_text<L: AsRef<str>>(
    lines: impl IntoIterator<Item = L>,
    indent: usize,
) -> Result<(), Failure> {
    for line in lines {
        for line in crate::tui::words::hanging(line.as_ref(), indent, COLUMNS) {
            print_line(&line)?;
        }
    }
    Ok(())
}

/// Prints one JSON object on one line.
///
/// # Errors
/// As [`print_line`].
pub fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    print_line(&value.to_string())
}
