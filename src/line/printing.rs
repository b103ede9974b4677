//! Who gets a label, and in which order. PURE.
//!
//! The printer has a queue and prints its next label on whatever pack reaches the head. So every
//! pack that will pass the head gets a job, in the order of the belt: its own label, or a *void
//! label* (text, no symbol) when it must not carry a number. A job may go only when every pack
//! ahead has its job or is surely past the head, and the pack itself is surely before it. Packs
//! that could not be served in time block those behind them; a few of those in a row and everything
//! is put in step again, standing.

use super::Line;
use super::effect::{LaneEffect, Permissive};
use super::event::Sighting;
use super::hold::HELD_MAX;
use super::numbers::Next;
use super::pack::{Job, Pack};
use crate::record::{
    Fact, LotFact, Origin, Outcome, PackNo, PlcPack, RecoveryCause, Tick, Verdict, VoidCause,
};

/// This many packs in a row that missed their label mean that queue and belt must be put in step again.
pub const MISSED_MAX: u32 = 3;

/// Where a pack is, as far as it matters to the ones behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passage {
    Before,
    Unsure,
    Past,
}

impl Line {
    /// Labels may be printed at all.
    fn may_print(&self) -> bool {
        self.printer_ready()
            && self.lane.alignment.done()
            && self.store.failed.is_none()
            && !self.ending
    }

    /// Numbers may be taken: moreover a batch is open, nobody latched a stop and the disk keeps up.
    pub(super) fn may_number(&self) -> bool {
        self.may_print()
            && self.batch.is_some()
            && self.label_settled()
            && self.lane.stops.latched().is_none()
            && self.hold.len() < HELD_MAX / 2
    }

    /// The open batch runs without serials.
    pub(super) fn is_lot_only(&self) -> bool {
        let batch = self.batch.as_ref();
        batch.is_some_and(|batch| batch.terms.lot_only)
    }

    /// There is something to put on a label of the open batch: a number, or nothing is needed.
    pub(super) fn can_label(&self) -> bool {
        self.is_lot_only() || !self.numbers_used_up()
    }

    /// Gives jobs to the packs that want one and sends those whose record is on disk, in order.
    pub(super) fn give_jobs(&mut self, now: Tick) {
        let unsent = |pack: &&Pack| matches!(pack.job, Job::Wanted | Job::VoidWanted | Job::Ready);
        let unsent: Vec<PlcPack> = self
            .lane
            .belt
            .values()
            .filter(unsent)
            .map(|pack| pack.plc)
            .collect();
        for plc in unsent {
            let pack = &self.lane.belt[&plc];
            let before = self.passage(now, pack) == Passage::Before;
            let turn = self.all_ahead(now, plc, &[Job::Sent, Job::Printed]);
            match pack.job {
                Job::VoidWanted if before && self.may_print() && turn => self.send_job(plc),
                Job::VoidWanted if before && self.may_print() => {}
                Job::VoidWanted => self.miss(now, plc),
                Job::Wanted if before && self.may_number() => match self.next_label() {
                    Next::Ready => self.try_reserve(now, plc),
                    // It waits, as far as it can be seen before the head.
                    Next::Coming if self.plan.head.is_some() => {}
                    Next::Coming | Next::UsedUp => self.no_label(now, plc),
                },
                Job::Wanted => self.no_label(now, plc),
                _ if !before || !self.may_number() || !pack.has_open_label() => {
                    self.withdraw_job(now, plc);
                }
                _ if turn => self.send_job(plc),
                _ => {}
            }
        }
    }

    fn try_reserve(&mut self, now: Tick, plc: PlcPack) {
        const IN_STEP: [Job; 5] = [
            Job::VoidWanted,
            Job::Held,
            Job::Ready,
            Job::Sent,
            Job::Printed,
        ];
        // One that is just passing the head without a job will be past it soon: the record can be written meanwhile.
        let ahead = self
            .lane
            .belt
            .range(PlcPack { id: 0, ..plc }..plc)
            .map(|(_, pack)| pack);
        let mut unsettled = ahead.filter(|pack| !IN_STEP.contains(&pack.job));
        let settles = |pack: &Pack| match self.passage(now, pack) {
            Passage::Past => true,
            Passage::Unsure => pack.detected_at.is_some() && self.plan.head.is_some(),
            Passage::Before => false,
        };
        if unsettled.all(settles) && self.queued() < self.plan.limits.print_queue_max {
            self.reserve(now, plc);
        } else if self.plan.head.is_none() {
            // Nobody can say when it passes the head: later may be too late.
            self.no_label(now, plc);
        }
    }

    /// Labels on their way to the head.
    fn queued(&self) -> usize {
        let on_the_way = |pack: &&Pack| {
            matches!(pack.job, Job::Held | Job::Ready | Job::Sent) && pack.fired_at.is_none()
        };
        self.lane.belt.values().filter(on_the_way).count()
    }

    /// Every pack ahead has its job in one of these states, or is surely past the head.
    fn all_ahead(&self, now: Tick, plc: PlcPack, in_step: &[Job]) -> bool {
        let ahead = self.lane.belt.range(PlcPack { id: 0, ..plc }..plc);
        let mut ahead = ahead.map(|(_, pack)| pack);
        ahead.all(|pack| in_step.contains(&pack.job) || self.passage(now, pack) == Passage::Past)
    }

    /// Near the head nothing is certain: there a job could come too late, or a label be gone already.
    fn passage(&self, now: Tick, pack: &Pack) -> Passage {
        // The machine gives no START PRINT for a purged pack: for the queue it is past the head,
        // wherever it stands. So is one that a sensor missed: it is gone. One that appeared was never
        // detected before the head; should the head print on it all the same, END PRINT tells.
        let gives_no_start = pack.purged || pack.missed || pack.origin == Origin::Appeared;
        if pack.fired_at.is_some() || gives_no_start {
            return Passage::Past;
        }
        let (Some(head), Some(status)) = (self.plan.head, self.lane.plc.status) else {
            // Without a known head only the camera proves that a pack has passed it.
            let fresh = matches!(pack.job, Job::Wanted | Job::VoidWanted | Job::Ready);
            return if fresh {
                Passage::Before
            } else {
                Passage::Unsure
            };
        };
        // Surely before the head is what is so at the belt's present place, surely past it what was so when it was
        // looked at.
        let gone = self.lane.plc.pace.gone(now);
        match pack.travelled(status.encoder) {
            Some(way) if way.saturating_add(gone) + head.margin < head.counts => Passage::Before,
            Some(way) if way >= head.counts + head.margin / 2 => Passage::Past,
            _ => Passage::Unsure,
        }
    }

    /// A pack passes the head without a job.
    fn miss(&mut self, now: Tick, plc: PlcPack) {
        if let Some(pack) = self.lane.belt.get_mut(&plc) {
            pack.job = Job::Never;
        }
        self.lane.missed_in_a_row += 1;
        if self.lane.missed_in_a_row >= MISSED_MAX && self.may_print() {
            self.want_alignment(now, RecoveryCause::LabelsMissed);
        }
    }

    fn no_label(&mut self, now: Tick, plc: PlcPack) {
        self.miss(now, plc);
        self.decide(now, plc, Verdict::without_picture(Outcome::StationNotReady));
    }

    /// The pack gets a label; the record that says so comes first, and with a number the number is used up.
    fn reserve(&mut self, now: Tick, plc: PlcPack) {
        let batch = self.batch.as_ref().expect("labels belong to a batch");
        let (batch, lot_only) = (batch.no, batch.terms.lot_only);
        let template = self.label_for();
        let pack = self
            .lane
            .belt
            .get_mut(&plc)
            .expect("the pack is on the belt");
        assert!(!pack.has_label(), "a pack takes one number, or one label");
        pack.job = Job::Held;
        pack.template = template;
        let no = pack.no;
        let fact = match lot_only {
            true => {
                pack.lot_label = true;
                Fact::Lot(LotFact::Labelled { pack: no, batch })
            }
            false => {
                let (serial, tail) = self.take_number();
                self.tally.take_number();
                let pack = self
                    .lane
                    .belt
                    .get_mut(&plc)
                    .expect("the pack is on the belt");
                pack.serial = Some(serial.clone());
                pack.tail = tail;
                Fact::SerialReserved { pack: no, serial }
            }
        };
        self.record(now, self.lane.plan.print, fact);
        self.permit(Permissive::Print { plc });
    }

    /// The reservation is on disk: the job may go when its turn comes.
    pub(super) fn release_print(&mut self, now: Tick, plc: PlcPack) {
        if let Some(pack) = self
            .lane
            .belt
            .get_mut(&plc)
            .filter(|pack| pack.job == Job::Held)
        {
            pack.job = Job::Ready;
            self.give_jobs(now);
        }
    }

    fn send_job(&mut self, plc: PlcPack) {
        let pack = self
            .lane
            .belt
            .get_mut(&plc)
            .expect("the pack is on the belt");
        let void = pack.job == Job::VoidWanted;
        pack.job = Job::Sent;
        let no = pack.no;
        let effect = match pack.label().filter(|_| !void) {
            Some(label) => LaneEffect::Print { pack: no, label },
            None => LaneEffect::PrintVoid { pack: no },
        };
        self.lane.missed_in_a_row = 0;
        self.lane_effect(effect);
    }

    /// Everything stands and the queue is empty: what is on the belt now was purged and draws no label any more.
    pub(super) fn forget_jobs(&mut self) {
        for pack in self.lane.belt.values_mut() {
            assert!(
                pack.verdict.is_some(),
                "whatever was in flight was given up"
            );
            pack.job = Job::Never;
            pack.purged = true;
        }
        self.lane.missed_in_a_row = 0;
    }

    fn withdraw_job(&mut self, now: Tick, plc: PlcPack) {
        self.void_number(now, plc, VoidCause::PrintRefused);
        self.no_label(now, plc);
    }

    pub(super) fn job_refused(&mut self, now: Tick, no: PackNo, why: String) {
        self.on_lane_of(no, |line, plc| {
            line.withdraw_job(now, plc);
            // Jobs behind it are already queued: the labels would move up by one pack.
            line.out_of_step(now, format!("the printer refused a job: {why}"));
        });
    }

    pub(super) fn print_done(&mut self, now: Tick, sighting: Sighting) {
        self.count_print(now, sighting);
        let plc = sighting.plc;
        let Some(pack) = self.lane.belt.get_mut(&plc) else {
            return;
        };
        match pack.job {
            Job::Sent => pack.job = Job::Printed,
            Job::Printed => {}
            _ if self.lane.plc.reading_back => {}
            _ => self.out_of_step(
                now,
                format!("pack {plc} was printed and had no label coming"),
            ),
        }
    }

    /// A sensor does not see the pack. Where nothing was printed on it, its label still waits in the printer and would
    /// go on the next one.
    pub(super) fn missed(&mut self, now: Tick, plc: PlcPack) {
        let Some(pack) = self.lane.belt.get_mut(&plc) else {
            return;
        };
        pack.missed = true;
        let waits = pack.job == Job::Sent && pack.fired_at.is_none() && !pack.purged;
        if pack.verdict.is_none() {
            self.challenge_left(plc);
        }
        if waits && !self.lane.plc.reading_back {
            self.out_of_step(
                now,
                format!("pack {plc} was gone before the head: its label is still in the printer"),
            );
        }
    }
}
