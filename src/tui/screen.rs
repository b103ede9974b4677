//! The main screen from a view, at 80 × 24 and larger. PURE.

use super::keys::{InBar, KEYS, KeyRow};
use super::language::AsIs;
use super::pen::Pen;
use super::places::{self, Place};
use super::state::ScreenState;
use super::{alarm_rows, board, found, pages, small, words};
use crate::record::{SignIn, Tally};
use crate::wire::{AlarmView, DeviceState, DeviceView, LineState, View};
use ratatui::Frame;
use ratatui::layout::Size;
use ratatui::style::{Modifier, Style};

/// The size the main screen needs.
pub const FULL: Size = Size::new(80, 24);
/// The size the reduced screen needs.
pub const SMALL: Size = Size::new(40, 12);

/// Column of the rule between the batch and the last pack.
const PANEL: u16 = 55;
/// Row of the heading of the batch.
const BATCH_ROW: u16 = 4;
/// Row of the heading of the devices.
const DEVICES_ROW: u16 = 11;
/// Row of the heading of the alarms.
const ALARMS_ROW: u16 = 16;
/// Devices that have a row.
const DEVICES_SHOWN: usize = 4;
/// What stands there while a label template is on trial.
const TRIAL_HINT: &str = "A label is on trial: until a test print was read no pack passes.";
/// What stands in place of a name while nobody is signed in.
const NOBODY: &str = "i: sign in";
/// What stands in the message row when nothing else has to be said.
const GATE_HINT: &str =
    "* the gate rejects by default; it opens only for a verified, stored serial";

/// Draws everything a person sees: the main screen, or what fits of it, and the page or question
/// over it.
pub fn draw(frame: &mut Frame<'_>, view: &View, screen: &ScreenState) {
    let area = frame.area();
    if too_small(frame, screen) {
        return;
    }
    if screen.board {
        return board::draw(frame, Some(view), screen);
    }
    let mut pen = Pen::new(frame.buffer_mut(), area, &screen.language);
    let full = area.width >= FULL.width && area.height >= FULL.height;
    match (screen.place, full) {
        (Place::Line, true) => main_screen(&mut pen, view, screen),
        (Place::Line, false) => small::screen(&mut pen, view, screen),
        (place, _) => place_screen(&mut pen, place, view, screen),
    }
    over(frame, Some(view), screen);
}

/// Draws the screen while no view has come yet.
pub fn draw_waiting(frame: &mut Frame<'_>, screen: &ScreenState) {
    let area = frame.area();
    if too_small(frame, screen) {
        return;
    }
    if screen.board {
        return board::draw(frame, None, screen);
    }
    let mut pen = Pen::new(frame.buffer_mut(), area, &screen.language);
    pen.text(1, 0, "UNKNOWN  no station answers", screen.theme.strong());
    pen.row_style(0, screen.theme.state_row(None));
    let why = screen
        .lost
        .as_deref()
        .unwrap_or("Asking the station for its view …");
    let width = usize::from(area.width).saturating_sub(4);
    for (row, line) in (2..).zip(pen.wrapped(why, width)) {
        pen.text(2, row, &AsIs(&line), screen.theme.strong());
    }
    key_bar(&mut pen, None, screen);
    over(frame, None, screen);
}

/// What lies over it: the page of a scan hides a question, so that nobody takes its keys for the question's.
fn over(frame: &mut Frame<'_>, view: Option<&View>, screen: &ScreenState) {
    match screen.page {
        Some(_) => found::page(frame, screen),
        None => pages::dialog(frame, view, screen),
    }
}

/// Anything can be shown on a screen of this size.
pub(super) fn fits(size: Size) -> bool {
    size.width >= SMALL.width && size.height >= SMALL.height
}

fn too_small(frame: &mut Frame<'_>, screen: &ScreenState) -> bool {
    let area = frame.area();
    let fits = fits(area.as_size());
    if !fits {
        let (width, height) = (area.width, area.height);
        let text = format!(
            "needs {}×{}, has {width}×{height}",
            SMALL.width, SMALL.height
        );
        let mut pen = Pen::new(frame.buffer_mut(), area, &screen.language);
        pen.text(0, 0, &text, Style::new());
    }
    !fits
}

/// Any place but the line: its name, its rows, the message, the keys.
fn place_screen(pen: &mut Pen<'_>, place: Place, view: &View, screen: &ScreenState) {
    state_row(pen, view, screen);
    let about = place.row();
    let heading = match pen.width() >= FULL.width {
        true => format!("{}  {}", pen.said(about.title), pen.said(about.answers)),
        false => pen.said(about.title),
    };
    pen.heading(0..pen.width(), 1, &AsIs(&heading), screen.theme.rule());
    places::draw(pen, view, screen);
    let (text, style) = message(view, screen);
    pen.field(2, pen.height() - 2, pen.width() - 4, text, style);
    key_bar(pen, Some(view), screen);
}

fn main_screen(pen: &mut Pen<'_>, view: &View, screen: &ScreenState) {
    state_row(pen, view, screen);
    flow(pen, view, screen);
    batch(pen, view, screen);
    devices(pen, view, screen);
    last_pack(pen, view, screen);
    alarms(pen, view, screen);
    recovery(pen, view, screen);
    message_row(pen, view, screen);
    key_bar(pen, Some(view), screen);
}

/// Row 1: reverse video, the only large block.
pub(super) fn state_row(pen: &mut Pen<'_>, view: &View, screen: &ScreenState) {
    let clock = words::clock(view.utc_ms, &screen.zone);
    let width = pen.width();
    let (word, rest, state) = match &screen.lost {
        Some(_) => ("UNKNOWN", "no answer; shown is what was last heard", None),
        None => (
            words::state(view.state),
            view.state_text.as_str(),
            Some(view.state),
        ),
    };
    let about = match &view.batch {
        Some(batch) => format!("{} | {} | batch {}", view.station, batch.product, batch.lot),
        None => format!("{} | no batch open", view.station),
    };
    let says_why = !rest.is_empty() && state != Some(LineState::Running);
    let about = if says_why { rest } else { &about };
    let operator = if pen.width() >= FULL.width {
        match view.sign_in == SignIn::Required && !screen.signed_in {
            true => pen.said(NOBODY),
            false => words::cut(&screen.operator, 13),
        }
    } else {
        String::new()
    };
    let right = format!("{operator}  {clock} ");
    let end = pen.text(1, 0, word, screen.theme.strong());
    let taken = u16::try_from(right.chars().count()).unwrap_or(width);
    let room = width.saturating_sub(end + 3 + taken + 1);
    let style = Style::new();
    pen.field(end + 3, 0, room, about, style);
    pen.right(width, 0, &AsIs(&right), style);
    pen.row_style(0, screen.theme.state_row(state));
}

fn flow(pen: &mut Pen<'_>, view: &View, screen: &ScreenState) {
    let width = pen.width();
    pen.heading(0..width, 1, "Flow", screen.theme.rule());
    let plain = Style::new();
    for (place, step) in view.flow.iter().take(4).enumerate() {
        let column = 3 + 18 * u16::try_from(place).unwrap_or(0);
        let end = pen.field(column, 2, 8, &step.name, screen.theme.strong());
        if place < 3 && place + 1 < view.flow.len() {
            let arrow = match step.packs {
                0 => ">>".to_owned(),
                packs => format!(">> {packs} >>"),
            };
            pen.field(end.max(column + 6) + 2, 2, 9, &arrow, plain);
        }
        if let Some(tail) = &step.serial_tail {
            pen.field(column, 3, 12, &words::tail(tail), plain);
        }
    }
}

fn batch(pen: &mut Pen<'_>, view: &View, screen: &ScreenState) {
    let (theme, plain) = (&screen.theme, Style::new());
    let tally = &view.tally;
    let heading = batch_heading(pen, view);
    pen.heading(0..PANEL, BATCH_ROW, &AsIs(&heading), theme.rule());
    let row = BATCH_ROW + 1;
    pen.text(2, row, "good", plain);
    pen.right(19, row, &words::grouped(tally.good), theme.strong());
    if let Some(target) = view.batch.as_ref().and_then(|batch| batch.target) {
        pen.text(19, row, &format!(" / {}", words::grouped(target)), plain);
    }
    pen.right(
        PANEL - 2,
        row,
        &format!("{} packs/min", view.packs_per_min),
        plain,
    );

    pen.text(2, row + 1, "rejected", plain);
    pen.right(
        19,
        row + 1,
        &words::grouped(tally.rejected()),
        theme.strong(),
    );
    let decided = tally.good + tally.rejected();
    let permille = (tally.rejected() * 1_000).checked_div(decided).unwrap_or(0);
    let share = format!(
        "{}.{} %   of last 100: {}",
        permille / 10,
        permille % 10,
        view.rejects_of_last_100
    );
    pen.text(22, row + 1, &share, plain);
    causes(pen, tally, row + 2);
    let (in_line, removed, unknown) = (tally.in_line, tally.removed, tally.unknown);
    let void = tally.numbers_void;
    let rest = match tally.sampled {
        0 => format!(
            "in line {in_line}   removed {removed}   unknown {unknown}   void numbers {void}"
        ),
        sampled => format!(
            "in line {in_line}  sampled {sampled}  removed {removed}  unknown {unknown}  void {void}"
        ),
    };
    pen.field(2, row + 4, PANEL - 3, &rest, plain);
    books(pen, tally, row + 5, PANEL, screen);
}

/// Columns of a heading that are no text.
const HEADING_MARGIN: usize = 5;

/// `Batch grade 3.4 B, minimum 1.5 C, label pharma-pack`, as far as there is any.
fn batch_heading(pen: &Pen<'_>, view: &View) -> String {
    let mean = view.quality.overall_mean_tenths.map(words::grade);
    let rules = view.batch.as_ref().map(|batch| batch.quality);
    let least = rules.and_then(|rules| rules.grade_min.0).map(words::grade);
    let grade = match (mean, least) {
        (Some(mean), Some(least)) => format!("Batch grade {mean}, minimum {least}"),
        (Some(mean), None) => format!("Batch grade {mean}"),
        (None, _) if view.quality.ungraded > 0 => "Batch, not graded".to_owned(),
        (None, _) => "Batch".to_owned(),
    };
    let label = view.label.as_ref().map(|label| match &label.trial {
        Some(trial) => format!(", trial of {}", trial.name),
        None => format!(", label {}", label.name),
    });
    let (grade, label) = (pen.said(&grade), pen.said(&label.unwrap_or_default()));
    let room = usize::from(PANEL).saturating_sub(HEADING_MARGIN + grade.chars().count());
    grade + &words::cut(&label, room)
}

/// Reject causes, the most frequent first, on two rows.
fn causes(pen: &mut Pen<'_>, tally: &Tally, first_row: u16) {
    let mut causes: Vec<(&String, u64)> = tally
        .rejected_by
        .iter()
        .map(|(name, count)| (name, *count))
        .filter(|(_, count)| *count > 0)
        .collect();
    causes.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let (mut row, mut column) = (first_row, 5);
    for (at, (name, count)) in causes.iter().enumerate() {
        let text = format!("{} {count}   ", pen.said(&words::cause(name)));
        let length = u16::try_from(text.trim_end().chars().count()).unwrap_or(PANEL);
        let left = causes.len() - at;
        // Room for "+9 more" where this is not the last one on the last row.
        let reserve = if row > first_row && left > 1 { 9 } else { 0 };
        if column + length + reserve >= PANEL {
            if row > first_row {
                pen.text(column, row, &format!("+{left} more"), Style::new());
                return;
            }
            (row, column) = (row + 1, 5);
        }
        column = pen.field(column, row, PANEL - column, &AsIs(&text), Style::new());
    }
}

/// The equation and whether it holds.
pub(super) fn books(pen: &mut Pen<'_>, tally: &Tally, row: u16, width: u16, screen: &ScreenState) {
    let style = if tally.balanced() {
        screen.theme.strong()
    } else {
        screen.theme.wrong().add_modifier(Modifier::REVERSED)
    };
    let balance = pen.said(words::balance(tally));
    let length = u16::try_from(balance.chars().count()).unwrap_or(0);
    let room = width.saturating_sub(length + 4);
    pen.field(2, row, room, &words::numbers(tally), Style::new());
    pen.right(width - 1, row, &AsIs(&balance), style);
}

fn devices(pen: &mut Pen<'_>, view: &View, screen: &ScreenState) {
    let more = view.devices.len().saturating_sub(DEVICES_SHOWN);
    let heading = match more {
        0 => "Devices".to_owned(),
        more => format!("Devices ({more} more)"),
    };
    pen.heading(0..PANEL, DEVICES_ROW, &heading, screen.theme.rule());
    let plain = Style::new();
    // Where there is no room for all, those that are not well come first.
    let mut devices: Vec<&DeviceView> = view.devices.iter().collect();
    if more > 0 {
        devices.sort_by_key(|device| screen.heard(device.state) == DeviceState::Ok);
    }
    // The devices of several lanes have their number behind their name.
    let number = u16::from(devices.iter().any(|device| device.name.len() > 8));
    for (row, device) in (DEVICES_ROW + 1..).zip(devices.into_iter().take(DEVICES_SHOWN)) {
        pen.field(2, row, 8 + number, &AsIs(&device.name), plain);
        pen.field(11 + number, row, 15 - number, &AsIs(&device.model), plain);
        let state = screen.heard(device.state);
        let style = screen.theme.device(state);
        pen.text(27, row, words::device(state), style);
        pen.field(32, row, PANEL - 32, &device.detail, plain);
    }
}

fn last_pack(pen: &mut Pen<'_>, view: &View, screen: &ScreenState) {
    let theme = &screen.theme;
    let width = pen.width();
    let last = ALARMS_ROW + u16::from(symbol_fills_panel(view));
    for row in BATCH_ROW..=last {
        let mark = if row == BATCH_ROW || row == last {
            "+"
        } else {
            "|"
        };
        pen.text(PANEL, row, mark, theme.rule());
    }
    let Some(pack) = &view.last_pack else {
        pen.heading(PANEL + 1..width, BATCH_ROW, "Last pack", theme.rule());
        pen.text(PANEL + 2, BATCH_ROW + 2, "none verified yet", theme.faint());
        return;
    };
    let serial = pack
        .serial
        .as_deref()
        .map_or("no number".to_owned(), words::tail);
    let heading = format!("Last pack {serial}");
    pen.heading(PANEL + 1..width, BATCH_ROW, &heading, theme.rule());
    let mut outcome = pen.said(&words::outcome(&pack.outcome, pack.passed));
    if let Some(grade) = words::last_grade(pack) {
        outcome = format!("{outcome} {grade}");
    }
    let drawn = pack.modules.as_ref().map(words::half_blocks);
    let rows = ALARMS_ROW - BATCH_ROW;
    let fits = drawn.filter(|lines| {
        let columns = lines.first().map_or(0, |line| line.chars().count());
        (1..=usize::from(rows)).contains(&lines.len()) && columns <= usize::from(width - PANEL - 1)
    });
    let outcome_row = match &fits {
        Some(lines) => {
            let columns = lines[0].chars().count();
            // A symbol of up to 22 modules keeps a blank beside the rule; one of 24 fills the
            // panel.
            let column = if columns <= 22 { PANEL + 2 } else { PANEL + 1 };
            for (row, line) in (BATCH_ROW + 1..).zip(lines) {
                pen.text(column, row, line, Style::new());
            }
            ALARMS_ROW.max(BATCH_ROW + 1 + u16::try_from(lines.len()).unwrap_or(rows))
        }
        None => {
            let none = || pen.said("no symbol to show");
            let text = pack.read.clone().unwrap_or_else(none);
            let lines = words::wrapped(&text, usize::from(width - PANEL - 3));
            for (row, line) in (BATCH_ROW + 2..ALARMS_ROW).zip(lines) {
                pen.text(PANEL + 2, row, &AsIs(&line), theme.faint());
            }
            ALARMS_ROW
        }
    };
    let style = if pack.passed {
        theme.rule()
    } else {
        theme.wrong()
    };
    pen.heading(PANEL + 1..width, outcome_row, &AsIs(&outcome), style);
}

fn alarms(pen: &mut Pen<'_>, view: &View, screen: &ScreenState) {
    let in_place = in_place(view);
    let active = in_place.iter().filter(|alarm| alarm.active).count();
    let open = in_place.iter().filter(|alarm| alarm.is_unseen()).count();
    let shelved = view.alarms.len() - in_place.len();
    let first_row = ALARMS_ROW + 1 + u16::from(symbol_fills_panel(view));
    let below = 1 + message_rows(pen, view, screen) + recovery_rows(pen, view);
    let rows = pen.height().saturating_sub(below + first_row);
    let shown = in_place.len().min(usize::from(rows));
    let mut heading = match &view.alarm_rates.flood {
        Some(flood) => {
            let count = view.alarm_rates.last_10_min;
            format!("Alarms: FLOOD, {count} in 10 min, first {}", flood.first)
        }
        None => format!("Alarms {active} active, {open} unacknowledged"),
    };
    heading = pen.said(&heading);
    for (count, what) in [(in_place.len() - shown, "not shown"), (shelved, "shelved")] {
        if count > 0 {
            heading += &pen.said(&format!(", {count} {what}"));
        }
    }
    pen.heading(
        0..PANEL,
        first_row - 1,
        &AsIs(&heading),
        screen.theme.rule(),
    );
    let mut row = first_row;
    for (alarm, rows) in alarm_rows::shared(pen, &in_place[..shown], rows) {
        alarm_rows::draw(pen, alarm, row..row + rows, screen);
        row += rows;
    }
}

/// The alarms that nobody has shelved: the others have a place of their own (F4).
pub(super) fn in_place(view: &View) -> Vec<&AlarmView> {
    let alarms = view.alarms.iter();
    alarms.filter(|alarm| alarm.shelved.is_none()).collect()
}

/// A symbol of 24 rows needs the row of the alarms' heading too.
fn symbol_fills_panel(view: &View) -> bool {
    let modules = view
        .last_pack
        .as_ref()
        .and_then(|pack| pack.modules.as_ref());
    modules.is_some_and(|modules| modules.rows.div_ceil(2) == ALARMS_ROW - BATCH_ROW)
}

/// Most rows of the account of a recovery.
const RECOVERY_ROWS_MAX: usize = 2;

fn recovery_lines(pen: &Pen<'_>, view: &View) -> Vec<String> {
    let width = usize::from(pen.width() - 4);
    let said = |text: &str| pen.said(text);
    let text = |account| words::recovery(account, (width, RECOVERY_ROWS_MAX), &said);
    let mut lines = view
        .recovery
        .as_ref()
        .map_or(Vec::new(), |account| words::wrapped(&text(account), width));
    lines.truncate(RECOVERY_ROWS_MAX);
    lines
}

fn recovery_rows(pen: &Pen<'_>, view: &View) -> u16 {
    u16::try_from(recovery_lines(pen, view).len()).unwrap_or(0)
}

/// Above the message: what became of the packs that were on the belt when the line fell out of step.
fn recovery(pen: &mut Pen<'_>, view: &View, screen: &ScreenState) {
    let lines = recovery_lines(pen, view);
    let below = 1 + message_rows(pen, view, screen) + recovery_rows(pen, view);
    let unknown = view.recovery.as_ref().map_or(0, |r| r.fates.unknown);
    let style = match unknown {
        0 => Style::new(),
        _ => screen.theme.strong(),
    };
    for (row, line) in (pen.height() - below..).zip(&lines) {
        pen.text(2, row, &AsIs(line), style);
    }
}

/// What stands above the keys: the last answer, why the line stands, or the standing hint. One row,
/// or two for long ones.
fn message<'s>(view: &'s View, screen: &'s ScreenState) -> (&'s str, Style) {
    let theme = &screen.theme;
    match (&screen.message, &screen.lost) {
        (Some(message), _) => (message, theme.strong()),
        (None, Some(lost)) => (lost, theme.wrong()),
        (None, None) if !view.state_text.is_empty() => (&view.state_text, theme.strong()),
        (None, None) if view.reject_next => (
            "The next pack will be rejected, as ordered.",
            theme.strong(),
        ),
        (None, None) if on_trial(view) => (TRIAL_HINT, theme.strong()),
        (None, None) => (GATE_HINT, theme.faint()),
    }
}

/// A label template is on trial.
fn on_trial(view: &View) -> bool {
    view.label
        .as_ref()
        .is_some_and(|label| label.trial.is_some())
}

/// Rows of the message.
fn message_rows(pen: &Pen<'_>, view: &View, screen: &ScreenState) -> u16 {
    let (text, _) = message(view, screen);
    let lines = pen.wrapped(text, usize::from(pen.width() - 4));
    if lines.len() > 1 { 2 } else { 1 }
}

fn message_row(pen: &mut Pen<'_>, view: &View, screen: &ScreenState) {
    let (text, style) = message(view, screen);
    let lines = pen.wrapped(text, usize::from(pen.width() - 4));
    let first = pen.height() - 1 - message_rows(pen, view, screen);
    match lines.as_slice() {
        [] => {}
        [only] => drop(pen.text(2, first, &AsIs(only), style)),
        [upper, rest @ ..] => {
            pen.text(2, first, &AsIs(upper), style);
            let rest = rest.join(" ");
            pen.field(2, first + 1, pen.width() - 4, &AsIs(&rest), style);
        }
    }
}

/// The last row: keys and what they do; what does nothing now is faint. Where a place has keys of its own and there is
/// no room for all, the usual ones are left out.
pub(super) fn key_bar(pen: &mut Pen<'_>, view: Option<&View>, screen: &ScreenState) {
    let row = pen.height() - 1;
    let taken = |key: &&KeyRow| {
        let shown = super::keys::row(key.presses[0], view, screen);
        shown.is_some_and(|shown| std::ptr::eq(shown, *key))
    };
    let in_bar = || {
        KEYS.iter()
            .filter(|key| key.is_in_bar(screen))
            .filter(taken)
    };
    let bar = |key: &KeyRow| screen.language.of(key.bar);
    let width = |key: &KeyRow| {
        let columns = key.short.chars().count() + bar(key).chars().count() + 1;
        u16::try_from(columns).unwrap_or(u16::MAX)
    };
    let all: u16 = in_bar().map(|key| width(key) + 2).sum();
    let own = in_bar().any(|key| matches!(key.in_bar, InBar::At(_) | InBar::AtSome(_)));
    let fits = !own || all < pen.width() + 2;
    let mut column = 1;
    for key in in_bar().filter(|key| fits || key.in_bar != InBar::Usual) {
        let (short, words) = match (key.enabled)(view, screen) {
            Ok(()) => (screen.theme.strong(), Style::new()),
            Err(_) => (screen.theme.faint(), screen.theme.faint()),
        };
        if column + width(key) > pen.width() {
            return;
        }
        column = pen.text(column, row, &AsIs(key.short), short);
        column = pen.text(column + 1, row, key.bar, words) + 2;
    }
}
