//! What a degraded symbol looks like: from measured features to a cause in plain words. PURE.
//!
//! Every cause stands on one measured feature and a threshold for it; several may hold at once. They are told apart as
//! far as one picture can: what blurs all edges alike is the lens, what drags one kind of edge is the print. Where a
//! symbol is inverted, its dark modules in the symbol's own sense are taken for what was printed.

use super::scale::Score;
use super::spacing::Axis;
use super::streak::{Fault, Plane, Print, wrinkle};
use super::{Grader, Reflectance, Report, Truth};
use crate::vision::frame::Frame;
use std::fmt;

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
/// Share of modules spoilt that is worth a word.
const SPOILT: f32 = 0.02;
/// Bareness above the usual that spoils a printed module; more of it where edges are blurred.
const SPOILT_BY: f32 = 0.2;
const SPOILT_BY_BLURRED: f32 = 0.4;

/// What a symbol suffers from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// All edges are soft: focus.
    Blur,
    /// Edges are soft along one axis, on both sides of a module: the pack moved while the shutter was open.
    MotionBlur,
    /// Edges are soft on one side of the modules: ink or ribbon was dragged.
    Smear,
    /// The print is not dark enough.
    LowDarkness,
    /// The picture is too dark.
    LowLight,
    /// A line along which nothing prints: a dead heater element or nozzle.
    DeadElement,
    /// A slanting streak of missing print: a wrinkled ribbon.
    RibbonWrinkle,
    /// Scattered spots of missing print.
    Voids,
    /// Scattered specks of print or dirt.
    Specks,
    /// Printed modules are too wide.
    Gain,
    /// Printed modules are too narrow.
    Loss,
    /// One side of the picture is darker.
    UnevenLight,
    /// One side of the print is fainter.
    UnevenPrint,
    /// Modules are longer along one axis: print speed and transport speed differ.
    Stretch,
    /// Modules are unevenly spaced: the transport jerks.
    UnevenSpacing,
    /// Something stands in the quiet zone, or the picture cuts it off.
    QuietZone,
}

impl Cause {
    /// A few plain words.
    pub fn words(self) -> &'static str {
        match self {
            Cause::Blur => "out of focus",
            Cause::MotionBlur => "blurred by motion",
            Cause::Smear => "smeared",
            Cause::LowDarkness => "print too light",
            Cause::LowLight => "too little light",
            Cause::DeadElement => "dead print element",
            Cause::RibbonWrinkle => "ribbon wrinkle",
            Cause::Voids => "voids in the print",
            Cause::Specks => "specks on the ground",
            Cause::Gain => "print too fat",
            Cause::Loss => "print too thin",
            Cause::UnevenLight => "uneven light",
            Cause::UnevenPrint => "print fades to one side",
            Cause::Stretch => "print stretched",
            Cause::UnevenSpacing => "uneven module spacing",
            Cause::QuietZone => "quiet zone not free",
        }
    }
}

/// A side of the symbol in its own orientation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Towards the finder's upright leg.
    Left,
    /// Away from it.
    Right,
    /// Towards the clock track.
    Top,
    /// Towards the finder's lower leg.
    Bottom,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Side::Left => "left",
            Side::Right => "right",
            Side::Top => "top",
            Side::Bottom => "bottom",
        }
    }

    /// The side along an axis.
    fn of(axis: Axis, behind: bool) -> Side {
        match (axis, behind) {
            (Axis::Across, false) => Side::Left,
            (Axis::Across, true) => Side::Right,
            (Axis::Down, false) => Side::Top,
            (Axis::Down, true) => Side::Bottom,
        }
    }
}

/// Where it is seen, in the symbol's own orientation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// A line between top and bottom (`Across`: at a column) or left and right (`Down`: at a row).
    Line {
        /// The axis that `modules` counts along.
        axis: Axis,
        /// Distance from the left or upper edge in modules.
        modules: f32,
        /// The same in millimetres, if the scale is known.
        mm: Option<f32>,
    },
    /// Along one axis.
    Along(Axis),
    /// Towards one side.
    Towards(Side),
    /// Between two places, x and y in modules from the upper left corner.
    Streak {
        /// One end.
        from: [f32; 2],
        /// The other.
        to: [f32; 2],
    },
}

/// One thing a symbol suffers from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Diagnosis {
    /// What it is.
    pub cause: Cause,
    /// Where, if it has a place.
    pub place: Option<Place>,
    /// How strong: 0.0 just seen, 1.0 as bad as it gets. For ordering and for trends; of no standard.
    pub strength: f32,
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.cause.words())?;
        match self.place {
            None => Ok(()),
            Some(Place::Line { axis, modules, mm }) => {
                let name = match axis {
                    Axis::Across => "column",
                    Axis::Down => "row",
                };
                write!(f, " at {name} {}", modules.max(0.0) as u32 + 1)?;
                mm.map_or(Ok(()), |mm| write!(f, " ({mm:.1} mm)"))
            }
            Some(Place::Along(Axis::Across)) => f.write_str(" from left to right"),
            Some(Place::Along(Axis::Down)) => f.write_str(" from top to bottom"),
            Some(Place::Towards(side)) => write!(f, " towards the {}", side.name()),
            Some(Place::Streak { from, to }) => {
                let [x, y, u, v] =
                    [from[0], from[1], to[0], to[1]].map(|at| at.max(0.0) as u32 + 1);
                write!(f, " from column {x}, row {y} to column {u}, row {v}")
            }
        }
    }
}

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
            spacings(report, &mut found);
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

/// Stretch and uneven spacing, and the quiet zone.
fn spacings(report: &Report, found: &mut Vec<Diagnosis>) {
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
    let by_grid = strength(report.grid, GRID, 0.8);
    if let Some(strength) = by_clock.into_iter().chain(by_grid).reduce(f32::max) {
        found.push(Diagnosis {
            cause: Cause::UnevenSpacing,
            place: by_clock.map(|_| Place::Along(longer(report.clock_irregularity))),
            strength,
        });
    }
    let quiet = [report.fixed.left_quiet, report.fixed.lower_quiet]
        .into_iter()
        .fold(Score::BEST, Score::lower);
    if quiet.whole < 4 {
        found.push(Diagnosis {
            cause: Cause::QuietZone,
            place: None,
            strength: 1.0 - quiet.trend / 4.0,
        });
    }
}

/// Darkness of the print, brightness of the picture, and how even both are.
fn levels(
    report: &Report,
    (printed, bare): (&Plane, &Plane),
    reflectance: Reflectance,
    grid: &crate::vision::grid::Grid,
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
