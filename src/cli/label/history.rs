//! `vidimus label history`: which template was in force when, who ordered it and why. Only read; the station may be
//! running or not.

use super::activate::slot_name;
use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::{COLUMNS, message, print_json, print_line, station_file};
use crate::record::label::short;
use crate::store::{OpenOptions, Reader};
use crate::trace::{LABEL_OF_FILE, LabelEntry, LabelSince, LabelState, label_history};
use crate::tui::words::hanging;
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
    let slot = |slot| slot_name(slot, &levels);
    let entries = label_history(&records, &slot, &opened);
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

fn time(utc_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(utc_ms);
    at.map_or_else(
        |_| "at no time that a calendar holds".to_owned(),
        |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
    )
}

/// Since when it was in force, and until when.
fn in_force(entry: &LabelEntry) -> Option<String> {
    let since = match entry.since.as_ref()? {
        LabelSince::UtcMs(at) => time(*at),
        LabelSince::TheBeginning => "the beginning".to_owned(),
        LabelSince::BatchAtTheLatest(no) => format!("batch {no} at the latest"),
        LabelSince::BeforeItsFirstChange => "before its first change".to_owned(),
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
fn lines(entry: &LabelEntry) -> Vec<String> {
    let failed = match entry.failed {
        0 => String::new(),
        1 => ", 1 test print failed".to_owned(),
        count => format!(", {count} test prints failed"),
    };
    let state = match entry.state {
        LabelState::InForce | LabelState::Replaced => {
            let proven = entry.proven_by;
            let proven = proven.map(|pack| format!(", proven by pack {pack}"));
            let in_force = in_force(entry).unwrap_or_default();
            format!("{in_force}{}{failed}", proven.unwrap_or_default())
        }
        LabelState::OnTrial => format!("on trial{failed}"),
        LabelState::GivenUp => {
            let by = entry.given_up_by.as_deref();
            format!("given up by {}{failed}", by.unwrap_or("the station file"))
        }
        LabelState::Refused => format!("refused: {}", entry.why.as_deref().unwrap_or_default()),
    };
    let back = if entry.rollback {
        ", rolled back to"
    } else {
        ""
    };
    let reason = entry.reason.as_deref();
    let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
    let (name, hash, at) = (&entry.name, short(&entry.template), time(entry.utc_ms));
    let acted = match entry.by == LABEL_OF_FILE {
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
    use crate::record::{
        Actor, BatchNo, Fact, LabelFact, LabelSlot, LabelText, PackNo, PointId, Record, Tick,
    };
    use crate::store::StoredRecord;

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
        let slot_of = |slot| slot_name(slot, &[]);
        let told: Vec<String> = label_history(&records, &slot_of, &opened)
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
}
