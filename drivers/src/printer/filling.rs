//! What the marks of one label say, for languages in which each job carries all of them. PURE.

use super::code128::{SEPARATOR, Spelling};
use super::format::{Artwork, Content, Format, Mark};

/// The values of a label, by field.
pub(super) type Numbered = [(u16, String)];

/// What stands in a mark, and whose words they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a> {
    pub text: &'a str,
    field: Option<u16>,
}

impl<'a> Said<'a> {
    /// The value of this field.
    pub fn in_field(number: u16, text: &'a str) -> Said<'a> {
        let field = Some(number);
        Said { text, field }
    }

    /// What stands there on every label.
    pub fn always(text: &'a str) -> Said<'a> {
        Said { text, field: None }
    }

    /// Why it cannot be said, with whose words they are.
    pub fn refused(&self, why: impl std::fmt::Display) -> String {
        match self.field {
            Some(number) => format!("field {number} {why}"),
            None => format!("the text {:?} {why}", self.text),
        }
    }

    /// Judges every character.
    ///
    /// # Errors
    /// The first that is not `fit`, and that `language` cannot carry it.
    pub fn check(&self, language: &str, fit: impl Fn(char) -> bool) -> Result<(), String> {
        match self.text.chars().find(|c| !fit(*c)) {
            None => Ok(()),
            Some(bad) => {
                Err(self.refused(format_args!("holds {bad:?}, which {language} cannot carry")))
            }
        }
    }

    /// The data of a GS1 Data Matrix: FNC1 in front and for each separator, and other words for some characters.
    ///
    /// # Errors
    /// As [`Said::check`]; separators are fit.
    pub fn matrix(
        &self,
        language: &str,
        fit: impl Fn(char) -> bool,
        fnc1: &str,
        others: &[(char, &str)],
    ) -> Result<String, String> {
        self.check(language, |c| fit(c) || c == char::from(SEPARATOR))?;
        let mut data = fnc1.to_owned();
        for c in self.text.chars() {
            match others.iter().find(|(other, _)| *other == c) {
                Some((_, words)) => data.push_str(words),
                None if c == char::from(SEPARATOR) => data.push_str(fnc1),
                None => data.push(c),
            }
        }
        Ok(data)
    }

    /// The data of a GS1-128, as few symbol characters as possible.
    ///
    /// # Errors
    /// As [`Said::check`], separators being fit; or it fits no GS1-128.
    pub fn bars(
        &self,
        language: &str,
        fit: impl Fn(char) -> bool,
        spelling: &Spelling,
    ) -> Result<String, String> {
        self.check(language, |c| fit(c) || c == char::from(SEPARATOR))?;
        let spelled = spelling.spelled(self.text);
        spelled.map_err(|why| self.refused(format_args!("has it that {why}")))
    }
}

/// What this mark says on this label; `None` where its field is left out.
pub(super) fn said<'a>(content: &'a Content, numbered: &'a Numbered) -> Option<Said<'a>> {
    match content {
        Content::Fixed(text) => Some(Said::always(text)),
        Content::Field(number) => {
            let (_, text) = numbered.iter().find(|(given, _)| given == number)?;
            Some(Said::in_field(*number, text))
        }
    }
}

/// The field that a mark shows.
pub(super) fn field(mark: &Mark) -> Option<u16> {
    match mark {
        Mark::DataMatrix { content, .. }
        | Mark::Gs1128 { content, .. }
        | Mark::Text { content, .. } => match content {
            Content::Field(number) => Some(*number),
            Content::Fixed(_) => None,
        },
        Mark::Box { .. } | Mark::Picture { .. } => None,
    }
}

/// The marks of a format that this crate writes itself.
///
/// # Errors
/// It is a file in the printer's own language, for which `language` has no fields.
pub(super) fn marks<'a>(language: &str, format: &'a Format) -> Result<&'a [Mark], String> {
    match &format.artwork {
        Artwork::Marks(marks) => Ok(marks),
        Artwork::Native(_) => Err(format!(
            "the format {} is a file in {language} itself, which has no places for fields; \
             draw the label in a label file",
            format.name
        )),
    }
}

/// Judges the fields that are given.
///
/// # Errors
/// One of them stands in no mark.
pub(super) fn check_fields(
    format: &Format,
    marks: &[Mark],
    numbered: &Numbered,
) -> Result<(), String> {
    let unknown = |number: &u16| !marks.iter().any(|mark| field(mark) == Some(*number));
    match numbered
        .iter()
        .map(|(number, _)| number)
        .find(|number| unknown(number))
    {
        None => Ok(()),
        Some(number) => Err(format!("the format {} has no field {number}", format.name)),
    }
}
