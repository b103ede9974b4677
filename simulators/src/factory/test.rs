//! The factory against a small station of its own: the account adds up whatever goes wrong, good
//! packs carry the ink that was ordered, and outside fault windows nothing sound is rejected.

use std::collections::BTreeMap;

use super::{Factory, Happenings, LineOptions};
use crate::{
    Tick,
    belt::Rate,
    camera::{Exposure, FrameFault},
    fault::{FAULTS, FaultKind, FaultPlan, MISHAPS, Mishap},
    plc::{CONTRACT, Retained},
    printer::{Language, Media, Model, Trouble},
    truth::{Bin, PackTruth},
};

/// A label that takes 9 ms under the head at its fastest.
const FORM: &[u8] =
    b"^XA^DFR:V.ZPL^FS^LL216^FO40,40^BXN,6,200,,,,_,1^FN1^FS^FO240,40^A0N,18,18^FDLOT A7^FS^XZ\
    ^XA^JZN^XZ";

/// How the small station clears a printer, and gets it ready.
fn clearing(language: Language) -> Vec<u8> {
    match language {
        Language::Zpl => [b"~JA", FORM].concat(),
        Language::Tspl => b"\x1b!.SIZE 50 mm,18 mm\r\n".to_vec(),
        Language::Sbpl => b"\x18".to_vec(),
        // Cancel pauses.
        Language::Dpl => b"\x01C\x01B".to_vec(),
        Language::Hitachi => b"\x02\x1b\x76\x03\x02\x1b\x77\x03".to_vec(),
        Language::Coder => b"\x02C\x0343".to_vec(),
    }
}

/// How it orders a label, and what a reader reports of it.
fn ordering(language: Language, content: &str) -> (Vec<u8>, String) {
    let read = match language {
        // No form of FNC1 is known.
        Language::Dpl => format!("]d1{content}"),
        _ => content.to_owned(),
    };
    let job = match language {
        Language::Zpl => format!("^XA^XFR:V^FS^FN1^FD_1{content}^FS^XZ"),
        Language::Tspl => {
            format!("CLS\r\nDMATRIX 40,40,200,200,c126,x6,\"~1{content}\"\r\nPRINT 1,1\r\n")
        }
        Language::Sbpl => {
            format!("\x1bA\x1bV40\x1bH40\x1bBX01200606000000001\x1bDC\x1b1{content}\x1bQ1\x1bZ")
        }
        Language::Dpl => format!("\x02L\r1W1c66000010000402000000000{content}\rE\r"),
        Language::Hitachi => format!("\x02\x10\x31{content}\x03"),
        Language::Coder => {
            let body = format!("P\x1f~1{content}\x1f\x1f\x1f");
            let sum = body.bytes().fold(0u8, u8::wrapping_add);
            format!("\x02{body}\x03{sum:02X}")
        }
    };
    (job.into_bytes(), read)
}

/// A station that reads ink perfectly and matches pictures by counts. Its turn comes every
/// millisecond.
#[derive(Default)]
struct Station {
    language: Language,
    boot: u16,
    beat: u16,
    seq: u16,
    stop: u16,
    events_read: u32,
    serial: u64,
    cuts: u64,
    resync: bool,
    purged_below: u32,
    expected: BTreeMap<(u16, u32), String>,
    fired: BTreeMap<u64, u32>,
    counter_offset: Option<u64>,
    dead: bool,
}

impl Station {
    fn turn(&mut self, now: Tick, factory: &mut Factory, exposures: &[Exposure]) {
        if self.dead || !factory.modbus_open() {
            return;
        }
        let header = factory.plc_read(now, 0, 40).expect("the header");
        let entered = u32::from(header[12]) << 16 | u32::from(header[13]);
        let events = u32::from(header[14]) << 16 | u32::from(header[15]);
        if header[3] != self.boot {
            // At first contact what happened before is nobody's business: the belt is purged.
            self.events_read = if self.boot == 0 { events } else { 0 };
            // A command with the number of the last one would not be executed.
            self.seq = header[28];
            self.boot = header[3];
            self.purged_below = 0;
            (self.counter_offset, self.resync) = (None, true);
            self.fired.clear();
        }
        if factory.printer_cuts() != self.cuts {
            self.cuts = factory.printer_cuts();
            self.resync = true;
        }
        // A default reject was somebody's fault: settle everything before going on.
        self.resync |= header[5] != 6 && entered >= self.purged_below && self.purged_below > 0;
        self.stop = u16::from(self.resync);
        if self.resync && factory.printer_open() {
            factory.printer_receive(now, &clearing(self.language));
            self.purged_below = entered + 1;
            self.seq = self.seq.wrapping_add(1);
            let arg = self.purged_below;
            let [_, _, c, d] = arg.to_be_bytes();
            let low = u16::from_be_bytes([c, d]);
            let high = u16::try_from(arg >> 16).expect("16 bits");
            factory
                .plc_write(now, 105, &[self.seq, 2, high, low])
                .expect("a purge");
            (self.resync, self.stop) = (false, 0);
        }
        self.beat = self.beat.wrapping_add(1);
        let ready = u16::from(!self.resync);
        let block = [77, self.beat, ready, self.stop, 0];
        factory.plc_write(now, 100, &block).expect("the levels");
        factory.plc_write(now, 109, &[self.boot]).expect("the echo");
        while self.events_read < events {
            self.events_read += 1;
            self.event(now, factory, exposures);
        }
        for exposure in exposures {
            self.judge(now, factory, exposure);
        }
    }

    fn event(&mut self, now: Tick, factory: &mut Factory, exposures: &[Exposure]) {
        let at = 1000 + 8 * u16::try_from(self.events_read % 64).expect("small");
        let entry = factory.plc_read(now, at, 8).expect("an event");
        assert_eq!(entry[7], CONTRACT.check(&entry[..7]), "an event's check");
        let id = u32::from(entry[1]) << 16 | u32::from(entry[2]);
        match entry[3] {
            1 if id >= self.purged_below => {
                self.serial += 1;
                let serial = format!("010950600013435221S{}", self.serial);
                let (job, read) = ordering(self.language, &serial);
                factory.printer_receive(now, &job);
                self.expected.insert((self.boot, id), read);
            }
            3 => {
                // Counts of camera and PLC are put side by side once after every PLC boot.
                let count = u64::from(entry[4]);
                let seen = exposures.first().map_or(0, |exposure| exposure.counter);
                let offset = *self.counter_offset.get_or_insert(seen.wrapping_sub(count));
                self.fired.insert(count.wrapping_add(offset), id);
            }
            _ => {}
        }
    }

    fn judge(&mut self, now: Tick, factory: &mut Factory, exposure: &Exposure) {
        let Some(&id) = self.fired.get(&exposure.counter) else {
            return;
        };
        let read = match &exposure.prints[..] {
            [print] if print.damage.is_none() => print.scan_data().pop(),
            _ => None,
        };
        let expected = self.expected.get(&(self.boot, id));
        let code = match (exposure.fault, &read) {
            _ if id < self.purged_below => 14,
            (Some(FrameFault::Lost | FrameFault::Garbage), _) => 2,
            (Some(FrameFault::Late(_)), _) => 11,
            (Some(FrameFault::Black | FrameFault::White | FrameFault::Blurred), _) => 3,
            (_, None) => 3,
            (_, Some(read)) if Some(read) == expected => 1,
            (_, Some(_)) => 7,
        };
        // A serial on the wrong pack, or no print at all: queue and belt are out of step.
        self.resync |= code == 7 || (code == 3 && exposure.prints.is_empty());
        let [a, b, c, d] = id.to_be_bytes();
        let words = [
            self.boot,
            u16::from_be_bytes([a, b]),
            u16::from_be_bytes([c, d]),
            code,
        ];
        let at = 7000 + 5 * u16::try_from(id % 64).expect("small");
        let slot = [
            words[0],
            words[1],
            words[2],
            words[3],
            CONTRACT.check(&words),
        ];
        factory.plc_write(now, at, &slot).expect("a verdict");
    }
}

struct Run {
    station: Station,
    factory: Factory,
    truths: Vec<PackTruth>,
    ms: u64,
    /// The factory is stepped every so many ms.
    step_ms: u64,
}

impl Run {
    fn new(rate: Rate, faults: FaultPlan, seed: u64, packs: u64) -> Run {
        let options = LineOptions {
            rate,
            faults,
            seed,
            ..LineOptions::default()
        };
        Run::with(options, packs)
    }

    fn with(options: LineOptions, packs: u64) -> Run {
        let station = Station {
            language: options.printer.language,
            ..Station::default()
        };
        let mut factory = Factory::new(options, Retained::default());
        factory.feed(packs);
        Run {
            station,
            factory,
            truths: Vec::new(),
            ms: 0,
            step_ms: 1,
        }
    }

    fn go(&mut self, ms: u64) {
        for _ in 0..ms {
            self.ms += 1;
            let now = Tick::from_ms(self.ms);
            let happened = match self.ms.is_multiple_of(self.step_ms) {
                true => self.factory.step(now),
                false => Happenings::default(),
            };
            assert!(self.factory.belt.adds_up(), "at {} ms", self.ms);
            self.truths.extend(happened.truths);
            let left = self.factory.belt.tally;
            let written = self.in_bins() + self.factory.held.len() as u64;
            assert_eq!(left.good + left.reject, written, "at {} ms", self.ms);
            self.station
                .turn(now, &mut self.factory, &happened.exposures);
        }
    }

    fn in_bins(&self) -> u64 {
        self.truths
            .iter()
            .filter(|truth| truth.bin != Bin::Removed)
            .count() as u64
    }

    /// Runs until every ordered pack has left, or `ms_max` have passed.
    fn finish(&mut self, ms_max: u64) {
        let end = self.ms + ms_max;
        while self.ms < end
            && (self.factory.belt.to_feed > 0 || !self.factory.belt.packs.is_empty())
        {
            self.go(100);
        }
        let status = self.factory.status(Tick::from_ms(self.ms));
        assert_eq!(
            (status.to_feed, status.on_belt),
            (0, 0),
            "the belt ran empty: {status:?}"
        );
    }

    fn good_packs_carry_what_was_ordered(&self) {
        for truth in self.truths.iter().filter(|truth| truth.bin == Bin::Good) {
            let ordered = self.station.expected.get(&(truth.boot, truth.id));
            assert_eq!(truth.ink.first(), ordered, "{truth:?}");
            assert_eq!((truth.verdict, truth.ink.len()), (1, 1), "{truth:?}");
        }
    }

    fn nothing_sound_is_rejected_outside_windows(&self) {
        for truth in self.truths.iter().filter(|truth| truth.bin == Bin::Reject) {
            let excused = truth.window || !truth.ink_sound || !truth.picture_sound;
            assert!(excused, "{truth:?}");
        }
    }
}

#[test]
fn without_faults_every_pack_passes_and_keeps_its_name() {
    for rate in [Rate::PacksPerMin(600), Rate::PacksPerMin(1200), Rate::Max] {
        let mut run = Run::new(rate, FaultPlan::none(), 7, 300);
        run.finish(120_000);
        assert_eq!(run.truths.len(), 300, "{rate}");
        for (n, truth) in (1..).zip(&run.truths) {
            assert_eq!((truth.boot, truth.id), (1, n), "{rate}");
            assert_eq!(truth.ink, [format!("010950600013435221S{n}")], "{rate}");
            assert!(
                truth.ink_sound && truth.picture_sound && !truth.window,
                "{rate}: {truth:?}"
            );
            assert_eq!(
                (truth.bin, truth.gate, truth.cause),
                (Bin::Good, 1, 0),
                "{rate}"
            );
            assert_eq!(truth.frame_counter, Some(u64::from(n)), "{rate}");
            assert!(truth.fired_ms <= truth.verdict_ms, "{rate}: {truth:?}");
        }
    }
}

/// A label is under the head for 9 of the 10 ms from pack to pack: a print that began where the step found the pack,
/// and not where the belt had it, would still run when the next pack comes.
#[test]
fn steps_that_come_late_neither_crowd_packs_nor_part_them() {
    let rate = Rate::PacksPerMin(6000);
    for step_ms in [1, 3, 7, 13] {
        let mut run = Run::new(rate, FaultPlan::none(), 7, 300);
        run.step_ms = step_ms;
        run.finish(120_000);
        let good = |truth: &&PackTruth| truth.bin == Bin::Good;
        assert_eq!(run.truths.iter().filter(good).count(), 300, "{step_ms} ms");
        run.good_packs_carry_what_was_ordered();
        for pair in run.truths.windows(2) {
            let apart = pair[1].fired_ms.expect("fired") - pair[0].fired_ms.expect("fired");
            assert!((apart - 10.0).abs() < 0.001, "{step_ms} ms: {apart}");
        }
    }
}

#[test]
fn under_usual_faults_the_account_adds_up_and_the_windows_hold() {
    for seed in 0..6 {
        let rate = [Rate::PacksPerMin(1200), Rate::PacksPerMin(300), Rate::Max][seed as usize % 3];
        let mut run = Run::new(rate, FaultPlan::usual(), seed, 1500);
        run.finish(1_200_000);
        run.good_packs_carry_what_was_ordered();
        run.nothing_sound_is_rejected_outside_windows();
        let good = run
            .truths
            .iter()
            .filter(|truth| truth.bin == Bin::Good)
            .count();
        assert!(good > 1000, "seed {seed} at {rate}: {good} good");
        let windows = run.truths.iter().filter(|truth| truth.window).count();
        assert!(
            rate == Rate::Max || windows < 900,
            "seed {seed} at {rate}: {windows} in windows"
        );
    }
}

#[test]
fn under_a_swarm_of_faults_every_pack_is_accounted_for() {
    for seed in 0..8 {
        let mut plan = FaultPlan::swarm(seed);
        // A gate that sticks needs the station to clear the fault; counts that shift need it to
        // settle anew.
        for kind in [
            FaultKind::GateStuck,
            FaultKind::GateShut,
            FaultKind::BinSensorDead,
            FaultKind::MissedTrigger,
            FaultKind::DoubledFrame,
        ] {
            plan.set(kind, 0.0);
        }
        let rate = if seed % 2 == 0 {
            Rate::PacksPerMin(1200)
        } else {
            Rate::Max
        };
        let mut run = Run::new(rate, plan, seed, 600);
        run.finish(3_000_000);
        run.good_packs_carry_what_was_ordered();
        let tally = run.factory.belt.tally;
        assert_eq!(run.truths.len() as u64, tally.entered, "seed {seed}");
        assert!(tally.entered >= 600, "seed {seed}");
    }
}

#[test]
fn the_same_seed_gives_the_same_factory() {
    let once = || {
        let plan = FaultPlan::parse("default,wrong-symbol=0.02,removed=0.01", 3).expect("a plan");
        let mut run = Run::new(Rate::PacksPerMin(1200), plan, 3, 400);
        run.finish(600_000);
        run.truths
    };
    assert_eq!(once(), once());
}

#[test]
fn a_dead_station_passes_nothing_and_stops_the_belt() {
    let mut run = Run::new(Rate::PacksPerMin(1200), FaultPlan::none(), 1, 10_000);
    run.go(6000);
    run.station.dead = true;
    let before = run.truths.len();
    run.go(5000);
    assert!(!run.factory.plc.running(), "stopped by three stale rejects");
    let stopped = run.truths.len();
    let after: Vec<&PackTruth> = run.truths[before..].iter().collect();
    let defaults = after.iter().filter(|t| (t.gate, t.cause) == (3, 2)).count();
    assert_eq!(defaults, 3, "{after:?}");
    assert!(
        after
            .iter()
            .rev()
            .take(3)
            .all(|t| t.bin == Bin::Reject && t.window)
    );
    run.station = Station {
        serial: 1_000_000,
        ..Station::default()
    };
    run.go(10_000);
    assert!(run.factory.plc.running(), "a new station goes on");
    run.nothing_sound_is_rejected_outside_windows();
    let swept = run.truths[stopped..]
        .iter()
        .take_while(|t| t.bin == Bin::Reject);
    let swept: Vec<_> = swept.map(|t| (t.id, t.gate, t.cause)).collect();
    assert!(
        (10..=18).contains(&swept.len()),
        "what was on the belt was rejected: {swept:?}"
    );
}

#[test]
fn a_gate_that_sticks_stops_the_line_and_lands_in_the_wrong_bin() {
    let plan = FaultPlan::parse("bad-print=1,gate-stuck=1", 1).expect("a plan");
    let mut run = Run::new(Rate::PacksPerMin(600), plan, 1, 3);
    run.go(8000);
    assert_eq!(run.truths.len(), 1, "the belt stands after the first");
    assert_eq!((run.truths[0].gate, run.truths[0].bin), (4, Bin::Good));
    assert_eq!(run.factory.plc.faults(), 1 << 6 | 1 << 15);
}

#[test]
fn every_fault_leaves_its_name_in_the_truth() {
    for (kind, words) in FAULTS {
        let (kind, name) = (*kind, words.name);
        let mut plan = FaultPlan::none();
        plan.set(kind, if kind.lasts() { 0.02 } else { 0.05 });
        if matches!(kind, FaultKind::GateStuck | FaultKind::BinSensorDead) {
            plan.set(FaultKind::BadPrint, 0.2);
            plan.set(kind, 0.5);
        }
        let mut run = Run::new(Rate::PacksPerMin(1200), plan, 11, 200);
        run.go(60_000);
        let met = |t: &&PackTruth| t.faults.iter().any(|met| met == name);
        assert!(run.truths.iter().any(|t| met(&t)), "{name} left no trace");
        // Whoever trusts the truth must not take such a pack for one that may not be rejected.
        let spoilt = matches!(kind, FaultKind::WrongSymbol | FaultKind::WrongText);
        let sound = run.truths.iter().filter(met).any(|t| t.ink_sound);
        assert!(!(spoilt && sound), "{name} left the ink sound");
    }
}

#[test]
fn a_line_runs_with_a_printer_of_every_language_and_its_troubles() {
    for language in Language::ALL {
        let options = LineOptions {
            printer: Model {
                // More labels wait on this belt than the coder holds by itself.
                depth: Some(20),
                ..Model::speaking(language)
            },
            media: Media {
                length_mm: 18,
                ..Media::default()
            },
            ..LineOptions::default()
        };
        let mut run = Run::with(options, 60);
        run.finish(60_000);
        let good = run.truths.iter().filter(|truth| truth.bin == Bin::Good);
        assert_eq!(good.count(), 60, "{language}");
        run.good_packs_carry_what_was_ordered();

        run.factory.feed(200);
        run.go(3_000);
        for (trouble, ms) in [
            (Trouble::PowerCycle, 0),
            (Trouble::HeadOpen, 500),
            (Trouble::PowerCycleKept, 0),
            (Trouble::NakAlways, 700),
            (Trouble::LinkRefused, 700),
            (Trouble::PreviousOnLate, 1000),
        ] {
            run.factory.order_trouble(trouble, true, None);
            run.go(ms);
            run.factory.heal();
            run.go(4_000);
        }
        run.finish(240_000);
        run.good_packs_carry_what_was_ordered();
        run.nothing_sound_is_rejected_outside_windows();
        let good = run
            .truths
            .iter()
            .filter(|truth| truth.bin == Bin::Good)
            .count();
        assert!(good > 100, "{language}: {good} of 260");
        let met = |name: &str| {
            run.truths
                .iter()
                .any(|t| t.faults.iter().any(|f| f == name))
        };
        assert!(met("head-open") && met("power-cycle"), "{language}");
    }
}

#[test]
fn every_mishap_leaves_its_name_and_the_books_balance() {
    for (kind, words) in MISHAPS {
        let mut plan = FaultPlan::none();
        plan.set_mishap(*kind, 0.05);
        plan.set(FaultKind::BadPrint, 0.05);
        let mut run = Run::new(Rate::PacksPerMin(1200), plan, 5, 300);
        run.finish(600_000);
        let name = words.name;
        let met = |t: &&PackTruth| t.faults.iter().any(|met| met == name);
        assert!(run.truths.iter().any(|t| met(&t)), "{name} left no trace");
        run.good_packs_carry_what_was_ordered();
        run.nothing_sound_is_rejected_outside_windows();
        let tally = run.factory.belt.tally;
        assert_eq!(run.truths.len() as u64, tally.entered, "{name}");
        let more = matches!(kind, Mishap::DoubleFeed | Mishap::LaidBehindCamera);
        assert_eq!(tally.entered > 300, more, "{name}: {}", tally.entered);
        let bins = |bin| run.truths.iter().filter(|t| t.bin == bin && met(t)).count();
        match kind {
            Mishap::TakenBeforeCamera | Mishap::TakenBeforeGate => {
                assert_eq!((bins(Bin::Good), bins(Bin::Reject)), (0, 0), "{name}");
            }
            Mishap::LaidBehindCamera | Mishap::RejectAgain => {
                assert_eq!(bins(Bin::Good), 0, "{name} passed");
            }
            _ => assert!(bins(Bin::Good) > 0, "{name}"),
        }
    }
}

#[test]
fn under_all_mishaps_at_once_every_pack_is_accounted_for() {
    for seed in 0..8 {
        let mut plan = FaultPlan::parse("default,mishaps", seed).expect("a plan");
        for (kind, words) in MISHAPS {
            plan.set_mishap(*kind, words.most);
        }
        let options = LineOptions {
            rate: [Rate::PacksPerMin(1200), Rate::Max][seed as usize % 2],
            faults: plan,
            seed,
            nearest_um: Some(60_000),
            ..LineOptions::default()
        };
        let mut run = Run::with(options, 600);
        run.finish(3_000_000);
        run.good_packs_carry_what_was_ordered();
        let tally = run.factory.belt.tally;
        assert_eq!(run.truths.len() as u64, tally.entered, "seed {seed}");
        assert!(tally.good > 300, "seed {seed}: {tally:?}");
    }
}

/// The second pack of a double feed is seen, and FAULTS says so while both are on the belt, or it appears.
#[test]
fn a_double_feed_shows_at_the_plc_or_as_a_pack_that_appears() {
    let (mut seen, mut appeared) = (0, 0);
    for seed in 0..12 {
        let mut run = Run::new(Rate::PacksPerMin(600), FaultPlan::none(), seed, 6);
        run.go(3000);
        run.factory.order_mishap(Mishap::DoubleFeed, true);
        run.factory.feed(4);
        let mut bit = 0;
        for _ in 0..20_000 {
            run.go(1);
            bit += run.factory.plc.faults() >> 11 & 1;
        }
        assert_eq!(run.truths.len(), 11, "seed {seed}");
        let last = run
            .truths
            .iter()
            .filter(|t| t.faults.iter().any(|f| f == "double-feed"));
        let ids = last.map(|t| t.id).max();
        match bit {
            0 => appeared += 1,
            _ => seen += 1,
        }
        assert_eq!(
            run.factory.plc.faults() >> 11 & 1,
            0,
            "seed {seed}: it does not stay"
        );
        assert!(ids.is_some(), "seed {seed}");
    }
    assert!(seen > 0 && appeared > 0, "{seen} seen, {appeared} appeared");
}

/// The encoder counts less than the way; packs come no later for it.
#[test]
fn a_slipping_encoder_lags_and_a_slow_belt_comes_late() {
    let time_of = |mishap: Option<Mishap>| {
        let mut run = Run::new(Rate::PacksPerMin(600), FaultPlan::none(), 3, 40);
        if let Some(mishap) = mishap {
            run.factory.order_mishap(mishap, true);
        }
        run.finish(60_000);
        (run.ms, run.factory.belt.encoder())
    };
    let (usual, slow, lag) = (
        time_of(None),
        time_of(Some(Mishap::BeltSlow)),
        time_of(Some(Mishap::EncoderLag)),
    );
    assert!(
        slow.0 > usual.0 + 300 && slow.1.abs_diff(usual.1) < 2000,
        "{usual:?} {slow:?}"
    );
    assert!(
        lag.0 == usual.0 && lag.1 < usual.1 - usual.1 / 30,
        "{usual:?} {lag:?}"
    );
}
