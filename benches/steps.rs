//! How long each step of reading takes, on generated frames: `cargo bench --bench steps`.
//!
//! A figure is the mean over several frames of one condition, so that neither one lucky symbol nor one hard one stands
//! for all. Beside other readers Vidimus is measured in `benches/peers`.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::Arc;
use vidimus::label::{PackData, built_in};
use vidimus::vision::decode::Decoder;
use vidimus::vision::equalize::Equalizer;
use vidimus::vision::grade::Context;
use vidimus::vision::grid::Grid;
use vidimus::vision::locate::Hint;
use vidimus::vision::reader::{Reader, Sight};
use vidimus::vision::text::TextInspector;
use vidimus::vision::{Picture, frame};
use vidimus_simulators::degrade::{self, Condition};

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
        let made = degrade::frame(condition, step, seed);
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
    let made = degrade::frame(Condition::Mixed, 5, 1);
    let (width, height) = (made.width as u32, made.height as u32);
    let coded = |format| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let kind = image::ExtendedColorType::L8;
        image::write_buffer_with_format(&mut bytes, &made.luma, width, height, kind, format)
            .expect("a picture can be coded in memory");
        bytes.into_inner()
    };
    // Written out here: the encoder for PNM prefers PAM, which no camera sends.
    let mut pgm = format!("P5\n{width} {height}\n255\n").into_bytes();
    pgm.extend_from_slice(&made.luma);
    let mut group = criterion.benchmark_group("picture");
    for (name, bytes) in [
        ("pgm", pgm),
        ("png", coded(image::ImageFormat::Png)),
        ("jpeg", coded(image::ImageFormat::Jpeg)),
    ] {
        let decode = || Picture::decode(black_box(&bytes)).expect("it was coded just now");
        group.bench_function(name, |bencher| bencher.iter(decode));
    }
    group.finish();
}

/// The whole way without a hint, reading and grading.
fn blind(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("blind");
    let mut reader = Reader::new();
    for (condition, step) in KINDS {
        let pictures = pictures(condition, step);
        let mut next = in_turn(&pictures);
        group.bench_function(format!("{}-{step}", condition.name()), |bencher| {
            let whole = |picture: &mut Picture| look(&mut reader, black_box(picture), None);
            bencher.iter_batched_ref(&mut next, whole, BatchSize::LargeInput);
        });
    }
    group.finish();
}

/// The whole way when it is known where the symbol of the pack before lay.
fn line(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("line");
    let mut reader = Reader::new();
    for (condition, step) in [
        (Condition::Clean, 0),
        (Condition::Mixed, 5),
        (Condition::Big, 5),
    ] {
        let pictures = pictures(condition, step);
        let known: Vec<(Picture, Option<Hint>)> = pictures
            .into_iter()
            .map(|picture| {
                let hint = look(&mut reader, &picture, None).map(|grid| hint(&grid));
                (picture, hint)
            })
            .collect();
        let mut each = known.iter().cycle();
        group.bench_function(format!("{}-{step}", condition.name()), |bencher| {
            bencher.iter(|| {
                let (picture, hint) = each.next().expect("there are pictures");
                look(&mut reader, black_box(picture), hint.as_ref())
            });
        });
    }
    group.finish();
}

/// Decoding and grading alone, of symbols that were found before.
fn decode_and_grade(criterion: &mut Criterion) {
    let mut reader = Reader::new();
    let picture = pictures(Condition::Clean, 0).remove(0);
    let grid = look(&mut reader, &picture, None).expect("a clean frame is read");
    let size = grid.size;
    let soft: Vec<f32> = reader
        .sampled()
        .iter()
        .map(|dark| if *dark { 1.0 } else { -1.0 })
        .collect();
    let mut damaged = soft.clone();
    for at in (0..damaged.len()).step_by(29) {
        damaged[at] *= -0.5;
    }
    let mut group = criterion.benchmark_group("steps");
    let mut decoder = Decoder::new();
    for (name, soft) in [("decode-sound", &soft), ("decode-damaged", &damaged)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| decoder.decode(size, black_box(soft)).is_ok())
        });
    }
    let mut equalizer = Equalizer::default();
    group.bench_function("equalize", |bencher| {
        bencher.iter(|| equalizer.free(size, black_box(&soft)))
    });
    group.bench_function("grade", |bencher| {
        bencher.iter(|| reader.grade(&frame(black_box(&picture)), &grid, Context::default()));
    });
    group.finish();
}

fn look(reader: &mut Reader, picture: &Picture, hint: Option<&Hint>) -> Option<Grid> {
    let frame = frame(picture);
    match reader.look(&frame, hint) {
        Sight::Read { grid, .. } => {
            black_box(reader.grade(&frame, &grid, Context::default()));
            Some(grid)
        }
        _ => None,
    }
}

/// A hint as the pack before would give it.
fn hint(grid: &Grid) -> Hint {
    let (across, down) = grid.pitch_px();
    Hint {
        size: grid.size,
        pitch_px: (across + down) / 2.0,
        centre: grid.at(
            grid.size.columns as f32 / 2.0 + 1.0,
            grid.size.rows as f32 / 2.0 - 1.0,
        ),
        reach_px: 20.0,
    }
}

/// All five lines of text of the built-in label, 54 characters 18 px high, beside a symbol that was read.
fn text(criterion: &mut Criterion) {
    const DPMM: u16 = 12;
    let template = built_in("pharma-pack").expect("it is built in");
    let pack = PackData::sample();
    let label = template.raster(&pack, DPMM).expect("it can be drawn");
    let picture = Picture::from_luma(label.width(), label.height(), label.into_raw());
    let picture = picture.expect("a label is a picture");
    let Sight::Read { grid, .. } = Reader::new().look(&frame(&picture), None) else {
        panic!("a sharp label is read")
    };
    let standard = template.text_standard(&pack, DPMM, None).expect("laid out");
    let mut inspector = TextInspector::default();
    inspector.demand(Some(&Arc::new(standard)));
    let serial = pack.serial.as_deref();
    criterion.bench_function("text", |bencher| {
        bencher.iter(|| inspector.look(black_box(&frame(&picture)), &grid, serial));
    });
}

criterion_group!(steps, decode_picture, decode_and_grade, line, blind, text);
criterion_main!(steps);
