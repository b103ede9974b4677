//! The board for the wall (`vidimus tui --big`): state, stop reason, good packs and rate in letters that are read from
//! afar. Nothing is ordered from it. PURE.
//!
//! From top to bottom: what runs; the state; why the line does not run, or the first alarm; how many packs are good;
//! how fast they come, and how many were rejected; lanes and alarms; how to leave. Letters are as large as the terminal
//! allows; where it is small, all but the count is plain text.

use super::language::AsIs;
use super::letters;
use super::pen::Pen;
use super::screen::in_place;
use super::state::ScreenState;
use super::words;
use crate::wire::{LaneView, LineState, View};
use ratatui::Frame;
use ratatui::style::{Modifier, Style};

/// The largest letters are so many times as large as the smallest.
const SCALE_MOST: u16 = 8;
/// Most lines of a reason.
const REASON_LINES: usize = 3;
/// The last row.
const LEAVE: &str = "q leaves this board; nothing can be ordered from it";

/// What the board says.
struct Said {
    about: String,
    word: String,
    state: Option<LineState>,
    reason: String,
    good: String,
    /// Figures, each with the words below it.
    figures: [(String, &'static str); 2],
    /// What the good packs are counted towards.
    target: String,
    /// Lanes, then alarms.
    notes: Vec<(String, Style)>,
}

/// How large each part is; 0: plain text.
struct Scales {
    state: u16,
    reason: u16,
    count: u16,
    figures: u16,
}

/// Draws it; while no view has come there is only why.
pub(super) fn draw(frame: &mut Frame<'_>, view: Option<&View>, screen: &ScreenState) {
    let area = frame.area();
    let mut pen = Pen::new(frame.buffer_mut(), area, &screen.language);
    let (width, height) = (pen.width(), pen.height());
    let said = match view {
        Some(view) => said(view, screen, height),
        None => unheard(screen),
    };
    let scales = scales(&said, width, height);
    let needed = needed(&said, &scales, width);
    // What is left is shared by the gaps above state, reason, count and figures.
    let gap = height.saturating_sub(needed) / 4;
    pen.field(1, 0, width - 2, &AsIs(&said.about), Style::new());
    let mut row = 1 + gap.min(1);
    row = state(&mut pen, row, &said, &scales, screen) + gap;
    row = reason(&mut pen, row, &said, &scales, screen) + gap;
    if view.is_some() {
        row = count(&mut pen, row, &said, &scales, screen) + gap;
        figures(&mut pen, row, &said, &scales, screen);
    }
    let notes = said.notes.len() as u16;
    for (row, (note, style)) in (height.saturating_sub(notes + 1)..).zip(&said.notes) {
        pen.field(1, row, width - 2, note, *style);
    }
    pen.field(1, height - 1, width - 2, LEAVE, screen.theme.faint());
}

fn said(view: &View, screen: &ScreenState, height: u16) -> Said {
    let in_language = |text: &str| screen.language.of(text).into_owned();
    let clock = words::clock(view.utc_ms, &screen.zone);
    let batch = match &view.batch {
        Some(batch) => format!("{} | batch {}", batch.product, batch.lot),
        None => "no batch open".to_owned(),
    };
    let (word, state, reason) = match &screen.lost {
        Some(lost) => ("NO ANSWER", None, lost.clone()),
        None => (words::state(view.state), Some(view.state), reason_of(view)),
    };
    let heard = match screen.lost {
        Some(_) => "last heard ",
        None => "",
    };
    let target = view.batch.as_ref().and_then(|batch| batch.target);
    let target = target.map_or(String::new(), |target| {
        format!(" of {}", words::grouped(target))
    });
    Said {
        about: words::seen(&format!(
            "{}{clock}  {} | {}",
            in_language(heard),
            view.station,
            in_language(&batch)
        )),
        word: in_language(word),
        state,
        reason: in_language(&words::seen(&reason)),
        good: words::grouped(view.tally.good),
        figures: [
            (words::grouped(view.packs_per_min.into()), "packs/min"),
            (words::grouped(view.tally.rejected()), "rejected"),
        ],
        target,
        notes: notes(view, screen, usize::from(height / 4)),
    }
}

/// Before anything was heard.
fn unheard(screen: &ScreenState) -> Said {
    let asking = "Asking the station for its view …".to_owned();
    let reason = words::seen(&screen.lost.clone().unwrap_or(asking));
    Said {
        about: String::new(),
        word: screen.language.of("NO ANSWER").into_owned(),
        state: None,
        reason: screen.language.of(&reason).into_owned(),
        good: String::new(),
        figures: Default::default(),
        target: String::new(),
        notes: Vec::new(),
    }
}

/// Why the line does not run, or the first of the alarms that stand.
fn reason_of(view: &View) -> String {
    let first = in_place(view).into_iter().find(|alarm| alarm.active);
    match (view.state_text.is_empty(), first) {
        (false, _) => view.state_text.clone(),
        (true, Some(alarm)) => format!("[{}] {}", alarm.letter, alarm.text),
        (true, None) => String::new(),
    }
}

/// Each lane in words where there are several, all in one row where so many rows are too few; and how many alarms
/// there are.
fn notes(view: &View, screen: &ScreenState, rows: usize) -> Vec<(String, Style)> {
    let stands = |lane: &LaneView| match screen.lost {
        Some(_) => (format!("lane {}  unknown", lane.no), None),
        None => {
            let word = words::state(lane.state);
            (format!("lane {}  {word}", lane.no), Some(lane.state))
        }
    };
    let mut notes: Vec<(String, Style)> = Vec::new();
    if view.lanes.len() <= rows {
        for lane in &view.lanes {
            let (mut told, state) = stands(lane);
            if state.is_some() && !lane.text.is_empty() {
                told = format!("{told}  {}", words::seen(&lane.text));
            }
            notes.push((told, style_of(state, screen)));
        }
    } else {
        let told: Vec<String> = view.lanes.iter().map(|lane| stands(lane).0).collect();
        notes.push((told.join(", "), screen.theme.strong()));
    }
    let alarms = in_place(view);
    let active = alarms.iter().filter(|alarm| alarm.active).count();
    let unseen = alarms.iter().filter(|alarm| alarm.is_unseen()).count();
    if active + unseen > 0 {
        let text = format!("alarms: {active} active, {unseen} not acknowledged");
        notes.push((text, screen.theme.strong()));
    }
    notes
}

/// Colour only for what is not normal.
fn style_of(state: Option<LineState>, screen: &ScreenState) -> Style {
    let style = screen.theme.state_row(state);
    style
        .remove_modifier(Modifier::REVERSED)
        .add_modifier(Modifier::BOLD)
}

/// The largest letters for which there is room. Where the line does not run, why is worth more than the size of the
/// count.
fn scales(said: &Said, width: u16, height: u16) -> Scales {
    let large = (1..=SCALE_MOST)
        .rev()
        .map(|count| (count, count.div_ceil(2)));
    let all = large.chain([(1, 0), (0, 0)]);
    let reasons = match said.reason.is_empty() {
        true => [0].iter(),
        false => [1, 0].iter(),
    };
    let each = reasons.flat_map(|reason| {
        all.clone()
            .map(|(count, figures)| (*reason, count, figures))
    });
    for (reason, count, figures) in each {
        let fits =
            |text: &str, scale| letters::width(text, scale).is_some_and(|wide| wide <= width - 2);
        let state = (1..=count).rev().find(|scale| fits(&said.word, *scale));
        let scales = Scales {
            state: state.unwrap_or(0),
            reason,
            count,
            figures,
        };
        let lines = letters::wrapped(&said.reason, 1, width - 2);
        let reason_fits =
            reason == 0 || (count > 1 && lines.is_some_and(|lines| lines.len() <= REASON_LINES));
        let figures_fit = said.figures.iter().all(|(figure, _)| {
            letters::width(figure, figures).is_some_and(|wide| wide <= width / 2 - 2)
        });
        let fits = reason_fits && figures_fit && fits(&said.good, count);
        if fits && needed(said, &scales, width) <= height {
            return scales;
        }
    }
    Scales {
        state: 0,
        reason: 0,
        count: 0,
        figures: 0,
    }
}

/// Rows of a part in letters of this scale.
fn rows(scale: u16) -> u16 {
    match scale {
        0 => 1,
        scale => letters::rows(scale),
    }
}

/// The reason in lines; with how many rows each takes.
fn reason_lines(said: &Said, scale: u16, width: u16) -> (Vec<String>, u16) {
    let large = letters::wrapped(&said.reason, 1, width - 2).filter(|_| scale > 0);
    match large {
        Some(lines) => (lines, letters::rows(scale) + 1),
        None => {
            let mut lines = words::wrapped(&said.reason, usize::from(width - 2));
            lines.truncate(REASON_LINES);
            (lines, 1)
        }
    }
}

/// Rows of all of it, without gaps.
fn needed(said: &Said, scales: &Scales, width: u16) -> u16 {
    let (lines, each) = reason_lines(said, scales.reason, width);
    let reason = lines.len() as u16 * each;
    // Figures in plain text have their words beside them.
    let words = 1 + u16::from(scales.figures > 0);
    let notes = said.notes.len() as u16;
    let large = rows(scales.state) + rows(scales.count) + rows(scales.figures);
    // What runs, and how to leave.
    2 + large + reason + words + notes
}

fn state(pen: &mut Pen<'_>, row: u16, said: &Said, scales: &Scales, screen: &ScreenState) -> u16 {
    let style = style_of(said.state, screen);
    match scales.state {
        0 => {
            pen.text(1, row, &AsIs(&said.word), style);
            pen.row_style(row, style.add_modifier(Modifier::REVERSED));
        }
        scale => letters::draw(pen, (1, row), &said.word, scale, style),
    }
    row + rows(scales.state)
}

fn reason(pen: &mut Pen<'_>, row: u16, said: &Said, scales: &Scales, screen: &ScreenState) -> u16 {
    let (lines, each) = reason_lines(said, scales.reason, pen.width());
    let mut row = row;
    for line in &lines {
        match scales.reason {
            0 => drop(pen.text(1, row, &AsIs(line), screen.theme.strong())),
            scale => letters::draw(pen, (1, row), line, scale, screen.theme.strong()),
        }
        row += each;
    }
    row
}

/// The good packs; of a station that is lost they are what was last heard, and drawn faint.
fn count(pen: &mut Pen<'_>, row: u16, said: &Said, scales: &Scales, screen: &ScreenState) -> u16 {
    let style = match said.state {
        Some(_) => screen.theme.strong(),
        None => screen.theme.faint(),
    };
    let below = row + rows(scales.count);
    match scales.count {
        0 => drop(pen.text(1, row, &said.good, style)),
        scale => letters::draw(pen, (1, row), &said.good, scale, style),
    }
    pen.text(1, below, &format!("good{}", said.target), Style::new());
    below + 1
}

fn figures(pen: &mut Pen<'_>, row: u16, said: &Said, scales: &Scales, screen: &ScreenState) {
    let style = match said.state {
        Some(_) => screen.theme.strong(),
        None => screen.theme.faint(),
    };
    for (at, (figure, name)) in (0..).zip(&said.figures) {
        let column = 1 + at * (pen.width() / 2);
        match scales.figures {
            0 => {
                let end = pen.text(column, row, figure, style);
                pen.text(end + 1, row, *name, Style::new());
            }
            scale => {
                letters::draw(pen, (column, row), figure, scale, style);
                pen.text(column, row + rows(scale), *name, Style::new());
            }
        }
    }
}
