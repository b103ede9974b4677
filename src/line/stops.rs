//! Why the line stands: interlocks, which go by themselves, and latched stops, which a person withdraws. PURE.

use super::alarm::AlarmKind;
use super::{DiskRoom, Line, Permissive};
use crate::record::{Fact, LaneNo, LatchedStop, Tick};
use std::collections::BTreeMap;

/// STOP_REASON values the station writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StopReason {
    /// 1: a person stopped the line.
    Operator,
    /// 2: the station is reading back what happened.
    Recovering,
    /// 3: the printer is not ready.
    Printer,
    /// 4: the camera is not ready.
    Camera,
    /// 5: the store is not ready.
    Store,
    /// 6: no batch is open.
    NoBatch,
    /// 7: printer, packs or pictures are out of step.
    Sync,
    /// 8: too many rejects in a row.
    Rejects,
    /// 9: a pack is in the wrong bin.
    WrongBin,
    /// 10: the PLC is not the one expected.
    PlcWrong,
    /// 11: the station is ending.
    Ending,
    /// 12: no serial is left for the batch.
    Numbers,
    /// 13: the disk is full.
    Disk,
    /// 14: first articles wait for a person.
    FirstArticles,
    /// 15: the reader that sees packs into their cases is not ready.
    PackReader,
    /// 16: a good pack is in no case on record.
    PackUnread,
    /// 17: a full container went by its reader unread.
    ContainerUnread,
    /// 18: a container's label came by twice.
    LabelDoubled,
}

impl StopReason {
    /// All there are, by their codes.
    pub const ALL: [StopReason; 18] = [
        StopReason::Operator,
        StopReason::Recovering,
        StopReason::Printer,
        StopReason::Camera,
        StopReason::Store,
        StopReason::NoBatch,
        StopReason::Sync,
        StopReason::Rejects,
        StopReason::WrongBin,
        StopReason::PlcWrong,
        StopReason::Ending,
        StopReason::Numbers,
        StopReason::Disk,
        StopReason::FirstArticles,
        StopReason::PackReader,
        StopReason::PackUnread,
        StopReason::ContainerUnread,
        StopReason::LabelDoubled,
    ];

    /// Value for STOP_REASON.
    pub fn code(self) -> u16 {
        match self {
            StopReason::Operator => 1,
            StopReason::Recovering => 2,
            StopReason::Printer => 3,
            StopReason::Camera => 4,
            StopReason::Store => 5,
            StopReason::NoBatch => 6,
            StopReason::Sync => 7,
            StopReason::Rejects => 8,
            StopReason::WrongBin => 9,
            StopReason::PlcWrong => 10,
            StopReason::Ending => 11,
            StopReason::Numbers => 12,
            StopReason::Disk => 13,
            StopReason::FirstArticles => 14,
            StopReason::PackReader => 15,
            StopReason::PackUnread => 16,
            StopReason::ContainerUnread => 17,
            StopReason::LabelDoubled => 18,
        }
    }

    /// What happened and what to do next.
    pub fn text(self) -> &'static str {
        match self {
            StopReason::Operator => "Stopped by a person. Press F2 to resume.",
            StopReason::Recovering => "Reading back what happened; wait.",
            StopReason::Printer => "The printer is not ready; see its line below.",
            StopReason::Camera => "Camera or reader is not ready; see its line below.",
            StopReason::Store => "The store failed: check the disk, start the station again.",
            StopReason::NoBatch => "No batch is open: press F7 and open one.",
            StopReason::Sync => "Out of step: press r to resynchronise.",
            StopReason::Rejects => "Too many rejects in a row: look, mend, press F2.",
            StopReason::WrongBin => "A pack is in the wrong bin: check both bins, press F2.",
            StopReason::PlcWrong => "Not the PLC program that was expected.",
            StopReason::Ending => "The station is ending.",
            StopReason::Numbers => {
                "Serials used up: press F2, run the belt empty, close the batch."
            }
            StopReason::FirstArticles => {
                "First articles: look at them, then F7 and f (accept or refuse)."
            }
            StopReason::PackReader => "The reader behind the lanes is not ready; see its alarm.",
            StopReason::ContainerUnread => "A full container went by unread; see its alarm.",
            StopReason::LabelDoubled => "A container's label came twice: look, press F2.",
            StopReason::PackUnread => "A good pack is in no case on record; see its alarm.",
            StopReason::Disk => "The disk is full: make room; it goes on by itself.",
        }
    }
}

impl StopReason {
    /// A person has to look, however often the station is started meanwhile; other latched stops are found anew.
    fn outlives_a_restart(self) -> bool {
        matches!(
            self,
            StopReason::Operator
                | StopReason::WrongBin
                | StopReason::Rejects
                | StopReason::LabelDoubled
        )
    }

    /// The record of a latched stop, of one lane or all.
    pub(super) fn stopped(self, lane: Option<LaneNo>) -> Fact {
        Fact::Stopped {
            cause: self.text().to_owned(),
            latched: self.outlives_a_restart().then_some(LatchedStop {
                lane,
                reason: self.code(),
            }),
        }
    }
}

/// A stop that a person must withdraw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latch {
    /// Its number; a withdrawal names it, so that a newer stop outlives an older withdrawal.
    pub number: u64,
    /// Why.
    pub reason: StopReason,
}

/// What a change of the interlocks asks the line to record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InterlockChange {
    /// Nothing changed.
    Same,
    /// It holds the line for this reason from now on.
    Holds(StopReason),
    /// Its cause is gone; the stop of this number may be withdrawn once that is recorded.
    Over(u64),
}

/// Stops in force.
#[derive(Debug, Default)]
pub struct Stops {
    latched: BTreeMap<StopReason, u64>,
    interlock: Option<Latch>,
    /// The interlock's cause is gone, its withdrawal is on its way to the disk.
    over: bool,
    last_number: u64,
    /// Latched stops up to this number are being withdrawn: the record of it may be on its way to the disk.
    withdrawn_through: u64,
}

impl Stops {
    /// Latches a stop beside those that stand already. `true` if no record says that it stands: its reason is new, or
    /// the one before is being withdrawn.
    pub fn latch(&mut self, reason: StopReason) -> bool {
        self.last_number += 1;
        // A second stop of the same kind replaces the first: an older withdrawal must not lift it.
        let before = self.latched.insert(reason, self.last_number);
        before.is_none_or(|number| number <= self.withdrawn_through)
    }

    /// A person withdraws all that are latched; each goes when the record of it is on disk ([`Stops::withdraw`]).
    pub fn withdrawing(&mut self) {
        self.withdrawn_through = self.last_number;
    }

    /// The latched stop with the highest reason.
    pub fn latched(&self) -> Option<Latch> {
        self.latches().last()
    }

    /// The latched stop of this reason.
    pub fn latched_for(&self, reason: StopReason) -> Option<Latch> {
        self.latches().find(|latch| latch.reason == reason)
    }

    /// All latched stops, the highest reason last.
    pub fn latches(&self) -> impl Iterator<Item = Latch> + '_ {
        self.latched.iter().map(|(reason, number)| Latch {
            number: *number,
            reason: *reason,
        })
    }

    /// Takes note of the interlocks' present cause.
    pub fn interlock(&mut self, cause: Option<StopReason>) -> InterlockChange {
        match (cause, self.interlock) {
            (None, Some(latch)) if !self.over => {
                self.over = true;
                InterlockChange::Over(latch.number)
            }
            (Some(reason), known)
                if self.over || known.map(|latch| latch.reason) != Some(reason) =>
            {
                self.last_number += 1;
                self.interlock = Some(Latch {
                    number: self.last_number,
                    reason,
                });
                self.over = false;
                InterlockChange::Holds(reason)
            }
            _ => InterlockChange::Same,
        }
    }

    /// Withdraws the stop of this number, latched or interlock; a newer one stays.
    pub fn withdraw(&mut self, number: u64) -> bool {
        let before = self.latched.len();
        self.latched.retain(|_, latched| *latched != number);
        if self.latched.len() < before {
            return true;
        }
        let interlock = self.interlock.is_some_and(|latch| latch.number == number);
        if interlock && self.over {
            self.interlock = None;
            self.over = false;
        }
        interlock
    }

    /// The reason in force: a latched stop before an interlock. `None`: nothing holds the line.
    pub fn in_force(&self) -> Option<StopReason> {
        self.latched().or(self.interlock).map(|latch| latch.reason)
    }
}

impl Line {
    /// Latches a stop of the lane at hand that a person must withdraw.
    pub(super) fn latch(&mut self, now: Tick, reason: StopReason) {
        if self.lane.stops.latch(reason) {
            let lane = Some(self.lane.plan.no);
            self.record(now, self.lane_point(), reason.stopped(lane));
        }
    }

    /// What a person had not withdrawn when the station ended stands again, with its alarm.
    pub(super) fn restore_stops(&mut self, now: Tick, stops: &[LatchedStop]) {
        for stop in stops {
            let known = StopReason::ALL.into_iter();
            let mut known = known.filter(|reason| reason.code() == stop.reason);
            let Some(reason) = known.next().filter(|reason| reason.outlives_a_restart()) else {
                continue;
            };
            self.on_each_lane(|line| {
                let here = stop.lane.is_none_or(|lane| lane == line.lane.plan.no);
                if here {
                    line.latch(now, reason);
                    line.raise_again(now, reason);
                }
            });
        }
    }

    fn raise_again(&mut self, now: Tick, reason: StopReason) {
        let kind = match reason {
            StopReason::WrongBin => AlarmKind::WrongBin,
            StopReason::Rejects => AlarmKind::Rejects,
            StopReason::LabelDoubled => AlarmKind::LabelDoubled,
            _ => return,
        };
        self.raise(now, kind, "before the station was started again");
    }

    /// What holds the lane at hand by itself, and what does not any more.
    pub(super) fn interlocks(&mut self, now: Tick) {
        let (holding, lane) = (self.interlock(), self.lane.plan.no);
        match self.lane.stops.interlock(holding) {
            InterlockChange::Same => {}
            InterlockChange::Holds(reason) => {
                let cause = reason.text().to_owned();
                let latched = None;
                self.record(now, self.lane_point(), Fact::Stopped { cause, latched });
            }
            InterlockChange::Over(stop) => {
                self.record(now, self.lane_point(), Fact::StopWithdrawn);
                self.permit(Permissive::WithdrawStop { lane, stop });
            }
        }
    }

    /// What holds the lane at hand by itself at this moment.
    fn interlock(&self) -> Option<StopReason> {
        let causes = [
            (self.store.failed.is_some(), StopReason::Store),
            (
                matches!(self.disk, DiskRoom::TooLittle(_)),
                StopReason::Disk,
            ),
            (self.ending, StopReason::Ending),
            (self.lane.plc.wrong, StopReason::PlcWrong),
            (!self.printer_ready(), StopReason::Printer),
            (!self.lane.camera_link, StopReason::Camera),
            (!self.pack_reader_ready(), StopReason::PackReader),
            (!self.unread.is_empty(), StopReason::PackUnread),
            (
                self.stacking.passed().next().is_some(),
                StopReason::ContainerUnread,
            ),
            (self.batch.is_none(), StopReason::NoBatch),
            (self.waits_for_first_articles(), StopReason::FirstArticles),
            (!self.lane.alignment.done(), StopReason::Recovering),
        ];
        causes
            .into_iter()
            .find(|(holds, _)| *holds)
            .map(|(_, reason)| reason)
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn reasons_are_listed_by_their_codes_from_one_on() {
        let codes: Vec<u16> = StopReason::ALL.map(StopReason::code).into();
        assert_eq!(codes, (1..=18).collect::<Vec<u16>>());
    }

    #[test]
    fn every_stop_stands_for_itself_and_a_newer_one_outlives_an_older_withdrawal() {
        let mut stops = Stops::default();
        assert!(stops.latch(StopReason::Operator));
        assert!(stops.latch(StopReason::Sync));
        let sync = stops.latched().expect("latched");
        assert_eq!(sync.reason, StopReason::Sync);
        assert!(stops.withdraw(sync.number));
        assert_eq!(
            stops.in_force(),
            Some(StopReason::Operator),
            "a person's stop is a person's"
        );
        let first = stops.latched().expect("still latched").number;
        assert!(!stops.latch(StopReason::Operator));
        assert!(!stops.withdraw(first), "stopped again meanwhile");
        let second = stops
            .latched_for(StopReason::Operator)
            .expect("latched")
            .number;
        assert!(stops.withdraw(second));
        assert_eq!(stops.latched(), None);
    }

    #[test]
    fn an_interlock_holds_until_its_withdrawal_is_recorded_and_its_cause_stayed_away() {
        let mut stops = Stops::default();
        assert_eq!(
            stops.interlock(Some(StopReason::Printer)),
            InterlockChange::Holds(StopReason::Printer)
        );
        assert_eq!(
            stops.interlock(Some(StopReason::Printer)),
            InterlockChange::Same
        );
        let InterlockChange::Over(first) = stops.interlock(None) else {
            panic!("over")
        };
        assert_eq!(
            stops.in_force(),
            Some(StopReason::Printer),
            "not yet on disk"
        );
        assert_eq!(
            stops.interlock(Some(StopReason::Printer)),
            InterlockChange::Holds(StopReason::Printer),
            "the cause came back before the record was on disk"
        );
        assert!(!stops.withdraw(first));
        let InterlockChange::Over(second) = stops.interlock(None) else {
            panic!("over")
        };
        assert!(stops.withdraw(second));
        assert_eq!(stops.in_force(), None);
    }
}
