//! What stands in a picture: our own reader first, rxing as second opinion. PURE.

use super::frame::Frame;
use super::grid::Grid;
use super::locate::Hint;
use super::picture::Picture;
use super::reader::{Content, Reader, Sight};
use super::second;
use crate::record::{Modules, ReadBy};
use std::borrow::Cow;

/// How much is tried before a picture counts as unreadable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effort {
    /// What a running line can afford: our own reader, and rxing's quick look where something looks like a symbol.
    Line,
    /// For a picture by itself: where something looks like a symbol, everything there is; may take a second at two
    /// megapixels, and beyond it is our own reader alone.
    Picture,
    /// Everything there is, whatever the picture looks like; may take seconds.
    Thorough,
}

/// Where nothing has so much of a symbol's fixed pattern and quiet zone (see [`Reader::likeness`]) the second opinion
/// is not asked: it takes ten times as long as a look at an empty frame, and reads nothing there. One in ten frames
/// full of text and other codes has as much.
const LIKENESS_MIN: f32 = 0.55;

/// Pictures of so few pixels are shown to the second opinion in any case: it takes no longer than our own look at a
/// large one.
const SMALL_PX: usize = 320 * 120;

/// In pictures of more pixels the second opinion is asked only when it may take as long as it likes: its time grows
/// with the picture, and its yield does not.
const LARGE_PX: usize = 2_000_000;

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
    /// It is the whole message: neither one of several symbols of a structured append nor meant to set up a reader.
    pub whole: bool,
    /// The sampled modules, unless the reader did not say.
    pub modules: Option<Modules>,
}

impl Symbol {
    /// A symbol of this content, wherever it lies.
    pub(super) fn of(by: ReadBy, content: &Content) -> Symbol {
        let said = Said::of(content);
        Symbol {
            by,
            grid: None,
            symbology: said.symbology.to_owned(),
            whole: said.whole,
            content: said.content.into_owned(),
            modules: None,
        }
    }

    /// Whether it is a GS1 Data Matrix.
    pub fn is_gs1(&self) -> bool {
        self.said().is_gs1()
    }

    /// What it says.
    pub fn said(&self) -> Said<'_> {
        Said {
            symbology: &self.symbology,
            content: Cow::Borrowed(&self.content),
            whole: self.whole,
        }
    }
}

/// What a symbol says, in the memory of whoever read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<'r> {
    /// Symbology identifier, e.g. `]d2` for a GS1 Data Matrix.
    pub symbology: &'r str,
    /// The content, separators as 0x1D. Borrowed where it is ASCII, as all GS1 content is.
    pub content: Cow<'r, str>,
    /// It is the whole message: neither one of several symbols of a structured append nor meant to set up a reader.
    pub whole: bool,
}

impl<'r> Said<'r> {
    /// What our own decoder read.
    pub fn of(content: &'r Content) -> Said<'r> {
        // Bytes that are no text of their character set are shown as ISO/IEC 8859-1, as scanners send them.
        let latin_1 = || Cow::Owned(content.bytes.iter().copied().map(char::from).collect());
        Said {
            symbology: content.symbology(),
            content: content.text().unwrap_or_else(latin_1),
            whole: content.structured_append.is_none() && !content.reader_programming,
        }
    }

    /// Whether it is a GS1 Data Matrix: FNC1 first and nothing else around the element string. GS1 has no use for
    /// structured append (GS1 General Specifications, 5.6.2), and a part of a message is not the message.
    pub fn is_gs1(&self) -> bool {
        self.symbology == "]d2" && self.whole
    }

    /// Whether a scanner would send just this: symbology identifier and content.
    pub fn is_scan(&self, scan: &str) -> bool {
        scan.strip_prefix(self.symbology) == Some(&*self.content)
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
        sight => second_opinion(reader, picture, sight, effort),
    }
}

/// What rxing sees in a picture in which our own reader, at its last look, read nothing; if it is worth asking.
pub(super) fn second_opinion(
    reader: &Reader,
    picture: &Picture,
    sight: Sight,
    effort: Effort,
) -> Reading {
    let pixels = picture.width() as usize * picture.height() as usize;
    let likely = pixels <= SMALL_PX || (pixels <= LARGE_PX && reader.likeness() >= LIKENESS_MIN);
    let second = match effort {
        Effort::Line if likely => second::quick(picture),
        Effort::Picture if likely => second::thorough(picture),
        Effort::Line | Effort::Picture => Reading::NoSymbol,
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

fn symbol(reader: &Reader, by: ReadBy, grid: Grid) -> Symbol {
    Symbol {
        grid: Some(grid),
        modules: Some(modules(reader, &grid)),
        ..Symbol::of(by, &reader.decoded().content)
    }
}

fn modules(reader: &Reader, grid: &Grid) -> Modules {
    let mut modules = Modules::default();
    take_modules(&mut modules, reader, grid);
    modules
}

/// The modules that the reader sampled last, into memory that is used again.
pub(super) fn take_modules(modules: &mut Modules, reader: &Reader, grid: &Grid) {
    let (columns, rows) = (grid.size.columns as u16, grid.size.rows as u16);
    modules.take(columns, rows, reader.sampled());
}
