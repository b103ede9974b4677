//! Orders about label templates on their way to the line: the station finds what is meant and has it judged.

use super::label_judge::{Against, Candidate, JudgedLabel, identifiers, longest};
use super::orders::{Done, NOBODY, Told};
use super::run::Loop;
use crate::label::{built_in_names, built_in_text};
use crate::line::{Event, LabelOrder};
use crate::record::{Actor, LabelSlot, LabelText, Signature, SlotStanding, TemplateHash};
use crate::wire::LabelCommand;
use std::sync::mpsc::SyncSender;

/// Who wants it, and where the answer goes.
pub(super) struct Asked {
    pub(super) by: Actor,
    pub(super) signature: Option<Signature>,
    pub(super) reason: Option<String>,
    pub(super) answer: Option<SyncSender<Done>>,
}

/// How a label comes into force.
const ON_TRIAL: &str = "The label is on trial: the line stops by itself and puts printer and packs in step. Start the \
                        belt at the machine; one test print goes to the reject bin, and then the label is in force.";
const OF_CONTAINERS: &str =
    "It is used from the next label of that level on; each is proven when its container is closed.";

/// What is meant by an order.
enum Meant {
    /// This template, for this slot.
    Template(LabelSlot, LabelText, bool),
    /// The end of the trial.
    GiveUp,
}

/// The template of packs with this hash: one that was in force before, or one that the program carries.
fn chosen(standing: Option<&SlotStanding>, template: TemplateHash) -> Result<Meant, String> {
    let mut former = standing.into_iter().flat_map(|standing| &standing.former);
    if let Some(former) = former.find(|label| label.template == template) {
        return Ok(Meant::Template(
            LabelSlot::Packs,
            LabelText::clone(former),
            true,
        ));
    }
    let carried = built_in_names().filter_map(|name| {
        let text = built_in_text(name)?;
        Some(LabelText::new(name, text))
    });
    let found = carried.into_iter().find(|label| label.template == template);
    let label = found.ok_or_else(|| {
        format!(
            "No label {template} was in force here, and the program carries none: bring its file into force with \
             vidimus label activate."
        )
    })?;
    Ok(Meant::Template(LabelSlot::Packs, label, false))
}

impl Loop {
    /// Has a template judged, or says why it cannot be; only what needs no judging goes to the line at once.
    pub(super) fn label_order(&mut self, asked: Asked, command: LabelCommand) -> Option<Event> {
        let meant = self.meant(command);
        let against = meant.and_then(|meant| match meant {
            Meant::GiveUp => Ok((meant, None)),
            Meant::Template(slot, ..) => Ok((meant, Some(self.against(slot)?))),
        });
        let Asked {
            by,
            signature,
            reason,
            answer,
        } = asked;
        match against {
            Err(text) => {
                let _ = answer.map(|answer| answer.try_send(Err(text))); // the client went away
                None
            }
            Ok((Meant::Template(slot, label, rollback), Some(against))) => {
                self.floor.label_judge.take(Candidate {
                    by,
                    signature,
                    reason,
                    slot,
                    label,
                    rollback,
                    against,
                    answer,
                });
                None
            }
            Ok(_) => Some(self.label_judged(JudgedLabel {
                by,
                signature,
                reason,
                order: LabelOrder::GiveUp,
                answer,
            })),
        }
    }

    /// A template was judged: the line hears of it.
    pub(super) fn label_judged(&mut self, judged: JudgedLabel) -> Event {
        let JudgedLabel {
            by,
            signature,
            reason,
            order,
            answer,
        } = judged;
        let told = self.what_changes(&order);
        let reply = answer.map(|to| self.floor.answers.expect(to, told));
        Event::LabelOrdered {
            by,
            signature,
            reason,
            order,
            reply: reply.unwrap_or(NOBODY),
        }
    }

    /// What an order does to the labels as they stand, by name and hash, once it is carried out.
    fn what_changes(&self, order: &LabelOrder) -> Told {
        let line = self.desk.line();
        match order {
            LabelOrder::GiveUp => {
                let standing = line.labels().of(LabelSlot::Packs);
                let of = standing.and_then(|of| of.trial.as_ref().map(|trial| (trial, of)));
                of.map(|(trial, of)| {
                    let (trial, stays) = (&trial.label, &of.in_force);
                    format!("{trial} is given up; {stays} stays in force.")
                })
                .into_iter()
                .collect()
            }
            LabelOrder::Activate {
                slot,
                label,
                rollback,
                ..
            } => {
                let standing = line.labels().of(*slot);
                let now = standing.map(|standing| standing.in_force.to_string());
                let now = now.unwrap_or_else(|| "What was printed".to_owned());
                let back = match rollback {
                    true => ", which was in force before",
                    false => "",
                };
                match slot {
                    LabelSlot::Packs => vec![
                        format!("{now} is to be replaced by {label}{back}."),
                        ON_TRIAL.to_owned(),
                    ],
                    LabelSlot::Level(_) => vec![
                        format!("{now} is replaced by {label}{back}."),
                        OF_CONTAINERS.to_owned(),
                    ],
                }
            }
        }
    }

    fn meant(&self, command: LabelCommand) -> Result<Meant, String> {
        let slot = match command.level() {
            None => LabelSlot::Packs,
            Some(name) => {
                let level = self.packing.level(name);
                LabelSlot::Level(level.ok_or_else(|| {
                    format!("There is no [[level]] \"{name}\" in the station file.")
                })?)
            }
        };
        let standing = self.desk.line().labels().of(slot);
        match command {
            LabelCommand::Activate { name, text, .. } => {
                let label = LabelText::new(name, text);
                label.check()?;
                Ok(Meant::Template(slot, label, false))
            }
            LabelCommand::Choose { template } => chosen(standing, template),
            LabelCommand::RollBack { to, .. } => {
                if let Some(trial) = standing.and_then(|standing| standing.trial.as_ref()) {
                    return match to {
                        None => Ok(Meant::GiveUp),
                        Some(_) => Err(format!(
                            "The label {} is on trial: give it up first, with vidimus label rollback alone.",
                            trial.label
                        )),
                    };
                }
                let standing = standing.ok_or(
                    "There is no former label to go back to: none was ever activated in its place.",
                )?;
                let former = standing.former_meant(to.as_deref())?;
                Ok(Meant::Template(slot, LabelText::clone(former), true))
            }
        }
    }

    fn against(&self, slot: LabelSlot) -> Result<Against, String> {
        let labels = self.desk.labels();
        match slot {
            LabelSlot::Packs => Ok(Against::Packs {
                labels: Box::new(labels.without_batch()),
                former: identifiers(labels.template()),
                batch: self.desk.line().batch().cloned().map(Box::new),
                longest: longest(self.desk.line()),
            }),
            LabelSlot::Level(level) => {
                let containers = &self.floor.container_labels;
                let former = containers.template(level).ok_or(
                    "This station prints no labels of that level: set label = \"print\" at its [[level]].",
                )?;
                Ok(Against::Containers {
                    former: Box::new(former.clone()),
                    dpmm: containers.dpmm(),
                })
            }
        }
    }
}
