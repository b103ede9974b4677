//! Documents written event by event: nothing is kept of an event, and of a list of a million numbers not even that. PURE.

use super::event::{Event, Kind};
use super::fields::{self, Field};
use super::identifier::{Identifier, IdentifierStyle};
use super::json_writer::Json;
use super::time::EventTime;
use super::vocabulary::Vocabulary;
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
/// Events are written in the order they come. [`DocumentWriter::finish`] ends the document; without it what was written is
/// no whole document, and nobody takes it for one.
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
                "The prefix \"{prefix}\" is declared behind the events or outside the document: put its namespace into an \
                 @context before epcisBody."
            )));
        }
        self.syntax
            .check(event, &prefixes)
            .map_err(WriteError::Unwritable)?;
        self.syntax.begin_event(&mut self.out, event, &prefixes);
        // The schemas of XML want the list even when nothing is in it.
        let must = self.xml && matches!(event.kind, Kind::Object | Kind::Transaction);
        for field in fields::of(event.kind) {
            let said = field.is_said(event, streamed.is_some()) || *field == Field::Epcs && must;
            if !said {
                continue;
            }
            let wrapper = field.wrapper_1_2(event.kind).filter(|_| self.old);
            self.syntax.wrapper(&mut self.out, wrapper);
            match streamed.as_deref_mut().filter(|_| *field == Field::Epcs) {
                Some(epcs) => self
                    .syntax
                    .identifiers(&mut self.out, field.name(event.kind), epcs),
                None => self.field(*field, event, &prefixes),
            }
        }
        self.syntax.wrapper(&mut self.out, None);
        self.syntax
            .extensions(&mut self.out, &event.extensions, &prefixes);
        self.syntax.end_event(&mut self.out, event);
        self.events += 1;
        self.out.check()
    }

    fn field(&mut self, field: Field, event: &Event, prefixes: &Prefixes) {
        let (out, to) = (&mut self.out, &mut self.syntax);
        let name = field.name(event.kind);
        let mut text = |text: Option<&str>| {
            if let Some(text) = text {
                to.text(out, name, text);
            }
        };
        match field {
            Field::Time => text(Some(&event.time.to_string())),
            Field::Recorded => text(event.recorded.map(|time| time.to_string()).as_deref()),
            Field::Zone => text(Some(&event.zone.to_string())),
            Field::Id => text(event.id.as_deref()),
            Field::Action => text(event.action.map(|action| action.name())),
            Field::Transformation => text(event.transformation.as_deref()),
            Field::Parent => {
                if let Some(parent) = &event.parent {
                    let uri = out.uri(parent);
                    to.text(out, name, &uri);
                }
            }
            Field::Error => event
                .error
                .iter()
                .for_each(|error| to.error(out, error, prefixes)),
            Field::Certifications => to.certifications(out, name, &event.certifications),
            Field::Epcs => to.identifiers(out, name, &mut event.epcs.iter().cloned()),
            Field::Outputs => to.identifiers(out, name, &mut event.outputs.iter().cloned()),
            Field::Quantities => to.quantities(out, name, &event.quantities),
            Field::OutputQuantities => to.quantities(out, name, &event.output_quantities),
            Field::BizStep => {
                let words = event.biz_step.iter();
                words.for_each(|word| to.word(out, name, Vocabulary::BizStep, word));
            }
            Field::Disposition => {
                let words = event.disposition.iter();
                words.for_each(|word| to.word(out, name, Vocabulary::Disposition, word));
            }
            Field::ReadPoint => event
                .read_point
                .iter()
                .for_each(|id| to.place(out, name, id)),
            Field::BizLocation => event
                .biz_location
                .iter()
                .for_each(|id| to.place(out, name, id)),
            Field::Transactions => {
                let list = (name, "bizTransaction");
                to.typed(out, list, Vocabulary::TransactionType, &event.transactions);
            }
            Field::Sources => to.typed(
                out,
                (name, "source"),
                Vocabulary::SourceDestType,
                &event.sources,
            ),
            Field::Destinations => {
                let list = (name, "destination");
                to.typed(out, list, Vocabulary::SourceDestType, &event.destinations);
            }
            Field::Persistent => to.persistent(out, &event.persistent),
            Field::Sensors => to.sensors(out, &event.sensors, prefixes),
            Field::Ilmd => to.ilmd(out, &event.ilmd, prefixes),
        }
    }
}
