//! What a picture means for its pack. PURE.
//!
//! A verdict is given once. A fail goes to the PLC at once; a pass waits for its record.

use super::Line;
use super::alarm::AlarmKind;
use super::effect::{Effect, LaneEffect, Permissive};
use super::event::{Device, FrameNo, Sighting};
use super::matching::Match;
use super::pack::{Job, Pack};
use super::stops::StopReason;
use crate::record::{Fact, Outcome, PackNo, PlcPack, SeenNumber, Tick, Verdict};

impl Line {
    pub(super) fn camera_fired(&mut self, now: Tick, sighting: Sighting) {
        if self.lane.plc.status.map(|status| status.boot) != Some(sighting.plc.boot) {
            return;
        }
        if self.lane.plc.reading_back {
            // Its picture can no longer come; that it has passed the head is still worth knowing.
            if let Some(pack) = self
                .lane
                .belt
                .get_mut(&sighting.plc)
                .filter(|p| p.verdict.is_some())
            {
                pack.fired_at = Some(now);
            }
            return self.lane.matcher.count_only(sighting.count);
        }
        let fired_after = self.lane.plc.asked_before;
        let unprinted = self.lane.belt.get_mut(&sighting.plc).is_some_and(|pack| {
            pack.fired_at = Some(now);
            pack.fired_after = fired_after;
            pack.job == Job::Sent
        });
        if unprinted && self.lane.alignment.done() {
            self.out_of_step(
                now,
                format!("pack {} passed the head without END PRINT", sighting.plc),
            );
        }
        let mut out = Vec::new();
        self.lane
            .matcher
            .fired(sighting.plc, sighting.count, &mut out);
        self.carry_matches(now, out);
        self.give_jobs(now);
    }

    pub(super) fn pictured(&mut self, now: Tick, counter: Option<u64>, frame: FrameNo) {
        self.lane.troubles.over(Device::Camera);
        // A camera that counts sent one without its count: nobody can say whose picture it is.
        let uncounted = self.lane.plan.camera_counts && counter.is_none();
        if self.lane.counts.distrusted() || uncounted {
            return self.effect(Effect::DropFrame(frame)); // counts are learnt anew when everything stands
        }
        let mut out = Vec::new();
        self.lane.matcher.pictured(now, counter, frame, &mut out);
        self.carry_matches(now, out);
    }

    pub(super) fn carry_matches(&mut self, now: Tick, matches: Vec<Match>) {
        for found in matches {
            match found {
                Match::Useless(frame) => self.effect(Effect::DropFrame(frame)),
                Match::TooLate(frame) => {
                    self.effect(Effect::DropFrame(frame));
                    self.picture_too_late(now);
                }
                Match::Pair(plc, frame, came_at) => {
                    self.watch_cadence(now, plc, came_at);
                    self.pair(plc, frame);
                }
                Match::LostTrack { packs, why } => {
                    for plc in packs {
                        self.decide(now, plc, Verdict::without_picture(Outcome::LostTrack));
                    }
                    self.distrust_counts();
                    self.raise(now, AlarmKind::CameraCounts, why);
                    self.latch(now, StopReason::Sync);
                }
            }
        }
    }

    fn pair(&mut self, plc: PlcPack, frame: FrameNo) {
        let wanted = self
            .lane
            .belt
            .get_mut(&plc)
            .filter(|pack| pack.verdict.is_none());
        let Some(pack) = wanted else {
            return self.effect(Effect::DropFrame(frame));
        };
        pack.pictured = true;
        let (no, label) = (pack.no, pack.label());
        match label.is_some() || self.is_challenge(plc) {
            true => self.lane_effect(LaneEffect::Verify {
                pack: no,
                frame,
                label,
            }),
            false => self.effect(Effect::DropFrame(frame)),
        }
    }

    /// The picture of a pack was looked at.
    pub(super) fn verified(&mut self, now: Tick, no: PackNo, verdict: Verdict) {
        let looked = self.on_lane_of(no, |line, plc| line.looked_at(now, (no, plc), verdict));
        if looked.is_none() {
            self.looked_in_vain(no);
        }
    }

    /// The picture of a pack of the lane at hand was looked at.
    fn looked_at(&mut self, now: Tick, (no, plc): (PackNo, PlcPack), verdict: Verdict) {
        let Some(pack) = self
            .lane
            .belt
            .get(&plc)
            .filter(|pack| pack.verdict.is_none())
        else {
            return self.looked_in_vain(no);
        };
        let own = pack.serial.as_ref().map(|serial| serial.index);
        let (labelled, lot_label) = (pack.has_label(), pack.lot_label);
        let Some(mut verdict) = self.withhold(now, no, verdict) else {
            return;
        };
        let read = self.serial_read(&verdict, own);
        if !lot_label {
            verdict.outcome = self.refine(verdict.outcome, own, read);
        }
        verdict.outcome = self.under_quality_rules(&verdict);
        if lot_label && self.is_blind_to_lots() && verdict.outcome.is_pass() {
            verdict.outcome = Outcome::LostTrack;
        }
        verdict.outcome = self.pass_or_sample(now, no, verdict.outcome);
        if let Some(index) = read {
            self.seen.insert(index);
        }
        self.name_number(&mut verdict, own, read);
        let outcome = verdict.outcome.clone();
        let unproven = self.second_half_fails(no, &outcome);
        let looked = verdict.clone();
        if labelled {
            self.doubt_label(now, no, &looked);
        }
        self.decide(now, plc, verdict);
        if labelled {
            self.watch_for_slips(now, plc, &outcome, read); // a pack that got no label shows none
            self.watch_quality(now, plc, &looked);
        }
        if unproven {
            self.distrust_counts();
            self.out_of_step(
                now,
                format!("pack {plc}, the first with a label, shows none: is it the picture ahead?"),
            );
        }
    }

    /// Counter value of the serial that was read, if it is one that this batch took.
    fn serial_read(&self, verdict: &Verdict, own: Option<u64>) -> Option<u64> {
        if verdict.outcome.is_pass() {
            return own;
        }
        let scan = verdict.seen.as_ref()?.scan.as_deref()?;
        let gtin = self.batch.as_ref()?.gtin;
        let elements = crate::gs1::parse_scan(scan).ok()?;
        let value = |ai: &str| elements.iter().find(|element| element.ai == ai);
        if value("01")?.value != gtin.as_str() {
            return None;
        }
        self.number_read(gtin, &value("21")?.value)
    }

    /// The record says which number of ours was seen on this pack in place of its own.
    fn name_number(&self, verdict: &mut Verdict, own: Option<u64>, read: Option<u64>) {
        let gtin = self.batch.as_ref().map(|batch| batch.gtin);
        if let (Some(seen), Some(gtin), Some(index)) = (&mut verdict.seen, gtin, read) {
            seen.number =
                (seen.scan.is_some() && read != own).then(|| Box::new(SeenNumber { gtin, index }));
        }
    }

    /// A wrong serial of ours means out of step, or a second sighting; a right one that was seen
    /// elsewhere never passes.
    fn refine(&self, outcome: Outcome, own: Option<u64>, read: Option<u64>) -> Outcome {
        let elsewhere = read.is_some_and(|index| self.seen.contains(index));
        match outcome {
            Outcome::Pass if elsewhere => Outcome::SeenBefore,
            Outcome::Pass => {
                assert!(
                    own.is_some() && own == read,
                    "a pass is a pack's own serial"
                );
                Outcome::Pass
            }
            Outcome::WrongContent { ai } if ai == "21" => match read {
                Some(_) if elsewhere => Outcome::SeenBefore,
                Some(_) => Outcome::UnexpectedSerial,
                None => Outcome::WrongContent { ai },
            },
            other => other,
        }
    }

    /// No symbol was seen; of what a smart reader did not read nobody knows more.
    pub(super) fn shows_nothing(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::NoSymbol => true,
            Outcome::NotDecodable => self.lane.plan.reads_only,
            _ => false,
        }
    }

    fn watch_for_slips(&mut self, now: Tick, plc: PlcPack, outcome: &Outcome, read: Option<u64>) {
        let nothing = self.shows_nothing(outcome);
        self.lane.no_symbols_in_a_row = match nothing {
            true => self.lane.no_symbols_in_a_row + 1,
            false => 0,
        };
        match outcome {
            Outcome::UnexpectedSerial | Outcome::SeenBefore => {
                self.distrust_counts();
                self.out_of_step(now, self.slip(plc, outcome, read));
            }
            _ if nothing && self.lane.no_symbols_in_a_row >= self.plan.limits.no_symbol_max => {
                let count = self.lane.no_symbols_in_a_row;
                let what = match self.lane.plan.reads_only {
                    true => "on which nothing was read",
                    false => "without a label",
                };
                self.out_of_step(now, format!("{count} packs in a row {what}"));
            }
            _ => {}
        }
    }

    /// What a serial on the wrong pack says about the printer's queue.
    fn slip(&self, plc: PlcPack, outcome: &Outcome, read: Option<u64>) -> String {
        if *outcome == Outcome::SeenBefore {
            return format!(
                "pack {plc} carries a serial that was seen before: printed twice, or a reject fed in again"
            );
        }
        let index = |pack: &Pack| pack.serial.as_ref().map(|serial| serial.index);
        let mut belt = self.lane.belt.values();
        let owner = belt.find(|pack| read.is_some() && index(pack) == read);
        match owner.map(|owner| owner.plc) {
            Some(owner) if owner < plc => format!(
                "pack {plc} carries the label of pack {owner} ahead of it: there is one too many"
            ),
            Some(owner) => {
                format!("pack {plc} carries the label of pack {owner} behind it: one was lost")
            }
            None => format!("pack {plc} carries the label of a pack that is not on the belt"),
        }
    }

    /// One alarm and a latched stop; one key puts it right.
    pub(super) fn out_of_step(&mut self, now: Tick, why: String) {
        if self.lane.alignment.done() {
            self.raise(now, AlarmKind::Sync, why);
            self.latch(now, StopReason::Sync);
        }
    }

    /// Gives a pack its verdict, once.
    pub(super) fn decide(&mut self, now: Tick, plc: PlcPack, verdict: Verdict) {
        let Some(pack) = self
            .lane
            .belt
            .get_mut(&plc)
            .filter(|pack| pack.verdict.is_none())
        else {
            return;
        };
        let passes = verdict.outcome.is_pass();
        assert!(
            !passes || pack.has_open_label(),
            "only a pack with a live label can pass"
        );
        let (no, code) = (pack.no, verdict.outcome.code());
        self.figures.verdict(pack, &verdict);
        let verdict = Verdict {
            // A pass needs no explanation, and most records are passes.
            looks_like: verdict.looks_like.filter(|_| !passes),
            ..verdict
        };
        pack.verdict = Some(verdict.clone());
        self.lane.matcher.give_up(plc);
        let outcome = verdict.outcome.clone();
        self.record(
            now,
            self.lane.plan.inspect,
            Fact::Verified { pack: no, verdict },
        );
        if passes {
            self.permit(Permissive::Pass { plc });
        } else {
            self.lane_effect(LaneEffect::Verdict { plc, code });
        }
        self.keep_or_forget(plc);
        self.challenge_decided(now, plc, no, &outcome);
    }

    /// The pass is on disk; nobody voided or moved the pack meanwhile.
    pub(super) fn release_pass(&mut self, plc: PlcPack) {
        let Some(pack) = self
            .lane
            .belt
            .get_mut(&plc)
            .filter(|pack| pack.has_pass() && !pack.voided)
        else {
            return;
        };
        pack.pass_released = true;
        self.lane_effect(LaneEffect::Verdict {
            plc,
            code: Outcome::Pass.code(),
        });
    }

    /// Packs whose picture or verdict does not come in time are rejected before the gate has to do it.
    pub(super) fn check_deadlines(&mut self, now: Tick) {
        let deadline = self.plan.limits.verdict_deadline;
        let overdue = |pack: &&Pack| {
            pack.verdict.is_none() && pack.fired_at.is_some_and(|at| now.since(at) >= deadline)
        };
        let overdue: Vec<_> = self
            .lane
            .belt
            .values()
            .filter(overdue)
            .map(|p| (p.plc, p.pictured))
            .collect();
        for (plc, pictured) in overdue {
            let outcome = if pictured {
                Outcome::Late
            } else {
                Outcome::NoPicture
            };
            self.decide(now, plc, Verdict::without_picture(outcome));
        }
        let mut out = Vec::new();
        self.lane
            .matcher
            .check_waiting(now, self.lane.plc.fresh_since, &mut out);
        self.carry_matches(now, out);
    }
}
