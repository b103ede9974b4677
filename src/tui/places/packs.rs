//! The newest packs, or those that were looked for: what became of each, and of the chosen one more. PURE.

use super::list;
use crate::tui::look::Looked;
use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::Sight;
use crate::wire::look::{PackSeen, PacksSight};
use ratatui::style::Style;

/// Columns where the verdict begins.
const VERDICT: u16 = 21;
/// Columns where the grade begins.
const GRADE: u16 = 40;
/// Columns where what the gate did begins.
const WENT: u16 = 48;

pub(super) fn draw(pen: &mut Pen<'_>, state: &ScreenState) {
    let body = list::body(pen);
    let Some(Sight::Packs(packs)) = list::asked(pen, body.clone(), state) else {
        return;
    };
    let wide = pen.width() >= 60;
    let about: u16 = if wide { 5 } else { 4 };
    // What is above and below the list is told at the right end of this row.
    let row = body.start + u16::from(wide && !packs.rows.is_empty());
    let head = head(packs, &state.look, wide);
    let room = match packs.rows.is_empty() {
        true => pen.width() - 3,
        false => pen.width() - 26,
    };
    pen.field(2, row, room, &head, state.theme.faint());
    if packs.rows.is_empty() {
        return;
    }
    if wide {
        columns(pen, body.start, state);
    }
    let first = row + 1;
    let middle = body.end.saturating_sub(about).max(first + 1);
    list::rows(pen, first..middle, &packs.rows, state, |pen, row, pack| {
        one(pen, row, pack, state);
    });
    let Some(chosen) = chosen(state) else {
        return;
    };
    let heading = match wide {
        true => format!("Pack {}: Enter shows its page, t its life", chosen.pack.0),
        false => format!("Pack {}", chosen.pack.0),
    };
    pen.heading(0..pen.width(), middle, &heading, state.theme.rule());
    list::paragraphs(pen, middle + 1..body.end, &told(chosen, state), state);
}

/// The chosen pack.
pub fn chosen(state: &ScreenState) -> Option<&PackSeen> {
    let Some(Sight::Packs(packs)) = state.look.sight() else {
        return None;
    };
    let last = packs.rows.len().checked_sub(1)?;
    packs.rows.get(state.chosen.min(last))
}

/// Whose packs these are.
fn head(packs: &PacksSight, look: &Looked, wide: bool) -> String {
    let wanted = words::seen(look.words.trim());
    let so_far = packs.older.map_or(String::new(), |older| {
        format!("; looked back to pack {}, PgDn goes on", older.0)
    });
    match (&packs.batch, wanted.is_empty(), packs.rows.is_empty()) {
        (None, true, _) => "No batch was ever opened.".to_owned(),
        (_, false, true) => format!("No pack ends in {wanted}{so_far}."),
        (_, false, false) => format!("Ends in {wanted}, the newest first{so_far}"),
        (Some(batch), true, false) if !wide => format!("Batch {}", batch.no.0),
        (Some(batch), true, empty) => {
            let open = if batch.open { "open" } else { "closed" };
            let lot = words::seen(&batch.lot);
            let rest = match (empty, look.page()) {
                (true, 1) => "no pack has come yet".to_owned(),
                (true, _) => "there are no older ones".to_owned(),
                (false, 1) => "the newest first".to_owned(),
                (false, page) => format!("page {page}"),
            };
            format!("Batch {} of lot {lot}, {open}: {rest}", batch.no.0)
        }
    }
}

fn columns(pen: &mut Pen<'_>, row: u16, state: &ScreenState) {
    let style = state.theme.faint();
    pen.right(11, row, "pack", style);
    pen.text(13, row, "serial", style);
    pen.text(VERDICT, row, "verdict", style);
    pen.text(GRADE, row, "grade", style);
    pen.text(WENT, row, "went", style);
    pen.text(after_went(pen), row, "when", style);
    if pen.width() >= 110 {
        pen.text(after_went(pen) + 10, row, "inside", style);
    }
}

/// Where what the gate did ends.
fn after_went(pen: &Pen<'_>) -> u16 {
    match pen.width() >= 110 {
        true => WENT + 28,
        false => pen.width().saturating_sub(10),
    }
}

fn one(pen: &mut Pen<'_>, row: u16, pack: &PackSeen, state: &ScreenState) {
    let plain = Style::new();
    let style = match pack.state.as_str() {
        "active" | "in-line" => plain,
        "unknown" => state.theme.wrong(),
        _ => state.theme.strong(),
    };
    pen.right(11, row, &pack.pack.0.to_string(), plain);
    let serial = pack.serial.as_deref().map(words::seen);
    let serial = serial.map_or("none".to_owned(), |serial| words::tail(&serial));
    pen.field(13, row, 7, &serial, plain);
    let when = pack.utc_ms.map(|at| words::clock(at, &state.zone));
    let when = when.unwrap_or_default();
    if pen.width() < 60 {
        let end = pen.width().saturating_sub(1);
        let room = end.saturating_sub(VERDICT + 6);
        pen.field(VERDICT, row, room, &verdict(pack), style);
        pen.right(end, row, when.get(..5).unwrap_or(&when), plain);
        return;
    }
    pen.field(VERDICT, row, GRADE - VERDICT - 1, &verdict(pack), style);
    pen.field(GRADE, row, WENT - GRADE - 1, &grade(pack), plain);
    let after = after_went(pen);
    pen.field(WENT, row, after - WENT - 1, &went(pack), style);
    pen.text(after, row, &when, plain);
    if pen.width() >= 110 {
        let room = pen.width().saturating_sub(after + 11);
        pen.field(after + 10, row, room, &inside(pack), plain);
    }
}

fn verdict(pack: &PackSeen) -> String {
    let name = pack.verdict.as_deref().map(words::cause);
    words::seen(&name.unwrap_or_else(|| "none".to_owned()))
}

fn grade(pack: &PackSeen) -> String {
    let about = if pack.grade_indicative { "~" } else { "" };
    let grade = pack.grade_tenths.map(words::grade);
    grade.map_or(String::new(), |grade| format!("{about}{grade}"))
}

fn went(pack: &PackSeen) -> String {
    let fate = pack.fate.as_deref().unwrap_or("in the line");
    words::seen(fate)
}

fn inside(pack: &PackSeen) -> String {
    let inside = pack.inside.as_ref();
    let inside = inside.map(|unit| format!("{} {}", unit.kind, unit.code));
    words::seen(&inside.unwrap_or_default())
}

/// What there is to say of the chosen one.
fn told(pack: &PackSeen, state: &ScreenState) -> Vec<(&'static str, String)> {
    let code = match pack.code.is_empty() {
        true => "it took no number".to_owned(),
        false => words::seen(&pack.code),
    };
    let graded = match grade(pack) {
        none if none.is_empty() => String::new(),
        grade => format!(", grade {grade}"),
    };
    let when = pack.utc_ms.map(|at| words::instant(at, &state.zone));
    let when = when.map_or(String::new(), |when| format!(", {when}"));
    let loose = match pack.state.as_str() {
        "active" => "nothing: it is loose",
        _ => "",
    };
    let inside = match inside(pack) {
        none if none.is_empty() => loose.to_owned(),
        inside => inside,
    };
    vec![
        ("code", code),
        ("verdict", format!("{}{graded}", verdict(pack))),
        ("went", format!("{}{when}", went(pack))),
        ("inside", inside),
    ]
}
