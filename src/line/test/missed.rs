//! A sensor misses a pack: its label, and what it was to prove.

use super::plan;
use super::rig::Rig;
use crate::line::alarm::AlarmKind;
use crate::line::stops::StopReason;
use crate::line::*;
use crate::record::Fate;
use crate::wire::OperatorCommand;

impl Rig {
    fn miss(&mut self, id: u32) {
        let sighting = self.sighting(id, 1);
        self.says(LaneEvent::Missed(sighting));
    }
}

#[test]
fn a_pack_gone_before_the_head_leaves_its_label_and_the_line_says_so_once() {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    assert!(rig.sound_pack(2, 2));
    rig.detect(3);
    rig.pass_time(20);
    rig.miss(3);
    assert!(rig.line.alarm_stands(AlarmKind::Sync));
    assert_eq!(rig.line.lane.stops.in_force(), Some(StopReason::Sync));
    rig.gate(3, Fate::Removed);
    rig.order(OperatorCommand::Resynchronise);
    rig.settle_and_start();
    assert!(!rig.line.alarm_stands(AlarmKind::Sync), "one key");
    assert!(!rig.sound_pack(4, 3), "the challenge");
    assert!(rig.sound_pack(5, 4), "and the line runs");
}

#[test]
fn no_label_is_sent_for_a_pack_that_is_gone() {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    rig.obliging = false;
    rig.detect(2);
    rig.miss(2);
    let through = rig.records.last().expect("a number was taken").seq;
    let sent = rig.effects.len();
    rig.obliging = true;
    rig.tell(Event::Committed {
        through,
        took_us: 1,
    });
    rig.pass_time(100);
    let printed = |effect: &Effect| matches!(effect, Effect::At(_, LaneEffect::Print { .. }));
    assert!(
        !rig.effects[sent..].iter().any(printed),
        "its label would go on the next pack"
    );
    assert!(!rig.line.alarm_stands(AlarmKind::Sync), "none is left");
    rig.gate(2, Fate::Removed);
    assert!(rig.sound_pack(3, 2), "the next one has its own");
}

#[test]
fn a_printed_pack_that_is_taken_away_costs_nobody_else_anything() {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    rig.detect(2);
    rig.pass_time(20);
    let sighting = rig.sighting(2, 2);
    rig.says(LaneEvent::PrintDone(sighting));
    rig.miss(2);
    assert!(!rig.line.alarm_stands(AlarmKind::Sync));
    // It was the one that had to prove the counts; the next one does, before the gate tells of the first.
    assert!(rig.sound_pack(3, 2));
    rig.gate(2, Fate::Removed);
    assert!(rig.sound_pack(4, 3));
}

#[test]
fn a_challenge_that_is_missed_is_followed_by_another_at_once() {
    let mut rig = Rig::running(plan(1));
    rig.detect(1);
    rig.pass_time(20);
    let sighting = rig.sighting(1, 1);
    rig.says(LaneEvent::PrintDone(sighting));
    rig.miss(1);
    assert!(!rig.sound_pack(2, 1), "it is the challenge now");
    rig.gate(1, Fate::Removed);
    assert!(rig.sound_pack(3, 2));
}

#[test]
fn a_pack_that_was_missed_and_is_seen_all_the_same_still_proves_the_counts() {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    rig.detect(2);
    rig.detect(3);
    rig.pass_time(20);
    rig.says(LaneEvent::PrintDone(rig.sighting(2, 2)));
    rig.miss(2);
    rig.reach_camera(2, 2, 102);
    rig.reach_camera(3, 3, 103);
    rig.look_and_see(|_| {});
    assert!(
        !rig.pass_of(3),
        "pack 2 was fired for: its picture comes first"
    );
}
