//! `vidimus label history`: which template was in force when, who ordered it and why. Only read; the station may be
//! running or not.

use super::activate::slot_name;
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::{COLUMNS, message, print_json, print_line, station_file};
use crate::record::label::short;
use crate::record::{Actor, BatchNo, Fact, LabelFact, LabelSlot, PackNo, TemplateHash};
use crate::store::{OpenOptions, Reader, StoredRecord};
use crate::trace::LabelVersion;
use crate::tui::words::hanging;
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `label history`.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "The oldest first. A label of packs is in force from the pack on that proved it, one of containers \
    from its order on, until another one is or the station file names another. The first one was in force before any \
    order: it is told since when as far as the records know. Each says who ordered it, when, in which record, why."
)]
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

/// Since when a template was in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Since {
    /// Since this time, ms since 1970.
    UtcMs(i64),
    /// Every batch was opened with it.
    TheBeginning,
    /// Since this batch at the latest; the one before was opened with another one, of the station file.
    BatchAtTheLatest(u32),
    /// Since before its first change.
    BeforeItsFirstChange,
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
    /// Since when it was in force; left out where it never was.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Since>,
    /// Until when, ms since 1970; left out while it is, and where it never was.
    #[serde(skip_serializing_if = "Option::is_none")]
    until_utc_ms: Option<i64>,
    /// What replaced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_by: Option<LabelVersion>,
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
    let reader = reader.map_err(failed)?;
    let records = reader.label_records().map_err(failed)?;
    let first = records.iter().map(|stored| stored.record.seq).next();
    let opened = reader.opened_with(first.unwrap_or(0)).map_err(failed)?;
    let levels: Vec<String> = config
        .levels
        .iter()
        .map(|level| level.name.clone())
        .collect();
    let entries = entries(&records, &levels, &opened);
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

/// Who names the label that nobody ordered.
const STATION_FILE: &str = "the station file";

fn who(actor: &Actor) -> String {
    match actor {
        Actor::Station | Actor::Machine => STATION_FILE.to_owned(),
        Actor::Person(name) => name.clone(),
        Actor::Named(name) => format!("{name} (name only)"),
    }
}

/// Since when the first label of a slot was in force, as far as the batches tell that were opened before it is named.
fn since_first(slot: LabelSlot, label: TemplateHash, opened: &[(BatchNo, TemplateHash)]) -> Since {
    if slot != LabelSlot::Packs {
        return Since::BeforeItsFirstChange;
    }
    let with_it = opened
        .iter()
        .rev()
        .take_while(|(_, template)| *template == label);
    match (with_it.clone().count(), with_it.last()) {
        (all, _) if all == opened.len() => Since::TheBeginning,
        (_, Some((no, _))) => Since::BatchAtTheLatest(no.0),
        (_, None) => Since::BeforeItsFirstChange,
    }
}

fn entries(
    records: &[StoredRecord],
    levels: &[String],
    opened: &[(BatchNo, TemplateHash)],
) -> Vec<Entry> {
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
            since: None,
            until_utc_ms: None,
            replaced_by: None,
            why: None,
            given_up_by: None,
            of: slot,
        };
        let in_force = |name: &str, since: Since| Entry {
            since: Some(since),
            ..begin(name, State::InForce)
        };
        let entry = match fact {
            LabelFact::Installed { label, .. } => {
                let is_first = !entries.iter().any(|entry| entry.of == slot);
                end_trial(&mut entries, slot);
                replace(&mut entries, slot, stored.utc_ms, &label.name, fact);
                let since = match is_first {
                    true => since_first(slot, label.template, opened),
                    false => Since::UtcMs(stored.utc_ms),
                };
                Some(in_force(&label.name, since))
            }
            LabelFact::Ordered { label, .. } => Some(match slot {
                LabelSlot::Packs => begin(&label.name, State::OnTrial),
                LabelSlot::Level(_) => {
                    replace(&mut entries, slot, stored.utc_ms, &label.name, fact);
                    in_force(&label.name, Since::UtcMs(stored.utc_ms))
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
                proven(&mut entries, stored.utc_ms, *pack, fact);
                None
            }
            LabelFact::GivenUp { .. } => {
                given_up(&mut entries, stored);
                None
            }
        };
        entries.extend(entry);
    }
    entries
}

/// What is on trial comes into force in the place of what was.
fn proven(entries: &mut [Entry], utc_ms: i64, pack: PackNo, fact: &LabelFact) {
    let mut tried = entries.iter().rev();
    let tried = tried.find(|entry| entry.state == State::OnTrial);
    let name = tried.map_or(String::new(), |entry| entry.name.clone());
    replace(entries, fact.slot(), utc_ms, &name, fact);
    on_trial(entries, |entry| {
        entry.state = State::InForce;
        entry.since = Some(Since::UtcMs(utc_ms));
        entry.proven_by = Some(pack.0);
    });
}

/// Somebody, or the station, gave up what is on trial.
fn given_up(entries: &mut [Entry], stored: &StoredRecord) {
    let by = match &stored.record.actor {
        Actor::Station | Actor::Machine => "the station".to_owned(),
        actor => who(actor),
    };
    let why = stored.record.reason.as_deref().unwrap_or_default();
    on_trial(entries, |entry| {
        entry.state = State::GivenUp;
        entry.given_up_by = Some(match why.is_empty() {
            true => by.clone(),
            false => format!("{by}: {why}"),
        });
    });
}

/// The station file names another one: what was on trial is not any more.
fn end_trial(entries: &mut [Entry], slot: LabelSlot) {
    let of_slot = entries.iter_mut().filter(|entry| entry.of == slot);
    for entry in of_slot.filter(|entry| entry.state == State::OnTrial) {
        entry.state = State::GivenUp;
    }
}

/// What was in force in this slot is replaced.
fn replace(entries: &mut [Entry], slot: LabelSlot, utc_ms: i64, name: &str, by: &LabelFact) {
    let of_slot = entries.iter_mut().filter(|entry| entry.of == slot);
    for entry in of_slot.filter(|entry| entry.state == State::InForce) {
        entry.state = State::Replaced;
        entry.until_utc_ms = Some(utc_ms);
        entry.replaced_by = Some(LabelVersion {
            name: Some(name.to_owned()),
            template: by.template(),
        });
    }
}

fn on_trial(entries: &mut [Entry], change: impl Fn(&mut Entry)) {
    let mut tried = entries.iter_mut().rev();
    if let Some(entry) = tried.find(|entry| entry.state == State::OnTrial) {
        change(entry);
    }
}

fn time(utc_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(utc_ms);
    at.map_or_else(
        |_| "at no time that a calendar holds".to_owned(),
        |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
    )
}

/// Since when it was in force, and until when.
fn in_force(entry: &Entry) -> Option<String> {
    let since = match entry.since.as_ref()? {
        Since::UtcMs(at) => time(*at),
        Since::TheBeginning => "the beginning".to_owned(),
        Since::BatchAtTheLatest(no) => format!("batch {no} at the latest"),
        Since::BeforeItsFirstChange => "before its first change".to_owned(),
    };
    Some(match (entry.until_utc_ms, &entry.replaced_by) {
        (Some(until), Some(by)) => {
            let until = time(until);
            format!("in force since {since} until {until}, replaced by {by}")
        }
        _ => format!("in force since {since}"),
    })
}

/// An entry in lines of 80 columns.
fn lines(entry: &Entry) -> Vec<String> {
    let failed = match entry.failed {
        0 => String::new(),
        1 => ", 1 test print failed".to_owned(),
        count => format!(", {count} test prints failed"),
    };
    let state = match entry.state {
        State::InForce | State::Replaced => {
            let proven = entry.proven_by;
            let proven = proven.map(|pack| format!(", proven by pack {pack}"));
            let in_force = in_force(entry).unwrap_or_default();
            format!("{in_force}{}{failed}", proven.unwrap_or_default())
        }
        State::OnTrial => format!("on trial{failed}"),
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
    let (name, hash, at) = (&entry.name, short(&entry.template), time(entry.utc_ms));
    let acted = match entry.by == STATION_FILE {
        true => "named by",
        false => "ordered by",
    };
    let head = format!("{}  {name} ({hash}){back}", entry.slot);
    let rest = [
        format!("    {state}"),
        format!(
            "    {acted} {}, {at}, record {}{reason}",
            entry.by, entry.record
        ),
    ];
    std::iter::once(head)
        .chain(rest)
        .flat_map(|line| {
            let plain = line.replace('\n', " ");
            hanging(&plain, 4, COLUMNS)
        })
        .collect()
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::{LabelText, PointId, Record, Tick};

    /// Minutes of 22 November 2026, from 08:00.
    fn stored(seq: u64, minute: i64, actor: Actor, fact: LabelFact) -> StoredRecord {
        let named = matches!(actor, Actor::Named(_));
        StoredRecord {
            utc_ms: 1_795_334_400_000 + minute * 60_000,
            record: Record {
                seq,
                at: Tick(seq),
                point: PointId::STATION,
                actor,
                reason: named
                    .then(|| "a longer word is wanted by the authority from now on".to_owned()),
                template: None,
                fact: Fact::Label(fact),
            },
        }
    }

    #[test]
    fn each_label_tells_since_when_until_when_and_by_whom_it_was_in_force() {
        let slot = LabelSlot::Packs;
        let (a, b) = (
            LabelText::new("pharma-pack", "a"),
            LabelText::new("mine", "b"),
        );
        let order = |label: &LabelText, replaces: &LabelText, rollback| LabelFact::Ordered {
            slot,
            label: label.clone(),
            replaces: replaces.template,
            rollback,
        };
        let proven = |label: &LabelText, pack| LabelFact::Proven {
            template: label.template,
            pack: PackNo(pack),
        };
        let person = || Actor::Named("kowal".to_owned());
        let installed = LabelFact::Installed {
            slot,
            label: a.clone(),
        };
        let records = [
            stored(934, 30, Actor::Station, installed),
            stored(935, 30, person(), order(&b, &a, false)),
            stored(990, 32, Actor::Station, proven(&b, 57)),
            stored(1_200, 60, person(), order(&a, &b, true)),
            stored(1_250, 61, Actor::Station, proven(&a, 99)),
        ];
        let opened = [(BatchNo(1), a.template)];
        let told: Vec<String> = entries(&records, &[], &opened)
            .iter()
            .flat_map(lines)
            .collect();
        let (a, b) = (short(&a.template), short(&b.template));
        let wanted = format!(
            "packs  pharma-pack ({a})
    in force since the beginning until 2026-11-22 08:32:00Z, replaced by mine
    ({b})
    named by the station file, 2026-11-22 08:30:00Z, record 934
packs  mine ({b})
    in force since 2026-11-22 08:32:00Z until 2026-11-22 09:01:00Z, replaced by
    pharma-pack ({a}), proven by pack 57
    ordered by kowal (name only), 2026-11-22 08:30:00Z, record 935: a longer
    word is wanted by the authority from now on
packs  pharma-pack ({a}), rolled back to
    in force since 2026-11-22 09:01:00Z, proven by pack 99
    ordered by kowal (name only), 2026-11-22 09:00:00Z, record 1200: a longer
    word is wanted by the authority from now on"
        );
        assert_eq!(told.join("\n"), wanted);
    }

    #[test]
    fn what_the_first_label_was_since_is_said_as_far_as_batches_tell() {
        let (a, b) = (
            LabelText::new("", "a").template,
            LabelText::new("", "b").template,
        );
        let since = |opened: &[TemplateHash]| {
            let opened: Vec<_> = (1..).map(BatchNo).zip(opened.iter().copied()).collect();
            since_first(LabelSlot::Packs, a, &opened)
        };
        assert_eq!(since(&[]), Since::TheBeginning);
        assert_eq!(since(&[a, a]), Since::TheBeginning);
        assert_eq!(since(&[a, b, a, a]), Since::BatchAtTheLatest(3));
        assert_eq!(since(&[a, b]), Since::BeforeItsFirstChange);
        let of_cases = since_first(LabelSlot::Level(crate::record::Level(1)), a, &[]);
        assert_eq!(of_cases, Since::BeforeItsFirstChange);
    }
}
