//! A single device on the bench: ink and trigger by hand instead of by a belt. PURE.

use super::Factory;
use crate::{
    Tick,
    fault::Fate,
    ink::Print,
    printer::{Label, Printer},
};
use std::sync::Arc;

/// Most labels one piece of ZPL may lay on the bench's pack.
pub const BENCH_PRINTS_MAX: usize = 4;

impl Factory {
    /// Lays the ink of this ZPL before the camera; gives what its symbols encode.
    pub fn bench_ink(&mut self, zpl: &str) -> Vec<String> {
        let mut printer = Printer::new(self.options.media);
        printer.receive(self.now, zpl.as_bytes());
        let labels = std::iter::from_fn(|| printer.start_print(Tick::default(), 0));
        let prints = labels.take(BENCH_PRINTS_MAX);
        self.bench = prints
            .map(|label| bench_print(label, &Fate::default(), 0))
            .collect();
        self.bench.iter().flat_map(Print::scan_data).collect()
    }

    /// START PRINT by hand; gives what the printed symbols encode, or `None` when nothing was
    /// printed.
    pub fn bench_print(&mut self) -> Option<Vec<String>> {
        let label = self.printer.start_print(self.now, 0)?;
        let fate = Fate::of(self.ordered.clone(), &mut self.random);
        let print = bench_print(label, &fate, self.random.bits());
        let ink = print.scan_data();
        self.bench = vec![print];
        Some(ink)
    }

    /// A printer that prints by itself: prints the next label if one waits and nothing hinders it.
    pub fn print_label(&mut self, now: Tick, ns: u64) -> Option<Arc<Label>> {
        self.printer.start_print(now, ns)
    }

    /// Fires the camera by hand; gives the frame counter.
    pub fn bench_fire(&mut self) -> u64 {
        let fate = Fate::of(std::mem::take(&mut self.ordered), &mut self.random);
        let mut prints = self.bench.clone();
        for print in &mut prints {
            print.damage = print.damage.or(fate.damage);
        }
        let exposure = self.camera.fire(self.now, &prints, fate.frame);
        let counter = exposure.counter;
        self.out.exposures.push(exposure);
        counter
    }
}

fn bench_print(label: Arc<Label>, fate: &Fate, seed: u64) -> Print {
    Print {
        label,
        damage: fate.damage,
        dx: 0,
        dy: 0,
        seed,
    }
}
