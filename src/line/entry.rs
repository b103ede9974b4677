//! Packs come to be known: announced by the event ring, or counted by the PLC while nobody read it. PURE.

use super::Line;
use super::alarm::AlarmKind;
use super::event::{Device, PlcStatus, Sighting};
use super::pack::{Job, Pack};
use super::people::Clears;
use crate::record::{
    Actor, Fact, Fate, Origin, Outcome, PackNo, PlcPack, RecoveryCause, Tick, Verdict, VoidCause,
};

/// Most packs that are booked one by one after an absence; beyond that the PLC's counters stand alone.
pub const UNSEEN_MAX: u32 = 100_000;
/// Most packs that are followed from detection to gate. The contract's machine has at most 254 on its belt and tells of
/// the last 256 at its gate, so of one that lies further back nobody will ever say where it went.
pub const BELT_PACKS_MAX: usize = 1_024;

impl Line {
    pub(super) fn plc_link(&mut self, now: Tick, up: bool) {
        if up {
            self.clear_alarm(now, AlarmKind::PlcLink);
            self.lane.troubles.over(Device::Plc);
            self.lane.plc.taken = false;
            self.lane.plc.fresh_since = Some(now);
            self.repeat_clearing();
        } else {
            if self.lane.plc.link {
                self.raise(now, AlarmKind::PlcLink, "");
            }
            self.lane.plc.fresh_since = None;
            self.lane.plc.clears = Clears::Nothing;
        }
        self.lane.plc.link = up;
    }

    /// Nothing is told to a PLC that another station works with: its gate rejects what this one would pass.
    pub(super) fn plc_taken(&mut self, now: Tick, why: String) {
        self.trouble(now, Device::Plc, why);
        self.lane.plc.taken = true;
    }

    pub(super) fn plc_fault(&mut self, now: Tick, why: String) {
        self.lane.plc.wrong = true;
        self.raise(now, AlarmKind::PlcWrong, why);
    }

    /// The header, once a cycle: everything it announced one cycle ago must be known by now.
    pub(super) fn plc_status(&mut self, now: Tick, status: PlcStatus) {
        self.lane.plc.asked_before =
            std::mem::replace(&mut self.lane.plc.asked_at, status.asked_at);
        if let Some(why) = self.odd_count(&status) {
            return self.plc_fault(now, why); // no heartbeat: the PLC rejects by itself
        }
        if self.lane.plc.wrong {
            self.lane.plc.wrong = false;
            self.clear_alarm(now, AlarmKind::PlcWrong);
        }
        match self.lane.plc.status {
            Some(before) if before.boot == status.boot => {
                self.lane.plc.reading_back = false;
                let through = self.lane.plc.announced.min(status.entered);
                self.account_unseen(now, status.boot, through);
                self.account_overtaken(now, status.boot);
            }
            before => self.new_boot(now, before.map(|before| before.boot), status),
        }
        self.lane.plc.announced = status.entered;
        self.lane.plc.status = Some(status);
        self.lane.plc.pace.look(now, status.encoder);
        self.onward_moves(now, status.state);
        self.compare_counts(now);
        self.machine_faults(now, status.faults);
        self.give_jobs(now);
        if self.store_healthy(now) {
            self.lane.heartbeat = self.lane.heartbeat.wrapping_add(1);
        }
    }

    /// Within a boot ids only grow, and not by more than can be booked.
    fn odd_count(&self, status: &PlcStatus) -> Option<String> {
        let (known, entered) = (self.lane.plc.known_id, status.entered);
        let same_boot = self.lane.plc.status.is_some_and(|s| s.boot == status.boot);
        let odd = entered < known || entered - known > UNSEEN_MAX;
        (same_boot && odd).then(|| {
            format!(
                "its ENTERED went from {known} to {entered} within boot {}: reset its tracking",
                status.boot
            )
        })
    }

    /// First contact, or a new PLC_BOOT: every pack of another boot lost its identity.
    fn new_boot(&mut self, now: Tick, old: Option<u16>, status: PlcStatus) {
        let boot = status.boot;
        let from = self.accounted_from(&status);
        let booted = Fact::PlcBooted {
            lane: self.lane.plan.no,
            old,
            new: boot,
            from: Some(from),
        };
        self.record_by(now, self.lane_point(), Actor::Machine, None, booted);
        self.lane.last_boot = Some((boot, from));
        let own = (self.lane.plan.no, boot);
        let others = self
            .lane
            .belt
            .keys()
            .filter(|plc| (plc.lane, plc.boot) != own);
        let lost: Vec<PlcPack> = others.copied().collect();
        if old.is_some() || !lost.is_empty() {
            self.want_alignment(now, RecoveryCause::PlcRestart);
        }
        if old.is_some() {
            let detail = format!("{} packs were on the belt", lost.len());
            self.raise(now, AlarmKind::PlcRestarted, detail);
        }
        assert!(
            !self.lane.alignment.done(),
            "a start puts everything in step"
        );
        for plc in lost {
            self.void_number(now, plc, VoidCause::PlcRestarted);
            self.gated(now, plc, Fate::Unknown);
        }
        let mut out = Vec::new();
        self.lane.matcher.forget_all(&mut out);
        self.carry_matches(now, out);
        self.lane.drift.new_boot(now);
        self.lane.plc.reading_back = true;
        self.lane.plc.clears = Clears::Nothing;
        self.lane.plc.pace.forget();
        (self.lane.plc.gated_id, self.lane.plc.overtaken) = (0, 0);
        self.distrust_counts();
        self.lane.plc.known_id = from.max(status.entered.saturating_sub(UNSEEN_MAX));
        self.account_unseen(now, boot, status.entered);
    }

    /// Ids of this boot up to the one returned are accounted for already, or are none of ours. With a history of our
    /// own every later one is ours; without one only what is still on the belt.
    fn accounted_from(&self, status: &PlcStatus) -> u32 {
        let entered = self
            .lane
            .last_entered
            .filter(|last| last.boot == status.boot);
        let seen = self.lane.last_boot.filter(|(boot, _)| *boot == status.boot);
        let known = entered.map(|last| last.id).max(seen.map(|(_, from)| from));
        let history = self.lane.last_entered.is_some() || self.lane.last_boot.is_some();
        known.unwrap_or(if history { 0 } else { status.decided })
    }

    /// Ids up to `through` that no event announced: they entered while nobody looked.
    fn account_unseen(&mut self, now: Tick, boot: u16, through: u32) {
        while self.lane.plc.known_id < through {
            let plc = self.plc_pack(boot, self.lane.plc.known_id + 1);
            self.enter(now, plc, Origin::Unseen);
            self.decide(now, plc, Verdict::without_picture(Outcome::StationNotReady));
        }
    }

    /// Packs pass the gate in the order of their detection: one that a later one overtook is lost.
    /// The gate entries of two whole cycles have been read by then.
    fn account_overtaken(&mut self, now: Tick, boot: u16) {
        let span = self.plc_pack(boot, 0)..self.plc_pack(boot, self.lane.plc.overtaken);
        let lost = self
            .lane
            .belt
            .range(span)
            .filter(|(_, pack)| pack.origin != Origin::Appeared);
        let lost: Vec<PlcPack> = lost.map(|(plc, _)| *plc).collect();
        for plc in lost {
            self.gated(now, plc, Fate::Unknown);
        }
        self.lane.plc.overtaken = self.lane.plc.gated_id;
    }

    /// The name of a pack of the lane at hand.
    pub(super) fn plc_pack(&self, boot: u16, id: u32) -> PlcPack {
        let lane = self.lane.plan.no;
        PlcPack { lane, boot, id }
    }

    fn enter(&mut self, now: Tick, plc: PlcPack, origin: Origin) {
        self.last_pack = PackNo(self.last_pack.0 + 1);
        let (no, batch) = (self.last_pack, self.batch.as_ref().map(|batch| batch.no));
        assert!(!self.lane.belt.contains_key(&plc), "a PLC id enters once");
        let entered = Fact::PackEntered {
            pack: no,
            batch,
            plc,
            origin,
        };
        self.record_by(now, self.lane.plan.print, Actor::Machine, None, entered);
        self.lane
            .belt
            .insert(plc, Pack::entered(no, plc, batch, origin));
        self.by_no.insert(no, plc);
        self.entered_out_of_step(now);
        self.lane.plc.known_id = self.lane.plc.known_id.max(plc.id);
        self.lane.last_entered = Some(plc);
        match batch {
            Some(_) => self.tally.enter(),
            None => self.lots.enter_without_batch(),
        }
        if self.lane.belt.len() > BELT_PACKS_MAX
            && let Some(oldest) = self.lane.belt.keys().next().copied()
        {
            self.gated(now, oldest, Fate::Unknown);
        }
    }

    /// An event about a pack that nobody knew: the ids before it were missed.
    fn catch_up(&mut self, now: Tick, plc: PlcPack) {
        self.account_unseen(now, plc.boot, plc.id.saturating_sub(1));
    }

    fn is_new(&self, plc: PlcPack) -> bool {
        let boot = self.lane.plc.status.map(|status| status.boot);
        let ahead = plc.id.saturating_sub(self.lane.plc.known_id);
        boot == Some(plc.boot) && (1..=UNSEEN_MAX).contains(&ahead)
    }

    pub(super) fn detected(&mut self, now: Tick, sighting: Sighting) {
        if !self.is_new(sighting.plc) {
            // Read back after an absence: where it was detected tells when it has passed the head.
            if let Some(pack) = self.lane.belt.get_mut(&sighting.plc) {
                pack.detected_at.get_or_insert(sighting.encoder);
            }
            return;
        }
        self.catch_up(now, sighting.plc);
        self.enter(now, sighting.plc, Origin::Detected);
        let ready = self.may_number()
            && self.can_label()
            && self.admits_first_article()
            && self.admits_test_print();
        let refused = if !ready {
            Some(Outcome::StationNotReady)
        } else if std::mem::take(&mut self.reject_next) {
            Some(Outcome::Operator)
        } else {
            self.take_as_challenge(sighting.plc);
            None
        };
        let pack = self
            .lane
            .belt
            .get_mut(&sighting.plc)
            .expect("entered above");
        pack.detected_at = Some(sighting.encoder);
        if let Some(outcome) = refused {
            pack.job = Job::VoidWanted;
            self.decide(now, sighting.plc, Verdict::without_picture(outcome));
        }
        self.give_jobs(now);
    }

    pub(super) fn appeared(&mut self, now: Tick, sighting: Sighting) {
        if !self.is_new(sighting.plc) {
            return;
        }
        self.catch_up(now, sighting.plc);
        self.enter(now, sighting.plc, Origin::Appeared);
        self.decide(
            now,
            sighting.plc,
            Verdict::without_picture(Outcome::LostTrack),
        );
    }

    fn machine_faults(&mut self, now: Tick, faults: u32) {
        /// FAULTS bit 15: passed pack in reject bin or the reverse.
        const WRONG_BIN: u32 = 1 << 15;
        /// FAULTS bit 12: the PLC missed our heartbeat; it is cleared when we are back in step.
        const HEARTBEAT_LOST: u32 = 1 << 12;
        let new =
            self.lane.plc.clears == Clears::Nothing && !self.alarm_stands(AlarmKind::WrongBin);
        if faults & WRONG_BIN != 0 && new {
            self.wrong_bin(now, "the machine's bin sensors report it".to_owned());
        }
        let others = faults & !(WRONG_BIN | HEARTBEAT_LOST);
        if others == 0 {
            return self.clear_alarm(now, AlarmKind::Machine);
        }
        let names = &self.plan.fault_names;
        let name = |bit: usize| {
            names
                .get(bit)
                .cloned()
                .unwrap_or_else(|| format!("bit {bit}"))
        };
        let set = (0..32).filter(|bit| others >> bit & 1 == 1).map(name);
        let detail = set.collect::<Vec<_>>().join(", ");
        self.raise(now, AlarmKind::Machine, detail);
    }
}
