//! Reads TOML with its positions against the table of keys and collects every mistake. PURE.

use super::check::{Checked, Wrong, check};
use super::keys::{self, Key, SECTIONS, SectionRow};
use super::mistake::Mistake;
use super::suggest;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One section as far as it could be read; a value with a mistake is absent.
pub(super) struct Section {
    /// `limits`, or `plc[1]` for the first of many.
    pub path: String,
    /// Its heading.
    pub head: Range<usize>,
    values: BTreeMap<&'static str, (Checked, Range<usize>)>,
}

impl Section {
    /// A whole number.
    pub fn whole(&self, key: &str) -> Option<u64> {
        match self.values.get(key)?.0 {
            Checked::Whole(number) => Some(number),
            _ => None,
        }
    }

    /// A text.
    pub fn text(&self, key: &str) -> Option<&str> {
        match &self.values.get(key)?.0 {
            Checked::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A flag.
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.values.get(key)?.0 {
            Checked::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// The numbers of an inline table, in the order of the key's list; `None` for `"none"` as well.
    pub fn numbers(&self, key: &str) -> Option<&[f64]> {
        match &self.values.get(key)?.0 {
            Checked::Numbers(numbers) => numbers.as_deref(),
            _ => None,
        }
    }

    /// Every key and its value, as people write it.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, String)> {
        let values = self.values.iter();
        values.map(|(key, (checked, _))| (*key, checked.written()))
    }

    /// Where the value of a key stands; the section's heading when it is a default.
    pub fn span(&self, key: &str) -> Range<usize> {
        self.values
            .get(key)
            .map_or_else(|| self.head.clone(), |(_, span)| span.clone())
    }
}

/// The whole text, read.
pub(super) struct Document {
    sections: BTreeMap<&'static str, Vec<Section>>,
}

impl Document {
    /// All sections of this name, in the order of the text.
    pub fn all(&self, name: &str) -> &[Section] {
        self.sections.get(name).map_or(&[], Vec::as_slice)
    }

    /// The section of this name, where there is one at most.
    pub fn only(&self, name: &str) -> Option<&Section> {
        self.all(name).first()
    }
}

/// Reads the text; the second part holds every mistake found so far.
pub(super) fn read(text: &str) -> (Document, Vec<Mistake>) {
    let (table, syntax) = DeTable::parse_recoverable(text);
    let mut reading = Reading {
        text,
        mistakes: Vec::new(),
        sections: BTreeMap::new(),
    };
    reading.document(table.get_ref());
    let Reading {
        mut mistakes,
        sections,
        ..
    } = reading;
    if !syntax.is_empty() {
        keep_apart_from_syntax(text, &mut mistakes, &syntax);
    }
    let mut lines = BTreeSet::new();
    for error in &syntax {
        let span = error.span().unwrap_or(0..0);
        // What follows the first mistake on a line is mostly its echo.
        if !lines.insert(line_of(text, span.start)) {
            continue;
        }
        let said = error.message().trim_end_matches('.').replace('\n', ", ");
        let said = format!("This is not TOML: {said}.");
        mistakes.push(mistake("syntax", "", span, said));
    }
    (Document { sections }, mistakes)
}

/// A syntax mistake hides what stands around it: nothing on its lines, nothing missing and no value
/// made up by the recovery is reported beside it.
fn keep_apart_from_syntax(text: &str, mistakes: &mut Vec<Mistake>, syntax: &[toml::de::Error]) {
    let broken: BTreeSet<usize> = syntax
        .iter()
        .filter_map(|error| error.span())
        .flat_map(|span| line_of(text, span.start)..=line_of(text, span.end))
        .collect();
    mistakes.retain(|mistake| {
        let made_up = mistake.span.is_empty();
        mistake.code != "missing"
            && !made_up
            && !broken.contains(&line_of(text, mistake.span.start))
    });
}

fn line_of(text: &str, at: usize) -> usize {
    text.get(..at)
        .map_or(0, |before| before.matches('\n').count())
}

/// A mistake without allowed range and suggestion; line and column are added at the end.
pub(super) fn mistake(
    code: &'static str,
    key: impl Into<String>,
    span: Range<usize>,
    text: impl Into<String>,
) -> Mistake {
    Mistake {
        code,
        key: key.into(),
        span,
        line: 0,
        column: 0,
        text: text.into(),
        allowed: None,
        suggestion: None,
    }
}

struct Reading<'t> {
    text: &'t str,
    mistakes: Vec<Mistake>,
    sections: BTreeMap<&'static str, Vec<Section>>,
}

impl<'t> Reading<'t> {
    fn document(&mut self, table: &DeTable<'t>) {
        for (name, value) in table {
            match SECTIONS.iter().find(|row| row.name == name.get_ref()) {
                Some(row) => self.sections_of(row, name, value),
                None => self.unknown_section(name.get_ref(), name.span(), value),
            }
        }
        let taken_for: BTreeSet<&str> = table
            .keys()
            .filter_map(|name| suggest::nearest(name.get_ref(), SECTIONS.iter().map(|s| s.name)))
            .collect();
        for row in SECTIONS {
            let must = row.many || keys::of(row.name).any(|key| key.default.is_none());
            let needed = must && !row.may_lack;
            let absent = !table.keys().any(|name| name.get_ref() == row.name);
            if absent && needed && !taken_for.contains(row.name) {
                self.missing_section(row);
            } else if absent && !row.many {
                let section = self.section(row.name.to_owned(), row, 0..0, &DeTable::new());
                self.sections.insert(row.name, vec![section]);
            }
        }
    }

    fn sections_of(
        &mut self,
        row: &'static SectionRow,
        name: &Spanned<std::borrow::Cow<'t, str>>,
        value: &Spanned<DeValue<'t>>,
    ) {
        let mut tables = Vec::new();
        match value.get_ref() {
            DeValue::Table(table) => {
                tables.push((self.heading(name.span()), table));
                if row.many {
                    self.wrong_brackets(row, name.span());
                }
            }
            DeValue::Array(entries) => {
                if !row.many {
                    self.wrong_brackets(row, name.span());
                }
                for entry in entries.iter() {
                    match entry.get_ref() {
                        DeValue::Table(table) => tables.push((self.heading(entry.span()), table)),
                        _ => self.wrong_brackets(row, entry.span()),
                    }
                }
            }
            _ => self.wrong_brackets(row, name.span()),
        }
        let mut sections = Vec::new();
        for (at, (head, table)) in tables.into_iter().enumerate() {
            let path = if row.many {
                format!("{}[{}]", row.name, at + 1)
            } else {
                row.name.to_owned()
            };
            sections.push(self.section(path, row, head, table));
        }
        self.sections.insert(row.name, sections);
    }

    fn section(
        &mut self,
        path: String,
        row: &SectionRow,
        head: Range<usize>,
        table: &DeTable<'t>,
    ) -> Section {
        let mut values = BTreeMap::new();
        let mut meant = BTreeSet::new();
        for (name, value) in table {
            let known = keys::of(row.name).any(|key| key.name == name.get_ref().as_ref());
            if !known {
                meant.extend(self.unknown_key(&path, row, name.get_ref(), name.span(), value));
            }
        }
        for key in keys::of(row.name) {
            let given = table.iter().find(|(name, _)| name.get_ref() == key.name);
            match (given, key.default) {
                (Some((_, value)), _) => match check(key.wanted, value.get_ref()) {
                    Ok(checked) => drop(values.insert(key.name, (checked, value.span()))),
                    Err(wrong) => self.wrong_value(&path, key, value.span(), wrong),
                },
                (None, Some(default)) => {
                    values.insert(key.name, (default_value(key, default), head.clone()));
                }
                (None, None) if meant.contains(key.name) => {}
                (None, None) => self.missing_key(&path, key, head.clone()),
            }
        }
        Section { path, head, values }
    }

    /// A heading is shown up to the end of its line.
    fn heading(&self, span: Range<usize>) -> Range<usize> {
        let rest = self.text.get(span.start..).unwrap_or("");
        let line = rest.split('\n').next().unwrap_or("");
        let shown = line.split('#').next().unwrap_or("").trim_end().len();
        span.start..span.end.min(span.start + shown).max(span.start)
    }

    fn unknown_section(&mut self, name: &str, span: Range<usize>, value: &Spanned<DeValue<'_>>) {
        let mut found = mistake("unknown_section", name, span, String::new());
        let home = keys::KEYS.iter().find(|key| key.name == name);
        let is_section = matches!(value.get_ref(), DeValue::Table(_) | DeValue::Array(_));
        if let Some(key) = home.filter(|_| !is_section) {
            found.code = "unknown_key";
            found.text = format!("`{name}` stands outside its section.");
            found.suggestion = Some(format!("Move it below [{}].", key.section));
        } else {
            found.text = format!("There is no section `{name}`.");
            let names = SECTIONS.iter().map(|section| section.name);
            found.suggestion =
                suggest::nearest(name, names).map(|near| format!("Did you mean `{near}`?"));
            let all: Vec<&str> = SECTIONS.iter().map(|section| section.name).collect();
            found.allowed = Some(all.join(", "));
        }
        self.mistakes.push(found);
    }

    /// Reports an unknown key and returns the known one that was probably meant.
    fn unknown_key(
        &mut self,
        path: &str,
        row: &SectionRow,
        name: &str,
        span: Range<usize>,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<&'static str> {
        let mut found = mistake(
            "unknown_key",
            format!("{path}.{name}"),
            span,
            format!("There is no key `{name}` in {}.", shown_section(row)),
        );
        let gone = keys::GONE
            .iter()
            .find(|(section, gone, _)| (*section, *gone) == (row.name, name));
        if let Some((_, _, instead)) = gone {
            found.suggestion = Some((*instead).to_owned());
            self.mistakes.push(found);
            return None;
        }
        let meant = suggest::key(row.name, name);
        found.suggestion = match (meant, keys::KEYS.iter().find(|key| key.name == name)) {
            (Some(key), _) => Some(suggest::sentence(key, name, value.get_ref())),
            (None, Some(elsewhere)) => Some(format!("It belongs to [{}].", elsewhere.section)),
            (None, None) => None,
        };
        if found.suggestion.is_none() {
            let all: Vec<&str> = keys::of(row.name).map(|key| key.name).collect();
            found.allowed = Some(all.join(", "));
        }
        self.mistakes.push(found);
        meant.map(|key| key.name)
    }

    fn wrong_value(&mut self, path: &str, key: &Key, span: Range<usize>, wrong: Wrong) {
        self.mistakes.push(Mistake {
            allowed: Some(key.wanted.allowed()),
            suggestion: wrong.suggestion,
            ..mistake(wrong.code, format!("{path}.{}", key.name), span, wrong.text)
        });
    }

    fn missing_key(&mut self, path: &str, key: &Key, head: Range<usize>) {
        let text = format!("`{}` is missing here.", key.name);
        self.mistakes.push(Mistake {
            suggestion: Some(format!("Add `{} = …`: {}.", key.name, key.wanted.allowed())),
            ..mistake("missing", format!("{path}.{}", key.name), head, text)
        });
    }

    fn missing_section(&mut self, row: &SectionRow) {
        let end = self.text.trim_end().len();
        let text = format!("The section {} is missing.", shown_section(row));
        let needed: Vec<&str> = keys::of(row.name)
            .filter(|key| key.default.is_none())
            .map(|key| key.name)
            .collect();
        self.mistakes.push(Mistake {
            suggestion: Some(format!(
                "Add {} with at least: {}.",
                shown_section(row),
                needed.join(", ")
            )),
            ..mistake("missing", row.name, end..end, text)
        });
    }

    fn wrong_brackets(&mut self, row: &SectionRow, span: Range<usize>) {
        let why = if row.many {
            "because there can be several"
        } else {
            "because there is one only"
        };
        let text = format!(
            "`{}` is written as {}, {why}.",
            row.name,
            shown_section(row)
        );
        self.mistakes.push(mistake("type", row.name, span, text));
    }
}

fn default_value(key: &Key, default: &str) -> Checked {
    let parsed = DeValue::parse(default).expect("every default in the table is TOML");
    check(key.wanted, parsed.get_ref()).expect("every default in the table is allowed")
}

fn shown_section(row: &SectionRow) -> String {
    if row.many {
        format!("[[{}]]", row.name)
    } else {
        format!("[{}]", row.name)
    }
}
