//! What we draw of a label: the reviewed preview, and symbols that another library reads back as
//! they were meant.

use rxing::common::HybridBinarizer;
use rxing::{
    BinaryBitmap, DecodeHints, Luma8Source, RXingResultMetadataType, RXingResultMetadataValue,
    Reader, datamatrix::DataMatrixReader,
};
use std::path::Path;
use vidimus::label::{PackData, built_in, built_in_names, half_blocks};

/// `preview.txt` beside each template is what the template draws; a change of one is a change of
/// the other.
///
/// To accept a new drawing: `vidimus label preview NAME > templates/labels/NAME/preview.txt`.
#[test]
fn previews_are_what_the_templates_draw() {
    for name in built_in_names() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("templates/labels")
            .join(name)
            .join("preview.txt");
        let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
        let template = built_in(name).expect("built in");
        let drawn = half_blocks(&template.raster(&PackData::sample(), 8).expect("drawn"));
        assert!(
            drawn == reviewed,
            "{} differs from this drawing:\n{drawn}",
            path.display()
        );
    }
}

/// rxing is asked directly, not through our own reader: FNC1 first, separators, and every character
/// of a lot or a serial.
#[test]
fn drawn_symbols_say_what_was_meant() {
    let template = built_in("pharma-pack").expect("built in");
    let lots = [
        "A",
        "LOT2026A",
        "0123456789",
        "abcXYZ019",
        "!\"%&'()*+,-./",
        ":;<=>?_",
        "ABCDEFGHJKLMN-PQRSTU",
    ];
    let serials = [
        Some("W3KTQAJMQTX4"),
        Some("1"),
        Some("12345678901234567890"),
        Some("a/b_C%"),
        None,
    ];
    for dpmm in [6, 8, 12] {
        for lot in lots {
            for serial in serials {
                let pack = PackData {
                    lot: lot.parse().expect("a right lot"),
                    serial: serial.map(str::to_owned),
                    ..PackData::sample()
                };
                let picture = template.raster(&pack, dpmm).expect("drawn");
                let source = Luma8Source::new_with_slice(
                    picture.as_raw(),
                    picture.width(),
                    picture.height(),
                );
                let mut bitmap =
                    BinaryBitmap::new(HybridBinarizer::new(source.expect("a picture")));
                let hints = DecodeHints {
                    TryHarder: Some(true),
                    ..DecodeHints::default()
                };
                let read = DataMatrixReader.decode_with_hints(&mut bitmap, &hints);
                let read = read.unwrap_or_else(|error| panic!("{dpmm} dots/mm {pack:?}: {error}"));
                let key = RXingResultMetadataType::SYMBOLOGY_IDENTIFIER;
                let Some(RXingResultMetadataValue::SymbologyIdentifier(symbology)) =
                    read.getRXingResultMetadata().get(&key)
                else {
                    panic!("a symbology identifier");
                };
                let scan = format!("{symbology}{}", read.getText());
                assert_eq!(scan, template.expectation(&pack).scan, "{dpmm} dots/mm");
            }
        }
    }
}
