//! What partners say of a unit: every claim, beside the records and never among them, and where they say it is now.
//!
//! What was inside what meanwhile is [`Hearsay`]'s to say, for every question alike. What contradicts our records, or
//! was taken back, is shown and moves nothing.

use super::track::name;
use crate::gs1::Gln;
use crate::record::{Claimed, Identity, PackNo, Said, Standing, Unit};
use crate::store::{Heard, Hearsay, Saying, StoreError, Whereabouts};
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// One thing that a partner said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToldEntry {
    /// What.
    pub what: &'static str,
    /// It says that a life ended.
    #[serde(skip)]
    pub ended: bool,
    /// The words of its step and disposition.
    pub words: String,
    /// When it happened, as it says: ms since 1970.
    pub utc_ms: i64,
    /// Who says so, or where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Gln>,
    /// Whom or where it went to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Gln>,
    /// What it was packed into or taken out of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// What it was inside of, where it was said of that; or `its lot`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// The record from which on it counts.
    pub record: u64,
    /// The station's number for the document.
    pub document: u64,
    /// The running number of the event in it.
    pub event: u64,
    /// The event's id.
    pub id: String,
    /// What of our records it contradicts; nothing follows from it then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contradicts: Vec<&'static str>,
    /// It was taken back later, or takes an earlier one back; nothing follows from it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub taken_back: bool,
}

/// Packs of which partners say the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToldGroup {
    /// What.
    pub what: &'static str,
    /// Who says so; of what was shipped, whom it went to.
    pub partner: Option<Gln>,
    /// How many packs.
    pub packs: u64,
}

/// A thing's number for people.
fn named(ask: &Whereabouts<'_>, thing: &Claimed) -> Result<String, StoreError> {
    let unit = match thing {
        Claimed::Pack(pack) => Unit::Pack(*pack),
        Claimed::Container(container) => Unit::Container(*container),
        Claimed::Foreign(code) => return Ok(code.clone()),
    };
    Ok(match name(ask, unit)? {
        Some(named) => format!("{} {}", named.kind, named.code),
        None => format!("{unit:?}"),
    })
}

fn entry(ask: &Whereabouts<'_>, (heard, via): &Saying) -> Result<ToldEntry, StoreError> {
    let claim = &heard.claim;
    let named = |thing: &Option<Claimed>| thing.as_ref().map(|thing| named(ask, thing)).transpose();
    Ok(ToldEntry {
        what: claim.said.words(),
        ended: claim.said.ends(),
        words: claim.words.clone(),
        utc_ms: claim.utc_ms,
        by: claim.by,
        to: claim.to,
        holder: named(&claim.holder)?,
        with: named(via)?,
        record: heard.record,
        document: heard.document.0,
        event: claim.event,
        id: claim.id.clone(),
        contradicts: heard.flags.words(),
        taken_back: heard.taken_back || claim.takes_back,
    })
}

/// Everything that partners said of a unit until record `at`, or until now, by the times they name.
pub(super) fn entries(
    ask: &Whereabouts<'_>,
    standing: &Standing,
    at: Option<u64>,
) -> Result<Vec<ToldEntry>, StoreError> {
    if !ask.has_heard()? {
        return Ok(Vec::new());
    }
    let all = Hearsay::new(ask, at).all(standing.unit())?;
    let mut entries: Vec<ToldEntry> = all
        .iter()
        .map(|said| entry(ask, said))
        .collect::<Result<_, _>>()?;
    if let Identity::Pack(pack) = &standing.identity
        && let Some((gtin, lot, _)) = &pack.lot
    {
        for heard in ask.heard_of_lot(gtin, lot, at)? {
            let mut told = entry(ask, &(heard, None))?;
            told.with = Some("its lot".to_owned());
            entries.push(told);
        }
        entries.sort_by_key(|told| (told.utc_ms, told.document, told.event));
    }
    Ok(entries)
}

/// Where partners say a unit is, if they say so.
pub(super) fn place(
    ask: &Whereabouts<'_>,
    standing: &Standing,
    at: Option<u64>,
) -> Result<Option<ToldEntry>, StoreError> {
    if !ask.has_heard()? {
        return Ok(None);
    }
    let found = Hearsay::new(ask, at).place(standing)?;
    found.map(|said| entry(ask, &said)).transpose()
}

/// What must be said of a unit before it is given out.
#[derive(Default)]
pub(super) struct Warnings {
    /// The last claim that its life has ended, whatever was said of it later, and even where it contradicts our records:
    /// a number that was copied and sold elsewhere looks just like that.
    pub ended: Option<ToldEntry>,
    /// The last claim that contradicts our records in another way.
    pub contradicting: Option<ToldEntry>,
}

/// What partners said of a unit that a person must know.
pub(super) fn warnings(ask: &Whereabouts<'_>, standing: &Standing) -> Result<Warnings, StoreError> {
    if !ask.has_heard()? {
        return Ok(Warnings::default());
    }
    let all = Hearsay::new(ask, None).all(standing.unit())?;
    let last = |fits: &dyn Fn(&Heard) -> bool| {
        let mut newest = all.iter().rev();
        let said = newest.find(|(heard, _)| heard.stands() && fits(heard));
        said.map(|said| entry(ask, said)).transpose()
    };
    Ok(Warnings {
        ended: last(&|heard| heard.claim.said.ends())?,
        contradicting: last(&|heard| !heard.flags.none() && !heard.claim.said.ends())?,
    })
}

/// What is said, and by whom.
type Place = (&'static str, Option<Gln>);

/// How many packs of these ranges are where, as partners say: of each what [`place`] says of it.
pub(super) fn within<'p>(
    ask: &Whereabouts<'_>,
    ranges: impl Iterator<Item = &'p RangeInclusive<PackNo>>,
) -> Result<Vec<ToldGroup>, StoreError> {
    if !ask.has_heard()? {
        return Ok(Vec::new());
    }
    let mut hearsay = Hearsay::new(ask, None);
    let mut sums: BTreeMap<Place, u64> = BTreeMap::new();
    for packs in ranges {
        hearsay.places(packs, &mut |said, packs| {
            *sums.entry(in_short(said)).or_default() += packs;
        })?;
    }
    let group = |((what, partner), packs): (Place, u64)| ToldGroup {
        what,
        partner,
        packs,
    };
    Ok(sums.into_iter().map(group).collect())
}

fn in_short((heard, _): &Saying) -> Place {
    let claim = &heard.claim;
    let partner = match claim.said {
        Said::Shipped => claim.to.or(claim.by),
        _ => claim.by,
    };
    (claim.said.words(), partner)
}
