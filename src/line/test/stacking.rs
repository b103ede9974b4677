//! Containers between the scan points of belts: whoever is overtaken went by unread, and all lanes stand.

use super::plan;
use super::restore::restore;
use super::rig::Rig;
use crate::line::packing::PackingPlan;
use crate::line::stacking::{ScanPlan, Turn};
use crate::line::stops::StopReason;
use crate::line::*;
use crate::packaging::{Hierarchy, LabelPlan, LevelCode, LevelPlan};
use crate::record::{ContainerCode, ContainerNo, Level, PackagingFact, RestoredStacking, Unit};

const CASES: PointId = PointId(8);
const PALLETS: PointId = PointId(9);

fn code(no: u64) -> ContainerCode {
    let sscc = crate::gs1::Sscc::of_body(39_521_234_000_000_000 + no);
    ContainerCode::Sscc(sscc.expect("it has 17 digits"))
}

fn stacking(in_order: bool) -> Plan {
    let level = |name: &str| LevelPlan {
        name: name.to_owned(),
        holds: 2,
        code: LevelCode::Sscc,
        mixed_lots: false,
        label: LabelPlan::Read,
        layer: None,
    };
    let point = |point, fills| ScanPlan {
        point,
        fills: Level(fills),
        closes: true,
        in_order,
    };
    Plan {
        packing: PackingPlan {
            hierarchy: Hierarchy {
                levels: vec![level("case"), level("pallet")],
            },
            points: vec![point(CASES, 1), point(PALLETS, 2)],
            ..PackingPlan::default()
        },
        ..plan(1)
    }
}

impl Rig {
    fn stacking(in_order: bool) -> Rig {
        Rig::running(stacking(in_order))
    }

    fn did(
        &mut self,
        fact: PackagingFact,
        point: Option<PointId>,
        full: Option<(Level, ContainerNo, ContainerCode)>,
    ) {
        self.tell(Event::Packaged {
            by: Actor::Station,
            signature: None,
            reason: None,
            point,
            facts: vec![Fact::Packaging(fact)],
            full,
            reply: ReplyTo(9),
        });
    }

    /// The last thing was put into this case.
    fn fills(&mut self, no: u64) {
        let put = PackagingFact::Put {
            container: ContainerNo(no),
            units: vec![Unit::Pack(PackNo(no))],
        };
        let full = (Level(1), ContainerNo(no), code(no));
        self.did(put, None, Some(full));
    }

    fn closes(&mut self, no: u64, point: Option<PointId>) {
        let closed = PackagingFact::Closed {
            container: ContainerNo(no),
            label: None,
            units: 2,
            partial: false,
            mixed: false,
        };
        self.did(closed, point, None);
    }

    fn stacks(&mut self, no: u64, point: Option<PointId>) {
        let put = PackagingFact::Put {
            container: ContainerNo(100),
            units: vec![Unit::Container(ContainerNo(no))],
        };
        self.did(put, point, None);
    }

    /// Which of these cases the alarm names.
    fn passed(&self, cases: std::ops::RangeInclusive<u64>) -> Vec<u64> {
        let view = self.line.view(self.now, 0);
        let alarm = view
            .alarms
            .iter()
            .find(|one| one.code == "container-unread");
        let text = alarm.filter(|one| one.active).map(|one| one.text.clone());
        let named = |no: &u64| {
            text.as_ref()
                .is_some_and(|text| text.contains(&code(*no).to_string()))
        };
        cases.filter(named).collect()
    }

    fn stands(&self) -> bool {
        self.line.lane.stops.in_force() == Some(StopReason::ContainerUnread)
    }
}

#[test]
fn a_label_that_is_read_before_that_of_an_older_case_stops_the_lanes_until_somebody_has_seen_to_it()
{
    let mut rig = Rig::stacking(true);
    (1..=4).for_each(|no| rig.fills(no));
    rig.closes(1, Some(CASES));
    assert_eq!((rig.passed(1..=4), rig.stands()), (vec![], false));
    rig.closes(3, Some(CASES));
    assert_eq!((rig.passed(1..=4), rig.stands()), (vec![2], true));
    rig.closes(2, None);
    assert_eq!((rig.passed(1..=4), rig.stands()), (vec![], false));
    rig.closes(4, Some(CASES));
    assert!(!rig.stands());
}

#[test]
fn a_case_that_a_pallet_got_unread_is_found_by_the_next_one() {
    let mut rig = Rig::stacking(true);
    for no in 1..=4 {
        rig.fills(no);
        rig.closes(no, Some(CASES));
    }
    rig.stacks(1, Some(PALLETS));
    rig.stacks(4, Some(PALLETS));
    assert_eq!((rig.passed(1..=4), rig.stands()), (vec![2, 3], true));
    let view = rig.line.view(rig.now, 0);
    assert_eq!(view.unread.len(), 2, "vidimus status lists them");
    rig.stacks(2, None);
    let lost = PackagingFact::Ended {
        unit: Unit::Container(ContainerNo(3)),
        end: crate::record::End::Lost,
    };
    rig.did(lost, None, None);
    assert_eq!((rig.passed(1..=4), rig.stands()), (vec![], false));
}

/// The person puts the missing one first into the pallet that is open: what was read behind it waits for that.
#[test]
fn what_is_read_behind_a_case_that_went_by_unread_waits_until_that_one_is_on_record() {
    let mut rig = Rig::stacking(true);
    for no in 1..=4 {
        rig.fills(no);
        rig.closes(no, Some(CASES));
    }
    let case = |no| Unit::Container(ContainerNo(no));
    let held = |rig: &Rig, no| rig.line.turn(PALLETS, case(no)) != Turn::Come;
    assert!(!held(&rig, 1));
    rig.stacks(1, Some(PALLETS));
    let (point, unit) = (PALLETS, case(3));
    assert_eq!(rig.line.turn(point, unit), Turn::Overtakes);
    rig.tell(Event::Overtook { point, unit });
    assert_eq!(
        rig.line.turn(point, unit),
        Turn::Waits,
        "the line has heard of it"
    );
    assert_eq!((rig.passed(1..=4), rig.stands()), (vec![2], true));
    assert!(held(&rig, 3) && held(&rig, 4) && !held(&rig, 2));
    rig.stacks(2, None);
    assert!(!held(&rig, 3) && held(&rig, 4) && !rig.stands());
    rig.stacks(3, Some(PALLETS));
    rig.stacks(4, Some(PALLETS));
    assert_eq!((rig.passed(1..=4), rig.stands()), (vec![], false));
}

/// Two cases of which one label may stick on the other: a person closes both, and both are waited for at the pallet.
#[test]
fn a_label_that_is_read_before_an_older_one_closes_nothing_by_itself() {
    let mut rig = Rig::stacking(true);
    (1..=3).for_each(|no| rig.fills(no));
    let (point, unit) = (CASES, Unit::Container(ContainerNo(2)));
    assert_eq!(rig.line.turn(point, unit), Turn::Overtakes);
    rig.tell(Event::Overtook { point, unit });
    let (name, why) = (format!("case {}", code(2)), "read too early".to_owned());
    rig.tell(Event::NotPacked { unit, name, why });
    assert_eq!((rig.passed(1..=3), rig.stands()), (vec![1, 2], true));
    let third = rig.line.turn(CASES, Unit::Container(ContainerNo(3)));
    assert_eq!(third, Turn::Come);
    rig.closes(3, Some(CASES));
    rig.closes(2, None);
    rig.closes(1, None);
    assert_eq!((rig.passed(1..=3), rig.stands()), (vec![], false));
    for no in 1..=3 {
        let case = |no| Unit::Container(ContainerNo(no));
        let turn = |no| rig.line.turn(PALLETS, case(no));
        assert!((no + 1..=3).all(|behind| turn(behind) == Turn::Overtakes));
        assert_eq!(turn(no), Turn::Come);
        rig.stacks(no, Some(PALLETS));
    }
    assert!(!rig.stands());
}

#[test]
fn a_case_that_is_closed_with_less_by_its_reader_goes_on_to_the_pallet_as_a_full_one() {
    let mut rig = Rig::stacking(true);
    (1..=2).for_each(|no| rig.fills(no));
    rig.closes(1, Some(CASES));
    let early = PackagingFact::Closed {
        container: ContainerNo(7),
        label: Some(format!(
            "]C1{}",
            code(7).to_string().replace(['(', ')'], "")
        )),
        units: 1,
        partial: true,
        mixed: false,
    };
    rig.did(early, Some(CASES), None);
    rig.closes(2, Some(CASES));
    rig.stacks(1, Some(PALLETS));
    rig.stacks(2, Some(PALLETS));
    assert_eq!((rig.passed(1..=7), rig.stands()), (vec![7], true));
    rig.stacks(7, Some(PALLETS));
    assert_eq!((rig.passed(1..=7), rig.stands()), (vec![], false));
}

#[test]
fn a_case_that_was_read_and_refused_at_the_pallet_stops_the_lanes() {
    let mut rig = Rig::stacking(true);
    rig.fills(1);
    for _again in 0..2 {
        rig.tell(Event::NotPacked {
            unit: Unit::Container(ContainerNo(1)),
            name: format!("case {}", code(1)),
            why: "pallets: case 1 is not closed".to_owned(),
        });
    }
    assert_eq!((rig.passed(1..=1), rig.stands()), (vec![1], true));
    assert_eq!(rig.line.view(rig.now, 0).unread.len(), 1, "once");
    rig.closes(1, None);
    assert!(!rig.stands());
}

#[test]
fn where_people_carry_in_an_order_of_their_own_nothing_is_concluded() {
    let mut rig = Rig::stacking(false);
    for no in 1..=3 {
        rig.fills(no);
    }
    for no in [3, 1, 2] {
        rig.closes(no, Some(CASES));
    }
    rig.stacks(2, Some(PALLETS));
    assert_eq!((rig.passed(1..=3), rig.stands()), (vec![], false));
}

#[test]
fn what_was_on_its_way_when_the_station_was_killed_is_waited_for_after_it() {
    let mut restored = restore(&[]);
    let one = |no: u64, closed| RestoredStacking {
        level: Level(1),
        container: ContainerNo(no),
        code: code(no),
        closed,
    };
    restored.packing.last = ContainerNo(4);
    restored.packing.stacking = vec![one(1, true), one(2, true), one(3, false), one(4, false)];
    let mut rig = Rig::new(stacking(true), restored);
    rig.stacks(2, Some(PALLETS));
    assert_eq!(rig.passed(1..=4), [1]);
    rig.closes(4, Some(CASES));
    assert_eq!(rig.passed(1..=4), [1, 3]);
}
