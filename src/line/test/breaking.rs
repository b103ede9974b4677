//! Odd words from devices, shops and operators: the line must keep its laws and its breath under each of them.

use super::plan;
use super::restore::restore;
use super::rig::Rig;
use crate::line::*;
use crate::record::{
    Fact, Fate, KeptPicture, Outcome, PackNo, PictureCoding, PictureHash, Verdict,
};
use crate::serial::INDEX_COUNT;
use crate::serial::IndexRange;
use crate::wire::{LineState, OperatorCommand};
use std::time::Duration;

#[test]
fn a_sound_rig_passes_after_its_challenge() {
    let mut rig = Rig::running(plan(1));
    assert!(!rig.sound_pack(1, 1), "the first pack is the challenge");
    assert!(rig.sound_pack(2, 2));
    assert!(rig.sound_pack(3, 3));
}

#[test]
fn a_challenge_taken_off_the_belt_is_followed_by_another() {
    let mut rig = Rig::running(plan(1));
    rig.detect(1);
    rig.pass_time(20);
    rig.gate(1, Fate::Removed);
    assert!(!rig.sound_pack(2, 1), "the next one is the challenge");
    assert!(rig.sound_pack(3, 2), "then the line runs");
}

#[test]
fn a_station_with_a_high_range_restarts_before_its_first_pack_was_seen() {
    let mut high = plan(2);
    high.range = IndexRange::new(1 << 59, INDEX_COUNT - 1).expect("a range");
    let mut before = Rig::running(high.clone());
    before.detect(1);
    before.pass_time(20);
    before.detect(2);
    before.pass_time(20);
    let disk = std::mem::take(&mut before.records);
    let mut rig = Rig::new(high, restore(&disk));
    rig.says(LaneEvent::PlcLink(true));
    rig.says(LaneEvent::PrinterLink(true));
    rig.says(LaneEvent::PrinterStatus(PrinterHealth::Ready));
    rig.says(LaneEvent::CameraLink(true));
    rig.status.entered = 2;
    rig.pass_time(1000);
    rig.status.state = 6;
    rig.gate(1, Fate::RejectedPurge);
    rig.gate(2, Fate::RejectedPurge);
    assert!(!rig.sound_pack(3, 3));
    assert!(rig.sound_pack(4, 4));
}

#[test]
fn numbers_end_where_the_range_ends() {
    let mut short = plan(1);
    short.range = IndexRange::new(0, 2).expect("a range");
    let mut rig = Rig::running(short);
    let passed: Vec<u32> = (1..=8)
        .filter(|id| rig.sound_pack(*id, *id as u16))
        .collect();
    assert_eq!(passed, [2, 3, 4], "indices 0, 1 and 2, then no more");
    assert_ne!(rig.line.lane.levels.stop_reason, 0, "and the line stands");
}

#[test]
fn a_job_goes_only_while_the_pack_is_before_the_head_at_the_belts_present_place() {
    for (unread_ms, goes) in [(10, true), (30, false)] {
        let mut rig = Rig::running(plan(1));
        assert!(!rig.sound_pack(1, 1), "the challenge");
        let run = |rig: &mut Rig, ms: u64| {
            for _ in 0..ms / 10 {
                rig.status.encoder += 80;
                rig.pass_time(10);
            }
        };
        run(&mut rig, 200);
        // The disk takes its time, and meanwhile nobody reads the PLC.
        rig.obliging = false;
        rig.detect(2);
        run(&mut rig, 20);
        rig.now = rig.now + Duration::from_millis(unread_ms);
        let sent = rig.effects.len();
        let through = rig.records.last().expect("a number was taken").seq;
        rig.tell(Event::Committed {
            through,
            took_us: 1,
        });
        let printed = |effect: &Effect| matches!(effect, Effect::At(_, LaneEffect::Print { .. }));
        assert_eq!(rig.effects[sent..].iter().any(printed), goes, "{unread_ms}");
        let given_up = rig.records.iter().any(
            |record| matches!(record.fact, Fact::SerialVoided { pack, .. } if pack == PackNo(2)),
        );
        assert_eq!(given_up, !goes, "{unread_ms}: its number is void at once");
    }
}

#[test]
fn nothing_is_due_in_the_past_while_a_device_is_away() {
    let mut rig = Rig::running(plan(1));
    rig.says(LaneEvent::PrinterLink(false));
    rig.status.state = 2;
    rig.pass_time(2000);
    let wake = rig.line.next_wake();
    assert!(
        wake.is_none_or(|at| at > rig.now),
        "printer away: {wake:?} at {:?}",
        rig.now
    );

    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    rig.says(LaneEvent::PlcLink(false));
    let (counter, frame) = (Some(102), FrameNo(102));
    rig.says(LaneEvent::Pictured { counter, frame });
    rig.now = rig.now + Duration::from_secs(2);
    rig.tell(Event::Woken);
    let wake = rig.line.next_wake();
    assert!(
        wake.is_none_or(|at| at > rig.now),
        "PLC away: {wake:?} at {:?}",
        rig.now
    );
}

#[test]
fn a_plc_that_another_station_writes_to_stands_in_state_and_alarm_until_it_is_ours_alone() {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    let view = |rig: &Rig| rig.line.view(rig.now, 0);
    let detail = |rig: &Rig| {
        let alarms = view(rig).alarms;
        let found = alarms.iter().find(|alarm| alarm.code == "plc-link");
        found
            .filter(|alarm| alarm.active)
            .map(|alarm| alarm.text.clone())
    };
    let why = "another station writes to this PLC (boot 5, ours 9): stop one of them";
    rig.says(LaneEvent::PlcLink(false));
    rig.says(LaneEvent::PlcTaken(why.to_owned()));
    let seen = view(&rig);
    assert_eq!(seen.state, LineState::NotReady);
    assert!(seen.state_text.contains(why), "{}", seen.state_text);
    assert!(detail(&rig).is_some_and(|text| text.contains(why)));
    // Its cable is pulled as well: what is said is what hinders now.
    let (device, cable) = (Device::Plc, "link down: cable".to_owned());
    rig.says(LaneEvent::Trouble {
        device,
        why: cable.clone(),
    });
    let told = detail(&rig).expect("the alarm stands");
    assert!(told.contains(&cable) && !told.contains(why), "{told}");
    assert!(view(&rig).state_text.contains("check its power and cable"));
    rig.says(LaneEvent::PlcTaken(why.to_owned()));
    rig.says(LaneEvent::PlcLink(true));
    assert_eq!(detail(&rig), None);
    rig.settle_and_start();
}

#[test]
fn a_count_that_jumps_by_millions_is_a_wrong_plc_and_no_flood() {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    rig.status.entered = 4_000_000;
    rig.pass_time(30);
    assert!(rig.records.len() < 500_000, "{} records", rig.records.len());
    assert_ne!(rig.line.lane.levels.stop_reason, 0);
    assert!(rig.line.tally().balanced());
}

#[test]
fn a_detected_id_that_jumps_by_millions_is_no_flood_either() {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    rig.detect(4_000_000);
    rig.pass_time(30);
    assert!(rig.records.len() < 500_000, "{} records", rig.records.len());
}

#[test]
fn odd_frame_counters_break_nothing() {
    for counter in [0, 1 << 63, (1 << 63) - 1, u64::MAX, u64::MAX - 1] {
        let mut rig = Rig::running(plan(1));
        rig.detect(1);
        rig.pass_time(20);
        rig.says(LaneEvent::CameraFired(rig.sighting(1, 1)));
        let frame = FrameNo(1);
        let counter = Some(counter);
        rig.says(LaneEvent::Pictured { counter, frame });
        rig.says(LaneEvent::Pictured {
            counter: Some(7),
            frame: FrameNo(2),
        });
        rig.says(LaneEvent::Pictured {
            counter: Some(u64::MAX),
            frame: FrameNo(3),
        });
        rig.says(LaneEvent::CameraFired(rig.sighting(1, 2)));
        rig.pass_time(1000);
    }
}

#[test]
fn a_resume_after_many_rejects_does_not_hide_that_the_line_is_out_of_step() {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    rig.line.out_of_step(rig.now, "test".into());
    let now = rig.now;
    rig.line.latch(now, stops::StopReason::Rejects);
    rig.tell(Event::Woken);
    rig.order(OperatorCommand::Resume);
    rig.pass_time(10);
    assert_eq!(
        rig.line.lane.stops.in_force(),
        Some(stops::StopReason::Sync),
        "the line stands as long as it is out of step"
    );
    rig.order(OperatorCommand::Resynchronise);
    rig.status.state = 2;
    rig.pass_time(1000);
    assert!(!rig.line.alarm_stands(alarm::AlarmKind::Sync));
    assert_eq!(rig.line.lane.stops.in_force(), None);
}

#[test]
fn a_station_whose_store_failed_can_still_be_ended() {
    let mut rig = Rig::running(plan(1));
    rig.obliging = false;
    rig.tell(Event::StoreFailed("The disk is full.".into()));
    rig.order(OperatorCommand::Shutdown);
    assert!(rig.effects.contains(&Effect::End), "an end permits nothing");
    assert_ne!(rig.line.lane.levels.stop_reason, 0);
}

#[test]
fn a_late_picture_of_an_uncounted_camera_is_never_the_next_packs() {
    let mut uncounted = plan(1);
    uncounted.lanes[0].camera_counts = false;
    let mut rig = Rig::running(uncounted);
    rig.detect(1);
    rig.pass_time(20);
    rig.status.encoder += 600;
    let fired = rig.sighting(1, 1);
    rig.says(LaneEvent::PrintDone(fired));
    rig.says(LaneEvent::CameraFired(fired));
    rig.pass_time(300); // its picture is late: it is rejected
    let (counter, frame) = (None, FrameNo(1));
    rig.says(LaneEvent::Pictured { counter, frame });
    rig.gate(1, Fate::RejectedByVerdict);
    rig.detect(2);
    rig.pass_time(20);
    rig.status.encoder += 600;
    let fired = rig.sighting(2, 2);
    rig.says(LaneEvent::PrintDone(fired));
    rig.says(LaneEvent::CameraFired(fired));
    let looked = rig
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::At(_, LaneEffect::Verify { frame, .. }) if *frame == FrameNo(1)));
    assert!(!looked, "the picture of pack 1 was taken for pack 2's");
}

#[test]
fn a_plc_whose_ids_go_back_within_a_boot_is_not_followed_in_silence() {
    let mut rig = Rig::running(plan(1));
    for id in 1..=5 {
        rig.sound_pack(id, id as u16);
    }
    (rig.status.entered, rig.status.decided) = (0, 0);
    rig.pass_time(50);
    assert_ne!(rig.line.lane.levels.stop_reason, 0, "somebody must be told");
}

#[test]
fn a_purge_lost_with_the_link_does_not_leave_the_line_waiting_for_ever() {
    let mut rig = Rig::running(plan(1));
    rig.obliging = false;
    rig.says(LaneEvent::PrinterLink(false));
    rig.status.state = 2;
    rig.says(LaneEvent::PrinterLink(true));
    rig.says(LaneEvent::PrinterStatus(PrinterHealth::Ready));
    let commit = |rig: &mut Rig| {
        let (through, took_us) = (rig.line.last_seq, 1);
        rig.tell(Event::Committed { through, took_us });
    };
    for _ in 0..50 {
        commit(&mut rig);
        rig.pass_time(10);
    }
    rig.says(LaneEvent::PrinterCleared);
    // The purge was dropped on its way: nobody ever acknowledges it.
    rig.obliging = true;
    rig.says(LaneEvent::PlcLink(false));
    rig.says(LaneEvent::PlcLink(true));
    for _ in 0..500 {
        commit(&mut rig);
        rig.pass_time(10);
    }
    assert_eq!(rig.line.lane.stops.in_force(), None);
}

#[test]
fn a_pack_restored_with_an_open_number_may_leave_before_anything_is_in_step() {
    let mut before = Rig::running(plan(1));
    before.sound_pack(1, 1);
    before.detect(2);
    before.pass_time(20);
    let disk = std::mem::take(&mut before.records);
    for fate in [
        Fate::RejectedHeartbeat,
        Fate::Good,
        Fate::Removed,
        Fate::Unknown,
    ] {
        let mut rig = Rig::new(plan(2), restore(&disk));
        rig.says(LaneEvent::PlcLink(true));
        rig.status.entered = 2;
        rig.pass_time(20);
        rig.gate(2, fate);
        assert!(rig.line.tally().balanced());
        assert_eq!(rig.line.tally().in_line, 0);
        assert_eq!(rig.line.tally().good, 0);
    }
}

/// The reject is with the PLC before anything is said of its picture; a pass keeps none; one that was looked at too
/// late for its verdict is kept all the same.
#[test]
fn the_pictures_of_rejects_are_kept_behind_their_verdict() {
    let mut rig = Rig::running(plan(1));
    let place = |rig: &Rig, wanted: &dyn Fn(&Effect) -> bool| rig.effects.iter().position(wanted);
    // The challenge shows no symbol: rejected, and its picture kept.
    rig.sound_pack(1, 1);
    let plc = rig.plc(1);
    let verdict = place(
        &rig,
        &|effect| matches!(effect, Effect::At(_, LaneEffect::Verdict { plc: p, code: 3 }) if *p == plc),
    );
    let kept = place(&rig, &|effect| {
        matches!(
            effect,
            Effect::KeepPicture {
                pack: PackNo(1),
                ..
            }
        )
    });
    assert!(verdict.expect("a reject") < kept.expect("its picture"));
    let batch = rig.line.batch().map(|batch| batch.no);
    assert!(rig.effects.contains(&Effect::KeepPicture {
        pack: PackNo(1),
        batch
    }));
    assert!(rig.sound_pack(2, 2));
    assert!(rig.effects.contains(&Effect::ForgetPicture(PackNo(2))));
    assert!(!rig.effects.iter().any(|e| matches!(
        e,
        Effect::KeepPicture {
            pack: PackNo(2),
            ..
        }
    )));
    let looked = || Event::Verified {
        pack: PackNo(3),
        verdict: Verdict::without_picture(Outcome::NotDecodable),
        took_us: 1,
    };
    // The third is looked at only after its deadline.
    rig.detect(3);
    rig.pass_time(20);
    rig.reach_camera(3, 3, 103);
    rig.pass_time(1000);
    let late = rig.records.iter().any(|record| {
        matches!(&record.fact,
        Fact::Verified { pack: PackNo(3), verdict } if verdict.outcome == Outcome::Late)
    });
    assert!(late);
    rig.effects.clear();
    rig.tell(looked());
    assert!(rig.effects.contains(&Effect::KeepPicture {
        pack: PackNo(3),
        batch
    }));
    assert!(!rig.pass_of(3));
    // The fourth left before anyone had looked.
    rig.gate(3, Fate::RejectedByVerdict);
    rig.effects.clear();
    rig.tell(looked());
    assert_eq!(rig.effects, [Effect::ForgetPicture(PackNo(3))]);
}

#[test]
fn a_picture_that_is_not_kept_asks_for_a_person_and_removal_waits_for_its_record() {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    // A picture that is not kept asks for a person until one is kept again.
    let evidence = |rig: &Rig| rig.line.alarm_stands(alarm::AlarmKind::Evidence);
    rig.tell(Event::PictureNotKept {
        pack: PackNo(1),
        why: "the disk is full".into(),
    });
    assert!(evidence(&rig));
    let picture = KeptPicture {
        coding: PictureCoding::Png,
        bytes: 5,
        sha256: PictureHash([1; 32]),
    };
    rig.tell(Event::PictureKept {
        pack: PackNo(1),
        picture,
    });
    assert!(!evidence(&rig));

    // Removal waits for the disk.
    rig.obliging = false;
    rig.effects.clear();
    rig.tell(Event::PicturesCrowded {
        through: PackNo(1),
        pictures: 1,
        bytes: 5,
        except: Vec::new(),
    });
    let gone = Effect::RemovePictures { through: PackNo(1) };
    assert!(!rig.effects.contains(&gone));
    let through = rig.records.last().expect("a record").seq;
    rig.tell(Event::Committed {
        through,
        took_us: 1,
    });
    assert!(rig.effects.contains(&gone));
}

#[test]
fn the_alarm_of_a_lost_printer_stands_until_it_has_said_how_it_is() {
    let mut rig = Rig::running(plan(1));
    let lost = |rig: &Rig| rig.line.alarm_stands(alarm::AlarmKind::PrinterLink);
    rig.says(LaneEvent::PrinterLink(false));
    rig.says(LaneEvent::PrinterLink(true));
    assert!(
        lost(&rig),
        "it may fall silent again before it says anything"
    );
    rig.says(LaneEvent::PrinterStatus(PrinterHealth::Unknown));
    assert!(lost(&rig));
    rig.says(LaneEvent::PrinterStatus(PrinterHealth::Hindered(
        "no paper".into(),
    )));
    assert!(!lost(&rig));
    assert!(rig.line.alarm_stands(alarm::AlarmKind::PrinterHindered));
}

#[test]
fn a_printer_that_was_mended_is_cleared_again_since_it_may_print_its_last_label_once_more() {
    let mut rig = Rig::running(plan(1));
    let clears = |rig: &Rig| {
        let clears = rig.effects.iter();
        clears
            .filter(|effect| matches!(effect, Effect::At(_, LaneEffect::ClearPrinter)))
            .count()
    };
    let first = clears(&rig);
    rig.says(LaneEvent::PrinterStatus(PrinterHealth::Hindered(
        "no paper".into(),
    )));
    rig.status.state = 2;
    rig.pass_time(1000);
    assert_eq!(clears(&rig), first + 1, "in step while it is hindered");
    rig.says(LaneEvent::PrinterStatus(PrinterHealth::Ready));
    rig.pass_time(1000);
    assert_eq!(clears(&rig), first + 2);
    assert_eq!(rig.line.lane.stops.in_force(), None);
    // What an order to clear makes a printer say for a moment is no reason to clear it again.
    rig.obliging = false;
    rig.order(OperatorCommand::Resynchronise);
    let commit = |rig: &mut Rig| {
        let (through, took_us) = (rig.line.last_seq, 1);
        rig.tell(Event::Committed { through, took_us });
    };
    for _ in 0..50 {
        commit(&mut rig);
        rig.pass_time(10);
    }
    assert_eq!(clears(&rig), first + 3);
    rig.obliging = true;
    rig.says(LaneEvent::PrinterStatus(PrinterHealth::Hindered(
        "busy".into(),
    )));
    rig.pass_time(1000);
    rig.says(LaneEvent::PrinterStatus(PrinterHealth::Ready));
    rig.pass_time(1000);
    assert_eq!(
        clears(&rig),
        first + 4,
        "once for its fault, not once more for its end"
    );
    assert_eq!(rig.line.lane.stops.in_force(), None);
}

#[test]
fn a_label_that_came_out_at_no_pack_is_an_alarm_until_somebody_has_looked() {
    let mut rig = Rig::running(plan(1));
    for id in 1..=5 {
        rig.sound_pack(id, id as u16);
    }
    let told = |rig: &mut Rig, labels: u64, seconds: u64| {
        for _ in 0..seconds {
            let asked_at = rig.now;
            rig.says(LaneEvent::PrinterCounted(LabelCount { labels, asked_at }));
            rig.pass_time(1000);
        }
        rig.line.alarm_stands(alarm::AlarmKind::LabelCount)
    };
    rig.pass_time(1000);
    assert!(!told(&mut rig, 70_005, 10));
    assert!(told(&mut rig, 70_006, 5), "one label too many");
    let raised = rig.records.iter().filter_map(|record| match &record.fact {
        Fact::AlarmRaised { alarm, detail } if alarm == "label-count" => Some(detail.as_str()),
        _ => None,
    });
    let raised: Vec<&str> = raised.collect();
    assert_eq!(raised.len(), 1);
    assert!(
        raised[0].contains("says 1 labels, END PRINT came 0 times"),
        "{raised:?}"
    );
    // Whoever loads paper makes labels come out: everything is put in step anew.
    let alarm = "label-count".to_owned();
    rig.order(OperatorCommand::Acknowledge { alarm });
    rig.says(LaneEvent::PrinterStatus(PrinterHealth::Hindered(
        "no paper".into(),
    )));
    rig.status.state = 2;
    rig.says(LaneEvent::PrinterStatus(PrinterHealth::Ready));
    rig.settle_and_start();
    told(&mut rig, 70_011, 10);
    let again = rig.records.iter().filter(
        |record| matches!(&record.fact, Fact::AlarmRaised { alarm, .. } if alarm == "label-count"),
    );
    assert_eq!(again.count(), 1);
}
