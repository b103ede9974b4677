//! Every limit of the line, driven to where it holds: what comes beyond it is refused, rejected or told, and never lost
//! in silence.

use super::plan;
use super::restore::restore;
use super::rig::Rig;
use crate::line::alarm::AlarmKind;
use crate::line::alignment::{CLEAR_MAX, STAND_MIN};
use crate::line::challenge::WITHHELD_MAX;
use crate::line::entry::BELT_PACKS_MAX;
use crate::line::hold::HELD_MAX;
use crate::line::matching::{FRAME_WAIT_MAX, FRAMES_WAITING_MAX};
use crate::line::stops::StopReason;
use crate::line::*;
use crate::record::LaneNo;
use crate::record::{Fate, Outcome, Verdict};
use crate::wire::OperatorCommand;
use std::time::Duration;

const STEP: Duration = Duration::from_millis(10);

impl Rig {
    fn count(&self, wanted: impl Fn(&Effect) -> bool) -> usize {
        self.effects.iter().filter(|effect| wanted(effect)).count()
    }

    /// The verdict that the PLC was given for this pack.
    fn code_of(&self, id: u32) -> Option<u16> {
        let wanted = self.plc(id);
        self.effects.iter().find_map(|effect| match effect {
            Effect::At(_, LaneEffect::Verdict { plc, code }) if *plc == wanted => Some(*code),
            _ => None,
        })
    }

    /// One labelled pack whose picture shows this.
    fn pack_that_shows(&mut self, id: u32, outcome: &Outcome) {
        self.pack_with(id, id as u16, |verdict| {
            *verdict = Verdict::without_picture(outcome.clone());
        });
    }
}

#[test]
fn when_too_much_waits_for_the_disk_the_station_stands_and_permits_nothing_more() {
    let mut rig = Rig::running(plan(1));
    rig.obliging = false;
    let fact = || Fact::StopWithdrawn;
    for _ in 0..HELD_MAX / 2 {
        rig.line.record(rig.now, PointId::STATION, fact());
        rig.line.permit(Permissive::WithdrawStop {
            lane: LaneNo::FIRST,
            stop: 0,
        });
    }
    // Half full: no order, no number; the line itself goes on.
    rig.effects.clear();
    rig.order(OperatorCommand::RejectNext);
    let refused = |effect: &Effect| matches!(effect, Effect::Reply { answer: Err(why), .. } if why.contains("disk"));
    assert_eq!(rig.count(refused), 1);
    assert!(rig.line.store.failed.is_none());
    rig.detect(1);
    assert!(!rig.line.may_number());
    let prints = |effect: &Effect| matches!(effect, Effect::At(_, LaneEffect::Print { .. }));
    assert_eq!(rig.count(prints), 0);

    for _ in 0..2 * HELD_MAX {
        rig.line.record(rig.now, PointId::STATION, fact());
        rig.line.permit(Permissive::WithdrawStop {
            lane: LaneNo::FIRST,
            stop: 0,
        });
    }
    assert_eq!(rig.line.hold.len(), HELD_MAX);
    rig.pass_time(50);
    assert!(rig.line.alarm_stands(AlarmKind::Store));
    assert_eq!(rig.line.lane.stops.in_force(), Some(StopReason::Store));
    let beats = rig.line.lane.heartbeat;
    rig.pass_time(100);
    assert_eq!(rig.line.lane.heartbeat, beats, "the PLC rejects by itself");
    let reply = ReplyTo(77);
    rig.line.record(rig.now, PointId::STATION, fact());
    rig.line.permit(Permissive::Confirm { reply });
    rig.turn();
    let told = |effect: &Effect| matches!(effect, Effect::Reply { reply: to, answer: Err(_) } if *to == reply);
    assert_eq!(rig.count(told), 1, "nobody waits for an answer in vain");
}

#[test]
fn a_commit_that_takes_too_long_stops_the_heartbeat_until_it_is_there() {
    let mut rig = Rig::running(plan(1));
    rig.obliging = false;
    rig.detect(1);
    let wait = rig.line.plan.limits.commit_wait_max;
    let most = u16::try_from(wait.as_millis() / STEP.as_millis()).expect("a short wait");
    let before = rig.line.lane.heartbeat;
    rig.pass_time(3_000);
    assert_eq!(rig.line.lane.heartbeat.wrapping_sub(before), most - 1);
    let (through, took_us) = (rig.line.last_seq, 3_000_000);
    rig.tell(Event::Committed { through, took_us });
    let before = rig.line.lane.heartbeat;
    rig.pass_time(100);
    assert_eq!(rig.line.lane.heartbeat.wrapping_sub(before), 10);
}

#[test]
fn packs_whose_gate_is_silent_are_followed_up_to_the_limit_and_then_booked_as_unknown() {
    let mut rig = Rig::running(plan(1));
    let packs = BELT_PACKS_MAX as u32 + 500;
    for id in 1..=packs {
        rig.detect(id);
        assert!(rig.line.lane.belt.len() <= BELT_PACKS_MAX);
    }
    assert_eq!(rig.line.lane.belt.len(), BELT_PACKS_MAX);
    assert_eq!(rig.line.by_no.len(), BELT_PACKS_MAX);
    let unknown = rig.records.iter().filter_map(|record| match record.fact {
        Fact::Gated { pack, fate, .. } => Some((pack.0, fate)),
        _ => None,
    });
    let oldest = (1..=500).map(|pack| (pack, Fate::Unknown));
    assert!(unknown.eq(oldest), "the oldest, each once, in order");
    assert!(rig.line.alarm_stands(AlarmKind::UnknownFate));
    assert!(rig.line.tally().balanced());
}

#[test]
fn a_count_that_says_a_hundred_thousand_packs_came_unseen_keeps_the_belt_bounded() {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    rig.status.entered = entry::UNSEEN_MAX;
    rig.pass_time(30);
    assert_eq!(rig.line.lane.belt.len(), BELT_PACKS_MAX);
    assert!(rig.line.tally().balanced());
}

#[test]
fn passes_wait_for_the_proof_of_the_counts_up_to_the_limit_and_then_the_oldest_are_rejected() {
    let mut plan = plan(1);
    plan.limits.verdict_deadline = Duration::from_secs(600);
    let mut rig = Rig::running(plan);
    // The challenge's picture is looked at last of all.
    rig.detect(1);
    rig.pass_time(20);
    rig.reach_camera(1, 1, 101);
    let packs = WITHHELD_MAX as u32 + 5;
    for id in 2..=packs + 1 {
        rig.detect(id);
        rig.pass_time(20);
        rig.reach_camera(id, id as u16, u64::from(id) + 100);
        rig.look_and_see(|_| {});
    }
    let lost = Outcome::LostTrack.code();
    for id in 2..=packs + 1 {
        let expected = (id < 2 + 5).then_some(lost);
        assert_eq!(rig.code_of(id), expected, "pack {id}");
    }
    rig.tell(Event::Verified {
        pack: PackNo(1),
        verdict: Verdict::without_picture(Outcome::NoSymbol),
        took_us: 1,
    });
    assert!(
        (7..=packs + 1).all(|id| rig.pass_of(id)),
        "the others go on"
    );
}

#[test]
fn a_pack_without_verdict_is_rejected_at_its_deadline_and_not_before() {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    let deadline = rig.line.plan.limits.verdict_deadline;
    for (id, pictured, outcome) in [(2, false, Outcome::NoPicture), (3, true, Outcome::Late)] {
        rig.pass_time(100); // the belt stands before the next one comes
        rig.detect(id);
        rig.pass_time(20);
        match pictured {
            true => rig.reach_camera(id, id as u16, u64::from(id) + 100),
            false => {
                rig.status.encoder += 600;
                let sighting = rig.sighting(id, id as u16);
                rig.says(LaneEvent::PrintDone(sighting));
                rig.says(LaneEvent::CameraFired(sighting));
            }
        }
        assert_eq!(rig.line.next_wake(), Some(rig.now + deadline));
        rig.now = rig.now + deadline - Duration::from_nanos(1);
        rig.tell(Event::Woken);
        assert_eq!(rig.code_of(id), None);
        rig.now = rig.now + Duration::from_nanos(1);
        rig.tell(Event::Woken);
        assert_eq!(rig.code_of(id), Some(outcome.code()));
        rig.gate(id, Fate::RejectedByVerdict);
    }
}

#[test]
fn no_more_labels_are_on_their_way_to_the_head_than_the_limit_says() {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    rig.sound_pack(2, 2);
    rig.effects.clear();
    let most = rig.line.plan.limits.print_queue_max;
    let prints = |effect: &Effect| matches!(effect, Effect::At(_, LaneEffect::Print { .. }));
    for id in 3..3 + 2 * most as u32 {
        rig.detect(id);
        rig.pass_time(10);
    }
    assert_eq!(rig.count(prints), most);
    // One reached the camera: room for one more.
    let sighting = rig.sighting(3, 3);
    rig.says(LaneEvent::PrintDone(sighting));
    rig.says(LaneEvent::CameraFired(sighting));
    rig.pass_time(20);
    assert_eq!(rig.count(prints), most + 1);
}

#[test]
fn rejects_in_a_row_and_pictures_without_a_symbol_stop_the_line_at_their_limits() {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    let most = rig.line.plan.limits.consecutive_rejects_max;
    for id in 2..2 + most {
        assert_eq!(rig.line.lane.stops.in_force(), None, "before pack {id}");
        rig.pack_that_shows(id, &Outcome::NotDecodable);
    }
    assert_eq!(rig.line.lane.stops.in_force(), Some(StopReason::Rejects));

    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    rig.sound_pack(2, 2);
    let most = rig.line.plan.limits.no_symbol_max;
    for id in 3..3 + most {
        assert_eq!(rig.line.lane.stops.in_force(), None, "before pack {id}");
        rig.pack_that_shows(id, &Outcome::NoSymbol);
    }
    assert!(rig.line.lane.stops.latched_for(StopReason::Sync).is_some());
}

#[test]
fn packs_that_miss_their_label_put_everything_in_step_at_the_third() {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    for missed in 1..=printing::MISSED_MAX {
        assert!(rig.line.lane.alignment.done(), "before miss {missed}");
        // Where it was detected the belt has moved on already: no job reaches the head in time.
        let id = 1 + missed;
        let sighting = rig.sighting(id, id as u16);
        rig.status.entered = id;
        rig.status.encoder += 600;
        rig.says(LaneEvent::PlcStatus(rig.status));
        rig.says(LaneEvent::Detected(sighting));
    }
    assert!(!rig.line.lane.alignment.done());
}

#[test]
fn late_pictures_withhold_passes_and_at_the_fourth_the_counts_are_given_up() {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    rig.sound_pack(2, 2);
    for late in 1..=cadence::LATE_MAX {
        assert!(
            !rig.line.lane.counts.distrusted(),
            "before late picture {late}"
        );
        let id = 2 + late;
        rig.detect(id);
        rig.pass_time(20);
        rig.status.encoder += 600;
        let sighting = rig.sighting(id, id as u16);
        rig.says(LaneEvent::PrintDone(sighting));
        rig.says(LaneEvent::CameraFired(sighting));
        rig.now = rig.now + Duration::from_millis(40);
        let no = u64::from(id) + 100;
        let (counter, frame) = (Some(no), FrameNo(no));
        rig.says(LaneEvent::Pictured { counter, frame });
        rig.look_and_see(|_| {});
        assert!(!rig.pass_of(id));
    }
    assert!(rig.line.lane.counts.distrusted());
    assert!(rig.line.alarm_stands(AlarmKind::CameraCounts));
    assert!(rig.line.lane.stops.latched_for(StopReason::Sync).is_some());
}

#[test]
fn clearing_waits_for_a_standing_belt_and_begins_again_when_nobody_answers() {
    let mut rig = Rig::new(plan(1), restore(&[]));
    rig.obliging = false;
    let commit = |rig: &mut Rig| {
        let (through, took_us) = (rig.line.last_seq, 1);
        rig.tell(Event::Committed { through, took_us });
    };
    rig.says(LaneEvent::PlcLink(true));
    rig.says(LaneEvent::PrinterLink(true));
    rig.says(LaneEvent::PrinterStatus(PrinterHealth::Ready));
    rig.says(LaneEvent::CameraLink(true));
    commit(&mut rig);
    let clears =
        |rig: &Rig| rig.count(|effect| matches!(effect, Effect::At(_, LaneEffect::ClearPrinter)));
    let mut cleared_at = Vec::new();
    let mut known = clears(&rig);
    for _ in 0..3_000 {
        rig.pass_time(10);
        commit(&mut rig);
        if clears(&rig) > known {
            known = clears(&rig);
            cleared_at.push(rig.now);
        }
    }
    assert!(cleared_at[0] >= Tick(0) + STAND_MIN);
    assert!(cleared_at.len() >= 2, "30 s are enough for two tries");
    for pair in cleared_at.windows(2) {
        let pause = pair[1].since(pair[0]);
        assert!(
            pause >= CLEAR_MAX && pause <= CLEAR_MAX + STAND_MIN + 4 * STEP,
            "{pause:?}"
        );
    }
    assert_eq!(rig.line.lane.stops.in_force(), Some(StopReason::NoBatch));
}

#[test]
fn pictures_wait_for_their_pack_in_bounded_number_and_time() {
    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    // While the PLC is away nobody can say what was fired: only the number bounds them.
    rig.says(LaneEvent::PlcLink(false));
    rig.effects.clear();
    let pictures = FRAMES_WAITING_MAX as u64 + 10;
    for no in 200..200 + pictures {
        let (counter, frame) = (Some(no), FrameNo(no));
        rig.says(LaneEvent::Pictured { counter, frame });
    }
    let dropped: Vec<u64> = rig
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::DropFrame(frame) => Some(frame.0),
            _ => None,
        })
        .collect();
    assert_eq!(dropped, (200..210).collect::<Vec<_>>(), "the oldest");

    let mut rig = Rig::running(plan(1));
    rig.sound_pack(1, 1);
    let (counter, frame) = (Some(102), FrameNo(102));
    rig.says(LaneEvent::Pictured { counter, frame });
    rig.now = rig.now + FRAME_WAIT_MAX - Duration::from_nanos(1);
    rig.tell(Event::Woken);
    assert!(!rig.line.lane.counts.distrusted());
    rig.now = rig.now + Duration::from_nanos(1);
    rig.tell(Event::Woken);
    assert!(rig.line.lane.counts.distrusted(), "nobody fired for it");
    let drops = |effect: &Effect| *effect == Effect::DropFrame(FrameNo(102));
    assert_eq!(rig.count(drops), 1);
}

#[test]
fn too_little_room_on_the_disk_stops_the_line_until_there_is_enough() {
    let mut rig = Rig::running(plan(1));
    rig.tell(Event::Disk(DiskRoom::Low("400 MB left".into())));
    assert_eq!(rig.line.lane.stops.in_force(), None);
    assert!(rig.line.alarm_stands(AlarmKind::Disk));
    rig.tell(Event::Disk(DiskRoom::TooLittle("200 MB left".into())));
    assert_eq!(rig.line.lane.stops.in_force(), Some(StopReason::Disk));
    rig.tell(Event::Disk(DiskRoom::Enough));
    assert_eq!(rig.line.lane.stops.in_force(), None);
    assert!(!rig.line.alarm_stands(AlarmKind::Disk));
}

#[test]
fn each_step_of_the_wall_clock_is_on_record_and_stops_nothing() {
    let mut rig = Rig::running(plan(1));
    for by_ms in [3_600_000, -1_250] {
        rig.tell(Event::ClockStepped { by_ms });
    }
    assert!(rig.line.alarm_stands(AlarmKind::ClockStep));
    assert_eq!(rig.line.lane.stops.in_force(), None);
    let details: Vec<&str> = rig
        .records
        .iter()
        .filter_map(|record| match &record.fact {
            Fact::AlarmRaised { alarm, detail } if alarm == "clock-step" => Some(detail.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(details, ["forward by 3600.0 s", "back by 1.2 s"]);
}
