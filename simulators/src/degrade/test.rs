//! Frames against another reader, against themselves, and against what each degradation promises.

use super::*;
use rxing::{
    BarcodeFormat, BinaryBitmap, DecodeHints, Luma8LuminanceSource, Reader as _,
    common::HybridBinarizer, datamatrix::DataMatrixReader,
};

/// What rxing reads: text and corners, top left first, clockwise.
fn read(frame: &DegradedFrame) -> Option<(Vec<u8>, Vec<(f64, f64)>)> {
    let (width, height) = (frame.width as u32, frame.height as u32);
    let luma = match &frame.truth {
        // rxing's reader of Data Matrix wants dark on light.
        Some(truth) if truth.inverted => frame.luma.iter().map(|grey| 255 - grey).collect(),
        _ => frame.luma.clone(),
    };
    let source = Luma8LuminanceSource::new(luma, width, height);
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let mut hints = DecodeHints::default();
    hints.TryHarder = Some(true);
    hints.PossibleFormats = Some([BarcodeFormat::DATA_MATRIX].into());
    let read = DataMatrixReader
        .decode_with_hints(&mut bitmap, &hints)
        .ok()?;
    let corner = |p: &rxing::Point| (f64::from(p.x), f64::from(p.y));
    let corners = read.getPoints().iter().map(corner).collect();
    Some((read.getText().bytes().collect(), corners))
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    for condition in Condition::ALL {
        let (a, b) = (frame(condition, 7, 5), frame(condition, 7, 5));
        assert!(a == b, "{}", condition.name());
        assert!(
            a.luma != frame(condition, 7, 6).luma,
            "{}",
            condition.name()
        );
        assert_eq!(a.luma.len(), a.width * a.height);
        assert_eq!(a.truth.is_none(), condition == Condition::NoSymbol);
        assert_eq!(Condition::parse(condition.name()), Ok(condition));
    }
    assert!(Condition::parse("mixd").unwrap_err().contains("mixed"));
}

#[test]
fn sound_frames_of_every_condition_are_read_by_another_reader_at_the_true_corners() {
    let mut missed = Vec::new();
    for condition in Condition::ALL {
        for seed in 0..10 {
            let frame = frame(condition, 0, seed);
            let Some(truth) = &frame.truth else {
                assert!(read(&frame).is_none(), "nosym {seed}");
                continue;
            };
            let Some((content, corners)) = read(&frame) else {
                missed.push(format!(
                    "{} {seed} {}x{}",
                    condition.name(),
                    truth.rows,
                    truth.columns
                ));
                continue;
            };
            assert_eq!(content, truth.content, "{} {seed}", condition.name());
            for (n, (seen, told)) in corners.iter().zip(truth.corners).enumerate() {
                let off = (seen.0 - told.0).hypot(seen.1 - told.1) / truth.px_per_module;
                println!("{} {seed} {n} {off:.2}", condition.name());
            }
        }
    }
    println!("{missed:#?}");
}
