//! What sensors say: kept as it came, with the forms in which JSON and XML write it differently. PURE.
//!
//! XML writes metadata and reports as attributes and words with a prefix (`gs1:Temperature`, `cbv:Comp-x`); JSON writes
//! numbers as numbers and the words bare. Kept are bare words.

use super::node::Node;

/// Groups whose bare and foreign fields XML writes as attributes.
pub(super) const IN_ATTRIBUTES: &[&str] = &["sensorMetadata", "sensorReport"];

/// Fields of a report that are numbers in JSON.
const NUMBERS: &[&str] = &[
    "value",
    "minValue",
    "maxValue",
    "meanValue",
    "sDev",
    "percRank",
    "percValue",
];

/// Whether a field of a report is a number in JSON.
pub(super) fn is_number(local: &str) -> bool {
    NUMBERS.contains(&local)
}

/// Whether a field of a report is true or false in JSON.
pub(super) fn is_boolean(local: &str) -> bool {
    local == "booleanValue"
}

/// What stands before a word of this field in XML.
fn stem(local: &str) -> Option<&'static str> {
    match local {
        "type" | "exception" => Some("gs1:"),
        "component" => Some("cbv:Comp-"),
        _ => None,
    }
}

/// Takes the prefixes of XML away, throughout a sensor element.
pub(super) fn bare_words(element: &mut Node) {
    let reports = element
        .children
        .iter_mut()
        .filter(|child| child.name.is("sensorReport"));
    for field in reports.flat_map(|report| &mut report.children) {
        if let Some(stem) = stem(&field.name.local).filter(|_| field.name.is_bare())
            && let Some(word) = field.text.strip_prefix(stem)
        {
            field.text = word.to_owned();
        }
    }
}

/// What stands before the text of this field in XML: the prefix of a word that is bare.
pub(super) fn xml_stem(field: &Node) -> &'static str {
    let word = field.name.is_bare() && !field.text.contains(':');
    stem(&field.name.local).filter(|_| word).unwrap_or("")
}
