//! A form over the place: what it is for, its fields, what is wrong, and the keys. PURE.

use super::{Field, Form, Value};
use crate::tui::language::AsIs;
use crate::tui::pages::centred;
use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::{Holders, View};
use ratatui::Frame;
use ratatui::style::{Modifier, Style};
use std::ops::Range;

/// Columns of a form where the screen is wide enough.
const COLUMNS: u16 = 80;
/// Columns of the names before the fields.
const NAMES: u16 = 14;

/// Draws it.
pub(in crate::tui) fn draw(
    frame: &mut Frame<'_>,
    view: Option<&View>,
    form: &Form,
    screen: &ScreenState,
) {
    let all = frame.area();
    let columns = COLUMNS.min(all.width);
    let inside = usize::from(columns.saturating_sub(4));
    let wrap = |texts: &[String]| -> Vec<String> {
        let said = texts.iter().map(|text| screen.language.of(text));
        said.flat_map(|text| words::wrapped(&text, inside))
            .collect()
    };
    let below = wrap(&[below(form)]);
    let fields = form.fields.len();
    // Title, rule below, a row of keys; what is left belongs to the fields first, then to what the form says.
    let room = usize::from(all.height).saturating_sub(3 + below.len() + fields.min(4));
    // As things are now: what is signed must be what stands there.
    let says = view.map_or(Vec::new(), |view| (form.kind.row().says)(view, screen));
    let mut says = wrap(&says);
    let most = room.saturating_sub(fields.saturating_sub(4));
    if says.len() > most {
        says.truncate(most);
        if let Some(last) = says.last_mut() {
            *last = last.chars().take(inside.saturating_sub(2)).collect();
            last.push_str(" …");
        }
    }
    let wanted = 3 + says.len() + fields + below.len();
    let height = u16::try_from(wanted).unwrap_or(all.height).min(all.height);
    let area = centred(all, columns, height);
    let mut pen = Pen::new(frame.buffer_mut(), area, &screen.language);
    pen.clear();
    frame_of(&mut pen, form, screen);
    let mut row = 1;
    for line in &says {
        pen.text(2, row, &AsIs(line), Style::new());
        row += 1;
    }
    let foot = pen.height().saturating_sub(2);
    let below_rows = u16::try_from(below.len()).unwrap_or(1);
    let end = foot.saturating_sub(below_rows).max(row + 1);
    rows(&mut pen, row..end, form, screen);
    for (row, line) in (end..foot.max(end + 1)).zip(&below) {
        let style = match form.wrong {
            Some(_) => screen.theme.wrong(),
            None => screen.theme.faint(),
        };
        pen.text(2, row, &AsIs(line), style);
    }
    let keys = match (form.asked, form.at + 1 < form.fields.len()) {
        (true, _) => "Asked the station …  Esc back",
        (false, true) => "Enter next  Up before  Esc do nothing",
        (false, false) => "Enter do it  Up before  Esc do nothing",
    };
    pen.text(2, foot, keys, screen.theme.strong());
}

fn frame_of(pen: &mut Pen<'_>, form: &Form, screen: &ScreenState) {
    let (width, last) = (pen.width(), pen.height().saturating_sub(1));
    for row in 1..last {
        pen.text(0, row, "|", screen.theme.rule());
        pen.text(width - 1, row, "|", screen.theme.rule());
    }
    pen.heading(0..width, last, "", screen.theme.rule());
    let title = pen.said(form.kind.row().title);
    pen.text(2, 0, &AsIs(&title), screen.theme.strong());
    let whose = whose(form, pen);
    // Where it does not fit, the title goes first.
    if title.chars().count() + whose.chars().count() + 7 <= usize::from(width) {
        pen.right(width - 2, 0, &AsIs(&whose), Style::new());
    }
    pen.row_style(0, Style::new().add_modifier(Modifier::REVERSED));
}

/// Which roles may do this; empty where everybody may who can open it.
fn whose(form: &Form, pen: &Pen<'_>) -> String {
    match form.holders {
        Some(Holders::Roles(roles)) => {
            let names: Vec<String> = roles.iter().map(|role| pen.said(role.name())).collect();
            names.join(", ")
        }
        Some(Holders::Anybody | Holders::Enrolled) | None => String::new(),
    }
}

/// What is wrong, or what to type.
fn below(form: &Form) -> String {
    let hint = form.fields.get(form.at).map_or("", |field| field.hint);
    form.wrong.clone().unwrap_or_else(|| hint.to_owned())
}

/// The fields, with the one that is being filled in among those that are shown.
fn rows(pen: &mut Pen<'_>, area: Range<u16>, form: &Form, screen: &ScreenState) {
    let room = usize::from(area.end.saturating_sub(area.start)).max(1);
    let last = form.fields.len().saturating_sub(room);
    let first = (form.at + 1).saturating_sub(room).min(last);
    let shown = form.fields.iter().enumerate().skip(first).take(room);
    for (row, (at, field)) in area.zip(shown) {
        one(pen, row, field, at == form.at, screen);
    }
}

/// A field; the end of a text that is too long, because that is where the person types.
fn one(pen: &mut Pen<'_>, row: u16, field: &Field, here: bool, screen: &ScreenState) {
    let name = match here {
        true => screen.theme.strong(),
        false => Style::new(),
    };
    pen.field(2, row, NAMES - 1, field.name, name);
    let room = usize::from(pen.width().saturating_sub(2 + NAMES + 2));
    let mut shown = match &field.value {
        Value::Choice { of, .. } if of.len() > 1 => format!("< {} >", pen.said(field.text_in())),
        Value::Choice { .. } | Value::Text(_) | Value::Secret(_) => field.shown(),
    };
    if here {
        shown.push('_');
    }
    let cut = match field.value {
        Value::Choice { .. } => 0,
        Value::Text(_) | Value::Secret(_) => shown.chars().count().saturating_sub(room),
    };
    let end: String = shown.chars().skip(cut).collect();
    let style = match here {
        true => Style::new().add_modifier(Modifier::REVERSED),
        false => Style::new(),
    };
    let columns = pen.width() - 3 - NAMES;
    pen.field(2 + NAMES, row, columns, &AsIs(&end), style);
}
