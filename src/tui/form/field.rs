//! One field of a form. PURE.

use crate::tui::keyboard::Pasted;
use crate::tui::keys::Press;
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// Longest text of a field, in characters.
pub const CHARACTERS_MAX: usize = 200;

/// What stands in a field.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(String),
    /// Text that is never shown, and wiped from memory.
    Secret(Zeroizing<String>),
    /// One of these.
    Choice {
        /// Which there are; at least one.
        of: Vec<String>,
        /// Which is chosen.
        at: usize,
    },
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Secret(_) => f.write_str("Secret(..)"),
            Value::Choice { of, at } => write!(f, "{:?}", of.get(*at)),
        }
    }
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What to type, in a few words.
    pub hint: &'static str,
    /// What stands in it.
    pub value: Value,
    /// What a scanner types may be typed into it.
    pub takes_scans: bool,
}

impl Field {
    fn new(name: &'static str, hint: &'static str, value: Value) -> Field {
        Field {
            name,
            hint,
            value,
            takes_scans: false,
        }
    }

    /// An empty one for text.
    pub fn text(name: &'static str, hint: &'static str) -> Field {
        Field::new(name, hint, Value::Text(String::new()))
    }

    /// One for text that is there already.
    pub fn filled(name: &'static str, hint: &'static str, text: &str) -> Field {
        Field::new(name, hint, Value::Text(text.to_owned()))
    }

    /// An empty one for what a scanner types or a person.
    pub fn scan(name: &'static str, hint: &'static str, text: &str) -> Field {
        Field {
            takes_scans: true,
            ..Field::filled(name, hint, text)
        }
    }

    /// An empty one for a secret.
    pub fn secret(name: &'static str, hint: &'static str) -> Field {
        Field::new(name, hint, Value::Secret(Zeroizing::default()))
    }

    /// One of several, the first one chosen; of none it is empty text.
    pub fn choice(name: &'static str, of: Vec<String>) -> Field {
        let hint = "Left and Right choose";
        match of.is_empty() {
            true => Field::text(name, "there is none to choose from"),
            false => Field::new(name, hint, Value::Choice { of, at: 0 }),
        }
    }

    /// Whether this is so, as it stands today.
    pub fn yes_no(name: &'static str, yes: bool) -> Field {
        let (of, at) = (["no", "yes"].map(str::to_owned).to_vec(), usize::from(yes));
        let hint = "Right and Left say yes and no";
        Field::new(name, hint, Value::Choice { of, at })
    }

    /// What stands in it, without blanks around it. A secret is as it was typed.
    pub fn text_in(&self) -> &str {
        match &self.value {
            Value::Text(text) => text.trim(),
            Value::Secret(text) => text,
            Value::Choice { of, at } => of.get(*at).map_or("", String::as_str),
        }
    }

    /// Which is chosen; 0 where there is nothing to choose.
    pub fn chosen(&self) -> usize {
        match self.value {
            Value::Choice { at, .. } => at,
            Value::Text(_) | Value::Secret(_) => 0,
        }
    }

    /// It holds a secret.
    pub fn is_secret(&self) -> bool {
        matches!(self.value, Value::Secret(_))
    }

    /// Empties it if it holds a secret.
    pub fn forget_secret(&mut self) {
        if let Value::Secret(text) = &mut self.value {
            *text = Zeroizing::default();
        }
    }

    /// Puts this text there instead of what was there.
    pub fn fill(&mut self, text: &str) {
        if let Value::Text(old) = &mut self.value {
            *old = text.chars().take(CHARACTERS_MAX).collect();
        }
    }

    /// Puts what was pasted behind what is there.
    ///
    /// # Errors
    /// Why not, as a sentence; nothing is changed then.
    pub fn paste(&mut self, pasted: &Pasted) -> Result<(), String> {
        let text = match &mut self.value {
            Value::Text(text) => text,
            Value::Secret(text) => &mut **text,
            Value::Choice { .. } => {
                return Err("Nothing was pasted: Left and Right choose here.".to_owned());
            }
        };
        let room = CHARACTERS_MAX.saturating_sub(text.chars().count());
        text.push_str(pasted.line(room, self.takes_scans)?);
        Ok(())
    }

    /// A key was pressed in it.
    pub fn press(&mut self, press: Press) {
        match (&mut self.value, press) {
            (Value::Text(text), press) => typed(text, press),
            (Value::Secret(text), press) => typed(text, press),
            (Value::Choice { of, at }, Press::Right | Press::Char(' ')) => {
                *at = (*at + 1) % of.len();
            }
            (Value::Choice { of, at }, Press::Left) => *at = (*at + of.len() - 1) % of.len(),
            (Value::Choice { .. }, _) => {}
        }
    }

    /// What is shown of it.
    pub fn shown(&self) -> String {
        match &self.value {
            Value::Text(text) => crate::tui::words::seen(text),
            Value::Secret(text) => "*".repeat(text.chars().count()),
            Value::Choice { of, at } if of.len() > 1 => format!("< {} >", of[*at]),
            Value::Choice { of, at } => of[*at].clone(),
        }
    }
}

fn typed(text: &mut String, press: Press) {
    match press {
        Press::Char(letter) if !letter.is_control() && text.chars().count() < CHARACTERS_MAX => {
            text.push(letter);
        }
        Press::Backspace => drop(text.pop()),
        Press::Empty => text.zeroize(),
        _ => {}
    }
}
