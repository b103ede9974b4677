//! Good packs between the gates and the reader that sees them into their cases. PURE.
//!
//! What fell into a case and was not read is in no container on record, and every case after it would hold another pack
//! than the records say. So each good pack is waited for: on one lane nobody overtakes, and where a later pack of a
//! lane is put on record, the earlier ones were not read. Then all lanes stand until a person has seen to it. While the
//! reader is away or silent nothing is known of any pack, and all lanes stand as long.
//!
//! ```text
//! gate ──good──▶ waits ──read, put on record──▶ in its case
//!                  └─────a later one was put, or too many wait──▶ alarm pack-unread, stop
//! ```

use super::Line;
use super::alarm::{AlarmKind, Several};
use super::pack::Pack;
use super::stops::StopReason;
use crate::record::{Fact, PackNo, PackagingFact, PointId, RestoredOnward, Tick, Unit};
use std::collections::VecDeque;

/// The reader behind all lanes that sees each good pack into the open container of the first level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackReader {
    /// Its scan point.
    pub point: PointId,
    /// Most packs of a lane that lie between its gate and the reader.
    pub behind_gate_max: usize,
}

/// A good pack that no container holds yet.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Waiting {
    pack: PackNo,
    serial: Option<String>,
}

impl Waiting {
    fn name(&self) -> String {
        match &self.serial {
            Some(serial) => format!("pack {} (serial {serial})", self.pack.0),
            None => format!("pack {}", self.pack.0),
        }
    }
}

/// The good packs of a lane that its gate let through and no container holds yet, the first one first.
#[derive(Debug, Default)]
pub struct Onward {
    waiting: VecDeque<Waiting>,
}

impl Onward {
    /// This pack was put on record as inside a container: it is waited for no longer.
    fn forget(&mut self, pack: PackNo) {
        self.waiting.retain(|one| one.pack != pack);
    }

    /// The reader saw this pack into its container: those before it were not read.
    fn read(&mut self, pack: PackNo) -> Vec<Waiting> {
        let place = self.waiting.iter().position(|one| one.pack == pack);
        let before = place.map(|place| self.waiting.drain(..place).collect());
        self.forget(pack);
        before.unwrap_or_default()
    }

    /// Those that are too many to lie between gate and reader.
    fn too_many(&mut self, most: usize) -> Vec<Waiting> {
        let over = self.waiting.len().saturating_sub(most);
        self.waiting.drain(..over).collect()
    }
}

impl Line {
    /// The reader behind the lanes answers, or there is none.
    pub(super) fn pack_reader_ready(&self) -> bool {
        self.plan.packing.reader.is_none() || self.pack_reader
    }

    /// The good packs in no container as the records tell it after a restart.
    pub(super) fn restore_onward(&mut self, packs: Vec<RestoredOnward>) {
        for RestoredOnward { lane, pack, serial } in packs {
            let known = self.lanes().any(|one| one.plan.no == lane);
            if known {
                let waiting = Waiting { pack, serial };
                self.on_lane(lane, |line| line.lane.onward.waiting.push_back(waiting));
            }
        }
    }

    /// The gate of the lane at hand let a good pack through.
    pub(super) fn goes_onward(&mut self, now: Tick, pack: &Pack) {
        let Some(reader) = self.plan.packing.reader else {
            return;
        };
        let serial = pack.serial.as_ref().map(|serial| serial.text.clone());
        let waiting = Waiting {
            pack: pack.no,
            serial,
        };
        self.lane.onward.waiting.push_back(waiting);
        let unread = self.lane.onward.too_many(reader.behind_gate_max);
        self.went_unread(now, &unread);
    }

    /// What went on record of containers, by the point where it happened.
    pub(super) fn onward_is_told(&mut self, now: Tick, point: PointId, fact: &PackagingFact) {
        let Some(reader) = self.plan.packing.reader else {
            return;
        };
        let units = match fact {
            PackagingFact::Put { units, .. } => &units[..],
            PackagingFact::Ended { unit, .. } => std::slice::from_ref(unit),
            _ => return,
        };
        let packs = units.iter().filter_map(|unit| match unit {
            Unit::Pack(pack) => Some(*pack),
            Unit::Container(_) => None,
        });
        let mut unread = Vec::new();
        for pack in packs {
            self.on_each_lane(|line| match point == reader.point {
                true => unread.extend(line.lane.onward.read(pack)),
                false => line.lane.onward.forget(pack),
            });
        }
        self.went_unread(now, &unread);
    }

    /// Good packs went by and are in no container on record: nobody packs on before a person has seen to them.
    fn went_unread(&mut self, now: Tick, packs: &[Waiting]) {
        for pack in packs {
            let name = pack.name();
            match self.alarm_stands(AlarmKind::PackUnread) {
                false => self.unread = Several::default(),
                true => {
                    let alarm = AlarmKind::PackUnread.sheet().code.to_owned();
                    let detail = name.clone();
                    self.record(now, PointId::STATION, Fact::AlarmRaised { alarm, detail });
                }
            }
            self.unread.add(name.clone());
            self.raise(now, AlarmKind::PackUnread, name);
            self.alarm_now_says(AlarmKind::PackUnread, self.unread.text());
        }
        if !packs.is_empty() {
            self.on_each_lane(|line| line.latch(now, StopReason::PackUnread));
        }
    }

    /// What was read behind the gates is no good pack, or one that lies in a case already: it is in the good bin.
    pub(super) fn strange_read(&mut self, now: Tick, what: &str) {
        self.on_each_lane(|line| line.wrong_bin(now, what.to_owned()));
    }
}
