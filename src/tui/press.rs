//! What a key, a scan and the answer to one do to the screen, and what they ask of its owner. PURE.

use super::able::{
    can_find, can_resume, can_resynchronise, can_stop, mended_at, opened, to_acknowledge,
};
use super::form::{self, Filled, Form, Order};
use super::keyboard::Pasted;
use super::keys::{Command, Press, row};
use super::look::TYPED_MAX;
use super::places::{self, PLACES, Place};
use super::state::{Dialog, ScanPage, ScanSaid, ScreenState};
use super::words;
use crate::record::PackNo;
use crate::wire::{OperatorCommand, Question, Secret, View};

/// What the screen's owner has to do after a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing (but the screen may look different).
    Nothing,
    /// Leave the screen.
    Leave,
    /// Send this to the station.
    Send(OperatorCommand),
    /// Ask this of the station; its answer comes back to the form.
    Order(Box<Order>),
    /// Ask the station what this is.
    Find {
        /// The scan's running number.
        no: u64,
        /// What was scanned.
        scan: String,
    },
    /// Ask the station for what a scan of this pack says.
    Open {
        /// The page's running number, among those of scans.
        no: u64,
        /// Which pack.
        pack: PackNo,
    },
    /// Ask the station for what the place shows.
    Look {
        /// The question's running number.
        no: u64,
        /// What is asked.
        question: Question,
    },
}

/// The word that must be typed before printer and packs are resynchronised.
pub const RESYNC_WORD: &str = "resync";

/// Takes one key.
pub fn press(press: Press, view: Option<&View>, screen: &mut ScreenState) -> Action {
    if press == Press::Interrupt {
        return Action::Leave;
    }
    if screen.board {
        return press_on_board(press);
    }
    if screen.hidden {
        return press_unseen(press, view, screen);
    }
    if screen.page.is_some() {
        return press_on_page(press, view, screen);
    }
    match screen.dialog.take() {
        Some(dialog) => press_in_dialog(press, dialog, view, screen),
        None => press_on_line(press, view, screen),
    }
}

/// Whoever passes a wall orders nothing there.
fn press_on_board(press: Press) -> Action {
    match press {
        Press::Char('q') | Press::Esc => Action::Leave,
        _ => Action::Nothing,
    }
}

/// What cannot be seen is not filled in and not answered; stopping needs no eyes.
fn press_unseen(press: Press, view: Option<&View>, screen: &ScreenState) -> Action {
    match press {
        Press::F(2) if can_stop(view, screen).is_ok() => Action::Send(OperatorCommand::Stop),
        _ => Action::Nothing,
    }
}

/// A scan was typed: it is filled into the field that waits for one, or opens a page over whatever is open. Where lives
/// are shown it shows its life instead.
pub fn scanned(scan: String, screen: &mut ScreenState) -> Action {
    if screen.board || screen.hidden {
        return Action::Nothing;
    }
    if let (None, Some(Dialog::Form(form))) = (&screen.page, &mut screen.dialog)
        && form.scanned(&scan)
    {
        return Action::Nothing;
    }
    screen.look.last_scan.clone_from(&scan);
    let at_life = screen.place == Place::Trace && screen.page.is_none();
    if at_life && matches!(screen.dialog, None | Some(Dialog::Find { .. })) {
        screen.dialog = None;
        seek(scan, screen);
        return Action::Nothing;
    }
    open_page(&scan, ScanSaid::Asking, screen);
    let no = screen.scans;
    Action::Find { no, scan }
}

/// Something was typed that is neither a scan nor a person's.
pub fn no_scan(why: String, screen: &mut ScreenState) {
    if screen.board {
        return;
    }
    open_page("", ScanSaid::NoScan(why), screen);
}

/// Something was pasted: it stands in the field that is being filled in, or where something is looked for. It presses
/// no key, whatever is in it, so that it never orders anything.
pub fn pasted(pasted: &Pasted, view: Option<&View>, screen: &mut ScreenState) {
    if screen.hidden {
        return;
    }
    let typed = match (&screen.page, &screen.dialog) {
        (Some(_), _) => Err("Nothing was pasted: close the page first, with Esc."),
        (None, Some(Dialog::Form(_))) => Ok(String::new()),
        (None, Some(Dialog::Find { typed })) => Ok(typed.clone()),
        (None, Some(_)) => Err("Nothing was pasted: what is asked here is typed."),
        (None, None) if can_find(view, screen).is_ok() => Ok(String::new()),
        (None, None) => Err("Nothing was pasted: nothing is filled in or looked for here."),
    };
    let put = match (typed, &mut screen.dialog) {
        (Ok(_), Some(Dialog::Form(form))) => return form.pasted(pasted),
        (Ok(mut typed), _) => {
            let room = TYPED_MAX.saturating_sub(typed.chars().count());
            pasted.line(room, true).map(|line| {
                typed.push_str(line);
                screen.dialog = Some(Dialog::Find { typed });
            })
        }
        (Err(why), _) => Err(why.to_owned()),
    };
    if let Err(why) = put {
        screen.message = Some(why);
    }
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
        if let Press::Char(letter) = press {
            let letter = words::seen(&letter.to_string());
            screen.message = Some(format!("{letter} does nothing here. F1 shows the keys."));
        }
        return Action::Nothing;
    };
    if let (Command::Ask(kind), Some(view)) = (row.command, view)
        && form::lacks_person(kind, Some(view), screen)
    {
        let first = form::sign_in_first(row.short, view, screen);
        screen.dialog = Some(Dialog::Form(Box::new(first)));
        return Action::Nothing;
    }
    if let Err(reason) = (row.enabled)(view, screen) {
        if !row.bar.is_empty() {
            screen.message = Some(format!("{} {}: {reason}.", row.short, row.bar));
        }
        return Action::Nothing;
    }
    screen.message = None;
    match row.command {
        Command::Help => (screen.dialog, screen.help_page) = (Some(Dialog::Help), 0),
        Command::More => screen.dialog = Some(Dialog::Menu),
        Command::Go(place) => go(place, screen),
        Command::Above => above(view, screen),
        Command::Below => below(view, screen),
        Command::NextPage => turn(screen),
        Command::PageBefore => turn_back(screen),
        Command::Find => {
            let typed = String::new();
            screen.dialog = Some(Dialog::Find { typed });
        }
        Command::Remember => {
            screen.before = view.and_then(|view| places::setup::present(view, screen));
        }
        Command::Open => return open_pack(screen),
        Command::Life => {
            let code = opened(screen).ok().map(|(_, code)| code);
            go(Place::Trace, screen);
            seek(code.unwrap_or_default(), screen);
        }
        Command::Mend => {
            if let Ok(place) = mended_at(view, screen) {
                go(place, screen);
            }
        }
        Command::Resume => screen.dialog = Some(Dialog::ConfirmResume),
        Command::Resynchronise => {
            screen.dialog = Some(Dialog::ConfirmResync {
                typed: String::new(),
            });
        }
        Command::Stop => return Action::Send(OperatorCommand::Stop),
        Command::RejectNext => return Action::Send(OperatorCommand::RejectNext),
        Command::Acknowledge => {
            let code = view.and_then(|view| to_acknowledge(view, screen));
            let alarm = code.expect("the key is enabled").to_owned();
            return Action::Send(OperatorCommand::Acknowledge { alarm });
        }
        Command::Ask(kind) => {
            let view = view.expect("the key is enabled");
            screen.dialog = Some(Dialog::Form(Box::new(form::opened(kind, view, screen))));
        }
        Command::Leave => return Action::Leave,
        Command::TurnOver => turn_over(screen),
        Command::Close if screen.look.past => turn_over(screen),
        Command::Close => go(Place::Line, screen),
    }
    Action::Nothing
}

fn press_in_form(
    press: Press,
    mut form: Box<Form>,
    view: Option<&View>,
    screen: &mut ScreenState,
) -> Action {
    let filled = form.press(press, view);
    if filled != Filled::Closed {
        screen.dialog = Some(Dialog::Form(form));
    }
    match filled {
        Filled::Open | Filled::Closed => Action::Nothing,
        Filled::Order(order) => Action::Order(order),
    }
}

/// The station answered the form: it is closed when it was done, and stays with the reason when it was refused.
pub fn form_answered(done: Result<String, String>, screen: &mut ScreenState) {
    match (&mut screen.dialog, done) {
        (Some(Dialog::Form(form)), Ok(said)) if form.asked => {
            (screen.dialog, screen.message) = (None, Some(said));
        }
        (Some(Dialog::Form(form)), Err(why)) if form.asked => form.refused(why),
        // It was closed meanwhile.
        (_, Ok(said) | Err(said)) => screen.message = Some(said),
    }
    // Who is enrolled stands in no view.
    screen.look.ask_again();
}

/// The station gave somebody a one-time secret: it is shown, whatever was opened meanwhile, because nobody can have it
/// again.
pub fn one_time_secret(done: String, whose: String, secret: Secret, screen: &mut ScreenState) {
    screen.dialog = Some(Dialog::OneTimeSecret { whose, secret });
    screen.message = Some(done);
    screen.look.ask_again();
}

fn go(place: Place, screen: &mut ScreenState) {
    (screen.place, screen.chosen) = (place, 0);
    screen.look.go(place);
}

/// From the alarms that stand to those that came and went, or back.
fn turn_over(screen: &mut ScreenState) {
    screen.chosen = 0;
    screen.look.turn_over();
}

/// Looks for something else.
fn seek(words: String, screen: &mut ScreenState) {
    screen.chosen = 0;
    screen.look.seek(words);
}

fn turn(screen: &mut ScreenState) {
    if screen.look.turn() {
        screen.chosen = 0;
    }
}

fn turn_back(screen: &mut ScreenState) {
    if screen.look.turn_back() {
        screen.chosen = 0;
    }
}

/// The row above; above the first one the last one of the page before.
fn above(view: Option<&View>, screen: &mut ScreenState) {
    match chosen(view, screen) {
        0 if screen.look.turn_back() => screen.chosen = usize::MAX,
        at => screen.chosen = at.saturating_sub(1),
    }
}

/// The row below; below the last one the first one of the next page.
fn below(view: Option<&View>, screen: &mut ScreenState) {
    let last = screen.place.rows(view, screen).saturating_sub(1);
    match chosen(view, screen) {
        at if at < last => screen.chosen = at + 1,
        _ if screen.look.turn() => screen.chosen = 0,
        _ => screen.chosen = last,
    }
}

/// The page of the chosen pack.
fn open_pack(screen: &mut ScreenState) -> Action {
    let Ok(chosen) = opened(screen) else {
        return Action::Nothing;
    };
    let (pack, code) = chosen;
    open_page(&code, ScanSaid::Asking, screen);
    screen.look.last_scan = code;
    let no = screen.scans;
    Action::Open { no, pack }
}

/// The row that is chosen, whatever went away below it.
fn chosen(view: Option<&View>, screen: &ScreenState) -> usize {
    let last = screen.place.rows(view, screen).saturating_sub(1);
    screen.chosen.min(last)
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
        (Dialog::Form(form), press) => return press_in_form(press, form, view, screen),
        (_, Press::Esc) => {}
        (Dialog::Help, Press::Char('q') | Press::Enter | Press::F(1)) => {}
        (Dialog::Help, Press::Char('1' | '?')) => {}
        (Dialog::Help, Press::Down | Press::PageDown) => {
            (screen.dialog, screen.help_page) = (Some(Dialog::Help), screen.help_page + 1);
        }
        (Dialog::Help, Press::Up | Press::PageUp) => {
            let before = screen.help_page.saturating_sub(1);
            (screen.dialog, screen.help_page) = (Some(Dialog::Help), before);
        }
        (Dialog::Help, Press::Char('w')) => screen.dialog = Some(Dialog::Words),
        (Dialog::Words, Press::Char('q') | Press::Enter | Press::F(1)) => {}
        (Dialog::Menu, Press::Char('q' | '8') | Press::F(8)) => {}
        (Dialog::Menu, Press::Char(letter)) => match PLACES.iter().find(|row| row.letter == letter)
        {
            Some(row) => go(row.place, screen),
            None => screen.dialog = Some(Dialog::Menu),
        },
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
        (Dialog::Find { typed }, Press::Enter) => seek(typed, screen),
        (Dialog::Find { mut typed }, press) => {
            match press {
                Press::Char(letter) if typed.chars().count() < TYPED_MAX => typed.push(letter),
                Press::Backspace => drop(typed.pop()),
                Press::Empty => typed.clear(),
                _ => {}
            }
            screen.dialog = Some(Dialog::Find { typed });
        }
        (dialog, _) => screen.dialog = Some(dialog),
    }
    Action::Nothing
}
