//! Modules of the packs looked at last, kept for the screen: written at the line's rate into memory that is used
//! again, read at the screen's.

use crate::record::{Modules, PackNo};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Of how many packs. The line may be so many verdicts behind the workers and still show the symbol it speaks of.
const PACKS: usize = 32;

/// The modules seen last, shared by workers and station.
#[derive(Debug, Default)]
pub struct Shown(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    /// Oldest at `next` once it is full.
    packs: Vec<(PackNo, Modules)>,
    next: usize,
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, Ring> {
        // Only for the screen: half-written modules mislead nobody.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what was seen on a pack.
    pub fn keep(&self, pack: PackNo, modules: &Modules) {
        let ring = &mut *self.lock();
        if ring.packs.len() < PACKS {
            ring.packs.push((pack, modules.clone()));
            return;
        }
        let (kept, memory) = &mut ring.packs[ring.next];
        *kept = pack;
        memory.take(modules.columns, modules.rows, &modules.dark);
        ring.next = (ring.next + 1) % PACKS;
    }

    /// What was seen on a pack, if that is not too long ago and something was.
    pub fn of(&self, pack: PackNo) -> Option<Modules> {
        let ring = self.lock();
        let found = ring.packs.iter().find(|(kept, _)| *kept == pack);
        found.map(|(_, modules)| modules.clone())
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn the_last_packs_are_kept_each_with_its_own() {
        let shown = Shown::default();
        let modules = |pack: u64| Modules {
            columns: 2,
            rows: 1,
            dark: vec![pack.is_multiple_of(2), pack.is_multiple_of(3)],
        };
        let last = 3 * PACKS as u64 + 5;
        (1..=last).for_each(|pack| shown.keep(PackNo(pack), &modules(pack)));
        let first_kept = last - PACKS as u64 + 1;
        for pack in 1..=last + 1 {
            let kept = (first_kept..=last).contains(&pack);
            assert_eq!(shown.of(PackNo(pack)), kept.then(|| modules(pack)));
        }
    }
}
