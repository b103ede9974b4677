//! What is put right about packs and containers by hand. PURE.

use super::{Field, Form, FormKind, FormRow, ReasonRule, Wanted, Wrong};
use crate::record::{CountingOrder, End};
use crate::tui::state::ScreenState;
use crate::wire::{PackagingOrder, Right, View};

const WHAT: &str = "what";
const INTO: &str = "into";
const READ: &str = "label says";
const FULL: &str = "it is";
const HOW: &str = "it was";

/// How a life ends that a person on the line may tell of.
const ENDS: [End; 5] = [
    End::Damaged,
    End::Destroyed,
    End::Lost,
    End::Sampled,
    End::Decommissioned,
];

/// The scan of the unit that went by unread and is chosen; empty where none is.
fn chosen(view: &View, screen: &ScreenState) -> String {
    let last = view.unread.len().saturating_sub(1);
    let name = view.unread.get(screen.chosen.min(last));
    let scan = name.and_then(|name| name.rsplit(' ').next());
    scan.unwrap_or_default().to_owned()
}

fn open(view: &View) -> &str {
    view.container
        .as_ref()
        .map_or("", |open| open.code.as_str())
}

fn scan_of(form: &Form, name: &'static str) -> Result<String, Wrong> {
    match form.text(name) {
        "" => Err(Wrong::new(name, "Scan it, or type what its label says.")),
        text => Ok(text.to_owned()),
    }
}

pub(super) static PUT: FormRow = FormRow {
    kind: FormKind::Put,
    title: "Put into a container",
    needs_person: true,
    reason: ReasonRule::May,
    counts: None,
    right: Right::Pack,
    done: "It is in there, on record.",
    ready: |_, _| Ok(()),
    says: |_, _| {
        vec![
            "Only what you see lying in there: find it, scan it, then scan what it lies in."
                .to_owned(),
        ]
    },
    fields: |view, screen| {
        vec![
            Field::scan(WHAT, "scan the pack or container", &chosen(view, screen)),
            Field::scan(INTO, "scan the container that it lies in", open(view)),
        ]
    },
    wanted: |form, _| {
        Ok(Wanted::Pack(PackagingOrder::Put {
            into: scan_of(form, INTO)?,
            units: vec![scan_of(form, WHAT)?],
            seen: None,
        }))
    },
};

pub(super) static CLOSE: FormRow = FormRow {
    kind: FormKind::CloseContainer,
    title: "Close a container",
    needs_person: true,
    reason: ReasonRule::May,
    counts: None,
    right: Right::Pack,
    done: "It is closed.",
    ready: |_, _| Ok(()),
    says: |_, _| {
        vec!["Look which label sticks on it and what lies in it. One that is not full needs a reason.".to_owned()]
    },
    fields: |view, screen| {
        let unread = chosen(view, screen);
        let which = if unread.is_empty() {
            open(view)
        } else {
            &unread
        };
        let full = ["full", "not full, and closed all the same"].map(str::to_owned);
        vec![
            Field::scan(WHAT, "scan the container", which),
            Field::scan(READ, "scan the label that sticks on it", ""),
            Field::choice(FULL, full.to_vec()),
        ]
    },
    wanted: |form, _| {
        let read = form.text(READ);
        Ok(Wanted::Pack(PackagingOrder::Close {
            container: scan_of(form, WHAT)?,
            labels: match read {
                "" => Vec::new(),
                read => vec![read.to_owned()],
            },
            seen: None,
            partial: form.chosen(FULL) == 1,
        }))
    },
};

pub(super) static LABEL: FormRow = FormRow {
    kind: FormKind::ContainerLabel,
    title: "Print a container's label again",
    needs_person: true,
    reason: ReasonRule::Must,
    counts: None,
    right: Right::Pack,
    done: "Its label is ordered.",
    ready: |view, _| match view.labels {
        Some(_) => Ok(()),
        None => Err("this station prints no labels of containers"),
    },
    says: |_, _| {
        vec!["Destroy the label that was there before: there must be one only.".to_owned()]
    },
    fields: |view, screen| {
        vec![Field::scan(
            WHAT,
            "scan the container",
            &chosen(view, screen),
        )]
    },
    wanted: |form, _| {
        let container = scan_of(form, WHAT)?;
        Ok(Wanted::Pack(PackagingOrder::Label { container }))
    },
};

pub(super) static END: FormRow = FormRow {
    kind: FormKind::End,
    title: "Its life ends",
    needs_person: true,
    reason: ReasonRule::Must,
    counts: Some(CountingOrder::EndOfLife),
    right: Right::Pack,
    done: "On record: its number is never used again.",
    ready: |_, _| Ok(()),
    says: |_, _| {
        vec!["For what is damaged, destroyed, taken or cannot be found. Its number is never used again.".to_owned()]
    },
    fields: |view, screen| {
        let ends = ENDS.map(|end| end.name().to_owned());
        vec![
            Field::scan(
                WHAT,
                "scan it, or type what its label said",
                &chosen(view, screen),
            ),
            Field::choice(HOW, ends.to_vec()),
        ]
    },
    wanted: |form, _| {
        Ok(Wanted::Pack(PackagingOrder::End {
            unit: scan_of(form, WHAT)?,
            end: ENDS[form.chosen(HOW)],
        }))
    },
};
