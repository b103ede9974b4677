//! What goes into the packs or onto them: a lot of it in use from here on, or used no more. PURE.

use super::{Field, FormKind, FormRow, ReasonRule, Wanted, Wrong};
use crate::record::lot::Words;
use crate::record::{Component, ComponentKind};
use crate::wire::{LotCommand, OperatorCommand, Right};

const KIND: &str = "what";
const LOT: &str = "its lot";
const USE: &str = "it is";
const NAME: &str = "its name";
const SUPPLIER: &str = "supplier";
const EXPIRY: &str = "its expiry";

pub(super) static COMPONENT: FormRow = FormRow {
    kind: FormKind::Component,
    title: "Roll, ribbon, bulk and the like",
    needs_person: true,
    reason: ReasonRule::May,
    counts: None,
    right: Right::Lot,
    done: "On record with this batch.",
    ready: |view, _| match view.batch {
        Some(_) => Ok(()),
        None => Err("no batch is open"),
    },
    says: |_, _| {
        vec![
            "From the next pack on. Read the lot off what you put in, not off the one before."
                .to_owned(),
        ]
    },
    fields: |_, _| {
        let kinds = ComponentKind::ALL.iter().map(ToString::to_string);
        let uses = ["in use from here on", "used no more"].map(str::to_owned);
        vec![
            Field::choice(KIND, kinds.collect()),
            Field::text(LOT, "as its supplier names it"),
            Field::choice(USE, uses.to_vec()),
            Field::text(NAME, "may be left out"),
            Field::text(SUPPLIER, "may be left out"),
            Field::text(EXPIRY, "YYMMDD; may be left out"),
        ]
    },
    wanted: |form, _| {
        let kind = ComponentKind::ALL[form.chosen(KIND)];
        let lot: Words = form.read(LOT)?;
        let command = match form.chosen(USE) {
            0 => LotCommand::LinkComponent(Component {
                kind,
                lot,
                name: form.read_if_any(NAME)?,
                supplier: form.read_if_any(SUPPLIER)?,
                expiry: form.read_if_any(EXPIRY)?,
            }),
            _ => {
                let more = [NAME, SUPPLIER, EXPIRY]
                    .into_iter()
                    .find(|name| !form.text(name).is_empty());
                if let Some(name) = more {
                    let text =
                        "Leave it empty: what is used no more has its lot on record already.";
                    return Err(Wrong::new(name, text));
                }
                LotCommand::EndComponent { kind, lot }
            }
        };
        Ok(Wanted::Line(OperatorCommand::Lot(command)))
    },
};
