//! The list of everything that can go wrong: `vidimus sim --faults list`, and the same in docs/faults.md.

use crate::world::trouble::Troubles;

/// What the columns mean.
const HEAD: [&str; 6] = [
    "Faults of the simulated worlds: --faults NAME=RATE,…, in a scenario NAME = RATE.",
    "A RATE is a chance from 0 (never) to 1 (always), drawn once for each of what `per` names.",
    "A pack interval is the time from pack to pack, while packs are fed and the station is up.",
    "`swarm` is the greatest rate that a swarm gives a fault that it switches on.",
    "",
    "name                per                   swarm   what happens",
];

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
    HEAD.into_iter().map(str::to_owned).chain(rows)
}
