//! Good packs behind the gate: the reader there is a device like another, and whoever was not read stops the lanes.

use super::plan;
use super::restore::restore;
use super::rig::Rig;
use crate::line::alarm::TOLD_MAX;
use crate::line::onward::PackReader;
use crate::line::packing::PackingPlan;
use crate::line::stacking::Turn;
use crate::line::stops::StopReason;
use crate::line::*;
use crate::record::{ContainerNo, End, Fate, LaneNo, PackNo, PackagingFact, RestoredOnward, Unit};
use crate::wire::{LotCommand, OperatorCommand};
use std::time::Duration;

const READER: PointId = PointId(7);

fn with_reader(behind_gate_max: usize) -> Plan {
    Plan {
        packing: PackingPlan {
            reader: Some(PackReader {
                point: READER,
                behind_gate_max,
                behind_gate: Duration::from_secs(5),
            }),
            ..PackingPlan::default()
        },
        ..plan(1)
    }
}

impl Rig {
    fn with_reader(behind_gate_max: usize) -> Rig {
        let mut rig = Rig::new(with_reader(behind_gate_max), restore(&[]));
        rig.tell(Event::PackReader(true));
        rig.make_run();
        assert!(
            !rig.sound_pack(1, 1),
            "the counts are learnt with the first one"
        );
        rig
    }

    /// A good pack passes the gate; its number.
    fn passes(&mut self, id: u32) -> PackNo {
        assert!(self.sound_pack(id, id as u16), "pack {id} passes");
        let gated = self
            .records
            .iter()
            .rev()
            .find_map(|record| match record.fact {
                Fact::Gated {
                    pack,
                    fate: Fate::Good,
                    ..
                } => Some(pack),
                _ => None,
            });
        gated.expect("the gate let it through")
    }

    fn put(&mut self, pack: PackNo, point: Option<PointId>) {
        let put = PackagingFact::Put {
            container: ContainerNo(1),
            units: vec![Unit::Pack(pack)],
        };
        self.packaged(put, point);
    }

    fn packaged(&mut self, fact: PackagingFact, point: Option<PointId>) {
        self.tell(Event::Packaged {
            by: Actor::Station,
            signature: None,
            reason: None,
            point,
            facts: vec![Fact::Packaging(fact)],
            full: None,
            reply: ReplyTo(9),
        });
    }

    /// The reader read it, and it could not be put on record.
    fn reads_in_vain(&mut self, pack: PackNo, why: String) {
        let (unit, name) = (Unit::Pack(pack), String::new());
        self.tell(Event::NotPacked { unit, name, why });
    }

    fn stop(&self) -> Option<StopReason> {
        self.line.lane.stops.in_force()
    }

    /// What the alarm says of packs that were not read; each that was told is on record.
    fn unread(&self) -> Option<String> {
        let view = self.line.view(self.now, 0);
        let mut alarms = view.alarms.into_iter();
        alarms
            .find(|one| one.code == "pack-unread" && one.active)
            .map(|one| one.text)
    }
}

/// The person puts the missing one into the case that is open: what was read behind it waits for that.
#[test]
fn what_is_read_behind_a_pack_that_was_not_waits_until_that_one_is_on_record() {
    let mut rig = Rig::with_reader(4);
    let [first, second, third] = [2, 3, 4].map(|id| rig.passes(id));
    let held = |rig: &Rig, pack| rig.line.turn(READER, Unit::Pack(pack)) != Turn::Come;
    assert!(!held(&rig, first) && held(&rig, second));
    let (point, unit) = (READER, Unit::Pack(second));
    assert_eq!(rig.line.turn(point, unit), Turn::Overtakes);
    rig.tell(Event::Overtook { point, unit });
    assert_eq!(
        rig.line.turn(point, unit),
        Turn::Waits,
        "the line has heard of it"
    );
    let told = rig.unread().expect("the first one was not read");
    assert!(told.contains(&format!("pack {}", first.0)), "{told}");
    assert_eq!(rig.stop(), Some(StopReason::PackUnread));
    assert!(held(&rig, second) && held(&rig, third) && !held(&rig, first));
    rig.put(first, None);
    assert!(rig.unread().is_none() && !held(&rig, second));
    rig.put(second, Some(READER));
    rig.put(third, Some(READER));
    assert!(rig.unread().is_none());
}

#[test]
fn without_the_reader_behind_the_gate_the_lane_stands_and_goes_on_by_itself() {
    let mut rig = Rig::with_reader(4);
    assert_eq!(rig.stop(), None);
    rig.tell(Event::PackReader(false));
    assert_eq!(rig.stop(), Some(StopReason::PackReader));
    assert_ne!(rig.line.lane.levels.stop_reason, 0, "the PLC is told");
    rig.tell(Event::PackReader(true));
    assert_eq!(rig.stop(), None);
}

#[test]
fn a_good_pack_that_is_overtaken_unread_stops_the_lane_and_is_named_until_somebody_has_seen_to_it()
{
    let mut rig = Rig::with_reader(4);
    let packs: Vec<PackNo> = (2..=5).map(|id| rig.passes(id)).collect();
    rig.put(packs[0], Some(READER));
    assert_eq!((rig.unread(), rig.stop()), (None, None));
    rig.put(packs[3], Some(READER));
    let told = rig.unread().expect("two were not read");
    for missed in &packs[1..3] {
        assert!(told.contains(&format!("pack {} (01)", missed.0)), "{told}");
        let detail = format!("pack {} (01)", missed.0);
        let on_record = |record: &Record| {
            matches!(&record.fact, Fact::AlarmRaised { alarm, detail: of }
            if alarm == "pack-unread" && of.starts_with(&detail))
        };
        assert!(rig.records.iter().any(on_record), "{detail}");
    }
    assert_eq!(rig.stop(), Some(StopReason::PackUnread));
    rig.order(OperatorCommand::Resume);
    assert_eq!(
        rig.stop(),
        Some(StopReason::PackUnread),
        "that they are on record is what counts"
    );
    rig.put(packs[1], None);
    let told = rig.unread().expect("one is left");
    assert!(!told.contains(&format!("pack {} ", packs[1].0)), "{told}");
    let ended = PackagingFact::Ended {
        unit: Unit::Pack(packs[2]),
        end: End::Destroyed,
    };
    rig.packaged(ended, None);
    assert_eq!((rig.unread(), rig.stop()), (None, None));
}

#[test]
fn a_good_pack_that_was_read_and_refused_stops_the_lane_and_no_batch_is_closed_before() {
    let mut rig = Rig::with_reader(4);
    let pack = rig.passes(2);
    let close = OperatorCommand::Lot(LotCommand::CloseExplained(Vec::new()));
    rig.order(close.clone());
    let refused = |rig: &Rig| {
        let last = rig.effects.iter().rev().find_map(|effect| match effect {
            Effect::Reply { answer, .. } => Some(answer.clone()),
            _ => None,
        });
        let why = last
            .expect("an order is answered")
            .expect_err("it is refused");
        assert!(why.contains(&format!("pack {} (01)", pack.0)), "{why}");
    };
    refused(&rig);
    let why = "packing: the case is held".to_owned();
    rig.reads_in_vain(pack, why);
    assert_eq!(rig.stop(), Some(StopReason::PackUnread));
    let view = rig.line.view(rig.now, 0);
    assert_eq!(view.unread.len(), 1);
    let told = |code: &str| view.alarms.iter().any(|one| one.code == code && one.active);
    assert!(told("pack-unread") && told("scan-refused"));
    rig.order(close);
    refused(&rig);
    rig.put(pack, None);
    assert_eq!((rig.unread(), rig.stop()), (None, None));
}

#[test]
fn what_a_person_packs_is_waited_for_no_longer() {
    let mut rig = Rig::with_reader(4);
    let packs: Vec<PackNo> = (2..=4).map(|id| rig.passes(id)).collect();
    rig.put(packs[1], None);
    rig.put(packs[0], Some(READER));
    rig.put(packs[2], Some(READER));
    assert_eq!((rig.unread(), rig.stop()), (None, None));
}

#[test]
fn more_good_packs_than_lie_between_gate_and_reader_mean_that_it_sees_nothing() {
    let mut rig = Rig::with_reader(2);
    let first = rig.passes(2);
    rig.passes(3);
    assert_eq!(rig.stop(), None);
    rig.passes(4);
    assert_eq!(rig.stop(), Some(StopReason::PackUnread));
    let told = rig.unread().expect("the first one was not read");
    assert!(told.contains(&format!("pack {} (", first.0)), "{told}");
}

#[test]
fn a_good_pack_whose_way_takes_longer_than_it_can_was_not_read_but_time_counts_only_while_the_machine_runs()
 {
    let mut rig = Rig::with_reader(4);
    let pack = rig.passes(2);
    rig.status.state = 2;
    rig.pass_time(60_000);
    assert_eq!(rig.stop(), None, "nothing moves while the machine stands");
    rig.status.state = 6;
    rig.pass_time(4_500);
    assert_eq!(rig.stop(), None);
    rig.pass_time(1_000);
    assert_eq!(rig.stop(), Some(StopReason::PackUnread));
    rig.put(pack, Some(READER));
    assert_eq!((rig.unread(), rig.stop()), (None, None), "it came late");
}

#[test]
fn a_pack_that_was_read_before_its_gate_rejects_it_is_in_the_wrong_bin_and_holds_nobody_for_its_record()
 {
    let mut rig = Rig::with_reader(4);
    rig.detect(2);
    let pack = rig.line.lane.belt[&rig.plc(2)].no;
    let why = "packing: the gate never said that it passed".to_owned();
    rig.reads_in_vain(pack, why);
    assert_eq!(rig.stop(), Some(StopReason::PackUnread));
    rig.gate(2, Fate::RejectedNoVerdict);
    assert_eq!(rig.unread(), None);
    assert_eq!(rig.stop(), Some(StopReason::WrongBin));
}

#[test]
fn what_was_behind_the_gate_when_the_station_was_killed_is_waited_for_after_it() {
    let mut restored = restore(&[]);
    let onward = |no: u64| RestoredOnward {
        lane: LaneNo::FIRST,
        pack: PackNo(no),
        serial: Some(format!("S{no}")),
    };
    restored.last_pack = PackNo(6);
    restored.packing.onward = vec![onward(5), onward(6)];
    let mut rig = Rig::new(with_reader(4), restored);
    rig.tell(Event::PackReader(true));
    rig.put(PackNo(6), Some(READER));
    let told = rig.unread().expect("pack 5 was not read");
    assert!(
        told.contains("pack 5") && !told.contains("pack 6"),
        "{told}"
    );
}

#[test]
fn what_must_not_be_behind_the_gate_is_a_pack_in_the_wrong_bin() {
    let mut rig = Rig::with_reader(4);
    let what = "packing: pack 3 was read behind the gates and did not pass as good";
    rig.tell(Event::StrangeRead(what.to_owned()));
    assert_eq!(rig.stop(), Some(StopReason::WrongBin));
    let view = rig.line.view(rig.now, 0);
    let alarm = view.alarms.iter().find(|one| one.code == "wrong-bin");
    assert!(alarm.is_some_and(|one| one.text.contains("pack 3")));
}

#[test]
fn each_refusal_that_differs_is_on_record_once_and_the_alarm_says_the_newest_and_how_many() {
    let mut rig = Rig::with_reader(4);
    let on_record = |rig: &Rig| -> Vec<String> {
        let facts = rig.records.iter().map(|record| &record.fact);
        let refused = facts.filter_map(|fact| match fact {
            Fact::AlarmRaised { alarm, detail } if alarm == "scan-refused" => Some(detail.clone()),
            _ => None,
        });
        refused.collect()
    };
    let says = |rig: &Rig, words: &str| {
        let view = rig.line.view(rig.now, 0);
        let alarm = view.alarms.iter().find(|one| one.code == "scan-refused");
        alarm.is_some_and(|alarm| alarm.active && alarm.text.ends_with(words))
    };
    for why in ["case: a", "case: b", "case: a"] {
        rig.tell(Event::ScanRefused(why.to_owned()));
    }
    assert_eq!(on_record(&rig), ["case: a", "case: b"]);
    assert!(says(&rig, "case: a (the newest of 3)"));
    let acknowledge = OperatorCommand::Acknowledge {
        alarm: "scan-refused".to_owned(),
    };
    rig.order(acknowledge);
    rig.tell(Event::ScanRefused("case: b".to_owned()));
    assert_eq!(on_record(&rig), ["case: a", "case: b", "case: b"]);
    assert!(says(&rig, "case: b"), "a new episode");
    // However many nonsense a reader sends, the records are bounded, and say so.
    (0..200).for_each(|no| rig.tell(Event::ScanRefused(format!("case: {no}"))));
    let told = on_record(&rig);
    assert_eq!(told.len(), 2 + TOLD_MAX + 1);
    let last = told.last().expect("there are many");
    assert!(last.starts_with("more than 64 different ones"), "{last}");
    assert!(says(&rig, "case: 199 (the newest of 201)"));
}
