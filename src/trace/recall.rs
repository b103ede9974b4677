//! Recall: all packs of a lot, of a time, or of a template, by state and by whereabouts, in counts that add up.
//!
//! Cases are read, not packs: neighbouring packs of a container are one row, and a pallet is asked once.

use super::find::{Archive, TraceError};
use super::told::{self, ToldGroup};
use super::track::{Named, Place, name_of, track_in};
use crate::gs1::{Gtin, Lot};
use crate::record::{
    BatchNo, ContainerNo, ContainerState, Identity, PackNo, Standing, Tally, TemplateHash, Unit,
};
use crate::store::{StoreError, Whereabouts};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// What is recalled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// A lot, of one product or of all.
    Lot {
        /// Which.
        lot: Lot,
        /// Of which product.
        gtin: Option<Gtin>,
    },
    /// A batch.
    Batch(BatchNo),
    /// Packs that entered from one time to another, in ms since 1970.
    Window {
        /// From.
        from_utc_ms: i64,
        /// To, included.
        to_utc_ms: i64,
    },
    /// Packs whose label was printed from this template.
    Template(TemplateHash),
    /// Packs that may have something of this lot of a component or consumable.
    Component(String),
}

/// A part of what is recalled: packs of one batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LotPart {
    /// The batch.
    pub batch: u32,
    /// Product.
    pub gtin: String,
    /// Lot.
    pub lot: String,
    /// Expiry date.
    pub expiry: String,
    /// Its packs lie from this number
    pub first_pack: u64,
    /// to this one.
    pub last_pack: u64,
}

/// Packs that are in one outermost container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The outermost container.
    pub container: Named,
    /// What it is.
    pub state: &'static str,
    /// It is with us.
    pub here: bool,
    /// The last step between places.
    pub place: Option<Place>,
    /// Packs inside that are recalled.
    pub packs: u64,
    /// It or something inside holds packs of other lots, too.
    pub mixed: bool,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recall {
    /// What is recalled.
    pub parts: Vec<LotPart>,
    /// Packs that entered.
    pub entered: u64,
    /// Good packs: the sum of all that follows under `whereabouts`.
    pub good: u64,
    /// Rejected at the line.
    pub rejected: u64,
    /// Diverted as samples at the line.
    pub sampled: u64,
    /// Taken off the belt.
    pub removed: u64,
    /// Packs whose fate at the line nobody can say.
    pub unknown: u64,
    /// Still between detection and gate.
    pub in_line: u64,
    /// Numbers taken.
    pub numbers_taken: u64,
    /// Numbers void.
    pub numbers_void: u64,
    /// Good packs by whereabouts: `in-containers-here`, `in-containers-elsewhere`, `loose-here`, `loose-elsewhere`, and
    /// how lives ended.
    pub whereabouts: BTreeMap<String, u64>,
    /// How many containers of each level hold packs of it.
    pub containers: BTreeMap<String, u64>,
    /// Outermost containers, with how many packs each.
    pub groups: Vec<Group>,
    /// Of the good packs, those of which partners say where they are or how their lives ended; the others are where our
    /// own records say.
    pub told: Vec<ToldGroup>,
    /// Both sums are what they must be.
    pub balanced: bool,
}

type Parts = Vec<(BatchNo, RangeInclusive<PackNo>)>;

/// Every pack of the scope, by state and whereabouts.
///
/// # Errors
/// There is no such lot or batch, or the store cannot be read.
pub fn recall(archive: &Archive, scope: &Scope) -> Result<Recall, TraceError> {
    let looked = look_up(archive, scope)?;
    let answer = archive.reader.whereabouts(|ask| {
        let parts = parts(ask, scope, &looked)?;
        match parts.is_empty() {
            true => Ok(None),
            false => answer(ask, &parts).map(Some),
        }
    })?;
    answer.ok_or_else(|| {
        TraceError::Question(
            "Nothing was run at this station that this names: check lot, product and times."
                .to_owned(),
        )
    })
}

/// What is read of the records before the packs are looked for.
#[derive(Default)]
struct LookedUp {
    /// Batches with the template.
    batches: BTreeSet<BatchNo>,
    /// Where the component's lot was used: in which batch, from which pack to which.
    uses: Parts,
}

fn look_up(archive: &Archive, scope: &Scope) -> Result<LookedUp, StoreError> {
    let mut looked = LookedUp::default();
    match scope {
        Scope::Template(hash) => {
            let batches = archive.reader.batches()?;
            let with = batches.iter().filter(|(batch, _)| batch.template == *hash);
            looked.batches = with.map(|(batch, _)| batch.no).collect();
        }
        Scope::Component(lot) => {
            let end = |through: Option<PackNo>| through.unwrap_or(PackNo(u64::MAX >> 1));
            let uses = archive.reader.component_uses(lot)?;
            let range = uses
                .iter()
                .map(|used| (used.batch, used.from..=end(used.through)));
            looked.uses = range.collect();
        }
        _ => {}
    }
    Ok(looked)
}

/// Uses within the batches' own packs, each pack once however often the lot was linked.
fn of_component(ask: &Whereabouts<'_>, uses: &Parts) -> Result<Parts, StoreError> {
    let mut parts: Parts = Vec::new();
    for (batch, used) in uses {
        let Some(own) = ask.packs_of_batch(*batch)? else {
            continue;
        };
        let first = used.start().max(own.start());
        let last = *used.end().min(own.end());
        let behind = parts
            .iter()
            .filter(|(other, _)| other == batch)
            .map(|(_, range)| PackNo(range.end().0 + 1))
            .max();
        let first = behind.map_or(*first, |behind| behind.max(*first));
        if first <= last {
            parts.push((*batch, first..=last));
        }
    }
    Ok(parts)
}

fn parts(ask: &Whereabouts<'_>, scope: &Scope, looked: &LookedUp) -> Result<Parts, StoreError> {
    match scope {
        Scope::Lot { lot, gtin } => ask.batches_of_lot(lot, gtin.as_ref()),
        Scope::Batch(batch) => {
            let range = ask.packs_of_batch(*batch)?;
            Ok(range.map(|range| (*batch, range)).into_iter().collect())
        }
        Scope::Component(_) => of_component(ask, &looked.uses),
        Scope::Template(_) => {
            let mut batches = ask.batches()?;
            batches.retain(|(batch, _)| looked.batches.contains(batch));
            Ok(batches)
        }
        Scope::Window {
            from_utc_ms,
            to_utc_ms,
        } => {
            let before = ask.record_at(from_utc_ms - 1)?;
            let first = ask.first_pack_after(before)?;
            let behind = ask.first_pack_after(ask.record_at(*to_utc_ms)?)?;
            let last = behind.map_or(u64::MAX >> 1, |pack| pack.0 - 1);
            let all = ask.batches()?;
            Ok(first.map_or_else(Vec::new, |first| within(all, first.0, last)))
        }
    }
}

/// The parts of batches that lie in a range of packs.
fn within(batches: Parts, first: u64, last: u64) -> Parts {
    batches
        .into_iter()
        .map(|(batch, range)| {
            let from = range.start().0.max(first);
            let to = range.end().0.min(last);
            (batch, PackNo(from)..=PackNo(to))
        })
        .filter(|(_, range)| !range.is_empty())
        .collect()
}

/// What is counted on the way.
#[derive(Default)]
struct Counting {
    tally: Tally,
    /// Packs directly in each container.
    direct: BTreeMap<ContainerNo, u64>,
    /// Packs in each outermost container.
    top: BTreeMap<ContainerNo, u64>,
    mixed: BTreeSet<ContainerNo>,
    levels: BTreeMap<String, u64>,
    whereabouts: BTreeMap<String, u64>,
    /// Good packs that are told of elsewhere than by a container.
    alone: u64,
}

fn answer(ask: &Whereabouts<'_>, parts: &Parts) -> Result<Recall, StoreError> {
    let mut counting = Counting::default();
    for (batch, packs) in parts {
        add(&mut counting.tally, &ask.tally_within(*batch, packs)?);
        ask.for_each_run(packs, |run| {
            *counting.direct.entry(run.container).or_default() += run.count();
        })?;
    }
    counting.climb(ask)?;
    for (_, packs) in parts {
        counting.stories(ask, packs)?;
    }
    let groups = counting.groups(ask)?;
    let inside: u64 = groups.iter().map(|group| group.packs).sum();
    let told = inside + counting.alone;
    let loose = counting.tally.good.saturating_sub(told);
    *counting
        .whereabouts
        .entry("loose-here".to_owned())
        .or_default() += loose;
    counting.whereabouts.retain(|_, packs| *packs > 0);
    let sum: u64 = counting.whereabouts.values().sum();
    let tally = &counting.tally;
    Ok(Recall {
        parts: lot_parts(ask, parts)?,
        entered: tally.entered,
        good: tally.good,
        rejected: tally.rejected(),
        sampled: tally.sampled,
        removed: tally.removed,
        unknown: tally.unknown,
        in_line: tally.in_line,
        numbers_taken: tally.taken,
        numbers_void: tally.numbers_void,
        balanced: tally.balanced() && sum == tally.good,
        whereabouts: counting.whereabouts,
        containers: counting.levels,
        groups,
        told: told::within(ask, parts.iter().map(|(_, packs)| packs))?,
    })
}

fn lot_parts(ask: &Whereabouts<'_>, parts: &Parts) -> Result<Vec<LotPart>, StoreError> {
    parts
        .iter()
        .map(|(batch, packs)| {
            let (gtin, lot, expiry) = ask.lot(*batch)?;
            Ok(LotPart {
                batch: batch.0,
                gtin: gtin.to_string(),
                lot: lot.to_string(),
                expiry: expiry.to_string(),
                first_pack: packs.start().0,
                last_pack: packs.end().0,
            })
        })
        .collect()
}

fn add(sum: &mut Tally, part: &Tally) {
    sum.entered += part.entered;
    sum.good += part.good;
    sum.sampled += part.sampled;
    sum.removed += part.removed;
    sum.unknown += part.unknown;
    sum.in_line += part.in_line;
    sum.default_rejects += part.default_rejects;
    for (cause, count) in &part.rejected_by {
        *sum.rejected_by.entry(cause.clone()).or_default() += count;
    }
    sum.taken += part.taken;
    sum.numbers_good += part.numbers_good;
    sum.numbers_rejected += part.numbers_rejected;
    sum.numbers_sampled += part.numbers_sampled;
    sum.numbers_void += part.numbers_void;
    sum.numbers_unknown += part.numbers_unknown;
    sum.numbers_in_line += part.numbers_in_line;
}

impl Counting {
    /// From the containers that hold packs up to the outermost ones; each is looked at once.
    fn climb(&mut self, ask: &Whereabouts<'_>) -> Result<(), StoreError> {
        let mut layer = std::mem::take(&mut self.direct);
        while !layer.is_empty() {
            let mut above: BTreeMap<ContainerNo, u64> = BTreeMap::new();
            for (container, packs) in layer {
                let Some(Identity::Container(row)) = ask.identity(Unit::Container(container))?
                else {
                    continue;
                };
                *self.levels.entry(row.name.clone()).or_default() += 1;
                let parent = ask.above(container)?;
                let mixed = row.mixed || self.mixed.contains(&container);
                match parent {
                    Some(parent) => {
                        *above.entry(parent).or_default() += packs;
                        if mixed {
                            self.mixed.insert(parent);
                        }
                    }
                    None => {
                        *self.top.entry(container).or_default() += packs;
                        if mixed || self.open_and_mixed(ask, container, row.state)? {
                            self.mixed.insert(container);
                        }
                    }
                }
            }
            layer = above;
        }
        Ok(())
    }

    /// Whether a container is mixed is on record when it is closed; before, it is looked at.
    fn open_and_mixed(
        &self,
        ask: &Whereabouts<'_>,
        container: ContainerNo,
        state: ContainerState,
    ) -> Result<bool, StoreError> {
        Ok(state != ContainerState::Closed && ask.batches_inside(container)?.len() > 1)
    }

    /// Good packs with a story of their own: they are counted where that story left them.
    fn stories(
        &mut self,
        ask: &Whereabouts<'_>,
        packs: &RangeInclusive<PackNo>,
    ) -> Result<(), StoreError> {
        for pack in ask.with_a_story(packs)? {
            let Some(standing) = ask.standing(Unit::Pack(pack), None)? else {
                continue;
            };
            let good = matches!(&standing.identity, Identity::Pack(pack) if pack.is_good());
            let own_end = standing
                .end
                .as_ref()
                .is_some_and(|end| end.to == Some(Unit::Pack(pack)));
            if !good || !standing.inside.is_empty() && !own_end {
                continue;
            }
            if let Some(top) = standing.inside.last()
                && let Some(packs) = self.top.get_mut(top)
            {
                *packs = packs.saturating_sub(1);
            }
            *self.whereabouts.entry(alone(&standing)).or_default() += 1;
            self.alone += 1;
        }
        Ok(())
    }

    fn groups(&mut self, ask: &Whereabouts<'_>) -> Result<Vec<Group>, StoreError> {
        let mut groups = Vec::new();
        for (container, packs) in &self.top {
            let unit = Unit::Container(*container);
            let (Some(standing), Some(track)) =
                (ask.standing(unit, None)?, track_in(ask, unit, None)?)
            else {
                continue;
            };
            let place = match (&standing.end, standing.is_here()) {
                (Some(end), _) => end.what.name().to_owned(),
                (None, true) => "in-containers-here".to_owned(),
                (None, false) => "in-containers-elsewhere".to_owned(),
            };
            *self.whereabouts.entry(place).or_default() += packs;
            groups.push(Group {
                container: name_of(&standing),
                state: track.state,
                here: track.here,
                place: track.place,
                packs: *packs,
                mixed: self.mixed.contains(container),
            });
        }
        Ok(groups)
    }
}

/// Where a loose pack is counted.
fn alone(standing: &Standing) -> String {
    match (&standing.end, standing.is_here()) {
        (Some(end), _) => end.what.name(),
        (None, true) => "loose-here",
        (None, false) => "loose-elsewhere",
    }
    .to_owned()
}
