//! What another library reads in a picture: rxing alone, from finding the symbol to its content. PURE.
//!
//! Labels are drawn by one library and read back by another before any printer gets them, so that a mistake of one
//! cannot cancel itself. On the line rxing's content is never taken (see `src/vision/second.rs`).

use super::picture::Picture;
use super::second::source;
use rxing::common::HybridBinarizer;
use rxing::datamatrix::DataMatrixReader;
use rxing::{BinaryBitmap, DecodeHints, Reader};
use rxing::{RXingResultMetadataType, RXingResultMetadataValue};

/// What a scanner would send of the Data Matrix of a picture, such as `]d2…`, as rxing reads it.
pub fn data_matrix(picture: &Picture) -> Option<String> {
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source(picture)));
    let hints = DecodeHints {
        TryHarder: Some(true),
        ..DecodeHints::default()
    };
    let read = DataMatrixReader
        .decode_with_hints(&mut bitmap, &hints)
        .ok()?;
    let key = RXingResultMetadataType::SYMBOLOGY_IDENTIFIER;
    let RXingResultMetadataValue::SymbologyIdentifier(symbology) =
        read.getRXingResultMetadata().get(&key)?
    else {
        return None;
    };
    Some(format!("{symbology}{}", read.getText()))
}
