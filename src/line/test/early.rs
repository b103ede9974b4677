//! A picture too many, just where the counts are learnt, and a label lost at the same pack: both counts and both labels
//! agree with each other and not with the packs. Only time tells.

use super::plan;
use super::rig::Rig;
use crate::line::alarm::AlarmKind;
use crate::line::*;

/// From pack to pack.
const INTERVAL_MS: u64 = 40;

#[test]
fn pictures_one_pack_early_pass_nothing_though_every_label_agrees() {
    let mut rig = Rig::running(plan(1));
    for id in 1..=8 {
        rig.detect(id);
        rig.pass_time(20);
        rig.tell(Event::PrintDone(rig.sighting(id, id as u16)));
    }
    // The camera took a picture nobody fired for: from now on each is there a whole interval before its trigger.
    for id in 1..=8 {
        let frame = u64::from(id) + 100;
        rig.tell(Event::Pictured {
            counter: Some(frame),
            frame: FrameNo(frame),
        });
        rig.pass_time(INTERVAL_MS);
        rig.tell(Event::CameraFired(rig.sighting(id, id as u16)));
        rig.look_and_see(|_| {});
    }
    assert!(!(1..=8).any(|id| rig.pass_of(id)), "no pass");
    assert!(rig.line.alarms.is_active(AlarmKind::CameraCounts));
}
