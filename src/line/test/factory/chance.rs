//! What may go wrong, drawn from a seed; seeds are all there is to chance.

use super::mischief::Chances;
use super::print::PrintFaults;

/// Chances per thousand, and what may happen at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    pub lost_frame: u64,
    pub lost_label: u64,
    pub printed_twice: u64,
    pub blank: u64,
    pub printer_restart: u64,
    pub camera_restart: u64,
    pub outage: u64,
    pub plc_restart: u64,
    pub kill: u64,
    pub slow_disk: bool,
    /// What people, couplings and half-broken devices do besides.
    pub mischief: Chances,
    /// How badly labels come out.
    pub print: PrintFaults,
}

impl Faults {
    /// As [`Faults::worse`], with people who change the label on top.
    pub fn swapping(seed: u64) -> Faults {
        let worse = Faults::worse(seed);
        Faults {
            mischief: worse
                .mischief
                .with_labels(1 + Dice(seed ^ 0x1ABE1).below(20)),
            ..worse
        }
    }

    /// As [`Faults::swarm`], with every mischief on top.
    pub fn worse(seed: u64) -> Faults {
        Faults {
            mischief: Chances::swarm(seed),
            ..Faults::swarm(seed)
        }
    }

    /// Each class is on with one half, its strength drawn.
    pub fn swarm(seed: u64) -> Faults {
        let mut dice = Dice(seed ^ 0x5EED);
        let mut draw = |max: u64| {
            if dice.below(2) == 0 {
                0
            } else {
                1 + dice.below(max)
            }
        };
        Faults {
            lost_frame: draw(20),
            lost_label: draw(8),
            printed_twice: draw(8),
            blank: draw(30),
            printer_restart: draw(3),
            camera_restart: draw(3),
            outage: draw(3),
            plc_restart: draw(2),
            kill: draw(3),
            slow_disk: draw(1) == 1,
            mischief: Chances::default(),
            print: PrintFaults::default(),
        }
    }
}

/// A small generator; seeds are all there is to chance.
#[derive(Debug)]
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % count
    }

    pub fn once_in_thousand(&mut self, chance: u64) -> bool {
        self.below(1000) < chance
    }
}
