//! EPCIS 2.0 in JSON-LD, written as bytes. PURE.

use super::event::{ErrorDeclaration, Event, PersistentDisposition, Place, Quantity, Typed};
use super::identifier::Identifier;
use super::node::{Name, Node, Shape};
use super::sensor;
use super::time::EventTime;
use super::vocabulary::{Vocabulary, Word};
use super::writing::{Out, Prefixes, Writing};
use std::collections::HashMap;

/// The context every document names.
const CONTEXT: &str = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld";

/// The syntax.
#[derive(Debug, Default)]
pub(super) struct Json {
    /// An event stands before the next.
    followed: bool,
}

fn escape(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b'"' => "\\\"",
        b'\\' => "\\\\",
        b'\n' => "\\n",
        b'\r' => "\\r",
        b'\t' => "\\t",
        // No other control character is in an event: the readers refuse them.
        0..0x20 => "\\ufffd",
        _ => return None,
    })
}

fn string(out: &mut Out, text: &str) {
    out.raw("\"");
    out.escaped(text, escape);
    out.raw("\"");
}

/// A comma unless it is the first of its list.
fn comma(out: &mut Out, first: &mut bool) {
    if !std::mem::take(first) {
        out.raw(",");
    }
}

/// The next field of an event; the type is always before it.
fn field(out: &mut Out, name: &str) {
    out.raw(",\n");
    string(out, name);
    out.raw(":");
}

/// A decimal number as JSON writes it: no plus sign, no leading zeros, digits on both sides of the point.
fn number(out: &mut Out, text: &str) {
    let (minus, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('0');
    out.raw(if minus { "-" } else { "" });
    out.raw(if whole.is_empty() { "0" } else { whole });
    if !fraction.is_empty() {
        out.raw(".");
        out.raw(fraction);
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let point = digits.bytes().filter(|byte| *byte == b'.').count();
    let digit = digits.bytes().filter(u8::is_ascii_digit).count();
    digit > 0 && point <= 1 && digit + point == digits.len()
}

fn key(out: &mut Out, name: &Name, prefixes: &Prefixes) {
    match prefixes.prefix(name) {
        None => string(out, &name.local),
        Some(prefix) => {
            out.raw("\"");
            out.escaped(prefix, escape);
            out.raw(":");
            out.escaped(&name.local, escape);
            out.raw("\"");
        }
    }
    out.raw(":");
}

/// Nodes as members of an object, repeated ones as one list.
fn members(out: &mut Out, nodes: &[Node], prefixes: &Prefixes, first: &mut bool) {
    let mut places: HashMap<&Name, usize> = HashMap::with_capacity(nodes.len());
    let mut groups: Vec<Vec<&Node>> = Vec::new();
    for node in nodes {
        let place = *places.entry(&node.name).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(node),
            None => groups.push(vec![node]),
        }
    }
    for group in groups {
        comma(out, first);
        key(out, &group[0].name, prefixes);
        if let [one] = group[..]
            && !one.name.is("sensorReport")
        {
            value(out, one, prefixes);
            continue;
        }
        out.raw("[");
        let mut first = true;
        for node in group {
            comma(out, &mut first);
            value(out, node, prefixes);
        }
        out.raw("]");
    }
}

fn value(out: &mut Out, node: &Node, prefixes: &Prefixes) {
    match node.shape {
        Shape::Object | Shape::Array => {
            out.raw("{");
            members(out, &node.children, prefixes, &mut true);
            out.raw("}");
        }
        Shape::Number | Shape::Boolean => out.raw(&node.text),
        Shape::Null => out.raw("null"),
        Shape::Text
            if node.name.is_bare()
                && sensor::is_number(&node.name.local)
                && is_number(&node.text) =>
        {
            number(out, &node.text);
        }
        Shape::Text if node.name.is_bare() && sensor::is_boolean(&node.name.local) => {
            out.raw(if matches!(node.text.as_str(), "true" | "1") {
                "true"
            } else {
                "false"
            });
        }
        Shape::Text => string(out, &node.text),
    }
}

fn words(out: &mut Out, name: &str, all: &[Word], first: &mut bool) {
    if all.is_empty() {
        return;
    }
    comma(out, first);
    string(out, name);
    out.raw(":[");
    let mut first = true;
    for word in all {
        comma(out, &mut first);
        string(out, word.bare());
    }
    out.raw("]");
}

impl Writing for Json {
    fn check(&self, _event: &Event, prefixes: &Prefixes) -> Result<(), String> {
        match &prefixes.mixed {
            None => Ok(()),
            Some(name) => Err(format!(
                "\"{name}\" has attributes beside its text: JSON-LD has no form for both."
            )),
        }
    }

    fn begin_document(&mut self, out: &mut Out, created: EventTime) {
        out.raw("{\"@context\":[\"");
        out.raw(CONTEXT);
        out.raw("\"],\n\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\",\"creationDate\":\"");
        out.raw(&created.to_string());
        out.raw("\",\n\"epcisBody\":{\"eventList\":[");
    }

    fn end_document(&mut self, out: &mut Out) {
        out.raw("\n]}}\n");
    }

    fn begin_event(&mut self, out: &mut Out, event: &Event, prefixes: &Prefixes) {
        out.raw(if self.followed { ",\n{" } else { "\n{" });
        self.followed = true;
        out.raw("\"type\":\"");
        out.raw(event.kind.name());
        out.raw("\"");
        if !prefixes.all.is_empty() {
            out.raw(",\n\"@context\":[{");
            let mut first = true;
            for (namespace, prefix) in &prefixes.all {
                comma(out, &mut first);
                string(out, prefix);
                out.raw(":");
                string(out, namespace);
            }
            out.raw("}]");
        }
    }

    fn end_event(&mut self, out: &mut Out, _event: &Event) {
        out.raw("}");
    }

    fn wrapper(&mut self, _out: &mut Out, _name: Option<&'static str>) {}

    fn text(&mut self, out: &mut Out, name: &str, text: &str) {
        field(out, name);
        string(out, text);
    }

    fn word(&mut self, out: &mut Out, name: &str, _vocabulary: Vocabulary, word: &Word) {
        self.text(out, name, word.bare());
    }

    fn place(&mut self, out: &mut Out, name: &str, place: &Place, prefixes: &Prefixes) {
        field(out, name);
        out.raw("{\"id\":");
        let uri = out.uri(&place.id);
        string(out, &uri);
        members(out, &place.extensions, prefixes, &mut false);
        out.raw("}");
    }

    fn identifiers(
        &mut self,
        out: &mut Out,
        name: &str,
        all: &mut dyn Iterator<Item = Identifier>,
    ) {
        field(out, name);
        out.raw("[");
        let mut first = true;
        for id in all {
            comma(out, &mut first);
            out.raw("\n");
            let uri = out.uri(&id);
            string(out, &uri);
        }
        out.raw("]");
    }

    fn quantities(&mut self, out: &mut Out, name: &str, all: &[Quantity]) {
        field(out, name);
        out.raw("[");
        let mut first = true;
        for one in all {
            comma(out, &mut first);
            out.raw("\n{\"epcClass\":");
            let uri = out.uri(&one.class);
            string(out, &uri);
            if let Some(amount) = &one.amount {
                out.raw(",\"quantity\":");
                number(out, amount);
            }
            if let Some(unit) = &one.unit {
                out.raw(",\"uom\":");
                string(out, unit);
            }
            out.raw("}");
        }
        out.raw("]");
    }

    fn typed(
        &mut self,
        out: &mut Out,
        (list, item): (&str, &str),
        _vocabulary: Vocabulary,
        all: &[Typed],
    ) {
        field(out, list);
        out.raw("[");
        let mut first = true;
        for one in all {
            comma(out, &mut first);
            out.raw("\n{");
            if let Some(kind) = &one.kind {
                out.raw("\"type\":");
                string(out, kind.bare());
                out.raw(",");
            }
            string(out, item);
            out.raw(":");
            let uri = out.uri(&one.id);
            string(out, &uri);
            out.raw("}");
        }
        out.raw("]");
    }

    fn certifications(&mut self, out: &mut Out, name: &str, all: &[String]) {
        field(out, name);
        if let [one] = all {
            return string(out, one);
        }
        out.raw("[");
        let mut first = true;
        for one in all {
            comma(out, &mut first);
            string(out, one);
        }
        out.raw("]");
    }

    fn error(&mut self, out: &mut Out, error: &ErrorDeclaration, prefixes: &Prefixes) {
        field(out, "errorDeclaration");
        out.raw("{\"declarationTime\":");
        string(out, &error.time.to_string());
        if let Some(reason) = &error.reason {
            out.raw(",\"reason\":");
            string(out, reason.bare());
        }
        if !error.corrective.is_empty() {
            out.raw(",\"correctiveEventIDs\":[");
            let mut first = true;
            for id in &error.corrective {
                comma(out, &mut first);
                string(out, id);
            }
            out.raw("]");
        }
        members(out, &error.extensions, prefixes, &mut false);
        out.raw("}");
    }

    fn persistent(&mut self, out: &mut Out, both: &PersistentDisposition) {
        field(out, "persistentDisposition");
        out.raw("{");
        let mut first = true;
        words(out, "unset", &both.unset, &mut first);
        words(out, "set", &both.set, &mut first);
        out.raw("}");
    }

    fn sensors(&mut self, out: &mut Out, all: &[Node], prefixes: &Prefixes) {
        field(out, "sensorElementList");
        out.raw("[");
        let mut first = true;
        for one in all {
            comma(out, &mut first);
            out.raw("\n{");
            members(out, &one.children, prefixes, &mut true);
            out.raw("}");
        }
        out.raw("]");
    }

    fn ilmd(&mut self, out: &mut Out, all: &[Node], prefixes: &Prefixes) {
        field(out, "ilmd");
        out.raw("{");
        members(out, all, prefixes, &mut true);
        out.raw("}");
    }

    fn extensions(&mut self, out: &mut Out, all: &[Node], prefixes: &Prefixes) {
        if !all.is_empty() {
            out.raw(",\n");
            members(out, all, prefixes, &mut true);
        }
    }
}
