//! Modules and places of the symbols looked at last, kept for the screen: written at the line's rate into memory that
//! is used again, read at the screen's.

use crate::record::{Modules, PackNo, SymbolPlace};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Of how many packs. The line may be so many verdicts behind the workers and still show the symbol it speaks of.
const PACKS: usize = 32;

/// What the symbol of a pack looked like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Symbol {
    /// Its modules as they were sampled.
    pub modules: Modules,
    /// Where it lay, if our own reader read it.
    pub place: Option<SymbolPlace>,
}

/// The symbols seen last, shared by workers and station.
#[derive(Debug, Default)]
pub struct Shown(Mutex<Ring>);

#[derive(Debug, Default)]
struct Ring {
    /// Oldest at `next` once it is full.
    packs: Vec<(PackNo, Symbol)>,
    next: usize,
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, Ring> {
        // Only for the screen: half-written modules mislead nobody.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what was seen on a pack.
    pub fn keep(&self, pack: PackNo, modules: &Modules, place: Option<SymbolPlace>) {
        let ring = &mut *self.lock();
        if ring.packs.len() < PACKS {
            let modules = modules.clone();
            ring.packs.push((pack, Symbol { modules, place }));
            return;
        }
        let (kept, memory) = &mut ring.packs[ring.next];
        (*kept, memory.place) = (pack, place);
        memory
            .modules
            .take(modules.columns, modules.rows, &modules.dark);
        ring.next = (ring.next + 1) % PACKS;
    }

    /// What was seen on a pack, if that is not too long ago and something was.
    pub fn of(&self, pack: PackNo) -> Option<Symbol> {
        let ring = self.lock();
        let found = ring.packs.iter().find(|(kept, _)| *kept == pack);
        found.map(|(_, symbol)| symbol.clone())
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn the_last_packs_are_kept_each_with_its_own() {
        let shown = Shown::default();
        let symbol = |pack: u64| Symbol {
            modules: Modules {
                columns: 2,
                rows: 1,
                dark: vec![pack.is_multiple_of(2), pack.is_multiple_of(3)],
            },
            place: pack.is_multiple_of(5).then_some(SymbolPlace {
                pitch_tenth_px: pack as u32,
                ..SymbolPlace::default()
            }),
        };
        let keep = |pack: u64| {
            let symbol = symbol(pack);
            shown.keep(PackNo(pack), &symbol.modules, symbol.place);
        };
        let last = 3 * PACKS as u64 + 5;
        (1..=last).for_each(keep);
        let first_kept = last - PACKS as u64 + 1;
        for pack in 1..=last + 1 {
            let kept = (first_kept..=last).contains(&pack);
            assert_eq!(shown.of(PackNo(pack)), kept.then(|| symbol(pack)));
        }
    }
}
