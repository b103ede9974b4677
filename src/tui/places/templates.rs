//! The label templates of packs, and how the chosen one looks. PURE.

use super::list;
use crate::tui::language::AsIs;
use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::Sight;
use crate::wire::look::{Preview, TemplateSeen, TemplateStanding};
use ratatui::style::Style;
use std::ops::Range;

/// Digits of a hash that people see.
const HASH_DIGITS: usize = 8;
/// Most rows of the list while the preview wants its own.
const ROWS: u16 = 8;

pub(super) fn draw(pen: &mut Pen<'_>, state: &ScreenState) {
    let body = list::body(pen);
    let Some(Sight::Templates(templates)) = list::asked(pen, body.clone(), state) else {
        return;
    };
    let (rows, about) = list::shared(body.clone(), templates.rows.len());
    let middle = rows.end.min(body.start + ROWS);
    list::rows(
        pen,
        body.start..middle,
        &templates.rows,
        state,
        |pen, row, one| {
            self::one(pen, row, one, state);
        },
    );
    let Some(chosen) = chosen(state) else {
        return;
    };
    let shown = templates.shown.as_ref();
    let shown = shown.filter(|shown| shown.template == Some(chosen.template));
    let size = shown.map_or(String::new(), |shown| {
        format!(", {}", words::seen(&shown.size))
    });
    let heading = format!("{}{size}", words::seen(&chosen.name));
    pen.heading(0..pen.width(), middle, &AsIs(&heading), state.theme.rule());
    let below = middle + 1..about.end;
    let Some(shown) = shown else {
        pen.text(2, below.start, "Asking the station …", state.theme.faint());
        return;
    };
    let row = list::paragraphs(pen, below.clone(), &told(chosen, shown), state);
    preview(pen, row..below.end, shown, state);
}

/// The chosen template.
pub fn chosen(state: &ScreenState) -> Option<&TemplateSeen> {
    let Some(Sight::Templates(templates)) = state.look.sight() else {
        return None;
    };
    let last = templates.rows.len().checked_sub(1)?;
    templates.rows.get(state.chosen.min(last))
}

fn hash(template: &TemplateSeen) -> String {
    let digits = template.template.to_string();
    digits.chars().take(HASH_DIGITS).collect()
}

/// Where a template stands, in words.
fn standing(standing: TemplateStanding) -> &'static str {
    match standing {
        TemplateStanding::InForce => "in force",
        TemplateStanding::OnTrial => "on trial",
        TemplateStanding::Former => "former",
        TemplateStanding::Known => "on record",
        TemplateStanding::BuiltIn => "built in",
    }
}

fn one(pen: &mut Pen<'_>, row: u16, template: &TemplateSeen, state: &ScreenState) {
    let style = match template.standing {
        TemplateStanding::InForce => state.theme.strong(),
        TemplateStanding::OnTrial => state.theme.wrong(),
        _ => Style::new(),
    };
    let wide = pen.width() >= 60;
    let name = if wide { 24 } else { 16 };
    pen.field(2, row, name, &AsIs(&words::seen(&template.name)), style);
    let column = 3 + name;
    pen.text(column, row, &AsIs(&hash(template)), Style::new());
    pen.text(column + 10, row, standing(template.standing), style);
    if !wide {
        return;
    }
    let since = template.since_utc_ms;
    let since = since.map_or(String::new(), |at| words::moment(at, &state.zone));
    pen.text(column + 21, row, &since, Style::new());
    let by = words::seen(template.by.as_deref().unwrap_or_default());
    let room = pen.width().saturating_sub(column + 35);
    pen.field(column + 34, row, room, &AsIs(&by), Style::new());
}

fn told(template: &TemplateSeen, shown: &Preview) -> Vec<(&'static str, String)> {
    let why = template.why.as_deref().unwrap_or_default();
    let wrong = shown.wrong.as_deref().unwrap_or_default();
    vec![("why", words::seen(why)), ("not shown", words::seen(wrong))]
}

/// The label itself where it fits, beside it or alone what it says.
fn preview(pen: &mut Pen<'_>, area: Range<u16>, shown: &Preview, state: &ScreenState) {
    let lines = shown.picture.as_ref().map(words::half_blocks);
    let columns = |lines: &Vec<String>| lines.first().map_or(0, |line| line.chars().count());
    let room = usize::from(area.end.saturating_sub(area.start));
    let fits = lines.filter(|lines| {
        let columns = columns(lines);
        (1..=room).contains(&lines.len()) && columns + 4 <= usize::from(pen.width())
    });
    let mut column = 2;
    if let Some(lines) = &fits {
        for (row, line) in area.clone().zip(lines) {
            pen.text(2, row, &AsIs(line), Style::new());
        }
        column += columns(lines) as u16 + 3;
    }
    let width = pen.width().saturating_sub(column + 1);
    if width < 24 {
        return;
    }
    let mut row = area.start;
    for (what, value) in &shown.says {
        let what = pen.said(&words::seen(what));
        let text = format!("{what}  {}", words::seen(value));
        for line in words::hanging(&text, what.chars().count() + 2, usize::from(width)) {
            if row >= area.end {
                return;
            }
            pen.text(column, row, &AsIs(&line), Style::new());
            row += 1;
        }
    }
    if fits.is_none() && shown.picture.is_some() && row < area.end {
        let text = "The picture needs a larger screen.";
        pen.field(column, row, width, text, state.theme.faint());
    }
}
