//! People in the store: they survive restarts, their secrets stand beside the chain and are held against it, and stores
//! from before there were people go on.

use crate::store::{open_at, options, reader_at, store_open};
use crate::store_model::Model;
use rusqlite::Connection;
use std::path::Path;
use vidimus::record::*;
use vidimus::store::*;

fn name(text: &str) -> PersonName {
    text.parse().expect("a name")
}

fn stored(who: &str, phc: &str) -> StoredSecret {
    StoredSecret {
        person: name(who),
        phc: phc.to_owned(),
    }
}

fn roles(role: Role) -> Roles {
    [role].into_iter().collect()
}

/// One turn in which this happened with people.
fn turn(store: &Store, facts: Vec<PeopleFact>, secrets: Vec<StoredSecret>) -> Commit {
    let first = store.last_seq() + 1;
    let record = |(seq, fact)| Record {
        seq,
        at: Tick(seq),
        point: PointId::STATION,
        actor: Actor::Person("administrator".to_owned()),
        reason: None,
        template: None,
        fact: Fact::People(fact),
    };
    Commit {
        utc_ms: 5,
        records: (first..).zip(facts).map(record).collect(),
        secrets,
        lists: Vec::new(),
    }
}

fn added(secret: &StoredSecret, role: Role) -> PeopleFact {
    PeopleFact::PersonAdded {
        name: secret.person.clone(),
        roles: roles(role),
        secret: secret.hash(),
    }
}

const ADMIN_PHC: &str = "$argon2id$administrator-of-the-first-day$";
const KOWAL_PHC: &str = "$argon2id$kowal-one-time-secret-text$";
const KOWAL_OWN_PHC: &str = "$argon2id$kowal-own-secret-text$";

/// A store with an administrator and a technician who has an own secret.
fn peopled(dir: &Path) {
    let mut store = open_at(dir);
    let mut model = Model::new(3);
    store.commit(&[model.turn()]).expect("the history is sound");
    let (admin, kowal) = (
        stored("administrator", ADMIN_PHC),
        stored("M.Kowal", KOWAL_PHC),
    );
    let facts = vec![
        added(&admin, Role::Administrator),
        added(&kowal, Role::Technician),
        PeopleFact::SignInFailed { wrong: Some(1) },
    ];
    let both = turn(&store, facts, vec![admin, kowal]);
    store.commit(&[both]).expect("they are new");
    let own = stored("M.Kowal", KOWAL_OWN_PHC);
    let chosen = PeopleFact::SecretChanged {
        name: name("M.Kowal"),
        secret: own.hash(),
        one_time: false,
    };
    let chosen = turn(&store, vec![chosen], vec![own]);
    store.commit(&[chosen]).expect("it is known");
    store.close().expect("nothing hinders closing");
}

fn holds(dir: &Path, text: &str) -> bool {
    let bytes = std::fs::read(dir.join("vidimus.db")).expect("there is a database");
    bytes
        .windows(text.len())
        .any(|found| found == text.as_bytes())
}

#[test]
fn people_and_their_secrets_survive_a_restart_and_a_replaced_secret_is_gone() {
    let dir = tempfile::tempdir().expect("a folder");
    peopled(dir.path());
    let reader = open_at(dir.path()).reader().expect("readable");
    let register = reader.restore().expect("readable").people;
    let kowal = register.find(&name("m.kowal")).expect("enrolled");
    assert_eq!(
        (&kowal.roles, kowal.one_time),
        (&roles(Role::Technician), false)
    );
    assert!(
        register
            .find(&name("administrator"))
            .is_some_and(|one| one.one_time)
    );
    let mut secrets = reader.secrets().expect("they are what the records name");
    secrets.sort_by(|a, b| a.phc.cmp(&b.phc));
    let found: Vec<&str> = secrets.iter().map(|one| one.phc.as_str()).collect();
    assert_eq!(found, [ADMIN_PHC, KOWAL_OWN_PHC]);
    reader.audit().expect("records and projections agree");
    assert!(holds(dir.path(), KOWAL_OWN_PHC), "where it is looked for");
    assert!(!holds(dir.path(), KOWAL_PHC), "what was replaced is wiped");
    // What the chain holds is hashes alone.
    let database = Connection::open(dir.path().join("vidimus.db")).expect("it opens");
    let texts = "SELECT count(*) FROM commits WHERE text LIKE '%argon2id%'";
    let in_records: i64 = database
        .query_row(texts, [], |row| row.get(0))
        .expect("it counts");
    assert_eq!(in_records, 0);
}

#[test]
fn a_secret_that_was_swapped_taken_or_added_is_found_at_every_opening() {
    let own = "(SELECT phc FROM secrets WHERE person = 'm.kowal')";
    for (sql, whose) in [
        // Whoever knows one secret would make it the administrator's.
        (
            format!("UPDATE secrets SET phc = {own} WHERE person = 'administrator'"),
            "administrator",
        ),
        (
            "UPDATE secrets SET phc = phc || ' ' WHERE person = 'm.kowal'".to_owned(),
            "M.Kowal",
        ),
        (
            "DELETE FROM secrets WHERE person = 'm.kowal'".to_owned(),
            "M.Kowal",
        ),
        (
            format!("INSERT INTO secrets VALUES ('mallory', {own})"),
            "mallory",
        ),
    ] {
        let dir = tempfile::tempdir().expect("a folder");
        peopled(dir.path());
        let database = Connection::open(dir.path().join("vidimus.db")).expect("it opens");
        assert_eq!(database.execute(&sql, []).expect("it is done"), 1);
        database.close().expect("it closes");
        let found = reader_at(dir.path())
            .audit()
            .expect_err("it is found")
            .to_string();
        assert!(
            found.contains("stored secret") && found.contains(whose),
            "{found}"
        );
        let refused = store_open(dir.path()).expect_err("it is found").to_string();
        assert!(
            refused.contains("stored secret") && refused.contains("does not run"),
            "{refused}"
        );
    }
    // Taking a record away from what the register is worked out from is found by the audit.
    let dir = tempfile::tempdir().expect("a folder");
    peopled(dir.path());
    let database = Connection::open(dir.path().join("vidimus.db")).expect("it opens");
    let last = "DELETE FROM people WHERE seq = (SELECT max(seq) FROM people)";
    assert_eq!(database.execute(last, []).expect("it is done"), 1);
    database.close().expect("it closes");
    assert!(reader_at(dir.path()).audit().is_err());
}

#[test]
fn a_secret_without_its_text_or_with_another_ends_the_writing_and_nothing_of_it_stays() {
    let right = stored("administrator", ADMIN_PHC);
    for wrong in [
        vec![],
        vec![stored("administrator", KOWAL_PHC)],
        vec![stored("M.Kowal", ADMIN_PHC)],
    ] {
        let dir = tempfile::tempdir().expect("a folder");
        let mut store = open_at(dir.path());
        let facts = vec![added(&right, Role::Administrator)];
        let commit = turn(&store, facts, wrong);
        let refused = store
            .commit(&[commit])
            .expect_err("it does not fit")
            .to_string();
        assert!(
            refused.contains("stored secret of administrator"),
            "{refused}"
        );
        drop(store);
        assert!(
            reader_at(dir.path())
                .restore()
                .expect("readable")
                .people
                .is_empty()
        );
    }
}

/// The database as version 2 left it, which knew no people.
#[test]
fn a_store_from_before_there_were_people_goes_on_and_takes_people_in() {
    let dir = tempfile::tempdir().expect("a folder");
    let model = crate::store::furnished(dir.path(), 11, 30);
    let database = Connection::open(dir.path().join("vidimus.db")).expect("it opens");
    let back = "DROP TABLE people; DROP TABLE secrets;
        DROP INDEX packs_of_other_lanes; ALTER TABLE packs DROP COLUMN lane;
        ALTER TABLE plc_boots DROP COLUMN lane;
        DROP TABLE components; DROP TABLE batch_records; DROP INDEX batch_of_lot;
        ALTER TABLE batches DROP COLUMN first_articles; ALTER TABLE batches DROP COLUMN first_accepted;
        ALTER TABLE batches DROP COLUMN samples_due;
        DROP TABLE pool_numbers; DROP TABLE pool_facts; ALTER TABLE gtins DROP COLUMN pool_taken;
        DROP TABLE contained; DROP TABLE containers; DROP TABLE container_records; DROP TABLE steps;
        DROP TABLE shelved; DROP TABLE latched;
        DROP TABLE label_facts; DROP TABLE lot_steps; DROP INDEX batches_of_lot; DROP TABLE outbox;
        DROP TABLE partner_subjects; DROP TABLE partner_lots; DROP TABLE partner_containers;
        DROP TABLE partner_records; DROP TABLE partner_claims; DROP TABLE partner_documents;
        PRAGMA user_version = 2";
    database.execute_batch(back).expect("it is done");
    database.close().expect("it closes");
    let older = Reader::open(dir.path(), &options()).expect_err("not yet");
    assert!(
        matches!(older, StoreError::Older { found: 2, .. }),
        "{older}"
    );
    let mut store = open_at(dir.path());
    crate::store::assert_same(&store.reader().expect("readable"), &model);
    let admin = stored("administrator", ADMIN_PHC);
    let commit = turn(
        &store,
        vec![added(&admin, Role::Administrator)],
        vec![admin],
    );
    store.commit(&[commit]).expect("it is new");
    let reader = store.reader().expect("readable");
    reader.audit().expect("records and projections agree");
    assert!(!reader.restore().expect("readable").people.is_empty());
}
