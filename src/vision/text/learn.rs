//! Learns a printer's font from pictures of good packs whose text is known. PURE.

use super::super::frame::Frame;
use super::super::grid::Grid;
use super::book::{Canvas, GlyphBook};
use super::segment::{self, Cuts};
use super::strip::{self, Strip, Window};
use super::{CANVAS_COLUMNS, CANVAS_ROWS, CELL_ROWS, CHARACTERS_MAX, HEIGHT_MIN_PX, SHIFT_MAX_MM};
use super::{TextField, TextReference};
use std::fmt;

/// Height of the text in the picture that teaching wants, in pixels: more than checking does.
pub const TEACH_HEIGHT_MIN_PX: f32 = 12.0;

/// Widest characters of a font, in heights.
const ADVANCE_MAX: f32 = 1.0;

/// Ink of the line, as a share of the symbol's, below which nothing is learnt.
const INK_MIN: f32 = 0.35;

/// Ink of a row or column from which text stands there, as a share of the usual.
const INKED_FROM: f32 = 0.22;

/// Ink that cuts between characters may run through on the mean.
const CUT_MAX: f32 = 0.40;

/// Samples that are left out before the next thing on the label, or before its edge: neither lies exactly there.
const EDGE: f32 = 3.0;

/// Why a line was not learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The picture shows it lower than [`TEACH_HEIGHT_MIN_PX`].
    TooSmall,
    /// It lies outside the picture.
    OutOfView,
    /// There is no ink, or hardly any.
    Faint,
    /// Its characters cannot be told apart: they touch, or they are not as many as the text has.
    Unclear,
    /// This character is unlike what was learnt of it before.
    Conflict(char),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::TooSmall => {
                write!(
                    f,
                    "it is too small in the picture; {TEACH_HEIGHT_MIN_PX} px are needed (checking: {HEIGHT_MIN_PX})"
                )
            }
            Refusal::OutOfView => write!(f, "it lies outside the picture"),
            Refusal::Faint => write!(f, "there is hardly any ink"),
            Refusal::Unclear => write!(f, "its characters touch or are not as many as expected"),
            Refusal::Conflict(c) => write!(f, "its \"{c}\" is unlike those taught before"),
        }
    }
}

/// What a picture taught.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Learnt {
    /// Pictures of characters that went into the book.
    pub characters: usize,
    /// Lines that taught nothing, by their number in the reference, and why.
    pub refused: Vec<(usize, Refusal)>,
}

/// Adds what one picture shows to a book. The picture must be of a good pack: nothing proves that the text is
/// `reference` but the caller's word.
///
/// A line is learnt whole or not at all.
pub fn learn(
    frame: &Frame,
    grid: &Grid,
    reference: &TextReference,
    book: &mut GlyphBook,
) -> Learnt {
    let mut learnt = Learnt::default();
    let contrast = strip::symbol_contrast(frame, grid);
    let mut strip = Strip::default();
    for (at, field) in reference.fields.iter().enumerate() {
        if field.text.trim().is_empty() {
            continue;
        }
        let lesson = Lesson {
            frame,
            grid,
            field,
            module_mm: reference.module_mm,
            contrast,
        };
        match lesson.line(&mut strip).and_then(|line| line.write(book)) {
            Ok(characters) => learnt.characters += characters,
            Err(why) => learnt.refused.push((at, why)),
        }
    }
    learnt
}

struct Lesson<'a> {
    frame: &'a Frame<'a>,
    grid: &'a Grid,
    field: &'a TextField,
    module_mm: f32,
    contrast: f32,
}

/// The characters of a line, cut out.
struct LineOfGlyphs {
    /// Character, its canvas, half its cell in heights, and the column of the canvas's middle.
    glyphs: Vec<(char, Canvas, f32, i32)>,
    /// Behind which of them a blank stands.
    blank_after: Vec<bool>,
    /// Right and down of the template's place, in heights.
    offset: (f32, f32),
}

impl LineOfGlyphs {
    fn write(self, book: &mut GlyphBook) -> Result<usize, Refusal> {
        // All or nothing: a line in which one character is foreign may be another line altogether.
        let mut tried = book.clone();
        let usual = self.usual_move(book);
        let mut before: Option<(char, i32, bool)> = None;
        for ((character, canvas, half, middle), blank) in self.glyphs.iter().zip(&self.blank_after)
        {
            let right = tried
                .average_in(*character, canvas, *half, usual)
                .ok_or(Refusal::Conflict(*character))?;
            let middle = middle - right;
            if let Some((left, at, blank)) = before {
                let apart = (middle - at) as f32 / CELL_ROWS as f32;
                tried.note_distance(left, *character, apart, blank);
            }
            before = Some((*character, middle, *blank));
        }
        let heights = |samples: i32| samples as f32 / CELL_ROWS as f32;
        tried.note_offset(
            self.offset.0 - heights(usual.0),
            self.offset.1 - heights(usual.1),
        );
        *book = tried;
        Ok(self.glyphs.len())
    }

    /// How far the known characters of the line must be moved to lie over what is known of them: the middle of all.
    /// So that characters learnt from one line stand as those from others do.
    fn usual_move(&self, book: &GlyphBook) -> (i32, i32) {
        let known = self
            .glyphs
            .iter()
            .filter_map(|(character, canvas, _, _)| book.lay(*character, canvas));
        let (mut right, mut down): (Vec<i32>, Vec<i32>) = known.map(|(moved, _)| moved).unzip();
        let middle = |moves: &mut Vec<i32>| {
            moves.sort_unstable();
            moves.get(moves.len() / 2).copied().unwrap_or(0)
        };
        (middle(&mut right), middle(&mut down))
    }
}

impl Lesson<'_> {
    fn line(&self, strip: &mut Strip) -> Result<LineOfGlyphs, Refusal> {
        let (field, count) = (self.field, self.field.text.chars().count());
        let height_px = strip::height_px(self.grid, field, CELL_ROWS as f32);
        if height_px.is_nan() || height_px < TEACH_HEIGHT_MIN_PX {
            return Err(Refusal::TooSmall);
        }
        let window = self.window(count);
        let shown = |x: i32, y: i32| {
            let place = strip::at(self.grid, field, x as f32, y as f32);
            let (width, height) = (self.frame.width() as f32, self.frame.height() as f32);
            (0.0..=width).contains(&place.x) && (0.0..=height).contains(&place.y)
        };
        let least_end = (count as f32 * CELL_ROWS as f32 * 0.4) as i32;
        let cell = CELL_ROWS as i32;
        if ![(0, 0), (least_end, 0), (0, cell), (least_end, cell)]
            .into_iter()
            .all(|(x, y)| shown(x, y))
        {
            return Err(Refusal::OutOfView);
        }
        if count > CHARACTERS_MAX || !strip.fill(self.frame, self.grid, field, window) {
            return Err(Refusal::Unclear);
        }
        let full = usual_ink(strip);
        if full < INK_MIN * self.contrast.max(1.0) {
            return Err(Refusal::Faint);
        }
        strip
            .ink
            .iter_mut()
            .for_each(|ink| *ink = (*ink / full).clamp(0.0, 1.1));
        let band = band(strip).ok_or(Refusal::Faint)?;
        let columns = columns_in(strip, band);
        let blanks: Vec<bool> = field.text.chars().map(|c| c == ' ').collect();
        let line = &columns[..end_of_line(&columns)];
        let cuts = segment::cut(line, &blanks, INKED_FROM).ok_or(Refusal::Unclear)?;
        if cuts.mean > CUT_MAX {
            return Err(Refusal::Unclear);
        }
        self.glyphs(strip, band, &cuts)
    }

    /// From a little before the field's place to the next thing on the label, or as far as the widest font reaches.
    fn window(&self, count: usize) -> Window {
        let sample = self.field.height / CELL_ROWS as f32;
        let shift = (SHIFT_MAX_MM / (self.field.height * self.module_mm).max(0.05)
            * CELL_ROWS as f32)
            .ceil();
        let shift = shift.clamp(2.0, 16.0);
        let free = |modules: f32| ((modules - self.field.x) / sample).clamp(-1e4, 1e4);
        let left = (-shift).max(free(self.field.free_from));
        let longest = count as f32 * ADVANCE_MAX * CELL_ROWS as f32 + shift;
        let right = longest.min(free(self.field.free_to) - EDGE).max(left + 8.0);
        let above = shift as i32 + 4;
        Window {
            left: left as i32,
            top: -above,
            columns: (right - left) as usize,
            rows: CELL_ROWS + 2 * above as usize,
        }
    }

    fn glyphs(
        &self,
        strip: &Strip,
        band: (usize, usize),
        cuts: &Cuts,
    ) -> Result<LineOfGlyphs, Refusal> {
        // The middle of the ink comes to lie in the middle of the canvas.
        let middle = (band.0 + band.1) as i32 / 2;
        let top = middle - (CANVAS_ROWS / 2) as i32;
        let mut glyphs = Vec::new();
        for (cell, character) in self
            .field
            .text
            .chars()
            .enumerate()
            .filter(|(_, c)| *c != ' ')
        {
            let (from, to) = (cuts.at[cell], cuts.at[cell + 1]);
            if to - from > CANVAS_COLUMNS as f32 {
                return Err(Refusal::Unclear);
            }
            let mut canvas = Canvas::blank();
            let centre = ((from + to) / 2.0).round() as i32;
            let own = from.round() as i32..to.round() as i32;
            for (place, ink) in canvas.0.iter_mut().enumerate() {
                let row = top + (place / CANVAS_COLUMNS) as i32;
                let column = centre + (place % CANVAS_COLUMNS) as i32 - (CANVAS_COLUMNS / 2) as i32;
                let shown = (0..strip.rows as i32).contains(&row)
                    && (0..strip.columns as i32).contains(&column);
                if shown && own.contains(&column) {
                    *ink = strip.row(row as usize)[column as usize].clamp(0.0, 1.0);
                }
            }
            glyphs.push((
                character,
                canvas,
                (to - from) / 2.0 / CELL_ROWS as f32,
                centre,
            ));
        }
        let cell_top = top + ((CANVAS_ROWS - CELL_ROWS) / 2) as i32 + strip.top;
        let right = cuts.at[0] + strip.left as f32;
        let offset = (right / CELL_ROWS as f32, cell_top as f32 / CELL_ROWS as f32);
        let next = self.field.text.chars().skip(1).chain([' ']);
        let pairs = self.field.text.chars().zip(next).filter(|(c, _)| *c != ' ');
        let blank_after = pairs.map(|(_, next)| next == ' ').collect();
        Ok(LineOfGlyphs {
            glyphs,
            blank_after,
            offset,
        })
    }
}

/// The ink that the darkest two per cent of the strip's samples have at least.
fn usual_ink(strip: &Strip) -> f32 {
    let mut sorted: Vec<f32> = strip.ink.clone();
    let rank = sorted.len() * 98 / 100;
    let (_, ink, _) = sorted.select_nth_unstable_by(rank, f32::total_cmp);
    *ink
}

/// The rows the text stands in: the run of inked rows with most ink.
fn band(strip: &Strip) -> Option<(usize, usize)> {
    let rows: Vec<f32> = (0..strip.rows)
        .map(|row| strip.row(row).iter().sum::<f32>().max(0.0))
        .collect();
    let most = rows.iter().fold(0.0f32, |most, ink| most.max(*ink));
    let inked = |row: &usize| most > 0.0 && rows[*row] >= INKED_FROM * most;
    let mut best: Option<(f32, usize, usize)> = None;
    let mut row = 0;
    while row < rows.len() {
        let end = (row..rows.len())
            .find(|at| !inked(at))
            .unwrap_or(rows.len());
        let ink: f32 = rows[row..end].iter().sum();
        if end > row && best.is_none_or(|(most, _, _)| ink > most) {
            best = Some((ink, row, end));
        }
        row = end + 1;
    }
    let (_, from, to) = best?;
    (to - from >= CELL_ROWS / 4).then_some((from, to))
}

/// Ink by column within the band: 1 is a column as full as full columns are.
fn columns_in(strip: &Strip, (from, to): (usize, usize)) -> Vec<f32> {
    let mut columns = vec![0.0f32; strip.columns];
    for row in from..to {
        columns
            .iter_mut()
            .zip(strip.row(row))
            .for_each(|(sum, ink)| *sum += ink);
    }
    let mut sorted = columns.clone();
    let rank = sorted.len() * 90 / 100;
    let (_, full, _) = sorted.select_nth_unstable_by(rank, f32::total_cmp);
    let full = full.max(1e-3);
    columns
        .iter_mut()
        .for_each(|ink| *ink = (*ink / full).clamp(0.0, 1.5));
    columns
}

/// Columns after which nothing more of the line stands: a gap wider than a blank can be.
fn end_of_line(columns: &[f32]) -> usize {
    const GAP_MAX: usize = CELL_ROWS + CELL_ROWS / 2;
    let mut last = None;
    for (column, _) in columns
        .iter()
        .enumerate()
        .filter(|(_, ink)| **ink >= INKED_FROM)
    {
        if last.is_some_and(|last| column - last > GAP_MAX) {
            break;
        }
        last = Some(column);
    }
    last.map_or(columns.len(), |last| {
        (last + 1 + CELL_ROWS / 2).min(columns.len())
    })
}
