//! Documents made to break one rule each, input that means harm, and what goes through every syntax unchanged.

#![expect(
    clippy::too_many_lines,
    reason = "a test tells one story, and a table has a row a rule"
)]

use super::*;
use std::collections::BTreeSet;
use std::io::{BufReader, Read, Write};
use std::ops::ControlFlow;

/// Everything that is found in a document, by rule, with the events that could be read.
fn found(text: &str, history: History) -> (Vec<(Rule, u64)>, Vec<Event>) {
    let mut checker = Checker::new(history);
    let (mut findings, mut events) = (Vec::new(), Vec::new());
    let summary = read(
        &mut text.as_bytes(),
        &mut |_: &Header, received: Received| {
            findings.extend(received.findings.iter().map(|one| (one.rule, one.event)));
            if let Some(event) = received.event {
                let between = checker.check(&event, received.place);
                findings.extend(between.iter().map(|one| (one.rule, one.event)));
                events.push(event);
            }
            ControlFlow::Continue(())
        },
    );
    let summary = summary.unwrap_or_else(|why| panic!("{why}\n{text}"));
    findings.extend(summary.findings.iter().map(|one| (one.rule, one.event)));
    (findings, events)
}

const A: &str = "urn:epc:id:sgtin:9521234.054321.A";
const B: &str = "urn:epc:id:sgtin:9521234.054321.B";
const CASE: &str = "urn:epc:id:sscc:9521234.0000000017";
const PALLET: &str = "urn:epc:id:sscc:9521234.0000000024";

fn list(epcs: &[&str]) -> String {
    let quoted: Vec<String> = epcs.iter().map(|epc| format!("\"{epc}\"")).collect();
    format!("[{}]", quoted.join(","))
}

const TIMES: &str = "\"eventTime\":\"2026-11-20T10:00:00Z\",\"eventTimeZoneOffset\":\"+01:00\"";

fn object(action: &str, epcs: &[&str], more: &str) -> String {
    format!(
        "{{\"type\":\"ObjectEvent\",{TIMES},\"action\":\"{action}\",\"epcList\":{}{more}}}",
        list(epcs)
    )
}

fn packing(action: &str, parent: &str, children: &[&str]) -> String {
    format!(
        "{{\"type\":\"AggregationEvent\",{TIMES},\"action\":\"{action}\",\"parentID\":\"{parent}\",\"childEPCs\":{}}}",
        list(children)
    )
}

fn document(events: &[String]) -> String {
    format!(
        "{{\"@context\":[\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\",\
         {{\"ex\":\"http://example.com/\"}}],\n\
         \"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\",\"creationDate\":\"2026-11-20T16:45:00Z\",\n\
         \"epcisBody\":{{\"eventList\":[\n{}\n]}}}}",
        events.join(",\n")
    )
}

/// One sample for every rule: what breaks it, and the event that does.
fn samples() -> Vec<(Rule, u64, String)> {
    let add = |epcs: &[&str]| object("ADD", epcs, "");
    let one = |more: &str| document(&[object("ADD", &[A], more)]);
    let xml = |body: &str| {
        format!(
            "<?xml version=\"1.0\"?><e:EPCISDocument xmlns:e=\"urn:epcglobal:epcis:xsd:1\" schemaVersion=\"1.2\" \
             creationDate=\"2026-11-20T16:45:00Z\"><EPCISBody><EventList>{body}</EventList></EPCISBody>\
             </e:EPCISDocument>"
        )
    };
    let times = "<eventTime>2026-11-20T10:00:00Z</eventTime><eventTimeZoneOffset>+01:00</eventTimeZoneOffset>";
    let epcs = format!("<epcList><epc>{A}</epc></epcList><action>ADD</action>");
    let id = ",\"eventID\":\"urn:uuid:0f3a1c52-6f3d-4b7e-9b1c-3a6f4f0d2a01\"";
    vec![
        (
            Rule::Document,
            0,
            one("").replace("\"creationDate\":\"2026-11-20T16:45:00Z\",", ""),
        ),
        (
            Rule::EventType,
            1,
            one("").replace("ObjectEvent", "ThingEvent"),
        ),
        (
            Rule::MissingField,
            1,
            one("").replace("\"eventTimeZoneOffset\":\"+01:00\",", ""),
        ),
        (Rule::RepeatedField, 1, one(",\"action\":\"ADD\"")),
        (Rule::UnknownField, 1, one(",\"operator\":\"me\"")),
        (Rule::UnknownPrefix, 1, one(",\"mine:field\":1")),
        (
            Rule::FieldOrder,
            1,
            xml(&format!("<ObjectEvent>{epcs}{times}</ObjectEvent>")),
        ),
        (
            Rule::BadValue,
            1,
            one(",\"quantityList\":[{\"epcClass\":\"urn:x:y\",\"quantity\":\"two\"}]"),
        ),
        (
            Rule::BadTime,
            1,
            one("").replace("10:00:00Z\",\"eventTimeZ", "10:00:00\",\"eventTimeZ"),
        ),
        (Rule::BadAction, 1, one("").replace("\"ADD\"", "\"add\"")),
        (
            Rule::UnknownWord,
            1,
            xml(&format!(
                "<ObjectEvent>{times}{epcs}<bizStep>urn:epcglobal:cbv:bizstep:comissioning</bizStep></ObjectEvent>"
            )),
        ),
        (
            Rule::WordForm,
            1,
            one(",\"bizStep\":\"urn:epcglobal:cbv:bizstep:packing\""),
        ),
        (
            Rule::BadIdentifier,
            1,
            document(&[add(&["https://id.gs1.org/01/09521234543214/21/A"])]),
        ),
        (
            Rule::IlmdWithoutAdd,
            2,
            document(&[
                add(&[A]),
                object("OBSERVE", &[A], ",\"ilmd\":{\"cbvmda:lotNumber\":\"L\"}"),
            ]),
        ),
        (
            Rule::NoParent,
            2,
            document(&[
                add(&[A]),
                packing("ADD", CASE, &[A]).replace(&format!("\"parentID\":\"{CASE}\","), ""),
            ]),
        ),
        (
            Rule::RepeatedEpc,
            1,
            document(&[object("OBSERVE", &["urn:x:y", "urn:x:y"], "")]),
        ),
        (
            Rule::EventIdTwice,
            2,
            document(&[object("ADD", &[A], id), object("OBSERVE", &[A], id)]),
        ),
        (
            Rule::NotCommissioned,
            2,
            document(&[add(&[A]), packing("ADD", CASE, &[A])]),
        ),
        (
            Rule::CommissionedTwice,
            2,
            document(&[
                add(&[A]),
                add(&[B, "https://id.gs1.org/01/09521234543213/21/A"]),
            ]),
        ),
        (
            Rule::Decommissioned,
            4,
            document(&[
                add(&[A, B, CASE]),
                packing("ADD", CASE, &[B]),
                object("DELETE", &[A], ""),
                packing("ADD", CASE, &[A]),
            ]),
        ),
        (
            Rule::AlreadyPacked,
            3,
            document(&[
                add(&[A, CASE, PALLET]),
                packing("ADD", CASE, &[A]),
                packing("ADD", PALLET, &[A]),
            ]),
        ),
        (
            Rule::NotPacked,
            2,
            document(&[add(&[A, CASE]), packing("DELETE", CASE, &[A])]),
        ),
        (
            Rule::Cycle,
            3,
            document(&[
                add(&[CASE, PALLET]),
                packing("ADD", PALLET, &[CASE]),
                packing("ADD", CASE, &[PALLET]),
            ]),
        ),
    ]
}

#[test]
fn every_rule_has_a_sample_that_breaks_it_and_nothing_else() {
    let samples = samples();
    for (rule, event, text) in &samples {
        let (findings, _) = found(text, History::Whole);
        assert_eq!(findings, [(*rule, *event)], "{text}");
    }
    let shown: BTreeSet<Rule> = samples.iter().map(|(rule, ..)| *rule).collect();
    let all = Rule::ALL
        .iter()
        .copied()
        .filter(|rule| *rule != Rule::TooManyNumbers);
    assert_eq!(shown, all.collect(), "the last one has a test of its own");
    let codes: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.code()).collect();
    assert_eq!(codes.len(), Rule::ALL.len());
}

#[test]
fn what_a_line_really_does_breaks_no_rule() {
    let add = object("ADD", &[A, B, CASE, PALLET], "");
    let wrong = object("ADD", &[A], ",\"eventID\":\"urn:x:1\"");
    let declared = ",\"eventID\":\"urn:x:1\",\"errorDeclaration\":{\"declarationTime\":\"2026-11-20T11:00:00Z\",\
                    \"reason\":\"did_not_occur\"}";
    for events in [
        // Moved by unpacking and packing, through two levels.
        vec![
            add.clone(),
            packing("ADD", CASE, &[A, B]),
            packing("ADD", PALLET, &[CASE]),
            packing("DELETE", CASE, &[A]),
            packing("ADD", PALLET, &[A]),
        ],
        // Emptied as a whole, filled again.
        vec![
            add.clone(),
            packing("ADD", CASE, &[A, B]),
            packing("DELETE", CASE, &[]),
            packing("ADD", PALLET, &[A]),
            packing("ADD", CASE, &[B]),
            packing("DELETE", CASE, &[B]),
        ],
        // An event that did not occur, and the number commissioned after all.
        vec![
            wrong,
            object("ADD", &[A], declared),
            object("ADD", &[A], ""),
        ],
    ] {
        let text = document(&events);
        assert_eq!(found(&text, History::Whole).0, [], "{text}");
    }
    // A partner's shipment: its numbers began elsewhere.
    let part = document(&[
        object("OBSERVE", &[CASE], ""),
        packing("DELETE", CASE, &[A, B]),
    ]);
    assert_eq!(found(&part, History::Part).0, []);
    assert!(!found(&part, History::Whole).0.is_empty());
}

#[test]
fn beyond_its_limit_a_checker_says_so_once_and_guesses_nothing() {
    let mut checker = Checker::with_limit(History::Whole, 3);
    let mut rules = Vec::new();
    for text in [
        object("ADD", &[A, B], ""),
        object("ADD", &[CASE, PALLET], ""),
        object("ADD", &[A], ""),
        packing("ADD", "urn:epc:id:sscc:9521234.0000000031", &[A]),
    ] {
        let (_, events) = found(&text, History::Part);
        let place = At { event: 1, line: 1 };
        rules.extend(checker.check(&events[0], place).iter().map(|one| one.rule));
    }
    assert_eq!(rules, [Rule::TooManyNumbers]);
}

#[test]
fn levels_end_and_nothing_turns_in_circles() {
    let levels: Vec<String> = (0..20)
        .map(|level| format!("urn:epc:id:giai:9521234.{level}"))
        .collect();
    let inward: Vec<String> = levels
        .windows(2)
        .map(|pair| packing("ADD", &pair[0], &[&pair[1]]))
        .collect();
    let outward: Vec<String> = inward.iter().rev().cloned().collect();
    let rules = |events: &[String]| -> Vec<Rule> {
        let (findings, _) = found(&document(events), History::Part);
        findings.into_iter().map(|(rule, _)| rule).collect()
    };
    assert_eq!(rules(&inward[..16]), []);
    assert_eq!(rules(&inward), [Rule::Cycle], "the seventeenth above");
    let mut ring = outward[4..].to_vec();
    ring.push(packing("ADD", &levels[15], &[&levels[0]]));
    assert_eq!(rules(&ring), [Rule::Cycle]);
}

#[test]
fn findings_of_one_event_are_kept_up_to_the_limit() {
    let many: Vec<String> = (0..200)
        .map(|number| format!("\"field{number}\":1"))
        .collect();
    let (findings, _) = found(
        &document(&[object("ADD", &[A], &format!(",{}", many.join(",")))]),
        History::Whole,
    );
    assert_eq!(findings.len(), FINDINGS_PER_EVENT_MAX);
}

fn refusal(text: impl AsRef<[u8]>, event_bytes: u64) -> ReadError {
    let mut text = text.as_ref();
    let read = read_bounded(&mut text, event_bytes, &mut |_: &Header, _: Received| {
        ControlFlow::Continue(())
    });
    read.expect_err("this must be refused")
}

#[test]
fn what_means_harm_is_refused_with_its_line_and_reason() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(1_000), close.repeat(1_000));
    let nested =
        |value: String| document(&[object("ADD", &[A], &format!(",\n\"ex:deep\":{value}"))]);
    let bomb = "<?xml version=\"1.0\"?>\n<!DOCTYPE e [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;\">]>\n<e>&b;</e>";
    let head = "<EPCISDocument schemaVersion=\"2.0\" creationDate=\"2026-11-20T16:45:00Z\"><EPCISBody><EventList>\n";
    let xml = |body: &str| format!("{head}{body}</EventList></EPCISBody></EPCISDocument>");
    for (text, line, wanted) in [
        (nested(deep("[", "]")), 5, "nested more than 64"),
        (
            nested(deep("{\"ex:a\":", "}").replacen(":}", ":1}", 1)),
            5,
            "nested more than 64",
        ),
        (deep("[", "]"), 1, "nested"),
        (nested("\"\\u0000\"".to_owned()), 5, "control character"),
        (
            document(&[object("ADD", &[A], "")]).replace("]}}", "]}"),
            5,
            "before it is complete",
        ),
        (format!("{}{{", document(&[])), 5, "before it is complete"),
        (format!("{}x", document(&[])), 5, "no JSON object"),
        (document(&["tru".to_owned()]), 5, "no right JSON"),
        (bomb.to_owned(), 2, "document type"),
        (xml("<ObjectEvent>\n<a>&lol;</a>"), 3, "&lol; is refused"),
        (xml("<ObjectEvent>\n<a>&#0;</a>"), 3, ""),
        (xml(&deep("<a>", "</a>")), 2, "nested more than 64"),
        (
            format!("{}{}", deep("<a>", "</a>"), head),
            1,
            "nested more than 64",
        ),
        (xml("<ObjectEvent>\n</AggregationEvent>"), 3, "no right XML"),
        (
            xml(&format!(
                "<ObjectEvent{}/>",
                (0..101).map(|n| format!(" a{n}=\"1\"")).collect::<String>()
            )),
            2,
            "more than 100 attributes",
        ),
        (
            xml(&format!(
                "<a{}/>",
                (0..101)
                    .map(|n| format!(" xmlns:a{n}=\"u:1\""))
                    .collect::<String>()
            )),
            2,
            "",
        ),
        (xml("<ObjectEvent a=\"1\" a=\"1\"/>"), 2, "stands twice"),
        (head.to_owned(), 2, "before it is complete"),
        (format!("{}<a/>", xml("")), 2, "more than one root"),
        ("a,b,c\n".to_owned(), 1, "neither XML nor JSON"),
        ("\n  \n".to_owned(), 3, "nothing in it"),
    ] {
        let why = refusal(&text, EVENT_BYTES_MAX);
        assert!(
            why.text.contains(wanted),
            "{why} (wanted {wanted})\n{text:.200}"
        );
        assert_eq!(why.line, line, "{why}\n{text:.200}");
    }
    assert!(
        refusal(b"\xff\xfe<\0a\0", EVENT_BYTES_MAX)
            .text
            .contains("UTF-8")
    );
    assert!(
        refusal(
            b"<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>",
            EVENT_BYTES_MAX
        )
        .text
        .contains("UTF-8")
    );
    let context = xml("").replace(
        "</EventList>",
        &format!("<ObjectEvent>{}</ObjectEvent></EventList>", "é"),
    );
    assert!(
        refusal(context.replace('é', "\u{1}"), EVENT_BYTES_MAX)
            .text
            .contains("control character")
    );
}

#[test]
fn one_event_that_is_too_big_is_refused_before_it_is_gathered() {
    let long = "x".repeat(10_000);
    let xml = format!(
        "<EPCISDocument schemaVersion=\"2.0\" creationDate=\"2026-11-20T16:45:00Z\"><EPCISBody>\
         <EventList><ObjectEvent>\n\
         <a>{long}</a></ObjectEvent></EventList></EPCISBody></EPCISDocument>"
    );
    for text in [
        document(&[object("ADD", &[A], &format!(",\n\"ex:long\":\"{long}\""))]),
        xml,
    ] {
        let why = refusal(&text, 5_000);
        assert!(why.text.contains("more than 5000 bytes"), "{why}");
        assert_eq!(why.event, u64::from(text.starts_with('<')), "{why}");
    }
}

/// An endless document, made while it is read.
struct Endless {
    head: &'static str,
    event: &'static str,
    left: usize,
    piece: Vec<u8>,
}

impl Read for Endless {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        if self.piece.is_empty() && !self.head.is_empty() {
            self.piece = std::mem::take(&mut self.head).as_bytes().to_vec();
        }
        if self.piece.is_empty() && self.left > 0 {
            self.left -= 1;
            self.piece = self.event.as_bytes().to_vec();
        }
        let len = self.piece.len().min(to.len());
        to[..len].copy_from_slice(&self.piece[..len]);
        self.piece.drain(..len);
        Ok(len)
    }
}

#[test]
fn a_document_much_longer_than_the_limit_of_an_event_is_read_event_by_event() {
    const EVENTS: usize = 20_000;
    let json = Endless {
        head: "[{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-11-20T10:00:00Z\",\"eventTimeZoneOffset\":\"+01:00\",\
               \"action\":\"OBSERVE\",\"epcList\":[]}",
        event: ",\n{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-11-20T10:00:00Z\",\"eventTimeZoneOffset\":\"+01:00\",\
                \"action\":\"OBSERVE\",\"epcList\":[\"urn:epc:id:sscc:9521234.0000000017\"]}",
        left: EVENTS,
        piece: Vec::new(),
    };
    let xml = Endless {
        head: "<EventList>",
        event: "<ObjectEvent><eventTime>2026-11-20T10:00:00Z</eventTime>\
                <eventTimeZoneOffset>+01:00</eventTimeZoneOffset>\
                <epcList><epc>urn:epc:id:sscc:9521234.0000000017</epc></epcList><action>OBSERVE</action>\
                </ObjectEvent>\n",
        left: EVENTS,
        piece: Vec::new(),
    };
    for endless in [json, xml] {
        let (mut events, mut last) = (0, 0);
        let read = read_bounded(
            &mut BufReader::new(endless),
            2_000,
            &mut |_: &Header, received: Received| {
                assert_eq!(received.findings, []);
                events += usize::from(received.event.is_some_and(|event| event.epcs.len() == 1));
                last = received.place.line;
                ControlFlow::Continue(())
            },
        );
        assert_eq!(events, EVENTS);
        assert!(
            last >= EVENTS as u64,
            "lines are counted throughout: {last}"
        );
        assert!(
            read.expect_err("it has no end")
                .text
                .contains("before it is complete")
        );
    }
}

/// What a document of these events reads as, written in a syntax.
fn through(events: &[Event], format: Format, style: IdentifierStyle) -> Vec<Event> {
    let mut written = Vec::new();
    let created = EventTime::from_ms(0, ZoneOffset::UTC).expect("a time");
    let mut writer = DocumentWriter::new(&mut written, format, style, created);
    for event in events {
        writer.event(event).unwrap_or_else(|why| panic!("{why}"));
    }
    writer.finish().expect("a vector takes everything");
    let text = String::from_utf8(written).expect("documents are UTF-8");
    let (findings, read) = found(&text, History::Part);
    assert_eq!(findings, [], "{text}");
    read
}

#[test]
fn an_event_with_every_field_goes_through_every_syntax_unchanged() {
    let more = r#","eventID":"urn:x:1","recordTime":"2026-11-20T11:00:00.123+05:30","bizStep":"commissioning",
        "disposition":"active","readPoint":{"id":"urn:epc:id:sgln:9521234.00001.LINE1","ex:door":"7"},
        "bizLocation":{"id":"urn:epc:id:sgln:9521234.00001.0"},
        "bizTransactionList":[{"type":"po","bizTransaction":"http://example.com/a&b"},{"bizTransaction":"urn:x:2"}],
        "quantityList":[{"epcClass":"urn:epc:class:lgtin:9521234.054321.L%2F1","quantity":12.5,"uom":"KGM"},
            {"epcClass":"urn:epc:idpat:sgtin:9521234.054321.*"}],
        "sourceList":[{"type":"owning_party","source":"urn:epc:id:pgln:9521234.00001"}],
        "destinationList":[{"type":"http://example.com/type","destination":"urn:x:3"}],
        "ilmd":{"cbvmda:lotNumber":"L \"<&>\\ \u00e9","cbvmda:itemExpirationDate":"2027-12-31",
            "ex:list":["1","2",{"ex:inner":"3"}]},
        "ex:field":{"ex:a":"1","ex:b":["2","3"]},
        "errorDeclaration":{"declarationTime":"2026-11-21T10:00:00Z","reason":"incorrect_data",
            "correctiveEventIDs":["urn:x:4","urn:x:5"],"ex:why":"because"}"#;
    let things = [A, CASE, "urn:epc:id:giai:4000001.111"];
    let text = document(&[object("ADD", &things, more)]);
    let (findings, events) = found(&text, History::Whole);
    assert_eq!(findings, []);
    assert_eq!(
        (events[0].lot(), events[0].expiry()),
        (Some("L \"<&>\\ é"), Some("2027-12-31"))
    );
    let keys =
        |events: &[Event]| -> Vec<Key> { events[0].epcs.iter().map(|id| id.key.clone()).collect() };
    for format in [Format::Json, Format::Xml12, Format::Xml20] {
        assert_eq!(
            through(&events, format, IdentifierStyle::default()),
            events,
            "{format:?}"
        );
        let links = IdentifierStyle {
            links: true,
            prefix_len: None,
        };
        let linked = through(&events, format, links);
        assert_eq!(keys(&linked), keys(&events));
        let back = IdentifierStyle {
            links: false,
            prefix_len: Some(7),
        };
        let back = through(&through(&linked, format, back), format, back);
        assert_eq!(back[0].epcs, events[0].epcs, "{format:?}");
    }
}

#[test]
fn what_a_syntax_has_no_form_for_is_refused_before_a_byte_of_it_is_written() {
    let events = [
        object("ADD", &[A], ""),
        object(
            "ADD",
            &[B],
            ",\"persistentDisposition\":{\"set\":[\"completeness_verified\"]}",
        ),
        object("ADD", &[CASE], ""),
    ];
    let (_, events) = found(&document(&events), History::Whole);
    let mut written = Vec::new();
    let created = EventTime::from_ms(0, ZoneOffset::UTC).expect("a time");
    let mut writer = DocumentWriter::new(
        &mut written,
        Format::Xml12,
        IdentifierStyle::default(),
        created,
    );
    writer.event(&events[0]).expect("plain");
    let why = writer
        .event(&events[1])
        .expect_err("1.2 has no such field")
        .to_string();
    assert!(why.contains("persistentDisposition"), "{why}");
    writer.event(&events[2]).expect("plain");
    assert_eq!(writer.events(), 2);
    writer.finish().expect("a vector takes everything");
    let (findings, read) = found(&String::from_utf8(written).expect("UTF-8"), History::Whole);
    assert_eq!(
        (findings, read),
        (Vec::new(), vec![events[0].clone(), events[2].clone()])
    );
}

/// Counts bytes, and the biggest piece it was given.
struct Counting {
    bytes: usize,
    biggest: usize,
}

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.bytes += bytes.len();
        self.biggest = self.biggest.max(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_list_of_numbers_is_written_as_it_comes() {
    const NUMBERS: usize = 100_000;
    let gtin = "09521234543213".parse().expect("a GTIN");
    let mut event = found(&document(&[object("ADD", &[], "")]), History::Whole)
        .1
        .remove(0);
    event.biz_step = Word::known(Vocabulary::BizStep, "commissioning");
    for format in [Format::Json, Format::Xml12, Format::Xml20] {
        let mut counting = Counting {
            bytes: 0,
            biggest: 0,
        };
        let created = EventTime::from_ms(0, ZoneOffset::UTC).expect("a time");
        let mut writer =
            DocumentWriter::new(&mut counting, format, IdentifierStyle::default(), created);
        let numbers =
            (0..NUMBERS).map(|number| Identifier::sgtin(gtin, format!("K{number:011}"), Some(7)));
        writer.event_of(&event, numbers).expect("it is taken");
        writer.finish().expect("it is taken");
        assert!(
            counting.bytes > NUMBERS * 40,
            "{format:?}: {}",
            counting.bytes
        );
        assert!(
            counting.biggest < 100_000,
            "{format:?}: {}",
            counting.biggest
        );
    }
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("full"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let created = EventTime::from_ms(0, ZoneOffset::UTC).expect("a time");
    let mut full = Full;
    let mut writer =
        DocumentWriter::new(&mut full, Format::Json, IdentifierStyle::default(), created);
    let numbers = (0..NUMBERS).map(|number| Identifier::sgtin(gtin, number.to_string(), Some(7)));
    let why = writer
        .event_of(&event, numbers)
        .expect_err("the disk is full")
        .to_string();
    assert!(why.contains("Is the disk full?"), "{why}");
}

#[test]
fn prefixes_of_other_namespaces_find_their_way_through_both_syntaxes() {
    // The same prefix for two namespaces, one of them that of a protected term, and a name written as a whole URI.
    let first = object(
        "ADD",
        &[A],
        ",\"ex:a\":\"1\",\"@context\":{\"ex\":\"http://other.example/\"}",
    );
    let second = object(
        "ADD",
        &[B],
        ",\"ex:a\":\"2\",\"http://third.example/ns#b\":\"3\"",
    );
    let third = object(
        "ADD",
        &[CASE],
        ",\"@context\":{\"cbvmda\":\"http://fourth.example/\"},\"cbvmda:c\":\"4\"",
    );
    let (findings, events) = found(&document(&[first, second, third]), History::Whole);
    assert_eq!(findings, []);
    let names = |events: &[Event]| -> Vec<(String, String)> {
        let all = events.iter().flat_map(|event| &event.extensions);
        all.map(|node| (node.name.namespace.clone(), node.name.local.clone()))
            .collect()
    };
    let wanted = [
        ("http://other.example/", "a"),
        ("http://example.com/", "a"),
        ("http://third.example/ns#", "b"),
        ("http://fourth.example/", "c"),
    ];
    let wanted: Vec<(String, String)> = wanted
        .iter()
        .map(|(one, two)| ((*one).into(), (*two).into()))
        .collect();
    assert_eq!(names(&events), wanted);
    for format in [Format::Json, Format::Xml12, Format::Xml20] {
        assert_eq!(
            names(&through(&events, format, IdentifierStyle::default())),
            wanted,
            "{format:?}"
        );
    }
    let crowd: Vec<String> = (0..101)
        .map(|number| format!(",\"http://n{number}.example/#a\":1"))
        .collect();
    let (_, crowd) = found(
        &document(&[object("ADD", &[A], &crowd.concat())]),
        History::Whole,
    );
    let why = DocumentWriter::new(
        &mut Vec::new(),
        Format::Json,
        IdentifierStyle::default(),
        crowd[0].time,
    )
    .event(&crowd[0])
    .expect_err("too many namespaces");
    assert!(
        why.to_string().contains("more than a hundred namespaces"),
        "{why}"
    );
    // Declared behind the events: read, but nobody can write it elsewhere.
    let late = "{\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\",\"creationDate\":\"2026-11-20T16:45:00Z\",\
                \"epcisBody\":{\"eventList\":[EVENT]},\"@context\":[{\"ex\":\"http://example.com/\"}]}";
    let late = late.replace("EVENT", &object("ADD", &[A], ",\"ex:a\":\"1\""));
    let (findings, events) = found(&late, History::Whole);
    assert_eq!(findings, []);
    assert_eq!(
        found(&late.replace("\"ex\":", "\"other\":"), History::Whole).0,
        [(Rule::Document, 0)]
    );
    let mut written = Vec::new();
    let created = EventTime::from_ms(0, ZoneOffset::UTC).expect("a time");
    let mut writer = DocumentWriter::new(
        &mut written,
        Format::Json,
        IdentifierStyle::default(),
        created,
    );
    assert!(writer.event(&events[0]).is_err());
}
