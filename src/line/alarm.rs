//! The alarms: each asks a person for something; what asks for nothing is a message, not an alarm. PURE.

mod rates;
mod several;
mod sheets;
mod shelf;

pub use several::{Several, TOLD_MAX, Told};

use super::Line;
use crate::record::{Fact, LaneNo, PointId, Tick};
use crate::wire::{AlarmView, Priority};
use rates::Rates;
use shelf::Shelf;
use std::collections::BTreeMap;

/// What can be raised. One row each in [`AlarmKind::sheet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlarmKind {
    /// A pack is where it must not be.
    WrongBin,
    /// The store failed.
    Store,
    /// A good pack is in no case on record.
    PackUnread,
    /// A full container went by unread.
    ContainerUnread,
    /// The label of a container came by twice.
    LabelDoubled,
    /// Printer and packs are out of step.
    Sync,
    /// Counts of PLC and camera differ.
    CameraCounts,
    /// Too many rejects in a row.
    Rejects,
    /// The PLC does not answer, or another station writes to it.
    PlcLink,
    /// The PLC is not the one expected.
    PlcWrong,
    /// The machine reports faults.
    Machine,
    /// The printer does not answer.
    PrinterLink,
    /// The printer says what hinders it.
    PrinterHindered,
    /// The camera sends nothing.
    CameraLink,
    /// A reader at a scan point is away or silent.
    ReaderLink,
    /// No number can be had for the open batch.
    NumbersOut,
    /// Packs of unknown fate.
    UnknownFate,
    /// The PLC restarted.
    PlcRestarted,
    /// Printer and machine count labels differently.
    LabelCount,
    /// Text is not as printed; the batch only warns of it.
    Text,
    /// Grades are about to fall below the minimum.
    PrintQuality,
    /// Little room on the disk.
    Disk,
    /// Pictures of rejected packs are not kept.
    Evidence,
    /// A name was locked after wrong secrets.
    SignIn,
    /// Good packs fall into no container.
    Packing,
    /// Labels of containers cannot be printed.
    ContainerPrinter,
    /// A container did not get its label.
    ContainerLabel,
    /// A new label template was given up.
    LabelTrial,
    /// Few numbers are left for the open batch.
    NumbersLow,
    /// Documents for a partner's repository are not taken.
    Capture,
    /// What was scanned at a scan point is refused.
    ScanRefused,
    /// The wall clock was set while the station ran.
    ClockStep,
}

/// Priority, cause, consequence and action of an alarm.
#[derive(Debug, Clone, Copy)]
pub struct AlarmSheet {
    /// Machine name.
    pub code: &'static str,
    /// NE 107 letter.
    pub letter: char,
    /// How urgent it is.
    pub priority: Priority,
    /// What happened.
    pub cause: &'static str,
    /// What it means for the packs.
    pub consequence: &'static str,
    /// What a person does now.
    pub action: &'static str,
}

impl AlarmKind {
    /// All kinds, highest first.
    pub const ALL: [AlarmKind; 32] = [
        AlarmKind::WrongBin,
        AlarmKind::Store,
        AlarmKind::PackUnread,
        AlarmKind::ContainerUnread,
        AlarmKind::LabelDoubled,
        AlarmKind::Sync,
        AlarmKind::CameraCounts,
        AlarmKind::Rejects,
        AlarmKind::PlcLink,
        AlarmKind::PlcWrong,
        AlarmKind::Machine,
        AlarmKind::PrinterLink,
        AlarmKind::PrinterHindered,
        AlarmKind::CameraLink,
        AlarmKind::ReaderLink,
        AlarmKind::NumbersOut,
        AlarmKind::UnknownFate,
        AlarmKind::PlcRestarted,
        AlarmKind::LabelCount,
        AlarmKind::Text,
        AlarmKind::PrintQuality,
        AlarmKind::Disk,
        AlarmKind::Evidence,
        AlarmKind::SignIn,
        AlarmKind::Packing,
        AlarmKind::ContainerPrinter,
        AlarmKind::ContainerLabel,
        AlarmKind::LabelTrial,
        AlarmKind::NumbersLow,
        AlarmKind::Capture,
        AlarmKind::ScanRefused,
        AlarmKind::ClockStep,
    ];

    /// It tells of something that has happened and is over: it stands until a person has acknowledged it.
    pub fn is_momentary(self) -> bool {
        matches!(
            self,
            AlarmKind::UnknownFate
                | AlarmKind::PlcRestarted
                | AlarmKind::SignIn
                | AlarmKind::ContainerLabel
                | AlarmKind::LabelTrial
                | AlarmKind::LabelCount
                | AlarmKind::ScanRefused
                | AlarmKind::ClockStep
        )
    }

    /// It tells of one lane; of several lanes each has its own.
    pub fn is_of_lane(self) -> bool {
        matches!(
            self,
            AlarmKind::WrongBin
                | AlarmKind::Sync
                | AlarmKind::CameraCounts
                | AlarmKind::Rejects
                | AlarmKind::PlcLink
                | AlarmKind::PlcWrong
                | AlarmKind::Machine
                | AlarmKind::PrinterLink
                | AlarmKind::PrinterHindered
                | AlarmKind::CameraLink
                | AlarmKind::UnknownFate
                | AlarmKind::PlcRestarted
                | AlarmKind::LabelCount
                | AlarmKind::Text
                | AlarmKind::PrintQuality
        )
    }

    /// The alarm of this code.
    pub fn of_code(code: &str) -> Option<AlarmKind> {
        let mut all = AlarmKind::ALL.into_iter();
        all.find(|kind| kind.sheet().code == code)
    }

    /// The alarm's sheet.
    pub fn sheet(self) -> AlarmSheet {
        sheets::SHEETS[self as usize]
    }
}

/// An alarm and the lane it tells of; the first one for what the lanes share.
pub type AlarmOf = (AlarmKind, LaneNo);

#[derive(Debug, Clone)]
struct Raised {
    of: AlarmOf,
    detail: String,
    at: Tick,
    active: bool,
    acknowledged: bool,
}

/// The alarms that stand, or are over and not acknowledged yet. One episode of a kind is one alarm.
#[derive(Debug, Default)]
pub struct Alarms {
    raised: Vec<Raised>,
    /// What those that tell of one thing after the other have told since they began.
    told: BTreeMap<AlarmOf, Told>,
    /// What people put aside, on every lane.
    shelves: BTreeMap<AlarmKind, Shelf>,
    /// How many come.
    rates: Rates,
}

impl Alarms {
    /// Raises an alarm; `true` if this begins a new episode.
    pub fn raise(&mut self, now: Tick, of: AlarmOf, detail: String) -> bool {
        if let Some(known) = self.raised.iter_mut().find(|raised| raised.of == of) {
            if known.active {
                // The loss of a link is told before its reason.
                if known.detail.is_empty() {
                    known.detail = detail;
                }
                return false;
            }
            *known = Raised {
                of,
                detail,
                at: now,
                active: true,
                acknowledged: false,
            };
            self.count(now, of);
            return true;
        }
        self.raised.push(Raised {
            of,
            detail,
            at: now,
            active: true,
            acknowledged: false,
        });
        self.raised.sort_by_key(|raised| raised.of);
        self.count(now, of);
        true
    }

    /// An episode begins.
    fn count(&mut self, now: Tick, of: AlarmOf) {
        if !self.shelves.contains_key(&of.0) {
            self.rates.raised(now, of);
        }
    }

    /// The alarm, if it stands, says this from now on.
    pub fn now_says(&mut self, of: AlarmOf, detail: String) {
        let mut standing = self.raised.iter_mut();
        if let Some(known) = standing.find(|raised| raised.of == of && raised.active) {
            known.detail = detail;
        }
    }

    /// The cause is gone; `true` if the alarm stood.
    pub fn clear(&mut self, of: AlarmOf) -> bool {
        let Some(known) = self
            .raised
            .iter_mut()
            .find(|raised| raised.of == of && raised.active)
        else {
            return false;
        };
        known.active = false;
        let gone = known.acknowledged;
        if gone {
            self.raised.retain(|raised| raised.of != of);
        }
        true
    }

    /// A person has seen it, on every lane; none if there is no such alarm.
    pub fn acknowledge(&mut self, code: &str) -> Vec<AlarmOf> {
        let mut seen = Vec::new();
        for known in &mut self.raised {
            if known.of.0.sheet().code == code {
                known.acknowledged = true;
                seen.push(known.of);
            }
        }
        self.raised
            .retain(|raised| raised.active || !raised.acknowledged);
        seen
    }

    /// Whether this alarm stands.
    pub fn is_active(&self, of: AlarmOf) -> bool {
        self.raised
            .iter()
            .any(|raised| raised.of == of && raised.active)
    }

    /// For the screens: what nobody has acknowledged first, what is shelved last, each part by priority; `utc_ms` is
    /// the wall clock at `now`. With `lanes` each says which one it is of.
    pub fn view(&self, now: Tick, utc_ms: i64, lanes: bool) -> Vec<AlarmView> {
        let raised = self.raised.iter();
        let raised = raised.map(|raised| self.shown(raised, (now, utc_ms), lanes));
        let mut views: Vec<AlarmView> = raised.chain(self.shelved_and_gone(now, utc_ms)).collect();
        // Within a part the order of the kinds stays.
        views.sort_by_key(|view| (view.shelved.is_some(), view.acknowledged, view.priority));
        views
    }

    fn shown(&self, raised: &Raised, (now, utc_ms): (Tick, i64), lanes: bool) -> AlarmView {
        let (kind, lane) = raised.of;
        let sheet = kind.sheet();
        let age_ms = i64::try_from(now.since(raised.at).as_millis()).unwrap_or(i64::MAX);
        let text = match raised.detail.is_empty() {
            true => sheet.cause.to_owned(),
            false => format!("{}: {}", sheet.cause, raised.detail),
        };
        let text = match lanes && kind.is_of_lane() {
            true => format!("Lane {lane}: {text}"),
            false => text,
        };
        let shelf = self.shelves.get(&kind);
        AlarmView {
            code: sheet.code.to_owned(),
            letter: sheet.letter,
            priority: sheet.priority,
            text,
            consequence: sheet.consequence.to_owned(),
            action: sheet.action.to_owned(),
            raised_utc_ms: utc_ms.saturating_sub(age_ms),
            active: raised.active,
            acknowledged: raised.acknowledged,
            shelved: shelf.map(|shelf| shelf.view(now, utc_ms)),
        }
    }
}

impl Line {
    /// This alarm as it is of the lane at hand.
    fn alarm_of(&self, kind: AlarmKind) -> AlarmOf {
        match kind.is_of_lane() {
            true => (kind, self.lane.plan.no),
            false => (kind, LaneNo::FIRST),
        }
    }

    fn alarm_point(&self, kind: AlarmKind) -> PointId {
        match kind.is_of_lane() {
            true => self.lane_point(),
            false => PointId::STATION,
        }
    }

    pub(super) fn raise(&mut self, now: Tick, kind: AlarmKind, detail: impl Into<String>) {
        let detail = detail.into();
        if self.alarms.raise(now, self.alarm_of(kind), detail.clone()) {
            let alarm = kind.sheet().code.to_owned();
            let point = self.alarm_point(kind);
            self.record(now, point, Fact::AlarmRaised { alarm, detail });
        }
    }

    /// Raises an alarm that tells of several things one after the other: each of them is on record.
    pub(super) fn raise_each(&mut self, now: Tick, kind: AlarmKind, detail: String) {
        if self.alarm_stands(kind) {
            let alarm = kind.sheet().code.to_owned();
            let point = self.alarm_point(kind);
            let detail = detail.clone();
            self.record(now, point, Fact::AlarmRaised { alarm, detail });
        }
        self.raise(now, kind, detail);
    }

    /// Raises an alarm that tells of what happened and was over, one thing after the other, until somebody has seen it:
    /// it says the newest and how many; whatever differs is on record, once an episode.
    pub(super) fn raise_told(&mut self, now: Tick, kind: AlarmKind, what: &str) {
        let (of, stands) = (self.alarm_of(kind), self.alarm_stands(kind));
        let told = self.alarms.told.entry(of).or_default();
        if !stands {
            *told = Told::default();
        }
        let (on_record, text) = (told.add(what), told.text());
        if let Some(what) = on_record {
            self.raise_each(now, kind, what);
        }
        self.alarm_now_says(kind, text);
    }

    /// The alarm, if it stands, says this from now on.
    pub(super) fn alarm_now_says(&mut self, kind: AlarmKind, detail: String) {
        let of = self.alarm_of(kind);
        self.alarms.now_says(of, detail);
    }

    pub(super) fn alarm_stands(&self, kind: AlarmKind) -> bool {
        self.alarms.is_active(self.alarm_of(kind))
    }

    pub(super) fn clear_alarm(&mut self, now: Tick, kind: AlarmKind) {
        if self.alarms.clear(self.alarm_of(kind)) {
            let alarm = kind.sheet().code.to_owned();
            let point = self.alarm_point(kind);
            self.record(now, point, Fact::AlarmCleared { alarm });
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn one_episode_is_one_alarm_and_goes_when_over_and_seen() {
        let link = (AlarmKind::PlcLink, LaneNo::FIRST);
        let mut alarms = Alarms::default();
        assert!(alarms.raise(Tick(0), link, String::new()));
        assert!(!alarms.raise(Tick(1), link, String::new()));
        assert!(alarms.clear(link));
        assert!(!alarms.clear(link));
        assert_eq!(
            alarms.view(Tick(2), 0, false).len(),
            1,
            "over, but nobody has seen it"
        );
        assert_eq!(alarms.acknowledge("plc-link"), [link]);
        assert!(alarms.view(Tick(2), 0, false).is_empty());
        assert_eq!(alarms.acknowledge("plc-link"), []);
    }

    #[test]
    fn every_alarm_has_its_own_code_and_a_full_sheet() {
        let mut codes: Vec<_> = AlarmKind::ALL
            .iter()
            .map(|kind| kind.sheet().code)
            .collect();
        assert_eq!(AlarmKind::Sync.sheet().code, "sync");
        assert_eq!(AlarmKind::Disk.sheet().code, "disk");
        assert!(
            AlarmKind::ALL
                .iter()
                .enumerate()
                .all(|(place, kind)| *kind as usize == place)
        );
        let by_priority = AlarmKind::ALL.map(|kind| kind.sheet().priority);
        assert!(by_priority.is_sorted(), "highest first");
        let of = |priority| by_priority.iter().filter(|one| **one == priority).count();
        // About 5, 15 and 80 in a hundred.
        assert_eq!(Priority::ALL.map(of), [2, 5, 25]);
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), AlarmKind::ALL.len());
        for sheet in AlarmKind::ALL.map(AlarmKind::sheet) {
            assert!("FCSM".contains(sheet.letter));
            let high = sheet.priority == Priority::High;
            assert_eq!(
                high,
                crate::wire::alarm::is_high(sheet.code),
                "{}",
                sheet.code
            );
            assert!(!sheet.cause.is_empty() && !sheet.consequence.is_empty());
            assert!(
                sheet.action.ends_with('.') && sheet.action.len() <= 70,
                "{}",
                sheet.action
            );
        }
    }
}
