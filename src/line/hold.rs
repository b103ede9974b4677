//! Law 1: nothing permissive leaves before the record that explains it is on disk. PURE.

use super::Line;
use super::effect::{Effect, Permissive};
use crate::record::Tick;
use std::collections::VecDeque;

/// Most permissive effects that may wait for the disk. At half of it no number is taken and no order accepted; at all
/// of it the station stands like one whose store failed.
pub const HELD_MAX: usize = 4096;
/// Most turns whose way to the disk is watched one by one; further ones count with the newest of them.
pub const TURNS_PENDING_MAX: usize = 4096;

/// Permissive effects in order, each with the last record it waits for.
#[derive(Debug, Default)]
pub struct Hold {
    waiting: VecDeque<(u64, Permissive)>,
}

impl Hold {
    /// Holds `effect` until everything up to `seq` is on disk.
    ///
    /// # Errors
    /// [`HELD_MAX`] wait already: the effect comes back and must not be carried out.
    pub fn until(&mut self, seq: u64, effect: Permissive) -> Result<(), Permissive> {
        assert!(
            seq > 0,
            "a permissive effect needs a record that explains it"
        );
        if let Some((last, _)) = self.waiting.back() {
            assert!(*last <= seq, "records are numbered upwards");
        }
        if self.waiting.len() >= HELD_MAX {
            return Err(effect);
        }
        self.waiting.push_back((seq, effect));
        Ok(())
    }

    /// The next effect whose records are all on disk.
    pub fn release(&mut self, through: u64) -> Option<Permissive> {
        match self.waiting.front() {
            Some((seq, _)) if *seq <= through => self.waiting.pop_front().map(|(_, effect)| effect),
            _ => None,
        }
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// None waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

/// Turns whose records are not on disk yet, oldest first: last record, and since when.
#[derive(Debug, Default)]
pub struct Pending(VecDeque<(u64, Tick)>);

impl Pending {
    /// A turn ended with the record `seq`. Over the limit it joins the newest turn that is watched: that one then
    /// counts as written only when both are.
    pub fn add(&mut self, seq: u64, now: Tick) {
        let full = self.0.len() >= TURNS_PENDING_MAX;
        match self.0.back_mut().filter(|_| full) {
            Some(newest) => newest.0 = seq,
            None => self.0.push_back((seq, now)),
        }
    }

    /// Everything up to `through` is on disk.
    pub fn committed(&mut self, through: u64) {
        while self.0.front().is_some_and(|(seq, _)| *seq <= through) {
            self.0.pop_front();
        }
    }

    /// Since when the oldest one waits.
    pub fn since(&self) -> Option<Tick> {
        self.0.front().map(|(_, since)| *since)
    }
}

impl Line {
    /// Holds a permissive effect until the record just appended is on disk. With [`HELD_MAX`] waiting it is given up:
    /// what it would have permitted does not happen, a person hears of it, and nothing more is permitted.
    pub(super) fn permit(&mut self, effect: Permissive) {
        let explains = self.out.records.last();
        let now = explains.expect("a permissive effect follows its record").at;
        let Err(given_up) = self.hold.until(self.last_seq, effect) else {
            return;
        };
        if let Permissive::Confirm { reply } = given_up {
            let answer = Err("The disk does not keep up: look at the alarms.".to_owned());
            self.effect(Effect::Reply { reply, answer });
        }
        if self.store.failed.is_none() {
            let why = format!(
                "{HELD_MAX} effects wait for the disk: check it, then start the station again"
            );
            self.store_failed(now, why);
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::line::event::ReplyTo;
    use crate::record::LaneNo;

    #[test]
    fn nothing_leaves_before_its_record_is_on_disk() {
        let mut hold = Hold::default();
        let confirm = |reply| Permissive::Confirm {
            reply: ReplyTo(reply),
        };
        assert_eq!(hold.until(3, confirm(1)), Ok(()));
        assert_eq!(hold.until(5, confirm(2)), Ok(()));
        assert_eq!(hold.release(2), None);
        assert_eq!(hold.release(4), Some(confirm(1)));
        assert_eq!(hold.release(4), None);
        assert_eq!(hold.release(5), Some(confirm(2)));
        assert!(hold.is_empty());
    }
    #[test]
    fn beyond_the_limit_effects_come_back_and_turns_are_watched_together() {
        let mut hold = Hold::default();
        let lane = LaneNo::FIRST;
        let stop = |stop| Permissive::WithdrawStop { lane, stop };
        let most = HELD_MAX as u64;
        for seq in 1..=most {
            assert_eq!(hold.until(seq, stop(seq)), Ok(()));
        }
        assert_eq!(hold.until(most + 1, stop(0)), Err(stop(0)));
        assert_eq!(hold.len(), HELD_MAX);
        assert_eq!(hold.release(most), Some(stop(1)), "what waits stays");
        assert_eq!(hold.until(most + 1, stop(0)), Ok(()));

        let mut pending = Pending::default();
        let more = TURNS_PENDING_MAX as u64 + 100;
        (1..=more).for_each(|seq| pending.add(seq, Tick(seq)));
        assert_eq!(pending.0.len(), TURNS_PENDING_MAX);
        pending.committed(more - 1);
        let newest = Tick(TURNS_PENDING_MAX as u64);
        assert_eq!(pending.since(), Some(newest), "the last one is not on disk");
        pending.committed(more);
        assert_eq!(pending.since(), None);
    }
}
