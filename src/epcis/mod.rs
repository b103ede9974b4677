//! EPCIS events: one model, written and read as 2.0 JSON-LD, 2.0 XML and 1.2 XML, and the rules that schemas miss.
//! PURE but for [`export`] and [`partners`].
//!
//! Data flows one way. Out: an [`Event`] is written by a [`DocumentWriter`], which keeps no event and no list. In:
//! [`read`] hands out one event after the other with what is wrong about it; a [`Checker`] looks at them in
//! their order and finds what is wrong between them. Between both syntaxes stands the event, and nothing else.

mod canonical;
mod document;
mod event;
mod event_id;
pub mod export;
mod fields;
mod finding;
mod hash;
mod identifier;
mod interpret;
mod json_reader;
mod json_writer;
mod node;
pub mod partners;
mod reader;
mod rules;
mod sensor;
mod source;
mod time;
mod vocabulary;
mod writing;
mod xml_reader;
mod xml_writer;

pub use document::{DocumentWriter, Format};
pub use event::{
    Action, ErrorDeclaration, Event, Kind, PersistentDisposition, Place, Quantity, Typed,
};
pub use event_id::event_id;
pub use finding::{At, FINDINGS_PER_EVENT_MAX, Finding, Rule};
pub use hash::{MasterData, content_hash, event_hash, pre_hash};
pub use identifier::{Identifier, IdentifierStyle, Key};
pub use node::{MASTER_DATA, Name, Node, Shape};
pub use reader::{Each, Header, ReadError, Received, Summary, read, read_bounded};
pub use rules::{Checker, History, NUMBERS_MAX};
pub use source::{DEPTH_MAX, EVENT_BYTES_MAX};
pub use time::{EventTime, TimeError, ZoneOffset};
pub use vocabulary::{Vocabulary, Word};
pub use writing::WriteError;

#[cfg(test)]
mod test;
