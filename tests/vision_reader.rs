//! The reader on frames whose truth is known: what it reads is right, it reads what is damaged in ways printers and
//! packs are damaged, hints only narrow the search, and nothing in a frame stops it.

use vidimus::record::ReadBy;
use vidimus::vision::frame::Frame;
use vidimus::vision::geometry::Point;
use vidimus::vision::locate::Hint;
use vidimus::vision::reader::{Reader, Sight};
use vidimus::vision::size::Size;
use vidimus_simulators::degrade::{Condition, DegradedFrame, frame};

fn look(
    reader: &mut Reader,
    made: &DegradedFrame,
    hint: Option<&Hint>,
) -> Option<(ReadBy, Vec<u8>)> {
    let seen = Frame::new(made.width, made.height, &made.luma).expect("a frame has its pixels");
    match reader.look(&seen, hint) {
        Sight::Read { by, .. } => Some((by, reader.decoded().content.bytes.clone())),
        Sight::Nothing | Sight::Undecodable(_) => None,
    }
}

/// Reads some frames of a condition; how many of them were read. Anything read wrongly fails the test.
fn read(
    reader: &mut Reader,
    condition: Condition,
    steps: &[u8],
    seeds: std::ops::Range<u64>,
) -> (usize, usize) {
    let (mut count, mut all) = (0, 0);
    for step in steps {
        for seed in seeds.clone() {
            let made = frame(condition, *step, seed);
            let truth = made.truth.as_ref().map(|truth| truth.content.clone());
            let found = look(reader, &made, None).map(|(_, content)| content);
            all += 1;
            if found.is_some() {
                assert_eq!(found, truth, "{} step {step} seed {seed}", condition.name());
                count += 1;
            }
        }
    }
    (count, all)
}

#[test]
fn whatever_is_read_is_what_was_printed() {
    let mut reader = Reader::new();
    for condition in Condition::ALL {
        let (count, all) = read(&mut reader, condition, &[1, 4, 7, 9], 900..902);
        println!("{}: {count} of {all}", condition.name());
    }
}

#[test]
fn broken_finders_dirty_quiet_zones_noise_and_mixed_damage_are_read() {
    let mut reader = Reader::new();
    // Condition, step, least of ten frames. A reader that needs an unbroken L reads none of the first two.
    let wanted = [
        (Condition::FinderModules, 9, 9),
        (Condition::Finder, 9, 8),
        (Condition::Quiet, 9, 8),
        (Condition::Noise, 8, 9),
        (Condition::Light, 5, 9),
        (Condition::Blur, 5, 9),
        (Condition::Smear, 5, 8),
        // Motion by 1.4 modules for every second one: no edge along one axis says where modules begin.
        (Condition::Smear, 7, 9),
        (Condition::Jitter, 8, 8),
        (Condition::Mixed, 9, 8),
        (Condition::Inverse, 0, 10),
        (Condition::Mirror, 0, 10),
        (Condition::Rectangle, 0, 9),
        (Condition::Clean, 0, 10),
    ];
    for (condition, step, least) in wanted {
        let (count, _) = read(&mut reader, condition, &[step], 50..60);
        assert!(
            count >= least,
            "{} step {step}: {count} of 10 read, {least} wanted",
            condition.name()
        );
    }
}

#[test]
fn a_hint_narrows_the_search_and_gives_nothing_to_the_content() {
    let mut reader = Reader::new();
    let mut by_line = 0;
    for seed in 0..6 {
        let made = frame(Condition::Mixed, 3, seed);
        let truth = made.truth.as_ref().expect("there is a symbol");
        let mean =
            |pick: fn(&(f64, f64)) -> f64| truth.corners.iter().map(pick).sum::<f64>() as f32 / 4.0;
        let right = Hint {
            size: Size::of(truth.rows, truth.columns).expect("a size of the standard"),
            pitch_px: truth.px_per_module as f32 * 1.08,
            centre: Point::new(mean(|p| p.0) + 12.0, mean(|p| p.1) - 9.0),
            reach_px: 20.0,
        };
        let wrong_size = Hint {
            size: Size::of(64, 64).expect("a size of the standard"),
            ..right
        };
        let wrong_place = Hint {
            centre: Point::new(10.0, 10.0),
            ..right
        };
        for (hint, which) in [
            (right, "right"),
            (wrong_size, "size"),
            (wrong_place, "place"),
        ] {
            let (by, content) =
                look(&mut reader, &made, Some(&hint)).expect("it is read all the same");
            assert_eq!(content, truth.content, "seed {seed}, {which}");
            by_line += usize::from(by == ReadBy::Line && which == "right");
        }
    }
    assert!(by_line >= 5, "the hint led to {by_line} of 6");
    // Where there is nothing, a hint finds nothing.
    let nothing = frame(Condition::NoSymbol, 0, 7);
    let hint = Hint {
        size: Size::of(26, 26).expect("a size of the standard"),
        pitch_px: 6.0,
        centre: Point::new(320.0, 240.0),
        reach_px: 60.0,
    };
    assert_eq!(look(&mut reader, &nothing, Some(&hint)), None);
}

#[test]
fn every_symbol_of_a_frame_is_read() {
    let parts: Vec<DegradedFrame> = (0..4)
        .map(|seed| frame(Condition::Clean, 0, 70 + seed))
        .collect();
    let (width, height) = (2 * parts[0].width, 2 * parts[0].height);
    let mut luma = Vec::with_capacity(width * height);
    for row in 0..height {
        let pair = &parts[2 * (row / parts[0].height)..][..2];
        for part in pair {
            let from = row % part.height * part.width;
            luma.extend_from_slice(&part.luma[from..from + part.width]);
        }
    }
    let seen = Frame::new(width, height, &luma).expect("a frame has its pixels");
    let mut found = Vec::new();
    let count = Reader::new().look_for_all(&seen, 8, &mut |_, decoded| {
        found.push(decoded.content.bytes.clone())
    });
    let mut wanted: Vec<_> = parts
        .iter()
        .map(|part| part.truth.clone().expect("a symbol").content)
        .collect();
    wanted.sort();
    found.sort();
    assert_eq!(found, wanted);
    assert_eq!(count, 4);
}

#[test]
fn frames_of_any_size_and_content_come_to_an_end() {
    let mut reader = Reader::new();
    let mut state = 1u64;
    let mut noise = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as u8
    };
    for (width, height) in [
        (0, 0),
        (1, 1),
        (3, 700),
        (700, 3),
        (17, 17),
        (64, 48),
        (2000, 1500),
    ] {
        for kind in 0..4 {
            let luma: Vec<u8> = (0..width * height)
                .map(|at| match kind {
                    0 => 128,
                    1 => noise(),
                    // Thousands of places that have edges at right angles and a period.
                    2 => (((at % width.max(1)) / 5 + at / width.max(1) / 5) % 2 * 255) as u8,
                    _ => noise() & if (at / 13) % 2 == 0 { 0xf0 } else { 0x0f },
                })
                .collect();
            let seen = Frame::new(width, height, &luma).expect("a frame has its pixels");
            let sight = reader.look(&seen, None);
            assert!(
                !matches!(sight, Sight::Read { .. }),
                "{width} × {height}, kind {kind}"
            );
        }
    }
}
