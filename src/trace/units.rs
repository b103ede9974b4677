//! Each pack of a part with its state and whereabouts, one after the other: what `recall` counts, pack by pack.
//!
//! Runs, stories and containers of one part are held in memory; packs are not.

use super::recall::{alone, is_alone, together};
use super::track::{Named, name_of};
use super::words;
use crate::gs1::Gln;
use crate::record::{BatchNo, ContainerNo, Fate, Identity, LotStatus, PackNo, Standing, Unit};
use crate::store::{PackFilter, PackRow, PackRun, Reader, StoreError, Whereabouts};
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// A container that holds packs, and the outermost one around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The container itself.
    pub container: Named,
    /// What it is.
    pub state: &'static str,
    /// The outermost container: often itself.
    pub outermost: Named,
    /// Where its packs are counted.
    pub whereabouts: &'static str,
    /// The partner of the last step between places.
    pub partner: Option<Gln>,
    /// It, or what it is in, is held.
    pub held: bool,
    /// It, or what it is in, is recalled.
    pub recalled: bool,
}

/// A pack with its state and whereabouts.
pub struct Placed<'a> {
    /// Its row.
    pub row: PackRow,
    /// What it is, one word, as in `track`.
    pub state: &'static str,
    /// Where it is counted: as in `recall` for good packs, else its state.
    pub whereabouts: &'static str,
    /// What it is in, directly.
    pub holder: Option<&'a Holder>,
    /// The partner of its last step between places.
    pub partner: Option<Gln>,
    /// It is held.
    pub held: bool,
    /// It is recalled.
    pub recalled: bool,
}

impl Placed<'_> {
    /// It left for a partner and did not come back.
    pub fn is_away(&self) -> bool {
        self.whereabouts.ends_with("elsewhere")
    }
}

/// What is known of the packs of one part.
pub struct Units {
    batch: BatchNo,
    packs: RangeInclusive<PackNo>,
    runs: Vec<PackRun>,
    holders: BTreeMap<ContainerNo, Holder>,
    stories: BTreeMap<PackNo, Standing>,
    lot: LotStatus,
}

impl Units {
    /// Of the packs of a batch that lie in a range.
    ///
    /// # Errors
    /// When reading fails.
    pub fn of(
        ask: &Whereabouts<'_>,
        batch: BatchNo,
        packs: &RangeInclusive<PackNo>,
    ) -> Result<Units, StoreError> {
        let mut runs = Vec::new();
        ask.for_each_run(packs, |run| runs.push(run))?;
        let mut holders = BTreeMap::new();
        for run in &runs {
            if !holders.contains_key(&run.container)
                && let Some(holder) = holder(ask, run.container)?
            {
                holders.insert(run.container, holder);
            }
        }
        let mut stories = BTreeMap::new();
        for pack in ask.with_a_story(packs)? {
            if let Some(standing) = ask.standing(Unit::Pack(pack), None)? {
                stories.insert(pack, standing);
            }
        }
        let (gtin, lot, _) = ask.lot(batch)?;
        Ok(Units {
            batch,
            packs: packs.clone(),
            runs,
            holders,
            stories,
            lot: ask.lot_standing(&gtin, &lot)?,
        })
    }

    /// The containers that hold packs of it directly, each with how many.
    pub fn holders(&self) -> impl Iterator<Item = (&Holder, u64)> {
        let mut counts: BTreeMap<ContainerNo, u64> = BTreeMap::new();
        for run in &self.runs {
            *counts.entry(run.container).or_default() += run.count();
        }
        self.holders
            .iter()
            .map(move |(no, holder)| (holder, counts.get(no).copied().unwrap_or(0)))
    }

    /// Calls `each` with every pack, by number.
    ///
    /// # Errors
    /// When reading fails.
    pub fn for_each(
        &self,
        reader: &Reader,
        mut each: impl FnMut(Placed<'_>),
    ) -> Result<(), StoreError> {
        let filter = PackFilter {
            batch: Some(self.batch),
            after: PackNo(self.packs.start().0.saturating_sub(1)),
            through: Some(*self.packs.end()),
            ..PackFilter::default()
        };
        let mut next = 0;
        reader.for_each_pack(filter, |row| {
            while self.runs.get(next).is_some_and(|run| run.last < row.pack) {
                next += 1;
            }
            let run = self.runs.get(next).filter(|run| run.first <= row.pack);
            let holder = run.and_then(|run| self.holders.get(&run.container));
            each(self.placed(row, holder));
        })
    }

    fn placed<'a>(&'a self, row: PackRow, holder: Option<&'a Holder>) -> Placed<'a> {
        let story = self.stories.get(&row.pack);
        let line = state(&row);
        let good = row.fate == Some(Fate::Good);
        let by_itself = story.filter(|standing| is_alone(standing));
        let whereabouts = match (good, by_itself, holder) {
            (false, ..) => line,
            (true, Some(standing), _) => alone(standing),
            (true, None, Some(holder)) => holder.whereabouts,
            (true, None, None) => "loose-here",
        };
        let own_place = story.and_then(|standing| standing.place.as_ref());
        Placed {
            state: story.map_or(line, words::state),
            whereabouts,
            holder,
            partner: match story {
                Some(_) => own_place.and_then(|place| place.partner),
                None => holder.and_then(|holder| holder.partner),
            },
            held: match story {
                Some(standing) => standing.hold().is_some(),
                None => self.lot.held || holder.is_some_and(|holder| holder.held),
            },
            recalled: match story {
                Some(standing) => standing.recall().is_some(),
                None => self.lot.recalled || holder.is_some_and(|holder| holder.recalled),
            },
            row,
        }
    }
}

/// What a pack is by its row alone.
fn state(row: &PackRow) -> &'static str {
    match row.fate {
        // Samples go into the reject bin by their verdict, and are booked apart.
        Some(Fate::RejectedByVerdict) if row.verdict == Some(SAMPLE) => "sampled-at-line",
        fate => words::fate_state(fate, row.voided),
    }
}

/// The code of a sample's verdict in the PLC contract.
pub(super) const SAMPLE: u16 = 13;

fn holder(ask: &Whereabouts<'_>, no: ContainerNo) -> Result<Option<Holder>, StoreError> {
    let Some(standing) = ask.standing(Unit::Container(no), None)? else {
        return Ok(None);
    };
    let outermost = match standing.inside.last() {
        None => None,
        Some(outer) => ask.standing(Unit::Container(*outer), None)?,
    };
    let outer = outermost.as_ref().unwrap_or(&standing);
    debug_assert!(matches!(outer.identity, Identity::Container(_)));
    Ok(Some(Holder {
        container: name_of(&standing),
        state: words::state(&standing),
        outermost: name_of(outer),
        whereabouts: together(outer),
        partner: outer.place.as_ref().and_then(|place| place.partner),
        held: standing.hold().is_some(),
        recalled: standing.recall().is_some(),
    }))
}
