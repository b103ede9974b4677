//! Every device with its letter; of the chosen one all that it says of itself. PURE.

use super::list;
use crate::tui::language::AsIs;
use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::{DeviceState, DeviceView, View};
use ratatui::style::Style;

pub(super) fn draw(pen: &mut Pen<'_>, view: &View, state: &ScreenState) {
    let body = list::body(pen);
    let (rows, about) = list::shared(body, view.devices.len());
    list::rows(pen, rows, &view.devices, state, |pen, row, device| {
        one(pen, row, device, state);
    });
    let Some(last) = view.devices.len().checked_sub(1) else {
        return;
    };
    let chosen = &view.devices[state.chosen.min(last)];
    pen.heading(
        0..pen.width(),
        about.start,
        &AsIs(&chosen.name),
        state.theme.rule(),
    );
    let heard = state.heard(chosen.state);
    let alarms = view
        .alarms
        .iter()
        .filter(|alarm| is_of(&alarm.code, &chosen.name));
    let alarms: Vec<String> = alarms
        .map(|alarm| format!("{} > {}", pen.said(&alarm.text), pen.said(&alarm.action)))
        .collect();
    let told = [
        (
            "state",
            format!("{} {}", words::device(heard), meaning(heard)),
        ),
        ("alarm", alarms.join("  ")),
        ("says", chosen.detail.clone()),
        ("is", chosen.model.clone()),
    ];
    list::paragraphs(pen, about.start + 1..about.end, &told, state);
}

fn one(pen: &mut Pen<'_>, row: u16, device: &DeviceView, state: &ScreenState) {
    let heard = state.heard(device.state);
    pen.text(2, row, words::device(heard), state.theme.device(heard));
    let end = pen.field(6, row, 12, &AsIs(&device.name), state.theme.strong());
    let column = end.max(17) + 2;
    let rest = pen.width().saturating_sub(column + 1);
    pen.field(column, row, rest, &device.detail, Style::new());
}

/// An alarm that tells of this device.
fn is_of(code: &str, device: &str) -> bool {
    let kind = device.split(' ').next().unwrap_or(device).to_lowercase();
    match kind.as_str() {
        "disk" => matches!(code, "disk" | "store" | "evidence"),
        "plc" => code.starts_with("plc-") || matches!(code, "machine" | "label-count"),
        kind => code.starts_with(kind),
    }
}

/// What a letter means.
fn meaning(state: DeviceState) -> &'static str {
    match state {
        DeviceState::Ok => "it said so itself, lately",
        DeviceState::Failure => "failure: nothing passes without it",
        DeviceState::Check => "being set up or read back",
        DeviceState::OutOfSpec => "out of specification: look at it soon",
        DeviceState::Maintenance => "maintenance is due",
        DeviceState::Unknown => "nothing is known of it: nothing passes",
    }
}
