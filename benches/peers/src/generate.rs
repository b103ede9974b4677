//! Frames of the simulators' generator of degraded pictures. Everything this crate knows of it stands in this file.

use crate::material::{Expected, Item, Picture, Truth};
pub use vidimus_simulators::degrade::Condition;
use vidimus_simulators::degrade::{STEPS, frame};

/// The conditions with these names; `all` is every condition.
///
/// # Errors
/// A name that is not known.
pub fn conditions(names: &[String]) -> Result<Vec<Condition>, String> {
    let mut wanted = Vec::new();
    for name in names {
        match name.as_str() {
            "all" => wanted.extend(Condition::ALL),
            name => wanted.push(Condition::parse(name)?),
        }
    }
    Ok(wanted)
}

/// Steps and seeds of a condition's frames: so many for each step; a condition without steps gets as many frames as
/// the others in all.
pub fn frames_of(condition: Condition, frames: u32, seed: u64) -> Vec<(u8, u64)> {
    let seeds = |step: u8, n: u64| (0..n).map(move |n| (step, seed + n));
    if condition.has_steps() {
        (0..STEPS)
            .flat_map(|step| seeds(step, frames.into()))
            .collect()
    } else {
        seeds(0, u64::from(frames) * u64::from(STEPS)).collect()
    }
}

/// One frame.
pub fn item(condition: Condition, step: u8, seed: u64) -> Item {
    let made = frame(condition, step, seed);
    let stepped = condition.has_steps();
    Item {
        group: condition.name().to_owned(),
        step: stepped.then_some(step),
        name: format!("{step}-{seed}"),
        picture: Picture {
            width: made.width,
            height: made.height,
            luma: made.luma,
        },
        expected: match &made.truth {
            Some(truth) => Expected::Content(truth.content.clone()),
            None => Expected::NoSymbol,
        },
        truth: made.truth.map(|truth| Truth {
            corners: truth.corners,
            rows: truth.rows,
            columns: truth.columns,
            inverted: truth.inverted,
            mirrored: truth.mirrored,
        }),
        generated: true,
    }
}
