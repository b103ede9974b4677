//! The GS1 comparison: any symbol, and any picture's bytes, against any expectation.
//!
//! Bytes: kind and size; the expected text up to the first 0xFF; then the data codewords of a symbol, its content as
//! text behind FNC1, or a picture in any coding.
//!
//! Must hold: no panic; a pass needs FNC1 in the first codeword and the very elements that were printed, in their order;
//! what was printed passes.
#![no_main]

mod symbol;

use libfuzzer_sys::fuzz_target;
use std::cell::RefCell;
use vidimus::gs1::parse_payload;
use vidimus::record::{Outcome, Verdict};
use vidimus::vision::decode::Decoder;
use vidimus::vision::size::{SIZES, Size};
use vidimus::vision::{Expectation, Inspector, Picture, verify};

const FNC1: u8 = 232;
const SEPARATOR: u8 = 0x1d;
const PAD: u8 = 129;
/// Pixels a module, and modules of paper around the symbol.
const PX: usize = 4;
const QUIET: usize = 4;

thread_local! {
    static INSPECTOR: RefCell<Inspector> = RefCell::new(Inspector::default());
}

/// ASCII encodation with FNC1 in front, padded; `None` for what does not fit.
fn encoded(size: &Size, text: &[u8]) -> Option<Vec<u8>> {
    let mut data = vec![FNC1];
    for byte in text {
        data.push(match *byte {
            SEPARATOR => FNC1,
            character => character
                .checked_add(1)
                .filter(|codeword| *codeword <= 128)?,
        });
    }
    if data.len() < size.data {
        data.push(PAD);
    }
    while data.len() < size.data {
        // ISO/IEC 16022, B.1; places count from 1.
        let pad = 129 + 149 * (data.len() + 1) % 253 + 1;
        data.push(if pad > 254 { pad - 254 } else { pad } as u8);
    }
    (data.len() == size.data).then_some(data)
}

fn drawn(size: &Size, data: &[u8]) -> Picture {
    let modules = symbol::modules(size, &symbol::with_ecc(size, data));
    let (width, height) = (
        (size.columns + 2 * QUIET) * PX,
        (size.rows + 2 * QUIET) * PX,
    );
    let grey = |at: usize| {
        let module =
            |at: usize, count: usize| (at / PX).checked_sub(QUIET).filter(|at| *at < count);
        match (
            module(at % width, size.columns),
            module(at / width, size.rows),
        ) {
            (Some(column), Some(row)) if modules[row * size.columns + column] => 40,
            _ => 215,
        }
    };
    let luma = (0..width * height).map(grey).collect();
    Picture::from_luma(width as u32, height as u32, luma).expect("a picture")
}

fn inspect(picture: &Picture, expectation: &Expectation) -> Verdict {
    INSPECTOR.with_borrow_mut(|inspector| inspector.verify(picture, expectation))
}

fuzz_target!(|bytes: &[u8]| {
    let [kind, size, rest @ ..] = bytes else {
        return;
    };
    let end = rest.iter().position(|byte| *byte == 0xff);
    let (text, rest) = rest.split_at(end.unwrap_or(rest.len()));
    let rest = rest.get(1..).unwrap_or(&[]);
    let text = String::from_utf8_lossy(text);
    let elements = parse_payload(&text).unwrap_or_default();
    let elements = elements.into_iter().map(|one| (one.ai, one.value));
    let expectation = Expectation {
        elements: elements.collect(),
        scan: format!("]d2{text}"),
    };
    if kind % 4 == 0 {
        let Ok(picture) = Picture::decode(rest) else {
            return;
        };
        if u64::from(picture.width()) * u64::from(picture.height()) > 60_000 {
            return;
        }
        let verdict = verify(&picture, &expectation);
        assert!(!verdict.outcome.is_pass() || verdict.seen.is_some());
        return;
    }
    // Squares up to 32 × 32, so that many are looked at.
    let small = SIZES
        .iter()
        .filter(|size| size.rows == size.columns && size.rows <= 32);
    let small: Vec<&'static Size> = small.collect();
    let size = small[usize::from(*size) % small.len()];
    let data = match kind % 4 {
        1 => {
            let mut data = rest.to_vec();
            data.resize(size.data, PAD);
            data
        }
        2 => encoded(size, rest).unwrap_or_default(),
        _ => encoded(size, text.as_bytes()).unwrap_or_default(),
    };
    if data.len() != size.data {
        return;
    }
    let verdict = inspect(&drawn(size, &data), &expectation);
    let printed = kind % 4 == 3;
    let soft = symbol::modules(size, &symbol::with_ecc(size, &data));
    let soft: Vec<f32> = soft
        .iter()
        .map(|dark| if *dark { 1.0 } else { -1.0 })
        .collect();
    let mut decoder = Decoder::new();
    let content = decoder
        .decode(size, &soft)
        .ok()
        .map(|decoded| &decoded.content);
    if verdict.outcome.is_pass() {
        assert_eq!(data[0], FNC1, "{data:?}");
        let content = content.expect("a pass can be decoded");
        let text_read = content.text().expect("a pass is text");
        let same = *text_read == *text
            || parse_payload(&text_read).is_ok_and(|read| {
                let read = read.into_iter().map(|one| (one.ai, one.value));
                read.eq(expectation.elements.iter().cloned())
            });
        assert!(same, "{text_read:?} passed for {text:?}");
    } else if printed && content.is_some() {
        // Whatever keeps it from passing, it is not its content.
        let outcome = &verdict.outcome;
        let read = !matches!(outcome, Outcome::NoSymbol | Outcome::NotDecodable);
        assert!(
            !read || text.is_empty(),
            "{text:?} was printed: {outcome:?}"
        );
    }
});
