//! A world as a short text that anyone can replay, and the way from one that failed to the shortest that still does.
//! PURE.
//!
//! ```toml
//! # what it once showed
//! seed = 42
//! packs = 60
//! pixels = false
//! [faults]
//! power-cut = 0.02
//! lost-frame = 0.01
//! ```

use super::life::Wish;
use super::trouble::Troubles;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Longest scenario that is read, in bytes.
pub const TEXT_MAX: usize = 64 * 1024;

/// Most packs of a scenario.
const PACKS_MAX: u64 = 1_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    seed: u64,
    packs: u64,
    #[serde(default)]
    pixels: bool,
    #[serde(default)]
    faults: BTreeMap<toml::Spanned<String>, f64>,
}

/// Reads a scenario; `file` is what messages call it.
///
/// # Errors
/// Says what is wrong, with its line.
pub fn parse(file: &str, text: &str) -> Result<Wish, String> {
    if text.len() > TEXT_MAX {
        return Err(format!(
            "{file} has {} bytes, at most {TEXT_MAX} are read.",
            text.len()
        ));
    }
    let scenario: Scenario = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        format!("{file}, line {line}: {}", error.message())
    })?;
    if !(1..=PACKS_MAX).contains(&scenario.packs) {
        let line = text
            .lines()
            .position(|line| line.trim_start().starts_with("packs"));
        let line = line.map_or(1, |at| at + 1);
        return Err(format!(
            "{file}, line {line}: packs must be from 1 to {PACKS_MAX}."
        ));
    }
    let mut troubles = Troubles::none();
    for (name, rate) in &scenario.faults {
        let line = line_of(text, name.span().start);
        if !(0.0..=1.0).contains(rate) {
            let name = name.get_ref();
            return Err(format!(
                "{file}, line {line}: the rate of {name} must be from 0 to 1."
            ));
        }
        troubles
            .set(name.get_ref(), *rate)
            .map_err(|why| format!("{file}, line {line}: {why}"))?;
    }
    Ok(Wish {
        seed: scenario.seed,
        packs: scenario.packs,
        troubles,
        pixels: scenario.pixels,
    })
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// A wish as a scenario; `what` it shows goes into its first lines.
pub fn write(wish: &Wish, what: &[String]) -> String {
    let mut text = String::new();
    for line in what {
        let _ = writeln!(text, "# {}", line.replace('\n', " "));
    }
    let Wish {
        seed,
        packs,
        pixels,
        troubles,
    } = wish;
    let _ = writeln!(
        text,
        "seed = {seed}\npacks = {packs}\npixels = {pixels}\n\n[faults]"
    );
    for (name, rate) in troubles.by_name() {
        let _ = writeln!(text, "{name} = {rate:?}");
    }
    text
}

/// Most worlds lived to make one shorter.
const TRIES_MAX: usize = 200;

/// The shortest wish that `fails`, found by leaving out packs, pixels and kinds of faults as long as it still does.
pub fn shrink(wish: &Wish, fails: &dyn Fn(&Wish) -> bool) -> Wish {
    let mut best = wish.clone();
    let mut tries = 0;
    loop {
        let next = shorter(&best).into_iter().find(|shorter| {
            tries += 1;
            tries <= TRIES_MAX && fails(shorter)
        });
        match next {
            Some(next) if tries <= TRIES_MAX => best = next,
            _ => return best,
        }
    }
}

/// Wishes that are a step shorter, the greatest steps first.
fn shorter(wish: &Wish) -> Vec<Wish> {
    let mut found = Vec::new();
    for packs in [
        wish.packs / 4,
        wish.packs / 2,
        wish.packs * 3 / 4,
        wish.packs.saturating_sub(1),
    ] {
        if packs > 0 && packs < wish.packs {
            let wish = wish.clone();
            found.push(Wish { packs, ..wish });
        }
    }
    for name in wish.troubles.by_name().into_keys() {
        let mut fewer = wish.clone();
        fewer.troubles.set(name, 0.0).expect("it names itself");
        found.push(fewer);
    }
    if wish.pixels {
        let wish = wish.clone();
        found.push(Wish {
            pixels: false,
            ..wish
        });
    }
    found
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::world::trouble::Trouble;

    #[test]
    fn what_is_written_is_read_and_mistakes_are_named_with_their_line() {
        let wish = Wish {
            seed: 7,
            packs: 60,
            troubles: Troubles::swarm(7),
            pixels: true,
        };
        let text = write(&wish, &["the first pack was lost".to_owned()]);
        assert_eq!(parse("a", &text), Ok(wish));
        let wrong = [
            ("seed = 1\npacks = 0\n", "line 2"),
            ("seed = 1\npacks = 5\nspeed = 3\n", "line 3"),
            ("seed = 1\npacks = 5\n[faults]\npower-cut = 2\n", "line 4"),
            ("seed = 1\npacks = 5\n[faults]\n\nfoo = 0.5\n", "line 5"),
            ("seed = 1\npacks = x\n", "line 2"),
            ("packs = 5\n", "seed"),
        ];
        for (text, told) in wrong {
            let why = parse("s.toml", text).expect_err(text);
            assert!(why.contains(told) && why.contains("s.toml"), "{why}");
        }
    }

    #[test]
    fn the_shortest_that_still_fails_is_found() {
        let wish = Wish {
            seed: 7,
            packs: 400,
            troubles: Troubles::swarm(7),
            pixels: true,
        };
        let mut wish = wish;
        wish.troubles.set("power-cut", 0.01).expect("known");
        let fails = |wish: &Wish| wish.packs >= 13 && wish.troubles.rate(Trouble::PowerCut) > 0.0;
        let short = shrink(&wish, &fails);
        assert_eq!((short.packs, short.pixels), (13, false));
        assert_eq!(
            short.troubles.by_name().into_keys().collect::<Vec<_>>(),
            ["power-cut"]
        );
    }
}
