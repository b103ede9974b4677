//! The cadence: pictures come as long after their trigger as they always did. The third witness beside the two
//! counts. PURE.
//!
//! A trigger that never reached the camera leaves its counter one behind: from then on every pack is paired
//! with the picture of its successor, and a label that slipped by one at the same pack would hide it. Two
//! counts cannot tell, time can: such a picture comes a whole pack interval late. So a late picture raises
//! suspicion: passes are withheld until pictures come in time again, and a few late ones in a row mean that the
//! counts differ. A late reading of the PLC makes a picture look early; such packs do not speak for anybody.

use super::Line;
use super::alarm::AlarmKind;
use super::stops::StopReason;
use crate::record::{PlcPack, Tick};
use std::time::Duration;

/// This many late pictures in a row mean that camera and PLC count differently.
pub const LATE_MAX: u32 = 4;
/// This many pictures in time in a row end the suspicion.
const IN_TIME_MIN: u32 = 2;
/// Below this pack interval time tells nothing any more.
pub const INTERVAL_MIN: Duration = Duration::from_millis(30);

/// What the cadence says.
#[derive(Debug, Default)]
pub struct Cadence {
    late_in_a_row: u32,
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
    /// A picture was paired with this pack at `now`.
    pub(super) fn watch_cadence(&mut self, now: Tick, plc: PlcPack) {
        let Some(late_after) = self.plan.picture_late_after else {
            return;
        };
        let Some((fired_at, prompt)) = self
            .belt
            .get(&plc)
            .and_then(|pack| Some((pack.fired_at?, pack.fired_promptly)))
        else {
            return;
        };
        if now.since(fired_at) >= late_after {
            self.cadence.late_in_a_row += 1;
            self.cadence.in_time_in_a_row = 0;
            self.cadence.suspicious = true;
            if self.cadence.late_in_a_row >= LATE_MAX {
                self.pictures_are_late(now);
            }
        } else if prompt {
            self.cadence.late_in_a_row = 0;
            self.cadence.in_time_in_a_row += 1;
            if self.cadence.suspicious && self.cadence.in_time_in_a_row >= IN_TIME_MIN {
                self.cadence.suspicious = false;
                self.release_withheld(now);
            }
        }
    }

    fn pictures_are_late(&mut self, now: Tick) {
        self.cadence = Cadence::default();
        self.drop_withheld(now);
        self.distrust_counts();
        let why = "pictures come one pack late: a trigger did not reach the camera";
        self.raise(now, AlarmKind::CameraCounts, why);
        self.latch(now, StopReason::Sync);
    }
}
