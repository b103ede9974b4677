//! Pages and questions over the main screen: help, withdrawing a stop, resynchronising. PURE.

use super::keys::{KEYS, RESYNC_WORD};
use super::pen::Pen;
use super::state::{Dialog, ScreenState};
use super::words;
use crate::wire::View;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

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
        "Serial numbers: good + rejected + void + unknown + in line.",
    ),
    (
        "void",
        "A number that was sent and not seen. It is never used again.",
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
        Some(Dialog::Help) => help(frame, view, screen),
        Some(Dialog::ConfirmResume) => {
            let lines = [
                "Is the cause gone, and nobody's hand in the machine?",
                "The station reads every device again before it lets the",
                "PLC go. Start the belt at the machine.",
                "",
                "Enter  withdraw the stop        Esc  leave it standing",
            ];
            question(frame, "Withdraw the station's stop?", &lines, screen);
        }
        Some(Dialog::ConfirmResync { typed }) => {
            let answer = format!("Type {RESYNC_WORD} and press Enter: {typed}_");
            let lines = [
                "The line stops, the printer's queue is cleared, numbers sent",
                "and not seen become void, packs on the belt are rejected.",
                "",
                answer.as_str(),
                "Esc  do nothing",
            ];
            question(frame, "Put printer and packs in step?", &lines, screen);
        }
    }
}

fn question(frame: &mut Frame<'_>, title: &str, lines: &[&str], screen: &ScreenState) {
    let inside = usize::from(frame.area().width.saturating_sub(6).clamp(1, 62));
    let wrapped: Vec<String> = if inside >= 62 {
        lines.iter().map(|line| (*line).to_owned()).collect()
    } else {
        lines
            .iter()
            .flat_map(|line| words::wrapped(line, inside))
            .collect()
    };
    let width = u16::try_from(inside).unwrap_or(u16::MAX) + 4;
    let height = u16::try_from(wrapped.len())
        .unwrap_or(u16::MAX)
        .saturating_add(3);
    let area = centred(frame.area(), width, height);
    let mut pen = Pen::new(frame.buffer_mut(), area);
    pen.clear();
    pen.text(1, 0, title, screen.theme.strong());
    pen.row_style(0, Style::new().add_modifier(Modifier::REVERSED));
    for (row, line) in (1..).zip(&wrapped) {
        pen.text(2, row + u16::from(height > 8), line, Style::new());
    }
    let last = pen.height().saturating_sub(1);
    pen.heading(0..width.min(pen.width()), last, "", screen.theme.rule());
}

fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}

/// The help page, made from the table of keys.
fn help(frame: &mut Frame<'_>, view: Option<&View>, screen: &ScreenState) {
    let area = frame.area();
    let mut pen = Pen::new(frame.buffer_mut(), area);
    pen.clear();
    let width = pen.width();
    pen.text(1, 0, "HELP   keys of this screen", screen.theme.strong());
    pen.right(width - 1, 0, "Esc  back", Style::new());
    pen.row_style(0, Style::new().add_modifier(Modifier::REVERSED));
    let mut row = 1;
    for key in KEYS {
        if row >= pen.height() {
            return;
        }
        pen.field(1, row, 9, key.shown, screen.theme.strong());
        let (text, style) = match (key.enabled)(view, screen) {
            Ok(()) => (key.help.to_owned(), Style::new()),
            Err(reason) => (
                format!("{} Not now: {reason}.", key.help),
                screen.theme.faint(),
            ),
        };
        for line in words::wrapped(&text, usize::from(width.saturating_sub(12))) {
            pen.text(11, row, &line, style);
            row += 1;
        }
    }
    pen.heading(0..width, row, "Words", screen.theme.rule());
    row += 1;
    for (word, meaning) in GLOSSARY {
        pen.field(1, row, 9, word, screen.theme.strong());
        for line in words::wrapped(meaning, usize::from(width.saturating_sub(12))) {
            pen.text(11, row, &line, Style::new());
            row += 1;
        }
    }
}
