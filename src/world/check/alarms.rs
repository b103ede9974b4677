//! Alarmed once: an alarm on the screen is on record as raised, once, and a line that stands says why. PURE.

use super::Evidence;
use crate::record::{Fact, Tick};
use crate::wire::view::{LineState, View};
use crate::world::trouble::Trouble;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Longest time in which a stopped line may be without an alarm that says why.
const SAID_WITHIN: Duration = Duration::from_secs(2);

/// An alarm that stands this long is on record: the disk is never slower.
const RECORDED_WITHIN: Duration = Duration::from_secs(5);

/// The alarm of a store that takes no records any more.
const STORE: &str = "store";

/// The alarm of labels that came out at no pack.
const LABEL_COUNT: &str = "label-count";

/// What the screen showed.
#[derive(Debug, Default)]
pub struct Screen {
    silent_since: Option<Tick>,
    /// Texts of states that stood too long without an alarm.
    unsaid: BTreeSet<String>,
    /// Alarms on the screen, since when.
    standing: BTreeMap<String, Tick>,
    /// Alarms that stood there for long.
    shown: BTreeSet<String>,
}

impl Screen {
    /// The station's power is gone: nothing is shown any more.
    pub fn dark(&mut self) {
        self.silent_since = None;
        self.standing.clear();
    }

    /// One look at it.
    pub fn look(&mut self, now: Tick, view: &View) {
        let active = || view.alarms.iter().filter(|alarm| alarm.active);
        let any = active().next().is_some();
        // What comes up after the store failed can be on no record.
        match active().any(|alarm| alarm.code == STORE) {
            true => self.standing.clear(),
            false => self
                .standing
                .retain(|code, _| active().any(|alarm| alarm.code == *code)),
        }
        for alarm in active().filter(|alarm| alarm.code != STORE) {
            let since = *self.standing.entry(alarm.code.clone()).or_insert(now);
            if now.since(since) > RECORDED_WITHIN {
                self.shown.insert(alarm.code.clone());
            }
        }
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
    let counted = evidence.floor.witness.raised.get(LABEL_COUNT).copied();
    let fed = evidence.floor.struck(Trouble::FeedKey);
    if counted.unwrap_or(0) > fed {
        found.push(format!(
            "alarm {LABEL_COUNT} was raised {counted:?} times, and FEED was pressed {fed} times"
        ));
    }
    let unrecorded = screen.shown.difference(&raised);
    found.extend(unrecorded.map(|alarm| format!("alarm {alarm} was shown and is not on record")));
    found.extend(evidence.account.episodes.untold.iter().cloned());
    found.truncate(super::packs::DIFFERENCES_MAX);
    found
}
