//! What stands in a picture: our own reader first, rxing as second opinion. PURE.

use super::frame::Frame;
use super::grid::Grid;
use super::locate::Hint;
use super::picture::Picture;
use super::reader::{Reader, Sight};
use super::second;
use crate::record::{Modules, ReadBy};

/// How much is tried before a picture counts as unreadable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effort {
    /// What a running line can afford: a few milliseconds at 640 × 480.
    Line,
    /// Everything there is; may take seconds.
    Thorough,
}

/// A symbol that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Symbol {
    /// Who read it.
    pub by: ReadBy,
    /// Where it lies, if the reader says so.
    pub grid: Option<Grid>,
    /// Symbology identifier, e.g. `]d2` for a GS1 Data Matrix.
    pub symbology: String,
    /// The content, separators as 0x1D.
    pub content: String,
    /// The sampled modules, unless the reader did not say.
    pub modules: Option<Modules>,
}

impl Symbol {
    /// Whether it is a GS1 Data Matrix.
    pub fn is_gs1(&self) -> bool {
        self.symbology == "]d2"
    }

    /// What a scanner would send: symbology identifier and content.
    pub fn scan(&self) -> String {
        format!("{}{}", self.symbology, self.content)
    }
}

/// A symbol that could not be decoded.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Undecoded {
    /// Its modules as sampled.
    pub modules: Option<Modules>,
    /// Where it lies.
    pub grid: Option<Grid>,
}

/// What came of looking for a symbol.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// There is none.
    NoSymbol,
    /// Something looks like one and cannot be decoded.
    NotDecodable(Undecoded),
    /// A symbol was read.
    Read(Symbol),
}

/// A picture's pixels for the steps of reading.
pub fn frame(picture: &Picture) -> Frame<'_> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Frame::new(width, height, picture.luma()).expect("a picture has its pixels")
}

/// Looks for a Data Matrix: where the hint says, everywhere, and at last with rxing's eyes.
pub fn read(
    reader: &mut Reader,
    picture: &Picture,
    hint: Option<&Hint>,
    effort: Effort,
) -> Reading {
    match reader.look(&frame(picture), hint) {
        Sight::Read { by, grid } => Reading::Read(symbol(reader, by, grid)),
        sight => {
            let second = match effort {
                Effort::Line => second::quick(picture),
                Effort::Thorough => second::thorough(picture),
            };
            match (second, sight) {
                (Reading::Read(symbol), _) => Reading::Read(symbol),
                (_, Sight::Undecodable(grid)) => Reading::NotDecodable(Undecoded {
                    modules: Some(modules(reader, &grid)),
                    grid: Some(grid),
                }),
                (other, _) => other,
            }
        }
    }
}

fn symbol(reader: &Reader, by: ReadBy, grid: Grid) -> Symbol {
    let content = &reader.decoded().content;
    // Bytes that are no text of their character set are shown as ISO/IEC 8859-1, as scanners send them.
    let text = match content.text() {
        Some(text) => text.into_owned(),
        None => content.bytes.iter().copied().map(char::from).collect(),
    };
    Symbol {
        by,
        grid: Some(grid),
        symbology: content.symbology().to_owned(),
        content: text,
        modules: Some(modules(reader, &grid)),
    }
}

fn modules(reader: &Reader, grid: &Grid) -> Modules {
    Modules {
        columns: grid.size.columns as u16,
        rows: grid.size.rows as u16,
        dark: reader.sampled().to_vec(),
    }
}
