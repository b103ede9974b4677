//! Lines of text beside a symbol: where ink stands in rows of pieces as high as each other. PURE.
//!
//! The surroundings of the symbol are laid flat in its own coordinates, so that turn and tilt are out of the way. Ink
//! is what is darker than the paper around it (lighter, where the symbol is light on dark). Its connected pieces are
//! joined to lines along the direction in which their gaps are the smaller ones. What is solid, tall as the symbol or
//! striped like a linear code is no text.
//!
//! Nothing is read here: whether it says what was printed is [`text`](super::super::text)'s matter.

use super::super::frame::Frame;
use super::super::geometry::Point;
use super::super::grid::Grid;
use super::light::Light;

/// Surroundings that are looked at, in sides of the symbol to each side of it.
const AROUND: f32 = 3.0;
/// Cells a module: at least, at most; about one a pixel between them.
const CELLS: (f32, f32) = (2.0, 6.0);
/// Most cells.
const CELLS_MAX: f32 = 2_000_000.0;
/// Modules a side of the tiles in which the grey of paper is found.
const TILE: f32 = 4.0;
/// Ink is at least so much of the symbol's contrast away from paper.
const INK_SHARE: f32 = 0.45;
/// Gaps that are closed, in modules: the dots of a dot matrix touch.
const CLOSED: f32 = 0.3;
/// Height of letters in modules: at least, at most.
const LETTER: (f32, f32) = (1.0, 14.0);
/// Length of a line in modules, at least: shorter ones are specks as often as text.
const LINE_LEAST: f32 = 4.0;
/// Gap between words of a line, in heights of its letters: one blank of a fixed pitch and the bearings beside it.
const BLANK_MOST: f32 = 1.6;
/// Share of a line's fullest row from which a row belongs to its capitals.
const WELL_FILLED: f32 = 0.35;
/// Most pieces of ink that are looked at; text has hundreds.
const PIECES_MAX: usize = 3000;
/// Most lines.
const LINES_MAX: usize = 32;

/// A line of text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextLine {
    /// Left edge of its ink, in modules from the symbol's top left corner.
    pub x: f32,
    /// Upper edge of its ink, in modules from there.
    pub y: f32,
    /// Width of its ink in modules, along the symbol's upper edge.
    pub width: f32,
    /// Height of its ink in modules, along the symbol's left edge.
    pub height: f32,
    /// It runs down the symbol's side and not along its upper edge.
    pub upright: bool,
    /// Height of its capitals and digits in the picture, in pixels.
    pub capitals_px: f32,
    /// Where it lies in the picture.
    pub outline: [Point; 4],
}

/// Ink around the symbol, in cells.
struct Sheet {
    across: usize,
    down: usize,
    /// Where its upper left corner lies, in modules from the symbol's.
    origin: (f32, f32),
    /// Cells a module.
    fine: f32,
    ink: Vec<bool>,
}

/// A connected piece of ink, in cells: the ends lie outside.
#[derive(Debug, Clone, Copy)]
struct Piece {
    from: (usize, usize),
    to: (usize, usize),
    ink: usize,
}

impl Piece {
    fn width(&self) -> f32 {
        (self.to.0 - self.from.0) as f32
    }

    fn height(&self) -> f32 {
        (self.to.1 - self.from.1) as f32
    }

    /// The same with x and y exchanged.
    fn turned(self) -> Piece {
        let swap = |(x, y): (usize, usize)| (y, x);
        Piece {
            from: swap(self.from),
            to: swap(self.to),
            ..self
        }
    }

    /// Gap to another one along x; 0 where they overlap.
    fn gap(&self, other: &Piece) -> f32 {
        let gap = self.from.0.max(other.from.0) as f32 - self.to.0.min(other.to.0) as f32;
        gap.max(0.0)
    }

    /// Rows that both have, as a share of the lower one's height.
    fn beside(&self, other: &Piece) -> f32 {
        let both = self.to.1.min(other.to.1) as f32 - self.from.1.max(other.from.1) as f32;
        both / self.height().min(other.height())
    }

    fn with(&self, other: &Piece) -> Piece {
        Piece {
            from: (self.from.0.min(other.from.0), self.from.1.min(other.from.1)),
            to: (self.to.0.max(other.to.0), self.to.1.max(other.to.1)),
            ink: self.ink + other.ink,
        }
    }
}

/// The lines of text beside a symbol, at most 32, from top to bottom.
pub(super) fn find(frame: &Frame<'_>, grid: &Grid, light: &Light) -> Vec<TextLine> {
    let Some(sheet) = Sheet::around(frame, grid, light) else {
        return Vec::new();
    };
    let pieces = sheet.pieces();
    let upright = runs_down(&pieces);
    let laid: Vec<Piece> = match upright {
        false => pieces,
        true => pieces.into_iter().map(Piece::turned).collect(),
    };
    let (across_px, down_px) = grid.pitch_px();
    let mut lines: Vec<TextLine> = lines(&laid, sheet.fine)
        .into_iter()
        .map(|line| {
            let line = if upright { line.turned() } else { line };
            let letters = sheet.capitals(&line, upright);
            let place = |cells: usize, origin: f32| cells as f32 / sheet.fine + origin;
            let (x, y) = (
                place(line.from.0, sheet.origin.0),
                place(line.from.1, sheet.origin.1),
            );
            let (width, height) = (line.width() / sheet.fine, line.height() / sheet.fine);
            let corners = [
                (x, y),
                (x + width, y),
                (x + width, y + height),
                (x, y + height),
            ];
            TextLine {
                x,
                y,
                width,
                height,
                upright,
                capitals_px: letters / sheet.fine * if upright { across_px } else { down_px },
                outline: corners.map(|(x, y)| grid.at(x, y)),
            }
        })
        .collect();
    lines.sort_by(|a, b| a.y.total_cmp(&b.y).then(a.x.total_cmp(&b.x)));
    lines.truncate(LINES_MAX);
    lines
}

impl Sheet {
    /// The ink around a symbol, without the symbol and its quiet zone.
    fn around(frame: &Frame<'_>, grid: &Grid, light: &Light) -> Option<Sheet> {
        let back = grid.to_picture.inverse()?;
        let (columns, rows) = (grid.size.columns as f32, grid.size.rows as f32);
        let side = columns.max(rows);
        let reach = AROUND * side;
        // Only where the picture is, as far as it reaches.
        let (width, height) = (frame.width() as f64, frame.height() as f64);
        let ends = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)].map(|(x, y)| {
            let (x, y) = back.apply(x, y);
            (x as f32, y as f32)
        });
        let least =
            |pick: fn(&(f32, f32)) -> f32| ends.iter().map(pick).fold(f32::INFINITY, f32::min);
        let most =
            |pick: fn(&(f32, f32)) -> f32| ends.iter().map(pick).fold(f32::NEG_INFINITY, f32::max);
        let origin = (least(|p| p.0).max(-reach), least(|p| p.1).max(-reach));
        let end = (
            most(|p| p.0).min(columns + reach),
            most(|p| p.1).min(rows + reach),
        );
        let (across, down) = (end.0 - origin.0, end.1 - origin.1);
        if !(across > 0.0 && down > 0.0) {
            return None;
        }
        let (across_px, down_px) = grid.pitch_px();
        let most_fine = (CELLS_MAX / (across * down)).sqrt();
        let fine = across_px
            .min(down_px)
            .clamp(CELLS.0, CELLS.1)
            .min(most_fine);
        let mut sheet = Sheet {
            across: (across * fine) as usize,
            down: (down * fine) as usize,
            origin,
            fine,
            ink: Vec::new(),
        };
        let greys = sheet.greys(frame, grid);
        sheet.take_ink(&greys, grid, light);
        sheet.close();
        Some(sheet)
    }

    /// Middle of a cell in modules.
    fn module(&self, x: usize, y: usize) -> (f32, f32) {
        let at = |cell: usize, origin: f32| (cell as f32 + 0.5) / self.fine + origin;
        (at(x, self.origin.0), at(y, self.origin.1))
    }

    /// Grey of every cell, printed dark whatever the symbol; not a number outside the picture.
    fn greys(&self, frame: &Frame<'_>, grid: &Grid) -> Vec<f32> {
        let mut greys = Vec::with_capacity(self.across * self.down);
        let (width, height) = (frame.width() as f32, frame.height() as f32);
        for y in 0..self.down {
            for x in 0..self.across {
                let (column, row) = self.module(x, y);
                let at = grid.at(column, row);
                let inside = (0.0..width).contains(&at.x) && (0.0..height).contains(&at.y);
                let grey = frame.grey(at.x, at.y);
                greys.push(match (inside, grid.inverted) {
                    (false, _) => f32::NAN,
                    (true, false) => grey,
                    (true, true) => 255.0 - grey,
                });
            }
        }
        greys
    }

    fn take_ink(&mut self, greys: &[f32], grid: &Grid, light: &Light) {
        let paper = if grid.inverted {
            255.0 - light.paper
        } else {
            light.paper
        };
        let tile = ((TILE * self.fine) as usize).max(1);
        let tiles = self.across.div_ceil(tile);
        let mut papers = vec![0.0f32; tiles * self.down.div_ceil(tile)];
        let mut sorted = Vec::new();
        for (at, level) in papers.iter_mut().enumerate() {
            let (left, top) = (at % tiles * tile, at / tiles * tile);
            sorted.clear();
            for y in top..(top + tile).min(self.down) {
                let row = &greys[y * self.across..][..self.across];
                let part = &row[left..(left + tile).min(self.across)];
                sorted.extend(part.iter().filter(|grey| !grey.is_nan()));
            }
            sorted.sort_unstable_by(f32::total_cmp);
            // Nine tenths: paper, unless there is next to none in the tile.
            *level = sorted.get(sorted.len() * 9 / 10).copied().unwrap_or(0.0);
        }
        let (columns, rows) = (grid.size.columns as f32, grid.size.rows as f32);
        self.ink = Vec::with_capacity(greys.len());
        for (at, grey) in greys.iter().enumerate() {
            let (x, y) = (at % self.across, at / self.across);
            let (column, row) = self.module(x, y);
            let own = (-1.0..columns + 1.0).contains(&column) && (-1.0..rows + 1.0).contains(&row);
            let level = papers[y / tile * tiles + x / tile];
            // Where there is less light, ink and paper differ less.
            let least = INK_SHARE * light.contrast() * (level / paper.max(1.0)).min(1.5);
            // Written so that what is not a number is no ink.
            self.ink.push(!own && level - grey > least.max(4.0));
        }
    }

    /// Closes small gaps along rows and along columns.
    fn close(&mut self) {
        let most = (CLOSED * self.fine).round() as usize;
        let before = self.ink.clone();
        let (across, down) = (self.across, self.down);
        for y in 0..down {
            close_run(&before, &mut self.ink, (y * across, 1, across), most);
        }
        for x in 0..across {
            close_run(&before, &mut self.ink, (x, across, down), most);
        }
    }

    /// Height of a line's capitals and digits in cells: where its rows (columns, when it stands upright) are well
    /// filled. Brackets, accents and tails reach farther and have little ink there.
    fn capitals(&self, line: &Piece, upright: bool) -> f32 {
        let mut filled = match upright {
            false => vec![0u32; line.to.1 - line.from.1],
            true => vec![0u32; line.to.0 - line.from.0],
        };
        for y in line.from.1..line.to.1 {
            for x in line.from.0..line.to.0 {
                if self.ink[y * self.across + x] {
                    filled[if upright {
                        x - line.from.0
                    } else {
                        y - line.from.1
                    }] += 1;
                }
            }
        }
        let most = filled.iter().copied().max().unwrap_or(0);
        let well = |count: &u32| *count as f32 >= WELL_FILLED * most as f32;
        let first = filled.iter().position(well);
        let last = filled.iter().rposition(well);
        first
            .zip(last)
            .map_or(0.0, |(first, last)| (last + 1 - first) as f32)
    }

    /// Connected pieces of ink that may be letters or parts of words.
    fn pieces(&self) -> Vec<Piece> {
        let mut seen = vec![false; self.ink.len()];
        let (mut pieces, mut open) = (Vec::new(), Vec::new());
        for start in 0..self.ink.len() {
            if !self.ink[start] || seen[start] {
                continue;
            }
            let mut piece = Piece {
                from: (start % self.across, start / self.across),
                to: (0, 0),
                ink: 0,
            };
            seen[start] = true;
            open.push(start);
            while let Some(at) = open.pop() {
                let (x, y) = (at % self.across, at / self.across);
                piece.from = (piece.from.0.min(x), piece.from.1.min(y));
                piece.to = (piece.to.0.max(x + 1), piece.to.1.max(y + 1));
                piece.ink += 1;
                for next_y in y.saturating_sub(1)..(y + 2).min(self.down) {
                    for next_x in x.saturating_sub(1)..(x + 2).min(self.across) {
                        let next = next_y * self.across + next_x;
                        if self.ink[next] && !seen[next] {
                            seen[next] = true;
                            open.push(next);
                        }
                    }
                }
            }
            // Points and hyphens belong to lines but are no letters: they are left out.
            let long = piece.width().max(piece.height());
            let may_be = long >= LETTER.0 * self.fine
                && piece.width().min(piece.height()) <= LETTER.1 * self.fine;
            if may_be {
                pieces.push(piece);
            }
        }
        // The largest: what is left out then is specks.
        pieces.sort_unstable_by_key(|piece| std::cmp::Reverse(piece.ink));
        pieces.truncate(PIECES_MAX);
        pieces
    }
}

/// Closes the gaps of at most `most` cells between ink, along `count` cells that lie `step` apart.
fn close_run(
    before: &[bool],
    ink: &mut [bool],
    (start, step, count): (usize, usize, usize),
    most: usize,
) {
    let mut last: Option<usize> = None;
    for cell in (0..count).filter(|cell| before[start + cell * step]) {
        if let Some(last) = last
            && cell - last - 1 <= most
        {
            (last + 1..cell).for_each(|gap| ink[start + gap * step] = true);
        }
        last = Some(cell);
    }
}

/// Whether the text runs down the symbol's side: whether most pieces have their next one above or below.
fn runs_down(pieces: &[Piece]) -> bool {
    let mut votes = 0i64;
    for (at, piece) in pieces.iter().enumerate() {
        // A word whose letters touch says it by itself.
        match piece.width() / piece.height() {
            shape if shape > 2.5 => votes -= 3,
            shape if shape < 0.25 => votes += 1,
            _ => {}
        }
        let turned = piece.turned();
        let (mut beside, mut below) = (f32::INFINITY, f32::INFINITY);
        for other in pieces
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != at)
            .map(|(_, one)| one)
        {
            if piece.beside(other) > 0.5 {
                beside = beside.min(piece.gap(other));
            }
            let other = other.turned();
            if turned.beside(&other) > 0.5 {
                below = below.min(turned.gap(&other));
            }
        }
        if beside.is_finite() || below.is_finite() {
            votes += if below < beside { 1 } else { -1 };
        }
    }
    votes > 0
}

/// Lines along x.
fn lines(pieces: &[Piece], fine: f32) -> Vec<Piece> {
    let letters: Vec<Piece> = pieces
        .iter()
        .copied()
        .filter(|piece| {
            let height = piece.height() / fine;
            let solid = piece.ink as f32 / (piece.width() * piece.height());
            let thin = piece.width() < 0.6 * piece.height();
            (LETTER.0..=LETTER.1).contains(&height) && (solid < 0.85 || thin)
        })
        .collect();
    let mut group: Vec<usize> = (0..letters.len()).collect();
    for one in 0..letters.len() {
        for other in 0..one {
            let (a, b) = (&letters[one], &letters[other]);
            let (low, high) = (a.height().min(b.height()), a.height().max(b.height()));
            // Letters of one line are about as high as each other.
            if a.beside(b) > 0.6 && high < 1.9 * low && a.gap(b) < BLANK_MOST * high {
                let (from, to) = (group[one], group[other]);
                group
                    .iter_mut()
                    .filter(|at| **at == from)
                    .for_each(|at| *at = to);
            }
        }
    }
    let mut found = Vec::new();
    for name in 0..letters.len() {
        let members: Vec<&Piece> = letters
            .iter()
            .zip(&group)
            .filter(|(_, at)| **at == name)
            .map(|(one, _)| one)
            .collect();
        let Some(whole) = members.iter().map(|one| **one).reduce(|a, b| a.with(&b)) else {
            continue;
        };
        let mut heights: Vec<f32> = members.iter().map(|one| one.height()).collect();
        heights.sort_unstable_by(f32::total_cmp);
        let height = heights[heights.len() / 2];
        let solid = whole.ink as f32 / (whole.width() * whole.height());
        let striped = members
            .iter()
            .filter(|one| one.height() > 5.0 * one.width())
            .count();
        let is_text = whole.width() > 1.5 * whole.height()
            && whole.width() > LINE_LEAST * fine
            && (members.len() >= 3 || whole.width() > 2.5 * height)
            && (0.08..0.8).contains(&solid)
            && 2 * striped <= members.len();
        if is_text {
            found.push(whole);
        }
    }
    found
}
