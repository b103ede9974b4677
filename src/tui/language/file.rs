//! A message file: tables of sentences, each with what it is in the file's language. Every mistake is told. PURE.

use super::sentence::{Hole, Sentence};
use crate::tui::words;
use std::collections::BTreeMap;
use std::fmt;
use toml::de::{DeTable, DeValue};

/// A mistake of a message file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Its line, from 1.
    pub line: usize,
    /// The English sentence that it is about; empty: no single one.
    pub sentence: String,
    /// What is wrong and what to do, as a sentence without its end.
    pub text: String,
}

/// A message file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageError {
    /// The file, as it was named.
    pub file: String,
    /// What is wrong, in the order of the file; at least one.
    pub mistakes: Vec<Mistake>,
}

impl fmt::Display for LanguageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.mistakes.first() else {
            return write!(f, "The message file {} cannot be used.", self.file);
        };
        write!(f, "The message file {}, line {}", self.file, first.line)?;
        if !first.sentence.is_empty() {
            write!(f, ", \"{}\"", words::seen(&first.sentence))?;
        }
        write!(f, ": {}.", first.text)?;
        match self.mistakes.len() - 1 {
            0 => Ok(()),
            more => write!(f, " There are {more} more mistakes."),
        }
    }
}

impl std::error::Error for LanguageError {}

/// Reads a file: every sentence with its translation.
///
/// # Errors
/// All mistakes.
pub(super) fn read(name: &str, text: &str) -> Result<BTreeMap<String, String>, LanguageError> {
    let line = |at: usize| {
        let before = text.as_bytes().iter().take(at);
        before.filter(|byte| **byte == b'\n').count() + 1
    };
    let mut mistakes = Vec::new();
    let mut wrong = |at: usize, sentence: &str, text: String| {
        mistakes.push(Mistake {
            line: line(at),
            sentence: sentence.to_owned(),
            text,
        });
    };
    let (table, syntax) = DeTable::parse_recoverable(text);
    for error in syntax {
        let at = error.span().map_or(0, |span| span.start);
        let why = error.message().trim_end_matches('.').replace('\n', " ");
        let written = text.lines().nth(line(at) - 1).unwrap_or_default();
        wrong(at, written.trim(), why);
    }
    let mut sentences: BTreeMap<String, String> = BTreeMap::new();
    for (part, value) in table.get_ref() {
        let at = part.span().start;
        let DeValue::Table(part) = value.get_ref() else {
            let text = "write it below a heading in brackets, such as [line]";
            wrong(at, part.get_ref(), text.to_owned());
            continue;
        };
        for (english, said) in part {
            let (at, english) = (english.span().start, &**english.get_ref());
            let DeValue::String(said) = said.get_ref() else {
                let text = "its translation is no text: write it in quotation marks".to_owned();
                wrong(at, english, text);
                continue;
            };
            if let Err(text) = fits(english, said) {
                wrong(at, english, text);
            }
            let before = sentences.insert(english.to_owned(), said.to_string());
            if before.is_some() {
                let text = "it stands in the file twice: take one of them out".to_owned();
                wrong(at, english, text);
            }
        }
    }
    if mistakes.is_empty() {
        mistakes.extend(one_word_for_two(&sentences, text));
    }
    if mistakes.is_empty() {
        return Ok(sentences);
    }
    mistakes.sort_by_key(|mistake| mistake.line);
    Err(LanguageError {
        file: name.to_owned(),
        mistakes,
    })
}

/// The words that say how the line stands.
const STATES: [&str; 6] = [
    "RECOVERING",
    "NOT READY",
    "READY",
    "RUNNING",
    "STOPPED",
    "UNKNOWN",
];

/// Nobody takes one state of the line for another.
fn one_word_for_two(sentences: &BTreeMap<String, String>, text: &str) -> Option<Mistake> {
    let mut before: Vec<&str> = Vec::new();
    let doubled = STATES.into_iter().find(|state| {
        let word = sentences.get(*state).map_or(*state, |said| said.trim());
        let known = before.contains(&word);
        before.push(word);
        known
    })?;
    let written = format!("\"{doubled}\"");
    let at = text
        .lines()
        .position(|line| line.trim_start().starts_with(&written));
    Some(Mistake {
        line: at.map_or(1, |at| at + 1),
        sentence: doubled.to_owned(),
        text: "another state of the line has the same word: nobody could tell them apart"
            .to_owned(),
    })
}

/// Whether a translation can stand for its sentence.
fn fits(english: &str, said: &str) -> Result<(), String> {
    if said.trim().is_empty() {
        return Err("its translation is empty: translate it, or take the line out".to_owned());
    }
    for (text, which) in [(english, "it"), (said, "its translation")] {
        if words::seen(text) != text || text.contains('\u{fffd}') {
            return Err(format!(
                "{which} holds a control character or one that turns writing: take it out"
            ));
        }
        if text.trim() != text {
            return Err(format!(
                "{which} begins or ends with a blank: take it out, blanks around a text stay"
            ));
        }
    }
    let (from, to) = (Sentence::parse(english)?, Sentence::parse(said)?);
    if from.has_neighbours() {
        return Err("two holes stand side by side: put a word between them".to_owned());
    }
    if from.weight() == 0 {
        return Err("it is nothing but a hole: take it out".to_owned());
    }
    let names = |sentence: &Sentence| {
        let mut names: Vec<String> = sentence
            .holes()
            .map(|hole: &Hole| hole.name.clone())
            .collect();
        names.sort();
        names.dedup();
        names
    };
    let (wanted, has) = (names(&from), names(&to));
    let lacks = wanted.iter().find(|name| !has.contains(name));
    let strange = has.iter().find(|name| !wanted.contains(name));
    match (lacks, strange) {
        (Some(name), _) => Err(format!(
            "its translation has no hole {{{name}}}: put it where that belongs"
        )),
        (None, Some(name)) => Err(format!(
            "its translation has a hole {{{name}}} that the sentence has not: take it out"
        )),
        (None, None) => Ok(()),
    }
}
