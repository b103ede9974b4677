//! Application identifiers and their rules, read from GS1's syntax dictionary format. PURE.
//!
//! A line is `AIs [flags] component… [attributes…] [# title]`: an AI or a range `3100-3105`; flags
//! `*` (length defined in advance, no separator needed) and `?` (may be a Digital Link attribute);
//! components `N|X|Y|Z` with a length `5` or `..20` and linters behind commas, in `[…]` when
//! optional; attributes `req=`, `ex=`, `dlpkey`. The table this program carries is written in the
//! same format (`table.rs`).

use super::lint::Linter;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

/// Largest dictionary text that is read, in bytes.
pub const DICTIONARY_MAX_LEN: usize = 1024 * 1024;

/// The character set of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CharacterSet {
    /// Digits.
    Digits,
    /// GS1's character set 82.
    Set82,
    /// GS1's character set 39.
    Set39,
    /// Base64 for file names and addresses (character set 64).
    Base64Url,
}

/// A part of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Which characters.
    pub set: CharacterSet,
    /// Fewest characters.
    pub min: usize,
    /// Most characters.
    pub max: usize,
    /// May be left out together with all that follow.
    pub optional: bool,
    /// Rules for its text, in order.
    pub linters: Vec<Linter>,
}

/// AIs as a rule names them: `21`, or `394n` with a wildcard digit.
pub type AiPattern = String;

/// An application identifier with the rules for its value and its companions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AiEntry {
    /// Digits of the AI.
    pub ai: String,
    /// Its length is defined in advance: no separator follows it.
    pub predefined: bool,
    /// May be a query attribute of a Digital Link URI.
    pub link_attribute: bool,
    /// The parts of its value.
    pub components: Vec<Component>,
    /// Each must hold: any of the alternatives, each of which needs all its AIs.
    pub required: Vec<Vec<Vec<AiPattern>>>,
    /// None of these may be there.
    pub excluded: Vec<AiPattern>,
    /// Title for people, e.g. `BATCH/LOT`.
    pub title: String,
}

impl AiEntry {
    /// Fewest characters of a value.
    pub fn min_len(&self) -> usize {
        let needed = self.components.iter().filter(|part| !part.optional);
        needed.map(|part| part.min).sum()
    }

    /// Most characters of a value.
    pub fn max_len(&self) -> usize {
        self.components.iter().map(|part| part.max).sum()
    }
}

/// A mistake in a dictionary, with its line from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DictionaryError {
    /// Line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong, as a sentence.
    pub text: String,
}

impl fmt::Display for DictionaryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.text),
            line => write!(f, "Line {line}: {}", self.text),
        }
    }
}

impl std::error::Error for DictionaryError {}

/// The application identifiers that are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dictionary {
    entries: BTreeMap<String, AiEntry>,
}

/// Digits of the shortest and the longest application identifier.
const AI_LEN: std::ops::RangeInclusive<usize> = 2..=4;

impl Dictionary {
    /// The table this program carries: what a packaging line prints or accepts.
    pub fn built_in() -> &'static Dictionary {
        static BUILT_IN: LazyLock<Dictionary> = LazyLock::new(|| {
            Dictionary::parse(super::table::TABLE).expect("the built-in table is right")
        });
        &BUILT_IN
    }

    /// A dictionary from a text in GS1's format.
    ///
    /// # Errors
    /// The first line that does not follow the format, or a text that is too long or holds no entry. A
    /// linter unknown
    /// to this program is kept and judges nothing ([`Linter::Unknown`]).
    pub fn parse(text: &str) -> Result<Dictionary, DictionaryError> {
        let whole = |text: String| DictionaryError { line: 0, text };
        if text.len() > DICTIONARY_MAX_LEN {
            return Err(whole(format!(
                "An AI dictionary has at most {DICTIONARY_MAX_LEN} bytes; this one has {}.",
                text.len()
            )));
        }
        let mut entries = BTreeMap::new();
        for (line, content) in (1..).zip(text.lines()) {
            let wrong = |text: String| DictionaryError { line, text };
            for entry in parse_line(content).map_err(wrong)? {
                if let Some(old) = entries.insert(entry.ai.clone(), entry) {
                    return Err(wrong(format!("AI {} stands here twice.", old.ai)));
                }
            }
        }
        if entries.is_empty() {
            return Err(whole("This AI dictionary has no entry.".to_owned()));
        }
        Ok(Dictionary { entries })
    }

    /// The entry of an AI.
    pub fn get(&self, ai: &str) -> Option<&AiEntry> {
        self.entries.get(ai)
    }

    /// The entry of the AI that `text` begins with.
    pub fn starting(&self, text: &[u8]) -> Option<&AiEntry> {
        AI_LEN.filter_map(|len| text.get(..len)).find_map(|start| {
            let start = std::str::from_utf8(start).ok()?;
            self.entries.get(start)
        })
    }

    /// All entries, by AI.
    pub fn entries(&self) -> impl Iterator<Item = &AiEntry> {
        self.entries.values()
    }
}

fn parse_line(line: &str) -> Result<Vec<AiEntry>, String> {
    let (rules, title) = match line.split_once('#') {
        Some((rules, title)) => (rules, title.trim()),
        None => (line, ""),
    };
    let mut words = rules.split_whitespace().peekable();
    let Some(range) = words.next() else {
        return Ok(Vec::new());
    };
    let flags = words
        .next_if(|word| {
            word.chars()
                .all(|c| "*?!\"$%&'()+,-./:;<=>@^_`{|}~".contains(c))
        })
        .unwrap_or("");
    let mut template = AiEntry {
        ai: String::new(),
        predefined: flags.contains('*'),
        link_attribute: flags.contains('?'),
        components: Vec::new(),
        required: Vec::new(),
        excluded: Vec::new(),
        title: title.to_owned(),
    };
    while let Some(word) = words.next_if(|word| word.starts_with(['N', 'X', 'Y', 'Z', '['])) {
        template.components.push(parse_component(word)?);
    }
    check_components(&template.components)?;
    for word in words {
        parse_attribute(word, &mut template)?;
    }
    let with_ai = |ai| AiEntry {
        ai,
        ..template.clone()
    };
    Ok(parse_range(range)?.into_iter().map(with_ai).collect())
}

fn parse_range(range: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("\"{range}\" is not an AI or a range of AIs.");
    let right = |ai: &str| AI_LEN.contains(&ai.len()) && ai.bytes().all(|b| b.is_ascii_digit());
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    if !right(first) || !right(last) || first.len() != last.len() {
        return Err(wrong());
    }
    let number = |ai: &str| ai.parse::<u16>().map_err(|_| wrong());
    let (low, high) = (number(first)?, number(last)?);
    if low > high {
        return Err(wrong());
    }
    let width = first.len();
    Ok((low..=high).map(|ai| format!("{ai:0width$}")).collect())
}

fn parse_component(word: &str) -> Result<Component, String> {
    let wrong = || format!("\"{word}\" is not a component.");
    let (spec, linters) = word.split_once(',').unwrap_or((word, ""));
    let inner = spec
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let optional = inner.is_some();
    let spec = inner.unwrap_or(spec);
    let (set, length) = match spec.as_bytes().first() {
        Some(b'N') => (CharacterSet::Digits, &spec[1..]),
        Some(b'X') => (CharacterSet::Set82, &spec[1..]),
        Some(b'Y') => (CharacterSet::Set39, &spec[1..]),
        Some(b'Z') => (CharacterSet::Base64Url, &spec[1..]),
        _ => return Err(wrong()),
    };
    let number = |text: &str| match text.parse::<usize>() {
        Ok(number) if (1..=super::element::VALUE_MAX_LEN).contains(&number) => Ok(number),
        _ => Err(wrong()),
    };
    let (min, max) = match length.strip_prefix("..") {
        Some(most) => (1, number(most)?),
        None => (number(length)?, number(length)?),
    };
    let names = linters.split(',').filter(|name| !name.is_empty());
    Ok(Component {
        set,
        min,
        max,
        optional,
        linters: names.map(Linter::named).collect(),
    })
}

fn check_components(components: &[Component]) -> Result<(), String> {
    let (Some(last), total) = (
        components.last(),
        components.iter().map(|part| part.max).sum::<usize>(),
    ) else {
        return Err("An AI needs at least one component.".to_owned());
    };
    if total > super::element::VALUE_MAX_LEN {
        return Err(format!(
            "A value has at most {} characters.",
            super::element::VALUE_MAX_LEN
        ));
    }
    for pair in components.windows(2) {
        if pair[0].min != pair[0].max {
            return Err("Only the last component may vary in length.".to_owned());
        }
        if pair[0].optional && !pair[1].optional {
            return Err("No needed component may follow an optional one.".to_owned());
        }
    }
    assert!(last.max >= last.min, "lengths were checked");
    Ok(())
}

fn parse_attribute(word: &str, entry: &mut AiEntry) -> Result<(), String> {
    let pattern = |text: &str| {
        let right = AI_LEN.contains(&text.len())
            && text
                .trim_end_matches('n')
                .bytes()
                .all(|b| b.is_ascii_digit());
        match right {
            true => Ok(text.to_owned()),
            false => Err(format!("\"{text}\" in \"{word}\" is not an AI.")),
        }
    };
    let (name, value) = word.split_once('=').unwrap_or((word, ""));
    match name {
        "req" => {
            let alternatives = value
                .split(',')
                .map(|all| all.split('+').map(pattern).collect());
            entry.required.push(alternatives.collect::<Result<_, _>>()?);
        }
        "ex" => {
            for text in value.split(',') {
                entry.excluded.push(pattern(text)?);
            }
        }
        // Digital Link keys and attributes to come say nothing about element strings.
        _ => {}
    }
    Ok(())
}

/// Whether an AI is one that `pattern` names; `n` stands for any digit.
pub fn matches_pattern(ai: &str, pattern: &str) -> bool {
    ai.len() == pattern.len()
        && ai
            .bytes()
            .zip(pattern.bytes())
            .all(|(digit, wanted)| wanted == b'n' || wanted == digit)
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn the_built_in_table_is_read() {
        let table = Dictionary::built_in();
        assert!(table.entries().count() > 40);
        assert!(table.get("01").unwrap().predefined);
        assert_eq!(table.starting(b"0109521234543213").unwrap().ai, "01");
        assert_eq!(table.starting(b"7003260101").unwrap().ai, "7003");
        assert!(table.starting(b"7").is_none());
        let unknown = |entry: &AiEntry| {
            let mut linters = entry.components.iter().flat_map(|part| &part.linters);
            linters.any(|linter| *linter == Linter::Unknown)
        };
        assert!(!table.entries().any(unknown));
    }

    #[test]
    fn mistakes_name_their_line() {
        let wrong = [
            ("", 0),
            ("\n# nothing", 0),
            ("01 *? N14\n1x N3", 2),
            ("01 N14\n01 N14", 2),
            ("01 N..14 N2", 1),
            ("01 [N14] N2", 1),
            ("01 N0", 1),
            ("01 N99999999999999999999", 1),
            ("01 *?", 1),
            ("01 N14 ex=abc", 1),
            ("3105-3100 N6", 1),
        ];
        for (text, line) in wrong {
            assert_eq!(Dictionary::parse(text).unwrap_err().line, line, "{text:?}");
        }
    }
}
