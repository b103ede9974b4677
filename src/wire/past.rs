//! The alarms that came and went, as the place of the alarms shows them. PURE.

use super::alarm::ShelvedView;
use crate::record::PointId;
use serde::{Deserialize, Serialize};

/// A page of episodes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PastAlarmsSight {
    /// Episodes, the newest first.
    pub rows: Vec<PastAlarmSeen>,
    /// So many newer ones were seen before this page.
    pub seen: u64,
    /// How many are known in all: of the last records alone.
    pub all: u64,
}

/// An episode of an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastAlarmSeen {
    /// Its code.
    pub alarm: String,
    /// The point of the line it was raised at; 0: the station itself.
    #[serde(default)]
    pub point: PointId,
    /// What exactly it said first.
    pub detail: String,
    /// When it was raised, ms since 1970.
    pub raised_utc_ms: i64,
    /// When its cause was gone, or the station started again; `None`: it stands.
    pub over_utc_ms: Option<i64>,
    /// Who acknowledged it first; `None`: nobody did.
    pub acknowledged_by: Option<String>,
    /// Who shelved it while it stood, until when and why, the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shelved: Option<ShelvedView>,
}
