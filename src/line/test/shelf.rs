//! Shelved alarms: another place in the list for a time, and no other line.

use super::factory::{Faults, World};
use super::plan;
use super::restore::restore;
use super::rig::Rig;
use crate::line::alarm::AlarmKind;
use crate::line::*;
use crate::wire::{AlarmView, OperatorCommand, SHELVE_MINUTES_MAX};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

impl Rig {
    fn low_disk(&mut self, low: bool) {
        self.tell(Event::Disk(match low {
            true => DiskRoom::Low("9 % left".to_owned()),
            false => DiskRoom::Enough,
        }));
    }

    fn shelve(&mut self, alarm: &str, minutes: u16, reason: Option<&str>) -> Result<(), String> {
        let alarm = alarm.to_owned();
        self.kowal_orders(OperatorCommand::Shelve { alarm, minutes }, reason)
    }

    fn kowal_orders(
        &mut self,
        command: OperatorCommand,
        reason: Option<&str>,
    ) -> Result<(), String> {
        self.effects.clear();
        self.tell(Event::Operator {
            by: Actor::Named("M. Kowal".into()),
            signature: None,
            reason: reason.map(str::to_owned),
            command,
            reply: ReplyTo(7),
        });
        let mut answers = self.effects.iter().filter_map(|effect| match effect {
            Effect::Reply { answer, .. } => Some(answer.clone()),
            _ => None,
        });
        answers.next_back().expect("an answer")
    }

    fn alarm(&self, code: &str) -> Option<AlarmView> {
        let view = self.line.view(self.now, utc_ms(self.now));
        view.alarms.into_iter().find(|alarm| alarm.code == code)
    }

    /// The time comes, and the line is woken when it wants to be.
    fn wait(&mut self, time: Duration) {
        self.now = self.now + time;
        self.tell(Event::Woken);
    }

    fn ends_on_record(&self) -> Vec<&Actor> {
        let ends = self.records.iter();
        let ends = ends.filter(|record| matches!(record.fact, Fact::AlarmUnshelved { .. }));
        ends.map(|record| &record.actor).collect()
    }
}

/// The wall clock of these tests.
fn utc_ms(now: Tick) -> i64 {
    now.as_ms() as i64
}

#[test]
fn shelving_needs_a_reason_a_time_and_an_alarm() {
    let mut rig = Rig::new(plan(1), restore(&[]));
    rig.low_disk(true);
    for (alarm, minutes, reason, said) in [
        ("disk", 0, Some("ordered"), "1 to 480 minutes"),
        (
            "disk",
            SHELVE_MINUTES_MAX + 1,
            Some("ordered"),
            "not for 481",
        ),
        ("disk", 5, None, "reason"),
        ("disk", 5, Some(" "), "reason"),
        ("text", 5, Some("ordered"), "over already"),
        ("none", 5, Some("ordered"), "no alarm \"none\""),
    ] {
        let refused = rig.shelve(alarm, minutes, reason).expect_err(said);
        assert!(refused.contains(said), "{refused}");
    }
    let back = OperatorCommand::Unshelve {
        alarm: "disk".to_owned(),
    };
    let refused = rig
        .kowal_orders(back, None)
        .expect_err("it is in its place");
    assert!(refused.contains("not shelved"), "{refused}");
    assert_eq!(rig.alarm("disk").expect("it stands").shelved, None);
    assert_eq!(
        rig.shelve("disk", SHELVE_MINUTES_MAX, Some("ordered")),
        Ok(())
    );
}

#[test]
fn what_is_shelved_comes_back_by_itself_and_nobody_has_acknowledged_it() {
    let mut rig = Rig::new(plan(1), restore(&[]));
    rig.low_disk(true);
    rig.order(OperatorCommand::Acknowledge {
        alarm: "disk".to_owned(),
    });
    let counted = rig.line.view(rig.now, 0).alarm_rates.last_10_min;
    let from = rig.now;
    assert_eq!(rig.shelve("disk", 2, Some("disk ordered")), Ok(()));
    let shelved = rig
        .alarm("disk")
        .expect("it stands")
        .shelved
        .expect("shelved");
    assert_eq!(
        (shelved.by.as_str(), shelved.reason.as_str()),
        ("M. Kowal", "disk ordered")
    );
    assert_eq!(shelved.until_utc_ms, utc_ms(from + 2 * MINUTE));
    // Its cause goes and comes again: it stays where it is, is still to be seen, and counts for no flood.
    rig.low_disk(false);
    let gone = rig.alarm("disk").expect("it can be put back");
    assert_eq!(
        (gone.active, gone.acknowledged, gone.raised_utc_ms),
        (false, true, utc_ms(from))
    );
    rig.wait(MINUTE);
    rig.low_disk(true);
    assert!(rig.line.alarm_stands(AlarmKind::Disk));
    let view = rig.line.view(rig.now, 0);
    assert_eq!(view.alarm_rates.last_10_min, counted);
    assert_eq!(
        view.alarms.last().expect("alarms").code,
        "disk",
        "behind all others"
    );
    rig.order(OperatorCommand::Acknowledge {
        alarm: "disk".to_owned(),
    });
    assert!(
        rig.line
            .next_wake()
            .is_some_and(|at| at <= from + 2 * MINUTE)
    );
    rig.wait(MINUTE - Duration::from_millis(1));
    assert!(
        rig.alarm("disk")
            .is_some_and(|alarm| alarm.shelved.is_some())
    );
    assert_eq!(rig.ends_on_record(), Vec::<&Actor>::new());
    rig.wait(Duration::from_millis(1));
    let back = rig.alarm("disk").expect("it stands");
    assert_eq!(
        (back.shelved, back.active, back.acknowledged),
        (None, true, false)
    );
    assert_eq!(rig.ends_on_record(), [&Actor::Station]);
    // A person may do the same before the time is over.
    assert_eq!(rig.shelve("disk", 60, Some("disk ordered")), Ok(()));
    let alarm = "disk".to_owned();
    assert_eq!(
        rig.kowal_orders(OperatorCommand::Unshelve { alarm }, None),
        Ok(())
    );
    assert!(rig.alarm("disk").is_some_and(|alarm| alarm.is_unseen()));
    rig.wait(100 * MINUTE);
    assert_eq!(rig.ends_on_record().len(), 2, "once");
}

#[test]
fn after_a_restart_the_time_that_is_left_is_left() {
    let mut rig = Rig::new(plan(1), restore(&[]));
    rig.low_disk(true);
    assert_eq!(rig.shelve("disk", 10, Some("disk ordered")), Ok(()));
    let records = rig.records;
    // Minutes that the station was away, and the minutes that are left: none is gained by a clock that went back.
    for (away, left) in [(0, 10), (4, 6), (-30, 10), (10, 0), (9_999, 0)] {
        let mut restored = restore(&records);
        restored.utc_ms += away * 60_000;
        let mut rig = Rig::new(plan(2), restored);
        rig.low_disk(true);
        let shelved = rig.alarm("disk").expect("it stands").shelved;
        assert_eq!(shelved.is_some(), left > 0, "{away}");
        if let Some(shelved) = shelved {
            assert_eq!(
                (shelved.by.as_str(), shelved.reason.as_str()),
                ("M. Kowal", "disk ordered")
            );
            assert_eq!(shelved.until_utc_ms, left * 60_000, "{away}");
            rig.wait(MINUTE * u32::try_from(left).expect("a few"));
        }
        let back = rig.alarm("disk").expect("it stands");
        assert_eq!((back.shelved, back.acknowledged), (None, false), "{away}");
        assert_eq!(rig.ends_on_record(), [&Actor::Station], "{away}");
        // What ended is not there after the next start.
        let all: Vec<Record> = records.iter().chain(&rig.records).cloned().collect();
        assert_eq!(restore(&all).shelved, [], "{away}");
    }
}

/// The same factory with and without somebody who shelves every alarm as soon as it comes: every record, every verdict,
/// every stop and every fate is the same, at the same time.
#[test]
fn shelving_changes_nothing_but_the_list() {
    let mut shelved = 0;
    for seed in 1..=60 {
        let faults = Faults {
            // How long a commit takes is drawn for each: another record would be other luck.
            slow_disk: false,
            ..match seed % 2 {
                0 => Faults::worse(seed),
                _ => Faults::swarm(seed),
            }
        };
        let run = |shelves: bool| {
            let mut world = World::new(seed, faults);
            world.shelves = shelves;
            world.run_batch(60);
            world.check_against_truth();
            world
        };
        let (plain, other) = (run(false), run(true));
        assert_eq!(happened(&plain), happened(&other), "seed {seed}");
        assert_eq!(plain.good_bin(), other.good_bin(), "seed {seed}");
        let facts = other.disk.iter().map(|record| &record.fact);
        let shelving = facts.filter(|fact| matches!(fact, Fact::AlarmShelved { .. }));
        shelved += shelving.count();
    }
    assert!(shelved > 30, "{shelved} shelved");
}

/// Everything on record but that something was shelved, and but the numbers of the records.
fn happened(world: &World) -> Vec<Record> {
    let shelving = |record: &Record| {
        matches!(
            record.fact,
            Fact::AlarmShelved { .. } | Fact::AlarmUnshelved { .. }
        )
    };
    let others = world.disk.iter().filter(|record| !shelving(record));
    let without_numbers = |record: &Record| {
        let mut record = record.clone();
        record.seq = 0;
        if let Fact::Recovered(recovery) = &mut record.fact {
            recovery.since = 0;
        }
        record
    };
    others.map(without_numbers).collect()
}
