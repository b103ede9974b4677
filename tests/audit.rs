//! The audit trail as an auditor has it: what was done is found, and what was changed, taken out or cut off is found
//! and named, by `vidimus audit` and by a checker that shares nothing with it.

use crate::store::{furnished, open_at, reader_at};
use rusqlite::Connection;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use vidimus::record::*;
use vidimus::store::{Commit, StoredSecret};

/// How a program ended, and what it said.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run(program: &str, args: &[&str]) -> Option<Said> {
    let ended = Command::new(program).args(args).output();
    let ended = match ended {
        Ok(ended) => ended,
        Err(error) => {
            eprintln!("SKIPPED: {program} was not run, {error}.");
            return None;
        }
    };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Some(Said {
        code: ended.status.code(),
        out: text(ended.stdout),
        err: text(ended.stderr),
    })
}

/// A station's folder with a history, and what follows from it.
struct Site {
    dir: TempDir,
    /// The chain's head before the last commit, as a report of that moment says it; and after it.
    heads: [String; 2],
    last: u64,
}

impl Site {
    /// Turns of a model, then what people did.
    fn new() -> Site {
        let dir = tempfile::tempdir().expect("a folder");
        furnished(dir.path(), 21, 120);
        let mut store = open_at(dir.path());
        let mut heads = Vec::new();
        for commit in people_act(store.last_seq()) {
            store.commit(&[commit]).expect("it is sound");
            heads.push(hex(&reader_at(dir.path()).head().expect("readable").1));
        }
        let last = store.last_seq();
        store.close().expect("nothing hinders closing");
        let heads = [
            heads[heads.len() - 2].clone(),
            heads[heads.len() - 1].clone(),
        ];
        Site { dir, heads, last }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn audit(&self, args: &[&str]) -> Said {
        let data = self.path().to_str().expect("UTF-8");
        let args = [&["audit"], args, &["--data", data]].concat();
        run(env!("CARGO_BIN_EXE_vidimus"), &args).expect("the program is there")
    }

    fn export(&self) -> PathBuf {
        let file = self.path().join("audit.jsonl");
        let said = self.audit(&["export", "--output", file.to_str().expect("UTF-8")]);
        assert_eq!(said.code, Some(0), "{said:?}");
        file
    }

    /// The same store, after this was done to its database by somebody who knows SQL.
    fn with(&self, sql: &str) -> Site {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("vidimus.db");
        fs::copy(self.path().join("vidimus.db"), &path).expect("it is copied");
        let database = Connection::open(&path).expect("it opens");
        let triggers = "SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema WHERE type = 'trigger'";
        let drop: String = database
            .query_row(triggers, [], |row| row.get(0))
            .expect("there are some");
        database.execute_batch(&drop).expect("they are dropped");
        let before = database.total_changes();
        database.execute_batch(sql).expect(sql);
        assert!(database.total_changes() > before, "{sql} changes something");
        database.close().expect("it closes");
        Site {
            dir,
            heads: self.heads.clone(),
            last: self.last,
        }
    }
}

fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

const PHC: &str = "$argon2id$q-wolf-one-time$";

/// Commits in which people acted, after record `after`.
fn people_act(after: u64) -> Vec<Commit> {
    let secret = StoredSecret {
        person: "Q.Wolf".parse().expect("a name"),
        phc: PHC.to_owned(),
    };
    let (wolf, roles) = (secret.person.clone(), |role| {
        [role].into_iter().collect::<Roles>()
    });
    let administrator = Actor::Person("administrator".to_owned());
    let quality = Actor::Person("Q.Wolf".to_owned());
    let (supervisor, both) = (roles(Role::Supervisor), [Role::Supervisor, Role::Quality]);
    let added = Fact::People(PeopleFact::PersonAdded {
        name: wolf.clone(),
        roles: supervisor.clone(),
        secret: secret.hash(),
    });
    let changed = Fact::People(PeopleFact::RolesChanged {
        name: wolf,
        old: supervisor,
        new: both.into_iter().collect(),
    });
    let acknowledged = Fact::AlarmAcknowledged {
        alarm: "printer-link".to_owned(),
    };
    let act = Signed::Act {
        order: OrderHash([7; 32]),
        first: after + 3,
        last: after + 3,
    };
    let record = |seq, actor: &Actor, reason: Option<&str>, fact| Record {
        seq,
        at: Tick(seq),
        point: PointId::STATION,
        actor: actor.clone(),
        reason: reason.map(str::to_owned),
        template: None,
        fact,
    };
    let signed = |meaning, of| Fact::Signed { meaning, of };
    let mut first = Commit::of(
        1_790_000_100_000,
        vec![
            record(after + 1, &administrator, None, added),
            record(after + 2, &administrator, Some("covers for Ana"), changed),
        ],
    );
    first.secrets = vec![secret];
    let second = vec![
        record(after + 3, &quality, Some("cable was loose"), acknowledged),
        record(after + 4, &quality, None, signed(Meaning::Performed, act)),
    ];
    let of = Signed::Record { seq: after + 2 };
    let third = vec![record(
        after + 5,
        &quality,
        None,
        signed(Meaning::Approved, of),
    )];
    vec![
        first,
        Commit::of(1_790_000_200_000, second),
        Commit::of(1_790_000_300_000, third),
    ]
}

/// The checker in Python; `None` where there is no Python.
fn outside(export: &Path, head: Option<&str>) -> Option<Said> {
    let check = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audit/check.py");
    let args = [check.to_str(), export.to_str(), head];
    run("python3", &args.into_iter().flatten().collect::<Vec<_>>())
}

#[test]
fn a_sound_store_is_found_sound_by_the_program_and_by_a_checker_that_shares_nothing_with_it() {
    let check = include_str!("audit/check.py");
    assert!(check.lines().count() <= 40, "anybody can read it");
    let site = Site::new();
    let [before, head] = &site.heads;
    let said = site.audit(&["verify", "--full", "--head", before, "--json"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let told: Value = serde_json::from_str(&said.out).expect("one JSON object");
    assert_eq!(told["head"], head.as_str());
    assert_eq!(
        (&told["records"], &told["commits"]),
        (&site.last.into(), &123.into())
    );
    assert_eq!(told["head_at_record"], site.last - 1);
    assert_eq!(told["last_utc_ms"], 1_790_000_300_000_i64);
    // The head that stands on a report of a batch is one that the chain is held against.
    let data = site.path().to_str().expect("UTF-8");
    let report = ["report", "1", "--json", "--data", data];
    let report = run(env!("CARGO_BIN_EXE_vidimus"), &report).expect("the program is there");
    let report: Value = serde_json::from_str(&report.out).expect("one JSON object");
    let on_report = report["proof"]["sha256"].as_str().expect("a head");
    let said = site.audit(&["verify", "--head", on_report]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let said = site.audit(&["verify"]);
    for words in ["The chain is whole.", head, "2026-09-21 14:18:20Z"] {
        assert!(said.out.contains(words), "{words}: {said:?}");
    }
    let export = site.export();
    for head in [None, Some(before.as_str()), Some(head)] {
        if let Some(said) = outside(&export, head) {
            assert_eq!(
                said.out.trim(),
                format!("{} {}", site.last, site.heads[1]),
                "{said:?}"
            );
        }
    }
    let text = fs::read_to_string(&export).expect("readable");
    let signed = format!(
        "\"signed\":[{{\"by\":\"person:Q.Wolf\",\"meaning\":\"approved\",\"record\":{}}}]",
        site.last
    );
    assert_eq!(
        text.matches(&signed).count(),
        1,
        "who signed stands beside what was signed"
    );
    assert_eq!(text.lines().count(), 124, "one line a commit, and the end");
    let said = site.audit(&["verify", "--head", "12ab"]);
    assert_eq!(said.code, Some(2), "{said:?}");
}

#[test]
fn a_flipped_byte_a_removed_row_and_a_cut_tail_of_the_store_are_found_and_named() {
    let site = Site::new();
    let last = site.last;
    let in_text = "SELECT max(last_seq) FROM commits";
    let damages = [
        // The reason of what was done in the last commit but one.
        (
            "UPDATE commits SET text = replace(text, 'cable was loose', 'cable was l0ose')".to_owned(),
            format!("breaks at records {} to {}", last - 2, last - 1),
        ),
        // A byte that makes the text no text.
        (
            format!("UPDATE commits SET text = CAST(replace(CAST(text AS BLOB), x'6c6f6f7365', x'ff6f6f7365') AS TEXT)
                     WHERE last_seq = {}", last - 1),
            format!("records up to {}", last - 1),
        ),
        (
            format!("UPDATE commits SET hash = x'{}' WHERE last_seq = ({in_text})", "00".repeat(32)),
            format!("breaks at its head: record {last}"),
        ),
        (
            "UPDATE blocks SET body = CAST(substr(body, 1, 99) || x'5a' || substr(body, 101) AS BLOB)
             WHERE last_seq = (SELECT min(last_seq) FROM blocks)".to_owned(),
            "not what".to_owned(),
        ),
        (
            format!("DELETE FROM commits WHERE last_seq = {}", last - 1),
            format!("Record {} is missing, the next one is {last}", last - 2),
        ),
        (
            "DELETE FROM blocks WHERE last_seq = (SELECT min(last_seq) FROM blocks)".to_owned(),
            "Record 1 is missing".to_owned(),
        ),
        (
            format!("DELETE FROM commits WHERE last_seq = {last}"),
            format!("The history is cut: {last} records were committed, {} are kept", last - 1),
        ),
    ];
    for (sql, named) in &damages {
        let damaged = site.with(sql);
        let said = damaged.audit(&["verify"]);
        assert_eq!(said.code, Some(13), "{sql}: {said:?}");
        assert!(said.err.contains(named), "{sql}: {said:?}");
        let file = damaged.path().join("audit.jsonl");
        let said = damaged.audit(&["export", "-o", file.to_str().expect("UTF-8")]);
        assert_eq!(said.code, Some(13), "{sql}: {said:?}");
        assert!(!file.exists(), "what is not sound is not handed out");
        let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store_recipe.py");
        let database = damaged.path().join("vidimus.db");
        let args = [
            recipe.to_str().expect("UTF-8"),
            database.to_str().expect("UTF-8"),
        ];
        if let Some(said) = run("python3", &args) {
            assert_ne!(said.code, Some(0), "{sql}: {said:?}");
        }
    }
    // Whoever cuts the tail and writes the head anew is found by the head on paper alone.
    let cut = site.with(&format!(
        "DELETE FROM commits WHERE last_seq = {last};
         UPDATE head SET (last_seq, hash) = (SELECT last_seq, hash FROM commits ORDER BY last_seq DESC LIMIT 1)"
    ));
    let [before, head] = &site.heads;
    assert_eq!(cut.audit(&["verify", "--head", before]).code, Some(0));
    let said = cut.audit(&["verify", "--head", head]);
    assert_eq!(said.code, Some(13), "{said:?}");
    let named = format!("whole up to record {}", last - 1);
    assert!(
        said.err.contains(head) && said.err.contains(&named),
        "{said:?}"
    );
    let export = cut.export();
    if let (Some(sound), Some(said)) =
        (outside(&export, Some(before)), outside(&export, Some(head)))
    {
        assert_eq!(sound.code, Some(0), "{sound:?}");
        assert_eq!(said.code, Some(1), "{said:?}");
        let named = format!("no commit up to record {} has the head {head}", last - 1);
        assert!(said.err.contains(&named), "{said:?}");
    }
}

#[test]
fn a_checker_of_others_finds_and_names_whatever_is_done_to_an_export() {
    let site = Site::new();
    let export = site.export();
    if outside(&export, None).is_none() {
        return;
    }
    let text = fs::read_to_string(&export).expect("readable");
    let lines: Vec<&str> = text.lines().collect();
    let last = site.last;
    let without = |at: usize| [&lines[..at], &lines[at + 1..]].concat().join("\n");
    let end = format!("{{\"end\":{},\"head\":\"{}\"}}", last - 1, site.heads[0]);
    let end_anew = [&lines[..122], &[end.as_str()]].concat().join("\n");
    let other = text.replace(
        "\"meaning\":\"approved\",\"record\"",
        "\"meaning\":\"reviewed\",\"record\"",
    );
    let reason = text.replace("cable was loose", "cable was l0ose");
    let no_signature = text.replace("\"signed\":", "\"sighed\":");
    for (changed, named) in [
        (
            reason,
            format!("the commit that ends with record {}", last - 1),
        ),
        (without(0), "record 1 is missing".to_owned()),
        (
            without(121),
            format!("record {} is missing, the next one is {last}", last - 2),
        ),
        (without(123), format!("the tail is cut after record {last}")),
        (
            without(122),
            format!("the tail is cut after record {}", last - 1),
        ),
        (
            lines[..60].join("\n"),
            "the tail is cut after record".to_owned(),
        ),
        (other, format!("record {last} signs other records")),
        (
            no_signature,
            format!("record {} signs other records", last - 1),
        ),
        (end_anew, format!("record {}", last - 1)),
    ] {
        let file = site.path().join("changed.jsonl");
        fs::write(&file, changed).expect("written");
        let said = outside(&file, Some(&site.heads[1])).expect("it runs");
        assert_eq!(said.code, Some(1), "{named}: {said:?}");
        assert!(
            said.err.contains("BROKEN: ") && said.err.contains(&named),
            "{named}: {said:?}"
        );
    }
    // One bit of every so many bytes.
    let bytes = fs::read(&export).expect("readable");
    let file = site.path().join("flipped.jsonl");
    for at in (0..bytes.len()).step_by(bytes.len() / 60 + 1) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        fs::write(&file, &flipped).expect("written");
        let said = outside(&file, None).expect("it runs");
        let of_record = said.err.contains("BROKEN: ") && said.err.contains("record ");
        assert!(said.code == Some(1) && of_record, "byte {at}: {said:?}");
    }
}

/// The numbers of the records that a search finds.
fn found(site: &Site, args: &[&str]) -> Vec<u64> {
    let said = site.audit(&[&["search", "--json"], args].concat());
    let lines = said
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let found: Vec<u64> = lines
        .map(|line| line["record"].as_u64().expect("a number"))
        .collect();
    assert_eq!(said.code, Some(i32::from(found.is_empty())), "{said:?}");
    found
}

#[test]
fn what_people_did_is_found_by_who_what_when_lot_and_record_with_old_new_and_reason() {
    let site = Site::new();
    let last = site.last;
    let mut history = Vec::new();
    let reader = reader_at(site.path());
    reader
        .for_each_record(0, |stored| history.push(stored))
        .expect("readable");
    let by_people =
        |one: &&vidimus::store::StoredRecord| matches!(one.record.actor, Actor::Person(_));
    let numbers: Vec<u64> = history
        .iter()
        .filter(by_people)
        .map(|one| one.record.seq)
        .collect();
    assert_eq!(found(&site, &[]), numbers, "what people did");
    assert_eq!(found(&site, &["--all"]).len() as u64, last, "everything");
    let station: Vec<u64> = history
        .iter()
        .filter(|one| one.record.actor == Actor::Station)
        .map(|one| one.record.seq)
        .collect();
    assert_eq!(found(&site, &["--who", "station"]), station);
    let wolf = [last - 2, last - 1, last];
    assert_eq!(found(&site, &["--who", "q.wolf"]), wolf);
    assert_eq!(
        found(&site, &["--who", "Q.Wolf", "--what", "signed APPROVED"]),
        [last]
    );
    assert_eq!(
        found(&site, &["--what", "roles", "--what", "quality"]),
        [last - 3]
    );
    let since = ["--since", "2026-09-21T14:16:00Z"];
    assert_eq!(found(&site, &since), wolf);
    let at = [&since[..], &["--until", "2026-09-21T14:17:00Z"]].concat();
    assert_eq!(found(&site, &at), wolf[..2]);
    assert_eq!(found(&site, &["--record", "1"]), [1], "whoever did it");
    assert_eq!(found(&site, &["--who", "nobody"]), [0_u64; 0]);
    for (args, words) in [
        (["--record", "999999"], "no record 999999"),
        (["--lot", "NONE"], "no lot NONE"),
    ] {
        let said = site.audit(&[&["search"], &args[..]].concat());
        assert!(said.code == Some(1) && said.err.contains(words), "{said:?}");
    }
    // Of a lot: from its opening to its closing.
    let opened = |one: &vidimus::store::StoredRecord| match &one.record.fact {
        Fact::BatchOpened(batch) => Some((one.record.seq, batch.lot.clone())),
        _ => None,
    };
    let (first, lot) = history.iter().find_map(opened).expect("a batch was opened");
    let of_lot = found(&site, &["--all", "--lot", lot.as_str()]);
    assert!(
        of_lot.contains(&first) && of_lot.contains(&(first + 1)),
        "{of_lot:?}"
    );
    let said = site.audit(&["search", "--record", &first.to_string()]);
    let told = format!("batch 1 of lot {lot}, GTIN ");
    assert!(said.out.contains(&told), "{said:?}");
    let said = site.audit(&["search", "--who", "administrator", "--what", "covers"]);
    let lines: Vec<&str> = said.out.lines().collect();
    let told = format!(
        "2026-09-21 14:15:00Z  [{}] roles of Q.Wolf changed, by administrator: covers for Ana",
        last - 3
    );
    assert_eq!(
        lines,
        [
            told.as_str(),
            "    roles of Q.Wolf: supervisor -> supervisor, quality"
        ],
        "{said:?}"
    );
    let said = site.audit(&["search", "--json", "--what", "printer-link"]);
    let told: Value = serde_json::from_str(&said.out).expect("one object");
    assert_eq!(told["who"], "Q.Wolf");
    assert_eq!(told["proved"], true);
    assert_eq!(told["reason"], "cable was loose");
    assert_eq!(told["changes"][0]["old"], "unacknowledged");
    assert_eq!(told["changes"][0]["new"], "acknowledged");
}
