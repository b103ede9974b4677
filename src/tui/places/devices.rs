//! Every device with its letter; of the chosen one all that it says of itself, and what went over its link last. PURE.

use super::list;
use crate::tui::language::{AsIs, Shown};
use crate::tui::look::{SightSaid, WITHOUT_LINK};
use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::look::{ExchangeSeen, ExchangeWay, ExchangesSight};
use crate::wire::{DeviceState, DeviceView, Sight, View};
use ratatui::style::Style;
use std::ops::Range;

/// Most rows of the list while what is said of the chosen one wants its own.
const ROWS: u16 = 7;

pub(super) fn draw(pen: &mut Pen<'_>, view: &View, state: &ScreenState) {
    let body = list::body(pen);
    let (rows, about) = list::shared(body.clone(), view.devices.len());
    let middle = rows.end.min(body.start + ROWS);
    list::rows(
        pen,
        body.start..middle,
        &view.devices,
        state,
        |pen, row, device| {
            let says = words::seen(&device.detail);
            one(pen, row, (device, &says.as_str()), state);
        },
    );
    let Some(chosen) = chosen(view, state) else {
        return;
    };
    let name = words::seen(&chosen.name);
    pen.heading(0..pen.width(), middle, &AsIs(&name), state.theme.rule());
    let sight = exchanges(chosen, state);
    let told = told(pen, view, (chosen, sight), state);
    let row = list::paragraphs(pen, middle + 1..about.end, &told, state);
    if chosen.name != WITHOUT_LINK && about.end.saturating_sub(row) >= 2 {
        last(pen, row..about.end, sight, state);
    }
}

/// The chosen device.
pub fn chosen<'v>(view: &'v View, state: &ScreenState) -> Option<&'v DeviceView> {
    let last = view.devices.len().checked_sub(1)?;
    view.devices.get(state.chosen.min(last))
}

/// What was heard of its link.
fn exchanges<'s>(device: &DeviceView, state: &'s ScreenState) -> Option<&'s ExchangesSight> {
    match state.look.sight() {
        Some(Sight::Exchanges(seen)) if seen.device == device.name => Some(seen),
        _ => None,
    }
}

/// What there is to say of the chosen one.
fn told(
    pen: &Pen<'_>,
    view: &View,
    (chosen, sight): (&DeviceView, Option<&ExchangesSight>),
    state: &ScreenState,
) -> Vec<(&'static str, String)> {
    let heard = state.heard(chosen.state);
    let alarms = view
        .alarms
        .iter()
        .filter(|alarm| is_of(&alarm.code, &chosen.name));
    let alarms: Vec<String> = alarms
        .map(|alarm| format!("{} > {}", pen.said(&alarm.text), pen.said(&alarm.action)))
        .collect();
    let answers = sight.map(|sight| answers(sight, state)).unwrap_or_default();
    vec![
        (
            "state",
            format!("{} {}", words::device(heard), meaning(heard)),
        ),
        ("alarm", words::seen(&alarms.join("  "))),
        ("says", words::seen(&chosen.detail)),
        ("answers", answers),
        ("is", words::seen(&chosen.model)),
    ]
}

/// How fast it answers, and when it was heard last.
fn answers(sight: &ExchangesSight, state: &ScreenState) -> String {
    let heard = match sight.heard_utc_ms {
        Some(at) => format!("last heard at {}", words::clock(at, &state.zone)),
        None => "never heard since the station started".to_owned(),
    };
    match sight.answer_us {
        Some(us) => format!("in {}.{} ms, {heard}", us / 1_000, us % 1_000 / 100),
        None => heard,
    }
}

/// What went over its link, the newest first, as far as there is room.
fn last(pen: &mut Pen<'_>, area: Range<u16>, sight: Option<&ExchangesSight>, state: &ScreenState) {
    let wide = pen.width() >= 60;
    let heading = match wide {
        true => "Last exchanges: -> to it, <- from it",
        false => "Last exchanges",
    };
    pen.heading(0..pen.width(), area.start, heading, state.theme.rule());
    let rows = area.start + 1..area.end;
    let nothing = match (sight, &state.look.heard, &state.lost) {
        (Some(sight), ..) if sight.rows.is_empty() => "Nothing yet.".to_owned(),
        (Some(_), ..) => String::new(),
        (None, Some(SightSaid::Refused(why)), _) => words::seen(why),
        (None, _, Some(_)) => "Nothing was heard: no station answers.".to_owned(),
        (None, ..) => "Asking the station …".to_owned(),
    };
    if !nothing.is_empty() {
        pen.field(
            2,
            rows.start,
            pen.width() - 3,
            &nothing,
            state.theme.faint(),
        );
    }
    let all = sight.map_or(&[][..], |sight| &sight.rows);
    for (row, exchange) in rows.zip(all) {
        exchanged(pen, row, exchange, wide, state);
    }
}

fn exchanged(
    pen: &mut Pen<'_>,
    row: u16,
    exchange: &ExchangeSeen,
    wide: bool,
    state: &ScreenState,
) {
    let clock = match wide {
        true => words::clock_ms(exchange.utc_ms, &state.zone),
        false => words::clock(exchange.utc_ms, &state.zone),
    };
    let column = pen.text(2, row, &clock, state.theme.faint()) + 1;
    let way = match exchange.way {
        ExchangeWay::Sent => "->",
        ExchangeWay::Heard => "<-",
        ExchangeWay::Happened => "*",
    };
    pen.text(column, row, way, state.theme.strong());
    let times = match exchange.times {
        0 | 1 => String::new(),
        times => format!("{}x ", words::grouped(times)),
    };
    let column = pen.text(column + 3, row, &times, state.theme.faint());
    let room = pen.width().saturating_sub(column + 1);
    let what = words::seen(&exchange.what);
    pen.field(column, row, room, &AsIs(&what), Style::new());
}

/// A device in a list: how it is, its name, and a text that is said in the screen's language or drawn as it is.
pub(super) fn one(
    pen: &mut Pen<'_>,
    row: u16,
    (device, text): (&DeviceView, &impl Shown),
    state: &ScreenState,
) {
    let heard = state.heard(device.state);
    pen.text(2, row, words::device(heard), state.theme.device(heard));
    let name = words::seen(&device.name);
    let end = pen.field(6, row, 14, &AsIs(&name), state.theme.strong());
    let column = end.max(17) + 2;
    let rest = pen.width().saturating_sub(column + 1);
    pen.field(column, row, rest, text, Style::new());
}

/// An alarm that tells of this device.
fn is_of(code: &str, device: &str) -> bool {
    let kind = device.split(' ').next().unwrap_or(device).to_lowercase();
    match kind.as_str() {
        "disk" => matches!(code, "disk" | "store" | "evidence"),
        "plc" => code.starts_with("plc-") || matches!(code, "machine" | "label-count"),
        "label" => matches!(code, "container-printer" | "container-label"),
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
