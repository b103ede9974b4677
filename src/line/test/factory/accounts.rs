//! The accounts of recoveries, worked out once more from what is on the disk, pack by pack.

use super::super::recovery::recovery_of;
use super::super::restore::restore;
use super::World;
use crate::record::{Fact, Fate, Fates, PackNo, Record, Recovery, RecoveryCause};
use std::collections::{BTreeMap, BTreeSet};

/// What the disk says of every pack: the records of its entry and of its fate.
#[derive(Default)]
struct Packs {
    entered: BTreeMap<PackNo, u64>,
    gated: BTreeMap<PackNo, (u64, Fate)>,
}

impl Packs {
    fn of(disk: &[Record]) -> Packs {
        let mut packs = Packs::default();
        for record in disk {
            match &record.fact {
                Fact::PackEntered { pack, .. } => drop(packs.entered.insert(*pack, record.seq)),
                Fact::Gated { pack, fate, .. } => {
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
    /// Every account on the disk, with the number of its record.
    pub fn accounts(&self) -> Vec<(u64, &Recovery)> {
        let records = self.disk.iter();
        records
            .filter_map(|record| Some((record.seq, recovery_of(&record.fact)?)))
            .collect()
    }

    /// A station that has just started accounts for exactly the packs that the disk leaves open.
    pub fn check_account_begins(&self) {
        let open = restore(&self.disk).open.len() as u64;
        let view = self.line.view(crate::record::Tick(0), 0);
        let told = view.recovery.map_or(0, |account| {
            assert_eq!(account.causes, [RecoveryCause::StationStart]);
            assert_eq!(account.open, account.packs);
            account.packs
        });
        assert_eq!(told, open, "packs on the belt when the station started");
    }

    /// Every account against the packs' own records; and every disturbance with packs on the belt has its account.
    pub fn check_accounts(&self) {
        let packs = Packs::of(&self.disk);
        let accounts = self.accounts();
        for (recorded, account) in &accounts {
            assert_eq!(worked_out(&packs, account, *recorded), account.fates);
            assert_eq!(account.fates.sum(), account.packs, "{account:?}");
            let on_belt = packs.open_at(account.since);
            assert!(on_belt.iter().all(|no| *no <= account.through));
            assert!(account.packs >= on_belt.len() as u64);
            // It ends with the packs that had come before everything was in step for the last time.
            let in_step = |record: &&Record| matches!(record.fact, Fact::Resynchronised { .. });
            let before = &self.disk[..*recorded as usize];
            let in_step = before.iter().rfind(in_step).expect("in step first").seq;
            let last = packs.entered.iter().rfind(|(_, at)| **at < in_step);
            assert_eq!(last.map(|(no, _)| *no), Some(account.through));
        }
        self.check_every_disturbance(&packs, &accounts);
    }

    fn check_every_disturbance(&self, packs: &Packs, accounts: &[(u64, &Recovery)]) {
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
                Fact::PlcBooted { old: Some(_), .. } => RecoveryCause::PlcRestart,
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
