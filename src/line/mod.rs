//! The line controller: events in, records and effects out. PURE.
//!
//! One `Line` decides everything: which serial a pack gets, which picture is whose, who passes,
//! when the line stands. It owns no clock, thread, socket or file; `station` drives it with pumps
//! and a wall clock, a simulated world with virtual time. Files:
//!
//! | file | decides |
//! |---|---|
//! | `entry`, `pack` | packs come to be known, seen or unseen |
//! | `printing` | who may get a label, in which order |
//! | `numbers` | which number that is, and when they run out |
//! | `matching` | which picture shows which pack |
//! | `challenge`, `cadence` | whether the counts behind that can be trusted |
//! | `verdicts` | what the picture means for that pack |
//! | `quality`, `trend` | what grades and text do to a pass, and where print quality is going |
//! | `evidence` | which pictures are kept, and what is on record about them |
//! | `gate` | where the pack really went, and the books |
//! | `drift` | whether the printer counts its labels as the machine does |
//! | `alignment` | stop, clear, read back, void, purge: putting everything in step |
//! | `recovery` | what became of the packs that were on the belt meanwhile |
//! | `stops`, `alarm`, `trouble` | why the line stands and what a person must do |
//! | `people` | what operators may do |
//! | `batch`, `lot` | how batches open and close; clearance, first articles, samples, components |
//! | `packing` | which container good packs fall into, and what people did with containers |
//! | `swap` | how another label template comes into force |
//! | `labelling` | which containers wait for their label, and whether it can be printed |
//! | `plan` | what the line is built for, from the station file |
//! | `hold` | law 1: what permits waits for the disk |

pub mod alarm;
mod alignment;
pub mod batch;
pub mod cadence;
mod challenge;
pub mod drift;
pub mod effect;
mod entry;
pub mod event;
mod evidence;
mod figures;
mod gate;
pub mod hold;
pub mod labelling;
mod lot;
pub mod matching;
pub mod numbers;
mod pace;
pub mod pack;
pub mod packing;
mod people;
pub mod plan;
mod printing;
mod quality;
mod recovery;
mod seen;
pub mod stops;
pub mod swap;
#[cfg(test)]
mod test;
pub mod trend;
mod trouble;
mod verdicts;
mod view;

pub use effect::{ContainerLabel, Effect, LabelContent, Levels, Permissive};
pub use event::{
    Device, DiskRoom, Event, FrameNo, LabelCount, NumbersRead, PlcStatus, PrinterHealth, ReplyTo,
    Sighting,
};
pub use plan::{HeadPlace, Limits, Plan};
pub use swap::LabelOrder;

use crate::record::{
    Actor, Batch, BatchNo, Fact, LotStanding, PackNo, PlcPack, PointId, Record, RecoveryCause,
    Register, Restored, Tally, Tick,
};
use alarm::{AlarmKind, Alarms};
use alignment::Alignment;
use batch::UsedLots;
use cadence::Cadence;
use challenge::Counts;
use figures::FigureKeeper;
use hold::{Hold, Pending};
use labelling::Labelling;
use matching::Matcher;
use numbers::Numbers;
use pack::Pack;
use packing::Packing;
use people::{Clears, Who};
use quality::Quality;
use recovery::Recoveries;
use seen::SeenSerials;
use std::collections::{BTreeMap, HashMap};
use stops::{InterlockChange, Stops};
use swap::Swap;
use trouble::Troubles;

/// What a turn gives: records for the store, effects to carry out now.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// To be committed together, in this order.
    pub records: Vec<Record>,
    /// To be carried out in this order.
    pub effects: Vec<Effect>,
}

/// What is known of the PLC.
#[derive(Debug, Default)]
struct PlcSide {
    link: bool,
    /// The header read last; `None` before the first contact.
    status: Option<PlcStatus>,
    pace: pace::Pace,
    /// Since when it answers without a break.
    fresh_since: Option<Tick>,
    /// Highest id of the present boot that is known here.
    known_id: u32,
    /// Ids up to this one were announced by the header before the last one.
    announced: u32,
    /// Highest id of a detected pack that the gate reported.
    gated_id: u32,
    /// The same one header ago: whoever is behind it in the books was overtaken on a belt where nobody overtakes.
    overtaken: u32,
    /// What was read in the first cycle of a contact lies in the past.
    reading_back: bool,
    /// When the present header was asked for, and the one before: events that are new now happened after that.
    asked_at: Tick,
    asked_before: Tick,
    wrong: bool,
    clears: Clears,
    next_ticket: u64,
}

/// What is known of the printer.
#[derive(Debug)]
struct PrinterSide {
    link: bool,
    health: PrinterHealth,
}

/// What is known of the store.
#[derive(Debug, Default)]
struct StoreSide {
    failed: Option<String>,
    pending: Pending,
    committed: u64,
}

/// The line controller.
#[derive(Debug)]
pub struct Line {
    plan: Plan,
    last_seq: u64,
    last_pack: PackNo,
    last_batch: BatchNo,
    batch: Option<Batch>,
    tally: Tally,
    numbers: Numbers,
    used: UsedLots,
    lots: LotStanding,
    /// Packs of the open batch that were good enough to pass, samples among them: the plan of samples counts them.
    good_seen: u64,
    people: Register,
    last_entered: Option<PlcPack>,
    last_boot: Option<(u16, u32)>,
    seen: SeenSerials,
    belt: BTreeMap<PlcPack, Pack>,
    by_no: HashMap<PackNo, PlcPack>,
    matcher: Matcher,
    alarms: Alarms,
    stops: Stops,
    hold: Hold,
    alignment: Alignment,
    recovery: Recoveries,
    packing: Packing,
    labelling: Labelling,
    swap: Swap,
    counts: Counts,
    cadence: Cadence,
    plc: PlcSide,
    printer: PrinterSide,
    drift: drift::Drift,
    camera_link: bool,
    troubles: Troubles,
    store: StoreSide,
    disk: DiskRoom,
    heartbeat: u16,
    levels: Levels,
    reject_next: bool,
    rejects_in_a_row: u32,
    no_symbols_in_a_row: u32,
    missed_in_a_row: u32,
    ending: bool,
    figures: FigureKeeper,
    quality: Quality,
    out: Turn,
}

impl Line {
    /// The line as it stood at the last commit; its first turn records the start.
    pub fn new(now: Tick, plan: Plan, restored: Restored) -> Line {
        let numbers = Numbers::restored(&restored);
        let (batch, tally) = match restored.batch {
            Some((batch, tally)) => (Some(batch), tally),
            None => (None, Tally::default()),
        };
        let mut seen = SeenSerials::from_base(restored.seen.iter().copied().min().unwrap_or(0));
        restored.seen.iter().for_each(|index| seen.insert(*index));
        let packs = restored.open.into_iter().map(Pack::restored);
        let belt: BTreeMap<PlcPack, Pack> = packs.map(|pack| (pack.plc, pack)).collect();
        let good_seen = lot::good_seen(&tally, belt.values(), batch.as_ref());
        let by_no = belt.values().map(|pack| (pack.no, pack.plc)).collect();
        let full = restored.packing.full.clone();
        let mut line = Line {
            last_seq: restored.last_seq,
            last_pack: restored.last_pack,
            last_batch: restored.last_batch,
            quality: Quality::of(batch.as_ref()),
            batch,
            tally,
            numbers,
            used: UsedLots::default(),
            lots: restored.lot,
            good_seen,
            people: restored.people,
            last_entered: restored.last_entered,
            last_boot: restored.last_boot,
            seen,
            belt,
            by_no,
            matcher: Matcher::default(),
            alarms: Alarms::default(),
            stops: Stops::default(),
            hold: Hold::default(),
            alignment: Alignment::wanted(RecoveryCause::StationStart),
            recovery: Recoveries::default(),
            packing: Packing::restored(restored.packing),
            labelling: Labelling::default(),
            swap: Swap::restored(restored.labels, &plan),
            counts: Counts::unknown(),
            cadence: Cadence::default(),
            plc: PlcSide::default(),
            printer: PrinterSide {
                link: false,
                health: PrinterHealth::Unknown,
            },
            drift: drift::Drift::default(),
            camera_link: false,
            troubles: Troubles::default(),
            store: StoreSide {
                committed: restored.last_seq,
                ..StoreSide::default()
            },
            disk: DiskRoom::Enough,
            heartbeat: 0,
            levels: Levels::default(),
            reject_next: false,
            rejects_in_a_row: 0,
            no_symbols_in_a_row: 0,
            missed_in_a_row: 0,
            ending: false,
            figures: FigureKeeper::default(),
            out: Turn::default(),
            plan,
        };
        line.begin(now);
        line.restore_labels(now, full);
        line
    }

    /// The first turn records the start and uses the batch that is open.
    fn begin(&mut self, now: Tick) {
        let (station_boot, version) = (self.plan.station_boot, self.plan.version.clone());
        let started = Fact::StationStarted {
            station_boot,
            version,
        };
        self.record(now, PointId::STATION, started);
        self.rule_sign_in(now);
        self.begin_recovery(now, RecoveryCause::StationStart);
        self.begin_labels(now);
        if let Some(batch) = self.batch.clone() {
            self.out.effects.push(Effect::UseBatch(Box::new(batch)));
        }
        self.settle(now);
    }

    /// Takes one event in.
    pub fn handle(&mut self, now: Tick, event: Event) {
        match event {
            Event::PlcLink(up) => self.plc_link(now, up),
            Event::PlcStatus(status) => self.plc_status(now, status),
            Event::Detected(sighting) => self.detected(now, sighting),
            Event::PrintDone(sighting) => self.print_done(now, sighting),
            Event::Missed(sighting) => self.missed(now, sighting.plc),
            Event::CameraFired(sighting) => self.camera_fired(now, sighting),
            Event::Appeared(sighting) => self.appeared(now, sighting),
            Event::EventsLost => {} // the next header's ENTERED says which packs were missed
            Event::Gated { plc, fate } => self.gated(now, plc, fate),
            Event::GateLost { from, to } => self.gate_lost(now, from, to),
            Event::PlcDone { ticket, ok } => self.plc_done(now, ticket, ok),
            Event::PlcFault(why) => self.plc_fault(now, why),
            Event::PrinterLink(up) => self.printer_link(now, up),
            Event::PrinterCleared => self.printer_cleared(),
            Event::PrinterCounted(count) => self.printer_counted(now, count),
            Event::JobSent { bytes, .. } => self.figures.job_sent(bytes),
            Event::JobRefused { pack, why } => self.job_refused(now, pack, why),
            Event::PrinterStatus(health) => self.printer_status(now, health),
            Event::LabelPrinter(says) => self.label_printer(now, says),
            Event::LabelJudged(done) => self.label_judged(now, done),
            Event::CameraLink(up) => self.camera_link(now, up),
            Event::Trouble { device, why } => self.trouble(now, device, why),
            Event::Pictured { counter, frame } => {
                self.troubles.over(Device::Camera);
                self.pictured(now, counter, frame);
            }
            Event::Verified {
                pack,
                verdict,
                took_us,
            } => {
                self.figures.decoded(took_us);
                self.verified(now, pack, verdict);
            }
            Event::Committed { through, took_us } => self.committed(now, through, took_us),
            Event::StoreFailed(why) => self.store_failed(now, why),
            Event::Disk(room) => self.disk_room(now, room),
            Event::PictureKept { pack, picture } => self.picture_kept(now, pack, picture),
            Event::PictureNotKept { pack, why } => self.picture_not_kept(now, pack, why),
            Event::PicturesCrowded {
                through,
                pictures,
                bytes,
            } => self.pictures_crowded(now, through, (pictures, bytes)),
            Event::LotKnown { gtin, lot, last } => self.used.tell(gtin, lot, last),
            Event::NumbersRead(read) => self.numbers_read(now, read),
            Event::CaptureHindered(why) => self.alarm_follows(now, AlarmKind::Capture, why),
            Event::ReadersHindered(why) => self.alarm_follows(now, AlarmKind::ReaderLink, why),
            Event::ScanRefused(why) => self.alarm_follows(now, AlarmKind::ScanRefused, Some(why)),
            Event::TextCompared(taught) => self.text_compared(now, taught),
            Event::PrinterInUse(printer) => self.printer_in_use(now, printer),
            Event::Operator { .. }
            | Event::People { .. }
            | Event::Packaged { .. }
            | Event::LabelOrdered { .. } => self.somebody_did(now, event),
            Event::Woken => {}
        }
        self.follow_up(now);
    }

    /// What people did.
    fn somebody_did(&mut self, now: Tick, event: Event) {
        match event {
            Event::Operator {
                by,
                signature,
                reason,
                command,
                reply,
            } => {
                let who = Who { actor: by, reason };
                self.operator(now, who, signature, command, reply);
            }
            Event::People {
                by,
                signature,
                reason,
                fact,
                reply,
            } => {
                let who = Who { actor: by, reason };
                self.people_changed(now, who, signature, fact, reply);
            }
            Event::Packaged {
                by,
                signature,
                reason,
                point,
                facts,
                reply,
            } => {
                let who = Who { actor: by, reason };
                self.packaged(now, (who, point), signature, facts, reply);
            }
            Event::LabelOrdered {
                by,
                signature,
                reason,
                order,
                reply,
            } => {
                let who = Who { actor: by, reason };
                self.label_ordered(now, who, signature, order, reply);
            }
            _ => {} // nobody did anything
        }
    }

    /// What is due whatever happened.
    fn follow_up(&mut self, now: Tick) {
        self.check_deadlines(now);
        self.try_prove(now);
        self.settle(now);
    }

    /// Takes out what the events since the last turn gave. Records are to be committed together.
    pub fn take_turn(&mut self, now: Tick) -> Turn {
        if let Some(last) = self.out.records.last() {
            self.store.pending.add(last.seq, now);
        }
        std::mem::take(&mut self.out)
    }

    /// When to hand in [`Event::Woken`] at the latest.
    pub fn next_wake(&self) -> Option<Tick> {
        let deadline = self.plan.limits.verdict_deadline;
        let fired = self.belt.values().filter(|pack| pack.verdict.is_none());
        let verdict = fired
            .filter_map(|pack| pack.fired_at)
            .min()
            .map(|at| at + deadline);
        // A belt that stands while a device is away waits for that device, not for the clock.
        let standing = self
            .alignment
            .next_check()
            .filter(|_| self.printer.link && self.camera_link);
        let waiting = self.matcher.next_check(self.plc.fresh_since);
        [verdict, waiting, standing].into_iter().flatten().min()
    }

    /// The pack of this number, if it is on the belt.
    pub fn pack(&self, no: PackNo) -> Option<&Pack> {
        self.belt.get(self.by_no.get(&no)?)
    }

    /// The open batch.
    pub fn batch(&self) -> Option<&Batch> {
        self.batch.as_ref()
    }

    /// The books of the open batch, or of the one closed last.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Appends a record by the station itself.
    fn record(&mut self, now: Tick, point: PointId, fact: Fact) {
        self.record_by(now, point, Actor::Station, None, fact);
    }

    /// Appends a record.
    fn record_by(
        &mut self,
        at: Tick,
        point: PointId,
        actor: Actor,
        reason: Option<String>,
        fact: Fact,
    ) {
        self.last_seq += 1;
        let template = self.template_of(&fact);
        self.out.records.push(Record {
            seq: self.last_seq,
            at,
            point,
            actor,
            reason,
            template,
            fact,
        });
    }

    fn effect(&mut self, effect: Effect) {
        self.out.effects.push(effect);
    }

    fn raise(&mut self, now: Tick, kind: AlarmKind, detail: impl Into<String>) {
        let detail = detail.into();
        if self.alarms.raise(now, kind, detail.clone()) {
            let alarm = kind.sheet().code.to_owned();
            self.record(now, PointId::STATION, Fact::AlarmRaised { alarm, detail });
        }
    }

    fn clear_alarm(&mut self, now: Tick, kind: AlarmKind) {
        if self.alarms.clear(kind) {
            let alarm = kind.sheet().code.to_owned();
            self.record(now, PointId::STATION, Fact::AlarmCleared { alarm });
        }
    }

    /// Latches a stop that a person must withdraw.
    fn latch(&mut self, now: Tick, reason: stops::StopReason) {
        if self.stops.latch(reason) {
            let cause = reason.text().to_owned();
            self.record(now, PointId::STATION, Fact::Stopped { cause });
        }
    }

    fn committed(&mut self, now: Tick, through: u64, took_us: u64) {
        assert!(
            through <= self.last_seq,
            "the store confirms only what it was given"
        );
        assert!(
            through >= self.store.committed,
            "commits are confirmed in order"
        );
        self.store.committed = through;
        self.used.committed(through);
        self.figures.committed(took_us);
        self.store.pending.committed(through);
        while let Some(effect) = self.hold.release(through) {
            self.release(now, effect);
        }
    }

    /// A permissive effect's record is on disk: carry it out if it is still right.
    fn release(&mut self, now: Tick, effect: Permissive) {
        match effect {
            Permissive::Print { plc } => self.release_print(now, plc),
            Permissive::Pass { plc } => self.release_pass(plc),
            Permissive::WithdrawStop { stop } => self.release_stop(stop),
            Permissive::Confirm { reply } => self.effect(Effect::Reply {
                reply,
                answer: Ok(()),
            }),
            Permissive::RemovePictures { through } => {
                self.effect(Effect::RemovePictures { through })
            }
            Permissive::People(fact) => self.effect(Effect::People(fact)),
            Permissive::PrintContainer(label) => self.effect(Effect::PrintContainer(label)),
            Permissive::LoadLabel { order } => self.release_label(now, order),
            Permissive::UseLabel { slot, label } => self.effect(Effect::UseLabel { slot, label }),
            Permissive::End => self.effect(Effect::End),
        }
    }

    fn store_failed(&mut self, now: Tick, why: String) {
        self.store.failed = Some(why.clone());
        self.raise(now, AlarmKind::Store, why);
    }

    /// The store answers in time: a condition of the heartbeat.
    fn store_healthy(&self, now: Tick) -> bool {
        let waits = self.store.pending.since().map(|since| now.since(since));
        self.store.failed.is_none()
            && waits.is_none_or(|wait| wait < self.plan.limits.commit_wait_max)
    }

    /// After every event: interlocks, alignment, levels.
    fn settle(&mut self, now: Tick) {
        self.load_label_without_batch();
        self.align(now);
        self.complete_recovery(now);
        self.read_ahead(now);
        self.watch_numbers(now);
        match self.stops.interlock(self.interlock()) {
            InterlockChange::Same => {}
            InterlockChange::Holds(reason) => {
                let cause = reason.text().to_owned();
                self.record(now, PointId::STATION, Fact::Stopped { cause });
            }
            InterlockChange::Over(stop) => {
                self.record(now, PointId::STATION, Fact::StopWithdrawn);
                self.permit(Permissive::WithdrawStop { stop });
            }
        }
        self.assert_levels();
    }

    /// Tells the PLC the levels when they changed. The heartbeat itself is advanced in `plc_status`.
    fn assert_levels(&mut self) {
        let stop = self.stops.in_force();
        let bit = |place: u16, set: bool| u16::from(set) << place;
        let state = bit(0, stop.is_none())
            | bit(1, self.printer_ready())
            | bit(2, self.camera_link)
            | bit(3, self.store.failed.is_none())
            | bit(4, self.batch.is_some() && !self.can_label());
        let latched = self.stops.latched().is_some();
        let fatal = self.store.failed.is_some() || self.plc.wrong;
        let lamps = bit(0, fatal)
            | bit(1, stop.is_some() && !fatal)
            | bit(2, latched)
            | bit(3, stop.is_none());
        let levels = Levels {
            heartbeat: self.heartbeat,
            state,
            stop_reason: stop.map_or(0, stops::StopReason::code),
            lamps,
            echo_plc_boot: self.plc.status.map_or(0, |status| status.boot),
        };
        if levels != self.levels {
            self.levels = levels;
            self.effect(Effect::Levels(levels));
        }
    }
}
