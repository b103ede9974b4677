//! What the marks of one label say, for languages in which each job carries all of them. PURE.

use super::format::{Artwork, Content, Format, Mark};

/// The values of a label, by field.
pub(super) type Numbered = [(u16, String)];

/// What stands in a mark, and whose words they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a> {
    pub text: &'a str,
    field: Option<u16>,
}

impl Said<'_> {
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
}

/// What this mark says on this label; `None` where its field is left out.
pub(super) fn said<'a>(content: &'a Content, numbered: &'a Numbered) -> Option<Said<'a>> {
    match content {
        Content::Fixed(text) => Some(Said { text, field: None }),
        Content::Field(number) => {
            let (_, text) = numbered.iter().find(|(given, _)| given == number)?;
            let field = Some(*number);
            Some(Said { text, field })
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
