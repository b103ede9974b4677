//! The reduced screen, from 40 × 12 up: state, counts, devices that are not well, top alarm. PURE.

use super::alarm_rows;
use super::language::AsIs;
use super::pen::Pen;
use super::screen::{books, in_place, key_bar, state_row};
use super::state::ScreenState;
use super::words;
use crate::wire::{DeviceState, View};
use ratatui::style::Style;

/// Draws it.
pub(super) fn screen(pen: &mut Pen<'_>, view: &View, screen: &ScreenState) {
    state_row(pen, view, screen);
    let (width, height) = (pen.width(), pen.height());
    let plain = Style::new();
    let about = match &view.batch {
        Some(batch) => format!("{} | {}", batch.lot, batch.product),
        None => pen.said("no batch open"),
    };
    pen.field(1, 1, width - 2, &AsIs(&about), plain);
    let tally = &view.tally;
    let counts = [
        ("good", tally.good),
        ("rejected", tally.rejected()),
        ("unknown", tally.unknown),
        ("in line", tally.in_line),
    ];
    for (at, (name, count)) in (0..).zip(counts) {
        let (column, row) = (2 + at % 2 * 20, 2 + at / 2);
        pen.text(column, row, name, plain);
        pen.right(
            column + 17,
            row,
            &words::grouped(count),
            screen.theme.strong(),
        );
    }
    books(pen, tally, 4, width, screen);
    unwell(pen, view, 5, screen);
    let message = screen.message.as_deref().or(screen.lost.as_deref());
    let columns = usize::from(width - 4);
    let recovered = view.recovery.as_ref();
    let recovered = recovered.map_or(String::new(), words::recovery_short);
    let said = match message.unwrap_or(&view.state_text) {
        "" => &recovered,
        said => said,
    };
    for (row, line) in (6..8).zip(pen.wrapped(said, columns)) {
        pen.text(2, row, &AsIs(&line), screen.theme.strong());
    }
    let alarms = in_place(view);
    let more = alarms.len().saturating_sub(1);
    let heading = match (&view.alarm_rates.flood, more) {
        (Some(flood), more) => format!("Alarm FLOOD, first {} ({more} more)", flood.first),
        (None, 0) => "Alarm".to_owned(),
        (None, more) => format!("Alarm ({more} more)"),
    };
    if let Some(top) = alarms.first() {
        pen.heading(0..width, height - 4, &heading, screen.theme.rule());
        alarm_rows::draw(pen, top, height - 3..height - 1, screen);
    }
    key_bar(pen, Some(view), screen);
}

/// Devices that are not `ok`, in one row.
fn unwell(pen: &mut Pen<'_>, view: &View, row: u16, screen: &ScreenState) {
    let mut column = 2;
    for device in &view.devices {
        let state = screen.heard(device.state);
        if state == DeviceState::Ok {
            continue;
        }
        column = pen.text(
            column,
            row,
            words::device(state),
            screen.theme.device(state),
        );
        column = pen.text(column + 1, row, &AsIs(&device.name), Style::new()) + 2;
    }
    if column == 2 {
        pen.text(2, row, "all devices ok", screen.theme.faint());
    }
}
