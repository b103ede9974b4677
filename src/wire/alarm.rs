//! What there is to say of alarms besides what each tells of: how urgent, shelved or not, how many come. PURE.

use super::view::AlarmView;
use serde::{Deserialize, Serialize};

/// For how long an alarm may be shelved at once, in minutes: a shift.
pub const SHELVE_MINUTES_MAX: u16 = 480;

/// The alarms of high priority by code; `line` has a test that holds its sheets against them.
const HIGH: [&str; 2] = ["wrong-bin", "store"];

/// How urgent an alarm is: what it costs when nobody acts, and how soon.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Packs or records may be wrong already: at once.
    High,
    /// Somebody must find out which packs are where before the line may go on.
    Medium,
    /// The line stands or will, or something is to be mended; what is on record is right.
    #[default]
    Low,
}

impl Priority {
    /// All of them, the most urgent first.
    pub const ALL: [Priority; 3] = [Priority::High, Priority::Medium, Priority::Low];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Priority::High => "high",
            Priority::Medium => "medium",
            Priority::Low => "low",
        }
    }
}

/// The alarm of this code has high priority: not everybody may shelve it.
pub fn is_high(code: &str) -> bool {
    HIGH.contains(&code)
}

/// Who put an alarm aside, why, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShelvedView {
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Wall clock of its end, ms since 1970.
    pub until_utc_ms: i64,
}

/// How many alarms come. One episode counts once; those that are shelved do not count.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AlarmRates {
    /// Raised in the last ten minutes.
    pub last_10_min: u32,
    /// The most in any ten minutes since the batch was opened, or the station started.
    pub most_in_10_min: u32,
    /// More come than a person can see to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flood: Option<FloodView>,
}

/// A flood of alarms: it begins with the eleventh within ten minutes and ends below five.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloodView {
    /// Wall clock of its begin, ms since 1970.
    pub since_utc_ms: i64,
    /// The code of the alarm that came first, with its lane where there are several: the others may follow from it.
    pub first: String,
}

impl AlarmView {
    /// How it stands, in one word.
    pub fn state(&self) -> &'static str {
        match (&self.shelved, self.active, self.acknowledged) {
            (Some(_), ..) => "shelved",
            (None, true, true) => "acknowledged",
            (None, true, false) => "new",
            (None, false, _) => "gone",
        }
    }

    /// Nobody has acknowledged it, and nobody has shelved it.
    pub fn is_unseen(&self) -> bool {
        !self.acknowledged && self.shelved.is_none()
    }
}
