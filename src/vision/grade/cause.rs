//! What a degraded symbol looks like: from measured features to a cause in plain words. PURE.
//!
//! Every cause stands on one measured feature and a threshold for it; several may hold at once. They are told apart as
//! far as one picture can: what blurs all edges alike is the lens, what drags one kind of edge is the print. Where a
//! symbol is inverted, its dark modules in the symbol's own sense are taken for what was printed.

use super::diagnosis::{Cause, Diagnosis, Place, Side};
use super::spacing::Axis;
use super::streak::{Fault, Plane, Print, wrinkle};
use super::{Grader, Reflectance, Report, Truth};
use crate::vision::frame::Frame;
use crate::vision::geometry::Point;
use crate::vision::grid::Grid;

/// Ramp of a sharp edge in pixels: one of the pixel itself, a good third of the interpolation between pixels.
const SHARP_RAMP_PX: f32 = 1.4;
/// Ramp beyond that, in modules, from which an edge counts as blurred.
const BLUR: f32 = 0.22;
/// Difference of the ramps of two axes, or of the two edges of a module, in modules, that has a direction.
const BLUR_ONE_SIDED: f32 = 0.16;
/// Growth in modules worth a word.
const GROWTH: f32 = 0.12;
/// Reflectance of print against bare ground from which the print is faint.
const FAINT: f32 = 0.4;
/// Reflectance of bare ground in percent below which there is too little light.
const DIM_PERCENT: f32 = 35.0;
/// Relative change across the symbol that is worth a word.
const UNEVEN: f32 = 0.25;
/// Axial non-uniformity, grid non-uniformity and clock irregularity (modules) worth a word.
const STRETCH: f32 = 0.045;
const GRID: f32 = 0.25;
const IRREGULAR: f32 = 0.08;
/// Perspective worth a word: modules by which the symbol's middle is moved.
const TILT: f32 = 0.12;
/// Share of modules spoilt that is worth a word.
const SPOILT: f32 = 0.02;
/// Bareness above the usual that spoils a printed module; more of it where edges are blurred.
const SPOILT_BY: f32 = 0.2;
const SPOILT_BY_BLURRED: f32 = 0.4;

/// A quiet module is free if it is at least so far from print towards bare ground …
const QUIET_BARENESS: f32 = 0.6;
/// … and this share of one side blocked is as bad as it gets (the limit of fixed pattern damage).
const QUIET_SHARE_WORST: f32 = 0.17;

/// How far a value lies between the threshold that is worth a word and the worst; `None` below it.
fn strength(value: f32, from: f32, worst: f32) -> Option<f32> {
    (value > from).then(|| ((value - from) / (worst - from)).clamp(0.0, 1.0))
}

impl Grader {
    /// Says what the symbol graded last suffers from, strongest first; nothing if it looks sound.
    ///
    /// `frame` and `truth` are those of that symbol and `report` is what came of it; `reflectance` is its context's.
    /// Costs about as much as the grading itself, so it is for the packs that need a word, not for each.
    pub fn diagnose(
        &mut self,
        frame: &Frame<'_>,
        truth: Truth<'_>,
        report: &Report,
        reflectance: Reflectance,
    ) -> &[Diagnosis] {
        let mut found = std::mem::take(&mut self.diagnoses);
        found.clear();
        if let Some(grid) = self.grid
            && grid.size.rows * grid.size.columns == truth.modules.len()
        {
            let blurred = edges(report, &mut found);
            spacings(report, keystone(&grid), &mut found);
            let (printed, bare) = self.planes(truth.modules);
            levels(report, (&printed, &bare), reflectance, &grid, &mut found);
            let mut faults = std::mem::take(&mut self.faults);
            let mut sorted = std::mem::take(&mut self.sorted);
            let print = Print {
                frame,
                grid: &grid,
                centres: &self.centres,
                modules: truth.modules,
                printed,
                bare,
            };
            // Without a difference between print and ground nothing can be said to be missing.
            if (bare.middle - printed.middle).abs() >= super::CONTRAST_LEAST {
                let lines = dead_elements(&print, report, &mut found);
                self.find_faults(&print, blurred, &lines, (&mut faults, &mut sorted));
                scattered(&print, &mut faults, &mut found);
                self.specks(&print, blurred, &mut found);
                self.quiet_zone(&print, &mut found);
            }
            (self.faults, self.sorted) = (faults, sorted);
        }
        found.sort_by(|one, other| other.strength.total_cmp(&one.strength));
        self.diagnoses = found;
        &self.diagnoses
    }

    /// Grey of print and of bare ground over the symbol: planes through the modules' greys, a second time without what
    /// lies far off.
    fn planes(&self, modules: &[bool]) -> (Plane, Plane) {
        let Some(grid) = self.grid else {
            return Default::default();
        };
        let (rows, columns) = (grid.size.rows, grid.size.columns);
        let ring = columns + 2;
        let greys = |wanted: bool| {
            (0..rows * columns).filter_map(move |at| {
                let (row, column) = (at / columns, at % columns);
                let grey = self.greys[(row + 1) * ring + column + 1];
                let (x, y) = (
                    column as f32 + 0.5 - columns as f32 / 2.0,
                    row as f32 + 0.5 - rows as f32 / 2.0,
                );
                (modules[at] == wanted && grey.is_finite()).then_some((x, y, grey))
            })
        };
        let first = [true, false].map(|wanted| Plane::through(greys(wanted)));
        let most = 0.35 * (first[0].middle - first[1].middle).abs();
        let again = |wanted: bool, plane: Plane| {
            let near =
                move |(x, y, grey): &(f32, f32, f32)| (grey - plane.at(*x, *y)).abs() <= most;
            Plane::through(greys(wanted).filter(near))
        };
        (again(true, first[0]), again(false, first[1]))
    }

    /// Marks the printed modules that are spoilt, and those of them that a dead line explains.
    fn find_faults(
        &self,
        print: &Print<'_>,
        blurred: bool,
        dead: &[Option<(Axis, f32, f32)>],
        (faults, sorted): (&mut Vec<Fault>, &mut Vec<f32>),
    ) {
        let columns = print.grid.size.columns;
        let ring = columns + 2;
        faults.clear();
        sorted.clear();
        for at in (0..print.modules.len()).filter(|at| print.modules[*at]) {
            let (row, column) = (at / columns, at % columns);
            let (x, y) = (column as f32 + 0.5, row as f32 + 0.5);
            sorted.push(print.bareness(self.greys[(row + 1) * ring + column + 1], x, y));
            let explained = dead.iter().flatten().any(|(axis, at, breadth)| {
                let place = if *axis == Axis::Across { x } else { y };
                (place - at).abs() <= breadth / 2.0 + 0.75
            });
            faults.push(Fault {
                x,
                y,
                spoilt: false,
                explained,
            });
        }
        // The values are wanted in both orders: as they lie, to mark, and sorted, for their median.
        let limit = if blurred {
            SPOILT_BY_BLURRED
        } else {
            SPOILT_BY
        };
        let marks = sorted.len();
        sorted.extend_from_within(..);
        let (values, order) = sorted.split_at_mut(marks);
        order.sort_unstable_by(f32::total_cmp);
        let usual = order.get(marks / 2).copied().unwrap_or(0.0);
        for (fault, value) in faults.iter_mut().zip(values) {
            fault.spoilt = *value > usual + limit;
        }
    }

    /// Print where none should be.
    fn specks(&self, print: &Print<'_>, blurred: bool, found: &mut Vec<Diagnosis>) {
        let size = print.grid.size;
        let ring = size.columns + 2;
        let limit = if blurred {
            SPOILT_BY_BLURRED
        } else {
            SPOILT_BY
        };
        let (mut bare, mut spoilt) = (0u32, 0u32);
        for at in (0..print.modules.len()).filter(|at| !print.modules[*at]) {
            let (row, column) = (at / size.columns, at % size.columns);
            let grey = self.greys[(row + 1) * ring + column + 1];
            let bareness = print.bareness(grey, column as f32 + 0.5, row as f32 + 0.5);
            bare += 1;
            spoilt += u32::from(bareness < 1.0 - limit);
        }
        let share = spoilt as f32 / bare.max(1) as f32;
        if let Some(strength) = strength(share, SPOILT, 0.3) {
            found.push(Diagnosis {
                cause: Cause::Specks,
                place: None,
                strength,
            });
        }
    }

    /// What stands in the quiet zone, or lies outside the picture; measured against the light there,
    /// so that a shadow does not count.
    fn quiet_zone(&self, print: &Print<'_>, found: &mut Vec<Diagnosis>) {
        let size = print.grid.size;
        let ring = size.columns + 2;
        let (rows, columns) = (size.rows, size.columns);
        let blocked = |row: usize, column: usize| {
            let (x, y) = (column as f32 - 0.5, row as f32 - 0.5);
            let bareness = print.bareness(self.greys[row * ring + column], x, y);
            // What is not a number lies outside the picture.
            bareness.is_nan() || bareness < QUIET_BARENESS
        };
        let upright = |column: usize| (1..=rows).filter(|row| blocked(*row, column)).count();
        let level = |row: usize| (1..=columns).filter(|column| blocked(row, *column)).count();
        let sides = [
            (Side::Left, upright(0), rows),
            (Side::Right, upright(columns + 1), rows),
            (Side::Top, level(0), columns),
            (Side::Bottom, level(rows + 1), columns),
        ];
        let shares = sides.map(|(side, blocked, of)| (side, blocked as f32 / of as f32));
        let worst = shares
            .into_iter()
            .max_by(|one, other| one.1.total_cmp(&other.1));
        if let Some((side, share)) = worst
            && let Some(strength) = strength(share, 0.0, QUIET_SHARE_WORST)
        {
            found.push(Diagnosis {
                cause: Cause::QuietZone,
                place: Some(Place::Towards(side)),
                strength,
            });
        }
    }
}

/// Blur, smear and growth, from the edges; tells whether the picture is blurred.
fn edges(report: &Report, found: &mut Vec<Diagnosis>) -> bool {
    let mut push = |cause, place, strength: Option<f32>| {
        if let Some(strength) = strength {
            found.push(Diagnosis {
                cause,
                place,
                strength,
            });
        }
    };
    // Ramp beyond a sharp edge's: by axis, dark to light and light to dark.
    let beyond = [0, 1].map(|axis| {
        let sharp = SHARP_RAMP_PX / report.pitch_px[axis].max(1.0);
        report.edge_width[axis].map(|width| (width - sharp).max(0.0))
    });
    let mean = beyond.map(|[one, other]| (one + other) / 2.0);
    let softer = if mean[0] >= mean[1] { 0 } else { 1 };
    let axis = [Axis::Across, Axis::Down][softer];
    let [leaving, entering] = beyond[softer];
    let blurred = mean[softer] > BLUR;
    if (leaving - entering).abs() > BLUR_ONE_SIDED {
        let side = Side::of(axis, leaving > entering);
        let much = strength((leaving - entering).abs(), BLUR_ONE_SIDED, 0.8);
        push(Cause::Smear, Some(Place::Towards(side)), much);
    } else if mean[softer] - mean[1 - softer] > BLUR_ONE_SIDED {
        push(
            Cause::MotionBlur,
            Some(Place::Along(axis)),
            strength(mean[softer], BLUR, 1.0),
        );
    } else {
        push(Cause::Blur, None, strength(mean[0].min(mean[1]), BLUR, 1.0));
    }
    for (sign, cause) in [(1.0, Cause::Gain), (-1.0, Cause::Loss)] {
        let [x, y] = report
            .growth
            .map(|growth| strength(sign * growth, GROWTH, 0.6));
        match (x, y) {
            (Some(x), Some(y)) => push(cause, None, Some(x.max(y))),
            (Some(x), None) => push(cause, Some(Place::Along(Axis::Across)), Some(x)),
            (None, y) => push(cause, Some(Place::Along(Axis::Down)), y),
        }
    }
    blurred
}

/// How far perspective moves the symbol's middle off the mean of its corners, in modules.
fn keystone(grid: &Grid) -> f32 {
    let size = grid.size;
    let middle = grid.at(size.columns as f32 / 2.0, size.rows as f32 / 2.0);
    let corners = grid.corners();
    let mean = |of: fn(&Point) -> f32| corners.iter().map(of).sum::<f32>() / 4.0;
    let (across, down) = grid.pitch_px();
    middle.distance(Point::new(mean(|at| at.x), mean(|at| at.y))) / ((across + down) / 2.0)
}

/// Stretch, uneven spacing and perspective.
fn spacings(report: &Report, keystone: f32, found: &mut Vec<Diagnosis>) {
    let longer = |pair: [f32; 2]| {
        if pair[0] >= pair[1] {
            Axis::Across
        } else {
            Axis::Down
        }
    };
    if let Some(strength) = strength(report.axial, STRETCH, 0.16) {
        found.push(Diagnosis {
            cause: Cause::Stretch,
            place: Some(Place::Along(longer(report.pitch_px))),
            strength,
        });
    }
    let irregular = report.clock_irregularity[0].max(report.clock_irregularity[1]);
    let by_clock = strength(irregular, IRREGULAR, 0.3);
    // Perspective pulls the crossings off the even grid: that is the camera's doing, not the transport's.
    let slanted = keystone > TILT && keystone > report.grid / 2.0;
    let by_grid = strength(report.grid, GRID, 0.8);
    if let (true, Some(strength)) = (slanted, by_grid) {
        found.push(Diagnosis {
            cause: Cause::Tilt,
            place: None,
            strength,
        });
    }
    let by_grid = by_grid.filter(|_| !slanted);
    if let Some(strength) = by_clock.into_iter().chain(by_grid).reduce(f32::max) {
        found.push(Diagnosis {
            cause: Cause::UnevenSpacing,
            place: by_clock.map(|_| Place::Along(longer(report.clock_irregularity))),
            strength,
        });
    }
}

/// Darkness of the print, brightness of the picture, and how even both are.
fn levels(
    report: &Report,
    (printed, bare): (&Plane, &Plane),
    reflectance: Reflectance,
    grid: &Grid,
    found: &mut Vec<Diagnosis>,
) {
    let mut push = |cause, place, strength: Option<f32>| {
        if let Some(strength) = strength {
            found.push(Diagnosis {
                cause,
                place,
                strength,
            });
        }
    };
    let (dark, light) = if grid.inverted {
        (bare, printed)
    } else {
        (printed, bare)
    };
    let light_percent = reflectance.percent(light.middle);
    push(
        Cause::LowLight,
        None,
        strength(-light_percent, -DIM_PERCENT, -5.0),
    );
    let ratio = reflectance.percent(dark.middle) / light_percent.max(1.0);
    if !grid.inverted && report.contrast_percent > 0.0 {
        push(Cause::LowDarkness, None, strength(ratio, FAINT, 0.9));
    }
    // The change across the whole symbol, as a share of the middle.
    let size = grid.size;
    let across = |plane: &Plane, whole: f32| {
        [
            plane.right * size.columns as f32,
            plane.down * size.rows as f32,
        ]
        .map(|change| change / whole.max(1.0))
    };
    let by_light = across(light, light.middle);
    let larger = |change: [f32; 2]| {
        if change[0].abs() >= change[1].abs() {
            0
        } else {
            1
        }
    };
    let axis = larger(by_light);
    let darker = Side::of([Axis::Across, Axis::Down][axis], by_light[axis] < 0.0);
    let much = strength(by_light[0].hypot(by_light[1]), UNEVEN, 1.2);
    push(Cause::UnevenLight, Some(Place::Towards(darker)), much);
    // What of the print's own change the light does not explain, as a share of the contrast.
    let contrast = light.middle - dark.middle;
    let [right, down] = across(dark, contrast);
    let share = dark.middle / contrast.max(1.0);
    let by_print = [right - by_light[0] * share, down - by_light[1] * share];
    let axis = larger(by_print);
    let fainter = Side::of([Axis::Across, Axis::Down][axis], by_print[axis] > 0.0);
    if !grid.inverted {
        let much = strength(by_print[0].hypot(by_print[1]), UNEVEN, 1.0);
        push(Cause::UnevenPrint, Some(Place::Towards(fainter)), much);
    }
}

/// Dead lines across both axes; returns where they are, a few of them, so that their voids are explained.
fn dead_elements(
    print: &Print<'_>,
    report: &Report,
    found: &mut Vec<Diagnosis>,
) -> [Option<(Axis, f32, f32)>; 8] {
    let mut lines = [None; 8];
    let mut known = 0;
    for (order, axis) in [Axis::Across, Axis::Down].into_iter().enumerate() {
        print.dead_lines(axis, |line| {
            if let Some(free) = lines.get_mut(known) {
                *free = Some((line.axis, line.at, line.breadth));
                known += 1;
                found.push(Diagnosis {
                    cause: Cause::DeadElement,
                    place: Some(Place::Line {
                        axis,
                        modules: line.at,
                        mm: report.pitch_mm.map(|pitch| line.at * pitch[order]),
                    }),
                    strength: (0.4 + 0.4 * line.breadth + 0.2 * line.share).min(1.0),
                });
            }
        });
    }
    lines
}

/// A wrinkle, and the voids that neither it nor a dead line explains.
fn scattered(print: &Print<'_>, faults: &mut [Fault], found: &mut Vec<Diagnosis>) {
    let size = print.grid.size;
    if let Some(streak) = wrinkle(faults, size.rows.max(size.columns) as f32) {
        found.push(Diagnosis {
            cause: Cause::RibbonWrinkle,
            place: Some(Place::Streak {
                from: streak.from,
                to: streak.to,
            }),
            strength: streak.share,
        });
        for fault in faults.iter_mut() {
            fault.explained |= streak.covers(fault);
        }
    }
    let unexplained = || faults.iter().filter(|fault| !fault.explained);
    let spoilt = unexplained().filter(|fault| fault.spoilt).count();
    let share = spoilt as f32 / unexplained().count().max(1) as f32;
    if let Some(strength) = strength(share, SPOILT, 0.3) {
        found.push(Diagnosis {
            cause: Cause::Voids,
            place: None,
            strength,
        });
    }
}

#[cfg(test)]
mod test {
    use super::super::Context;
    use super::super::test::{Drawn, bytes};
    use super::*;
    use crate::vision::geometry::Homography;

    type Picture = (usize, usize, Vec<f32>);

    /// The causes seen in a picture, as words, strongest first.
    fn seen(drawn: &Drawn, picture: &Picture) -> Vec<(Cause, String)> {
        let luma = bytes(picture);
        let frame = Frame::new(picture.0, picture.1, &luma).unwrap();
        let mut grader = Grader::new();
        let context = Context {
            px_per_mm: Some(12.0),
            ..Context::default()
        };
        let report = grader.grade(&frame, &drawn.grid(), drawn.truth(), context);
        let found = grader.diagnose(&frame, drawn.truth(), &report, context.reflectance);
        found
            .iter()
            .map(|one| (one.cause, one.to_string()))
            .collect()
    }

    fn small() -> Drawn {
        Drawn {
            pitch: (6.0, 6.0),
            ..Drawn::of_26()
        }
    }

    /// The mean along one axis over `length` pixels.
    fn box_blurred((width, height, greys): &Picture, axis: Axis, length: usize) -> Picture {
        let (width, height) = (*width, *height);
        let at = |column: i64, row: i64| {
            let column = column.clamp(0, width as i64 - 1) as usize;
            greys[row.clamp(0, height as i64 - 1) as usize * width + column]
        };
        let mean = |at_pixel: usize| {
            let (column, row) = ((at_pixel % width) as i64, (at_pixel / width) as i64);
            let half = length as i64 / 2;
            let along = (0..length as i64).map(|step| match axis {
                Axis::Across => at(column + step - half, row),
                Axis::Down => at(column, row + step - half),
            });
            along.sum::<f32>() / length as f32
        };
        (width, height, (0..width * height).map(mean).collect())
    }

    fn noisy(mut picture: Picture, most: f32) -> Picture {
        let mut state = 7u64;
        for grey in &mut picture.2 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *grey += ((state >> 40) as f32 / 8_388_608.0 - 1.0) * most;
        }
        picture
    }

    /// A picture of the sound print with ink missing wherever `gone` says so, in modules.
    fn without(drawn: &Drawn, gone: impl Fn(f32, f32) -> bool) -> Picture {
        drawn.frame_of(|x, y| f32::from(u8::from(drawn.dark_at(x, y) && !gone(x, y))))
    }

    #[test]
    fn a_sound_print_suffers_from_nothing() {
        for inverted in [false, true] {
            let drawn = Drawn {
                inverted,
                ..small()
            };
            assert_eq!(seen(&drawn, &noisy(drawn.sound(), 12.0)), []);
        }
    }

    #[test]
    fn dead_elements_are_told_with_their_column() {
        let drawn = small();
        // One dot of four in a module, and a whole module; at the finder and inside.
        for (axis, from, breadth, word) in [
            (Axis::Across, 7.25, 0.25, "dead print element at column 8 ("),
            (Axis::Across, 0.5, 0.25, "dead print element at column 1 ("),
            (Axis::Down, 13.0, 1.0, "dead print element at row 14 ("),
            (Axis::Down, 25.25, 0.5, "dead print element at row 26 ("),
        ] {
            let picture = without(&drawn, |x, y| {
                let at = if axis == Axis::Across { x } else { y };
                (from..from + breadth).contains(&at)
            });
            let found = seen(&drawn, &noisy(picture, 8.0));
            let dead: Vec<_> = found
                .iter()
                .filter(|one| one.0 == Cause::DeadElement)
                .collect();
            assert_eq!(dead.len(), 1, "{found:?}");
            let rest = dead[0]
                .1
                .strip_prefix(word)
                .unwrap_or_else(|| panic!("{found:?}"));
            let mm: f32 = rest.strip_suffix(" mm)").unwrap().parse().unwrap();
            // Half a millimetre a module; the place is good to a quarter of a module.
            assert!(
                (mm - (from + breadth / 2.0) / 2.0).abs() < 0.13,
                "{found:?}"
            );
            assert!(
                !found
                    .iter()
                    .any(|one| [Cause::Voids, Cause::RibbonWrinkle].contains(&one.0)),
                "{found:?}"
            );
        }
    }

    #[test]
    fn wrinkles_slant_and_voids_scatter() {
        let drawn = small();
        for (sin, cos) in [(0.6f32, 0.8f32), (0.8, -0.6), (0.5, 0.87)] {
            let picture = without(&drawn, |x, y| {
                ((x - 13.0) * cos + (y - 12.0) * sin).abs() < 0.45
            });
            let found = seen(&drawn, &picture);
            assert!(
                found.iter().any(|one| one.0 == Cause::RibbonWrinkle),
                "{sin} {cos}: {found:?}"
            );
            assert!(
                !found
                    .iter()
                    .any(|one| [Cause::Voids, Cause::DeadElement].contains(&one.0)),
                "{found:?}"
            );
        }
        // Round holes, about one for every tenth module, none in line.
        let holes: Vec<(f32, f32)> = (0..60u32)
            .map(|at| {
                let mixed = at
                    .wrapping_mul(2_654_435_761)
                    .rotate_left(13)
                    .wrapping_mul(2_246_822_519);
                (
                    (mixed % 2600) as f32 / 100.0,
                    (mixed / 2600 % 2600) as f32 / 100.0,
                )
            })
            .collect();
        let in_hole = |x: f32, y: f32| holes.iter().any(|(u, v)| (x - u).hypot(y - v) < 0.45);
        let found = seen(&drawn, &without(&drawn, in_hole));
        assert!(found.iter().any(|one| one.0 == Cause::Voids), "{found:?}");
        assert!(
            !found
                .iter()
                .any(|one| [Cause::RibbonWrinkle, Cause::DeadElement].contains(&one.0)),
            "{found:?}"
        );
        let specks =
            drawn.frame_of(|x, y| f32::from(u8::from(drawn.dark_at(x, y) || in_hole(x, y))));
        let found = seen(&drawn, &specks);
        assert_eq!(
            found.first().map(|one| one.0),
            Some(Cause::Specks),
            "{found:?}"
        );
    }

    #[test]
    fn soft_edges_are_told_apart() {
        let drawn = small();
        let mut lens = drawn.sound();
        for axis in [Axis::Across, Axis::Down, Axis::Across, Axis::Down] {
            lens = box_blurred(&lens, axis, 5);
        }
        assert_eq!(
            seen(&drawn, &lens).first().map(|one| one.0),
            Some(Cause::Blur),
            "{:?}",
            seen(&drawn, &lens)
        );
        for (axis, words) in [
            (Axis::Across, "blurred by motion from left to right"),
            (Axis::Down, "blurred by motion from top to bottom"),
        ] {
            let motion = seen(&drawn, &box_blurred(&drawn.sound(), axis, 5));
            assert_eq!(
                motion.first().map(|one| one.1.as_str()),
                Some(words),
                "{motion:?}"
            );
        }
        // Ink dragged to the right fades out over most of a module.
        let dragged = drawn.frame_of(|x, y| {
            let steps = (0..=20).map(|step| step as f32 / 20.0);
            let trail = steps
                .filter(|t| drawn.dark_at(x - 0.8 * t, y))
                .map(|t| 1.0 - t);
            trail.fold(0.0, f32::max)
        });
        let found = seen(&drawn, &dragged);
        assert!(
            found.iter().any(|one| one.1 == "smeared towards the right"),
            "{found:?}"
        );
    }

    #[test]
    fn darkness_and_light_have_names() {
        let drawn = small();
        let relit = |light: &dyn Fn(f32, f32) -> f32| {
            let mut picture = drawn.sound();
            for (at, grey) in picture.2.iter_mut().enumerate() {
                *grey *= light(
                    (at % picture.0) as f32 / picture.0 as f32,
                    (at / picture.0) as f32 / picture.1 as f32,
                );
            }
            picture
        };
        let dim = seen(&drawn, &relit(&|_, _| 0.3));
        assert_eq!(
            dim.first().map(|one| one.0),
            Some(Cause::LowLight),
            "{dim:?}"
        );
        let side = seen(&drawn, &relit(&|x, _| 0.4 + 0.6 * x));
        assert_eq!(
            side.first().map(|one| one.1.as_str()),
            Some("uneven light towards the left"),
            "{side:?}"
        );
        let faint = Drawn {
            dark: 130.0,
            ..small()
        };
        let found = seen(&faint, &faint.sound());
        assert_eq!(
            found.first().map(|one| one.0),
            Some(Cause::LowDarkness),
            "{found:?}"
        );
        let fading = drawn.frame_of(|x, y| {
            if drawn.dark_at(x, y) {
                1.0 - 0.6 * y / 26.0
            } else {
                0.0
            }
        });
        let found = seen(&drawn, &fading);
        assert_eq!(
            found.first().map(|one| one.1.as_str()),
            Some("print fades to one side towards the bottom")
        );
    }

    #[test]
    fn a_slanting_view_is_not_taken_for_an_uneven_print() {
        let drawn = small();
        let mut slanted = drawn.grid();
        // The right side is seen a tenth smaller.
        slanted.to_picture = Homography::from_unit_square([
            Point::new(20.0, 20.0),
            Point::new(172.0, 28.0),
            Point::new(172.0, 168.0),
            Point::new(20.0, 176.0),
        ])
        .unwrap();
        slanted.to_picture = Homography::scale(1.0 / 26.0, 1.0 / 26.0).then(&slanted.to_picture);
        let back = slanted.to_picture.inverse().unwrap();
        let grey = |at: usize| {
            let (column, row) = ((at % 192) as f32, (at / 192) as f32);
            let places = (0..16).map(|at| {
                (
                    column + (at % 4) as f32 / 4.0 + 0.125,
                    row + (at / 4) as f32 / 4.0 + 0.125,
                )
            });
            let dark = places.filter(|(x, y)| {
                let at = back.point(*x, *y);
                drawn.dark_at(at.x, at.y)
            });
            230 - (dark.count() * 200 / 16) as u8
        };
        let luma: Vec<u8> = (0..192 * 192).map(grey).collect();
        let frame = Frame::new(192, 192, &luma).unwrap();
        let mut grader = Grader::new();
        let report = grader.grade(&frame, &slanted, drawn.truth(), Context::default());
        let found = grader.diagnose(&frame, drawn.truth(), &report, Reflectance::Estimated);
        assert!(report.grid > 0.25, "{report:?}");
        assert_eq!(
            found.iter().map(|one| one.cause).collect::<Vec<_>>(),
            [Cause::Tilt],
            "{found:?}"
        );
    }

    #[test]
    fn growth_and_stretch_have_names() {
        let drawn = small();
        for (growth, cause) in [(0.25, Cause::Gain), (-0.25, Cause::Loss)] {
            let picture = drawn.frame_of(|x, y| {
                let round = [(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)];
                let mut around = round
                    .iter()
                    .map(|(u, v)| drawn.dark_at(x + u * growth / 2.0, y + v * growth / 2.0));
                let dark = if growth > 0.0 {
                    around.any(|dark| dark)
                } else {
                    around.all(|dark| dark)
                };
                f32::from(u8::from(dark))
            });
            let found = seen(&drawn, &picture);
            assert_eq!(found.first().map(|one| one.0), Some(cause), "{found:?}");
        }
        let stretched = Drawn {
            pitch: (6.0, 6.6),
            ..small()
        };
        let found = seen(&stretched, &stretched.sound());
        assert_eq!(
            found.first().map(|one| one.1.as_str()),
            Some("print stretched from top to bottom"),
            "{found:?}"
        );
    }

    #[test]
    fn quiet_zones_must_be_free_and_in_the_picture() {
        let drawn = small();
        // A line of text too near the lower leg; a frame that cuts the left quiet zone off.
        let text = drawn.frame_of(|x, y| {
            let letter = (5.0..20.0).contains(&x) && (26.3..28.0).contains(&y);
            f32::from(u8::from(drawn.dark_at(x, y) || letter))
        });
        let found = seen(&drawn, &text);
        let word = "quiet zone not free towards the bottom";
        assert_eq!(
            found.first().map(|one| one.1.as_str()),
            Some(word),
            "{found:?}"
        );
        let (width, height, greys) = drawn.sound();
        let cut = 16; // of 18 pixels of ground
        let rows = greys.chunks(width).flat_map(|row| row[cut..].to_vec());
        let near_edge = (width - cut, height, rows.collect::<Vec<_>>());
        let luma = bytes(&near_edge);
        let frame = Frame::new(near_edge.0, near_edge.1, &luma).unwrap();
        let mut grid = drawn.grid();
        grid.to_picture = grid.to_picture.then(&Homography::shift(-(cut as f64), 0.0));
        let mut grader = Grader::new();
        let report = grader.grade(&frame, &grid, drawn.truth(), Context::default());
        let found = grader.diagnose(&frame, drawn.truth(), &report, Reflectance::Estimated);
        assert!(!report.quiet_zone_seen);
        assert_eq!(
            found[0].to_string(),
            "quiet zone not free towards the left",
            "{found:?}"
        );
    }
}
