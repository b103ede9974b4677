//! A lane: one belt with its printer, its camera, its PLC, and everything that is known of them. PURE.
//!
//! A station has one lane or several. They share the batch, its numbers and its books, the people and the containers;
//! what one lane has is nobody else's: its packs, its counts, its stops. The line looks at one lane at a time
//! (`Line::lane`): the one whose device spoke, or each in turn.

use super::alignment::Alignment;
use super::cadence::Cadence;
use super::challenge::Counts;
use super::drift::Drift;
use super::event::{PlcStatus, PrinterHealth};
use super::matching::Matcher;
use super::pace;
use super::pack::Pack;
use super::people::Clears;
use super::plan::LanePlan;
use super::quality::Quality;
use super::recovery::Recoveries;
use super::stops::Stops;
use super::trouble::Troubles;
use super::way::Way;
use super::{Levels, Line, Plan};
use crate::record::{Batch, LabelText, LaneNo, PackNo, PlcPack, PointId, RecoveryCause, Tick};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of the PLC.
#[derive(Debug, Default)]
pub(super) struct PlcSide {
    pub(super) link: bool,
    /// The header read last; `None` before the first contact.
    pub(super) status: Option<PlcStatus>,
    pub(super) pace: pace::Pace,
    /// Since when it answers without a break.
    pub(super) fresh_since: Option<Tick>,
    /// Highest id of the present boot that is known here.
    pub(super) known_id: u32,
    /// Ids up to this one were announced by the header before the last one.
    pub(super) announced: u32,
    /// Highest id of a detected pack that the gate reported.
    pub(super) gated_id: u32,
    /// The same one header ago: whoever is behind it in the books was overtaken on a belt where nobody overtakes.
    pub(super) overtaken: u32,
    /// What was read in the first cycle of a contact lies in the past.
    pub(super) reading_back: bool,
    /// When the present header was asked for, and the one before: events that are new now happened after that.
    pub(super) asked_at: Tick,
    pub(super) asked_before: Tick,
    pub(super) wrong: bool,
    /// There is no link because another station writes to it.
    pub(super) taken: bool,
    pub(super) clears: Clears,
    pub(super) next_ticket: u64,
}

/// What is known of the printer.
#[derive(Debug)]
pub(super) struct PrinterSide {
    pub(super) link: bool,
    pub(super) health: PrinterHealth,
}

/// What the printer has for packs.
#[derive(Debug)]
pub(super) struct Loaded {
    /// This template, or it is about to get it with the next format.
    pub(super) label: Arc<LabelText>,
    /// Another one is wanted, and that is on disk: it is to be loaded.
    pub(super) due: bool,
}

/// One lane of the station.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) plan: LanePlan,
    pub(super) belt: BTreeMap<PlcPack, Pack>,
    pub(super) last_entered: Option<PlcPack>,
    pub(super) last_boot: Option<(u16, u32)>,
    pub(super) matcher: Matcher,
    pub(super) stops: Stops,
    pub(super) alignment: Alignment,
    pub(super) recovery: Recoveries,
    pub(super) counts: Counts,
    pub(super) cadence: Cadence,
    pub(super) plc: PlcSide,
    pub(super) printer: PrinterSide,
    pub(super) loaded: Loaded,
    pub(super) drift: Drift,
    pub(super) camera_link: bool,
    pub(super) troubles: Troubles,
    pub(super) heartbeat: u16,
    pub(super) levels: Levels,
    pub(super) rejects_in_a_row: u32,
    pub(super) no_symbols_in_a_row: u32,
    pub(super) missed_in_a_row: u32,
    pub(super) quality: Quality,
    pub(super) onward: Way,
}

impl Lane {
    /// A lane at a start: nothing is known of its devices, and everything must be put in step.
    pub(super) fn new(plan: LanePlan, label: Arc<LabelText>, quality: Quality) -> Lane {
        Lane {
            plan,
            belt: BTreeMap::new(),
            last_entered: None,
            last_boot: None,
            matcher: Matcher::default(),
            stops: Stops::default(),
            alignment: Alignment::wanted(RecoveryCause::StationStart),
            recovery: Recoveries::default(),
            counts: Counts::unknown(),
            cadence: Cadence::default(),
            plc: PlcSide::default(),
            printer: PrinterSide {
                link: false,
                health: PrinterHealth::Unknown,
            },
            loaded: Loaded { label, due: false },
            drift: Drift::default(),
            camera_link: false,
            troubles: Troubles::default(),
            heartbeat: 0,
            levels: Levels::default(),
            rejects_in_a_row: 0,
            no_symbols_in_a_row: 0,
            missed_in_a_row: 0,
            quality,
            onward: Way::default(),
        }
    }

    /// When something of this lane is to be looked at again, whatever happens.
    pub(super) fn next_wake(&self, verdict_deadline: std::time::Duration) -> Option<Tick> {
        let fired = self.belt.values().filter(|pack| pack.verdict.is_none());
        let verdict = fired
            .filter_map(|pack| pack.fired_at)
            .min()
            .map(|at| at + verdict_deadline);
        // A belt that stands while a device is away waits for that device, not for the clock.
        let standing = self
            .alignment
            .next_check()
            .filter(|_| self.printer.link && self.camera_link);
        let waiting = self.matcher.next_check(self.plc.fresh_since);
        [verdict, waiting, standing].into_iter().flatten().min()
    }
}

/// The first lane and the others as they stood at the last commit, with the packs that were on their belts. Packs of a
/// lane that the station file no longer has are the first one's to account for: nobody will tell of them.
pub(super) fn restored(
    plan: &Plan,
    batch: Option<&Batch>,
    packs: Vec<Pack>,
    (entered, boots): (Vec<PlcPack>, Vec<(LaneNo, u16, u32)>),
) -> (Lane, Vec<Lane>) {
    let new = |lane: &LanePlan| {
        let no = lane.no;
        Lane {
            last_entered: entered.iter().copied().find(|last| last.lane == no),
            last_boot: boots
                .iter()
                .find(|(lane, ..)| *lane == no)
                .map(|(_, boot, from)| (*boot, *from)),
            ..Lane::new(lane.clone(), Arc::clone(&plan.label), Quality::of(batch))
        }
    };
    let mut lanes: Vec<Lane> = plan.lanes.iter().map(new).collect();
    for pack in packs {
        let own = lanes.iter().position(|lane| lane.plan.no == pack.plc.lane);
        let lane = &mut lanes[own.unwrap_or(0)];
        lane.belt.insert(pack.plc, pack);
    }
    let first = lanes.remove(0);
    (first, lanes)
}

impl Line {
    /// All lanes, in no order.
    pub(super) fn lanes(&self) -> impl Iterator<Item = &Lane> {
        std::iter::once(&self.lane).chain(&self.others)
    }

    /// All lanes as they stand in the station file.
    pub(super) fn lanes_in_order(&self) -> Vec<&Lane> {
        let mut lanes: Vec<&Lane> = self.lanes().collect();
        lanes.sort_by_key(|lane| lane.plan.no);
        lanes
    }

    /// Packs of all lanes, those of a lane in the order of its belt.
    pub(super) fn packs(&self) -> impl Iterator<Item = &Pack> {
        self.lanes().flat_map(|lane| lane.belt.values())
    }

    /// The station has several lanes: whatever is said of one says which.
    pub(super) fn has_lanes(&self) -> bool {
        !self.others.is_empty()
    }

    /// Where something happened that belongs to the lane at hand as a whole: the station, where there is no other one.
    pub(super) fn lane_point(&self) -> PointId {
        match self.has_lanes() {
            true => self.lane.plan.gate,
            false => PointId::STATION,
        }
    }

    /// Does something with this lane at hand.
    pub(super) fn on_lane<R>(&mut self, no: LaneNo, act: impl FnOnce(&mut Line) -> R) -> R {
        let before = self.lane.plan.no;
        self.turn_to(no);
        let result = act(self);
        self.turn_to(before);
        result
    }

    /// Does something with each lane at hand, in their order.
    pub(super) fn on_each_lane(&mut self, mut act: impl FnMut(&mut Line)) {
        // They are numbered from 1 without a gap.
        for no in 1..=self.others.len() as u8 + 1 {
            self.on_lane(LaneNo(no), &mut act);
        }
    }

    /// Does something with the lane at hand whose pack this is; `None` when it is on no belt.
    pub(super) fn on_lane_of<R>(
        &mut self,
        pack: PackNo,
        act: impl FnOnce(&mut Line, PlcPack) -> R,
    ) -> Option<R> {
        let plc = self.by_no.get(&pack).copied()?;
        let mut lanes = self.lanes().filter(|lane| lane.belt.contains_key(&plc));
        let no = lanes.next()?.plan.no;
        drop(lanes);
        Some(self.on_lane(no, |line| act(line, plc)))
    }

    fn turn_to(&mut self, no: LaneNo) {
        if self.lane.plan.no != no {
            let other = self.others.iter_mut().find(|lane| lane.plan.no == no);
            let other = other.expect("only lanes of the plan have devices and packs");
            std::mem::swap(&mut self.lane, other);
        }
    }
}
