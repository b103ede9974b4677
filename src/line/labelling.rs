//! Labels of containers: which wait for theirs, and whether their printer can print. The pack line never waits for
//! them. PURE.
//!
//! ```text
//! full ──▶ due ──printer ready──▶ judged by packaging ──▶ on record ──disk──▶ printer ──▶ read by a person ──▶ closed
//! ```
//!
//! Nothing comes back from the printer that would prove a label: it is proven when it is read. After a restart nothing
//! waits any more; whoever closes a container is told that its label is missing.

use super::alarm::AlarmKind;
use super::effect::{ContainerLabel, Effect, Permissive};
use super::{Line, PrinterHealth};
use crate::record::{ContainerCode, ContainerNo, PackagingFact, Tick};
use crate::wire::LabelsView;
use std::collections::VecDeque;

/// Most full containers that wait for their label; the oldest is then left to people.
pub const LABELS_DUE_MAX: usize = 1_000;

/// What the printer of containers' labels said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelPrinterSays {
    /// Its link came up or went down.
    Link(bool),
    /// Its queue is empty, and nothing that was sent before will be printed.
    Cleared,
    /// What it is.
    Health(PrinterHealth),
    /// The label with this record will never be printed.
    Refused {
        /// The record.
        record: u64,
        /// Why.
        why: String,
    },
    /// It cannot be used, or not as it is; its link keeps trying.
    Trouble(String),
}

/// Labels that are due, and their printer.
#[derive(Debug)]
pub struct Labelling {
    link: bool,
    cleared: bool,
    health: PrinterHealth,
    trouble: Option<String>,
    due: VecDeque<(ContainerNo, ContainerCode)>,
    /// The first one that is due is being judged.
    asked: bool,
}

impl Default for Labelling {
    fn default() -> Labelling {
        Labelling {
            link: false,
            cleared: false,
            health: PrinterHealth::Unknown,
            trouble: None,
            due: VecDeque::new(),
            asked: false,
        }
    }
}

impl Labelling {
    fn is_ready(&self) -> bool {
        self.link && self.cleared && self.health == PrinterHealth::Ready
    }

    /// Why it cannot print; `None` when it can.
    fn hindrance(&self) -> Option<String> {
        if self.is_ready() {
            return None;
        }
        Some(match (&self.health, &self.trouble) {
            (PrinterHealth::Hindered(why), _) => why.clone(),
            (_, Some(why)) if !self.link => why.clone(),
            _ => "it does not answer".to_owned(),
        })
    }

    /// One more is due; the one that is then left to people, if there are too many.
    fn add(&mut self, container: ContainerNo, code: ContainerCode) -> Option<ContainerCode> {
        self.due.push_back((container, code));
        let first = usize::from(self.asked); // what is being judged stays
        let left = (self.due.len() > LABELS_DUE_MAX).then(|| self.due.remove(first));
        left.flatten().map(|(_, code)| code)
    }

    /// It needs no label any more, or got one.
    fn forget(&mut self, container: ContainerNo) {
        let asked = usize::from(self.asked);
        let mut place = 0;
        self.due.retain(|(due, _)| {
            place += 1;
            place <= asked || *due != container
        });
    }
}

impl Line {
    /// A full container wants its label.
    pub(super) fn label_due(&mut self, now: Tick, container: ContainerNo, code: ContainerCode) {
        if let Some(left) = self.labelling.add(container, code) {
            let detail = format!("{left} waited too long, print it by hand");
            self.raise(now, AlarmKind::ContainerLabel, detail);
        }
        self.ask_for_label();
    }

    /// Has the next label judged, if the printer can print it.
    fn ask_for_label(&mut self) {
        let labelling = &mut self.labelling;
        if labelling.asked || !labelling.is_ready() {
            return;
        }
        if let Some((container, code)) = labelling.due.front().cloned() {
            labelling.asked = true;
            self.effect(Effect::WantLabel { container, code });
        }
    }

    /// The label that was due first is on its way, or was refused.
    pub(super) fn label_judged(&mut self, now: Tick, done: Result<(), String>) {
        let labelling = &mut self.labelling;
        assert!(labelling.asked, "it was asked for");
        labelling.asked = false;
        match done {
            Err(_) if !labelling.is_ready() => {} // it is judged again when the printer answers
            Ok(()) => drop(labelling.due.pop_front()),
            Err(why) => {
                let refused = labelling.due.pop_front();
                let name = refused.map_or_else(String::new, |(_, code)| code.to_string());
                self.raise(now, AlarmKind::ContainerLabel, format!("{name}: {why}"));
            }
        }
        self.ask_for_label();
    }

    /// The printer of containers' labels said something.
    pub(super) fn label_printer(&mut self, now: Tick, says: LabelPrinterSays) {
        let labelling = &mut self.labelling;
        match says {
            LabelPrinterSays::Link(up) => {
                labelling.link = up;
                labelling.cleared = false;
                if up {
                    labelling.trouble = None;
                } else {
                    labelling.health = PrinterHealth::Unknown;
                }
            }
            LabelPrinterSays::Cleared => labelling.cleared = true,
            LabelPrinterSays::Health(health) => labelling.health = health,
            LabelPrinterSays::Trouble(why) => labelling.trouble = Some(why),
            LabelPrinterSays::Refused { record, why } => {
                let detail = format!("the label of record {record} was not printed, {why}");
                self.raise(now, AlarmKind::ContainerLabel, detail);
            }
        }
        let labelling = &self.labelling;
        let clearing = labelling.link && labelling.health == PrinterHealth::Ready;
        match labelling.hindrance() {
            None => self.clear_alarm(now, AlarmKind::ContainerPrinter),
            Some(_) if clearing => {} // it said that it can print; its queue is being cleared
            Some(why) => self.raise(now, AlarmKind::ContainerPrinter, why),
        }
        self.ask_for_label();
    }

    /// A label may be ordered: its printer can print it now.
    pub(super) fn label_can_be_printed(&self, fact: &PackagingFact) -> Result<(), String> {
        match (fact, self.labelling.hindrance()) {
            (PackagingFact::Labelled { .. }, Some(why)) => Err(format!(
                "The printer of containers' labels cannot print ({why}) and nothing was done: see to it and try again."
            )),
            _ => Ok(()),
        }
    }

    /// What was just put on record says something about labels.
    pub(super) fn note_label(&mut self, fact: &PackagingFact) {
        match fact {
            PackagingFact::Labelled {
                container,
                level,
                template,
                says,
                ..
            } => {
                self.labelling.forget(*container);
                self.permit(Permissive::PrintContainer(ContainerLabel {
                    record: self.last_seq,
                    level: *level,
                    template: *template,
                    says: says.clone(),
                }));
            }
            PackagingFact::Closed { container, .. }
            | PackagingFact::Disaggregated { container } => self.labelling.forget(*container),
            _ => {}
        }
    }

    /// Labels that are due, for screens; `None` where this station prints none.
    pub(super) fn labels_view(&self) -> Option<LabelsView> {
        let levels = &self.plan.packing.hierarchy.levels;
        let prints = levels.iter().any(|level| level.label.is_printed());
        prints.then(|| LabelsView {
            due: self.labelling.due.len() as u32,
            hindrance: self.labelling.hindrance(),
        })
    }
}

#[cfg(test)]
mod test {
    use super::*;

    fn code(no: u64) -> ContainerCode {
        let sscc = crate::gs1::Sscc::of_body(39_521_234_000_000_000 + no);
        ContainerCode::Sscc(sscc.expect("it has 17 digits"))
    }

    #[test]
    fn so_many_labels_are_due_and_the_oldest_is_left_to_people() {
        let mut labelling = Labelling {
            asked: true,
            ..Labelling::default()
        };
        let most = LABELS_DUE_MAX as u64;
        assert!((1..=most).all(|no| labelling.add(ContainerNo(no), code(no)).is_none()));
        // The first one is being judged.
        assert_eq!(
            labelling.add(ContainerNo(most + 1), code(most + 1)),
            Some(code(2))
        );
        assert_eq!(labelling.due.len(), LABELS_DUE_MAX);
        assert_eq!(labelling.due[0].0, ContainerNo(1));
    }

    #[test]
    fn a_label_that_is_printed_or_not_wanted_any_more_is_not_due() {
        let mut labelling = Labelling::default();
        labelling
            .due
            .extend((1..=3).map(|no| (ContainerNo(no), code(no))));
        labelling.forget(ContainerNo(2));
        labelling.asked = true;
        labelling.forget(ContainerNo(1)); // being judged: that ends by itself
        let left: Vec<u64> = labelling
            .due
            .iter()
            .map(|(container, _)| container.0)
            .collect();
        assert_eq!(left, [1, 3]);
        assert_eq!(labelling.hindrance().as_deref(), Some("it does not answer"));
        (labelling.link, labelling.cleared) = (true, true);
        labelling.health = PrinterHealth::Hindered("media out".to_owned());
        assert_eq!(labelling.hindrance().as_deref(), Some("media out"));
        labelling.health = PrinterHealth::Ready;
        assert_eq!(labelling.hindrance(), None);
    }
}
