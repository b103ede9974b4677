//! What the records say of a container's labels: the last one printed, and whether its content changed since.

use super::{StoreError, Whereabouts, codes, container_row, restore, run};
use crate::record::{
    BatchNo, ContainerCode, ContainerNo, Fact, Identity, LaneNo, Level, PackNo, PackagingFact,
    PointId, RestoredFull, RestoredOnward, TemplateHash, Unit,
};

/// A label that was printed, or may have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedLabel {
    /// The record that says so.
    pub seq: u64,
    /// Everything it says, as a bracketed element string.
    pub says: String,
    /// Its template.
    pub template: TemplateHash,
    /// How many labels were printed for this container, this one counted.
    pub copy: u32,
}

impl Whereabouts<'_> {
    /// The label printed last for a container.
    ///
    /// # Errors
    /// When reading fails.
    pub fn last_label(&self, container: ContainerNo) -> Result<Option<PrintedLabel>, StoreError> {
        for seq in self.records_of_container(container)?.into_iter().rev() {
            if let Some(PackagingFact::Labelled {
                template,
                says,
                copy,
                ..
            }) = self.said_of(container, seq)?
            {
                return Ok(Some(PrintedLabel {
                    seq,
                    says,
                    template,
                    copy,
                }));
            }
        }
        Ok(None)
    }

    /// The newest `most` containers of a level that are full and open, oldest first.
    ///
    /// # Errors
    /// When reading fails.
    pub fn full_and_open(
        &self,
        level: Level,
        most: usize,
    ) -> Result<Vec<RestoredFull>, StoreError> {
        let numbers = self.newest("state = 1 AND inside >= capacity", level, most)?;
        let mut full = Vec::with_capacity(numbers.len());
        for no in numbers.into_iter().rev() {
            let row = container_row::read(self.connection, no).map_err(|error| self.sql(error))?;
            let container = ContainerNo(no as u64);
            full.extend(row.map(|row| row.code).map(|code| (container, code)));
        }
        full.into_iter()
            .map(|(container, code)| {
                let labelled = self.last_label(container)?.map(|label| label.seq);
                Ok(RestoredFull {
                    container,
                    code,
                    labelled,
                })
            })
            .collect()
    }

    /// Of the newest `most` packs of a batch that passed as good on a lane those that are in no container and whose
    /// life has not ended, oldest first.
    ///
    /// # Errors
    /// When reading fails.
    pub fn good_and_loose(
        &self,
        batch: BatchNo,
        lane: LaneNo,
        most: usize,
    ) -> Result<Vec<RestoredOnward>, StoreError> {
        let other = if lane.is_first() { "" } else { "AND lane > 1" };
        let sql = format!(
            "SELECT pack FROM packs
             WHERE lane = ?1 {other} AND fate = ?2 AND batch = ?3
                 AND pack >= (SELECT first_pack FROM batches WHERE batch = ?3)
             ORDER BY pack DESC LIMIT ?4"
        );
        let numbers: Vec<i64> = self
            .connection
            .prepare_cached(&sql)
            .and_then(|mut found| {
                let values = (lane.0, codes::GOOD, batch.0, most as i64);
                found.query_map(values, |row| row.get(0))?.collect()
            })
            .map_err(|error| self.sql(error))?;
        let mut loose = Vec::new();
        for no in numbers.into_iter().rev() {
            let pack = PackNo(no as u64);
            let Some(standing) = self.standing(Unit::Pack(pack), None)? else {
                continue;
            };
            if let Identity::Pack(identity) = standing.identity
                && standing.inside.is_empty()
                && standing.end.is_none()
            {
                let serial = identity.serial;
                loose.push(RestoredOnward { lane, pack, serial });
            }
        }
        Ok(loose)
    }

    /// Of the newest `most` closed containers of a level those that were closed at this point and lie in no other one,
    /// back to the newest that lies in one or was closed elsewhere; oldest first.
    ///
    /// # Errors
    /// When reading fails.
    pub fn closed_and_loose(
        &self,
        level: Level,
        point: PointId,
        most: usize,
    ) -> Result<Vec<(ContainerNo, ContainerCode)>, StoreError> {
        let numbers = self.newest("state = 2", level, most)?;
        let mut loose = Vec::new();
        for no in numbers {
            let container = ContainerNo(no as u64);
            let standing = self.standing(Unit::Container(container), None)?;
            let Some(standing) = standing.filter(|standing| standing.inside.is_empty()) else {
                break;
            };
            if !self.was_closed_at(container, point)? {
                break;
            }
            if let (Identity::Container(identity), None) = (standing.identity, standing.end) {
                loose.push((container, identity.code));
            }
        }
        loose.reverse();
        Ok(loose)
    }

    /// The newest `most` containers of a level of which this holds (SQL), the newest first.
    fn newest(&self, holds: &str, level: Level, most: usize) -> Result<Vec<i64>, StoreError> {
        let sql = format!(
            "SELECT container FROM containers WHERE {holds} AND level = ?1
             ORDER BY container DESC LIMIT ?2"
        );
        let mut found = self
            .connection
            .prepare_cached(&sql)
            .map_err(|error| self.sql(error))?;
        found
            .query_map((level.0, most as i64), |row| row.get(0))
            .and_then(Iterator::collect)
            .map_err(|error| self.sql(error))
    }

    /// The last record that closed a container is of this point.
    fn was_closed_at(&self, container: ContainerNo, point: PointId) -> Result<bool, StoreError> {
        for seq in self.records_of_container(container)?.into_iter().rev() {
            let stored = restore::record(self.connection, self.path, seq as i64)?;
            if let Some(stored) = stored
                && let Fact::Packaging(PackagingFact::Closed { container: of, .. }) =
                    stored.record.fact
                && of == container
            {
                return Ok(stored.record.point == point);
            }
        }
        Ok(false)
    }

    /// The newest `most` open containers of a level that have room.
    ///
    /// # Errors
    /// When reading fails.
    pub fn open_with_room(
        &self,
        level: Level,
        most: usize,
    ) -> Result<Vec<ContainerCode>, StoreError> {
        let numbers = self.newest(
            "state = 1 AND (capacity IS NULL OR inside < capacity)",
            level,
            most,
        )?;
        let mut open = Vec::with_capacity(numbers.len());
        for no in numbers {
            let row = container_row::read(self.connection, no).map_err(|error| self.sql(error))?;
            open.extend(row.map(|row| row.code));
        }
        Ok(open)
    }

    /// The last record that put something directly into a container or took it out, or opened it again.
    ///
    /// # Errors
    /// When reading fails.
    pub fn changed_at(&self, container: ContainerNo) -> Result<u64, StoreError> {
        let no = i64::try_from(container.0).unwrap_or(i64::MAX);
        let runs = run::inside(self.connection, no).map_err(|error| self.sql(error))?;
        let moved = runs
            .iter()
            .flat_map(|run| [Some(run.filled_seq), run.to_seq]);
        let mut changed = moved.flatten().max().unwrap_or(0) as u64;
        for seq in self.records_of_container(container)?.into_iter().rev() {
            if seq <= changed {
                break;
            }
            if let Some(PackagingFact::Reopened { .. }) = self.said_of(container, seq)? {
                changed = seq;
            }
        }
        Ok(changed)
    }

    /// What a record says of a container, if it is about that one.
    fn said_of(
        &self,
        container: ContainerNo,
        seq: u64,
    ) -> Result<Option<PackagingFact>, StoreError> {
        let stored = restore::record(self.connection, self.path, seq as i64)?;
        Ok(stored.and_then(|stored| match stored.record.fact {
            Fact::Packaging(fact) if fact.container() == Some(container) => Some(fact),
            _ => None,
        }))
    }
}
