//! How well a camera sees: what was read in its last pictures, grades one by one, and what they were before. Pictures
//! are taken for whoever stands here while the line stands; while it runs they are those of packs. PURE.

use super::{devices, list};
use crate::record::{Grades, Parameter, SymbolPlace};
use crate::tui::language::AsIs;
use crate::tui::pen::Pen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::look::{ShotSeen, ShotsSight};
use crate::wire::{DeviceView, LineState, Sight, View};
use ratatui::style::Style;
use std::ops::Range;

/// Most rows of the list of cameras.
const ROWS: u16 = 3;
/// Columns of the table of grades, and where its numbers stand.
const NOW: u16 = 28;
const BEFORE: u16 = 38;
/// Where the modules are drawn.
const MODULES: u16 = 48;

/// Whose trigger it is.
const TRIGGER: &str = "Its offset is the machine's: the PLC's program, or the delay of the camera's own trigger. Set \
                       it there until the symbol lies in the middle.";
/// Most lines of advice: the rest comes when these are mended.
const ADVICE: usize = 2;

/// What was seen at a moment that a person remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// With which camera.
    device: String,
    utc_ms: i64,
    read: String,
    brightness_percent: Option<u8>,
    grades: Option<Grades>,
}

/// What looks at packs, of all devices.
pub fn eyes(view: &View) -> Vec<&DeviceView> {
    let devices = view.devices.iter();
    devices.filter(|device| looks_at_packs(device)).collect()
}

/// A camera, or the reader in its place: readers at scan points have the point's name behind.
pub fn looks_at_packs(device: &DeviceView) -> bool {
    let mut words = device.name.splitn(2, ' ');
    let (kind, behind) = (words.next(), words.next());
    match (kind, behind) {
        (Some("camera" | "reader"), None) => true,
        (Some("camera" | "reader"), Some(lane)) => lane.bytes().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}

/// The chosen one.
pub fn chosen<'v>(view: &'v View, state: &ScreenState) -> Option<&'v DeviceView> {
    let eyes = eyes(view);
    let last = eyes.len().checked_sub(1)?;
    eyes.get(state.chosen.min(last)).copied()
}

/// What was heard of it.
fn shots<'s>(device: &DeviceView, state: &'s ScreenState) -> Option<&'s ShotsSight> {
    match state.look.sight() {
        Some(Sight::Shots(seen)) if seen.device == device.name => Some(seen),
        _ => None,
    }
}

/// What is seen now, to be remembered.
pub fn present(view: &View, state: &ScreenState) -> Option<Remembered> {
    let shots = shots(chosen(view, state)?, state)?;
    let last = shots.last.as_ref()?;
    Some(Remembered {
        device: shots.device.clone(),
        utc_ms: last.utc_ms,
        read: rate(shots),
        brightness_percent: last.brightness_percent,
        grades: last.grades,
    })
}

/// In how many of the last pictures a symbol was read.
fn rate(shots: &ShotsSight) -> String {
    let read = shots.read.iter().filter(|read| **read).count();
    format!("{read} of {}", shots.read.len())
}

pub(super) fn draw(pen: &mut Pen<'_>, view: &View, state: &ScreenState) {
    let body = list::body(pen);
    let eyes = eyes(view);
    let (rows, about) = list::shared(body.clone(), eyes.len());
    let middle = rows.end.min(body.start + ROWS);
    list::rows(pen, body.start..middle, &eyes, state, |pen, row, device| {
        let model = words::seen(&device.model);
        devices::one(pen, row, (device, &AsIs(&model)), state);
    });
    let Some(chosen) = chosen(view, state) else {
        pen.field(
            2,
            body.start,
            pen.width() - 3,
            "Nothing looks at packs here.",
            state.theme.faint(),
        );
        return;
    };
    let shots = shots(chosen, state);
    let heading = format!(
        "{}: {}",
        words::seen(&chosen.name),
        standing(view, shots, state)
    );
    pen.heading(0..pen.width(), middle, &heading, state.theme.rule());
    let area = middle + 1..about.end;
    let Some(shots) = shots else {
        list::asked(pen, area, state);
        return;
    };
    match (&shots.last, pen.width() >= 60) {
        (None, _) => {
            let how = match shots.fired_by_station {
                true => {
                    "No picture was taken yet: s takes one after the other while the line stands."
                }
                false => {
                    "No picture came yet. The machine fires this one: press s when the line stands, fire it there."
                }
            };
            list::paragraphs(
                pen,
                area,
                &[("", how.to_owned()), ("trigger", TRIGGER.to_owned())],
                state,
            );
        }
        (Some(last), true) => wide(pen, area, (shots, last), state),
        (Some(last), false) => narrow(pen, area, (shots, last), state),
    }
}

/// For whom pictures are taken now.
fn standing(view: &View, shots: Option<&ShotsSight>, state: &ScreenState) -> String {
    match shots.and_then(|shots| shots.until_utc_ms) {
        Some(until) => format!("live until {}", words::clock(until, &state.zone)),
        None if view.state == LineState::Running => "pictures of packs".to_owned(),
        None => "s begins".to_owned(),
    }
}

/// What was seen at the remembered moment with this camera.
fn before<'s>(shots: &ShotsSight, state: &'s ScreenState) -> Option<&'s Remembered> {
    let before = state.before.as_ref();
    before.filter(|before| before.device == shots.device)
}

fn wide(
    pen: &mut Pen<'_>,
    area: Range<u16>,
    (shots, last): (&ShotsSight, &ShotSeen),
    state: &ScreenState,
) {
    let before = before(shots, state);
    let clock = words::clock(last.utc_ms, &state.zone);
    let told = [("seen", format!("{} ({clock})", words::seen(&last.said)))];
    let mut row = list::paragraphs(pen, area.clone(), &told, state);
    if let Some(before) = before {
        let clock = words::clock(before.utc_ms, &state.zone);
        pen.text(NOW, row, "now", state.theme.faint());
        pen.text(BEFORE, row, &clock, state.theme.faint());
    }
    let top = row;
    row += 1;
    let percent =
        |percent: Option<u8>| percent.map_or(String::new(), |percent| format!("{percent} %"));
    let each = |grades: Option<&Grades>, of: &dyn Fn(&Grades) -> String| {
        grades.map_or("none".to_owned(), of)
    };
    let mut line = |pen: &mut Pen<'_>, name: &str, now: &str, was: Option<String>| {
        if row < area.end {
            pen.field(2, row, NOW - 3, name, state.theme.strong());
            pen.field(NOW, row, BEFORE - NOW - 1, now, Style::new());
            pen.field(
                BEFORE,
                row,
                MODULES - BEFORE - 1,
                &was.unwrap_or_default(),
                state.theme.faint(),
            );
            row += 1;
        }
    };
    line(
        pen,
        "read",
        &rate(shots),
        before.map(|before| before.read.clone()),
    );
    let bright = percent(last.brightness_percent);
    line(
        pen,
        "brightness",
        &bright,
        before.map(|before| percent(before.brightness_percent)),
    );
    let overall = |grades: &Grades| words::grade(grades.overall());
    let was = before.map(|before| each(before.grades.as_ref(), &overall));
    line(pen, "grade", &each(last.grades.as_ref(), &overall), was);
    for parameter in Parameter::ALL.into_iter().filter(|_| last.grades.is_some()) {
        let of = |grades: &Grades| grades.of(parameter).to_string();
        let name = format!("  {}", parameter.name().replace('_', " "));
        let was = before.map(|before| each(before.grades.as_ref(), &of));
        line(pen, &name, &each(last.grades.as_ref(), &of), was);
    }
    let row = row.max(modules(pen, top + 1..area.end, last));
    let mut told = Vec::new();
    told.extend(last.place.as_ref().map(|place| ("lies", lies(place))));
    let advice = last.advice.iter().take(ADVICE);
    told.extend(advice.map(|one| ("improve", words::seen(one))));
    let looks_like = last.looks_like.as_ref();
    told.extend(looks_like.map(|what| ("looks like", words::seen(what))));
    let content = last.content.as_ref();
    told.extend(content.map(|content| ("says", words::seen(content))));
    told.push(("trigger", TRIGGER.to_owned()));
    list::paragraphs(pen, row..area.end, &told, state);
}

/// Where the symbol lies in the picture.
fn lies(place: &SymbolPlace) -> String {
    let [right, down] = place.off_px;
    let (x, y, room) = (
        right.unsigned_abs(),
        down.unsigned_abs(),
        place.room_px.max(0),
    );
    let module = format!(
        "{}.{}",
        place.pitch_tenth_px / 10,
        place.pitch_tenth_px % 10
    );
    match (right < 0, down < 0) {
        (true, true) => {
            format!("{x} px left of the middle, {y} px above; edge {room} px, module {module} px")
        }
        (true, false) => {
            format!("{x} px left of the middle, {y} px below; edge {room} px, module {module} px")
        }
        (false, true) => {
            format!("{x} px right of the middle, {y} px above; edge {room} px, module {module} px")
        }
        (false, false) => {
            format!("{x} px right of the middle, {y} px below; edge {room} px, module {module} px")
        }
    }
}

/// The modules beside the table, where they fit; the row behind them.
fn modules(pen: &mut Pen<'_>, area: Range<u16>, last: &ShotSeen) -> u16 {
    let Some(lines) = last.modules.as_ref().map(words::half_blocks) else {
        return area.start;
    };
    let columns = lines.first().map_or(0, |line| line.chars().count());
    let room = usize::from(area.end.saturating_sub(area.start));
    if lines.len() > room || usize::from(MODULES) + columns >= usize::from(pen.width()) {
        return area.start;
    }
    let mut behind = area.start;
    for (row, line) in area.zip(&lines) {
        pen.text(MODULES, row, &AsIs(line), Style::new());
        behind = row + 1;
    }
    behind
}

fn narrow(
    pen: &mut Pen<'_>,
    area: Range<u16>,
    (shots, last): (&ShotsSight, &ShotSeen),
    state: &ScreenState,
) {
    let before = before(shots, state);
    let was = |text: Option<String>| text.map_or(String::new(), |text| format!(", before {text}"));
    let grade = |grades: &Grades| {
        let contrast = grades.of(Parameter::SymbolContrast);
        format!("{}, contrast {contrast}", words::grade(grades.overall()))
    };
    let mut told = vec![(
        "read",
        rate(shots) + &was(before.map(|before| before.read.clone())),
    )];
    if let Some(grades) = &last.grades {
        let before = before.and_then(|before| before.grades.as_ref());
        told.push(("grade", grade(grades) + &was(before.map(grade))));
        let weakest = grades.weakest().name().replace('_', " ");
        told.push(("lowest", weakest));
    }
    told.extend(last.place.as_ref().map(|place| ("lies", lies(place))));
    told.push(("seen", words::seen(&last.said)));
    list::paragraphs(pen, area, &told, state);
}
