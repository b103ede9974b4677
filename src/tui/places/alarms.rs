//! Every alarm that stands or waits to be acknowledged; of the chosen one what it means and what to do. PURE.

use super::{Place, list};
use crate::tui::alarm_rows;
use crate::tui::language::AsIs;
use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::{AlarmView, View};
use ratatui::style::Style;

pub(super) fn draw(pen: &mut Pen<'_>, view: &View, state: &ScreenState) {
    let body = list::body(pen);
    let body = rates(pen, body.start, view, state)..body.end;
    if view.alarms.is_empty() {
        pen.text(
            2,
            body.start,
            "No alarm stands; h shows the last ones.",
            Style::new(),
        );
        return;
    }
    let (rows, about) = list::shared(body, view.alarms.len());
    list::rows(pen, rows, &view.alarms, state, |pen, row, alarm| {
        alarm_rows::draw(pen, alarm, row..row + 1, state);
    });
    let Some(chosen) = chosen(view, state) else {
        return;
    };
    let priority = chosen.priority.name();
    let heading = format!("[{}] {}, priority {priority}", chosen.letter, chosen.code);
    pen.heading(0..pen.width(), about.start, &heading, state.theme.rule());
    let below = about.start + 1..about.end;
    list::paragraphs(pen, below, &told(chosen, view.utc_ms, state), state);
}

/// How many alarms come, and whether that is a flood; gives the next free row. Before the first alarm there is nothing
/// to say.
fn rates(pen: &mut Pen<'_>, first: u16, view: &View, state: &ScreenState) -> u16 {
    let mut row = first;
    let width = pen.width().saturating_sub(3);
    let said = |text: &str| pen.said(text);
    if let Some(flood) = words::flood(&view.alarm_rates, width.into(), &said) {
        pen.field(2, row, width, &AsIs(&flood), state.theme.strong());
        row += 1;
    }
    if view.alarm_rates.most_in_10_min > 0 {
        // The end of this row says how many rows are not shown.
        let (width, told) = (pen.width() / 2 + 10, words::rates(&view.alarm_rates));
        let told = format!(
            "{told}{}",
            if pen.width() >= 60 {
                "; h: the last ones"
            } else {
                ""
            }
        );
        pen.field(2, row, width, &told, state.theme.faint());
        row += 1;
    }
    row
}

/// The chosen alarm; none among those that came and went.
pub fn chosen<'v>(view: &'v View, state: &ScreenState) -> Option<&'v AlarmView> {
    if state.look.past {
        return None;
    }
    let last = view.alarms.len().checked_sub(1)?;
    view.alarms.get(state.chosen.min(last))
}

/// What there is to say of an alarm, each with the word before it.
fn told(alarm: &AlarmView, now_ms: i64, state: &ScreenState) -> [(&'static str, String); 6] {
    let minutes = now_ms.saturating_sub(alarm.raised_utc_ms).max(0) / 60_000;
    let clock = words::clock(alarm.raised_utc_ms, &state.zone);
    let seen = match (alarm.active, alarm.acknowledged) {
        (true, true) => "stands, acknowledged",
        (true, false) => "stands, nobody has acknowledged it (a)",
        (false, false) => "over, nobody has acknowledged it (a)",
        (false, true) => "over",
    };
    let shelved = alarm.shelved.as_ref();
    let shelved = shelved.map(|shelved| words::shelved(shelved, &state.zone, ""));
    let place = Place::of_alarm(&alarm.code);
    let mended = match place {
        Place::Line => String::new(),
        place => format!("Enter shows {}.", place.row().title),
    };
    [
        ("do now", alarm.action.clone()),
        ("what", alarm.text.clone()),
        ("if not", alarm.consequence.clone()),
        ("since", format!("{clock}, {minutes} min; {seen}")),
        ("shelved", shelved.unwrap_or_default()),
        ("where", mended),
    ]
}
