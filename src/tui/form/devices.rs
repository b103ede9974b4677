//! What is ordered of a device: its link built again, a test label, a test picture, a camera set up. PURE.

use super::{Field, Form, FormKind, FormRow, ReasonRule, Wanted, Wrong};
use crate::record::DeviceOrder;
use crate::tui::look::WITHOUT_LINK;
use crate::tui::places::devices::chosen;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::{DeviceView, LineState, OperatorCommand, View};

const DEVICE: &str = "device";

/// What becomes of packs when a device is tried out.
const PACKS: &str = "What stands on the belt is void and rejected, as after a resync. Nothing is printed or passes \
                     until everything is in step again.";

fn kind(device: &DeviceView) -> &str {
    device.name.split(' ').next().unwrap_or(&device.name)
}

fn device_of(view: &View, screen: &ScreenState) -> Vec<Field> {
    let name = chosen(view, screen).map(|device| words::seen(&device.name));
    vec![Field::choice(DEVICE, name.into_iter().collect())]
}

fn wanted(form: &Form, order: DeviceOrder) -> Result<Wanted, Wrong> {
    let device = form.text(DEVICE).to_owned();
    Ok(Wanted::Line(OperatorCommand::Device { device, order }))
}

/// The line stands, as far as the view tells; the station itself looks at the belt.
fn stands(view: &View) -> Result<(), &'static str> {
    match view.state {
        LineState::Running => Err("the line runs: stop it with F2 first"),
        _ => Ok(()),
    }
}

pub(super) static RECONNECT: FormRow = FormRow {
    kind: FormKind::Reconnect,
    title: "Build a device's link again",
    needs_person: true,
    reason: ReasonRule::May,
    counts: None,
    done: "Ordered.",
    ready: |view, screen| match chosen(view, screen) {
        None => Err("no device is chosen"),
        Some(device) if device.name == WITHOUT_LINK => Err("it has no link"),
        Some(_) => Ok(()),
    },
    says: |_, _| {
        vec![
            "Its link is dropped and built again, as if its cable had been pulled and plugged in: packs that need it \
             meanwhile are rejected, and what must be is put in step."
                .to_owned(),
        ]
    },
    fields: device_of,
    wanted: |form, _| wanted(form, DeviceOrder::Reconnect),
};

pub(super) static TEST_PRINT: FormRow = FormRow {
    kind: FormKind::TestPrint,
    title: "Test print",
    needs_person: true,
    reason: ReasonRule::May,
    counts: None,
    done: "Ordered.",
    ready: |view, screen| match chosen(view, screen) {
        Some(device) if kind(device) == "printer" => stands(view),
        _ => Err("no printer of packs is chosen"),
    },
    says: |_, _| {
        vec![
            "One label that says VOID and has no symbol goes to the printer.".to_owned(),
            PACKS.to_owned(),
        ]
    },
    fields: device_of,
    wanted: |form, _| wanted(form, DeviceOrder::TestPrint),
};

pub(super) static TEST_SHOT: FormRow = FormRow {
    kind: FormKind::TestShot,
    title: "Test picture",
    needs_person: true,
    reason: ReasonRule::May,
    counts: None,
    done: "Ordered.",
    ready: |view, screen| match chosen(view, screen) {
        Some(device) if looks_at_packs(device) => stands(view),
        _ => Err("no camera is chosen, nor a reader in its place"),
    },
    says: |_, _| {
        vec![
            "One picture is taken for you and for no pack; what is seen in it stands among the last exchanges."
                .to_owned(),
            PACKS.to_owned(),
        ]
    },
    fields: device_of,
    wanted: |form, _| wanted(form, DeviceOrder::TestShot),
};

/// A camera, or the reader in its place: readers at scan points have the point's name behind.
fn looks_at_packs(device: &DeviceView) -> bool {
    let mut words = device.name.split(' ');
    let (kind, lane) = (words.next(), words.next());
    match (kind, lane) {
        (Some("camera"), _) => true,
        (Some("reader"), None) => true,
        (Some("reader"), Some(lane)) => lane.bytes().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}
