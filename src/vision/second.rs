//! The second opinion: rxing's detectors. PURE.
//!
//! rxing's own reader returns the content only. Here its detectors are called, and what they sampled
//! is decoded by our own decoder, so that modules and content come from the same pass and no
//! correction is believed that ours would not believe.

use super::decode::{Content, Decoder, interpret};
use super::picture::Picture;
use super::read::{Reading, Symbol, Undecoded};
use super::size::SIZES;
use super::thorough;
use super::tilt::tilted;
use crate::record::{Modules, ReadBy};
use rxing::Binarizer;
use rxing::Luma8Source;
use rxing::common::{BitMatrix, DetectorRXingResult, GlobalHistogramBinarizer, HybridBinarizer};
use rxing::datamatrix::detector::{Detector, zxing_cpp_detector};

/// A quick look: a few milliseconds at 640 × 480.
pub(super) fn quick(picture: &Picture) -> Reading {
    let mut search = Search::default();
    let found = search.on_the_line(picture);
    search.end(found)
}

/// Everything there is; may take seconds.
pub(super) fn thorough(picture: &Picture) -> Reading {
    let mut search = Search::default();
    let found = search
        .on_the_line(picture)
        .or_else(|| thorough::search(&mut search, picture));
    search.end(found)
}

/// Smallest part of the known modules of a candidate that must be right for it to count as a symbol
/// that cannot be decoded: clutter gives candidates, too.
const FIXED_PATTERN_MIN: f32 = 0.85;

/// By how much a picture is turned when nothing was found in it.
const LINE_TILT_DEG: f64 = 20.0;

/// One search: remembers the first candidate that looked like a symbol and did not decode.
#[derive(Default)]
pub(super) struct Search {
    undecoded: Option<Modules>,
    decoder: Decoder,
}

pub(super) fn source(picture: &Picture) -> Luma8Source<'_> {
    Luma8Source::new_with_slice(picture.luma(), picture.width(), picture.height())
        .expect("a picture has as many pixels as its size says")
}

impl Search {
    fn end(self, found: Option<Symbol>) -> Reading {
        match (found, self.undecoded) {
            (Some(symbol), _) => Reading::Read(symbol),
            (None, Some(modules)) => Reading::NotDecodable(Undecoded {
                modules: Some(modules),
                grid: None,
            }),
            (None, None) => Reading::NoSymbol,
        }
    }

    /// Local thresholds through the centre, then everywhere, then one threshold for the whole
    /// picture; at last the same with the picture turned.
    fn on_the_line(&mut self, picture: &Picture) -> Option<Symbol> {
        self.as_it_is(picture)
            .or_else(|| self.as_it_is(&tilted(picture, LINE_TILT_DEG)))
    }

    fn as_it_is(&mut self, picture: &Picture) -> Option<Symbol> {
        let local = HybridBinarizer::new(source(picture));
        if let Ok(bits) = local.get_black_matrix() {
            let found = self
                .detect(bits, false)
                .or_else(|| self.detect(bits, true))
                .or_else(|| self.detect_by_corners(bits));
            if found.is_some() {
                return found;
            }
        }
        let global = GlobalHistogramBinarizer::new(source(picture));
        let bits = global.get_black_matrix().ok()?;
        self.detect(bits, true)
    }

    /// The detector that follows edges; `harder` also off the centre lines.
    pub(super) fn detect(&mut self, bits: &BitMatrix, harder: bool) -> Option<Symbol> {
        let candidates = zxing_cpp_detector::detect(bits, harder, true).ok()?;
        candidates
            .iter()
            .find_map(|candidate| self.decode(candidate.getBits()))
    }

    /// The older detector that looks for a white frame and corners.
    pub(super) fn detect_by_corners(&mut self, bits: &BitMatrix) -> Option<Symbol> {
        let candidate = Detector::new(bits).ok()?.detect().ok()?;
        self.decode(candidate.getBits())
    }

    /// rxing finds and samples; what modules say is decided by our own decoder alone, whose corrections can be
    /// believed. rxing's takes what error correction gives it for whatever it may mean: it reads over a reader
    /// programming behind FNC1, and codewords that no encoder makes can bring it down.
    fn decode(&mut self, grid: &BitMatrix) -> Option<Symbol> {
        let read = [false, true].into_iter().find_map(|mirrored| {
            let modules = modules(grid, mirrored);
            let shape = (usize::from(modules.rows), usize::from(modules.columns));
            let size = SIZES
                .iter()
                .find(|size| (size.rows, size.columns) == shape)?;
            let dark = |dark: &bool| if *dark { 1.0 } else { -1.0 };
            let soft: Vec<f32> = modules.dark.iter().map(dark).collect();
            let content = &self.decoder.decode(size, &soft).ok()?.content;
            Some(Symbol {
                modules: Some(modules),
                ..Symbol::of(ReadBy::Rxing, content)
            })
        });
        if read.is_none()
            && self.undecoded.is_none()
            && fixed_pattern_share(grid) >= FIXED_PATTERN_MIN
        {
            self.undecoded = Some(modules(grid, false));
        }
        read
    }
}

/// The symbol of data codewords that rxing corrected, if an encoder makes such.
pub(super) fn symbol(codewords: &[u8]) -> Option<Symbol> {
    let mut content = Content::default();
    interpret(codewords, &mut content).ok()?;
    Some(Symbol::of(ReadBy::Rxing, &content))
}

/// The sampled modules in the symbol's own orientation; a mirrored symbol is flipped on its second
/// diagonal.
fn modules(grid: &BitMatrix, mirrored: bool) -> Modules {
    let (width, height) = (grid.getWidth(), grid.getHeight());
    let (columns, rows) = if mirrored {
        (height, width)
    } else {
        (width, height)
    };
    let dark = |x: u32, y: u32| match mirrored {
        true => grid.get(width - 1 - y, height - 1 - x),
        false => grid.get(x, y),
    };
    Modules {
        columns: columns as u16,
        rows: rows as u16,
        dark: (0..rows)
            .flat_map(|y| (0..columns).map(move |x| (x, y)))
            .map(|(x, y)| dark(x, y))
            .collect(),
    }
}

/// The part of the finder's and clock track's modules that are as they must be: left and lower edge
/// dark, upper and right edge alternating.
fn fixed_pattern_share(grid: &BitMatrix) -> f32 {
    let (width, height) = (grid.getWidth(), grid.getHeight());
    let columns = (0..width).flat_map(|x| [(x, height - 1, true), (x, 0, x % 2 == 0)]);
    let rows = (0..height).flat_map(|y| [(0, y, true), (width - 1, y, (height - 1 - y) % 2 == 0)]);
    let known: Vec<bool> = columns
        .chain(rows)
        .map(|(x, y, dark)| grid.get(x, y) == dark)
        .collect();
    known.iter().filter(|right| **right).count() as f32 / known.len().max(1) as f32
}
