//! The text check on drawn pictures with known faults, in our own font and in a printer's.
//!
//! Prints what was measured, and holds what must hold: good text passes, no wrong character ever does.

mod camera;
#[cfg(feature = "demo")]
mod inspector;
#[cfg(feature = "demo")]
mod printer;

use camera::{Chance, DPMM, LETTERS, MILD, Optics, Photograph, Print, pack, photograph};
use vidimus::label::{PackData, Template, built_in};
use vidimus::vision::frame::Frame;
use vidimus::vision::geometry::Homography;
use vidimus::vision::grid::Grid;
use vidimus::vision::size::Size;
use vidimus::vision::text::{
    Basis, FieldReport, FieldState, TextChecker, TextReference, TextScratch,
};

fn template() -> Template {
    built_in("pharma-pack").expect("built in")
}

fn drawn_checker(template: &Template) -> TextChecker {
    TextChecker::new(&template.drawn_glyphs(DPMM).expect("drawn"), None)
}

fn check(
    checker: &TextChecker,
    photograph: &Photograph,
    reference: &TextReference,
) -> Vec<FieldReport> {
    let mut scratch = TextScratch::default();
    checker
        .check(
            &photograph.frame(),
            &photograph.grid,
            reference,
            &mut scratch,
        )
        .to_vec()
}

/// Puts another character in one place of a field; the place and what stood there.
fn falsify(reference: &mut TextReference, field: usize, chance: &mut Chance) -> (usize, char) {
    let mut text: Vec<char> = reference.fields[field].text.chars().collect();
    let places: Vec<usize> = (0..text.len()).filter(|at| text[*at] != ' ').collect();
    let place = places[chance.pick(places.len())];
    let printed = text[place];
    while text[place] == printed {
        text[place] = char::from(LETTERS[chance.pick(LETTERS.len())]);
    }
    reference.fields[field].text = text.into_iter().collect();
    (place, printed)
}

/// What a series of packs came to.
#[derive(Default)]
struct Tally {
    good: usize,
    alarms: Vec<String>,
    wrong: usize,
    missed: Vec<String>,
    named: usize,
}

impl Tally {
    /// Checks a good pack, and then as if one character of each line should have been another.
    fn add(
        &mut self,
        checker: &TextChecker,
        photograph: &Photograph,
        reference: &TextReference,
        chance: &mut Chance,
    ) {
        for report in check(checker, photograph, reference) {
            self.good += 1;
            if !report.is_legible() {
                let text = &reference.fields[report.field].text;
                self.alarms
                    .push(format!("{text:?}: {}", report.sentence(reference)));
            }
        }
        let mut other = reference.clone();
        let changes: Vec<_> = (0..reference.fields.len())
            .map(|field| falsify(&mut other, field, chance))
            .collect();
        for report in check(checker, photograph, &other) {
            let (place, printed) = changes[report.field];
            self.wrong += 1;
            match report.state {
                FieldState::Legible => {
                    self.missed.push(format!(
                        "{printed} at {place} of {:?}",
                        other.fields[report.field].text
                    ));
                }
                FieldState::Differs {
                    position,
                    looks_like: Some(seen),
                    ..
                } => {
                    self.named += usize::from(position == place && seen == printed);
                }
                _ => {}
            }
        }
    }

    fn print(&self, name: &str) {
        println!(
            "{name}: {} of {} good lines refused, {} of {} wrong ones accepted, {} named right",
            self.alarms.len(),
            self.good,
            self.missed.len(),
            self.wrong,
            self.named
        );
    }
}

#[test]
fn good_text_passes_and_no_wrong_character_does() {
    const PACKS: usize = 24;
    let template = template();
    let checker = drawn_checker(&template);
    let mut chance = Chance(0x5eed_0003);
    let conditions = [
        ("mild", 0, MILD),
        (
            "any turn",
            0,
            Optics {
                turn_deg: 180.0,
                ..MILD
            },
        ),
        (
            "noisy",
            5,
            Optics {
                noise: 12.0,
                ..MILD
            },
        ),
        (
            "closer",
            2,
            Optics {
                px_per_mm: 24.0,
                blur_px: 1.2,
                ..MILD
            },
        ),
        (
            "grid a quarter module off",
            3,
            Optics {
                grid_off: 0.25,
                ..MILD
            },
        ),
        (
            "blurred",
            PACKS * 5,
            Optics {
                blur_px: 1.8,
                ..MILD
            },
        ),
        (
            "very blurred and noisy",
            PACKS * 5,
            Optics {
                blur_px: 2.5,
                noise: 20.0,
                ..MILD
            },
        ),
    ];
    for (name, alarms_max, optics) in conditions {
        let mut tally = Tally::default();
        for _ in 0..PACKS {
            let pack = pack(&mut chance);
            let picture = photograph(
                &Print::of(&template, &pack),
                &template,
                &pack,
                &optics,
                &mut chance,
            );
            let reference = template.text_reference(&pack, DPMM).expect("laid out");
            tally.add(&checker, &picture, &reference, &mut chance);
        }
        tally.print(name);
        assert_eq!(tally.missed, Vec::<String>::new(), "{name}");
        assert!(
            tally.alarms.len() <= alarms_max,
            "{name}: {:#?}",
            tally.alarms
        );
        assert!(
            alarms_max == PACKS * 5 || tally.named * 3 >= tally.wrong * 2,
            "{name}: {} named",
            tally.named
        );
    }
}

/// A label that shows all letters in three lines, `height_mm` high.
fn alphabet_template(height_mm: f64) -> Template {
    let text = template_text().replace("height_mm = 1.5", &format!("height_mm = {height_mm}"));
    let lines = [
        ("PC {gtin}", "0123456789AB"),
        ("EXP {expiry}", "CDEFGHIJKLMN"),
        ("LOT {lot}", "OPQRSTUVWXYZ"),
    ];
    let text = lines
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to));
    Template::parse(&text).expect("a right template")
}

fn template_text() -> String {
    vidimus::label::built_in_text("pharma-pack")
        .expect("built in")
        .to_owned()
}

/// Every letter printed, every other letter expected in its place: all pairs of 36 letters.
fn confusions(
    checker: &TextChecker,
    picture: &Photograph,
    reference: &TextReference,
) -> (usize, Vec<String>) {
    let mut scratch = TextScratch::default();
    let (mut tried, mut confused) = (0, Vec::new());
    for field in reference.fields.iter().filter(|field| {
        field.text.len() == 12 && !field.text.contains('W') || field.text.starts_with("OPQ")
    }) {
        for place in 0..12 {
            for letter in LETTERS.map(char::from) {
                let printed = field.text.chars().nth(place).expect("twelve letters");
                if letter == printed {
                    continue;
                }
                let text = field
                    .text
                    .chars()
                    .enumerate()
                    .map(|(at, c)| if at == place { letter } else { c });
                let mut one = TextReference {
                    module_mm: reference.module_mm,
                    fields: vec![field.clone()],
                };
                one.fields[0].text = text.collect();
                tried += 1;
                if checker.check(&picture.frame(), &picture.grid, &one, &mut scratch)[0]
                    .is_legible()
                {
                    confused.push(format!("{printed} taken for {letter}"));
                }
            }
        }
    }
    (tried, confused)
}

#[test]
fn no_letter_is_taken_for_another() {
    let pack = PackData::sample();
    let mut chance = Chance(0x5eed_0004);
    for (height_px, optics) in [
        (18.0, MILD),
        (13.0, MILD),
        (10.5, MILD),
        (
            10.5,
            Optics {
                noise: 12.0,
                ..MILD
            },
        ),
    ] {
        let template = alphabet_template(1.5);
        let checker = drawn_checker(&template);
        let optics = Optics {
            px_per_mm: height_px / 1.5,
            turn_deg: 1.0,
            ..optics
        };
        let picture = photograph(
            &Print::of(&template, &pack),
            &template,
            &pack,
            &optics,
            &mut chance,
        );
        let reference = template.text_reference(&pack, DPMM).expect("laid out");
        let (tried, confused) = confusions(&checker, &picture, &reference);
        let good = check(&checker, &picture, &reference)
            .iter()
            .filter(|report| report.is_legible())
            .count();
        println!(
            "{height_px} px, noise {}: {} of {tried} pairs confused, {good} of 5 lines legible",
            optics.noise,
            confused.len()
        );
        assert!(tried >= 36 * 35);
        assert_eq!(confused, Vec::<String>::new(), "{height_px} px");
    }
}

/// The state of the serial after something was done to the print.
fn serial_after(
    change: impl Fn(&mut Print),
    optics: &Optics,
    seed: u64,
) -> (FieldState, Vec<FieldState>) {
    let template = template();
    let checker = drawn_checker(&template);
    let mut chance = Chance(seed);
    let pack = PackData::sample();
    let mut print = Print::of(&template, &pack);
    change(&mut print);
    let picture = photograph(&print, &template, &pack, optics, &mut chance);
    let reference = template.text_reference(&pack, DPMM).expect("laid out");
    let serial = reference
        .fields
        .iter()
        .position(|field| field.name == "serial")
        .expect("a serial");
    let reports = check(&checker, &picture, &reference);
    assert!(
        reports
            .iter()
            .all(|report| report.basis == Basis::Drawn && (0.0..=1.0).contains(&report.score))
    );
    let others = reports
        .iter()
        .filter(|report| report.field != serial)
        .map(|report| report.state)
        .collect();
    (reports[serial].state, others)
}

#[test]
fn faults_of_the_text_are_found_and_told_apart() {
    // The serial W3KTQAJMQTX4 begins at 18.7 mm, 4.6 mm down; a character is 0.776 mm wide.
    let cell = |at: usize| {
        [
            18.7 + 0.776 * at as f64,
            4.6,
            18.7 + 0.776 * (at + 1) as f64,
            6.1,
        ]
    };
    let line = [18.5, 4.5, 31.0, 6.3];
    for seed in 1..=6 {
        let seed = seed * 0x5eed_0051;
        let after = |change: &dyn Fn(&mut Print)| {
            let (serial, others) = serial_after(change, &MILD, seed);
            assert!(
                others.iter().all(|state| *state == FieldState::Legible),
                "only the serial has a fault: {others:?}"
            );
            serial
        };
        assert_eq!(after(&|_| {}), FieldState::Legible);
        assert_eq!(
            after(&|print| print.change(line, |_| 0.0)),
            FieldState::Missing
        );
        assert_eq!(
            after(&|print| print.change(line, |ink| ink * 0.08)),
            FieldState::Missing,
            "too faint to be there"
        );
        let faint = after(&|print| print.change(line, |ink| ink * 0.2));
        assert!(matches!(faint, FieldState::Illegible { .. }), "{faint:?}");
        // One character away, one filled, one cut in half by a void, a dead element through a whole line.
        let gone = after(&|print| print.change(cell(4), |_| 0.0));
        assert_eq!(
            gone,
            FieldState::Differs {
                position: 4,
                expected: 'Q',
                looks_like: Some(' ')
            }
        );
        let place = |state: FieldState| match state {
            FieldState::Differs { position, .. } | FieldState::Illegible { position, .. } => {
                Some(position)
            }
            _ => None,
        };
        assert_eq!(
            place(after(&|print| print.change(cell(7), |_| 1.0))),
            Some(7)
        );
        let [left, top, right, bottom] = cell(1);
        let half = [left, (top + bottom) / 2.0, right, bottom];
        assert_eq!(place(after(&|print| print.change(half, |_| 0.0))), Some(1));
        let dead = [18.5, 5.1, 31.0, 5.5];
        assert!(place(after(&|print| print.change(dead, |_| 0.0))).is_some());
        // Set a little beside its place it is still the text; far off it is not there.
        assert_eq!(
            after(&|print| print.shift([18.5, 4.4, 28.5, 6.4], (0.4, 0.3))),
            FieldState::Legible
        );
        assert_ne!(
            after(&|print| print.shift([18.5, 4.4, 28.5, 6.2], (1.6, 0.0))),
            FieldState::Legible
        );
        // Dots that grow, or a character too many.
        let too_many = after(&|print| {
            let w = print.clone();
            let dots = |mm: f64| (mm * 12.0).round() as usize;
            for y in dots(4.6)..dots(6.1) {
                for x in 0..dots(0.776) {
                    let from = w.ink[y * w.width + dots(18.7) + x];
                    print.ink[y * w.width + dots(18.7 + 0.776 * 12.0) + x] = from;
                }
            }
        });
        assert_eq!(
            too_many,
            FieldState::Differs {
                position: 12,
                expected: ' ',
                looks_like: Some('W')
            }
        );
    }
    let far = Optics {
        px_per_mm: 5.0,
        ..MILD
    };
    assert_eq!(serial_after(|_| {}, &far, 9).0, FieldState::TooSmall);
    let smudged = Optics {
        blur_px: 5.0,
        ..MILD
    };
    assert_ne!(serial_after(|_| {}, &smudged, 9).0, FieldState::Legible);
}

/// Whatever the frame and the grid: an answer, never a panic, and never a text that is not there.
#[test]
fn hostile_frames_and_grids_get_an_answer() {
    let template = template();
    let checker = drawn_checker(&template);
    let mut reference = template
        .text_reference(&PackData::sample(), DPMM)
        .expect("laid out");
    let mut strange = reference.fields[0].clone();
    strange.text = "Ä€ \u{1}~ 8".repeat(30);
    reference.fields.push(strange);
    let mut chance = Chance(0x5eed_0006);
    let mut scratch = TextScratch::default();
    for round in 0..150 {
        let (width, height) = (chance.pick(300), chance.pick(200));
        let even = chance.next() as u8;
        let luma: Vec<u8> = (0..width * height)
            .map(|_| {
                if round % 3 == 0 {
                    even
                } else {
                    chance.next() as u8
                }
            })
            .collect();
        let frame = Frame::new(width, height, &luma).expect("a frame");
        let mut cells = [0.0; 9];
        let reach = [1.0, 30.0, 1e9][round % 3];
        cells
            .iter_mut()
            .for_each(|cell| *cell = chance.between(-reach, reach));
        if round % 5 == 0 {
            cells[chance.pick(9)] = f64::NAN;
        }
        if round % 2 == 0 {
            cells[6..].copy_from_slice(&[0.0, 0.0, 1.0]);
        }
        let size = Size::of(26, 26).expect("a size");
        let grid = Grid {
            size,
            to_picture: Homography(cells),
            inverted: round % 7 == 0,
        };
        let reports = checker.check(&frame, &grid, &reference, &mut scratch);
        assert_eq!(reports.len(), reference.fields.len());
        assert!(
            reports.iter().all(|report| !report.is_legible()),
            "round {round}: {reports:?}"
        );
    }
}
