//! What a unit was after an earlier record: its row says what it is now, its records say the rest.

use super::whereabouts::{Inside, Whereabouts};
use super::{StoreError, restore};
use crate::record::{
    ContainerIdentity, ContainerState, Fact, Identity, PackIdentity, PackagingFact, Record, Unit,
};

impl Whereabouts<'_> {
    /// What a unit was after record `at`; `None`: it was not there yet.
    pub fn identity_at(&self, unit: Unit, at: u64) -> Result<Option<Identity>, StoreError> {
        match self.identity(unit)? {
            None => Ok(None),
            Some(Identity::Pack(pack)) => self.pack_at(pack, at),
            Some(Identity::Container(container)) => self.container_at(container, at),
        }
    }

    fn pack_at(&self, now: PackIdentity, at: u64) -> Result<Option<Identity>, StoreError> {
        let records = restore::records_of(self.connection, self.path, now.pack)?;
        let mut then = PackIdentity {
            serial: None,
            voided: false,
            verdict: None,
            fate: None,
            ..now
        };
        let mut there = false;
        let records = records.iter().map(|stored| &stored.record);
        for record in records.take_while(|record| record.seq <= at) {
            there = true;
            match &record.fact {
                Fact::SerialReserved { serial, .. } => then.serial = Some(serial.text.clone()),
                Fact::SerialVoided { .. } => then.voided = true,
                Fact::Verified { verdict, .. } if then.fate.is_none() || then.verdict.is_none() => {
                    then.verdict = Some(verdict.outcome.code());
                }
                Fact::Gated { fate, .. } => then.fate = Some(*fate),
                _ => {}
            }
        }
        Ok(there.then_some(Identity::Pack(then)))
    }

    fn container_at(
        &self,
        now: ContainerIdentity,
        at: u64,
    ) -> Result<Option<Identity>, StoreError> {
        let container = now.container;
        let mut then = ContainerIdentity {
            state: ContainerState::Open,
            inside: 0,
            mixed: false,
            ..now
        };
        let mut there = false;
        for seq in self.records_of_container(container)? {
            if seq > at {
                break;
            }
            there = true;
            let stored = restore::record(self.connection, self.path, seq as i64)?;
            if let Some(stored) = stored {
                follow(&mut then, &stored.record);
            }
        }
        let inside = self.inside(container, Some(at))?;
        let count: u64 = inside.iter().map(|run: &Inside| run.count).sum();
        then.inside = u32::try_from(count).unwrap_or(u32::MAX);
        Ok(there.then_some(Identity::Container(then)))
    }
}

/// What a record made of a container.
fn follow(then: &mut ContainerIdentity, record: &Record) {
    let Fact::Packaging(fact) = &record.fact else {
        return;
    };
    if fact.container() != Some(then.container) {
        return;
    }
    match fact {
        PackagingFact::Closed { mixed, .. } => {
            (then.state, then.mixed) = (ContainerState::Closed, *mixed);
        }
        PackagingFact::Taken { .. } | PackagingFact::Reopened { .. }
            if then.state == ContainerState::Closed =>
        {
            then.state = ContainerState::Changed;
        }
        PackagingFact::Disaggregated { .. } => then.state = ContainerState::Disaggregated,
        _ => {}
    }
}
