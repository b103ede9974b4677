//! `vidimus epcis check|convert|hash|import|outbox`: EPCIS documents judged beyond their schemas, written in another
//! syntax, hashed; those of partners taken over, those for partners sent.

mod import;
mod outbox;

use super::exit::{Ended, Exit, Failure};
use super::input;
use super::{message, print_json, print_line};
use crate::epcis::{
    Checker, DocumentWriter, EventTime, Finding, Format, Header, History, IdentifierStyle,
    MasterData, ReadError, Received, Summary, WriteError, ZoneOffset, event_hash, pre_hash, read,
};
use crate::gs1::COMPANY_PREFIX_LEN;
use std::io::{self, BufReader, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Check, convert and exchange EPCIS documents.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct EpcisArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Judge documents of EPCIS 2.0 (JSON-LD, XML) and 1.2 (XML), schemas or none
    #[command(after_help = super::exit_codes(), after_long_help = check_codes())]
    Check(CheckArgs),
    /// Write a document in another syntax to standard output, event by event
    #[command(after_help = super::exit_codes())]
    Convert(ConvertArgs),
    /// Print the name of each event by its content (hash of CBV 2.0, 8.9): equal events have equal ones
    #[command(after_help = super::exit_codes())]
    Hash(HashArgs),
    /// Take over what partners say of our packs, containers and lots; all of a document or nothing
    #[command(after_help = super::exit_codes())]
    Import(import::ImportArgs),
    /// Documents for a partner's repository: what became of them, and what to do with a refused one
    #[command(after_help = super::exit_codes())]
    Outbox(outbox::OutboxArgs),
}

/// Arguments of `epcis hash`.
///
/// One line an event: ni:///sha-256;…?ver=CBV2.0. Events that say the same in JSON and XML, with URNs or Digital
/// Links, have the same one; but for master data (ilmd), whose namespace both syntaxes write differently.
#[derive(Debug, clap::Args)]
struct HashArgs {
    /// A document; "-" is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print the text that is hashed
    #[arg(long)]
    text: bool,
}

/// Arguments of `epcis check`.
///
/// Each event is judged by itself (fields, times, words of the vocabulary, digits and check digits of identifiers) and
/// after all that came before it: commissioned once and before anything else, packed while it is in nothing else,
/// unpacked from where it is, nothing after decommissioning. Several files are one history in the order they are given.
#[derive(Debug, clap::Args)]
struct CheckArgs {
    /// Documents; "-" is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The files are a part of a history: numbers may have been commissioned elsewhere
    #[arg(long)]
    part: bool,
    /// Prints one JSON object a finding, and one a file
    #[arg(long)]
    json: bool,
}

/// Arguments of `epcis convert`.
#[derive(Debug, clap::Args)]
struct ConvertArgs {
    /// A document; "-" is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The syntax to write
    #[arg(long, value_enum)]
    to: Syntax,
    /// Write identifiers as GS1 Digital Links in place of EPC URNs
    #[arg(long)]
    digital_link: bool,
    /// Digits of the company prefix, 6 to 12: makes URNs of Digital Links, which do not show it
    #[arg(long, value_name = "N", value_parser = prefix_len, conflicts_with = "digital_link")]
    company_prefix_length: Option<u8>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Syntax {
    /// EPCIS 2.0, JSON-LD
    Json,
    /// EPCIS 1.2, XML
    Xml12,
    /// EPCIS 2.0, XML
    Xml20,
}

fn prefix_len(text: &str) -> Result<u8, String> {
    let len = text.parse().ok();
    let len = len.filter(|len| COMPANY_PREFIX_LEN.contains(&usize::from(*len)));
    len.ok_or_else(|| "a company prefix has 6 to 12 digits".to_owned())
}

fn check_codes() -> String {
    let rules: Vec<&str> = crate::epcis::Rule::ALL
        .iter()
        .map(|rule| rule.code())
        .collect();
    format!("Rules: {}\n\n{}", rules.join(", "), super::exit_codes())
}

/// Runs the command.
///
/// # Errors
/// Standard output cannot be written.
pub fn run(args: &EpcisArgs) -> Ended {
    match &args.action {
        Action::Check(args) => check(args),
        Action::Convert(args) => convert(args),
        Action::Hash(args) => hash(args),
        Action::Import(args) => import::run(args),
        Action::Outbox(args) => outbox::run(args),
    }
}

fn open(path: &Path) -> Result<BufReader<Box<dyn Read>>, Failure> {
    let input = input::open(path).map_err(|why| {
        let text = format!(
            "{} cannot be opened ({why}). Is the name right?",
            path.display()
        );
        Failure::new(Exit::SomeRefused, text)
    })?;
    Ok(BufReader::with_capacity(256 * 1024, input))
}

fn check(args: &CheckArgs) -> Ended {
    let history = if args.part {
        History::Part
    } else {
        History::Whole
    };
    let mut checker = Checker::new(history);
    let mut all_right = true;
    for path in &args.files {
        all_right &= check_one(path, &mut checker, args.json)?;
    }
    Ok(if all_right {
        Exit::Ok
    } else {
        Exit::SomeRefused
    })
}

/// Whether the document is right.
fn check_one(path: &Path, checker: &mut Checker, json: bool) -> Result<bool, Failure> {
    let name = path.display().to_string();
    let mut found = 0_u64;
    let mut tell = |finding: &Finding| {
        found += 1;
        tell(&name, finding, json)
    };
    let mut told = Ok(());
    let read = open(path).map(|mut input| {
        read(&mut input, &mut |_: &Header, received: Received| {
            let between = received
                .event
                .iter()
                .flat_map(|event| checker.check(event, received.place));
            let findings: Vec<Finding> = between.collect();
            told = received
                .findings
                .iter()
                .chain(&findings)
                .try_for_each(&mut tell);
            if told.is_err() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
    });
    told?;
    let (summary, broken) = match read {
        Ok(Ok(summary)) => (summary, None),
        Ok(Err(why)) => (Summary::default(), Some(broken_at(why))),
        Err(failure) => (Summary::default(), Some((0, 0, failure.text))),
    };
    summary.findings.iter().try_for_each(&mut tell)?;
    let ok = found == 0 && broken.is_none();
    if json {
        let error = broken.map(
            |(line, event, text)| serde_json::json!({"line": line, "event": event, "text": text}),
        );
        print_json(&serde_json::json!({
            "v": 1, "file": name, "ok": ok, "events": summary.events, "findings": found, "error": error,
        }))?;
    } else if let Some((line, event, text)) = broken {
        let place = if line == 0 {
            String::new()
        } else {
            format!(" line {line}, event {event}:")
        };
        print_line(&format!(
            "{name}:{place} {text} Nothing behind it was read."
        ))?;
    } else {
        let events = summary.events;
        print_line(&match found {
            0 => format!("{name}: ok, {events} events"),
            _ => format!("{name}: {found} findings in {events} events"),
        })?;
    }
    Ok(ok)
}

fn broken_at(why: ReadError) -> (u64, u64, String) {
    (why.line, why.event, why.text)
}

fn tell(name: &str, finding: &Finding, json: bool) -> Result<(), Failure> {
    if json {
        return print_json(&serde_json::json!({
            "v": 1, "file": name, "line": finding.line, "event": finding.event, "rule": finding.rule.code(),
            "text": finding.text,
        }));
    }
    print_line(&format!("{name}: {finding}"))
}

/// Milliseconds since 1970, for a document that does not say when it was made.
fn now() -> EventTime {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let ms = i64::try_from(since.as_millis()).unwrap_or(0);
    let epoch = || EventTime::from_ms(0, ZoneOffset::UTC).expect("the epoch is in the calendar");
    EventTime::from_ms(ms, ZoneOffset::UTC).unwrap_or_else(epoch)
}

fn convert(args: &ConvertArgs) -> Ended {
    let mut input = open(&args.file)?;
    let style = IdentifierStyle {
        links: args.digital_link,
        prefix_len: args.company_prefix_length,
    };
    let format = match args.to {
        Syntax::Json => Format::Json,
        Syntax::Xml12 => Format::Xml12,
        Syntax::Xml20 => Format::Xml20,
    };
    let mut standard = io::stdout().lock();
    let mut stopped = Ok(());
    let mut writer: Option<DocumentWriter> = None;
    let mut to: Option<&mut dyn Write> = Some(&mut standard);
    let read = read(&mut input, &mut |header: &Header, received: Received| {
        let begun = writer.get_or_insert_with(|| {
            let to = to.take().expect("a document is begun once");
            DocumentWriter::new(to, format, style, header.created.unwrap_or_else(now))
        });
        stopped = write_one(begun, received);
        if stopped.is_err() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    stopped?;
    let summary =
        read.map_err(|why| Failure::new(Exit::SomeRefused, format!("{why} {UNFINISHED}")))?;
    if let Some(finding) = summary.findings.first() {
        return Err(Failure::new(
            Exit::SomeRefused,
            format!("{finding} {UNFINISHED}"),
        ));
    }
    let writer = match (writer, to) {
        (Some(writer), _) => writer,
        (None, Some(to)) => DocumentWriter::new(
            to,
            format,
            style,
            summary.header.created.unwrap_or_else(now),
        ),
        (None, None) => unreachable!("the output goes into the writer"),
    };
    if writer.without_prefix() > 0 {
        message(&format!(
            "{} identifiers are Digital Links whose company prefix is not known, and stay so: give \
             --company-prefix-length for URNs.",
            writer.without_prefix()
        ));
    }
    writer.finish().map_err(failure)?;
    Ok(Exit::Ok)
}

fn hash(args: &HashArgs) -> Ended {
    let mut input = open(&args.file)?;
    let mut stopped = Ok(());
    let read = read(&mut input, &mut |header: &Header, received: Received| {
        let master_data = if header.xml {
            MasterData::Xml
        } else {
            MasterData::Json
        };
        let refused = received
            .findings
            .first()
            .map(|finding| Failure::new(Exit::SomeRefused, finding));
        stopped = match (refused, &received.event) {
            (Some(refused), _) => Err(refused),
            (None, Some(event)) if args.text => print_line(&pre_hash(event, master_data)),
            (None, Some(event)) => print_line(&event_hash(event, master_data)),
            (None, None) => Ok(()),
        };
        if stopped.is_err() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    stopped?;
    let summary = read.map_err(|why| Failure::new(Exit::SomeRefused, why))?;
    match summary.findings.first() {
        Some(finding) => Err(Failure::new(Exit::SomeRefused, finding)),
        None => Ok(Exit::Ok),
    }
}

const UNFINISHED: &str = "What was written so far is no whole document: nothing of it counts.";

fn write_one(writer: &mut DocumentWriter, received: Received) -> Result<(), Failure> {
    if let Some(finding) = received.findings.first() {
        return Err(Failure::new(
            Exit::SomeRefused,
            format!("{finding} {UNFINISHED}"),
        ));
    }
    let place = received.place;
    let Some(event) = received.event else {
        let text = format!(
            "line {}, event {}: its type is somebody's own and has no model here.",
            place.line, place.event
        );
        return Err(Failure::new(
            Exit::SomeRefused,
            format!("{text} {UNFINISHED}"),
        ));
    };
    writer.event(&event).map_err(|why| match why {
        WriteError::Unwritable(text) => {
            let text = format!(
                "line {}, event {}: {text} {UNFINISHED}",
                place.line, place.event
            );
            Failure::new(Exit::SomeRefused, text)
        }
        other => failure(other),
    })
}

fn failure(why: WriteError) -> Failure {
    match why {
        // Whoever read had enough.
        WriteError::Output(why) if why.kind() == io::ErrorKind::BrokenPipe => {
            Failure::new(Exit::Ok, "")
        }
        other => Failure::new(Exit::Store, other),
    }
}
