//! How many alarms come: in the last ten minutes, the most in ten minutes, and whether that is a flood. PURE.
//!
//! Source of the figures: ISA-18.2 as its readers tell it (more than ten in ten minutes are a flood, which ends below
//! five); nothing here claims to conform to it.

use super::{AlarmKind, AlarmOf, Alarms};
use crate::line::Line;
use crate::record::Tick;
use crate::wire::{AlarmRates, FloodView};
use std::collections::VecDeque;
use std::time::Duration;

/// Over how long alarms are counted.
const WINDOW: Duration = Duration::from_secs(600);
/// More than so many in that time are a flood.
const FLOOD_ABOVE: usize = 10;
/// With fewer than so many it is over.
const FLOOD_OVER_BELOW: usize = 5;
/// Most alarms counted in that time; the oldest are forgotten.
const ALARMS_COUNTED_MAX: usize = 1_000;

#[derive(Debug, Clone, Copy)]
struct Flood {
    since: Tick,
    first: AlarmOf,
}

/// Counts alarms.
#[derive(Debug, Default)]
pub(super) struct Rates {
    /// Of the last ten minutes, the oldest first.
    came: VecDeque<(Tick, AlarmOf)>,
    most: usize,
    flood: Option<Flood>,
}

impl Rates {
    /// An episode began.
    pub(super) fn raised(&mut self, now: Tick, of: AlarmOf) {
        let gone = self.came.len() - self.count(now);
        self.came.drain(..gone);
        // Between two alarms the count only falls: where the last flood is over, it was over before this one came.
        self.flood = self.flood_at(now);
        if self.came.len() == ALARMS_COUNTED_MAX {
            self.came.pop_front();
        }
        self.came.push_back((now, of));
        self.most = self.most.max(self.came.len());
        if self.flood.is_none() && self.came.len() > FLOOD_ABOVE {
            let (_, first) = self.came[0];
            self.flood = Some(Flood { since: now, first });
        }
    }

    /// The most is looked for anew.
    pub(super) fn begin_anew(&mut self, now: Tick) {
        self.most = self.count(now);
    }

    fn count(&self, now: Tick) -> usize {
        let old = self
            .came
            .partition_point(|(at, _)| now.since(*at) >= WINDOW);
        self.came.len() - old
    }

    fn flood_at(&self, now: Tick) -> Option<Flood> {
        self.flood.filter(|_| self.count(now) >= FLOOD_OVER_BELOW)
    }
}

impl Alarms {
    /// How many alarms come; `utc_ms` is the wall clock at `now`.
    pub fn rates(&self, now: Tick, utc_ms: i64, lanes: bool) -> AlarmRates {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let flood = self.rates.flood_at(now).map(|flood| {
            let age_ms = i64::try_from(now.since(flood.since).as_millis()).unwrap_or(i64::MAX);
            FloodView {
                since_utc_ms: utc_ms.saturating_sub(age_ms),
                first: name(flood.first, lanes),
            }
        });
        AlarmRates {
            last_10_min: number(self.rates.count(now)),
            most_in_10_min: number(self.rates.most),
            flood,
        }
    }
}

fn name((kind, lane): AlarmOf, lanes: bool) -> String {
    let code = kind.sheet().code;
    match lanes && AlarmKind::is_of_lane(kind) {
        true => format!("{code} of lane {lane}"),
        false => code.to_owned(),
    }
}

impl Line {
    /// From here on the most alarms in ten minutes are those of the batch that is opened.
    pub(in crate::line) fn count_alarms_anew(&mut self, now: Tick) {
        self.alarms.rates.begin_anew(now);
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::LaneNo;
    use proptest::prelude::*;

    const MINUTE: u64 = 60_000;

    fn of(place: usize) -> AlarmOf {
        (AlarmKind::ALL[place % AlarmKind::ALL.len()], LaneNo::FIRST)
    }

    #[test]
    fn a_flood_begins_with_the_eleventh_names_the_first_and_ends_below_five() {
        let mut alarms = Alarms::default();
        let at = |minutes: u64| Tick::from_ms(minutes * MINUTE);
        // One long ago; then ten within a minute: not a flood yet.
        alarms.rates.raised(at(0), of(30));
        (0..10).for_each(|place| alarms.rates.raised(at(20), of(12 + place)));
        let rates = alarms.rates(at(20), 0, false);
        let counts = |rates: &AlarmRates| (rates.last_10_min, rates.most_in_10_min);
        assert_eq!((counts(&rates), rates.flood), ((10, 10), None));
        alarms.rates.raised(at(21), of(3));
        let rates = alarms.rates(at(22), 22 * 60_000, false);
        let flood = rates.flood.clone().expect("eleven");
        assert_eq!(flood.first, of(12).0.sheet().code);
        assert_eq!(flood.since_utc_ms, 21 * 60_000);
        // Four more; at minute 30 the ten of minute 20 are past: five are left, and it goes on.
        (0..4).for_each(|place| alarms.rates.raised(at(25), of(place)));
        let rates = alarms.rates(at(30), 0, false);
        assert_eq!((counts(&rates), rates.flood.is_some()), ((5, 15), true));
        let rates = alarms.rates(at(31), 0, false);
        assert_eq!((counts(&rates), rates.flood), ((4, 15), None));
        // It is over, so a few more do not begin it again.
        (0..3).for_each(|place| alarms.rates.raised(at(31), of(place)));
        assert_eq!(alarms.rates(at(31), 0, false).flood, None);
        alarms.rates.begin_anew(at(40));
        assert_eq!(alarms.rates(at(40), 0, false).most_in_10_min, 3);
    }

    #[test]
    fn a_storm_of_alarms_keeps_to_its_limit() {
        let mut alarms = Alarms::default();
        for place in 0..2 * ALARMS_COUNTED_MAX {
            alarms.rates.raised(Tick::from_ms(1), of(place));
        }
        assert_eq!(alarms.rates.came.len(), ALARMS_COUNTED_MAX);
        let rates = alarms.rates(Tick::from_ms(2), 0, true);
        assert_eq!(rates.last_10_min as usize, ALARMS_COUNTED_MAX);
    }

    proptest! {
        /// Against counting by hand, second by second.
        #[test]
        fn counts_and_floods_are_those_of_counting_by_hand(
            gaps in prop::collection::vec(0u64..400, 1..80),
            ask in 0u64..700,
        ) {
            let (mut alarms, mut times, mut second) = (Alarms::default(), Vec::new(), 0);
            let within = |times: &[u64], now: u64| times.iter().filter(|at| **at + 600 > now).count();
            let mut flood = false;
            let mut look = |times: &[u64], from: u64, to: u64| {
                (from..=to).for_each(|now| flood = match flood {
                    true => within(times, now) >= 5,
                    false => within(times, now) > 10,
                });
                flood
            };
            for gap in gaps {
                look(&times, second, second + gap);
                second += gap;
                times.push(second);
                look(&times, second, second);
                alarms.rates.raised(Tick::from_ms(second * 1000), of(times.len()));
            }
            let now = second + ask;
            let rates = alarms.rates(Tick::from_ms(now * 1000), 0, false);
            prop_assert_eq!(rates.last_10_min as usize, within(&times, now));
            prop_assert_eq!(rates.flood.is_some(), look(&times, second, now));
        }
    }
}
