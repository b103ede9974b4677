//! EPCIS documents: any bytes as a document of EPCIS 2.0 (JSON-LD, XML) or 1.2 (XML).
//!
//! Bytes: the document.
//!
//! Must hold: no panic, and an end; an event without findings that can be written in a syntax is, read again there, the
//! same event, and has the same hash.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::ops::ControlFlow;
use vidimus::epcis::{
    DocumentWriter, Event, EventTime, Format, IdentifierStyle, MasterData, ZoneOffset, event_hash,
    read,
};

const EVENTS: usize = 16;

fn events(mut document: &[u8]) -> Vec<Event> {
    let mut sound = Vec::new();
    // A document that breaks off is as good as one that does not: what was handed out counts.
    let _ = read(&mut document, &mut |_, received| {
        if received.findings.is_empty() {
            sound.extend(received.event);
        }
        match sound.len() < EVENTS {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    });
    sound
}

fuzz_target!(|bytes: &[u8]| {
    let created = EventTime::from_ms(0, ZoneOffset::UTC).expect("the epoch");
    let style = IdentifierStyle {
        links: false,
        prefix_len: Some(7),
    };
    for event in events(bytes) {
        for format in [Format::Json, Format::Xml20, Format::Xml12] {
            let mut document = Vec::new();
            let mut writer = DocumentWriter::new(&mut document, format, style, created);
            let written = writer.event(&event);
            if written.is_err() {
                continue;
            }
            writer.finish().expect("memory takes everything");
            let again = events(&document);
            let text = || String::from_utf8_lossy(&document);
            assert_eq!(again.len(), 1, "{event:?} as {}", text());
            let hash = |event| event_hash(event, MasterData::Json);
            assert_eq!(hash(&again[0]), hash(&event), "{}", text());
        }
    }
});
