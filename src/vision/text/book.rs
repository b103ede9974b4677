//! Glyphs by character: drawn by ourselves or taught from pictures. PURE.

use super::{CANVAS_COLUMNS, CANVAS_ROWS};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The only form of the book there is so far.
const FORM: u32 = 1;

/// Most characters in a book.
const GLYPHS_MAX: usize = 256;

/// After so many pictures of a character a further one counts as one in so many, so that a book follows its printer.
const COUNT_MAX: u32 = 64;

/// Likeness below which a picture of a character is not taken for one more of the same.
const CONFLICT_BELOW: f32 = 0.6;

/// Samples by which two pictures of a character may lie apart when they are laid over one another.
const ALIGN_MAX: i32 = 3;

/// Ink of one character, row by row, 0 is paper and 1 is full ink: [`CANVAS_ROWS`] × [`CANVAS_COLUMNS`] samples.
#[derive(Clone, PartialEq)]
pub struct Canvas(pub Box<[f32; CANVAS_ROWS * CANVAS_COLUMNS]>);

impl Canvas {
    /// Without ink.
    pub fn blank() -> Canvas {
        Canvas(Box::new([0.0; CANVAS_ROWS * CANVAS_COLUMNS]))
    }

    /// The ink at a sample; outside there is none.
    pub fn at(&self, row: i32, column: i32) -> f32 {
        let inside =
            (0..CANVAS_ROWS as i32).contains(&row) && (0..CANVAS_COLUMNS as i32).contains(&column);
        if inside {
            self.0[row as usize * CANVAS_COLUMNS + column as usize]
        } else {
            0.0
        }
    }

    /// The same ink, further right and down by whole samples.
    pub fn moved(&self, right: i32, down: i32) -> Canvas {
        let mut moved = Canvas::blank();
        for (place, cell) in moved.0.iter_mut().enumerate() {
            let (row, column) = (place / CANVAS_COLUMNS, place % CANVAS_COLUMNS);
            *cell = self.at(row as i32 - down, column as i32 - right);
        }
        moved
    }

    /// Normalised cross-correlation over the whole canvas, −1 to 1; 0 when one of them is even.
    pub fn likeness(&self, other: &Canvas) -> f32 {
        let samples = self.0.len() as f32;
        let mean = |canvas: &Canvas| canvas.0.iter().sum::<f32>() / samples;
        let (a, b) = (mean(self), mean(other));
        let (mut both, mut own, mut others) = (0.0f32, 0.0f32, 0.0f32);
        for (x, y) in self.0.iter().zip(other.0.iter()) {
            both += (x - a) * (y - b);
            own += (x - a) * (x - a);
            others += (y - b) * (y - b);
        }
        let norm = (own * others).sqrt();
        if norm > 1e-6 { both / norm } else { 0.0 }
    }

    /// The smallest box that holds all samples of at least half the deepest ink: left, top, right, bottom edges.
    pub fn ink_box(&self) -> Option<[f32; 4]> {
        let deepest = self.0.iter().fold(0.0f32, |most, ink| most.max(*ink));
        let mut found: Option<[usize; 4]> = None;
        for (place, _) in self
            .0
            .iter()
            .enumerate()
            .filter(|(_, ink)| deepest > 0.0 && **ink >= deepest / 2.0)
        {
            let (row, column) = (place / CANVAS_COLUMNS, place % CANVAS_COLUMNS);
            let [l, t, r, b] = found.unwrap_or([column, row, column, row]);
            found = Some([l.min(column), t.min(row), r.max(column), b.max(row)]);
        }
        found.map(|[l, t, r, b]| [l as f32, t as f32, r as f32 + 1.0, b as f32 + 1.0])
    }
}

impl fmt::Debug for Canvas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Canvas")?;
        rows_of(self)
            .iter()
            .try_for_each(|row| writeln!(f, "{row}"))
    }
}

/// One character.
#[derive(Debug, Clone, PartialEq)]
pub struct Glyph {
    /// Its ink.
    pub canvas: Canvas,
    /// From the end of the character before to the middle of the canvas, in heights.
    pub lead: f32,
    /// From there to the beginning of the next character, in heights.
    pub tail: f32,
    /// From how many pictures it was averaged; 0 when it was drawn.
    pub count: u32,
}

impl Glyph {
    /// From one character to the next, in heights.
    pub fn advance(&self) -> f32 {
        self.lead + self.tail
    }
}

/// Glyphs by character.
///
/// Written with serde it is a readable text: a canvas is its rows, one hexadecimal digit a sample, so that a
/// technician sees in the file what was taught.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "BookText", into = "BookText")]
pub struct GlyphBook {
    glyphs: BTreeMap<char, Glyph>,
    /// How far the text stands right of and below where the template puts it, in heights.
    offset: (f32, f32),
    /// Lines of text that `offset` was averaged from.
    lines: u32,
    /// Advance of a blank in heights; 0 while none was seen.
    blank: f32,
}

impl GlyphBook {
    /// An empty book.
    pub fn new() -> GlyphBook {
        GlyphBook::default()
    }

    /// The glyph of a character.
    pub fn get(&self, character: char) -> Option<&Glyph> {
        self.glyphs.get(&character)
    }

    /// Puts a glyph in, in place of what was there. A book that is full (256 characters) stays as it is.
    pub fn insert(&mut self, character: char, glyph: Glyph) {
        if self.glyphs.len() < GLYPHS_MAX || self.glyphs.contains_key(&character) {
            self.glyphs.insert(character, glyph);
        }
    }

    /// All glyphs in the order of their characters.
    pub fn iter(&self) -> impl Iterator<Item = (char, &Glyph)> {
        self.glyphs
            .iter()
            .map(|(character, glyph)| (*character, glyph))
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.glyphs.is_empty()
    }

    /// The characters of `text` that are not in the book, each once, in order.
    pub fn missing(&self, text: &str) -> Vec<char> {
        let mut missing: Vec<char> = text
            .chars()
            .filter(|c| *c != ' ' && !self.glyphs.contains_key(c))
            .collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// Advance of a blank in heights, once one was seen.
    pub fn blank(&self) -> Option<f32> {
        (self.blank > 0.0).then_some(self.blank)
    }

    /// How far the text stands right of and below where the template puts it, in heights.
    pub fn offset(&self) -> (f32, f32) {
        self.offset
    }

    /// Notes where one more line of text stood.
    pub(super) fn note_offset(&mut self, right: f32, down: f32) {
        self.lines = (self.lines + 1).min(COUNT_MAX);
        let share = 1.0 / self.lines as f32;
        self.offset.0 += (right - self.offset.0) * share;
        self.offset.1 += (down - self.offset.1) * share;
    }

    /// How a picture of a character must be moved, right and down, to lie over what is known of it, and how much it
    /// is then like that; `None` when the character is not known.
    pub(super) fn lay(&self, character: char, canvas: &Canvas) -> Option<((i32, i32), f32)> {
        let known = self.glyphs.get(&character)?;
        let reach = -ALIGN_MAX..=ALIGN_MAX;
        let shifts = reach
            .clone()
            .flat_map(|right| reach.clone().map(move |down| (right, down)));
        let laid = shifts.map(|(right, down)| {
            (
                (right, down),
                known.canvas.likeness(&canvas.moved(right, down)),
            )
        });
        laid.max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Averages one more picture of a character in, moved as [`GlyphBook::lay`] has it; a character that is not
    /// known is moved by `usual`, as its neighbours were. `half` is half its cell in heights, which counts the
    /// first time.
    ///
    /// Returns how far the picture was moved to the right; `None` when it is unlike those before it.
    pub(super) fn average_in(
        &mut self,
        character: char,
        canvas: &Canvas,
        half: f32,
        usual: (i32, i32),
    ) -> Option<i32> {
        let Some(((right, down), likeness)) = self.lay(character, canvas) else {
            let canvas = canvas.moved(usual.0, usual.1);
            self.insert(
                character,
                Glyph {
                    canvas,
                    lead: half,
                    tail: half,
                    count: 1,
                },
            );
            return Some(usual.0);
        };
        if likeness < CONFLICT_BELOW {
            return None;
        }
        let moved = canvas.moved(right, down);
        let known = self.glyphs.get_mut(&character)?;
        known.count = (known.count + 1).min(COUNT_MAX);
        let share = 1.0 / known.count as f32;
        for (mean, ink) in known.canvas.0.iter_mut().zip(moved.0.iter()) {
            *mean += (ink - *mean) * share;
        }
        Some(right)
    }

    /// Learns how far apart two neighbours stand, from middle to middle, in heights; `blank` when a blank is
    /// between them.
    ///
    /// Whose the distance is cannot be told from one pair; over many pairs it comes out (least mean squares).
    pub(super) fn note_distance(&mut self, left: char, right: char, distance: f32, blank: bool) {
        let (Some(a), Some(b)) = (self.glyphs.get(&left), self.glyphs.get(&right)) else {
            return;
        };
        let left_over = distance - a.tail - b.lead;
        if blank {
            let mean = if self.blank > 0.0 {
                self.blank
            } else {
                left_over
            };
            self.blank = (mean + (left_over - mean) / 8.0).clamp(0.1, 1.2);
            return;
        }
        let wrong = left_over.clamp(-0.2, 0.2);
        let share = |glyph: &Glyph| 0.5 / glyph.count.clamp(1, 8) as f32;
        let (of_a, of_b) = (share(a), share(b));
        if let Some(a) = self.glyphs.get_mut(&left) {
            a.tail = (a.tail + wrong * of_a).max(0.05);
        }
        if let Some(b) = self.glyphs.get_mut(&right) {
            b.lead = (b.lead + wrong * of_b).max(0.05);
        }
    }
}

/// Why a book could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlyphBookError(String);

impl fmt::Display for GlyphBookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "The taught glyphs cannot be used: {} Teach them again.",
            self.0
        )
    }
}

impl std::error::Error for GlyphBookError {}

/// A book as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BookText {
    form: u32,
    /// Right and down, in thousandths of a height.
    offset: (i32, i32),
    lines: u32,
    /// In thousandths of a height.
    blank: u32,
    glyphs: Vec<GlyphText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GlyphText {
    character: char,
    count: u32,
    /// In thousandths of a height.
    lead: u32,
    tail: u32,
    rows: Vec<String>,
}

/// Full ink in a written canvas.
const FULL: f32 = 15.0;

fn rows_of(canvas: &Canvas) -> Vec<String> {
    let digit = |ink: &f32| {
        let step = (ink.clamp(0.0, 1.0) * FULL).round() as u32;
        if step == 0 {
            '.'
        } else {
            char::from_digit(step, 16).expect("at most fifteen")
        }
    };
    canvas
        .0
        .chunks(CANVAS_COLUMNS)
        .map(|row| row.iter().map(digit).collect())
        .collect()
}

fn canvas_of(rows: &[String], character: char) -> Result<Canvas, GlyphBookError> {
    let wrong = |what: &str| GlyphBookError(format!("the canvas of \"{character}\" {what}."));
    if rows.len() != CANVAS_ROWS || rows.iter().any(|row| row.chars().count() != CANVAS_COLUMNS) {
        return Err(wrong(&format!(
            "is not {CANVAS_ROWS} rows of {CANVAS_COLUMNS} samples"
        )));
    }
    let mut canvas = Canvas::blank();
    for (cell, digit) in canvas
        .0
        .iter_mut()
        .zip(rows.iter().flat_map(|row| row.chars()))
    {
        let step = if digit == '.' {
            Some(0)
        } else {
            digit.to_digit(16)
        };
        *cell = step.ok_or_else(|| wrong("holds something that is no hexadecimal digit"))? as f32
            / FULL;
    }
    Ok(canvas)
}

impl From<GlyphBook> for BookText {
    fn from(book: GlyphBook) -> BookText {
        let thousandths = |heights: f32| (heights * 1000.0).round() as i32;
        let glyph = |(character, glyph): (&char, &Glyph)| GlyphText {
            character: *character,
            count: glyph.count,
            lead: thousandths(glyph.lead).unsigned_abs(),
            tail: thousandths(glyph.tail).unsigned_abs(),
            rows: rows_of(&glyph.canvas),
        };
        BookText {
            form: FORM,
            offset: (thousandths(book.offset.0), thousandths(book.offset.1)),
            lines: book.lines,
            blank: thousandths(book.blank).unsigned_abs(),
            glyphs: book.glyphs.iter().map(glyph).collect(),
        }
    }
}

impl TryFrom<BookText> for GlyphBook {
    type Error = GlyphBookError;

    fn try_from(text: BookText) -> Result<GlyphBook, GlyphBookError> {
        let wrong = |what: String| Err(GlyphBookError(what));
        if text.form != FORM {
            return wrong(format!(
                "they are written in form {}, this program knows {FORM}.",
                text.form
            ));
        }
        if text.glyphs.len() > GLYPHS_MAX {
            return wrong(format!(
                "they are {} characters, at most {GLYPHS_MAX}.",
                text.glyphs.len()
            ));
        }
        let offset = (text.offset.0 as f32 / 1000.0, text.offset.1 as f32 / 1000.0);
        if offset.0.abs().max(offset.1.abs()) > 2.0 {
            return wrong("the text's offset is more than two heights.".to_owned());
        }
        let blank = (text.blank as f32 / 1000.0).min(1.2);
        let mut book = GlyphBook {
            glyphs: BTreeMap::new(),
            offset,
            lines: text.lines.min(COUNT_MAX),
            blank,
        };
        for one in text.glyphs {
            let canvas = canvas_of(&one.rows, one.character)?;
            let (lead, tail) = (one.lead as f32 / 1000.0, one.tail as f32 / 1000.0);
            if ![lead, tail].iter().all(|half| (0.04..=0.8).contains(half)) {
                return wrong(format!(
                    "\"{}\" is {} heights wide.",
                    one.character,
                    lead + tail
                ));
            }
            book.insert(
                one.character,
                Glyph {
                    canvas,
                    lead,
                    tail,
                    count: one.count.min(COUNT_MAX),
                },
            );
        }
        Ok(book)
    }
}
