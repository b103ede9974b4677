//! What the line is built for: what the station file says, in the line's own words. PURE.

use super::cadence::PictureTimes;
use super::packing::PackingPlan;
use crate::record::{
    CourseRules, LabelText, LaneNo, Level, LineClearance, PointId, QualityRules, Settings, SignIn,
    SigningRules,
};
use crate::serial::{IndexRange, SerialKey};
use crate::wire::ProductView;
use std::sync::Arc;
use std::time::Duration;

/// Limits of the line; each is a key of the station file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest wait from `camera fired` to the verdict; then the pack is rejected.
    pub verdict_deadline: Duration,
    /// Most labels on their way to the head at once.
    pub print_queue_max: usize,
    /// This many rejects in a row stop the line.
    pub consecutive_rejects_max: u32,
    /// This many pictures without a symbol in a row mean that labels are missing.
    pub no_symbol_max: u32,
    /// A commit that takes longer than this stops the heartbeat.
    pub commit_wait_max: Duration,
}

/// Where the print head sits, in encoder counts after detection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadPlace {
    /// Counts from detection to the head.
    pub counts: u32,
    /// Nearer to the head than this no job is given any more; half of it behind the head a pack is surely past
    /// it. Both together must be less than the way from pack to pack.
    pub margin: u32,
}

/// What a lane is built for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanePlan {
    /// Its number.
    pub no: LaneNo,
    /// The print point.
    pub print: PointId,
    /// The inspection point.
    pub inspect: PointId,
    /// The gate.
    pub gate: PointId,
    /// The camera counts its frames.
    pub camera_counts: bool,
    /// A smart reader stands in the camera's place: what it sends are no pictures. It does not tell a pack without a
    /// symbol from one whose symbol it cannot read, and grades nothing.
    pub reads_only: bool,
    /// When a picture is out of its time; `None` where time tells nothing.
    pub picture_times: Option<PictureTimes>,
}

impl LanePlan {
    /// What its eyes are called on screens.
    pub fn eyes(&self) -> &'static str {
        match self.reads_only {
            true => "reader",
            false => "camera",
        }
    }
}

/// What a station is started with, for the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedWith {
    /// The user of the system who started it.
    pub by: String,
    /// What its station file says.
    pub settings: Settings,
}

/// What the line is built for.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Station name.
    pub station: String,
    /// Program version, for the record.
    pub version: String,
    /// What the station file says and who started it; `None` where no record shall say so.
    pub started_with: Option<StartedWith>,
    /// STATION_BOOT of this run.
    pub station_boot: u16,
    /// The lanes, the first one first; there is at least one.
    pub lanes: Vec<LanePlan>,
    /// The label template of packs that the station file names.
    pub label: Arc<LabelText>,
    /// Those of the levels whose labels this station prints.
    pub level_labels: Vec<(Level, Arc<LabelText>)>,
    /// Whether names are believed.
    pub sign_in: SignIn,
    /// Which orders are signed, for people: whoever lets them in has seen to it.
    pub signing: SigningRules,
    /// What may be run here, for people.
    pub products: Vec<ProductView>,
    /// The key that makes serials.
    pub key: SerialKey,
    /// This station's part of the serials' indices.
    pub range: IndexRange,
    /// With fewer numbers left for the open batch somebody is told.
    pub low_water: u64,
    /// Where the head sits; `None` if the encoder cannot tell.
    pub head: Option<HeadPlace>,
    /// Names of the FAULTS bits.
    pub fault_names: Vec<String>,
    /// What a batch demands of print quality and text unless its opening says otherwise.
    pub quality: QualityRules,
    /// Containers.
    pub packing: PackingPlan,
    /// Whether a batch opens only after line clearance.
    pub clearance: LineClearance,
    /// What a batch demands of its course.
    pub course: CourseRules,
    /// Limits.
    pub limits: Limits,
}
