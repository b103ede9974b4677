//! A dictionary from a text in the format of GS1's syntax dictionary. PURE.
//!
//! A line is `AIs [flags] component… [attributes…] [# title]`: an AI or a range `3100-3105`; flags `*` (length defined
//! in advance, no separator needed) and `?` (may be a Digital Link attribute); components `N|X|Y|Z` with a length `5`
//! or `..20` and linters behind commas, in `[…]` when optional; attributes `req=`, `ex=`, `dlpkey`.

use super::ai::{Ai, AiPattern};
use super::dictionary::{
    AiEntry, CharacterSet, Component, Dictionary, Requirement, check_components,
};
use super::elements::VALUE_MAX_LEN;
use super::lint::Linter;
use std::fmt;

/// Largest dictionary text that is read, in bytes.
pub const DICTIONARY_MAX_LEN: usize = 1024 * 1024;

/// More AIs there cannot be.
const ENTRIES_MAX: usize = 100 + 1_000 + 10_000;

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

impl Dictionary {
    /// A dictionary from a text in GS1's format.
    ///
    /// # Errors
    /// The first line that does not follow the format or names a rule this program does not have, or a text that is
    /// too long or holds no entry.
    pub fn parse(text: &str) -> Result<Dictionary, DictionaryError> {
        let whole = |text: String| DictionaryError { line: 0, text };
        if text.len() > DICTIONARY_MAX_LEN {
            return Err(whole(format!(
                "An AI dictionary has at most {DICTIONARY_MAX_LEN} bytes; this one has {}.",
                text.len()
            )));
        }
        let (mut entries, mut lines) = (Vec::new(), Vec::new());
        for (line, content) in (1..).zip(text.lines()) {
            let found = parse_line(content).map_err(|text| DictionaryError { line, text })?;
            lines.extend(found.iter().map(|entry| (entry.ai, line)));
            entries.extend(found);
            if entries.len() > ENTRIES_MAX {
                let text = "There are more entries here than AIs of up to four digits.".to_owned();
                return Err(DictionaryError { line, text });
            }
        }
        if entries.is_empty() {
            return Err(whole("This AI dictionary has no entry.".to_owned()));
        }
        Dictionary::of(entries).map_err(|(ai, text)| {
            let last = lines.iter().rev().find(|(other, _)| *other == ai);
            let line = last.map_or(0, |(_, line)| *line);
            DictionaryError { line, text }
        })
    }
}

fn parse_line(line: &str) -> Result<Vec<AiEntry>, String> {
    // A title may hold the sign again: "PROCESSOR # 0".
    let (rules, title) = line.split_once('#').unwrap_or((line, ""));
    let mut words = rules.split_whitespace().peekable();
    let Some(range) = words.next() else {
        return Ok(Vec::new());
    };
    let ais = parse_range(range)?;
    let mut flags = String::new();
    let is_flags = |word: &str| {
        word.chars()
            .all(|c| "*!?\"$%&'()+,-./:;<=>@\\^_`{|}~".contains(c))
    };
    while let Some(word) = words.next_if(|word| is_flags(word)) {
        flags.push_str(word);
    }
    let mut template = AiEntry {
        ai: ais[0],
        predefined: flags.contains('*'),
        link_attribute: flags.contains('?'),
        components: Vec::new(),
        required: Vec::new(),
        excluded: Vec::new(),
        link_key: None,
        title: title.trim().to_owned(),
    };
    while let Some(word) = words.next_if(|word| word.starts_with(['N', 'X', 'Y', 'Z', '['])) {
        template.components.push(parse_component(word)?);
    }
    check_components(&template.components)?;
    let varies = |part: &Component| part.optional || part.min != part.max;
    if template.predefined && template.components.iter().any(varies) {
        return Err("An AI with the flag \"*\" has one length only.".to_owned());
    }
    for word in words {
        parse_attribute(word, &mut template)?;
    }
    let with_ai = |ai| AiEntry {
        ai,
        ..template.clone()
    };
    Ok(ais.into_iter().map(with_ai).collect())
}

/// The AIs of `3100-3105`, or of `01` alone: one at least.
pub(super) fn parse_range(range: &str) -> Result<Vec<Ai>, String> {
    let wrong =
        || format!("\"{range}\" is not an AI or a range of AIs that differ in their last digit.");
    let ai = |text: &str| Ai::new(text.as_bytes()).ok_or_else(wrong);
    let Some((first, last)) = range.split_once('-') else {
        return Ok(vec![ai(range)?]);
    };
    let (low, high) = (ai(first)?, ai(last)?);
    let (stem, from) = first.split_at(first.len() - 1);
    let to = last
        .strip_prefix(stem)
        .filter(|_| low.len() == high.len() && low < high);
    let (from, to) = (from.as_bytes()[0], to.ok_or_else(wrong)?.as_bytes()[0]);
    (from..=to)
        .map(|digit| ai(&format!("{stem}{}", char::from(digit))))
        .collect()
}

/// Components in words.
pub(super) fn parse_components(words: &str) -> Result<Vec<Component>, String> {
    words.split_whitespace().map(parse_component).collect()
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
        Ok(number) if (1..=VALUE_MAX_LEN).contains(&number) => Ok(number),
        _ => Err(wrong()),
    };
    let (min, max) = match length.strip_prefix("..") {
        Some(most) => (1, number(most)?),
        None => (number(length)?, number(length)?),
    };
    let names = linters.split(',').filter(|name| !name.is_empty());
    let linter = |name: &str| {
        Linter::named(name).ok_or_else(|| format!("There is no rule \"{name}\" here."))
    };
    Ok(Component {
        set,
        min,
        max,
        optional,
        linters: names.map(linter).collect::<Result<_, _>>()?,
    })
}

fn parse_attribute(word: &str, entry: &mut AiEntry) -> Result<(), String> {
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    };
    let in_value = |c: char| c.is_ascii_alphanumeric() || ",+|-_.".contains(c);
    let right = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_lowercase())
        && value.is_none_or(|value| !value.is_empty() && value.chars().all(in_value));
    if !right {
        return Err(format!(
            "\"{word}\" is neither a component nor an attribute."
        ));
    }
    match (name, value) {
        ("req", Some(value)) => entry.required.push(parse_requirement(value)?),
        ("ex", Some(value)) => {
            for text in value.split(',') {
                entry.excluded.push(pattern(text)?);
            }
        }
        ("dlpkey", None) => entry.link_key = Some(vec![Vec::new()]),
        ("dlpkey", Some(value)) => {
            let sequence = |text: &str| text.split(',').map(ai).collect();
            entry.link_key = Some(value.split('|').map(sequence).collect::<Result<_, _>>()?);
        }
        ("req" | "ex", None) => return Err(format!("\"{word}\" names no AI.")),
        // What attributes to come say cannot be known here.
        _ => {}
    }
    Ok(())
}

/// `01+21,02`: (01) with (21), or (02).
pub(super) fn parse_requirement(value: &str) -> Result<Requirement, String> {
    let alternative = |all: &str| all.split('+').map(pattern).collect();
    value.split(',').map(alternative).collect()
}

fn pattern(text: &str) -> Result<AiPattern, String> {
    AiPattern::new(text.as_bytes()).ok_or_else(|| format!("\"{text}\" is not an AI."))
}

fn ai(text: &str) -> Result<Ai, String> {
    Ai::new(text.as_bytes()).ok_or_else(|| format!("\"{text}\" is not an AI."))
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn mistakes_name_their_line() {
        let wrong = [
            ("", 0),
            ("\n# nothing", 0),
            ("01 *? N14\n1x N3", 2),
            ("01 N14\n\n01 N14", 3),
            ("400 N14\n4012 N14", 2),
            ("01 N..14 N2", 1),
            ("01 [N14] N2", 1),
            ("01 N0", 1),
            ("01 N99999999999999999999", 1),
            ("01 *?", 1),
            ("01 N14 ex=abc", 1),
            ("01 N14,nosuchrule", 1),
            ("3105-3100 N6", 1),
        ];
        for (text, line) in wrong {
            assert_eq!(Dictionary::parse(text).unwrap_err().line, line, "{text:?}");
        }
    }
}
