//! How sharp a picture is: the blur of lens, motion and print, measured at the finder's outer edges. PURE.
//!
//! There a straight dark bar meets an empty quiet zone, row by row and column by column, so the steepest place of the
//! profile across it says how wide the transition is. Edges inside the symbol have neighbours half a module away, which
//! hide a strong blur.

use super::super::frame::Frame;
use super::super::grid::Grid;
use super::light::Light;

/// Samples of a profile for each module.
const SAMPLES: usize = 16;
/// Where a profile begins, in modules outside the edge; it ends half a module inside.
const OUTSIDE: f32 = 1.0;
/// Samples in a profile.
const LENGTH: usize = SAMPLES + SAMPLES / 2 + 1;
/// Distance of the two samples whose difference is a slope, in samples.
const APART: usize = SAMPLES / 4;

/// Standard deviation of the blur in modules, across and down: at the left and at the lower bar of the finder. `None`
/// for one where no edge can be measured.
///
/// A Gaussian edge of height h has its steepest slope `h ∕ (σ √(2π))`; the difference over a quarter of a module adds
/// the variance of a box of that width, which is taken off again.
pub(super) fn blur(frame: &Frame<'_>, grid: &Grid, light: &Light) -> [Option<f32>; 2] {
    let (columns, rows) = (grid.size.columns as f32, grid.size.rows as f32);
    let left = |lane: usize, off: f32| (off, lane as f32 + 0.5);
    let lower = |lane: usize, off: f32| (lane as f32 + 0.5, rows - off);
    [
        edge(frame, grid, light, (rows as usize, &left)),
        edge(frame, grid, light, (columns as usize, &lower)),
    ]
}

/// A place in modules: by lane along the edge, and by how far inside the symbol it lies.
type Place<'p> = &'p dyn Fn(usize, f32) -> (f32, f32);

fn edge(
    frame: &Frame<'_>,
    grid: &Grid,
    light: &Light,
    (lanes, place): (usize, Place<'_>),
) -> Option<f32> {
    let mut of_lanes = Vec::with_capacity(lanes);
    let mut profile = [0.0f32; LENGTH];
    for (sample, grey) in profile.iter_mut().enumerate() {
        let off = sample as f32 / SAMPLES as f32 - OUTSIDE;
        of_lanes.clear();
        for lane in 0..lanes {
            let (column, row) = place(lane, off);
            let at = grid.at(column, row);
            let inside = at.x >= 0.0
                && at.y >= 0.0
                && at.x < frame.width() as f32
                && at.y < frame.height() as f32;
            if inside {
                of_lanes.push(frame.grey(at.x, at.y));
            }
        }
        // Half of the lanes at least: a bar that is cut off says nothing.
        if 2 * of_lanes.len() < lanes {
            return None;
        }
        of_lanes.sort_unstable_by(f32::total_cmp);
        *grey = of_lanes[of_lanes.len() / 2];
    }
    let towards = if light.paper > light.ink { -1.0 } else { 1.0 };
    let steepest = (APART..LENGTH)
        .map(|at| towards * (profile[at] - profile[at - APART]))
        .fold(0.0f32, f32::max);
    if steepest <= 0.0 {
        return None;
    }
    let step = APART as f32 / SAMPLES as f32;
    let sigma = light.contrast() * step / (steepest * std::f32::consts::TAU.sqrt());
    Some((sigma * sigma - step * step / 12.0).max(0.0).sqrt())
}
