//! The belt: geometry in millimetres, packs in order, and an account that always adds up. PURE.

use std::{collections::BTreeSet, collections::VecDeque, fmt};

use crate::{
    Tick,
    fault::Fate,
    ink::Damage,
    ink::Print,
    plc::{Decision, PackKey},
    truth::{Bin, PackTruth},
};

/// Micrometres per millimetre.
const UM: u64 = 1000;
/// Nanoseconds per minute.
const NS_PER_MIN: u64 = 60_000_000_000;
/// Fastest belt.
pub const RATE_MAX: u32 = 6000;
/// Encoder steps per millimetre.
pub const ENCODER_PER_MM: u64 = 10;

/// How fast packs come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// A belt of real geometry at this many packs per minute.
    PacksPerMin(u32),
    /// As fast as the software allows: the belt becomes elastic. Measures headroom, not a machine.
    Max,
}

impl Rate {
    /// Reads a number of packs per minute (1–6000) or `max`.
    ///
    /// # Errors
    /// Says what is allowed.
    pub fn parse(text: &str) -> Result<Rate, String> {
        let number = text.parse().ok().filter(|n| (1..=RATE_MAX).contains(n));
        match (text, number) {
            ("max", _) => Ok(Rate::Max),
            (_, Some(number)) => Ok(Rate::PacksPerMin(number)),
            _ => Err(format!(
                "'{text}' is no rate. Use 1 to {RATE_MAX} packs per minute, or max."
            )),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rate::PacksPerMin(number) => write!(f, "{number}"),
            Rate::Max => f.write_str("max"),
        }
    }
}

/// Distances along the belt, in mm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// From pack to pack.
    pub pitch_mm: u32,
    /// Product detect to print head.
    pub detect_to_head_mm: u32,
    /// Print head to camera.
    pub head_to_camera_mm: u32,
    /// Camera to gate.
    pub camera_to_gate_mm: u32,
    /// Gate to the bin sensors.
    pub gate_to_bin_mm: u32,
}

impl Default for Geometry {
    fn default() -> Geometry {
        Geometry {
            pitch_mm: 80,
            detect_to_head_mm: 400,
            head_to_camera_mm: 200,
            camera_to_gate_mm: 600,
            gate_to_bin_mm: 50,
        }
    }
}

impl Geometry {
    /// Where things stand, in µm from product detect: head, camera, gate, bin sensors.
    #[must_use]
    pub fn places_um(&self) -> [u64; 4] {
        let mut at = 0;
        [
            self.detect_to_head_mm,
            self.head_to_camera_mm,
            self.camera_to_gate_mm,
            self.gate_to_bin_mm,
        ]
        .map(|mm| {
            at += u64::from(mm) * UM;
            at
        })
    }

    /// Most packs that fit between detect and the bin sensors.
    #[must_use]
    pub fn in_flight_max(&self) -> u16 {
        let [.., bins] = self.places_um();
        let packs = bins.div_ceil(u64::from(self.pitch_mm.max(1)) * UM) + 1;
        u16::try_from(packs).unwrap_or(u16::MAX)
    }
}

/// The last place a pack has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Stage {
    /// Product detect.
    #[default]
    Detected,
    /// The print head.
    Printed,
    /// The camera.
    Fired,
    /// The gate.
    Gated,
}

/// One pack on the belt.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own in the truth"
)]
pub struct Pack {
    /// What the PLC calls it, while it knows it.
    pub key: Option<PackKey>,
    /// What it was called before tracking was lost.
    pub was: Option<PackKey>,
    /// The last place it has passed.
    pub stage: Stage,
    /// Where it is, in µm from product detect.
    pub at_um: u64,
    /// How long it has waited at this stage while the belt ran, in ns (elastic belt).
    pub waited_ns: u64,
    /// The ink on it.
    pub prints: Vec<Print>,
    /// It came with ink, or its ink was changed: not sound.
    pub tainted: bool,
    /// What is going to happen to it.
    pub fate: Fate,
    /// It is gone; its place in the shift register goes on.
    pub gone: bool,
    /// Product detect saw it, too near to the one before.
    pub crowded: bool,
    /// It came without an id.
    pub appeared: bool,
    /// Pictures taken of it.
    pub pictures: u32,
    /// One of its pictures did not arrive as it should.
    pub picture_spoilt: bool,
    /// What the gate decided.
    pub decision: Option<Decision>,
    /// What the truth will say.
    pub account: PackTruth,
    /// Names of faults that met it.
    pub met: BTreeSet<&'static str>,
}

impl Pack {
    /// A pack at product detect, or wherever `at_um` says.
    #[must_use]
    pub fn new(now: Tick, stage: Stage, at_um: u64, fate: Fate) -> Pack {
        let account = PackTruth {
            lane: 1,
            boot: 0,
            id: 0,
            was: None,
            ink: Vec::new(),
            ink_sound: false,
            picture_sound: false,
            frame_counter: None,
            window: false,
            faults: Vec::new(),
            detected_ms: now.ms(),
            fired_ms: None,
            gated_ms: None,
            verdict_ms: None,
            verdict: 0,
            gate: 0,
            cause: 0,
            bin: Bin::Removed,
        };
        Pack {
            key: None,
            was: None,
            stage,
            at_um,
            waited_ns: 0,
            prints: Vec::new(),
            tainted: false,
            fate,
            gone: false,
            crowded: false,
            appeared: false,
            pictures: 0,
            picture_spoilt: false,
            decision: None,
            account,
            met: BTreeSet::new(),
        }
    }

    /// Tracking is lost: the PLC no longer knows this pack.
    pub fn forget_name(&mut self) {
        if let Some(key) = self.key.take() {
            self.was = Some(key);
        }
    }

    /// The finished account.
    #[must_use]
    pub fn truth(mut self, bin: Bin) -> PackTruth {
        let name = self.key.or(self.was);
        (self.account.boot, self.account.id) = name.map_or((0, 0), |key| (key.boot, key.id));
        self.account.was = self.was.filter(|was| Some(*was) != name).map(Into::into);
        // A print that came out blank laid no ink; one that was spoilt is gone under the next.
        let last = self.prints.len().saturating_sub(1);
        let shows = |at: usize, print: &Print| match print.damage {
            Some(Damage::Blank) => false,
            Some(_) => at == last,
            None => true,
        };
        let inked = self.prints.iter().enumerate();
        let inked = inked.filter_map(|(at, print)| shows(at, print).then_some(print));
        self.account.ink = inked.flat_map(Print::scan_data).collect();
        let whole = matches!(&self.prints[..], [print] if print.damage.is_none());
        self.account.ink_sound = whole && !self.tainted && self.account.ink.len() == 1;
        self.account.picture_sound = self.pictures == 1 && !self.picture_spoilt;
        self.account.faults = self.met.iter().map(|name| (*name).to_owned()).collect();
        self.account.bin = bin;
        self.account
    }
}

/// Packs by where they are. `entered = good + reject + removed + on the belt`, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Packs that ever lay on the belt.
    pub entered: u64,
    /// Packs in the good bin.
    pub good: u64,
    /// Packs in the reject bin.
    pub reject: u64,
    /// Packs taken away by hand.
    pub removed: u64,
}

/// The belt.
#[derive(Debug)]
pub struct Belt {
    /// Its distances.
    pub geometry: Geometry,
    /// Its speed.
    pub rate: Rate,
    /// Packs, the one nearest the bins first.
    pub packs: VecDeque<Pack>,
    /// Packs still to be fed.
    pub to_feed: u64,
    /// The account.
    pub tally: Tally,
    /// How fast it runs, in percent of its rate's speed.
    pub speed_percent: u32,
    /// How much of its way the encoder counts, in percent.
    pub counted_percent: u32,
    /// From the last pack fed to the next one, in µm; the pitch unless somebody sets it.
    pub next_gap_um: u64,
    travel_um: u64,
    /// How far the encoder is off, in µm.
    slip_um: i64,
    rest: u64,
    since_feed_um: u64,
}

impl Belt {
    /// An empty belt.
    #[must_use]
    pub fn new(geometry: Geometry, rate: Rate) -> Belt {
        Belt {
            geometry,
            rate,
            packs: VecDeque::new(),
            to_feed: 0,
            tally: Tally::default(),
            speed_percent: 100,
            counted_percent: 100,
            next_gap_um: u64::from(geometry.pitch_mm) * UM,
            travel_um: 0,
            slip_um: 0,
            rest: 0,
            since_feed_um: u64::from(geometry.pitch_mm) * UM,
        }
    }

    /// Belt speed in mm/s; 0 for the elastic belt, which has none.
    #[must_use]
    pub fn speed_mm_s(&self) -> f64 {
        match self.rate {
            Rate::PacksPerMin(rate) => {
                let usual = f64::from(rate) * f64::from(self.geometry.pitch_mm) / 60.0;
                usual * f64::from(self.speed_percent) / 100.0
            }
            Rate::Max => 0.0,
        }
    }

    /// Packs physically on the belt.
    #[must_use]
    pub fn on_belt(&self) -> u64 {
        self.packs.iter().filter(|pack| !pack.gone).count() as u64
    }

    /// `true` when every pack that ever entered is accounted for.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let t = self.tally;
        t.entered == t.good + t.reject + t.removed + self.on_belt()
    }

    /// The encoder, wrapping.
    #[must_use]
    pub fn encoder(&self) -> u32 {
        let steps = self.travel_um.wrapping_add_signed(self.slip_um) * ENCODER_PER_MM / UM;
        u32::try_from(steps & u64::from(u32::MAX)).expect("masked to 32 bits")
    }

    /// The encoder's wheel slips: from now on it shows `um` more than before.
    pub fn slip(&mut self, um: i64) {
        // Never below where it began: an encoder that wraps at its start would be another fault.
        let least = -i64::try_from(self.travel_um).unwrap_or(i64::MAX);
        self.slip_um = (self.slip_um + um).max(least);
    }

    /// The belt goes back by `um`; no pack passes a place again that it has passed.
    pub fn jog_back(&mut self, um: u64) {
        self.travel_um -= um.min(self.travel_um);
        let least = -i64::try_from(self.travel_um).unwrap_or(i64::MAX);
        self.slip_um = self.slip_um.max(least);
        self.since_feed_um -= um.min(self.since_feed_um);
        for pack in &mut self.packs {
            pack.at_um -= um.min(pack.at_um);
        }
    }

    /// Moves the belt for `ns` nanoseconds at its rate; gives the distance in µm. The remainder is
    /// kept, so that many small steps go as far as one large one.
    pub fn advance(&mut self, ns: u64) -> u64 {
        let Some(per_min) = self.um_per_min() else {
            return 0;
        };
        let total = u128::from(per_min) * u128::from(ns) + u128::from(self.rest);
        let um = u64::try_from(total / u128::from(NS_PER_MIN)).unwrap_or(u64::MAX / 2);
        self.rest = u64::try_from(total % u128::from(NS_PER_MIN)).unwrap_or(0);
        self.travel_um += um;
        let uncounted = um - um * u64::from(self.counted_percent.min(100)) / 100;
        self.slip(-i64::try_from(uncounted).unwrap_or(0));
        for pack in &mut self.packs {
            pack.at_um += um;
        }
        let most = match self.to_feed {
            0 => self.next_gap_um,
            _ => u64::MAX,
        };
        self.since_feed_um = (self.since_feed_um + um).min(most);
        um
    }

    /// How far the belt goes in a minute, in µm; `None` for the elastic belt.
    fn um_per_min(&self) -> Option<u64> {
        let Rate::PacksPerMin(rate) = self.rate else {
            return None;
        };
        let usual = u64::from(rate) * u64::from(self.geometry.pitch_mm) * UM;
        Some((usual * u64::from(self.speed_percent) / 100).max(1))
    }

    /// How long the belt moves until the next pack comes to its next place, in ns: at product detect or behind it.
    /// `None` when nothing is left to come, and on the elastic belt.
    #[must_use]
    pub fn ns_to_next_place(&self) -> Option<u64> {
        let per_min = u128::from(self.um_per_min()?);
        let places = self.geometry.places_um();
        let gap = self.next_gap_um;
        let left = |pack: &Pack| places[pack.stage as usize].saturating_sub(pack.at_um);
        let feed = (self.to_feed > 0).then(|| gap.saturating_sub(self.since_feed_um));
        let nearest = self.packs.iter().map(left).chain(feed).min()?;
        let wanted = u128::from(nearest.max(1)) * u128::from(NS_PER_MIN) - u128::from(self.rest);
        u64::try_from(wanted.div_ceil(per_min)).ok()
    }

    /// The elastic belt goes on by one pitch for every pack fed.
    pub fn advance_one_pitch(&mut self) {
        self.travel_um += u64::from(self.geometry.pitch_mm) * UM;
    }

    /// On a moving belt: where the next pack lies if it has come through product detect by now, in
    /// µm behind it.
    pub fn next_fed(&mut self) -> Option<u64> {
        if self.to_feed == 0 || self.since_feed_um < self.next_gap_um {
            return None;
        }
        self.since_feed_um -= self.next_gap_um;
        self.next_gap_um = u64::from(self.geometry.pitch_mm) * UM;
        Some(self.since_feed_um)
    }

    /// Puts a pack on the belt at its place.
    pub fn put(&mut self, pack: Pack) {
        let behind = |other: &Pack| {
            other.stage < pack.stage || (other.stage == pack.stage && other.at_um < pack.at_um)
        };
        let at = self
            .packs
            .iter()
            .position(behind)
            .unwrap_or(self.packs.len());
        self.packs.insert(at, pack);
        self.tally.entered += 1;
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn many_small_steps_go_as_far_as_one_large_one() {
        for rate in [1, 77, 600, 1200, 6000] {
            let mut small = Belt::new(Geometry::default(), Rate::PacksPerMin(rate));
            let mut large = Belt::new(Geometry::default(), Rate::PacksPerMin(rate));
            let far: u64 = (0..60_000).map(|_| small.advance(1_000_000)).sum();
            assert_eq!(far, large.advance(NS_PER_MIN), "{rate}");
            assert_eq!(far, u64::from(rate) * 80_000);
        }
    }

    #[test]
    fn the_next_place_is_reached_to_the_nanosecond() {
        for rate in [1, 77, 600, 1199, 6000] {
            let mut belt = Belt::new(Geometry::default(), Rate::PacksPerMin(rate));
            assert_eq!(belt.ns_to_next_place(), None, "nothing comes");
            let mut put =
                |stage, at_um| belt.put(Pack::new(Tick(0), stage, at_um, Fate::default()));
            put(Stage::Printed, 599_000);
            put(Stage::Detected, 390_000);
            belt.advance(12_345); // leaves a remainder
            let ns = belt.ns_to_next_place().expect("two come");
            belt.advance(ns - 1);
            assert!(belt.packs[0].at_um < 600_000, "{rate}: too late");
            belt.advance(1);
            assert_eq!(belt.packs[0].at_um, 600_000, "{rate}");
            belt.packs.clear();
            (belt.to_feed, belt.since_feed_um) = (1, 0);
            let ns = belt.ns_to_next_place().expect("one is fed");
            belt.advance(ns - 1);
            assert_eq!(belt.next_fed(), None, "{rate}: too late");
            belt.advance(1);
            assert_eq!(belt.next_fed(), Some(0), "{rate}");
        }
    }

    #[test]
    fn packs_are_fed_at_the_pitch() {
        let mut belt = Belt::new(Geometry::default(), Rate::PacksPerMin(600));
        belt.to_feed = 5;
        let mut entered = Vec::new();
        for ms in 0..1000u64 {
            belt.advance(1_000_000);
            while let Some(at_um) = belt.next_fed() {
                belt.to_feed -= 1;
                belt.put(Pack::new(
                    Tick::from_ms(ms),
                    Stage::Detected,
                    at_um,
                    Fate::default(),
                ));
                entered.push(ms);
            }
        }
        assert_eq!(
            entered,
            [0, 99, 199, 299, 399],
            "every 100 ms at 600 packs a minute"
        );
        assert!(
            belt.packs
                .iter()
                .zip(belt.packs.iter().skip(1))
                .all(|(a, b)| a.at_um > b.at_um)
        );
        assert!(belt.adds_up());
    }

    #[test]
    fn geometry_gives_what_fits() {
        let geometry = Geometry::default();
        assert_eq!(
            geometry.places_um(),
            [400_000, 600_000, 1_200_000, 1_250_000]
        );
        assert_eq!(geometry.in_flight_max(), 17);
        assert_eq!(Rate::parse("1200"), Ok(Rate::PacksPerMin(1200)));
        assert_eq!(Rate::parse("max"), Ok(Rate::Max));
        assert!(
            ["0", "6001", "-1", "fast"]
                .iter()
                .all(|text| Rate::parse(text).is_err())
        );
    }
}
