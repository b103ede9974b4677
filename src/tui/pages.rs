//! Pages and questions over the main screen: help, withdrawing a stop, resynchronising. PURE.

use super::form;
use super::keys::{InBar, KEYS, KeyRow};
use super::language::{AsIs, Shown};
use super::pen::Pen;
use super::places::{PLACES, Place, PlaceRow};
use super::press::RESYNC_WORD;
use super::screen::FULL;
use super::state::{Dialog, ScreenState};
use super::words;
use crate::wire::View;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use std::borrow::Cow;

/// What the help page explains besides the keys.
const GLOSSARY: &[(&str, &str)] = &[
    ("ok", "The device itself said so, lately."),
    (
        "[F]",
        "Failure.  [C] Being set up or read back.  [S] Out of specification.",
    ),
    (
        "[M]",
        "Maintenance is due.  [?] Nothing is known: nothing passes.",
    ),
    (
        "taken",
        "Numbers: good + rejected (+ sampled) + void + unknown + in line.",
    ),
    (
        "void",
        "A number that was sent and not seen. It is never used again.",
    ),
    (
        "challenge",
        "The first pack after a start has no symbol, on purpose: rejected as no symbol.",
    ),
    (
        "scan",
        "What a hand scanner types presses no key: it opens a page that says what the code is.",
    ),
    (
        "gate",
        "Rejects by default. It opens only for a verified, stored serial.",
    ),
];

/// Draws the open page or question.
pub(super) fn dialog(frame: &mut Frame<'_>, view: Option<&View>, screen: &ScreenState) {
    match &screen.dialog {
        None => {}
        Some(Dialog::Form(filled)) => form::draw(frame, view, filled, screen),
        Some(Dialog::Help) => help(frame, view, screen),
        Some(Dialog::Words) => words_page(frame, screen),
        Some(Dialog::Menu) => menu(frame, screen),
        Some(Dialog::ConfirmResume) => {
            let lines: [&dyn Shown; 5] = [
                &"Is the cause gone, and nobody's hand in the machine?",
                &"The station reads every device again before it lets the",
                &"PLC go. Start the belt at the machine.",
                &"",
                &"Enter  withdraw the stop        Esc  leave it standing",
            ];
            question(frame, "Withdraw the station's stop?", &lines, screen);
        }
        Some(Dialog::Find { typed }) => find(frame, typed, screen),
        Some(Dialog::OneTimeSecret { whose, secret }) => {
            let lines: [&dyn Shown; 7] = [
                &AsIs(secret.text()),
                &"",
                &"It is shown now and never again, and it is good for choosing an own",
                &"one: n on any screen of this station. Write it down for that person",
                &"alone, or let them choose here and now.",
                &"",
                &"Esc  it is written down",
            ];
            let title = format!("One-time secret of {}", words::seen(whose));
            question(frame, &title, &lines, screen);
        }
        Some(Dialog::ConfirmResync { typed }) => {
            let answer = format!("Type {RESYNC_WORD} and press Enter: {typed}_");
            let lines: [&dyn Shown; 5] = [
                &"The line stops, the printer's queue is cleared, numbers sent",
                &"and not seen become void, packs on the belt are rejected.",
                &"",
                &answer,
                &"Esc  do nothing",
            ];
            question(frame, "Put printer and packs in step?", &lines, screen);
        }
    }
}

/// What is looked for at this place.
fn find(frame: &mut Frame<'_>, typed: &str, screen: &ScreenState) {
    let (title, hint) = match screen.place {
        Place::Packs => (
            "Which packs?",
            "A serial, or how it ends; or a pack's number.",
        ),
        Place::Trace => (
            "Whose life?",
            "Scan it, or type: a code, an SSCC, a serial, a lot, pack 4711.",
        ),
        _ => (
            "What was done?",
            "Words that must all stand in it: a name, an alarm, a label.",
        ),
    };
    // The end of it is in sight while it is typed.
    let room = usize::from(frame.area().width.saturating_sub(9)).min(60);
    let letters: Vec<char> = words::seen(typed).chars().collect();
    let end: String = letters[letters.len().saturating_sub(room)..]
        .iter()
        .collect();
    let typed = format!("> {end}_");
    let lines: [&dyn Shown; 5] = [
        &hint,
        &"",
        &AsIs(&typed),
        &"",
        &"Enter  look for it        Esc  leave it",
    ];
    question(frame, title, &lines, screen);
}

/// Where a person can go, each place with its letter.
fn menu(frame: &mut Frame<'_>, screen: &ScreenState) {
    let wide = frame.area().width >= FULL.width;
    let said = |text| screen.language.of(text);
    let row = |row: &PlaceRow| {
        format!(
            "{}  {:9} {}",
            row.letter,
            said(row.title),
            said(row.answers)
        )
    };
    let short = |row: &PlaceRow| format!("{} {}", row.letter, said(row.title));
    let mut lines: Vec<String> = match wide {
        true => PLACES.iter().map(row).collect(),
        false => {
            let pairs = PLACES.chunks(2);
            let named = |pair: &[PlaceRow]| pair.iter().map(short).collect::<Vec<_>>().join(", ");
            pairs.map(named).collect()
        }
    };
    lines.push(said("Esc  stay here").into_owned());
    let lines: Vec<AsIs<'_>> = lines.iter().map(|line| AsIs(line)).collect();
    let lines: Vec<&dyn Shown> = lines.iter().map(|line| line as &dyn Shown).collect();
    question(frame, "Where to?", &lines, screen);
}

/// Columns of a question's text where the screen is wide enough.
const QUESTION_COLUMNS: u16 = 72;

fn question(frame: &mut Frame<'_>, title: &str, lines: &[&dyn Shown], screen: &ScreenState) {
    let inside = frame.area().width.saturating_sub(6).min(QUESTION_COLUMNS);
    let lines = lines.iter().map(|line| line.said(&screen.language));
    let wrapped: Vec<String> = if inside == QUESTION_COLUMNS {
        lines.map(Cow::into_owned).collect()
    } else {
        let short = |line: Cow<'_, str>| words::wrapped(&line, usize::from(inside));
        lines.flat_map(short).collect()
    };
    let height = u16::try_from(wrapped.len()).unwrap_or(u16::MAX);
    let area = centred(frame.area(), inside + 4, height.saturating_add(2));
    let mut pen = Pen::new(frame.buffer_mut(), area, &screen.language);
    pen.clear();
    let (width, last) = (pen.width(), pen.height().saturating_sub(1));
    for row in 1..last {
        pen.text(0, row, "|", screen.theme.rule());
        pen.text(width - 1, row, "|", screen.theme.rule());
    }
    for (row, line) in (1..last).zip(&wrapped) {
        pen.text(2, row, &AsIs(line), Style::new());
    }
    pen.heading(0..width, last, "", screen.theme.rule());
    pen.text(2, 0, title, screen.theme.strong());
    pen.row_style(0, Style::new().add_modifier(Modifier::REVERSED));
}

pub(super) fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}

/// The help page, made from the table of keys; where there is room, with the words below.
fn help(frame: &mut Frame<'_>, view: Option<&View>, screen: &ScreenState) {
    let area = frame.area();
    let mut pen = Pen::new(frame.buffer_mut(), area, &screen.language);
    let reduced = pen.width() < FULL.width;
    let own = |key: &&KeyRow| {
        matches!(
            key.in_bar,
            InBar::At(_) | InBar::AtSome(_) | InBar::Known(_)
        )
    };
    let known = || KEYS.iter().filter(|key| key.is_known(screen));
    // Those of the place first.
    let keys = known().filter(own).chain(known().filter(|key| !own(key)));
    // The reduced screen has one row for each key that its bar may have.
    let in_some_bar = |key: &&KeyRow| !matches!(key.in_bar, InBar::Never | InBar::Known(_));
    let keys = keys.filter(|key| !reduced || in_some_bar(key));
    let rows: Vec<HelpRow> = keys.map(|key| help_row(&pen, key, view, screen)).collect();
    let pages = paged(&rows, usize::from(pen.height().saturating_sub(1)));
    let shown = screen.help_page % pages.len().max(1);
    let hint = match (pages.len(), reduced) {
        (0 | 1, true) => "Esc  back".to_owned(),
        (0 | 1, false) => "w  words   Esc  back".to_owned(),
        (all, true) => format!("{}/{all}  Esc", shown + 1),
        (all, false) => format!("{}/{all}  Down  more   w  words   Esc  back", shown + 1),
    };
    page(&mut pen, ("HELP", "keys of this screen"), &hint, screen);
    let mut row = 1;
    for one in pages.get(shown).copied().unwrap_or_default() {
        pen.field(1, row, 9, &AsIs(one.key), screen.theme.strong());
        for line in &one.lines {
            pen.text(11, row, &AsIs(line), one.style);
            row += 1;
        }
    }
    if pages.len() > 1 {
        return;
    }
    let needed: usize = GLOSSARY
        .iter()
        .map(|(_, meaning)| pen.wrapped(*meaning, text_columns(&pen)).len())
        .sum();
    if usize::from(pen.height().saturating_sub(row)) > needed {
        let width = pen.width();
        pen.heading(0..width, row, "Words", screen.theme.rule());
        glossary(&mut pen, row + 1, screen);
    }
}

/// A key on the help page.
struct HelpRow {
    key: &'static str,
    lines: Vec<String>,
    style: Style,
}

/// What a key does, and why not now; on the reduced screen in one line.
fn help_row(pen: &Pen<'_>, key: &KeyRow, view: Option<&View>, screen: &ScreenState) -> HelpRow {
    let reduced = pen.width() < FULL.width;
    let what = pen.said(if reduced { key.bar } else { key.help });
    let (text, style) = match (key.enabled)(view, screen) {
        Ok(()) => (what, Style::new()),
        Err(reason) => {
            let text = match reduced {
                true => format!("{what}: {}", pen.said(reason)),
                false => {
                    let reason = format!("Not now: {reason}.");
                    format!("{what} {}", pen.said(&reason))
                }
            };
            (text, screen.theme.faint())
        }
    };
    let mut lines = words::wrapped(&text, text_columns(pen));
    if reduced {
        lines.truncate(1);
    }
    let key = key.shown;
    HelpRow { key, lines, style }
}

/// As many pages of so many lines as it takes; no key is torn apart.
fn paged(rows: &[HelpRow], room: usize) -> Vec<&[HelpRow]> {
    let (mut pages, mut from, mut used) = (Vec::new(), 0, 0);
    for (at, row) in rows.iter().enumerate() {
        if used + row.lines.len() > room && at > from {
            pages.push(&rows[from..at]);
            (from, used) = (at, 0);
        }
        used += row.lines.len();
    }
    pages.push(&rows[from..]);
    pages
}

/// What the words of the screens mean.
fn words_page(frame: &mut Frame<'_>, screen: &ScreenState) {
    let area = frame.area();
    let mut pen = Pen::new(frame.buffer_mut(), area, &screen.language);
    page(&mut pen, ("WORDS", "of the screens"), "Esc  back", screen);
    glossary(&mut pen, 1, screen);
}

/// An empty page with its heading.
fn page(pen: &mut Pen<'_>, (title, about): (&str, &str), hint: &str, screen: &ScreenState) {
    pen.clear();
    let width = pen.width();
    let heading = format!("{}   {}", pen.said(title), pen.said(about));
    pen.text(1, 0, &AsIs(&heading), screen.theme.strong());
    pen.right(width - 1, 0, hint, Style::new());
    pen.row_style(0, Style::new().add_modifier(Modifier::REVERSED));
}

/// Columns of the text behind a key or a word.
fn text_columns(pen: &Pen<'_>) -> usize {
    usize::from(pen.width().saturating_sub(12))
}

fn glossary(pen: &mut Pen<'_>, first: u16, screen: &ScreenState) {
    let mut row = first;
    for (word, meaning) in GLOSSARY {
        pen.field(1, row, 9, *word, screen.theme.strong());
        for line in pen.wrapped(*meaning, text_columns(pen)) {
            pen.text(11, row, &AsIs(&line), Style::new());
            row += 1;
        }
    }
}
