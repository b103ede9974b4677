//! `[[text]]` and `[words]`: lines of text, the fields in them, and words in several languages. PURE.

use super::marks;
use crate::label::date::DateForm;
use crate::label::design::{Text, TextPart};
use crate::label::field::LabelField;
use crate::label::reader::{Reader, Table};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;
use toml::de::DeValue;

/// What stands before the name of a word in a text: `{word:lot}`.
const WORD: &str = "word:";

/// The template's words in the language it is read in.
pub(super) struct Words {
    words: BTreeMap<String, String>,
    /// Where each stands, for what is never used.
    places: Vec<(String, Range<usize>)>,
    used: RefCell<BTreeSet<String>>,
}

impl Words {
    /// `language` and `[words]`; `wanted` is the language that somebody asks for.
    pub(super) fn read(reader: &mut Reader, root: &Table, wanted: Option<&str>) -> Words {
        let own = reader.optional_string(root, "language");
        let language = wanted.map(str::to_owned).or(own);
        let mut found = Words {
            words: BTreeMap::new(),
            places: Vec::new(),
            used: RefCell::default(),
        };
        let Some((table, span)) = reader.optional_table(root, "words") else {
            if let Some(wanted) = wanted {
                let text = format!("It has no [words], so none in the language \"{wanted}\".");
                reader.wrong(0..0, text);
            }
            return found;
        };
        for (key, _) in table.iter() {
            found.places.push((key.get_ref().to_string(), key.span()));
        }
        let Some(language) = language else {
            reader.wrong(
                span,
                "[words] need a language: language = \"en\" at the top.",
            );
            return found;
        };
        for (key, value) in table.iter() {
            let name = key.get_ref().to_string();
            let DeValue::Table(languages) = value.get_ref() else {
                let text =
                    "A word is a table of languages: lot = { en = \"LOT\", de = \"Ch.-B.\" }.";
                reader.wrong(value.span(), text);
                continue;
            };
            match languages
                .get(language.as_str())
                .map(|one| one.get_ref().as_str())
            {
                Some(Some(text)) => {
                    found.words.insert(name, text.to_owned());
                }
                Some(None) => reader.wrong(value.span(), "A word is a text in quotes."),
                None => {
                    let text =
                        format!("The word \"{name}\" is not there in the language \"{language}\".");
                    reader.wrong(value.span(), text);
                }
            }
        }
        found
    }

    fn word(&self, name: &str) -> Option<&str> {
        self.used.borrow_mut().insert(name.to_owned());
        self.words.get(name).map(String::as_str)
    }

    /// It stands in the template, in whatever languages: what it lacks was said there.
    fn is_told(&self, name: &str) -> bool {
        self.places.iter().any(|(known, _)| known == name)
    }

    /// A word that no text names was forgotten, or is misspelt somewhere.
    pub(super) fn all_used(&self, reader: &mut Reader) {
        let used = self.used.borrow();
        for (name, span) in self.places.iter().filter(|(name, _)| !used.contains(name)) {
            let text =
                format!("No text uses the word \"{name}\": write {{word:{name}}}, or take it out.");
            reader.wrong(span.clone(), text);
        }
    }
}

pub(super) fn texts<F: LabelField>(
    reader: &mut Reader,
    root: &Table,
    words: &Words,
) -> Vec<Text<F>> {
    let mut texts = Vec::new();
    for (table, span) in marks(reader, root, "text") {
        reader.known_keys(table, &["at_mm", "height_mm", "value"]);
        let at = reader.position(table, span.clone());
        let height_mm = reader.length(table, "height_mm", span.clone());
        let parts = value_parts(reader, table, span, words);
        if let (Some(at), Some(height_mm), Some(parts)) = (at, height_mm, parts) {
            texts.push(Text {
                at,
                height_mm,
                parts,
            });
        }
    }
    texts
}

/// `value = "LOT {lot}"`.
pub(super) fn value_parts<F: LabelField>(
    reader: &mut Reader,
    table: &Table,
    span: Range<usize>,
    words: &Words,
) -> Option<Vec<TextPart<F>>> {
    let value = reader.string(table, "value", span.clone())?;
    let at = table.get("value").map_or(span, Spanned::span);
    parts(reader, &value, at, words)
}

fn parts<F: LabelField>(
    reader: &mut Reader,
    value: &str,
    span: Range<usize>,
    words: &Words,
) -> Option<Vec<TextPart<F>>> {
    let mut parts = Vec::new();
    let mut rest = value;
    while !rest.is_empty() {
        let (constant, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
        if constant.contains('}') {
            reader.wrong(span, "A \"}\" without \"{\" stands in this text.");
            return None;
        }
        if !constant.is_empty() {
            parts.push(TextPart::Constant(constant.to_owned()));
        }
        let Some(inner) = after.strip_prefix('{') else {
            break;
        };
        let Some((name, following)) = inner.split_once('}') else {
            reader.wrong(span, "A \"{\" without \"}\" stands in this text.");
            return None;
        };
        parts.push(part(reader, name, span.clone(), words)?);
        rest = following;
    }
    if parts.is_empty() {
        reader.wrong(span, "A text needs at least one character.");
        return None;
    }
    Some(parts)
}

/// What stands between braces: a field, a field with the form of its date, or a word.
fn part<F: LabelField>(
    reader: &mut Reader,
    name: &str,
    span: Range<usize>,
    words: &Words,
) -> Option<TextPart<F>> {
    if let Some(word) = name.strip_prefix(WORD) {
        let found = words
            .word(word)
            .map(|text| TextPart::Constant(text.to_owned()));
        if found.is_none() && !words.is_told(word) {
            let text = format!("There is no word \"{word}\" in [words].");
            reader.wrong(span, text);
        }
        return found;
    }
    let (name, form) = match name.split_once(':') {
        Some((name, form)) => (name, Some(form)),
        None => (name, None),
    };
    let field: F = reader.field(name, span.clone())?;
    if !field.stands_in_texts() {
        let text = format!("The field \"{name}\" stands in the symbol only, not in a text.");
        reader.wrong(span, text);
        return None;
    }
    let Some(form) = form else {
        return Some(TextPart::Field(field));
    };
    if !field.is_date() {
        let text = format!("The field \"{name}\" is no date: it has no form.");
        reader.wrong(span, text);
        return None;
    }
    match DateForm::parse(form) {
        Ok(form) => Some(TextPart::Date(field, form)),
        Err(text) => {
            reader.wrong(span, text);
            None
        }
    }
}
