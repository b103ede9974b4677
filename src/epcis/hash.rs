//! The hash of an event's content (CBV 2.0, 8.9): equal for equal events, whatever syntax and forms they came in. PURE.
//!
//! Everything that an event says is put into one text in a fixed order, lists sorted, identifiers and words as web
//! addresses, times in UTC; its SHA-256 names the event. The id of the event, the time it was recorded, and a
//! declaration of error are left out: they say nothing about what happened.

use super::canonical::{address, address_of};
use super::event::{Event, Quantity, Typed};
use super::fields::{self, Content, Field};
use super::node::{MASTER_DATA, Node};
use super::sensor;
use super::time::EventTime;
use super::vocabulary::{Vocabulary, Word};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// How the namespace of master data is written in the text that is hashed: the context of JSON-LD ends it with a colon,
/// XML does not, and so the same event has two hashes where it has master data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MasterData {
    /// As JSON-LD has it.
    Json,
    /// As XML has it.
    Xml,
}

/// The fields in the order of the text.
const ORDER: &[Field] = &[
    Field::Time,
    Field::Zone,
    Field::Certifications,
    Field::Parent,
    Field::Epcs,
    Field::Quantities,
    Field::Outputs,
    Field::OutputQuantities,
    Field::Action,
    Field::Transformation,
    Field::BizStep,
    Field::Disposition,
    Field::Persistent,
    Field::ReadPoint,
    Field::BizLocation,
    Field::Sensors,
    Field::Transactions,
    Field::Destinations,
    Field::Sources,
    Field::Ilmd,
];

/// The fields of a sensor's metadata in the order of the text.
const METADATA: &[&str] = &[
    "time",
    "startTime",
    "endTime",
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "bizRules",
];

/// The fields of a sensor's report in the order of the text.
const REPORT: &[&str] = &[
    "type",
    "exception",
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "bizRules",
    "time",
    "microorganism",
    "chemicalSubstance",
    "value",
    "component",
    "stringValue",
    "booleanValue",
    "hexBinaryValue",
    "uriValue",
    "minValue",
    "maxValue",
    "meanValue",
    "sDev",
    "percRank",
    "percValue",
    "uom",
    "coordinateReferenceSystem",
];

/// The name of an event by its content: `ni:///sha-256;<64 hexadecimal digits>?ver=CBV2.0`.
pub fn event_hash(event: &Event, master_data: MasterData) -> String {
    let hash = content_hash(event, master_data);
    let mut name = "ni:///sha-256;".to_owned();
    for byte in hash {
        write!(name, "{byte:02x}").expect("a string takes any text");
    }
    name + "?ver=CBV2.0"
}

/// The SHA-256 that [`event_hash`] names an event by.
pub fn content_hash(event: &Event, master_data: MasterData) -> [u8; 32] {
    Sha256::digest(pre_hash(event, master_data).as_bytes()).into()
}

/// The text whose SHA-256 [`event_hash`] gives.
pub fn pre_hash(event: &Event, master_data: MasterData) -> String {
    let mut text = format!("eventType={}", event.kind.name());
    for field in ORDER
        .iter()
        .filter(|field| fields::of(event.kind).contains(field))
    {
        if let Some(content) = field.content(event) {
            text += &said(field.name(event.kind), content, master_data);
        }
    }
    text + &nodes(&event.extensions, master_data)
}

/// What a field adds to the text.
fn said(name: &str, content: Content, master_data: MasterData) -> String {
    match content {
        Content::Time(time) => format!("{name}={}", time.in_utc()),
        Content::Text(text) => format!("{name}={text}"),
        Content::Uri(uri) => format!("{name}={}", address_of(uri)),
        Content::Word(vocabulary, one) => word(name, vocabulary, one),
        Content::Identifier(id) => format!("{name}={}", address(id)),
        Content::Identifiers(all) => {
            let all = all.iter().map(|id| format!("epc={}", address(id)));
            format!("{name}{}", sorted(all))
        }
        Content::Quantities(all) => format!("{name}{}", sorted(all.iter().map(quantity))),
        Content::Place(place) => {
            let own = nodes(&place.extensions, master_data);
            format!("{name}id={}{own}", address(&place.id))
        }
        Content::Typed(item, vocabulary, all) => {
            let one = |typed: &Typed| {
                let kind = typed.kind.iter().map(|kind| word("type", vocabulary, kind));
                format!("{}{item}={}", kind.collect::<String>(), address(&typed.id))
            };
            format!("{name}{}", sorted(all.iter().map(one)))
        }
        Content::Certifications(all) => sorted(all.iter().map(|one| format!("{name}={one}"))),
        Content::Persistent(both) => {
            let all = |name: &str, words: &[Word]| {
                let words = words
                    .iter()
                    .map(|one| word(name, Vocabulary::Disposition, one));
                sorted(words)
            };
            format!(
                "{name}{}{}",
                all("set", &both.set),
                all("unset", &both.unset)
            )
        }
        Content::Sensors(all) => format!("{name}{}", sorted(all.iter().map(sensor_element))),
        Content::Ilmd(all) => format!("{name}{}", nodes(all, master_data)),
        // Not in the order: that an event was wrong is no part of what it says.
        Content::Error(_) => String::new(),
    }
}

fn sorted(texts: impl Iterator<Item = String>) -> String {
    let mut all: Vec<String> = texts.collect();
    all.sort();
    all.concat()
}

fn quantity(quantity: &Quantity) -> String {
    let amount = quantity
        .amount
        .as_ref()
        .map(|amount| format!("quantity={}", number(amount)));
    let unit = quantity.unit.as_ref().map(|unit| format!("uom={unit}"));
    let (amount, unit) = (amount.unwrap_or_default(), unit.unwrap_or_default());
    format!(
        "quantityElementepcClass={}{amount}{unit}",
        address(&quantity.class)
    )
}

fn word(name: &str, vocabulary: Vocabulary, word: &Word) -> String {
    let (stem, word) = word.web(vocabulary);
    format!("{name}={stem}{word}")
}

/// A number without zeros that say nothing.
fn number(text: &str) -> String {
    text.parse::<f64>()
        .map_or_else(|_| text.to_owned(), |number| number.to_string())
}

fn sensor_element(element: &Node) -> String {
    let mut text = "sensorElement".to_owned();
    for (name, order) in [("sensorMetadata", METADATA), ("sensorReport", REPORT)] {
        let same = element.children.iter().filter(|child| child.name.is(name));
        text += &sorted(same.map(|child| format!("{name}{}", sensor_fields(child, order))));
    }
    let own: Vec<Node> = element
        .children
        .iter()
        .filter(|child| !child.name.is_bare())
        .cloned()
        .collect();
    text + &nodes(&own, MasterData::Json)
}

/// Fields of metadata or of a report, then what is somebody else's.
fn sensor_fields(group: &Node, order: &[&str]) -> String {
    let mut text = String::new();
    for name in order {
        for field in group.children.iter().filter(|child| child.name.is(name)) {
            write!(text, "{name}={}", sensor_value(field)).expect("a string takes any text");
        }
    }
    let own: Vec<Node> = group
        .children
        .iter()
        .filter(|child| !child.name.is_bare())
        .cloned()
        .collect();
    text + &nodes(&own, MasterData::Json)
}

fn sensor_value(field: &Node) -> String {
    let text = field.text.as_str();
    let bare = !text.contains(':');
    match field.name.local.as_str() {
        local if sensor::is_number(local) => number(text),
        "type" | "exception" if bare => format!("https://gs1.org/voc/{text}"),
        "component" if bare => format!("https://ref.gs1.org/cbv/Comp-{text}"),
        "time" | "startTime" | "endTime" => in_utc(text),
        _ => address_of(text),
    }
}

fn in_utc(text: &str) -> String {
    text.parse::<EventTime>()
        .map_or_else(|_| text.to_owned(), |time| time.in_utc().to_string())
}

/// Fields of other namespaces, sorted; comments say nothing about what happened.
fn nodes(all: &[Node], master_data: MasterData) -> String {
    let comment =
        |node: &&Node| node.name.namespace.ends_with("rdf-schema#") && node.name.local == "comment";
    sorted(
        all.iter()
            .filter(|node| !comment(node))
            .map(|node| one_node(node, master_data)),
    )
}

fn one_node(node: &Node, master_data: MasterData) -> String {
    let name = match (node.name.is_bare(), node.name.namespace == MASTER_DATA) {
        (true, _) => node.name.local.clone(),
        (false, true) if master_data == MasterData::Json => {
            format!("{{{MASTER_DATA}:}}{}", node.name.local)
        }
        (false, true) => format!("{{{MASTER_DATA}}}{}", node.name.local),
        (false, false) => format!("{{{}}}{}", node.name.namespace, node.name.local),
    };
    match node.is_group() {
        true => format!("{name}{}", nodes(&node.children, master_data)),
        false => format!("{name}={}", address_of(&in_utc(&node.text))),
    }
}
