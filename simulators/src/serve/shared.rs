//! What all servers of one factory share: each lane behind a lock of its own, one clock, and the signals
//! between them.

use std::{
    fs, io,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

use tokio::sync::watch;

use crate::{
    Tick,
    factory::{Devices, Factory},
    plc::Retained,
};

/// What all lanes of one process have in common: the clock, the end, and who was heard last.
#[derive(Debug)]
pub struct House {
    began: Instant,
    stop: watch::Sender<bool>,
    stopping: AtomicBool,
    /// Control clients connected.
    pub control_clients: AtomicUsize,
    heard_at: AtomicU64,
    failure: Mutex<Option<String>>,
}

impl Default for House {
    fn default() -> House {
        House {
            began: Instant::now(),
            stop: watch::Sender::new(false),
            stopping: AtomicBool::new(false),
            control_clients: AtomicUsize::new(0),
            heard_at: AtomicU64::new(0),
            failure: Mutex::new(None),
        }
    }
}

impl House {
    /// The factory's clock.
    #[must_use]
    pub fn now(&self) -> Tick {
        Tick(u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// Ends the factory.
    pub fn end(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.stop.send_replace(true);
    }

    /// Ends the factory because it can no longer do its work.
    pub fn fail(&self, why: String) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert(why);
        drop(failure);
        self.end();
    }

    /// Why the factory failed, if it did.
    pub fn failure(&self) -> Option<String> {
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// `true` once the end was ordered.
    pub fn stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Waits for the end.
    pub async fn ended(&self) {
        let mut stop = self.stop.subscribe();
        // The sender lives in `self`: waiting cannot fail.
        let _ = stop.wait_for(|ended| *ended).await;
    }

    /// A station or a control client said something at this moment.
    pub fn heard(&self, at: Tick) {
        self.heard_at.fetch_max(at.0, Ordering::SeqCst);
    }

    /// When anybody, station or control client, was last heard.
    pub fn heard_at(&self) -> Tick {
        match self.control_clients.load(Ordering::SeqCst) {
            0 => Tick(self.heard_at.load(Ordering::SeqCst)),
            _ => self.now(),
        }
    }
}

/// One lane and everything its servers have in common.
#[derive(Debug)]
pub struct Shared {
    factory: Mutex<Factory>,
    /// What it has in common with the other lanes.
    pub house: Arc<House>,
    /// Which devices are served.
    pub devices: Devices,
    /// Counts the times all Modbus connections had to go.
    pub modbus_cut: watch::Sender<u64>,
    /// Counts the times the printer's link had to go.
    pub printer_cut: watch::Sender<u64>,
    /// Pictures ordered and not yet drawn.
    pub drawing: AtomicUsize,
    memory: Option<PathBuf>,
    written: Mutex<Retained>,
}

impl Shared {
    /// Shares a factory whose PLC memory (`retained`, already written) lies in `memory`.
    #[must_use]
    pub fn new(
        house: &Arc<House>,
        factory: Factory,
        devices: Devices,
        memory: Option<PathBuf>,
        retained: Retained,
    ) -> Shared {
        Shared {
            factory: Mutex::new(factory),
            house: Arc::clone(house),
            devices,
            modbus_cut: watch::Sender::new(0),
            printer_cut: watch::Sender::new(0),
            drawing: AtomicUsize::new(0),
            memory,
            written: Mutex::new(retained),
        }
    }

    /// The factory's clock.
    #[must_use]
    pub fn now(&self) -> Tick {
        self.house.now()
    }

    /// The factory. Held for microseconds only.
    pub fn factory(&self) -> MutexGuard<'_, Factory> {
        // A panic elsewhere ends the process anyway; the truth must still be written.
        self.factory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something to the factory that may change the PLC's memory, and writes that down before
    /// anybody sees it.
    pub fn with_memory<T>(&self, act: impl FnOnce(&mut Factory) -> T) -> T {
        let mut factory = self.factory();
        let result = act(&mut factory);
        let retained = factory.plc_retained();
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if *written != retained {
            if let Err(why) = self.write_memory(retained) {
                self.fail(format!("The PLC's memory cannot be written: {why}."));
            }
            *written = retained;
        }
        result
    }

    fn write_memory(&self, retained: Retained) -> io::Result<()> {
        match &self.memory {
            Some(path) => replace(path, &serde_json::to_vec(&retained)?),
            None => Ok(()),
        }
    }

    /// Ends the factory because it can no longer do its work.
    pub fn fail(&self, why: String) {
        self.house.fail(why);
    }

    /// `true` once the end was ordered.
    pub fn stopping(&self) -> bool {
        self.house.stopping()
    }

    /// Waits for the end.
    pub async fn ended(&self) {
        self.house.ended().await;
    }
}

/// Replaces a file whole: readers see the old or the new, never a part.
///
/// # Errors
/// When the file or its neighbour cannot be written.
pub fn replace(path: &std::path::Path, content: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    fs::write(&beside, content)?;
    fs::rename(&beside, path)
}
