//! What people, couplings and half-broken devices do besides: pictures late, twice or out of the blue, packs
//! taken off and put on, commands and jobs refused, a store that fails, an operator who presses every key.

use super::{BeltPack, CAMERA, Dice, GATE, HEAD, World};
use crate::line::{Event, FrameNo, LaneEvent};
use crate::record::{Fate, PackNo, PlcPack};
use crate::wire::OperatorCommand;

/// Chances per thousand.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chances {
    pub late_frame: u64,
    pub late_look: u64,
    pub missed_trigger: u64,
    pub refused_command: u64,
    doubled_frame: u64,
    ghost_frame: u64,
    removed: u64,
    appeared: u64,
    fed_again: u64,
    refused_job: u64,
    operator: u64,
    store_fails: u64,
    pub unread_numbers: u64,
    label: u64,
}

impl Chances {
    /// The same with people who change the label.
    pub fn with_labels(self, label: u64) -> Chances {
        Chances { label, ..self }
    }

    /// Each class is on with one half, its strength drawn.
    pub fn swarm(seed: u64) -> Chances {
        let mut dice = Dice(seed ^ 0xBAD);
        let mut draw = |max: u64| match dice.below(2) {
            0 => 0,
            _ => 1 + dice.below(max),
        };
        Chances {
            late_frame: draw(10),
            late_look: draw(10),
            missed_trigger: draw(5),
            refused_command: draw(300),
            doubled_frame: draw(10),
            ghost_frame: draw(4),
            removed: draw(8),
            appeared: draw(6),
            fed_again: draw(4),
            refused_job: draw(4),
            operator: draw(8),
            store_fails: draw(2),
            unread_numbers: draw(300),
            label: 0,
        }
    }
}

impl World {
    /// `event` arrives now, or with this chance up to `late_max_ms` later.
    pub(super) fn arrive(&mut self, chance: u64, late_max_ms: u64, event: Event) {
        if self.dice.once_in_thousand(chance) {
            let at = self.now_ms + self.dice.below(late_max_ms);
            self.late.push((at, event));
        } else {
            self.inbox.push(event);
        }
    }

    /// The printer refuses this job.
    pub(super) fn refuses_job(&mut self, pack: PackNo) -> bool {
        let refused = self.dice.once_in_thousand(self.faults.mischief.refused_job);
        if refused {
            let why = "buffer full".to_owned();
            self.inbox.push(Event::JobRefused { pack, why });
        }
        refused
    }

    /// The gate expected this pack and nothing came.
    pub(super) fn miss(&mut self, pack: BeltPack) {
        if pack.plc.boot == self.machine.boot {
            self.machine.decided = self.machine.decided.max(pack.plc.id);
            let (plc, fate) = (pack.plc, Fate::Removed);
            self.ring(LaneEvent::Gated { plc, fate }.on(self.machine.no));
        }
    }

    pub(super) fn make_mischief(&mut self) {
        let now = self.now_ms;
        let (due, later) = std::mem::take(&mut self.late)
            .into_iter()
            .partition(|(at, _)| *at <= now);
        self.late = later;
        let due: Vec<(u64, Event)> = due;
        self.inbox.extend(due.into_iter().map(|(_, event)| event));
        if self.store_dead_until.is_some_and(|until| until <= now) {
            self.kill_station();
        }
        if self.machine.to_feed == 0 || !now.is_multiple_of(50) {
            return;
        }
        let chances = self.faults.mischief;
        if self.dice.once_in_thousand(chances.store_fails) && self.store_dead_until.is_none() {
            self.writing.clear();
            self.store_dead_until = Some(now + 500 + self.dice.below(1500));
            self.inbox.push(Event::StoreFailed("no room".into()));
        }
        if self.dice.once_in_thousand(chances.operator) {
            let command = self.any_command();
            self.command(command);
        }
        if chances.label > 0 && self.dice.once_in_thousand(chances.label) {
            self.any_label();
        }
        if self.machine.running {
            self.handle_packs(chances);
            self.spoil_pictures(chances);
        }
    }

    fn any_command(&mut self) -> OperatorCommand {
        match self.dice.below(6) {
            0 => OperatorCommand::Stop,
            1 => OperatorCommand::Resume,
            2 => OperatorCommand::RejectNext,
            3 => OperatorCommand::Resynchronise,
            4 => OperatorCommand::CloseBatch,
            _ => self.opening(),
        }
    }

    /// Hands on the belt: a pack taken off, a blank one put on, one with a good label put on.
    fn handle_packs(&mut self, chances: Chances) {
        if self.dice.once_in_thousand(chances.removed) && !self.machine.belt.is_empty() {
            let place = self.dice.below(self.machine.belt.len() as u64) as usize;
            self.machine.belt[place].gone = true;
        }
        if self.dice.once_in_thousand(chances.appeared) {
            self.put_on(Vec::new());
        }
        if self.dice.once_in_thousand(chances.fed_again) {
            let ink = self
                .truth
                .last()
                .map_or(Vec::new(), |last| last.ink.clone());
            self.put_on(ink);
        }
    }

    /// A pack without identity, somewhere behind the detector.
    fn put_on(&mut self, ink: Vec<String>) {
        let place = 100 + self.dice.below(u64::from(GATE) - 150) as u32;
        let behind = self.machine.belt.iter().position(|pack| pack.place < place);
        let stage = u8::from(place >= HEAD) + u8::from(place >= CAMERA);
        let stranger = BeltPack {
            plc: PlcPack {
                lane: self.machine.no,
                boot: 0,
                id: 0,
            },
            place,
            ink,
            stage,
            gone: false,
        };
        self.machine
            .belt
            .insert(behind.unwrap_or(self.machine.belt.len()), stranger);
    }

    /// A picture that comes again, and one that nobody fired for.
    fn spoil_pictures(&mut self, chances: Chances) {
        let doubled = self.dice.once_in_thousand(chances.doubled_frame);
        let ghost = self.dice.once_in_thousand(chances.ghost_frame);
        if self.machine.camera_back_at.is_some() || !(doubled || ghost) {
            return;
        }
        if ghost {
            self.machine.counter += 1;
        }
        let before = |pack: &&BeltPack| pack.place >= CAMERA && !pack.gone;
        let ink = self
            .machine
            .belt
            .iter()
            .rev()
            .find(before)
            .map(|pack| pack.ink.clone());
        self.next_frame += 1;
        let frame = FrameNo(self.next_frame);
        self.frames.insert(frame, ink.unwrap_or_default());
        let counter = Some(self.machine.counter);
        self.inbox
            .push(LaneEvent::Pictured { counter, frame }.on(self.machine.no));
    }
}
