//! One character's ink, the glyph it should be, and a rival: which is it more like? PURE.
//!
//! Neither stands exactly where its ink is, nor is it blurred or bold exactly as the ink. To first order such
//! differences lie along a few directions, the glyph's change with a shift right, a shift down and more blur (its
//! tangents). They are taken out of everything before ink and glyphs are compared, so that what is compared is shape.
//! Source of the idea: Simard, LeCun, Denker, Victorri, "Transformation invariance in pattern recognition: tangent
//! distance and tangent propagation", 1998.

use super::deck::{BLURS, COARSE_SAMPLES, Entry, Page, by_fours, dot_coarse, dot_middle, middle};
use super::register::Patch;
use super::{CANVAS_COLUMNS, CANVAS_ROWS};

/// Shifts by which a character may lie beside where its line puts it, in samples.
pub(super) const SHIFTS: [(i32, i32); 9] = [
    (0, 0),
    (1, 0),
    (-1, 0),
    (0, 1),
    (0, -1),
    (1, 1),
    (1, -1),
    (-1, 1),
    (-1, -1),
];

/// How many of [`SHIFTS`] a first sight takes.
const GLANCES: usize = 3;

const SAMPLES: usize = CANVAS_ROWS * CANVAS_COLUMNS;

/// Right, down, blur.
const TANGENTS: usize = 3;

/// How much a glyph is like the ink.
#[derive(Debug, Clone, Copy)]
pub(super) struct Likeness {
    /// Normalised cross-correlation, what shifts and blur do left out; −1 to 1.
    pub likeness: f32,
    /// Grey levels of full ink.
    pub ink: f32,
}

/// A glyph against what was taken out of the ink.
#[derive(Debug, Clone, Copy)]
struct Shape {
    along: [f32; TANGENTS],
    /// Sum of squared deviations left.
    left: f32,
}

/// One character's ink and the glyph it should be.
pub(super) struct Duel<'a> {
    patches: &'a [Patch; SHIFTS.len()],
    blur: usize,
    width: usize,
    expected: &'a Page,
    shape: Shape,
    tangents: [[f32; SAMPLES]; TANGENTS],
    /// Of each patch along each tangent.
    along: [[f32; TANGENTS]; SHIFTS.len()],
    /// The first few patches, by fours.
    coarse: [[f32; COARSE_SAMPLES]; GLANCES],
    /// How much the expected glyph is like the ink.
    pub own: Likeness,
}

impl<'a> Duel<'a> {
    /// `width` is the number of middle columns that are compared.
    pub fn new(
        patches: &'a [Patch; SHIFTS.len()],
        expected: &'a Entry,
        blur: usize,
        width: usize,
    ) -> Duel<'a> {
        let page = &expected.pages[blur];
        let tangents = tangents(&expected.pages, blur, width);
        let along = patches.each_ref().map(|patch| {
            tangents
                .each_ref()
                .map(|tangent| dot_middle(&patch.ink, tangent, width))
        });
        let own = Likeness {
            likeness: 0.0,
            ink: 0.0,
        };
        let shape = Shape {
            along: [0.0; TANGENTS],
            left: 0.0,
        };
        let mut duel = Duel {
            patches,
            blur,
            width,
            expected: page,
            shape,
            tangents,
            along,
            coarse: std::array::from_fn(|at| by_fours(&patches[at].ink)),
            own,
        };
        duel.shape = duel.shape_of(page);
        duel.own = duel.likeness(page, duel.shape);
        duel
    }

    /// About the likeness with a glyph, at first sight: samples by fours, where the line puts it and a sample to
    /// either side. Good enough to pick those worth a closer look.
    pub fn glance(&self, rival: &Entry) -> f32 {
        let page = &rival.pages[self.blur];
        let both = |coarse: &[f32; COARSE_SAMPLES]| dot_coarse(coarse, &page.coarse, self.width);
        let best = self.coarse.iter().map(both).fold(f32::MIN, f32::max);
        best / page.deviation(self.width).max(1e-3).sqrt()
    }

    /// By how much the expected glyph beats a rival, and the rival's likeness.
    ///
    /// 1 is the expected glyph itself, 0 lies half-way between both, −1 is the rival: for ink `p` and glyphs `e`,
    /// `r`, all of unit length, `(p·e − p·r) / (1 − e·r)`.
    pub fn against(&self, rival: &Entry) -> (f32, Likeness) {
        let page = &rival.pages[self.blur];
        let shape = self.shape_of(page);
        let theirs = self.likeness(page, shape);
        let both = self.expected.likeness(page, self.width)
            * (self.expected.deviation(self.width) * page.deviation(self.width)).sqrt();
        let alike = cosine(
            both,
            self.shape.left,
            shape.left,
            &self.shape.along,
            &shape.along,
        );
        let lead = (self.own.likeness - theirs.likeness) / (1.0 - alike).max(0.01);
        (lead.clamp(-1.0, 1.0), theirs)
    }

    fn shape_of(&self, page: &Page) -> Shape {
        let along = self
            .tangents
            .each_ref()
            .map(|tangent| dot_middle(&page.ink, tangent, self.width));
        let taken: f32 = along.iter().map(|one| one * one).sum();
        Shape {
            along,
            left: (page.deviation(self.width) - taken).max(1e-3),
        }
    }

    /// The best over all shifts.
    fn likeness(&self, page: &Page, shape: Shape) -> Likeness {
        let mut best = Likeness {
            likeness: f32::MIN,
            ink: 0.0,
        };
        for (patch, along) in self.patches.iter().zip(&self.along) {
            let both = dot_middle(&patch.ink, &page.ink, self.width);
            let left = patch.deviation - along.iter().map(|one| one * one).sum::<f32>();
            let likeness = cosine(both, left.max(1e-3), shape.left, along, &shape.along);
            if likeness > best.likeness {
                best = Likeness {
                    likeness,
                    ink: both / page.deviation(self.width).max(1e-3),
                };
            }
        }
        best
    }
}

/// The cosine between two vectors of which the tangents' part is taken away.
fn cosine(both: f32, a_left: f32, b_left: f32, a: &[f32; TANGENTS], b: &[f32; TANGENTS]) -> f32 {
    let along: f32 = a.iter().zip(b).map(|(x, y)| x * y).sum();
    (both - along) / (a_left * b_left).sqrt()
}

/// What a shift right, a shift down and more blur change in a glyph: of unit length, at right angles to one another
/// and to an even grey, nothing outside the compared columns.
fn tangents(pages: &[Page], blur: usize, width: usize) -> [[f32; SAMPLES]; TANGENTS] {
    let page = &pages[blur].ink;
    let (less, more) = (blur.saturating_sub(1), (blur + 1).min(BLURS.len() - 1));
    let (from, to) = middle(width);
    let mut tangents = [[0.0f32; SAMPLES]; TANGENTS];
    let ink = |row: usize, column: usize| page[row * CANVAS_COLUMNS + column];
    for row in 0..CANVAS_ROWS {
        for column in from..to {
            let place = row * CANVAS_COLUMNS + column;
            let right =
                ink(row, (column + 1).min(CANVAS_COLUMNS - 1)) - ink(row, column.saturating_sub(1));
            let down =
                ink((row + 1).min(CANVAS_ROWS - 1), column) - ink(row.saturating_sub(1), column);
            tangents[0][place] = right;
            tangents[1][place] = down;
            tangents[2][place] = pages[more].ink[place] - pages[less].ink[place];
        }
    }
    for at in 0..TANGENTS {
        let (before, rest) = tangents.split_at_mut(at);
        let tangent = &mut rest[0];
        let mean = tangent.iter().sum::<f32>() / (CANVAS_ROWS * (to - from)) as f32;
        for row in tangent.chunks_exact_mut(CANVAS_COLUMNS) {
            row[from..to].iter_mut().for_each(|cell| *cell -= mean);
        }
        for other in before.iter() {
            let part = dot_middle(tangent, other, width);
            tangent
                .iter_mut()
                .zip(other)
                .for_each(|(cell, other)| *cell -= part * other);
        }
        let length = dot_middle(tangent, tangent, width).sqrt();
        // A tangent that others hold already takes nothing more out.
        let scale = if length > 1e-3 { 1.0 / length } else { 0.0 };
        tangent.iter_mut().for_each(|cell| *cell *= scale);
    }
    tangents
}
