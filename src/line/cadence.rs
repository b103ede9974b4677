//! The cadence: pictures come as long after their trigger as they always did. The third witness beside the two
//! counts. PURE.
//!
//! A trigger that never reached the camera leaves its counter one behind: from then on every pack is paired
//! with the picture of its successor, and a label that slipped by one at the same pack would hide it. A picture
//! that nobody fired for puts it one ahead, and every pack is paired with the picture of the pack before. Two
//! counts cannot tell, time can: such a picture comes a whole pack interval late, or early. So a picture out of its
//! time raises suspicion: passes are withheld until pictures come in time again, and a few in a row mean that the
//! counts differ. A trigger is known no better than between two questions to the PLC; where that is too long to tell,
//! passes wait as well until a picture surely came in time.
//!
//! Several lost triggers put the counts so far apart that every picture belongs, by the counts, to a pack that was
//! given up long ago. Nothing passes then, and nothing would ever again: a few such pictures in a row mean the same.

use super::Line;
use super::alarm::AlarmKind;
use super::stops::StopReason;
use crate::record::{PlcPack, Tick};
use std::time::Duration;

/// This many pictures out of their time in a row mean that camera and PLC count differently.
pub const LATE_MAX: u32 = 4;
/// This many pictures in time in a row end the suspicion.
const IN_TIME_MIN: u32 = 2;
/// Below this pack interval time tells nothing any more.
pub const INTERVAL_MIN: Duration = Duration::from_millis(30);

const ONE_LATE: &str = "pictures come one pack late: a trigger did not reach the camera";
const ONE_EARLY: &str = "pictures come one pack early: the camera took one that nobody fired for";
const TOO_LATE: &str =
    "pictures come when their packs are past: triggers did not reach the camera, or it is too slow";

/// When a picture is out of its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureTimes {
    /// Longest time from its trigger to a picture that may be this pack's.
    pub late_after: Duration,
    /// Longest time by which a picture may be there before the last question to the PLC that did not tell of its
    /// trigger: what the PLC's registers lag behind its outputs.
    pub early_after: Duration,
}

/// What the cadence says.
#[derive(Debug, Default)]
pub struct Cadence {
    odd_in_a_row: u32,
    /// Pictures of packs that had been given up, none in time between them.
    too_late_in_a_row: u32,
    in_time_in_a_row: u32,
    suspicious: bool,
}

impl Cadence {
    /// Pictures came late lately: no pass leaves until they come in time.
    pub fn suspicious(&self) -> bool {
        self.suspicious
    }
}

impl Line {
    /// A picture that came at `came_at` was paired with this pack at `now`.
    pub(super) fn watch_cadence(&mut self, now: Tick, plc: PlcPack, came_at: Tick) {
        let Some(times) = self.lane.plan.picture_times else {
            self.lane.cadence.too_late_in_a_row = 0;
            return;
        };
        let Some((heard_at, fired_after)) = self
            .lane
            .belt
            .get(&plc)
            .and_then(|pack| Some((pack.fired_at?, pack.fired_after)))
        else {
            return;
        };
        let late = came_at.since(heard_at) >= times.late_after;
        let early = came_at < fired_after && fired_after.since(came_at) >= times.early_after;
        let in_time = came_at.since(fired_after) < times.late_after;
        if late || early {
            self.lane.cadence.odd_in_a_row += 1;
            self.lane.cadence.in_time_in_a_row = 0;
            self.lane.cadence.suspicious = true;
            if self.lane.cadence.odd_in_a_row >= LATE_MAX {
                self.pictures_are_odd(now, if late { ONE_LATE } else { ONE_EARLY });
            }
        } else if in_time {
            self.lane.cadence.odd_in_a_row = 0;
            self.lane.cadence.too_late_in_a_row = 0;
            self.lane.cadence.in_time_in_a_row += 1;
            if self.lane.cadence.suspicious && self.lane.cadence.in_time_in_a_row >= IN_TIME_MIN {
                self.lane.cadence.suspicious = false;
                self.release_withheld(now);
            }
        } else {
            // Nobody can say: what passes now waits for a picture that speaks.
            self.lane.cadence.in_time_in_a_row = 0;
            self.lane.cadence.suspicious = true;
        }
    }

    /// A picture came whose pack, by the counts, was given up before.
    pub(super) fn picture_too_late(&mut self, now: Tick) {
        self.lane.cadence.too_late_in_a_row += 1;
        if self.lane.cadence.too_late_in_a_row >= LATE_MAX {
            self.pictures_are_odd(now, TOO_LATE);
        }
    }

    fn pictures_are_odd(&mut self, now: Tick, why: &str) {
        self.lane.cadence = Cadence::default();
        self.drop_withheld(now);
        self.distrust_counts();
        self.raise(now, AlarmKind::CameraCounts, why);
        self.latch(now, StopReason::Sync);
    }
}
