//! What is taught by a good pack is what was there: place, pitch, turn, light and text; advice comes for what is wrong
//! and for nothing else; a conformance card gives reflectance back, and unfit pictures of it are refused.

use std::process::Command;
use vidimus::label::{PackData, built_in};
use vidimus::record::{Outcome, ReadBy};
use vidimus::vision::card::{Card, CardError, Points, calibrate};
use vidimus::vision::geometry::Point;
use vidimus::vision::grade::{Reflectance, Report};
use vidimus::vision::locate::Hint;
use vidimus::vision::reader::{Reader, Sight};
use vidimus::vision::size::Size;
use vidimus::vision::teach::{About, Lesson};
use vidimus::vision::text::TextField;
use vidimus::vision::{Expectation, Inspector, Picture, Setup, Taught, frame};
use vidimus_simulators::degrade::{
    Condition, Damage, DegradedFrame, Truth, compose, frame as frame_of,
};

/// A set-up as it should be.
fn good() -> Damage {
    Damage {
        width: 960,
        height: 720,
        px_per_module: (5.5, 6.5),
        corner_shift: 0.0,
        ..Damage::default()
    }
}

struct Seen {
    made: DegradedFrame,
    lesson: Lesson,
    report: Report,
}

impl Seen {
    fn truth(&self) -> &Truth {
        self.made.truth.as_ref().expect("there is a symbol")
    }

    fn says(&self, about: About) -> bool {
        self.lesson.advice().iter().any(|one| one.about == about)
    }
}

fn seen(made: DegradedFrame, setup: &Setup, lossless: bool) -> Option<Seen> {
    let (width, height) = (made.width as u32, made.height as u32);
    let picture = Picture::from_luma(width, height, made.luma.clone()).expect("a picture");
    let frame = frame(&picture);
    let mut reader = Reader::new();
    let Sight::Read { grid, .. } = reader.look(&frame, None) else {
        return None;
    };
    let mut context = setup.context();
    context.lossless = lossless;
    let report = reader.grade(&frame, &grid, context);
    let modules = reader.decoded().modules();
    let lesson = Lesson::of(&frame, &grid, &modules, &report).expect("it lies in the picture");
    Some(Seen {
        made,
        lesson,
        report,
    })
}

fn look(made: DegradedFrame) -> Seen {
    seen(made, &Setup::default(), true).expect("a good pack is read")
}

/// Every grey of a frame made new: from grey, column and row.
fn shaded(made: &DegradedFrame, grey: impl Fn(f32, usize, usize) -> f32) -> DegradedFrame {
    let mut shaded = made.clone();
    for (at, pixel) in shaded.luma.iter_mut().enumerate() {
        let (column, row) = (at % made.width, at / made.width);
        *pixel = grey(f32::from(*pixel), column, row)
            .round()
            .clamp(0.0, 255.0) as u8;
    }
    shaded
}

/// The part of a frame from this column on.
fn from_column(made: &DegradedFrame, first: usize) -> DegradedFrame {
    let luma = made
        .luma
        .chunks_exact(made.width)
        .flat_map(|row| row[first..].to_vec());
    let mut truth = made.truth.clone();
    let corners = truth.iter_mut().flat_map(|truth| truth.corners.iter_mut());
    corners.for_each(|corner| corner.0 -= first as f64);
    DegradedFrame {
        width: made.width - first,
        height: made.height,
        luma: luma.collect(),
        truth,
    }
}

/// Middle, pitch and turn of the symbol's upper and lower edge, from the true corners.
fn geometry(truth: &Truth) -> (Point, [f64; 2], f64) {
    let [tl, tr, br, bl] = truth.corners;
    let mean = |pick: fn(&(f64, f64)) -> f64| truth.corners.iter().map(pick).sum::<f64>() / 4.0;
    let length = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).hypot(a.1 - b.1);
    let pitch = [
        (length(tl, tr) + length(bl, br)) / 2.0 / truth.columns as f64,
        (length(tl, bl) + length(tr, br)) / 2.0 / truth.rows as f64,
    ];
    let (x, y) = (tr.0 - tl.0 + br.0 - bl.0, tr.1 - tl.1 + br.1 - bl.1);
    let middle = Point::new(mean(|p| p.0) as f32, mean(|p| p.1) as f32);
    (middle, pitch, y.atan2(x).to_degrees())
}

#[test]
fn place_pitch_and_turn_are_found_as_they_are() {
    for seed in 0..16 {
        let damage = Damage {
            mirrored: seed % 4 == 1,
            inverted: seed % 4 == 2,
            ..good()
        };
        let seen = look(compose(&damage, seed));
        let (middle, pitch, turn) = geometry(seen.truth());
        let lesson = &seen.lesson;
        let off = lesson.centre.distance(middle);
        assert!(off < 0.3, "seed {seed}: the middle is {off} px off");
        for (found, wanted) in lesson.pitch_px.iter().zip(pitch) {
            let share = f64::from(*found) / wanted - 1.0;
            assert!(
                share.abs() < 0.01,
                "seed {seed}: pitch {found} for {wanted}"
            );
        }
        let turned = (f64::from(lesson.view.turn_deg) - turn + 540.0).rem_euclid(360.0) - 180.0;
        assert!(turned.abs() < 0.4, "seed {seed}: {turned}° off");
        assert_eq!(lesson.grid.mirrored(), damage.mirrored, "seed {seed}");
        assert_eq!(lesson.grid.inverted, damage.inverted, "seed {seed}");
        let truth = seen.truth();
        assert_eq!(
            (lesson.grid.size.rows, lesson.grid.size.columns),
            (truth.rows, truth.columns)
        );
        let left = truth
            .corners
            .iter()
            .map(|corner| corner.0)
            .fold(f64::INFINITY, f64::min);
        let room = f64::from(lesson.room_px[0]);
        // The quiet zone's corner lies at most √2 modules outside the symbol's.
        assert!(
            room < left - 0.9 * pitch[0] && room > left - 1.5 * pitch[0],
            "seed {seed}"
        );
    }
}

#[test]
fn light_blur_and_noise_are_measured() {
    for seed in 0..8 {
        let made = compose(&good(), seed);
        let even = look(made.clone());
        assert!(
            even.lesson.light.falloff < 0.04,
            "seed {seed}: {:?}",
            even.lesson.light
        );
        let light = even.lesson.light;
        // What the frame was made of: paper 200, ink 40.
        assert!(
            (light.paper - 200.0).abs() < 4.0 && (light.ink - 40.0).abs() < 6.0,
            "{light:?}"
        );
        let sloped = shaded(&made, |grey, column, _| {
            grey * (1.1 - 0.8 * column as f32 / 960.0)
        });
        let sloped = look(sloped);
        let factor = |point: Point| 1.1 - 0.8 * point.x / 960.0;
        let size = sloped.lesson.grid.size;
        let zones = (0..9).map(|zone| {
            let at = |at: usize, all: usize| (at as f32 + 0.5) / 3.0 * all as f32;
            factor(
                sloped
                    .lesson
                    .grid
                    .at(at(zone % 3, size.columns), at(zone / 3, size.rows)),
            )
        });
        let (least, most) = zones.fold((f32::MAX, 0.0f32), |(least, most), one| {
            (least.min(one), most.max(one))
        });
        let (wanted, found) = (1.0 - least / most, sloped.lesson.light.falloff);
        assert!(
            (found - wanted).abs() < 0.05,
            "seed {seed}: fall-off {found} for {wanted}"
        );
        let direction = sloped.lesson.light.falloff_deg;
        assert!(
            direction.abs() < 15.0,
            "seed {seed}: to the right is 0°, not {direction}°"
        );
        for noise in [2.0, 6.0, 12.0] {
            let noisy = look(compose(&Damage { noise, ..good() }, seed));
            let found = noisy
                .lesson
                .light
                .noise
                .expect("most of the picture is unclipped");
            // The lens' blur is gone by then: only the sensor's own noise is that fine.
            assert!(
                (f64::from(found) - noise).abs() < 0.25 * noise + 0.5,
                "seed {seed}: {found} for {noise}"
            );
        }
        for blur in [0.1, 0.2, 0.3] {
            let blurred = look(compose(
                &Damage {
                    blur_modules: blur,
                    ..good()
                },
                seed,
            ));
            let (found, _) = blurred.lesson.blur().expect("it has edges");
            let found = f64::from(found);
            assert!(
                (found - blur).abs() < 0.06,
                "seed {seed}: blur {found} for {blur}"
            );
        }
    }
}

#[test]
fn advice_comes_for_what_is_wrong_and_for_nothing_else() {
    let mut roomy = 0;
    for seed in 0..40 {
        let made = compose(&good(), seed);
        let fine = look(made.clone());
        let room = fine
            .lesson
            .room_px
            .iter()
            .copied()
            .fold(f32::INFINITY, f32::min);
        if room < 85.0 {
            continue;
        }
        if roomy == 6 {
            break;
        }
        roomy += 1;
        let said: Vec<String> = fine
            .lesson
            .advice()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(said.is_empty(), "seed {seed}: {said:?}");

        let wrong = |damage: Damage, about: About| {
            let Some(seen) = seen(compose(&damage, seed), &Setup::default(), true) else {
                return;
            };
            assert!(
                seen.says(about),
                "seed {seed}: no {} in {:?}",
                about.name(),
                seen.lesson.advice()
            );
        };
        wrong(
            Damage {
                blur_modules: 0.32,
                ..good()
            },
            About::Blur,
        );
        wrong(
            Damage {
                px_per_module: (2.6, 3.0),
                ..good()
            },
            About::PitchSmall,
        );
        wrong(
            Damage {
                light_share: 0.5,
                ..good()
            },
            About::UnevenLight,
        );
        wrong(
            Damage {
                noise: 20.0,
                ..good()
            },
            About::Noise,
        );
        wrong(
            Damage {
                contrast: 60.0,
                ..good()
            },
            About::Contrast,
        );
        wrong(
            Damage {
                stretch: 0.15,
                ..good()
            },
            About::Stretch,
        );
        let spoiled = |made: DegradedFrame, about: About| {
            let seen = look(made);
            assert!(
                seen.says(about),
                "seed {seed}: no {} in {:?}",
                about.name(),
                seen.lesson.advice()
            );
            let one = seen
                .lesson
                .advice()
                .into_iter()
                .find(|one| one.about == about);
            let one = one.expect("it is said");
            assert!(
                one.text.contains("wanted") && one.text.ends_with('.'),
                "{}",
                one.text
            );
        };
        spoiled(shaded(&made, |grey, _, _| 1.35 * grey), About::OverExposed);
        spoiled(shaded(&made, |grey, _, _| 0.5 * grey), About::UnderExposed);
        let left = fine
            .truth()
            .corners
            .iter()
            .map(|corner| corner.0)
            .fold(f64::INFINITY, f64::min);
        spoiled(from_column(&made, left as usize - 14), About::Edge);
    }
    assert_eq!(roomy, 6, "of 40 seeds, so many leave room");
}

#[test]
fn a_tilted_view_is_told_from_a_straight_one() {
    let (mut tilted, mut straight) = (0, 0);
    for seed in 0..60 {
        let corner_shift = [0.004, 0.09][seed as usize % 2];
        let Some(seen) = seen(
            compose(
                &Damage {
                    corner_shift,
                    ..good()
                },
                seed,
            ),
            &Setup::default(),
            true,
        ) else {
            continue;
        };
        let [tl, tr, br, bl] = seen.truth().corners;
        let length = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).hypot(a.1 - b.1);
        let differ = |a: f64, b: f64| 1.0 - a.min(b) / a.max(b);
        let truth = [
            differ(length(tl, tr), length(bl, br)),
            differ(length(tl, bl), length(tr, br)),
        ];
        for (found, wanted) in seen.lesson.view.keystone.iter().zip(truth) {
            assert!(
                (f64::from(*found) - wanted).abs() < 0.015,
                "seed {seed}: {found} for {wanted}"
            );
        }
        if truth[0].max(truth[1]) > 0.075 {
            tilted += 1;
            assert!(seen.says(About::Tilt), "seed {seed}: {truth:?}");
        }
        if corner_shift < 0.01 {
            straight += 1;
            assert!(!seen.says(About::Tilt), "seed {seed}: {truth:?}");
        }
    }
    assert!(
        tilted >= 10 && straight >= 20,
        "{tilted} tilted, {straight} straight"
    );
}

/// A label before the camera, turned, on a darker table; `scale` pixels a printer's dot.
fn photograph(scale: f64, angle_deg: f64) -> (Picture, PackData) {
    let pack = PackData::sample();
    let label = built_in("pharma-pack")
        .expect("built in")
        .raster(&pack, 8)
        .expect("it can be drawn");
    let (width, height) = (900u32, 700u32);
    let (sin, cos) = angle_deg.to_radians().sin_cos();
    let mut luma = Vec::new();
    for place in 0..width * height {
        let (px, py) = (
            f64::from(place % width) - 450.0,
            f64::from(place / width) - 350.0,
        );
        let mut sum = 0.0;
        for tap in 0..16 {
            let (x, y) = (px + f64::from(tap % 4) * 0.4, py + f64::from(tap / 4) * 0.4);
            let (x, y) = ((x * cos + y * sin) / scale, (y * cos - x * sin) / scale);
            let (x, y) = (
                x + f64::from(label.width()) / 2.0,
                y + f64::from(label.height()) / 2.0,
            );
            let inside = x >= 0.0
                && y >= 0.0
                && x < f64::from(label.width())
                && y < f64::from(label.height());
            sum += match inside.then(|| label.get_pixel(x as u32, y as u32).0[0]) {
                Some(0) => 35.0,
                Some(_) => 210.0,
                None => 130.0,
            };
        }
        luma.push((sum / 16.0) as u8);
    }
    (
        Picture::from_luma(width, height, luma).expect("a picture"),
        pack,
    )
}

fn as_frame(picture: &Picture) -> DegradedFrame {
    DegradedFrame {
        width: picture.width() as usize,
        height: picture.height() as usize,
        luma: picture.luma().to_vec(),
        truth: None,
    }
}

#[test]
fn the_lines_of_text_are_found_where_the_template_has_them() {
    let template = built_in("pharma-pack").expect("built in");
    for (scale, angle) in [
        (2.5, 0.0),
        (2.0, 7.0),
        (1.8, 95.0),
        (2.2, 180.0),
        (1.6, -33.0),
    ] {
        let (picture, pack) = photograph(scale, angle);
        let reference = template.text_reference(&pack, 8).expect("it has text");
        let lesson = look(as_frame(&picture)).lesson;
        // Fields beside each other are one line of ink.
        let mut rows: Vec<f32> = reference.fields.iter().map(|field| field.y).collect();
        rows.dedup();
        assert_eq!(lesson.text.len(), rows.len(), "{angle}°: {:?}", lesson.text);
        for field in &reference.fields {
            let width = field.text.chars().count() as f32 * 0.6 * field.height;
            let (x, y) = (field.x + width / 2.0, field.y + field.height / 2.0);
            let covers = lesson.text.iter().find(|line| {
                (line.x..line.x + line.width).contains(&x)
                    && (line.y..line.y + line.height).contains(&y)
            });
            let line = covers
                .unwrap_or_else(|| panic!("{angle}°: {} not in {:?}", field.name, lesson.text));
            assert!(
                !line.upright && line.height < field.height,
                "{angle}°: {line:?}"
            );
            let row = || reference.fields.iter().filter(|other| other.y == field.y);
            let end = |one: &TextField| one.x + one.text.chars().count() as f32 * 0.6 * one.height;
            let left = row().map(|one| one.x).fold(f32::MAX, f32::min);
            let right = row().map(end).fold(f32::MIN, f32::max);
            assert!(
                line.x > left - 0.5 && line.x + line.width < right + 0.5,
                "{angle}°: {line:?}"
            );
            let capitals = 0.63 * field.height * lesson.pitch_px[1];
            assert!(
                (line.capitals_px / capitals - 1.0).abs() < 0.2,
                "{angle}°: {line:?} for {capitals}"
            );
        }
    }
}

#[test]
fn what_was_taught_leads_the_first_picture_and_supplies_nothing() {
    let (picture, pack) = photograph(2.0, 7.0);
    let expectation = built_in("pharma-pack")
        .expect("built in")
        .expectation(&pack);
    let right = look(as_frame(&picture)).lesson.taught();
    let taught = |taught: Option<Taught>| {
        let setup = Setup {
            taught,
            ..Setup::default()
        };
        let mut inspector = Inspector::new(setup);
        let verdicts = [(); 2].map(|()| inspector.verify(&picture, &expectation));
        assert!(
            verdicts
                .iter()
                .all(|verdict| verdict.outcome == Outcome::Pass)
        );
        verdicts.map(|verdict| verdict.seen.expect("it was read").by)
    };
    assert_eq!(taught(None), [ReadBy::Blind, ReadBy::Line]);
    assert_eq!(taught(Some(right)), [ReadBy::Line, ReadBy::Line]);
    let hint = |hint: Hint| Some(Taught { hint, ..right });
    let elsewhere = hint(Hint {
        centre: Point::new(20.0, 20.0),
        ..right.hint
    });
    let another = hint(Hint {
        size: Size::of(48, 48).expect("a size of the standard"),
        ..right.hint
    });
    let other_camera = Some(Taught {
        width_px: right.width_px + 1,
        ..right
    });
    for wrong in [elsewhere, another, other_camera] {
        assert_eq!(taught(wrong), [ReadBy::Blind, ReadBy::Line], "{wrong:?}");
    }
    // What another pack carries is no content for this one.
    let other = PackData {
        serial: Some("WXD6BXDKPRQX".to_owned()),
        ..pack
    };
    let other = built_in("pharma-pack")
        .expect("built in")
        .expectation(&other);
    let setup = Setup {
        taught: Some(right),
        ..Setup::default()
    };
    let verdict = Inspector::new(setup).verify(&picture, &other);
    assert!(!verdict.picture.expect("there was one").calibrated);
    assert_eq!(
        verdict.outcome,
        Outcome::WrongContent {
            ai: "21".to_owned()
        }
    );
}

/// A camera whose sensor makes 18 + 2 R of a reflectance of R percent; the frames' own grey is 2.5 R.
fn exposed(made: &DegradedFrame) -> DegradedFrame {
    shaded(made, |grey, _, _| 18.0 + 2.0 * grey / 2.5)
}

fn points(made: DegradedFrame, card: Card) -> Result<Points, CardError> {
    let seen = look(made);
    calibrate(card, &seen.report, &seen.lesson)
}

#[test]
fn a_card_gives_reflectance_back() {
    // Paper 200 and ink 40 are 80 % and 16 %.
    let card = Card::new(80.0, 16.0).expect("values as cards have them");
    for seed in 0..6 {
        let found = points(exposed(&compose(&good(), seed)), card).expect("a good picture of it");
        let Some(Reflectance::Calibrated { black_grey, .. }) = found.reflectance() else {
            panic!("two points make a line");
        };
        assert!((black_grey - 18.0).abs() < 5.0, "seed {seed}: {black_grey}");
        let setup = Setup {
            reflectance: found.reflectance().expect("two points make a line"),
            ..Setup::default()
        };
        // Prints of other contrasts: paper and ink are 128 ± half of it up to 100, above paper is 40 more.
        for (contrast, wanted) in [(60.0, 24.0), (100.0, 40.0), (140.0, 56.0)] {
            let print = exposed(&compose(&Damage { contrast, ..good() }, seed + 100));
            let graded = seen(print.clone(), &setup, true).expect("it is read");
            let report = graded.report;
            assert!(report.calibrated);
            assert!(
                (report.contrast_percent - wanted).abs() < 4.0,
                "{} for {wanted}",
                report.contrast_percent
            );
            let estimated = seen(print, &Setup::default(), true)
                .expect("it is read")
                .report;
            assert!(!estimated.calibrated);
            assert!(
                (estimated.contrast_percent - wanted).abs() > 3.0,
                "the estimate is another value"
            );
        }
        // Light turned up since: more than all of it is no contrast of the print.
        let brighter = shaded(&compose(&good(), seed), |grey, _, _| 18.0 + 1.18 * grey);
        let report = seen(brighter, &setup, true).expect("it is read").report;
        assert!(
            report.contrast_percent <= 100.0,
            "{}",
            report.contrast_percent
        );
    }
}

#[test]
fn pictures_that_are_not_fit_to_calibrate_by_are_refused() {
    for values in [
        (0.8, 0.05),
        (101.0, 3.0),
        (40.0, 30.0),
        (3.0, 85.0),
        (f64::NAN, 3.0),
    ] {
        assert!(
            matches!(Card::new(values.0, values.1), Err(CardError::Values(..))),
            "{values:?}"
        );
    }
    let card = Card::new(85.0, 4.0).expect("values as cards have them");
    let made = compose(&good(), 3);
    let refused = |made: &DegradedFrame, grey: &dyn Fn(f32, usize, usize) -> f32| {
        points(shaded(made, grey), card).expect_err("it is not fit")
    };
    assert!(matches!(
        refused(&made, &|grey, _, _| grey * 1.4),
        CardError::Saturated(_)
    ));
    assert!(matches!(
        refused(&made, &|grey, _, _| grey * 0.45),
        CardError::Dark(_)
    ));
    assert!(matches!(
        refused(&made, &|grey, _, _| grey - 60.0),
        CardError::Black
    ));
    assert!(matches!(
        refused(&made, &|grey, _, _| 80.0 + grey * 0.3),
        CardError::Contrast(_)
    ));
    let sloped = |grey: f32, column: usize, _: usize| grey * (1.1 - 0.8 * column as f32 / 960.0);
    assert!(matches!(refused(&made, &sloped), CardError::Uneven(_)));
    // 85 % and 4 % of light through a gamma of 1 / 2.2 are the greys 237 and 59.
    let gamma = compose(
        &Damage {
            contrast: 178.0,
            ..good()
        },
        3,
    );
    assert!(matches!(
        refused(&gamma, &|grey, _, _| grey + 19.0),
        CardError::Bent(_)
    ));
    let torn = compose(
        &Damage {
            finder_share: 0.4,
            ..good()
        },
        3,
    );
    assert!(matches!(
        refused(&torn, &|grey, _, _| grey),
        CardError::NotSound
    ));
    let left = made.truth.as_ref().expect("a symbol").corners;
    let left = left
        .iter()
        .map(|corner| corner.0)
        .fold(f64::INFINITY, f64::min);
    let cut = from_column(&made, left as usize);
    assert!(matches!(points(cut, card), Err(CardError::CutOff)));
    let lossy = seen(made, &Setup::default(), false).expect("it is read");
    assert_eq!(
        calibrate(card, &lossy.report, &lossy.lesson),
        Err(CardError::Lossy)
    );
}

#[test]
fn whatever_can_be_read_can_be_measured() {
    let card = Card::new(85.0, 4.0).expect("values as cards have them");
    let mut measured = 0;
    for condition in Condition::ALL {
        for step in [2, 5, 9] {
            let Some(seen) = seen(frame_of(condition, step, 77), &Setup::default(), true) else {
                continue;
            };
            measured += 1;
            let lesson = &seen.lesson;
            let numbers = lesson
                .room_px
                .iter()
                .chain(&lesson.pitch_px)
                .chain(&lesson.view.keystone);
            let light = lesson.light;
            let numbers = numbers.copied().chain([
                light.paper,
                light.ink,
                light.falloff,
                lesson.view.turn_deg,
            ]);
            assert!(
                numbers.into_iter().all(f32::is_finite),
                "{}: {lesson:?}",
                condition.name()
            );
            for advice in lesson.advice() {
                assert!(
                    !advice.text.contains("NaN") && !advice.text.contains("inf"),
                    "{advice}"
                );
            }
            if let Ok(points) = calibrate(card, &seen.report, lesson) {
                assert!(points.reflectance().is_some(), "{points:?}");
            }
        }
    }
    assert!(measured >= 30, "{measured} frames were read");
}

#[test]
fn lines_for_the_station_file_are_printed_taken_and_used() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let save = |name: &str, made: &DegradedFrame| {
        let head = format!("P5 {} {} 255\n", made.width, made.height).into_bytes();
        std::fs::write(file(name), [head, made.luma.clone()].concat()).expect("it can be written");
        file(name)
    };
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_vidimus"))
            .args(args)
            .output()
            .expect("it starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let last = |text: &str| text.lines().last().unwrap_or_default().to_owned();
    let card = save("card.pgm", &exposed(&compose(&good(), 3)));
    let (code, said, _) = run(&["calibrate", &card, "--rmax", "80", "--rmin", "16"]);
    assert_eq!(code, Some(0), "{said}");
    let reflectance = last(&said);
    let pack = save("pack.pgm", &exposed(&compose(&good(), 4)));
    let (code, said, _) = run(&["verify", "--teach", &pack]);
    assert_eq!(code, Some(0), "{said}");
    let taught = last(&said);
    let station = vidimus::config::DEMO
        .replace("reflectance = \"none\"", &reflectance)
        .replace("taught = \"none\"", &taught);
    assert!(
        station.contains(&reflectance) && station.contains(&taught),
        "{reflectance}\n{taught}"
    );
    let setup = vidimus::config::parse("station.toml", &station)
        .expect("it is right")
        .cameras[0]
        .setup;
    assert!(
        setup.is_calibrated() && setup.hint(960, 720).is_some() && setup.hint(960, 721).is_none()
    );
    std::fs::write(file("station.toml"), station).expect("it can be written");
    let (_, plain, _) = run(&["verify", "--json", &pack]);
    let (code, graded, _) = run(&["verify", "--json", "-c", &file("station.toml"), &pack]);
    assert_eq!(code, Some(0), "{graded}");
    let calibrated = |text: &str| {
        let answer: serde_json::Value = serde_json::from_str(text).expect("it is JSON");
        answer["grade"]["calibrated"].as_bool()
    };
    assert_eq!(
        (calibrated(&plain), calibrated(&graded)),
        (Some(false), Some(true))
    );
    // The record says so by the same value, and by no other.
    let picture = Picture::decode(&std::fs::read(&pack).expect("it is there")).expect("a picture");
    for (setup, wanted) in [(setup, true), (Setup::default(), false)] {
        let verdict = Inspector::new(setup).verify(&picture, &Expectation::default());
        assert_eq!(verdict.picture.expect("there was one").calibrated, wanted);
    }
    let clipped = save(
        "clipped.pgm",
        &shaded(&compose(&good(), 3), |grey, _, _| 1.5 * grey),
    );
    let (code, said, why) = run(&["calibrate", &clipped, "--rmax", "80", "--rmin", "16"]);
    assert_eq!((code, said.as_str()), (Some(1), ""), "{why}");
    assert!(
        why.contains("clipped") && why.contains("shorten the exposure"),
        "{why}"
    );
    let (code, _, why) = run(&["calibrate", &card, "--rmax", "0.8", "--rmin", "0.16"]);
    assert_eq!(code, Some(2), "{why}");
    assert!(why.contains("in percent"), "{why}");
    let blank = save("blank.pgm", &shaded(&compose(&good(), 3), |_, _, _| 180.0));
    let (code, said, _) = run(&["verify", "--teach", &blank]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("Nothing can be taught"), "{said}");
}
