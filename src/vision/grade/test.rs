//! Symbols drawn module by module with known faults, graded.

use super::*;
use crate::vision::geometry::Homography;
use crate::vision::size::Size;
use datamatrix::placement::MatrixMap;
use datamatrix::{DataMatrix, SymbolSize};
use proptest::prelude::*;

/// A symbol and everything the grader wants to know of it.
pub(super) struct Drawn {
    pub(super) size: &'static Size,
    pub(super) modules: Vec<bool>,
    pub(super) seen: Vec<bool>,
    pub(super) codeword_of: Vec<u16>,
    pub(super) block_of: Vec<u8>,
    pub(super) blocks: Vec<Corrected>,
    pub(super) decoded: bool,
    /// Pixels a module, across and down.
    pub(super) pitch: (f32, f32),
    /// Modules of ground around the symbol.
    pub(super) ground: f32,
    /// The grid that the grader is told is this much wider and higher than the real one.
    pub(super) grid_off: (f64, f64),
    /// Turned about the middle of the picture, in radians.
    pub(super) turn: f64,
    pub(super) inverted: bool,
    pub(super) dark: f32,
    pub(super) light: f32,
}

impl Drawn {
    pub(super) fn of(symbol: SymbolSize, rows: usize, columns: usize) -> Drawn {
        let size = Size::of(rows, columns).unwrap();
        let text: Vec<u8> = (0..size.data / 2)
            .map(|at| b'A' + (at * 7 % 26) as u8)
            .collect();
        let matrix = DataMatrix::encode(&text, symbol).unwrap();
        let bits = |codewords: &[u8]| {
            MatrixMap::<bool>::new_with_codewords(codewords, symbol)
                .bitmap()
                .bits()
                .to_vec()
        };
        let modules = bits(matrix.codewords());
        let nothing = bits(&vec![0; size.codewords()]);
        let mut codeword_of = vec![NO_CODEWORD; modules.len()];
        for codeword in 0..size.codewords() {
            let mut one = vec![0; size.codewords()];
            one[codeword] = 0xff;
            for (at, bit) in bits(&one).into_iter().enumerate() {
                if bit != nothing[at] {
                    codeword_of[at] = codeword as u16;
                }
            }
        }
        assert_eq!(modules.len(), rows * columns);
        Drawn {
            size,
            seen: modules.clone(),
            modules,
            codeword_of,
            block_of: (0..size.codewords())
                .map(|at| (at % size.blocks) as u8)
                .collect(),
            blocks: vec![Corrected::default(); size.blocks],
            decoded: true,
            pitch: (10.0, 10.0),
            ground: 3.0,
            grid_off: (1.0, 1.0),
            turn: 0.0,
            inverted: false,
            dark: 25.0,
            light: 230.0,
        }
    }

    pub(super) fn of_26() -> Drawn {
        Drawn::of(SymbolSize::Square26, 26, 26)
    }

    pub(super) fn truth(&self) -> Truth<'_> {
        Truth {
            modules: &self.modules,
            seen: &self.seen,
            codeword_of: &self.codeword_of,
            block_of: &self.block_of,
            blocks: &self.blocks,
            decoded: self.decoded,
        }
    }

    pub(super) fn grid(&self) -> Grid {
        let (px, py) = (f64::from(self.pitch.0), f64::from(self.pitch.1));
        let ground = f64::from(self.ground);
        Grid {
            size: self.size,
            to_picture: Homography::scale(px * self.grid_off.0, py * self.grid_off.1)
                .then(&Homography::shift(ground * px, ground * py))
                .then(&self.turned(self.turn)),
            inverted: self.inverted,
        }
    }

    fn turned(&self, turn: f64) -> Homography {
        let middle =
            |modules: usize, pitch: f32| f64::from((modules as f32 / 2.0 + self.ground) * pitch);
        let (x, y) = (
            middle(self.size.columns, self.pitch.0),
            middle(self.size.rows, self.pitch.1),
        );
        let (sin, cos) = turn.sin_cos();
        Homography::shift(-x, -y)
            .then(&Homography([cos, -sin, 0.0, sin, cos, 0.0, 0.0, 0.0, 1.0]))
            .then(&Homography::shift(x, y))
    }

    /// Whether a place in modules is dark in the sound symbol.
    pub(super) fn dark_at(&self, x: f32, y: f32) -> bool {
        let (column, row) = (x.floor(), y.floor());
        let inside = x >= 0.0
            && y >= 0.0
            && column < self.size.columns as f32
            && row < self.size.rows as f32;
        inside && self.modules[row as usize * self.size.columns + column as usize]
    }

    /// The frame in which `ink` says of every place, in modules, how much of it is printed (0.0–1.0); greys are means
    /// over 4 × 4 places a pixel.
    pub(super) fn frame_of(&self, ink: impl Fn(f32, f32) -> f32) -> (usize, usize, Vec<f32>) {
        let width =
            ((self.size.columns as f32 + 2.0 * self.ground) * self.pitch.0).round() as usize;
        let height = ((self.size.rows as f32 + 2.0 * self.ground) * self.pitch.1).round() as usize;
        let (bare, print) = if self.inverted {
            (self.dark, self.light)
        } else {
            (self.light, self.dark)
        };
        let mut greys = Vec::with_capacity(width * height);
        let back = self.turned(-self.turn);
        for at in 0..width * height {
            let (column, row) = ((at % width) as f32, (at / width) as f32);
            let places = (0..16).map(|at| {
                let (dx, dy) = ((at % 4) as f32 / 4.0 + 0.125, (at / 4) as f32 / 4.0 + 0.125);
                let Point { x, y } = back.point(column + dx, row + dy);
                ink(
                    x / self.pitch.0 - self.ground,
                    y / self.pitch.1 - self.ground,
                )
            });
            let share = places.sum::<f32>() / 16.0;
            greys.push(bare + (print - bare) * share);
        }
        (width, height, greys)
    }

    /// Sound print.
    pub(super) fn sound(&self) -> (usize, usize, Vec<f32>) {
        self.frame_of(|x, y| f32::from(u8::from(self.dark_at(x, y))))
    }

    /// Sets the grey of whole modules of a picture; the ring is row and column −1.
    fn paint(&self, picture: &mut (usize, usize, Vec<f32>), places: &[(i32, i32)], grey: f32) {
        let pixels = |module: i32, pitch: f32| {
            let edge = |module: i32| ((module as f32 + self.ground) * pitch).round() as usize;
            edge(module)..edge(module + 1)
        };
        for (row, column) in places {
            for line in pixels(*row, self.pitch.1) {
                let columns = pixels(*column, self.pitch.0);
                picture.2[line * picture.0..][columns].fill(grey);
            }
        }
    }

    pub(super) fn graded(&self, picture: &(usize, usize, Vec<f32>), context: Context) -> Report {
        self.graded_by(&mut Grader::new(), picture, context)
    }

    pub(super) fn graded_by(
        &self,
        grader: &mut Grader,
        picture: &(usize, usize, Vec<f32>),
        context: Context,
    ) -> Report {
        let luma = bytes(picture);
        let frame = Frame::new(picture.0, picture.1, &luma).unwrap();
        grader.grade(&frame, &self.grid(), self.truth(), context)
    }

    /// The modules of `count` codewords, one module of each.
    fn modules_of_codewords(&self, count: usize) -> Vec<(i32, i32)> {
        let module = |codeword: usize| {
            let at = self
                .codeword_of
                .iter()
                .position(|one| usize::from(*one) == codeword)
                .unwrap();
            (
                (at / self.size.columns) as i32,
                (at % self.size.columns) as i32,
            )
        };
        (0..count).map(module).collect()
    }
}

pub(super) fn bytes(picture: &(usize, usize, Vec<f32>)) -> Vec<u8> {
    picture
        .2
        .iter()
        .map(|grey| grey.round().clamp(0.0, 255.0) as u8)
        .collect()
}

/// Grey at which a light module has this modulation, for greys 20 and 220.
fn light_grey(modulation: f32) -> f32 {
    120.0 + 100.0 * modulation
}

fn whole(report: &Report, parameter: Parameter) -> u8 {
    report.of(parameter).0 / 10
}

#[test]
fn a_sound_symbol_is_a_four_in_everything() {
    let sizes = [
        (SymbolSize::Square10, 10, 10),
        (SymbolSize::Square26, 26, 26),
        (SymbolSize::Square32, 32, 32),
        (SymbolSize::Square52, 52, 52),
        (SymbolSize::Rect16x48, 16, 48),
    ];
    let mut grader = Grader::new();
    for (symbol, rows, columns) in sizes {
        for inverted in [false, true] {
            let drawn = Drawn {
                inverted,
                pitch: (6.0, 6.0),
                ..Drawn::of(symbol, rows, columns)
            };
            let report = drawn.graded_by(&mut grader, &drawn.sound(), Context::default());
            assert_eq!(
                report.grades.by_parameter,
                [Tenths::BEST; 8],
                "{rows}×{columns} {inverted}: {report:?}"
            );
            assert!((report.contrast_percent - 80.4).abs() < 0.1, "{report:?}");
            assert!(report.quiet_zone_seen && !report.calibrated && !report.grades.indicative);
            assert!(
                report.growth.iter().all(|growth| growth.abs() < 0.02),
                "{report:?}"
            );
            assert!(
                report.clock_irregularity.iter().all(|rms| *rms < 0.02),
                "{report:?}"
            );
            assert!(report.grid < 0.03 && report.axial < 0.002, "{report:?}");
            assert_eq!(grader.centres().count(), rows * columns);
            assert!(grader.margin().iter().all(|margin| *margin > 0.9));
        }
    }
}

/// Small modules at any angle, with a grid that is a little off, grade as they would upright.
#[test]
fn turned_symbols_grade_alike() {
    for (turn, pitch) in [(0.3, 4.0), (1.9, 5.0), (3.5, 7.3), (0.785, 3.0)] {
        let mut drawn = Drawn::of_26();
        (drawn.turn, drawn.pitch, drawn.ground) = (turn, (pitch, pitch), 9.0);
        drawn.grid_off = (1.004, 0.997);
        let mut grader = Grader::new();
        let picture = drawn.sound();
        let report = drawn.graded_by(&mut grader, &picture, Context::default());
        assert_eq!(
            report.grades.by_parameter,
            [Tenths::BEST; 8],
            "{turn}: {report:?}"
        );
        assert!(
            report.grid < 0.05 && report.axial < 0.004,
            "{turn}: {report:?}"
        );
        assert!(
            report.growth.iter().all(|growth| growth.abs() < 0.03),
            "{turn}: {report:?}"
        );
        let luma = bytes(&picture);
        let frame = Frame::new(picture.0, picture.1, &luma).unwrap();
        let found = grader.diagnose(&frame, drawn.truth(), &report, Reflectance::Estimated);
        assert!(found.is_empty(), "{turn}: {found:?}");
    }
}

#[test]
fn contrast_counts_in_percent_of_the_calibrated_white() {
    let mut drawn = Drawn::of_26();
    let calibrated = Context {
        // The card's white of 80 % is grey 200, no light is grey 0: 2.5 greys a percent.
        reflectance: Reflectance::Calibrated {
            black_grey: 0.0,
            white_grey: 200.0,
            white_percent: 80.0,
        },
        lossless: false,
        px_per_mm: Some(20.0),
        ..Context::default()
    };
    for (grey, percent, grade) in [
        (205.0, 70.0, 4),
        (204.0, 69.6, 3),
        (167.5, 55.0, 3),
        (130.0, 40.0, 2),
        (80.0, 20.0, 1),
        (77.0, 18.8, 0),
    ] {
        (drawn.dark, drawn.light) = (30.0, grey);
        let report = drawn.graded(&drawn.sound(), calibrated);
        // Greys are whole numbers, so a half is rounded up.
        assert!(
            (report.contrast_percent - percent).abs() < 0.21,
            "{grey}: {report:?}"
        );
        assert_eq!(whole(&report, Parameter::SymbolContrast), grade, "{grey}");
        assert_eq!(whole(&report, Parameter::Modulation), 4, "{grey}");
        assert!(report.calibrated && report.grades.indicative);
        assert!((report.pitch_mm.unwrap()[0] - 0.5).abs() < 0.002);
    }
    let senseless = Context {
        reflectance: Reflectance::Calibrated {
            black_grey: 90.0,
            white_grey: 90.0,
            white_percent: 85.0,
        },
        ..Context::default()
    };
    let report = drawn.graded(&drawn.sound(), senseless);
    assert_eq!(whole(&report, Parameter::SymbolContrast), 0);
}

/// The worked examples of modulation: codewords with one weak module each, at 10 px a module.
#[test]
fn weak_codewords_are_overlaid_with_error_correction() {
    let mut drawn = Drawn::of_26();
    (drawn.dark, drawn.light) = (20.0, 220.0);
    for (count, modulation, grade) in [
        (3, 0.15, 4),
        (7, 0.45, 3),
        (7, 0.05, 3),
        (8, 0.05, 2),
        (10, 0.05, 1),
        (11, 0.05, 0),
        (72, 0.35, 2),
    ] {
        let mut picture = drawn.sound();
        for place in drawn.modules_of_codewords(count) {
            let dark = drawn.modules[place.0 as usize * 26 + place.1 as usize];
            let grey = light_grey(if dark { -modulation } else { modulation });
            drawn.paint(&mut picture, &[place], grey);
        }
        let report = drawn.graded(&picture, Context::default());
        assert_eq!(
            whole(&report, Parameter::Modulation),
            grade,
            "{count} at {modulation}: {report:?}"
        );
        assert_eq!(
            whole(&report, Parameter::ReflectanceMargin),
            grade,
            "{count} at {modulation}"
        );
        assert!(
            (report.modulation.least - modulation).abs() < 0.02,
            "{report:?}"
        );
        assert_eq!(report.grades.overall(), report.of(report.grades.weakest()));
    }
}

/// A wrong module has a good modulation and no margin, and costs error correction.
#[test]
fn wrong_modules_cost_margin_and_error_correction() {
    let mut drawn = Drawn::of_26();
    for (errors, grade) in [(0, 4), (5, 4), (6, 3), (7, 3), (8, 2), (10, 1), (11, 0)] {
        let mut picture = drawn.sound();
        drawn.seen = drawn.modules.clone();
        for place in drawn.modules_of_codewords(errors) {
            let at = place.0 as usize * 26 + place.1 as usize;
            drawn.seen[at] = !drawn.modules[at];
            let grey = if drawn.modules[at] {
                drawn.light
            } else {
                drawn.dark
            };
            drawn.paint(&mut picture, &[place], grey);
        }
        drawn.blocks[0].errors = errors as u16;
        let report = drawn.graded(&picture, Context::default());
        assert_eq!(whole(&report, Parameter::Modulation), 4, "{errors}");
        assert_eq!(
            whole(&report, Parameter::ReflectanceMargin),
            grade,
            "{errors}"
        );
        assert_eq!(
            whole(&report, Parameter::UnusedErrorCorrection),
            grade,
            "{errors}"
        );
        assert_eq!(report.unused.wrong, errors as u16);
        assert_eq!(report.unused.share, (28 - 2 * errors) as f32 / 28.0);
    }
    // Erasures let our decoder spend less than other readers would: the grade counts what they would spend.
    drawn.blocks[0] = Corrected {
        errors: 0,
        erasures: 11,
    };
    let report = drawn.graded(&drawn.sound(), Context::default());
    assert_eq!(whole(&report, Parameter::UnusedErrorCorrection), 0);
    // Not decoded at all.
    drawn.decoded = false;
    let report = drawn.graded(&drawn.sound(), Context::default());
    let failed = [
        Parameter::Decode,
        Parameter::ReflectanceMargin,
        Parameter::UnusedErrorCorrection,
    ];
    assert!(
        failed.iter().all(|one| report.of(*one) == Tenths(0)),
        "{report:?}"
    );
    assert_eq!(whole(&report, Parameter::SymbolContrast), 4);
}

#[test]
fn stretch_is_measured_in_the_picture() {
    for (stretch, grade) in [(1.05, 4), (1.073, 3), (1.095, 2), (1.116, 1), (1.14, 0)] {
        let mut drawn = Drawn::of_26();
        drawn.pitch = (8.0 * stretch, 8.0);
        // |X − Y| / ((X + Y) / 2)
        let axial = (stretch - 1.0) / (1.0 + (stretch - 1.0) / 2.0);
        // Whether or not the locator's grid is quite right.
        for grid_off in [(1.0, 1.0), (0.992, 1.006)] {
            drawn.grid_off = grid_off;
            let report = drawn.graded(&drawn.sound(), Context::default());
            assert!(
                (report.axial - axial).abs() < 0.004,
                "{stretch} {grid_off:?}: {report:?}"
            );
            assert_eq!(
                whole(&report, Parameter::AxialNonuniformity),
                grade,
                "{stretch} {grid_off:?}: {report:?}"
            );
            assert_eq!(whole(&report, Parameter::Modulation), 4, "{report:?}");
        }
    }
}

#[test]
fn uneven_spacing_is_the_distance_from_the_even_grid() {
    for (bow, grade) in [(0.2, 4), (0.45, 3), (0.57, 2), (0.69, 1), (0.85, 0)] {
        let drawn = Drawn::of_26();
        // The middle of the symbol is printed `bow` modules too far down; top and bottom are where they should be.
        let real = |y: f32| bow * (std::f32::consts::PI * y / 26.0).sin();
        let picture = drawn.frame_of(|x, y| {
            // Inverse of y ↦ y + real(y), by a few rounds.
            let there = (0..8).fold(y, |at, _| {
                y - if (0.0..26.0).contains(&at) {
                    real(at)
                } else {
                    0.0
                }
            });
            f32::from(u8::from(drawn.dark_at(x, there)))
        });
        let report = drawn.graded(&picture, Context::default());
        assert!((report.grid - bow).abs() < 0.04, "{bow}: {report:?}");
        assert_eq!(
            whole(&report, Parameter::GridNonuniformity),
            grade,
            "{bow}: {report:?}"
        );
    }
}

#[test]
fn growth_is_measured_along_both_axes() {
    for (x, y) in [(0.0, 0.0), (0.2, 0.2), (-0.2, 0.1), (0.1, -0.3)] {
        let drawn = Drawn::of_26();
        let picture = drawn.frame_of(|at_x, at_y| {
            // Printed where any (gain) or all (loss) of the places half the growth away are dark.
            let sides = [-0.5f32, 0.5];
            let row = |at_y: f32| match x > 0.0 {
                true => sides
                    .iter()
                    .any(|side| drawn.dark_at(at_x + side * x, at_y)),
                false => sides
                    .iter()
                    .all(|side| drawn.dark_at(at_x + side * x, at_y)),
            };
            let dark = match y > 0.0 {
                true => sides.iter().any(|side| row(at_y + side * y)),
                false => sides.iter().all(|side| row(at_y + side * y)),
            };
            f32::from(u8::from(dark))
        });
        let report = drawn.graded(&picture, Context::default());
        assert!(
            (report.growth[0] - x).abs() < 0.03,
            "{x} {y}: {:?}",
            report.growth
        );
        assert!(
            (report.growth[1] - y).abs() < 0.03,
            "{x} {y}: {:?}",
            report.growth
        );
        assert!(report.grid < 0.08, "growth is no shift: {report:?}");
    }
}

#[test]
fn finder_and_quiet_zone_are_graded_from_the_picture() {
    let drawn = Drawn::of_26();
    for (places, grey, grade) in [
        (vec![(4, 0), (12, 0), (20, 0)], 230.0, 2),
        (vec![(26, 3), (26, 9), (26, 15), (26, 21)], 25.0, 1),
        (vec![(0, 4), (0, 12), (0, 20)], 230.0, 3),
    ] {
        let mut picture = drawn.sound();
        drawn.paint(&mut picture, &places, grey);
        let report = drawn.graded(&picture, Context::default());
        assert_eq!(
            whole(&report, Parameter::FixedPatternDamage),
            grade,
            "{places:?}: {report:?}"
        );
        assert_eq!(whole(&report, Parameter::Modulation), 4);
    }
    // A quiet zone that the frame cuts off is not seen, so it is not good.
    let cut = Drawn {
        ground: 0.5,
        ..Drawn::of_26()
    };
    let report = cut.graded(&cut.sound(), Context::default());
    assert!(!report.quiet_zone_seen);
    assert_eq!(whole(&report, Parameter::FixedPatternDamage), 0);
    assert_eq!(whole(&report, Parameter::Modulation), 4);
}

#[test]
fn frames_that_show_nothing_grade_nothing() {
    let drawn = Drawn::of_26();
    let mut grader = Grader::new();
    let mut grid = drawn.grid();
    for luma in [
        vec![],
        vec![128; 320 * 320],
        (0..320 * 320)
            .map(|at| ((at * 2_654_435_761u64) >> 7) as u8)
            .collect(),
    ] {
        let side = if luma.is_empty() { 0 } else { 320 };
        let frame = Frame::new(side, side, &luma).unwrap();
        for map in [
            drawn.grid().to_picture,
            Homography([0.0; 9]),
            Homography::scale(1e12, 1e12),
            Homography::scale(1e-9, 1e-9),
            Homography([f64::NAN; 9]),
        ] {
            grid.to_picture = map;
            let report = grader.grade(&frame, &grid, drawn.truth(), Context::default());
            assert!(report.grades.overall() <= Tenths(10), "{side}: {report:?}");
            let found = grader.diagnose(&frame, drawn.truth(), &report, Reflectance::Estimated);
            assert!(found.iter().all(|one| !one.strength.is_nan()), "{found:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Whatever is painted over, more of it is never better, and inverting the picture changes nothing.
    #[test]
    fn more_damage_never_grades_better(
        spots in prop::collection::vec((-1i32..27, -1i32..27, any::<bool>()), 1..24),
    ) {
        let mut drawn = Drawn { pitch: (5.0, 5.0), ..Drawn::of_26() };
        let mut picture = drawn.sound();
        let mut before = drawn.graded(&picture, Context::default());
        for spots in spots.chunks(4) {
            for (row, column, light) in spots {
                let grey = if *light { drawn.light } else { drawn.dark };
                drawn.paint(&mut picture, &[(*row, *column)], grey);
            }
            // Only what differs from the sound print is damage: restored modules would be a repair.
            let now = drawn.graded(&picture, Context::default());
            let repaired = spots.iter().any(|(row, column, light)| {
                let light_by_right = !(0..26).contains(row) || !(0..26).contains(column)
                    || !drawn.modules[(*row * 26 + *column) as usize];
                light_by_right == *light
            });
            // The standard counts changes along clock tracks and the lines beside them: damage that joins two holes
            // there takes changes away and may grade better.
            let on_tracks = spots.iter().any(|(row, column, _)| *row <= 0 || *column >= 25);
            if !repaired {
                for parameter in [Parameter::ReflectanceMargin, Parameter::FixedPatternDamage] {
                    if on_tracks && parameter == Parameter::FixedPatternDamage {
                        continue;
                    }
                    prop_assert!(now.of(parameter) <= before.of(parameter), "{:?} {:?}", parameter, spots);
                    prop_assert!(now.trend_of(parameter) <= before.trend_of(parameter) + 1e-4);
                }
            }
            before = now;
        }
        drawn.inverted = true;
        let negative = (picture.0, picture.1, picture.2.iter().map(|grey| 255.0 - grey).collect());
        let inverted = drawn.graded(&negative, Context::default());
        for parameter in Parameter::ALL {
            prop_assert!((inverted.trend_of(parameter) - before.trend_of(parameter)).abs() < 0.05, "{:?}", parameter);
        }
    }
}
