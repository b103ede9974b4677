//! Keys as the screen understands them, and what they do. PURE.

use crate::tui::form::FormKind;
use crate::tui::places::Place;

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
    /// Ctrl-U: empties what is being typed, as terminals do.
    Empty,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Tab.
    Tab,
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
    /// Goes to a place.
    Go(Place),
    /// Opens the menu of all places.
    More,
    /// Chooses the row above.
    Above,
    /// Chooses the row below.
    Below,
    /// Goes where the chosen alarm is mended.
    Mend,
    /// Opens the page of the chosen pack.
    Open,
    /// Shows the life of the chosen pack.
    Life,
    /// Remembers what the chosen camera sees now, to be compared with.
    Remember,
    /// Asks what to look for.
    Find,
    /// Goes to the next page of a list.
    NextPage,
    /// Goes back a page.
    PageBefore,
    /// Turns from the alarms that stand to those that came and went, or back.
    TurnOver,
    /// Opens a form.
    Ask(FormKind),
    /// Closes a dialog, or goes back to the line.
    Close,
}
