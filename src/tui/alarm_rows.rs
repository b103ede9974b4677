//! Alarms as rows of a screen: when, how bad, what happened, what to do. PURE.

use super::language::AsIs;
use super::pen::Pen;
use super::state::ScreenState;
use super::words;
use crate::wire::AlarmView;
use ratatui::style::Style;
use std::ops::Range;

/// The column behind clock and letter.
const TEXT_COLUMN: u16 = 12;
/// Columns at the end of the first row, for the state.
const STATE_COLUMNS: u16 = 8;
/// Most rows of what happened; the place of the alarms has all of it.
const TEXT_ROWS_MAX: usize = 3;

/// So many rows for each of these alarms, of which each has one at least: while there is room, what to do has one of
/// its own, then what happened as many as it takes; the first alarm goes first.
pub(super) fn shared<'a>(
    pen: &Pen<'_>,
    alarms: &[&'a AlarmView],
    rows: u16,
) -> Vec<(&'a AlarmView, u16)> {
    let mut spare = usize::from(rows).saturating_sub(alarms.len());
    let mut given: Vec<(&AlarmView, u16)> = alarms.iter().map(|alarm| (*alarm, 1)).collect();
    let mut give = |rows: &mut u16, wanted: usize| {
        let more = wanted.min(spare);
        spare -= more;
        *rows += u16::try_from(more).unwrap_or(0);
    };
    given.iter_mut().for_each(|(_, rows)| give(rows, 1));
    for (alarm, rows) in given.iter_mut().filter(|(_, rows)| *rows > 1) {
        let wanted = text_lines(pen, alarm).len().min(TEXT_ROWS_MAX);
        give(rows, wanted.saturating_sub(1));
    }
    given
}

fn text_room(pen: &Pen<'_>) -> u16 {
    pen.width().saturating_sub(TEXT_COLUMN + STATE_COLUMNS)
}

fn text_lines(pen: &Pen<'_>, alarm: &AlarmView) -> Vec<String> {
    words::wrapped(&pen.said(&alarm.text), usize::from(text_room(pen)))
}

/// One alarm on these rows.
pub(super) fn draw(pen: &mut Pen<'_>, alarm: &AlarmView, rows: Range<u16>, screen: &ScreenState) {
    let width = pen.width();
    let row = rows.start;
    let clock = words::clock(alarm.raised_utc_ms, &screen.zone);
    let end = pen.field(2, row, 5, &clock[..5.min(clock.len())], Style::new());
    let letter = format!("[{}]", alarm.letter);
    pen.text(end + 1, row, &letter, screen.theme.alarm(alarm.letter));
    let state = match (&alarm.shelved, alarm.active, alarm.acknowledged) {
        (Some(_), ..) => "shelved",
        (None, true, true) => "acked",
        (None, true, false) => "NEW",
        (None, false, _) => "gone",
    };
    let style = match alarm.is_unseen() {
        true => screen.theme.strong(),
        false => Style::new(),
    };
    let action = format!("> {}", pen.said(&alarm.action));
    let text_rows = rows.len().saturating_sub(1);
    let mut lines = match &alarm.shelved {
        Some(shelved) => {
            let shelved = words::shelved(shelved, &screen.zone, "");
            vec![format!("{} {}", alarm.code, pen.said(&shelved))]
        }
        None if text_rows == 0 => vec![format!("{} {action}", pen.said(&alarm.text))],
        None => text_lines(pen, alarm),
    };
    // The last row has the rest, cut where it must be.
    let last = text_rows.max(1).min(lines.len());
    let rest = lines.split_off(last - 1).join(" ");
    lines.push(rest);
    for (row, line) in rows.clone().zip(&lines) {
        pen.field(TEXT_COLUMN, row, text_room(pen), &AsIs(line), style);
    }
    pen.right(width - 1, row, state, style);
    if text_rows > 0 {
        let room = width - TEXT_COLUMN - 1;
        pen.field(TEXT_COLUMN, rows.end - 1, room, &AsIs(&action), style);
    }
}
