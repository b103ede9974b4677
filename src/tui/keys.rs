//! The one table of keys: bar, help page and key handling all come from it. PURE.

mod command;

pub use command::{Command, Press};

use super::able::{
    can_acknowledge, can_choose, can_find, can_reject_next, can_remember, can_resume,
    can_resynchronise, can_stop, can_turn_over, mended_at, opened,
};
use super::form::{self, FormKind};
use super::places::Place;
use super::state::ScreenState;
use crate::wire::View;

/// Where a key is in the bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InBar {
    /// Everywhere.
    Always,
    /// Everywhere, but where the place's own keys need the room.
    Usual,
    /// On the line.
    Line,
    /// Everywhere else.
    Elsewhere,
    /// At this place, and the key is only known there.
    At(Place),
    /// At these places, and the key is only known there.
    AtSome(&'static [Place]),
    /// Nowhere, and the key is only known at these places.
    Known(&'static [Place]),
    /// Nowhere.
    Never,
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
    /// Words for the bar, and for saying why it does nothing; without any it does so in silence.
    pub bar: &'static str,
    /// Where it is in the bar.
    pub in_bar: InBar,
    /// Words for the help page.
    pub help: &'static str,
    /// `Err` with the reason when the key does nothing now.
    pub enabled: fn(Option<&View>, &ScreenState) -> Result<(), &'static str>,
}

/// Places with lists of more than a page.
const PAGED: &[Place] = &[
    Place::Packs,
    Place::Rejects,
    Place::Trace,
    Place::Audit,
    Place::Alarms,
];

/// All keys, in the order of the bar.
pub static KEYS: &[KeyRow] = &[
    KeyRow {
        presses: &[Press::F(1), Press::Char('1'), Press::Char('?')],
        shown: "F1 1 ?",
        short: "F1",
        command: Command::Help,
        bar: "Help",
        in_bar: InBar::Always,
        help: "This page.",
        enabled: |_, _| Ok(()),
    },
    KeyRow {
        presses: &[Press::F(2), Press::Char('2')],
        shown: "F2 2",
        short: "F2",
        command: Command::Stop,
        bar: "Stop",
        in_bar: InBar::Always,
        help: "Stop the line at once; asks nothing.",
        enabled: can_stop,
    },
    KeyRow {
        presses: &[Press::F(2), Press::Char('2')],
        shown: "F2 2",
        short: "F2",
        command: Command::Resume,
        bar: "Resume",
        in_bar: InBar::Always,
        help: "Withdraw the station's stop; asks first. Start the belt at the machine.",
        enabled: can_resume,
    },
    KeyRow {
        presses: &[Press::F(3), Press::Char('3')],
        shown: "F3 3",
        short: "F3",
        command: Command::RejectNext,
        bar: "Reject",
        in_bar: InBar::Line,
        help: "Reject the next pack, good or not.",
        enabled: can_reject_next,
    },
    KeyRow {
        presses: &[Press::F(4), Press::Char('4')],
        shown: "F4 4",
        short: "F4",
        command: Command::Go(Place::Alarms),
        bar: "Alarms",
        in_bar: InBar::Usual,
        help: "All alarms, and what to do about each.",
        enabled: |_, _| Ok(()),
    },
    KeyRow {
        presses: &[Press::F(5), Press::Char('5')],
        shown: "F5 5",
        short: "F5",
        command: Command::Go(Place::Packs),
        bar: "Packs",
        in_bar: InBar::Never,
        help: "The newest packs: find one, open its page.",
        enabled: |_, _| Ok(()),
    },
    KeyRow {
        presses: &[Press::F(6), Press::Char('6')],
        shown: "F6 6",
        short: "F6",
        command: Command::Go(Place::Cases),
        bar: "Cases",
        in_bar: InBar::Never,
        help: "Containers, labels that are due, what is on no record.",
        enabled: |_, _| Ok(()),
    },
    KeyRow {
        presses: &[Press::F(7), Press::Char('7')],
        shown: "F7 7",
        short: "F7",
        command: Command::Go(Place::Batch),
        bar: "Batch",
        in_bar: InBar::Never,
        help: "The batch: open, clear, samples, close.",
        enabled: |_, _| Ok(()),
    },
    KeyRow {
        presses: &[Press::F(8), Press::Char('8')],
        shown: "F8 8",
        short: "F8",
        command: Command::More,
        bar: "More",
        in_bar: InBar::Usual,
        help: "All places: rejects, devices, batch and the others.",
        enabled: |_, _| Ok(()),
    },
    KeyRow {
        presses: &[Press::Char('/')],
        shown: "/",
        short: "/",
        command: Command::Find,
        bar: "Find",
        in_bar: InBar::AtSome(&[Place::Packs, Place::Trace, Place::Audit]),
        help: "Type what to look for: a serial, a code, words.",
        enabled: can_find,
    },
    KeyRow {
        presses: &[Press::Enter],
        shown: "Enter",
        short: "Enter",
        command: Command::Open,
        bar: "Open",
        in_bar: InBar::AtSome(&[Place::Packs, Place::Rejects]),
        help: "On a pack: its page, as a scan opens it.",
        enabled: |_, screen| opened(screen).map(drop),
    },
    KeyRow {
        presses: &[Press::Char('t')],
        shown: "t",
        short: "t",
        command: Command::Life,
        bar: "Trace",
        in_bar: InBar::Known(&[Place::Packs, Place::Rejects]),
        help: "On a pack: everything that happened to it.",
        enabled: |_, screen| opened(screen).map(drop),
    },
    KeyRow {
        presses: &[Press::PageDown],
        shown: "PgDn",
        short: "PgDn",
        command: Command::NextPage,
        bar: "Next",
        in_bar: InBar::Known(PAGED),
        help: "The next page of the list.",
        enabled: |_, screen| match screen.look.next_page() {
            Some(_) => Ok(()),
            None => Err("this is all there is"),
        },
    },
    KeyRow {
        presses: &[Press::PageUp],
        shown: "PgUp",
        short: "PgUp",
        command: Command::PageBefore,
        bar: "Before",
        in_bar: InBar::Known(PAGED),
        help: "The page before.",
        enabled: |_, screen| match screen.look.has_page_before() {
            true => Ok(()),
            false => Err("this is the first page"),
        },
    },
    KeyRow {
        presses: &[Press::Char('h')],
        shown: "h",
        short: "h",
        command: Command::TurnOver,
        bar: "Past",
        in_bar: InBar::Known(&[Place::Alarms]),
        help: "Alarms: those that came and went; back again.",
        enabled: can_turn_over,
    },
    KeyRow {
        presses: &[Press::Char('a')],
        shown: "a",
        short: "a",
        command: Command::Acknowledge,
        bar: "Ack",
        in_bar: InBar::Usual,
        help: "Acknowledge the top alarm, or the chosen one: you have seen it.",
        enabled: can_acknowledge,
    },
    KeyRow {
        presses: &[Press::Char('r')],
        shown: "r",
        short: "r",
        command: Command::Resynchronise,
        bar: "Resync",
        in_bar: InBar::Line,
        help: "Put printer and packs in step: stop, clear, void what was sent, purge.",
        enabled: can_resynchronise,
    },
    KeyRow {
        presses: &[Press::Char('q'), Press::Interrupt],
        shown: "q Ctrl-C",
        short: "q",
        command: Command::Leave,
        bar: "Leave",
        in_bar: InBar::Line,
        help: "Leave this screen. The station runs on.",
        enabled: |_, _| Ok(()),
    },
    KeyRow {
        presses: &[Press::Esc],
        shown: "Esc",
        short: "Esc",
        command: Command::Close,
        bar: "Back",
        in_bar: InBar::Elsewhere,
        help: "Back: close a page or question, go to the line. Never stops it.",
        enabled: |_, screen| match (&screen.dialog, &screen.page, screen.place) {
            (None, None, Place::Line) => Err("nothing is open that could be closed"),
            _ => Ok(()),
        },
    },
    asks(
        (&[Press::Char('i')], "i"),
        FormKind::SignIn,
        ("Sign in", InBar::Never),
        "Sign in; the next person of a shift does the same.",
        |view, screen| form::can_open(FormKind::SignIn, view, screen),
    ),
    asks(
        (&[Press::Char('x')], "x"),
        FormKind::SignOut,
        ("Sign out", InBar::Never),
        "Sign out. The line runs on.",
        |view, screen| form::can_open(FormKind::SignOut, view, screen),
    ),
    asks(
        (&[Press::Char('n')], "n"),
        FormKind::ChooseSecret,
        ("Own secret", InBar::Never),
        "Choose your own secret.",
        |view, screen| form::can_open(FormKind::ChooseSecret, view, screen),
    ),
    asks(
        (&[Press::Char('l')], "l"),
        FormKind::ClearLine,
        ("Clear", InBar::At(Place::Batch)),
        "Batch: confirm that the line is clear.",
        |view, screen| form::can_open(FormKind::ClearLine, view, screen),
    ),
    asks(
        (&[Press::Char('o')], "o"),
        FormKind::OpenBatch,
        ("Open", InBar::At(Place::Batch)),
        "Batch: open one.",
        |view, screen| form::can_open(FormKind::OpenBatch, view, screen),
    ),
    asks(
        (&[Press::Char('O')], "O"),
        FormKind::OpenBatchInFull,
        ("Open", InBar::Known(&[Place::Batch])),
        "Batch: open one, and say made on, packing and wrong text, too.",
        |view, screen| form::can_open(FormKind::OpenBatchInFull, view, screen),
    ),
    asks(
        (&[Press::Char('f')], "f"),
        FormKind::FirstArticles,
        ("First", InBar::At(Place::Batch)),
        "Batch: accept or refuse the first articles.",
        |view, screen| form::can_open(FormKind::FirstArticles, view, screen),
    ),
    asks(
        (&[Press::Char('s')], "s"),
        FormKind::Samples,
        ("Sample", InBar::At(Place::Batch)),
        "Batch: take samples.",
        |view, screen| form::can_open(FormKind::Samples, view, screen),
    ),
    asks(
        (&[Press::Char('m')], "m"),
        FormKind::Component,
        ("Material", InBar::Known(&[Place::Batch])),
        "Batch: another roll, ribbon, bulk or the like is in use, or used up.",
        |view, screen| form::can_open(FormKind::Component, view, screen),
    ),
    asks(
        (&[Press::Char('c')], "c"),
        FormKind::CloseBatch,
        ("Close", InBar::At(Place::Batch)),
        "Batch: close it.",
        |view, screen| form::can_open(FormKind::CloseBatch, view, screen),
    ),
    asks(
        (&[Press::Char('p')], "p"),
        FormKind::Put,
        ("Put", InBar::At(Place::Cases)),
        "Cases: put into a container what went by unread.",
        |view, screen| form::can_open(FormKind::Put, view, screen),
    ),
    asks(
        (&[Press::Char('c')], "c"),
        FormKind::CloseContainer,
        ("Close", InBar::At(Place::Cases)),
        "Cases: close a container.",
        |view, screen| form::can_open(FormKind::CloseContainer, view, screen),
    ),
    asks(
        (&[Press::Char('l')], "l"),
        FormKind::ContainerLabel,
        ("Label", InBar::At(Place::Cases)),
        "Cases: print a label again.",
        |view, screen| form::can_open(FormKind::ContainerLabel, view, screen),
    ),
    asks(
        (&[Press::Char('e')], "e"),
        FormKind::End,
        ("End", InBar::At(Place::Cases)),
        "Cases: what is damaged, destroyed or lost.",
        |view, screen| form::can_open(FormKind::End, view, screen),
    ),
    asks(
        (&[Press::Char('c')], "c"),
        FormKind::Reconnect,
        ("Connect", InBar::At(Place::Devices)),
        "Devices: build the link of the chosen one again.",
        |view, screen| form::can_open(FormKind::Reconnect, view, screen),
    ),
    asks(
        (&[Press::Char('p')], "p"),
        FormKind::TestPrint,
        ("Print", InBar::At(Place::Devices)),
        "Devices: a test label, on a line that stands.",
        |view, screen| form::can_open(FormKind::TestPrint, view, screen),
    ),
    asks(
        (&[Press::Char('s')], "s"),
        FormKind::TestShot,
        ("Shot", InBar::At(Place::Devices)),
        "Devices: a test picture, on a line that stands.",
        |view, screen| form::can_open(FormKind::TestShot, view, screen),
    ),
    asks(
        (&[Press::Char('s')], "s"),
        FormKind::SetUp,
        ("Start", InBar::At(Place::Setup)),
        "Setup: picture after picture, on a line that stands.",
        |view, screen| form::can_open(FormKind::SetUp, view, screen),
    ),
    asks(
        (&[Press::Char('e')], "e"),
        FormKind::EndSetUp,
        ("End", InBar::At(Place::Setup)),
        "Setup: pictures are for packs again.",
        |view, screen| form::can_open(FormKind::EndSetUp, view, screen),
    ),
    KeyRow {
        presses: &[Press::Char('b')],
        shown: "b",
        short: "b",
        command: Command::Remember,
        bar: "Remember",
        in_bar: InBar::At(Place::Setup),
        help: "Setup: remember what is seen now, to compare.",
        enabled: can_remember,
    },
    asks(
        (&[Press::Char('s')], "s"),
        FormKind::Swap,
        ("Swap", InBar::At(Place::Templates)),
        "Templates: bring the chosen one into force.",
        |view, screen| form::can_open(FormKind::Swap, view, screen),
    ),
    asks(
        (&[Press::Char('b')], "b"),
        FormKind::RollBack,
        ("Before", InBar::At(Place::Templates)),
        "Templates: give up the trial, or bring back the one before.",
        |view, screen| form::can_open(FormKind::RollBack, view, screen),
    ),
    asks(
        (&[Press::Char('s')], "s"),
        FormKind::Shelve,
        ("Shelve", InBar::At(Place::Alarms)),
        "Alarms: put one aside for a time, with a reason.",
        |view, screen| form::can_open(FormKind::Shelve, view, screen),
    ),
    asks(
        (&[Press::Char('u')], "u"),
        FormKind::Unshelve,
        ("Put back", InBar::At(Place::Alarms)),
        "Alarms: put a shelved one back.",
        |view, screen| form::can_open(FormKind::Unshelve, view, screen),
    ),
    asks(
        (&[Press::Char('e')], "e"),
        FormKind::Enrol,
        ("Enrol", InBar::At(Place::People)),
        "People: enrol somebody, who gets a one-time secret.",
        |view, screen| form::can_open(FormKind::Enrol, view, screen),
    ),
    asks(
        (&[Press::Char('g')], "g"),
        FormKind::Roles,
        ("Roles", InBar::At(Place::People)),
        "People: give the chosen one other roles.",
        |view, screen| form::can_open(FormKind::Roles, view, screen),
    ),
    asks(
        (&[Press::Char('s')], "s"),
        FormKind::OneTimeSecret,
        ("Secret", InBar::At(Place::People)),
        "People: give the chosen one another one-time secret.",
        |view, screen| form::can_open(FormKind::OneTimeSecret, view, screen),
    ),
    asks(
        (&[Press::Char('d')], "d"),
        FormKind::Disable,
        ("Disable", InBar::At(Place::People)),
        "People: the chosen one may do nothing any more.",
        |view, screen| form::can_open(FormKind::Disable, view, screen),
    ),
    asks(
        (&[Press::Char('u')], "u"),
        FormKind::Enable,
        ("Enable", InBar::At(Place::People)),
        "People: end the chosen one's lock, give rights back.",
        |view, screen| form::can_open(FormKind::Enable, view, screen),
    ),
    KeyRow {
        presses: &[Press::Up, Press::Char('k')],
        shown: "Up k",
        short: "Up",
        command: Command::Above,
        bar: "",
        in_bar: InBar::Never,
        help: "Choose the row above.",
        enabled: can_choose,
    },
    KeyRow {
        presses: &[Press::Down, Press::Char('j')],
        shown: "Down j",
        short: "Down",
        command: Command::Below,
        bar: "",
        in_bar: InBar::Never,
        help: "Choose the row below.",
        enabled: can_choose,
    },
    KeyRow {
        presses: &[Press::Enter],
        shown: "Enter",
        short: "Enter",
        command: Command::Mend,
        bar: "",
        in_bar: InBar::Never,
        help: "On an alarm: go where it is mended.",
        enabled: |view, screen| mended_at(view, screen).map(drop),
    },
];

/// A key that opens a form.
const fn asks(
    (presses, shown): (&'static [Press], &'static str),
    kind: FormKind,
    (bar, in_bar): (&'static str, InBar),
    help: &'static str,
    enabled: fn(Option<&View>, &ScreenState) -> Result<(), &'static str>,
) -> KeyRow {
    KeyRow {
        presses,
        shown,
        short: shown,
        command: Command::Ask(kind),
        bar,
        in_bar,
        help,
        enabled,
    }
}

impl KeyRow {
    /// The key is known where the person is.
    pub fn is_known(&self, screen: &ScreenState) -> bool {
        match self.in_bar {
            InBar::At(place) => screen.place == place,
            InBar::AtSome(places) | InBar::Known(places) => places.contains(&screen.place),
            InBar::Always | InBar::Usual | InBar::Line | InBar::Elsewhere | InBar::Never => true,
        }
    }

    /// It stands in the bar of where the person is.
    pub fn is_in_bar(&self, screen: &ScreenState) -> bool {
        match self.in_bar {
            InBar::Always | InBar::Usual => true,
            InBar::Line => screen.place == Place::Line,
            InBar::Elsewhere => screen.place != Place::Line,
            InBar::At(place) => screen.place == place,
            InBar::AtSome(places) => places.contains(&screen.place),
            InBar::Known(_) | InBar::Never => false,
        }
    }
}

/// The row for a key: an enabled one where several share it, otherwise the first.
pub fn row(press: Press, view: Option<&View>, screen: &ScreenState) -> Option<&'static KeyRow> {
    let known = || KEYS.iter().filter(|row| row.is_known(screen));
    let rows = || known().filter(|row| row.presses.contains(&press));
    rows()
        .find(|row| (row.enabled)(view, screen).is_ok())
        .or_else(|| rows().next())
}
