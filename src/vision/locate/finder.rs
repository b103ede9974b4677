//! From a place of a frame's texture to candidates: period, lattice, cells, rectangle. PURE.

use super::cells::Cells;
use super::extent::{Extents, Rectangle, Wanted};
use super::grow::Grower;
use super::lattice::{Lattice, Start};
use super::period::{PERIOD_MAX, PERIOD_MIN, Period, Periods};
use super::texture::Place;
use super::tiles::Field;
use super::{Candidate, Hint, Offer, lies_in};
use crate::vision::frame::Frame;
use crate::vision::geometry::Homography;
use crate::vision::grid::Grid;

/// What leads from a place of a frame's texture to candidates.
#[derive(Default)]
pub struct Finder {
    periods: Periods,
    grower: Grower,
    cells: Cells,
    pub(super) extents: Extents,
    starts: Vec<Start>,
    tried: Vec<Lattice>,
}

/// One search under way.
pub struct Search<'f, 'h> {
    /// The frame.
    pub frame: Frame<'f>,
    /// From pixels of the field to the frame's pixels: times this, plus that.
    pub scale: f64,
    /// See `scale`.
    pub shift: (f64, f64),
    /// Pixels of the field across and down.
    pub size: (usize, usize),
    /// What is known before.
    pub hint: Option<&'h Hint>,
    /// Most lattices begun.
    pub lattices_max: usize,
    /// Most lattices begun at places that are smeared along one axis.
    pub smeared_max: usize,
    /// Places already read.
    pub taken: &'h [Grid],
}

impl Finder {
    /// Offers candidates around these places until one is read; tells whether one was.
    pub fn run(
        &mut self,
        search: &Search<'_, '_>,
        places: &[Place],
        mut field: Field<'_>,
        offer: &mut Offer<'_>,
    ) -> bool {
        self.tried.clear();
        self.gather_starts(search, places, &mut field);
        let (mut begun, mut begun_smeared) = (0, 0);
        for at in 0..self.starts.len() {
            let start = self.starts[at];
            let again = |lattice: &Lattice| lattice.rms < 0.08 && lattice.explains(&start);
            if self.tried.iter().any(again) {
                continue;
            }
            let (count, most) = match start.smeared {
                None => (&mut begun, search.lattices_max),
                Some(_) => (&mut begun_smeared, search.smeared_max),
            };
            if *count == most {
                continue;
            }
            *count += 1;
            let reach = search.reach(&start);
            let Some(lattice) = self.grower.grow(&mut field, start, reach) else {
                continue;
            };
            self.tried.push(lattice);
            let may_be_symbol = lattice.rms <= RMS_MAX
                && lattice.filled() >= FILLED_MIN
                && lattice.area() >= AREA_MIN;
            let is_read = may_be_symbol
                && match start.smeared {
                    None => self.offer_lattice(search, &lattice, &mut field, offer),
                    Some(axis) => self.offer_smeared(search, &lattice, axis, offer),
                };
            if is_read {
                return true;
            }
        }
        false
    }

    /// Starts at the places found, clearest first, those that are smeared behind all others.
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
            self.periods.look(field, (x, y), place.angle);
            let smeared = self.periods.one_way(range);
            self.starts
                .extend(smeared.map(|one_way| one_way.start((x, y), place.angle)));
            let count = self.periods.peaks(range, &mut found);
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
                    clarity,
                    smeared: None,
                };
                self.starts.push(start);
            }
        }
        let rank = |start: &Start| (start.smeared.is_some(), -start.clarity);
        self.starts.sort_unstable_by(|a, b| {
            let (a, b) = (rank(a), rank(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
    }

    fn offer_lattice(
        &mut self,
        search: &Search<'_, '_>,
        lattice: &Lattice,
        field: &mut Field<'_>,
        offer: &mut Offer<'_>,
    ) -> bool {
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
        self.offer_best(search, to_picture, offer)
    }

    /// Offers the best rectangles of the cells sampled last.
    pub(super) fn offer_best(
        &self,
        search: &Search<'_, '_>,
        to_picture: Homography,
        offer: &mut Offer<'_>,
    ) -> bool {
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
    pub(super) fn sample(
        &mut self,
        search: &Search<'_, '_>,
        lattice: &Lattice,
    ) -> Option<Homography> {
        let to_window = lattice.to_lattice.inverse()?;
        let to_frame = Homography::scale(search.scale, search.scale)
            .then(&Homography::shift(search.shift.0, search.shift.1));
        let to_picture = to_window.then(&to_frame);
        self.cells.sample(&search.frame, lattice, &to_picture);
        let wanted = Wanted {
            size: search.hint.map(|hint| hint.size),
            rectangles: true,
            keep: 8,
            score_min: 3.5,
        };
        self.extents.find(&self.cells, wanted);
        Some(to_picture)
    }
}

/// Places less clear are not begun with.
const CLARITY_MIN: f32 = 0.04;

/// Lattices whose edges scatter more are not offered: they grew out of text or across a gap.
const RMS_MAX: f32 = 0.12;

/// Lattices that fill less of their bounds with tiles in step are not offered: they grew along lines.
const FILLED_MIN: f32 = 0.14;

/// Lattices that reach over fewer cells are not offered: the smallest symbol has a hundred, and half of it is in step.
const AREA_MIN: f32 = 50.0;

/// How far a smeared symbol reaches from where its lattice starts, in modules.
const SMEARED_REACH: f32 = 40.0;

/// Rectangles that fit less do not become symbols by another fit.
const FIRST_FIT_MIN: f32 = 0.45;

/// Rectangles that fit less are fitted once more by themselves.
const REFIT_BELOW: f32 = 0.8;

/// Rectangles that fit less are not offered.
const FIT_MIN: f32 = 0.47;

impl Search<'_, '_> {
    /// Periods worth looking at, in pixels of the field. Up to scale two the scales overlap: a tilted symbol is read
    /// better with more pixels, one with uneven lines from afar. Beyond, each leaves to the one before what is seen
    /// there.
    fn period_range(&self) -> (f32, f32) {
        match self.hint {
            Some(hint) => {
                let pitch = hint.pitch_px / self.scale as f32;
                (pitch * 0.8, pitch * 1.25)
            }
            None if self.scale < 4.0 => (PERIOD_MIN, PERIOD_MAX),
            None => (0.44 * PERIOD_MAX, PERIOD_MAX),
        }
    }

    /// How far a lattice may reach, in pixels of the field.
    fn reach(&self, start: &Start) -> f32 {
        let whole = (self.size.0 as f32).hypot(self.size.1 as f32);
        let most = match (self.hint, start.smeared) {
            (None, None) => return whole,
            (None, Some(_)) => SMEARED_REACH * start.along,
            (Some(hint), _) => {
                let modules = hint.size.rows.max(hint.size.columns) as f32;
                modules * 1.1 * hint.pitch_px / self.scale as f32
            }
        };
        most.min(whole)
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
