//! EPCIS documents: those of others read and judged, our own held against the schema, and the command as people run it.
//!
//! Documents and schema lie outside the repository. Where they are missing the tests say loudly what was not proven.
//! Where our verdict is another than the schema's on purpose, the file stands in a table with the reason.

use crate::gs1_conformance::shared;
use crate::snapshot::same_as_file;
use serde_json::Value;
use std::io::{BufReader, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use vidimus::epcis::{
    Checker, DocumentWriter, Event, EventTime, Finding, Format, Header, History, IdentifierStyle,
    MasterData, Node, Received, Rule, Shape, WriteError, ZoneOffset, event_hash, read,
};

/// Right by the schema and refused here: the end of the path, the rules, why.
const STRICTER: &[(&str, &[Rule], &str)] = &[
    (
        "gs1/JSON/AssociationEvent/AssociationEvent-h.jsonld",
        &[Rule::RepeatedField],
        "its eventID stands twice",
    ),
    (
        "gs1/JSON/Example-TransactionEvents-2020_07_03y.jsonld",
        &[Rule::UnknownPrefix],
        "\"rail\" is declared nowhere",
    ),
    (
        "Combination_of_different_event.json",
        &[Rule::BadIdentifier],
        "a GRAI with a wrong check digit",
    ),
    (
        "Combination_of_different_event.xml",
        &[Rule::BadIdentifier],
        "a GRAI with a wrong check digit",
    ),
    (
        "All_eventTypes_in_single_document.xml",
        &[Rule::BadIdentifier],
        "a GRAI with a wrong check digit",
    ),
    (
        "Query/queryDocument.json",
        &[Rule::BadIdentifier],
        "a GRAI with a wrong check digit",
    ),
    (
        "SensorData_with_combined_events.xml",
        &[Rule::BadIdentifier],
        "a GRAI that does not begin with 0",
    ),
    (
        "epcisDocWithAllGS1Keys.json",
        &[Rule::RepeatedEpc],
        "one SSCC in two forms",
    ),
    (
        "epcisDocWithAllGS1Keys.jsonld",
        &[Rule::RepeatedEpc],
        "one SSCC in two forms",
    ),
    (
        "epcisDocWithAllGS1Keys.xml",
        &[Rule::RepeatedEpc],
        "one SSCC in two forms",
    ),
    (
        "WithSensorData/SensorDataExamples.xml",
        &[Rule::UnknownWord],
        "Bizstep- in place of BizStep-",
    ),
    (
        "station/bad_agg_observe_noparent.jsonld",
        &[Rule::NoParent],
        "aggregation without parent",
    ),
    (
        "station/bad_sgtin_wrong_digits.jsonld",
        &[Rule::BadIdentifier],
        "12 digits in place of 13",
    ),
    (
        "station/bad12_bizstep_typo.xml",
        &[Rule::UnknownWord],
        "a misspelt word",
    ),
    (
        "XML/Query/Documents/QueryResultsDocument.xml",
        &[Rule::BadIdentifier],
        "a GRAI that does not begin with 0",
    ),
    (
        "XML/Query/queryDocument.xml",
        &[Rule::BadIdentifier],
        "a GRAI with a wrong check digit",
    ),
    (
        "IgnoreFields.jsonld",
        &[Rule::EventIdTwice],
        "two events with one id",
    ),
];

/// Wrong by the schema and read here, and why.
const MILDER: &[(&str, &str)] = &[
    (
        "JSON/Capture/Documents/SensorData_with_combined_events.json",
        "kinds of measurements are not looked at",
    ),
    (
        "JSON/Query/SensorData_with_combined_events.json",
        "kinds of measurements are not looked at",
    ),
    (
        "TransactionEvent_with_userExtensions.json",
        "kinds of measurements are not looked at",
    ),
];

/// XML documents that no schema takes, or that are no events, and what is said about them.
const WRONG_XML: &[(&str, &str)] = &[
    ("JumbledFieldsOrder.xml", "belongs before it"),
    ("Jumbled_attributes_order.xml", "belongs before it"),
    ("expected_equal/timestamp", "belongs before it"),
    (
        "expected_equal/differentRepresentationsOfAggregationEvent.xml",
        "belongs before it",
    ),
    (
        "XML/Query/ObjectEventWithAllPossibleFields.xml",
        "is no time",
    ),
    (
        "XML/Query/TransformationEvent_with_error_declaration.xml",
        "is no time",
    ),
    (
        "1.2/EPCIS/XML/Capture/Documents/ObjectEvent_all_possible_fields.xml",
        "is no URI",
    ),
    (
        "1.2/EPCIS/XML/Capture/Documents/TransactionEvent_all_possible_fields.xml",
        "is no time",
    ),
    ("CBV/CBV-11.4-2020-06-16a.xml", "EPCISMasterDataDocument"),
    ("CaptureJob", "EPCISCaptureJob"),
    (
        "WithEventHashID/event_with_identical_hash_id_7.json",
        "written bare in JSON",
    ),
    ("WithEventHashID", "<!DOCTYPE"),
    ("gs1/XML/WithFullCombinationOfFields", "<!DOCTYPE"),
    ("Queries/SimpleEventQuery.json", "no type"),
    ("XML/Query/Queries", "no list of events"),
];

pub fn data() -> Option<PathBuf> {
    let found = shared("epcis");
    if found.is_none() {
        eprintln!(
            "SKIPPED: data/epcis is not there (set VIDIMUS_SHARED); EPCIS documents were not tested."
        );
    }
    found
}

fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the test material") {
            let path = entry.expect("an entry").path();
            let ending = path
                .extension()
                .and_then(|ending| ending.to_str())
                .unwrap_or_default();
            match path.is_dir() {
                true => open.push(path),
                false if endings.contains(&ending) => found.push(path),
                false => {}
            }
        }
    }
    found.sort();
    found
}

/// Rules about what happened before: documents of examples tell parts of a story, over and over.
const STORIES: &[Rule] = &[
    Rule::CommissionedTwice,
    Rule::AlreadyPacked,
    Rule::Decommissioned,
];

/// The events of a document and everything that is wrong with it.
fn judged(bytes: &[u8]) -> (Vec<Event>, Vec<Finding>, Option<String>) {
    let mut checker = Checker::new(History::Part);
    let (mut events, mut findings) = (Vec::new(), Vec::new());
    let summary = read(
        &mut BufReader::new(bytes),
        &mut |_: &Header, received: Received| {
            findings.extend(received.findings);
            if let Some(event) = received.event {
                findings.extend(checker.check(&event, received.place));
                events.push(event);
            }
            ControlFlow::Continue(())
        },
    );
    findings.retain(|finding| !STORIES.contains(&finding.rule));
    match summary {
        Ok(summary) => findings.extend(summary.findings),
        Err(why) => return (events, findings, Some(why.to_string())),
    }
    (events, findings, None)
}

pub fn validator(data: &Path) -> jsonschema::Validator {
    let path = data.join("schema/epcis-json-schema-2.0.1.json");
    let schema: Value =
        serde_json::from_slice(&std::fs::read(path).expect("the schema")).expect("it is JSON");
    let options = jsonschema::options().should_validate_formats(true);
    options.build(&schema).expect("the schema is one")
}

/// The bytes of events as a document.
fn written(
    events: &[Event],
    format: Format,
    style: IdentifierStyle,
) -> Result<Vec<u8>, WriteError> {
    let mut bytes = Vec::new();
    let created = EventTime::from_ms(1_795_000_000_000, ZoneOffset::UTC).expect("a time");
    let mut writer = DocumentWriter::new(&mut bytes, format, style, created);
    events.iter().try_for_each(|event| writer.event(event))?;
    writer.finish()?;
    Ok(bytes)
}

/// An event without what only one syntax tells: whether `1` is a text or a number, and how many zeros follow it.
fn plain(event: &Event) -> Event {
    fn number(text: &str) -> String {
        text.parse::<f64>()
            .map_or_else(|_| text.to_owned(), |number| number.to_string())
    }
    fn node(one: &Node) -> Node {
        let group = one.is_group() && !one.children.is_empty();
        let mut children: Vec<Node> = one.children.iter().map(node).collect();
        // Repeated fields of one name are one list in JSON, which keeps only their own order.
        children.sort_by(|one, other| one.name.cmp(&other.name));
        let mut name = one.name.clone();
        name.prefix.clear();
        Node {
            name,
            shape: if group { Shape::Object } else { Shape::Text },
            text: number(&one.text),
            children,
        }
    }
    let sorted = |nodes: &[Node]| {
        let mut nodes: Vec<Node> = nodes.iter().map(node).collect();
        nodes.sort_by(|one, other| one.name.cmp(&other.name));
        nodes
    };
    let mut plain = event.clone();
    plain.sensors = event.sensors.iter().map(node).collect();
    plain.ilmd = sorted(&event.ilmd);
    plain.extensions = sorted(&event.extensions);
    if let Some(error) = &mut plain.error {
        error.extensions = sorted(&error.extensions);
    }
    for quantity in plain
        .quantities
        .iter_mut()
        .chain(&mut plain.output_quantities)
    {
        quantity.amount = quantity.amount.as_deref().map(number);
    }
    plain
}

#[test]
fn json_documents_of_others_are_judged_as_the_schema_judges_them() {
    let Some(data) = data() else { return };
    let schema = validator(&data);
    let (mut right, mut wrong, mut differing) = (0, 0, Vec::new());
    let mut used = Vec::new();
    for path in files(&data, &["json", "jsonld"]) {
        let name = path.display().to_string();
        if name.contains("/schema/")
            || name.contains("/context/")
            || name.contains("Quer") && name.contains("Queries/")
        {
            continue;
        }
        let bytes = std::fs::read(&path).expect("a document");
        let value: Value = serde_json::from_slice(&bytes).expect("all of them are JSON");
        let bare = value.get("epcisBody").is_none();
        // A bare event is none of the schema's documents: it is judged as the only event of one.
        let context = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld";
        let document = serde_json::json!({
            "@context": context, "type": "EPCISDocument", "schemaVersion": "2.0",
            "creationDate": "2026-11-20T16:45:00Z", "epcisBody": {"eventList": [value.clone()]},
        });
        let by_schema = schema.is_valid(if bare { &document } else { &value });
        let (_, findings, broken) = judged(&bytes);
        let ours = findings.is_empty() && broken.is_none();
        let (right_now, wrong_now) = (u32::from(by_schema), u32::from(!by_schema));
        (right, wrong) = (right + right_now, wrong + wrong_now);
        let stricter = STRICTER.iter().position(|(end, ..)| name.ends_with(end));
        let milder = MILDER.iter().any(|(end, _)| name.ends_with(end));
        let as_listed = match stricter {
            Some(row) if by_schema && !ours => {
                used.push(row);
                broken.is_none()
                    && findings
                        .iter()
                        .all(|finding| STRICTER[row].1.contains(&finding.rule))
            }
            _ => milder && !by_schema,
        };
        if ours != by_schema && !as_listed {
            differing.push(format!(
                "{name}: schema {by_schema}, ours {ours} {broken:?} {findings:#?}"
            ));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    println!(
        "{right} right and {wrong} wrong documents by the schema, {} of them refused on purpose",
        used.len()
    );
    assert!(right > 100 && wrong >= 30, "{right} {wrong}");
}

#[test]
fn xml_documents_of_others_are_read_and_wrong_ones_refused_with_the_reason() {
    let Some(data) = data() else { return };
    let (mut right, mut wrong, mut differing) = (0, 0, Vec::new());
    for path in files(&data, &["xml"]) {
        let name = path.display().to_string();
        let (events, findings, broken) = judged(&std::fs::read(&path).expect("a document"));
        let ours = findings.is_empty() && broken.is_none();
        let said = format!("{broken:?} {findings:?}");
        let stricter = STRICTER.iter().find(|(end, ..)| name.ends_with(end));
        let listed = WRONG_XML.iter().find(|(part, _)| name.contains(part));
        let as_wanted = match (
            name.contains("nvalid") || name.contains("/bad12"),
            stricter,
            listed,
        ) {
            (_, Some((_, rules, _)), _) => {
                !ours && findings.iter().all(|finding| rules.contains(&finding.rule))
            }
            (_, _, Some((_, wanted))) => !ours && said.contains(wanted),
            (true, ..) => !ours,
            (false, ..) => ours && !events.is_empty(),
        };
        (right, wrong) = (right + u32::from(ours), wrong + u32::from(!ours));
        if !as_wanted {
            differing.push(format!("{name}: {said}"));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    println!("{right} XML documents read, {wrong} refused");
    assert!(right > 80 && wrong > 20, "{right} {wrong}");
}

#[test]
fn what_was_read_is_written_in_every_syntax_valid_and_unchanged() {
    let Some(data) = data() else { return };
    let schema = validator(&data);
    let (mut documents, mut old, mut unwritable, mut differing) = (0, 0, 0, Vec::new());
    for path in files(&data, &["json", "jsonld", "xml"]) {
        let name = path.display().to_string();
        let (events, findings, broken) = judged(&std::fs::read(&path).expect("a document"));
        let clean = findings
            .iter()
            .all(|finding| matches!(finding.rule, Rule::RepeatedEpc | Rule::EventIdTwice));
        // One thing twice in a list is not valid once both are written alike.
        let clean = clean && !name.contains("epcisDocWithAllGS1Keys");
        if !clean || broken.is_some() || events.is_empty() {
            continue;
        }
        // Kinds of measurements are not looked at, and older documents use others than the schema.
        let reports = events.iter().flat_map(|event| &event.sensors);
        let reports = reports
            .flat_map(|sensor| &sensor.children)
            .filter_map(|report| report.child("type"));
        let kinds: Vec<String> = reports.map(|kind| format!("\"{}\" ", kind.text)).collect();
        let before: Vec<Event> = events.iter().map(plain).collect();
        documents += 1;
        for format in [Format::Json, Format::Xml20, Format::Xml12] {
            let bytes = match written(&events, format, IdentifierStyle::default()) {
                Ok(bytes) => bytes,
                Err(WriteError::Unwritable(why)) => {
                    let known = [
                        "EPCIS 1.2 has no",
                        "outside the document",
                        "attributes beside its text",
                    ];
                    assert!(
                        known.iter().any(|known| why.contains(known)),
                        "{name} {format:?}: {why}"
                    );
                    unwritable += 1;
                    continue;
                }
                Err(why) => panic!("{name}: {why}"),
            };
            let text = String::from_utf8_lossy(&bytes);
            if format == Format::Json {
                let value: Value = serde_json::from_slice(&bytes)
                    .unwrap_or_else(|why| panic!("{name}: {why}\n{text}"));
                let mistakes: Vec<String> = schema
                    .iter_errors(&value)
                    .map(|error| error.to_string())
                    .filter(|mistake| !kinds.iter().any(|kind| mistake.starts_with(kind)))
                    .collect();
                assert!(mistakes.is_empty(), "{name}: {mistakes:#?}\n{text}");
            }
            let (again, findings, broken) = judged(&bytes);
            let findings: Vec<_> = findings
                .iter()
                .filter(|one| !matches!(one.rule, Rule::RepeatedEpc | Rule::EventIdTwice))
                .collect();
            assert!(
                findings.is_empty() && broken.is_none(),
                "{name} {format:?}: {broken:?} {findings:#?}\n{text}"
            );
            let again: Vec<Event> = again.iter().map(plain).collect();
            if again != before {
                let (again, before) = (format!("{again:?}"), format!("{before:?}"));
                let same = again
                    .bytes()
                    .zip(before.bytes())
                    .take_while(|(one, other)| one == other)
                    .count();
                let near = |text: &str| {
                    text.chars()
                        .skip(same.saturating_sub(150))
                        .take(300)
                        .collect::<String>()
                };
                let (again, before) = (near(&again), near(&before));
                differing.push(format!("{name} {format:?}:\n  {before}\n  {again}"));
            }
            old += u32::from(format == Format::Xml12);
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    println!(
        "{documents} documents written again, {old} of them as EPCIS 1.2; {unwritable} times a syntax had no form"
    );
    assert!(documents > 150 && old > 60, "{documents} {old}");
}

/// Hashes that the standard's own tool gives and we do not: file, how many, why.
const OTHER_HASHES: &[(&str, usize, &str)] = &[
    (
        "SensorDataExamples.xml",
        1,
        "it rounds a text of digits like a number",
    ),
    (
        "SensorDataExamples.xml",
        1,
        "it puts the bizRules of a report behind everything else",
    ),
    (
        "epcisDocWithVariousEventTypes.xml",
        1,
        "its cbvmda is declared with the colon of JSON-LD",
    ),
    (
        "epcisDocHavingEventWithIgnoreFields.jsonld",
        1,
        "the document says which fields to leave out",
    ),
    (
        "epcisQueryDocHavingEventWithIgnoreFields.jsonld",
        1,
        "the document says which fields to leave out",
    ),
    (
        "epcisXmlDocHavingEventWithIgnoreFields.xml",
        2,
        "the document says which fields to leave out",
    ),
    (
        "epcisXmlQueryDocHavingEventWithIgnoreFields.xml",
        2,
        "the document says which fields to leave out",
    ),
];

fn hashes(path: &Path) -> Vec<String> {
    let form = match path.extension().is_some_and(|ending| ending == "xml") {
        true => MasterData::Xml,
        false => MasterData::Json,
    };
    let (events, _, broken) = judged(&std::fs::read(path).expect("a document"));
    assert_eq!(broken, None, "{}", path.display());
    events.iter().map(|event| event_hash(event, form)).collect()
}

#[test]
fn events_have_the_hashes_that_the_standard_gives_them() {
    let Some(data) = data() else { return };
    let (mut equal, mut differing) = (0, Vec::new());
    for wanted in files(&data.join("event-hash/examples"), &["hashes"]) {
        let lines = std::fs::read_to_string(&wanted).expect("hashes");
        let lines: Vec<&str> = lines.lines().filter(|line| !line.is_empty()).collect();
        for ending in ["jsonld", "xml"] {
            let document = wanted.with_extension(ending);
            if !document.is_file() {
                continue;
            }
            let name = document
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let found = hashes(&document);
            assert_eq!(found.len(), lines.len(), "{name}");
            let right = found
                .iter()
                .filter(|hash| lines.contains(&hash.as_str()))
                .count();
            let other = OTHER_HASHES
                .iter()
                .filter(|(file, ..)| *file == name)
                .map(|(_, count, _)| count);
            if right + other.sum::<usize>() != lines.len() {
                differing.push(format!("{name}: {right} of {}: {found:?}", lines.len()));
            }
            equal += right;
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    assert!(equal >= 80, "{equal}");
    for document in files(&data.join("event-hash/expected_equal"), &["json", "xml"]) {
        let found = hashes(&document);
        let one = found.len() > 1 && found.iter().all(|hash| *hash == found[0]);
        assert!(one, "{}: {found:#?}", document.display());
    }
    let station = |name: &str| hashes(&data.join("examples/station").join(name));
    let (urn, xml) = (station("station_urn.jsonld"), station("station_12.xml"));
    assert_eq!(
        (&urn, &xml),
        (&station("station_dl.jsonld"), &station("station_20.xml"))
    );
    assert_eq!(urn[1..], xml[1..]);
    let named = |hash: &str| format!("ni:///sha-256;{hash}?ver=CBV2.0");
    let wanted = [
        "de21d5dd877b1d43cf7d6964eb16459060d80f980b575fabfc6f7436714c7bf8",
        "8ee17cfac1123b34c8ed8b6df4e95d5411b022adc3d174933385c7e80d435f95",
        "1ae120dae4d011aa1da8e556b53ad89f4f80d1d3c06318e8ac7b770d2ea83cd5",
    ];
    assert_eq!(xml, wanted.map(named));
}

fn vidimus(args: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vidimus"));
    let piped = command
        .args(args)
        .env("COLUMNS", "100")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = piped
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    let feeding = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("it ends");
    feeding.join().expect("it was fed");
    output
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the program writes UTF-8")
}

#[test]
fn the_stations_documents_are_one_in_all_syntaxes_by_the_command() {
    let Some(data) = data() else { return };
    let station = |name: &str| {
        data.join("examples/station")
            .join(name)
            .display()
            .to_string()
    };
    let convert = |file: &str, args: &[&str], input: &[u8]| {
        let output = vidimus(&[&["epcis", "convert", file], args].concat(), input);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{file}: {}",
            text(&output.stderr)
        );
        output.stdout
    };
    let events = |bytes: &[u8]| {
        let (events, findings, broken) = judged(bytes);
        assert!(
            findings.is_empty() && broken.is_none(),
            "{findings:?} {broken:?}"
        );
        events
    };
    let urn = events(&std::fs::read(station("station_urn.jsonld")).expect("it is there"));
    // The document with Digital Links names its business transaction by one, which has no model here.
    let same = |bytes: &[u8], transactions: bool| {
        let mut found = events(bytes);
        let mut wanted = urn.clone();
        for event in found
            .iter_mut()
            .chain(&mut wanted)
            .filter(|_| !transactions)
        {
            event.transactions.clear();
        }
        assert_eq!(found, wanted, "{}", text(bytes));
    };
    for name in ["station_urn.jsonld", "station_12.xml", "station_20.xml"] {
        for to in ["json", "xml12", "xml20"] {
            let once = convert(&station(name), &["--to", to], b"");
            same(&once, true);
            assert_eq!(
                convert("-", &["--to", to], &once),
                once,
                "what is written is written the same again"
            );
        }
    }
    let linked = convert(
        &station("station_urn.jsonld"),
        &["--to", "json", "--digital-link"],
        b"",
    );
    assert!(!text(&linked).contains("urn:epc:id:s"));
    for (name, input) in [
        ("-", linked.as_slice()),
        (station("station_dl.jsonld").as_str(), b""),
    ] {
        let back = convert(
            name,
            &["--to", "xml12", "--company-prefix-length", "7"],
            input,
        );
        same(&back, false);
    }
    let unknown = vidimus(
        &[
            "epcis",
            "convert",
            &station("station_dl.jsonld"),
            "--to",
            "xml12",
        ],
        b"",
    );
    assert_eq!(unknown.status.code(), Some(0));
    assert!(
        text(&unknown.stderr).contains("--company-prefix-length"),
        "{}",
        text(&unknown.stderr)
    );
}

#[test]
fn the_command_says_what_is_wrong_where_and_by_which_rule() {
    let right = br#"{"type":"ObjectEvent","eventTime":"2026-11-20T10:00:00Z","eventTimeZoneOffset":"+01:00",
        "action":"ADD","epcList":["urn:epc:id:sscc:9521234.0000000017"],"bizStep":"commissioning"}"#;
    let ok = vidimus(&["epcis", "check", "-"], right);
    assert_eq!(
        (ok.status.code(), text(&ok.stdout)),
        (Some(0), "-: ok, 1 events\n")
    );
    let wrong = [right.as_slice(), b"\n", right].concat();
    let wrong = text(&wrong).replacen("commissioning", "comissioning", 1);
    let found = vidimus(&["epcis", "check", "-"], wrong.as_bytes());
    let wanted = "-: line 1, event 1: \"comissioning\" is no bizStep of the Core Business Vocabulary. Did you mean \
                  \"commissioning\"? [unknown_word]\n\
                  -: line 3, event 2: urn:epc:id:sscc:9521234.0000000017 is commissioned already. \
                  [commissioned_twice]\n\
                  -: 2 findings in 2 events\n";
    assert_eq!(
        (found.status.code(), text(&found.stdout)),
        (Some(1), wanted)
    );
    let found = vidimus(&["epcis", "check", "--json", "-"], wrong.as_bytes());
    let lines: Vec<Value> = text(&found.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(
        (&lines[1]["line"], &lines[1]["rule"]),
        (&Value::from(3), &Value::from("commissioned_twice"))
    );
    assert_eq!(
        (&lines[2]["ok"], &lines[2]["findings"], &lines[2]["error"]),
        (&Value::from(false), &Value::from(2), &Value::Null)
    );
    for (file, input, wanted) in [
        ("-", &right[..100], "before it is complete"),
        ("no-such-file.xml", b"", "cannot be opened"),
    ] {
        let broken = vidimus(&["epcis", "check", file], input);
        assert_eq!(broken.status.code(), Some(1));
        assert!(
            text(&broken.stdout).contains(wanted),
            "{}",
            text(&broken.stdout)
        );
        let broken = vidimus(&["epcis", "convert", file, "--to", "xml12"], input);
        assert_eq!(broken.status.code(), Some(1));
        assert!(
            text(&broken.stderr).contains(wanted),
            "{}",
            text(&broken.stderr)
        );
    }
    let stopped = vidimus(&["epcis", "convert", "-", "--to", "json"], wrong.as_bytes());
    assert_eq!(stopped.status.code(), Some(1));
    assert!(text(&stopped.stderr).contains("no whole document"));
    assert!(serde_json::from_slice::<Value>(&stopped.stdout).is_err());
}

#[test]
fn help_texts_stay() {
    for action in ["check", "convert", "hash"] {
        let help = vidimus(&["epcis", action, "--help"], b"");
        assert_eq!(help.status.code(), Some(0));
        same_as_file(&format!("help_epcis_{action}.txt"), text(&help.stdout));
    }
}

/// GS1's schema files may not be passed on: whoever has them names the folder that holds `1.2` and `2.0`.
#[test]
fn xml_documents_are_valid_by_the_schemas_of_gs1_where_they_are() {
    let Some(data) = data() else { return };
    let Some(folder) = std::env::var_os("VIDIMUS_EPCIS_XSD").map(PathBuf::from) else {
        eprintln!(
            "SKIPPED: VIDIMUS_EPCIS_XSD names no folder with GS1's schemas; XML was not validated."
        );
        return;
    };
    let schemas = [
        (Format::Xml12, folder.join("1.2/EPCglobal-epcis-1_2.xsd")),
        (Format::Xml20, folder.join("2.0/EPCglobal-epcis-2_0.xsd")),
    ];
    let kept = tempfile::tempdir().expect("a folder");
    let mut documents = 0;
    for path in files(&data, &["json", "jsonld", "xml"]) {
        let (events, findings, broken) = judged(&std::fs::read(&path).expect("a document"));
        if !findings.is_empty() || broken.is_some() || events.is_empty() {
            continue;
        }
        for (format, schema) in &schemas {
            assert!(schema.is_file(), "{} is not there", schema.display());
            let Ok(bytes) = written(&events, *format, IdentifierStyle::default()) else {
                continue;
            };
            let file = kept.path().join("document.xml");
            std::fs::write(&file, &bytes).expect("it can be written");
            let mut lint = Command::new("xmllint");
            let lint = lint
                .args(["--nonet", "--noout", "--schema"])
                .arg(schema)
                .arg(&file)
                .output();
            let lint = match lint {
                Ok(lint) => lint,
                Err(why) => {
                    return eprintln!(
                        "SKIPPED: xmllint cannot be started ({why}); XML was not validated."
                    );
                }
            };
            assert!(
                lint.status.success(),
                "{}: {}",
                path.display(),
                text(&lint.stderr)
            );
            documents += 1;
        }
    }
    assert!(documents > 100, "{documents}");
}
