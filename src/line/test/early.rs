//! A picture too many, just where the counts are learnt, and a label lost at the same pack: both counts and both labels
//! agree with each other and not with the packs. Only time tells.

use super::plan;
use super::rig::Rig;
use crate::line::alarm::AlarmKind;
use crate::line::*;
use crate::record::Fate;
use crate::wire::OperatorCommand;

/// From pack to pack.
const INTERVAL_MS: u64 = 40;

#[test]
fn pictures_one_pack_early_pass_nothing_though_every_label_agrees() {
    let mut rig = Rig::running(plan(1));
    for id in 1..=8 {
        rig.detect(id);
        rig.pass_time(20);
        rig.says(LaneEvent::PrintDone(rig.sighting(id, id as u16)));
    }
    // The camera took a picture nobody fired for: from now on each is there a whole interval before its trigger.
    for id in 1..=8 {
        let frame = u64::from(id) + 100;
        rig.says(LaneEvent::Pictured {
            counter: Some(frame),
            frame: FrameNo(frame),
        });
        rig.pass_time(INTERVAL_MS);
        rig.says(LaneEvent::CameraFired(rig.sighting(id, id as u16)));
        rig.look_and_see(|_| {});
    }
    assert!(!(1..=8).any(|id| rig.pass_of(id)), "no pass");
    assert!(rig.line.alarm_stands(AlarmKind::CameraCounts));
}

#[test]
fn triggers_lost_in_numbers_are_told_though_no_picture_finds_its_pack() {
    let mut rig = Rig::running(plan(1));
    for id in 1..=3 {
        rig.sound_pack(id, id as u16);
    }
    // Four triggers do not reach the camera; then it is sound again, four behind for ever.
    for id in 4..=7 {
        rig.detect(id);
        rig.pass_time(20);
        let sighting = rig.sighting(id, id as u16);
        rig.status.encoder += 600;
        rig.says(LaneEvent::PrintDone(sighting));
        rig.says(LaneEvent::CameraFired(sighting));
        rig.pass_time(400);
        rig.gate(id, Fate::RejectedByVerdict);
    }
    assert!(!rig.line.alarm_stands(AlarmKind::CameraCounts));
    for (id, frame) in (8..=11).zip(104..) {
        rig.detect(id);
        rig.pass_time(20);
        rig.reach_camera(id, id as u16, frame);
        assert!(!rig.pass_of(id));
        rig.pass_time(400);
        rig.gate(id, Fate::RejectedByVerdict);
    }
    assert!(rig.line.alarm_stands(AlarmKind::CameraCounts));
    // Two stops stand, for the counts and for so many rejects in a row; each has its key.
    rig.order(OperatorCommand::Resynchronise);
    rig.order(OperatorCommand::Resume);
    rig.settle_and_start();
    assert!(!rig.sound_pack(12, 12), "the challenge");
    assert!(rig.sound_pack(13, 13), "and the line runs");
}
