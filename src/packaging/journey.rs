//! Orders about journeys: ship, receive, return, hold, release, recall. PURE.

use super::decide::{Judge, Judged, Named, lives, may_be_handled, may_go_on, name};
use super::refusal::unanswered;
use super::{Refusal, Wrong};
use crate::gs1::{Gtin, Lot};
use crate::record::{
    ContainerNo, ContainerState, Fact, Identity, JourneyFact, Step, Subject, Unit,
};
use crate::wire::packaging::{ORDER_UNITS_MAX, PackagingOrder};

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
    } = order
    else {
        unreachable!("only journeys are judged here");
    };
    check_papers(documents)?;
    if units.is_empty() && lots.is_empty() || units.len() + lots.len() > ORDER_UNITS_MAX {
        return Err(Wrong::Count.because(format!(
            "The order names {} units and lots: 1 to {ORDER_UNITS_MAX} are wanted.",
            units.len() + lots.len()
        )));
    }
    let mut subjects = Vec::new();
    if !units.is_empty() {
        for unit in judge.find_all(units)? {
            judge.unit_may(*step, &unit)?;
            subjects.push(Subject::Unit(unit.standing.unit()));
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
        told_utc_ms: None,
    };
    let mut judged = Judged {
        facts: vec![Fact::Journey(fact)],
        told: Vec::new(),
    };
    judged.tell(format!("{count} {}.", step_words(*step)));
    Ok(judged)
}

/// A step in words.
fn step_words(step: Step) -> &'static str {
    match step {
        Step::Shipped => "shipped",
        Step::Received => "received",
        Step::Returned => "returned",
        Step::Held => "held",
        Step::Released => "released",
        Step::Recalled => "recalled",
        Step::RecallLifted => "no longer recalled",
    }
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
    fn unit_may(&self, step: Step, unit: &Named) -> Result<(), Refusal> {
        let name = &unit.name;
        let place = unit.standing.place.as_ref().map(|place| place.what);
        let nothing_to_lift = |what: &str| Wrong::NotHeld.because(format!("{name} is not {what}."));
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
                        .because(format!("{name} never left, so it cannot come back."))),
                }
            }
            Step::Held => {
                match &unit.standing.hold {
                    Some(hold) => Err(Wrong::Held
                        .because(format!("{name} is held already (record {}).", hold.seq))),
                    None => lives(unit),
                }
            }
            Step::Released => match unit.standing.hold.as_ref().map(|hold| hold.to) {
                None => Err(nothing_to_lift("held")),
                Some(to) if to == Some(unit.standing.unit()) => Ok(()),
                Some(_) => Err(Wrong::Held.because(format!(
                    "{name} is held with its lot or with what it is inside of: release that."
                ))),
            },
            Step::Recalled => match &unit.standing.recall {
                Some(recall) => Err(Wrong::Recalled.because(format!(
                    "{name} is recalled already (record {}).",
                    recall.seq
                ))),
                None => Ok(()),
            },
            Step::RecallLifted => match unit.standing.recall {
                None => Err(nothing_to_lift("recalled")),
                Some(_) => Ok(()),
            },
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
        let batches = match &unit.standing.identity {
            Identity::Pack(_) => return Ok(()),
            Identity::Container(container) if container.state == ContainerState::Closed => {
                self.all_closed_inside(container.container)?;
                let inside = self.holdings.batches_inside(container.container);
                inside.map_err(unanswered)?
            }
            Identity::Container(container) => {
                return Err(Wrong::NotClosed.because(format!(
                    "{name} is {}: close it, with its label read, before it travels.",
                    container.state.name()
                )));
            }
        };
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
        Ok(())
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
