//! What the store refuses, in which words, and that it leaves alone what is not its own.

use crate::store::{furnished, open_at, options, reader_at, store_open};
use crate::store_model::{Dice, Model, batch, serial, verdict};
use rusqlite::Connection;
use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;
use vidimus::record::*;
use vidimus::store::*;

fn refusal(dir: &Path) -> String {
    match store_open(dir) {
        Ok(_) => panic!("the store in {} should be refused", dir.display()),
        Err(error) => error.to_string(),
    }
}

/// Every message is a sentence that names the place and ends with a next step.
fn assert_says(text: &str, dir: &Path, words: &[&str]) {
    assert!(
        text.contains(&dir.display().to_string()),
        "names the place: {text}"
    );
    assert!(text.ends_with('.'), "is a sentence: {text}");
    for word in words {
        assert!(text.contains(word), "says \"{word}\": {text}");
    }
}

#[test]
fn a_second_station_is_refused_until_the_first_has_ended() {
    let dir = tempfile::tempdir().unwrap();
    let first = open_at(dir.path());
    let process = format!("process {}", std::process::id());
    assert_says(
        &refusal(dir.path()),
        dir.path(),
        &["Another station", &process, "End it first"],
    );
    let writer = first.start(|_| {}).unwrap();
    assert_says(&refusal(dir.path()), dir.path(), &["Another station"]);
    reader_at(dir.path())
        .restore()
        .expect("reading needs no lock");
    writer.close().unwrap();
    open_at(dir.path());
}

/// A file that is taken away under a store that goes on writing: neither a commit nor what waits is said to be on disk,
/// and what was said to be is still there after an orderly end.
#[test]
fn a_store_whose_files_are_taken_away_says_so_and_loses_nothing_it_acknowledged() {
    for name in ["vidimus.db-wal", "vidimus.db-shm"] {
        let dir = tempfile::tempdir().unwrap();
        let mut model = furnished(dir.path(), 7, 20);
        let mut store = open_at(dir.path());
        let through = store.commit(&[model.turn()]).expect("sound");
        fs::remove_file(dir.path().join(name)).expect("the file is there");
        let words = ["no longer the file", "Nothing more passes"];
        let failed = |error: StoreError| assert_says(&error.to_string(), dir.path(), &words);
        failed(store.settle().expect_err("it was taken away"));
        failed(store.commit(&[model.turn()]).expect_err("the same"));
        drop(store);
        let kept = open_at(dir.path()).last_seq();
        assert!(kept >= through, "{name}: {kept} of {through} are left");
    }
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vidimus.db");
    for garbage in [
        &b"batch;pack;serial\n"[..],
        &[0; 8192],
        b"SQLite format 2\0 and so on",
    ] {
        fs::write(&path, garbage).unwrap();
        assert_says(
            &refusal(dir.path()),
            dir.path(),
            &["is not an SQLite database", "Restore"],
        );
        assert_eq!(fs::read(&path).unwrap(), garbage);
        assert!(Reader::open(dir.path(), &options()).is_err());
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_says(
        &refusal(dir.path()),
        dir.path(),
        &["is not an SQLite database"],
    );
}

#[test]
fn another_programs_database_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("vidimus.db");
    for (id, name) in [(0, "0x00000000"), (0x4750_4B47, "0x47504b47")] {
        let other = Connection::open(&path).unwrap();
        other.pragma_update(None, "application_id", id).unwrap();
        other
            .execute_batch("CREATE TABLE IF NOT EXISTS theirs (x)")
            .unwrap();
        other.close().unwrap();
        let before = fs::read(&path).unwrap();
        let words = ["another program", name, "another folder"];
        assert_says(&refusal(dir.path()), dir.path(), &words);
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn a_newer_database_is_refused_and_an_older_one_not_read() {
    let dir = tempfile::tempdir().unwrap();
    furnished(dir.path(), 1, 3);
    let path = dir.path().join("vidimus.db");
    let set = |version: i64| {
        let database = Connection::open(&path).unwrap();
        database
            .pragma_update(None, "user_version", version)
            .unwrap();
        database.close().unwrap();
    };
    set(VERSION + 6);
    let (newer, known) = (
        format!("version {}", VERSION + 6),
        format!("up to {VERSION}"),
    );
    let words = [newer.as_str(), known.as_str(), "newer program"];
    assert_says(&refusal(dir.path()), dir.path(), &words);
    let reader = Reader::open(dir.path(), &options());
    assert_says(&reader.unwrap_err().to_string(), dir.path(), &words);
    set(0);
    let reader = Reader::open(dir.path(), &options());
    let words = ["version 0", "Start the station once"];
    assert_says(&reader.unwrap_err().to_string(), dir.path(), &words);
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    // Not even root may make folders here.
    let dir = Path::new("/proc/vidimus-store");
    assert_says(&refusal(dir), dir, &["cannot be used", "writable"]);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    assert_says(&refusal(&file), &file, &["cannot be used"]);
    let greedy = OpenOptions {
        min_free_bytes: u64::MAX,
        ..options()
    };
    let text = open(dir.path(), greedy).unwrap_err().to_string();
    assert_says(&text, dir.path(), &["MiB are free", "Free some space"]);
    let text = Reader::open(dir.path(), &options())
        .unwrap_err()
        .to_string();
    assert_says(
        &text,
        dir.path(),
        &["There is no database", "start a station there first"],
    );
}

#[test]
fn a_database_cut_short_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    furnished(dir.path(), 2, 60);
    let path = dir.path().join("vidimus.db");
    let whole = fs::read(&path).unwrap();
    let lengths = [
        0,
        1,
        15,
        16,
        99,
        100,
        4095,
        4096,
        whole.len() / 2,
        whole.len() - 4096,
    ];
    for length in lengths.into_iter().chain([whole.len() - 1]) {
        fs::write(&path, &whole[..length]).unwrap();
        let text = refusal(dir.path());
        assert_says(
            &text,
            dir.path(),
            &["is damaged", "restore the newest backup"],
        );
    }
    fs::remove_file(&path).unwrap();
    fs::write(dir.path().join("vidimus.db-wal"), "left behind").unwrap();
    assert_says(
        &refusal(dir.path()),
        dir.path(),
        &["missing", "log", "is damaged"],
    );
}

/// Whatever single bit flips, the store says so, or nothing of what it holds has changed.
#[test]
fn a_flipped_bit_never_changes_what_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let model = furnished(dir.path(), 3, 60);
    let path = dir.path().join("vidimus.db");
    let whole = fs::read(&path).unwrap();
    let mut dice = Dice(99);
    let (mut at_start, mut by_audit, mut harmless) = (0, 0, 0);
    for _ in 0..250 {
        let mut bytes = whole.clone();
        let at = dice.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << dice.below(8);
        fs::write(&path, &bytes).unwrap();
        let store = match store_open(dir.path()) {
            Err(error) => {
                assert!(
                    error.to_string().contains(&path.display().to_string()),
                    "{error}"
                );
                at_start += 1;
                continue;
            }
            Ok(store) => store,
        };
        let reader = store.reader().unwrap();
        match reader.audit() {
            Err(error) => {
                assert!(
                    matches!(error, StoreError::Damaged { .. }),
                    "byte {at}: {error}"
                );
                by_audit += 1;
            }
            Ok(_) => {
                crate::store::assert_same(&reader, &model);
                harmless += 1;
            }
        }
    }
    println!("250 flips: {at_start} refused at start, {by_audit} by audit, {harmless} harmless");
    assert!(
        at_start > 20 && by_audit > 0 && harmless > 0,
        "all three kinds occur"
    );
}

/// A database that is too large to be waited for is checked beside the station: what a start would have refused ends
/// the writing, and whoever closes meanwhile need not wait.
#[test]
fn what_a_start_did_not_check_is_checked_beside_the_station() {
    let dir = tempfile::tempdir().unwrap();
    furnished(dir.path(), 4, 60);
    let path = dir.path().join("vidimus.db");
    let whole = fs::read(&path).unwrap();
    let large = OpenOptions {
        check_first_bytes: 0,
        ..options()
    };
    let mut dice = Dice(7);
    let (mut beside, mut at_start) = (0, 0);
    while beside < 12 {
        let mut bytes = whole.clone();
        let at = dice.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << dice.below(8);
        fs::write(&path, &bytes).unwrap();
        if store_open(dir.path()).is_ok() {
            continue; // nothing that the check of a start finds
        }
        let Ok(store) = open(dir.path(), large.clone()) else {
            at_start += 1;
            continue;
        };
        let (tell, told) = mpsc::channel();
        let writer = store.start(move |event| drop(tell.send(event))).unwrap();
        let event = told.recv_timeout(Duration::from_secs(60));
        let Ok(StoreEvent::Failed { text }) = event else {
            panic!("byte {at}: {event:?}");
        };
        assert_says(&text, dir.path(), &["is damaged", "does not run on it"]);
        let stopped = writer.close().unwrap_err().to_string();
        assert_eq!(stopped, text);
        beside += 1;
    }
    println!("{beside} found beside the station, {at_start} at its start");
    fs::write(&path, &whole).unwrap();
    let writer = open(dir.path(), large).unwrap().start(|_| {}).unwrap();
    writer.close().expect("nothing is wrong");
}

#[test]
fn records_and_commits_can_be_neither_changed_nor_deleted() {
    let dir = tempfile::tempdir().unwrap();
    furnished(dir.path(), 4, 200);
    let database = Connection::open(dir.path().join("vidimus.db")).unwrap();
    for (sql, words) in [
        ("UPDATE commits SET text = ''", "never changed"),
        ("DELETE FROM commits", "before a block holds them"),
        ("UPDATE blocks SET body = zeroblob(9)", "never changed"),
        ("DELETE FROM blocks", "never deleted"),
        ("DELETE FROM packs WHERE pack = 1", "never deleted"),
    ] {
        let text = database.execute(sql, []).unwrap_err().to_string();
        assert!(text.contains(words), "{sql}: {text}");
    }
}

const LAST_BLOCK: &str = "WHERE last_seq = (SELECT max(last_seq) FROM blocks)";

/// Someone who knows the file well enough to drop the triggers is still found out, and told where.
#[test]
fn a_forged_record_breaks_the_chain_where_it_stands() {
    let spoilt_body = "substr(body, 1, 400) || x'00' || substr(body, 402)";
    let spoilt = "substr(text, 1, length(text) - 4) || 'x' || substr(text, -3)";
    for (sql, words) in [
        (format!("UPDATE commits SET text = {spoilt}"), "breaks at records"),
        (
            "UPDATE commits SET text = replace(text, ':person:', ':Person:')".to_owned(),
            "breaks at records",
        ),
        ("UPDATE commits SET text = text || '1:a,'".to_owned(), "not what a station writes"),
        (
            "UPDATE commits SET hash = zeroblob(32) WHERE last_seq < (SELECT max(last_seq) FROM commits)".to_owned(),
            "breaks at records",
        ),
        ("UPDATE commits SET hash = zeroblob(32)".to_owned(), "breaks at its head"),
        (
            "DELETE FROM commits WHERE last_seq = (SELECT min(last_seq) FROM commits)".to_owned(),
            "is missing",
        ),
        (
            "DELETE FROM commits WHERE last_seq = (SELECT max(last_seq) FROM commits)".to_owned(),
            "The history is cut",
        ),
        ("DELETE FROM commits".to_owned(), "The history is cut"),
        (
            format!("UPDATE blocks SET body = CAST({spoilt_body} AS BLOB) {LAST_BLOCK}"),
            "not what a station writes",
        ),
        (format!("UPDATE blocks SET bytes = bytes - 1 {LAST_BLOCK}"), "not what a station writes"),
        (format!("UPDATE blocks SET bytes = 2147483648 {LAST_BLOCK}"), "not what a station writes"),
        (format!("UPDATE blocks SET hash = zeroblob(32) {LAST_BLOCK}"), "breaks at records"),
        (format!("UPDATE blocks SET commits = commits + 1 {LAST_BLOCK}"), "breaks at records"),
        (format!("DELETE FROM blocks {LAST_BLOCK}"), "is missing"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        furnished(dir.path(), 5, 200);
        let database = Connection::open(dir.path().join("vidimus.db")).unwrap();
        let triggers = "SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema
                        WHERE type = 'trigger'";
        let drop: String = database.query_row(triggers, [], |row| row.get(0)).unwrap();
        database.execute_batch(&drop).unwrap();
        database.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        assert!(database.execute(&sql, []).unwrap() > 0, "{sql}");
        database.close().unwrap();
        let found = reader_at(dir.path()).chain_check().unwrap_err();
        assert_says(&found.to_string(), dir.path(), &[words]);
        assert_says(
            &refusal(dir.path()),
            dir.path(),
            &[words, "does not run on it"],
        );
    }
}

#[test]
fn what_a_restart_trusts_is_held_against_the_records() {
    for sql in [
        "UPDATE gtins SET taken = taken - 1",
        "UPDATE packs SET fate = 1 WHERE pack = 2",
        "UPDATE packs SET serial = serial || 'X' WHERE pack = (SELECT max(pack) FROM packs
             WHERE serial IS NOT NULL)",
        "UPDATE batches SET lot = 'OTHER'",
        "INSERT INTO packs (pack, plc_boot, plc_id, origin) VALUES (9999, 1, 1, 1)",
    ] {
        let dir = tempfile::tempdir().unwrap();
        furnished(dir.path(), 6, 60);
        let database = Connection::open(dir.path().join("vidimus.db")).unwrap();
        assert!(database.execute(sql, []).unwrap() > 0, "{sql}");
        database.close().unwrap();
        let reader = reader_at(dir.path());
        reader.chain_check().expect("the records are as they were");
        let text = reader.audit().unwrap_err().to_string();
        assert_says(&text, dir.path(), &["is not what the records say"]);
    }
}

/// Facts that cannot follow a small, sound history, each with the words that refuse it.
fn contradictions() -> Vec<(Fact, &'static str)> {
    let product = batch(1, "09506000134352");
    let gtin = product.gtin;
    let plc = PlcPack {
        lane: LaneNo::FIRST,
        boot: 1,
        id: 9,
    };
    let origin = Origin::Detected;
    let enter = |pack, batch| Fact::PackEntered {
        pack: PackNo(pack),
        batch,
        plc,
        origin,
    };
    let reserve = |pack, serial: SerialNumber| Fact::SerialReserved {
        pack: PackNo(pack),
        serial,
    };
    let number = |index| serial(&gtin, index);
    let tally = Tally::default();
    let late = verdict(Outcome::Late, None);
    vec![
        (
            Fact::BatchOpened(batch(2, "09506000134352")),
            "another is open",
        ),
        (
            Fact::BatchClosed {
                batch: BatchNo(1),
                tally: tally.clone(),
            },
            "is not what its packs add",
        ),
        (
            Fact::BatchClosed {
                batch: BatchNo(7),
                tally,
            },
            "is not open",
        ),
        (enter(3, Some(BatchNo(1))), "not a new one"),
        (enter(4, Some(BatchNo(2))), "not open"),
        (reserve(1, number(3)), "cannot take a number"),
        (reserve(9, number(3)), "cannot take a number"),
        (
            reserve(
                3,
                SerialNumber {
                    index: 1,
                    text: "NEW".to_owned(),
                },
            ),
            "taken before",
        ),
        (
            Fact::SerialVoided {
                pack: PackNo(3),
                cause: VoidCause::PlcRestarted,
            },
            "cannot be voided",
        ),
        (
            Fact::Verified {
                pack: PackNo(9),
                verdict: late,
            },
            "not known",
        ),
        (
            Fact::Gated {
                pack: PackNo(2),
                fate: Fate::Good,
                into: None,
            },
            "not in line",
        ),
        (
            Fact::Decommissioned {
                pack: PackNo(9),
                fate: Fate::Removed,
            },
            "not known",
        ),
        (
            Fact::Stopped {
                cause: "x".repeat(300 << 10),
                latched: None,
            },
            "at most",
        ),
        (
            Fact::PackEntered {
                pack: PackNo(u64::MAX),
                batch: None,
                plc,
                origin,
            },
            "too great",
        ),
    ]
}

fn record(seq: u64, fact: Fact) -> Record {
    let (point, actor) = (PointId(1), Actor::Station);
    Record {
        seq,
        at: Tick(seq),
        point,
        actor,
        reason: None,
        template: None,
        fact,
    }
}

#[test]
fn a_record_that_cannot_follow_stops_the_store_and_leaves_nothing() {
    let product = batch(1, "09506000134352");
    let gtin = product.gtin;
    let mut sound = vec![record(1, Fact::BatchOpened(product))];
    for no in 1..=3 {
        let (pack, plc) = (
            PackNo(no),
            PlcPack {
                lane: LaneNo::FIRST,
                boot: 1,
                id: no as u32,
            },
        );
        let (batch, origin) = (Some(BatchNo(1)), Origin::Detected);
        let seq = sound.len() as u64 + 1;
        sound.push(record(
            seq,
            Fact::PackEntered {
                pack,
                batch,
                plc,
                origin,
            },
        ));
        if no < 3 {
            let serial = serial(&gtin, no - 1);
            sound.push(record(seq + 1, Fact::SerialReserved { pack, serial }));
        }
    }
    let next = sound.len() as u64 + 2;
    sound.push(record(
        next - 1,
        Fact::Gated {
            pack: PackNo(2),
            fate: Fate::Removed,
            into: None,
        },
    ));
    let mut cases = contradictions();
    cases.push((Fact::StationEnded, "must come next"));
    for (fact, words) in cases {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open_at(dir.path());
        store
            .commit(&[Commit::of(1, sound.clone())])
            .expect("sound");
        let wrong = match &fact {
            Fact::StationEnded => record(next + 2, fact.clone()),
            _ => record(next + 1, fact.clone()),
        };
        let group = [
            Commit::of(2, vec![record(next, Fact::RejectNextOrdered)]),
            Commit::of(2, vec![wrong]),
        ];
        let text = store.commit(&group).unwrap_err().to_string();
        assert!(
            text.contains(words) && text.contains("does not fit"),
            "{words}: {text}"
        );
        let right = [Commit::of(3, vec![record(next, Fact::StationEnded)])];
        let stopped = store.commit(&right).unwrap_err();
        assert_eq!(
            stopped,
            StoreError::Stopped { text },
            "it never writes again"
        );
        assert!(store.close().is_err());
        let mut store = open_at(dir.path());
        assert_eq!(
            store.last_seq(),
            next - 1,
            "nothing of the group was written"
        );
        assert_eq!(
            store.commit(&right).expect("after a restart it goes on"),
            next
        );
    }
}

#[test]
fn a_station_goes_on_after_its_own_crash_in_the_making_of_the_database() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("vidimus.db.new"), "half a database").unwrap();
    fs::write(dir.path().join("vidimus.db.new-journal"), "half a journal").unwrap();
    let mut model = Model::new(7);
    open_at(dir.path()).commit(&[model.turn()]).unwrap();
    assert!(!dir.path().join("vidimus.db.new").exists());
    crate::store::assert_same(&reader_at(dir.path()), &model);
}

#[test]
fn a_file_layer_that_cannot_keep_a_log_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    // SQLite's own layer for disks without proper locks: no shared memory, hence no write-ahead log.
    let medium = Medium::Vfs("unix-dotfile".to_owned());
    let text = open(
        dir.path(),
        OpenOptions {
            medium,
            ..options()
        },
    )
    .unwrap_err()
    .to_string();
    assert_says(
        &text,
        dir.path(),
        &["journal_mode", "power cut", "local disk"],
    );
    let medium = Medium::Vfs("no-such-layer".to_owned());
    let text = open(
        dir.path(),
        OpenOptions {
            medium,
            ..options()
        },
    )
    .unwrap_err()
    .to_string();
    assert_says(&text, dir.path(), &["no such vfs"]);
    let medium = Medium::Vfs("unix".to_owned());
    let mut model = Model::new(8);
    let mut store = open(
        dir.path(),
        OpenOptions {
            medium,
            ..options()
        },
    )
    .unwrap();
    store.commit(&[model.turn()]).unwrap();
    crate::store::assert_same(&store.reader().unwrap(), &model);
}
