//! EPCIS 2.0 in JSON-LD, read as a stream: of a document only the event at hand is in memory. PURE.

use super::event::Kind;
use super::finding::{Findings, Rule, shown};
use super::interpret::Syntax;
use super::node::{MASTER_DATA, Name, Node, Shape};
use super::reader::Session;
use super::source::{DEPTH_MAX, Source};
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Prefixes that the context of EPCIS itself declares.
const BUILT_IN: &[(&str, &str)] = &[
    ("cbv", "https://ref.gs1.org/cbv/"),
    ("cbvmda", MASTER_DATA),
    ("dcterms", "http://purl.org/dc/terms/"),
    ("epcis", "https://ref.gs1.org/epcis/"),
    ("gs1", "https://gs1.org/voc/"),
    ("owl", "http://www.w3.org/2002/07/owl#"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// Reads all that is in the source.
pub(super) fn read(mut source: Source, session: &mut Session) -> Result<(), String> {
    loop {
        match source
            .peek()
            .map_err(|why| format!("The input cannot be read: {why}."))?
        {
            None => return Ok(()),
            Some(b'{' | b'[') => {}
            Some(_) => {
                return Err(
                    "Behind the document stands something that is no JSON object.".to_owned(),
                );
            }
        }
        let mut state = State {
            session,
            contexts: Contexts::default(),
            listed: false,
        };
        state.session.meter.renew();
        let first = state.session.meter.line();
        let mut deserializer = serde_json::Deserializer::from_reader(&mut source);
        let read = Top(&mut state).deserialize(&mut deserializer);
        read.map_err(|why| {
            // The library reads on a little before it gives up; it knows the line better.
            let line = (why.line() as u64)
                .checked_sub(1)
                .map(|lines| first + lines);
            session.broken_line = line;
            reason(&why)
        })?;
    }
}

/// The library's reason without its count of lines, which begins anew with every document of a stream.
fn reason(why: &serde_json::Error) -> String {
    let text = why.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(text, _)| text);
    match why.classify() {
        serde_json::error::Category::Eof => "The document ends before it is complete.".to_owned(),
        serde_json::error::Category::Io => format!("The input cannot be read: {text}."),
        _ => format!("This is no right JSON: {text}."),
    }
}

struct State<'s, 'e> {
    session: &'s mut Session<'e>,
    contexts: Contexts,
    /// The list of events was seen.
    listed: bool,
}

/// What prefixes stand for.
#[derive(Debug, Clone, Default)]
struct Contexts {
    own: BTreeMap<String, String>,
    /// A context is named that is not in the document: its prefixes are not known here.
    elsewhere: bool,
    /// Any context was given.
    given: bool,
    /// Prefixes of events that came before the context.
    awaited: BTreeSet<String>,
}

/// Prefixes whose declaration is waited for.
const AWAITED_MAX: usize = 100;

impl Contexts {
    /// Takes the value of `@context` in.
    fn take(&mut self, node: &Node) {
        self.given = true;
        match node.shape {
            Shape::Text => self.elsewhere |= !node.text.contains("ref.gs1.org/standards/epcis/"),
            Shape::Array => node.children.iter().for_each(|child| self.take(child)),
            Shape::Object => {
                for child in &node.children {
                    let long = child.child("@id").map_or(&child.text, |id| &id.text);
                    self.own.insert(child.name.local.clone(), long.clone());
                }
            }
            _ => {}
        }
    }

    fn namespace(&self, prefix: &str) -> Option<&str> {
        let built_in = || {
            let found = BUILT_IN.iter().find(|(known, _)| *known == prefix);
            found.map(|(_, namespace)| *namespace)
        };
        let own = self.own.get(prefix).map(String::as_str);
        own.or_else(built_in).map(Name::kept)
    }

    /// Finds the namespaces of all names in a tree.
    fn resolve(&mut self, node: &mut Node, findings: &mut Findings) {
        if !node.name.prefix.is_empty() {
            match self.namespace(&node.name.prefix) {
                Some(namespace) => node.name.namespace = namespace.to_owned(),
                None if matches!(node.name.prefix.as_str(), "http" | "https" | "urn") => {
                    whole(&mut node.name)
                }
                None if self.elsewhere => {}
                None if !self.given => {
                    if self.awaited.len() < AWAITED_MAX {
                        self.awaited.insert(node.name.prefix.clone());
                    }
                }
                None => {
                    let text = format!(
                        "The prefix \"{}\" of \"{}\" is not declared in @context.",
                        shown(&node.name.prefix),
                        shown(&node.name.local)
                    );
                    findings.add(Rule::UnknownPrefix, text);
                }
            }
        }
        for child in &mut node.children {
            self.resolve(child, findings);
        }
    }
}

/// A name written as a whole URI: what stands behind the last `/`, `#` or `:` is the local name.
fn whole(name: &mut Name) {
    let uri = format!("{}:{}", name.prefix, name.local);
    let cut = uri.rfind(['/', '#', ':']).map_or(0, |at| at + 1);
    *name = Name {
        prefix: String::new(),
        namespace: uri[..cut].to_owned(),
        local: uri[cut..].to_owned(),
    };
}

fn named(key: &str) -> Name {
    match key.split_once(':') {
        Some((prefix, local)) if !prefix.is_empty() => Name {
            prefix: prefix.to_owned(),
            namespace: String::new(),
            local: local.to_owned(),
        },
        _ => Name::bare(key),
    }
}

/// A tree of whatever comes.
struct Tree {
    name: Name,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Tree {
    type Value = Node;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Node, D::Error> {
        from.deserialize_any(self)
    }
}

impl Tree {
    fn leaf(self, shape: Shape, text: String) -> Node {
        Node {
            name: self.name,
            shape,
            text,
            children: Vec::new(),
        }
    }

    fn below<E: serde::de::Error>(&self) -> Result<usize, E> {
        match self.depth < DEPTH_MAX {
            true => Ok(self.depth + 1),
            false => Err(E::custom(format!(
                "it is nested more than {DEPTH_MAX} deep"
            ))),
        }
    }
}

impl<'de> Visitor<'de> for Tree {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Node, E> {
        let bad = |c: char| {
            c.is_control() && !"\t\r\n".contains(c) || ('\u{fffe}'..='\u{ffff}').contains(&c)
        };
        if text.contains(bad) {
            return Err(E::custom(
                "a text holds a control character, which no EPCIS document may",
            ));
        }
        Ok(self.leaf(Shape::Text, text.to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(self.leaf(Shape::Boolean, value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(self.leaf(Shape::Number, value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(self.leaf(Shape::Number, value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(self.leaf(Shape::Number, value.to_string()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(self.leaf(Shape::Null, String::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let depth = self.below()?;
        let mut children = Vec::new();
        let item = || Tree {
            name: Name::default(),
            depth,
        };
        while let Some(child) = items.next_element_seed(item())? {
            children.push(child);
        }
        Ok(Node {
            children,
            ..self.leaf(Shape::Array, String::new())
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let depth = self.below()?;
        let mut children = Vec::new();
        while let Some(key) = members.next_key::<String>()? {
            let name = named(&key);
            children.push(members.next_value_seed(Tree { name, depth })?);
        }
        Ok(Node {
            children,
            ..self.leaf(Shape::Object, String::new())
        })
    }
}

/// A document, a bare event, or a list of bare events.
struct Top<'t, 's, 'e>(&'t mut State<'s, 'e>);

impl<'de> DeserializeSeed<'de> for Top<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an EPCIS document, an event or a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        Events(self.0).visit_seq(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let state = self.0;
        let line = state.session.meter.line();
        let mut rest = Vec::new();
        let mut body = false;
        while let Some(key) = members.next_key::<String>()? {
            let name = named(&key);
            match key.as_str() {
                "epcisBody" => {
                    body = true;
                    members.next_value_seed(Body { state, depth: 0 })?;
                    state.session.meter.renew();
                }
                "epcisHeader" => {
                    state.session.meter.suspend();
                    members.next_value::<IgnoredAny>()?;
                    state.session.meter.renew();
                }
                "@context" => state
                    .contexts
                    .take(&members.next_value_seed(Tree { name, depth: 0 })?),
                _ => {
                    let node = members.next_value_seed(Tree { name, depth: 0 })?;
                    let text = node.text.as_str();
                    match key.as_str() {
                        "schemaVersion" => {
                            state.session.summary.header.version = Some(text.to_owned())
                        }
                        "creationDate" => state.session.summary.header.created = text.parse().ok(),
                        _ => {}
                    }
                    rest.push(node);
                }
            }
        }
        let document = Node {
            shape: Shape::Object,
            children: rest,
            ..Node::default()
        };
        let kind = document.child("type").map(|node| node.text.clone());
        match kind.as_deref() {
            Some("EPCISDocument" | "EPCISQueryDocument") => state.document(&document, body),
            _ if body => state
                .session
                .document("The document has no type: \"EPCISDocument\" is wanted."),
            _ => state.event(document, line).map_err(A::Error::custom)?,
        }
        Ok(())
    }
}

impl State<'_, '_> {
    /// What a document says of itself.
    fn document(&mut self, document: &Node, body: bool) {
        let query = document
            .child("type")
            .is_some_and(|kind| kind.text == "EPCISQueryDocument");
        let header = self.session.summary.header.clone();
        if !self.contexts.given {
            self.session.document("The document has no @context.");
        }
        let contexts = &self.contexts;
        let missing = contexts
            .awaited
            .iter()
            .find(|prefix| contexts.namespace(prefix).is_none() && !contexts.elsewhere);
        if let Some(prefix) = missing.filter(|_| contexts.given) {
            let text = format!(
                "The prefix \"{}\" is not declared in @context.",
                shown(prefix)
            );
            self.session.document(text);
        }
        if !body {
            self.session.document("The document has no epcisBody.");
        } else if !self.listed {
            self.session.unlisted();
        }
        let version = header.version.as_deref();
        if version.is_none() && !query {
            self.session.document("The document has no schemaVersion.");
        }
        if version.is_some_and(|version| !version.starts_with("2.")) {
            self.session
                .document("The schemaVersion of a JSON document is 2.0.");
        }
        let dated = document.child("creationDate").is_some();
        if dated && header.created.is_none() {
            self.session
                .document("creationDate is no time with a zone.");
        }
        if !dated && !query {
            self.session.document("The document has no creationDate.");
        }
    }

    /// An event with the contexts known so far.
    fn event(&mut self, mut node: Node, line: u64) -> Result<(), String> {
        let mut findings = self.session.next(line);
        let own = node
            .children
            .iter()
            .position(|child| child.name.local == "@context");
        match own.map(|at| node.children.remove(at)) {
            Some(own) => {
                let mut contexts = self.contexts.clone();
                contexts.take(&own);
                contexts.resolve(&mut node, &mut findings);
            }
            None => self.contexts.resolve(&mut node, &mut findings),
        }
        let mut kind = None;
        match node.child("type").map(|kind| kind.text.clone()) {
            _ if node.shape != Shape::Object => {
                findings.add(Rule::EventType, "An event is an object.")
            }
            None => findings.add(Rule::EventType, "The event has no type."),
            Some(name) => {
                kind = Kind::of_name(&name);
                if kind.is_none() && !name.contains(':') {
                    let text = format!("EPCIS has no events of the type \"{}\".", shown(&name));
                    findings.add(Rule::EventType, text);
                }
            }
        }
        self.session.give(kind, node, Syntax::Json, findings)
    }
}

/// What holds the list of events.
struct Body<'t, 's, 'e> {
    state: &'t mut State<'s, 'e>,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Body<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Body<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object with an eventList")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Body { state, depth } = self;
        while let Some(key) = members.next_key::<String>()? {
            match key.as_str() {
                "eventList" => {
                    state.listed = true;
                    members.next_value_seed(Events(state))?;
                }
                "queryResults" | "resultsBody" if depth < DEPTH_MAX => {
                    let depth = depth + 1;
                    members.next_value_seed(Body { state, depth })?;
                }
                _ => {
                    state.session.meter.suspend();
                    members.next_value::<IgnoredAny>()?;
                }
            }
            state.session.meter.renew();
        }
        Ok(())
    }
}

/// The list of events.
struct Events<'t, 's, 'e>(&'t mut State<'s, 'e>);

impl<'de> DeserializeSeed<'de> for Events<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Events<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let state = self.0;
        loop {
            state.session.meter.renew();
            let Some((line, node)) = items.next_element_seed(Placed(state))? else {
                return Ok(());
            };
            state.event(node, line).map_err(A::Error::custom)?;
        }
    }
}

/// A tree with the line it begins in.
struct Placed<'t, 's, 'e>(&'t State<'s, 'e>);

impl<'de> DeserializeSeed<'de> for Placed<'_, '_, '_> {
    type Value = (u64, Node);
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(u64, Node), D::Error> {
        let line = self.0.session.meter.line();
        let tree = Tree {
            name: Name::default(),
            depth: 0,
        };
        Ok((line, tree.deserialize(from)?))
    }
}
