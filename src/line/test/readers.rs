//! A smart reader in the camera's place: what it does not read may be a pack without a symbol, and what comes twice or
//! late is nobody else's.

use super::rig::Rig;
use super::{open_batch, plan, restore};
use crate::line::alarm::AlarmKind;
use crate::line::stops::StopReason;
use crate::line::*;
use crate::record::{
    Fate, GradeMin, LaneNo, Outcome, ReadBy, Seen, Tenths, TextPolicy, TextSeen, Verdict,
};
use crate::wire::OperatorCommand;

/// An opening that demands this.
fn opening(least: Option<GradeMin>, wanted: Option<TextPolicy>, only: bool) -> OperatorCommand {
    let mut command = open_batch();
    if let OperatorCommand::OpenBatch {
        grade_min,
        text,
        terms,
        ..
    } = &mut command
    {
        (*grade_min, *text, terms.lot_only) = (least, wanted, only);
    }
    command
}

/// A line with a reader; no batch is open.
fn with_reader(counts: bool) -> Rig {
    let mut plan = plan(1);
    plan.lanes[0].reads_only = true;
    plan.lanes[0].camera_counts = counts;
    let mut rig = Rig::new(plan, restore::restore(&[]));
    rig.says(LaneEvent::PlcLink(true));
    rig.says(LaneEvent::PrinterLink(true));
    rig.says(LaneEvent::PrinterStatus(PrinterHealth::Ready));
    rig.says(LaneEvent::CameraLink(true));
    rig
}

/// In step, a batch open, the belt running.
fn running(counts: bool) -> Rig {
    let mut rig = with_reader(counts);
    rig.order(opening(None, None, false));
    rig.settle_and_start();
    rig
}

fn answer(rig: &Rig) -> Result<(), String> {
    let last = rig.effects.iter().rev().find_map(|effect| match effect {
        Effect::Reply { answer, .. } => Some(answer.clone()),
        _ => None,
    });
    last.expect("an order is answered")
}

/// The last text that was to be judged says what was printed, or nothing was read.
fn judge(rig: &mut Rig, reads: bool) {
    let last = rig.effects.iter().rev().find_map(|effect| match effect {
        Effect::At(_, LaneEffect::Verify { pack, .. }) => Some(*pack),
        _ => None,
    });
    let mut verdict = Verdict::without_picture(Outcome::NotDecodable);
    if reads {
        verdict.outcome = Outcome::Pass;
        let (by, scan, number) = (ReadBy::Device, None, None);
        verdict.seen = Some(Seen { by, scan, number });
    }
    let (pack, took_us) = (last.expect("a text was handed over"), 0);
    rig.tell(Event::Verified {
        pack,
        verdict,
        took_us,
    });
}

/// A pack from detector to reader, which reads it or not.
fn pack(rig: &mut Rig, id: u32, reads: bool) {
    rig.detect(id);
    rig.pass_time(20);
    rig.reach_camera(id, id as u16, u64::from(id) + 100);
    judge(rig, reads);
}

#[test]
fn packs_that_were_read_pass_without_a_grade_and_the_counts_are_proven_first() {
    let mut rig = running(true);
    pack(&mut rig, 1, false); // the challenge
    assert!(!rig.pass_of(1));
    rig.gate(1, Fate::RejectedByVerdict);
    for id in 2..=5 {
        pack(&mut rig, id, true);
        assert!(rig.pass_of(id), "pack {id}");
        rig.gate(id, Fate::Good);
    }
    pack(&mut rig, 6, false);
    assert!(!rig.pass_of(6));
    let quality = rig.line.view(rig.now, 0).quality;
    assert_eq!(
        (quality.graded, quality.indicative, quality.ungraded),
        (0, 0, 4)
    );
    assert_eq!(quality.overall_mean_tenths, None);
    let verdicts = rig.records.iter().filter_map(|record| match &record.fact {
        Fact::Verified { verdict, .. } => Some(verdict),
        _ => None,
    });
    for verdict in verdicts {
        let nothing = (verdict.grades, verdict.picture, verdict.text.clone());
        assert_eq!(nothing, (None, None, TextSeen::NotChecked));
    }
    let devices = rig.line.view(rig.now, 0).devices;
    let names: Vec<&str> = devices.iter().map(|device| &*device.name).collect();
    assert_eq!(names, ["printer", "reader", "PLC", "disk"]);
}

#[test]
fn the_first_pack_behind_the_challenge_on_which_nothing_was_read_proves_nothing() {
    let mut rig = running(true);
    pack(&mut rig, 1, false); // the challenge, seen as blank
    rig.gate(1, Fate::RejectedByVerdict);
    pack(&mut rig, 2, false); // were the counts one off, this would be the challenge's
    assert!(rig.line.alarm_stands(AlarmKind::Sync));
    assert_eq!(rig.line.lane.stops.in_force(), Some(StopReason::Sync));
    rig.gate(2, Fate::RejectedByVerdict);
    rig.detect(3);
    rig.pass_time(20);
    rig.reach_camera(3, 3, 103);
    assert!(
        !rig.pass_of(3),
        "nothing passes before everything is in step"
    );
}

#[test]
fn packs_in_a_row_on_which_nothing_was_read_put_everything_in_step_again() {
    let mut rig = running(true);
    pack(&mut rig, 1, false);
    rig.gate(1, Fate::RejectedByVerdict);
    pack(&mut rig, 2, true);
    rig.gate(2, Fate::Good);
    for id in 3..=5 {
        assert!(!rig.line.alarm_stands(AlarmKind::Sync), "before pack {id}");
        pack(&mut rig, id, false);
        rig.gate(id, Fate::RejectedByVerdict);
    }
    assert!(rig.line.alarm_stands(AlarmKind::Sync));
}

/// A text twice, and texts so late that the next packs were fired for already.
#[test]
fn a_text_that_comes_twice_or_late_is_its_own_packs() {
    let mut rig = running(true);
    pack(&mut rig, 1, false);
    rig.gate(1, Fate::RejectedByVerdict);
    pack(&mut rig, 2, true);
    rig.gate(2, Fate::Good);
    for id in 3..=5 {
        rig.detect(id);
    }
    rig.pass_time(20);
    let says = |rig: &mut Rig, counter: u64, frame: u64| {
        let (counter, frame) = (Some(counter), FrameNo(frame));
        rig.says(LaneEvent::Pictured { counter, frame });
    };
    for id in 3..=5 {
        rig.says(LaneEvent::PrintDone(rig.sighting(id, id as u16)));
        says(&mut rig, 102, 900 + u64::from(id)); // pack 2's, once more
        rig.says(LaneEvent::CameraFired(rig.sighting(id, id as u16)));
    }
    // 3's and 4's come behind 5's.
    let texts = [(105, 5), (105, 95), (103, 3), (104, 4)];
    for (counter, frame) in texts {
        says(&mut rig, counter, frame);
    }
    let numbers: Vec<(u64, u64)> = rig
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::At(_, LaneEffect::Verify { pack, frame, .. }) => Some((pack.0, frame.0)),
            _ => None,
        })
        .collect();
    // A counter that goes back gives up what waits: nobody's text is taken for another's, and it stops.
    assert_eq!(numbers, [(1, 101), (2, 102), (5, 5)]);
    assert!(rig.line.alarm_stands(AlarmKind::CameraCounts));
}

#[test]
fn without_counter_a_late_text_gives_up_and_all_packs_alike_are_refused() {
    let mut rig = running(false);
    rig.detect(1);
    rig.pass_time(20);
    let fired = rig.sighting(1, 1);
    rig.status.encoder += 600;
    rig.says(LaneEvent::PrintDone(fired));
    rig.says(LaneEvent::CameraFired(fired));
    rig.pass_time(300); // nothing came: it is rejected
    let text = |frame| LaneEvent::Pictured {
        counter: None,
        frame: FrameNo(frame),
    };
    rig.says(text(1));
    rig.gate(1, Fate::RejectedByVerdict);
    rig.detect(2);
    rig.pass_time(20);
    let fired = rig.sighting(2, 2);
    rig.status.encoder += 600;
    rig.says(LaneEvent::PrintDone(fired));
    rig.says(LaneEvent::CameraFired(fired));
    let judged =
        |effect: &Effect| matches!(effect, Effect::At(LaneNo(1), LaneEffect::Verify { .. }));
    assert!(!rig.effects.iter().any(judged));

    let mut rig = with_reader(false);
    rig.order(opening(None, None, true));
    assert!(answer(&rig).is_err_and(|why| why.contains("sends no counter")));
    let mut rig = with_reader(true);
    rig.order(opening(None, None, true));
    assert_eq!(answer(&rig), Ok(()));
    // The station file was changed while such a batch was open: its packs are not told apart, so none passes.
    rig.settle_and_start();
    rig.line.lane.plan.camera_counts = false;
    pack(&mut rig, 1, false);
    rig.gate(1, Fate::RejectedByVerdict);
    pack(&mut rig, 2, true);
    assert!(!rig.pass_of(2));
}

#[test]
fn a_batch_that_demands_a_grade_or_text_is_not_opened() {
    for (least, text, said) in [
        (Some(GradeMin(Some(Tenths(15)))), None, "nobody grades"),
        (None, Some(TextPolicy::Warn), "nobody looks at text"),
        (None, Some(TextPolicy::Reject), "nobody looks at text"),
    ] {
        let mut rig = with_reader(true);
        rig.order(opening(least, text, false));
        assert!(answer(&rig).is_err_and(|why| why.contains(said)), "{said}");
        assert_eq!(rig.line.batch(), None);
        rig.order(opening(Some(GradeMin::NONE), Some(TextPolicy::Off), false));
        assert_eq!(answer(&rig), Ok(()), "{said}");
    }
}
