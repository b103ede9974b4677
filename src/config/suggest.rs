//! "Did you mean": the nearest known word, and keys with another unit. PURE.

use super::keys::{self, Key};
use toml::de::DeValue;

/// Units a key's name may end with: name, family, and size within the family.
const UNITS: &[(&str, char, u64)] = &[
    ("us", 't', 1),
    ("ms", 't', 1_000),
    ("msec", 't', 1_000),
    ("millis", 't', 1_000),
    ("s", 't', 1_000_000),
    ("sec", 't', 1_000_000),
    ("secs", 't', 1_000_000),
    ("seconds", 't', 1_000_000),
    ("minutes", 't', 60_000_000),
    ("kb", 'd', 1),
    ("mb", 'd', 1_000),
    ("gb", 'd', 1_000_000),
];

/// Words for the units our own keys use.
const SAID: &[(&str, &str)] = &[("ms", "milliseconds"), ("mb", "megabytes")];

/// The known word that is near enough to be meant; `None` when none is.
pub fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    // The distance costs length × length: words longer than any of ours are nobody's slip.
    if word.len() > 64 {
        return None;
    }
    let word = word.to_lowercase().replace('-', "_");
    known
        .map(|candidate| {
            let shape = candidate.replace('-', "_");
            (strsim::damerau_levenshtein(&word, &shape), candidate)
        })
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).clamp(1, 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The key of this section that was probably meant: the same name with another unit, or a near one.
pub(super) fn key(section: &str, name: &str) -> Option<&'static Key> {
    let (stem, _) = split(name);
    let by_unit = keys::of(section).find(|key| {
        let (own, unit) = split(key.name);
        unit.is_some() && own == stem
    });
    by_unit.or_else(|| {
        let near = nearest(name, keys::of(section).map(|key| key.name))?;
        keys::of(section).find(|key| key.name == near)
    })
}

/// What to write instead, with the value converted where units differ.
pub(super) fn sentence(key: &Key, name: &str, value: &DeValue<'_>) -> String {
    let ((stem, found), (own, unit)) = (split(name), split(key.name));
    let Some(unit) = unit.filter(|_| stem == own) else {
        return format!("Did you mean `{}`?", key.name);
    };
    let said = SAID.iter().find(|(short, _)| *short == unit.0);
    let in_words = said.map_or(unit.0, |(_, words)| words);
    let converted = found.and_then(|from| convert(from, unit, value));
    match converted {
        Some(number) => {
            format!(
                "This is given in {in_words}: write `{} = {number}`.",
                key.name
            )
        }
        None => format!("This is given in {in_words}: write `{}`.", key.name),
    }
}

type Unit = (&'static str, char, u64);

fn split(name: &str) -> (&str, Option<Unit>) {
    let ending = name.rsplit_once('_').and_then(|(stem, ending)| {
        let unit = UNITS.iter().find(|(unit, _, _)| *unit == ending)?;
        Some((stem, Some(*unit)))
    });
    ending.unwrap_or((name, None))
}

fn convert(from: Unit, to: Unit, value: &DeValue<'_>) -> Option<u64> {
    let in_smallest = match value {
        DeValue::Integer(number) => number.as_str().parse::<u64>().ok()?.checked_mul(from.2)?,
        DeValue::Float(number) => {
            let smallest = number.as_str().parse::<f64>().ok()? * from.2 as f64;
            // Below 2^53 a whole f64 is exact.
            let exact = smallest.fract() == 0.0 && (0.0..9e15).contains(&smallest);
            exact.then_some(smallest as u64)?
        }
        _ => return None,
    };
    (from.1 == to.1 && in_smallest % to.2 == 0).then_some(in_smallest / to.2)
}
