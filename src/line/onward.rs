//! Good packs between the gates and the reader that sees them into their cases. PURE.
//!
//! What fell into a case and was not read, or was read and refused, is in no container on record, and every case after
//! it would hold another pack than the records say. So each good pack is waited for: on one lane nobody overtakes, and
//! where a later pack of a lane is put on record, the earlier ones were not read; nor were those whose way takes longer
//! than it can, or of which there are more than lie on it. Then all lanes stand until each of
//! them was put on record or its life was ended, and no batch is closed before. While the reader is away or silent
//! nothing is known of any pack, and all lanes stand as long.
//!
//! ```text
//! gate ──good──▶ waits ──read, put on record──▶ in its case
//!                  └──a later one was put, too long, too many, or refused──▶ unread: all lanes stand
//!                                                     in its case, or ended ◀── a person ──┘
//! ```

use super::Line;
use super::alarm::{AlarmKind, Several};
use super::alignment::EXECUTE;
use super::pack::Pack;
use crate::gs1::Gtin;
use crate::record::{Fact, Fate, PackNo, PackagingFact, PointId, RestoredOnward, Tick, Unit};
use std::collections::VecDeque;
use std::time::Duration;

/// The reader behind all lanes that sees each good pack into the open container of the first level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackReader {
    /// Its scan point.
    pub point: PointId,
    /// Most packs of a lane that lie between its gate and the reader.
    pub behind_gate_max: usize,
    /// Longest way from a gate to the reader, in time in which the lane's machine runs.
    pub behind_gate: Duration,
}

/// A good pack that no container holds on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loose {
    pack: PackNo,
    /// What a scan of it says.
    scan: Option<String>,
    /// So long its lane's machine has run since the gate let it through.
    ran: Duration,
}

impl Loose {
    fn new(pack: PackNo, gtin: Option<Gtin>, serial: Option<&str>) -> Loose {
        let scan = gtin.zip(serial);
        let scan = scan.map(|(gtin, serial)| format!("(01){}(21){serial}", gtin.as_str()));
        Loose {
            pack,
            scan,
            ran: Duration::ZERO,
        }
    }

    fn name(&self) -> String {
        match &self.scan {
            Some(scan) => format!("pack {} {scan}", self.pack.0),
            None => format!("pack {}", self.pack.0),
        }
    }
}

/// The good packs of a lane that its gate let through and no container holds yet, the first one first.
#[derive(Debug, Default)]
pub struct Onward {
    waiting: VecDeque<Loose>,
    /// Since when the machine was last seen to run.
    runs: Option<Tick>,
}

impl Onward {
    /// This pack was put on record as inside a container: it is waited for no longer.
    fn forget(&mut self, pack: PackNo) {
        self.waiting.retain(|one| one.pack != pack);
    }

    /// Takes this pack out of those that are waited for.
    fn take(&mut self, pack: PackNo) -> Option<Loose> {
        let place = self.waiting.iter().position(|one| one.pack == pack)?;
        self.waiting.remove(place)
    }

    /// The reader saw this pack into its container: those before it were not read.
    fn read(&mut self, pack: PackNo) -> Vec<Loose> {
        let place = self.waiting.iter().position(|one| one.pack == pack);
        let before = place.map(|place| self.waiting.drain(..place).collect());
        self.forget(pack);
        before.unwrap_or_default()
    }

    /// The machine runs at this moment, or it does not: those that should long have been read.
    fn too_long(&mut self, now: Tick, runs: bool, most: Duration) -> Vec<Loose> {
        let before = std::mem::replace(&mut self.runs, runs.then_some(now));
        let ran = before
            .filter(|_| runs)
            .map_or(Duration::ZERO, |at| now.since(at));
        self.waiting.iter_mut().for_each(|one| one.ran += ran);
        let over = self.waiting.iter().take_while(|one| one.ran > most).count();
        self.waiting.drain(..over).collect()
    }

    /// Those that are too many to lie between gate and reader.
    fn too_many(&mut self, most: usize) -> Vec<Loose> {
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
        let gtin = self.batch.as_ref().map(|batch| batch.gtin);
        for RestoredOnward { lane, pack, serial } in packs {
            let known = self.lanes().any(|one| one.plan.no == lane);
            if known {
                let loose = Loose::new(pack, gtin, serial.as_deref());
                self.on_lane(lane, |line| line.lane.onward.waiting.push_back(loose));
            }
        }
    }

    /// The gate of the lane at hand let a good pack through.
    pub(super) fn goes_onward(&mut self, now: Tick, pack: &Pack) {
        let Some(reader) = self.plan.packing.reader else {
            return;
        };
        let gtin = self.batch.as_ref().map(|batch| batch.gtin);
        let serial = pack.serial.as_ref().map(|serial| serial.text.as_str());
        if self.unread.iter().any(|one| one.pack == pack.no) {
            return; // it was read before the gate told of it, and a person sees to it already
        }
        let loose = Loose::new(pack.no, gtin, serial);
        self.lane.onward.waiting.push_back(loose);
        let unread = self.lane.onward.too_many(reader.behind_gate_max);
        self.went_unread(now, unread);
    }

    /// The gate says of a pack that it is not good. Read behind the gates before that, it is in the wrong bin: nobody
    /// can put it on record.
    pub(super) fn was_read_too_early(&mut self, now: Tick, pack: PackNo, fate: Fate) {
        let before = self.unread.len();
        self.unread.retain(|one| one.pack != pack);
        if self.unread.len() < before {
            self.tell_unread(now);
            let what = format!(
                "pack {} was read behind the gates, and its gate says {fate:?}",
                pack.0
            );
            self.wrong_bin(now, what);
        }
    }

    /// The PLC of the lane at hand said whether its machine runs: what is on its way comes nearer meanwhile.
    pub(super) fn onward_moves(&mut self, now: Tick, state: u16) {
        let Some(reader) = self.plan.packing.reader else {
            return;
        };
        let runs = state == EXECUTE;
        let unread = self.lane.onward.too_long(now, runs, reader.behind_gate);
        self.went_unread(now, unread);
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
            self.unread.retain(|one| one.pack != pack);
            self.on_each_lane(|line| match point == reader.point {
                true => unread.extend(line.lane.onward.read(pack)),
                false => line.lane.onward.forget(pack),
            });
        }
        self.went_unread(now, unread);
        self.tell_unread(now);
    }

    /// A good pack was read behind the gates and could not be put on record.
    pub(super) fn not_packed(&mut self, now: Tick, pack: PackNo, why: &str) {
        let mut known = None;
        self.on_each_lane(|line| known = known.take().or(line.lane.onward.take(pack)));
        let loose = known.unwrap_or_else(|| Loose::new(pack, None, None));
        self.alarm_follows(now, AlarmKind::ScanRefused, Some(why.to_owned()));
        if self.unread.iter().all(|one| one.pack != pack) {
            self.went_unread(now, vec![loose]);
        }
    }

    /// Good packs are in no container on record: nobody packs on before a person has seen to them.
    fn went_unread(&mut self, now: Tick, packs: Vec<Loose>) {
        for pack in packs {
            let detail = pack.name();
            if self.alarm_stands(AlarmKind::PackUnread) {
                // One alarm, but each pack is on record.
                let alarm = AlarmKind::PackUnread.sheet().code.to_owned();
                let detail = detail.clone();
                self.record(now, PointId::STATION, Fact::AlarmRaised { alarm, detail });
            }
            self.unread.push(pack);
            self.raise(now, AlarmKind::PackUnread, detail);
            self.tell_unread(now);
        }
    }

    /// The alarm names those that are not on record now, and is over when there are none.
    fn tell_unread(&mut self, now: Tick) {
        let mut names = Several::default();
        self.unread.iter().for_each(|one| names.add(one.name()));
        match self.unread.is_empty() {
            true => self.clear_alarm(now, AlarmKind::PackUnread),
            false => self.alarm_now_says(AlarmKind::PackUnread, names.text()),
        }
    }

    /// Why no batch is closed now: good packs that no container holds on record.
    pub(super) fn loose_behind_gate(&self) -> Option<String> {
        let waiting = self.lanes().flat_map(|lane| &lane.onward.waiting);
        let mut names = Several::default();
        let loose = self.unread.iter().chain(waiting);
        let count = loose.map(|one| names.add(one.name())).count();
        (count > 0).then(|| {
            format!(
                "Good packs are in no container on record: {}. Put each on record (vidimus pack put), or end its life \
                 (vidimus pack end); vidimus status lists them.",
                names.text()
            )
        })
    }

    /// The good packs that went by unread, for screens.
    pub(super) fn unread_view(&self) -> Vec<String> {
        self.unread.iter().map(Loose::name).collect()
    }

    /// What was read behind the gates is no good pack, or one that lies in a case already: it is in the good bin.
    pub(super) fn strange_read(&mut self, now: Tick, what: &str) {
        self.on_each_lane(|line| line.wrong_bin(now, what.to_owned()));
    }
}
