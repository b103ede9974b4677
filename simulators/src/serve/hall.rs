//! The packing hall in a process: its thread, its label printer, its readers, its truth.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use super::{House, ReaderBench, Shared, beat};
use crate::{
    factory::ReaderOptions,
    packing::{Packed, Packer},
    reader::Shown,
    tick::NS_PER_MS,
    truth::Lines,
};

/// How often the hall is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// How long a label of a container takes to print, in ms.
const LABEL_MS: u64 = 400;

/// The hall.
#[derive(Debug)]
pub struct Hall {
    packer: Mutex<Packer>,
    rows: Option<Mutex<Lines>>,
    /// Readers with their points and names.
    readers: Vec<(ReaderOptions, Arc<ReaderBench>)>,
    /// The printer of containers' labels.
    labeller: Option<Arc<Shared>>,
}

impl Hall {
    /// A hall with these readers and this label printer, whose truth goes to `rows`.
    #[must_use]
    pub fn new(
        packer: Packer,
        rows: Option<Lines>,
        readers: Vec<(ReaderOptions, Arc<ReaderBench>)>,
        labeller: Option<Arc<Shared>>,
    ) -> Hall {
        Hall {
            packer: Mutex::new(packer),
            rows: rows.map(Mutex::new),
            readers,
            labeller,
        }
    }

    /// The pure hall. Held for microseconds only.
    pub fn packer(&self) -> MutexGuard<'_, Packer> {
        // A panic elsewhere ends the process anyway; the truth must still be written.
        self.packer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Steps the hall until the factory ends. Blocks; give it a thread.
    pub fn run(&self, house: &House) {
        while !house.stopping() {
            thread::sleep(LOOK);
            let label = self.labeller.as_deref().and_then(|printer| {
                let (now, _) = beat(printer);
                printer.factory().print_label(now, LABEL_MS * NS_PER_MS)
            });
            let mut packer = self.packer();
            let now = house.now();
            if let Some(label) = label {
                packer.label(now, &label);
            }
            let packed = packer.step(now);
            drop(packer);
            self.tell(house, packed);
        }
    }

    /// The end of the truth, when no lane puts anything into the hall any more.
    pub fn leave(&self, house: &House) {
        let packed = self.packer().leave();
        self.tell(house, packed);
    }

    fn tell(&self, house: &House, packed: Packed) {
        for row in &packed.rows {
            let Some(rows) = &self.rows else { break };
            let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(why) = rows.line(row) {
                let text = "The truth of the packing hall cannot be written";
                house.fail(format!("{text}: {why}. Make room and start again."));
            }
        }
        let now = house.now();
        for scan in &packed.scans {
            let there = |reader: &&(ReaderOptions, _)| reader.0.point == scan.point;
            for (_, bench) in self.readers.iter().filter(there) {
                let mut reader = bench.reader();
                if scan.texts.is_empty() {
                    reader.no_read(now);
                }
                for text in &scan.texts {
                    reader.scan(now, &Shown::of(text));
                }
            }
        }
    }

    /// The reader of this name.
    #[must_use]
    pub fn reader(&self, name: &str) -> Option<&Arc<ReaderBench>> {
        let named = self
            .readers
            .iter()
            .find(|(options, _)| options.name == name);
        named.map(|(_, bench)| bench)
    }
}
