//! The alarms that came and went, as the records tell them: one row an episode. PURE.

use crate::record::{Actor, Fact, PointId};
use crate::store::StoredRecord;
use serde::Serialize;

/// An episode of an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastAlarm {
    /// Its code.
    pub alarm: String,
    /// The point of the line it was raised at.
    pub point: PointId,
    /// What exactly it said first.
    pub detail: String,
    /// When it was raised, ms since 1970.
    pub raised_utc_ms: i64,
    /// When its cause was gone, or the station started again; `None`: it stands.
    pub over_utc_ms: Option<i64>,
    /// Who acknowledged it first; `None`: nobody did.
    pub acknowledged_by: Option<String>,
}

/// The episodes that these records tell of, in their order; of one that began before them nothing is told.
pub fn past_alarms(records: &[StoredRecord]) -> Vec<PastAlarm> {
    let mut told: Vec<PastAlarm> = Vec::new();
    for stored in records {
        let (utc_ms, record) = (stored.utc_ms, &stored.record);
        let mut stand = told.iter_mut().filter(|one| one.over_utc_ms.is_none());
        match &record.fact {
            Fact::AlarmRaised { alarm, detail } => {
                // What tells of several things, one after the other, is one episode.
                let again = |one: &PastAlarm| one.alarm == *alarm && one.point == record.point;
                if !stand.any(|one| again(one)) {
                    told.push(PastAlarm {
                        alarm: alarm.clone(),
                        point: record.point,
                        detail: detail.clone(),
                        raised_utc_ms: utc_ms,
                        over_utc_ms: None,
                        acknowledged_by: None,
                    });
                }
            }
            Fact::AlarmCleared { alarm } => stand
                .filter(|one| one.alarm == *alarm && one.point == record.point)
                .for_each(|one| one.over_utc_ms = Some(utc_ms)),
            // What still is wrong then is told anew.
            Fact::StationStarted { .. } => stand.for_each(|one| one.over_utc_ms = Some(utc_ms)),
            Fact::AlarmAcknowledged { alarm } => acknowledge(&mut told, alarm, &record.actor),
            _ => {}
        }
    }
    told
}

/// A person has seen what is on the list: of each point the last episode.
fn acknowledge(told: &mut [PastAlarm], alarm: &str, by: &Actor) {
    let by = match by {
        Actor::Person(name) | Actor::Named(name) => name.as_str(),
        Actor::Station => "station",
        Actor::Machine => "machine",
    };
    let mut points = Vec::new();
    for one in told.iter_mut().rev().filter(|one| one.alarm == alarm) {
        if !points.contains(&one.point) {
            points.push(one.point);
            one.acknowledged_by.get_or_insert_with(|| by.to_owned());
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::{Record, Tick};

    #[test]
    fn each_episode_is_told_once_with_its_end_and_who_saw_it() {
        let raised = |alarm: &str, detail: &str| Fact::AlarmRaised {
            alarm: alarm.to_owned(),
            detail: detail.to_owned(),
        };
        let cleared = |alarm: &str| Fact::AlarmCleared {
            alarm: alarm.to_owned(),
        };
        let seen = |alarm: &str| Fact::AlarmAcknowledged {
            alarm: alarm.to_owned(),
        };
        let started = Fact::StationStarted {
            station_boot: 1,
            version: "1".to_owned(),
            station: None,
        };
        let facts = [
            (1, raised("rejects", "ten")),
            (2, raised("rejects", "twelve")),
            (1, cleared("rejects")),
            (1, raised("rejects", "ten again")),
            (0, seen("rejects")),
            (0, raised("scan-refused", "a")),
            (0, raised("scan-refused", "b")),
            (0, seen("scan-refused")),
            (0, cleared("scan-refused")),
            (0, started),
            (0, raised("disk", "9 %")),
            (0, cleared("text")),
        ];
        let stored = facts.into_iter().zip(1..).map(|((point, fact), at)| {
            let record = Record {
                seq: at,
                at: Tick(at),
                point: PointId(point),
                actor: Actor::Named("M. Kowal".to_owned()),
                reason: None,
                template: None,
                fact,
            };
            let utc_ms = at as i64;
            StoredRecord { utc_ms, record }
        });
        let stored: Vec<StoredRecord> = stored.collect();
        let told = past_alarms(&stored);
        let by = |one: &PastAlarm| one.acknowledged_by.is_some();
        let rows: Vec<_> = told
            .iter()
            .map(|one| {
                (
                    one.detail.as_str(),
                    one.raised_utc_ms,
                    one.over_utc_ms,
                    by(one),
                )
            })
            .collect();
        let wanted = [
            ("ten", 1, Some(3), false),
            ("twelve", 2, Some(10), true),
            ("ten again", 4, Some(10), true),
            ("a", 6, Some(9), true),
            ("9 %", 11, None, false),
        ];
        assert_eq!(rows, wanted);
    }
}
