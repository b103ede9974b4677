//! The judgement of an order: what it names is found, looked at, and either facts follow or one refusal. PURE.

use super::refusal::unanswered;
use super::{Hierarchy, Holdings, Refusal, UnitCode, Wrong, journey, partner};
use crate::record::{
    ContainerCode, ContainerIdentity, ContainerNo, Fact, Identity, Level, PackagingFact, Standing,
    Step, Unit,
};
use crate::wire::packaging::{ORDER_UNITS_MAX, PackagingOrder};

/// What follows from an order that is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judged {
    /// The facts to be recorded, together.
    pub facts: Vec<Fact>,
    /// What whoever gave the order must know or do next, as sentences.
    pub told: Vec<String>,
    /// The container that is full by it.
    pub full: Option<(Level, ContainerNo, ContainerCode)>,
}

impl Judged {
    pub(super) fn fact(&mut self, fact: PackagingFact) {
        self.facts.push(Fact::Packaging(fact));
    }

    pub(super) fn tell(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.told.contains(&text) {
            self.told.push(text);
        }
    }
}

/// A unit that an order names: as it was named, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub name: String,
    pub standing: Standing,
}

/// Judges one order.
pub(super) struct Judge<'a> {
    pub hierarchy: &'a Hierarchy,
    pub holdings: &'a dyn Holdings,
    /// Why, as the person said.
    pub reason: Option<&'a str>,
}

/// What follows from an order that somebody gave with this reason.
///
/// # Errors
/// The first thing that is wrong with it; nothing follows then.
pub fn decide(
    order: &PackagingOrder,
    reason: Option<&str>,
    hierarchy: &Hierarchy,
    holdings: &dyn Holdings,
) -> Result<Judged, Refusal> {
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    let judge = Judge {
        hierarchy,
        holdings,
        reason,
    };
    match order {
        PackagingOrder::Begin { level, code } => judge.begin(level, code.as_deref()),
        PackagingOrder::Put { into, units, seen } => judge.put(into, units, seen.as_ref()),
        PackagingOrder::Take { units } => judge.take(units),
        PackagingOrder::Move { into, units } => judge.shift(into, units),
        PackagingOrder::Replace { out, with } => judge.replace(out, with),
        PackagingOrder::Close {
            container,
            labels,
            seen,
            partial,
        } => judge.close(container, labels, seen.as_ref(), *partial),
        PackagingOrder::Label { container } => judge.label(container),
        PackagingOrder::Reopen { container } => judge.reopen(container),
        PackagingOrder::Disaggregate { container } => judge.disaggregate(container),
        PackagingOrder::End { unit, end } => judge.end(unit, *end),
        PackagingOrder::Travel { .. } => journey::travel(&judge, order),
        PackagingOrder::Partner(order) => partner::decide(&judge, order),
    }
}

impl Judge<'_> {
    /// A reason was given.
    pub fn reason(&self, what: &str) -> Result<&str, Refusal> {
        self.reason.ok_or_else(|| {
            Wrong::Missing.because(format!("{what} needs a reason: say why (--reason TEXT)."))
        })
    }

    /// The unit of a scan, and what the scan says of it is what the records say.
    pub fn find(&self, scan: &str) -> Result<Named, Refusal> {
        let code = UnitCode::of(scan)?;
        let name = code.to_string();
        let unit = self.holdings.find(&code).map_err(unanswered)?;
        let unit = unit.ok_or_else(|| {
            Wrong::Unknown.because(format!(
                "{name} is in no record of this station: set it aside and ask quality."
            ))
        })?;
        let standing = self.standing(unit)?;
        says_the_same(&name, &code, &standing)?;
        Ok(Named { name, standing })
    }

    pub fn standing(&self, unit: Unit) -> Result<Standing, Refusal> {
        let standing = self.holdings.standing(unit).map_err(unanswered)?;
        standing.ok_or_else(|| unanswered(format!("{unit:?} is named by a record and not there.")))
    }

    /// The units of several scans, each once, at least one and not too many.
    pub fn find_all(&self, scans: &[String]) -> Result<Vec<Named>, Refusal> {
        if scans.is_empty() || scans.len() > ORDER_UNITS_MAX {
            return Err(Wrong::Count.because(format!(
                "The order names {} units: 1 to {ORDER_UNITS_MAX} are wanted.",
                scans.len()
            )));
        }
        let mut found: Vec<Named> = Vec::with_capacity(scans.len());
        for scan in scans {
            let named = self.find(scan)?;
            let unit = named.standing.unit();
            if found.iter().any(|other| other.standing.unit() == unit) {
                let text = format!("{} is named twice in one order: scan it once.", named.name);
                return Err(Wrong::Doubled.because(text));
            }
            found.push(named);
        }
        Ok(found)
    }

    /// The container of a scan.
    pub fn find_container(&self, scan: &str) -> Result<(Named, ContainerIdentity), Refusal> {
        let named = self.find(scan)?;
        match &named.standing.identity {
            Identity::Container(container) => {
                let container = container.clone();
                Ok((named, container))
            }
            Identity::Pack(_) => Err(Wrong::WrongLevel.because(format!(
                "{} is a pack: the label of a bundle, case or pallet is wanted.",
                named.name
            ))),
        }
    }

    /// How people know a container.
    pub fn name_of(&self, container: ContainerNo) -> Result<String, Refusal> {
        Ok(name(&self.standing(Unit::Container(container))?))
    }
}

/// How people know a unit.
pub(super) fn name(standing: &Standing) -> String {
    match &standing.identity {
        Identity::Container(container) => format!("{} {}", container.name, container.code),
        Identity::Pack(pack) => match (&pack.lot, &pack.serial) {
            (Some((gtin, ..)), Some(serial)) => {
                format!("pack (01){}(21){serial}", gtin.as_str())
            }
            _ => format!("pack no. {}", pack.pack.0),
        },
    }
}

/// Lot and expiry of a scan are those on record: ink is the truth, and another truth is an alarm.
fn says_the_same(name: &str, code: &UnitCode, standing: &Standing) -> Result<(), Refusal> {
    let (UnitCode::Sgtin { lot, expiry, .. }, Identity::Pack(pack)) = (code, &standing.identity)
    else {
        return Ok(());
    };
    let Some((_, on_record, until)) = &pack.lot else {
        return Ok(());
    };
    let other_lot = lot.as_ref().filter(|lot| *lot != on_record.as_str());
    let other_expiry = expiry.as_ref().filter(|date| *date != until.as_str());
    let (ai, read, known) = match (other_lot, other_expiry) {
        (Some(lot), _) => ("lot (10)", lot, on_record.as_str()),
        (None, Some(date)) => ("expiry (17)", date, until.as_str()),
        (None, None) => return Ok(()),
    };
    Err(Wrong::Contradicts.because(format!(
        "{name} says {ai} {read}, the records say {known}: set the pack aside and call quality."
    )))
}

/// The unit lives, is here, and nothing forbids that it is handled.
pub(super) fn may_be_handled(named: &Named) -> Result<(), Refusal> {
    lives(named)?;
    if let Some(place) = named
        .standing
        .place
        .as_ref()
        .filter(|_| !named.standing.is_here())
    {
        let where_to = match place.what {
            Step::Received => "was received elsewhere",
            _ => "was shipped",
        };
        return Err(Wrong::Elsewhere.because(format!(
            "{} {where_to} (record {}): record its return first.",
            named.name, place.seq
        )));
    }
    Ok(())
}

/// The unit's life has not ended, and a pack is one that was proven good.
pub(super) fn lives(named: &Named) -> Result<(), Refusal> {
    let name = &named.name;
    if let Identity::Pack(pack) = &named.standing.identity
        && !pack.is_good()
    {
        let why = match (pack.voided, pack.fate) {
            (true, _) => "its number is void".to_owned(),
            (_, None) => "it has not passed the gate".to_owned(),
            (_, Some(fate)) => format!("the gate says {fate:?} of it"),
        };
        return Err(Wrong::NotCommissioned.because(format!(
            "{name} was not proven good: {why}. Put it with the rejects."
        )));
    }
    if let Some(end) = &named.standing.end {
        return Err(Wrong::Decommissioned.because(format!(
            "{name} is out of use: {} (record {}).",
            end.what.name(),
            end.seq
        )));
    }
    if let Identity::Container(container) = &named.standing.identity
        && container.state == crate::record::ContainerState::Disaggregated
    {
        return Err(Wrong::Decommissioned.because(format!(
            "{name} was disaggregated: its number is out of use."
        )));
    }
    Ok(())
}

/// Nothing forbids that the unit goes on.
pub(super) fn may_go_on(named: &Named) -> Result<(), Refusal> {
    let name = &named.name;
    if let Some(recall) = named.standing.recall() {
        return Err(Wrong::Recalled.because(format!(
            "{name} is recalled (record {}): set it aside.",
            recall.seq
        )));
    }
    if let Some(hold) = named.standing.hold() {
        return Err(Wrong::Held.because(format!(
            "{name} is held (record {}): quality must release it first.",
            hold.seq
        )));
    }
    Ok(())
}
