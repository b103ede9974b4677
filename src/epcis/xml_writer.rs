//! EPCIS 1.2 and 2.0 in XML, written as bytes. PURE.

use super::event::{ErrorDeclaration, Event, Kind, PersistentDisposition, Place, Quantity, Typed};
use super::identifier::Identifier;
use super::node::{Name, Node};
use super::sensor;
use super::time::EventTime;
use super::vocabulary::{Vocabulary, Word};
use super::writing::{Out, Prefixes, Writing};

/// The syntax.
#[derive(Debug)]
pub(super) struct Xml {
    /// EPCIS 1.2; else 2.0.
    pub(super) old: bool,
    wrapper: Option<&'static str>,
}

impl Xml {
    pub(super) fn new(old: bool) -> Xml {
        Xml { old, wrapper: None }
    }
}

fn escape(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b'<' => "&lt;",
        b'>' => "&gt;",
        b'&' => "&amp;",
        b'"' => "&quot;",
        b'\n' => "&#10;",
        b'\r' => "&#13;",
        b'\t' => "&#9;",
        // No other control character is in an event: the readers refuse them.
        0..0x20 => "\u{fffd}",
        _ => return None,
    })
}

fn open(out: &mut Out, name: &str) {
    out.raw("<");
    out.raw(name);
    out.raw(">");
}

fn close(out: &mut Out, name: &str) {
    out.raw("</");
    out.raw(name);
    out.raw(">");
}

fn element(out: &mut Out, name: &str, text: &str) {
    open(out, name);
    out.escaped(text, escape);
    close(out, name);
}

fn attribute(out: &mut Out, name: &str, parts: [&str; 2]) {
    out.raw(" ");
    out.raw(name);
    out.raw("=\"");
    for part in parts {
        out.escaped(part, escape);
    }
    out.raw("\"");
}

fn qualified(name: &Name, prefixes: &Prefixes) -> String {
    match prefixes.prefix(name) {
        None => name.local.clone(),
        Some(prefix) => format!("{prefix}:{}", name.local),
    }
}

/// Declares the prefixes that a tree uses and the document does not declare.
fn declare(out: &mut Out, node: &Node, prefixes: &Prefixes) {
    let mut used: Vec<&str> = Vec::new();
    node.names(&mut |name| {
        let prefix = prefixes.prefix(name).filter(|prefix| *prefix != "cbvmda");
        if let Some(prefix) = prefix.filter(|prefix| !used.contains(prefix)) {
            used.push(prefix);
        }
    });
    for (namespace, prefix) in prefixes
        .all
        .iter()
        .filter(|(_, prefix)| used.contains(&prefix.as_str()))
    {
        attribute(out, &format!("xmlns:{prefix}"), [namespace, ""]);
    }
}

fn tree(out: &mut Out, node: &Node, prefixes: &Prefixes, top: bool) {
    let name = qualified(&node.name, prefixes);
    out.raw("<");
    out.raw(&name);
    if top {
        declare(out, node, prefixes);
    }
    out.raw(">");
    out.escaped(&node.text, escape);
    for child in &node.children {
        tree(out, child, prefixes, false);
    }
    close(out, &name);
}

fn trees(out: &mut Out, nodes: &[Node], prefixes: &Prefixes) {
    for node in nodes {
        tree(out, node, prefixes, true);
    }
}

/// Metadata or a report of a sensor: its fields are attributes.
fn in_attributes(out: &mut Out, node: &Node, prefixes: &Prefixes) {
    out.raw("<");
    out.raw(&node.name.local);
    for field in &node.children {
        let name = qualified(&field.name, prefixes);
        attribute(out, &name, [sensor::xml_stem(field), &field.text]);
    }
    out.raw("/>");
}

impl Xml {
    fn line(&self, out: &mut Out) {
        out.raw("\n");
    }
}

impl Writing for Xml {
    fn check(&self, event: &Event, prefixes: &Prefixes) -> Result<(), String> {
        if let Some(name) = &prefixes.unnameable {
            return Err(format!("\"{name}\" is no name in XML."));
        }
        if !self.old {
            return Ok(());
        }
        let lacks = match () {
            () if event.kind == Kind::Association => "AssociationEvent",
            () if !event.sensors.is_empty() => "sensorElementList",
            () if !event.persistent.set.is_empty() || !event.persistent.unset.is_empty() => {
                "persistentDisposition"
            }
            () if !event.certifications.is_empty() => "certificationInfo",
            () => return Ok(()),
        };
        Err(format!("EPCIS 1.2 has no {lacks}: write EPCIS 2.0."))
    }

    fn begin_document(&mut self, out: &mut Out, created: EventTime) {
        out.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        out.raw("<epcis:EPCISDocument xmlns:epcis=\"urn:epcglobal:epcis:xsd:");
        out.raw(match self.old {
            true => "1\" xmlns:cbvmda=\"urn:epcglobal:cbv:mda\" schemaVersion=\"1.2\"",
            false => {
                "2\" xmlns:cbvmda=\"urn:epcglobal:cbv:mda\" xmlns:gs1=\"https://gs1.org/voc/\" \
                 xmlns:cbv=\"https://ref.gs1.org/cbv/\" schemaVersion=\"2.0\""
            }
        });
        attribute(out, "creationDate", [&created.to_string(), ""]);
        out.raw(">\n<EPCISBody>\n<EventList>");
    }

    fn end_document(&mut self, out: &mut Out) {
        out.raw("\n</EventList>\n</EPCISBody>\n</epcis:EPCISDocument>\n");
    }

    fn begin_event(&mut self, out: &mut Out, event: &Event, _prefixes: &Prefixes) {
        self.line(out);
        if self.old && event.kind == Kind::Transformation {
            open(out, "extension");
        }
        open(out, event.kind.name());
    }

    fn end_event(&mut self, out: &mut Out, event: &Event) {
        self.line(out);
        close(out, event.kind.name());
        if self.old && event.kind == Kind::Transformation {
            close(out, "extension");
        }
    }

    fn wrapper(&mut self, out: &mut Out, name: Option<&'static str>) {
        if self.wrapper == name {
            return;
        }
        if let Some(before) = self.wrapper {
            close(out, before);
        }
        if let Some(next) = name {
            self.line(out);
            open(out, next);
        }
        self.wrapper = name;
    }

    fn text(&mut self, out: &mut Out, name: &str, text: &str) {
        self.line(out);
        element(out, name, text);
    }

    fn word(&mut self, out: &mut Out, name: &str, vocabulary: Vocabulary, word: &Word) {
        let (stem, word) = word.urn(vocabulary);
        self.line(out);
        open(out, name);
        out.escaped(stem, escape);
        out.escaped(word, escape);
        close(out, name);
    }

    fn place(&mut self, out: &mut Out, name: &str, place: &Place, prefixes: &Prefixes) {
        self.line(out);
        open(out, name);
        let uri = out.uri(&place.id);
        element(out, "id", &uri);
        trees(out, &place.extensions, prefixes);
        close(out, name);
    }

    fn identifiers(
        &mut self,
        out: &mut Out,
        name: &str,
        all: &mut dyn Iterator<Item = Identifier>,
    ) {
        self.line(out);
        open(out, name);
        for id in all {
            self.line(out);
            let uri = out.uri(&id);
            element(out, "epc", &uri);
        }
        close(out, name);
    }

    fn quantities(&mut self, out: &mut Out, name: &str, all: &[Quantity]) {
        self.line(out);
        open(out, name);
        for one in all {
            self.line(out);
            open(out, "quantityElement");
            let uri = out.uri(&one.class);
            element(out, "epcClass", &uri);
            if let Some(amount) = &one.amount {
                element(out, "quantity", amount);
            }
            if let Some(unit) = &one.unit {
                element(out, "uom", unit);
            }
            close(out, "quantityElement");
        }
        close(out, name);
    }

    fn typed(
        &mut self,
        out: &mut Out,
        (list, item): (&str, &str),
        vocabulary: Vocabulary,
        all: &[Typed],
    ) {
        self.line(out);
        open(out, list);
        for one in all {
            out.raw("<");
            out.raw(item);
            if let Some(kind) = &one.kind {
                let (stem, word) = kind.urn(vocabulary);
                attribute(out, "type", [stem, word]);
            }
            out.raw(">");
            let uri = out.uri(&one.id);
            out.escaped(&uri, escape);
            close(out, item);
        }
        close(out, list);
    }

    fn certifications(&mut self, out: &mut Out, name: &str, all: &[String]) {
        for one in all {
            self.text(out, name, one);
        }
    }

    fn error(&mut self, out: &mut Out, error: &ErrorDeclaration, prefixes: &Prefixes) {
        self.line(out);
        open(out, "errorDeclaration");
        element(out, "declarationTime", &error.time.to_string());
        if let Some(reason) = &error.reason {
            let (stem, word) = reason.urn(Vocabulary::ErrorReason);
            element(out, "reason", &format!("{stem}{word}"));
        }
        if !error.corrective.is_empty() {
            open(out, "correctiveEventIDs");
            for id in &error.corrective {
                element(out, "correctiveEventID", id);
            }
            close(out, "correctiveEventIDs");
        }
        trees(out, &error.extensions, prefixes);
        close(out, "errorDeclaration");
    }

    fn persistent(&mut self, out: &mut Out, both: &PersistentDisposition) {
        self.line(out);
        open(out, "persistentDisposition");
        for (name, all) in [("unset", &both.unset), ("set", &both.set)] {
            for word in all {
                let (stem, word) = word.urn(Vocabulary::Disposition);
                element(out, name, &format!("{stem}{word}"));
            }
        }
        close(out, "persistentDisposition");
    }

    fn sensors(&mut self, out: &mut Out, all: &[Node], prefixes: &Prefixes) {
        self.line(out);
        open(out, "sensorElementList");
        for one in all {
            out.raw("\n<sensorElement");
            declare(out, one, prefixes);
            out.raw(">");
            // Metadata and reports in their order, then what is somebody else's.
            for name in sensor::IN_ATTRIBUTES {
                for node in one.children.iter().filter(|child| child.name.is(name)) {
                    in_attributes(out, node, prefixes);
                }
            }
            for node in one.children.iter().filter(|child| !child.name.is_bare()) {
                tree(out, node, prefixes, false);
            }
            close(out, "sensorElement");
        }
        close(out, "sensorElementList");
    }

    fn ilmd(&mut self, out: &mut Out, all: &[Node], prefixes: &Prefixes) {
        self.line(out);
        open(out, "ilmd");
        trees(out, all, prefixes);
        close(out, "ilmd");
    }

    fn extensions(&mut self, out: &mut Out, all: &[Node], prefixes: &Prefixes) {
        for node in all {
            self.line(out);
            tree(out, node, prefixes, true);
        }
    }
}
