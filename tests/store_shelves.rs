//! Shelved alarms and stops in the store: the last word about each survives a restart; false rows are found.

use crate::store::{open_at, options, store_open};
use crate::store_model::Model;
use rusqlite::Connection;
use std::path::Path;
use vidimus::record::*;
use vidimus::store::*;

/// One turn in which this was done.
fn turn(store: &Store, utc_ms: i64, facts: Vec<(Actor, Fact)>) -> Commit {
    let first = store.last_seq() + 1;
    let record = |(seq, (actor, fact))| Record {
        seq,
        at: Tick(seq),
        point: PointId::STATION,
        actor,
        reason: Some("cable ordered".to_owned()),
        template: None,
        fact,
    };
    let records = (first..).zip(facts).map(record).collect();
    Commit::of(utc_ms, records)
}

fn shelved(alarm: &str, minutes: u16) -> Fact {
    let alarm = alarm.to_owned();
    Fact::AlarmShelved { alarm, minutes }
}

fn unshelved(alarm: &str) -> Fact {
    let alarm = alarm.to_owned();
    Fact::AlarmUnshelved { alarm }
}

/// A store in which alarms were shelved, again, and put back; two are shelved in the end.
fn furnished(dir: &Path) {
    let mut store = open_at(dir);
    let mut model = Model::new(5);
    store.commit(&[model.turn()]).expect("the history is sound");
    let kowal = || Actor::Person("M. Kowal".to_owned());
    let wolf = || Actor::Named("Q. Wolf".to_owned());
    let first = vec![
        (kowal(), shelved("disk", 10)),
        (kowal(), shelved("text", 20)),
        (kowal(), shelved("printer-link", 30)),
    ];
    let then = vec![
        (Actor::Station, unshelved("disk")),
        (wolf(), shelved("printer-link", 480)),
    ];
    for (utc_ms, facts) in [(1_000, first), (2_000, then)] {
        let commit = turn(&store, utc_ms, facts);
        store.commit(&[commit]).expect("it fits");
    }
    store.close().expect("nothing hinders closing");
}

fn on_disk(dir: &Path, sql: &str) {
    let database = Connection::open(dir.join("vidimus.db")).expect("it opens");
    database.execute_batch(sql).expect("it is done");
    database.close().expect("it closes");
}

#[test]
fn what_is_shelved_is_known_after_a_restart_with_name_reason_and_time() {
    let dir = tempfile::tempdir().expect("a folder");
    furnished(dir.path());
    let mut store = open_at(dir.path());
    let reader = store.reader().expect("readable");
    let shelf = |alarm: &str, by: &str, minutes, since_utc_ms| RestoredShelf {
        alarm: alarm.to_owned(),
        by: by.to_owned(),
        reason: "cable ordered".to_owned(),
        minutes,
        since_utc_ms,
    };
    let wanted = [
        shelf("printer-link", "Q. Wolf", 480, 2_000),
        shelf("text", "M. Kowal", 20, 1_000),
    ];
    assert_eq!(reader.restore().expect("readable").shelved, wanted);
    reader.audit().expect("records and projections agree");
    // The same where the records stand in a block.
    let mut model = Vec::new();
    for at in 0..200 {
        let raised = Fact::AlarmRaised {
            alarm: "disk".to_owned(),
            detail: format!("{at} {}", "% ".repeat(40)),
        };
        model.push(raised);
    }
    for fact in model {
        let commit = turn(&store, 3_000, vec![(Actor::Station, fact)]);
        store.commit(&[commit]).expect("it fits");
    }
    assert_eq!(reader.restore().expect("readable").shelved, wanted);
    reader.audit().expect("records and projections agree");
}

#[test]
fn a_row_of_what_is_shelved_that_no_record_says_is_found() {
    for (sql, at_once) in [
        ("DELETE FROM shelved WHERE alarm = 'text'", false),
        (
            "UPDATE shelved SET alarm = 'store' WHERE alarm = 'text'",
            true,
        ),
        ("UPDATE shelved SET seq = 1", true),
        ("INSERT INTO shelved VALUES ('store', 999999)", true),
    ] {
        let dir = tempfile::tempdir().expect("a folder");
        furnished(dir.path());
        on_disk(dir.path(), sql);
        let store = store_open(dir.path()).expect("the chain is whole");
        let reader = store.reader().expect("readable");
        assert_eq!(reader.restore().is_err(), at_once, "{sql}");
        let found = reader.audit().expect_err(sql).to_string();
        assert!(found.contains("shelved"), "{sql}: {found}");
    }
}

/// The database as version 11 left it, in which nothing was shelved.
#[test]
fn a_store_from_before_alarms_were_shelved_goes_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let model = crate::store::furnished(dir.path(), 11, 30);
    on_disk(
        dir.path(),
        "DROP TABLE shelved; DROP TABLE latched; PRAGMA user_version = 11",
    );
    let older = Reader::open(dir.path(), &options()).expect_err("not yet");
    assert!(
        matches!(older, StoreError::Older { found: 11, .. }),
        "{older}"
    );
    let mut store = open_at(dir.path());
    crate::store::assert_same(&store.reader().expect("readable"), &model);
    let kowal = Actor::Person("M. Kowal".to_owned());
    let commit = turn(&store, 7, vec![(kowal, shelved("disk", 5))]);
    store.commit(&[commit]).expect("it fits");
    let reader = store.reader().expect("readable");
    assert_eq!(reader.restore().expect("readable").shelved.len(), 1);
    reader.audit().expect("records and projections agree");
}

#[test]
fn a_stop_that_a_person_withdraws_is_known_after_a_restart_until_a_person_withdrew_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let stop = |lane: Option<u8>, reason| LatchedStop {
        lane: lane.map(LaneNo),
        reason,
    };
    let stopped = |latched| Fact::Stopped {
        cause: "look".to_owned(),
        latched,
    };
    let mut store = open_at(dir.path());
    let mut tell = |actor: Actor, fact| {
        let commit = turn(&store, 5, vec![(actor, fact)]);
        store.commit(&[commit]).expect("it fits");
        let reader = store.reader().expect("readable");
        reader.audit().expect("records and projections agree");
        reader.restore().expect("readable").stops
    };
    let person = || Actor::Named("M. Kowal".to_owned());
    assert_eq!(tell(Actor::Station, stopped(None)), []);
    tell(Actor::Station, stopped(Some(stop(Some(2), 18))));
    tell(person(), stopped(Some(stop(None, 1))));
    let both = [stop(None, 1), stop(Some(2), 18)];
    assert_eq!(
        tell(Actor::Station, Fact::StopWithdrawn),
        both,
        "what went by itself"
    );
    tell(Actor::Station, stopped(Some(stop(Some(2), 18))));
    store.close().expect("nothing hinders closing");

    for (sql, at_once) in [
        ("DELETE FROM latched WHERE lane = 2", false),
        ("UPDATE latched SET lane = 1 WHERE lane = 2", true),
        ("INSERT INTO latched VALUES (3, 18, 999999)", true),
    ] {
        let copy = tempfile::tempdir().expect("a folder");
        let file = "vidimus.db";
        std::fs::copy(dir.path().join(file), copy.path().join(file)).expect("it is copied");
        on_disk(copy.path(), sql);
        let store = store_open(copy.path()).expect("the chain is whole");
        let reader = store.reader().expect("readable");
        assert_eq!(reader.restore().is_err(), at_once, "{sql}");
        let found = reader.audit().expect_err(sql).to_string();
        assert!(
            found.contains("latched") || found.contains("stop"),
            "{sql}: {found}"
        );
    }

    let mut store = open_at(dir.path());
    let withdrawn = turn(&store, 9, vec![(person(), Fact::StopWithdrawn)]);
    store.commit(&[withdrawn]).expect("it fits");
    assert_eq!(
        store
            .reader()
            .and_then(|reader| reader.restore())
            .expect("readable")
            .stops,
        []
    );
}

/// The database as version 12 left it, whose records of stops did not say who withdraws them.
#[test]
fn a_store_from_before_stops_were_kept_goes_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let model = crate::store::furnished(dir.path(), 11, 30);
    on_disk(dir.path(), "DROP TABLE latched; PRAGMA user_version = 12");
    let store = open_at(dir.path());
    let reader = store.reader().expect("readable");
    crate::store::assert_same(&reader, &model);
    reader.audit().expect("records and projections agree");
}
