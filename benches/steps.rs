//! How long each step of reading takes, on generated frames: `cargo bench --bench steps`.
//!
//! A figure is the mean over several frames of one condition, so that neither one lucky symbol nor one hard one stands
//! for all. Beside other readers Vidimus is measured in `benches/peers`.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use vidimus::vision::{Effort, Picture, read};
use vidimus_simulators::degrade::{Condition, frame};

/// Frames of each kind; their seeds are 1 and up.
const FRAMES: u64 = 16;

/// Kinds of frames that are measured: what a line mostly sees, moderate damage, the same in a large frame, and a frame
/// without anything to find.
const KINDS: [(Condition, u8); 4] = [
    (Condition::Clean, 0),
    (Condition::Mixed, 5),
    (Condition::Big, 5),
    (Condition::NoSymbol, 0),
];

fn pictures(condition: Condition, step: u8) -> Vec<Picture> {
    let picture = |seed| {
        let made = frame(condition, step, seed);
        let (width, height) = (made.width as u32, made.height as u32);
        Picture::from_luma(width, height, made.luma).expect("a generated frame is a picture")
    };
    (1..=FRAMES).map(picture).collect()
}

/// One picture after the other, for ever.
fn in_turn(pictures: &[Picture]) -> impl FnMut() -> Picture {
    let mut each = pictures.iter().cycle();
    move || each.next().expect("there are pictures").clone()
}

/// A camera's coded bytes become grey pixels.
fn decode_picture(criterion: &mut Criterion) {
    let frame = frame(Condition::Mixed, 5, 1);
    let (width, height) = (frame.width as u32, frame.height as u32);
    let gray = image::GrayImage::from_raw(width, height, frame.luma).expect("a frame is a picture");
    let mut group = criterion.benchmark_group("picture");
    for (name, format) in [
        ("pgm", image::ImageFormat::Pnm),
        ("png", image::ImageFormat::Png),
        ("jpeg", image::ImageFormat::Jpeg),
    ] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let coded = gray.write_to(&mut bytes, format);
        coded.expect("a picture can be coded in memory");
        let bytes = bytes.into_inner();
        let decode = || Picture::decode(black_box(&bytes)).expect("it was coded just now");
        group.bench_function(name, |bencher| bencher.iter(decode));
    }
    group.finish();
}

/// The whole way without a hint.
fn blind(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("blind");
    for (condition, step) in KINDS {
        let pictures = pictures(condition, step);
        let mut next = in_turn(&pictures);
        group.bench_function(format!("{}-{step}", condition.name()), |bencher| {
            let whole = |picture: &mut Picture| read(black_box(picture), Effort::Line);
            bencher.iter_batched_ref(&mut next, whole, BatchSize::LargeInput);
        });
    }
    group.finish();
}

criterion_group!(steps, decode_picture, blind);
criterion_main!(steps);
