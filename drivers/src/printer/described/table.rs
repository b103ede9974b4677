//! TOML tables read strictly, every mistake with its place. PURE.

use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// A mistake in a description file, in a printer's own file of a label, or in a PLC's register map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what to write instead, as a sentence.
    pub text: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.text
        )
    }
}

/// Where mistakes are collected.
pub(crate) struct Mistakes<'t> {
    text: &'t str,
    found: Vec<(usize, String)>,
}

impl<'t> Mistakes<'t> {
    pub fn of(text: &'t str) -> Mistakes<'t> {
        let found = Vec::new();
        Mistakes { text, found }
    }

    pub fn add(&mut self, span: &Range<usize>, text: impl Into<String>) {
        self.found.push((span.start, text.into()));
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// In the order of the text.
    pub fn into_list(mut self) -> Vec<Mistake> {
        self.found.sort();
        self.found.dedup();
        let text = self.text;
        let mistake = |(at, said): (usize, String)| {
            let before = text.get(..at).unwrap_or(text);
            let line = before.rsplit('\n').next().unwrap_or_default();
            Mistake {
                line: before.matches('\n').count() + 1,
                column: line.chars().count() + 1,
                text: said,
            }
        };
        self.found.into_iter().map(mistake).collect()
    }
}

/// A table that is being read.
pub(crate) struct Table<'d, 't> {
    /// As in its heading; empty for the file itself.
    pub name: String,
    pub span: Range<usize>,
    table: &'d DeTable<'t>,
}

/// A value and where it stands.
pub(crate) type Placed<T> = (T, Range<usize>);

impl<'d, 't> Table<'d, 't> {
    pub fn of_file(table: &'d DeTable<'t>) -> Table<'d, 't> {
        Table {
            name: String::new(),
            span: 0..0,
            table,
        }
    }

    fn here(&self) -> String {
        match self.name.is_empty() {
            true => "the file".to_owned(),
            false => format!("[{}]", self.name),
        }
    }

    /// Tells every key that is none of these.
    pub fn only(&self, known: &[&str], mistakes: &mut Mistakes<'_>) {
        for key in self.table.keys() {
            if !known.contains(&key.get_ref().as_ref()) {
                let (name, here) = (key.get_ref(), self.here());
                let known = known.join(", ");
                let text = format!("{here} has no key \"{name}\"; its keys are {known}.");
                mistakes.add(&key.span(), text);
            }
        }
    }

    /// All keys with their tables or values.
    pub fn entries(&self) -> impl Iterator<Item = (Placed<String>, &'d DeValue<'t>, Range<usize>)> {
        self.table.iter().map(|(key, value)| {
            let name = (key.get_ref().to_string(), key.span());
            (name, value.get_ref(), value.span())
        })
    }

    pub fn value(&self, key: &str) -> Option<Placed<&'d DeValue<'t>>> {
        let (_, value) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some((value.get_ref(), value.span()))
    }

    pub fn table(&self, key: &str, mistakes: &mut Mistakes<'_>) -> Option<Table<'d, 't>> {
        let name = match self.name.is_empty() {
            true => key.to_owned(),
            false => format!("{}.{key}", self.name),
        };
        match self.value(key)? {
            (DeValue::Table(table), span) => Some(Table { name, span, table }),
            (_, span) => {
                mistakes.add(&span, format!("{key} is a table; write [{name}]."));
                None
            }
        }
    }

    /// A table; nothing is said when it is none.
    pub fn table_quietly(&self, key: &str) -> Option<Table<'d, 't>> {
        match self.value(key)? {
            (DeValue::Table(table), span) => Some(Table {
                name: format!("{}.{key}", self.name),
                span,
                table,
            }),
            _ => None,
        }
    }

    pub fn must_table(&self, key: &str, mistakes: &mut Mistakes<'_>) -> Option<Table<'d, 't>> {
        if self.value(key).is_none() {
            mistakes.add(
                &self.span,
                format!("{} needs the table [{key}].", self.here()),
            );
        }
        self.table(key, mistakes)
    }

    pub fn text(&self, key: &str, mistakes: &mut Mistakes<'_>) -> Option<Placed<String>> {
        match self.value(key)? {
            (DeValue::String(text), span) => Some((text.to_string(), span)),
            (_, span) => {
                mistakes.add(&span, format!("{key} is a text, in single quotes."));
                None
            }
        }
    }

    pub fn must_text(&self, key: &str, mistakes: &mut Mistakes<'_>) -> Option<Placed<String>> {
        if self.value(key).is_none() {
            mistakes.add(&self.span, format!("{} needs the key {key}.", self.here()));
        }
        self.text(key, mistakes)
    }

    /// A text, or a list of them.
    pub fn texts(&self, key: &str, mistakes: &mut Mistakes<'_>) -> Vec<Placed<String>> {
        let list = match self.value(key) {
            None => return Vec::new(),
            Some((DeValue::Array(list), _)) => list,
            Some(_) => return self.text(key, mistakes).into_iter().collect(),
        };
        let mut texts = Vec::new();
        for entry in list.iter() {
            match entry.get_ref() {
                DeValue::String(text) => texts.push((text.to_string(), entry.span())),
                _ => mistakes.add(
                    &entry.span(),
                    format!("{key} is a list of texts, in quotes."),
                ),
            }
        }
        texts
    }

    /// A whole number within these limits.
    pub fn number(
        &self,
        key: &str,
        limits: std::ops::RangeInclusive<u64>,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<u64> {
        let (value, span) = self.value(key)?;
        let number = match value {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let number = number.filter(|number| limits.contains(number));
        if number.is_none() {
            let (least, most) = (limits.start(), limits.end());
            mistakes.add(
                &span,
                format!("{key} is a whole number from {least} to {most}."),
            );
        }
        number
    }

    /// One of these words; the first when the key is missing.
    pub fn choice<T: Copy>(
        &self,
        key: &str,
        words: &[(&str, T)],
        mistakes: &mut Mistakes<'_>,
    ) -> T {
        let (_, usual) = words[0];
        let Some((said, span)) = self.text(key, mistakes) else {
            return usual;
        };
        let chosen = words.iter().find(|(word, _)| *word == said);
        if chosen.is_none() {
            let words: Vec<_> = words
                .iter()
                .map(|(word, _)| format!("\"{word}\""))
                .collect();
            mistakes.add(&span, format!("{key} is one of {}.", words.join(", ")));
        }
        chosen.map_or(usual, |(_, value)| *value)
    }
}
