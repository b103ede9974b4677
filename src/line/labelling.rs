//! Labels of containers: which wait for theirs, and whether their printer can print. The pack line never waits for
//! them. PURE.
//!
//! ```text
//! full ──▶ due ──printer ready──▶ judged by packaging ──▶ on record ──disk──▶ printer ──▶ read by a person ──▶ closed
//! ```
//!
//! Nothing comes back from the printer that would prove a label: it is proven when it is read. But it may say that a
//! label surely or perhaps did not come out, and then a person is told: one that it refused; one that was in it when it
//! ran out of paper, was paused or fell silent; and after a restart one that was ordered and not read. No second one is
//! printed by itself: whoever orders it says why. A container that is full and never had one ordered waits again.

use super::alarm::{AlarmKind, Several};
use super::effect::{ContainerLabel, Effect, Permissive};
use super::{Line, PrinterHealth};
use crate::record::{ContainerCode, ContainerNo, PackagingFact, RestoredFull, Tick};
use crate::wire::LabelsView;
use std::collections::VecDeque;

/// Most full containers that wait for their label; the oldest is then left to people.
pub const LABELS_DUE_MAX: usize = 1_000;

/// Reports of an idle printer after which a label that was sent is out of it: a report may be older than the label.
const IDLE_REPORTS: u8 = 2;

/// What the printer of containers' labels said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelPrinterSays {
    /// Its link came up or went down.
    Link(bool),
    /// Its queue is empty, and nothing that was sent before will be printed.
    Cleared,
    /// What it is.
    Health(PrinterHealth),
    /// It is ready, and nothing that was sent is in its queue as it reports it.
    Idle,
    /// The label with this record was handed to its link.
    Sent {
        /// The record.
        record: u64,
    },
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

/// A label that was ordered and may not have come out yet.
#[derive(Debug)]
struct OnTheWay {
    record: u64,
    says: String,
    sent: bool,
    /// Reports of an idle printer since it was sent.
    idle: u8,
}

/// Labels that are due, and their printer.
#[derive(Debug, Default)]
pub struct Labelling {
    /// `None` until its link came up or went down once.
    link: Option<bool>,
    cleared: bool,
    /// What it said of itself since its link came up; `None` while its first answer is awaited.
    health: Option<PrinterHealth>,
    /// Why its link is down, or its queue was not cleared in time.
    trouble: Option<String>,
    due: VecDeque<(ContainerNo, ContainerCode)>,
    /// The first one that is due is being judged.
    asked: bool,
    on_the_way: Vec<OnTheWay>,
    /// What people were told of labels since they last acknowledged it.
    told: Several,
}

/// Whether a label can be printed now.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Readiness {
    /// It can.
    Ready,
    /// Not yet: what was asked has its time still. Silence begins when that is over, and is then told.
    Awaited,
    /// It cannot, and why.
    Hindered(String),
}

impl Readiness {
    fn silent() -> Readiness {
        Readiness::Hindered("it does not answer".to_owned())
    }
}

impl Labelling {
    fn readiness(&self) -> Readiness {
        let ready = self.health == Some(PrinterHealth::Ready);
        match (&self.health, &self.trouble) {
            (Some(PrinterHealth::Hindered(why)), _) => Readiness::Hindered(why.clone()),
            _ if ready && self.cleared && self.link == Some(true) => Readiness::Ready,
            (_, Some(why)) => Readiness::Hindered(why.clone()),
            (Some(PrinterHealth::Unknown), None) => Readiness::silent(),
            _ if self.link == Some(false) => Readiness::silent(),
            _ => Readiness::Awaited,
        }
    }

    fn is_ready(&self) -> bool {
        self.readiness() == Readiness::Ready
    }

    /// Why it cannot print; `None` when it can.
    fn hindrance(&self) -> Option<String> {
        match self.readiness() {
            Readiness::Ready => None,
            Readiness::Awaited => Some("its first answer is awaited".to_owned()),
            Readiness::Hindered(why) => Some(why),
        }
    }

    /// What was sent is gone from its queue once it said so often enough.
    fn is_idle(&mut self) {
        self.on_the_way.retain_mut(|label| {
            label.idle += u8::from(label.sent);
            label.idle < IDLE_REPORTS
        });
    }

    /// Those that were sent and not yet gone from its queue: nobody can say whether they come out.
    fn doubtful(&mut self) -> Vec<OnTheWay> {
        self.on_the_way.extract_if(.., |label| label.sent).collect()
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
            self.tell_of_label(now, format!("{left} waited too long, print it by hand"));
        }
        self.ask_for_label();
    }

    /// What was full when the station ended: a label that was never ordered is due again; one that was ordered may be
    /// on the container, in the bin or nowhere.
    pub(super) fn restore_labels(&mut self, now: Tick, full: Vec<RestoredFull>) {
        for RestoredFull {
            container,
            code,
            labelled,
        } in full
        {
            match labelled {
                None => self.label_due(now, container, code),
                Some(record) => self.tell_of_label(
                    now,
                    format!("the label of {code} (record {record}) was not read before the restart, look for it"),
                ),
            }
        }
    }

    /// A person must see to a label. Whatever comes before it was acknowledged stands in the same alarm, and on record.
    fn tell_of_label(&mut self, now: Tick, what: String) {
        if !self.alarm_stands(AlarmKind::ContainerLabel) {
            self.labelling.told = Several::default();
        }
        self.labelling.told.add(what.clone());
        let all = self.labelling.told.text();
        self.raise_told(now, AlarmKind::ContainerLabel, &what);
        self.alarm_now_says(AlarmKind::ContainerLabel, all);
    }

    /// The printer stopped or fell silent with labels in it.
    fn doubt_labels(&mut self, now: Tick, why: &str) {
        for label in self.labelling.doubtful() {
            let OnTheWay { record, says, .. } = label;
            let told =
                format!("the label {says} (record {record}) may not have come out whole, {why}");
            self.tell_of_label(now, told);
        }
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
                self.tell_of_label(now, format!("{name}: {why}"));
            }
        }
        self.ask_for_label();
    }

    /// The printer of containers' labels said something.
    pub(super) fn label_printer(&mut self, now: Tick, says: LabelPrinterSays) {
        let labelling = &mut self.labelling;
        match says {
            LabelPrinterSays::Link(up) => {
                labelling.link = Some(up);
                labelling.cleared = false;
                labelling.health = None;
                labelling.trouble = None;
            }
            LabelPrinterSays::Cleared => {
                labelling.cleared = true;
                labelling.trouble = None;
            }
            LabelPrinterSays::Health(health) => labelling.health = Some(health),
            LabelPrinterSays::Idle => {
                labelling.health = Some(PrinterHealth::Ready);
                labelling.is_idle();
            }
            LabelPrinterSays::Sent { record } => {
                let on_the_way = labelling.on_the_way.iter_mut();
                on_the_way
                    .filter(|label| label.record == record)
                    .for_each(|label| label.sent = true);
            }
            LabelPrinterSays::Trouble(why) => labelling.trouble = Some(why),
            LabelPrinterSays::Refused { record, why } => {
                let mut refused = labelling
                    .on_the_way
                    .extract_if(.., |label| label.record == record);
                let says = refused
                    .next()
                    .map_or_else(String::new, |label| format!(" {}", label.says));
                drop(refused);
                self.tell_of_label(
                    now,
                    format!("the label{says} (record {record}) was not printed, {why}"),
                );
            }
        }
        match self.labelling.readiness() {
            Readiness::Ready => {
                self.labelling.trouble = None; // whatever comes next has a reason of its own
                self.clear_alarm(now, AlarmKind::ContainerPrinter);
            }
            Readiness::Awaited => {} // nothing new is known
            Readiness::Hindered(why) => {
                self.doubt_labels(now, &why);
                self.raise(now, AlarmKind::ContainerPrinter, why.clone());
                self.alarm_now_says(AlarmKind::ContainerPrinter, why);
            }
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
                self.labelling.on_the_way.push(OnTheWay {
                    record: self.last_seq,
                    says: says.clone(),
                    sent: false,
                    idle: 0,
                });
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
    }
}
