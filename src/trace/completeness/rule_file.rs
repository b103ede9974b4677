//! A file of rules as TOML: its tables and keys, read strictly, so that every mistake is found at once. PURE.

use super::fields::near;
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where mistakes go: the bytes they stand at, and what is wrong.
pub type Wrong<'w> = &'w mut dyn FnMut(Range<usize>, String);

/// What stands in a file, before anything is made of it.
pub struct File {
    /// `title`.
    pub title: String,
    /// `about`.
    pub about: Option<String>,
    /// `[[rule]]`, in the order of the file.
    pub rules: Vec<Written>,
}

/// A rule as it is written.
pub struct Written {
    /// Where its table begins.
    pub span: Range<usize>,
    /// `id`.
    pub id: Option<String>,
    /// `source`.
    pub source: Option<String>,
    /// `words`.
    pub words: Option<String>,
    /// `of`.
    pub of: Option<Spanned<String>>,
    /// `where`.
    pub which: Vec<Spanned<String>>,
    /// `must`.
    pub must: Vec<Spanned<String>>,
    /// `at_least`.
    pub at_least: u64,
    /// `todo`.
    pub todo: Option<String>,
    /// `not_kept`.
    pub not_kept: Option<String>,
}

/// Keys of the file.
const FILE: [&str; 3] = ["title", "about", "rule"];

/// Keys of a rule.
const RULE: [&str; 9] = [
    "id", "source", "words", "of", "where", "must", "at_least", "todo", "not_kept",
];

/// Reads a file. What has no meaning is told and left out.
pub fn read(text: &str, wrong: Wrong<'_>) -> File {
    let (table, syntax) = DeTable::parse_recoverable(text);
    for error in syntax {
        let why = error.message().trim_end_matches('.').replace('\n', " ");
        wrong(error.span().unwrap_or_default(), why);
    }
    let mut file = Table {
        name: "the file",
        table: table.get_ref(),
        span: 0..0,
        wrong,
    };
    file.only(&FILE);
    let title = file.must_text("title").unwrap_or_default();
    let about = file.text("about").map(Spanned::into_inner);
    let mut rules = Vec::new();
    match file.value("rule") {
        None => {}
        Some((_, DeValue::Array(entries))) => {
            for entry in entries.iter() {
                match entry.get_ref() {
                    DeValue::Table(table) => rules.push(rule(table, entry.span(), file.wrong)),
                    _ => (file.wrong)(entry.span(), "a rule is a table, [[rule]]".to_owned()),
                }
            }
        }
        Some((span, _)) => (file.wrong)(span, "rules are written [[rule]]".to_owned()),
    }
    File {
        title,
        about,
        rules,
    }
}

fn rule(table: &DeTable<'_>, span: Range<usize>, wrong: Wrong<'_>) -> Written {
    let mut rule = Table {
        name: "a rule",
        table,
        span: span.clone(),
        wrong,
    };
    rule.only(&RULE);
    Written {
        span,
        id: rule.must_text("id"),
        source: rule.must_text("source"),
        words: rule.must_text("words"),
        of: rule.must("of"),
        which: rule.texts("where"),
        must: rule.texts("must"),
        at_least: rule.count("at_least"),
        todo: rule.text("todo").map(Spanned::into_inner),
        not_kept: rule.text("not_kept").map(Spanned::into_inner),
    }
}

/// A table that is being read.
struct Table<'r, 't> {
    name: &'static str,
    table: &'r DeTable<'t>,
    span: Range<usize>,
    wrong: Wrong<'r>,
}

impl<'r, 't> Table<'r, 't> {
    /// Tells every key that is none of these.
    fn only(&mut self, known: &[&'static str]) {
        for key in self.table.keys() {
            let name: &Cow<'_, str> = key.get_ref();
            if !known.contains(&name.as_ref()) {
                let meant = near(name, known.iter().copied());
                let why = format!(
                    "{} has no key \"{name}\"{meant}; its keys are {}",
                    self.name,
                    known.join(", ")
                );
                (self.wrong)(key.span(), why);
            }
        }
    }

    fn value(&self, key: &str) -> Option<(Range<usize>, &'r DeValue<'t>)> {
        let (_, value) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some((value.span(), value.get_ref()))
    }

    fn text(&mut self, key: &str) -> Option<Spanned<String>> {
        match self.value(key)? {
            (span, DeValue::String(text)) => Some(Spanned::new(span, text.to_string())),
            (span, _) => {
                (self.wrong)(span, format!("{key} is a text, in quotes"));
                None
            }
        }
    }

    fn must(&mut self, key: &str) -> Option<Spanned<String>> {
        if self.value(key).is_none() {
            let span = self.span.clone();
            (self.wrong)(span, format!("{} needs the key {key}", self.name));
        }
        self.text(key)
    }

    fn must_text(&mut self, key: &str) -> Option<String> {
        self.must(key).map(Spanned::into_inner)
    }

    fn texts(&mut self, key: &str) -> Vec<Spanned<String>> {
        let entries = match self.value(key) {
            None => return Vec::new(),
            Some((_, DeValue::Array(entries))) => entries,
            Some((span, _)) => {
                (self.wrong)(span, format!("{key} is a list of texts, [\"…\", \"…\"]"));
                return Vec::new();
            }
        };
        let mut texts = Vec::new();
        for entry in entries.iter() {
            match entry.get_ref() {
                DeValue::String(text) => texts.push(Spanned::new(entry.span(), text.to_string())),
                _ => (self.wrong)(entry.span(), format!("{key} is a list of texts, in quotes")),
            }
        }
        texts
    }

    fn count(&mut self, key: &str) -> u64 {
        let Some((span, value)) = self.value(key) else {
            return 0;
        };
        let number = match value {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        number.unwrap_or_else(|| {
            (self.wrong)(span, format!("{key} is a whole number from 0"));
            0
        })
    }
}
