//! The alarms that came and went, the newest first, and of the chosen one who saw it. PURE.

use super::list;
use crate::tui::language::AsIs;
use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::Sight;
use crate::wire::past::{PastAlarmSeen, PastAlarmsSight};
use ratatui::style::Style;

pub(super) fn draw(pen: &mut Pen<'_>, state: &ScreenState) {
    let body = list::body(pen);
    let Some(Sight::PastAlarms(past)) = list::asked(pen, body.clone(), state) else {
        return;
    };
    // The end of this row says how many rows are not shown.
    let room = pen.width().saturating_sub(28).max(20);
    pen.field(
        2,
        body.start,
        room,
        &head(past, pen.width() >= 60),
        state.theme.faint(),
    );
    let (rows, about) = list::shared(body.start + 1..body.end, past.rows.len());
    list::rows(pen, rows, &past.rows, state, |pen, row, one| {
        self::one(pen, row, one, state);
    });
    let Some(last) = past.rows.len().checked_sub(1) else {
        return;
    };
    let chosen = &past.rows[state.chosen.min(last)];
    let heading = match chosen.point.0 {
        0 => words::seen(&chosen.alarm),
        point => {
            let point = pen.said(&format!("point {point}"));
            format!("{}, {point}", words::seen(&chosen.alarm))
        }
    };
    let rule = state.theme.rule();
    pen.heading(0..pen.width(), about.start, &AsIs(&heading), rule);
    list::paragraphs(pen, about.start + 1..about.end, &told(chosen, state), state);
}

fn head(past: &PastAlarmsSight, wide: bool) -> String {
    let first = past.seen.saturating_add(1);
    let last = past.seen.saturating_add(past.rows.len() as u64);
    match (past.rows.is_empty(), wide) {
        (true, _) => "No alarm is on record lately.".to_owned(),
        (false, true) => format!(
            "Alarms that came, {first} to {last} of {}; h: back",
            past.all
        ),
        (false, false) => format!("{first} to {last} of {}", past.all),
    }
}

/// For how long it stood, in words.
fn stood(one: &PastAlarmSeen) -> String {
    let Some(over) = one.over_utc_ms else {
        return "stands".to_owned();
    };
    let seconds = over.saturating_sub(one.raised_utc_ms).max(0) / 1_000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        _ => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
    }
}

fn one(pen: &mut Pen<'_>, row: u16, one: &PastAlarmSeen, state: &ScreenState) {
    let style = match one.over_utc_ms {
        None => state.theme.strong(),
        Some(_) => Style::new(),
    };
    let alarm = words::seen(&one.alarm);
    if pen.width() < 60 {
        let when = words::clock(one.raised_utc_ms, &state.zone);
        pen.text(2, row, when.get(..5).unwrap_or(&when), style);
        pen.field(8, row, 18, &AsIs(&alarm), style);
        pen.right(pen.width() - 1, row, &stood(one), style);
        return;
    }
    let when = words::moment(one.raised_utc_ms, &state.zone);
    pen.text(2, row, &when, style);
    pen.field(15, row, 18, &AsIs(&alarm), style);
    pen.right(46, row, &stood(one), style);
    let by = one.acknowledged_by.as_deref().map(words::seen);
    let seen = by.map_or("nobody acknowledged it".to_owned(), |by| {
        format!("acknowledged by {by}")
    });
    let shelved = if one.shelved.is_some() {
        ", shelved"
    } else {
        ""
    };
    let room = pen.width().saturating_sub(49);
    pen.field(48, row, room, &format!("{seen}{shelved}"), style);
}

fn told(one: &PastAlarmSeen, state: &ScreenState) -> [(&'static str, String); 4] {
    let instant = |at| words::instant(at, &state.zone);
    let since = match one.over_utc_ms {
        Some(over) => format!("{} to {}", instant(one.raised_utc_ms), instant(over)),
        None => format!("{}, it stands", instant(one.raised_utc_ms)),
    };
    let by = one.acknowledged_by.as_deref().map(words::seen);
    let shelved = one.shelved.as_ref().map(|shelved| {
        let (until, by) = (instant(shelved.until_utc_ms), words::seen(&shelved.by));
        format!("until {until} by {by}: {}", words::seen(&shelved.reason))
    });
    [
        ("what", words::seen(&one.detail)),
        ("when", since),
        ("seen by", by.unwrap_or_else(|| "nobody".to_owned())),
        ("shelved", shelved.unwrap_or_default()),
    ]
}
