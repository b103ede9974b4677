//! A factory of a few hundred lines: belt, printer with a queue, camera with a counter, gate with
//! the contract's rule, a disk that takes its time. Written from the contract, not from the line.

mod accounts;
mod belt;
mod chance;
mod labels;
mod mischief;
mod pictures;
mod pools;
mod print;

pub use chance::{Dice, Faults};
pub use print::PrintFaults;

use super::restore::restore;
use super::{plan, plan_of};
use crate::line::*;
use crate::record::{
    Fate, LabelText, LaneNo, NumberSource, Outcome, PackNo, PlcPack, PoolNumber, ReadBy, Record,
    Seen, Tick, Verdict,
};
use crate::wire::OperatorCommand;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

const STEP_MS: u64 = 5;
const SPEED: u32 = 8; // mm a step: 1.6 m/s
const PITCH: u32 = 80;
const HEAD: u32 = 400;
const CAMERA: u32 = 600;
const GATE: u32 = 1200;
const VOID: &str = "void";
const GTIN: &str = "09506000134352";

struct BeltPack {
    plc: PlcPack,
    place: u32,
    ink: Vec<String>,
    stage: u8,
    /// Somebody took it off: its shadow travels on until the gate misses it.
    gone: bool,
}

/// What became of a pack, as the factory knows it.
pub struct Truth {
    plc: PlcPack,
    ink: Vec<String>,
    good: bool,
}

/// One lane of the factory: belt, printer, camera and PLC.
struct Machine {
    no: LaneNo,
    plc_inbox: Vec<Event>,
    outage_until: u64,
    boot: u16,
    entered: u32,
    decided: u32,
    encoder: u32,
    fired: u16,
    counter: u64,
    belt: VecDeque<BeltPack>,
    queue: VecDeque<String>,
    last_label: Option<String>,
    clear_at: Option<u64>,
    slots: BTreeMap<u32, u16>,
    purged_below: u32,
    levels: Levels,
    beat_at: u64,
    running: bool,
    to_feed: u32,
    printer_back_at: Option<u64>,
    camera_back_at: Option<u64>,
    /// What the PLC's rings still hold.
    rings: VecDeque<Event>,
    /// The template in the printer.
    label: Arc<LabelText>,
}

impl Machine {
    fn new(no: LaneNo) -> Machine {
        Machine {
            no,
            plc_inbox: Vec::new(),
            outage_until: 0,
            boot: 1,
            entered: 0,
            decided: 0,
            encoder: 0,
            fired: 0,
            counter: 1000,
            belt: VecDeque::new(),
            queue: VecDeque::new(),
            last_label: None,
            clear_at: None,
            slots: BTreeMap::new(),
            purged_below: 0,
            levels: Levels::default(),
            beat_at: 0,
            running: false,
            to_feed: 0,
            printer_back_at: None,
            camera_back_at: None,
            rings: VecDeque::new(),
            label: plan(1).label,
        }
    }
}

/// Station and factory.
pub struct World {
    pub line: Line,
    pub disk: Vec<Record>,
    pub answers: Vec<Result<(), String>>,
    pub alarms_raised: usize,
    /// Somebody shelves every alarm as soon as it comes.
    pub shelves: bool,
    writing: VecDeque<(u64, Vec<Record>)>,
    dice: Dice,
    /// What the quality of every label follows from.
    print_seed: u64,
    faults: Faults,
    now_ms: u64,
    inbox: Vec<Event>,
    /// The lane at hand, and the others.
    machine: Machine,
    others: Vec<Machine>,
    station_boot: u16,
    frames: BTreeMap<FrameNo, Vec<String>>,
    /// Packs whose picture was looked at, until the line says what becomes of it.
    looked: BTreeSet<PackNo>,
    next_frame: u64,
    pub truth: Vec<Truth>,
    printed: BTreeSet<String>,
    /// What arrives later than it should.
    late: Vec<(u64, Event)>,
    /// The store failed; at this time somebody starts the station again.
    store_dead_until: Option<u64>,
    /// Numbers of pools in the store.
    pub pools: Vec<PoolNumber>,
    /// Where batches take their numbers from.
    source: NumberSource,
    /// What each serial was printed with.
    inked: BTreeMap<String, Arc<LabelText>>,
}

impl World {
    pub fn new(seed: u64, faults: Faults) -> World {
        World::with_lanes(seed, faults, 1)
    }

    /// A factory with so many lanes; what goes wrong goes wrong on each of them.
    pub fn with_lanes(seed: u64, faults: Faults, lanes: u8) -> World {
        let mut world = World {
            line: Line::new(Tick(0), plan_of(1, lanes), restore(&[])),
            disk: Vec::new(),
            answers: Vec::new(),
            alarms_raised: 0,
            shelves: false,
            writing: VecDeque::new(),
            dice: Dice(seed),
            print_seed: seed,
            faults,
            now_ms: 0,
            inbox: Vec::new(),
            machine: Machine::new(LaneNo::FIRST),
            others: (2..=lanes).map(|no| Machine::new(LaneNo(no))).collect(),
            station_boot: 1,
            frames: BTreeMap::new(),
            looked: BTreeSet::new(),
            next_frame: 0,
            truth: Vec::new(),
            printed: BTreeSet::new(),
            late: Vec::new(),
            store_dead_until: None,
            pools: Vec::new(),
            source: NumberSource::Own,
            inked: BTreeMap::new(),
        };
        world.connect();
        world
    }

    fn lanes(&self) -> u8 {
        1 + self.others.len() as u8
    }

    fn machines(&self) -> impl Iterator<Item = &Machine> {
        std::iter::once(&self.machine).chain(&self.others)
    }

    /// Does something on this lane.
    fn on_lane(&mut self, no: LaneNo, act: impl FnOnce(&mut World)) {
        let before = self.machine.no;
        self.turn_to(no);
        act(self);
        self.turn_to(before);
    }

    fn on_each_lane(&mut self, act: impl Fn(&mut World)) {
        for no in 1..=self.lanes() {
            self.on_lane(LaneNo(no), &act);
        }
    }

    fn turn_to(&mut self, no: LaneNo) {
        if self.machine.no != no {
            let other = self.others.iter_mut().find(|other| other.no == no);
            std::mem::swap(&mut self.machine, other.expect("a lane of the factory"));
        }
    }

    /// Connects the devices of all lanes.
    fn connect(&mut self) {
        self.on_each_lane(World::connect_lane);
    }

    fn connect_lane(&mut self) {
        self.machine
            .plc_inbox
            .push(LaneEvent::PlcLink(true).on(self.machine.no));
        let up = [
            LaneEvent::PrinterLink(true).on(self.machine.no),
            LaneEvent::PrinterStatus(PrinterHealth::Ready).on(self.machine.no),
        ];
        self.inbox.extend(up);
        self.inbox
            .push(LaneEvent::CameraLink(true).on(self.machine.no));
    }

    pub fn command(&mut self, command: OperatorCommand) {
        let by = Actor::Named("tester".to_owned());
        self.inbox.push(Event::Operator {
            by,
            signature: None,
            reason: Some("a test".to_owned()),
            command,
            reply: ReplyTo(0),
        });
    }

    /// A second of nothing.
    pub fn settle(&mut self) {
        (0..1000 / STEP_MS).for_each(|_| self.step());
    }

    /// Opens a batch, feeds `packs`, and runs until all have left and the faults have stopped.
    pub fn run_batch(&mut self, packs: u32) {
        self.open_and_feed(packs);
        self.feed(packs);
    }

    /// Opens a batch and puts packs on the infeed; the belt has not moved yet.
    pub fn open_and_feed(&mut self, packs: u32) {
        self.settle();
        self.command(self.open_batch());
        self.settle();
        self.on_each_lane(|world| world.machine.to_feed = packs);
    }

    /// Runs until the first pack is there, then cuts the PLC's link for longer than a pack needs to the gate.
    pub fn outage_when_first_is_at(&mut self, way_mm: u32) {
        while self
            .machine
            .belt
            .front()
            .is_none_or(|first| first.place < way_mm)
        {
            self.step();
        }
        self.machine.outage_until = self.now_ms + 1000;
        self.inbox
            .push(LaneEvent::PlcLink(false).on(self.machine.no));
    }

    /// The printer of a lane loses its power, and stays away.
    pub fn printer_of_lane_goes(&mut self, no: LaneNo) {
        self.on_lane(no, |world| {
            world.machine.queue.clear();
            world.machine.printer_back_at = Some(u64::MAX);
            let gone = LaneEvent::PrinterLink(false).on(no);
            world.inbox.push(gone);
        });
    }

    pub fn printer_of_lane_returns(&mut self, no: LaneNo) {
        let now = self.now_ms;
        self.on_lane(no, |world| world.machine.printer_back_at = Some(now));
    }

    /// From here on everything is sound.
    pub fn heal(&mut self) {
        self.faults = Faults::default();
    }

    /// Feeds more packs and runs until all have left and their account is complete.
    pub fn feed(&mut self, packs: u32) {
        self.on_each_lane(|world| {
            world.machine.to_feed = world.machine.to_feed.max(packs);
        });
        let limit = self.now_ms + 600_000;
        let moves = |machine: &Machine| machine.to_feed > 0 || !machine.belt.is_empty();
        while self.machines().any(moves)
            || self.line.tally().in_line > 0
            || self.line.lanes().any(|lane| lane.recovery.runs())
        {
            self.step();
            self.technician();
            assert!(
                self.now_ms < limit,
                "the line must run again: {:?}",
                self.line.view(Tick(0), 0)
            );
        }
        self.settle();
    }

    /// Opens the lot, or goes on with it.
    fn opening(&self) -> OperatorCommand {
        let opened = |record: &Record| matches!(record.fact, Fact::BatchOpened(_));
        let mut command = self.open_batch();
        if let OperatorCommand::OpenBatch { terms, .. } = &mut command {
            terms.continues = self.disk.iter().any(opened);
        }
        command
    }

    /// Presses the key that the screen names.
    fn technician(&mut self) {
        if self.line.batch().is_none() && self.now_ms.is_multiple_of(500) {
            self.command(self.opening());
        }
        let latched = self.line.lanes().filter_map(|lane| lane.stops.latched());
        let Some(latch) = latched.max_by_key(|latch| latch.reason) else {
            return;
        };
        if self.now_ms.is_multiple_of(500) {
            self.command(match latch.reason {
                stops::StopReason::Sync => OperatorCommand::Resynchronise,
                _ => OperatorCommand::Resume,
            });
        }
    }

    /// Whatever alarm is in its place is put aside, for a minute.
    fn shelve_all(&mut self) {
        let view = self.line.view(Tick::from_ms(self.now_ms), 0);
        let in_place = view.alarms.into_iter();
        for alarm in in_place.filter(|alarm| alarm.shelved.is_none()) {
            let (alarm, minutes) = (alarm.code, 1);
            self.command(OperatorCommand::Shelve { alarm, minutes });
        }
    }

    pub fn step(&mut self) {
        self.now_ms += STEP_MS;
        if self.shelves && self.now_ms.is_multiple_of(10) {
            self.shelve_all();
        }
        self.on_each_lane(World::break_things);
        self.on_each_lane(World::make_mischief);
        self.on_each_lane(World::move_belt);
        self.write_disk();
        self.on_each_lane(|world| {
            world.devices_come_back();
            if world.now_ms >= world.machine.outage_until && world.now_ms.is_multiple_of(10) {
                world.poll_plc();
            }
        });
        self.turn();
    }

    fn turn(&mut self) {
        let now = Tick::from_ms(self.now_ms);
        for event in std::mem::take(&mut self.inbox) {
            if let Event::Verified { pack, .. } = &event {
                self.looked.insert(*pack);
            }
            if let Some(known) = super::restore::known_before(&event, &self.disk) {
                self.line.handle(now, known);
            }
            self.line.handle(now, event);
        }
        self.line.handle(now, Event::Woken);
        let turn = self.line.take_turn(now);
        let alarms =
            |record: &&Record| matches!(record.fact, crate::record::Fact::AlarmRaised { .. });
        self.alarms_raised += turn.records.iter().filter(alarms).count();
        if !turn.records.is_empty() && self.store_dead_until.is_none() {
            let takes = if self.faults.slow_disk {
                5 + self.dice.below(60)
            } else {
                5
            };
            self.writing.push_back((self.now_ms + takes, turn.records));
        }
        turn.effects
            .into_iter()
            .for_each(|effect| self.carry_out(effect));
    }

    fn write_disk(&mut self) {
        while self
            .writing
            .front()
            .is_some_and(|(at, _)| *at <= self.now_ms)
        {
            let (_, records) = self.writing.pop_front().expect("there is one");
            self.disk.extend(records);
            let through = self.disk.last().expect("a turn has records").seq;
            self.inbox.push(Event::Committed {
                through,
                took_us: 1,
            });
        }
    }

    fn carry_out_on_lane(&mut self, effect: LaneEffect) {
        match effect {
            LaneEffect::Print { pack, label } => self.print(pack, label),
            LaneEffect::PrintVoid { .. } => {
                if self.machine.printer_back_at.is_none() {
                    self.machine.queue.push_back(VOID.to_owned());
                }
            }
            LaneEffect::Verdict { plc, code } => {
                if code == 1 {
                    self.check_pass_is_on_disk(plc);
                }
                if plc.boot == self.machine.boot && self.now_ms >= self.machine.outage_until {
                    self.machine.slots.insert(plc.id, code);
                }
            }
            LaneEffect::Levels(levels) if self.now_ms >= self.machine.outage_until => {
                if levels.heartbeat != self.machine.levels.heartbeat {
                    self.machine.beat_at = self.now_ms;
                }
                self.machine.levels = levels;
            }
            LaneEffect::PlcExecute { ticket, code, arg } => {
                let refused = self
                    .dice
                    .once_in_thousand(self.faults.mischief.refused_command);
                if self.now_ms >= self.machine.outage_until && !refused {
                    if code == 2 {
                        self.machine.purged_below = arg;
                    }
                    self.machine
                        .plc_inbox
                        .push(LaneEvent::PlcDone { ticket, ok: true }.on(self.machine.no));
                } else {
                    self.machine
                        .plc_inbox
                        .push(LaneEvent::PlcDone { ticket, ok: false }.on(self.machine.no));
                }
            }
            LaneEffect::ClearPrinter => self.machine.clear_at = Some(self.now_ms + 20),
            LaneEffect::Verify { pack, frame, label } => {
                let serial = label.map(|label| match label {
                    LabelContent::Numbered(serial, _) => serial.text,
                    LabelContent::LotOnly => panic!("every batch here has serials"),
                });
                self.look(pack, frame, serial)
            }
            LaneEffect::UseLabel(label) => self.use_label(&label),
            LaneEffect::Levels(_) | LaneEffect::UseBatch(_) => {}
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::At(lane, effect) => {
                self.on_lane(lane, |world| world.carry_out_on_lane(effect));
            }
            Effect::DropFrame(frame) => drop(self.frames.remove(&frame)),
            Effect::Reply { answer, .. } => self.answers.push(answer),
            Effect::KeepPicture { pack, .. } => self.keep_picture(pack),
            Effect::ForgetPicture(pack) => self.forget_picture(pack),
            Effect::RemovePictures { through } => self.check_removal_is_on_disk(through),
            Effect::ReadNumbers { gtin, from, count } => self.read_numbers(gtin, from, count),
            Effect::WantLabel { .. } | Effect::PrintContainer(_) | Effect::UseLabel { .. } => {
                unreachable!("no containers are labelled here")
            }
            Effect::People(_) | Effect::Device { .. } | Effect::End => {}
        }
    }

    fn print(&mut self, pack: PackNo, label: LabelContent) {
        let LabelContent::Numbered(serial, _) = label else {
            panic!("every batch here has serials")
        };
        let reserved = |record: &Record| {
            matches!(&record.fact,
            crate::record::Fact::SerialReserved { pack: no, serial: s } if *no == pack && *s == serial)
        };
        assert!(
            self.disk.iter().rev().any(reserved),
            "law 1: print before its record"
        );
        assert!(
            self.printed.insert(serial.text.clone()),
            "a serial is sent once"
        );
        self.inked
            .insert(serial.text.clone(), Arc::clone(&self.machine.label));
        let taken = !self.refuses_job(pack) && self.machine.printer_back_at.is_none();
        if taken && !self.dice.once_in_thousand(self.faults.lost_label) {
            self.machine.queue.push_back(serial.text);
        }
    }

    fn check_pass_is_on_disk(&self, plc: PlcPack) {
        use crate::record::Fact;
        let entered = self
            .disk
            .iter()
            .rev()
            .find_map(|record| match &record.fact {
                Fact::PackEntered { pack, plc: p, .. } if *p == plc => Some(*pack),
                _ => None,
            });
        let entered = entered.expect("law 1: pass of a pack whose entry is not on disk");
        let passed = |record: &Record| {
            matches!(&record.fact,
            Fact::Verified { pack, verdict } if *pack == entered && verdict.outcome.is_pass())
        };
        assert!(
            self.disk.iter().rev().any(passed),
            "law 1: pass before its record"
        );
    }

    /// The camera's truth: what is read is the ink in the picture.
    fn look(&mut self, pack: PackNo, frame: FrameNo, expected: Option<String>) {
        let ink = self.frames.remove(&frame).expect("the picture is held");
        let (outcome, seen) = match ink.as_slice() {
            [] => (Outcome::NoSymbol, None),
            [serial] if self.is_illegible(serial) => (Outcome::NotDecodable, None),
            [serial] if Some(serial) == expected.as_ref() => (Outcome::Pass, None),
            [serial] => {
                let scan = format!("]d201{GTIN}21{serial}\u{1d}1727123110L1");
                let scan = scan.replace("\\u{1d}", "\u{1d}");
                (Outcome::WrongContent { ai: "21".into() }, Some(scan))
            }
            _ => (Outcome::NotDecodable, None),
        };
        let read = !matches!(outcome, Outcome::NoSymbol | Outcome::NotDecodable);
        let by = ReadBy::Rxing;
        let mut verdict = Verdict {
            seen: read.then_some(Seen {
                by,
                scan: seen,
                number: None,
            }),
            ..Verdict::without_picture(Outcome::NoSymbol)
        };
        verdict.outcome = outcome;
        if read {
            self.grade(&ink[0], &mut verdict);
        }
        let (took_us, mischief) = (1, self.faults.mischief);
        let found = Event::Verified {
            pack,
            verdict,
            took_us,
        };
        self.arrive(mischief.late_look, 400, found);
    }

    fn poll_plc(&mut self) {
        if self.machine.outage_until != 0 {
            self.machine.outage_until = 0;
            self.inbox
                .push(LaneEvent::PlcLink(true).on(self.machine.no));
        }
        let stale = self.now_ms - self.machine.beat_at > 500;
        let status = PlcStatus {
            boot: self.machine.boot,
            state: if self.machine.running { 6 } else { 2 },
            faults: u32::from(stale) << 12,
            encoder: self.machine.encoder,
            entered: self.machine.entered,
            decided: self.machine.decided,
            asked_at: Tick::from_ms(self.now_ms),
        };
        let events = std::mem::take(&mut self.machine.plc_inbox);
        let (links, rest): (Vec<_>, Vec<_>) = events
            .into_iter()
            .partition(|event| matches!(event, Event::At(_, LaneEvent::PlcLink(_))));
        self.inbox.extend(links);
        self.inbox
            .push(LaneEvent::PlcStatus(status).on(self.machine.no));
        self.inbox.extend(rest);
    }

    fn break_things(&mut self) {
        let feeding = self.machine.to_feed > 0 && self.now_ms.is_multiple_of(100);
        if !feeding {
            return;
        }
        if self.dice.once_in_thousand(self.faults.printer_restart) {
            self.machine.queue.clear();
            self.machine.printer_back_at = Some(self.now_ms + 200 + self.dice.below(500));
            self.inbox
                .push(LaneEvent::PrinterLink(false).on(self.machine.no));
        }
        if self.dice.once_in_thousand(self.faults.camera_restart) {
            self.machine.counter = 0;
            self.machine.camera_back_at = Some(self.now_ms + 200 + self.dice.below(500));
            self.inbox
                .push(LaneEvent::CameraLink(false).on(self.machine.no));
        }
        if self.dice.once_in_thousand(self.faults.outage) {
            self.machine.outage_until = self.now_ms + 100 + self.dice.below(1500);
            self.inbox
                .push(LaneEvent::PlcLink(false).on(self.machine.no));
        }
        if self.dice.once_in_thousand(self.faults.plc_restart) {
            self.restart_plc();
        }
        if self.dice.once_in_thousand(self.faults.kill) {
            self.kill_station();
        }
    }

    fn restart_plc(&mut self) {
        self.machine.boot += 1;
        (
            self.machine.entered,
            self.machine.decided,
            self.machine.fired,
            self.machine.purged_below,
        ) = (0, 0, 0, 0);
        self.machine.running = false;
        self.machine.slots.clear();
        self.machine.plc_inbox.clear();
        self.machine.rings.clear();
        // The packs on the belt lost their identity: they appear at the next sensor and are always rejected.
    }

    /// Everything that was not on disk is gone; what was on the wire may have arrived.
    pub fn kill_station(&mut self) {
        self.writing.clear();
        self.inbox.clear();
        self.late.clear();
        self.store_dead_until = None;
        self.frames.clear();
        self.looked.clear();
        self.station_boot += 1;
        self.line = Line::new(
            Tick::from_ms(self.now_ms),
            plan_of(self.station_boot, self.lanes()),
            restore(&self.disk),
        );
        self.check_account_begins();
        self.on_each_lane(|world| {
            let machine = &mut world.machine;
            machine.label = plan(1).label;
            machine.slots.retain(|_, code| *code != 0);
            machine.clear_at = None;
            machine.outage_until = 0;
            machine.plc_inbox = machine.rings.iter().cloned().collect();
        });
        self.connect();
    }

    fn devices_come_back(&mut self) {
        if self.machine.clear_at.is_some_and(|at| at <= self.now_ms)
            && self.machine.printer_back_at.is_none()
        {
            self.machine.clear_at = None;
            self.machine.queue.clear();
            self.inbox
                .push(LaneEvent::PrinterCleared.on(self.machine.no));
        }
        if self
            .machine
            .printer_back_at
            .is_some_and(|at| at <= self.now_ms)
        {
            self.machine.printer_back_at = None;
            self.inbox
                .push(LaneEvent::PrinterLink(true).on(self.machine.no));
            self.inbox
                .push(LaneEvent::PrinterStatus(PrinterHealth::Ready).on(self.machine.no));
        }
        if self
            .machine
            .camera_back_at
            .is_some_and(|at| at <= self.now_ms)
        {
            self.machine.camera_back_at = None;
            self.inbox
                .push(LaneEvent::CameraLink(true).on(self.machine.no));
        }
    }

    /// Packs in the good bin.
    pub fn good_bin(&self) -> u64 {
        self.truth.iter().filter(|truth| truth.good).count() as u64
    }

    /// The factory's truth against the station's disk, pack by pack.
    pub fn check_against_truth(&self) {
        self.check_pictures();
        self.check_accounts();
        use crate::record::Fact;
        let mut serial_of = BTreeMap::new();
        let mut plc_of = BTreeMap::new();
        let (mut good, mut unknown) = (BTreeSet::new(), BTreeSet::new());
        for record in &self.disk {
            match &record.fact {
                Fact::PackEntered { pack, plc, .. } => drop(plc_of.insert(*pack, *plc)),
                Fact::SerialReserved { pack, serial } => {
                    assert!(
                        !serial_of.values().any(|text| *text == serial.text),
                        "reserved once"
                    );
                    serial_of.insert(*pack, serial.text.clone());
                }
                Fact::Gated {
                    pack,
                    fate: Fate::Good,
                    ..
                } => drop(good.insert(*pack)),
                Fact::Gated {
                    pack,
                    fate: Fate::Unknown,
                    ..
                } => drop(unknown.insert(*pack)),
                _ => {}
            }
        }
        let by_plc: BTreeMap<_, _> = plc_of.iter().map(|(no, plc)| (*plc, *no)).collect();
        let mut passed = BTreeSet::new();
        for truth in self.truth.iter().filter(|truth| truth.good) {
            let no = by_plc.get(&truth.plc).expect("a good pack is known");
            assert_eq!(
                truth.ink.as_slice(),
                [serial_of[no].clone()],
                "good needs its own ink"
            );
            assert!(
                passed.insert(truth.ink[0].clone()),
                "no serial twice in the good bin"
            );
            // A PLC that restarts forgets what it had not told: that pack is unknown in the books, never
            // anything else.
            let booked = good.remove(no) || unknown.contains(no);
            assert!(
                booked,
                "a pack in the good bin is good in the books: {:?}",
                truth.plc
            );
        }
        assert!(
            good.is_empty(),
            "the books have no good pack that the bin has not: {good:?}"
        );
        let tally = self.line.tally();
        assert!(tally.balanced() && tally.in_line == 0, "{tally:?}");
        self.check_print(&serial_of);
        self.check_labels();
    }
}
