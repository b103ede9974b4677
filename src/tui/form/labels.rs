//! Another label template comes into force, or the one before. PURE.

use super::{Field, FormKind, FormRow, ReasonRule, Wanted, Wrong};
use crate::record::{CountingOrder, TemplateHash};
use crate::tui::places::templates::chosen;
use crate::tui::words;
use crate::wire::look::TemplateStanding;
use crate::wire::{LabelCommand, OperatorCommand, Right};

const TEMPLATE: &str = "template";

pub(super) static SWAP: FormRow = FormRow {
    kind: FormKind::Swap,
    title: "Another label template",
    needs_person: true,
    reason: ReasonRule::Must,
    counts: Some(CountingOrder::Template),
    right: Right::Label,
    done: "Ordered.",
    ready: |view, screen| {
        if view
            .label
            .as_ref()
            .is_some_and(|label| label.trial.is_some())
        {
            return Err("one is on trial: wait for its test print, or press b");
        }
        match chosen(screen).map(|template| template.standing) {
            None => Err("no template is chosen"),
            Some(TemplateStanding::InForce) => Err("it is in force"),
            Some(_) => Ok(()),
        }
    },
    says: |view, _| {
        let now = view.label.as_ref().map(words::label).unwrap_or_default();
        vec![
            format!("Now: {now}."),
            "The line stops by itself; one test print goes to the reject bin and is read, then the template is in \
             force. Until then no pack passes."
                .to_owned(),
        ]
    },
    fields: |_, screen| {
        let name = chosen(screen).map(|one| format!("{} {}", words::seen(&one.name), one.template));
        vec![Field::choice(TEMPLATE, name.into_iter().collect())]
    },
    wanted: |form, _| {
        let hash = form.text(TEMPLATE).rsplit(' ').next().unwrap_or_default();
        let template: TemplateHash = hash
            .parse()
            .map_err(|_| Wrong::new(TEMPLATE, "Choose a template of the list first: Esc."))?;
        let command = LabelCommand::Choose { template };
        Ok(Wanted::Line(OperatorCommand::Label(command)))
    },
};

pub(super) static ROLL_BACK: FormRow = FormRow {
    kind: FormKind::RollBack,
    title: "The label template before",
    needs_person: true,
    reason: ReasonRule::Must,
    counts: Some(CountingOrder::Template),
    right: Right::Label,
    done: "Ordered.",
    ready: |view, _| match view.label {
        Some(_) => Ok(()),
        None => Err("this station tells of no label template"),
    },
    says: |view, _| {
        let trial = view.label.as_ref().and_then(|label| label.trial.as_ref());
        vec![match trial {
            Some(trial) => format!("The trial of {} is given up.", words::seen(&trial.name)),
            None => {
                "The template that was in force before comes back, with a test print.".to_owned()
            }
        }]
    },
    fields: |_, _| Vec::new(),
    wanted: |_, _| {
        let command = LabelCommand::RollBack {
            level: None,
            to: None,
        };
        Ok(Wanted::Line(OperatorCommand::Label(command)))
    },
};
