//! The packing hall in a process: its thread, its label printer, its readers, its truth.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use super::{House, Pty, Shared, Viewers, beat};
use crate::{
    factory::ReaderOptions,
    packing::{Packed, Packer, Scan},
    tick::NS_PER_MS,
    truth::Lines,
};

/// How often the hall is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// How long a label of a container takes to print, in ms.
const LABEL_MS: u64 = 400;

/// What a reader hangs on.
#[derive(Debug)]
pub enum ReaderLine {
    /// Everybody who is connected hears it.
    Tcp(Arc<Viewers>),
    /// A pseudo-terminal.
    Serial(Arc<Pty>),
}

/// A reader and its line.
#[derive(Debug)]
pub struct ReaderPort {
    /// Which.
    pub options: ReaderOptions,
    /// Its line.
    pub line: ReaderLine,
}

impl ReaderPort {
    fn say(&self, scan: &Scan) {
        let options = &self.options;
        let texts = match scan.texts[..] {
            [] if options.no_read.is_empty() => return,
            [] => std::slice::from_ref(&options.no_read),
            _ => &scan.texts,
        };
        let framed = texts
            .iter()
            .map(|text| [&options.prefix, text, &options.suffix]);
        let said: String = framed.flatten().map(String::as_str).collect();
        match &self.line {
            ReaderLine::Tcp(listeners) => {
                listeners.show(said.into_bytes());
            }
            // What cannot be said is lost, as on a wire.
            ReaderLine::Serial(pty) => drop(pty.say(said.as_bytes())),
        }
    }
}

/// The hall.
#[derive(Debug)]
pub struct Hall {
    packer: Mutex<Packer>,
    rows: Option<Mutex<Lines>>,
    readers: Vec<ReaderPort>,
    /// The printer of containers' labels.
    labeller: Option<Arc<Shared>>,
}

impl Hall {
    /// A hall with these readers and this label printer, whose truth goes to `rows`.
    #[must_use]
    pub fn new(
        packer: Packer,
        rows: Option<Lines>,
        readers: Vec<ReaderPort>,
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
        for scan in &packed.scans {
            let there = |reader: &&ReaderPort| reader.options.point == scan.point;
            self.readers
                .iter()
                .filter(there)
                .for_each(|reader| reader.say(scan));
        }
    }
}
