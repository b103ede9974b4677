//! The open batch: what it is, what it demands, its books, and what is due. PURE.

use super::list;
use crate::record::Tally;
use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::View;

pub(super) fn draw(pen: &mut Pen<'_>, view: &View, state: &ScreenState) {
    let body = list::body(pen);
    let mut told = what(view);
    told.extend(books(view));
    told.extend(due(view));
    list::paragraphs(pen, body, &told, state);
}

fn what(view: &View) -> Vec<(&'static str, String)> {
    let Some(batch) = &view.batch else {
        let last = match view.tally == Tally::default() {
            true => "",
            false => "The books below are those of the batch before.",
        };
        let next = match view.lot.clearance_wanted {
            true => "No batch is open. Say that the line is clear: press l.",
            false => "No batch is open. Press o to open one.",
        };
        return vec![("batch", next.to_owned()), ("", last.to_owned())];
    };
    let good = words::grouped(view.tally.good);
    let so_far = match batch.target {
        Some(target) => format!("{good} good of {}", words::grouped(target)),
        None => format!("{good} good"),
    };
    let label = view.label.as_ref().map(words::label);
    vec![
        (
            "batch",
            format!(
                "{} lot {}, expires {}",
                batch.product, batch.lot, batch.expiry
            ),
        ),
        ("GTIN", batch.gtin.clone()),
        ("so far", so_far),
        ("demands", words::demands(batch)),
        ("label", label.unwrap_or_default()),
    ]
}

fn books(view: &View) -> Vec<(&'static str, String)> {
    let tally = &view.tally;
    vec![
        ("packs", words::packs(tally, "")),
        ("numbers", words::all_numbers(tally, "")),
        ("books", words::balance(tally).to_lowercase()),
    ]
}

/// What somebody must do before the batch can go on or be closed.
fn due(view: &View) -> Vec<(&'static str, String)> {
    let lot = &view.lot;
    let first = lot
        .first_articles
        .map_or(String::new(), |first| match first.waiting {
            true => "first articles wait for a person: press f".to_owned(),
            false => format!("first articles: {} of {}", first.taken, first.wanted),
        });
    let clearance = match lot.clearance_wanted {
        true => "line clearance: press l".to_owned(),
        false => String::new(),
    };
    let samples = match lot.samples_due {
        0 => String::new(),
        due => format!("{due} samples are to be taken"),
    };
    let parts = lot
        .components
        .iter()
        .map(|(kind, lot)| format!("{kind} {lot}"));
    vec![
        ("due", clearance),
        ("due", first),
        ("due", samples),
        ("components", parts.collect::<Vec<_>>().join(", ")),
    ]
}
