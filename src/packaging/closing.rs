//! Closing a container: it is complete, its label was read, and the label says what is true. PURE.

use super::decide::{Judge, Judged, Named, may_be_handled};
use super::refusal::unanswered;
use super::scan::label_elements;
use super::{LabelPlan, LevelPlan, Refusal, Wrong};
use crate::gs1::{Element, Gtin, Lot, Sequence, parse_bracketed};
use crate::record::{
    ContainerCode, ContainerIdentity, ContainerState, Identity, PackagingFact, Unit,
};
use crate::wire::packaging::Seen;
use std::collections::BTreeSet;

/// Application identifiers that the records know of a container, or know that there is no right value for.
const KNOWN: [&str; 7] = ["00", "01", "21", "02", "37", "10", "17"];

/// Most bar codes of one label.
const LABELS_MAX: usize = 16;

impl Judge<'_> {
    /// Judges the order to close a container.
    pub(super) fn close(
        &self,
        scan: &str,
        labels: &[String],
        seen: Option<&Seen>,
        partial: bool,
    ) -> Result<Judged, Refusal> {
        let (named, container) = self.find_container(scan)?;
        let name = &named.name;
        let missing = self.may_be_closed(&named, &container, partial)?;
        let plan = self.hierarchy.plan(container.level);
        let mut judged = Judged::default();
        let label = self.label_read(&named, &container, plan, labels, &mut judged)?;
        let batches = self
            .holdings
            .batches_inside(container.container)
            .map_err(unanswered)?;
        let lots = self.lots(&batches)?;
        let lots: BTreeSet<(&Gtin, &Lot)> = lots.iter().map(|(gtin, lot, _)| (gtin, lot)).collect();
        let mixed = lots.len() > 1;
        if mixed && !plan.is_some_and(|plan| plan.mixed_lots) {
            return Err(Wrong::OtherLot.because(format!(
                "{name} holds several lots, and this level may not: take one of them out."
            )));
        }
        judged.fact(PackagingFact::Closed {
            container: container.container,
            label,
            units: container.inside,
            partial: missing > 0,
            mixed,
        });
        if let Some(seen) = seen {
            judged.fact(PackagingFact::Pictured {
                container: container.container,
                picture: seen.picture,
                read: seen.read,
            });
        }
        let mixed = if mixed { ", several lots" } else { "" };
        judged.tell(format!(
            "{name} is closed with {}{mixed}.",
            container.inside
        ));
        Ok(judged)
    }

    /// It is open, holds something, and is full or meant to be closed as it is: how many it lacks.
    fn may_be_closed(
        &self,
        named: &Named,
        container: &ContainerIdentity,
        partial: bool,
    ) -> Result<u32, Refusal> {
        let name = &named.name;
        may_be_handled(named)?;
        if container.state == ContainerState::Closed {
            return Err(Wrong::ParentClosed.because(format!("{name} is closed already.")));
        }
        if container.inside == 0 {
            return Err(Wrong::Empty.because(format!(
                "{name} is empty: put something in or disaggregate it."
            )));
        }
        let missing = container
            .capacity
            .map_or(0, |most| most.saturating_sub(container.inside));
        if missing > 0 && !partial {
            return Err(Wrong::NotFull.because(format!(
                "{name} lacks {missing}: fill it, or close it partial with a reason (--partial --reason TEXT)."
            )));
        }
        if missing > 0 {
            self.reason("Closing a container that is not full")?;
        }
        self.inner_ones_are_closed(container)?;
        Ok(missing)
    }

    /// Whatever it holds of containers is closed.
    pub(super) fn inner_ones_are_closed(
        &self,
        container: &ContainerIdentity,
    ) -> Result<(), Refusal> {
        for child in self
            .holdings
            .containers_inside(container.container)
            .map_err(unanswered)?
        {
            let child = self.standing(Unit::Container(child))?;
            if let Identity::Container(inner) = &child.identity
                && inner.state != ContainerState::Closed
            {
                return Err(Wrong::NotClosed.because(format!(
                    "{} inside is {}: close it first.",
                    super::decide::name(&child),
                    inner.state.name()
                )));
            }
        }
        Ok(())
    }

    /// What was read on the label is what must stand there, all of it.
    fn label_read(
        &self,
        named: &Named,
        container: &ContainerIdentity,
        plan: Option<&LevelPlan>,
        labels: &[String],
        judged: &mut Judged,
    ) -> Result<Option<String>, Refusal> {
        let name = &named.name;
        let label = plan.map_or(&LabelPlan::Unread, |plan| &plan.label);
        if labels.is_empty() {
            return match label.is_read() {
                false => Ok(None),
                true => Err(Wrong::WrongLabel.because(format!(
                    "The label of {name} was not read: scan it (--label SCAN, once for each bar code)."
                ))),
            };
        }
        if labels.len() > LABELS_MAX {
            return Err(Wrong::Count.because(format!(
                "{} bar codes of one label: at most {LABELS_MAX} are looked at.",
                labels.len()
            )));
        }
        let read = label_elements(labels)?;
        is_of(container, &read)?;
        match label {
            LabelPlan::Printed { .. } => self.is_the_printed_one(named, container, &read)?,
            LabelPlan::Read | LabelPlan::Unread => self.is_true(named, container, &read, judged)?,
        }
        let scans: Vec<&str> = labels.iter().map(|scan| scan.trim()).collect();
        Ok(Some(scans.join(" ")))
    }

    /// The label read is the last one that was printed, all of it, and it was printed for what is inside now.
    fn is_the_printed_one(
        &self,
        named: &Named,
        container: &ContainerIdentity,
        read: &[Element],
    ) -> Result<(), Refusal> {
        let name = &named.name;
        let printed = self
            .holdings
            .last_label(container.container)
            .map_err(unanswered)?;
        let Some(printed) = printed else {
            return Err(Wrong::Relabel.because(format!(
                "No label was printed for {name}: print one (vidimus pack label)."
            )));
        };
        let says = parse_bracketed(&printed.says).map_err(|error| unanswered(error.to_string()))?;
        // What stands on it may still be true by chance: another pack of the same lot in the place of one.
        let is_true = self.says(container)?;
        let true_still = says.iter().all(|element| is_true.contains(element));
        if !true_still || !self.is_of_now(container, &printed)? {
            return Err(Wrong::Relabel.because(format!(
                "{name} changed since its label was printed (record {}): destroy that label and print a new one \
                 (vidimus pack label).",
                printed.seq
            )));
        }
        for element in read {
            holds(name, element, says.value(&element.ai))?;
        }
        match says
            .iter()
            .find(|element| read.value(&element.ai).is_none())
        {
            None => Ok(()),
            Some(unread) => Err(Wrong::WrongLabel.because(format!(
                "({}) {} of the label of {name} was not read: scan every bar code of it.",
                unread.ai, unread.value
            ))),
        }
    }

    /// Everything that the label says is what the records say.
    fn is_true(
        &self,
        named: &Named,
        container: &ContainerIdentity,
        read: &[Element],
        judged: &mut Judged,
    ) -> Result<(), Refusal> {
        let says = self.says(container)?;
        for element in read {
            match KNOWN.contains(&element.ai.as_str()) {
                true => holds(&named.name, element, says.value(&element.ai))?,
                false => judged.tell(format!(
                    "({}) {} on the label is in no record of this station and was not compared.",
                    element.ai, element.value
                )),
            }
        }
        Ok(())
    }
}

/// The label says that it is this container's.
fn is_of(container: &ContainerIdentity, read: &[Element]) -> Result<(), Refusal> {
    let right = match &container.code {
        ContainerCode::Sscc(sscc) => read.value("00") == Some(sscc.as_str()),
        ContainerCode::Sgtin { gtin, serial } => {
            read.value("01") == Some(gtin.as_str()) && read.value("21") == Some(serial)
        }
    };
    if right {
        return Ok(());
    }
    let said: Vec<Element> = read
        .iter()
        .filter(|element| matches!(element.ai.as_str(), "00" | "01" | "21"))
        .cloned()
        .collect();
    Err(Wrong::WrongLabel.because(match said.is_empty() {
        true => format!(
            "What was read does not say whose label it is, it should say {}: scan the bar code that does.",
            container.code
        ),
        false => format!(
            "The label says {}, it should say {}: destroy it and print the right one.",
            crate::gs1::bracketed(&said),
            container.code
        ),
    }))
}

/// An element of a label is what must stand there. A count may have zeros in front.
fn holds(name: &str, read: &Element, wanted: Option<&str>) -> Result<(), Refusal> {
    let Element { ai, value } = read;
    let same = |wanted: &str| match ai.as_str() {
        "37" => value.parse::<u64>().ok() == wanted.parse().ok(),
        _ => value == wanted,
    };
    match wanted {
        Some(wanted) if same(wanted) => Ok(()),
        Some(wanted) => Err(Wrong::WrongLabel.because(format!(
            "The label says ({ai}) {value}, {name} should say {wanted}: destroy it and print a new one."
        ))),
        None => Err(Wrong::WrongLabel.because(format!(
            "The label says ({ai}) {value}, and {name} has no such value: destroy it and print a new one."
        ))),
    }
}
