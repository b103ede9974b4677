//! A disk that fails: every single write, sync and truncation of a whole run fails once. The store says so once and
//! never touches the files again; the next station finds all that was acknowledged.

use crate::crash_images::scratch;
use crate::disk::{Disk, Image};
use crate::history::{History, options, write};
use crate::recording::{Entry, Failure, Fault, Operation, Recorder};
use crate::store_model::Dice;
use std::collections::BTreeMap;
use std::path::Path;
use vidimus::store::{StoreError, open};

/// What one run did, until its end or its failure.
struct Run {
    acknowledged: u64,
    /// `None`: it came to its end.
    failure: Option<StoreError>,
    struck: bool,
    log: Vec<Entry>,
}

/// Writes a history, closing and opening once in the middle, until it ends or something fails.
fn write_until_failure(
    folder: &Path,
    history: &History,
    recorder: &Recorder,
) -> (u64, Option<StoreError>) {
    let mut acknowledged = 0;
    let halves = history
        .transactions
        .split_at(history.transactions.len() / 2);
    for half in [halves.0, halves.1] {
        let mut store = match open(folder, options(recorder)) {
            Ok(store) => store,
            Err(error) => return (acknowledged, Some(error)),
        };
        for transaction in half {
            let written = write(&mut store, transaction, recorder);
            // What was committed before its block failed is acknowledged all the same.
            acknowledged = recorder.acknowledged();
            match written {
                Ok(_) => {}
                Err(error) => {
                    assert_stopped(store, transaction, &error, recorder);
                    return (acknowledged, Some(error));
                }
            }
        }
        if let Err(error) = store.close() {
            return (acknowledged, Some(error));
        }
    }
    (acknowledged, None)
}

/// Once failed, the store says the same for ever and writes nothing, not even at its end, although the disk would
/// take it again.
fn assert_stopped(
    mut store: vidimus::store::Store,
    transaction: &[vidimus::store::Commit],
    error: &StoreError,
    recorder: &Recorder,
) {
    recorder.heal();
    let text = error.to_string();
    for _ in 0..3 {
        let again = store.commit(transaction).expect_err("it is stopped");
        assert_eq!(again, StoreError::Stopped { text: text.clone() });
    }
    match text.len() % 2 {
        0 => assert_eq!(store.close(), Err(StoreError::Stopped { text })),
        _ => drop(store),
    }
}

/// One run in a fresh folder with one fault, or none.
fn run(folder: &Path, history: &History, recorder: &Recorder, fault: Option<Fault>) -> Run {
    Image::default().lay_out(folder);
    recorder.begin(folder, []);
    if let Some(fault) = fault {
        recorder.arm(fault);
    }
    let (acknowledged, failure) = write_until_failure(folder, history, recorder);
    let struck = recorder.heal();
    Run {
        acknowledged,
        failure,
        struck,
        log: recorder.take_log(),
    }
}

/// What the log shows after the failure: whether the failed file, or any other of the store, was touched again.
fn touched_after_failure(log: &[Entry]) -> Option<&Entry> {
    let failed = log
        .iter()
        .position(|entry| matches!(entry, Entry::Failed { .. }))?;
    log[failed + 1..].iter().find(|entry| {
        matches!(
            entry,
            Entry::Wrote { .. } | Entry::Truncated { .. } | Entry::Synced { .. }
        )
    })
}

fn was_in_creation(log: &[Entry]) -> bool {
    !log.iter()
        .any(|entry| matches!(entry, Entry::Renamed { .. }))
}

#[test]
fn every_failing_operation_stops_the_store_once_and_for_ever() {
    let recorder = Recorder::register("errors");
    let folder = scratch();
    let (folder, history) = (folder.path(), History::of(91, 16));
    let whole = run(folder, &history, recorder, None);
    assert_eq!(whole.failure, None, "without a fault it comes to its end");
    let kinds = [
        (Operation::Write, Failure::Io),
        (Operation::Write, Failure::NoRoom),
        (Operation::Sync, Failure::Io),
        (Operation::Truncate, Failure::Io),
    ];
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut carrying_over = 0;
    for (operation, failure) in kinds {
        for after in 0.. {
            let fault = Fault {
                operation: Some(operation),
                after,
                failure,
            };
            let at = format!("{operation:?} {after} fails with {failure:?}");
            let run = run(folder, &history, recorder, Some(fault));
            if !run.struck {
                assert!(after > 0, "{operation:?} happens");
                assert_eq!(run.failure, None, "{at}: there was no such operation");
                break;
            }
            let Some(error) = &run.failure else {
                let log: Vec<_> = run.log.iter().take(40).map(short).collect();
                panic!("{at}: the store did not notice: {log:#?}");
            };
            let right = match failure {
                Failure::NoRoom => matches!(error, StoreError::Full { .. }),
                _ => matches!(error, StoreError::Io { .. }),
            };
            assert!(right, "{at}: {error}");
            // A database that is still being made is thrown away as a whole, whatever is done to it.
            if !was_in_creation(&run.log) {
                let touched = touched_after_failure(&run.log);
                assert!(touched.is_none(), "{at}, and then {:?}", touched.map(short));
            }
            carrying_over += u64::from(failed_in_database(&run.log));
            let store = history.judge(folder, recorder, run.acknowledged, false);
            if let Err(loss) = store {
                panic!("{at}: {loss}");
            }
            *counts
                .entry(format!("{operation:?} {failure:?}"))
                .or_default() += 1;
        }
    }
    crate::tell(&format!(
        "failing operations, each of a whole run: {counts:?}; {carrying_over} of them while carrying over"
    ));
    assert!(
        counts.values().sum::<u64>() > 300 && counts.len() == kinds.len(),
        "{counts:?}"
    );
    assert!(carrying_over > 10, "faults fell into checkpoints");
}

/// Whether the failure came while the log was carried over: it struck the database itself, not its log.
fn failed_in_database(log: &[Entry]) -> bool {
    let database = log.iter().find_map(|entry| match entry {
        Entry::Created { name, file } if name == "vidimus.db.new" => Some(*file),
        _ => None,
    });
    let failed = log.iter().find_map(|entry| match entry {
        Entry::Failed { file, .. } => Some(*file),
        _ => None,
    });
    !was_in_creation(log) && database.is_some() && database == failed
}

fn short(entry: &Entry) -> String {
    match entry {
        Entry::Wrote {
            file,
            offset,
            bytes,
        } => format!("{} bytes written to file {file} at {offset}", bytes.len()),
        other => format!("{other:?}"),
    }
}

/// After a failed sync the kernel counts the pages as written and shows them to whoever reads next, although the disk
/// never got them. The next station must not build on them and lose what it then acknowledges.
#[test]
fn what_a_failed_sync_lost_is_written_again_before_anything_is_built_on_it() {
    let recorder = Recorder::register("forgotten");
    let folder = scratch();
    let (folder, mut dice) = (folder.path(), Dice(92));
    let mut ahead = 0;
    let mut rounds = 0;
    for round in 0..150 {
        let history = History::of(2000 + round, 24);
        let fault = Fault {
            operation: Some(Operation::Sync),
            after: 14 + dice.below(24),
            failure: Failure::Io,
        };
        let run = run(folder, &history, recorder, Some(fault));
        if !run.struck || was_in_creation(&run.log) {
            continue;
        }
        rounds += 1;
        // The machine runs on; the station starts again on what the kernel shows.
        let mut store = open(folder, options(recorder)).expect("all of it can be read");
        ahead += u64::from(store.last_seq() > run.acknowledged);
        recorder.acknowledge(store.last_seq());
        let begin = history
            .transactions_at(store.last_seq())
            .expect("whole transactions");
        for transaction in history.transactions[begin..].iter().take(3) {
            write(&mut store, transaction, recorder).expect("the disk is sound again");
        }
        drop(store);
        let after = recorder.take_log();
        let mut disk = Disk::default();
        for entry in &run.log {
            disk.take(entry);
            if let Entry::Failed { file, .. } = entry {
                disk.forget_pending(*file, &mut dice);
            }
        }
        for _ in 0..4 {
            let mut disk = disk.clone();
            let place = dice.below(after.len() as u64 + 1) as usize;
            after[..place].iter().for_each(|entry| disk.take(entry));
            let image = disk.cut(&mut dice);
            image.lay_out(folder);
            recorder.begin(folder, image.files.keys().cloned());
            let store = history.judge(folder, recorder, image.acknowledged, true);
            if let Err(loss) = store {
                panic!("round {round}: {loss}");
            }
        }
    }
    crate::tell(&format!(
        "{rounds} failed syncs, each followed by a new start and four power cuts; {ahead} left more than acknowledged"
    ));
    assert!(rounds > 100 && ahead > 10);
}
