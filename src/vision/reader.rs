//! One frame read: located, sampled, decoded and graded. PURE.
//!
//! A [`Reader`] owns all scratch of the steps. With a [`Hint`] it looks where the symbol should be (line mode) and,
//! when that fails, everywhere (blind mode); the hint narrows the search and gives nothing to the content, which is
//! decoded from the picture alone.

use super::decode::{Decoder, placement};
use super::equalize::Equalizer;
use super::frame::Frame;
use super::geometry::Point;
use super::grade::{Context, Corrected, Grader, NO_CODEWORD, Report, Truth};
use super::grid::Grid;
use super::locate::{Candidate, Hint, Locator, Scope};
use super::size::Size;
use crate::record::ReadBy;

pub use super::decode::{Content, Decoded};

/// What a look at a frame came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sight {
    /// Nothing looks like a symbol.
    Nothing,
    /// Something looks like a symbol and cannot be decoded.
    Undecodable(Grid),
    /// A symbol was read.
    Read {
        /// Told where to look, or not.
        by: ReadBy,
        /// Where it lies.
        grid: Grid,
    },
}

/// Candidates that fit at least so well and cannot be decoded count as symbols that cannot be decoded.
const SYMBOL_FIT_MIN: f32 = 0.62;

/// Candidates that fit less are not worth freeing from their neighbours.
const EQUALIZE_FIT_MIN: f32 = 0.5;

/// What belongs to a symbol's modules and codewords, in the shape that grading wants.
#[derive(Default)]
struct Modules {
    seen: Vec<bool>,
    truth: Vec<bool>,
    codeword_of: Vec<u16>,
    block_of: Vec<u8>,
    blocks: Vec<Corrected>,
    size: Option<&'static Size>,
}

/// Decodes candidates.
#[derive(Default)]
struct Attempts {
    decoder: Decoder,
    equalizer: Equalizer,
    soft: Vec<f32>,
    /// Modules as sampled of the candidate decoded, and of the best that was not.
    sampled: Vec<bool>,
    undecodable: Option<(f32, Grid)>,
    /// All of those of the last search, where more than one symbol is looked for.
    undecoded: Option<Vec<(f32, Grid)>>,
    /// How much the likeliest candidate of this frame fits.
    likeness: f32,
}

/// Reads frames; see the head of this file.
#[derive(Default)]
pub struct Reader {
    locator: Locator,
    attempts: Attempts,
    grader: Grader,
    modules: Modules,
}

impl Attempts {
    /// Tries a candidate; its grid if it could be decoded.
    fn read(&mut self, candidate: &Candidate<'_>, mirrors: bool) -> Option<Grid> {
        let size = candidate.size();
        let fit = candidate.fit();
        self.likeness = self.likeness.max(fit);
        let ways: &[bool] = match (size.is_square(), mirrors) {
            (true, true) => &[false, true],
            (true, false) => &[false],
            (false, _) => &[candidate.rectangle.mirrored],
        };
        for &mirrored in ways {
            candidate.soft(mirrored, &mut self.soft);
            if self.decoder.decode(size, &self.soft).is_ok() {
                return Some(self.keep(candidate, mirrored));
            }
            let free = fit > EQUALIZE_FIT_MIN && self.equalizer.free(size, &self.soft);
            if free && self.decoder.decode(size, &self.equalizer.freed).is_ok() {
                return Some(self.keep(candidate, mirrored));
            }
        }
        if fit > SYMBOL_FIT_MIN
            && let Some(undecoded) = &mut self.undecoded
        {
            undecoded.push((fit, candidate.grid(ways[0])));
        }
        if fit > SYMBOL_FIT_MIN && self.undecodable.is_none_or(|(best, _)| best < fit) {
            self.keep(candidate, ways[0]);
            self.undecodable = Some((fit, candidate.grid(ways[0])));
        }
        None
    }

    fn keep(&mut self, candidate: &Candidate<'_>, mirrored: bool) -> Grid {
        // What was sampled is what the picture shows, freed from neighbours or not.
        candidate.soft(mirrored, &mut self.soft);
        self.sampled.clear();
        self.sampled
            .extend(self.soft.iter().map(|soft| *soft > 0.0));
        candidate.grid(mirrored)
    }
}

impl Reader {
    /// A reader that has not seen a frame yet.
    pub fn new() -> Reader {
        Reader::default()
    }

    fn begin(&mut self) {
        self.attempts.undecodable = None;
        self.attempts.undecoded = None;
        self.attempts.likeness = 0.0;
        self.locator.begin();
    }

    /// Looks for one symbol: with a hint where it should be, then everywhere.
    pub fn look(&mut self, frame: &Frame<'_>, hint: Option<&Hint>) -> Sight {
        self.begin();
        if let Some(hint) = hint
            && let Some(grid) = self.look_there(frame, hint)
        {
            let by = ReadBy::Line;
            return Sight::Read { by, grid };
        }
        if let Some(grid) = self.look_everywhere(frame, &[]) {
            let by = ReadBy::Blind;
            return Sight::Read { by, grid };
        }
        match self.attempts.undecodable {
            Some((_, grid)) => Sight::Undecodable(grid),
            None => Sight::Nothing,
        }
    }

    /// Looks where a hint says, and nowhere else.
    pub fn look_there(&mut self, frame: &Frame<'_>, hint: &Hint) -> Option<Grid> {
        self.locator.begin();
        let mut found = None;
        let attempts = &mut self.attempts;
        for scope in Scope::hinted(hint) {
            self.locator
                .search(frame, Some(hint), &scope, &[], &mut |candidate| {
                    found = attempts.read(candidate, false);
                    found.is_some()
                });
            if found.is_some() {
                break;
            }
        }
        found
    }

    /// Looks for a symbol that is not among those taken.
    fn look_everywhere(&mut self, frame: &Frame<'_>, taken: &[Grid]) -> Option<Grid> {
        let mut found = None;
        let attempts = &mut self.attempts;
        let locator = &mut self.locator;
        let mut search = |scope: Scope| {
            locator.search(frame, None, &scope, taken, &mut |candidate| {
                found = attempts.read(candidate, true);
                found.is_some()
            })
        };
        let (width, height) = (frame.width(), frame.height());
        // Stops at the first scope that gives one.
        match taken.len() {
            0 => Scope::blind(width, height).any(&mut search),
            read => Scope::next(width, height, read).any(&mut search),
        };
        found
    }

    /// Reads every symbol of a frame, at most `most`; `each` gets one after the other with its place.
    pub fn look_for_all(
        &mut self,
        frame: &Frame<'_>,
        most: usize,
        each: &mut dyn FnMut(&Grid, &Decoded),
    ) -> usize {
        let mut taken: Vec<Grid> = Vec::new();
        self.begin();
        while taken.len() < most {
            self.attempts.undecoded = Some(Vec::new());
            let Some(grid) = self.look_everywhere(frame, &taken) else {
                break;
            };
            each(&grid, self.attempts.decoder.decoded());
            taken.push(grid);
            // Places are looked for anew, those of the symbols read left out.
            self.locator.begin();
        }
        self.look_beside(frame, &mut taken, most, each);
        taken.len()
    }

    /// Symbols that stand together are of one print: what the search over the whole frame passed over is looked for
    /// once more between them, place by place, by what those read are like.
    fn look_beside(
        &mut self,
        frame: &Frame<'_>,
        taken: &mut Vec<Grid>,
        most: usize,
        each: &mut dyn FnMut(&Grid, &Decoded),
    ) {
        let Some(like) = taken.first().copied() else {
            return;
        };
        for hint in hints_like(&like, frame.width(), frame.height()) {
            let attempts = &mut self.attempts;
            let mut found = None;
            if taken.len() >= most || holds(taken, hint.centre) {
                continue;
            }
            self.locator.begin();
            let [scope, _] = Scope::hinted(&hint);
            self.locator
                .search(frame, Some(&hint), &scope, taken, &mut |candidate| {
                    found = attempts.read(candidate, false);
                    found.is_some()
                });
            if let Some(grid) = found {
                each(&grid, self.attempts.decoder.decoded());
                taken.push(grid);
            }
        }
    }

    /// Places of the frame looked at last with [`Reader::look_for_all`] that look like a symbol and could not be
    /// decoded: none of the ones read, and of their size and modules.
    pub fn unread(&self, read: &[Grid]) -> Vec<Grid> {
        let places = self.attempts.undecoded.clone().unwrap_or_default();
        super::everything::left_over(places, read)
    }

    /// How much the likeliest place of the frame looked at last looks like a symbol, whether it was read or not: share
    /// of the fixed pattern and the quiet zone that is as it must be. 0 where nothing is worth a try.
    pub fn likeness(&self) -> f32 {
        self.attempts.likeness
    }

    /// The symbol read last. Only after a [`Sight::Read`].
    pub fn decoded(&self) -> &Decoded {
        self.attempts.decoder.decoded()
    }

    /// The modules as sampled in the picture, row by row: of the symbol read last, or of the one that could not be
    /// decoded.
    pub fn sampled(&self) -> &[bool] {
        &self.attempts.sampled
    }

    /// Grades the symbol read last.
    pub fn grade(&mut self, frame: &Frame<'_>, grid: &Grid, context: Context) -> Report {
        let decoded = self.attempts.decoder.decoded();
        self.modules.take(decoded, &self.attempts.sampled);
        self.grader
            .grade(frame, grid, self.modules.truth(), context)
    }

    /// The grader, for what it knows of the symbol graded last.
    pub fn grader(&self) -> &Grader {
        &self.grader
    }

    /// What the symbol graded last suffers from, strongest first.
    pub fn diagnose(
        &mut self,
        frame: &Frame<'_>,
        report: &Report,
        context: Context,
    ) -> &[super::grade::Diagnosis] {
        let truth = self.modules.truth();
        self.grader
            .diagnose(frame, truth, report, context.reflectance)
    }
}

/// Hints that cover a frame, for symbols like this one.
fn hints_like(like: &Grid, width: usize, height: usize) -> impl Iterator<Item = Hint> {
    let (across, down) = like.pitch_px();
    let pitch_px = (across + down) / 2.0;
    let size = like.size;
    let step = pitch_px * size.rows.min(size.columns) as f32 / 2.0;
    let count = move |length: usize| (length as f32 / step) as usize;
    let places =
        (0..count(height)).flat_map(move |row| (0..count(width)).map(move |column| (row, column)));
    places.map(move |(row, column)| Hint {
        size,
        pitch_px,
        centre: Point {
            x: (column as f32 + 0.5) * step,
            y: (row as f32 + 0.5) * step,
        },
        reach_px: step / 2.0,
    })
}

/// Whether a place lies in one of these symbols.
fn holds(taken: &[Grid], place: Point) -> bool {
    taken.iter().any(|grid| {
        let Some(back) = grid.to_picture.inverse() else {
            return false;
        };
        let at = back.point(place.x, place.y);
        let (columns, rows) = (grid.size.columns as f32, grid.size.rows as f32);
        (0.0..columns).contains(&at.x) && (0.0..rows).contains(&at.y)
    })
}

impl Modules {
    fn take(&mut self, decoded: &Decoded, sampled: &[bool]) {
        let size = decoded.size;
        if !self.size.is_some_and(|known| std::ptr::eq(known, size)) {
            self.lay_out(size);
        }
        self.seen.clear();
        self.seen.extend_from_slice(sampled);
        decoded.write_modules(&mut self.truth);
        self.blocks.clear();
        self.blocks
            .extend(decoded.blocks.iter().map(|block| Corrected {
                // For the grade every wrong codeword counts as one that had to be found, whatever the decoder was told.
                errors: block.wrong.min(block.ecc / 2) as u16,
                erasures: 0,
            }));
    }

    /// What does not change from one symbol of a size to the next.
    fn lay_out(&mut self, size: &'static Size) {
        self.size = Some(size);
        self.codeword_of.clear();
        self.codeword_of
            .resize(size.rows * size.columns, NO_CODEWORD);
        for (codeword, figure) in placement(size).figures().iter().enumerate() {
            for module in figure {
                self.codeword_of[usize::from(*module)] = codeword as u16;
            }
        }
        self.block_of.clear();
        let block = |at: usize| (at % size.blocks) as u8;
        self.block_of.extend((0..size.data).map(block));
        self.block_of.extend((0..size.ecc).map(block));
    }

    fn truth(&self) -> Truth<'_> {
        Truth {
            modules: &self.truth,
            seen: &self.seen,
            codeword_of: &self.codeword_of,
            block_of: &self.block_of,
            blocks: &self.blocks,
            decoded: true,
        }
    }
}
