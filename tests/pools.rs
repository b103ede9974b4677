//! `vidimus serials import|export|return` as a user runs them, on a store that a station made; and what the store
//! itself holds a pool's numbers against.

use crate::store::{open_at, reader_at};
use rusqlite::Connection;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;
use vidimus::record::*;
use vidimus::serial::SerialKey;

const GTIN: &str = "09506000134352";
const KEY: &[u8; 16] = b"0123456789abcdef";

/// A station that has a key and a store, and believes names.
struct Place {
    folder: TempDir,
    station: PathBuf,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let hexadecimal: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
        std::fs::write(folder.path().join("serial.key"), hexadecimal).expect("it can be written");
        let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/stations/demo.toml");
        let mut text = std::fs::read_to_string(template).expect("the template is there");
        let data = folder.path().to_str().expect("UTF-8");
        for (section, key, value) in [
            ("station", "data_dir", data),
            ("people", "sign_in", "names-only"),
        ] {
            text = vidimus::config::with_value(&text, section, key, &value.into()).expect("a key");
        }
        let station = folder.path().join("station.toml");
        std::fs::write(&station, text).expect("it can be written");
        open_at(folder.path()).close().expect("a new store");
        Place { folder, station }
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("it can be written");
        path.to_str().expect("UTF-8").to_owned()
    }

    fn serials(&self, action: &str, more: &[&str]) -> Output {
        self.command(action, more).output().expect("it starts")
    }

    fn command(&self, action: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vidimus"));
        command
            .args(["serials", action])
            .arg("-c")
            .arg(&self.station);
        command.args(more);
        command
    }

    fn done(&self, action: &str, more: &[&str]) -> String {
        let output = self.serials(action, more);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{action} {more:?}: {said}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The checks of `authenticate` that do not hold; the number must not be supplied.
    fn doubts(&self, serial: &str) -> Vec<(String, String)> {
        let mut asked = Command::new(env!("CARGO_BIN_EXE_vidimus"));
        asked
            .args(["authenticate", "--json", "-c"])
            .arg(&self.station);
        let output = asked.arg(format!("(01){GTIN}(21){serial}")).output();
        let output = output.expect("it starts");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(said["genuine"], false, "{said}");
        let checks = said["checks"].as_array().expect("checks").iter();
        let text = |check: &Value, field: &str| check[field].as_str().expect("a text").to_owned();
        let doubts = checks.filter(|check| check["holds"] == false);
        doubts
            .map(|check| (text(check, "name"), text(check, "text")))
            .collect()
    }

    fn refused(&self, action: &str, more: &[&str]) -> String {
        let output = self.serials(action, more);
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{action} {more:?}: {said}");
        said
    }

    fn status(&self) -> Value {
        let status = self.done("status", &["--json", "--states", "--gtin", GTIN]);
        let status: Value = serde_json::from_str(&status).expect("JSON");
        status["gtins"][0].clone()
    }

    /// Everything the store holds is what its records say.
    fn check(&self) -> NumberRegister {
        let reader = reader_at(self.folder.path());
        reader.audit().expect("sound");
        reader.numbers().expect("sound")
    }
}

fn list(texts: impl IntoIterator<Item = String>) -> String {
    let mut list = "serial\n".to_owned();
    texts
        .into_iter()
        .for_each(|text| writeln!(list, "{text}").expect("texts take all"));
    list
}

#[test]
fn a_list_is_imported_whole_once_or_not_at_all() {
    let place = Place::new();
    let texts = || (0..500).map(|no| format!("N{:03}x", (no * 7) % 500));
    let sound = place.file("sound.csv", &list(texts()));
    let one_bad = place.file("bad.csv", &list(texts().chain(["no good".to_owned()])));
    let said = place.refused("import", &[&one_bad, "--gtin", GTIN]);
    assert!(
        said.contains("line 502") && said.contains("nothing of it"),
        "{said}"
    );
    assert_eq!(
        place.check(),
        NumberRegister::default(),
        "nothing was taken in"
    );

    let dry = place.done("import", &[&sound, "--gtin", GTIN, "--dry-run"]);
    assert!(dry.contains("500 numbers"), "{dry}");
    assert_eq!(place.check(), NumberRegister::default());
    place.done(
        "import",
        &[
            &sound, "--gtin", GTIN, "--as", "J. Novak", "--reason", "order 7",
        ],
    );
    let register = place.check();
    let pool = &register.pools()[0];
    assert_eq!(
        (pool.first, pool.count, pool.source.as_str()),
        (POOL_INDEX_FIRST, 500, "sound.csv")
    );
    let reader = reader_at(place.folder.path());
    let kept = reader
        .pool_numbers_from(pool.gtin, POOL_INDEX_FIRST, 1000)
        .expect("readable");
    let kept: Vec<String> = kept.into_iter().map(|number| number.serial.text).collect();
    assert_eq!(
        kept,
        texts().collect::<Vec<_>>(),
        "in the order of the list"
    );
    let mut by = None;
    reader
        .for_each_record(0, |stored| {
            if let Fact::Pool(_) = stored.record.fact {
                by = Some((stored.record.actor, stored.record.reason));
            }
        })
        .expect("readable");
    let who = Actor::Named("J. Novak".to_owned());
    assert_eq!(by, Some((who, Some("order 7".to_owned()))));

    // Another form and another order are the same numbers; one more of them is known number by number.
    let mut turned: Vec<String> = texts().collect();
    turned.reverse();
    let urns: String = turned
        .iter()
        .map(|text| format!("urn:epc:id:sgtin:9506000.013435.{text}\r\n"))
        .collect();
    let urns = place.file("urns.txt", &format!("\u{feff}{urns}"));
    let again = place.refused("import", &[&urns]);
    assert!(
        again.contains("imported already: as pool 1, on 20"),
        "{again}"
    );
    let document = |action: &str| {
        let epcs: Vec<String> = turned
            .iter()
            .map(|text| format!("\"urn:epc:id:sgtin:9506000.013435.{text}\""))
            .collect();
        format!(
            r#"{{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",
            "schemaVersion":"2.0","creationDate":"2026-11-22T08:00:00Z","epcisBody":{{"eventList":[
            {{"type":"ObjectEvent","eventTime":"2026-11-22T08:00:00.000Z","eventTimeZoneOffset":"+00:00",
            "action":"{action}","bizStep":"encoding","epcList":[{}]}}]}}}}"#,
            epcs.join(",")
        )
    };
    let events = place.file("events.jsonld", &document("ADD"));
    let again = place.refused("import", &[&events]);
    assert!(
        again.contains("imported already: as pool 1, on 20"),
        "{again}"
    );
    let ended = place.file("ended.jsonld", &document("DELETE"));
    let ended = place.refused("import", &[&ended]);
    assert!(
        ended.contains("line 3: ") && ended.contains("another event"),
        "{ended}"
    );
    let broken = place.file("broken.jsonld", &document("ADD")[..2_000]);
    place.refused("import", &[&broken]);
    let more = place.file("more.csv", &list(texts().chain(["NEW1".to_owned()])));
    let known = place.refused("import", &[&more, "--gtin", GTIN]);
    assert!(
        known.contains("500 rows")
            && known.contains("line 2: ")
            && known.contains("in pool 1 already"),
        "{known}"
    );
    assert!(known.contains("and 480 more"), "{known}");
    assert_eq!(place.check().pools().len(), 1);

    // What the station gives out itself is no number from outside; neither is a product that it does not run.
    let key = SerialKey::new(*KEY);
    let gtin = GTIN.parse().expect("a GTIN");
    let own = place.file("own.csv", &list([key.text(&gtin, 12)]));
    let own = place.refused("import", &[&own, "--gtin", GTIN]);
    assert!(own.contains("will give out itself"), "{own}");
    let far = place.file("far.csv", &list([key.text(&gtin, 1 << 59)]));
    place.done("import", &[&far, "--gtin", GTIN]);
    let stranger = place.refused("import", &[&sound, "--gtin", "09521234543213"]);
    assert!(
        stranger.contains("none of this station's products"),
        "{stranger}"
    );

    let status = place.status();
    assert_eq!(status["pools"][0]["left"], 500);
    assert_eq!(status["pools"][1]["left"], 1);
    assert_eq!(status["pools"][0]["states"]["unallocated"], 500);
    let state = place.done("status", &["--gtin", GTIN, "--serial", "N007x"]);
    assert_eq!(state.trim(), "unallocated");
    let doubts = place.doubts("N007x");
    let [(name, why)] = doubts.as_slice() else {
        panic!("it is ours, and was never on a good pack: {doubts:?}");
    };
    assert!(name == "commissioned" && why.contains("reserved"), "{why}");
    let unknown = place.doubts("N999x");
    assert!(unknown[0].0 == "known" && unknown.len() == 1, "{unknown:?}");
}

#[test]
fn a_token_gets_one_block_and_what_comes_back_is_never_used_again() {
    let place = Place::new();
    let ask = ["--gtin", GTIN, "--count", "100", "--token", "printer-7"];
    let first = place.done("export", &ask);
    let numbers: Vec<&str> = first
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').expect("two").1)
        .collect();
    assert_eq!(numbers.len(), 100);
    assert_eq!(place.done("export", &ask), first, "the same again");
    let other = place.refused(
        "export",
        &["--gtin", GTIN, "--count", "99", "--token", "printer-7"],
    );
    assert!(other.contains("another token"), "{other}");
    let second = place.done(
        "export",
        &["--gtin", GTIN, "--count", "100", "--token", "printer-8"],
    );
    assert!(numbers.iter().all(|number| !second.contains(number)));

    // Some come back in a list, which must be all of this block.
    let back: Vec<String> = numbers
        .iter()
        .step_by(3)
        .map(|number| (*number).to_owned())
        .collect();
    let wrong = place.file(
        "wrong.csv",
        &list(back.iter().cloned().chain(["W3KTQAJMQTX4".to_owned()])),
    );
    let said = place.refused("return", &["--token", "printer-7", &wrong]);
    assert!(
        said.contains("not handed out for token printer-7"),
        "{said}"
    );
    let back_file = place.file("back.csv", &list(back.clone()));
    place.done("return", &["--token", "printer-7", &back_file]);
    let twice = place.refused("return", &["--token", "printer-7", &back_file]);
    assert!(
        twice.contains("came back before") && twice.contains("34 rows"),
        "{twice}"
    );
    let state = |serial: &str| place.done("status", &["--gtin", GTIN, "--serial", serial]);
    assert_eq!(
        (state(&back[1]).trim(), state(numbers[1]).trim()),
        ("returned", "allocated")
    );
    let names = |serial: &str| -> Vec<String> {
        let doubts = place.doubts(serial);
        doubts.into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names(numbers[1]), ["commissioned"]);
    assert_eq!(names(&back[1]), ["commissioned", "active"]);
    let ahead = SerialKey::new(*KEY).text(&GTIN.parse().expect("a GTIN"), 5_000);
    assert_eq!(names(&ahead), ["known"], "nobody was given it yet");
    place.done("return", &["--token", "printer-7", "--all-unused"]);
    assert!(
        place
            .refused("return", &["--token", "printer-7", "--all-unused"])
            .contains("before")
    );
    assert_eq!(state(numbers[1]).trim(), "returned");

    let third = place.done(
        "export",
        &["--gtin", GTIN, "--count", "100", "--token", "printer-9"],
    );
    assert!(
        numbers.iter().all(|number| !third.contains(number)),
        "never again"
    );
    let status = place.status();
    assert_eq!(status["states"]["returned"], 100);
    assert_eq!(status["states"]["allocated"], 200);
    place.check();

    // The rest of a pool goes back with what belongs to each number.
    let pool = place.file(
        "pool.csv",
        "serial;ai91;ai92\n\"A;1\";EE06;x\"y\nB2;EE06;z\n"
            .replace("x\"y", "\"x\"\"y\"")
            .as_str(),
    );
    place.done("import", &[&pool, "--gtin", GTIN]);
    let out = place.folder.path().join("rest.csv");
    let out = out.to_str().expect("UTF-8");
    place.done("return", &["--pool", "1", "--all-unused", "--out", out]);
    let rest = std::fs::read_to_string(out).expect("it was written");
    assert_eq!(
        rest,
        format!(
            "gtin,serial,ai91,ai92\n{GTIN},\"A;1\",\"EE06\",\"x\"\"y\"\n{GTIN},\"B2\",\"EE06\",\"z\"\n"
        )
    );
    assert_eq!(place.status()["pools"][0]["left"], 0);
    place.check();
}

/// Killed at any moment, a request is there or not; asked again it gets one block, whole.
#[test]
fn a_request_that_is_killed_and_asked_again_gets_one_block() {
    let place = Place::new();
    let ask = ["--gtin", GTIN, "--count", "200", "--token", "t-1"];
    for ms in [0, 1, 2, 3, 5, 8, 12, 18, 25, 40] {
        let mut asked = place.command("export", &ask);
        let mut asked = asked
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        std::thread::sleep(std::time::Duration::from_millis(ms));
        let _ = asked.kill(); // it may have ended
        asked.wait().expect("it ended");
    }
    let block = place.done("export", &ask);
    assert_eq!(block.lines().count(), 201);
    assert_eq!(place.done("export", &ask), block);
    let register = place.check();
    let exports: Vec<_> = register.exports().collect();
    assert_eq!(exports.len(), 1);
    assert_eq!((exports[0].1.first, exports[0].1.count), (0, 200));
}

/// Whoever changes a number of a pool in the database is found out.
#[test]
fn a_pool_that_was_tampered_with_is_found() {
    let tampering = [
        "UPDATE pool_numbers SET text = 'N004y' WHERE text = 'N004x'",
        "UPDATE pool_numbers SET ai92 = 'z' WHERE text = 'N004x'",
        "DELETE FROM pool_numbers WHERE text = 'N009x'",
        "INSERT INTO pool_numbers SELECT gtin, max(number) + 1, 'N010x', NULL, NULL, NULL FROM pool_numbers",
    ];
    for sql in tampering {
        let place = Place::new();
        let file = place.file("ten.csv", &list((0..10).map(|no| format!("N{no:03}x"))));
        place.done("import", &[&file, "--gtin", GTIN]);
        place.check();
        let database = vidimus::store::database(place.folder.path());
        let connection = Connection::open(database).expect("it opens");
        connection
            .execute_batch("DROP TRIGGER pool_numbers_keep; DROP TRIGGER pool_numbers_stay")
            .expect("they are there");
        assert_eq!(connection.execute(sql, []).expect("it is SQL"), 1);
        drop(connection);
        let found = reader_at(place.folder.path()).audit();
        let said = found.expect_err(sql).to_string();
        assert!(said.contains("pool"), "{sql}: {said}");
    }
}
