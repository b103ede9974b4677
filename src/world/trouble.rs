//! What goes wrong in a world, by name: the simulators' faults and those of links, disk, station and people. PURE.

use crate::config::nearest;
use std::collections::BTreeMap;
use std::fmt;
use vidimus_simulators::catalogue::Words;
use vidimus_simulators::fault::{FAULTS, FaultKind, FaultPlan};
use vidimus_simulators::faults;
use vidimus_simulators::random::Random;

faults! {
    /// Faults that are not the simulated factory's own.
    Trouble, TROUBLES {
        /// The station loses its power: everything that is not on disk is gone.
        PowerCut = "power-cut", per "pack interval", at most 0.02;
        /// The power goes again while the station starts.
        PowerCutInStart = "power-cut-in-start", per "start after the first", at most 0.5,
            needs "a station that starts again: add power-cut=0.02";
        /// The disk takes up to two seconds for a sync.
        SlowDisk = "slow-disk", per "pack interval", at most 0.01;
        /// A write or sync fails: this store is not written again until the station was started anew.
        DiskFails = "disk-fails", per "pack interval", at most 0.004;
        /// The disk is full: a write fails, and until somebody has made room no station starts.
        DiskFull = "disk-full", per "pack interval", at most 0.002;
        /// The system has made the disk read-only: a write fails, and no station starts until somebody mounts it again.
        DiskReadOnly = "disk-read-only", per "pack interval", at most 0.002;
        /// The disk runs low on room, and somebody makes some.
        LowDisk = "low-disk", per "pack interval", at most 0.004;
        /// The PLC does not answer a request.
        PlcTimeout = "plc-timeout", per "request to the PLC", at most 0.002;
        /// The PLC answers a request with a Modbus exception: the connection is dropped.
        PlcException = "plc-exception", per "request to the PLC", at most 0.002;
        /// The PLC answers late.
        PlcLate = "plc-late", per "request to the PLC", at most 0.02;
        /// The PLC's header stands still for up to 700 ms while its rings go on: a gateway answers from its memory.
        PlcStale = "plc-stale", per "header read", at most 0.0005;
        /// A gateway swaps the words of the header's 32-bit numbers for up to a second.
        PlcWordOrder = "plc-word-order", per "header read", at most 0.0002;
        /// The printer's answer stops half-way.
        PrinterHalf = "printer-half", per "printer answer", at most 0.02;
        /// The printer's answer is garbled.
        PrinterGarbled = "printer-garbled", per "printer answer", at most 0.02;
        /// The printer answers late, up to beyond the session's patience.
        PrinterLate = "printer-late", per "printer answer", at most 0.05;
        /// The camera's stream breaks off.
        CameraLink = "camera-link", per "pack interval", at most 0.004;
        /// Two pictures change places on their way.
        FramesSwapped = "frames-swapped", per "picture", at most 0.01;
        /// A picture comes twice.
        FrameTwice = "frame-twice", per "picture", at most 0.01;
        /// Looking at a picture takes until after the pack is gone.
        SlowLook = "slow-look", per "picture looked at", at most 0.01;
        /// The picture of a rejected pack cannot be kept.
        NoEvidence = "no-evidence", per "picture to be kept", at most 0.1,
            needs "a pack that is rejected with a picture: add bad-print=0.05";
        /// The wall clock jumps by an hour or by ten years, forward or back.
        ClockJump = "clock-jump", per "pack interval", at most 0.004;
        /// Somebody presses any key.
        Keys = "keys", per "pack interval", at most 0.01;
        /// Nobody looks at the screen for up to a minute.
        PersonAway = "person-away", per "pack interval", at most 0.002;
        /// The batch is closed and another one opened as soon as the belt is empty.
        BatchChange = "batch-change", per "pack interval", at most 0.01;
        /// Somebody activates another label template, or one that is not sound, or goes back.
        LabelChange = "label-change", per "pack interval", at most 0.004;
        /// Somebody presses FEED at the printer: an empty label comes out and lies there.
        FeedKey = "feed-key", per "pack interval", at most 0.002;
    }
}

impl Trouble {
    /// The name people use.
    pub fn name(self) -> &'static str {
        TROUBLES[self as usize].1.name
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
        for (rate, (_, words)) in rates.iter_mut().zip(TROUBLES) {
            let (on, strength) = (random.chance(0.5), random.unit().powi(2));
            *rate = if on { strength * words.most } else { 0.0 };
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
    /// The name is neither; the text says which is near, or where they are listed.
    pub fn set(&mut self, name: &str, rate: f64) -> Result<(), String> {
        if let Some(at) = TROUBLES.iter().position(|(_, words)| words.name == name) {
            self.rates[at] = rate.clamp(0.0, 1.0);
            return Ok(());
        }
        let kind = FaultKind::parse(name).map_err(|_| no_fault(name))?;
        self.factory.set(kind, rate);
        Ok(())
    }

    /// Every kind of fault in the words of people: the factory's first.
    pub fn catalogue() -> impl Iterator<Item = &'static Words> {
        let troubles = TROUBLES.iter().map(|(_, words)| words);
        FAULTS.iter().map(|(_, words)| words).chain(troubles)
    }

    /// All names: the factory's faults first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Troubles::catalogue().map(|words| words.name)
    }

    /// Every rate above zero, by name.
    pub fn by_name(&self) -> BTreeMap<&'static str, f64> {
        let factory = FAULTS.iter().map(|(kind, _)| self.factory.rate(*kind));
        let rates = factory.chain(self.rates);
        let all = Troubles::names().zip(rates);
        all.filter(|(_, rate)| *rate > 0.0).collect()
    }
}

fn no_fault(name: &str) -> String {
    let near = match nearest(name, Troubles::names()) {
        Some(near) => format!("Did you mean {near}? "),
        None => String::new(),
    };
    format!("{name:?} is no fault. {near}All of them: vidimus sim --faults list.")
}

/// What is to go wrong, as it was asked for: `none`, `swarm`, or names with rates, which may follow one of the words.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Asked {
    /// Each class on with one half, from the seed of each world.
    swarm: bool,
    /// Rates by name, in the order in which they were given.
    named: Vec<(&'static str, f64)>,
}

impl Asked {
    /// Reads `none`, `swarm` or `NAME=RATE,…`; names may follow one of the words.
    ///
    /// # Errors
    /// Says which part is wrong and what is allowed.
    pub fn parse(text: &str) -> Result<Asked, String> {
        let mut asked = Asked::default();
        for (at, part) in text.split(',').map(str::trim).enumerate() {
            match (part, part.split_once('=')) {
                ("none", _) if at == 0 => {}
                ("swarm", _) if at == 0 => asked.swarm = true,
                ("none" | "swarm", _) => {
                    return Err(format!("{part} must come first: write {part},NAME=RATE,…"));
                }
                (_, Some((name, rate))) => {
                    let allowed = |rate: &f64| (0.0..=1.0).contains(rate);
                    let rate = rate.trim().parse().ok().filter(allowed);
                    let name = known(name.trim())?;
                    let rate = rate.ok_or_else(|| no_rate(part, name))?;
                    if asked.named.iter().any(|(given, _)| *given == name) {
                        return Err(format!("{name} is given twice: give it one rate."));
                    }
                    asked.named.push((name, rate));
                }
                ("", None) => {
                    let text = "Between two commas, or in all, no fault is named: write none, swarm, or NAME=RATE,… \
                                All names: vidimus sim --faults list.";
                    return Err(text.to_owned());
                }
                _ => return Err(no_rate(part, known(part)?)),
            }
        }
        Ok(asked)
    }

    /// What goes wrong in the world of this seed.
    pub fn troubles(&self, seed: u64) -> Troubles {
        let mut troubles = match self.swarm {
            true => Troubles::swarm(seed),
            false => Troubles::none(),
        };
        for (name, rate) in &self.named {
            troubles.set(name, *rate).expect("it was looked up");
        }
        troubles
    }

    /// Every class is drawn from the seed.
    pub fn is_swarm(&self) -> bool {
        self.swarm
    }

    /// This fault was named to be left out.
    pub fn is_off(&self, name: &'static str) -> bool {
        self.named.contains(&(name, 0.0))
    }

    /// Faults that were named with a rate above zero.
    pub fn named(&self) -> impl Iterator<Item = &'static str> + '_ {
        let above = self.named.iter().filter(|(_, rate)| *rate > 0.0);
        above.map(|(name, _)| *name)
    }
}

fn known(name: &str) -> Result<&'static str, String> {
    let found = Troubles::names().find(|known| *known == name);
    found.ok_or_else(|| no_fault(name))
}

fn no_rate(part: &str, name: &str) -> String {
    format!("{part:?} has no rate between 0 and 1: write {name}=0.01.")
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.swarm.then(|| "swarm".to_owned());
        let named = self.named.iter();
        let named = named.map(|(name, rate)| format!("{name}={rate}"));
        let parts: Vec<String> = word.into_iter().chain(named).collect();
        f.write_str(if parts.is_empty() { "none" } else { "" })?;
        f.write_str(&parts.join(","))
    }
}

impl fmt::Display for Troubles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rates = self.by_name();
        let parts: Vec<String> = rates
            .iter()
            .map(|(name, rate)| format!("{name}={rate}"))
            .collect();
        f.write_str(if parts.is_empty() { "none" } else { "" })?;
        f.write_str(&parts.join(","))
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_kinds_and_names_are_unique() {
        for (at, (trouble, words)) in TROUBLES.iter().enumerate() {
            assert_eq!(*trouble as usize, at);
            assert_eq!(trouble.name(), words.name);
            assert!((0.0..=1.0).contains(&words.most) && words.what().ends_with('.'));
        }
        let mut names: Vec<&str> = Troubles::names().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn what_is_written_is_read_again_exactly() {
        let asked = Asked::parse("none, power-cut=0.25, plc-stale=0.0002").expect("right");
        let troubles = asked.troubles(1);
        assert_eq!(troubles.rate(Trouble::PowerCut), 0.25);
        assert_eq!(troubles.to_string(), "plc-stale=0.0002,power-cut=0.25");
        assert_eq!(asked.to_string(), "power-cut=0.25,plc-stale=0.0002");
        assert_eq!(Asked::parse("none").expect("right").to_string(), "none");
        for seed in 1..50 {
            let swarm = Troubles::swarm(seed);
            let again = Asked::parse(&swarm.to_string()).expect("right");
            assert_eq!(again.troubles(seed + 1), swarm, "to the last digit");
            let asked = Asked::parse("swarm,lost-frame=0").expect("right");
            assert_eq!(Asked::parse(&asked.to_string()), Ok(asked.clone()));
            assert_eq!(asked.troubles(seed).factory.rate(FaultKind::LostFrame), 0.0);
            assert_eq!(asked.named().count(), 0);
        }
        assert_ne!(Troubles::swarm(9), Troubles::swarm(10));
    }

    #[test]
    fn slips_are_named_with_what_was_meant() {
        for (wrong, said) in [
            ("", "no fault is named"),
            (",", "no fault is named"),
            ("swarm,", "no fault is named"),
            ("power-cut", "write power-cut=0.01"),
            ("power-cut=2", "between 0 and 1"),
            ("power-cut=NaN", "between 0 and 1"),
            ("power-cut=", "between 0 and 1"),
            ("power-cuts=0.1", "mean power-cut?"),
            ("lost_frame=0.1", "mean lost-frame?"),
            ("worse=0.1", "--faults list"),
            ("a\u{1b}[31m=0.1", "\\u{1b}[31m"),
            ("power-cut=0.1,power-cut=0.2", "twice"),
            ("power-cut=0.1,swarm", "must come first"),
        ] {
            let why = Asked::parse(wrong).expect_err(wrong);
            assert!(why.contains(said), "{wrong}: {why}");
        }
    }
}
