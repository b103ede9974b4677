//! Which fields a type of event has, what they are called, and in which order XML wants them. PURE.
//!
//! The order of EPCIS 2.0 is that of the table; EPCIS 1.2 wraps some of it (`baseExtension`, `extension`) and knows
//! less: what it lacks is said by [`Field::since_2_0`]. Writers and the hash go by [`Field::content`].

use super::event::{ErrorDeclaration, Event, Kind, PersistentDisposition, Place, Quantity, Typed};
use super::identifier::Identifier;
use super::node::Node;
use super::time::EventTime;
use super::vocabulary::{Vocabulary, Word};
use std::borrow::Cow;

/// A field of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Field {
    Time,
    Recorded,
    Zone,
    Id,
    Error,
    Certifications,
    Action,
    Parent,
    Epcs,
    Quantities,
    Outputs,
    OutputQuantities,
    Transformation,
    BizStep,
    Disposition,
    ReadPoint,
    BizLocation,
    Transactions,
    Sources,
    Destinations,
    Sensors,
    Persistent,
    Ilmd,
}

use Field::{
    Action, BizLocation, BizStep, Certifications, Destinations, Disposition, Epcs, Error, Id, Ilmd,
    OutputQuantities, Outputs, Parent, Persistent, Quantities, ReadPoint, Recorded, Sensors,
    Sources, Time, Transactions, Transformation, Zone,
};

const OBJECT: &[Field] = &[
    Time,
    Recorded,
    Zone,
    Id,
    Error,
    Certifications,
    Epcs,
    Action,
    BizStep,
    Disposition,
    ReadPoint,
    BizLocation,
    Transactions,
    Quantities,
    Sources,
    Destinations,
    Sensors,
    Persistent,
    Ilmd,
];

const AGGREGATION: &[Field] = &[
    Time,
    Recorded,
    Zone,
    Id,
    Error,
    Certifications,
    Parent,
    Epcs,
    Action,
    BizStep,
    Disposition,
    ReadPoint,
    BizLocation,
    Transactions,
    Quantities,
    Sources,
    Destinations,
    Sensors,
    Persistent,
];

const TRANSACTION: &[Field] = &[
    Time,
    Recorded,
    Zone,
    Id,
    Error,
    Certifications,
    Transactions,
    Parent,
    Epcs,
    Action,
    BizStep,
    Disposition,
    ReadPoint,
    BizLocation,
    Quantities,
    Sources,
    Destinations,
    Sensors,
    Persistent,
];

const TRANSFORMATION: &[Field] = &[
    Time,
    Recorded,
    Zone,
    Id,
    Error,
    Certifications,
    Epcs,
    Quantities,
    Outputs,
    OutputQuantities,
    Transformation,
    BizStep,
    Disposition,
    ReadPoint,
    BizLocation,
    Transactions,
    Sources,
    Destinations,
    Sensors,
    Persistent,
    Ilmd,
];

const ASSOCIATION: &[Field] = &[
    Time,
    Recorded,
    Zone,
    Id,
    Error,
    Certifications,
    Parent,
    Epcs,
    Quantities,
    Action,
    BizStep,
    Disposition,
    ReadPoint,
    BizLocation,
    Transactions,
    Sources,
    Destinations,
    Sensors,
    Persistent,
];

/// The fields of a type of event, in the order of XML.
pub(super) fn of(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Object => OBJECT,
        Kind::Aggregation => AGGREGATION,
        Kind::Transaction => TRANSACTION,
        Kind::Transformation => TRANSFORMATION,
        Kind::Association => ASSOCIATION,
    }
}

impl Field {
    /// What it is called in an event of this type.
    pub(super) fn name(self, kind: Kind) -> &'static str {
        let packs = matches!(kind, Kind::Aggregation | Kind::Association);
        match self {
            Time => "eventTime",
            Recorded => "recordTime",
            Zone => "eventTimeZoneOffset",
            Id => "eventID",
            Error => "errorDeclaration",
            Certifications => "certificationInfo",
            Action => "action",
            Parent => "parentID",
            Epcs if packs => "childEPCs",
            Epcs if kind == Kind::Transformation => "inputEPCList",
            Epcs => "epcList",
            Quantities if packs => "childQuantityList",
            Quantities if kind == Kind::Transformation => "inputQuantityList",
            Quantities => "quantityList",
            Outputs => "outputEPCList",
            OutputQuantities => "outputQuantityList",
            Transformation => "transformationID",
            BizStep => "bizStep",
            Disposition => "disposition",
            ReadPoint => "readPoint",
            BizLocation => "bizLocation",
            Transactions => "bizTransactionList",
            Sources => "sourceList",
            Destinations => "destinationList",
            Sensors => "sensorElementList",
            Persistent => "persistentDisposition",
            Ilmd => "ilmd",
        }
    }

    /// The field of this name in an event of this type.
    pub(super) fn of_name(kind: Kind, name: &str) -> Option<Field> {
        of(kind)
            .iter()
            .copied()
            .find(|field| field.name(kind) == name)
    }

    /// Whether EPCIS 1.2 has no such field.
    pub(super) fn since_2_0(self) -> bool {
        matches!(self, Certifications | Sensors | Persistent)
    }

    /// The element of EPCIS 1.2 that a field stands in, if it does not stand in the event itself.
    pub(super) fn wrapper_1_2(self, kind: Kind) -> Option<&'static str> {
        match self {
            Id | Error => Some("baseExtension"),
            Quantities | Sources | Destinations | Ilmd if kind != Kind::Transformation => {
                Some("extension")
            }
            _ => None,
        }
    }

    /// What the event says in this field; none where it says nothing.
    pub(super) fn content(self, event: &Event) -> Option<Content<'_>> {
        let content = match self {
            Time => Content::Time(event.time),
            Recorded => Content::Time(event.recorded?),
            Zone => Content::Text(Cow::Owned(event.zone.to_string())),
            Id => Content::Text(Cow::Borrowed(event.id.as_deref()?)),
            Error => Content::Error(event.error.as_ref()?),
            Certifications => Content::Certifications(&event.certifications),
            Action => Content::Text(Cow::Borrowed(event.action?.name())),
            Parent => Content::Identifier(event.parent.as_ref()?),
            Epcs => Content::Identifiers(&event.epcs),
            Outputs => Content::Identifiers(&event.outputs),
            Quantities => Content::Quantities(&event.quantities),
            OutputQuantities => Content::Quantities(&event.output_quantities),
            Transformation => Content::Uri(event.transformation.as_deref()?),
            BizStep => Content::Word(Vocabulary::BizStep, event.biz_step.as_ref()?),
            Disposition => Content::Word(Vocabulary::Disposition, event.disposition.as_ref()?),
            ReadPoint => Content::Place(event.read_point.as_ref()?),
            BizLocation => Content::Place(event.biz_location.as_ref()?),
            Transactions => Content::Typed(
                "bizTransaction",
                Vocabulary::TransactionType,
                &event.transactions,
            ),
            Sources => Content::Typed("source", Vocabulary::SourceDestType, &event.sources),
            Destinations => Content::Typed(
                "destination",
                Vocabulary::SourceDestType,
                &event.destinations,
            ),
            Sensors => Content::Sensors(&event.sensors),
            Persistent => Content::Persistent(&event.persistent),
            Ilmd => Content::Ilmd(&event.ilmd),
        };
        (!content.is_empty()).then_some(content)
    }
}

/// What stands in a field, by the form in which it is written.
pub(super) enum Content<'e> {
    Time(EventTime),
    Text(Cow<'e, str>),
    /// A URI that may be an identifier of GS1.
    Uri(&'e str),
    Word(Vocabulary, &'e Word),
    Identifier(&'e Identifier),
    Identifiers(&'e [Identifier]),
    Quantities(&'e [Quantity]),
    Place(&'e Place),
    /// A list whose items are called so, with types of this vocabulary.
    Typed(&'static str, Vocabulary, &'e [Typed]),
    Certifications(&'e [String]),
    Error(&'e ErrorDeclaration),
    Persistent(&'e PersistentDisposition),
    Sensors(&'e [Node]),
    Ilmd(&'e [Node]),
}

impl Content<'_> {
    fn is_empty(&self) -> bool {
        match self {
            Content::Identifiers(all) => all.is_empty(),
            Content::Quantities(all) => all.is_empty(),
            Content::Typed(_, _, all) => all.is_empty(),
            Content::Certifications(all) => all.is_empty(),
            Content::Persistent(both) => both.set.is_empty() && both.unset.is_empty(),
            Content::Sensors(all) | Content::Ilmd(all) => all.is_empty(),
            _ => false,
        }
    }
}
