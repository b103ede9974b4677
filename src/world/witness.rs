//! The witness of law 1: what is on disk at this moment, and whether what leaves the station may leave it. PURE.

use crate::record::{Fact, LotFact, PackNo, PlcPack, Record};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What the disk holds, as far as it permits anything.
#[derive(Debug, Default)]
pub struct Witness {
    reserved: HashSet<PackNo>,
    entered: HashMap<PlcPack, PackNo>,
    names: HashMap<PackNo, PlcPack>,
    passed: HashSet<PackNo>,
    /// How often each alarm was raised.
    pub raised: BTreeMap<String, u64>,
    /// Facts about the station itself, for a trace; only while one is written.
    pub told: Option<Vec<String>>,
    /// What was seen that must not be.
    pub breaches: Vec<String>,
}

/// Most breaches that are kept in words.
const BREACHES_MAX: usize = 20;

impl Witness {
    fn breach(&mut self, text: String) {
        if self.breaches.len() < BREACHES_MAX {
            self.breaches.push(text);
        }
    }

    /// These records are on disk.
    pub fn committed(&mut self, records: &[Record]) {
        for record in records {
            if let Some(told) = self.told.as_mut().filter(|_| record.fact.pack().is_none()) {
                told.push(format!("{:?}", record.fact));
            }
            match &record.fact {
                Fact::PackEntered { pack, plc, .. } => {
                    self.entered.insert(*plc, *pack);
                    self.names.insert(*pack, *plc);
                }
                Fact::SerialReserved { pack, .. } | Fact::Lot(LotFact::Labelled { pack, .. }) => {
                    self.reserved.insert(*pack);
                }
                Fact::SerialVoided { pack, .. } => drop(self.reserved.remove(pack)),
                Fact::Verified { pack, verdict } if verdict.outcome.is_pass() => {
                    self.passed.insert(*pack);
                }
                Fact::Gated { pack, .. } => self.forget(*pack),
                Fact::AlarmRaised { alarm, .. } => {
                    *self.raised.entry(alarm.clone()).or_default() += 1;
                }
                _ => {}
            }
        }
    }

    /// The pack is gone: nothing is permitted for it any more.
    fn forget(&mut self, pack: PackNo) {
        self.reserved.remove(&pack);
        self.passed.remove(&pack);
        if let Some(plc) = self.names.remove(&pack) {
            self.entered.remove(&plc);
        }
    }

    /// A label with this pack's number goes to the printer.
    pub fn prints(&mut self, pack: PackNo) {
        if !self.reserved.contains(&pack) {
            self.breach(format!(
                "the label of pack {} goes before its number is on disk",
                pack.0
            ));
        }
    }

    /// A pass goes to the PLC.
    pub fn passes(&mut self, plc: PlcPack) {
        let known = self.entered.get(&plc);
        if !known.is_some_and(|pack| self.passed.contains(pack)) {
            self.breach(format!(
                "the pass of pack {plc} goes before its verdict is on disk"
            ));
        }
    }
}

#[cfg(test)]
mod test {
    use super::*;

    #[test]
    fn breaches_are_kept_up_to_the_limit() {
        let mut witness = Witness::default();
        for number in 0..2 * BREACHES_MAX as u64 {
            witness.prints(PackNo(number));
        }
        assert_eq!(witness.breaches.len(), BREACHES_MAX);
        assert!(
            witness.breaches[0].contains("pack 0 "),
            "the first are kept"
        );
    }
}
