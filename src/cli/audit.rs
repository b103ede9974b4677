//! `vidimus audit verify|search|export`: is the chain whole, who did what, and everything for a check outside.

use super::archive::{WhichArchive, unanswered};
use super::exit::{Ended, Exit, Failure};
use super::output::{Before, Output, Stopped};
use super::{message, print_json, print_line, print_text};
use crate::gs1::Lot;
use crate::store::{ChainStatus, Reader, SealedCommit, SignatureOn, StoreError};
use crate::trace::{AuditQuery, audit_search, clock_in_words};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;

/// Arguments of `audit`.
#[derive(Debug, Clone, clap::Args)]
pub struct AuditArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Action {
    /// Follow the hash chain through the whole store; a break is named with its record (exit code 13)
    #[command(after_help = super::exit_codes())]
    Verify(VerifyArgs),
    /// What people and configuration did: who, when, what, from what to what, why
    #[command(after_help = super::exit_codes())]
    Search(SearchArgs),
    /// Everything needed to check the chain without this program, as JSON lines; ARCHITECTURE.md has the recipe
    #[command(after_help = super::exit_codes())]
    Export(ExportArgs),
}

#[derive(Debug, Clone, clap::Args)]
struct VerifyArgs {
    #[command(flatten)]
    which: WhichArchive,
    /// The chain must hold this head, as it stands on a batch report: a tail that was cut off is found by it
    #[arg(long, value_name = "HEX", value_parser = head)]
    head: Option<[u8; 32]>,
    /// Also SQLite's own check, the secrets, and every table worked out again from the records
    #[arg(long)]
    full: bool,
    /// Prints one JSON object: commits, records, head, first_utc_ms, last_utc_ms, head_at_record
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, clap::Args)]
struct SearchArgs {
    #[command(flatten)]
    which: WhichArchive,
    /// Done by this person, or by "station" or "machine"
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    /// All these words stand in what is told of it; may be given several times
    #[arg(long, value_name = "WORDS")]
    what: Vec<String>,
    /// Not before this time, such as 2026-11-22T08:30:00Z; without Z at this machine's place
    #[arg(long, value_name = "TIME", value_parser = super::trace::time)]
    since: Option<Timestamp>,
    /// Not after this time
    #[arg(long, value_name = "TIME", value_parser = super::trace::time)]
    until: Option<Timestamp>,
    /// While a batch of this lot was open, and what is on record of it at other times
    #[arg(long, value_name = "LOT")]
    lot: Option<Lot>,
    /// This record
    #[arg(long, value_name = "N")]
    record: Option<u64>,
    /// Also what the station and the machine did by themselves
    #[arg(long)]
    all: bool,
    /// Prints one JSON object a record: record, utc_ms, time, point, who, proved, what, changes (key, old, new),
    /// reason, fact
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, clap::Args)]
struct ExportArgs {
    #[command(flatten)]
    which: WhichArchive,
    /// The file; one of this name is replaced when the new one is whole. "-": to standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// 64 hexadecimal digits.
fn head(text: &str) -> Result<[u8; 32], String> {
    let wrong = || "a head has 64 hexadecimal digits, as on a batch report".to_owned();
    let mut head = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    for (at, byte) in head.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| wrong())?;
    }
    Ok(head)
}

fn hex(hash: &[u8; 32]) -> String {
    hash.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Runs the command.
///
/// # Errors
/// The chain is broken, the store cannot be read, or the output not be written.
pub fn run(args: &AuditArgs) -> Ended {
    match &args.action {
        Action::Verify(args) => verify(args),
        Action::Search(args) => search(args),
        Action::Export(args) => export(args),
    }
}

/// What is not what was committed ends with 13, what cannot be read with 12.
fn broken(error: StoreError) -> Failure {
    let exit = match &error {
        StoreError::Damaged { .. } | StoreError::Contradiction { .. } => Exit::AuditChain,
        _ => Exit::Store,
    };
    Failure::new(exit, error)
}

/// What is seen of the chain on the way.
#[derive(Default)]
struct Seen {
    first_utc_ms: Option<i64>,
    last_utc_ms: Option<i64>,
    /// The last record under the head that is looked for.
    head_at: Option<u64>,
}

fn follow(reader: &Reader, head: Option<[u8; 32]>) -> Result<(ChainStatus, Seen), StoreError> {
    let mut seen = Seen::default();
    let chain = reader.follow_chain(&mut |commit| {
        seen.first_utc_ms.get_or_insert(commit.utc_ms);
        seen.last_utc_ms = Some(commit.utc_ms);
        if head == Some(commit.hash) {
            seen.head_at = commit.records().last().map(|last| last.seq as u64);
        }
        true
    })?;
    Ok((chain, seen))
}

fn verify(args: &VerifyArgs) -> Ended {
    let archive = args.which.open()?;
    let (chain, seen) = follow(&archive.reader, args.head).map_err(broken)?;
    if args.full {
        archive.reader.audit().map_err(broken)?;
    }
    if let (Some(head), None) = (args.head, seen.head_at) {
        return Err(Failure::new(
            Exit::AuditChain,
            not_held(&head, &chain, &seen),
        ));
    }
    if args.json {
        print_json(&json!({
            "v": 1,
            "commits": chain.commits,
            "records": chain.records,
            "head": hex(&chain.head),
            "first_utc_ms": seen.first_utc_ms,
            "last_utc_ms": seen.last_utc_ms,
            "head_at_record": seen.head_at,
            "full": args.full,
        }))?;
        return Ok(Exit::Ok);
    }
    let time = |utc_ms: Option<i64>| utc_ms.map_or("-".to_owned(), clock_in_words);
    let mut lines = vec![
        "The chain is whole.".to_owned(),
        format!("records    {} in {} commits", chain.records, chain.commits),
        format!("first      {}", time(seen.first_utc_ms)),
        format!("last       {}", time(seen.last_utc_ms)),
        format!("head       {}", hex(&chain.head)),
    ];
    if let Some(seq) = seen.head_at {
        lines.push(format!("asked for  that head stands behind record {seq}"));
    }
    lines.push(match args.full {
        true => "tables     are what the records say".to_owned(),
        false => "tables     were not compared with the records: --full does".to_owned(),
    });
    print_text(lines, 11)?;
    Ok(Exit::Ok)
}

fn not_held(head: &[u8; 32], chain: &ChainStatus, seen: &Seen) -> String {
    let last = seen.last_utc_ms.map_or("-".to_owned(), clock_in_words);
    format!(
        "No commit of this store has the head {}. Its chain is whole up to record {} ({last}): what was committed \
         after that was cut off, or the head is that of another store. Keep the store for examination and compare it \
         with the newest backup.",
        hex(head),
        chain.last_seq
    )
}

fn search(args: &SearchArgs) -> Ended {
    let archive = args.which.open()?;
    let query = AuditQuery {
        who: args.who.clone(),
        what: args
            .what
            .iter()
            .flat_map(|words| words.split_whitespace().map(str::to_owned))
            .collect(),
        since: args.since.map(|time| time.as_millisecond()),
        until: args.until.map(|time| time.as_millisecond()),
        lot: args.lot.clone(),
        record: args.record,
        all: args.all,
    };
    let (mut found, mut printed) = (0_u64, Ok(()));
    let asked = audit_search(&archive, &query, &mut |entry| {
        found += 1;
        printed = match args.json {
            true => print_json(&json!(entry)),
            false => entry.lines().iter().try_for_each(|line| print_line(line)),
        };
        printed.is_ok()
    });
    asked.map_err(unanswered)?;
    printed?;
    if found == 0 {
        message("Nothing of the kind is on record.");
        return Ok(Exit::SomeRefused);
    }
    Ok(Exit::Ok)
}

fn export(args: &ExportArgs) -> Ended {
    let archive = args.which.open()?;
    let out = Output::open("The export", &args.output, Before::Replaced)?;
    let is_file = !out.is_stdout();
    let mut chain = None;
    out.write(|out| -> Result<(), Stopped> {
        chain = Some(written(&archive.reader, out)?);
        Ok(())
    })?;
    if let Some(chain) = chain.filter(|_| is_file) {
        message(&format!(
            "{} records lie in {}. Head: {}",
            chain.records,
            args.output.display(),
            hex(&chain.head)
        ));
    }
    Ok(Exit::Ok)
}

/// One line a commit, and the end.
fn written(reader: &Reader, out: &mut dyn Write) -> Result<ChainStatus, Stopped> {
    reader
        .at_one_state(|reader| {
            let mut signatures = Signatures::of(reader)?;
            let mut failed = None;
            let chain = reader.follow_chain(&mut |commit| {
                failed = line(out, &of_commit(commit, &mut signatures)).err();
                failed.is_none()
            })?;
            Ok((chain, failed))
        })
        .map_err(|error: StoreError| Stopped::Other(broken(error)))
        .and_then(|(chain, failed)| match failed {
            Some(why) => Err(Stopped::Output(why)),
            None => Ok(chain),
        })
        .and_then(|chain| {
            let end = json!({ "end": chain.records, "head": hex(&chain.head) });
            line(out, &end)?;
            Ok(chain)
        })
}

fn line(out: &mut dyn Write, value: &Value) -> io::Result<()> {
    writeln!(out, "{value}")
}

/// Signatures, by the first record that each was given for.
struct Signatures {
    to_come: VecDeque<SignatureOn>,
    /// Those that the record at hand, or one after it, was given.
    now: Vec<SignatureOn>,
}

impl Signatures {
    fn of(reader: &Reader) -> Result<Signatures, StoreError> {
        let mut to_come = reader.signatures()?;
        to_come.sort_by_key(|on| on.first);
        Ok(Signatures {
            to_come: to_come.into(),
            now: Vec::new(),
        })
    }

    /// Those on a record; records are asked for in order.
    fn on(&mut self, seq: u64) -> Vec<Value> {
        while self.to_come.front().is_some_and(|on| on.first <= seq) {
            self.now.extend(self.to_come.pop_front());
        }
        self.now.retain(|on| on.last >= seq);
        let told = self.now.iter();
        let told =
            told.map(|on| json!({ "record": on.record, "by": on.by, "meaning": on.meaning }));
        told.collect()
    }
}

/// A commit with what its hash covers, word for word; who signed its records stands beside that.
fn of_commit(commit: &SealedCommit<'_>, signatures: &mut Signatures) -> Value {
    let records = commit.records().map(|link| {
        let mut record = json!({
            "seq": link.seq,
            "at_ns": link.at_ns,
            "point": link.point,
            "actor": link.actor,
            "reason": link.reason,
            "template": link.template,
            "body": link.body,
        });
        let on = signatures.on(link.seq as u64);
        if !on.is_empty() {
            record["signed"] = Value::Array(on);
        }
        record
    });
    json!({
        "records": records.collect::<Vec<_>>(),
        "utc_ms": commit.utc_ms,
        "hash": hex(&commit.hash),
    })
}
