//! A lattice of module edges: a projective map from pixels to coordinates whose whole numbers are edges. PURE.

use crate::vision::geometry::Homography;

/// Where a lattice starts: place in pixels of the field, angle in radians, pixels a module.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// Across.
    pub x: f32,
    /// Down.
    pub y: f32,
    /// Angle of the first axis.
    pub angle: f32,
    /// Pixels a module along the first axis.
    pub along: f32,
    /// Pixels a module along the second axis.
    pub across: f32,
    /// How clear the period is there, and how much the place looks like the frame's best: 0–1.
    pub clarity: f32,
    /// The axis, if any, along which everything is smeared: its edges tell nothing, its pitch is the other one's.
    pub smeared: Option<usize>,
}

/// A grown lattice.
#[derive(Debug, Clone, Copy)]
pub struct Lattice {
    /// From pixels of the field to lattice coordinates.
    pub to_lattice: Homography,
    /// How much wider dark is than it should be, in modules, along both axes.
    pub growth: [f32; 2],
    /// Share of edge energy in step, 0–1.
    pub clarity: f32,
    /// How far edges lie from whole numbers, root mean square over the tiles in step, in modules.
    pub rms: f32,
    /// Bounds of the tiles in step in lattice coordinates: least a, least b, greatest a, greatest b.
    pub bounds: [f32; 4],
    /// Tiles in step.
    pub tiles: usize,
    /// Lattice cells in a tile, at the start.
    pub cells_a_tile: f32,
}

impl Lattice {
    /// Cells within the bounds.
    pub fn area(&self) -> f32 {
        let [a0, b0, a1, b1] = self.bounds;
        (a1 - a0) * (b1 - b0)
    }

    /// Share of the bounds that tiles in step fill.
    pub fn filled(&self) -> f32 {
        self.tiles as f32 * self.cells_a_tile / self.area()
    }

    /// Whether a start lies in this lattice and has its period: growing from it would give the same once more.
    pub fn explains(&self, start: &Start) -> bool {
        let at = |x: f32, y: f32| self.to_lattice.apply(f64::from(x), f64::from(y));
        let (a, b) = at(start.x, start.y);
        let [a0, b0, a1, b1] = self.bounds.map(f64::from);
        if a < a0 || a > a1 || b < b0 || b > b1 {
            return false;
        }
        let (sin, cos) = start.angle.sin_cos();
        let reach = 8.0;
        let pitch = |x: f32, y: f32| {
            let to = at(start.x + reach * x, start.y + reach * y);
            f64::from(reach) / (to.0 - a).hypot(to.1 - b)
        };
        let near = |pitch: f64, other: f32| (pitch / f64::from(other) - 1.0).abs() < 0.07;
        near(pitch(cos, sin), start.along) && near(pitch(-sin, cos), start.across)
    }
}
