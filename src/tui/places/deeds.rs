//! What was done or happened, as rows of a list, and all that is known of the chosen one. PURE.

use super::list;
use crate::tui::language::AsIs;
use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::look::Deed;
use ratatui::style::Style;
use std::ops::Range;

/// Columns of who did it, and where there is more room.
const WHO: (u16, u16) = (12, 24);

/// Draws the list and what there is to say of the chosen one.
pub(super) fn draw(pen: &mut Pen<'_>, area: Range<u16>, deeds: &[Deed], state: &ScreenState) {
    let wide = pen.width() >= 60;
    let height = area.end.saturating_sub(area.start);
    let about = match (wide, height) {
        (false, _) => 4.min(height / 2 + 1),
        (true, 0..16) => height / 2,
        (true, _) => 8,
    };
    let middle = area.end.saturating_sub(about).max(area.start + 1);
    list::rows(pen, area.start..middle, deeds, state, |pen, row, deed| {
        one(pen, row, deed, state);
    });
    let Some(last) = deeds.len().checked_sub(1) else {
        return;
    };
    let chosen = &deeds[state.chosen.min(last)];
    let when = words::instant(chosen.utc_ms, &state.zone);
    let heading = format!("Record {}, {when}", chosen.record);
    pen.heading(0..pen.width(), middle, &heading, state.theme.rule());
    list::paragraphs(pen, middle + 1..area.end, &told(chosen), state);
}

fn one(pen: &mut Pen<'_>, row: u16, deed: &Deed, state: &ScreenState) {
    let what = words::seen(&deed.what);
    if pen.width() < 60 {
        let clock = words::clock(deed.utc_ms, &state.zone);
        let end = pen.text(2, row, clock.get(..5).unwrap_or(&clock), Style::new());
        pen.field(
            end + 1,
            row,
            pen.width().saturating_sub(end + 2),
            &what,
            Style::new(),
        );
        return;
    }
    let when = words::moment(deed.utc_ms, &state.zone);
    let column = pen.text(2, row, &when, Style::new()) + 2;
    let who = if pen.width() >= 110 { WHO.1 } else { WHO.0 };
    pen.field(
        column,
        row,
        who,
        &AsIs(&words::seen(&deed.who)),
        Style::new(),
    );
    let column = column + who + 2;
    let room = pen.width().saturating_sub(column + 1);
    pen.field(column, row, room, &what, Style::new());
}

/// All that is known of it.
fn told(deed: &Deed) -> Vec<(&'static str, String)> {
    let value = |value: &Option<String>| words::seen(value.as_deref().unwrap_or("-"));
    let changes = deed.changes.iter().map(|change| {
        let (old, new) = (value(&change.old), value(&change.new));
        (
            "changed",
            format!("{}: {old} -> {new}", words::seen(&change.key)),
        )
    });
    let more = match deed.changes_more {
        0 => String::new(),
        more => {
            let record = deed.record;
            format!("{more} more: vidimus audit search --record {record} tells all")
        }
    };
    let mut told = vec![
        ("what", words::seen(&deed.what)),
        ("who", words::seen(&deed.who)),
        ("why", words::seen(deed.why.as_deref().unwrap_or_default())),
        (
            "inside",
            words::seen(deed.with.as_deref().unwrap_or_default()),
        ),
    ];
    told.extend(changes);
    told.push(("changed", more));
    told
}
