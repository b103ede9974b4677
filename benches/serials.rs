//! How long serials take to make: `cargo bench --bench serials`.
//!
//! `one-block` is one encryption by the cipher that the permutation is made of, and a serial takes ten of them one after
//! the other: figures of different machines, or of a busy one, are comparable as ratios to it.

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::convert::Infallible;
use std::hint::black_box;
use vidimus::gs1::Gtin;
use vidimus::serial::proof::{sample, small_domain};
use vidimus::serial::{INDEX_COUNT, IndexRange, SerialKey, as_str};

const KEY: [u8; 16] = *b"0123456789abcdef";

/// Serials that are made in a row.
const ROW: u64 = 10_000;

fn serials(criterion: &mut Criterion) {
    let gtin: Gtin = "09521234543213".parse().expect("a right GTIN");
    let (key, cipher) = (SerialKey::new(KEY), Aes128::new(&Array::from(KEY)));
    let row = IndexRange::starting(INDEX_COUNT / 3, ROW).expect("a range");
    let serial = key.serial(&gtin, 7);
    let mut group = criterion.benchmark_group("serials");
    group.bench_function("one-block", |bencher| {
        let mut block = Array::from([0; 16]);
        bencher.iter(|| cipher.encrypt_block(black_box(&mut block)));
    });
    group.bench_function("one", |bencher| {
        bencher.iter(|| key.serial(&gtin, black_box(7)))
    });
    group.bench_function("index-of-one", |bencher| {
        bencher.iter(|| key.index_of(&gtin, black_box(as_str(&serial))))
    });
    group.throughput(Throughput::Elements(ROW));
    group.bench_function("row", |bencher| {
        let mut written = Vec::with_capacity(16 * ROW as usize);
        bencher.iter(|| {
            written.clear();
            let done: Result<(), Infallible> = key.for_each(&gtin, black_box(row), |_, serial| {
                written.extend_from_slice(serial);
                Ok(())
            });
            (done, written.len())
        });
    });
    group.bench_function("sample", |bencher| {
        bencher.iter(|| sample(&key, &gtin, 0, black_box(ROW)))
    });
    group.sample_size(10);
    group.throughput(Throughput::Elements(1 << 20));
    group.bench_function("small-domain", |bencher| {
        bencher.iter(|| small_domain(black_box(&key), &gtin))
    });
    group.finish();
}

criterion_group!(benches, serials);
criterion_main!(benches);
