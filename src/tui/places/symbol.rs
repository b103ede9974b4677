//! A symbol as it was seen, and beside it which of its modules are damaged: two modules to a character. PURE.
//!
//! A damaged module is coloured where there are colours; the map beside the symbol says the same without any.

use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::wire::rejects::{GridSeen, ToldBy};
use ratatui::style::Style;
use std::ops::Range;

/// Columns between the symbol and its map, where there is room.
const BETWEEN: u16 = 3;

/// Two modules, one above the other.
fn block(upper: bool, lower: bool, none: char) -> char {
    match (upper, lower) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => none,
    }
}

/// How many modules are damaged, and what told it.
pub(super) fn told(grid: &GridSeen) -> String {
    let (damaged, all) = (grid.damaged(), grid.modules());
    match grid.told_by {
        ToldBy::Correction if damaged == 0 => {
            format!("read; all {all} modules as they ought to be")
        }
        ToldBy::Correction => format!("read; {damaged} of {all} modules corrected"),
        ToldBy::Print => format!("not read; {damaged} of {all} modules not as printed"),
        ToldBy::FixedPattern => format!("not read; {damaged} modules of finder and clock damaged"),
    }
}

/// Draws symbol, map and how many are damaged, as far as there is room.
pub(super) fn draw(
    pen: &mut Pen<'_>,
    area: Range<u16>,
    column: u16,
    grid: &GridSeen,
    state: &ScreenState,
) {
    let told = told(grid);
    let room = pen.width().saturating_sub(column);
    let columns = u16::try_from(grid.columns()).unwrap_or(u16::MAX);
    let lines = u16::try_from(grid.rows.len().div_ceil(2)).unwrap_or(u16::MAX);
    let height = area.end - area.start;
    if lines >= height || columns > room {
        let size = format!("{} × {} modules", grid.rows.len(), columns);
        pen.field(column, area.start, room, &told, Style::new());
        let text = format!("Its {size} need a larger screen.");
        pen.field(column, area.start + 1, room, &text, state.theme.faint());
        return;
    }
    // Where there is room for one of them, it is the map.
    let both = columns.saturating_mul(2) < room;
    let gap = room.saturating_sub(columns.saturating_mul(2)).min(BETWEEN);
    let map = if both { column + columns + gap } else { column };
    for line in 0..usize::from(lines) {
        let row = area.start + line as u16;
        for at in 0..usize::from(columns) {
            let (upper, lower) = (grid.module(2 * line, at), grid.module(2 * line + 1, at));
            let damaged = upper.1 || lower.1;
            let style = match damaged {
                true => state.theme.wrong(),
                false => Style::new(),
            };
            if both {
                let seen = block(upper.0, lower.0, ' ').to_string();
                pen.text(column + at as u16, row, &seen, style);
            }
            let style = match damaged {
                true => style,
                false => state.theme.faint(),
            };
            let mark = block(upper.1, lower.1, '·').to_string();
            pen.text(map + at as u16, row, &mark, style);
        }
    }
    pen.field(column, area.start + lines, room, &told, Style::new());
}
