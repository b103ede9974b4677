//! What the store cannot say of containers without the station file, asked at a start.

use crate::gs1::Sscc;
use crate::line::labelling::LABELS_DUE_MAX;
use crate::line::packing::PackingPlan;
use crate::packaging::SsccRange;
use crate::record::{BatchNo, LaneNo, Level, RestoredFull, RestoredOnward, RestoredStacking};
use crate::store::{Reader, StoreError, Whereabouts};

/// The greatest SSCC of the station's range that a container has.
///
/// # Errors
/// When reading fails.
pub fn last_sscc(reader: &Reader, plan: &PackingPlan) -> Result<Option<Sscc>, StoreError> {
    match plan.sscc {
        None => Ok(None),
        Some(range) => reader.whereabouts(|ask| last_of(ask, range)),
    }
}

/// The containers that wait for their label, or for its reading.
///
/// # Errors
/// When reading fails.
pub fn full_containers(
    reader: &Reader,
    plan: &PackingPlan,
) -> Result<Vec<RestoredFull>, StoreError> {
    let levels = (1..=plan.hierarchy.levels.len() as u8).map(Level);
    let printing = levels.filter(|level| plan.labels_by_itself(*level));
    let mut full = Vec::new();
    for level in printing {
        full.extend(reader.whereabouts(|ask| ask.full_and_open(level, LABELS_DUE_MAX))?);
    }
    full.sort_by_key(|one| one.container);
    Ok(full)
}

/// Most containers of a level that are looked back at after a restart.
pub const STACKED_BACK_MAX: usize = 256;

/// The containers between the scan points of the station's belts, the oldest first.
///
/// # Errors
/// When reading fails.
pub fn stacking(reader: &Reader, plan: &PackingPlan) -> Result<Vec<RestoredStacking>, StoreError> {
    let mut found = Vec::new();
    for here in plan
        .points
        .iter()
        .filter(|here| here.closes && here.in_order)
    {
        let level = here.fills;
        let is_read = plan
            .hierarchy
            .plan(level)
            .is_some_and(|plan| plan.label.is_read());
        if is_read {
            let full = reader.whereabouts(|ask| ask.full_and_open(level, STACKED_BACK_MAX))?;
            found.extend(full.into_iter().map(|full| RestoredStacking {
                level,
                container: full.container,
                code: full.code,
                closed: false,
            }));
        }
        let mut points = plan.points.iter();
        if points.any(|above| above.closes && above.in_order && above.fills > level) {
            let closed =
                |ask: &Whereabouts<'_>| ask.closed_and_loose(level, here.point, STACKED_BACK_MAX);
            let closed = reader.whereabouts(closed)?;
            found.extend(
                closed
                    .into_iter()
                    .map(|(container, code)| RestoredStacking {
                        level,
                        container,
                        code,
                        closed: true,
                    }),
            );
        }
    }
    Ok(found)
}

/// Further good packs of a lane that are looked at after a restart, beyond those that may lie between gate and reader.
pub const LOOKED_BACK_MAX: usize = 1_000;

/// The good packs of the open batch that a reader behind the gates did not see into a container, as many of each lane
/// as lie between its gate and the reader; none where there is no such reader.
///
/// # Errors
/// When reading fails.
pub fn onward(
    reader: &Reader,
    plan: &PackingPlan,
    batch: BatchNo,
    lanes: &[LaneNo],
) -> Result<Vec<RestoredOnward>, StoreError> {
    let Some(behind) = plan.reader else {
        return Ok(Vec::new());
    };
    let mut packs = Vec::new();
    for lane in lanes {
        let of_lane = |ask: &Whereabouts<'_>| {
            ask.good_and_loose(batch, *lane, behind.behind_gate_max + LOOKED_BACK_MAX)
        };
        packs.extend(reader.whereabouts(of_lane)?);
    }
    Ok(packs)
}

/// The greatest SSCC of this range that a container has, as it stands in one state of the store.
///
/// # Errors
/// When reading fails.
pub(super) fn last_of(ask: &Whereabouts<'_>, range: SsccRange) -> Result<Option<Sscc>, StoreError> {
    let last = ask.last_sscc(range.first * 10, range.last * 10 + 9)?;
    Ok(last.and_then(|last| Sscc::of_body(last / 10).ok()))
}
