//! Points and plane projective maps. PURE.

/// A place; pixels or modules, as the owner says.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Down.
    pub y: f32,
}

impl Point {
    /// A place.
    pub fn new(x: f32, y: f32) -> Point {
        Point { x, y }
    }

    /// Distance to another place.
    pub fn distance(self, other: Point) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// A plane projective map, 3 × 3 row by row: `(x, y)` goes to `((m0 x + m1 y + m2) / w, (m3 x + m4 y + m5) / w)` with
/// `w = m6 x + m7 y + m8`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Homography(pub [f64; 9]);

impl Homography {
    /// Everything stays where it is.
    pub const IDENTITY: Homography = Homography([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);

    /// A shift.
    pub fn shift(x: f64, y: f64) -> Homography {
        Homography([1.0, 0.0, x, 0.0, 1.0, y, 0.0, 0.0, 1.0])
    }

    /// A stretch of both axes about the origin.
    pub fn scale(x: f64, y: f64) -> Homography {
        Homography([x, 0.0, 0.0, 0.0, y, 0.0, 0.0, 0.0, 1.0])
    }

    /// Where a place goes.
    #[inline]
    pub fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        let m = &self.0;
        let w = m[6] * x + m[7] * y + m[8];
        (
            (m[0] * x + m[1] * y + m[2]) / w,
            (m[3] * x + m[4] * y + m[5]) / w,
        )
    }

    /// Where a place goes, in single precision.
    #[inline]
    pub fn point(&self, x: f32, y: f32) -> Point {
        let (x, y) = self.apply(f64::from(x), f64::from(y));
        Point::new(x as f32, y as f32)
    }

    /// First `self`, then `next`.
    pub fn then(&self, next: &Homography) -> Homography {
        let (a, b) = (&next.0, &self.0);
        let mut product = [0.0; 9];
        for (at, cell) in product.iter_mut().enumerate() {
            let (row, column) = (at / 3, at % 3);
            *cell = (0..3)
                .map(|k| a[row * 3 + k] * b[k * 3 + column])
                .sum::<f64>();
        }
        Homography(product)
    }

    /// The determinant of the 3 × 3 matrix; its sign together with that of `w` tells whether the map mirrors.
    pub fn determinant(&self) -> f64 {
        let m = &self.0;
        m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6])
            + m[2] * (m[3] * m[7] - m[4] * m[6])
    }

    /// The map backwards; `None` when there is none.
    pub fn inverse(&self) -> Option<Homography> {
        let m = &self.0;
        let determinant = self.determinant();
        let largest = m.iter().fold(0.0f64, |most, cell| most.max(cell.abs()));
        if !(determinant.is_finite() && determinant.abs() > 1e-12 * largest.powi(3)) {
            return None;
        }
        let minor =
            |a: usize, b: usize, c: usize, d: usize| (m[a] * m[d] - m[b] * m[c]) / determinant;
        Some(Homography([
            minor(4, 5, 7, 8),
            minor(2, 1, 8, 7),
            minor(1, 2, 4, 5),
            minor(5, 3, 8, 6),
            minor(0, 2, 6, 8),
            minor(2, 0, 5, 3),
            minor(3, 4, 6, 7),
            minor(1, 0, 7, 6),
            minor(0, 1, 3, 4),
        ]))
    }

    /// The map that takes the unit square's corners `(0,0) (1,0) (1,1) (0,1)` to these four places; `None` when three
    /// of them lie on a line.
    pub fn from_unit_square(to: [Point; 4]) -> Option<Homography> {
        let [a, b, c, d] = to.map(|p| (f64::from(p.x), f64::from(p.y)));
        let (dx1, dx2, sx) = (b.0 - c.0, d.0 - c.0, a.0 - b.0 + c.0 - d.0);
        let (dy1, dy2, sy) = (b.1 - c.1, d.1 - c.1, a.1 - b.1 + c.1 - d.1);
        let determinant = dx1 * dy2 - dx2 * dy1;
        if determinant.abs() < 1e-9 {
            return None;
        }
        let g = (sx * dy2 - dx2 * sy) / determinant;
        let h = (dx1 * sy - sx * dy1) / determinant;
        let map = Homography([
            b.0 - a.0 + g * b.0,
            d.0 - a.0 + h * d.0,
            a.0,
            b.1 - a.1 + g * b.1,
            d.1 - a.1 + h * d.1,
            a.1,
            g,
            h,
            1.0,
        ]);
        map.inverse().map(|_| map)
    }
}

#[cfg(test)]
mod test {
    use super::*;
    use proptest::prelude::*;

    fn near(a: (f64, f64), b: (f64, f64)) -> bool {
        (a.0 - b.0).abs() < 1e-3 && (a.1 - b.1).abs() < 1e-3
    }

    proptest! {
        #[test]
        fn corners_go_where_they_are_told_and_back(
            x in 0.0f32..500.0, y in 0.0f32..500.0, side in 20.0f32..300.0, turn in 0.0f32..6.3,
            push in prop::array::uniform8(-0.2f32..0.2),
        ) {
            let corner = |at: usize| {
                let (u, v) = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)][at];
                let (u, v) = (side * (u + push[2 * at]), side * (v + push[2 * at + 1]));
                Point::new(x + u * turn.cos() - v * turn.sin(), y + u * turn.sin() + v * turn.cos())
            };
            let corners = [corner(0), corner(1), corner(2), corner(3)];
            let map = Homography::from_unit_square(corners).unwrap();
            let back = map.inverse().unwrap();
            for (at, (u, v)) in [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].into_iter().enumerate() {
                let to = (f64::from(corners[at].x), f64::from(corners[at].y));
                prop_assert!(near(map.apply(u, v), to));
                prop_assert!(near(back.apply(to.0, to.1), (u, v)));
            }
            let both = map.then(&back);
            prop_assert!(near(both.apply(0.3, 0.7), (0.3, 0.7)));
        }
    }

    #[test]
    fn no_map_comes_of_three_corners_on_a_line() {
        let line = [0.0, 1.0, 2.0].map(|x| Point::new(x, x));
        assert_eq!(
            Homography::from_unit_square([line[0], line[1], line[2], Point::new(0.0, 5.0)]),
            None
        );
        assert_eq!(Homography([0.0; 9]).inverse(), None);
    }
}
