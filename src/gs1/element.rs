//! Elements — an application identifier with its value — and the texts they are written in. PURE.

use super::dictionary::Dictionary;
use serde::{Deserialize, Serialize};

/// Most characters of a value.
pub const VALUE_MAX_LEN: usize = 90;

/// Most elements in one symbol.
pub const ELEMENTS_MAX: usize = 64;

/// The separator of elements in scan data.
pub const SEPARATOR: char = '\x1d';

/// An application identifier with its value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "(String, String)", into = "(String, String)")]
pub struct Element {
    /// The digits of the application identifier.
    pub ai: String,
    /// Its value.
    pub value: String,
}

impl Element {
    /// An element from its two parts, unchecked.
    pub fn new(ai: impl Into<String>, value: impl Into<String>) -> Element {
        Element {
            ai: ai.into(),
            value: value.into(),
        }
    }
}

impl From<(String, String)> for Element {
    fn from((ai, value): (String, String)) -> Element {
        Element { ai, value }
    }
}

impl From<Element> for (String, String) {
    fn from(element: Element) -> (String, String) {
        (element.ai, element.value)
    }
}

/// AIs of GS1's built-in list whose length is defined in advance need no separator behind them. An
/// AI the dictionary does not know gets one: that is always right.
fn payload(elements: &[Element], separator: char, dictionary: &Dictionary) -> String {
    let mut text = String::new();
    let mut open = false;
    for element in elements {
        if open {
            text.push(separator);
        }
        text.push_str(&element.ai);
        text.push_str(&element.value);
        open = dictionary
            .get(&element.ai)
            .is_none_or(|entry| !entry.predefined);
    }
    text
}

/// What a scanner sends for a GS1 Data Matrix: `]d2`, then the elements with a separator (0x1D)
/// only where one is needed.
pub fn scan_data(elements: &[Element]) -> String {
    scan_data_by(elements, Dictionary::built_in())
}

/// [`scan_data`] by another dictionary.
pub fn scan_data_by(elements: &[Element], dictionary: &Dictionary) -> String {
    format!("]d2{}", payload(elements, SEPARATOR, dictionary))
}

/// The raw form: `^` for FNC1 at the beginning and where a separator is needed.
pub fn raw(elements: &[Element]) -> String {
    format!("^{}", payload(elements, '^', Dictionary::built_in()))
}

/// The bracketed form `(01)…(21)…`; an opening bracket in a value is written `\(`.
pub fn bracketed(elements: &[Element]) -> String {
    let part = |element: &Element| format!("({}){}", element.ai, element.value.replace('(', "\\("));
    elements.iter().map(part).collect()
}

/// The text printed under a symbol, one element a line: `(01) 09521234543213`.
pub fn human_readable(elements: &[Element]) -> Vec<String> {
    let line = |element: &Element| format!("({}) {}", element.ai, element.value);
    elements.iter().map(line).collect()
}
