//! Frames against another reader, against themselves, and against what each degradation promises.

use super::*;
use crate::symbol::{RECTANGLES, SQUARES};
use map::Map;
use rxing::{
    BarcodeFormat, BinaryBitmap, DecodeHints, Luma8LuminanceSource, Reader as _,
    common::HybridBinarizer,
    datamatrix::{DataMatrixReader, decoder::Decoder},
};

type Corner = (f64, f64);

/// What rxing reads: text and corners, top left first, clockwise.
fn read(frame: &DegradedFrame) -> Option<(Vec<u8>, Vec<Corner>)> {
    let (width, height) = (frame.width as u32, frame.height as u32);
    let luma = match &frame.truth {
        // rxing's reader of Data Matrix wants dark on light.
        Some(truth) if truth.inverted => frame.luma.iter().map(|grey| 255 - grey).collect(),
        _ => frame.luma.clone(),
    };
    let source = Luma8LuminanceSource::new(luma, width, height).ok()?;
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let hints = DecodeHints {
        TryHarder: Some(true),
        PossibleFormats: Some([BarcodeFormat::DATA_MATRIX].into()),
        ..DecodeHints::default()
    };
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

/// Samples every module at the true corners and has rxing's decoder read them: the frame says what
/// the truth says, wherever its locator stands.
fn sampled(frame: &DegradedFrame) -> Option<Vec<u8>> {
    let truth = frame.truth.as_ref()?;
    let (width, height) = (truth.columns as f64, truth.rows as f64);
    let map = Map::of_rectangle(width, height, truth.corners);
    let grey = |row: usize, column: usize| {
        let mut sum = 0.0;
        for (dx, dy) in [
            (0.35, 0.35),
            (0.65, 0.35),
            (0.5, 0.5),
            (0.35, 0.65),
            (0.65, 0.65),
        ] {
            let ((x, y), _) = map.apply(column as f64 + dx, row as f64 + dy);
            sum += f64::from(frame.luma[y as usize * frame.width + x as usize]) / 5.0;
        }
        sum
    };
    let greys: Vec<Vec<f64>> = (0..truth.rows)
        .map(|row| (0..truth.columns).map(|column| grey(row, column)).collect())
        .collect();
    let all = || greys.iter().flatten().copied();
    let middle = all()
        .fold(f64::MIN, f64::max)
        .midpoint(all().fold(f64::MAX, f64::min));
    let dark = |grey: &f64| (*grey < middle) != truth.inverted;
    let image: Vec<Vec<bool>> = greys
        .iter()
        .map(|row| row.iter().map(dark).collect())
        .collect();
    let read = Decoder::new().decode_bools(&image).ok()?;
    Some(read.getText().bytes().collect())
}

#[test]
fn a_symbol_of_every_size_says_at_its_true_corners_what_the_truth_says() {
    for size in SQUARES.iter().chain(RECTANGLES) {
        let damage = Damage {
            subject: Subject::Sized {
                rows: size.rows,
                columns: size.columns,
            },
            mirrored: size.rows % 4 == 0,
            inverted: size.rows % 8 == 0,
            ..Damage::default()
        };
        let frame = compose(&damage, 1);
        let truth = frame.truth.clone().expect("a symbol");
        assert_eq!((truth.rows, truth.columns), (size.rows, size.columns));
        assert_eq!(sampled(&frame), Some(truth.content), "{size:?}");
    }
}

#[test]
fn sound_frames_say_what_the_truth_says_and_another_reader_finds_them_there() {
    let (mut read_count, mut all) = (0, 0);
    for condition in Condition::ALL {
        let mut here = 0;
        for seed in 0..8 {
            let frame = frame(condition, 0, seed);
            let content = frame.truth.as_ref().map(|truth| truth.content.clone());
            assert_eq!(sampled(&frame), content, "{} {seed}", condition.name());
            let Some(truth) = &frame.truth else {
                assert!(read(&frame).is_none(), "nosym {seed}");
                continue;
            };
            all += 1;
            let Some((content, mut corners)) = read(&frame) else {
                continue;
            };
            here += 1;
            assert_eq!(content, truth.content, "{} {seed}", condition.name());
            if truth.mirrored {
                // It tells the corners as if the L's two legs had changed places.
                corners.swap(0, 2);
            }
            for (seen, told) in corners.iter().zip(truth.corners) {
                let off = (seen.0 - told.0).hypot(seen.1 - told.1) / truth.px_per_module;
                assert!(off < 0.3, "{} {seed}: {off} module", condition.name());
            }
        }
        assert!(
            here >= 5 || condition == Condition::NoSymbol,
            "{}: {here}",
            condition.name()
        );
        read_count += here;
    }
    // Its locator misses a few turns even on clean frames.
    assert!(read_count * 100 >= all * 90, "{read_count} of {all}");
}

#[test]
fn contrast_is_the_difference_between_ink_and_label() {
    for (step, wanted) in [160.0, 120.0, 90.0, 65.0, 45.0, 30.0, 20.0, 14.0, 10.0, 7.0]
        .into_iter()
        .enumerate()
    {
        for inverted in [false, true] {
            let damage = Damage {
                inverted,
                px_per_module: (8.0, 8.0),
                ..Condition::Contrast.damage(step as u8, 3)
            };
            let frame = compose(&damage, 3);
            let truth = frame.truth.expect("a symbol");
            let map = Map::of_rectangle(truth.columns as f64, truth.rows as f64, truth.corners);
            let mean = |x: f64| {
                let rows = (1..truth.rows).map(|row| map.apply(x, row as f64 + 0.5).0);
                let grey = |(x, y): (f64, f64)| frame.luma[y as usize * frame.width + x as usize];
                rows.map(|at| f64::from(grey(at))).sum::<f64>() / (truth.rows as f64 - 1.0)
            };
            let sign = if inverted { -1.0 } else { 1.0 };
            let measured = sign * (mean(-0.5) - mean(0.5));
            assert!((measured - wanted).abs() < 2.0, "{wanted}: {measured}");
        }
    }
}

#[test]
fn perspective_and_module_size_are_as_large_as_they_are_told_to_be() {
    for seed in 0..10 {
        let small = frame(Condition::ModuleSize, 9, seed)
            .truth
            .expect("a symbol");
        assert!(
            (small.px_per_module / 1.5 - 1.0).abs() < 0.02,
            "{}",
            small.px_per_module
        );
        let big = frame(Condition::Big, 9, seed);
        assert_eq!((big.width, big.height), (1280, 1024));
        let truth = frame(Condition::Perspective, 9, seed)
            .truth
            .expect("a symbol");
        for corner in truth.corners {
            assert!((0.0..640.0).contains(&corner.0) && (0.0..480.0).contains(&corner.1));
        }
        let long = frame(Condition::Jitter, 9, seed).truth.expect("a symbol");
        let [a, b, _, d] = long.corners;
        let (across, down) = ((a.0 - b.0).hypot(a.1 - b.1), (a.0 - d.0).hypot(a.1 - d.1));
        let (most, least) = (across.max(down), across.min(down));
        let wanted = if seed % 2 == 0 { 1.18 } else { 1.0 / 0.82 };
        assert!(
            (most / least / wanted - 1.0).abs() < 0.05,
            "{}",
            most / least
        );
        // How far the fourth corner is from completing a parallelogram: 0 without perspective.
        let skew = |corners: [(f64, f64); 4]| {
            let [a, b, c, d] = corners;
            let side = (b.0 - a.0).hypot(b.1 - a.1);
            (a.0 + c.0 - b.0 - d.0).hypot(a.1 + c.1 - b.1 - d.1) / side
        };
        let clean = frame(Condition::Clean, 0, seed).truth.expect("a symbol");
        assert!(skew(clean.corners) < 1e-9);
        assert!(skew(truth.corners) > 0.02 && skew(truth.corners) < 2.0);
    }
}

#[test]
fn amounts_beyond_all_bounds_give_a_frame_all_the_same() {
    for wild in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, 1e9] {
        let damage = Damage {
            subject: Subject::Sized {
                rows: 16,
                columns: 48,
            },
            width: 0,
            height: 64,
            px_per_module: (wild, wild),
            inverted: true,
            mirrored: true,
            corner_shift: wild,
            finder_modules: 1000,
            finder_share: wild,
            gain_modules: wild,
            dead_lines: usize::MAX,
            voids_share: wild,
            smear_modules: wild,
            smear_drag: true,
            jitter_modules: wild,
            stretch: wild,
            quiet_modules: Some(wild),
            contrast: wild,
            blur_modules: wild,
            light_share: wild,
            shadow: true,
            noise: wild,
        };
        let frame = compose(&damage, 1);
        assert_eq!(
            (frame.width, frame.height, frame.luma.len()),
            (64, 64, 64 * 64)
        );
        let truth = frame.truth.expect("a symbol");
        let inside = |c: &(f64, f64)| (0.0..=64.0).contains(&c.0) && (0.0..=64.0).contains(&c.1);
        assert!(truth.corners.iter().all(inside), "{wild}: {truth:?}");
    }
}
