//! Numbers in EPCIS documents: the SGTINs of ObjectEvents, in JSON-LD or XML, are a list like any other.

use crate::epcis::{Action, Event, IdentifierStyle, Key, Kind, Received, read};
use crate::gs1::Gtin;
use crate::serial::NumberList;
use crate::serial::outside::{Intake, ListError, ROWS_MAX, Refusals};
use std::io::BufRead;
use std::ops::ControlFlow;

/// The text begins like a document, and not like rows.
///
/// # Errors
/// It cannot be read.
pub(super) fn is_document(from: &mut dyn BufRead) -> std::io::Result<bool> {
    let begin = from.fill_buf()?;
    let begin = begin.strip_prefix("\u{feff}".as_bytes()).unwrap_or(begin);
    let first = begin.iter().find(|byte| !byte.is_ascii_whitespace());
    Ok(matches!(first, Some(b'{' | b'[' | b'<')))
}

/// Reads the numbers of a document.
///
/// # Errors
/// The document is broken, or something in it is no number: nothing comes of it then.
pub(super) fn numbers(
    from: &mut dyn BufRead,
    gtin: Option<Gtin>,
) -> Result<Vec<NumberList>, ListError> {
    let mut intake = Intake::new(gtin);
    let summary = read(from, &mut |_, received: Received| {
        let line = line(received.place.line);
        take_event(&mut intake, line, received);
        if intake.is_full() {
            intake.refuse(
                line,
                format!("A list has {ROWS_MAX} rows at most: divide it."),
            );
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    match summary {
        Ok(summary) => {
            for finding in summary.findings {
                intake.refuse(line(finding.line), finding.text);
            }
            intake.finish().map_err(ListError::Refused)
        }
        Err(why) => {
            let mut refusals = Refusals::default();
            refusals.add(line(why.line), || why.text);
            Err(ListError::Refused(refusals))
        }
    }
}

fn line(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

fn take_event(intake: &mut Intake, line: u32, received: Received) {
    if received.findings.is_empty() {
        match received.event {
            Some(event) => take_numbers(intake, line, event),
            None => intake.refuse(line, NO_LIST.to_owned()),
        }
        return;
    }
    for finding in received.findings {
        intake.refuse(line, finding.text);
    }
}

const NO_LIST: &str = "Numbers to be used stand in ObjectEvents with the action ADD or OBSERVE; this is another event.";

fn take_numbers(intake: &mut Intake, line: u32, event: Event) {
    let gives_numbers = event.kind == Kind::Object
        && matches!(event.action, Some(Action::Add | Action::Observe))
        && event.error.is_none()
        && event.quantities.is_empty();
    if !gives_numbers {
        return intake.refuse(line, NO_LIST.to_owned());
    }
    for epc in event.epcs {
        match &epc.key {
            Key::Sgtin { gtin, serial } => intake.take(line, *gtin, serial),
            _ => {
                let uri = epc.uri(IdentifierStyle::default());
                intake.refuse(line, format!("{uri} is no number of a pack (SGTIN)."));
            }
        }
    }
}
