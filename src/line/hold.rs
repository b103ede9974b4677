//! Law 1: nothing permissive leaves before the record that explains it is on disk. PURE.

use super::effect::Permissive;
use std::collections::VecDeque;

/// Most permissive effects that may wait for the disk; more means the disk does not keep up.
pub const HELD_MAX: usize = 4096;

/// Permissive effects in order, each with the last record it waits for.
#[derive(Debug, Default)]
pub struct Hold {
    waiting: VecDeque<(u64, Permissive)>,
}

impl Hold {
    /// Holds `effect` until everything up to `seq` is on disk.
    pub fn until(&mut self, seq: u64, effect: Permissive) {
        assert!(
            seq > 0,
            "a permissive effect needs a record that explains it"
        );
        if let Some((last, _)) = self.waiting.back() {
            assert!(*last <= seq, "records are numbered upwards");
        }
        assert!(
            self.waiting.len() < HELD_MAX,
            "the stop for a slow disk comes long before this"
        );
        self.waiting.push_back((seq, effect));
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

#[cfg(test)]
mod test {
    use super::*;
    use crate::line::event::ReplyTo;

    #[test]
    fn nothing_leaves_before_its_record_is_on_disk() {
        let mut hold = Hold::default();
        let confirm = |reply| Permissive::Confirm {
            reply: ReplyTo(reply),
        };
        hold.until(3, confirm(1));
        hold.until(5, confirm(2));
        assert_eq!(hold.release(2), None);
        assert_eq!(hold.release(4), Some(confirm(1)));
        assert_eq!(hold.release(4), None);
        assert_eq!(hold.release(5), Some(confirm(2)));
        assert!(hold.is_empty());
    }
}
