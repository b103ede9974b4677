//! Whether a lattice that has begun to grow is worth growing on. PURE.

use super::fit::InStep;
use super::lattice::Start;

/// Above zero where a lattice may lead to a symbol.
///
/// A straight line between what grows on symbols and what grows over text, bars and other codes. In its favour: tiles
/// in step, and a clear period at the start. Against it: edges that scatter; tiles that are clearer than their number
/// promises (text and bars are clear where they are in step at all, a blurred symbol is faint everywhere); growth
/// beyond a fifth of a module (strokes that have nothing to do with the lattice lie anywhere, half a module off as
/// well as not at all); two pitches that differ. Measured on frames of every kind of damage, in any ring of growth:
/// of lattices that led to a symbol two or three in a thousand are below zero, of those that led nowhere seven of
/// ten.
pub fn promise(start: &Start, in_step: &InStep, share: f32, growth: [f32; 2]) -> f32 {
    let pitches = start.along.max(start.across) / start.along.min(start.across);
    let growth = growth[0].abs().max(growth[1].abs());
    2.4 + 2.6 * share + 8.4 * start.clarity.min(0.3)
        - 23.0 * in_step.rms
        - 2.7 * in_step.clarity
        - 8.0 * (growth - 0.2).max(0.0)
        - 8.0 * (pitches - 1.0)
}

/// The same for a lattice of which one axis is measured alone: what is smeared along one axis is sharp along the other.
pub fn smeared_promise(in_step: &InStep) -> f32 {
    0.085 - in_step.rms
}
