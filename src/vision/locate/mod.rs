//! Where symbols may lie in a frame: texture → period → lattice → rectangle. PURE.
//!
//! [`Locator::search`] offers one candidate after the other, the likeliest first, until the caller has read one.
//! Nothing here asks for an unbroken finder: a place with edges in two directions gives angle and period, the period
//! grows into a lattice of module edges, and the rectangle of cells whose rim looks most like finder, clock track and
//! quiet zone is offered.
//!
//! The work is bounded: at most eight places a scale and [`Scope::lattices_max`] lattices a search, two rectangles a
//! lattice; what a frame contains decides only which of them.

mod align;
mod cells;
mod extent;
mod lattice;
mod period;
mod pyramid;
mod texture;
mod tiles;

pub use cells::Cells;
pub use extent::Rectangle;

use super::frame::Frame;
use super::geometry::{Homography, Point};
use super::grid::Grid;
use super::size::Size;
use extent::{Extents, Wanted};
use lattice::{Grower, Lattice, Start};
use period::{Period, Periods};
use pyramid::{Scaled, Window};
use std::ops::Range;
use texture::{Place, Texture};
use tiles::{Field, Tiles};

/// What is known about the symbol before the frame is looked at: it narrows the search and nothing else.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hint {
    /// Its size in modules.
    pub size: &'static Size,
    /// Pixels a module, about.
    pub pitch_px: f32,
    /// Its middle in the picture, about.
    pub centre: Point,
    /// How far from there its middle may lie, in pixels.
    pub reach_px: f32,
}

/// How much of a frame to look at and how hard.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Pixels of the frame for one pixel looked at: 0 for half a pixel, then 1, 2, 4 …
    pub scale: usize,
    /// Which places are looked at, by rank.
    pub places: Range<usize>,
    /// Most lattices begun.
    pub lattices_max: usize,
}

/// Places looked at first: where a symbol can be read, it is read at one of them 99 times of a hundred.
const FIRST_PLACES: usize = 3;

/// Places looked at in all.
const PLACES_MAX: usize = 8;

impl Scope {
    /// A search without a hint, in order: modules of 2.4–10 pixels first, then larger, then smaller ones, each at the
    /// likeliest places; then once more at others.
    pub fn blind(width: usize, height: usize) -> impl Iterator<Item = Scope> {
        let shorter = width.min(height);
        let larger = [2usize, 4, 8, 16]
            .into_iter()
            .filter(move |scale| shorter / scale >= 60);
        [Scope::first(1)]
            .into_iter()
            .chain(larger.map(Scope::first))
            .chain([Scope::first(0), Scope::second(1)])
    }

    /// A search for one more symbol when so many have been read: the text beside each of them is in the way.
    pub fn next(width: usize, height: usize, read: usize) -> impl Iterator<Item = Scope> {
        Scope::blind(width, height)
            .filter(|scope| scope.places.start == 0)
            .map(move |scope| Scope {
                places: 0..PLACES_MAX + 6 * read,
                lattices_max: 8 + 4 * read,
                ..scope
            })
    }

    /// A search where a hint says.
    pub fn hinted(hint: &Hint) -> [Scope; 2] {
        let scale = match hint.pitch_px {
            pitch if pitch < 2.9 => 0,
            pitch if pitch < 9.0 => 1,
            pitch if pitch < 18.0 => 2,
            pitch if pitch < 36.0 => 4,
            _ => 8,
        };
        [Scope::first(scale), Scope::second(scale)]
    }

    fn first(scale: usize) -> Scope {
        Scope {
            scale,
            places: 0..FIRST_PLACES,
            lattices_max: 4,
        }
    }

    fn second(scale: usize) -> Scope {
        Scope {
            scale,
            places: FIRST_PLACES..PLACES_MAX,
            lattices_max: 4,
        }
    }
}

/// A candidate: a rectangle of sampled cells.
pub struct Candidate<'a> {
    /// The rectangle.
    pub rectangle: Rectangle,
    /// The cells it is cut from.
    cells: &'a Cells,
    /// From lattice coordinates to the frame's pixels.
    to_picture: Homography,
}

impl Candidate<'_> {
    /// Size in modules.
    pub fn size(&self) -> &'static Size {
        self.rectangle.size
    }

    /// Share of the fixed pattern and the quiet zone that is as it must be, as far as anything is: 1 is perfect,
    /// clutter stays below one half.
    pub fn fit(&self) -> f32 {
        self.rectangle.fit()
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

/// Takes a candidate and says whether it has been read.
pub type Offer<'o> = dyn FnMut(&Candidate<'_>) -> bool + 'o;

/// Scales there are places for: 0, 1, 2, 4, 8 and 16.
const SCALES: usize = 6;

/// Finds symbols; keeps its scratch between frames.
#[derive(Default)]
pub struct Locator {
    views: Views,
    texture: Texture,
    tiles: Tiles,
    finder: Finder,
}

/// A frame in other scales.
#[derive(Default)]
struct Views {
    /// Half, a quarter … of the window, as far as they are made.
    halves: [Scaled; 5],
    made: usize,
    window: Window,
    doubled: Scaled,
    /// Places by scale, once they are looked for.
    places: [Vec<Place>; SCALES],
    looked_for: [bool; SCALES],
    /// What part of the frame is doubled.
    part: Window,
}

/// What leads from a place of a frame's texture to candidates.
#[derive(Default)]
struct Finder {
    periods: Periods,
    grower: Grower,
    cells: Cells,
    extents: Extents,
    starts: Vec<(f32, Start)>,
    tried: Vec<Lattice>,
}

/// One search under way.
struct Search<'f, 'h> {
    frame: Frame<'f>,
    /// From pixels of the field to the frame's pixels: times this, plus that.
    scale: f64,
    shift: (f64, f64),
    /// Pixels of the field across and down.
    size: (usize, usize),
    hint: Option<&'h Hint>,
    lattices_max: usize,
    /// Places already read.
    taken: &'h [Grid],
}

impl Views {
    fn forget(&mut self, window: Window) {
        self.window = window;
        self.made = 0;
        self.looked_for = [false; SCALES];
    }

    /// Halves the window so many times, unless that is done.
    fn halve(&mut self, frame: &Frame<'_>, levels: usize) {
        while self.made < levels {
            let (done, rest) = self.halves.split_at_mut(self.made);
            match done.last() {
                None => rest[0].halve(frame, self.window),
                Some(before) => rest[0].halve(&before.frame(), before.window()),
            }
            self.made += 1;
        }
    }

    /// Looks for places in the window at a scale, unless that is done; returns the index of their list. They are
    /// found in half the scale and given in its pixels.
    fn look_for(
        &mut self,
        frame: &Frame<'_>,
        scope: &Scope,
        taken: &[Grid],
        texture: &mut Texture,
    ) -> usize {
        let at = scope
            .scale
            .checked_ilog2()
            .map_or(0, |levels| levels as usize + 1);
        if self.looked_for[at] {
            return at;
        }
        let places = &mut self.places[at];
        match at {
            0 => {
                texture.find(frame, self.window, FIRST_PLACES, places, &|_| true);
                // Only around the first of them the frame is doubled.
                let part = around_first(places, self.window);
                self.doubled.double(frame, part);
                self.part = part;
                for place in places {
                    place.x -= (part.left - self.window.left) as f32;
                    place.y -= (part.top - self.window.top) as f32;
                }
            }
            _ => {
                self.halve(frame, at);
                let coarse = &self.halves[at - 1];
                let places = &mut self.places[at];
                let (left, top) = (self.window.left as f64, self.window.top as f64);
                // A pixel of the coarse copy is twice as large as one of the scale looked at.
                let side = 2.0 * scope.scale as f64;
                let free = |place: &Place| {
                    let (x, y) = (f64::from(place.x) * side, f64::from(place.y) * side);
                    !lies_in(taken, left + x, top + y)
                };
                let most = scope.places.end.max(PLACES_MAX);
                texture.find(&coarse.frame(), coarse.window(), most, places, &free);
            }
        }
        self.looked_for[at] = true;
        at
    }
}

impl Locator {
    /// Must be called before the first search of each frame: what was computed of the one before is forgotten.
    pub fn begin(&mut self) {
        self.views.forget(Window::default());
    }

    /// Offers candidates until `offer` says that it has read one; tells whether it has. Symbols in `taken` are not
    /// offered again.
    pub fn search(
        &mut self,
        frame: &Frame<'_>,
        hint: Option<&Hint>,
        scope: &Scope,
        taken: &[Grid],
        offer: &mut Offer<'_>,
    ) -> bool {
        let window = window(frame, hint);
        if window.width < 16 || window.height < 16 {
            return false;
        }
        let Locator {
            views,
            texture,
            tiles,
            finder,
        } = self;
        if views.window != window {
            views.forget(window);
        }
        let at = views.look_for(frame, scope, taken, texture);
        let places = &views.places[at];
        let places =
            &places[scope.places.start.min(places.len())..scope.places.end.min(places.len())];
        let copy = match at {
            0 => Some(&views.doubled),
            _ => at.checked_sub(2).map(|level| &views.halves[level]),
        };
        let field = match copy {
            Some(copy) => Field::new(copy.frame(), copy.window(), tiles),
            None => Field::new(*frame, window, tiles),
        };
        let (scale, from) = match at {
            0 => (0.5, views.part),
            _ => (scope.scale as f64, window),
        };
        let search = Search {
            frame: *frame,
            scale,
            shift: (from.left as f64, from.top as f64),
            size: field.size(),
            hint,
            lattices_max: scope.lattices_max,
            taken,
        };
        finder.run(&search, places, field, offer)
    }
}

impl Finder {
    fn run(
        &mut self,
        search: &Search<'_, '_>,
        places: &[Place],
        mut field: Field<'_>,
        offer: &mut Offer<'_>,
    ) -> bool {
        self.tried.clear();
        self.gather_starts(search, places, &mut field);
        let mut begun = 0;
        for at in 0..self.starts.len() {
            let (_, start) = self.starts[at];
            let again = |lattice: &Lattice| lattice.rms < 0.08 && lattice.explains(&start);
            if self.tried.iter().any(again) {
                continue;
            }
            if begun == search.lattices_max {
                break;
            }
            begun += 1;
            let Some(lattice) = self.grower.grow(&mut field, start, search.reach()) else {
                continue;
            };
            self.tried.push(lattice);
            if self.offer_lattice(search, &lattice, &mut field, offer) {
                return true;
            }
        }
        false
    }

    /// Starts at the places found, clearest first.
    fn gather_starts(&mut self, search: &Search<'_, '_>, places: &[Place], field: &mut Field<'_>) {
        self.starts.clear();
        let best = places.first().map_or(1.0, |place| place.score);
        // Places were found in the coarse copy, which has half as many pixels a side as the fine one.
        let range = search.period_range();
        for place in places {
            let mut found = [Period::default(); 3];
            let (x, y) = (2.0 * place.x, 2.0 * place.y);
            if search.is_taken(x, y) {
                continue;
            }
            let count = self
                .periods
                .find(field, (x, y), place.angle, range, &mut found);
            for (at, period) in found[..count].iter().enumerate() {
                if found[..at].iter().any(|other| other.is_near(period)) {
                    continue;
                }
                let clarity = period.clarity * (place.score / best).sqrt();
                if clarity < CLARITY_MIN {
                    continue;
                }
                let start = Start {
                    x,
                    y,
                    angle: place.angle,
                    along: period.along,
                    across: period.across,
                };
                self.starts.push((clarity, start));
            }
        }
        self.starts.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    }

    fn offer_lattice(
        &mut self,
        search: &Search<'_, '_>,
        lattice: &Lattice,
        field: &mut Field<'_>,
        offer: &mut Offer<'_>,
    ) -> bool {
        if lattice.rms > RMS_MAX || lattice.filled() < FILLED_MIN {
            return false;
        }
        let Some(mut to_picture) = self.sample(search, lattice) else {
            return false;
        };
        let fit = self.extents.best.first().map_or(0.0, Rectangle::fit);
        if fit < FIRST_FIT_MIN {
            return false;
        }
        if fit < REFIT_BELOW {
            let part = self.extents.best[0].part(&self.cells);
            if let Some(again) = self.grower.refit(field, lattice, part)
                && let Some(back) = self.sample(search, &again)
            {
                to_picture = back;
            }
        }
        self.extents.best.iter().any(|rectangle| {
            let candidate = Candidate {
                rectangle: *rectangle,
                cells: &self.cells,
                to_picture,
            };
            candidate.fit() > FIT_MIN && !search.has_been_read(&candidate) && offer(&candidate)
        })
    }

    /// Samples the cells of a lattice and finds the best rectangles; returns the way from the lattice to the frame.
    fn sample(&mut self, search: &Search<'_, '_>, lattice: &Lattice) -> Option<Homography> {
        let to_window = lattice.to_lattice.inverse()?;
        let to_frame = Homography::scale(search.scale, search.scale)
            .then(&Homography::shift(search.shift.0, search.shift.1));
        let to_picture = to_window.then(&to_frame);
        self.cells.sample(&search.frame, lattice, &to_picture);
        let wanted = Wanted {
            size: search.hint.map(|hint| hint.size),
            rectangles: true,
            keep: 2,
            score_min: 3.5,
        };
        self.extents.find(&self.cells, wanted);
        Some(to_picture)
    }
}

/// Places less clear are not begun with.
const CLARITY_MIN: f32 = 0.04;

/// Lattices whose edges scatter more are not offered: they grew out of text or across a gap.
const RMS_MAX: f32 = 0.1;

/// Lattices that fill less of their bounds with tiles in step are not offered: they grew along lines.
const FILLED_MIN: f32 = 0.14;

/// Rectangles that fit less do not become symbols by another fit.
const FIRST_FIT_MIN: f32 = 0.45;

/// Rectangles that fit less are fitted once more by themselves.
const REFIT_BELOW: f32 = 0.8;

/// Rectangles that fit less are not offered.
const FIT_MIN: f32 = 0.47;

impl Search<'_, '_> {
    fn period_range(&self) -> (f32, f32) {
        match self.hint {
            None => (period::PERIOD_MIN, period::PERIOD_MAX),
            Some(hint) => {
                let pitch = hint.pitch_px / self.scale as f32;
                (pitch * 0.8, pitch * 1.25)
            }
        }
    }

    /// How far a lattice may reach, in pixels of the field.
    fn reach(&self) -> f32 {
        let whole = (self.size.0 as f32).hypot(self.size.1 as f32);
        match self.hint {
            None => whole,
            Some(hint) => {
                let modules = hint.size.rows.max(hint.size.columns) as f32;
                (modules * 1.1 * hint.pitch_px / self.scale as f32).min(whole)
            }
        }
    }

    /// Whether a place lies in a symbol that has been read.
    fn is_taken(&self, x: f32, y: f32) -> bool {
        let x = f64::from(x) * self.scale + self.shift.0;
        let y = f64::from(y) * self.scale + self.shift.1;
        self.in_taken(x, y)
    }

    /// Whether the middle of a candidate lies in a symbol that has been read: text beside a symbol leads to it as well.
    fn has_been_read(&self, candidate: &Candidate<'_>) -> bool {
        if self.taken.is_empty() {
            return false;
        }
        let size = candidate.size();
        let middle = candidate
            .grid(false)
            .at(size.columns as f32 / 2.0, size.rows as f32 / 2.0);
        self.in_taken(middle.x.into(), middle.y.into())
    }

    fn in_taken(&self, x: f64, y: f64) -> bool {
        lies_in(self.taken, x, y)
    }
}

/// Whether a place of the frame lies in one of these symbols or their quiet zones.
fn lies_in(taken: &[Grid], x: f64, y: f64) -> bool {
    taken.iter().any(|grid| {
        let Some(back) = grid.to_picture.inverse() else {
            return false;
        };
        let (column, row) = back.apply(x, y);
        let (columns, rows) = (grid.size.columns as f64, grid.size.rows as f64);
        (-1.0..columns + 1.0).contains(&column) && (-1.0..rows + 1.0).contains(&row)
    })
}

/// The part of the frame to look at: all of it, or where a hint says the symbol is with room for its quiet zone.
fn window(frame: &Frame<'_>, hint: Option<&Hint>) -> Window {
    let Some(hint) = hint else {
        return Window {
            left: 0,
            top: 0,
            width: frame.width(),
            height: frame.height(),
        };
    };
    let diagonal = (hint.size.rows as f32).hypot(hint.size.columns as f32) * hint.pitch_px;
    let half = diagonal / 2.0 + hint.reach_px + 2.0 * hint.pitch_px;
    let range = |middle: f32, end: usize| {
        let from = (middle - half).max(0.0).min(end as f32) as usize;
        let to = (middle + half).max(0.0).min(end as f32) as usize;
        (from, to - from)
    };
    let (left, width) = range(hint.centre.x, frame.width());
    let (top, height) = range(hint.centre.y, frame.height());
    Window {
        left,
        top,
        width,
        height,
    }
}

/// Side of the part that is looked at in double size, in pixels: the largest symbol whose modules need it.
const DOUBLED_SIDE: usize = 240;

/// The part around the likeliest place.
fn around_first(places: &[Place], window: Window) -> Window {
    let (x, y) = places
        .first()
        .map_or((0.0, 0.0), |place| (place.x, place.y));
    let range = |middle: f32, end: usize| {
        let side = DOUBLED_SIDE.min(end);
        let from = (middle as usize).saturating_sub(side / 2).min(end - side);
        (from, side)
    };
    let (left, width) = range(x, window.width);
    let (top, height) = range(y, window.height);
    Window {
        left: window.left + left,
        top: window.top + top,
        width,
        height,
    }
}
