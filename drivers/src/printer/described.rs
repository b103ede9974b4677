//! A printer whose language a text file describes. PURE.
//!
//! In the spirit of EPICS StreamDevice: terminators, a small language of patterns for what goes out and comes in, waits
//! of its own, what to do with input that fits nothing, and an order that puts the printer in step after every clear.
//! The keys are explained in `templates/printers/coder.toml`; what is not mapped in a status is a device error, never
//! "ok". No manual stands behind this file: whoever writes a description answers for it, and tries it with the camera.

mod contradictions;
mod description;
mod file;
mod hearing;
mod pattern;
pub(crate) mod table;
#[cfg(test)]
mod test;

pub use description::Description;
pub use file::DESCRIPTION_MAX;
pub use hearing::HEARD_MAX;
pub use pattern::{NAMES, PATTERN_MAX};
pub use table::Mistake;
pub(super) use table::Mistakes;

use super::format::{Artwork, Content, Format, JobContent, Mark};
use super::language::{Language, Manners, Question, Reply, Waits};
use crate::Fault;
use description::Outgoing;
use hearing::Hearing;
use pattern::{Binding, Out};

/// Separates elements in an element string.
const SEPARATOR: char = '\x1d';

/// The language that a file describes.
#[derive(Debug)]
pub struct Described {
    told: Description,
    hearing: Hearing,
}

impl Described {
    /// One that has heard nothing yet.
    pub fn new(told: Description) -> Described {
        let hearing = Hearing::default();
        Described { told, hearing }
    }

    /// The bytes of a command that holds no values.
    fn bytes(&self, command: &Outgoing) -> Vec<u8> {
        let literal = |piece: &Out| match piece {
            Out::Literal(bytes) => bytes.clone(),
            Out::Value(_) => Vec::new(),
        };
        self.framed(command, command.pieces.iter().flat_map(literal).collect())
    }

    fn framed(&self, command: &Outgoing, body: Vec<u8>) -> Vec<u8> {
        match command.is_bare {
            true => body,
            false => self.told.frame.around(&body),
        }
    }

    fn question(&self, command: &Outgoing, what: &'static str) -> Question {
        Question {
            bytes: self.bytes(command),
            what: what.into(),
        }
    }

    /// A value as the printer takes it.
    fn value(&self, value: &str, is_symbol: bool) -> Result<String, String> {
        let values = &self.told.values;
        let mut text = String::new();
        if is_symbol && !value.is_empty() {
            text.push_str(&values.fnc1);
        }
        for c in value.chars() {
            match values.escapes.get(&c) {
                _ if is_symbol && c == SEPARATOR => text.push_str(&values.fnc1),
                Some(escaped) => text.push_str(escaped),
                None if (' '..='~').contains(&c) && !values.refused.contains(c) => text.push(c),
                None => return Err(format!("holds {c:?}, which the printer cannot carry")),
            }
        }
        match values.longest {
            Some(longest) if text.len() > longest => Err(format!(
                "has {} bytes as the printer counts them, and its description says that it takes {longest} ([values], \
                 longest)",
                text.len()
            )),
            _ => Ok(text),
        }
    }
}

/// The field with the symbol: that of the first mark that is one, or the first.
fn symbol_field(format: &Format) -> u16 {
    let Artwork::Marks(marks) = &format.artwork else {
        return 1;
    };
    let symbol = marks.iter().find_map(|mark| match mark {
        Mark::DataMatrix { content, .. } | Mark::Gs1128 { content, .. } => match content {
            Content::Field(number) => Some(*number),
            Content::Fixed(_) => None,
        },
        _ => None,
    });
    symbol.unwrap_or(1)
}

impl Language for Described {
    fn name(&self) -> &str {
        &self.told.name
    }

    fn manners(&self) -> Manners {
        if self.told.answers.is_none() {
            return Manners::Silent;
        }
        let before_job = self.told.orders.before_job.as_ref();
        let before_job =
            before_job.map(|command| self.question(command, "the question before a label"));
        Manners::Acknowledged { before_job }
    }

    fn identify(&self) -> Option<Question> {
        let ask = self.told.identify.as_ref()?;
        Some(self.question(&ask.out, "the question who it is"))
    }

    fn status(&self) -> Question {
        self.question(&self.told.status.out, "the question for its status")
    }

    fn acknowledges_status(&self) -> bool {
        self.told.status.answer.is_none()
    }

    fn explain(&self) -> Option<Question> {
        None
    }

    fn odometer(&self) -> Option<Question> {
        let ask = self.told.odometer.as_ref()?;
        Some(self.question(&ask.out, "the question for its count of labels"))
    }

    fn clear(&self) -> Vec<u8> {
        self.bytes(&self.told.orders.clear)
    }

    fn once_clear(&self) -> Vec<u8> {
        let command = self.told.orders.once_clear.as_ref();
        command.map_or_else(Vec::new, |command| self.bytes(command))
    }

    fn waits(&self) -> Waits {
        self.told.waits
    }

    /// A printer that says "not now" keeps its own count: labels wait for it. Counting here as well would refuse them
    /// until the next status, and a belt does not stand that long.
    fn depth(&self) -> Option<u32> {
        let waits = |answers: &description::Answers| !answers.not_now.is_empty();
        let says_not_now = self.told.answers.as_ref().is_some_and(waits);
        self.told.depth.filter(|_| !says_not_now)
    }

    fn keeps_design(&self) -> bool {
        true
    }

    /// Its design stands in the printer: nothing is drawn that could be hindered.
    fn hindrance(&self, format: &Format) -> Option<String> {
        self.store(format).err()
    }

    fn store(&self, format: &Format) -> Result<Vec<u8>, String> {
        match format.artwork {
            Artwork::Marks(_) => Ok(Vec::new()),
            Artwork::Native(_) => Err(format!(
                "the format {} is a text in a printer's language, and a described printer keeps its design itself",
                format.name
            )),
        }
    }

    fn job(&self, format: &Format, label: &JobContent) -> Result<Vec<u8>, Fault> {
        let refused = |why: String| Err(Fault::Refused(why));
        let JobContent::Fields { numbered, named } = label else {
            return refused(
                "a described printer keeps its design itself and takes no picture".into(),
            );
        };
        let orders = &self.told.orders;
        let command = match (named.is_empty(), &orders.void) {
            (false, _) => &orders.job,
            (true, Some(void)) => void,
            (true, None) => {
                return refused(
                    "the printer's description has no void label ([orders], void)".into(),
                );
            }
        };
        let field = |wanted: u16| numbered.iter().find(|(number, _)| *number == wanted);
        let mut body = Vec::new();
        for piece in &command.pieces {
            let (what, value) = match piece {
                Out::Literal(bytes) => {
                    body.extend_from_slice(bytes);
                    continue;
                }
                Out::Value(Binding::Named(wanted)) => {
                    let value = named.iter().find(|(name, _)| name == wanted);
                    let Some((name, value)) = value else {
                        return refused(format!(
                            "the pack has no {wanted}, which the printer's job needs"
                        ));
                    };
                    ((*name).to_owned(), value.as_str())
                }
                Out::Value(Binding::Symbol) => {
                    let number = symbol_field(format);
                    let Some((_, value)) = field(number) else {
                        return refused(format!("the label has no symbol in field {number}"));
                    };
                    ("the symbol".to_owned(), value.as_str())
                }
                // As everywhere, a field that is left out leaves its place empty.
                Out::Value(Binding::Field(number)) => {
                    let value = field(*number).map_or("", |(_, value)| value);
                    (format!("field {number}"), value)
                }
            };
            let is_symbol = *piece == Out::Value(Binding::Symbol);
            let value = self.value(value, is_symbol);
            let value = value.map_err(|why| Fault::Refused(format!("{what} {why}")))?;
            body.extend_from_slice(value.as_bytes());
        }
        Ok(self.framed(command, body))
    }

    fn hear(&mut self, bytes: &[u8], replies: &mut Vec<Reply>) {
        self.hearing.hear(&self.told, bytes, replies);
    }

    fn forget(&mut self) {
        self.hearing = Hearing::default();
    }
}
