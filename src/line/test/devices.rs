//! Devices that people try out, and whose links they drop: nothing of it reaches a pack, and nothing happens before its
//! record.

use super::plan;
use super::rig::Rig;
use crate::line::stops::StopReason;
use crate::line::*;
use crate::record::device::SET_UP_SECONDS_MAX;
use crate::record::{DeviceOrder, Fact};
use crate::wire::OperatorCommand;

const HELD_MS: u64 = TRY_WAIT.as_millis() as u64;

impl Rig {
    /// Gives the order; the answer, if there is one yet.
    fn device(&mut self, device: &str, order: DeviceOrder) -> Option<Result<(), String>> {
        let before = self.effects.len();
        let device = device.to_owned();
        self.order(OperatorCommand::Device { device, order });
        let mut new = self.effects[before..].iter();
        new.find_map(|effect| match effect {
            Effect::Reply { answer, .. } => Some(answer.clone()),
            _ => None,
        })
    }

    fn refuses(&mut self, device: &str, order: DeviceOrder, says: &str) {
        let (records, effects) = (self.records.len(), self.effects.len());
        let answer = self.device(device, order);
        let why = answer
            .expect("it is answered at once")
            .expect_err("refused");
        assert!(why.contains(says), "{why}");
        assert_eq!(self.records.len(), records, "nothing was done");
        assert_eq!(self.effects.len(), effects + 1, "but to answer");
    }

    fn carried_out(&self, wanted: DeviceOrder) -> usize {
        let wanted =
            |effect: &&Effect| matches!(effect, Effect::Device { order, .. } if *order == wanted);
        self.effects.iter().filter(wanted).count()
    }

    fn clears_of_printer(&self) -> usize {
        let clear = |effect: &&Effect| matches!(effect, Effect::At(_, LaneEffect::ClearPrinter));
        self.effects.iter().filter(clear).count()
    }

    /// The belt stands, and the machine is not told to run.
    fn stand(&mut self) {
        self.status.state = 2;
        self.pass_time(20);
    }
}

#[test]
fn what_is_tried_out_keeps_the_lane_until_its_time_is_over_and_everything_is_in_step() {
    for order in [DeviceOrder::TestPrint, DeviceOrder::TestShot] {
        let device = match order {
            DeviceOrder::TestPrint => "printer",
            _ => "camera",
        };
        let mut rig = Rig::running(plan(1));
        for id in 1..=3 {
            rig.sound_pack(id, id as u16);
        }
        assert!(rig.pass_of(3), "the line runs well");
        rig.refuses(device, order, "The belt runs");
        // A pack has its label and stands between head and camera.
        rig.detect(4);
        rig.pass_time(20);
        rig.stand();
        let clears = rig.clears_of_printer();
        assert_eq!(rig.device(device, order), Some(Ok(())));
        assert_eq!(rig.carried_out(order), 1);
        assert_eq!(rig.line.lane.stops.in_force(), Some(StopReason::Recovering));
        assert!(
            rig.line.lane.levels.stop_reason != 0,
            "the PLC is told at once"
        );
        // A picture that nobody kept back is nobody's.
        let (counter, frame) = (Some(900), FrameNo(900));
        rig.says(LaneEvent::Pictured { counter, frame });
        rig.pass_time(HELD_MS - 1_000);
        assert_eq!(
            rig.clears_of_printer(),
            clears,
            "what was printed may come out yet"
        );
        rig.pass_time(1_500);
        assert_eq!(rig.clears_of_printer(), clears + 1);
        assert!(!rig.pass_of(4), "whoever stood there is lost");
        let fact = Fact::DeviceOrdered {
            device: device.to_owned(),
            order,
        };
        let named = |record: &&Record| record.fact == fact;
        let on_record = rig.records.iter().find(named).expect("it is on record");
        assert_eq!(on_record.actor, Actor::Named("tester".into()));
        rig.gate(4, crate::record::Fate::RejectedPurge);
        rig.settle_and_start();
        let passed: Vec<bool> = (5..=8).map(|id| rig.sound_pack(id, id as u16)).collect();
        assert!(!passed[0], "the first one proves that the counts agree");
        assert!(passed[2] && passed[3], "{passed:?}");
    }
}

#[test]
fn nothing_is_tried_out_before_its_record_nor_on_a_belt_that_moves_by_then() {
    for moves in [false, true] {
        let mut rig = Rig::running(plan(1));
        rig.stand();
        rig.obliging = false;
        assert_eq!(rig.device("printer", DeviceOrder::TestPrint), None);
        rig.pass_time(50);
        assert_eq!(rig.carried_out(DeviceOrder::TestPrint), 0);
        if moves {
            // Against the station's stop.
            rig.status.state = 6;
            rig.pass_time(20);
        }
        let through = rig.records.last().expect("it was recorded").seq;
        let took_us = 1;
        rig.tell(Event::Committed { through, took_us });
        assert_eq!(rig.carried_out(DeviceOrder::TestPrint), usize::from(!moves));
    }
}

#[test]
fn what_cannot_be_tried_out_is_refused_with_the_next_step() {
    let mut rig = Rig::running(plan(1));
    rig.stand();
    rig.refuses("camera", DeviceOrder::TestPrint, "choose one");
    rig.refuses("printer", DeviceOrder::TestShot, "choose a camera");
    rig.refuses(
        "reader at the case packer",
        DeviceOrder::TestShot,
        "choose a camera",
    );
    let seconds = SET_UP_SECONDS_MAX + 1;
    rig.refuses("camera", DeviceOrder::SetUp { seconds }, "600 s at most");
    rig.says(LaneEvent::PlcLink(false));
    rig.refuses("printer", DeviceOrder::TestPrint, "PLC does not answer");
}

#[test]
fn a_camera_is_set_up_for_as_long_as_was_ordered_or_until_somebody_ends_it() {
    let mut rig = Rig::running(plan(1));
    rig.stand();
    let clears = rig.clears_of_printer();
    let seconds = 60;
    assert_eq!(
        rig.device("camera", DeviceOrder::SetUp { seconds }),
        Some(Ok(()))
    );
    rig.pass_time(59_000);
    assert_eq!(rig.clears_of_printer(), clears);
    assert_eq!(
        rig.device("camera", DeviceOrder::SetUp { seconds }),
        Some(Ok(()))
    );
    rig.pass_time(59_000);
    assert_eq!(rig.clears_of_printer(), clears, "it goes on");
    let end = DeviceOrder::SetUp { seconds: 0 };
    assert_eq!(rig.device("camera", end), Some(Ok(())));
    assert_eq!(rig.carried_out(end), 1);
    rig.pass_time(1_000);
    assert_eq!(rig.clears_of_printer(), clears + 1);
    rig.settle_and_start();
}

#[test]
fn a_link_is_dropped_at_any_time_and_the_line_waits_for_what_the_device_says() {
    let mut rig = Rig::running(plan(1));
    for id in 1..=3 {
        rig.sound_pack(id, id as u16);
    }
    rig.obliging = false;
    for device in ["printer", "camera", "PLC", "reader at the case packer"] {
        let before = rig.carried_out(DeviceOrder::Reconnect);
        assert_eq!(rig.device(device, DeviceOrder::Reconnect), None);
        assert_eq!(
            rig.carried_out(DeviceOrder::Reconnect),
            before,
            "not before its record"
        );
        let through = rig.records.last().expect("it was recorded").seq;
        let took_us = 1;
        rig.tell(Event::Committed { through, took_us });
        assert_eq!(rig.carried_out(DeviceOrder::Reconnect), before + 1);
        assert_eq!(
            rig.line.lane.stops.in_force(),
            None,
            "the order itself stops nothing"
        );
    }
}
