//! What operators may do. Everything they do is on record with name and reason before it is confirmed. PURE.

use super::alarm::AlarmKind;
use super::alignment::CLEAR_FAULTS;
use super::batch::BatchWish;
use super::effect::{Effect, Permissive};
use super::event::ReplyTo;
use super::lane::Lane;
use super::stops::{Latch, StopReason};
use super::{Line, StartedWith, hold};
use crate::record::{
    Actor, CoSigner, Fact, PeopleFact, PointId, RecoveryCause, SecretHash, Settings, Signature,
    Signed, Tick, replaced_meanwhile,
};
use crate::wire::{LotCommand, OperatorCommand};

/// Who did it and why.
#[derive(Debug, Clone)]
pub(super) struct Who {
    pub(super) actor: Actor,
    pub(super) reason: Option<String>,
}

/// Where the clearing of the machine's fault of a wrong bin stands; meanwhile that fault says nothing new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clears {
    /// Nothing is to be cleared.
    #[default]
    Nothing,
    /// A person has looked and withdrew the stop of this number; the record of it is on its way to the disk.
    Wanted(u64),
    /// The PLC was told, with this ticket.
    Sent(u64),
}

impl Line {
    pub(super) fn operator(
        &mut self,
        now: Tick,
        who: Who,
        signature: Option<Signature>,
        command: OperatorCommand,
        reply: ReplyTo,
    ) {
        let ends = self.store.failed.is_some() && command == OperatorCommand::Shutdown;
        let done = if ends {
            // Ending permits nothing, so it need not wait for a record that can never be written.
            self.ending = true;
            self.effect(Effect::End);
            Err("The station ends. The store failed, so this is not on record.".to_owned())
        } else {
            self.may_record(&who).and_then(|()| {
                let before = self.last_seq;
                // The signing of a record is itself no act that is signed once more.
                let act = !matches!(command, OperatorCommand::Sign { .. });
                self.carry_out(now, who.clone(), signature.clone(), command)?;
                self.record_signature(now, who, signature.filter(|_| act), before);
                Ok(())
            })
        };
        match done {
            Ok(()) => self.permit(Permissive::Confirm { reply }),
            Err(text) => self.effect(Effect::Reply {
                reply,
                answer: Err(text),
            }),
        }
    }

    /// What a person does can be recorded, and somebody did it.
    pub(super) fn may_record(&self, who: &Who) -> Result<(), String> {
        let nameless = matches!(&who.actor, Actor::Person(name) | Actor::Named(name) if name.trim().is_empty());
        if self.store.failed.is_some() {
            Err("The store failed, so nothing can be recorded: check the disk and start the station again.".to_owned())
        } else if self.hold.len() >= hold::HELD_MAX / 2 {
            Err("The disk does not keep up: wait a moment and try again.".to_owned())
        } else if nameless {
            Err("Say who you are: the name is empty.".to_owned())
        } else {
            Ok(())
        }
    }

    /// The signature under an act goes on record with the act: behind its records, in the same commit.
    pub(super) fn record_signature(
        &mut self,
        now: Tick,
        who: Who,
        signature: Option<Signature>,
        before: u64,
    ) {
        let acted = self.last_seq > before;
        if let Some(signature) = signature.filter(|_| acted) {
            let Signature {
                meaning,
                order,
                second,
            } = signature;
            let (first, last) = (before + 1, self.last_seq);
            let of = Signed::Act { order, first, last };
            let second = second.map(|CoSigner { by, meaning }| {
                let reason = who.reason.clone();
                (Who { actor: by, reason }, meaning)
            });
            for (who, meaning) in [(who, meaning)].into_iter().chain(second) {
                self.record_who(now, who, Fact::Signed { meaning, of });
            }
        }
    }

    /// Takes in what happened with the people of the station, or shall; it holds once its record is on disk.
    pub(super) fn people_changed(
        &mut self,
        now: Tick,
        who: Who,
        signature: Option<Signature>,
        (fact, replaces): (PeopleFact, Option<SecretHash>),
        reply: Option<ReplyTo>,
    ) {
        let done = self
            .may_record(&who)
            .and_then(|()| self.still_replaces(&fact, replaces))
            .and_then(|()| self.people.apply(&fact));
        match (done, reply) {
            (Ok(()), reply) => {
                let before = self.last_seq;
                self.record_who(now, who.clone(), Fact::People(fact.clone()));
                self.record_signature(now, who, signature, before);
                match &fact {
                    PeopleFact::PersonLocked { name, .. } => {
                        self.raise(now, AlarmKind::SignIn, name.as_str());
                    }
                    PeopleFact::StrangersIgnored { .. } => {
                        self.raise(now, AlarmKind::SignIn, "names that nobody has");
                    }
                    _ => {}
                }
                if fact.changes_register() {
                    self.permit(Permissive::People(fact));
                }
                if let Some(reply) = reply {
                    self.permit(Permissive::Confirm { reply });
                }
            }
            (Err(text), Some(reply)) => self.effect(Effect::Reply {
                reply,
                answer: Err(text),
            }),
            (Err(_), None) => {} // the station does not depend on it
        }
    }

    /// The secret that was given for another one is in force still: of two who give it at once the first one has it.
    fn still_replaces(&self, fact: &PeopleFact, old: Option<SecretHash>) -> Result<(), String> {
        let (Some(old), Some((name, _))) = (old, fact.secret()) else {
            return Ok(());
        };
        match self.people.find(name).map(|person| person.secret) {
            Some(secret) if secret == old => Ok(()),
            _ => Err(replaced_meanwhile(name)),
        }
    }

    /// What the station file says is on record from the start at which it changed, with what it said before.
    pub(super) fn record_settings(&mut self, now: Tick, before: &Settings) {
        let Some(StartedWith { by, settings }) = self.plan.started_with.clone() else {
            return;
        };
        let changes = before.changes_to(&settings);
        if !changes.is_empty() {
            let fact = Fact::Configured { changes };
            self.record_by(now, PointId::STATION, Actor::Named(by), None, fact);
        }
    }

    /// Whether names are believed is on record from the start at which it changed.
    pub(super) fn rule_sign_in(&mut self, now: Tick) {
        let (old, new) = (self.people.sign_in(), self.plan.sign_in);
        if old != new {
            let fact = PeopleFact::SignInRuled { old, new };
            let ruled = self.people.apply(&fact);
            assert_eq!(ruled, Ok(()), "the old rule is the one that was registered");
            self.record(now, PointId::STATION, Fact::People(fact));
        }
    }

    /// Signs a record that is on disk already.
    fn sign(
        &mut self,
        now: Tick,
        who: Who,
        signature: Option<Signature>,
        seq: u64,
    ) -> Result<(), String> {
        let Some(Signature { meaning, .. }) = signature else {
            return Err("A signature needs its meaning, and the secret again: sign it.".to_owned());
        };
        if seq == 0 || seq > self.store.committed {
            let last = self.store.committed;
            return Err(format!(
                "There is no record {seq} to sign: the last one is {last}."
            ));
        }
        let of = Signed::Record { seq };
        self.record_who(now, who, Fact::Signed { meaning, of });
        Ok(())
    }

    fn resynchronise(&mut self, now: Tick, who: Who) {
        self.on_each_lane(|line| {
            line.lane.stops.latch(StopReason::Sync);
            line.distrust_counts();
            line.want_alignment(now, RecoveryCause::Ordered);
        });
        let cause = "Resynchronisation was ordered.".to_owned();
        let latched = None;
        self.record_who(now, who, Fact::Stopped { cause, latched });
    }

    fn acknowledge(&mut self, now: Tick, who: Who, alarm: String) -> Result<(), String> {
        let seen = self.alarms.acknowledge(&alarm);
        if seen.is_empty() {
            return Err(format!(
                "There is no alarm \"{alarm}\": it may be over already."
            ));
        }
        self.record_who(now, who, Fact::AlarmAcknowledged { alarm });
        for (kind, lane) in seen {
            if kind.is_momentary() {
                self.on_lane(lane, |line| line.clear_alarm(now, kind));
            }
        }
        Ok(())
    }

    /// Every arm that succeeds appends at least one record.
    fn carry_out(
        &mut self,
        now: Tick,
        who: Who,
        signature: Option<Signature>,
        command: OperatorCommand,
    ) -> Result<(), String> {
        match command {
            OperatorCommand::OpenBatch {
                product,
                gtin,
                lot,
                expiry,
                target,
                grade_min,
                text,
                terms,
                numbers,
            } => self.open_batch(
                now,
                who,
                BatchWish {
                    product,
                    gtin,
                    lot,
                    expiry,
                    target,
                    grade_min,
                    text,
                    terms,
                    numbers,
                },
            ),
            OperatorCommand::CloseBatch => self.close_batch(now, who, signature, Vec::new()),
            OperatorCommand::Lot(LotCommand::CloseExplained(explanations)) => {
                self.close_batch(now, who, signature, explanations)
            }
            OperatorCommand::Lot(command) => self.lot_order(now, who, command),
            OperatorCommand::Label(_) => {
                Err("A label template is judged before the line hears of it.".to_owned())
            }
            OperatorCommand::Stop => {
                self.on_each_lane(|line| {
                    line.lane.stops.latch(StopReason::Operator);
                });
                self.record_who(now, who, StopReason::Operator.stopped(None));
                Ok(())
            }
            OperatorCommand::Resume => self.resume(now, who),
            OperatorCommand::RejectNext => {
                self.reject_next = true;
                self.record_who(now, who, Fact::RejectNextOrdered);
                Ok(())
            }
            OperatorCommand::Resynchronise => {
                self.resynchronise(now, who);
                Ok(())
            }
            OperatorCommand::Acknowledge { alarm } => self.acknowledge(now, who, alarm),
            OperatorCommand::Shelve { alarm, minutes } => self.shelve(now, who, (alarm, minutes)),
            OperatorCommand::Unshelve { alarm } => self.unshelve(now, who, alarm),
            OperatorCommand::Sign { record } => self.sign(now, who, signature, record),
            OperatorCommand::ExportNumbers { token, gtin, count } => {
                self.export_numbers(now, &who, (token, gtin, count))
            }
            OperatorCommand::ReturnNumbers { token } => self.return_numbers(now, &who, &token),
            OperatorCommand::ReturnPool { pool } => self.return_pool(now, &who, pool),
            OperatorCommand::Device { device, order } => self.on_device(now, who, (device, order)),
            OperatorCommand::Shutdown => {
                self.ending = true;
                self.record_who(now, who, Fact::StationEnded);
                self.permit(Permissive::End);
                Ok(())
            }
        }
    }

    pub(super) fn record_who(&mut self, now: Tick, who: Who, fact: Fact) {
        self.record_by(now, PointId::STATION, who.actor, who.reason, fact);
    }

    /// Withdraws the station's own stop. It never starts motion: that is done at the machine.
    fn resume(&mut self, now: Tick, who: Who) -> Result<(), String> {
        let holds = self.lanes().any(|lane| latches(lane).next().is_some());
        if !holds {
            let reasons = self.lanes_in_order().into_iter();
            let mut reasons = reasons.filter_map(|lane| lane.stops.in_force());
            return Err(match reasons.next() {
                Some(reason) => reason.text().to_owned(),
                None => "The station does not stop the line: start it at the machine.".to_owned(),
            });
        }
        self.record_who(now, who, Fact::StopWithdrawn);
        self.on_each_lane(|line| line.resume_lane(now));
        Ok(())
    }

    /// Withdraws what a person latched on the lane at hand, or has looked at: its record is the last one.
    fn resume_lane(&mut self, now: Tick) {
        let latched: Vec<Latch> = latches(&self.lane).collect();
        let looked = latched
            .iter()
            .find(|latch| latch.reason == StopReason::WrongBin);
        if let Some(latch) = looked {
            self.lane.plc.clears = Clears::Wanted(latch.number);
        }
        let lane = self.lane.plan.no;
        self.lane.stops.withdrawing();
        for Latch { number: stop, .. } in latched {
            self.permit(Permissive::WithdrawStop { lane, stop });
        }
        let looked_at = [
            AlarmKind::WrongBin,
            AlarmKind::Rejects,
            AlarmKind::LabelDoubled,
        ];
        for kind in looked_at {
            self.clear_alarm(now, kind);
        }
    }

    /// The record of a stop's withdrawal is on disk. The machine keeps its fault of a wrong bin until it is told that a
    /// person has looked.
    pub(super) fn release_stop(&mut self, stop: u64) {
        let lifted = self.lane.stops.withdraw(stop);
        if self.lane.plc.clears == Clears::Wanted(stop) {
            // Where another pack went wrong meanwhile, the stop stands and so does the machine's fault.
            self.lane.plc.clears = match lifted {
                true => Clears::Sent(self.plc_execute(CLEAR_FAULTS, 0)),
                false => Clears::Nothing,
            };
        }
    }

    /// Withdraws the stop for being out of step by the station itself, after the procedure that puts it right.
    pub(super) fn withdraw_sync(&mut self, now: Tick) {
        if let Some(latch) = self.lane.stops.latched_for(StopReason::Sync) {
            self.record(now, self.lane_point(), Fact::StopWithdrawn);
            let (lane, stop) = (self.lane.plan.no, latch.number);
            self.permit(Permissive::WithdrawStop { lane, stop });
        }
    }
}

/// The latched stops of a lane that a person withdraws: being out of step is over when everything is in step.
fn latches(lane: &Lane) -> impl Iterator<Item = Latch> + '_ {
    let latches = lane.stops.latches();
    latches.filter(|latch| latch.reason != StopReason::Sync)
}
