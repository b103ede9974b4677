//! A template's text, read key by key: every mistake at once, with its line and column. PURE.

use super::field::LabelField;
use super::{AtMm, LabelError, Mistake};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Largest template text in bytes, with its files.
pub(super) const TEXT_MAX_LEN: usize = 64 * 1024;

/// So many mistakes are told at once; behind them stands how many there are more.
const MISTAKES_TOLD: usize = 40;

/// Largest length on a label in millimetres.
pub(super) const LENGTH_MAX_MM: f64 = 500.0;

/// Reads a template's text with whatever knows its kind.
///
/// # Errors
/// Every mistake, with its line.
pub(super) fn read<T>(
    text: &str,
    understand: impl FnOnce(&mut Reader<'_>, &Spanned<Table<'_>>) -> Option<T>,
) -> Result<T, LabelError> {
    if text.len() > TEXT_MAX_LEN {
        return Err(LabelError::one(format!(
            "A label template has at most {TEXT_MAX_LEN} bytes with its files; this one has {}.",
            text.len()
        )));
    }
    let mut reader = Reader {
        text,
        mistakes: Vec::new(),
    };
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let message = format!("This is not right TOML: {}.", error.message());
        reader.wrong(error.span().unwrap_or(0..0), message);
    }
    let understood = match reader.mistakes.is_empty() {
        true => understand(&mut reader, &root),
        false => None,
    };
    match understood {
        Some(understood) if reader.mistakes.is_empty() => Ok(understood),
        _ => {
            let mistakes = told(reader.mistakes);
            assert!(!mistakes.is_empty(), "nothing is refused without a mistake");
            Err(LabelError { mistakes })
        }
    }
}

/// Mistakes in the order of their places, each once, and not too many.
fn told(mut mistakes: Vec<Mistake>) -> Vec<Mistake> {
    mistakes.sort_by_key(|mistake| mistake.at);
    mistakes.dedup();
    let more = mistakes.len().saturating_sub(MISTAKES_TOLD);
    if more > 0 {
        mistakes.truncate(MISTAKES_TOLD);
        let text = format!("There are {more} mistakes more: mend these first.");
        mistakes.push(Mistake { at: None, text });
    }
    mistakes
}

/// Line and column of a place in a text, from 1.
pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    let begin = before.iter().rposition(|byte| *byte == b'\n');
    let begin = begin.map_or(0, |place| place + 1);
    let column = 1 + String::from_utf8_lossy(&before[begin..]).chars().count();
    (line, column)
}

/// A table of a template.
pub(super) type Table<'i> = DeTable<'i>;
/// A value of a template.
pub(super) type Value<'t, 'i> = &'t Spanned<DeValue<'i>>;

/// A template's text and what is wrong with it so far.
pub(super) struct Reader<'i> {
    /// The text.
    pub(super) text: &'i str,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    /// One more mistake, at this place of the text.
    pub(super) fn wrong(&mut self, span: Range<usize>, text: impl Into<String>) {
        self.mistakes.push(Mistake {
            at: Some(place(self.text, span.start)),
            text: text.into(),
        });
    }

    /// The field of this name.
    pub(super) fn field<F: LabelField>(&mut self, name: &str, span: Range<usize>) -> Option<F> {
        let field = F::ALL.iter().copied().find(|field| field.name() == name);
        if field.is_none() {
            let names: Vec<_> = F::ALL.iter().map(|field| field.name()).collect();
            let text = format!(
                "\"{name}\" is not a field: the fields are {}.",
                names.join(", ")
            );
            self.wrong(span, text);
        }
        field
    }

    pub(super) fn known_keys(&mut self, table: &Table, known: &[&str]) {
        for (key, _) in table.iter() {
            if known.contains(&key.get_ref().as_ref()) {
                continue;
            }
            let wanted = known.join(", ");
            let text = format!(
                "\"{}\" is not known here; known are: {wanted}.",
                key.get_ref()
            );
            self.wrong(key.span(), text);
        }
    }

    pub(super) fn needed<'t, 'i>(
        &mut self,
        table: &'t Table<'i>,
        key: &str,
        span: Range<usize>,
    ) -> Option<Value<'t, 'i>> {
        let value = table.get(key);
        if value.is_none() {
            self.wrong(span, format!("\"{key}\" is missing here."));
        }
        value
    }

    pub(super) fn sub_table<'t, 'i>(
        &mut self,
        table: &'t Table<'i>,
        key: &str,
        span: Range<usize>,
    ) -> Option<(&'t Table<'i>, Range<usize>)> {
        let value = self.needed(table, key, span)?;
        match value.get_ref() {
            DeValue::Table(inner) => Some((inner, value.span())),
            _ => {
                self.wrong(value.span(), format!("\"{key}\" is a table: [{key}]."));
                None
            }
        }
    }

    /// A table that may be left out.
    pub(super) fn optional_table<'t, 'i>(
        &mut self,
        table: &'t Table<'i>,
        key: &str,
    ) -> Option<(&'t Table<'i>, Range<usize>)> {
        let there = table.get(key)?.span();
        self.sub_table(table, key, there)
    }

    pub(super) fn tables<'t, 'i>(
        &mut self,
        table: &'t Table<'i>,
        key: &str,
    ) -> Vec<(&'t Table<'i>, Range<usize>)> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let what = format!("\"{key}\" is a list of tables: [[{key}]].");
        let DeValue::Array(array) = value.get_ref() else {
            self.wrong(value.span(), what);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for one in array.iter() {
            match one.get_ref() {
                DeValue::Table(inner) => tables.push((inner, one.span())),
                _ => self.wrong(one.span(), what.clone()),
            }
        }
        tables
    }

    pub(super) fn string(
        &mut self,
        table: &Table,
        key: &str,
        span: Range<usize>,
    ) -> Option<String> {
        let value = self.needed(table, key, span)?;
        match value.get_ref() {
            DeValue::String(text) => Some(text.clone().into_owned()),
            _ => {
                self.wrong(value.span(), format!("\"{key}\" is a text in quotes."));
                None
            }
        }
    }

    /// A text that may be left out.
    pub(super) fn optional_string(&mut self, table: &Table, key: &str) -> Option<String> {
        let there = table.get(key)?.span();
        self.string(table, key, there)
    }

    pub(super) fn strings(
        &mut self,
        table: &Table,
        key: &str,
        span: Range<usize>,
    ) -> Option<Vec<String>> {
        let value = self.needed(table, key, span)?;
        let text = format!("\"{key}\" is a list of texts in quotes.");
        let DeValue::Array(array) = value.get_ref() else {
            self.wrong(value.span(), text);
            return None;
        };
        let strings: Option<Vec<String>> = array
            .iter()
            .map(|one| one.get_ref().as_str().map(str::to_owned))
            .collect();
        if strings.is_none() {
            self.wrong(value.span(), text);
        }
        strings
    }

    pub(super) fn number(&mut self, value: Value, key: &str) -> Option<f64> {
        let number = match value.get_ref() {
            DeValue::Float(number) => number.as_str().replace('_', "").parse().ok(),
            DeValue::Integer(number) if number.radix() == 10 => {
                number.as_str().replace('_', "").parse().ok()
            }
            _ => None,
        };
        if number.is_none() {
            self.wrong(value.span(), format!("\"{key}\" is a number."));
        }
        number
    }

    /// A whole number in a range.
    pub(super) fn whole(
        &mut self,
        table: &Table,
        key: &str,
        range: std::ops::RangeInclusive<u16>,
        span: Range<usize>,
    ) -> Option<u16> {
        let value = self.needed(table, key, span)?;
        let number = self.number(value, key)?;
        let (least, most) = (f64::from(*range.start()), f64::from(*range.end()));
        if number.fract() == 0.0 && (least..=most).contains(&number) {
            return Some(number as u16);
        }
        let text = format!("\"{key}\" is a whole number from {least} to {most}.");
        self.wrong(value.span(), text);
        None
    }

    pub(super) fn length(&mut self, table: &Table, key: &str, span: Range<usize>) -> Option<f64> {
        let value = self.needed(table, key, span)?;
        let length = self.number(value, key)?;
        if length > 0.0 && length <= LENGTH_MAX_MM {
            return Some(length);
        }
        self.wrong(
            value.span(),
            format!("\"{key}\" is above 0 and at most {LENGTH_MAX_MM} mm."),
        );
        None
    }

    /// Two numbers from 0 to [`LENGTH_MAX_MM`].
    pub(super) fn pair(
        &mut self,
        table: &Table,
        key: &str,
        span: Range<usize>,
    ) -> Option<(f64, f64)> {
        let value = self.needed(table, key, span)?;
        let text =
            format!("\"{key}\" is two numbers from 0 to {LENGTH_MAX_MM} mm: {key} = [1, 2].");
        let DeValue::Array(array) = value.get_ref() else {
            self.wrong(value.span(), text);
            return None;
        };
        let numbers: Vec<f64> = array
            .iter()
            .filter_map(|one| self.number(one, key))
            .collect();
        match numbers[..] {
            [x, y] if [x, y].iter().all(|mm| (0.0..=LENGTH_MAX_MM).contains(mm)) => Some((x, y)),
            _ => {
                self.wrong(value.span(), text);
                None
            }
        }
    }

    /// A width and a height, both above 0.
    pub(super) fn size_mm(&mut self, table: &Table, span: Range<usize>) -> Option<(f64, f64)> {
        let (width, height) = self.pair(table, "size_mm", span.clone())?;
        if width > 0.0 && height > 0.0 {
            return Some((width, height));
        }
        let at = table.get("size_mm").map_or(span, Spanned::span);
        self.wrong(at, "Width and height are above 0.");
        None
    }

    /// `at_mm = [right, down]`.
    pub(super) fn position(&mut self, table: &Table, span: Range<usize>) -> Option<AtMm> {
        let (x, y) = self.pair(table, "at_mm", span)?;
        Some(AtMm { x, y })
    }
}
