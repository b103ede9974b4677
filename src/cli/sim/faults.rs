//! The list of everything that can go wrong: `vidimus sim --faults list`, and the same in docs/faults.md.

use crate::world::trouble::Troubles;
use vidimus_simulators::fault::FAULTS;
use vidimus_simulators::trouble::Named;
use vidimus_simulators::{gige, plc, printer, reader};

/// What the columns mean.
const HEAD: [&str; 6] = [
    "Faults of the simulated worlds: --faults NAME=RATE,…, in a scenario NAME = RATE.",
    "A RATE is a chance from 0 (never) to 1 (always), drawn once for each of what `per` names.",
    "A pack interval is the time from pack to pack, while packs are fed and the station is up.",
    "`swarm` is the greatest rate that a swarm gives a fault that it switches on.",
    "",
    "name                per                   swarm   what happens",
];

/// What the columns of the second list mean.
const DEVICES: [&str; 8] = [
    "",
    "Faults of simulated devices, ordered at the control port of vidimus-sim, alone or in a whole factory:",
    "{\"do\":\"fault\",\"name\":NAME,\"on\":true}, some with \"value\":NUMBER.",
    "The label printer of cases and pallets has those of a printer. In a factory (vidimus-sim line) \"lane\" names",
    "whose: \"lane\":\"label-printer\", the name of a reader, or the number of a lane.",
    "A factory has faults of the belt besides: vidimus-sim line --faults-list.",
    "",
    "name                of                    what happens",
];

/// The faults of one kind of device.
fn of_device<K: Named>(of: &'static str) -> impl Iterator<Item = String> {
    K::TABLE.iter().map(move |words| {
        let value = match words.value {
            "" => String::new(),
            value => format!(" VALUE: {value}, else {}.", words.usual),
        };
        format!("{:<20}{of:<22}{}{value}", words.name, words.what())
    })
}

/// Those of devices by themselves, below what the columns mean.
fn of_devices() -> impl Iterator<Item = String> {
    let lasting = FAULTS.iter();
    let lasting = lasting.filter(|(kind, _)| kind.lasts() && kind.touches_printer());
    let of = "printer";
    DEVICES
        .into_iter()
        .map(str::to_owned)
        .chain(lasting.map(move |(_, words)| format!("{:<20}{of:<22}{}", words.name, words.what())))
        .chain(of_device::<printer::Trouble>(of))
        .chain(of_device::<reader::Trouble>("reader"))
        .chain(of_device::<gige::Trouble>("GigE Vision camera"))
        .chain(of_device::<plc::trouble::Trouble>("PLC"))
}

/// A line for each fault, below what the columns mean.
pub fn list() -> impl Iterator<Item = String> {
    let rows = Troubles::catalogue().map(|words| {
        let needs = match words.needs {
            "" => String::new(),
            needs => format!(" Needs {needs}."),
        };
        let (name, per, most) = (words.name, words.per, words.most);
        format!("{name:<20}{per:<22}{most:<8}{}{needs}", words.what())
    });
    HEAD.into_iter()
        .map(str::to_owned)
        .chain(rows)
        .chain(of_devices())
}
