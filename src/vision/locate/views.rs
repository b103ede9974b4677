//! A frame in the scales it is looked at in, and the likely places of each. PURE.

use super::lies_in;
use super::pyramid::{Scaled, Window};
use super::texture::{Place, Texture};
use super::{FIRST_PLACES, PLACES_MAX, Scope};
use crate::vision::frame::Frame;
use crate::vision::grid::Grid;

/// Scales there are places for: 0, 1, 2, 4, 8 and 16.
const SCALES: usize = 6;

/// A frame in other scales; keeps its scratch between frames.
#[derive(Default)]
pub struct Views {
    /// Half, a quarter … of the window, as far as they are made.
    halves: [Scaled; 5],
    made: usize,
    window: Window,
    doubled: Scaled,
    /// What part of the frame is doubled.
    part: Window,
    texture: Texture,
    /// Places by scale, once they are looked for.
    places: [Vec<Place>; SCALES],
    looked_for: [bool; SCALES],
}

/// A frame, or a part of it, in one scale.
pub struct View<'v> {
    /// The pixels.
    pub frame: Frame<'v>,
    /// Which of them.
    pub window: Window,
    /// From pixels of the window to the frame's pixels: times this …
    pub scale: f64,
    /// … plus that.
    pub shift: (f64, f64),
    /// Likely places, best first, in pixels of half the scale.
    pub places: &'v [Place],
}

impl Views {
    /// What was computed of the frame before is forgotten.
    pub fn forget(&mut self, window: Window) {
        self.window = window;
        self.made = 0;
        self.looked_for = [false; SCALES];
    }

    /// A part of a frame as a scope says, places in symbols `taken` left out.
    pub fn look<'v>(
        &'v mut self,
        frame: &Frame<'v>,
        window: Window,
        scope: &Scope,
        taken: &[Grid],
    ) -> View<'v> {
        if self.window != window {
            self.forget(window);
        }
        let level = scope.scale.checked_ilog2();
        let at = level.map_or(0, |level| level as usize + 1);
        if !self.looked_for[at] {
            match level {
                None => self.look_closely(frame),
                Some(_) => self.look_for_places(frame, scope, at, taken),
            }
            self.looked_for[at] = true;
        }
        let (frame, window, scale, from) = match at {
            0 => (self.doubled.frame(), self.doubled.window(), 0.5, self.part),
            1 => (*frame, window, 1.0, window),
            _ => {
                let copy = &self.halves[at - 2];
                (copy.frame(), copy.window(), scope.scale as f64, window)
            }
        };
        let places = &self.places[at];
        let end = |end: usize| end.min(places.len());
        View {
            frame,
            window,
            scale,
            shift: (from.left as f64, from.top as f64),
            places: &places[end(scope.places.start)..end(scope.places.end)],
        }
    }

    /// Looks for places in the window itself and doubles it around the first of them.
    fn look_closely(&mut self, frame: &Frame<'_>) {
        let places = &mut self.places[0];
        self.texture
            .find(frame, self.window, FIRST_PLACES, places, &|_| true);
        let part = around_first(places, self.window);
        self.doubled.double(frame, part);
        self.part = part;
        for place in places {
            place.x -= (part.left - self.window.left) as f32;
            place.y -= (part.top - self.window.top) as f32;
        }
    }

    /// Looks for places in half the scale.
    fn look_for_places(&mut self, frame: &Frame<'_>, scope: &Scope, at: usize, taken: &[Grid]) {
        self.halve(frame, at);
        let coarse = &self.halves[at - 1];
        let (left, top) = (self.window.left as f64, self.window.top as f64);
        // A pixel of the coarse copy is twice as large as one of the scale looked at.
        let side = 2.0 * scope.scale as f64;
        let free = |place: &Place| {
            let (x, y) = (f64::from(place.x) * side, f64::from(place.y) * side);
            !lies_in(taken, left + x, top + y)
        };
        let most = scope.places.end.max(PLACES_MAX);
        let places = &mut self.places[at];
        self.texture
            .find(&coarse.frame(), coarse.window(), most, places, &free);
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
}

/// Side of the part that is looked at in double size, in pixels: the largest square symbol whose modules need it. In a
/// low or narrow window the part is longer, with as many pixels, so that a symbol of 8 × 144 modules fits.
const DOUBLED_SIDE: usize = 240;

/// The part around the likeliest place.
fn around_first(places: &[Place], window: Window) -> Window {
    let (x, y) = places
        .first()
        .map_or((0.0, 0.0), |place| (place.x, place.y));
    let range = |middle: f32, end: usize, other: usize| {
        let longer = DOUBLED_SIDE * DOUBLED_SIDE / other.clamp(DOUBLED_SIDE / 2, DOUBLED_SIDE);
        let side = longer.min(end);
        let from = (middle as usize).saturating_sub(side / 2).min(end - side);
        (from, side)
    };
    let (left, width) = range(x, window.width, window.height);
    let (top, height) = range(y, window.height, window.width);
    Window {
        left: window.left + left,
        top: window.top + top,
        width,
        height,
    }
}
