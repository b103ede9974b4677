//! The screens in another language. PURE.
//!
//! English sentences stay in the code and are the keys; a message file, one a language, says each of them in its own:
//! `messages/de.toml` is built in, others need no code. A sentence may have holes: `{name}` takes any text, which is
//! never touched (a serial, a lot, a person's name); `{#name}` takes figures only; `{+name}` takes a text that is
//! translated by itself. What is in no file stays English.
//!
//! Everything that is drawn goes through here (`Pen`) before it is wrapped, padded or cut, so that texts which come
//! from the station are translated without the wire knowing of it.

mod file;
mod sentence;

pub use file::{LanguageError, Mistake};

use sentence::{Hole, Kind, Sentence, is_worded};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Message files that are part of the program, each with its language.
pub const BUILT_IN: &[(&str, &str)] = &[("de", include_str!("../../messages/de.toml"))];

/// The language of the sentences themselves.
pub const ENGLISH: &str = "en";

/// So many texts are remembered; then all of them are forgotten.
const REMEMBERED: usize = 4_096;
/// Longer texts are shown as they came, in bytes.
const LONGEST: usize = 8 * 1_024;
/// A sentence with holes that says no more than this joins others, in characters.
const JOINT: usize = 5;
/// So deep lie sentences in the holes of others.
const DEPTH: usize = 16;

/// What the screens speak.
#[derive(Clone, Default)]
pub struct Language(Option<Arc<Messages>>);

/// A language's sentences.
struct Messages {
    /// Those without holes.
    whole: HashMap<String, String>,
    /// Those with holes, the one that says most first.
    holed: Vec<(Sentence, Sentence)>,
    /// Those that only join others, such as `{+one}, {+other}`.
    joints: Vec<(Sentence, Sentence)>,
    /// Texts that were asked for; `None`: no sentence is theirs.
    known: Mutex<HashMap<String, Option<String>>>,
    /// Texts that were shown as they came.
    unknown: Mutex<BTreeSet<String>>,
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("English"),
            Some(messages) => write!(f, "Language({} sentences)", messages.count()),
        }
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Language) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Language {
    /// English: every text as it is.
    pub fn english() -> Language {
        Language::default()
    }

    /// The language of these message files, each with its name for people; a later one is laid over those before it.
    ///
    /// # Errors
    /// The first file that has mistakes, with all of them.
    pub fn read(files: &[(&str, &str)]) -> Result<Language, LanguageError> {
        let mut sentences = BTreeMap::new();
        for (name, text) in files {
            sentences.extend(file::read(name, text)?);
        }
        let (mut whole, mut holed, mut joints) = (HashMap::new(), Vec::new(), Vec::new());
        for (english, said) in sentences {
            // A file that was read has no mistakes: both can be taken apart.
            let (Ok(from), Ok(to)) = (Sentence::parse(&english), Sentence::parse(&said)) else {
                continue;
            };
            let has_holes = from.holes().next().is_some();
            match (has_holes, from.weight() <= JOINT) {
                (false, _) => drop(whole.insert(from.plain(), to.plain())),
                (true, true) => joints.push((from, to)),
                (true, false) => holed.push((from, to)),
            }
        }
        // Of several that match the one with the most words of its own is meant; the order of the keys stays.
        holed.sort_by_key(|(from, _)| std::cmp::Reverse(from.weight()));
        Ok(Language(Some(Arc::new(Messages {
            whole,
            holed,
            joints,
            known: Mutex::default(),
            unknown: Mutex::default(),
        }))))
    }

    /// A language that is part of the program; `None`: there is no such one.
    pub fn built_in(name: &str) -> Option<Language> {
        if name == ENGLISH {
            return Some(Language::english());
        }
        let file = BUILT_IN.iter().find(|(known, _)| *known == name)?;
        // A test reads every one of them.
        Language::read(&[*file]).ok()
    }

    /// The text in this language; English where no sentence of the file is it. Blanks around it stay.
    pub fn of<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(messages) = &self.0 else {
            return Cow::Borrowed(text);
        };
        match messages.of(text, DEPTH) {
            Some(said) => Cow::Owned(said),
            None => Cow::Borrowed(text),
        }
    }

    /// Texts that were shown lately and are no sentence of the file, nor filled into one: for whoever writes the file.
    pub fn unknown(&self) -> Vec<String> {
        let Some(messages) = &self.0 else {
            return Vec::new();
        };
        locked(&messages.unknown).iter().cloned().collect()
    }
}

/// What is in there, whatever happened to somebody who looked.
fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Messages {
    fn count(&self) -> usize {
        self.whole.len() + self.holed.len() + self.joints.len()
    }

    /// `None`: it is said as it is.
    fn of(&self, text: &str, depth: usize) -> Option<String> {
        let core = text.trim();
        if depth == 0 || core.len() > LONGEST || !is_worded(core) {
            return None;
        }
        let Some(said) = self.found(core, depth) else {
            let mut unknown = locked(&self.unknown);
            if unknown.len() >= REMEMBERED {
                unknown.clear();
            }
            unknown.insert(core.to_owned());
            return None;
        };
        let begin = text.len() - text.trim_start().len();
        let end = begin + core.len();
        Some(format!("{}{said}{}", &text[..begin], &text[end..]))
    }

    /// The same for a text without blanks around it; nobody is told that it is unknown.
    fn found(&self, text: &str, depth: usize) -> Option<String> {
        let known = locked(&self.known).get(text).cloned();
        known.unwrap_or_else(|| {
            let said = self.translated(text, depth);
            let mut known = locked(&self.known);
            if known.len() >= REMEMBERED {
                known.clear();
            }
            known.insert(text.to_owned(), said.clone());
            said
        })
    }

    fn translated(&self, text: &str, depth: usize) -> Option<String> {
        if let Some(said) = self.whole.get(text) {
            return Some(said.clone());
        }
        let holed = self.holed.iter().find_map(|(from, to)| {
            let found = from.matched(text)?;
            Some(self.filled(to, &found, depth))
        });
        let said = holed.or_else(|| self.joined(text, depth));
        said.or_else(|| self.in_capitals(text))
    }

    /// Of the joints that fit, the one that comes first in the text and has a sentence before it: "and" within a
    /// sentence joins nothing.
    fn joined(&self, text: &str, depth: usize) -> Option<String> {
        let fits = self.joints.iter().filter_map(|(from, to)| {
            let found = from.matched(text)?;
            let first = found.first().map_or(0, |(_, content)| content.len());
            Some((first, std::cmp::Reverse(from.weight()), found, to))
        });
        let mut fits: Vec<_> = fits.collect();
        fits.sort_by_key(|(first, weight, ..)| (*first, *weight));
        let sound = fits.into_iter().find(|(_, _, found, _)| {
            let mut sentences = found.iter().filter(|(hole, _)| hole.kind == Kind::Sentence);
            sentences.next().is_none_or(|(_, content)| {
                let content = content.trim();
                !is_worded(content) || depth > 1 && self.found(content, depth - 1).is_some()
            })
        });
        sound.map(|(_, _, found, to)| self.filled(to, &found, depth))
    }

    fn filled(&self, to: &Sentence, found: &[(&Hole, &str)], depth: usize) -> String {
        to.filled(|name| {
            let (hole, content) = found.iter().find(|(hole, _)| hole.name == name)?;
            let inside = match hole.kind {
                Kind::Sentence => self.of(content, depth - 1),
                Kind::Any | Kind::Figures => None,
            };
            Some(inside.unwrap_or_else(|| (*content).to_owned()))
        })
    }

    /// A word in capitals where the file has it in small letters.
    fn in_capitals(&self, text: &str) -> Option<String> {
        let capitals = !text.chars().any(char::is_lowercase);
        let said = self.whole.get(&text.to_lowercase()).filter(|_| capitals)?;
        Some(said.to_uppercase())
    }
}

/// A text that is drawn: translated, unless it is [`AsIs`].
pub trait Shown {
    /// What is drawn in this language.
    fn said<'t>(&'t self, language: &Language) -> Cow<'t, str>;
}

/// Drawn as it is: what persons typed, names and codes, and what is translated already.
#[derive(Debug, Clone, Copy)]
pub struct AsIs<'t>(pub &'t str);

impl Shown for AsIs<'_> {
    fn said<'t>(&'t self, _: &Language) -> Cow<'t, str> {
        Cow::Borrowed(self.0)
    }
}

impl Shown for str {
    fn said<'t>(&'t self, language: &Language) -> Cow<'t, str> {
        language.of(self)
    }
}

impl Shown for &str {
    fn said<'t>(&'t self, language: &Language) -> Cow<'t, str> {
        language.of(self)
    }
}

impl Shown for String {
    fn said<'t>(&'t self, language: &Language) -> Cow<'t, str> {
        language.of(self)
    }
}

#[cfg(test)]
mod test;
