//! One event: what, when, where and why, in the terms of EPCIS 2.0. PURE.
//!
//! All types of events are one value: the types differ in which of its fields they have ([`Kind::has`]). Every writer
//! and every reader goes by this value, so an event is the same in all syntaxes.

use super::identifier::Identifier;
use super::node::{MASTER_DATA, Name, Node};
use super::time::{EventTime, ZoneOffset};
use super::vocabulary::Word;

/// A type of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Something happened to things.
    Object,
    /// Things were packed into or out of a parent.
    Aggregation,
    /// Things were tied to business transactions.
    Transaction,
    /// Things became other things.
    Transformation,
    /// Things were fixed to a parent or place (EPCIS 2.0 only).
    Association,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 5] = [
        Kind::Object,
        Kind::Aggregation,
        Kind::Transaction,
        Kind::Transformation,
        Kind::Association,
    ];

    /// Its name in every syntax.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Object => "ObjectEvent",
            Kind::Aggregation => "AggregationEvent",
            Kind::Transaction => "TransactionEvent",
            Kind::Transformation => "TransformationEvent",
            Kind::Association => "AssociationEvent",
        }
    }

    /// The type of this name.
    pub fn of_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What an event does to the things it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// They begin to be there, or to be in a parent.
    Add,
    /// They were seen.
    Observe,
    /// They cease to be there, or to be in a parent.
    Delete,
}

impl Action {
    /// Its name in every syntax.
    pub fn name(self) -> &'static str {
        match self {
            Action::Add => "ADD",
            Action::Observe => "OBSERVE",
            Action::Delete => "DELETE",
        }
    }

    /// The action of this name.
    pub fn of_name(name: &str) -> Option<Action> {
        let all = [Action::Add, Action::Observe, Action::Delete];
        all.into_iter().find(|action| action.name() == name)
    }
}

/// So many of a class: all of a lot, or of a product.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Quantity {
    /// The class.
    pub class: Identifier,
    /// How many or how much, as a decimal number; none where it is not known.
    pub amount: Option<String>,
    /// The unit (UN/ECE Recommendation 20); none where pieces are counted.
    pub unit: Option<String>,
}

/// A business transaction, a source or a destination with its type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Typed {
    /// What it is.
    pub kind: Option<Word>,
    /// Which it is.
    pub id: Identifier,
}

/// Where something was seen, or is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// Which place.
    pub id: Identifier,
    /// What somebody else's namespaces add.
    pub extensions: Vec<Node>,
}

impl From<Identifier> for Place {
    fn from(id: Identifier) -> Place {
        let extensions = Vec::new();
        Place { id, extensions }
    }
}

/// A word that an event of this id was wrong.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ErrorDeclaration {
    /// When that was said.
    pub time: EventTime,
    /// Why it was wrong.
    pub reason: Option<Word>,
    /// The events that say it right.
    pub corrective: Vec<String>,
    /// What somebody else's namespaces add.
    pub extensions: Vec<Node>,
}

/// States that hold until another event takes them back.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct PersistentDisposition {
    /// Those that begin.
    pub set: Vec<Word>,
    /// Those that end.
    pub unset: Vec<Word>,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Event {
    /// Its type.
    pub kind: Kind,
    /// When it happened.
    pub time: EventTime,
    /// When a repository took it.
    pub recorded: Option<EventTime>,
    /// The zone of the place where it happened.
    pub zone: ZoneOffset,
    /// Its id, a URI.
    pub id: Option<String>,
    /// That it was wrong.
    pub error: Option<ErrorDeclaration>,
    /// Certificates, as URIs.
    pub certifications: Vec<String>,
    /// What it does; none for a transformation.
    pub action: Option<Action>,
    /// What contains the things.
    pub parent: Option<Identifier>,
    /// The things: `epcList`, `childEPCs` or `inputEPCList`.
    pub epcs: Vec<Identifier>,
    /// So many of classes: `quantityList`, `childQuantityList` or `inputQuantityList`.
    pub quantities: Vec<Quantity>,
    /// What things became.
    pub outputs: Vec<Identifier>,
    /// So many of classes that things became.
    pub output_quantities: Vec<Quantity>,
    /// The name that the parts of one transformation share.
    pub transformation: Option<String>,
    /// What was done.
    pub biz_step: Option<Word>,
    /// The state of the things afterwards.
    pub disposition: Option<Word>,
    /// States that outlast the next event.
    pub persistent: PersistentDisposition,
    /// Where it was seen.
    pub read_point: Option<Place>,
    /// Where things are afterwards.
    pub biz_location: Option<Place>,
    /// What it was done for.
    pub transactions: Vec<Typed>,
    /// Whom and where things come from.
    pub sources: Vec<Typed>,
    /// Whom and where things go to.
    pub destinations: Vec<Typed>,
    /// What sensors said, as it came.
    pub sensors: Vec<Node>,
    /// Master data of instance or lot.
    pub ilmd: Vec<Node>,
    /// What somebody else's namespaces add.
    pub extensions: Vec<Node>,
}

impl Event {
    /// An event with nothing in it but its type and time.
    pub fn new(kind: Kind, time: EventTime) -> Event {
        Event {
            kind,
            time,
            recorded: None,
            zone: time.zone(),
            id: None,
            error: None,
            certifications: Vec::new(),
            action: None,
            parent: None,
            epcs: Vec::new(),
            quantities: Vec::new(),
            outputs: Vec::new(),
            output_quantities: Vec::new(),
            transformation: None,
            biz_step: None,
            disposition: None,
            persistent: PersistentDisposition::default(),
            read_point: None,
            biz_location: None,
            transactions: Vec::new(),
            sources: Vec::new(),
            destinations: Vec::new(),
            sensors: Vec::new(),
            ilmd: Vec::new(),
            extensions: Vec::new(),
        }
    }

    /// The master data attribute of this name, such as `lotNumber`.
    pub fn master_data(&self, local: &str) -> Option<&str> {
        let named = |name: &Name| name.local == local && name.namespace == MASTER_DATA;
        let found = self.ilmd.iter().find(|node| named(&node.name));
        found.map(|node| node.text.as_str())
    }

    /// The lot of everything the event brings into being.
    pub fn lot(&self) -> Option<&str> {
        self.master_data("lotNumber")
    }

    /// The expiry date of everything the event brings into being, `YYYY-MM-DD`.
    pub fn expiry(&self) -> Option<&str> {
        self.master_data("itemExpirationDate")
    }
}
