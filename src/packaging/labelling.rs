//! What a container's label must say, and when it is printed. PURE.

use super::decide::{Judge, Judged, may_be_handled};
use super::refusal::unanswered;
use super::{LabelOnRecord, LabelPlan, Refusal, Wrong};
use crate::gs1::{Element, Expiry, Gtin, Lot, bracketed};
use crate::record::{
    BatchNo, ContainerCode, ContainerIdentity, ContainerNo, ContainerState, Identity,
    PackagingFact, Unit,
};
use std::collections::BTreeSet;

/// The trade items inside a container, as (02) and (37) tell them: of one GTIN, or they cannot be told.
struct Content {
    gtin: Gtin,
    count: u64,
}

impl Judge<'_> {
    /// Judges the order to print a container's label.
    pub(super) fn label(&self, scan: &str) -> Result<Judged, Refusal> {
        let (named, container) = self.find_container(scan)?;
        let name = &named.name;
        may_be_handled(&named)?;
        let plan = self.hierarchy.plan(container.level).map(|plan| &plan.label);
        let Some(LabelPlan::Printed { template, ais }) = plan else {
            return Err(Wrong::NotProvided.because(format!(
                "This station prints no labels of a {}: set label = \"print\" at its [[level]], or use a label that \
                 is printed already.",
                container.name
            )));
        };
        if container.state == ContainerState::Closed {
            return Err(Wrong::ParentClosed.because(format!(
                "{name} is closed with a label that was read: open it again first (vidimus pack reopen), then the new \
                 label is read when it is closed."
            )));
        }
        if container.inside == 0 {
            return Err(Wrong::Empty.because(format!("{name} is empty: put something in first.")));
        }
        self.inner_ones_are_closed(&container)?;
        let before = self
            .holdings
            .last_label(container.container)
            .map_err(unanswered)?;
        let mut judged = Judged::default();
        if let Some(before) = &before {
            if self.is_of_now(&container, before)? {
                self.reason(&format!(
                    "{name} was given this label already (record {}). A second one",
                    before.seq
                ))?;
            }
            judged.tell(format!("Destroy label no. {} of {name}.", before.copy));
        }
        let says = self.says(&container)?;
        let wanted = ais
            .iter()
            .filter_map(|ai| says.iter().find(|element| element.ai == *ai));
        let says = bracketed(&wanted.cloned().collect::<Vec<Element>>());
        let copy = before.map_or(1, |before| before.copy + 1);
        judged.tell(format!(
            "Label no. {copy} of {name} says {says}. Close it with what is read on it."
        ));
        judged.fact(PackagingFact::Labelled {
            container: container.container,
            level: container.level,
            template: *template,
            says,
            copy,
        });
        Ok(judged)
    }

    /// The label was printed for what is inside now.
    pub(super) fn is_of_now(
        &self,
        container: &ContainerIdentity,
        label: &LabelOnRecord,
    ) -> Result<bool, Refusal> {
        Ok(self.changed(container.container)? < label.seq)
    }

    /// The last record that changed what is inside, at any depth.
    fn changed(&self, container: ContainerNo) -> Result<u64, Refusal> {
        let mut changed = self.holdings.changed_at(container).map_err(unanswered)?;
        for child in self
            .holdings
            .containers_inside(container)
            .map_err(unanswered)?
        {
            changed = changed.max(self.changed(child)?);
        }
        Ok(changed)
    }

    /// Everything that a label of this container may say, each AI once.
    pub(super) fn says(&self, container: &ContainerIdentity) -> Result<Vec<Element>, Refusal> {
        let mut says = Vec::new();
        let mut say = |ai: &str, value: String| says.push(Element::new(ai, value));
        let batches = self
            .holdings
            .batches_inside(container.container)
            .map_err(unanswered)?;
        let lots = self.lots(&batches)?;
        let tells_lot = match &container.code {
            ContainerCode::Sscc(sscc) => {
                say("00", sscc.to_string());
                let content = self.content(container, &lots)?;
                if let Some(content) = &content {
                    say("02", content.gtin.as_str().to_owned());
                    say("37", content.count.to_string());
                }
                content.is_some()
            }
            ContainerCode::Sgtin { gtin, serial } => {
                say("01", gtin.as_str().to_owned());
                say("21", serial.clone());
                true
            }
        };
        if let (true, Some((_, lot, expiry)), 1) = (tells_lot, lots.first(), lots.len()) {
            say("17", expiry.as_str().to_owned());
            say("10", lot.as_str().to_owned());
        }
        Ok(says)
    }

    /// The lots of these batches.
    pub(super) fn lots(&self, batches: &[BatchNo]) -> Result<Vec<(Gtin, Lot, Expiry)>, Refusal> {
        let mut lots = Vec::new();
        for batch in batches {
            let lot = self.holdings.lot_of(*batch).map_err(unanswered)?;
            if !lots.contains(&lot) {
                lots.push(lot);
            }
        }
        Ok(lots)
    }

    /// What is inside: containers of one GTIN of their own, or else packs of one product, at any depth.
    fn content(
        &self,
        container: &ContainerIdentity,
        lots: &[(Gtin, Lot, Expiry)],
    ) -> Result<Option<Content>, Refusal> {
        let children = self
            .holdings
            .containers_inside(container.container)
            .map_err(unanswered)?;
        let mut gtins = BTreeSet::new();
        for child in &children {
            let Identity::Container(child) = self.standing(Unit::Container(*child))?.identity
            else {
                unreachable!("a container is a container");
            };
            gtins.insert(match child.code {
                ContainerCode::Sscc(_) => None,
                ContainerCode::Sgtin { gtin, .. } => Some(gtin),
            });
        }
        let loose = container.inside as usize - children.len();
        let of_own = gtins.iter().flatten().next();
        if let (Some(gtin), 1, 0) = (of_own, gtins.len(), loose) {
            let count = u64::from(container.inside);
            return Ok(Some(Content { gtin: *gtin, count }));
        }
        let mut products = lots.iter().map(|(gtin, ..)| gtin);
        let Some(gtin) = products
            .next()
            .filter(|gtin| products.all(|other| other == *gtin))
        else {
            return Ok(None);
        };
        if of_own.is_some() {
            return Ok(None); // trade items of several kinds
        }
        let count = self.packs_inside(container)?;
        Ok(Some(Content { gtin: *gtin, count }))
    }

    /// How many packs are inside, at any depth.
    fn packs_inside(&self, container: &ContainerIdentity) -> Result<u64, Refusal> {
        let children = self
            .holdings
            .containers_inside(container.container)
            .map_err(unanswered)?;
        let mut packs = u64::from(container.inside) - children.len() as u64;
        for child in children {
            if let Identity::Container(child) = self.standing(Unit::Container(child))?.identity {
                packs += self.packs_inside(&child)?;
            }
        }
        Ok(packs)
    }
}
