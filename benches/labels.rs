//! How long a label takes to write in each printer language, and to draw: `cargo bench --bench labels`.
//!
//! The bars: 20 µs to write one, a few milliseconds to draw a label of 50 x 30 mm at 12 dots/mm.

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use vidimus::label::{PackData, Template, built_in, built_in_text};
use vidimus_drivers::printer::LANGUAGES;
use vidimus_drivers::printer::format::JobContent;

const DPMM: u16 = 12;

/// What is done for each pack: its values, and the bytes that the printer gets. The format is made once for a batch.
fn write(criterion: &mut Criterion) {
    let template = built_in("pharma-pack").expect("it is built in");
    let pack = PackData::sample();
    let mut group = criterion.benchmark_group("label-write");
    for spoken in LANGUAGES {
        let speech = spoken.speech();
        let made = template.for_printer(&speech, &pack, DPMM);
        let (format, content) = made.expect("it can be laid out");
        if matches!(content, JobContent::Picture(_)) {
            continue; // such a printer gets a picture: see `draw`
        }
        group.bench_function(spoken.scheme, |bencher| {
            bencher.iter(|| {
                let fields = template.fields(black_box(&pack)).expect("right values");
                speech.language.job(&format, &fields).map(black_box).is_ok()
            });
        });
    }
    group.finish();
}

/// The same label on paper of 50 x 30 mm, laid out and drawn.
fn draw(criterion: &mut Criterion) {
    let text = built_in_text("pharma-pack").expect("it is built in");
    let text = text.replace("width_mm = 32.0", "width_mm = 50.0");
    let text = text.replace("\nheight_mm = 16.0", "\nheight_mm = 30.0");
    let template = Template::parse(&text).expect("a right template");
    assert_eq!((template.width_mm, template.height_mm), (50.0, 30.0));
    let pack = PackData::sample();
    criterion.bench_function("label-draw", |bencher| {
        bencher.iter(|| {
            template
                .raster(black_box(&pack), DPMM)
                .map(black_box)
                .is_ok()
        });
    });
}

criterion_group!(labels, write, draw);
criterion_main!(labels);
