//! What belts and hands do to packs, beside the faults of devices. A table of its own with chance of its own, so that
//! seeds without mishaps give the same factories as ever. PURE.

use crate::{faults, random::Random};

faults! {
    /// What belts and hands do.
    Mishap, MISHAPS {
        /// The belt runs at 30 to 90 % of its speed for 1–4 s; until ended when ordered.
        BeltSlow = "belt-slow", per "pack fed", at most 0.01,
            needs "a belt with a rate";
        /// The belt stops, as at an opened guard, until somebody presses start.
        BeltStop = "belt-stop", per "pack fed", at most 0.005;
        /// The encoder's wheel slips on and on: for 1–4 s it counts 50 to 95 % of the way; until ended when ordered.
        EncoderLag = "encoder-lag", per "pack fed", at most 0.005,
            needs "a belt with a rate";
        /// A second pack touches the first one, within the shortest interval. The PLC sees two and raises FAULTS bit
        /// 11, or takes both for one; then the second one appears at the camera.
        DoubleFeed = "double-feed", per "pack fed", at most 0.01;
        /// A pack out of the reject bin is fed in again, with its ink.
        RejectAgain = "reject-again", per "pack fed", at most 0.02,
            needs "a pack rejected before";
        /// Somebody lays a pack on the belt behind the camera.
        LaidBehindCamera = "laid-behind-camera", per "pack fed", at most 0.01;
        /// Somebody takes the pack between print head and camera.
        TakenBeforeCamera = "taken-before-camera", per "pack fed", at most 0.02;
        /// Somebody takes the pack between camera and gate.
        TakenBeforeGate = "taken-before-gate", per "pack fed", at most 0.02;
    }
}

impl Mishap {
    /// The name people use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        MISHAPS[self as usize].1.name
    }

    /// `true` for what lasts; `false` for what happens once.
    #[must_use]
    pub fn lasts(self) -> bool {
        matches!(self, Mishap::BeltSlow | Mishap::EncoderLag)
    }

    /// The mishap of this name.
    ///
    /// # Errors
    /// Names all mishaps there are.
    pub fn parse(name: &str) -> Result<Mishap, String> {
        let found = MISHAPS.iter().find(|(_, words)| words.name == name);
        found.map(|(kind, _)| *kind).ok_or_else(|| {
            let names: Vec<&str> = MISHAPS.iter().map(|(_, words)| words.name).collect();
            format!("'{name}' is no mishap. There are: {}.", names.join(", "))
        })
    }
}

/// How often each mishap happens, per pack.
pub(super) type Rates = [f64; MISHAPS.len()];

/// Each mishap is on with an even chance and a strength drawn from the seed, weak more often than strong.
pub(super) fn swarm(seed: u64) -> Rates {
    let mut random = Random::stream(seed, 0x4A5D);
    let mut rates = Rates::default();
    for (rate, (_, words)) in rates.iter_mut().zip(MISHAPS) {
        let (on, strength) = (random.chance(0.5), random.unit().powi(2));
        *rate = if on { strength * words.most } else { 0.0 };
    }
    rates
}
