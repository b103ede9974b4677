//! Documents written event by event: nothing is kept of an event, nor of a list of a million numbers. PURE.

use super::event::{Event, Kind};
use super::fields::{self, Content, Field};
use super::identifier::{Identifier, IdentifierStyle};
use super::json_writer::Json;
use super::time::EventTime;
use super::writing::{Out, Prefixes, WriteError, Writing};
use super::xml_writer::Xml;
use std::io::Write;

/// A syntax that documents are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// EPCIS 2.0 in JSON-LD.
    Json,
    /// EPCIS 1.2 in XML.
    Xml12,
    /// EPCIS 2.0 in XML.
    Xml20,
}

/// A document in the making.
///
/// Events are written in the order they come. [`DocumentWriter::finish`] ends the document; without it what was written
/// is no whole document, and nobody takes it for one.
pub struct DocumentWriter<'w> {
    out: Out<'w>,
    syntax: Box<dyn Writing>,
    xml: bool,
    old: bool,
    events: u64,
}

impl<'w> DocumentWriter<'w> {
    /// Begins a document. Everything is gathered into big pieces before it is written to `to`.
    pub fn new(
        to: &'w mut dyn Write,
        format: Format,
        style: IdentifierStyle,
        created: EventTime,
    ) -> DocumentWriter<'w> {
        let mut syntax: Box<dyn Writing> = match format {
            Format::Json => Box::new(Json::default()),
            Format::Xml12 => Box::new(Xml::new(true)),
            Format::Xml20 => Box::new(Xml::new(false)),
        };
        let mut out = Out::new(to, style);
        syntax.begin_document(&mut out, created);
        DocumentWriter {
            out,
            syntax,
            xml: format != Format::Json,
            old: format == Format::Xml12,
            events: 0,
        }
    }

    /// Writes an event.
    ///
    /// # Errors
    /// The output fails, or the event cannot be said in this syntax; in that case nothing of it was written.
    pub fn event(&mut self, event: &Event) -> Result<(), WriteError> {
        self.write(event, None)
    }

    /// Writes an event whose things (`epcList`, `childEPCs` or `inputEPCList`) are those of `epcs` in place of its own.
    /// They are written as they come and never gathered.
    ///
    /// # Errors
    /// As [`DocumentWriter::event`].
    pub fn event_of(
        &mut self,
        event: &Event,
        epcs: impl IntoIterator<Item = Identifier>,
    ) -> Result<(), WriteError> {
        self.write(event, Some(&mut epcs.into_iter()))
    }

    /// Events written so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Identifiers that were written as Digital Links though a URN was wanted: the length of their company prefix is
    /// not known.
    pub fn without_prefix(&self) -> u64 {
        self.out.without_prefix
    }

    /// Ends the document.
    ///
    /// # Errors
    /// The output fails.
    pub fn finish(mut self) -> Result<(), WriteError> {
        self.syntax.end_document(&mut self.out);
        self.out.finish()
    }

    fn write(
        &mut self,
        event: &Event,
        mut streamed: Option<&mut dyn Iterator<Item = Identifier>>,
    ) -> Result<(), WriteError> {
        let prefixes = Prefixes::of(event);
        if let Some(prefix) = &prefixes.undeclared {
            return Err(WriteError::Unwritable(format!(
                "The prefix \"{prefix}\" is declared behind the events or outside the document: put its namespace \
                 into an @context before epcisBody."
            )));
        }
        if prefixes.too_many {
            let text = "The event uses more than a hundred namespaces: write it as several.";
            return Err(WriteError::Unwritable(text.to_owned()));
        }
        self.syntax
            .check(event, &prefixes)
            .map_err(WriteError::Unwritable)?;
        self.syntax.begin_event(&mut self.out, event, &prefixes);
        for field in fields::of(event.kind) {
            // Only one field has the numbers, so they are given away once.
            let streamed = (*field == Field::Epcs).then(|| streamed.take()).flatten();
            self.field(*field, event, streamed, &prefixes);
        }
        self.syntax.wrapper(&mut self.out, None);
        self.syntax
            .extensions(&mut self.out, &event.extensions, &prefixes);
        self.syntax.end_event(&mut self.out, event);
        self.events += 1;
        self.out.check()
    }

    fn field(
        &mut self,
        field: Field,
        event: &Event,
        streamed: Option<&mut dyn Iterator<Item = Identifier>>,
        prefixes: &Prefixes,
    ) {
        let (out, to) = (&mut self.out, &mut self.syntax);
        let name = field.name(event.kind);
        // The schemas want the list even when nothing is in it: XML always, JSON where no other things are named.
        let things = matches!(event.kind, Kind::Object | Kind::Transaction);
        let must = field == Field::Epcs && things && (self.xml || event.quantities.is_empty());
        let content = field
            .content(event)
            .or(must.then_some(Content::Identifiers(&[])));
        if content.is_none() && streamed.is_none() {
            return;
        }
        to.wrapper(out, field.wrapper_1_2(event.kind).filter(|_| self.old));
        if let Some(epcs) = streamed {
            return to.identifiers(out, name, epcs);
        }
        match content {
            None => {}
            Some(Content::Time(time)) => to.text(out, name, &time.to_string()),
            Some(Content::Text(text)) => to.text(out, name, &text),
            Some(Content::Uri(uri)) => to.text(out, name, uri),
            Some(Content::Word(vocabulary, word)) => to.word(out, name, vocabulary, word),
            Some(Content::Identifier(id)) => {
                let uri = out.uri(id);
                to.text(out, name, &uri);
            }
            Some(Content::Identifiers(all)) => to.identifiers(out, name, &mut all.iter().cloned()),
            Some(Content::Quantities(all)) => to.quantities(out, name, all),
            Some(Content::Place(place)) => to.place(out, name, place, prefixes),
            Some(Content::Typed(item, vocabulary, all)) => {
                to.typed(out, (name, item), vocabulary, all)
            }
            Some(Content::Certifications(all)) => to.certifications(out, name, all),
            Some(Content::Error(error)) => to.error(out, error, prefixes),
            Some(Content::Persistent(both)) => to.persistent(out, both),
            Some(Content::Sensors(all)) => to.sensors(out, all, prefixes),
            Some(Content::Ilmd(all)) => to.ilmd(out, all, prefixes),
        }
    }
}
