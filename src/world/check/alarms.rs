//! Alarmed once: an alarm that stands on the screen is on record as raised, once, and a line that stands says why. PURE.

use super::Evidence;
use crate::record::{Fact, Tick};
use crate::wire::view::{LineState, View};
use std::collections::BTreeSet;
use std::time::Duration;

/// Longest time in which a stopped line may be without an alarm that says why.
const SAID_WITHIN: Duration = Duration::from_secs(2);

/// What the screen showed.
#[derive(Debug, Default)]
pub struct Screen {
    silent_since: Option<Tick>,
    /// Texts of states that stood too long without an alarm.
    unsaid: BTreeSet<String>,
    /// Alarms that stood on the screen.
    shown: BTreeSet<String>,
}

impl Screen {
    /// One look at it.
    pub fn look(&mut self, now: Tick, view: &View) {
        let active = view.alarms.iter().filter(|alarm| alarm.active);
        self.shown.extend(active.map(|alarm| alarm.code.clone()));
        let any = view.alarms.iter().any(|alarm| alarm.active);
        if view.state != LineState::Stopped || any || !view.state_text.contains("out of step") {
            self.silent_since = None;
            return;
        }
        let since = *self.silent_since.get_or_insert(now);
        if now.since(since) > SAID_WITHIN {
            self.unsaid.insert(view.state_text.clone());
        }
    }
}

pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let screen = &evidence.account.alarms;
    let mut found: Vec<String> = screen
        .unsaid
        .iter()
        .map(|text| format!("the line stood without an alarm: {text}"))
        .collect();
    let mut standing: BTreeSet<String> = BTreeSet::new();
    let mut raised: BTreeSet<String> = BTreeSet::new();
    let read = evidence.floor.disk.reader().for_each_record(0, |stored| {
        match stored.record.fact {
            // A station that starts knows no alarm; what still holds is raised again.
            Fact::StationStarted { .. } => standing.clear(),
            Fact::AlarmRaised { alarm, .. } => {
                raised.insert(alarm.clone());
                if !standing.insert(alarm.clone()) {
                    found.push(format!(
                        "alarm {alarm} was raised twice without being cleared"
                    ));
                }
            }
            Fact::AlarmCleared { alarm } if !standing.remove(&alarm) => {
                found.push(format!("alarm {alarm} was cleared without being raised"));
            }
            _ => {}
        }
    });
    if let Err(error) = read {
        found.push(error.to_string());
    }
    let unrecorded = screen.shown.difference(&raised);
    found.extend(unrecorded.map(|alarm| format!("alarm {alarm} was shown and is not on record")));
    found.truncate(super::packs::DIFFERENCES_MAX);
    found
}
