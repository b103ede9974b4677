//! `vidimus doctor --power-test` with real processes and a real witness: what is kept, what is lost, what is damaged,
//! and everything it refuses.

use crate::e2e_bench::{Finished, Program, await_that};
use rustix::process::Signal;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use vidimus::store::{OpenOptions, StoreError};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is UTF-8")
}

fn step<'a>(step: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["doctor", "--power-test", step], more].concat()
}

/// A witness that writes to this file, and `tcp://` where it listens.
fn witness(file: &Path) -> (Program, String) {
    let args = ["--listen", "127.0.0.1:0", "--file", text(file)];
    let witness = Program::start(&step("witness", &args));
    let at = await_that("a witness that listens", || {
        let said = witness.err();
        let at = said.split_once("Listening on ")?.1.split_once(';')?.0;
        Some(format!("tcp://{at}"))
    });
    (witness, at)
}

fn write(dir: &Path, ack: &str) -> Program {
    Program::start(&step("write", &["--dir", text(dir), "--ack", ack]))
}

fn check(dir: &Path, acknowledged: &str) -> Finished {
    let args = ["--dir", text(dir), "--acknowledged", acknowledged, "--json"];
    Program::run(&step("check", &args))
}

/// The newest acknowledgement in a witness's file.
fn newest(file: &Path) -> u64 {
    let lines = std::fs::read_to_string(file).unwrap_or_default();
    let last = lines
        .lines()
        .last()
        .and_then(|line| line.rsplit(' ').next());
    last.map_or(0, |number| number.parse().expect("a number"))
}

/// Lets the writer work for so many commits and a random moment, then kills it.
fn write_and_kill(dir: &Path, at: &str, file: &Path, commits: u64) {
    let from = newest(file);
    let writer = write(dir, at);
    await_that("acknowledged commits", || {
        (newest(file) >= from + commits).then_some(())
    });
    let moment = getrandom::u32().expect("a random number") % 50;
    std::thread::sleep(Duration::from_millis(moment.into()));
    writer.kill();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("it has a name");
        std::fs::copy(&path, to.join(name)).expect("it can be copied");
    }
}

fn refused(ended: &Finished, code: i32, said: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    for word in said {
        assert!(ended.err.contains(word), "{word}: {ended:?}");
    }
    assert!(!ended.err.contains("panicked"), "{ended:?}");
}

#[test]
fn what_was_acknowledged_is_kept_or_counted_as_lost() {
    let place = folder();
    let (dir, file) = (
        place.path().join("disk"),
        place.path().join("acknowledged.txt"),
    );
    let (watching, at) = witness(&file);
    // Killed, not cut off from power: the system keeps what was written, and check says that this proves nothing yet.
    for round in 1..=3 {
        write_and_kill(&dir, &at, &file, 40);
        let ended = check(&dir, text(&file));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let said = ended.json();
        assert_eq!(
            (said["v"].as_u64(), &said["result"], &said["lost"]),
            (Some(1), &"kept".into(), &0.into())
        );
        assert!(
            said["newest_acknowledged"].as_u64() >= Some(40 * round),
            "{said}"
        );
        assert!(
            said["newest_commit"].as_u64() >= said["newest_acknowledged"].as_u64(),
            "{said}"
        );
        if Path::new("/proc/sys/kernel/random/boot_id").exists() {
            assert_eq!(said["restarted"], false);
            assert!(ended.err.contains("nothing is proven"), "{ended:?}");
        }
    }

    // A disk that falls back to an older state: everything since was acknowledged and is gone.
    let older = place.path().join("older");
    copy(&dir, &older);
    let kept = check(&older, text(&file)).json()["newest_commit"]
        .as_u64()
        .expect("a number");
    write_and_kill(&dir, &at, &file, 30);
    let acknowledged = await_that("a witness at rest", || {
        let before = newest(&file);
        std::thread::sleep(Duration::from_millis(100));
        (before == newest(&file)).then_some(before)
    });
    let lost = acknowledged - kept;
    assert!(lost >= 30);
    let ended = check(&older, text(&file));
    assert_eq!(ended.code, Some(14), "{ended:?}");
    let said = ended.json();
    assert_eq!(
        (&said["result"], &said["lost"]),
        (&"lost".into(), &lost.into())
    );
    let by_number = [
        "--dir",
        text(&older),
        "--acknowledged",
        &acknowledged.to_string(),
    ];
    let by_number = Program::run(&step("check", &by_number));
    assert_eq!(by_number.code, Some(14));
    assert!(
        by_number
            .out
            .starts_with(&format!("LOST {lost} acknowledged commits")),
        "{by_number:?}"
    );
    // The machine was not off: whoever copied the folder did it, not the disk.
    if Path::new("/proc/sys/kernel/random/boot_id").exists() {
        let said = ["mistyped", "older copy"];
        assert!(
            said.iter().all(|said| by_number.out.contains(said)),
            "{by_number:?}"
        );
        assert!(!by_number.out.contains("do not use"), "{by_number:?}");
    }

    // Who goes on there without asking is stopped by the witness before the gap is written over.
    let args = ["--dir", text(&older), "--ack", &at, "--commits", "5"];
    refused(
        &Program::run(&step("write", &args)),
        14,
        &["LOST", "nothing was written"],
    );
    assert_eq!(
        kept,
        check(&older, "1").json()["newest_commit"]
            .as_u64()
            .expect("a number")
    );
    // And where nobody watched, the numbers that were given out twice still tell.
    let args = [
        "--dir",
        text(&older),
        "--ack",
        "-",
        "--commits",
        &(lost + 10).to_string(),
    ];
    let again = Program::run(&step("write", &args));
    assert_eq!(again.code, Some(0), "{again:?}");
    let both = place.path().join("both.txt");
    let first = std::fs::read_to_string(&file).expect("acknowledgements");
    std::fs::write(&both, first + &again.out).expect("it can be written");
    assert_eq!(check(&older, text(&both)).json()["lost"], lost, "{again:?}");

    watching.signal(Signal::INT);
    let ended = watching.finish();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended
            .err
            .contains(&format!("newest acknowledged commit {acknowledged}.")),
        "{ended:?}"
    );
}

#[test]
fn a_damaged_store_is_called_damaged() {
    let place = folder();
    let dir = place.path().join("disk");
    let args = ["--dir", text(&dir), "--ack", "-", "--commits", "200"];
    let written = Program::run(&step("write", &args));
    assert_eq!(written.out.lines().count(), 200, "{written:?}");
    assert!(written.err.contains("file of this machine"), "{written:?}");
    let file = place.path().join("acknowledged.txt");
    std::fs::write(&file, &written.out).expect("it can be written");
    assert_eq!(check(&dir, text(&file)).code, Some(0));

    let database = vidimus::store::database(&dir);
    let sound = std::fs::read(&database).expect("a database");
    // In every copy: one of them may lie in room that SQLite does not use any more.
    let (needle, mut bent) = (b"T00000000100", sound.clone());
    let found: Vec<usize> = (0..sound.len())
        .filter(|at| sound[*at..].starts_with(needle))
        .collect();
    assert!(!found.is_empty(), "commit 100 is in the file");
    found.iter().for_each(|at| bent[at + 11] ^= 1);
    for bytes in [
        bent,
        sound[..sound.len() / 2].to_vec(),
        b"not a database".repeat(50),
    ] {
        std::fs::write(&database, &bytes).expect("it can be written");
        let ended = check(&dir, text(&file));
        assert_eq!(ended.code, Some(13), "{ended:?}");
        let said = ended.json();
        assert_eq!(said["result"], "damaged");
        assert!(
            said["text"]
                .as_str()
                .is_some_and(|text| text.starts_with("DAMAGED: ")),
            "{said}"
        );
        assert_eq!(
            std::fs::read(&database).expect("it is there"),
            bytes,
            "it was not touched"
        );
    }
}

#[test]
fn power_tests_and_stations_never_share_a_folder() {
    let place = folder();
    let (station, test) = (place.path().join("station"), place.path().join("test"));
    let store = vidimus::store::open(&station, OpenOptions::default()).expect("a store");
    store.close().expect("it closes");
    let before = std::fs::read(vidimus::store::database(&station)).expect("a database");
    let args = ["--dir", text(&station), "--ack", "-"];
    let said = ["a station's store", "not touched", "another folder"];
    refused(&Program::run(&step("write", &args)), 12, &said);
    refused(&check(&station, "1"), 12, &said);
    assert_eq!(
        std::fs::read(vidimus::store::database(&station)).expect("it is there"),
        before
    );

    let args = ["--dir", text(&test), "--ack", "-", "--commits", "3"];
    let written = Program::run(&step("write", &args));
    assert_eq!(written.code, Some(0), "{written:?}");
    let refusal = vidimus::store::open(&test, OpenOptions::default());
    assert!(
        matches!(refusal, Err(StoreError::Purpose { .. })),
        "{refusal:?}"
    );

    // Somebody's folder is nobody's test, and what is not there holds none.
    let full = folder();
    std::fs::write(full.path().join("serial.key"), "somebody's").expect("it can be written");
    let args = ["--dir", text(full.path()), "--ack", "-"];
    refused(
        &Program::run(&step("write", &args)),
        12,
        &["serial.key", "new or empty folder"],
    );
    let nowhere = place.path().join("nowhere");
    let asked = check(&nowhere, "1");
    refused(&asked, 12, &["no power test", "nowhere"]);
    assert!(!asked.err.contains("Auditing"), "{asked:?}");
    assert!(!nowhere.exists());
}

#[test]
fn acknowledgements_that_make_no_sense_are_refused() {
    let place = folder();
    let (dir, file) = (
        place.path().join("disk"),
        place.path().join("acknowledged.txt"),
    );
    let args = ["--dir", text(&dir), "--ack", "-", "--commits", "12"];
    let sound = Program::run(&step("write", &args)).out;
    let other_test = "power-test 00000000 99999\n".to_owned();
    for (content, code, said) in [
        (
            sound.clone() + "hello\n",
            2,
            &["line 13", "\"hello\"", "witness"][..],
        ),
        (
            sound.replace(" 3\n", " three\n"),
            2,
            &["line 3", "three"][..],
        ),
        (sound.replace('\n', ""), 2, &["line 1"][..]),
        ("\u{0}".repeat(4096), 2, &["line 1"][..]),
        (
            String::new(),
            2,
            &["no acknowledgement of this test", "nothing is proven"][..],
        ),
        (
            other_test.clone(),
            2,
            &["no acknowledgement of this test", "1 of other tests"][..],
        ),
        (other_test + &sound, 0, &[][..]),
        // Cut off in the middle of the last number, and recorded by a terminal.
        (
            sound.trim_end_matches("2\n").replace('\n', "\r\n"),
            0,
            &[][..],
        ),
        (sound.clone() + "power-te", 0, &[][..]),
    ] {
        std::fs::write(&file, &content).expect("it can be written");
        refused(&check(&dir, text(&file)), code, said);
    }
    let missing = place.path().join("missing.txt");
    refused(
        &check(&dir, text(&missing)),
        2,
        &["missing.txt", "cannot be read"],
    );
    refused(&check(&dir, "0"), 2, &["numbered from 1"]);

    // What a witness's file lacks at its end is mended; what does not belong there is refused.
    for (content, code) in [
        (sound.clone() + "power-te", 0),
        (sound.trim_end().to_owned(), 0),
        ("x\n".to_owned(), 2),
    ] {
        std::fs::write(&file, &content).expect("it can be written");
        if code == 2 {
            let args = ["--listen", "127.0.0.1:0", "--file", text(&file)];
            refused(&Program::run(&step("witness", &args)), 2, &["line 1"]);
        } else {
            let (watching, _) = witness(&file);
            watching.kill();
            assert_eq!(std::fs::read_to_string(&file).expect("it is there"), sound);
        }
    }
}

#[test]
fn without_a_witness_nothing_is_written() {
    let place = folder();
    let (dir, file) = (
        place.path().join("disk"),
        place.path().join("acknowledged.txt"),
    );
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
    let at = nobody.local_addr().expect("an address");
    drop(nobody);
    let gone = write(&dir, &format!("tcp://{at}")).finish();
    refused(
        &gone,
        11,
        &[
            "cannot be reached",
            "nothing is proven",
            "Start the witness",
        ],
    );
    assert!(!dir.exists());
    for wrong in ["udp://a:1", "tcp://a", "tcp://:7070", "tcp://a:0", "a:7070"] {
        let args = ["--dir", text(&dir), "--ack", wrong];
        refused(
            &Program::run(&step("write", &args)),
            2,
            &["tcp://HOST:PORT"],
        );
    }

    // Something else listens there.
    let other = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
    let at = other.local_addr().expect("an address");
    std::thread::spawn(move || {
        let (mut stream, _) = other.accept().expect("a writer comes");
        stream
            .write_all(b"SSH-2.0-OpenSSH_9.6\r\n")
            .expect("it listens");
        // Read to its end: the writer hangs up.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let ended = write(&dir, &format!("tcp://{at}")).finish();
    refused(&ended, 11, &["something else listens there"]);

    // The witness goes away in the middle of it.
    let (watching, at) = witness(&file);
    let writer = write(&dir, &at);
    await_that("acknowledged commits", || {
        (newest(&file) >= 20).then_some(())
    });
    refused(&check(&dir, text(&file)), 12, &["still being written"]);
    watching.kill();
    let ended = writer.finish();
    refused(
        &ended,
        11,
        &[
            "Without a witness nothing is proven",
            "a second; a commit takes p50",
        ],
    );
    assert!(!ended.err.contains("Ended in order"), "{ended:?}");
    assert_eq!(check(&dir, text(&file)).code, Some(0));

    // Another witness with the same file goes on; a person ends the writer.
    let (_watching, at) = witness(&file);
    let from = newest(&file);
    let writer = write(&dir, &at);
    await_that("further commits", || (newest(&file) > from).then_some(()));
    writer.signal(Signal::INT);
    let ended = writer.finish();
    refused(&ended, 20, &["Ended in order", "no power was cut"]);
    assert_eq!(check(&dir, text(&file)).code, Some(0));
}
