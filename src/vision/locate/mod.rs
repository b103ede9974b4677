//! Where symbols may lie in a frame: texture → period → lattice → rectangle. PURE.
//!
//! [`Locator::search`] offers one candidate after the other, the likeliest first, until the caller has read one.
//! Nothing here asks for an unbroken finder: a place with edges in two directions gives angle and period, the period
//! grows into a lattice of module edges, and the rectangle of cells whose rim looks most like finder, clock track and
//! quiet zone is offered.
//!
//! `views` (a frame in its scales, places by `texture`) → `finder` (`period` → `grow`, which fits a `lattice` by the
//! phases of `tiles` and stops where there is no `promise` → `cells` → `extent`) → candidates. What motion `smeared`
//! along one axis is grown by the other one.
//!
//! The work is bounded: at most eight places a scale and [`Scope::lattices_max`] lattices a search, eight rectangles a
//! lattice; what a frame contains decides only which of them.

mod align;
mod cells;
mod extent;
mod finder;
mod fit;
mod grow;
mod lattice;
mod period;
mod promise;
mod pyramid;
mod smeared;
mod texture;
mod tiles;
mod views;

pub use cells::Cells;
pub use extent::Rectangle;

use super::frame::Frame;
use super::geometry::{Homography, Point};
use super::grid::Grid;
use super::size::Size;
use finder::{Finder, Search};
use pyramid::Window;
use std::ops::Range;
use tiles::{Field, Tiles};
use views::Views;

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
    /// Most lattices begun besides, at places that motion smeared along one axis.
    pub smeared_max: usize,
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
        let first = Scope {
            smeared_max: 1,
            ..Scope::first(scale)
        };
        [first, Scope::second(scale)]
    }

    fn first(scale: usize) -> Scope {
        Scope {
            scale,
            places: 0..FIRST_PLACES,
            lattices_max: match scale {
                0 | 1 => 4,
                _ => 3,
            },
            smeared_max: usize::from(scale == 1 || scale == 2),
        }
    }

    fn second(scale: usize) -> Scope {
        Scope {
            scale,
            places: FIRST_PLACES..PLACES_MAX,
            lattices_max: 2,
            smeared_max: 0,
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

/// Finds symbols; keeps its scratch between frames.
#[derive(Default)]
pub struct Locator {
    views: Views,
    tiles: Tiles,
    finder: Finder,
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
            tiles,
            finder,
        } = self;
        let view = views.look(frame, window, scope, taken);
        let field = Field::new(view.frame, view.window, tiles);
        let search = Search {
            frame: *frame,
            scale: view.scale,
            shift: view.shift,
            size: field.size(),
            hint,
            lattices_max: scope.lattices_max,
            smeared_max: scope.smeared_max,
            taken,
        };
        finder.run(&search, view.places, field, offer)
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
