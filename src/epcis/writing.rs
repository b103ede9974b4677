//! What writing in any syntax needs: a buffered output, prefixes of namespaces, and what a syntax is asked for. PURE.

use super::event::{ErrorDeclaration, Event, PersistentDisposition, Place, Quantity, Typed};
use super::identifier::{Identifier, IdentifierStyle};
use super::node::{MASTER_DATA, Name, Node};
use super::time::EventTime;
use super::vocabulary::{Vocabulary, Word};
use std::fmt;
use std::io::{self, Write};

/// Why something was not written.
#[derive(Debug)]
pub enum WriteError {
    /// The output takes nothing more.
    Output(io::Error),
    /// The event cannot be said in this syntax; nothing of it was written.
    Unwritable(String),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteError::Output(why) => {
                write!(f, "The output cannot be written ({why}). Is the disk full?")
            }
            WriteError::Unwritable(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for WriteError {}

impl From<io::Error> for WriteError {
    fn from(why: io::Error) -> WriteError {
        WriteError::Output(why)
    }
}

/// Bytes that are gathered before they are written.
const BUFFER_LEN: usize = 64 * 1024;

/// The output: gathers bytes, and keeps the first failure for the end of the event.
pub(super) struct Out<'w> {
    to: &'w mut dyn Write,
    buffer: Vec<u8>,
    failed: Option<io::Error>,
    pub(super) style: IdentifierStyle,
    /// Identifiers written as Digital Links for want of the length of their company prefix.
    pub(super) without_prefix: u64,
}

impl<'w> Out<'w> {
    pub(super) fn new(to: &'w mut dyn Write, style: IdentifierStyle) -> Out<'w> {
        Out {
            to,
            buffer: Vec::with_capacity(BUFFER_LEN + 4 * 1024),
            failed: None,
            style,
            without_prefix: 0,
        }
    }

    /// Text of the syntax itself.
    pub(super) fn raw(&mut self, text: &str) {
        self.buffer.extend_from_slice(text.as_bytes());
        if self.buffer.len() >= BUFFER_LEN {
            self.spill();
        }
    }

    /// Text from outside: every byte for which `escape` has something is written as that.
    pub(super) fn escaped(&mut self, text: &str, escape: fn(u8) -> Option<&'static str>) {
        let bytes = text.as_bytes();
        let mut from = 0;
        for (at, byte) in bytes.iter().enumerate() {
            if let Some(instead) = escape(*byte) {
                self.buffer.extend_from_slice(&bytes[from..at]);
                self.buffer.extend_from_slice(instead.as_bytes());
                from = at + 1;
            }
        }
        self.buffer.extend_from_slice(&bytes[from..]);
        if self.buffer.len() >= BUFFER_LEN {
            self.spill();
        }
    }

    /// The URI of an identifier in the style of this document.
    pub(super) fn uri(&mut self, identifier: &Identifier) -> String {
        self.without_prefix += u64::from(identifier.lacks_prefix(self.style));
        identifier.uri(self.style)
    }

    fn spill(&mut self) {
        if self.failed.is_none()
            && let Err(why) = self.to.write_all(&self.buffer)
        {
            self.failed = Some(why);
        }
        self.buffer.clear();
    }

    /// The first failure so far.
    pub(super) fn check(&mut self) -> Result<(), WriteError> {
        self.failed.take().map_or(Ok(()), |why| Err(why.into()))
    }

    pub(super) fn finish(mut self) -> Result<(), WriteError> {
        self.spill();
        self.check()?;
        Ok(self.to.flush()?)
    }
}

/// What a syntax is asked for. Fields come in the order of XML; names are those of the type of event.
pub(super) trait Writing {
    /// Whether the event can be said at all.
    fn check(&self, event: &Event, prefixes: &Prefixes) -> Result<(), String>;
    fn begin_document(&mut self, out: &mut Out, created: EventTime);
    fn end_document(&mut self, out: &mut Out);
    fn begin_event(&mut self, out: &mut Out, event: &Event, prefixes: &Prefixes);
    fn end_event(&mut self, out: &mut Out, event: &Event);
    /// The fields that follow stand in this element, or in none.
    fn wrapper(&mut self, out: &mut Out, name: Option<&'static str>);
    fn text(&mut self, out: &mut Out, name: &str, text: &str);
    fn word(&mut self, out: &mut Out, name: &str, vocabulary: Vocabulary, word: &Word);
    fn place(&mut self, out: &mut Out, name: &str, place: &Place, prefixes: &Prefixes);
    fn identifiers(&mut self, out: &mut Out, name: &str, all: &mut dyn Iterator<Item = Identifier>);
    fn quantities(&mut self, out: &mut Out, name: &str, all: &[Quantity]);
    fn typed(&mut self, out: &mut Out, list: (&str, &str), vocabulary: Vocabulary, all: &[Typed]);
    fn certifications(&mut self, out: &mut Out, name: &str, all: &[String]);
    fn error(&mut self, out: &mut Out, error: &ErrorDeclaration, prefixes: &Prefixes);
    fn persistent(&mut self, out: &mut Out, both: &PersistentDisposition);
    fn sensors(&mut self, out: &mut Out, all: &[Node], prefixes: &Prefixes);
    fn ilmd(&mut self, out: &mut Out, all: &[Node], prefixes: &Prefixes);
    fn extensions(&mut self, out: &mut Out, all: &[Node], prefixes: &Prefixes);
}

/// The prefixes of one event: each namespace has one, and no prefix has two.
#[derive(Debug, Default)]
pub(super) struct Prefixes {
    /// Namespace and prefix.
    pub(super) all: Vec<(String, String)>,
    /// A prefix whose namespace nobody declared in the document.
    pub(super) undeclared: Option<String>,
    /// A name that XML cannot write.
    pub(super) unnameable: Option<String>,
    /// A node that has a text beside its parts.
    pub(super) mixed: Option<String>,
    /// There are more namespaces than [`NAMESPACES_MAX`].
    pub(super) too_many: bool,
}

/// Namespaces of one event.
const NAMESPACES_MAX: usize = 100;

/// Prefixes that mean one thing in every document.
const RESERVED: &[&str] = &[
    "cbv", "cbvmda", "epcis", "gs1", "rdf", "rdfs", "xml", "xmlns", "xsd", "xsi", "owl", "dcterms",
];

impl Prefixes {
    pub(super) fn of(event: &Event) -> Prefixes {
        let mut found = Prefixes::default();
        let error = event.error.iter().flat_map(|error| &error.extensions);
        let places = event.read_point.iter().chain(&event.biz_location);
        let places = places.flat_map(|place| &place.extensions);
        let own = event
            .sensors
            .iter()
            .chain(&event.ilmd)
            .chain(&event.extensions);
        let groups = own.chain(error).chain(places);
        for node in groups {
            found.take(node);
        }
        found
    }

    fn take(&mut self, node: &Node) {
        if node.is_group() && !node.text.is_empty() {
            self.mixed.get_or_insert_with(|| node.name.local.clone());
        }
        self.name(&node.name);
        node.children.iter().for_each(|child| self.take(child));
    }

    fn name(&mut self, name: &Name) {
        if !is_nc_name(&name.local) {
            self.unnameable.get_or_insert_with(|| name.local.clone());
        }
        if name.is_bare() || is_master_data(name) {
            return;
        }
        if name.namespace.is_empty() {
            self.undeclared.get_or_insert_with(|| name.prefix.clone());
            return;
        }
        if self
            .all
            .iter()
            .any(|(namespace, _)| *namespace == name.namespace)
        {
            return;
        }
        if self.all.len() == NAMESPACES_MAX {
            self.too_many = true;
            return;
        }
        let free = |prefix: &str| {
            is_nc_name(prefix)
                && !RESERVED.contains(&prefix)
                && !self.all.iter().any(|(_, taken)| taken == prefix)
        };
        let numbered = (1..).map(|number| format!("ns{number}"));
        let mut wanted = std::iter::once(name.prefix.clone()).chain(numbered);
        let prefix = wanted
            .find(|prefix| free(prefix))
            .expect("numbers do not end");
        self.all.push((name.namespace.clone(), prefix));
    }

    /// The prefix a name is written with; none for a field of EPCIS itself.
    pub(super) fn prefix<'p>(&'p self, name: &'p Name) -> Option<&'p str> {
        if name.is_bare() {
            return None;
        }
        if is_master_data(name) {
            return Some("cbvmda");
        }
        let known = self
            .all
            .iter()
            .find(|(namespace, _)| *namespace == name.namespace);
        Some(known.map_or(&name.prefix, |(_, prefix)| prefix))
    }
}

/// Whether a name is a master data attribute.
fn is_master_data(name: &Name) -> bool {
    name.namespace == MASTER_DATA
}

/// Whether XML takes this as a name without colon.
fn is_nc_name(text: &str) -> bool {
    let mut letters = text.chars();
    let first = letters
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_');
    first && letters.all(|c| c.is_alphanumeric() || "_-.".contains(c))
}
