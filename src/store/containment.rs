//! What follows from records about containers and journeys: the rows of `containers`, `contained`, `container_records`,
//! `steps` and `lot_steps`.
//!
//! Whatever would make the rows contradict themselves is refused here, whoever asks: a unit in two places, a container
//! inside one of its own level, a closed one that is filled. What is merely not allowed is for who decides.

use super::container_row::{self, ContainerRow};
use super::projection::Refusal;
use super::rows::number;
use super::run::{self, Run, key_of};
use super::{codes, rows};
use crate::record::{
    ContainerNo, ContainerState, JourneyFact, PackNo, PackagingFact, Subject, Unit,
};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

type Applied = Result<(), Refusal>;

fn contradicts<T>(text: String) -> Result<T, Refusal> {
    Err(Refusal::Contradicts(text))
}

/// A container that is being filled, in memory.
#[derive(Debug)]
struct Filling {
    row: ContainerRow,
    /// The run that the next pack goes on with.
    end: Option<Run>,
    changed: bool,
}

/// Containers that are being filled; everything else is in the tables.
#[derive(Debug, Default)]
pub struct Containment {
    filling: BTreeMap<i64, Filling>,
}

impl Containment {
    /// Takes what follows from a record about containers; `good` says whether a pack is one that may be packed.
    pub fn apply(
        &mut self,
        connection: &Connection,
        seq: u64,
        fact: &PackagingFact,
        good: &mut dyn FnMut(PackNo) -> Result<bool, Refusal>,
    ) -> Applied {
        self.flush(connection)?;
        let seq = number(seq)?;
        match fact {
            PackagingFact::Begun {
                container,
                level,
                name,
                code,
                batch,
                capacity,
            } => {
                let row = ContainerRow {
                    level: *level,
                    name: name.clone(),
                    code: code.clone(),
                    batch: *batch,
                    capacity: *capacity,
                    state: ContainerState::Open,
                    inside: 0,
                    mixed: false,
                };
                begin(connection, *container, row)?;
            }
            PackagingFact::Put { container, units } => {
                put(connection, seq, *container, units, good)?;
            }
            PackagingFact::Taken { container, units } => {
                take(connection, seq, *container, units)?;
            }
            PackagingFact::Closed {
                container,
                units,
                mixed,
                ..
            } => close(connection, *container, *units, *mixed)?,
            // They say something of it and change nothing.
            PackagingFact::Labelled { container, .. }
            | PackagingFact::Pictured { container, .. } => {
                living(connection, *container)?;
            }
            PackagingFact::Reopened { container } => {
                let mut row = living(connection, *container)?;
                row.state = match row.state {
                    ContainerState::Open => ContainerState::Open,
                    _ => ContainerState::Changed,
                };
                container_row::write(connection, container.0 as i64, &row)?;
            }
            PackagingFact::Disaggregated { container } => {
                let mut row = living(connection, *container)?;
                (row.state, row.inside) = (ContainerState::Disaggregated, 0);
                container_row::write(connection, container.0 as i64, &row)?;
                run::empty(connection, container.0 as i64, seq)?;
            }
            PackagingFact::Ended { unit, end } => {
                exists(connection, *unit, good)?;
                step(connection, seq, *unit, codes::of_end(*end), None)?;
            }
        }
        self.filling.clear();
        note(connection, seq, fact.container())?;
        for unit in fact.units() {
            if let Unit::Container(container) = unit {
                note(connection, seq, Some(*container))?;
            }
        }
        Ok(())
    }

    /// Takes a step of a journey.
    pub fn travel(&mut self, connection: &Connection, seq: u64, fact: &JourneyFact) -> Applied {
        let seq = number(seq)?;
        let code = codes::of_step(fact.step);
        let partner = fact.partner.as_ref().map(|gln| gln.as_str());
        for subject in &fact.subjects {
            match subject {
                Subject::Unit(unit) => {
                    step(connection, seq, *unit, code, partner)?;
                    if let Unit::Container(container) = unit {
                        note(connection, seq, Some(*container))?;
                    }
                }
                Subject::Lot { gtin, lot } => {
                    connection
                        .prepare_cached(
                            "INSERT INTO lot_steps (gtin, lot, seq, step, partner)
                             VALUES (?1, ?2, ?3, ?4, ?5)",
                        )?
                        .execute(params![gtin.as_str(), lot.as_str(), seq, code, partner])?;
                }
            }
        }
        Ok(())
    }

    /// A pack fell into a container behind the gate.
    pub fn fall(
        &mut self,
        connection: &Connection,
        seq: u64,
        pack: PackNo,
        into: ContainerNo,
    ) -> Applied {
        let (seq, pack, no) = (number(seq)?, number(pack.0)?, number(into.0)?);
        let filling = match self.filling.entry(no) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(Filling {
                row: living(connection, into)?,
                end: None,
                changed: false,
            }),
        };
        if filling.row.state != ContainerState::Open {
            return contradicts(format!(
                "Container {no} is not open: pack {pack} cannot fall into it."
            ));
        }
        filling.row.inside += 1;
        if !filling.end.as_ref().is_some_and(|end| end.extends_to(pack)) {
            if let Some(end) = filling.end.take().filter(|_| filling.changed) {
                end.write(connection)?;
            }
            filling.end = run::open_end(connection, no, pack)?.filter(|end| end.extends_to(pack));
        }
        filling.changed = true;
        match &mut filling.end {
            Some(end) => (end.last, end.filled_seq) = (pack, seq),
            none => {
                *none = Some(Run {
                    kind: 0,
                    first: pack,
                    last: pack,
                    from_seq: seq,
                    filled_seq: seq,
                    to_seq: None,
                    container: no,
                });
            }
        }
        Ok(())
    }

    /// Writes what was changed.
    pub fn flush(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        for (no, filling) in &mut self.filling {
            if std::mem::take(&mut filling.changed) {
                container_row::write(connection, *no, &filling.row)?;
                if let Some(end) = &filling.end {
                    end.write(connection)?;
                }
            }
        }
        Ok(())
    }
}

fn begin(connection: &Connection, container: ContainerNo, row: ContainerRow) -> Applied {
    let no = number(container.0)?;
    let last: i64 = connection
        .prepare_cached("SELECT coalesce(max(container), 0) FROM containers")?
        .query_row([], |row| row.get(0))?;
    if no <= last || row.level.0 == 0 {
        return contradicts(format!(
            "Container {no} cannot begin: its number is not a new one, or its level is that of packs."
        ));
    }
    Ok(container_row::write(connection, no, &row)?)
}

/// The container, if it is there and not disaggregated.
fn living(connection: &Connection, container: ContainerNo) -> Result<ContainerRow, Refusal> {
    let row = container_row::read(connection, number(container.0)?)?;
    match row.filter(|row| row.state != ContainerState::Disaggregated) {
        Some(row) => Ok(row),
        None => contradicts(format!(
            "Container {} is not known, or is no more.",
            container.0
        )),
    }
}

/// The unit is one that can be inside another; its level.
fn exists(
    connection: &Connection,
    unit: Unit,
    good: &mut dyn FnMut(PackNo) -> Result<bool, Refusal>,
) -> Result<u8, Refusal> {
    match unit {
        Unit::Pack(pack) if good(pack)? => Ok(0),
        Unit::Pack(pack) => contradicts(format!("Pack {} is no good pack.", pack.0)),
        Unit::Container(container) => Ok(living(connection, container)?.level.0),
    }
}

fn put(
    connection: &Connection,
    seq: i64,
    container: ContainerNo,
    units: &[Unit],
    good: &mut dyn FnMut(PackNo) -> Result<bool, Refusal>,
) -> Applied {
    let mut row = living(connection, container)?;
    if row.state == ContainerState::Closed {
        return contradicts(format!(
            "Container {} is closed and takes nothing.",
            container.0
        ));
    }
    let mut runs: Vec<Run> = Vec::new();
    for unit in units {
        let (kind, no) = key_of(*unit);
        let level = exists(connection, *unit, good)?;
        let inside = run::now(connection, kind, no)?.is_some()
            || runs
                .iter()
                .any(|run| run.kind == kind && (run.first..=run.last).contains(&no));
        if level >= row.level.0 || inside {
            return contradicts(format!(
                "{unit:?} cannot be put into container {}: it is inside something, or of the same level or above.",
                container.0
            ));
        }
        match runs.last_mut() {
            Some(last) if last.kind == kind && last.extends_to(no) => last.last = no,
            _ => runs.push(Run {
                kind,
                first: no,
                last: no,
                from_seq: seq,
                filled_seq: seq,
                to_seq: None,
                container: container.0 as i64,
            }),
        }
    }
    runs.iter().try_for_each(|run| run.write(connection))?;
    row.inside += units.len() as u32;
    Ok(container_row::write(connection, container.0 as i64, &row)?)
}

fn take(connection: &Connection, seq: i64, container: ContainerNo, units: &[Unit]) -> Applied {
    let mut row = living(connection, container)?;
    for unit in units {
        let (kind, no) = key_of(*unit);
        let run = run::now(connection, kind, no)?;
        match run.filter(|run| run.container == container.0 as i64) {
            Some(run) => run.take_out(connection, no, seq)?,
            None => {
                return contradicts(format!("{unit:?} is not inside container {}.", container.0));
            }
        }
        row.inside -= 1;
    }
    if row.state == ContainerState::Closed {
        row.state = ContainerState::Changed;
    }
    Ok(container_row::write(connection, container.0 as i64, &row)?)
}

fn close(connection: &Connection, container: ContainerNo, units: u32, mixed: bool) -> Applied {
    let mut row = living(connection, container)?;
    if row.state == ContainerState::Closed || row.inside != units {
        return contradicts(format!(
            "Container {} cannot close with {units} units: it is closed, or holds {}.",
            container.0, row.inside
        ));
    }
    (row.state, row.mixed) = (ContainerState::Closed, mixed);
    Ok(container_row::write(connection, container.0 as i64, &row)?)
}

fn step(
    connection: &Connection,
    seq: i64,
    unit: Unit,
    step: i64,
    partner: Option<&str>,
) -> Applied {
    let (kind, no) = key_of(unit);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO steps (kind, unit, seq, step, partner)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![kind, no, seq, step, partner])?;
    Ok(())
}

/// This record speaks of this container.
fn note(connection: &Connection, seq: i64, container: Option<ContainerNo>) -> Applied {
    let Some(container) = container else {
        return Ok(());
    };
    connection
        .prepare_cached("INSERT OR IGNORE INTO container_records (container, seq) VALUES (?1, ?2)")?
        .execute([rows::number(container.0)?, seq])?;
    Ok(())
}
