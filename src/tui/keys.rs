//! The one table of keys: bar, help page and key handling all come from it. PURE.

use super::state::{Dialog, ScanPage, ScanSaid, ScreenState};
use super::words;
use crate::wire::{LineState, OperatorCommand, View};

/// A key as the screen understands it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// A function key.
    F(u8),
    /// A character.
    Char(char),
    /// Escape.
    Esc,
    /// Enter.
    Enter,
    /// Backspace.
    Backspace,
    /// Ctrl-C: leaves the screen like `q`.
    Interrupt,
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Shows the help page.
    Help,
    /// Stops the line at once.
    Stop,
    /// Asks, then withdraws the station's stop.
    Resume,
    /// Rejects the next pack.
    RejectNext,
    /// Acknowledges the top alarm that is not acknowledged yet.
    Acknowledge,
    /// Asks for a typed word, then puts printer and packs in step again.
    Resynchronise,
    /// Leaves the screen; the station runs on.
    Leave,
    /// Closes a dialog.
    Close,
}

/// One row of the table.
pub struct KeyRow {
    /// The keys, the one shown first.
    pub presses: &'static [Press],
    /// How they are written on the help page.
    pub shown: &'static str,
    /// How the first is written in the bar.
    pub short: &'static str,
    /// What they do.
    pub command: Command,
    /// Words for the bar; empty for keys that are not in it.
    pub bar: &'static str,
    /// Words for the help page.
    pub help: &'static str,
    /// `Err` with the reason when the key does nothing now.
    pub enabled: fn(Option<&View>, &ScreenState) -> Result<(), &'static str>,
}

/// All keys, in the order of the bar.
pub static KEYS: &[KeyRow] = &[
    KeyRow {
        presses: &[Press::F(1), Press::Char('1'), Press::Char('?')],
        shown: "F1 1 ?",
        short: "F1",
        command: Command::Help,
        bar: "Help",
        help: "This page.",
        enabled: |_, _| Ok(()),
    },
    KeyRow {
        presses: &[Press::F(2), Press::Char('2')],
        shown: "F2 2",
        short: "F2",
        command: Command::Stop,
        bar: "Stop",
        help: "Stop the line at once; asks nothing.",
        enabled: can_stop,
    },
    KeyRow {
        presses: &[Press::F(2), Press::Char('2')],
        shown: "F2 2",
        short: "F2",
        command: Command::Resume,
        bar: "Resume",
        help: "Withdraw the station's stop; asks first. Start the belt at the machine.",
        enabled: can_resume,
    },
    KeyRow {
        presses: &[Press::F(3), Press::Char('3')],
        shown: "F3 3",
        short: "F3",
        command: Command::RejectNext,
        bar: "Reject",
        help: "Reject the next pack, good or not.",
        enabled: can_reject_next,
    },
    KeyRow {
        presses: &[Press::Char('a')],
        shown: "a",
        short: "a",
        command: Command::Acknowledge,
        bar: "Acknowledge",
        help: "Acknowledge the top alarm: you have seen it.",
        enabled: can_acknowledge,
    },
    KeyRow {
        presses: &[Press::Char('r')],
        shown: "r",
        short: "r",
        command: Command::Resynchronise,
        bar: "Resync",
        help: "Put printer and packs in step: stop, clear, void what was sent, purge.",
        enabled: can_resynchronise,
    },
    KeyRow {
        presses: &[Press::Char('q'), Press::Interrupt],
        shown: "q Ctrl-C",
        short: "q",
        command: Command::Leave,
        bar: "Leave",
        help: "Leave this screen. The station runs on.",
        enabled: |_, _| Ok(()),
    },
    KeyRow {
        presses: &[Press::Esc],
        shown: "Esc",
        short: "Esc",
        command: Command::Close,
        bar: "",
        help: "Close a page or a question. Never stops the line.",
        enabled: |_, screen| match (&screen.dialog, &screen.page) {
            (None, None) => Err("nothing is open that could be closed"),
            _ => Ok(()),
        },
    },
];

const NO_STATION: &str = "no station answers";

/// The view, when it can be acted upon.
fn live<'v>(view: Option<&'v View>, screen: &ScreenState) -> Result<&'v View, &'static str> {
    match view {
        Some(view) if screen.lost.is_none() => Ok(view),
        _ => Err(NO_STATION),
    }
}

fn can_stop(view: Option<&View>, screen: &ScreenState) -> Result<(), &'static str> {
    match live(view, screen)?.state {
        LineState::Stopped => Err("the station's stop stands already"),
        _ => Ok(()),
    }
}

fn can_resume(view: Option<&View>, screen: &ScreenState) -> Result<(), &'static str> {
    match live(view, screen)?.state {
        LineState::Stopped => Ok(()),
        _ => Err("the station has not stopped the line"),
    }
}

fn can_reject_next(view: Option<&View>, screen: &ScreenState) -> Result<(), &'static str> {
    let view = live(view, screen)?;
    if view.reject_next {
        Err("the next pack will be rejected already")
    } else if view.batch.is_none() {
        Err("no batch is open, every pack is rejected")
    } else {
        Ok(())
    }
}

fn can_acknowledge(view: Option<&View>, screen: &ScreenState) -> Result<(), &'static str> {
    match top_unacknowledged(live(view, screen)?) {
        Some(_) => Ok(()),
        None => Err("no alarm waits to be acknowledged"),
    }
}

fn can_resynchronise(view: Option<&View>, screen: &ScreenState) -> Result<(), &'static str> {
    let view = live(view, screen)?;
    if view.state == LineState::Recovering {
        Err("the station is reading back what happened")
    } else if view.batch.is_none() {
        Err("no batch is open, nothing is being printed")
    } else {
        Ok(())
    }
}

/// The code of the alarm that `a` acknowledges.
fn top_unacknowledged(view: &View) -> Option<&str> {
    let mut open = view.alarms.iter().filter(|alarm| !alarm.acknowledged);
    open.next().map(|alarm| alarm.code.as_str())
}

/// The row for a key: an enabled one where several share it, otherwise the first.
pub fn row(press: Press, view: Option<&View>, screen: &ScreenState) -> Option<&'static KeyRow> {
    let rows = || KEYS.iter().filter(|row| row.presses.contains(&press));
    rows()
        .find(|row| (row.enabled)(view, screen).is_ok())
        .or_else(|| rows().next())
}

/// What the screen's owner has to do after a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing (but the screen may look different).
    Nothing,
    /// Leave the screen.
    Leave,
    /// Send this to the station.
    Send(OperatorCommand),
    /// Ask the station what this is.
    Find {
        /// The scan's running number.
        no: u64,
        /// What was scanned.
        scan: String,
    },
}

/// The word that must be typed before printer and packs are resynchronised.
pub const RESYNC_WORD: &str = "resync";

/// Takes one key.
pub fn press(press: Press, view: Option<&View>, screen: &mut ScreenState) -> Action {
    if press == Press::Interrupt {
        return Action::Leave;
    }
    if screen.page.is_some() {
        return press_on_page(press, view, screen);
    }
    match screen.dialog.take() {
        Some(dialog) => press_in_dialog(press, dialog, view, screen),
        None => press_on_line(press, view, screen),
    }
}

/// A scan was typed: it opens a page, over whatever is open.
pub fn scanned(scan: String, screen: &mut ScreenState) -> Action {
    open_page(&scan, ScanSaid::Asking, screen);
    let no = screen.scans;
    Action::Find { no, scan }
}

/// Something was typed that is neither a scan nor a person's.
pub fn no_scan(why: String, screen: &mut ScreenState) {
    open_page("", ScanSaid::NoScan(why), screen);
}

fn open_page(scan: &str, said: ScanSaid, screen: &mut ScreenState) {
    screen.scans += 1;
    screen.page = Some(ScanPage {
        no: screen.scans,
        scan: words::seen(scan),
        said,
    });
}

/// What came of a scan; whether it is still waited for. An answer never opens a page that was closed meanwhile, and
/// never stands on the page of another scan.
pub fn answered(no: u64, said: ScanSaid, screen: &mut ScreenState) -> bool {
    match &mut screen.page {
        Some(page) if page.no == no => {
            page.said = said;
            true
        }
        _ => false,
    }
}

/// The page covers the line: only what stops it, and what closes the page, does anything. Enter does nothing, because
/// scanners type it.
fn press_on_page(press: Press, view: Option<&View>, screen: &mut ScreenState) -> Action {
    match press {
        Press::Esc => screen.page = None,
        Press::F(2) if can_stop(view, screen).is_ok() => {
            return Action::Send(OperatorCommand::Stop);
        }
        _ => {}
    }
    Action::Nothing
}

fn press_on_line(press: Press, view: Option<&View>, screen: &mut ScreenState) -> Action {
    let Some(row) = row(press, view, screen) else {
        return Action::Nothing;
    };
    if let Err(reason) = (row.enabled)(view, screen) {
        if !row.bar.is_empty() {
            screen.message = Some(format!("{} {}: {reason}.", row.short, row.bar));
        }
        return Action::Nothing;
    }
    screen.message = None;
    match row.command {
        Command::Help => screen.dialog = Some(Dialog::Help),
        Command::Resume => screen.dialog = Some(Dialog::ConfirmResume),
        Command::Resynchronise => {
            screen.dialog = Some(Dialog::ConfirmResync {
                typed: String::new(),
            });
        }
        Command::Stop => return Action::Send(OperatorCommand::Stop),
        Command::RejectNext => return Action::Send(OperatorCommand::RejectNext),
        Command::Acknowledge => {
            let code = view.and_then(top_unacknowledged);
            let alarm = code.expect("the key is enabled").to_owned();
            return Action::Send(OperatorCommand::Acknowledge { alarm });
        }
        Command::Leave => return Action::Leave,
        Command::Close => {}
    }
    Action::Nothing
}

fn press_in_dialog(
    press: Press,
    dialog: Dialog,
    view: Option<&View>,
    screen: &mut ScreenState,
) -> Action {
    // The stop key stops whatever page is open.
    let stops = matches!(press, Press::F(2)) && can_stop(view, screen).is_ok();
    if stops {
        screen.dialog = Some(dialog);
        return Action::Send(OperatorCommand::Stop);
    }
    match (dialog, press) {
        (_, Press::Esc) => {}
        (Dialog::Help, Press::Char('q') | Press::Enter | Press::F(1)) => {}
        (Dialog::Help, Press::Char('1' | '?')) => {}
        (Dialog::ConfirmResume, Press::Enter) => match can_resume(view, screen) {
            Ok(()) => return Action::Send(OperatorCommand::Resume),
            Err(reason) => screen.message = Some(format!("Not resumed: {reason}.")),
        },
        (Dialog::ConfirmResync { typed }, Press::Enter) if typed == RESYNC_WORD => {
            match can_resynchronise(view, screen) {
                Ok(()) => return Action::Send(OperatorCommand::Resynchronise),
                Err(reason) => screen.message = Some(format!("Not resynchronised: {reason}.")),
            }
        }
        (Dialog::ConfirmResync { mut typed }, press) => {
            match press {
                Press::Char(letter) if typed.len() < RESYNC_WORD.len() => typed.push(letter),
                Press::Backspace => drop(typed.pop()),
                _ => {}
            }
            screen.dialog = Some(Dialog::ConfirmResync { typed });
        }
        (dialog, _) => screen.dialog = Some(dialog),
    }
    Action::Nothing
}
