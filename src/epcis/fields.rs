//! Which fields a type of event has, what they are called, and in which order XML wants them. PURE.
//!
//! The order of EPCIS 2.0 is that of the table; EPCIS 1.2 wraps some of it (`baseExtension`, `extension`) and knows
//! less: what it lacks is said by [`Field::since_2_0`].

use super::event::{Event, Kind};

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

    /// Whether the event says anything in it. A list that its type must have is there even when it is empty.
    pub(super) fn is_said(self, event: &Event, streamed: bool) -> bool {
        match self {
            Time | Zone => true,
            Recorded => event.recorded.is_some(),
            Id => event.id.is_some(),
            Error => event.error.is_some(),
            Certifications => !event.certifications.is_empty(),
            Action => event.action.is_some(),
            Parent => event.parent.is_some(),
            Epcs => streamed || !event.epcs.is_empty(),
            Quantities => !event.quantities.is_empty(),
            Outputs => !event.outputs.is_empty(),
            OutputQuantities => !event.output_quantities.is_empty(),
            Transformation => event.transformation.is_some(),
            BizStep => event.biz_step.is_some(),
            Disposition => event.disposition.is_some(),
            ReadPoint => event.read_point.is_some(),
            BizLocation => event.biz_location.is_some(),
            Transactions => !event.transactions.is_empty(),
            Sources => !event.sources.is_empty(),
            Destinations => !event.destinations.is_empty(),
            Sensors => !event.sensors.is_empty(),
            Persistent => !event.persistent.set.is_empty() || !event.persistent.unset.is_empty(),
            Ilmd => !event.ilmd.is_empty(),
        }
    }
}
