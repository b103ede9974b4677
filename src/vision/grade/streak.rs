//! Faults of a print that lie in a line: dead elements (straight, along a column or row) and wrinkles (slanting). PURE.

use super::spacing::Axis;
use crate::vision::frame::Frame;
use crate::vision::geometry::Point;
use crate::vision::grid::Grid;

/// Positions looked at per module: its edge, and three places inside.
const QUARTERS: usize = 4;
/// From this share of the way from printed to bare on, a place that should be printed is missing.
const MISSING: f32 = 0.35;
/// A dead line misses at least this share of the places it crosses, and at least so many of them.
const DEAD_SHARE: f32 = 0.8;
const DEAD_PLACES_LEAST: u32 = 4;
/// How unlikely a chance alignment must be: the natural logarithm of one in about 20,000.
const CHANCE: f32 = 9.9;
/// Missing places are never taken for rarer than this.
const RATE_LEAST: f32 = 0.01;
/// More positions than this share dead along an axis are no element: the print is faint all over.
const DEAD_POSITIONS_MOST: f32 = 0.3;
/// Directions of wrinkles looked at, in degrees of their normal: nothing near a row or column, which dead elements own.
const SLANTS: [f32; 22] = [
    20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0, 55.0, 60.0, 65.0, 70.0, 110.0, 115.0, 120.0, 125.0,
    130.0, 135.0, 140.0, 145.0, 150.0, 155.0, 160.0,
];
/// A wrinkle spoils at least this share of the printed modules along it, at least so many, over at least this share of
/// the symbol's longer side.
const WRINKLE_SHARE: f32 = 0.6;
const WRINKLE_MODULES_LEAST: u32 = 6;
const WRINKLE_SPAN: f32 = 0.4;
/// Longest row of bins across a slanting direction: the diagonal of the largest symbol (144 × 144).
const BINS: usize = 420;

/// A printed module and whether it is spoilt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    /// Centre, in modules.
    pub(super) x: f32,
    pub(super) y: f32,
    /// It should be printed and is not, or not well.
    pub(super) spoilt: bool,
    /// Something found already explains it.
    pub(super) explained: bool,
}

/// A plane over the symbol: grey at the middle and its change per module to the right and down.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Plane {
    pub(super) middle: f32,
    pub(super) right: f32,
    pub(super) down: f32,
}

impl Plane {
    /// The least-squares plane through places (counted from the symbol's middle) with greys; flat where the places do
    /// not span a plane.
    pub(super) fn through(places: impl Iterator<Item = (f32, f32, f32)>) -> Plane {
        let (mut n, mut x, mut y, mut xx, mut xy, mut yy) = (0.0f64, 0.0, 0.0, 0.0, 0.0, 0.0);
        let (mut g, mut xg, mut yg) = (0.0f64, 0.0, 0.0);
        for (px, py, grey) in places {
            let (px, py, grey) = (f64::from(px), f64::from(py), f64::from(grey));
            n += 1.0;
            (x, y, g) = (x + px, y + py, g + grey);
            (xx, xy, yy) = (xx + px * px, xy + px * py, yy + py * py);
            (xg, yg) = (xg + px * grey, yg + py * grey);
        }
        if n == 0.0 {
            return Plane::default();
        }
        // About the mean of the places two unknowns are left.
        let (mx, my, mg) = (x / n, y / n, g / n);
        let (xx, xy, yy) = (xx - n * mx * mx, xy - n * mx * my, yy - n * my * my);
        let (xg, yg) = (xg - n * mx * mg, yg - n * my * mg);
        let determinant = xx * yy - xy * xy;
        if determinant.abs() <= 1e-6 * (xx * yy).abs() + 1e-9 {
            return Plane {
                middle: mg as f32,
                ..Plane::default()
            };
        }
        let right = (xg * yy - yg * xy) / determinant;
        let down = (yg * xx - xg * xy) / determinant;
        Plane {
            middle: (mg - right * mx - down * my) as f32,
            right: right as f32,
            down: down as f32,
        }
    }

    /// The grey at a place counted from the middle.
    pub(super) fn at(&self, x: f32, y: f32) -> f32 {
        self.middle + self.right * x + self.down * y
    }
}

/// The symbol with what print and bare ground look like in it.
pub(super) struct Print<'a> {
    pub(super) frame: &'a Frame<'a>,
    pub(super) grid: &'a Grid,
    /// Centres with the ring of quiet modules.
    pub(super) centres: &'a [Point],
    /// True is printed.
    pub(super) modules: &'a [bool],
    pub(super) printed: Plane,
    pub(super) bare: Plane,
}

/// A line along which nothing is printed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DeadLine {
    pub(super) axis: Axis,
    /// Distance from the symbol's left (or upper) edge, in modules.
    pub(super) at: f32,
    /// Breadth in modules, to a quarter.
    pub(super) breadth: f32,
    /// Share of the places on it that are missing.
    pub(super) share: f32,
}

/// What one position across an axis counts.
#[derive(Clone, Copy, Default)]
struct Count {
    places: u32,
    missing: u32,
}

impl Count {
    fn share(self) -> f32 {
        self.missing as f32 / self.places.max(1) as f32
    }

    /// Whether so many of these places are missing that chance cannot have done it, at the rate of all others.
    fn stands_out(self, all: Count) -> bool {
        let others = Count {
            places: all.places - self.places,
            missing: all.missing - self.missing,
        };
        let rate = others.share().max(RATE_LEAST);
        self.missing as f32 * (1.0 / rate).ln() > CHANCE
    }
}

impl Print<'_> {
    /// The share of the way from printed (0) to bare (1) of a grey at a place in modules.
    pub(super) fn bareness(&self, grey: f32, x: f32, y: f32) -> f32 {
        let size = self.grid.size;
        let (x, y) = (x - size.columns as f32 / 2.0, y - size.rows as f32 / 2.0);
        let (printed, bare) = (self.printed.at(x, y), self.bare.at(x, y));
        (grey - printed) / (bare - printed)
    }

    fn is_printed(&self, axis: Axis, position: usize, lane: usize) -> bool {
        let columns = self.grid.size.columns;
        match axis {
            Axis::Across => self.modules[lane * columns + position],
            Axis::Down => self.modules[position * columns + lane],
        }
    }

    /// Bareness on a module, `quarter` of the way through it along the axis.
    fn at_quarter(&self, axis: Axis, position: usize, quarter: usize, lane: usize) -> f32 {
        let ring = self.grid.size.columns + 2;
        let (stride, centre) = match axis {
            Axis::Across => (1, (lane + 1) * ring + position + 1),
            Axis::Down => (ring, (position + 1) * ring + lane + 1),
        };
        let (before, here, behind) = (
            self.centres[centre - stride],
            self.centres[centre],
            self.centres[centre + stride],
        );
        let t = quarter as f32 / QUARTERS as f32 - 0.5;
        let towards = if t < 0.0 { before } else { behind };
        let x = here.x + t.abs() * (towards.x - here.x);
        let y = here.y + t.abs() * (towards.y - here.y);
        let (along, beside) = (position as f32 + 0.5 + t, lane as f32 + 0.5);
        let (mx, my) = match axis {
            Axis::Across => (along, beside),
            Axis::Down => (beside, along),
        };
        self.bareness(self.frame.grey(x, y), mx, my)
    }

    fn count(&self, axis: Axis, position: usize, quarter: usize) -> Count {
        let size = self.grid.size;
        let lanes = match axis {
            Axis::Across => size.rows,
            Axis::Down => size.columns,
        };
        let mut count = Count::default();
        for lane in 0..lanes {
            let printed = self.is_printed(axis, position, lane);
            // Between two modules something is missing only if both should be printed.
            let both = quarter > 0 || (position > 0 && self.is_printed(axis, position - 1, lane));
            // A printed module between two bare ones, as all are along a clock track, is bared by mere blur.
            let before = lane > 0 && self.is_printed(axis, position, lane - 1);
            let behind = lane + 1 < lanes && self.is_printed(axis, position, lane + 1);
            if printed && both && (before || behind) {
                count.places += 1;
                count.missing +=
                    u32::from(self.at_quarter(axis, position, quarter, lane) > MISSING);
            }
        }
        count
    }

    /// Dead lines across an axis, told apart from chance; `found` is called for each.
    pub(super) fn dead_lines(&self, axis: Axis, mut found: impl FnMut(DeadLine)) {
        let positions = match axis {
            Axis::Across => self.grid.size.columns,
            Axis::Down => self.grid.size.rows,
        };
        let mut all = [Count::default(); QUARTERS];
        // The largest symbol has 144 modules a side.
        let mut counts = [Count::default(); 144 * QUARTERS];
        let counts = &mut counts[..positions * QUARTERS];
        for (at, count) in counts.iter_mut().enumerate() {
            *count = self.count(axis, at / QUARTERS, at % QUARTERS);
            let sum = &mut all[at % QUARTERS];
            sum.places += count.places;
            sum.missing += count.missing;
        }
        let judged = |at: usize| counts[at].places >= DEAD_PLACES_LEAST;
        let dead = |at: usize| {
            let count = counts[at];
            judged(at)
                && count.missing >= DEAD_PLACES_LEAST
                && count.share() >= DEAD_SHARE
                && count.stands_out(all[at % QUARTERS])
        };
        let total = (0..counts.len()).filter(|at| dead(*at)).count();
        if total as f32 > DEAD_POSITIONS_MOST * counts.len() as f32 {
            return;
        }
        let mut at = 0;
        while at < counts.len() {
            if !dead(at) {
                at += 1;
                continue;
            }
            let first = at;
            let mut last = at;
            let mut share = 0.0f32;
            // A position that too few printed modules cross says nothing, and does not end the line.
            while at < counts.len() && (dead(at) || !judged(at)) {
                if dead(at) {
                    last = at;
                    share = share.max(counts[at].share());
                }
                at += 1;
            }
            found(DeadLine {
                axis,
                at: (first + last) as f32 / 2.0 / QUARTERS as f32,
                breadth: (last - first + 1) as f32 / QUARTERS as f32,
                share,
            });
        }
    }
}

/// A slanting streak of spoilt modules.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Wrinkle {
    /// Its ends in modules, x and y.
    pub(super) from: [f32; 2],
    pub(super) to: [f32; 2],
    /// Share of the printed modules along it that are spoilt.
    pub(super) share: f32,
    /// Its line: x·cos + y·sin = distance.
    normal: (f32, f32),
    distance: f32,
}

impl Wrinkle {
    /// Whether a module lies on it.
    pub(super) fn covers(&self, fault: &Fault) -> bool {
        let off = fault.x * self.normal.0 + fault.y * self.normal.1 - self.distance;
        off.abs() <= 1.5
    }
}

/// The best slanting streak among printed modules, if one stands out: lines of a breadth of one and a half modules in
/// 22 directions, each with the share of printed modules along it that are spoilt.
pub(super) fn wrinkle(faults: &[Fault], longer_side: f32) -> Option<Wrinkle> {
    let heard = || faults.iter().filter(|fault| !fault.explained);
    let all = Count {
        places: heard().count() as u32,
        missing: heard().filter(|fault| fault.spoilt).count() as u32,
    };
    if all.missing < WRINKLE_MODULES_LEAST {
        return None;
    }
    let mut best: Option<(f32, Wrinkle)> = None;
    for slant in SLANTS {
        let (sin, cos) = slant.to_radians().sin_cos();
        let mut bins = [Count::default(); BINS];
        let place = |fault: &Fault| (fault.x * cos + fault.y * sin) + BINS as f32 / 2.0;
        // Bins of one module, half a module apart on either side: each module counts in the nearest and the next.
        let into = |fault: &Fault| {
            let at = place(fault);
            let near = at.floor();
            let next = if at - near < 0.5 {
                near - 1.0
            } else {
                near + 1.0
            };
            [near, next].map(|bin| bin.clamp(0.0, (BINS - 1) as f32) as usize)
        };
        for fault in heard() {
            for (order, bin) in into(fault).into_iter().enumerate() {
                // The neighbouring bin hears only what lies within a quarter of a module of it.
                let off = (place(fault) - (bin as f32 + 0.5)).abs();
                if order == 0 || off <= 0.75 {
                    bins[bin].places += 1;
                    bins[bin].missing += u32::from(fault.spoilt);
                }
            }
        }
        for (bin, count) in bins.iter().enumerate() {
            let fits = count.missing >= WRINKLE_MODULES_LEAST
                && count.share() >= WRINKLE_SHARE
                && count.stands_out(all);
            let worth = count.missing as f32 * count.share();
            if !fits || best.as_ref().is_some_and(|(known, _)| *known >= worth) {
                continue;
            }
            let mut streak = Wrinkle {
                from: [0.0; 2],
                to: [0.0; 2],
                share: count.share(),
                normal: (cos, sin),
                distance: bin as f32 + 0.5 - BINS as f32 / 2.0,
            };
            if stretch(&mut streak, faults) >= WRINKLE_SPAN * longer_side {
                best = Some((worth, streak));
            }
        }
    }
    best.map(|(_, streak)| streak)
}

/// Finds the ends of a streak; returns its length in modules.
fn stretch(streak: &mut Wrinkle, faults: &[Fault]) -> f32 {
    let (cos, sin) = streak.normal;
    let (mut first, mut last) = (f32::INFINITY, f32::NEG_INFINITY);
    let on_line = |fault: &&Fault| fault.spoilt && !fault.explained && streak.covers(fault);
    for fault in faults.iter().filter(on_line) {
        let along = fault.y * cos - fault.x * sin;
        (first, last) = (first.min(along), last.max(along));
    }
    let place = |along: f32| {
        [
            cos * streak.distance - sin * along,
            sin * streak.distance + cos * along,
        ]
    };
    (streak.from, streak.to) = (place(first), place(last));
    last - first
}
