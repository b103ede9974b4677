//! What partners say of a unit: every claim, beside the records and never among them, and where they say it is now.
//!
//! What is said of a container holds for what is inside it: by our records, until our records or a partner say that it
//! came out; and by what partners say, from the moment something went into a container of theirs. Claims follow each
//! other by the time they name, for documents come late and in any order. What contradicts our records, or was taken
//! back, is shown and moves nothing.

use super::track::name;
use crate::gs1::Gln;
use crate::record::{Claimed, ContainerNo, Identity, PackNo, Said, Standing, Step, Unit};
use crate::store::{Heard, StoreError, Whereabouts};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Containers inside each other that are followed; more is a circle of claims.
const DEPTH_MAX: usize = 16;

/// How far a partner's clock may be behind ours, in ms.
const BEHIND_MAX_MS: i64 = 3_600_000;

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

/// A claim and the container it was said of; `None`: of the unit itself.
type Saying = (Heard, Option<Claimed>);

/// From when to when something was inside a container, ms since 1970.
type Time = (i64, i64);

/// Asks, and keeps the times of records in mind.
struct Asking<'a> {
    ask: &'a Whereabouts<'a>,
    at: Option<u64>,
    times: BTreeMap<u64, i64>,
}

fn claimed(unit: Unit) -> Claimed {
    match unit {
        Unit::Pack(pack) => Claimed::Pack(pack),
        Unit::Container(container) => Claimed::Container(container),
    }
}

fn holds(heard: &Heard) -> bool {
    heard.flags.none() && !heard.taken_back && !heard.claim.takes_back
}

impl Asking<'_> {
    fn utc_of(&mut self, seq: u64) -> Result<i64, StoreError> {
        if let Some(utc_ms) = self.times.get(&seq) {
            return Ok(*utc_ms);
        }
        let utc_ms = self.ask.utc_of(seq)?;
        self.times.insert(seq, utc_ms);
        Ok(utc_ms)
    }

    /// Everything that was said of a thing, and of what it was inside of meanwhile, within this time.
    fn collect(
        &mut self,
        thing: &Claimed,
        during: Time,
        via: bool,
        found: &mut Vec<Saying>,
        depth: usize,
    ) -> Result<(), StoreError> {
        if depth > DEPTH_MAX {
            return Ok(());
        }
        let said = self.ask.heard_of(thing, self.at)?;
        let within = |heard: &&Heard| (during.0..during.1).contains(&heard.claim.utc_ms);
        for heard in said.iter().filter(within) {
            found.push((heard.clone(), via.then(|| thing.clone())));
        }
        for (holder, from, to) in self.stays(thing, &said)? {
            let overlap = (from.max(during.0), to.min(during.1));
            if overlap.0 < overlap.1 {
                self.collect(&holder, overlap, true, found, depth + 1)?;
            }
        }
        Ok(())
    }

    /// What the thing was inside of, and when: by our records, and by what was said of it.
    fn stays(
        &mut self,
        thing: &Claimed,
        said: &[Heard],
    ) -> Result<Vec<(Claimed, i64, i64)>, StoreError> {
        let mut stays: Vec<(Claimed, i64, i64)> = Vec::new();
        let unit = match thing {
            Claimed::Pack(pack) => Some(Unit::Pack(*pack)),
            Claimed::Container(container) => Some(Unit::Container(*container)),
            Claimed::Foreign(_) => None,
        };
        for stay in unit.map_or(Ok(Vec::new()), |unit| self.ask.rough_stays(unit))? {
            if self.at.is_some_and(|at| stay.from_seq > at) {
                continue;
            }
            let from = self.utc_of(stay.from_seq)?.saturating_sub(BEHIND_MAX_MS);
            let out = stay.to_seq.filter(|to| self.at.is_none_or(|at| *to <= at));
            let to = out.map_or(Ok(i64::MAX), |to| self.utc_of(to))?;
            stays.push((Claimed::Container(stay.container), from, to));
        }
        let moves: Vec<&Heard> = said
            .iter()
            .filter(|heard| {
                holds(heard) && matches!(heard.claim.said, Said::Packed | Said::Unpacked)
            })
            .collect();
        for packed in moves
            .iter()
            .filter(|heard| heard.claim.said == Said::Packed)
        {
            if let Some(holder) = &packed.claim.holder {
                stays.push((holder.clone(), packed.claim.utc_ms, i64::MAX));
            }
        }
        // It leaves when somebody says so, when it goes into something else, and when all is taken out.
        for (holder, from, to) in &mut stays {
            let leaves = |heard: &&&Heard| {
                let same = heard.claim.holder.as_ref() == Some(&*holder);
                heard.claim.utc_ms > *from && same != (heard.claim.said == Said::Packed)
            };
            if let Some(left) = moves.iter().find(leaves) {
                *to = left.claim.utc_ms.min(*to);
            }
            let emptied = self.ask.heard_of(holder, self.at)?;
            let emptied = emptied.iter().find(|heard| {
                holds(heard) && heard.claim.said == Said::Emptied && heard.claim.utc_ms > *from
            });
            if let Some(emptied) = emptied {
                *to = emptied.claim.utc_ms.min(*to);
            }
        }
        Ok(stays)
    }

    /// Everything that was said of a unit, in the order of the times it names.
    fn all(&mut self, unit: Unit) -> Result<Vec<Saying>, StoreError> {
        let mut found = Vec::new();
        self.collect(&claimed(unit), (i64::MIN, i64::MAX), false, &mut found, 0)?;
        let key = |said: &Saying| (said.0.claim.utc_ms, said.0.document, said.0.claim.event);
        found.sort_by_key(key);
        found.dedup_by(|one, other| key(one) == key(other));
        Ok(found)
    }

    /// The last claim that says where a unit is and is not older than what our records say.
    fn place(&mut self, standing: &Standing) -> Result<Option<Saying>, StoreError> {
        if standing.end.is_some() {
            return Ok(None);
        }
        let since = match &standing.place {
            None => return Ok(None),
            Some(place) if place.what == Step::Returned => self.utc_of(place.seq)?,
            Some(place) => self.utc_of(place.seq)?.saturating_sub(BEHIND_MAX_MS),
        };
        let all = self.all(standing.unit())?;
        let mut last = all.into_iter().rev();
        Ok(last.find(|(heard, _)| {
            holds(heard) && heard.claim.said.places() && heard.claim.utc_ms > since
        }))
    }
}

fn asking<'a>(ask: &'a Whereabouts<'a>, at: Option<u64>) -> Asking<'a> {
    let times = BTreeMap::new();
    Asking { ask, at, times }
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
    let all = asking(ask, at).all(standing.unit())?;
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
    let found = asking(ask, at).place(standing)?;
    found.map(|said| entry(ask, &said)).transpose()
}

/// The last claim that a unit's life has ended, whatever was said of it later, and even where it contradicts our
/// records: a number that was copied and sold elsewhere looks just like that.
pub(super) fn ended(
    ask: &Whereabouts<'_>,
    standing: &Standing,
) -> Result<Option<ToldEntry>, StoreError> {
    if !ask.has_heard()? {
        return Ok(None);
    }
    let all = asking(ask, None).all(standing.unit())?;
    let said = all
        .iter()
        .rev()
        .find(|(heard, _)| heard.claim.said.ends() && !heard.taken_back && !heard.claim.takes_back);
    said.map(|said| entry(ask, said)).transpose()
}

/// What is said, and by whom.
type Place = (&'static str, Option<Gln>);

/// How many packs of these ranges are where, as partners say. Containers are asked once, and besides only the packs of
/// which somebody said something by themselves.
pub(super) fn within<'p>(
    ask: &Whereabouts<'_>,
    ranges: impl Iterator<Item = &'p RangeInclusive<PackNo>>,
) -> Result<Vec<ToldGroup>, StoreError> {
    if !ask.has_heard()? {
        return Ok(Vec::new());
    }
    let mut asking = asking(ask, None);
    let mut containers: BTreeMap<ContainerNo, Option<Place>> = BTreeMap::new();
    let mut sums: BTreeMap<Place, i64> = BTreeMap::new();
    for packs in ranges {
        let mut counts: BTreeMap<ContainerNo, i64> = BTreeMap::new();
        ask.for_each_run(packs, |run| {
            *counts.entry(run.container).or_default() += run.count() as i64;
        })?;
        let alone: BTreeSet<PackNo> = ask.packs_heard_of(packs)?.into_iter().collect();
        let ended = ask.with_a_story(packs)?;
        for pack in alone
            .iter()
            .chain(ended.iter().filter(|pack| !alone.contains(pack)))
        {
            let Some(standing) = ask.standing(Unit::Pack(*pack), None)? else {
                continue;
            };
            if let Some(parent) = standing.inside.first() {
                *counts.entry(*parent).or_default() -= 1;
            }
            let good = matches!(&standing.identity, Identity::Pack(pack) if pack.is_good());
            if good && let Some(said) = asking.place(&standing)? {
                *sums.entry(in_short(&said)).or_default() += 1;
            }
        }
        for (container, count) in counts {
            let place = match containers.get(&container) {
                Some(place) => *place,
                None => {
                    let standing = ask.standing(Unit::Container(container), None)?;
                    let said = standing.map_or(Ok(None), |standing| asking.place(&standing))?;
                    let place = said.as_ref().map(in_short);
                    containers.insert(container, place);
                    place
                }
            };
            if let Some(place) = place {
                *sums.entry(place).or_default() += count;
            }
        }
    }
    let group = |((what, partner), packs): (Place, i64)| ToldGroup {
        what,
        partner,
        packs: packs.max(0) as u64,
    };
    Ok(sums
        .into_iter()
        .filter(|(_, packs)| *packs > 0)
        .map(group)
        .collect())
}

fn in_short((heard, _): &Saying) -> Place {
    let claim = &heard.claim;
    let partner = match claim.said {
        Said::Shipped => claim.to.or(claim.by),
        _ => claim.by,
    };
    (claim.said.words(), partner)
}
