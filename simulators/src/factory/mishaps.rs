//! What belts and hands do to packs. PURE.

use super::Factory;
use crate::{
    Tick,
    belt::{Pack, Rate, Stage},
    fault::{Fate, FaultKind, MISHAPS, Mishap},
    plc::CONTRACT,
};

/// From the front of a pack to that of the one that touches it, in µm.
const TOUCHING_UM: (u64, u64) = (20_000, 40_000);

/// How product detect sees the second pack of a double feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Second {
    /// As a pack of its own, too near to the first one.
    Seen,
    /// As the end of the first one.
    Hidden,
}

impl Factory {
    /// Somebody orders a mishap: a lasting one stands until ended, another one happens with the next pack.
    pub fn order_mishap(&mut self, kind: Mishap, on: bool) {
        match (kind.lasts(), on) {
            (true, true) => self.begin_mishap(kind, None),
            (true, false) => self.end_mishap(kind),
            (false, true) => self.ordered_mishaps.push(kind),
            (false, false) => self.ordered_mishaps.retain(|ordered| *ordered != kind),
        }
        self.ordered_mishaps.truncate(MISHAPS.len());
    }

    /// Lasting mishaps that stand now.
    pub(super) fn standing_mishaps(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.mishaps.keys().map(|kind| kind.name())
    }

    /// All lasting mishaps end, and none is ordered any more.
    pub(super) fn heal_mishaps(&mut self) {
        self.ordered_mishaps.clear();
        self.second = None;
        for (kind, _) in MISHAPS {
            self.end_mishap(*kind);
        }
    }

    /// What stands, ends, or shows at the PLC.
    pub(super) fn stand_mishaps(&mut self) {
        let now = self.now;
        let over = |until: &Option<Tick>| until.is_some_and(|end| end <= now);
        let ended = self.mishaps.iter().filter(|(_, until)| over(until));
        let ended: Vec<Mishap> = ended.map(|(kind, _)| *kind).collect();
        ended.into_iter().for_each(|kind| self.end_mishap(kind));
        for pack in &mut self.belt.packs {
            pack.met.extend(self.mishaps.keys().map(|kind| kind.name()));
        }
        // It stands while the two are on the belt. Where the belt stands, somebody looks at them and presses reset.
        let two = |pack: &Pack| pack.crowded && !pack.gone;
        let seen = self.plc.running() && self.belt.packs.iter().any(two);
        if std::mem::replace(&mut self.crowded, seen) != seen {
            self.plc.set_fault(CONTRACT.bit.faults.double_feed, seen);
        }
    }

    /// What happens as a pack comes; changes its fate, and what comes behind it.
    pub(super) fn mishaps_of(&mut self, fate: &mut Fate) -> Vec<Mishap> {
        let mut struck = self.options.faults.draw_mishaps(&mut self.hands);
        struck.append(&mut self.ordered_mishaps);
        for kind in &struck {
            match kind {
                Mishap::BeltSlow | Mishap::EncoderLag => {
                    let ms = self.hands.between(1000, 4000);
                    self.begin_mishap(*kind, Some(self.now.plus_ms(ms)));
                }
                Mishap::BeltStop => {
                    self.plc.stop();
                    self.meet_mishap(*kind);
                }
                Mishap::DoubleFeed => {
                    let (low, high) = TOUCHING_UM;
                    let gap_um = self.hands.between(low, high);
                    self.belt.next_gap_um = gap_um.min(self.belt.next_gap_um);
                    self.belt.to_feed += 1;
                    self.second = Some(match self.hands.chance(0.5) {
                        true => Second::Seen,
                        false => Second::Hidden,
                    });
                }
                Mishap::TakenBeforeCamera => take_at(fate, Stage::Fired),
                Mishap::TakenBeforeGate => take_at(fate, Stage::Gated),
                Mishap::RejectAgain | Mishap::LaidBehindCamera => {}
            }
        }
        struck
    }

    /// The ways from pack to pack differ where the file of a station says so.
    pub(super) fn draw_gap(&mut self) {
        let pitch_um = u64::from(self.belt.geometry.pitch_mm) * 1000;
        if let Some(nearest_um) = self.options.nearest_um {
            let swing = pitch_um.saturating_sub(nearest_um);
            self.belt.next_gap_um = self.hands.between(pitch_um - swing, pitch_um + swing);
        }
    }

    /// The marks that mishaps leave on a pack as it comes.
    pub(super) fn mark_mishaps(&mut self, pack: &mut Pack, struck: &[Mishap], second: bool) {
        if struck.contains(&Mishap::RejectAgain)
            && let Some(ink) = self.old_inks.pop_front()
        {
            pack.prints = ink;
            pack.tainted = true;
            pack.met.insert(Mishap::RejectAgain.name());
        }
        for kind in [Mishap::TakenBeforeCamera, Mishap::TakenBeforeGate] {
            if struck.contains(&kind) {
                pack.met.insert(kind.name());
            }
        }
        if second || struck.contains(&Mishap::DoubleFeed) {
            pack.crowded = second && pack.key.is_some();
            pack.met.insert(Mishap::DoubleFeed.name());
        }
    }

    /// Somebody lays a pack on the belt between camera and gate.
    pub(super) fn lay_behind_camera(&mut self) {
        let [_, camera, gate, _] = self.belt.geometry.places_um();
        let at_um = camera + (gate - camera) / 2 + self.hands.below(10_000);
        let mut pack = Pack::new(self.now, Stage::Fired, at_um, Fate::default());
        pack.prints = self.old_inks.pop_front().unwrap_or_default();
        pack.tainted = true;
        pack.met.insert(Mishap::LaidBehindCamera.name());
        self.belt.put(pack);
    }

    fn begin_mishap(&mut self, kind: Mishap, until: Option<Tick>) {
        if self.belt.rate == Rate::Max || self.mishaps.contains_key(&kind) {
            return;
        }
        self.mishaps.insert(kind, until);
        let percent = |low, high, random: &mut crate::random::Random| {
            u32::try_from(random.between(low, high)).unwrap_or(100)
        };
        match kind {
            Mishap::BeltSlow => self.belt.speed_percent = percent(30, 90, &mut self.hands),
            Mishap::EncoderLag => self.belt.counted_percent = percent(50, 95, &mut self.hands),
            _ => {}
        }
    }

    fn end_mishap(&mut self, kind: Mishap) {
        if self.mishaps.remove(&kind).is_none() {
            return;
        }
        match kind {
            Mishap::BeltSlow => self.belt.speed_percent = 100,
            Mishap::EncoderLag => self.belt.counted_percent = 100,
            _ => {}
        }
    }

    fn meet_mishap(&mut self, kind: Mishap) {
        for pack in &mut self.belt.packs {
            pack.met.insert(kind.name());
        }
    }
}

/// A hand takes the pack before this place.
fn take_at(fate: &mut Fate, missed_at: Stage) {
    if !fate.has(FaultKind::Removed) {
        fate.faults.push(FaultKind::Removed);
    }
    fate.missed_at = missed_at;
}
