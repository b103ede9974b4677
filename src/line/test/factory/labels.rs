//! Label templates of the factory: each serial is printed with the one that the printer has; some cannot be read.

use super::super::restore::restore;
use super::World;
use crate::line::{Event, LabelOrder, ReplyTo};
use crate::record::{Actor, Fact, LabelFact, LabelSlot, LabelText, PackNo, TemplateHash};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Templates whose text begins like this are printed so that nobody can read them.
const ILLEGIBLE: &str = "illegible";

impl World {
    /// Somebody wants this template; it was judged to be sound.
    pub fn want_label(&mut self, text: &str) {
        let batch = self.line.batch().map(|batch| batch.no);
        self.order_label(LabelOrder::Activate {
            slot: LabelSlot::Packs,
            label: LabelText::new("a label", text),
            rollback: false,
            batch,
            judged: Ok(()),
        });
    }

    pub fn order_label(&mut self, order: LabelOrder) {
        self.inbox.push(Event::LabelOrdered {
            by: Actor::Named("tester".to_owned()),
            signature: None,
            reason: Some("a test".to_owned()),
            order,
            reply: ReplyTo(0),
        });
    }

    /// Another label, one that cannot be read, or back.
    pub(super) fn any_label(&mut self) {
        match self.dice.below(8) {
            0 => self.order_label(LabelOrder::GiveUp),
            1 | 2 => self.want_label(ILLEGIBLE),
            3 => self.want_label("file"),
            no => self.want_label(&format!("label {no}")),
        }
    }

    pub(super) fn is_illegible(&self, serial: &str) -> bool {
        self.inked[serial].text.starts_with(ILLEGIBLE)
    }

    /// Law 1: what the printer gets follows from what is on disk.
    pub(super) fn use_label(&mut self, label: &Arc<LabelText>) {
        let standing = restore(&self.disk).labels;
        let packs = standing.of(LabelSlot::Packs).expect("on disk before");
        let trial = packs.trial.as_ref().map(|trial| &trial.label);
        assert_eq!(trial.unwrap_or(&packs.in_force), label, "before its record");
        self.machine.label = Arc::clone(label);
    }

    /// Every number names the template it was printed with, and no pack passes with one that is not proven.
    pub(super) fn check_labels(&self) {
        let mut in_force = super::plan(1).label.template;
        let mut on_trial: Option<LabelText> = None;
        let mut of_pack: BTreeMap<PackNo, TemplateHash> = BTreeMap::new();
        for record in &self.disk {
            match &record.fact {
                Fact::SerialReserved { pack, serial } => {
                    let template = record.template.expect("every number names its template");
                    of_pack.insert(*pack, template);
                    if let Some(inked) = self.inked.get(&serial.text) {
                        assert_eq!(inked.template, template, "{pack:?}");
                    }
                }
                Fact::Verified { pack, verdict } if verdict.outcome.is_pass() => {
                    assert_eq!(of_pack[pack], in_force, "{pack:?} passed unproven");
                    assert_eq!(record.template, Some(in_force));
                }
                Fact::Label(LabelFact::Ordered { label, .. }) => on_trial = Some(label.clone()),
                Fact::Label(LabelFact::Proven { template, pack }) => {
                    let trial = on_trial.take().expect("it was on trial");
                    assert_eq!((trial.template, of_pack[pack]), (*template, *template));
                    assert!(!trial.text.starts_with(ILLEGIBLE), "nobody can read it");
                    in_force = *template;
                }
                Fact::Label(LabelFact::GivenUp { keeps, .. }) => {
                    on_trial = None;
                    assert_eq!(*keeps, in_force);
                }
                _ => {}
            }
        }
    }
}
