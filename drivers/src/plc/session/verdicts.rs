//! Verdicts on their way into the ring: kept until the write is confirmed, never across a boot.
//! PURE.

use crate::Fault;
use crate::plc::map::VerdictCode;
use crate::plc::{PlcEvent, PlcRequest};
use crate::session::Output;
use std::collections::{BTreeMap, VecDeque};

type Out = VecDeque<Output<PlcRequest, PlcEvent>>;

#[derive(Debug, Default)]
pub(super) struct Verdicts {
    boot: Option<u16>,
    /// Not confirmed yet, at most one a slot.
    pending: BTreeMap<u32, u16>,
    /// Highest id that stands in the ring.
    highest: u32,
    /// The newest id ever meant for each slot: an older pack must not push a newer one out.
    newest: BTreeMap<u32, u32>,
}

impl Verdicts {
    pub fn begin(&mut self, boot: u16) {
        *self = Verdicts {
            boot: Some(boot),
            ..Verdicts::default()
        };
    }

    pub fn highest(&self) -> u32 {
        self.highest
    }

    pub fn command(&mut self, boot: u16, id: u32, code: u16, depth: Option<u16>, out: &mut Out) {
        let Some(depth) = depth.filter(|_| self.boot == Some(boot)) else {
            return; // The boot is over, or no PLC was seen yet: such a verdict is void by contract.
        };
        let known = VerdictCode::from_code(code).is_some_and(|code| code != VerdictCode::None);
        if id == 0 || !known {
            refuse(out, format!("{code} is not a verdict for pack {id}"));
            return;
        }
        let slot = id % u32::from(depth);
        match self.newest.get(&slot) {
            Some(newer) if *newer > id => {
                refuse(
                    out,
                    format!("pack {id} is too old: its slot belongs to pack {newer}"),
                );
                return;
            }
            Some(older) if *older < id => {
                let older = *older;
                if self.pending.remove(&older).is_some() {
                    refuse(
                        out,
                        format!("pack {older} is too old: its slot belongs to pack {id}"),
                    );
                }
            }
            _ => {}
        }
        self.newest.insert(slot, id);
        self.pending.insert(id, code);
    }

    /// Takes the next run of slots that lie together, at most `run_max`.
    pub fn next_run(&mut self, depth: u16, run_max: u16) -> Vec<(u32, u16)> {
        let mut run: Vec<(u32, u16)> = Vec::new();
        while run.len() < usize::from(run_max) {
            let next = match run.last() {
                None => self.pending.first_key_value().map(|(id, _)| *id),
                Some((last, _)) => last
                    .checked_add(1)
                    .filter(|id| id % u32::from(depth) != 0 && self.pending.contains_key(id)),
            };
            let Some(id) = next else { break };
            let code = self.pending.remove(&id).expect("looked up above");
            run.push((id, code));
        }
        run
    }

    pub fn confirmed(&mut self, written: &[(u32, u16)], out: &mut Out) {
        let Some(boot) = self.boot else { return };
        for (id, _) in written {
            self.highest = self.highest.max(*id);
            let id = *id;
            out.push_back(Output::Event(PlcEvent::VerdictWritten { boot, id }));
        }
    }

    /// The write was not confirmed; it may or may not have arrived. A newer wish for the same pack
    /// stands.
    pub fn not_confirmed(&mut self, written: Vec<(u32, u16)>) {
        for (id, code) in written {
            if self.newest.values().any(|newest| *newest == id) {
                self.pending.entry(id).or_insert(code);
            }
        }
    }
}

fn refuse(out: &mut Out, why: String) {
    out.push_back(Output::Event(PlcEvent::Fault(Fault::Refused(why))));
}
