//! The terminal screen: one table of keys, theme, pages. Talks over the socket like any other
//! client.
//!
//! The main screen at 80 × 24, from top to bottom: state, flow, the batch with its books beside the
//! symbol the camera read last, devices, alarms with what to do, the last message, keys.
//! `tests/snapshots/main_80x24.txt` shows it. The screen only reads; what a person does goes to the
//! station as a command with the person's name.
//!
//! [`places`] are where else a person can look: alarms, packs, rejects, cases, devices, the batch, a life, templates,
//! the audit trail. Some ask the station for more than the view holds: [`look`].
//!
//! The board (`tui/board.rs`) hangs on a wall: it is read from afar, and orders nothing.
//!
//! [`form`] is what a person fills in before an order is given.
//!
//! [`language`] is what the screens speak: the pen says every text in it.
//!
//! Bytes of the terminal become keys in [`keyboard`], and each key goes through [`typing`] first: what a hand scanner
//! types is no key of a person, and opens a page; what is pasted is no key either.

mod able;
mod alarm_rows;
mod asking;
mod board;
pub mod client;
pub mod form;
mod found;
pub mod keyboard;
pub mod keys;
pub mod language;
mod letters;
pub mod look;
mod orders;
mod pages;
mod pen;
pub mod places;
pub mod press;
mod run;
mod screen;
mod small;
pub mod state;
mod terminal;
pub mod theme;
pub mod typing;
pub mod words;

pub use language::Language;
pub use orders::Session;
pub use places::{PLACES, Place};
pub use run::{Leave, Speech, TuiError, restore_terminal, run, run_board};
pub use screen::{FULL, SMALL, draw, draw_waiting};
pub use state::{Dialog, ScanPage, ScanSaid, ScreenState};
pub use terminal::terminal_columns;
pub use theme::{Colours, Theme};
