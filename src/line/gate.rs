//! Where the packs really went, and the books. PURE.

use super::Line;
use super::alarm::AlarmKind;
use super::stops::StopReason;
use crate::record::{Actor, BatchNo, Fact, Fate, Origin, Outcome, PlcPack, Tick};

impl Line {
    /// The gate reported a pack's fate (or nobody can say): it leaves the line here, once.
    pub(super) fn gated(&mut self, now: Tick, plc: PlcPack, fate: Fate) {
        let Some(pack) = self.lane.belt.remove(&plc) else {
            return;
        };
        self.by_no.remove(&pack.no);
        self.lane.matcher.give_up(plc);
        if pack.verdict.is_none() {
            self.challenge_left(plc);
        }
        if fate != Fate::Unknown && pack.origin != Origin::Appeared {
            self.lane.plc.gated_id = self.lane.plc.gated_id.max(plc.id);
        }
        let proven = pack.has_pass() && pack.pass_released;
        let fate = self.looked_for(now, plc, fate, proven);
        assert!(
            fate != Fate::Good || !pack.voided,
            "a void number never gets into the good bin"
        );
        let actor = if fate == Fate::Unknown {
            Actor::Station
        } else {
            Actor::Machine
        };
        let no = pack.no;
        let packed = fate == Fate::Good && self.is_open_batch(pack.batch);
        let into = packed.then(|| self.container_behind_gate(now)).flatten();
        self.record_by(
            now,
            self.lane.plan.gate,
            actor,
            None,
            Fact::Gated {
                pack: no,
                fate,
                into,
            },
        );
        if into.is_some() {
            self.fell_into_container(now);
        }
        match fate {
            Fate::Good => self.goes_onward(now, &pack),
            _ => self.was_read_too_early(now, no, fate),
        }
        if pack.has_pass() && fate != Fate::Good {
            self.record(
                now,
                self.lane.plan.gate,
                Fact::Decommissioned { pack: no, fate },
            );
        }
        if self.is_open_batch(pack.batch) {
            self.tally.leave(fate, pack.booking());
            assert!(self.tally.balanced(), "the books balance after every pack");
        }
        self.lane.recovery.gated(no, fate);
        let is_sample = pack.outcome() == Some(&Outcome::Sample);
        self.figures.gated(now, fate, is_sample);
        let serial = pack.serial.as_ref().map(|serial| serial.text.as_str());
        self.figures.tail(serial, fate == Fate::Good);
        self.count_rejects(now, fate, pack.outcome().filter(|_| pack.has_label()));
    }

    /// What the gate says of a pack, as far as it can be believed; whatever asks for a person's eyes raises its alarm.
    fn looked_for(&mut self, now: Tick, plc: PlcPack, fate: Fate, proven: bool) -> Fate {
        match fate {
            Fate::Good if !proven => {
                self.wrong_bin(now, format!("pack {plc} passed without a verdict of ours"));
                Fate::Unknown
            }
            Fate::PassedInBypass => {
                self.wrong_bin(
                    now,
                    format!("pack {plc} passed while the bypass key was on"),
                );
                fate
            }
            Fate::RejectNotConfirmed => {
                self.wrong_bin(now, format!("the reject of pack {plc} was not confirmed"));
                fate
            }
            Fate::Unknown => {
                self.raise(
                    now,
                    AlarmKind::UnknownFate,
                    format!("pack {plc} and perhaps others"),
                );
                fate
            }
            fate => fate,
        }
    }

    pub(super) fn gate_lost(&mut self, now: Tick, from: u32, to: u32) {
        let Some(boot) = self.lane.plc.status.map(|status| status.boot) else {
            return;
        };
        let span = self.plc_pack(boot, from)..=self.plc_pack(boot, to);
        let lost: Vec<PlcPack> = self.lane.belt.range(span).map(|(plc, _)| *plc).collect();
        for plc in lost {
            self.gated(now, plc, Fate::Unknown);
        }
    }

    pub(super) fn is_open_batch(&self, batch: Option<BatchNo>) -> bool {
        batch.is_some() && batch == self.batch.as_ref().map(|batch| batch.no)
    }

    /// The highest alarm: the line stands until a person has looked into both bins.
    pub(super) fn wrong_bin(&mut self, now: Tick, detail: String) {
        self.raise(now, AlarmKind::WrongBin, detail);
        self.latch(now, StopReason::WrongBin);
    }

    fn count_rejects(&mut self, now: Tick, fate: Fate, outcome: Option<&Outcome>) {
        /// Rejections that speak of print or picture, not of the station's own state or a person's wish.
        const TELLING: std::ops::RangeInclusive<u16> = 2..=10;
        match (fate, outcome) {
            (Fate::Good, _) => self.lane.rejects_in_a_row = 0,
            (Fate::RejectedByVerdict, Some(outcome)) if TELLING.contains(&outcome.code()) => {
                self.lane.rejects_in_a_row += 1;
            }
            _ => {}
        }
        if self.lane.rejects_in_a_row >= self.plan.limits.consecutive_rejects_max {
            let detail = format!("{} in a row", self.lane.rejects_in_a_row);
            self.lane.rejects_in_a_row = 0;
            self.raise(now, AlarmKind::Rejects, detail);
            self.latch(now, StopReason::Rejects);
        }
    }
}
