//! The places of the screen: each answers one question of whoever stands before it, from the view or from what it asked
//! the station for (`tui/look.rs`). PURE.
//!
//! [`PLACES`] is the one table: menu, help, keys and documents come from it. The line is the main place, drawn in
//! `tui/screen.rs`; the others are drawn here, each in a file of its own: a heading, a list in which a row is chosen,
//! and what there is to say of that one.

pub(super) mod alarms;
mod audit;
mod batch;
mod cases;
mod deeds;
pub(super) mod devices;
mod list;
pub(super) mod packs;
mod past;
pub mod people;
pub(super) mod rejects;
pub mod setup;
mod symbol;
pub mod templates;
mod trace;

use super::pen::Pen;
use super::state::ScreenState;
use crate::wire::View;

/// Where a person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Place {
    /// The main screen.
    #[default]
    Line,
    /// What is wrong.
    Alarms,
    /// The newest packs.
    Packs,
    /// Why packs are rejected.
    Rejects,
    /// Containers.
    Cases,
    /// The devices.
    Devices,
    /// The batch and its books.
    Batch,
    /// Everything that happened to a pack, a container or a lot.
    Trace,
    /// The label templates of packs.
    Templates,
    /// How well a camera sees.
    Setup,
    /// What people and configuration did.
    Audit,
    /// Who is enrolled.
    People,
}

/// A place, as menu and help name it.
#[derive(Debug)]
pub struct PlaceRow {
    /// Which.
    pub place: Place,
    /// Its letter in the menu.
    pub letter: char,
    /// Its name.
    pub title: &'static str,
    /// The question that it answers.
    pub answers: &'static str,
}

/// All places, in the order of the menu.
pub static PLACES: &[PlaceRow] = &[
    PlaceRow {
        place: Place::Line,
        letter: 'l',
        title: "Line",
        answers: "Is it running? Is anything wrong? What was the last pack?",
    },
    PlaceRow {
        place: Place::Alarms,
        letter: 'a',
        title: "Alarms",
        answers: "What must I do now, and what happens if I do not?",
    },
    PlaceRow {
        place: Place::Packs,
        letter: 'p',
        title: "Packs",
        answers: "What became of the last packs, and of that one?",
    },
    PlaceRow {
        place: Place::Rejects,
        letter: 'r',
        title: "Rejects",
        answers: "Why are packs rejected, and is the print getting worse?",
    },
    PlaceRow {
        place: Place::Cases,
        letter: 'c',
        title: "Cases",
        answers: "Which container is open, which label or scan is missing?",
    },
    PlaceRow {
        place: Place::Devices,
        letter: 'd',
        title: "Devices",
        answers: "Which device is not well, and what does it say itself?",
    },
    PlaceRow {
        place: Place::Batch,
        letter: 'b',
        title: "Batch",
        answers: "What runs, what does it demand, do its books balance?",
    },
    PlaceRow {
        place: Place::Trace,
        letter: 't',
        title: "Trace",
        answers: "What happened to this pack, case or lot, all its life?",
    },
    PlaceRow {
        place: Place::Templates,
        letter: 'm',
        title: "Templates",
        answers: "Which label is printed, which others are there?",
    },
    PlaceRow {
        place: Place::Setup,
        letter: 's',
        title: "Setup",
        answers: "How well does this camera see, and was it better before?",
    },
    PlaceRow {
        place: Place::Audit,
        letter: 'u',
        title: "Audit",
        answers: "Who did what, from what to what, and why?",
    },
    PlaceRow {
        place: Place::People,
        letter: 'w',
        title: "People",
        answers: "Who may work here, as what, and whose name is locked?",
    },
];

impl Place {
    /// Its row of the table.
    pub fn row(self) -> &'static PlaceRow {
        let row = PLACES.iter().find(|row| row.place == self);
        row.expect("every place has its row")
    }

    /// How many rows a person can choose from here.
    pub fn rows(self, view: Option<&View>, screen: &ScreenState) -> usize {
        let of_view = |rows: fn(&View) -> usize| view.map_or(0, rows);
        match self {
            Place::Line | Place::Batch => 0,
            Place::Alarms if screen.look.past => screen.look.rows(),
            Place::Alarms => of_view(|view| view.alarms.len()),
            Place::Cases => of_view(|view| view.unread.len()),
            Place::Devices => of_view(|view| view.devices.len()),
            Place::Setup => of_view(|view| setup::eyes(view).len()),
            Place::Packs
            | Place::Rejects
            | Place::Trace
            | Place::Templates
            | Place::Audit
            | Place::People => screen.look.rows(),
        }
    }

    /// Where what this alarm tells of is looked at and mended.
    pub fn of_alarm(code: &str) -> Place {
        match code {
            "printer-link" | "printer" | "camera-link" | "plc-link" | "plc-wrong" | "machine"
            | "reader-link" | "store" | "disk" | "container-printer" => Place::Devices,
            "rejects" | "print-quality" | "text" | "camera-counts" | "sync" => Place::Rejects,
            "pack-unread" | "container-unread" | "label-doubled" | "container-label"
            | "packing" | "scan-refused" => Place::Cases,
            "sign-in" => Place::People,
            "numbers-out" | "numbers-low" | "label-trial" | "unknown-fate" => Place::Batch,
            _ => Place::Line,
        }
    }
}

/// The rows between the heading and the message, for a place that is not the line.
pub(super) fn draw(pen: &mut Pen<'_>, view: &View, screen: &ScreenState) {
    match screen.place {
        Place::Line => {}
        Place::Alarms if screen.look.past => past::draw(pen, screen),
        Place::Alarms => alarms::draw(pen, view, screen),
        Place::Rejects => rejects::draw(pen, view, screen),
        Place::Cases => cases::draw(pen, view, screen),
        Place::Devices => devices::draw(pen, view, screen),
        Place::Setup => setup::draw(pen, view, screen),
        Place::Batch => batch::draw(pen, view, screen),
        Place::Packs => packs::draw(pen, screen),
        Place::Trace => trace::draw(pen, screen),
        Place::Templates => templates::draw(pen, screen),
        Place::Audit => audit::draw(pen, screen),
        Place::People => people::draw(pen, view, screen),
    }
}
