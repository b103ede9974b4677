//! The line controller: events in, records and effects out. PURE.
//!
//! One `Line` decides everything: which serial a pack gets, which picture is whose, who passes,
//! when the line stands. It owns no clock, thread, socket or file; `station` drives it with pumps
//! and a wall clock, a simulated world with virtual time. Files:
//!
//! | file | decides |
//! |---|---|
//! | `lane` | what each lane has for itself, and which one is at hand |
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
mod devices;
pub mod drift;
pub mod effect;
mod entry;
pub mod event;
mod evidence;
mod figures;
mod gate;
pub mod hold;
pub mod labelling;
mod lane;
mod lot;
pub mod matching;
pub mod numbers;
pub mod onward;
mod pace;
pub mod pack;
pub mod packing;
mod people;
pub mod plan;
mod printing;
mod quality;
mod recovery;
mod seen;
pub mod stacking;
pub mod stops;
pub mod swap;
#[cfg(test)]
mod test;
pub mod trend;
mod trouble;
mod verdicts;
mod view;
mod way;

pub use devices::TRY_WAIT;
pub use effect::{ContainerLabel, Effect, LabelContent, LaneEffect, Levels, Permissive};
pub use event::{
    Device, DiskRoom, Event, FrameNo, LabelCount, LaneEvent, NumbersRead, PlcStatus, PrinterHealth,
    ReplyTo, Sighting,
};
pub use plan::{HeadPlace, LanePlan, Limits, Plan, StartedWith};
pub use swap::LabelOrder;

use crate::record::{
    Actor, Batch, BatchNo, Fact, LotStanding, PackNo, PlcPack, PointId, Record, RecoveryCause,
    Register, Restored, Settings, Tally, Tick,
};
use alarm::{AlarmKind, Alarms};
use batch::UsedLots;
use figures::FigureKeeper;
use hold::{Hold, Pending};
use labelling::Labelling;
use lane::Lane;
use numbers::Numbers;
use pack::Pack;
use packing::Packing;
use people::Who;
use seen::SeenSerials;
use stacking::Stacking;
use std::collections::HashMap;
use swap::Swap;
use way::Loose;

/// What a turn gives: records for the store, effects to carry out now.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// To be committed together, in this order.
    pub records: Vec<Record>,
    /// To be carried out in this order.
    pub effects: Vec<Effect>,
}

/// It stands in the audit trail: a person did it, or it says who may do what and how the station is set.
fn is_deed(actor: &Actor, fact: &Fact) -> bool {
    let by_person = matches!(actor, Actor::Person(_) | Actor::Named(_));
    by_person
        || matches!(
            fact,
            Fact::People(_) | Fact::Label(_) | Fact::Configured { .. }
        )
}

/// What is known of the store.
#[derive(Debug, Default)]
struct StoreSide {
    failed: Option<String>,
    pending: Pending,
    committed: u64,
    /// The last record of what people or configuration did in this run.
    last_deed: u64,
}

/// The line controller.
#[derive(Debug)]
pub struct Line {
    plan: Plan,
    /// The lane at hand: the one whose device spoke, or each in turn.
    lane: Lane,
    /// The others, in no order.
    others: Vec<Lane>,
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
    seen: SeenSerials,
    by_no: HashMap<PackNo, PlcPack>,
    alarms: Alarms,
    hold: Hold,
    packing: Packing,
    /// The reader that sees packs into their cases answers.
    pack_reader: bool,
    /// Good packs behind the gates that are in no container on record, and went by their reader.
    unread: Vec<Loose>,
    stacking: Stacking,
    labelling: Labelling,
    swap: Swap,
    store: StoreSide,
    disk: DiskRoom,
    reject_next: bool,
    ending: bool,
    figures: FigureKeeper,
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
        let packs: Vec<Pack> = restored.open.into_iter().map(Pack::restored).collect();
        let good_seen = lot::good_seen(&tally, packs.iter(), batch.as_ref());
        let by_no = packs.iter().map(|pack| (pack.no, pack.plc)).collect();
        let boots = (restored.last_entered, restored.last_boot);
        let (lane, others) = lane::restored(&plan, batch.as_ref(), packs, boots);
        let full = restored.packing.full.clone();
        let onward = restored.packing.onward.clone();
        let stacking = restored.packing.stacking.clone();
        let shelved = (restored.shelved, restored.utc_ms);
        let stops = restored.stops;
        let mut line = Line {
            last_seq: restored.last_seq,
            last_pack: restored.last_pack,
            last_batch: restored.last_batch,
            batch,
            tally,
            numbers,
            used: UsedLots::default(),
            lots: restored.lot,
            good_seen,
            people: restored.people,
            seen,
            by_no,
            alarms: Alarms::default(),
            hold: Hold::default(),
            lane,
            others,
            packing: Packing::restored(restored.packing),
            pack_reader: false,
            unread: Vec::new(),
            stacking: Stacking::default(),
            labelling: Labelling::default(),
            swap: Swap::restored(restored.labels),
            store: StoreSide {
                committed: restored.last_seq,
                ..StoreSide::default()
            },
            disk: DiskRoom::Enough,
            reject_next: false,
            ending: false,
            figures: FigureKeeper::default(),
            out: Turn::default(),
            plan,
        };
        line.restore_shelves(now, shelved.0, shelved.1);
        line.restore_onward(onward);
        line.restore_stacking(stacking);
        line.begin(now, &restored.settings);
        line.restore_stops(now, &stops);
        line.restore_labels(now, full);
        line
    }

    /// The first turn records the start and uses the batch that is open.
    fn begin(&mut self, now: Tick, before: &Settings) {
        let started = Fact::StationStarted {
            station_boot: self.plan.station_boot,
            version: self.plan.version.clone(),
            station: Some(self.plan.station.clone()),
        };
        self.record(now, PointId::STATION, started);
        self.record_settings(now, before);
        self.rule_sign_in(now);
        self.on_each_lane(|line| line.begin_recovery(now, RecoveryCause::StationStart));
        self.begin_labels(now);
        self.use_open_batch();
        self.settle(now);
    }

    /// Takes one event in.
    pub fn handle(&mut self, now: Tick, event: Event) {
        match event {
            Event::At(lane, event) => self.on_lane(lane, |line| line.lane_event(now, event)),
            Event::JobSent { bytes, .. } => self.figures.job_sent(bytes),
            Event::JobRefused { pack, why } => self.job_refused(now, pack, why),
            Event::LabelPrinter(says) => self.label_printer(now, says),
            Event::LabelJudged(done) => self.label_judged(now, done),
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
            Event::ClockStepped { by_ms } => self.clock_stepped(now, by_ms),
            Event::PictureKept { pack, picture } => self.picture_kept(now, pack, picture),
            Event::PictureNotKept { pack, why } => self.picture_not_kept(now, pack, why),
            Event::PicturesCrowded {
                through,
                pictures,
                bytes,
                except,
            } => self.pictures_crowded(now, through, (pictures, bytes), except),
            Event::LotKnown { gtin, lot, last } => self.used.tell(gtin, lot, last),
            Event::NumbersRead(read) => self.numbers_read(now, read),
            Event::CaptureHindered(why) => self.alarm_follows(now, AlarmKind::Capture, why),
            Event::ReadersHindered(why) => self.alarm_follows(now, AlarmKind::ReaderLink, why),
            Event::PackReader(ready) => self.pack_reader = ready,
            Event::StrangeRead(what) => self.strange_read(now, &what),
            Event::Overtook { point, unit } => self.overtook(now, point, unit),
            Event::LabelDoubled(what) => self.label_doubled(now, &what),
            Event::NotPacked { unit, name, why } => self.not_taken_in(now, (unit, name), &why),
            Event::ScanRefused(why) => self.raise_told(now, AlarmKind::ScanRefused, &why),
            Event::TextCompared(taught) => self.text_compared(now, taught),
            Event::Operator { .. }
            | Event::People { .. }
            | Event::Packaged { .. }
            | Event::LabelOrdered { .. } => self.somebody_did(now, event),
            Event::Woken => {}
        }
        self.follow_up(now);
    }

    /// What a device of the lane at hand said.
    fn lane_event(&mut self, now: Tick, event: LaneEvent) {
        match event {
            LaneEvent::PlcLink(up) => self.plc_link(now, up),
            LaneEvent::PlcTaken(why) => self.plc_taken(now, why),
            LaneEvent::PlcStatus(status) => self.plc_status(now, status),
            LaneEvent::Detected(sighting) => self.detected(now, sighting),
            LaneEvent::PrintDone(sighting) => self.print_done(now, sighting),
            LaneEvent::Missed(sighting) => self.missed(now, sighting.plc),
            LaneEvent::CameraFired(sighting) => self.camera_fired(now, sighting),
            LaneEvent::Appeared(sighting) => self.appeared(now, sighting),
            LaneEvent::EventsLost => {} // the next header's ENTERED says which packs were missed
            LaneEvent::Gated { plc, fate } => self.gated(now, plc, fate),
            LaneEvent::GateLost { from, to } => self.gate_lost(now, from, to),
            LaneEvent::PlcDone { ticket, ok } => self.plc_done(now, ticket, ok),
            LaneEvent::PlcFault(why) => self.plc_fault(now, why),
            LaneEvent::PrinterLink(up) => self.printer_link(now, up),
            LaneEvent::PrinterCleared => self.printer_cleared(),
            LaneEvent::PrinterCounted(count) => self.printer_counted(now, count),
            LaneEvent::PrinterStatus(health) => self.printer_status(now, health),
            LaneEvent::PrinterInUse(printer) => self.printer_in_use(now, printer),
            LaneEvent::CameraLink(up) => self.camera_link(now, up),
            LaneEvent::Trouble { device, why } => self.trouble(now, device, why),
            LaneEvent::CameraWarning(what) => self.lane.troubles.camera_warns(what),
            LaneEvent::Pictured { counter, frame } => self.pictured(now, counter, frame),
        }
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
                change,
                reply,
            } => {
                let who = Who { actor: by, reason };
                self.people_changed(now, who, signature, change, reply);
            }
            Event::Packaged {
                by,
                signature,
                reason,
                point,
                facts,
                full,
                reply,
            } => {
                let who = Who { actor: by, reason };
                self.packaged(now, (who, point), signature, (facts, full), reply);
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
        self.on_each_lane(|line| {
            line.check_deadlines(now);
            line.try_prove(now);
        });
        self.end_shelves(now);
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
        let wakes = self.lanes().filter_map(|lane| lane.next_wake(deadline));
        wakes.chain(self.alarms.next_shelf_end()).min()
    }

    /// The pack of this number, if it is on the belt.
    pub fn pack(&self, no: PackNo) -> Option<&Pack> {
        let plc = self.by_no.get(&no)?;
        let lane = self.lanes().find(|lane| lane.belt.contains_key(plc))?;
        lane.belt.get(plc)
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
        if is_deed(&actor, &fact) {
            self.store.last_deed = self.last_seq;
        }
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

    /// Something with a device of the lane at hand.
    fn lane_effect(&mut self, effect: LaneEffect) {
        self.effect(Effect::At(self.lane.plan.no, effect));
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
            Permissive::Print { plc } => {
                self.on_lane(plc.lane, |line| line.release_print(now, plc));
            }
            Permissive::Pass { plc } => self.on_lane(plc.lane, |line| line.release_pass(plc)),
            Permissive::WithdrawStop { lane, stop } => {
                self.on_lane(lane, |line| line.release_stop(stop));
            }
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
            Permissive::UseLabel { level, label } => self.effect(Effect::UseLabel { level, label }),
            Permissive::Device {
                lane,
                device,
                order,
            } => self.release_device(lane, (device, order)),
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
        self.on_each_lane(|line| {
            line.load_label_without_batch();
            line.align(now);
            line.complete_recovery(now);
        });
        self.read_ahead(now);
        self.watch_numbers(now);
        self.on_each_lane(|line| {
            line.interlocks(now);
            line.assert_levels();
        });
    }

    /// Tells the PLC the levels when they changed. The heartbeat itself is advanced in `plc_status`.
    fn assert_levels(&mut self) {
        let stop = self.lane.stops.in_force();
        let bit = |place: u16, set: bool| u16::from(set) << place;
        let state = bit(0, stop.is_none())
            | bit(1, self.printer_ready())
            | bit(2, self.lane.camera_link)
            | bit(3, self.store.failed.is_none())
            | bit(4, self.batch.is_some() && !self.can_label());
        let latched = self.lane.stops.latched().is_some();
        let fatal = self.store.failed.is_some() || self.lane.plc.wrong;
        let lamps = bit(0, fatal)
            | bit(1, stop.is_some() && !fatal)
            | bit(2, latched)
            | bit(3, stop.is_none());
        let levels = Levels {
            heartbeat: self.lane.heartbeat,
            state,
            stop_reason: stop.map_or(0, stops::StopReason::code),
            lamps,
            echo_plc_boot: self.lane.plc.status.map_or(0, |status| status.boot),
        };
        if levels != self.lane.levels {
            self.lane.levels = levels;
            self.lane_effect(LaneEffect::Levels(levels));
        }
    }
}
