//! An alarm is put aside for a time, and put back. PURE.

use super::{Field, FormKind, FormRow, ReasonRule, Wanted, Wrong};
use crate::record::CountingOrder;
use crate::tui::places::alarms::chosen;
use crate::tui::state::ScreenState;
use crate::wire::{AlarmView, OperatorCommand, Right, SHELVE_MINUTES_MAX, View};

const ALARM: &str = "alarm";
const MINUTES: &str = "minutes";

fn alarm<'v>(view: &'v View, screen: &ScreenState) -> Result<&'v AlarmView, &'static str> {
    chosen(view, screen).ok_or("no alarm is chosen")
}

fn code_of(view: &View, screen: &ScreenState) -> Field {
    let code = alarm(view, screen).map_or("", |alarm| &alarm.code);
    Field::filled(ALARM, "its code, as docs/alarms.md has it", code)
}

pub(super) static SHELVE: FormRow = FormRow {
    kind: FormKind::Shelve,
    title: "Shelve an alarm",
    needs_person: true,
    reason: ReasonRule::Must,
    counts: Some(CountingOrder::Shelve),
    right: Right::Shelve,
    done: "It is shelved. It still does to the line what it does.",
    ready: |view, screen| match alarm(view, screen)?.shelved {
        None => Ok(()),
        Some(_) => Err("it is shelved already"),
    },
    says: |_, _| {
        let few = Right::ShelveHigh.row().holders.words();
        vec![
            "It leaves its place on the screens for so long. It stops the line as it did before."
                .to_owned(),
            format!("One of high priority is shelved by {few} alone."),
        ]
    },
    fields: |view, screen| {
        vec![
            code_of(view, screen),
            Field::filled(MINUTES, "1 to 480, a shift", "30"),
        ]
    },
    wanted: |form, _| {
        let minutes = form.read::<u16>(MINUTES).ok();
        let minutes = minutes.filter(|minutes| (1..=SHELVE_MINUTES_MAX).contains(minutes));
        let text = format!("Type whole minutes, 1 to {SHELVE_MINUTES_MAX}.");
        Ok(Wanted::Line(OperatorCommand::Shelve {
            alarm: form.text(ALARM).to_owned(),
            minutes: minutes.ok_or_else(|| Wrong::new(MINUTES, text))?,
        }))
    },
};

pub(super) static UNSHELVE: FormRow = FormRow {
    kind: FormKind::Unshelve,
    title: "Put a shelved alarm back",
    needs_person: true,
    reason: ReasonRule::May,
    counts: None,
    right: Right::Shelve,
    done: "It is back in its place.",
    ready: |view, screen| match alarm(view, screen)?.shelved {
        Some(_) => Ok(()),
        None => Err("it is not shelved"),
    },
    says: |_, _| vec!["It stands in its place again at once.".to_owned()],
    fields: |view, screen| vec![code_of(view, screen)],
    wanted: |form, _| {
        let alarm = form.text(ALARM).to_owned();
        Ok(Wanted::Line(OperatorCommand::Unshelve { alarm }))
    },
};
