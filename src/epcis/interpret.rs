//! From the tree of one event to the event, with everything that is wrong about it. PURE.
//!
//! Reading is generous, so that one look finds all mistakes: a field that cannot be understood is a finding and is left
//! out. An event with findings is shown as far as it could be read, never taken over.

use super::event::{
    Action, ErrorDeclaration, Event, Kind, PersistentDisposition, Place, Quantity, Typed,
};
use super::fields::{self, Field};
use super::finding::{Findings, Rule, shown};
use super::identifier::{Identifier, check_uri};
use super::node::{Node, Shape};
use super::sensor;
use super::time::{EventTime, ZoneOffset};
use super::vocabulary::{Vocabulary, Word, Written};

/// The syntax an event came in: some forms are right in one of them only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Json,
    Xml,
}

/// The event that `node` is, as far as it can be read; none when its type or time cannot.
pub(super) fn event(
    kind: Kind,
    node: Node,
    syntax: Syntax,
    findings: &mut Findings,
) -> Option<Event> {
    // What is missing is said below; an instant stands in until the real one is read.
    let epoch = EventTime::from_ms(0, ZoneOffset::UTC).expect("the epoch is in the calendar");
    let mut reading = Reading {
        event: Event::new(kind, epoch),
        syntax,
        seen: Vec::new(),
        timed: false,
        findings,
    };
    for child in node.children {
        reading.member(child);
    }
    reading.complete();
    reading.timed.then_some(reading.event)
}

struct Reading<'f> {
    event: Event,
    syntax: Syntax,
    seen: Vec<Field>,
    /// The time could be read.
    timed: bool,
    findings: &'f mut Findings,
}

impl Reading<'_> {
    fn add(&mut self, rule: Rule, text: impl Into<String>) {
        self.findings.add(rule, text);
    }

    /// A field, a wrapper of EPCIS 1.2, or what somebody else's namespace adds.
    fn member(&mut self, node: Node) {
        if !node.name.is_bare() {
            self.event.extensions.extend(node.flattened());
            return;
        }
        let local = node.name.local.as_str();
        if self.syntax == Syntax::Xml && matches!(local, "extension" | "baseExtension") {
            for child in node.children {
                self.member(child);
            }
            return;
        }
        if self.syntax == Syntax::Json && matches!(local, "type" | "@context") {
            return;
        }
        let kind = self.event.kind;
        let Some(field) = Field::of_name(kind, local) else {
            let text = format!(
                "{} has no field \"{}\"; fields of your own have a namespace, as in \"example:{}\".",
                kind.name(),
                shown(local),
                shown(local)
            );
            return self.add(Rule::UnknownField, text);
        };
        if self.seen.contains(&field)
            && !(field == Field::Certifications && self.syntax == Syntax::Xml)
        {
            return self.add(Rule::RepeatedField, format!("{local} stands twice."));
        }
        self.in_order(field);
        self.seen.push(field);
        self.field(field, node);
    }

    /// XML wants the order of the schema; what EPCIS 1.2 puts elsewhere is not looked at.
    fn in_order(&mut self, field: Field) {
        let kind = self.event.kind;
        let place = |field: Field| fields::of(kind).iter().position(|one| *one == field);
        let last = self
            .seen
            .iter()
            .rev()
            .find(|field| !field.since_2_0())
            .copied();
        if self.syntax == Syntax::Xml
            && !field.since_2_0()
            && let Some(last) = last
            && place(last) > place(field)
        {
            let text = format!(
                "{} stands behind {} and belongs before it.",
                field.name(kind),
                last.name(kind)
            );
            self.add(Rule::FieldOrder, text);
        }
    }

    fn field(&mut self, field: Field, node: Node) {
        let name = field.name(self.event.kind);
        match field {
            Field::Time => {
                if let Some(time) = self.time(name, &node) {
                    self.event.time = time;
                    self.timed = true;
                }
            }
            Field::Recorded => self.event.recorded = self.time(name, &node),
            Field::Zone => match self
                .text(name, &node)
                .map(|text| text.parse::<ZoneOffset>())
            {
                Some(Ok(zone)) => self.event.zone = zone,
                Some(Err(why)) => self.add(Rule::BadTime, why),
                None => {}
            },
            Field::Id => self.event.id = self.uri(name, &node),
            Field::Error => self.error(node),
            Field::Certifications => {
                let all = node.flattened();
                let found: Vec<String> =
                    all.iter().filter_map(|node| self.uri(name, node)).collect();
                self.event.certifications.extend(found);
            }
            Field::Action => self.action(&node),
            Field::Parent => self.event.parent = self.identifier(name, &node),
            Field::Epcs => self.event.epcs = self.identifiers(name, &node),
            Field::Outputs => self.event.outputs = self.identifiers(name, &node),
            Field::Quantities => self.event.quantities = self.quantities(name, node),
            Field::OutputQuantities => self.event.output_quantities = self.quantities(name, node),
            Field::Transformation => self.event.transformation = self.uri(name, &node),
            Field::BizStep => self.event.biz_step = self.word(Vocabulary::BizStep, &node),
            Field::Disposition => {
                self.event.disposition = self.word(Vocabulary::Disposition, &node)
            }
            Field::Persistent => self.persistent(node),
            Field::ReadPoint => self.event.read_point = self.place(name, node),
            Field::BizLocation => self.event.biz_location = self.place(name, node),
            Field::Transactions => {
                self.event.transactions =
                    self.typed(name, "bizTransaction", Vocabulary::TransactionType, node);
            }
            Field::Sources => {
                self.event.sources = self.typed(name, "source", Vocabulary::SourceDestType, node)
            }
            Field::Destinations => {
                self.event.destinations =
                    self.typed(name, "destination", Vocabulary::SourceDestType, node);
            }
            Field::Sensors => {
                self.event.sensors = self.items(name, "sensorElement", node);
                self.event.sensors.iter_mut().for_each(sensor::bare_words);
            }
            Field::Ilmd => self.ilmd(node),
        }
    }

    /// What must be there together.
    fn complete(&mut self) {
        let kind = self.event.kind;
        let seen = |field: Field| self.seen.contains(&field);
        let needed = [
            (Field::Time, true),
            (Field::Zone, true),
            (Field::Action, kind != Kind::Transformation),
            (Field::Transactions, kind == Kind::Transaction),
        ];
        let missing = needed
            .into_iter()
            .filter(|(field, needed)| *needed && !seen(*field));
        let mut missing: Vec<String> = missing
            .map(|(field, _)| field.name(kind).to_owned())
            .collect();
        let things: &[Field] = match kind {
            Kind::Object => &[Field::Epcs, Field::Quantities, Field::Sensors],
            Kind::Aggregation if self.event.action == Some(Action::Add) => {
                &[Field::Epcs, Field::Quantities]
            }
            Kind::Transformation => &[Field::Epcs, Field::Quantities, Field::Transformation],
            _ => &[],
        };
        if !things.is_empty() && !things.iter().any(|field| seen(*field)) {
            let names: Vec<&str> = things.iter().map(|field| field.name(kind)).collect();
            missing.push(names.join(" or "));
        }
        let outputs = [
            Field::Outputs,
            Field::OutputQuantities,
            Field::Transformation,
        ];
        if kind == Kind::Transformation && !outputs.iter().any(|field| seen(*field)) {
            missing.push("outputEPCList or outputQuantityList".to_owned());
        }
        for name in missing {
            self.add(Rule::MissingField, format!("{} needs {name}.", kind.name()));
        }
        let adds = matches!(self.event.action, Some(Action::Add)) || kind == Kind::Transformation;
        if !self.event.ilmd.is_empty() && !adds && self.event.action.is_some() {
            let text =
                "ilmd comes with action ADD only: lot and expiry are given once, at commissioning.";
            self.add(Rule::IlmdWithoutAdd, text);
        }
    }

    /// The text of a node that is nothing but one.
    fn text<'n>(&mut self, name: &str, node: &'n Node) -> Option<&'n str> {
        if node.shape != Shape::Text {
            self.add(Rule::BadValue, format!("{name} is a text."));
            return None;
        }
        if node.text.is_empty() {
            self.add(Rule::BadValue, format!("{name} is empty."));
            return None;
        }
        Some(&node.text)
    }

    fn time(&mut self, name: &str, node: &Node) -> Option<EventTime> {
        let text = self.text(name, node)?;
        match text.parse::<EventTime>() {
            Ok(time) => Some(time),
            Err(why) => {
                let text = format!("{name} {} {why}.", shown(text));
                self.add(Rule::BadTime, text);
                None
            }
        }
    }

    fn uri(&mut self, name: &str, node: &Node) -> Option<String> {
        let text = self.text(name, node)?;
        match check_uri(text) {
            Ok(()) => Some(text.to_owned()),
            Err(why) => {
                self.add(
                    Rule::BadIdentifier,
                    format!("{name} {} {why}.", shown(text)),
                );
                None
            }
        }
    }

    fn identifier(&mut self, name: &str, node: &Node) -> Option<Identifier> {
        let text = self.text(name, node)?;
        match Identifier::parse(text) {
            Ok(identifier) => Some(identifier),
            Err(why) => {
                self.add(
                    Rule::BadIdentifier,
                    format!("{name} {} {why}.", shown(text)),
                );
                None
            }
        }
    }

    fn identifiers(&mut self, name: &str, node: &Node) -> Vec<Identifier> {
        if !self.is_list(name, node) {
            return Vec::new();
        }
        let mut found = Vec::with_capacity(node.children.len());
        for child in &node.children {
            if self.is_item("epc", child) {
                found.extend(self.identifier(name, child));
            }
        }
        found
    }

    /// A list in JSON, elements in XML; an empty element is an empty list.
    fn is_list(&mut self, name: &str, node: &Node) -> bool {
        let list = match self.syntax {
            Syntax::Json => node.shape == Shape::Array,
            Syntax::Xml => node.is_group() || node.text.is_empty(),
        };
        if !list {
            self.add(Rule::BadValue, format!("{name} is a list."));
        }
        list
    }

    /// Whether a child of a list is an item of it; in XML anything else belongs to somebody else's namespace.
    fn is_item(&self, item: &str, child: &Node) -> bool {
        self.syntax == Syntax::Json || child.name.is(item)
    }

    fn items(&mut self, name: &str, item: &str, node: Node) -> Vec<Node> {
        if !self.is_list(name, &node) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for mut child in node.children {
            if self.is_item(item, &child) {
                child.name = super::node::Name::bare(item);
                found.extend(child.flattened());
            }
        }
        found
    }

    fn place(&mut self, name: &str, node: Node) -> Option<Place> {
        let Some(id) = node.child("id") else {
            self.add(Rule::BadValue, format!("{name} has an id."));
            return None;
        };
        let id = self.identifier(name, id)?;
        let own = node
            .children
            .into_iter()
            .filter(|child| !child.name.is_bare());
        let extensions = own.flat_map(Node::flattened).collect();
        Some(Place { id, extensions })
    }

    fn word(&mut self, vocabulary: Vocabulary, node: &Node) -> Option<Word> {
        let name = vocabulary.called();
        let text = self.text(name, node)?;
        match Word::parse(vocabulary, text) {
            Ok((word, written)) => {
                let urn_in_json = self.syntax == Syntax::Json && written == Written::Urn;
                let bare_in_xml = self.syntax == Syntax::Xml && written == Written::Bare;
                if urn_in_json {
                    let text = format!(
                        "{name} {} is written bare in JSON: \"{word}\".",
                        shown(text)
                    );
                    self.add(Rule::WordForm, text);
                }
                if bare_in_xml {
                    let (stem, word) = word.urn(vocabulary);
                    let text = format!(
                        "{name} {} is written as a URI in XML: {stem}{word}.",
                        shown(text)
                    );
                    self.add(Rule::WordForm, text);
                }
                if let Word::Own(uri) = &word
                    && let Err(why) = check_uri(uri)
                {
                    self.add(Rule::BadIdentifier, format!("{name} {} {why}.", shown(uri)));
                }
                Some(word)
            }
            Err(unknown) => {
                let meant = match unknown.meant {
                    Some(word) => format!(" Did you mean \"{word}\"?"),
                    None => " A word of your own is a URI.".to_owned(),
                };
                let text = format!(
                    "\"{}\" is no {name} of the Core Business Vocabulary.{meant}",
                    shown(&unknown.word)
                );
                self.add(Rule::UnknownWord, text);
                None
            }
        }
    }

    fn action(&mut self, node: &Node) {
        if let Some(text) = self.text("action", node) {
            self.event.action = Action::of_name(text);
            if self.event.action.is_none() {
                let text = format!(
                    "The action is ADD, OBSERVE or DELETE, not \"{}\".",
                    shown(text)
                );
                self.add(Rule::BadAction, text);
            }
        }
    }

    fn quantities(&mut self, name: &str, node: Node) -> Vec<Quantity> {
        let mut found = Vec::new();
        for item in self.items(name, "quantityElement", node) {
            found.extend(self.quantity(name, &item));
        }
        found
    }

    fn quantity(&mut self, name: &str, item: &Node) -> Option<Quantity> {
        let known = ["epcClass", "quantity", "uom"];
        for child in item
            .children
            .iter()
            .filter(|child| !known.iter().any(|known| child.name.is(known)))
        {
            let text = format!(
                "{name} has epcClass, quantity and uom, and no \"{}\".",
                shown(&child.name.local)
            );
            self.add(Rule::UnknownField, text);
        }
        let Some(class) = item.child("epcClass") else {
            self.add(Rule::MissingField, format!("{name} needs epcClass."));
            return None;
        };
        let class = self.identifier("epcClass", class);
        // XML writes an unknown quantity as nil.
        let amount = item
            .child("quantity")
            .filter(|node| node.shape != Shape::Null);
        let amount = amount.and_then(|node| {
            let wanted = match self.syntax {
                Syntax::Json => Shape::Number,
                Syntax::Xml => Shape::Text,
            };
            let right = node.shape == wanted && is_decimal(&node.text);
            if !right {
                self.add(
                    Rule::BadValue,
                    format!("quantity is a decimal number, not {}.", shown(&node.text)),
                );
            }
            right.then(|| node.text.clone())
        });
        let unit = item
            .child("uom")
            .and_then(|node| self.text("uom", node))
            .map(str::to_owned);
        let class = class?;
        Some(Quantity {
            class,
            amount,
            unit,
        })
    }

    fn typed(&mut self, list: &str, item: &str, vocabulary: Vocabulary, node: Node) -> Vec<Typed> {
        let mut found = Vec::new();
        let items = self.items(list, item, node);
        if items.is_empty() && self.event.kind == Kind::Transaction && item == "bizTransaction" {
            self.add(
                Rule::BadValue,
                "A TransactionEvent has at least one bizTransaction.",
            );
        }
        for node in items {
            let kind = node
                .child("type")
                .and_then(|kind| self.word(vocabulary, kind));
            if node.child("type").is_none() && vocabulary == Vocabulary::SourceDestType {
                self.add(Rule::MissingField, format!("{item} needs a type."));
            }
            // Beside its type an element of XML has its text, an object of JSON a field of its own.
            let written = node
                .child(item)
                .cloned()
                .unwrap_or_else(|| Node::text(node.name.clone(), node.text.clone()));
            // Not every party and transaction has a key of GS1: here a URI will do.
            if let Some(id) = self.identifier(item, &written) {
                found.push(Typed { kind, id });
            }
        }
        found
    }

    fn persistent(&mut self, node: Node) {
        let mut both = PersistentDisposition::default();
        for child in node.children.into_iter().flat_map(Node::flattened) {
            let into = match child.name.local.as_str() {
                "set" => &mut both.set,
                "unset" => &mut both.unset,
                _ => continue,
            };
            let word = self.word(Vocabulary::Disposition, &child);
            into.extend(word);
        }
        self.event.persistent = both;
    }

    fn error(&mut self, node: Node) {
        let Some(said) = node.child("declarationTime") else {
            return self.add(
                Rule::MissingField,
                "errorDeclaration needs declarationTime.",
            );
        };
        let time = self.time("declarationTime", said);
        let reason = node
            .child("reason")
            .and_then(|reason| self.word(Vocabulary::ErrorReason, reason));
        let listed = node
            .child("correctiveEventIDs")
            .map_or(&[][..], |list| &list.children);
        let corrective = listed
            .iter()
            .filter_map(|id| self.uri("correctiveEventIDs", id))
            .collect();
        let own = node
            .children
            .into_iter()
            .filter(|child| !child.name.is_bare());
        let extensions = own.flat_map(Node::flattened).collect();
        self.event.error = time.map(|time| ErrorDeclaration {
            time,
            reason,
            corrective,
            extensions,
        });
    }

    fn ilmd(&mut self, node: Node) {
        for child in node.children {
            if child.name.is_bare()
                && !(self.syntax == Syntax::Xml && child.name.local == "extension")
            {
                let text = format!(
                    "Fields of ilmd have a namespace, as in \"cbvmda:lotNumber\": \"{}\" has none.",
                    shown(&child.name.local)
                );
                self.add(Rule::UnknownField, text);
                continue;
            }
            self.event.ilmd.extend(child.flattened());
        }
    }
}

/// Whether a text is a decimal number as XML Schema and JSON both write it.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    all(whole)
        && all(fraction)
        && (!whole.is_empty() || digits.contains('.') && !fraction.is_empty())
}
