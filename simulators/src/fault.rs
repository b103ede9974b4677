//! Faults by name: how often each strikes, and what it does to the pack it strikes. PURE.

mod mishap;

pub use mishap::{MISHAPS, Mishap};

use std::fmt;

use crate::{belt::Stage, camera::FrameFault, faults, ink::DAMAGES, ink::Damage, random::Random};

faults! {
    /// Everything that can be made to go wrong.
    FaultKind, FAULTS {
        /// The print is blank, smeared, torn, too pale, or full of holes.
        BadPrint = "bad-print", per "pack fed", at most 0.02;
        /// The symbol is sound but carries another serial than it was told.
        WrongSymbol = "wrong-symbol", per "pack fed", at most 0.02;
        /// The symbol is sound, and one character of the text beside it is another; only photographs show it.
        WrongText = "wrong-text", per "pack fed", at most 0.02;
        /// The label before is printed once more; the queue stays one too long.
        Reprint = "reprint", per "pack fed", at most 0.02,
            needs "a label printed before";
        /// The label before is printed in place of the one that is due, which is lost; the queue stays right.
        PreviousLabel = "previous-label", per "pack fed", at most 0.02,
            needs "a label printed before";
        /// A waiting label is lost; the queue is one short.
        SkipPrint = "skip-print", per "pack fed", at most 0.02,
            needs "a label that waits in the printer";
        /// Product detect does not see the pack: the PLC knows nothing of it until the camera's photo-eye does.
        MissedDetect = "missed-detect", per "pack fed", at most 0.02;
        /// Product detect bounces: one pack gets two ids, the second stands for nothing.
        DoubleDetect = "double-detect", per "pack fed", at most 0.02;
        /// The encoder's wheel slips: it is up to 5 mm off from then on.
        EncoderSlip = "encoder-slip", per "pack fed", at most 0.02;
        /// The belt jogs back by up to 20 mm, and goes on.
        BeltReversed = "belt-reversed", per "pack fed", at most 0.02;
        /// A frame is counted but never arrives.
        LostFrame = "lost-frame", per "pack fed", at most 0.02;
        /// The camera misses its trigger: its counter stays behind the PLC's.
        MissedTrigger = "missed-trigger", per "pack fed", at most 0.02;
        /// A frame arrives 100–500 ms late.
        LateFrame = "late-frame", per "pack fed", at most 0.02;
        /// The camera fires twice: its counter runs ahead of the PLC's.
        DoubledFrame = "doubled-frame", per "pack fed", at most 0.02;
        /// A frame holds noise instead of a picture.
        JpegGarbage = "jpeg-garbage", per "pack fed", at most 0.02;
        /// The picture is black: no light.
        BlackFrame = "black-frame", per "pack fed", at most 0.02;
        /// The picture is white: exposed far too long.
        WhiteFrame = "white-frame", per "pack fed", at most 0.02;
        /// The picture is blurred beyond reading.
        BlurredFrame = "blurred-frame", per "pack fed", at most 0.02;
        /// The picture shows the pack before, under this one's counter.
        PreviousFrame = "previous-frame", per "pack fed", at most 0.02,
            needs "a picture taken before";
        /// The pack is taken from the belt by hand.
        Removed = "removed", per "pack fed", at most 0.02;
        /// A pack nobody expects: a reject fed in again, or one laid on the belt behind the head.
        Appeared = "appeared", per "pack fed", at most 0.02;
        /// The gate does not move for a reject.
        GateStuck = "gate-stuck", per "pack fed", at most 0.02,
            needs "a pack that is rejected: add bad-print=0.05";
        /// The gate stays shut for a pack that may pass: it lands in the reject bin.
        GateShut = "gate-shut", per "pack fed", at most 0.02,
            needs "a pack that passes";
        /// The bin sensor does not see a reject that landed where it should.
        BinSensorDead = "bin-sensor-dead", per "pack fed", at most 0.02,
            needs "a pack that is rejected: add bad-print=0.05";
        /// The PLC's Modbus server drops and refuses connections for 600–1500 ms.
        ModbusOutage = "modbus-outage", per "pack fed", at most 0.003;
        /// The printer restarts: link, queue and forms are gone.
        PrinterRestart = "printer-restart", per "pack fed", at most 0.003;
        /// The printer prints but answers nothing for 0.5–5 s.
        PrinterSilent = "printer-silent", per "pack fed", at most 0.003;
        /// The printer's link is gone for a while; it prints on from its queue.
        PrinterLink = "printer-link", per "pack fed", at most 0.003;
        /// No labels left until somebody loads new ones.
        MediaOut = "media-out", per "pack fed", at most 0.003;
        /// No ribbon left until somebody loads a new one.
        RibbonOut = "ribbon-out", per "pack fed", at most 0.003;
        /// The PLC restarts: boot number, counters and tracking are new.
        PlcRestart = "plc-restart", per "pack fed", at most 0.003;
    }
}

use FaultKind::{
    BadPrint, BlackFrame, BlurredFrame, JpegGarbage, LateFrame, LostFrame, MediaOut, ModbusOutage,
    PlcRestart, PreviousFrame, PrinterLink, PrinterRestart, PrinterSilent, RibbonOut, WhiteFrame,
};

impl FaultKind {
    /// The name people use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        FAULTS[self as usize].1.name
    }

    /// `true` for a fault of a device or link, which lasts; `false` for one that strikes a single
    /// pack.
    #[must_use]
    pub fn lasts(self) -> bool {
        self >= ModbusOutage
    }

    /// `true` for a lasting fault of the printer or its link.
    #[must_use]
    pub fn touches_printer(self) -> bool {
        matches!(
            self,
            PrinterRestart | PrinterSilent | PrinterLink | MediaOut | RibbonOut
        )
    }

    /// The fault of this name.
    ///
    /// # Errors
    /// Names all faults there are.
    pub fn parse(name: &str) -> Result<FaultKind, String> {
        FAULTS
            .iter()
            .find(|(_, words)| words.name == name)
            .map(|(kind, _)| *kind)
            .ok_or_else(|| {
                let names: Vec<&str> = FAULTS.iter().map(|(_, words)| words.name).collect();
                format!("'{name}' is no fault. There are: {}.", names.join(", "))
            })
    }

    /// How long a lasting fault lasts when chance starts it, in ms.
    #[must_use]
    pub fn length_ms(self, random: &mut Random) -> u64 {
        match self {
            PrinterRestart => random.between(800, 1500),
            PrinterSilent => random.between(500, 5000),
            MediaOut | RibbonOut => random.between(3000, 6000),
            PlcRestart => random.between(300, 1000),
            _ => random.between(600, 1500),
        }
    }
}

/// How often each fault strikes, per pack.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FaultPlan {
    rates: [f64; FAULTS.len()],
    mishaps: mishap::Rates,
}

impl FaultPlan {
    /// Nothing goes wrong.
    #[must_use]
    pub fn none() -> FaultPlan {
        FaultPlan::default()
    }

    /// Bad prints, lost frames, a Modbus outage every 400 packs, a printer restart every 700 packs.
    #[must_use]
    pub fn usual() -> FaultPlan {
        let mut plan = FaultPlan::none();
        plan.set(BadPrint, 0.005);
        plan.set(LostFrame, 0.002);
        plan.set(ModbusOutage, 1.0 / 400.0);
        plan.set(PrinterRestart, 1.0 / 700.0);
        plan
    }

    /// Each fault is on with an even chance and a strength drawn from the seed, weak more often than strong.
    #[must_use]
    pub fn swarm(seed: u64) -> FaultPlan {
        let mut random = Random::stream(seed, 0x5A3A);
        let mut plan = FaultPlan::none();
        for (kind, words) in FAULTS {
            let (on, strength) = (random.chance(0.5), random.unit().powi(2));
            if on {
                plan.set(*kind, strength * words.most);
            }
        }
        plan
    }

    /// Sets one rate, 0–1 per pack.
    pub fn set(&mut self, kind: FaultKind, rate: f64) {
        self.rates[kind as usize] = rate.clamp(0.0, 1.0);
    }

    /// The rate of one fault per pack.
    #[must_use]
    pub fn rate(&self, kind: FaultKind) -> f64 {
        self.rates[kind as usize]
    }

    /// The rate of one mishap per pack.
    #[must_use]
    pub fn mishap_rate(&self, kind: Mishap) -> f64 {
        self.mishaps[kind as usize]
    }

    /// Sets the rate of one mishap, 0–1 per pack.
    pub fn set_mishap(&mut self, kind: Mishap, rate: f64) {
        self.mishaps[kind as usize] = rate.clamp(0.0, 1.0);
    }

    /// Reads `none`, `default`, `swarm` (from the seed) or `NAME=RATE,…`; names may be added to one
    /// of the words, and so may `mishaps`: a swarm of those.
    ///
    /// # Errors
    /// Says which part is wrong and what is allowed.
    pub fn parse(text: &str, seed: u64) -> Result<FaultPlan, String> {
        let mut plan = FaultPlan::none();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            match (part, part.split_once('=')) {
                ("none", _) => plan = FaultPlan::none(),
                ("default", _) => plan = FaultPlan::usual(),
                ("swarm", _) => plan = FaultPlan::swarm(seed),
                ("mishaps", _) => plan.mishaps = mishap::swarm(seed),
                (_, Some((name, rate))) => {
                    let rate = rate.trim().parse().ok().filter(|r| (0.0..=1.0).contains(r));
                    let rate = rate.ok_or_else(|| bad_rate(part));
                    match Mishap::parse(name.trim()) {
                        Ok(mishap) => plan.set_mishap(mishap, rate?),
                        Err(_) => plan.set(FaultKind::parse(name.trim())?, rate?),
                    }
                }
                _ => {
                    return Err(format!(
                        "'{part}' is neither none, default, swarm, mishaps nor NAME=RATE \
                         (a rate per pack, 0 to 1)."
                    ));
                }
            }
        }
        Ok(plan)
    }

    /// Draws which faults strike one pack.
    pub fn draw(&self, random: &mut Random) -> Vec<FaultKind> {
        // One draw per fault, always, so that one rate does not move the others' dice.
        FAULTS
            .iter()
            .filter(|(kind, _)| random.chance(self.rate(*kind)))
            .map(|f| f.0)
            .collect()
    }

    /// Draws which mishaps happen with one pack.
    pub fn draw_mishaps(&self, random: &mut Random) -> Vec<Mishap> {
        let happens = MISHAPS
            .iter()
            .filter(|(kind, _)| random.chance(self.mishap_rate(*kind)));
        happens.map(|(kind, _)| *kind).collect()
    }
}

fn bad_rate(part: &str) -> String {
    format!("'{part}' has no rate between 0 and 1. Write for example bad-print=0.005.")
}

impl fmt::Display for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on = FAULTS.iter().filter(|(kind, _)| self.rate(*kind) > 0.0);
        let on = on.map(|(kind, words)| format!("{}={}", words.name, self.rate(*kind)));
        let mishaps = MISHAPS
            .iter()
            .map(|(kind, words)| (words.name, self.mishap_rate(*kind)));
        let mishaps = mishaps.filter(|(_, rate)| *rate > 0.0);
        let parts: Vec<String> = on
            .chain(mishaps.map(|(name, rate)| format!("{name}={rate}")))
            .collect();
        f.write_str(if parts.is_empty() { "none" } else { "" })?;
        f.write_str(&parts.join(","))
    }
}

/// What is going to happen to one pack.
#[derive(Debug, Clone, Default)]
pub struct Fate {
    /// Single-pack faults that are going to strike it.
    pub faults: Vec<FaultKind>,
    /// How its print will be damaged.
    pub damage: Option<Damage>,
    /// How its frame will suffer.
    pub frame: Option<FrameFault>,
    /// With `Removed`: the place that misses it first, the head, the camera or the gate.
    pub missed_at: Stage,
}

impl Fate {
    /// Works out the details of the faults that strike one pack.
    #[must_use]
    pub fn of(faults: Vec<FaultKind>, random: &mut Random) -> Fate {
        let sensors = [Stage::Printed, Stage::Fired, Stage::Gated];
        let at = usize::try_from(random.below(3)).expect("one of three");
        let mut fate = Fate {
            missed_at: sensors[at],
            ..Fate::default()
        };
        let pick = random.below(DAMAGES.len() as u64);
        let late_ms = random.between(100, 500);
        for kind in &faults {
            match kind {
                BadPrint => fate.damage = usize::try_from(pick).ok().map(|n| DAMAGES[n]),
                LostFrame => fate.frame = Some(FrameFault::Lost),
                LateFrame => fate.frame = Some(FrameFault::Late(late_ms)),
                JpegGarbage => fate.frame = Some(FrameFault::Garbage),
                BlackFrame => fate.frame = Some(FrameFault::Black),
                WhiteFrame => fate.frame = Some(FrameFault::White),
                BlurredFrame => fate.frame = Some(FrameFault::Blurred),
                PreviousFrame => fate.frame = Some(FrameFault::Previous),
                _ => {}
            }
        }
        fate.faults = faults.into_iter().filter(|kind| !kind.lasts()).collect();
        fate
    }

    /// `true` when this fault strikes the pack.
    #[must_use]
    pub fn has(&self, kind: FaultKind) -> bool {
        self.faults.contains(&kind)
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn the_table_is_in_order_of_the_kinds() {
        for (n, (kind, words)) in MISHAPS.iter().enumerate() {
            assert_eq!(*kind as usize, n);
            assert_eq!(Mishap::parse(words.name), Ok(*kind));
            assert!(FaultKind::parse(words.name).is_err() && words.what().ends_with('.'));
        }
        for (n, (kind, words)) in FAULTS.iter().enumerate() {
            assert_eq!(*kind as usize, n);
            assert_eq!(FaultKind::parse(words.name), Ok(*kind));
            assert!((0.0..=1.0).contains(&words.most) && words.what().ends_with('.'));
        }
    }

    #[test]
    fn plans_are_read_and_shown() {
        let plan = FaultPlan::parse("default, bad-print=0.5", 1).expect("a plan");
        assert!((plan.rate(BadPrint) - 0.5).abs() < 1e-9);
        assert!((plan.rate(ModbusOutage) - 0.0025).abs() < 1e-9);
        assert_eq!(FaultPlan::parse("none", 1), Ok(FaultPlan::none()));
        assert_eq!(FaultPlan::none().to_string(), "none");
        let shown = FaultPlan::usual().to_string();
        assert!(
            shown.starts_with("bad-print=0.005,lost-frame=0.002,"),
            "{shown}"
        );
        assert_eq!(FaultPlan::parse("swarm", 9), Ok(FaultPlan::swarm(9)));
        for seed in 0..20 {
            let plan = FaultPlan::parse("swarm,mishaps,belt-slow=0.5", seed).expect("a plan");
            assert_eq!(
                FaultPlan::parse(&plan.to_string(), 0),
                Ok(plan),
                "to the last digit"
            );
        }
        for wrong in [
            "bad-print",
            "bad-print=2",
            "bad-print=-1",
            "worse=0.1",
            "bad-print=x",
        ] {
            assert!(
                FaultPlan::parse(wrong, 1).is_err_and(|why| why.contains('\'')),
                "{wrong}"
            );
        }
    }

    #[test]
    fn faults_strike_at_their_rate_and_a_silent_plan_never() {
        let mut random = Random::new(5);
        let plan = FaultPlan::usual();
        let bad = (0..40_000)
            .filter(|_| plan.draw(&mut random).contains(&BadPrint))
            .count();
        assert!((150..250).contains(&bad), "{bad}");
        assert!((0..1000).all(|_| FaultPlan::none().draw(&mut random).is_empty()));
    }
}
