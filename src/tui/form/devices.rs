//! What is ordered of a device: its link built again, a test label, a test picture, a camera set up. PURE.

use super::{Field, Form, FormKind, FormRow, ReasonRule, Wanted, Wrong};
use crate::record::DeviceOrder;
use crate::record::device::SET_UP_SECONDS_MAX;
use crate::tui::look::WITHOUT_LINK;
use crate::tui::places::devices::chosen;
use crate::tui::places::setup;
use crate::tui::state::ScreenState;
use crate::tui::words;
use crate::wire::{DeviceView, LineState, OperatorCommand, Right, View};

const DEVICE: &str = "device";
const SECONDS: &str = "seconds";

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
    right: Right::Devices,
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
    right: Right::Devices,
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
    right: Right::Devices,
    done: "Ordered.",
    ready: |view, screen| match chosen(view, screen) {
        Some(device) if setup::looks_at_packs(device) => stands(view),
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

pub(super) static SET_UP: FormRow = FormRow {
    kind: FormKind::SetUp,
    title: "Set a camera up",
    needs_person: true,
    reason: ReasonRule::May,
    counts: None,
    right: Right::Devices,
    done: "It begins.",
    ready: |view, screen| match setup::chosen(view, screen) {
        Some(_) => stands(view),
        None => Err("nothing looks at packs here"),
    },
    says: |_, _| {
        vec![
            "It takes picture after picture for you and for no pack, until its time is over or you press e.".to_owned(),
            PACKS.to_owned(),
        ]
    },
    fields: |view, screen| {
        let mut fields = camera_of(view, screen);
        fields.push(Field::filled(SECONDS, "1 to 600", "300"));
        fields
    },
    wanted: |form, _| {
        let seconds = form.read::<u16>(SECONDS).ok();
        let seconds = seconds.filter(|seconds| (1..=SET_UP_SECONDS_MAX).contains(seconds));
        let text = format!("Type whole seconds, 1 to {SET_UP_SECONDS_MAX}.");
        let seconds = seconds.ok_or_else(|| Wrong::new(SECONDS, text))?;
        wanted(form, DeviceOrder::SetUp { seconds })
    },
};

pub(super) static END_SET_UP: FormRow = FormRow {
    kind: FormKind::EndSetUp,
    title: "Pictures are for packs again",
    needs_person: true,
    reason: ReasonRule::May,
    counts: None,
    right: Right::Devices,
    done: "Everything is put in step.",
    ready: |view, screen| match setup::chosen(view, screen) {
        Some(_) => Ok(()),
        None => Err("nothing looks at packs here"),
    },
    says: |_, _| vec!["Everything is put in step; then the line can run.".to_owned()],
    fields: camera_of,
    wanted: |form, _| wanted(form, DeviceOrder::SetUp { seconds: 0 }),
};

fn camera_of(view: &View, screen: &ScreenState) -> Vec<Field> {
    let name = setup::chosen(view, screen).map(|device| words::seen(&device.name));
    vec![Field::choice(DEVICE, name.into_iter().collect())]
}
