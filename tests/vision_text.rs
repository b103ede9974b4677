//! The text check on drawn pictures with known faults, in our own font and in a printer's.
//!
//! Prints what was measured, and holds what must hold: good text passes, no wrong character ever does.

use vidimus::label::{PackData, Template, built_in};
use vidimus::vision::frame::Frame;
use vidimus::vision::geometry::{Homography, Point};
use vidimus::vision::grid::Grid;
use vidimus::vision::size::Size;
use vidimus::vision::text::{
    Basis, FieldReport, FieldState, TextChecker, TextReference, TextScratch,
};

const LETTERS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DPMM: u16 = 12;
const PAPER: f64 = 200.0;
const INK: f64 = 40.0;

/// A small generator with a seed: the pictures are the same in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn pick(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn word(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| char::from(LETTERS[self.pick(LETTERS.len())]))
            .collect()
    }
}

fn pack(chance: &mut Chance) -> PackData {
    PackData {
        lot: chance.word(8).parse().expect("a right lot"),
        serial: Some(chance.word(12)),
        ..PackData::sample()
    }
}

/// Ink of a label, 0 to 1 a dot.
#[derive(Clone)]
struct Print {
    width: usize,
    height: usize,
    ink: Vec<f64>,
}

impl Print {
    fn of(template: &Template, pack: &PackData) -> Print {
        let picture = template.raster(pack, DPMM).expect("drawn");
        let ink = picture
            .as_raw()
            .iter()
            .map(|grey| f64::from(u8::from(*grey < 128)))
            .collect();
        Print {
            width: picture.width() as usize,
            height: picture.height() as usize,
            ink,
        }
    }

    /// Changes the ink of a box, in millimetres.
    fn change(&mut self, [x0, y0, x1, y1]: [f64; 4], to: impl Fn(f64) -> f64) {
        let dots = |mm: f64| (mm * f64::from(DPMM)).round() as usize;
        for y in dots(y0)..dots(y1).min(self.height) {
            for x in dots(x0)..dots(x1).min(self.width) {
                let ink = &mut self.ink[y * self.width + x];
                *ink = to(*ink);
            }
        }
    }

    /// Moves what stands in a box, in millimetres.
    fn shift(&mut self, [x0, y0, x1, y1]: [f64; 4], (right, down): (f64, f64)) {
        let before = self.clone();
        self.change([x0, y0, x1, y1], |_| 0.0);
        let dots = |mm: f64| (mm * f64::from(DPMM)).round() as usize;
        for y in dots(y0)..dots(y1) {
            for x in dots(x0)..dots(x1) {
                let (to_x, to_y) = (x + dots(right), y + dots(down));
                if to_x < self.width && to_y < self.height && before.ink[y * self.width + x] > 0.0 {
                    self.ink[to_y * self.width + to_x] = 1.0;
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Optics {
    px_per_mm: f64,
    turn_deg: f64,
    /// Standard deviation of the blur.
    blur_px: f64,
    noise: f64,
    /// How far each corner of the label is off, as a share of the symbol's side.
    tilt: f64,
    light_fall: f64,
    /// How far the corners of the grid are off, in modules.
    grid_off: f64,
}

const MILD: Optics = Optics {
    px_per_mm: 12.0,
    turn_deg: 4.0,
    blur_px: 0.7,
    noise: 3.0,
    tilt: 0.012,
    light_fall: 0.2,
    grid_off: 0.1,
};

struct Photograph {
    width: usize,
    height: usize,
    luma: Vec<u8>,
    grid: Grid,
}

impl Photograph {
    fn frame(&self) -> Frame<'_> {
        Frame::new(self.width, self.height, &self.luma).expect("a frame")
    }
}

/// A blur with a Gaussian of this deviation along rows, then along columns.
fn blur(picture: &mut [f64], width: usize, deviation: f64) {
    let reach = (3.0 * deviation).ceil() as i64;
    let weights: Vec<f64> = (-reach..=reach)
        .map(|at| (-(at as f64 / deviation).powi(2) / 2.0).exp())
        .collect();
    let whole: f64 = weights.iter().sum();
    let height = picture.len() / width;
    for (step, count, lines, line_step) in [(1, width, height, width), (width, height, width, 1)] {
        for line in 0..lines {
            let before: Vec<f64> = (0..count)
                .map(|at| picture[line * line_step + at * step])
                .collect();
            for at in 0..count {
                let near = |offset: usize| {
                    (at as i64 + offset as i64 - reach).clamp(0, count as i64 - 1) as usize
                };
                let sum: f64 = weights
                    .iter()
                    .enumerate()
                    .map(|(offset, weight)| weight * before[near(offset)])
                    .sum();
                picture[line * line_step + at * step] = sum / whole;
            }
        }
    }
}

fn photograph(
    print: &Print,
    template: &Template,
    pack: &PackData,
    optics: &Optics,
    chance: &mut Chance,
) -> Photograph {
    let scale = optics.px_per_mm / f64::from(DPMM);
    let (across, down) = (print.width as f64, print.height as f64);
    let (width, height) = (
        (across * scale + 90.0) as usize,
        (down * scale + 90.0) as usize,
    );
    let symbol = template.layout(pack, DPMM).expect("laid out").symbol;
    let turn = chance
        .between(-optics.turn_deg, optics.turn_deg)
        .to_radians();
    let slack = optics.tilt * f64::from(symbol.side()) * scale;
    let mut corner = |x: f64, y: f64| {
        let (u, v) = ((x - across / 2.0) * scale, (y - down / 2.0) * scale);
        let (mx, my) = (width as f64 / 2.0, height as f64 / 2.0);
        Point::new(
            (mx + u * turn.cos() - v * turn.sin() + chance.between(-slack, slack)) as f32,
            (my + u * turn.sin() + v * turn.cos() + chance.between(-slack, slack)) as f32,
        )
    };
    let corners = [
        corner(0.0, 0.0),
        corner(across, 0.0),
        corner(across, down),
        corner(0.0, down),
    ];
    let square = Homography::from_unit_square(corners).expect("no three on a line");
    let to_picture = Homography::scale(1.0 / across, 1.0 / down).then(&square);
    let to_label = to_picture.inverse().expect("there is a way back");
    let mut ink = vec![0.0; width * height];
    for (place, cell) in ink.iter_mut().enumerate() {
        for tap in 0..9 {
            let x = (place % width) as f64 + (f64::from(tap % 3) + 0.5) / 3.0;
            let y = (place / width) as f64 + (f64::from(tap / 3) + 0.5) / 3.0;
            let (x, y) = to_label.apply(x, y);
            let inside = x >= 0.0 && y >= 0.0 && x < across && y < down;
            // A grey table around the label.
            *cell += if inside {
                print.ink[y as usize * print.width + x as usize]
            } else {
                0.4
            } / 9.0;
        }
    }
    blur(&mut ink, width, optics.blur_px);
    let fall = (
        chance.between(-1.0, 1.0) * optics.light_fall,
        chance.between(-1.0, 1.0) * optics.light_fall,
    );
    let mut grey = |(place, ink): (usize, &f64)| {
        let (x, y) = (
            (place % width) as f64 / width as f64,
            (place / width) as f64 / height as f64,
        );
        let light = 1.0 + fall.0 * (x - 0.5) + fall.1 * (y - 0.5);
        // The sum of four even swings of ±1 has a deviation of √(4/3).
        let noise: f64 =
            (0..4).map(|_| chance.between(-1.0, 1.0)).sum::<f64>() / (4.0f64 / 3.0).sqrt();
        ((PAPER - (PAPER - INK) * ink) * light + noise * optics.noise)
            .round()
            .clamp(0.0, 255.0) as u8
    };
    let luma = ink.iter().enumerate().map(&mut grey).collect();
    let modules = f64::from(symbol.modules);
    let mut place = |x: f64, y: f64| {
        let off = |chance: &mut Chance| chance.between(-optics.grid_off, optics.grid_off);
        let (x, y) = (x * modules + off(chance), y * modules + off(chance));
        let dots = f64::from(symbol.module_dots);
        let (x, y) = to_picture.apply(
            f64::from(symbol.x) + x * dots,
            f64::from(symbol.y) + y * dots,
        );
        Point::new(x as f32, y as f32)
    };
    let corners = [
        place(0.0, 0.0),
        place(1.0, 0.0),
        place(1.0, 1.0),
        place(0.0, 1.0),
    ];
    let square = Homography::from_unit_square(corners).expect("no three on a line");
    let side = symbol.modules as usize;
    let to_picture = Homography::scale(1.0 / modules, 1.0 / modules).then(&square);
    Photograph {
        width,
        height,
        luma,
        grid: Grid {
            size: Size::of(side, side).expect("a size"),
            to_picture,
            inverted: false,
        },
    }
}

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
            2,
            Optics {
                noise: 12.0,
                ..MILD
            },
        ),
        (
            "closer",
            1,
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

#[cfg(feature = "demo")]
mod printer {
    //! The font of a printer: the simulated one draws with other letters than we do.

    use super::*;
    use vidimus::label::{drawn_glyphs, zpl_pack};
    use vidimus::vision::text::{GlyphBook, Learnt, learn};
    use vidimus_simulators::Tick;
    use vidimus_simulators::ink;
    use vidimus_simulators::optics::{self, Noise};
    use vidimus_simulators::printer::{Media, Printer};

    const OPTICS: optics::Optics = optics::Optics {
        width: 640,
        height: 480,
        px_per_mm: 12.0,
        turn_deg: 2.0,
        turn_swing_deg: 0.0,
        shift_swing_mm: 0.0,
        blur_passes: 1,
        noise: 2.5,
        light_fall: 0.15,
        paper: 205,
        ink: 40,
    };

    /// A pack printed from the ZPL that the station sends, photographed. The camera looks at the symbol's middle.
    fn printed(
        template: &Template,
        pack: &PackData,
        optics: &optics::Optics,
        seed: u64,
    ) -> Photograph {
        let mut printer = Printer::new(Media {
            dpmm: u32::from(DPMM),
            ..Media::default()
        });
        let format = template.zpl_format(pack, DPMM).expect("ZPL");
        printer.receive(Tick(0), format.text.as_bytes());
        let fields = template.zpl_fields(pack).expect("ZPL");
        printer.receive(Tick(0), zpl_pack(&format.name, &fields).as_bytes());
        let label = printer.start_print(Tick(0), 0).expect("a label waits");
        let symbol = template.layout(pack, DPMM).expect("laid out").symbol;
        let aim = label.aim();
        let side = 2.0 * (aim.x - f64::from(symbol.x)) / f64::from(symbol.module_dots);
        let print = ink::Print {
            label,
            damage: None,
            dx: 0,
            dy: 0,
            seed,
        };
        let noise = Noise::new(optics.noise, 1);
        let picture = optics::photograph(&[print], optics, &noise, seed);
        let module_px = f64::from(symbol.module_dots) / f64::from(DPMM) * optics.px_per_mm;
        let (sin, cos) = optics.turn_deg.to_radians().sin_cos();
        let (u, v) = (
            picture.width as f64 / 2.0 + 0.5,
            picture.height as f64 / 2.0 + 0.5,
        );
        let to_picture = Homography::shift(-side / 2.0, -side / 2.0)
            .then(&Homography::scale(module_px, module_px))
            .then(&Homography([cos, -sin, u, sin, cos, v, 0.0, 0.0, 1.0]));
        let side = side.round() as usize;
        let grid = Grid {
            size: Size::of(side, side).expect("a size"),
            to_picture,
            inverted: false,
        };
        Photograph {
            width: picture.width,
            height: picture.height,
            luma: picture.luma,
            grid,
        }
    }

    fn taught(template: &Template, packs: usize, chance: &mut Chance) -> (GlyphBook, Learnt) {
        let mut book = GlyphBook::new();
        let mut all = Learnt::default();
        for seed in 0..packs {
            let pack = pack(chance);
            let picture = printed(template, &pack, &OPTICS, seed as u64);
            let reference = template.text_reference(&pack, DPMM).expect("laid out");
            let learnt = learn(&picture.frame(), &picture.grid, &reference, &mut book);
            all.characters += learnt.characters;
            all.refused.extend(learnt.refused);
        }
        (book, all)
    }

    #[test]
    fn a_printers_font_is_taught_from_good_packs_and_then_checked() {
        let template = template();
        let mut chance = Chance(0x5eed_0007);
        let (book, learnt) = taught(&template, 20, &mut chance);
        println!(
            "taught {} characters, refused {:?}",
            learnt.characters, learnt.refused
        );
        assert!(learnt.refused.len() <= 5, "{:?}", learnt.refused);
        assert_eq!(book.missing("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), []);

        let text = serde_json::to_string(&book).expect("written");
        let book: GlyphBook = serde_json::from_str(&text).expect("read again");
        assert!(text.len() < 64_000, "{} bytes", text.len());
        let damaged = text.replace("\"form\":1", "\"form\":9");
        assert!(serde_json::from_str::<GlyphBook>(&damaged).is_err());

        let drawn = drawn_glyphs(18);
        let checker = TextChecker::new(&drawn, Some(&book));
        let blurred = optics::Optics {
            blur_passes: 3,
            noise: 6.0,
            turn_deg: -3.0,
            ..OPTICS
        };
        for (name, alarms_max, optics) in
            [("as taught", 0, OPTICS), ("blurred and noisy", 2, blurred)]
        {
            let mut tally = Tally::default();
            for seed in 0..20 {
                let pack = pack(&mut chance);
                let picture = printed(&template, &pack, &optics, 1000 + seed);
                let reference = template.text_reference(&pack, DPMM).expect("laid out");
                let reports = check(&checker, &picture, &reference);
                assert!(reports.iter().all(|report| report.basis == Basis::Taught));
                tally.add(&checker, &picture, &reference, &mut chance);
            }
            tally.print(name);
            assert_eq!(tally.missed, Vec::<String>::new(), "{name}");
            assert!(
                tally.alarms.len() <= alarms_max,
                "{name}: {:#?}",
                tally.alarms
            );
        }

        // Without teaching nobody vouches for a foreign font.
        let untaught = TextChecker::new(&drawn, None);
        let pack = pack(&mut chance);
        let picture = printed(&template, &pack, &OPTICS, 7);
        let reference = template.text_reference(&pack, DPMM).expect("laid out");
        let reports = check(&untaught, &picture, &reference);
        assert!(
            reports
                .iter()
                .all(|report| report.basis == Basis::Drawn && !report.is_legible())
        );
    }

    #[test]
    fn a_picture_of_another_text_teaches_nothing_false() {
        let template = template();
        let mut chance = Chance(0x5eed_0008);
        let (mut book, _) = taught(&template, 12, &mut chance);
        let before = book.clone();
        let (printed_pack, told) = (pack(&mut chance), pack(&mut chance));
        let picture = printed(&template, &printed_pack, &OPTICS, 3);
        let mut reference = template.text_reference(&told, DPMM).expect("laid out");
        reference.fields.retain(|field| field.name == "serial");
        let learnt = learn(&picture.frame(), &picture.grid, &reference, &mut book);
        assert_eq!(
            (learnt.characters, learnt.refused.len()),
            (0, 1),
            "{learnt:?}"
        );
        assert_eq!(book, before);
    }
}
