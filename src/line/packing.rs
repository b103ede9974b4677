//! Good packs fill the open container behind the gate, in the order of the belt; and what people did with containers,
//! judged before against everything on record, goes on record here. PURE.

use super::Line;
use super::alarm::AlarmKind;
use super::effect::{Effect, Permissive};
use super::event::ReplyTo;
use super::onward::PackReader;
use super::people::Who;
use super::stacking::ScanPlan;
use crate::gs1::Sscc;
use crate::packaging::{Hierarchy, LabelPlan, LevelCode, LevelPlan, SsccRange};
use crate::record::{
    Actor, ContainerCode, ContainerNo, Fact, Level, PackagingFact, PointId, RestoredPacking,
    Signature, Tick, Unit,
};
use crate::wire::ContainerView;

/// What the station file says of packaging.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PackingPlan {
    /// The levels above the pack.
    pub hierarchy: Hierarchy,
    /// SSCCs that this station may give.
    pub sscc: Option<SsccRange>,
    /// Good packs fill containers of the first level by themselves.
    pub automatic: bool,
    /// The reader that sees good packs into containers of the first level.
    pub reader: Option<PackReader>,
    /// The scan points.
    pub points: Vec<ScanPlan>,
}

/// The container that good packs fall into.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Filling {
    container: ContainerNo,
    code: ContainerCode,
    holds: u32,
    inside: u32,
}

/// What is known of containers.
#[derive(Debug, Default)]
pub struct Packing {
    last: ContainerNo,
    last_sscc: Option<Sscc>,
    filling: Option<Filling>,
    /// The last record that speaks of containers or journeys.
    through: u64,
}

impl Packing {
    /// As it stood at the last commit.
    pub fn restored(restored: RestoredPacking) -> Packing {
        Packing {
            last: restored.last,
            last_sscc: restored.last_sscc,
            filling: restored.filling.map(|filling| Filling {
                container: filling.container,
                code: filling.code,
                holds: filling.holds,
                inside: filling.inside,
            }),
            through: 0,
        }
    }

    /// Takes note of what is on record from here on.
    fn note(&mut self, seq: u64, fact: &Fact) {
        let Fact::Packaging(fact) = fact else {
            if matches!(fact, Fact::Journey(_) | Fact::Partner(_)) {
                self.through = seq;
            }
            return;
        };
        self.through = seq;
        let own = |container: &ContainerNo| {
            self.filling
                .as_ref()
                .is_some_and(|filling| filling.container == *container)
        };
        match fact {
            PackagingFact::Begun {
                container, code, ..
            } => {
                self.last = *container;
                if let ContainerCode::Sscc(sscc) = code {
                    self.last_sscc = self.last_sscc.max(Some(*sscc));
                }
            }
            PackagingFact::Put { container, units } if own(container) => {
                let filling = self.filling.as_mut().expect("it is the open one");
                filling.inside += units.len() as u32;
                let full = filling.inside >= filling.holds;
                self.filling = self.filling.take().filter(|_| !full);
            }
            PackagingFact::Taken { container, units } if own(container) => {
                let filling = self.filling.as_mut().expect("it is the open one");
                filling.inside -= units.len() as u32;
            }
            PackagingFact::Closed { container, .. }
            | PackagingFact::Disaggregated { container }
                if own(container) =>
            {
                self.filling = None;
            }
            PackagingFact::Ended {
                unit: Unit::Container(container),
                ..
            } if own(container) => self.filling = None,
            _ => {}
        }
    }
}

impl PackingPlan {
    /// Whoever puts the last thing in, this level is filled by itself: what is full gets its label by itself too.
    pub fn labels_by_itself(&self, level: Level) -> bool {
        let filled = self.points.iter().any(|point| point.fills == level)
            || (self.automatic && level == Level(1));
        let plan = self.hierarchy.plan(level).filter(|_| filled);
        plan.is_some_and(|plan| plan.label.is_printed())
    }
}

impl Line {
    /// Everything that is known of containers and journeys is on disk: orders of people may be judged.
    pub fn packaging_on_disk(&self) -> bool {
        self.packing.through <= self.store.committed
    }

    /// The container that the next good pack falls into; begins one where none is open.
    pub(super) fn container_behind_gate(&mut self, now: Tick) -> Option<ContainerNo> {
        if !self.plan.packing.automatic {
            return None;
        }
        if self.packing.filling.is_none() {
            self.begin_container(now);
        }
        self.packing
            .filling
            .as_ref()
            .map(|filling| filling.container)
    }

    fn begin_container(&mut self, now: Tick) {
        let plan = self.plan.packing.hierarchy.plan(Level(1)).cloned();
        let plan = plan.expect("a station file that fills containers by itself has a level");
        let LevelCode::Sscc = plan.code else {
            return; // a label with a serial from outside is scanned by a person, who begins the container
        };
        let range = self
            .plan
            .packing
            .sscc
            .ok_or_else(|| "no sscc_prefix".to_owned());
        match range.and_then(|range| range.next(self.packing.last_sscc)) {
            Ok(sscc) => {
                self.clear_alarm(now, AlarmKind::Packing);
                self.begin_with(now, &plan, ContainerCode::Sscc(sscc));
            }
            Err(why) => self.raise(now, AlarmKind::Packing, why),
        }
    }

    fn begin_with(&mut self, now: Tick, plan: &LevelPlan, code: ContainerCode) {
        let container = ContainerNo(self.packing.last.0 + 1);
        let begun = PackagingFact::Begun {
            container,
            level: Level(1),
            name: plan.name.clone(),
            code: code.clone(),
            batch: self.batch.as_ref().map(|batch| batch.no),
            capacity: Some(plan.holds),
        };
        self.record_packaging(
            now,
            Who {
                actor: Actor::Station,
                reason: None,
            },
            None,
            Fact::Packaging(begun),
        );
        self.packing.filling = Some(Filling {
            container,
            code,
            holds: plan.holds,
            inside: 0,
        });
    }

    /// The pack just gated fell into the open container. A full one whose label nobody needs to read is closed.
    pub(super) fn fell_into_container(&mut self, now: Tick) {
        let last_seq = self.last_seq;
        let packing = &mut self.packing;
        let filling = packing.filling.as_mut().expect("a pack fell into it");
        filling.inside += 1;
        packing.through = last_seq;
        if filling.inside < filling.holds {
            return;
        }
        let full = packing.filling.take().expect("it is full");
        self.goes_to_its_label(Level(1), full.container, &full.code);
        let plan = self.plan.packing.hierarchy.plan(Level(1));
        match plan.map(|plan| &plan.label) {
            Some(LabelPlan::Read) => return, // it is closed when its label was read
            Some(LabelPlan::Printed { .. }) => {
                return self.label_due(now, full.container, full.code);
            }
            Some(LabelPlan::Unread) | None => {}
        }
        let closed = PackagingFact::Closed {
            container: full.container,
            label: None,
            units: full.inside,
            partial: false,
            mixed: false,
        };
        self.record_packaging(
            now,
            Who {
                actor: Actor::Station,
                reason: None,
            },
            None,
            Fact::Packaging(closed),
        );
    }

    fn record_packaging(&mut self, now: Tick, who: Who, point: Option<PointId>, fact: Fact) {
        let usual = match who.actor {
            Actor::Station => self.lane.plan.gate,
            _ => PointId::STATION,
        };
        let point = point.unwrap_or(usual);
        let Who { actor, reason } = who;
        self.record_by(now, point, actor, reason, fact.clone());
        self.packing.note(self.last_seq, &fact);
        if let Fact::Packaging(fact) = &fact {
            self.note_label(fact);
            self.onward_is_told(now, point, fact);
            self.stacking_is_told(now, point, fact);
        }
    }

    /// What a person did with containers was judged and goes on record; what is full by it gets its label. Numbers that
    /// were given meanwhile make it void.
    pub(super) fn packaged(
        &mut self,
        now: Tick,
        (who, point): (Who, Option<PointId>),
        signature: Option<Signature>,
        (facts, full): (Vec<Fact>, Option<(Level, ContainerNo, ContainerCode)>),
        reply: ReplyTo,
    ) {
        let done = self
            .may_record(&who)
            .and_then(|()| self.packaging_agrees(&facts));
        match done {
            Ok(()) => {
                let before = self.last_seq;
                for fact in facts {
                    self.record_packaging(now, who.clone(), point, fact);
                }
                self.record_signature(now, who, signature, before);
                self.permit(Permissive::Confirm { reply });
                if let Some((level, container, code)) = full {
                    self.goes_to_its_label(level, container, &code);
                    if self.plan.packing.labels_by_itself(level) {
                        self.label_due(now, container, code);
                    }
                }
            }
            Err(text) => self.effect(Effect::Reply {
                reply,
                answer: Err(text),
            }),
        }
    }

    /// What was judged was judged against everything on record, and numbers are the next ones.
    fn packaging_agrees(&self, facts: &[Fact]) -> Result<(), String> {
        let next = ContainerNo(self.packing.last.0 + 1);
        let stale = facts.iter().any(|fact| match fact {
            Fact::Packaging(PackagingFact::Begun { container, .. }) => *container != next,
            _ => false,
        });
        if stale || facts.is_empty() || !self.packaging_on_disk() {
            return Err("Packs moved on meanwhile and nothing was done: try again.".to_owned());
        }
        facts.iter().try_for_each(|fact| match fact {
            Fact::Packaging(fact) => self.label_can_be_printed(fact),
            _ => Ok(()),
        })
    }

    /// The open batch changed: its packs go into containers of their own.
    pub(super) fn batch_changed_behind_gate(&mut self) {
        self.packing.filling = None;
    }

    /// The container behind the gate, for screens.
    pub(super) fn container_view(&self) -> Option<ContainerView> {
        let filling = self.packing.filling.as_ref()?;
        let name = self.plan.packing.hierarchy.plan(Level(1))?.name.clone();
        Some(ContainerView {
            level: name,
            code: filling.code.to_string(),
            inside: filling.inside,
            holds: filling.holds,
        })
    }
}
