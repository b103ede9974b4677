//! Orders about label templates on their way to the line: the station finds what is meant and has it judged.

use super::label_judge::{Against, Candidate, JudgedLabel, identifiers, longest};
use super::orders::{Done, NOBODY, Told};
use super::run::Loop;
use crate::line::{Event, LabelOrder};
use crate::record::{Actor, LabelSlot, LabelText, Signature};
use crate::wire::LabelCommand;
use std::sync::mpsc::SyncSender;

/// Who wants it, and where the answer goes.
pub(super) struct Asked {
    pub(super) by: Actor,
    pub(super) signature: Option<Signature>,
    pub(super) reason: Option<String>,
    pub(super) answer: Option<SyncSender<Done>>,
}

/// What is meant by an order.
enum Meant {
    /// This template, for this slot.
    Template(LabelSlot, LabelText, bool),
    /// The end of the trial.
    GiveUp,
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
        let reply = answer.map(|to| self.floor.answers.expect(to, Told::new()));
        Event::LabelOrdered {
            by,
            signature,
            reason,
            order,
            reply: reply.unwrap_or(NOBODY),
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
            LabelCommand::RollBack { .. } => {
                if standing.is_some_and(|standing| standing.trial.is_some()) {
                    return Ok(Meant::GiveUp);
                }
                let before = standing.and_then(|standing| standing.before.as_ref());
                let before = before.ok_or(
                    "There is no former label to go back to: none was ever activated in its place.",
                )?;
                Ok(Meant::Template(slot, LabelText::clone(before), true))
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
