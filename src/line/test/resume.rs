//! A person's resume after a pack in the wrong bin: the machine's fault is cleared only when the record is on disk, and
//! only when no other pack went wrong meanwhile.

use super::plan;
use super::rig::Rig;
use crate::line::alignment::CLEAR_FAULTS;
use crate::line::stops::StopReason;
use crate::line::*;
use crate::record::Fate;
use crate::wire::OperatorCommand;

/// The machine's own bin sensors report a pack in the wrong bin (FAULTS, bit 15).
const WRONG_BIN: u32 = 1 << 15;

impl Rig {
    fn clears(&self) -> usize {
        let clear = |effect: &&Effect| {
            let Effect::At(_, LaneEffect::PlcExecute { code, .. }) = effect else {
                return false;
            };
            *code == CLEAR_FAULTS
        };
        self.effects.iter().filter(clear).count()
    }

    fn commit_all(&mut self) {
        let through = self.records.last().expect("something is on record").seq;
        self.tell(Event::Committed {
            through,
            took_us: 1,
        });
    }
}

/// A pack has run past its reject, the line stands, and how often the machine was cleared by then.
fn stopped_for_a_wrong_bin() -> (Rig, usize) {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    rig.sound_pack(2, 2);
    rig.detect(3);
    rig.status.faults |= WRONG_BIN;
    rig.gate(3, Fate::RejectNotConfirmed);
    rig.pass_time(20);
    assert_eq!(rig.line.lane.stops.in_force(), Some(StopReason::WrongBin));
    let before = rig.clears();
    rig.obliging = false;
    (rig, before)
}

#[test]
fn the_machine_is_cleared_when_the_record_of_the_resume_is_on_disk_and_not_before() {
    let (mut rig, before) = stopped_for_a_wrong_bin();
    rig.order(OperatorCommand::Resume);
    rig.pass_time(50);
    assert_eq!(rig.clears(), before, "nothing before its record");
    rig.commit_all();
    assert_eq!(rig.clears(), before + 1);
    rig.pass_time(50);
    rig.commit_all();
    assert_eq!(rig.clears(), before + 1, "once");
}

#[test]
fn a_pack_that_goes_wrong_while_the_resume_is_written_keeps_the_machines_fault() {
    let (mut rig, before) = stopped_for_a_wrong_bin();
    rig.order(OperatorCommand::Resume);
    rig.detect(4);
    rig.gate(4, Fate::RejectNotConfirmed);
    rig.commit_all();
    assert_eq!(rig.clears(), before, "somebody has to look again");
    assert_eq!(rig.line.lane.stops.in_force(), Some(StopReason::WrongBin));
    rig.order(OperatorCommand::Resume);
    rig.commit_all();
    assert_eq!(rig.clears(), before + 1);
}

#[test]
fn the_record_of_another_resume_clears_nothing() {
    let (mut rig, before) = stopped_for_a_wrong_bin();
    // A PLC that starts anew has forgotten its fault and what was wanted of it.
    rig.order(OperatorCommand::Resume);
    rig.status.boot += 1;
    rig.status.faults = 0;
    (rig.status.entered, rig.status.decided) = (0, 0);
    rig.pass_time(20);
    rig.commit_all();
    assert_eq!(rig.clears(), before);
}
