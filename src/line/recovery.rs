//! The account of a recovery: what became of every pack that was on the belt when something fell out of step. PURE.
//!
//! It begins with the disturbance (a start of the station, a new PLC boot, whatever else calls for the procedure of
//! `alignment`) if packs are on the belt then, or with the first pack that comes before everything is in step again. It
//! covers these packs and no others, counts each where the books count it, when its fate is known, and goes on record
//! when the last one is settled. A disturbance in the middle of one extends it.

use super::Line;
use crate::record::{Fact, Fate, Fates, PackNo, Recovery, RecoveryCause, Tick};
use crate::wire::RecoveryView;

/// The account that runs, or the one completed last.
#[derive(Debug, Default)]
pub struct Recoveries(Option<Account>);

#[derive(Debug)]
struct Account {
    told: Recovery,
    began: Tick,
    /// Everything is in step again: `told.through` is known, later packs are none of it.
    in_step: bool,
    /// Later packs that have left meanwhile; they count if another disturbance extends the account.
    later: Fates,
    on_record: bool,
}

impl Account {
    /// Packs whose fate is not known yet.
    fn open(&self) -> u64 {
        let settled = self.told.fates.sum();
        assert!(
            settled <= self.told.packs,
            "no pack is settled that was not counted in"
        );
        self.told.packs - settled
    }

    fn covers(&self, pack: PackNo) -> bool {
        !self.in_step || pack <= self.told.through
    }

    /// Another disturbance: the packs that came since the last one are on the belt, or have left it, out of step.
    fn extend(&mut self, cause: RecoveryCause, later_on_belt: u64) {
        if !self.told.causes.contains(&cause) {
            self.told.causes.push(cause);
        }
        if self.in_step {
            let left = std::mem::take(&mut self.later);
            self.told.packs += left.sum() + later_on_belt;
            self.told.fates.add_all(left);
            self.in_step = false;
        }
    }
}

impl Recoveries {
    /// An account runs that is not on record yet.
    #[cfg(test)]
    pub(super) fn runs(&self) -> bool {
        self.0.as_ref().is_some_and(|account| !account.on_record)
    }

    fn running(&mut self) -> Option<&mut Account> {
        self.0.as_mut().filter(|account| !account.on_record)
    }

    /// A pack left the line.
    pub(super) fn gated(&mut self, pack: PackNo, fate: Fate) {
        if let Some(account) = self.running() {
            match account.covers(pack) {
                true => account.told.fates.add(fate),
                false => account.later.add(fate),
            }
        }
    }

    /// A complete account is no longer shown.
    pub(super) fn forget_complete(&mut self) {
        self.0.take_if(|account| account.on_record);
    }

    /// As screens show it; `utc_ms` is the wall clock at `now`.
    pub(super) fn view(&self, now: Tick, utc_ms: i64) -> Option<RecoveryView> {
        self.0.as_ref().map(|account| {
            let age_ms = i64::try_from(now.since(account.began).as_millis()).unwrap_or(i64::MAX);
            RecoveryView {
                causes: account.told.causes.clone(),
                since_utc_ms: utc_ms.saturating_sub(age_ms),
                packs: account.told.packs,
                fates: account.told.fates,
                open: account.open(),
            }
        })
    }
}

impl Line {
    /// Something fell out of step: if packs are on the belt, they are accounted for from here on.
    pub(super) fn begin_recovery(&mut self, now: Tick, cause: RecoveryCause) {
        let packs = self.lane.belt.len() as u64;
        if let Some(account) = self.lane.recovery.running() {
            let later = self.lane.belt.values();
            let later = later.filter(|pack| !account.covers(pack.no)).count() as u64;
            account.extend(cause, later);
        } else if packs > 0 {
            let told = Recovery {
                causes: vec![cause],
                since: self.last_seq,
                through: self.last_pack,
                packs,
                fates: Fates::default(),
            };
            self.lane.recovery.0 = Some(Account {
                told,
                began: now,
                in_step: false,
                later: Fates::default(),
                on_record: false,
            });
        }
    }

    /// A pack has entered: while things are out of step it belongs to the account.
    pub(super) fn entered_out_of_step(&mut self, now: Tick) {
        if self.lane.alignment.done() {
            return;
        }
        let cause = self.lane.alignment.cause();
        match self.lane.recovery.running() {
            Some(account) => {
                assert!(!account.in_step, "an account is in step with the line");
                account.told.packs += 1;
            }
            None => self.begin_recovery(now, cause),
        }
    }

    /// Everything is in step again: who comes now is none of it.
    pub(super) fn recovery_in_step(&mut self) {
        let through = self.last_pack;
        if let Some(account) = self.lane.recovery.running() {
            account.told.through = through;
            account.in_step = true;
        }
    }

    /// Puts the account on record when its last pack is settled.
    pub(super) fn complete_recovery(&mut self, now: Tick) {
        let Some(account) = self.lane.recovery.running() else {
            return;
        };
        if account.in_step && account.open() == 0 {
            account.on_record = true;
            let told = account.told.clone();
            self.record(now, self.lane_point(), Fact::Recovered(told));
        }
    }
}
