//! What the operator is told of the packs that were on the belt when something restarted: exactly those, each where the
//! books have it, and on record when the last one is settled.

use super::factory::{Faults, World};
use super::plan;
use super::restore::restore;
use super::rig::Rig;
use crate::line::*;
use crate::record::{Fate, Fates, Recovery, RecoveryCause};
use crate::wire::{DeviceState, OperatorCommand, RecoveryView};

pub(super) fn recovery_of(fact: &Fact) -> Option<&Recovery> {
    match fact {
        Fact::Recovered(told) => Some(told),
        _ => None,
    }
}

impl Rig {
    fn told(&self) -> Option<RecoveryView> {
        self.line.view(self.now, 0).recovery
    }

    /// Causes, packs, fates and how many are still open.
    fn account(&self) -> (Vec<RecoveryCause>, u64, [u64; 4], u64) {
        let told = self.told().expect("there is an account");
        let fates = told.fates;
        let counts = [fates.good, fates.rejected, fates.removed, fates.unknown];
        (told.causes, told.packs, counts, told.open)
    }

    fn recorded(&self) -> Vec<&Recovery> {
        let facts = self.records.iter().map(|record| &record.fact);
        facts.filter_map(recovery_of).collect()
    }

    /// The station dies here; another one finds its records, the same PLC and the same belt.
    fn restarted(self, boot: u16) -> Rig {
        let mut rig = Rig::new(plan(boot), restore(&self.records));
        rig.status = self.status;
        rig.records = self.records;
        rig.turn();
        rig
    }

    pub(super) fn connect(&mut self) {
        self.says(LaneEvent::PlcLink(true));
        self.says(LaneEvent::PrinterLink(true));
        self.says(LaneEvent::PrinterStatus(PrinterHealth::Ready));
        self.says(LaneEvent::CameraLink(true));
    }
}

/// Pack 1 is through (the challenge); 2 has its pass on disk, 3 its label, 4 nothing yet.
fn on_a_full_belt() -> Rig {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    rig.detect(2);
    rig.pass_time(20);
    rig.reach_camera(2, 2, 102);
    rig.look_and_see(|_| {});
    assert!(rig.pass_of(2), "its pass is on disk and was given");
    rig.detect(3);
    rig.detect(4);
    assert_eq!(rig.told(), None, "nothing has happened yet");
    rig
}

use RecoveryCause::{CameraLink, PlcRestart, PrinterLink, StationStart};

#[test]
fn a_restarted_station_tells_what_became_of_every_pack() {
    let mut rig = on_a_full_belt().restarted(2);
    assert_eq!(rig.account(), (vec![StationStart], 3, [0; 4], 3));
    // While it was away one more pack entered, and the pass that was on disk was good for pack 2.
    rig.status.entered = 5;
    rig.connect();
    rig.pass_time(20);
    rig.gate(2, Fate::Good);
    rig.gate(3, Fate::Removed);
    assert_eq!(rig.account(), (vec![StationStart], 4, [1, 0, 1, 0], 2));
    rig.settle_and_start();
    rig.detect(6);
    rig.gate(4, Fate::RejectedPurge);
    assert!(rig.recorded().is_empty(), "one is still on the belt");
    rig.gate(5, Fate::RejectNotConfirmed);
    let told = rig.recorded();
    let [told] = told.as_slice() else {
        panic!("one account: {told:?}")
    };
    let fates = Fates {
        good: 1,
        rejected: 1,
        removed: 1,
        unknown: 1,
    };
    assert_eq!((told.packs, told.fates, told.through.0), (4, fates, 5));
    rig.gate(6, Fate::RejectedNoVerdict);
    let complete = (vec![StationStart], 4, [1, 1, 1, 1], 0);
    assert_eq!(rig.account(), complete, "pack 6 is none of it");
    // It is shown until the batch is closed.
    rig.order(OperatorCommand::CloseBatch);
    assert_eq!(rig.told(), None);
}

#[test]
fn a_plc_that_restarts_leaves_packs_nobody_can_know_of_and_both_together_do_too() {
    let mut plc_alone = on_a_full_belt();
    let mut both = on_a_full_belt().restarted(2);
    both.says(LaneEvent::PlcLink(true));
    for (rig, causes) in [
        (&mut plc_alone, vec![PlcRestart]),
        (&mut both, vec![StationStart, PlcRestart]),
    ] {
        rig.connect();
        rig.status.boot += 1;
        (rig.status.entered, rig.status.decided) = (0, 0);
        rig.pass_time(20);
        assert_eq!(rig.account(), (causes.clone(), 3, [0, 0, 0, 3], 0));
        assert!(rig.recorded().is_empty(), "not yet in step");
        rig.settle_and_start();
        let told = rig.recorded();
        assert_eq!((told.len(), told[0].fates.unknown), (1, 3));
        assert_eq!(told[0].causes, causes);
    }
}

#[test]
fn a_disturbance_in_the_middle_of_a_recovery_extends_it_and_loses_no_pack() {
    let mut rig = on_a_full_belt();
    rig.says(LaneEvent::PrinterLink(false));
    rig.says(LaneEvent::PrinterLink(true));
    rig.says(LaneEvent::PrinterStatus(PrinterHealth::Ready));
    rig.settle_and_start();
    // In step again, 2 to 4 purged and still on the belt; 5 and 6 follow. The gate misses 5 before 3 and 4 have come.
    rig.detect(5);
    rig.detect(6);
    rig.gate(2, Fate::Good);
    rig.gate(5, Fate::Removed);
    assert_eq!(rig.account(), (vec![PrinterLink], 3, [1, 0, 0, 0], 2));
    rig.says(LaneEvent::CameraLink(false));
    let both = vec![PrinterLink, CameraLink];
    assert_eq!(rig.account(), (both.clone(), 5, [1, 0, 1, 0], 3));
    rig.says(LaneEvent::CameraLink(true));
    // One more before everything is in step.
    rig.detect(7);
    rig.settle_and_start();
    assert_eq!(
        rig.account(),
        (both.clone(), 6, [1, 0, 1, 2], 2),
        "overtaken"
    );
    for id in [6, 7] {
        assert!(rig.recorded().is_empty());
        rig.gate(id, Fate::RejectedPurge);
    }
    assert_eq!(rig.account(), (both, 6, [1, 2, 1, 2], 0));
    assert_eq!(rig.recorded().len(), 1);
}

#[test]
fn what_the_camera_warns_of_stands_beside_its_pictures_and_a_lost_one_says_why_until_the_next() {
    let shown = |rig: &Rig| {
        let view = rig.line.view(rig.now, 0);
        let camera = view.devices.into_iter().nth(1).expect("the camera");
        (camera.state, camera.detail)
    };
    let mut rig = Rig::running(plan(1));
    let small = "packets of 8000 bytes do not pass";
    rig.says(LaneEvent::CameraWarning(small.to_owned()));
    let warned = (DeviceState::OutOfSpec, small.to_owned());
    assert_eq!(shown(&rig), warned);
    assert!(!rig.sound_pack(1, 1), "the challenge");
    assert!(rig.sound_pack(2, 2), "the line goes on");
    assert_eq!(shown(&rig), warned, "a picture does not mend it");
    let why = "picture 2 is lost: it is 101 x 70 pixels".to_owned();
    let device = Device::Camera;
    rig.says(LaneEvent::Trouble {
        device,
        why: why.clone(),
    });
    assert_eq!(shown(&rig), (DeviceState::OutOfSpec, why));
    rig.sound_pack(3, 3);
    assert_eq!(shown(&rig), warned);
    rig.says(LaneEvent::CameraLink(false));
    assert_eq!(shown(&rig).0, DeviceState::Failure);
    rig.says(LaneEvent::CameraLink(true));
    assert_eq!(shown(&rig).0, DeviceState::Ok, "it will say so again");
}

#[test]
fn a_station_that_dies_in_a_recovery_leaves_its_open_packs_to_the_next() {
    let mut rig = on_a_full_belt().restarted(2);
    rig.connect();
    rig.pass_time(20);
    rig.gate(2, Fate::Good);
    let mut rig = rig.restarted(3);
    assert_eq!(rig.account(), (vec![StationStart], 2, [0; 4], 2));
    rig.connect();
    rig.settle_and_start();
    rig.gate(3, Fate::RejectedPurge);
    rig.gate(4, Fate::RejectedPurge);
    assert_eq!(rig.account(), (vec![StationStart], 2, [0, 2, 0, 0], 0));
    assert_eq!(rig.recorded().len(), 1);
}

/// `World::check_against_truth` works every account out once more from the disk; here they must occur, of every kind.
#[test]
fn whatever_restarts_every_account_is_what_the_disk_says() {
    let mut by_cause = [0; 4];
    let mut fates = Fates::default();
    for seed in 1..=60 {
        let faults = Faults {
            kill: 20,
            plc_restart: 12,
            printer_restart: 12,
            ..Faults::worse(seed)
        };
        let mut world = World::new(seed, faults);
        world.run_batch(150);
        world.check_against_truth();
        for (_, account) in world.accounts() {
            fates.add_all(account.fates);
            let kinds =
                [StationStart, PlcRestart, PrinterLink].map(|c| account.causes.contains(&c));
            (0..3)
                .filter(|at| kinds[*at])
                .for_each(|at| by_cause[at] += 1);
            by_cause[3] += u32::from(account.causes.len() > 1);
        }
    }
    assert!(by_cause.iter().all(|count| *count >= 20), "{by_cause:?}");
    let seen = [fates.good, fates.rejected, fates.removed, fates.unknown];
    assert!(seen.iter().all(|count| *count >= 10), "{fates:?}");
}
