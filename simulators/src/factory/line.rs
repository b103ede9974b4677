//! The joined line as one value: what goes in, what comes out, and one step in time. PURE.

use std::collections::{BTreeMap, VecDeque};

use super::{LineOptions, mishaps::Second, trouble::Window};
use crate::{
    Tick,
    belt::{Belt, Pack, Rate, Stage},
    camera::{Camera, Exposure},
    fault::{Fate, FaultKind, FaultPlan, Mishap},
    ink::Print,
    plc::{Exception, PackKey, Plc, PlcOptions, Retained},
    printer::Printer,
    random::Random,
    tick::NS_PER_MS,
    truth::{Bin, PackTruth},
};

/// Inks of rejects kept for being fed in again.
pub const OLD_INKS_MAX: usize = 8;

/// Span over which the elastic belt's rate is measured, in ms.
const RATE_SPAN_MS: u64 = 1000;
/// Most an encoder slips at once, in µm.
const SLIP_UM_MAX: u64 = 5_000;
/// Most a belt jogs back, in µm.
const JOG_UM_MAX: u64 = 20_000;

/// What came out of one step.
#[derive(Debug, Default)]
pub struct Happenings {
    /// Pictures to draw and send.
    pub exposures: Vec<Exposure>,
    /// Packs that left the belt.
    pub truths: Vec<PackTruth>,
}

/// The factory.
#[derive(Debug)]
pub struct Factory {
    pub(super) options: LineOptions,
    pub(super) printer: Printer,
    pub(super) plc: Plc,
    pub(super) camera: Camera,
    pub(super) belt: Belt,
    pub(super) random: Random,
    pub(super) now: Tick,
    pub(super) out: Happenings,
    pub(super) known_boot: u16,
    /// The label under the head: when END PRINT comes, and for which pack.
    pub(super) printing: Option<(Tick, PackKey)>,
    /// Lasting faults that stand, with their end; `None` until somebody ends them.
    pub(super) standing: BTreeMap<FaultKind, Option<Tick>>,
    /// How often each lasting fault began.
    pub(super) begun: BTreeMap<FaultKind, u64>,
    /// Single-pack faults somebody ordered for the next pack.
    pub(super) ordered: Vec<FaultKind>,
    pub(super) window: Window,
    /// Default rejects whose window is not settled: was the station alive, or already dead?
    pub(super) held: Vec<(Tick, PackTruth)>,
    /// The label queue may be out of step with the packs.
    pub(super) slip: bool,
    pub(super) old_inks: VecDeque<Vec<Print>>,
    pub(super) well_since: Option<Tick>,
    pub(super) stopped_by_person: bool,
    pub(super) camera_troubles: crate::gige::Troubles,
    pub(super) plc_troubles: crate::plc::trouble::Troubles,
    pub(super) modbus_cuts: u64,
    pub(super) printer_cuts: u64,
    pub(super) camera_room: bool,
    /// When the elastic belt's rate was last worked out, and packs entered by then.
    pub(super) rate_mark: (Tick, u64),
    /// Where the chance of belts and hands comes from.
    pub(super) hands: Random,
    /// Lasting mishaps that stand, with their end; `None` until somebody ends them.
    pub(super) mishaps: BTreeMap<Mishap, Option<Tick>>,
    /// Mishaps that somebody ordered for the next pack.
    pub(super) ordered_mishaps: Vec<Mishap>,
    /// The next pack is the second one of a double feed.
    pub(super) second: Option<Second>,
    /// The PLC sees two packs too near to each other.
    pub(super) crowded: bool,
    /// Ink before a single camera, or under a single printer's head.
    pub(super) bench: Vec<Print>,
}

impl Factory {
    /// A factory that was just switched on.
    #[must_use]
    pub fn new(options: LineOptions, retained: Retained) -> Factory {
        let fits = match options.rate {
            Rate::PacksPerMin(_) => options.geometry.in_flight_max(),
            Rate::Max => options.elastic_packs.max(options.geometry.in_flight_max()),
        };
        let plc = Plc::with_map(
            PlcOptions {
                max_in_flight: options.in_flight.unwrap_or(fits + 1),
                ..options.plc
            },
            std::sync::Arc::clone(&options.plc_map),
            retained,
        );
        Factory {
            printer: Printer::of(options.printer.clone(), options.media),
            camera: Camera::new(options.seed),
            belt: Belt::new(options.geometry, options.rate),
            random: Random::stream(options.seed, 0xFAC7),
            now: Tick::default(),
            out: Happenings::default(),
            known_boot: plc.boot(),
            plc,
            printing: None,
            standing: BTreeMap::new(),
            begun: BTreeMap::new(),
            ordered: Vec::new(),
            window: Window::default(),
            held: Vec::new(),
            slip: false,
            old_inks: VecDeque::new(),
            well_since: None,
            stopped_by_person: false,
            camera_troubles: crate::gige::Troubles::default(),
            plc_troubles: crate::plc::trouble::Troubles::default(),
            modbus_cuts: 0,
            printer_cuts: 0,
            camera_room: true,
            rate_mark: (Tick::default(), 0),
            hands: Random::stream(options.seed, 0x4A4D),
            mishaps: BTreeMap::new(),
            ordered_mishaps: Vec::new(),
            second: None,
            crowded: false,
            bench: Vec::new(),
            options,
        }
    }

    /// Moves the factory to `now`; gives what came out since the last step. However late a step comes, packs pass
    /// their places at the very moments at which the belt carries them there.
    pub fn step(&mut self, now: Tick) -> Happenings {
        let since = self.now;
        self.now = self.now.max(now);
        self.end_faults();
        self.plc.encoder = self.belt.encoder();
        self.plc.scan(self.now);
        self.follow_boot();
        self.stand_faults();
        self.stand_mishaps();
        self.person();
        if self.plc.running() {
            match self.belt.rate {
                Rate::PacksPerMin(rate) => {
                    self.plc.rate = u16::try_from(rate).unwrap_or(u16::MAX);
                    self.move_belt(since, self.now);
                }
                Rate::Max => self.stretch_belt(self.now.since_ns(since)),
            }
        }
        self.end_print();
        self.mark_window();
        self.settle_held();
        assert!(self.belt.adds_up(), "every pack is accounted for");
        for truth in &mut self.out.truths {
            truth.lane = self.options.lane;
        }
        std::mem::take(&mut self.out)
    }

    /// The label under the head is done.
    fn end_print(&mut self) {
        if let Some((end, key)) = self.printing
            && end <= self.now
        {
            self.printing = None;
            self.plc.print_done(key);
        }
    }

    /// The belt of real geometry: everything moves, sensors see what passes them, one after the other.
    fn move_belt(&mut self, since: Tick, until: Tick) {
        let mut at = since;
        while at < until {
            let next = self.belt.ns_to_next_place();
            let ns = until.since_ns(at).min(next.unwrap_or(u64::MAX));
            at = at.plus_ns(ns);
            self.now = at;
            self.end_print();
            self.belt.advance(ns);
            self.sense();
        }
    }

    /// Whatever has come to a place passes it.
    fn sense(&mut self) {
        self.plc.encoder = self.belt.encoder();
        let places = self.belt.geometry.places_um();
        let mut packs = std::mem::take(&mut self.belt.packs);
        for pack in &mut packs {
            for (stage, place) in STAGES.into_iter().zip(places) {
                if pack.stage == stage && pack.at_um >= place {
                    self.pass(pack);
                }
            }
        }
        self.put_back(packs, |pack| {
            pack.stage == Stage::Gated && pack.at_um >= places[3]
        });
        while let Some(at_um) = self.belt.next_fed() {
            self.feed_one(at_um);
        }
    }

    /// The elastic belt: every place waits for what it needs, within a bound.
    fn stretch_belt(&mut self, ns: u64) {
        let wait_ns = self.options.elastic_wait_ms * NS_PER_MS;
        let mut packs = std::mem::take(&mut self.belt.packs);
        let mut ahead_waits = [false; 3];
        for pack in &mut packs {
            pack.waited_ns += ns;
            for (n, stage) in STAGES[..3].iter().enumerate() {
                if pack.stage != *stage || ahead_waits[n] {
                    continue;
                }
                let waited = pack.waited_ns >= wait_ns;
                if waited || self.may_pass(pack) {
                    self.pass(pack);
                    pack.waited_ns = 0;
                } else {
                    ahead_waits[n] = true;
                }
            }
        }
        self.put_back(packs, |pack| pack.stage == Stage::Gated);
        let full = usize::from(self.options.elastic_packs);
        while self.belt.to_feed > 0 && self.belt.packs.len() < full {
            self.belt.advance_one_pitch();
            self.feed_one(0);
        }
        let (since, entered) = self.rate_mark;
        let ms = self.now.since_ns(since) / NS_PER_MS;
        if ms >= RATE_SPAN_MS {
            let per_min = (self.belt.tally.entered - entered) * 60_000 / ms;
            self.plc.rate = u16::try_from(per_min).unwrap_or(u16::MAX);
            self.rate_mark = (self.now, self.belt.tally.entered);
        }
    }

    /// On the elastic belt: what the next place waits for is there.
    fn may_pass(&self, pack: &Pack) -> bool {
        match (pack.stage, pack.key) {
            (_, None) => true,
            (Stage::Detected, Some(key)) => self.plc.purged(key) || self.printer.waiting() > 0,
            (Stage::Printed, Some(_)) => self.camera_room,
            (Stage::Fired, Some(key)) => {
                pack.gone || self.plc.purged(key) || self.plc.verdict(key).is_some()
            }
            (Stage::Gated, Some(_)) => true,
        }
    }

    /// The pack comes to its next place.
    fn pass(&mut self, pack: &mut Pack) {
        match pack.stage {
            Stage::Detected => self.pass_head(pack),
            Stage::Printed => self.pass_camera(pack),
            Stage::Fired => self.pass_gate(pack),
            Stage::Gated => return,
        }
        pack.stage = STAGES[pack.stage as usize + 1];
    }

    /// Packs that reached the bins leave; the others go back on the belt.
    fn put_back(&mut self, packs: VecDeque<Pack>, left: impl Fn(&Pack) -> bool) {
        assert!(
            self.belt.packs.is_empty(),
            "packs are fed after the others moved"
        );
        self.belt.packs = packs;
        while let Some(at) = self.belt.packs.iter().position(&left) {
            let pack = self.belt.packs.remove(at).expect("it was found there");
            self.pass_bin(pack);
        }
    }

    /// A pack comes through product detect.
    fn feed_one(&mut self, at_um: u64) {
        self.belt.to_feed -= 1;
        let mut struck = self.options.faults.draw(&mut self.random);
        struck.append(&mut self.ordered);
        for kind in struck.iter().copied().filter(|kind| kind.lasts()) {
            let length_ms = kind.length_ms(&mut self.random);
            self.begin(kind, Some(self.now.plus_ms(length_ms)));
        }
        let mut fate = Fate::of(struck, &mut self.random);
        let second = self.second.take();
        self.draw_gap();
        let mishaps = self.mishaps_of(&mut fate);
        let bounces = self.shake_sensors(&mut fate);
        let appears = fate.has(FaultKind::Appeared);
        let by_hand = appears && self.random.chance(0.5);
        let mut pack = Pack::new(self.now, Stage::Detected, at_um, fate);
        if appears && !by_hand {
            // A reject fed in again: it gets an id like any other, and a second print over the
            // first.
            pack.prints = self.old_inks.pop_front().unwrap_or_default();
            pack.tainted = true;
            pack.met.insert(FaultKind::Appeared.name());
        }
        if pack.fate.has(FaultKind::MissedDetect) {
            pack.met.insert(FaultKind::MissedDetect.name());
        } else if second != Some(Second::Hidden) {
            pack.key = Some(self.plc.detect());
        }
        self.mark_mishaps(&mut pack, &mishaps, second.is_some());
        self.belt.put(pack);
        if second.is_some() {
            self.shaken(Mishap::DoubleFeed.name());
        }
        if bounces {
            self.detect_nothing(at_um);
        }
        if by_hand {
            self.lay_on_by_hand();
        }
        if mishaps.contains(&Mishap::LaidBehindCamera) {
            self.lay_behind_camera();
        }
    }

    /// What goes wrong with encoder and belt as this pack comes; `true` when product detect bounces.
    fn shake_sensors(&mut self, fate: &mut Fate) -> bool {
        if fate.has(FaultKind::EncoderSlip) {
            let um = self.random.between(0, 2 * SLIP_UM_MAX);
            let um = i64::try_from(um).expect("millimetres") - SLIP_UM_MAX.cast_signed();
            self.belt.slip(um);
            self.befall(FaultKind::EncoderSlip);
        }
        if fate.has(FaultKind::BeltReversed) {
            let um = self.random.between(1000, JOG_UM_MAX);
            self.belt.jog_back(um);
            self.befall(FaultKind::BeltReversed);
        }
        let bounces = fate.has(FaultKind::DoubleDetect);
        fate.faults.retain(|kind| *kind != FaultKind::DoubleDetect);
        bounces && !fate.has(FaultKind::MissedDetect)
    }

    /// Product detect tells of a pack that is not there; the head's photo-eye misses it.
    fn detect_nothing(&mut self, at_um: u64) {
        let fate = Fate {
            faults: vec![FaultKind::DoubleDetect],
            missed_at: Stage::Printed,
            ..Fate::default()
        };
        let mut ghost = Pack::new(self.now, Stage::Detected, at_um, fate);
        ghost.met.insert(FaultKind::DoubleDetect.name());
        ghost.key = Some(self.plc.detect());
        self.belt.put(ghost);
    }

    /// Somebody lays a pack on the belt between head and camera.
    fn lay_on_by_hand(&mut self) {
        let [head, camera, ..] = self.belt.geometry.places_um();
        let at_um = head + (camera - head) / 2 + self.random.below(10_000);
        let mut pack = Pack::new(self.now, Stage::Printed, at_um, Fate::default());
        pack.prints = self.old_inks.pop_front().unwrap_or_default();
        pack.tainted = true;
        pack.met.insert(FaultKind::Appeared.name());
        self.belt.put(pack);
    }

    /// Bytes from the station to the printer; gives the printer's answer.
    pub fn printer_receive(&mut self, now: Tick, bytes: &[u8]) -> Vec<u8> {
        self.printer.receive(now, bytes)
    }

    /// What the printer says without being asked, or says late.
    pub fn printer_says(&mut self, now: Tick) -> Vec<u8> {
        self.printer.says(now)
    }

    /// `false` while the printer leaves bytes on the link because its buffer is full.
    #[must_use]
    pub fn printer_reads(&self) -> bool {
        self.printer.reads()
    }

    /// The printer's link was lost: a command cut short is forgotten.
    pub fn printer_link_lost(&mut self) {
        self.printer.link_lost();
    }

    /// A station reads registers.
    ///
    /// # Errors
    /// The Modbus exception to answer.
    pub fn plc_read(&mut self, now: Tick, at: u16, count: u16) -> Result<Vec<u16>, Exception> {
        self.plc.read(now, at, count)
    }

    /// A station reads input registers.
    ///
    /// # Errors
    /// The Modbus exception to answer.
    pub fn plc_read_input(
        &mut self,
        now: Tick,
        at: u16,
        count: u16,
    ) -> Result<Vec<u16>, Exception> {
        self.plc.read_input(now, at, count)
    }

    /// A station writes registers.
    ///
    /// # Errors
    /// The Modbus exception to answer.
    pub fn plc_write(&mut self, now: Tick, at: u16, words: &[u16]) -> Result<(), Exception> {
        self.plc.write(now, at, words)?;
        self.follow_boot();
        for (key, written) in self.plc.take_fresh_verdicts() {
            let mut packs = self.belt.packs.iter_mut();
            if let Some(pack) = packs.find(|pack| pack.key == Some(key)) {
                pack.account.verdict_ms.get_or_insert(written.ms());
            }
        }
        Ok(())
    }

    /// What the PLC keeps without power; write it down before the next answer goes out.
    #[must_use]
    pub fn plc_retained(&self) -> Retained {
        self.plc.retained()
    }

    /// When a station last spoke to the PLC.
    #[must_use]
    pub fn station_heard_at(&self) -> Option<Tick> {
        self.plc.heard_at()
    }

    /// A new boot number means that tracking is lost: the PLC no longer knows any pack on the belt.
    pub(super) fn follow_boot(&mut self) {
        if self.plc.boot() != self.known_boot {
            self.known_boot = self.plc.boot();
            self.printing = None;
            // Packs before the head get no START PRINT any more; what waits in the printer is
            // nobody's.
            self.slip = true;
            let packs = std::mem::take(&mut self.belt.packs);
            for mut pack in packs {
                if pack.gone {
                    self.out.truths.push(pack.truth(Bin::Removed));
                } else {
                    pack.forget_name();
                    self.belt.packs.push_back(pack);
                }
            }
        }
    }

    /// `true` while the belt may move.
    #[must_use]
    pub fn belt_moves(&self) -> bool {
        self.plc.running()
    }

    /// Packs on the belt, or still to be fed.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.belt.to_feed > 0 || !self.belt.packs.is_empty()
    }

    /// Packs still to be fed.
    #[must_use]
    pub fn to_feed(&self) -> u64 {
        self.belt.to_feed
    }

    /// Somebody holds the infeed back; gives how many packs that were.
    pub fn hold_feed(&mut self) -> u64 {
        std::mem::take(&mut self.belt.to_feed)
    }

    /// Feeds more packs.
    pub fn feed(&mut self, packs: u64) {
        self.belt.to_feed = self.belt.to_feed.saturating_add(packs);
    }

    /// Changes the rate.
    ///
    /// # Errors
    /// Between a real and an elastic belt only while no pack is on it.
    pub fn set_rate(&mut self, rate: Rate) -> Result<(), String> {
        let elastic = |rate| rate == Rate::Max;
        if elastic(rate) != elastic(self.belt.rate) && !self.belt.packs.is_empty() {
            return Err("Packs are on the belt. Change to or from max when it is empty.".into());
        }
        (self.belt.rate, self.options.rate) = (rate, rate);
        Ok(())
    }

    /// Changes what goes wrong.
    pub fn set_faults(&mut self, plan: FaultPlan) {
        self.options.faults = plan;
    }

    /// Tells whether another picture can be taken in hand; the elastic belt waits for that.
    pub fn set_camera_room(&mut self, room: bool) {
        self.camera_room = room;
    }

    /// A picture did not reach any station as it was taken.
    pub fn picture_lost(&mut self, counter: u64) {
        let mut packs = self.belt.packs.iter_mut();
        if let Some(pack) = packs.find(|pack| pack.account.frame_counter == Some(counter)) {
            pack.picture_spoilt = true;
        }
    }

    /// The belt's packs are swept away by hand, as when the machine is switched off.
    pub fn sweep(&mut self) -> Vec<PackTruth> {
        let packs = std::mem::take(&mut self.belt.packs);
        self.belt.tally.removed += packs.iter().filter(|pack| !pack.gone).count() as u64;
        let lane = self.options.lane;
        let gone = |pack: Pack| PackTruth {
            lane,
            ..pack.truth(Bin::Removed)
        };
        packs.into_iter().map(gone).collect()
    }
}

const STAGES: [Stage; 4] = [Stage::Detected, Stage::Printed, Stage::Fired, Stage::Gated];
