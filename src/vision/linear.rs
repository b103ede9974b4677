//! GS1-128 bar codes of a picture, row by row, with rxing's reader of Code 128. PURE.
//!
//! A row is read only if start character, every symbol character, check character and stop character are there (ISO/IEC
//! 15417); a bar code counts only if so many rows say the same, and no other rows between them say something else.

use super::picture::Picture;
use super::second::source;
use rxing::common::{BitArray, GlobalHistogramBinarizer};
use rxing::oned::{Code128Reader, OneDReader};
use rxing::{Binarizer, DecodeHints, RXingResultMetadataType, RXingResultMetadataValue};
use std::collections::BTreeMap;

/// Rows that must say the same.
pub const ROWS_MIN: usize = 3;

/// Rows that are looked at.
const ROWS_MAX: usize = 480;

/// Places of one row that are looked at.
const TRIES_MAX: usize = 64;

/// The value of the symbol character FNC1.
const FNC1: u8 = 102;

/// What a scanner would send of every GS1-128 of a picture, upright, turned by a quarter or upside down; in order of
/// their text, each once.
pub fn gs1_128(picture: &Picture) -> Vec<String> {
    let mut rows: BTreeMap<String, usize> = BTreeMap::new();
    for picture in [picture, &picture.turned()] {
        let binarizer = GlobalHistogramBinarizer::new(source(picture));
        let height = picture.height() as usize;
        for y in (0..height).step_by(height.div_ceil(ROWS_MAX).max(1)) {
            if let Ok(row) = binarizer.get_black_row(y) {
                read_row(&row, &mut rows);
            }
        }
    }
    let sure = rows.into_iter().filter(|(_, count)| *count >= ROWS_MIN);
    sure.map(|(scan, _)| scan).collect()
}

/// Counts what stands in a row, from the left and from the right.
fn read_row(row: &BitArray, found: &mut BTreeMap<String, usize>) {
    let mut turned = row.clone();
    turned.reverse();
    for row in [row, &turned] {
        let (mut from, mut tries) = (0, 0);
        while let Some(place) = beginning(row, from)
            && tries < TRIES_MAX
        {
            tries += 1;
            from = row.getNextUnset(place);
            if let Some((scan, end)) = first_of(&behind(row, place)) {
                found
                    .entry(scan)
                    .and_modify(|count| *count += 1)
                    .or_insert(1);
                from = end.max(from);
            }
        }
    }
}

/// The next dark run behind `from`, which is light, with as much light before it as belongs before a start character:
/// half of its quiet zone of ten modules, where the run is its first bar of two.
fn beginning(row: &BitArray, mut from: usize) -> Option<usize> {
    loop {
        let begin = row.getNextSet(from);
        if begin >= row.get_size() {
            return None;
        }
        let end = row.getNextUnset(begin);
        if 2 * (begin - from) >= 5 * (end - begin) {
            return Some(begin);
        }
        from = end;
    }
}

/// The first GS1-128 of a row, and where it ends.
fn first_of(row: &BitArray) -> Option<(String, usize)> {
    let hints = DecodeHints {
        // FNC1 is not lost: first as the symbology identifier's digit, later as 0x1D.
        AssumeGs1: Some(true),
        ..DecodeHints::default()
    };
    let read = Code128Reader.decode_row(0, row, &hints).ok()?;
    let identifier = read.getRXingResultMetadata();
    let identifier = identifier.get(&RXingResultMetadataType::SYMBOLOGY_IDENTIFIER)?;
    let gs1 =
        matches!(identifier, RXingResultMetadataValue::SymbologyIdentifier(text) if text == "]C1");
    let end = read
        .getPoints()
        .iter()
        .map(|point| point.x as usize)
        .max()?;
    let text = read.getText();
    let mut payload = text.strip_prefix("]C1").unwrap_or(text);
    // A check character of FNC1's value is no separator; rxing tells it as one.
    let values = read.getRawBytes();
    if values.len() >= 2 && values[values.len() - 2] == FNC1 {
        payload = payload.strip_suffix('\u{1d}').unwrap_or(payload);
    }
    gs1.then(|| (format!("]C1{payload}"), end))
}

/// The row with everything before a place made light.
fn behind(row: &BitArray, place: usize) -> BitArray {
    let mut rest = BitArray::with_size(row.get_size());
    let mut at = row.getNextSet(place);
    while at < row.get_size() {
        rest.set(at);
        at = row.getNextSet(at + 1);
    }
    rest
}
