//! What a partner says, held against our own records, and against what was said before of what is inside what.

use super::partners::AHEAD_MAX_MS;
use crate::gs1::Gln;
use crate::record::partner::{Claim, Claimed, Flags, Said};
use crate::record::{BatchNo, Identity, Standing, Step};
use crate::store::{BEHIND_MAX_MS, Hearsay, StoreError, Unrecorded, Whereabouts};
use std::collections::{BTreeMap, BTreeSet};

/// What goes into a container, held against what that container is inside of itself.
pub struct Circles<'a> {
    hearsay: Hearsay<'a>,
    holder: Claimed,
    from_ms: i64,
    above: BTreeSet<Claimed>,
}

impl<'a> Circles<'a> {
    /// Of what the claim says things went into; `None`: it says nothing such.
    pub fn of(
        ask: &'a Whereabouts<'a>,
        unrecorded: &'a Unrecorded,
        claim: &Claim,
    ) -> Result<Option<Circles<'a>>, StoreError> {
        let (Said::Packed, Some(holder), false) = (claim.said, &claim.holder, claim.takes_back)
        else {
            return Ok(None);
        };
        let mut hearsay = Hearsay::new(ask, None).with(unrecorded);
        let above = hearsay.holders(holder, &(claim.utc_ms..i64::MAX))?;
        Ok(Some(Circles {
            hearsay,
            holder: holder.clone(),
            from_ms: claim.utc_ms,
            above,
        }))
    }

    /// While it is in there, the container is, or comes to be, inside of it.
    pub fn closes(&mut self, thing: &Claimed) -> Result<bool, StoreError> {
        if *thing == self.holder {
            return Ok(true);
        }
        if !self.above.contains(thing) {
            return Ok(false);
        }
        let out = self.hearsay.leaves(thing, &self.holder, self.from_ms)?;
        let above = self.hearsay.holders(&self.holder, &(self.from_ms..out))?;
        Ok(above.contains(thing))
    }
}

/// Our records, as far as claims are held against them; what is read of them is kept for the events that follow.
pub struct OurRecords {
    /// The place of our line: what is said from there we may have said ourselves.
    own: Option<Gln>,
    /// When batches were opened and closed.
    batches: BTreeMap<BatchNo, (i64, Option<i64>)>,
    /// When steps of journeys happened.
    steps: BTreeMap<u64, i64>,
}

impl OurRecords {
    /// Those of the line at this place.
    pub fn of(own: Option<Gln>) -> OurRecords {
        OurRecords {
            own,
            batches: BTreeMap::new(),
            steps: BTreeMap::new(),
        }
    }

    /// What of our records a claim about this unit contradicts.
    pub fn flags(
        &mut self,
        ask: &Whereabouts<'_>,
        standing: &Standing,
        claim: &Claim,
    ) -> Result<Flags, StoreError> {
        let mut flags = Flags::default();
        let batch = match &standing.identity {
            Identity::Pack(pack) => {
                if !pack.is_good() {
                    flags = flags.and(Flags::NO_GOOD_PACK);
                }
                pack.batch
            }
            Identity::Container(container) => container.batch,
        };
        if let Some(batch) = batch {
            let (opened, closed) = self.times_of(ask, batch)?;
            let early = claim.utc_ms < opened.saturating_sub(BEHIND_MAX_MS);
            if early {
                flags = flags.and(Flags::TOO_EARLY);
            }
            let late =
                closed.is_some_and(|closed| claim.utc_ms > closed.saturating_add(AHEAD_MAX_MS));
            if claim.said == Said::Commissioned && (early || late) {
                flags = flags.and(Flags::COMMISSIONED_ELSEWHERE);
            }
        }
        // Our own events may come back to us; they name our place, or none where we have none.
        if claim.said == Said::Commissioned && claim.by != self.own {
            flags = flags.and(Flags::COMMISSIONED_ELSEWHERE);
        }
        if matches!(claim.said, Said::Seen | Said::Commissioned | Said::Released) {
            return Ok(flags);
        }
        if standing.end.is_some() {
            flags = flags.and(Flags::ENDED_HERE);
        }
        Ok(flags.and(self.not_away(ask, standing, claim.utc_ms)?))
    }

    /// What it contradicts that a unit was elsewhere at a moment; nothing where it was by our records.
    fn not_away(
        &mut self,
        ask: &Whereabouts<'_>,
        standing: &Standing,
        utc_ms: i64,
    ) -> Result<Flags, StoreError> {
        let latest = utc_ms.saturating_add(BEHIND_MAX_MS);
        let Some(place) = &standing.place else {
            return Ok(Flags::NEVER_SHIPPED);
        };
        if place.what != Step::Returned && self.time_of_step(ask, place.seq)? <= latest {
            return Ok(Flags::default());
        }
        let (mut away, mut later) = (false, false);
        for (step, seq) in ask.steps_between_places(standing.unit())? {
            let at_ms = self.time_of_step(ask, seq)?;
            match step {
                Step::Returned if at_ms < utc_ms => away = false,
                Step::Shipped | Step::Received if at_ms <= latest => away = true,
                Step::Shipped => later = true,
                _ => {}
            }
        }
        Ok(match (away, later) {
            (true, _) => Flags::default(),
            (false, true) => Flags::BEFORE_SHIPMENT,
            (false, false) => Flags::NEVER_SHIPPED,
        })
    }

    fn time_of_step(&mut self, ask: &Whereabouts<'_>, seq: u64) -> Result<i64, StoreError> {
        if let Some(utc_ms) = self.steps.get(&seq) {
            return Ok(*utc_ms);
        }
        let utc_ms = ask.time_of_step(seq)?;
        self.steps.insert(seq, utc_ms);
        Ok(utc_ms)
    }

    fn times_of(
        &mut self,
        ask: &Whereabouts<'_>,
        batch: BatchNo,
    ) -> Result<(i64, Option<i64>), StoreError> {
        if let Some(times) = self.batches.get(&batch) {
            return Ok(*times);
        }
        let times = ask.times_of(batch)?;
        self.batches.insert(batch, times);
        Ok(times)
    }
}
