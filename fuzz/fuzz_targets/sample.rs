//! The sampler: any frame, any grid in it, degenerate ones too, as grading and the text check sample them.
//!
//! Bytes: width, size, kind, then the nine entries of the map (as integers, or as the bits of floats), true and sampled
//! modules, pixels; what is missing repeats.
//!
//! Must hold: no panic; grades stay on their scale; measured modulation and margin are a number for each module.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use vidimus::label::drawn_glyphs;
use vidimus::vision::decode::placement;
use vidimus::vision::frame::Frame;
use vidimus::vision::geometry::Homography;
use vidimus::vision::grade::{Context, Corrected, Grader, NO_CODEWORD, Reflectance, Truth};
use vidimus::vision::grid::Grid;
use vidimus::vision::size::{SIZES, Size};
use vidimus::vision::text::{TextChecker, TextField, TextReference, TextScratch};

thread_local! {
    // Kept from one input to the next, as on the line.
    static KEPT: RefCell<Kept> = RefCell::new(Kept {
        grader: Grader::new(),
        checker: TextChecker::new(&drawn_glyphs(28), None),
        scratch: TextScratch::default(),
    });
}

struct Kept {
    grader: Grader,
    checker: TextChecker,
    scratch: TextScratch,
}

/// Where the map leads: entries near what a camera gives, or any numbers at all.
fn map(kind: u8, bytes: &[u8]) -> Homography {
    let entry = |at: usize| {
        let eight: [u8; 8] = bytes[8 * at..][..8].try_into().expect("eight bytes");
        let whole = f64::from(i32::from_be_bytes([eight[0], eight[1], eight[2], eight[3]]));
        match (kind & 3, at) {
            (0, _) => f64::from_be_bytes(eight),
            // Some pixels a module, somewhere in the frame, hardly any tilt.
            (1, 2 | 5) => whole / f64::from(1 << 23),
            (1, 6 | 7) => whole / 2f64.powi(40),
            (1, 8) => 1.0,
            (1, _) => whole / f64::from(1 << 28),
            _ => whole / f64::from(1 << 16),
        }
    };
    Homography(std::array::from_fn(entry))
}

/// What the decoder says of a symbol of this size, with these numbers of errors.
fn codewords_of(size: &Size) -> (Vec<u16>, Vec<u8>) {
    let mut codeword_of = vec![NO_CODEWORD; size.rows * size.columns];
    for (codeword, figure) in placement(size).figures().iter().enumerate() {
        for module in figure {
            codeword_of[usize::from(*module)] = codeword as u16;
        }
    }
    let block = |at: usize| (at % size.blocks) as u8;
    let block_of = (0..size.data).map(block).chain((0..size.ecc).map(block));
    (codeword_of, block_of.collect())
}

fn reference(kind: u8, x: f32, y: f32) -> TextReference {
    let field = TextField {
        name: "serial".to_owned(),
        text: "A8B0".to_owned(),
        x,
        y,
        height: f32::from(kind) / 16.0,
        free_from: x - f32::from(kind & 7),
        free_to: x + f32::from(kind),
    };
    TextReference {
        module_mm: f32::from(kind) / 64.0,
        fields: vec![field],
    }
}

fuzz_target!(|bytes: &[u8]| {
    let [width, size, kind, rest @ ..] = bytes else {
        return;
    };
    let width = usize::from(*width).max(1);
    let Some((entries, rest)) = rest
        .split_at_checked(72)
        .filter(|(_, rest)| !rest.is_empty())
    else {
        return;
    };
    let size = &SIZES[usize::from(*size) % SIZES.len()];
    let height = (rest.len() * 4 / width).clamp(1, 192);
    let luma: Vec<u8> = rest.iter().copied().cycle().take(width * height).collect();
    let frame = Frame::new(width, height, &luma).expect("as many pixels as its size says");
    let grid = Grid {
        size,
        to_picture: map(*kind, entries),
        inverted: kind & 4 != 0,
    };
    let bits = |from: usize| {
        let all = rest.iter().cycle().skip(from);
        let bits = all.flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        bits.take(size.rows * size.columns).collect::<Vec<bool>>()
    };
    let (modules, seen) = (bits(0), bits(1));
    let (codeword_of, block_of) = codewords_of(size);
    let errors = u16::from(kind >> 5);
    let blocks = vec![
        Corrected {
            errors,
            erasures: 0
        };
        size.blocks
    ];
    let truth = Truth {
        modules: &modules,
        seen: &seen,
        codeword_of: &codeword_of,
        block_of: &block_of,
        blocks: &blocks,
        decoded: kind & 8 != 0,
    };
    let context = Context {
        lossless: kind & 16 != 0,
        ..Context::default()
    };
    KEPT.with_borrow_mut(|kept| {
        let report = kept.grader.grade(&frame, &grid, truth, context);
        let each = report.grades.by_parameter;
        assert!(each.iter().all(|grade| grade.0 <= 40), "{each:?}");
        for values in [kept.grader.modulation(), kept.grader.margin()] {
            assert_eq!(values.len(), modules.len());
            assert!(values.iter().all(|value| !value.is_nan()));
        }
        kept.grader
            .diagnose(&frame, truth, &report, Reflectance::Estimated);
        let text = reference(rest[0], f32::from(rest[0] as i8), f32::from(*kind as i8));
        kept.checker.check(&frame, &grid, &text, &mut kept.scratch);
    });
});
