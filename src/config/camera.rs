//! What is demanded of a camera, so that every picture can be told whose it is. PURE.

use super::mistake::Mistake;
use super::reader::{Document, Section};
use super::rules::{at, meant, packs_before_verdict};
use vidimus_drivers::address::Address;
use vidimus_drivers::camera::gige::address::Trigger;

/// Checks one `[[camera]]`.
pub(super) fn check(document: &Document, camera: &Section, mistakes: &mut Vec<Mistake>) {
    camera_counter(document, camera, mistakes);
    camera_trigger(document, camera, mistakes);
}

fn camera_counter(document: &Document, camera: &Section, mistakes: &mut Vec<Mistake>) {
    let folder = camera
        .text("address")
        .is_some_and(|address| address.starts_with("dir:"));
    if folder && camera.text("counter") == Some("header") {
        let text = "A watched folder sends no header, so it has no frame counter.".to_owned();
        let how = "Write counter = \"none\".";
        mistakes.push(meant(at(camera, "counter", "camera", text), how));
    }
    if camera.text("counter") == Some("none") {
        let what = (
            "A camera without counter",
            "Use a camera with a frame counter",
        );
        one_pack_at_a_time(document, camera, "counter", what, mistakes);
    }
}

/// What makes the camera take a picture must be the pack.
fn camera_trigger(document: &Document, camera: &Section, mistakes: &mut Vec<Mistake>) {
    let address = camera.text("address").map(str::parse);
    let Some(Ok(Address::Gige(address))) = address else {
        return;
    };
    match &address.settings.trigger {
        Some(Trigger::Off) => {
            let text = "With trigger=off the camera takes pictures by itself, and nobody can say of which pack.";
            let how = "Name the input that the PLC fires, such as trigger=Line1.";
            mistakes.push(meant(at(camera, "address", "camera", text.into()), how));
        }
        Some(trigger) if trigger.is_software() => {
            let what = (
                "A camera that the station fires (trigger=software)",
                "Name the input that the PLC fires, such as trigger=Line1",
            );
            one_pack_at_a_time(document, camera, "address", what, mistakes);
        }
        _ => {}
    }
}

/// Of some cameras and readers it can be told what they saw only while one pack at a time is on its way; `what` is such
/// a device, and what to use instead.
pub(super) fn one_pack_at_a_time(
    document: &Document,
    camera: &Section,
    key: &str,
    what: (&str, &str),
    mistakes: &mut Vec<Mistake>,
) {
    let deadline = document
        .only("limits")
        .and_then(|limits| limits.whole("verdict_deadline_ms"));
    let interval = document
        .only("line")
        .and_then(|line| line.whole("shortest_pack_interval_ms"));
    let (Some(deadline), Some(interval)) = (deadline, interval) else {
        return;
    };
    let packs = packs_before_verdict(deadline, interval);
    if packs > 1 {
        let (camera_that, instead) = what;
        let text = format!(
            "{camera_that} may be used only while at most one pack lies between arming and verdict; \
             here verdict_deadline_ms {deadline} ÷ shortest_pack_interval_ms {interval} = {packs} packs."
        );
        let how = format!(
            "{instead}, write verdict_deadline_ms = {interval} or less, or slow the line down."
        );
        mistakes.push(meant(at(camera, key, "camera", text), how));
    }
}
