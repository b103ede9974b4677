//! A line on a bench: each event is told by hand, each record and effect is kept.

use super::open_batch;
use super::restore::{known_before, restore};
use crate::line::*;
use crate::record::{Fate, Grades, LaneNo, Outcome, Tenths, TextSeen, Verdict};
use crate::wire::OperatorCommand;
use std::time::Duration;

/// A line whose devices do at once what they are told; the test says everything else.
pub(super) struct Rig {
    pub(super) line: Line,
    pub(super) now: Tick,
    pub(super) status: PlcStatus,
    pub(super) records: Vec<Record>,
    pub(super) effects: Vec<Effect>,
    /// Devices and disk answer by themselves.
    pub(super) obliging: bool,
}

impl Rig {
    pub(super) fn new(plan: Plan, restored: Restored) -> Rig {
        Rig {
            line: Line::new(Tick(0), plan, restored),
            now: Tick(0),
            status: PlcStatus {
                boot: 1,
                state: 2,
                ..PlcStatus::default()
            },
            records: Vec::new(),
            effects: Vec::new(),
            obliging: true,
        }
    }

    /// In step, a batch open, the belt running.
    pub(super) fn running(plan: Plan) -> Rig {
        let mut rig = Rig::new(plan, restore(&[]));
        rig.make_run();
        rig
    }

    /// Its devices come, a batch is opened, the belt is started.
    pub(super) fn make_run(&mut self) {
        self.says(LaneEvent::PlcLink(true));
        self.says(LaneEvent::PrinterLink(true));
        self.says(LaneEvent::PrinterStatus(PrinterHealth::Ready));
        self.says(LaneEvent::CameraLink(true));
        self.order(open_batch());
        self.settle_and_start();
    }

    /// Waits until everything is in step, then starts the belt.
    pub(super) fn settle_and_start(&mut self) {
        self.status.state = 2;
        self.pass_time(1000);
        assert_eq!(self.line.lane.stops.in_force(), None, "the line is ready");
        self.status.state = 6;
        self.pass_time(20);
    }

    pub(super) fn tell(&mut self, event: Event) {
        if let Some(known) = known_before(&event, &self.records) {
            self.line.handle(self.now, known);
        }
        self.line.handle(self.now, event);
        self.turn();
    }

    /// A device of the first lane speaks.
    pub(super) fn says(&mut self, event: LaneEvent) {
        self.tell(event.on(LaneNo::FIRST));
    }

    pub(super) fn turn(&mut self) {
        loop {
            let turn = self.line.take_turn(self.now);
            if turn.records.is_empty() && turn.effects.is_empty() {
                return;
            }
            if let Some(last) = turn.records.last().filter(|_| self.obliging) {
                let (through, took_us) = (last.seq, 1);
                let committed = Event::Committed { through, took_us };
                self.line.handle(self.now, committed);
            }
            self.records.extend(turn.records);
            for effect in turn.effects {
                match &effect {
                    Effect::At(_, LaneEffect::ClearPrinter) if self.obliging => {
                        self.line
                            .handle(self.now, LaneEvent::PrinterCleared.on(LaneNo::FIRST));
                    }
                    Effect::At(_, LaneEffect::PlcExecute { ticket, .. }) if self.obliging => {
                        let ticket = *ticket;
                        let done = LaneEvent::PlcDone { ticket, ok: true }.on(LaneNo::FIRST);
                        self.line.handle(self.now, done);
                    }
                    _ => {}
                }
                self.effects.push(effect);
            }
        }
    }

    pub(super) fn order(&mut self, command: OperatorCommand) {
        self.tell(Event::Operator {
            by: Actor::Named("tester".into()),
            signature: None,
            reason: Some("a test".into()),
            command,
            reply: ReplyTo(1),
        });
    }

    pub(super) fn pass_time(&mut self, ms: u64) {
        for _ in 0..ms / 10 {
            self.now = self.now + Duration::from_millis(10);
            self.status.asked_at = self.now;
            self.says(LaneEvent::PlcStatus(self.status));
        }
    }

    pub(super) fn plc(&self, id: u32) -> PlcPack {
        let boot = self.status.boot;
        PlcPack {
            lane: LaneNo::FIRST,
            boot,
            id,
        }
    }

    pub(super) fn sighting(&self, id: u32, count: u16) -> Sighting {
        Sighting {
            plc: self.plc(id),
            count,
            encoder: self.status.encoder,
        }
    }

    pub(super) fn detect(&mut self, id: u32) {
        self.status.entered = self.status.entered.max(id);
        let sighting = self.sighting(id, id as u16);
        self.says(LaneEvent::Detected(sighting));
    }

    /// The pack travels from the detector past head and camera; its picture shows what the station expects of it.
    pub(super) fn reach_camera(&mut self, id: u32, count: u16, frame: u64) {
        let sighting = self.sighting(id, count);
        self.status.encoder += 600;
        self.says(LaneEvent::PrintDone(sighting));
        self.says(LaneEvent::CameraFired(sighting));
        let (counter, frame) = (Some(frame), FrameNo(frame));
        self.says(LaneEvent::Pictured { counter, frame });
    }

    /// Answers the last picture that was to be looked at: a label reads as expected, with what else was seen on it;
    /// no label shows nothing.
    pub(super) fn look_and_see(&mut self, seen: impl FnOnce(&mut Verdict)) {
        let last = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::At(_, LaneEffect::Verify { pack, label, .. }) => Some((*pack, label.is_some())),
            _ => None,
        });
        let (pack, labelled) = last.expect("a picture was handed over");
        let mut verdict = Verdict::without_picture(Outcome::NoSymbol);
        if labelled {
            verdict.outcome = Outcome::Pass;
            verdict.text = TextSeen::Sound;
            verdict.grades = Some(Grades {
                by_parameter: [Tenths::BEST; 8],
                indicative: false,
                growth_percent: [0, 0],
            });
            seen(&mut verdict);
        }
        self.tell(Event::Verified {
            pack,
            verdict,
            took_us: 1,
        });
    }

    pub(super) fn gate(&mut self, id: u32, fate: Fate) {
        self.status.decided = self.status.decided.max(id);
        let plc = self.plc(id);
        self.says(LaneEvent::Gated { plc, fate });
    }

    pub(super) fn pass_of(&self, id: u32) -> bool {
        let plc = self.plc(id);
        self.effects.contains(&Effect::At(
            LaneNo::FIRST,
            LaneEffect::Verdict { plc, code: 1 },
        ))
    }

    /// One sound pack from end to end; whether it passed.
    pub(super) fn sound_pack(&mut self, id: u32, count: u16) -> bool {
        self.pack_with(id, count, |_| {})
    }

    /// One pack with the right content from end to end, with what else was seen on it; whether it passed.
    pub(super) fn pack_with(
        &mut self,
        id: u32,
        count: u16,
        seen: impl FnOnce(&mut Verdict),
    ) -> bool {
        self.detect(id);
        self.pass_time(20);
        self.reach_camera(id, count, u64::from(count) + 100);
        self.look_and_see(seen);
        let passed = self.pass_of(id);
        let fate = match passed {
            true => Fate::Good,
            false => Fate::RejectedByVerdict,
        };
        self.gate(id, fate);
        passed
    }
}
