//! `vidimus track|trace|authenticate`: where is it, what happened to it, is it ours.

use super::archive::{WhichArchive, unanswered};
use super::exit::{Ended, Exit, Failure};
use super::{print_json, print_text};
use crate::station::today;
use crate::trace::{Authenticity, History, Track, authenticate, history, instant, track};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Arguments of `track`.
#[derive(Debug, Clone, clap::Args)]
pub struct TrackArgs {
    /// A scan of the pack, case or pallet, in any GS1 form; or an SSCC
    #[arg(value_name = "SCAN")]
    code: String,
    #[command(flatten)]
    which: WhichArchive,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// Arguments of `trace`.
#[derive(Debug, Clone, clap::Args)]
pub struct TraceArgs {
    #[command(flatten)]
    track: TrackArgs,
    /// As it was at this time, such as 2026-11-22T08:30:00Z; or 2026-11-22T08:30 at this machine's place
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    /// As it was after this record; clocks may lie, records are in order
    #[arg(long, value_name = "SEQ", conflicts_with = "at")]
    at_record: Option<u64>,
}

/// Arguments of `authenticate`.
#[derive(Debug, Clone, clap::Args)]
pub struct AuthenticateArgs {
    #[command(flatten)]
    track: TrackArgs,
}

/// Where values stand behind their names.
const VALUES: usize = 11;

/// A point in time as people write it: with its zone, or at this machine's place.
///
/// # Errors
/// It is neither.
pub fn time(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let local = text.parse::<jiff::civil::DateTime>();
    let local = local
        .ok()
        .and_then(|time| time.to_zoned(TimeZone::system()).ok());
    local.map(|zoned| zoned.timestamp()).ok_or_else(|| {
        format!("\"{text}\" is no time: write 2026-11-22T08:30:00Z, or without Z for this machine's place")
    })
}

/// Says where a unit is.
///
/// # Errors
/// The scan cannot be read, no record knows it, or the store cannot be read.
pub fn run_track(args: &TrackArgs) -> Ended {
    let archive = args.which.open()?;
    let (unit, _) = archive.find(&args.code).map_err(unanswered)?;
    let track = track(&archive, unit, None).map_err(unanswered)?;
    if args.json {
        return object(&track);
    }
    print_text(track_lines(&track), VALUES)?;
    Ok(Exit::Ok)
}

/// Says what happened to a unit.
///
/// # Errors
/// As [`run_track`].
pub fn run_trace(args: &TraceArgs) -> Ended {
    let archive = args.track.which.open()?;
    let (unit, _) = archive.find(&args.track.code).map_err(unanswered)?;
    let at = match args.at {
        None => args.at_record.map(|seq| known(&archive, seq)).transpose()?,
        Some(time) => {
            let found = archive
                .reader
                .whereabouts(|ask| ask.record_at(time.as_millisecond()));
            Some(found.map_err(|error| Failure::new(Exit::Store, error))?)
        }
    };
    let history = history(&archive, unit, at).map_err(unanswered)?;
    if args.track.json {
        return object(&history);
    }
    print_text(history_lines(&history), VALUES)?;
    Ok(Exit::Ok)
}

/// Says whether a scan is genuine; ends with 1 when it is not, or must not be supplied.
///
/// # Errors
/// The scan or the store cannot be read.
pub fn run_authenticate(args: &AuthenticateArgs) -> Ended {
    let args = &args.track;
    let archive = args.which.open()?;
    let found = authenticate(&archive, &args.code, today()).map_err(unanswered)?;
    match args.json {
        true => print_json(&serde_json::json!(found))?,
        false => print_text(authenticity_lines(&found), 24)?,
    }
    Ok(match found.may_be_supplied {
        true => Exit::Ok,
        false => Exit::SomeRefused,
    })
}

/// A record that there is.
fn known(archive: &crate::trace::Archive, seq: u64) -> Result<u64, Failure> {
    let last = archive.reader.counts();
    let last = last
        .map_err(|error| Failure::new(Exit::Store, error))?
        .records;
    match seq <= last {
        true => Ok(seq),
        false => Err(Failure::new(
            Exit::SomeRefused,
            format!("There is no record {seq}: the last one is {last}."),
        )),
    }
}

fn object(answer: &impl serde::Serialize) -> Ended {
    print_json(&serde_json::json!(answer))?;
    Ok(Exit::Ok)
}

fn track_lines(track: &Track) -> Vec<String> {
    let told = track.words().into_iter();
    let told = told.map(|(name, text)| format!("{name:<10} {text}"));
    std::iter::once(track.unit.words()).chain(told).collect()
}

/// Most things inside that a table lists.
const CONTENTS_SHOWN: usize = 100;

fn history_lines(history: &History) -> Vec<String> {
    let mut lines = track_lines(&history.track);
    if let Some(at) = history.at_record {
        lines.push(format!("as it was after record {at}"));
    }
    lines.push(String::new());
    for entry in &history.entries {
        let with = entry.with_words().map(|with| format!("  [{with}]"));
        let why = entry.reason.as_ref().map(|why| format!("  \"{why}\""));
        lines.push(format!(
            "{:>9}  {}  {:<9} {}{}{}",
            entry.record,
            instant(entry.utc_ms),
            entry.actor,
            entry.text,
            why.unwrap_or_default(),
            with.unwrap_or_default()
        ));
    }
    if !history.told.is_empty() {
        lines.push(String::new());
        lines.push("partners say:".to_owned());
        lines.extend(history.told.iter().map(|told| format!("  {}", told.line())));
    }
    if !history.contents.is_empty() {
        lines.push(String::new());
        lines.push(format!("inside, {}:", history.contents.len()));
        let shown = history.contents.iter().take(CONTENTS_SHOWN);
        lines.extend(shown.map(|unit| format!("  {}", unit.words())));
        if history.contents.len() > CONTENTS_SHOWN {
            lines.push("  … (all with --json)".to_owned());
        }
    }
    lines
}

fn authenticity_lines(found: &Authenticity) -> Vec<String> {
    let verdict = match (found.genuine, found.may_be_supplied) {
        (true, true) => "GENUINE",
        (true, false) => "GENUINE, BUT NOT TO BE SUPPLIED",
        (false, _) => "NOT GENUINE",
    };
    let mut lines = vec![format!("{verdict}  {}", found.code)];
    lines.extend(found.checks.iter().map(|check| {
        let mark = match check.holds {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "?",
        };
        format!("  {mark:<4} {:<16} {}", check.name, check.text)
    }));
    lines
}
