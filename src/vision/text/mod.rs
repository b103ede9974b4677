//! The text beside the symbol: is it there, is it legible, is it what was printed (OCV)? PURE.
//!
//! The symbol's grid carries every place of the label into the picture, so a line of text is looked for where the
//! template put it, within [`SHIFT_MAX_MM`] and a few per cent of scale. It is flattened into a `strip` of ink,
//! laid along the expected text (`register`), and then judged character by character (`judge`): normalised
//! cross-correlation with the expected glyph, blurred as the picture is, must be high enough, *and* the expected
//! glyph must beat every other character of the alphabet. That second half is what "equal" means: an `8` that might
//! be a `B` is not accepted as an `8`.
//!
//! Glyphs come from a [`GlyphBook`]: drawn by ourselves, or taught from pictures of good packs (`learn`), which is
//! what fonts that live in a printer need.
//!
//! Lengths: *modules* are the symbol's (see [`Grid`]), a *height* is the height of the text's cell, and a *sample* is
//! 1 ∕ [`CELL_ROWS`] of it.

mod beside;
mod book;
mod deck;
mod duel;
mod judge;
pub mod learn;
mod register;
mod segment;
pub mod standard;
mod strip;

pub use book::{Canvas, Glyph, GlyphBook, GlyphBookError};
pub use learn::{Learnt, Refusal, learn};
pub use standard::{SerialLine, TextInspector, TextStandard};

use super::frame::Frame;
use super::geometry::Point;
use super::grid::Grid;
use deck::Deck;
use strip::Strip;

/// Samples in the height of a text's cell.
pub const CELL_ROWS: usize = 24;
/// Samples down in a glyph's canvas; the cell lies in the middle.
pub const CANVAS_ROWS: usize = 28;
/// Samples across in a glyph's canvas; the middle of the glyph's advance lies in the middle.
pub const CANVAS_COLUMNS: usize = 24;

/// How far a line of text may lie from where the template puts it, in millimetres.
pub const SHIFT_MAX_MM: f32 = 0.6;

/// Height of the text's cell in the picture, in pixels, below which nothing is said about its characters. Measured
/// with all pairs of A–Z and 0–9 (`tests/vision_text.rs::no_letter_is_taken_for_another`): down to here no letter
/// is taken for another, but from about 13 px down good lines begin to be refused, so a camera should show text at
/// least that high.
pub const HEIGHT_MIN_PX: f32 = 10.0;

/// Most characters of a line that is checked.
pub const CHARACTERS_MAX: usize = 48;

/// A line of text and where the template puts it.
#[derive(Debug, Clone, PartialEq)]
pub struct TextField {
    /// What it is to people: `serial`, `lot`, or the text itself when it is the same on every pack.
    pub name: String,
    /// What must stand there.
    pub text: String,
    /// Left edge of the first character's cell, in modules from the symbol's top left corner.
    pub x: f32,
    /// Upper edge of the cells, in modules from there.
    pub y: f32,
    /// Height of the cells in modules.
    pub height: f32,
    /// How far the field's left surroundings are free, in modules from the symbol's top left corner.
    pub free_from: f32,
    /// The same to the right: whatever else the label carries, or its edge, begins there.
    pub free_to: f32,
}

/// The text of one pack.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TextReference {
    /// Edge of a module in millimetres.
    pub module_mm: f32,
    /// The lines of text.
    pub fields: Vec<TextField>,
}

/// What one line of text came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldState {
    /// Every character is there and is the expected one.
    Legible,
    /// No ink where the line should stand.
    Missing,
    /// Another character stands there. The worst of them is named.
    Differs {
        /// Which character, from 0; the text's length when ink follows its end.
        position: usize,
        /// What must stand there; a blank where nothing may.
        expected: char,
        /// What stands there, when it is one we know; a blank when nothing does.
        looks_like: Option<char>,
    },
    /// A character that nobody can vouch for: damaged, faint, or too close to another one.
    Illegible {
        /// Which character, from 0.
        position: usize,
        /// What must stand there.
        expected: char,
    },
    /// The picture shows the text too small to tell characters apart; a closer camera is needed.
    TooSmall,
    /// The line lies outside the picture, wholly or in part.
    OutOfView,
}

/// Which glyphs a line was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// All taught from good packs.
    Taught,
    /// All drawn by ourselves.
    Drawn,
    /// Some taught; those not taught yet were drawn and judged with a looser limit.
    Mixed,
}

/// The result for one line of text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FieldReport {
    /// Which field of the reference.
    pub field: usize,
    /// What it came to.
    pub state: FieldState,
    /// The worst character: 1 is the expected glyph without blemish, 0 no likeness or another character.
    pub score: f32,
    /// What it was compared with.
    pub basis: Basis,
    /// Height of the cell in pixels.
    pub height_px: f32,
    /// Where the line was found in the picture: top left, top right, bottom right, bottom left.
    pub outline: [Point; 4],
    /// The same for the character that `state` names.
    pub blemish: Option<[Point; 4]>,
}

impl FieldReport {
    /// Whether the line may be accepted.
    pub fn is_legible(&self) -> bool {
        self.state == FieldState::Legible
    }

    /// The result as a sentence for people, e.g. `serial: character 3 must be "8" and looks like "B".`
    pub fn sentence(&self, reference: &TextReference) -> String {
        let name = reference
            .fields
            .get(self.field)
            .map_or("text", |field| field.name.as_str());
        match self.state {
            FieldState::Legible => format!("{name}: as printed."),
            FieldState::Missing => format!("{name}: nothing is printed there."),
            FieldState::Differs {
                position,
                expected,
                looks_like,
            } => {
                let place = position + 1;
                match (expected, looks_like) {
                    (' ', Some(seen)) => {
                        format!("{name}: place {place} must be blank and shows \"{seen}\".")
                    }
                    (' ', None) => format!("{name}: place {place} must be blank and is not."),
                    (_, Some(' ')) => {
                        format!("{name}: character {place}, \"{expected}\", is not there.")
                    }
                    (_, Some(seen)) => {
                        format!(
                            "{name}: character {place} must be \"{expected}\" and looks like \"{seen}\"."
                        )
                    }
                    (_, None) => format!("{name}: character {place} is not \"{expected}\"."),
                }
            }
            FieldState::Illegible { position, expected } => {
                format!(
                    "{name}: character {}, \"{expected}\", is not legible.",
                    position + 1
                )
            }
            FieldState::TooSmall => format!(
                "{name}: {:.1} px high in the picture; at least {HEIGHT_MIN_PX} are needed to tell characters apart.",
                self.height_px
            ),
            FieldState::OutOfView => {
                format!("{name}: lies outside the picture; move or widen the camera's view.")
            }
        }
    }
}

/// Memory that is used again from frame to frame; after the first frames nothing more is allocated.
#[derive(Debug, Default)]
pub struct TextScratch {
    strip: Strip,
    lines: register::Lines,
    report: Vec<FieldReport>,
}

/// Checks text against one set of glyphs; made once a batch.
#[derive(Debug)]
pub struct TextChecker {
    deck: Deck,
}

impl TextChecker {
    /// A checker that uses taught glyphs where there are some, and drawn ones elsewhere.
    pub fn new(drawn: &GlyphBook, taught: Option<&GlyphBook>) -> TextChecker {
        TextChecker {
            deck: Deck::new(drawn, taught),
        }
    }

    /// Checks every field of `reference` beside the symbol at `grid`, in the order of the fields.
    ///
    /// The work is bounded by the number and length of the fields ([`CHARACTERS_MAX`] each), not by the picture.
    pub fn check<'s>(
        &self,
        frame: &Frame,
        grid: &Grid,
        reference: &TextReference,
        scratch: &'s mut TextScratch,
    ) -> &'s [FieldReport] {
        scratch.report.clear();
        let contrast = strip::symbol_contrast(frame, grid);
        let lower = reference
            .fields
            .iter()
            .any(|field| field.text.contains(|c: char| c.is_ascii_lowercase()));
        for (at, field) in reference.fields.iter().enumerate() {
            let mut one = judge::Judge {
                deck: &self.deck,
                frame,
                grid,
                module_mm: reference.module_mm,
                contrast,
                lower,
                strip: &mut scratch.strip,
                lines: &mut scratch.lines,
            };
            let report = one.field(at, field);
            scratch.report.push(report);
        }
        &scratch.report
    }
}
