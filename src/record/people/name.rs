//! Names of people: what may stand in one, and which are one person's. PURE.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Longest name of a person, in characters.
pub const PERSON_NAME_MAX: usize = 60;

/// A person's name as it stands in the records: 1 to [`PERSON_NAME_MAX`] printable characters, no blank at either end.
/// Names that differ only in the case of letters are one person's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

/// Marks that change how text around them is shown, or show nothing: two names that look alike could differ in them.
fn is_invisible(letter: char) -> bool {
    let ranges = [
        ('\u{200b}', '\u{200f}'),
        ('\u{2028}', '\u{202e}'),
        ('\u{2060}', '\u{206f}'),
    ];
    let within = |(first, last): &(char, char)| (*first..=*last).contains(&letter);
    ranges.iter().any(within) || matches!(letter, '\u{feff}' | '\u{ad}')
}

/// More of them: a new name has none, names on record may (Unicode, Default_Ignorable_Code_Point and what is drawn as
/// a blank or as nothing).
fn shows_nothing(letter: char) -> bool {
    let ranges = [
        ('\u{600}', '\u{605}'),
        ('\u{115f}', '\u{1160}'),
        ('\u{17b4}', '\u{17b5}'),
        ('\u{180b}', '\u{180f}'),
        ('\u{2000}', '\u{200a}'),
        ('\u{fe00}', '\u{fe0f}'),
        ('\u{fff0}', '\u{fffb}'),
        ('\u{1d173}', '\u{1d17a}'),
        ('\u{e0000}', '\u{e0fff}'),
    ];
    let within = |(first, last): &(char, char)| (*first..=*last).contains(&letter);
    let alone = [
        '\u{34f}', '\u{61c}', '\u{6dd}', '\u{70f}', '\u{2800}', '\u{3000}', '\u{3164}', '\u{ffa0}',
    ];
    ranges.iter().any(within) || alone.contains(&letter)
}

/// Whether this mark lets text be read in another order or as something else than it is: no reason has one.
pub fn misleads(letter: char) -> bool {
    // Joiners belong to the writing of some languages.
    let joins = matches!(letter, '\u{200c}' | '\u{200d}');
    is_invisible(letter) && !joins || letter == '\u{61c}'
}

/// Writings of which letters of one look like letters of another, by the ranges of their letters (Unicode, Blocks.txt).
const WRITINGS: [(&str, &[(char, char)]); 3] = [
    (
        "Latin",
        &[
            ('A', 'Z'),
            ('a', 'z'),
            ('\u{c0}', '\u{24f}'),
            ('\u{1e00}', '\u{1eff}'),
        ],
    ),
    ("Greek", &[('\u{370}', '\u{3ff}'), ('\u{1f00}', '\u{1fff}')]),
    (
        "Cyrillic",
        &[
            ('\u{400}', '\u{52f}'),
            ('\u{1c80}', '\u{1c8f}'),
            ('\u{a640}', '\u{a69f}'),
        ],
    ),
];

/// Why two names that are not the same could look the same, as a sentence: letters of several writings, marks that
/// stand apart from their letter, letters that are others in another shape.
fn looks_like_another(name: &str) -> Option<String> {
    let any = |ranges: &[(char, char)]| {
        let within = |letter: char| {
            ranges
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&letter))
        };
        name.chars().any(within)
    };
    let found: Vec<&str> = WRITINGS
        .iter()
        .filter(|(_, ranges)| any(ranges))
        .map(|(writing, _)| *writing)
        .collect();
    if let [first, second, ..] = found[..] {
        return Some(format!(
            "This name has {first} and {second} letters, of which some look alike: type all of it in one of them."
        ));
    }
    // Combining marks; full-width and mathematical letters.
    let apart = [
        ('\u{300}', '\u{36f}'),
        ('\u{ff00}', '\u{ffef}'),
        ('\u{1d400}', '\u{1d7ff}'),
    ];
    any(&apart).then(|| {
        "A letter of this name is made of two, or is another in another shape, so that two names could look alike: \
         type it with the plain letters of the keyboard."
            .to_owned()
    })
}

/// What the records call who is no person.
const NOBODYS: [&str; 2] = ["station", "machine"];

impl PersonName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a person may be enrolled under it from now on.
    ///
    /// # Errors
    /// It shows less than it holds, or is that of nobody; what to do.
    pub fn may_be_given(&self) -> Result<(), String> {
        if self.0.chars().any(shows_nothing) {
            return Err(
                "A letter of this name cannot be seen, so that two names could look alike: type it anew."
                    .to_owned(),
            );
        }
        // Orders and documents write `person:NAME` and options with a hyphen before them.
        if self.0.contains(':') || self.0.starts_with('-') {
            return Err(
                "A name has no colon and does not begin with a hyphen: take another one."
                    .to_owned(),
            );
        }
        if let Some(text) = looks_like_another(&self.0) {
            return Err(text);
        }
        match NOBODYS.contains(&&*self.key()) {
            true => Err(format!(
                "The records call what is no person \"{}\": take another name.",
                self.key()
            )),
            false => Ok(()),
        }
    }

    /// What tells persons apart: the name without the case of its letters.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PersonName {
    type Err = String;
    fn from_str(text: &str) -> Result<PersonName, String> {
        let letters = text.chars().count();
        if text.trim().is_empty() {
            Err("Say who you are: the name is empty.".to_owned())
        } else if letters > PERSON_NAME_MAX {
            Err(format!(
                "A name has at most {PERSON_NAME_MAX} characters, this one has {letters}."
            ))
        } else if text.trim() != text || text.chars().any(|c| c.is_control() || is_invisible(c)) {
            Err(
                "A name has printable characters only, and no blank at either end: write it anew."
                    .to_owned(),
            )
        } else {
            Ok(PersonName(text.to_owned()))
        }
    }
}

impl TryFrom<String> for PersonName {
    type Error = String;
    fn try_from(text: String) -> Result<PersonName, String> {
        text.parse()
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> String {
        name.0
    }
}
