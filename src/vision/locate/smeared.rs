//! Symbols that motion smeared along one axis, by a module or two. PURE.
//!
//! What a camera saw while the label moved by 1.3 modules has no phase along the way it moved: edges are ramps that
//! run into each other, as many begin in the middle of a module as at its rim. Along the other axis it is as sharp as
//! ever. There the lattice is measured; across it, modules are as long as they are wide, and of where they begin four
//! guesses are sampled: the fixed pattern says which is right.

use super::Offer;
use super::extent::Rectangle;
use super::finder::{Finder, Search};
use super::lattice::{Lattice, Start};
use super::period::OneWay;
use crate::vision::geometry::Homography;

/// Guesses of where modules begin along the smeared axis.
const PHASES: usize = 4;

/// Where every second guess fits less than this there is no symbol.
const FIT_MIN: f32 = 0.5;

impl OneWay {
    /// Where the lattice of such a place starts.
    pub fn start(self, (x, y): (f32, f32), angle: f32) -> Start {
        Start {
            x,
            y,
            angle,
            along: self.pitch,
            across: self.pitch,
            clarity: self.clarity,
            smeared: Some(1 - self.axis),
        }
    }
}

impl Finder {
    /// Offers a lattice whose modules begin anywhere along one axis.
    pub(super) fn offer_smeared(
        &mut self,
        search: &Search<'_, '_>,
        lattice: &Lattice,
        axis: usize,
        offer: &mut Offer<'_>,
    ) -> bool {
        let mut best: Option<(f32, usize)> = None;
        for phase in [0, 2, 1, 3] {
            if phase == 1 && best.is_none_or(|(fit, _)| fit < FIT_MIN) {
                return false;
            }
            let guess = begun_at(lattice, axis, phase);
            if self.sample(search, &guess).is_none() {
                continue;
            }
            let fit = self.extents.best.first().map_or(0.0, Rectangle::fit);
            if best.is_none_or(|(other, _)| other < fit) {
                best = Some((fit, phase));
            }
        }
        let guess = best.map(|(_, phase)| begun_at(lattice, axis, phase));
        let to_picture = guess.and_then(|guess| self.sample(search, &guess));
        to_picture.is_some_and(|to_picture| self.offer_best(search, to_picture, offer))
    }
}

/// The lattice with its modules beginning so many quarters on along one axis.
fn begun_at(lattice: &Lattice, axis: usize, phase: usize) -> Lattice {
    let on = phase as f64 / PHASES as f64;
    let shift = match axis {
        0 => Homography::shift(on, 0.0),
        _ => Homography::shift(0.0, on),
    };
    Lattice {
        to_lattice: lattice.to_lattice.then(&shift),
        ..*lattice
    }
}
