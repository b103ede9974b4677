//! A list in which one row is chosen, and what there is to say of it below. PURE.

use crate::tui::language::AsIs;
use crate::tui::look::SightSaid;
use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::Sight;
use ratatui::style::{Modifier, Style};
use std::ops::Range;

/// The rows of a place: below the state row and the heading, above message and keys.
pub(super) fn body(pen: &Pen<'_>) -> Range<u16> {
    2..pen.height().saturating_sub(2).max(2)
}

/// What was heard for this place; where there is nothing to be seen, why is drawn.
pub(super) fn asked<'s>(
    pen: &mut Pen<'_>,
    body: Range<u16>,
    screen: &'s ScreenState,
) -> Option<&'s Sight> {
    match &screen.look.heard {
        Some(SightSaid::Seen(sight)) => Some(sight),
        Some(SightSaid::Refused(why)) => {
            let told = [("no answer", words::seen(why))];
            paragraphs(pen, body, &told, screen);
            None
        }
        None => {
            let text = match screen.lost {
                Some(_) => "Nothing was heard for this place: no station answers.",
                None => "Asking the station …",
            };
            pen.field(2, body.start, pen.width(), text, screen.theme.faint());
            None
        }
    }
}

/// How a body is shared by a list of so many rows and the text about the chosen one.
pub(super) fn shared(body: Range<u16>, rows: usize) -> (Range<u16>, Range<u16>) {
    let height = body.end - body.start;
    let most = (height / 2).max(2);
    let list = u16::try_from(rows).unwrap_or(u16::MAX).clamp(1, most);
    let middle = body.start + list.min(height);
    (body.start..middle, middle..body.end)
}

/// The first row that is shown, so that the chosen one is among them.
fn first_shown(chosen: usize, rows: usize, room: usize) -> usize {
    let last = rows.saturating_sub(room);
    chosen.saturating_sub(room / 2).min(last)
}

/// Draws rows of a list, the chosen one in reverse video and with a mark, so that it differs without colours too.
pub(super) fn rows<T>(
    pen: &mut Pen<'_>,
    area: Range<u16>,
    all: &[T],
    screen: &ScreenState,
    draw: impl FnMut(&mut Pen<'_>, u16, &T),
) {
    let width = pen.width();
    rows_of(pen, area, width, all, screen, draw);
}

/// The same in the first `width` columns: something else stands beside the list.
pub(super) fn rows_of<T>(
    pen: &mut Pen<'_>,
    area: Range<u16>,
    width: u16,
    all: &[T],
    screen: &ScreenState,
    mut draw: impl FnMut(&mut Pen<'_>, u16, &T),
) {
    let room = usize::from(area.end - area.start);
    let chosen = screen.chosen.min(all.len().saturating_sub(1));
    let first = first_shown(chosen, all.len(), room);
    let shown = all.iter().enumerate().skip(first).take(room);
    for (row, (place, one)) in area.clone().zip(shown) {
        draw(pen, row, one);
        if place == chosen {
            pen.text(0, row, ">", screen.theme.strong());
            pen.style(0..width, row, Style::new().add_modifier(Modifier::REVERSED));
        }
    }
    let (before, after) = (first, all.len().saturating_sub(first + room));
    if before + after > 0 && area.start > 0 {
        let more = format!(" {before} above, {after} below --");
        pen.right(pen.width(), area.start - 1, &more, screen.theme.rule());
    }
}

/// Words before what is translated already or no sentence of ours: codes, names, and what a person wrote.
const AS_THEY_ARE: [&str; 7] = ["alarm", "GTIN", "is", "code", "components", "who", "why"];

/// Paragraphs below a rule, each with the word before it, as far as there is room; gives the next free row.
pub(super) fn paragraphs(
    pen: &mut Pen<'_>,
    area: Range<u16>,
    all: &[(&str, String)],
    screen: &ScreenState,
) -> u16 {
    /// Columns of the words before the paragraphs.
    const WORD: u16 = 13;
    let wide = pen.width() >= 60;
    let column = if wide { 2 + WORD } else { 2 };
    let room = usize::from(pen.width().saturating_sub(column + 1));
    let mut row = area.start;
    for (word, text) in all.iter().filter(|(_, text)| !text.is_empty()) {
        let text = match AS_THEY_ARE.contains(word) {
            true => text.clone(),
            false => pen.said(text),
        };
        let text = match wide || word.is_empty() {
            true => text,
            false => format!("{}: {text}", pen.said(*word)),
        };
        if wide && row < area.end {
            pen.field(2, row, WORD, *word, screen.theme.strong());
        }
        for line in words::wrapped(&text, room) {
            if row >= area.end {
                return row;
            }
            pen.text(column, row, &AsIs(&line), Style::new());
            row += 1;
        }
    }
    row
}
