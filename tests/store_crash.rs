//! Full disks and kills: what was acknowledged is there afterwards, and what is there is a sound
//! history.

use crate::store::{assert_same, open_at, options, reader_at};
use crate::store_model::{Dice, Model};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use vidimus::store::*;

/// What a store holds after whatever happened: a prefix of the model's turns with all that was
/// acknowledged.
fn assert_holds(dir: &Path, seed: u64, acknowledged: u64) -> u64 {
    let store = open_at(dir);
    let held = store.last_seq();
    assert!(
        held >= acknowledged,
        "{acknowledged} was acknowledged, {held} is there"
    );
    let mut model = Model::new(seed);
    while model.last_seq() < held {
        model.turn();
    }
    let reader = store.reader().expect("readable");
    assert_same(&reader, &model);
    assert_eq!(reader.audit().expect("whole").last_seq, held);
    held
}

/// Commits until the store fails; returns what was acknowledged and the failure.
fn write_until_failure(
    writer: &Writer,
    events: &mpsc::Receiver<StoreEvent>,
    seed: u64,
) -> (u64, String) {
    const TURNS_MAX: usize = 100_000;
    let mut model = Model::new(seed);
    let mut acknowledged = 0;
    for _ in 0..TURNS_MAX {
        if let Err(error) = writer.commit(model.turn()) {
            assert!(matches!(error, StoreError::Stopped { .. }), "{error}");
        }
        match events
            .recv_timeout(Duration::from_secs(60))
            .expect("the writer answers")
        {
            StoreEvent::Committed { through, .. } => acknowledged = through,
            StoreEvent::Failed { text } => return (acknowledged, text),
        }
    }
    panic!("the disk never became full");
}

fn fill(dir: &Path, options: OpenOptions, seed: u64) {
    let (told, events) = mpsc::channel();
    let store = open(dir, options).unwrap();
    let writer = store.start(move |event| drop(told.send(event))).unwrap();
    let (acknowledged, text) = write_until_failure(&writer, &events, seed);
    assert!(acknowledged > 100, "some of it went well: {acknowledged}");
    for word in ["No room is left", "vidimus.db", "Free some space"] {
        assert!(text.contains(word), "says \"{word}\": {text}");
    }
    for _ in 0..3 {
        let again = writer.commit(Model::new(1).turn()).unwrap_err();
        assert_eq!(again, StoreError::Stopped { text: text.clone() });
    }
    assert_eq!(
        writer.close().unwrap_err(),
        StoreError::Full {
            path: dir.join("vidimus.db")
        }
    );
    assert!(
        events.recv().is_err(),
        "the failure is told once and nothing follows it"
    );
    // Room is made, the station starts again: all that was acknowledged is there.
    assert_holds(dir, seed, acknowledged);
}

#[test]
fn a_database_at_its_size_limit_fails_once_and_keeps_what_it_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().canonicalize().unwrap();
    fill(
        &dir,
        OpenOptions {
            pages_max: Some(90),
            ..options()
        },
        51,
    );
}

/// A small disk of its own; gone when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<SmallDisk> {
        let dir = tempfile::tempdir().ok()?;
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=1500k", "vidimus-test"])
            .arg(dir.path());
        let done = mount
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        done.then_some(SmallDisk(dir))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_fails_once_and_keeps_what_it_acknowledged() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!(
            "SKIPPED: no tmpfs could be mounted (not root?), a really full disk was not tried."
        );
        return;
    };
    let dir = disk.0.path().canonicalize().unwrap();
    let ballast = dir.join("ballast");
    std::fs::write(&ballast, vec![1; 200 << 10]).unwrap();
    // The ballast is the room that a person makes afterwards.
    let (told, events) = mpsc::channel();
    let writer = open(&dir, options())
        .unwrap()
        .start(move |e| drop(told.send(e)))
        .unwrap();
    let (acknowledged, text) = write_until_failure(&writer, &events, 52);
    assert!(text.contains("No room is left"), "{text}");
    assert!(acknowledged > 100, "some of it went well: {acknowledged}");
    assert!(writer.close().is_err());
    std::fs::remove_file(ballast).unwrap();
    assert_holds(&dir, 52, acknowledged);
}

const CHILD: &str = "VIDIMUS_TEST_STORE_CHILD";
const SEED: u64 = 61;

/// The child of the test below: goes on with the history and says on stdout what is acknowledged.
/// Alone it does nothing.
#[test]
fn child_that_writes_until_it_is_killed() {
    const TURNS_MAX: u64 = 20_000;
    let Ok(dir) = std::env::var(CHILD) else {
        return;
    };
    let store = open_at(Path::new(&dir));
    let mut model = Model::new(SEED);
    while model.last_seq() < store.last_seq() {
        model.turn();
    }
    let tell = |through: u64| {
        // Straight to the descriptor: a line half in a buffer would be a lie.
        let mut out = std::io::stdout().lock();
        let told = writeln!(out, "acknowledged {through}").and_then(|()| out.flush());
        told.expect("the parent listens");
    };
    let writer = store
        .start(move |event| match event {
            StoreEvent::Committed { through, .. } => tell(through),
            StoreEvent::Failed { text } => panic!("{text}"),
        })
        .unwrap();
    for _ in 0..TURNS_MAX {
        let mut commit = Some(model.turn());
        while let Some(next) = commit.take() {
            match writer.commit(next.clone()) {
                Ok(()) => {}
                Err(StoreError::QueueFull { .. }) => {
                    std::thread::sleep(Duration::from_millis(1));
                    commit = Some(next);
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[test]
fn a_kill_at_any_moment_loses_nothing_acknowledged() {
    const KILLS: u64 = 12;
    let dir = tempfile::tempdir().unwrap();
    let mut dice = Dice(62);
    let mut held = 0;
    for _ in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "store_crash::child_that_writes_until_it_is_killed",
                "--nocapture",
            ])
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let wanted = 1 + dice.below(12);
        let (mut acknowledged, mut told) = (held, 0);
        let mut take = |line: String| {
            // The test harness writes its own words before the first one.
            let (_, number) = line.rsplit_once("acknowledged ")?;
            acknowledged = number.parse().expect("a number");
            Some(())
        };
        while told < wanted {
            let line = lines
                .next()
                .expect("the child writes until it is killed")
                .unwrap();
            told += u64::from(take(line).is_some());
        }
        for _ in 0..dice.below(2_000_000) {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // A last line cut in the middle was not told.
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        rest.into_iter()
            .rev()
            .skip(1)
            .rev()
            .for_each(|line| assert!(take(line).is_some()));
        let now = assert_holds(dir.path(), SEED, acknowledged);
        assert!(now > held, "every round gets further");
        held = now;
    }
    let status = reader_at(dir.path()).chain_check().unwrap();
    println!(
        "{KILLS} kills, {} commits, {} records, none lost",
        status.commits, status.records
    );
}

/// A log that is cut or rotten is read as far as it is sound: what is told is a prefix of what happened.
#[test]
fn a_torn_or_rotten_log_leaves_a_sound_prefix() {
    const SEED: u64 = 71;
    let dir = tempfile::tempdir().unwrap();
    let mut model = Model::new(SEED);
    let mut store = open_at(dir.path());
    let old: Vec<Commit> = (0..10).map(|_| model.turn()).collect();
    store.commit(&old).unwrap();
    store.close().unwrap();
    let carried_over = model.last_seq();
    let mut store = open_at(dir.path());
    for _ in 0..20 {
        store.commit(&[model.turn()]).unwrap();
    }
    drop(store);
    let (path, log) = (
        dir.path().join("vidimus.db"),
        dir.path().join("vidimus.db-wal"),
    );
    let (database, whole) = (std::fs::read(&path).unwrap(), std::fs::read(&log).unwrap());
    let mut dice = Dice(72);
    let mut prefixes = std::collections::BTreeSet::new();
    for round in 0..60 {
        let mut bytes = whole.clone();
        let at = dice.below(bytes.len() as u64) as usize;
        match round % 2 {
            0 => bytes.truncate(at),
            _ => bytes[at] ^= 1 << dice.below(8),
        }
        let again = tempfile::tempdir().unwrap();
        std::fs::write(again.path().join("vidimus.db"), &database).unwrap();
        std::fs::write(again.path().join("vidimus.db-wal"), &bytes).unwrap();
        prefixes.insert(assert_holds(again.path(), SEED, carried_over));
    }
    assert!(prefixes.len() > 5, "cuts at many places: {prefixes:?}");
}
