//! Where symbols may lie in a frame: texture → period → lattice → rectangle. PURE.
//!
//! [`Locator::search`] offers one candidate after the other, the likeliest first, until the caller has read one. Nothing here
//! asks for an unbroken finder: a place with edges in two directions gives angle and period, the period grows into a lattice
//! of module edges, and the rectangle of cells whose rim looks most like finder, clock track and quiet zone is offered.

mod cells;
mod extent;
mod gradient;
mod lattice;
mod period;
mod texture;

pub use cells::Cells;
pub use extent::{Rectangle, Wanted};
pub use gradient::{Gradients, Scaled, Window};
pub use lattice::Lattice;

use super::frame::Frame;
use super::geometry::Homography;
use super::grid::Grid;
use super::size::Size;
use extent::Extents;
use lattice::{Grower, Start};
use period::{Period, Periods};
use texture::Texture;

/// A candidate: a rectangle of sampled cells.
pub struct Candidate<'a> {
    /// The rectangle.
    pub rectangle: Rectangle,
    /// The cells it is cut from.
    pub cells: &'a Cells,
    /// From lattice coordinates to the frame's pixels.
    pub to_picture: Homography,
}

impl Candidate<'_> {
    /// Size in modules.
    pub fn size(&self) -> &'static Size {
        self.rectangle.size
    }

    /// Module values in the symbol's own orientation, dark positive.
    pub fn soft(&self, mirrored: bool, soft: &mut Vec<f32>) {
        let size = self.size();
        let sign = if self.rectangle.inverted { -1.0 } else { 1.0 };
        soft.clear();
        for row in 0..size.rows {
            for column in 0..size.columns {
                let (r, c) = self.rectangle.cell(row, column, mirrored);
                soft.push(self.cells.soft[r * self.cells.columns + c] * sign);
            }
        }
    }

    /// Its grid in the frame.
    pub fn grid(&self, mirrored: bool) -> Grid {
        let to_lattice =
            Homography::shift(f64::from(self.cells.first_a), f64::from(self.cells.first_b));
        Grid {
            size: self.size(),
            to_picture: self
                .rectangle
                .to_cells(mirrored)
                .then(&to_lattice)
                .then(&self.to_picture),
            inverted: self.rectangle.inverted,
        }
    }
}

/// Most lattices grown in one search.
const TRIED_MAX: usize = 8;

/// Finds symbols; keeps its scratch between frames.
#[derive(Default)]
pub struct Locator {
    half: Scaled,
    coarse: Gradients,
    fine: Gradients,
    texture: Texture,
    periods: Periods,
    grower: Grower,
    cells: Cells,
    extents: Extents,
    starts: Vec<(f32, Start)>,
    trace: String,
}

impl Locator {
    /// What the last search came by.
    pub fn trace(&self) -> &str {
        &self.trace
    }

    /// Offers candidates until `offer` says that it has read one.
    pub fn search(
        &mut self,
        frame: &Frame<'_>,
        offer: &mut dyn FnMut(&Candidate<'_>) -> bool,
    ) -> bool {
        self.trace.clear();
        self.half.halve(frame);
        let half = self.half.frame();
        let all = Window {
            left: 0,
            top: 0,
            width: half.width(),
            height: half.height(),
        };
        self.coarse.compute(&half, all);
        self.texture.find(&self.coarse, 24);
        let all = Window {
            left: 0,
            top: 0,
            width: frame.width(),
            height: frame.height(),
        };
        self.fine.compute(frame, all);
        let mut tried: [Option<Lattice>; TRIED_MAX] = [None; TRIED_MAX];
        let mut count = 0;
        let mut from = 0;
        for batch in [4, 20] {
            let to = (from + batch).min(self.texture.places.len());
            self.gather_starts(from..to);
            from = to;
            for at in 0..self.starts.len() {
                let (_, start) = self.starts[at];
                let again = |lattice: &Lattice| lattice.rms < 0.08 && lattice.explains(&start);
                if count == TRIED_MAX {
                    break;
                }
                if tried[..count].iter().flatten().any(again) {
                    continue;
                }
                let Some(lattice) = self.grower.grow(&self.fine, start, 400.0) else {
                    continue;
                };
                tried[count] = Some(lattice);
                count += 1;
                if self.offer_lattice(frame, &lattice, offer) {
                    return true;
                }
            }
        }
        false
    }

    fn offer_lattice(
        &mut self,
        frame: &Frame<'_>,
        lattice: &Lattice,
        offer: &mut dyn FnMut(&Candidate<'_>) -> bool,
    ) -> bool {
        use std::fmt::Write;
        let Some(to_picture) = lattice.to_lattice.inverse() else {
            return false;
        };
        if lattice.rms > 0.1 {
            let _ = write!(self.trace, "| slipped rms {:.3}", lattice.rms);
            return false;
        }
        self.cells.sample(frame, lattice, &to_picture);
        self.extents.find(
            &self.cells,
            Wanted {
                size: None,
                rectangles: false,
                keep: 8,
                score_min: 3.0,
            },
        );
        let _ = write!(
            self.trace,
            "| lattice tiles {} rms {:.3} clarity {:.2} growth {:?} bounds {:?} best {:?}",
            lattice.tiles,
            lattice.rms,
            lattice.clarity,
            lattice.growth,
            lattice.bounds,
            self.extents
                .best
                .first()
                .map(|b| (b.size.rows, b.score, b.inverted))
        );
        let mut to_picture = to_picture;
        if let Some(best) = self.extents.best.first()
            && best.fit() < 0.85
        {
            let (a, b) = (
                self.cells.first_a as f32 + best.column as f32,
                self.cells.first_b as f32 + best.row as f32,
            );
            let (w, h) = if (best.turn % 2 == 1) != best.mirrored {
                (best.size.rows, best.size.columns)
            } else {
                (best.size.columns, best.size.rows)
            };
            let part = [a - 1.0, b - 1.0, a + w as f32 + 1.0, b + h as f32 + 1.0];
            if let Some(again) = self.grower.refit(&self.fine, lattice, part)
                && let Some(back) = again.to_lattice.inverse()
            {
                to_picture = back;
                self.cells.sample(frame, &again, &to_picture);
                self.extents.find(
                    &self.cells,
                    Wanted {
                        size: None,
                        rectangles: false,
                        keep: 8,
                        score_min: 3.0,
                    },
                );
                let _ = write!(
                    self.trace,
                    " REFIT rms {:.3} tiles {} best {:?}",
                    again.rms,
                    again.tiles,
                    self.extents.best.first().map(|b| (b.size.rows, b.score))
                );
            }
        }
        self.extents.best.iter().any(|rectangle| {
            offer(&Candidate {
                rectangle: *rectangle,
                cells: &self.cells,
                to_picture,
            })
        })
    }

    fn gather_starts(&mut self, places: std::ops::Range<usize>) {
        self.starts.clear();
        let best = self.texture.places.first().map_or(1.0, |place| place.score);
        for place in &self.texture.places[places] {
            let mut found = [Period {
                along: 0.0,
                across: 0.0,
                clarity: 0.0,
            }; 3];
            let (x, y) = (2.0 * place.x, 2.0 * place.y);
            let count = self
                .periods
                .find(&self.fine, (x, y), place.angle, (2.4, 10.0), &mut found);
            for (at, period) in found[..count].iter().enumerate() {
                let same = |other: &Period| {
                    (other.along / period.along - 1.0).abs() < 0.08
                        && (other.across / period.across - 1.0).abs() < 0.08
                };
                if found[..at].iter().any(same) {
                    continue;
                }
                let start = Start {
                    x,
                    y,
                    angle: place.angle,
                    along: period.along,
                    across: period.across,
                };
                self.starts
                    .push((period.clarity * (place.score / best).sqrt(), start));
            }
        }
        self.starts.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    }
}
