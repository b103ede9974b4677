//! How long EPCIS documents take: `cargo bench --bench epcis`.
//!
//! A pack is one number in a commissioning event and again in a packing event; figures are per pack. `read` is reading and
//! judging by the rules of one event, `check` the rules between events alone.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::ops::ControlFlow;
use vidimus::epcis::{
    Action, At, Checker, DocumentWriter, Event, EventTime, Format, Header, History, Identifier,
    IdentifierStyle, Kind, Received, Vocabulary, Word, ZoneOffset, read,
};
use vidimus::gs1::{Gtin, Sscc};

/// Packs of a document.
const PACKS: u64 = 10_000;

fn created() -> EventTime {
    EventTime::from_ms(1_795_000_000_000, ZoneOffset::UTC).expect("a time")
}

fn number(gtin: Gtin, index: u64) -> Identifier {
    Identifier::sgtin(gtin, format!("K{index:011}"), Some(7))
}

fn events() -> [Event; 3] {
    let sscc: Sscc = "095212340000000174".parse().expect("a right SSCC");
    let case = Identifier::sscc(sscc, Some(7));
    let event = |kind, step| {
        let mut event = Event::new(kind, created());
        event.action = Some(Action::Add);
        event.biz_step = Word::known(Vocabulary::BizStep, step);
        event
    };
    let (packs, mut cases, mut packing) = (
        event(Kind::Object, "commissioning"),
        event(Kind::Object, "commissioning"),
        event(Kind::Aggregation, "packing"),
    );
    cases.epcs = vec![case.clone()];
    packing.parent = Some(case);
    [packs, cases, packing]
}

/// A document of so many packs in one case.
fn document(format: Format, links: bool, packs: u64) -> Vec<u8> {
    let gtin: Gtin = "09521234543213".parse().expect("a right GTIN");
    let style = IdentifierStyle {
        links,
        prefix_len: None,
    };
    let mut written = Vec::with_capacity(160 * packs as usize);
    let mut writer = DocumentWriter::new(&mut written, format, style, created());
    let [begin, case, packing] = events();
    let numbers = || (0..packs).map(|index| number(gtin, index));
    writer
        .event_of(&begin, numbers())
        .expect("a vector takes everything");
    writer.event(&case).expect("a vector takes everything");
    writer
        .event_of(&packing, numbers())
        .expect("a vector takes everything");
    writer.finish().expect("a vector takes everything");
    written
}

fn taken(document: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    let summary = read(&mut &document[..], &mut |_: &Header, received: Received| {
        assert!(received.findings.is_empty());
        events.extend(received.event);
        ControlFlow::Continue(())
    });
    summary.expect("it is whole");
    events
}

fn documents(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("epcis");
    group.throughput(Throughput::Elements(PACKS));
    group.sample_size(20);
    for (name, format, links) in [
        ("write-json", Format::Json, false),
        ("write-json-links", Format::Json, true),
        ("write-xml12", Format::Xml12, false),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| document(format, links, black_box(PACKS)))
        });
    }
    for (name, format, links) in [
        ("read-json", Format::Json, false),
        ("read-json-links", Format::Json, true),
        ("read-xml12", Format::Xml12, false),
    ] {
        let document = document(format, links, PACKS);
        group.bench_function(name, |bencher| bencher.iter(|| taken(black_box(&document))));
    }
    let events = taken(&document(Format::Json, false, PACKS));
    group.bench_function("check", |bencher| {
        bencher.iter(|| {
            let mut checker = Checker::new(History::Whole);
            let at = At { event: 1, line: 1 };
            events
                .iter()
                .for_each(|event| assert!(checker.check(event, at).is_empty()));
        });
    });
    group.finish();
}

criterion_group!(benches, documents);
criterion_main!(benches);
