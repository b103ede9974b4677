//! What all servers of one factory share: the factory behind a lock, its clock, and the signals between them.

use std::{
    fs, io,
    path::PathBuf,
    sync::{
        Mutex, MutexGuard, PoisonError,
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

/// One factory and everything its servers have in common.
#[derive(Debug)]
pub struct Shared {
    factory: Mutex<Factory>,
    began: Instant,
    /// Which devices are served.
    pub devices: Devices,
    /// Counts the times all Modbus connections had to go.
    pub modbus_cut: watch::Sender<u64>,
    /// Counts the times the printer's link had to go.
    pub printer_cut: watch::Sender<u64>,
    stop: watch::Sender<bool>,
    stopping: AtomicBool,
    /// Pictures ordered and not yet drawn.
    pub drawing: AtomicUsize,
    /// Control clients connected.
    pub control_clients: AtomicUsize,
    control_at: AtomicU64,
    memory: Option<PathBuf>,
    written: Mutex<Retained>,
    failure: Mutex<Option<String>>,
}

impl Shared {
    /// Shares a factory whose PLC memory (`retained`, already written) lies in `memory`.
    #[must_use]
    pub fn new(
        factory: Factory,
        devices: Devices,
        memory: Option<PathBuf>,
        retained: Retained,
    ) -> Shared {
        Shared {
            factory: Mutex::new(factory),
            began: Instant::now(),
            devices,
            modbus_cut: watch::Sender::new(0),
            printer_cut: watch::Sender::new(0),
            stop: watch::Sender::new(false),
            stopping: AtomicBool::new(false),
            drawing: AtomicUsize::new(0),
            control_clients: AtomicUsize::new(0),
            control_at: AtomicU64::new(0),
            memory,
            written: Mutex::new(retained),
            failure: Mutex::new(None),
        }
    }

    /// The factory's clock.
    #[must_use]
    pub fn now(&self) -> Tick {
        Tick(u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// The factory. Held for microseconds only.
    pub fn factory(&self) -> MutexGuard<'_, Factory> {
        // A panic elsewhere ends the process anyway; the truth must still be written.
        self.factory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something to the factory that may change the PLC's memory, and writes that down before anybody sees it.
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

    /// A control client said something.
    pub fn heard_control(&self) {
        self.control_at.store(self.now().0, Ordering::SeqCst);
    }

    /// When anybody, station or control client, was last heard.
    pub fn heard_at(&self) -> Tick {
        if self.control_clients.load(Ordering::SeqCst) > 0 {
            return self.now();
        }
        let control = Tick(self.control_at.load(Ordering::SeqCst));
        self.factory()
            .station_heard_at()
            .unwrap_or_default()
            .max(control)
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
