//! The one writer: a thread that owns the ledger, takes whatever commits wait, and says when they
//! are on disk.

use super::structure::Examination;
use super::{Commit, Errand, Store, StoreError, folder};
use crate::record::partner::Staged;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Commits that may wait for the disk; one more is an error.
pub const QUEUE_COMMITS_MAX: usize = 4096;
/// Commits written in one transaction at most.
pub const GROUP_COMMITS_MAX: usize = 512;

/// What the writer reports, from its own thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreEvent {
    /// Everything up to here is on disk. Events come in order; one may answer several commits.
    Committed {
        /// The last durable record.
        through: u64,
        /// How long the write took, from taking the commits off the queue to the end of the sync.
        took: Duration,
    },
    /// Writing failed; it is never tried again. Comes once, and nothing after it.
    Failed {
        /// What happened and what to do next.
        text: String,
    },
}

/// What reaches the writer.
enum Work {
    /// It must be on disk before the line goes on.
    Commit(Commit),
    /// It waits until no commit does.
    Errand(Waiting),
    /// The check beside the station found something.
    Damage(StoreError),
    /// Somebody wants to know whether the store goes on.
    Ping(SyncSender<()>),
    /// Nothing more comes from the station.
    End,
}

/// An errand; whoever sent it waits for what comes of it.
struct Waiting {
    /// The wall clock, ms since 1970.
    utc_ms: i64,
    errand: Errand,
    answer: SyncSender<Result<Staged, String>>,
}

/// How errands reach the writer: between two commits, one at a time, and never before a commit that waits.
#[derive(Debug, Clone)]
pub struct Errands {
    queue: SyncSender<Work>,
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Work::Commit(_) => "Commit",
            Work::Errand(_) => "Errand",
            Work::Damage(_) => "Damage",
            Work::Ping(_) => "Ping",
            Work::End => "End",
        })
    }
}

impl Errands {
    /// Has an errand done and waits for it.
    ///
    /// # Errors
    /// It is refused, or the station ends, or its disk does not keep up; nothing was written then, or nobody can say.
    pub fn run(&self, utc_ms: i64, errand: Errand) -> Result<Staged, String> {
        let (answer, wait) = mpsc::sync_channel(1);
        let work = Work::Errand(Waiting {
            utc_ms,
            errand,
            answer,
        });
        self.queue.try_send(work).map_err(|refused| match refused {
            TrySendError::Full(_) => "The disk does not keep up: try again in a moment.",
            TrySendError::Disconnected(_) => "The station has ended: start it again.",
        })?;
        let ended = "The station ended meanwhile, or its store failed.";
        wait.recv().unwrap_or_else(|_| Err(ended.to_owned()))
    }
}

/// The station's end of the writer.
#[derive(Debug)]
pub struct Writer {
    /// `None` once it is closing.
    queue: Option<SyncSender<Work>>,
    thread: Option<JoinHandle<Result<(), StoreError>>>,
    failed: Arc<OnceLock<String>>,
    dir: PathBuf,
}

/// Starts the thread.
pub fn start(
    store: Store,
    emit: impl FnMut(StoreEvent) + Send + 'static,
) -> Result<Writer, StoreError> {
    let (queue, waiting) = mpsc::sync_channel(QUEUE_COMMITS_MAX);
    let failed = Arc::new(OnceLock::new());
    let dir = store.dir().to_owned();
    let failure = Arc::clone(&failed);
    let found = queue.clone();
    // The writer may be gone by then.
    let examination = store.examine(move |damage| drop(found.send(Work::Damage(damage))))?;
    let thread = std::thread::Builder::new()
        .name("store".to_owned())
        .spawn(move || run(store, waiting, &failure, examination, emit))
        .map_err(|error| StoreError::Io {
            path: folder::database(&dir),
            text: format!("no thread can be started: {error}"),
        })?;
    Ok(Writer {
        queue: Some(queue),
        thread: Some(thread),
        failed,
        dir,
    })
}

impl Writer {
    /// Hands a commit over and returns at once; [`StoreEvent::Committed`] tells when it is on disk.
    ///
    /// # Errors
    /// [`StoreError::QueueFull`], and [`StoreError::Stopped`] after a failure. The commit is not
    /// taken then.
    pub fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        if let Some(text) = self.failed.get() {
            return Err(StoreError::Stopped { text: text.clone() });
        }
        let queue = self.queue.as_ref().expect("only close takes the queue");
        let work = Work::Commit(commit);
        queue.try_send(work).map_err(|refused| match refused {
            TrySendError::Full(_) => StoreError::QueueFull {
                max: QUEUE_COMMITS_MAX,
            },
            TrySendError::Disconnected(_) => StoreError::Stopped {
                text: "The writer has ended.".to_owned(),
            },
        })
    }

    /// Has the store say that it goes on: `answer` gets a word once everything handed over before is on disk and the
    /// database was read. A store that failed never answers. Returns at once.
    pub fn ping(&self, answer: SyncSender<()>) {
        let queue = self.queue.as_ref().expect("only close takes the queue");
        let _ = queue.try_send(Work::Ping(answer)); // no room: it is behind, and that is an answer, too
    }

    /// A way for errands to the writer; whoever has one must not expect it to work after the writer was closed.
    pub fn errands(&self) -> Errands {
        let queue = self.queue.as_ref().expect("only close takes the queue");
        Errands {
            queue: queue.clone(),
        }
    }

    /// Bytes still free on the store's disk.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn free_bytes(&self) -> Result<u64, StoreError> {
        folder::free_bytes(&self.dir)
    }

    /// Writes what waits, carries the log over, closes, and gives the folder free.
    ///
    /// # Errors
    /// When that fails, or writing had failed before.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.end().unwrap_or(Ok(()))
    }

    fn end(&mut self) -> Option<Result<(), StoreError>> {
        if let Some(queue) = self.queue.take() {
            let _ = queue.send(Work::End); // one that has ended needs no telling
        }
        let thread = self.thread.take()?;
        Some(thread.join().unwrap_or_else(|_| {
            let text = "The writer's thread panicked.".to_owned();
            Err(StoreError::Stopped { text })
        }))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Whoever wants to know the result calls `close`.
        let _ = self.end();
    }
}

fn run(
    mut store: Store,
    waiting: Receiver<Work>,
    failed: &OnceLock<String>,
    examination: Option<Examination>,
    mut emit: impl FnMut(StoreEvent),
) -> Result<(), StoreError> {
    let served = serve(&mut store, &waiting, &mut emit);
    if let Err(error) = &served {
        let text = error.to_string();
        assert!(failed.set(text.clone()).is_ok(), "the writer fails once");
        emit(StoreEvent::Failed { text });
        // Whatever still comes is dropped: nothing of it was acknowledged.
        while !matches!(waiting.recv(), Ok(Work::End) | Err(_)) {}
    }
    // First, so that an examination that waits to be heard ends.
    drop(waiting);
    if let Some(examination) = examination {
        examination.end();
    }
    served?;
    store.close()
}

/// Writes what comes until nothing more does.
fn serve(
    store: &mut Store,
    waiting: &Receiver<Work>,
    emit: &mut impl FnMut(StoreEvent),
) -> Result<(), StoreError> {
    let mut desk = Desk::default();
    loop {
        desk.take_in(waiting);
        match desk.next() {
            Next::Damage(damage) => return Err(damage),
            Next::Commits => {
                if store.is_crowded() {
                    write(store, Store::settle)?;
                }
                commit(store, &mut desk, emit)?;
                desk.answer_pings(store);
            }
            Next::Errand => {
                run_errand(store, &mut desk)?;
                desk.answer_pings(store);
            }
            Next::End => return Ok(()),
            // Who waits for the disk goes first; what is past is put together when nobody does.
            Next::Nothing => {
                desk.answer_pings(store);
                write(store, Store::settle)?;
                desk.wait(waiting);
            }
        }
    }
}

/// What waits to be written.
#[derive(Default)]
struct Desk {
    commits: VecDeque<Commit>,
    errands: VecDeque<Waiting>,
    pings: Vec<SyncSender<()>>,
    damage: Option<StoreError>,
    ending: bool,
}

/// What is done next.
enum Next {
    Damage(StoreError),
    Commits,
    Errand,
    End,
    Nothing,
}

impl Desk {
    fn sort(&mut self, work: Work) {
        match work {
            Work::Commit(commit) => self.commits.push_back(commit),
            Work::Errand(waiting) => self.errands.push_back(waiting),
            Work::Damage(damage) => self.damage = Some(damage),
            Work::Ping(answer) => self.pings.push(answer),
            Work::End => self.ending = true,
        }
    }

    /// What stood before them is on disk: a store that can be read says so.
    fn answer_pings(&mut self, store: &Store) {
        if !self.pings.is_empty() && store.answers() {
            for answer in &self.pings {
                let _ = answer.try_send(()); // one that has an answer already needs no second
            }
        }
        self.pings.clear();
    }

    /// Takes what is there, up to the commits of one transaction.
    fn take_in(&mut self, waiting: &Receiver<Work>) {
        while self.commits.len() < GROUP_COMMITS_MAX {
            match waiting.try_recv() {
                Ok(work) => self.sort(work),
                Err(_) => return,
            }
        }
    }

    fn next(&mut self) -> Next {
        if let Some(damage) = self.damage.take() {
            return Next::Damage(damage);
        }
        match () {
            () if !self.commits.is_empty() => Next::Commits,
            () if self.ending => Next::End,
            () if !self.errands.is_empty() => Next::Errand,
            () => Next::Nothing,
        }
    }

    fn wait(&mut self, waiting: &Receiver<Work>) {
        self.sort(waiting.recv().unwrap_or(Work::End));
    }
}

/// Writes the commits that wait, and says so.
fn commit(
    store: &mut Store,
    desk: &mut Desk,
    emit: &mut impl FnMut(StoreEvent),
) -> Result<(), StoreError> {
    let group: Vec<Commit> = desk.commits.drain(..).collect();
    let begun = Instant::now();
    let through = write(store, |store| store.commit(&group))?;
    emit(StoreEvent::Committed {
        through,
        took: begun.elapsed(),
    });
    Ok(())
}

/// Does the errand that waits longest.
fn run_errand(store: &mut Store, desk: &mut Desk) -> Result<(), StoreError> {
    let Some(next) = desk.errands.pop_front() else {
        return Ok(());
    };
    let done = write(store, |store| store.errand(next.utc_ms, next.errand))?;
    let _ = next.answer.try_send(done); // whoever asked went away
    Ok(())
}

/// A broken invariant inside the write is a failure like any other: the line must hear of it.
fn write<T>(
    store: &mut Store,
    how: impl FnOnce(&mut Store) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(|| how(store))).unwrap_or_else(|_| {
        let text = "Writing broke one of its own rules; this is a bug to report.".to_owned();
        Err(StoreError::Stopped { text })
    })
}

#[cfg(test)]
mod test {
    use super::super::{OpenOptions, open};
    use super::*;
    use crate::record::{Actor, Fact, PointId, Record, Tick};

    fn commit(seq: u64) -> Commit {
        let record = Record {
            seq,
            at: Tick(seq),
            point: PointId::STATION,
            actor: Actor::Station,
            reason: None,
            template: None,
            fact: Fact::StopWithdrawn,
        };
        Commit::of(0, vec![record])
    }

    #[test]
    fn a_queue_that_is_full_refuses_and_what_was_taken_is_written_in_bounded_groups() {
        let dir = tempfile::tempdir().expect("a folder");
        let options = OpenOptions {
            min_free_bytes: 0,
            ..OpenOptions::default()
        };
        let store = open(dir.path(), options).expect("a new store");
        let (tell, told) = mpsc::sync_channel(0);
        let writer = start(store, move |event| drop(tell.send(event))).expect("a thread");
        writer.commit(commit(1)).expect("it is taken");
        // The thread waits with its first word in hand, or will with the next one.
        let mut taken = 1;
        let refused = loop {
            match writer.commit(commit(taken + 1)) {
                Ok(()) => taken += 1,
                Err(refused) => break refused,
            }
        };
        assert!(matches!(refused, StoreError::QueueFull { max } if max == QUEUE_COMMITS_MAX));
        let most = (QUEUE_COMMITS_MAX + GROUP_COMMITS_MAX) as u64;
        assert!(
            (QUEUE_COMMITS_MAX as u64..=most).contains(&taken),
            "{taken}"
        );
        let mut written = 0;
        while written < taken {
            match told.recv().expect("it goes on") {
                StoreEvent::Committed { through, .. } => {
                    assert!(through - written <= GROUP_COMMITS_MAX as u64);
                    written = through;
                }
                failed => panic!("{failed:?}"),
            }
        }
        writer
            .commit(commit(taken + 1))
            .expect("there is room again");
        drop(told);
        writer.close().expect("in order");
    }

    #[test]
    fn a_store_that_writes_answers_one_that_stands_or_failed_does_not() {
        let dir = tempfile::tempdir().expect("a folder");
        let options = OpenOptions {
            min_free_bytes: 0,
            ..OpenOptions::default()
        };
        let store = open(dir.path(), options).expect("a new store");
        let (tell, told) = mpsc::sync_channel(0);
        let writer = start(store, move |event| drop(tell.send(event))).expect("a thread");
        let (answer, answers) = mpsc::sync_channel(1);
        writer.ping(answer.clone());
        assert_eq!(answers.recv(), Ok(()), "nothing is to be written");
        // The thread stands with the word about this commit in hand.
        writer.commit(commit(1)).expect("it is taken");
        writer.ping(answer.clone());
        writer.commit(commit(2)).expect("it is taken");
        assert_eq!(answers.try_recv(), Err(mpsc::TryRecvError::Empty));
        for _ in 0..2 {
            let Ok(StoreEvent::Committed { through, .. }) = told.recv() else {
                panic!("it is written");
            };
            if through == 2 {
                break;
            }
        }
        assert_eq!(answers.recv(), Ok(()), "it goes on");
        // A commit that contradicts what is stored is the end of writing.
        writer.commit(commit(9)).expect("it is taken");
        assert!(matches!(told.recv(), Ok(StoreEvent::Failed { .. })));
        for _ in 0..3 {
            writer.ping(answer.clone());
        }
        drop(answer);
        assert!(writer.close().is_err());
        assert!(answers.recv().is_err(), "dropped without an answer");
    }
}
