//! EPCIS 1.2 and 2.0 in XML, read as a stream: of a document only the event at hand is in memory. PURE.
//!
//! Document types and entities of one's own are refused: no EPCIS document needs them, and they are how small
//! documents grow without bounds.

use super::event::Kind;
use super::finding::{Findings, Rule, shown};
use super::interpret::Syntax;
use super::node::{Name, Node, Shape};
use super::reader::Session;
use super::source::{DEPTH_MAX, Source};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event as Token};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

/// Namespaces of EPCIS itself: their names count as having none.
const OWN: &str = "urn:epcglobal:epcis";

/// Elements that hold events, or what holds them.
const ROOTS: &[&str] = &[
    "EPCISDocument",
    "EPCISQueryDocument",
    "EventList",
    "QueryResults",
];

/// Attributes of one element, and namespaces it declares.
const ATTRIBUTES_MAX: usize = 100;

/// Reads all that is in the source.
pub(super) fn read(source: Source, session: &mut Session) -> Result<(), String> {
    let mut reader = NsReader::from_reader(source);
    reader.config_mut().check_comments = true;
    reader
        .resolver_mut()
        .set_max_declarations_per_element(ATTRIBUTES_MAX);
    session.summary.header.xml = true;
    let mut walk = Walk {
        reader,
        session,
        buffer: Vec::new(),
        open: Vec::new(),
        rooted: false,
        listed: false,
    };
    while walk.step()? {}
    Ok(())
}

struct Walk<'r, 's, 'e> {
    reader: NsReader<Source<'r>>,
    session: &'s mut Session<'e>,
    buffer: Vec<u8>,
    /// Local names of the elements around, from the root on.
    open: Vec<String>,
    /// The root was seen.
    rooted: bool,
    /// Events, or the list of them, were seen.
    listed: bool,
}

/// A piece of XML as this reader sees it.
enum Piece {
    Open(Node),
    /// An element without content.
    Whole(Node),
    Close,
    Text(String),
    Nothing,
    End,
}

fn broken(why: &quick_xml::Error) -> String {
    match why {
        quick_xml::Error::Io(why) => format!("The input cannot be read: {why}."),
        other => format!("This is no right XML: {other}."),
    }
}

impl Walk<'_, '_, '_> {
    fn piece(&mut self) -> Result<Piece, String> {
        self.buffer.clear();
        let token = self.reader.read_event_into(&mut self.buffer);
        let token = token.map_err(|why| broken(&why))?;
        Ok(match token {
            Token::Start(start) => Piece::Open(element(&self.reader, &start)?),
            Token::Empty(start) => Piece::Whole(element(&self.reader, &start)?),
            Token::End(_) => Piece::Close,
            Token::Text(text) => {
                let text = text
                    .xml10_content()
                    .map_err(|why| format!("This is no UTF-8: {why}."))?;
                Piece::Text(checked(&text)?)
            }
            Token::CData(text) => {
                let text = text
                    .xml10_content()
                    .map_err(|why| format!("This is no UTF-8: {why}."))?;
                Piece::Text(checked(&text)?)
            }
            Token::GeneralRef(name) => {
                let character = name.resolve_char_ref().map_err(|why| broken(&why))?;
                let text = match (character, &*name) {
                    (Some(c), _) => c.to_string(),
                    (None, b"lt") => "<".to_owned(),
                    (None, b"gt") => ">".to_owned(),
                    (None, b"amp") => "&".to_owned(),
                    (None, b"apos") => "'".to_owned(),
                    (None, b"quot") => "\"".to_owned(),
                    (None, other) => {
                        let name = shown(&String::from_utf8_lossy(other));
                        return Err(format!(
                            "The entity &{name}; is refused: documents have none of their own."
                        ));
                    }
                };
                Piece::Text(checked(&text)?)
            }
            Token::DocType(_) => {
                return Err("A document type (<!DOCTYPE …>) is refused: take it out.".to_owned());
            }
            Token::Decl(declared) => {
                let encoding = declared.encoding().and_then(Result::ok);
                if encoding.is_some_and(|name| {
                    !name.eq_ignore_ascii_case(b"utf-8") && !name.eq_ignore_ascii_case(b"us-ascii")
                }) {
                    return Err("The document is not in UTF-8: convert it first.".to_owned());
                }
                Piece::Nothing
            }
            Token::Comment(_) | Token::PI(_) => Piece::Nothing,
            Token::Eof => Piece::End,
        })
    }

    /// One piece outside events; `false` at the end.
    fn step(&mut self) -> Result<bool, String> {
        self.session.meter.renew();
        let line = self.session.meter.line();
        match self.piece()? {
            Piece::Open(node) => self.opened(node, line, true)?,
            Piece::Whole(node) => self.opened(node, line, false)?,
            Piece::Close => {
                self.open.pop();
            }
            Piece::Text(text) => {
                if self.open.is_empty() && !text.trim().is_empty() {
                    return Err("Outside the root element stands a text.".to_owned());
                }
            }
            Piece::Nothing => {}
            Piece::End if !self.open.is_empty() || !self.rooted => {
                return Err("The document ends before it is complete.".to_owned());
            }
            Piece::End => {
                if !self.listed {
                    self.session.unlisted();
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn opened(&mut self, mut node: Node, line: u64, content: bool) -> Result<(), String> {
        let local = node.name.local.clone();
        let kind = Kind::of_name(&local).filter(|_| node.name.is_bare());
        self.listed |= kind.is_some() || local == "EventList";
        let in_list = self.open.last().is_some_and(|parent| parent == "EventList");
        if self.open.is_empty() {
            if self.rooted {
                return Err("There is more than one root element.".to_owned());
            }
            self.rooted = true;
            self.root(&node, kind);
            // Of an event that stands alone, these two are about the document.
            let about =
                |child: &Node| child.name.is("schemaVersion") || child.name.is("creationDate");
            node.children
                .retain(|child| kind.is_none() || !about(child));
        }
        if kind.is_some() || in_list && local != "extension" {
            let mut findings = self.session.next(line);
            let node = if content {
                self.rest_of(node, 1)?
            } else {
                node
            };
            if kind.is_none() && node.name.is_bare() {
                let text = format!("EPCIS has no events of the type \"{}\".", shown(&local));
                findings.add(Rule::EventType, text);
            }
            undeclared(&node, &mut findings);
            return self.session.give(kind, node, Syntax::Xml, findings);
        }
        if content {
            if self.open.len() >= DEPTH_MAX {
                return Err(format!("It is nested more than {DEPTH_MAX} deep."));
            }
            self.open.push(local);
        }
        Ok(())
    }

    /// What a document says of itself.
    fn root(&mut self, node: &Node, kind: Option<Kind>) {
        if kind.is_some() || matches!(node.name.local.as_str(), "EventList" | "QueryResults") {
            return;
        }
        if !node.name.is_bare() || !ROOTS.contains(&node.name.local.as_str()) {
            let text = format!(
                "The root element is EPCISDocument of {OWN}:xsd:1 or :2, not {}.",
                shown(&node.name.local)
            );
            return self.session.document(text);
        }
        let version = node.child("schemaVersion").map(|node| node.text.clone());
        match version.as_deref() {
            None => self.session.document("The document has no schemaVersion."),
            Some(version) if !version.starts_with("1.") && !version.starts_with("2.") => {
                self.session.document(format!(
                    "The schemaVersion is 1.2 or 2.0, not {}.",
                    shown(version)
                ));
            }
            Some(_) => {}
        }
        self.session.summary.header.version = version;
        match node.child("creationDate").map(|node| node.text.parse()) {
            None if node.name.local == "EPCISQueryDocument" => {}
            None => self.session.document("The document has no creationDate."),
            Some(Err(_)) => self
                .session
                .document("creationDate is no time with a zone."),
            Some(Ok(created)) => self.session.summary.header.created = Some(created),
        }
    }

    /// The content of an element whose start was read, up to its end.
    fn rest_of(&mut self, mut node: Node, depth: usize) -> Result<Node, String> {
        if depth > DEPTH_MAX {
            return Err(format!("It is nested more than {DEPTH_MAX} deep."));
        }
        let mut text = String::new();
        loop {
            match self.piece()? {
                Piece::Open(child) => {
                    let child = self.rest_of(child, depth + 1)?;
                    node.children.push(child);
                }
                Piece::Whole(child) => node.children.push(child),
                Piece::Text(more) => text.push_str(&more),
                Piece::Nothing => {}
                Piece::Close => break,
                Piece::End => return Err("The document ends before it is complete.".to_owned()),
            }
        }
        if !node.children.is_empty() {
            node.shape = Shape::Object;
        }
        node.text = text.trim_matches([' ', '\t', '\r', '\n']).to_owned();
        Ok(node)
    }
}

fn checked(text: &str) -> Result<String, String> {
    let bad = |c: char| {
        c.is_control() && !"\t\r\n\u{85}".contains(c) || ('\u{fffe}'..='\u{ffff}').contains(&c)
    };
    match text.contains(bad) {
        true => Err("A text holds a control character, which no EPCIS document may.".to_owned()),
        false => Ok(text.to_owned()),
    }
}

/// A prefix that stands for nothing is a broken document to XML; one finding says it for the event.
fn undeclared(node: &Node, findings: &mut Findings) {
    node.names(&mut |name| {
        if !name.prefix.is_empty() && name.namespace.is_empty() {
            let text = format!("The prefix \"{}\" is not declared.", shown(&name.prefix));
            findings.add(Rule::UnknownPrefix, text);
        }
    });
}

/// An element with its attributes as children; declarations of namespaces and schema places are none.
fn element(reader: &NsReader<Source>, start: &BytesStart) -> Result<Node, String> {
    let (namespace, local) = reader.resolver().resolve_element(start.name());
    let prefix = start.name().prefix();
    let prefix = prefix
        .map(|prefix| prefix.into_inner().to_vec())
        .unwrap_or_default();
    let mut node = Node {
        name: name(&namespace, &prefix, local.into_inner())?,
        ..Node::default()
    };
    let mut seen = 0;
    // The library compares every attribute with all before it, which takes long where there are many.
    for attribute in start.attributes().with_checks(false) {
        seen += 1;
        if seen > ATTRIBUTES_MAX {
            return Err(format!(
                "An element has more than {ATTRIBUTES_MAX} attributes."
            ));
        }
        let attribute = attribute.map_err(|why| format!("This is no right XML: {why}."))?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
        let prefix = attribute.key.prefix();
        let prefix = prefix
            .map(|prefix| prefix.into_inner().to_vec())
            .unwrap_or_default();
        let name = name(&namespace, &prefix, local.into_inner())?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = value.map_err(|why| broken(&why))?;
        if name.namespace == "http://www.w3.org/2001/XMLSchema-instance" {
            let nil = name.local == "nil" && matches!(&*value, "true" | "1");
            node.shape = if nil { Shape::Null } else { node.shape };
        } else if prefix != b"xml" {
            if node.children.iter().any(|before| before.name == name) {
                return Err(format!(
                    "The attribute {} stands twice.",
                    shown(&name.local)
                ));
            }
            node.children.push(Node::text(name, checked(&value)?));
        }
    }
    if !node.children.is_empty() {
        node.shape = Shape::Object;
    }
    Ok(node)
}

fn name(namespace: &ResolveResult, prefix: &[u8], local: &[u8]) -> Result<Name, String> {
    let utf8 = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).map_err(|_| "A name is no UTF-8.".to_owned())?;
        Ok::<String, String>(text.to_owned())
    };
    let namespace = match namespace {
        ResolveResult::Bound(namespace) => Name::kept(&utf8(namespace.into_inner())?).to_owned(),
        ResolveResult::Unbound | ResolveResult::Unknown(_) => String::new(),
    };
    let local = utf8(local)?;
    if namespace.starts_with(OWN) {
        return Ok(Name::bare(&local));
    }
    let prefix = utf8(prefix)?;
    Ok(Name {
        prefix,
        namespace,
        local,
    })
}
