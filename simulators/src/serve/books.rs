//! Where packs are entered that left a belt: the truth, and the packing hall for those in the good bin.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Hall, Shared};
use crate::{
    Tick,
    truth::{Bin, PackTruth, TruthWriter},
};

/// The books of all lanes.
#[derive(Debug, Default)]
pub struct Books {
    truth: Option<Mutex<TruthWriter>>,
    hall: Option<Arc<Hall>>,
}

impl Books {
    /// Books that write to this file and pass good packs on.
    #[must_use]
    pub fn new(truth: Option<TruthWriter>, hall: Option<Arc<Hall>>) -> Books {
        let truth = truth.map(Mutex::new);
        Books { truth, hall }
    }

    /// Enters packs that left a belt; whoever cannot write them down ends the factory.
    pub fn enter(&self, shared: &Shared, now: Tick, packs: &[PackTruth]) {
        for pack in packs {
            if let Some(truth) = &self.truth {
                let mut truth = truth.lock().unwrap_or_else(PoisonError::into_inner);
                if let Err(why) = truth.pack(pack) {
                    let text = "The truth cannot be written";
                    shared.fail(format!("{text}: {why}. Make room and start again."));
                }
            }
            if let (Some(hall), Bin::Good) = (&self.hall, pack.bin) {
                let name = (pack.boot, pack.id);
                hall.packer().take(now, pack.lane, name, &pack.ink);
            }
        }
    }
}
