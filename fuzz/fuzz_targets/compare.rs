//! The GS1 comparison: any picture's bytes against any expectation.
//!
//! Bytes: the expected text up to the first 0xFF, then a picture in any coding.
//!
//! Must hold: no panic; a pass needs that something was read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus::gs1::parse_payload;
use vidimus::vision::{Expectation, Picture, verify};

fuzz_target!(|bytes: &[u8]| {
    let end = bytes
        .iter()
        .position(|byte| *byte == 0xff)
        .unwrap_or(bytes.len());
    let (text, rest) = bytes.split_at(end);
    let text = String::from_utf8_lossy(text);
    let elements = parse_payload(&text).unwrap_or_default();
    let expectation = Expectation {
        elements: elements
            .into_iter()
            .map(|one| (one.ai, one.value))
            .collect(),
        scan: format!("]d2{text}"),
    };
    let Ok(picture) = Picture::decode(rest.get(1..).unwrap_or(&[])) else {
        return;
    };
    if u64::from(picture.width()) * u64::from(picture.height()) > 60_000 {
        return;
    }
    let verdict = verify(&picture, &expectation);
    assert!(!verdict.outcome.is_pass() || verdict.seen.is_some());
});
