//! A template's text into a template: every mistake at once, with its line. PURE.

use super::{
    AtMm, Field, LabelError, LabelField, Mistake, Symbol, Template, Text, TextPart, hash_of,
};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Largest template text in bytes.
const TEXT_MAX_LEN: usize = 64 * 1024;

/// Largest length on a label in millimetres.
const LENGTH_MAX_MM: f64 = 500.0;

/// Most lines of text on a label.
const TEXTS_MAX: usize = 64;

pub(super) fn parse(text: &str) -> Result<Template, LabelError> {
    read(text, |reader, root| reader.template(root))
}

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
            "A label template has at most {TEXT_MAX_LEN} bytes; this one has {}.",
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
    let template = match reader.mistakes.is_empty() {
        true => understand(&mut reader, &root),
        false => None,
    };
    match template {
        Some(template) if reader.mistakes.is_empty() => Ok(template),
        _ => {
            let mut mistakes = reader.mistakes;
            mistakes.sort_by_key(|mistake| mistake.line);
            assert!(!mistakes.is_empty(), "no template without a mistake");
            Err(LabelError { mistakes })
        }
    }
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
    pub(super) fn wrong(&mut self, span: Range<usize>, text: impl Into<String>) {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        self.mistakes.push(Mistake {
            line: Some(line),
            text: text.into(),
        });
    }

    fn template(&mut self, root: &Spanned<Table>) -> Option<Template> {
        let table = root.get_ref();
        self.known_keys(table, &["name", "label", "symbol", "element", "text"]);
        let name = self.string(table, "name", root.span());
        let size = self.size(table, root.span());
        let elements = self.elements(table, root.span());
        let symbol = self.symbol(table, root.span(), elements);
        let texts = self.texts(table);
        let (width_mm, height_mm) = size?;
        Some(Template {
            name: name?,
            width_mm,
            height_mm,
            symbol: symbol?,
            texts,
            hash: hash_of(self.text),
        })
    }

    /// `[label]`: width and height.
    pub(super) fn size(&mut self, root: &Table, span: Range<usize>) -> Option<(f64, f64)> {
        let (label, span) = self.sub_table(root, "label", span)?;
        self.known_keys(label, &["width_mm", "height_mm"]);
        let width = self.length(label, "width_mm", span.clone());
        let height = self.length(label, "height_mm", span);
        Some((width?, height?))
    }

    fn symbol(&mut self, root: &Table, span: Range<usize>, elements: Vec<Field>) -> Option<Symbol> {
        let (table, span) = self.sub_table(root, "symbol", span)?;
        self.known_keys(table, &["kind", "at_mm", "module_mm", "quiet_modules"]);
        let kind = self.string(table, "kind", span.clone());
        if kind.is_some_and(|kind| kind != "gs1-datamatrix") {
            let at = table.get("kind").map_or(span.clone(), Spanned::span);
            self.wrong(at, "The only kind of symbol is \"gs1-datamatrix\".");
        }
        let at = self.position(table, span.clone());
        let module_mm = self.length(table, "module_mm", span);
        let quiet_modules = self.quiet_modules(table, 1);
        Some(Symbol {
            at: at?,
            module_mm: module_mm?,
            quiet_modules: quiet_modules?,
            elements,
        })
    }

    /// Width of a quiet zone in modules.
    pub(super) fn quiet_modules(&mut self, table: &Table, usual: u16) -> Option<u16> {
        let Some(value) = table.get("quiet_modules") else {
            return Some(usual);
        };
        let number = self.number(value, "quiet_modules")?;
        let whole = number.fract() == 0.0 && (1.0..=20.0).contains(&number);
        if !whole {
            self.wrong(value.span(), "The quiet zone has 1 to 20 whole modules.");
        }
        whole.then_some(number as u16)
    }

    fn elements(&mut self, root: &Table, span: Range<usize>) -> Vec<Field> {
        let mut fields = Vec::new();
        for (table, span) in self.tables(root, "element") {
            self.known_keys(table, &["ai", "from"]);
            let ai = self.string(table, "ai", span.clone());
            let from = self.string(table, "from", span.clone());
            let (Some(ai), Some(from)) = (ai, from) else {
                continue;
            };
            let Some(field) = Field::ALL.into_iter().find(|field| field.name() == from) else {
                self.wrong(
                    span,
                    format!("\"{from}\" is not a field: {}.", field_names::<Field>()),
                );
                continue;
            };
            if field.ai() != ai {
                let text = format!(
                    "The field \"{from}\" goes into AI \"{}\", not \"{ai}\".",
                    field.ai()
                );
                self.wrong(span, text);
            } else if fields.contains(&field) {
                self.wrong(span, format!("AI \"{ai}\" stands in the symbol twice."));
            } else {
                fields.push(field);
            }
        }
        if !fields.contains(&Field::Gtin) {
            self.wrong(
                span,
                "The symbol needs an [[element]] with ai = \"01\", from = \"gtin\".",
            );
        }
        fields
    }

    /// `[[text]]`: the lines of text.
    pub(super) fn texts<F: LabelField>(&mut self, root: &Table) -> Vec<Text<F>> {
        let mut texts = Vec::new();
        let tables = self.tables(root, "text");
        if let Some((_, span)) = tables.get(TEXTS_MAX) {
            self.wrong(
                span.clone(),
                format!("A label has at most {TEXTS_MAX} texts."),
            );
        }
        for (table, span) in tables.into_iter().take(TEXTS_MAX) {
            self.known_keys(table, &["at_mm", "height_mm", "value"]);
            let at = self.position(table, span.clone());
            let height_mm = self.length(table, "height_mm", span.clone());
            let value = self.string(table, "value", span.clone());
            let at_value = table.get("value").map_or(span, Spanned::span);
            let parts = value.and_then(|value| self.text_parts(&value, at_value));
            if let (Some(at), Some(height_mm), Some(parts)) = (at, height_mm, parts) {
                let text = Text {
                    at,
                    height_mm,
                    parts,
                };
                texts.push(text);
            }
        }
        texts
    }

    fn text_parts<F: LabelField>(
        &mut self,
        value: &str,
        span: Range<usize>,
    ) -> Option<Vec<TextPart<F>>> {
        let mut parts = Vec::new();
        let mut rest = value;
        while !rest.is_empty() {
            let (constant, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
            if constant.contains('}') {
                self.wrong(span, "A \"}\" without \"{\" stands in this text.");
                return None;
            }
            if !constant.is_empty() {
                parts.push(TextPart::Constant(constant.to_owned()));
            }
            let Some(inner) = after.strip_prefix('{') else {
                break;
            };
            let Some((name, following)) = inner.split_once('}') else {
                self.wrong(span, "A \"{\" without \"}\" stands in this text.");
                return None;
            };
            let Some(field) = F::ALL.iter().copied().find(|field| field.name() == name) else {
                self.wrong(
                    span,
                    format!("\"{{{name}}}\" is not a field: {}.", field_names::<F>()),
                );
                return None;
            };
            if !field.stands_in_texts() {
                let text =
                    format!("The field \"{name}\" stands in the symbol only, not in a text.");
                self.wrong(span, text);
                return None;
            }
            parts.push(TextPart::Field(field));
            rest = following;
        }
        if parts.is_empty() {
            self.wrong(span, "A text needs at least one character.");
            return None;
        }
        Some(parts)
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

    pub(super) fn tables<'t, 'i>(
        &mut self,
        table: &'t Table<'i>,
        key: &str,
    ) -> Vec<(&'t Table<'i>, Range<usize>)> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let DeValue::Array(array) = value.get_ref() else {
            self.wrong(
                value.span(),
                format!("\"{key}\" is a list of tables: [[{key}]]."),
            );
            return Vec::new();
        };
        let mut tables = Vec::new();
        for one in array.iter() {
            match one.get_ref() {
                DeValue::Table(inner) => tables.push((inner, one.span())),
                _ => self.wrong(
                    one.span(),
                    format!("\"{key}\" is a list of tables: [[{key}]]."),
                ),
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

    pub(super) fn position(&mut self, table: &Table, span: Range<usize>) -> Option<AtMm> {
        let value = self.needed(table, "at_mm", span)?;
        let text =
            format!("\"at_mm\" is two numbers, [right, down], from 0 to {LENGTH_MAX_MM} mm.");
        let DeValue::Array(array) = value.get_ref() else {
            self.wrong(value.span(), text);
            return None;
        };
        let numbers: Vec<f64> = array
            .iter()
            .filter_map(|one| self.number(one, "at_mm"))
            .collect();
        match numbers[..] {
            [x, y] if [x, y].iter().all(|mm| (0.0..=LENGTH_MAX_MM).contains(mm)) => {
                Some(AtMm { x, y })
            }
            _ => {
                self.wrong(value.span(), text);
                None
            }
        }
    }
}

/// The fields of a kind of label, in words.
pub(super) fn field_names<F: LabelField>() -> String {
    let names: Vec<_> = F::ALL.iter().map(LabelField::name).collect();
    format!("the fields are {}", names.join(", "))
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::label::built_in_text;

    fn lines(text: &str) -> Vec<usize> {
        let error = Template::parse(text).unwrap_err();
        error
            .mistakes
            .iter()
            .filter_map(|mistake| mistake.line)
            .collect()
    }

    #[test]
    fn every_mistake_is_found_at_once_with_its_line() {
        let text = "name = 3\n\
            [label]\n\
            width_mm = -1.0\n\
            height_m = 3\n\
            [symbol]\n\
            kind = \"qr\"\n\
            at_mm = [1]\n\
            module_mm = \"x\"\n\
            quiet_modules = 0\n\
            [[element]]\n\
            ai = \"10\"\n\
            from = \"gtin\"\n\
            [[text]]\n\
            at_mm = [0, 0]\n\
            height_mm = nan\n\
            value = \"{sn}\"\n";
        assert_eq!(lines(text), [1, 1, 2, 3, 4, 6, 7, 8, 9, 10, 15, 16]);
    }

    #[test]
    fn broken_texts_are_refused() {
        let good = built_in_text("pharma-pack").unwrap();
        assert!(Template::parse(good).is_ok());
        assert_eq!(lines("name = \n"), [1]);
        for text in [
            "",
            "\u{0}",
            "label = 3",
            "text = 3",
            "[[label]]",
            "element = [1]",
        ] {
            assert!(Template::parse(text).is_err(), "{text:?}");
        }
        assert!(Template::parse(&"#".repeat(TEXT_MAX_LEN + 1)).is_err());
        for value in ["{gtin", "gtin}", "", "{}"] {
            let text = good.replace("\"SN\"", &format!("\"{value}\""));
            assert_eq!(lines(&text).len(), 1, "{value}");
        }
    }
}
