//! Recall: all packs that are meant, by state and by whereabouts, in counts that add up.
//!
//! Cases are read, not packs: neighbouring packs of a container are one row, and a pallet is asked once.

use super::find::{Archive, TraceError};
use super::scope::{Parts, Scope};
use super::told::{self, ToldGroup};
use super::track::{Named, Place, name, name_of, track_in};
use crate::record::{ContainerNo, ContainerState, Identity, PackNo, Standing, Tally, Unit};
use crate::store::{StoreError, Whereabouts};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Most loose packs that are named.
pub const LOOSE_MAX: usize = 1_000;

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
    /// Good packs that are in no container and whose life has not ended, at most [`LOOSE_MAX`] of them.
    pub loose: Vec<Loose>,
    /// Batches that may be meant too: no record says which printer printed their labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub printer_unsaid: Vec<u32>,
    /// Both sums are what they must be.
    pub balanced: bool,
}

/// A good pack that is in no container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loose {
    /// Which.
    #[serde(flatten)]
    pub unit: Named,
    /// `loose-here` or `loose-elsewhere`.
    pub whereabouts: &'static str,
}

/// Every pack of the scope, by state and whereabouts.
///
/// # Errors
/// What is named is on no record, or the store cannot be read.
pub fn recall(archive: &Archive, scope: &Scope) -> Result<Recall, TraceError> {
    archive.at_one_state(|| {
        let meant = scope.meant(archive)?;
        let unsaid = meant.printer_unsaid.iter().map(|batch| batch.0);
        Ok(Recall {
            printer_unsaid: unsaid.collect(),
            ..archive
                .reader
                .whereabouts(|ask| answer(ask, &meant.parts))?
        })
    })
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
    loose: Vec<Loose>,
    /// Packs that [`Counting::stories`] told of.
    told: BTreeSet<PackNo>,
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
    if loose > 0 {
        for (_, packs) in parts {
            counting.name_loose(ask, packs)?;
        }
        counting.loose.sort_by_key(|pack| pack.unit.no);
        counting.loose.truncate(LOOSE_MAX);
    }
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
        loose: counting.loose,
        printer_unsaid: Vec::new(),
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
            if !is_alone(&standing) {
                continue;
            }
            if let Some(top) = standing.inside.last()
                && let Some(packs) = self.top.get_mut(top)
            {
                *packs = packs.saturating_sub(1);
            }
            let place = alone(&standing);
            if standing.end.is_none() && self.loose.len() < LOOSE_MAX {
                self.loose.push(Loose {
                    unit: name_of(&standing),
                    whereabouts: place,
                });
            }
            *self.whereabouts.entry(place.to_owned()).or_default() += 1;
            self.told.insert(pack);
            self.alone += 1;
        }
        Ok(())
    }

    /// Good packs that were never put anywhere, as long as there is room.
    fn name_loose(
        &mut self,
        ask: &Whereabouts<'_>,
        packs: &RangeInclusive<PackNo>,
    ) -> Result<(), StoreError> {
        let mut room = LOOSE_MAX;
        for pack in ask.never_put(packs, LOOSE_MAX + self.told.len())? {
            if room == 0 {
                break;
            }
            if !self.told.contains(&pack)
                && let Some(unit) = name(ask, Unit::Pack(pack))?
            {
                room -= 1;
                self.loose.push(Loose {
                    unit,
                    whereabouts: "loose-here",
                });
            }
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
            let place = together(&standing).to_owned();
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
pub(super) fn alone(standing: &Standing) -> &'static str {
    match (&standing.end, standing.is_here()) {
        (Some(end), _) => end.what.name(),
        (None, true) => "loose-here",
        (None, false) => "loose-elsewhere",
    }
}

/// Where packs in this container, an outermost one, are counted.
pub(super) fn together(standing: &Standing) -> &'static str {
    match (&standing.end, standing.is_here()) {
        (Some(end), _) => end.what.name(),
        (None, true) => "in-containers-here",
        (None, false) => "in-containers-elsewhere",
    }
}

/// A pack that is counted by its own story and not by a container that it is in.
pub(super) fn is_alone(standing: &Standing) -> bool {
    let own_end = standing
        .end
        .as_ref()
        .is_some_and(|end| end.to == Some(standing.unit()));
    standing.is_good() && (standing.inside.is_empty() || own_end)
}
