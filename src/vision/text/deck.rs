//! Glyphs made ready for comparison: every character at several blurs, with the sums that comparing needs. PURE.

use super::book::{Canvas, Glyph, GlyphBook};
use super::{CANVAS_COLUMNS, CANVAS_ROWS, CELL_ROWS};

/// Standard deviations of the blurs in samples; a line of text is compared at the one that fits it best.
pub(super) const BLURS: [f32; 6] = [0.0, 0.9, 1.5, 2.2, 3.0, 4.0];

/// The blur that lines are laid out with, before their own is known.
pub(super) const MIDDLE_BLUR: usize = 2;

/// Likeness from which two characters of a font are taken for the same drawing, which nobody can tell apart.
const TWINS_FROM: f32 = 0.985;

/// Spread of advances, as a share of their mean, up to which a font counts as one of fixed pitch.
const FIXED_PITCH_SPREAD: f32 = 0.08;

const SAMPLES: usize = CANVAS_ROWS * CANVAS_COLUMNS;

/// Columns of a canvas of which every two rows and every two columns were added.
const COARSE_COLUMNS: usize = CANVAS_COLUMNS / 2;

/// Samples of such a canvas.
pub(super) const COARSE_SAMPLES: usize = SAMPLES / 4;

/// Middle columns up to which cells count as narrow: those of the usual fonts of fixed pitch do, with room to spare.
const NARROW: usize = 16;

/// One character at one blur.
#[derive(Debug)]
pub(super) struct Page {
    pub ink: Box<[f32; SAMPLES]>,
    /// Every two rows and every two columns added.
    pub coarse: Box<[f32; COARSE_SAMPLES]>,
    /// Sums of ink over the columns before each, and of its squares.
    sums: [f32; CANVAS_COLUMNS + 1],
    squares: [f32; CANVAS_COLUMNS + 1],
}

impl Page {
    fn new(canvas: &Canvas, blur: f32) -> Page {
        let ink = blurred(canvas, blur);
        let (mut sums, mut squares) = ([0.0; CANVAS_COLUMNS + 1], [0.0; CANVAS_COLUMNS + 1]);
        for column in 0..CANVAS_COLUMNS {
            let cells = (0..CANVAS_ROWS).map(|row| ink[row * CANVAS_COLUMNS + column]);
            let (sum, square) = cells.fold((0.0, 0.0), |(sum, square), cell| {
                (sum + cell, square + cell * cell)
            });
            sums[column + 1] = sums[column] + sum;
            squares[column + 1] = squares[column] + square;
        }
        Page {
            coarse: Box::new(by_fours(&ink)),
            ink: Box::new(ink),
            sums,
            squares,
        }
    }

    /// Sum of squared deviations from the mean over the `width` middle columns.
    pub fn deviation(&self, width: usize) -> f32 {
        let (from, to) = middle(width);
        let samples = (width * CANVAS_ROWS) as f32;
        let sum = self.sums[to] - self.sums[from];
        (self.squares[to] - self.squares[from] - sum * sum / samples).max(0.0)
    }

    /// Normalised cross-correlation of two pages over the `width` middle columns.
    pub fn likeness(&self, other: &Page, width: usize) -> f32 {
        let (from, to) = middle(width);
        let rows = self
            .ink
            .chunks_exact(CANVAS_COLUMNS)
            .zip(other.ink.chunks_exact(CANVAS_COLUMNS));
        let both: f32 = rows.map(|(a, b)| dot(&a[from..to], &b[from..to])).sum();
        let samples = (width * CANVAS_ROWS) as f32;
        let (own, others) = (
            self.sums[to] - self.sums[from],
            other.sums[to] - other.sums[from],
        );
        let norm = (self.deviation(width) * other.deviation(width)).sqrt();
        if norm > 1e-6 {
            (both - own * others / samples) / norm
        } else {
            0.0
        }
    }
}

/// A canvas of which every two rows and every two columns are added.
pub(super) fn by_fours(ink: &[f32; SAMPLES]) -> [f32; COARSE_SAMPLES] {
    let mut coarse = [0.0; COARSE_SAMPLES];
    let pairs = ink.chunks_exact(2 * CANVAS_COLUMNS);
    for (sums, pair) in coarse.chunks_exact_mut(COARSE_COLUMNS).zip(pairs) {
        let (upper, lower) = pair.split_at(CANVAS_COLUMNS);
        let fours = upper.chunks_exact(2).zip(lower.chunks_exact(2));
        for (sum, (above, below)) in sums.iter_mut().zip(fours) {
            *sum = above[0] + above[1] + below[0] + below[1];
        }
    }
    coarse
}

/// Sum of products over the `width` middle columns and a few more: one of both holds nothing beside them.
pub(super) fn dot_middle(a: &[f32; SAMPLES], b: &[f32; SAMPLES], width: usize) -> f32 {
    match width <= NARROW {
        true => dot_columns::<CANVAS_COLUMNS, NARROW>(a, b),
        false => dot(a, b),
    }
}

/// The same on canvases added by fours.
pub(super) fn dot_coarse(
    a: &[f32; COARSE_SAMPLES],
    b: &[f32; COARSE_SAMPLES],
    width: usize,
) -> f32 {
    match width <= NARROW {
        true => dot_columns::<COARSE_COLUMNS, { NARROW / 2 }>(a, b),
        false => dot(a, b),
    }
}

/// Sum of products over the `MIDDLE` middle ones of `ALL` columns, in lanes that the compiler can keep side by side.
#[inline]
fn dot_columns<const ALL: usize, const MIDDLE: usize>(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0.0f32; LANES];
    let from = (ALL - MIDDLE) / 2;
    let rows = a.as_chunks::<ALL>().0.iter().zip(b.as_chunks::<ALL>().0);
    for (x, y) in rows {
        for first in (from..from + MIDDLE).step_by(LANES) {
            for lane in 0..LANES {
                sums[lane] += x[first + lane] * y[first + lane];
            }
        }
    }
    sums.iter().sum()
}

/// The `width` middle columns of a canvas.
pub(super) fn middle(width: usize) -> (usize, usize) {
    let half = (width / 2).clamp(1, CANVAS_COLUMNS / 2);
    (CANVAS_COLUMNS / 2 - half, CANVAS_COLUMNS / 2 + half)
}

/// Sum of products, in lanes that the compiler can keep side by side.
#[inline]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let mut sums = [0.0f32; LANES];
    let ((a_parts, a_rest), (b_parts, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    for (x, y) in a_parts.iter().zip(b_parts) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// A Gaussian blur down and across; ink that runs over the edge is lost.
fn blurred(canvas: &Canvas, deviation: f32) -> [f32; SAMPLES] {
    if deviation <= 0.0 {
        return *canvas.0;
    }
    let reach = (3.0 * deviation).ceil() as i32;
    let weight = |at: i32| (-(at as f32 / deviation).powi(2) / 2.0).exp();
    let whole: f32 = (-reach..=reach).map(weight).sum();
    let mut across = Canvas::blank();
    let mut down = Canvas::blank();
    for place in 0..SAMPLES {
        let (row, column) = (
            (place / CANVAS_COLUMNS) as i32,
            (place % CANVAS_COLUMNS) as i32,
        );
        across.0[place] = (-reach..=reach)
            .map(|at| weight(at) * canvas.at(row, column + at))
            .sum::<f32>()
            / whole;
    }
    for place in 0..SAMPLES {
        let (row, column) = (
            (place / CANVAS_COLUMNS) as i32,
            (place % CANVAS_COLUMNS) as i32,
        );
        down.0[place] = (-reach..=reach)
            .map(|at| weight(at) * across.at(row + at, column))
            .sum::<f32>()
            / whole;
    }
    *down.0
}

/// One character, ready.
#[derive(Debug)]
pub(super) struct Entry {
    pub character: char,
    /// From pictures; otherwise drawn by ourselves.
    pub taught: bool,
    /// From the character before to the middle of the canvas, and from there to the next character, in samples.
    pub lead: f32,
    pub tail: f32,
    /// In the order of [`BLURS`].
    pub pages: Vec<Page>,
    /// Ink by row and by column at the middle blur.
    pub by_row: [f32; CANVAS_ROWS],
    pub by_column: [f32; CANVAS_COLUMNS],
}

impl Entry {
    fn new(character: char, taught: bool, glyph: &Glyph) -> Entry {
        let pages: Vec<Page> = BLURS
            .iter()
            .map(|blur| Page::new(&glyph.canvas, *blur))
            .collect();
        let (mut by_row, mut by_column) = ([0.0; CANVAS_ROWS], [0.0; CANVAS_COLUMNS]);
        for (place, ink) in pages[MIDDLE_BLUR].ink.iter().enumerate() {
            by_row[place / CANVAS_COLUMNS] += ink;
            by_column[place % CANVAS_COLUMNS] += ink;
        }
        let (lead, tail) = (glyph.lead * CELL_ROWS as f32, glyph.tail * CELL_ROWS as f32);
        Entry {
            character,
            taught,
            lead,
            tail,
            pages,
            by_row,
            by_column,
        }
    }

    /// Columns of the canvas that belong to it: its advance, even.
    pub fn width(&self) -> usize {
        super::register::even(self.lead + self.tail)
    }
}

/// All characters, ready.
#[derive(Debug)]
pub(super) struct Deck {
    pub entries: Vec<Entry>,
    /// Something in it is taught.
    pub taught: bool,
    /// Where lines stand against the template, in samples.
    pub offset: (f32, f32),
    /// Advance of a blank, in samples.
    pub blank: f32,
    /// All advances are the same.
    pub fixed_pitch: bool,
    /// Pairs that the font itself draws alike.
    twins: Vec<bool>,
}

impl Deck {
    pub fn new(drawn: &GlyphBook, taught: Option<&GlyphBook>) -> Deck {
        let taught = taught.filter(|book| !book.is_empty());
        let fitted = match taught {
            Some(taught) => fitted(drawn, taught),
            None => drawn.clone(),
        };
        let mut entries: Vec<Entry> = Vec::new();
        for (character, glyph) in fitted.iter() {
            if taught.and_then(|book| book.get(character)).is_none() {
                entries.push(Entry::new(character, false, glyph));
            }
        }
        let usual = taught.map_or(0.0, |book| {
            book.iter().map(|(_, glyph)| beside(glyph)).sum::<f32>() / book.iter().count() as f32
        });
        for (character, glyph) in taught.iter().flat_map(|book| book.iter()) {
            entries.push(Entry::new(character, true, &centred(glyph, usual)));
        }
        entries.sort_by_key(|entry| entry.character);
        let (mean, fixed_pitch) = even_out(&mut entries, taught.is_some());
        let learnt_blank = taught
            .and_then(GlyphBook::blank)
            .map(|heights| heights * CELL_ROWS as f32);
        let blank = if fixed_pitch {
            mean
        } else {
            learnt_blank.unwrap_or(mean)
        };
        let offset = taught.map_or((0.0, 0.0), GlyphBook::offset);
        let offset = (offset.0 * CELL_ROWS as f32, offset.1 * CELL_ROWS as f32);
        let mut deck = Deck {
            entries,
            taught: taught.is_some(),
            offset,
            blank,
            fixed_pitch,
            twins: Vec::new(),
        };
        deck.find_twins();
        deck
    }

    /// The place of a character among the entries.
    pub fn find(&self, character: char) -> Option<usize> {
        self.entries
            .binary_search_by_key(&character, |entry| entry.character)
            .ok()
    }

    /// Whether the font draws both alike.
    pub fn are_twins(&self, one: usize, other: usize) -> bool {
        self.twins[one * self.entries.len() + other]
    }

    fn find_twins(&mut self) {
        let count = self.entries.len();
        self.twins = vec![false; count * count];
        for one in 0..count {
            for other in 0..one {
                let (a, b) = (&self.entries[one], &self.entries[other]);
                let width = a.width().max(b.width());
                if a.pages[0].likeness(&b.pages[0], width) >= TWINS_FROM {
                    self.twins[one * count + other] = true;
                    self.twins[other * count + one] = true;
                }
            }
        }
    }
}

/// How far the middle of a glyph's canvas lies right of the middle of its cell, in samples.
fn beside(glyph: &Glyph) -> f32 {
    (glyph.lead - glyph.tail) / 2.0 * CELL_ROWS as f32
}

/// The glyph with the middle of its canvas where that of most canvases lies in its cell: rivals are laid over one
/// another by their middles.
fn centred(glyph: &Glyph, usual: f32) -> Glyph {
    let right = (beside(glyph) - usual).round();
    let heights = right / CELL_ROWS as f32;
    Glyph {
        canvas: glyph.canvas.moved(right as i32, 0),
        lead: glyph.lead - heights,
        tail: glyph.tail + heights,
        count: glyph.count,
    }
}

/// Gives every character of a fixed-pitch font the same advance; the mean advance, and whether the pitch is fixed.
///
/// An advance that was taught from one picture is right to a sample or so; over a line that adds up.
fn even_out(entries: &mut [Entry], taught: bool) -> (f32, bool) {
    let of_font = |entry: &&mut Entry| entry.taught == taught;
    let advances: Vec<f32> = entries
        .iter_mut()
        .filter(of_font)
        .map(|entry| entry.lead + entry.tail)
        .collect();
    let count = advances.len().max(1) as f32;
    let mean = advances.iter().sum::<f32>() / count;
    let spread = (advances.iter().map(|one| (one - mean).powi(2)).sum::<f32>() / count).sqrt();
    let fixed_pitch = spread <= FIXED_PITCH_SPREAD * mean;
    if fixed_pitch {
        for entry in entries.iter_mut() {
            // Where the canvas lies in the cell stays as it was learnt.
            let beside = (entry.lead - entry.tail) / 2.0;
            (entry.lead, entry.tail) = (mean / 2.0 + beside, mean / 2.0 - beside);
        }
    }
    (mean, fixed_pitch)
}

/// Our own drawing stretched to the size, weight aside, of a taught font, for the characters that are not taught yet:
/// both axes so that the characters known in both fill the same boxes.
fn fitted(drawn: &GlyphBook, taught: &GlyphBook) -> GlyphBook {
    let (mut ours, mut theirs, mut advance, mut count) =
        ([0.0f32; 4], [0.0f32; 4], (0.0f32, 0.0f32), 0.0f32);
    for (character, glyph) in taught.iter() {
        let Some(own) = drawn.get(character) else {
            continue;
        };
        let (Some(a), Some(b)) = (own.canvas.ink_box(), glyph.canvas.ink_box()) else {
            continue;
        };
        (0..4).for_each(|edge| ours[edge] += a[edge]);
        (0..4).for_each(|edge| theirs[edge] += b[edge]);
        advance = (advance.0 + own.advance(), advance.1 + glyph.advance());
        count += 1.0;
    }
    if count == 0.0 {
        return drawn.clone();
    }
    let axis = |low: usize, high: usize| {
        let scale =
            ((ours[high] - ours[low]) / (theirs[high] - theirs[low]).max(1e-3)).clamp(0.3, 3.0);
        (scale, (ours[low] - theirs[low] * scale) / count)
    };
    let ((x_scale, x_shift), (y_scale, y_shift)) = (axis(0, 2), axis(1, 3));
    let wider = (advance.1 / advance.0.max(1e-3)).clamp(0.3, 3.0);
    let mut book = GlyphBook::new();
    for (character, glyph) in drawn.iter() {
        let mut canvas = Canvas::blank();
        for (place, cell) in canvas.0.iter_mut().enumerate() {
            let x = ((place % CANVAS_COLUMNS) as f32 + 0.5) * x_scale + x_shift - 0.5;
            let y = ((place / CANVAS_COLUMNS) as f32 + 0.5) * y_scale + y_shift - 0.5;
            *cell = between(&glyph.canvas, x, y);
        }
        let half = |part: f32| (part * wider).clamp(0.05, 0.7);
        book.insert(
            character,
            Glyph {
                canvas,
                lead: half(glyph.lead),
                tail: half(glyph.tail),
                count: 0,
            },
        );
    }
    book
}

/// Ink between samples, bilinear.
fn between(canvas: &Canvas, x: f32, y: f32) -> f32 {
    let (column, row) = (x.floor(), y.floor());
    let (fx, fy) = (x - column, y - row);
    let cell = |down: i32, right: i32| canvas.at(row as i32 + down, column as i32 + right);
    let upper = cell(0, 0) * (1.0 - fx) + cell(0, 1) * fx;
    let lower = cell(1, 0) * (1.0 - fx) + cell(1, 1) * fx;
    upper * (1.0 - fy) + lower * fy
}
