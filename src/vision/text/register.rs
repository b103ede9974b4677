//! Lays the expected text over a strip of ink: where each character stands. PURE.

use super::deck::{BLURS, Deck, MIDDLE_BLUR, Page, dot, dot_middle, middle};
use super::strip::Strip;
use super::{CANVAS_COLUMNS, CANVAS_ROWS, CELL_ROWS};

/// Stretches of the line that are tried: the grid is carried far beyond the symbol, and printers round to dots.
const STRETCHES: [f32; 9] = [-0.06, -0.045, -0.03, -0.015, 0.0, 0.015, 0.03, 0.045, 0.06];

/// Blank columns on both sides of the text that help to find it.
const MARGIN: usize = 5;

/// How far a character is looked for around where the line puts it, in samples.
const REACH: (i32, i32) = (3, 2);

/// Likeness from which a character helps to lay out the line.
const HELPFUL_FROM: f32 = 0.6;

/// How far beside the line's own straight line a character may stand in a font of fixed pitch and in another, in
/// samples.
const OFF_LINE_FIXED_MAX: f32 = 0.6;
const OFF_LINE_MAX: f32 = 2.0;

/// A character of the line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub character: char,
    /// Its entry in the deck; `None` for a blank and for what the deck does not know.
    pub entry: Option<usize>,
    /// The middle of its cell before stretching, in samples right of the field's corner.
    pub centre: f32,
    /// Columns of its cell.
    pub width: usize,
    /// Where it was found: right of `centre` and below the field's corner, in samples.
    pub right: f32,
    pub down: f32,
    /// Likeness with the expected glyph there.
    pub likeness: f32,
}

/// Where the characters of a line stand, and memory to find out.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub places: Vec<Place>,
    /// Length of the text in samples.
    pub length: f32,
    /// Which of [`BLURS`] fits.
    pub blur: usize,
    /// Grey levels of full ink.
    pub ink: f32,
    by_row: Vec<f32>,
    by_column: Vec<f32>,
    expected: Vec<f32>,
    prefix: Vec<(f32, f32)>,
}

/// Ink of one character cell, its mean taken away, nothing outside: ready to be compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patch {
    pub ink: [f32; CANVAS_ROWS * CANVAS_COLUMNS],
    width: usize,
    /// Sum of squared deviations.
    pub deviation: f32,
}

impl Patch {
    /// The cell whose canvas begins at this column and row of the strip.
    pub fn cut(strip: &Strip, canvas_left: i32, top: i32, width: usize) -> Patch {
        let (from, to) = middle(width);
        let mut patch = Patch {
            ink: [0.0; CANVAS_ROWS * CANVAS_COLUMNS],
            width,
            deviation: 0.0,
        };
        let left = canvas_left + from as i32;
        let mut sum = 0.0;
        for row in 0..CANVAS_ROWS {
            let Ok(strip_row) = usize::try_from(top + row as i32) else {
                continue;
            };
            if strip_row >= strip.rows {
                continue;
            }
            let cells = &mut patch.ink[row * CANVAS_COLUMNS..][from..to];
            let source = strip.row(strip_row);
            match usize::try_from(left)
                .ok()
                .and_then(|left| source.get(left..left + cells.len()))
            {
                Some(source) => cells.copy_from_slice(source),
                None => cells.iter_mut().zip(left..).for_each(|(cell, column)| {
                    *cell = usize::try_from(column)
                        .ok()
                        .and_then(|at| source.get(at))
                        .copied()
                        .unwrap_or(0.0);
                }),
            }
            sum += cells.iter().sum::<f32>();
        }
        let mean = sum / (CANVAS_ROWS * (to - from)) as f32;
        for row in patch.ink.chunks_exact_mut(CANVAS_COLUMNS) {
            row[from..to].iter_mut().for_each(|cell| *cell -= mean);
        }
        patch.deviation = dot_middle(&patch.ink, &patch.ink, width);
        patch
    }

    /// Standard deviation of the ink in grey levels.
    pub fn unrest(&self) -> f32 {
        (self.deviation / (self.width * CANVAS_ROWS) as f32).sqrt()
    }

    /// Normalised cross-correlation with a glyph, and how much ink (grey levels) the glyph would have here.
    pub fn likeness(&self, page: &Page) -> (f32, f32) {
        let both = dot_middle(&self.ink, &page.ink, self.width);
        let deviation = page.deviation(self.width);
        if deviation <= 1e-3 {
            return (0.0, 0.0);
        }
        let norm = (deviation * self.deviation).sqrt().max(1e-3);
        (both / norm, both / deviation)
    }
}

impl Lines {
    /// Sets the characters of a text side by side, as the glyphs' advances have it. At most `most` of them.
    pub fn set(&mut self, text: &str, deck: &Deck, most: usize) {
        self.places.clear();
        let mut pen = 0.0;
        for character in text.chars().take(most) {
            let entry = deck.find(character);
            let blank = (deck.blank / 2.0, deck.blank / 2.0);
            let (lead, tail) =
                entry.map_or(blank, |at| (deck.entries[at].lead, deck.entries[at].tail));
            let width = entry.map_or(even(deck.blank), |at| deck.entries[at].width());
            let centre = pen + lead;
            self.places.push(Place {
                character,
                entry,
                centre,
                width,
                right: 0.0,
                down: 0.0,
                likeness: 0.0,
            });
            pen += lead + tail;
        }
        self.length = pen;
    }

    /// Finds every character of the line in the strip, and the blur that fits.
    ///
    /// Rows first, then columns with all stretches, on sums of ink; then character by character, held together by a
    /// straight line through those that are found well.
    pub fn find(&mut self, strip: &Strip, deck: &Deck, shift_max: i32) {
        let down = self.find_rows(strip, deck, shift_max);
        let (right, stretch) = self.find_columns(strip, deck, shift_max, down);
        for place in &mut self.places {
            place.right = right + stretch * place.centre;
            place.down = down as f32;
        }
        self.refine(strip, deck);
        self.straighten(deck.fixed_pitch);
        self.blur = self.best_blur(strip, deck);
        self.ink = self.usual_ink(strip, deck);
    }

    /// Takes the whole expected line out of the strip: what is left is what nobody expected. To see one character
    /// without its neighbours, whose blur runs into its cell, its own glyph is then added again ([`Lines::show`]).
    pub fn clear(&self, strip: &mut Strip, deck: &Deck) {
        self.places
            .iter()
            .for_each(|place| self.show(strip, deck, place, -1.0));
    }

    /// Adds a character's glyph as the line has it, `times` over.
    pub fn show(&self, strip: &mut Strip, deck: &Deck, place: &Place, times: f32) {
        if let Some(entry) = place.entry {
            let (left, top) = place.canvas_at(strip);
            strip.add(
                &deck.entries[entry].pages[self.blur].ink,
                left,
                top,
                times * self.ink,
            );
        }
    }

    /// Grey levels of full ink in this line: that of the middle one of its characters.
    fn usual_ink(&mut self, strip: &Strip, deck: &Deck) -> f32 {
        self.by_row.clear();
        for place in self.places.iter() {
            if let Some(entry) = place.entry {
                let page = &deck.entries[entry].pages[self.blur];
                self.by_row
                    .push(place.patch(strip, 0, 0).likeness(page).1.max(0.0));
            }
        }
        let middle = self.by_row.len() / 2;
        if self.by_row.is_empty() {
            return 0.0;
        }
        *self.by_row.select_nth_unstable_by(middle, f32::total_cmp).1
    }

    fn find_rows(&mut self, strip: &Strip, deck: &Deck, shift_max: i32) -> i32 {
        let mut expected = [0.0f32; CANVAS_ROWS];
        for entry in self.places.iter().filter_map(|place| place.entry) {
            expected
                .iter_mut()
                .zip(&deck.entries[entry].by_row)
                .for_each(|(sum, ink)| *sum += ink);
        }
        let from = strip.column_of(deck.offset.0 as i32);
        let to = strip
            .column_of((deck.offset.0 + self.length) as i32)
            .max(from + 1)
            .min(strip.columns);
        self.by_row.clear();
        self.by_row.extend(
            (0..strip.rows).map(|row| strip.row(row)[from.min(to - 1)..to].iter().sum::<f32>()),
        );
        prefix_sums(&self.by_row, &mut self.prefix);
        let usual = deck.offset.1.round() as i32;
        let likeness = |down: &i32| {
            let start = canvas_top(strip, *down);
            correlation(&expected, &self.by_row, &self.prefix, start)
        };
        let shifts = (usual - shift_max..=usual + shift_max).map(|down| (down, likeness(&down)));
        shifts
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map_or(usual, |best| best.0)
    }

    /// Shift to the right in samples, and stretch.
    fn find_columns(
        &mut self,
        strip: &Strip,
        deck: &Deck,
        shift_max: i32,
        down: i32,
    ) -> (f32, f32) {
        let top = canvas_top(strip, down);
        self.by_column.clear();
        self.by_column.resize(strip.columns, 0.0);
        for row in top.max(0)..(top + CANVAS_ROWS as i32).min(strip.rows as i32) {
            let row = strip.row(row as usize);
            self.by_column
                .iter_mut()
                .zip(row)
                .for_each(|(sum, ink)| *sum += ink);
        }
        prefix_sums(&self.by_column, &mut self.prefix);
        let usual = deck.offset.0.round() as i32;
        let mut best = (f32::MIN, usual, 0.0);
        for stretch in STRETCHES {
            self.expect_columns(deck, stretch);
            for right in usual - shift_max..=usual + shift_max {
                let start = right - strip.left - MARGIN as i32;
                let likeness = correlation(&self.expected, &self.by_column, &self.prefix, start);
                // Of two that fit alike the one without stretch.
                let likeness = likeness - stretch.abs() * 0.1;
                if likeness > best.0 {
                    best = (likeness, right, stretch);
                }
            }
        }
        (best.1 as f32, best.2)
    }

    /// The sums of ink by column that the text should show at a stretch.
    fn expect_columns(&mut self, deck: &Deck, stretch: f32) {
        let length = (self.length * (1.0 + stretch)).ceil() as usize + 2 * MARGIN;
        self.expected.clear();
        self.expected.resize(length, 0.0);
        for place in &self.places {
            let Some(entry) = place.entry else { continue };
            let left = place.centre * (1.0 + stretch) + MARGIN as f32 - (CANVAS_COLUMNS / 2) as f32;
            let (whole, part) = (left.floor(), left - left.floor());
            for (column, ink) in deck.entries[entry].by_column.iter().enumerate() {
                let at = whole as i32 + column as i32;
                for (at, ink) in [(at, ink * (1.0 - part)), (at + 1, ink * part)] {
                    if let Some(sum) = usize::try_from(at)
                        .ok()
                        .and_then(|at| self.expected.get_mut(at))
                    {
                        *sum += ink;
                    }
                }
            }
        }
    }

    /// Moves every character to where its glyph fits best, first across, then down.
    fn refine(&mut self, strip: &Strip, deck: &Deck) {
        for place in &mut self.places {
            let Some(entry) = place.entry else { continue };
            let page = &deck.entries[entry].pages[MIDDLE_BLUR];
            let at = |right: i32, down: i32| {
                let moved = Place {
                    right: place.right + right as f32,
                    down: place.down + down as f32,
                    ..*place
                };
                moved.patch(strip, 0, 0).likeness(page).0
            };
            let (across, _) = peak(REACH.0, |right| at(right, 0));
            let (vertical, likeness) = peak(REACH.1, |down| at(across, down));
            place.right += across as f32;
            place.down += vertical as f32;
            place.likeness = likeness;
        }
    }

    /// Puts all characters on the straight line that those found well agree on: a damaged or wrong character is
    /// judged where it should stand, not where it happens to look best.
    fn straighten(&mut self, fixed_pitch: bool) {
        let helpful = |place: &&Place| place.entry.is_some() && place.likeness >= HELPFUL_FROM;
        let found = self.places.iter().filter(helpful).count();
        if found == 0 {
            return;
        }
        let (right, down) = {
            let found = || self.places.iter().filter(helpful);
            let line = |value: fn(&Place) -> f32| {
                straight(found().map(|place| (place.centre, value(place))))
            };
            (line(|place| place.right), line(|place| place.down))
        };
        for place in &mut self.places {
            let line = (
                right.0 + right.1 * place.centre,
                down.0 + down.1 * place.centre,
            );
            // Where characters differ in width, what is known of the widths is rough.
            let spare = if fixed_pitch {
                OFF_LINE_FIXED_MAX
            } else {
                OFF_LINE_MAX
            };
            place.right = place.right.clamp(line.0 - spare, line.0 + spare);
            place.down = line.1;
        }
    }

    /// The blur at which the characters of the line are most like their glyphs.
    fn best_blur(&self, strip: &Strip, deck: &Deck) -> usize {
        let mut sums = [0.0f32; BLURS.len()];
        for place in &self.places {
            let Some(entry) = place.entry else { continue };
            let patch = place.patch(strip, 0, 0);
            for (sum, page) in sums.iter_mut().zip(&deck.entries[entry].pages) {
                *sum += patch.likeness(page).0.max(0.0);
            }
        }
        let best = sums.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        best.map_or(MIDDLE_BLUR, |(at, _)| at)
    }
}

impl Place {
    /// The ink of its cell, moved by whole samples.
    pub fn patch(&self, strip: &Strip, right: i32, down: i32) -> Patch {
        let (left, top) = self.canvas_at(strip);
        Patch::cut(strip, left + right, top + down, self.width)
    }

    /// The strip's column and row where its canvas begins.
    fn canvas_at(&self, strip: &Strip) -> (i32, i32) {
        let centre = (self.centre + self.right).round() as i32 - strip.left;
        (
            centre - (CANVAS_COLUMNS / 2) as i32,
            canvas_top(strip, self.down.round() as i32),
        )
    }
}

impl Strip {
    /// The column of a place, clamped into the strip.
    fn column_of(&self, place: i32) -> usize {
        usize::try_from(place - self.left)
            .unwrap_or(0)
            .min(self.columns)
    }
}

/// The even number of columns nearest to a length.
pub(super) fn even(length: f32) -> usize {
    2 * ((length / 2.0).round() as usize).clamp(3, CANVAS_COLUMNS / 2)
}

/// The strip's row where a canvas begins whose cell lies `down` samples below the field's corner.
fn canvas_top(strip: &Strip, down: i32) -> i32 {
    down - strip.top - ((CANVAS_ROWS - CELL_ROWS) / 2) as i32
}

/// Where a value is largest, from −reach to reach, and the value there; of equals the one nearest to 0.
fn peak(reach: i32, value: impl Fn(i32) -> f32) -> (i32, f32) {
    let mut best = (0, value(0));
    for step in 1..=reach {
        for at in [step, -step] {
            let here = value(at);
            if here > best.1 {
                best = (at, here);
            }
        }
    }
    best
}

/// The straight line `a + b x` nearest to the points; level when there are fewer than three.
fn straight(points: impl Iterator<Item = (f32, f32)> + Clone) -> (f32, f32) {
    let (mut count, mut x, mut y) = (0.0f32, 0.0f32, 0.0f32);
    for point in points.clone() {
        (count, x, y) = (count + 1.0, x + point.0, y + point.1);
    }
    let (x, y) = (x / count.max(1.0), y / count.max(1.0));
    let (mut across, mut along) = (0.0f32, 0.0f32);
    for point in points {
        across += (point.0 - x) * (point.0 - x);
        along += (point.0 - x) * (point.1 - y);
    }
    let slope = if count >= 3.0 && across > 1.0 {
        along / across
    } else {
        0.0
    };
    (y - slope * x, slope)
}

/// Sums of values and of their squares before each place.
fn prefix_sums(values: &[f32], prefix: &mut Vec<(f32, f32)>) {
    prefix.clear();
    let mut sum = (0.0, 0.0);
    prefix.push(sum);
    for value in values {
        sum = (sum.0 + value, sum.1 + value * value);
        prefix.push(sum);
    }
}

/// Normalised cross-correlation of `expected` with the values from `start` on; −1 where they do not reach that far.
fn correlation(expected: &[f32], values: &[f32], prefix: &[(f32, f32)], start: i32) -> f32 {
    let Some(window) = usize::try_from(start)
        .ok()
        .and_then(|start| Some((start, values.get(start..start + expected.len())?)))
    else {
        return -1.0;
    };
    let (start, window) = window;
    let count = expected.len() as f32;
    let total: f32 = expected.iter().sum();
    let own = dot(expected, expected) - total * total / count;
    let (before, after) = (prefix[start], prefix[start + expected.len()]);
    let (sum, squares) = (after.0 - before.0, after.1 - before.1);
    let theirs = squares - sum * sum / count;
    let norm = (own * theirs).max(0.0).sqrt();
    if norm > 1e-3 {
        (dot(expected, window) - total * sum / count) / norm
    } else {
        0.0
    }
}
