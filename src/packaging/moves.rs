//! Orders about containers and what is inside. PURE.

use super::decide::{Judge, Judged, Named, lives, may_be_handled, may_go_on, name};
use super::refusal::unanswered;
use super::{LevelCode, LevelPlan, Refusal, UnitCode, Wrong};
use crate::record::{
    BatchNo, ContainerCode, ContainerIdentity, ContainerNo, ContainerState, End, Fact, Identity,
    Level, PackagingFact, Standing, Unit,
};
use crate::wire::packaging::Seen;
use std::collections::BTreeMap;

/// A container that takes units, and how many more it holds.
struct Taking {
    named: Named,
    container: ContainerIdentity,
    batches: Vec<BatchNo>,
    mixed_lots: bool,
    room: Option<u32>,
}

impl Judge<'_> {
    pub(super) fn begin(&self, level: &str, code: Option<&str>) -> Result<Judged, Refusal> {
        let Some((number, plan)) = self.hierarchy.named(level) else {
            let names: Vec<&str> = self
                .hierarchy
                .levels
                .iter()
                .map(|one| one.name.as_str())
                .collect();
            return Err(Wrong::NotProvided.because(match names.is_empty() {
                true => {
                    "The station file has no [[level]]: add the levels of packaging.".to_owned()
                }
                false => format!("There is no level \"{level}\": {}.", names.join(", ")),
            }));
        };
        let code = self.code_for(plan, code)?;
        let last = self.holdings.last_container().map_err(unanswered)?;
        let container = ContainerNo(last.0 + 1);
        let mut judged = Judged::default();
        judged.tell(format!("{} {code} is open.", plan.name));
        judged.fact(begun(container, number, plan, code, None));
        Ok(judged)
    }

    /// The number of a new container: the one on its label, or the next one.
    fn code_for(&self, plan: &LevelPlan, scan: Option<&str>) -> Result<ContainerCode, Refusal> {
        let Some(scan) = scan else {
            return match &plan.code {
                LevelCode::Sscc => {
                    let next = self.holdings.next_sscc();
                    next.map(ContainerCode::Sscc)
                        .map_err(|why| Wrong::NotProvided.because(why))
                }
                LevelCode::Gtin(gtin) => Err(Wrong::Missing.because(format!(
                    "A {} has GTIN {} and a serial of its own: scan its label.",
                    plan.name,
                    gtin.as_str()
                ))),
            };
        };
        let code = UnitCode::of(scan)?.container();
        let fits = match (&plan.code, &code) {
            (LevelCode::Sscc, ContainerCode::Sscc(_)) => true,
            (LevelCode::Gtin(wanted), ContainerCode::Sgtin { gtin, .. }) => wanted == gtin,
            _ => false,
        };
        if !fits {
            let text = format!("{code} is no number of a {}: scan its label.", plan.name);
            return Err(Wrong::WrongLabel.because(text));
        }
        match self
            .holdings
            .find(&UnitCode::of(scan)?)
            .map_err(unanswered)?
        {
            None => Ok(code),
            Some(_) => Err(Wrong::NumberTaken.because(format!(
                "{code} was given before: use a new label and destroy this one."
            ))),
        }
    }

    pub(super) fn put(
        &self,
        into: &str,
        units: &[String],
        seen: Option<&Seen>,
    ) -> Result<Judged, Refusal> {
        let taking = self.taking(into)?;
        if let Some(seen) = seen {
            self.shows_a_layer(&taking, units.len(), seen)?;
        }
        let units = self.find_all(units)?;
        units.iter().try_for_each(|unit| self.is_loose(unit))?;
        let mut judged = Judged::default();
        self.put_into(&taking, &units, &mut judged)?;
        if let Some(seen) = seen {
            judged.fact(PackagingFact::Pictured {
                container: taking.container.container,
                picture: seen.picture,
                read: seen.read,
            });
        }
        Ok(judged)
    }

    /// A picture shows as many units as were expected of it, or as a layer has. A symbol that is torn or smeared may
    /// look like none: without a count its pack would be inside and not on record.
    fn shows_a_layer(&self, taking: &Taking, units: usize, seen: &Seen) -> Result<(), Refusal> {
        let plan = self.hierarchy.plan(taking.container.level);
        let wanted = seen.expected.or(plan.and_then(|plan| plan.layer));
        match wanted {
            Some(wanted) if wanted as usize != units => Err(Wrong::Count.because(format!(
                "{units} symbols were read in the picture, {wanted} are expected: nothing was put into {}. Look at \
                 the layer, and take a new picture.",
                taking.named.name
            ))),
            Some(_) => Ok(()),
            None => Err(Wrong::Missing.because(format!(
                "Say how many units the picture must show (--expect N), or set layer at the [[level]]: nothing was put \
                 into {}.",
                taking.named.name
            ))),
        }
    }

    /// The unit is not inside anything.
    fn is_loose(&self, unit: &Named) -> Result<(), Refusal> {
        match unit.standing.inside.first() {
            None => Ok(()),
            Some(parent) => Err(Wrong::AlreadyPacked.because(format!(
                "{} is already packed in {}: take it out or move it first.",
                unit.name,
                self.name_of(*parent)?
            ))),
        }
    }

    pub(super) fn take(&self, units: &[String]) -> Result<Judged, Refusal> {
        let units = self.find_all(units)?;
        let mut judged = Judged::default();
        self.take_out(&units, &mut judged)?;
        Ok(judged)
    }

    pub(super) fn shift(&self, into: &str, units: &[String]) -> Result<Judged, Refusal> {
        let taking = self.taking(into)?;
        let units = self.find_all(units)?;
        for unit in &units {
            if unit.standing.inside.first() == Some(&taking.container.container) {
                return Err(Wrong::AlreadyPacked.because(format!(
                    "{} is in {} already.",
                    unit.name, taking.named.name
                )));
            }
        }
        let mut judged = Judged::default();
        self.take_out(&units, &mut judged)?;
        self.put_into(&taking, &units, &mut judged)?;
        Ok(judged)
    }

    pub(super) fn replace(&self, out: &str, with: &str) -> Result<Judged, Refusal> {
        let units = self.find_all(&[out.to_owned(), with.to_owned()])?;
        let (out, with) = (&units[..1], &units[1..]);
        self.is_loose(&with[0])?;
        let mut judged = Judged::default();
        self.take_out(out, &mut judged)?;
        let parent = *out[0]
            .standing
            .inside
            .first()
            .expect("it was taken out of something");
        let standing = self.standing(Unit::Container(parent))?;
        let named = Named {
            name: name(&standing),
            standing,
        };
        let mut taking = self.taking_of(named)?;
        taking.room = taking.room.map(|room| room + 1);
        self.put_into(&taking, with, &mut judged)?;
        Ok(judged)
    }

    /// The container that is to take units; it is open.
    fn taking(&self, scan: &str) -> Result<Taking, Refusal> {
        let taking = self.taking_of(self.find_container(scan)?.0)?;
        match taking.container.state {
            ContainerState::Closed => Err(Wrong::ParentClosed.because(format!(
                "{} is closed: open it again first (vidimus pack reopen).",
                taking.named.name
            ))),
            _ => Ok(taking),
        }
    }

    fn taking_of(&self, named: Named) -> Result<Taking, Refusal> {
        let Identity::Container(container) = named.standing.identity.clone() else {
            unreachable!("only containers take units");
        };
        may_be_handled(&named)?;
        may_go_on(&named)?;
        self.is_loose(&named)?;
        let no = container.container;
        let mut batches = self.holdings.batches_inside(no).map_err(unanswered)?;
        if batches.is_empty() {
            batches.extend(container.batch);
        }
        Ok(Taking {
            batches,
            mixed_lots: self
                .hierarchy
                .plan(container.level)
                .is_some_and(|plan| plan.mixed_lots),
            room: container
                .capacity
                .map(|most| most.saturating_sub(container.inside)),
            named,
            container,
        })
    }

    fn put_into(
        &self,
        taking: &Taking,
        units: &[Named],
        judged: &mut Judged,
    ) -> Result<(), Refusal> {
        let into = &taking.named.name;
        if let Some(room) = taking.room.filter(|room| (*room as usize) < units.len()) {
            return Err(Wrong::Full.because(format!(
                "{into} has room for {room} more, and {} should go in: close it and begin the next.",
                units.len()
            )));
        }
        let mut batches = taking.batches.clone();
        for unit in units {
            may_be_handled(unit)?;
            may_go_on(unit)?;
            self.fits_below(taking, unit)?;
            self.fits_lots(taking, unit, &mut batches)?;
        }
        judged.fact(PackagingFact::Put {
            container: taking.container.container,
            units: units.iter().map(|unit| unit.standing.unit()).collect(),
        });
        if taking.room == u32::try_from(units.len()).ok() && !units.is_empty() {
            let container = &taking.container;
            judged.full = Some((container.level, container.container, container.code.clone()));
        }
        let inside = taking
            .container
            .capacity
            .zip(taking.room)
            .map(|(most, room)| format!(" of {most}: {}", most - room + units.len() as u32));
        judged.tell(format!(
            "{into} holds{}.",
            inside.unwrap_or_else(|| " it".to_owned())
        ));
        Ok(())
    }

    /// The unit is of a level below the container, and the container is not inside it.
    fn fits_below(&self, taking: &Taking, unit: &Named) -> Result<(), Refusal> {
        let into = &taking.named.name;
        let level = match &unit.standing.identity {
            Identity::Pack(_) => return Ok(()),
            Identity::Container(container) => {
                let own = container.container;
                if own == taking.container.container || taking.named.standing.inside.contains(&own)
                {
                    return Err(Wrong::Cycle.because(format!(
                        "{into} is inside {}, so that cannot go into it.",
                        unit.name
                    )));
                }
                if container.state != ContainerState::Closed {
                    return Err(Wrong::NotClosed.because(format!(
                        "{} is {}: close it, with its label read, before it is packed.",
                        unit.name,
                        container.state.name()
                    )));
                }
                container.level
            }
        };
        match level < taking.container.level {
            true => Ok(()),
            false => Err(Wrong::WrongLevel.because(format!(
                "{} cannot go into {into}: it is of the same level or above.",
                unit.name
            ))),
        }
    }

    /// Product and lot of the unit are those of what is inside, or the level may hold several lots.
    fn fits_lots(
        &self,
        taking: &Taking,
        unit: &Named,
        before: &mut Vec<BatchNo>,
    ) -> Result<(), Refusal> {
        let batches: Vec<BatchNo> = match &unit.standing.identity {
            Identity::Pack(pack) => pack.batch.into_iter().collect(),
            Identity::Container(container) => self
                .holdings
                .batches_inside(container.container)
                .map_err(unanswered)?,
        };
        let into = &taking.named.name;
        for batch in &batches {
            let (gtin, lot, expiry) = self.holdings.lot_of(*batch).map_err(unanswered)?;
            for inside in before.iter() {
                let (other, other_lot, _) = self.holdings.lot_of(*inside).map_err(unanswered)?;
                if other != gtin && !taking.mixed_lots {
                    return Err(Wrong::OtherProduct.because(format!(
                        "{} is GTIN {}, {into} holds GTIN {}.",
                        unit.name,
                        gtin.as_str(),
                        other.as_str()
                    )));
                }
                if other_lot != lot && !taking.mixed_lots {
                    return Err(Wrong::OtherLot.because(format!(
                        "{} is lot {} (expiry {}), {into} holds lot {}.",
                        unit.name,
                        lot.as_str(),
                        expiry.as_str(),
                        other_lot.as_str()
                    )));
                }
            }
        }
        before.extend(batches);
        Ok(())
    }

    /// The units come out of what they are directly inside of.
    fn take_out(&self, units: &[Named], judged: &mut Judged) -> Result<(), Refusal> {
        let mut out: BTreeMap<ContainerNo, Vec<Unit>> = BTreeMap::new();
        for unit in units {
            let Some(parent) = unit.standing.inside.first() else {
                return Err(
                    Wrong::NotInside.because(format!("{} is not inside anything.", unit.name))
                );
            };
            lives(unit)?;
            let standing = self.standing(Unit::Container(*parent))?;
            may_be_handled(&Named {
                name: name(&standing),
                standing,
            })?;
            out.entry(*parent).or_default().push(unit.standing.unit());
        }
        for (container, units) in out {
            let standing = self.standing(Unit::Container(container))?;
            if let Identity::Container(parent) = &standing.identity
                && parent.state == ContainerState::Closed
            {
                judged.tell(format!(
                    "{} changed: close it again, with a new label, before it travels.",
                    name(&standing)
                ));
            }
            judged.tell(format!("{} taken out of {}.", units.len(), name(&standing)));
            judged.fact(PackagingFact::Taken { container, units });
            self.change_around(&standing, judged)?;
        }
        Ok(())
    }

    /// What a changed container is inside of changed with it: its label may say what is not true any more.
    pub(super) fn change_around(
        &self,
        changed: &Standing,
        judged: &mut Judged,
    ) -> Result<(), Refusal> {
        for container in &changed.inside {
            let standing = self.standing(Unit::Container(*container))?;
            let reopened = Fact::Packaging(PackagingFact::Reopened {
                container: *container,
            });
            if let Identity::Container(outer) = &standing.identity
                && outer.state == ContainerState::Closed
                && !judged.facts.contains(&reopened)
            {
                judged.tell(format!(
                    "{} changed with it: close it again, with a new label, before it travels.",
                    name(&standing)
                ));
                judged.facts.push(reopened);
            }
        }
        Ok(())
    }

    pub(super) fn reopen(&self, scan: &str) -> Result<Judged, Refusal> {
        let (named, container) = self.find_container(scan)?;
        may_be_handled(&named)?;
        self.reason("Opening a container again")?;
        if container.state != ContainerState::Closed {
            return Err(Wrong::NotClosed.because(format!(
                "{} is {}: there is nothing to open.",
                named.name,
                container.state.name()
            )));
        }
        self.is_loose(&named)?;
        let mut judged = Judged::default();
        judged.fact(PackagingFact::Reopened {
            container: container.container,
        });
        judged.tell(format!(
            "{} is open: close it again before it travels.",
            named.name
        ));
        Ok(judged)
    }

    pub(super) fn disaggregate(&self, scan: &str) -> Result<Judged, Refusal> {
        let (named, container) = self.find_container(scan)?;
        may_be_handled(&named)?;
        self.reason("Disaggregating a container")?;
        self.is_loose(&named)?;
        let mut judged = Judged::default();
        judged.fact(PackagingFact::Disaggregated {
            container: container.container,
        });
        judged.tell(format!(
            "{} is no more; {} units are loose. Destroy its label.",
            named.name, container.inside
        ));
        Ok(judged)
    }

    pub(super) fn end(&self, scan: &str, end: End) -> Result<Judged, Refusal> {
        let named = self.find(scan)?;
        self.reason("Taking a unit out of use")?;
        match end {
            End::Sampled | End::Damaged | End::Reworked => may_be_handled(&named)?,
            End::Destroyed | End::Decommissioned | End::Dispensed | End::Lost => lives(&named)?,
        }
        if end == End::Dispensed {
            may_go_on(&named)?;
        }
        if end == End::Reworked && matches!(named.standing.identity, Identity::Container(_)) {
            return Err(Wrong::WrongLevel.because(format!(
                "{} is no pack: packs are reworked one by one, a container is disaggregated.",
                named.name
            )));
        }
        let mut judged = Judged::default();
        if let Some(parent) = named.standing.inside.first() {
            let unit = named.standing.unit();
            let standing = self.standing(Unit::Container(*parent))?;
            if standing.is_here() {
                judged.tell(format!(
                    "{} changed: close it again, with a new label, before it travels.",
                    name(&standing)
                ));
            }
            let (container, units) = (*parent, vec![unit]);
            judged.fact(PackagingFact::Taken { container, units });
            self.change_around(&standing, &mut judged)?;
        }
        judged.fact(PackagingFact::Ended {
            unit: named.standing.unit(),
            end,
        });
        judged.tell(format!("{} is out of use: {}.", named.name, end.name()));
        Ok(judged)
    }
}

/// The fact that a container was begun.
pub(super) fn begun(
    container: ContainerNo,
    level: Level,
    plan: &LevelPlan,
    code: ContainerCode,
    batch: Option<BatchNo>,
) -> PackagingFact {
    PackagingFact::Begun {
        container,
        level,
        name: plan.name.clone(),
        code,
        batch,
        capacity: Some(plan.holds),
    }
}
