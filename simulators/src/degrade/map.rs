//! Plane projective maps between sheet, label and picture. PURE.

/// `(x, y)` goes to `((m0 x + m1 y + m2) / w, (m3 x + m4 y + m5) / w)`, `w = m6 x + m7 y + m8`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Map(pub [f64; 9]);

impl Map {
    /// The map that takes the rectangle from the origin to `(width, height)` to these corners: top
    /// left, top right, bottom right, bottom left (Heckbert 1989, section 2.2.3).
    pub fn of_rectangle(width: f64, height: f64, corners: [(f64, f64); 4]) -> Map {
        let [a, b, c, d] = corners;
        let (dx1, dx2, sx) = (b.0 - c.0, d.0 - c.0, a.0 - b.0 + c.0 - d.0);
        let (dy1, dy2, sy) = (b.1 - c.1, d.1 - c.1, a.1 - b.1 + c.1 - d.1);
        let determinant = dx1 * dy2 - dx2 * dy1;
        assert!(determinant != 0.0, "three corners never lie on one line");
        let g = (sx * dy2 - dx2 * sy) / determinant;
        let h = (dx1 * sy - sx * dy1) / determinant;
        Map([
            (b.0 - a.0 + g * b.0) / width,
            (d.0 - a.0 + h * d.0) / height,
            a.0,
            (b.1 - a.1 + g * b.1) / width,
            (d.1 - a.1 + h * d.1) / height,
            a.1,
            g / width,
            h / height,
            1.0,
        ])
    }

    /// A turn by `angle` (radians) and a stretch about the origin, then a shift to `(x, y)`.
    pub fn placed(angle: f64, scale: f64, (x, y): (f64, f64)) -> Map {
        let (sin, cos) = (angle.sin() * scale, angle.cos() * scale);
        Map([cos, -sin, x, sin, cos, y, 0.0, 0.0, 1.0])
    }

    /// A stretch about the origin, then a shift.
    pub fn scaled(scale: f64, shift: (f64, f64)) -> Map {
        Map::placed(0.0, scale, shift)
    }

    /// Where a place goes, and the `w` there: not positive beyond the horizon.
    pub fn apply(&self, x: f64, y: f64) -> ((f64, f64), f64) {
        let m = &self.0;
        let w = m[6] * x + m[7] * y + m[8];
        let to = (m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5]);
        ((to.0 / w, to.1 / w), w)
    }

    /// First `self`, then `next`.
    pub fn then(&self, next: &Map) -> Map {
        let mut product = [0.0; 9];
        for (at, cell) in product.iter_mut().enumerate() {
            let (row, column) = (at / 3 * 3, at % 3);
            *cell = (0..3)
                .map(|k| next.0[row + k] * self.0[k * 3 + column])
                .sum();
        }
        Map(product)
    }

    /// The map backwards, up to a positive factor of all its numbers.
    pub fn inverse(&self) -> Map {
        let m = &self.0;
        let determinant = m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6])
            + m[2] * (m[3] * m[7] - m[4] * m[6]);
        assert!(determinant != 0.0, "a view never folds");
        let minor =
            |a: usize, b: usize, c: usize, d: usize| (m[a] * m[d] - m[b] * m[c]) / determinant;
        Map([
            minor(4, 5, 7, 8),
            minor(2, 1, 8, 7),
            minor(1, 2, 4, 5),
            minor(5, 3, 8, 6),
            minor(0, 2, 6, 8),
            minor(2, 0, 5, 3),
            minor(3, 4, 6, 7),
            minor(1, 0, 7, 6),
            minor(0, 1, 3, 4),
        ])
    }
}
