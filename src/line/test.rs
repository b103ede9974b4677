//! Promises of the line, held against a small factory at event level: hundreds of seeds with lost
//! frames, lost labels, printer and camera restarts, PLC outages and restarts, slow disks and
//! killed stations. The factory knows what ink is on which pack.

mod breaking;
mod devices;
mod early;
mod factory;
mod labelling;
mod limits;
mod lot;
mod missed;
mod onward;
mod pools;
mod quality;
mod readers;
mod recovery;
mod restore;
mod resume;
mod rig;
mod shelf;
mod stacking;
mod stops;
mod swap;

use super::cadence::PictureTimes;
use super::packing::PackingPlan;
use super::*;
use crate::gs1::{Expiry, Gtin, Lot};
use crate::record::{CourseRules, LabelText, LaneNo, LineClearance, QualityRules, SignIn};
use crate::record::{GradeMin, Outcome, Tenths, TextPolicy, Verdict};
use crate::serial::{IndexRange, SerialKey};
use crate::wire::OpeningTerms;
use factory::{Faults, PrintFaults, World};
use std::sync::Arc;
use std::time::Duration;

/// What the test batches demand.
const MINIMUM: GradeMin = GradeMin(Some(Tenths(15)));

fn lane_plan(no: u8) -> LanePlan {
    let before = 3 * (u16::from(no) - 1);
    LanePlan {
        no: LaneNo(no),
        print: PointId(before + 1),
        inspect: PointId(before + 2),
        gate: PointId(before + 3),
        camera_counts: true,
        reads_only: false,
        picture_times: Some(PictureTimes {
            late_after: Duration::from_millis(35),
            early_after: Duration::from_millis(25),
        }),
    }
}

fn plan(station_boot: u16) -> Plan {
    plan_of(station_boot, 1)
}

fn plan_of(station_boot: u16, lanes: u8) -> Plan {
    Plan {
        station: "test".into(),
        version: "0".into(),
        started_with: None,
        station_boot,
        sign_in: SignIn::NamesOnly,
        signing: Default::default(),
        products: Vec::new(),
        lanes: (1..=lanes).map(lane_plan).collect(),
        label: Arc::new(LabelText::new("file", "file")),
        level_labels: Vec::new(),
        key: SerialKey::new(*b"0123456789abcdef"),
        range: IndexRange::ALL,
        low_water: 10_000,
        head: Some(HeadPlace {
            counts: 400,
            margin: 40,
        }),
        fault_names: Vec::new(),
        quality: QualityRules::default(),
        packing: PackingPlan::default(),
        clearance: LineClearance::Off,
        course: CourseRules {
            unexplained_max: u64::MAX,
            ..CourseRules::default()
        },
        limits: Limits {
            verdict_deadline: Duration::from_millis(250),
            print_queue_max: 8,
            consecutive_rejects_max: 8,
            no_symbol_max: 3,
            commit_wait_max: Duration::from_millis(400),
        },
    }
}

fn open_batch() -> crate::wire::OperatorCommand {
    crate::wire::OperatorCommand::OpenBatch {
        product: "Test".into(),
        gtin: "09506000134352".parse::<Gtin>().expect("a right GTIN"),
        lot: "L1".parse::<Lot>().expect("a right lot"),
        expiry: "271231".parse::<Expiry>().expect("a right date"),
        target: None,
        grade_min: Some(MINIMUM),
        text: Some(TextPolicy::Reject),
        terms: OpeningTerms::default(),
        numbers: Default::default(),
    }
}

/// The same lot once more.
fn open_again() -> crate::wire::OperatorCommand {
    let mut command = open_batch();
    if let crate::wire::OperatorCommand::OpenBatch { terms, .. } = &mut command {
        terms.continues = true;
    }
    command
}

#[test]
fn a_sound_factory_loses_nothing() {
    for seed in 1..=20 {
        let mut world = World::new(seed, Faults::default());
        world.run_batch(300);
        let tally = world.line.tally();
        assert_eq!(
            (tally.entered, tally.good),
            (300, 299),
            "seed {seed}: {tally:?}"
        );
        assert_eq!(world.alarms_raised, 0, "seed {seed}");
    }
}

#[test]
fn whatever_happens_only_proven_packs_pass_and_the_books_balance() {
    let mut good = 0;
    for seed in 1..=400 {
        let mut world = World::new(seed, Faults::swarm(seed));
        world.run_batch(250);
        world.check_against_truth();
        good += world.line.tally().good;
        // Liveness: with the faults healed the line runs again.
        let before = world.line.tally().good;
        world.heal();
        world.feed(100);
        world.check_against_truth();
        let ran = world.line.tally().good - before;
        assert!(
            ran >= 60,
            "seed {seed}: {ran} of 100 good after the faults were healed"
        );
    }
    assert!(
        good > 40_000,
        "the line must run, not merely reject: {good} of 100,000 good"
    );
}

/// The same on two and three lanes, each with its own faults: what goes wrong on one touches nobody else's packs.
#[test]
fn of_several_lanes_each_is_proven_for_itself_and_the_books_are_one() {
    let more = std::env::var("VIDIMUS_SEEDS")
        .ok()
        .and_then(|count| count.parse().ok());
    let mut good = 0;
    for seed in 1..=more.unwrap_or(150) {
        let lanes = 2 + (seed % 2) as u8;
        let faults = match seed % 3 {
            0 => Faults::worse(seed),
            _ => Faults::swarm(seed),
        };
        let mut world = World::with_lanes(seed, faults, lanes);
        world.run_batch(100);
        world.check_against_truth();
        good += world.good_bin();
        let before = world.line.tally().good;
        world.heal();
        world.feed(40);
        world.check_against_truth();
        let ran = world.line.tally().good - before;
        let least = 20 * u64::from(lanes);
        assert!(
            ran >= least,
            "seed {seed}: {ran} good of 40 on {lanes} lanes"
        );
    }
    assert!(
        good > 10_000,
        "the lanes must run, not merely reject: {good}"
    );
}

#[test]
fn a_sound_lane_goes_on_while_another_stands() {
    let mut world = World::with_lanes(7, Faults::default(), 2);
    world.open_and_feed(60);
    world.printer_of_lane_goes(LaneNo(2));
    let stood = world.line.tally().good;
    (0..6_000 / 5).for_each(|_| world.step());
    let ran = world.line.tally().good - stood;
    assert!(ran >= 30, "lane 1 made {ran}");
    world.printer_of_lane_returns(LaneNo(2));
    world.feed(0);
    world.check_against_truth();
    let tally = world.line.tally();
    assert_eq!((tally.entered, tally.good >= 100), (120, true), "{tally:?}");
}

#[test]
fn hands_on_the_belt_and_half_broken_devices_change_nothing_of_it() {
    // VIDIMUS_SEEDS=N runs more of them.
    let more = std::env::var("VIDIMUS_SEEDS")
        .ok()
        .and_then(|count| count.parse().ok());
    let mut good = 0;
    for seed in 1..=more.unwrap_or(400) {
        let mut world = World::new(seed, Faults::worse(seed));
        world.run_batch(250);
        world.check_against_truth();
        good += world.good_bin();
    }
    assert!(
        good > 15_000,
        "the line must run, not merely reject: {good} of 100,000 good"
    );
}

#[test]
fn weak_print_and_wrong_text_reject_and_indicative_grades_never_do() {
    let mut by_outcome = [0; 3];
    for seed in 1..=200 {
        let faults = match seed % 2 {
            0 => Faults::worse(seed),
            _ => Faults::default(),
        };
        let print = PrintFaults::swarm(seed);
        let mut world = World::new(seed, Faults { print, ..faults });
        world.run_batch(250);
        world.check_against_truth();
        for (sum, name) in by_outcome
            .iter_mut()
            .zip(["pass", "low_grade", "text_mismatch"])
        {
            *sum += world.with_outcome(name);
        }
    }
    let [pass, low_grade, text_mismatch] = by_outcome;
    assert!(
        pass > 15_000 && low_grade > 300 && text_mismatch > 300,
        "{by_outcome:?}"
    );
}

/// A trigger that never reached the camera, or the first picture lost while the counts are learnt, and a label
/// that slipped by one at the very same pack: both mistakes cancel, and every later pack would be proven with
/// its neighbour's picture. Two counts alone cannot tell; that pictures come one pack later than they used to
/// can. Each of these seeds once let a wrong pack pass.
#[test]
fn a_slip_of_pictures_and_labels_by_the_same_pack_is_noticed() {
    for seed in [850, 2354, 2763, 3619, 4602, 5352, 5596, 6948, 11_949] {
        let mut world = World::new(seed, Faults::worse(seed));
        world.run_batch(250);
        world.check_against_truth();
    }
}

#[test]
fn the_same_seed_gives_the_same_records() {
    let run = |seed| {
        let mut world = World::new(seed, Faults::swarm(seed));
        world.run_batch(120);
        world.disk
    };
    for seed in 1..=10 {
        assert_eq!(run(seed), run(seed), "seed {seed}");
    }
}

#[test]
fn a_challenge_that_an_outage_swallowed_is_put_again() {
    // The link goes while the unlabelled pack is anywhere between detection and gate.
    for way_mm in (8..1200).step_by(56) {
        let mut world = World::new(1, Faults::default());
        world.open_and_feed(40);
        world.outage_when_first_is_at(way_mm);
        world.feed(0);
        world.feed(60);
        let good = world.line.tally().good;
        assert!(good >= 50, "outage at {way_mm} mm: {good} good");
    }
}

#[test]
fn a_lot_is_not_used_again_with_another_date() {
    let mut world = World::new(1, Faults::default());
    world.run_batch(5);
    world.command(crate::wire::OperatorCommand::CloseBatch);
    world.settle();
    let crate::wire::OperatorCommand::OpenBatch {
        product,
        gtin,
        lot,
        target,
        grade_min,
        text,
        ..
    } = open_batch()
    else {
        panic!("it opens a batch")
    };
    let expiry = "281231".parse().expect("a right date");
    world.command(crate::wire::OperatorCommand::OpenBatch {
        product,
        gtin,
        lot,
        expiry,
        target,
        grade_min,
        text,
        terms: OpeningTerms::default(),
        numbers: Default::default(),
    });
    world.settle();
    let refused = world.answers.last().expect("an answer").clone();
    assert!(refused.expect_err("refused").contains("271231"));
    assert!(world.line.batch().is_none());
}

#[test]
fn a_verdict_without_picture_never_passes() {
    let passes = std::panic::catch_unwind(|| Verdict::without_picture(Outcome::Pass));
    assert!(passes.is_err());
}
