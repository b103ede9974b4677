//! How long GS1 content takes to parse and to write: `cargo bench --bench gs1`.
//!
//! `one-pass` is a loop over the same bytes that does as little as a loop can: figures of different machines, or of a
//! busy one, are comparable as ratios to it.

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use vidimus::gs1::{
    Dictionary, LinkStyle, Parser, bracketed, digital_link, human_readable, parse_scan, scan_data,
};

const SCAN: &str = "]d2010952123454321321W3KTQAJMQTX4\x1d1726123110LOT-2026A";
const LINK: &str = "https://id.gs1.org/01/09521234543213/10/LOT-2026A/21/W3KTQAJMQTX4?17=261231";

/// Four elements, parsed and validated, from each form; and what a refusal costs.
fn parse(criterion: &mut Criterion) {
    let parser = Parser::new(Dictionary::built_in());
    let elements = parser.scan(SCAN).expect("right content");
    let (brackets, raw) = (bracketed(&elements), vidimus::gs1::raw(&elements));
    let urn = "urn:epc:id:sgtin:9521234.054321.W3KTQAJMQTX4".to_owned();
    let wrong = SCAN.replace("3213", "3214");
    let mut group = criterion.benchmark_group("gs1-parse");
    group.bench_function("one-pass", |bencher| {
        let step = |sum: u32, byte: u8| sum.rotate_left(5) ^ u32::from(byte);
        bencher.iter(|| black_box(SCAN).bytes().fold(0, step));
    });
    for (name, text) in [
        ("scan", SCAN),
        ("raw", &raw),
        ("bracketed", &brackets),
        ("link", LINK),
        ("urn", &urn),
        ("sscc", "]C100095212345678901235"),
        ("refused", &wrong),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| parser.any(black_box(text)).is_ok())
        });
    }
    group.bench_function("scan-kept", |bencher| {
        bencher.iter(|| parse_scan(black_box(SCAN)))
    });
    group.finish();
}

/// Four elements, written in each form.
fn write(criterion: &mut Criterion) {
    let dictionary = Dictionary::built_in();
    let elements = Parser::new(dictionary).scan(SCAN).expect("right content");
    let style = LinkStyle::default();
    let mut group = criterion.benchmark_group("gs1-write");
    group.bench_function("bracketed", |bencher| {
        bencher.iter(|| bracketed(black_box(&elements)))
    });
    group.bench_function("hri", |bencher| {
        bencher.iter(|| human_readable(black_box(&elements)))
    });
    group.bench_function("scan", |bencher| {
        bencher.iter(|| scan_data(black_box(&elements)))
    });
    group.bench_function("link", |bencher| {
        bencher.iter(|| digital_link(black_box(&elements), dictionary, &style).is_ok());
    });
    group.finish();
}

criterion_group!(benches, parse, write);
criterion_main!(benches);
