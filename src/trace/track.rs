//! Where is it, what state is it in, what is it inside of.

use super::find::{Archive, TraceError};
use super::told::{self, ToldEntry};
use super::versions::{LabelNames, LabelVersion};
use super::words;
use crate::gs1::Gln;
use crate::record::{ContainerNo, Identity, Stage, Standing, Step, Unit};
use crate::store::{StoreError, Whereabouts};
use serde::Serialize;

/// A unit by number and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// `pack`, or the level's name.
    pub kind: String,
    /// The station's number for it.
    pub no: u64,
    /// What its label says, bracketed; empty for a pack without a number.
    pub code: String,
}

/// A stage of its journey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// What happened.
    pub what: String,
    /// The record that says so.
    pub record: u64,
    /// The partner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<Gln>,
    /// With what it was inside of then; `None`: it alone, or its whole lot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<Named>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Track {
    /// Which unit.
    #[serde(flatten)]
    pub unit: Named,
    /// What it is, one word.
    pub state: &'static str,
    /// The disposition of EPCIS's Core Business Vocabulary that fits.
    pub disposition: &'static str,
    /// With us: it never left or came back.
    pub here: bool,
    /// Of a pack: its batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<u32>,
    /// Of a pack: product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gtin: Option<String>,
    /// Of a pack: lot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot: Option<String>,
    /// Of a pack: expiry date, YYMMDD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry: Option<String>,
    /// Of a pack: the version of the label template that its label was ordered from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<LabelVersion>,
    /// Of a container: how many units it holds when full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<u32>,
    /// Of a container: units directly inside, now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contains: Option<u32>,
    /// Of a container: several lots were inside when it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mixed: Option<bool>,
    /// What it is inside of, the nearest first.
    pub inside: Vec<Named>,
    /// The last step between places.
    pub place: Option<Place>,
    /// The hold it is under.
    pub hold: Option<Place>,
    /// The recall it is under.
    pub recall: Option<Place>,
    /// How its life ended.
    pub end: Option<Place>,
    /// Where partners say it is, or how they say its life ended; by our records it is away.
    pub told: Option<ToldEntry>,
}

/// Where a unit stands after record `at`, or now.
///
/// # Errors
/// The store cannot be read.
pub fn track(archive: &Archive, unit: Unit, at: Option<u64>) -> Result<Track, TraceError> {
    let found = archive.reader.whereabouts(|ask| track_in(ask, unit, at))?;
    found.ok_or_else(|| TraceError::Unknown(format!("{unit:?}")))
}

/// The same in a state of the store that is being asked already.
pub(super) fn track_in(
    ask: &Whereabouts<'_>,
    unit: Unit,
    at: Option<u64>,
) -> Result<Option<Track>, StoreError> {
    match ask.standing(unit, at)? {
        Some(standing) => answer(ask, &standing, at).map(Some),
        None => Ok(None),
    }
}

fn answer(
    ask: &Whereabouts<'_>,
    standing: &Standing,
    at: Option<u64>,
) -> Result<Track, StoreError> {
    let mut track = Track {
        unit: name_of(standing),
        state: words::state(standing),
        disposition: words::disposition(standing),
        here: standing.is_here(),
        batch: None,
        gtin: None,
        lot: None,
        expiry: None,
        label: None,
        holds: None,
        contains: None,
        mixed: None,
        inside: names(ask, &standing.inside)?,
        place: place(ask, standing, standing.place.as_ref())?,
        hold: place(ask, standing, standing.hold())?,
        recall: place(ask, standing, standing.recall())?,
        end: None,
        told: told::place(ask, standing, at)?,
    };
    if let Some(stage) = &standing.end {
        track.end = Some(Place {
            what: stage.what.name().to_owned(),
            record: stage.seq,
            partner: None,
            with: with(ask, standing, stage.to)?,
        });
    }
    match &standing.identity {
        Identity::Pack(pack) => {
            track.batch = pack.batch.map(|batch| batch.0);
            if let Some((gtin, lot, expiry)) = &pack.lot {
                track.gtin = Some(gtin.to_string());
                track.lot = Some(lot.to_string());
                track.expiry = Some(expiry.to_string());
            }
            if let Some(template) = ask.label_of(pack.pack, at)? {
                track.label = Some(LabelNames::read(ask)?.version(template));
            }
        }
        Identity::Container(container) => {
            track.batch = container.batch.map(|batch| batch.0);
            track.holds = container.capacity;
            track.contains = Some(container.inside);
            track.mixed = Some(container.mixed);
        }
    }
    Ok(track)
}

/// A unit's number and name.
pub(super) fn name_of(standing: &Standing) -> Named {
    match &standing.identity {
        Identity::Pack(pack) => Named {
            kind: "pack".to_owned(),
            no: pack.pack.0,
            code: match (&pack.lot, &pack.serial) {
                (Some((gtin, ..)), Some(serial)) => {
                    format!("(01){}(21){serial}", gtin.as_str())
                }
                _ => String::new(),
            },
        },
        Identity::Container(container) => Named {
            kind: container.name.clone(),
            no: container.container.0,
            code: container.code.to_string(),
        },
    }
}

/// The names of containers.
pub(super) fn names(
    ask: &Whereabouts<'_>,
    containers: &[ContainerNo],
) -> Result<Vec<Named>, StoreError> {
    let mut names = Vec::new();
    for container in containers {
        names.extend(name(ask, Unit::Container(*container))?);
    }
    Ok(names)
}

/// The name of a unit.
pub(super) fn name(ask: &Whereabouts<'_>, unit: Unit) -> Result<Option<Named>, StoreError> {
    let identity = ask.identity(unit)?;
    Ok(identity.map(|identity| name_of(&Standing::of(identity, Vec::new()))))
}

fn with(
    ask: &Whereabouts<'_>,
    standing: &Standing,
    to: Option<Unit>,
) -> Result<Option<Named>, StoreError> {
    match to.filter(|to| *to != standing.unit()) {
        Some(unit) => name(ask, unit),
        None => Ok(None),
    }
}

fn place(
    ask: &Whereabouts<'_>,
    standing: &Standing,
    stage: Option<&Stage<Step>>,
) -> Result<Option<Place>, StoreError> {
    let Some(stage) = stage else {
        return Ok(None);
    };
    Ok(Some(Place {
        what: stage.what.name().to_owned(),
        record: stage.seq,
        partner: stage.partner,
        with: with(ask, standing, stage.to)?,
    }))
}
