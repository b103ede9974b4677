//! Shelved alarms: for a time they stand at the end of the list, and nothing else about them is different. PURE.
//!
//! What is shelved is a kind of alarm, on every lane and for its whole time, also when its cause goes and comes again:
//! what comes and goes all the time is what people shelve. Whatever the alarm does to the line it does all the same;
//! nothing but the view and the rates looks at shelves. The end of the time is on record like its beginning, so that
//! the records alone say what people saw when, and a restart reads no more than what is still shelved. What then stands
//! counts as not acknowledged: somebody shall look at it again.

use super::{AlarmKind, Alarms};
use crate::line::Line;
use crate::line::people::Who;
use crate::record::{Actor, Fact, PointId, RestoredShelf, Tick};
use crate::wire::{AlarmView, SHELVE_MINUTES_MAX, ShelvedView};
use std::time::Duration;

/// One kind of alarm, put aside.
#[derive(Debug)]
pub(super) struct Shelf {
    by: String,
    reason: String,
    minutes: u16,
    until: Tick,
}

impl Shelf {
    /// For the screens; `utc_ms` is the wall clock at `now`.
    pub(super) fn view(&self, now: Tick, utc_ms: i64) -> ShelvedView {
        let left_ms = i64::try_from(self.until.since(now).as_millis()).unwrap_or(i64::MAX);
        ShelvedView {
            by: self.by.clone(),
            reason: self.reason.clone(),
            until_utc_ms: utc_ms.saturating_add(left_ms),
        }
    }
}

impl Alarms {
    /// Of what is shelved and neither stands nor waits for anybody: it is shown, so that it can be put back.
    pub(super) fn shelved_and_gone(
        &self,
        now: Tick,
        utc_ms: i64,
    ) -> impl Iterator<Item = AlarmView> {
        let gone = self.shelves.iter().filter(|(kind, _)| !self.lists(**kind));
        gone.map(move |(kind, shelf)| {
            let sheet = kind.sheet();
            let shelved = shelf.view(now, utc_ms);
            AlarmView {
                code: sheet.code.to_owned(),
                letter: sheet.letter,
                priority: sheet.priority,
                text: sheet.cause.to_owned(),
                consequence: sheet.consequence.to_owned(),
                action: sheet.action.to_owned(),
                raised_utc_ms: began(shelf, &shelved),
                active: false,
                acknowledged: true,
                shelved: Some(shelved),
            }
        })
    }

    /// It stands or is not acknowledged, on some lane.
    fn lists(&self, kind: AlarmKind) -> bool {
        self.raised.iter().any(|raised| raised.of.0 == kind)
    }

    /// It is in its place again; `false` if it was.
    fn put_back(&mut self, kind: AlarmKind) -> bool {
        let was = self.shelves.remove(&kind).is_some();
        let its = self.raised.iter_mut().filter(|raised| raised.of.0 == kind);
        its.for_each(|raised| raised.acknowledged &= !was);
        was
    }

    /// When the first shelf's time is over.
    pub(in crate::line) fn next_shelf_end(&self) -> Option<Tick> {
        self.shelves.values().map(|shelf| shelf.until).min()
    }
}

impl Line {
    /// What was shelved before the station was started again, for what is left of its time. A clock that was set in
    /// between makes that time shorter or longer, never longer than it was ordered.
    pub(in crate::line) fn restore_shelves(
        &mut self,
        now: Tick,
        shelved: Vec<RestoredShelf>,
        utc_ms: i64,
    ) {
        for shelf in shelved {
            // A kind that this version does not have cannot come.
            let Some(kind) = AlarmKind::of_code(&shelf.alarm) else {
                continue;
            };
            let whole = minutes(shelf.minutes);
            let gone_ms = utc_ms.saturating_sub(shelf.since_utc_ms);
            let gone = Duration::from_millis(u64::try_from(gone_ms).unwrap_or(0));
            let until = now + whole.saturating_sub(gone);
            let shelf = Shelf {
                by: shelf.by,
                reason: shelf.reason,
                minutes: shelf.minutes,
                until,
            };
            self.alarms.shelves.insert(kind, shelf);
        }
    }

    pub(in crate::line) fn shelve(
        &mut self,
        now: Tick,
        who: Who,
        (alarm, minutes): (String, u16),
    ) -> Result<(), String> {
        if !(1..=SHELVE_MINUTES_MAX).contains(&minutes) {
            return Err(format!(
                "An alarm is shelved for 1 to {SHELVE_MINUTES_MAX} minutes, not for {minutes}."
            ));
        }
        let reason = who.reason.as_deref().unwrap_or_default().trim().to_owned();
        if reason.is_empty() {
            return Err("An alarm is shelved with a reason only: give one.".to_owned());
        }
        let kind = AlarmKind::of_code(&alarm);
        let kind =
            kind.filter(|kind| self.alarms.lists(*kind) || self.alarms.shelves.contains_key(kind));
        let Some(kind) = kind else {
            return Err(format!(
                "There is no alarm \"{alarm}\" to shelve: it may be over already."
            ));
        };
        let by = match &who.actor {
            Actor::Person(name) | Actor::Named(name) => name.clone(),
            Actor::Station | Actor::Machine => "the station".to_owned(),
        };
        let until = now + self::minutes(minutes);
        let shelf = Shelf {
            by,
            reason,
            minutes,
            until,
        };
        self.alarms.shelves.insert(kind, shelf);
        self.record_who(now, who, Fact::AlarmShelved { alarm, minutes });
        Ok(())
    }

    pub(in crate::line) fn unshelve(
        &mut self,
        now: Tick,
        who: Who,
        alarm: String,
    ) -> Result<(), String> {
        let kind = AlarmKind::of_code(&alarm);
        if !kind.is_some_and(|kind| self.alarms.put_back(kind)) {
            return Err(format!("The alarm \"{alarm}\" is not shelved."));
        }
        self.record_who(now, who, Fact::AlarmUnshelved { alarm });
        Ok(())
    }

    /// Whatever was shelved for long enough comes back.
    pub(in crate::line) fn end_shelves(&mut self, now: Tick) {
        let shelves = self.alarms.shelves.iter();
        let over = shelves.filter(|(_, shelf)| shelf.until <= now);
        let over: Vec<AlarmKind> = over.map(|(kind, _)| *kind).collect();
        for kind in over {
            self.alarms.put_back(kind);
            let alarm = kind.sheet().code.to_owned();
            self.record(now, PointId::STATION, Fact::AlarmUnshelved { alarm });
        }
    }
}

/// When it was shelved, by the wall clock of the view.
fn began(shelf: &Shelf, view: &ShelvedView) -> i64 {
    let whole_ms = i64::from(shelf.minutes) * 60_000;
    view.until_utc_ms.saturating_sub(whole_ms)
}

fn minutes(count: u16) -> Duration {
    Duration::from_secs(60 * u64::from(count))
}
