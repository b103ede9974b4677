//! Where the modules of a symbol lie in the picture. PURE.
//!
//! Module coordinates: the origin is the outer top-left corner of the symbol in its own orientation (solid finder left
//! and below, clock track above and right), x counts columns to the right, y rows down; module `(row, column)` covers
//! `[column, column + 1) × [row, row + 1)`. Picture coordinates as in [`Frame`](super::frame::Frame).

use super::geometry::{Homography, Point};
use super::size::Size;

/// A symbol's grid in the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// The symbol's size in modules.
    pub size: &'static Size,
    /// From module coordinates to picture coordinates.
    pub to_picture: Homography,
    /// Light modules on a dark ground.
    pub inverted: bool,
}

impl Grid {
    /// Where a place in module coordinates lies in the picture.
    #[inline]
    pub fn at(&self, x: f32, y: f32) -> Point {
        self.to_picture.point(x, y)
    }

    /// The centre of a module in the picture.
    #[inline]
    pub fn centre(&self, row: usize, column: usize) -> Point {
        self.at(column as f32 + 0.5, row as f32 + 0.5)
    }

    /// The symbol's outer corners in the picture: top left, top right, bottom right, bottom left of the symbol itself,
    /// however it lies.
    pub fn corners(&self) -> [Point; 4] {
        let (across, down) = (self.size.columns as f32, self.size.rows as f32);
        [(0.0, 0.0), (across, 0.0), (across, down), (0.0, down)].map(|(x, y)| self.at(x, y))
    }

    /// Mean module spacing along columns and along rows, in pixels.
    pub fn pitch_px(&self) -> (f32, f32) {
        let [tl, tr, br, bl] = self.corners();
        let (columns, rows) = (self.size.columns as f32, self.size.rows as f32);
        (
            (tl.distance(tr) + bl.distance(br)) / 2.0 / columns,
            (tl.distance(bl) + tr.distance(br)) / 2.0 / rows,
        )
    }

    /// Whether the symbol is seen in a mirror: its corners run against the clock.
    pub fn mirrored(&self) -> bool {
        let c = self.corners();
        let area: f32 = (0..4)
            .map(|at| {
                let (a, b) = (c[at], c[(at + 1) % 4]);
                a.x * b.y - b.x * a.y
            })
            .sum();
        area < 0.0
    }
}
