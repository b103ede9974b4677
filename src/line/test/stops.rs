//! A stop that a person withdraws stands over every restart until a person has withdrawn it.

use super::restore::restore;
use super::rig::Rig;
use super::{plan, plan_of};
use crate::line::alarm::AlarmKind;
use crate::line::stops::StopReason;
use crate::line::*;
use crate::record::LaneNo;
use crate::wire::OperatorCommand;

impl Rig {
    /// The line as a start finds it after these records.
    fn killed_and_started(&self, plan: Plan) -> Rig {
        let mut again = Rig::new(plan, restore(&self.records));
        again.records = self.records.clone();
        again.now = self.now;
        again.turn();
        again
    }

    fn stands_for(&self, lane: u8) -> Vec<StopReason> {
        let mut lanes = self.line.lanes();
        let lane = lanes.find(|one| one.plan.no == LaneNo(lane));
        let latches = lane.expect("it is there").stops.latches();
        let reasons = latches.map(|latch| latch.reason);
        reasons
            .filter(|reason| *reason != StopReason::Sync)
            .collect()
    }
}

#[test]
fn what_a_person_must_look_at_stands_over_every_restart_until_a_person_has_looked() {
    let mut rig = Rig::new(plan_of(1, 2), restore(&[]));
    rig.tell(Event::LabelDoubled("cases: 000123".into()));
    for boot in 2..4 {
        rig = rig.killed_and_started(plan_of(boot, 2));
        for lane in [1, 2] {
            assert_eq!(rig.stands_for(lane), [StopReason::LabelDoubled], "{boot}");
        }
        assert!(rig.line.alarm_stands(AlarmKind::LabelDoubled));
    }
    rig.order(OperatorCommand::Resume);
    rig.pass_time(10);
    assert_eq!(rig.stands_for(1), []);
    rig = rig.killed_and_started(plan_of(4, 2));
    assert_eq!(rig.stands_for(2), [], "a person has looked");
    assert!(!rig.line.alarm_stands(AlarmKind::LabelDoubled));
}

#[test]
fn the_stop_of_one_lane_and_that_of_a_person_come_back_where_they_were() {
    let mut rig = Rig::new(plan_of(1, 2), restore(&[]));
    let now = rig.now;
    rig.line
        .on_lane(LaneNo(2), |line| line.wrong_bin(now, "pack 7".into()));
    rig.tell(Event::Woken);
    rig = rig.killed_and_started(plan_of(2, 2));
    assert_eq!(rig.stands_for(1), []);
    assert_eq!(rig.stands_for(2), [StopReason::WrongBin]);

    let mut rig = Rig::running(plan(1));
    rig.order(OperatorCommand::Stop);
    rig = rig.killed_and_started(plan(2));
    assert_eq!(rig.stands_for(1), [StopReason::Operator]);
    rig.order(OperatorCommand::Resume);
    rig.pass_time(10);
    // What the station does by itself later does not bring it back.
    rig = rig.killed_and_started(plan(3));
    assert_eq!(rig.stands_for(1), []);
}

#[test]
fn what_comes_again_while_it_is_withdrawn_is_on_record_and_stands_over_a_restart() {
    let mut rig = Rig::new(plan(1), restore(&[]));
    rig.tell(Event::LabelDoubled("cases: 000123".into()));
    rig.obliging = false;
    rig.order(OperatorCommand::Resume);
    rig.tell(Event::LabelDoubled("cases: 000124".into()));
    rig.obliging = true;
    let through = rig.records.last().expect("they are told").seq;
    rig.tell(Event::Committed {
        through,
        took_us: 1,
    });
    assert_eq!(rig.stands_for(1), [StopReason::LabelDoubled]);
    rig = rig.killed_and_started(plan(2));
    assert_eq!(rig.stands_for(1), [StopReason::LabelDoubled]);
}
