//! The one walk over the marks of a label. A language that writes marks supplies its words for each kind; whose values
//! they carry, which are left out and what is refused is the same for all. PURE.

use super::filling::{self, Numbered, Said, said};
use super::format::{At, Content, Dots, Format, Mark};

/// What the data of a mark are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carries {
    /// An element string in a GS1 Data Matrix.
    DataMatrix,
    /// An element string in a GS1-128.
    Gs1128,
    /// A text.
    Text,
}

/// What a language writes around the data of a mark.
#[derive(Debug)]
pub(super) struct Around {
    pub before: String,
    pub behind: &'static str,
}

/// A language's words for marks. Each refuses what it cannot write, as a sentence without its full stop, also where a
/// label leaves the mark out: a format is judged by a label without values.
pub(super) trait Words {
    /// Its name, for refusals.
    const NAME: &'static str;

    /// A Data Matrix with modules of so many dots.
    fn data_matrix(&self, at: At, module_dots: u32) -> Result<Around, String>;
    /// A GS1-128: dots of a module, and along the bars.
    fn gs1128(&self, at: At, module_dots: u32, height: u32) -> Result<Around, String>;
    /// A text in cells of this height in dots.
    fn text(&self, at: At, height: u32) -> Result<Around, String>;
    /// A box: width, height and thickness in dots.
    fn frame(&self, at: At, size: (u32, u32), thickness: u32) -> Result<String, String>;
    /// A picture, which is the mark of this number from 0.
    fn picture(&self, at: At, number: usize, dots: &Dots) -> Result<Vec<u8>, String>;
    /// What is said, as such a mark carries it.
    fn data(&self, carries: Carries, said: &Said) -> Result<String, String>;
}

/// All marks; `say` gives the data of a content, or `None` where the mark is left out.
///
/// # Errors
/// A mark or a value that the language cannot write; a sentence without its full stop.
pub(super) fn walk<W: Words>(
    words: &W,
    marks: &[Mark],
    say: impl Fn(Carries, &Content) -> Result<Option<String>, String>,
) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for (number, mark) in marks.iter().enumerate() {
        let (around, carries, content) = match mark {
            Mark::DataMatrix {
                at,
                module_dots,
                content,
            } => {
                let around = words.data_matrix(*at, *module_dots)?;
                (around, Carries::DataMatrix, content)
            }
            Mark::Gs1128 {
                at,
                module_dots,
                height,
                content,
            } => {
                let around = words.gs1128(*at, *module_dots, *height)?;
                (around, Carries::Gs1128, content)
            }
            Mark::Text {
                at,
                height,
                content,
            } => (words.text(*at, *height)?, Carries::Text, content),
            Mark::Box {
                at,
                width,
                height,
                thickness,
            } => {
                let frame = words.frame(*at, (*width, *height), *thickness)?;
                bytes.extend(frame.into_bytes());
                continue;
            }
            Mark::Picture { at, dots } => {
                bytes.extend(words.picture(*at, number, dots)?);
                continue;
            }
        };
        if let Some(data) = say(carries, content)? {
            bytes.extend(
                [&around.before, data.as_str(), around.behind]
                    .concat()
                    .bytes(),
            );
        }
    }
    Ok(bytes)
}

/// All marks of a format with these values, for a language in which each job carries all of them.
///
/// # Errors
/// As [`walk`]; a format that is a file in the language itself; a value whose field no mark shows.
pub(super) fn label<W: Words>(
    words: &W,
    format: &Format,
    numbered: &Numbered,
) -> Result<Vec<u8>, String> {
    let marks = filling::marks(W::NAME, format)?;
    filling::check_fields(format, marks, numbered)?;
    walk(words, marks, |carries, content| {
        let said = said(content, numbered);
        said.map(|said| words.data(carries, &said)).transpose()
    })
}
