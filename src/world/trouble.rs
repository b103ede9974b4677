//! What goes wrong in a world, by name: the simulators' faults and those of links, disk, station and people. PURE.

use std::collections::BTreeMap;
use std::fmt;
use vidimus_simulators::fault::{FAULTS, FaultKind, FaultPlan};
use vidimus_simulators::random::Random;

/// Faults that are not the simulated factory's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// The station loses its power: everything that is not on disk is gone.
    PowerCut,
    /// The power goes again while the station starts.
    PowerCutInStart,
    /// The disk takes up to two seconds for a sync.
    SlowDisk,
    /// A write or sync fails: this store is not written again until the station was started anew.
    DiskFails,
    /// The disk is full: a write fails, and until somebody has made room no station starts.
    DiskFull,
    /// The system has made the disk read-only: the same until somebody mounts it again.
    DiskReadOnly,
    /// The disk runs low on room, and somebody makes some.
    LowDisk,
    /// The PLC does not answer a request.
    PlcTimeout,
    /// The PLC answers a request with a Modbus exception: the connection is dropped.
    PlcException,
    /// The PLC answers late.
    PlcLate,
    /// The PLC's header stands still for up to 700 ms while its rings go on: a gateway answers from its memory.
    PlcStale,
    /// A gateway swaps the words of the header's 32-bit numbers for up to a second.
    PlcWordOrder,
    /// The printer's answer stops half-way.
    PrinterHalf,
    /// The printer's answer is garbled.
    PrinterGarbled,
    /// The printer answers late, up to beyond the session's patience.
    PrinterLate,
    /// The camera's stream breaks off.
    CameraLink,
    /// Two pictures change places on their way.
    FramesSwapped,
    /// A picture comes twice.
    FrameTwice,
    /// Looking at a picture takes until after the pack is gone.
    SlowLook,
    /// The picture of a rejected pack cannot be kept.
    NoEvidence,
    /// The wall clock jumps by an hour or by ten years, forward or back.
    ClockJump,
    /// Somebody presses any key.
    Keys,
    /// Nobody looks at the screen for up to a minute.
    PersonAway,
    /// The batch is closed and another one opened as soon as the belt is empty.
    BatchChange,
}

/// Every trouble with its name and its greatest chance: for each pack that is fed, or for each request or frame.
pub const TROUBLES: [(Trouble, &str, f64); 24] = [
    (Trouble::PowerCut, "power-cut", 0.02),
    (Trouble::PowerCutInStart, "power-cut-in-start", 0.5),
    (Trouble::SlowDisk, "slow-disk", 0.01),
    (Trouble::DiskFails, "disk-fails", 0.004),
    (Trouble::DiskFull, "disk-full", 0.002),
    (Trouble::DiskReadOnly, "disk-read-only", 0.002),
    (Trouble::LowDisk, "low-disk", 0.004),
    (Trouble::PlcTimeout, "plc-timeout", 0.002),
    (Trouble::PlcException, "plc-exception", 0.002),
    (Trouble::PlcLate, "plc-late", 0.02),
    (Trouble::PlcStale, "plc-stale", 0.0005),
    (Trouble::PlcWordOrder, "plc-word-order", 0.0002),
    (Trouble::PrinterHalf, "printer-half", 0.02),
    (Trouble::PrinterGarbled, "printer-garbled", 0.02),
    (Trouble::PrinterLate, "printer-late", 0.05),
    (Trouble::CameraLink, "camera-link", 0.004),
    (Trouble::FramesSwapped, "frames-swapped", 0.01),
    (Trouble::FrameTwice, "frame-twice", 0.01),
    (Trouble::SlowLook, "slow-look", 0.01),
    (Trouble::NoEvidence, "no-evidence", 0.1),
    (Trouble::ClockJump, "clock-jump", 0.004),
    (Trouble::Keys, "keys", 0.01),
    (Trouble::PersonAway, "person-away", 0.002),
    (Trouble::BatchChange, "batch-change", 0.01),
];

impl Trouble {
    /// The name people use.
    pub fn name(self) -> &'static str {
        TROUBLES[self as usize].1
    }
}

/// How often everything goes wrong.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Troubles {
    /// The factory's own faults, per pack.
    pub factory: FaultPlan,
    rates: [f64; TROUBLES.len()],
}

impl Troubles {
    /// Nothing goes wrong.
    pub fn none() -> Troubles {
        Troubles::default()
    }

    /// Each class on with one half, its strength drawn, weak more often than strong (swarm testing: Groce and others,
    /// 2012).
    pub fn swarm(seed: u64) -> Troubles {
        let mut random = Random::stream(seed, 0x7201);
        let mut rates = [0.0; TROUBLES.len()];
        for (rate, (_, _, most)) in rates.iter_mut().zip(TROUBLES) {
            let (on, strength) = (random.chance(0.5), random.unit().powi(2));
            *rate = if on { strength * most } else { 0.0 };
        }
        Troubles {
            factory: FaultPlan::swarm(seed),
            rates,
        }
    }

    /// How often this goes wrong, 0–1.
    pub fn rate(&self, trouble: Trouble) -> f64 {
        self.rates[trouble as usize]
    }

    /// Sets a rate by name, of a trouble or of a fault of the factory; clamped to 0–1.
    ///
    /// # Errors
    /// The name is neither; the text says which there are.
    pub fn set(&mut self, name: &str, rate: f64) -> Result<(), String> {
        if let Some(at) = TROUBLES.iter().position(|(_, known, _)| *known == name) {
            self.rates[at] = rate.clamp(0.0, 1.0);
            return Ok(());
        }
        let kind = FaultKind::parse(name).map_err(|_| {
            let names: Vec<&str> = Troubles::names().collect();
            format!("\"{name}\" is no fault. There are: {}.", names.join(", "))
        })?;
        self.factory.set(kind, rate);
        Ok(())
    }

    /// All names: the factory's faults first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let troubles = TROUBLES.iter().map(|(_, name, _)| *name);
        FAULTS.iter().map(|(_, name)| *name).chain(troubles)
    }

    /// Every rate above zero, by name.
    pub fn by_name(&self) -> BTreeMap<&'static str, f64> {
        let factory = FAULTS
            .iter()
            .map(|(kind, name)| (*name, self.factory.rate(*kind)));
        let own = TROUBLES
            .iter()
            .map(|(trouble, name, _)| (*name, self.rate(*trouble)));
        factory.chain(own).filter(|(_, rate)| *rate > 0.0).collect()
    }

    /// Reads `none`, `swarm` (from the seed), or `NAME=RATE,…`, which may follow one of the words.
    ///
    /// # Errors
    /// Says which part is wrong and what is allowed.
    pub fn parse(text: &str, seed: u64) -> Result<Troubles, String> {
        let mut troubles = Troubles::none();
        let parts = text.split(',').map(str::trim);
        for part in parts.filter(|part| !part.is_empty()) {
            match (part, part.split_once('=')) {
                ("none", _) => troubles = Troubles::none(),
                ("swarm", _) => troubles = Troubles::swarm(seed),
                (_, Some((name, rate))) => {
                    let allowed = |rate: &f64| (0.0..=1.0).contains(rate);
                    let rate = rate.trim().parse().ok().filter(allowed);
                    let wrong =
                        || format!("\"{part}\" has no rate between 0 and 1: write {name}=0.01.");
                    troubles.set(name.trim(), rate.ok_or_else(wrong)?)?;
                }
                _ => {
                    // A name alone is a slip: the text names what there is.
                    troubles.set(part, 0.0)?;
                    return Err(format!("\"{part}\" has no rate: write {part}=0.01."));
                }
            }
        }
        Ok(troubles)
    }
}

impl fmt::Display for Troubles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self
            .by_name()
            .iter()
            .map(|(name, rate)| format!("{name}={rate:.5}"))
            .collect();
        match parts.is_empty() {
            true => f.write_str("none"),
            false => f.write_str(&parts.join(",")),
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_kinds_and_names_are_unique() {
        for (at, (trouble, name, most)) in TROUBLES.iter().enumerate() {
            assert_eq!(*trouble as usize, at);
            assert_eq!(trouble.name(), *name);
            assert!((0.0..=1.0).contains(most));
        }
        let mut names: Vec<&str> = Troubles::names().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn what_is_written_is_read_again_and_slips_are_named() {
        let troubles = Troubles::parse("none, power-cut=0.25, lost-frame=0.5", 1).expect("right");
        assert_eq!(troubles.rate(Trouble::PowerCut), 0.25);
        assert_eq!(troubles.to_string(), "lost-frame=0.50000,power-cut=0.25000");
        assert_eq!(Troubles::parse("none", 1), Ok(Troubles::none()));
        assert_eq!(Troubles::parse("swarm", 9), Ok(Troubles::swarm(9)));
        assert_ne!(Troubles::swarm(9), Troubles::swarm(10));
        for wrong in [
            "power-cut",
            "power-cut=2",
            "power-cut=x",
            "worse",
            "worse=0.1",
        ] {
            let why = Troubles::parse(wrong, 1).expect_err(wrong);
            assert!(why.contains('"'), "{why}");
        }
        let why = Troubles::parse("foo", 1).expect_err("no fault");
        assert!(
            why.contains("power-cut") && why.contains("lost-frame"),
            "{why}"
        );
    }
}
