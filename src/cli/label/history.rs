//! `vidimus label history`: which template was in force when, who ordered it and why. Only read; the station may be
//! running or not.

use super::activate::slot_name;
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::{COLUMNS, message, print_json, print_line, station_file};
use crate::record::label::short;
use crate::record::{Actor, Fact, LabelFact, LabelSlot, TemplateHash};
use crate::store::{OpenOptions, Reader, StoredRecord};
use crate::tui::words::hanging;
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `label history`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct HistoryArgs {
    /// Station file; the station may be running or not
    #[arg(short, long, value_name = "FILE")]
    config: PathBuf,
    /// Prints one JSON object an order, the oldest first
    #[arg(long)]
    json: bool,
}

/// What became of a template that somebody wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    InForce,
    OnTrial,
    Replaced,
    GivenUp,
    Refused,
}

/// One template, from its order on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Entry {
    /// The record of the order.
    record: u64,
    /// Wall clock of its commit, ms since 1970.
    utc_ms: i64,
    slot: String,
    name: String,
    template: TemplateHash,
    by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// It was in force before.
    rollback: bool,
    state: State,
    /// Test prints that failed.
    failed: u32,
    /// The pack that proved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    proven_by: Option<u64>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Who gave it up, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_up_by: Option<String>,
    #[serde(skip)]
    of: LabelSlot,
}

/// Tells the history.
///
/// # Errors
/// Station file or store cannot be read.
pub(super) fn history(args: &HistoryArgs) -> Ended {
    let config = station_file::load(&args.config)?;
    let failed = |error| Failure::new(Exit::Store, error);
    let reader = Reader::open(&config.station.data_dir, &OpenOptions::default());
    let records = reader.and_then(|reader| reader.label_records());
    let levels: Vec<String> = config
        .levels
        .iter()
        .map(|level| level.name.clone())
        .collect();
    let entries = entries(&records.map_err(failed)?, &levels);
    if args.json {
        entries
            .iter()
            .try_for_each(|entry| print_json(&serde_json::json!({ "v": 1, "label": entry })))?;
        return Ok(Exit::Ok);
    }
    if entries.is_empty() {
        message(&format!(
            "No label template was ever activated: the station file's is used ({}).",
            config.station.label_template
        ));
    }
    for entry in &entries {
        lines(entry).iter().try_for_each(|line| print_line(line))?;
    }
    Ok(Exit::Ok)
}

fn who(actor: &Actor) -> String {
    match actor {
        Actor::Station | Actor::Machine => "the station file".to_owned(),
        Actor::Person(name) => name.clone(),
        Actor::Named(name) => format!("{name} (not proved)"),
    }
}

fn entries(records: &[StoredRecord], levels: &[String]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for stored in records {
        let Fact::Label(fact) = &stored.record.fact else {
            continue;
        };
        let slot = fact.slot();
        let begin = |name: &str, state: State| Entry {
            record: stored.record.seq,
            utc_ms: stored.utc_ms,
            slot: slot_name(slot, levels),
            name: name.to_owned(),
            template: fact.template(),
            by: who(&stored.record.actor),
            reason: stored.record.reason.clone(),
            rollback: matches!(fact, LabelFact::Ordered { rollback: true, .. }),
            state,
            failed: 0,
            proven_by: None,
            why: None,
            given_up_by: None,
            of: slot,
        };
        let entry = match fact {
            LabelFact::Installed { label, .. } => {
                leave(&mut entries, slot, &[State::InForce, State::OnTrial]);
                Some(begin(&label.name, State::InForce))
            }
            LabelFact::Ordered { label, .. } => Some(match slot {
                LabelSlot::Packs => begin(&label.name, State::OnTrial),
                LabelSlot::Level(_) => {
                    leave(&mut entries, slot, &[State::InForce]);
                    begin(&label.name, State::InForce)
                }
            }),
            LabelFact::Refused { name, why, .. } => Some(Entry {
                why: Some(why.clone()),
                ..begin(name, State::Refused)
            }),
            LabelFact::Failed { tries, .. } => {
                on_trial(&mut entries, |entry| entry.failed = *tries);
                None
            }
            LabelFact::Proven { pack, .. } => {
                leave(&mut entries, slot, &[State::InForce]);
                on_trial(&mut entries, |entry| {
                    entry.state = State::InForce;
                    entry.proven_by = Some(pack.0);
                });
                None
            }
            LabelFact::GivenUp { .. } => {
                let by = match &stored.record.actor {
                    Actor::Station | Actor::Machine => "the station".to_owned(),
                    actor => who(actor),
                };
                let why = stored.record.reason.as_deref().unwrap_or_default();
                on_trial(&mut entries, |entry| {
                    entry.state = State::GivenUp;
                    entry.given_up_by = Some(match why.is_empty() {
                        true => by.clone(),
                        false => format!("{by}: {why}"),
                    });
                });
                None
            }
        };
        entries.extend(entry);
    }
    entries
}

/// What was in one of these states is over.
fn leave(entries: &mut [Entry], slot: LabelSlot, states: &[State]) {
    let of_slot = entries.iter_mut().filter(|entry| entry.of == slot);
    for entry in of_slot.filter(|entry| states.contains(&entry.state)) {
        entry.state = match entry.state {
            State::OnTrial => State::GivenUp,
            _ => State::Replaced,
        };
    }
}

fn on_trial(entries: &mut [Entry], change: impl Fn(&mut Entry)) {
    let mut tried = entries.iter_mut().rev();
    if let Some(entry) = tried.find(|entry| entry.state == State::OnTrial) {
        change(entry);
    }
}

/// An entry in lines of 80 columns.
fn lines(entry: &Entry) -> Vec<String> {
    let at = jiff::Timestamp::from_millisecond(entry.utc_ms);
    let at = at.map_or_else(
        |_| "at no time that a calendar holds".to_owned(),
        |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
    );
    let failed = match entry.failed {
        0 => String::new(),
        1 => ", 1 test print failed".to_owned(),
        count => format!(", {count} test prints failed"),
    };
    let proven = entry
        .proven_by
        .map(|pack| format!(", proven by pack {pack}"));
    let proven = proven.unwrap_or_default();
    let state = match entry.state {
        State::InForce => format!("in force{proven}{failed}"),
        State::OnTrial => format!("on trial{failed}"),
        State::Replaced => format!("replaced{proven}{failed}"),
        State::GivenUp => {
            let by = entry.given_up_by.as_deref();
            format!("given up by {}{failed}", by.unwrap_or("the station file"))
        }
        State::Refused => format!("refused: {}", entry.why.as_deref().unwrap_or_default()),
    };
    let back = if entry.rollback {
        ", rolled back to"
    } else {
        ""
    };
    let reason = entry.reason.as_deref();
    let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
    let head = format!(
        "{at}  {:<8}  {} ({}){back}",
        entry.slot,
        entry.name,
        short(&entry.template)
    );
    let rest = [
        format!("    {state}"),
        format!("    [{}] by {}{reason}", entry.record, entry.by),
    ];
    std::iter::once(head)
        .chain(rest)
        .flat_map(|line| {
            let plain = line.replace('\n', " ");
            hanging(&plain, 4, COLUMNS)
        })
        .collect()
}
