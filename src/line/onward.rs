//! Good packs between the gates and the reader that sees them into their cases. PURE.
//!
//! What fell into a case and was not read, or was read and refused, is in no container on record, and every case
//! after it would hold another pack than the records say. So each good pack is waited for: on one lane nobody
//! overtakes, and where a later pack of a lane is put on record, the earlier ones were not read; nor were those whose
//! way takes longer than it can, or of which there are more than lie on it. Then all lanes stand until each of them
//! was put on record or its life was ended; what was read behind them waits as long, so that each goes on record in
//! the case in which it lies; and no batch is closed before. While the reader is away or silent nothing is known of
//! any pack, and all lanes stand as long.
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
use super::stacking::Turn;
use super::way::Loose;
use crate::gs1::Gtin;
use crate::record::{Fate, PackNo, PackagingFact, PointId, RestoredOnward, Tick, Unit};
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
fn loose(pack: PackNo, gtin: Option<Gtin>, serial: Option<&str>) -> Loose {
    let name = match gtin.zip(serial) {
        Some((gtin, serial)) => format!("pack {} (01){}(21){serial}", pack.0, gtin.as_str()),
        None => format!("pack {}", pack.0),
    };
    Loose::new(Unit::Pack(pack), name)
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
                let loose = loose(pack, gtin, serial.as_deref());
                self.on_lane(lane, |line| line.lane.onward.push(loose));
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
        if self.is_unread(Unit::Pack(pack.no)) {
            return; // it was read before the gate told of it, and a person sees to it already
        }
        self.lane.onward.push(loose(pack.no, gtin, serial));
        let unread = self.lane.onward.too_many(reader.behind_gate_max);
        self.went_unread(now, unread);
    }

    /// The gate says of a pack that it is not good. Read behind the gates before that, it is in the wrong bin: nobody
    /// can put it on record.
    pub(super) fn was_read_too_early(&mut self, now: Tick, pack: PackNo, fate: Fate) {
        let before = self.unread.len();
        self.unread.retain(|one| one.unit != Unit::Pack(pack));
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
        let mut unread = Vec::new();
        for unit in units {
            self.unread.retain(|one| one.unit != *unit);
            self.on_each_lane(|line| match point == reader.point {
                true => unread.extend(line.lane.onward.read(*unit).1),
                false => drop(line.lane.onward.take(*unit)),
            });
        }
        self.went_unread(now, unread);
        self.tell_unread(now);
    }

    /// What was read at the pack reader goes on record only after those before it: into the container in which it
    /// lies.
    pub(super) fn turn_of_pack(&self, unit: Unit) -> Turn {
        if self.is_unread(unit) {
            return Turn::Come;
        }
        match self.lanes().any(|lane| lane.onward.is_behind(unit)) {
            true => Turn::Overtakes,
            false if self.unread.is_empty() => Turn::Come,
            false => Turn::Waits,
        }
    }

    /// This one was read while earlier ones of its lane wait.
    pub(super) fn pack_overtook(&mut self, now: Tick, unit: Unit) {
        let mut unread = Vec::new();
        self.on_each_lane(|line| unread.extend(line.lane.onward.overtaken_by(unit)));
        self.went_unread(now, unread);
    }

    /// A good pack was read behind the gates and could not be put on record.
    pub(super) fn not_packed(&mut self, now: Tick, pack: PackNo, why: &str) {
        let (unit, mut known) = (Unit::Pack(pack), None);
        self.on_each_lane(|line| known = known.take().or(line.lane.onward.take(unit)));
        self.raise_told(now, AlarmKind::ScanRefused, why);
        if !self.is_unread(unit) {
            let one = known.unwrap_or_else(|| loose(pack, None, None));
            self.went_unread(now, vec![one]);
        }
    }

    fn is_unread(&self, unit: Unit) -> bool {
        self.unread.iter().any(|one| one.unit == unit)
    }

    /// Good packs are in no container on record: nobody packs on before a person has seen to them.
    fn went_unread(&mut self, now: Tick, packs: Vec<Loose>) {
        for pack in packs {
            self.raise_each(now, AlarmKind::PackUnread, pack.name.clone());
            self.unread.push(pack);
            self.tell_unread(now);
        }
    }

    /// The alarm names those that are not on record now, and is over when there are none.
    fn tell_unread(&mut self, now: Tick) {
        let mut names = Several::default();
        self.unread
            .iter()
            .for_each(|one| names.add(one.name.clone()));
        match self.unread.is_empty() {
            true => self.clear_alarm(now, AlarmKind::PackUnread),
            false => self.alarm_now_says(AlarmKind::PackUnread, names.text()),
        }
    }

    /// Why no batch is closed now: good packs that no container holds on record.
    pub(super) fn loose_behind_gate(&self) -> Option<String> {
        let waiting = self.lanes().flat_map(|lane| lane.onward.iter());
        let mut names = Several::default();
        let loose = self.unread.iter().chain(waiting);
        let count = loose.map(|one| names.add(one.name.clone())).count();
        (count > 0).then(|| {
            format!(
                "Good packs are in no container on record: {}. Put each on record (vidimus pack put), or end its life \
                 (vidimus pack end); vidimus status lists them.",
                names.text()
            )
        })
    }

    /// What went by unread, for screens.
    pub(super) fn unread_view(&self) -> Vec<String> {
        let all = self.unread.iter().chain(self.stacking.passed());
        all.map(|one| one.name.clone()).collect()
    }

    /// What was read behind the gates is no good pack, or one that lies in a case already: it is in the good bin.
    pub(super) fn strange_read(&mut self, now: Tick, what: &str) {
        self.on_each_lane(|line| line.wrong_bin(now, what.to_owned()));
    }
}
