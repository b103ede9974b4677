//! Full containers past the readers of their points: to the reading of their label, and closed into one of a level
//! above. PURE.
//!
//! On a belt nobody overtakes. A label that is read while an older full container still waits for the reading of its
//! own may stick on that one; a closed container that is put while an older one still waits to be put leaves that one
//! in a container that no record tells of. Either stops all lanes until a person has put the older one right, and
//! what was read behind it waits as long, so that it goes where it lies; so do contents that were read and could not
//! be put. Where people carry containers in an order of their own, the point says so (`order = "free"`), and nothing
//! is concluded from what comes later.
//!
//! A label that comes by a second time sticks on another container than the one it was printed for, and each one behind
//! it may bear that of the one before: a person looks before anything goes on.
//!
//! ```text
//! full ──▶ closing ──own label read──▶ upward ──read at a point above, put──▶ forgotten
//!            └── a later one was read ──▶ passed: all lanes stand ◀── a later one was put ──┘
//! ```

use super::Line;
use super::alarm::{AlarmKind, Several};
use super::stops::StopReason;
use super::way::{Loose, Way};
use crate::packaging::UnitCode;
use crate::record::{
    ContainerCode, ContainerNo, Level, PackagingFact, PointId, RestoredStacking, Tick, Unit,
};
use std::collections::BTreeMap;

/// Whether what a reader saw may go on record now: things lie in a container in the order in which they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is next.
    Come,
    /// It came before others that were not read, and the line has not heard of it: it waits for them.
    Overtakes,
    /// Others before it went by unread, and nobody has put them right: it waits for that.
    Waits,
}

/// A scan point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanPlan {
    /// Which.
    pub point: PointId,
    /// The level of the containers that it fills.
    pub fills: Level,
    /// Their labels are read there and close them; not where packs are read.
    pub closes: bool,
    /// Everything passes there in the order in which it came to be.
    pub in_order: bool,
}

/// Containers on their way, by their level.
#[derive(Debug, Default)]
pub struct Stacking {
    /// Full ones whose label is to be read.
    closing: BTreeMap<Level, Way>,
    /// Closed ones that are to be put into one of a level above.
    upward: BTreeMap<Level, Way>,
    passed: Vec<Passed>,
}

/// One that went by unread.
#[derive(Debug)]
struct Passed {
    one: Loose,
    /// It is of this level, and its label was not read.
    unlabelled: Option<Level>,
}

impl Stacking {
    /// Those that went by unread and that nobody has put right.
    pub fn passed(&self) -> impl Iterator<Item = &Loose> {
        self.passed.iter().map(|passed| &passed.one)
    }

    /// It is closed, and waits to be put into another one.
    fn goes_up(&self, unit: Unit) -> bool {
        let mut waiting = self.upward.values().flat_map(Way::iter);
        waiting.any(|one| one.unit == unit)
    }

    /// This one waits for its label no more; with its level and name, where it waited for that or was missed.
    fn closed(&mut self, unit: Unit) -> Option<(Level, String)> {
        let mut ways = self.closing.iter_mut();
        let waited = ways.find_map(|(level, way)| Some((*level, way.take(unit)?.name)));
        let mut passed = self.passed.iter();
        let missed = || {
            let one = passed.find(|passed| passed.one.unit == unit)?;
            Some((one.unlabelled?, one.one.name.clone()))
        };
        waited.or_else(missed)
    }

    /// Takes this one off every way.
    fn take(&mut self, unit: Unit) -> Option<Loose> {
        let ways = self.closing.values_mut().chain(self.upward.values_mut());
        let mut taken = None;
        for way in ways {
            taken = way.take(unit).or(taken);
        }
        taken
    }
}

impl Line {
    fn scan_plan(&self, point: PointId) -> Option<ScanPlan> {
        let mut points = self.plan.packing.points.iter();
        points.find(|plan| plan.point == point).copied()
    }

    /// A point on a belt where labels of this level are read.
    fn closes_in_order(&self, level: Level) -> bool {
        let mut points = self.plan.packing.points.iter();
        let labels = self.plan.packing.hierarchy.plan(level);
        labels.is_some_and(|plan| plan.label.is_read())
            && points.any(|plan| plan.closes && plan.in_order && plan.fills == level)
    }

    /// A point on a belt where closed containers of this level are put into others.
    fn stacks_in_order(&self, level: Level) -> bool {
        let mut points = self.plan.packing.points.iter();
        points.any(|plan| plan.closes && plan.in_order && plan.fills > level)
    }

    fn container_name(&self, level: Level, code: &ContainerCode) -> String {
        let plan = self.plan.packing.hierarchy.plan(level);
        let name = plan.map_or("container", |plan| &plan.name);
        format!("{name} {code}")
    }

    /// Whether what was read at this point is next. The label of a container waits for those of older ones only.
    pub fn turn(&self, point: PointId, unit: Unit) -> Turn {
        if let Unit::Pack(_) = unit {
            return self.turn_of_pack(unit);
        }
        let Some(plan) = self.scan_plan(point).filter(|plan| plan.in_order) else {
            return Turn::Come;
        };
        let stacking = &self.stacking;
        let behind = |(_, way): (&Level, &Way)| way.is_behind(unit);
        let mut closing = stacking.closing.range(plan.fills..=plan.fills);
        let mut upward = stacking.upward.range(..plan.fills);
        if closing.any(behind) || upward.any(behind) {
            Turn::Overtakes
        } else if stacking.goes_up(unit) && !stacking.passed.is_empty() {
            Turn::Waits
        } else {
            Turn::Come
        }
    }

    /// A reader on a belt saw this one while others before it were not read.
    pub(super) fn overtook(&mut self, now: Tick, point: PointId, unit: Unit) {
        if let Unit::Pack(_) = unit {
            return self.pack_overtook(now, unit);
        }
        let Some(plan) = self.scan_plan(point).filter(|plan| plan.in_order) else {
            return;
        };
        let waiting = self.stacking.closing.get_mut(&plan.fills);
        let unlabelled = waiting.map_or(Vec::new(), |way| way.overtaken_by(unit));
        let mut closed = Vec::new();
        let below = self.stacking.upward.range_mut(..plan.fills);
        below.for_each(|(_, way)| closed.extend(way.overtaken_by(unit)));
        self.went_by(now, Some(plan.fills), unlabelled);
        self.went_by(now, None, closed);
    }

    /// What was on its way when the station ended, as the records tell it, the oldest first.
    pub(super) fn restore_stacking(&mut self, containers: Vec<RestoredStacking>) {
        for one in containers {
            let name = self.container_name(one.level, &one.code);
            let loose = Loose::new(Unit::Container(one.container), name);
            let ways = match one.closed {
                true => &mut self.stacking.upward,
                false => &mut self.stacking.closing,
            };
            ways.entry(one.level).or_default().push(loose);
        }
    }

    /// A container is full: on to the reading of its label.
    pub(super) fn goes_to_its_label(
        &mut self,
        level: Level,
        no: ContainerNo,
        code: &ContainerCode,
    ) {
        if self.closes_in_order(level) {
            let loose = Loose::new(Unit::Container(no), self.container_name(level, code));
            self.stacking.closing.entry(level).or_default().push(loose);
        }
    }

    /// What went on record of containers, by the point where it happened.
    pub(super) fn stacking_is_told(&mut self, now: Tick, point: PointId, fact: &PackagingFact) {
        let here = self
            .scan_plan(point)
            .filter(|plan| plan.closes && plan.in_order);
        match fact {
            PackagingFact::Closed {
                container,
                label,
                partial,
                ..
            } => {
                // One that is not full was not waited for; where its label is read, it goes on with the others.
                let early = here.filter(|_| *partial).map(|here| {
                    let name = self.name_on(here.fills, label.as_deref());
                    (here.fills, name)
                });
                self.was_closed(now, here, (Unit::Container(*container), early));
            }
            PackagingFact::Put { units, .. } => {
                for unit in units {
                    self.put_right(now, *unit);
                    self.was_put(now, here, *unit);
                }
            }
            PackagingFact::Reopened { container } | PackagingFact::Disaggregated { container } => {
                let unit = Unit::Container(*container);
                self.put_right(now, unit);
                self.stacking.take(unit);
            }
            PackagingFact::Ended { unit, .. } => {
                self.put_right(now, *unit);
                self.stacking.take(*unit);
            }
            _ => {}
        }
    }

    /// What people know a container by whose label was read.
    fn name_on(&self, level: Level, label: Option<&str>) -> String {
        let mut scans = label.unwrap_or_default().split(' ');
        let code = scans.find_map(|scan| UnitCode::of(scan).ok());
        let code = code.map(|code| code.container());
        code.map_or_else(
            || "a container that is not full".to_owned(),
            |code| self.container_name(level, &code),
        )
    }

    /// The label of this one was read at its point, or a person closed it: on to the container above, behind those that
    /// are older. Its level and name, where it was not waited for.
    fn was_closed(
        &mut self,
        now: Tick,
        here: Option<ScanPlan>,
        (unit, early): (Unit, Option<(Level, String)>),
    ) {
        let level = here.map(|here| here.fills);
        let waiting = level.and_then(|level| self.stacking.closing.get_mut(&level));
        let before = waiting.map_or(Vec::new(), |way| way.overtaken_by(unit));
        let known = self.stacking.closed(unit).or(early);
        self.put_right(now, unit);
        if let Some((level, name)) = known.filter(|(level, _)| self.stacks_in_order(*level)) {
            let way = self.stacking.upward.entry(level).or_default();
            // Past the reader they go in its order; of one that a person closed only its age is known.
            match here {
                Some(_) => way.push(Loose::new(unit, name)),
                None => way.insert(Loose::new(unit, name)),
            }
        }
        self.went_by(now, level, before);
    }

    /// This one was put into another, at this point if it is one on a belt.
    fn was_put(&mut self, now: Tick, here: Option<ScanPlan>, unit: Unit) {
        let mut before = Vec::new();
        for (level, way) in &mut self.stacking.upward {
            match here.filter(|here| here.fills > *level) {
                Some(_) => before.extend(way.read(unit).1),
                None => drop(way.take(unit)),
            }
        }
        self.went_by(now, None, before);
    }

    /// What goes into a container at a point on a belt was read there, and could not be put on record.
    pub(super) fn not_taken_in(&mut self, now: Tick, (unit, name): (Unit, String), why: &str) {
        match unit {
            Unit::Pack(pack) => self.not_packed(now, pack, why),
            Unit::Container(_) => {
                self.raise_told(now, AlarmKind::ScanRefused, why);
                let level = self.stacking.closed(unit).map(|(level, _)| level);
                self.stacking.take(unit);
                if self.stacking.passed().all(|one| one.unit != unit) {
                    self.went_by(now, level, vec![Loose::new(unit, name)]);
                }
            }
        }
    }

    /// Two containers bear the same label, and those behind the second one may bear that of the one before them: all
    /// lanes stand until a person has looked.
    pub(super) fn label_doubled(&mut self, now: Tick, what: &str) {
        self.raise_each(now, AlarmKind::LabelDoubled, what.to_owned());
        self.on_each_lane(|line| line.latch(now, StopReason::LabelDoubled));
    }

    fn went_by(&mut self, now: Tick, unlabelled: Option<Level>, containers: Vec<Loose>) {
        for one in containers {
            self.raise_each(now, AlarmKind::ContainerUnread, one.name.clone());
            self.stacking.passed.push(Passed { one, unlabelled });
            self.tell_passed(now);
        }
    }

    /// Something was done with this one: whoever did it has seen it.
    fn put_right(&mut self, now: Tick, unit: Unit) {
        let before = self.stacking.passed.len();
        self.stacking
            .passed
            .retain(|passed| passed.one.unit != unit);
        if self.stacking.passed.len() < before {
            self.tell_passed(now);
        }
    }

    fn tell_passed(&mut self, now: Tick) {
        let mut names = Several::default();
        let passed = self.stacking.passed();
        passed.for_each(|one| names.add(one.name.clone()));
        match self.stacking.passed.is_empty() {
            true => self.clear_alarm(now, AlarmKind::ContainerUnread),
            false => self.alarm_now_says(AlarmKind::ContainerUnread, names.text()),
        }
    }
}
