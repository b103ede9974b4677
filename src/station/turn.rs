//! The turn: events in, records out, effects out. PURE; the one piece of code that both `station`
//! (pumps, wall clock) and a simulated world (simulated devices, virtual time) drive.

use crate::line::{Effect, Event, Line};
use crate::record::{Record, Tick};
use std::time::Duration;

/// Most events one turn takes in, so that a flood cannot keep the disk waiting.
pub const EVENTS_PER_TURN_MAX: usize = 256;

/// Longest time without a turn: what nobody tells the line it finds by looking.
pub const TURN_PAUSE_MAX: Duration = Duration::from_millis(50);

/// What one turn gives.
#[derive(Debug)]
pub struct TurnOutput {
    /// Records of this turn, to be committed together; may be empty.
    pub records: Vec<Record>,
    /// Effects whose records (of earlier turns) are on disk already, or that restrict.
    pub effects: Vec<Effect>,
}

/// Takes `events` in, in order, and gives what follows from them.
pub fn turn(line: &mut Line, now: Tick, events: impl IntoIterator<Item = Event>) -> TurnOutput {
    for event in events {
        line.handle(now, event);
    }
    let turn = line.take_turn(now);
    TurnOutput {
        records: turn.records,
        effects: turn.effects,
    }
}
