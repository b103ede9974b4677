//! Numbers of pools for the line: a thread with a connection of its own reads them, so that a slow disk never holds up
//! the loop.

use crate::gs1::Gtin;
use crate::record::PoolNumber;
use crate::store::Reader;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// A stretch of numbers that the line wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Whose pools.
    pub gtin: Gtin,
    /// From this counter value on.
    pub from: u64,
    /// So many at most.
    pub count: u32,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supplied {
    /// What was wanted.
    pub wanted: Wanted,
    /// Numbers in order, or why there are none.
    pub numbers: Result<Vec<PoolNumber>, String>,
}

impl Supplied {
    /// Reads what is wanted.
    pub fn read(reader: &Reader, wanted: Wanted) -> Supplied {
        let numbers = reader.pool_numbers_from(wanted.gtin, wanted.from, wanted.count);
        Supplied {
            wanted,
            numbers: numbers.map_err(|error| error.to_string()),
        }
    }
}

/// Requests that wait for the thread: the line has one open at a time, and one may be of a batch before.
const REQUESTS_MAX: usize = 4;

/// The thread that reads numbers of pools.
#[derive(Debug)]
pub struct Supplier {
    /// `None` once it ends.
    requests: Option<SyncSender<Wanted>>,
    thread: Option<JoinHandle<()>>,
}

impl Supplier {
    /// Starts it; `emit` is called from its thread.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(
        reader: Reader,
        emit: impl Fn(Supplied) + Send + 'static,
    ) -> std::io::Result<Supplier> {
        let (requests, wanted) = sync_channel(REQUESTS_MAX);
        let thread = std::thread::Builder::new()
            .name("numbers".to_owned())
            .spawn(move || supply(&reader, &wanted, emit))?;
        Ok(Supplier {
            requests: Some(requests),
            thread: Some(thread),
        })
    }

    /// Has numbers read.
    ///
    /// # Errors
    /// It does not keep up, or is gone.
    pub fn read(&self, wanted: Wanted) -> Result<(), String> {
        let requests = self.requests.as_ref();
        let taken = requests.is_some_and(|requests| requests.try_send(wanted).is_ok());
        match taken {
            true => Ok(()),
            false => {
                Err("numbers cannot be read from the store: the disk does not keep up".to_owned())
            }
        }
    }
}

impl Drop for Supplier {
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic in it has ended the program before
        }
    }
}

fn supply(reader: &Reader, wanted: &Receiver<Wanted>, emit: impl Fn(Supplied)) {
    for wanted in wanted {
        emit(Supplied::read(reader, wanted));
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use crate::record::POOL_INDEX_FIRST;
    use crate::store::{Medium, OpenOptions, open};
    use std::path::Path;
    use std::sync::mpsc;

    /// Whoever asks for more than can wait is told so, and what was taken is answered.
    #[test]
    fn requests_are_answered_and_never_pile_up() {
        let options = OpenOptions {
            medium: Medium::Memory("supplier".to_owned()),
            ..OpenOptions::default()
        };
        let store = open(Path::new("supplier"), options).expect("a new store");
        let (held, hold) = mpsc::channel::<()>();
        let (answers, answered) = mpsc::channel();
        let emit = move |supplied: Supplied| {
            let _ = hold.recv();
            answers.send(supplied).expect("the test listens");
        };
        let supplier = Supplier::start(store.reader().expect("a reader"), emit).expect("a thread");
        let wanted = Wanted {
            gtin: "09506000134352".parse().expect("a GTIN"),
            from: POOL_INDEX_FIRST,
            count: 10,
        };
        let asked = (0..REQUESTS_MAX + 2).map(|_| supplier.read(wanted));
        let taken = asked.filter(Result::is_ok).count();
        assert!(
            (REQUESTS_MAX..=REQUESTS_MAX + 1).contains(&taken),
            "{taken}"
        );
        drop(held);
        for _ in 0..taken {
            let supplied = answered.recv().expect("an answer");
            assert_eq!(supplied.numbers, Ok(Vec::new()), "there is no pool");
        }
    }
}
