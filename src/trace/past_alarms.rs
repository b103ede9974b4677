//! The alarms that came and went, as the records tell them: one row an episode.

use crate::record::{Actor, Fact, PointId};
use crate::store::{Reader, StoreError, StoredRecord};
use serde::Serialize;

/// Kinds of facts that an episode is told by.
const OF_ALARMS: [&str; 5] = [
    "{\"AlarmRaised\":",
    "{\"AlarmCleared\":",
    "{\"AlarmAcknowledged\":",
    "{\"AlarmShelved\":",
    "{\"StationStarted\":",
];

/// How many of the last of them are read.
const RECORDS: usize = 2_000;

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
    /// How it was put aside the last time while it was on the list; `None`: nobody did.
    pub shelved: Option<Shelving>,
}

/// An alarm was put aside for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shelving {
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When its time was over, unless a person put it back before, ms since 1970.
    pub until_utc_ms: i64,
}

/// The last episodes on record, in their order; at most so many bytes of records are looked through for them.
///
/// # Errors
/// When reading fails.
pub fn last_alarms(reader: &Reader, bytes: u64) -> Result<Vec<PastAlarm>, StoreError> {
    let mut records = Vec::new();
    reader.for_each_wanted_back(
        u64::MAX,
        bytes,
        &|link| OF_ALARMS.iter().any(|kind| link.body.starts_with(kind)),
        &mut |stored| {
            records.push(stored);
            records.len() < RECORDS
        },
    )?;
    records.reverse();
    Ok(past_alarms(&records))
}

/// The episodes that these records tell of, in their order; of one that began before them nothing is told.
fn past_alarms(records: &[StoredRecord]) -> Vec<PastAlarm> {
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
                        shelved: None,
                    });
                }
            }
            Fact::AlarmCleared { alarm } => stand
                .filter(|one| one.alarm == *alarm && one.point == record.point)
                .for_each(|one| one.over_utc_ms = Some(utc_ms)),
            // What still is wrong then is told anew.
            Fact::StationStarted { .. } => stand.for_each(|one| one.over_utc_ms = Some(utc_ms)),
            Fact::AlarmAcknowledged { alarm } => {
                let by = name(&record.actor);
                for one in on_the_list(&mut told, alarm) {
                    one.acknowledged_by.get_or_insert_with(|| by.clone());
                }
            }
            Fact::AlarmShelved { alarm, minutes } => {
                let shelving = Shelving {
                    by: name(&record.actor),
                    reason: record.reason.clone().unwrap_or_default(),
                    until_utc_ms: utc_ms.saturating_add(i64::from(*minutes) * 60_000),
                };
                for one in on_the_list(&mut told, alarm) {
                    one.shelved = Some(shelving.clone());
                }
            }
            _ => {}
        }
    }
    told
}

/// What a person acts upon who names an alarm: of each point the last episode.
fn on_the_list<'t>(
    told: &'t mut [PastAlarm],
    alarm: &'t str,
) -> impl Iterator<Item = &'t mut PastAlarm> {
    let mut points = Vec::new();
    let of_alarm = told.iter_mut().rev().filter(move |one| one.alarm == alarm);
    of_alarm.filter(move |one| {
        let last = !points.contains(&one.point);
        points.push(one.point);
        last
    })
}

fn name(actor: &Actor) -> String {
    match actor {
        Actor::Person(name) | Actor::Named(name) => name.clone(),
        Actor::Station => "station".to_owned(),
        Actor::Machine => "machine".to_owned(),
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::{Record, Tick};

    /// Facts of points of the line as records, one after the other.
    fn stored<const N: usize>(facts: [(u16, Fact); N]) -> Vec<StoredRecord> {
        let records = facts.into_iter().zip(1..).map(|((point, fact), at)| {
            let record = Record {
                seq: at,
                at: Tick(at),
                point: PointId(point),
                actor: Actor::Named("M. Kowal".to_owned()),
                reason: Some("ordered".to_owned()),
                template: None,
                fact,
            };
            let utc_ms = at as i64;
            StoredRecord { utc_ms, record }
        });
        records.collect()
    }

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
        let stored = stored(facts);
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

    #[test]
    fn an_alarm_that_was_put_aside_says_by_whom_until_when_and_why() {
        let disk = || "disk".to_owned();
        let raised = |detail: &str| Fact::AlarmRaised {
            alarm: disk(),
            detail: detail.to_owned(),
        };
        let shelved = Fact::AlarmShelved {
            alarm: disk(),
            minutes: 30,
        };
        let cleared = Fact::AlarmCleared { alarm: disk() };
        let facts = [raised("9 %"), cleared, raised("8 %"), shelved];
        let told = past_alarms(&stored(facts.map(|fact| (0, fact))));
        let shelved = Shelving {
            by: "M. Kowal".to_owned(),
            reason: "ordered".to_owned(),
            until_utc_ms: 4 + 30 * 60_000,
        };
        let aside: Vec<_> = told.iter().map(|one| one.shelved.as_ref()).collect();
        assert_eq!(aside, [None, Some(&shelved)]);
    }
}
