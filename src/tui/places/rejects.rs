//! Why packs are rejected, how the print goes, and the last rejects with what was seen of the chosen one. PURE.

use super::{list, symbol};
use crate::record::{PackNo, Tally, Tenths};
use crate::tui::language::AsIs;
use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::rejects::{PictureSeen, RejectSeen, RejectsSight, TrendSeen};
use crate::wire::{Sight, View};
use ratatui::style::Style;
use std::ops::Range;

/// Columns of a cause's name.
const NAME: u16 = 20;
/// Where the grades begin beside the causes.
const GRADES: u16 = 34;
/// Columns of a figure of the trend.
const FIGURE: u16 = 4;
/// Where the picture begins beside the list, and where there is more room.
const PICTURE: (u16, u16) = (31, 52);

pub(super) fn draw(pen: &mut Pen<'_>, view: &View, state: &ScreenState) {
    if pen.width() < 60 {
        return small(pen, view, state);
    }
    let body = list::body(pen);
    let height = body.end - body.start;
    let causes_rows = (height / 4).max(2);
    let rule = state.theme.rule();
    let heading = format!("Causes, {} of the last 100", view.rejects_of_last_100);
    pen.heading(0..GRADES - 1, body.start, &heading, rule);
    let first = body.start + 1;
    causes(pen, first..first + causes_rows, &view.tally, state);
    grades(pen, first..first + causes_rows, view, state);
    let middle = first + causes_rows;
    lately(pen, middle..body.end, state);
}

/// The chosen reject.
pub fn chosen(state: &ScreenState) -> Option<&RejectSeen> {
    let rejects = heard(state)?;
    let last = rejects.rows.len().checked_sub(1)?;
    rejects.rows.get(state.chosen.min(last))
}

/// The pack whose picture is asked for; `None`: the newest one, whichever that is.
pub fn wanted(state: &ScreenState) -> Option<PackNo> {
    let row = chosen(state).filter(|_| state.chosen > 0)?;
    Some(row.pack)
}

fn heard(state: &ScreenState) -> Option<&RejectsSight> {
    match state.look.sight() {
        Some(Sight::Rejects(rejects)) => Some(rejects),
        _ => None,
    }
}

/// Causes and how often, the most frequent first.
fn pareto(tally: &Tally) -> Vec<(String, u64)> {
    let some = tally.rejected_by.iter().filter(|(_, count)| **count > 0);
    let mut causes: Vec<(String, u64)> = some
        .map(|(name, count)| (words::cause(name), *count))
        .collect();
    causes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    causes
}

/// Name, count and share of each cause; what has no row is counted in the last one.
fn causes(pen: &mut Pen<'_>, area: Range<u16>, tally: &Tally, state: &ScreenState) {
    let causes = pareto(tally);
    if causes.is_empty() {
        pen.text(2, area.start, "No pack was rejected.", Style::new());
        return;
    }
    let room = usize::from(area.end - area.start);
    let shown = match causes.len() > room {
        true => room - 1,
        false => causes.len(),
    };
    let (some, rest) = causes.split_at(shown);
    let more = (!rest.is_empty()).then(|| {
        let count = rest.iter().map(|(_, count)| count).sum();
        (format!("{} more causes", rest.len()), count)
    });
    let all = tally.rejected();
    for (row, (name, count)) in area.zip(some.iter().chain(&more)) {
        pen.field(2, row, NAME, name, Style::new());
        let figure = words::grouped(*count);
        pen.right(2 + NAME + 6, row, &figure, state.theme.strong());
        if pen.width() >= 60 {
            let percent = (count * 100).checked_div(all).unwrap_or(0);
            pen.right(2 + NAME + 11, row, &format!("{percent}%"), Style::new());
        }
    }
}

/// What is wrong with the print, or its mean grade.
fn print(view: &View) -> (String, bool) {
    let quality = &view.quality;
    let wrong_text = match quality.text_wrong {
        0 => String::new(),
        count => format!("; wrong text on {} packs", words::grouped(count)),
    };
    match (&quality.warning, quality.overall_mean_tenths) {
        (Some(warning), _) => (format!("{}{wrong_text}", words::seen(warning)), true),
        (None, Some(mean)) => {
            let level = words::grade(quality.level_tenths);
            let mean = words::grade(mean);
            (
                format!("mean {mean}; warns below {level}{wrong_text}"),
                false,
            )
        }
        (None, None) => (format!("no pack was graded yet{wrong_text}"), false),
    }
}

/// The grades beside the causes: what there is to say, the trend as bars, and its figures.
fn grades(pen: &mut Pen<'_>, area: Range<u16>, view: &View, state: &ScreenState) {
    let trend = heard(state).map_or(&[][..], |rejects| &rejects.trend);
    let packs = trend.iter().map(|column| column.packs).max().unwrap_or(0);
    let heading = match packs {
        0 => "Grade".to_owned(),
        packs => format!("Grade, {packs} packs a column, newest right"),
    };
    let width = pen.width();
    pen.heading(
        GRADES - 1..width,
        area.start - 1,
        &heading,
        state.theme.rule(),
    );
    let (told, wrong) = print(view);
    let style = match wrong {
        true => state.theme.wrong(),
        false => Style::new(),
    };
    pen.field(GRADES, area.start, width - GRADES - 1, &told, style);
    let figure = |grade: Option<Tenths>| grade.map_or("-".to_owned(), |grade| grade.to_string());
    let named = [
        ("", trend.iter().map(|column| bar(column, 1)).collect()),
        ("", trend.iter().map(|column| bar(column, 0)).collect()),
        (
            "mean",
            trend
                .iter()
                .map(|column| figure(column.mean_tenths))
                .collect(),
        ),
        (
            "worst",
            trend
                .iter()
                .map(|column| figure(column.worst_tenths))
                .collect(),
        ),
    ];
    if trend.is_empty() {
        return;
    }
    let named: [(&str, Vec<String>); 4] = named;
    for (row, (name, figures)) in (area.start + 1..area.end).zip(&named) {
        pen.text(GRADES, row, name, state.theme.faint());
        for (column, figure) in (GRADES + 6..).step_by(usize::from(FIGURE)).zip(figures) {
            pen.text(column, row, figure, Style::new());
        }
    }
}

/// One of two rows of a bar, from below: four halves are the best grade, and none the worst.
fn bar(column: &TrendSeen, level: u8) -> String {
    let Some(mean) = column.mean_tenths else {
        return String::new();
    };
    let halves = mean.0.saturating_add(5) / 10;
    let block = match halves.saturating_sub(2 * level) {
        0 => " ",
        1 => "▄",
        _ => "█",
    };
    block.repeat(usize::from(FIGURE) - 1)
}

/// The last rejects, and what was seen of the chosen one.
fn lately(pen: &mut Pen<'_>, area: Range<u16>, state: &ScreenState) {
    let width = pen.width();
    let rule = state.theme.rule();
    let chosen = chosen(state);
    let heading = chosen.map_or("Last rejects".to_owned(), about);
    pen.heading(0..width, area.start, &heading, rule);
    let below = area.start + 1..area.end;
    let Some(Sight::Rejects(rejects)) = list::asked(pen, below.clone(), state) else {
        return;
    };
    let Some(chosen) = chosen else {
        pen.field(2, below.start, width - 3, &none(rejects), Style::new());
        return;
    };
    let column = match width >= 110 {
        true => PICTURE.1,
        false => PICTURE.0,
    };
    let shown = rejects
        .shown
        .as_ref()
        .filter(|shown| shown.pack == chosen.pack);
    let said = shown.map_or(Vec::new(), said);
    let room = usize::from(column - 3);
    let lines: Vec<String> = said
        .iter()
        .flat_map(|text| pen.wrapped(text, room))
        .collect();
    let height = below.end - below.start;
    let told = u16::try_from(lines.len()).unwrap_or(height).min(height / 2);
    let rows = below.start..below.end - told;
    list::rows_of(
        pen,
        rows.clone(),
        column - 1,
        &rejects.rows,
        state,
        |pen, row, one| {
            self::one(pen, row, column, one, state);
        },
    );
    for (row, line) in (rows.end..below.end).zip(&lines) {
        pen.text(2, row, &AsIs(line), Style::new());
    }
    match shown {
        Some(shown) => picture(pen, below, column, shown, state),
        None => {
            pen.text(
                column,
                below.start,
                "Looking at the picture …",
                state.theme.faint(),
            );
        }
    }
}

/// Why there is none to be chosen.
fn none(rejects: &RejectsSight) -> String {
    match (&rejects.batch, rejects.older) {
        (None, _) => "No batch was ever opened.".to_owned(),
        (Some(_), Some(older)) => {
            format!("No reject back to pack {}; PgDn looks further.", older.0)
        }
        (Some(batch), None) => format!("No pack of batch {} was rejected.", batch.no.0),
    }
}

/// A reject as a heading: which, why, and its grade.
fn about(row: &RejectSeen) -> String {
    let serial = row.serial.as_deref().map(words::seen);
    let serial = serial.map_or("no number".to_owned(), |serial| words::tail(&serial));
    let grade = row.grade_tenths.map(words::grade);
    let grade = grade.map_or(String::new(), |grade| format!(", grade {grade}"));
    let cause = words::cause(&words::seen(&row.cause));
    format!("Pack {} {serial}: {cause}{grade}", row.pack.0)
}

fn one(pen: &mut Pen<'_>, row: u16, end: u16, reject: &RejectSeen, state: &ScreenState) {
    let plain = Style::new();
    pen.right(8, row, &reject.pack.0.to_string(), plain);
    let serial = reject.serial.as_deref().map(words::seen);
    let serial = serial.map_or("none".to_owned(), |serial| words::tail(&serial));
    pen.field(9, row, 6, &serial, plain);
    let when = reject.utc_ms.map(|at| words::clock(at, &state.zone));
    let when = when.unwrap_or_default();
    pen.text(16, row, when.get(..5).unwrap_or(&when), plain);
    let cause = words::cause(&words::seen(&reject.cause));
    pen.field(22, row, end.saturating_sub(23), &cause, plain);
}

/// What is known of the chosen one besides its heading.
fn said(shown: &PictureSeen) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(grades) = &shown.grades {
        let weakest = grades.weakest();
        let about = if grades.indicative { "~" } else { "" };
        let name = weakest.name().replace('_', " ");
        let grade = words::grade(grades.of(weakest));
        said.push(format!("lowest {name} {about}{grade}"));
    }
    let each = [
        ("looks like", &shown.looks_like),
        ("text", &shown.text),
        ("read", &shown.read),
    ];
    for (word, text) in each {
        said.extend(
            text.as_ref()
                .map(|text| format!("{word}: {}", words::seen(text))),
        );
    }
    said
}

/// The symbol, or why there is none.
fn picture(
    pen: &mut Pen<'_>,
    area: Range<u16>,
    column: u16,
    shown: &PictureSeen,
    state: &ScreenState,
) {
    let width = pen.width().saturating_sub(column);
    match (&shown.grid, &shown.wrong) {
        (Some(grid), _) => symbol::draw(pen, area, column, grid, state),
        (None, Some(wrong)) => {
            let lines = pen.wrapped(&words::seen(wrong), usize::from(width - 1));
            for (row, line) in area.zip(&lines) {
                pen.text(column, row, &AsIs(line), Style::new());
            }
        }
        (None, None) => {}
    }
}

/// What fits of it on a small screen: no picture, but how many modules are damaged.
fn small(pen: &mut Pen<'_>, view: &View, state: &ScreenState) {
    let body = list::body(pen);
    let first = body.start;
    causes(pen, first..first + 2, &view.tally, state);
    let rejects = heard(state);
    let trend = rejects.map_or(&[][..], |rejects| &rejects.trend);
    let (told, wrong) = print(view);
    let style = match wrong {
        true => state.theme.wrong(),
        false => Style::new(),
    };
    let width = pen.width();
    let line = match trend.is_empty() || wrong {
        true => told,
        false => {
            let last = &trend[trend.len().saturating_sub(7)..];
            let figure =
                |column: &TrendSeen| column.mean_tenths.map_or("-".to_owned(), |g| g.to_string());
            let figures: Vec<String> = last.iter().map(figure).collect();
            format!("trend {}", figures.join(" "))
        }
    };
    pen.field(2, first + 2, width - 3, &line, style);
    let chosen = chosen(state);
    let heading = chosen.map_or("Last rejects".to_owned(), about);
    pen.heading(0..width, first + 3, &heading, state.theme.rule());
    let below = first + 4..body.end;
    let Some(Sight::Rejects(rejects)) = list::asked(pen, below.clone(), state) else {
        return;
    };
    let Some(chosen) = chosen else {
        pen.field(2, below.start, width - 3, &none(rejects), Style::new());
        return;
    };
    let middle = below.end.saturating_sub(2).max(below.start + 1);
    list::rows_of(
        pen,
        below.start..middle,
        width,
        &rejects.rows,
        state,
        |pen, row, one| {
            self::one(pen, row, width, one, state);
        },
    );
    let shown = rejects
        .shown
        .as_ref()
        .filter(|shown| shown.pack == chosen.pack);
    let Some(shown) = shown else { return };
    let damage = match (&shown.grid, &shown.wrong) {
        (Some(grid), _) => symbol::told(grid),
        (None, wrong) => words::seen(wrong.as_deref().unwrap_or_default()),
    };
    let said = said(shown);
    let lines = said.first().into_iter().chain([&damage]);
    for (row, line) in (middle..below.end).zip(lines) {
        pen.field(2, row, width - 3, line, Style::new());
    }
}
