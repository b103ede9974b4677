//! Everything rxing can do and a little more, for pictures nobody waits for. PURE.
//!
//! The order is from cheap to dear. Whatever rxing's most thorough setting reads (filtered pyramid,
//! try harder, also inverted) is read here: that setting is one of the steps.

use super::picture::Picture;
use super::read::Symbol;
use super::second::{Search, source, symbol};
use rxing::common::{BitMatrix, GlobalHistogramBinarizer, HybridBinarizer, Result};
use rxing::datamatrix::DataMatrixReader;
use rxing::{
    Binarizer, BinaryBitmap, DecodeHints, Exceptions, FilteredImageReader, RXingResult, Reader,
};
use std::cell::RefCell;

/// Pictures with a longer side than this are also tried at half their size.
const HALF_FROM_SIDE: u32 = 64;

pub(super) fn search(search: &mut Search, picture: &Picture) -> Option<Symbol> {
    for picture in [picture, &picture.turned(), &inverted(picture)] {
        let found = every_threshold(search, picture);
        if found.is_some() {
            return found;
        }
    }
    if let Some(half) = half(picture) {
        for picture in [&half, &inverted(&half)] {
            let found = every_threshold(search, picture);
            if found.is_some() {
                return found;
            }
        }
    }
    // Light on dark is one of its own steps.
    filtered(search, picture)
}

/// Local and global thresholds, with and without closing, edges and corners.
fn every_threshold(search: &mut Search, picture: &Picture) -> Option<Symbol> {
    let mut local = BinaryBitmap::new(HybridBinarizer::new(source(picture)));
    let mut global = BinaryBitmap::new(GlobalHistogramBinarizer::new(source(picture)));
    every_detector(search, local.get_black_matrix())
        .or_else(|| every_detector(search, global.get_black_matrix()))
        .or_else(|| {
            local.close().ok()?;
            every_detector(search, local.get_black_matrix())
        })
        .or_else(|| {
            global.close().ok()?;
            every_detector(search, global.get_black_matrix())
        })
}

fn every_detector(search: &mut Search, bits: &BitMatrix) -> Option<Symbol> {
    search
        .detect(bits, true)
        .or_else(|| search.detect_by_corners(bits))
}

/// rxing's most thorough setting itself: a pyramid of sizes, each with and without closing, try
/// harder.
fn filtered(search: &mut Search, picture: &Picture) -> Option<Symbol> {
    let found = RefCell::new(None);
    let search = RefCell::new(search);
    let ours = GridReader {
        search: &search,
        found: &found,
    };
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source(picture)));
    let hints = DecodeHints {
        TryHarder: Some(true),
        AlsoInverted: Some(true),
        ..DecodeHints::default()
    };
    let result = FilteredImageReader::new(ours).decode_with_hints(&mut bitmap, &hints);
    match (found.take(), result) {
        (Some(symbol), _) => Some(symbol),
        // Only rxing's own reader found it (one that fills the picture squarely): without modules.
        (None, Ok(result)) => symbol(result.getRawBytes()),
        (None, Err(_)) => None,
    }
}

/// rxing's Data Matrix reader, with our own pass before it that keeps the modules.
struct GridReader<'s, 'm> {
    search: &'s RefCell<&'m mut Search>,
    found: &'s RefCell<Option<Symbol>>,
}

impl Reader for GridReader<'_, '_> {
    fn decode<B: Binarizer>(&mut self, image: &mut BinaryBitmap<B>) -> Result<RXingResult> {
        self.decode_with_hints(image, &DecodeHints::default())
    }

    fn decode_with_hints<B: Binarizer>(
        &mut self,
        image: &mut BinaryBitmap<B>,
        hints: &DecodeHints,
    ) -> Result<RXingResult> {
        // What is left of rxing's own reader behind both detectors: a symbol that stands squarely
        // in the picture.
        let squarely = DecodeHints {
            PureBarcode: Some(true),
            ..hints.clone()
        };
        for inverted in [false, true] {
            if inverted {
                image.get_black_matrix_mut().flip_self();
            }
            let ours = every_detector(&mut self.search.borrow_mut(), image.get_black_matrix());
            let result = match ours {
                Some(symbol) => {
                    let text = symbol.content.clone();
                    *self.found.borrow_mut() = Some(symbol);
                    let format = rxing::BarcodeFormat::DATA_MATRIX;
                    Ok(RXingResult::new(&text, Vec::new(), Vec::new(), format))
                }
                None => DataMatrixReader.decode_with_hints(image, &squarely),
            };
            if inverted {
                image.get_black_matrix_mut().flip_self();
            }
            if result.is_ok() {
                return result;
            }
        }
        Err(Exceptions::NOT_FOUND)
    }
}

fn inverted(picture: &Picture) -> Picture {
    let luma = picture.luma().iter().map(|grey| 255 - grey).collect();
    Picture::from_luma(picture.width(), picture.height(), luma).expect("the same size")
}

/// Each pixel the mean of two by two: less noise, and short gaps close.
fn half(picture: &Picture) -> Option<Picture> {
    if picture.width().max(picture.height()) < HALF_FROM_SIDE {
        return None;
    }
    let (width, height) = (picture.width() / 2, picture.height() / 2);
    let stride = picture.width() as usize;
    let luma = picture.luma();
    let mean = |x: usize, y: usize| {
        let at = 2 * y * stride + 2 * x;
        let corners = [at, at + 1, at + stride, at + stride + 1];
        let sum: u32 = corners.iter().map(|at| u32::from(luma[*at])).sum();
        ((sum + 2) / 4) as u8
    };
    let pixels = (0..height as usize)
        .flat_map(|y| (0..width as usize).map(move |x| mean(x, y)))
        .collect();
    Picture::from_luma(width, height, pixels).ok()
}
