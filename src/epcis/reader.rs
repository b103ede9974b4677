//! Documents read event by event: syntax told by itself, findings with their lines, memory of one event. PURE.

use super::event::{Event, Kind};
use super::finding::{At, FINDINGS_PER_EVENT_MAX, Finding, Findings, Rule};
use super::interpret::{self, Syntax};
use super::node::Node;
use super::source::{EVENT_BYTES_MAX, Meter, Source};
use super::time::EventTime;
use super::{json_reader, xml_reader};
use std::fmt;
use std::io::BufRead;
use std::ops::ControlFlow;

/// What stands before the events of a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Header {
    /// It is in XML.
    pub xml: bool,
    /// The version it follows, such as 2.0.
    pub version: Option<String>,
    /// When it was made.
    pub created: Option<EventTime>,
}

/// One event as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its running number in the document from 1, and the line it begins in.
    pub place: At,
    /// The event; none where it could not be read, or is of a type that somebody else defined.
    pub event: Option<Event>,
    /// What is wrong with it by itself. An event with findings must not be taken over.
    pub findings: Vec<Finding>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// What stood before the events, or behind them.
    pub header: Header,
    /// Events, whether right or wrong.
    pub events: u64,
    /// What is wrong with the document as a whole.
    pub findings: Vec<Finding>,
}

/// Why a document could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// The line, from 1.
    pub line: u64,
    /// The event that was being read, from 1; 0 before the first.
    pub event: u64,
    /// What happened and what to do.
    pub text: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.event {
            0 => write!(f, "line {}: {}", self.line, self.text),
            event => write!(f, "line {}, event {event}: {}", self.line, self.text),
        }
    }
}

impl std::error::Error for ReadError {}

/// Who takes events as they are read.
pub type Each<'e> = dyn FnMut(&Header, Received) -> ControlFlow<()> + 'e;

/// Reads a document of EPCIS 2.0 (JSON-LD or XML) or 1.2 (XML), a list of events, or bare events one behind the other,
/// and hands out each event as soon as it is read. Memory is that of one event, whatever the length of the document.
///
/// # Errors
/// The document is broken, nested too deep, one event is too big, or the input cannot be read. What was handed out
/// before stays handed out: whoever takes events over takes all of them back.
pub fn read(input: &mut dyn BufRead, each: &mut Each) -> Result<Summary, ReadError> {
    read_bounded(input, EVENT_BYTES_MAX, each)
}

/// [`read`] with a limit of one's own for the bytes of one event.
///
/// # Errors
/// As [`read`].
pub fn read_bounded(
    input: &mut dyn BufRead,
    event_bytes: u64,
    each: &mut Each,
) -> Result<Summary, ReadError> {
    let meter = Meter::new(event_bytes);
    let mut session = Session::new(&meter, each);
    let mut source = Source::new(input, &meter);
    let failed = |session: &Session, text: String| ReadError {
        line: session.broken_line.unwrap_or(meter.line()),
        event: session.summary.events,
        text,
    };
    let begin = source
        .fill_buf()
        .map(|there| there.starts_with(b"\xef\xbb\xbf"));
    match begin {
        Ok(true) => source.consume(3),
        Ok(false) => {}
        Err(why) => {
            return Err(failed(
                &session,
                format!("The input cannot be read: {why}."),
            ));
        }
    }
    let read = match source.peek() {
        Ok(Some(b'<')) => xml_reader::read(source, &mut session),
        Ok(Some(b'{' | b'[')) => json_reader::read(source, &mut session),
        Ok(Some(_)) => Err(
            "This is neither XML nor JSON in UTF-8: an EPCIS document begins with < or {."
                .to_owned(),
        ),
        Ok(None) => Err("There is nothing in it.".to_owned()),
        Err(why) => Err(format!("The input cannot be read: {why}.")),
    };
    match read {
        Ok(()) => Ok(session.summary),
        Err(_) if session.stopped => Ok(session.summary),
        Err(_) if meter.exceeded() => {
            let text = format!(
                "One event has more than {event_bytes} bytes: write it as several smaller ones."
            );
            Err(failed(&session, text))
        }
        Err(text) => Err(failed(&session, text)),
    }
}

/// What the reader of a syntax fills.
pub(super) struct Session<'s> {
    pub(super) meter: &'s Meter,
    pub(super) summary: Summary,
    /// Whoever takes the events has enough.
    pub(super) stopped: bool,
    /// The line in which reading failed, where the library knows it better than the meter.
    pub(super) broken_line: Option<u64>,
    each: &'s mut Each<'s>,
}

impl<'s> Session<'s> {
    fn new(meter: &'s Meter, each: &'s mut Each<'_>) -> Session<'s> {
        Session {
            meter,
            summary: Summary::default(),
            stopped: false,
            broken_line: None,
            each,
        }
    }

    /// What a document without a list of events is told.
    pub(super) fn unlisted(&mut self) {
        self.document("The document has no list of events.");
    }

    /// A finding about the document as a whole.
    pub(super) fn document(&mut self, text: impl Into<String>) {
        let mut findings = Findings::of(At {
            event: 0,
            line: self.meter.line(),
        });
        findings.add(Rule::Document, text);
        // A stream of wrong documents is one long list of the same.
        if self.summary.findings.len() < FINDINGS_PER_EVENT_MAX {
            self.summary.findings.extend(findings.list);
        }
    }

    /// The next event begins in this line.
    pub(super) fn next(&mut self, line: u64) -> Findings {
        self.summary.events += 1;
        Findings::of(At {
            event: self.summary.events,
            line,
        })
    }

    /// Hands an event out; `Err` when whoever takes them has enough.
    pub(super) fn give(
        &mut self,
        kind: Option<Kind>,
        node: Node,
        syntax: Syntax,
        mut findings: Findings,
    ) -> Result<(), String> {
        let event = kind.and_then(|kind| interpret::event(kind, node, syntax, &mut findings));
        let received = Received {
            place: findings.place,
            event,
            findings: findings.list,
        };
        if (self.each)(&self.summary.header, received).is_break() {
            self.stopped = true;
            return Err("stopped".to_owned());
        }
        Ok(())
    }
}
