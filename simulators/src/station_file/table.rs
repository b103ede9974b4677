//! Sections and keys of a TOML text with their places. PURE.

use std::{collections::BTreeMap, fmt, ops::Range};

use toml::de::{DeTable, DeValue};

/// Why no factory fits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Line of the station file, from 1.
    pub line: usize,
    /// What is wrong and what to write instead, as sentences.
    pub text: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.text)
    }
}

/// A value, as far as a factory needs it.
#[derive(Debug, Clone, PartialEq)]
enum Plain {
    Text(String),
    Whole(u64),
    Flag(bool),
    Other,
}

/// One section.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Section {
    pub name: &'static str,
    line: usize,
    values: BTreeMap<String, (Plain, Range<usize>, usize)>,
}

/// Sections that a factory looks at, and whether there may be several.
const SECTIONS: [(&str, bool); 10] = [
    ("line", false),
    ("limits", false),
    ("packaging", false),
    ("level", true),
    ("printer", true),
    ("plc", true),
    ("camera", true),
    ("reader", true),
    ("point", true),
    ("station", false),
];

/// A whole station file.
#[derive(Debug, Clone, Default)]
pub(super) struct Document {
    /// Where the file lies.
    pub folder: std::path::PathBuf,
    sections: Vec<Section>,
}

impl Document {
    /// Reads a text.
    pub fn read(text: &str) -> Result<Document, Vec<Mistake>> {
        let line_of = |at: usize| text.get(..at).map_or(1, |t| t.matches('\n').count() + 1);
        let (table, syntax) = DeTable::parse_recoverable(text);
        if let Some(first) = syntax.first() {
            let line = line_of(first.span().map_or(0, |span| span.start));
            let said = first.message().trim_end_matches('.').replace('\n', ", ");
            return Err(vec![Mistake {
                line,
                text: format!("This is not TOML: {said}. `vidimus check` shows it."),
            }]);
        }
        let mut document = Document::default();
        let mut mistakes = Vec::new();
        for (name, value) in table.get_ref() {
            let name = name.get_ref().as_ref();
            let Some((name, several)) = SECTIONS.iter().find(|(known, _)| *known == name) else {
                continue;
            };
            match (value.get_ref(), several) {
                (DeValue::Table(table), false) => {
                    let line = line_of(value.span().start);
                    let section = Section::of(name, line, table, &line_of);
                    document.sections.push(section);
                }
                (DeValue::Array(entries), true) => {
                    for entry in entries {
                        if let DeValue::Table(table) = entry.get_ref() {
                            let line = line_of(entry.span().start);
                            let section = Section::of(name, line, table, &line_of);
                            document.sections.push(section);
                        }
                    }
                }
                _ => mistakes.push(Mistake {
                    line: line_of(value.span().start),
                    text: match several {
                        true => format!("Write [[{name}]], once for each."),
                        false => format!("Write [{name}] once."),
                    },
                }),
            }
        }
        match mistakes.is_empty() {
            true => Ok(document),
            false => Err(mistakes),
        }
    }

    /// All sections of this name, in the order of the text.
    pub fn all<'d>(&'d self, name: &'d str) -> impl Iterator<Item = &'d Section> {
        let of_name = move |section: &&Section| section.name == name;
        self.sections.iter().filter(of_name)
    }

    /// The section of this name, or an empty one.
    pub fn only(&self, name: &'static str) -> Section {
        let empty = || Section {
            name,
            line: 1,
            ..Section::default()
        };
        self.all(name).next().cloned().unwrap_or_else(empty)
    }

    /// The section of this kind with this name.
    pub fn named(&self, kind: &str, name: &str) -> Option<&Section> {
        let is_it = |section: &&Section| matches!(section.values.get("name"), Some((Plain::Text(n), ..)) if n == name);
        self.sections.iter().filter(|s| s.name == kind).find(is_it)
    }
}

impl Section {
    fn of(
        name: &'static str,
        line: usize,
        table: &DeTable<'_>,
        line_of: &impl Fn(usize) -> usize,
    ) -> Section {
        let values = table.iter().map(|(key, value)| {
            let plain = match value.get_ref() {
                DeValue::String(text) => Plain::Text(text.to_string()),
                DeValue::Boolean(flag) => Plain::Flag(*flag),
                DeValue::Integer(number) => {
                    let number = u64::from_str_radix(number.as_str(), number.radix());
                    number.map_or(Plain::Other, Plain::Whole)
                }
                _ => Plain::Other,
            };
            let line = line_of(value.span().start);
            (key.get_ref().to_string(), (plain, value.span(), line))
        });
        Section {
            name,
            line,
            values: values.collect(),
        }
    }

    /// A mistake at a key, or at the heading where the key is not written.
    pub fn mistake(&self, key: &str, text: impl Into<String>) -> Mistake {
        let line = self.values.get(key).map_or(self.line, |(.., line)| *line);
        Mistake {
            line,
            text: text.into(),
        }
    }

    /// Where a value stands.
    pub fn span(&self, key: &str) -> Range<usize> {
        self.values
            .get(key)
            .map_or(0..0, |(_, span, _)| span.clone())
    }

    /// A text; `default` when it is not written.
    pub fn text(&self, key: &str, default: Option<&str>) -> Result<String, Mistake> {
        match (self.values.get(key), default) {
            (Some((Plain::Text(text), ..)), _) => Ok(text.clone()),
            (None, Some(default)) => Ok(default.to_owned()),
            (Some(_), _) => Err(self.mistake(key, format!("{key} is a text: write it in quotes."))),
            (None, None) => Err(self.mistake(key, format!("[{}] lacks {key}.", self.name))),
        }
    }

    /// A whole number from `least` to `most`.
    pub fn whole(
        &self,
        key: &str,
        (least, most): (u64, u64),
        default: Option<u64>,
    ) -> Result<u64, Mistake> {
        let allowed = format!("write a whole number from {least} to {most}.");
        match (self.values.get(key), default) {
            (Some((Plain::Whole(number), ..)), _) if (least..=most).contains(number) => Ok(*number),
            (None, Some(default)) => Ok(default),
            (Some(_), _) => {
                Err(self.mistake(key, format!("No factory fits this {key}: {allowed}")))
            }
            (None, None) => {
                Err(self.mistake(key, format!("[{}] lacks {key}: {allowed}", self.name)))
            }
        }
    }

    /// True or false.
    pub fn flag(&self, key: &str, default: bool) -> Result<bool, Mistake> {
        match self.values.get(key) {
            Some((Plain::Flag(flag), ..)) => Ok(*flag),
            None => Ok(default),
            Some(_) => Err(self.mistake(key, format!("{key} is true or false."))),
        }
    }
}
