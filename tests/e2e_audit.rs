//! A station whose file is changed between two starts: the audit trail says what, from what to what, and who started
//! it. No device is there.

use crate::e2e_bench::{Bench, Program, await_that};
use rustix::process::Signal;
use serde_json::Value;
use std::path::Path;
use vidimus::record::{Actor, Fact, SettingChange};

/// One run from a start to an orderly end; what is on record of its settings afterwards, with who started it.
fn run(bench: &Bench, file: &Path) -> Vec<(Actor, Vec<SettingChange>)> {
    let station = Program::start(&["run", "-c", file.to_str().expect("UTF-8")]);
    await_that("a station", || bench.view());
    station.signal(Signal::TERM);
    assert_eq!(station.finish().code, Some(0));
    let mut said = Vec::new();
    let each = |stored: vidimus::store::StoredRecord| {
        if let Fact::Configured { changes } = stored.record.fact {
            said.push((stored.record.actor, changes));
        }
    };
    bench.reader().for_each_record(0, each).expect("readable");
    bench
        .reader()
        .audit()
        .expect("records and projections agree");
    said
}

#[test]
fn a_changed_station_file_is_on_record_with_old_and_new_and_who_started_it() {
    let bench = Bench::new();
    let (printer, plc) = ("zpl+tcp://127.0.0.1:9", "modbus+tcp://127.0.0.1:9?unit=1");
    let camera = "http://127.0.0.1:9/stream?user=admin&pwd=hunter2";
    let file = bench.station_file(printer, plc, camera);
    let first = run(&bench, &file);
    let [(Actor::Named(user), all)] = &first[..] else {
        panic!("{first:?}");
    };
    assert!(!user.is_empty());
    assert!(all.len() > 60 && all.iter().all(|one| one.old.is_none() && one.new.is_some()));
    let new = |changes: &[SettingChange], key: &str| {
        let found = changes.iter().find(|one| one.key == key);
        found.and_then(|one| one.new.clone())
    };
    assert_eq!(new(all, "limits.workers").as_deref(), Some("2"));
    assert_eq!(run(&bench, &file), first, "nothing changed");
    let text = std::fs::read_to_string(&file).expect("it is there");
    let text = text
        .replacen("workers = 2", "workers = 3", 1)
        .replacen("pwd=hunter2", "pwd=hunter3", 1)
        .replacen(
            "unexplained_max = 0",
            "# left out: the default is the same",
            1,
        );
    std::fs::write(&file, text).expect("written");
    let second = run(&bench, &file);
    assert_eq!(second.len(), 2);
    let (by, changes) = &second[1];
    assert_eq!(by, &first[0].0);
    let keys: Vec<&str> = changes.iter().map(|one| one.key.as_str()).collect();
    let [address, "limits.workers"] = keys[..] else {
        panic!("{changes:?}");
    };
    assert!(
        address.starts_with("camera[") && address.ends_with("].address"),
        "{address}"
    );
    let old = new(all, address).expect("it was said");
    assert!(old.contains("pwd=secret (") && changes[0].old == Some(old));
    assert_ne!(changes[0].old, changes[0].new, "it is seen that it changed");
    let told = Program::run(&[
        "audit",
        "search",
        "--who",
        user,
        "--what",
        "workers",
        "--what",
        "settings of the station file changed",
        "--json",
        "-c",
        file.to_str().expect("UTF-8"),
    ]);
    assert_eq!(told.code, Some(0), "{told:?}");
    let told: Value = serde_json::from_str(&told.out).expect("one record");
    assert_eq!(told["proved"], false, "the system's word");
    let workers = told["changes"]
        .as_array()
        .and_then(|all| all.last())
        .expect("there are two");
    assert_eq!(
        (&workers["old"], &workers["new"]),
        (&"2".into(), &"3".into())
    );
    let bytes = std::fs::read(bench.path().join("vidimus.db")).expect("the store");
    for secret in [&b"hunter2"[..], b"hunter3"] {
        assert!(
            !bytes.windows(secret.len()).any(|found| found == secret),
            "no secret on record"
        );
    }
}
