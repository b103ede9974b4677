//! A world as a short text that anyone can replay, and the way from one that failed to the shortest that still does.
//! Every key is explained in `templates/scenarios/template.toml`. PURE.
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
use crate::config::nearest;
use std::fmt::Write as _;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};
use vidimus_simulators::printer::Language;

/// Longest scenario that is read, in bytes.
pub const TEXT_MAX: usize = 64 * 1024;

/// Most packs of a scenario.
pub const PACKS_MAX: u64 = 1_000_000;

/// What a scenario may say.
const KEYS: [&str; 5] = ["seed", "packs", "pixels", "printer", "faults"];

type Key<'t> = Spanned<DeString<'t>>;
type Value<'t> = Spanned<DeValue<'t>>;

/// Reads a scenario; `file` is what messages call it.
///
/// # Errors
/// Says what is wrong, with its line.
pub fn parse(file: &str, bytes: &[u8]) -> Result<Wish, String> {
    if bytes.len() > TEXT_MAX {
        return Err(format!(
            "{file} is longer than a scenario may be: at most {TEXT_MAX} bytes are read."
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = line_of(bytes, error.valid_up_to());
        format!(
            "{file}, line {line}: this is no text in UTF-8. Scenarios are short TOML files; \
             templates/scenarios/template.toml is one."
        )
    })?;
    let wrong = |at: usize, why: String| {
        let line = line_of(bytes, at);
        format!("{file}, line {line}: {why}")
    };
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        wrong(at, format!("{}.", error.message().trim_end_matches('.')))
    })?;
    let mut given = Given::default();
    for (key, value) in table.get_ref() {
        given.take(key, value).map_err(|(at, why)| wrong(at, why))?;
    }
    let missing = |key: &str| format!("{file}: {key} is missing: write for example {key} = 60.");
    Ok(Wish {
        seed: given.seed.ok_or_else(|| missing("seed"))?,
        packs: given.packs.ok_or_else(|| missing("packs"))?,
        troubles: given.troubles,
        pixels: given.pixels,
        printer: given.printer,
    })
}

/// What was read so far.
#[derive(Default)]
struct Given {
    seed: Option<u64>,
    packs: Option<u64>,
    pixels: bool,
    printer: Language,
    troubles: Troubles,
}

impl Given {
    /// Takes a key; what is wrong, and where it stands.
    fn take(&mut self, key: &Key<'_>, value: &Value<'_>) -> Result<(), (usize, String)> {
        let at = value.span().start;
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("seed", value) => {
                let seed = whole(value).ok_or_else(|| {
                    (
                        at,
                        format!("seed must be a whole number from 0 to {}.", u64::MAX),
                    )
                })?;
                self.seed = Some(seed);
            }
            ("packs", value) => {
                let packs = whole(value).filter(|packs| (1..=PACKS_MAX).contains(packs));
                let packs = packs.ok_or_else(|| {
                    let why = format!("packs must be a whole number from 1 to {PACKS_MAX}.");
                    (at, why)
                })?;
                self.packs = Some(packs);
            }
            ("pixels", DeValue::Boolean(pixels)) => self.pixels = *pixels,
            ("pixels", _) => return Err((at, "pixels must be true or false.".to_owned())),
            ("printer", DeValue::String(name)) => {
                self.printer = Language::parse(name).map_err(|why| (at, why))?;
            }
            ("printer", _) => {
                let why = "printer must be the name of a language, as in printer = \"tspl\".";
                return Err((at, why.to_owned()));
            }
            ("faults", DeValue::Table(faults)) => {
                for (name, rate) in faults {
                    self.fault(name, rate)?;
                }
            }
            ("faults", _) => {
                let why = "faults must be a section: [faults], then NAME = RATE, one a line.";
                return Err((at, why.to_owned()));
            }
            (other, _) => {
                let near = nearest(other, KEYS.into_iter());
                let near = near.map_or(String::new(), |near| format!(" Did you mean {near}?"));
                let why = format!(
                    "{other:?} is no key of a scenario.{near} There are: {}.",
                    KEYS.join(", ")
                );
                return Err((key.span().start, why));
            }
        }
        Ok(())
    }

    fn fault(&mut self, name: &Key<'_>, rate: &Value<'_>) -> Result<(), (usize, String)> {
        let number: Option<f64> = match rate.get_ref() {
            DeValue::Integer(number) => number.as_str().parse().ok(),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        };
        let known = name.get_ref().as_ref();
        // The name first: a rate of nothing is no help.
        self.troubles
            .set(known, 0.0)
            .map_err(|why| (name.span().start, why))?;
        let number = number.filter(|rate| (0.0..=1.0).contains(rate));
        let number = number.ok_or_else(|| {
            let why = format!("the rate of {known} must be a number from 0 to 1, e.g. 0.01.");
            (rate.span().start, why)
        })?;
        self.troubles.set(known, number).expect("it was known");
        Ok(())
    }
}

fn whole(value: &DeValue<'_>) -> Option<u64> {
    match value {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    }
}

fn line_of(text: &[u8], at: usize) -> usize {
    text.iter().take(at).filter(|byte| **byte == b'\n').count() + 1
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
        printer,
        troubles,
    } = wish;
    let _ = writeln!(
        text,
        "seed = {seed}\npacks = {packs}\npixels = {pixels}\nprinter = \"{printer}\"\n\n[faults]"
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
    if wish.printer != Language::Zpl {
        let wish = wish.clone();
        found.push(Wish {
            printer: Language::Zpl,
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
            printer: Language::Tspl,
        };
        let text = write(&wish, &["the first pack was lost".to_owned()]);
        assert_eq!(parse("a", text.as_bytes()), Ok(wish));
        let long = "#".repeat(TEXT_MAX + 1);
        let wrong: [(&[u8], &str); 20] = [
            (b"seed = 1\npacks = 0\n", "line 2: packs must be"),
            (
                b"seed = 1\n# packs = 0\n\"packs\" = 0\n",
                "line 3: packs must be",
            ),
            (b"seed = 1\npacks = 1_000_001\n", "line 2: packs must be"),
            (
                b"seed = 1\npacks = 5\nspeed = 3\n",
                "line 3: \"speed\" is no key of a scenario. Did you mean seed?",
            ),
            (
                b"seed = 1\npacks = 5\n\"a\\u001b[31m\" = 3\n",
                "\"a\\u{1b}[31m\"",
            ),
            (b"seed = 1\npacks = 5\n[faults]\npower-cut = 2\n", "line 4"),
            (
                b"seed = 1\npacks = 5\n[faults]\npower-cut = \"often\"\n",
                "line 4",
            ),
            (b"seed = 1\npacks = 5\n[faults]\n\nfoo = 0.5\n", "line 5"),
            (
                b"seed = 1\npacks = 5\n[faults]\npower-cuts = 0.5\n",
                "mean power-cut?",
            ),
            (
                b"seed = 1\npacks = 5\nfaults = 3\n",
                "line 3: faults must be a section",
            ),
            (
                b"seed = 1\npacks = 5\npixels = 1\n",
                "line 3: pixels must be",
            ),
            (
                b"seed = 1\npacks = 5\nprinter = \"epl\"\n",
                "line 3: 'epl' is no printer language. There are: zpl,",
            ),
            (b"seed = 1\npacks = 5\nprinter = 3\n", "line 3: printer"),
            (b"seed = -1\npacks = 5\n", "line 1: seed must be"),
            (b"seed = 1.5\npacks = 5\n", "line 1: seed must be"),
            (b"seed = 1\npacks = x\n", "line 2"),
            (b"packs = 5\n", "seed is missing"),
            (b"seed = 1\n", "packs is missing"),
            (
                b"seed = 1\n# gr\xfc\xdfe\npacks = 5\n",
                "line 2: this is no text in UTF-8",
            ),
            (long.as_bytes(), "at most 65536 bytes"),
        ];
        for (text, told) in wrong {
            let why = parse("s.toml", text).expect_err(told);
            assert!(why.contains(told) && why.contains("s.toml"), "{why}");
            assert!(
                !why.contains("u64") && !why.contains("expected struct"),
                "{why}"
            );
        }
        let greatest = format!("seed = {}\npacks = {PACKS_MAX}\n", u64::MAX);
        let wish = parse("a", greatest.as_bytes()).expect("it is allowed");
        assert_eq!((wish.seed, wish.packs), (u64::MAX, PACKS_MAX));
    }

    #[test]
    fn the_template_explains_every_key_and_is_a_scenario_itself() {
        let text = include_str!("../../templates/scenarios/template.toml");
        let wish = parse("template.toml", text.as_bytes()).expect("it is sound");
        assert_eq!(wish.troubles.by_name().len(), 2);
        for key in KEYS {
            assert!(text.contains(key), "{key}");
        }
        for limit in [u64::MAX, PACKS_MAX, TEXT_MAX as u64] {
            assert!(text.contains(&limit.to_string()), "{limit}");
        }
    }

    #[test]
    fn shortening_ends_after_so_many_worlds() {
        let tries = std::cell::Cell::new(0);
        let fails = |_: &Wish| {
            tries.set(tries.get() + 1);
            true
        };
        let wish = Wish {
            seed: 7,
            packs: PACKS_MAX,
            troubles: Troubles::swarm(7),
            pixels: true,
            printer: Language::Zpl,
        };
        shrink(&wish, &fails);
        assert!(tries.get() <= TRIES_MAX);
        // It goes on in the smallest steps there are.
        tries.set(0);
        let best = std::cell::Cell::new(PACKS_MAX);
        let fails = |wish: &Wish| {
            tries.set(tries.get() + 1);
            let is_next = wish.packs + 1 == best.get();
            best.set(best.get() - u64::from(is_next));
            is_next
        };
        assert_eq!(shrink(&wish, &fails).packs, best.get());
        assert_eq!(tries.get(), TRIES_MAX, "it was driven to the limit");
    }

    #[test]
    fn the_shortest_that_still_fails_is_found() {
        let wish = Wish {
            seed: 7,
            packs: 400,
            troubles: Troubles::swarm(7),
            pixels: true,
            printer: Language::Coder,
        };
        let mut wish = wish;
        wish.troubles.set("power-cut", 0.01).expect("known");
        let fails = |wish: &Wish| wish.packs >= 13 && wish.troubles.rate(Trouble::PowerCut) > 0.0;
        let short = shrink(&wish, &fails);
        assert_eq!((short.packs, short.pixels), (13, false));
        assert_eq!(short.printer, Language::Zpl, "any language shows it");
        assert_eq!(
            short.troubles.by_name().into_keys().collect::<Vec<_>>(),
            ["power-cut"]
        );
    }
}
