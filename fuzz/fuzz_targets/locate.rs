//! The locator and everything behind it on the way to a read symbol: any frame, with any hint.
//!
//! Bytes: width and a hint, then pixels; what is missing repeats. Half of the frames have a symbol drawn into them first.
//!
//! Must hold: no panic; what is found lies somewhere, its modules are as many as its size says, and it can be graded.
#![no_main]

use datamatrix::{DataMatrix, SymbolSize};
use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use vidimus::vision::frame::Frame;
use vidimus::vision::geometry::Point;
use vidimus::vision::grade::Context;
use vidimus::vision::locate::Hint;
use vidimus::vision::reader::{Reader, Sight};
use vidimus::vision::size::SIZES;

thread_local! {
    // Kept from one input to the next, as on the line.
    static READER: RefCell<Reader> = RefCell::new(Reader::new());
}

/// Draws a symbol with this many pixels a module at a place; pixels outside the frame are left out.
fn draw(luma: &mut [u8], width: usize, (left, top): (usize, usize), px: usize) {
    let symbol = DataMatrix::encode(b"VIDIMUS", SymbolSize::Square14).expect("it fits");
    let map = symbol.bitmap();
    let side = map.width();
    for (at, dark) in map.bits().iter().enumerate() {
        for inner in 0..px * px {
            let x = left + at % side * px + inner % px;
            let y = top + at / side * px + inner / px;
            if x < width
                && let Some(pixel) = luma.get_mut(y * width + x)
            {
                *pixel = if *dark {
                    *pixel / 4
                } else {
                    255 - (255 - *pixel) / 4
                };
            }
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let [width, kind, x, y, pitch, size, pixels @ ..] = bytes else {
        return;
    };
    let width = usize::from(*width);
    if width == 0 || pixels.is_empty() {
        return;
    }
    // At most 255 × 192 pixels, so that many frames are looked at.
    let height = (pixels.len() * 4 / width).clamp(1, 192);
    let mut luma: Vec<u8> = pixels
        .iter()
        .copied()
        .cycle()
        .take(width * height)
        .collect();
    if kind & 1 != 0 {
        draw(
            &mut luma,
            width,
            (usize::from(*x) / 4, usize::from(*y) / 4),
            2 + usize::from(kind >> 5),
        );
    }
    let frame = Frame::new(width, height, &luma).expect("as many pixels as its size says");
    let hint = Hint {
        size: &SIZES[usize::from(*size) % SIZES.len()],
        pitch_px: f32::from(*pitch) / 8.0,
        centre: Point::new(f32::from(*x), f32::from(*y)),
        reach_px: f32::from(*kind),
    };
    READER.with_borrow_mut(|reader| {
        let sight = reader.look(&frame, (kind & 2 != 0).then_some(&hint));
        match sight {
            Sight::Nothing => {}
            Sight::Undecodable(grid) => {
                assert_eq!(reader.sampled().len(), grid.size.rows * grid.size.columns);
            }
            Sight::Read { grid, .. } => {
                assert_eq!(reader.sampled().len(), grid.size.rows * grid.size.columns);
                assert!(
                    grid.corners()
                        .iter()
                        .all(|at| at.x.is_finite() && at.y.is_finite())
                );
                let report = reader.grade(&frame, &grid, Context::default());
                assert!(report.grades.overall().0 <= 40);
            }
        }
    });
});
