//! Elements: an application identifier with its value. As they were found in a text, and as they are kept. PURE.

use super::ai::Ai;
use super::error::{Gs1Code, Gs1Error};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Most characters of a value.
pub const VALUE_MAX_LEN: usize = 90;

/// Most elements in one symbol.
pub const ELEMENTS_MAX: usize = 64;

/// An application identifier with its value, kept.
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

/// An element as the forms are written from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'e> {
    /// Digits of the application identifier.
    pub ai: &'e str,
    /// Its value.
    pub value: &'e str,
    /// A separator stood behind it in the text it was found in, needed or not.
    pub separated: bool,
    /// It stands in the composite component beside a linear symbol.
    pub composite: bool,
    /// It stood in the path of a Digital Link.
    pub in_path: bool,
}

/// Elements in an order, found or kept: what every form can be written from.
pub trait Sequence {
    /// The elements.
    fn parts(&self) -> impl Iterator<Item = Part<'_>>;

    /// The value of the first element with this AI.
    fn value(&self, ai: &str) -> Option<&str> {
        self.parts()
            .find(|part| part.ai == ai)
            .map(|part| part.value)
    }
}

impl Sequence for [Element] {
    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.iter().map(|element| Part {
            ai: &element.ai,
            value: &element.value,
            separated: false,
            composite: false,
            in_path: false,
        })
    }
}

impl Sequence for Vec<Element> {
    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.as_slice().parts()
    }
}

/// Where an element lies.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub(super) ai: Ai,
    /// Of the AI in the input.
    pub(super) position: u16,
    /// Of the value in the text.
    pub(super) start: u16,
    pub(super) len: u8,
    pub(super) separated: bool,
    pub(super) in_path: bool,
}

const NOWHERE: Slot = Slot {
    ai: Ai::NONE,
    position: 0,
    start: 0,
    len: 0,
    separated: false,
    in_path: false,
};

/// The elements of one text. They borrow from it and allocate nothing, unless a value had to be freed of escapes or
/// was not written in full.
#[derive(Clone)]
pub struct Elements<'t> {
    /// The input; behind it, values that do not stand in it as they are.
    text: Cow<'t, str>,
    slots: [Slot; ELEMENTS_MAX],
    count: usize,
    /// The first element of the composite component, if there is one.
    composite: Option<usize>,
}

impl<'t> Elements<'t> {
    /// None yet, of this text.
    pub(super) fn of(text: &'t str) -> Elements<'t> {
        Elements {
            text: Cow::Borrowed(text),
            slots: [NOWHERE; ELEMENTS_MAX],
            count: 0,
            composite: None,
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The elements to keep.
    pub fn to_vec(&self) -> Vec<Element> {
        self.parts()
            .map(|part| Element::new(part.ai, part.value))
            .collect()
    }

    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots[..self.count]
    }

    pub(super) fn text_of(&self, slot: &Slot) -> &str {
        &self.text[usize::from(slot.start)..][..usize::from(slot.len)]
    }

    /// Keeps a value that does not stand in the input as it is; gives its place.
    pub(super) fn append(&mut self, value: &str) -> usize {
        let start = self.text.len();
        self.text.to_mut().push_str(value);
        start
    }

    /// # Errors
    /// There are as many as fit any symbol.
    pub(super) fn push(&mut self, slot: Slot) -> Result<(), Gs1Error> {
        // The bar before a composite component takes the place of an element.
        let most = ELEMENTS_MAX - usize::from(self.composite.is_some());
        let Some(place) = self.slots[..most].get_mut(self.count) else {
            let text = format!("More than {ELEMENTS_MAX} elements.");
            let position = usize::from(slot.position);
            return Err(Gs1Error::new(Gs1Code::TooManyElements, position, text));
        };
        *place = slot;
        self.count += 1;
        Ok(())
    }

    /// What has been pushed so far stood in the path of a Digital Link.
    pub(super) fn end_path(&mut self) {
        for slot in &mut self.slots[..self.count] {
            slot.in_path = true;
        }
    }

    /// Whether the text, or its composite component, has none.
    pub(super) fn ends_empty(&self) -> bool {
        self.count == self.composite.unwrap_or(0)
    }

    /// What is pushed from now on stands in the composite component.
    pub(super) fn begin_composite(&mut self) {
        self.composite = Some(self.count);
    }
}

impl Sequence for Elements<'_> {
    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.slots().iter().enumerate().map(|(index, slot)| Part {
            ai: slot.ai.as_str(),
            value: self.text_of(slot),
            separated: slot.separated,
            composite: self.composite.is_some_and(|first| index >= first),
            in_path: slot.in_path,
        })
    }
}

impl fmt::Debug for Elements<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.parts()).finish()
    }
}
