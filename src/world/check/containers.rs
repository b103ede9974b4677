//! Every child has one parent: a good pack is in exactly one container, of its own batch, in the order of the belt,
//! and no container holds more than it can. PURE.

use super::Evidence;
use crate::record::{ContainerNo, ContainerState, Fate, Identity, PackIdentity, Unit};
use crate::store::{StoreError, Whereabouts};
use std::collections::BTreeMap;

/// What the packs say of a container.
#[derive(Debug, Default)]
struct Held {
    packs: u32,
    first: u64,
    last: u64,
}

pub fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let reader = evidence.floor.disk.reader();
    let good = evidence
        .rows
        .iter()
        .filter(|row| row.fate == Some(Fate::Good) && row.batch.is_some());
    let found = reader.whereabouts(|ask| {
        let mut found = Vec::new();
        let mut held: BTreeMap<ContainerNo, Held> = BTreeMap::new();
        for row in good {
            match ask.standing(Unit::Pack(row.pack), None)? {
                Some(standing) => match (standing.inside.as_slice(), standing.identity) {
                    ([container], Identity::Pack(pack)) => {
                        take(held.entry(*container).or_default(), &pack);
                        found.extend(of_its_batch(ask, *container, &pack)?);
                    }
                    (inside, _) => {
                        found.push(format!("pack {} is in {inside:?}", row.pack.0));
                    }
                },
                None => found.push(format!("pack {} is nowhere", row.pack.0)),
            }
        }
        let mut before = 0;
        for (container, held) in held {
            found.extend(is_sound(ask, container, &held)?);
            if held.first <= before {
                found.push(format!("container {} was filled out of order", container.0));
            }
            before = held.last;
        }
        Ok(found)
    });
    found.unwrap_or_else(|error: StoreError| vec![error.to_string()])
}

fn take(held: &mut Held, pack: &PackIdentity) {
    held.packs += 1;
    held.last = held.last.max(pack.pack.0);
    if held.first == 0 {
        held.first = pack.pack.0;
    }
}

fn of_its_batch(
    ask: &Whereabouts<'_>,
    container: ContainerNo,
    pack: &PackIdentity,
) -> Result<Option<String>, StoreError> {
    let Some(Identity::Container(row)) = ask.identity(Unit::Container(container))? else {
        return Ok(Some(format!("container {} has no row", container.0)));
    };
    let other = row.batch != pack.batch;
    Ok(other.then(|| {
        format!(
            "pack {} of {:?} is in a container of {:?}",
            pack.pack.0, pack.batch, row.batch
        )
    }))
}

fn is_sound(
    ask: &Whereabouts<'_>,
    container: ContainerNo,
    held: &Held,
) -> Result<Option<String>, StoreError> {
    let Some(Identity::Container(row)) = ask.identity(Unit::Container(container))? else {
        return Ok(None); // told already
    };
    let most = row.capacity.unwrap_or(u32::MAX);
    let full = held.packs == most;
    let state = match full {
        true => ContainerState::Closed,
        false => ContainerState::Open,
    };
    let sound = row.inside == held.packs && held.packs <= most && row.state == state;
    Ok((!sound).then(|| {
        format!(
            "container {} of {most} holds {} packs, its row says {} and {}",
            container.0,
            held.packs,
            row.inside,
            row.state.name()
        )
    }))
}
