//! Orders about journeys: ship, receive, return, hold, release, recall. PURE.

use super::decide::{Judge, Judged, Named, lives, may_be_handled, may_go_on, name};
use super::refusal::unanswered;
use super::{Refusal, Wrong};
use crate::gs1::{Gtin, Lot};
use crate::record::{
    ContainerNo, ContainerState, Fact, Identity, JourneyFact, PackagingFact, Stage, Step, Subject,
    Unit,
};
use crate::wire::packaging::{ORDER_UNITS_MAX, PackagingOrder};
use std::collections::BTreeMap;

/// Longest name of a paper, in characters.
const DOCUMENT_MAX: usize = 80;

/// Judges [`PackagingOrder::Travel`].
pub(super) fn travel(judge: &Judge<'_>, order: &PackagingOrder) -> Result<Judged, Refusal> {
    let PackagingOrder::Travel {
        step,
        units,
        lots,
        partner,
        documents,
        told_utc_ms,
    } = order
    else {
        unreachable!("only journeys are judged here");
    };
    check_papers(documents)?;
    if let Some(told) = told_utc_ms {
        judge.not_ahead(*told)?;
    }
    if units.is_empty() && lots.is_empty() || units.len() + lots.len() > ORDER_UNITS_MAX {
        return Err(Wrong::Count.because(format!(
            "The order names {} units and lots: 1 to {ORDER_UNITS_MAX} are wanted.",
            units.len() + lots.len()
        )));
    }
    let mut judged = Judged::default();
    let mut subjects = Vec::new();
    if !units.is_empty() {
        let units = judge.find_all(units)?;
        for unit in &units {
            judge.unit_may(*step, unit)?;
            if let Some(told) = told_utc_ms {
                judge.follows(unit, *told)?;
            }
            subjects.push(Subject::Unit(unit.standing.unit()));
        }
        if matches!(step, Step::Returned | Step::Received) {
            come_out(judge, &units, &mut judged)?;
        }
    }
    for (gtin, lot) in lots {
        judge.lot_may(*step, gtin, lot)?;
        let (gtin, lot) = (*gtin, lot.clone());
        subjects.push(Subject::Lot { gtin, lot });
    }
    match step {
        Step::Shipped if partner.is_none() => {
            let text = "Say where it goes: the partner's GLN is missing (--to GLN).";
            return Err(Wrong::Missing.because(text));
        }
        Step::Held | Step::Released | Step::Recalled | Step::RecallLifted => {
            judge.reason("A hold, a release or a recall")?;
        }
        _ => {}
    }
    let count = subjects.len();
    let fact = JourneyFact {
        step: *step,
        subjects,
        partner: *partner,
        documents: documents.clone(),
        told_utc_ms: *told_utc_ms,
    };
    judged.facts.push(Fact::Journey(fact));
    judged.tell(format!("{count} {}.", step.name()));
    Ok(judged)
}

/// The record by which the unit itself was stopped, or what it brought along out of a container.
fn of_itself(unit: &Named, stops: &[Stage<Step>]) -> Option<u64> {
    let inside = &unit.standing.inside;
    let own = |stop: &&Stage<Step>| match stop.to {
        None => false,
        Some(Unit::Container(container)) if inside.contains(&container) => false,
        Some(_) => true,
    };
    stops.iter().find(own).map(|stop| stop.seq)
}

/// There is a stop of the unit itself that can be lifted.
fn liftable(unit: &Named, stops: &[Stage<Step>], wrong: Wrong) -> Result<(), Refusal> {
    let (name, how) = (&unit.name, wrong.name());
    match (of_itself(unit, stops), stops.is_empty()) {
        (Some(_), _) => Ok(()),
        (None, true) => Err(Wrong::NotHeld.because(format!("{name} is not {how}."))),
        (None, false) => Err(wrong.because(format!(
            "{name} is {how} with its lot or with what it is inside of: name that."
        ))),
    }
}

/// What comes back, or arrives somewhere, alone is not inside any more of what it left in.
fn come_out(judge: &Judge<'_>, units: &[Named], judged: &mut Judged) -> Result<(), Refusal> {
    let mut out: BTreeMap<ContainerNo, Vec<Unit>> = BTreeMap::new();
    for unit in units {
        if let Some(parent) = unit.standing.inside.first() {
            out.entry(*parent).or_default().push(unit.standing.unit());
        }
    }
    for (container, units) in out {
        judged.fact(PackagingFact::Taken { container, units });
        let parent = judge.standing(Unit::Container(container))?;
        judge.change_around(&parent, judged)?;
    }
    Ok(())
}

fn check_papers(documents: &[String]) -> Result<(), Refusal> {
    let odd = documents.iter().find(|name| {
        name.trim().is_empty()
            || name.chars().count() > DOCUMENT_MAX
            || name.chars().any(char::is_control)
    });
    match odd {
        Some(_) => Err(Wrong::Missing.because(format!(
            "A paper's name has 1 to {DOCUMENT_MAX} printable characters."
        ))),
        None => Ok(()),
    }
}

impl Judge<'_> {
    /// What is said to have happened has happened.
    fn not_ahead(&self, told_utc_ms: i64) -> Result<(), Refusal> {
        match told_utc_ms > self.holdings.now_utc_ms() {
            true => Err(Wrong::Contradicts.because(
                "The time it is said to have happened is ahead of this station's clock: correct it (--happened TIME).",
            )),
            false => Ok(()),
        }
    }

    /// It happened after what is on record of the unit's journey so far.
    fn follows(&self, unit: &Named, told_utc_ms: i64) -> Result<(), Refusal> {
        let Some(place) = &unit.standing.place else {
            return Ok(());
        };
        let before = self.holdings.time_of_step(place.seq).map_err(unanswered)?;
        match told_utc_ms < before {
            true => Err(Wrong::Contradicts.because(format!(
                "{} was {} after that (record {}): correct the time (--happened TIME).",
                unit.name,
                place.what.name(),
                place.seq
            ))),
            false => Ok(()),
        }
    }

    fn unit_may(&self, step: Step, unit: &Named) -> Result<(), Refusal> {
        let name = &unit.name;
        let place = unit.standing.place.as_ref().map(|place| place.what);
        match step {
            Step::Shipped => self.may_be_shipped(unit),
            Step::Received => {
                lives(unit)?;
                match place {
                    Some(Step::Shipped) => Ok(()),
                    _ => Err(Wrong::Elsewhere.because(format!(
                        "{name} is not on its way, so nobody can have received it."
                    ))),
                }
            }
            Step::Returned => {
                lives(unit)?;
                match place {
                    Some(Step::Shipped | Step::Received) => Ok(()),
                    _ => Err(Wrong::Elsewhere
                        .because(format!("{name} is here, so it cannot come back."))),
                }
            }
            Step::Held => match of_itself(unit, &unit.standing.holds) {
                Some(seq) => {
                    Err(Wrong::Held.because(format!("{name} is held already (record {seq}).")))
                }
                None => lives(unit),
            },
            Step::Released => liftable(unit, &unit.standing.holds, Wrong::Held),
            Step::Recalled => {
                match of_itself(unit, &unit.standing.recalls) {
                    Some(seq) => Err(Wrong::Recalled
                        .because(format!("{name} is recalled already (record {seq})."))),
                    None => Ok(()),
                }
            }
            Step::RecallLifted => liftable(unit, &unit.standing.recalls, Wrong::Recalled),
        }
    }

    /// It is whole, here, on its own, and neither it nor anything inside is held or recalled.
    fn may_be_shipped(&self, unit: &Named) -> Result<(), Refusal> {
        let name = &unit.name;
        may_be_handled(unit)?;
        may_go_on(unit)?;
        if let Some(top) = unit.standing.inside.last() {
            return Err(Wrong::AlreadyPacked.because(format!(
                "{name} is packed in {}: ship that, or take it out.",
                self.name_of(*top)?
            )));
        }
        let Identity::Container(container) = &unit.standing.identity else {
            return Ok(());
        };
        let no = container.container;
        self.nothing_stopped_inside(name, no)?;
        let batches = self.holdings.batches_inside(no).map_err(unanswered)?;
        for batch in batches {
            let (gtin, lot, _) = self.holdings.lot_of(batch).map_err(unanswered)?;
            let stands = self
                .holdings
                .lot_standing(&gtin, &lot)
                .map_err(unanswered)?;
            if stands.recalled {
                return Err(Wrong::Recalled.because(format!(
                    "{name} holds packs of lot {}, which is recalled: set it aside.",
                    lot.as_str()
                )));
            }
            if stands.held {
                return Err(Wrong::Held.because(format!(
                    "{name} holds packs of lot {}, which is held: quality must release it first.",
                    lot.as_str()
                )));
            }
        }
        if container.state != ContainerState::Closed {
            return Err(Wrong::NotClosed.because(format!(
                "{name} is {}: close it, with its label read, before it travels.",
                container.state.name()
            )));
        }
        self.all_closed_inside(no)
    }

    /// Every container inside, at any depth, is closed: what its label says is what it holds.
    fn all_closed_inside(&self, container: ContainerNo) -> Result<(), Refusal> {
        let inside = self.holdings.containers_inside(container);
        for inner in inside.map_err(unanswered)? {
            let standing = self.standing(Unit::Container(inner))?;
            if let Identity::Container(row) = &standing.identity
                && row.state != ContainerState::Closed
            {
                return Err(Wrong::NotClosed.because(format!(
                    "{} inside is {}: close it, with its label read, before it travels.",
                    name(&standing),
                    row.state.name()
                )));
            }
            self.all_closed_inside(inner)?;
        }
        Ok(())
    }

    /// Nothing inside is held or recalled by itself.
    fn nothing_stopped_inside(&self, name: &str, container: ContainerNo) -> Result<(), Refusal> {
        let stopped = self.holdings.stopped_inside(container);
        let Some(unit) = stopped.map_err(unanswered)? else {
            return Ok(());
        };
        let standing = self.standing(unit)?;
        let wrong = match standing.recall() {
            Some(_) => Wrong::Recalled,
            None => Wrong::Held,
        };
        Err(wrong.because(format!(
            "{} inside {name} is {}: take it out, or have quality release it.",
            super::decide::name(&standing),
            wrong.name()
        )))
    }

    fn lot_may(&self, step: Step, gtin: &Gtin, lot: &Lot) -> Result<(), Refusal> {
        let name = format!("lot {} of GTIN {}", lot.as_str(), gtin.as_str());
        let stands = self.holdings.lot_standing(gtin, lot).map_err(unanswered)?;
        if !stands.known {
            return Err(Wrong::Unknown.because(format!("{name} was never run at this station.")));
        }
        let wrong = |wrong: Wrong, how: &str| Err(wrong.because(format!("{name} is {how}.")));
        match step {
            Step::Held if stands.held => wrong(Wrong::Held, "held already"),
            Step::Released if !stands.held => wrong(Wrong::NotHeld, "not held"),
            Step::Recalled if stands.recalled => wrong(Wrong::Recalled, "recalled already"),
            Step::RecallLifted if !stands.recalled => wrong(Wrong::NotHeld, "not recalled"),
            Step::Held | Step::Released | Step::Recalled | Step::RecallLifted => Ok(()),
            Step::Shipped | Step::Received | Step::Returned => Err(Wrong::Missing.because(format!(
                "{name} does not travel as a whole: name what was shipped, received or returned."
            ))),
        }
    }
}
