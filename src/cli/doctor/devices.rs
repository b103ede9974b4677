//! All devices of a station file at the same time, within one deadline; or what the station that has them says.

use super::finding::{Finding, State, Topic, quoted};
use super::reach::Taken;
use super::{camera, plc, printer, reader};
use crate::config::{Config, PointKind};
use crate::wire::{DeviceState, View, device_name};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long all devices together are looked at.
const DEVICES_WAIT: Duration = Duration::from_secs(5);
/// How much longer a thread may take to say what it has found.
const LATE_WAIT: Duration = Duration::from_millis(500);
/// Most events of one device that wait to be looked at; its pump waits then.
pub const EVENTS_MAX: usize = 64;
/// What the printer of containers' labels is called.
pub const LABEL_PRINTER: &str = "label printer";

/// How to look at one device, until then, leaving alone what others have.
type Look = Box<dyn FnOnce(&Taken, Instant) -> Vec<Finding> + Send>;

/// The devices of a file, by name.
fn looks(config: &Config) -> Vec<(String, Look)> {
    let mut looks: Vec<(String, Look)> = Vec::new();
    for one in &config.printers {
        let expected = printer::Expected {
            name: one.name.clone(),
            address: one.address.clone(),
            dpmm: one.dpmm,
            model: one.model.clone(),
            description: one.description.clone(),
        };
        let look = move |taken: &Taken, until| printer::examine(&expected, taken, until);
        looks.push((one.name.clone(), Box::new(look)));
    }
    if let Some(one) = &config.packaging.label_printer {
        let expected = printer::Expected {
            name: LABEL_PRINTER.to_owned(),
            address: one.address.clone(),
            dpmm: one.dpmm.into(),
            model: None,
            description: None,
        };
        let look = move |taken: &Taken, until| printer::examine(&expected, taken, until);
        looks.push((LABEL_PRINTER.to_owned(), Box::new(look)));
    }
    for one in config.plcs.clone() {
        let name = one.name.clone();
        let look = move |_: &Taken, until| plc::examine(&one, until);
        looks.push((name, Box::new(look)));
    }
    for one in config.readers.clone() {
        let name = one.name.clone();
        let look = move |taken: &Taken, until| reader::examine(&one, taken, until);
        looks.push((name, Box::new(look)));
    }
    for one in config.cameras.clone() {
        let name = one.name.clone();
        let look = move |_: &Taken, until| camera::examine(&one, until);
        looks.push((name, Box::new(look)));
    }
    looks
}

/// The names of all devices of a file.
pub fn names(config: &Config) -> Vec<String> {
    looks(config).into_iter().map(|(name, _)| name).collect()
}

/// Looks at the devices that are `wanted`, in the order of the file.
pub fn examine(config: &Config, wanted: impl Fn(&str) -> bool) -> Vec<Finding> {
    let until = Instant::now() + DEVICES_WAIT;
    let taken = Taken::now(); // before this program has connections of its own
    let (sender, found) = mpsc::sync_channel(EVENTS_MAX);
    let mut waited: Vec<(String, Option<Vec<Finding>>)> = Vec::new();
    for (name, look) in looks(config) {
        if !wanted(&name) {
            continue;
        }
        let (no, sender, taken) = (waited.len(), sender.clone(), taken.clone());
        let thread = std::thread::Builder::new().name(format!("look at {name}"));
        let spawned = thread.spawn(move || drop(sender.send((no, look(&taken, until)))));
        let failed = spawned.err().map(|why| {
            let text = format!("could not be looked at: no thread ({why})");
            vec![Finding::new(Topic::Device, &name, State::Unknown, text)]
        });
        waited.push((name, failed));
    }
    while waited.iter().any(|(_, found)| found.is_none()) {
        let left = (until + LATE_WAIT).saturating_duration_since(Instant::now());
        match found.recv_timeout(left) {
            Ok((no, found)) => waited[no].1 = Some(found),
            Err(_) => break,
        }
    }
    let late = |name: &str| {
        let text = format!("nothing was found out within {} s", DEVICES_WAIT.as_secs());
        vec![
            Finding::new(Topic::Device, name, State::Unknown, text)
                .act("A name server that does not answer takes as long: write IP addresses in the station file."),
        ]
    };
    let found = waited.into_iter();
    found
        .flat_map(|(name, found)| found.unwrap_or_else(|| late(&name)))
        .collect()
}

/// The lanes' devices of a file: what a view calls each, and its name in the file.
fn of_lanes(config: &Config) -> Vec<(String, String)> {
    let lanes = config.lanes();
    let mut devices = Vec::new();
    for lane in &lanes {
        for (kind, name) in [
            ("printer", lane.printer.name.as_str()),
            (lane.eyes.kind(), lane.eyes.name()),
            ("PLC", &lane.plc.name),
        ] {
            let shown = device_name(kind, lane.no, lanes.len() > 1);
            devices.push((shown, name.to_owned()));
        }
    }
    devices
}

/// What a running station says of its devices: they are its own, and nobody else asks them.
pub fn of_running(config: &Config, view: &View, wanted: impl Fn(&str) -> bool) -> Vec<Finding> {
    let in_file = of_lanes(config);
    let mut findings = Vec::new();
    for device in &view.devices {
        let known = in_file.iter().find(|(shown, _)| *shown == device.name);
        let about = known.map_or(&device.name, |(_, name)| name);
        if !wanted(about) {
            continue;
        }
        let state = match device.state {
            DeviceState::Ok => State::Ok,
            DeviceState::Unknown | DeviceState::Check => State::Unknown,
            _ => State::Wrong,
        };
        let text = format!("{} {}", device.model, device.detail);
        let text = format!("the running station says: {}", text.trim());
        findings.push(with_status(
            config,
            Finding::new(Topic::Device, about, state, text),
        ));
    }
    let named = |shown: &str| view.devices.iter().any(|device| device.name == shown);
    for (_, name) in in_file.iter().filter(|(shown, _)| !named(shown)) {
        if wanted(name) {
            let text = "the running station has no such device: it was started with another file";
            findings.push(
                Finding::new(Topic::Device, name, State::Unknown, text)
                    .act("Start it again with this file, when the line may stand."),
            );
        }
    }
    findings.extend(at_scan_points(config, view, &wanted));
    if let Some(labels) = view.labels.as_ref().filter(|_| wanted(LABEL_PRINTER)) {
        let (state, said) = match &labels.hindrance {
            None => (State::Ok, "ready"),
            Some(why) if why.contains("is awaited") => (State::Unknown, why.as_str()),
            Some(why) => (State::Wrong, why.as_str()),
        };
        let text = format!("the running station says: {said}");
        let finding = Finding::new(Topic::Device, LABEL_PRINTER, state, text);
        findings.push(with_status(config, finding));
    }
    findings
}

/// The readers of scan points: a running station tells of those that are away or silent.
fn at_scan_points(config: &Config, view: &View, wanted: impl Fn(&str) -> bool) -> Vec<Finding> {
    let mut alarms = view.alarms.iter();
    let hindered = alarms.find(|alarm| alarm.code == "reader-link" && alarm.active);
    let points = config.points.iter();
    let points = points.filter(|point| point.kind == PointKind::Scan && wanted(&point.device));
    points
        .map(|point| {
            let of_it = [": ", ". "].map(|before| format!("{before}{}: ", point.name));
            let why = hindered.filter(|alarm| of_it.iter().any(|of| alarm.text.contains(of)));
            let (state, said) = match why {
                Some(alarm) => (
                    State::Wrong,
                    format!("the running station says: {}", alarm.text),
                ),
                None => (
                    State::Ok,
                    format!(
                        "held by the running station for {}; it tells of no trouble with it",
                        point.name
                    ),
                ),
            };
            with_status(
                config,
                Finding::new(Topic::Device, &point.device, state, said),
            )
        })
        .collect()
}

/// Devices that a station has which says nothing: nobody asks them.
pub fn held(config: &Config, wanted: impl Fn(&str) -> bool) -> Vec<Finding> {
    let names = names(config).into_iter().filter(|name| wanted(name));
    names
        .map(|name| {
            let text = "a station that says nothing has it; it was left alone".to_owned();
            Finding::new(Topic::Device, name, State::Unknown, text)
                .act("Let that station answer, or end it, and ask again.")
        })
        .collect()
}

fn with_status(config: &Config, finding: Finding) -> Finding {
    let socket = config.station.socket.display().to_string();
    match finding.state {
        State::Ok => finding,
        _ => finding.run(format!("vidimus status --socket {}", quoted(&socket))),
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn devices_of_lanes_have_the_names_of_the_file_which_can_be_asked_for_alone() {
        let text = include_str!("../../../templates/stations/two-lanes.toml");
        let config = crate::config::parse("two-lanes.toml", text).expect("it is sound");
        let of_lanes = of_lanes(&config);
        let shown = |(shown, name): &(String, String)| format!("{shown} = {name}");
        let told: Vec<String> = of_lanes.iter().map(shown).collect();
        let lane = |no: u8| {
            ["printer", "camera", "PLC"]
                .map(|kind| format!("{kind} {no} = {}-{no}", kind.to_lowercase()))
        };
        assert_eq!(told, [lane(1), lane(2)].concat());
        let known = names(&config);
        assert!(
            of_lanes.iter().all(|(_, name)| known.contains(name)),
            "{known:?}"
        );
    }
}
