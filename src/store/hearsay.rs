//! What partners said of a unit, with what it was inside of meanwhile: the one place where records and claims together
//! say what was inside what.
//!
//! What is said of a container holds for what is inside it: by our records, until our records or a partner say that it
//! came out; and by what partners say, from the moment something went into a container of theirs. Claims follow each
//! other by the time they name, for documents come late and in any order. Containers are read once and kept, so that
//! whoever asks of many packs in one case reads that case once.

use super::heard::Heard;
use super::whereabouts::{Stay, Whereabouts};
use super::{StoreError, rows, stretch};
use crate::record::partner::{Claimed, Said};
use crate::record::{Fact, Happening, PackNo, Stage, Standing, Step, Unit};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};
use std::rc::Rc;

/// Containers inside each other that are followed; more is a circle of claims.
const DEPTH_MAX: usize = 16;

/// How far a partner's clock may be behind ours, in ms.
pub const BEHIND_MAX_MS: i64 = 3_600_000;

/// Packs that are looked at together.
const SLICE_PACKS: u64 = 4_096;

/// Commits whose times are kept.
const TIMES_MAX: usize = 200_000;

/// A stay in a container, in ms since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Within {
    holder: Claimed,
    during: Range<i64>,
}

/// A claim, and the container it was said of; `None`: of the unit itself.
pub type Saying = (Heard, Option<Claimed>);

/// Claims that no record makes count yet, of things that go into each other and come out.
#[derive(Debug, Default)]
pub struct Unrecorded {
    /// What was said of each thing.
    pub moves: BTreeMap<Claimed, Vec<Heard>>,
    /// The ids of events that are taken back.
    pub taken_back: BTreeSet<String>,
}

/// Called with claims of one thing, by the time they name, and with the container they were said of.
type Visit<'v> = dyn FnMut(&[Heard], Option<&Claimed>) + 'v;

/// Asks about units and keeps what it read of containers.
pub struct Hearsay<'a> {
    ask: &'a Whereabouts<'a>,
    at: Option<u64>,
    unrecorded: Option<&'a Unrecorded>,
    said: BTreeMap<Claimed, Rc<[Heard]>>,
    stays: BTreeMap<Claimed, Rc<[Within]>>,
    /// The clock of commits: the last record, to the first one and its time.
    commits: BTreeMap<u64, (u64, i64)>,
    steps: BTreeMap<u64, i64>,
}

/// Claims of the same moment in the order in which they came.
fn order(heard: &Heard) -> (i64, u64, u64) {
    (heard.claim.utc_ms, heard.document.0, heard.claim.event)
}

/// A thing that a unit is.
pub fn claimed(unit: Unit) -> Claimed {
    match unit {
        Unit::Pack(pack) => Claimed::Pack(pack),
        Unit::Container(container) => Claimed::Container(container),
    }
}

/// The claims of a moment within a time.
fn within<'h>(said: &'h [Heard], during: &Range<i64>) -> &'h [Heard] {
    let first = said.partition_point(|heard| heard.claim.utc_ms < during.start);
    let behind = said.partition_point(|heard| heard.claim.utc_ms < during.end);
    &said[first..behind.max(first)]
}

impl<'a> Hearsay<'a> {
    /// Asks of what was on record after record `at`, or is now.
    pub fn new(ask: &'a Whereabouts<'a>, at: Option<u64>) -> Hearsay<'a> {
        Hearsay {
            ask,
            at,
            unrecorded: None,
            said: BTreeMap::new(),
            stays: BTreeMap::new(),
            commits: BTreeMap::new(),
            steps: BTreeMap::new(),
        }
    }

    /// Besides what is on record these claims count.
    pub fn with(self, unrecorded: &'a Unrecorded) -> Hearsay<'a> {
        Hearsay {
            unrecorded: Some(unrecorded),
            ..self
        }
    }

    /// Everything that was said of a unit and of what it was inside of meanwhile, by the times it names.
    pub fn all(&mut self, unit: Unit) -> Result<Vec<Saying>, StoreError> {
        let mut found: Vec<Saying> = Vec::new();
        self.walk(&claimed(unit), &(i64::MIN..i64::MAX), &mut |said,
                                                               via: Option<
            &Claimed,
        >| {
            found.extend(said.iter().map(|heard| (heard.clone(), via.cloned())));
        })?;
        found.sort_by_key(|(heard, _)| order(heard));
        found.dedup_by(|(one, _), (other, _)| order(one) == order(other));
        Ok(found)
    }

    /// The last claim that says where a unit is and is not older than what our records say.
    pub fn place(&mut self, standing: &Standing) -> Result<Option<Saying>, StoreError> {
        match self.away_since(standing)? {
            Some(since) => {
                let thing = claimed(standing.unit());
                let (said, stays) = (self.said(&thing)?, self.stays(&thing)?);
                self.last_place(&said, &stays, since)
            }
            None => Ok(None),
        }
    }

    /// After which moment claims say where a unit is; `None`: only our own records do.
    fn away_since(&mut self, standing: &Standing) -> Result<Option<i64>, StoreError> {
        match (&standing.end, &standing.place) {
            (Some(_), _) | (None, None) => Ok(None),
            (None, Some(place)) => {
                let utc_ms = self.time_of_step(place.seq)?;
                Ok(Some(match place.what {
                    Step::Returned => utc_ms,
                    _ => utc_ms.saturating_sub(BEHIND_MAX_MS),
                }))
            }
        }
    }

    fn last_place(
        &mut self,
        said: &[Heard],
        stays: &[Within],
        since: i64,
    ) -> Result<Option<Saying>, StoreError> {
        let mut last: Option<Saying> = None;
        let during = since.saturating_add(1)..i64::MAX;
        let mut visit = |said: &[Heard], via: Option<&Claimed>| {
            let found = said
                .iter()
                .rev()
                .find(|heard| heard.holds() && heard.claim.said.places());
            if let Some(found) = found
                && last
                    .as_ref()
                    .is_none_or(|(last, _)| order(found) > order(last))
            {
                last = Some((found.clone(), via.cloned()));
            }
        };
        visit(within(said, &during), None);
        self.walk_up(stays, &during, &mut Vec::new(), &mut visit)?;
        Ok(last)
    }

    /// What a thing is inside of, directly or not, some time within `during`.
    pub fn holders(
        &mut self,
        thing: &Claimed,
        during: &Range<i64>,
    ) -> Result<BTreeSet<Claimed>, StoreError> {
        let mut holders = BTreeSet::new();
        self.walk(thing, during, &mut |_, via| holders.extend(via.cloned()))?;
        Ok(holders)
    }

    /// The moment at which a thing that goes into a container at `from` leaves it again, as far as it was said.
    pub fn leaves(
        &mut self,
        thing: &Claimed,
        holder: &Claimed,
        from: i64,
    ) -> Result<i64, StoreError> {
        let (said, of_holder) = (self.said(thing)?, self.said(holder)?);
        Ok(left(&said, &of_holder, holder, from).unwrap_or(i64::MAX))
    }

    fn walk(
        &mut self,
        thing: &Claimed,
        during: &Range<i64>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        let (said, stays) = (self.said(thing)?, self.stays(thing)?);
        visit(within(&said, during), None);
        self.walk_up(&stays, during, &mut vec![thing.clone()], visit)
    }

    /// Visits what was said of the holders of these stays within a time, and of theirs; `path` leads to here.
    fn walk_up(
        &mut self,
        stays: &[Within],
        during: &Range<i64>,
        path: &mut Vec<Claimed>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        for stay in stays {
            let overlap = stay.during.start.max(during.start)..stay.during.end.min(during.end);
            if overlap.is_empty() || path.len() > DEPTH_MAX || path.contains(&stay.holder) {
                continue;
            }
            let (said, above) = (self.said(&stay.holder)?, self.stays(&stay.holder)?);
            visit(within(&said, &overlap), Some(&stay.holder));
            path.push(stay.holder.clone());
            self.walk_up(&above, &overlap, path, visit)?;
            path.pop();
        }
        Ok(())
    }

    /// What was said of a thing itself, by the time it names.
    fn said(&mut self, thing: &Claimed) -> Result<Rc<[Heard]>, StoreError> {
        if let Some(said) = self.said.get(thing) {
            return Ok(Rc::clone(said));
        }
        let mut said = self.ask.heard_of(thing, self.at)?;
        if let Some(unrecorded) = self.unrecorded {
            let more = unrecorded.moves.get(thing).into_iter().flatten();
            said.extend(more.cloned());
            said.sort_by_key(order);
            for heard in &mut said {
                heard.taken_back |= unrecorded.taken_back.contains(&heard.claim.id);
            }
        }
        let said: Rc<[Heard]> = said.into();
        if !matches!(thing, Claimed::Pack(_)) {
            self.said.insert(thing.clone(), Rc::clone(&said));
        }
        Ok(said)
    }

    /// What a thing was inside of, and when.
    fn stays(&mut self, thing: &Claimed) -> Result<Rc<[Within]>, StoreError> {
        if let Some(stays) = self.stays.get(thing) {
            return Ok(Rc::clone(stays));
        }
        let said = self.said(thing)?;
        let by_record = match thing {
            Claimed::Pack(pack) => self.ask.rough_stays(Unit::Pack(*pack))?,
            Claimed::Container(no) => self.ask.rough_stays(Unit::Container(*no))?,
            Claimed::Foreign(_) => Vec::new(),
        };
        let stays: Rc<[Within]> = self.stays_of(&by_record, &said)?.into();
        if !matches!(thing, Claimed::Pack(_)) {
            self.stays.insert(thing.clone(), Rc::clone(&stays));
        }
        Ok(stays)
    }

    /// The stays of something that was in these containers by our records, and of which this was said.
    fn stays_of(&mut self, by_record: &[Stay], said: &[Heard]) -> Result<Vec<Within>, StoreError> {
        let mut stays = Vec::with_capacity(by_record.len());
        for stay in by_record {
            if self.at.is_some_and(|at| stay.from_seq > at) {
                continue;
            }
            let from = self.utc_of(stay.from_seq)?.saturating_sub(BEHIND_MAX_MS);
            let out = stay.to_seq.filter(|to| self.at.is_none_or(|at| *to <= at));
            let to = out.map_or(Ok(i64::MAX), |to| self.utc_of(to))?;
            stays.push(Within {
                holder: Claimed::Container(stay.container),
                during: from..to,
            });
        }
        let packed = said
            .iter()
            .filter(|heard| heard.holds() && heard.claim.said == Said::Packed);
        for heard in packed {
            if let Some(holder) = &heard.claim.holder {
                stays.push(Within {
                    holder: holder.clone(),
                    during: heard.claim.utc_ms..i64::MAX,
                });
            }
        }
        for stay in &mut stays {
            let of_holder = self.said(&stay.holder)?;
            if let Some(left) = left(said, &of_holder, &stay.holder, stay.during.start) {
                stay.during.end = stay.during.end.min(left);
            }
        }
        Ok(stays)
    }

    /// The wall clock of a record.
    fn utc_of(&mut self, seq: u64) -> Result<i64, StoreError> {
        if let Some(utc_ms) = self.known_time(seq) {
            return Ok(utc_ms);
        }
        if self.commits.len() > TIMES_MAX {
            self.commits.clear();
        }
        self.ask.commits_around(seq, &mut |utc_ms, first, last| {
            self.commits.insert(last, (first, utc_ms));
        })?;
        Ok(self.known_time(seq).unwrap_or(0))
    }

    fn known_time(&self, seq: u64) -> Option<i64> {
        let (_, (first, utc_ms)) = self.commits.range(seq..).next()?;
        (*first <= seq).then_some(*utc_ms)
    }

    /// When a step of a journey happened: as a person said, or when it went on record.
    fn time_of_step(&mut self, seq: u64) -> Result<i64, StoreError> {
        if let Some(utc_ms) = self.steps.get(&seq) {
            return Ok(*utc_ms);
        }
        let utc_ms = self.ask.time_of_step(seq)?;
        self.steps.insert(seq, utc_ms);
        Ok(utc_ms)
    }
}

/// The first moment after `from` at which something of which this was said leaves a holder of which that was said: when
/// somebody says so, when it goes into something else, and when all is taken out.
fn left(said: &[Heard], of_holder: &[Heard], holder: &Claimed, from: i64) -> Option<i64> {
    let later = |said: &[Heard]| said.partition_point(|heard| heard.claim.utc_ms <= from);
    let leaves = |heard: &&Heard| {
        let same = heard.claim.holder.as_ref() == Some(holder);
        heard.holds()
            && match heard.claim.said {
                Said::Packed => !same,
                Said::Unpacked => same,
                _ => false,
            }
    };
    let empties = |heard: &&Heard| heard.holds() && heard.claim.said == Said::Emptied;
    let by_itself = said[later(said)..].iter().find(leaves);
    let with_all = of_holder[later(of_holder)..].iter().find(empties);
    let utc_ms = |heard: &Heard| heard.claim.utc_ms;
    [by_itself.map(utc_ms), with_all.map(utc_ms)]
        .into_iter()
        .flatten()
        .min()
}

/// What our records say of a container and so of everything that was inside it then.
struct Shared {
    /// After which moment claims say where it is.
    since: Option<i64>,
    /// The records that this follows from: the last step between places, and the end of its life.
    records: [Option<u64>; 2],
}

/// Called with where packs are said to be, and how many.
pub type Places<'p> = dyn FnMut(&Saying, u64) + 'p;

impl Hearsay<'_> {
    /// Calls `each` with where partners say the good packs of a range are, as [`Hearsay::place`] has it of each, and with
    /// how many packs that is said of together; packs of which nobody says where they are are left out.
    ///
    /// A case is asked once, not its packs; what is said of packs by themselves is read slice by slice.
    pub fn places(
        &mut self,
        packs: &RangeInclusive<PackNo>,
        each: &mut Places<'_>,
    ) -> Result<(), StoreError> {
        let Some(last) = self.ask.last_pack_within(packs)? else {
            return Ok(());
        };
        let mut shared = BTreeMap::new();
        let mut first = packs.start().0;
        while first <= last.0 {
            let end = (first + SLICE_PACKS - 1).min(last.0);
            self.slice(&(PackNo(first)..=PackNo(end)), &mut shared, each)?;
            first = end + 1;
        }
        Ok(())
    }

    fn slice(
        &mut self,
        packs: &RangeInclusive<PackNo>,
        shared: &mut BTreeMap<Claimed, Shared>,
        each: &mut Places<'_>,
    ) -> Result<(), StoreError> {
        let mut said = self.ask.heard_of_packs(packs)?;
        let mut single: BTreeSet<PackNo> = self.ask.with_a_story(packs)?.into_iter().collect();
        let mut runs = Vec::new();
        self.ask.for_each_run(packs, |run| runs.push(run))?;
        for run in runs {
            let own = run.first..=run.last;
            let holder = Claimed::Container(run.container);
            if !shared.contains_key(&holder) {
                let of_it = self.shared(Unit::Container(run.container))?;
                shared.insert(holder.clone(), of_it);
            }
            let of_it = &shared[&holder];
            // Something happened while the run was filled: to some of it, and not to the others.
            let early = |record: &u64| *record <= run.filled_seq;
            if of_it.records.iter().flatten().any(early) {
                single.extend((run.first.0..=run.last.0).map(PackNo));
                continue;
            }
            let Some(since) = of_it.since else {
                continue;
            };
            let stay = [Stay {
                container: run.container,
                from_seq: run.from_seq,
                to_seq: None,
            }];
            let alone = single.range(own.clone()).count() as u64;
            let mut together = run.count() - alone;
            for (pack, said) in said.range(own) {
                if single.contains(pack) {
                    continue;
                }
                together -= 1;
                let stays = self.stays_of(&stay, said)?;
                if let Some(place) = self.last_place(said, &stays, since)? {
                    each(&place, 1);
                }
            }
            if together > 0 {
                let stays = self.stays_of(&stay, &[])?;
                if let Some(place) = self.last_place(&[], &stays, since)? {
                    each(&place, together);
                }
            }
        }
        for pack in single {
            let Some(standing) = self.ask.standing(Unit::Pack(pack), None)? else {
                continue;
            };
            if !standing.is_good() {
                continue;
            }
            if let Some(since) = self.away_since(&standing)? {
                let said = said.remove(&pack).unwrap_or_default();
                let by_record = self.ask.rough_stays(Unit::Pack(pack))?;
                let stays = self.stays_of(&by_record, &said)?;
                if let Some(place) = self.last_place(&said, &stays, since)? {
                    each(&place, 1);
                }
            }
        }
        Ok(())
    }

    fn shared(&mut self, container: Unit) -> Result<Shared, StoreError> {
        let Some(standing) = self.ask.standing(container, None)? else {
            return Ok(Shared {
                since: None,
                records: [None; 2],
            });
        };
        Ok(Shared {
            since: self.away_since(&standing)?,
            records: [
                standing.place.as_ref().map(|place| place.seq),
                standing.end.as_ref().map(|end| end.seq),
            ],
        })
    }
}

impl Whereabouts<'_> {
    /// Calls `each` with the time, first and last record of the commit with this record, and of those kept with it.
    fn commits_around(
        &self,
        seq: u64,
        each: &mut dyn FnMut(i64, u64, u64),
    ) -> Result<(), StoreError> {
        let no = i64::try_from(seq).unwrap_or(i64::MAX);
        let mut found = false;
        stretch::for_each(
            self.connection,
            self.path,
            stretch::Which::With(no),
            &mut |stretch| {
                rows::for_each_commit(self.path, stretch, &mut |utc_ms, first, last| {
                    found |= (first..=last).contains(&no);
                    each(utc_ms, first as u64, last as u64);
                })?;
                Ok(!found)
            },
        )
    }

    /// Every step of a unit between places, with that of what it was inside of then, in the order of records.
    pub fn steps_between_places(&self, unit: Unit) -> Result<Vec<(Step, u64)>, StoreError> {
        let mut happened = Vec::new();
        self.happened(unit, 0..i64::MAX, &mut happened, 0)?;
        happened.sort_by_key(|stage| stage.seq);
        let step = |stage: &Stage<Happening>| match stage.what {
            Happening::Step(step @ (Step::Shipped | Step::Received | Step::Returned)) => {
                Some((step, stage.seq))
            }
            Happening::Step(_) | Happening::End(_) => None,
        };
        Ok(happened.iter().filter_map(step).collect())
    }

    /// When a step of a journey happened: as a person said, or when it went on record; 0 of a record that is not there.
    pub fn time_of_step(&self, seq: u64) -> Result<i64, StoreError> {
        let no = i64::try_from(seq).unwrap_or(i64::MAX);
        let stored = super::restore::record(self.connection, self.path, no)?;
        Ok(stored.map_or(0, |stored| match stored.record.fact {
            Fact::Journey(journey) => journey.told_utc_ms.unwrap_or(stored.utc_ms),
            _ => stored.utc_ms,
        }))
    }
}
