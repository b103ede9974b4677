//! `vidimus status`: how a running station is, in a dozen lines or as JSON.

use super::exit::{Ended, Exit, Failure};
use super::station_file::WhichStation;
use super::{COLUMNS, print_json, print_text};
use crate::record::{SignIn, Tally};
use crate::trace::plural;
use crate::tui::client::Client;
use crate::tui::words;
use crate::wire::{LotView, View};

/// Arguments of `status`.
#[derive(Debug, Clone, clap::Args)]
pub struct StatusArgs {
    /// The station
    #[command(flatten)]
    pub station: WhichStation,
    /// Prints one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Asks a running station how it is.
///
/// # Errors
/// No station answers.
pub fn run(args: &StatusArgs) -> Ended {
    let socket = args.station.socket_path()?;
    match Client::connect(&socket).and_then(|mut client| client.view()) {
        Ok(view) => {
            if args.json {
                print_json(&serde_json::json!({ "v": 1, "ok": true, "view": view }))?;
            } else {
                print_text(lines(&view), 11)?;
            }
            // The books of a running station balance at every instant; when they do not, scripts
            // must see it.
            Ok(if view.tally.balanced() {
                Exit::Ok
            } else {
                Exit::DoesNotReconcile
            })
        }
        Err(error) if args.json => {
            let text = error.to_string();
            print_json(&serde_json::json!({ "v": 1, "ok": false, "error": text }))?;
            Ok(Exit::Device)
        }
        Err(error) => Err(Failure::new(Exit::Device, error)),
    }
}

/// The view in words.
pub fn lines(view: &View) -> Vec<String> {
    let mut lines = vec![format!("{}  {}", view.station, words::state(view.state))];
    if !view.state_text.is_empty() {
        lines.push(format!("           {}", view.state_text));
    }
    if let Some(container) = &view.container {
        lines.push(format!(
            "{:<10} {}  {} of {}",
            container.level, container.code, container.inside, container.holds
        ));
    }
    for pack in &view.unread {
        lines.push(format!("unread     {pack}"));
    }
    if let Some(labels) = &view.labels {
        let printer = labels.hindrance.as_deref().unwrap_or("ready");
        let due = labels.due;
        lines.push(format!(
            "labels     {due} {} without theirs yet, printer: {printer}",
            plural(due.into(), "container")
        ));
    }
    match &view.batch {
        Some(batch) => lines.push(format!(
            "batch      {}  {}  GTIN {}  expiry {}",
            batch.lot, batch.product, batch.gtin, batch.expiry
        )),
        None => lines.push("batch      none open".to_owned()),
    }
    if let Some(batch) = &view.batch {
        lines.push(format!("demands    {}", words::demands(batch)));
    }
    if let Some(label) = &view.label {
        lines.push(format!("label      {}", words::label(label)));
    }
    course(&view.lot, &mut lines);
    quality(view, &mut lines);
    books(&view.tally, &mut lines);
    if let Some(account) = &view.recovery {
        let told = words::recovery(account, (usize::MAX, 1), &str::to_owned);
        lines.push(format!("recovery   {told}"));
    }
    if view.sign_in == SignIn::NamesOnly {
        lines.push(
            "people     names are believed, nobody signs in (sign_in = \"names-only\")".to_owned(),
        );
    }
    lines.push(format!("rate       {} packs/min", view.packs_per_min));
    for (at, device) in view.devices.iter().enumerate() {
        let head = if at == 0 { "devices" } else { "" };
        let state = words::device(device.state);
        let line = format!(
            "{head:<10} {} {} {} {}",
            device.name, state, device.model, device.detail
        );
        lines.push(line.trim_end().to_owned());
    }
    alarms(view, &mut lines);
    lines
}

/// Each alarm, and how many come.
fn alarms(view: &View, lines: &mut Vec<String>) {
    let utc = jiff::tz::TimeZone::UTC;
    for (at, alarm) in view.alarms.iter().enumerate() {
        let head = if at == 0 { "alarms" } else { "" };
        let state = match &alarm.shelved {
            Some(shelved) => words::shelved(shelved, &utc, " UTC"),
            None => alarm.state().to_owned(),
        };
        lines.push(format!(
            "{head:<10} [{}] {} ({state}): {} > {}",
            alarm.letter, alarm.code, alarm.text, alarm.action
        ));
    }
    if view.alarm_rates.most_in_10_min > 0 {
        lines.push(format!("came       {}", words::rates(&view.alarm_rates)));
    }
    if let Some(flood) = words::flood(&view.alarm_rates, COLUMNS - 11, &str::to_owned) {
        lines.push(format!("           {flood}"));
    }
}

/// Line clearance, first articles, samples and components, as far as there is something to say.
fn course(lot: &LotView, lines: &mut Vec<String>) {
    if lot.clearance_wanted {
        lines.push("clearance  wanted before the next batch: vidimus batch clear-line".to_owned());
    }
    if lot.terms.lot_only {
        lines.push("labels     without serials: the batch is lot-only".to_owned());
    }
    if let Some(first) = &lot.first_articles {
        let next = match first.waiting {
            true => "; accept or refuse them",
            false => "",
        };
        let (taken, wanted) = (first.taken, first.wanted);
        lines.push(format!(
            "first      {taken} of {wanted} first articles are taken{next}"
        ));
    }
    if lot.samples_due > 0 {
        lines.push(format!(
            "samples    {} are still to be taken",
            lot.samples_due
        ));
    }
    let used = lot.components.iter();
    let used: Vec<String> = used.map(|(kind, lot)| format!("{kind} {lot}")).collect();
    if !used.is_empty() {
        lines.push(format!("components {}", used.join(", ")));
    }
}

/// Grades and text, as far as there were any.
fn quality(view: &View, lines: &mut Vec<String>) {
    let quality = &view.quality;
    if let Some(mean) = quality.overall_mean_tenths {
        let last = view.last_pack.as_ref().and_then(words::last_grade);
        lines.push(format!(
            "grade      mean {}, last {}; packs graded {}, indicative {}, not graded {}",
            words::grade(mean),
            last.as_deref().unwrap_or("none"),
            quality.graded,
            quality.indicative,
            quality.ungraded
        ));
    } else if quality.ungraded > 0 {
        lines.push(format!(
            "grade      none; packs not graded {}",
            quality.ungraded
        ));
    }
    if let Some(warning) = &quality.warning {
        lines.push(format!("           {warning}"));
    }
    if quality.text_wrong + quality.text_unchecked > 0 {
        lines.push(format!(
            "text       not as printed {}, not checked {}",
            quality.text_wrong, quality.text_unchecked
        ));
    }
}

fn books(tally: &Tally, lines: &mut Vec<String>) {
    lines.push(words::packs(tally, "packs      "));
    lines.push(words::all_numbers(tally, "numbers    "));
    lines.push(format!("books      {}", words::balance(tally)));
    for (at, (cause, count)) in tally.rejected_by.iter().enumerate() {
        let head = if at == 0 { "rejected" } else { "" };
        lines.push(format!("{head:<10} {} {count}", words::cause(cause)));
    }
}
