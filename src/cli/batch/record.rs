//! `vidimus batch list|show`: what a store holds of batches and lots. Only read; the station may be running or not.

use crate::cli::exit::{Ended, Exit, Failure};
use crate::cli::{print_json, print_line, print_text, station_file};
use crate::record::{Actor, BatchNo, Fact, Tally};
use crate::store::{LotRecord, OpenOptions, Reader, StoreError, StoredRecord};
use crate::trace::{LabelPacks, in_words, label_packs};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Arguments of `batch list`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ListArgs {
    /// Station file; the station may be running or not
    #[arg(short, long, value_name = "FILE")]
    config: PathBuf,
    /// Prints one JSON object a batch: batch, closed, tally
    #[arg(long)]
    json: bool,
}

/// Arguments of `batch show`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ShowArgs {
    /// The number of a batch, or a lot; of a lot all batches are shown
    #[arg(value_name = "BATCH|LOT")]
    which: String,
    /// Take it for a lot, also where it is the number of a batch
    #[arg(long)]
    lot: bool,
    /// Station file; the station may be running or not
    #[arg(short, long, value_name = "FILE")]
    config: PathBuf,
    /// Prints one JSON object a batch: batch, closed, tally, first_pack, last_pack, labels, components, alarms,
    /// records
    #[arg(long)]
    json: bool,
}

/// Where values stand behind their names.
const VALUES: usize = 11;

fn failed(error: StoreError) -> Failure {
    Failure::new(Exit::Store, error)
}

fn reader(file: &Path) -> Result<Reader, Failure> {
    let config = station_file::load(file)?;
    Reader::open(&config.station.data_dir, &OpenOptions::default()).map_err(failed)
}

/// Lists all batches.
///
/// # Errors
/// Station file or store cannot be read.
pub(super) fn list(args: &ListArgs) -> Ended {
    let reader = reader(&args.config)?;
    let batches = reader.batches().map_err(failed)?;
    if !args.json {
        print_line(&format!(
            "{:>5}  {:<20}  {:<14}  {:<6}  {:<6}  {:>9}  {:>9}  product",
            "batch", "lot", "gtin", "expiry", "state", "entered", "good"
        ))?;
    }
    for (batch, open) in &batches {
        let tally = reader.tally(batch.no).map_err(failed)?;
        if args.json {
            print_json(&serde_json::json!({
                "v": 1, "batch": batch, "closed": !open, "tally": tally,
            }))?;
            continue;
        }
        print_line(&format!(
            "{:>5}  {:<20}  {:<14}  {:<6}  {:<6}  {:>9}  {:>9}  {}",
            batch.no.0,
            batch.lot.as_str(),
            batch.gtin.as_str(),
            batch.expiry.as_str(),
            if *open { "open" } else { "closed" },
            tally.entered,
            tally.good,
            batch.product
        ))?;
    }
    Ok(Exit::Ok)
}

/// Shows what is recorded of a batch, or of all batches of a lot.
///
/// # Errors
/// Station file or store cannot be read, or there is no such batch or lot.
pub(super) fn show(args: &ShowArgs) -> Ended {
    let reader = reader(&args.config)?;
    for (at, no) in asked(&reader, args)?.into_iter().enumerate() {
        let record = reader.lot_record(no).map_err(failed)?;
        let record = record.expect("a batch that was found is there");
        let labels = label_packs(&reader, &record).map_err(failed)?;
        if args.json {
            print_json(&json(&record, &labels))?;
            continue;
        }
        if at > 0 {
            print_line("")?;
        }
        print_text(lines(&record, &labels), VALUES)?;
    }
    Ok(Exit::Ok)
}

/// The batches that are asked for.
fn asked(reader: &Reader, args: &ShowArgs) -> Result<Vec<BatchNo>, Failure> {
    let which = args.which.as_str();
    let number = which.parse().ok().map(BatchNo).filter(|_| !args.lot);
    let known = match number {
        Some(no) => reader.lot_record(no).map_err(failed)?.is_some(),
        None => false,
    };
    let of_lot = reader.batches_of_lot(which).map_err(failed)?;
    let refused = |text: String| Err(Failure::new(Exit::SomeRefused, text));
    match (number.filter(|_| known), of_lot.is_empty()) {
        (Some(_), false) => refused(format!(
            "{which} is the number of a batch and a lot as well: say --lot for the lot, or its batch by number from \
             vidimus batch list."
        )),
        (Some(no), true) => Ok(vec![no]),
        (None, false) => Ok(of_lot),
        (None, true) => refused(format!(
            "There is no batch and no lot {which}: vidimus batch list shows all."
        )),
    }
}

/// How often each alarm was raised.
fn alarms(record: &LotRecord) -> BTreeMap<&str, u64> {
    let mut counts = BTreeMap::new();
    for stored in &record.records {
        if let Fact::AlarmRaised { alarm, .. } = &stored.record.fact {
            *counts.entry(alarm.as_str()).or_default() += 1;
        }
    }
    counts
}

fn json(record: &LotRecord, labels: &[LabelPacks]) -> serde_json::Value {
    let components: Vec<_> = record
        .components
        .iter()
        .map(|used| {
            serde_json::json!({
                "component": used.component,
                "first_pack": used.from.0,
                "last_pack": used.through.map(|no| no.0),
                "record": used.linked,
            })
        })
        .collect();
    let told: Vec<_> = record
        .records
        .iter()
        .map(|stored| serde_json::json!({ "utc_ms": stored.utc_ms, "record": stored.record }))
        .collect();
    serde_json::json!({
        "v": 1,
        "batch": record.batch,
        "closed": record.closed,
        "tally": record.tally,
        "first_pack": record.packs.0.0,
        "last_pack": record.packs.1.map(|no| no.0),
        "labels": labels,
        "components": components,
        "alarms": alarms(record),
        "records": told,
    })
}

fn lines(record: &LotRecord, labels: &[LabelPacks]) -> Vec<String> {
    let batch = &record.batch;
    let state = if record.closed { "closed" } else { "open" };
    let mut lines = vec![
        format!("batch      {} ({state})  {}", batch.no.0, batch.product),
        format!(
            "lot        {}  GTIN {}  expiry {}",
            batch.lot,
            batch.gtin.as_str(),
            batch.expiry
        ),
    ];
    let terms = &batch.terms;
    let rules = terms.rules;
    let said = [
        terms
            .continues
            .map(|no| format!("continues batch {}", no.0)),
        terms.produced.map(|date| format!("produced {date}")),
        terms
            .hierarchy
            .as_ref()
            .map(|name| format!("hierarchy {name}")),
        terms.lot_only.then(|| "without serials".to_owned()),
        batch.target.map(|target| format!("quantity {target}")),
        Some(format!("lowest grade {}", batch.quality.grade_min)),
        Some(format!("text {}", batch.quality.text)),
        Some(format!("first articles {}", rules.first_article)),
        Some(format!("a sample every {}", rules.sample_every)),
        Some(format!("unexplained at most {}", rules.unexplained_max)),
    ];
    let said: Vec<String> = said.into_iter().flatten().collect();
    lines.push(format!("opening    {}", said.join(", ")));
    lines.push(format!("template   {}", batch.template));
    lines.push(packs(record));
    books(&record.tally, &mut lines);
    lines.extend(table(labels));
    for (at, used) in record.components.iter().enumerate() {
        let head = if at == 0 { "components" } else { "" };
        let part = &used.component;
        let through = used
            .through
            .map_or("in use".to_owned(), |no| format!("to {}", no.0));
        let named = [&part.name, &part.supplier].into_iter().flatten();
        let named: String = named.map(|words| format!("  {words}")).collect();
        let expiry = part
            .expiry
            .map_or(String::new(), |date| format!("  expiry {date}"));
        lines.push(format!(
            "{head:<10} {} {}{named}{expiry}  packs from {} {through}",
            part.kind, part.lot, used.from.0
        ));
    }
    let alarms = alarms(record);
    let told: Vec<String> = alarms
        .iter()
        .map(|(alarm, count)| format!("{alarm} {count}"))
        .collect();
    let total: u64 = alarms.values().sum();
    lines.push(
        format!("alarms     {total}  {}", told.join(", "))
            .trim_end()
            .to_owned(),
    );
    let acts = record.records.iter().filter_map(act);
    lines.extend(acts);
    lines
}

fn packs(record: &LotRecord) -> String {
    let first = record.packs.0.0;
    match record.packs.1 {
        Some(last) if last.0 < first => "packs      none".to_owned(),
        Some(last) => format!("packs      {first} to {}", last.0),
        None => format!("packs      from {first} on"),
    }
}

/// Which packs have which version of the label.
fn table(labels: &[LabelPacks]) -> Vec<String> {
    let mut lines = vec![format!(
        "labels     {:<15} {:>7} {:>8} {:>6} {:>5}  version",
        "packs", "good", "rejected", "others", "tests"
    )];
    lines.extend(labels.iter().map(|part| {
        let label = part.label.as_ref();
        format!(
            "           {:<15} {:>7} {:>8} {:>6} {:>5}  {}",
            format!("{} to {}", part.first_pack, part.last_pack),
            part.good,
            part.rejected,
            part.others,
            part.test_prints,
            label.map_or("without a label".to_owned(), ToString::to_string)
        )
    }));
    lines
}

fn books(tally: &Tally, lines: &mut Vec<String>) {
    lines.push(crate::tui::words::packs(tally, "packs      "));
    lines.push(crate::tui::words::all_numbers(tally, "numbers    "));
}

fn who(actor: &Actor) -> String {
    match actor {
        Actor::Station => "the station".to_owned(),
        Actor::Machine => "the machine".to_owned(),
        Actor::Person(name) => name.clone(),
        Actor::Named(name) => format!("{name} (name only)"),
    }
}

/// What was done, in one line; nothing for alarms, which are counted.
fn act(stored: &StoredRecord) -> Option<String> {
    let record = &stored.record;
    let what = match &record.fact {
        Fact::AlarmRaised { .. } => return None,
        fact => in_words(fact),
    };
    let at = Timestamp::from_millisecond(stored.utc_ms);
    let at = at.map_or_else(
        |_| "at no time that a calendar holds".to_owned(),
        |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
    );
    let reason = record.reason.as_deref();
    let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
    let (seq, by) = (record.seq, who(&record.actor));
    Some(format!("{at}  [{seq}] {what}, by {by}{reason}"))
}
