//! The accounts of recoveries, worked out once more from what is on the disk, pack by pack.

use super::super::plan_of;
use super::super::recovery::recovery_of;
use super::super::restore::restore;
use super::World;
use crate::record::{
    Fact, Fate, Fates, LaneNo, PackNo, PointId, Record, Recovery, RecoveryCause, Tick,
};
use std::collections::{BTreeMap, BTreeSet};

/// What the disk says of every pack: the records of its entry and of its fate.
#[derive(Default)]
struct Packs {
    entered: BTreeMap<PackNo, u64>,
    gated: BTreeMap<PackNo, (u64, Fate)>,
}

impl Packs {
    /// Those of one lane.
    fn of(disk: &[Record], lane: LaneNo) -> Packs {
        let mut packs = Packs::default();
        for record in disk {
            match &record.fact {
                Fact::PackEntered { pack, plc, .. } if plc.lane == lane => {
                    packs.entered.insert(*pack, record.seq);
                }
                Fact::Gated { pack, fate, .. } if packs.entered.contains_key(pack) => {
                    packs.gated.insert(*pack, (record.seq, *fate));
                }
                _ => {}
            }
        }
        packs
    }

    /// Packs on the belt right after record `seq`, as the disk knows it.
    fn open_at(&self, seq: u64) -> BTreeSet<PackNo> {
        let entered = self.entered.iter().filter(|(_, at)| **at <= seq);
        let open = entered.filter(|(no, _)| self.gated.get(no).is_none_or(|(at, _)| *at > seq));
        open.map(|(no, _)| *no).collect()
    }
}

fn worked_out(packs: &Packs, account: &Recovery, recorded: u64) -> Fates {
    let mut fates = Fates::default();
    for no in packs.entered.keys().filter(|no| **no <= account.through) {
        let (at, fate) = packs.gated[no];
        assert!(
            at < recorded,
            "the account is complete, {no:?} is not settled"
        );
        if at <= account.since {
            continue;
        }
        *match fate {
            Fate::Good => &mut fates.good,
            Fate::Removed => &mut fates.removed,
            Fate::RejectNotConfirmed | Fate::PassedInBypass | Fate::Unknown => &mut fates.unknown,
            _ => &mut fates.rejected,
        } += 1;
    }
    fates
}

impl World {
    /// Every account on the disk, with the number of its record and its lane.
    fn accounts_of_lanes(&self) -> Vec<(u64, LaneNo, &Recovery)> {
        let told = self.disk.iter().filter_map(|record| {
            let told = recovery_of(&record.fact)?;
            Some((record.seq, self.lane_at(record.point), told))
        });
        told.collect()
    }

    /// Every account on the disk, with the number of its record.
    pub fn accounts(&self) -> Vec<(u64, &Recovery)> {
        let accounts = self.accounts_of_lanes().into_iter();
        accounts.map(|(seq, _, told)| (seq, told)).collect()
    }

    /// The lane whose gate this is; with one lane the station.
    fn lane_at(&self, point: PointId) -> LaneNo {
        let lanes = plan_of(1, self.lanes()).lanes;
        let found = lanes.iter().find(|lane| lane.gate == point);
        found.map_or(LaneNo::FIRST, |lane| lane.no)
    }

    /// A station that has just started accounts for exactly the packs that the disk leaves open.
    pub fn check_account_begins(&self) {
        let open = restore(&self.disk).open.len() as u64;
        let view = self.line.view(crate::record::Tick(0), 0);
        let causes = view.recovery.map(|account| account.causes);
        assert!(causes.is_none_or(|causes| causes == [RecoveryCause::StationStart]));
        let accounts = self.line.lanes().map(|lane| lane.recovery.view(Tick(0), 0));
        let told = accounts.flatten().map(|account| {
            assert_eq!(account.open, account.packs);
            account.packs
        });
        let told: u64 = told.sum();
        assert_eq!(told, open, "packs on the belt when the station started");
    }

    /// Every account against the packs' own records; and every disturbance with packs on the belt has its account.
    pub fn check_accounts(&self) {
        for no in 1..=self.lanes() {
            self.check_accounts_of(LaneNo(no));
        }
    }

    fn check_accounts_of(&self, lane: LaneNo) {
        let packs = Packs::of(&self.disk, lane);
        let accounts = self.accounts_of_lanes().into_iter();
        let own = accounts.filter(|(_, of, _)| *of == lane);
        let accounts: Vec<(u64, &Recovery)> = own.map(|(seq, _, told)| (seq, told)).collect();
        for (recorded, account) in &accounts {
            assert_eq!(worked_out(&packs, account, *recorded), account.fates);
            assert_eq!(account.fates.sum(), account.packs, "{account:?}");
            let on_belt = packs.open_at(account.since);
            assert!(on_belt.iter().all(|no| *no <= account.through));
            assert!(account.packs >= on_belt.len() as u64);
            // It ends with the packs that had come before everything was in step for the last time.
            let in_step = |record: &&Record| {
                let of_lane = self.lane_at(record.point) == lane;
                of_lane && matches!(record.fact, Fact::Resynchronised { .. })
            };
            let before = &self.disk[..*recorded as usize];
            let in_step = before.iter().rfind(in_step).expect("in step first").seq;
            let last = packs.entered.iter().rfind(|(_, at)| **at < in_step);
            assert!(last.is_some_and(|(no, _)| *no <= account.through));
            let next = packs.entered.iter().find(|(_, at)| **at > in_step);
            assert!(next.is_none_or(|(no, _)| *no > account.through));
        }
        self.check_every_disturbance((lane, &packs), &accounts);
    }

    fn check_every_disturbance(
        &self,
        (lane, packs): (LaneNo, &Packs),
        accounts: &[(u64, &Recovery)],
    ) {
        let start = |record: &&Record| matches!(record.fact, Fact::StationStarted { .. });
        let starts: Vec<u64> = self
            .disk
            .iter()
            .filter(start)
            .map(|record| record.seq)
            .collect();
        for record in &self.disk {
            let cause = match &record.fact {
                Fact::StationStarted { .. } => RecoveryCause::StationStart,
                Fact::PlcBooted {
                    lane: of,
                    old: Some(_),
                    ..
                } if *of == lane => RecoveryCause::PlcRestart,
                _ => continue,
            };
            if packs.open_at(record.seq).is_empty() {
                continue;
            }
            // A station that died before it was complete has none; its next start covers what was open then.
            let life_ends = starts.iter().copied().find(|start| *start > record.seq);
            let of_it = accounts.iter().find(|(recorded, account)| {
                (account.since..*recorded).contains(&record.seq)
                    && life_ends.is_none_or(|end| *recorded < end)
            });
            match of_it {
                Some((_, account)) => assert!(account.causes.contains(&cause), "{account:?}"),
                None => assert!(life_ends.is_some(), "no account of record {}", record.seq),
            }
        }
    }
}
